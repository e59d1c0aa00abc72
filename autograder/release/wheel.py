"""The engine as a wheel, to go along with what students and graders receive.

Promises: the same sources give the same bytes, whatever the machine, the time, the umask and the version of the build
tool; nothing of the folder goes in but the package's own modules. Nothing is downloaded.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import autograder
from autograder.core.scratch import scratch_folder
from autograder.errors import AutograderError
from autograder.release.archive import pack, unpack

WHEEL_NAME = f"autograder-{autograder.__version__}-py3-none-any.whl"
_PACKAGE = Path(autograder.__file__).resolve().parent
_SOURCES = (".py", ".html", ".css", ".js")  # the latter: templates of reports
_EPOCH = "315532800"  # 1980, the earliest time that zip can hold
# The course's own is for its staff.
_README = b"""# autograder

Tests the assignments of a course on PyTorch: `pytest` in the folder of an assignment says what is wrong, and where.
"""


@dataclass(frozen=True)
class Wheel:
    """A built distribution of the engine.

    Attributes:
        name: its file name.
        data: its bytes.
    """

    name: str
    data: bytes


@cache
def engine_wheel() -> Wheel:
    """The wheel of the engine that is running; built once a process.

    Raises:
        AutograderError: its sources are not a checkout, hatchling is missing, or the build fails.
    """
    return build_wheel(_PACKAGE.parent)


def build_wheel(checkout: Path) -> Wheel:
    """The wheel of the engine in a checkout.

    Raises:
        AutograderError: this is no checkout, hatchling is missing, or the build fails.
    """
    files = dict(_sources(checkout))
    with scratch_folder("autograder-wheel-") as folder:
        for name, data in files.items():
            path = folder / "source" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        _run_hatchling(folder / "source", folder / "dist")
        (built,) = (folder / "dist").iterdir()
        if built.name != WHEEL_NAME:
            raise AutograderError(
                f"{checkout / 'pyproject.toml'}: its version makes {built.name}, autograder.__version__ {WHEEL_NAME}"
            )
        return Wheel(built.name, pack(_settled(unpack(built.read_bytes()))))


def _sources(checkout: Path) -> Iterator[tuple[str, bytes]]:
    """What a wheel is made of: the project's settings, a readme, and all modules of the package.

    A module's file has an identifier for a name, which copies, backups and lock files of editors have not.
    """
    settings = checkout / "pyproject.toml"
    try:
        project = tomllib.loads(settings.read_text(encoding="utf-8"))["project"]
        if project["name"] != "autograder":
            raise KeyError
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        raise AutograderError(
            f"{checkout}: not a checkout of the engine, so no wheel can be built from it; "
            "release from a clone: pip install -e '.[release]' in it"
        ) from None
    yield settings.name, settings.read_bytes()
    yield project["readme"], _README
    for path in (checkout / "autograder").rglob("*"):
        inside = path.relative_to(checkout)
        if path.suffix not in _SOURCES:
            continue
        if path.is_file() and all(part.isidentifier() for part in inside.with_suffix("").parts):
            yield inside.as_posix(), path.read_bytes()


def _run_hatchling(source: Path, out: Path) -> None:
    command = [sys.executable, "-I", "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": _EPOCH}
    done = subprocess.run(
        command, cwd=source, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if "No module named hatchling" in done.stderr:
        raise AutograderError("building the engine's wheel needs hatchling: pip install 'autograder[release]'")
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise AutograderError(f"building the engine's wheel failed: {lines[-1] if lines else 'no message'}")


def _settled(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """A wheel's files without the name and version of the tool that built it, and a RECORD to match."""
    (folder,) = {name.partition("/")[0] for name in files if ".dist-info/" in name}
    wheel, record = f"{folder}/WHEEL", f"{folder}/RECORD"
    lines = files[wheel].decode().splitlines(keepends=True)
    settled = {name: data for name, data in files.items() if name != record}
    settled[wheel] = "".join("Generator: autograder\n" if x.startswith("Generator:") else x for x in lines).encode()
    rows = [f"{name},{_digest(data)},{len(data)}" for name, data in sorted(settled.items())]
    settled[record] = "\n".join([*rows, f"{record},,", ""]).encode()
    return settled


def _digest(data: bytes) -> str:
    """As RECORD wants it: base64 for addresses, without padding."""
    return f"sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()}"
