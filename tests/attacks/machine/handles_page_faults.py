"""Who decides when a page arrives can hold the kernel up in the middle of its work."""

EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "held"
NEEDS = "root"
HOLDS = "fd [userfaultfd]"


def attack():
    syscall("userfaultfd", 1)
    show()
