# shellcheck shell=bash
# Sourced by the tests of the screen, behind tests/lib.sh: a tmux of the test's own, in which the
# real program runs.
#
#   screen [-s 120x40] [-e NAME=VALUE]… ARGUMENT…   starts it; $H is its home
#   keys KEY…          as tmux names them: Enter, Escape, F2, PageDown, C-c, a …
#   typed TEXT         as it is
#   shown              the screen's text
#   sees NAME TEXT     waits until the screen has the text, and says so as a test named NAME
#   misses NAME TEXT   waits until it has not
#   line_of TEXT       the first line that has it
#   at NAME TEXT       waits until the line under the cursor has the text; with NO_COLOR
#   gone TEXT          waits until the screen has not the text
#   program            its process id
#   leave              ends it by its key, and checks that it ended well

command -v tmux >/dev/null 2>&1 || all_skipped "tmux is not there"
TMUX_SOCKET=$T/tmux
screens=0
unset TMUX NO_COLOR TOCSIN_THEME TOCSIN_MOUSE
H=$T/home
mkdir -p "$H/.config/tocsin"
# Seconds, of which wait_for makes more with sanitizers.
SCREEN_WAIT=20

mux() { tmux -S "$TMUX_SOCKET" -f /dev/null "$@"; }
end_mux() { mux kill-server 2>/dev/null; }
trap 'end_mux; clean_up' EXIT

# Hosts that are this machine: no network is needed for the screen's own sake.
local_hosts() {
	local i
	for i in $(seq "$1"); do echo "host$i ansible_connection=local"; done >"$H/.config/tocsin/hosts"
}

screen() {
	local size=120x40 env=() words
	while :; do
		case ${1-} in
		-s)
			size=$2
			shift 2
			;;
		-e)
			env+=("$2")
			shift 2
			;;
		*) break ;;
		esac
	done
	end_mux
	# Of its own: the one before may still be ending.
	screens=$((screens + 1))
	TMUX_SOCKET=$T/tmux.$screens
	printf -v words '%q ' env HOME="$H" XDG_STATE_HOME="$H/.state" TOCSIN_PERSIST_S=0 LC_ALL=C.UTF-8 "${env[@]}" "$TOCSIN" "$@"
	mux new-session -c "${SCREEN_DIR:-$PWD}" -d -x "${size%x*}" -y "${size#*x}" "$words; echo STATUS \$?; stty -a | grep -o ' -\\?icanon'; sleep 600"
	mux set-option -g remain-on-exit on >/dev/null
}
keys() { mux send-keys "$@"; }
typed() { mux send-keys -l -- "$1"; }
shown() { mux capture-pane -p; }
has_text() { shown | grep -qF -- "$1"; }
gone() { wait_for "$SCREEN_WAIT" has_no_text "$1" || fail "gone" "\"$1\" still on: $(shown)"; }
has_no_text() { ! has_text "$1"; }
sees() {
	if wait_for "$SCREEN_WAIT" has_text "$2"; then pass "$1"; else fail "$1" "no \"$2\" on: $(shown)"; fi
}
misses() {
	if wait_for "$SCREEN_WAIT" has_no_text "$2"; then pass "$1"; else fail "$1" "\"$2\" still on: $(shown)"; fi
}
line_of() { shown | grep -F -- "$1" | head -n 1; }
# The lines in reverse: without colours, those under the cursor.
under_cursor() {
	mux capture-pane -p -e | awk '{
		text = ""; at = 0; first = 1
		while (match($0, /\033\[[0-9;]*m|\033\([A-Z0-9]|\016|\017|./)) {
			t = substr($0, RSTART, RLENGTH)
			if (t ~ /^\033\[/) {
				n = split(substr(t, 3, length(t) - 3), of, ";")
				if (n == 0) on = 0
				for (i = 1; i <= n; i++) on = of[i] == 7 ? 1 : of[i] == 0 || of[i] == 27 ? 0 : on
			} else if (length(t) == 1) {
				if (first) at = on
				first = 0
				text = text t
			}
			$0 = substr($0, RSTART + RLENGTH)
		}
		if (at && text !~ /^ (tocsin|>)  ?/) print text
	}'
}
cursor_has() { under_cursor | grep -qF -- "$1"; }
at() { check "$1" wait_for "$SCREEN_WAIT" cursor_has "$2"; }
# A command behind the prompt's sign.
command_line() {
	keys :
	wait_for "$SCREEN_WAIT" prompt_is_open || fail "prompt" "it does not open: $(shown)"
	typed "$1"
	keys Enter
}
prompt_is_open() { shown | tail -n 1 | grep -q '^:'; }
program() { pgrep -P "$(mux display-message -p '#{pane_pid}')" | head -n 1; }
leave() {
	keys F10
	has_left
}
has_left() {
	wait_for "$SCREEN_WAIT" has_text "STATUS 0" || fail "leave-$screens" "$(shown)"
	end_mux
}
