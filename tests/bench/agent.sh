#!/bin/bash
# The agent on one machine: its tables about processes and sockets against ps(1) and ss(8), how soon
# the first row is there, how much memory it takes, and that joins grow with the number of rows and
# not with its square. Sleeping processes and loopback sockets are made for it, in namespaces where
# there are no others: ps and ss tell of fewer of the others' than the tables do.
if [ -z "${BENCH_ALONE:-}" ] && unshare --mount --pid --net --fork --mount-proc true 2>/dev/null; then
	BENCH_ALONE=1 exec unshare --mount --pid --net --fork --mount-proc --kill-child "$0" "$@"
fi
[ -z "${BENCH_ALONE:-}" ] || ip link set lo up
. "$(dirname "$0")/lib.sh"
need python3 ps ss ip "$B/tools/mkprocs"
runs=${BENCH_RUNS:-9}

# The same facts, named as each of the two does.
ps_facts=pid,comm,args,stat,uid,euid,suid,gid,egid,sgid,rss,vsz,time,lstart,ppid,pgid,nlwp,nice,cgroup,exe
sql_facts='select pid, name, cmdline, state, uid, euid, suid, gid, egid, sgid, resident_size, total_size,
	user_time, system_time, start_time, parent, pgroup, threads, nice, cgroup_path, path from processes'

crowd() {
	background "$B/tools/mkprocs" -n "$1" -s "$2" >"$T/crowd"
	wait_for 60 grep -q ^ready "$T/crowd" || exit 1
}
disperse() {
	end_tree "$pid"
	wait "$pid" 2>/dev/null
}
# whole WHAT LINES: nobody may be quick by leaving something out.
whole() {
	[ "$status" = 0 ] && [ "$(wc -l <"$T/bench.out")" -ge "$2" ] && return
	echo "$1: status $status, $(wc -l <"$T/bench.out") lines: $(tail -n 3 "$T/bench.err")" >&2
	exit 1
}
run_facts() { measure "$AGENTD" query -o tsv "$sql_facts" && whole facts "$n"; }
run_ps() { measure ps -eo "$ps_facts" && whole ps "$n"; }
run_all() { measure "$AGENTD" query -o tsv 'select * from processes' && whole all "$n"; }
run_sockets() { measure "$AGENTD" query -o tsv 'select * from process_open_sockets' && whole sockets "$m"; }
run_ports() { measure "$AGENTD" query -o tsv 'select * from listening_ports' && whole ports $((m / 4)); }
run_ss() { measure ss -anp && whole ss "$m"; }
run_join() { measure "$AGENTD" query -o tsv 'select p.name, s.* from processes p join process_open_sockets s using (pid)' && whole join "$m"; }

processes() {
	n=$1 m=0
	crowd "$n" 0
	rm -f "$T"/series.*
	interleaved "$runs" facts ps all
	result "processes, $n: ps -eo" "$(med ps wall_ms)" ms
	result "processes, $n: select *" "$(med all wall_ms)" ms
	result "processes, $n: same facts" "$(med facts wall_ms)" ms
	limit "processes, $n: against ps" "$(calc "$(med facts wall_ms) / $(med ps wall_ms)")" times '<=' 1.0
	for ((i = 0; i < runs; i++)); do
		python3 tests/bench/first_row.py "$AGENTD" 'select * from processes' >>"$T/first.$n" || exit 1
	done
	# The best one: what else the machine does at the time is not the agent's.
	result "processes, $n: first row of a session, median" "$(median "$(cut -d' ' -f1 "$T/first.$n")")" ms
	limit "processes, $n: first row of a session, best of $runs" "$(cut -d' ' -f1 "$T/first.$n" | sort -g | head -n 1)" ms '<=' 20
	limit "processes, $n: resident memory" "$(median "$(cut -d' ' -f3 "$T/first.$n")")" KB '<' 10240
	disperse
}

sockets() {
	n=$1 m=$2
	crowd "$n" "$m"
	rm -f "$T"/series.*
	interleaved "$((runs / 2 + 1))" sockets ports ss join
	result "sockets, $n processes, $m: ss -anp" "$(med ss wall_ms)" ms
	result "sockets, $n processes, $m: select *" "$(med sockets wall_ms)" ms
	limit "sockets, $n processes, $m: against ss" "$(calc "$(med sockets wall_ms) / $(med ss wall_ms)")" times '<=' 1.0
	result "sockets, $n processes, $m: listening_ports" "$(med ports wall_ms)" ms
	limit "sockets, $n processes, $m: listening_ports, ss" "$(calc "$(med ports wall_ms) / $(med ss wall_ms)")" times '<=' 1.0
	result "sockets, $n processes, $m: join" "$(med join wall_ms)" ms
	python3 tests/bench/first_row.py "$AGENTD" 'select * from process_open_sockets' >"$T/sockets.$n" || exit 1
	disperse
}

processes 300
processes 5000
sockets 1250 5000
small=$(med join cpu_ms)
sockets 5000 20000
limit "sockets: CPU of the join at 4 times the size" "$(calc "$(med join cpu_ms) / $small")" times '<=' 6
limit "sockets: resident memory" "$(cut -d' ' -f3 "$T/sockets.5000")" KB '<' 10240
strip -o "$T/stripped" "$AGENTD" &&
	limit "program, stripped" "$(calc "$(stat -c %s "$T/stripped") / 1048576")" MiB '<' 3
