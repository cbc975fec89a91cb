"""A receiver of syslog: syslog.py KIND WHERE OUT. Writes each message as one line of OUT, `ready` first.

KIND is udp or tcp (WHERE a port of 127.0.0.1), dgram or stream (a unix socket's path), deaf (tcp that takes connections and
reads nothing) or gone (tcp that reads a little and closes)."""
import os
import socket
import sys

kind, where, path = sys.argv[1:4]
out = open(path, "w", buffering=1)


def counted(f):
    """Messages with their length before each, RFC 6587."""
    while True:
        size = b""
        while (c := f.read(1)) not in (b" ", b""):
            size += c
        if not size:
            return
        yield f.read(int(size))


def put(message):
    assert b"\n" not in message
    print(len(message), message.decode(), file=out)


unix = kind in ("dgram", "stream")
s = socket.socket(socket.AF_UNIX if unix else socket.AF_INET, socket.SOCK_DGRAM if kind in ("udp", "dgram") else socket.SOCK_STREAM)
if unix:
    s.bind(where)
    os.chmod(where, 0o666)
else:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind == "deaf":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.bind(("127.0.0.1", int(where)))
if s.type == socket.SOCK_STREAM:
    s.listen()
print("ready", file=out)
while s.type == socket.SOCK_DGRAM:
    put(s.recv(100000))
held = []
while True:
    c, _ = s.accept()
    f = c.makefile("rb")
    if kind == "deaf":
        held.append(c)
    elif kind == "gone":
        f.read(10)
        f.close()
        c.close()
    elif kind == "tcp":
        for m in counted(f):
            put(m)
    else:
        for line in f:
            put(line.rstrip(b"\n"))
