"""Start a program the modern way."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "seccomp")
EVIDENCE = "ran"


def attack():
    os.waitpid(os.posix_spawn("/bin/sleep", [MARK, "0.5"], {}), 0)
