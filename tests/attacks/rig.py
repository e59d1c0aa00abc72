"""What attacks on the judge are tried against beside the engine: graders that lack one of its decisions.

Two kinds. Naive graders test as most autograders do, in the submission's own process, on its own objects. The rig is
our own judge with a real nursery and a real worker, and one decision patched away. Everything that a submission can
reach runs in a forked child under a clock, never in the process that asks. A grader answers one question: did the
attack reach its goal, points that it has not earned, or a grader that stops, hangs or runs out of memory?
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import pickle
import resource
import select
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch

from autograder.checks import assert_close
from autograder.core import judge_host, lease, wire
from autograder.core.assignment import Assignment
from autograder.core.execution import Request
from autograder.core.judge import _judged, judge
from autograder.core.judge_host import graded_to_json
from autograder.core.layers import NurseryOrder
from autograder.core.processes import first_words, start_nursery
from autograder.core.sandboxed import SandboxedBackend
from autograder.core.scratch import scratch_folder
from autograder.core.submission import LocalBackend
from autograder.errors import TestDefect
from autograder.plugin import INFO

_RESULTS = 3  # where a child's results go: a descriptor that submissions find, as in the graders that this stands for
_KEPT = 64  # descriptors from here on are no fixed ones
_MIB = 2**20
PUBLIC_SEED = 0


@dataclass(frozen=True)
class Attack:
    """A submission that attacks, and where a grader finds it.

    Attributes:
        earns: points of its honest part.
        file: name of the submission in ``folder``.
    """

    name: str
    assignment: Assignment
    earns: Decimal
    folder: Path
    file: str


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes:
        status: exit status; None: it had to be killed.
        results: what it wrote as its results.
        output: what it printed.
        seconds: until it ended and its pipe was closed.
        in_time: False: that took too long.
    """

    status: int | None
    results: bytes
    output: bytes
    seconds: float
    in_time: bool

    def last_json(self, source: bytes) -> dict[str, object]:
        """The last line of a stream that is a JSON object."""
        for line in reversed(source.splitlines()):
            with contextlib.suppress(ValueError):
                if isinstance(found := json.loads(line), dict):
                    return found
        return {}


def in_child(
    work: Callable[[], object], folder: Path, *, seconds: float = 10.0, keep: tuple[int, ...] = (), memory_mb: int = 0
) -> Ended:
    """Run ``work`` in a forked child; what it returns is written, as JSON, to the child's results.

    Args:
        folder: where it works.
        keep: descriptors that it needs, all above the fixed ones.
        memory_mb: memory that it may take beyond what it has; 0: no limit.
    """
    read, write = os.pipe()
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        pid = os.fork()
        if pid == 0:
            _live(work, folder, write, output.fileno(), keep, memory_mb)
        os.close(write)
        results, in_time = _read_all(read, started + seconds)
        os.close(read)
        status = _wait(pid, started + seconds if in_time else 0.0)
        output.seek(0)
        return Ended(
            status, results, output.read(64 * _MIB), time.monotonic() - started, in_time and status is not None
        )


def _live(work: Callable[[], object], folder: Path, write: int, output: int, keep: tuple[int, ...], memory_mb: int):
    status = 1
    try:
        os.setsid()
        # First above the fixed numbers, so that no duplicate overwrites one that is still needed.
        write, output = (fcntl.fcntl(descriptor, fcntl.F_DUPFD, _KEPT) for descriptor in (write, output))
        for source, target in ((write, _RESULTS), (output, 1), (output, 2)):
            os.dup2(source, target)
        for descriptor in set(range(_RESULTS + 1, 1024)) - set(keep):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        sys.stdout, sys.stderr = (open(number, "w", closefd=False) for number in (1, 2))
        os.chdir(folder)
        gc.freeze()  # what this process held before is no find of the submission's
        if memory_mb:
            used = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_DATA, (used + memory_mb * _MIB,) * 2)
        os.write(_RESULTS, json.dumps(work()).encode() + b"\n")
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    finally:
        with contextlib.suppress(BaseException):
            atexit._run_exitfuncs()
            sys.stdout.flush()
        os._exit(status)


