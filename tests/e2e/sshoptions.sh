#!/bin/bash
# What ssh_config(5) says of a host is done: host keys, algorithms, addresses, keys and agents.
. "$(dirname "$0")/../lib.sh"
need jq ssh ssh-agent

port=$(free_port)
start_sshd one 127.3.0.1:"$port"
start_sshd two 127.3.0.2:"$port" "KexAlgorithms curve25519-sha256" "Ciphers aes256-ctr" "MACs hmac-sha2-512"
export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config XDG_STATE_HOME=$T/home/.state
mkdir -p "$HOME/.ssh"
user=$(id -un)
empty=$T/empty
: >"$empty"

# ssh_says NAME WANT LINE…: one host asked with these lines of configuration; WANT is a pattern of
# "STATUS ERROR"
addr=127.3.0.1
key=$T/key
ssh_says() {
	local name=$1 want=$2
	shift 2
	printf '%s\n' "Port $port" "User $user" ${key:+"IdentityFile $key"} "$@" >"$T/config"
	run "$TOCSIN" -F "$T/config" -i "$addr," --report "$T/report" -o tsv query 'select 1 as one'
	has "$name" "$status $(jq -r '.hosts[0].error' "$T/report")" "$want"
}

# ---- Host keys ----

ssh_says "no known hosts" '^3 host key is not known'
cp "$T/known_hosts" "$HOME/.ssh/known_hosts"
ssh_says "the usual file" '^0 null'
ssh_says "UserKnownHostsFile, without the key" '^3 host key is not known' "UserKnownHostsFile $empty"
ssh_says "several, one is missing" '^0 null' "UserKnownHostsFile $T/missing $T/known_hosts"
ssh_says "GlobalKnownHostsFile" '^0 null' "UserKnownHostsFile none" "GlobalKnownHostsFile $T/known_hosts"
ssh_says "StrictHostKeyChecking no" '^0 null' "UserKnownHostsFile /dev/null" "StrictHostKeyChecking no"
has "and it is said" "$err" 'nobody checks the host keys of 1 host: StrictHostKeyChecking no'
ssh_says "accept-new" '^0 null' "UserKnownHostsFile $T/new" "StrictHostKeyChecking accept-new"
is "and the key is written down" "$(grep -c . "$T/new")" 1
ssh_says "then it is known" '^0 null' "UserKnownHostsFile $T/new" "StrictHostKeyChecking yes"
sed "s/\(.*\) [^ ]*$/\1 $(cut -d' ' -f2 "$T/two/host_key.pub" | sed 's/[\/&]/\\&/g')/" "$T/new" >"$T/changed"
ssh_says "changed, with accept-new" '^3 host key has CHANGED' "UserKnownHostsFile $T/changed" "StrictHostKeyChecking accept-new"
ssh_says "changed, and nobody checks" '^0 null' "UserKnownHostsFile $T/changed" "StrictHostKeyChecking off"
sed "s/^[^ ]*/other/" "$T/new" >"$T/alias"
ssh_says "HostKeyAlias" '^0 null' "UserKnownHostsFile $T/alias" "HostKeyAlias other"

# ---- Algorithms ----

ssh_says "HostKeyAlgorithms that it has" '^0 null' "HostKeyAlgorithms ssh-ed25519,nonsense"
ssh_says "HostKeyAlgorithms that it has not" '^3 key exchange failed' "HostKeyAlgorithms rsa-sha2-512"
ssh_says "only unknown ones" '^3 KexAlgorithms: libssh knows none of nonsense' "KexAlgorithms nonsense"
addr=127.3.0.2
ssh_says "a host that is particular" '^0 null'
ssh_says "KexAlgorithms without its own" '^3 key exchange failed' "KexAlgorithms -curve25519*"
ssh_says "KexAlgorithms +" '^0 null' "KexAlgorithms +nonsense"
ssh_says "KexAlgorithms ^" '^0 null' "KexAlgorithms ^curve25519-sha256"
ssh_says "Ciphers without its own" '^3 key exchange failed' "Ciphers aes128-ctr"
ssh_says "Ciphers with it" '^0 null' "Ciphers aes128-ctr,aes256-ctr"
ssh_says "MACs without its own" '^3 key exchange failed' "MACs hmac-sha2-256"
ssh_says "MACs with it" '^0 null' "MACs hmac-sha2-512"
addr=127.3.0.1
ssh_says "PubkeyAcceptedAlgorithms without ours" '^3 authentication failed' "PubkeyAcceptedAlgorithms rsa-sha2-512"

