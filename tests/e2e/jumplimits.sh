#!/bin/bash
# What sshd bears at once, at a jump host and behind it: nothing may fail for it. MaxStartups drops
# whom it likes, MaxSessions counts sessions, and each channel takes one of its descriptors. And what
# becomes of those behind it when it exchanges keys anew, or dies while they are being connected.
. "$(dirname "$0")/../lib.sh"
need jq ssh prlimit socat
need_root
export HOME=$T/home
mkdir -p "$HOME/.ssh"
ulimit -n "$(ulimit -Hn)"

# narrow NAME: its MaxStartups are few now. What sshd reads last counts, and lib.sh has it last.
narrow() {
	sed -i 's/^MaxStartups 1000$/MaxStartups 2:50:4/' "$T/$1/config"
	: >"$T/$1/log"
	kill -HUP "$(cat "$T/$1/pid")"
	wait_for 20 grep -q 'Server listening' "$T/$1/log"
}
dropped() { grep -c 'drop connection' "$T/$1/log"; }
logins() { grep -c 'Accepted publickey' "$T/$1/log"; }
config_for() { printf 'Host %s\n\tHostName 127.0.0.1\n\tPort %s\n\tUser root\n\tIdentityFile %s\n' "$1" "$2" "$T/key" >>"$T/config"; }
# t INVENTORY ARGS…
t() {
	local inventory=$1
	shift
	run "$TOCSIN" -i "$inventory" --known-hosts "$T/known_hosts" -F "$T/config" --connect-timeout 60 --timeout 60 \
		--report "$T/report" -o tsv "$@" query 'select 1 as one'
}
# What became of how many.
ends() { jq -r '.hosts[] | .state + " " + (.error // "")' "$T/report" | sort | uniq -c | xargs; }

make_keys
port=$(free_port) jump_port=$(free_port)
start_sshd jump "127.0.0.1:$jump_port" "MaxSessions 2"
start_sshds targets 127.99.1 1 14 "$port" "MaxSessions 2"
config_for jump "$jump_port"
for i in $(seq 1 40); do
	echo "t$i ansible_host=127.99.1.$((1 + i % 14)) ansible_port=$port ansible_user=root ansible_ssh_private_key_file=$T/key"
done >"$T/hosts"

# ---- MaxStartups, MaxSessions ----

check "sshd takes few at once" narrow targets1
t "$T/hosts" -J jump
is "forty behind a jump host, at an sshd of few startups" "$(ends)" "40 answered"
check "of whom it dropped some" [ "$(dropped targets1)" -gt 0 ]
t "$T/hosts"
is "forty without a jump host" "$(ends)" "40 answered"

check "the jump host takes few at once" narrow jump
# Others are just logging in there: four stay of forty. They hold on to their ends (CLOSE-WAIT); newer versions of sshd
# do not log everybody whom they drop.
crowd() {
	others=()
	for _ in {1..40}; do
		background sleep 300 3<>"/dev/tcp/127.0.0.1/$jump_port"
		others+=("$pid")
	done
	check "others are at its door" wait_for 20 were_dropped 36
}
were_dropped() {
	[ "$(grep -c " [0-9A-F]*:$(printf %04X "$jump_port") 08 " /proc/net/tcp)" -ge "$1" ]
}
none_waits() { ! were_dropped 1; }
# What comes by its door is counted: who comes back was dropped.
door_port=$(free_port)
export JUMP=127.0.0.1:$jump_port
# shellcheck disable=SC2016 # for the inner shell
background socat TCP-LISTEN:"$door_port",bind=127.0.0.1,fork SYSTEM:'echo x >>"$T/came"; exec socat - "TCP:$JUMP"'
wait_for 10 port_open 127.0.0.1 "$door_port"
known_hosts_for jump 127.0.0.1 "$door_port" >>"$T/known_hosts"
config_for door "$door_port"
wait_for 10 test -s "$T/came"
: >"$T/came"
came() { [ "$(wc -l <"$T/came")" -ge "$1" ]; }
crowd
background t "$T/hosts" -J door
asking=$pid
check "it drops us, too" wait_for 30 came 2
kill "${others[@]}"
wait "$asking"
is "and lets us in when they are gone" "$(ends)" "40 answered"
is "once" "$(logins jump)" 1
wait_for 20 none_waits

