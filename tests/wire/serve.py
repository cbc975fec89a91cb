# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of serve.sh's server, below SSH: silent, garbage, half a handshake, too many of them."""
import os, socket, sys

PORT = int(sys.argv[1])
PATIENCE = 30 * (4 if os.environ.get("SAN") == "1" else 1)
BANNER = b"SSH-2.0-client_1\r\n"


def connect():
    s = socket.create_connection(("127.0.0.1", PORT), PATIENCE)
    s.settimeout(PATIENCE)
    return s


def until_closed(s):
    """All that the server says until it hangs up."""
    got = b""
    try:
        while True:
            more = s.recv(65536)
            if not more:
                return got
            got += more
    except ConnectionResetError:
        return got


def feed(s, data, most=1 << 26):
    """Sends until the server hangs up; False when it takes everything."""
    sent = 0
    try:
        while sent < most:
            sent += s.send(data)
        return False
    except (ConnectionResetError, BrokenPipeError):
        return True


def report(name, ok):
    print(f"ok {name}" if ok else f"not ok {name}: no", flush=True)


def packet(payload):
    """Unencrypted, as before the keys are known."""
    pad = 8 - (len(payload) + 5) % 8
    pad += 8 if pad < 4 else 0
    return (len(payload) + pad + 1).to_bytes(4, "big") + bytes([pad]) + payload + bytes(pad)


# Those that only wait do so side by side.
waiting = [
    ("a silent client", b"", b"SSH-2.0-"),
    ("half a handshake", BANNER, b"curve25519"),
    ("a length out of range in the key exchange", BANNER + packet(bytes([20]) + bytes(16) + b"\xff" * 4), b""),
    ("login before the keys", BANNER + packet(bytes([5]) + (12).to_bytes(4, "big") + b"ssh-userauth"), b""),
    ("success declared by the client", BANNER + packet(bytes([52])), b""),
    ("another protocol", b"GET / HTTP/1.0\r\n\r\n", b""),
]
clients = []
for name, said, want in waiting:
    clients.append(connect())
    clients[-1].sendall(said)
for s, (name, said, want) in zip(clients, waiting):
    report(name + " is sent away", want in until_closed(s))
report("garbage", feed(connect(), os.urandom(65536)))
report("an endless line", feed(connect(), b"x" * 65536))
s = connect()
s.sendall(BANNER)
report("a packet of 4 GiB", feed(s, b"\xff\xff\xff\xff" + b"x" * 65532))

many = [connect() for _ in range(33)]
extra = until_closed(many[-1])
report("too many that do not log in", extra.startswith(b"Too many connections"))
for s in many:
    until_closed(s)
report("all are sent away in the end", True)
