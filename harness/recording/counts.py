"""Which whole numbers of a text are sizes: they take part in a shape, a slice, or a range over observations.

The others stay what they are if data are made smaller: epochs, seeds, constants of formulas, and numbers that are data.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from .literals import defaults_of, last_name, texts_of
from .source import called_name

# names of numbers that count something else
OTHER_NAME = re.compile(
    r"epoch|iter|seed|random_state|print|every|interval|verbose|patience|display|rate|decay|scale|factor|alpha|lr\b",
    re.IGNORECASE,
)
OTHER_CALLS = frozenset(
    {"seed", "RandomState", "default_rng", "print", "float", "sleep", "pow", "power", "exp", "round", "clip", "log"}
)
MEASURES = frozenset({"len", "shape", "size"})
FEW_ITEMS = 6  # of a list of sizes; a longer one is data
ARITHMETIC = (ast.Mult, ast.FloorDiv, ast.Add, ast.Sub)


def sizes_in(tree: ast.AST) -> list[ast.Constant]:
    """The constants that are sizes; those that a mean divides by, if the same number is a size elsewhere."""
    reader = _Reader(tree)
    numbers = [node for node in reader.parents if isinstance(node, ast.Constant) and type(node.value) is int]
    found = [node for node in numbers if reader.is_size(node)]
    known = {node.value for node in found}
    return [*found, *(node for node in numbers if node.value in known and reader.divides(node))]


def size_numbers(text: str) -> set[int]:
    """The numbers of a text that are sizes somewhere in it."""
    return {node.value for node in sizes_in(ast.parse(text)) if isinstance(node.value, int)}


def cuts_in(text: str) -> set[int]:
    """The numbers that a text cuts arrays at, so that they count a part: ``x[:n]`` and ``x[n:]``."""
    tree = ast.parse(text)
    named = {
        last_name(node.targets[0]): node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and type(node.value.value) is int
    }
    starts = [node.lower for node in ast.walk(tree) if isinstance(node, ast.Slice) and node.upper is None]
    found = {one.value if isinstance(one, ast.Constant) else named.get(last_name(one)) for one in starts if one}
    return {one for one in found if type(one) is int}


def put_sizes(tree: ast.AST, sizes: Mapping[int, int]) -> None:
    """Put other numbers in the place of some, wherever these are sizes."""
    for node in sizes_in(tree) if sizes else ():
        if isinstance(node.value, int):
            node.value = sizes.get(node.value, node.value)


class _Reader:
    """Looks at where a number stands.

    Args:
        tree: of the text.
    """

    def __init__(self, tree: ast.AST) -> None:
        self.parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self.arguments = {name: names for node in ast.walk(tree) for name, names in _signatures(node)}

    def divides(self, node: ast.Constant) -> bool:
        """Whether something that is not a number is divided by it."""
        quotient = self.parents[node]
        if not isinstance(quotient, (ast.BinOp, ast.AugAssign)) or not isinstance(quotient.op, ast.Div):
            return False
        if isinstance(quotient, ast.BinOp):
            return node is quotient.right and not isinstance(quotient.left, ast.Constant)
        return node is quotient.value

    def is_size(self, node: ast.expr) -> bool:
        """Whether a number, or what is computed of it, is a size."""
        whole: ast.AST = node
        is_computed = False  # from more than numbers
        while True:
            part, whole = whole, self.parents.get(whole)  # type: ignore[assignment]
            if isinstance(whole, ast.BinOp) and isinstance(whole.op, ARITHMETIC):
                is_computed = is_computed or not all(isinstance(n, _NUMBERS) for n in ast.walk(whole))
            elif isinstance(whole, (ast.List, ast.Tuple)) and len(whole.elts) <= FEW_ITEMS:
                continue
            else:
                break
        if isinstance(whole, ast.Slice):
            return True
        if isinstance(whole, ast.Call):
            return self._is_sized(whole, part)
        if isinstance(whole, ast.keyword):
            return self._is_sized(self.parents[whole], whole)
        if isinstance(whole, ast.Compare):
            return any(_measures(side) for side in (whole.left, *whole.comparators)) or self._ends_loop(whole)
        names = list(self._names(whole, part))
        return bool(names) and not is_computed and not any(map(OTHER_NAME.search, names))

    def _names(self, holder: ast.AST, part: ast.AST) -> Iterator[str]:
        """The names that a statement or a definition gives to a number."""
        if isinstance(holder, (ast.Assign, ast.AnnAssign)):
            targets = holder.targets if isinstance(holder, ast.Assign) else [holder.target]
            places = [target for target in targets if isinstance(target, (ast.Name, ast.Attribute))]
            yield from map(last_name, places)
            for target in targets:
                if isinstance(target, ast.Tuple):
                    yield from (last_name(one) for one in target.elts)
        elif isinstance(holder, ast.arguments):
            yield from (argument.arg for argument, value in defaults_of(holder) if value is part)
        elif isinstance(holder, ast.Dict):
            yield from texts_of(key for key, value in zip(holder.keys, holder.values) if value is part)

    def _is_sized(self, call: ast.AST, part: ast.AST) -> bool:
        """Whether an argument of a call is a size."""
        if not isinstance(call, ast.Call):  # of a class
            return False
        name = called_name(call)
        if name in OTHER_CALLS:
            return False
        if name == "range":
            return self._is_over_rows(call)
        if isinstance(part, ast.keyword):
            first = call.args[0] if call.args else None  # of add_argument("--epochs", default=1000)
            named = first.value if isinstance(first, ast.Constant) and part.arg == "default" else part.arg
            return not OTHER_NAME.search(str(named))
        names, place = self.arguments.get(name, []), call.args.index(part) if part in call.args else len(call.args)
        return place >= len(names) or not OTHER_NAME.search(names[place])

    def _is_over_rows(self, call: ast.Call) -> bool:
        """Whether a range goes through places of something: its number is an index, or is handed on."""
        loop = self.parents[call]
        if not isinstance(loop, (ast.For, ast.comprehension)) or not isinstance(loop.target, ast.Name):
            return not isinstance(loop, ast.For)
        if isinstance(loop, ast.For) and _makes_items(loop):
            return True
        name = loop.target.id
        if not name.strip("_") and isinstance(self.parents[loop], ast.ListComp):
            return True  # the length of a list
        if OTHER_NAME.search(name):
            return False
        whole = loop if isinstance(loop, ast.For) else self.parents[loop]
        for node in ast.walk(whole):
            inner: list[ast.AST] = []
            if isinstance(node, ast.Call) and _reads_part(node):
                return True  # each turn reads an observation
            if isinstance(node, ast.Subscript):
                inner = [node.slice]
            elif isinstance(node, ast.Call) and called_name(node) not in ("print", "range", "format"):
                inner = list(node.args)
            if any(isinstance(part, ast.Name) and part.id == name for one in inner for part in ast.walk(one)):
                return True
        return False

    def _ends_loop(self, test: ast.Compare) -> bool:
        """Whether it is the test of ``while i < 1000``, of something that is not counted otherwise."""
        return isinstance(self.parents[test], ast.While) and not OTHER_NAME.search(ast.unparse(test.left))


_NUMBERS = (ast.Constant, ast.BinOp, ast.operator)


def _signatures(node: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """(name, names of the arguments) of a function, or of the class that a method makes."""
    if isinstance(node, ast.FunctionDef):
        yield node.name, [one.arg for one in node.args.args if one.arg != "self"]
    elif isinstance(node, ast.ClassDef):
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                yield node.name, [one.arg for one in method.args.args[1:]]


def _makes_items(loop: ast.For) -> bool:
    """Whether all that a loop does is to make items of lists, as observations are made one by one."""
    nodes = [node for statement in loop.body for node in ast.walk(statement)]
    if any(isinstance(node, (ast.AugAssign, ast.For, ast.While)) for node in nodes):
        return False
    made = [node for node in nodes if isinstance(node, ast.Call) and last_name(node.func) == "append" and node.args]
    lists = {ast.unparse(node.func) for node in made}
    is_row = any(isinstance(node.args[0], ast.List) for node in made)
    return (len(lists) > 1 or is_row) and len(made) == sum(isinstance(node, ast.Expr) for node in nodes)


def _reads_part(call: ast.Call) -> bool:
    """Whether a call reads a number of bytes of a file, or a line of it."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return (name == "read" and len(call.args) == 1) or (name == "readline" and not call.args)


def _measures(side: ast.expr) -> bool:
    """Whether a side of a comparison is the length or the shape of something."""
    return any(last_name(node) in MEASURES for node in ast.walk(side) if isinstance(node, (ast.Name, ast.Attribute)))
