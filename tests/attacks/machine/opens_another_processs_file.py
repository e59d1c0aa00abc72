"""A file without a name is still open in the process that made it, and has a name there."""

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user")
EVIDENCE = "remembered"


def attack():
    print(open(f"/proc/{VICTIM_PID}/fd/{DESCRIPTOR}").read())
