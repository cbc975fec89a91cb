#!/bin/bash
# Hosts of every kind on the screen: told in the bar on top, coming and going below a sorted and
# filtered pane, visited by ssh.
. "$(dirname "$0")/../lib.sh"
. tests/ui/lib.sh
need python3

# An agent that plays what is in the file of its host: answers with the numbers there, or is
# `refused`, `broken`, `mute`, `slow` or `gone`.
cat >"$T/agent" <<END
#!/usr/bin/env python3
import json, sys, time

host = sys.argv[sys.argv.index("--") + 1]
PLAYS = "$T/plays/"
def play():
    return open(PLAYS + host).read().split()
END
cat >>"$T/agent" <<'END'
def say(**what):
    print(json.dumps(what), flush=True)

if play() == ["refused"]:
    sys.exit("ssh: connect to host " + host + " port 22: Connection refused")
if play() == ["broken"]:
    print("Welcome!", flush=True)
if play() in (["mute"], ["broken"]):
    sys.stdin.read()
    sys.exit()
say(op="hello", protocol=1, agent="0.1.0", privileged=True, time=1.5, actions=[], ops=["query", "ping", "cancel"],
    host=dict(name="x", machine_id="x", boot_id="x", os="Debian", os_version="12", kernel="6", arch="x86_64"))
for line in sys.stdin:
    r, now = json.loads(line), play()
    if r["op"] == "query":
        open(PLAYS + host + ".asked", "a").write("x")
    if r["op"] == "ping":
        say(op="pong", id=r["id"])
    elif r["op"] == "query" and now == ["gone"]:
        sys.exit("gone")
    elif r["op"] == "query" and now != ["slow"]:
        say(op="columns", id=r["id"], columns=[dict(name="n", type="BIGINT")])
        say(op="rows", id=r["id"], rows=[[int(n)] for n in now])
        say(op="done", id=r["id"], rows=len(now), ms=1, warnings=[])
END
chmod +x "$T/agent"
mkdir "$T/plays"
# plays HOST WHAT
plays() {
	echo "$2" >"$T/.play"
	mv "$T/.play" "$T/plays/$1"
}
fleet() {
	printf '%s\n' "$@" >"$T/hosts"
}
bar() { shown | head -n 1; }
bar_has() { bar | grep -qE -- "$1"; }
# in_bar NAME PATTERN
in_bar() {
	if wait_for "$SCREEN_WAIT" bar_has "$2"; then pass "$1"; else fail "$1" "no /$2/ in: $(shown)"; fi
}

# ---- What became of them ----
plays good '1 2'
plays sleeper slow
plays shut refused
plays odd broken
plays still mute
fleet good sleeper shut odd still
screen -i "$T/hosts" --ssh-command "$T/agent" --connect-timeout 2
in_bar hosts ' all: 5 hosts '
in_bar up ' \+2 up '
in_bar unreachable ' !1 unreachable *$'
in_bar failed ' !1 failed '
in_bar timed-out ' !1 timed out '
host_order() { shown | awk '$2 ~ /^(up|failed|timed|unreachable)$/ {printf "%s ", $1}' | tr -d '!+~'; }
is hosts-by-name "$(host_order)" "good odd shut sleeper still "
keys s
sees silent-first "the silent ones first"
is silent-on-top "$(host_order)" "odd shut still good sleeper "
keys s
command_line "query -t good:sleeper 'select n'"
in_bar asking ' ~1 asking '
in_bar how-far ' 50%  [0-9.]+ s  2 rows *$'
in_bar slow ' ~1 slow '
is slow-is-not-asking-too "$(bar | grep -c asking)" 0
sees rows-while-asking "2 rows"
elapsed() { bar | grep -oE '[0-9.]+ s  2 rows'; }
was=$(elapsed)
goes_on() { [ "$(elapsed)" != "$was" ]; }
check elapsed wait_for "$SCREEN_WAIT" goes_on
keys C-c
check cancelled wait_for "$SCREEN_WAIT" eval "! bar_has ' rows'"
leave

