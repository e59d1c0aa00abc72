"""What ``processes = true`` opens, and that it opens no more: the filter, Landlock, a worker with its processes."""

from __future__ import annotations

import os
import pickle
import socket
from pathlib import Path

import nbformat
import pytest
import torch

from autograder.core import linux
from autograder.core.assignment import load_assignment
from autograder.core.engine import Engine
from autograder.core.isolation import Place, Plan, restrict_files
from autograder.core.layers import LANDLOCK, NAMESPACES
from autograder.core.limits import Limits
from autograder.core.outcome import Graded, Task
from autograder.core.readable import readable_paths
from autograder.core.seccomp import Policy
from autograder.core.witness import Note, Witness
from autograder.release.student import solution_path
from autograder.selftest.compose import compose
from tests.conftest import ROOT, failed
from tests.test_isolation import ALLOW, PID, PRETENDED, REFUSED, abi, in_child, verdict

TOGETHER = Policy(PID, processes=True, sockets=True, loopback=True)
APART = (Policy(PID), Policy(PID, processes=True), Policy(PID, processes=True, sockets=True))
STREAM, DATAGRAM, RAW, SEQUENCED = 1, 2, 3, 5
CLOEXEC_AND_NONBLOCK = 0x80800
UNIX, INET, INET6, NETLINK, PACKET, ALG, VSOCK = 1, 2, 10, 16, 17, 38, 40

TALK = [
    (UNIX, STREAM, 0),
    (UNIX, DATAGRAM, 0),
    (INET, STREAM, 0),
    (INET, STREAM | CLOEXEC_AND_NONBLOCK, 6),
    (INET6, STREAM, 0),
    (INET, DATAGRAM, 0),  # gloo looks at interfaces through one
    (NETLINK, RAW | CLOEXEC_AND_NONBLOCK, 0),
]
NO_TALK = [
    (INET, RAW, 1),
    (INET, STREAM, 262),  # MPTCP
    (INET, STREAM, 132),  # SCTP
    (INET, SEQUENCED, 132),
    (INET, DATAGRAM, 1),  # ping
    (INET6, RAW, 58),
    (NETLINK, RAW, 6),  # XFRM
    (NETLINK, RAW, 9),  # audit
    (NETLINK, RAW, 12),  # netfilter
    (NETLINK, SEQUENCED, 0),
    (PACKET, RAW, 0),
    (ALG, SEQUENCED, 0),
    (VSOCK, STREAM, 0),
]


@pytest.mark.parametrize("column", [0, 1])
def test_processes_with_a_network_of_their_own_talk_by_tcp(column):
    for arguments in TALK:
        assert verdict("socket", *arguments, column=column, policy=TOGETHER) == ALLOW, arguments
    for arguments in NO_TALK:
        assert verdict("socket", *arguments, column=column, policy=TOGETHER) == REFUSED, arguments
    for family in {int(family) for family in socket.AddressFamily} - {UNIX, INET, INET6, NETLINK}:
        assert verdict("socket", family, STREAM, 0, column=column, policy=TOGETHER) == REFUSED, family


@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize("policy", APART)
def test_others_do_not(policy, column):
    for arguments in [*TALK, *NO_TALK]:
        wanted = ALLOW if arguments[0] == UNIX and policy.sockets else REFUSED
        assert verdict("socket", *arguments, column=column, policy=policy) == wanted, arguments


SOCKET_LEVEL, TCP_LEVEL, UDP_LEVEL, IP_LEVEL = 1, 6, 17, 0


@pytest.mark.parametrize("column", [0, 1])
def test_rare_options_of_sockets_stay_out_of_reach(column):
    for level, name in ((SOCKET_LEVEL, 2), (SOCKET_LEVEL, 20), (TCP_LEVEL, 1), (41, 26)):
        assert verdict("setsockopt", 3, level, name, column=column, policy=TOGETHER) == ALLOW
    # filters for packets, TLS in the kernel, congestion control, encapsulation, tables of netfilter
    for level, name in ((SOCKET_LEVEL, 26), (SOCKET_LEVEL, 50), (TCP_LEVEL, 31), (TCP_LEVEL, 13), (UDP_LEVEL, 100)):
        assert verdict("setsockopt", 3, level, name, column=column, policy=TOGETHER) == REFUSED
    assert verdict("setsockopt", 3, IP_LEVEL, 64, column=column, policy=TOGETHER) == REFUSED


@pytest.mark.parametrize("column", [0, 1])
def test_a_request_to_die_with_the_parent_is_answered_and_not_granted(column):
    for policy in (*APART[1:], TOGETHER):
        assert verdict("prctl", 1, 9, column=column, policy=policy) == PRETENDED
        assert verdict("prctl", 15, column=column, policy=policy) == ALLOW
        assert verdict("prctl", 4, column=column, policy=policy) == REFUSED
    assert verdict("prctl", 1, 9, column=column, policy=APART[0]) == REFUSED


