"""What grading costs beside the training that a submission itself does.

The solution notes the CPU time of its own functions that train; a grading's CPU time is that of its judge and its
worker from their forks on.
"""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.core.assignment import Assignment
from autograder.core.engine import Engine
from autograder.core.outcome import Graded, Task

_TIMES = 5
_TRAINS = ("train", "fit")  # how the names of functions that train begin
_NOTE = "seconds of CPU went into training:"
_METER = '''

def _metered(function, _clock=__import__("time").process_time, _inside=[]):
    """Prints what the outermost of these functions took."""
    def run(*args, **kwargs):
        started = _clock()
        _inside.append(function)
        try:
            return function(*args, **kwargs)
        finally:
            _inside.pop()
            if not _inside:
                print("{note}", _clock() - started)
    return run
'''


@dataclass(frozen=True)
class TrainingCost:
    """Medians over several gradings, in seconds of CPU.

    Attributes:
        whole: of one grading, the import of the submission included.
        training: of it, what the submission spent on training.
    """

    whole: float
    training: float

    @property
    def ratio(self) -> float:
        """What one second of training costs to grade."""
        return self.whole / self.training


def training_functions(source: str) -> tuple[str, ...]:
    """The top-level functions of a submission that train a model, by their names."""
    names = (node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    return tuple(name for name in names if name.startswith(_TRAINS))


def metered(source: str) -> str:
    """The same submission, which says what its training took."""
    wrapped = [f"{name} = _metered({name})" for name in training_functions(source)]
    return source + _METER.format(note=_NOTE) + "\n".join(wrapped) + "\n"


def measure_training_cost(assignment: Assignment, source: str, scratch: Path, *, data: str | None) -> TrainingCost:
    """Grade one submission several times, one at a time."""
    scratch.mkdir()
    (scratch / f"{assignment.module}.py").write_text(metered(source), encoding="utf-8")
    tasks = [Task(str(number), scratch, f"{assignment.module}.py") for number in range(_TIMES + 1)]
    with Engine(assignment, device="cpu", data=data, accept_less=True) as engine:
        graded = list(engine.grade(tasks))[1:]  # what is touched for the first time is not what is measured
    return TrainingCost(statistics.median(item.seconds["cpu"] for item in graded), _training_seconds(graded))


def _training_seconds(graded: Sequence[Graded]) -> float:
    pattern = re.compile(rf"{re.escape(_NOTE)} ([0-9.e-]+)")
    texts = ["\n".join(outcome.output for outcome in item.outcomes) for item in graded]
    return statistics.median(sum(map(float, pattern.findall(text))) for text in texts)
