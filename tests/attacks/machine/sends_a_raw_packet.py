"""Make the packet by hand, below the rules for ports."""

import socket
import struct

EARNS = "10"
STOPPED_BY = ("namespaces", "own user", "seccomp")
EVIDENCE = "heard"
NEEDS = "root"


def attack():
    end = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
    end.sendto(struct.pack("!HHHH", UDP_PORT, UDP_PORT, 8 + len(MARK), 0) + MARK.encode(), ("127.0.0.1", 0))
