#!/bin/bash
# The fan-out engine against real sshd: keys, certificates, agents, host keys, hosts that do not do
# what SSH servers do, many at once; by libssh, and where it differs by OpenSSH's client.
. "$(dirname "$0")/../lib.sh"
need ssh-keygen ssh-agent ssh-add socat pgrep
fanout=$B/tools/fanout
user=$(id -un)
# A user without a login script, which may take longer than everything here.
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	user=fan SSHD_USERS=fan:64242
fi
export HOME=$T/home
mkdir -p "$HOME/.ssh"

# fan OPTION… HOST…: what the engine prints, in $out and $err.
fan() {
	run "$fanout" -u "$user" -C $((10000 * SLOW)) "$@"
	if [ "$status" != 0 ] || grep -qE 'Sanitizer|runtime error' <<<"$err"; then
		fail "fanout $*" "status $status: $err"
	fi
}
# ends NAME HOST STATE WORDS: how a host ended in the last run, and what was said.
ends() {
	local line
	line=$(grep -F "$2 " <<<"$out" | head -n 1)
	if [ "$(cut -d' ' -f2 <<<"$line")" != "$3" ]; then
		fail "$1" "ended as: $line ($err)"
	elif ! grep -qE -e "$4" <<<"${line#* truncated=? warnings=*: }"; then
		fail "$1" "no /$4/ in: $line"
	else
		pass "$1"
	fi
}

port=$(free_port)
start_sshd one 127.0.0.1:"$port"
one=127.0.0.1:$port
print=$(ssh-keygen -lf "$T/one/host_key.pub" | cut -d' ' -f2 | sed 's/+/\\+/g')
known=(-K "$T/known_hosts")

# ---- Keys ----

fan "${known[@]}" -k "$T/key" -v -e 'select 1' "$one"
ends "an answer" "$one" answered ''
has "and its row" "$out" "^$one: 1$"
fan "${known[@]}" -k "$T/key" -e 'select 1' -e '' -e 'select 2' -e 'select x' "$one"
is "several questions on one connection" "$(cut -d' ' -f2,3 <<<"$out" | tr '\n' ' ')" \
	"answered rows=1 answered rows=0 answered rows=1 failed rows=0 "
is "and it was one" "$(grep -c 'Accepted publickey' "$T/one/log")" 2

ssh-keygen -q -t ed25519 -N '' -f "$T/other" </dev/null
fan "${known[@]}" -k "$T/other" "$one"
ends "a key that opens nothing" "$one" failed \
	"^authentication failed for $user: tried key $T/other, no agent; server accepts publickey"
fan "${known[@]}" -k "$T/other" -k "$T/key" "$one"
ends "the second key does it" "$one" answered ''
fan "${known[@]}" -k "$T/none" "$one"
ends "a key that is not there" "$one" failed "tried key $T/none \(no such file\)"
echo nonsense >"$T/bad" && chmod 600 "$T/bad"
fan "${known[@]}" -k "$T/bad" "$one"
ends "a key that is none" "$one" failed 'not a private key'
cp "$T/key" "$T/open" && chmod 644 "$T/open"
fan "${known[@]}" -k "$T/open" "$one"
ends "a key that others may read" "$one" failed 'others may read it'
fan "${known[@]}" "$one"
ends "nothing to try" "$one" failed "^authentication failed for $user: no key in ~/.ssh and no agent; server accepts publickey"
cp "$T/key" "$HOME/.ssh/id_ed25519"
fan "${known[@]}" "$one"
ends "the default key" "$one" answered ''
ssh-keygen -q -t ecdsa -N '' -f "$HOME/.ssh/id_ecdsa" </dev/null
mv "$HOME/.ssh/id_ed25519" "$HOME/.ssh/id_rsa"
fan "${known[@]}" "$one"
ends "another default key" "$one" answered ''
rm "$HOME/.ssh/"id_*
for type in rsa ecdsa; do
	ssh-keygen -q -t $type -N '' -f "$T/$type" </dev/null
	cat "$T/$type.pub" >>"$T/authorized_keys"
	fan "${known[@]}" -k "$T/$type" "$one"
	ends "a key of type $type" "$one" answered ''
