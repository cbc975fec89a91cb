#!/bin/bash
# Every key of every table of keys does what its command says; a key without a test here fails.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"

local_hosts 3
tested=
# key KIND KEY…: presses them in turn, which the tests that follow look at
key() {
	local kind=$1 k
	shift
	for k in "$@"; do
		tested+="$kind $k"$'\n'
		case $k in
		PgUp) keys PageUp ;;
		PgDn) keys PageDown ;;
		Esc) keys Escape ;;
		S-Tab) keys BTab ;;
		*) keys "$k" ;;
		esac
	done
}
# Esc, and what comes at once, would be one key.
give_up() {
	keys Escape
	check "$1" wait_for "$SCREEN_WAIT" prompt_is_closed
}
# Its first row may be above others.
prompt_is_closed() { ! shown | tail -n 8 | grep -qE '^(:|Reason:)'; }

screen -e NO_COLOR=1 -t host1
sees up "+1 up"
# ---- Everywhere ----
key everywhere F1
sees F1 "Keys are bound to commands"
key everywhere q
misses q "Keys are bound to commands"
key everywhere '?'
sees question-mark "Keys are bound to commands"
key everywhere Esc
misses Esc "Keys are bound to commands"
key everywhere F2
sees F2 "> saved queries"
key everywhere F3
sees F3 "> hosts"
key everywhere F4
sees F4 "> activity"
keys q q q
key everywhere :
check colon wait_for "$SCREEN_WAIT" prompt_is_open
give_up colon-given-up
key everywhere C-c
sees C-c "nothing runs"
command_line 'vsplit activity'
sees two-panes "> activity"
key everywhere Tab
sees Tab "> hosts"
key everywhere S-Tab
sees S-Tab "> activity"
key everywhere M-Left
sees M-Left "> hosts"
key everywhere M-Right
sees M-Right "> activity"
key everywhere z
sees z "[zoomed]"
keys z
border_at() { shown | sed -n 5p | awk '{print index($0, "│")}'; }
border_left_of() { [ "$(border_at)" -lt "$1" ]; }
border_is_at() { [ "$(border_at)" -eq "$1" ]; }
was=$(border_at)
key everywhere +
check plus wait_for "$SCREEN_WAIT" border_left_of "$was"
key everywhere _
check underscore wait_for "$SCREEN_WAIT" border_is_at "$was"
keys q
misses q-closes-pane "│"
command_line 'split activity'
sees below "> activity"
key everywhere M-Up
sees M-Up "> hosts"
key everywhere M-Down
sees M-Down "> activity"
# ---- Activity ----
keys C-c C-c C-c
key activity End
at activity-End "nothing runs"
key activity Enter
sees activity-Enter "> activity"
keys q
key activity u
sees activity-u "nothing is told that would take it back"
at activity-u-stays "nothing runs"
key activity Home g G k j Up Down PgUp PgDn
sees activity-moves "nothing runs"
keys q
misses activity-closed "> activity"

