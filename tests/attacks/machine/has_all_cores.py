"""All cores are mine unless somebody says otherwise."""

EARNS = "10"
STOPPED_BY = ("one core",)
EVIDENCE = "held"
NEEDS = "two cores"
HOLDS = "more than one core"


def attack():
    show()
