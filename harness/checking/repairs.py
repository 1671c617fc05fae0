"""The one change of an operation that makes what is wrong right: another operation, sign, array, axis or factor.

A value that should be a certain gradient is made of values that are right by a few operations. Each of these
operations is changed in turn, in ways that people mistake for one another, and the value is computed again. A change
after which it is the gradient, at every setting, says what is wrong and on which line. ``value_repairs.py`` makes the
changes to one value, ``edits.py`` to lines of a whole backward pass.
"""

from __future__ import annotations

import enum
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Node, Ref
from .locating import work_of
from .reading import Reading
from .replay import CannotReplay, Values, find_operation, resolve
from .stage import argument_ids

Array = NDArray[Any]

MOST_DIMENSIONS = 3  # of arrays whose items are taken
MOST_INDICES = 5  # that are tried in the place of one
ARITHMETIC = frozenset({"add", "subtract", "multiply", "divide", "exp", "power"})
# How operations are written
SYMBOLS = {
    **{"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "matmul": "@", "dot": "dot"},
    **{"maximum": "maximum", "minimum": "minimum"},
}
FLIPS = {"add": "subtract", "subtract": "add"}
# operations that are written for one another, without those that FLIPS has
CONFUSED = {
    "add": ("multiply",),
    "subtract": ("multiply", "divide"),
    "multiply": ("add", "subtract", "divide", "matmul"),
    "divide": ("multiply", "subtract"),
    "matmul": ("multiply",),
    "dot": ("multiply",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
}
MASKS = {
    "greater": ("less_equal", "less"),
    "greater_equal": ("less", "less_equal"),
    "less": ("greater_equal", "greater"),
    "less_equal": ("greater", "greater_equal"),
}


# Derivatives that are written from the activation, by activation
FORMS_OF_ACTIVATION: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a * a,
}


class Change(enum.Enum):
    """What is changed."""

    SIGN = "sign"  # a sum for a difference, or a negated operand
    OPERATION = "operation"  # another operation of the same operands
    POWER = "power"  # a square too many, or left out
    INDEX = "index"  # another item or part of an array
    LABELS = "labels"  # labels counted from another number
    MASK = "mask"  # the comparison the other way round
    TRANSPOSE = "transpose"  # an operand transposed
    AXIS = "axis"  # a sum over another axis
    TOTAL = "total"  # no sum
    ARRAY = "array"  # another array in the place of one
    DROPPED = "dropped"  # a factor left out
    INSERTED = "inserted"  # a factor that was left out
    DERIVATIVE = "derivative"  # the derivative of an activation that was left out
    ACCUMULATED = "accumulated"  # terms added up that overwrote one another
    REPEATED = "repeated"  # the same, of items that one array of indices names several times


@dataclass(frozen=True, kw_only=True)
class Repair:
    """One change that makes a value right."""

    change: Change  # its kind
    node: int  # the operation that is changed; the first that uses the array
    old: int = -1  # the array that is replaced or left out; -1 if none
    new: int = -1  # the array that should stand there; -1 if none
    operation: str = ""  # the one that should stand there; "" if it is not changed


Compute = Callable[[Values], Array]


def squared(compute: Compute) -> Compute:
    """The square of a value"""
    return lambda values: np.square(compute(values))


def other_index(index: Any, shape: tuple[int, ...], place: int, number: int) -> Any:
    """Another index of an array, with one of its parts moved.

    Args:
        index: as it stands.
        shape: of the array.
        place: of the part, among those that are slices and integers.
        number: which of the others it should be.

    Raises:
        IndexError: there is no such index.
    """
    parts = list(index) if isinstance(index, tuple) else [index]
    part, size = parts[place], shape[place]
    if isinstance(part, slice) and part.step in (None, 1):
        start, stop, _ = part.indices(size)
        others = [(size - stop, size - start), (start + 1, stop + 1), (start - 1, stop - 1), (stop, size), (0, start)]
        first, last = others[number]
        if (first, last) == (start, stop) or not 0 <= first < last <= size:
            raise IndexError("there is no such part")
        parts[place] = slice(first, last)
    elif isinstance(part, int) and number < 2:
        parts[place] = part % size + (1, -1)[number]
        if parts[place] < 0:
            raise IndexError("there is no such item")
    else:
        raise IndexError("there is no such index")
    return tuple(parts) if isinstance(index, tuple) else parts[0]


def turned(value: Any) -> Array:
    """A matrix transposed, or each matrix of several"""
    return np.swapaxes(value, -1, -2)


def with_operand(place: int, change: Callable[[Any], Any]) -> Callable[[list[Any], Any], tuple[list[Any], Any]]:
    """A change of the arguments of an operation: something else is made of one of its operands"""
    return lambda given, keywords: ([change(one) if at == place else one for at, one in enumerate(given)], keywords)


class Bench(ABC):
    """Operations that are changed one at a time, to see whether that makes right what is wrong.

    Attributes:
        reading: the reading.
        settings: values of all nodes.
        local: the operations that are changed, in order.
        tries: how many changes were tried.
        work: what was computed for them.
    """

    def __init__(self, reading: Reading, settings: Sequence[Values]) -> None:
        self.reading = reading
        self.stage = reading.stage
        self.settings = [dict(one) for one in settings]
        self.local: list[int] = []
        self.tries = 0
        self.work = 0

    @abstractmethod
    def mends(self, operations: Mapping[int, Compute]) -> bool:
        """Whether all is right if these operations are computed in another way, at every setting."""

    @abstractmethod
    def groups(self) -> list[list[int]]:
        """The operations that are changed together, such as those of one line."""

    def may_turn(self, ids: Sequence[int]) -> bool:
        """Whether differences may have been meant the other way round."""
        return bool(ids)

    @abstractmethod
    def changes(self) -> tuple[Callable[[], Iterator[Repair]], ...]:
        """The kinds of changes that are tried, in order."""

    def repair(self) -> Repair | None:
        """The first change that makes everything right; None if no change does."""
        return next((found for change in self.changes() for found in change()), None)

    def computed(self, number: int, operations: Mapping[int, Compute], within: Sequence[int]) -> Values:
        """The values at one setting after a change of operations.

        Args:
            number: of the setting.
            operations: the changed ones.
            within: what is computed again if it depends on them, in order.
        """
        found: Values = dict(self.settings[number])
        changed: set[int] = set()
        with np.errstate(all="ignore"):
            for id in within:
                if id in operations:
                    found[id] = operations[id](self.seen_by(id, found))
                    changed.add(id)
                elif any(one in changed for one in self.stage.program.parents[id]):
                    found[id] = self.stage.program.compute(id, found)
                    changed.add(id)
        self.work += sum(work_of(self.stage.node(id).shape) for id in changed)
        return found

    def extend(self, ids: Sequence[int]) -> bool:
        """Compute more nodes at all settings; False if that fails."""
        try:
            for values in self.settings:
                values.update(self.stage.program.run(ids, values))
        except CannotReplay:
            return False
        return True

    def seen_by(self, id: int, values: Values) -> Values:
        """The values that a changed operation is computed from."""
        return values

    # The changes

    def changed(self, node: Node, operation: str | None = None, arguments: Any = None) -> Compute:
        """A node computed by another operation, or with arguments changed by a function."""
        other = Node(
            id=node.id,
            operation=operation or node.operation,
            arguments=node.arguments,
            keywords=node.keywords,
            shape=node.shape,
            dtype=node.dtype,
        )

        def compute(values: Values) -> Array:
            given = [resolve(one, values) for one in node.arguments]
            keywords = {name: resolve(one, values) for name, one in node.keywords.items()}
            if arguments is not None:
                given, keywords = arguments(given, keywords)
            return np.asarray(find_operation(other).forward(*given, **keywords))

        return compute

    def mends_if(self, ids: Sequence[int], change: Callable[[Node], Compute]) -> bool:
        """Whether the value is right after the same change of several operations."""
        return self.mends(operations={id: change(self.stage.node(id)) for id in ids})

    def first_operand(self, node: Node) -> Compute:
        """A node that passes its first operand on"""
        return self.passing_on(argument_ids(node)[0])

    @staticmethod
    def passing_on(id: int) -> Compute:
        """The value of a node in the place of what is made of it"""
        return lambda values: np.asarray(values[id])

    def signs(self) -> Iterator[Repair]:
        """A sum for a difference and the other way round; a difference turned round; a negation left out."""
        for ids in self.groups():
            operation = self.stage.node(ids[0]).operation
            if operation in FLIPS and self.mends_if(ids, lambda node: self.changed(node, FLIPS[node.operation])):
                yield Repair(change=Change.SIGN, node=ids[0], operation=FLIPS[operation])
            turned = operation == "subtract" and self.may_turn(ids)
            if turned and self.mends_if(ids, lambda node: self.changed(node, None, lambda a, k: (a[::-1], k))):
                yield Repair(change=Change.SIGN, node=ids[0])
            if operation == "negative" and self.mends_if(ids, self.first_operand):
                yield Repair(change=Change.SIGN, node=ids[0])

    def masks(self) -> Iterator[Repair]:
        """A comparison the other way round"""
        for ids in self.groups():
            for other in MASKS.get(self.stage.node(ids[0]).operation, ()):
                if self.mends_if(ids, partial(self.changed, operation=other)):
                    yield Repair(change=Change.MASK, node=ids[0])
            node = self.stage.node(ids[0])
            is_choice = node.operation == "where" and len(node.arguments) == 3
            turned_round = partial(self.changed, arguments=lambda a, k: ([a[0], a[2], a[1]], k))
            if is_choice and self.mends_if(ids, turned_round):
                yield Repair(change=Change.MASK, node=ids[0])

    def transposes(self) -> Iterator[Repair]:
        """A matrix transposed in a product"""
        for ids in self.groups():
            node = self.stage.node(ids[0])
            is_transpose = node.operation == "transpose" and bool(argument_ids(node))
            if is_transpose and self.mends_if(ids, self.first_operand):
                yield Repair(change=Change.TRANSPOSE, node=ids[0], old=argument_ids(node)[0])
            if node.operation not in ("matmul", "dot", "einsum"):
                continue
            for place, argument in enumerate(node.arguments):
                if not isinstance(argument, Ref) or len(self.stage.node(argument.id).shape) < 2:
                    continue
                if self.mends_if(ids, partial(self.changed, arguments=with_operand(place, turned))):
                    yield Repair(change=Change.TRANSPOSE, node=ids[0], old=argument.id)

    def axes(self) -> Iterator[Repair]:
        """A sum or mean over another axis, in the place of what the value is made of"""
        for ids in self.groups():
            node = self.stage.node(ids[0])
            if node.operation not in ("sum", "mean") or len(node.arguments) == 0:
                continue
            dimensions = max(2, len(self.stage.node(argument_ids(node)[0]).shape)) if argument_ids(node) else 2
            for axis in (*range(dimensions), None):

                def over(given: list[Any], keywords: Any, axis: int | None = axis) -> tuple[list[Any], Any]:
                    return given[:1], {**{k: v for k, v in keywords.items() if k != "axis"}, "axis": axis}

                if self.mends_if(ids, partial(self.changed, arguments=over)):
                    yield Repair(change=Change.AXIS, node=ids[0])

    def with_arrays(self, user: int, replaced: Mapping[int, int], transposed: bool = False) -> Compute:
        """One operation with other arrays in the place of some of its operands."""

        def compute(values: Values) -> Array:
            meant = {old: np.asarray(values[new]) for old, new in replaced.items()}
            turned = {old: np.transpose(one) for old, one in meant.items()} if transposed else meant
            return np.asarray(self.stage.program.compute(user, {**values, **turned}))

        return compute

    def operations(self) -> Iterator[Repair]:
        """Another operation of the same operands"""
        for ids in self.groups():
            node = self.stage.node(ids[0])
            of_itself = len(set(argument_ids(node))) < len(argument_ids(node))  # x - x explains nothing
            for other in CONFUSED.get(node.operation, ()):
                if of_itself and other in ("subtract", "divide"):
                    continue
                change = partial(self.changed, operation=other)
                if self.mends_if(ids, change) and not self.cancels_out(ids, change):
                    yield Repair(change=Change.OPERATION, node=ids[0], operation=other)

    def cancels_out(self, ids: Sequence[int], change: Callable[[Node], Compute]) -> bool:
        """Whether a change makes a value, or the product that it goes into, 1 everywhere: a * (1 / a), a + (1 - a)."""
        values = self.computed(0, {id: change(self.stage.node(id)) for id in ids}, self.local)
        children = {child for id in ids for child in self.stage.program.children[id]} & set(self.local)
        products = [id for id in children if self.stage.node(id).operation == "multiply"]
        return any(np.size(values[id]) and np.allclose(values[id], 1, rtol=1e-9, atol=0) for id in (*ids, *products))

    def powers(self) -> Iterator[Repair]:
        """A square that was left out, of a result or of an operand, or that is too many"""
        for ids in self.groups():
            node = self.stage.node(ids[0])
            if node.operation in ("square", "power") and self.mends_if(ids, self.first_operand):
                yield Repair(change=Change.POWER, node=ids[0])
            if node.operation not in ARITHMETIC:
                continue
            if self.mends_if(ids, lambda node: squared(self.changed(node))):
                yield Repair(change=Change.POWER, node=ids[0])
            for place, argument in enumerate(node.arguments):
                if not isinstance(argument, Ref):
                    continue
                if self.mends_if(ids, partial(self.changed, arguments=with_operand(place, np.square))):
                    yield Repair(change=Change.POWER, node=ids[0], old=argument.id)

    def indices(self) -> Iterator[Repair]:
        """Another item or part of an array"""
        for ids in self.groups():
            node = self.stage.node(ids[0])
            if node.operation != "getitem" or len(node.arguments) != 2:
                continue
            for place, number in itertools.product(range(MOST_DIMENSIONS), range(MOST_INDICES)):

                def moved(given: list[Any], keywords: Any, place: int = place, number: int = number) -> Any:
                    return [given[0], other_index(given[1], np.shape(given[0]), place, number)], keywords

                if self.mends_if(ids, partial(self.changed, arguments=moved)):
                    yield Repair(change=Change.INDEX, node=ids[0])

    def drops(self) -> Iterator[Repair]:
        """A factor left out"""
        for id in self.local:
            node = self.stage.node(id)
            if node.operation not in ("multiply", "divide") or len(node.arguments) != 2:
                continue
            for place in (0, 1) if node.operation == "multiply" else (0,):
                kept, dropped = node.arguments[place], node.arguments[1 - place]
                if not isinstance(kept, Ref) or not isinstance(dropped, Ref):
                    continue
                if self.mends(operations={id: self.passing_on(kept.id)}):
                    yield Repair(change=Change.DROPPED, node=id, old=dropped.id)
