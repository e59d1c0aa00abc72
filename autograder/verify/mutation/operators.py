"""Mistakes that any code can have: a sign, a boundary, an order, a statement forgotten.

An operator takes a node and its scope, and yields what could stand there instead. It may yield what does not compile
or changes nothing; ``generate`` leaves that out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import libcst as cst

from autograder.verify.mutation.places import Scope

Operator = Callable[[cst.CSTNode, Scope], Iterator[cst.CSTNode]]

DIMENSIONS = ("dim", "axis", "start_dim")
_EMPTY = cst.Module(body=[])
_ARITHMETIC: dict[type[cst.CSTNode], cst.BaseBinaryOp] = {
    cst.Add: cst.Subtract(),
    cst.Subtract: cst.Add(),
    cst.Multiply: cst.Divide(),
    cst.Divide: cst.Multiply(),
    cst.FloorDivide: cst.Multiply(),
    cst.Power: cst.Multiply(),
    cst.BitOr: cst.BitAnd(),
    cst.BitAnd: cst.BitOr(),
}
_AUGMENTED: dict[type[cst.CSTNode], cst.BaseAugOp] = {
    cst.AddAssign: cst.SubtractAssign(),
    cst.SubtractAssign: cst.AddAssign(),
    cst.MultiplyAssign: cst.DivideAssign(),
    cst.DivideAssign: cst.MultiplyAssign(),
}
_BOUNDARIES: dict[type[cst.CSTNode], cst.BaseCompOp] = {
    cst.LessThan: cst.LessThanEqual(),
    cst.LessThanEqual: cst.LessThan(),
    cst.GreaterThan: cst.GreaterThanEqual(),
    cst.GreaterThanEqual: cst.GreaterThan(),
    cst.Equal: cst.NotEqual(),
    cst.NotEqual: cst.Equal(),
    cst.Is: cst.IsNot(),
    cst.IsNot: cst.Is(),
    cst.In: cst.NotIn(),
    cst.NotIn: cst.In(),
}


def code(node: cst.CSTNode) -> str:
    """A node's text."""
    return _EMPTY.code_for_node(node)


def with_argument(call: cst.Call, number: int, value: cst.BaseExpression) -> cst.Call:
    """The call with another value for one of its arguments."""
    argument = call.args[number].with_changes(value=value)
    return call.with_changes(args=[*call.args[:number], argument, *call.args[number + 1 :]])


