#!/bin/bash
# Who deletes a file is killed after it was given its private name: it ends in the vault, or is at its place again.
. "$(dirname "$0")/../lib.sh"
need jq
need_root
AGENTD=$B/tools/agentd_dies
[ -x "$AGENTD" ] || all_skipped "needs $AGENTD"
# shellcheck disable=SC2119 # no options
start_daemon
daemon=$pid
mkdir "$T/files"
f=$T/files/$'e\xffvil\n'

request() {
	ask_daemon "$(jq -nc --arg b "$(printf '%s' "$f" | base64 -w0)" --argjson more "$1" \
		'{op: "action", id: 1, action: "delete", args: {path: {b64: $b}}} * $more')"
}
# A deletion that ends so; $out is the outcome.
delete() {
	local identity
	identity=$(request '{"dry_run":true}' | jq -r .before.identity)
	out=$(request "{\"args\":{\"identity\":\"$identity\"}}")
}
# The name is no text, so what is said of it stands as bytes.
log() {
	jq -r 'select(.event == "outcome" and .user == null) | "\(.action) \(.status) \(.detail.b64 | @base64d | gsub("\n"; " "))"' \
		"$T/state/audit.ndjson"
}
told() { log | grep -qE "$1"; }
nothing_left() { [ -z "$(ls -A "$T/files")$(find "$T/state/vault" -name '.moving-*')" ]; }
left() { find "$T/files" -name '.tocsin-*'; }
vault() { ask_daemon '{"op":"query","id":1,"sql":"select id from vault order by time desc limit 1"}' | jq -r 'select(.op == "rows").rows[0][0]'; }

# ---- The daemon lives ----

echo evil >"$f"
touch "$T/files/die"
delete
has dies "$(jq -r '.status + " " + .detail' <<<"$out")" 'failed its process was ended by signal 9'
check finished wait_for 20 nothing_left
check finished_is_told wait_for 10 told 'delete done .* is in the vault as .*its deletion was interrupted, and is finished'
id=$(vault)
out=$(ask_daemon "{\"op\":\"action\",\"id\":1,\"action\":\"restore\",\"args\":{\"id\":\"$id\"},\"dry_run\":true}")
out=$(ask_daemon "{\"op\":\"action\",\"id\":1,\"action\":\"restore\",\"args\":{\"id\":\"$id\",\"identity\":\"$(jq -r .before.identity <<<"$out")\"}}")
is comes_back "$(jq -r .status <<<"$out") $(cat "$f")" 'done evil'

# ---- It is killed as well ----

both_died() { [ ! -e "$T/files/die-again" ]; }
leaves_it() {
	touch "$T/files/die" "$T/files/die-again"
	delete
	check "$1_dies" wait_for 10 both_died
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null
	is "$1_left" "$(left | wc -l)" 1
	is "$1_is_marked" "$(find "$T/state/vault" -name '.moving-*' | wc -l)" 1
}
again() {
	# shellcheck disable=SC2119 # no options
	start_daemon
	daemon=$pid
}
leaves_it start
again
check start_finishes wait_for 20 nothing_left

# ---- Somebody swapped it meanwhile ----

echo evil >"$f"
leaves_it swap
private=$(left)
rm "$private"
echo other >"$private"
again
check swapped_is_told wait_for 20 told 'delete failed .* it was changed or swapped meanwhile: it is at its place'
is swapped_is_at_its_place "$(cat "$f")" other
rm "$f"
check nothing_is_left wait_for 10 nothing_left
kill "$daemon"
wait "$daemon"
is log_is_whole "$("$AGENTD" audit --verify --state-dir "$T/state" >/dev/null 2>&1; echo $?)" 0
