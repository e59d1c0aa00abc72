"""A filter on kill() may forget tgkill(): a process ends with its first thread."""

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "harmed"


def attack():
    syscall("tgkill", VICTIM_PID, VICTIM_PID, 15)
