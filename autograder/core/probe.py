"""Probes: the half of a test that meets the submission.

Promises: a probe that ``@probe`` accepts runs the same in the test module and from its source alone, because it uses no
name but its own arguments and locals, builtins, torch, numpy (np) and math. It is refused at decoration, that is when
its test module is imported, with a message that names the global.

Does not promise: secrecy. A submission can read the source of a probe; a probe must know no answer.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import dis
import inspect
import math
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

import numpy
import torch

from autograder.errors import ProbeError

# What the source of a probe may name beside its own locals and builtins.
PROBE_GLOBALS: dict[str, Any] = {"torch": torch, "numpy": numpy, "np": numpy, "math": math}


@dataclass(frozen=True)
class Probe:
    """A function that was checked to be self-contained, and its source.

    Attributes:
        name: the function's name.
        source: its source without decorators; compiles on its own.
        parameters: the names of its parameters after the first, which is the submission's module.
        function: the function itself, for runs in process.
    """

    name: str
    source: str
    parameters: tuple[str, ...]
    function: Callable[..., Any] = field(compare=False)

    def __call__(self, student: object, *args: Any, **kwargs: Any) -> Any:
        """Run in process, as the function would."""
        return self.function(student, *args, **kwargs)


def probe(function: Callable[..., Any]) -> Probe:
    """Make a function a probe: checked now, sent to the sandbox as source later.

    Raises:
        ProbeError: it uses a global or closure variable, is no plain function, or its source can't be found.
    """
    source = _source_without_decorators(function)
    where = f"{function.__code__.co_filename}: probe {function.__name__}"
    parameters = tuple(inspect.signature(function).parameters)
    if not parameters:
        raise ProbeError(f"{where} takes no argument; the first is the submission's module")
    for name in sorted(_globals_of(compile_probe(source, function.__name__))):
        if name in PROBE_GLOBALS:
            if function.__globals__.get(name, PROBE_GLOBALS[name]) is PROBE_GLOBALS[name]:
                continue
            raise ProbeError(f"{where} uses {name!r}, which is not the module of that name here")
        if not hasattr(builtins, name):
            raise ProbeError(
                f"{where} uses the global {name!r}; it is sent to the sandbox as source and sees only its arguments, "
                "torch, numpy (np), math and builtins: pass the value as an argument, or import inside the probe"
            )
    return Probe(function.__name__, source, parameters[1:], function)


def compile_probe(source: str, name: str) -> CodeType:
    """Compile a probe's source as a module; annotations are never evaluated."""
    flags = __future__.annotations.compiler_flag
    code: CodeType = compile(source, f"<probe {name}>", "exec", flags=flags, dont_inherit=True)
    return code


def define_probe(source: str, name: str) -> Callable[..., Any]:
    """The function that a probe's source defines, with nothing but ``PROBE_GLOBALS`` around it."""
    namespace: dict[str, Any] = {"__name__": "probe", **PROBE_GLOBALS}
    exec(compile_probe(source, name), namespace)
    function: Callable[..., Any] = namespace[name]
    return function


def _source_without_decorators(function: Callable[..., Any]) -> str:
    if not inspect.isfunction(function) or function.__name__ == "<lambda>":
        raise ProbeError(f"{function!r} can't be a probe: it must be a function made by def")
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except OSError:
        raise ProbeError(
            f"probe {function.__name__}: its source can't be found, and a probe is sent as source"
        ) from None
    definition = ast.parse(text).body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise ProbeError(f"probe {function.__name__}: only a plain def can be a probe")
    return "".join(text.splitlines(keepends=True)[definition.lineno - 1 :])


def _globals_of(code: CodeType) -> set[str]:
    """Names that a probe's compiled source takes from its surroundings.

    The module's own code is looked at for default arguments, all nested code for the rest. A class body stores and
    loads its own names with the same instructions as globals, so what it stores is left out.
    """
    own = {code.co_consts[0].co_name} if isinstance(code.co_consts[0], CodeType) else set()
    names: set[str] = set()
    for part in _nested(code):
        stored = {item.argval for item in dis.get_instructions(part) if item.opname == "STORE_NAME"}
        loads = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS", "STORE_GLOBAL", "DELETE_GLOBAL")
        names |= {item.argval for item in dis.get_instructions(part) if item.opname in loads} - stored
    return names - own - {"__name__", "__build_class__", "__annotations__", "__conditional_annotations__"}


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)
