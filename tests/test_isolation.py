"""The layers of isolation by themselves: what the kernel is told, what it refuses then, and what if one is missing.

tests/syscall_numbers.json holds the numbers of all system calls, (x86-64, aarch64), from the kernel's own headers.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.core import cgroup, linux, processes
from autograder.core.assignment import load_assignment
from autograder.core.engine import Engine
from autograder.core.isolation import Place, Plan, restrict_files
from autograder.core.layers import LANDLOCK, LAYERS, SECCOMP, Isolation, Layer
from autograder.core.limits import Limits
from autograder.core.outcome import Task
from autograder.core.readable import gpu_devices, readable_paths
from autograder.core.seccomp import Policy, build_filter, column
from autograder.core.syscalls import NUMBERS
from tests.conftest import GOOD, ROOT, failed, message

KERNEL: dict[str, tuple[int | None, int | None]] = json.loads((ROOT / "tests" / "syscall_numbers.json").read_text())
X86_64, AARCH64, I386 = 0xC000003E, 0xC00000B7, 0x40000003
ARCHITECTURES = (X86_64, AARCH64)
ALLOW, KILL = 0x7FFF0000, 0x80000000
PID = 4711
PLAIN = Policy(PID)
REFUSED, PRETENDED, UNKNOWN = 0x00050000 | errno.EPERM, 0x00050000, 0x00050000 | errno.ENOSYS


def in_child(action: Callable[[], object]) -> object:
    """What an action returns, or the errno of its OSError, in a child that ends with it; a signal as its negative."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            result = action()
        except OSError as error:
            result = {"errno": error.errno}
        except BaseException as error:
            result = repr(error)
        os.write(write, json.dumps(result).encode())
        os._exit(0)
    os.close(write)
    with open(read, "rb") as stream:
        said = stream.read()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return json.loads(said) if said else code


# --- system calls -------------------------------------------------------------------------------------------------


def test_every_number_is_the_kernels():
    assert {name: tuple(KERNEL[name]) for name in NUMBERS} == NUMBERS


