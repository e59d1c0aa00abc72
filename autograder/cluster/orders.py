"""What driver and node tell each other, as JSON: nothing that comes from a node is unpickled into objects of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from autograder.core.layers import Layer
from autograder.core.outcome import Graded, TestInfo, TestOutcome


@dataclass(frozen=True)
class Order:
    """What a batch asks of an engine on a node.

    Attributes:
        batch: a name that no other batch has.
        engine: the driver's ``engine_identity``.
        assignment: its name.
        shown: the assignment's folder on the driver, as errors name it.
        package: ``content_hash`` of the assignment's package.
        temporary: the driver's folder for temporary files, in whose terms texts are made steady.
        device, seed, skip, only, data, measure_memory, without, accept_less: as for ``Engine``.
    """

    batch: str
    engine: str
    assignment: str
    shown: str
    package: str
    temporary: str
    device: str
    seed: int
    skip: tuple[str, ...]
    only: tuple[str, ...]
    data: str | None
    measure_memory: bool
    without: tuple[str, ...]
    accept_less: bool

    def to_json(self) -> str:
        """For the way to a node."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Order:
        """What was sent."""
        raw = json.loads(text)
        return cls(**{**raw, **{name: tuple(raw[name]) for name in ("skip", "only", "without")}})


@dataclass(frozen=True)
class Facts:
    """What an engine found on its node; the attributes are those of ``Engine``."""

    device: str
    data: str
    data_note: str
    layers: tuple[Layer, ...]
    versions: Mapping[str, str]
    tests: tuple[TestInfo, ...]

    def to_json(self) -> dict[str, Any]:
        """For the way to the driver."""
        tests = [{**asdict(test), "points": str(test.points)} for test in self.tests]
        return {**asdict(self), "versions": dict(self.versions), "tests": tests}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Facts:
        """What was sent."""
        layers = tuple(Layer(**layer) for layer in raw["layers"])
        tests = tuple(TestInfo(**{**test, "points": Decimal(test["points"])}) for test in raw["tests"])
        return cls(**{**raw, "layers": layers, "tests": tests})

    def against(self, other: Facts) -> str | None:
        """Why scores of the two could differ, in words, or None."""
        if (mine := _versions(self)) != (theirs := _versions(other)):
            return f"{mine} here, {theirs} elsewhere"
        if self.device != other.device:
            return f"device {self.device} here, {other.device} elsewhere"
        if self.data != other.data:
            return f"data set {self.data or 'none'} here, {other.data or 'none'} elsewhere"
        return "other tests than elsewhere" if self.tests != other.tests else None

    def lacks(self, layers: Iterable[Layer]) -> list[str]:
        """The names of those layers that are active there, but not here."""
        active = {layer.name for layer in self.layers if layer.active}
        return [layer.name for layer in layers if layer.active and layer.name not in active]


def common_layers(facts: Iterable[Facts]) -> tuple[Layer, ...]:
    """The layers as one can rely on them everywhere: active are those that are active on all nodes."""
    common: dict[str, Layer] = {}
    for found in facts:
        for layer in found.layers:
            known = common.setdefault(layer.name, layer)
            if known.active and not layer.active:
                common[layer.name] = replace(layer, remark=layer.remark or "not on every node")
    return tuple(common.values())


def graded_from_json(raw: Mapping[str, Any]) -> Graded:
    """A graded submission as a node sends it."""
    outcomes = tuple(TestOutcome(**outcome) for outcome in raw["outcomes"])
    return Graded(**{**raw, "outcomes": outcomes, "notes": tuple(raw["notes"])})


def _versions(facts: Facts) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(facts.versions.items()))
