#!/bin/bash
# The daemon's life: what the service manager is told, an audit log that cannot be written, actions that outlive their
# session, a daemon that is killed, one that is no root.
. "$(dirname "$0")/../lib.sh"
need python3 jq unshare setpriv chattr
need_root
within -m

# ---- The service manager ----

python3 - "$T/notify" >"$T/notified" <<'PY' &
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)
PY
pids+=($!)
check manager wait_for 10 test -S "$T/notify"
umask 077
NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=400000 start_daemon
umask 022
daemon=$pid
# Whatever root's umask is: everybody finds the socket.
is modes "$(stat -c %a "$T/run" "$T/run/agentd.sock" "$T/state" "$T/state/audit.ndjson" | tr '\n' ' ')" '755 666 700 600 '
check ready wait_for 10 grep -qx 'READY=1' "$T/notified"
twice() { [ "$(grep -cx 'WATCHDOG=1' "$T/notified")" -ge 3 ]; }
check watchdog wait_for 10 twice
kill -HUP "$daemon"
check reloading wait_for 10 grep -q '^RELOADING=1 MONOTONIC_USEC=[0-9]' "$T/notified"
# Its children are not to tell anything.
ask_daemon '{"op":"ping","id":1}' >/dev/null
is environment "$(tr '\0' '\n' <"/proc/$(cut -d' ' -f1 /proc/"$daemon"/task/"$daemon"/children)/environ" | grep -c NOTIFY)" 0
kill "$daemon"
wait "$daemon"
is ends $? 0
check stopping wait_for 10 grep -qx 'STOPPING=1' "$T/notified"

# ---- An action that outlives its session ----

# shellcheck disable=SC2119 # no options
start_daemon
daemon=$pid
bash -c 'trap "" TERM; while :; do sleep 1; done' &
victim=$!
pids+=("$victim")
act() { echo "{\"op\":\"action\",\"id\":1,\"action\":\"kill\",\"args\":{\"pid\":$victim$1},\"reason\":\"a test\"${2-}}"; }
deaf() { grep -q '^SigIgn:.*[4-7c-f]...$' "/proc/$victim/status"; }
check victim_is_deaf wait_for 10 deaf
identity=$(ask_daemon "$(act '' ',"dry_run":true')" | jq -r .before.identity)
mkfifo "$T/in"
"$AGENTD" session --run-dir "$T/run" <>"$T/in" >"$T/out" &
session=$!
act ",\"identity\":\"$identity\"" >"$T/in"
asked() { jq -e 'select(.event == "request" and .action == "kill" and (.dry_run | not))' "$T/state/audit.ndjson" | grep -q .; }
check action_begun wait_for 10 asked
kill -KILL "$session"
outcome() { jq -r 'select(.event == "outcome" and .action == "kill" and (.dry_run | not)).status' "$T/state/audit.ndjson"; }
done_by_itself() { [ "$(outcome)" = "done" ]; }
check action_ends wait_for 30 done_by_itself
is victim_is_gone "$(kill -0 "$victim" 2>/dev/null; echo $?)" 1
is reason_is_kept "$(jq -r 'select(.event == "request" and (.dry_run | not)).reason' "$T/state/audit.ndjson")" 'a test'
check log_is_whole "$AGENTD" audit --verify --state-dir "$T/state"

# ---- Heard out ----

