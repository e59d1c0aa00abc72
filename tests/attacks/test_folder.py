"""What lies beside a submission: links, archives and .pth files reach neither secrets nor the interpreter.

Each is handed in through ``autograder grade``, as a folder, and is shown to work where a grader copies what links point
to, unpacks or imports what it finds, or makes the folder a place for packages.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import GOOD, ROOT

SHOWS = "\nfor name in ('helper.py', 'helper.zip', 'helper.pth', 'linked.py', 'folder/secret.py'):\n"
SHOWS += "    for place in (os.path.dirname(os.path.abspath(__file__)), os.getcwd()):\n"
SHOWS += "        try:\n            print(open(os.path.join(place, name), errors='replace').read())\n"
SHOWS += "        except OSError:\n            pass\n"
IMPORTS = "\ntry:\n    import helper\nexcept ImportError:\n    pass\n"
SOURCE = "import os, sys\n" + SHOWS + IMPORTS + GOOD


@dataclass(frozen=True)
class Scene:
    """A class of one student, a secret outside of it, and what shows that an attack got through."""

    student: Path
    secret: Path
    mark: str


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    student, mark = tmp_path / "class" / "eve", "mark" + secrets.token_hex(8)
    student.mkdir(parents=True)
    secret = tmp_path / "vault" / "secret.py"
    secret.parent.mkdir()
    secret.write_text(f"print({mark!r})\n")
    (student / "tiny.py").write_text(SOURCE)
    return Scene(student, secret, mark)


def link_to_a_file(scene: Scene) -> None:
    (scene.student / "linked.py").symlink_to(scene.secret)
    (scene.student / "helper.py").symlink_to(scene.secret)


def link_to_a_folder(scene: Scene) -> None:
    (scene.student / "folder").symlink_to(scene.secret.parent)


def archive(scene: Scene) -> None:
    with zipfile.ZipFile(scene.student / "helper.zip", "w") as file:
        file.writestr("helper.py", scene.secret.read_text())
        file.writestr("../../../escaped.py", scene.secret.read_text())


def path_file(scene: Scene) -> None:
    (scene.student / "helper.pth").write_text(f"import sys; print({scene.mark!r})\n")


BESIDE = [link_to_a_file, link_to_a_folder, archive, path_file]

# What a careless grader does with the folder before it imports the submission.
CARELESS = {
    "link_to_a_file": "pass",
    "link_to_a_folder": "pass",
    "archive": "sys.path.insert(0, folder + '/helper.zip')",
    "path_file": "import site; site.addsitedir(folder)",
}


@pytest.mark.parametrize("attack", BESIDE, ids=lambda attack: attack.__name__)
def test_nothing_beside_a_submission_gets_through(scene, attack, tmp_path):
    attack(scene)
    command = [sys.executable, "-m", "autograder", "grade", str(tmp_path / "class"), "--assignment", "tiny"]
    command += ["--course", str(ROOT / "tests" / "course"), "--out", str(tmp_path / "out"), "--device", "cpu"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    record = (tmp_path / "out" / "results" / "eve.json").read_text()
    assert json.loads(record)["score"] == "10"
    assert scene.mark not in record + done.stdout + done.stderr
    assert not list(tmp_path.rglob("escaped.py"))


@pytest.mark.parametrize("attack", BESIDE, ids=lambda attack: attack.__name__)
def test_a_careless_grader_is_open_to_it(scene, attack, tmp_path):
    attack(scene)
    copy = tmp_path / "copy"
    shutil.copytree(scene.student, copy)  # follows links, as most copies do
    prepare = CARELESS[attack.__name__]
    code = f"import sys\nfolder = {str(copy)!r}\nsys.path.insert(0, folder)\n{prepare}\nimport tiny\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert scene.mark in done.stdout, done.stdout + done.stderr