# ---- Addresses ----

ssh_says "AddressFamily inet" '^0 null' "AddressFamily inet"
ssh_says "AddressFamily inet6" '^3 127.3.0.1 has no address of AddressFamily inet6' "AddressFamily inet6"
addr=::1
ssh_says "AddressFamily inet, and an address of the other" '^3 ::1 has no address of AddressFamily inet$' "AddressFamily inet"
addr=127.3.0.1
ssh_says "BindAddress" '^0 null' "BindAddress 127.3.0.77"
has "and the host sees it" "$(cat "$T/one/log")" 'from 127\.3\.0\.77 '
background python3 -c 'import socket, time
s = socket.create_server(("127.3.0.9", '"$port"')); time.sleep(120)'
wait_for 10 port_open 127.3.0.9 "$port"
addr=127.3.0.9
ssh_says "ConnectTimeout" ' in 1 s$' "ConnectTimeout 1"
addr=127.3.0.1

# ---- Keys and agents ----

for i in 1 2 3 4 5 6 7 8; do ssh-keygen -q -t ed25519 -N '' -f "$T/k$i" </dev/null; done
key=
mapfile -t many < <(for i in 1 2 3 4 5 6 7 8; do echo "IdentityFile $T/k$i"; done)
ssh_says "too many keys" 'too many keys were offered' "${many[@]}"
background ssh-agent -D -a "$T/agent" >/dev/null
wait_for 10 test -S "$T/agent"
export SSH_AUTH_SOCK=$T/agent
for i in 1 2 3 4 5 6 7 8; do ssh-add -q "$T/k$i"; done
ssh-add -q "$T/key"
ssh_says "too many keys in the agent" 'too many keys were offered'
unset SSH_AUTH_SOCK
export SSH_AUTH_SOCK=$T/agent
cp "$T/key.pub" "$T/ours.pub"
ssh_says "IdentitiesOnly: the agent's key of that name" '^0 null' "IdentitiesOnly yes" "IdentityFile $T/ours.pub"
ssh_says "IdentitiesOnly: and no other" '^3 authentication failed.*accepts publickey$' "IdentitiesOnly yes" "IdentityFile $T/k1.pub"
ssh_says "IdentityAgent none" '^3 authentication failed.*no agent' "IdentityAgent none"
unset SSH_AUTH_SOCK
ssh_says "IdentityAgent" '^0 null' "IdentityAgent $T/agent" "IdentitiesOnly yes" "IdentityFile $T/ours.pub"

ssh-keygen -q -t ed25519 -N '' -f "$T/ca" </dev/null
ssh-keygen -q -s "$T/ca" -I "$test_name" -n "$user" -V -1d:+1d "$T/k3.pub" 2>/dev/null
mv "$T/k3-cert.pub" "$T/elsewhere.pub"
start_sshd three 127.3.0.3:"$port" "TrustedUserCAKeys $T/ca.pub" "AuthorizedKeysFile none"
cp "$T/known_hosts" "$HOME/.ssh/known_hosts"
addr=127.3.0.3
ssh_says "without a certificate" '^3 authentication failed' "IdentityFile $T/k3"
ssh_says "CertificateFile" '^0 null' "IdentityFile $T/k3" "CertificateFile $T/elsewhere.pub"
ssh_says "CertificateFile of another key" '^3 authentication failed' "IdentityFile $T/k4" "CertificateFile $T/elsewhere.pub"
