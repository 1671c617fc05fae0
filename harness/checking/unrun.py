"""Code of the training that did not run, branches and whole functions: a verdict says nothing about it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf

from ..recording.graph import Place, Recording, Site, sites_of
from ..recording.literals import last_name
from ..recording.source import called_name
from .exceptions import bare
from .later import has_run, updating_places
from .replay import Program
from .result import Unrun
from .sources import Sources
from .stage import MATRIX_PRODUCTS

Block = Sequence[ast.AST]
Part = ast.ClassDef | ast.FunctionDef
GRADIENT = r"grad(?!e(s|d|r|_|$)|ing)"  # no grade of a learner
OF_DERIVATIVES = re.compile(rf"(?i)back|{GRADIENT}|deriv|prime|delta")
GRADIENT_WORDS = re.compile(rf"(?i)back|{GRADIENT}|delta|deriv|train|fit|learn|update|optimi|^step")
Scope = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
# calls that compute nothing by themselves
PLAIN_CALLS = frozenset(
    {
        *("reshape", "array", "asarray", "astype", "copy", "zeros", "zeros_like", "ones", "ones_like", "squeeze"),
        *("atleast_2d", "expand_dims", "ravel", "flatten", "len", "int", "float", "str", "range", "list", "dict"),
        *("tuple", "set", "isinstance", "append", "print", "format", "join", "get", "keys", "items", "values"),
    }
)
# NumPy's names of operators
CALLED_ARITHMETIC = MATRIX_PRODUCTS | {"multiply", "divide", "true_divide", "subtract", "negative", "square"}


# Branches


@dataclass(frozen=True)
class Branch:
    """A block that may be left out, and the others that stand in its place."""

    block: Block
    others: tuple[Block, ...]
    end: int  # the last line of all of them


def unrun_branches(recordings: Sequence[Recording], sources: Sources) -> tuple[Unrun, ...]:
    """The branches that compute something for the updates and ran in none of the recordings.

    One does if another branch in its place, or what comes after it, is on the way to an update, or assigns the same.

    Args:
        recordings: what the verdict rests on.
        sources: the user's files.
    """
    ran = {site for one in recordings for site in (*one.assigned, *sites_of(node.place for node in one.nodes))}
    updating = sites_of(place for one in recordings for place in updating_places(one))
    found = []
    for file, tree in sources.trees.items():
        lines, used = of_file(file, ran), of_file(file, updating)
        last = 0
        for scope, branch in branches_of(tree) if used else ():
            first, end = lines_of(branch.block)
            if first <= last or not computes(branch.block) or not lines.isdisjoint(range(first, end + 1)):
                continue
            if is_on_the_way(scope, branch, used):
                last = end
                found.append(Unrun(first=Place(file=file, line=first), last=Place(file=file, line=end)))
    return tuple(found)


def of_file(file: str, sites: Iterable[Site]) -> set[int]:
    """The lines of a file among sites."""
    return {line for name, line in sites if name == file}


def lines_of(block: Block) -> tuple[int, int]:
    """The first line of a block and its last."""
    first, last = block[0], block[-1]
    line = getattr(first, "lineno", 0)
    return line, getattr(last, "end_lineno", None) or line


def branches_of(tree: ast.Module) -> Iterator[tuple[ast.AST, Branch]]:
    """The branches of a file in the order of their lines, each with the function that it stands in, or the file."""
    found: list[tuple[ast.AST, Branch]] = []
    waiting: list[tuple[ast.AST, ast.AST]] = [(tree, tree)]
    while waiting:
        scope, node = waiting.pop()
        blocks = blocks_in(node)
        if blocks:
            end = max(lines_of(one)[1] for one in blocks)
            found += [(scope, Branch(one, tuple(o for o in blocks if o is not one), end)) for one in blocks]
        inner = node if isinstance(node, Scope) else scope
        waiting += [(inner, one) for one in ast.iter_child_nodes(node)]
    yield from sorted(found, key=lambda one: lines_of(one[1].block)[0])


def blocks_in(node: ast.AST) -> list[Block]:
    """The blocks of a statement that may not all run: those of a chain of conditions, cases, functions in a
    dictionary, or the body of a loop."""
    if isinstance(node, ast.If):
        rest = blocks_in(node.orelse[0]) if is_elif(node) else [node.orelse] if node.orelse else []
        return [node.body, *rest]
    if isinstance(node, ast.Match):
        return [one.body for one in node.cases]
    if isinstance(node, (ast.For, ast.While)):
        return [node.body]
    if isinstance(node, ast.Dict):
        functions = [one for value in node.values for one in ast.walk(value) if isinstance(one, ast.Lambda)]
        return [[one.body] for one in functions] if len({one.lineno for one in functions}) == len(functions) else []
    return []


def is_elif(node: ast.If) -> bool:
    """Whether another condition follows."""
    return len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)


def computes(block: Block) -> bool:
    """Whether a block assigns or returns something that is computed; a lambda returns what it computes."""
    for node in chain.from_iterable(map(ast.walk, block)):
        if isinstance(node, ast.AugAssign):
            return True
        value = node if isinstance(node, ast.expr) and node in block else getattr(node, "value", None)
        is_result = isinstance(node, (ast.Assign, ast.AnnAssign, ast.Return)) or value is node
        if is_result and isinstance(value, ast.AST) and any(map(is_arithmetic, ast.walk(value))):
            return True
    return False


def is_arithmetic(node: ast.AST) -> bool:
    """Whether an expression computes numbers, or calls what may."""
    is_call = isinstance(node, ast.Call) and last_name(node.func) not in PLAIN_CALLS
    return is_call or (isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Mod))


def is_on_the_way(scope: ast.AST, branch: Branch, used: set[int]) -> bool:
    """Whether a branch that did not run computes something for the updates.

    Args:
        scope: the function around it, or the file.
        branch: the branch.
        used: lines on the way to an update.
    """
    if lines_of(branch.block)[0] > end_of_training(scope, used):
        return False
    beside = [range(first, end + 1) for first, end in map(lines_of, branch.others)]
    if any(not used.isdisjoint(lines) for lines in beside):
        return True
    inside = list(chain.from_iterable(map(ast.walk, branch.block)))
    after = range(branch.end + 1, (getattr(scope, "end_lineno", None) or 0) + 1)
    if any(isinstance(one, ast.Return) for one in inside) and not used.isdisjoint(after):
        return True
    stored = {name for one in inside for name in names_stored(one)}
    return any(
        not stored.isdisjoint(names_stored(one)) and one.lineno in used
        for one in ast.walk(scope)
        if isinstance(one, (ast.Assign, ast.AugAssign))
    )


def end_of_training(scope: ast.AST, used: set[int]) -> float:
    """The last line of the loops of a function that train, or infinity if it is called in such a loop."""
    loops = [one for one in ast.walk(scope) if isinstance(one, (ast.For, ast.While))]
    ends = [one.end_lineno or one.lineno for one in loops]
    return max((end for one, end in zip(loops, ends) if not used.isdisjoint(range(one.lineno, end + 1))), default=inf)


def names_stored(node: ast.AST) -> set[str]:
    """What an assignment gives a value: ``W``, ``self.W``, ``grads`` of ``grads['W'] = ...``."""
    if not isinstance(node, (ast.Assign, ast.AugAssign)):
        return set()
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    parts = [part for one in targets for part in (one.elts if isinstance(one, ast.Tuple) else [one])]
    return {ast.unparse(part.value if isinstance(part, ast.Subscript) else part) for part in parts}


# Functions


def parts_left(recording: Recording, sources: Sources) -> list[str]:
    """Classes and functions that compute a derivative and did not run.

    A file may train several networks, and the recording ends soon after the first steps. If the file does not apply its
    gradients itself, what applies them counts too.
    """
    words = GRADIENT_WORDS if recording.driven.applied_by_driver else OF_DERIVATIVES
    lines = sites_of(node.place for node in recording.nodes)
    left = [
        part.name
        for file, tree in sources.trees.items()
        for part, _ in gradient_functions(tree, words)
        if not has_run(part, file, lines)
    ]
    families = [beginning for tree in sources.trees.values() for beginning in looked_up(tree)]
    for file, tree in sources.trees.items():
        functions = [one for one in tree.body if isinstance(one, ast.FunctionDef)]
        for beginning in families:
            alike = [one for one in functions if one.name.startswith(beginning)]
            if any(has_run(one, file, lines) for one in alike):
                left += [one.name for one in alike if does_arithmetic(one) and not has_run(one, file, lines)]
    return list(dict.fromkeys(left))


def looked_up(tree: ast.Module) -> Iterator[str]:
    """What the names of functions begin with that are put together and looked up: ``getattr(module, "d_" + kind)``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called_name(node) == "getattr" and len(node.args) > 1:
            name = node.args[1]
            first = name.left if isinstance(name, ast.BinOp) else None
            first = name.values[0] if isinstance(name, ast.JoinedStr) else first
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value:
                yield first.value


