#!/bin/bash
# Jump hosts: real sshd in network namespaces, targets that nothing but the jump host reaches.
. "$(dirname "$0")/../lib.sh"
need jq ssh ip
need_root
ip netns add "tocsin-probe-$$" 2>/dev/null || all_skipped "no network namespaces here"
ip netns del "tocsin-probe-$$"

# ---- The net: the client - front (the bastion) - mid (a second one) - back (the targets) ----

ns=tj$$
spaces=()
gone() {
	local n
	exec 2>/dev/null
	for n in "${spaces[@]}"; do
		ip netns pids "$n" | xargs -r kill -KILL 2>/dev/null
		ip netns del "$n" 2>/dev/null
	done
	clean_up
}
trap gone EXIT
space() { ip netns add "$ns$1" && spaces+=("$ns$1") && ip -n "$ns$1" link set lo up; }
# wire A ADDR B ADDR: a link of two namespaces
wire() {
	local a=$ns$1 b=$ns$3 d="v$$$1$3"
	ip link add "${d}a" type veth peer name "${d}b" || return
	ip link set "${d}a" netns "$a" && ip -n "$a" addr add "$2/24" dev "${d}a" && ip -n "$a" link set "${d}a" up &&
		ip link set "${d}b" netns "$b" && ip -n "$b" addr add "$4/24" dev "${d}b" && ip -n "$b" link set "${d}b" up
}
{ space c && space f && space m && space b && wire c 10.213.1.1 f 10.213.1.2 && wire f 10.213.2.1 m 10.213.2.2 &&
	wire f 10.213.3.1 b 10.213.3.2 && wire m 10.213.4.1 b 10.213.4.2; } || all_skipped "no network namespaces here"
for i in $(seq 10 59); do ip -n "${ns}b" addr add "10.213.3.$i/24" dev "v$$fbb"; done

# sshd_in SPACE NAME ADDR:PORT [CONFIG LINE…]: as start_sshd, within a namespace
sshd_in() {
	local space=$1
	shift
	port_open() { ip netns exec "$ns$space" bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null; }
	SSHD_WITHIN="ip netns exec $ns$space ${SSHD_BY:-}" start_sshd "$@"
}
# Not root, whose shell may do all sorts of things first.
users="ann:2001 bob:2002 op:2003"
mkdir -p "$T/home/.ssh" && chmod 711 "$T/home"
export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config XDG_STATE_HOME=$T/home/.state
make_keys
for who in ann bob; do
	ssh-keygen -q -t ed25519 -N '' -C $who -f "$T/$who" </dev/null
