"""Turning a submission's file into a module, in the worker and on the student's machine alike.

A ``.py`` file is run as it stands. A notebook's code cells run in order; a cell that fails costs neither the other
cells nor its own later definitions, since students leave cells in that only try things out. Otter's check cells run
too, every line of them, on a stand-in for otter that does nothing: its checks are for students. ``__name__`` is the
module's name, so an ``if __name__ == "__main__":`` block does not run.
"""

from __future__ import annotations

import ast
import io
import linecache
import re
import sys
import tokenize
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.errors import LoadError

# Cell magics whose body is ordinary Python; a cell under any other (%%bash, %%html, ...) is no code of ours.
_PYTHON_CELL_MAGICS = {"time", "timeit", "capture", "prun", "python", "python3"}
# A statement that only IPython understands: %magic, !shell, ?help, name = %magic, name = !shell, help?
_IPYTHON_LINE = re.compile(r"^(\s*)(?:[%!?]|[\w, .\[\]]+=\s*[%!]|[\w.]+\?{1,2}\s*$)")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Loaded:
    """A submission as a module, with remarks on what did not run."""

    module: ModuleType
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Cell:
    label: str  # for people: "code cell 3"
    filename: str  # for tracebacks
    source: str


def load_submission(path: Path, name: str) -> Loaded:
    """Run the file at ``path`` as module ``name``.

    Raises:
        LoadError: it is missing, empty, no notebook, has a syntax error, or raises; one line says which and where.
    """
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    data = _read(path)
    if path.suffix == ".ipynb":
        module.__dict__["display"] = lambda *_, **__: None  # notebooks have it as a builtin
        with _otter_stand_in():
            notes = [note for cell in _cells(data, path) for note in _run_cell(cell, module)]
        return Loaded(module, tuple(notes))
    _run_file(data, path, module)
    return Loaded(module)


class _Inert:
    """Has every attribute, takes every call, and does nothing."""

    def __getattr__(self, name: str) -> _Inert:
        if name.startswith("__"):  # what Python itself asks for
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> _Inert:
        return self


@contextmanager
def _otter_stand_in() -> Iterator[None]:
    """``import otter`` finds nothing that acts: there are no files of tests beside a submission, and maybe no otter."""
    stand_in = ModuleType("otter")
    stand_in.__dict__["__getattr__"] = _Inert().__getattr__
    own = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "otter"}
    for name in own:
        del sys.modules[name]
    sys.modules["otter"] = stand_in
    try:
        yield
    finally:
        del sys.modules["otter"]
        sys.modules.update(own)


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LoadError(f"{path.name}: can't be read: {error.strerror}") from None
    if not data.strip():
        raise LoadError(f"{path.name}: the file is empty; hand in the file with your code")
    return data


def _run_file(data: bytes, path: Path, module: ModuleType) -> None:
    source = _decoded(data, path)
    try:
        code = compile(source, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise LoadError(f"{path.name}: {_syntax_problem(error)}") from None
    _remember_source(str(path), source)
    try:
        exec(code, module.__dict__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise LoadError(f"{path.name}: importing {_run_problem(error, str(path))}") from error


def _decoded(data: bytes, path: Path) -> str:
    """Source text by its coding declaration, UTF-8 where it has none, as Python itself reads files."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LoadError(f"{path.name}: line {line}: not {error.encoding} text; save the file as UTF-8") from None
    except (SyntaxError, LookupError) as error:
        raise LoadError(f"{path.name}: {error}; save the file as UTF-8") from None


def _run_cell(cell: _Cell, module: ModuleType) -> Iterator[str]:
    """Run one cell; yields a remark for each thing that did not run."""
    try:
        tree = ast.parse(python_of_cell(cell.source), cell.filename)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        yield f"{cell.label} does not run: {_syntax_problem(error)}"
        return
    _remember_source(cell.filename, cell.source)
    failed = False
    for statement in tree.body:
        if failed and not isinstance(statement, _DEFINITIONS):
            continue
        try:
            exec(compile(ast.Module([statement], []), cell.filename, "exec", dont_inherit=True), module.__dict__)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            failed = True
            yield f"{cell.label} stops: {_run_problem(error, cell.filename)}; of the rest, only definitions were run"


def _cells(data: bytes, path: Path) -> Iterator[_Cell]:
    try:
        import nbformat
    except ImportError:
        raise LoadError(f"{path.name}: reading notebooks needs nbformat: pip install 'autograder[notebook]'") from None
    try:
        reads: Any = nbformat.reads  # nbformat has no types
        notebook = reads(data.decode("utf-8"), as_version=4)
        sources = [str(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    except Exception as error:  # nbformat passes on whatever its readers trip over
        raise LoadError(f"{path.name}: not a valid notebook ({type(error).__name__}); download it again") from None
    if not any(source.strip() for source in sources):
        raise LoadError(f"{path.name}: the notebook has no code")
    for number, source in enumerate(sources, start=1):
        yield _Cell(f"code cell {number}", f"<code cell {number} of {path.name}>", source)


def python_of_cell(source: str) -> str:
    """A cell's source with what only IPython understands replaced by ``pass``, line numbers kept.

    Only a line that Python itself stumbles over is replaced, so a ``%`` that starts a continuation line stays.
    """
    lines = source.split("\n")
    if magic := re.match(r"\s*%%(\w+)", source):
        if magic[1] not in _PYTHON_CELL_MAGICS:
            return ""
        lines[source[: magic.start(1)].count("\n")] = ""
    for _ in range(len(lines)):
        try:
            ast.parse("\n".join(lines))
        except (IndentationError, SyntaxError) as error:
            number = (error.lineno or 0) - 1
            match = _IPYTHON_LINE.match(lines[number]) if 0 <= number < len(lines) else None
            if match is None:
                break
            lines[number] = f"{match[1]}pass"
        except (ValueError, RecursionError, MemoryError):
            break
    return "\n".join(lines)


def _remember_source(filename: str, source: str) -> None:
    """Let tracebacks show the lines of a file that is not where its name says (a notebook's cell)."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)


def _syntax_problem(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        line = f"line {error.lineno}: " if error.lineno else ""
        text = f" in `{error.text.strip()[:80]}`" if error.text and error.text.strip() else ""
        return f"{line}{type(error).__name__}: {error.msg}{text}"
    return f"it can't be compiled: {type(error).__name__}: {str(error)[:200]}"


def _run_problem(error: BaseException, filename: str) -> str:
    """One line: what was raised while the file ran, and on which of its lines."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == filename]
    where = f" at line {frames[-1].lineno} (`{(frames[-1].line or '').strip()[:80]}`)" if frames else ""
    if isinstance(error, SystemExit):
        return f"it exits{where}"
    return f"it raises {type(error).__name__}: {_first_line(error)}{where}"


def _first_line(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # a submission's exception may fail at anything
        return "(no message)"
    return text.strip().split("\n")[0][:300] or "(no message)"
