"""Many machines: the same scores as on one, whatever becomes of nodes meanwhile."""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.cli import WRONG_USE, main
from autograder.cluster import chunks, connect, crew, engine, node
from autograder.cluster.address import (
    LocalNodes,
    RemoteScheduler,
    SlurmJobs,
    Tls,
    parse_address,
    slurm_settings,
)
from autograder.cluster.certificates import fresh_certificate
from autograder.cluster.chunks import LOST_TWICE, Supply
from autograder.cluster.connect import DaskPool, slurm_options
from autograder.cluster.cores import ClaimedCores
from autograder.cluster.engine import ClusterEngine
from autograder.cluster.options import add_cluster_options, cluster_engine
from autograder.cluster.orders import Facts, Order, common_layers, graded_from_json
from autograder.cluster.package import pack, unpack
from autograder.cluster.pool import Call, NodeFault, NodeLost, Worker
from autograder.core.assignment import Assignment
from autograder.core.engine import Engine
from autograder.core.layers import Layer
from autograder.core.outcome import Graded, Task
from autograder.errors import AssignmentError, ClusterError, InfrastructureError
from autograder.gradebook.locate import NAME
from autograder.gradebook.store import Gradebook
from autograder.grading.batch import Batch, Options
from autograder.intake.folder import find_submissions
from tests import stand_in_engine
from tests.conftest import GOOD, ROOT, TINY
from tests.stand_in_engine import KILLS_ITS_NODE, LAYERS, TESTS, UseStandIn

# --- addresses and options ----------------------------------------------------------------------------------------

