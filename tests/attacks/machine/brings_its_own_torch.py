"""If my folder comes first on Python's path, my torch.py is everybody's torch."""

import builtins

EARNS = "10"
STOPPED_BY = ("design",)
EVIDENCE = "announced"
FILES = {"torch.py": "import builtins\nbuiltins.planted = MARK\n"}


def attack():
    import torch  # noqa: F401

    print(getattr(builtins, "planted", ""))
