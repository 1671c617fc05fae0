"""What a recorded file trains: network, data, initial weights, cost, update rule, batch size and number of updates."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...checking.replay import CannotReplay, Program
from ...checking.sources import Sources
from ...recording.graph import Absorbed, Kind, Loop, Place, Recording, Stop
from ...recording.source import called_name
from .passes import Array, CannotRead, Pass, Unread, agreeing, read_pass, whole_data
from .rules import UpdateRule, read_rule

MOST_PASSES = 3
LONGEST_ROUND = 200  # updates of one pass over the data, if that has to be recorded
DATA_STAND_INS = (Absorbed.FILE, Absorbed.DATASET, Absorbed.DOWNLOAD)  # what is made up in the place of data
OF_0_TO_1 = (True, 0.5, 1 / math.sqrt(12))
# (uniform?, mean, standard deviation) of functions that draw without arguments for them
STANDARD_DRAWS = {
    **dict.fromkeys(("rand", "random", "random_sample"), OF_0_TO_1),
    **dict.fromkeys(("randn", "standard_normal"), (False, 0.0, 1.0)),
}


@dataclass(frozen=True, kw_only=True)
class Constant:
    """All initial weights are one number."""

    value: float


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Initial weights that are drawn."""

    is_uniform: bool  # whether all values of a range are equally likely; else they are normal
    centre: float  # mean
    deviation: float  # standard deviation


@dataclass(frozen=True, kw_only=True)
class Given:
    """Initial weights that stand in the file, the same in every run."""


Start = Constant | Drawn | Given


@dataclass(frozen=True, kw_only=True)
class ReadLayer:
    """A dense layer as it starts."""

    kernel: Array  # (inputs, units)
    bias: Array | None  # (units,); None if the layer has none
    activation: str  # its name in the table
    start: Start  # how the kernel is made


@dataclass(frozen=True, kw_only=True)
class ReadNetwork:
    """A hand-written network and its training."""

    layers: tuple[ReadLayer, ...]  # in order
    x: Array  # (observations, inputs)
    y: Array  # (observations, outputs)
    batch_size: int  # observations of an update
    updates: int  # how many the file makes
    rule: UpdateRule  # cost, optimizer and rate
    # names of what had to be made up in the place of data: x and y have the form of the file's, not the values
    missing: tuple[str, ...]
    is_part: bool  # whether x and y are a part of the file's data, or smaller: all of them are too many to record

    @property
    def has_all_data(self) -> bool:
        """Whether x and y are the file's own, and all of them."""
        return not self.missing and not self.is_part

    @property
    def epochs(self) -> int:
        """Passes over all observations, at least one; a smaller last batch may be used or left out."""
        per_epoch = len(self.x) / self.batch_size
        steps = next((one for one in (math.ceil(per_epoch), int(per_epoch)) if self.updates % one == 0), per_epoch)
        return max(1, round(self.updates / steps))


def read_network(recording: Recording, sources: Sources, updates: int | None = None) -> ReadNetwork:
    """What a file trains.

    Args:
        recording: of the file as it runs by itself, not driven.
        sources: the texts of its files.
        updates: how many the file makes; None reads that from its loops.

    Raises:
        CannotRead: something that a training needs is not known.
    """
    missing = tuple(dict.fromkeys(one.name for one in recording.stand_ins if one.what in DATA_STAND_INS))
    is_part = any(one.what is Absorbed.REDUCED for one in recording.stand_ins)
    try:
        refuse_untrained(recording)
        return network_of_recording(recording, sources, updates, missing, is_part=is_part)
    except (CannotRead, CannotReplay) as problem:
        if missing:
            raise CannotRead(Unread.MADE_UP, missing[0]) from problem
        if is_part:
            raise CannotRead(Unread.PART) from problem
        raise problem if isinstance(problem, CannotRead) else CannotRead(Unread.LAYERS, str(problem)) from problem


def network_of_recording(
    recording: Recording, sources: Sources, updates: int | None, missing: tuple[str, ...], *, is_part: bool
) -> ReadNetwork:
    """See ``read_network``; of a recording with updates."""
    program = Program(recording.nodes)
    most = min(MOST_PASSES, max(len(parameter.updates) for parameter in recording.parameters))
    first = read_pass(recording, program, 0)
    passes = [first, *later_passes(recording, program, range(1, most), first)]
    if len(passes) == 1 < most:  # whether an update uses all observations shows in the next
        raise CannotRead(Unread.STOPPED)
    first, *others = passes = agreeing(passes)
    rule = read_rule(passes)
    try:
        x, y = whole_data(program, first, others)
    except CannotRead:
        x, y = data_of_round(recording, sources, program, first)
    return ReadNetwork(
        layers=tuple(
            ReadLayer(
                kernel=layer.kernel,
                bias=layer.bias,
                activation=layer.activation,
                start=start_of(recording, layer.kernel_parameter, layer.kernel),
            )
            for layer in first.layers
        ),
        x=x,
        y=y,
        batch_size=len(first.x),
        updates=updates or count_updates(recording, sources, program, first),
        rule=rule,
        missing=missing,
        is_part=is_part,
    )


def refuse_untrained(recording: Recording) -> None:
    """Raise CannotRead if the file does not train by itself."""
    if not recording.parameters or recording.driven.calls:
        raise CannotRead(Unread.NOT_TRAINED)
    if recording.stop not in (Stop.ENOUGH, Stop.FINISHED):
        raise CannotRead(Unread.STOPPED, recording.stop.value)


