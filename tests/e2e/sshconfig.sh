#!/bin/bash
# What tocsin reads out of ssh_config(5) files is what `ssh -G` reads out of them.
. "$(dirname "$0")/../lib.sh"
need ssh

conf=$B/tools/console_sshconf
fixtures=tests/fixtures/sshconfig

# Relative Includes are read below ~/.ssh of the account, so the paths are made absolute.
for f in "$fixtures"/*; do
	[ -f "$f" ] && sed "s#inc/#$PWD/$fixtures/inc/#g" "$f" >"$T/$(basename "$f")"
done

# The keywords that console_sshconf printed, as ssh -G has them. ssh prints its defaults for what
# is not set, which we leave out, and tokens of proxies unexpanded (these have tests of their own).
compare() { # NAME FILE HOST [USER [PORT]]
	local name=$1 file=$2 host=$3 user=${4-} port=${5-} keys
	local args=(-G -F "$file") ours=("$file" "$host")
	[ -n "$user" ] && args+=(-l "$user") && ours+=("$user")
	[ -n "$port" ] && args+=(-p "$port") && ours+=("$port")
	if ! "$conf" "${ours[@]}" >"$T/ours" 2>"$T/ours.err"; then
		fail "$name" "$(cat "$T/ours.err")"
		return
	fi
	ssh "${args[@]}" "$host" >"$T/theirs" 2>"$T/theirs.err" </dev/null || {
		fail "$name" "ssh: $(cat "$T/theirs.err")"
		return
	}
	keys=$(cut -d' ' -f1 "$T/ours" | sort -u | tr '\n' '|')
	is "$name" "$(sort "$T/ours")" "$(grep -E "^(${keys%|}) " "$T/theirs" | grep -v '^identityfile none' | sort)"
}

for h in web1 web7 WEB1 web22 other; do compare "first-wins $h" "$T/first-wins" $h; done
compare "first-wins as root" "$T/first-wins" web1 root
for h in quoted other x.example.com X.example.com secret.example.com z zz 10.0.7.12 10.0.7.2 ::1 fe80::7 abcd axbxcxd axbxcx; do
	compare "hosts $h" "$T/hosts" "$h"
done
compare "hosts with user and port" "$T/hosts" x.example.com bob 9
for h in alias1 real1.example.com other.example.com web5 web6 web9 plain; do compare "match $h" "$T/match" $h; done
for h in web9 x.example.com alias1; do compare "match $h as root" "$T/match" $h root; done
for h in short long.example.com else; do compare "final $h" "$T/final" $h; done
for h in a b c; do compare "include $h" "$T/include" $h; done
for h in three four five; do compare "proxies $h" "$T/proxies" $h; done

is "proxies: command tokens" "$("$conf" "$T/proxies" one bob 24 | grep proxy)" "proxycommand ssh -W '[one]:24' -l bob hop # one"
is "proxies: jump tokens" "$("$conf" "$T/proxies" two bob | grep proxy)" "proxyjump bob@jump-two:22"

printf 'Host a\n\tPort ssh\n\tServerAliveCountMax 0\nHost b\n\tPort http\n' >"$T/numbers"
if getent services http >/dev/null; then
	for h in a b; do compare "numbers $h" "$T/numbers" $h; done
else
	skip "numbers" "no /etc/services"
fi

cat >"$T/tokens" <<'EOF'
Host t
	HostName %h.example.org
	Port 2222
	User ruth
	HostKeyAlias ali
	IdentityFile ~/.ssh/%n-%h-%p-%r-%u-%k-%%-%i
	IdentityFile ${TOCSIN_TEST_DIR}/x
	IdentityFile %d/y
	CertificateFile ~/%C
EOF
hash=$(printf '%s' "$(hostname)t.example.org2222ruth" | sha1sum | cut -d' ' -f1)
is "tokens" "$(TOCSIN_TEST_DIR=/tt HOME=/h "$conf" "$T/tokens" t | grep -E 'identityf|certif')" \
	"identityfile /h/.ssh/t-t.example.org-2222-ruth-$(id -un)-ali-%-$(id -u)
identityfile /tt/x
identityfile /h/y
certificatefile /h/$hash"

# A command is run with what the lines before it say.
for t in %h %k %p %r %n %C; do
	printf 'Host a\nHostName %%h.real\nHostKeyAlias ali\nMatch exec "echo %s >%s"\n' $t "$T/said" >"$T/exec-token"
	rm -f "$T/said"
	ssh -G -F "$T/exec-token" a </dev/null >/dev/null 2>&1
	mv "$T/said" "$T/said.ssh"
	"$conf" "$T/exec-token" a >/dev/null
	is "Match exec: $t" "$(cat "$T/said")" "$(cat "$T/said.ssh")"
done

if command -v python3 >/dev/null; then
	mkdir "$T/random"
	check "random files" python3 tests/tools/sshconfrandom "$conf" "$T/random" "${SEED:-$RANDOM}" 60
fi

bad() { # NAME TEXT WANT
	printf '%b' "$2" >"$T/bad"
	run "$conf" "$T/bad" h
	is "bad: $1" "$status ${err//$T\//}" "1 $3"
}
bad port 'Port 70000\n' 'bad:1: not a port: 70000'
bad "port 0" 'Port 0\n' 'bad:1: not a port: 0'
bad quote 'User a\nHost "x\n' 'bad:2: a quote is not closed'
bad match 'Match hots x\n' 'bad:1: Match knows no such condition: hots'
bad "match without value" 'Match host\n' 'bad:1: Match: a condition has no value: host'
bad "match alone" 'Match\n' 'bad:1: Match without a condition'
bad "no value" '\n\nUser\n' 'bad:3: a value is missing after: user'
bad "two values" 'User a b\n' 'bad:1: one value is enough for: user'
bad flag 'IdentitiesOnly perhaps\n' 'bad:1: neither yes nor no: perhaps'
bad "an empty value" 'Port 1\nUser ""\n' 'bad:2: a value is missing after: user'
bad "an empty host" 'Host a ""\n' 'bad:1: a value is missing after: host'
bad strictness 'StrictHostKeyChecking maybe\n' 'bad:1: not a value of stricthostkeychecking: maybe'
bad family 'AddressFamily ipv4\n' 'bad:1: not a value of addressfamily: ipv4'
bad time 'ConnectTimeout 3x\n' 'bad:1: not a time: 3x'
bad token 'HostName %q\n' 'ssh config: cannot expand "%q"'
# shellcheck disable=SC2016 # the variable is for the file
bad variable 'IdentityFile ${NO_SUCH_VARIABLE_HERE}\n' 'ssh config: cannot expand "${NO_SUCH_VARIABLE_HERE}"'
bad nul 'User a\0b\n' 'bad:0: a NUL byte: not a text file'
echo "Include $T/loop" >"$T/loop"
run "$conf" "$T/loop" h
has "an Include of itself ends" "$err" "Include within too many others"
run "$conf" "$T/missing" h
has "a file that is not there" "$err" "cannot read .*/missing: No such file"
mkfifo "$T/fifo"
RUN_TIMEOUT=5 run "$conf" "$T/fifo" h
has "a FIFO is not waited for" "$err" "Invalid argument"

