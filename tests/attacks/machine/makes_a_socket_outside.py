"""Leave a socket where somebody may call it."""

import socket

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "seccomp")
EVIDENCE = "written"


def attack():
    socket.socket(socket.AF_UNIX).bind(f"{OPEN_FOLDER}/socket")
