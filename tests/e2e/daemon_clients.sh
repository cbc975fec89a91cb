#!/bin/bash
# The daemon's socket and who comes to it: users without rights, roles, settings read anew, clients that misbehave,
# what stands in its place before it starts.
. "$(dirname "$0")/../lib.sh"
need python3 jq setpriv
need_root
# Another mount of what is denied is this test's own.
within --mount
cat >"$T/agentd.conf" <<'EOF'
sessions_max = 4
sessions_user_max = 4
[role responder]
users = root
allow = all
[role analyst]
users = 40001
allow = query
deny_tables = shadow process_envs
deny_paths = /etc/ssh/secret /etc/shadow
[role fetcher]
users = 40003
allow = get
deny_paths = /etc/ssh /etc/shadow
EOF
# shellcheck disable=SC2119 # no options
start_daemon
daemon=$pid
as() { echo setpriv --reuid "$1" --regid "$1" --clear-groups; }
# ask USER LINE…
ask() {
	local who=$1
	shift
	# shellcheck disable=SC2046 # words
	printf '%s\n' "$@" | bounded 30 $(as "$who") "$AGENTD" session --run-dir "$T/run"
}
sql() { ask "$1" "{\"op\":\"query\",\"id\":1,\"sql\":\"$2\"}"; }

# ---- Roles ----

out=$(sql 40001 "select count(*) > 0 from processes where pid = 1")
is role_query "$(jq -c 'select(.op == "rows").rows' <<<"$out")" '[[1]]'
is role_hello "$(jq -c 'select(.op == "hello") | [.privileged, .ops, .actions]' <<<"$out")" \
	'[true,["query","tables","cancel","ping"],[]]'
out=$(sql 40001 "select * from shadow")
is denied_table "$(jq -c 'select(.op == "error") | [.code, .message]' <<<"$out")" \
	'["denied","the agent'"'"'s policy denies you the table shadow"]'
out=$(ask 40001 '{"op":"tables","id":1}')
is denied_table_hidden "$(jq -r 'select(.op == "rows").rows[][0]' <<<"$out" | grep -cx shadow)" 0
printf 'x\n' >"$T/plain"
out=$(sql 40001 "select line from file_lines where path = '/etc/shadow'")
has denied_path "$out" "file that the agent's policy denies"
ln -s /etc/shadow "$T/by_link"
out=$(sql 40001 "select line from file_lines where path = '$T/by_link'")
hasnt denied_path_by_link "$out" 'root:'
# Nor by one that a table comes across, where it would not be denied.
mkdir "$T/home"
ln -s "$T/state/audit.ndjson" "$T/home/.bash_history"
cp /etc/passwd "$T/passwd"
echo "eve:x:40001:40001::$T/home:/bin/sh" >>"$T/passwd"
mount --bind "$T/passwd" /etc/passwd
out=$(sql 40001 "select command from shell_history where uid = 40001")
hasnt denied_path_by_link_of_history "$out" '"rows":\['
has denied_path_by_link_of_history_is_told "$out" "content of 1 file: permission denied"
has denied_path_may_have_its_table "$(sql 0 "select command from shell_history where uid = 40001")" '"rows":\['
umount /etc/passwd
mkdir "$T/mounted"
mount --bind /etc "$T/mounted"
out=$(sql 40001 "select line from file_lines where path = '$T/mounted/shadow'")
has denied_path_by_mount "$out" "file that the agent's policy denies"
get_mounted="{\"op\":\"get\",\"id\":1,\"path\":\"$T/mounted/shadow\"}"
is denied_get_by_mount "$(ask 40003 "$get_mounted" | jq -c 'select(.op == "outcome").detail')" \
	'"the agent'"'"'s policy denies this path"'
umount "$T/mounted"
# Anybody may have mounts of their own, which the agent sees by /proc/PID/root.
chmod 777 "$T/mounted"
# shellcheck disable=SC2016,SC2046 # for the inner shell; words
if $(as 40001) unshare --user --map-root-user --mount true 2>/dev/null; then
	background $(as 40001) unshare --user --map-root-user --mount \
		sh -c 'mount --rbind "$1" "$1/mounted" && exec sleep 100' sh "$T"
	theirs=/proc/$pid/root$T/mounted
	check mounts_of_their_own wait_for 10 test -e "$theirs/agentd.conf"
	out=$(sql 40001 "select line from file_lines where path = '$theirs/state/audit.ndjson'")
	has denied_path_by_their_mount "$out" "file that the agent's policy denies"
	hasnt denied_path_by_their_mount_tells_nothing "$out" '"rows":\['
