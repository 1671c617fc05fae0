"""The user's source text, with calls to the recorder woven in; line numbers stay what they are.

- ``x = value`` becomes ``x = __harness__.bind(("x",), value)``: names for nodes, and what a run with recording and one
  without are compared by. Returned values and augmented assignments are seen likewise.
- Numbers in assignments (``w = 0.5``) go through ``__harness__.literal``; see ``literals.py``.
- Whole numbers that are targets (``for x, target in rows``) go through ``__harness__.target``, and items that are
  targets (``y[i] - out``) through ``__harness__.target_item``; see ``targets.py``.
  In files with such targets, ``rate * error`` goes through ``__harness__.by_float``, which keeps their history.
- Lists that are given to NumPy's functions go through ``__harness__.listed``, which makes arrays of recorded numbers.
- ``float(x)``, ``sum(x)``, ``type(x)`` and ``np.float32(x)`` go through ``__harness__.call``, which keeps the history;
  ``set(x)`` too, which has none: each item of an array would be an operation.
- ``a[i] = value`` goes through ``__harness__.fitted`` and ``"%f" % value`` through ``__harness__.formatted``: before
  version 2.4, NumPy took an array of one item for a number.
- Classes go through ``__harness__.ordered``, so that sets of their objects have the same order in every run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection

from .literals import (
    HOOK,
    accumulated,
    accumulated_items,
    factors,
    is_call_of_dict,
    is_float,
    last_name,
    nodes_in,
    numbers_of,
    own_numbers,
    updated_keys,
    whole_of,
)
from .targets import targets_of

CALLED = frozenset({"float", "int", "set", "sum", "type"})
NUMERICAL = re.compile(
    r"(?<![a-z])num(eric\w*)?_?(grad|diff|deriv)|grad(s|ients?)?_?num|finite_?diff|approx\w*_?grad|grad\w*_?approx",
    re.IGNORECASE,
)
# functions that compare gradients, by evaluating the network with each number of its parameters changed a little
COMPARING = re.compile(r"grad\w*_?check|check\w*_?grad", re.IGNORECASE)
# functions, ufuncs among them, that make an array of a list of numbers, whose history the list does not keep
TAKE_LISTS = frozenset(
    {"sum", "mean", "dot", "outer", "inner", "vdot", "transpose", "squeeze", "reshape", "ravel", "prod", "average"}
    | {"max", "min", "amax", "amin", "clip", "where", "cumsum", "flip", "repeat", "tile", "expand_dims", "append"}
    | {"insert", "delete", "std", "var", "round", "around", "sort", "broadcast_to", "atleast_1d", "atleast_2d", "diag"}
    | {"roll", "swapaxes", "kron", "tensordot", "argmax", "argmin", "nansum", "nanmean", "split", "array_split"}
)
NUMPY_TYPES = frozenset(
    {"float16", "float32", "float64", "float128", "longdouble", "double", "single", "float_"}
    | {"int8", "int16", "int32", "int64", "int_", "intp", "uint8", "bool_"}
)
# operators that take a recorded whole number for a plain one if the left operand is a float
BY_FLOATS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv"}
MAX_LITERALS = 500  # numbers in one list that are recorded one by one


def weave(tree: ast.Module) -> ast.Module:
    """The tree of a file with the calls to the recorder."""
    woven = _Weaver(tree).visit(tree)
    ast.fix_missing_locations(woven)
    assert isinstance(woven, ast.Module)
    return woven


def begin_at(tree: ast.Module, line: int, passed: Collection[int]) -> None:
    """Let the recorder begin before the statement of a line, and leave the loops of other lines early until then."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            part = getattr(node, name, None)
            block: list[ast.stmt] = part if isinstance(part, list) else []
            first = next((one for one in block if one.lineno == line), None)
            for statement in list(block):
                if isinstance(statement, (ast.For, ast.While)) and statement.lineno in passed:
                    entering = _written(f"{HOOK}.enter_loop({statement.lineno})", statement)
                    block.insert(block.index(statement), entering)
                if statement is first:
                    block.insert(block.index(statement), _written(f"{HOOK}.begin()", statement))
        if isinstance(node, (ast.For, ast.While)) and node.lineno in passed:
            node.body.insert(0, _written(f"if {HOOK}.has_seen_enough({node.lineno}): break", node.body[0]))


def _written(text: str, place: ast.stmt) -> ast.stmt:
    """A statement that stands at the place of another."""
    made = ast.parse(text).body[0]
    for part in ast.walk(made):
        ast.copy_location(part, place)
    return made


def takes_lists(name: str) -> bool:
    """Whether a function of NumPy makes an array of a list of numbers."""
    import numpy as np  # here, because the child of a check starts before it is imported

    return name in TAKE_LISTS or isinstance(getattr(np, name, None), np.ufunc)


