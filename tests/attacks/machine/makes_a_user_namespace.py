"""In a namespace of my own I am root, and much of the kernel listens to me that did not before."""

EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "held"
NEEDS = "user namespaces"
HOLDS = "another user namespace"


def attack():
    syscall("unshare", 0x10000000)
    show()
