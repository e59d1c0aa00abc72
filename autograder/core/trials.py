"""Trying a layer in a throwaway child: it is believed only when its effect was seen there.

gVisor, old kernels and container profiles accept calls that they do not carry out, or refuse only some of them.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from autograder.core import linux
from autograder.core.isolation import Place, Plan, restrict_calls, restrict_files
from autograder.core.limits import Limits


def try_in_child(action: Callable[[], None]) -> None:
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
            os.write(write, reason_of(error).encode())
        finally:
            os._exit(code)
    os.close(write)
    with open(read, "rb") as stream:
        problem = stream.read().decode()
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise OSError(0, problem or "the trial ended without a word")


def live_as_another_user(plan: Plan) -> None:
    """Become the user of slot 0 and see whether what it needs can be read."""
    if os.getuid() != 0:
        raise OSError(0, "needs root")
    linux.become_user(plan.first_uid)
    linux.drop_capabilities()
    torch = importlib.util.find_spec("torch")
    files = [os.__file__, __file__, torch.origin if torch is not None and torch.origin is not None else __file__]
    for path in (*plan.readable, *files):
        if not os.access(path, os.R_OK):
            raise OSError(0, f"another user can't read {path}")


def be_restricted(plan: Plan) -> None:
    """Put Landlock's rules into force and see whether a file outside is refused."""
    linux.landlock_abi()
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


def be_filtered(plan: Plan) -> None:
    """Install the filter of system calls and see whether a socket is refused."""
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


def reason_of(error: BaseException) -> str:
    """One line, without the number that OSError puts before it."""
    text = error.strerror if isinstance(error, OSError) else None
    return text or str(error) or type(error).__name__
