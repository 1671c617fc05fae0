"""Which values are parameters: found while the graph grows, so that the file can be stopped early.

A parameter is replaced by itself plus or minus something that depends on it, and the result goes where it had gone
before (into the forward pass). Dependence is kept as one bit per leaf; the result of an update counts as a new leaf, so
that the state of an optimizer, which depends on earlier gradients only, is not taken for a parameter.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from .enough import Enough
from .found import found_in, leaf_of, line_of
from .graph import Argument, Guard, Kind, Parameter, Ref, Site, Update, names_every_item
from .tape import MAX_NODES_IN_TRAINING, Step, Tape
from .versions import FORMS, MIXING, Chain, Event, Role, confirmed

MAX_BITS = 20_000  # leaves that dependence is kept for
MAX_SEEN = 1_000  # steps between a value and the change of it
MAX_PATH = 64  # operations between a parameter and the operand of its update

Path: TypeAlias = tuple[int, ...]  # the indices that lead to an item or a row of an array

SCALING = frozenset({"multiply", "divide", "add", "subtract"})
WRITES = frozenset({"setitem", "add_at", "subtract_at"})  # of values into the items of an array
RANGES = frozenset({"arange", "linspace", "logspace", "geomspace"})
LISTED = frozenset({"array", "stack", "vstack"})  # operations that put the items of a list together


def _container(name: str) -> str:
    """A name without its last index: self.weights for self.weights[0]."""
    return name.rpartition("[")[0] if name.endswith("]") else name


def _attribute(name: str) -> str:
    """A container without what it belongs to: weights for self.weights[0] and layer.weights."""
    return _container(name).rpartition(".")[2]


def _indices(index: Argument) -> Path | None:
    """The integers that an index is made of; None if it is made of something else."""
    parts = index if isinstance(index, tuple) else (index,)
    whole = tuple(one for one in parts if isinstance(one, int) and one >= 0)
    return whole if len(whole) == len(parts) else None


def _items(values: list[Argument], place: Path = ()) -> Iterator[tuple[Path, Argument]]:
    """(place, item) of nested lists."""
    for number, value in enumerate(values):
        if isinstance(value, list):
            yield from _items(value, (*place, number))
        else:
            yield (*place, number), value


def _index_of(step: Step) -> Path | None:
    """The index of an item or a row that a step reads; None if it reads something else."""
    return _indices(step.arguments[1]) if step.operation == "getitem" and len(step.arguments) == 2 else None


class Search:
    """Watches a tape for parameters and their updates.

    Args:
        tape: to watch.
        enough: updates of every parameter after which the tape is asked to stop.
    """

    def __init__(self, tape: Tape, enough: int) -> None:
        self.tape = tape
        self.enough = Enough(tape, enough)
        self.masks: list[int] = []
        self.initial: list[bool] = []
        self.literal: list[bool] = []  # whether it is made of numbers that stand in the file only
        self.drawn: list[bool] = []  # whether it is made of random numbers, zeros and ones only
        self.uses: dict[int, set[Role]] = defaultdict(set)
        self.origins: dict[int, set[Role]] = defaultdict(set)  # the uses that make another array of the same origin
        self.owner: dict[int, Chain] = {}
        self.copies: dict[int, int] = {}  # nodes that are copies of versions
        self.chains: list[Chain] = []
        self.sums: list[Chain] = []  # those that begin with a sum, which may be that of a residual layer
        self.resting: dict[int, Role] = {}  # parameters with a velocity that is still 0 added, and where it was added
        self.ahead: set[Role] = set()  # those of them that went into a forward pass, and not into an update
        self.forward: set[Role] = set()  # where the first versions of arrays that are parameters went
        self.items: dict[int, tuple[int, Path, Role]] = {}  # rows of versions, until it is known which item is read
        self.last_closed = -1  # the last step with which an iteration began
        self.control = 0  # what the guards since the last iteration began depend on
        self.is_repeated = False  # whether a forward pass before the loop is in the loop too, on lines of its own
        self._bits = 0
        tape.observers.append(self.see)
        tape.guard_observers.append(self.see_guard)

    @property
    def updates_seen(self) -> int:
        """How many updates were seen, those included that no forward pass followed yet."""
        return sum(len(chain.events) for chain in self.chains if not chain.is_dropped)

    def _bit(self) -> int:
        if self._bits >= MAX_BITS:
            return 0
        self._bits += 1
        return 1 << self._bits

    def see_guard(self, guard: Guard) -> None:
        """A branch: what follows may depend on it."""
        if guard.node < len(self.masks):
            self.control |= self.masks[guard.node]

    def see(self, step: Step) -> None:
        """Take in one more step."""
        self.enough.look_for_cost(step)
        if step.kind is not Kind.OPERATION or self._makes_zeros(step):
            self.masks.append(self._bit())
            self.initial.append(True)
            self.literal.append(step.kind is Kind.LITERAL and step.scalar)
            self.drawn.append(step.kind in (Kind.RANDOM, Kind.FILL) or self.literal[-1])
            return
        mask = 0
        for parent in self._made_of(step):
            mask |= self.masks[parent]
        self.masks.append(mask)
        self.literal.append(all(self.literal[parent] for parent in step.parents) or self._is_count(step))
        self.drawn.append(all(self.drawn[parent] for parent in step.parents))
        self.initial.append(self._is_initial(step))
        event = self._event(step)
        self._note_rest(step)
        self._note_uses(step, event)
        if step.operation == "copy":
            whole = self.copies.get(step.parents[0], step.parents[0])
            if whole in self.owner:
                self.copies[step.id] = whole
        if event is not None:
            self._take_back_penalty(event)
            self._take(step, event)

    def _is_count(self, step: Step) -> bool:
        """Whether it is one of a list of whole numbers, as the sizes of layers are, or of a range of settings."""
        if step.operation != "getitem" or step.shape:
            return False
        whole = self.tape.steps[step.parents[0]]
        if whole.operation in RANGES:
            return True
        if step.dtype[1:2] not in ("i", "u"):
            return False
        return whole.kind not in (Kind.OPERATION, Kind.RANDOM) and len(whole.shape) == 1

    def _is_initial(self, step: Step) -> bool:
        """Whether it is still a leaf in another form: nothing of another origin has met it but numbers of the file.

        A sum of drawn arrays of one shape is a leaf as well, as ``np.eye(n) + noise`` is.
        """
        if not all(self.initial[parent] or self.literal[parent] for parent in step.parents):
            return False
        is_drawn_sum = step.operation in ("add", "subtract") and self.drawn[step.id] and bool(step.shape)
        if is_drawn_sum and all(self.tape.steps[p].shape in (step.shape, ()) for p in step.parents):
            return True
        if step.operation in MIXING:
            parents = self._made_of(step)
            origins = {self.masks[p] for p in parents if not self.literal[p]}
            origins = origins or {self.masks[p] for p in parents}
            return len(origins) < 2
        return True

    def _made_of(self, step: Step) -> tuple[int, ...]:
        """The operands, but for a velocity that is still 0 and that is added to a parameter to look ahead.

        A bias that begins as ``0.01 * zeros`` is added to more than a parameter.
        """
        if step.operation not in ("add", "subtract") or len(step.parents) != 2:
            return step.parents
        pairs = zip(step.parents, reversed(step.parents))
        return tuple(one for one, other in pairs if not (self.initial[other] and self._is_resting(one))) or step.parents

    def _makes_zeros(self, step: Step) -> bool:
        """Whether it is zeros in the shape of an array, ``0 * w``, as the velocities of an optimizer begin."""
        if step.operation != "multiply" or step.in_place or 0 not in step.arguments:
            return False
        return self.tape.statement(step.place).makes_zeros

    def _is_resting(self, node: int) -> bool:
        """Whether it is a multiple of zeros that nothing was written to."""
        step = self.tape.steps[node]
        if step.operation != "multiply":
            return False
        zeros = [self.tape.steps[one] for one in step.parents if not self.literal[one]]
        return len(zeros) == 1 and zeros[0].kind is Kind.FILL and step.value is not None and not np.any(step.value)

    # Updates

    def _candidates(self, step: Step) -> Iterator[tuple[int, int, int]]:
        """(operand, step, sign) of every way to read it as an update."""
        operands = step.arguments
        if step.operation in ("add", "subtract") and len(operands) == 2:
            left, right = operands
            if isinstance(left, Ref) and isinstance(right, Ref):
                yield left.id, right.id, 1 if step.operation == "add" else -1
                if step.operation == "add" and not step.in_place:
                    yield right.id, left.id, 1

    def _event(self, step: Step) -> Event | None:
        """The update that the step is, if it is one."""
        if not step.in_place and self._role(step, 0) in self.ahead:
            return None
        for operand, change, sign in self._candidates(step):
            grows = sign < 0 and self.tape.steps[change].shape == step.shape
            if self.tape.steps[operand].shape != step.shape and not grows:
                continue
            version, scaled = self._version(operand)
            if version is None or not (self._depends(change, version) or (step.in_place and operand in self.owner)):
                continue
            if self._is_item_in_passing(version) or self._is_average(version, change):
                continue  # the item is set next, and that is the update; a moving average is a state
            if scaled and not step.in_place and self._is_beside_target(step, operand):
                continue  # the penalty's part of the step, and not the update
            is_left = step.arguments[0] == Ref(operand)
            if version not in self.owner and not (step.in_place or self._is_used(step, version, is_left)):
                continue  # no forward pass used it: a target, less the outputs, that shares its origin with the inputs
            # rate * w + gradient is the gradient of a penalty and z + b a forward pass, unless it takes the place of w
            if version not in self.owner and scaled and sign > 0 and self._is_begun_again(step, version):
                continue
            is_loose = sign > 0 and (scaled or not is_left)
            is_loose = is_loose or (version not in self.owner and self._is_part(version))
            # a target less an output that only shares a table with it
            is_loose = is_loose or (version not in self.owner and not self._leads_to(step, version, operand, change))
            if not is_loose or self._replaces(step, version, is_left):
                return Event(version, step.id, change, sign, version == operand)
        if step.operation in WRITES and isinstance(step.arguments[0], Ref) and isinstance(step.arguments[2], Ref):
            base, value = step.arguments[0].id, step.arguments[2].id
            version, _ = self._version(base)
            if version is not None and not self._is_item_in_passing(version):
                is_addition = step.operation != "setitem" and self._depends(value, version)
                if is_addition or self._is_item_update(base, version, step.arguments[1], value):
                    return Event(version, step.id, None, 0, False, is_item=True)
        whole = self._filled(step) if step.operation == "setitem" else self._assembled(step)
        return self._scaling(step) if whole is None else Event(whole, step.id, None, 0, False, is_item=True)

    def _scaling(self, step: Step) -> Event | None:
        """Weight decay in a statement of its own, ``w *= 0.99``: a part of an update."""
        parent = self._handed_on(step) if step.operation in SCALING else None
        if parent not in self.owner or parent is None:
            return None
        names = {_attribute(name) for name in self.tape.steps[self.owner[parent].first].names}
        replaces = self.tape.statement(step.place).replaces
        is_same = step.place is not None and _attribute(step.place.variable) in names and replaces
        return Event(parent, step.id, None, 0, False) if step.in_place or is_same else None

    def _is_item_in_passing(self, node: int) -> bool:
        """Whether it is an item that was taken from an array for this statement only."""
        step = self.tape.steps[node]
        if step.operation != "getitem" or node in self.owner or step.names:
            return False
        line = line_of(self.tape, node)
        return all(role[:2] == line and role[2] == "getitem" for role in self.uses.get(node, ()))

    def _is_average(self, version: int, change: int) -> bool:
        """Whether the change is a share of a square, or of ``x - version``, with x computed as gradients are.

        What moves towards data or another parameter is itself a parameter.
        """
        while self.tape.steps[change].operation in ("multiply", "divide") and not self._is_square(change):
            others = [one for one in self.tape.steps[change].parents if not self.literal[one]]
            if len(others) != 1:
                return False
            change = others[0]
        if self._is_square(change):
            return True
        step = self.tape.steps[change]
        if step.operation != "subtract" or len(step.parents) != 2:
            return False
        others = [one for one in step.parents if self._version(one) != (version, False)]  # 0.01 * version is a decay
        return len(others) == 1 and not self.initial[others[0]] and self._version(others[0])[0] is None

    def _is_square(self, node: int) -> bool:
        """Whether it is the square of an array."""
        step = self.tape.steps[node]
        if step.operation == "multiply":
            return len(step.parents) == 2 and step.parents[0] == step.parents[1]
        return step.operation == "square" or (step.operation == "power" and step.arguments[1:] == (2,))

    def _is_used(self, step: Step, version: int, is_left: bool) -> bool:
        """Whether a forward pass may have used a version: it went elsewhere than into other arrays of its origin.

        Those may be inputs that are made of the targets, or weights with noise, which the step then replaces.
        """
        roles, origins = self.uses.get(version, set()), self.origins.get(version, set())
        return bool(roles - origins) or (bool(roles) and self._replaces(step, version, is_left))

    def _is_begun_again(self, step: Step, version: int) -> bool:
        """Whether zeros are made in a loop around the one that changes them: a state that leaks from turn to turn."""
        zeros = self.tape.steps[leaf_of(self.tape, version)]
        if zeros.kind is not Kind.FILL or step.in_place:
            return False
        made, changed = set(self.enough.loops_around(zeros.place)), set(self.enough.loops_around(step.place))
        return bool(made & changed) and not changed <= made

    def _is_beside_target(self, step: Step, operand: int) -> bool:
        """Whether the target itself is another term of the statement's value than this operand."""
        is_target = step.place is not None and step.place.variable in self.tape.steps[operand].names
        return not is_target and self.tape.statement(step.place).has_own_term

    def _is_part(self, node: int) -> bool:
        """Whether it is a part of an array, as the weights of one layer in a flat vector of all."""
        while self.tape.steps[node].operation in FORMS and self.tape.steps[node].parents:
            node = self.tape.steps[node].parents[0]
        return self.tape.steps[node].operation == "getitem"

    def _replaces(self, step: Step, version: int, is_left: bool) -> bool:
        """Whether the statement puts the result where the version was, which is the left operand or the right one."""
        if step.in_place:
            return True
        names = [_container(name) for name in self.tape.steps[version].names]
        statement = self.tape.statement(step.place)
        if step.place is None or not step.place.variable or step.operation not in statement.sums:
            return False
        return _container(step.place.variable) in names or (is_left and not names and statement.replaces)

    def _is_item_update(self, base: int, version: int, index: object, value: int) -> bool:
        """Whether ``base[index] = value`` is ``base[index] = base[index] - change``, if by way of a row of the base."""
        origin, indices = self._access(base)
        item = origin, tuple(one for one in (*indices, self._index(index)) if not names_every_item(one))
        inner = self.tape.steps[value]
        if inner.operation == "setitem" and isinstance(inner.arguments[0], Ref) and isinstance(inner.arguments[2], Ref):
            row = inner.arguments[0].id
            return self._access(row) == item and self._is_item_update(
                row, version, inner.arguments[1], inner.arguments[2].id
            )
        return any(
            self._access(operand) == item and self._depends(change, version)
            for operand, change, _ in self._candidates(inner)
        )

    def _assembled(self, step: Step) -> int | None:
        """The version that a new array replaces: ``np.array([w - change for w, change in zip(weights, changes)])``."""
        if step.operation not in LISTED or not step.arguments or not isinstance(step.arguments[0], list):
            return None
        version, is_changed = None, False
        for place, item in _items(step.arguments[0]):
            inner = self.tape.steps[item.id] if isinstance(item, Ref) else step
            changes = list(self._candidates(inner))
            kept = [item] if inner.operation not in ("add", "subtract") else inner.arguments[:1]  # if the change is 0
            operands = [operand for operand, _, _ in changes] or [one.id for one in kept if isinstance(one, Ref)]
            found = [v for operand in operands if (v := self._array_of(operand, place)) is not None]
            if not found or version not in (None, found[0]):
                return None
            version = found[0]
            is_changed = is_changed or any(self._depends(change, version) for _, change, _ in changes)
        return version if is_changed and version is not None and self.tape.steps[version].shape == step.shape else None

    def _filled(self, step: Step) -> int | None:
        """The version that zeros take the place of when their last item is written: ``new[i] = w[i] - change``."""
        last = tuple(length - 1 for length in step.shape)
        if not last or _indices(step.arguments[1]) != last:
            return None
        version, is_changed, written = None, False, set()
        while step.operation == "setitem" and step.id not in self.owner:
            base, index, value = step.arguments
            path = _indices(index)
            if path is None or not (isinstance(base, Ref) and isinstance(value, Ref)):
                return None
            changes = list(self._candidates(self.tape.steps[value.id]))
            found = [v for operand, _, _ in changes if (v := self._array_of(operand, path)) is not None]
            if not found or version not in (None, found[0]):
                return None
            version = found[0]
            is_changed = is_changed or any(self._depends(change, version) for _, change, _ in changes)
            written.add(path)
            step = self.tape.steps[base.id]
        zeros = self.tape.steps[leaf_of(self.tape, step.id)]
        is_whole = zeros.kind is Kind.FILL and len(written) == math.prod(step.shape)
        is_like = version is not None and self.tape.steps[version].shape == step.shape
        return version if is_changed and is_whole and is_like else None

    def _array_of(self, node: int, place: Path) -> int | None:
        """The latest version of an array that has the node as its item at this place."""
        path: Path = ()
        while (index := _index_of(self.tape.steps[node])) is not None:
            node, path = self.tape.steps[node].parents[0], index + path
        version, is_scaled = self._version(node)
        return version if path == place and not is_scaled else None

    def _access(self, node: int) -> tuple[int, tuple[object, ...]]:
        """(first version or array, indices) of an item."""
        indices: list[object] = []
        for _ in range(MAX_PATH):
            node = self._origin(node)
            step = self.tape.steps[node]
            if step.operation != "getitem" or not isinstance(step.arguments[0], Ref) or node in self.owner:
                break
            if not names_every_item(step.arguments[1]):
                indices.insert(0, self._index(step.arguments[1]))
            node = step.arguments[0].id
        version, _ = self._version(node)
        chain = self.owner.get(node if version is None else version)
        return (node if version is None else version) if chain is None else chain.first, tuple(indices)

    def _index(self, index: object) -> object:
        """An index; a list of rows, which is made an array each time that it is used, by its numbers."""
        if isinstance(index, Ref):
            step = self.tape.steps[index.id]
            if step.kind is Kind.DATA and step.value is not None and not isinstance(step.value, tuple):
                return step.shape, step.value.tobytes()
        return index

    def _origin(self, node: int) -> int:
        """Back through copies and in-place forms to a "getitem"."""
        for _ in range(MAX_PATH):
            step = self.tape.steps[node]
            if step.operation not in ("copy", "astype") or not step.parents:
                return node
            node = step.parents[0]
        return node

    def _version(self, node: int) -> tuple[int | None, bool]:
        """The version of a parameter that the node is, possibly in another form; None if it cannot be one.

        Returns:
            the version, and whether it was scaled or shifted on the way.
        """
        path, scaled = [node], [False]
        for _ in range(MAX_PATH):
            if path[-1] in self.owner:
                return path[-1], scaled[-1]
            step = self.tape.steps[path[-1]]
            parent = self._handed_on(step)
            if parent is None:
                break
            path.append(parent)
            is_resting = len(self._made_of(step)) < len(step.parents)
            scaled.append(scaled[-1] or (step.operation in SCALING and not is_resting))
        if not self.initial[path[0]]:
            return None, False
        for candidate, is_scaled in zip(path, scaled):
            if self.uses.get(candidate):
                return candidate, is_scaled
        return path[0], False

    def _handed_on(self, step: Step) -> int | None:
        """The operand that the step hands on in another form."""
        if step.kind is not Kind.OPERATION or not step.arguments or self._makes_zeros(step):
            return None
        first = step.arguments[0]
        if step.operation in FORMS and isinstance(first, Ref):
            return first.id
        if step.operation in SCALING:
            operands = self._made_of(step)
            others = [node for node in operands if not self.literal[node]]
            if len(others or operands) == 1:
                return (others or operands)[0]
        return None

    def _depends(self, change: int, version: int) -> bool:
        """Whether the change depends on the version; a new parameter's must depend on something else as well."""
        reached = self.masks[change] | self.control
        chain = self.owner.get(version)
        if chain is not None:  # another part of one update depends on the version before the first part
            # and a step that is one iteration late on the version before that
            versions = (version, chain.closed, *(before for before, _ in chain.groups[-1:]))
            if chain.begins_scaled(version) and chain.bit & reached:
                return True  # on what may be the gradient of a penalty, and not an update
            return any(self.masks[v] and self.masks[v] & ~reached == 0 for v in versions)
        for one in reversed(self.sums):  # x + f(x), which no forward pass has shown to be an update
            if one.bit & reached and not one.is_shown:
                reached |= one.sum_mask
        own = self.masks[version]
        return bool(own) and own & ~reached == 0 and bool(self.masks[change] & ~own)

    def _leads_to(self, step: Step, version: int, operand: int, change: int) -> bool:
        """Whether the change was made of this very value, not only of the same data; assumed if that is long ago.

        A branch may lead to it as well, as in a perceptron, but not to what stays where it is: the targets of a loop
        that ends when an error of theirs is small are subtracted from in each turn.
        """
        used = {role[:3] for role in self.uses.get(operand, ())}
        stays = step.place is not None and (*step.place.site, step.operation) in used
        return (self.masks[version] & ~self.control == 0 and not stays) or self._is_made_of(change, version)

    def _is_made_of(self, node: int, version: int) -> bool:
        """Whether a value is a version, or was made of it and not only of what replaces it; assumed if long ago."""
        if node == version:
            return True
        seen, left = {node}, [node]
        while left and len(seen) < MAX_SEEN:
            for parent in self.tape.steps[left.pop()].parents:
                if parent == version:
                    return True
                if parent > version and parent not in seen and parent not in self.owner:  # it depends on its own alone
                    seen.add(parent)
                    left.append(parent)
        return bool(left)

    def _take_back_penalty(self, event: Event) -> None:
        """Forget the updates that this one subtracts: ``rate * w - f(w)`` was the gradient of a cost with a penalty."""
        chain = self.owner.get(event.before)
        if chain is None or event.step is None or not event.direct or not chain.begins_scaled(event.before):
            return
        if self._is_made_of(event.step, chain.latest):
            for one in chain.pending(event.before):
                del chain.events[one.after], self.owner[one.after]
            chain.latest = event.before

    def _take(self, step: Step, event: Event) -> None:
        """Note an event."""
        chain = self.owner.get(event.before)
        if chain is not None and event.before == chain.first != chain.latest and not step.in_place:
            chain = None  # several parameters start from one value, as in ``b1 = b2 = 0.5``
        if chain is None:
            chain = Chain(first=event.before, bit=self._bit(), closed=event.before, latest=event.before)
            chain.roles |= self.uses.get(event.before, set())
            self.forward |= chain.roles if step.shape else set()
            self.owner[event.before] = chain
            self.chains.append(chain)
            if event.sign > 0 and not step.in_place:
                self.sums.append(chain)
        if chain in self.sums and not chain.is_shown:
            chain.sum_mask |= self.masks[step.id]
        if event.is_item and step.place is not None:
            chain.item_lines.add(step.place.site)
            chain.roles = {role for role in chain.roles if chain.is_forward(role)}
        chain.events[step.id] = event
        chain.latest = step.id
        self.owner[step.id] = chain
        self.masks[step.id] = chain.bit

    # Forward passes

    def _note_uses(self, step: Step, event: Event | None) -> None:
        """Note where the operands went; a version that goes where earlier ones went closes an update."""
        for place, parent in enumerate(step.parents):
            role = self._role(step, place)
            if role is None or (event is not None and parent == event.before):
                continue
            if parent in self.resting and step.shape != self.tape.steps[parent].shape:
                self.ahead.add(self.resting[parent])
            if parent in self.items:
                self._row_used(step, *self.items[parent])
            chain = self.owner.get(parent)
            copied = self.copies.get(parent)
            if chain is None and copied is not None:
                self._copy_used(copied, role)
            if chain is None and not self.initial[parent]:
                chain = self._projected(parent, role)
                if chain is None:
                    continue
            self.uses[parent].add(role)
            is_like = step.shape == self.tape.steps[parent].shape != ()
            if is_like and self.initial[step.id] and step.operation not in FORMS:
                self.origins[parent].add(role)
            self.enough.note_place(step, place, parent)
            if chain is not None and not self._reads_item(step, chain, role):
                if self._goes_there_again(step, chain, parent, role):
                    chain.roles.add(role)
                self._used(chain, parent, role)

    def _goes_there_again(self, step: Step, chain: Chain, version: int, role: Role) -> bool:
        """Whether a first new version meets the array, on another line, that the version before the loop had met.

        The file has its forward pass twice then: before the loop, and in it after the updates. What it does with one
        array it does with the others, such as biases, whose other operands are computed.
        """
        if chain.groups or not chain.is_pending or version != chain.latest or not step.shape:
            return False
        others = {one for one in step.parents if (one != version and one < chain.first) or self.initial[one]}
        known = {one for one in chain.roles if one[2:] == role[2:] and one[:2] != role[:2]}
        if role in chain.roles or not known:
            return False
        self.is_repeated = self.is_repeated or any(
            bool(others)
            and chain.first in one.parents
            and others <= set(one.parents)
            and self._role(one, role[3]) in known
            for one in self.tape.steps[chain.first + 1 : min(chain.events)]
        )
        return self.is_repeated

    def _reads_item(self, step: Step, chain: Chain, role: Role) -> bool:
        """Whether a step reads an item of a version that is being replaced item by item.

        An item that was replaced is of the new version; so are all once another parameter's next iteration has begun.
        """
        index = _index_of(step)
        if index is None or step.parents[0] != chain.latest or not chain.is_pending or role not in chain.roles:
            return False
        if self.tape.steps[chain.latest].operation != "setitem":
            return False
        if step.shape:
            self.items[step.id] = chain.latest, index, role
            return True
        if self._is_replaced(chain.latest, index, chain.closed) or self.last_closed > chain.latest:
            return False
        chain.passed_over = step.id
        return True

    def _projected(self, node: int, role: Role) -> Chain | None:
        """The parameter whose new version a value is made of alone, as clipped weights are, if it takes its place."""
        if role not in self.forward or not self.tape.steps[node].shape:
            return None
        for chain in self.chains:
            if chain.is_pending and role in chain.roles and self._is_made_of_alone(node, chain.latest):
                is_scaled = self._version(node)[0] == chain.latest  # as by weight decay
                event = Event(chain.latest, node, None, 0, False, is_projection=not is_scaled)
                chain.events[node], chain.latest = event, node
                self.owner[node] = chain
                return chain
        return None

    def _is_made_of_alone(self, node: int, version: int) -> bool:
        """Whether a value of the shape of a version is made of it and of numbers of the file."""
        if self.tape.steps[node].shape != self.tape.steps[version].shape:
            return False
        seen, left = {node}, [node]
        while left and len(seen) < MAX_PATH:
            parents = self.tape.steps[left.pop()].parents
            new = {one for one in parents if one != version and not self.literal[one]} - seen
            if not parents or min(new, default=version) < version:
                return False
            seen |= new
            left += new
        return not left

    def _row_used(self, step: Step, version: int, path: Path, role: Role) -> None:
        """A row of a version went into an operation."""
        index, chain = _index_of(step), self.owner[version]
        if index is not None and step.shape:
            self.items[step.id] = version, path + index, role
        elif index is None or self._is_replaced(version, path + index, chain.closed):
            self._used(chain, version, role)

    def _is_replaced(self, version: int, path: Path, closed: int) -> bool:
        """Whether an item was written since the last forward pass; writing one item leaves the others as they were."""
        while version != closed:
            step = self.tape.steps[version]
            read = _index_of(step)
            if read is not None:  # the rest of a row is that of the array it was read from
                version, path = step.parents[0], read + path
                continue
            written = _indices(step.arguments[1]) if step.operation == "setitem" else None
            if written is None or not isinstance(step.arguments[0], Ref):
                return version > closed
            if path[: len(written)] == written[: len(path)]:
                value = step.arguments[2]
                if len(path) <= len(written) or not isinstance(value, Ref):
                    return True
                version, path = value.id, path[len(written) :]
            else:
                version = step.arguments[0].id
        return False

    def _note_rest(self, step: Step) -> None:
        """Note that a velocity that is still 0 is added to what may be a parameter."""
        operands, role = self._made_of(step), self._role(step, 0)
        if role is not None and len(operands) < len(step.parents) and operands[0] not in self.owner:
            self.resting[step.id] = role

    def _role(self, step: Step, place: int) -> Role | None:
        """What an operation does with one of its operands, and where."""
        return None if step.place is None else (*step.place.site, step.operation, place)

    def _copy_used(self, version: int, role: Role) -> None:
        """A copy of a version went into an operation: where a version goes by way of copies, that closes an update."""
        chain = self.owner[version]
        if version == chain.latest and chain.is_pending and role in chain.roles:
            self._used(chain, version, role)

    def _used(self, chain: Chain, version: int, role: Role) -> None:
        """A version went into an operation."""
        if not chain.is_forward(role):
            return
        if version == chain.latest and chain.is_pending:
            if role in chain.roles:
                chain.is_shown = chain.is_shown or len(self.chains) > 1  # alone, it may go from one layer to the next
                for one in (chain, *(other for other in self.chains if other.is_passed_over)):
                    one.close()
                self.last_closed = self.tape.steps[-1].id
                self.control = 0
                self.tape.most_nodes = MAX_NODES_IN_TRAINING
                self.enough.stop_if_seen(confirmed(self.chains))
            elif chain.first in self.uses and not chain.groups and not chain.roles:
                chain.roles.add(role)
        elif version == chain.closed:
            chain.roles.add(role)
        elif version < chain.closed and role in chain.roles and not self.tape.steps[version].scalar:
            chain.stale_uses += 1

    # What was found

    def single_turns(self) -> Iterator[Site]:
        """The loops over sequences that have gone round only once in each iteration; see ``Enough.single_turns``."""
        return self.enough.single_turns(confirmed(self.chains))

    def results(self) -> tuple[tuple[Parameter, ...], tuple[Update, ...]]:
        """The parameters and updates that were found, by the time of their first update."""
        return found_in(self.tape, self.chains, self._first_judged())

    def _first_judged(self) -> int:
        """The first iteration in which every array has its shape.

        A bias that begins as 0.1 becomes one number for each unit by its first update. What no sum was taken of, or one
        over units, becomes one for each observation, and that is a mistake of the first iteration.
        """
        steps = self.tape.steps
        grown = [
            (event.step, steps[chain.groups[0][1]].shape)
            for chain in self.chains
            if len(chain.groups) > 1 and (event := chain.events.get(chain.groups[0][1])) is not None
            if not steps[event.before].shape and steps[chain.groups[0][1]].shape
        ]
        sides = {1}.union(*(steps[chain.first].shape for chain in self.chains))  # of the other parameters
        return int(
            bool(grown)
            and all(step is not None and self._is_sum(step) and sides.issuperset(shape) for step, shape in grown)
        )

    def _is_sum(self, node: int) -> bool:
        """Whether a value is a sum or mean over an axis, up to a factor."""
        step = self.tape.steps[node]
        while (parent := self._handed_on(step)) is not None:
            step = self.tape.steps[parent]
        return step.operation in ("sum", "mean")