else
	skip denied_path_by_their_mount "needs user namespaces"
fi
# A name that is gone from its directory.
mkdir "$T/ssh"
mount --bind "$T/ssh" /etc/ssh
printf 'x\n' >/etc/ssh/secret
exec 5</etc/ssh/secret
rm /etc/ssh/secret
out=$(sql 40001 "select line from file_lines where path = '/proc/$$/fd/5'")
has denied_path_gone "$out" "file that the agent's policy denies"
exec 5<&-
umount /etc/ssh
out=$(sql 40001 "select line from file_lines where path = '$T/plain'")
has other_path "$out" '\[\["x"\]\]'
out=$(ask 40001 '{"op":"action","id":1,"action":"kill","args":{"pid":1},"dry_run":true}' \
	"{\"op\":\"get\",\"id\":2,\"path\":\"$T/plain\"}")
is denied_action "$(jq -c 'select(.op == "outcome" and .id == 1).status' <<<"$out")" '"refused"'
is denied_get "$(jq -c 'select(.op == "outcome" and .id == 2).status' <<<"$out")" '"refused"'
out=$(ask 40003 '{"op":"query","id":1,"sql":"select 1"}' "{\"op\":\"get\",\"id\":2,\"path\":\"$T/plain\"}" \
	'{"op":"get","id":3,"path":"/etc/shadow"}')
is may_not_query "$(jq -c 'select(.id == 1).code' <<<"$out")" '"denied"'
is may_get "$(jq -c 'select(.op == "outcome" and .id == 2).status' <<<"$out")" '"done"'
is may_not_get "$(jq -c 'select(.id == 3).detail' <<<"$out")" '"the agent'"'"'s policy denies this path"'
# What was deleted or captured is denied to whom anything is denied.
mkdir -m 700 "$T/state/vault" "$T/state/vault/copy"
printf 'copied\n' >"$T/state/vault/copy/content"
get_copy="{\"op\":\"get\",\"id\":4,\"path\":\"$T/state/vault/copy/content\"}"
is may_not_get_copy "$(ask 40003 "$get_copy" | jq -c 'select(.op == "outcome").detail')" \
	'"the agent'"'"'s policy denies this path"'
out=$(sql 40001 "select line from file_lines where path = '$T/state/vault/copy/content'")
has denied_copy "$out" "file that the agent's policy denies"
is may_get_copy "$(ask 0 "$get_copy" | jq -c 'select(.op == "outcome").status')" '"done"'
out=$(sql 40002 "select 1")
is nobody_special "$(jq -c 'select(.op == "error") | [.id, .code, .message]' <<<"$out")" \
	'[1,"denied","no role of the agent'"'"'s policy names you"]'
is nobody_hello "$(jq -c 'select(.op == "hello").ops' <<<"$out")" '["cancel","ping"]'
is refused_is_audited "$(jq -r 'select(.event == "session" and .status == "refused") | "\(.uid) \(.detail)"' \
	"$T/state/audit.ndjson" | sort -u)" "40002 no role of the agent's policy names you"
is audited "$(jq -r 'select(.event == "outcome" and .uid == 40001).status' "$T/state/audit.ndjson" | tr '\n' ' ')" \
	'refused refused '

# ---- Settings read anew ----

reload() {
	local n
	n=$(grep -c '"config"' "$T/state/audit.ndjson")
	kill -HUP "$daemon"
	# shellcheck disable=SC2016 # for the inner shell
	wait_for 10 sh -c 'test "$(grep -c "\"config\"" "$1")" -gt "$2"' sh "$T/state/audit.ndjson" "$n"
}
# A session that goes on: what it may do is looked up each time.
mkfifo "$T/goes_on.in"
exec 5<>"$T/goes_on.in"
# shellcheck disable=SC2046 # words
background bounded 60 $(as 40003) "$AGENTD" session --run-dir "$T/run" <&5 >"$T/goes_on"
get_plain() { echo "{\"op\":\"get\",\"id\":$1,\"path\":\"$T/plain\"}" >&5; }
outcome_of() { jq -er "select(.op == \"outcome\" and .id == $1).status" "$T/goes_on"; }
get_plain 1
check goes_on wait_for 10 outcome_of 1
is goes_on_before "$(outcome_of 1)" 'done'
sed -i 's/users = 40001/users = 40001 40002/; s/allow = get/allow = query/' "$T/agentd.conf"
reload
get_plain 2
check goes_on_after_that wait_for 10 outcome_of 2
is rights_are_taken_away "$(outcome_of 2)" refused
exec 5>&-
has reloaded "$(sql 40002 'select 1')" '"op":"done"'
has still_denied "$(sql 40001 "select line from file_lines where path = '$T/state/vault/copy/content'")" \
	"file that the agent's policy denies"
