#!/bin/bash
# Tables that osquery has not: process_tree, deleted_files, kernel_taint, hidden_processes,
# containers (and processes.container_id), bpf_programs, agent_info.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3

ask() { "$AGENTD" query -o tsv "${@:2}" "$1" 2>"$T/ask.err" | tail -n +2; }
put() { mkdir -p "$(dirname "$root$1")" && cat >"$root$1"; }
stat_of() { put "/proc/$1/stat" <<<"$1 ($2) S $3 1 1 0 -1 4194560 0 0 0 0 1 1 0 0 20 0 1 0 100 4096 1"; }
hex() { printf "%064d" 0 | tr 0 "$1"; }
super() { [ "$(id -u)" = 0 ]; }

# ---- process_tree ----

chain='' names='' p=$$ depth=-1
while [ "$p" -gt 0 ]; do
	chain=$p${chain:+,}$chain names="$(cat "/proc/$p/comm")${names:+ > }$names" depth=$((depth + 1))
	p=$(sed 's/.*) . \([0-9]*\) .*/\1/' "/proc/$p/stat")
done
is tree_of_one "$(ask "select pid, depth, path, pids from process_tree where pid = $$")" "$$	$depth	$names	$chain"
is tree_in_all "$(ask "select pids from process_tree where pid + 0 = $$")" "$chain"
is tree_odd "$(ask "select count(*) from process_tree where pid in (-1, 0, 'x', 99999999999)")" 0

root=$T/root
stat_of 1 init 0
stat_of 5 'a > b' 1
stat_of 6 c 5
stat_of 7 ring 8
stat_of 8 gnir 7
stat_of 9 own 9
stat_of 10 orphan 4711
is tree_made "$(ask 'select * from process_tree where pid not in (7, 8) order by pid' --root "$root")" "$(printf '%s\n' '1	init	0	init	1' \
	'5	a > b	1	init > a > b	1,5' '6	c	2	init > a > b > c	1,5,6' '9	own	0	own	9' '10	orphan	0	orphan	10')"
is tree_ring "$(ask 'select depth, length(path) < 10000 from process_tree where pid = 7' --root "$root")" '511	1'

# ---- deleted_files ----

echo twelve bytes >"$T/x (deleted)"
echo 'gone for good' >"$T/gone"
ln "$T/gone" "$T/elsewhere"
mkfifo "$T/pipe"
exec 5<"$T/x (deleted)" 6<"$T/gone" 7<>"$T/pipe"
rm "$T/gone" "$T/pipe"
is deleted_none "$(ask "select count(*) from deleted_files where pid = $$ and fd in (5, 6, 7)")" 0
rm "$T/elsewhere"
is deleted "$(ask "select fd, path, inode, size from deleted_files where pid = $$ and fd in (5, 6, 7)")" "6	$T/gone	$(stat -Lc %i "/proc/$$/fd/6")	14"
is deleted_device "$(ask "select device from deleted_files where pid = $$ and fd = 6")" "$(stat -Lc %D "/proc/$$/fd/6" | python3 -c 'import sys; d = int(sys.stdin.read(), 16); print("%02x:%02x" % (d >> 8 & 0xfff, d & 0xff | d >> 12 & 0xfff00))')"
background python3 -c 'import os, sys, time
os.write(os.memfd_create("evil name"), b"x" * 77); print("ready", flush=True); time.sleep(1000)' >"$T/memfd"
wait_for 10 grep -q ready "$T/memfd"
is deleted_memfd "$(ask "select path, size from deleted_files where pid = $pid and path like '/memfd%'")" '/memfd:evil name	77'
mkdir -p "$root/proc/5/fd"
ln -s '/tmp/a b (deleted)' "$root/proc/5/fd/3"
ln -s '/tmp/c' "$root/proc/5/fd/4"
is deleted_made "$(ask 'select pid, fd, path, inode is null from deleted_files' --root "$root")" '5	3	/tmp/a b	1'

# ---- kernel_taint ----

is taint_live "$(ask 'select sum(("set") << bit) from kernel_taint')" "$(cat /proc/sys/kernel/tainted)"
echo 2147487745 | put /proc/sys/kernel/tainted
is taint_made "$(ask 'select bit, letter from kernel_taint where "set"' --root "$root")" "$(printf '0\tP\n12\tO\n31\t')"
is taint_rows "$(ask 'select count(*) from kernel_taint where not "set"' --root "$root")" 18
echo nonsense >"$root/proc/sys/kernel/tainted"
is taint_nonsense "$(ask 'select count(*) from kernel_taint' --root "$root")" 0

