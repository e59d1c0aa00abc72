"""A segment of shared memory stays until somebody removes it."""

EARNS = "10"
STOPPED_BY = ("namespaces", "seccomp")
EVIDENCE = "left"


def attack():
    checked(libc.shmget(KEY, 4096, 0o1666))