def _read_all(read: int, deadline: float) -> tuple[bytes, bool]:
    """All that comes until the other end closes, and whether it closed in time."""
    found = bytearray()
    while (left := deadline - time.monotonic()) > 0:
        if select.select([read], [], [], left)[0]:
            chunk = os.read(read, _MIB)
            if not chunk:
                return bytes(found), True
            found += chunk
    return bytes(found), False


def _wait(pid: int, deadline: float) -> int | None:
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None and time.monotonic() < deadline:
        time.sleep(0.005)
    ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status if ended else None


# --- naive graders ------------------------------------------------------------------------------------------------


def _imported(attack: Attack) -> object:
    """The submission as `import` gives it."""
    sys.path.insert(0, str(attack.folder))
    return importlib.import_module(attack.assignment.module)


def _inputs() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    return {f"double {i}": torch.randn(3, 4, generator=generator, dtype=torch.float64) for i in range(3)}


def _allclose(student, x):
    want = x + x
    assert torch.allclose(student.double(x), want)


def _equals(student, x):
    verdict = student.double(x) == x + x
    assert verdict if isinstance(verdict, bool) else verdict.all()


def _numpy_equals(student, x):
    assert (np.asarray(student.double(x)) == (x + x).numpy()).all()


def _instance(student, x):
    got = student.double(x)
    assert isinstance(got, torch.Tensor)
    assert got == x + x


def _difference(student, x):
    got = student.double(x)
    error = abs(got - (x + x if torch.is_tensor(got) else (x + x).numpy()))
    if (error > 1e-6).any():
        raise AssertionError("wrong")


def _relative(student, x):
    got = student.double(x)
    assert ((got - (x + x)).abs() <= 1e-6 * got.abs()).all()


def _numpy(student, x):
    want = x + x
    got = student.double(x)
    assert np.allclose(got, want.numpy())


def _pairs(student, x):
    want = x + x
    got = student.double(x)
    pairs = zip(got, want)  # noqa: B905 (as most write it)
    assert all(torch.allclose(one, other) for one, other in pairs)


def _later(student, x):
    got = student.double(x)
    want = x + x
    time.sleep(0.25)  # an oracle that takes its time
    assert torch.allclose(got, want)


def _aliased(student, x):
    assert torch.allclose(student.double(x), x + x)


def _gradient(student, x):
    x.requires_grad_()
    student.double(x).sum().backward()
    assert torch.allclose(x.grad, torch.full_like(x.grad, 2))


def _testing_module(student, x):
    from torch.testing import assert_close as close

    close(student.double(x), x + x)


_STYLES: dict[str, Callable[[object, torch.Tensor], None]] = {
    "allclose": _allclose,
    "equals": _equals,
    "numpy equals": _numpy_equals,
    "instance": _instance,
    "difference": _difference,
    "relative": _relative,
    "numpy": _numpy,
    "pairs": _pairs,
    "later": _later,
    "aliased": _aliased,
    "gradient": _gradient,
    "testing module": _testing_module,
}


def _grade(student: object, style: str) -> dict[str, bool]:
    """Tests in the submission's process, as most autograders run them."""
    report = {}
    for name, x in _inputs().items():
        try:
            _STYLES[style](student, x)
            report[name] = True
        except Exception:
            report[name] = False
    return report


def _passes(style: str) -> Callable[[Attack], bool]:
    """A grader that compares in one style; its question is whether a test of the wrong function passes."""

    def grader(attack: Attack) -> bool:
        ended = in_child(lambda: _grade(_imported(attack), style), attack.folder)
        return True in ended.last_json(ended.results).values()

    return grader


def _exit_status(attack: Attack) -> bool:
    """A grader that goes by the exit status."""

    def work() -> None:
        sys.exit(0 if all(_grade(_imported(attack), "allclose").values()) else 1)

    return in_child(work, attack.folder).status == 0


def _result_line(attack: Attack) -> bool:
    """A grader that reads the score from the last line that is printed."""

    def work() -> None:
        passed = _grade(_imported(attack), "allclose").values()
        print(json.dumps({"score": 10 if all(passed) else 4}), flush=True)

    ended = in_child(work, attack.folder)
    return ended.last_json(ended.output).get("score") == 10