def arithmetic(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """Another sign, another operator, and each side of an operation alone."""
    if isinstance(node, cst.BinaryOperation):
        if other := _ARITHMETIC.get(type(node.operator)):
            yield node.with_changes(operator=other)
        if not isinstance(node.operator, cst.MatrixMultiply):
            yield node.left
        if isinstance(node.operator, cst.Add | cst.Multiply | cst.BitOr | cst.BitAnd):
            yield node.right
        if isinstance(node.operator, cst.Subtract | cst.Divide | cst.MatrixMultiply):
            yield node.with_changes(left=node.right, right=node.left)
    elif isinstance(node, cst.AugAssign) and (sign := _AUGMENTED.get(type(node.operator))):
        yield node.with_changes(operator=sign)
    elif isinstance(node, cst.UnaryOperation) and not isinstance(node.expression, cst.Integer | cst.Float):
        yield node.expression


def constants(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """One more or one less, twice as much, the other of two truths."""
    if scope.named in (*DIMENSIONS, "keepdim"):  # ``axes`` and ``arguments`` change those
        return
    if isinstance(node, cst.Integer | cst.UnaryOperation) and code(node).lstrip("-").isdigit():
        value = int(code(node))
        yield cst.parse_expression(str(value + 1))
        if value and value < 10:  # a large one is a size that somebody chose: one side is enough
            yield cst.parse_expression(str(value - 1))
    elif isinstance(node, cst.Float):
        yield cst.Float(repr(2 * float(node.value) or 1.0))
    elif isinstance(node, cst.Name) and node.value in ("True", "False"):
        yield cst.Name("False" if node.value == "True" else "True")


def conditions(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """A comparison's boundary; a condition negated, always true, never true; one side of ``and`` and ``or``."""
    if isinstance(node, cst.ComparisonTarget) and (boundary := _BOUNDARIES.get(type(node.operator))):
        yield node.with_changes(operator=boundary)
    elif isinstance(node, cst.BooleanOperation):
        yield node.left
        yield node.right
        yield node.with_changes(operator=cst.Or() if isinstance(node.operator, cst.And) else cst.And())
    elif isinstance(node, cst.If | cst.IfExp | cst.CompIf):
        if not _is_turned_by_its_operator(node.test):
            yield _tested(node, _negated(node.test))
        for truth in ("True", "False"):
            yield _tested(node, cst.Name(truth))


def _tested(node: cst.If | cst.IfExp | cst.CompIf, test: cst.BaseExpression) -> cst.CSTNode:
    """With another test, and the space that it may not have needed."""
    space = "whitespace_after_if" if isinstance(node, cst.IfExp) else "whitespace_before_test"
    return node.with_changes(test=test, **{space: cst.SimpleWhitespace(" ")})


def _is_turned_by_its_operator(test: cst.BaseExpression) -> bool:
    turned = cst.Equal | cst.NotEqual | cst.Is | cst.IsNot | cst.In | cst.NotIn
    return isinstance(test, cst.Comparison) and isinstance(test.comparisons[0].operator, turned)


def _negated(test: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return test.expression
    return cst.parse_expression(f"not ({code(test)})")


def bounds(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """A slice or a range that is one too long or too short, or open at an end."""
    if isinstance(node, cst.Slice):
        for side in ("lower", "upper"):
            if (bound := getattr(node, side)) is not None:
                yield node.with_changes(**{side: None})
                for moved in _one_off(bound):
                    yield node.with_changes(**{side: moved})
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "range":
        for number, argument in enumerate(node.args):
            for moved in _one_off(argument.value):
                yield with_argument(node, number, moved)


def _one_off(bound: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if not isinstance(bound, cst.Integer | cst.UnaryOperation):  # ``constants`` moves those
        yield cst.parse_expression(f"{code(bound)} + 1")
        yield cst.parse_expression(f"{code(bound)} - 1")


def orders(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """Neighbours swapped: targets of an unpacking, results, elements, positional arguments, indices."""
    if isinstance(node, cst.Tuple | cst.List):
        for elements in _swapped(node.elements):
            yield node.with_changes(elements=elements)
    elif isinstance(node, cst.Subscript):
        for elements in _swapped(node.slice):
            yield node.with_changes(slice=elements)
    elif isinstance(node, cst.Call) and code(node.func) not in ("min", "max"):
        positional = [argument for argument in node.args if argument.keyword is None and not argument.star]
        for arguments in _swapped(positional):
            yield node.with_changes(args=[*arguments, *node.args[len(positional) :]])


def _swapped(nodes: Sequence[cst.CSTNode]) -> Iterator[list[cst.CSTNode]]:
    """Each pair of neighbours swapped; commas stay where they are."""
    for first, second in pairwise(range(len(nodes))):
        a, b = nodes[first], nodes[second]
        if isinstance(a, cst.StarredElement) or isinstance(b, cst.StarredElement) or _same_number(a, b):
            continue
        swapped = [a.with_changes(**_content(b)), b.with_changes(**_content(a))]
        yield [*nodes[:first], *swapped, *nodes[second + 1 :]]


def _same_number(a: cst.CSTNode, b: cst.CSTNode) -> bool:
    try:
        return float(code(a).strip(" ,")) == float(code(b).strip(" ,"))
    except ValueError:
        return False


def _content(node: cst.CSTNode) -> dict[str, cst.CSTNode]:
    return {"slice": node.slice} if isinstance(node, cst.SubscriptElement) else {"value": node.value}  # type: ignore[attr-defined]


def statements(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """A statement forgotten; ``with`` without its context."""
    if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1 and _may_go(node.body[0]):
        yield node.with_changes(body=[cst.Pass()])
    elif isinstance(node, cst.With):
        yield cst.If(cst.Name("True"), node.body, leading_lines=node.leading_lines)


def _may_go(statement: cst.BaseSmallStatement) -> bool:
    """Whether what follows can run without it; a name that is nowhere bound is no mistake that a test must find."""
    if isinstance(statement, cst.Expr):
        return isinstance(statement.value, cst.Call)
    if isinstance(statement, cst.Assign):
        target = statement.targets[0].target
        name = code(target).split(",")[0]
        return isinstance(target, cst.Attribute | cst.Subscript) or _mentions(statement.value, name)
    return isinstance(statement, cst.AugAssign | cst.Continue)


def _mentions(node: cst.CSTNode, name: str) -> bool:
    if isinstance(node, cst.Name):
        return node.value == name
    return any(_mentions(child, name) for child in node.children)


def results(node: cst.CSTNode, scope: Scope) -> Iterator[cst.CSTNode]:
    """Another name's value returned: the first argument's, or what was computed last."""
    if isinstance(node, cst.Return) and isinstance(node.value, cst.Name):
        others = [name for name in scope.local if name != node.value.value]
        for name in dict.fromkeys(others[:1] + others[-1:]):
            yield node.with_changes(value=cst.Name(name))


PYTHON: tuple[Operator, ...] = (arithmetic, constants, conditions, bounds, orders, statements, results)
