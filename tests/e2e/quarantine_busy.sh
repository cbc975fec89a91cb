#!/bin/bash
# Two operators at once, one who releases while another plans, nftables that is busy, a release that was interrupted,
# name servers, a host with IPv6 only.
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

# ---- A release that was interrupted ----

act quarantine
confirm "$(state id)"
is to_be_released "$(status)" "done"
daemon_killed
# Its word is written, and half of it done.
on host nft delete table inet tocsin_quarantine
jq '.lifting = true' "$T/state/quarantine.json" >"$T/new"
cp "$T/new" "$T/state/quarantine.json"
daemon_in_host
check half_released_is_lifted wait_for 10 test ! -e "$T/state/quarantine.json"
is half_released_is_identical "$(rules)" "$before"
check half_released_is_audited wait_for 10 audited '"event":"revert".*a release had begun to'

# ---- Its name servers, where that is set ----

printf 'nameserver 10.77.0.3\nnameserver 127.0.0.53\n' >"$T/resolv.conf"
mount --bind "$T/resolv.conf" /etc/resolv.conf
printf 'quarantine_dns = yes\n' >"$T/agentd.conf"
daemon_killed
daemon_in_host
act quarantine
is asks_its_name_servers "$(status) $(state dns | jq -c .)" 'done ["10.77.0.3"]'
has asks_them_by_rule "$(on host nft list table inet tocsin_quarantine)" '10\.77\.0\.3.*dport 53 accept'
act release
is asks_nobody "$(rules)" "$before"
umount /etc/resolv.conf

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
