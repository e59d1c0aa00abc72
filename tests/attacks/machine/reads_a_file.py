"""I know where the hidden tests lie: open them by their path."""

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces")
EVIDENCE = "printed"


def attack():
    print(open(OPEN_SECRET).read())
