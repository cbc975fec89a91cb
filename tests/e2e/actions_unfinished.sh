#!/bin/bash
# Who deletes a file is killed before and after it was given its private name, and when it is gone: it ends in the
# vault, or is at its place again, and the log tells which.
# Who puts one back is killed before it has its own name: what was written is cleared away.
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

# planned_and_done REQUEST: $out is the outcome.
planned_and_done() {
	local identity
	identity=$(ask_daemon "$(jq -c '.dry_run = true' <<<"$1")" | jq -r .before.identity)
	out=$(ask_daemon "$(jq -c --arg i "$identity" '.args.identity = $i' <<<"$1")")
}
delete() {
	planned_and_done "$(jq -nc --arg b "$(printf '%s' "$f" | base64 -w0)" \
		'{op: "action", id: 1, action: "delete", args: {path: {b64: $b}}}')"
}
restore() { planned_and_done "{\"op\":\"action\",\"id\":1,\"action\":\"restore\",\"args\":{\"id\":\"$1\"}}"; }
# The name is no text, so what is said of it stands as bytes.
log() {
	jq -r 'select(.event == "outcome" and .user == null) | "\(.action) \(.status) \(.detail.b64 | @base64d | gsub("\n"; " "))"' \
		"$T/state/audit.ndjson"
}
told() { log | grep -qE "$1"; }
marks() { find "$T/state/vault" -name '.moving-*' -o -name '.restoring-*'; }
nothing_left() { [ -z "$(ls -A "$T/files")$(marks)" ]; }
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
restore "$id"
is comes_back "$(jq -r .status <<<"$out") $(cat "$f")" 'done evil'

# Before it had another name, and when it had none any more.
if chattr +i "$f" 2>/dev/null; then flags=i; else flags=; fi
touch "$T/files/die-early"
planned_and_done "$(jq -nc --arg b "$(printf '%s' "$f" | base64 -w0)" \
	'{op: "action", id: 1, action: "delete", args: {path: {b64: $b}, force: true}}')"
check early_is_told wait_for 10 told 'delete failed .*its deletion was interrupted: it is at its place, and a copy'
is early_is_at_its_place "$(cat "$f") $(marks)" 'evil '
[ -z "$flags" ] || has early_has_its_flags "$(lsattr "$f" 2>/dev/null)" '^----i'
chattr -f -i "$f"
touch "$T/files/die-late"
delete
check late_is_told wait_for 10 told 'delete done .* is in the vault as .*its deletion was interrupted when it was gone'
check late_is_gone nothing_left
restore "$(vault)"

# ---- It is killed as well ----

both_died() { [ ! -e "$T/files/die-again" ]; }
# leaves_it NAME CMD…
leaves_it() {
	touch "$T/files/die" "$T/files/die-again"
	"${@:2}"
	check "$1_dies" wait_for 10 both_died
	kill -KILL "$daemon"
	wait "$daemon" 2>/dev/null
	is "$1_left" "$(left | wc -l)" 1
	is "$1_is_marked" "$(marks | wc -l)" 1
}
again() {
	# shellcheck disable=SC2119 # no options
	start_daemon
	daemon=$pid
}
leaves_it start delete
# A reboot: the file system has another number.
mark=$(marks)
meta=$T/state/vault/${mark##*.moving-}/meta.json
jq '.device += 1' "$meta" >"$T/meta" && cp "$T/meta" "$meta"
again
check start_finishes wait_for 20 nothing_left

# ---- Somebody swapped it meanwhile ----

echo evil >"$f"
leaves_it swap delete
private=$(left)
rm "$private"
echo other >"$private"
again
check swapped_is_told wait_for 20 told 'delete failed .* it was changed or swapped meanwhile: it is at its place'
is swapped_is_at_its_place "$(cat "$f")" other
rm "$f"
check nothing_is_left wait_for 10 nothing_left

# ---- Restored where files cannot be without a name ----

only() { [ "$(ls -A "$T/files")$(marks)" = "$1" ]; }
touch "$T/files/named" "$T/files/die"
restore "$id"
has restore_dies "$(jq -r '.status + " " + .detail' <<<"$out")" 'failed its process was ended by signal 9'
check part_is_removed wait_for 20 only named
check part_is_told wait_for 10 told 'restore failed .*its restoration was interrupted, and the part is removed'
leaves_it restore restore "$id"
again
check start_removes_part wait_for 20 only named
# A part that nobody tells of is not the file itself.
touch "$T/files/.tocsin-$id.part"
restore "$id"
is foreign_part_is_said "$(jq -r '.status + " " + .detail' <<<"$out")" "failed .tocsin-$id.part: File exists"
rm "$T/files/.tocsin-$id.part"
restore "$id"
is restored_by_name "$(jq -r .status <<<"$out") $(cat "$f") $(find "$T/files" -name '.tocsin-*')$(marks)" 'done evil '
kill "$daemon"
wait "$daemon"
is log_is_whole "$("$AGENTD" audit --verify --state-dir "$T/state" >/dev/null 2>&1; echo $?)" 0