WRONG_ADDRESSES = {
    "local:0": "one node or more",
    "local:x": "must be local:N, tcp://HOST:PORT, tls://HOST:PORT or slurm",
    "somewhere": "must be local:N",
    "tcp://host": "must be local:N",
    "tls://host:8786": "needs --tls-ca, --tls-cert and --tls-key",
}


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_cluster_options(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize("address", WRONG_ADDRESSES)
def test_a_wrong_address_is_told_in_a_line(address):
    with pytest.raises(ClusterError) as caught:
        cluster_engine(parsed("--cluster", address), ROOT)
    assert WRONG_ADDRESSES[address] in str(caught.value)


def test_addresses(tmp_path):
    tls = Tls(tmp_path / "ca", tmp_path / "cert", tmp_path / "key")
    assert parse_address("local", None, tmp_path) == LocalNodes(2)
    assert parse_address("local:3", None, tmp_path) == LocalNodes(3)
    assert parse_address("tcp://h:1", None, tmp_path) == RemoteScheduler("tcp://h:1")
    assert parse_address("tls://h:1", tls, tmp_path) == RemoteScheduler("tls://h:1", tls)
    assert parse_address("slurm", None, tmp_path) == SlurmJobs(shared=str(tmp_path))


def test_the_engine_that_options_stand_for(tmp_path, capsys):
    assert cluster_engine(parsed(), tmp_path) is Engine
    made = cluster_engine(parsed("--cluster", "local:2"), tmp_path)
    assert (made.func, made.keywords) == (ClusterEngine, {"cluster": LocalNodes(2)})
    assert capsys.readouterr().err == ""
    cluster_engine(parsed("--cluster", "tcp://host:8786"), tmp_path)
    assert "neither encrypted nor authenticated" in capsys.readouterr().err


def test_credentials_come_together(tmp_path):
    for name in ("ca", "cert", "key"):
        (tmp_path / name).touch()
    files = [f"--tls-{name}={tmp_path / name}" for name in ("ca", "cert", "key")]
    made = cluster_engine(parsed("--cluster", "tls://h:1", *files), tmp_path)
    assert made.keywords["cluster"].tls == Tls(tmp_path / "ca", tmp_path / "cert", tmp_path / "key")
    for wrong, said in (
        (["--cluster", "tls://h:1", *files[:2]], "--tls-key is missing"),
        (["--cluster", "tls://h:1", *files[:2], "--tls-key=no"], "there is no such file"),
        (["--cluster", "tcp://h:1", *files], "are for addresses with tls://"),
        (files, "are for --cluster tls://"),
    ):
        with pytest.raises(ClusterError) as caught:
            cluster_engine(parsed(*wrong), tmp_path)
        assert said in str(caught.value)


def test_grade_has_these_options(tmp_path, capsys):
    (tmp_path / "tiny.py").write_text(GOOD)
    course = str(TINY.parent.parent)
    command = [
        "grade",
        str(tmp_path / "tiny.py"),
        "--assignment",
        "tiny",
        "--course",
        course,
        "--out",
        f"{tmp_path}/out",
    ]
    assert main([*command, "--cluster", "local:0"]) == WRONG_USE
    assert "--cluster local:0: a cluster has one node or more" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


WRONG_SETTINGS = {
    "colour = 1": "unknown key 'colour'",
    "nodes = 0": "nodes = 0: that is too few",
    "nodes = true": "nodes must be int",
    "memory = 8": "memory must be str",
    "directives = '--qos=x'": "directives must be a list",
    "prologue = ['a\\nb']": "prologue must be a list of lines",
    'partition = "a\\nb"': "partition must be str",
    "nodes =": "not valid TOML",
}


@pytest.mark.parametrize("line", WRONG_SETTINGS)
def test_wrong_settings_for_slurm_name_the_key(tmp_path, line):
    (tmp_path / "course.toml").write_text(f"[cluster]\n{line.replace(chr(39), chr(34))}\n")
    with pytest.raises(ClusterError) as caught:
        slurm_settings(tmp_path)
    assert "course.toml" in str(caught.value)
    assert WRONG_SETTINGS[line] in str(caught.value)


def test_settings_for_slurm(tmp_path):
    lines = "nodes = 4\ncores = 8\nmemory = '16GB'\nwalltime = '02:00:00'\npartition = 'gpu'\ngpus = 1\n"
    more = "directives = ['--qos=short']\nprologue = ['module load cuda']\nshared = 'work'\n"
    (tmp_path / "course.toml").write_text(f"timezone = 'Europe/Berlin'\n[cluster]\n{lines}{more}")
    jobs = slurm_settings(tmp_path)
    assert (jobs.nodes, jobs.cores, jobs.shared) == (4, 8, str(tmp_path / "work"))
    options = slurm_options(jobs, tmp_path)
    assert (options["cores"], options["memory"], options["queue"]) == (8, "16GB", "gpu")
    assert options["job_extra_directives"] == ["--qos=short", "--gres=gpu:1"]
    assert options["worker_extra_args"][-2:] == ["--resources", "GPU=1"]
    assert options["job_script_prologue"][0].startswith(f"export PYTHONPATH={ROOT}")
    assert options["job_script_prologue"][2:] == ["module load cuda"]
    assert "account" not in options  # left to Dask's own configuration


# --- what goes to a node ------------------------------------------------------------------------------------------


def test_a_package_holds_what_grading_needs(tmp_path):
    shutil.copytree(TINY, tmp_path / "tiny")
    package = pack(tmp_path / "tiny")
    for trace in ("__pycache__", ".git"):
        (tmp_path / "tiny" / trace).mkdir(exist_ok=True)
        (tmp_path / "tiny" / trace / "x.py").touch()
    for path in (tmp_path / "tiny").rglob("*"):
        os.utime(path, (0, 0))
    assert pack(tmp_path / "tiny") == package
    unpack(package, tmp_path / "there" / "tiny")
    found = {path.relative_to(tmp_path / "there" / "tiny").as_posix() for path in tmp_path.glob("there/tiny/**/*.*")}
    assert found == {"assignment.toml", "test_tiny.py", "hidden/test_tiny_hidden.py"}


def test_nodes_of_one_machine_take_other_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {400, 401, 402})  # no machine's own: nobody claims them
    with contextlib.ExitStack() as stack:
        first, second, third = (stack.enter_context(contextlib.closing(ClaimedCores(2))) for _ in range(3))
        assert first.numbers == {400, 401}
        assert 402 in second.numbers
        assert len(second.numbers) == len(third.numbers) == 2
    with contextlib.closing(ClaimedCores(1)) as again:
        assert again.numbers == {400}


def test_only_layers_of_all_nodes_are_relied_on():
    one = facts(layers=(Layer("Landlock", True, "ABI 7"), Layer("cgroup", True)))
    two = facts(layers=(Layer("Landlock", True, "ABI 4"), Layer("cgroup", False, "no right")))
    assert common_layers([one, two]) == (Layer("Landlock", True, "ABI 7"), Layer("cgroup", False, "no right"))
    assert two.lacks(one.layers) == ["cgroup"]
    assert one.lacks(two.layers) == []


# --- nodes that are made up ---------------------------------------------------------------------------------------


def facts(**changes: object) -> Facts:
    return replace(Facts("cpu", "", "", LAYERS, {"torch": "0"}, TESTS), **changes)


