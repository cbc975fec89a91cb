#!/bin/bash
# Nobody has all of the daemon: not its sessions, not the way in, not its processes, not its audit log.
. "$(dirname "$0")/../lib.sh"
need python3 jq unshare
need_root
# Where processes are counted.
within -pf --mount-proc --kill-child

cat >"$T/agentd.conf" <<'EOF'
sessions_max = 8
audit_max_mb = 1
audit_keep = 1
[role responder]
users = root
allow = all
[role analyst]
users = 40001
allow = query
EOF
# shellcheck disable=SC2119 # no options
start_daemon
daemon=$pid
share() { python3 tests/e2e/daemon_share.py "$T/run/agentd.sock" "$AGENTD" "$1" </dev/null; }

printf 'evidence\n' >"$T/file"
is acts "$(ask_daemon "{\"op\":\"get\",\"id\":1,\"path\":\"$T/file\"}" | jq -r 'select(.op == "outcome").status')" 'done'

# ---- Sessions ----

out=$(share sessions)
is sessions_of_one "$(head -n 1 <<<"$out")" "6|too many sessions of one user at once"
is sessions_of_others "$(tail -n 1 <<<"$out")" "1|"
ended() { [ "$(jq -r .event "$T"/state/audit.ndjson* | grep -cx session_end)" = "$(jq -r 'select(.status != "refused").event' "$T"/state/audit.ndjson* | grep -cx session)" ]; }
check sessions_end wait_for 20 ended

# ---- Those who act ----

is acting_has_an_end "$(share acting | tr '|' '\n' | sort | uniq -c)" "      8 too many actions at once"
is that_is_told "$(jq -r 'select(.event == "outcome" and .detail == "too many actions at once" and .dry_run) | "\(.action) \(.args.grace_ms)"' \
	"$T"/state/audit.ndjson* | sort | uniq -c)" "      8 kill 60000"
check acting_ends wait_for 20 ended

# ---- Sessions, as set ----

sed -i 's/^sessions_max.*/&\nsessions_user_max = 2/' "$T/agentd.conf"
kill -HUP "$daemon"
check set wait_for 10 grep -q '"config"' "$T/state/audit.ndjson"
out=$(share sessions)
is sessions_as_set "$(head -n 1 <<<"$out")" "2|too many sessions of one user at once"

# ---- Those who ask with their own rights only ----

cp "$T/agentd.conf" "$T/roles.conf"
reload() {
	local n
	n=$(grep -c '"config"' "$T/state/audit.ndjson")
	kill -HUP "$daemon"
	# shellcheck disable=SC2016 # for the inner shell
	wait_for 10 sh -c 'test "$(grep -c "\"config\"" "$1")" -gt "$2"' sh "$T/state/audit.ndjson" "$n"
}
echo 'sessions_max = 8' >"$T/agentd.conf"
check no_roles reload
check sessions_as_set_end wait_for 20 ended
is sessions_of_strangers "$(share strangers)" "4|
2|too many sessions at once
1|"
check sessions_of_strangers_end wait_for 20 ended
cp "$T/roles.conf" "$T/agentd.conf"
check roles_again reload

# ---- The way in ----

is silent_one_is_hung_up "$(share hung-up)" "in time"
is connections "$(share silent)" "[16, 16, 16, 1, 1]"
# Their time is soon over.
again() { [[ $(ask_daemon '{"op":"query","id":1,"sql":"select 1"}') == *done* ]]; }
check connections_end wait_for 20 again

# ---- Those who may not ----

read -r told started <<<"$(share 300)"
is refused_all "$told" 2400
# A thread of the worker's for each, and at most a spare worker.
check refused_without_processes test $((started - told)) -le 4
size=$(cat "$T"/state/audit.ndjson* | wc -c)
check log_does_not_fill test "$size" -lt 400000
check refused_is_told test "$(jq -r 'select(.uid == 40001 and .event == "outcome") | "\(.status) \(.reason)"' \
	"$T/state/audit.ndjson" | sort -u)" = "refused no right"
check acting_is_still_told grep -q "\"path\":\"$T/file\"" "$T/state/audit.ndjson"
is others_ask "$(ask_daemon '{"op":"query","id":1,"sql":"select 41+1"}' | jq -c 'select(.op == "rows").rows')" '[[42]]'
check others_are_told grep -q 'select 41+1' "$T/state/audit.ndjson"
kill "$daemon"
wait "$daemon"
has skipped_is_told "$(jq -r 'select(.event == "skipped" and .uid == 40001).detail' "$T/state/audit.ndjson")" \
	'^[0-9]+ lines about this user are left out'
is log_is_whole "$("$AGENTD" audit --verify --state-dir "$T/state" >/dev/null 2>&1; echo $?)" 0
