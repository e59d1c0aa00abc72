"""A loss that notes who computes it: for probes of functions that train by several processes.

It is part of the package, so that a process that was spawned can import it as well. What it notes is said beside the
submission's code, and says as much as all that is measured there: good for teaching, no proof.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NOTES, _GROUPS, _MET, _GONE = "notes", "groups", "met", "gone"
_POLL_SECONDS = 0.002


@dataclass(frozen=True)
class Note:
    """One call of the loss.

    Attributes:
        pid: the process that made it.
        rows: of the targets.
    """

    pid: int
    rows: int


class Witness:
    """A loss function that can be pickled, and notes each of its calls in a folder that all processes see.

    Args:
        loss: a function of outputs and targets.
        folder: an empty one.
        meet: at its first call each process waits until so many have come.
        patience: seconds that it waits at most.
        pause: seconds that each row of the targets takes on top.
    """

    def __init__(
        self,
        loss: Callable[[Any, Any], Any],
        folder: str,
        *,
        meet: int = 1,
        patience: float = 15.0,
        pause: float = 0.0,
    ):
        self._loss = loss
        self._folder = folder
        self._meet = meet
        self._patience = patience
        self._pause = pause
        self._maker = os.getpid()

    def __call__(self, outputs: Any, targets: Any) -> Any:
        """What the loss returns, after a note was made."""
        _append(self._folder, _NOTES, f"{os.getpid()} {len(targets)}")
        _note_group(self._folder, later=os.getpid() != self._maker)
        self._wait_for_others()
        time.sleep(self._pause * len(targets))
        return self._loss(outputs, targets)

    def notes(self) -> list[Note]:
        """All calls so far, in their order in time."""
        return [Note(*map(int, line.split())) for line in _lines(self._folder, _NOTES)]

    def met(self) -> bool:
        """Whether as many processes as were to meet were under way at the same time: each of them saw all."""
        return len(_lines(self._folder, _MET)) >= self._meet

    def groups(self) -> list[str]:
        """Backend and size of each group of torch.distributed that a process was in: ``gloo 2``."""
        return _lines(self._folder, _GROUPS)

    def _wait_for_others(self) -> None:
        mine = Path(self._folder, f"here-{os.getpid()}")
        if mine.exists():
            return
        mine.touch()
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline and not _lines(self._folder, _GONE):  # who gave up is waited for in vain
            if sum(name.startswith("here-") for name in os.listdir(self._folder)) >= self._meet:
                _append(self._folder, _MET, str(os.getpid()))
                return
            time.sleep(_POLL_SECONDS)
        _append(self._folder, _GONE, str(os.getpid()))


def _append(folder: str, name: str, line: str) -> None:
    with open(os.path.join(folder, name), "a", encoding="utf-8") as file:  # one short write: lines do not mix
        file.write(f"{line}\n")


def _lines(folder: str, name: str) -> list[str]:
    path = Path(folder, name)
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _note_group(folder: str, *, later: bool) -> None:
    """Note the group that this process is in, or else have it noted as soon as it enters one."""
    import torch
    import torch.distributed as dist

    def note() -> None:
        world: Any = dist.group.WORLD
        backend = world._get_backend(torch.device("cpu")).name()  # also where none was named
        _append(folder, _GROUPS, f"{backend} {dist.get_world_size()}")

    if dist.is_available() and dist.is_initialized():
        note()
    elif dist.is_available() and later:
        enter = dist.init_process_group

        def entered(*args: Any, **kwargs: Any) -> None:
            enter(*args, **kwargs)
            note()

        dist.init_process_group = entered