def expected(key: str, text: str, seed: int) -> Graded:
    """What the stand-in's verdict is after its way here."""
    return graded_from_json(json.loads(json.dumps(asdict(stand_in_engine.graded(key, text, seed)))))


class MadeUpCall:
    def __init__(self, answer: str | None = None, ends: type[Exception] | None = None):
        self.ready, self.ends, self.dropped = answer, ends, False

    def answer(self) -> str | None:
        if self.ends is not None:
            raise self.ends("made up")
        return self.ready

    def drop(self) -> None:
        self.dropped = True


class MadeUpPool:
    """Nodes that grade at once or die, as chance has it.

    Args:
        nodes: how many there are; who dies is followed by another.
        dies: the chance that a node dies instead of answering.
    """

    def __init__(self, nodes: int = 2, *, dies: float = 0.0, seed: int = 0):
        self.alive = {f"tcp://node:{number}": Worker(f"tcp://node:{number}") for number in range(nodes)}
        self.facts: dict[str, Facts] = {}
        self.losses: dict[str, int] = {}
        self.at_work: list[tuple[Worker, list[tuple[str, str, dict[str, bytes]]], int, MadeUpCall]] = []
        self.most_at_work = 0
        self.released: list[str] = []
        self._random, self._dies, self._born = random.Random(seed), dies, nodes

    @contextlib.contextmanager
    def connected(self, _: object) -> Iterator[MadeUpPool]:
        yield self

    def workers(self) -> Mapping[str, Worker]:
        return dict(self.alive)

    def call(self, worker: Worker, function: Callable[..., str], *args: object, gpu: bool) -> Call:
        if worker.address not in self.alive:  # for ever, as with Dask
            return MadeUpCall()
        if function is node.prepare:
            return self.prepared(worker)
        order, items = args
        call = MadeUpCall()
        self.at_work.append((worker, items, Order.from_json(order).seed, call))
        self.most_at_work = max(self.most_at_work, sum(len(items) for _, items, _, _ in self.at_work))
        return call

    def prepared(self, worker: Worker) -> MadeUpCall:
        found = self.facts.get(worker.address, facts())
        return MadeUpCall(json.dumps({**found.to_json(), "jobs": 2}))

    def wait(self, seconds: float) -> None:
        self._random.shuffle(self.at_work)
        for worker, items, seed, call in self.at_work[: self._random.randint(0, len(self.at_work))]:
            texts = [files[file].decode() for _, file, files in items]
            if KILLS_ITS_NODE in texts or self._random.random() < self._dies:
                self.kill(worker)
            elif worker.address in self.alive:
                graded = [stand_in_engine.graded(item[0], text, seed) for item, text in zip(items, texts, strict=True)]
                call.ready = json.dumps({"graded": [asdict(item) for item in graded]})
        self.at_work = [work for work in self.at_work if work[3].ready is None and work[0].address in self.alive]

    def kill(self, worker: Worker) -> None:
        for other, items, _, _ in self.at_work:
            if other is worker:
                for item in items:
                    self.losses[item[0]] = self.losses.get(item[0], 0) + 1
        if self.alive.pop(worker.address, None):
            self.alive[f"tcp://node:{self._born}"] = Worker(f"tcp://node:{self._born}")
            self._born += 1

    def release(self, batch: str) -> None:
        self.released.append(batch)


@pytest.fixture
def tasks_of(tmp_path) -> Callable[[Mapping[str, str]], list[Task]]:
    def make(sources: Mapping[str, str]) -> list[Task]:
        found = []
        for key, source in sources.items():
            folder = tmp_path / "submissions" / key
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "tiny.py").write_text(source)
            found.append(Task(key, folder, "tiny.py"))
        return found

    return make


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(crew, "_LOOK_SECONDS", -1.0)


def on(pool: object, tiny: Assignment, **options: object) -> ClusterEngine:
    made = getattr(pool, "connected", lambda _: contextlib.nullcontext(pool))
    return ClusterEngine(tiny, cluster=LocalNodes(2, wait=300.0), connected=made, **options)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_nodes_die_each_submission_is_graded_once(tiny, tasks_of, at_once, seed):
    sources = {str(number): f"text {number}" for number in range(40)}
    pool = MadeUpPool(1 + seed % 4, dies=(seed % 5) / 8, seed=seed)
    with on(pool, tiny, seed=7, note=lambda _: None) as engine:
        found = list(engine.grade(tasks_of(sources)))
    assert sorted(graded.key for graded in found) == sorted(sources)
    for graded in found:
        if graded.error is None:
            assert graded == expected(graded.key, sources[graded.key], 7)
        else:
            assert (graded.error, pool.losses[graded.key]) == (LOST_TWICE, 2)
    assert len(pool.released) == 1


