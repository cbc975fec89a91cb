#!/bin/bash
# Hosts that misbehave within SSH, in packets that no honest sshd sends (tests/tools/evilsshd): each
# ends in its state with words, soon and in bounded memory, also as a jump host; none holds up others,
# and no byte of theirs reaches a terminal.
. "$(dirname "$0")/../lib.sh"
need jq python3 ssh-keygen
export HOME=$T/home
mkdir -p "$HOME"
make_keys
: >"$T/known_hosts"

# What each must end as, and what must be said of it; packet-10 is libssh's endless loop.
cat >"$T/expect" <<'END'
good answered
packet-10 failed packets of an impossible size
packet-0 failed packets of an impossible size
packet-9 failed packets of an impossible size
packet-11 failed packets of an impossible size
packet-4095 failed packets of an impossible size
packet-4096 answered
packet-endless answered
packet-later answered|failed packets of an impossible size
packet-sooner failed packets of an impossible size
confirm-twice failed packets of an impossible size
window-0 timed_out no answer
window-drip answered
window-overflow answered|failed
data-early failed protocol error
data-lies failed protocol error
data-stray failed protocol error: 1024 KiB received without any use
data-flood failed protocol error: a line longer than
stderr-flood failed protocol error: 1024 KiB received without any use
open-flood failed protocol error: 1024 KiB received without any use
open-flood-auth failed connection lost
request-flood failed protocol error: 1024 KiB received without any use
request-flood-auth failed connection lost
status-flood failed protocol error: 1024 KiB received without any use
exit-signal failed the agent on the host ended
banner answered
banner-flood failed protocol error: 256 KiB received without any use
ignore-flood failed protocol error: 1024 KiB received without any use
ignore-flood-open failed protocol error: 256 KiB received without any use
debug-flood failed protocol error: 1024 KiB received without any use
unknown-flood failed protocol error: 1024 KiB received without any use
rekey-half failed|timed_out connection lost
rekey-flood failed connection lost
disconnect-auth failed server says: .*owned
disconnect-open failed owned
disconnect-hello failed connection lost
disconnect-lies failed .
auth-never failed authentication failed
auth-partly failed a key alone is not enough
auth-pk-ok failed connection lost
success-service failed connection lost
success-plain failed key exchange failed
open-refused failed cannot open an SSH session: .*owned
bad-signature failed key exchange failed.*signature
zero-point failed key exchange failed
short-point failed key exchange failed
long-lists answered
bad-tag failed connection lost: .
endless-packet failed connection lost.*: .
all-padding failed connection lost.*: .
no-payload answered|failed
eof failed the agent on the host ended
close failed the agent on the host ended|the host closed it
ext-info answered|failed
END

mkfifo "$T/alive"
exec 9<>"$T/alive"
background "$B/tools/evilsshd" "$T" <&9 >"$T/modes" 2>"$T/evilsshd.err"
check "the servers" wait_for 20 grep -q '^$' "$T/modes" || exit
# Later libssh does not mind small packets, and forgets a farewell when the connection ends with it.
if pkg-config --atleast-version=0.11 libssh; then
	small="packet-10 packet-9 packet-11 packet-4095"
	for mode in $small; do sed -i "s/^$mode .*/$mode answered/" "$T/expect"; done
	sed -i 's/^\(disconnect-auth .*\) server says.*/\1 connection lost/' "$T/expect"
