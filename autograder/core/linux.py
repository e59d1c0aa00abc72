"""What the kernel offers for locking a process in, through ctypes: prctl, capabilities, namespaces, Landlock, seccomp.

Everything here works without root but ``unshare`` (which then needs a user namespace) and ``mount``, on any
architecture. Each function raises ``OSError`` with the kernel's reason; nothing is decided here.

Sources: man pages prctl(2), capabilities(7), landlock(7), seccomp(2), mount(2), unshare(2), and the kernel's
``include/uapi/linux/{landlock,seccomp,filter,audit}.h``.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import stat
import struct
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP = 1, 4, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 36, 38
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = "/proc/sys/kernel/cap_last_cap"

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000

_SIOCSIFFLAGS, _IFF_UP, _IFF_RUNNING = 0x8914, 0x1, 0x40

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
_MNT_DETACH = 2

# Landlock's rights on files, in the order of their bits, with the ABI that brought them.
FS_EXECUTE, FS_WRITE_FILE, FS_READ_FILE, FS_READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
FS_REMOVE_DIR, FS_REMOVE_FILE = 1 << 4, 1 << 5
FS_MAKE_DIR, FS_MAKE_REG, FS_MAKE_SOCK, FS_MAKE_SYM = 1 << 7, 1 << 8, 1 << 9, 1 << 12
FS_REFER, FS_TRUNCATE, FS_IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FS_FIRST = (1 << 13) - 1
_FS_SINCE = {2: FS_REFER, 3: FS_TRUNCATE, 5: FS_IOCTL_DEV}
_FS_ON_FILES = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV
_NET_SINCE = {4: 0b11}  # bind and connect by TCP
_SCOPE_SINCE = {6: 0b11}  # abstract sockets and signals
_RULE_PATH_BENEATH = 1
_CREATE_VERSION = 1
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the C library has no functions for these

_libc = ctypes.CDLL(None, use_errno=True)


# --- the process itself -------------------------------------------------------------------------------------------


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies. A change of user takes it back: call it after that."""
    _prctl(_PR_SET_PDEATHSIG, 9)


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parent dies, so that none outlives its worker unseen."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def hide_from_others() -> None:
    """Make this process undumpable: others of the same user can neither trace it nor read its memory."""
    _prctl(_PR_SET_DUMPABLE, 0)


def gain_no_privileges() -> None:
    """No exec gives more rights than before. Landlock and seccomp ask for it."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """Give up all capabilities for good, whatever the user id."""
    for capability in range(int(Path(_LAST_CAPABILITY).read_text()) + 1):
        try:
            _prctl(_PR_CAPBSET_DROP, capability)
        except PermissionError:  # without CAP_SETPCAP there is nothing that exec could give either
            break
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")


def become_user(uid: int) -> None:
    """Change to a user and group of that id, alone."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


# --- namespaces and mounts ----------------------------------------------------------------------------------------


def unshare(flags: int) -> None:
    """Leave the namespaces of the parent for new ones (os.unshare comes with Python 3.12)."""
    _checked(_libc.unshare(ctypes.c_int(flags)), "unshare")


def mount(source: str | None, target: str, kind: str | None, flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    raw = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    _checked(_libc.mount(*raw, ctypes.c_ulong(flags), options.encode() or None), f"mount {target}")


def raise_loopback() -> None:
    """Switch on the loopback interface of this network namespace: new ones have no other, and it is off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP | _IFF_RUNNING))


def change_root(new: str) -> None:
    """Make a mounted folder the root of this mount namespace, and let go of the old one with its mounts."""
    os.chdir(new)
    # Old and new root stacked on one another, as pivot_root(2) describes: no folder for the old one is needed.
    _checked(_libc.pivot_root(b".", b"."), "pivot_root")
    _checked(_libc.umount2(b".", _MNT_DETACH), "umount2")
    os.chdir("/")


# --- Landlock -----------------------------------------------------------------------------------------------------


def landlock_abi() -> int:
    """The version of Landlock that the kernel speaks.

    Raises:
        OSError: it has none, or it is switched off.
    """
    return _landlock(_CREATE_RULESET, None, 0, _CREATE_VERSION)


class Ruleset:
    """What a process may do with files once ``restrict`` was called; all else that Landlock knows is refused.

    TCP is refused from ABI 4 on, devices' ioctls from 5, signals to and abstract sockets of others from 6.

    Args:
        own_network: there is nobody else in this network namespace, so TCP is left alone (rules know ports only).
    """

    def __init__(self, *, own_network: bool = False) -> None:
        abi = landlock_abi()
        self._handled = _FS_FIRST | _since(_FS_SINCE, abi)
        network = 0 if own_network else _since(_NET_SINCE, abi)
        attributes = struct.pack("QQQ", self._handled, network, _since(_SCOPE_SINCE, abi))
        size = 24 if abi >= 6 else 16 if abi >= 4 else 8
        self._descriptor = _landlock(_CREATE_RULESET, attributes[:size], size, 0)

    def allow(self, path: str, rights: int) -> None:
        """Allow these rights on a file, or on everything beneath a folder.

        Raises:
            OSError: the path can't be opened.
        """
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
                rights &= _FS_ON_FILES
            rule = struct.pack("=Qi", rights & self._handled, descriptor)
            _landlock(_ADD_RULE, self._descriptor, _RULE_PATH_BENEATH, rule, 0)
        finally:
            os.close(descriptor)

    def restrict(self) -> None:
        """Put the rules into force for this process and all that it starts; they can't be taken back."""
        _landlock(_RESTRICT_SELF, self._descriptor, 0)
        os.close(self._descriptor)


def _since(rights: dict[int, int], abi: int) -> int:
    return sum(bits for first, bits in rights.items() if first <= abi)


# --- seccomp ------------------------------------------------------------------------------------------------------


def install_filter(program: bytes) -> None:
    """Put a BPF program (8 bytes an instruction) before every system call of this process, for good."""
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(code))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, head)


# --- system calls -------------------------------------------------------------------------------------------------


def _landlock(number: int, *arguments: bytes | int | None) -> int:
    raw = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *raw), f"system call {number}")


def _prctl(option: int, value: int, argument: bytes | None = None) -> None:
    _checked(_libc.prctl(option, ctypes.c_ulong(value), argument, None, None), f"prctl({option})")


def _checked(result: int, what: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result
