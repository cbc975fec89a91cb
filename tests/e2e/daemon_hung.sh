#!/bin/bash
# File systems that never answer: a session's descriptors on one, a file that is asked for on one. The daemon goes
# on meanwhile.
. "$(dirname "$0")/../lib.sh"
need python3 jq unshare setpriv chattr
need_root
[ -e /dev/fuse ] || all_skipped "no FUSE"
if [ "${1-}" != inside ]; then
	mkdir "$T/hung"
	printf 'some content\n' >"$T/content"
	unshare -m true 2>/dev/null || all_skipped "no mount namespaces"
	HUNG=$T/hung bounded 120 unshare -m python3 tests/tools/hungfs --serve "$T/content" "$T/hung" "$test_file" inside
	exit
fi
# Those that hang end with the file system, which ends with this script: they are not waited for.
trap 'kill -KILL "${pids[@]}" 2>/dev/null; chattr -R -f -a "$T/state"; rm -rf "$T"' EXIT
# shellcheck disable=SC2119 # no options
start_daemon
pid_of_daemon=$pid
cat >"$T/hand.py" <<'PY'
import array, os, signal, socket, struct, sys, time
fd = os.open(sys.argv[1], os.O_RDONLY)
a, b = socket.socketpair()
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[3])
# From now on nothing there answers, not even the end of a descriptor.
os.kill(int(sys.argv[2]), signal.SIGUSR1)
payload = struct.pack("=I", 0) + b"\0"
s.sendmsg([struct.pack("=IIQ", 1, len(payload), 1) + payload], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd, a.fileno()]))])
time.sleep(100)
PY
background python3 "$T/hand.py" "$HUNG/prog" "$PPID" "$T/run/agentd.sock"
is_open() { grep -q '"event":"session"' "$T/state/audit.ndjson"; }
check handed_over wait_for 20 is_open
out=$(ask_daemon '{"op":"query","id":1,"sql":"select 1 as n"}')
is others_are_answered "$(jq -c 'select(.op == "rows").rows' <<<"$out")" '[[1]]'
ask_daemon "{\"op\":\"get\",\"id\":1,\"path\":\"$HUNG/other\"}" >"$T/get" &
pids+=($!)
asked() { grep -q '"action":"get"' "$T/state/audit.ndjson"; }
check asked wait_for 20 asked
out=$(ask_daemon '{"op":"query","id":1,"sql":"select 2 as n"}')
is others_go_on "$(jq -c 'select(.op == "rows").rows' <<<"$out")" '[[2]]'
check told wait_for 30 grep -q 'could not be opened in time' "$T/get"
# Nor does a worker that hangs keep it from ending.
kill "$pid_of_daemon"
stopped() { grep -q '"event":"stop"' "$T/state/audit.ndjson"; }
check stops wait_for 60 stopped
