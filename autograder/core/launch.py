"""Starting a nursery: find out which layers this machine offers, enter those that all workers share, go on as nursery.

Started by exec with a clean environment; imports no torch before the fork into the namespaces. Each layer is tried in
a throwaway child and believed only when its effect was seen there.
"""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from autograder.core import linux
from autograder.core.cgroup import join_cgroup
from autograder.core.isolation import Place, Plan, restrict_calls, restrict_files
from autograder.core.layers import (
    CGROUP,
    LANDLOCK,
    LAYERS,
    NAMESPACES,
    ONE_CORE,
    OWN_USER,
    SECCOMP,
    Isolation,
    make_isolation,
)
from autograder.core.limits import Limits
from autograder.core.readable import gpu_devices, links_to_readable, readable_paths

_FIRST_UID = 60_600  # no distribution hands these out
_FIRST_OF_MANY = 2**30
_SLOTS = 256
_SHARED_MEMORY = "/dev/shm"
_OWN_MOUNTS = ("/proc/",)  # mounted anew
_QUIET = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
_NEW_NAMESPACES = linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS


@dataclass(frozen=True)
class Order:
    """What the engine asks of a nursery.

    Attributes:
        without: names of layers to leave out.
        gpu: workers may use a GPU.
        workers: how many are alive at a time, more or less.
        memory_mb: that each of them may use.
        tasks: threads and processes that each of them may have.
        cgroup: name of the control group for all of them.
    """

    without: tuple[str, ...] = ()
    gpu: bool = False
    workers: int = 1
    memory_mb: int = 4096
    tasks: int = 64
    cgroup: str = ""


def main() -> None:
    """Entry point: ``python -m autograder.core.launch CONTROL_FD ORDER``."""
    control = int(sys.argv[1])
    raw = json.loads(sys.argv[2])
    order = Order(**{**raw, "without": tuple(raw["without"])})
    linux.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inactive = dict.fromkeys(order.without, "left out")
    remarks = []
    readable = readable_paths(gpu=order.gpu)
    if CGROUP not in inactive:
        _note(inactive, CGROUP, lambda: _join_cgroup(order))
    if NAMESPACES not in inactive:
        _note(inactive, NAMESPACES, lambda: _try(lambda: _enter_namespaces(readable, gpu=order.gpu)))
        if NAMESPACES not in inactive:
            _enter_namespaces(readable, gpu=order.gpu)
    plan = _plan(order, readable, inactive)
    if LANDLOCK in plan.active:
        remarks.append((LANDLOCK, f"ABI {linux.landlock_abi()}"))
    isolation = make_isolation({name: inactive[name] for name in LAYERS if name in inactive}, remarks)
    _serve(control, plan, isolation)


def _serve(control: int, plan: Plan, isolation: Isolation) -> None:
    from autograder.core import nursery  # imports torch

    nursery.run(socket.socket(fileno=control), plan, isolation)


def _plan(order: Order, readable: tuple[str, ...], inactive: dict[str, str]) -> Plan:
    """What is left to find out once we are where the workers will be; adds to ``inactive``."""
    cores = tuple(sorted(os.sched_getaffinity(0)))
    devices = gpu_devices() if order.gpu else ()
    plan = Plan(frozenset(LAYERS), readable, devices, cores, _first_uid(), _tasks_of_this_user())
    if devices:
        inactive.setdefault(ONE_CORE, "CUDA computes with threads of its own")
    for name, attempt in ((OWN_USER, _live_as_another_user), (LANDLOCK, _be_restricted), (SECCOMP, _be_filtered)):
        if name not in inactive:
            _note(inactive, name, lambda attempt=attempt: _try(lambda: attempt(plan)))  # type: ignore[misc]
    active = frozenset(name for name in LAYERS if name not in inactive)
    kept = OWN_USER in order.without
    return Plan(active, readable, devices, cores, plan.first_uid, plan.tasks_beside, capabilities=kept)


def _join_cgroup(order: Order) -> None:
    # A worker may still be dying while the next one of its judge starts: room for twice as many.
    workers = 2 * order.workers
    join_cgroup(order.cgroup, workers * order.memory_mb, workers * order.tasks)


def _note(inactive: dict[str, str], name: str, attempt: Callable[[], None]) -> None:
    try:
        attempt()
    except OSError as error:
        inactive[name] = _reason(error)


def _reason(error: BaseException) -> str:
    """One line, without the number that OSError puts before it."""
    text = error.strerror if isinstance(error, OSError) else None
    return text or str(error) or type(error).__name__


# --- namespaces ---------------------------------------------------------------------------------------------------


def _enter_namespaces(readable: tuple[str, ...], *, gpu: bool) -> None:
    """Go on in a child within new namespaces; this process waits for it and ends as it does.

    Raises:
        OSError: they are not allowed here. The process may be within some of them then, and is of no more use.
    """
    user, group = os.getuid(), os.getgid()
    linux.unshare(_NEW_NAMESPACES | (linux.CLONE_NEWUSER if user != 0 else 0))
    if user != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path(f"/proc/self/{name}").write_text(text)
    failed, report = os.pipe()
    child = os.fork()
    if child != 0:
        os.close(report)
        _follow(child, failed)
    os.close(failed)
    linux.die_with_parent()
    try:
        _make_room(readable, gpu=gpu)
    except OSError as error:
        os.write(report, _reason(error).encode())
        os._exit(1)
    os.close(report)


