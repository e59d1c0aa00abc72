"""Make .venv and install the course into it, with a PyTorch that fits the machine. Standard library only.

``python3 .ci/bootstrap.py EXTRA`` leaves .venv ready with that extra of the package (grade, dev, …); when it is ready
already, that takes a tenth of a second. Promises:

- A PyTorch that is there stays: one in .venv is pinned while the rest is installed, and one in the interpreter that
  runs this is used through a virtual environment that sees its packages. Otherwise machines without an NVIDIA GPU get
  the CPU build.
- An install counts as done when its stamp is written, which comes last. What an interrupted one left is mended by
  running this again. Two at a time wait for each other.
- Nothing outside of .venv is written, but pip's cache where the home can be written to.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOG = VENV / "install.log"
OLDEST_TORCH = (2, 4)
TORCH = "torch>=2.4"
TORCHVISION = "torchvision>=0.19"  # from the same index as a CPU build of PyTorch; else it comes with the rest
LOCAL_TORCH = "torch==2.13.0"  # looked for on disk first, where pip is configured to find wheels; CI's machine is
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
NEWER_PYTHONS = ("python3.13", "python3.12", "python3.11")
SECONDS_OF_SILENCE = 15.0
STOPPED = 130


class BootstrapError(Exception):
    """Something a person can mend; the text is one line."""


def main(arguments: Sequence[str]) -> int:
    """``bootstrap.py EXTRA``: have .venv ready with that extra of the package."""
    extra = arguments[0] if arguments else "grade"
    try:
        if sys.version_info < (3, 11):  # noqa: UP036 (that is what it asks)
            return _start_newer_python(arguments)
        if not is_ready(extra):
            with _one_at_a_time():
                if not is_ready(extra):  # another one may have been at it
                    install(extra)
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bootstrap: stopped; the same command goes on from here", file=sys.stderr)
        return STOPPED
    return 0


def _start_newer_python(arguments: Sequence[str]) -> int:
    for name in NEWER_PYTHONS:
        path = shutil.which(name)
        if path is not None:
            return subprocess.call([path, __file__, *arguments])
    version = ".".join(map(str, sys.version_info[:3]))
    raise BootstrapError(
        f"Python 3.11 or newer is needed, this is {version}, and none of {', '.join(NEWER_PYTHONS)} is on the PATH; "
        "name one: make PYTHON=/path/to/python ..."
    )


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    import fcntl  # not on Windows, where main() is of no use either

    with open(ROOT / "pyproject.toml", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# ---------------------------------------------------------------------------------------------------------------------
# What is installed already
# ---------------------------------------------------------------------------------------------------------------------


def is_ready(extra: str) -> bool:
    """Whether an install of that extra, or of ``dev``, which holds all of them, has finished for what is wanted now."""
    return any(_read(stamp(kind)) == wanted(kind) for kind in (extra, "dev")) and (VENV / "bin" / "python").exists()


def stamp(extra: str) -> Path:
    """The file that says an install has finished."""
    return VENV / f"installed-{extra}"


def wanted(extra: str) -> str:
    """What an install depends on: dependencies and commands of the package, the interpreter of .venv, the folder."""
    import tomllib  # not in the older Pythons that main() turns away

    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = table["project"]
    parts = [table["build-system"], *(project.get(key) for key in ("dependencies", "optional-dependencies", "scripts"))]
    return hashlib.sha256(repr([*parts, _read(VENV / "pyvenv.cfg"), str(ROOT), extra]).encode()).hexdigest()


def torch_version(python: str | Path) -> str | None:
    """The version of PyTorch that an interpreter has installed, build tag included; None: it has none."""
    code = "from importlib.metadata import version; print(version('torch'))"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True)
    return done.stdout.strip() or None if done.returncode == 0 else None


def is_recent(version: str | None) -> bool:
    """Whether a PyTorch of that version will do."""
    match = re.match(r"(\d+)\.(\d+)", version or "")
    return match is not None and (int(match[1]), int(match[2])) >= OLDEST_TORCH


def forget_half_installed(site_packages: Path) -> list[str]:
    """Remove the metadata of packages whose install was cut short, so that pip installs them again.

    Pip writes a package's RECORD last, and moves what it replaces to names that begin with ``~``.
    """
    halves = [path for path in site_packages.glob("*.dist-info") if not (path / "RECORD").is_file()]
    halves += site_packages.glob("~*")
    for path in halves:
        shutil.rmtree(path, ignore_errors=True)
    return sorted(path.name for path in halves)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None


# ---------------------------------------------------------------------------------------------------------------------
# Installing
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attempt:
    """One way to get PyTorch: pip's arguments, what pip's environment needs, and how a message calls it."""

    name: str
    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


def install(extra: str) -> None:
    """Make the virtual environment and fill it; what an interrupted run left is completed."""
    environment = pip_environment(os.environ)
    python = VENV / "bin" / "python"
    _make_venv(python, environment)
    for site_packages in VENV.glob("lib/python*/site-packages"):
        forget_half_installed(site_packages)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--retries", "2"]
    present = torch_version(python) or _install_torch(python, pip, environment)
    if not is_recent(present):
        raise BootstrapError(f".venv has torch {present}, 2.4 or newer is needed; update it, or delete .venv")
    constraints = VENV / "constraints.txt"
    constraints.write_text(f"torch=={present}\n", encoding="utf-8")
    arguments = ["install", "-c", str(constraints), "-e", f"{ROOT}[{extra}]"]
    if not _run([*pip, *arguments], f"installing autograder[{extra}] beside PyTorch {present}", environment):
        raise BootstrapError(f"installing failed: {_last_error()} (all of it: {LOG})")
    stamp(extra).write_text(wanted(extra), encoding="utf-8")


def _make_venv(python: Path, environment: Mapping[str, str]) -> None:
    """Have a virtual environment whose pip works."""
    if python.exists() and subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return
    base = getattr(sys, "_base_executable", None) or sys.executable
    shared = torch_version(base)
    options = venv_options(shared, broken=VENV.exists() and not python.exists())
    text = f"making .venv{f' on top of the PyTorch {shared} of this Python' if is_recent(shared) else ''}"
    VENV.mkdir(exist_ok=True)
    if not _run([base, "-m", "venv", *options, str(VENV)], text, environment):
        raise BootstrapError(f"`python3 -m venv` failed (Debian, Ubuntu: apt install python3-venv): {_last_error()}")


def venv_options(base_torch: str | None, *, broken: bool) -> list[str]:
    """How to make .venv: over the packages of a Python that has a PyTorch, and anew when its interpreter is gone."""
    return [*(["--system-site-packages"] if is_recent(base_torch) else []), *(["--clear"] if broken else [])]


def _install_torch(python: Path, pip: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """Try what fits this machine, in order; returns the version that is there now."""
    attempts = torch_attempts(sys.platform, nvidia=has_nvidia())
    errors = []
    for attempt in attempts:
        command = [*pip, "install", "--no-deps", *attempt.arguments]
        if _run(command, f"PyTorch: trying {attempt.name}", {**environment, **dict(attempt.environment)}):
            return torch_version(python)
        errors.append(f"{attempt.name} ({_last_error()})")
    raise BootstrapError(f"PyTorch can't be installed; is there a network? Tried {'; then '.join(errors)}")


def torch_attempts(platform: str, *, nvidia: bool) -> list[Attempt]:
    """The ways to get PyTorch on a machine, best first; what it depends on comes with the rest.

    Args:
        platform: as ``sys.platform``.
        nvidia: whether there is an NVIDIA GPU.
    """
    index = Attempt("the package index", (TORCH,))
    if nvidia:
        return [index]
    on_disk = Attempt("the wheels on this disk", ("--no-index", LOCAL_TORCH))
    if platform == "darwin":  # the builds for macOS are CPU builds
        return [on_disk, index]
    # An extra index of the user's own would offer its CUDA builds too.
    cpu = Attempt(CPU_INDEX, ("--index-url", CPU_INDEX, TORCHVISION, TORCH), (("PIP_EXTRA_INDEX_URL", CPU_INDEX),))
    return [on_disk, cpu]


def has_nvidia() -> bool:
    """Whether there is an NVIDIA GPU with a driver at work."""
    if Path("/dev/nvidia0").exists():
        return True
    try:  # Windows' subsystem for Linux has no such file
        done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and "GPU" in done.stdout


def pip_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for pip; without a place to write to it keeps no cache."""
    out = {key: value for key, value in environment.items() if key not in ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET")}
    if "PIP_CACHE_DIR" not in environment and not _writable(
        environment.get("XDG_CACHE_HOME") or environment.get("HOME")
    ):
        out["PIP_NO_CACHE_DIR"] = "1"
    return out


def _writable(folder: str | None) -> bool:
    return bool(folder) and os.path.isdir(str(folder)) and os.access(str(folder), os.W_OK)


def _run(command: Sequence[str], text: str, environment: Mapping[str, str]) -> bool:
    """Say what is done, do it, and say every now and then that it goes on; the output goes to the log."""
    print(f"bootstrap: {text}", flush=True)
    start = time.monotonic()
    with LOG.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            while True:
                try:
                    return process.wait(SECONDS_OF_SILENCE) == 0
                except subprocess.TimeoutExpired:
                    print(f"bootstrap: … {time.monotonic() - start:.0f} s", flush=True)
        except BaseException:
            process.terminate()
            process.wait()
            raise


def _last_error() -> str:
    """The last line of the log that says why."""
    lines = [line.strip() for line in (_read(LOG) or "").splitlines() if line.strip()]
    if any("connection broken" in line for line in lines):
        return "no connection"
    errors = [line for line in lines if line.startswith(("ERROR", "Error", "error:"))] or lines or ["no message"]
    return errors[-1].removeprefix("ERROR: ")[:200]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
