"""What a worker may read: the interpreter, installed packages, system libraries, and the little else that they ask for.

Folders are named, never ``sys.path`` as a whole: an editable install puts the course's own folder on it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

_PACKAGES = ("torch", "numpy", "safetensors", "torchvision", "PIL", "nbformat")
_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"),
    *("/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo"),
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg", "/proc/version", "/proc/sys/vm"),
    *("/sys/devices/system/cpu", "/sys/devices/system/node"),
    *("/dev/urandom", "/dev/random", "/dev/zero"),
)
_FOR_GPU = ("/usr/local/nvidia", "/proc/driver/nvidia", "/proc/modules", "/sys/module/nvidia", "/sys/bus/pci/devices")


def readable_paths(*, gpu: bool) -> tuple[str, ...]:
    """Existing files and folders that every worker may read, with links followed, none within another."""
    return tuple(_outermost(os.path.realpath(path) for path in _wanted(gpu=gpu)))


def links_to_readable() -> Iterator[tuple[str, str]]:
    """Links, and where they lead, through which the same places are known by other names (``/lib``, a linked home)."""
    for entry in os.scandir("/"):
        if entry.is_symlink():
            yield entry.path, os.readlink(entry.path)
    for path in _wanted(gpu=False):
        if os.path.realpath(path) != path:
            yield path, os.path.realpath(path)


def _wanted(*, gpu: bool) -> Iterator[str]:
    paths = [*_interpreter(), *_installed(), *_SYSTEM]
    if gpu:
        libraries = os.environ.get("LD_LIBRARY_PATH", "").split(":")
        paths += [*_FOR_GPU, *map(str, Path("/usr/local").glob("cuda*")), *libraries]
    yield from (path for path in paths if path and os.path.exists(path))


def gpu_devices() -> tuple[str, ...]:
    """The device nodes that CUDA needs."""
    return tuple(sorted(map(str, [*Path("/dev").glob("nvidia*"), *Path("/dev").glob("nvidia-caps/*")])))


def _interpreter() -> Iterator[str]:
    for prefix in (sys.prefix, sys.base_prefix):
        places = sysconfig.get_paths(vars={"base": prefix, "platbase": prefix, "installed_base": prefix})
        yield from (places[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    if sys.base_prefix not in ("/", "/usr"):
        yield os.path.join(sys.base_prefix, "lib")  # the interpreter's own shared libraries


def _installed() -> Iterator[str]:
    yield str(Path(__file__).resolve().parent.parent)
    for name in _PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            yield str(Path(spec.origin).parent)


def _outermost(paths: Iterable[str]) -> Iterator[str]:
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not kept or not Path(path).is_relative_to(kept[-1]):
            kept.append(path)
            yield path
