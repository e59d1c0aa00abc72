"""The submission that is a running notebook: its names as they are now, in the place of a module loaded from a file."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.core.execution import Reply, Request
from autograder.core.loading import Loaded
from autograder.core.submission import LocalBackend, Raised
from autograder.errors import SubmissionError
from autograder.notebook.cells import place_of


class LiveModule(ModuleType):
    """The global names of a running notebook behind a module's face: probes read, set and trace them as in a module.

    Args:
        file: what messages call the notebook.
        names: its global environment, which is used, not copied.
    """

    def __init__(self, file: str, names: dict[str, Any]):
        super().__init__(file)
        super().__setattr__("__file__", file)
        super().__setattr__("__names__", names)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """The environment itself: it is the globals of the notebook's functions, and probes compare the two."""
        names: dict[str, Any] = super().__getattribute__("__names__")
        return names

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"the notebook has no {name!r}", name=name, obj=self) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self.__dict__[name]
        except KeyError:
            raise AttributeError(f"the notebook has no {name!r}", name=name, obj=self) from None


class LiveBackend(LocalBackend):
    """Probes run in the notebook's own process, on its names.

    Args:
        module: the names.
        autograd: as for ``LocalBackend``.
    """

    def __init__(self, module: LiveModule, *, autograd: bool = True):
        super().__init__(Path(str(module.__file__)), module.__name__, autograd=autograd)
        self._loaded = Loaded(module)

    def attempt(self, request: Request) -> Reply | Raised:
        """As ``Backend.attempt``; what is not implemented yet is told by its cell, since no file has it."""
        __tracebackhide__ = True
        outcome = super().attempt(request)
        if isinstance(outcome, Raised) and isinstance(outcome.error, NotImplementedError):
            problem = SubmissionError(f"not implemented yet: {outcome.error} ({place_of(outcome.error)})")
            return Raised(outcome.lineage, outcome.summary, problem)
        return outcome
