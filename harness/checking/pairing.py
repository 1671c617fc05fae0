"""Inputs and targets that are used together and are not of the same observations.

Both are followed back to the arrays that they are taken from, each number with the row that it was in. A distance
between the rows of inputs and of targets that is the same everywhere is a choice: the next value of a series.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Kind, Node, Ref, references
from .exceptions import RUN_FILE
from .labels import found_at
from .reading import Reading
from .replay import CannotReplay, Program, Values, find_operation, resolve, size_of
from .result import Found
from .stage import JOINING, PRODUCTS
from .structure import MOVES

FEWEST_ROWS = 4  # that show that an order is one
MOST_COMPARED = 64  # comparisons of outputs with targets that are looked at, over all iterations
MOST_NUMBERS = 40_000_000  # whose rows are followed
MOST_OPERATIONS = 20_000  # that they are followed through
MOST_DISTANCES = 10  # between inputs and targets that a window of one series gives
# pad is not one of them, because what it puts in is of no row
REARRANGING = MOVES - {"pad", "astype", "copy"} | {"take", "roll", "flip", "fliplr", "flipud", "flatten", "moveaxis"}
PUTTING = frozenset({"setitem", "setitems"})
ASSEMBLING = PUTTING | JOINING | {"insert"}
CHOOSING = frozenset({"getitem", "take", "delete", "setitem", "setitems"})  # their second argument is an index
ELEMENT_BY_ELEMENT = frozenset({"where", "clip", "round", "nan_to_num", "astype", "copy"})
NO_ROW = -1  # of numbers that are of no array, such as a column of ones

Rows = NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the numbers of a value come from."""

    root: int  # the last array of all rows in their first order; NO_ROW if they are of none
    count: int  # of its rows
    rows: Any  # for each number, its row there; a tuple of such arrays for a tuple
    moves: tuple[tuple[int, Rows], ...] = ()  # what chose or reordered rows on the way, with the rows that it gave


Pairs = list[tuple[Origin, Origin]]  # of the inputs and the targets that are used together


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """How inputs and targets are put together."""

    # the first place at which one of them is taken by other rows than those that it is used with
    mistakes: tuple[Found, ...] = ()
    shift: int = 0  # how many rows after its inputs each target is taken from


def pairing_of(reading: Reading) -> Pairing:
    """How the inputs and targets of all observations are put together."""
    stage = reading.stage
    compared = list(itertools.islice(comparisons(reading), MOST_COMPARED))
    wanted = sorted(stage.program.ancestors(id for pair in compared for ids in pair for id in ids))
    if len(wanted) > MOST_OPERATIONS or sum(size_of(stage.node(id)) for id in wanted) > MOST_NUMBERS:
        return Pairing()
    found: list[Found] = []
    origins = {axis: origins_along(stage.program, wanted, axis) for axis in (0, -1)}
    for axes in itertools.product(origins, repeat=2):
        both = [tuple(joint(origins[axis][id] for id in some) for axis, some in zip(axes, ids)) for ids in compared]
        pairs = [
            (first, second)
            for first, second in both
            if first is not None and second is not None and first.root != second.root
            if first.count == second.count >= FEWEST_ROWS
        ]
        distances = distances_of(stage.program, pairs)
        if distances is None:
            continue
        if len(distances) == 1:
            is_shifted = distances != {0} and not are_few(pairs)
            moved = (shuffled_apart(stage.program, pairs) or wrapped(stage.program, pairs)) if is_shifted else None
            if moved is not None:
                moved = in_own_file(reading, moved)
                return Pairing(mistakes=(found_at(reading, moved, "observations-not-paired", stage.steps),))
            return Pairing(shift=0 if are_few(pairs) else distances.pop())
        if is_window(stage.program, pairs, distances):
            return Pairing()
        moved = in_own_file(reading, odd_move(pairs))
        found.append(found_at(reading, moved, "observations-not-paired", stage.steps))
    return Pairing(mistakes=tuple(found[:1]))


def in_own_file(reading: Reading, id: int) -> int:
    """An operation, or the first comparison of outputs with targets if the operation is one of made-up calls"""
    place = reading.stage.node(id).place
    return id if place is not None and place.file != RUN_FILE else reading.errors[0].node


