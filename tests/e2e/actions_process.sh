#!/bin/bash
# kill, suspend and resume against real processes, each action in a process of its own as the daemon runs it. All
# of it in a pid and a mount namespace: nothing outside can be hit.
. "$(dirname "$0")/../lib.sh"
need_root
within --mount --pid --fork --mount-proc --kill-child
need jq python3
act=$B/tools/agentd_act bomb=$B/tools/forkbomb
# The kernel counts the processes of a user wherever they are, also those of another run of this test.
uid=$((100000000 + RANDOM * 32768 + RANDOM))

# of FILTER: over the last outcome
of() { jq -r "$1" <<<"$out" 2>&1; }
# outcome NAME STATUS [DETAIL-PATTERN]
outcome() {
	is "$1" "$(of .status)" "$2"
	if [ $# -gt 2 ]; then has "$1: words" "$(of .detail)" "$3"; fi
}
state_of() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -c1; }
is_state() { [ "$(state_of "$1")" = "$2" ]; }
gone() { [ ! -d "/proc/$1" ] || is_state "$1" Z; }
there() { ! gone "$1"; }
bombs() { pgrep -u $uid | wc -l; }
no_bombs() { [ -z "$(pgrep -u $uid -r D,R,S,T,t)" ]; }
# Those who have a child and end are too quick to be listed, but use numbers up.
nobody_forks() {
	local before after
	read -r before </proc/sys/kernel/ns_last_pid
	sleep 0.3
	read -r after </proc/sys/kernel/ns_last_pid
	echo "from $before to $after"
	[ $((after - before)) -ge 0 ] && [ $((after - before)) -lt 20 ] && no_bombs
}
bombs_at_least() { [ "$(bombs)" -ge "$1" ]; }
# sleeper: sets $pid
sleeper() {
	background sleep 1000
	wait_for 5 grep -q sleep "/proc/$pid/comm"
}

# ---- Planned, then applied ----

sleeper
run "$act" -n kill "{\"pid\":$pid}"
outcome kill-planned planned "would kill sleep \($pid\)"
is kill-before "$(of '.before | [.pid, .name, .cmdline, .uid, .parent] | @tsv')" "$pid"$'\tsleep\tsleep 1000\t0\t'$$
is kill-before-exe "$(of .before.path)" "$(readlink "/proc/$pid/exe")"
check kill-plan-does-nothing there "$pid"
identity=$(of .before.identity) start=$(of .before.start_time)
has kill-identity "$identity" '^[0-9a-f]{64}$'
# shellcheck disable=SC2016 # SQL
is kill-start-time-is-the-tables "$start" "$("$AGENTD" query -o csv "select start_time from processes where pid = $pid" | tail -n 1)"

run "$act" kill "{\"pid\":$pid}"
outcome kill-without-identity refused identity
run "$act" kill "{\"pid\":$pid,\"identity\":\"${identity//[0-9]/a}\"}"
outcome kill-wrong-identity refused 'no longer'
run "$act" kill "{\"pid\":$pid,\"start_time\":$((start - 1)),\"identity\":\"$identity\"}"
outcome kill-other-start-time not_found "started at $start"
check kill-refused-does-nothing there "$pid"
run "$act" kill "{\"pid\":$pid,\"start_time\":$start,\"identity\":\"$identity\"}"
outcome kill-done 'done' 'ended on TERM'
check kill-it-is-gone gone "$pid"
is kill-after "$(of '.after | [.signals[0], .ended, .left] | @tsv')" $'TERM\t1\t0'

# ---- No longer the same ----

# Its number is in use again.
sleeper
run "$act" -n kill "{\"pid\":$pid}"
identity=$(of .before.identity) old=$pid
kill -KILL "$old"
wait "$old" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
	echo $((old - 1)) >/proc/sys/kernel/ns_last_pid
	sleep 1000 &
	pid=$!
	pids+=("$pid")
	[ "$pid" = "$old" ] && break
