"""Which system calls a worker may make, as a BPF program for the kernel.

An allow list: what computing, threads and files need, and nothing that reaches other processes, the network, other
programs or the kernel's rarer parts. What is not on it fails with EPERM, so that a submission sees an ordinary
PermissionError; calls newer than the table fail with ENOSYS, so that libraries fall back to older ones. Calls by the
number of another architecture (32-bit x86, x32) end the process: nobody makes them by mistake.

Arguments are judged by their low 32 bits: of those that are judged here, the kernel reads no more.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.core.syscalls import FIRST_SHARED, number

# The kernel's names for architectures (AUDIT_ARCH_...), by column of the table of system calls.
_ARCHITECTURES = (0xC000003E, 0xC00000B7)
_COLUMNS = {"x86_64": 0, "aarch64": 1}
_X86 = 0
_X32_BIT = 0x40000000

_KILL_PROCESS, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_LOAD, _MASK, _RETURN = 0x20, 0x54, 0x06  # ld [k]; and #k; ret #k
_IF_EQUAL, _IF_AT_LEAST = 0x15, 0x35
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_ARGUMENTS = 0, 4, 16
_ALL_BITS = 0xFFFFFFFF

_FREE = """
read write close open openat creat stat fstat lstat newfstatat statx lseek pread64 pwrite64 readv writev preadv pwritev
preadv2 pwritev2 access faccessat faccessat2 dup dup2 dup3 fsync fdatasync ftruncate getdents getdents64 getcwd chdir
fchdir rename renameat renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat symlink symlinkat readlink readlinkat
umask statfs fstatfs fallocate fadvise64 flock copy_file_range sendfile getxattr lgetxattr fgetxattr listxattr
llistxattr flistxattr pipe pipe2
mprotect munmap mremap msync mincore madvise brk mlock munlock get_mempolicy membarrier
poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
timerfd_create timerfd_settime timerfd_gettime nanosleep clock_nanosleep pause alarm setitimer getitimer futex
futex_waitv futex_wake futex_wait futex_requeue restart_syscall
getpid getppid gettid getpgrp getpgid getsid getuid geteuid getgid getegid getresuid getresgid getgroups getrlimit
setrlimit getrusage getpriority sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max
sched_get_priority_min sched_rr_get_interval sched_yield sysinfo uname times time gettimeofday clock_gettime
clock_getres getcpu getrandom capget arch_prctl set_tid_address set_robust_list get_robust_list rseq exit exit_group
wait4 waitid rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack
sendto recvfrom shutdown getsockname getpeername getsockopt setsockopt
"""
# Landlock guards neither modes nor times of files, so both are refused; modes are answered as done, and not done, since
# shutil.copy asks for them.
_PRETENDED = "chmod fchmod fchmodat fchmodat2"
# torch.multiprocessing's children ask to be told of their parent's end, and fail if they may not. Answered as done, and
# not done: a worker that may change this may outlive its nursery. The nursery ends what a worker leaves.
_PR_SET_PDEATHSIG = 1
# What processes of one submission need among themselves, where an assignment allows processes.
_FOR_PROCESSES = "fork vfork sendmsg recvmsg"
# Queues of tensors pass descriptors through sockets in the scratch folder; bind and connect see no other family.
_FOR_SOCKETS = "bind listen accept accept4 connect"

# Memory that RLIMIT_DATA does not count: shared by nobody (MAP_SHARED | MAP_ANONYMOUS), or said to be a stack
# (MAP_GROWSDOWN).
_MAP_BITS, _MAP_UNCOUNTED = 0x121, (0x21, 0x100, 0x101, 0x120, 0x121)
_READ_ONLY_TRUNCATE, _ACCESS_MODE = 0x200, 0x203  # Landlock before ABI 3 lets open(O_RDONLY | O_TRUNC) truncate
_CLONE_THREAD, _CLONE_NO_PROCESS = 0x00010000, 0x7E028000  # new namespaces, a sibling in the place of a child
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_STREAM_OR_DATAGRAM, _TYPE_BITS = (1, 2), 0xF
_USUAL_PROTOCOLS = (0, 6, 17)  # TCP and UDP; the kernel's rarer ones are loaded for whoever names them
_NETLINK_TYPES, _NETLINK_ROUTE = (2, 3), 0  # gloo asks by it for the addresses of interfaces
# Of the options of sockets, what multiprocessing, gloo and torch's TCPStore set: buffers, timeouts, reuse, keep-alive.
_SOL_IP, _SOL_SOCKET, _SOL_TCP, _SOL_IPV6 = 0, 1, 6, 41
_OPTIONS = {
    _SOL_SOCKET: (2, 6, 7, 8, 9, 13, 15, 16, 20, 21, 66, 67),
    _SOL_TCP: (1, 2, 3, 4, 5, 6, 12, 18),
    _SOL_IPV6: (25, 26),
    _SOL_IP: (1, 11),
}
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1031, 1032)  # duplicates, flags, locks, pipe sizes; no F_SETOWN
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # is it a terminal, how much is there, non-blocking, cloexec
_IOCTL_OF_TERMINALS = (0x5412, 0x541C, 0x5423, 0x8901, 0x8902)  # typing for others, owners of signals
_PRCTL = (3, 15, 16, 21, 39, 50, 51, 56, 0x53564D41)  # reads, the thread's name, vector lengths, names of mappings


def column() -> int:
    """This machine's column in the table of system calls.

    Raises:
        OSError: there is none.
    """
    machine = platform.machine()
    if machine not in _COLUMNS:
        raise OSError(0, f"no table of system calls for {machine}")
    return _COLUMNS[machine]


@dataclass(frozen=True)
class Condition:
    """A call that depends on one argument: ``allow`` says whether the values are the allowed or the refused ones."""

    argument: int
    values: tuple[int, ...]
    mask: int = _ALL_BITS
    allow: bool = True


Alternatives = tuple[tuple[Condition, ...], ...]  # allowed where all conditions of one of them hold


@dataclass(frozen=True)
class Policy:
    """What differs between workers.

    Attributes:
        pid: the worker's own, the only one that it may signal.
        processes: it may fork.
        sockets: with ``processes``, it may talk to its own by sockets in the file system; others' are out of reach.
        loopback: with ``sockets``, they may use TCP and UDP too: its network namespace has no interface but loopback.
        others_safe: signals to processes outside are stopped elsewhere (Landlock from ABI 6 on).
        gpu: it talks to CUDA's devices, which takes ioctls of all kinds.
    """

    pid: int
    processes: bool = False
    sockets: bool = False
    loopback: bool = False
    others_safe: bool = False
    gpu: bool = False


def build_filter(policy: Policy, column: int) -> bytes:
    """The program for one worker, for the architecture of that column of the table of system calls."""
    code = [
        _instruction(_LOAD, _OFFSET_ARCHITECTURE),
        _instruction(_IF_EQUAL, _ARCHITECTURES[column], 1, 0),
        _instruction(_RETURN, _KILL_PROCESS),
        _instruction(_LOAD, _OFFSET_NUMBER),
    ]
    if column == _X86:
        code += [_instruction(_IF_AT_LEAST, _X32_BIT, 0, 1), _instruction(_RETURN, _KILL_PROCESS)]
    for name, then in _rules(policy):
        which = number(name, column)
        if which is not None:
            code += [_instruction(_IF_EQUAL, which, 0, len(then)), *then]
    code += [
        _instruction(_IF_AT_LEAST, FIRST_SHARED, 0, 1),
        _instruction(_RETURN, _ERRNO | errno.ENOSYS),
        _instruction(_RETURN, _ERRNO | errno.EPERM),
    ]
    return b"".join(code)


def _rules(policy: Policy) -> Iterator[tuple[str, list[bytes]]]:
    """Instructions by name of the call. Those with conditions first: the kernel caches the others' verdicts."""
    for name, rule in _conditions(policy).items():
        then = _compiled(rule) if isinstance(rule, Condition) else _compiled_alternatives(rule)
        yield name, [*_pretended(_PR_SET_PDEATHSIG), *then] if name == "prctl" and policy.processes else then
    extra = f"{_FOR_PROCESSES} {_FOR_SOCKETS if policy.sockets else ''}" if policy.processes else ""
    for name in f"{_FREE} {extra}".split():
        yield name, [_instruction(_RETURN, _ALLOW)]
    for name in _PRETENDED.split():
        yield name, [_instruction(_RETURN, _ERRNO)]