done

# ---- Passphrases ----

cp "$T/key" "$T/secret"
ssh-keygen -q -p -N 'open sesame' -f "$T/secret" </dev/null >/dev/null
fan "${known[@]}" -k "$T/secret" "$one"
ends "a passphrase that nobody can type" "$one" failed \
	"key $T/secret \(protected by a passphrase and there is no terminal\)"
fan "${known[@]}" -k "$T/secret" -P 'open sesame' "$one" "127.0.0.1:$((port + 1))"
ends "a passphrase" "$one" answered ''
is "asked for once" "$(grep -c 'asked for the passphrase' <<<"$err")" 1
fan "${known[@]}" -k "$T/secret" -P 'wrong' "$one"
ends "a wrong passphrase" "$one" failed "key $T/secret \(wrong passphrase\)"
is "asked for three times" "$(grep -c 'asked for the passphrase' <<<"$err")" 3

# ---- Certificates ----

ssh-keygen -q -t ed25519 -N '' -f "$T/ca" </dev/null
ssh-keygen -q -t ed25519 -N '' -f "$T/certified" </dev/null
ssh-keygen -q -s "$T/ca" -I tester -n "$user" "$T/certified.pub" </dev/null
start_sshd two 127.0.0.2:"$port" "TrustedUserCAKeys $T/ca.pub" "AuthorizedKeysFile none"
two=127.0.0.2:$port
fan "${known[@]}" -k "$T/certified" "$two"
ends "a certificate" "$two" answered ''
rm "$T/certified-cert.pub"
fan "${known[@]}" -k "$T/certified" "$two"
ends "the same key without it" "$two" failed 'authentication failed'
ssh-keygen -q -s "$T/ca" -I tester -n "$user" -V -2d:-1d "$T/certified.pub" </dev/null
fan "${known[@]}" -k "$T/certified" "$two"
ends "a certificate that has expired" "$two" failed 'and its certificate'
cat "$T/certified.pub" >>"$T/authorized_keys"
fan "${known[@]}" -k "$T/certified" "$one"
ends "the key itself where the certificate is not trusted" "$one" answered ''

# ---- ssh-agent ----

background ssh-agent -D -a "$T/agent" >/dev/null 2>&1
wait_for 10 test -S "$T/agent"
export SSH_AUTH_SOCK=$T/agent
fan "${known[@]}" -k "$T/other" "$one"
ends "an agent without keys" "$one" failed 'agent \(no keys, or locked\)'
ssh-add -q "$T/other" "$T/key" 2>/dev/null
fan "${known[@]}" "$one"
ends "an agent" "$one" answered ''
fan "${known[@]}" -k "$T/secret" "$one"
ends "a protected key that the agent holds" "$one" answered ''
fan "${known[@]}" -k "$T/secret" -P 'open sesame' "$one"
is "needs no passphrase" "$(grep -c 'asked for the passphrase' <<<"$err")" 0
ssh-add -q -d "$T/key" 2>/dev/null
fan "${known[@]}" "$one"
ends "an agent with another key" "$one" failed 'tried agent \(1 key\); server accepts publickey'
ssh-add -q "$T/key" 2>/dev/null
printf '#!/bin/sh\necho x\n' >"$T/askpass" && chmod +x "$T/askpass"
SSH_ASKPASS=$T/askpass SSH_ASKPASS_REQUIRE=force DISPLAY=x ssh-add -q -x 2>/dev/null </dev/null
fan "${known[@]}" "$one"
ends "a locked agent" "$one" failed 'agent \(no keys, or locked\)'
SSH_AUTH_SOCK=$T/nowhere fan "${known[@]}" "$one"
ends "an agent's socket that is not there" "$one" failed 'agent \(cannot be reached: No such file'
SSH_AUTH_SOCK=$T/nowhere fan "${known[@]}" -k "$T/key" "$one"
ends "which does not matter to those with a key" "$one" answered ''
background socat UNIX-LISTEN:"$T/mute",fork SYSTEM:'sleep 100'
wait_for 10 test -S "$T/mute"
before=$SECONDS
SSH_AUTH_SOCK=$T/mute fan -C $((3000 * SLOW)) "${known[@]}" -k "$T/key" -k "$T/other" "$one" "$two"
ends "an agent that never answers holds up nobody who has a key" "$one" answered ''
ends "and it is said" "$two" failed 'agent \(does not answer\)'
check "in time" test $((SECONDS - before)) -lt $((20 * SLOW))
unset SSH_AUTH_SOCK

