#!/bin/bash
# What the agent's daemon costs: a session through it against one without, a query in a session that is open, and
# the daemon at rest.
. "$(dirname "$0")/lib.sh"
need python3
need_root
ROUNDS=${DAEMON_ROUNDS:-150}
# shellcheck disable=SC2119 # no options
start_daemon
python3 - "$AGENTD" "$T/run" "$ROUNDS" >"$T/times" <<'PY'
import json, subprocess, sys, time

agentd, run, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
QUERY = b'{"op":"query","id":1,"sql":"select pid, name from processes where pid = 1"}\n'


def whole(where):
    """A session with one query, from its start to its end."""
    start = time.perf_counter()
    out = subprocess.run([agentd, "session", "--run-dir", where], input=QUERY, stdout=subprocess.PIPE).stdout
    assert b'"op":"done"' in out
    return time.perf_counter() - start


class Open:
    def __init__(self, where):
        self.p = subprocess.Popen([agentd, "session", "--run-dir", where], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.p.stdout.readline()

    def ask(self):
        start = time.perf_counter()
        self.p.stdin.write(QUERY)
        self.p.stdin.flush()
        while b'"op":"done"' not in self.p.stdout.readline():
            pass
        return time.perf_counter() - start


times = {"whole_direct": [], "whole_daemon": [], "query_direct": [], "query_daemon": []}
for _ in range(rounds):
    times["whole_direct"].append(whole("/nonexistent"))
    times["whole_daemon"].append(whole(run))
    # The worker that waits for the next session is started meanwhile.
    time.sleep(0.1)
direct, daemon = Open("/nonexistent"), Open(run)
for _ in range(rounds):
    times["query_direct"].append(direct.ask())
    times["query_daemon"].append(daemon.ask())
# Other work on the machine only ever adds: the quickest ones tell what the programs take.
for name, list_ in times.items():
    print(name, "%.3f" % (sorted(list_)[2] * 1e3))
PY
ms() { awk -v n="$1" '$1 == n {print $2}' "$T/times"; }
result "session and query, without the daemon" "$(ms whole_direct)" ms
result "session and query, through the daemon" "$(ms whole_daemon)" ms
limit "session and query: more through the daemon" "$(calc "$(ms whole_daemon) - $(ms whole_direct)")" ms '<=' 5
limit "query in an open session: more through the daemon" "$(calc "$(ms query_daemon) - $(ms query_direct)")" ms '<=' 5

# At rest: nothing connected, also no worker that waits.
kill "$pid"
wait "$pid"
# shellcheck disable=SC2119 # no options
start_daemon
ask_daemon '{"op":"ping","id":1}' >/dev/null
rss=$(awk '/^VmRSS/ {print $2}' "/proc/$pid/status")
limit "idle daemon: resident" "$(calc "$rss / 1024")" MiB '<=' 10
waiting() { [ -n "$(cat /proc/"$pid"/task/*/children)" ]; }
wait_for 10 waiting || echo "no worker waits" >&2
alone() { [ -z "$(cat /proc/"$pid"/task/*/children)" ]; }
wait_for 90 alone || echo "a worker still waits" >&2
wakes() { awk '/ctxt_switches/ {n += $2} END {print n}' /proc/"$pid"/task/*/status; }
before=$(wakes)
# Here the time itself is what is measured.
sleep 10
limit "idle daemon: wake-ups in 10 s" $(($(wakes) - before)) "" '<=' 0
