"""Users who take what they can get of the daemon: daemon_share.py SOCKET AGENTD WHAT. Run as root in a pid namespace."""
import array, json, os, select, signal, socket, struct, subprocess, sys, time

path, agentd, what = sys.argv[1:4]
REFUSED = 2


def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(path)
    s.settimeout(30)
    return s


def handed():
    """A session: its connection and what is answered on."""
    text = struct.pack("=I", 0) + b"\0"
    control, (mine, theirs) = connect(), socket.socketpair()
    mine.settimeout(30)
    control.sendmsg([struct.pack("=IIQ", 1, len(text), 1) + text],
                    [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()] * 2))])
    theirs.close()
    return control, mine


def begins(control, mine):
    """Whether it gets a worker; why not."""
    if mine.recv(20).startswith(b'{"op":"hello"'):
        return True, ""
    got = control.recv(65536)
    return False, got[24:-1].decode()


def as_user(uid, fn, *args):
    """In a process of its own, which lives as long as this one; what fn returns."""
    r, w = os.pipe()
    if os.fork() == 0:
        os.close(hold[1])
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        kept = []
        os.write(w, json.dumps(fn(kept, *args)).encode())
        os.close(w)
        os.read(hold[0], 1)
        os._exit(0)
    os.close(w)
    got = b""
    while part := os.read(r, 65536):
        got += part
    return json.loads(got)


def sessions(kept, most):
    """How many it gets, and what the next one is told."""
    for n in range(most):
        kept.append(handed())
        good, why = begins(*kept[-1])
        if not good:
            return n, why
    return most, ""


def silent(kept, most):
    """How many connections that say nothing are kept: the others are told at once, and in their order."""
    kept += [connect() for _ in range(most)]
    select.select(kept[-1:], [], [], 4)
    told = select.select(kept, [], [], 0)[0]
    return most - sum(struct.unpack("=I", s.recv(100)[:4])[0] == REFUSED for s in told)


def hung_up(kept):
    """How long the daemon waits for one that says nothing."""
    kept.append(connect())
    before = time.monotonic()
    return "in time" if not kept[0].recv(100) and time.monotonic() - before > 1 else "not"


def last_pid():
    with open("/proc/loadavg") as f:
        return int(f.read().split()[-1])


def refused(kept, batches):
    """Asks for files it may not have; how many were refused, and the processes that were started meanwhile."""
    p = subprocess.Popen([agentd, "session", "--run-dir", os.path.dirname(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    kept.append(p)
    p.stdout.readline()
    before, n, line = last_pid(), 0, ""
    for b in range(batches):
        for i in range(8):
            line += json.dumps({"op": "get", "id": i + 1, "path": "/etc/" + "x" * 2000, "reason": "no right"}) + "\n"
        p.stdin.write(line.encode())
        p.stdin.flush()
        line = ""
        for i in range(8):
            n += json.loads(p.stdout.readline()).get("status") == "refused"
    return n, last_pid() - before


def acting(kept, of_one):
    """Asks more often for the end of somebody, who takes his time, than one user may act at once: what is refused, and why."""
    victim = subprocess.Popen(["sleep", "1000"], preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN))
    # One more than have room, as it may be another process that takes the last place.
    kept += [handed() for _ in range(24 // of_one + 2)]
    files = [mine.makefile("rw") for _, mine in kept]

    def ask(f, id=1, **more):
        f.write(json.dumps({"op": "action", "id": id, "action": "kill"} | more) + "\n")
        f.flush()

    for f in files:
        f.readline()
    ask(files[0], args={"pid": victim.pid}, dry_run=True)
    args = {"pid": victim.pid, "grace_ms": 60000, "identity": json.loads(files[0].readline())["before"]["identity"]}
    for f in files[:-1]:
        for id in range(of_one):
            ask(f, id + 1, args=args)
    # They are counted when the daemon has heard of them.
    refused, until = [], time.monotonic() + 30 * int(os.environ["SLOW"])
    while len(refused) < of_one and time.monotonic() < until:
        ask(files[-1], args=args, dry_run=True)
        said = json.loads(files[-1].readline())
        if said["status"] == "refused":
            refused.append(said["detail"])
        else:
            time.sleep(0.1)
    victim.kill()
    return refused


hold = os.pipe()
if what == "sessions":
    print(*as_user(40001, sessions, 9), sep="|")
    print(*as_user(0, sessions, 1), sep="|")
elif what == "strangers":
    for uid, most in (50001, 4), (50002, 4), (0, 1):
        print(*as_user(uid, sessions, most), sep="|")
elif what == "silent":
    print([as_user(uid, silent, 17) for uid in (50001, 50002, 50003)] + [as_user(uid, silent, 2) for uid in (50004, 50005)])
elif what == "hung-up":
    print(as_user(50001, hung_up))
elif what == "acting":
    print(*as_user(0, acting, 8), sep="|")
else:
    print(*as_user(40001, refused, int(what)))
