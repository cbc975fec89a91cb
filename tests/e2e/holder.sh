#!/bin/bash
# Connections that outlive the command: the next one is warm, whatever was killed in between, and
# nobody gets a session that is not the one that was asked for.
. "$(dirname "$0")/../lib.sh"
need python3 jq ssh-keygen setpriv
need_root

# ---- Holders, which are nobody's children ----

export XDG_RUNTIME_DIR=$T/run
mkdir -m 700 "$XDG_RUNTIME_DIR"
sockets=$XDG_RUNTIME_DIR/tocsin
# Processes that have sockets here, one a line.
holders() { find "${1:-$sockets}" -name '[0-9]*' -printf '%f\n' 2>/dev/null | cut -d- -f1 | sort -u; }
gone() { ! kill -0 "$1" 2>/dev/null || grep -qs '^State:.[ZX]' "/proc/$1/status"; }
all_holders=()
note_holders() { mapfile -t -O ${#all_holders[@]} all_holders < <(holders; holders "$T/run2/tocsin"); }
end_holders() {
	local p
	note_holders
	for p in "${all_holders[@]}"; do kill -CONT "$p"; kill "$p"; done 2>/dev/null
	for p in "${all_holders[@]}"; do wait_for 20 gone "$p" || kill -KILL "$p" 2>/dev/null; done
	all_holders=()
}
trap 'end_holders; clean_up' EXIT
# kill_holders SIGNAL: and waits for their end.
kill_holders() {
	local p
	note_holders
	for p in $(holders); do
		kill "-$1" "$p"
		wait_for 20 gone "$p" || fail "a holder ends by $1" "$p"
	done
}

# ---- Hosts ----

export SSHD_USERS='ada:64242 bob:64243'
port=$(free_port)
start_sshds one 127.2.7 1 3 "$port"
ssh-keygen -q -t ed25519 -N '' -f "$T/key2" </dev/null
cat "$T/key2.pub" >>"$T/authorized_keys"
log=$T/one1/log
logins() { grep -c 'Accepted publickey' "$log"; }
for i in 1 2 3; do echo "h$i ansible_host=127.2.7.$i ansible_port=$port"; done >"$T/hosts"
echo "h1 ansible_host=127.2.7.1 ansible_port=$port" >"$T/one-host"
export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config TOCSIN_PERSIST_S=60
mkdir -p "$HOME"
common=(-i "$T/hosts" --known-hosts "$T/known_hosts" -F none -u ada --private-key "$T/key" --connect-timeout $((30 * SLOW)))
t() { run "$TOCSIN" "${common[@]}" "$@"; }
# asked NAME LOGINS ARGUMENT…: all hosts answer, and so many of them had to be logged in to.
asked() {
	local name=$1 want=$2 before
	shift 2
	before=$(logins)
	t "$@"
	if [ "$status" != 0 ]; then
		fail "$name" "status $status: $err"
	else
		is "$name" "$(($(logins) - before))" "$want"
	fi
}

# ---- Warm ----

asked "cold: three logins" 3 -o csv query 'select 1 as x'
is "a holder was left" "$(holders | wc -l)" 1
is "that has a name of its own" "$(cat "/proc/$(holders)/comm")" tocsin-holder
has "and shows no question" "$(tr '\0' ' ' <"/proc/$(holders)/cmdline")" '^tocsin-holder: 3 connections *$'
is "its directory is private" "$(stat -c %a "$sockets")" 700
is "its sockets too" "$(stat -c %a "$sockets"/* | sort -u)" 600
asked "warm: no login" 0 -o csv query 'select 2 as x'
is "the rows of the second question" "$(sort <<<"$out")" $'h1,2\nh2,2\nh3,2\nhost,x'
asked "some of the hosts" 0 -t h2 -o csv query 'select 3 as x'
is "and only their rows" "$out" $'host,x\nh2,3'
t -t h1 query 'select 1; select 2'
asked "refused SQL leaves the session at rest" 0 -t h1 query 'select 1'
is "hosts: what it says of itself" "$(t -t h1 -o json hosts; jq -r '.[0] | [.state, .agent != null, .latency_ms != null] | join(" ")' <<<"$out")" \
	'answered true true'
is "and no login for that" "$(logins)" 3
asked "several questions" 0 -o csv run proc-exe-deleted
is "still one holder" "$(holders | wc -l)" 1
# A pipe's reader sees its end at once.
is "nothing of the caller's stays open" "$(bounded 20 sh -c '"$@" | cat; echo end' sh "$TOCSIN" "${common[@]}" -i "$T/one-host" -t h1 -o csv query 'select 4 as x' 2>/dev/null | tail -n 1)" end

# ---- Not wanted ----

asked "--no-persist does not use it" 1 --no-persist -t h1 query 'select 1'
TOCSIN_PERSIST_S=0 asked "nor does TOCSIN_PERSIST_S=0" 1 -t h1 query 'select 1'
TOCSIN_PERSIST_S=x t -t h1 query 'select 1'
is "TOCSIN_PERSIST_S that is no number" "$status" 2
kill_holders TERM
is "SIGTERM takes the sockets away" "$(ls "$sockets")" ""
asked "--no-persist leaves none" 3 --no-persist query 'select 1'
is "no holder then" "$(holders)" ""

# ---- Whom and as whom ----

asked "sessions of ada" 3 query 'select 1'
asked "bob gets none of them" 3 -u bob query 'select 1'
asked "both are warm: bob" 0 -u bob query 'select 1'
asked "both are warm: ada" 0 query 'select 1'
asked "another key" 1 -t h1 --private-key "$T/key2" query 'select 1'
asked "another address" 1 -i "x1 ansible_host=127.2.7.1 ansible_port=$port," -i "$T/hosts" -t h1 -p "$port" --no-persist query 'select 1'
cp "$T/key2" "$T/key3"
asked "a key file" 1 -t h1 --private-key "$T/key3" query 'select 1'
asked "is the same one again" 0 -t h1 --private-key "$T/key3" query 'select 1'
cp "$T/key" "$T/key3.new" && mv "$T/key3.new" "$T/key3"
asked "but not when its content is another" 1 -t h1 --private-key "$T/key3" query 'select 1'
kill_holders TERM

# ---- Host keys ----

asked "a session while the key is known" 1 -t h1 query 'select 1'
cp "$T/known_hosts" "$T/known_hosts.all"
grep -v '127\.2\.7\.1\]' "$T/known_hosts.all" >"$T/known_hosts"
t -t h1 query 'select 1'
is "no longer known: not asked" "$status" 3
has "as without a holder" "$err" 'host key is not known'
ssh-keygen -q -t ed25519 -N '' -f "$T/wrong" </dev/null
echo "[127.2.7.1]:$port $(cut -d' ' -f1,2 "$T/wrong.pub")" >>"$T/known_hosts"
asked "while others are" 1 -t h2 query 'select 1'
cp "$T/known_hosts.all" "$T/known_hosts"
asked "known again: a new session" 1 -t h1 query 'select 1'
{ cat "$T/known_hosts.all"; printf '@revoked * %s\n' "$(cut -d' ' -f1,2 "$T/one1/host_key.pub")"; } >"$T/known_hosts"
t -t h1 query 'select 1'
has "revoked" "$err" 'host key is revoked'
cp "$T/known_hosts.all" "$T/known_hosts"
kill_holders TERM

# ---- ssh-agent ----

eval "$(ssh-agent -a "$T/agent1")" >/dev/null
agent1=$SSH_AGENT_PID
eval "$(ssh-agent -a "$T/agent2")" >/dev/null
agent2=$SSH_AGENT_PID
pids+=("$agent1" "$agent2")
SSH_AUTH_SOCK=$T/agent1 ssh-add -q "$T/key"
SSH_AUTH_SOCK=$T/agent2 ssh-add -q "$T/key"
unset SSH_AGENT_PID
with_agent=(-i "$T/hosts" --known-hosts "$T/known_hosts" -F none -u ada -t h1 --connect-timeout $((30 * SLOW)))
common=("${with_agent[@]}")
export SSH_AUTH_SOCK=$T/agent1
asked "authenticated by an agent" 1 query 'select 1'
asked "the same agent" 0 query 'select 1'
SSH_AUTH_SOCK=$T/agent2 asked "somebody with another one" 1 query 'select 1'
SSH_AUTH_SOCK=
asked "without one" 1 --private-key "$T/key" query 'select 1'
SSH_AUTH_SOCK=$T/agent2 asked "by a key: whatever the agent" 0 --private-key "$T/key" query 'select 1'
unset SSH_AUTH_SOCK
kill_holders TERM
common=(-i "$T/hosts" --known-hosts "$T/known_hosts" -F none -u ada --private-key "$T/key" --connect-timeout $((30 * SLOW)))

# ---- A jump host ----

jump_port=$(free_port)
start_sshd jump "127.2.8.1:$jump_port" 'AllowTcpForwarding yes'
# As with ssh, --private-key is for the hosts behind it.
mkdir -m 700 "$HOME/.ssh" && cp "$T/key" "$HOME/.ssh/id_ed25519"
jumps() { grep -c 'Accepted publickey' "$T/jump/log"; }
printf 'Host 127.2.8.1\n\tIdentityFile %s\n' "$T/key" >"$T/jump_config"
behind=(-F "$T/jump_config" -J "ada@127.2.8.1:$jump_port")
asked "through a jump host" 3 "${behind[@]}" query 'select 1'
before=$(jumps)
asked "and again" 0 "${behind[@]}" -o csv query 'select 5 as x'
is "with its rows" "$(sort <<<"$out")" $'h1,5\nh2,5\nh3,5\nhost,x'
is "without a login there" "$(jumps)" "$before"
asked "another way is another session" 3 query 'select 1'
kill_holders TERM
rm -r "$HOME/.ssh"

# ---- Ctrl-C ----

# Agents at work behind the hosts' sshds.
agents() { for i in 1 2 3; do descendants "$(cat "$T/one$i/pid")"; done | xargs -r ps -o comm= -p | grep -c tocsin-agentd; }
descendants() {
	local p
	# shellcheck disable=SC2013 # words of one line
	for p in $(cat "/proc/$1/task"/*/children 2>/dev/null); do
		echo "$p"
		descendants "$p"
	done
}
no_agents() { [ "$(agents)" = 0 ]; }
busy() { [ "$(for p in $(descendants "$(cat "$T/one1/pid")"); do awk '{print $14}' "/proc/$p/stat"; done 2>/dev/null | sort -n | tail -n 1)" -gt 20 ]; }
asked "before an interrupt" 3 query 'select 1'
p=$(holders)
background "$TOCSIN" "${common[@]}" --timeout 600 query \
	'with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n' >"$T/out" 2>"$T/err"
check "the hosts count" wait_for 60 busy
kill -INT "$pid"
wait "$pid"
is "interrupted" "$?" 130
check "no host goes on" wait_for 60 no_agents
check "a holder without sessions ends then" wait_for 20 gone "$p"
asked "the next one is cold" 3 query 'select 1'
kill_holders TERM

# ---- Ends ----

TOCSIN_PERSIST_S=1 asked "for a short time" 3 query 'select 1'
p=$(holders)
note_holders
check "an idle holder ends" wait_for 60 gone "$p"
is "its sockets are gone" "$(ls "$sockets")" ""
asked "and the next one is cold" 3 query 'select 1'
kill_holders KILL
is "killed, it leaves its sockets" "$(find "$sockets" -mindepth 1 -maxdepth 1 | wc -l)" 1
asked "which are nothing" 3 -o csv query 'select 6 as x'
is "the rows all the same" "$(sort <<<"$out" | tail -n 1)" host,x
is "and no stale one stays" "$(holders | wc -l)" 1
# Sessions that the hosts ended: all of sshd's but the one that listens.
p=$(holders)
note_holders
# shellcheck disable=SC2013 # words of one line
for child in $(cat /proc/"$(cat "$T/one1/pid")"/task/*/children); do end_tree "$child"; done
check "a holder without sessions ends" wait_for 20 gone "$p"
asked "sessions that died are not lent" 3 query 'select 1'
# One that does not answer.
p=$(holders)
kill -STOP "$p"
asked "a holder that is stopped is done without" 3 query 'select 1'
kill -CONT "$p"
end_holders

# A client that is killed before it gives back the lock under which it left a holder.
if command -v strace >/dev/null && command -v flock >/dev/null; then
	run strace -o "$T/strace" -e trace=flock -e inject=flock:signal=KILL:when=2 "$TOCSIN" "${common[@]}" query 'select 1'
	if grep -q 'killed by SIGKILL' "$T/strace"; then
		has "killed while it leaves: the holder is there" "$(holders)" '^[0-9]+$'
		check "and does not keep others from leaving theirs" wait_for 20 flock -n "$sockets" true
	else
		skip "killed while it leaves" "strace does not do that here"
	fi
	end_holders
else
	skip "killed while it leaves" "no strace"
fi

# ---- In the middle ----

sim=$T/sim
mkdir "$sim"
sim_port=$(free_port)
common=(-i "$sim/inventory" --known-hosts "$sim/known_hosts" -F none -u x --private-key "$sim/id" --connect-timeout $((30 * SLOW)))
# simulate OPTION…: 40 hosts.
simulate() {
	if [ -n "${sim_pid:-}" ]; then
		kill "$sim_pid"
		wait "$sim_pid"
	fi
	background "$B/tools/fleetsim" --hosts 40 --port "$sim_port" --net 7 --dir "$sim" "$@" </dev/null >"$T/sim-out" 2>&1
	sim_pid=$pid
	wait_for 20 grep -q ready "$T/sim-out" || fail "the simulator starts" "$(cat "$T/sim-out")"
}
# Rows so far in FILE.
rows() { grep -c '"host"' "$1"; }
has_rows() { [ "$(rows "$1")" -ge "$2" ]; }
every_host_once() { is "$1" "$(jq -r .host <<<"$out" | sort | uniq -c | awk '{print $1}' | sort | uniq -c | xargs)" "40 1"; }
# A quarter of them answers only while the gate is open.
gate=$T/gate
simulate --rows 1 --slow 250 --gate "$gate"
open_gate() { : >"$gate"; }
close_gate() { rm "$gate"; }
open_gate
quick=$((40 - $(grep -c ' slow$' "$sim/modes")))
t -o ndjson query 'select 1'
is "the simulator: all answer" "$status" 0
every_host_once "once each"
p=$(holders)

close_gate
background "$TOCSIN" "${common[@]}" -o ndjson query 'select 1' >"$T/rows" 2>"$T/rows.err"
check "the quick ones have answered" wait_for 60 has_rows "$T/rows" "$quick"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
open_gate
t -o ndjson query 'select 1'
is "a client was killed: the next one" "$status" 0
every_host_once "has every answer once"
has "the holder goes on" "$(holders)" "^$p$"

close_gate
background "$TOCSIN" "${common[@]}" -o ndjson query 'select 1' >"$T/rows" 2>"$T/rows.err"
client=$pid
check "one client is in the middle" wait_for 60 has_rows "$T/rows" "$quick"
background "$TOCSIN" "${common[@]}" -o ndjson query 'select 1' >"$T/rows2" 2>"$T/rows2.err"
another=$pid
check "another one, too" wait_for 60 has_rows "$T/rows2" "$quick"
open_gate
wait "$another"
is "another one meanwhile" "$?" 0
out=$(cat "$T/rows2")
every_host_once "has every answer"
wait "$client"
is "and so has the first" "$? $(rows "$T/rows")" "0 40"

# Ctrl-C: what came is shown, and the rest of it is not for the next one.
p=$(holders)
close_gate
background "$TOCSIN" "${common[@]}" -o ndjson query 'select 1' >"$T/rows" 2>"$T/rows.err"
client=$pid
check "before an interrupt" wait_for 60 has_rows "$T/rows" "$quick"
kill -INT "$client"
wait "$client"
is "interrupted: status" "$?" 130
is "interrupted: what came is there" "$(rows "$T/rows")" "$quick"
has "interrupted: what did not come is counted" "$(cat "$T/rows.err")" "$quick of 40 hosts answered, $((40 - quick)) failed"
has "interrupted: the holder goes on" "$(holders)" "^$p$"
open_gate
t -o ndjson query 'select 1'
is "after an interrupt" "$status" 0
every_host_once "every host answers once"
# Twice: nobody reads, so that it cannot end the first time.
p=$(holders)
close_gate
mkfifo "$T/fifo"
exec 7<>"$T/fifo"
dd if=/dev/zero of="$T/fifo" bs=4096 oflag=nonblock 2>/dev/null
background "$TOCSIN" "${common[@]}" -o ndjson query 'select 1' >&7 2>/dev/null
client=$pid
wait_for 60 grep -qE '^[0-9]+ 0x1 ' "/proc/$client/syscall"
dies() {
	kill -INT "$client" 2>/dev/null
	! kill -0 "$client" 2>/dev/null
}
wait_for 20 dies
wait "$client"
is "interrupted twice" "$?" 130
exec 7>&-
rm "$T/fifo"
has "interrupted twice: the holder goes on" "$(holders)" "^$p$"
open_gate
t -o ndjson query 'select 1'
every_host_once "after that: every host answers once"

close_gate
background "$TOCSIN" "${common[@]}" -o ndjson query 'select 1' >"$T/rows" 2>"$T/rows.err"
check "before the holder is killed" wait_for 60 has_rows "$T/rows" "$quick"
kill_holders KILL
open_gate
wait "$pid"
is "it is killed in the middle" "$?" 0
out=$(cat "$T/rows")
every_host_once "what it had not answered is asked anew"
end_holders

# ---- A client that does not read ----

simulate --rows 20000
t hosts
is "sessions for long answers" "$status" 0
p=$(holders)
before=$(awk '/^VmRSS/ {print $2}' "/proc/$p/status")
background "$TOCSIN" "${common[@]}" -o ndjson query 'select 1' >"$T/rows" 2>"$T/rows.err"
check "rows come" wait_for 60 has_rows "$T/rows" 1000
kill -STOP "$pid"
# It gets no more than it takes.
cpu() { awk '{print $14 + $15}' "/proc/$p/stat"; }
quiet() {
	local a
	a=$(cpu)
	sleep 0.5
	[ "$(cpu)" = "$a" ]
}
check "the holder stops, too" wait_for 60 quiet
after=$(awk '/^VmHWM/ {print $2}' "/proc/$p/status")
if [ $((after - before)) -le $((20000 * SLOW * SLOW)) ]; then pass "and does not grow"; else fail "and does not grow" "$before KB, then $after KB"; fi
kill -CONT "$pid"
wait "$pid"
is "read at last: status" "$?" 0
is "and every row" "$(rows "$T/rows")" 800000
rm -f "$T/rows"
kill_holders TERM

# ---- Others ----

simulate --rows 1

cat >"$T/connect.py" <<'END'
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(30)
try:
    s.connect(sys.argv[1])
    s.sendall(struct.pack("=II", 0, 0))
    print("said %d bytes" % len(s.recv(100)))
except OSError as e:
    print(type(e).__name__)
END
export TMPDIR=/tmp
mkdir -m 700 "$T/run2"
chown 64242 "$T/run2"
cp "$sim/id" "$T/id-ada" && chown 64242 "$T/id-ada"
chmod 755 "$sim" && chmod 644 "$sim/inventory" "$sim/known_hosts"
mkdir "$T/home-ada" && chown 64242 "$T/home-ada"
as_ada=(setpriv --reuid 64242 --regid 64242 --clear-groups env -u XDG_RUNTIME_DIR "HOME=$T/home-ada")
ada_asks=("$TOCSIN" -i "$sim/inventory" --known-hosts "$sim/known_hosts" -F none -u x --private-key "$T/id-ada" -t 'sim*[0:2]' query 'select 1')
if "${as_ada[@]}" test -x "$TOCSIN"; then
	run "${as_ada[@]}" "XDG_RUNTIME_DIR=$T/run2" "${ada_asks[@]}"
	is "an ordinary user" "$status" 0
	socket=$(find "$T/run2/tocsin" -name '[0-9]*' | head -n 1)
	is "another user cannot even reach the socket" \
		"$(setpriv --reuid 64243 --regid 64243 --clear-groups python3 "$T/connect.py" "$socket")" PermissionError
	is "root gets there, and hears nothing" "$(python3 "$T/connect.py" "$socket" | sed -E 's/(ConnectionReset|BrokenPipe)Error/said 0 bytes/')" 'said 0 bytes'
	run env "XDG_RUNTIME_DIR=$T/run2" "$TOCSIN" "${common[@]}" -t 'sim*[0:2]' query 'select 1'
	is "another user's directory is not used" "$status $(find "$T/run2/tocsin" -name '[0-9]*' | wc -l)" "0 1"
	[ ! -d /tmp/tocsin-0 ] || mapfile -t -O ${#all_holders[@]} all_holders < <(holders /tmp/tocsin-0)
	end_holders

	# In /tmp anybody may be first.
	place=/tmp/tocsin-64242
	if [ -e "$place" ] || [ -d /run/user/64242 ]; then
		skip "a place that somebody else took" "$place is in use"
	else
		mkdir -m 777 "$place"
		run "${as_ada[@]}" "${ada_asks[@]}"
		is "somebody else's directory: works without" "$status" 0
		has "and is told" "$err" "connections are not kept: $place"
		is "nothing is in it" "$(ls "$place")" ""
		rmdir "$place"
		ln -s "$T/home-ada" "$place"
		run "${as_ada[@]}" "${ada_asks[@]}"
		has "a link" "$err" "connections are not kept: $place"
		is "nothing is behind it" "$(ls "$T/home-ada")" ""
		rm "$place"
		mkdir "$place" && chown 64242 "$place" && chmod 755 "$place"
		run "${as_ada[@]}" "${ada_asks[@]}"
		has "a directory that others can read" "$err" "connections are not kept: $place"
		chmod 700 "$place"
		run "${as_ada[@]}" "${ada_asks[@]}"
		is "its own" "$status $(holders "$place" | wc -l)" "0 1"
		mapfile -t -O ${#all_holders[@]} all_holders < <(holders "$place")
		end_holders
		rm -rf "$place"
	fi
else
	skip "ordinary users" "they cannot run $TOCSIN"
fi

# ---- Another version ----

t -t 'sim*[0:2]' query 'select 1'
p=$(holders)
note_holders
cp "$TOCSIN" "$T/tocsin"
TOCSIN=$T/tocsin t -t 'sim*[0:2]' query 'select 1'
is "another version of the program works without" "$status" 0
is "and leaves its own" "$(holders | wc -l)" 2
end_holders
is "no process is left" "$(holders)" ""
