#!/bin/bash
# processes, process_envs and process_open_files against the live /proc, for processes made here.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

need python3
mkprocs=$B/tools/mkprocs
# plant NAME CMD…: started and ready when this returns; $pid; its words are in $T/words.NAME.
plant() {
	background "${@:2}" >"$T/words.$1" 2>"$T/words.err"
	wait_for 10 grep -q ^ready "$T/words.$1" || fail "plant_$1" "$(cat "$T/words.err")"
	pid=$(word "$1" ready)
}
word() { awk -v w="$2" '$1 == w { print $2 }' "$T/words.$1"; }
# ask SQL: the rows as csv without header, in one line.
ask() { "$AGENTD" query -o csv "$1" 2>"$T/ask.err" | tail -n +2 | tr '\n' ' ' | sed 's/ $//'; }
root=0 && [ "$(id -u)" = 0 ] && root=1

# ---- Plain ones, against what python reads ----

plant plain env -i 'A=1' 'B=x=y' $'C=\xff' "$mkprocs" -f /etc/passwd one 'two words' ''
plain=$pid
plant named "$mkprocs" -c 61292052202d3120280aff
named=$pid
plant zombie "$mkprocs" -z -t
zombie=$(word zombie zombie)
plant many "$mkprocs" -n 3
plant cleared "$mkprocs" -d ''
cleared=$pid
plant nice nice -n 7 "$mkprocs" -d 6e67696e783a206d6173746572
rewritten=$pid
pids_all="$plain,$named,$zombie,$(word zombie ready),$(word many ready),$cleared,$rewritten"
if [ $root = 1 ]; then
	plant ids "$mkprocs" -g 2001,2002,2003 -u 1001,1002,1003
	pids_all="$pids_all,$pid"
	is ids "$(ask "select uid,euid,suid,gid,egid,sgid from processes where pid=$pid")" 1001,1002,1003,2001,2002,2003
fi
"$AGENTD" query -o ndjson "select * from processes where pid in ($pids_all)" >"$T/rows" 2>"$T/rows.err"
check against_python python3 - "$T/rows" "$pids_all" <<'PY'
import base64, json, os, sys

def text(v):
    return base64.b64decode(v["b64"]) if isinstance(v, dict) else None if v is None else v.encode()
def link(p, n):
    try:
        return os.readlink(b"/proc/%d/%s" % (p, n))
    except OSError:
        return b""
boot = next(int(l.split()[1]) for l in open("/proc/stat") if l.startswith("btime"))
rows = {r["pid"]: r for r in map(json.loads, open(sys.argv[1]))}
bad = []
for pid in map(int, sys.argv[2].split(",")):
    r = rows.pop(pid)
    status = dict(l.split(":", 1) for l in open("/proc/%d/status" % pid, errors="surrogateescape").read().split("\n") if ":" in l)
    fields = open("/proc/%d/stat" % pid, "rb").read().rsplit(b")", 1)[1].split()
    try:
        io = dict(l.split(": ") for l in open("/proc/%d/io" % pid).read().splitlines())
    except PermissionError:
        # One that has ended has no owner who may look at it.
        io = None
    uid, gid = status["Uid"].split(), status["Gid"].split()
    want = {
        "name": open("/proc/%d/comm" % pid, "rb").read()[:-1],
        "path": link(pid, b"exe"), "cwd": link(pid, b"cwd"), "root": link(pid, b"root"),
        "cmdline": open("/proc/%d/cmdline" % pid, "rb").read().replace(b"\0", b" ").strip(),
        "state": status["State"].split()[0].encode(),
        "uid": int(uid[0]), "euid": int(uid[1]), "suid": int(uid[2]),
        "gid": int(gid[0]), "egid": int(gid[1]), "sgid": int(gid[2]),
        "wired_size": 0,
        "resident_size": int(status.get("VmRSS", "0 kB").split()[0]) * 1024,
        "total_size": int(status.get("VmSize", "0 kB").split()[0]) * 1024,
        "user_time": int(fields[11]) * 10, "system_time": int(fields[12]) * 10,
        "disk_bytes_read": io and int(io["read_bytes"]),
        "disk_bytes_written": io and int(io["write_bytes"]) - int(io["cancelled_write_bytes"]),
        "start_time": boot + int(fields[19]) // os.sysconf("SC_CLK_TCK"),
        "parent": int(status["PPid"]), "pgroup": os.getpgid(pid), "threads": int(status["Threads"]),
        "nice": os.getpriority(os.PRIO_PROCESS, pid),
        "cgroup_path": open("/proc/%d/cgroup" % pid).readline().rstrip("\n").split(":", 2)[2].encode(),
        "on_disk": 1 if link(pid, b"exe") else -1,
        "pid": pid,
    }
    for k, w in want.items():
        got = text(r[k]) if isinstance(w, bytes) else r[k]
        if got != w:
            bad.append("%d %s: got %r, not %r" % (pid, k, got, w))
    bad += ["unexpected column " + k for k in r.keys() - want.keys()]
