"""Each table asked of the agent directly, as root, and through its daemon: daemon_tables.py AGENTD RUN_DIR"""
import json, subprocess, sys

agentd, run_dir = sys.argv[1:3]
CONSTANTS = {"path": "'/etc/passwd'", "directory": "'/etc'", "pid": "1", "url": "'http://127.0.0.1:1/'", "hostname": "'127.0.0.1:1'"}
SPECIAL = {"yara": "path = '/etc/passwd' and sigrule = 'rule a { condition: true }'"}
# What processes do changes from one moment to the next, and some see themselves only.
MOVING = {"process_open_pipes"}
# Through the daemon its own, which the agent asked directly does not know of (audit_hosts.sh has it).
OTHER = {"audit_log"}

tables = {}
for row in json.loads(subprocess.run([agentd, "tables", "-o", "json"], stdout=subprocess.PIPE).stdout):
    tables.setdefault(row["table"], []).append(row)


def statement(table):
    needed = [c["column"] for c in tables[table] if "required" in (c["flags"] or "")]
    if table in SPECIAL:
        return f"select * from {table} where {SPECIAL[table]}"
    return f"select * from {table}" + (f" where {needed[0]} = {CONSTANTS.get(needed[0], repr('/etc/x'))}" if needed else "")


def ask(names, where):
    """Eight at a time in one session, as consoles do."""
    requests = "".join(json.dumps({"op": "query", "id": i, "sql": statement(t)}) + "\n" for i, t in enumerate(names))
    out = subprocess.run([agentd, "session", "--run-dir", where], input=requests, stdout=subprocess.PIPE, text=True).stdout
    got = {i: {"rows": [], "end": None} for i in range(len(names))}
    for line in out.splitlines():
        m = json.loads(line) if line else {}
        if m.get("op") == "rows":
            got[m["id"]]["rows"] += m["rows"]
        elif m.get("op") == "done":
            got[m["id"]]["end"] = sorted(m["warnings"])
        elif m.get("op") == "error" and m["id"] in got:
            got[m["id"]]["end"] = m["message"]
    return {names[i]: a for i, a in got.items()}


def empty(rows):
    return sum(1 for r in rows for c in r if c in (None, "", -1))


def differs(a, b):
    n, m = len(a["rows"]), len(b["rows"])
    if abs(n - m) > max(3, n // 8):
        return f"{m} rows instead of {n}"
    if a["end"] != b["end"]:
        return f"ends with {b['end']} instead of {a['end']}"
    x, y = empty(a["rows"]), empty(b["rows"])
    if y > x + max(12, x // 6):
        return f"{y} empty values instead of {x}"
    return None


names = sorted(tables)
asked = wrong = 0
for i in range(0, len(names), 24):
    some = names[i:i + 24]
    direct, via = ask(some, "/nonexistent"), ask(some, run_dir)
    for t in some:
        asked += 1
        why = differs(direct[t], via[t])
        if why and t not in MOVING | OTHER:
            # The machine goes on meanwhile.
            again = [differs(ask([t], "/nonexistent")[t], ask([t], run_dir)[t]) for _ in range(4)]
            if all(again):
                wrong += 1
                print(f"not ok through_daemon_{t}: {again[-1]}")
print(f"ok through_daemon_{asked}" if not wrong else f"not ok through_daemon: {wrong} of {asked} tables differ")
