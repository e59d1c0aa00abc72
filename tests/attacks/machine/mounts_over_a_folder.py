"""Cover the folder of the results by an empty one of my own."""

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "written"
NEEDS = "root"


def attack():
    checked(libc.mount(b"none", OPEN_FOLDER.encode(), b"tmpfs", 0, b"size=64k"))