# ---- Host keys ----

: >"$T/empty"
fan -K "$T/empty" -k "$T/key" "$one"
ends "an unknown key" "$one" failed \
	"^host key is not known \(ssh-ed25519 $print\); --accept-new would add it$"
fan -K "$T/new" -a -k "$T/key" "$one" "$one" "$one"
is "accepted once for all who share it" "$(grep -c answered <<<"$out") $(wc -l <"$T/new")" "3 1"
is "as ssh would write it" "$(cat "$T/new")" "$(known_hosts_for one 127.0.0.1 "$port")"
sed "s/^[^ ]*/[127.0.0.1]:$port/" <(cut -d' ' -f1,2 "$T/two/host_key.pub" | sed 's/^/x /') >"$T/changed"
fan -K "$T/changed" -a -k "$T/key" "$one"
ends "a changed key" "$one" failed \
	"^host key has CHANGED: known ssh-ed25519 SHA256:.* \($T/changed line 1\), offered ssh-ed25519 $print$"
is "which is not added" "$(wc -l <"$T/changed")" 1
cp "$T/known_hosts" "$T/hashed" && ssh-keygen -q -H -f "$T/hashed" >/dev/null 2>&1
fan -K "$T/hashed" -k "$T/key" "$one"
ends "a hashed name" "$one" answered ''
(echo -n '@revoked * ' && cut -d' ' -f1,2 "$T/one/host_key.pub") >"$T/revoked"
fan -K "$T/revoked" -K "$T/revoked" -k "$T/key" "$one"
ends "a revoked key" "$one" failed '^host key is revoked'
(echo -n '@cert-authority * ' && cut -d' ' -f1,2 "$T/ca.pub") >"$T/authority"
fan -K "$T/authority" -a -k "$T/key" "$one"
ends "a certificate authority" "$one" failed 'only --ssh-command ssh can check'
sed 's/^[^ ]*/web1/' "$T/new" >"$T/alias"
fan -K "$T/alias" -A web1 -k "$T/key" "$one"
ends "under another name" "$one" answered ''

# Of a type that is not the first choice; behind a hash nobody can know that before.
ssh-keygen -q -t ecdsa -N '' -f "$T/ecdsa_host" </dev/null
start_sshd three 127.0.0.3:"$port" "HostKey $T/ecdsa_host"
three=127.0.0.3:$port
(echo -n "[127.0.0.3]:$port " && cut -d' ' -f1,2 "$T/ecdsa_host.pub") >"$T/ecdsa_known"
fan -K "$T/ecdsa_known" -k "$T/key" "$three"
ends "a known key of another type" "$three" answered ''
ssh-keygen -q -H -f "$T/ecdsa_known" >/dev/null 2>&1
for i in 1 2 3; do known_hosts_for one 127.0.1.$i "$port"; done >"$T/plain" && ssh-keygen -q -H -f "$T/plain" >/dev/null 2>&1
cat "$T/plain" >>"$T/ecdsa_known"
fan -K "$T/ecdsa_known" -k "$T/key" "$three"
ends "also behind a hash" "$three" answered ''
(echo -n "[127.0.0.1]:$port " && cut -d' ' -f1,2 "$T/ecdsa_host.pub") >"$T/ecdsa_known"
fan -K "$T/ecdsa_known" -a -k "$T/key" "$one"
ends "a host that has only another type now" "$one" failed 'CHANGED: known ecdsa-.*, offered ssh-ed25519'

# ---- Hosts without an agent, or that are none ----

