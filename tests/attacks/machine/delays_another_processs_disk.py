"""Let others wait for the disk until nobody else uses it."""

EARNS = "10"
STOPPED_BY = ("namespaces", "own user", "seccomp")
EVIDENCE = "harmed"


def attack():
    syscall("ioprio_set", 1, VICTIM_PID, 3 << 13)
