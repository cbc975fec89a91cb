#!/bin/bash
# Tables of logins: last, logged_in_users, btmp. Against last(1) and over records made here.
. "$(dirname "$0")/../lib.sh"
need python3

rows() {
	local sql=$1
	shift
	run "$AGENTD" query -o tsv "$@" "$sql"
	out=$(tail -n +2 <<<"$out")
}

root=$T/root
mkdir -p "$root/run" "$root/var/log"
# The record has another shape on other machines.
python3 - "$root" <<'PY' || all_skipped "records of this machine are not known here"
import platform, socket, struct, sys
if platform.machine() != "x86_64":
    sys.exit(1)
def rec(type, pid, line, user, host, time, addr=b""):
    return struct.pack("<hxxi32s4s32s256shhiIi16s20x", type, pid, line, b"id", user, host, 0, 0, 0, time & 0xffffffff, 0, addr)
root = sys.argv[1]
recs = [rec(2, 0, b"~", b"reboot", b"6.1.0", 1700000000),
        rec(1, 53, b"~", b"runlevel", b"6.1.0", 1700000001),
        rec(7, 100, b"pts/0", b"alice", b"10.0.0.1", 1700000002),
        rec(8, 100, b"pts/0", b"", b"", 1700000003),
        rec(7, 101, b"p" * 32, b"u" * 32, b"h" * 256, 4000000000),
        rec(99, -5, b"odd\xff", b"a\nb", b"", -1)]
open(root + "/var/log/wtmp", "wb").write(b"".join(recs))
open(root + "/run/utmp", "wb").write(b"".join(recs) + rec(5, 1, b"", b"", b"", 5) + recs[2][:100])
open(root + "/var/log/btmp", "wb").write(
    rec(6, 7, b"ssh:notty", b"admin", b"evil.example", 1700000004, socket.inet_aton("203.0.113.9")) +
    rec(6, 8, b"ssh:notty", b"root", b"2001:db8::1", 1700000005, socket.inet_pton(socket.AF_INET6, "2001:db8::1")) +
    rec(0, 0, b"", b"", b"", 0) + rec(6, 9, b"tty1", b"UNKNOWN", b"", 1700000006))
PY

rows "select username, tty, pid, type, type_name, time, length(host) from last" --root "$root"
u=$(printf '%032d' 0 | tr 0 u) p=$(printf '%032d' 0 | tr 0 p)
is last_rows "$(tr '\t\n' ' ,' <<<"$out")" \
	"alice pts/0 100 7 user-process 1700000002 8, pts/0 100 8 dead-process 1700000003 0,$u $p 101 7 user-process 4000000000 256,"
rows "select type, user, time, pid from logged_in_users" --root "$root"
is logged_in_rows "$(tr '\t\n' ' ,' <<<"$out")" \
	"boot_time reboot 1700000000 0,runlevel runlevel 1700000001 53,user alice 1700000002 100,dead  1700000003 100,user $u 4000000000 101,unknown a\\nb 4294967295 -5,"
has logged_in_cut "$err" 'logged_in_users: /run/utmp: its last record is not complete'
rows "select username, tty, pid, time, host, address from btmp" --root "$root"
is btmp_rows "$(tr '\t\n' ' ,' <<<"$out")" \
	"admin ssh:notty 7 1700000004 evil.example 203.0.113.9,root ssh:notty 8 1700000005 2001:db8::1 2001:db8::1,UNKNOWN tty1 9 1700000006  ,"

if command -v last >/dev/null; then
	want=$(last -f "$root/var/log/wtmp" --time-format notime alice | awk '/alice/ {print $1, $2, $3}')
	rows "select username || ' ' || tty || ' ' || host from last where username = 'alice'" --root "$root"
	is last_like_last "$out" "$want"
fi

rm "$root/var/log/wtmp" && mkfifo "$root/var/log/wtmp"
rows "select * from last" --root "$root"
is last_fifo "$status: $out" "0: "
has last_fifo_said "$err" 'last: /var/log/wtmp: not a regular file'
rm "$root/var/log/wtmp"
rows "select * from last" --root "$root"
is last_none "$status: $out$err" "0: "
# Many records go through little memory.
head -c 38400000 /dev/zero >"$root/var/log/btmp"
rows "select count(*) from btmp" --root "$root"
is btmp_of_zeros "$out" 0
