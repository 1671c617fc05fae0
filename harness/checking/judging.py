"""The mistakes of one reading: each step that is not made of its gradient is explained, or left unexplained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..recording.graph import Node, Place, Ref
from .alignment import Samples, ratio
from .closures import wrong_closure
from .edits import EditBench, added_at_items
from .explaining import locate
from .factors import chain_of, factor_mistakes, is_update_place, scaled_values, turned_difference
from .items import of_other_items
from .labels import found_at, found_in_step, quantity
from .matching import climbs_by_a_rule, gradient_nodes
from .mistakes import UNNAMED
from .naming.names import UPDATED_WEIGHTS, name_edit, name_edits, name_faults
from .reading import Reading, lane_gradient
from .replay import Program, resolve, size_of
from .result import UNKNOWN, Found, Quantity, merge_by_id, merge_by_line
from .result import Kind as QuantityKind
from .sources import Sources
from .stage import MATRIX_PRODUCTS, Stage, Step
from .structure import is_view_of_parameter

REPEATED = "repeated-index"
UNCERTAIN = frozenset({UNNAMED, "wrong-operation"})  # names that a better known one of the same line replaces
FEWEST_UPDATES = 3  # of a parameter, that show what is the same in every iteration


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One reading with what it finds."""

    reading: Reading  # the reading
    mistakes: tuple[Found, ...]  # of the gradients
    unexplained: tuple[Step, ...]  # parameters whose steps remain without an explanation
    is_trivial: bool = False  # whether all that was found is that steps are not gradients


def judge_reading(reading: Reading, sources: Sources) -> Judged:
    """The mistakes of the gradients under one reading."""
    judged = judge_steps(reading, sources)
    slip = wrong_closure(reading) if judged.mistakes or judged.unexplained else None
    if slip is None or slip.place is None:
        return judged
    sites = {None if one.place is None else one.place.site for one in judged.mistakes}
    is_named = sites == {slip.place.site} and judged.mistakes[0].id not in UNCERTAIN
    if is_named or (slip.id == UNNAMED and slip.place.site in sites):
        return judged
    return Judged(reading=reading, mistakes=(slip,), unexplained=())


def judge_steps(reading: Reading, sources: Sources) -> Judged:
    """The mistakes of the steps of all parameters."""
    broken = [step for step in reading.unexplained if step.before in reading.forward.nodes]
    found, broken = one_observation_only(reading, broken)
    others = {
        step.before: of_another(reading, step)
        or unsummed(reading, step)
        or counted_once(reading, step)
        or one_item_for_all(reading, step)
        or of_other_items(reading, step)
        or with_others_state(reading, step)
        for step in broken
    }
    found += [one for one in others.values() if one is not None]
    broken = [step for step in broken if others[step.before] is None]
    climbing = [step for step in broken if climbs_by_a_rule(reading, step)]
    found += merge_by_line([climbing_update(reading, step) for step in climbing])
    broken = [step for step in broken if step not in climbing]
    if not broken:
        return Judged(reading=reading, mistakes=(*found, *factor_mistakes(reading)), unexplained=(), is_trivial=True)
    bench = EditBench(reading, broken)
    scaled = scaled_values(reading)
    if scaled and bench.is_mended_by_factors(scaled):  # they are wrong because one factor is
        return Judged(reading=reading, mistakes=(*found, *factor_mistakes(reading)), unexplained=())
    edit = name_edit(bench, sources)
    if edit is not None:
        return Judged(reading=reading, mistakes=(*found, edit, *factor_mistakes(reading)), unexplained=())
    located = locate(reading, broken)
    named = name_faults(reading, located.faults, sources)
    is_open = located.left or any(one.id in (UNNAMED, UPDATED_WEIGHTS) for one in named)
    edits = name_edits(bench, sources) if is_open else []
    if edits:
        return Judged(reading=reading, mistakes=(*found, *edits, *factor_mistakes(reading)), unexplained=())
    found += named
    found += merge_by_line([climbing_update(reading, step) for step in located.climbing])
    departed = [departure(reading, step) for step in located.left]
    found += merge_by_line([one for one in departed if one is not None])
    found = without_consequences(reading, found)
    left = [step for step, one in zip(located.left, departed) if one is None]
    found += factor_mistakes(reading)
    trivial = all(is_view_of_parameter(reading.stage, fault.target[0]) for fault in located.faults)
    return Judged(reading=reading, mistakes=tuple(found), unexplained=tuple(left), is_trivial=trivial)


