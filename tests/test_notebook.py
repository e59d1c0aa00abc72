"""The notebook that students receive, and its checks: with the real otter, in a real kernel, and graded as it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from otter.test_files import ExceptionTestFile

from autograder.core.assignment import Question, find_assignment, load_assignment
from autograder.core.bans import AutogradDisabledError
from autograder.core.loading import load_submission
from autograder.core.release_mark import made_from
from autograder.errors import AssignmentError
from autograder.notebook import QuestionCheck
from autograder.notebook.live import LiveModule
from autograder.release.archive import pack
from autograder.release.notebook import notebook_files
from autograder.release.sections import Section, handout_sections, stub_parts
from autograder.release.stub import make_stub
from tests.conftest import GOOD, ROOT, TINY, failed

ASSIGNMENTS = sorted(path.parent.name for path in ROOT.glob("assignments/*/assignment.toml"))
HANDOUT = """# Tiny

About.

## Rules

```python
## 1. Doubling
```

## 1. Doubling · 6 points

`double(x)` is twice x.

### A hint

See `FACTOR`.

## 2. The other one: `halve`

Half of x.

## Common mistakes

None.
"""
SOLUTION = '''"""Tiny functions."""

import torch

FACTOR = 2


# BEGIN SOLUTION
def _scaled(x, factor):
    return x * factor
# END SOLUTION


def double(x: torch.Tensor) -> torch.Tensor:
    """Twice x."""
    # BEGIN SOLUTION
    return _scaled(x, FACTOR)
    # END SOLUTION


def halve(x: torch.Tensor) -> torch.Tensor:
    """Half of x; a text is a ValueError."""
    # BEGIN SOLUTION
    if isinstance(x, str):
        raise ValueError(x)
    return _scaled(x, 1 / FACTOR)
    # END SOLUTION
'''
WRONG = "def double(x):\n    return x * 3\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the tiny assignment, whole."""
    course = tmp_path_factory.mktemp("course")
    shutil.copytree(TINY, course / "assignments" / "tiny", ignore=shutil.ignore_patterns("__pycache__"))
    (course / "assignments" / "tiny" / "handout.md").write_text(HANDOUT)
    (course / "solutions" / "tiny").mkdir(parents=True)
    (course / "solutions" / "tiny" / "tiny.py").write_text(SOLUTION)
    return course


@pytest.fixture(scope="module")
def files(course: Path) -> dict[str, bytes]:
    return notebook_files(course, find_assignment(course, "tiny"))


@pytest.fixture
def folder(files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebook's folder, which is the working directory as it is of a kernel."""
    folder = tmp_path / "tiny-notebook"
    write(folder, files)
    monkeypatch.chdir(folder)
    return folder


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "requirements.txt").write_text("# what it names is installed here\n")


def notebook_of(files: dict[str, bytes], name: str = "tiny") -> Any:
    return nbformat.reads(files[f"{name}.ipynb"].decode(), as_version=4)


def code_of(solution: str, course: Path, name: str) -> dict[str, str]:
    """The code cells with the solution in them, by id."""
    assignment = find_assignment(course, name)
    sections = handout_sections((assignment.folder / "handout.md").read_text(), assignment.questions)
    names = [question.name for question in assignment.questions]
    parts = stub_parts(solution, sections, names)
    codes = {f"question-{number}-code": parts.code[name] for number, name in enumerate(names, start=1)}
    return {"preamble": parts.preamble, **codes}


def filled(notebook: Any, code: dict[str, str]) -> Any:
    """The notebook as somebody hands it in who has done everything."""
    for cell in notebook.cells:
        cell.source = code.get(cell.id, cell.source)
    return notebook


def failures(question: str, *tests: str, **names: Any) -> dict[str, str]:
    """What a check of a question says on these names, by failed test."""
    check, found = QuestionCheck(question), {}
    for test in tests:
        try:
            check.judge(test, names)
        except AssertionError as error:
            found[test] = str(error)
    return found


def doubled(x: Any) -> Any:
    return x * 2


def tripled(x: Any) -> Any:
    return x * 3


# ---------------------------------------------------------------------------------------------------------------------
# The file
# ---------------------------------------------------------------------------------------------------------------------