def numpy_names(tree: ast.AST) -> frozenset[str]:
    """What a file calls NumPy, and the functions that it takes from there: "np", "exp"."""
    found = set()
    for node in nodes_in(tree):
        if isinstance(node, ast.Import):
            found |= {one.asname or one.name for one in node.names if one.name in ("numpy", "autograd.numpy", "cupy")}
        elif isinstance(node, ast.ImportFrom) and node.module == "numpy":
            found |= {one.asname or one.name for one in node.names if takes_lists(one.name)}
    return frozenset(found)


def _is_pure(node: ast.AST) -> bool:
    """Whether evaluating it twice changes nothing."""
    names = (ast.Name, ast.Constant, ast.Attribute, ast.expr_context, ast.JoinedStr, ast.FormattedValue)
    sums = (ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop)
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            if not (isinstance(part.func, ast.Name) and part.func.id in ("str", "repr") and not part.keywords):
                return False
        elif not isinstance(part, names + sums):
            return False
    return True


class _Weaver(ast.NodeTransformer):
    """Adds the calls."""

    def __init__(self, whole: ast.Module) -> None:
        self.accumulated, self.accumulated_items = set(accumulated(whole)), accumulated_items(whole)
        self.keys, self.numpy, self.whole = updated_keys(whole), numpy_names(whole), whole
        self.targets = targets_of(whole)
        self.multiplied = factors(whole)
        self.factors = self.multiplied if self.targets else set()

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.AST]:
        """``from numpy import *``, which gave names that NumPy no longer has, such as ``mat``."""
        if node.module != "numpy" or node.names[0].name != "*":
            return node
        scope = ast.Call(func=ast.Name(id="globals", ctx=ast.Load()), args=[], keywords=[])
        names = sorted({one.id for one in ast.walk(self.whole) if isinstance(one, ast.Name)})
        used = ast.Tuple(elts=[ast.Constant(value=name) for name in names], ctx=ast.Load())
        return [node, ast.copy_location(ast.Expr(value=self._call("old_names", node, scope, used)), node)]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A function that differentiates numerically evaluates the network thousands of times.

        That is not recorded, and ends after some turns of its loops with the gradient as far as it was computed. If it
        returns several, only its loops end, so that each gradient has its shape.
        """
        is_numerical, is_comparing = NUMERICAL.search(node.name), COMPARING.search(node.name)
        returns = [n for n in ast.walk(node) if isinstance(n, ast.Return)] if is_numerical else []
        returns_several = any(isinstance(one.value, ast.Tuple) for one in returns)
        self.generic_visit(node)
        inner = list(ast.walk(node))
        is_plain = not any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in inner)
        changes_items = any(isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Subscript) for n in inner)
        if is_plain and (is_numerical or (is_comparing and changes_items)):
            for loop in ast.walk(node):
                if isinstance(loop, (ast.For, ast.While)) and is_numerical:
                    names = ast.Call(func=ast.Name(id="locals", ctx=ast.Load()), args=[], keywords=[])
                    counted: ast.stmt = ast.Expr(value=self._call("turn", loop, names))
                    if returns_several:
                        counted = ast.If(test=self._call("is_over", loop), body=[ast.Break()], orelse=[])
                    loop.body.insert(0, ast.copy_location(counted, loop))
            first = node.body[0]
            aside = ast.With(items=[ast.withitem(context_expr=self._call("aside", first))], body=node.body)
            cut = ast.Attribute(value=ast.Name(id=HOOK, ctx=ast.Load()), attr="Cut", ctx=ast.Load())
            part = ast.Return(value=self._call("part", first))
            handler = ast.ExceptHandler(type=cut, name=None, body=[part])
            whole = ast.Try(body=[aside], handlers=[handler], orelse=[], finalbody=[])
            node.body = [ast.fix_missing_locations(ast.copy_location(whole, first))]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """``x.itemset((i, j), value)``, which arrays had before version 2 of NumPy."""
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "itemset":
            places, value = call.args[:-1], call.args[-1:]
            place = places[0] if len(places) == 1 else ast.Tuple(elts=places, ctx=ast.Load())
            if isinstance(place, ast.Tuple) and place.elts:  # one number alone counts all items in a row
                item = ast.Subscript(value=call.func.value, slice=place, ctx=ast.Store())
                written = ast.copy_location(ast.Assign(targets=[item], value=value[0]), node)
                return self.visit(ast.fix_missing_locations(written))
        self.generic_visit(node)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        """``for x, target in rows``."""
        self.generic_visit(node)
        for name in self.targets.named.get(node, ()):
            node.body.insert(0, _written(f"{name} = {HOOK}.target({name!r}, {name})", node.body[0]))
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """A class that no decorator changes, as that of a data class does."""
        own_numbers(node, self.accumulated)
        self.generic_visit(node)
        if not node.decorator_list:
            ordered = ast.Attribute(value=ast.Name(id=HOOK, ctx=ast.Load()), attr="ordered", ctx=ast.Load())
            node.decorator_list = [ast.fix_missing_locations(ast.copy_location(ordered, node))]
        return node

    def _call(self, name: str, at: ast.AST, *arguments: ast.expr) -> ast.Call:
        function = ast.Attribute(value=ast.Name(id=HOOK, ctx=ast.Load()), attr=name, ctx=ast.Load())
        return ast.copy_location(ast.Call(func=function, args=list(arguments), keywords=[]), at)

    def _named(self, target: ast.expr) -> ast.expr:
        """An expression that gives the target's name when it runs: text, or a tuple of them."""
        if isinstance(target, (ast.Tuple, ast.List)):
            if any(isinstance(item, ast.Starred) for item in target.elts):
                return ast.Constant(value="")
            return ast.Tuple(elts=[self._named(item) for item in target.elts], ctx=ast.Load())
        if isinstance(target, (ast.Name, ast.Attribute)) and _is_pure(target):
            return ast.Constant(value=ast.unparse(target))
        if isinstance(target, ast.Subscript) and _is_pure(target.value):
            container = ast.unparse(target.value)
            if isinstance(target.slice, ast.Constant):
                return ast.Constant(value=ast.unparse(target))
            if _is_pure(target.slice):
                return self._call("key", target, ast.Constant(value=container), target.slice)
        return ast.Constant(value="")

    def _literal(self, value: ast.expr, target: ast.expr) -> ast.expr:
        """The value, recorded if it is made of numbers that may be parameters."""
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            items = [self._literal(item, part) for item, part in zip(value.elts, target.elts)]
            return ast.copy_location(ast.Tuple(elts=items, ctx=ast.Load()), value)
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult) and isinstance(value.left, ast.List):
            value.left = self._literal(value.left, target)
            return value
        if isinstance(value, ast.ListComp) and isinstance(value.elt, (ast.Constant, ast.ListComp)):
            value.elt = self._literal(value.elt, target)
            return value
        if isinstance(value, ast.Name) and last_name(target) in self.accumulated:
            is_factor = isinstance(target, ast.Attribute) and last_name(target) in self.multiplied
            return self._call("given_factor" if is_factor else "number", value, value)
        numbers = numbers_of(value)
        if numbers is None or not isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)):
            return value
        count, has_float, single = numbers
        is_item = isinstance(target, ast.Subscript)
        of_items = is_item or not single
        is_changed = last_name(whole_of(target)) in (self.accumulated_items if of_items else self.accumulated)
        if single and (last_name(target) in self.factors or (is_item and is_changed)):
            return self._call("factor", value, value)
        if count <= MAX_LITERALS and (has_float or is_changed):
            return self._call("literal", value, value)
        return value

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """``{"weights": w, "bias": 0.1}``."""
        self.generic_visit(node)
        for number, (key, value) in enumerate(zip(node.keys, node.values)):
            if isinstance(key, ast.Constant):
                node.values[number] = self._under_key(str(key.value), value)
        return node

    def _under_key(self, key: str, value: ast.expr) -> ast.expr:
        """The value of a dictionary under a key, recorded if it is made of numbers that something is added to."""
        numbers = numbers_of(value) if key in self.keys else None
        return self._call("literal", value, value) if numbers is not None and numbers[0] <= MAX_LITERALS else value

    def _fitted(self, target: ast.expr, value: ast.expr) -> ast.expr:
        """The value of ``target = value``, as a number if the target is an item of an array."""
        if not isinstance(target, ast.Subscript) or isinstance(value, ast.Constant):
            return value
        whole = target.value  # errors[i][j] is an item of errors[i]
        while isinstance(whole, ast.Subscript) and _is_pure(whole.slice):
            whole = whole.value
        if not _is_pure(whole):
            return value
        keys = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
        if not all(map(_is_pure, keys)):
            return value
        container, key = (ast.parse(ast.unparse(part), mode="eval").body for part in (target.value, target.slice))
        for part in (*ast.walk(container), *ast.walk(key)):
            ast.copy_location(part, target)
        return self._call("fitted", value, container, key, value)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """``"%f" % value``, and ``[0.0] * size``, whose numbers may be parameters wherever it stands."""
        self.generic_visit(node)
        if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List) and all(map(is_float, node.left.elts)):
            return self._call("repeated", node, node.left, node.right)
        is_text = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
        if isinstance(node.op, ast.Mod) and is_text:
            node.right = self._call("formatted", node.right, node.right)
        name = BY_FLOATS.get(type(node.op))
        if self.targets and name and not is_text and not isinstance(node.right, ast.Constant):
            return self._call("by_float", node, ast.Constant(value=name), node.left, node.right)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """``y[i]``, if it is a target."""
        is_target = node in self.targets.items
        self.generic_visit(node)
        if not is_target:
            return node
        # the item is read in the user's code: data frames look at who reads them
        return self._call("target_item", node, ast.Constant(value=ast.unparse(node)), node, node.value, node.slice)

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        """``[0.0 for _ in range(size)]``."""
        self.generic_visit(node)
        if is_float(node.elt):
            node.elt = self._call("literal", node.elt, node.elt)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.AST]:
        """``x = value``; ``x = y = 0.5`` is two numbers, because what is done to one of them leaves the other alone."""
        if len(node.targets) > 1 and isinstance(node.value, ast.Constant) and isinstance(node.value.value, float):
            number = node.value.value
            single = [ast.Assign(targets=[target], value=ast.Constant(value=number)) for target in node.targets]
            return [self._bound(ast.fix_missing_locations(ast.copy_location(one, node))) for one in single]
        targets = self.targets.named.get(node, ())
        return [self._bound(node), *(_written(f"{name} = {HOOK}.target({name!r}, {name})", node) for name in targets)]

    def _bound(self, node: ast.Assign) -> ast.Assign:
        """An assignment whose value gets the names of its targets."""
        self.generic_visit(node)
        value = self._fitted(node.targets[0], self._literal(node.value, node.targets[0]))
        names = ast.Tuple(elts=[self._named(target) for target in node.targets], ctx=ast.Load())
        node.value = self._call("bind", node.value, ast.Constant(value=node.lineno), names, value)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """``x: int = value``."""
        self.generic_visit(node)
        if node.value is not None:
            names = ast.Tuple(elts=[self._named(node.target)], ctx=ast.Load())
            value = self._literal(node.value, node.target)
            node.value = self._call("bind", node.value, ast.Constant(value=node.lineno), names, value)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST | list[ast.AST]:
        """``x -= value``."""
        self.generic_visit(node)
        target = node.target
        node.value = self._fitted(target, node.value)
        seen = whole_of(target)
        if not _is_pure(seen):
            return node
        copy = ast.parse(ast.unparse(seen), mode="eval").body
        for part in ast.walk(copy):
            ast.copy_location(part, node)
        name = self._named(target) if not isinstance(target, ast.Subscript) else ast.Constant(value="")
        after = self._call("updated", node, ast.Constant(value=node.lineno), name, copy)
        return [node, ast.copy_location(ast.Expr(value=after), node)]

    def visit_Return(self, node: ast.Return) -> ast.AST:
        """``return value``."""
        self.generic_visit(node)
        if node.value is not None and not isinstance(node.value, ast.Constant):
            node.value = self._call("returned", node.value, ast.Constant(value=node.lineno), node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """``float(x)`` and the like."""
        self.generic_visit(node)
        if is_call_of_dict(node):
            for one in node.keywords:
                one.value = self._under_key(one.arg or "", one.value)
        function = node.func
        is_simple = not node.keywords and not any(isinstance(item, ast.Starred) for item in node.args)
        is_builtin = isinstance(function, ast.Name) and function.id in CALLED and len(node.args) in (1, 2)
        is_type = self._is_type(function) and len(node.args) == 1
        if is_simple and (is_builtin or (is_type and _is_pure(function))):
            return self._call("call", node, function, *node.args)
        is_of_generator = len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp) and not node.keywords
        if is_of_generator and self._takes_lists(function) and last_name(function) == "sum":
            items = node.args[0]  # which NumPy added one by one, as sum does, before version 2.4
            assert isinstance(items, ast.GeneratorExp)
            whole = ast.copy_location(ast.ListComp(elt=items.elt, generators=items.generators), items)
            return self._call("total", node, whole)
        if self._takes_lists(function):
            may_be_lists = (ast.Name, ast.Attribute, ast.Call, ast.List, ast.ListComp, ast.Subscript, ast.BinOp)
            node.args = [
                self._call("listed", item, item) if isinstance(item, may_be_lists) else item for item in node.args
            ]
        return node

    def _is_type(self, function: ast.expr) -> bool:
        """Whether it is a type of NumPy's numbers, or Python's by the name that NumPy had for it, ``np.float``."""
        if not isinstance(function, ast.Attribute):
            return False
        is_old = function.attr in ("float", "int") and last_name(function.value) in self.numpy
        return is_old or function.attr in NUMPY_TYPES

    def _takes_lists(self, function: ast.expr) -> bool:
        """Whether it is a function of NumPy that makes an array of a list."""
        if isinstance(function, ast.Name):
            return function.id in self.numpy and takes_lists(function.id)
        is_member = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
        return is_member and function.value.id in self.numpy and takes_lists(function.attr)  # type: ignore[attr-defined]
