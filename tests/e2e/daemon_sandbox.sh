#!/bin/bash
# A worker that runs hostile code (build/tools/agentd_breakout) can change nothing and reach nobody, and
# whatever becomes of a worker ends its own session only.
. "$(dirname "$0")/../lib.sh"
need jq setpriv unshare
need_root

# What would work must not reach this machine.
within -n -m -u -i
ip link set lo up
AGENTD=$B/tools/agentd_breakout
[ -x "$AGENTD" ] || all_skipped "needs $AGENTD"
mkdir -p "$T/f/sub"
chmod 777 "$T/f"
echo untouched >"$T/f/victim"
chmod 666 "$T/f/victim"
printf 'worker_cpu_s = 1\nworker_memory_mb = 128\n' >"$T/agentd.conf"
# shellcheck disable=SC2119 # no options
start_daemon
daemon=$pid

# ---- Breaking out ----

someone=(setpriv --reuid 40001 --regid 40001 --clear-groups)
try_all() {
	echo "{\"op\":\"query\",\"id\":1,\"sql\":\"select name, error, done from breakout where folder = '$T/f'\"}" |
		bounded 60 "$@" "$AGENTD" session --run-dir "$T/run" | jq -c 'select(.op == "rows").rows[]'
}
for who in root other; do
	run=()
	[ $who = other ] && run=("${someone[@]}")
	out=$(try_all "${run[@]}")
	is "tries_$who" "$(($(wc -l <<<"$out") > 110))" 1
	is "breaks_out_$who" "$(jq -r 'select(.[2] != 0)[0]' <<<"$out" | tr '\n' ' ')" ""
	# Refused by the filter, not by chance.
	is "refused_$who" "$(jq -r 'select(.[1] != "EPERM" and .[1] != "ENOSYS" and (.[0] | startswith("relay_") | not))[0]' \
		<<<"$out" | tr '\n' ' ')" ""
done
is victim "$(cat "$T/f/victim")" untouched
is nothing_new "$(find "$T/f" | wc -l)" 3

# What it has: an own user, few capabilities, no way to more.
mkfifo "$T/in"
background timeout 60 "$AGENTD" session --run-dir "$T/run" <>"$T/in" >"$T/out"
check session_waits wait_for 10 test -s "$T/out"
# Those that have a session; another one waits for the next.
workers() {
	local w
	# shellcheck disable=SC2013 # words of one line
	for w in $(cat /proc/"$daemon"/task/*/children); do
		grep -q '^Seccomp:.2' "/proc/$w/status" 2>/dev/null && echo "$w"
	done
}
worker=$(workers)
state=$(cat "/proc/$worker/status")
has no_groups "$state" '^Groups:[[:space:]]*$'
has own_user "$state" '^Uid:.65534.65534.65534.65534'
has few_capabilities "$state" '^CapEff:.000000040008000c'
has bounded "$state" '^CapBnd:.000000040008000c|^CapBnd:.0000000000000000'
has no_new_privileges "$state" '^NoNewPrivs:.1'
has filtered "$state" '^Seccomp:.2'
limits=$(cat "/proc/$worker/limits")
has bounded_files "$limits" '^Max open files +1024 +1024 '
has no_cores "$limits" '^Max core file size +0 +0 '

# ---- Ends ----

# The session in $T/in lives through all of that.
do_one() { ask_daemon "{\"op\":\"query\",\"id\":1,\"sql\":\"select * from breakout where what = '$1'\"}"; }
if [ "${SAN:-0}" != 1 ]; then
	out=$(do_one half)
	is half_line "$(tail -n 1 <<<"$out" | jq -c '[.op, .id, .code]')" '["error",null,"internal"]'
	is half_line_before "$(head -n 1 <<<"$out")" '{"op":"rows","id":1,"ro'
	out=$(do_one crash)
	is crash "$(tail -n 1 <<<"$out" | jq -r .message)" "the agent's worker crashed (SIGSEGV)"
	out=$(do_one spin)
	is cpu "$(tail -n 1 <<<"$out" | jq -c '[.code, .message]')" \
		'["limit","the agent'"'"'s worker used more than 1 s of processor time and was ended"]'
	out=$(ask_daemon '{"op":"query","id":1,"sql":"with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000000) select group_concat(i) over (), i from n order by i desc"}')
	has memory "$out" '"code":"limit"'
	# What is not SQLite's is bounded as well.
	out=$(do_one memory)
	is memory_of_all "$(tail -n 1 <<<"$out" | jq -r .message)" "the agent's worker crashed (SIGSEGV)"
	out=$(do_one abort)
	is abort "$(tail -n 1 <<<"$out" | jq -r .message)" "the agent's worker crashed (SIGABRT)"
fi
out=$(do_one forge)
is forged "$(tail -n 1 <<<"$out" | jq -r .message)" "the agent's worker broke the rules"

# What it says of a file that it was given is not believed.
do_lie() { ask_daemon "{\"op\":\"query\",\"id\":1,\"sql\":\"select * from breakout where what = 'lie' and folder = '$T/f'\"}"; }
do_lie >/dev/null
lied() { jq -e 'select(.event == "outcome" and .action == "get")' "$T/state/audit.ndjson" | grep -q .; }
check lie_is_told wait_for 10 lied
sum=$(sha256sum <"$T/f/victim" | cut -d' ' -f1)
is lie_is_found_out "$(jq -r 'select(.event == "outcome" and .action == "get") |
	"\(.before.sha256) \(.before.size) \(.before.inode) \(.after.sha256 | length) \(.detail)"' "$T/state/audit.ndjson")" \
	"$sum $(stat -c '%s %i' "$T/f/victim") 64 1 bytes were sent; the daemon read another content"

# It has what one session may have at once, and no more.
is relays_of_one "$(do_one relays | jq -c 'select(.op == "rows").rows[0][:3]')" '["relays","EBUSY",8]'
ask_daemon "{\"op\":\"query\",\"id\":1,\"sql\":\"select * from breakout where what = 'many' and folder = '$T/f'\"}" >/dev/null
many() { jq -r 'select(.event == "outcome" and .reason == "many") | .detail' "$T/state/audit.ndjson" | sort | uniq -c | xargs; }
too_many() { [ "$(many)" = "12 too many actions at once" ]; }
check files_of_one wait_for 10 too_many

# Killed by somebody.
"$AGENTD" session --run-dir "$T/run" <"$T/in" >"$T/killed" &
other=$!
check second_waits wait_for 10 test -s "$T/killed"
for w in $(workers); do [ "$w" != "$worker" ] && kill -KILL "$w"; done
wait "$other"
is killed_status $? 3
has killed "$(tail -n 1 "$T/killed")" 'worker was killed'

# The session process is killed: so is its worker.
"$AGENTD" session --run-dir "$T/run" <"$T/in" >"$T/killed" &
other=$!
check third_waits wait_for 10 test -s "$T/killed"
kill -KILL "$other"
only_first() { [ "$(workers)" = "$worker" ]; }
check worker_ends_too wait_for 10 only_first

echo '{"op":"ping","id":7}' >"$T/in"
check others_live wait_for 10 grep -q pong "$T/out"
