"""Make .venv and install the course into it, with a PyTorch that fits the machine. Standard library only.

A PyTorch that is there is never replaced: one in .venv stays, and one in the interpreter that runs this is used through
a virtual environment that sees its packages. Without an NVIDIA GPU the CPU build is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import util as importlib_util
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TORCH = "torch==2.13.0"  # what CI tests with; any torch >= 2.4 that is there already is kept
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


class BootstrapError(Exception):
    """Something a person can mend; the text is one line."""


def main(arguments: Sequence[str]) -> int:
    """``bootstrap.py EXTRA``: have .venv ready with that extra of the package."""
    extra = arguments[0] if arguments else "grade"
    try:
        if sys.version_info < (3, 11):  # noqa: UP036 (that is what it asks)
            version = ".".join(map(str, sys.version_info[:3]))
            raise BootstrapError(f"Python 3.11 or newer is needed, this is {version}; try: make PYTHON=python3.12 ...")
        if not is_ready(extra):
            install(extra)
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    return 0


def is_ready(extra: str) -> bool:
    """Whether an install of that extra, or of a larger one, has finished with the present pyproject.toml."""
    return any(stamp(kind).is_file() and stamp(kind).read_text() == wanted(kind) for kind in {extra, "dev"})


def stamp(extra: str) -> Path:
    """The file that says an install has finished."""
    return VENV / f"installed-{extra}"


def wanted(extra: str) -> str:
    """What an install depends on: the package's dependencies, the interpreter and the folder."""
    import tomllib  # not in the older Pythons that main() turns away

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parts = (
        project["dependencies"],
        project["optional-dependencies"],
        project["scripts"],
        sys.version,
        str(ROOT),
        extra,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def install(extra: str) -> None:
    """Make the virtual environment and fill it; what an interrupted run left is completed."""
    environment = pip_environment(os.environ)
    python = VENV / "bin" / "python"
    if not python.exists():
        shared = importlib_util.find_spec("torch") is not None
        say("making .venv" + (" on top of the PyTorch of this Python" if shared else ""))
        run([sys.executable, "-m", "venv", *(["--system-site-packages"] if shared else []), str(VENV)], environment)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    if not torch_version(python):
        install_torch(pip, environment)
    present = torch_version(python)
    if not present:
        raise BootstrapError("PyTorch was installed but can't be found; delete .venv and run this again")
    constraints = VENV / "constraints.txt"
    constraints.write_text(f"torch=={present}\n")
    say(f"installing autograder[{extra}] beside PyTorch {present}")
    run([*pip, "install", "-q", "-c", str(constraints), "-e", f"{ROOT}[{extra}]"], environment)
    stamp(extra).write_text(wanted(extra))


def install_torch(pip: Sequence[str], environment: Mapping[str, str]) -> None:
    """Try the commands that fit this machine, in order."""
    commands = torch_commands(sys.platform, has_nvidia=has_nvidia())
    say("installing PyTorch (this can take minutes the first time)")
    for command in commands:
        if (
            subprocess.run(
                [*pip, *command], env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ).returncode
            == 0
        ):
            return
    tried = "; ".join("pip " + " ".join(command) for command in commands)
    raise BootstrapError(f"PyTorch could not be installed (no network?); tried: {tried}")


def torch_commands(platform: str, *, has_nvidia: bool) -> list[list[str]]:
    """Pip's arguments that install PyTorch here, the best first."""
    local = ["install", "-q", "--no-index", "--no-deps", TORCH]  # a wheel that pip is configured to find on disk
    if has_nvidia:
        return [["install", "-q", "torch>=2.4"]]
    if platform == "linux":
        return [local, ["install", "-q", TORCH, "--index-url", CPU_INDEX]]
    return [local, ["install", "-q", TORCH]]  # elsewhere the registry's own builds are CPU builds


def has_nvidia() -> bool:
    """Whether an NVIDIA driver is at work."""
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def torch_version(python: Path) -> str | None:
    """The version of PyTorch that this interpreter has installed, build tag included; None: it has none."""
    code = "from importlib.metadata import version; print(version('torch'))"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True)
    return done.stdout.strip() or None if done.returncode == 0 else None


def pip_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for pip; without a home to write to it keeps no cache."""
    home = Path(environment.get("HOME", "/nonexistent"))
    writable = home.is_dir() and os.access(home, os.W_OK)
    return {**environment, **({} if writable else {"PIP_NO_CACHE_DIR": "1", "HOME": str(VENV)})}


def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a command; on failure its last words become the error."""
    done = subprocess.run(
        list(command), env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")] or lines or ["it said nothing"]
        raise BootstrapError(f"{' '.join(command[:6])} … failed: {errors[-1]}")


def say(text: str) -> None:
    """Progress, one line."""
    print(f"bootstrap: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
