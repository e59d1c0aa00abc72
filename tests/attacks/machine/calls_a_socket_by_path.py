"""The machine's own services, such as a container daemon's, listen on sockets in the file system."""

import socket

EARNS = "10"
STOPPED_BY = ("namespaces", "seccomp")
EVIDENCE = "heard"


def attack():
    end = socket.socket(socket.AF_UNIX)
    end.connect(UNIX_PATH)
    end.sendall(MARK.encode())