# ---- hidden_processes ----

if super; then
	"$AGENTD" query -o csv 'select * from hidden_processes' >"$T/hidden" 2>"$T/err"
	is hidden_none "$(wc -l <"$T/hidden") $(cat "$T/err")" '1 '
fi
is hidden_of_root "$(ask 'select count(*) from hidden_processes' --root "$root")" 0
if super && unshare -mpf true 2>/dev/null; then
	# /proc of another PID namespace: nobody of ours is in it, but for those with the same number.
	cat >"$T/hide.sh" <<'END'
unshare -pf --kill-child sh -c 'mount -t proc none /proc && echo >"$1/mounted" && exec sleep 1000' sh "$1" >/dev/null 2>&1 &
i=0
while [ ! -e "$1/mounted" ] && [ $i -lt 1000 ]; do sleep 0.02; i=$((i + 1)); done
timeout 60 "$AGENTD" query -o tsv "select pid, in_proc_list, in_readdir, in_proc, answers from hidden_processes where pid = $2"
# It does not heed TERM; its child goes with it.
kill -KILL $!
END
	got=$(unshare -m --propagation private sh "$T/hide.sh" "$T" $$ 2>"$T/err")
	is hidden_from_proc "$(tail -n +2 <<<"$got")" "$$	0	0	0	1"
fi
if [ "${SAN:-0}" != 1 ] && command -v gcc >/dev/null; then
	cat >"$T/hide.c" <<'END'
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
struct dirent *readdir(DIR *d)
{
	struct dirent *(*next)(DIR *) = dlsym(RTLD_NEXT, "readdir"), *e;
	while ((e = next(d)) && getenv("HIDE") && strcmp(e->d_name, getenv("HIDE")) == 0)
		;
	return e;
}
struct dirent64 *readdir64(DIR *d)
{
	return (struct dirent64 *)readdir(d);
}
END
	gcc -shared -fPIC -o "$T/hide.so" "$T/hide.c"
	is hidden_by_preload "$(HIDE=$$ LD_PRELOAD=$T/hide.so "$AGENTD" query -o tsv 'select pid, name, in_proc_list, in_readdir, in_proc, answers from hidden_processes' 2>/dev/null | tail -n +2)" \
		"$$	$(cat /proc/$$/comm)	1	0	1	1"
fi
if super && command -v setpriv >/dev/null && unshare -m true 2>/dev/null; then
	# shellcheck disable=SC2016 # for the inner shell
	run unshare -m --propagation private sh -c 'mount -t proc -o hidepid=2 none /proc && exec setpriv --reuid 12345 --regid 12345 --clear-groups "$@"' sh \
		"$AGENTD" query -o csv 'select count(*) from hidden_processes'
	is hidden_hidepid "$out" $'count(*)\n0'
	has hidden_hidepid_said "$err" 'each user only their own'
fi

# ---- containers ----

group() { stat_of "$1" proc 1; printf '%s\n' "${@:2}" | put "/proc/$1/cgroup"; }
a=$(hex a) b=$(hex b) c=$(hex c) d=$(hex d) e=$(hex e) f=$(hex f) g=$(hex 7) h=$(hex 8)
group 100 '12:pids:/user.slice' "11:memory:/docker/$a" '0::/'
group 101 "0::/docker/$a/init"
group 102 "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-$b.scope"
group 103 "0::/kubepods/besteffort/pod9a/$c"
group 104 "0::/kubepods.slice/crio-$d.scope"
group 105 "0::/kubepods.slice/crio-conmon-$d.scope"
group 106 "0::/machine.slice/libpod-$e.scope/container"
group 107 "0::/machine.slice/libpod-conmon-$e.scope"
group 108 '0::/lxc.payload.web1/system.slice/ssh.service'
group 109 '4:memory:/lxc/old/init.scope'
group 110 '0::/machine.slice/machine-deb\x2dian.scope/payload'
group 111 '0::/machine.slice/systemd-nspawn@fed.service/payload'
group 112 '0::/machine.slice/machine-qemu\x2d1\x2dvm.scope'
group 113 "0::/odd/$f"
group 114 "0::/docker/$g/docker/${b}0/x"
group 116 "0::/system.slice/docker-$h.scope/init"
group 115 '0::/user.slice/user-1000.slice/session-1.scope' 'garbage' '::' ':'
echo '{"ID":"x","Name":"/my web"}' | put "/var/lib/docker/containers/$a/config.v2.json"
echo "[{\"id\":\"$d\",\"names\":[\"k8s_nginx\",\"y\"]},{\"id\":\"$e\",\"names\":[\"pod man\"]},3]" | put /var/lib/containers/storage/overlay-containers/containers.json
echo '{"annotations":{"io.kubernetes.cri.container-name":"redis"}}' | put "/run/containerd/io.containerd.runtime.v2.task/k8s.io/$b/config.json"
echo '{"annotations":[' | put "/run/containerd/io.containerd.runtime.v2.task/k8s.io/$c/config.json"
is containers_made "$(ask 'select id, runtime, name, pids, pid, cgroup_path from containers order by pid' --root "$root")" "$(printf '%s\n' \
	"$a	docker	my web	2	100	/docker/$a" \
	"$b	containerd	redis	1	102	/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-$b.scope" \
	"$c	containerd		1	103	/kubepods/besteffort/pod9a/$c" \
	"$d	crio	k8s_nginx	1	104	/kubepods.slice/crio-$d.scope" \
	"$e	podman	pod man	1	106	/machine.slice/libpod-$e.scope" \
	'web1	lxc	web1	1	108	/lxc.payload.web1' 'old	lxc	old	1	109	/lxc/old' \
	'deb\\x2dian	nspawn	deb\\x2dian	1	110	/machine.slice/machine-deb\\x2dian.scope' \
	'fed	nspawn	fed	1	111	/machine.slice/systemd-nspawn@fed.service' \
	"$f	unknown		1	113	/odd/$f" "$g	docker		1	114	/docker/$g" "$h	docker		1	116	/system.slice/docker-$h.scope")"