@pytest.mark.parametrize("seed", range(10))
def test_who_kills_its_node_twice_is_an_error_and_no_one_else_is(tiny, tasks_of, at_once, seed):
    sources = {str(number): KILLS_ITS_NODE if number in (3, 17) else f"text {number}" for number in range(40)}
    pool = MadeUpPool(3, seed=seed)
    with on(pool, tiny) as engine:
        found = {graded.key: graded for graded in engine.grade(tasks_of(sources))}
    assert found.keys() == sources.keys()
    assert {key for key, graded in found.items() if graded.error is not None} == {"3", "17"}
    assert all(graded.error in (None, LOST_TWICE) for graded in found.values())
    assert pool.losses["3"] == pool.losses["17"] == 2


def test_no_more_is_taken_than_nodes_are_at_work_on(tiny, tasks_of, at_once, monkeypatch):
    monkeypatch.setattr(chunks, "_MOST", 8)
    taken = done = most = 0
    tasks = tasks_of({str(number): "text" for number in range(300)})

    def counted() -> Iterator[Task]:
        nonlocal taken
        for task in tasks:
            taken += 1
            yield task

    pool = MadeUpPool(3)
    with on(pool, tiny) as engine:
        for _ in engine.grade(counted()):
            most = max(most, taken - done)
            done += 1
    assert done == 300
    assert pool.most_at_work <= 3 * 8
    assert most <= 2 * 3 * 8 + 1  # what nodes are at work on, what is being handed over, and one looked ahead at


def test_chunks_take_about_as_long_as_they_should(tasks_of):
    supply = Supply(iter(tasks_of({str(number): "text" for number in range(600)})))
    first = supply.take(4)
    assert len(first.items) == 4  # nothing is known yet
    supply.learn(first, 4, 2.0)
    assert len(supply.take(4).items) == 16  # 4 at a time, 2 s each: 8 s
    supply.learn(first, 4, 100.0)
    assert len(supply.take(4).items) == 4  # never fewer than can run at a time
    for _ in range(20):
        supply.learn(first, 4, 0.001)
    assert len(supply.take(4).items) == 256


def test_large_submissions_travel_in_small_chunks(tasks_of):
    tasks = tasks_of({str(number): "#" * 3 * 2**20 for number in range(4)})
    supply = Supply(iter(tasks))
    assert [len(supply.take(4).items) for _ in range(2)] == [2, 2]


def test_nodes_that_come_later_are_used(tiny, tasks_of, at_once):
    pool = MadeUpPool(1)
    keys = set()
    with on(pool, tiny) as engine:
        for number, graded in enumerate(engine.grade(tasks_of({str(number): "text" for number in range(50)}))):
            keys.add(graded.key)
            if number == 2:
                pool.alive["tcp://late:1"] = Worker("tcp://late:1")
        used = {member.worker.address for member in engine._crew.members}
    assert len(keys) == 50
    assert used == {"tcp://node:0", "tcp://late:1"}


