"""Starting a nursery: find out which layers this machine offers, enter those that all workers share, go on as nursery.

Forked by the zygote. Each layer is tried in a throwaway child and believed only when its effect was seen there.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from autograder.core import linux, nursery
from autograder.core.cgroup import join_cgroup
from autograder.core.isolation import Plan
from autograder.core.layers import (
    CGROUP,
    LANDLOCK,
    LAYERS,
    NAMESPACES,
    ONE_CORE,
    OWN_USER,
    SECCOMP,
    NurseryOrder,
    make_isolation,
)
from autograder.core.namespaces import enter_namespaces
from autograder.core.readable import gpu_devices, readable_paths
from autograder.core.trials import be_filtered, be_restricted, live_as_another_user, reason_of, try_in_child

_FIRST_UID = 60_600  # no distribution hands these out
_FIRST_OF_MANY = 2**30
_SLOTS = 256


def main(control: int, raw: dict[str, Any]) -> None:
    """Go on as nursery, in the zygote's child.

    Args:
        control: descriptor on which judges' requests arrive.
        raw: the order, as JSON has it.
    """
    known = {field.name: raw[field.name] for field in fields(NurseryOrder)}
    wanted = NurseryOrder(**{**known, "without": tuple(raw["without"]), "preload": tuple(raw["preload"])})
    order = replace(wanted, gpu=wanted.gpu and bool(gpu_devices()))  # "auto" asks for one on machines without, too
    inactive = dict.fromkeys(order.without, "left out")
    remarks = []
    readable = readable_paths(gpu=order.gpu)
    if CGROUP not in inactive:
        _note(inactive, CGROUP, lambda: _join_cgroup(order))
    if NAMESPACES not in inactive:
        _note(inactive, NAMESPACES, lambda: try_in_child(lambda: enter_namespaces(readable, gpu=order.gpu)))
        if NAMESPACES not in inactive:
            enter_namespaces(readable, gpu=order.gpu)
    plan = _plan(order, readable, inactive)
    if LANDLOCK in plan.active:
        remarks.append((LANDLOCK, f"ABI {linux.landlock_abi()}"))
    isolation = make_isolation({name: inactive[name] for name in LAYERS if name in inactive}, remarks)
    nursery.run(socket.socket(fileno=control), plan, isolation, order.preload)


def _plan(order: NurseryOrder, readable: tuple[str, ...], inactive: dict[str, str]) -> Plan:
    """What is left to find out once we are where the workers will be; adds to ``inactive``."""
    cores = tuple(sorted(os.sched_getaffinity(0)))
    devices = gpu_devices() if order.gpu else ()
    plan = Plan(frozenset(), readable, devices, cores, _first_uid(), _tasks_of_this_user(), OWN_USER in order.without)
    if devices:
        inactive.setdefault(ONE_CORE, "CUDA computes with threads of its own")
    for name, attempt in ((OWN_USER, live_as_another_user), (LANDLOCK, be_restricted), (SECCOMP, be_filtered)):
        plan = _with_active(plan, inactive)
        if name not in inactive:
            _note(inactive, name, lambda attempt=attempt, plan=plan: try_in_child(lambda: attempt(plan)))  # type: ignore[misc]
    return _with_active(plan, inactive)


def _with_active(plan: Plan, inactive: dict[str, str]) -> Plan:
    return replace(plan, active=frozenset(LAYERS) - inactive.keys())


def _join_cgroup(order: NurseryOrder) -> None:
    # A worker may still be dying while the next one of its judge starts: room for twice as many.
    workers = 2 * order.workers
    join_cgroup(order.cgroup, workers * order.memory_mb, workers * order.tasks)


def _note(inactive: dict[str, str], name: str, attempt: Callable[[], None]) -> None:
    try:
        attempt()
    except OSError as error:
        inactive[name] = reason_of(error)


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
