"""Letting ``import torchvision`` work where its compiled operators can't be loaded: a CUDA build beside a CPU torch.

Torchvision survives without them, but for one step of its import: it describes operators that only the compiled part
declares (``RuntimeError: operator torchvision::nms does not exist``). Here they are declared in its place, with nothing
behind them, when the compiled part has been tried and has failed; where it loads, nothing is changed. Data sets,
transforms and models then work; calling an operator fails, with torchvision's own words.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

import torch

_LOADS_OPERATORS = "torchvision.extension"
# What torchvision 0.19 to 0.28 describes without asking whether it is there.
_SCHEMAS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_declared: list[Any] = []  # a declaration lives as long as its library


def mend_torchvision() -> None:
    """Make imports of torchvision from here on work. Imports nothing, costs nothing; a second call does nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    if (tried := sys.modules.get(_LOADS_OPERATORS)) is not None:  # an import may have failed already
        _declare_missing(tried)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != _LOADS_OPERATORS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return spec
        return importlib.util.spec_from_file_location(fullname, loader=_Loader(fullname, spec.loader.path))


class _Loader(importlib.machinery.SourceFileLoader):
    """Runs the module that tries the compiled part, then looks whether that worked."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        _declare_missing(module)


def _declare_missing(extension: ModuleType) -> None:
    if extension._has_ops():
        return
    # Not "DEF": of that there may be one for a namespace, and it is torchvision's.
    library: Any = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    _declared.append(library)
    for name, schema in _SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            library.define(name + schema)
