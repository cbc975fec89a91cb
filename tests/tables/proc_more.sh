#!/bin/bash
# process_open_pipes, process_memory_map, process_namespaces against /proc read by others.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3

ask() { "$AGENTD" query -o tsv "${@:2}" "$1" 2>"$T/ask.err" | tail -n +2; }

# ---- Pipes ----

mkfifo "$T/named"
cat >"$T/pipes.py" <<'PY'
import os, sys
def child(keep):
    pid = os.fork()
    if pid == 0:
        for fd in range(3, 20):
            if fd not in keep:
                try: os.close(fd)
                except OSError: pass
        os.read(go[0], 1)
        os._exit(0)
    return pid
go = os.pipe()
r, w = os.pipe()
lone = os.pipe()
os.close(lone[1])
n = os.open(sys.argv[1], os.O_RDWR)
reader, writer = child([go[0], r]), child([go[0], w])
inode = os.fstat(r).st_ino
os.close(r); os.close(w)
print(reader, r, writer, w, inode, os.getpid(), lone[0], n, os.fstat(n).st_ino, flush=True)
sys.stdin.read()
os._exit(0)
PY
mkfifo "$T/hold"
exec 9<>"$T/hold"
background python3 "$T/pipes.py" "$T/named" <"$T/hold" >"$T/pipes"
wait_for 10 test -s "$T/pipes"
read -r reader r writer w inode self lone n ninode <"$T/pipes"
is pipe_reader "$(ask "select * from process_open_pipes where pid = $reader and inode = $inode")" \
	"$(printf '%s\t%s\tr\t%s\tanonymous\t%s\t%s\tw' "$reader" "$r" "$inode" "$writer" "$w")"
is pipe_writer "$(ask "select partner_pid, partner_fd, partner_mode from process_open_pipes where pid = $writer and fd = $w")" "$reader	$r	r"
is pipe_lone "$(ask "select mode, type, partner_pid is null from process_open_pipes where pid = $self and fd = $lone")" 'r	anonymous	1'
is pipe_named "$(ask "select mode, type, inode, partner_pid is null from process_open_pipes where pid = $self and fd = $n")" "rw	named	$ninode	1"

# ---- Memory ----

check maps_like_python python3 - "$AGENTD" "$self" <<'PY'
import json, subprocess, sys
out = subprocess.run([sys.argv[1], "query", "-o", "ndjson", "select * from process_memory_map where pid = " + sys.argv[2]], stdout=subprocess.PIPE).stdout
rows = [json.loads(l) for l in out.splitlines()]
want = []
for l in open("/proc/%s/maps" % sys.argv[2]):
    f = l.rstrip("\n").split(None, 5)
    a, b = f[0].split("-")
    path = f[5] if len(f) > 5 else ""
    want.append({"pid": int(sys.argv[2]), "start": "0x" + a, "end": "0x" + b, "permissions": f[1], "offset": int(f[2], 16),
        "device": f[3], "inode": int(f[4]), "path": path, "pseudo": int(f[4] == "0" and path != "")})
sys.exit(0 if rows == want and rows else "%r is not %r" % (rows[:2], want[:2]))
PY
cp "$(command -v sleep)" "$T/gone prog"
background "$T/gone prog" 1000
gone=$pid
wait_for 10 grep -q 'gone prog' "/proc/$gone/maps"
rm "$T/gone prog"
is maps_deleted "$(ask "select distinct path from process_memory_map where pid = $gone and path like '%gone%'")" "$T/gone prog (deleted)"
is maps_join "$(ask "select count(distinct pid) from process_memory_map where pid in ($gone, $self, -1, 'x')")" 2

# ---- Namespaces ----

ns() { readlink "/proc/$1/ns/$2" | tr -dc 0-9; }
is namespaces "$(ask "select * from process_namespaces where pid = $$")" \
	"$$	$(ns $$ cgroup)	$(ns $$ ipc)	$(ns $$ mnt)	$(ns $$ net)	$(ns $$ pid)	$(ns $$ user)	$(ns $$ uts)"
if [ "$(id -u)" = 0 ] && unshare -u true 2>/dev/null; then
	background unshare -u -- sleep 1000
	wait_for 10 sh -c "[ \"\$(readlink /proc/$pid/ns/uts)\" != \"\$(readlink /proc/self/ns/uts)\" ]"
	is namespace_own "$(ask "select a.uts_namespace != b.uts_namespace and a.pid_namespace = b.pid_namespace
		from process_namespaces a, process_namespaces b where a.pid = $pid and b.pid = $$")" 1
fi

# ---- Made ----

root=$T/root
mkdir -p "$root/proc/7/ns" "$root/proc/7/fd" "$root/proc/8"
printf 'Tgid:\t7\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n' >"$root/proc/7/status"
ln -s 'uts:[4026531838]' "$root/proc/7/ns/uts"
ln -s 'mnt:[nonsense]' "$root/proc/7/ns/mnt"
ln -s 'pipe:[99]' "$root/proc/7/fd/3"
ln -s /etc "$root/proc/7/fd/4"
printf '%s\n' '00400000-00401000 r-xp 00000000 fd:01 77     /usr/bin/a  b' 'not a region' '7f-80 rw-p zz 0:0 0' >"$root/proc/7/maps"
mkfifo "$root/proc/8/maps"
is namespaces_made "$(ask 'select pid, uts_namespace, mnt_namespace is null, net_namespace is null from process_namespaces order by 1' --root "$root")" "$(printf '7\t4026531838\t1\t1\n8\t\t1\t1')"
is maps_made "$(ask 'select * from process_memory_map' --root "$root")" '7	0x00400000	0x00401000	r-xp	0	fd:01	77	/usr/bin/a  b	0'
has maps_made_said "$(cat "$T/ask.err")" 'maps: lines that are not understood: 2'
is pipes_made "$(ask 'select pid, fd, inode, partner_pid is null from process_open_pipes' --root "$root")" '7	3	99	1'
