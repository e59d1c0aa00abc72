"""A process that has left its family lives on when I am graded, and holds what I print into."""

import os
import time

EARNS = "10"
STOPPED_BY = ("design", "seccomp")
EVIDENCE = "alive"


def attack():
    if os.fork():
        return
    try:
        libc.setsid()
        if os.fork() == 0:
            libc.prctl(1, 0, 0, 0, 0)  # do not die with the parent
            named(MARK)
            time.sleep(60)
    finally:
        os._exit(0)