def test_the_folder_has_what_the_checks_and_pytest_need(files):
    assert {name for name in files if not name.startswith(".github")} == {
        "README.md",
        "assignment.toml",
        "conftest.py",
        "pytest.ini",
        "requirements.txt",
        "test_tiny.py",
        "tests/double.py",
        "tests/halve.py",
        "tiny.ipynb",
    }
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    needed = [
        line.replace("[grading]", "") for line in (*extras["notebook"], *extras["otter"]) if "nbclient" not in line
    ]
    assert set(needed) <= set(files["requirements.txt"].decode().split("\n"))


def test_the_notebook_is_valid_and_bare_and_its_ids_stay(files, course):
    assignment = find_assignment(course, "tiny")
    notebook = json.loads(files["tiny.ipynb"])
    nbformat.validate(notebook)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert [cell["id"] for cell in notebook["cells"]] == [
        *("setup", "text-1", "text-2", "how-to", "preamble"),
        *("question-1-text", "question-1-code", "question-1-check"),
        *("question-2-text", "question-2-code", "question-2-check"),
        *("text-3", "check-all-text", "check-all"),
    ]
    for cell in notebook["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None
    assert notebook_files(course, assignment) == files
    assert str(course).encode() not in files["tiny.ipynb"]


def test_text_code_and_checks_of_a_question_stand_together(files):
    sources = {cell.id: cell.source for cell in notebook_of(files).cells}
    assert made_from(sources["setup"].encode()) == ("tiny", "1.0")
    assert sources["text-2"] == "## Rules\n\n```python\n## 1. Doubling\n```"
    assert sources["preamble"] == '"""Tiny functions."""\n\nimport torch\n\nFACTOR = 2'
    assert sources["question-1-text"].endswith("### A hint\n\nSee `FACTOR`.")
    assert sources["question-1-code"] == (
        'def double(x: torch.Tensor) -> torch.Tensor:\n    """Twice x."""\n    raise NotImplementedError("double")'
    )
    assert sources["question-1-check"] == 'grader.check("double")'
    assert sources["question-2-text"].startswith("## 2. The other one")
    assert sources["text-3"].startswith("## Common mistakes")
    assert sources["check-all"] == "grader.check_all()"


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_all_of_handout_and_stub_appear_once_and_the_code_runs_in_this_order(name):
    assignment = find_assignment(ROOT, name)
    handout = (assignment.folder / "handout.md").read_text()
    solution = ROOT / "solutions" / name / f"{assignment.module}.py"
    stub = make_stub(solution.read_text(), solution)
    sections = handout_sections(handout, assignment.questions)
    order = [question for section in sections for question in section.questions]
    assert order == [question.name for question in assignment.questions]
    parts = stub_parts(stub, sections, order)
    assert all(parts.code.values())
    assert lines("\n".join(section.text for section in sections)) == lines(handout)
    code = "\n".join([parts.preamble, *parts.code.values()])
    assert lines(code) == lines(stub)
    exec(compile(code, name, "exec", dont_inherit=True), {"__name__": name})


def lines(text: str) -> Counter[str]:
    return Counter(line for line in text.split("\n") if line.strip())


def test_code_goes_to_the_question_that_it_is_named_after_or_spoken_of_by():
    stub = (
        "import a\n\n\n# given\nclass Base:\n    pass\n\n\n# about one\n@a.b\ndef one_forward():\n    pass\n\n\n"
        "import late\n\n\ndef helper():\n    pass\n\n\ndef fit():\n    pass\n\n\nBOUND = one_forward\n"
        "class OneMore(Base):\n    pass\n# the end\n"
    )
    sections = [Section("One.", ("one",)), Section("`fit` it.", ("training",)), Section("", ("one_more",))]
    parts = stub_parts(stub, sections, ["one", "training", "one_more"])
    assert parts.preamble == "import a\n\n\n# given\nclass Base:\n    pass\n\n\nimport late"
    assert parts.code == {
        "one": "# about one\n@a.b\ndef one_forward():\n    pass\n\n\ndef helper():\n    pass",
        "training": "def fit():\n    pass\n\n\nBOUND = one_forward",
        "one_more": "class OneMore(Base):\n    pass\n# the end\n".strip(),
    }


@pytest.mark.parametrize(
    "early",
    ["class One(Two):\n    pass", "def one(x=two):\n    pass", "class One:\n    class Inner(two):\n        pass"],
)
def test_code_that_would_run_before_what_it_needs_is_refused(early):
    sections = [Section("", ("one",)), Section("", ("two",))]
    later = "class Two:\n    pass\n" if "Two" in early else "def two():\n    pass\n"
    with pytest.raises(AssignmentError, match=r"only after `(class|def) .*order the questions"):
        stub_parts(f"{later}\n\n{early}\n", sections, ["one", "two"])
    assert stub_parts(f"{later}\n\ndef one():\n    return two(), Two\n", sections, ["one", "two"]).code["one"]


def test_a_question_without_a_section_gets_a_heading_after_the_others(course, tmp_path):
    copied = tmp_path / "course"
    shutil.copytree(course, copied)
    (copied / "assignments" / "tiny" / "handout.md").write_text(HANDOUT.replace("`halve`", "halving"))
    sources = {
        cell.id: cell.source for cell in notebook_of(notebook_files(copied, find_assignment(copied, "tiny"))).cells
    }
    assert sources["question-2-text"] == "## Halving"
    assert list(sources).index("question-2-text") < list(sources).index("text-4")


def test_sections_know_titles_names_and_fences():
    questions = [Question("scale_rows", "Scaling"), Question("b", "Two words"), Question("c", "Third")]
    first = "# 1 `scale_rows_`, 3 `c`\n~~~~\n# Two words\n```\n~~~~"
    second = "### 2) two WORDS · 3 points ##\nx\n#### more"
    assert handout_sections(f"Intro\n{first}\n{second}\n### y\n", questions) == [
        Section("Intro", ()),
        Section(first, ("scale_rows", "c")),
        Section(second, ("b",)),
        Section("### y", ()),
    ]


def test_two_sections_about_one_question_are_refused():
    questions = [Question("softmax", "Softmax")]
    with pytest.raises(AssignmentError, match="two headings of the handout are about the question 'softmax'"):
        handout_sections("## Softmax\n\nA refresher.\n\n## 1 `softmax`\n", questions)


def test_a_question_that_makes_no_files_name_is_refused(course, tmp_path):
    copied = tmp_path / "course"
    shutil.copytree(course, copied)
    for path in copied.glob("assignments/tiny/**/*.*"):
        path.write_text(path.read_text().replace('"halve"', '"ha/lve"'))
    with pytest.raises(AssignmentError, match=r"question 'ha/lve' makes no file's name"):
        notebook_files(copied, find_assignment(copied, "tiny"))


def test_otter_reads_its_test_files_with_our_points(folder):
    double = ExceptionTestFile.from_file("tests/double.py")
    halve = ExceptionTestFile.from_file("tests/halve.py")
    assert [(case.name, case.points, case.hidden) for case in double.test_cases] == [
        ("test_double", 3, False),
        ("test_double_twice", 0.5, False),
    ]
    assert not double.all_or_nothing
    assert [(case.name, case.points) for case in halve.test_cases] == [("test_halve", 2)]
    assert halve.all_or_nothing


# ---------------------------------------------------------------------------------------------------------------------
# Checks, in this process
# ---------------------------------------------------------------------------------------------------------------------


def test_a_wrong_answer_is_told_in_the_words_of_pytest(folder, files):
    notebook = filled(notebook_of(files), {"question-1-code": WRONG})
    nbformat.write(notebook, folder / "tiny.ipynb")
    command = [sys.executable, "-m", "pytest", "--device", "cpu", "-p", "no:cacheprovider", "-k", "double"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120).stdout
    said = failures("double", "test_double", "test_double_twice", double=tripled)
    assert set(said) == {"test_double", "test_double_twice"}
    for message in said.values():
        assert "factor 1.5" in message or "factor 2.25" in message
        assert message in shown


def test_a_question_is_one_session_and_the_next_check_is_another(folder, monkeypatch):
    sessions = []
    main = pytest.main
    monkeypatch.setattr(pytest, "main", lambda *args, **kwargs: sessions.append(args) or main(*args, **kwargs))
    names = {"double": tripled}
    assert len(failures("double", "test_double", "test_double_twice", **names)) == 2
    assert len(sessions) == 1
    names["double"] = doubled
    assert failures("double", "test_double", "test_double_twice", **names) == {}
    assert len(sessions) == 2


def test_a_check_prints_what_the_student_prints_and_leaves_nothing(folder, capfd, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))

    def double(x):
        print("here", tuple(x.shape))
        return x * 2

    modules, environment = set(sys.modules), dict(os.environ)
    assert failures("double", "test_double", double=double) == {}
    out, err = capfd.readouterr()
    assert out == "here (3, 4)\nhere (2, 3)\nhere (2, 3)\n"
    assert err == ""
    assert {name for name in set(sys.modules) - modules if "test_tiny" in name} == set()
    assert dict(os.environ) == environment
    assert not (folder / "summary.md").exists()


