#!/bin/bash
# The terminal: left and taken again, what it is sent for colours and for copying, what takes no room of
# its own, and that it goes away.
. "$(dirname "$0")/../lib.sh"
. tests/ui/lib.sh
need jq
local_hosts 3

# ---- Left for the shell, and taken again ----
screen
sees up "+3 up"
mux kill-server
screens=$((screens + 1))
TMUX_SOCKET=$T/tmux.$screens
mux new-session -d -x 120 -y 40 "env HOME=$H XDG_STATE_HOME=$H/.state TOCSIN_PERSIST_S=0 PS1='shell> ' bash --norc --noprofile -i"
mux set-option -g remain-on-exit on >/dev/null
wait_for "$SCREEN_WAIT" has_text 'shell>'
typed "$TOCSIN"
keys Enter
sees up-in-a-shell "+3 up"
command_line "query select 'still ' || 'here' as x"
sees rows-before-C-z "3 rows"
keys C-z
sees C-z-gives-the-shell "Stopped"
typed "stty -a | grep -o ' -\\?icanon'; echo 6 \$((7 * 6))"
keys Enter
sees C-z-terminal-is-sane " icanon"
sees C-z-shell-goes-on "6 42"
mux resize-window -x 100 -y 30
typed fg
keys Enter
sees fg-brings-it-back "still here"
is fg-has-the-new-size "$(shown | grep -n 'F10 quit' | cut -d: -f1)" 30
command_line "query select 'and ' || 'goes on' as x"
sees fg-goes-on "and goes on"
keys F10
sees fg-leaves "shell>"

# ---- It goes away ----
screen
sees up-hangup "+3 up"
kill -HUP "$(program)"
sees hangup "STATUS 129"
sees hangup-leaves-it-sane " icanon"
# With nobody told of it: reading ends.
end_mux
TMUX_SOCKET=$T/tmux.gone
mux new-session -d -x 120 -y 40 "trap '' HUP; HOME=$H XDG_STATE_HOME=$H/.state exec $TOCSIN"
wait_for "$SCREEN_WAIT" has_text "+3 up"
gone=$(mux display-message -p '#{pane_pid}')
mux kill-server
has_ended() { ! kill -0 "$gone" 2>/dev/null; }
check no-terminal-any-more wait_for "$SCREEN_WAIT" has_ended
has_ended || kill "$gone"
# Nothing to read from at the start: no screen, and no command.
TMUX_SOCKET=$T/tmux.closed
mux new-session -d -x 120 -y 40 "HOME=$H XDG_STATE_HOME=$H/.state $TOCSIN <&-; echo STATUS \$?; sleep 600"
sees closed-stdin "usage: tocsin"
sees closed-stdin-status "STATUS 2"
end_mux

# ---- What is copied reaches the terminal ----
screen -e TERM=tmux-256color
mux set-option -s set-clipboard on
sees up-copy "+3 up"
command_line "query -t host1 \"select 'a ' || char(9) || '日本語' as text, 7 as n\""
sees row "1 row"
copied_is() { [ "$(mux show-buffer)" = "$1" ]; }
keys '>' y
check copied-cell wait_for "$SCREEN_WAIT" copied_is $'a \t日本語'
keys Y
check copied-row wait_for "$SCREEN_WAIT" eval 'mux show-buffer | grep -q "^host1.a .*日本語.*7$"'
leave

# ---- Marks above letters take no room, wide letters two columns ----
screen
sees up-letters "+3 up"
command_line "query -t host1 \"select 'e' || char(0x301) || 'x' as a, 'after' as b union all select '日x', 'after' union all select 'exy', 'after' order by a\""
sees letters "3 rows"
after() { shown | grep '^ host1 .*after' | python3 -c 'import sys, unicodedata
for l in sys.stdin:
    print(sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) == "W" else 1 for c in l[:l.index("after")]))' | sort -u | wc -l; }
is letters-in-columns "$(after)" 1
check combining-shown eval "shown | grep -q $'e\u0301x'"
leave

# ---- Colours ----
# colours NAME: which kinds of them are on the screen
colours() {
	mux capture-pane -p -e | grep -oE $'\033\\[[0-9;]*m' | tr -d '\033[' | awk '{
		gsub(/[34]8;5;[0-9]+/, "of256"); gsub(/m/, ""); n = split($0, c, ";")
		for (i = 1; i <= n; i++)
			if (c[i] == "of256") print "256"
			else if (c[i] ~ /^(9|10)[0-7]$/) print "16"
			else if (c[i] ~ /^[34][0-7]$/) print "8"
	}' | sort -nu | tr '\n' ' '
}
# has_style SGR: the names of the columns, the line below the pane's title
has_style() { mux capture-pane -p -e | sed -n 3p | grep -qE $'\033'"\\[([0-9;]*;)?$1(;[0-9;]*)?m"; }
for look in 'tmux-256color dark 38;5;114' 'tmux-256color light 38;5;25' 'xterm-16color dark 32' 'screen dark 32' 'screen light 34'; do
	read -r term theme colour <<<"$look"
	infocmp "$term" >/dev/null 2>&1 || {
		skip "colours-$term" "not in the terminfo of this machine"
		continue
	}
	screen -e TERM="$term" -e TOCSIN_THEME="$theme"
	sees "up-$term-$theme" "+3 up"
	check "header-$term-$theme" has_style "$colour"
	case $term in *256*) want='256 ' ;; *16*) want='8 16 ' ;; *) want='8 ' ;; esac
	keys F4
	sees "dim-$term-$theme" "Nothing has happened yet."
	is "colours-$term-$theme" "$(colours)" "$want"
	# What has no colour of its own has the terminal's, on its background.
	is "background-$term-$theme" "$(mux capture-pane -p -e | sed -n 20p)" ''
	command_line quit
	has_left
done
screen -e TOCSIN_THEME=mono
sees up-mono "+3 up"
is colours-mono "$(colours)" ""
leave
screen -e TOCSIN_THEME=pink
sees no-such-theme "no theme \`pink\`"
sees no-such-theme-status "STATUS 2"
end_mux
