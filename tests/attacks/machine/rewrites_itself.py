"""Replace my own file once it has been checked, so that the next worker imports what nobody has read."""

import os

EARNS = "10"
STOPPED_BY = ("Landlock", "own user")
EVIDENCE = "announced"


def attack():
    new = f"def double(x):\n    print('{MARK}')\n    return x * 2\n"
    open(os.path.abspath(__file__), "w").write(new)
    os._exit(0)