crowd
t "$T/hosts" -J jump --connect-timeout 2 -t t1
has "they do not go: why" "$(ends)" \
	"^1 unreachable jump host jump: 127.0.0.1 port $jump_port takes no more connections just now.*: (Exceeded MaxStartups|Not allowed at this time) in 2 s\$"

# ---- Keys exchanged anew, again and again ----

anew_port=$(free_port)
start_sshd anew "127.0.0.1:$anew_port" "RekeyLimit 64K"
start_sshds renewing 127.99.2 1 3 "$port" "RekeyLimit 64K"
config_for anew "$anew_port"
for i in 1 2 3; do
	echo "r$i ansible_host=127.99.2.$i ansible_port=$port ansible_user=root ansible_ssh_private_key_file=$T/key"
done >"$T/renewing"
for by in "" anew; do
	run "$TOCSIN" -i "$T/renewing" --known-hosts "$T/known_hosts" -F "$T/config" --connect-timeout 60 --timeout 60 \
		--report "$T/report" -o tsv ${by:+-J "$by"} query \
		'with recursive n(i) as (select 1 union all select i + 1 from n limit 20000) select i, hex(zeroblob(100)) from n'
	is "hosts${by:+ and a jump host} that exchange keys anew" "$(ends) $(wc -l <<<"$out")" "3 answered 60001"
done

# ---- Descriptors ----

few_port=$(free_port) sim_port=$(free_port)
SSHD_WITHIN="prlimit --nofile=250:250" start_sshd few "127.0.0.1:$few_port"
config_for few "$few_port"
mkdir "$T/sim"
mkfifo "$T/hold"
background "$B/tools/fleetsim" --hosts 600 --port "$sim_port" --net 8 --dir "$T/sim" <>"$T/hold" >"$T/sim-out" 2>&1
check "the simulator" wait_for 30 grep -q ready "$T/sim-out"
cat "$T/sim/known_hosts" >>"$T/known_hosts"
t "$T/sim/inventory" -u x --private-key "$T/sim/id" -J "root@127.0.0.1:$few_port" -t 'sim*[0]'
has "its key is for the hosts only, and this is said" "$(ends)" \
	'1 unreachable jump host 127.0.0.1: authentication failed for root: .* \(--private-key is for the hosts behind it'
t "$T/sim/inventory" -u x --private-key "$T/sim/id" -J few
is "more hosts than sshd has descriptors" "$(ends)" "600 answered"
check "by more than one session" [ "$(logins few)" -gt 1 ]
check "but few ($(logins few))" [ "$(logins few)" -le 5 ]

# ---- It dies ----

dying_port=$(free_port)
start_sshd dying "127.0.0.1:$dying_port"
config_for dying "$dying_port"
background "$TOCSIN" -i "$T/sim/inventory" --known-hosts "$T/known_hosts" -F "$T/config" --connect-timeout 60 --report "$T/report" \
	-u x --private-key "$T/sim/id" -J dying -f 8 -o tsv query 'select 1 as one' >"$T/rows" 2>"$T/rows.err"
asking=$pid
rows() { [ "$(wc -l <"$T/rows")" -gt "$1" ]; }
for n in 60 200 350; do
	check "more than $n hosts have answered" wait_for 60 rows "$n"
	sshd_serves dying | xargs -r kill -KILL
done
wait "$asking"
check "it was connected anew each time ($(logins dying) times)" [ "$(logins dying)" -ge 4 ]
is "who failed, failed for it" "$(jq -r '.hosts[] | select(.state != "answered") | .state + " " + .error' "$T/report" |
	grep -cv '^failed jump host dying went away: ')" 0
# Answers of one row have no middle, or hardly any.
answered=$(jq '[.hosts[] | select(.state == "answered")] | length' "$T/report")
check "all others answered ($answered)" [ "$answered" -ge 598 ]
