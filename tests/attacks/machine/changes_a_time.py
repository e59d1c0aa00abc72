"""What was handed in late looks punctual when the file's time is another one."""

import os

EARNS = "10"
STOPPED_BY = ("namespaces", "seccomp")
EVIDENCE = "written"


def attack():
    os.utime(OPEN_FILE)
