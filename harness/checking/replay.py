"""A part of a recording as a pure function of some of its nodes, in float64, and its gradients.

A replay is given values for some nodes (parameters, inputs, targets) and computes others from them. Nodes that do not
depend on what is given keep the value of the user's run, recomputed in float64 from the leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Guard, Kind, Node, Ref, holds_numbers_alone
from .vjps import OPERATIONS
from .vjps.operation import Operation, numerical_backward

Array = NDArray[Any]
MOST_GUARD = 1e-4  # constants up to this size may guard against log(0) and division by 0
NEGLIGIBLE_GUARD = 100  # times the constant: divisors above it do not need the guard
LOGARITHMS = ("log", "log2", "log10")
PRODUCTS_A_WORK = 8  # products of numbers in a matrix product that take as long as one element elsewhere
Values = dict[int, Any]


class CannotReplay(Exception):
    """A node whose operation is unknown, or that a replay cannot compute."""

    def __init__(self, node: Node, reason: str) -> None:
        super().__init__(f"{node.operation}: {reason}")
        self.node = node
        self.reason = reason


class TooMuchWork(Exception):
    """A replay, or its gradients, would exceed the work that a program may do."""


def resolve(tree: Any, values: Values) -> Any:
    """An argument with the values of its references."""
    if isinstance(tree, Ref):
        return values[tree.id]
    if isinstance(tree, tuple):
        return tuple(resolve(item, values) for item in tree)
    if isinstance(tree, list):
        return tree if holds_numbers_alone(tree) else [resolve(item, values) for item in tree]
    if isinstance(tree, slice):
        bounds = (resolve(item, values) for item in (tree.start, tree.stop, tree.step))
        return slice(*(None if one is None else int(one) for one in bounds))
    return tree


def in_float64(value: Any) -> Any:
    """A leaf's value as a replay uses it: floats in float64, everything else as it is."""
    if isinstance(value, tuple):
        return tuple(in_float64(one) for one in value)
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def is_zero(value: Any) -> bool:
    """Whether a recorded value is known, and 0 everywhere"""
    return value is not None and not isinstance(value, tuple) and not np.any(value)


def size_of(node: Node) -> int:
    """The number of elements of a node's value"""
    size = 1
    for length in node.shape:
        size *= length
    return size


def is_truth(node: Node) -> bool:
    """Whether a node holds truth values, such as a mask"""
    return bool(node.dtype) and np.dtype(node.dtype).kind == "b"


def is_known(node: Node) -> bool:
    """Whether a leaf, or an operation that can be computed again"""
    name = node.operation.partition(".")[0]
    return node.is_leaf or node.operation in OPERATIONS or isinstance(getattr(np, name, None), np.ufunc)


def find_operation(node: Node) -> Operation:
    """The operation of a node.

    Raises:
        CannotReplay: it is not in the table.
    """
    known = OPERATIONS.get(node.operation)
    if known is not None:
        return known
    name, _, method = node.operation.partition(".")
    function = getattr(np, name, None)
    if isinstance(function, np.ufunc):
        forward = getattr(function, method) if method else function
        return Operation(forward=forward, backward=numerical_backward(forward))
    raise CannotReplay(node, "this operation is not known")


