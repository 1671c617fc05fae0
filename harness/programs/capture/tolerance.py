"""A script as one whose assignments and loops go on with made-up values if they fail."""

from __future__ import annotations

import ast
from typing import Any

import keras

from ...recording.source import called_name
from ..findings import TRAINING
from .made_up_sets import SIZES

HOOK = "__made_up__"
ELEMENT = "[]"  # in the place of a name, if a part of something is assigned to


class Tolerance(ast.NodeTransformer):
    """Lets every assignment and loop of a program go on with made-up values if it fails; lines stay."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """The bodies of methods only: the names of a class are not seen from inside a lambda."""
        node.body = [
            self.visit(part) if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)) else part
            for part in node.body
        ]
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """``x = f()`` as ``x = attempt(lambda: f(), ["x"])``."""
        self.generic_visit(node)
        names = [target_names(target) for target in node.targets[:1]]
        if not is_plain(node.value):
            node.value = self._call("attempt", node.value, ast.List([constant(name) for name in names], ast.Load()))
        return self._forgiven(node) if ELEMENT in names else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """A change of a part of something."""
        self.generic_visit(node)
        return self._forgiven(node) if isinstance(node.target, ast.Subscript) else node

    def _forgiven(self, node: ast.stmt) -> ast.stmt:
        """A statement that is left out if made-up values have no such part."""
        call = ast.Call(ast.Attribute(ast.Name(HOOK, ast.Load()), "forgive", ast.Load()), [], [])
        handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, [ast.Expr(call)])
        return ast.copy_location(ast.Try([node], [handler], [], []), node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """A call for its effect."""
        self.generic_visit(node)
        if is_plain(node.value) or not isinstance(node.value, ast.Call):
            return node
        node.value = self._call("attempt", node.value, ast.List([], ast.Load()))
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """``x.reshape(60000, 784)``, if the made-up data set has fewer rows."""
        self.generic_visit(node)
        name = called_name(node)
        if name == "reshape":
            cut_sizes(node)
        if name in TRAINING:  # it is called even if one of its arguments cannot be computed
            node.args = [self._argument(argument, base_of(argument)) for argument in node.args]
            for keyword in node.keywords:
                keyword.value = self._argument(keyword.value, base_of(keyword.value) or keyword.arg or "")
        return node

    def _argument(self, value: ast.expr, name: str) -> ast.expr:
        """An argument of a call that trains, as ``attempt(lambda: value, [name])``."""
        if isinstance(value, ast.Starred) or is_plain(value) or isinstance(value, (ast.Name, ast.Tuple, ast.List)):
            return value
        return self._call("attempt", value, ast.List([constant(name)], ast.Load()))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """``x[-10000:]``, if the made-up data set has fewer rows."""
        self.generic_visit(node)
        if isinstance(node.slice, ast.Slice):
            cut_sizes(node.slice)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        """A loop over what may be missing."""
        self.generic_visit(node)
        if not is_plain(node.iter):
            node.iter = self._call("iterate", node.iter)
        return node

    def _call(self, name: str, value: ast.expr, *arguments: ast.expr) -> ast.expr:
        """``__made_up__.name(lambda: value, arguments)`` at the place of the value."""
        empty = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        function = ast.Attribute(ast.Name(HOOK, ast.Load()), name, ast.Load())
        call = ast.Call(function, [ast.Lambda(empty, value), *arguments], [])
        for node in ast.walk(call):
            if not hasattr(node, "lineno") and isinstance(node, (ast.expr, ast.stmt)):
                ast.copy_location(node, value)
        return call


def cut_sizes(tree: ast.AST) -> None:
    """Put the rows of made-up data sets in the place of those of real ones."""
    for part in ast.walk(tree):
        if isinstance(part, ast.Constant) and part.value in SIZES:
            part.value = SIZES[part.value]


def base_of(value: ast.expr) -> str:
    """The name that an expression begins with: ``y`` of ``y.values[1:]``; empty if it begins with none."""
    while isinstance(value, (ast.Attribute, ast.Subscript, ast.Call)):
        value = value.func if isinstance(value, ast.Call) else value.value
    return value.id if isinstance(value, ast.Name) else ""


def is_plain(value: ast.expr) -> bool:
    """Whether a value cannot fail, or may not be moved into a lambda."""
    moved = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)
    nodes = list(ast.walk(value))
    if any(isinstance(node, ast.Call) and is_of_model(node) for node in nodes):
        return True  # a model that lacks a layer is not the user's
    uses_super = any(isinstance(node, ast.Name) and node.id in ("super", "__class__") for node in nodes)
    return isinstance(value, (ast.Constant, ast.Lambda)) or uses_super or any(isinstance(node, moved) for node in nodes)


def is_of_model(call: ast.Call) -> bool:
    """Whether a call makes a layer or a model, adds to one or compiles one."""
    name = called_name(call)
    return name in ("add", "compile", "Model", "Sequential") or (name[:1].isupper() and hasattr(keras.layers, name))


def target_names(target: ast.expr) -> Any:
    """The name that is assigned to, or nested names; empty if it has none."""
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    if isinstance(target, (ast.Tuple, ast.List)):
        if any(isinstance(part, ast.Starred) for part in target.elts):
            return ""  # as many values as there are
        return [target_names(part) for part in target.elts]
    return ELEMENT if isinstance(target, ast.Subscript) else ""


def constant(names: Any) -> ast.expr:
    """Nested names as an expression."""
    if isinstance(names, str):
        return ast.Constant(names)
    return ast.List([constant(name) for name in names], ast.Load())


def tolerant(text: str, filename: str = "<unknown>") -> ast.Module:
    """A program that goes on with made-up values if a value cannot be computed."""
    tree = Tolerance().visit(ast.parse(text, filename))
    return ast.fix_missing_locations(tree)