done
SSHD_USERS=$users sshd_in f bastion 10.213.1.2:2201 "AuthorizedKeysFile $T/ann.pub"
SSHD_USERS=$users sshd_in m second 10.213.2.2:2202 "AuthorizedKeysFile $T/bob.pub"
chmod 644 "$T"/*.pub
more=()
for i in $(seq 10 23); do more+=("ListenAddress 10.213.3.$i:22"); done
SSHD_USERS=$users sshd_in b targets 10.213.3.2:22 "${more[@]}" "ListenAddress 10.213.4.2:22"
# The same daemon under all addresses.
{
	key=$(cut -d' ' -f1,2 "$T/targets/host_key.pub")
	echo "10.213.3.* $key"
	echo "10.213.4.2 $key"
} >>"$T/known_hosts"
cat >"$T/config" <<END
Host bastion
	HostName 10.213.1.2
	Port 2201
	User ann
	IdentityFile $T/ann
Host second
	HostName 10.213.2.2
	Port 2202
	User bob
	IdentityFile $T/bob
END
{
	for i in $(seq 10 23); do echo "t$i ansible_host=10.213.3.$i"; done
	echo "far ansible_host=10.213.4.2"
	echo "[all:vars]"
	echo "ansible_user=op"
	echo "ansible_ssh_private_key_file=$T/key"
} >"$T/hosts"
t() { run ip netns exec "${ns}c" "$TOCSIN" -i "$T/hosts" --known-hosts "$T/known_hosts" -F "$T/config" --report "$T/report" -o tsv "$@"; }
states() { jq -rc '.hosts | map(.state) | unique | join(" ")' "$T/report"; }
error_of() { jq -r --arg h "$1" '.hosts[] | select(.host == $h).error' "$T/report"; }
logins() { grep -c 'Accepted publickey' "$T/$1/log"; }

# ---- One jump host ----

t --connect-timeout 2 -t t10 query 'select 1 as one'
has "nothing leads there directly" "$(states)" 'unreachable|timed_out'
t -J bastion -t 'all:!far' query 'select 1 as one'
is "through a jump host: status" "$status" 0
is "through a jump host: all answer" "$(grep -c '^t' <<<"$out")" 14
is "one login for all of them" "$(logins bastion)" 1

t -J bastion,second -t far query 'select 1 as one'
is "a chain of two" "$status:$out" $'0:host\tone\nfar\t1'
is "the second one was logged in to, too" "$(logins second)" 1
t -J nonsense:0 -t far query 'select 1'
is "no jump host: status" "$status" 2
has "no jump host: said" "$err" 'nonsense:0. is not a jump host'

# ---- Where jump hosts are named ----

# one NAME ARGS…: a question to one host in a variable of the inventory
one() {
	local name=$1 host=$2 vars=$3
	shift 3
	echo "x ansible_host=$host ansible_user=op ansible_ssh_private_key_file=$T/key $vars" >"$T/one"
	run ip netns exec "${ns}c" "$TOCSIN" -i "$T/one" --known-hosts "$T/known_hosts" -F "$T/config" \
		--report "$T/report" -o tsv "$@" query 'select 1 as one'
	is "$name" "$status:$out:$(error_of x)" $'0:host\tone\nx\t1:null'
}
one "-J in ansible_ssh_common_args" 10.213.3.10 "ansible_ssh_common_args='-J bastion'"
one "-o ProxyJump there" 10.213.3.10 "ansible_ssh_common_args='-o ControlMaster=auto -o ProxyJump=ann@bastion'"
one "ansible_ssh_extra_args" 10.213.4.2 "ansible_ssh_extra_args='-vJbastion,second'"
cat >"$T/other" <<END
Host bastion
	HostName 10.213.1.2
	Port 2201
	User ann
	IdentityFile $T/ann
Host second
	HostName 10.213.2.2
	Port 2202
	User bob
	IdentityFile $T/bob
	ProxyJump bastion
Host 10.213.4.*
	ProxyJump second
Host 10.213.3.*
	ProxyCommand ssh -F $T/other -i $T/ann -o UserKnownHostsFile=$T/known_hosts -W %h:%p bastion
END
cp "$T/config" "$T/config.first"
cp "$T/other" "$T/config"
one "ProxyJump of the configuration, whose jump host has one, too" 10.213.4.2 ""
one "ProxyCommand of the configuration" 10.213.3.10 ""
cp "$T/config.first" "$T/config"
one "ProxyCommand in the inventory" 10.213.3.11 \
	"ansible_ssh_common_args='-o ProxyCommand=\"ssh -F $T/other -o UserKnownHostsFile=$T/known_hosts -W %h:%p bastion\"'"

# ---- A password for the jump host ----

hash=$(openssl passwd -6 'open sesame')
if unshare --mount true 2>/dev/null; then
	{
		cat /etc/shadow
		echo "pat:$hash:19000:0:99999:7:::"
	} >"$T/shadow"
	cat >"$T/with_shadow" <<'END'
#!/bin/sh
exec unshare --mount --propagation private sh -c 'mount --bind "$0" /etc/shadow && exec "$@"' "$@"
END
	chmod 755 "$T/with_shadow"
	SSHD_USERS="$users pat:2004" SSHD_BY="$T/with_shadow $T/shadow" sshd_in f doors 10.213.1.2:2203 \
		"PasswordAuthentication yes" "PubkeyAuthentication no"
	cat >"$T/ask.py" <<'END'
import os, pty, select, sys, time
words, command = sys.argv[1].split(","), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
said, asked, until = b"", 0, time.time() + 60
while time.time() < until:
    if not select.select([fd], [], [], 1)[0]:
        continue
    try:
        got = os.read(fd, 4096)
    except OSError:
        break
    if not got:
        break
    said += got
    if said.count(b"password: ") > asked:
        os.write(fd, (words[min(asked, len(words) - 1)] + "\n").encode())
        asked += 1
sys.stdout.write(said.decode(errors="replace").replace("\r", ""))
print("asked", asked)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
	typed() { # WORDS ARGS…
		local words=$1
		shift
		run ip netns exec "${ns}c" python3 "$T/ask.py" "$words" "$TOCSIN" -i "$T/hosts" --known-hosts "$T/known_hosts" \
			-F "$T/config" --report "$T/report" -o tsv "$@"
	}
	typed 'open sesame' -J pat@10.213.1.2:2203 -t 't1*' query 'select 1 as one'
	has "a password: asked once for ten hosts" "$out" '^asked 1$'
	has "and it says for whom" "$out" 'pat@10.213.1.2: password: '
	is "a password: they answer" "$status:$(states)" 0:answered
	typed 'wrong,open sesame' -J pat@10.213.1.2:2203 -t t10 query 'select 1 as one'
	has "a wrong one is asked for again" "$out" '^asked 2$'
	is "and the right one is good" "$status" 0
	typed 'wrong' -J pat@10.213.1.2:2203 -t t10 query 'select 1 as one'
	has "three wrong ones are enough" "$(error_of t10)" 'jump host 10.213.1.2: authentication failed for pat: wrong password'
	t -J pat@10.213.1.2:2203 -t t10 query 'select 1 as one'
	is "without a terminal: unreachable" "$(states)" unreachable
	has "without a terminal: why" "$(error_of t10)" 'jump host 10.213.1.2: it wants a password, and there is no terminal'
else
	skip "a password" "no mount namespaces here"
fi

# ---- What goes wrong ----

t -J 10.213.1.2:1 -t 't1*' query 'select 1'
is "jump host down: state" "$status:$(states)" 3:unreachable
has "jump host down: why" "$(error_of t10)" '^jump host 10.213.1.2: connection refused by 10.213.1.2 port 1$'
t -J bastion,second,10.213.2.2:1 -t t10 query 'select 1'
has "the third of a chain" "$(error_of t10)" '^jump host 10.213.2.2: jump host second could not reach 10.213.2.2 port 1: connection refused$'
sed 's|^\(\[10.213.1.2\]:2201 ssh-ed25519 \).*|\1'"$(cut -d' ' -f2 "$T/second/host_key.pub")|" "$T/known_hosts" >"$T/known_wrong"
run ip netns exec "${ns}c" "$TOCSIN" -i "$T/hosts" --known-hosts "$T/known_wrong" -F "$T/config" --report "$T/report" \
	-J bastion -t t10 query 'select 1'
has "another key than known at the jump host" "$(states) $(error_of t10)" '^unreachable jump host bastion: host key has CHANGED'
sed "s/^10.213.3.* /&/; s/^\(10.213.3.\*\) .*/\1 $(cut -d' ' -f1,2 "$T/second/host_key.pub" | sed 's/[\/&]/\\&/g')/" "$T/known_hosts" >"$T/known_wrong"
run ip netns exec "${ns}c" "$TOCSIN" -i "$T/hosts" --known-hosts "$T/known_wrong" -F "$T/config" --report "$T/report" \
	-J bastion -t t10 query 'select 1'
