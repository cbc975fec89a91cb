#!/bin/bash
# make demo: finds what is odd on its hosts, as root and as an ordinary user, with namespaces and without,
# twice in a row and two at once; leaves neither processes nor files, however it ends.
. "$(dirname "$0")/../lib.sh"
need ssh-keygen setpriv
demo=tests/tools/demo
for program in "$TOCSIN" "$AGENTD" "$B/tools/demohost"; do need "$program"; done

mkdir -m 1777 "$T/tmp"
export TMPDIR=$T/tmp

# What is left of a demo in its directory: its processes all name it, or are in namespaces of their own.
left() {
	ls "$T/tmp"
	pgrep -f "$T/tmp/tocsin-demo" | while read -r p; do tr '\0' ' ' <"/proc/$p/cmdline"; done 2>/dev/null
	pgrep -f -- '--harmless-demo' | while read -r p; do
		# Another demo on this machine is not ours: only those whose home is our directory.
		tr '\0' '\n' <"/proc/$p/environ" | grep -qx "TMPDIR=$T/tmp" && tr '\0' ' ' <"/proc/$p/cmdline"
	done 2>/dev/null
}

nothing_left() { [ -z "$(left)" ]; }
none_names() { ! pgrep -f "$1"; }

# finds NAME OUTPUT: what the hygiene pack must have found there
finds() {
	has "$1: the process without a file" "$2" 'web2.*demo-implant'
	has "$1: the cron line" "$2" 'web3.*203\.0\.113\.66'
	has "$1: the second root" "$2" 'db2.*demo-backdoor'
	has "$1: the listener" "$2" 'build1.*31337'
	hasnt "$1: nothing of the kind elsewhere" "$2" '(bastion|db1|mail1|web1).*(demo-implant|demo-backdoor|31337|203\.0\.113)'
}

started=$SECONDS
RUN_TIMEOUT=$((60 * SLOW)) run $demo
is "status" "$status" 0
finds "demo" "$out"
has "it says what it does" "$(head -n 3 <<<"$out")" 'harmless'
has "it says how to ask more" "$out" 'demo --keep'
has "all eight answered" "$err" '8 of 8 hosts answered'
check "in time" test $((SECONDS - started)) -le $((20 * SLOW))
is "nothing is left" "$(left)" ""

umask 077
run $demo
umask 022
is "once more: status" "$status" 0
finds "once more, with a narrow umask" "$out"
is "once more: nothing is left" "$(left)" ""

$demo >"$T/first" 2>&1 </dev/null &
a=$!
pids+=("$a")
$demo >"$T/second" 2>&1 </dev/null &
b=$!
pids+=("$b")
wait $a
is "two at once: the first" $? 0
wait $b
is "two at once: the second" $? 0
is "two at once: nothing is left" "$(left)" ""

run $demo --fixtures
is "made-up hosts: status" "$status" 0
finds "made-up hosts" "$out"
is "made-up hosts: nothing is left" "$(left)" ""

mkfifo "$T/hold"
exec 8<>"$T/hold"

# As root each host has its daemon: what is taken away there is in its vault.
if [ "$(id -u)" = 0 ]; then
	background $demo --start "$T/started" <&8 >/dev/null 2>&1
	wait_for 20 test -s "$T/started" || fail "vault: starts" "no"
	on_web2() { HOME=$(cat "$T/started")/home run "$TOCSIN" -t web2 -o json "$@"; }
	on_web2 --yes delete /etc/crontab
	is "vault: a file is taken away" "$(jq -r '.[0].status' <<<"$out")" 'done'
	on_web2 query 'select path from vault'
	is "vault: it is shown" "$(jq -r '.[0].path' <<<"$out")" /etc/crontab
	kill "$pid"
	wait "$pid" 2>/dev/null
	rm -rf "$T/started"
fi
for signal in TERM KILL; do
	background $demo --start "$T/started" <&8 >/dev/null 2>&1
	wait_for 20 test -s "$T/started" || fail "$signal: starts" "no"
	kill -$signal "$pid"
	if wait_for 10 none_names "$(cat "$T/started")"; then
		pass "ended by $signal: no process is left"
	else
		fail "ended by $signal: no process is left" "$(left)"
	fi
	wait "$pid" 2>/dev/null
	# Nobody can tidy up after a KILL.
	if [ $signal != KILL ]; then
		wait_for 10 nothing_left
		is "ended by $signal: no file is left" "$(left)" ""
	fi
	rm -rf "$T/started" "$T"/tmp/*
done

if [ "$(id -u)" = 0 ]; then
	ordinary=(setpriv --reuid=65534 --regid=65534 --clear-groups env "HOME=$T/tmp/home" "B=$B")
	if "${ordinary[@]}" test -x "$TOCSIN" -a -r $demo; then
		mkdir "$T/tmp/home" && chown 65534:65534 "$T/tmp/home"
		run "${ordinary[@]}" $demo
		is "an ordinary user: status" "$status" 0
		finds "an ordinary user" "$out"
		rmdir "$T/tmp/home" || fail "an ordinary user: nothing is written to the home directory" "$(ls -A "$T/tmp/home")"
		is "an ordinary user: nothing is left" "$(left)" ""
	else
		skip "an ordinary user" "may not read $PWD"
	fi
else
	skip "as root" "we are an ordinary user"
fi