class Program:
    """The graph of a recording, ready to be replayed.

    Attributes:
        nodes: of the recording; ids are positions.
        children: for each node, the nodes it goes into.
        most_work: elements that may be computed in all.
        work: elements that were computed so far.
    """

    def __init__(self, nodes: Sequence[Node], most_work: float = np.inf) -> None:
        self.nodes = nodes
        self.parents: list[tuple[int, ...]] = [tuple(dict.fromkeys(node.parents)) for node in nodes]
        self.children: list[list[int]] = [[] for _ in nodes]
        for node in nodes:
            for parent in self.parents[node.id]:
                self.children[parent].append(node.id)
        self.base: Values = {}
        self.most_work, self.work = most_work, 0

    def count_work(self, node: Node) -> None:
        """Count what computing a node, or its gradient, takes.

        Raises:
            TooMuchWork: the program has done all that it may do.
        """
        sizes = [size_of(self.nodes[parent]) for parent in self.parents[node.id]]
        whole = size_of(node)
        self.work += whole + sum(sizes)
        if node.operation in ("matmul", "dot") and len(sizes) == 2:
            self.work += int(np.sqrt(float(sizes[0]) * sizes[1] * whole)) // PRODUCTS_A_WORK
        if self.work > self.most_work:
            raise TooMuchWork

    def ancestors(self, targets: Iterable[int], stop: Iterable[int] = (), within: set[int] | None = None) -> set[int]:
        """The targets and all that goes into them, inside ``within`` if that is given; nodes of ``stop`` are included,
        but not what went into those."""
        ends, found, stack = set(stop), set(), list(targets)
        while stack:
            one = stack.pop()
            if one in found or (within is not None and one not in within):
                continue
            found.add(one)
            if one not in ends:
                stack.extend(self.parents[one])
        return found

    def descendants(self, sources: Iterable[int], within: set[int] | None = None) -> set[int]:
        """The sources and all that depends on them, inside ``within`` if that is given."""
        found, stack = set(), list(sources)
        while stack:
            one = stack.pop()
            if one in found or (within is not None and one not in within):
                continue
            found.add(one)
            stack.extend(self.children[one])
        return found

    def compute(self, id: int, values: Values) -> Any:
        """The value of one node from those of its arguments.

        Raises:
            CannotReplay: the operation is unknown, fails for these values, or one of them is not there.
        """
        node = self.nodes[id]
        if node.is_leaf:
            return in_float64(node.value)
        operation = find_operation(node)
        self.count_work(node)
        guarded = self.without_guard(node, values) if node.operation in ("add", "subtract") else None
        if guarded is not None:
            return guarded
        try:
            arguments = [resolve(one, values) for one in node.arguments]
            keywords = {name: resolve(one, values) for name, one in node.keywords.items()}
            found = operation.forward(*arguments, **keywords)
        except (ValueError, TypeError, IndexError, ArithmeticError, np.exceptions.AxisError) as error:
            raise CannotReplay(node, str(error)) from error
        except KeyError as error:
            raise CannotReplay(node, f"the value of node {error} is not known") from error
        if isinstance(found, (list, tuple)):
            return tuple(np.asarray(one) for one in found)
        array = np.asarray(found)
        # a numpy.matrix keeps two axes where an array loses one
        is_flat = array.ndim < len(node.shape) and array.size == size_of(node)
        return array.reshape(node.shape) if is_flat else array

    def unchanged(self, id: int, values: Values) -> Any:
        """The value of a node that depends on nothing that is replaced.

        What an operation that is not in the table made of such values is what it made of them in the user's run: an
        orthogonal start by ``linalg.qr``, or the median that scales the inputs.

        Raises:
            CannotReplay: as ``compute``.
        """
        node = self.nodes[id]
        if node.value is not None and not is_known(node):
            return in_float64(node.value)
        return self.compute(id, values)

    def without_guard(self, node: Node, values: Values) -> Any:
        """The value of ``x + 1e-8`` without the constant, if it is negligible and guards a logarithm or quotient.

        Such a constant makes the cost that a file computes differ a little from the one that its gradient belongs to.
        """
        if len(node.arguments) != 2:
            return None
        for place, other in ((1, 0), (0, 1)):
            constant, argument = self.constant_of(node.arguments[place]), node.arguments[other]
            if constant is not None and isinstance(argument, Ref) and 0 < abs(constant) <= MOST_GUARD:
                if node.operation == "subtract" and place == 0:
                    return None
                sums = self.sums_like(node, argument.id, constant)
                guards = all(any(self.guards_with(child, same) for child in self.children[same]) for same in sums)
                is_in_logarithm = any(
                    self.nodes[child].operation in LOGARITHMS for same in sums for child in self.children[same]
                )
                value = np.asarray(values[argument.id])
                # a probability needs no constant as long as it is not 0
                least = 0.0 if is_in_logarithm else NEGLIGIBLE_GUARD * abs(constant)
                if guards and np.all(np.abs(value) > least):
                    return value
        return None

    def sums_like(self, node: Node, of: int, constant: float) -> list[int]:
        """All places where the same constant is added to the same value: it is left out of all of them, or of none."""
        others = [self.nodes[child] for child in self.children[of] if self.nodes[child].operation == node.operation]
        return [one.id for one in others if any(self.constant_of(argument) == constant for argument in one.arguments)]

    def constant_of(self, argument: Any) -> float | None:
        """The number that an argument is: one that stands in the file, if need be under a name."""
        if isinstance(argument, Ref):
            node = self.nodes[argument.id]
            is_number = node.kind is Kind.LITERAL and node.shape == () and node.value is not None
            return float(np.asarray(node.value)) if is_number else None
        return float(argument) if isinstance(argument, (int, float)) else None

    def guards_with(self, child: int, id: int) -> bool:
        """Whether a node takes the logarithm of another one or divides by it."""
        node = self.nodes[child]
        if node.operation in LOGARITHMS:
            return True
        divisor = node.arguments[1] if node.operation == "divide" and len(node.arguments) == 2 else None
        return isinstance(divisor, Ref) and divisor.id == id

    def run(self, targets: Iterable[int], given: Mapping[int, Any], known: Values | None = None) -> Values:
        """The values of the targets and of all that goes into them, for the given values of some nodes.

        Args:
            known: values that do not depend on what is given, by node; used instead of computing them.

        Raises:
            CannotReplay: a needed operation is unknown or fails for these values.
        """
        values: Values = dict(given)
        needed = self.ancestors(targets, stop=given)
        changed: set[int] = set(given)
        with np.errstate(all="ignore"):
            for id in sorted(needed):
                if id in values:
                    continue
                if any(parent in changed for parent in self.parents[id]):
                    changed.add(id)
                    values[id] = self.compute(id, values)
                elif known is not None and id in known:
                    values[id] = known[id]
                else:
                    values[id] = self.unchanged(id, values)
                    if known is not None:
                        known[id] = values[id]
        return values

    def rerun(self, values: Values, given: Mapping[int, Any], within: Sequence[int]) -> Values:
        """The values after some nodes were replaced.

        Args:
            values: of all nodes in ``within`` and their arguments, before.
            given: the nodes that are replaced, with their new values.
            within: the nodes to compute again if they depend on a replaced one, in ascending order.
        """
        found, changed = dict(values), set(given)
        found.update(given)
        with np.errstate(all="ignore"):
            for id in within:
                if id not in changed and any(parent in changed for parent in self.parents[id]):
                    changed.add(id)
                    found[id] = self.compute(id, found)
        return found

    def gradients(
        self, seeds: Mapping[int, Array], values: Values, through: set[int], ends: Collection[int] = ()
    ) -> dict[int, Array]:
        """The gradient of ``sum(seed * value)``, summed over the seeds, for every node in ``through``.

        Args:
            seeds: for each output node, the gradient of the cost with respect to it.
            values: of all nodes in ``through`` and their arguments.
            through: the nodes to differentiate with respect to; no gradient flows through others.
            ends: nodes that are taken as given, so that no gradient flows to what they are made of.

        Raises:
            CannotReplay: an operation cannot be differentiated.
        """
        found: dict[int, Any] = {id: np.asarray(seed, dtype=float) for id, seed in seeds.items()}
        with np.errstate(all="ignore"):
            for id in sorted(through | set(seeds), reverse=True):
                node = self.nodes[id]
                g = found.get(id)
                if g is None or node.is_leaf or id in ends or not any(parent in through for parent in self.parents[id]):
                    continue
                operation = find_operation(node)
                if operation.backward is None:
                    continue
                self.count_work(node)
                try:
                    arguments = [resolve(one, values) for one in node.arguments]
                    keywords = {name: resolve(one, values) for name, one in node.keywords.items()}
                    parts = operation.backward(g, values[id], *arguments, **keywords)
                    for argument, part in zip(node.arguments, parts):
                        add_gradient(found, argument, part, through)
                except (ValueError, TypeError, IndexError, ArithmeticError, NotImplementedError) as error:
                    raise CannotReplay(node, f"cannot be differentiated: {error}") from error
                except KeyError as error:
                    raise CannotReplay(node, f"the value of node {error} is not known") from error
        return {id: g for id, g in found.items() if id in through}

    def guards_hold(self, guards: Iterable[Guard], values: Values) -> bool:
        """Whether every guard whose node was replayed has the value that it had in the user's run."""
        for guard in guards:
            value = values.get(guard.node)
            if value is None or isinstance(value, tuple) or np.size(value) != 1 or guard.how == "text":
                continue
            now = np.asarray(value).item()
            if guard.how == "bool":
                same = bool(now) == bool(guard.value)
            else:
                try:
                    same = int(now) == int(guard.value)
                except (ValueError, OverflowError):
                    same = False
            if not same:
                return False
        return True


def add_gradient(found: dict[int, Any], argument: Any, part: Any, through: set[int]) -> None:
    """Add the gradient of an argument to those of the nodes in it."""
    if part is None or (isinstance(argument, Ref) and argument.id not in through):
        return
    if isinstance(argument, Ref):
        part, before = part() if callable(part) else part, found.get(argument.id)
        if before is not None:  # a list if the results of a call are several, or an array is given as a list
            part = [a + b for a, b in zip(before, part)] if isinstance(part, list) else before + part
        found[argument.id] = part
    elif isinstance(argument, (list, tuple)):
        for item, one in zip(argument, part() if callable(part) else part):
            add_gradient(found, item, one, through)
