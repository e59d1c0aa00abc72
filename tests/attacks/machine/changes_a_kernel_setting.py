"""The kernel's settings are files: with the right user, a line of text changes the machine."""

EARNS = "10"
STOPPED_BY = ("Landlock", "own user")
EVIDENCE = "setting"
NEEDS = "root"


def attack():
    open(SETTING, "w").write("11")
