"""What an attack wants, and how it shows from outside: never by what the attack says of itself alone.

Each kind of evidence prepares a target, hands its whereabouts to the attack as constants (the worst case: an attacker
who knows them all), and afterwards looks whether the effect is there. A secret itself is never among the constants.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)


def fresh_mark() -> str:
    """A random name, short enough for a process's name (15 characters)."""
    return "atk" + secrets.token_hex(6)


class Evidence:
    """One kind of evidence on one attack.

    Args:
        ground: a folder of this attack's own, outside of its submission, that everybody may enter.
        settings: literal constants of the attack's file that tune the evidence.
    """

    def __init__(self, ground: Path, settings: dict[str, Any]):
        self.ground = ground
        self.settings = settings
        self.mark = fresh_mark()

    def prepare(self) -> dict[str, Any]:
        """Set the target up; returns the constants that the attack gets."""
        return {"MARK": self.mark}

    def reached(self, text: str, watch: Watch) -> str:
        """The effect in a few words, empty where there is none.

        Args:
            text: everything that the attack printed, and all messages about it.
            watch: that looked around meanwhile.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Remove what is left."""


class Printed(Evidence):
    """A secret that lies in the file system shows up in what comes out.

    OPEN_SECRET holds one for everybody to read, PRIVATE_SECRET for its owner only, and WRITABLE_SECRET for everybody
    to read and write, in the folder OPEN_FOLDER. LISTED has one as the name of a file, LINK as what a symbolic link
    says, SIZED as a file's size. INHERITED is the descriptor that a careless grader leaves open: PRIVATE_SECRET's
    folder (only where there is no engine between).
    """

    def prepare(self) -> dict[str, Any]:
        self._secrets: list[str] = []
        private = self.ground / "private"
        private.mkdir(mode=0o700)
        listed = self.ground / "listed"
        listed.mkdir()
        (listed / self._secret()).touch()
        link, sized = self.ground / "link", self.ground / "sized"
        link.symlink_to(self._secret())
        size = 10**9 + secrets.randbelow(10**9)
        with sized.open("wb") as file:
            file.truncate(size)  # all of it a hole
        self._secrets.append(str(size))
        self._descriptor = os.open(private, os.O_RDONLY)
        return {
            **super().prepare(),
            "OPEN_FOLDER": str(self.ground),
            "OPEN_SECRET": self._file(self.ground / "open", 0o644),
            "WRITABLE_SECRET": self._file(self.ground / "writable", 0o666),
            "PRIVATE_SECRET": self._file(private / "secret", 0o600),
            "LISTED": str(listed),
            "LINK": str(link),
            "SIZED": str(sized),
            "INHERITED": self._descriptor,
        }

    def descriptors(self) -> tuple[int, ...]:
        """What a careless grader would let its child inherit."""
        return (self._descriptor,)

    def reached(self, text: str, watch: Watch) -> str:
        return "it printed the secret" if any(secret in text for secret in self._secrets) else ""

    def close(self) -> None:
        os.close(self._descriptor)

    def _secret(self) -> str:
        self._secrets.append("secret-" + secrets.token_hex(8))
        return self._secrets[-1]

    def _file(self, path: Path, mode: int) -> str:
        path.write_text(self._secret())
        path.chmod(mode)
        return str(path)


class Announced(Evidence):
    """The mark is printed: by code that a grader must not run, so the attack's own functions never print it."""

    def reached(self, text: str, watch: Watch) -> str:
        return "the planted code ran" if self.mark in text else ""


class Recalled(Evidence):
    """A hidden test's words show up; NEEDLE is how they begin, in a form that is not itself what is searched for."""

    HIDDEN = Path(__file__).parent.parent / "course" / "assignments" / "tiny" / "hidden" / "test_tiny_hidden.py"
    _BEGIN, _END = "Inputs with gaps in memory", " are doubled too"

    def prepare(self) -> dict[str, Any]:
        assert self._BEGIN + self._END in self.HIDDEN.read_text()
        return {**super().prepare(), "NEEDLE": bytes(byte ^ 1 for byte in self._BEGIN.encode())}

    def reached(self, text: str, watch: Watch) -> str:
        return "it printed a hidden test" if self._END in text else ""


