#!/bin/bash
# The agent behind its own SSH server, asked with OpenSSH's ssh, and clients that misbehave.
. "$(dirname "$0")/../lib.sh"
need ssh ssh-keygen jq python3

make_keys
# start_serve NAME OPTION…: a server on a free port; sets $port and $pid. Its log is $T/NAME.log.
start_serve() {
	local name=$1
	shift
	background "$AGENTD" serve --listen 127.0.0.1:0 --host-key "$T/host_key" --generate-host-key \
		--authorized-keys "$T/authorized_keys" -v "$@" >"$T/$name.out" 2>"$T/$name.log" </dev/null
	if ! wait_for 10 grep -q '^listening on ' "$T/$name.out"; then
		fail "start serve $name" "$(cat "$T/$name.log")"
		exit 1
	fi
	port=$(sed -n 's/^listening on 127.0.0.1://p' "$T/$name.out")
}
# ask [OPTION…]: as the operator would
ask() {
	bounded 60 ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile="$T/known" \
		-o StrictHostKeyChecking=accept-new -o LogLevel=ERROR -i "$T/key" -p "$port" \
		"$@" whoever@127.0.0.1 -s tocsin
}
ping='{"op":"ping","id":1}'
pong() { [ "$(ask <<<"$ping" | jq -r 'select(.op == "pong").id')" = 1 ]; }
children() { pgrep -cP "$1"; }
descendants() { for p in $(pgrep -P "$1"); do echo "$p"; descendants "$p"; done; }

start_serve one
server=$pid
is "a host key is made for its owner only" "$(stat -c %a "$T/host_key")" 600
is "and its public half beside it" "$(ssh-keygen -lf "$T/host_key.pub" | cut -d' ' -f2)" \
	"$(sed -n 's/.*host key //p' "$T/one.log")"

out=$(ask <<<'{"op":"query","id":1,"sql":"select 6 * 7 as x"}')
is "OpenSSH's ssh is answered" "$(jq -c 'select(.op == "rows").rows' <<<"$out")" '[[42]]'
is "order of the replies" "$(jq -sc 'map(.op)' <<<"$out")" '["hello","columns","rows","done"]'
check "several sessions in a row: 2" pong
check "several sessions in a row: 3" pong
has "the log says who" "$(cat "$T/one.log")" '"whoever" logged in with key SHA256:'

ask <<<"$(head -c 300000 /dev/zero | tr '\0' x)" >"$T/long" 2>/dev/null
is "the agent's exit status arrives" $? 2
is "and what it said before" "$(jq -sc 'map(.op)' "$T/long")" '["hello","error"]'

# ---- Several channels on one connection ----

ask -M -S "$T/control" <<<"$ping" >/dev/null -o ControlPersist=30
for i in 1 2 3 4; do
	ask -S "$T/control" <<<"{\"op\":\"query\",\"id\":$i,\"sql\":\"select $i\"}" >"$T/mux.$i" &
	muxed[i]=$!
done
wait "${muxed[@]}"
is "channels side by side" "$(jq -sc 'map(select(.op == "rows").rows[0][0]) | sort' "$T"/mux.*)" '[1,2,3,4]'
is "all of one connection" "$(grep -c 'logged in' "$T/one.log")" 5
ssh -F none -S "$T/control" -O exit whoever@127.0.0.1 2>/dev/null

# ---- What is not offered ----

refused() {
	bounded 20 ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile="$T/known" \
		-o ExitOnForwardFailure=yes -i "$T/key" -p "$port" "$@" 2>&1 </dev/null
}
has "no command" "$(refused x@127.0.0.1 id)" 'exec request failed'
has "no shell" "$(refused x@127.0.0.1)" 'shell request failed'
has "no terminal" "$(refused -tt x@127.0.0.1)" 'PTY allocation request failed'
has "no other subsystem" "$(refused x@127.0.0.1 -s sftp)" 'subsystem request failed'
has "no forwarding to it" "$(refused -N -R 127.0.0.1:0:127.0.0.1:9 x@127.0.0.1)" 'forwarding failed'
has "no forwarding through it" "$(refused -W 127.0.0.1:9 x@127.0.0.1)" 'open failed|forwarding'
ssh-keygen -q -t ed25519 -N '' -f "$T/other" </dev/null
denied=$(bounded 20 ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile="$T/known" \
	-i "$T/other" -p "$port" x@127.0.0.1 -s tocsin 2>&1 </dev/null)
has "a key that is not listed" "$denied" 'Permission denied \(publickey\)'

# ---- authorized_keys ----

