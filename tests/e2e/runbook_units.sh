#!/bin/bash
# The example units that run a runbook, and cron's way: without a terminal, without HOME.
. "$(dirname "$0")/../lib.sh"
need make jq setsid

check 'installed' make -s install DESTDIR="$T/root" PREFIX=/usr B="${B#"$PWD/"}" SAN="${SAN:-0}"
units=$T/root/usr/lib/systemd/system
if command -v systemd-analyze >/dev/null; then
	mkdir "$T/units"
	for f in tocsin-runbook@.service tocsin-runbook@.timer; do
		sed 's,^ExecStart=[^ ]*,ExecStart=/bin/true,; /^Documentation/d; s,^User=.*,User=root,' "$units/$f" >"$T/units/$f"
	done
	run systemd-analyze verify "$T/units/tocsin-runbook@.service" "$T/units/tocsin-runbook@.timer"
	is 'the units are well-formed' "$status$err" 0
fi
if command -v systemd-sysusers >/dev/null; then
	mkdir -p "$T/root/etc"
	run systemd-sysusers --root="$T/root" "$T/root/usr/lib/sysusers.d/tocsin-runbook.conf"
	has 'the account can be made' "$(cat "$T/root/etc/passwd")" '^tocsin-runbook:.*:/var/lib/tocsin-runbook:/usr/sbin/nologin$'
fi
is 'it is that of the unit' "$(sed -n 's/^User=//p' "$units/tocsin-runbook@.service")" \
	"$(sed -n 's/^u \([^ ]*\) .*/\1/p' "$T/root/usr/lib/sysusers.d/tocsin-runbook.conf")"

# unit NAME: what systemd would run, in its surroundings. $status as ever.
mkdir -p "$T/etc/tocsin/queries" "$T/var/tocsin-runbook"
echo 'here ansible_connection=local' >"$T/etc/tocsin/hosts"
printf '%s\n' 'param case' 'query select :case as given' 'expect column given == night' >"$T/etc/tocsin/queries/own.runbook"
unit() {
	local ARGS='' words variables
	# shellcheck disable=SC1090 # as EnvironmentFile=
	[ ! -e "$T/etc/tocsin/runbook-$1.env" ] || . "$T/etc/tocsin/runbook-$1.env"
	filled() { sed "s,%i,$1,g; s,%S,$T/var,g; s,=/etc,=$T/etc,g; s,/usr/bin/tocsin,$T/root&,; s,[$]ARGS,$ARGS,"; }
	read -ra words < <(sed -n '/^ExecStart=/,/[^\\]$/p' "$units/tocsin-runbook@.service" | sed 's/^ExecStart=//; s/\\$//' |
		tr -d '\n' | filled "$1")
	read -ra variables < <(sed -n 's/^Environment=//p' "$units/tocsin-runbook@.service" | filled "$1")
	run setsid env -i "${variables[@]}" "${words[@]}"
}
unit own
is 'a value is missing' "$status" 2
has 'a value is missing: which' "$err" 'case needs a value'
echo 'ARGS="case=night --yes"' >"$T/etc/tocsin/runbook-own.env"
unit own
is 'the own one' "$status" 0
has 'its log' "$(tail -n 1 "$T/var/tocsin-runbook/own.ndjson")" '"event":"end","status":0'
has 'its report' "$(cat "$T/var/tocsin-runbook/own.md")" '^Exit status 0'
check 'what it found is remembered' test -s "$T/var/tocsin-runbook/tocsin/tocsin.db"
echo 'ARGS="case=day"' >"$T/etc/tocsin/runbook-own.env"
unit own
is 'not as expected' "$status" 1
is 'its log goes on' "$(grep -c '"event":"end"' "$T/var/tocsin-runbook/own.ndjson")" 2
echo 'ARGS="user=no-such-user"' >"$T/etc/tocsin/runbook-account-compromise.env"
unit account-compromise
is 'one that came with the program' "$status" 0

# As cron: /bin/sh -c, a few variables at most, no standard input.
cd / || exit 2
run setsid env -i PATH=/usr/bin:/bin /bin/sh -c \
	"$T/root/usr/bin/tocsin -i $T/etc/tocsin/hosts batch $T/etc/tocsin/queries/own.runbook case=night --log $T/cron.log <&- 2>&1"
is 'cron' "$status" 0
has 'cron: rows and steps' "$out" '^here +night$'
has 'cron: log' "$(tail -n 1 "$T/cron.log")" '"status":0'
if [ "$(id -u)" = 0 ]; then
	# A home that cannot be written to, even by root.
	run setsid env -i HOME=/proc/self /bin/sh -c \
		"$T/root/usr/bin/tocsin -i $T/etc/tocsin/hosts batch $T/etc/tocsin/queries/own.runbook case=night <&-"
	is 'a home that is read-only' "$status" 0
fi