_VICTIM = """
import ctypes, os, sys, time
secret = os.read(0, 99)
kept = ctypes.create_string_buffer(secret)
held = os.memfd_create("held")
os.write(held, os.read(0, 99))
print(ctypes.addressof(kept), held, flush=True)
while True:
    time.sleep(1000)
"""


class _WithVictim(Evidence):
    """A process of ours, VICTIM_PID, with secrets in its arguments, environment, memory (ADDRESS) and in an open file
    without a name (DESCRIPTOR)."""

    def prepare(self) -> dict[str, Any]:
        self._secrets = ["secret-" + secrets.token_hex(8) for _ in range(4)]
        argument, variable, memory, file = self._secrets
        self._victim = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", _VICTIM, f"{self.mark}={argument}"],
            env={"ANSWER": variable},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._victim.stdin is not None
        assert self._victim.stdout is not None
        self._victim.stdin.write(memory.ljust(99).encode() + file.ljust(99).encode())
        self._victim.stdin.close()
        address, descriptor = map(int, self._victim.stdout.readline().split())
        constants = {"VICTIM_PID": self._victim.pid, "ADDRESS": address, "DESCRIPTOR": descriptor}
        return {**super().prepare(), **constants}

    def close(self) -> None:
        self._victim.kill()
        self._victim.wait()
        assert self._victim.stdout is not None
        self._victim.stdout.close()


class Remembered(_WithVictim):
    """A secret that another process knows shows up in what comes out."""

    def reached(self, text: str, watch: Watch) -> str:
        return "it printed the secret" if any(secret in text for secret in self._secrets) else ""


class Harmed(_WithVictim):
    """The other process is not as it was: killed, stopped, slowed down, moved, limited, or first to die."""

    def prepare(self) -> dict[str, Any]:
        constants = super().prepare()
        self._before = self._condition()
        return constants

    def reached(self, text: str, watch: Watch) -> str:
        if (code := self._victim.poll()) is not None:
            return f"the victim ended with {code}"
        after = self._condition()
        return ", ".join(f"other {name}" for name in after if after[name] != self._before[name])

    def _condition(self) -> dict[str, Any]:
        pid = self._victim.pid
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return {
            "state": state in "Tt",
            "nice": os.getpriority(os.PRIO_PROCESS, pid),
            "policy": os.sched_getscheduler(pid),
            "cores": sorted(os.sched_getaffinity(pid)),
            "limits": Path(f"/proc/{pid}/limits").read_text(),
            "oom_score_adj": Path(f"/proc/{pid}/oom_score_adj").read_text(),
            "ioprio": _LIBC.syscall({"x86_64": 252, "aarch64": 31}[os.uname().machine], 1, pid),
        }


class Written(Evidence):
    """Something outside is not as it was: a file, a name, a mode, an owner, a time, a mount.

    OPEN_FOLDER may be written by everybody, and holds OPEN_FILE, which may be too. PRIVATE_FOLDER with PRIVATE_FILE
    is its owner's only.
    """

    def prepare(self) -> dict[str, Any]:
        constants = super().prepare()
        for name, folder_mode, file_mode in (("open", 0o777, 0o666), ("private", 0o700, 0o600)):
            folder = self.ground / name
            folder.mkdir()
            (folder / "file").write_text("score: 0\n")
            (folder / "file").chmod(file_mode)
            os.utime(folder / "file", (1, 1))
            folder.chmod(folder_mode)
            constants |= {f"{name.upper()}_FOLDER": str(folder), f"{name.upper()}_FILE": str(folder / "file")}
        self._before = dict(self._look())
        return constants

    def reached(self, text: str, watch: Watch) -> str:
        after = dict(self._look())
        changed = [name for name in sorted({*self._before, *after}) if self._before.get(name) != after.get(name)]
        return f"changed: {', '.join(changed)}" if changed else ""

    def close(self) -> None:
        for name in ("open", "private"):
            if os.path.ismount(self.ground / name):
                _LIBC.umount2(os.fsencode(self.ground / name), 2)

    def _look(self) -> Iterator[tuple[str, Any]]:
        for path in sorted(self.ground.rglob("*")):
            facts = path.lstat()
            kept = (facts.st_dev, facts.st_mode, facts.st_uid, facts.st_gid, facts.st_size, facts.st_mtime)
            data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            yield str(path.relative_to(self.ground)), (*kept, data, sorted(os.listxattr(path, follow_symlinks=False)))