key=$(cut -d' ' -f1,2 "$T/key.pub")
other=$(cut -d' ' -f1,2 "$T/other.pub")
with_keys() { printf '%s\n' "$@" >"$T/authorized_keys"; }
for options in restrict no-pty 'no-pty,no-port-forwarding,restrict'; do
	with_keys '# a comment' '' "$other" "$options $key me@jump"
	check "a key with $options" pong
done
for options in 'from="10.0.0.1"' 'command="rm -rf /"' cert-authority 'restrict,command="x y"' \
	'expiry-time="20010101"' nonsense 'no-pty,from="*"'; do
	with_keys "$options $key"
	if pong 2>/dev/null; then fail "a key with $options" "was let in"; else pass "a key with $options is passed over"; fi
done
has "and noted" "$(cat "$T/one.log")" 'authorized_keys:1: passed over'
with_keys "$(head -c 5000 /dev/urandom | base64 -w0)" 'ssh-ed25519' 'ssh-ed25519 AAAA' "ssh-rsa ${key#* }" "$key"
check "rubbish around a good key" pong
with_keys "$key"
chmod 666 "$T/authorized_keys"
if pong 2>/dev/null; then fail "keys that everybody may write" "were believed"; else pass "keys that everybody may write"; fi
chmod 644 "$T/authorized_keys"
for type in rsa ecdsa; do
	ssh-keygen -q -t $type -N '' -f "$T/$type" </dev/null
	cat "$T/$type.pub" >>"$T/authorized_keys"
	out=$(bounded 60 ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile="$T/known" \
		-i "$T/$type" -p "$port" x@127.0.0.1 -s tocsin 2>&1 <<<"$ping")
	has "a key of type $type" "$out" '"pong"'
done

# ---- A lot of bytes, and a client that does not read them ----

big='with recursive n(i) as (select 1 union all select i + 1 from n limit 100000) select i, hex(zeroblob(200)) as x from n'
ask <<<"{\"op\":\"query\",\"id\":1,\"sql\":\"$big\"}" >"$T/big"
is "a large answer arrives whole" "$(tail -n 1 "$T/big" | jq -c '[.op, .rows]')" '["done",100000]'
is "and in order" "$(jq -c 'select(.op == "rows").rows[][0]' "$T/big" | awk '$1 != NR { bad++ } END { print bad + 0, NR }')" \
	'0 100000'