# ---- Results ----
command_line 'query "with recursive c(n) as (select 1 union all select n+1 from c where n<100) select n, '"'row'"' || n as name, n * 1024 as size, '"'x'"' as x1, '"'x'"' as x2, '"'x'"' as x3, 1700000000 as mtime from c"'
sees rows "100 rows"
at results-first "row1 "
key results Down
at results-Down "row2 "
key results j
at results-j "row3 "
key results Up
at results-Up "row2 "
key results k
at results-k "row1 "
key results PgDn
at results-PgDn "row36 "
key results PgUp
at results-PgUp "row1 "
key results G
at results-G "row100 "
key results g
at results-g "row1 "
key results End
at results-End "row100 "
key results Home
at results-Home "row1 "
key results Enter
sees results-Enter "> row"
# ---- The card ----
for k in Up k Down j PgUp PgDn g Home G End Space; do key detail "$k"; done
sees detail-stays "row1"
keys q
sees results-again "100 rows"
key results /
typed 'n>90'
keys Enter
sees results-filter "10 rows of 100"
key results n
at results-n "row92 "
key results N
at results-N "row91 "
command_line 'filter ""'
key results '>' '>'
sees results-greater "n^"
key results '<'
sees results-less "host^"
key results F6
sees results-F6 "n^"
key results I
sees results-I "nv"
keys g
at results-inverted "row100 "
key results .
sees results-dot "name^2"
key results i
sees results-i "namev2"
key results ,
sees results-comma "host^2"
key results y
sees results-y "copied n: 3 bytes"
key results Y
sees results-Y "copied the row"
width_of() { shown | sed -n 3p | awk '{print index($0, "name")}'; }
was=$(width_of)
key results M-+
wider() { [ "$(width_of)" -gt "$was" ]; }
check results-widen wait_for "$SCREEN_WAIT" wider
key results M--
narrow_again() { [ "$(width_of)" -eq "$was" ]; }
check results-narrow wait_for "$SCREEN_WAIT" narrow_again
sees humane "100K"
key results '#'
misses results-raw "100K"
keys '#'
key results Space
sees results-Space "1 marked"
keys Down Down
key results v
sees results-v "4 marked"
key results '*'
sees results-star "100 marked"
key results u
misses results-u "marked"
key results f
sees results-f "folded into 100"
sees results-rarest "hosts^"
key results o
sees results-o "1 host has this row"
keys q
key results F
sees results-F "hostsv"
command_line 'fold off'
misses results-unfolded "folded"
key results w
check results-w wait_for "$SCREEN_WAIT" has_text ':watch'
give_up results-w-given-up
key results W
check results-W wait_for "$SCREEN_WAIT" has_text ':write'
give_up results-W-given-up
key results '='
sees results-pause "[paused]"
keys '='
misses results-goes-on "[paused]"
command_line 'sort name'
sees results-by-name "name^"
key results -
misses results-hide "name"
command_line columns
sees results-columns "name^"
mux resize-window -x 80 -y 24
sees results-narrower "F10 quit"
header() { shown | sed -n 3p; }
header_has() { header | grep -qF "$1"; }
header_hasnt() { ! header | grep -qF "$1"; }
for k in Right l; do
	key results "$k"
	check "results-$k" wait_for "$SCREEN_WAIT" header_hasnt " n "
	case $k in Right) back=Left ;; l) back=h ;; esac
	key results "$back"
	check "results-$back" wait_for "$SCREEN_WAIT" header_has " n "
done
mux resize-window -x 120 -y 40
key results r
sees results-r "100 rows"
key results d
sees results-d "0 added, 0 removed, 0 changed"
keys d
misses results-d-off "compared with"
# ---- Acting: only planned, and of a process and a file of the test's own ----
background sleep 600
echo x >"$T/file"
command_line "query \"select pid, start_time, '$T/file' as path from processes where pid = $pid\""
sees target "1 row"
for k in F9 K S D Q; do
	case $k in D) what=delete ;; Q) what=quarantine ;; S) what="suspend" ;; *) what="kill" ;; esac
	key results "$k"
	sees "results-$k" "> $what: "
	# q leaves it, whatever the host says of it.
	wait_for "$SCREEN_WAIT" has_text "may be acted on"
	if [ "$k" = K ]; then
		key plan o
		sees plan-o "what the host says of it"
		keys q
		key plan u
		sees plan-u "nothing"
		for m in Up k Down j PgUp PgDn g Home G End; do key plan "$m"; done
		at plan-moves "host1"
		# This host has no daemon that would act.
		key plan Enter
		sees plan-Enter "there is nothing that may be done"
	fi
	keys q
	sees "back-$k" "1 row"