def without_consequences(reading: Reading, found: Sequence[Found]) -> list[Found]:
    """The mistakes without those that have no name and whose lines take in nothing wrong but values of named lines."""
    named = {
        place.site for one in found if one.id != UNNAMED for place in (one.place, *one.others) if place is not None
    }
    stage = reading.stage
    inner = reading.errors_below & stage.needed - reading.forward.nodes
    sites = {id: place.site for id in inner if (place := stage.node(id).place) is not None}

    def is_consequence(one: Found) -> bool:
        site = None if one.place is None else one.place.site
        parents = {parent for id in sites if sites[id] == site for parent in stage.program.parents[id]}
        into = {sites[parent] for parent in parents & sites.keys()} - {site}
        return one.id == UNNAMED and (site in named or (bool(into) and into <= named))

    return [one for one in found if not is_consequence(one)]


def says_nothing(best: Reading, judged: Judged) -> bool:
    """Whether no step is a gradient, and no value before the steps either: then it is not gradient descent at all."""
    explained = any(one is not None and not one.nothing for one in best.matches.values())
    names = {one.id for one in judged.mistakes}
    errors = {error.node for error in best.stage.errors}
    rows = [one for one in best.backward_bundles()[:400] if one[0] not in errors]
    explained = explained or any(best.aligned_with(one) for one in rows)
    return not explained and judged.is_trivial and names <= {UNNAMED, "gradient-ascent"} and bool(names)


def of_another(reading: Reading, step: Step) -> Found | None:
    """A step that is made with the gradient of another parameter, which fits because NumPy repeats it.

    One number fits always, and is named here if its update makes an array of it, if its own gradient is 0, which no
    other value on the way explains, or if the inputs were drawn.
    """
    stage = reading.stage
    steps = [step.of(values) for values in stage.settings]
    is_number = stage.node(step.after).shape == () and all(stage.node(one).shape != () for one in stage.varied)
    if step.returned or (is_number and any(np.any(one[step.before]) for one in reading.gradients)):
        return None
    whole = np.concatenate([one.ravel() for one in steps])
    for other in stage.steps:
        if other.before == step.before or other.before not in reading.forward.nodes:
            continue
        try:
            gradients = [np.broadcast_to(one[other.before], steps[0].shape).ravel() for one in reading.gradients]
        except ValueError:
            continue
        factor = ratio(whole, np.concatenate(gradients), 1e-6)
        if factor is None or factor > 0:
            continue
        got, expected = quantity(reading, other.before, factor), quantity(reading, step.before, factor)
        return found_in_step(
            reading, step, "gradient-of-another-parameter", got=got, expected=expected, detail=other.name
        )
    return None


def unsummed(reading: Reading, step: Step) -> Found | None:
    """A bias from which the delta of every observation is subtracted, so that NumPy makes a row of it for each."""
    stage, layer = reading.stage, reading.forward.layer_of_parameter(step.before)
    node = stage.node(step.after)
    if step.returned or layer is None or node.shape == step.shape:
        return None
    delta = reading.gradient_samples((layer.z,))
    value = stage.step_samples(step)
    if delta is None or ratio(value.flat, delta.flat, 1e-6) is None:
        return None
    got, expected = quantity(reading, layer.z, None), quantity(reading, step.before, None)
    return found_in_step(reading, step, "bias-gradient-not-summed", shape=node.shape, got=got, expected=expected)


