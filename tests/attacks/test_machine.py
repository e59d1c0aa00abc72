"""Attacks on the machine: each is stopped while all layers are on, and each works as soon as its layers are left out.

The second half is what makes the first one a proof: an attack that fails because it is badly written would be stopped
by anything. What the layers stop is shown in an engine without them; what the engine's design stops, in the kind of
grader that most courses have: pytest in the submission's folder. See ``_honest.py`` for what attacks are built on.
"""

from __future__ import annotations

import ast
import contextlib
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from autograder.core.engine import Engine
from autograder.core.layers import LAYERS, LIMITS, ONE_CORE
from autograder.core.outcome import Graded, Task
from autograder.core.scratch import scratch_folder
from autograder.grading.scoring import score_questions, total
from tests.attacks.conftest import MACHINE, EngineMaker
from tests.attacks.evidence import KINDS, Beside, Evidence, Later, Nursery, Printed, Recalled, Watch

FOLDER = Path(__file__).parent / "machine"
HONEST = (FOLDER / "_honest.py").read_text()
DESIGN = "design"
_NAIVE_SECONDS = 30

# A grader as it is often written: everything in one process, submissions first on the path.
_NAIVE_TEST = """
import sys

def test_double():
    for folder in {folders!r}:
        sys.path.insert(0, folder)
        sys.modules.pop("tiny", None)
        import tiny
        assert tiny.double(2) == 4
        sys.path.remove(folder)

HIDDEN = {hidden!r}
"""


@dataclass(frozen=True)
class Attack:
    """One attack submission, with the literal constants of its file."""

    name: str
    source: str
    settings: dict[str, Any]

    @property
    def earns(self) -> Decimal:
        """Points of its honest part, with all layers on."""
        return Decimal(self.settings["EARNS"])

    @property
    def stopped_by(self) -> frozenset[str]:
        """All layers that stop it, each alone."""
        return frozenset(self.settings["STOPPED_BY"])

    @property
    def needs(self) -> str | None:
        """What the machine must offer for it to have an effect, a word of ``MACHINE``."""
        return self.settings.get("NEEDS")


