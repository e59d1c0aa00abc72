"""What .ci/bootstrap.py decides: which PyTorch for which machine, what counts as installed. No network."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent

PYPROJECT = """
[build-system]
requires = ["hatchling"]
[project]
name = "x"
dependencies = ["torch>=2.4"]
"""


@pytest.fixture
def boot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, at work on a folder of its own."""
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", ROOT / ".ci" / "bootstrap.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "LOG", tmp_path / ".venv" / "install.log")
    return module


@pytest.fixture
def venv(boot: ModuleType) -> Path:
    """A .venv that looks complete."""
    (boot.VENV / "bin").mkdir(parents=True)
    (boot.VENV / "bin" / "python").symlink_to(sys.executable)
    (boot.VENV / "pyvenv.cfg").write_text("version = 3.11.7\n")
    return Path(boot.VENV)


# ---------------------------------------------------------------------------------------------------------------------
# Which PyTorch
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_without_a_gpu_wheels_on_disk_come_first(boot: ModuleType, platform: str) -> None:
    first = boot.torch_attempts(platform, nvidia=False)[0]
    assert first.arguments == ("--no-index", "torch==2.13.0")


def test_without_a_gpu_linux_takes_the_cpu_index_and_no_other(boot: ModuleType) -> None:
    last = boot.torch_attempts("linux", nvidia=False)[-1]
    packages = ("torchvision>=0.19", "torch>=2.4")  # elsewhere there is only a torchvision for CUDA
    assert last.arguments == ("--index-url", "https://download.pytorch.org/whl/cpu", *packages)
    assert dict(last.environment) == {"PIP_EXTRA_INDEX_URL": "https://download.pytorch.org/whl/cpu"}


def test_macos_takes_the_registrys_builds(boot: ModuleType) -> None:
    assert boot.torch_attempts("darwin", nvidia=False)[-1].arguments == ("torch>=2.4",)


def test_with_a_gpu_the_registrys_cuda_build(boot: ModuleType) -> None:
    assert [attempt.arguments for attempt in boot.torch_attempts("linux", nvidia=True)] == [("torch>=2.4",)]


@pytest.mark.parametrize(
    "version, recent",
    [
        ("2.4.0", True),
        ("2.13.0+cpu", True),
        ("2.5.0a0+872d.nv24", True),
        ("3.0", True),
        ("2.3.1", False),
        (None, False),
    ],
)
def test_which_torch_will_do(boot: ModuleType, version: str | None, recent: bool) -> None:
    assert boot.is_recent(version) is recent


def test_a_base_with_torch_is_shared_and_one_without_is_not(boot: ModuleType) -> None:
    assert boot.venv_options("2.6.0+cu124", broken=False) == ["--system-site-packages"]
    assert boot.venv_options("2.1.0", broken=False) == []
    assert boot.venv_options(None, broken=False) == []
    assert boot.venv_options(None, broken=True) == ["--clear"]


@pytest.mark.parametrize("output, code, found", [("GPU 0: NVIDIA H200", 0, True), ("", 0, False), ("failed", 9, False)])
def test_a_gpu_is_what_nvidia_smi_lists(
    boot: ModuleType, monkeypatch: pytest.MonkeyPatch, output: str, code: int, found: bool
) -> None:
    monkeypatch.setattr(boot.Path, "exists", lambda path: False)
    done = subprocess.CompletedProcess([], code, stdout=output)
    monkeypatch.setattr(boot.subprocess, "run", lambda *args, **kwargs: done)
    assert boot.has_nvidia() is found


def test_no_nvidia_smi_no_gpu(boot: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot.Path, "exists", lambda path: False)
    monkeypatch.setenv("PATH", "")
    assert boot.has_nvidia() is False


# ---------------------------------------------------------------------------------------------------------------------
# What is installed already
# ---------------------------------------------------------------------------------------------------------------------