@pytest.mark.skipif(0 < abi() < 4, reason="Landlock guards TCP from ABI 4 on")
def test_landlock_leaves_tcp_alone_only_in_a_network_of_its_own(tmp_path):
    place = Place(0, str(tmp_path), str(tmp_path))

    def served(plan: Plan, limits: Limits) -> object:
        linux.gain_no_privileges()
        restrict_files(plan, limits, place)
        socket.create_server(("127.0.0.1", 0)).close()
        return "served"

    paths = readable_paths(gpu=False)
    apart, alone = Plan(frozenset({LANDLOCK, NAMESPACES}), paths), Plan(frozenset({LANDLOCK}), paths)
    assert in_child(lambda: served(apart, Limits(processes=True))) == "served"
    assert in_child(lambda: served(apart, Limits())) == {"errno": 13}
    assert in_child(lambda: served(alone, Limits(processes=True))) == {"errno": 13}


# --- all ways to start processes, and to talk -----------------------------------------------------------------------

SUBMISSION = """
import os
import socket
import tempfile

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

METHODS = ("fork", "spawn", "forkserver")
seen_by = os.getpid()
told = None

def free_port():
    with socket.socket() as s:
        s.bind(("localhost", 0))
        return s.getsockname()[1]

def member(rank, world, init, out):
    if init == "env://":
        os.environ["RANK"], os.environ["WORLD_SIZE"] = str(rank), str(world)
        dist.init_process_group("gloo", init_method=init)
    else:
        dist.init_process_group("gloo", init_method=init, rank=rank, world_size=world)
    x = torch.full((2,), float(rank))
    dist.all_reduce(x)
    out[rank] = x[0]
    dist.destroy_process_group()

def group(init, method):
    if init == "tcp://":
        init = f"tcp://127.0.0.1:{free_port()}"
    elif init == "env://":
        os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"] = "localhost", str(free_port())
    else:
        init = f"file://{tempfile.mktemp()}"
    out = torch.zeros(3).share_memory_()
    mp.start_processes(member, args=(3, init, out), nprocs=3, start_method=method)
    return out.tolist()

def square(x):
    return x * x

def pools():
    found = []
    for method in METHODS:
        with mp.get_context(method).Pool(2) as pool:
            found.append(pool.map(square, range(4)))
    return found

def look(queue):
    null = os.stat(os.devnull).st_rdev
    try:
        wire = os.fstat(3).st_rdev == null
    except OSError:
        wire = True
    queue.put((seen_by == os.getpid(), told, wire, [torch.rand(1).item()]))

def fresh():
    global told
    told = "told"
    found = []
    for method in ("fork", "spawn"):
        context = mp.get_context(method)
        queue = context.SimpleQueue()
        process = context.Process(target=look, args=(queue,))
        process.start()
        found.append(queue.get()[:3])
        process.join()
    return found

def unpicklable():
    try:
        mp.get_context("spawn").Process(target=lambda: None).start()
    except Exception as error:
        return type(error).__name__
    return "nothing"

def outside():
    found = []
    for address in ("1.1.1.1", "10.0.0.1", "169.254.169.254"):
        try:
            socket.create_connection((address, 80), timeout=2)
            found.append(address)
        except OSError:
            pass
    return found, [name for _, name in socket.if_nameindex()], socket.gethostname()

def exits():
    process = mp.get_context("spawn").Process(target=os._exit, args=(7,))
    process.start()
    process.join()
    try:
        mp.spawn(square, args=(1, 2), nprocs=1)
    except Exception as error:
        return process.exitcode, "TypeError" in str(error)
    return process.exitcode, False

def program():
    try:
        os.execv("/bin/true", ["true"])
    except PermissionError:
        return "refused"
"""

CALLS = {
    "group_by_a_file": ("submission.call('group', 'file://', 'fork')", "[3.0, 3.0, 3.0]"),
    "group_by_a_port": ("submission.call('group', 'tcp://', 'spawn')", "[3.0, 3.0, 3.0]"),
    "group_by_the_environment": ("submission.call('group', 'env://', 'spawn')", "[3.0, 3.0, 3.0]"),
    "pools": ("submission.call('pools')", "[[0, 1, 4, 9]] * 3"),
    "fresh": ("submission.call('fresh')", "[(False, 'told', False), (True, None, True)]"),
    "unpicklable": ("submission.call('unpicklable') in ('PicklingError', 'AttributeError')", "True"),
    "outside": ("submission.call('outside')", "([], ['lo'], 'localhost')"),
    "exits": ("submission.call('exits')", "(7, True)"),
    "program": ("submission.call('program')", "'refused'"),
}