has "another key than known behind it" "$(states) $(error_of t10)" '^failed host key has CHANGED'
{
	for i in $(seq 10 23); do echo "t$i ansible_host=10.213.3.$i"; done
	for i in $(seq 10 23); do echo "d$i ansible_host=10.213.3.$i ansible_port=1"; done
	echo "[all:vars]"
	echo "ansible_user=op"
	echo "ansible_ssh_private_key_file=$T/key"
} >"$T/half"
half() {
	run ip netns exec "${ns}c" "$TOCSIN" -i "$T/half" --known-hosts "$T/known_hosts" -F "$T/config" --report "$T/report" \
		-J "$1" query 'select 1 as one'
}
half bastion
is "targets that refuse, among others" "$(jq -rc '.hosts | map(.host[:1] + .state) | unique | join(" ")' "$T/report")" \
	'dunreachable tanswered'
is "and each says why" "$(jq -r '.hosts[] | select(.host[:1] == "d").error' "$T/report" | sed 's/213\.3\.[0-9]*/213.3.N/' | sort -u)" \
	'jump host bastion could not reach 10.213.3.N port 1: connection refused'
SSHD_USERS=$users sshd_in f narrow 10.213.1.2:2204 "AuthorizedKeysFile $T/ann.pub" "PermitOpen 10.213.3.10:22"
cat >>"$T/config" <<END
Host narrow
	HostName 10.213.1.2
	Port 2204
	User ann
	IdentityFile $T/ann
