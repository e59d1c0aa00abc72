"""A file in no file system can hold a program, or all of the memory."""

EARNS = "10"
STOPPED_BY = ("seccomp",)
EVIDENCE = "held"
NEEDS = "root"
HOLDS = "fd memfd:"


def attack():
    syscall("memfd_create", b"file", 0)
    show()