def _result_pipe(attack: Attack) -> bool:
    """A grader that reads the score from a pipe that its child writes to."""

    def work() -> dict[str, int]:
        return {"score": 10 if all(_grade(_imported(attack), "allclose").values()) else 4}

    ended = in_child(work, attack.folder)
    return ended.last_json(ended.results).get("score") == 10


def _parsed_pipe(attack: Attack) -> bool:
    """A grader that parses what the pipe brings, unguarded; the goal is its crash."""
    ended = in_child(lambda: _grade(_imported(attack), "allclose"), attack.folder)
    try:
        json.loads(ended.results)
    except (ValueError, RecursionError):
        return True
    return False


def _end_of_pipe(attack: Attack) -> bool:
    """A grader that reads until the pipe ends; the goal is that it waits for a process that outlives the test."""
    ended = in_child(lambda: _grade(_imported(attack), "allclose"), attack.folder, seconds=3.0)
    return not ended.in_time


def _pickled(attack: Attack) -> bool:
    """A grader whose child sends results as pickles; the goal is that code of the submission runs in the grader."""

    def work() -> str:
        return pickle.dumps(_imported(attack).double(torch.ones(2))).hex()

    ended = in_child(work, attack.folder)
    in_child(lambda: repr(pickle.loads(bytes.fromhex(json.loads(ended.results)))), attack.folder)
    return (attack.folder / "GOAL").exists()


def _raw_output(attack: Attack) -> bool:
    """A grader that shows output as it came; the goal is a terminal that obeys it."""
    return b"\x1b" in in_child(lambda: _grade(_imported(attack), "allclose"), attack.folder).output


def _own_clock(attack: Attack) -> bool:
    """A grader that times a call in the process of the call."""

    def work() -> bool:
        student, x = _imported(attack), torch.ones(3, dtype=torch.float64)
        started = time.perf_counter()
        right = torch.equal(student.double(x), x + x)
        return right and time.perf_counter() - started < 2

    return in_child(work, attack.folder).results == b"true\n"


_INNOCENT = "def double(x):\n    return x * 2\n"


def _batch(attack: Attack) -> bool:
    """A grader of many in one process, with a message for each failure; the goal is that the next one pays for it."""

    def work() -> bool:
        student = _imported(attack)
        for name, x in _inputs().items():
            try:
                _allclose(student, x)
            except Exception:
                got = student.double(x)
                print(f"{name}: got {got.tolist() if isinstance(got, torch.Tensor) else repr(got)}")
        (attack.folder / "innocent.py").write_text(_INNOCENT)
        return all(_grade(importlib.import_module("innocent"), "allclose").values())

    return in_child(work, attack.folder, memory_mb=256).results != b"true\n"


def _long_message(attack: Attack) -> bool:
    """A grader that says what it got; the goal is a message of many megabytes, or one that takes too long."""

    def work() -> str:
        student = _imported(attack)
        if attack.assignment.name == "mixed":
            return f"got {student.lengths(['to'])!r} and {student.join(['to'])!r}"
        return "".join(f"got {student.double(x)!r}" for x in _inputs().values())

    ended = in_child(work, attack.folder, seconds=5.0)
    return not ended.in_time or len(ended.results) > _MIB


def _error_names(attack: Attack) -> bool:
    """A grader that takes an exception for its own by name, and then gives no verdict."""

    def work() -> bool:
        try:
            _imported(attack).double(torch.ones(2))
        except Exception as error:
            return type(error).__name__ in ("InfrastructureError", "TestDefect")
        return False

    return in_child(work, attack.folder).results == b"true\n"


def _machine_errors(attack: Attack) -> bool:
    """Our own judgement of errors, had they been raised in the judge: not graded."""

    def work() -> str:
        try:
            _imported(attack).double(torch.ones(2))
        except Exception as error:
            return _judged(pytest.ExceptionInfo.from_exception(error))[0]
        return "passed"

    return in_child(work, attack.folder).results == b'"error"\n'


def _labels(attack: Attack, accuracy: Callable[[torch.Tensor, torch.Tensor], object]) -> bool:
    """A grader of predictions that asks nothing of their form."""

    def work() -> bool:
        normal, x, x_test = torch.randn(2), torch.randn(100, 2), torch.randn(200, 2)
        labels = (x_test @ normal > 0).long()
        got = _imported(attack).fit_predict(x, (x @ normal > 0).long(), x_test)
        return not accuracy(got, labels) < 0.85

    return in_child(work, attack.folder).results == b"true\n"


