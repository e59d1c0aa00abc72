"""Take the README's pictures of pages: ``python -m tests.screenshots``, or with the names of those that are wanted.

"staff" and "student" are of a made-up class. It is made of the assignments' mutants: most students make a few of their
mistakes, some hand in what can't be graded. It is the same every time; so are its pages, but for dates and durations.
"verify" is of the verification of the assignments whose automatic mutants are settled, without training: some minutes.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from autograder.cli import main as autograder
from autograder.selftest.compose import compose
from autograder.selftest.demo import NAMES
from tests.conftest import ROOT
from tests.test_report_pages import FLAGS, chromium

HERE = Path(__file__).resolve().parent
CLASS, TRAINED = "manual_backprop", "mlp_mnist"
UNGRADED = {"Leila Haddad": "def relu(x)\n", "Noah Williams": "", "Priya Sharma": "import my_own_helpers\n"}
STUDENT = "Yael Cohen"
MISTAKES_OF_STUDENT = ("epoch_steps_along_the_sum", "train_one_batch_an_epoch")


def main(names: Sequence[str]) -> int:
    """Make the pictures of these names, or all."""
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder, started_browser() as browser:
        for name in names or PICTURES:
            page, width, height = PICTURES[name](Path(folder))
            picture(browser, page, HERE / f"{name}.png", width=width, height=height)
    return 0


def staff(folder: Path) -> tuple[Path, int, int]:
    """The page for staff, and the size of its picture."""
    out = graded(folder, CLASS, dict(whole_class()), "--skip-question", "train_spiral")
    return out / "report.html", 1200, 1400


def student(folder: Path) -> tuple[Path, int, int]:
    """A student's page."""
    out = graded(folder, TRAINED, {STUDENT: with_mistakes(TRAINED, MISTAKES_OF_STUDENT)})
    (page,) = (out / "feedback").glob("*.html")
    return page, 860, 1700


def verified(folder: Path) -> tuple[Path, int, int]:
    """The page of a verification of all assignments."""
    out = folder / "verified"
    names = sorted(path.parent.name for path in (ROOT / "solutions").glob("*/equivalent.toml"))
    run(["verify", *names, "--automatic", "--no-training", "--course", str(ROOT), "--out", str(out)])
    return out / "verify.html", 1200, 990


PICTURES = {"staff": staff, "student": student, "verify": verified}


@contextmanager
def started_browser() -> Iterator[Browser]:
    """Chromium, as the tests start it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


def whole_class() -> Iterator[tuple[str, str]]:
    """Name and source of everybody; some mistakes are made more often than others."""
    choice = random.Random(6)
    mutants = sorted(path.stem for path in (ROOT / "solutions" / CLASS / "mutants").glob("*.py"))
    choice.shuffle(mutants)
    for name in NAMES:
        mistakes = {
            mutants[int(choice.random() ** 2 * 60)] for _ in range(choice.choice((0, 1, 2, 3, 4, 6, 8, 11, 14)))
        }
        yield name, UNGRADED[name] if name in UNGRADED else with_mistakes(CLASS, sorted(mistakes))


def with_mistakes(assignment: str, mutants: Sequence[str]) -> str:
    """The solution with the definitions of mutants in it."""
    folder = ROOT / "solutions" / assignment
    source = (folder / f"{assignment}.py").read_text(encoding="utf-8")
    for mutant in mutants:
        source = compose(source, (folder / "mutants" / f"{mutant}.py").read_text(encoding="utf-8"))
    return source


def graded(folder: Path, assignment: str, sources: dict[str, str], *options: str) -> Path:
    """Grade a class and make its pages; returns the folder that they are in."""
    submissions, out = folder / f"{assignment}-class", folder / assignment
    submissions.mkdir()
    for name, source in sources.items():
        (submissions / f"{name}.py").write_text(source, encoding="utf-8")
    where = ["--course", str(ROOT), "--out", str(out)]
    run(["grade", str(submissions), "--assignment", assignment, "--seed", "0", *where, *options])
    run(["report", *where])
    return out


def run(arguments: Sequence[str]) -> None:
    """A command of ours; what it says is shown when it fails."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = autograder(arguments)
    if code != 0:
        sys.exit(f"autograder {' '.join(arguments)} ended with {code}:\n{said.getvalue()}")


def picture(browser: Browser, page_file: Path, path: Path, *, width: int, height: int) -> None:
    """The top of a page."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(page_file.as_uri())
    page.screenshot(path=str(path))
    page.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
