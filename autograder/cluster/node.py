"""What runs in a node's process: an engine for the batch at hand, kept warm from chunk to chunk.

Dask calls ``prepare`` and ``grade_chunk`` as tasks, ``release`` outside of its queue. All of them answer in JSON, what
went wrong on purpose included. An engine that nobody used for some minutes ends: its driver may have been killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.cluster.cores import ClaimedCores
from autograder.cluster.orders import Facts, Order
from autograder.cluster.package import content_hash, engine_identity, unpack
from autograder.core.assignment import load_assignment
from autograder.core.engine import Engine
from autograder.core.outcome import Task
from autograder.core.scratch import scratch_folder
from autograder.errors import AutograderError, ClusterError

_IDLE_SECONDS = 300.0
_GOODBYE_SECONDS = 10.0

Files = Mapping[str, bytes]  # a submission's, by name


class Node:
    """The engine of this process, and the one thread that it belongs to.

    The kernel kills an engine's processes when the thread that started them ends, and Dask's own threads come and go.
    One thread also means one chunk at a time, however many threads the worker has.

    Args:
        jobs: submissions graded at the same time.
    """

    def __init__(self, jobs: int):
        self._jobs = jobs
        self._work: queue.Queue[tuple[Callable[[], Any], Future[Any]]] = queue.Queue()
        self._orders: dict[str, Order] = {}
        self._folders: dict[str, Path] = {}
        self._engine: Engine | None = None
        self._batch = ""
        self._open = contextlib.ExitStack()
        self._packages = contextlib.ExitStack()
        threading.Thread(target=self._own, name="autograder-engine", daemon=True).start()

    def prepare(self, order: Order, package: bytes) -> dict[str, Any]:
        """Start the engine for a batch; returns what it found.

        Raises:
            AutograderError: this node can't grade it.
        """
        return self._on_thread(lambda: self._prepare(order, package)).result()  # type: ignore[no-any-return]

    def grade(self, batch: str, submissions: list[tuple[str, str, Files]]) -> list[dict[str, Any]] | None:
        """Grade some submissions (key, graded file, files) of a prepared batch; None when it was never prepared here.

        Raises:
            AutograderError: the engine broke.
        """
        if batch not in self._orders:
            return None
        return self._on_thread(lambda: self._grade(batch, submissions)).result()  # type: ignore[no-any-return]

    def release(self, batch: str) -> Future[Any]:
        """Forget a batch that is over."""
        return self._on_thread(lambda: self._forget(batch))

    def folder_of(self, order: Order) -> Path | None:
        """Where its assignment lies here."""
        return self._folders.get(order.package)

    def _on_thread(self, work: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        self._work.put((work, future))
        return future

    def _own(self) -> None:
        while True:
            try:
                work, future = self._work.get(timeout=_IDLE_SECONDS if self._engine is not None else None)
            except queue.Empty:
                self._end_engine()
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # whoever asked has to know, and the thread goes on
                future.set_exception(error)

    def _prepare(self, order: Order, package: bytes) -> dict[str, Any]:
        mine = engine_identity()
        if mine != order.engine:
            raise ClusterError(
                f"it has engine {mine}, the driver has {order.engine}: install the same, then start its worker anew"
            )
        if order.batch in _over:
            raise ClusterError("the batch is over")
        self._unpack(order, package)
        self._orders[order.batch] = order
        engine = self._engine_for(order)
        found = Facts(
            engine.device, engine.data, engine.data_note, engine.isolation.layers, engine.versions, engine.tests
        )
        return {**found.to_json(), "jobs": engine.jobs}

    def _grade(self, batch: str, submissions: list[tuple[str, str, Files]]) -> list[dict[str, Any]]:
        engine = self._engine_for(self._orders[batch])
        done = []
        with scratch_folder("autograder-class-") as scratch:  # named as on one machine: texts must not tell
            tasks = (_task(scratch / f"{number:05d}", *item) for number, item in enumerate(submissions))
            for graded in engine.grade(tasks):
                done.append(asdict(graded))
                if batch in _over:
                    break
        return done

    def _unpack(self, order: Order, package: bytes) -> None:
        if order.package in self._folders:
            return
        if content_hash(package) != order.package:
            raise ClusterError("the assignment did not arrive whole")
        if not self._folders:
            self._top = self._packages.enter_context(scratch_folder("autograder-course-"))
        folder = self._top / order.package / order.assignment  # the folder's name is the assignment's
        unpack(package, folder)
        self._folders[order.package] = folder

    def _engine_for(self, order: Order) -> Engine:
        if self._engine is not None and self._batch == order.batch:
            return self._engine
        self._end_engine()
        with contextlib.ExitStack() as stack:
            cores = stack.enter_context(contextlib.closing(ClaimedCores(self._jobs)))
            before = os.sched_getaffinity(0)
            stack.callback(os.sched_setaffinity, 0, before)
            os.sched_setaffinity(0, cores.numbers)  # of this thread, and of the processes that it starts
            engine = Engine(
                load_assignment(self._folders[order.package]),
                jobs=self._jobs,
                device=order.device,
                seed=order.seed,
                skip_questions=order.skip,
                only_tests=order.only,
                data=order.data,
                measure_memory=order.measure_memory,
                without=order.without,
                accept_less=order.accept_less,
            )
            self._engine = stack.enter_context(engine)
            self._open = stack.pop_all()
        self._batch = order.batch
        return engine

    def _end_engine(self) -> None:
        self._engine, self._batch = None, ""
        self._open.close()

    def _forget(self, batch: str) -> None:
        if self._batch == batch:
            self._end_engine()
        self._orders.pop(batch, None)
        if not self._orders:  # hidden tests don't stay behind
            self._folders.clear()
            self._packages.close()


_node: Node | None = None
_over: set[str] = set()  # batches; kept for good, since a queued ``prepare`` may come after its batch's end
_making = threading.Lock()


def _this_node() -> Node:
    global _node
    from distributed import get_worker

    with _making:
        if _node is None:
            _node = Node(get_worker().state.nthreads)
        return _node


def prepare(order: str, package: bytes) -> str:
    """Task: make this node ready for a batch. Answers with ``Facts`` and jobs, or {"problem", "fault"}."""
    wanted = Order.from_json(order)
    return _answer(wanted, lambda: _this_node().prepare(wanted, package))


def grade_chunk(order: str, submissions: list[tuple[str, str, Files]]) -> str:
    """Task: grade these. Answers with {"graded": [...]}, {"unprepared": true} or {"problem", "fault"}."""
    wanted = Order.from_json(order)

    def grade() -> dict[str, Any]:
        graded = _this_node().grade(wanted.batch, submissions)
        return {"unprepared": True} if graded is None else {"graded": graded}

    return _answer(wanted, grade)


async def release(batch: str) -> None:
    """Outside of the queue: end the engine of a batch, within some seconds or as soon as it can be.

    What is left of a chunk is not graded.
    """
    _over.add(batch)
    if _node is not None:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(_node.release(batch))), _GOODBYE_SECONDS)


def _answer(order: Order, ask: Callable[[], dict[str, Any]]) -> str:
    try:
        answer = json.dumps(ask())
    except AutograderError as error:
        answer = json.dumps({"problem": str(error), "fault": type(error).__name__})
    return _as_on_the_driver(answer, order)


def _as_on_the_driver(answer: str, order: Order) -> str:
    """Paths of this node as the driver would have seen its own."""
    if _node is not None and (folder := _node.folder_of(order)) is not None:
        answer = answer.replace(json.dumps(str(folder))[1:-1], json.dumps(order.shown)[1:-1])
    here, there = (json.dumps(f"{place}/autograder-")[1:-1] for place in (tempfile.gettempdir(), order.temporary))
    return answer if here == there else answer.replace(here, there)


def _task(folder: Path, key: str, file: str, files: Files) -> Task:
    folder.mkdir(mode=0o700)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return Task(key, folder, file)