def counted_once(reading: Reading, step: Step) -> Found | None:
    """``w[i] -= y`` that would be right if each time counted that i names an item, as it does with np.add.at.

    The step may be made in several such statements, as for the word beside another and for words that are not.
    """
    node = reading.stage.node(step.after)
    if step.returned or node.operation != "setitem" or any(step.before not in one for one in reading.gradients):
        return None
    meant = []
    for values in reading.stage.settings:
        writing, changes = node, []
        while writing.id != step.before and writing.operation == "setitem" and isinstance(writing.arguments[0], Ref):
            whole, index, value = (resolve(one, values) for one in writing.arguments)
            try:
                changes.append(added_at_items(whole, index, value) - whole)
            except (IndexError, ValueError, TypeError):
                return None
            writing = reading.stage.node(writing.arguments[0].id)
        meant.append(sum(changes))
    factor = ratio(np.ravel(meant), np.ravel([one[step.before] for one in reading.gradients]), 1e-6)
    if factor is None or factor > 0:
        return None
    return found_in_step(reading, step, REPEATED, got=UNKNOWN, expected=quantity(reading, step.before, factor))


def one_item_for_all(reading: Reading, step: Step) -> Found | None:
    """A forward pass that gives every unit one item of a bias, whose own items are updated as if each had its own."""
    stage, items = reading.stage, reading.items_of(step)
    if items is None:
        return None
    steps, gradients = items
    used = np.any(gradients != 0, axis=0)
    if np.count_nonzero(used) != 1 or not np.all(np.any(steps != 0, axis=0)):
        return None
    factor = ratio(steps.sum(axis=1), gradients[:, used].ravel(), 1e-6)
    reads = [stage.node(id) for id in stage.program.children[step.before] if id in reading.forward.nodes]
    reads = [node for node in reads if node.operation == "getitem"]
    if factor is None or factor > 0 or not reads:
        return None
    update = stage.node(step.after).place
    others = () if update is None else (update,)
    return found_at(reading, reads[0].id, "wrong-index", [step], others=others, variable=step.name, detail="one-item")


def with_others_state(reading: Reading, step: Step) -> Found | None:
    """A step that takes in what the step of another parameter has left, as if both had one velocity."""
    stage, program = reading.stage, reading.stage.program
    own = [id for id, _ in gradient_nodes(reading, step)]
    leading = program.ancestors([step.after], stop=stage.parameters)
    after = (program.descendants(own) & leading) - reading.forward.nodes
    taken = {one for id in after for one in program.parents[id] if stage.node(one).shape} & leading
    taken -= after | program.ancestors(own) | stage.applied.keys()
    for other in stage.steps if taken else ():
        if other.before == step.before:
            continue
        state = taken & program.descendants([id for id, _ in gradient_nodes(reading, other)])
        for id in sorted(after):
            if not state.isdisjoint(program.parents[id]):
                expected, update = quantity(reading, step.before, None), stage.node(step.after).place
                found = found_at(reading, id, "momentum-overwritten", [step], got=UNKNOWN, expected=expected)
                return replace(found, others=(*found.others, *(() if update is None else (update,))))
    return None


def climbing_update(reading: Reading, step: Step) -> Found:
    """A step whose gradient is right, or mended, and that goes the wrong way"""
    turned = turned_difference(reading)
    return found_in_step(
        reading,
        step,
        "gradient-ascent",
        others=() if turned is None else (turned,),
        got=UNKNOWN,
        expected=quantity(reading, step.before, None),
        ratio=-1.0,
    )


