"""What the cost depends on besides updated parameters: data, constants, masks, and parameters that stay as they are."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from ..recording.graph import Kind, Node, Place, Recording, Site, Stop, references
from .alignment import align, samples, squeezed
from .decisions import EQUALITIES, ORDERS
from .exceptions import RUN_FILE
from .labels import quantity
from .matching import NOTHING
from .mistakes import UNNAMED
from .reading import Array, Reading
from .replay import CannotReplay, Program, size_of
from .result import Found, Quantity, join_mistakes
from .result import Kind as QuantityKind
from .scales import counts_of
from .stage import CONTRACTIONS, MATRIX_PRODUCTS
from .structure import Role, is_view_of_parameter

PARAMETER_WORDS = frozenset(
    {
        *("w", "b", "weight", "weights", "bias", "biases", "theta", "kernel", "beta", "gamma", "synapse", "syn"),
        *("wih", "who", "whh", "wx", "wh", "wi", "wo", "bi", "bo", "bh", "params", "parameters", "kernels"),
    }
)
DATA_WORDS = frozenset(
    {
        *("x", "y", "data", "input", "inputs", "target", "targets", "label", "labels", "train", "test", "mask", "t"),
        *("xs", "ys", "features", "noise", "dropout", "images", "batch", "dataset"),
    }
)
GRADIENT_PREFIX = re.compile(r"(?i)(d|grad|gradient|delta)_?")
# in a name: db, grad_b, nabla_b[0], d_bias
BIAS_GRADIENT = re.compile(r"(?i)(?<![a-z])d?(b|bias|biases)\d*(?![a-z\d])")
TEMPORARY = re.compile(r"^_*(t|te?mp)_(?=[a-z])")  # before what a value is called
SIZES = frozenset({"sqrt", "absolute", "abs", "fabs", "linalg.norm"})
IDENTITIES = frozenset({"eye", "identity"})
MOST_UNUSED = 400  # values that are compared with the gradient of a bias


@dataclass(frozen=True, kw_only=True)
class Untouched:
    """The values of a forward pass that stay as they are."""

    mistakes: tuple[Found, ...] = ()  # parameters that should be updated
    unclassified: tuple[str, ...] = ()  # the names of values that may be parameters or not
    untrained: tuple[str, ...] = ()  # the names of constant biases that are left as they are on purpose
    identities: tuple[str, ...] = ()  # the names of kernels that are identity matrices, of which no gradient is made


def versions_of(reading: Reading, leaf: int) -> list[int]:
    """A leaf and what is made of it alone: scaled, reshaped"""
    program = reading.stage.program
    found, stack = [leaf], [leaf]
    while stack:
        for child in program.children[stack.pop()]:
            if child not in found and len(program.parents[child]) == 1 and child not in reading.stage.dependent:
                found.append(child)
                stack.append(child)
    return found


def words_of(reading: Reading, leaf: int) -> list[str]:
    """The bare names of a value: "self.W1" and "params['W1']" are "w", and "tmp_weight" is "weight" """
    found = []
    for id in versions_of(reading, leaf):
        node = reading.stage.node(id)
        made = node.place.variable if id == leaf and node.place is not None else ""
        for name in (*node.names, made):
            last = name.rsplit(".", 1)[-1]
            inner = last.split("[")[-1] if "['" in last or '["' in last else last
            words = re.findall("[a-z]+", TEMPORARY.sub("", inner.lower()).split("_")[0])
            found += words[:1]
    return found


def untouched_parameters(reading: Reading) -> Untouched:
    """Parameters of the forward pass that are never updated, and leaves that may be one or not.

    A network with constant biases and without a word about their gradients trains its other parameters rightly. Biases
    are left out by mistake if they are drawn, if others are updated, or if a gradient of theirs is computed and then
    not used.
    """
    stage = reading.stage
    program = stage.program
    used = program.ancestors(reading.forward.outputs, stop=stage.parameters)
    steering = [id for id in used if np.dtype(stage.node(id).dtype or "f8").kind != "f"]
    through_numbers = program.ancestors(reading.forward.outputs, stop={*stage.parameters, *steering})
    updated = {parameter.leaf for parameter in stage.recording.parameters}
    # what outputs are compared with are targets, whatever they are called
    compared = [error.target for error in stage.errors if error.target is not None]
    updated |= {id for id in program.ancestors(compared) if stage.node(id).is_leaf}
    lost = lost_updates(stage.recording, program)
    found: list[Found] = []
    unclassified: list[str] = []
    biases: dict[int, Found] = {}
    identities: list[str] = []
    before_errors = stage.program.ancestors([error.output for error in stage.errors])
    for id in sorted(used):
        node = stage.node(id)
        if not node.is_leaf or id in stage.parameters or id in updated or size_of(node) == 0:
            continue
        if node.kind not in (Kind.RANDOM, Kind.FILL, Kind.LITERAL) or np.dtype(node.dtype or "f8").kind != "f":
            continue
        words = words_of(reading, id)
        named = any(word in PARAMETER_WORDS for word in words)
        if node.kind is Kind.LITERAL and not named:
            continue  # a number that stands in the file is a constant, unless it is called a bias and added as one
        role = role_of_leaf(reading, id, used)
        if node.kind is Kind.LITERAL and role is not Role.BIAS:
            continue
        overwritten = overwriting(reading, id) if role is not None else None
        if overwritten is not None:
            found.append(overwritten)
            continue
        if id in lost:
            found.append(lost_update(stage.recording, *lost[id], role=role))
            continue
        if any(word in DATA_WORDS for word in words):
            continue
        constant = constant_update(reading, id) if named and role is not None else constant_items(reading, id)
        if constant is not None:
            found.append(constant)
            continue
        if is_changed_later(reading, id) and not any(
            begins_at_rest(reading, id, child)
            for version in versions_of(reading, id)
            for child in program.children[version]
        ):
            unclassified.append(node.names[0] if node.names else node.operation)
            continue
        if role is None and node.kind is Kind.FILL and has_gradient_of_its_name(reading, id):
            role = Role.KERNEL
            named = True
        if role is None or is_without_influence(reading, id):
            continue
        if not named and role is Role.BIAS and (not is_kept(reading, id) or is_first_state(reading, id)):
            continue  # made anew in every iteration, as a sum that starts at 0, or what a recurrent layer begins with
        if not named and node.kind is Kind.FILL and stage.errors and id not in before_errors:
            continue  # it says what each error counts, as a mask of ones for what was observed does
        if not named and id not in through_numbers:
            continue  # it only decides which rows are taken, as true weights do that made the targets
        if not named and (role is Role.KERNEL or (node.kind is Kind.RANDOM and not is_added_to_all(reading, id))):
            unclassified.append(node.names[0] if node.names else node.operation)
            continue
        name = node.names[0] if node.names else words[0] if words else node.operation
        versions = [stage.node(one) for one in versions_of(reading, id)]
        name = next((one.names[0] for one in versions if one.names), name)
        if role is Role.KERNEL and node.operation in IDENTITIES and not has_unused_gradient(reading, id):
            identities.append(name)
            continue
        mistake = "bias-gradient-missing" if role is Role.BIAS else "kernel-not-updated"
        place = sibling_update(reading, versions_of(reading, id)) or node.place
        if place is not None and place.file == RUN_FILE and has_unused_gradient(reading, id):
            unclassified.append(name)  # the update is not the file's own, which only computes gradients
            continue
        if is_cut_short(reading):
            unclassified.append(name)  # its update may be what failed, or come after that
            continue
        found.append(never_updated(mistake, replace(node, shape=versions[-1].shape), place, name))
        if role is Role.BIAS:
            biases[id] = found[-1]
    drawn = any(stage.node(id).kind is Kind.RANDOM for id in biases)  # values that are drawn are meant to be trained
    untrained: list[str] = []
    if biases and not drawn and not trains_biases(reading, list(biases)):
        untrained = [name for one in biases.values() for name in one.parameters]
        found = [one for one in found if one not in biases.values()]
    return Untouched(
        mistakes=tuple(together(found)),
        unclassified=tuple(unclassified),
        untrained=tuple(dict.fromkeys(untrained)),
        identities=tuple(dict.fromkeys(identities)),
    )


def is_cut_short(reading: Reading) -> bool:
    """Whether an exception ended the run before any parameter was updated twice: an iteration may not be complete.

    It is complete if its forward pass has begun again after the updates.
    """
    recording = reading.stage.recording
    counts = Counter(update.parameter for update in recording.updates)
    if recording.stop is not Stop.RAISED or max(counts.values(), default=0) >= 2:
        return False
    first = {use_of(node) for node in map(reading.stage.node, reading.forward.nodes) if node.place is not None}
    end = max((update.after for update in recording.updates), default=0)
    return not any(use_of(node) in first for node in recording.nodes[end + 1 :])


def is_first_state(reading: Reading, leaf: int) -> bool:
    """Whether the forward pass puts values that depend on parameters in the place of a leaf, under its name."""
    stage = reading.stage
    shape = stage.node(leaf).shape  # an item that begins a sum takes the name of the sum
    whole = [node for one in versions_of(reading, leaf) if (node := stage.node(one)).shape == shape]
    names = {name for node in whole for name in node.names} - {"return"}
    computed = reading.forward.nodes & stage.dependent - set(stage.parameters)
    return any(not names.isdisjoint(stage.node(one).names) for one in computed)


def trains_biases(reading: Reading, leaves: Sequence[int]) -> bool:
    """Whether a file updates a bias, if only by 0, or computes the gradient of one of these and does nothing with it.

    The gradient of a bias may be that of its layer's sum under another name.
    """
    stage, roles = reading.stage, reading.forward.roles
    if any(roles.get(step.before) is Role.BIAS for step in stage.steps):
        return True
    return any(
        has_unused_gradient(reading, leaf)
        or any(takes_place(reading, leaf, child) for _, child in constant_sums(reading, leaf))
        for leaf in leaves
    )


def has_gradient_of_its_name(reading: Reading, leaf: int) -> bool:
    """Whether the gradient of a leaf is computed under its name, as ``dlog_widths``, and then not used.

    The leaf is neither the first state of a sequence nor data, which are multiplied by weights.
    """
    stage = reading.stage
    uses = [stage.node(child) for one in versions_of(reading, leaf) for child in stage.program.children[one]]
    is_input = any(one.operation in MATRIX_PRODUCTS for one in uses)
    if is_input or not is_kept(reading, leaf) or is_first_state(reading, leaf):
        return False
    owns = {name.rpartition(".")[2] for one in versions_of(reading, leaf) for name in stage.node(one).names}
    found = {name.rpartition(".")[2] for id in unused_gradients(reading, leaf) for name in stage.node(id).names}
    bare = {GRADIENT_PREFIX.sub("", name) for name in found if GRADIENT_PREFIX.match(name)} - {""}
    return any(own.startswith(one) for own in owns for one in bare)


def has_unused_gradient(reading: Reading, leaf: int) -> bool:
    """Whether the gradient of a leaf is computed, and nothing is made of it under that name."""
    return bool(unused_gradients(reading, leaf))


def unused_gradients(reading: Reading, leaf: int) -> list[int]:
    """The values that are the gradient of a leaf and that nothing is made of under that name.

    A share of a step that goes into the next one, as of a momentum, is a multiple of that gradient if the input is
    constant.
    """
    stage, gradients = reading.stage, gradients_of_leaf(reading, leaf)
    computed = sorted(stage.dependent - reading.forward.nodes)
    unused = [id for id in computed if id not in stage.into_updates][:MOST_UNUSED]
    renamed = [id for id in computed if any(BIAS_GRADIENT.search(name) for name in stage.node(id).names)]
    shape = squeezed(stage.node(leaf).shape)
    alike = [id for id in {*unused, *renamed[:MOST_UNUSED]} if squeezed(stage.node(id).shape) == shape]
    if gradients is None or not stage.extend(alike):
        return []
    values = [(id, value) for id in alike if (value := stage.samples(id)) is not None]
    found = [id for id, value in values if align(value, samples(gradients)) is not None]
    return [id for id in found if not is_size(reading, id) and not is_error_alone(reading, id)]


def is_error_alone(reading: Reading, id: int) -> bool:
    """Whether a value is an output less its target under no name of a bias, as in a cost that is printed."""
    stage = reading.stage
    compared = [set(stage.program.parents[error.node]) for error in stage.errors]
    is_error = stage.node(id).operation == "subtract" and set(stage.program.parents[id]) in compared
    return is_error and not any(BIAS_GRADIENT.search(name) for name in stage.node(id).names)


def is_size(reading: Reading, id: int) -> bool:
    """Whether a value is made of a root or an absolute value of errors.

    The root of the mean square of a single error is as large as the error.
    """
    stage = reading.stage
    made_of = stage.program.ancestors([id], within=stage.dependent - reading.forward.nodes)
    return any(stage.node(one).operation in SIZES for one in made_of)


def takes_place(reading: Reading, leaf: int, id: int) -> bool:
    """Whether a value goes by the name of a leaf from then on."""
    names = [{name.rpartition(".")[2] for name in reading.stage.node(one).names} for one in (leaf, id)]
    return not names[0].isdisjoint(names[1])


def lost_updates(recording: Recording, program: Program) -> dict[int, tuple[int, Place | None]]:
    """Leaves whose new value is computed in every iteration and then lost, as by ``W[k] - rate * dW[k]``.

    The same line takes something off the same leaf more than once, and nothing is made of the result. With a leaf go
    the value that the step is taken off, and the line.
    """
    found: dict[tuple[int, int, Place | None], int] = {}
    for node in recording.nodes:
        parents = program.parents[node.id]
        if node.operation not in ("subtract", "add") or len(parents) != 2 or program.children[node.id]:
            continue
        for one, other in (parents, parents[::-1]):
            leaf = drawn_leaf(program, one)
            if leaf is not None and program.nodes[one].shape == node.shape != () and leaf in program.ancestors([other]):
                found[leaf, one, node.place] = found.get((leaf, one, node.place), 0) + 1
    kept = {update.before for update in recording.updates}
    return {leaf: (one, place) for (leaf, one, place), count in found.items() if count > 1 and leaf not in kept}


def start_of(program: Program, id: int) -> int:
    """The value of several others, or of none, that a value is made of alone."""
    while len(program.parents[id]) == 1:
        id = program.parents[id][0]
    return id


def drawn_leaf(program: Program, id: int) -> int | None:
    """The leaf that a value is made of alone, if it was drawn or filled; None otherwise."""
    start = start_of(program, id)
    return start if program.nodes[start].kind in (Kind.RANDOM, Kind.FILL) else None


def lost_update(recording: Recording, before: int, place: Place | None, role: Role | None = None) -> Found:
    """A parameter whose new value is lost."""
    node = recording.nodes[before]
    name = node.names[0] if node.names else place.variable if place is not None else node.operation
    id = "bias-gradient-missing" if role is Role.BIAS else "kernel-not-updated"
    return replace(never_updated(id, node, place, name), detail="lost")


def never_updated(id: str, node: Node, place: Place | None, name: str) -> Found:
    """A parameter that stays as it is, at the line where it should be updated, beside the one where it is made."""
    others = () if node.place in (None, place) else (node.place,)
    got = Quantity(kind=QuantityKind.NOTHING)
    return Found(id=id, place=place, others=others, variable=name, shape=node.shape, got=got, parameters=(name,))


def gradients_of_leaf(reading: Reading, leaf: int) -> list[Array] | None:
    """The gradient of the cost with respect to a leaf, at every setting; None if it cannot be computed."""
    program, outputs = reading.stage.program, set(reading.cost.outputs)
    through = program.descendants([leaf], within=program.ancestors(outputs)) | outputs | {leaf}
    try:
        return [
            program.gradients(reading.cost.seeds(values), values, through)[leaf] for values in reading.stage.settings
        ]
    except (CannotReplay, KeyError, ValueError):
        return None


def is_without_influence(reading: Reading, leaf: int) -> bool:
    """Whether the gradient of a leaf is 0 but for rounding, as that of a bias that is added to both sides"""
    gradients = gradients_of_leaf(reading, leaf)
    for found, known in zip(gradients or (), reading.gradients):
        others = [np.max(np.abs(known[step.before])) for step in reading.stage.steps if step.before in known]
        if np.max(np.abs(found)) > NOTHING * max(others, default=0.0):
            return False
    return gradients is not None


def overwriting(reading: Reading, leaf: int) -> Found | None:
    """A parameter that is replaced by a multiple of its gradient, without what it was before."""
    stage = reading.stage
    known = set(versions_of(reading, leaf))
    # self.first.t is self.t in its own class
    names = {name.rpartition(".")[2] for one in known for name in stage.node(one).names}
    updated = {part for update in stage.recording.updates for part in update.parts}
    passed = stage.program.ancestors(reading.forward.outputs)  # also what no parameter is in yet, as a velocity
    uses = {use for one in known for use in operand_uses(reading, one, passed)}
    made = reading.made_by_errors if reading.errors else stage.dependent
    for node in stage.recording.nodes[leaf + 1 : stage.last + 1]:
        if node.id in known or node.id not in stage.dependent or node.id not in made:
            continue
        if node.id in updated and names.isdisjoint(name.rpartition(".")[2] for name in node.names):
            continue  # another parameter, which the same line uses
        if node.shape != stage.node(leaf).shape or node.id in reading.forward.nodes:
            continue
        if uses.isdisjoint(operand_uses(reading, node.id)) or leaf not in stage.program.ancestors([node.id]):
            continue
        if keeps(reading, node.id, known):
            continue  # an update that is not listed
        if any(known & set(stage.program.parents[child]) for child in stage.program.children[node.id]):
            continue  # a step that is taken off and lost
        name = (*node.names, *sorted(names), node.operation)[0]
        return Found(
            id="wrong-update-rule",
            place=node.place,
            variable=name,
            shape=node.shape,
            parameters=(name,),
            detail="overwritten",
        )
    return None


def keeps(reading: Reading, id: int, known: set[int]) -> bool:
    """Whether a value is made of one of the known ones with something added to it, by operations of their shape."""
    node, shape = reading.stage.node, reading.stage.node(id).shape
    parents = set(reading.stage.program.parents[id]) - reading.forward.nodes
    if node(id).operation in ("add", "subtract") and known & set(reading.stage.program.parents[id]):
        return True
    return any(keeps(reading, one, known) for one in parents if node(one).shape == shape)


Use: TypeAlias = tuple[str, tuple[Site, ...]]  # an operation and its line, with the lines that called that


def use_of(node: Node) -> Use:
    """What an operation does, and where: in a helper, of which call, because all arrays go through its line"""
    return node.operation, () if node.place is None else tuple(one.site for one in node.place.trail)


def uses_of(reading: Reading, id: int) -> set[Use]:
    """What is done with a value, and where"""
    return {use_of(reading.stage.node(child)) for child in reading.stage.program.children[id]}


def operand_uses(reading: Reading, id: int, within: Collection[int] | None = None) -> set[tuple[Use, int]]:
    """The operations that a value goes into, and as which of their operands.

    Args:
        reading: the reading.
        id: of the value.
        within: the operations that count; all if it is None.
    """
    stage, found = reading.stage, set[tuple[Use, int]]()
    for child in stage.program.children[id]:
        if within is None or child in within:
            node = stage.node(child)
            found |= {(use_of(node), place) for place, one in enumerate(node.arguments) if id in references(one)}
    return found


def sibling_update(reading: Reading, versions: list[int]) -> Place | None:
    """The line that updates a parameter of the same layer, next to which an update is missing; else the last one."""
    stage = reading.stage
    for layer in reading.forward.layers:
        into = stage.program.ancestors([layer.z])
        above = [one.a for one in reading.forward.layers if one.a in into and one.a < layer.z]
        deeper = stage.program.ancestors(above) if above else set()
        if any(one in into and one not in deeper for one in versions):
            for step in stage.steps:
                if step.before in layer.parameters:
                    return stage.node(step.after).place
    return stage.node(max(stage.steps, key=lambda step: step.after).after).place


def together(found: list[Found]) -> list[Found]:
    """Parameters that are never updated as one mistake: of biases, of kernels, or of whole layers."""
    if len(found) < 2:
        return found
    ids = {one.id for one in found}
    id = ids.pop() if len(ids) == 1 else "layer-not-updated"
    return [replace(functools.reduce(join_mistakes, found), id=id)]


def is_kept(reading: Reading, leaf: int) -> bool:
    """Whether a leaf was made before the iteration began, and is not made anew in the next."""
    stage = reading.stage
    inner = [id for id in reading.forward.nodes if id not in stage.parameters]
    place, later = stage.node(leaf).place, stage.recording.nodes[stage.end + 1 :]
    return bool(inner) and leaf < min(inner) and not any(node.is_leaf and node.place == place for node in later)


def is_added_to_all(reading: Reading, leaf: int) -> bool:
    """Whether a leaf is added to all observations alike, now and in later iterations, as a bias is and noise is not."""
    stage = reading.stage
    counts = counts_of(reading)
    observations = 1 if counts is None else counts.observations
    uses = [stage.node(child) for one in versions_of(reading, leaf) for child in stage.program.children[one]]
    sums = [size_of(node) for node in uses if node.id in reading.forward.nodes]
    is_used_again = any(node.id > stage.end for node in uses)
    size = size_of(stage.node(leaf))
    one_by_one = len(sums) >= observations and set(sums) == {size}
    return is_used_again and bool(sums) and (one_by_one or set(sums) == {size * observations})


def role_of_leaf(reading: Reading, leaf: int, used: set[int]) -> Role | None:
    """What a leaf does in the forward pass: multiplied with or added to something that depends on parameters."""
    stage = reading.stage
    program = stage.program
    for version in versions_of(reading, leaf):
        for child in program.children[version]:
            node = stage.node(child)
            if child not in used or node.operation in ORDERS | EQUALITIES:
                continue
            is_scalar_product = node.operation == "multiply" and node.shape == ()
            if is_scalar_product or node.operation in CONTRACTIONS:
                others = [one for one in program.parents[child] if one != version]
                if any(one in stage.dependent and is_view_of_parameter(stage, one) for one in others):
                    return None  # data: it is multiplied by a parameter
                return Role.KERNEL
            if node.in_place and program.parents[child][0] == version:
                continue  # a sum that begins with it, and takes its place
            if node.operation in ("add", "subtract") and child in reading.forward.nodes:
                if begins_at_rest(reading, leaf, child) and is_changed_later(reading, leaf):
                    continue
                return Role.BIAS
    return None


def begins_at_rest(reading: Reading, leaf: int, sum_: int) -> bool:
    """Whether zeros are added to a parameter of their shape, as a velocity that looks ahead is before it changes."""
    stage = reading.stage
    node, parents = stage.node(leaf), stage.program.parents[sum_]
    is_zero = node.kind is Kind.FILL and not np.any(node.value)
    return is_zero and any(one in stage.parameters and stage.node(one).shape == node.shape for one in parents)


def is_changed_later(reading: Reading, leaf: int) -> bool:
    """Whether something that depends on a leaf is added to it and takes its place: an update that is not listed."""
    stage = reading.stage
    program = stage.program
    versions = set(versions_of(reading, leaf))
    uses = {use for one in versions for use in uses_of(reading, one)}
    forward = {use_of(stage.node(one)) for one in reading.forward.nodes}
    for version in versions:
        for child in program.children[version]:
            node = stage.node(child)
            if node.operation not in ("add", "subtract") or len(program.parents[child]) != 2:
                continue
            if use_of(node) in forward:
                continue  # the state of the next time step, or a forward pass of later
            shape = stage.node(version).shape  # one number becomes an array at its first update
            if (node.shape != shape and shape != ()) or adds_nothing(reading, child, version):
                continue
            if is_drawn_alone(reading, child):
                continue  # data, less the smallest of them
            if uses & uses_of(reading, child):
                return True
    return False


def is_drawn_alone(reading: Reading, sum_: int) -> bool:
    """Whether both terms of a sum are made of random numbers, and of numbers of the file at most."""
    program = reading.stage.program
    leaves = [
        {one.kind for id in program.ancestors([term]) if (one := reading.stage.node(id)).is_leaf}
        for term in program.parents[sum_]
    ]
    return all(Kind.RANDOM in kinds <= {Kind.RANDOM, Kind.LITERAL} for kinds in leaves)


def constant_update(reading: Reading, leaf: int) -> Found | None:
    """A parameter that is moved by numbers of the file alone, and by no gradient, in every iteration."""
    stage, program = reading.stage, reading.stage.program
    for version, child in constant_sums(reading, leaf):
        node, own, uses = stage.node(child), use_of(stage.node(child)), uses_of(reading, child)
        if own not in uses or not uses & uses_of(reading, version) - {own}:
            continue
        values = program.run([version, child], {}, program.base)
        if np.array_equal(values[version], values[child]):
            continue
        name = next((name for one in (stage.node(version), node) for name in one.names), node.operation)
        expected = quantity(reading, version, None)
        return Found(id=UNNAMED, place=node.place, variable=name, shape=node.shape, expected=expected)
    return None


def constant_items(reading: Reading, leaf: int) -> Found | None:
    """A parameter whose items, which the forward pass picks, are moved by numbers of the file alone."""
    stage, program = reading.stage, reading.stage.program
    versions = versions_of(reading, leaf)
    picked = [one for id in versions for one in program.children[id] if stage.node(one).operation == "getitem"]
    used = program.ancestors(reading.forward.outputs)
    places = {use_of(stage.node(one)) for one in picked if one in used}
    for item in picked:
        index = stage.node(item).arguments[1]
        for moved in program.children[item]:
            if stage.node(moved).operation not in ("add", "subtract") or not adds_nothing(reading, moved, item):
                continue
            for child in program.children[moved]:
                node = stage.node(child)
                is_put = node.operation == "setitem" and node.arguments[:2] == (stage.node(item).arguments[0], index)
                if not is_put or places.isdisjoint(uses_of(reading, child)):
                    continue
                values = program.run([item, moved], {}, program.base)
                if not np.array_equal(values[item], values[moved]):
                    name = next((name for one in versions for name in stage.node(one).names), node.operation)
                    shape, expected = stage.node(item).shape, quantity(reading, versions[-1], None)
                    return Found(id=UNNAMED, place=node.place, variable=name, shape=shape, expected=expected)
    return None


def constant_sums(reading: Reading, leaf: int) -> Iterator[tuple[int, int]]:
    """What is made of a leaf, and its sums with constants, such as gradients that were left at 0."""
    for version in versions_of(reading, leaf):
        for child in reading.stage.program.children[version]:
            is_sum = reading.stage.node(child).operation in ("add", "subtract")
            if is_sum and adds_nothing(reading, child, version):
                yield version, child


def adds_nothing(reading: Reading, id: int, version: int) -> bool:
    """Whether what is added to a value is made of constants alone, such as gradients that were left at 0."""
    program = reading.stage.program
    others = [one for one in program.parents[id] if one != version]
    leaves = [reading.stage.node(one) for one in program.ancestors(others)]
    return all(node.kind in (Kind.FILL, Kind.LITERAL) for node in leaves if node.is_leaf)
