"""Adds a package to the rpm database of a made-up host: rpmdb.py ROOT NAME PATH…

What is not there yet of the files is made; their sums are taken as they are then.
"""
import hashlib
import os
import sqlite3
import struct
import sys
import time

INT16, INT32, STRING, STRINGS = 3, 4, 6, 8
NAME, VERSION, RELEASE, INSTALLTIME, ARCH = 1000, 1001, 1002, 1008, 1022
FILESIZES, FILEMODES, FILEDIGESTS, FILEUSERS, FILEGROUPS = 1028, 1030, 1035, 1039, 1040
DIRINDEXES, BASENAMES, DIRNAMES, DIGESTALGO, SHA256 = 1116, 1117, 1118, 5011, 8


def header(tags):
    index, data = b"", b""
    for tag, kind, values in tags:
        if kind in (INT16, INT32):
            size = {INT16: 2, INT32: 4}[kind]
            data += bytes(-len(data) % size)
            raw = b"".join(v.to_bytes(size, "big") for v in values)
        else:
            raw = b"".join(v.encode() + b"\0" for v in values)
        index += struct.pack(">IIII", tag, kind, len(data), len(values))
        data += raw
    return struct.pack(">II", len(tags), len(data)) + index + data


def main(root, name, *paths):
    digests = []
    for path in paths:
        if not os.path.exists(root + path):
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            with open(root + path, "w") as f:
                f.write("#!/bin/sh\n")
            os.chmod(root + path, 0o755)
        with open(root + path, "rb") as f:
            digests.append(hashlib.sha256(f.read()).hexdigest())
    n = len(paths)
    blob = header([
        (NAME, STRING, [name]), (VERSION, STRING, ["1.0"]), (RELEASE, STRING, ["1.el9"]),
        (INSTALLTIME, INT32, [int(time.time())]), (ARCH, STRING, ["x86_64"]), (FILESIZES, INT32, [10] * n),
        (FILEMODES, INT16, [0o100755] * n), (FILEDIGESTS, STRINGS, digests), (FILEUSERS, STRINGS, ["root"] * n),
        (FILEGROUPS, STRINGS, ["root"] * n), (DIRINDEXES, INT32, list(range(n))),
        (BASENAMES, STRINGS, [os.path.basename(p) for p in paths]),
        (DIRNAMES, STRINGS, [os.path.dirname(p) + "/" for p in paths]), (DIGESTALGO, INT32, [SHA256])])
    os.makedirs(root + "/var/lib/rpm", exist_ok=True)
    db = sqlite3.connect(root + "/var/lib/rpm/rpmdb.sqlite")
    db.executescript(
        "CREATE TABLE IF NOT EXISTS Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);"
        "CREATE TABLE IF NOT EXISTS Name (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL);"
        "CREATE TABLE IF NOT EXISTS Basenames (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL);")
    hnum = db.execute("INSERT INTO Packages(blob) VALUES (?)", (blob,)).lastrowid
    db.execute("INSERT INTO Name VALUES (?, ?, 0)", (name, hnum))
    for i, path in enumerate(paths):
        db.execute("INSERT INTO Basenames VALUES (?, ?, ?)", (os.path.basename(path), hnum, i))
    db.commit()


main(*sys.argv[1:])