def later_passes(recording: Recording, program: Program, iterations: Iterable[int], first: Pass) -> list[Pass]:
    """The iterations after the first, as far as they go through the same layers; the last may be incomplete."""
    found: list[Pass] = []
    for iteration in iterations:
        try:
            one = read_pass(recording, program, iteration)
        except (CannotRead, CannotReplay):
            break
        if [layer.kernel.shape for layer in one.layers] != [layer.kernel.shape for layer in first.layers]:
            break
        found.append(one)
    return found


def data_of_round(recording: Recording, sources: Sources, program: Program, first: Pass) -> tuple[Array, Array]:
    """All observations and targets of a training, which are those of one round of the innermost loop around updates.

    Raises:
        CannotRead: that is long, was not recorded, or goes over the same observations again and again.
    """
    counts = [loop.count for loop in loops_around(recording, sources, program, first)]
    if not counts or counts[-1] is None or not 1 < counts[-1] <= LONGEST_ROUND:
        raise CannotRead(Unread.DATA)
    passes = [first, *later_passes(recording, program, range(1, counts[-1]), first)]
    if len(passes) < counts[-1]:
        raise CannotRead(Unread.DATA, needed=counts[-1])
    x, y = (np.concatenate(parts) for parts in zip(*((one.x, one.y) for one in passes)))
    if np.all(x == x[0]):
        raise CannotRead(Unread.DATA)
    return x, y


# Initial weights


def start_of(recording: Recording, parameter: int, kernel: Array) -> Start:
    """How a kernel is made."""
    if np.ptp(kernel) == 0 and kernel.size > 1:
        return Constant(value=float(kernel.flat[0]))
    leaf = recording.nodes[recording.parameters[parameter].leaf]
    if leaf.kind is not Kind.RANDOM:
        return Given()
    draw = leaf.operation.rpartition(".")[2]
    if draw in STANDARD_DRAWS:
        made = scale_and_shift(np.asarray(leaf.value, dtype=float), first_value(recording, parameter))
        if made is not None:
            is_uniform, centre, deviation = STANDARD_DRAWS[draw]
            scale, shift = made
            return Drawn(is_uniform=is_uniform, centre=scale * centre + shift, deviation=abs(scale) * deviation)
    centre, deviation = float(kernel.mean()), float(kernel.std(ddof=1)) if kernel.size > 1 else abs(float(kernel.sum()))
    if abs(centre) < 3 * deviation / np.sqrt(kernel.size):
        centre, deviation = 0.0, float(np.sqrt(np.mean(kernel**2)))  # an unusual mean would show
    return Drawn(is_uniform=draw == "uniform", centre=centre, deviation=deviation)


def first_value(recording: Recording, parameter: int) -> Array:
    """The first version of a parameter."""
    node = recording.parameters[parameter].node
    return np.asarray(Program(recording.nodes).run([node], {})[node], dtype=float)


def scale_and_shift(drawn: Array, values: Array) -> tuple[float, float] | None:
    """a and b of ``values = a drawn + b``; None for values that are made in another way."""
    drawn, values = np.ravel(drawn), np.ravel(values)
    if drawn.size != values.size or drawn.size < 2 or np.ptp(drawn) == 0:
        return None
    scale, shift = (float(one) for one in np.polyfit(drawn, values, 1))
    if np.max(np.abs(values - scale * drawn - shift)) > 1e-6 * abs(scale):
        return None
    return scale, 0.0 if abs(shift) < 1e-9 * abs(scale) else shift


# How long it trains


def count_updates(recording: Recording, sources: Sources, program: Program, first: Pass) -> int:
    """How many updates the file makes: the rounds of all loops around both the first layer and the updates.

    Raises:
        CannotRead: one of the loops goes round until something happens.
    """
    recorded = max(len(recording.parameters[layer.kernel_parameter].updates) for layer in first.layers)
    if recording.stop is Stop.FINISHED:
        return recorded
    counts = [loop.count for loop in loops_around(recording, sources, program, first)]
    if not counts or any(count is None for count in counts):
        raise CannotRead(Unread.LENGTH)
    return max(recorded, int(np.prod([count for count in counts if count is not None])))


def loops_around(recording: Recording, sources: Sources, program: Program, first: Pass) -> list[Loop]:
    """The loops around both the first layer and the updates, outermost first."""
    updates = [recording.parameters[layer.kernel_parameter].updates[0] for layer in first.layers]
    places = [program.nodes[first.layers[0].product].place, *(recording.updates[one].place for one in updates)]
    return [loop for loop in recording.loops if all(place is None or reaches(sources, loop, place) for place in places)]


def reaches(sources: Sources, loop: Loop, place: Place) -> bool:
    """Whether the body of a loop comes to a line, if need be by calling functions."""
    if place.file == loop.file and loop.line <= place.line <= loop.end_line:
        return True
    tree = sources.trees.get(loop.file)
    if tree is None:
        return False
    inside = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and loop.line <= node.lineno <= loop.end_line
    ]
    named = [part for part in place.function.split(".") if not part.startswith("<")]  # not <locals> or <listcomp>
    return bool(named) and named[-1] in called_from(sources, inside)


def called_from(sources: Sources, calls: Sequence[ast.Call]) -> set[str]:
    """The bare names of the functions that some calls may lead to."""
    functions: dict[str, list[ast.FunctionDef]] = {}
    for tree in sources.trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                functions.setdefault(node.name, []).append(node)
    found, stack = {"__call__", "__init__"}, [called_name(call) for call in calls]
    while stack:
        name = stack.pop()
        if name in found:
            continue
        found.add(name)
        for function in functions.get(name, ()):
            stack += [called_name(node) for node in ast.walk(function) if isinstance(node, ast.Call)]
    return found