UNFIT = {
    "versions": (facts(versions={"torch": "1"}), "torch 1 here, torch 0 elsewhere"),
    "device": (facts(device="cuda"), "device cuda here, cpu elsewhere"),
    "data": (facts(data="mnist"), "data set mnist here, none elsewhere"),
    "tests": (facts(tests=()), "other tests than elsewhere"),
    "layers": (facts(layers=LAYERS[:1]), "it lacks seccomp, which the other nodes have"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_a_node_that_would_score_differently_is_not_used(tiny, tasks_of, at_once, what):
    unlike, said = UNFIT[what]
    notes = []
    pool = MadeUpPool(1)
    pool.facts["tcp://late:1"] = unlike
    with on(pool, tiny, note=notes.append) as engine:
        pool.alive["tcp://late:1"] = Worker("tcp://late:1")
        assert len(list(engine.grade(tasks_of({str(number): "text" for number in range(20)})))) == 20
    assert notes == [f"node tcp://late:1 is not used: {said}"]
    if what != "layers":  # those are reduced to what all have
        pool.alive = {address: Worker(address) for address in ("tcp://node:0", "tcp://late:1")}
        with pytest.raises(ClusterError, match="two nodes would score differently"), on(pool, tiny):
            pass


def test_faults_of_nodes_are_told(tiny, tasks_of, at_once, monkeypatch):
    pool = MadeUpPool(1)
    problem = {"problem": "no PyTorch here", "fault": "InfrastructureError"}
    monkeypatch.setattr(pool, "prepared", lambda _: MadeUpCall(json.dumps(problem)))
    with pytest.raises(ClusterError, match="node tcp://node:0: no PyTorch here"), on(pool, tiny):
        pass
    monkeypatch.setattr(pool, "prepared", lambda _: MadeUpCall(ends=NodeFault))
    with pytest.raises(ClusterError, match="node tcp://node:0: made up"), on(pool, tiny):
        pass
    problem = {"problem": "no tests were collected", "fault": "AssignmentError"}
    monkeypatch.setattr(pool, "prepared", lambda _: MadeUpCall(json.dumps(problem)))
    with pytest.raises(AssignmentError, match="no tests were collected"), on(pool, tiny):
        pass


@pytest.mark.parametrize("ends", [NodeLost, NodeFault])
def test_calls_that_come_to_nothing_are_made_elsewhere(tiny, tasks_of, at_once, monkeypatch, ends):
    pool = MadeUpPool(2)
    as_usual = pool.call
    spoilt = iter([MadeUpCall(ends=ends)])

    def call(worker: Worker, function: Callable[..., str], *args: object, gpu: bool) -> Call:
        done = as_usual(worker, function, *args, gpu=gpu)
        return done if function is node.prepare else next(spoilt, done)

    monkeypatch.setattr(pool, "call", call)
    notes = []
    with on(pool, tiny, note=notes.append) as engine:
        found = list(engine.grade(tasks_of({str(number): "text" for number in range(20)})))
    assert len(found) == 20
    assert all(graded.error is None for graded in found)
    assert len(notes) == (ends is NodeFault)


ODD_ANSWERS = {
    "one is missing": {"graded": []},
    "another one": {"graded": [asdict(Graded("other")), asdict(Graded("one"))]},
    "started anew": {"unprepared": True},
    "broken": {"problem": "the nursery did not start", "fault": "InfrastructureError"},
}


@pytest.mark.parametrize("what", ODD_ANSWERS)
def test_answers_that_are_not_whole_count_as_lost(tiny, tasks_of, at_once, monkeypatch, what):
    pool = MadeUpPool(2)
    as_usual = pool.call
    odd = iter([MadeUpCall(json.dumps(ODD_ANSWERS[what]))])

    def call(worker: Worker, function: Callable[..., str], *args: object, gpu: bool) -> Call:
        done = as_usual(worker, function, *args, gpu=gpu)
        return done if function is node.prepare else next(odd, done)

    monkeypatch.setattr(pool, "call", call)
    with on(pool, tiny, note=lambda _: None) as engine:
        found = list(engine.grade(tasks_of({"one": "text", "two": "text", "three": "text"})))
    assert sorted((graded.key, graded.error) for graded in found) == [("one", None), ("three", None), ("two", None)]


def test_a_node_that_never_answers_is_given_up(tiny, tasks_of, at_once, monkeypatch):
    monkeypatch.setattr(engine, "_JUDGE_SECONDS", -tiny.limits.submission_seconds)
    monkeypatch.setattr(engine, "_START_SECONDS", 0.0)
    pool = MadeUpPool(2)
    as_usual = pool.call
    silent = iter([MadeUpCall()])

    def call(worker: Worker, function: Callable[..., str], *args: object, gpu: bool) -> Call:
        done = as_usual(worker, function, *args, gpu=gpu)
        if function is not node.prepare and (never := next(silent, None)) is not None:
            return never
        return done

    monkeypatch.setattr(pool, "call", call)
    monkeypatch.setattr(pool, "wait", lambda seconds, wait=pool.wait: [wait(seconds) for _ in range(20)])
    notes = []
    with on(pool, tiny, note=notes.append) as used:
        found = list(used.grade(tasks_of({str(number): "text" for number in range(20)})))
    assert len(found) == 20
    assert any("did not answer in time" in note for note in notes)


def test_without_any_node_left_the_batch_ends(tiny, tasks_of, at_once):
    pool = MadeUpPool(1)
    with on(pool, tiny) as engine:
        found = engine.grade(tasks_of({str(number): "text" for number in range(20)}))
        next(found)
        pool.alive.clear()
        engine._crew._wait = 0.0
        with pytest.raises(InfrastructureError, match="all nodes are gone"):
            list(found)
    with pytest.raises(ClusterError, match="no node came within 0 s"):
        ClusterEngine(tiny, cluster=LocalNodes(2, wait=0.0), connected=pool.connected).__enter__()


def test_a_scheduler_that_is_gone_ends_the_batch():
    def out_of_reach(n_workers: int) -> dict[str, object]:
        raise OSError("Timed out")

    for answer in (lambda n_workers: {}, out_of_reach):
        with pytest.raises(InfrastructureError, match="the scheduler does not answer any more"):
            DaskPool(SimpleNamespace(scheduler_info=answer)).workers()


def test_gpus(tiny, tasks_of, at_once):
    pool = MadeUpPool(2)
    with pytest.raises(ClusterError, match="no node offers a GPU"), on(pool, tiny, device="cuda"):
        pass
    pool.alive["tcp://gpu:1"] = Worker("tcp://gpu:1", gpus=1)
    pool.facts["tcp://gpu:1"] = facts(device="cuda")
    for device in ("auto", "cuda"):
        with on(pool, tiny, device=device) as engine:
            assert len(list(engine.grade(tasks_of({"one": "text"})))) == 1
            assert engine.device == "cuda"
            assert {member.worker.address for member in engine._crew.members} == {"tcp://gpu:1"}
    del pool.facts["tcp://gpu:1"]
    with on(pool, tiny, device="cpu") as engine:
        assert (engine.device, len(engine._crew.members)) == ("cpu", 3)


# --- nodes by Dask, on this machine -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nodes() -> Iterator[DaskPool]:
    """Two nodes that the tests below share."""
    with connect.connect(LocalNodes(2)) as pool:
        yield pool


@pytest.fixture
def local(nodes) -> DaskPool:
    """Both of them, though the test before may have killed one."""
    nodes._client.wait_for_workers(2, timeout=120)
    return nodes


@pytest.fixture
def stand_in(local) -> Iterator[DaskPool]:
    """The same nodes with an engine that needs no torch."""
    local._client.register_plugin(UseStandIn(), name="stand-in")
    yield local
    local._client.unregister_worker_plugin("stand-in")


def node_processes() -> list[int]:
    return [process.pid for process in multiprocessing.active_children() if process.pid is not None]


CLASS = {
    **{f"good{number}": f"number = {number}\n{GOOD}" for number in range(6)},
    "prints": GOOD.replace("return x * 2", "print(double)\n    return x"),
    "draws": GOOD.replace("return x * 2", "import torch\n    return x * 2 + torch.rand(()) * 1e-3"),
    "wrong": GOOD.replace("x * 2", "x * 3"),
    "does not load": "import nothing_of_that_name\n",
    "exits": GOOD.replace("return x * 2", "import os\n    os._exit(0)"),
}


def verdicts(found: Iterator[Graded]) -> dict[str, tuple[object, ...]]:
    from autograder.grading.steady import steady

    steadied = map(steady, found)
    return {item.key: (item.outcomes, item.load_error, item.notes, item.error) for item in steadied}


@pytest.fixture(scope="module")
def on_one_machine(tmp_path_factory) -> dict[str, tuple[object, ...]]:
    from autograder.core.assignment import load_assignment

    top = tmp_path_factory.mktemp("class")
    tasks = []
    for key, source in CLASS.items():
        (top / key).mkdir()
        (top / key / "tiny.py").write_text(source)
        tasks.append(Task(key, top / key, "tiny.py"))
    with Engine(load_assignment(TINY), jobs=2, device="cpu", seed=5) as engine:
        return verdicts(engine.grade(tasks))


def with_one_killed(found: Iterator[Graded], kill: Callable[[], None]) -> Iterator[Graded]:
    yield next(found)
    kill()
    yield from found


def kill_a_node() -> None:
    os.kill(node_processes()[0], signal.SIGKILL)


def test_two_nodes_score_as_one_machine_does_and_so_does_one_that_is_left(local, tiny, tasks_of, on_one_machine):
    notes = []
    with on(local, tiny, device="cpu", seed=5, note=notes.append) as engine:
        assert (engine.jobs, engine.device, len(engine.tests)) == (2, "cpu", 5)
        assert verdicts(engine.grade(tasks_of(CLASS))) == on_one_machine
        assert verdicts(with_one_killed(engine.grade(tasks_of(CLASS)), kill_a_node)) == on_one_machine
    assert notes == []


def test_nodes_on_this_machine_leave_the_terminals_process_group(local):
    assert os.getsid(0) not in local._client.run(os.getsid, 0).values()


def kept_on(pool: DaskPool) -> list[tuple[object, ...]]:
    def of_node() -> tuple[object, ...]:
        here = node._this_node()
        return len(here._orders), len(here._folders), here._engine is not None, here._top.exists()

    return [pool._client.submit(of_node, workers=[one], pure=False).result() for one in pool.workers()]


def test_nothing_of_a_batch_stays_on_a_node(stand_in, tiny, tasks_of):
    with on(stand_in, tiny) as engine:
        assert len(list(engine.grade(tasks_of({"one": "text"})))) == 1
        assert kept_on(stand_in) == [(1, 1, True, True)] * 2
    assert kept_on(stand_in) == [(0, 0, False, False)] * 2


def test_a_node_does_not_get_ready_for_a_batch_that_is_over(stand_in, tiny):
    """A node that came back during the last chunk has its call still queued when the batch ends."""
    with on(stand_in, tiny) as engine:
        order, package = engine._order.to_json(), engine._crew._package
    late = stand_in._client.submit(node.prepare, order, package, pure=False).result()
    assert json.loads(late)["problem"] == "the batch is over"
    assert kept_on(stand_in) == [(0, 0, False, False)] * 2


def test_another_engine_on_a_node_is_refused(local, tiny, monkeypatch):
    monkeypatch.setattr(engine, "engine_identity", lambda: "0.0.1 (0123)")
    with pytest.raises(
        ClusterError, match=r"it has engine .*, the driver has 0\.0\.1 \(0123\): install the same, then"
    ):
        on(local, tiny).__enter__()


def test_an_assignment_that_can_grade_no_one_is_named_as_the_driver_knows_it(local, tiny, tmp_path):
    shutil.copytree(TINY, tmp_path / "tiny")
    (tmp_path / "tiny" / "assignment.toml").write_text((TINY / "assignment.toml").read_text().replace("10", "11"))
    with pytest.raises(AssignmentError) as caught:
        on(local, replace(tiny, folder=tmp_path / "tiny"), device="cpu").__enter__()
    assert str(caught.value).startswith(str(tmp_path / "tiny" / "assignment.toml"))


def test_a_scheduler_of_others_by_tls(stand_in, tiny, tasks_of, tmp_path):
    """With the shared nodes' own credentials; whoever has others is no one."""
    security = stand_in._client.security
    ours = Tls(Path(security.tls_ca_file), Path(security.tls_client_cert), Path(security.tls_client_key))
    assert ours.key.stat().st_mode & 0o077 == 0
    theirs = Tls(*(tmp_path / name for name in ("certificate", "certificate", "key")))
    for path, text in zip((theirs.cert, theirs.key), fresh_certificate(), strict=True):
        path.write_text(text)
    address = stand_in._client.scheduler.address
    with ClusterEngine(tiny, cluster=RemoteScheduler(address, ours), seed=1) as engine:
        found = list(engine.grade(tasks_of({"one": "text"})))
    assert found == [expected("one", "text", 1)]
    for wrong in (RemoteScheduler(address, theirs), RemoteScheduler(address.replace("tls", "tcp"))):
        with pytest.raises(ClusterError, match="no Dask scheduler answers at"):
            ClusterEngine(tiny, cluster=wrong).__enter__()


def test_who_kills_real_nodes_is_an_error_and_the_others_are_graded(stand_in, tiny, tasks_of):
    sources = {str(number): KILLS_ITS_NODE if number == 5 else f"text {number}" for number in range(30)}
    with on(stand_in, tiny) as engine:
        found = {graded.key: graded for graded in engine.grade(tasks_of(sources))}
    assert found.keys() == sources.keys()
    assert {key: graded.error for key, graded in found.items() if graded.error} == {"5": LOST_TWICE}


KILLS = 20
Rows = tuple[tuple[object, ...], ...]


class Killer(threading.Thread):
    """Kills nodes at random moments, as many as asked for; a batch may be over before."""

    def __init__(self, moments: random.Random, kills: int):
        super().__init__(daemon=True)
        self.left, self._moments, self._over = kills, moments, threading.Event()

    def run(self) -> None:
        while self.left and not self._over.wait(self._moments.uniform(0.0, 0.8)):
            with contextlib.suppress(ProcessLookupError, IndexError):
                os.kill(self._moments.choice(node_processes()), signal.SIGKILL)
                self.left -= 1

    def stop(self) -> None:
        self._over.set()
        self.join()


def test_nodes_killed_at_twenty_moments_change_no_row_of_the_gradebook(stand_in, tiny, tmp_path, monkeypatch):
    lost = 0
    as_usual = Supply.lost

    def counted(supply: Supply, chunk: chunks.Chunk) -> Iterator[Graded]:
        nonlocal lost
        lost += 1
        yield from as_usual(supply, chunk)

    def graded(name: str, engine: Callable[..., object], meanwhile: Callable[[], object]) -> Rows:
        out, intake = tmp_path / name, find_submissions(tmp_path / "class", "tiny")
        for after in (meanwhile, lambda: None):  # the second time, as after any kill: who is an error is graded again
            Batch(tiny, intake, Options(out, seed=3), engine=engine).run()
            after()
        with Gradebook.open(out / NAME) as book:
            return book.comparable()

    (tmp_path / "class").mkdir()
    for number in range(120):
        (tmp_path / "class" / f"s{number:03d}.py").write_text(f"number = {number}\n")
    undisturbed = graded("undisturbed", stand_in_engine.StandInEngine, lambda: None)
    assert len(undisturbed) == 120
    monkeypatch.setattr(Supply, "lost", counted)
    left, moments = KILLS, random.Random(KILLS)
    while left:
        killer = Killer(moments, left)
        killer.start()
        assert graded(f"with {left} to come", partial(on, stand_in), killer.stop) == undisturbed
        left = killer.left
    assert lost > 0


def test_nothing_is_written_into_the_users_home(tmp_path):
    code = "from autograder.cluster import connect as c\nwith c._nothing_at_home():\n    import dask_jobqueue\n"
    environment = {**os.environ, "HOME": str(tmp_path)}
    environment.pop("DASK_CONFIG", None)
    subprocess.run([sys.executable, "-c", code], env=environment, cwd="/", check=True)
    assert list(tmp_path.iterdir()) == []


# --- jobs of SLURM ------------------------------------------------------------------------------------------------


@pytest.fixture
def slurm() -> Iterator[None]:
    """SLURM with this machine for its only node, by the script that $SLURM_UP names."""
    script = Path(os.environ.get("SLURM_UP", ROOT.parent / "shared" / "tools" / "slurm-up"))
    if not script.is_file():
        pytest.skip(f"no SLURM: there is no {script}; $SLURM_UP may name a script that starts one")
    if os.getuid() != 0:
        pytest.skip("no SLURM: its daemons start as root only")
    if missing := [program for program in ("slurmctld", "slurmd", "munged") if shutil.which(program) is None]:
        pytest.skip(f"no SLURM: {missing[0]} is not installed; apt install slurm-wlm munge")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, pytest.MonkeyPatch.context() as patch:
        os.chmod(folder, 0o755)  # munged has a user of its own
        patch.setenv("D", folder)
        patch.setenv("SLURM_CONF", f"{folder}/slurm.conf")
        started = subprocess.run(["bash", script], capture_output=True, text=True, timeout=120)
        try:
            if started.returncode != 0 or "idle" not in started.stdout:
                pytest.skip(f"no SLURM: {script} failed: {(started.stderr or started.stdout).strip()[-300:]}")
            yield
        finally:
            subprocess.run(["bash", script.with_name("slurm-down")], capture_output=True, timeout=60)


def on_slurm(tmp_path: Path, *lines: str) -> Callable[..., ClusterEngine]:
    settings = ["nodes = 2", "cores = 1", 'memory = "500MB"', 'interface = "lo"', "wait = 120", *lines]
    (tmp_path / "course.toml").write_text("\n".join(["[cluster]", *settings]))
    return cluster_engine(parsed("--cluster", "slurm"), tmp_path)


def my_jobs() -> list[str]:
    done = subprocess.run(["squeue", "-h", "-t", "PD,R", "-o", "%A"], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_slurm(slurm, tiny, tmp_path, tasks_of, on_one_machine, monkeypatch):
    """One test, as there is one SLURM: what it refuses, jobs that fail, and scores like those of one machine."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ClusterError, match=r"--cluster slurm: .*partition"):
        on_slurm(tmp_path, 'partition = "nowhere"')(tiny).__enter__()
    with pytest.raises(ClusterError, match=r"all jobs ended without a node; the last words: .*no_python"):
        on_slurm(tmp_path, 'python = "/no_python"')(tiny).__enter__()
    assert my_jobs() == []
    notes = []
    with on_slurm(tmp_path)(tiny, device="cpu", seed=5, note=notes.append) as engine:
        assert len(my_jobs()) == 2
        pids = list(engine._pool._client.run(os.getpid).values())
        found = engine.grade(tasks_of(CLASS))
        assert verdicts(with_one_killed(found, lambda: os.kill(pids[0], signal.SIGKILL))) == on_one_machine
    assert notes == []
    assert my_jobs() == []
    assert {path.name for path in tmp_path.iterdir()} == {"course.toml", "submissions"}
