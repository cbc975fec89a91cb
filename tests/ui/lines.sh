#!/bin/bash
# Lines at the prompt: whom they are meant for, what is wrong with them and where, what runs on when
# the screen is left.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/lib.sh"
need python3

cat >"$H/.config/tocsin/hosts" <<'END'
[web]
host1 ansible_connection=local
host2 ansible_connection=local
[db]
host3 ansible_connection=local
END

# ---- Some of the hosts ----
screen
sees up "+3 up"
command_line "query -t web select 1 as n"
sees target-of-a-line "2 rows  of web"
keys r
sees target-stays "2 rows  of web"
keys q
command_line "query select 1 as n --target db"
sees target-behind-bare-sql "1 row  of db"
keys q
command_line "target db:host1"
sees target-in-the-bar "all: 3 hosts  only db:host1"
command_line "query select 1 as n"
sees target-of-all-lines "2 rows  of db:host1"
keys q
command_line "query -t all select 1 as n"
sees target-of-a-line-wins "3 rows"
keys q
command_line "kill -t host2 --reason INC-9 999999"
sees target-of-a-plan "0 targets on 0 hosts may be acted on"
is planned-nowhere-else "$(shown | grep -c '999999 ')" 1
keys q
command_line "target nowhere"
sees target-unknown "nowhere"
sees target-kept "only db:host1"
command_line target
misses target-all-again "only"
leave

# An agent that does as it is told here, and never gives a file nor its log.
cat >"$T/agent" <<'END'
#!/usr/bin/env python3
import json, sys

def say(**what):
    print(json.dumps(what), flush=True)

say(op="hello", protocol=1, agent="0.1.0", privileged=True, time=1.5, actions=["kill"],
    ops=["query", "ping", "get", "cancel", "action"],
    host=dict(name="x", machine_id="x", boot_id="x", os="Debian", os_version="12", kernel="6", arch="x86_64"))
for line in sys.stdin:
    r = json.loads(line)
    if r["op"] == "action":
        say(op="outcome", id=r["id"], action=r["action"], status="planned" if r.get("dry_run") else "done", detail="for " + r.get("reason", "nothing"))
    elif r["op"] == "ping":
        say(op="pong", id=r["id"])
    elif r["op"] == "query" and "audit_log" in r["sql"]:
        pass
    elif r["op"] == "query":
        say(op="columns", id=r["id"], columns=[dict(name="path", type="TEXT")])
        say(op="rows", id=r["id"], rows=[["/slow"], ["/slower"]])
        say(op="done", id=r["id"], rows=2, ms=1, warnings=[])
END
chmod +x "$T/agent"
echo host >"$T/hosts"
# ---- The reason of a line is still there when the plan is made ----
screen -i "$T/hosts" --ssh-command "$T/agent"
sees up-reason "+1 up"
command_line "kill --reason INC-47 12"
sees reason-planned "for INC-47"
sees reason-ready "Enter goes on"
keys Enter
sees reason-proposed "Reason: INC-47"
keys C-u
typed INC-48
keys Enter
sees reason-changed "[y/N]"
keys n Enter
sees reason-not-agreed "nothing was done"
keys Enter
sees reason-proposed-again "Reason: INC-48"
keys Escape
misses reason-given-up "Reason:"
leave

# ---- More than five hosts: their number is to be typed ----
seq -f 'host%g' 6 >"$T/hosts"
screen -i "$T/hosts" --ssh-command "$T/agent"
sees up-six "+6 up"
command_line "kill -t 'all:!host6' 12"
sees five-ready "5 targets on 5 hosts may be acted on"
keys Enter
sees five-reason "Reason:"
keys Enter
sees five-yes-is-enough "5 hosts? [y/N]"
keys n Enter
sees five-not-agreed "nothing was done"
keys q
command_line "kill 12"
sees six-ready "6 targets on 6 hosts may be acted on"
for answer in y 5 ''; do
	keys Enter
	sees "six-reason-$answer" "Reason:"
	keys Enter
	sees "six-typed-$answer" "kill 6 targets on 6 hosts: type the number of hosts:"
	[ -z "$answer" ] || typed "$answer"
	keys Enter
	sees "six-not-agreed-$answer" "nothing was done"
done
keys Enter
sees six-reason "Reason:"
keys Enter
sees six-typed "type the number of hosts:"
typed 6
keys Enter
sees six-agreed "kill: 6 of 6 succeeded"
leave

# ---- Files that are being fetched when the screen is left ----
mkdir "$T/got"
echo slow >"$T/hosts"
SCREEN_DIR=$T/got screen -i "$T/hosts" --ssh-command "$T/agent"
sees up-slow "+1 up"
command_line "query select path"
sees slow-files "2 rows"
keys '*'
sees slow-marked "2 marked"
keys E
sees fetching "fetching 2 files"
leave
pass left-while-fetching

