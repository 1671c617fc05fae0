"""Targets that are whole numbers of lists: what a loop goes through, ``for x, target in rows``, or picks, ``y[i]``.

A target is subtracted from what the file computes, or compared with it and multiplied, at its place or in a function
that it is passed to. What is an index, a count or a size as well is left alone.

In a file with such targets, inputs that something is multiplied by are taken with them: rows such as (1, 1) would hide
a step that is made with another input.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .literals import counting_parts, last_name, nodes_in

MOST_CALLS = 2  # that a target may pass through on its way from the loop to the error
SCOPES = (ast.For, ast.While, ast.FunctionDef)
Functions = Mapping[str, ast.FunctionDef]
# (name or text of an item, statements, variables that come with it, functions, calls it may pass through)
Use = Callable[[str, list[ast.stmt], set[str], Functions, int], bool]


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The targets of a file."""

    named: Mapping[ast.For | ast.Assign, list[str]]  # variables, by the statement that gives them their values
    items: frozenset[ast.Subscript]  # the places where an item is read

    def __bool__(self) -> bool:
        return bool(self.named or self.items)


def targets_of(tree: ast.AST) -> Targets:
    """The targets of a file."""
    functions = {one.name: one for one in nodes_in(tree) if isinstance(one, ast.FunctionDef)}
    found = _used_as(_is_target, tree, functions)
    return _joined(found, _used_as(_is_factor, tree, functions)) if found else found


def _used_as(is_used: Use, tree: ast.AST, functions: Functions) -> Targets:
    """The variables and the items of data that a file uses in one way."""
    named = looped(is_used, tree, functions) | assigned(is_used, tree, functions)
    return Targets(named=named, items=items(is_used, tree, functions))


def _joined(targets: Targets, inputs: Targets) -> Targets:
    """Both together; of the variables, the inputs that a statement takes together with a target."""
    named = {at: list(dict.fromkeys([*names, *inputs.named.get(at, ())])) for at, names in targets.named.items()}
    return Targets(named=named, items=targets.items | inputs.items)


def looped(is_used: Use, tree: ast.AST, functions: Functions) -> dict[ast.For | ast.Assign, list[str]]:
    """The loops of a file, each with those of its variables that are used in a way."""
    found: dict[ast.For | ast.Assign, list[str]] = {}
    for loop in nodes_in(tree):
        if isinstance(loop, ast.For):
            variables = _variables(loop.target, loop.iter)
            names = [one for one in variables if is_used(one, loop.body, set(variables), functions, MOST_CALLS)]
            if names:
                found[loop] = names
    return found


def assigned(is_used: Use, tree: ast.AST, functions: Functions) -> dict[ast.For | ast.Assign, list[str]]:
    """The assignments in loops and functions that take such data: ``x, target = row``, ``target = y[i]``."""
    found: dict[ast.For | ast.Assign, list[str]] = {}
    for scope in nodes_in(tree):
        if not isinstance(scope, SCOPES):
            continue
        taken = [one for one in scope.body if isinstance(one, ast.Assign) and _is_taken(one)]
        names = {one: [name.id for name in ast.walk(one.targets[0]) if isinstance(name, ast.Name)] for one in taken}
        inputs = {name for several in names.values() for name in several}
        body = [one for one in scope.body if one not in names]
        for one, several in names.items():
            targets = [name for name in several if is_used(name, body, inputs, functions, MOST_CALLS)]
            if targets:
                found[one] = targets
    return found


def _is_taken(node: ast.Assign) -> bool:
    """Whether an assignment takes items of data, or what follows from whole numbers of them alone (``a or b``)."""
    target, value = node.targets[0], node.value
    if len(node.targets) != 1 or not isinstance(target, (ast.Name, ast.Tuple, ast.List)):
        return False
    if isinstance(target, (ast.Tuple, ast.List)):
        return isinstance(value, (ast.Name, ast.Subscript)) and all(isinstance(one, ast.Name) for one in target.elts)
    if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.BitAnd, ast.BitOr, ast.BitXor)):
        return all(isinstance(one, ast.Subscript) for one in (value.left, value.right))
    values = value.values if isinstance(value, ast.BoolOp) else [value]
    return all(isinstance(one, ast.Subscript) for one in values)


def items(is_used: Use, tree: ast.AST, functions: Functions) -> frozenset[ast.Subscript]:
    """Where items of data are read that are used in a way: ``y[i] - out``, ``train(x[i], y[i])``."""
    every = [one for one in nodes_in(tree) if isinstance(one, ast.Subscript)]
    written = {ast.unparse(one.value) for one in every if isinstance(one.ctx, ast.Store)}
    found = set[ast.Subscript]()
    for scope in nodes_in(tree):
        if not isinstance(scope, SCOPES):
            continue
        places: dict[str, list[ast.Subscript]] = {}
        for node in _own_nodes(scope):
            if isinstance(node, ast.Subscript) and _is_item(node) and ast.unparse(node.value) not in written:
                places.setdefault(ast.unparse(node), []).append(node)
        for text, several in places.items():
            if is_used(text, scope.body, set(), functions, MOST_CALLS):
                found |= set(several)
    return frozenset(found)


def _own_nodes(scope: ast.For | ast.While | ast.FunctionDef) -> Iterator[ast.AST]:
    """All that stands in a loop or a function, without the functions in it."""
    left: list[ast.AST] = list(scope.body)
    while left:
        node = left.pop()
        yield node
        left += [one for one in ast.iter_child_nodes(node) if not isinstance(one, (ast.FunctionDef, ast.Lambda))]


