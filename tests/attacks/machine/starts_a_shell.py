"""Have the C library start a shell, which no patch of Python's modules can see."""

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "seccomp")
EVIDENCE = "ran"


def attack():
    checked(libc.system(f"sleep 0.5; : {MARK}".encode()))
