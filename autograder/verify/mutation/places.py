"""Where a solution may be changed: every node inside its marked regions, with what operators must know of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from autograder.errors import MarkerError
from autograder.release.stub import secret_line_numbers

_Definition = cst.FunctionDef | cst.ClassDef
# A number or a name says little on its own; a change is named by the expression around it.
_TELLING = cst.Call | cst.Subscript | cst.BinaryOperation | cst.Comparison | cst.SimpleStatementLine | cst.For


@dataclass(frozen=True)
class Scope:
    """What operators know of the code around a node.

    Attributes:
        owner: the function or class that holds it, "TwoLayerNet.forward"; "" at top level.
        modules: names that imports bind in the file.
        given: names whose values come from outside of the function: its tensors, what is unpacked from a cache or a
            context, and what a loop hands out. Changing such a value in place shows elsewhere.
        bases: the last names of the class's bases.
        local: all names that the function binds, in order of their first lines.
        gradients: whether gradients flow through what is computed here.
        named: the name of the argument that the node is the value of: "dim" of ``x.sum(dim=1)``; "" for none.
    """

    owner: str = ""
    modules: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    bases: frozenset[str] = frozenset()
    local: tuple[str, ...] = ()
    gradients: bool = False
    named: str = ""


@dataclass(frozen=True)
class Place:
    """A node that may be changed.

    Attributes:
        node: which.
        context: the expression or statement around it that names a change.
        definition: the name of the top-level definition that holds it, "" for none.
        statement: the index of the top-level statement that holds it.
        scope: what is known of the code around it.
    """

    node: cst.CSTNode
    context: cst.CSTNode
    definition: str
    statement: int
    scope: Scope


def places(text: str, path: Path) -> tuple[cst.Module, list[Place]]:
    """The parsed solution and the places in its marked regions, in the order of the text.

    Annotations, imports and decorators are none, nor is what an exception says: a change there is no mistake of tensor
    code.

    Raises:
        MarkerError: the markers are not as they must be, or the solution is no Python.
    """
    secret = secret_line_numbers(text, path)
    try:
        wrapper = MetadataWrapper(cst.parse_module(text))
    except cst.ParserSyntaxError as error:
        raise MarkerError(f"{path}:{error.raw_line}: not valid Python: {error.message}") from None
    walk = _Walk(wrapper, secret)
    return wrapper.module, list(walk.places())


class _Walk:
    """One pass over a module."""

    def __init__(self, wrapper: MetadataWrapper, secret: Collection[int]):
        self._module = wrapper.module
        self._positions = wrapper.resolve(PositionProvider)
        self._secret = secret

    def places(self) -> Iterator[Place]:
        scope = Scope(modules=frozenset(_imported(self._module)))
        for index, statement in enumerate(self._module.body):
            name = statement.name.value if isinstance(statement, _Definition) else ""
            yield from self._below(Place(statement, statement, name, index, scope))

    def _below(self, place: Place) -> Iterator[Place]:
        node = place.node
        if isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom | cst.Decorator | cst.Raise):
            return
        if isinstance(node, _TELLING):
            place = replace(place, context=node)
        if self._is_secret(node):
            yield place
        if isinstance(node, _Definition):
            place = replace(place, scope=_entered(node, place.scope))
        if isinstance(node, cst.Arg | cst.Call):
            named = node.keyword.value if isinstance(node, cst.Arg) and node.keyword else ""
            place = replace(place, scope=replace(place.scope, named=named))
        for child in _worth_changing(node):
            yield from self._below(replace(place, node=child))

    def _is_secret(self, node: cst.CSTNode) -> bool:
        span = self._positions.get(node)
        return span is not None and all(line in self._secret for line in range(span.start.line, span.end.line + 1))


def _worth_changing(node: cst.CSTNode) -> Sequence[cst.CSTNode]:
    """A node's children, but for those where a change says the same again."""
    if _is_negative_number(node):
        return ()
    if isinstance(node, cst.Assign) and isinstance(node.value, cst.Tuple):
        return (node.value,)  # a, b = b, a: whatever is done to one side can be done to the other
    return node.children


def _is_negative_number(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.UnaryOperation) and isinstance(node.expression, cst.Integer | cst.Float)


def _imported(module: cst.Module) -> Iterator[str]:
    for line in module.body:
        for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(statement, cst.Import | cst.ImportFrom) and not isinstance(statement.names, cst.ImportStar):
                for alias in statement.names:
                    yield alias.evaluated_alias or alias.evaluated_name.split(".")[0]


def _entered(node: _Definition, scope: Scope) -> Scope:
    """The scope inside of a definition."""
    owner = f"{scope.owner}.{node.name.value}".lstrip(".")
    if isinstance(node, cst.ClassDef):
        bases = {_last_name(base.value) for base in node.bases}
        return replace(scope, owner=owner, bases=frozenset(bases))
    bound = _Bound(node.body)
    parameters = [*node.params.params, *node.params.kwonly_params]
    arguments = [param.name.value for param in parameters if param.name.value not in ("self", "ctx", "cls")]
    tensors = {param.name.value for param in parameters if param.annotation and _mentions_tensor(param.annotation)}
    return replace(
        scope,
        owner=owner,
        given=scope.given | tensors | bound.given,
        local=tuple(dict.fromkeys([*arguments, *bound.names])),
        gradients=_has_gradients(node, scope) or bound.backpropagates,
    )


def _has_gradients(node: cst.FunctionDef, scope: Scope) -> bool:
    """Whether autograd records what a method computes; in the ``forward`` of a Function it does not."""
    name = node.name.value
    return name == "backward" if "Function" in scope.bases else "Module" in scope.bases and name != "__init__"


def _mentions_tensor(node: cst.CSTNode) -> bool:
    return (isinstance(node, cst.Name) and node.value == "Tensor") or any(map(_mentions_tensor, node.children))


def _last_name(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


class _Bound:
    """What a function binds.

    Attributes:
        names: in order.
        given: those of them whose values come from outside.
        backpropagates: whether it calls ``.backward()``.
    """

    def __init__(self, body: cst.CSTNode):
        self.names: list[str] = []
        self.given: set[str] = set()
        self.backpropagates = False
        self._read(body)

    def _read(self, node: cst.CSTNode) -> None:
        if isinstance(node, cst.Assign):
            for target in node.targets:
                self._bind(target.target, given=isinstance(target.target, cst.Tuple) and _is_handed_over(node.value))
        elif isinstance(node, cst.For):
            counts = isinstance(node.iter, cst.Call) and _last_name(node.iter.func) == "range"
            self._bind(node.target, given=not counts)
        elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            self.backpropagates |= node.func.attr.value == "backward"
        for child in node.children:
            self._read(child)

    def _bind(self, target: cst.BaseExpression, *, given: bool) -> None:
        names = list(_names(target))
        self.names += names
        self.given.update(names if given else ())


def _is_handed_over(value: cst.BaseExpression) -> bool:
    """``cache`` or ``ctx.saved_tensors``."""
    if isinstance(value, cst.Attribute):
        return isinstance(value.value, cst.Name) and value.value.value == "ctx"
    return isinstance(value, cst.Name)


def _names(target: cst.BaseExpression) -> Iterator[str]:
    if isinstance(target, cst.Name):
        yield target.value
    elif isinstance(target, cst.Tuple):
        for element in target.elements:
            yield from _names(element.value)