def methods_left(recordings: Sequence[Recording], sources: Sources) -> list[str]:
    """The methods that compute a derivative and ran in none of the recordings, of classes that did run."""
    lines = sites_of(node.place for recording in recordings for node in recording.nodes)
    return [
        f"{part.name}.{function.name}"
        for file, tree in sources.trees.items()
        for part, function in gradient_functions(tree, OF_DERIVATIVES)
        if isinstance(part, ast.ClassDef) and has_run(part, file, lines) and not has_run(function, file, lines)
    ]


def passing_on(tree: ast.Module) -> Iterator[str]:
    """The methods named after gradients that call others of the same name, as those of a container of layers do.

    One that sets gradients back to 0 computes none.
    """
    from ..recording.driving.words import CLEARING_NAME  # not for every file

    for part in (one for one in tree.body if isinstance(one, ast.ClassDef)):
        for method in ast.walk(part):
            if not isinstance(method, ast.FunctionDef) or CLEARING_NAME.search(method.name):
                continue
            if OF_DERIVATIVES.search(method.name):
                calls = [node for node in ast.walk(method) if called_name(node) == method.name]
                if any("super()" not in ast.unparse(one) for one in calls) and not goes_backwards(method):
                    yield f"{part.name}.{method.name}"


def goes_backwards(method: ast.FunctionDef) -> bool:
    """Whether a method hands one gradient through layers from the last to the first, and computes nothing itself.

    ``for layer in reversed(self.layers): gradient = layer.backward(gradient)`` can be seen to be right.
    """
    loops = [node for node in ast.walk(method) if isinstance(node, (ast.For, ast.While))]
    if len(loops) != 1 or not isinstance(loops[0], ast.For) or len(loops[0].body) != 1 or does_arithmetic(method):
        return False
    order, step = ast.unparse(loops[0].iter), loops[0].body[0]
    if not (order.startswith("reversed(") or order.endswith("[::-1]")) or not isinstance(step, ast.Assign):
        return False
    layer, call = ast.unparse(loops[0].target), step.value
    is_of_layer = isinstance(call, ast.Call) and ast.unparse(call.func) == f"{layer}.{method.name}"
    given = [ast.unparse(one) for one in call.args] if isinstance(call, ast.Call) else []
    return is_of_layer and given[:1] == [ast.unparse(one) for one in step.targets]


