"""A device node of my own opens whatever the kernel drives: disks, memory."""

import os
import stat

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "written"
NEEDS = "root"


def attack():
    os.mknod(f"{OPEN_FOLDER}/device", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
