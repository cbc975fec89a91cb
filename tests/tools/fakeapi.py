#!/usr/bin/env python3
"""Answers GET on unix sockets from a file of Python: fakeapi.py FILE SOCKET…

FILE sets `answers`, a dict of target (without the query) to one of
    an object      sent as JSON with its length
    bytes          sent as they are, headers too
    "hang"         nothing is sent
    "endless"      a body without an end
and may set `chunked = True`. Appends what is asked for to FILE.log.
"""
import json, os, socket, sys, threading

config = {}
exec(open(sys.argv[1]).read(), config)


def answer(c):
    request = b""
    while b"\r\n\r\n" not in request:
        more = c.recv(4096)
        if not more:
            return
        request += more
    target = request.split()[1].decode()
    with open(sys.argv[1] + ".log", "a") as log:
        log.write(target + "\n")
    a = config["answers"].get(target) or config["answers"].get(target.split("?")[0])
    if a == "hang":
        c.recv(1)
    elif a == "endless":
        c.sendall(b"HTTP/1.1 200 OK\r\n\r\n[")
        while True:
            c.sendall(b'"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",' * 1000)
    elif isinstance(a, bytes):
        c.sendall(a)
    elif a is None:
        c.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}")
    elif config.get("chunked"):
        text = json.dumps(a).encode()
        c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for i in range(0, len(text), 7):
            c.sendall(b"%x;x=y\r\n%s\r\n" % (len(text[i : i + 7]), text[i : i + 7]))
        c.sendall(b"0\r\n\r\n")
        c.recv(1)  # stays open: the end must be seen from the chunks
    else:
        text = json.dumps(a).encode()
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
        c.recv(1)


def serve(c):
    try:
        answer(c)
    except OSError:
        pass
    c.close()


def listen(path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(64)
    while True:
        threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()


for path in sys.argv[2:]:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    threading.Thread(target=listen, args=(path,), daemon=True).start()
threading.Event().wait()
