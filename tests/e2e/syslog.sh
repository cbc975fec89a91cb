#!/bin/bash
# Rows as messages of syslog: every way there, what is too long, and receivers that are not there, do not read or go away.
. "$(dirname "$0")/../lib.sh"
need jq python3

export HOME=$T TERM=xterm
printf 'web1 ansible_connection=local\n' >"$T/hosts"
t() { run "$TOCSIN" -i "$T/hosts" "$@"; }
# receiver KIND WHERE: sets $got, the file of what it received.
receiver() {
	got=$T/got.$1.${2##*/}
	background python3 tests/e2e/syslog.py "$1" "$2" "$got"
	wait_for 20 grep -q ready "$got" || fail "receiver $1" "not ready"
}
received() { [ "$(wc -l <"$got")" -gt "$1" ]; }
messages() { tail -n +2 "$got" | cut -d' ' -f2-; }

two="select 7 as pid, 'x' as name, '日本' as note union all select 8, 'y', 'a\"b'"
# arrives WHAT WHERE KIND SOCKET
arrives() {
	receiver "$3" "$4"
	t --syslog "$2" query "$two"
	is "$1: nothing on standard output" "$out $status" ' 0'
	check "$1: two messages" wait_for 20 received 2
	is "$1: nothing but those" "$(messages | wc -l)" 2
	has "$1: a head" "$(messages | head -n 1)" \
		'^<85>1 [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z [!-~]+ tocsin [0-9]+ ecs \[meta sequenceId="1"\]\[origin software="tocsin" swVersion="[0-9.]+"\] \{'
	is "$1: the rows" "$(messages | sed 's/^[^]]*\]\[[^]]*\] //' | jq -c '[.["process.pid"], .tocsin.note, .["host.name"]]' | tr '\n' ' ')" \
		'[7,"日本","web1"] [8,"a\"b","web1"] '
}
port=$(free_port)
arrives udp "udp:127.0.0.1:$port" udp "$port"
port=$(free_port)
arrives tcp "tcp:[127.0.0.1]:$port" tcp "$port"
arrives 'unix datagrams' "unix:$T/dgram" dgram "$T/dgram"
arrives 'a unix stream' "unix:$T/stream" stream "$T/stream"

# The machine's own.
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	receiver dgram "$T/log"
	# shellcheck disable=SC2016 # for the inner shell
	run unshare --mount sh -c 'mount -t tmpfs none /dev && mknod /dev/null c 1 3 && chmod 666 /dev/null && ln -s "$1/log" /dev/log &&
		"$TOCSIN" -i "$1/hosts" --syslog local query "select 5 as pid"' sh "$T"
	check 'the own log' wait_for 20 received 1
	has 'the own log: the row' "$(messages)" '"process.pid":5'
else
	skip 'the own log' 'needs root and a mount namespace'
fi

# ---- What is sent ----

got=$T/got.tcp.$port
n=$(wc -l <"$got")
t --syslog "tcp:127.0.0.1:$port" -o ndjson query "select 1 as a"
check 'ndjson' wait_for 20 received "$n"
has 'ndjson as it is' "$(messages | tail -n 1)" ' ndjson .*\] \{"host":"web1","a":1\}$'
n=$(wc -l <"$got")
t --syslog "tcp:127.0.0.1:$port" history --limit 2
check 'history' wait_for 20 received $((n + 1))
t --syslog "tcp:127.0.0.1:$port" -o csv history
is 'no other format' "$status" 2
has 'and says so' "$err" 'takes -o ecs or ndjson, not csv'

# Cut where a character ends, and said.
long="select replace(hex(zeroblob(%d)), '00', '日本') as l"
# shellcheck disable=SC2059 # it is a format
t --syslog "udp:127.0.0.1:$(basename "$(ls "$T"/got.udp.*)" | cut -d. -f3)" query "$(printf "$long" 5000)"
got=$(ls "$T"/got.udp.*)
check 'a long one by udp' wait_for 20 received 3
is 'is cut' "$(tail -n 1 "$got" | cut -d' ' -f1 | awk '{print ($1 > 8180 && $1 <= 8192)}')" 1
has 'and that is said' "$err" '1 messages to udp.* were too long and cut'
got=$T/got.tcp.$port
n=$(wc -l <"$got")
# shellcheck disable=SC2059 # it is a format
t --syslog "tcp:127.0.0.1:$port" query "$(printf "$long" 200000)"
check 'a very long one by tcp' wait_for 20 received "$n"
is 'is cut as well' "$(tail -n 1 "$got" | cut -d' ' -f1 | awk '{print ($1 > 65500 && $1 <= 65536)}')" 1

# ---- Receivers that do not ----

t --syslog "tcp:127.0.0.1:$(free_port)" query 'select 1'
is 'nobody listens' "$status" 2
has 'nobody listens: said' "$err" 'syslog: 127.0.0.1:[0-9]+: Connection refused'
t --syslog "unix:$T/none" query 'select 1'
is 'no socket' "$status" 2
for bad in '' nowhere tcp: udp:x:nonsense unix:relative; do
	t --syslog "$bad" query 'select 1'
	is "no place: '$bad'" "$status" 2
done
much="with recursive c(x) as (select 1 union all select x + 1 from c where x < 40000) select x, hex(zeroblob(150)) as h from c"
dead=$(free_port)
receiver gone "$dead"
t --syslog "tcp:127.0.0.1:$dead" query "$much"
is 'one that goes away' "$status" 3
has 'is told of' "$err" 'cannot write to syslog: Connection reset'
deaf=$(free_port)
receiver deaf "$deaf"
since=$SECONDS
t --syslog "tcp:127.0.0.1:$deaf" query "$much"
is 'one that does not read' "$status" 3
has 'is not waited for' "$err" 'cannot write to syslog: Connection timed out'
is 'for ever' "$((SECONDS - since < 40 * SLOW))" 1