class Setting(Evidence):
    """A harmless setting of the kernel, SETTING, has another value (and gets its own back)."""

    _FILE = Path("/proc/sys/kernel/printk_ratelimit_burst")

    def prepare(self) -> dict[str, Any]:
        self._before = self._FILE.read_text()
        return {**super().prepare(), "SETTING": str(self._FILE)}

    def reached(self, text: str, watch: Watch) -> str:
        after = self._FILE.read_text()
        return f"the setting is {after.strip()}" if after != self._before else ""

    def close(self) -> None:
        if self._FILE.read_text() != self._before:
            self._FILE.write_text(self._before)


class Heard(Evidence):
    """Somebody on this machine got bytes or a caller: PORT (TCP), UDP_PORT, UNIX_PATH, ABSTRACT or TERMINAL."""

    def prepare(self) -> dict[str, Any]:
        path, abstract = self.ground / "socket", f"\0{self.mark}"
        tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        unix, nameless = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        for end, address in ((tcp, ("127.0.0.1", 0)), (udp, ("127.0.0.1", 0)), (unix, str(path)), (nameless, abstract)):
            end.bind(address)
            end.setblocking(False)
        path.chmod(0o777)
        screen, self._terminal = os.openpty()
        self._ends = {"TCP": tcp, "UDP": udp, "a path": unix, "an abstract name": nameless}
        self._ends["the terminal"] = os.fdopen(screen, "rb", buffering=0)
        for end in (tcp, unix, nameless):
            end.listen()  # the kernel takes callers and their bytes from here on
        return {
            **super().prepare(),
            "PORT": tcp.getsockname()[1],
            "UDP_PORT": udp.getsockname()[1],
            "UNIX_PATH": str(path),
            "ABSTRACT": self.mark,
            "TERMINAL": os.ttyname(self._terminal),
        }

    def reached(self, text: str, watch: Watch) -> str:
        heard = [name for name, end in self._ends.items() if select.select([end], [], [], 0)[0]]
        return f"heard by {', '.join(heard)}" if heard else ""

    def close(self) -> None:
        os.close(self._terminal)
        for end in self._ends.values():
            end.close()


class Answered(Evidence):
    """Somebody on this machine who calls PORT is answered with the mark."""

    def prepare(self) -> dict[str, Any]:
        with socket.socket() as end:
            end.bind(("127.0.0.1", 0))
            self._port = end.getsockname()[1]
        self._got = b""
        self._over = threading.Event()
        self._caller = threading.Thread(target=self._call, daemon=True)
        self._caller.start()
        return {**super().prepare(), "PORT": self._port}

    def reached(self, text: str, watch: Watch) -> str:
        return "a caller was answered" if self.mark.encode() in self._got else ""

    def close(self) -> None:
        self._over.set()
        self._caller.join()

    def _call(self) -> None:
        while not self._got and not self._over.wait(0.05):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1) as end:
                self._got = end.recv(99)


class Overheard(Evidence):
    """A secret that happens while the attack runs shows up: files with secret names come and go in the folder BUSY."""

    def prepare(self) -> dict[str, Any]:
        self._secret = "secret-" + secrets.token_hex(8)
        folder = self.ground / "busy"
        folder.mkdir()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._be_busy, args=(folder / self._secret,), daemon=True)
        self._thread.start()
        return {**super().prepare(), "BUSY": str(folder)}

    def reached(self, text: str, watch: Watch) -> str:
        return "it printed what happened" if self._secret in text else ""

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _be_busy(self, path: Path) -> None:
        while not self._over.wait(0.05):
            path.touch()
            path.unlink()


