"""Functions in a child without rights: they get their input, write where they may, and reach nothing else."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from autograder.core import locked
from autograder.core.isolation import Plan
from autograder.core.layers import LANDLOCK, LIMITS, SECCOMP
from autograder.core.locked import Bounds, LockedError, run_locked
from autograder.core.readable import readable_paths
from autograder.errors import InfrastructureError, IntakeError

ROOT = Path(__file__).resolve().parent.parent  # the child imports this file: no torch, so nothing of tests.conftest
QUICK = Bounds(seconds=60, memory_mb=128, file_mb=1, reply_mb=1)


def echo(request: Any, *files: Any) -> Any:
    return [request, *(file.read().decode() for file in files)]


def test_a_request_and_open_files_go_in_and_plain_data_comes_out(tmp_path):
    (tmp_path / "private").mkdir(mode=0o700)
    path = tmp_path / "private" / "given"
    path.write_text("text in a file")
    request = {"names": ["Zoë", "\udcff", "\u0000"], "large": "x" * 300_000, "n": 1.5}
    with open(path, "rb") as first, tempfile.TemporaryFile() as second:
        second.write(b"more")
        second.seek(0)
        assert run_locked(echo, request, files=[first, second], bounds=QUICK) == [request, "text in a file", "more"]


def attempts(request: Any) -> dict[str, str]:
    """What a parser that was taken over would try; each answer names the error, or "done"."""

    def tried(action: Any) -> str:
        try:
            action()
        except Exception as error:
            return type(error).__name__
        return "done"

    return {
        "read outside": tried(lambda: Path(request["secret"]).read_text()),
        "list outside": tried(lambda: os.listdir(Path(request["secret"]).parent)),
        "write outside": tried(lambda: Path(request["secret"]).with_name("new").write_text("x")),
        "write inside": tried(lambda: Path("made").write_text("x")),
        "folder inside": tried(lambda: Path("a/b").mkdir(parents=True)),
        "large file": tried(lambda: Path("large").write_bytes(bytes(2 * 2**20))),
        "connect": tried(lambda: socket.create_connection(("127.0.0.1", 9), timeout=1)),
        "unix socket": tried(lambda: socket.socket(socket.AF_UNIX)),
        "program": tried(lambda: subprocess.run(["true"], check=True)),
        "process": tried(os.fork),
        "signal": tried(lambda: os.kill(request["parent"], signal.SIGTERM)),
        "memory": tried(lambda: bytearray(200 * 2**20)),
        "raise a limit": tried(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2**40, 2**40))),
        "environment": ",".join(sorted(os.environ)),
    }


def check_reach(place: Path) -> None:
    secret = place / "secret"
    secret.write_text("of the grader")
    secret.chmod(0o644)
    folder = place / "target"
    folder.mkdir()
    found = run_locked(attempts, {"secret": str(secret), "parent": os.getpid()}, folder=folder, bounds=QUICK)
    environment = found.pop("environment")
    assert "TOKEN" not in environment and "HOME" not in environment
    assert found.pop("write inside") == found.pop("folder inside") == "done"
    assert found.pop("memory") == "MemoryError"
    assert found.pop("large file") == "OSError"
    assert found.pop("raise a limit") in ("ValueError", "PermissionError")
    assert set(found.values()) == {"PermissionError"}, found
    assert (folder / "made").read_text() == "x"
    assert secret.read_text() == "of the grader"
    assert not secret.with_name("new").exists()


def test_nothing_but_its_own_folder_is_in_reach(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADERS_TOKEN", "secret")
    check_reach(tmp_path)


def ends(request: str) -> Any:
    match request:
        case "busy":
            while True:
                pass
        case "asleep":
            time.sleep(1000)
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "exit":
            os._exit(3)
        case "memory":
            return [bytearray(2**20) for _ in range(2000)]
        case "deep":
            return json.loads("[" * 200_000)
        case "ours":
            raise IntakeError("entry 3 is encrypted")
        case "theirs":
            raise ValueError("\x1b[31m" + "x" * 5000)
        case "large":
            return "x" * (3 * 2**20)
        case "forged" | "no JSON" as which:
            # Taken over by its input: it writes to the answer's descriptor itself, more than the function may say.
            descriptor = max(int(fd) for fd in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{fd}"))
            os.write(descriptor, b"[" * (3 * 2**19 if which == "forged" else 1000))
            os._exit(0)
        case "nan":
            return float("nan")
        case "object":
            return object()
    raise AssertionError(request)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("busy", r"^took longer than 1 s$"),
        ("asleep", r"^took longer than 1 s$"),
        ("crash", r"^crashed \(SIGSEGV\)$"),
        ("exit", r"^ended without an answer \(exit code 3\)$"),
        ("memory", r"^needs too much memory$"),
        ("deep", r"^failed \(RecursionError"),
        ("ours", r"^entry 3 is encrypted$"),
        ("theirs", r"^failed \(ValueError: .\[31mxx.* x+\)?$"),
        ("large", r"^came to more than 1 MiB$"),
        ("forged", r"^came to more than 1 MiB$"),
        ("no JSON", r"^gave an answer that is none$"),
        ("nan", r"^failed \(ValueError"),
        ("object", r"^failed \(TypeError"),
    ],
)
def test_however_it_ends_there_is_one_line(how, said):
    bounds = Bounds(seconds=1 if how in ("busy", "asleep") else 60, memory_mb=256, file_mb=2, reply_mb=1)
    with pytest.raises(LockedError, match=said) as caught:
        run_locked(ends, how, bounds=bounds)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 420


def test_what_it_prints_is_no_answer():
    assert run_locked(chatty, 7, bounds=QUICK) == 7


def chatty(request: int) -> int:
    print('{"value": "forged"}', flush=True)
    return request


def test_a_function_that_is_not_there_is_our_own_fault():
    def inner(request: Any) -> Any:
        return request

    with pytest.raises(InfrastructureError, match="did not start: AttributeError"):
        run_locked(inner, 1, bounds=QUICK)


def test_a_layer_that_does_not_hold_is_left_out_and_the_others_stay(monkeypatch):
    plan = Plan(frozenset({LIMITS}), readable_paths(gpu=False), first_uid=60_300)
    usual = list(locked._holding(plan))
    assert {LANDLOCK, SECCOMP} <= set(usual), "this machine lacks what the other tests look at"

    def missing(_plan: Plan) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(locked, "be_restricted", missing)
    assert list(locked._holding(plan)) == [name for name in usual if name != LANDLOCK]


def test_the_same_for_an_ordinary_user(tmp_path):
    """In a process of its own, since there is no way back."""
    script = f"""
import sys, tempfile
sys.path.insert(0, {str(ROOT)!r})
from tests.test_ordinary_user import become_ordinary
become_ordinary()
from pathlib import Path
from tests import test_locked
with tempfile.TemporaryDirectory() as place:
    test_locked.check_reach(Path(place))
print("checked")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.stdout == "checked\n", done.stderr