def _follow(child: int, failed: int) -> NoReturn:
    """Wait for the process within the namespaces; an error on entering is raised here."""
    with open(failed, "rb") as stream:
        problem = stream.read().decode()
    if problem:
        os.waitpid(child, 0)
        raise OSError(0, problem)
    null = os.open(os.devnull, os.O_RDWR)
    for stream_fd in (0, 1):
        os.dup2(null, stream_fd)  # what the nursery says, and its end, are its own
    os.closerange(3, 256)
    _, status = os.waitpid(child, 0)
    os._exit(abs(os.waitstatus_to_exitcode(status)))


def _make_room(readable: tuple[str, ...], *, gpu: bool) -> None:
    """Mount what these namespaces have of their own; without a GPU, nothing else is left to be seen."""
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    # What CUDA looks for in the file system differs from machine to machine.
    root = "" if gpu else _build_root(readable)
    # Before the old root goes: without root's rights, proc may be mounted only where another one is in full view.
    linux.mount("proc", f"{root}/proc", "proc", _QUIET)
    if os.path.isdir(_SHARED_MEMORY):
        linux.mount("tmpfs", root + _SHARED_MEMORY, "tmpfs", _QUIET, "size=64m,mode=1777")
    if root:
        home = os.getcwd()
        linux.change_root(root)
        os.chdir(home)


def _build_root(readable: tuple[str, ...]) -> str:
    """Make a root of empty folders in which only what workers may use is mounted, at its usual place; returns where.

    So other files can't even be seen to exist, and an interpreter below a home of mode 0700 can be reached.
    """
    home = os.getcwd()
    root = os.path.join(home, "root")
    os.makedirs(root, exist_ok=True)  # a trial may have made it
    linux.mount("tmpfs", root, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=1m,mode=0755")
    os.umask(0o022)
    _bind(home, root + home)
    for path in (*readable, os.devnull):
        if not path.startswith(_OWN_MOUNTS):
            _bind(path, root + path, linux.MS_REC)
    for name, target in links_to_readable():
        if not os.path.lexists(root + name):
            os.makedirs(os.path.dirname(root + name), exist_ok=True)
            os.symlink(target, root + name)
    for folder in ("/proc", "/tmp", _SHARED_MEMORY):
        os.makedirs(root + folder, exist_ok=True)
    return root


def _bind(path: str, target: str, flags: int = 0) -> None:
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    linux.mount(path, target, None, linux.MS_BIND | flags)


# --- trying a layer in a throwaway child --------------------------------------------------------------------------


def _try(action: Callable[[], None]) -> None:
    """Do something in a child.

    Raises:
        OSError: it failed there, with its reason.
    """
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        code = 1
        try:
            action()
            code = 0
        except BaseException as error:
            os.write(write, _reason(error).encode())
        finally:
            os._exit(code)
    os.close(write)
    with open(read, "rb") as stream:
        problem = stream.read().decode()
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise OSError(0, problem or "the trial ended without a word")


def _live_as_another_user(plan: Plan) -> None:
    if os.getuid() != 0:
        raise OSError(0, "needs root")
    linux.become_user(plan.first_uid)
    linux.drop_capabilities()
    torch = importlib.util.find_spec("torch")
    files = [os.__file__, __file__, torch.origin if torch is not None and torch.origin is not None else __file__]
    for path in (*plan.readable, *files):
        if not os.access(path, os.R_OK):
            raise OSError(0, f"another user can't read {path}")


def _be_restricted(plan: Plan) -> None:
    with tempfile.TemporaryDirectory() as folder:
        inside, outside = Path(folder, "inside"), Path(folder, "outside")
        for each in (inside, outside):
            each.mkdir()
            (each / "file").write_text("text")
        linux.gain_no_privileges()
        pid = os.fork()  # the one that is restricted can't tidy up
        if pid == 0:
            restrict_files(plan, Limits(), Place(0, str(inside), str(inside)))
            (inside / "file").read_text()
            os._exit(_refused(lambda: (outside / "file").read_text(), errno.EACCES))
        if os.waitpid(pid, 0)[1] != 0:
            raise OSError(0, "the kernel accepts the rules, and does not keep to them")


def _be_filtered(plan: Plan) -> None:
    linux.gain_no_privileges()
    restrict_calls(plan, Limits())
    if _refused(socket.socketpair, errno.EPERM):
        raise OSError(0, "the kernel accepts the filter, and does not keep to it")


def _refused(action: Callable[[], object], number: int) -> int:
    """0 when an action fails with that error."""
    try:
        action()
    except OSError as error:
        return 0 if error.errno == number else 2
    return 1


# --- facts of the machine -----------------------------------------------------------------------------------------


def _first_uid() -> int:
    """User ids that hardly any other nursery uses, where this machine has all of them; else a fixed range."""
    first, _, count = map(int, Path("/proc/self/uid_map").read_text().split()[:3])
    if first == 0 and count > 2**31:
        return _FIRST_OF_MANY + secrets.randbelow(2**21) * _SLOTS
    return _FIRST_UID


def _tasks_of_this_user() -> int:
    """Threads of this user that are alive: the kernel counts them against the limit of a worker without own user."""
    count, me = 0, os.getuid()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid == me:
                count += len(os.listdir(folder / "task"))
        except OSError:  # it ended meanwhile
            continue
    return count


if __name__ == "__main__":
    main()