for p in 100 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115; do printf 'Tgid:\t%s\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n' $p | put "/proc/$p/status"; done
is container_of_processes "$(ask 'select pid, container_id from processes where pid in (101, 105, 108, 112, 115) order by 1' --root "$root")" \
	"$(printf '%s\n' "101	$a" '105	' '108	web1' '112	' '115	')"
is container_id_hidden "$(ask "select * from processes where pid = 101" --root "$root" | grep -c "	$a$")" 0

# ---- bpf_programs ----

cat >"$T/bpf.py" <<'PY'
import ctypes, platform, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
number = {"x86_64": 321, "aarch64": 280}[platform.machine()]
insns = ctypes.create_string_buffer(bytes([0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]))
license = ctypes.create_string_buffer(b"GPL")
attr = struct.pack("<IIQQIIQII16s", 1, 2, ctypes.addressof(insns), ctypes.addressof(license), 0, 0, 0, 0, 0, b"tocsin_test").ljust(120, b"\0")
buf = ctypes.create_string_buffer(attr)
fd = libc.syscall(number, 5, buf, 120)
if fd < 0: sys.exit(1)
print(next(l.split()[1] for l in open("/proc/self/fdinfo/%d" % fd) if l.startswith("prog_id")),
    next(l.split()[1] for l in open("/proc/self/fdinfo/%d" % fd) if l.startswith("prog_tag")), flush=True)
time.sleep(1000)
PY
background python3 "$T/bpf.py" >"$T/bpf" 2>/dev/null
if super && wait_for 5 test -s "$T/bpf"; then
	read -r id tag <"$T/bpf"
	is bpf_program "$(ask "select id, type, name, tag, uid, gpl_compatible, xlated_size, map_ids, jited_size >= 0 and ifindex = 0 and run_time_ns >= 0 and run_count >= 0, abs(load_time - strftime('%s', 'now')) < 120 from bpf_programs where id = $id")" \
		"$id	socket_filter	tocsin_test	$tag	0	1	16		1	1"
	is bpf_in_list "$(ask "select count(*) from bpf_programs where name = 'tocsin_test'")" 1
	is bpf_look_up_none "$(ask "select count(*) from bpf_programs where id in (0, -1, 'x', 4294967297, $id)")" 1
	if command -v setpriv >/dev/null; then
		run setpriv --reuid 12345 --regid 12345 --clear-groups "$AGENTD" query -o csv 'select count(*) from bpf_programs'
		has bpf_without_right "$err" 'bpf_programs: only root may list programs'
	fi
else
	skip bpf_program "no BPF here"
fi
is bpf_of_root "$(ask 'select count(*) from bpf_programs' --root "$root")" 0

# ---- agent_info ----

is agent_info "$(ask 'select version, root, privileged, pid > 1, uptime between 0 and 60, resident_size > 100000 from agent_info')" \
	"$("$AGENTD" --version | awk '{print $NF}')	/	$(super && echo 1 || echo 0)	1	1	1"
is agent_info_root "$(ask 'select root from agent_info' --root "$root")" "$(realpath "$root")"
