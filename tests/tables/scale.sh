#!/bin/bash
# A large host, made by hand: 50,000 processes and 200,000 sockets under --root. Everything is there,
# joins take one look-up per key, and memory and time stay within bounds.
# 100,000 files are made and removed sooner in memory.
[ -w /dev/shm ] && export TMPDIR=/dev/shm
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3

root=$T/root
processes=50000 sockets=200000
mkdir -p "$root/proc/net"
python3 - "$root/proc" $processes $sockets <<'PY'
import os, sys
proc, processes, sockets = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open(proc + "/stat", "w") as f:
    f.write("btime 1700000000\n")
for pid in range(1, processes + 1):
    d = f"{proc}/{pid}"
    os.mkdir(d)
    with open(d + "/stat", "w") as f:
        f.write(f"{pid} (w{pid % 100}) S {pid // 10} 1 1 0 -1 0 0 0 0 0 5 6 0 0 20 0 1 0 {pid} 4096 1")
    # Each hundredth has two sockets.
    if pid % 100 == 0:
        os.mkdir(d + "/fd")
        for i in range(2):
            os.symlink(f"socket:[{10 ** 6 + pid * 2 + i}]", f"{d}/fd/{i + 3}")
head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
line = "%4d: 0100007F:%04X 0100007F:%04X %02X 00000000:00000000 00:00000000 00000000     0        0 %d 1 0 100 0 0 10 0\n"
with open(proc + "/net/tcp", "w") as f:
    f.write(head)
    f.writelines(line % (i, i % 65535 + 1, 80 if i % 4 else 0, 1 if i % 4 else 10, 10 ** 6 + i) for i in range(sockets))
PY

# measure SQL: $rows, $ms and $kb of it.
measure() {
	local line
	line=$(python3 tests/bench/measure.py "$T/out" "$T/err" "$AGENTD" query -o tsv --root "$root" --max-rows 1000000 "$1")
	rows=$(tail -n +2 "$T/out")
	ms=${line%%.*}
	kb=$(cut -d' ' -f3 <<<"$line")
}
# within NAME SECONDS MB: of what was measured last; with sanitizers memory is another matter.
within() {
	check "$1_in_time" test "$ms" -lt $(($2 * 1000 * SLOW))
	[ "${SAN:-0}" = 1 ] || check "$1_in_memory" test "$kb" -lt $(($3 * 1024))
}

measure 'select count(*), count(distinct pid), min(start_time), max(parent) from processes'
is all_processes "$rows" "$processes	$processes	1700000000	5000"
within all_processes 20 48
measure 'select pid, name from processes where pid in (1, 49999, 50001)'
is three_look_ups "$rows" '1	w1
49999	w99'
within three_look_ups 2 48
# Ten children each: one look-up per process.
measure 'select count(*), count(p.pid) from processes c left join processes p on p.pid = c.parent'
is parents "$rows" "$processes	$((processes - 9))"
within parents 30 64
measure 'select count(*), sum(pid = -1), sum(state = "LISTEN") from process_open_sockets'
is all_sockets "$rows" "$sockets	$((sockets - 2 * (processes / 100)))	$((sockets / 4))"
within all_sockets 20 96
measure 'select count(*) from listening_ports where pid > 0'
is listening "$rows" "$((processes / 100))"
within listening 20 96
measure 'select count(*), count(distinct pid) from processes join process_open_sockets using (pid)'
is join "$rows" "$((2 * processes / 100))	$((processes / 100))"
within join 30 128