def run_filter(
    program: bytes, number: int, arguments: tuple[int, ...] = (), architecture: int = ARCHITECTURES[0]
) -> int:
    """What the kernel would make of a call: the four instructions of BPF that the filters use."""
    words = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=iIQ6Q", number, architecture, 0, *words)
    code = [struct.unpack_from("=HBBI", program, 8 * index) for index in range(len(program) // 8)]
    position, accumulator = 0, 0
    while True:
        operation, if_true, if_false, operand = code[position]
        position += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, operand)
        elif operation == 0x54:
            accumulator &= operand
        elif operation in (0x15, 0x35):
            holds = accumulator == operand if operation == 0x15 else accumulator >= operand
            position += if_true if holds else if_false
        elif operation == 0x06:
            return operand
        else:
            raise AssertionError(f"an instruction that no filter of ours has: {operation:#x}")


def verdict(name: str, *arguments: int, column: int = 0, policy: Policy = PLAIN) -> int | None:
    number = KERNEL[name][column]
    if number is None:
        return None
    return run_filter(build_filter(policy, column), number, arguments, ARCHITECTURES[column])


CLONE_THREAD = 0x3D0F00  # what pthread_create asks for
FORK = 0x1200011
NEW_USER = 0x10000000
FORBIDDEN = """
socket connect bind listen accept accept4 sendmsg recvmsg sendmmsg recvmmsg socketpair fork vfork execve execveat ptrace
process_vm_readv process_vm_writev tkill rt_sigqueueinfo rt_tgsigqueueinfo unshare setns mount umount2 pivot_root chroot
keyctl add_key request_key bpf perf_event_open memfd_create shmget shmat shmctl shmdt semget semop semctl semtimedop
msgget msgsnd msgrcv msgctl mq_open mq_unlink mq_timedsend sched_setaffinity sched_setscheduler sched_setparam
sched_setattr setpriority ioprio_set migrate_pages move_pages userfaultfd kcmp name_to_handle_at open_by_handle_at
setuid setgid setresuid setresgid setgroups setfsuid capset personality syslog reboot swapon swapoff init_module
finit_module delete_module kexec_load quotactl acct settimeofday clock_settime adjtimex sethostname setdomainname
truncate chown lchown fchown fchownat setxattr lsetxattr fsetxattr removexattr utime utimes utimensat futimesat mknod
mknodat inotify_add_watch inotify_init1 fanotify_init fanotify_mark setsid setpgid ptrace iopl ioperm modify_ldt
signalfd4 timer_create splice tee vmsplice lookup_dcookie vhangup mbind set_mempolicy seccomp
"""
NEWER = """
io_uring_setup io_uring_enter io_uring_register pidfd_open pidfd_getfd pidfd_send_signal clone3 open_tree move_mount
fsopen fsmount fsconfig fspick openat2 process_madvise process_mrelease memfd_secret mount_setattr landlock_add_rule
landlock_create_ruleset landlock_restrict_self quotactl_fd
"""


@pytest.mark.parametrize("column", [0, 1])
def test_what_reaches_beyond_the_process_is_refused(column):
    for name in FORBIDDEN.split():
        assert verdict(name, column=column) in (REFUSED, None), name
    for name in NEWER.split():
        assert verdict(name, column=column) == UNKNOWN, name
    program = build_filter(Policy(PID), column)
    for number in (500, 1000, 2**30 - 1):
        assert run_filter(program, number, (), ARCHITECTURES[column]) == UNKNOWN


@pytest.mark.parametrize("column", [0, 1])
def test_nothing_is_allowed_by_oversight(column):
    """All that is not in the table is refused, with any arguments."""
    for name in set(KERNEL) - set(NUMBERS):
        for argument in (0, 1, PID, 2**32 - 1):
            assert verdict(name, *[argument] * 6, column=column) in (REFUSED, UNKNOWN, None), name


@pytest.mark.parametrize("column", [0, 1])
def test_other_architectures_end_the_process(column):
    program = build_filter(Policy(PID), column)
    for architecture in {I386, *ARCHITECTURES} - {ARCHITECTURES[column]}:
        assert run_filter(program, 1, (), architecture) == KILL
    if column == 0:
        assert run_filter(program, 0x40000001) == KILL  # x32


CONDITIONS = [
    ("mmap", (0, 4096, 3, 0x22), ALLOW),
    ("mmap", (0, 4096, 3, 0x21), REFUSED),
    ("mmap", (0, 4096, 3, 0x23), REFUSED),  # MAP_SHARED_VALIDATE
    ("mmap", (0, 4096, 3, 0x01), ALLOW),  # a file's
    ("openat", (0, 0, 0), ALLOW),
    ("openat", (0, 0, 0x241), ALLOW),
    ("openat", (0, 0, 0x200), REFUSED),
    ("openat", (0, 0, 0x80200), REFUSED),
    ("clone", (CLONE_THREAD,), ALLOW),
    ("clone", (FORK,), REFUSED),
    ("clone", (CLONE_THREAD | NEW_USER,), REFUSED),
    ("clone", (CLONE_THREAD | 0x8000,), REFUSED),
    ("kill", (PID, 6), ALLOW),
    ("kill", (PID + 1, 6), REFUSED),
    ("kill", (0, 9), REFUSED),
    ("kill", (2**32 - 1, 9), REFUSED),
    ("tgkill", (PID, PID, 6), ALLOW),
    ("tgkill", (PID + 1, PID, 6), REFUSED),
    ("prlimit64", (0,), ALLOW),
    ("prlimit64", (PID,), ALLOW),
    ("prlimit64", (1,), REFUSED),
    ("fcntl", (3, 3), ALLOW),
    ("fcntl", (3, 8), REFUSED),  # F_SETOWN
    ("fcntl", (3, 15), REFUSED),  # F_SETOWN_EX
    ("ioctl", (1, 0x5401), ALLOW),
    ("ioctl", (1, 0x5412), REFUSED),  # TIOCSTI
    ("prctl", (15,), ALLOW),
    ("prctl", (1,), REFUSED),  # PR_SET_PDEATHSIG
    ("prctl", (4,), REFUSED),  # PR_SET_DUMPABLE
    ("prctl", (2**32 + 15,), ALLOW),  # the kernel reads the low half
    ("chmod", (), PRETENDED),
    ("fchmodat", (), PRETENDED),
]


@pytest.mark.parametrize("column", [0, 1])
@pytest.mark.parametrize(("name", "arguments", "wanted"), CONDITIONS)
def test_what_depends_on_an_argument(name, arguments, wanted, column):
    assert verdict(name, *arguments, column=column) in (wanted, None)


@pytest.mark.parametrize("column", [0, 1])
def test_what_processes_add(column):
    alone = Policy(PID, processes=True)
    with_sockets = Policy(PID, processes=True, sockets=True, others_safe=True)
    assert verdict("clone", FORK, column=column, policy=alone) == ALLOW
    assert verdict("clone", FORK | NEW_USER, column=column, policy=alone) == REFUSED
    assert verdict("socketpair", socket.AF_UNIX, column=column, policy=alone) == ALLOW
    assert verdict("socket", socket.AF_UNIX, column=column, policy=alone) == REFUSED
    assert verdict("socket", socket.AF_UNIX, column=column, policy=with_sockets) == ALLOW
    for policy in (alone, with_sockets):
        for family in {int(family) for family in socket.AddressFamily} - {socket.AF_UNIX}:
            assert verdict("socket", family, column=column, policy=policy) == REFUSED
    assert verdict("kill", PID + 1, 9, column=column, policy=alone) == REFUSED
    assert verdict("kill", PID + 1, 9, column=column, policy=with_sockets) == ALLOW
    assert verdict("execve", column=column, policy=with_sockets) == REFUSED


def test_a_gpus_ioctls_do_not_reach_terminals():
    policy = Policy(PID, gpu=True)
    assert verdict("ioctl", 3, 0xC0104600, policy=policy) == ALLOW
    assert verdict("ioctl", 0, 0x5412, policy=policy) == REFUSED


def test_the_kernel_does_as_the_filter_says():
    def confined() -> list[object]:
        linux.gain_no_privileges()
        linux.install_filter(build_filter(Policy(os.getpid()), column()))
        found: list[object] = []
        for attempt in (socket.socket, os.fork, lambda: os.execv("/bin/true", ["true"]), lambda: os.kill(1, 0)):
            try:
                attempt()
                found.append("done")
            except OSError as error:
                found.append(error.errno)
        thread = threading.Thread(target=found.append, args=("a thread",))
        thread.start()
        thread.join()
        return found

    assert in_child(confined) == [errno.EPERM] * 4 + ["a thread"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="32-bit calls exist on x86 alone")
def test_the_kernel_ends_who_calls_as_x32():
    import ctypes

    def confined() -> None:
        linux.gain_no_privileges()
        linux.install_filter(build_filter(Policy(os.getpid()), column()))
        ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 | 39))

    assert in_child(confined) == -signal.SIGSYS