def comparisons(reading: Reading) -> Iterator[tuple[list[int], list[int]]]:
    """The inputs and the targets of each comparison of outputs with targets, in all iterations."""
    stage, program = reading.stage, reading.stage.program
    starts = {*stage.parameters, *(one.node for one in stage.recording.parameters)}
    ends = starts | {one.after for one in stage.recording.updates}
    dependent = program.descendants(starts)
    made = [stage.node(error.node) for error in reading.errors]
    alike = {(one.place.site, one.operation) for one in made if one.place is not None}
    for id in sorted(dependent):
        node = stage.node(id)
        if node.place is None or (node.place.site, node.operation) not in alike:
            continue
        outputs = program.ancestors([one for one in program.parents[id] if one in dependent], stop=ends) & dependent
        products = [one for one in outputs - ends if stage.node(one).operation in PRODUCTS]
        data = {one for product in products for one in program.parents[product] if one not in dependent}
        is_mask = min(outputs, default=0)  # drawn during the forward pass
        inputs = [one for one in data if not (stage.node(one).kind is Kind.RANDOM and one > is_mask)]
        targets = [one for one in program.parents[id] if one not in dependent]
        if inputs and targets:
            yield inputs, targets


def distances_of(program: Program, pairs: Pairs) -> set[int] | None:
    """How many rows the targets come after their inputs; None if they cannot be compared."""
    leaves = leaves_of(program, pairs)
    moves = {id for pair in pairs for one in pair for id, _ in one.moves}
    orders = data_in(program, (id for one in moves for id in index_of(program.nodes[one])))
    if not moves or max(leaves[0] | leaves[1]) >= min(moves | orders):
        return None  # an array that is made when the order of the other is settled may have that order
    distances: set[int] = set()
    for inputs, targets in pairs:
        first, second = row_numbers(inputs.rows), row_numbers(targets.rows)
        if first is None or second is None or first.shape != second.shape:
            return None
        half = inputs.count // 2
        distances |= set(((second - first + half) % inputs.count - half).tolist())
    return distances


def leaves_of(program: Program, pairs: Pairs) -> tuple[set[int], set[int]]:
    """Where the numbers of the inputs, and of the targets, are settled."""
    inputs, targets = ({pair[number].root for pair in pairs} for number in (0, 1))
    return data_in(program, inputs), data_in(program, targets)


def is_window(program: Program, pairs: Pairs, distances: set[int]) -> bool:
    """Whether inputs and targets are a few steps of one series apart."""
    inputs, targets = leaves_of(program, pairs)
    return bool(inputs & targets) and len(distances) <= MOST_DISTANCES


def are_few(pairs: Pairs) -> bool:
    """Whether there are fewer than two observations to tell a distance by."""
    rows = [row_numbers(inputs.rows) for inputs, _ in pairs]
    return len(np.unique(np.concatenate([one for one in rows if one is not None]))) < 2


def data_in(program: Program, ids: Iterable[int]) -> set[int]:
    """Where the numbers of values are settled: their leaves, without zeros and the like, and what is put or chosen.

    ``a[row, int(label)] = 1`` is made of zeros alone, in the order that the labels have by then.
    """
    nodes = [program.nodes[one] for one in program.ancestors(ids)]
    leaves = {one.id for one in nodes if one.is_leaf and one.shape and one.kind is not Kind.FILL}
    return leaves | {one.id for one in nodes if one.operation in CHOOSING}


def index_of(node: Node) -> list[int]:
    """The nodes of the index by which an operation chooses or puts"""
    return list(references(node.arguments[1])) if node.operation in CHOOSING else []


def shuffled_apart(program: Program, pairs: Pairs) -> int | None:
    """The operation that shuffles all rows of one side by an index that was shifted, as in ``X[order - 1]``.

    The last row of the one is used with the first of the other then, which no series asks for.
    """
    moves: list[int] = []
    for side in pairs[0]:
        ways = [(id, row_numbers(rows)) for id, rows in side.moves]
        whole = [id for id, rows in ways if rows is not None and is_any_order(rows, side.count)]
        if whole != [id for id, _ in side.moves[:1]] or not index_of(program.nodes[whole[0]]):
            return None
        moves += whole
    drawn = [program.ancestors(index_of(program.nodes[one])) for one in moves]
    orders = {one for one in drawn[0] & drawn[1] if program.nodes[one].shape and program.nodes[one].is_leaf}
    return max(moves, key=lambda one: len(drawn[moves.index(one)])) if orders else None


