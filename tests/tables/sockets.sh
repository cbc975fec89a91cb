#!/bin/bash
# process_open_sockets and listening_ports against ss(8) and python, for sockets made here.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

need python3 ss
mkprocs=$B/tools/mkprocs
# plant NAME CMD…: started and ready when this returns; $pid; its words are in $T/words.NAME.
plant() {
	background "${@:2}" >"$T/words.$1" 2>"$T/words.err"
	wait_for 20 grep -q ^ready "$T/words.$1" || fail "plant_$1" "$(cat "$T/words.err")"
	pid=$(word "$1" ready 2)
}
# word NAME WORD N: the N-th word of that line.
word() { awk -v w="$2" -v n="$3" '$1 == w { print $n }' "$T/words.$1"; }
ask() { "$AGENTD" query -o csv "$1" 2>"$T/ask.err" | tail -n +2 | tr '\n' ' ' | sed 's/ $//'; }
root=0 && [ "$(id -u)" = 0 ] && root=1

cd "$T" || exit 1 # a unix socket's path is short
v6=(-l tcp6 -l udp6)
python3 -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' 2>/dev/null || v6=()
plant all "$mkprocs" -l tcp -l udp "${v6[@]}" -l netlink -l unix:path.sock -l 'unix:two  words ' -l seq:seq.sock \
	-l abstract:6100620a20ff00 -p -P pair.sock
