#!/bin/bash
# Whatever somebody puts in the place of a file that a table reads, of every table that reads one
# (tests/fixtures/files-of-tables.tsv): the table ends, soon, with bounded memory; what was in the
# way is said; nothing outside of the root is read.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3

cat >"$T/hostile.py" <<'PY'
import json, os, random, re, shutil, socket, subprocess, sys, time
agent, top, listing, bound, sanitized = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]), sys.argv[5] == "1"
MEMORY_KB = 160 << 10
files = [(l.rstrip("\n").split("\t") + [""])[:3] for l in open(listing) if not l.startswith("#")]
# What the others need to be looked for at all; when they are hostile themselves nothing else is.
BASE = {"/etc/passwd": b"root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/bash\n", "/etc/group": b"bob:x:1000:\n"}
outside = top + "/outside"
open(outside, "wb").write(b"SECRET:x:0:0:SECRET:/SECRET:SECRET\n" * 100)

def own_half(path, p):
    try:
        data = open(path, "rb").read(1 << 20)
    except OSError:
        data = b"[section]\nkey = value\n{\"a\": [1, 2"
    open(p, "wb").write(data[:len(data) // 2 + 1])

def lines(path, p):
    r = random.Random(path)
    parts = [b"\xff\xfe", b"\xc3", b"\n", b"\n\n", b"\r", b"\0", b":", b" ", b"=", b"{", b"[", b"\"", b"/", b"root", b"#", b"%s", b"\x1b[2J", b"-1", b"99999999999999999999"]
    open(p, "wb").write(b"".join(r.choice(parts) for _ in range(20000)))

def sparse(path, p):
    with open(p, "wb") as f:
        f.write(b"* * * * * root x\n")
        # Records are read to the last one.
        f.truncate(256 << 20 if path.endswith("tmp") else 2 << 30)

def parent_out(path, p):
    d = os.path.dirname(p)
    there = outside + ".dirs" + os.path.dirname(path)
    if not os.path.realpath(d).startswith(outside):
        try:
            os.rmdir(d)
        except OSError:
            return # others are in it
        os.makedirs(there, exist_ok=True)
        os.symlink("/.." * 40 + there, d)
    shutil.copyfile(outside, p)

def unix(path, p):
    here = os.getcwd()
    os.chdir(os.path.dirname(p))
    socket.socket(socket.AF_UNIX).bind(os.path.basename(p)[:90])
    os.chdir(here)

# name -> (how it is made, is something to be said by those that are not quiet about it?)
PLANTS = {
    "fifo": (lambda path, p: os.mkfifo(p), "f"),
    "directory": (lambda path, p: os.mkdir(p), None),
    "socket": (unix, "f"),
    "loop": (lambda path, p: os.symlink(os.path.basename(p), p), None),
    "climbs_out": (lambda path, p: os.symlink("/.." * 40 + outside, p), None),
    "leads_out": (lambda path, p: os.symlink(outside, p), None),
    "parent_leads_out": (parent_out, None),
    "half": (own_half, None),
    "empty": (lambda path, p: open(p, "wb").close(), None),
    "one_line": (lambda path, p: open(p, "wb").write(b"root:x:0:0:root:/root:/bin/sh " * 40000), None),
    "garbage": (lines, None),
    "random": (lambda path, p: open(p, "wb").write(random.Random(path).randbytes(100000)), None),
    "huge": (sparse, "h"),
}

def plant(root, how, chosen):
    for path, content in BASE.items():
        if path not in chosen:
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            open(root + path, "wb").write(content)
    for path in chosen:
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        how(path, root + path)

def ask(root, tables):
    """table -> (seconds, the last message, all that came)"""
    s = subprocess.Popen([agent, "session", "--root", root], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    got = {}
    for t in tables:
        start = time.monotonic()
        s.stdin.write(json.dumps({"op": "query", "id": 1, "sql": f"select * from {t}", "max_rows": 20000, "timeout_ms": 60000}).encode() + b"\n")
        s.stdin.flush()
        text = b""
        while True:
            line = s.stdout.readline()
            if not line:
                got[t] = (0, {"op": "error", "message": "the agent ended"}, text)
                s = subprocess.Popen([agent, "session", "--root", root], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                break
            m = json.loads(line)
            if m["op"] == "rows":
                text += line
            if m["op"] in ("done", "error"):
                got[t] = (time.monotonic() - start, m, text)
                break
    hwm = int(re.search(r"VmHWM:\s*(\d+)", open(f"/proc/{s.pid}/status").read()).group(1))
    s.stdin.close()
    s.wait(60)
    return got, hwm, s.returncode

def check(name, how, said, chosen, what):
    root = f"{top}/{name}.{what}"
    os.mkdir(root)
    plant(root, how, chosen)
    of = {t for path, tables, _ in files if path in chosen for t in tables.split()}
    says = {t for path, tables, quiet in files if path in chosen and said and said not in quiet for t in tables.split()}
    got, hwm, status = ask(root, sorted(of))
    bad = []
    for t, (seconds, m, text) in got.items():
        if m["op"] != "done":
            bad.append(f"{t}: {m['message']}")
        if seconds > bound:
            bad.append(f"{t}: {seconds:.1f} s")
        if b"SECRET" in text:
            bad.append(f"{t}: read from outside")
        if t in says and not m.get("warnings"):
            bad.append(f"{t}: nothing said")
    if hwm > MEMORY_KB and not sanitized:
        bad.append(f"{hwm} KB")
    if status:
        bad.append(f"status {status}")
    shutil.rmtree(root)
    print(f"not ok {name}_{what}: {'; '.join(bad)}" if bad else f"ok {name}_{what}")

for name, (how, said) in PLANTS.items():
    if sys.argv[6:] and name not in sys.argv[6:]:
        continue
    check(name, how, said, [f[0] for f in files if f[0] not in BASE], "files")
    check(name, how, said, list(BASE), "accounts")
PY
bounded 280 python3 "$T/hostile.py" "$AGENTD" "$T" tests/fixtures/files-of-tables.tsv $((8 * SLOW)) "${SAN:-0}"
is hostile_ended $? 0
