#!/bin/bash
# What is asked on the screen is remembered like what is asked from the shell.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
need jq

local_hosts 3
tocsin() { HOME=$H XDG_STATE_HOME=$H/.state TOCSIN_PERSIST_S=0 "$TOCSIN" "$@"; }
history() { tocsin -q -o json history; }
# The questions that are remembered, the last one first.
asked() { history | jq -r '.[].question'; }
asked_is() { [ "$(asked | tr '\n' ';')" = "$1" ]; }

# ---- A question ----
screen
sees up "+3 up"
command_line "query select 41 + 1 as answer"
sees rows "3 rows"
check remembered wait_for "$SCREEN_WAIT" asked_is "select 41 + 1 as answer;"
is remembered-as "$(history | jq -c '.[0] | [.target, .hosts, .answered, .rows]')" '["all",3,3,3]'
is remembered-rows "$(tocsin -q -o csv show 1 | tr -d '\r' | sort | head -n 2 | tr '\n' ' ')" "host,answer host1,42 "
keys r
check again-is-another wait_for "$SCREEN_WAIT" asked_is "select 41 + 1 as answer;select 41 + 1 as answer;"
keys q
# What no host takes was not asked.
command_line 'query "select from"'
sees refused "syntax error"
keys q
command_line "run host-identity"
sees saved-query "host-identity"
saved_is_first() { [ "$(history | jq -r '.[0].question')" = host-identity ]; }
check saved-remembered wait_for "$SCREEN_WAIT" saved_is_first
is refused-is-not "$(asked | wc -l)" 3
command_line "query -t host1 select 1 as one"
sees other-targets "1 row  of host1"
target_is() { [ "$(history | jq -c '.[0] | [.target, .hosts, .answered]')" = "$1" ]; }
check other-targets-remembered wait_for "$SCREEN_WAIT" target_is '["host1",1,1]'
keys q

# ---- Again and again: the last answer takes the place of the one before ----
printf 'one\n' >"$T/lines"
command_line "query select line from file_lines where path = '$T/lines'"
sees watched "3 rows"
command_line 'watch 1'
for line in two three; do
	printf '%s\n' "$line" >"$T/lines"
	sees "watched-$line" "host1  $line"
done
last_has() { tocsin -q -o csv show "$(history | jq '.[0].run')" | grep -q "host1,$1"; }
check watch-remembered wait_for "$SCREEN_WAIT" last_has three
is watch-remembered-once "$(asked | grep -c file_lines)" 2
# What went with a refresh is there for a while, without a key; dim and bold are more than the signs.
command_line 'watch off'
misses not-watched "every 1 s"
command_line 'sort line'
echo four >"$T/lines"
keys r
sees gone "-host1  three"
styled() { mux capture-pane -p -e | grep -qE $'\033'"\\[([0-9;]*;)?($2)(;[0-9;]*)?m("$'\033'"\\[[0-9;]*m)*$1host"; }
check new-is-green styled '[+]' '32|38;5;120'
check gone-is-dim styled '-' '2|38;5;242'
misses gone-for-good "-host1"
sees new-stays "+host1  four"
leave
is left-remembered-once "$(asked | grep -c file_lines)" 3

# ---- A database that cannot be written: said, and the rows come all the same ----
mkdir "$T/broken" && mkdir -p "$T/broken/tocsin/tocsin.db"
screen -e XDG_STATE_HOME="$T/broken"
sees up-2 "+3 up"
command_line "query select 'still' as x"
sees still-rows "still"
sees said "this run is not remembered"
leave
