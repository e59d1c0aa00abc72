"""Locking a worker in: all that happens between the fork and the first byte of the submission.

The order matters. What needs rights comes first (own mount, own user), then limits, then Landlock, and the filter of
system calls last, since the others need calls that it refuses. A layer that fails ends the worker: one that runs
with less than the nursery announced would be graded under a promise that does not hold.
"""

from __future__ import annotations

import math
import os
import resource
from dataclasses import dataclass, field

from autograder.core import linux
from autograder.core.layers import LANDLOCK, LIMITS, NAMESPACES, ONE_CORE, OWN_USER, SECCOMP
from autograder.core.limits import Limits
from autograder.core.seccomp import Policy, build_filter, column

_MIB = 2**20
_FILES_IN_SCRATCH = 10_000
_ADDRESSES = 16 * 2**30  # beside what is memory: libraries, reserved stacks of threads, mapped files
_SHARED_MEMORY = "/dev/shm"

_READ = linux.FS_READ_FILE | linux.FS_READ_DIR
_WRITE = (linux.FS_WRITE_FILE | linux.FS_TRUNCATE | linux.FS_REMOVE_FILE | linux.FS_REMOVE_DIR | linux.FS_REFER) | (
    linux.FS_MAKE_REG | linux.FS_MAKE_DIR | linux.FS_MAKE_SYM
)
_DEVICE = linux.FS_READ_FILE | linux.FS_WRITE_FILE | linux.FS_IOCTL_DEV
_SIGNALS_SCOPED = 6  # Landlock's ABI
_NAMES = ("/etc/hosts", "/etc/nsswitch.conf")  # what "localhost" is looked up in


@dataclass(frozen=True)
class Plan:
    """What a nursery found out once, for all its workers.

    Attributes:
        active: names of the layers that apply.
        readable: files and folders that workers may read.
        devices: device nodes that they may use.
        cores: that they are spread over.
        first_uid: user id of slot 0.
        tasks_beside: threads and processes that count against a worker's limit but are not its own.
        capabilities: workers keep those that we have (only for tests of what the other layers stop).
    """

    active: frozenset[str]
    readable: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    cores: tuple[int, ...] = ()
    first_uid: int = 0
    tasks_beside: int = 0
    capabilities: bool = False


@dataclass(frozen=True)
class Place:
    """Where one worker lives.

    Attributes:
        slot: its number among the workers alive, from 0.
        submission: folder that it may read.
        scratch: empty folder that it may write in.
        cores: that its threads may run on.
    """

    slot: int
    submission: str
    scratch: str
    cores: frozenset[int] = field(default_factory=frozenset)


def lock_down(plan: Plan, limits: Limits, place: Place) -> None:
    """Give up everything that a worker does not need. Called once, with all descriptors but its own closed.

    Raises:
        OSError: a layer of the plan does not hold.
    """
    parent = os.getppid()
    os.setsid()
    os.umask(0o077)
    uid = plan.first_uid + place.slot if OWN_USER in plan.active else None
    _make_scratch(plan, limits, place, uid)
    os.chdir(place.scratch)
    if ONE_CORE in plan.active and place.cores:
        os.sched_setaffinity(0, place.cores)
    if uid is not None:
        linux.become_user(uid)
    if not plan.capabilities:
        linux.drop_capabilities()
    linux.die_with_parent()
    if os.getppid() != parent:  # it died before we asked to be told
        os._exit(0)
    linux.hide_from_others()
    if LIMITS in plan.active:
        set_limits(limits, tasks_beside=0 if uid is not None else plan.tasks_beside, gpu=bool(plan.devices))
    linux.gain_no_privileges()
    if LANDLOCK in plan.active:
        restrict_files(plan, limits, place)
    if SECCOMP in plan.active:
        restrict_calls(plan, limits)