def _load(path: Path) -> Attack:
    source, settings = path.read_text(), {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            with contextlib.suppress(ValueError):  # not a literal: the attack's own business
                settings[statement.targets[0].id] = ast.literal_eval(statement.value)
    return Attack(path.stem, source, settings)


_ALL = [_load(path) for path in sorted(FOLDER.glob("[!_]*.py"))]
ATTACKS = [attack for attack in _ALL if attack.needs != "x86_64" or MACHINE["x86_64"]]  # others can't run at all
ON_LAYERS = [attack for attack in ATTACKS if DESIGN not in attack.stopped_by]
ON_DESIGN = [attack for attack in ATTACKS if DESIGN in attack.stopped_by]
_APART = frozenset({LIMITS, ONE_CORE})  # have nothing to do with one another: one engine does for both


def _to_leave_out(attack: Attack) -> frozenset[str]:
    """The layers without which it has its effect."""
    return _APART if attack.stopped_by <= _APART else attack.stopped_by


def _sets_to_leave_out() -> list[list[str]]:
    """All that stops an attack, which then has its effect; and all but one layer of that, which then has to do."""
    sets = {_to_leave_out(attack) for attack in ON_LAYERS}
    sets |= {layers - {one} for layers in sets - {_APART} for one in layers if len(layers) > 1}
    return sorted(map(sorted, sets))


class Fight:
    """One attack, its evidence, and the submissions that carry it out."""

    def __init__(self, attack: Attack, ground: Path, submissions: Path):
        self.attack = attack
        self.evidence: Evidence = KINDS[attack.settings["EVIDENCE"]](_opened(ground / attack.name), attack.settings)
        constants = self.evidence.prepare()
        roles = [constants]
        if isinstance(self.evidence, Later | Beside):
            roles.append(self.evidence.for_second(constants))
        self.folders = [
            self._submission(submissions / f"{attack.name}-{number}", role) for number, role in enumerate(roles)
        ]
        self.graded: list[Graded] = []
        self.effect = ""

    def _submission(self, folder: Path, constants: dict[str, Any]) -> Path:
        folder.mkdir(mode=0o700)
        known = "".join(f"{name} = {value!r}\n" for name, value in constants.items())
        files = {**self.attack.settings.get("FILES", {}), "tiny.py": HONEST + self.attack.source}
        for name, text in files.items():
            (folder / name).write_text(known + text if name.endswith(".py") else text)
        return folder

    def tasks(self) -> list[Task]:
        return [Task(folder.name, folder, "tiny.py") for folder in self.folders]

    def look(self, text: str, watch: Watch) -> None:
        self.effect = self.effect or self.evidence.reached(text, watch)

    def text(self) -> str:
        """All that came out, errors included."""
        parts = []
        for graded in self.graded:
            parts += [graded.error or "", graded.load_error or "", *graded.notes]
            parts += [f"{outcome.message}\n{outcome.output}" for outcome in graded.outcomes]
        return "\n".join(filter(str.strip, parts))


def _opened(folder: Path) -> Path:
    """A folder that all may enter."""
    folder.mkdir()
    folder.chmod(0o755)
    return folder


@contextlib.contextmanager
def fights(attacks: Iterable[Attack]) -> Iterator[list[Fight]]:
    """Everything prepared: targets on a ground that all may enter, submissions where the grader keeps them."""
    with tempfile.TemporaryDirectory(prefix="attacks-") as ground, scratch_folder("attackers-") as submissions:
        os.chmod(ground, 0o755)
        with contextlib.ExitStack() as stack:
            prepared = []
            for attack in attacks:
                prepared.append(Fight(attack, Path(ground), submissions))
                stack.callback(prepared[-1].evidence.close)
            yield prepared


def _carry_out(engine: Engine, prepared: list[Fight]) -> None:
    """Grade all attacks: most of them together, pairs in order or side by side, those on the nursery one by one."""
    pairs = [fight for fight in prepared if isinstance(fight.evidence, Beside)]
    on_nursery = [fight for fight in prepared if isinstance(fight.evidence, Nursery)]
    others = [fight for fight in prepared if fight not in pairs and fight not in on_nursery]
    with Watch() as watch:
        _grade(engine, others, [fight.tasks()[0] for fight in others])
        _grade(engine, others, [task for fight in others for task in fight.tasks()[1:]])
        for fight in pairs:
            _grade(engine, [fight], fight.tasks())
        for fight in [*others, *pairs]:
            fight.look(fight.text(), watch)
        for fight in on_nursery:
            fight.evidence.pid = engine._nursery.pid
            _grade(engine, [fight], fight.tasks())
            fight.look(fight.text(), watch)


def _grade(engine: Engine, graded_now: list[Fight], tasks: list[Task]) -> None:
    by_key = {folder.name: fight for fight in graded_now for folder in fight.folders}
    for graded in engine.grade(tasks):
        by_key[graded.key].graded.append(graded)


def _score(engine: Engine, graded: Graded) -> Decimal:
    passed = frozenset(outcome.name for outcome in graded.outcomes if outcome.verdict == "passed")
    return total(score_questions(engine.assignment, engine.tests, passed))


def _told(fight: Fight, what: str) -> str:
    return f"{fight.attack.name}: {what}\n    " + fight.text().strip()[-600:].replace("\n", "\n    ")


def test_attacks_say_what_they_are():
    assert len(ATTACKS) >= 45
    for attack in _ALL:
        assert {"EARNS", "STOPPED_BY", "EVIDENCE"} <= attack.settings.keys(), attack.name
        assert attack.stopped_by, attack.name
        assert attack.stopped_by <= {*LAYERS, DESIGN}, attack.name
        assert attack.needs is None or attack.needs in MACHINE, attack.name
        assert attack.settings["EVIDENCE"] in KINDS, attack.name
        assert (ast.get_docstring(ast.parse(attack.source)) or "").strip(), attack.name


@pytest.mark.parametrize("processes", [False, True], ids=["threads only", "with processes"])
def test_with_all_layers_no_attack_has_an_effect_or_costs_its_honest_part(engine_without: EngineMaker, processes: bool):
    wrong, open_here = [], []
    with engine_without((), processes=processes) as engine, fights(ATTACKS) as prepared:
        assert not engine.isolation.missing
        _carry_out(engine, prepared)
        for fight in prepared:
            attack, scores = fight.attack, {_score(engine, graded) for graded in fight.graded}
            if scores != {attack.earns}:
                wrong.append(_told(fight, f"scored {', '.join(map(str, scores))}, not {attack.earns}"))
            if processes and attack.settings.get("ALLOWED_WITH_PROCESSES"):
                continue
            absent = _absent(engine)
            if fight.effect and (attack.stopped_by <= absent or attack.settings.get("TOGETHER_WITH") in absent):
                open_here.append(attack.name)
            elif fight.effect:
                wrong.append(_told(fight, fight.effect))
    assert not wrong, "\n".join(wrong)
    if open_here:
        warnings.warn(f"not stopped here ({engine.isolation}): {', '.join(open_here)}", stacklevel=1)


@pytest.mark.parametrize("layers", _sets_to_leave_out(), ids=", ".join)
def test_each_layer_that_an_attack_names_stops_it_and_no_other_does(engine_without: EngineMaker, layers: list[str]):
    out, wrong, not_shown = set(layers), [], []
    attacks = [attack for attack in ON_LAYERS if _to_leave_out(attack) == out]
    attacks += [attack for attack in ON_LAYERS if attack.stopped_by > out and len(attack.stopped_by - out) == 1]
    with engine_without(layers) as engine, fights(attacks) as prepared:
        _carry_out(engine, prepared)
        for fight in prepared:
            attack, still_on = fight.attack, fight.attack.stopped_by - out
            if attack.needs is not None and not MACHINE[attack.needs]:
                not_shown.append(f"{attack.name} (needs {attack.needs})")
            elif still_on and still_on <= _absent(engine):
                not_shown.append(f"{attack.name} (needs {', '.join(still_on)})")
            elif still_on and fight.effect:
                wrong.append(_told(fight, f"{', '.join(still_on)} alone does not stop it: {fight.effect}"))
            elif not still_on and not fight.effect:
                wrong.append(_told(fight, "had no effect"))
    assert not wrong, "\n".join(wrong)
    if not_shown:
        warnings.warn(f"can't be shown on this machine: {'; '.join(not_shown)}", stacklevel=1)


def _absent(engine: Engine) -> set[str]:
    return {layer.name for layer in engine.isolation.layers if not layer.active}


@pytest.mark.parametrize("attack", ON_DESIGN, ids=lambda attack: attack.name)
def test_a_naive_grader_is_open_to_what_the_design_stops(attack: Attack):
    with fights([attack]) as [fight], Watch() as watch:
        text = _naively_graded(fight)
        fight.look(text, watch)
    assert fight.effect, text


def _naively_graded(fight: Fight) -> str:
    """All that pytest says when it runs in the (first) submission's folder, as many graders have it run."""
    folder = fight.folders[0]
    (folder / "test_naive.py").write_text(
        _NAIVE_TEST.format(folders=list(map(str, fight.folders)), hidden=Recalled.HIDDEN.read_text())
    )
    shared = folder.parent / "tmp"
    shared.mkdir()
    output = folder.parent / "output"  # a file: a daemon that holds a pipe would keep us waiting
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "TMPDIR": str(shared),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    inherited = fight.evidence.descriptors() if isinstance(fight.evidence, Printed) else ()
    with output.open("wb") as file:
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "test_naive.py"],
            stdout=file,
            stderr=file,
            cwd=folder,
            env=environment,
            pass_fds=inherited,
            timeout=_NAIVE_SECONDS,
            check=False,
        )
    return output.read_text(errors="replace")
