"""Attacks that ``processes = true`` might open: by processes of its own, and by the network that they talk by.

All attacks of ``machine/`` run with it as well (see test_machine.py); here are those that need it. Each is stopped by
all layers; where a layer stops it, it is seen to work without that layer.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.core.engine import Engine
from autograder.core.layers import LANDLOCK, NAMESPACES, SECCOMP
from autograder.core.outcome import Graded, Task
from tests.attacks.conftest import EngineMaker
from tests.attacks.evidence import fresh_mark
from tests.attacks.test_machine import HONEST
from tests.conftest import GOOD, failed
from tests.test_isolation import wait_for

START = """
import multiprocessing
import socket

def in_child(target, *args, method="fork"):
    context = multiprocessing.get_context(method)
    queue = context.SimpleQueue()
    process = context.Process(target=report, args=(queue, target, *args))
    process.start()
    result = queue.get()
    process.join()
    return result

def report(queue, target, *args):
    try:
        queue.put(f"done: {target(*args)}")
    except BaseException as error:
        queue.put(f"refused: {type(error).__name__}")
"""


def grade(engine: Engine, folder: Path, sources: dict[str, str]) -> dict[str, Graded]:
    tasks = []
    for name, source in sources.items():
        place = folder / name
        place.mkdir()
        (place / "tiny.py").write_text(source)
        tasks.append(Task(name, place, "tiny.py"))
    return {graded.key: graded for graded in engine.grade(tasks)}


def attack(engine: Engine, folder: Path, body: str, **constants: object) -> str:
    """What an attack printed, whose honest part must have earned all."""
    known = "".join(f"{name} = {value!r}\n" for name, value in constants.items())
    [graded] = grade(engine, folder, {fresh_mark(): known + HONEST + START + body}).values()
    text = "\n".join(outcome.output + outcome.message for outcome in graded.outcomes)
    assert failed(graded) == set(), text
    return text


class Server:
    """A server of this machine, that anybody can reach."""

    def __init__(self, kind: socket.SocketKind):
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.visits = 0
        self._kind = kind
        if kind == socket.SOCK_STREAM:
            self.socket.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                if self._kind == socket.SOCK_STREAM:
                    self.socket.accept()[0].close()
                else:
                    self.socket.recv(100)
                self.visits += 1


@pytest.fixture
def servers() -> Iterator[dict[str, Server]]:
    made = {"tcp": Server(socket.SOCK_STREAM), "udp": Server(socket.SOCK_DGRAM)}
    yield made
    for server in made.values():
        with contextlib.suppress(OSError):
            server.socket.shutdown(socket.SHUT_RDWR)
        server.socket.close()


CALL = """
def call(port, kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.settimeout(3)
        s.connect(("127.0.0.1", port))
        s.send(b"x")

def attack():
    print(in_child(call, TCP, socket.SOCK_STREAM), in_child(call, UDP, socket.SOCK_DGRAM, method="spawn"))
"""


def test_loopback_is_the_submissions_own(engine_without: EngineMaker, servers, tmp_path):
    with engine_without((), processes=True) as engine:
        attack(engine, tmp_path, CALL, TCP=servers["tcp"].port, UDP=servers["udp"].port)
    assert [server.visits for server in servers.values()] == [0, 0]


def test_it_would_be_everybodys_without_the_layers(engine_without: EngineMaker, servers, tmp_path):
    with engine_without({NAMESPACES, SECCOMP, LANDLOCK}, processes=True) as engine:
        said = attack(engine, tmp_path, CALL, TCP=servers["tcp"].port, UDP=servers["udp"].port)
        while servers["udp"].visits == 0 and "refused" not in said:
            pass
    assert [server.visits for server in servers.values()] == [1, 1], said


@pytest.mark.parametrize("layer", [SECCOMP, NAMESPACES])
def test_either_layer_keeps_the_network_out_of_reach(engine_without: EngineMaker, servers, tmp_path, layer):
    with engine_without({NAMESPACES, SECCOMP, LANDLOCK} - {layer}, processes=True) as engine:
        attack(engine, tmp_path, CALL, TCP=servers["tcp"].port, UDP=servers["udp"].port)
    assert [server.visits for server in servers.values()] == [0, 0]


SERVE = """
def serve(queue):
    with socket.create_server(("127.0.0.1", 4711)) as server, socket.socket(socket.AF_UNIX) as named:
        named.bind("\\0whisper")
        named.listen()
        queue.put("up")
        time.sleep(60)

def attack():
    queue = multiprocessing.get_context("fork").SimpleQueue()
    multiprocessing.get_context("fork").Process(target=serve, args=(queue,)).start()
    print(queue.get())
"""
VISIT = """
def attack():
    for family, address in ((socket.AF_INET, ("127.0.0.1", 4711)), (socket.AF_UNIX, "\\0whisper")):
        try:
            with socket.socket(family) as s:
                s.connect(address)
            print("met another submission")
        except OSError as error:
            print("nobody is there:", error)
"""


def test_submissions_do_not_meet_on_loopback(engine_without: EngineMaker, tmp_path):
    with engine_without((), processes=True) as engine:
        sources = {name: HONEST + START + body for name, body in (("serves", SERVE), ("visits", VISIT))}
        done = grade(engine, tmp_path, sources)
    text = {name: "".join(outcome.output for outcome in graded.outcomes) for name, graded in done.items()}
    assert "up" in text["serves"]
    assert text["visits"].count("nobody is there") == 2, text


def named(mark: str) -> list[str]:
    """Processes of that name, wherever they are."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "comm").read_text().strip() == mark:
                found.append(folder.name)
    return found


LINGER = """
def linger():
    named(MARK)
    for _ in range(3):
        if os.fork():
            os._exit(0)
    for signal_number in (1, 2, 15):
        libc.signal(signal_number, 1)
    open("/dev/shm/" + MARK, "w").close()
    time.sleep(120)

def attack():
    for method in ("fork", "spawn", "forkserver"):
        multiprocessing.get_context(method).Process(target=linger).start()
    time.sleep(1)
"""


def test_no_process_and_no_shared_memory_is_left(engine_without: EngineMaker, tmp_path):
    mark = fresh_mark()
    with engine_without((), processes=True) as engine:
        attack(engine, tmp_path, LINGER, MARK=mark)
        done = grade(engine, tmp_path, {"next": HONEST + "def attack():\n    print(os.listdir('/dev/shm'))\n"})
        assert "[]" in "".join(outcome.output for outcome in done["next"].outcomes)
        wait_for(lambda: not named(mark))
    assert not Path("/dev/shm", mark).exists()


BOMB = """
def burst(depth=0):
    named(MARK)
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.05)

def attack():
    multiprocessing.get_context("fork").Process(target=burst, daemon=True).start()
    multiprocessing.get_context("spawn").Process(target=burst, daemon=True).start()
    time.sleep(1)
"""


def test_a_fork_bomb_costs_its_author_only_and_is_gone(engine_without: EngineMaker, tmp_path):
    mark = fresh_mark()
    bombs = {f"bomb{number}": f"MARK = {mark!r}\n" + HONEST + START + BOMB for number in range(2)}
    honest = {f"honest{number}": GOOD for number in range(3)}
    with engine_without((), processes=True) as engine:
        done = grade(engine, tmp_path, {**bombs, **honest})
        assert all(failed(done[name]) == set() for name in honest)
        wait_for(lambda: not named(mark))


KILL = """
def strike():
    hit = 0
    for victim in [-1, *range(1, 400)]:
        if victim in (os.getpid(), os.getppid()):
            continue
        try:
            os.kill(victim, 9)
            hit += 1
        except OSError:
            pass
    return hit

def attack():
    if os.fork() == 0:
        strike()
        os._exit(0)
    time.sleep(0.3)
"""


def test_signals_reach_ones_own_processes_only(engine_without: EngineMaker, tmp_path):
    """Killing everybody ends at most the killer's own worker: neighbours, nursery and grader live on."""
    sources = {f"kills{number}": HONEST + START + KILL for number in range(2)}
    with engine_without((), processes=True) as engine:
        done = grade(engine, tmp_path, {**sources, **{f"honest{number}": GOOD for number in range(4)}})
        assert all(graded.error is None for graded in done.values())
        assert all(failed(done[f"honest{number}"]) == set() for number in range(4))


REACH = """
def reach():
    found = []
    for what in (
        lambda: open(SECRET).read(),
        lambda: os.execv("/bin/sh", ["sh", "-c", "true"]),
        lambda: syscall("pidfd_open", os.getppid(), 0),
        lambda: syscall("unshare", 0x50000000),
        lambda: syscall("ptrace", 16, os.getppid(), 0, 0),
        lambda: syscall("process_vm_readv", os.getppid(), 0, 0, 0, 0, 0),
        lambda: open(f"/proc/{os.getppid()}/mem", "rb"),
        lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    ):
        try:
            what()
            found.append("reached")
        except OSError:
            found.append("refused")
    return found

def attack():
    for method in ("fork", "spawn", "forkserver"):
        print(in_child(reach, method=method))
"""


def test_children_are_locked_in_like_their_parent(engine_without: EngineMaker, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    os.chmod(secret, 0o644)
    with engine_without((), processes=True) as engine:
        said = attack(engine, tmp_path, REACH, SECRET=str(secret))
    assert said.count("refused") == 27, said
    assert "reached" not in said
