#!/bin/bash
# The screen with real agents behind it: panes, keys, prompt, sizes, the terminal afterwards.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"

local_hosts 3

# ---- It opens, and says what is there ----
screen
sees opens-hosts "hosts  3"
sees connects "+3 up"
sees hints "F10 quit"
keys F1
sees help "Keys are bound to commands"
sees help-of-pane "silent"
keys q
sees back-from-help "what went wrong"
keys q
sees the-last-pane-stays "F10 or :quit leaves tocsin"
leave
pass leaves

# ---- A question, its rows, their order ----
screen
sees up "+3 up"
command_line 'query "select 3 as n, '"'web10'"' as name union all select 20, '"'web9'"' union all select 100, '"'Web1'"'"'
sees rows "9 rows"
keys '>' '>'
sees sorted-sign "n^"
sorted_up() { [ "$(shown | awk '$1 ~ /^host[0-9]/ {print $2}' | uniq | tr '\n' ' ')" = "3 20 100 " ]; }
check sorted-up wait_for "$SCREEN_WAIT" sorted_up
keys I
sees inverted-sign "nv"
sorted_down() { [ "$(shown | awk '$1 ~ /^host[0-9]/ {print $2}' | uniq | tr '\n' ' ')" = "100 20 3 " ]; }
check sorted-down wait_for "$SCREEN_WAIT" sorted_down
command_line 'sort name'
sees sorted-by-name "name^"
by_name() { [ "$(shown | awk '$1 ~ /^host[0-9]/ {print $3}' | uniq | tr '\n' ' ')" = "Web1 web9 web10 " ]; }
check numbers-in-names-count wait_for "$SCREEN_WAIT" by_name

# ---- The filter, typed live ----
keys /
typed 'web9'
sees filter-live "3 rows of 9  /web9"
keys BSpace
sees filter-wider "9 rows of 9  /web"
typed '1'
sees filter-again "6 rows of 9  /web1"
keys Enter
keys /
typed ' host=host2 !name=web10'
sees filter-terms "1 row of 9"
keys Escape
misses filter-given-up "/web1"
keys /
typed '~('
keys Enter
sees filter-wrong "Unmatched"
command_line 'filter "n>10"'
sees filter-number "6 rows of 9  /n>10"
command_line 'filter ""'
misses filter-off "/n>10"

# ---- Folding ----
keys f
sees folded "9 rows  folded into 3"
sees fold-counts "hosts^"
keys o
sees fold-hosts "3 hosts have this row"
sees fold-host-names "host3"
keys q
# What the filter leaves out is not of a folded line: nothing that is not seen is acted on.
command_line 'filter host=host2'
sees fold-filtered "3 rows of 9"
keys Space
sees fold-marks-what-is-shown " 1 marked"
keys '*'
sees fold-marks-all-shown " 3 marked"
keys o
sees fold-hosts-filtered "1 host has this row"
keys q u
command_line 'filter ""'
sees fold-unfiltered "9 rows  folded"
command_line 'fold off'
misses unfolded "folded"

# ---- Marks ----
keys g
keys Space Space
sees marked "2 marked"
keys u
misses unmarked "marked"
keys '*'
sees marked-all "9 marked"
keys u

# ---- One row as a card, columns ----
keys Enter
sees card " n "
keys q
command_line 'hide name'
misses hidden "name^"
command_line 'columns'
sees shown-again "name"

# ---- Saving ----
command_line "write $T/rows.csv"
sees saved "9 rows are in"
is saved-lines "$(wc -l <"$T/rows.csv")" 10
is saved-header "$(head -n 1 "$T/rows.csv" | tr -d '\r')" "host,n,name"
command_line "write $T/rows.csv"
sees never-overwrites "File exists"
command_line "save-screen $T/screen.txt"
sees screen-saved "the screen is in"
check screen-text grep -q 'F10 quit\|tocsin  all' "$T/screen.txt"

# ---- Several panes ----
command_line vsplit
sees split "│"
sees split-hosts "hosts  3"
keys Tab
keys z
sees zoomed "[zoomed]"
keys z
misses unzoomed "[zoomed]"
command_line 'split queries'
sees split-below "saved queries"
command_line close
misses closed "saved queries"
leave

# ---- Again and again ----
screen
sees up-2 "+3 up"
# A file that changes between two rounds.
printf 'one\ntwo\n' >"$T/lines"
command_line "query \"select line from file_lines where path = '$T/lines'\""
sees watched-rows "6 rows"
command_line 'watch 1'
sees watching "every 1 s"
printf 'one\nthree\n' >"$T/lines"
sees new-row-marked "+host1  three"
sees gone-row-marked "-host1  two"
keys '='
sees paused "[paused]"
keys '='
leave

