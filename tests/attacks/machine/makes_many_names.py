"""Ten thousand names, all for one file: whoever has to clean up after me is busy for long."""

import os

EARNS = "10"
STOPPED_BY = ("namespaces",)
EVIDENCE = "exhausted"
BOUND = 10000


def attack():
    open("name", "w").close()
    count = 1
    try:
        while count < 10500:
            os.link("name", str(count))
            count += 1
    finally:
        print(f"{MARK} got {count}")
