"""When memory runs out, let it be somebody else who dies."""

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user")
EVIDENCE = "harmed"


def attack():
    open(f"/proc/{VICTIM_PID}/oom_score_adj", "w").write("1000")