start_sshd bare 127.0.0.4:"$port" "Subsystem other /bin/true"
sed -i '/^Subsystem tocsin/d' "$T/bare/config"
kill -HUP "$pid"
wait_for 10 port_open 127.0.0.4 "$port"
fan "${known[@]}" -k "$T/key" "127.0.0.4:$port"
ends "no agent on the host" "127.0.0.4:$port" failed '^no tocsin agent on this host: subsystem refused$'
AGENTD=/nonexistent/tocsin-agentd start_sshd missing 127.0.0.5:"$port"
fan "${known[@]}" -k "$T/key" "127.0.0.5:$port"
ends "an agent that is not installed" "127.0.0.5:$port" failed \
	'^the agent on the host ended with status 127 \(is it installed\?\)$'

fan "${known[@]}" -k "$T/key" "127.0.0.6:$port"
ends "nobody listens" "127.0.0.6:$port" unreachable "^connection refused by 127.0.0.6 port $port$"
# All try again after 100 ms and up to as much again, each at a time of its own.
run "$TOCSIN" -F none -p "$port" -i "$(seq -s, -f '127.0.9.%g' 40)" --connect-timeout 60 --report "$T/report" query 'select 1'
check "those refused do not come back all at once" jq -e '[.hosts[].ms] | min >= 100 and max - min >= 40' "$T/report"
fan "${known[@]}" -k "$T/key" "no..name:$port"
ends "a name that is none" "no..name:$port" unreachable '^cannot resolve no..name: '
# What listens and says: nothing, another protocol, and goodbye.
background socat TCP-LISTEN:"$port",bind=127.0.0.7,fork SYSTEM:'sleep 100'
background socat TCP-LISTEN:"$port",bind=127.0.0.8,fork SYSTEM:'echo 220 mail ESMTP; sleep 60'
background socat TCP-LISTEN:"$port",bind=127.0.0.9,fork SYSTEM:true
for i in 7 8 9; do wait_for 10 port_open 127.0.0.$i "$port"; done
fan "${known[@]}" -C 1500 -k "$T/key" 127.0.0.{7,8}:"$port"
ends "a host that never speaks" "127.0.0.7:$port" timed_out \
	"^connected to 127.0.0.7 port $port, but no SSH banner came in 1.5 s$"
ends "a host that speaks something else" "127.0.0.8:$port" failed \
	"^no SSH server at 127.0.0.8 port $port: it sent \"220 mail ESMTP\" in 1.5 s"
fan "${known[@]}" -k "$T/key" "127.0.0.9:$port"
ends "a host that hangs up" "127.0.0.9:$port" failed 'closed the connection before its SSH banner, 5 times'

# Refused or reset once.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	for e in ECONNREFUSED ECONNRESET; do
		run strace -f -o "$T/strace" -e trace=connect -e "inject=connect:error=$e:when=1" \
			"$fanout" -u "$user" -C $((10000 * SLOW)) "${known[@]}" -k "$T/key" "$one"
		ends "a connection that fails once: $e" "$one" answered ''
		has "it did: $e" "$(cat "$T/strace")" "$e .*INJECTED"
	done
else
	skip "a connection that fails once" "no strace"
fi

# Drops the first connections, as sshd does beyond MaxStartups.
export ONE=$one
# shellcheck disable=SC2016 # for the inner shell
background socat TCP-LISTEN:"$port",bind=127.0.0.12,fork \
	SYSTEM:'echo x >>"$T/drops"; [ "$(wc -l <"$T/drops")" -le 3 ] || exec socat - "TCP:$ONE"'
wait_for 10 port_open 127.0.0.12 "$port"
: >"$T/drops"
fan -K "$T/alias" -A web1 -k "$T/key" "127.0.0.12:$port"
ends "a host that is too busy for the first tries" "127.0.0.12:$port" answered ''
is "and no more were made than needed" "$(wc -l <"$T/drops")" 4
start_sshd old 127.0.0.14:"$port" "KexAlgorithms diffie-hellman-group1-sha1"
fan "${known[@]}" -k "$T/key" "127.0.0.14:$port"
ends "no key exchange in common" "127.0.0.14:$port" failed '^key exchange failed \(--ssh-command ssh may do better\): .*(algos|in common)'