done
key results E
# Nor one that would give it away.
sees results-E "get: 0 of 1 files came"
check nothing-was-done kill -0 "$pid"
check nothing-was-deleted test -f "$T/file"
# ---- A mark whose row is gone: the process ends before it is planned for ----
keys Space
sees mark-outlives "1 marked"
kill "$pid"
wait "$pid" 2>/dev/null
keys K
sees mark-is-checked-again "0 targets on 0 hosts may be acted on"
keys Enter
sees mark-is-not-acted-on "there is nothing that may be done"
keys q
leave

# ---- Hosts ----
screen -e NO_COLOR=1
sees up-2 "+3 up"
at hosts-first "host1"
key hosts Down
at hosts-Down "host2"
key hosts j
at hosts-j "host3"
key hosts k
at hosts-k "host2"
key hosts Up
at hosts-Up "host1"
key hosts G
at hosts-G "host3"
key hosts g
at hosts-g "host1"
key hosts End
at hosts-End "host3"
key hosts Home
at hosts-Home "host1"
key hosts PgDn
at hosts-PgDn "host3"
key hosts PgUp
at hosts-PgUp "host1"
key hosts Enter
card_is_on() { shown | grep -qE '^ > host *$'; }
check hosts-Enter wait_for "$SCREEN_WAIT" card_is_on
keys q
key hosts /
typed 'host2'
keys Enter
at hosts-filter "host2"
keys /
keys C-u Enter
key hosts s
sees hosts-s "silent"
key hosts '!'
sees hosts-ssh "is this machine"
key hosts r
sees hosts-r "+3 up"
keys s
key hosts '>'
sees hosts-greater "state^"
key hosts '<'
sees hosts-less "host^"
key hosts F6
sees hosts-F6 "state^"
key hosts I
sees hosts-I "statev"
key hosts Right
misses hosts-Right "statev"
key hosts Left
sees hosts-Left "statev"
key hosts l
misses hosts-l "statev"
key hosts h
sees hosts-h "statev"

# ---- Saved queries ----
mkdir -p "$T/queries"
keys F2
sees queries "> saved queries"
first=$(under_cursor)
key queries b
sees queries-b "is a favourite"
keys b
sees queries-b-again "no favourite any more"
key queries Down
second_under() { [ "$(under_cursor)" != "$first" ]; }
first_under() { [ "$(under_cursor)" = "$first" ]; }
check queries-Down wait_for "$SCREEN_WAIT" second_under
for k in Up k g Home PgUp; do
	key queries "$k"
	check "queries-$k" wait_for "$SCREEN_WAIT" first_under
	case $k in
	Up) key queries j ;;
	k) key queries G ;;
	g) key queries End ;;
	Home) key queries PgDn ;;
	*) break ;;
	esac
	check "queries-not-$k" wait_for "$SCREEN_WAIT" second_under
done
key queries /
typed 'uptime'
keys Enter
sees queries-filter "uptime"
key queries Enter
sees queries-Enter "row"
keys q
sees queries-again "> saved queries"
keys /
keys C-u Enter
# What a query wants to know is what it proposes.
has_begun() {
	if has_no_text "> saved queries"; then return 0; fi
	has_text "F10 quit" || keys Enter
	return 1
}
for k in 1 2 3 4 5 6 7 8 9; do
	key queries "$k"
	check "queries-$k" wait_for "$SCREEN_WAIT" has_begun
	keys q
	sees "queries-back-$k" "> saved queries"
done
keys q

