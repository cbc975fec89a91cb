#!/bin/bash
# An agent with more keys than sshd hears of (MaxAuthTries): which are offered, and in which order.
# What OpenSSH's own client makes of the same is asked first.
. "$(dirname "$0")/../lib.sh"
need ssh ssh-agent ssh-add ssh-keygen jq
export HOME=$T/home
mkdir -p "$HOME/.ssh"
user=$(id -un)
port=$(free_port)
ssh-keygen -q -t ed25519 -N '' -f "$T/ca" </dev/null
start_sshd one "127.0.0.1:$port" "TrustedUserCAKeys $T/ca.pub"
start_sshd two "127.0.0.2:$port" "TrustedUserCAKeys $T/ca.pub"
printf 'one ansible_host=127.0.0.1\ntwo ansible_host=127.0.0.2\n[all:vars]\nansible_port=%s\nansible_user=%s\n' "$port" "$user" >"$T/hosts"
background ssh-agent -D -a "$T/agent" >/dev/null 2>&1
check "the agent" wait_for 10 test -S "$T/agent"
export SSH_AUTH_SOCK=$T/agent
for i in $(seq 1 12); do
	ssh-keygen -q -t ed25519 -N '' -C "k$i" -f "$T/k$i" </dev/null
	ssh-add -q "$T/k$i" 2>/dev/null
done
: >"$T/config"

t() { run "$TOCSIN" -i "$T/hosts" --known-hosts "$T/known_hosts" -F "$T/config" --connect-timeout 60 --report "$T/report" "$@" query 'select 1'; }
error() { jq -r '.hosts[0].error' "$T/report"; }
by_ssh() { ssh -F "$T/config" -o BatchMode=yes -o UserKnownHostsFile="$T/known_hosts" -p "$port" "$@" "$user@127.0.0.1" true; }
# same NAME [KEY]: both get in.
same() {
	local name=$1 ours=() theirs=()
	[ $# -lt 2 ] || ours=(--private-key "$2") theirs=(-o IdentityFile="$2")
	check "$name: ssh" by_ssh "${theirs[@]}"
	t -t one "${ours[@]}"
	is "$name" "$status:$(error)" '0:null'
}
# opens KEY: it alone opens the hosts
opens() { cp "$1" "$T/authorized_keys"; }

opens "$T/k10.pub"
t -t one
is "the tenth of twelve is not tried" "$status" 3
has "and why" "$(error)" 'tried agent \(12 keys\).*too many keys were offered; name the right one by IdentityFile'
same "it is when its file is named" "$T/k10"
ssh-keygen -q -p -P '' -N secret -f "$T/k10" </dev/null >/dev/null
same "also when that has a passphrase" "$T/k10"
same "or when the public half is named" "$T/k10.pub"
# ssh has its defaults in the home of the account.
cp "$T/k10.pub" "$HOME/.ssh/id_ed25519.pub"
t -t one
is "or is a default" "$status" 0
rm "$HOME/.ssh/id_ed25519.pub"
mv "$T/k10" "$T/away"
same "or when only that is there" "$T/k10"
printf 'IdentityFile %s\nIdentitiesOnly yes\n' "$T/k10" >"$T/config"
same "IdentitiesOnly"
printf 'IdentityFile %s\nIdentitiesOnly yes\n' "$T/k9" >"$T/config"
: >"$T/one/log"
t -t one
is "IdentitiesOnly and the wrong one" "$status" 3
is "is one offer" "$(grep -c 'Failed publickey' "$T/one/log")" 1
: >"$T/config"

# A key whose file was refused is not offered by the agent once more.
: >"$T/one/log"
opens "$T/k3.pub"
t -t one --private-key "$T/k5"
is "another one of the agent" "$status" 0
is "those before it, and the file's once" "$(grep -c 'Failed publickey' "$T/one/log")" 3

# What the first host took is offered first to the second.
: >"$T/two/log"
t -f 1
is "two hosts" "$status" 0
is "the second needs no guesses" "$(grep -c 'Failed publickey' "$T/two/log")" 0

# Certificates: of an agent's key, beside its file, and by CertificateFile.
ssh-keygen -q -t ed25519 -N '' -f "$T/none" </dev/null
opens "$T/none.pub"
ssh-keygen -q -s "$T/ca" -I tester -n "$user" "$T/k12.pub" </dev/null
mv "$T/k12" "$T/away"
# ssh comes to that one last, when the server has hung up.
t -t one --private-key "$T/k12"
is "the agent's key signs for the certificate beside it" "$status" 0
mv "$T/k12-cert.pub" "$T/certificate"
printf 'IdentityFile %s\nCertificateFile %s\n' "$T/k12" "$T/certificate" >"$T/config"
same "or for that of CertificateFile"
echo "IdentitiesOnly yes" >>"$T/config"
same "with IdentitiesOnly, too"
mv "$T/away" "$T/k12"
: >"$T/config"
ssh-add -q -D 2>/dev/null
mv "$T/certificate" "$T/k12-cert.pub"
ssh-add -q "$T/k12" 2>/dev/null
mv "$T/k12-cert.pub" "$T/certificate"
mv "$T/k12" "$T/away"
same "a certificate that the agent has itself"

# ---- Agents that are not well ----

opens "$T/key.pub"
mkfifo "$HOME/.ssh/id_rsa" "$HOME/.ssh/id_rsa.pub"
t -t one --private-key "$T/key"
is "keys that are pipes hold up nobody" "$status" 0
SSH_AUTH_SOCK='' t -t one
has "and are named" "$(error)" 'key ~/.ssh/id_rsa \(not a file\)'