if rows:
    bad.append("rows not asked for: %s" % list(rows))
sys.exit("; ".join(bad) or 0)
PY
is name_bytes "$(ask "select hex(name) from processes where pid = $named")" 61292052202D3120280AFF
is zombie "$(ask "select state, path, cmdline, on_disk, resident_size from processes where pid = $zombie")" 'Z,"","",-1,0'
is thread_is_no_process "$(ask "select count(*) from processes where pid = $(word zombie thread)")" 0
is rewritten_args "$(ask "select name, cmdline from processes where pid = $rewritten")" 'mkprocs,nginx: master'
is two_threads "$(ask "select threads from processes where pid = $(word zombie ready)")" 2
is in_list "$(ask "select count(*) from processes where pid in ($plain, $named, $plain, -4, 'a')")" 2
is parent_join "$(ask "select count(*) from processes c join processes p on c.parent = p.pid where p.pid = $(word many ready)")" 3
now=$(date +%s)
is start_time_near "$(ask "select $now - start_time between -2 and 120 from processes where pid = $plain")" 1
for _ in 1 2 3 4 5; do ask "select start_time from processes where pid = $plain"; echo; done >"$T/starts"
is start_time_stable "$(sort -u "$T/starts" | wc -l)" 1

is envs "$(ask "select key, hex(value) from process_envs where pid = $plain order by 1")" 'A,31 B,783D79 C,FF'
is files "$(ask "select path from process_open_files where pid = $plain and fd = $(word plain file)")" /etc/passwd
is files_kinds "$(ask "select count(*) from process_open_files where pid = $plain and path not like '/%'")" 0
cp /etc/passwd "$T/open_file"
plant holds "$mkprocs" -f "$T/open_file"
rm "$T/open_file"
is files_deleted "$(ask "select path from process_open_files where pid = $pid and fd = $(word holds file)")" "$T/open_file (deleted)"

kernel=$(ps -eo pid=,ppid= | awk '$2 == 2 { print $1; exit }')
if [ -n "$kernel" ]; then
	is kernel_thread "$(ask "select path, cmdline, on_disk, resident_size, total_size, parent from processes where pid = $kernel")" \
		'"","",-1,0,0,2'
	is kernel_name "$(ask "select name from processes where pid = $kernel")" "$(cat "/proc/$kernel/comm")"
else
	skip kernel_thread "none to be seen here"
fi

# ---- Long arguments ----

arg=$(head -c 100000 /dev/zero | tr '\0' x)
plant long "$mkprocs" "$arg" "$arg" "$arg" "$arg" "$arg" "$arg" "$arg" "$arg" "$arg" "$arg"
run "$AGENTD" query -o csv "select cmdline from processes where pid = $pid"
is long_args "$(tail -n 1 <<<"$out" | wc -c)" 131073
has long_args_said "$err" '1 value was longer than 128 KiB'
is long_args_rows "$(ask "select name, length(cmdline) > 100000 from processes where pid = $pid")" 'mkprocs,1'

# ---- Programs that are no longer there ----

on_disk() { ask "select path, on_disk from processes where pid = $1"; }
cp "$mkprocs" "$T/deleted"
plant deleted_prog "$T/deleted"
is on_disk "$(on_disk "$pid")" "$T/deleted,1"
rm "$T/deleted"
is deleted "$(on_disk "$pid")" "$T/deleted,0"
is deleted_path_alone "$(ask "select path from processes where pid = $pid")" "$T/deleted"
cp "$mkprocs" "$T/deleted"
is deleted_another_there "$(on_disk "$pid")" "$T/deleted,0"
cp "$mkprocs" "$T/new" && cp "$mkprocs" "$T/replaced"
plant replaced_prog "$T/replaced"
mv "$T/new" "$T/replaced"
is replaced "$(on_disk "$pid")" "$T/replaced,0"
cp "$mkprocs" "$T/odd (deleted)"
plant odd "$T/odd (deleted)"
is named_deleted "$(on_disk "$pid")" "$T/odd (deleted),1"
rm "$T/odd (deleted)"
is named_deleted_and_deleted "$(on_disk "$pid")" "$T/odd (deleted),0"
cp "$mkprocs" "$T/linked" && ln "$T/linked" "$T/link2"
plant linked "$T/linked"
rm "$T/linked" && ln "$T/link2" "$T/linked"
is linked_again "$(on_disk "$pid")" "$T/linked,1"
check is_no_name_trick rm "$T/linked"
is linked_away "$(on_disk "$pid")" "$T/linked,0"