def _labels_freed(attack: Attack) -> bool:
    """A grader that looks at the labels before the call and makes them again after it; it grades many times."""

    def predicts(student) -> bool:
        normal, x, x_test = torch.randn(2), torch.randn(100, 2), torch.randn(3000, 2)
        labels = (x @ normal > 0).long()
        assert 0 < (x_test @ normal > 0).long().sum() < len(x_test)
        got = student.fit_predict(x, labels, x_test)
        return bool((got == (x_test @ normal > 0).long()).double().mean() >= 0.85)

    def work() -> bool:
        student = _imported(attack)
        return any(predicts(student) for _ in range(50))

    return in_child(work, attack.folder).results == b"true\n"


def _words(attack: Attack) -> bool:
    """A grader that compares results of Python's own types by ==, whatever they are."""

    def work() -> bool:
        student = _imported(attack)
        assert student.count(["to", "be", "to"]) == {"to": 2, "be": 1}
        assert student.join(["to", "be"]) == "to\nbe"
        assert student.lengths(["to", "not"]) == [2, 3]
        return True

    return in_child(work, attack.folder).results == b"true\n"


_TEST_CELLS = """
import torch
x = torch.ones(3)
assert torch.equal(double(x), x + x)
"""


class _Shell:
    """As much of a notebook's shell as an attack needs: what transforms the source of cells before they run."""

    def __init__(self) -> None:
        self.input_transformers_cleanup: list[Callable[[list[str]], list[str]]] = []

    def run(self, source: str, namespace: dict[str, object]) -> bool:
        """Whether a cell ran to its end."""
        lines = source.splitlines(keepends=True)
        for transform in self.input_transformers_cleanup:
            lines = transform(lines)
        try:
            exec("".join(lines), namespace)
        except Exception:
            return False
        return True


def _cells(attack: Attack) -> bool:
    """A grader that runs its tests as the notebook's last cells; the goal is that they pass."""

    def work() -> bool:
        shell = _Shell()
        namespace: dict[str, object] = {"get_ipython": lambda: shell}
        for cell in json.loads((attack.folder / attack.file).read_bytes())["cells"]:
            shell.run(cell["source"], namespace)
        return shell.run(_TEST_CELLS, namespace)

    return in_child(work, attack.folder).results == b"true\n"


def _scan(attack: Attack) -> bool:
    """A grader that looks for what is forbidden in the text of a file, then runs it."""
    source = (attack.folder / attack.file).read_bytes()
    if any(word in source for word in (b".backward", b"autograd", b"requires_grad")):
        return False

    def work() -> bool:
        x, upstream = torch.randn(3), torch.randn(3)
        return torch.allclose(_imported(attack).cube_backward(x, upstream), 3 * x * x * upstream)

    return in_child(work, attack.folder).results == b"true\n"


def _said_to_change(attack: Attack) -> bool:
    """A grader that gives points for what the process of the submission says: that an argument was changed."""

    def work() -> bool:
        backend = LocalBackend(attack.folder / attack.file, attack.assignment.module)
        request = Request("scale_", (torch.ones(3), 2.5), {}, 0, torch.device("cpu"), attack.assignment.limits)
        return bool(backend.attempt(request).changed)

    return in_child(work, attack.folder).results == b"true\n"


def _own_reference(attack: Attack) -> bool:
    """Our check, given a result as the reference with no note of where it came from: a defect of the test."""

    def work() -> bool:
        noise = _imported(attack).noise
        with pytest.raises(TestDefect):
            assert_close(noise(1, 5), noise(1, 5))
        return True

    return in_child(work, attack.folder).results == b"true\n"


# --- our own tests, in the submission's process ---------------------------------------------------------------------


