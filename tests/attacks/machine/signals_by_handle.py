"""A filter on kill() may forget handles of processes."""

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "harmed"


def attack():
    syscall("pidfd_send_signal", syscall("pidfd_open", VICTIM_PID, 0), 15, 0, 0)