def one_observation_only(reading: Reading, broken: Sequence[Step]) -> tuple[list[Found], list[Step]]:
    """Steps that one observation alone makes, though several were looked at; and the steps that are left."""
    if reading.forward.lane_count < 2 or reading.cost.node is not None:
        return [], list(broken)
    decided = [error.decided for error in reading.cost.errors if error.decided is not None]
    if len(set(decided)) < len(decided):  # both sides of one comparison, as of an output with a threshold that moves
        return [], list(broken)
    found: list[Found] = []
    left: list[Step] = []
    stage = reading.stage
    for step in broken:
        value = stage.step_samples(step)
        lanes = [lane_gradient(reading, step, lane) for lane in (0, reading.forward.lane_count - 1)]
        if not any(lane is not None and ratio(value.flat, lane.flat, 1e-6) is not None for lane in lanes):
            left.append(step)
            continue
        made = last_named(reading, step, value)
        update = stage.node(step.after).place
        others = (made,) if made is not None and made != update else ()
        # at the update: what is missing between the gradient and it is the sum
        expected = quantity(reading, step.before, None)
        found.append(found_in_step(reading, step, "last-observation-only", others=others, expected=expected))
    return merge_by_line(found), left


def lost_observations(reading: Reading) -> list[Found]:
    """Gradients that are right for the last observation alone, if those of the ones before are computed and lost.

    So it is if the same line computed as many of them in every iteration, from other errors, before the one that is
    used, and nothing is made of them. Without a cost that says otherwise, one observation would be all that is meant.
    """
    stage, factors, recording = reading.stage, reading.factors, reading.stage.recording
    found: list[Found] = []
    for step in stage.steps:
        if step.returned or step.before not in factors:
            continue
        made = chain_of(reading, step, factors[step.before]).node
        updates = [recording.updates[one] for one in recording.parameters[step.parameter].updates]
        alike = alike_gradients(reading, made) if made != step.after and len(updates) >= FEWEST_UPDATES else {}
        lost = [[is_lost for id, is_lost in alike.items() if one.before < id < one.after] for one in updates]
        counts = [sum(one) for one in lost]
        # before the first update a file may try its functions
        is_usual = all(one == sorted(one, reverse=True) for one in lost) and len(set(counts[1:])) == 1
        if is_usual and counts[0] >= counts[1] > 0:
            found.append(found_at(reading, made, "last-observation-only", [step]))
    return merge_by_id(found)


def alike_gradients(reading: Reading, made: int) -> dict[int, bool]:
    """What the line of a gradient computed, and whether that is lost: of other errors, with only copies made of it."""
    program, node = reading.stage.program, reading.stage.node(made)
    errors = {error.node for error in reading.errors}
    versions = {update.after for update in reading.stage.recording.updates}
    found = {}
    for other in program.nodes:
        if (other.operation, other.shape, other.place) != (node.operation, node.shape, node.place) or not errors:
            continue
        found[other.id] = False
        if is_unread(program, other.id) and not errors & program.ancestors([other.id], stop=versions):
            values = program.run([made, other.id], {}, program.base)
            found[other.id] = not np.array_equal(values[made], values[other.id])
    return found


def is_unread(program: Program, id: int) -> bool:
    """Whether a value is at most written into arrays that nothing is computed from."""
    stack = [id]
    while stack:
        children = program.children[stack.pop()]
        if any(program.nodes[child].operation != "setitem" for child in children):
            return False
        stack += children
    return True


def last_named(reading: Reading, step: Step, value: Samples) -> Place | None:
    """Where the value that a step is made with got its name, outside the line of the update"""
    stage = reading.stage
    for id in sorted(stage.program.ancestors([step.after], stop=stage.parameters) - {step.after}):
        one = stage.samples(id)
        if id not in stage.dependent or one is None:
            continue
        node = stage.node(id)
        if node.names and ratio(one.flat, value.flat, 1e-6) is not None and not is_update_place(reading, step, id):
            return node.place
    return None


