#!/bin/bash
# Two operators at once, one who releases while another plans, nftables that is busy, a host with IPv6 only.
. "$(dirname "$0")/../quarantine_lib.sh"

# ---- At once, and busy ----

plan=$(request quarantine '{}' true | jq -r .before.identity)
for i in 1 2; do request quarantine "{\"identity\":\"$plan\"}" >"$T/both.$i" & done
wait %- %+ 2>/dev/null
is two_at_once "$(cat "$T"/both.* | jq -r .status | sort | tr '\n' ' ')" "already done "
busy() {
	local i
	for ((i = 0; i < 40; i++)); do
		printf 'add table inet busy\nadd chain inet busy c\n%s\ndelete table inet busy\n' \
			"$(for ((k = 0; k < 200; k++)); do echo "add rule inet busy c tcp dport $k accept"; done)" |
			on host nft -f -
	done
}
busy 2>/dev/null &
burden=$!
act release
is release_while_busy "$(status)" "done"
act quarantine
is cut_off_while_busy "$(status)" "done"
wait $burden
check busy_in_force in_force
plan=$(request release '{}' true | jq -r .before.identity)
request release "{\"identity\":\"$plan\"}" >"$T/both.1" &
request quarantine '{}' true >"$T/both.2" &
wait %- %+ 2>/dev/null
is one_releases "$(jq -r .status "$T/both.1")" "done"
has another_plans "$(jq -r .status "$T/both.2")" '^(planned|already)$'
check at_the_end_released wait_for 10 as_before

# ---- Only IPv6; and what the way to the neighbours needs ----

ip -n host addr del 10.77.0.2/24 dev eth0
way=(root@fd77::2)
act quarantine
is six_cut_off "$(jq -c '[.status, .after.ssh]' <<<"$out")" '["done",["[fd77::1]:2222"]]'
ip -n host neigh flush dev eth0
ip neigh flush dev br0
confirm "$(state id)"
is six_confirmed "$(status)" "done"
act release
is six_released "$(status)" "done"
is six_release_is_identical "$(rules)" "$before"

"$AGENTD" audit --verify --state-dir "$T/state" >/dev/null 2>&1
is log_is_whole $? 0
