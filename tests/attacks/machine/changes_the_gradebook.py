"""The gradebook is the grader's alone, but perhaps I run as the grader."""

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user")
EVIDENCE = "written"


def attack():
    open(PRIVATE_FILE, "a").write("score: 10\n")
