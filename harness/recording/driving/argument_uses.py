"""What a file does with an argument: in its function, and in those that it or a part of it is handed on to."""

from __future__ import annotations

import ast

from ..literals import assigned, nodes_in
from ..source import called_name
from .source import Argument, FileFacts, FunctionFacts
from .uses import Uses, is_expression, names_in, uses_of


def argument_uses(facts: FileFacts, function: FunctionFacts, argument: Argument, depth: int = 2) -> Uses:
    """What the file does with an argument, also as an attribute and in functions it is given to."""
    uses = uses_of(argument.name, function.node)
    if depth == 0:
        return uses
    for item in nodes_in(function.node):
        if isinstance(item, ast.Assign):
            for target, value in assigned(item):
                same = is_expression(_unwrapped(value), argument.name)
                if same and isinstance(target, ast.Attribute) and function.owner and isinstance(target.value, ast.Name):
                    for method in facts.methods(function.owner).values():
                        uses.merge(uses_of(f"{target.value.id}.{target.attr}", method.node))
        elif isinstance(item, ast.Call):
            _merge_passed(facts, function, argument.name, item, uses, depth)
    for part in _cut_from(argument.name, function.node):
        inner = uses_of(part, function.node)
        for item in nodes_in(function.node):
            if isinstance(item, ast.Call):
                _merge_passed(facts, function, part, item, inner, depth)
        uses.unpacked |= inner.unpacked
    if uses.iterated and function.owner:
        _merge_elements(facts, function, argument, uses, depth)
    return uses


def _merge_elements(facts: FileFacts, function: FunctionFacts, argument: Argument, uses: Uses, depth: int) -> None:
    """``for layer in layers: self.add(layer)``: what the method does with its argument, it does with the elements."""
    for loop in nodes_in(function.node):
        if not (isinstance(loop, ast.For) and isinstance(loop.iter, ast.Name) and loop.iter.id == argument.name):
            continue
        if not isinstance(loop.target, ast.Name):
            continue
        for call in ast.walk(loop):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                method = facts.methods(function.owner).get(call.func.attr)
                given = [a.id for a in call.args if isinstance(a, ast.Name)]
                if method is not None and method is not function and given == [loop.target.id] and method.arguments:
                    inside = argument_uses(facts, method, method.arguments[0], depth - 1)
                    uses.element_methods |= inside.methods
                    uses.element_attributes |= inside.attributes
                    uses.element_called |= inside.called


def _unwrapped(node: ast.expr) -> ast.expr:
    """What ``list(x)`` or ``np.array(x)`` is made of."""
    is_wrapper = called_name(node) in ("list", "tuple", "array", "asarray", "copy", "deepcopy")
    return node.args[0] if isinstance(node, ast.Call) and is_wrapper and len(node.args) == 1 else node


def _cut_from(name: str, node: ast.AST) -> set[str]:
    """The names of parts of an argument in order, such as each batch of ``[data[k : k + n] for k in ..]``."""

    def is_cut(value: ast.expr) -> bool:
        return (
            isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Slice) and is_expression(value.value, name)
        )

    cuts, lists = set[str](), set[str]()
    for item in nodes_in(node):
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            if is_cut(item.value):
                cuts.add(item.targets[0].id)
            elif isinstance(item.value, (ast.ListComp, ast.GeneratorExp)) and is_cut(item.value.elt):
                lists.add(item.targets[0].id)
    named = {
        loop.target.id
        for loop in nodes_in(node)
        if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name) and lists & set(names_in(loop.iter).split())
    }
    return (cuts | named) - {name}


def _may_be(node: ast.expr, name: str) -> bool:
    """Whether a node is the name, as it is or as an array, or one of two values of which a test chooses."""
    sides = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return any(is_expression(_unwrapped(side), name) for side in sides)


def _merge_passed(
    facts: FileFacts, function: FunctionFacts, given: str, call: ast.Call, uses: Uses, depth: int
) -> None:
    """What the called function does with a name among its arguments."""
    name, called = called_name(call), None
    if isinstance(call.func, ast.Name):
        called = facts.functions.get(name) or facts.constructor(name)
    elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and function.owner:
        called = facts.methods(function.owner).get(name)
    elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call) and function.owner:
        bases = facts.classes[function.owner].bases if function.owner in facts.classes else ()
        called = next((m for base in bases if (m := facts.methods(base).get(name))), None)
    if called is None or called is function:
        return
    for index, value in enumerate(call.args):
        if _may_be(value, given) and index < len(called.arguments):
            uses.merge(argument_uses(facts, called, called.arguments[index], depth - 1))
    for keyword in call.keywords:
        if _may_be(keyword.value, given):
            match = [a for a in called.arguments if a.name == keyword.arg]
            if match:
                uses.merge(argument_uses(facts, called, match[0], depth - 1))
