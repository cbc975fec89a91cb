# shellcheck shell=bash
# Sourced by the tests of quarantine, as `. "$(dirname "$0")/../quarantine_lib.sh"`: a host that is cut off, with
# real nftables, sshd and daemon in network namespaces of the test's own. Where the test runs is the
# operator's; "host" is the one cut off, "jump" a jump host, "bad" the attacker's, "inner" a container
# behind the host. Gives
#
#   on NS CMD…            runs it there
#   act, request, confirm, status, state, ask    actions over real ssh, by $way; $out is the outcome
#   rules, as_before, in_force                   the host's nftables
#   daemon_in_host, daemon_killed, audited       its daemon
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need unshare ip nft jq socat ssh
need_root
within -nm
nft list ruleset >/dev/null 2>&1 || all_skipped "needs nftables in the kernel"

# ---- The network ----

mount --make-rprivate /
# Where the agent and ip keep what is theirs.
mount -t tmpfs none /run && mkdir /run/netns
ip link set lo up
ip link add br0 type bridge && ip link set br0 up
ip addr add 10.77.0.1/24 dev br0
ip addr add fd77::1/64 dev br0 nodad
n=1
for name in host bad jump; do
	n=$((n + 1))
	ip netns add $name
	ip link add v$name type veth peer name eth0 netns $name
	ip link set v$name master br0 up
	ip -n $name addr add 10.77.0.$n/24 dev eth0
	ip -n $name addr add fd77::$n/64 dev eth0 nodad
	ip -n $name link set lo up
	ip -n $name link set eth0 up
done
ip netns add inner
ip -n host link add vinner type veth peer name eth0 netns inner
ip -n host addr add 10.88.0.1/24 dev vinner
ip -n host link set vinner up
ip -n inner addr add 10.88.0.2/24 dev eth0
ip -n inner link set eth0 up
ip -n inner route add default via 10.88.0.1
ip -n bad route add 10.88.0.0/24 via 10.77.0.2
ip netns exec host sysctl -qw net.ipv4.ip_forward=1
on() { ip netns exec "$@"; }

# ---- The host: other people's rules, sshd, the daemon ----

cat >"$T/rules" <<'TXT'
table inet filter {
	chain input {
		type filter hook input priority filter; policy accept;
		ct state established,related accept
		tcp dport { 22, 4444 } accept comment "theirs"
	}
}
table ip other {
	chain in {
		type filter hook input priority 10; policy drop;
		accept
	}
}
table ip nat {
	chain post {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "nothing" masquerade
	}
}
TXT
on host nft -f "$T/rules"
rules() { on host nft -s list ruleset; }
before=$(rules)

printf 'quarantine_confirm_s = 60\n' >"$T/agentd.conf"
chmod 600 "$T/agentd.conf"
ready() { "$AGENTD" session </dev/null | grep -q '"privileged":true'; }
# daemon_in_host [COMMAND…]: started by that.
# shellcheck disable=SC2120 # tests pass some
daemon_in_host() {
	# Nothing of nft's is needed.
	background ip netns exec host "$@" env PATH=/nonexistent "$AGENTD" daemon --run-dir /run/tocsin --state-dir "$T/state" --config "$T/agentd.conf" \
		>/dev/null 2>>"$T/daemon.log" </dev/null
	daemon=$pid
	wait_for 10 ready || fail daemon "$(tail -n 3 "$T/daemon.log")"
}
# shellcheck disable=SC2119 # none here
daemon_in_host
SSHD_WITHIN="ip netns exec host" start_sshd host 10.77.0.2:2222 "ListenAddress [fd77::2]:2222"
SSHD_WITHIN="ip netns exec jump" start_sshd jump 10.77.0.4:2200
known_hosts_for host fd77::2 2222 >>"$T/known_hosts"
ssh_options=(-i "$T/key" -o "UserKnownHostsFile=$T/known_hosts" -o StrictHostKeyChecking=yes -o BatchMode=yes
	-o ConnectTimeout=5 -F /dev/null)
daemon_killed() {
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null
}
# ask JSON…: one session over a connection of its own, by $way; the replies but for hello.
way=(root@10.77.0.2)
ask_all() { printf '%s\n' "$@" | bounded 60 ssh "${ssh_options[@]}" -p 2222 "${way[@]}" -s tocsin 2>>"$T/ssh.log"; }
ask() { ask_all "$@" | jq -c 'select(.op != "hello")'; }
request() { ask "{\"op\":\"action\",\"id\":1,\"action\":\"$1\",\"args\":$2,\"dry_run\":${3:-false}}"; }
# act ACTION [ARGS]: planned, then done with the plan's identity; sets $out to the outcome.
act() {
	local args=${2:-"{}"}
	out=$(request "$1" "$args" true)
	[ "$(status)" = planned ] || return
	# shellcheck disable=SC2034 # theirs
	identity=$(jq -r .before.identity <<<"$out")
	out=$(request "$1" "$(jq -c --argjson o "$out" '. + {identity: $o.before.identity}' <<<"$args")")
}
status() { jq -r .status <<<"$out"; }
confirm() { out=$(request quarantine "{\"confirm\":\"$1\"}"); }
state() { jq -r ".$1" "$T/state/quarantine.json"; }
fails() { ! "$@"; }
# reads PATTERN: the audit log has such a line.
audited() { "$AGENTD" audit --state-dir "$T/state" -o ndjson | grep -qE "$1"; }
# shellcheck disable=SC2034 # theirs
by_jump=(-o "ProxyCommand=ssh -i $T/key -o UserKnownHostsFile=$T/known_hosts -o BatchMode=yes -F /dev/null -p 2200 -W %h:%p root@10.77.0.4"
	root@10.77.0.2)
as_before() { [ "$(rules)" = "$before" ]; }
in_force() { on host nft list table inet tocsin_quarantine; }
