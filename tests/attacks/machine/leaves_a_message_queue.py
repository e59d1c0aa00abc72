"""A queue of messages stays until somebody removes it."""

EARNS = "10"
STOPPED_BY = ("namespaces", "seccomp")
EVIDENCE = "left"


def attack():
    checked(libc.msgget(KEY, 0o1666))