def departure(reading: Reading, step: Step) -> Found | None:
    """Where values that are gradients become one that is not, on the way to a step: the last such operation."""
    stage = reading.stage
    leading = stage.program.ancestors([step.after], stop=stage.parameters)
    last: int | None = None
    for bundle in reading.backward_bundles():
        is_update = bundle[0] == step.after and not step.returned
        if bundle[0] not in leading or is_update or reading.aligned_with(bundle):
            continue
        operands = [one for one in stage.program.parents[bundle[0]] if one in stage.dependent]
        if any(one not in reading.forward.nodes and reading.aligned_with(reading.bundle(one)) for one in operands):
            last = bundle[0]
    if last is None:
        return None
    node = stage.node(last)
    id = UNNAMED
    is_used_once = len(reading.lines_of_use(step.before)) == 1  # of several uses, each has a sum of its own
    if node.operation in ("sum", "mean") and is_used_once:
        whole = size_of(node) == 1 < max(1, int(np.prod(step.shape)))
        id = "bias-gradient-summed-over-units" if whole else "sum-over-wrong-axis"
    found = found_at(reading, last, id, [step], got=UNKNOWN, expected=quantity(reading, step.before, None))
    call = reading.call_of_right_line(last)
    if id != UNNAMED or call is None or found.place is None:
        return found
    return replace(found, place=call, others=(found.place, *found.others))


def cut_to_integers(reading: Reading) -> list[Found]:
    """Parameters of integers whose steps are right but for their fractions, which are lost when they are stored."""
    stage = reading.stage
    found = []
    for step in stage.steps:
        node, match = stage.node(step.after), reading.matches.get(step.before)
        if step.returned or match is None or not holds_integers(node) or is_sum_of_integers(stage, node):
            continue
        places = [stage.node(stage.recording.parameters[step.parameter].leaf).place, node.place]
        known = [one for one in places if one is not None]
        place = known[0] if known else None
        found.append(found_in_step(reading, step, "integer-weights", place=place, others=tuple(known[1:])))
    return merge_by_line(found)


def holds_integers(node: Node) -> bool:
    """Whether a value holds integers."""
    return np.dtype(node.dtype or "f8").kind in "iu"


def is_sum_of_integers(stage: Stage, node: Node) -> bool:
    """Whether it is a sum of integers, so that no fraction is lost: the rate and the data are whole too."""
    numbers = [one for one in node.arguments if not isinstance(one, Ref)]
    is_plain = node.operation in ("add", "subtract") and all(isinstance(one, int) for one in numbers)
    return is_plain and all(holds_integers(stage.node(one)) for one in node.parents)


def moves(stage: Stage, step: Step) -> bool:
    """Whether a step changes its parameter at any setting"""
    return any(np.any(step.of(values)) for values in stage.settings)


def is_used(stage: Stage, step: Step) -> bool:
    """Whether the step of another parameter is made with a parameter, or its own with a layer's output that it made"""
    program = stage.program
    below = program.descendants([step.before])
    made = below & program.ancestors([step.after], stop=stage.parameters)
    is_in_layer = any(stage.node(id).operation in MATRIX_PRODUCTS for id in made)  # w - rate * decay * w is not
    return is_in_layer or any(other.after in below for other in stage.steps if other.before != step.before)


def not_in_forward(reading: Reading, step: Step) -> Found:
    """A parameter that is updated but that the cost does not depend on, unless a branch leaves it out.

    A number is not a bias if others of the same name, as of one list, are in the forward pass.
    """
    steered = reading.stage.program.ancestors(guard.node for guard in reading.stage.recording.guards)
    named = [one for one in reading.stage.steps if (one.name, one.shape) == (step.name, ())]
    is_one_of_many = any(one.before in reading.forward.nodes for one in named)
    id = UNNAMED if step.before in steered or is_one_of_many else "bias-missing-in-forward"
    return found_in_step(reading, step, id, expected=Quantity(kind=QuantityKind.NOTHING))


def unlocated(reading: Reading, step: Step) -> Found:
    """An update that is wrong for a reason that was not found."""
    return found_in_step(reading, step, UNNAMED, got=UNKNOWN, expected=quantity(reading, step.before, None))
