"""Files in /dev/shm lie in memory, and stay."""

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces")
EVIDENCE = "left"


def attack():
    open(f"/dev/shm/{MARK}", "w").write("for the next one")