def does_arithmetic(function: ast.FunctionDef) -> bool:
    """Whether a function computes numbers, or a mask by a comparison."""
    values = [node.value for node in ast.walk(function) if isinstance(node, (ast.Return, ast.Assign)) and node.value]
    # dz[z <= 0] = 0
    values += [node.slice for node in ast.walk(function) if isinstance(node, ast.Subscript)]
    is_mask = any(isinstance(node, ast.Compare) for value in values for node in ast.walk(value))
    return is_mask or any(
        isinstance(node, (ast.BinOp, ast.AugAssign))
        or (isinstance(node, ast.Call) and last_name(node.func) in CALLED_ARITHMETIC)
        for node in ast.walk(function)
    )


def trainers_left(recordings: Sequence[Recording], sources: Sources) -> list[str]:
    """The functions that call what updated parameters, such as one over batches, and ran in none of the recordings.

    They cut the data or compute something, so what they hand on may be wrong.
    """
    callers = callers_left(recordings, sources).items()
    return [
        name for name, function in callers if any(isinstance(one, (ast.Slice, ast.BinOp)) for one in ast.walk(function))
    ]


def callers_left(recordings: Sequence[Recording], sources: Sources) -> dict[str, ast.FunctionDef]:
    """The functions that call what updated parameters and ran in none of the recordings, by their names."""
    lines = sites_of(node.place for recording in recordings for node in recording.nodes)
    lines |= {site for recording in recordings for site in recording.assigned}
    updates = [recording.nodes[one.after].place for recording in recordings for one in recording.updates]
    trainers = {bare(one.function) for place in updates if place is not None for one in place.trail}
    found = {}
    for file, tree in sources.trees.items():
        for name, function in named_functions(tree):
            calls = any(isinstance(one, ast.Call) and last_name(one.func) in trainers for one in ast.walk(function))
            if calls and not has_run(function, file, lines):
                found[name] = function
    return found


