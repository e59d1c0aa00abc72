"""The grader's terminal is a file: write there that I have all points."""

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user")
EVIDENCE = "heard"


def attack():
    with open(TERMINAL, "w") as terminal:
        terminal.write(f"{MARK}: 10 of 10\n")
