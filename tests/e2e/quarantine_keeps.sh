#!/bin/bash
# A quarantine in force is kept so, whatever happens, and one that nobody confirms is lifted, whatever happens.
. "$(dirname "$0")/../quarantine_lib.sh"

act quarantine
is cut_off "$(status)" "done"
q=$(jq -r .after.id <<<"$out")
confirm "$q"
is confirmed "$(status)" "done"

# ---- Whatever happens ----

on host nft flush ruleset
check flush_is_repaired wait_for 10 in_force
check repair_is_audited wait_for 10 audited '"event":"repair"'
on host nft -f "$T/rules"
on host nft flush chain inet tocsin_quarantine input
check flushed_chain_is_repaired wait_for 10 eval 'rules | grep -q "tcp dport 2222 accept"'
on host nft insert rule inet tocsin_quarantine input accept
check inserted_rule_is_gone wait_for 10 eval '! in_force | grep -qx "[[:space:]]*accept"'
on host nft add chain inet tocsin_quarantine input '{ policy accept; }'
check policy_is_repaired wait_for 10 eval '! rules | grep -q "priority -350; policy accept"'
# All of it stays as it was, and none of it is in force.
on host nft add table inet tocsin_quarantine '{ flags dormant; }'
check dormant_is_woken wait_for 10 eval '! rules | grep -q dormant'

daemon_killed
check daemon_gone_rules_stay in_force
on host nft delete table inet tocsin_quarantine
daemon_in_host
check restart_puts_in_force in_force
daemon_killed
# A reboot: no rules, another boot id, boot time from anew; the clock has been set back as well.
on host nft delete table inet tocsin_quarantine
jq '.boot_id = "of-before" | .since_ms = 999999999999 | .since += 99999999' "$T/state/quarantine.json" >"$T/new"
cp "$T/new" "$T/state/quarantine.json"
daemon_in_host
check reboot_puts_in_force in_force
is reboot_keeps_it "$(state id) $(state confirmed)" "$q true"

act release
is released "$(status)" "done"
is release_is_identical "$(rules)" "$before"

# ---- Not confirmed ----

printf 'quarantine_confirm_s = 8\n' >"$T/agentd.conf"
kill -HUP "$daemon"
check settings_read wait_for 10 audited '"event":"config"'
act quarantine
is unconfirmed "$(status)" "done"
check unconfirmed_is_lifted wait_for 40 as_before
check lifting_is_audited wait_for 10 audited '"event":"revert".*nobody confirmed it in time'
confirm "$(jq -r .after.id <<<"$out")"
is too_late "$(status)" not_found
# The daemon is killed before anybody could.
act quarantine
daemon_killed
over() { [ "$(cut -d. -f1 </proc/uptime)" -gt $(($1 / 1000)) ]; }
check unconfirmed_stays_without_daemon in_force
wait_for 20 over "$(state confirm_ms)"
daemon_in_host
is unconfirmed_is_lifted_later "$(rules)" "$before"


# ---- Its time is over ----

config_lines() { [ "$("$AGENTD" audit --state-dir "$T/state" -o ndjson | grep -c '"event":"config"')" = "$1" ]; }
printf 'quarantine_confirm_s = 300\n' >"$T/agentd.conf"
kill -HUP "$daemon"
check settings_read_again wait_for 20 config_lines 2
act quarantine '{"for_s":3600}'
confirm "$(state id)"
is for_an_hour "$(status)" "done"
daemon_killed
jq --argjson now "$(cut -d. -f1 </proc/uptime)" '.until_ms = ($now + 2) * 1000' "$T/state/quarantine.json" >"$T/new"
cp "$T/new" "$T/state/quarantine.json"
daemon_in_host
check time_is_over wait_for 30 as_before
check time_is_audited wait_for 10 audited '"event":"revert".*its time is over'

# ---- A kernel without nftables ----

daemon_killed
daemon_in_host "$B/tools/withoutnft"
act quarantine
is without_nftables "$(status) $(jq -r .detail <<<"$out")" \
	"failed cannot put the rules in force: this kernel has no nftables"
check without_nftables_nothing_is_left test ! -e "$T/state/quarantine.json"
out=$(ask '{"op":"query","id":1,"sql":"select * from quarantine_drops"}')
is without_nftables_no_rows "$(jq -r 'select(.op == "done") | .rows' <<<"$out")" 0
act release
is without_nftables_released "$(status)" already
daemon_killed
daemon_in_host

"$AGENTD" audit --verify --state-dir "$T/state" >/dev/null 2>&1
is log_is_whole $? 0