# ---- Addresses ----

printf '[both]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$T/one/host_key.pub")" >>"$T/known_hosts"
printf '::1 both\n127.0.0.1 both\n' >"$T/names"
if [ -e /proc/net/if_inet6 ] && [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	# shellcheck disable=SC2016 # for the inner shell
	run unshare --mount --propagation private sh -c 'mount --bind "$1" /etc/hosts && shift && exec "$@"' \
		sh "$T/names" "$fanout" -u "$user" "${known[@]}" -k "$T/key" "both:$port"
	ends "::1 refuses, 127.0.0.1 answers" "both:$port" answered ''
else
	skip "::1 refuses, 127.0.0.1 answers" "needs root, IPv6 and mount namespaces"
fi

# ---- Warm connections that broke ----

mkfifo "$T/steps"
"$fanout" -u "$user" -s "${known[@]}" -k "$T/key" -e 'select 1' -e 'select 2' "$one" <"$T/steps" >"$T/warm" 2>&1 &
pids+=($!)
exec 8>"$T/steps"
wait_for 10 test -s "$T/warm"
# The newest is the session's.
sshd_serves one -n | xargs kill -KILL
echo >&8
exec 8>&-
wait_for 10 grep -q . <(sed -n 2p "$T/warm")
is "is made anew" "$(cut -d' ' -f2 "$T/warm" | tr '\n' ' ')" "answered answered "

# ---- Many at once ----

start_sshd all 0.0.0.0:$((port + 1))
(echo -n '* ' && cut -d' ' -f1,2 "$T/all/host_key.pub") >"$T/all/known"
mapfile -t many < <(for i in {1..100}; do echo "127.0.9.$i:$((port + 1))"; done)
all=(-K "$T/all/known" -k "$T/key")
# ended STATE: how many of the last run.
ended() { grep -c "^[^ ]* $1 " <<<"$out"; }
for threads in 1 2 8; do
	fan -C $((20000 * SLOW)) -T $threads "${all[@]}" -e 'select 1' -e 'select 2' "${many[@]}"
	is "100 hosts, $threads threads" "$(ended answered)" 200
done
fan -C $((20000 * SLOW)) -f 1 "${all[@]}" "${many[@]:0:10}"
is "one handshake at a time" "$(ended answered)" 10
if command -v prlimit >/dev/null; then
	fan_few() { run prlimit --nofile=110:110 "$fanout" -u "$user" -C $((20000 * SLOW)) "$@"; }
	fan_few "${all[@]}" -e 'select 1' -e 'select 2' "${many[@]}"
	is "few descriptors" "$(ended answered)" 200
	has "and it says so" "$err" '^notice: 100 hosts, but no more than 110 files may be open'
	# What only the soft limit forbids is allowed.
	run prlimit --nofile=64:4096 "$fanout" -u "$user" -C $((20000 * SLOW)) "${all[@]}" "${many[@]}"
	is "the soft limit is raised" "$(ended answered):$(grep -c 'may be open' <<<"$err")" 100:0
fi
# A slow one, a dead one and a flood hold up nobody.
start_sshd slow 127.0.10.1:"$port" "ForceCommand sleep 60"
start_sshd flood 127.0.10.2:"$port" "ForceCommand yes"
cat "$T/slow/host_key.pub" "$T/flood/host_key.pub" | cut -d' ' -f1,2 | sed 's/^/127.0.10.*,[127.0.10.*]:* /' >>"$T/all/known"
"$fanout" -u "$user" -C $((30000 * SLOW)) "${all[@]}" "127.0.10.1:$port" "127.0.10.2:$port" 127.0.0.7:"$port" \
	"${many[@]:0:20}" >"$T/mixed" 2>&1 &
pids+=($!)
twenty() { [ "$(grep -c ' answered ' "$T/mixed")" = 20 ]; }
check "a slow host holds up nobody" wait_for 20 twenty

# ---- Rows ----

big='with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000) select i, hex(zeroblob(1000)) from n'
fan "${all[@]}" -e "$big" -m 50000 "${many[0]}"
ends "30000 rows" "${many[0]}" answered ''
has "all of them" "$out" 'rows=30000 truncated=0'
fan "${all[@]}" -e "$big" -m 20000 -e 'select 1' "${many[0]}"
has "more rows than wanted" "$(head -n 1 <<<"$out")" 'answered rows=20000 truncated=1'
has "and the connection can be used again" "$(tail -n 1 <<<"$out")" 'answered rows=1 truncated=0'
# 150 MB on their way to a caller who looks twice a second: no more than the queue's worth is held.
run "$fanout" -u "$user" -t -w 500 -C $((20000 * SLOW)) "${all[@]}" -e "$big" "${many[@]:0:5}"
is "a slow reader: everybody answers" "$(ended answered)" 5
if [ "${SAN:-0}" = 1 ]; then
	skip "a slow reader: memory" "the sanitizers' is not ours"
else
	check "a slow reader: memory" test "$(sed -n 's/.* \([0-9]*\) KiB resident/\1/p' <<<"$err")" -lt 131072
fi
run "$fanout" -u "$user" -x 500 "${all[@]}" -e 'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n' \
	-e 'select 1' "${many[@]:0:10}"
is "interrupted" "$(grep -c 'failed .*: interrupted$' <<<"$out") $(ended answered)" "10 10"

# ---- Programs instead of libssh ----

program=(-S "ssh -F none -v" "${known[@]}" -k "$T/key")
fan "${program[@]}" -e 'select 1' -e '' -e 'select 2' "$one"
is "by ssh" "$(cut -d' ' -f2,3 <<<"$out" | tr '\n' ' ')" "answered rows=1 answered rows=0 answered rows=1 "
program=(-S "ssh -F none" "${known[@]}" -k "$T/key")
fan "${program[@]}" "127.0.0.6:$port" "127.0.0.4:$port" "no..name:$port"
ends "by ssh: nobody listens" "127.0.0.6:$port" unreachable 'Connection refused'
ends "by ssh: no agent on the host" "127.0.0.4:$port" failed 'subsystem request failed'
ends "by ssh: a name that is none" "no..name:$port" unreachable 'resolve hostname'
fan "${program[@]}" -k "$T/other" -C 3000 "127.0.0.7:$port" "$two"
ends "by ssh: a host that never speaks" "127.0.0.7:$port" timed_out .
ends "by ssh: a key that opens nothing" "$two" failed 'Permission denied'
fan -S "ssh -F none" -K "$T/changed" -a -k "$T/key" "$one"
ends "by ssh: a changed key" "$one" failed 'verification failed'
fan -S "ssh -F none" -K "$T/new2" -a -k "$T/key" "$one"
ends "by ssh: a new key" "$one" answered ''
fan -S /nonexistent/ssh "$one"
ends "no such program" "$one" failed 'cannot start /nonexistent/ssh'
# A host certificate, which libssh cannot check.
ssh-keygen -q -s "$T/ca" -I host -h -n 127.0.0.11 "$T/one/host_key.pub" </dev/null
start_sshd certain 127.0.0.11:"$port" "HostKey $T/one/host_key" "HostCertificate $T/one/host_key-cert.pub"
fan -S "ssh -F none" -K "$T/authority" -k "$T/key" "127.0.0.11:$port"
ends "by ssh: a host certificate" "127.0.0.11:$port" answered ''
fan -K "$T/authority" -k "$T/key" "127.0.0.11:$port"
ends "by libssh: it says what to do" "127.0.0.11:$port" failed '--ssh-command ssh'

# ---- This machine ----

fan -g "$AGENTD" -v -e 'select 1' -e 'select 2' local
is "this machine itself" "$(grep -c '^local: [12]$' <<<"$out")" 2
fan -g /bin/false local
ends "an agent that ends at once" local failed '^the agent ended with status 1$'
fan -g "$T/none" local
ends "no agent here" local failed 'cannot start'