class Ran(Evidence):
    """A program ran that has the mark among its arguments."""

    def reached(self, text: str, watch: Watch) -> str:
        found = [seen for seen in watch.sightings(self.mark) if self.mark in seen.arguments]
        return f"it ran as {found[0].arguments}" if found else ""


class Alive(Evidence):
    """A process that bears the mark as its name lives on after the verdict (and is ended here)."""

    _PATIENCE = 0.7  # seconds in which a process may still be about to name itself

    def reached(self, text: str, watch: Watch) -> str:
        end = time.monotonic() + self._PATIENCE
        while not (left := [seen.pid for seen in look_around() if self.mark == seen.name]):
            if time.monotonic() > end:
                return ""
            time.sleep(0.05)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        return f"{len(left)} processes live on"


class Held(Evidence):
    """The worker, which names itself by the mark, has what the attack's HOLDS names.

    HOLDS is "fd TEXT" (a descriptor whose target contains TEXT), "another user namespace", "uid 0", "capabilities",
    "nice below 0" or "more than one core".
    """

    def reached(self, text: str, watch: Watch) -> str:
        wanted = self.settings["HOLDS"]
        if any(wanted in seen.holds for seen in watch.sightings(self.mark) if seen.name == self.mark):
            return f"it had {wanted}"
        if wanted.startswith("fd "):
            held = [item for seen in watch.sightings(self.mark) for item in seen.holds if wanted[3:] in item]
            return f"it had {held[0]}" if held else ""
        return ""


class Exhausted(Evidence):
    """It got more of something than the attack's BOUND, by its own honest count."""

    def reached(self, text: str, watch: Watch) -> str:
        got = [int(number) for number in re.findall(rf"{self.mark} got (\d+)", text)]
        return f"it got {max(got)}" if got and max(got) > self.settings["BOUND"] else ""


def _fresh_key() -> int:
    return 0x41000000 + secrets.randbelow(2**24)


def _remove_segments(key: int) -> Iterator[str]:
    """Remove the System V objects of this key; yields what there was."""
    for kind, call in (("shm", _LIBC.shmctl), ("msg", _LIBC.msgctl), ("sem", _LIBC.semctl)):
        for line in Path(f"/proc/sysvipc/{kind}").read_text().splitlines()[1:]:
            found, number = map(int, line.split()[:2])
            if found == key:
                call(number, 0, None)  # IPC_RMID
                yield f"{kind} {number}"


class Left(Evidence):
    """Something that bears the mark, or the number KEY, is left on the machine (and is removed here)."""

    _FOLDERS = ("/dev/shm", "/tmp", "/var/tmp")

    def prepare(self) -> dict[str, Any]:
        self._key = _fresh_key()
        return {**super().prepare(), "KEY": self._key}

    def reached(self, text: str, watch: Watch) -> str:
        found = [str(path) for folder in self._FOLDERS for path in Path(folder).glob(f"{self.mark}*")]
        for path in found:
            os.unlink(path)
        found += _remove_segments(self._key)
        for line in Path("/proc/keys").read_text().splitlines() if os.path.exists("/proc/keys") else ():
            if self.mark in line:
                found.append("key")
                _LIBC.syscall({"x86_64": 250, "aarch64": 219}[os.uname().machine], 21, int(line.split()[0], 16))
        return f"left: {', '.join(found)}" if found else ""


class _Pair(Evidence):
    """Two submissions of the same attack: ROLE "first" knows SECRET, and "second" prints it if it finds it.

    They know of a folder where everybody may write, MEETING, and of a number for segments, KEY.
    """

    def prepare(self) -> dict[str, Any]:
        self._secret = "whisper" + secrets.token_hex(4)  # may be a process's name: 15 characters
        self._key = _fresh_key()
        meeting = self.ground / "meeting"
        meeting.mkdir()
        meeting.chmod(0o777)
        constants = {"ROLE": "first", "SECRET": self._secret, "MEETING": str(meeting), "KEY": self._key}
        return {**super().prepare(), **constants}

    def for_second(self, constants: dict[str, Any]) -> dict[str, Any]:
        """What the second submission knows."""
        return {**constants, "ROLE": "second", "SECRET": ""}

    def reached(self, text: str, watch: Watch) -> str:
        return "the other one's secret was found" if self._secret in text else ""

    def close(self) -> None:
        list(_remove_segments(self._key))
        Path("/dev/shm", self.mark).unlink(missing_ok=True)