done
is pid-in-use-again "$pid" "$old"
run "$act" kill "{\"pid\":$pid,\"identity\":\"$identity\"}"
outcome kill-reused-pid refused 'no longer'
check kill-reused-pid-lives there "$pid"
# It became another program.
# shellcheck disable=SC2016 # for the inner shell
background bash -c 'until [ -e "$1" ]; do sleep 0.02; done; exec sleep 1000' bash "$T/go"
run "$act" -n suspend "{\"pid\":$pid}"
identity=$(of .before.identity)
touch "$T/go"
wait_for 10 grep -q sleep "/proc/$pid/comm"
run "$act" suspend "{\"pid\":$pid,\"identity\":\"$identity\"}"
outcome suspend-after-exec refused 'no longer'
# What it says of itself may change.
background python3 -c 'import ctypes, time
open("'"$T"'/named", "w")
while True:
    for name in b"one", b"two": ctypes.CDLL(None).prctl(15, name, 0, 0, 0); time.sleep(0.001)'
wait_for 10 [ -e "$T/named" ]
run "$act" -y kill "{\"pid\":$pid}"
outcome kill-renamed 'done'

# ---- What may never be touched ----

run "$act" -y kill '{"pid":1}'
outcome kill-pid-1 refused 'first process'
run "$act" -y kill "{\"pid\":999999}"
outcome kill-nobody not_found 'no process 999999'
run "$act" kill '{"pid":0}'
is kill-pid-0 "$status" 2
run "$act" kill '{"pid":-1}'
is kill-pid-negative "$status" 2
# shellcheck disable=SC2016 # for the inner shell
run bash -c '"$1" -y kill "{\"pid\":$$}" | cat' bash "$act"
outcome kill-above-the-agent refused 'is the agent, or carries it'
sleeper
run "$act" -p "$pid" -y kill "{\"pid\":$pid}"
outcome kill-own-session refused 'carries the session'
background bash -c 'sleep 1000; true'
wait_for 5 pgrep -P "$pid"
run "$act" -p "$(pgrep -P "$pid")" -y kill "{\"pid\":$pid,\"tree\":true}"
outcome kill-above-own-session refused 'carries the session'
check kill-above-own-session-lives there "$pid"
run "$act" -p "$pid" -y kill "{\"pid\":$(pgrep -P "$pid")}"
outcome kill-below-session 'done'
# The number of a thread is none of a process.
background python3 -c 'import threading, time
threading.Thread(target=time.sleep, args=(1000,)).start()'
thread() { find "/proc/$1/task" -mindepth 1 -maxdepth 1 ! -name "$1" -printf '%f\n' 2>/dev/null | grep .; }
wait_for 10 thread "$pid"
run "$act" -y kill "{\"pid\":$(thread "$pid")}"
outcome kill-thread not_found

# ---- Signals ----

background "$bomb" deaf $uid 10
deaf=$pid
ignores_term() { grep -qE '^SigIgn:.*4[0-9a-f]{3}$' "/proc/$1/status"; }
wait_for 5 ignores_term "$deaf"
wait_for 5 pgrep -P "$deaf"
child=$(pgrep -P "$deaf")
run "$act" -y kill "{\"pid\":$child,\"signal\":\"TERM\"}"
outcome kill-one-signal 'done' 'TERM sent to .*: still there'
check kill-one-signal-lives there "$child"
run "$act" -y kill "{\"pid\":$child,\"grace_ms\":1000}"
outcome kill-after-grace 'done' 'ended on KILL'
is kill-after-grace-signals "$(of '.after.signals | join(" ")')" 'TERM KILL'
run "$act" -y kill "{\"pid\":$deaf,\"grace_ms\":0}"
outcome kill-at-once 'done' 'ended on KILL'
is kill-at-once-signals "$(of '.after.signals | join(" ")')" KILL
# shellcheck disable=SC2016 # for the inner shell
background bash -c 'trap "exit 7" HUP; trap "exit 8" CONT; touch "$1"; while :; do sleep 0.05; done' bash "$T/trapped"
wait_for 5 [ -e "$T/trapped" ]
# Only that one.
run "$act" -y kill "{\"pid\":$pid,\"signal\":\"sighup\"}"
outcome kill-hup 'done' 'HUP sent'
wait "$pid"
is kill-hup-handled "$?" 7
run "$act" -y kill "{\"pid\":$$,\"signal\":\"nonsense\"}"
is kill-no-such-signal "$(of .status)" refused

