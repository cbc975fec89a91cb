#!/bin/bash
# The mouse, on where that is wanted: clicks choose rows and panes, on a name they sort, the wheel
# scrolls. tmux would send clicks of its own only with somebody at its terminal.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"

local_hosts 3
# As terminals send them since xterm 277: a button pressed and released at column, line from 1 on.
click() {
	typed $'\033[<0;'"$1;$2M"
	typed $'\033[<0;'"$1;$2m"
}
wheel_down() { typed $'\033[<65;'"$1;$2M"; }
wheel_up() { typed $'\033[<64;'"$1;$2M"; }
# As they did before, each number one byte.
old_click() {
	local at
	at=$(printf '%02x %02x' $(($1 + 32)) $(($2 + 32)))
	# shellcheck disable=SC2086 # words
	mux send-keys -H 1b 5b 4d 20 $at
	# shellcheck disable=SC2086
	mux send-keys -H 1b 5b 4d 23 $at
}
mouse_is() { [ "$(mux display-message -p '#{mouse_any_flag}')" = "$1" ]; }

# ---- Off unless wanted ----
screen
sees up-off "+3 up"
check off mouse_is 0
command_line 'mouse on'
check on-by-command wait_for "$SCREEN_WAIT" mouse_is 1
command_line 'mouse off'
check off-by-command wait_for "$SCREEN_WAIT" mouse_is 0
command_line 'mouse perhaps'
sees on-or-off "on or off"
leave
echo 'mouse = yes' >"$H/.config/tocsin/config"
screen
sees up-config "+3 up"
check on-by-config wait_for "$SCREEN_WAIT" mouse_is 1
keys F10
wait_for "$SCREEN_WAIT" has_text "STATUS 0"
check given-back wait_for "$SCREEN_WAIT" mouse_is 0
end_mux
rm "$H/.config/tocsin/config"

# ---- Rows, names of columns, the wheel ----
screen -e NO_COLOR=1 -e TOCSIN_MOUSE=1 -e TERM=xterm-256color -t host1
sees up "+1 up"
command_line 'query "with recursive c(n) as (select 1 union all select n+1 from c where n<100) select n, '"'row'"' || n as name, '"'x'"' as x from c"'
sees rows "100 rows"
at first "row1 "
click 10 6
at row-clicked "row3 "
# The names stand in the third line.
click 9 3
sees sorted "n^"
click 9 3
sees inverted "nv"
keys g
at highest-first "row100"
wheel_down 10 10
at wheel-down "row97 "
wheel_up 10 10
at wheel-up "row100"
# Twice in a moment: the row's card.
click 10 5
click 10 5
sees card "> row"
keys q

# ---- Panes: the wheel only scrolls the one under it ----
command_line 'vsplit activity'
sees two-panes "> activity"
wheel_down 10 10
sees focus-stays "> activity"
click 10 10
misses focus-goes "> activity"
click 100 10
sees focus-comes "> activity"
keys q
keys F3
sees hosts "> hosts"
command_line tables
sees text "acpi_tables"
wheel_down 10 10
misses text-scrolls "acpi_tables"
wheel_up 10 10
sees text-scrolls-back "acpi_tables"
keys q
click 12 3
sees hosts-sorted "state^"
click 12 3
sees hosts-inverted "statev"
leave

# ---- The older protocol ----
screen -e NO_COLOR=1 -e TOCSIN_MOUSE=1 -e TERM=screen -t host1
sees up-older "+1 up"
old_click 12 3
sees older "state^"
leave
