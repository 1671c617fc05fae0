"""How a piece of code uses a name: what an argument is called with, indexed by, compared with."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..literals import keys_of, last_name, last_names_in, nodes_in, texts_of
from ..source import called_name

CUTS = re.compile(r"batch|^(range|choice|randint|sample|array_split|split|permutation)$", re.IGNORECASE)
ARRAY_METHODS = frozenset({"dot", "reshape", "sum", "mean", "flatten", "ravel", "astype", "transpose"})
ARRAY_FUNCTIONS = frozenset(
    {"dot", "matmul", "einsum", "sum", "mean", "exp", "maximum", "log", "argmax", "multiply"} | {"atleast_2d"}
)
# functions that are given the sizes of what they make
MAKERS = frozenset(
    {"zeros", "ones", "full", "randn", "rand", "range", "arange", "empty", "eye", "normal", "uniform"}
    | {"random", "randint", "standard_normal", "random_sample"}
)


@dataclass
class Uses:
    """How a name is used in a piece of code."""

    called: bool = False
    iterated: bool = False
    unpacked: bool = False  # iterated in pairs
    part_multiplied: bool = False  # name[i][0] @ .., np.dot(name[i][0], ..), name[i][0].T
    split: bool = False  # x, y = name
    split_into: int = 0  # number of names that it is unpacked to as a whole
    measured: bool = False  # len(name)
    indexed: bool = False  # name[i], name[:-1]
    rows_of: set[str] = field(default_factory=set)  # attributes of self that are indexed by it alone: self.table[name]
    boolean: bool = False
    counted: bool = False  # range(name), np.zeros(name)
    bounds: bool = False  # x[i:i + name]
    array: bool = False  # name.shape, name.T, name @ .., np.dot(name, ..)
    arithmetic: bool = False
    keys: set[str] = field(default_factory=set)  # name["W1"]
    made_keys: bool = False  # name["W" + str(i)]
    ordered: bool = False  # name < .., .. >= name
    strings: list[str] = field(default_factory=list)  # name == "relu"
    methods: set[str] = field(default_factory=set)  # name.forward(..)
    given: dict[str, int] = field(default_factory=dict)  # number of arguments that its methods, or "" itself, are given
    attributes: set[str] = field(default_factory=set)
    element_methods: set[str] = field(default_factory=set)  # name[i].forward(..), for layer in name: layer.forward(..)
    element_attributes: set[str] = field(default_factory=set)
    sizes: set[str] = field(default_factory=set)  # its places in a list of sizes: first, between, last
    element_counted: bool = False  # np.zeros(name[i])
    element_called: bool = False
    indexes: bool = False  # table[name[i]], for one in name: table[one]
    element_missing: bool = False  # name[i] is None
    element_named: bool = False  # name[i] == "relu", for one in name: one == "relu"
    element_keys: set[str] = field(default_factory=set)  # name[i]["units"], for one in name: one["units"]
    element_entries: dict[str, Uses] = field(default_factory=dict)  # what is done with name[i]["units"], by the key
    pair_methods: set[str] = field(default_factory=set)  # for layer, activation in name: layer.forward(..)
    pair_called: bool = False  # for layer, activation in name: activation(..)
    spread: set[str] = field(default_factory=set)  # Layer(**name)
    element_spread: set[str] = field(default_factory=set)  # Layer(**name[i])
    attribute_of: set[str] = field(default_factory=set)  # getattr(Losses, name)
    parts: tuple[Uses, ...] = ()  # for units, kind in name: what is done with units and with kind

    @property
    def is_of_something(self) -> bool:
        """Whether more than its truth is asked for."""
        parts = (self.array, self.arithmetic, self.indexed, self.iterated, self.called, self.measured)
        return any(parts) or bool(self.methods or self.keys or self.attributes)

    def merge(self, other: Uses) -> None:
        """Adds what another piece of code does with it."""
        for name, value in vars(other).items():
            if isinstance(value, bool):
                setattr(self, name, getattr(self, name) or value)
            elif isinstance(value, int):
                setattr(self, name, max(getattr(self, name), value))
            elif isinstance(value, (set, dict)):
                getattr(self, name).update(value)
            elif isinstance(value, tuple):
                setattr(self, name, value or getattr(self, name))
            else:
                mine = getattr(self, name)
                mine.extend(item for item in value if item not in mine)


def uses_of(name: str, node: ast.AST) -> Uses:
    """How code uses a name; a dotted name ("self.layers") is an attribute."""
    uses = Uses()
    if not name.endswith("]") and name.rpartition(".")[2] not in last_names_in(node):
        return uses
    elements: set[str] = set()
    parts: set[str] = set()
    for item in nodes_in(node):
        loops: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(item, ast.For):
            loops = [(item.target, item.iter)]
        elif isinstance(item, (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)):
            loops = [(generator.target, generator.iter) for generator in item.generators]
        for target, source in loops:
            _note_loop(uses, elements, name, target, source)
            parts |= _parts_of_elements(name, target, source)
        taken = item.value if isinstance(item, ast.Assign) else None
        if isinstance(item, ast.Assign) and isinstance(taken, ast.Subscript) and is_expression(taken.value, name):
            parts |= {one for target in item.targets if _is_pair(target) for one in names_in(target).split()}
    for item in nodes_in(node):
        _note_use(uses, elements, name, item)
        if parts and isinstance(item, ast.Call):
            _note_call_of_part(uses, parts, item.func)
    return uses


def _parts_of_elements(name: str, target: ast.expr, source: ast.expr) -> set[str]:
    """The names of what is in each element: ``for layer, activation in name``, ``for i, (layer, activation) in ..``."""
    if not any(is_expression(item, name) for item in ast.walk(source)):
        return set()
    counted = isinstance(source, ast.Call) and last_name(source.func) in ("enumerate", "zip")
    inner = target.elts if isinstance(target, ast.Tuple) and counted else [target]
    return {one for part in inner if _is_pair(part) for one in names_in(part).split()}


def _note_call_of_part(uses: Uses, parts: set[str], function: ast.expr) -> None:
    """A call of one part of an element, or of a method of it."""
    if isinstance(function, ast.Name) and function.id in parts:
        uses.pair_called = True
    elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id in parts:
        uses.pair_methods.add(function.attr)


def is_expression(node: ast.AST | None, text: str) -> bool:
    """Whether a node is a name, an attribute or an entry of a dictionary that is written so: x, self.x, x['key']."""
    if isinstance(node, ast.Name):
        return node.id == text
    if isinstance(node, ast.Subscript):
        return text.endswith("]") and ast.unparse(node) == text
    if not isinstance(node, ast.Attribute) or node.attr != text.rpartition(".")[2]:
        return False
    return ast.unparse(node) == text


def _note_loop(uses: Uses, elements: set[str], name: str, target: ast.expr, source: ast.expr) -> None:
    """Notes a loop through what a name holds: its elements go by the names of the loop from then on."""
    wrapped = source
    inner_target = target
    while isinstance(wrapped, ast.Call) and last_name(wrapped.func) in ("enumerate", "reversed", "zip", "list", "tqdm"):
        if not wrapped.args:
            return
        if last_name(wrapped.func) == "enumerate" and isinstance(inner_target, ast.Tuple) and _is_pair(inner_target):
            inner_target = inner_target.elts[1]
        if last_name(wrapped.func) == "zip":
            places = [i for i, argument in enumerate(wrapped.args) if _is_base(argument, name)]
            if not places:
                return
            uses.iterated = True
            if isinstance(inner_target, ast.Tuple) and len(inner_target.elts) == len(wrapped.args):
                elements.update(t.id for i in places if isinstance(t := inner_target.elts[i], ast.Name))
                uses.unpacked |= any(_is_pair(inner_target.elts[i]) for i in places)
            return
        wrapped = wrapped.args[0]
    if _is_base(wrapped, name):
        uses.iterated = True
        if _is_pair(inner_target):
            uses.unpacked = True
        elif isinstance(inner_target, ast.Name):
            elements.add(inner_target.id)


def _is_pair(target: ast.expr) -> bool:
    """Whether two values are unpacked."""
    return isinstance(target, ast.Tuple) and len(target.elts) == 2


def _ends_and_middle(node: ast.List | ast.BinOp) -> tuple[ast.expr, ast.expr, ast.expr] | None:
    """The three parts of ``[first] + between + [last]`` or ``[first, *between, last]``."""
    parts: list[ast.expr] = []
    if isinstance(node, ast.List):
        parts = [part.value if isinstance(part, ast.Starred) else ast.List([part]) for part in node.elts]
    elif isinstance(node.op, ast.Add) and isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Add):
        parts = [node.left.left, node.left.right, node.right]
    if len(parts) != 3 or [isinstance(part, ast.List) for part in parts] != [True, False, True]:
        return None
    ends = [part.elts for part in parts if isinstance(part, ast.List)]
    return (ends[0][0], parts[1], ends[1][0]) if [len(one) for one in ends] == [1, 1] else None


def _is_part_of_element(node: ast.expr, name: str) -> bool:
    """``name[i][0]``, perhaps transposed."""
    inner = node.value if isinstance(node, ast.Attribute) and node.attr == "T" else node
    is_part = isinstance(inner, ast.Subscript) and isinstance(inner.slice, ast.Constant)
    element = inner.value if is_part and isinstance(inner, ast.Subscript) else None
    return isinstance(element, ast.Subscript) and is_expression(element.value, name)


def _multiplied(item: ast.AST) -> list[ast.expr]:
    """The operands of a matrix product."""
    if isinstance(item, ast.BinOp) and isinstance(item.op, ast.MatMult):
        return [item.left, item.right]
    if isinstance(item, ast.Call) and last_name(item.func) in ("dot", "matmul"):
        return [*item.args, *([item.func.value] if isinstance(item.func, ast.Attribute) else [])]
    return []


def _is_base(node: ast.expr, name: str) -> bool:
    """The name, or a slice of it."""
    return is_expression(node, name) or (isinstance(node, ast.Subscript) and is_expression(node.value, name))


def _note_use(uses: Uses, elements: set[str], name: str, item: ast.AST) -> None:
    """Notes what one node says about a name and about its elements, which go by other names in loops."""
    if any(_is_part_of_element(one, name) for one in _multiplied(item)):
        uses.part_multiplied = True
    if isinstance(item, ast.Call):
        _note_call(uses, elements, name, item)
    elif isinstance(item, ast.Attribute):
        _note_attribute(uses, elements, name, item)
    elif isinstance(item, ast.Subscript):
        _note_subscript(uses, elements, name, item)
        if is_expression(item.slice, name) and isinstance(item.value, ast.Attribute):
            uses.rows_of.add(item.value.attr)
    elif isinstance(item, ast.Assign) and is_expression(item.value, name):
        counts = [len(target.elts) for target in item.targets if isinstance(target, (ast.Tuple, ast.List))]
        uses.split |= 2 in counts
        uses.split_into = max([uses.split_into, *counts])
    elif isinstance(item, ast.Slice):
        bounds = [bound for bound in (item.lower, item.upper) if bound is not None]
        uses.bounds |= any(is_expression(node, name) for bound in bounds for node in ast.walk(bound))
    elif isinstance(item, ast.Compare):
        _note_comparison(uses, elements, name, item)
    elif isinstance(item, (ast.If, ast.IfExp, ast.While)):
        test = item.test.operand if isinstance(item.test, ast.UnaryOp) else item.test
        uses.boolean |= is_expression(test, name)
    elif isinstance(item, (ast.List, ast.BinOp)) and (sizes := _ends_and_middle(item)) is not None:
        uses.sizes |= {place for place, size in zip(("first", "between", "last"), sizes) if is_expression(size, name)}
    elif isinstance(item, ast.BinOp) and (is_expression(item.left, name) or is_expression(item.right, name)):
        is_product = isinstance(item.op, ast.MatMult)
        uses.array |= is_product
        uses.arithmetic |= not is_product
    elif isinstance(item, ast.Match) and is_expression(item.subject, name):
        parts = [part for case in item.cases for part in ast.walk(case.pattern) if isinstance(part, ast.MatchValue)]
        values = [part.value.value for part in parts if isinstance(part.value, ast.Constant)]
        uses.strings.extend(value for value in values if isinstance(value, str))


def _is_element(elements: set[str], name: str, node: ast.AST) -> bool:
    """Whether a node is one of what a name holds."""
    if isinstance(node, ast.Name):
        return node.id in elements
    if not (isinstance(node, ast.Subscript) and is_expression(node.value, name)):
        return False
    return not isinstance(node.slice, ast.Slice) and not texts_of([node.slice])


def _note_call(uses: Uses, elements: set[str], name: str, call: ast.Call) -> None:
    """Calls of it, of its methods, and calls that are given it."""
    function = last_name(call.func)
    for keyword in call.keywords:
        if keyword.arg is None and is_expression(keyword.value, name):
            uses.spread.add(function)
        elif keyword.arg is None and _is_element(elements, name, keyword.value):
            uses.element_spread.add(function)
    if is_expression(call.func, name):
        uses.called, uses.given[""] = True, len(call.args) + len(call.keywords)
    uses.element_called |= _is_element(elements, name, call.func)
    if isinstance(call.func, ast.Attribute):
        if is_expression(call.func.value, name):
            uses.methods.add(call.func.attr)
            uses.given[call.func.attr] = len(call.args) + len(call.keywords)
            uses.array |= call.func.attr in ARRAY_METHODS
        elif _is_element(elements, name, call.func.value):
            uses.element_methods.add(call.func.attr)
    if function in MAKERS:
        _note_sizes(uses, elements, name, call)
    named = call.args[1] if function == "getattr" and len(call.args) > 1 else None
    if named is not None and any(is_expression(part, name) for part in ast.walk(named)):
        uses.attribute_of.add(last_name(call.args[0]))
    if any(is_expression(argument, name) for argument in call.args):
        uses.measured |= function == "len"
        uses.array |= function in ARRAY_FUNCTIONS or any(keyword.arg == "ndmin" for keyword in call.keywords)
        uses.iterated |= function == "shuffle"


def _note_sizes(uses: Uses, elements: set[str], name: str, call: ast.Call) -> None:
    """What an array is made of as large as it, or as one of its elements, says."""
    for argument in [*call.args, *(k.value for k in call.keywords if k.arg in ("size", "shape"))]:
        for one in argument.elts if isinstance(argument, ast.Tuple) else [argument]:
            parts = list(ast.walk(one))
            uses.element_counted |= isinstance(one, ast.Name) and one.id in elements
            if not any(is_expression(part, name) for part in parts):
                continue
            if any(isinstance(part, ast.Subscript) and is_expression(part.value, name) for part in parts):
                uses.element_counted |= not any(isinstance(part, (ast.Attribute, ast.Call)) for part in parts)
                continue
            measured = any(
                isinstance(part, ast.Call) and any(is_expression(a, name) for a in part.args) for part in parts
            )
            shaped = any(isinstance(part, ast.Attribute) and is_expression(part.value, name) for part in parts)
            uses.counted |= not (measured or shaped)


def _note_attribute(uses: Uses, elements: set[str], name: str, item: ast.Attribute) -> None:
    """Notes an attribute that is asked of a name or of its elements."""
    if is_expression(item, name):
        return
    if called_name(item.value) in ("array", "asarray") and isinstance(item.value, ast.Call):  # np.array(name).T
        uses.array |= item.attr in ("T", "reshape") and any(is_expression(one, name) for one in item.value.args[:1])
    if is_expression(item.value, name):
        uses.attributes.add(item.attr)
        uses.array |= item.attr in ("shape", "T", "size", "ndim")
    elif _is_element(elements, name, item.value):
        uses.element_attributes.add(item.attr)


def _note_subscript(uses: Uses, elements: set[str], name: str, item: ast.Subscript) -> None:
    """Notes keys and indices of a name, and what is indexed by its elements."""
    key = next(iter(texts_of([item.slice])), None)
    indices = item.slice.elts if isinstance(item.slice, ast.Tuple) else [item.slice]
    uses.indexes |= any(_is_element(elements, name, one) for one in indices)
    if not is_expression(item.value, name):
        if key is not None and _is_element(elements, name, item.value):
            uses.element_keys.add(key)
    elif key is not None:
        uses.keys.add(key)
    elif isinstance(item.slice, ast.JoinedStr) or (
        isinstance(item.slice, ast.BinOp) and texts_of(ast.walk(item.slice))
    ):
        uses.made_keys = True
    else:
        uses.indexed = True


def _note_comparison(uses: Uses, elements: set[str], name: str, item: ast.Compare) -> None:
    """Notes what a name or its elements are compared with."""
    if any(isinstance(one, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) for one in item.ops):
        uses.ordered |= any(is_expression(one, name) for one in [item.left, *item.comparators])
    left: ast.expr = item.left
    called = left.func if isinstance(left, ast.Call) else None
    if isinstance(called, ast.Attribute) and called.attr in ("lower", "strip", "upper"):
        left = called.value
    is_of_element = _is_element(elements, name, left)
    if isinstance(left, ast.Subscript):
        left = left.value
    if not (is_of_element or is_expression(left, name)):
        return
    known = len(uses.strings)
    for other in item.comparators:
        uses.element_missing |= is_of_element and isinstance(other, ast.Constant) and other.value is None
        parts = other.elts if isinstance(other, (ast.Tuple, ast.List, ast.Set)) else [other]
        uses.strings.extend(text for text in texts_of(parts) if text not in uses.strings)
        uses.strings.extend(keys_of(other) if isinstance(other, ast.Dict) else ())
    uses.element_named |= is_of_element and len(uses.strings) > known


def only_divides(name: str, node: ast.AST) -> bool:
    """Whether something is divided by a name, and nothing else done with it: it is a number."""
    reads = [item for item in nodes_in(node) if isinstance(item, ast.Name) and item.id == name]
    divisors = [item.right for item in nodes_in(node) if isinstance(item, ast.BinOp) and isinstance(item.op, ast.Div)]
    return bool(reads) and all(any(one is divisor for divisor in divisors) for one in reads)


def is_handed_on(name: str, node: ast.AST) -> bool:
    """Whether arguments of any number are passed on to other calls as they are, and nothing else is done with them."""
    reads = [item for item in nodes_in(node) if isinstance(item, ast.Name) and item.id == name]
    handed = [item.value for item in nodes_in(node) if isinstance(item, ast.Starred)]
    return bool(reads) and all(any(one is value for value in handed) for one in reads)


def scales(name: str, others: re.Pattern[str], node: ast.AST) -> bool:
    """Whether a name multiplies values whose names match a pattern, as the rate ``a * dw[i]`` does."""
    products = [item for item in nodes_in(node) if isinstance(item, ast.BinOp) and isinstance(item.op, ast.Mult)]
    sides = [pair for item in products for pair in ((item.left, item.right), (item.right, item.left))]
    return any(is_expression(one, name) and any(map(others.match, names_in(other).split())) for one, other in sides)


def only_multiplies(name: str, node: ast.AST) -> bool:
    """Whether a name is an operand of products and of no sums: a gradient from above, not a target."""
    items = [item for item in nodes_in(node) if isinstance(item, ast.BinOp)]
    own = [item.op for item in items if is_expression(item.left, name) or is_expression(item.right, name)]
    return bool(own) and all(isinstance(op, (ast.Mult, ast.MatMult)) for op in own)


def scales_result(name: str, node: ast.AST) -> bool:
    """Whether all that a function returns is a product with a name: ``return upstream * (a - y)``."""
    made = {
        item.targets[0].id: item.value
        for item in nodes_in(node)
        if isinstance(item, ast.Assign) and len(item.targets) == 1 and isinstance(item.targets[0], ast.Name)
    }
    returned = [item.value for item in nodes_in(node) if isinstance(item, ast.Return) and item.value is not None]
    values = [made.get(one.id, one) if isinstance(one, ast.Name) else one for one in returned]
    return bool(values) and all(any(is_expression(one, name) for one in _factors(value)) for value in values)


def _factors(node: ast.expr) -> Iterator[ast.expr]:
    """The factors of a product, those above the line of a quotient too."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from (*_factors(node.left), *_factors(node.right))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield from _factors(node.left)
    elif isinstance(node, ast.UnaryOp):
        yield from _factors(node.operand)
    else:
        yield node


