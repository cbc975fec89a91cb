#!/bin/bash
# A host cut off from the console: planned, done and confirmed by itself over a new connection, shown by `hosts`,
# released; directly, through a jump host, and with a connection that is kept open.
# shellcheck disable=SC2154 # out and status are of `run`
. "$(dirname "$0")/../quarantine_lib.sh"

export XDG_CONFIG_HOME=$T/config XDG_STATE_HOME=$T/xdg
printf 'Host 10.77.0.4\n\tPort 2200\n\tUser root\n\tIdentityFile %s\n' "$T/key" >"$T/ssh_config"
via=()
# console COMMAND…: $out is the row as JSON, without the brackets of the array.
console() {
	run "$TOCSIN" -i 10.77.0.2, -u root -p 2222 "${via[@]}" --private-key "$T/key" \
		--known-hosts "$T/known_hosts" -F "$T/ssh_config" -o json --reason 'INC-17' "$@"
}
of() { jq -r ".[0] | $1" <<<"$out" 2>&1; }

console --dry-run quarantine
is planned "$status $(of .status)" "0 planned"
check planned_only as_before
console --yes quarantine
is cut_off "$status $(of .status)" "0 done"
has cut_off_and_confirmed "$(of .detail)" 'confirmed'
id=$(of .id)
is is_in_force "$(state id) $(state confirmed)" "$id true"
console hosts
is hosts_shows_it "$(of .quarantine)" "until released"
console --yes quarantine
is again "$status $(of .status)" "0 already"
console --yes release "$id"
is released "$status $(of .status)" "0 done"
check released_is_identical as_before
console hosts
is hosts_shows_none "$(of .quarantine)" null

# Through a jump host it is that one which stays.
via=(-J 10.77.0.4)
console --yes quarantine --for 3600
is jump_cut_off "$status $(of .status)" "0 done"
is jump_confirmed "$(state confirmed) $(state 'ssh[0]')" "true 10.77.0.4:2222"
console hosts
has jump_hosts_shows_until "$(of .quarantine)" '^until 20[0-9-]{8}T[0-9:]{8}Z$'
via=()
run "$TOCSIN" -i 10.77.0.2, -u root -p 2222 --private-key "$T/key" --known-hosts "$T/known_hosts" -F "$T/ssh_config" --no-persist \
	--connect-timeout 1 -o json hosts
is jump_not_direct "$(of .state)" unreachable
via=(-J 10.77.0.4)
console --yes release
is jump_released "$status $(of .status)" "0 done"
check jump_released_is_identical as_before

# A connection that stays open is not the one to confirm over.
export TOCSIN_PERSIST_S=60
via=()
console hosts
console --yes quarantine
is kept_cut_off "$status $(of .status)" "0 done"
is kept_confirmed "$(state confirmed)" true
console hosts
is kept_hosts_shows_it "$(of .quarantine)" "until released"
console --yes release
is kept_released "$status $(of .status)" "0 done"
check kept_released_is_identical as_before
console hosts
is kept_hosts_shows_none "$(of .quarantine)" null

# Others' rules let no new connection in any more: nobody can confirm it, so it lifts itself.
printf 'quarantine_confirm_s = 5\n' >"$T/agentd.conf"
kill -HUP "$daemon"
check settings_read wait_for 10 audited '"event":"config"'
on host nft insert rule inet filter input tcp dport 2222 ct state new drop
with_theirs=$(rules)
console --connect-timeout 2 --yes quarantine
is nobody_comes_back "$status $(of .status)" "3 failed"
has nobody_comes_back_said "$(of .detail)" 'confirm'
lifted() { [ "$(rules)" = "$with_theirs" ]; }
check nobody_comes_back_lifted wait_for 20 lifted
check nobody_comes_back_audited wait_for 10 audited '"event":"revert".*nobody confirmed it in time'
