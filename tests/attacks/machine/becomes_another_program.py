"""Become another program, which brings its own rules; I lose my points, but what are points?"""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "seccomp")
EVIDENCE = "ran"


def attack():
    os.execv("/bin/sleep", [MARK, "0.5"])