class _Record:
    """Pytest plugin: what became of each test, with its points."""

    def __init__(self) -> None:
        self.points: dict[str, Decimal] = {}
        self.outcomes: dict[str, str] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.points = {item.nodeid: item.stash[INFO].points for item in session.items}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            self.outcomes[report.nodeid] = report.outcome

    def earned(self, *, unless_failed: bool) -> str:
        """Points of the tests that passed, or of those that did not fail."""
        counts = ("passed", "skipped") if unless_failed else ("passed",)
        return str(sum(self.points[name] for name, outcome in self.outcomes.items() if outcome in counts))


def _in_process(attack: Attack, *, unless_failed: bool = False) -> Ended:
    """The student's own pytest run: the tests in the process of the submission."""

    def work() -> str:
        record = _Record()
        arguments = ["-c", os.devnull, "--rootdir", str(attack.assignment.folder), "--noconftest", "-q"]
        arguments += ["--import-mode=importlib", "-p", "no:cacheprovider", "-p", "no:unraisableexception"]
        arguments += ["--submission", str(attack.folder / attack.file), "-p", "autograder.plugin", "--device", "cpu"]
        status = pytest.main([*arguments, *map(str, attack.assignment.test_files())], plugins=[record])
        os.write(_RESULTS, json.dumps(record.earned(unless_failed=unless_failed)).encode() + b"\n")
        sys.exit(status)

    return in_child(work, attack.folder, seconds=20.0)


def _own_tests(attack: Attack) -> bool:
    """Our tests as students run them; the goal is more points than the submission's honest part earns."""
    return Decimal(json.loads(_in_process(attack).results)) > attack.earns


def _not_failed(attack: Attack) -> bool:
    """The same, by a grader that takes points off for failures only."""
    return Decimal(json.loads(_in_process(attack, unless_failed=True).results)) > attack.earns


def _pytest_status(attack: Attack) -> bool:
    """The same, by a grader that goes by pytest's exit status."""
    return _in_process(attack).status == 0


# --- our own judge, with one decision taken away --------------------------------------------------------------------


@contextlib.contextmanager
def no_request_ids() -> Iterator[None]:
    """Any id is the right one."""
    decode = wire.decode
    with (
        mock.patch.object(lease.secrets, "token_hex", lambda _: "any"),
        mock.patch.object(wire, "decode", lambda *frame, **limits: {**decode(*frame, **limits), "id": "any"}),
    ):
        yield


class _RenewedClock:
    """A clock that starts again whenever bytes arrive."""

    def __init__(self) -> None:
        self.zero = time.monotonic()

    def monotonic(self) -> float:
        return time.monotonic() - self.zero


@contextlib.contextmanager
def renewed_clock() -> Iterator[None]:
    """Each byte that arrives gives the whole time anew."""
    clock, receive = _RenewedClock(), lease.Lease._receive

    def receive_and_renew(self, *arguments: object, **options: object) -> None:
        receive(self, *arguments, **options)
        clock.zero = time.monotonic()

    with mock.patch.object(lease, "time", clock), mock.patch.object(lease.Lease, "_receive", receive_and_renew):
        yield


@contextlib.contextmanager
def no_bounds() -> Iterator[None]:
    """A frame may be of any size, whatever bounds were asked for."""
    boundless = wire.WireLimits(head_bytes=2**60, payload_bytes=2**60)
    frame_size, decode = wire.frame_size, wire.decode
    with (
        mock.patch.object(wire, "frame_size", lambda prefix, *_, **__: frame_size(prefix, boundless)),
        mock.patch.object(wire, "decode", lambda frame, *_, **__: decode(frame, boundless)),
    ):
        yield


@contextlib.contextmanager
def endless_output() -> Iterator[None]:
    """All that is printed is kept."""

    def read_output(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self._printed, _MIB):
                self.output += chunk
            return False
        return True

    with mock.patch.object(lease.Lease, "_read_output", read_output):
        yield


