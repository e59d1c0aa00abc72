"""Mistakes of tensor code: the wrong axis, a reduction, a transpose, a graph cut off, a change in place."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from autograder.verify.mutation.operators import DIMENSIONS, Operator, code, with_argument
from autograder.verify.mutation.places import Scope

# Methods whose first positional argument is a dimension.
_DIM_FIRST = re.compile(
    r"(sum|mean|amax|amin|argmax|argmin|max|min|squeeze|unsqueeze|(log_)?softmax|gather|(scatter|index_add)_?"
    r"|unfold|flatten|cumsum)"
)
_OTHER_NAME = {
    "mean": ("sum",),
    "sum": ("mean",),
    "amax": ("amin", "max"),
    "amin": ("amax",),
    "max": ("min",),
    "min": ("max",),
    "argmax": ("argmin",),
    "any": ("all",),
    "all": ("any",),
    "zeros": ("ones",),
    "zeros_like": ("ones_like",),
    "new_zeros": ("new_ones",),
    "sigmoid": ("tanh",),
    "tanh": ("sigmoid",),
    "square": ("abs",),
    "exp": ("expm1",),
    "log": ("log1p",),
    "softmax": ("log_softmax", "sigmoid"),
    "log_softmax": ("softmax",),
    "round": ("floor", "trunc"),
    "reshape": ("view",),
    "train": ("eval",),
    "eval": ("train",),
    "stack": ("cat",),
    "randn": ("rand",),
    "unsqueeze": ("squeeze",),
    "chunk": ("split",),
    "from_numpy": ("tensor",),
}
_IN_PLACE = re.compile(r"abs|add|sub|mul|div|clamp|exp|log|sqrt|square|round|masked_fill|neg|sigmoid|tanh|relu")
_OUT_OF_PLACE = re.compile(rf"({_IN_PLACE.pattern}|index_add|scatter|addcmul)_")
_IN_PLACE_OF = {cst.Add: "add_", cst.Subtract: "sub_", cst.Multiply: "mul_", cst.Divide: "div_", cst.Power: "pow_"}
_AUGMENTED_OF = {cst.AddAssign: "+", cst.SubtractAssign: "-", cst.MultiplyAssign: "*", cst.DivideAssign: "/"}
_OTHER_DTYPE = {"float32": "float64", "float64": "float32", "int64": "int32", "uint8": "int64"}
# None, a Python number, or an object of a class; what a function gives may be a tensor, also the ``apply`` of a class.
_NO_TENSOR = re.compile(r"None$|.*\.item\(\)$|([a-z_]+\.)*[A-Z]\w*\(")
_CONVERSIONS = ("float", "int", "list", "tuple")


def axes(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """Another dimension."""
    if not isinstance(node, cst.Call):
        return
    for number, argument in enumerate(node.args):
        if _is_dimension(node, number):
            others = {"0": ("1", "-1"), "1": ("0",), "-1": ("0", "-2")}.get(code(argument.value), ("0", "-1"))
            for other in others:
                yield with_argument(node, number, cst.parse_expression(other))


def _is_dimension(call: cst.Call, number: int) -> bool:
    keyword = call.args[number].keyword
    if keyword is not None:
        return keyword.value in DIMENSIONS
    return (
        number == 0 and isinstance(call.func, cst.Attribute) and _DIM_FIRST.fullmatch(call.func.attr.value) is not None
    )


def arguments(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """A named argument forgotten: keepdim, dtype, device, a generator, an initial value."""
    if isinstance(node, cst.Call):
        for number, argument in enumerate(node.args):
            if argument.keyword is not None:
                rest = [*node.args[:number], *node.args[number + 1 :]]
                if rest:
                    rest[-1] = rest[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
                yield node.with_changes(args=rest)


def names(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """Another function of the same kind, another dtype."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        for other in _OTHER_NAME.get(node.func.attr.value, ()):
            yield node.with_changes(func=node.func.with_changes(attr=cst.Name(other)))
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in ("min", "max"):
        yield node.with_changes(func=cst.Name("max" if node.func.value == "min" else "min"))
    elif isinstance(node, cst.Attribute) and code(node.value) == "torch" and node.attr.value in _OTHER_DTYPE:
        yield node.with_changes(attr=cst.Name(_OTHER_DTYPE[node.attr.value]))


def spread(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """The other kind of variance, and a dimension kept where it was dropped."""
    if not (isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)):
        return
    named = {argument.keyword.value for argument in node.args if argument.keyword}
    if node.func.attr.value in ("var", "std") and not named & {"unbiased", "correction"}:
        yield cst.parse_expression(f"{code(node)[:-1]}{', ' if node.args else ''}correction=0)")
    if node.func.attr.value in ("sum", "mean", "amax") and "dim" in named and "keepdim" not in named:
        yield cst.parse_expression(f"{code(node)[:-1]}, keepdim=True)")