def wrapped(program: Program, pairs: Pairs) -> int | None:
    """The operation that takes the last row for the first of another array, as ``y[i - 1]`` does beside ``X[i]``.

    A series may begin again with its first value, and the target may be the next value of another column.
    """
    rows = [(row_numbers(first.rows), row_numbers(second.rows)) for first, second in pairs]
    apart = Counter(
        int(one) for first, second in rows if first is not None and second is not None for one in second - first
    )
    if len(apart) < 2 or apart.most_common(1)[0][0] > 0:
        return None
    inputs, targets = leaves_of(program, pairs)
    roots = [pairs[0][0].root, pairs[0][1].root]
    known = program.run(roots, {}, program.base)
    is_series = not inputs.isdisjoint(targets) and bool(np.all(np.isin(known[roots[1]], known[roots[0]])))
    return None if is_series else odd_move(pairs)


def is_any_order(rows: Rows, count: int) -> bool:
    """Whether these are all rows, each once, and not one after the other"""
    return bool(np.array_equal(np.sort(rows), np.arange(count)) and np.any(np.diff(rows) != 1))


def odd_move(pairs: Pairs) -> int:
    """The operation that takes rows in another order than one after the other, of the side that does so more."""
    sides = [[pair[number] for pair in pairs] for number in (0, 1)]
    odd = min(sides, key=lambda side: share_in_turn([row_numbers(one.rows) for one in side]))
    moves = [move for one in odd for move in one.moves] or [
        move for one in itertools.chain(*pairs) for move in one.moves
    ]
    return next((id for id, rows in moves if share_in_turn([row_numbers(rows)]) < 1), moves[-1][0])


def share_in_turn(numbers: Sequence[Rows | None]) -> float:
    """How many of these rows follow the one before."""
    after = np.diff(np.concatenate([one for one in numbers if one is not None] or [np.zeros(0, dtype=np.int32)]))
    return float(np.mean(after == 1)) if len(after) else 1.0


def row_numbers(rows: Any) -> Rows | None:
    """The row of each observation, for numbers of which each observation has only those of one row."""
    if isinstance(rows, tuple) or not np.any(rows != NO_ROW):
        return None
    low = np.where(rows == NO_ROW, np.iinfo(np.int32).max, rows)
    if low.min() == rows.max():
        return np.array([low.min()], dtype=np.int32)
    for axis in range(rows.ndim):
        others = tuple(one for one in range(rows.ndim) if one != axis)
        if np.array_equal(low.min(axis=others), rows.max(axis=others)):
            return np.asarray(rows.max(axis=others))
    return None


def origins_along(program: Program, ids: Sequence[int], axis: int) -> dict[int, Origin | None]:
    """Where each value comes from, by the rows along one axis; None if that is not known."""
    found: dict[int, Origin | None] = {}
    for id in ids:
        node = program.nodes[id]
        parents = [found[one] for one in program.parents[id]]
        is_unmoved = all(one is not None and not one.moves for one in parents)
        origin: Origin | None = None
        if node.is_leaf:
            is_array = node.shape and node.kind is not Kind.FILL
            origin = None if node.kind is Kind.LOST else itself(node, axis) if is_array else elsewhere(node)
        elif node.operation in REARRANGING:
            origin = rearranged(program, node, found, axis)
        elif is_unmoved and all(one is not None and one.root == NO_ROW for one in parents):
            origin = elsewhere(node)
        elif isinstance(getattr(np, node.operation, None), np.ufunc) or node.operation in ELEMENT_BY_ELEMENT:
            origin = joint(found[one] for one in program.parents[id] if program.nodes[one].shape == node.shape)
        elif not node.shape:
            origin = elsewhere(node)  # a mean, a largest number
        if origin is not None and not origin.moves and origin.root != NO_ROW:
            origin = replace(origin, root=id)
        is_made = origin is None and is_unmoved and not node.is_leaf and node.operation not in REARRANGING
        found[id] = itself(node, axis) if node.shape and is_made else origin
    return found


