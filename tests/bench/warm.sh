#!/bin/bash
# The second question from the shell: connections that the first command left open answer it. CPU is
# that of the command and of the holder of the connections together.
. "$(dirname "$0")/lib.sh"
ulimit -n "$(ulimit -Hn)"

MANY=${REACH_HOSTS:-10000}
export XDG_RUNTIME_DIR=$T/run TOCSIN_PERSIST_S=600
mkdir -m 700 "$XDG_RUNTIME_DIR"
holders() { find "$XDG_RUNTIME_DIR/tocsin" -name '[0-9]*' -printf '%f\n' 2>/dev/null | cut -d- -f1 | sort -u; }
end_holders() {
	local p
	for p in $(holders); do kill "$p"; done
}
trap 'end_holders; clean_up' EXIT

# fleet NAME OPTION…: a simulated fleet; sets $fleet to its files
fleet() {
	fleet=$T/$1
	shift
	mkdir "$fleet"
	background "$B/tools/fleetsim" --dir "$fleet" --seconds 900 --hosts "$MANY" "$@" >"$fleet/out" </dev/null
	wait_for 30 grep -q ready "$fleet/out" || { echo "no fleet" >&2; exit 1; }
}
ask() {
	measure "$TOCSIN" -F none -i "$fleet/inventory" -u root --private-key "$fleet/id" --known-hosts "$fleet/known_hosts" \
		--connect-timeout 60 --timeout 120 -o ndjson query "$1"
	[ "$status" = 0 ] || { echo "bench: status $status: $(tail -n 3 "$T/bench.err")" >&2; exit 1; }
}
# Of the process, in microseconds: both clocks, of all its threads.
cpu_of() { cat /proc/"$1"/task/*/schedstat | awk '{ns += $1} END {printf "%d", ns / 1000}'; }

fleet one --port 2430 --net 22 --rows 1
ask 'select 1'
result "first question: wall time" "$wall_ms" ms
[ "$(holders | wc -l)" = 1 ] || { echo "no holder" >&2; exit 1; }
holder=$(holders)
run_warm() {
	local before
	before=$(cpu_of "$holder")
	ask 'select 1'
	holder_us=$(($(cpu_of "$holder") - before))
	echo "$holder_us" >>"$T/series.warm.holder_us"
}
interleaved 5 warm
both=$(calc "($(med warm cpu_ms) * 1000 + $(med warm holder_us)) / $MANY")
limit "second question, $MANY hosts: wall time" "$(calc "$(med warm wall_ms) / 1000")" s '<=' 1.0
result "CPU a host, the command's" "$(calc "$(med warm cpu_ms) * 1000 / $MANY")" us
result "CPU a host, the holder's" "$(calc "$(med warm holder_us) / $MANY")" us
limit "CPU a host, both" "$both" us '<=' 40
limit "memory a host, the holder's" "$(calc "$(awk '/^VmRSS/ {print $2}' "/proc/$holder/status") / $MANY")" KB '<=' 40
end_holders

fleet rows --port 2440 --net 23 --rows 200
ask 'select 1'
holder=$(holders)
ask 'select 1'
limit "$((MANY * 200)) rows to ndjson, warm: wall time for 2,000,000" \
	"$(calc "$wall_ms / 1000 * 2000000 / ($MANY * 200)")" s '<=' 20
limit "memory a host, the holder's, then" "$(calc "$(awk '/^VmHWM/ {print $2}' "/proc/$holder/status") / $MANY")" KB '<=' 60
