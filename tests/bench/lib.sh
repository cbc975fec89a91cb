# shellcheck shell=bash
# Sourced by the benches: `. "$(dirname "$0")/lib.sh"`. What tests/lib.sh gives, and
#
#   measure CMD…                  runs it; sets $wall_ms $cpu_ms $rss_kb $status; its output goes
#                                 to $T/bench.out and $T/bench.err. CPU: user and system time of
#                                 it and of the children it waited for.
#   interleaved RUNS NAME…        calls run_NAME (which calls measure) in turn, RUNS times each;
#                                 then $(med NAME wall_ms) is the median of its runs
#   result NAME VALUE UNIT        a row of the table that tests/bench/run prints
#   limit NAME VALUE UNIT OP BOUND    likewise, OP is <= or >=: missed when it does not hold

# shellcheck source=../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# shellcheck disable=SC2034 # they are the caller's
measure() {
	local line
	line=$(python3 "$PWD/tests/bench/measure.py" "$T/bench.out" "$T/bench.err" "$@") || {
		echo "bench: cannot measure: $*" >&2
		exit 1
	}
	read -r wall_ms cpu_ms rss_kb status <<<"$line"
}

interleaved() {
	local runs=$1 i name what
	shift
	for ((i = 0; i < runs; i++)); do
		for name in "$@"; do
			"run_$name"
			for what in wall_ms cpu_ms rss_kb; do
				echo "${!what}" >>"$T/series.$name.$what"
			done
		done
	done
}
med() { median "$(cat "$T/series.$1.$2")"; }
# The middle one of the numbers (the upper of two).
median() {
	# shellcheck disable=SC2086 # a list
	printf '%s\n' $1 | sort -g | awk '{a[NR] = $1} END {print a[int(NR / 2) + 1]}'
}
# calc EXPRESSION, to three places
calc() { awk "BEGIN {printf \"%.3f\", $1}"; }

result() { printf 'result\t%s\t%s\t%s\t\t\n' "$1" "$2" "$3"; }
limit() {
	local ok=missed
	awk -v v="$2" -v b="$5" "BEGIN {exit !(v $4 b)}" && ok=met
	printf 'result\t%s\t%s\t%s\t%s %s\t%s\n' "$1" "$2" "$3" "$4" "$5" "$ok"
}
