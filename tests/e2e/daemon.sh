#!/bin/bash
# The agent's daemon: sessions handed over, who may do what, files, how sessions and daemons end.
. "$(dirname "$0")/../lib.sh"
need python3 jq
need_root

# shellcheck disable=SC2119 # no options
start_daemon
daemon=$pid
chmod 711 "$T"

# ---- Questions ----

hello() { bounded 20 "$@" "$AGENTD" session --run-dir "$T/run" </dev/null | head -n 1; }
is hello_root "$(hello | jq -c '[.privileged, (.ops | index("action") != null), (.ops | index("get") != null)]')" \
	'[true,true,true]'
out=$(ask_daemon '{"op":"query","id":1,"sql":"select count(*) > 0 as n from shadow"}')
is reads_as_root "$(jq -c 'select(.op == "rows").rows' <<<"$out")" '[[1]]'
out=$(ask_daemon '{"op":"query","id":1,"sql":"select uid <> 0 as nobody, privileged from processes join agent_info using (pid)"}')
is worker_is_nobody_who_reads_all "$(jq -c 'select(.op == "rows").rows[0]' <<<"$out")" '[1,1]'

nobody=(setpriv --reuid 40001 --regid 40001 --clear-groups)
is hello_other "$(hello "${nobody[@]}" | jq -c '[.privileged, .ops, .actions]')" \
	'[false,["query","tables","cancel","ping"],[]]'
out=$(echo '{"op":"query","id":1,"sql":"select count(*) from shadow"}' |
	bounded 20 "${nobody[@]}" "$AGENTD" session --run-dir "$T/run")
has reads_as_other "$out" 'shadow: content of 1 file: permission denied'

# With the groups that they have, and no others.
printf 'x\n' | tee "$T/of_theirs" >"$T/of_ours"
chmod 640 "$T/of_theirs" "$T/of_ours"
chgrp 40042 "$T/of_theirs"
out=$(echo "{\"op\":\"query\",\"id\":1,\"sql\":\"select path from file_lines where path in ('$T/of_theirs', '$T/of_ours')\"}" |
	bounded 20 setpriv --reuid 40001 --regid 40001 --groups 40042 "$AGENTD" session --run-dir "$T/run")
is reads_by_groups "$(jq -c 'select(.op == "rows").rows' <<<"$out")" "[[\"$T/of_theirs\"]]"

# The workers' own account has no business here.
own=$(id -u tocsin-worker 2>/dev/null || echo 65534)
out=$(echo '{"op":"query","id":1,"sql":"select 1"}' |
	bounded 30 setpriv --reuid "$own" --regid "$own" --clear-groups "$AGENTD" session --run-dir "$T/run")
is worker_may_not_ask "$(jq -c 'select(.op == "error") | [.id, .code, .message]' <<<"$out")" \
	'[1,"denied","this account is the agent'"'"'s own"]'

# ---- Files ----

printf 'evidence' >"$T/file"
out=$(ask_daemon "{\"op\":\"get\",\"id\":1,\"path\":\"$T/file\"}")
is get_bytes "$(jq -r 'select(.op == "chunk").data' <<<"$out" | base64 -d)" evidence
is get_hash "$(jq -r 'select(.op == "outcome").before.sha256' <<<"$out")" "$(sha256sum <"$T/file" | cut -d' ' -f1)"
out=$(ask_daemon "{\"op\":\"get\",\"id\":1,\"path\":\"$T/file\",\"offset\":3,\"length\":2}")
is get_part "$(jq -r 'select(.op == "chunk").data' <<<"$out" | base64 -d)" de
ln -s "$T/file" "$T/link"
out=$(ask_daemon "{\"op\":\"get\",\"id\":1,\"path\":\"$T/link\"}")
is get_link "$(jq -r 'select(.op == "outcome").status' <<<"$out")" refused

status_of() { jq -r 'select(.op == "outcome") | "\(.status) \(.detail)"' <<<"$1"; }
get() { ask_daemon "{\"op\":\"get\",\"id\":1,\"path\":\"$1\"${2-}}"; }
mkfifo "$T/fifo"
for what in "$T/fifo" /dev/null "$T" /proc/1/environ; do
	is "get_$(basename "$what")" "$(status_of "$(get "$what")")" "refused it is not an ordinary file"
