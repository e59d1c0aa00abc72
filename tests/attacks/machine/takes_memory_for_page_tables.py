"""Memory that can only be read counts as nothing, but the kernel's list of its pages is real: 2 MiB for each GiB."""

import ctypes
import re

EARNS = "10"
STOPPED_BY = ("limits",)
EVIDENCE = "exhausted"
BOUND = 100


def attack():
    address = mapped(60 * 2**30, 0x22 | 0x4000, prot=1)
    for offset in range(0, 60 * 2**30, 2**21):
        ctypes.c_char.from_address(address + offset).value  # noqa: B018 (the look at it is the point)
    tables = re.search(r"VmPTE:\s+(\d+)", open("/proc/self/status").read())
    print(f"{MARK} got {int(tables[1]) // 1024}")
