"""Full MNIST, by torchvision: from the course's data folder, or from what was downloaded on request.

Promises: the four archives are used only when all are there and have the checksums that torchvision knows; what is
missing, cut short or damaged is named and not used. The folder that holds them is only read. Nothing is downloaded
unless ``download`` is called, and a download that is interrupted leaves nothing that counts as data.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from autograder.core.text import one_line
from autograder.data.records import Images
from autograder.errors import DataError

# Those of torchvision.datasets.MNIST, which takes a second to import: asking what is here must not.
CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
_RAW = Path("MNIST", "raw")  # torchvision's own layout
_ADVICE = "`autograder data download mnist` gets it"


def load() -> Images:
    """All of it: 60,000 to train on, 10,000 to test on.

    Raises:
        DataError: it is not here, not whole or damaged, or there is no torchvision to read it.
    """
    folder = _verified_folder()
    return _read(folder, _state(folder))


def check() -> None:
    """Whether it can be loaded here.

    Raises:
        DataError: it can't.
    """
    _verified_folder()


def describe() -> str:
    """What it is, and where it is read from."""
    return f"all of MNIST from {_verified_folder()} (checksums are right), 60,000 to train on and 10,000 to test on"


def download(root: Path | None = None) -> Path:
    """Get it by torchvision's downloader, with progress on standard error; what is there and whole is kept.

    Args:
        root: where the folder ``MNIST`` goes; None: where ``load`` looks (the cache of this user).

    Returns:
        The folder of the archives.

    Raises:
        DataError: it can't be downloaded.
        OSError: it can't be written there.
    """
    folder = (root if root is not None else _cache()) / _RAW
    if _problem(folder) is None:
        return folder
    datasets = _torchvision_datasets()
    folder.mkdir(parents=True, exist_ok=True)
    # Beside its place: each archive comes there whole, by a rename.
    with tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as unfinished:
        try:
            datasets.MNIST(unfinished, download=True)
        except (RuntimeError, ValueError, EOFError, OSError, HTTPException) as error:
            raise DataError(
                f"mnist: the download failed ({one_line(str(error))}); is there a network? Otherwise put the four "
                f"files {', '.join(CHECKSUMS)} into {folder}"
            ) from None
        for name in CHECKSUMS:
            os.replace(Path(unfinished) / _RAW / name, folder / name)
    return folder


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "autograder"


def _places() -> Iterator[Path]:
    """Where the archives may lie, in order."""
    if course := os.environ.get("COURSE_DATA"):
        yield Path(course) / _RAW
    yield _cache() / _RAW


def _verified_folder() -> Path:
    if find_spec("torchvision") is None:
        raise DataError("mnist: torchvision is not installed, which reads it: pip install torchvision")
    problems = []
    for folder in _places():
        problem = _problem(folder)
        if problem is None:
            return folder
        problems.append(problem)
    found = [problem for problem in problems if problem] or [f"not in {' or '.join(map(str, _places()))}"]
    raise DataError(f"mnist: {'; '.join(found)}; {_ADVICE}")


def _problem(folder: Path) -> str | None:
    """What is wrong with the archives in a folder: "" when there is none at all, None when they are whole."""
    missing = [name for name in CHECKSUMS if not (folder / name).is_file()]
    if len(missing) == len(CHECKSUMS):
        return ""
    if missing:
        return f"{folder / missing[0]} is missing"
    return _damage(folder, _state(folder))


def _state(folder: Path) -> tuple[tuple[int, int], ...]:
    """Changes when a file does."""
    status = [(folder / name).stat() for name in CHECKSUMS]
    return tuple((item.st_size, item.st_mtime_ns) for item in status)


@lru_cache(maxsize=4)
def _damage(folder: Path, state: tuple[tuple[int, int], ...]) -> str | None:
    for name in CHECKSUMS:
        try:
            _verified(folder / name)
        except DataError as error:
            return str(error)
    return None


def _verified(path: Path) -> bytes:
    """An archive's bytes, which are the ones that were verified."""
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}") from None
    if hashlib.md5(packed, usedforsecurity=False).hexdigest() != CHECKSUMS[path.name]:
        raise DataError(f"{path} is damaged or only a part ({len(packed):,} bytes, wrong checksum)")
    return packed


@lru_cache(maxsize=1)
def _read(folder: Path, state: tuple[tuple[int, int], ...]) -> Images:
    """Unpacked into a folder of our own, since that of the archives may be nobody's to write."""
    datasets = _torchvision_datasets()
    with tempfile.TemporaryDirectory(prefix="autograder-mnist-") as root:
        raw = Path(root) / _RAW
        raw.mkdir(parents=True)
        for name in CHECKSUMS:
            (raw / name).with_suffix("").write_bytes(gzip.decompress(_verified(folder / name)))
        train, test = datasets.MNIST(root, train=True), datasets.MNIST(root, train=False)
    return Images(train.data, train.targets, test.data, test.targets)


def _torchvision_datasets() -> ModuleType:
    from autograder.core.vision import mend_torchvision

    mend_torchvision()
    try:
        from torchvision import datasets
    except Exception as error:  # also what a build for another PyTorch raises
        why = one_line(f"{type(error).__name__}: {error}")
        raise DataError(f"mnist: torchvision can't be imported ({why}); install the one for your PyTorch") from None
    module: ModuleType = datasets
    return module