def _conditions(policy: Policy) -> dict[str, Condition | Alternatives]:
    conditions: dict[str, Condition | Alternatives] = {
        "mmap": Condition(3, _MAP_UNCOUNTED, _MAP_BITS, allow=False),
        "open": Condition(1, (_READ_ONLY_TRUNCATE,), _ACCESS_MODE, allow=False),
        "openat": Condition(2, (_READ_ONLY_TRUNCATE,), _ACCESS_MODE, allow=False),
        "clone": Condition(0, (_CLONE_THREAD,), _CLONE_THREAD | _CLONE_NO_PROCESS),
        "fcntl": Condition(1, _FCNTL),
        "ioctl": Condition(1, _IOCTL_OF_TERMINALS, allow=False) if policy.gpu else Condition(1, _IOCTL),
        "prctl": Condition(0, _PRCTL),
        "prlimit64": Condition(0, (0, policy.pid)),
        "kill": Condition(0, (policy.pid,)),
        "tgkill": Condition(0, (policy.pid,)),
    }
    if policy.processes:
        conditions["clone"] = Condition(0, (0,), _CLONE_NO_PROCESS)
        conditions["socketpair"] = Condition(0, (_AF_UNIX,))
        if policy.sockets:
            conditions["socket"] = Condition(0, (_AF_UNIX,))
        if policy.sockets and policy.loopback:
            conditions.update(socket=_sockets_with_loopback(), setsockopt=_options())
        if policy.others_safe:
            anyone = Condition(0, (0,), 0)
            conditions.update(kill=anyone, tgkill=anyone)
    return conditions