done
is get_missing "$(status_of "$(get "$T/none")")" "not_found No such file or directory"
is get_dots "$(status_of "$(get "$T/../etc/passwd")")" 'refused a "." or ".." is in the path'
is get_beyond "$(status_of "$(get "$T/file" ',"offset":99')")" "failed the file is shorter than that"
mkdir "$T/real"
echo x >"$T/real/f"
ln -s real "$T/dir"
has get_link_in_path "$(status_of "$(get "$T/dir/f")")" "refused .* $T/real/f\$"
# The wide name comes as bytes.
name=$(printf 'n\377\nx')
echo odd >"$T/$name"
out=$(ask_daemon "{\"op\":\"get\",\"id\":1,\"path\":{\"b64\":\"$(printf '%s' "$T/$name" | base64 -w0)\"}}")
is get_odd_name "$(jq -r 'select(.op == "chunk").data' <<<"$out" | base64 -d)" odd
out=$(get "$T/file" ",\"reason\":\"$(printf '%02000d' 0)\"")
is get_long_reason "$(jq -r 'select(.op == "error").code' <<<"$out")" usage
touch -d '2020-01-01' "$T/file"
before=$(stat -c %X "$T/file")
get "$T/file" >/dev/null
is get_leaves_atime "$(stat -c %X "$T/file")" "$before"

# A large one, to a reader who takes a rest: the worker waits for it, and holds little meanwhile.
head -c 30000000 /dev/urandom >"$T/large"
mkfifo "$T/slow"
echo "{\"op\":\"get\",\"id\":1,\"path\":\"$T/large\"}" >"$T/request"
# shellcheck disable=SC2016 # for the inner shell
background sh -c 'exec timeout 60 "$0" session --run-dir "$1" <"$2" >"$3"' "$AGENTD" "$T/run" "$T/request" "$T/slow"
exec 5<"$T/slow"
read -r _ <&5
read -r _ <&5
has_begun() { grep -q '"path":"'"$T/large"'"' "$T/state/audit.ndjson"; }
check get_begins wait_for 20 has_begun
worker_rss() {
	local w
	# shellcheck disable=SC2013 # words of one line
	for w in $(cat /proc/"$daemon"/task/*/children); do
		grep -q '^Seccomp:.2' "/proc/$w/status" && awk '/^VmHWM/ {print $2}' "/proc/$w/status"
	done
}
rss=$(worker_rss)
is get_is_bounded "$((rss < 40000 * SLOW * SLOW))" 1
sum=$(tail -n +1 <&5 | jq -r 'select(.op == "outcome").before.sha256')
exec 5<&-
is get_large "$sum" "$(sha256sum <"$T/large" | cut -d' ' -f1)"

# ---- The log of it ----

# got PATH: outcomes of its fetching: status, whose the hash is, bytes
got() {
	jq -r --arg p "$1" 'select(.event == "outcome" and .action == "get" and .before.path == $p) |
		"\(.status) \(.before.sha256) \(.after.sha256) \(.after.bytes)"' "$T/state/audit.ndjson"
}
sum=$(sha256sum <"$T/file" | cut -d' ' -f1)
is log_of_get "$(got "$T/file" | head -n 1)" "done $sum $sum 8"
part=$(printf 'evide' | sha256sum | cut -d' ' -f1)
is log_of_part "$(got "$T/file" | sed -n 2p)" "done $part $part 2"
sum=$(sha256sum <"$T/large" | cut -d' ' -f1)
large_is_told() { [ "$(got "$T/large")" = "done $sum $sum 30000000" ]; }
check log_of_large wait_for 10 large_is_told
is log_of_session "$(jq -r 'select(.event == "session_end") | "\(.after.queries) \(.after.cpu_ms > 0)"' \
	"$T/state/audit.ndjson" | sort -u | tr '\n' ' ')" "0 true 1 true "

# ---- The log, as people read it ----

# shown COLUMNS: on a terminal of that width
shown() {
	script -qec "stty cols $1; NO_COLOR=1 '$AGENTD' audit --state-dir '$T/state'" /dev/null </dev/null | tr -d '\r'
}
ask_daemon '{"op":"query","id":1,"sql":"select pid, name, path, cmdline, uid from processes\n where name = '"''"' and on_disk != 1 and path != '"''"' order by start_time"}' >/dev/null
if command -v script >/dev/null; then
	for columns in 80 200; do
		out=$(shown $columns)
		is "log_in_$columns" "$(grep -E "^.{$((columns + 1))}" <<<"$out")" ""
		has "log_in_${columns}_is_whole" "$(tr -s ' \n' ' ' <<<"$out")" \
			"query select pid, name, path, cmdline, uid from processes where name = '' and on_disk != 1 and path != '' order by start_time"
	done
else
	skip log_in_80 "no script"
fi

# ---- The end ----

mkfifo "$T/in"
background timeout 60 "$AGENTD" session --run-dir "$T/run" <>"$T/in" >"$T/out"
check waits wait_for 10 test -s "$T/out"
kill "$daemon"
wait "$daemon"
is daemon_ends $? 0
check socket_is_gone test ! -e "$T/run/agentd.sock"
is log_is_whole "$("$AGENTD" audit --verify --state-dir "$T/state" >/dev/null 2>&1; echo $?)" 0
