"""Take away another process's right to open files."""

import resource

EARNS = "10"
STOPPED_BY = ("namespaces", "own user", "seccomp")
EVIDENCE = "harmed"


def attack():
    resource.prlimit(VICTIM_PID, resource.RLIMIT_NOFILE, (8, 8))