def is_taken_along(name: str, other: str, node: ast.AST) -> bool:
    """Whether items of two names are taken together: ``zip(other, name)``, ``other[:, i]`` and ``name[:, i]``."""
    taken: dict[str, set[str]] = {name: set(), other: set()}
    for item in nodes_in(node):
        if isinstance(item, ast.Call) and last_name(item.func) == "zip":
            both = all(any(_is_base(argument, one) for argument in item.args) for one in taken)
            if both:
                return True
        elif isinstance(item, ast.Subscript) and isinstance(item.value, ast.Name) and item.value.id in taken:
            index = ast.unparse(item.slice) if names_in(item.slice) else ""
            taken[item.value.id] |= {index} - {""}
    return bool(taken[name] & taken[other])


def sizes_of_biases(node: ast.AST) -> set[str]:
    """The names that biases are made as large as: ``self.b = np.zeros((units, 1))``."""
    found: set[str] = set()
    for item in nodes_in(node):
        if isinstance(item, ast.Assign) and any(is_bias(last_name(target)) for target in item.targets):
            found |= {part.id for part in ast.walk(item.value) if isinstance(part, ast.Name)}
    return found


def is_bias(name: str) -> bool:
    """Whether a name is that of a bias."""
    return re.search(r"(?i)^_?(b|bias|beta)|_(b|bias(es)?)\d*$", name) is not None


def is_cut_by(name: str, node: ast.AST) -> bool:
    """Whether observations are cut into batches of a size: ``X[i:i + size]``, ``range(0, n, size)``, ``n // size``."""
    for item in nodes_in(node):
        parts: list[ast.expr] = []
        if isinstance(item, ast.Slice):
            parts = [part for part in (item.lower, item.upper, item.step) if part is not None]
        elif isinstance(item, ast.Call) and CUTS.search(last_name(item.func)):
            parts = [*item.args, *(keyword.value for keyword in item.keywords)]
        elif isinstance(item, ast.BinOp) and isinstance(item.op, (ast.FloorDiv, ast.Mod)):
            parts = [item.right]
        if any(isinstance(one, ast.Name) and one.id == name for part in parts for one in ast.walk(part)):
            return True
    return False


def names_in(node: ast.AST) -> str:
    """All names in an expression, with spaces between."""
    return " ".join(
        item.id if isinstance(item, ast.Name) else item.attr
        for item in ast.walk(node)
        if isinstance(item, (ast.Name, ast.Attribute))
    )
