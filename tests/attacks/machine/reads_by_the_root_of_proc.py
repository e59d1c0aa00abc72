"""A rule about paths may forget that /proc/self/root is another name for everything."""

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces")
EVIDENCE = "printed"


def attack():
    print(open(f"/proc/self/root{OPEN_SECRET}").read())