# Newer than many an ssh: compared with none.
said() { # WHAT TEXT WANT [HOST]: the port, and what is said to be left undone
	printf '%b' "$2" >"$T/newer"
	run "$conf" "$T/newer" "${4-h}"
	is "$1" "$(grep ^port <<<"$out") ${err//$T\//}" "$3"
}
said "Match tagged" 'Tag prod\nMatch tagged lab,pro?\nPort 9\n' 'port 9 '
said "Match tagged, another" 'Tag lab\nTag prod\nMatch tagged prod\nPort 9\n' 'port 22 '
said "Match tagged, without a tag" 'Match tagged prod\nPort 9\nMatch !tagged prod\nPort 8\n' 'port 8 '
said "Match sessiontype" 'Match sessiontype shell,exec\nPort 9\nMatch sessiontype subsystem\nPort 8\n' 'port 8 '
said "Match command" 'Match command tocsin\nPort 8\n' 'port 8 '
instead='is not supported (--ssh-command ssh does it)'
said "what cannot be told" 'Match !localnetwork 10.0.0.0/8\nPort 9\nMatch version x\nPort 8\n' \
	"port 22 notice: newer:1: Match localnetwork $instead"$'\n'"notice: newer:3: Match version $instead"
said "concerns none for whom the rest does not hold" 'Match version x host a,b\nMatch host b !localnetwork 10.0.0.0/8\nPort 8\n' "port 22 "
said "but others" 'Match version x host a,b\nMatch final host b localnetwork 10.0.0.0/8\n' \
	"port 22 notice: newer:1: Match version $instead"$'\n'"notice: newer:2: Match localnetwork $instead" b
said "no command is run for it" "Match version x exec \"touch $T/was-run\"\n" "port 22 notice: newer:1: Match version $instead"
check "none was" test ! -e "$T/was-run"
for k in CanonicalizeHostname RevokedHostKeys KnownHostsCommand ProxyUseFdpass; do
	proxied='ProxyCommand x\n'
	said "$k is said to be undone" "Port 1\n$k yes\n$proxied" "port 1 notice: newer:2: $k $instead"
	said "$k is said where a Host matches" "Host a b\n${k,,} = yes\nHost *\nPort 7\n$proxied" "port 7 notice: newer:2: $k $instead" b
	said "$k is not said of others" "Host a b\n$k yes\nMatch host c\n$k yes\nHost *\nPort 7\n$proxied" "port 7 "
	said "$k: the first counts" "Host h\n$k no\nHost *\n$k yes\n$proxied" "port 22 "
	for no in no none false; do said "$k $no is not" "$k=$no\n$proxied" "port 22 "; done
	bad "$k without a value" "Port 1\n$k\n" "bad:2: a value is missing after: $k"
done
said "a descriptor passed by no program" 'ProxyUseFdpass yes\nProxyCommand none\n' "port 22 "
said "nor for a jump host" 'ProxyUseFdpass yes\nProxyJump j\nProxyCommand x\n' "port 22 "

# A command that hangs is ended and does not match.
printf 'Match exec "sleep 60"\n\tPort 9\n' >"$T/exec"
started=$SECONDS
is "a command that hangs does not match" "$(bounded 20 "$conf" "$T/exec" h | grep ^port)" "port 22"
check "and is ended in time" test $((SECONDS - started)) -lt 10