echo 'nonsense' >>"$T/agentd.conf"
reload
has broken_keeps_old "$(sql 40002 'select 1')" '"op":"done"'
is broken_is_audited "$(jq -r 'select(.event == "config").status' "$T/state/audit.ndjson" | tail -n 1)" refused
sed -i '/nonsense/d' "$T/agentd.conf"
chmod 666 "$T/agentd.conf"
reload
is writable_refused "$(jq -r 'select(.event == "config").status' "$T/state/audit.ndjson" | tail -n 1)" refused
chmod 644 "$T/agentd.conf"

# ---- Too many ----

mkfifo "$T/in"
for i in 1 2 3 4; do
	background timeout 60 "$AGENTD" session --run-dir "$T/run" <>"$T/in" >"$T/s$i"
	check "session_$i" wait_for 10 test -s "$T/s$i"
done
out=$(ask_daemon '{"op":"query","id":1,"sql":"select 1"}')
is too_many "$(jq -c '[.code, .message]' <<<"$out")" '["limit","too many sessions at once"]'
for p in "${pids[@]:1}"; do kill "$p"; done
again() { [[ $(ask_daemon '{"op":"query","id":1,"sql":"select 1"}') == *done* ]]; }
check room_again wait_for 20 again

# ---- Those who misbehave ----

descriptors() { find "/proc/$daemon/fd" -mindepth 1 | wc -l; }
few=$(descriptors)
python3 tests/e2e/daemon_clients.py "$T/run/agentd.sock"
# The spare worker's, perhaps.
no_more() { [ "$(descriptors)" -le $((few + 1)) ]; }
check descriptors_are_closed wait_for 20 no_more
has lives_on "$(sql 0 'select 1')" '"op":"done"'
is still_the_same "$(kill -0 "$daemon" && echo yes)" yes

# ---- What stands in its place ----

run "$AGENTD" daemon --run-dir "$T/run" --state-dir "$T/state2" --config "$T/none"
is second_refused "$status" 3
has second_says "$err" "another daemon runs in"
run "$AGENTD" daemon --run-dir "$T/run2" --state-dir "$T/state" --config "$T/none"
has second_state "$err" "another daemon runs in $T/state"
kill -KILL "$daemon"
wait "$daemon" 2>/dev/null
run "$AGENTD" session --run-dir "$T/run"
has stale_told "$err" "the agent's daemon does not answer at"
# shellcheck disable=SC2119 # no options
start_daemon
has stale_replaced "$(sql 0 'select 1')" '"op":"done"'

mkdir "$T/theirs"
chown 40001 "$T/theirs"
run "$AGENTD" daemon --run-dir "$T/theirs" --state-dir "$T/state3" --config "$T/none"
has wrong_owner "$err" "$T/theirs belongs to user 40001, not to root"
mkdir -m 777 "$T/open"
run "$AGENTD" daemon --run-dir "$T/open" --state-dir "$T/state3" --config "$T/none"
has writable "$err" "$T/open is writable for others"
mkdir "$T/file"
touch "$T/file/agentd.sock"
run "$AGENTD" daemon --run-dir "$T/file" --state-dir "$T/state3" --config "$T/none"
has no_socket "$err" "is in the way: it is no socket"

# Somebody else listens where the daemon should: nothing is handed to them.
mkdir -m 777 "$T/squatted"
# shellcheck disable=SC2046 # words
background $(as 40001) python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1]); s.listen(); c, _ = s.accept()
open(sys.argv[1] + ".got", "wb").write(c.recv(100)); time.sleep(30)' "$T/squatted/agentd.sock"
check squatter_listens wait_for 10 test -S "$T/squatted/agentd.sock"
chmod 777 "$T/squatted/agentd.sock"
echo '{"op":"query","id":1,"sql":"select 1"}' >"$T/q"
out=$(bounded 20 "$AGENTD" session --run-dir "$T/squatted" <"$T/q" 2>"$T/err")
has squatter_told "$(cat "$T/err")" "who listens there is user 40001, not root"
has squatter_answer "$out" '"id":1,"code":"internal"'
check squatter_got_nothing wait_for 10 test -e "$T/squatted/agentd.sock.got"
is squatter_bytes "$(wc -c <"$T/squatted/agentd.sock.got")" 0