def test_a_check_says_what_is_missing_unfinished_or_raised(folder):
    def unfinished(x):
        raise NotImplementedError("double")

    def broken(x):
        return x / 0 @ 1

    assert failures("double", "test_double") == {
        "test_double": "tiny.ipynb defines no `double`; the tests need that exact name\n(test_tiny.py:11)"
    }
    said = failures("double", "test_double", double=unfinished)["test_double"]
    assert re.fullmatch(r"not implemented yet: double \(test_notebook\.py, line \d+\)\n\(test_tiny\.py:11\)", said)
    said = failures("halve", "test_halve", halve=broken)["test_halve"]
    assert "return x / 0 @ 1" in said
    assert "TypeError: unsupported operand" in said
    assert "execution.py" not in said


def test_a_check_of_a_test_that_is_not_there_fails(folder):
    assert (
        "test_tripled is not among the tests here" in failures("double", "test_tripled", double=doubled)["test_tripled"]
    )


def test_autograd_is_off_where_the_assignment_says_so(folder):
    def double(x):
        x = x.clone().requires_grad_()
        (x * x).sum().backward()
        return x * 2

    assert failures("double", "test_double", double=double) == {}
    toml = folder / "assignment.toml"
    toml.write_text("autograd = false\n" + toml.read_text())
    said = failures("double", "test_double", double=double)["test_double"]
    assert f"{AutogradDisabledError.__name__}: backward: autograd is switched off" in said
    assert failures("double", "test_double", double=doubled) == {}


