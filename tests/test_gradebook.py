"""The gradebook: what is written is read back whole, whoever breaks it is told in one line, two runs are compared."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.errors import GradebookError
from autograder.gradebook import schema, status, store
from autograder.gradebook.diff import changed_scores, difference
from autograder.gradebook.locate import NAME
from autograder.gradebook.model import COMPLETE, INTERRUPTED, RUNNING, QuestionPoints
from autograder.gradebook.status import KILLED, progress_of
from autograder.gradebook.store import Gradebook
from autograder.gradebook.writer import GradebookWriter, NewEntry, NewResult, NewRun, content_hash
from autograder.intake.model import Submission

FILES = [("tiny.py", b"x = 1\n"), ("helper.py", b"y = 2\n")]
POINTS = {"a": Decimal("2.50"), "b": Decimal(4)}  # by test


def new_run(submissions: int, assignment: str = "tiny", seed: int = 7) -> NewRun:
    return NewRun(
        assignment, "1.0", seed, "cpu", "", "limits", 2, "0.1", {"torch": "2"}, submissions, ("z: a link",),
        {"tests": "1"}, "key", '{"tests": []}',
    )  # fmt: skip


def result(tests: Mapping[str, str], **changes: object) -> NewResult:
    """A result with these verdicts, by test."""
    score = sum((POINTS[name] for name, verdict in tests.items() if verdict == "passed"), Decimal(0))
    maximum = sum(POINTS.values(), Decimal(0))
    parts: dict[str, object] = {
        "fingerprint": "f", "files": FILES, "status": "graded", "problem": None, "score": score, "maximum": maximum,
        "questions": (QuestionPoints("q", "Question", score, maximum),),
        "verdicts": [(name, verdict, None) for name, verdict in tests.items()],
        "seconds": {"total": 1.25}, "text": '{"student": "Ann"}\n',
    }  # fmt: skip
    return NewResult(**{**parts, **changes})  # type: ignore[arg-type]


BOTH, FIRST, NONE = ({"a": a, "b": b} for a, b in (("passed",) * 2, ("passed", "failed"), ("failed",) * 2))
Class = Mapping[str, Mapping[str, str] | NewResult | None]


def write_run(
    book: GradebookWriter, results: Class, *, state: str | None = COMPLETE, assignment: str = "tiny", **who: object
) -> int:
    """A run in which these students, by name, have these verdicts; None: not yet."""
    entries = [NewEntry(Submission(name, name.lower(), **who), None, "new") for name in results]  # type: ignore[arg-type]
    number = book.begin(new_run(len(results), assignment), entries)
    for name, verdicts in results.items():
        if verdicts is not None:
            made = verdicts if isinstance(verdicts, NewResult) else result(verdicts, fingerprint=name)
            book.add(number, name.lower(), made)
    if state is not None:
        book.end(number, state)
    return number


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out" / NAME


@pytest.fixture
def book(path: Path) -> Iterator[GradebookWriter]:
    with GradebookWriter.open(path) as opened:
        yield opened


def test_what_is_written_is_read_back_while_it_is_written(path, book):
    ann = Submission(
        "Ann", "ann", identity="0042", attempt=3, marked_late=True,
        submitted=datetime(2026, 11, 1, 23, 59, tzinfo=timezone(timedelta(hours=-8))),
    )  # fmt: skip
    bob = Submission("שלום \udcff", "bob", problem="no file to grade")
    number = book.begin(new_run(2, seed=2**80), [NewEntry(ann, None, "new"), NewEntry(bob, None, "new")])
    book.add(number, "ann", result(FIRST))
    with Gradebook.open(path) as reader:
        run = reader.run()
        assert (run.number, run.state, run.submissions, run.done, run.reused, run.errors) == (1, RUNNING, 2, 1, 0, 0)
        assert (run.seed, run.left_out, run.versions, run.finished) == (2**80, ("z: a link",), {"torch": "2"}, None)
        (summary,) = reader.summaries(1)
        assert (summary.student, summary.identity, summary.attempt) == ("Ann", "0042", 3)
        assert (summary.submitted, summary.marked_late, summary.reused) == (ann.submitted, True, False)
        assert (summary.score, summary.maximum, summary.status) == (Decimal("2.5"), Decimal("6.5"), "graded")
        assert summary.questions == (QuestionPoints("q", "Question", Decimal("2.5"), Decimal("6.5")),)
        entry = reader.entry(1, "ann")
        assert (entry.summary, entry.record, entry.seconds) == (summary, {"student": "Ann"}, {"total": 1.25})
        assert list(reader.source(entry.content).items()) == FILES
        assert list(reader.entries(1)) == [entry]
        assert dict(reader.verdicts(1)) == {"ann": FIRST}
        no_file = result({}, files=(), status="no usable file", problem="no file to grade")
        book.add(number, "bob", no_file)
        book.end(number, INTERRUPTED)
        assert reader.run(1).state == INTERRUPTED
        assert [summary.slug for summary in reader.summaries(1)] == ["ann", "bob"]
        assert reader.entry(1, "bob").content == ""
        assert reader.source("") == {}


def test_there_is_no_such_run_or_entry(path, book):
    with Gradebook.open(path) as reader:
        assert reader.runs() == ()
        with pytest.raises(GradebookError, match="no run in it; there are: none"):
            reader.run()
        write_run(book, {"Ann": BOTH, "Bob": None})
        with pytest.raises(GradebookError, match="no run 9 in it; there are: 1"):
            reader.run(9)
        with pytest.raises(GradebookError, match="run 1 has no result for 'bob'"):
            reader.entry(1, "bob")


def test_equal_files_are_kept_once_and_names_that_are_no_text_are_kept(path, book):
    odd = [("tiny.py", b"x = 1\n"), ("caf\udce9.py", b"y = 2\n")]
    write_run(book, {"Ann": BOTH, "Bob": BOTH, "Cat": result(BOTH, files=odd)})
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM file").fetchone() == (2,)
    assert connection.execute("SELECT count(*) FROM submission").fetchone() == (2,)
    assert list(book.source(content_hash(odd))) == ["tiny.py", "caf\\udce9.py"]


def test_a_result_that_is_kept_is_the_same_row_for_row(book):
    write_run(book, {"Ann": FIRST, "Bob": BOTH})
    kept = [NewEntry(Submission(name, name.lower()), book.find_result(name), "") for name in ("Ann", "Bob")]
    number = book.begin(new_run(2), kept)
    assert (book.run(number).reused, book.run(number).done) == (2, 2)
    assert all(summary.reused for summary in book.summaries(number))
    assert book.comparable(1) == book.comparable(number) == book.comparable()
    write_run(book, {"Ann": FIRST, "Bob": FIRST})
    assert book.comparable() != book.comparable(1)


def test_a_result_at_which_the_grader_broke_is_never_kept(book):
    broken = result({}, fingerprint="Ann", status="error", problem="disk full", score=None)
    write_run(book, {"Ann": broken})
    assert book.find_result("Ann") is None
    earlier = book.earlier("tiny", Submission("Ann", "ann"))
    assert earlier is not None
    assert (earlier.status, earlier.content, earlier.parts) == ("error", content_hash(FILES), {"tests": "1"})
    assert book.run().errors == 1
    assert book.earlier("other", Submission("Ann", "ann")) is None


def test_of_a_submission_there_is_all_or_nothing(path, book):
    number = write_run(book, {"Ann": None}, state=None)
    twice = [("a", "passed", None), ("a", None, None)]  # the second is no verdict
    with pytest.raises(GradebookError):
        book.add(number, "ann", result(BOTH, verdicts=twice))
    connection = sqlite3.connect(path)
    for table in ("file", "submission", "result", "test_result"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    book.add(number, "ann", result(BOTH))
    assert book.run().done == 1


# --- what can be wrong with the file ------------------------------------------------------------------------------


def damaged(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)


def foreign(path: Path) -> None:
    path.unlink()
    sqlite3.connect(path).execute("CREATE TABLE of_somebody (x)").connection.close()


def newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_text("no database at all" * 100), "damaged, or no gradebook"),
        (damaged, "damaged, or no gradebook"),
        (foreign, "a database, but no gradebook"),
        (newer, "written by a newer autograder"),
    ],
)
def test_a_file_that_is_not_ours_is_one_line_and_stays_as_it_is(path, spoil: Callable[[Path], None], said):
    with GradebookWriter.open(path) as book:
        write_run(book, {"Ann": BOTH})
    spoil(path)
    before = path.read_bytes()
    for opened in (Gradebook.open, GradebookWriter.open):
        with pytest.raises(GradebookError, match=said) as caught, opened(path) as book:
            list(book.entries(book.run().number))
        assert len(str(caught.value).splitlines()) == 1
        assert str(path) in str(caught.value)
    assert path.read_bytes() == before


def test_a_file_that_is_not_there_is_not_made_by_reading(path):
    with pytest.raises(GradebookError, match="no such gradebook"):
        Gradebook.open(path)
    assert not path.exists()


def test_a_file_still_empty_is_a_gradebook_without_runs(path):
    path.parent.mkdir()
    path.touch()  # killed before the tables were made
    with Gradebook.open(path) as book:
        assert book.runs() == ()


def test_there_is_one_writer_at_a_time_and_readers_disturb_nobody(path, book):
    with pytest.raises(GradebookError, match="another `autograder grade` writes in it"):
        GradebookWriter.open(path)
    write_run(book, {"Ann": BOTH})
    with Gradebook.open(path) as one, Gradebook.open(path) as two:
        assert one.run() == two.run()
        write_run(book, {"Ann": BOTH})
        assert one.run().number == 2


def test_a_database_that_another_program_locks_is_one_line(path, book, monkeypatch):
    write_run(book, {"Ann": BOTH})
    book.close()
    monkeypatch.setattr(store, "_PATIENCE", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(GradebookError, match="another program has locked it"), GradebookWriter.open(path) as again:
        write_run(again, {"Ann": BOTH})
    other.execute("ROLLBACK")
    other.close()
    monkeypatch.setattr(book, "close", lambda: None)


def test_a_full_disk_is_one_line_and_what_was_done_is_kept(path, book):
    number = write_run(book, {"Ann": BOTH, "Bob": None}, state=None)
    pages = book._connection.execute("PRAGMA page_count").fetchone()[0]
    book._connection.execute(f"PRAGMA max_page_count = {pages}")  # what SQLite says then is SQLITE_FULL
    with pytest.raises(GradebookError, match="the disk is full; what is done is kept"):
        book.add(number, "bob", result(BOTH, files=[("tiny.py", os.urandom(100_000))]))
    with Gradebook.open(path) as reader:
        assert [summary.slug for summary in reader.summaries(number)] == ["ann"]


def test_who_may_only_read_reads(path):
    with GradebookWriter.open(path) as book:
        write_run(book, {"Ann": BOTH})
    path.chmod(0o444)
    path.parent.chmod(0o555)
    pid = os.fork()
    if pid == 0:  # root may write anywhere
        code = 1
        try:
            os.chmod(path.parent.parent, 0o755)
            if os.getuid() == 0:
                _let_in(path)
                os.setuid(65534)
            with Gradebook.open(path) as reader:
                code = 0 if reader.run().done == 1 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    path.parent.chmod(0o755)


def _let_in(path: Path) -> None:
    """Everybody may enter the folders above."""
    for folder in path.parents:
        if folder.stat().st_uid == 0 and folder.stat().st_mode & 0o001 == 0:
            folder.chmod(folder.stat().st_mode | 0o011)


def test_an_older_file_is_migrated_or_left_alone(path, monkeypatch):
    with GradebookWriter.open(path) as book:
        write_run(book, {"Ann": BOTH})
    monkeypatch.setattr(schema, "VERSION", 2)
    monkeypatch.setattr(store, "VERSION", 2)

    def fails_half_way(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE run ADD COLUMN room TEXT")
        raise sqlite3.OperationalError("power cut")

    monkeypatch.setattr(schema, "_MIGRATIONS", {1: fails_half_way})
    with pytest.raises(GradebookError, match="power cut"):
        Gradebook.open(path)
    monkeypatch.setattr(
        schema, "_MIGRATIONS", {1: lambda connection: connection.execute("ALTER TABLE run ADD COLUMN room TEXT")}
    )
    with Gradebook.open(path) as reader:  # the column is added once: nothing of the first try stayed
        assert reader.run().done == 1
        assert next(reader._rows("PRAGMA user_version"))[0] == 2


# --- one run beside another ---------------------------------------------------------------------------------------


def test_diff_says_who_moved_on_which_test_who_is_new_and_who_is_gone(path, book, capsys):
    write_run(book, {"Ann": FIRST, "Bob": BOTH, "Cat": BOTH, "Dan": NONE})
    broken = result({}, status="error", problem="disk full", score=None)
    write_run(book, {"Ann": BOTH, "Bob": BOTH, "Eve": NONE, "Cat": broken})
    found = difference(book, 1, 2)
    assert [(move.after.slug, move.by, move.tests) for move in found.moved] == [
        ("ann", 4, (("b", "failed", "passed"),)),
        ("cat", None, (("a", "passed", "-"), ("b", "passed", "-"))),
    ]
    assert ([s.slug for s in found.new], [s.slug for s in found.gone], found.unchanged) == (["eve"], ["dan"], 1)
    book.close()
    assert main(["diff", "--gradebook", str(path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "tiny: run 1 (1.0) -> run 2 (1.0)"
    assert "  Ann: 2.5 of 6.5 -> 6.5 of 6.5 (+4)" in said
    assert "    b: failed -> passed" in said
    assert "  Cat: 6.5 of 6.5 -> error" in said
    assert said[-1] == "2 moved, 1 new, 1 gone, 1 unchanged"


def test_a_verdict_that_moved_without_the_score_is_told(book):
    tests = {"a": "failed", "b": "failed"}
    write_run(book, {"Ann": tests})
    write_run(book, {"Ann": {"a": "failed", "b": "error"}})
    (move,) = difference(book, 1, 2).moved
    assert (move.by, move.tests) == (0, (("b", "failed", "error"),))


def test_runs_of_different_assignments_are_not_compared(book):
    write_run(book, {"Ann": BOTH})
    write_run(book, {"Ann": BOTH}, assignment="urn")
    with pytest.raises(GradebookError, match="run 1 is of tiny, run 2 of urn"):
        difference(book, 1, 2)


def test_the_same_person_is_found_under_another_attempt_or_with_an_identity(book):
    write_run(book, {"Ann": FIRST})
    write_run(book, {"Ann": BOTH}, identity="42")
    write_run(book, {"Ann": FIRST}, identity="42", attempt=2)
    for earlier, later in ((1, 2), (2, 3), (1, 3)):
        found = difference(book, earlier, later)
        assert not (found.new or found.gone), (earlier, later)


def test_scores_are_compared_with_the_last_that_each_had(book):
    write_run(book, {"Ann": FIRST, "Bob": BOTH, "Cat": NONE})
    write_run(book, {"Ann": BOTH, "Bob": None, "Cat": None}, state=None)  # killed
    number = write_run(book, {"Ann": BOTH, "Bob": NONE, "Cat": NONE, "Dan": BOTH})
    assert [(move.after.slug, move.run) for move in changed_scores(book, 2)] == [("ann", 1)]
    assert [(move.after.slug, move.run, move.by) for move in changed_scores(book, number)] == [
        ("bob", 1, Decimal("-6.5"))
    ]


# --- status -------------------------------------------------------------------------------------------------------


def test_status_of_a_run_that_is_written(path, book, capsys):
    number = write_run(book, {"Ann": BOTH, "Bob": None, "Cat": None}, state=None)
    with Gradebook.open(path) as reader:
        now = reader.run().started + timedelta(seconds=30)
        progress = progress_of(reader, now=now)
        assert (progress.state, progress.statuses) == (RUNNING, {"graded": 1})
        assert progress.rate == pytest.approx(2)
        assert progress.left == timedelta(minutes=1)
        much_later = now + timedelta(hours=1)
        assert (progress_of(reader, now=much_later).rate, progress_of(reader, now=much_later).left) == (0, None)
    assert main(["status", "--gradebook", str(path)]) == 0
    said = capsys.readouterr().out
    assert "run 1, running: 1 of 3 done (33 %)" in said
    assert "1 graded" in said
    assert "3: new" in said
    book.end(number, COMPLETE)
    assert main(["status", "1", "--out", str(path.parent)]) == 0
    assert "run 1, complete" in capsys.readouterr().out


def test_a_running_run_without_its_process_was_killed(path):
    pid = os.fork()
    if pid == 0:
        write_run(GradebookWriter.open(path), {"Ann": BOTH, "Bob": None}, state=None)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    with Gradebook.open(path) as reader:
        assert progress_of(reader).state == KILLED
    with GradebookWriter.open(path) as book:  # whoever writes now writes another run
        write_run(book, {"Ann": BOTH}, state=None)
        states = [status.state_of(book, run) for run in book.runs()]
    assert states == [KILLED, RUNNING]


def test_which_gradebook_a_command_means(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["status"]) == 2
    assert "no grades/*/gradebook.sqlite here" in capsys.readouterr().err
    for age, name in enumerate(("old", "new", "older")):
        path = Path("grades") / name / NAME
        with GradebookWriter.open(path) as book:
            write_run(book, {"Ann": BOTH}, assignment=name)
        moment = datetime(2026, 1, 3 - (age + 1) % 3, tzinfo=UTC).timestamp()
        os.utime(path, (moment, moment))
    newest = max(Path("grades").glob(f"*/{NAME}"), key=lambda path: path.stat().st_mtime)
    assert main(["status"]) == 0
    assert capsys.readouterr().out.startswith(f"{newest}: 1 run")
    for options in (["--out", "grades/old"], ["--gradebook", f"grades/old/{NAME}"]):
        assert main(["status", *options]) == 0
        assert capsys.readouterr().out.startswith(f"grades/old/{NAME}: 1 run")
    assert main(["status", "--out", "nowhere"]) == 2
    assert "no such gradebook" in capsys.readouterr().err
