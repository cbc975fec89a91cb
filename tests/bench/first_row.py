# SPDX-License-Identifier: GPL-3.0-or-later
"""first_row.py AGENTD SQL: starts `AGENTD session`, asks, prints two times in ms and a size.

From before the start of the program to its first line of rows, to the end of its answer, and the
most memory it had resident, in KB (VmHWM: what wait4 tells includes this program before exec).
"""
import json
import subprocess
import sys
import time


def main():
    agentd, sql = sys.argv[1:]
    ask = json.dumps({"op": "query", "id": 1, "sql": sql}).encode() + b"\n"
    start = time.perf_counter()
    agent = subprocess.Popen([agentd, "session"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    agent.stdin.write(ask)
    agent.stdin.flush()
    first = 0
    for line in agent.stdout:
        if not first and line.startswith(b'{"op":"rows"'):
            first = time.perf_counter()
        if line.startswith(b'{"op":"error"'):
            sys.exit(line.decode())
        if line.startswith(b'{"op":"done"'):
            break
    end = time.perf_counter()
    with open("/proc/%d/status" % agent.pid) as status:
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
    agent.stdin.close()
    if agent.wait() or not first:
        sys.exit("no rows")
    print("%.2f %.2f %s" % ((first - start) * 1e3, (end - start) * 1e3, peak))


main()
