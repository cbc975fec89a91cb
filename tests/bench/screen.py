# SPDX-License-Identifier: GPL-3.0-or-later
"""screen.py paint|idle|keys|diff TOCSIN ARGUMENT…: the screen on a pseudo-terminal of 120x40.

paint   ms from before the start of the program to its first fleet bar
idle    percent of a core that it takes when it has connected and nothing happens, over 10 s
keys    asks all hosts for their processes and types meanwhile: "MEDIAN WORST KEYS ROWS RATE", ms
        from a key to its letter on the terminal, rows that came, and rows a CPU second of the
        thread that has the keys
diff    asks them twice, has the rows compared and types meanwhile: "MEDIAN WORST KEYS SECONDS"
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 120
IDLE_SECONDS = 10
# In nobody's process names.
LETTERS = [chr(c).encode() for c in range(0x430, 0x450)]


class Screen:
    def __init__(self, argv):
        self.start = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
            os.environ["TERM"] = "xterm-256color"
            os.execv(argv[0], argv)

    def read(self, seconds):
        """What it wrote, b"" after that long without any."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self.fd, 1 << 16)
        except OSError:
            sys.exit("bench: the screen ended")

    def until(self, pattern):
        """Time until what it wrote has the pattern; and what matched."""
        seen = b""
        until = time.perf_counter() + PATIENCE
        while time.perf_counter() < until:
            seen += self.read(1)
            match = re.search(pattern, seen)
            if match:
                return time.perf_counter(), match
        sys.exit("bench: never on the screen: %s in %r" % (pattern, seen[-500:]))

    def whole(self):
        """All of it, drawn anew."""
        os.write(self.fd, b"\x0c")
        text = b""
        while True:
            more = self.read(0.3)
            if not more:
                return text
            text += more
            if len(text) > 1 << 18:
                return text

    def wait_for(self, pattern):
        until = time.perf_counter() + PATIENCE
        while time.perf_counter() < until:
            text = self.whole()
            match = re.search(pattern, text)
            if match:
                return match
        sys.exit("bench: never on the screen: %s in %r" % (pattern, text[-500:]))

    def type(self, text):
        os.write(self.fd, text)

    def cpu(self, task=""):
        """Seconds of the program, or of its thread with the keys."""
        with open("/proc/%d%s/stat" % (self.pid, task)) as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def thread_cpu(self):
        """The same of that thread, in finer steps."""
        with open("/proc/%d/task/%d/schedstat" % (self.pid, self.pid)) as stat:
            return int(stat.read().split()[0]) / 1e9

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        until = time.perf_counter() + PATIENCE
        while time.perf_counter() < until:
            try:
                if select.select([self.fd], [], [], 0.1)[0]:
                    os.read(self.fd, 1 << 16)
            except OSError:
                pass
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                return


def paint(screen):
    print("%.2f" % ((screen.until(rb"tocsin")[0] - screen.start) * 1e3))


def idle(screen):
    screen.wait_for(rb"\+\d+ up")
    # The first question's answers, the message line.
    quiet = time.perf_counter()
    while time.perf_counter() - quiet < 2:
        if screen.read(0.5):
            quiet = max(quiet, time.perf_counter() - 1.5)
    before, start = screen.cpu(), time.perf_counter()
    until = start + IDLE_SECONDS
    while time.perf_counter() < until:
        screen.read(until - time.perf_counter())
    print("%.3f" % (100 * (screen.cpu() - before) / (time.perf_counter() - start)))


def one_key(screen, letter):
    start = time.perf_counter()
    screen.type(letter)
    took = (screen.until(letter)[0] - start) * 1e3
    screen.type(b"\x7f")
    return took


def keys(screen):
    screen.wait_for(rb"\+\d\d\d+ up")
    before = screen.thread_cpu()
    screen.type(b':query "select * from processes"\r')
    screen.until(rb"rows")
    screen.type(b":")
    took = []
    # As long as new answers are drawn.
    while len(took) < 2000:
        took.append(one_key(screen, LETTERS[len(took) % len(LETTERS)]))
        last = time.perf_counter()
        drawn = False
        while time.perf_counter() - last < 0.05:
            drawn |= b"rows" in screen.read(0.05) or drawn
        if len(took) % 20 == 0 and b"asking" not in screen.whole():
            break
    screen.type(b"\x03")
    rows = int(screen.wait_for(rb"(\d[\d,]*) rows")[1].replace(b",", b""))
    took.sort()
    print("%.2f %.2f %d %d %.0f" % (took[len(took) // 2], took[-1], len(took), rows,
                                    rows / (screen.thread_cpu() - before)))


def diff(screen):
    screen.wait_for(rb"\+\d\d\d+ up")
    for question in (b':query "select * from processes"\r', b"r"):
        screen.type(question)
        screen.until(rb"asking")
        while b"asking" in screen.whole():
            pass
    # The first one is written by then.
    time.sleep(2)
    start = time.perf_counter()
    screen.type(b"d:")
    took = []
    while b"compared with" not in screen.whole():
        for letter in LETTERS[:5]:
            took.append(one_key(screen, letter))
    seconds = time.perf_counter() - start
    took.sort()
    print("%.2f %.2f %d %.1f" % (took[len(took) // 2], took[-1], len(took), seconds))


def main():
    screen = Screen(sys.argv[2:])
    try:
        {"paint": paint, "idle": idle, "keys": keys, "diff": diff}[sys.argv[1]](screen)
    finally:
        screen.end()


main()