def assignment_with(folder: Path, calls: dict[str, tuple[str, str]]) -> Path:
    folder.mkdir()
    toml = f"points = {len(calls)}\nprocesses = true\n[limits]\nseconds = 60\nopen_files = 256\n"
    (folder / "assignment.toml").write_text(toml + "[[question]]\nname = 'q'\ntitle = 'Q'\n")
    text = "from autograder import points\n"
    for name, (call, wanted) in calls.items():
        text += f"\n@points(1, question='q')\ndef test_{name}(submission):\n    got = {call}\n"
        text += f"    assert got == {wanted}, repr(got)\n"
    (folder / "test_it.py").write_text(text)
    return folder


def complaints(graded: Graded) -> list[str]:
    return [f"{item.name}: {item.message}" for item in graded.outcomes if item.verdict != "passed"]


def test_processes_start_in_all_ways_and_talk_to_each_other_alone(grade, tmp_path):
    folder = assignment_with(tmp_path / "together", CALLS)
    graded = grade({"it": SUBMISSION}, assignment=load_assignment(folder))["it"]
    assert failed(graded) == set(), complaints(graded)


def test_a_notebooks_functions_run_in_spawned_processes(grade, tmp_path):
    cell = nbformat.v4.new_code_cell(SUBMISSION)
    text = nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))
    folder = assignment_with(tmp_path / "together", {name: CALLS[name] for name in ("group_by_a_port", "pools")})
    graded = grade({"it": text}, suffix=".ipynb", assignment=load_assignment(folder))["it"]
    assert failed(graded) == set(), complaints(graded)


def test_where_gloo_cannot_talk_the_grader_is_to_blame(tmp_path):
    """Without namespaces there is no network that could be opened: never the student's zero."""
    assignment = load_assignment(ROOT / "assignments" / "parallel_training")
    folder = tmp_path / "it"
    folder.mkdir()
    (folder / "parallel_training.py").write_text(compose(solution_path(ROOT, assignment).read_text(), ""))
    tests = ("test_lines_in_forked_workers", "test_hogwild_trains_on_every_shard", "test_step_of_two_processes")
    with Engine(assignment, device="cpu", jobs=1, without={NAMESPACES}, only_tests=tests) as engine:
        [graded] = engine.grade([Task("it", folder, "parallel_training.py")])
    verdicts = {outcome.name: outcome.verdict for outcome in graded.outcomes}
    assert verdicts == dict(zip(tests, ("passed", "passed", "error"), strict=True)), complaints(graded)
    assert "namespaces are not active here" in str(graded.error)


def test_where_processes_are_allowed_there_is_no_gpu(tmp_path):
    folder = assignment_with(tmp_path / "together", {"program": CALLS["program"]})
    for asked in ("cpu", "auto", "cuda"):
        assert Engine(load_assignment(folder), device=asked).device == "cpu"


# --- a loss that notes who computes it -------------------------------------------------------------------------------


def test_a_witness_notes_each_call_and_computes_the_loss(tmp_path):
    witness = Witness(torch.nn.functional.mse_loss, str(tmp_path))
    assert witness(torch.zeros(3, 1), torch.ones(3, 1)) == 1
    witness(torch.zeros(2, 1), torch.ones(2, 1))
    assert witness.notes() == [Note(os.getpid(), 3), Note(os.getpid(), 2)]
    assert witness.met()
    assert witness.groups() == []


def call_in_child(witness: Witness) -> None:
    in_child(lambda: pickle.loads(pickle.dumps(witness))(torch.zeros(2), torch.ones(2)) and None)


def test_a_witness_knows_who_came_one_after_the_other(tmp_path):
    witness = Witness(torch.nn.functional.mse_loss, str(tmp_path), meet=2, patience=0.05)
    call_in_child(witness)
    call_in_child(witness)
    assert len({note.pid for note in witness.notes()}) == 2
    assert not witness.met()


def test_a_witness_knows_who_came_together(tmp_path):
    witness = Witness(torch.nn.functional.mse_loss, str(tmp_path), meet=2, patience=30)
    pid = os.fork()
    if pid == 0:
        witness(torch.zeros(2), torch.ones(2))
        os._exit(0)
    witness(torch.zeros(2), torch.ones(2))
    os.waitpid(pid, 0)
    assert witness.met()


def test_a_witness_notes_the_group_before_and_after_it_is_entered(tmp_path):
    import torch.distributed as dist

    witness = Witness(torch.nn.functional.mse_loss, str(tmp_path))

    def join() -> None:
        witness(torch.zeros(2), torch.ones(2))
        dist.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
        witness(torch.zeros(2), torch.ones(2))

    in_child(join)
    assert witness.groups() == ["gloo 1", "gloo 1"]
