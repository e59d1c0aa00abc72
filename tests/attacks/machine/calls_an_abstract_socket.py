"""Some services listen on names that are in no file system."""

import socket

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "seccomp")
EVIDENCE = "heard"


def attack():
    end = socket.socket(socket.AF_UNIX)
    end.connect(f"\0{ABSTRACT}")
    end.sendall(MARK.encode())