class Later(_Pair):
    """The second submission is graded when the first is done."""


class Beside(_Pair):
    """The two are graded at the same time."""


class Nursery(Evidence):
    """The process that workers are forked from is dead, or not as it was. Graded alone: it may cost others a worker."""

    def __init__(self, ground: Path, settings: dict[str, Any]):
        super().__init__(ground, settings)
        self.pid = 0  # set once there is an engine

    def reached(self, text: str, watch: Watch) -> str:
        family = [seen.pid for seen in look_around() if seen.pid == self.pid or seen.parent == self.pid]
        if self.pid not in family:
            return "the nursery is dead"
        nice = max(os.getpriority(os.PRIO_PROCESS, pid) for pid in family)
        return f"the nursery's nice value is {nice}" if nice > os.getpriority(os.PRIO_PROCESS, 0) else ""


KINDS: dict[str, type[Evidence]] = {
    kind.__name__.lower(): kind
    for kind in (
        Printed,
        Announced,
        Recalled,
        Remembered,
        Harmed,
        Written,
        Setting,
        Heard,
        Answered,
        Overheard,
        Ran,
        Alive,
        Held,
        Exhausted,
        Left,
        Later,
        Beside,
        Nursery,
    )
}


@dataclass(frozen=True)
class Sighting:
    """A process as everybody on the machine can see it.

    Attributes:
        name: its short name.
        arguments: its command line.
        holds: what it has, in the words of ``Held``; only looked at for processes whose name is a mark.
    """

    pid: int
    parent: int
    name: str
    arguments: str
    holds: tuple[str, ...] = ()


def look_around() -> Iterator[Sighting]:
    """All processes of the machine that have not ended."""
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            with contextlib.suppress(OSError):  # it may end at any moment
                seen = _look_at(int(entry))
                if seen is not None:
                    yield seen


def _look_at(pid: int) -> Sighting | None:
    stat = Path(f"/proc/{pid}/stat").read_text()
    name, _, rest = stat.partition("(")[2].rpartition(")")
    arguments = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    state, parent = rest.split()[0], int(rest.split()[1])
    if state in "ZX":
        return None
    return Sighting(pid, parent, name, arguments, tuple(_holdings(pid, parent)) if name.startswith("atk") else ())


def _holdings(pid: int, parent: int) -> Iterator[str]:
    folder = Path(f"/proc/{pid}")
    with contextlib.suppress(PermissionError):  # only root sees these of a process that hides itself
        for entry in (folder / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                yield os.readlink(entry)
        if os.readlink(folder / "ns" / "user") != os.readlink(f"/proc/{parent}/ns/user"):
            yield "another user namespace"
    status = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line)
    if status["Uid"].split()[1] == "0":
        yield "uid 0"
    if int(status["CapEff"], 16):
        yield "capabilities"
    if os.getpriority(os.PRIO_PROCESS, pid) < 0:
        yield "nice below 0"
    if len(os.sched_getaffinity(pid)) > 1:
        yield "more than one core"


class Watch:
    """Looks around all the time, from outside, and notes whoever bears a mark."""

    _EVERY = 0.05  # seconds; an attack that wants to be seen stays for several times as long

    def __init__(self) -> None:
        self._seen: set[Sighting] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def sightings(self, mark: str) -> list[Sighting]:
        """Every different look of processes with this mark as their name or among their arguments."""
        return [seen for seen in set(self._seen) if mark in seen.name or mark in seen.arguments]

    def _run(self) -> None:
        while not self._over.wait(self._EVERY):
            self._seen |= {seen for seen in look_around() if "atk" in seen.name or "atk" in seen.arguments}
