#!/bin/bash
# `d` marks what differs from the run before: what was planted on one of the demo's hosts meanwhile,
# and nothing else. Rows whose marks outlive them are not acted on.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
start_demo
H=$demo/home
mkdir -p "$H/.config/tocsin/queries"
tocsin() { HOME=$H XDG_STATE_HOME=$H/.state TOCSIN_PERSIST_S=0 "$TOCSIN" "$@"; }
# The lines that are marked, without what is blank: "+web1 7 …;"
marked() { shown | sed -n 's/^\([-+~][a-z0-9 ]\)/\1/p' | tr -s ' ' | tr '\n' ';'; }
marked_is() { [ "$(marked)" = "$1" ]; }
sql="select minute, command from crontab where command like '%demo-%' or minute = '17'"

# ---- Nothing before ----
screen
sees up "+8 up"
command_line "query $sql"
sees rows "9 rows"
keys d
sees nothing-before "no run before this one is remembered"
leave

# ---- Planted: exactly that ----
echo '7 * * * * root /usr/bin/demo-planted' >"$demo/web1/etc/cron.d/demo-planted"
screen
sees up-2 "+8 up"
command_line "query $sql"
sees planted "10 rows"
keys d
sees compared "compared with run 1 of 20"
sees counted "1 added, 0 removed, 0 changed"
check exactly-planted wait_for "$SCREEN_WAIT" marked_is "+web1 7 root /usr/bin/demo-planted;"
planted_first() { [[ $(shown | sed -n 5p) == +web1\ * ]]; }
check planted-comes-first wait_for "$SCREEN_WAIT" planted_first
# Not by colour alone, folded as well.
keys f
check folded wait_for "$SCREEN_WAIT" marked_is "+ 1 7 root /usr/bin/demo-planted;"
keys f
command_line 'filter planted'
sees filtered "1 row of 10"
check still-marked wait_for "$SCREEN_WAIT" marked_is "+web1 7 root /usr/bin/demo-planted;"
command_line 'filter ""'
command_line "write $T/diff.csv"
sees written "10 rows are in"
has written-marks "$(cat "$T/diff.csv")" "^added,web1,7,root /usr/bin/demo-planted"
keys Enter
sees card "(change)"
keys q
keys d
misses off "compared with"
# What the question ignores in differences, the pid and the start, does not keep rows apart.
command_line 'run net-listen'
sees listeners "start_time"
keys f
sees listeners-folded "folded into"
sees listeners-of-three "demo-web"
three() { shown | grep -qE '^ *3 .*demo-web'; }
check listeners-of-three-hosts wait_for "$SCREEN_WAIT" three
misses listeners-without-start "start_time"
# One that was asked for counts; one that was hidden stays hidden, whatever is folded.
command_line 'columns name start_time'
sees listeners-chosen "start_time"
command_line 'columns'
misses listeners-not-chosen "start_time"
keys f
sees listeners-again "start_time"
command_line 'hide start_time'
misses listeners-hidden "start_time"
keys f
sees listeners-folded-again "folded into"
keys f
misses listeners-unfolded "folded into"
hasnt listeners-still-hidden "$(shown)" "start_time"
sees listeners-pid-again "pid"
keys q
check nothing-marked wait_for "$SCREEN_WAIT" marked_is ""

# ---- Gone again, by the next question of the same pane ----
rm "$demo/web1/etc/cron.d/demo-planted"
keys r
sees asked-again "9 rows"
keys d
sees counted-removed "0 added, 1 removed, 0 changed"
check listed-removed wait_for "$SCREEN_WAIT" marked_is "-web1 7 root /usr/bin/demo-planted;"
sees no-answer "9 rows"
keys g
keys K
sees removed-is-no-target "the row is gone: nothing is left to act on"
# Over a refresh too.
command_line 'watch 1'
echo '8 * * * * root /usr/bin/demo-planted' >"$demo/web2/etc/cron.d/demo-planted"
sees watched "1 added, 1 removed, 0 changed"
check watched-marks wait_for "$SCREEN_WAIT" marked_is "+web2 8 root /usr/bin/demo-planted;-web1 7 root /usr/bin/demo-planted;"
rm "$demo/web2/etc/cron.d/demo-planted"
sees watched-back "0 added, 1 removed, 0 changed"
command_line 'watch off'
# A run by its number, and the program's own command of that name.
command_line 'diff 1'
sees with-a-run "compared with run 1 of 20"
command_line 'diff off'
misses off-by-word "compared with"
command_line 'diff 1 2'
sees two-runs "added"
keys q
command_line 'diff 4711'
sees no-such-run "4711"
leave

# ---- Told apart by a key: what changed, in the cell ----
cat >"$H/.config/tocsin/queries/cron-times.sql" <<'END'
-- name: cron-times
-- title: When cron runs what
-- key: command
select minute, command from crontab where minute != '17' and command not like '%demo-%'
END
tocsin -q run cron-times >"$T/out"
sed -i 's/^25 6/26 6/' "$demo/db1/etc/crontab"
screen
sees up-3 "+8 up"
command_line 'run cron-times'
sees keyed "8 rows"
command_line diff
sees counted-changed "0 added, 0 removed, 1 changed"
check changed-cell wait_for "$SCREEN_WAIT" marked_is "~db1 ~26 (was 25) root run-parts --report /etc/cron.daily;"
changed_first() { [[ $(shown | sed -n 5p) == "~db1 "* ]]; }
check changed-comes-first wait_for "$SCREEN_WAIT" changed_first
keys Enter
sees card-was "  was     25"
leave

# ---- A host that answered in one of the two only is said, its rows are not removed ----
sed -i '/^db2 /s/ansible_port=[0-9]*/ansible_port=1/' "$H/.config/tocsin/hosts"
screen
sees up-4 "+7 up"
command_line 'run cron-times'
sees unanswered "1 did not answer"
keys d
sees only-then "0 added, 0 removed, 0 changed; answered only then: db2"
check none-marked marked_is ""
leave

# ---- Marks that outlive their rows ----
# Nobody asked again: the host does, before anything is done.
screen -t build1
sees up-shell "+1 up"
command_line "query select pid, start_time, name from processes where name = 'demo-shell'"
sees shell "1 row"
keys Space
sees marked-shell "1 marked"
pid=$(tocsin -q -o csv -t build1 query "select pid from processes where name = 'demo-shell'" | sed 1d | tr -d '\r')
tocsin -q --yes --reason test -t build1 kill "${pid#*,}" >"$T/out" 2>&1
keys K
sees checked-again "not_found  there is no process"
sees nothing-left "0 targets on 0 hosts may be acted on; q leaves it"
keys Enter
sees not-acted-on "there is nothing that may be done"
leave
# Asked again, the row is gone.
screen -t web2
sees up-5 "+1 up"
command_line "query select pid, start_time, name from processes where name = 'demo-implant'"
sees implant "1 row"
keys Space
sees marked-implant "1 marked"
command_line 'watch 1'
sees watching "every 1 s"
pid=$(tocsin -q -o csv -t web2 query "select pid from processes where name = 'demo-implant'" | sed 1d | tr -d '\r')
tocsin -q --yes --reason test -t web2 kill "${pid#*,}" >"$T/out" 2>&1
sees ended "0 rows  1 marked"
keys K
sees mark-outlived "the row is gone: nothing is left to act on"
leave
