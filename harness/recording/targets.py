"""Targets that loops go through: whole numbers of lists that are compared with outputs, ``for x, target in rows``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .literals import last_name

MOST_CALLS = 2  # that a target may pass through on its way from the loop to the error


def looped_targets(tree: ast.AST) -> dict[ast.For, list[str]]:
    """The loops of a file, each with those of its variables that are targets.

    A target is subtracted from what the loop computes, or compared with it and multiplied, here or in a function that
    it is passed to. What is an index, a count or a size as well is left alone.
    """
    functions = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    found = {}
    for loop in ast.walk(tree):
        if isinstance(loop, ast.For):
            variables = _variables(loop.target, loop.iter)
            names = [one for one in variables if _is_target(one, loop.body, set(variables), functions, MOST_CALLS)]
            if names:
                found[loop] = names
    return found


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


def _is_target(
    name: str, body: list[ast.stmt], inputs: set[str], functions: dict[str, ast.FunctionDef], calls: int
) -> bool:
    """Whether statements use a variable as a target.

    Args:
        inputs: the variables that come with it, which none of the statements compute.
        calls: how many functions it may still be passed to.
    """
    nodes = [node for statement in body for node in ast.walk(statement)]
    stored = {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    if name in stored or any(_counts(one, name) for one in nodes):
        return False
    computed = stored - inputs
    is_factor = any(isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mult) and _has(one, name) for one in nodes)
    for node in nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            sides = [node.left, node.right]
            if any(_is_name(one, name) and _is_computed(other, computed) for one, other in (sides, sides[::-1])):
                return True
        elif isinstance(node, ast.Compare) and is_factor and _is_test_of(node, name, computed):
            return True
        elif isinstance(node, ast.Call) and calls and last_name(node.func) in functions:
            function = functions[last_name(node.func)]
            parameters = [one.arg for one in function.args.args]
            parameters = parameters[1:] if parameters[:1] == ["self"] else parameters
            given = dict(zip(parameters, node.args)) | {one.arg: one.value for one in node.keywords if one.arg}
            for parameter, value in given.items():
                is_passed = _is_name(value, name)
                if is_passed and _is_target(parameter, function.body, set(parameters), functions, calls - 1):
                    return True
    return False


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
    return isinstance(node, ast.Name) and node.id == name


def _is_computed(node: ast.expr, computed: set[str]) -> bool:
    """Whether it is what a call returns, an attribute, or a name that the statements give a value."""
    if isinstance(node, ast.Name):
        return node.id in computed
    return isinstance(node, (ast.Attribute, ast.Call))


def _counts(node: ast.AST, name: str) -> bool:
    """Whether a name is an index, a size or the end of a range in it."""
    parts: Iterator[ast.AST] = iter(())
    if isinstance(node, ast.Subscript):
        parts = ast.walk(node.slice)
    elif isinstance(node, ast.Call) and last_name(node.func) in ("range", "zeros", "ones", "full", "eye", "reshape"):
        parts = (part for one in node.args for part in ast.walk(one))
    return any(_is_name(part, name) for part in parts)