def test_tests_that_cant_be_read_are_an_error_of_their_own(folder):
    (folder / "test_tiny.py").write_text("import no_such_module\n")
    with pytest.raises(AssignmentError, match=r"test_tiny\.py: the tests can't be read.*(?s:.*)no_such_module"):
        QuestionCheck("double").judge("test_double", {})
    shutil.copy(TINY / "test_tiny.py", folder)
    assert failures("double", "test_double", double=doubled) == {}
    (folder / "assignment.toml").unlink()
    with pytest.raises(AssignmentError, match="an assignment is a folder with this file in it"):
        QuestionCheck("double").judge("test_double", {})


def test_a_student_can_interrupt_a_check(folder):
    def double(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        QuestionCheck("double").judge("test_double", {"double": double})


def test_a_running_notebook_has_the_face_of_a_module():
    names: dict[str, Any] = {"double": doubled}
    module = LiveModule("tiny.ipynb", names)
    assert isinstance(module, ModuleType)
    assert module.double is doubled
    assert vars(module) is names
    module.double = tripled
    names["halve"] = doubled
    assert (names["double"], module.halve) == (tripled, doubled)
    del module.halve
    assert "halve" not in names
    for act in (lambda: module.halve, lambda: delattr(module, "halve")):
        with pytest.raises(AttributeError) as caught:
            act()
        assert (caught.value.name, caught.value.obj) == ("halve", module)
    assert module.__file__ == "tiny.ipynb"


# ---------------------------------------------------------------------------------------------------------------------
# In a kernel, with otter
# ---------------------------------------------------------------------------------------------------------------------


def executed(notebook: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Run a notebook from top to bottom; what its cells show, by id."""
    monkeypatch.setenv("IPYTHONDIR", str(folder / ".ipython"))
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=where).execute()
    return {cell.id: "\n".join(shown(cell.outputs)) for cell in notebook.cells if cell.cell_type == "code"}


def shown(outputs: list[Any]) -> Iterator[str]:
    for output in outputs:
        yield output.text if output.output_type == "stream" else output.data["text/plain"]


def passed(question: str) -> str:
    return f"{question} results: All test cases passed!"


def test_in_a_kernel_a_stub_fails_in_our_words_and_its_cells_can_be_changed(folder, files, course, monkeypatch):
    notebook = notebook_of(files)
    for cell_id, source in code_of(SOLUTION, course, "tiny").items():
        notebook.cells.append(nbformat.v4.new_code_cell(source, id=f"{cell_id}-again"))
    broken = "def halve(x):\n    return helper(x)\n\n\ndef helper(x):\n    return x @ 1"
    for cell_id, source in (("all", "grader.check_all()"), ("broken", broken), ("last", 'grader.check("halve")')):
        notebook.cells.append(nbformat.v4.new_code_cell(source, id=cell_id))
    said = executed(notebook, folder, monkeypatch)
    assert "not implemented yet: double (In[3], line 3)\n" in said["question-1-check"]
    for question in ("double", "halve"):
        assert f"not implemented yet: {question} (In[" in said["check-all"]
    assert passed("double") in said["all"] and passed("halve") in said["all"]
    assert re.search(r"In\[\d+\]:2: in halve\s+return helper\(x\)\s", said["last"])
    assert "ipykernel" not in said["last"]


def test_a_real_notebook_passes_from_top_to_bottom_with_the_solution_in_its_cells(tmp_path, monkeypatch):
    """tensor_ops, whose probes count the lines that run in the student's functions."""
    files = notebook_files(ROOT, find_assignment(ROOT, "tensor_ops"))
    write(tmp_path, files)
    solution = (ROOT / "solutions" / "tensor_ops" / "tensor_ops.py").read_text()
    notebook = filled(notebook_of(files, "tensor_ops"), code_of(solution, ROOT, "tensor_ops"))
    said = executed(notebook, tmp_path, monkeypatch)
    for number, question in enumerate(load_assignment(tmp_path).questions, start=1):
        assert said[f"question-{number}-check"] == passed(question.name)
        assert passed(question.name) in said["check-all"]


# ---------------------------------------------------------------------------------------------------------------------
# Setting up, and handing in
# ---------------------------------------------------------------------------------------------------------------------


def test_on_colab_the_first_cell_asks_for_the_zip(files, tmp_path, monkeypatch, capsys):
    asked = []

    def upload() -> dict[str, bytes]:
        asked.append(True)
        return {"tiny-notebook (1).zip": pack({f"tiny-notebook/{name}": data for name, data in files.items()})}

    colab = ModuleType("google.colab")
    colab.files = SimpleNamespace(upload=upload)
    monkeypatch.setitem(sys.modules, "google", ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alone.ipynb").write_bytes(files["tiny.ipynb"])
    assert load_submission(tmp_path / "alone.ipynb", "alone").notes == ()
    assert "Choose tiny-notebook.zip" in capsys.readouterr().out
    assert Path.cwd() == tmp_path / "tiny-notebook"
    assert Path("tests/double.py").is_file()
    load_submission(tmp_path / "alone.ipynb", "alone")  # the cell is run again,
    os.chdir(tmp_path)
    load_submission(tmp_path / "alone.ipynb", "alone")  # also after a restart
    assert Path.cwd() == tmp_path / "tiny-notebook"
    assert len(asked) == 1


def test_a_notebook_handed_in_is_graded_without_a_word_about_its_checks(grade, files, course):
    notebook = filled(notebook_of(files), code_of(SOLUTION, course, "tiny"))
    graded = grade({"done": nbformat.writes(notebook), "untouched": files["tiny.ipynb"]}, suffix=".ipynb")
    for one in graded.values():
        assert (one.load_error, one.notes) == (None, ())
    assert failed(graded["done"]) == set()
    assert len(failed(graded["untouched"])) == 5


def test_code_beside_a_check_is_graded_too(grade):
    cells = ["import otter\ngrader = otter.Notebook('x.ipynb')\n" + GOOD, "grader.check('double')\nBROKEN = nothing"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    graded = grade({"mixed": nbformat.writes(notebook)}, suffix=".ipynb")["mixed"]
    assert failed(graded) == set()
    assert len(graded.notes) == 1 and "name 'nothing' is not defined" in graded.notes[0]


def test_the_stand_in_for_otter_goes_when_a_notebook_is_loaded(tmp_path):
    sources = [
        "from otter import Notebook\nimport otter.check",  # the second is none of what students are told to write
        "import otter\nseen = otter\ngrader = Notebook(tests_dir='t')\nresult = grader.check_all().anything()",
        "from otter import *\ngrader.export(pdf=False)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbformat.write(notebook, tmp_path / "n.ipynb")
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "otter"}
    assert "otter.test_files" in before
    loaded = load_submission(tmp_path / "n.ipynb", "n")
    assert len(loaded.notes) == 1 and "otter.check" in loaded.notes[0]
    assert loaded.module.seen is not before["otter"]
    assert {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "otter"} == before