mkfifo "$T/slow"
# The redirection belongs into the background: opening a FIFO waits for the other end.
ask_slowly() { ask >"$T/slow" <<<"$1"; }
background ask_slowly "{\"op\":\"query\",\"id\":1,\"sql\":\"$big\",\"timeout_ms\":100000}"
exec 7<"$T/slow"
read -r -u 7 _
# All wait for this reader: the agent and its server stop computing.
busy() { for p in $(pgrep -P "$server"); do cat "/proc/$p/stat" "/proc/$p/task"/*/children; done 2>/dev/null | cksum; }
settled() {
	local before
	before=$(busy)
	sleep 0.3
	[ "$before" = "$(busy)" ]
}
wait_for 20 settled
if [ "${SAN:-0}" != 1 ]; then
	most=$(for p in $(pgrep -P "$server"); do awk '/^VmHWM/ { print $2 }' "/proc/$p/status"; done | sort -n | tail -n 1)
	check "a client that does not read costs no memory ($most kB)" [ "$most" -lt 20000 ]
fi
check "others are served meanwhile" pong
is "and the slow one gets everything" "$(jq -c 'select(.op == "done").rows' <&7)" 100000
exec 7<&-

# ---- Clients that misbehave ----

kill "$server"
wait "$server"
is "SIGTERM ends it" $? 0
six=()
if grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null; then six=(--listen '[::1]:0'); fi
start_serve two --login-grace 1.5 --max-sessions 2 "${six[@]}"
server=$pid
if [ ${#six[@]} -gt 0 ]; then
	port6=$(sed -n 's/^listening on \[::1\]://p' "$T/two.out")
	has "IPv6, and several addresses" "$(bounded 60 ssh -6 -F none -o BatchMode=yes -o IdentitiesOnly=yes \
		-o UserKnownHostsFile="$T/known" -o StrictHostKeyChecking=accept-new -i "$T/key" -p "$port6" \
		whoever@::1 -s tocsin 2>&1 <<<"$ping")" '"pong"'
else
	skip "IPv6, and several addresses" "this machine has no ::1"
fi
python3 tests/wire/serve.py "$port" </dev/null

no_children() { [ "$(children "$server")" = 0 ]; }
wait_for 20 no_children
is "nothing is left of them" "$(children "$server")" 0
has "the log tells of the silent ones" "$(cat "$T/two.log")" 'did not log in within 1.5 s'
check "and the server goes on" pong

# Two sessions are allowed; the third is told so.
mkfifo "$T/hold1" "$T/hold2"
ask_held() { ask <"$T/hold$1" >"$T/held$1"; }
background ask_held 1
background ask_held 2
exec 8>"$T/hold1"
exec 9>"$T/hold2"
wait_for 20 grep -q hello "$T/held1"
wait_for 20 grep -q hello "$T/held2"
has "one session too many" "$(ask <<<"$ping" 2>&1)" 'subsystem request failed'
for p in $(descendants "$server"); do
	grep -q session "/proc/$p/cmdline" && bounded=$(grep 'Max data size' "/proc/$p/limits")
done
is "the bound on the server's memory is not the agent's" "$bounded" "$(grep 'Max data size' /proc/$$/limits)"
exec 8>&-
check "there is room again" wait_for 20 pong
echo "$ping" >&9
check "the one that holds on is still served" wait_for 20 grep -q pong "$T/held2"

# ---- The end ----

endless='with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n'
background ask <<<"{\"op\":\"query\",\"id\":1,\"sql\":\"$endless\"}" >"$T/endless"
wait_for 20 grep -q columns "$T/endless"
all=$(descendants "$server")
kill "$server"
wait "$server"
is "SIGTERM ends it with sessions open" $? 0
left=
for p in $all; do [ -d "/proc/$p" ] && left="$left $p"; done
is "and leaves no process behind" "$left" ""
exec 9>&-

start_serve three
server=$pid
background ask_held 1
exec 8>"$T/hold1"
wait_for 20 grep -q hello "$T/held1"
all=$(descendants "$server")
kill -KILL "$server"
wait "$server" 2>/dev/null
gone() { for p in $all; do [ ! -d "/proc/$p" ] || return 1; done; }
check "killed outright, its connections end by themselves" wait_for 20 gone
exec 8>&-

# ---- As an ordinary user ----

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	mkdir "$T/nobody" && chown 65534 "$T/nobody" && cp "$T/authorized_keys" "$T/nobody"
	# It has to be able to reach the programs.
	cp "$AGENTD" "$AGENTD-serve" "$T/nobody" && chmod 755 "$T"/nobody/tocsin-agentd*
	background "${nobody[@]}" "$T/nobody/tocsin-agentd" serve --listen 127.0.0.1:0 --generate-host-key \
		--host-key "$T/nobody/key" --authorized-keys "$T/nobody/authorized_keys" \
		>"$T/nobody.out" 2>"$T/nobody.log" </dev/null
	server=$pid
	wait_for 10 grep -q '^listening on ' "$T/nobody.out"
	port=$(sed -n 's/^listening on 127.0.0.1://p' "$T/nobody.out")
	rm -f "$T/known"
	out=$(ask <<<'{"op":"query","id":1,"sql":"select distinct uid from processes where path = '"'$T/nobody/tocsin-agentd'"'"}')
	is "an ordinary user serves with its own rights" "$(jq -c 'select(.op == "rows").rows' <<<"$out")" '[[65534]]'
	kill "$server"
	wait "$server"
	is "and ends cleanly" $? 0
else
	skip "an ordinary user serves with its own rights" "needs root and setpriv"
fi

# ---- Bad beginnings ----

begin() { run "$AGENTD" serve --listen 127.0.0.1:0 --host-key "$T/host_key" --authorized-keys "$T/authorized_keys" "$@"; }
run "$AGENTD" serve
is "without options" "$status" 2
has "it says what it needs" "$err" 'needs --listen, --host-key and --authorized-keys'
for addr in 127.0.0.1 127.0.0.1:70000 ::1:0 '[::1:0' x:; do
	begin --listen "$addr"
	is "address $addr" "$status" 3
	has "address $addr is named" "$err" "serve: \"?.*$(printf %s "$addr" | sed 's/[][]/\\&/g')"
done
begin --host-key "$T/nokey"
is "no host key" "$status: $err" "3: tocsin-agentd: serve: host key $T/nokey: No such file or directory"
cp "$T/key.pub" "$T/pub" && chmod 600 "$T/pub"
begin --host-key "$T/pub"
has "a host key that is none" "$status: $err" '^3: .*not a private key'
cp "$T/host_key" "$T/open_key" && chmod 644 "$T/open_key"
begin --host-key "$T/open_key"
has "a host key open to others" "$status: $err" '^3: .*open to others \(mode 644\)'
begin --authorized-keys "$T/nofile"
has "no authorized keys" "$status: $err" '^2: .*nofile: No such file'
begin --max-sessions 0
has "no sessions" "$status: $err" '^2: .*max-sessions'
run "$AGENTD" serve --help
has "help" "$status: $out" '^0: usage: tocsin-agentd serve --listen'
