"""A datagram needs no connection: this is how a look-up of a name carries data out."""

import socket

EARNS = "10"
STOPPED_BY = ("namespaces", "seccomp")
EVIDENCE = "heard"


def attack():
    socket.socket(type=socket.SOCK_DGRAM).sendto(MARK.encode(), ("127.0.0.1", UDP_PORT))