if [ $root = 1 ] && unshare -m true 2>/dev/null; then
	mkdir "$T/mnt"
	# shellcheck disable=SC2016 # for the inner shell
	plant mounts unshare -m --propagation private sh -c \
		'mount -t tmpfs none "$1" && cp "$2" "$1/inside" && exec "$1/inside"' sh "$T/mnt" "$mkprocs"
	is other_mounts "$(on_disk "$pid")" "$T/mnt/inside,1"
	nsenter -m -t "$pid" rm "$T/mnt/inside"
	is other_mounts_deleted "$(on_disk "$pid")" "$T/mnt/inside,0"
	cp "$mkprocs" "$T/both"
	plant covered unshare -m --propagation private "$T/both"
	is same_path_other_mounts "$(on_disk "$pid")" "$T/both,1"
	nsenter -m -t "$pid" mount --bind "$mkprocs" "$T/both"
	is covered_in_its_view "$(on_disk "$pid")" "$T/both,0"
	mkdir "$T/jail"
	plant jailed "$mkprocs" -r "$T/jail"
	is program_outside_its_root "$(ask "select on_disk, root from processes where pid = $pid")" "1,$T/jail"
	has os_of_namespace "$(ask "select mount_namespace_id from os_version where pid_with_namespace = $plain")" '^[0-9]+$'
else
	skip other_mounts "needs root and mount namespaces"
fi

# ---- With few rights ----

if [ $root = 1 ] && command -v setpriv >/dev/null; then
	cp "$AGENTD" "$T/agentd"
	nobody() { run setpriv --reuid=65534 --regid=65534 --clear-groups "$T/agentd" query -o csv "$1"; }
	nobody "select pid, path, on_disk, cwd, root, disk_bytes_read, cmdline from processes where pid = $named"
	is few_rights "$(tail -n 1 <<<"$out" | cut -d, -f2-6)" '"",-1,"","",'
	for what in exe cwd root io; do has "few_rights_$what" "$err" "processes: $what of 1 process: permission denied"; done
	nobody 'select count(*) from process_envs'
	has few_rights_environ "$err" 'environ of [0-9]+ processes: permission denied'
	nobody 'select count(*) from process_open_files'
	has few_rights_files "$err" 'descriptors of [0-9]+ processes: permission denied'
	nobody 'select count(*) > 5 from processes where cmdline is not null'
	is few_rights_rows "$out" 'count(*) > 5
1'
else
	skip few_rights "needs root and setpriv"
fi

# ---- Coming and going ----

# Short-lived processes all the time: each row is whole or not there.
churn() { while :; do (exec /bin/true) & (:) & wait -n; done; }
background churn
odd=0
# An ordinary user may not look at others'.
if [ $root = 1 ]; then denied='exe of . process: permission'; else denied='exe of [0-9]+ process(es)?: permission'; fi
for _ in $(seq 30); do
	"$AGENTD" query -o csv "select pid, name, path, cmdline, state from processes where name in ('true', '$(basename "$0")')
		and state not in ('Z', 'X') and path = ''" >"$T/half" 2>"$T/half.err" || odd=$?
	[ "$(wc -l <"$T/half")" = 1 ] || odd=$(tail -n 1 "$T/half")
	grep -qvE "$denied" "$T/half.err" && odd=$(cat "$T/half.err")
done
is vanishing "$odd" 0

# ---- What is read ----

if command -v strace >/dev/null && strace -o "$T/trace" true 2>/dev/null && [ "${SAN:-0}" = 0 ]; then
	reads() {
		strace -f -o "$T/trace" "$AGENTD" query -o csv "$1" >/dev/null 2>&1
		grep -oE '"(stat|status|cmdline|environ|io|cgroup|exe|cwd|root|maps|fd|ns/[a-z]+|root/.*)"' "$T/trace" | sort -u | tr -d '"' | tr '\n' ' '
	}
	is reads_pid "$(reads 'select pid from processes')" ''
	is reads_name "$(reads 'select pid, name from processes')" 'stat '
	is reads_uid "$(reads 'select uid, resident_size from processes')" 'status '
	is reads_path "$(reads "select path from processes where pid = $named")" 'exe status '
	is reads_io "$(reads 'select disk_bytes_read from processes')" 'io '
	reads "select name from processes where pid = $named" >/dev/null
	is reads_one "$(grep -cE 'openat\([0-9]+, "[0-9]+"' "$T/trace")" 1
	reads "select name from processes where pid in ($named, $plain)" >/dev/null
	is reads_two "$(grep -cE 'openat\([0-9]+, "[0-9]+"' "$T/trace")" 2
	# Each table that knows a process by its number opens that one alone.
	for t in process_envs process_memory_map process_namespaces process_open_files process_open_sockets listening_ports deleted_files; do
		reads "select count(*) from $t where pid = $named" >/dev/null
		is "reads_one_of_$t" "$(grep -oE 'openat\([0-9]+, "[0-9]+"' "$T/trace" | sort -u | grep -c .)" 1
	done
else
	skip reads "needs strace, and no sanitizer"
fi
