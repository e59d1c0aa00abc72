"""New namespaces for a nursery: nothing in the file system but what workers may use, no network, no other processes.

Works for root, and for other users where the kernel lets them make user namespaces.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import NoReturn

from autograder.core import linux
from autograder.core.readable import links_to_readable
from autograder.core.trials import reason_of

_SHARED_MEMORY = "/dev/shm"
_OWN_MOUNTS = ("/proc/",)  # mounted anew
# This machine's name, and its neighbours', are nobody's business; processes that talk to each other look these up.
_OWN_NAME = "localhost"
_OWN_FILES = {
    "/etc/hosts": f"127.0.0.1 {_OWN_NAME}\n::1 {_OWN_NAME}\n",
    "/etc/nsswitch.conf": "hosts: files\n",
}
_QUIET = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
_NEW = linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS


def enter_namespaces(readable: tuple[str, ...], *, gpu: bool) -> None:
    """Go on in a child within new namespaces; this process waits for it and ends as it does.

    Raises:
        OSError: they are not allowed here. The process may be within some of them then, and is of no more use.
    """
    user, group = os.getuid(), os.getgid()
    linux.unshare(_NEW | (linux.CLONE_NEWUSER if user != 0 else 0))
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
        os.write(report, reason_of(error).encode())
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
    socket.sethostname(_OWN_NAME)
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
    for folder in ("/proc", "/tmp", "/etc", _SHARED_MEMORY):
        os.makedirs(root + folder, exist_ok=True)
    for name, text in _OWN_FILES.items():
        Path(root + name).write_text(text)
    return root


def _bind(path: str, target: str, flags: int = 0) -> None:
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    linux.mount(path, target, None, linux.MS_BIND | flags)