class Rig:
    """A real nursery, for judges that run in forked children of this process."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Rig:
        self._home = home = str(self._stack.enter_context(scratch_folder("rig-")))
        log = self._stack.enter_context(tempfile.TemporaryFile())
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._stack.callback(theirs.close)
        _, words = start_nursery(self._stack, theirs, home, log, NurseryOrder(workers=2))
        self._stack.callback(self._control.close)  # first of all: it is what ends the nursery
        first_words(words, "the nursery", log)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def judge(
        self, attack: Attack, weakened: AbstractContextManager[None], *, seed: int = 1, memory_mb: int = 0
    ) -> Ended:
        """Judge one submission; the child's result is a ``Graded`` as JSON."""
        control = fcntl.fcntl(self._control, fcntl.F_DUPFD, _KEPT)
        order = {"device": "cpu", "seed": seed, "skip_questions": [], "data": None}

        def work() -> None:
            # A worker sees no other folders than those in the nursery's home.
            with weakened, mock.patch.object(tempfile, "tempdir", self._home):
                arguments = judge_host._arguments(order, attack.assignment)
                pytest.main(arguments, plugins=[_Judge(socket.socket(fileno=control), attack)])
            sys.exit(0)

        try:
            return in_child(work, attack.folder, seconds=25.0, keep=(control,), memory_mb=memory_mb)
        finally:
            os.close(control)


class _Judge:
    """Pytest plugin: judges the collected tests once, in this process."""

    def __init__(self, nursery: socket.socket, attack: Attack):
        self._nursery = nursery
        self._attack = attack

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        folder = os.open(self._attack.folder, os.O_RDONLY)
        backend = SandboxedBackend(self._nursery, folder, self._attack.file, self._attack.assignment)
        try:
            os.write(_RESULTS, graded_to_json(judge(session.items, backend, self._attack.name)) + b"\n")
        finally:
            backend.remove_traces()
        return True


def passed_by(ended: Ended) -> set[str]:
    """Names of the tests that passed, in what a judge of the rig sent."""
    graded = ended.last_json(ended.results)
    assert graded.get("error") is None, graded
    return {outcome["name"] for outcome in graded["outcomes"] if outcome["verdict"] == "passed"}


def _rig_earns_refusal(rig: Rig, attack: Attack) -> bool:
    return "test_halve_refuses_text" in passed_by(rig.judge(attack, no_request_ids()))


def _rig_waits(rig: Rig, attack: Attack) -> bool:
    graded = json.loads(rig.judge(attack, renewed_clock()).results)
    return graded["seconds"]["probes"] > 2 * attack.assignment.limits.seconds


def _rig_runs_out_of_memory(rig: Rig, attack: Attack) -> bool:
    ended = rig.judge(attack, no_bounds(), memory_mb=300)
    return ended.last_json(ended.results).get("error", "died") is not None


def _rig_keeps_all_output(rig: Rig, attack: Attack) -> bool:
    ended = rig.judge(attack, endless_output(), memory_mb=100)
    return ended.last_json(ended.results).get("error", "died") is not None


def _rig_asks_the_same(rig: Rig, attack: Attack) -> bool:
    return "test_double" in passed_by(rig.judge(attack, contextlib.nullcontext(), seed=PUBLIC_SEED))


# What an attack's FOOLS names: does the attack reach its goal there?
NAIVE: dict[str, Callable[[Attack], bool]] = {
    **{style: _passes(style) for style in _STYLES},
    "exit status": _exit_status,
    "pytest's exit status": _pytest_status,
    "not failed": _not_failed,
    "stdout": _result_line,
    "pipe": _result_pipe,
    "parsed pipe": _parsed_pipe,
    "end of pipe": _end_of_pipe,
    "pickle": _pickled,
    "raw output": _raw_output,
    "own clock": _own_clock,
    "batch": _batch,
    "long message": _long_message,
    "error names": _error_names,
    "machine errors": _machine_errors,
    "labels by sum": lambda attack: _labels(attack, lambda got, labels: (got == labels).sum() / len(labels)),
    "labels by mean": lambda attack: _labels(attack, lambda got, labels: (got == labels).double().mean()),
    "labels freed": _labels_freed,
    "words": _words,
    "cells": _cells,
    "scan": _scan,
    "said to change": _said_to_change,
    "own reference": _own_reference,
    "own tests": _own_tests,
}
RIGGED: dict[str, Callable[[Rig, Attack], bool]] = {
    "rig: no ids": _rig_earns_refusal,
    "rig: renewed clock": _rig_waits,
    "rig: no bounds": _rig_runs_out_of_memory,
    "rig: endless output": _rig_keeps_all_output,
    "rig: public seed": _rig_asks_the_same,
}
