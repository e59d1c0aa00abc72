"""The engine as a wheel, to go along with what students and graders receive."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wheel:
    """A built distribution of the engine.

    Attributes:
        name: its file name.
        data: its bytes.
    """

    name: str
    data: bytes
