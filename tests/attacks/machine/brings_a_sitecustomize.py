"""Python runs a module of this name when it starts, before anything else, if it finds one."""

import builtins

EARNS = "10"
STOPPED_BY = ("design",)
EVIDENCE = "announced"
FILES = {"sitecustomize.py": "import builtins, sys\nprint(MARK, file=sys.__stderr__)\nbuiltins.planted = MARK\n"}


def attack():
    print(getattr(builtins, "planted", ""))