def _is_item(node: ast.Subscript) -> bool:
    """Whether it reads the item of a variable at a number or a variable, or one more of that at a number."""
    is_number = isinstance(node.slice, (ast.Constant, ast.UnaryOp))
    if isinstance(node.value, ast.Subscript):
        return is_number and _is_item(node.value)
    is_read = isinstance(node.ctx, ast.Load) and isinstance(node.value, (ast.Name, ast.Attribute))
    return is_read and (is_number or isinstance(node.slice, ast.Name))


def _variables(target: ast.expr, items: ast.expr) -> list[str]:
    """The variables of a loop that hold items, rather than numbers of a range."""
    function = items.func.id if isinstance(items, ast.Call) and isinstance(items.func, ast.Name) else ""
    parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else []
    if function == "range":
        return []
    if isinstance(items, ast.Call) and function == "enumerate" and len(parts) == 2 and items.args:
        return _variables(parts[1], items.args[0])
    if isinstance(items, ast.Call) and function == "zip" and len(parts) == len(items.args):
        return [name for part, one in zip(parts, items.args) for name in _variables(part, one)]
    return [one.id for one in ast.walk(target) if isinstance(one, ast.Name)]


def _is_target(name: str, body: list[ast.stmt], inputs: set[str], functions: Functions, calls: int) -> bool:
    """Whether statements use a variable, or an item, as a target.

    Args:
        name: the text of the variable or of the item.
        inputs: the variables that come with it, which none of the statements compute.
        calls: how many functions it may still be passed to.
    """
    nodes, stored = _uses(name, body)
    computed = stored - inputs
    differences = (ast.Add, ast.Sub) if name.isidentifier() else (ast.Sub,)  # items are added up in many loops
    is_factor = any(isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mult) and _has(one, name) for one in nodes)
    for node in nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, differences):
            sides = [node.left, node.right]
            if any(_is_name(one, name) and _is_computed(other, computed) for one, other in (sides, sides[::-1])):
                return True
        elif isinstance(node, ast.Compare) and is_factor and _is_test_of(node, name, computed):
            return True
    return _is_passed_on(_is_target, nodes, name, functions, calls)


def _uses(name: str, body: list[ast.stmt]) -> tuple[list[ast.AST], set[str]]:
    """All nodes of statements, and the names that they give values to.

    There are none if a variable is given a value, or is an index or a size: it is not data then.
    """
    nodes = [node for statement in body for node in nodes_in(statement)]
    stored = {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    return ([], set()) if name in stored or any(_counts(one, name) for one in nodes) else (nodes, stored)


def _is_passed_on(is_used: Use, nodes: list[ast.AST], name: str, functions: Functions, calls: int) -> bool:
    """Whether a variable, or an item, is given to a function of the file that uses it in a way."""
    for call in nodes if calls else ():
        function = functions.get(last_name(call.func)) if isinstance(call, ast.Call) else None
        if function is None or not isinstance(call, ast.Call):
            continue
        parameters = [one.arg for one in function.args.args]
        parameters = parameters[1:] if parameters[:1] == ["self"] else parameters
        given = dict(zip(parameters, call.args)) | {one.arg: one.value for one in call.keywords if one.arg}
        for parameter, value in given.items():
            is_passed = _is_name(value, name)
            if is_passed and is_used(parameter, function.body, set(parameters), functions, calls - 1):
                return True
    return False


def _is_factor(name: str, body: list[ast.stmt], inputs: set[str], functions: Functions, calls: int) -> bool:
    """Whether statements multiply something by a variable, or an item, as they do with inputs; see ``_is_target``."""
    nodes, _ = _uses(name, body)
    products = [one for one in nodes if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mult)]
    return any(_has(one, name) for one in products) or _is_passed_on(_is_factor, nodes, name, functions, calls)


def _is_test_of(node: ast.Compare, name: str, computed: set[str]) -> bool:
    """Whether it compares a target with an output, or the product of both with a number."""
    sides = [node.left, *node.comparators]
    if isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
        return any(_is_name(one, name) for one in sides) and any(_is_computed(one, computed) for one in sides)
    return any(isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mult) and _has(one, name) for one in sides)


def _has(node: ast.BinOp, name: str) -> bool:
    """Whether it is an operand, also of a product within a product."""
    sides = [node.left, node.right]
    inner = [one for one in sides if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mult)]
    return any(_is_name(one, name) for one in sides) or any(_has(one, name) for one in inner)


def _is_name(node: ast.AST, name: str) -> bool:
    """Whether it is a variable, or an item, of that text."""
    if isinstance(node, ast.Subscript):
        return not name.isidentifier() and ast.unparse(node) == name
    return isinstance(node, ast.Name) and node.id == name


def _is_computed(node: ast.expr, computed: set[str]) -> bool:
    """Whether it is what a call returns, an attribute, or a name that the statements give a value."""
    if isinstance(node, ast.Name):
        return node.id in computed
    return isinstance(node, (ast.Attribute, ast.Call))


def _counts(node: ast.AST, name: str) -> bool:
    """Whether a name is an index, a size or the end of a range in it."""
    return any(_is_name(one, name) for part in counting_parts(node) for one in ast.walk(part))
