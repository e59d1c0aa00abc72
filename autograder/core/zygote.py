"""The process that nurseries and judge hosts are forked from, so that torch is imported once for all of them.

Started by exec with a clean environment, when a command first grades. It imports torch and what probes and judges touch
on first use, and then forks on request. It learns of no assignment, submission or name: what a child has to know comes
to the child, by a pipe of its own.

Promises: it starts no thread, never touches CUDA and runs nobody's code; when the command ends, for whatever reason, so
do it and all its children.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import torch

from autograder.core.isolation import close_all_but
from autograder.core.linux import die_with_parent
from autograder.core.warm import settle, warm_up

_MAX_REQUEST = 4096
_MAX_DESCRIPTORS = 8
_NAMES = {"launch": "ag-nursery", "judge_host": "ag-judge-host"}  # modules, and how process lists call them


def main() -> None:
    """Entry point: ``python -m autograder.core.zygote CONTROL DIES_WITH_PARENT``."""
    if sys.argv[2] == "1":
        die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    warm_up()
    settle()
    control, alive = socket.socket(fileno=int(sys.argv[1])), set[int]()
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, _MAX_REQUEST, _MAX_DESCRIPTORS)
        if not data:
            return
        request = json.loads(data)
        answer = {"number": request["number"], **_answer(request, descriptors, alive)}
        control.send(json.dumps(answer).encode())
        for descriptor in descriptors:
            os.close(descriptor)


def _answer(request: dict[str, Any], descriptors: list[int], alive: set[int]) -> dict[str, Any]:
    """Do what is asked; ``alive`` are our children that nobody has asked to end."""
    match request["do"]:
        case "fork":
            me, pid = os.getpid(), os.fork()
            if pid == 0:
                _become(request["module"], request["cores"], descriptors, me)
            alive.add(pid)
            return {"pid": pid}
        case "look":
            return {"alive": request["pid"] in alive and not _has_ended(request["pid"])}
        case _:
            if request["pid"] in alive:  # else its number may be another's by now
                alive.remove(request["pid"])
                _end(request["pid"])
            return {}


def _has_ended(pid: int) -> bool:
    """It stays a zombie, so that its number and its group's are nobody else's until it is ended."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(pid: int) -> None:
    """Kill a child with its group."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:  # it has not come to have one
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _become(module: str, cores: list[int], descriptors: list[int], parent: int) -> NoReturn:
    """The child's side of the fork: ``main`` of that module, with descriptors and its order. Never returns."""
    status = 1
    try:
        os.setsid()
        die_with_parent()
        if os.getppid() != parent:  # it died before that
            os._exit(status)
        os.sched_setaffinity(0, cores)
        Path("/proc/self/comm").write_text(_NAMES[module])
        orders, stdout, stderr, *others = descriptors
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        close_all_but({0, 1, 2, orders, *others})
        with open(orders, encoding="utf-8") as stream:
            order = json.load(stream)
        os.environ.update(order["environment"])
        os.chdir(order["home"])
        tempfile.tempdir = None  # is found anew
        run: Callable[..., None] = import_module(f"autograder.core.{module}").main
        run(*others, order)
        status = 0
    except SystemExit as end:
        print(end, file=sys.stderr)  # a reason in words: no module of ours ends otherwise
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
