"""Clients of the daemon's socket that say nothing, too much, or what makes no sense: daemon_clients.py SOCKET"""
import array, os, socket, struct, sys, time

path = sys.argv[1]


def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(path)
    s.settimeout(20)
    return s


def frame(type_, payload, number=1):
    return struct.pack("=IIQ", type_, len(payload), number) + payload


def text(t):
    return struct.pack("=I", len(t)) + t + b"\0"


def send(s, data, fds=()):
    s.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])


def ended(s):
    """What the daemon says until it closes."""
    got = b""
    try:
        while True:
            part = s.recv(65536)
            if not part:
                return got
            got += part
    except ConnectionResetError:
        return got


def check(name, good, why=""):
    print(f"ok {name}" if good else f"not ok {name}: {why}")


HAND = frame(1, text(b""))

for name, data in {"garbage": b"\xff" * 64, "short": b"x", "other_type": frame(4, text(b"")), "long_claim": frame(1, text(b"x" * 300)),
                   "wrong_length": struct.pack("=IIQ", 1, 999, 1) + text(b""), "large": b"\0" * 100000}.items():
    s = connect()
    send(s, data)
    check(f"client_{name}", ended(s) == b"", "it was answered")

# A handover without descriptors, with one, with many: the worker does not begin.
null = os.open("/dev/null", os.O_RDWR)
for name, fds in {"no_fds": [], "one_fd": [null], "many_fds": [null] * 200}.items():
    s = connect()
    send(s, HAND, fds)
    got = ended(s)
    check(f"client_{name}", len(got) >= 16 and struct.unpack("=I", got[:4])[0] == 3 and b"could not begin" in got, repr(got[:80]))

# What no session has to be answered on, in place of its input and of its output.
d = os.open("/", os.O_RDONLY)
s = connect()
send(s, HAND, [d, null])
check("client_directory", struct.unpack("=I", ended(s)[:4])[0] == 3)
listening = socket.create_server(("127.0.0.1", 0))
datagrams = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
r, w = os.pipe()
for name, fds in {"directory": [d, null], "own_memory": [null, os.open("/proc/self/mem", os.O_RDWR)], "backwards": [w, r],
                  "listening": [listening.fileno(), null], "datagrams": [null, datagrams[0].fileno()],
                  "device": [os.open("/dev/zero", os.O_RDWR), null], "path": [os.open("/etc/passwd", os.O_PATH), null]}.items():
    s = connect()
    send(s, HAND, fds)
    got = ended(s)
    check(f"client_hands_{name}", len(got) >= 16 and b"could not begin" in got, repr(got[:80]))

# Silent ones do not keep others out for long, and are not kept.
silent = []
for i in range(64):
    silent.append(connect())
start = time.monotonic()
s = silent[0]
s.setblocking(True)
s.settimeout(20)
check("client_silent", ended(s) == b"" and time.monotonic() - start < 15)
for s in silent:
    s.close()

# A thousand, one after the other.
good = 0
for i in range(1000):
    try:
        c = connect()
        if i % 3 == 0:
            send(c, b"\0" * 20)
        c.close()
        good += 1
    except OSError:
        pass
check("client_thousand", good > 900, str(good))

# A session that is handed over and left at once.
for i in range(20):
    c = connect()
    a, b = socket.socketpair()
    send(c, HAND, [a.fileno(), a.fileno()])
    for x in (c, a, b):
        x.close()
deadline = time.monotonic() + 20
ok = False
while time.monotonic() < deadline and not ok:
    a, b = socket.socketpair()
    c = connect()
    send(c, HAND, [a.fileno(), a.fileno()])
    a.close()
    b.settimeout(10)
    try:
        ok = b.recv(20).startswith(b'{"op":"hello"')
    except OSError:
        pass
    c.close()
    b.close()
    time.sleep(0.05)
check("client_leaves", ok)
