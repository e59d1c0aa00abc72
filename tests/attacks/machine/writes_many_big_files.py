"""Each file is below the limit, all together are not."""

import os

EARNS = "10"
STOPPED_BY = ("namespaces",)
EVIDENCE = "exhausted"
BOUND = 500


def attack():
    size = 0
    try:
        for number in range(12):
            with open(f"big{number}", "wb") as file:
                os.posix_fallocate(file.fileno(), 0, 50 * 2**20)
            size += 50
    finally:
        print(f"{MARK} got {size}")
        for number in range(12):
            if os.path.exists(f"big{number}"):
                os.unlink(f"big{number}")