def named_functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions at the top level of a file and the methods of its classes, with their names: "Network.fit"."""
    for part in tree.body:
        methods: Sequence[ast.stmt] = part.body if isinstance(part, ast.ClassDef) else [part]
        for function in (one for one in methods if isinstance(one, ast.FunctionDef)):
            yield f"{part.name}.{function.name}" if isinstance(part, ast.ClassDef) else function.name, function


def ending_layers(recordings: Sequence[Recording], sources: Sources) -> list[str]:
    """The classes whose backward pass ran and gives back what no update is made of, as the first layer's does.

    If a network has one layer of a kind, nothing else shows whether the gradient of its input is right.
    """
    made: dict[Site, bool] = {}  # whether an update is made of what a line made
    for recording in recordings:
        used = Program(recording.nodes).ancestors([update.after for update in recording.updates])
        for node in recording.nodes:
            if node.place is not None:
                made[node.place.site] = made.get(node.place.site, False) or node.id in used
    found = [
        part.name
        for file, tree in sources.trees.items()
        for part, function in gradient_functions(tree, OF_DERIVATIVES)
        if isinstance(part, ast.ClassDef)
        if any(not any(uses) for uses in uses_of_results(function, file, made) if uses)
    ]
    return list(dict.fromkeys(found))


def uses_of_results(function: ast.FunctionDef, file: str, made: Mapping[Site, bool]) -> Iterator[list[bool]]:
    """Whether an update is made of each value that a function returns, for each line that made it."""
    lines: dict[str, list[int]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                lines.setdefault(ast.unparse(target), []).append(node.lineno)
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            for value in node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]:
                at = lines.get(ast.unparse(value), [node.lineno])
                yield [made[file, line] for line in at if (file, line) in made]


def gradient_functions(tree: ast.Module | None, words: re.Pattern[str]) -> Iterator[tuple[Part, ast.FunctionDef]]:
    """The functions named after gradients that do arithmetic, each with the class or function that it stands in.

    Args:
        tree: of the file; None if it cannot be parsed.
        words: what such names have in them.
    """
    for part in tree.body if tree is not None else ():
        if not isinstance(part, (ast.ClassDef, ast.FunctionDef)):
            continue
        for function in (one for one in ast.walk(part) if isinstance(one, ast.FunctionDef)):
            is_abstract = isinstance(function.body[-1], ast.Raise)
            if words.search(function.name) and not is_abstract and does_arithmetic(function):
                yield part, function