# ---- They come and go ----
plays web1 '10 30'
plays web2 '20 40'
plays web3 50
fleet web1 web2 web3
screen -e NO_COLOR=1 -i "$T/hosts" --ssh-command "$T/agent"
sees up-again "+3 up"
command_line "query 'select n'"
sees rows "5 rows"
# The rows in their order.
rows_are() { [ "$(shown | tr '*+' '  ' | awk '$1 ~ /^-?web/ {printf "%s ", $1 $2}')" = "$1" ]; }
order() { check "$1" wait_for "$SCREEN_WAIT" rows_are "$2"; }
command_line 'sort n desc'
command_line 'filter n>15'
order sorted-and-filtered "web350 web240 web130 web220 "
keys j j
at cursor "web1   30"
keys Space
command_line 'watch 1'
plays web2 gone
in_bar one-is-failed '!1 (failed|unreachable)'
asked() { wc -c <"$T/plays/$1.asked"; }
asked_after() { [ "$(asked "$1")" -gt "$2" ]; }
check it-is-asked-again wait_for "$SCREEN_WAIT" asked_after web2 $(($(asked web2) + 1))
sees one-is-told-of "1 did not answer"
# What it said last is not gone because it says nothing.
order its-rows-stay "web350 web240 web130 web220 "
plays web2 '5 60'
order it-comes-back "web260 web350 web130 "
in_bar all-are-up ' \+3 up '
at cursor-stays-at-its-row "web1   30"
plays web1 '31'
sees mark-is-kept "1 marked"
order its-row-goes "web260 web350 web131 "
plays web2 gone
in_bar it-is-gone-again '!1 (failed|unreachable)'
command_line 'open activity'
sees activity "activity ("
# Once for each time: not for each refresh.
is told-when-it-goes "$(shown | grep -c ' web2: .*gone')" 2
leave

# ---- A column that stays in sight ----
printf 'host%d ansible_connection=local\n' 1 2 3 4 5 >"$T/hosts"
screen -s 80x24 -i "$T/hosts"
sees up-at-80x24 "+5 up"
sees hints-at-80x24 " F1 help  : command  F2 queries  F10 quit"
wide=$(printf "'%040d' as wide%d, " 1 1 2 2 3 3)
command_line "query select ${wide%, }"
header_has() { shown | sed -n 3p | grep -qE "$1"; }
check wide wait_for "$SCREEN_WAIT" header_has '^ host +wide1 .*>$'
keys Right Right
check moved wait_for "$SCREEN_WAIT" header_has '^<host +wide3'
keys Left Left
command_line 'freeze 2'
keys Right
check frozen wait_for "$SCREEN_WAIT" header_has '^<host +wide1 +wide3'
command_line 'freeze 0'
keys Right
check not-frozen wait_for "$SCREEN_WAIT" header_has '^<wide1'
command_line 'freeze x'
sees freeze-what "how many columns?"
command_line 'query select 1 from nowhere'
sees refused "5 did not answer"
command_line 'open activity'
sees same-words-once " and 2 more: failed: no such table: nowhere"
is one-line-for-all "$(shown | grep -c nowhere)" 2
has way-back-at-80x24 "$(shown | tail -n 1)" ' F1 help  : command  .*q back  F10 quit$'
leave

# ---- ssh, by the way that the questions go ----
mkdir "$T/bin"
cat >"$T/bin/ssh" <<'END'
#!/bin/sh
echo "ssh: $*" >>"$0.args"
stty -a | grep -o ' -\?icanon'
printf 'password: '
trap 'echo broken off; exit 7' INT
read -r word
echo "$word" >>"$0.read"
exit "$word"
END
chmod +x "$T/bin/ssh"
touch "$T/one" "$T/two"
printf '%s\n' 'far ansible_host=127.0.0.1 ansible_port=1 ansible_user=ann ansible_ssh_common_args="-J other -o Compression=yes"' >"$T/hosts"
screen -e PATH="$T/bin:$PATH" -i "$T/hosts" -F /dev/null --known-hosts "$T/one" --known-hosts "$T/two" -J 'bob@[::1]:2,bob@127.0.0.1:3'
sees far-is-not-up "!1 unreachable"
keys '!'
sees ssh-asks "password:"
has ssh-in-a-sane-terminal "$(shown)" '^ icanon'
is ssh-way "$(cat "$T/bin/ssh.args")" "ssh: -F /dev/null -J bob@[::1]:2,bob@127.0.0.1:3 -p 1 -l ann -o UserKnownHostsFile=\"$T/one\" \"$T/two\" -o Compression=yes -- 127.0.0.1"
keys C-c
sees its-keys-are-its-own "F10 quit"
keys '!'
sees ssh-asks-again "password:"
typed 255
keys Enter
sees why-is-read "Enter goes back to the screen"
is ssh-had-the-keys "$(cat "$T/bin/ssh.read")" 255
keys Enter
sees back-from-ssh "F10 quit"
misses ssh-left-nothing "password:"
leave
mv "$T/bin/ssh" "$T/bin/other"
screen -i "$T/hosts" --connect-timeout 1 --ssh-command "$T/bin/other -v" -F /dev/null -J jump
sees by-its-program "far"
keys '!'
sees its-program-asks "password:"
is its-way "$(tail -n 1 "$T/bin/other.args")" "ssh: -v -F /dev/null -J jump -p 1 -l ann -J other -o Compression=yes -- 127.0.0.1"
keys C-c
sees its-program-is-over "F10 quit"
leave