# ---- The dead, and those who only look it ----

background python3 -c 'import os, time
if os.fork() == 0: os._exit(0)
time.sleep(1000)'
wait_for 5 pgrep -P "$pid"
zombie=$(pgrep -P "$pid")
wait_for 5 is_state "$zombie" Z
run "$act" -y kill "{\"pid\":$zombie}"
outcome kill-zombie already 'has ended'
run "$act" -y suspend "{\"pid\":$zombie}"
outcome suspend-zombie not_found
background "$bomb" leader $uid 10
wait_for 5 is_state "$pid" Z
run "$act" -y suspend "{\"pid\":$pid}"
outcome suspend-dead-leader 'done'
run "$act" -y kill "{\"pid\":$pid}"
outcome kill-dead-leader 'done' 'ended on'
wait_for 5 no_bombs
check kill-dead-leader-gone no_bombs

# ---- Suspended and resumed ----

sleeper
run "$act" -n suspend "{\"pid\":$pid}"
outcome suspend-planned planned
is suspend-plan-does-nothing "$(state_of "$pid")" S
run "$act" -y suspend "{\"pid\":$pid}"
outcome suspend-done 'done'
is suspend-state "$(state_of "$pid")" T
is suspend-undo "$(of .undo.action)" resume
undo=$(of '.undo.args | tojson')
run "$act" -y suspend "{\"pid\":$pid}"
outcome suspend-already already
run "$act" resume "$undo"
outcome resume-by-undo 'done'
is resume-state "$(state_of "$pid")" S
run "$act" resume "$undo"
outcome resume-already already
# One that is suspended does not wake up to handle TERM.
# shellcheck disable=SC2016 # for the inner shell
background bash -c 'trap "touch $1" TERM; touch "$2"; while :; do sleep 0.05; done' bash "$T/woke" "$T/trapped2"
wait_for 5 [ -e "$T/trapped2" ]
run "$act" -y suspend "{\"pid\":$pid}"
run "$act" -y kill "{\"pid\":$pid}"
outcome kill-suspended 'done' 'ended on KILL'
check kill-suspended-did-not-wake [ ! -e "$T/woke" ]

# ---- Uninterruptible sleep ----

background "$bomb" vfork $uid 10
wait_for 5 is_state "$pid" D
run "$act" -y suspend "{\"pid\":$pid}"
outcome suspend-uninterruptible failed 'uninterruptible sleep.*wake up'
run "$act" -y kill "{\"pid\":$pid,\"tree\":true,\"grace_ms\":0}"
outcome kill-vfork 'done'
# A write to a frozen file system is not even ended by KILL.
if command -v fsfreeze mkfs.ext4 >/dev/null && truncate -s 16M "$T/image" && mkfs.ext4 -q -F "$T/image" &&
	mkdir "$T/frozen" && mount -o loop "$T/image" "$T/frozen" 2>/dev/null; then
	chmod 777 "$T/frozen"
	background "$bomb" write $uid 10 >"$T/frozen/file"
	fsfreeze -f "$T/frozen"
	wait_for 5 is_state "$pid" D
	run "$act" -y kill "{\"pid\":$pid,\"grace_ms\":0}"
	outcome kill-uninterruptible failed 'uninterruptible sleep'
	check kill-uninterruptible-is-there is_state "$pid" D
	fsfreeze -u "$T/frozen"
	check kill-takes-effect-later wait_for 10 gone "$pid"
	umount "$T/frozen"
else
	skip kill-uninterruptible "no loop devices"