# ---- Help and texts ----
keys F1
sees help-top "Keys are bound to commands"
key help Space
misses help-Space "Keys are bound to commands"
key help g
sees help-g "Keys are bound to commands"
key help PgDn
misses help-PgDn "Keys are bound to commands"
key help PgUp
sees help-PgUp "Keys are bound to commands"
key help G
misses help-G "Keys are bound to commands"
key help Home
sees help-Home "Keys are bound to commands"
key help End
misses help-End "Keys are bound to commands"
keys g
key help Down
misses help-Down "Keys are bound to commands"
key help Up
sees help-Up "Keys are bound to commands"
key help j
misses help-j "Keys are bound to commands"
key help k
sees help-k "Keys are bound to commands"
key help Right
misses help-Right "Keys are bound to commands"
key help Left
sees help-Left "Keys are bound to commands"
key help l
misses help-l "Keys are bound to commands"
key help h
sees help-h "Keys are bound to commands"
key help /
typed 'quarantine'
found_lines() { shown | sed -n 's/^.* lines \([0-9]*\) to .*/\1/p' | head -n 1; }
lies_below() { [ "$(found_lines)" -gt "$1" ]; }
lies_at() { [ "$(found_lines)" = "$1" ]; }
keys Enter
check help-search-moves wait_for "$SCREEN_WAIT" lies_below 20
first=$(found_lines)
key help n
check help-n wait_for "$SCREEN_WAIT" lies_below "$first"
key help N
check help-N wait_for "$SCREEN_WAIT" lies_at "$first"
command_line 'search nowhere-in-it'
sees help-search-nothing "\`nowhere-in-it\` is not in this text"
keys q
command_line tables
sees text "agent_info"
top="acpi_tables"
sees text-place "lines 1 to "
for pair in 'Down Up' 'j k' 'PgDn PgUp' 'Space g' 'G Home' 'End g' 'Right Left' 'l h'; do
	read -r there back <<<"$pair"
	key text "$there"
	misses "text-$there" "$top"
	key text "$back"
	sees "text-$back" "$top"
done
key text /
typed USB_dev
keys Enter
sees text-search "usb_devices"
keys g
sees text-top "$top"
key text n
misses text-n "$top"
keys g
sees text-top-again "$top"
key text N
misses text-N "$top"
keys q
command_line 'help sort-then'
sees help-of-a-pane-command ":sort-then next|previous"
sees help-of-its-keys "sort equal rows by the column before"
keys q
command_line 'help zoom'
sees help-of-the-screen "this pane only, or all of them again"
keys q
command_line 'help uptime'
sees help-of-a-table "total_seconds"
keys q
command_line 'help nonsense'
sees help-of-nothing "no command or table \`nonsense\`"
command_line 'help kill'
sees help-of-a-command "usage: tocsin"
keys q

# ---- Text that is pasted: it is typed, its ends of lines do not run it ----
keys :
check paste-prompt wait_for "$SCREEN_WAIT" prompt_is_open
mux set-buffer -b pasted $'tables\nuptime'
mux paste-buffer -p -b pasted
sees paste-shown "uptime"
check paste-is-not-run wait_for "$SCREEN_WAIT" has_text ":tables"
give_up paste-given-up
leave

# ---- What is too much ----
screen -t host1
sees up-3 "+1 up"
columns=$(printf '1,%.0s' $(seq 600))
command_line "query \"select ${columns%,}\""
sees columns-too-many "1 did not answer"
leave
screen -e TOCSIN_MOUSE=1
sees up-4 "+3 up"
key everywhere F10
sees F10 "STATUS 0"

# ---- None was forgotten ----
"$B/tools/console_keys" | cut -f1,2 | tr '\t' ' ' >"$T/bound"
printf '%s' "$tested" | sort -u >"$T/tested"
is every-key-has-a-test "$(sort -u "$T/bound" | comm -23 - "$T/tested" | tr '\n' ';')" ""
if command -v mandoc >/dev/null; then
	mandoc -O width=400 -T utf8 "$B/man/tocsin.1" | sed 's/.\x08//g' >"$T/page"
	while IFS=$'\t' read -r _ k command; do
		tr -s ' ' '\n' <"$T/page" | grep -qxF -e "$k" && grep -qF -e "($command)" "$T/page" || echo "$k $command"
	done < <("$B/tools/console_keys") >"$T/unexplained"
	is man-has-every-key "$(cat "$T/unexplained")" ""
else
	skip man-has-every-key "needs mandoc"
fi
