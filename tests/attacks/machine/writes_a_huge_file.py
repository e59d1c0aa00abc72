"""One file fills the disk, or seems to."""

EARNS = "10"
STOPPED_BY = ("limits",)
EVIDENCE = "exhausted"
BOUND = 500


def attack():
    with open("huge", "wb") as file:
        file.truncate(2**30)
        print(f"{MARK} got {file.seek(0, 2) // 2**20}")
