"""All look into /tmp, and nobody cleans up."""

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces")
EVIDENCE = "left"


def attack():
    open(f"/var/tmp/{MARK}", "w").write("for the next one")
