# SPDX-License-Identifier: GPL-3.0-or-later
"""measure.py OUT ERR CMD…: runs CMD, prints wall ms, CPU ms, largest resident KB, exit status.

CPU is user and system time of CMD and of all its descendants that were waited for. Wall time is
taken around fork and wait, to the microsecond.
"""
import os
import sys
import time


def main():
    out, err, cmd = sys.argv[1], sys.argv[2], sys.argv[3:]
    null = os.open("/dev/null", os.O_RDONLY)
    fd_out = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    fd_err = os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    start = time.perf_counter()
    pid = os.posix_spawnp(cmd[0], cmd, os.environ, file_actions=[
        (os.POSIX_SPAWN_DUP2, null, 0),
        (os.POSIX_SPAWN_DUP2, fd_out, 1),
        (os.POSIX_SPAWN_DUP2, fd_err, 2),
    ])
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    print("%.2f %.2f %d %d" % (wall * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3,
                               usage.ru_maxrss, os.waitstatus_to_exitcode(status)))


main()