# ---- The prompt ----
screen
sees up-3 "+3 up"
keys :
typed 'quer'
keys Tab
sees completes "queries"
typed 'y "select na'
sees types 'query "select na'
keys Escape
gone ':query'
keys :
typed 'query -t all:!ungr'
keys Tab
sees completes-groups "query -t all:!ungrouped"
keys C-u
typed "run host-heal"
keys Tab
sees completes-saved "run host-health"
keys C-u
typed "kill --tr"
keys Tab
sees completes-options "kill --tree"
keys C-u
typed "query select 1 from uptime as u where u.total_s"
keys Tab
sees completes-columns "u.total_seconds"
keys C-u
typed "save-screen $H/.con"
keys Tab
sees completes-files "/.config/"
keys Escape
gone ':save'
# Quoted where the name would be several words.
touch "$H/two words" "$H/two more" "$H/a \"b\\c"
keys :
typed "save-screen $H/tw"
keys Tab
sees completes-files-begin ":save-screen \"$H/two"
is completes-files-names "$(shown | tail -n 2 | head -n 1 | xargs)" "two more two words"
typed w
keys Tab
sees completes-files-quoted ":save-screen \"$H/two words\""
keys Enter
sees completes-files-as-one "cannot write $H/two words: File exists"
keys :
typed "save-screen $H/a"
keys Tab Enter
sees completes-files-escaped "cannot write $H/a \"b\\c: File exists"
keys :
typed "save-screen '$H/a"
keys Tab Enter
sees completes-files-other-quotes "cannot write $H/a \"b\\c: File exists"
# In SQL a quote has words in it.
keys :
typed 'query "select total_s from upt'
keys Tab
sees completes-in-quotes 'from uptime'
keys C-u
typed 'query select p'
keys Tab Tab
sees completes-a-part "more; type on, then Tab"
keys Escape
gone ':query'
command_line 'nonsense'
sees unknown-command "no command"
command_line "query select 'one' || ' - ' || 'two' as bare"
sees bare-sql "one - two"
keys q
command_line 'query "select from"'
sees sql-error "syntax error"
keys q
keys :
keys Up
sees history 'query "select from"'
keys C-c
gone ':query'
command_line 'kill'
sees usage "usage: kill"
command_line 'tables uptime'
sees program-prints "total_seconds"
leave

# ---- Favourites ----
screen
sees up-favourites "+3 up"
keys F2
sees queries-are-there "saved queries"
keys G
keys b
sees favourite-made "is a favourite"
keys q
keys F2
keys g
favourite_first() { shown | sed -n 4p | grep -qx "\*1 *$1 .*"; }
check favourite-is-first wait_for "$SCREEN_WAIT" favourite_first "$(HOME=$H XDG_STATE_HOME=$H/.state "$TOCSIN" -q -o json fav | jq -r ".[0].name")"
keys b
sees favourite-unmade "no favourite any more"
leave

# ---- Sizes ----
screen -s 80x24
sees at-80x24 "F10 quit"
# Columns out of sight are told of, on their side.
wide=$(printf "'%040d' as wide%d, " 1 1 2 2 3 3)
command_line "query select ${wide%, }"
header() { shown | sed -n 3p | grep -qE "$1"; }
check columns-to-the-right wait_for "$SCREEN_WAIT" header '^ host .* >$'
keys Right Right
check columns-to-the-left wait_for "$SCREEN_WAIT" header '^<host +wide3'
keys q
mux resize-window -x 60 -y 20
sees too-small "80x24 needed"
mux resize-window -x 20 -y 5
sees far-too-small "80x24 needed"
mux resize-window -x 200 -y 60
sees grows-again "hosts  3"
mux resize-window -x 400 -y 120
sees at-400x120 "hosts  3"
leave

# Why a host is not there is in sight in the smallest one, too.
echo 'a-host-with-a-name-of-length ansible_host=127.0.0.1 ansible_port=1' >>"$H/.config/tocsin/hosts"
screen -s 80x24
sees why-at-80x24 "unreachable  connection refused by"
leave
local_hosts 3

# ---- Manners ----
screen -e NO_COLOR=1
sees without-colours "hosts  3"
plain() { ! mux capture-pane -p -e | grep -qE $'\033\\[([0-9;]*;)?[34][0-8][;m]'; }
check no-colour-sent plain
leave
for term in xterm xterm-256color screen screen-256color tmux linux putty vt100; do
	infocmp "$term" >/dev/null 2>&1 || {
		skip "term-$term" "not in the terminfo of this machine"
		continue
	}
	screen -e TERM="$term"
	sees "term-$term" "hosts  3"
	# What tmux sends for F10 is no key of each of them.
	command_line quit
	has_left
done
screen -e TERM=no-such-terminal
sees unknown-term "is not known"
sees unknown-term-status "STATUS 2"
screen
sees up-4 "+3 up"
kill -TERM "$(program)"
sees terminated "STATUS 143"
sees terminal-is-sane " icanon"
# The sanitizers would handle it themselves.
screen -e ASAN_OPTIONS=handle_segv=0
sees up-5 "+3 up"
kill -SEGV "$(program)"
sees crash-is-told "the terminal was put right"
sees crash-leaves-it-sane " icanon"
screen </dev/null
rm "$H/.config/tocsin/hosts"
screen
sees first-run "no inventory"
sees first-run-begins "To begin, name some hosts"

# ---- What hosts may say ----
cat >"$H/.config/tocsin/hosts" <<'END'
hostile ansible_connection=local
END
screen
sees up-6 "+1 up"
command_line "query \"select char(27) || '[2J' || char(10) || char(9) || char(0x202e) || 'x' as evil, '日本語' as wide, hex(zeroblob(300000)) as long\""
sees escapes-shown '\x1b[2J\n\t\u{202e}x'
sees wide-shown "日本語"
keys Enter
sees wide-in-card "日本語"
leave
