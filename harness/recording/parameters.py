"""Which values are parameters: found while the graph grows, so that the file can be stopped early.

A parameter is replaced by itself plus or minus something that depends on it, and the result goes where it had gone
before (into the forward pass). Dependence is kept as one bit per leaf; the result of an update counts as a new leaf, so
that the state of an optimizer, which depends on earlier gradients only, is not taken for a parameter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from .enough import Enough
from .found import found_in, leaf_of, line_of
from .graph import Kind, Parameter, Ref, Site, Update
from .item_updates import assembled_version, filled_version, is_item_update
from .known import KnownVersions
from .lineage import SCALING, Lineage
from .steps import (
    Path,
    attribute_of,
    candidates_of,
    container_of,
    index_of,
    is_part,
    is_replaced,
    is_square,
    moved_by_number,
    role_of,
)
from .tape import MAX_NODES_IN_TRAINING, Step, Tape
from .versions import FORMS, Chain, Event, Role, confirmed

WRITES = frozenset({"setitem", "add_at", "subtract_at"})  # of values into the items of an array
WRITES_SUM = re.compile(r"\bout\b|\b(add|subtract)\(")  # in a line, as in np.subtract(w, step, out=w)


class Search:
    """Watches a tape for parameters and their updates.

    Args:
        tape: to watch.
        enough: updates of every parameter after which the tape is asked to stop.
    """

    def __init__(self, tape: Tape, enough: int) -> None:
        self.tape = tape
        self.enough = Enough(tape, enough)
        self.lineage = Lineage(tape)
        self.known = KnownVersions(tape, self.lineage)
        self.origins: dict[int, set[Role]] = defaultdict(set)  # the uses that make another array of the same origin
        self.copies: dict[int, int] = {}  # nodes that are copies of versions
        self.chains: list[Chain] = []
        self.behind: Chain | None = None  # the one with the fewest updates when that was last looked at
        self.passed_over: dict[int, Chain] = {}  # by identity: those with an item that was read before it is written
        self.resting: dict[int, Role] = {}  # parameters with a velocity that is still 0 added, and where it was added
        self.ahead: set[Role] = set()  # those of them that went into a forward pass, and not into an update
        self.forward: set[Role] = set()  # where the first versions of arrays that are parameters went
        self.items: dict[int, tuple[int, Path, Role]] = {}  # rows of versions, until it is known which item is read
        self.last_closed = -1  # the last step with which an iteration began
        self.is_repeated = False  # whether a forward pass before the loop is in the loop too, on lines of its own
        tape.observers.append(self.see)
        tape.guard_observers.append(self.lineage.add_guard)

    @property
    def updates_seen(self) -> int:
        """How many updates were seen, those included that no forward pass followed yet."""
        return sum(len(chain.events) for chain in self.chains if not chain.is_dropped)

    def see(self, step: Step) -> None:
        """Take in one more step."""
        self.enough.look_for_cost(step)
        if not self.lineage.add(step):
            return
        event = self._event(step)
        self._note_rest(step)
        self._note_uses(step, event)
        if step.operation == "copy":
            whole = self.copies.get(step.parents[0], step.parents[0])
            if whole in self.known.owner:
                self.copies[step.id] = whole
        if event is not None:
            self._take_back_penalty(event)
            self._take(step, event)

    # Updates

    def _event(self, step: Step) -> Event | None:
        """The update that the step is, if it is one."""
        if (not step.in_place and role_of(step, 0) in self.ahead) or self._is_in_library(step):
            return None
        for operand, change, sign in candidates_of(step):
            version, scaled = self.known.version_of(operand)
            is_left = step.arguments[0] == Ref(operand)
            grown = None if scaled else version  # c * v + d is a velocity that begins as 0
            if self.tape.steps[operand].shape != step.shape and not self._grows(step, grown, change, sign, is_left):
                continue
            is_written = (step.in_place and operand in self.known.owner) or self._continues(step, operand)
            if version is None or not (self.known.depends(change, version) or is_written):
                continue
            if sign > 0 and (self._stays(step, version) or self._goes_forward(step, operand)):
                continue
            if self._is_item_in_passing(version) or self._is_average(version, change):
                continue  # the item is set next, and that is the update; a moving average is a state
            if scaled and not step.in_place and self._is_beside_target(step, operand):
                continue  # the penalty's part of the step, and not the update
            is_new = version not in self.known.owner
            if is_new and not (step.in_place or self._is_used(step, version, is_left)):
                continue  # no forward pass used it: a target, less the outputs, that shares its origin with the inputs
            # rate * w + gradient is the gradient of a penalty and z + b a forward pass, unless it takes the place of w
            if is_new and scaled and sign > 0 and self._is_begun_again(step, operand, version):
                continue
            event = Event(version, step.id, change, sign, version == operand)
            if self._replaces(step, version, is_left):
                return event
            is_loose = sign > 0 and (scaled or not is_left)
            is_loose = is_loose or (is_new and is_part(self.tape, version))
            # a target less an output that only shares a table with it
            is_loose = is_loose or (is_new and not self.known.leads_to(step, version, operand, change))
            if not is_loose:
                return event
        moved = moved_by_number(step)
        if moved is not None and self._continues(step, moved):
            return Event(moved, step.id, None, 0, False)
        if moved is not None and self._is_moved_bias(step, moved):
            return Event(self.known.version_of(moved)[0] or moved, step.id, None, 0, False)
        if step.operation in WRITES and isinstance(step.arguments[0], Ref) and isinstance(step.arguments[2], Ref):
            base, value = step.arguments[0].id, step.arguments[2].id
            version, _ = self.known.version_of(base)
            if version is not None and not self._is_item_in_passing(version):
                is_addition = step.operation != "setitem" and self.known.depends(value, version)
                if is_addition or is_item_update(self.known, base, version, step.arguments[1], value):
                    return Event(version, step.id, None, 0, False, is_item=True)
        whole = filled_version(self.known, step) if step.operation == "setitem" else assembled_version(self.known, step)
        return self._scaling(step) if whole is None else Event(whole, step.id, None, 0, False, is_item=True)

    def _continues(self, step: Step, operand: int) -> bool:
        """Whether a statement goes on with its update, as ``w + change + share * last`` does while ``last`` is 0."""
        chain, before = self.known.owner.get(operand), self.tape.steps[operand]
        if chain is None or operand != chain.latest or not chain.is_pending or step.place is None:
            return False
        is_same = before.place is not None and before.place.site == step.place.site
        return is_same and before.offset < step.offset

    def _grows(self, step: Step, version: int | None, change: int, sign: int, is_left: bool) -> bool:
        """Whether a statement gives one number, such as a bias that begins as 0.1, the shape of what it adds to it."""
        if self.tape.steps[change].shape != step.shape:
            return False
        return sign < 0 or (version is not None and is_left and self._replaces(step, version, is_left))

    def _scaling(self, step: Step) -> Event | None:
        """Weight decay in a statement of its own, ``w *= 0.99``: a part of an update."""
        parent = self.lineage.handed_on(step) if step.operation in SCALING else None
        if parent not in self.known.owner or parent is None:
            return None
        names = {attribute_of(name) for name in self.tape.steps[self.known.owner[parent].first].names}
        replaces = self.tape.statement(step.place).replaces
        is_same = step.place is not None and attribute_of(step.place.variable) in names and replaces
        return Event(parent, step.id, None, 0, False) if step.in_place or is_same else None

    def _is_moved_bias(self, step: Step, operand: int) -> bool:
        """Whether a number is added to a bias because of a branch that the bias went into, beside other updates."""
        version, scaled = self.known.version_of(operand)
        is_beside = any(chain.is_pending and chain.first != version for chain in self.chains)
        is_parameter = version is not None and not scaled and self.known.is_moved_by_branch(version)
        return is_beside and is_parameter and self._replaces(step, operand, True)

    def _is_item_in_passing(self, node: int) -> bool:
        """Whether it is an item that was taken from an array for this statement only."""
        step = self.tape.steps[node]
        if step.operation != "getitem" or node in self.known.owner or step.names:
            return False
        line = line_of(self.tape, node)
        return all(role[:2] == line and role[2] == "getitem" for role in self.known.uses.get(node, ()))

    def _is_average(self, version: int, change: int) -> bool:
        """Whether the change is a share of a square, or of ``x - version``, with x computed as gradients are.

        What moves towards data or another parameter is itself a parameter.
        """
        while self.tape.steps[change].operation in ("multiply", "divide") and not is_square(self.tape.steps[change]):
            others = [one for one in self.tape.steps[change].parents if not self.lineage.literal[one]]
            if len(others) != 1:
                return False
            change = others[0]
        step = self.tape.steps[change]
        if is_square(step):
            return True
        if step.operation != "subtract" or len(step.parents) != 2:
            return False
        # 0.01 * version is a decay
        others = [one for one in step.parents if self.known.version_of(one) != (version, False)]
        return len(others) == 1 and not self.lineage.initial[others[0]] and self.known.version_of(others[0])[0] is None

    def _stays(self, step: Step, version: int) -> bool:
        """Whether a statement adds to the same value in each iteration, as a residual layer does to the inputs."""
        if step.in_place or step.place is None:
            return False
        for chain in self.known.sums.get(version, ()):
            is_changed = chain.latest != version
            if is_changed and len(chain.events) == 1 and line_of(self.tape, chain.latest) == step.place.site:
                if self.last_closed > chain.latest:  # the iteration is another one
                    chain.pass_by()
                if chain.is_passing:
                    return True
        return False

    def _goes_forward(self, step: Step, operand: int) -> bool:
        """Whether a parameter is added where its versions went before, and not where they were updated.

        So is the bias of ``z = x w + b``, which a branch on the z of another observation may make seem an update.
        """
        chain = self.known.owner.get(operand)
        if chain is None or step.in_place or step.place is None:
            return False
        updated = (self.tape.steps[after].place for after in chain.events)
        is_seen = any(role_of(step, place) in chain.roles for place, one in enumerate(step.parents) if one == operand)
        return is_seen and all(place is None or place.site != step.place.site for place in updated)

    def _is_in_library(self, step: Step) -> bool:
        """Whether a library changes an array of its own, as ``grid = scaler.transform(points)`` does."""
        statement = self.tape.statement(step.place)
        if not (step.in_place and step.operation in ("add", "subtract") and statement.target) or step.place is None:
            return False
        return not statement.replaces and WRITES_SUM.search(step.place.text) is None

    def _is_used(self, step: Step, version: int, is_left: bool) -> bool:
        """Whether a forward pass may have used a version: it went elsewhere than into other arrays of its origin.

        Those may be inputs that are made of the targets, or weights with noise, which the step then replaces.
        """
        roles, origins = self.known.uses.get(version, set()), self.origins.get(version, set())
        return bool(roles - origins) or (bool(roles) and self._replaces(step, version, is_left))

    def _is_begun_again(self, step: Step, operand: int, version: int) -> bool:
        """Whether zeros are made in a loop around the one that changes them: a state that leaks from turn to turn.

        So does a sum that begins with 0 and whose first term is a parameter times a plain number.
        """
        zeros = [self.tape.steps[leaf_of(self.tape, version)]]
        zeros = [one for one in zeros if one.kind is Kind.FILL]
        while operand != version:
            form = self.tape.steps[operand]
            parent = self.lineage.handed_on(form)
            if parent is None:
                break
            others = [self.tape.steps[one] for one in form.parents if one != parent]
            zeros += [one for one in others if one.kind in (Kind.FILL, Kind.LITERAL)]
            operand = parent
        changed = set(self.enough.loops_around(step.place)) if zeros and not step.in_place else set()
        made = [set(self.enough.loops_around(one.place)) for one in zeros]
        return any(one & changed and not changed <= one for one in made)

    def _is_beside_target(self, step: Step, operand: int) -> bool:
        """Whether the target itself is another term of the statement's value than this operand."""
        is_target = step.place is not None and step.place.variable in self.tape.steps[operand].names
        return not is_target and self.tape.statement(step.place).has_own_term

    def _replaces(self, step: Step, version: int, is_left: bool) -> bool:
        """Whether the statement puts the result where the version was, which is the left operand or the right one."""
        if step.in_place:
            return True
        names = [container_of(name) for name in self.tape.steps[version].names]
        statement = self.tape.statement(step.place)
        if step.place is None or not step.place.variable or step.operation not in statement.sums:
            return False
        if is_left and not statement.own_terms.isdisjoint(self.tape.steps[version].names):
            return True
        return container_of(step.place.variable) in names or (is_left and not names and statement.replaces)

    def _take_back_penalty(self, event: Event) -> None:
        """Forget the updates that this one subtracts: ``rate * w - f(w)`` was the gradient of a cost with a penalty."""
        chain = self.known.owner.get(event.before)
        if chain is None or event.step is None or not event.direct or not chain.begins_scaled(event.before):
            return
        if self.known.is_made_of(event.step, chain.latest):
            for one in chain.pending(event.before):
                del chain.events[one.after], self.known.owner[one.after]
            chain.latest = event.before

    def _take(self, step: Step, event: Event) -> None:
        """Note an event."""
        chain = self.known.owner.get(event.before)
        if chain is not None and event.before == chain.first != chain.latest and not step.in_place:
            chain = None  # several parameters start from one value, as in ``b1 = b2 = 0.5``
        if chain is None:
            chain = Chain(first=event.before, bit=self.lineage.new_bit(), closed=event.before, latest=event.before)
            chain.roles |= self.known.uses.get(event.before, set())
            self.forward |= chain.roles if step.shape else set()
            self.known.owner[event.before] = chain
            self.chains.append(chain)
            if event.sign > 0 and not step.in_place:
                self.known.add_sum(chain)
        if self.known.is_sum(chain) and not chain.is_shown:
            chain.sum_mask |= self.lineage.masks[step.id]
        if event.is_item and step.place is not None:
            chain.item_lines.add(step.place.site)
            chain.roles = {role for role in chain.roles if chain.is_forward(role)}
        chain.events[step.id] = event
        chain.latest = step.id
        self.known.owner[step.id] = chain
        self.lineage.masks[step.id] = chain.bit

    # Forward passes

    def _note_uses(self, step: Step, event: Event | None) -> None:
        """Note where the operands went; a version that goes where earlier ones went closes an update."""
        for place, parent in enumerate(step.parents):
            role = role_of(step, place)
            if role is None or (event is not None and parent == event.before):
                continue
            if parent in self.resting and step.shape != self.tape.steps[parent].shape:
                self.ahead.add(self.resting[parent])
            if parent in self.items:
                self._row_used(step, *self.items[parent])
            chain = self.known.owner.get(parent)
            copied = self.copies.get(parent)
            if chain is None and copied is not None:
                self._copy_used(copied, role)
            if chain is None and not self.lineage.initial[parent]:
                chain = self._projected(parent, role)
                if chain is None:
                    continue
            self.known.uses[parent].add(role)
            is_like = step.shape == self.tape.steps[parent].shape != ()
            if is_like and self.lineage.initial[step.id] and step.operation not in FORMS:
                self.origins[parent].add(role)
            self.enough.note_place(step, place, parent)
            if chain is not None and not self._reads_item(step, chain, role):
                if self._goes_there_again(step, chain, parent, role):
                    chain.roles.add(role)
                self._used(chain, parent, role)

    def _goes_there_again(self, step: Step, chain: Chain, version: int, role: Role) -> bool:
        """Whether a first new version meets the array, on another line, that the version before the loop had met.

        The file has its forward pass twice then: before the loop, and in it after the updates. What it does with one
        array it does with the others, such as biases, whose other operands are computed. Rows that a statement reads to
        replace them, as ``w[others] -= change`` after ``w[one] -= change``, go on with the update.
        """
        if chain.groups or not chain.is_pending or version != chain.latest or not step.shape:
            return False
        if step.operation == "getitem":
            statement = self.tape.statement(step.place)
            if statement.replaces and statement.target.endswith("]"):
                return False
        others = {one for one in step.parents if (one != version and one < chain.first) or self.lineage.initial[one]}
        known = {one for one in chain.roles if one[2:] == role[2:] and one[:2] != role[:2]}
        if role in chain.roles or not known:
            return False
        self.is_repeated = self.is_repeated or any(
            bool(others)
            and others <= set(one.parents)
            and any(role_of(one, place) in known for place, parent in enumerate(one.parents) if parent == chain.first)
            for one in self.tape.steps[chain.first + 1 : min(chain.events)]
        )
        return self.is_repeated

    def _reads_item(self, step: Step, chain: Chain, role: Role) -> bool:
        """Whether a step reads an item of a version that is being replaced item by item.

        An item that was replaced is of the new version; so are all once another parameter's next iteration has begun.
        """
        index = index_of(step)
        if index is None or step.parents[0] != chain.latest or not chain.is_pending or role not in chain.roles:
            return False
        if self.tape.steps[chain.latest].operation != "setitem":
            return False
        if step.shape:
            self.items[step.id] = chain.latest, index, role
            return True
        if is_replaced(self.tape, chain.latest, index, chain.closed) or self.last_closed > chain.latest:
            return False
        self._pass_over(chain, step)
        return True

    def _projected(self, node: int, role: Role) -> Chain | None:
        """The parameter whose new version a value is made of alone, as clipped weights are, if it takes its place."""
        if role not in self.forward or not self.tape.steps[node].shape:
            return None
        for chain in self.chains:
            if not chain.is_pending or role not in chain.roles:
                continue
            if self.lineage.is_made_of_alone(node, chain.latest) or self._is_turned_back(node, chain):
                is_scaled = self.known.version_of(node)[0] == chain.latest  # as by weight decay
                event = Event(chain.latest, node, None, 0, False, is_projection=not is_scaled)
                chain.events[node], chain.latest = event, node
                self.known.owner[node] = chain
                return chain
        return None

    def _is_turned_back(self, node: int, chain: Chain) -> bool:
        """Whether a value is the transposed new version, as after ``np.add.at(w.T, places, steps)``."""
        step, first = self.tape.steps[node], self.tape.steps[chain.first]
        return step.operation == "transpose" and step.parents == (chain.latest,) and step.shape == first.shape

    def _row_used(self, step: Step, version: int, path: Path, role: Role) -> None:
        """A row of a version went into an operation."""
        index, chain = index_of(step), self.known.owner[version]
        if index is not None and step.shape:
            self.items[step.id] = version, path + index, role
            return
        is_new = self.last_closed > version or is_replaced(self.tape, version, path, chain.closed)
        # a row that is written next, or is computed with again although the forward pass takes the array as a whole
        is_old = not is_new and (self._is_moved(step, version) or any(role[-2] != "getitem" for role in chain.roles))
        if index is None and is_old:
            self._pass_over(chain, step)
        elif index is None or is_replaced(self.tape, version, path + index, chain.closed):
            self._used(chain, version, role)

    def _is_moved(self, step: Step, version: int) -> bool:
        """Whether something that depends on a version is added to a row of it, or subtracted, as its update is."""
        pairs = [(operand, change) for operand, change, _ in candidates_of(step) if operand in self.items]
        shapes = {self.tape.steps[operand].shape for operand, _ in pairs}
        return shapes == {step.shape} and any(self.known.depends(change, version) for _, change in pairs)

    def _note_rest(self, step: Step) -> None:
        """Note that a velocity that is still 0 is added to what may be a parameter."""
        operands, role = self.lineage.made_of(step), role_of(step, 0)
        if role is not None and len(operands) < len(step.parents) and operands[0] not in self.known.owner:
            self.resting[step.id] = role

    def _pass_over(self, chain: Chain, step: Step) -> None:
        """Note that a step read an item that the update of its parameter has not written."""
        chain.passed_over = step.id
        self.passed_over[id(chain)] = chain

    def _copy_used(self, version: int, role: Role) -> None:
        """A copy of a version went into an operation: where a version goes by way of copies, that closes an update."""
        chain = self.known.owner[version]
        if version == chain.latest and chain.is_pending and role in chain.roles:
            self._used(chain, version, role)

    def _used(self, chain: Chain, version: int, role: Role) -> None:
        """A version went into an operation."""
        if not chain.is_forward(role):
            return
        if version == chain.latest and chain.is_pending:
            if role in chain.roles:
                chain.is_shown = chain.is_shown or len(self.chains) > 1  # alone, it may go from one layer to the next
                for one in (chain, *(other for other in self.passed_over.values() if other.is_passed_over)):
                    one.close()
                self.last_closed = self.tape.steps[-1].id
                self.lineage.control = 0
                self.tape.most_nodes = MAX_NODES_IN_TRAINING
                if self.behind is None or not self.enough.is_awaited(self.behind):
                    chains = confirmed(self.chains)
                    self.behind = min(chains, key=lambda one: len(one.groups), default=None)
                    self.enough.stop_if_seen(chains)
            elif chain.first in self.known.uses and not chain.groups and not chain.roles:
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
            and all(step is not None and self.lineage.is_sum(step) and sides.issuperset(shape) for step, shape in grown)
        )