def itself(node: Node, axis: int) -> Origin:
    """The origin of an array that other values are taken from."""
    numbers = np.arange(node.shape[axis], dtype=np.int32)
    along = numbers.reshape(-1, *(1,) * (len(node.shape) - 1)) if axis == 0 else numbers
    return Origin(root=node.id, count=len(numbers), rows=np.broadcast_to(along, node.shape))


def elsewhere(node: Node) -> Origin:
    """The origin of numbers that are of no array."""
    return Origin(root=NO_ROW, count=0, rows=np.broadcast_to(np.int32(NO_ROW), node.shape))


def joint(origins: Iterable[Origin | None]) -> Origin | None:
    """The common origin of the values that come from arrays; None if there are several, or if it is not known."""
    found = list(origins)
    known = [one for one in found if one is not None and one.root != NO_ROW]
    if not known or None in found:
        return None
    numbers = [row_numbers(one.rows) for one in known]
    is_one = all(one.root == known[0].root and same_rows(numbers[0], rows) for one, rows in zip(known, numbers))
    return known[0] if is_one else None


def same_rows(first: Rows | None, second: Rows | None) -> bool:
    """Whether two values are known to be of the same rows."""
    return first is not None and second is not None and np.array_equal(first, second)


def rearranged(program: Program, node: Node, origins: dict[int, Origin | None], axis: int) -> Origin | None:
    """The origin of what an operation takes from its arguments or puts together of them; None if it is not known."""
    operation, arguments = node.operation, list(node.arguments)
    index = index_of(node)
    data = set(program.parents[node.id]) - set(index)
    if any(origins[id] is None for id in data):
        return None
    sources = [one for id in data if (one := origins[id]) is not None and one.root != NO_ROW]
    # eye[y] and zeros[range(n), y] = 1 are of the rows of y
    labels = [] if sources else [one for id in index if (one := origins[id]) is not None and one.root != NO_ROW]
    known = sources or labels
    if len(sources) > 1 and operation not in PUTTING and any(one.moves for one in sources):
        return None  # rows that Python picked one by one, in an order that may be older than any array
    if len({one.root for one in known}) != 1:
        is_listed = operation == "getitem" and isinstance(arguments[1], list)
        is_array = bool(node.shape) and bool(known or operation in ASSEMBLING or is_listed)
        return None if any(one.moves for one in known) else itself(node, axis) if is_array else elsewhere(node)
    base = origins[arguments[0].id] if isinstance(arguments[0], Ref) else None
    if operation in PUTTING and sources == [base]:
        return base  # numbers of no row that are put in, such as -1 for the class 0
    rows: Values = {id: one.rows for id in data if (one := origins[id]) is not None}
    try:
        chosen = program.run(index, {}, program.base)
        if labels and operation == "setitem":
            arguments[2] = known[0].rows
        elif operation in ("append", "insert") and not isinstance(arguments[-1], Ref):
            arguments[-1] = NO_ROW
        if labels and operation == "getitem":
            wide = known[0].rows.reshape(*known[0].rows.shape, *(1,) * (len(node.shape) - known[0].rows.ndim))
            made: Any = np.broadcast_to(wide, node.shape)
        else:
            given = [resolve(one, {**chosen, **rows}) for one in arguments[: 1 if operation == "array" else None]]
            keywords = {} if operation == "array" else {name: resolve(one, rows) for name, one in node.keywords.items()}
            made = find_operation(node).forward(*given, **keywords)
    except (CannotReplay, ValueError, TypeError, IndexError, KeyError, AttributeError):
        return None
    moves = max((one.moves for one in known), key=len)
    if isinstance(made, (list, tuple)):
        return replace(known[0], rows=tuple(made), moves=moves)
    made = np.asarray(made)
    if made.shape != node.shape:
        return None
    numbers = row_numbers(made)
    in_order = (np.arange(known[0].count), *(row_numbers(one.rows) for one in known))  # or as they were, of labels
    is_kept = numbers is not None and any(one is not None and np.array_equal(numbers, one) for one in in_order)
    return replace(known[0], rows=made, moves=moves if is_kept else (*moves, (node.id, made)))
