"""Two of me are twice as fast; ten are ten times."""

import os
import time

EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "exhausted"
BOUND = 9
ALLOWED_WITH_PROCESSES = True


def attack():
    children = []
    while len(children) < 10:
        try:
            pid = os.fork()
        except OSError:
            break
        if pid == 0:
            time.sleep(1)
            os._exit(0)
        children.append(pid)
    print(f"{MARK} got {len(children)}")
    for pid in children:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