# ---- Logs that do not come: the screen goes on ----
screen -i "$T/hosts" --ssh-command "$T/agent"
sees up-silent-log "+1 up"
command_line "audit --hosts"
sees log-asked "asking 1 host for what"
command_line "query select path"
keys F4
sees goes-on "activity"
keys q C-c
sees log-interrupted "audit: interrupted"
sees goes-on-asking "2 rows"
command_line "hosts -t slow"
sees hosts-does-not-wait ":target narrows them"
command_line "hosts --list -t slow"
sees hosts-list "slow"
leave

# ---- What is wrong is pointed at ----
screen -s 80x24 -e NO_COLOR=1
sees up-wrong "+3 up"
# wrong NAME LINE PLACE WORDS: the row below the line has ^ under the place
wrong() {
	pointed_at=$3
	command_line "$2"
	sees "$1" "$4"
	check "$1-place" wait_for "$SCREEN_WAIT" points
}
# The part of the line above the ^.
points() {
	local line above="" carets
	while IFS= read -r line; do
		if [[ $line =~ ^\ *(\^+)\ *$ ]]; then
			carets=${line%%^*}
			[ "${above:${#carets}:${#BASH_REMATCH[1]}}" = "$pointed_at" ] && return 0
		fi
		above=$line
	done < <(shown)
	return 1
}
wrong unknown-command "nonsense 1 2" nonsense "no command"
wrong unknown-topic "help nonsense" nonsense "no command or table"
underlined() { mux capture-pane -p -e | grep -qE $'\033\\[([0-9]+;)*4(;[0-9]+)*m(\033\\[[0-9;]*m)*nonsense'; }
check underlined wait_for "$SCREEN_WAIT" underlined
keys j
misses wrong-goes-with-the-message "^^^"
wrong unknown-option "kill --nonsuch 5" --nonsuch "no option --nonsuch"
wrong bad-value "kill --grace x 5" x "is not a number of seconds"
wrong unknown-query "run no-such-query" no-such-query "no saved query or pack"
wrong unknown-host "query -t host1:&nowhere select 1" nowhere "no host or group"
wrong unknown-kind "split 'no kind'" "'no kind'" "no kind of pane"
wrong one-too-many "theme dark mono light" mono "is one too many; usage: theme"
wrong one-too-many-here "silent 4" 4 "usage: silent"
wrong no-such-choice "theme  pink" pink "dark, light or mono"
wrong not-a-number "resize 3 x" "3 x" "rows and columns, such as"
wrong not-here "batch book" batch "is for the command line"
for kind in detail plan results text; do wrong "of-something-$kind" "open $kind" $kind "a pane \`$kind\` comes of"; done
wrong split-of-something "split plan" plan "comes of an action"
wrong word-missing "kill" "" "usage: kill"
behind() { shown | grep -qxE ' {5}\^ *'; }
check word-missing-behind wait_for "$SCREEN_WAIT" behind
wrong far-to-the-right "query --param $(printf 'x%.0s' {1..120})=é -o table --nonsuch 1" --nonsuch "no option --nonsuch"
keys j
wrong sql-grammar "query select 1 as a from uptime where from" from "near"
keys q
wrong sql-column 'query "select pid, foo as x from processes"' foo "no such column: foo"
keys q
wrong sql-table "query select 'proceses' from proceses" proceses "did you mean processes?"
leave

# ---- Names of users, told by each host ----
screen -t host1
sees up-names "+1 up"
# What was typed in a run before.
keys : Up
sees history-over-runs ":query select 'proceses' from proceses"
keys C-c
command_line "query select 0 as uid, 1 as gid, 2 as euid, 4294967290 as suid"
sees name-of-user "0 root"
sees name-of-group "1 $(getent group 1 | cut -d: -f1)"
sees name-of-another "2 $(getent passwd 2 | cut -d: -f1)"
command_line "filter $(getent passwd 2 | cut -d: -f1)"
sees name-is-found "1 row of 1"
command_line 'filter euid=nobody-has-that'
sees other-name-is-not "0 rows of 1"
command_line 'filter ""'
keys '#'
misses names-raw "0 root"
keys '#'
keys Enter
sees names-in-card "1 $(getent group 1 | cut -d: -f1)"
hasnt names-in-card-once "$(shown)" "  [(]1[)]"
sees card-of-which "row 1 of 1"
keys q
keys f
misses names-folded "$(getent passwd 2 | cut -d: -f1)"
keys q
sees names-are-no-answer "hosts  1"
is names-leave-rows-of-host "$(shown | awk '$1 == "host1" {print $5}')" 1
leave
