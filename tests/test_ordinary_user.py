"""Graders are seldom root: the same promises hold for an ordinary user, with what the kernel lets one have."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from autograder.core import linux
from autograder.core.layers import LANDLOCK, LIMITS, OWN_USER, SECCOMP
from autograder.core.readable import readable_paths
from tests.conftest import GOOD, ROOT

UID = 61_234
TREASURE = "secret-of-the-ordinary-user"


def closed_homes(paths: Iterable[str]) -> Iterator[str]:
    """Topmost folders above the paths that other users may not enter (a home of mode 0700)."""
    for path in paths:
        for folder in reversed(Path(path).parents):
            if not folder.stat().st_mode & stat.S_IXOTH:
                yield str(folder)
                break


def become_ordinary() -> None:
    """In a child: give up root, with the course and the interpreter within reach wherever they are."""
    if os.getuid() != 0:
        return
    wanted = [*readable_paths(gpu=False), str(ROOT), os.path.dirname(os.path.realpath(sys.executable))]
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    for home in sorted(set(closed_homes(wanted))):
        kept = [(path, os.open(path, os.O_PATH)) for path in wanted if Path(path).is_relative_to(home)]
        linux.mount("tmpfs", home, "tmpfs", 0, "size=1m,mode=0755")
        for path, descriptor in kept:
            os.makedirs(path, exist_ok=True)
            linux.mount(f"/proc/self/fd/{descriptor}", path, None, linux.MS_BIND | linux.MS_REC)
            os.close(descriptor)
    linux.become_user(UID)


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of that user, outside of pytest's own, which is closed to others."""
    with tempfile.TemporaryDirectory(prefix="ordinary-") as folder:
        if os.getuid() == 0:
            os.chown(folder, UID, UID)
        yield Path(folder)


def run(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOME": str(place), "TMPDIR": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "autograder", *arguments]
    return subprocess.run(
        command, cwd=place, env=environment, preexec_fn=become_ordinary, capture_output=True, text=True, timeout=120
    )


def test_what_holds_for_an_ordinary_user(place):
    done = run(place, "doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    layers = {layer["name"]: layer for layer in json.loads(done.stdout)["layers"]}
    assert all(layers[name]["active"] for name in (LANDLOCK, SECCOMP, LIMITS))
    assert not layers[OWN_USER]["active"]
    assert layers[OWN_USER]["remark"] == "needs root"


ATTACK = f"""
import os
from pathlib import Path

def tried(action):
    try:
        print("REACHED", action())
    except OSError as error:
        print("refused", error.errno)

def double(x):
    home = Path({{home!r}})
    tried(lambda: (home / "treasure").read_text())
    tried(lambda: (home / "planted").write_text("x"))
    tried(lambda: os.truncate(home / "treasure", 0))
    tried(lambda: os.chmod(home / "treasure", 0o777))
    tried(lambda: os.kill(os.getppid(), 9))
    tried(lambda: os.fork())
    return x * 2
{GOOD[GOOD.index("def halve") :]}"""


def test_a_class_is_graded_and_the_users_own_files_are_out_of_reach(place):
    treasure = place / "treasure"
    folder = place / "class"
    folder.mkdir()
    treasure.write_text(TREASURE)
    (folder / "ann.py").write_text(GOOD)
    (folder / "bob.py").write_text(ATTACK.replace("{home!r}", repr(str(place))))
    if os.getuid() == 0:
        os.chown(treasure, UID, UID)
        treasure.chmod(0o600)
    course = ["--course", str(ROOT / "tests" / "course"), "--assignment", "tiny", "--out", str(place / "out")]
    done = run(place, "grade", str(folder), *course)
    assert done.returncode == 0, done.stdout + done.stderr
    records = {name: json.loads((place / "out" / "results" / f"{name}.json").read_text()) for name in ("ann", "bob")}
    assert {name: record["score"] for name, record in records.items()} == {"ann": "10", "bob": "10"}
    printed = "".join(test["output"] for test in records["bob"]["tests"])
    assert "refused" in printed
    assert TREASURE not in printed
    assert treasure.read_text() == TREASURE
    assert stat.S_IMODE(treasure.stat().st_mode) & 0o077 == 0 or os.getuid() != 0
    assert not (place / "planted").exists()