def _pretended(option: int) -> list[bytes]:
    """Answer a call whose first argument is that option as done; go on with all others."""
    return [
        _instruction(_LOAD, _OFFSET_ARGUMENTS),
        _instruction(_IF_EQUAL, option, 0, 1),
        _instruction(_RETURN, _ERRNO),
    ]


def _sockets_with_loopback() -> Alternatives:
    kinds = Condition(1, _STREAM_OR_DATAGRAM, _TYPE_BITS)
    return (
        (Condition(0, (_AF_UNIX,)),),
        (Condition(0, (_AF_INET, _AF_INET6)), kinds, Condition(2, _USUAL_PROTOCOLS)),
        (Condition(0, (_AF_NETLINK,)), Condition(1, _NETLINK_TYPES, _TYPE_BITS), Condition(2, (_NETLINK_ROUTE,))),
    )


def _options() -> Alternatives:
    return tuple((Condition(1, (level,)), Condition(2, names)) for level, names in _OPTIONS.items())


def _compiled(condition: Condition) -> list[bytes]:
    code = [_instruction(_LOAD, _OFFSET_ARGUMENTS + 8 * condition.argument)]
    if condition.mask != _ALL_BITS:
        code.append(_instruction(_MASK, condition.mask))
    count = len(condition.values)
    for position, value in enumerate(condition.values):
        code.append(_instruction(_IF_EQUAL, value, count - position, 0))  # to the last instruction
    verdicts = [_ERRNO | errno.EPERM, _ALLOW]
    listed, others = verdicts[condition.allow], verdicts[not condition.allow]
    return [*code, _instruction(_RETURN, others), _instruction(_RETURN, listed)]


def _compiled_alternatives(alternatives: Alternatives) -> list[bytes]:
    code: list[bytes] = []
    for conditions in alternatives:
        rest: list[bytes] = [_instruction(_RETURN, _ALLOW)]
        for condition in reversed(conditions):  # each leads to the next one, or over all that is left
            rest = [*_compared(condition, len(rest)), *rest]
        code += rest
    return [*code, _instruction(_RETURN, _ERRNO | errno.EPERM)]


def _compared(condition: Condition, over: int) -> list[bytes]:
    """Go on where an argument has one of the values; else leave out ``over`` instructions."""
    code = [_instruction(_LOAD, _OFFSET_ARGUMENTS + 8 * condition.argument)]
    if condition.mask != _ALL_BITS:
        code.append(_instruction(_MASK, condition.mask))
    left = len(condition.values)
    for position, value in enumerate(condition.values, start=1):
        last = position == left
        code.append(_instruction(_IF_EQUAL, value, left - position, over if last else 0))
    return code


def _instruction(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, operand)
