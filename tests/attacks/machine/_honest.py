"""What each attack is put on top of: right functions, of which the first to be called tries the attack once."""

import ctypes
import os
import time

libc = ctypes.CDLL(None, use_errno=True)

# Where the numbers differ; all newer calls have the same number everywhere.
CALLS = {
    "x86_64": {
        "add_key": 248,
        "bpf": 321,
        "capset": 126,
        "ioprio_set": 251,
        "keyctl": 250,
        "memfd_create": 319,
        "name_to_handle_at": 303,
        "open_by_handle_at": 304,
        "perf_event_open": 298,
        "process_vm_readv": 310,
        "ptrace": 101,
        "rt_sigqueueinfo": 129,
        "tgkill": 234,
        "unshare": 272,
        "userfaultfd": 323,
    },
    "aarch64": {
        "add_key": 217,
        "bpf": 280,
        "capset": 91,
        "ioprio_set": 30,
        "keyctl": 219,
        "memfd_create": 279,
        "name_to_handle_at": 264,
        "open_by_handle_at": 265,
        "perf_event_open": 241,
        "process_vm_readv": 270,
        "ptrace": 117,
        "rt_sigqueueinfo": 138,
        "tgkill": 131,
        "unshare": 97,
        "userfaultfd": 282,
    },
}[os.uname().machine]
CALLS |= {"pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "pidfd_open": 434, "clone3": 435}
CALLS |= {"pidfd_getfd": 438}


def checked(result):
    """The result of a function of the C library, or its errno raised."""
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def syscall(name, *args):
    """Call the kernel, around the C library."""
    wide = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    return checked(libc.syscall(ctypes.c_long(CALLS[name]), *wide))


def mapped(size, flags, prot=3, descriptor=-1):
    """Address of new memory; ``flags`` without MAP_ANONYMOUS need a descriptor."""
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
    address = libc.mmap(None, size, prot, flags, descriptor, 0)
    checked(-1 if address == 2**64 - 1 else 0)
    return address


def named(name):
    """Give this process another name, by which anybody may see it."""
    checked(libc.prctl(15, name.encode(), 0, 0, 0))


def show(seconds=0.5):
    """Be seen from outside for a while."""
    named(MARK)
    time.sleep(seconds)
    named("python")


_tried = False


def double(x):
    global _tried
    if not _tried:
        _tried = True
        try:
            attack()
        except Exception as error:
            print(f"refused: {type(error).__name__}: {error}")
    return x * 2


def halve(x):
    if isinstance(x, str):
        raise ValueError("text")
    return x / 2
