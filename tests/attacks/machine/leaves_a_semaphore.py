"""A semaphore stays until somebody removes it, and holds a number."""

EARNS = "10"
STOPPED_BY = ("namespaces", "seccomp")
EVIDENCE = "left"


def attack():
    checked(libc.semget(KEY, 1, 0o1666))
