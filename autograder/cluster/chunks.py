"""How a batch is cut up: chunks worth their way, and what becomes of those that a node took along."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.core.outcome import Graded, Task

_SECONDS = 8.0  # that a chunk should take: results come that often, and that much is repeated when a node dies
_MOST = 256
_BYTES = 8 * 2**20
LOST_TWICE = "the machine that graded it was lost twice: look at what the submission does, then grade it again"


@dataclass(frozen=True)
class Item:
    """A submission on its way: the key and the file of its task, and all files as bytes."""

    key: str
    file: str
    files: dict[str, bytes]


@dataclass(frozen=True)
class Chunk:
    """What a node grades at a time.

    Attributes:
        again: a node was lost with it before. Such a chunk holds one submission, so that it is known which one it was.
    """

    items: tuple[Item, ...]
    again: bool = False

    @property
    def keys(self) -> set[str]:
        """Of its submissions."""
        return {item.key for item in self.items}


class Supply:
    """Hands out chunks of a batch, taking tasks only as they are needed.

    Args:
        tasks: of the batch.
    """

    def __init__(self, tasks: Iterable[Task]):
        self._tasks = iter(tasks)
        self._again: deque[Item] = deque()
        self._next: Item | None = None
        self._cost: float | None = None  # seconds of one job for one submission

    def more(self) -> bool:
        """Whether there is a chunk to hand out."""
        if self._next is None:
            task = next(self._tasks, None)
            self._next = None if task is None else _read(task)
        return bool(self._again) or self._next is not None

    def take(self, jobs: int) -> Chunk:
        """The next chunk, for a node with that many jobs; first of all what was lost, one by one."""
        if self._again:
            return Chunk((self._again.popleft(),), again=True)
        items: list[Item] = []
        size, most = 0, self._size(jobs)
        while len(items) < most and self.more() and self._next is not None:
            size += sum(map(len, self._next.files.values()))
            if items and size > _BYTES:
                break
            items.append(self._next)
            self._next = None
        return Chunk(tuple(items))

    def learn(self, chunk: Chunk, jobs: int, seconds: float) -> None:
        """A chunk took that long: the next ones will be cut accordingly."""
        cost = seconds * min(jobs, len(chunk.items)) / len(chunk.items)
        self._cost = cost if self._cost is None else (self._cost + cost) / 2

    def lost(self, chunk: Chunk) -> Iterator[Graded]:
        """A node died with it: yields what is given up, the rest is handed out again."""
        if chunk.again:
            yield from (Graded(item.key, error=LOST_TWICE) for item in chunk.items)
        else:
            self._again.extend(chunk.items)

    def _size(self, jobs: int) -> int:
        if self._cost is None:
            return jobs
        return max(jobs, min(_MOST, round(_SECONDS * jobs / max(self._cost, 1e-3))))


def _read(task: Task) -> Item:
    files = {path.name: path.read_bytes() for path in sorted(task.folder.iterdir()) if path.is_file()}
    return Item(task.key, task.file, files)
