#!/bin/bash
# A host is cut off, confirmed and released: what still passes and what does not, over IPv4 and IPv6, and through a
# jump host.
. "$(dirname "$0")/../quarantine_lib.sh"

# ---- Connections that are there before ----

# echoes NAME FROM TO ADDRESS PORT TCP4|TCP6: a connection; what FROM says comes back from TO.
echoes() {
	background ip netns exec "$3" socat "$6-LISTEN:$5,bind=$4,reuseaddr,fork" SYSTEM:cat >/dev/null 2>&1
	mkfifo "$T/$1.in"
	# shellcheck disable=SC2016 # for the inner shell
	background ip netns exec "$2" sh -c 'exec socat - "$1" <>"$2" >"$3" 2>/dev/null' sh \
		"$6:$4:$5,retry=50,interval=0.1" "$T/$1.in" "$T/$1.out"
	say "$1" before
}
say() { echo "$2" >"$T/$1.in"; }
heard() { grep -q "^$2\$" "$T/$1.out"; }
echoes in4 bad host 10.77.0.2 4444 TCP4
echoes out4 host bad 10.77.0.3 4445 TCP4
echoes in6 bad host '[fd77::2]' 4444 TCP6
echoes out6 host bad '[fd77::3]' 4446 TCP6
echoes through bad inner 10.88.0.2 4447 TCP4
for c in in4 out4 in6 out6 through; do check "connection_$c" wait_for 10 heard $c before; done
# The operator's own.
mkfifo "$T/mine.in"
background timeout 300 ssh "${ssh_options[@]}" -o ControlMaster=yes -S "$T/control" -p 2222 root@10.77.0.2 cat \
	<>"$T/mine.in" >"$T/mine.out" 2>>"$T/ssh.log"
say mine before
check operator_before wait_for 10 heard mine before

# Who owns the host could begin connections from the port of ssh, of an address that sshd does not have.
background socat TCP4-LISTEN:4449,reuseaddr,fork /dev/null 2>/dev/null
ip -n host addr add 10.77.0.22/24 dev eth0
from_port_of_ssh=TCP4:10.77.0.1:4449,bind=10.77.0.22:2222,reuseaddr
connects() { on "$1" socat -u /dev/null "$2,connect-timeout=0.5" 2>/dev/null; }
check connects_from_the_port_of_ssh wait_for 5 connects host "$from_port_of_ssh"

# ---- Cut off ----

out=$(request quarantine '{}' true)
is plan "$(jq -c '[.status, .before.ssh, .before.confirm_s, (.before.rules | keys)]' <<<"$out")" \
	'["planned",["10.77.0.1:2222"],60,["forward","input","output"]]'
is plan_tells_of_others "$(jq -c .before.others <<<"$out")" '["ip other in drops at input by policy, as before"]'
check plan_changes_nothing as_before
out=$(request quarantine '{}')
is no_deed_without_a_plan "$(status)" refused
out=$(request quarantine "{\"identity\":\"$(printf '0%.0s' {1..64})\"}")
is no_deed_for_another_plan "$(status)" refused
check nothing_done as_before

act quarantine
first_plan=$identity
is cut_off "$(status)" "done"
q=$(jq -r .after.id <<<"$out")
is cut_off_as_said "$(jq -c .undo <<<"$out")" "{\"action\":\"release\",\"args\":{\"id\":\"$q\"}}"
dropped() {
	on host "$AGENTD" query -o tsv \
		"select sum(packets) from quarantine_drops where chain = '$1' and rule like '%$2%'" 2>/dev/null | tail -n 1
}
more_dropped() { [ "$(dropped "$1" "$2")" -gt "$3" ]; }
# is_cut NAME CHAIN FAMILY: what is said is dropped, so counted, and does not come back.
is_cut() {
	local was
	was=$(dropped "$2" "$3")
	say "$1" after
	if ! wait_for 10 more_dropped "$2" "$3" "${was:-0}"; then
		fail "cut_$1" "nothing was dropped"
	elif heard "$1" after; then
		fail "cut_$1" "an answer came"
	else
		pass "cut_$1"
	fi
}
is_cut in4 input ipv4
is_cut out4 output ipv4
is_cut in6 input ipv6
is_cut out6 output ipv6
is_cut through forward ipv4
check cut_new_in fails connects bad TCP4:10.77.0.2:4444
check cut_new_out fails connects host TCP4:10.77.0.3:4445
check cut_from_the_port_of_ssh fails connects host "$from_port_of_ssh"
check cut_ssh_of_others fails connects bad TCP4:10.77.0.2:2222
check operator_reaches_ssh_only fails timeout 1 bash -c 'exec 3<>/dev/tcp/10.77.0.2/4444'
say mine after
check operator_goes_on wait_for 10 heard mine after
is others_rules_stay "$(rules | sed '/^table inet tocsin_quarantine/,/^}/d')" "$before"

# ---- Confirmed ----

is hello_tells "$(ask_all '' | jq -c 'select(.op == "hello").quarantine | [.id, .by, .confirmed]')" "[\"$q\",\"root\",false]"
act quarantine
is second_operator "$(status)" already
way=(-S "$T/control" root@10.77.0.2)
confirm "$q"
is not_over_the_old_connection "$(status)" refused
way=(root@10.77.0.2)
confirm 0123456789abcdef
is not_another_one "$(status)" not_found
confirm "$q"
is confirmed "$(status)" "done"
confirm "$q"
is confirmed_already "$(status)" already
is hello_tells_confirmed "$(ask_all '' | jq -c 'select(.op == "hello").quarantine.confirmed')" true

# ---- Released ----

out=$(request release '{"id":"0123456789abcdef"}' true)
is release_of_another "$(status)" refused
act release "{\"id\":\"$q\"}"
is released "$(status)" "done"
is release_is_identical "$(rules)" "$before"
check release_forgets test ! -e "$T/state/quarantine.json"
act release
is released_already "$(status)" already
out=$(request quarantine "{\"identity\":\"$first_plan\"}")
is repeated_request "$(status) $(jq -r .detail <<<"$out")" "refused the rule set is no longer what was planned for"
check repeated_request_does_nothing as_before
check connections_again connects bad TCP4:10.77.0.2:4444

# ---- Through a jump host ----

way=("${by_jump[@]}")
act quarantine '{"for_s":3600}'
is jump_cut_off "$(jq -c '[.status, .after.ssh]' <<<"$out")" '["done",["10.77.0.4:2222"]]'
confirm "$(state id)"
is jump_confirmed "$(status)" "done"
has jump_until "$(jq -r .detail <<<"$out")" 'is confirmed, until 20[0-9-]*T'
check jump_only fails connects bad TCP4:10.77.0.2:2222
check jump_not_direct fails timeout 1 bash -c 'exec 3<>/dev/tcp/10.77.0.2/2222'
act release
is jump_released "$(status)" "done"
way=(root@10.77.0.2)

# ---- The log of it all ----

"$AGENTD" audit --verify --state-dir "$T/state" >/dev/null 2>&1
is log_is_whole $? 0
is log_has_requests "$("$AGENTD" audit --state-dir "$T/state" -o ndjson |
	jq -r 'select(.event == "outcome" and .action == "quarantine" and .status == "done" and .dry_run == null) | .user + " " + .address' | sort -u | tr '\n' ' ')" \
	"root 10.77.0.1 root 10.77.0.4 "
