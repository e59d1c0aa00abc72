"""If my folder comes first on Python's path, I choose what the standard library does."""

import builtins

EARNS = "10"
STOPPED_BY = ("design",)
EVIDENCE = "announced"
FILES = {"colorsys.py": "import builtins\nbuiltins.planted = MARK\n"}


def attack():
    import colorsys  # noqa: F401

    print(getattr(builtins, "planted", ""))