# --- Landlock -----------------------------------------------------------------------------------------------------


@pytest.fixture
def places(tmp_path: Path) -> Path:
    for name in ("inside", "scratch", "outside"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("text")
    return tmp_path


def confined_to(places: Path, action: Callable[[], object]) -> object:
    def confined() -> object:
        linux.gain_no_privileges()
        plan = Plan(frozenset({LANDLOCK}), readable_paths(gpu=False))
        restrict_files(plan, Limits(), Place(0, str(places / "inside"), str(places / "scratch")))
        return action()

    return in_child(confined)


REFUSALS: dict[str, Callable[[Path], object]] = {
    "read outside": lambda p: (p / "outside" / "file").read_text(),
    "list outside": lambda p: os.listdir(p / "outside"),
    "write outside": lambda p: (p / "outside" / "new").write_text("x"),
    "change the submission": lambda p: (p / "inside" / "file").write_text("x"),
    "add to the submission": lambda p: (p / "inside" / "new").write_text("x"),
    "remove outside": lambda p: (p / "outside" / "file").unlink(),
    "rename out": lambda p: (p / "scratch" / "file").rename(p / "outside" / "new"),
    "link in": lambda p: os.link(p / "outside" / "file", p / "scratch" / "new"),
    "through a link": lambda p: (
        (p / "scratch" / "l").symlink_to(p / "outside" / "file"),
        (p / "scratch/l").read_text(),
    ),
    "through proc": lambda p: Path(f"/proc/self/root{p}/outside/file").read_text(),
    "a socket": lambda p: socket.socket(socket.AF_UNIX).bind(str(p / "scratch" / "s")),
    "a fifo": lambda p: os.mkfifo(p / "scratch" / "f"),
    "another process": lambda p: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "tests": lambda p: (ROOT / "tests" / "conftest.py").read_text(),
    "shared memory": lambda p: Path("/dev/shm/new").write_text("x"),
    "a program": lambda p: os.execv("/usr/bin/true", ["true"]),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_files_out_of_reach(places, what):
    got = confined_to(places, lambda: REFUSALS[what](places) and None)
    assert got in ({"errno": errno.EACCES}, {"errno": errno.EXDEV}), got


@pytest.mark.parametrize("what", REFUSALS)
def test_they_are_within_reach_without_landlock(places, what):
    assert in_child(lambda: REFUSALS[what](places) and None) in (None, 0)  # 0: the program ran in our place
    Path("/dev/shm/new").unlink(missing_ok=True)


def test_files_in_reach(places):
    def work() -> str:
        scratch = places / "scratch"
        (scratch / "deep").mkdir()
        (scratch / "deep" / "a").write_text("a")
        (scratch / "deep" / "a").rename(scratch / "b")
        os.truncate(os.open(scratch / "b", os.O_RDWR), 0)
        (scratch / "b").unlink()
        Path(os.devnull).write_text("gone")
        assert len(os.urandom(4)) == 4
        Path("/proc/self/status").read_text()
        Path("/proc/meminfo").read_text()
        return (places / "inside" / "file").read_text()

    assert confined_to(places, work) == "text"


def abi() -> int:
    """Landlock's, 0 where there is none: these tests fail there then, but they can be collected."""
    try:
        return linux.landlock_abi()
    except OSError:
        return 0


@pytest.mark.skipif(0 < abi() < 4, reason="TCP is guarded from ABI 4 on")
def test_tcp_is_refused_by_landlock_too(places):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        connect = lambda: socket.create_connection(("127.0.0.1", port)) and None  # noqa: E731
        assert in_child(connect) is None
        assert confined_to(places, connect) == {"errno": errno.EACCES}


def test_what_is_readable_holds_no_course():
    paths = readable_paths(gpu=False)
    for secret in (ROOT / "assignments", ROOT / "solutions", ROOT / "tests", Path.home() / ".ssh"):
        assert not any(secret == Path(path) or Path(path) in secret.parents for path in paths), secret
    assert any(Path(os.__file__).is_relative_to(path) for path in paths)


# --- control groups -----------------------------------------------------------------------------------------------


@pytest.fixture
def unified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like version 2 of control groups."""
    (tmp_path / "ours").mkdir()
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    (tmp_path / "ours" / "cgroup.subtree_control").write_text("")
    monkeypatch.setattr(cgroup, "_memberships", lambda: iter([["0", "", "/ours"]]))
    made = Path.mkdir

    def mkdir(path: Path, *arguments: object, **options: object) -> None:
        made(path, *arguments, **options)
        for name in ("memory.max", "pids.max", "cgroup.procs"):
            (path / name).touch()

    monkeypatch.setattr(Path, "mkdir", mkdir)
    return tmp_path


def test_a_group_of_version_2(unified):
    cgroup.join_cgroup("autograder-x", 1000, 64, root=unified)
    group = unified / "ours" / "autograder-x"
    assert int((group / "memory.max").read_text()) == 2024 * 2**20
    assert (group / "pids.max").read_text() == "64"
    assert (group / "cgroup.procs").read_text() == str(os.getpid())
    assert "+memory" in (unified / "ours" / "cgroup.subtree_control").read_text()


def test_no_groups_at_all(tmp_path):
    with pytest.raises(OSError, match="no control groups"):
        cgroup.join_cgroup("autograder-x", 1, 1, root=tmp_path)
    cgroup.remove_cgroup("autograder-x", root=tmp_path)


def test_the_group_is_there_while_grading_and_gone_afterwards(tiny, monkeypatch):
    name = cgroup.new_name()
    monkeypatch.setattr(processes, "new_name", lambda: name)
    with Engine(tiny, device="cpu") as engine:
        # Where we may make no group (an ordinary user, most containers) the layer must say so.
        assert bool(list(Path("/sys/fs/cgroup").rglob(name))) == engine.isolation.has("cgroup")
    assert not list(Path("/sys/fs/cgroup").rglob(name))


# --- machines that lack something ---------------------------------------------------------------------------------


def without_call(name: str, number: int, first: int | None = None) -> Callable[[], None]:
    """For a child: a system call fails with this errno (where its first argument is so), as on an older kernel."""

    def forbid() -> None:
        which = KERNEL[name][column()]
        refusal = [(0x06, 0, 0, 0x00050000 | number)]
        if first is not None:
            refusal = [(0x20, 0, 0, 16), (0x15, 0, 1, first), *refusal]
        code = [(0x20, 0, 0, 0), (0x15, 0, len(refusal), which), *refusal, (0x06, 0, 0, ALLOW)]
        linux.gain_no_privileges()
        linux.install_filter(b"".join(struct.pack("HBBI", *instruction) for instruction in code))

    return forbid


def run_without(call: str, number: int, *arguments: str, first: int | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "autograder", *arguments]
    before = without_call(call, number, first)
    return subprocess.run(command, cwd=ROOT, preexec_fn=before, capture_output=True, text=True, timeout=100)


PR_SET_SECCOMP = 22
MACHINES = {
    "no Landlock": ("landlock_create_ruleset", errno.ENOSYS, LANDLOCK, 1),
    "no filters": ("prctl", errno.EINVAL, SECCOMP, 1),
    "no namespaces": ("unshare", errno.EPERM, "namespaces", 0),
    "no other users": ("setresuid", errno.EINVAL, "own user", 0),
}


@pytest.mark.parametrize("what", MACHINES)
def test_doctor_says_what_is_missing(what):
    call, number, layer, code = MACHINES[what]
    done = run_without(call, number, "doctor", "--json", first=PR_SET_SECCOMP if call == "prctl" else None)
    assert done.returncode == code, done.stderr
    found = {entry["name"]: entry for entry in json.loads(done.stdout)["layers"]}
    assert list(found) == list(LAYERS)
    assert not found[layer]["active"]
    assert found[layer]["remark"]
    assert all(found[name]["active"] for name in (LANDLOCK, SECCOMP) if name != layer)


def test_doctor_for_people():
    done = run_without("landlock_create_ruleset", errno.ENOSYS, "doctor")
    assert "Landlock is missing: system call 444: Function not implemented" in done.stdout
    assert "--isolation=process" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_grade_refuses_without_a_required_layer_unless_told(tmp_path):
    submission = tmp_path / "ann.py"
    submission.write_text(GOOD)
    course = ["--course", str(ROOT / "tests" / "course"), "--assignment", "tiny", "--out", str(tmp_path / "out")]
    arguments = ["grade", str(submission), *course]
    refused = run_without("landlock_create_ruleset", errno.ENOSYS, *arguments)
    assert refused.returncode == 2
    assert "without Landlock" in refused.stderr
    assert "--isolation=process" in refused.stderr
    assert not list(tmp_path.glob("out/results/*.json"))
    told = run_without("landlock_create_ruleset", errno.ENOSYS, *arguments, "--isolation=process")
    assert told.returncode == 0, told.stderr
    record = json.loads((tmp_path / "out" / "results" / "ann.json").read_text())
    assert record["score"] == "10"
    assert "without Landlock" in record["isolation"]


def test_required_layers_are_asked_for():
    complete = Isolation(tuple(Layer(name, active=True) for name in LAYERS))
    assert not complete.missing
    assert str(complete) == ", ".join(LAYERS)
    lacking = Isolation(tuple(Layer(name, active=name != SECCOMP) for name in LAYERS))
    assert [layer.name for layer in lacking.missing] == [SECCOMP]


def test_an_engine_says_what_its_workers_run_under(tiny):
    with Engine(tiny, device="cpu", without={LANDLOCK}) as engine:
        assert not engine.isolation.has(LANDLOCK)
        assert "without Landlock" in str(engine.isolation)


@pytest.mark.skipif(bool(gpu_devices()), reason="there is a GPU")
def test_asking_for_a_gpu_where_there_is_none_costs_no_layer(tiny):
    with Engine(tiny, device="cpu") as one, Engine(tiny, device="auto") as other:
        assert one.isolation == other.isolation


# --- processes ----------------------------------------------------------------------------------------------------

MANY = """
import os
import multiprocessing
import torch
import torch.multiprocessing
import torch.utils.data

class Squares(torch.utils.data.Dataset):
    def __len__(self):
        return 10
    def __getitem__(self, index):
        return torch.tensor(float(index))

def loader():
    batches = torch.utils.data.DataLoader(Squares(), batch_size=3, num_workers=2)
    return int(sum(batch.sum() for batch in batches))

def same(x):
    return x

def pool():
    with multiprocessing.get_context("fork").Pool(2) as workers:
        return sum(workers.map(same, range(10)))

def add(tensor):
    tensor += 1

def shared():
    tensor = torch.zeros(45).share_memory_()
    process = torch.multiprocessing.get_context("fork").Process(target=add, args=(tensor,))
    process.start()
    process.join()
    return int(tensor.sum())

def bomb():
    children = []
    try:
        while len(children) < 300:
            pid = os.fork()
            if pid == 0:
                import time
                time.sleep(20)
                os._exit(0)
            children.append(pid)
    except BlockingIOError:
        pass
    for pid in children:
        os.kill(pid, 9)
    return 45 if len(children) < 64 else len(children)

def program():
    try:
        os.execv("/bin/true", ["true"])
    except PermissionError:
        return 45
"""


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    toml = "points = 5\nprocesses = true\n[limits]\nseconds = 60\n[[question]]\nname = 'q'\ntitle = 'Q'\n"
    (folder / "assignment.toml").write_text(toml)
    tests = "from autograder import points\n"
    for name in ("loader", "pool", "shared", "bomb", "program"):
        tests += (
            f"\n@points(1, question='q')\ndef test_{name}(submission):\n    assert submission.call('{name}') == 45\n"
        )
    (folder / "test_many.py").write_text(tests)
    return folder


def test_an_assignment_may_ask_for_processes(grade, many):
    graded = grade({"it": MANY}, assignment=load_assignment(many))["it"]
    assert failed(graded) == set(), [outcome.message for outcome in graded.outcomes]


def test_others_may_not_start_any(grade, many):
    toml = (many / "assignment.toml").read_text()
    (many / "assignment.toml").write_text(toml.replace("processes = true", "processes = false").replace("60", "5"))
    graded = grade({"it": MANY}, assignment=load_assignment(many))["it"]
    assert failed(graded) == {"test_loader", "test_pool", "test_shared", "test_bomb"}
    assert "PermissionError" in message(graded, "test_bomb")


# --- ends ---------------------------------------------------------------------------------------------------------


def test_workers_die_with_their_nursery(tmp_path, tiny):
    mark = f"autograder-mark-{os.getpid()}"
    folder = tmp_path / "it"
    folder.mkdir()
    # The name of a thread shows in /proc from outside; a worker can start no program whose arguments would.
    source = f"import ctypes\nctypes.CDLL(None).prctl(15, b'{mark[-15:]}')\n"
    (folder / "tiny.py").write_text(source + "import time\ndef double(x):\n    time.sleep(60)\n")
    with Engine(tiny, device="cpu") as engine:
        results = engine.grade([Task("it", folder, "tiny.py")])
        watcher = threading.Thread(target=lambda: next(results, None))
        watcher.start()
        wait_for(lambda: named(mark[-15:]))
        os.kill(engine._nursery.pid, signal.SIGKILL)
        wait_for(lambda: not named(mark[-15:]))
        os.kill(engine._host.pid, signal.SIGKILL)
        watcher.join(30)


def named(name: str) -> list[str]:
    found = []
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            if comm.read_text().strip() == name:
                found.append(str(comm))
        except OSError:
            continue
    return found


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