fi

# ---- Captured ----

mkdir "$T/state"
vault=$T/state/vault
cp /bin/sleep "$T/malware"
# Its program is gone from the disk; what it has open is known.
SECRET=of-the-attacker background "$T/malware" 1000 </etc/passwd
wait_for 5 grep -q malware "/proc/$pid/comm"
touch -a -d @1000 "$T/malware"
exec 6<"$T/malware"
rm "$T/malware"
run "$act" -s "$T/state" -n kill "{\"pid\":$pid,\"capture\":true}"
outcome capture-planned planned 'would capture and kill malware'
is capture-plan-does-nothing "$(state_of "$pid")" S
run "$act" -s "$T/state" -r 'case 9' -y kill "{\"pid\":$pid,\"capture\":true}"
outcome capture-done 'done' "ended on TERM, captured as"
id=$(of .after.id)
check capture-exe cmp "$vault/$id/exe" /bin/sleep
is capture-leaves-atime "$(stat -Lc %X /proc/self/fd/6)" 1000
exec 6<&-
has capture-environ "$(tr '\0' '\n' <"$vault/$id/environ")" '^SECRET=of-the-attacker$'
is capture-cmdline "$(tr '\0' ' ' <"$vault/$id/cmdline")" "$T/malware 1000 "
has capture-maps "$(cat "$vault/$id/maps")" 'malware \(deleted\)'
has capture-fds "$(cat "$vault/$id/fds")" '^\{"fd":0,"target":"/etc/passwd"\}$'
has capture-status "$(cat "$vault/$id/status")" '^Name:.malware$'
is capture-meta "$(jq -r '[.kind, .reason, .process.pid, .path] | @tsv' "$vault/$id/meta.json")" \
	"process"$'\tcase 9\t'"$pid"$'\t'"$T/malware (deleted)"
is capture-hashes "$(jq -r '.files[] | [.sha256, .name] | join("  ")' "$vault/$id/meta.json" | (cd "$vault/$id" && sha256sum -c --quiet) 2>&1)" ''
is capture-in-vault-table "$("$AGENTD" query -o tsv "select kind, pid, sha256, reason from vault where state_dir = '$T/state' and id = '$id'" | tail -n 1)" \
	"process"$'\t'"$pid"$'\t'"$(sha256sum /bin/sleep | cut -d' ' -f1)"$'\tcase 9'
run "$act" -s "$T/state" -y restore "{\"id\":\"$id\"}"
outcome capture-is-no-file refused 'no file'
# What cannot be kept is not killed, and goes on.
printf 'vault_max_mb = 1\n' >"$T/conf"
chmod 600 "$T/conf"
head -c 2000000 /dev/urandom >"$vault/$id/more"
sleeper
run "$act" -s "$T/state" -c "$T/conf" -y kill "{\"pid\":$pid,\"capture\":true}"
outcome capture-vault-full failed 'goes on: the vault is full'
check capture-vault-full-goes-on is_state "$pid" S
# A tree: one program is kept once.
background bash -c 'sleep 1000 & sleep 1000 & wait'
two_children() { [ "$(pgrep -P "$1" -x sleep | wc -l)" = 2 ]; }
wait_for 10 two_children "$pid"
run "$act" -s "$T/state" -y kill "{\"pid\":$pid,\"tree\":true,\"capture\":true}"
outcome capture-tree 'done' 'and 2 descendants ended on TERM'
is capture-tree-entries "$(of '.after.captured | length')" 3
is capture-tree-programs "$(for i in $(of '.after.captured[].id'); do [ -e "$vault/$i/exe" ] && echo x; done | wc -l)" 2
is capture-tree-program-is-told "$(for i in $(of '.after.captured[].id'); do jq -r '.exe_in // empty' "$vault/$i/meta.json"; done)" \
	"$(of '.after.captured[1].id')"

# ---- Trees ----

