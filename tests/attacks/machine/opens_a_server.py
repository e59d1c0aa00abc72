"""Wait for a friend to call in, and do what he says."""

import socket

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "seccomp")
EVIDENCE = "answered"


def attack():
    server = socket.create_server(("127.0.0.1", PORT))
    server.settimeout(1.5)
    server.accept()[0].sendall(MARK.encode())