def finish(boot: ModuleType, extra: str) -> None:
    boot.stamp(extra).write_text(boot.wanted(extra))


def test_a_finished_install_is_reused(boot: ModuleType, venv: Path) -> None:
    assert not boot.is_ready("grade")
    finish(boot, "grade")
    assert boot.is_ready("grade") and not boot.is_ready("dev")


def test_dev_holds_all_extras(boot: ModuleType, venv: Path) -> None:
    finish(boot, "dev")
    assert boot.is_ready("grade") and boot.is_ready("notebook")


@pytest.mark.parametrize("change", ["dependency", "interpreter", "interpreter gone", "cut short"])
def test_what_makes_an_install_stale(boot: ModuleType, venv: Path, change: str) -> None:
    finish(boot, "grade")
    if change == "dependency":
        (boot.ROOT / "pyproject.toml").write_text(PYPROJECT.replace("2.4", "2.5"))
    elif change == "interpreter":
        (venv / "pyvenv.cfg").write_text("version = 3.12.0\n")
    elif change == "interpreter gone":
        (venv / "bin" / "python").unlink()
        (venv / "bin" / "python").symlink_to(venv / "nowhere")
    else:
        boot.stamp("grade").write_text("")
    assert not boot.is_ready("grade")


def test_a_moved_folder_is_installed_again(boot: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finish(boot, "grade")
    elsewhere = boot.ROOT / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pyproject.toml").write_text(PYPROJECT)
    monkeypatch.setattr(boot, "ROOT", elsewhere)
    assert not boot.is_ready("grade")


def test_half_installed_packages_are_forgotten(boot: ModuleType, tmp_path: Path) -> None:
    for name in ("whole-1.dist-info", "half-1.dist-info", "~umpy"):
        (tmp_path / "site" / name).mkdir(parents=True)
    (tmp_path / "site" / "whole-1.dist-info" / "RECORD").write_text("")
    assert boot.forget_half_installed(tmp_path / "site") == ["half-1.dist-info", "~umpy"]
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["whole-1.dist-info"]


def test_the_second_start_runs_nothing(boot: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finish(boot, "grade")
    monkeypatch.setattr(boot.subprocess, "Popen", None)  # any process would end in a TypeError
    assert boot.main(["grade"]) == 0


# ---------------------------------------------------------------------------------------------------------------------
# Installing
# ---------------------------------------------------------------------------------------------------------------------


class Pip:
    """Stands in for the processes: says what was run, and fails where it should."""

    def __init__(self, boot: ModuleType, monkeypatch: pytest.MonkeyPatch, *, torch: str | None, failing: str = ""):
        self.commands: list[list[str]] = []
        self.torch = torch
        self.failing = failing
        monkeypatch.setattr(boot, "_run", self.run)
        monkeypatch.setattr(boot, "_make_venv", lambda python, environment: None)
        monkeypatch.setattr(boot, "torch_version", lambda python: self.torch)
        monkeypatch.setattr(boot, "has_nvidia", lambda: False)
        monkeypatch.setattr(boot.sys, "platform", "linux")

    def run(self, command: Sequence[str], text: str, environment: dict[str, str]) -> bool:
        self.commands.append(list(command))
        if self.failing and self.failing in " ".join(command):
            return False
        if "torch" in " ".join(command[-3:]):
            self.torch = "2.13.0+cpu"
        return True


def test_install_pins_the_torch_that_is_there(boot: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = Pip(boot, monkeypatch, torch="2.9.1+cu128")
    boot.install("grade")
    assert len(pip.commands) == 1  # none for PyTorch
    assert (venv / "constraints.txt").read_text() == "torch==2.9.1+cu128\n"
    assert pip.commands[0][-4:] == ["-c", str(venv / "constraints.txt"), "-e", f"{boot.ROOT}[grade]"]
    assert boot.is_ready("grade")


def test_install_goes_on_to_the_next_way(boot: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = Pip(boot, monkeypatch, torch=None, failing="--no-index")
    boot.install("dev")
    assert [command[-1] for command in pip.commands] == ["torch==2.13.0", "torch>=2.4", f"{boot.ROOT}[dev]"]
    assert (venv / "constraints.txt").read_text() == "torch==2.13.0+cpu\n"


def test_no_network_is_one_line_that_says_what_was_tried(
    boot: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Pip(boot, monkeypatch, torch=None, failing="install")
    boot.LOG.write_text("WARNING: Retrying (...) after connection broken by NewConnectionError\nERROR: No match\n")
    assert boot.main(["grade"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "is there a network?" in error
    assert "the wheels on this disk" in error and boot.CPU_INDEX in error and "no connection" in error
    assert not boot.stamp("grade").exists()


def test_an_old_torch_is_left_to_its_owner(boot: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = Pip(boot, monkeypatch, torch="2.1.0")
    with pytest.raises(boot.BootstrapError, match=r"torch 2\.1\.0, 2\.4 or newer is needed"):
        boot.install("grade")
    assert pip.commands == []


def test_ctrl_c_leaves_no_stamp_and_says_how_to_go_on(
    boot: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Pip(boot, monkeypatch, torch="2.13.0")

    def interrupt(*args: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(boot, "_run", interrupt)
    assert boot.main(["grade"]) == 130
    assert "goes on from here" in capsys.readouterr().err
    assert not boot.is_ready("grade")


def test_two_at_once_install_once(boot: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installs: list[str] = []
    started = threading.Event()

    def slow_install(extra: str) -> None:
        installs.append(extra)
        started.set()
        second.join(0.3)  # it waits for the lock
        finish(boot, extra)

    monkeypatch.setattr(boot, "install", slow_install)
    second = threading.Thread(target=lambda: (started.wait(10), boot.main(["grade"])))
    second.start()
    boot.main(["grade"])
    second.join(10)
    assert installs == ["grade"]


def test_a_long_install_says_that_it_goes_on(
    boot: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(boot, "SECONDS_OF_SILENCE", 0.05)
    assert boot._run([sys.executable, "-c", "import time; time.sleep(0.3); print('out')"], "waiting", os.environ)
    out = capsys.readouterr().out.split("\n")
    assert out[0] == "bootstrap: waiting" and out[1].startswith("bootstrap: … ")
    assert boot.LOG.read_text() == "out\n"


def test_an_old_python_looks_for_a_newer_one(
    boot: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(boot.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(boot.shutil, "which", lambda name: None)
    assert boot.main(["grade"]) == 1
    error = capsys.readouterr().err
    assert "3.11 or newer is needed, this is 3.9.2" in error and error.count("\n") == 1
    calls: list[list[str]] = []
    monkeypatch.setattr(boot.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(boot.subprocess, "call", lambda command: calls.append(command) or 0)
    assert boot.main(["grade"]) == 0
    assert calls[0][0] == "/usr/bin/python3.13" and calls[0][-1] == "grade"


@pytest.mark.parametrize(
    "variables, cached",
    [
        ({"HOME": "{writable}"}, True),
        ({"HOME": "/nonexistent/home"}, False),
        ({}, False),
        ({"HOME": "/nonexistent/home", "XDG_CACHE_HOME": "{writable}"}, True),
        ({"HOME": "/nonexistent/home", "PIP_CACHE_DIR": "{writable}"}, True),
    ],
)
def test_no_cache_without_a_place_to_write_to(
    boot: ModuleType, tmp_path: Path, variables: dict[str, str], cached: bool
) -> None:
    environment = {key: value.format(writable=tmp_path) for key, value in variables.items()}
    assert ("PIP_NO_CACHE_DIR" not in boot.pip_environment(environment)) is cached


def test_pip_is_not_led_astray(boot: ModuleType) -> None:
    assert "PYTHONPATH" not in boot.pip_environment({"PYTHONPATH": "/somewhere", "HOME": "/"})