background bash -c 'sleep 1000 & bash -c "sleep 1000; true" & wait'
has_three() { [ "$(pgrep -P "$1" | wc -l)" = 2 ] && pgrep -P "$(pgrep -P "$1" -x bash)"; }
wait_for 10 has_three "$pid"
family="$(pgrep -P "$pid") $(pgrep -P "$(pgrep -P "$pid" -x bash)")"
run "$act" -n kill "{\"pid\":$pid,\"tree\":true}"
outcome tree-planned planned 'and 3 descendants'
is tree-before "$(of '.before.tree | [.count, (.processes | length)] | @tsv')" $'3\t3'
run "$act" -y suspend "{\"pid\":$pid,\"tree\":true}"
outcome tree-suspended 'done' 'and 3 descendants'
all_state() { local p; for p in $family; do is_state "$p" "$1" || return 1; done; }
check tree-suspended-all all_state T
run "$act" resume "$(of '.undo.args | tojson')"
outcome tree-resumed 'done' 'and 3 descendants'
check tree-resumed-all all_state S
run "$act" -y kill "{\"pid\":$pid,\"tree\":true}"
outcome tree-killed 'done' 'and 3 descendants ended on TERM'
all_gone() { local p; for p in $family; do gone "$p" || return 1; done; }
check tree-killed-all all_gone
background "$bomb" deaf $uid 10
wait_for 5 pgrep -P "$pid"
run "$act" -y kill "{\"pid\":$pid,\"tree\":true,\"grace_ms\":1000}"
outcome tree-deaf 'done' 'ended on KILL'
check tree-deaf-all wait_for 5 no_bombs

# Those who start processes faster than they can be killed one after the other.
background "$bomb" all $uid 200
wait_for 10 bombs_at_least 100
run "$act" -y kill "{\"pid\":$pid,\"tree\":true,\"grace_ms\":0}"
outcome bomb-killed 'done' 'ended on KILL'
check bomb-none-left wait_for 5 no_bombs
# Each one's parent has ended before it can be looked at.
runs_on() { [ "$(pgrep -u $uid -n)" -gt $((rabbit + 100)) ]; }
# What goes by chance is tried often; what is too quick is slowed down by nobody.
for try in {1..10}; do
	background nice -n -20 setsid "$bomb" rabbit $uid 200
	rabbit=$pid
	wait_for 10 runs_on
	run "$act" -y kill "{\"pid\":$rabbit,\"tree\":true,\"grace_ms\":0}"
	outcome "rabbit-killed-$try" 'done' 'ended on KILL'
	check "rabbit-none-left-$try" nobody_forks
	# In one step: what forks is never met one by one.
	kill -KILL -- "-$rabbit" 2>/dev/null
done
# One that gets away from its parent, group and session only when it is told to end.
if [ -w /sys/fs/cgroup/cgroup.procs ] || [ -w /sys/fs/cgroup/unified/cgroup.procs ]; then
	background "$bomb" hydra $uid 200
	catches_term() { grep -qE '^SigCgt:.*4[0-9a-f]{3}$' "/proc/$1/status"; }
	wait_for 5 catches_term "$pid"
	run "$act" -y kill "{\"pid\":$pid,\"tree\":true,\"grace_ms\":500}"
	outcome hydra-killed 'done'
	check hydra-none-left nobody_forks
	pkill -KILL -u $uid
else
	skip hydra "no control groups of version 2"
fi
background "$bomb" all $uid 200
wait_for 10 bombs_at_least 100
run "$act" -y suspend "{\"pid\":$pid,\"tree\":true}"
outcome bomb-suspended 'done'
not_running() { [ -z "$(pgrep -u $uid -r R,S,D)" ]; }
check bomb-suspended-all not_running
run "$act" -y kill "{\"pid\":$pid,\"tree\":true}"
outcome bomb-suspended-killed 'done'
check bomb-suspended-none-left wait_for 5 no_bombs
check no-group-is-left [ -z "$(find /sys/fs/cgroup -name 'tocsin-trap-*' 2>/dev/null)" ]