def close_all_but(keep: set[int]) -> None:
    """Close every descriptor of this process that is not in ``keep``."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in keep:
            try:
                os.close(int(name))
            except OSError:  # the descriptor of the listing itself
                continue


def set_limits(limits: Limits, *, tasks_beside: int, gpu: bool) -> None:
    """Limits that only root could raise again."""
    data, size = _memory_bytes()
    _limit(resource.RLIMIT_DATA, data + limits.memory_mb * _MIB)
    if not gpu:  # CUDA reserves addresses by the terabyte
        # What is mapped and never written is not data, but its page tables are memory: 2 MiB a GiB.
        _limit(resource.RLIMIT_AS, size + limits.memory_mb * _MIB + _ADDRESSES)
    _limit(resource.RLIMIT_CPU, math.ceil(limits.submission_seconds) * max(1, limits.threads) + 1)
    _limit(resource.RLIMIT_FSIZE, limits.file_mb * _MIB)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_NPROC, tasks_beside + limits.tasks)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_STACK, 8 * _MIB)
    _limit(resource.RLIMIT_MEMLOCK, 8 * _MIB)
    _limit(resource.RLIMIT_MSGQUEUE, 0)


def restrict_files(plan: Plan, limits: Limits, place: Place) -> None:
    """Landlock: what is readable may be read, the scratch folder written, and nothing else opened."""
    own_network = has_own_network(plan, limits)
    rules = linux.Ruleset(own_network=own_network)
    for path in (*plan.readable, place.submission, "/proc/self"):
        rules.allow(path, _READ)
    for path in filter(os.path.exists, _NAMES if own_network else ()):
        rules.allow(path, linux.FS_READ_FILE)
    rules.allow(place.scratch, _READ | _WRITE | (linux.FS_MAKE_SOCK if limits.processes else 0))
    for device in (os.devnull, *plan.devices):
        rules.allow(device, _DEVICE)
    if limits.processes and os.path.isdir(_SHARED_MEMORY):
        # Semaphores and tensors that processes share. Names of others' can't be listed where the folder is not private.
        rules.allow(_SHARED_MEMORY, (_READ if NAMESPACES in plan.active else linux.FS_READ_FILE) | _WRITE)
    rules.restrict()


def restrict_calls(plan: Plan, limits: Limits) -> None:
    """seccomp: computing, threads and files, and nothing that reaches beyond this process."""
    scoped = LANDLOCK in plan.active and linux.landlock_abi() >= _SIGNALS_SCOPED
    # Landlock does not guard sockets in the file system; an empty file system, or another user's rights, do.
    alone = bool(plan.active & {NAMESPACES, OWN_USER})
    policy = Policy(
        os.getpid(),
        limits.processes,
        sockets=alone,
        loopback=has_own_network(plan, limits),
        others_safe=scoped,
        gpu=bool(plan.devices),
    )
    linux.install_filter(build_filter(policy, column()))


def has_own_network(plan: Plan, limits: Limits) -> bool:
    """Whether a worker lives in a network namespace of its own, in which its processes may talk to each other."""
    return limits.processes and NAMESPACES in plan.active


def _make_scratch(plan: Plan, limits: Limits, place: Place, uid: int | None) -> None:
    if NAMESPACES in plan.active:
        # In the nursery's mount namespace; it goes when the judge removes the folder beneath it.
        _mount_tmpfs(place.scratch, limits.scratch_mb, uid)
        if has_own_network(plan, limits):
            linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWNET)
            linux.raise_loopback()
        if limits.processes and os.path.isdir(_SHARED_MEMORY):
            _mount_tmpfs(_SHARED_MEMORY, limits.scratch_mb, uid)
    elif uid is not None:
        os.chown(place.scratch, uid, uid)
    if uid is not None:
        # Its files are nobody else's to read, also where Landlock is missing.
        os.chown(place.submission, -1, uid)
        os.chmod(place.submission, 0o750)


def _mount_tmpfs(folder: str, size_mb: int, uid: int | None) -> None:
    owner = os.getuid() if uid is None else uid
    group = os.getgid() if uid is None else uid
    options = f"size={size_mb}m,nr_inodes={_FILES_IN_SCRATCH},mode=0700,uid={owner},gid={group}"
    linux.mount("tmpfs", folder, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC, options)


def _limit(which: int, value: int) -> None:
    """Set soft and hard limit, never above what we were given."""
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _memory_bytes() -> tuple[int, int]:
    """Bytes of private writable memory, and of addresses, that this process has now; the limits count them as well."""
    found = {"VmData": 0, "VmSize": 0}
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            name = line.partition(":")[0]
            if name in found:
                found[name] = int(line.split()[1]) * 1024
    return found["VmData"], found["VmSize"]