fi
is "every mode is expected" "$(sed '/^$/,$d; s/ .*//' "$T/modes" | sort)" "$(cut -d' ' -f1 "$T/expect" | sort)"
modes() { sed '/^$/,$d' "$T/modes"; }
port_of() { modes | sed -n "s/^$1 //p"; }
modes | sed 's/\(.*\) \(.*\)/\1 ansible_host=127.0.0.1 ansible_port=\2/' >"$T/hosts"
# The same as jump hosts; nobody is behind them.
modes | sed "s/\(.*\) \(.*\)/\1 ansible_host=127.0.0.77 ansible_ssh_common_args='-J x@127.0.0.1:\2'/" >"$T/behind"
printf 'Host *\n\tIdentityFile %s\n' "$T/key" >"$T/config"
if [ "${SAN:-0}" = 1 ]; then seconds=20; else seconds=8; fi
# ask INVENTORY NAME ARGUMENT…: into $T/NAME.out, .err and .report; measured
ask() {
	local inventory=$1 name=$2
	shift 2
	python3 tests/bench/measure.py "$T/$name.out" "$T/$name.err" timeout -k 5 200 "$TOCSIN" -i "$inventory" \
		--known-hosts "$T/known_hosts" -F "$T/config" -u x --private-key "$T/key" --connect-timeout "$seconds" \
		--timeout "$seconds" --report "$T/$name.report" "$@" query 'select 1 as one' >"$T/$name.cost"
}
background ask "$T/behind" jump
behind=$pid
# It is asked on this connection or, when that was given up, on another one; but it is asked.
background timeout 100 "$B/tools/fanout" -u x -C $((seconds * 1000)) -K "$T/known_hosts" -k "$T/key" -e 'select 1' -e 'select 2' \
	"127.0.0.1:$(port_of packet-later)" >"$T/second"
second=$pid
ask "$T/hosts" direct -o tsv
wait "$behind" "$second"
# said_of RUN HOST: its state, and what was said of it
said_of() { jq -r --arg h "$2" '.hosts[] | select(.host == $h) | "\(.state) \(.error // "")"' "$T/$1.report" | tr '\n' ' '; }

# ---- As hosts ----

while read -r host states words; do
	got=$(said_of direct "$host")
	if ! grep -qxE "$states" <<<"${got%% *}"; then
		fail "$host" "ended as $got, not $states"
	elif [ "${got%% *}" = failed ] && ! grep -qE "${words:-.}" <<<"${got#* }"; then
		fail "$host" "no /$words/ in what was said of it: $got"
	else
		pass "$host"
	fi
done <"$T/expect"
is "what the honest one says" "$(grep '^good' "$T/direct.out")" $'good\t1'
has "the second question to one whose packets shrank" "$(tail -n 1 "$T/second")" '(answered rows=1|impossible size)'

# ---- As jump hosts ----

wrong=$(modes | while read -r mode _; do
	got=$(said_of jump "$mode")
	grep -qE '^(failed|unreachable|timed_out) .' <<<"$got" || echo "$mode: $got;"
done)
is "jump hosts: nobody is reached through them, and why is said" "$wrong" ""
for mode in packet-10 packet-0 packet-9 packet-11 packet-4095 packet-sooner confirm-twice; do
	case " ${small:-} " in *" $mode "*) continue ;; esac
	has "jump host: $mode" "$(said_of jump $mode)" \
		'^unreachable jump host 127.0.0.1 went away: protocol error: packets of an impossible size offered'
done
has "jump host: bad-signature" "$(said_of jump bad-signature)" '^unreachable jump host 127.0.0.1: key exchange failed.*signature'

# ---- Both ----

for name in direct jump; do
	read -r wall _ rss status <"$T/$name.cost"
	is "$name: status" "$status" 3
	check "$name: in time (${wall%.*} ms)" test "${wall%.*}" -lt $(((2 * seconds + 5) * 1000))
	if [ "${SAN:-0}" = 1 ]; then
		skip "$name: memory" "the sanitizers' is not ours"
	else
		check "$name: memory ($rss KB)" test "$rss" -lt 65536
	fi
	hasnt "$name: no crash" "$(cat "$T/$name.err")" 'Sanitizer|runtime error|[Ss]egmentation|Aborted'
	is "$name: stderr holds no control byte" "$(LC_ALL=C tr -d '\n\040-\176\200-\377' <"$T/$name.err" | wc -c)" 0
	is "$name: nor C1, nor a bidirectional control" \
		"$(LC_ALL=C grep -cP '(^|[^\xc2-\xf4\x80-\xbf])[\x80-\x9f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$T/$name.err")" 0
done
