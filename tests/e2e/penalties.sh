#!/bin/bash
# sshd from 9.8 on turns away for a while those whose logins failed (PerSourcePenalties).
. "$(dirname "$0")/../lib.sh"
need jq ssh-keygen
need_root

make_keys
sshd_knows "$T/key" PerSourcePenalties=yes || all_skipped "this sshd has no PerSourcePenalties"
ssh-keygen -q -t ed25519 -N '' -f "$T/wrong"
words='takes no more connections just now \(too many at once, or logins failed: PerSourcePenalties\): "Not allowed at this time"'

# t ADDR:PORT KEY OPTION…
t() {
	local host=$1 key=$2
	shift 2
	run "$TOCSIN" -i "$host," -u root --private-key "$key" --known-hosts "$T/known_hosts" -F none \
		--report "$T/report" -o tsv "$@" query 'select 1 as one'
}
end() { jq -r '.hosts[] | .state + " " + (.error // "")' "$T/report"; }

port=$(free_port)
start_sshd strict "127.0.0.1:$port" "PerSourcePenalties authfail:60 noauth:1 min:5"
t "127.0.0.1:$port" "$T/key"
is "before" "$(end)" "answered "
t "127.0.0.1:$port" "$T/wrong"
has "a login that fails" "$(end)" "^failed authentication failed"
t "127.0.0.1:$port" "$T/key" --connect-timeout 3
has "who is turned away for it is told so" "$status $(end)" "^3 unreachable 127.0.0.1 port $port $words in 3 s\$"
dropped=$(grep -c 'drop connection' "$T/strict/log")
check "after some tries ($dropped)" [ "$dropped" -ge 2 ]
check "but not many" [ "$dropped" -le 8 ]
t 127.0.0.2:1 "$T/key" -J "root@127.0.0.1:$port" --connect-timeout 2
has "as a jump host, too" "$(end)" "^unreachable jump host 127.0.0.1: 127.0.0.1 port $port $words in 2 s\$"

port=$(free_port)
start_sshd lenient "127.0.0.1:$port" "PerSourcePenalties authfail:3 noauth:1 min:3"
t "127.0.0.1:$port" "$T/wrong"
has "a login that fails elsewhere" "$(end)" "^failed authentication failed"
t "127.0.0.1:$port" "$T/key" --connect-timeout 30
is "who waits long enough is let in" "$(end)" "answered "
check "and was turned away before" grep -q 'drop connection' "$T/lenient/log"