def calls(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """A call forgotten: what it was called on, or its first argument, as it is."""
    if not isinstance(node, cst.Call):
        return
    func, first = node.func, node.args[0].value if node.args and not node.args[0].star else None
    if isinstance(func, cst.Name):
        if func.value in _CONVERSIONS and first is not None:
            yield first
    elif isinstance(func, cst.Attribute):
        receiver = _root(func.value)
        if receiver in scope.modules:
            if first is not None:
                yield first
        elif receiver not in ("self", "ctx", "super") and not _is_uninitialised(func.value):
            yield func.value


def _is_uninitialised(node: cst.BaseExpression) -> bool:
    """A tensor whose values are anyone's guess; what a test makes of it would be, too."""
    return isinstance(node, cst.Call) and code(node.func).split(".")[-1] in ("empty", "empty_like", "new_empty")


def _root(node: cst.BaseExpression) -> str:
    while isinstance(node, cst.Attribute):
        node = node.value
    return node.value if isinstance(node, cst.Name) else ""


def transposes(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """A transpose forgotten, or one too many beside ``@``."""
    if isinstance(node, cst.Attribute) and node.attr.value in ("T", "mT"):
        yield node.value
    elif isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.MatrixMultiply):
        for side in ("left", "right"):
            operand = getattr(node, side)
            if isinstance(operand, cst.Name | cst.Attribute) and not code(operand).endswith(".T"):
                yield node.with_changes(**{side: cst.Attribute(operand, cst.Name("T"))})


def in_place(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """In place where a new value was made of one that came from outside, and the other way round."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        name, receiver = node.func.attr.value, node.func.value
        if _IN_PLACE.fullmatch(name) and _is_given(receiver, scope):
            yield node.with_changes(func=node.func.with_changes(attr=cst.Name(f"{name}_")))
        if _OUT_OF_PLACE.fullmatch(name) and isinstance(receiver, cst.Name | cst.Attribute):
            yield node.with_changes(func=node.func.with_changes(attr=cst.Name(name[:-1])))
    elif isinstance(node, cst.BinaryOperation) and _is_given(node.left, scope):
        if method := _IN_PLACE_OF.get(type(node.operator)):
            yield cst.parse_expression(f"{code(node.left)}.{method}({code(node.right)})")
    elif isinstance(node, cst.AugAssign) and _is_given(node.target, scope) and type(node.operator) in _AUGMENTED_OF:
        target, sign = code(node.target), _AUGMENTED_OF[type(node.operator)]
        line = cst.parse_statement(f"{target} = {target} {sign} ({code(node.value)})")
        yield cst.ensure_type(line, cst.SimpleStatementLine).body[0]


def _is_given(node: cst.BaseExpression, scope: Scope) -> bool:
    return isinstance(node, cst.Name) and node.value in scope.given


def graphs(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """A gradient cut off, where gradients flow: in what is assigned, returned, saved or collected."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        if node.func.attr.value in ("save_for_backward", *(["append"] if scope.gradients else [])):
            for number, argument in enumerate(node.args):
                yield with_argument(node, number, _detached(argument.value))
    elif (value := _handed_on(node, scope)) is not None:
        if isinstance(value, cst.Tuple):
            for number, element in enumerate(value.elements):
                cut = element.with_changes(value=_detached(element.value))
                elements = [*value.elements[:number], cut, *value.elements[number + 1 :]]
                yield node.with_changes(value=value.with_changes(elements=elements))
        else:
            yield node.with_changes(value=_detached(value))


def _handed_on(node: cst.CSTNode, scope: Scope) -> cst.BaseExpression | None:
    """What a method returns, or what gets a name; what a training loop returns is done with gradients."""
    if scope.gradients and isinstance(node, cst.Return) and scope.bases:
        return node.value
    if scope.gradients and isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Name):
        return node.value
    return None


def _detached(node: cst.BaseExpression) -> cst.BaseExpression:
    """The node's value without its history; the node itself where that is certainly no tensor."""
    text = code(node)
    if _NO_TENSOR.match(text) or isinstance(node, cst.List | cst.ListComp | cst.Dict | cst.Integer | cst.Float):
        return node
    simple = isinstance(node, cst.Name | cst.Attribute | cst.Call | cst.Subscript) or node.lpar
    return cst.parse_expression(f"{text}.detach()" if simple else f"({text}).detach()")


TENSORS: tuple[Operator, ...] = (axes, arguments, names, spread, calls, transposes, in_place, graphs)