# A worker that asks and ends while the daemon does something else is heard to its last word.
mkfifo "$T/late"
"$AGENTD" session --run-dir "$T/run" <"$T/late" >"$T/late.out" &
session=$!
exec 7>"$T/late"
check late_waits wait_for 10 grep -q hello "$T/late.out"
kill -STOP "$daemon"
for n in 1 2 3 4; do echo "{\"op\":\"query\",\"id\":$n,\"sql\":\"select 4711 as late_$n\"}" >&7; done
exec 7>&-
late_answered() { [ "$(grep -c '"op":"done"' "$T/late.out")" = 4 ]; }
check late_answered wait_for 10 late_answered
# shellcheck disable=SC2013 # words of one line
late_ended() {
	local w
	for w in $(cat /proc/"$daemon"/task/*/children); do grep -q '^State:.Z' "/proc/$w/status" && return; done
	return 1
}
check late_ended wait_for 10 late_ended
kill -CONT "$daemon"
wait "$session"
is late_is_told "$(grep -c 'select 4711 as late_' "$T/state/audit.ndjson")" 4
# The time that a query is given is its worker's.
has daemon_has_time "$(cat "/proc/$daemon/limits")" '^Max cpu time +unlimited +unlimited'

# ---- Killed ----

# What the one before said is not this one's word.
rm "$T/out"
"$AGENTD" session --run-dir "$T/run" <>"$T/in" >"$T/out" &
session=$!
check session_waits wait_for 10 test -s "$T/out"
workers=$(cat /proc/"$daemon"/task/*/children)
kill -KILL "$daemon"
wait "$session"
is killed_status $? 3
is killed_told "$(tail -n 1 "$T/out" | jq -c '[.op, .id, .message]')" '["error",null,"the agent'"'"'s daemon is gone"]'
no_worker() { for w in $workers; do ! kill -0 "$w" 2>/dev/null || return 1; done; }
check workers_end_too wait_for 10 no_worker

# ---- No room for the audit log ----

mkdir "$T/full"
mount -t tmpfs -o size=256k tmpfs "$T/full"
chmod 700 "$T/full"
chattr -R -f -a "$T/state"
rm -rf "$T/state"
start_daemon --state-dir "$T/full"
daemon=$pid
dd if=/dev/zero of="$T/full/rest" bs=1k 2>/dev/null
printf x >"$T/plain"
# The log's last page may have room for a few lines.
for _ in 1 2 3 4 5 6 7 8; do
	out=$(ask_daemon "{\"op\":\"get\",\"id\":1,\"path\":\"$T/plain\"}" '{"op":"query","id":2,"sql":"select 1 as n"}')
	[[ $out == *'"refused"'* ]] && break
	ask_daemon "{\"op\":\"query\",\"id\":1,\"sql\":\"select '$(printf '%02000d' 0)'\"}" >/dev/null
done
has full_refuses "$out" '"status":"refused","detail":"the audit log cannot be written'
hasnt full_gives_nothing "$out" '"op":"chunk"'
is full_answers "$(jq -c 'select(.op == "rows").rows' <<<"$out")" '[[1]]'
rm "$T/full/rest"
out=$(ask_daemon "{\"op\":\"get\",\"id\":1,\"path\":\"$T/plain\"}")
has room_again "$out" '"status":"done"'
kill "$daemon"
wait "$daemon"
umount "$T/full"

# ---- As little memory as a worker may have ----

echo 'worker_memory_mb = 64' >"$T/agentd.conf"
start_daemon
daemon=$pid
asked=()
for n in 1 2 3 4 5 6 7 8; do
	asked+=("{\"op\":\"query\",\"id\":$n,\"sql\":\"with recursive n(i) as (select 1 union all select i + 1 from n where i < 300000) select max(i) from n\"}")
done
is all_queries_at_once_have_a_stack "$(ask_daemon "${asked[@]}" | jq -r 'select(.op == "done" or .op == "error").op' | sort | uniq -c | xargs)" '8 done'
kill "$daemon"
wait "$daemon"
rm "$T/agentd.conf"

# ---- Without root ----

mkdir -m 700 "$T/u"
chown 40001 "$T/u"
background setpriv --reuid 40001 --regid 40001 --clear-groups "$AGENTD" daemon --run-dir "$T/u/run" --state-dir "$T/u/state" \
	--config "$T/none" >/dev/null 2>&1
check user_daemon wait_for 10 test -S "$T/u/run/agentd.sock"
out=$(echo '{"op":"query","id":1,"sql":"select count(*) from shadow"}' |
	bounded 20 setpriv --reuid 40001 --regid 40001 --clear-groups "$AGENTD" session --run-dir "$T/u/run")
is user_privileged "$(jq -c 'select(.op == "hello").privileged' <<<"$out")" false
has user_answered "$out" '"op":"done"'