END
half narrow
is "a jump host that forbids" "$(jq -rc '.hosts | map(.state) | group_by(.) | map(.[0] + " \(length)") | join(" ")' "$T/report")" \
	'answered 1 unreachable 27'
is "and each says so" "$(jq -r '.hosts[] | select(.host != "t10").error' "$T/report" | sed 's/213\.3\.[0-9]*/213.3.N/; s/port [0-9]*/port N/' | sort -u)" \
	'jump host narrow could not reach 10.213.3.N port N: administratively prohibited'

# ---- Fifty targets behind one; it dies midway ----

for i in $(seq 1 50); do echo "n$i ansible_host=10.213.3.$((10 + i % 14)) ansible_user=op ansible_ssh_private_key_file=$T/key"; done >"$T/fifty"
fifty() {
	ip netns exec "${ns}c" "$TOCSIN" -i "$T/fifty" --known-hosts "$T/known_hosts" -F "$T/config" --report "$T/report" \
		-J bastion -o tsv --connect-timeout 30 --timeout 30 query "$1" >"$T/fifty.out" 2>"$T/fifty.err" </dev/null
}
: >"$T/bastion/log"
check "fifty behind one: all answer" fifty 'select 1 as one'
is "fifty behind one: one login" "$(logins bastion)" 1
is "fifty behind one: fifty rows" "$(grep -c ^n "$T/fifty.out")" 50

slow='with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n'
: >"$T/bastion/log"
background fifty "$slow"
asking=$pid
# All are asked: each has an agent running in the last namespace.
agents_run() { [ "$(ip netns pids "${ns}b" | xargs -r ps -o args= -p | grep -c "^[^ ]*/tocsin-agentd session")" -ge 50 ]; }
check "fifty agents work" wait_for 30 agents_run
listener=$(cat "$T/bastion/pid")
for p in $(ip netns pids "${ns}f"); do
	if grep -qaE '^sshd(-session)?: ann' "/proc/$p/cmdline"; then kill -KILL "$p"; fi
done
wait "$asking"
is "the jump host's session dies midway: states" "$(states)" failed
is "and they say so" "$(jq -r '.hosts[].error' "$T/report" | sort -u | sed 's/went away: .*/went away/')" 'jump host bastion went away'
check "asked again, all answer" fifty 'select 1 as one'
kill -STOP "$listener"
background fifty 'select 1 as one'
asking=$pid
sleep 0.2
kill -CONT "$listener"
wait "$asking"
is "a jump host that hangs for a moment" "$(states)" answered

if command -v valgrind >/dev/null && [ "${SAN:-0}" = 0 ]; then
	run ip netns exec "${ns}c" valgrind --track-fds=yes "$TOCSIN" -i "$T/half" --known-hosts "$T/known_hosts" -F "$T/config" \
		--connect-timeout 60 -J bastion query 'select 1 as one'
	# Besides the standard ones and the log of valgrind itself, those of the caller.
	has "no descriptor is left open" "$err" 'FILE DESCRIPTORS: [3-5] open \(3 std\)'
fi

# ---- A batch leaves nothing behind ----

is "no program is left" "$(ip netns pids "${ns}c" | wc -l)" 0