# port and descriptor of a listener
tcp=$(word all tcp 2) tcp6=$(word all tcp6 2) udp=$(word all udp 2) udp6=$(word all udp6 2)
sock() { ask "select family, protocol, local_address, local_port, remote_address, remote_port, state, path from process_open_sockets
	where pid = $pid and fd = $1"; }
port() { ask "select address, port, protocol, family, path from listening_ports where pid = $pid and fd = $1"; }
is tcp "$(sock "$(word all tcp 3)")" "2,6,127.0.0.1,$tcp,0.0.0.0,0,LISTEN,\"\""
if [ ${#v6[@]} -gt 0 ]; then
	is tcp6 "$(sock "$(word all tcp6 3)")" "10,6,::1,$tcp6,::,0,LISTEN,\"\""
	is udp6 "$(sock "$(word all udp6 3)")" "10,17,::1,$udp6,::,0,\"\",\"\""
	is listen_tcp6 "$(port "$(word all tcp6 3)")" "::1,$tcp6,6,10,\"\""
else
	skip tcp6 "no ::1 here"
fi
is udp "$(sock "$(word all udp 3)")" "2,17,0.0.0.0,$udp,0.0.0.0,0,\"\",\"\""
is netlink "$(sock "$(word all netlink 3)")" '16,0,"",0,"",0,"",""'
is unix "$(ask "select path, family, state from process_open_sockets where pid = $pid and path like '%.sock' and fd in
	(select max(fd) from process_open_sockets where pid = $pid group by path) order by 1")" \
	'pair.sock,1,"" path.sock,1,"" seq.sock,1,""'
is unix_blanks "$(ask "select count(*) from process_open_sockets where pid = $pid and path = 'two  words '")" 1
is abstract "$(ask "select hex(path) from process_open_sockets where pid = $pid and path glob '@*'")" 406140620A20FF
read -r _ a b fa fb <<<"$(grep ^pair "$T/words.all")"
is pair_one "$(sock "$fa")" "2,6,127.0.0.1,$a,127.0.0.1,$b,ESTABLISHED,\"\""
is pair_other "$(sock "$fb")" "2,6,127.0.0.1,$b,127.0.0.1,$a,ESTABLISHED,\"\""
is net_namespace "$(ask "select distinct net_namespace from process_open_sockets where pid = $pid")" \
	"$(readlink "/proc/$pid/ns/net" | tr -dc 0-9)"

# All of them by their inodes, read another way.
"$AGENTD" query -o ndjson "select fd, socket, family, local_port, remote_port from process_open_sockets where pid = $pid" >"$T/rows"
check against_python python3 - "$pid" "$T/rows" <<'PY'
import json, os, sys
pid = int(sys.argv[1])
want = {}
for fd in os.listdir("/proc/%d/fd" % pid):
    link = os.readlink("/proc/%d/fd/%s" % (pid, fd))
    if link.startswith("socket:["):
        want[int(fd)] = int(link[8:-1])
rows = [json.loads(l) for l in open(sys.argv[2])]
got = {r["fd"]: r["socket"] for r in rows}
if got != want or len(rows) != len(want):
    sys.exit("got %r, not %r" % (got, want))
for name, family in (("tcp", 2), ("tcp6", 10), ("udp", 2), ("udp6", 10)):
    if not os.path.exists("/proc/net/" + name):
        continue
    for line in open("/proc/net/" + name).read().splitlines()[1:]:
        f = line.split()
        for r in rows:
            if r["socket"] == int(f[9]):
                ports = int(f[1][-4:], 16), int(f[2][-4:], 16)
                if (r["family"], r["local_port"], r["remote_port"]) != (family, *ports):
                    sys.exit("%r is not %s" % (r, line))
PY

# ---- listening_ports ----

is listen_tcp "$(port "$(word all tcp 3)")" "127.0.0.1,$tcp,6,2,\"\""
is listen_udp "$(port "$(word all udp 3)")" "0.0.0.0,$udp,17,2,\"\""
is listen_not_pair "$(port "$fa")" ''
is listen_not_netlink "$(ask "select count(*) from listening_ports where family = 16")" 0
is listen_unix "$(ask "select port, address, count(*) from listening_ports where pid = $pid and path = 'path.sock'")" '0,"",1'
is listen_not_unnamed "$(ask "select count(*) from listening_ports where family = 1 and path = ''")" 0
ss_ports=$(ss -Hltnp | grep -o "^.*pid=$pid,fd=[0-9]*" | awk '{ print $4 }' | sed 's/.*://' | sort -u | tr '\n' ' ')
is listen_as_ss "$(ask "select distinct port from listening_ports where pid = $pid and protocol = 6 and family in (2, 10) order by cast(port as text)")" \
	"${ss_ports% }"
is listen_left_join "$(ask "select p.name from listening_ports l left join processes p using (pid) where l.port = $tcp and l.family = 2")" mkprocs

# ---- Shared, of nobody, of another namespace ----

plant shared "$mkprocs" -l tcp -n 2
shared=$(word shared tcp 2)
is shared "$(ask "select count(distinct pid), count(distinct socket) from listening_ports where port = $shared")" 3,1
is same_either_way "$(ask "select count(*) from (select pid, fd, socket from process_open_sockets where pid = $pid
	except select pid, fd, socket from process_open_sockets)")" 0
is join "$(ask "select count(*) from processes p join process_open_sockets s using (pid) where p.parent = $pid and s.local_port = $shared")" 2

if command -v strace >/dev/null && strace -o "$T/trace" true 2>/dev/null && [ "${SAN:-0}" = 0 ]; then
	# The tables of a namespace are read once for all look-ups of a query.
	strace -f -o "$T/trace" "$AGENTD" query "select count(*) from processes p join process_open_sockets s using (pid) where p.parent = $pid" >"$T/joined" 2>&1
	is join_reads_once "$(grep -c '"net/tcp"' "$T/trace")" 1
else
	skip join_reads_once "needs strace, and no sanitizer"
fi

if [ $root = 1 ] && unshare -n true 2>/dev/null; then
	plant raw "$mkprocs" -l raw -l packet
	is raw "$(sock "$(word raw raw 3)")" '2,255,0.0.0.0,253,0.0.0.0,0,"",""'
	is packet "$(sock "$(word raw packet 3)")" '17,2054,"",0,"",0,NONE,""'
	plant own_net "$mkprocs" -N -l tcp -l unix:own.sock
	is other_net "$(ask "select port, net_namespace from listening_ports where pid = $pid and family = 2")" \
		"$(word own_net tcp 2),$(readlink "/proc/$pid/ns/net" | tr -dc 0-9)"
	is other_net_unix "$(ask "select count(*) from listening_ports where path = 'own.sock' and pid = $pid")" 1
	is other_net_all "$(ask "select count(*) from listening_ports where port = $(word own_net tcp 2) and pid = $pid")" 1
	plant foreign "$mkprocs" -o
	is foreign "$(ask "select local_port, state from process_open_sockets where pid = $pid and fd = $(word foreign foreign 3)")" \
		"$(word foreign foreign 2),LISTEN"
	is foreign_is_not_own "$(ask "select count(*) from process_open_sockets where pid = $pid and net_namespace = '$(readlink "/proc/$pid/ns/net" | tr -dc 0-9)'")" 0

	# A socket that only another user's process has is nobody's to an ordinary user, who is told.
	cp "$AGENTD" "$T/agentd"
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$T/agentd" query -o csv \
		"select pid, fd, address from listening_ports where port = $tcp and family = 2"
	is few_rights "$out" $'pid,fd,address\n-1,-1,127.0.0.1'
	has few_rights_said "$err" 'listening_ports: descriptors of [0-9]+ processes: permission denied'
	has few_rights_look_up "$(setpriv --reuid=65534 --regid=65534 --clear-groups "$T/agentd" query -o csv \
		"select count(*) from process_open_sockets where pid = $pid" 2>&1)" 'descriptors of 1 process: permission denied'
else
	skip namespaces "needs root and network namespaces"
fi

# A name made to look like a line of another socket of /proc/net/unix does not take its place.
victim=$(ask "select socket from process_open_sockets where path = 'path.sock'")
fake=$(printf 'x\n0000000000000000: 00000002 00000000 00010000 0001 01 %s /fake' "$victim" | od -An -v -tx1 | tr -d ' \n')
plant forger "$mkprocs" -l "abstract:${fake}00"
is not_forged "$(ask "select count(*) from process_open_sockets where path = '/fake'")" 0
is victim_kept "$(ask "select distinct path from process_open_sockets where socket = $victim")" path.sock

# One that no process has: it is on its way in a message that nobody has read.
background python3 -c '
import array, socket, time
l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen(1); port = l.getsockname()[1]
a, b = socket.socketpair()
a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [l.fileno()]))])
l.close(); print(port, flush=True); time.sleep(300)' >"$T/stray"
wait_for 10 test -s "$T/stray"
is stray "$(ask "select pid, fd, state, socket > 0 from process_open_sockets where local_port = $(cat "$T/stray")")" '-1,-1,LISTEN,1'
is stray_look_up "$(ask "select port from listening_ports where pid = -1 and port = $(cat "$T/stray")")" "$(cat "$T/stray")"

# Connections that come and go are never taken for nobody's.
background python3 -c '
import socket
l = socket.socket(); l.bind(("127.0.0.1", 0)); l.listen(64)
print(l.getsockname()[1], flush=True)
while True:
    c = [socket.create_connection(l.getsockname()) for _ in range(20)] + [l.accept()[0] for _ in range(20)]
    for s in c:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"); s.close()
' >"$T/busy"
wait_for 10 test -s "$T/busy"
stray=0
for _ in $(seq 20); do
	got=$(ask "select count(*) from process_open_sockets where pid = -1 and socket != 0 and $(cat "$T/busy") in (local_port, remote_port)")
	[ "$got" = 0 ] || stray=$got
done
is no_false_strays "$stray" 0
