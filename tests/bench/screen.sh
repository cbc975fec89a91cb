#!/bin/bash
# The screen on a pseudo-terminal: how soon it is there, what it takes when nothing happens, how soon
# a key is seen and how many rows its thread takes in while 2,000 hosts answer.
# console_view.c measures the store and the view behind a pane.
. "$(dirname "$0")/lib.sh"
need python3
ulimit -n "$(ulimit -Hn)"

MANY=${SCREEN_HOSTS:-2000}
ROWS=500
export HOME=$T/home

# screen WHAT ARGUMENT…
screen() {
	local what=$1
	shift
	python3 tests/bench/screen.py "$what" "$TOCSIN" -F none "$@"
}

mkdir -p "$HOME"
echo 'host1 ansible_connection=local' >"$T/local"
series=
for _ in 1 2 3 4 5 6 7 8 9; do series+=" $(screen paint -i "$T/local")" || exit 1; done
limit "first paint, median of 9" "$(median "$series")" ms '<=' 50
idle=$(screen idle -i "$T/local") || exit 1
limit "idle, over 10 s" "$idle" '% CPU' '<' 1

mkdir "$T/fleet"
background "$B/tools/fleetsim" --dir "$T/fleet" --hosts "$MANY" --port 2450 --rows $ROWS --seconds 500 >"$T/fleet/out" </dev/null
wait_for 30 grep -q ready "$T/fleet/out" || { echo "no fleet" >&2; exit 1; }
fields=$(screen keys -i "$T/fleet/inventory" -u root --private-key "$T/fleet/id" \
	--known-hosts "$T/fleet/known_hosts" -f 256) || exit 1
read -r middle worst keys rows rate <<<"$fields"
limit "key to repaint while $MANY hosts answer, median of $keys" "$middle" ms '<=' 20
result "the slowest of them" "$worst" ms
is "rows" "$rows" $((MANY * ROWS)) >/dev/null
fields=$(screen diff -i "$T/fleet/inventory" -u root --private-key "$T/fleet/id" \
	--known-hosts "$T/fleet/known_hosts" -f 256) || exit 1
read -r diff_middle diff_worst diff_keys seconds <<<"$fields"
limit "key to repaint while $rows rows are compared, median of $diff_keys" "$diff_middle" ms '<=' 20
result "the slowest of them" "$diff_worst" ms
result "$rows rows compared with the run before" "$seconds" s
limit "intake with the screen on, $rows rows" "$rate" 'rows/CPU s' '>=' 500000
