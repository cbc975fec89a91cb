#!/bin/bash
# What remembering costs: 1,000,000 rows like those of processes with and without, their bytes on the
# disk, differences of two such runs, a history of 10,000 runs, and how long tocsin takes to start with them.
. "$(dirname "$0")/lib.sh"
need_tools() { command -v "$1" >/dev/null || { echo "no $1" >&2; exit 1; }; }
need_tools sqlite3
ulimit -n "$(ulimit -Hn)"

HOSTS=${STORE_HOSTS:-500} ROWS=2000
export XDG_STATE_HOME=$T/state XDG_CONFIG_HOME=$T/config TOCSIN_PERSIST_S=0
mkdir -p "$T/config/tocsin" "$T/off/tocsin" "$T/fleet"
echo 'remember = no' >"$T/off/tocsin/config"
DB=$XDG_STATE_HOME/tocsin/tocsin.db
background "$B/tools/fleetsim" --dir "$T/fleet" --seconds 900 --hosts "$HOSTS" --port 2460 --net 24 --rows $ROWS \
	>"$T/fleet/out" </dev/null
wait_for 30 grep -q ready "$T/fleet/out" || { echo "no fleet" >&2; exit 1; }
ask() {
	measure "$TOCSIN" -F none -i "$T/fleet/inventory" -u root --private-key "$T/fleet/id" \
		--known-hosts "$T/fleet/known_hosts" --connect-timeout 60 --timeout 120 -o ndjson query 'select 1'
	[ "$status" = 0 ] || { echo "bench: status $status: $(tail -n 3 "$T/bench.err")" >&2; exit 1; }
}
run_with() { ask; }
run_without() { XDG_CONFIG_HOME=$T/off ask; }
interleaved 5 with without
with=$(med with wall_ms) without=$(med without wall_ms)
result "$((HOSTS * ROWS)) rows: wall time without remembering" "$without" ms
limit "remembering: more wall time" "$(calc "100 * ($with - $without) / $without")" % '<=' 15
[ "$(sqlite3 "$DB" 'select count(*) from runs where rows > 0')" = 5 ] || { echo "not all runs are there" >&2; exit 1; }

# Numbers of processes that are not alike: what does not pack well. Half of them differ from run to run.
rm -f "$DB"*
for h in $(seq 10); do echo "local$h ansible_connection=local"; done >"$T/local"
varied="with recursive c(x) as (select 1 union all select x + 1 from c where x < 100000)
	select x * 3 + abs(random()) % 3 as pid, x / 7 as parent, 'daemon-' || (x * 7919 % 300) as name,
	'/usr/libexec/daemon-' || (x * 7919 % 300) as path, x * 31 % 50 as uid, 'S' as state,
	'/usr/libexec/daemon-' || (x * 7919 % 300) || ' --instance ' || (x % 50) as cmdline,
	1790000000 + abs(random()) % 1000000 as start_time, abs(random()) % 100000 * 4096 as resident_size from c"
for _ in 1 2; do
	measure "$TOCSIN" -i "$T/local" --timeout 300 -o ndjson query "$varied"
	[ "$status" = 0 ] || { echo "bench: $(tail -n 3 "$T/bench.err")" >&2; exit 1; }
done
limit "bytes a row on the disk" "$(calc "$(stat -c %s "$DB") / 2000000")" B '<=' 25
compare() {
	measure "$TOCSIN" -o ndjson diff "$@"
	[ "$status" = 0 ] || { echo "bench: diff: $(tail -n 3 "$T/bench.err")" >&2; exit 1; }
}
# Every row differs, two of three do, and as many as have the same number.
run_every() { compare; }
run_some() { compare --ignore start_time,resident_size; }
run_keyed() { compare --key pid; }
interleaved 3 every some keyed
for what in every some keyed; do
	limit "difference of two such runs, $what row" "$(calc "$(med $what wall_ms) / 1000")" s '<=' 3
	result "its processor time, $what row" "$(calc "$(med $what cpu_ms) / 1000")" s
	limit "its memory, $what row" "$(calc "$(med $what rss_kb) / 1024")" MB '<=' 500
done

sqlite3 "$DB" "with recursive c(x) as (select 1 union all select x + 1 from c where x < 10000)
	insert into runs (finished, time, ms, name, question, target, operator, hosts, answered, rows, bytes)
	select 1, 1795309198737139 + x, 12, 'query-' || x % 20, 'query-' || x % 20, 'all', 'root', 8000, 7990, x, x from c"
run_history() { measure "$TOCSIN" history --limit 100; }
run_all() { measure "$TOCSIN" history --limit 10000; }
run_one() { measure "$TOCSIN" history query-7; }
run_start() { measure "$TOCSIN" fav; }
interleaved 9 history all one start
limit "history with 10,000 runs" "$(med history wall_ms)" ms '<=' 50
limit "all of them" "$(med all wall_ms)" ms '<=' 50
limit "those of one query" "$(med one wall_ms)" ms '<=' 50
limit "start-up with such a database" "$(med start wall_ms)" ms '<=' 50
