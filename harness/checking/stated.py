"""Costs that a file states anywhere in its run: printed, collected for a plot, or computed after the update.

Such a number need not be the one that the gradients are compared with, but it says which cost its author means. What
kind it is follows from its own gradient: with respect to the outputs that it is made of, it is that of a cost of the
catalogue, at every random setting of the parameters.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.graph import Node, Place, Recording, Ref, references
from .alignment import ratio, squeezed
from .cost import GRADIENTS, Error, Form
from .recorded_costs import METRIC_WORDS, bare_words
from .replay import CannotReplay, Program, Values, size_of

Array = NDArray[Any]

SETTINGS = 4
MOST_COSTS = 6  # numbers of a run that are looked at
MOST_PARTS = 60  # of one number, such as a sum over observations
MOST_OUTPUTS = 24  # values that may be the output of the network, from the cost backwards
MOST_TARGETS = 8
MOST_NODES = 2_500  # that a cost may be made of
SUMS_OF_COSTS = frozenset({"add", "subtract", "multiply", "divide", "negative", "item", "sum", "mean"})
SAME = 1e-4  # relative; the small constants of logarithms are part of a cost
NEGLIGIBLE = 1e-9  # of a gradient, relative to the largest
HELD_OUT = re.compile(r"(_|\b)(val(id(ation)?)?_|(test|dev)_)|_(val(id(ation)?)?|test|dev)\b", re.IGNORECASE)
SPREAD = 0.3  # of parameters around their recorded values, relative
SIZES = (1.0, 0.1, 0.01)  # of parameters, relative to their own


@dataclass(frozen=True, kw_only=True)
class Decay:
    """The penalty of one parameter in a cost."""

    share: float  # the gradient of the penalty is this times the parameter
    elements: Array  # which elements of the parameter have it


@dataclass(frozen=True, kw_only=True)
class Stated:
    """A cost that the file computes."""

    node: int  # of the number
    form: Form  # of the catalogue
    factor: float | None  # the number is this factor times the sum over all outputs; None if it was summed up in parts
    observations: int  # that the sum goes over
    output: int  # the node of the outputs
    target: int | None = None  # the node of what outputs are compared with; None if labels pick outputs
    index: Any = None  # of the labels that pick outputs; None if outputs are compared with targets
    # by parameter of the recording, what a penalty adds; empty if the cost has none that is known
    decays: Mapping[int, Decay] = field(default_factory=dict)


def is_numeric(node: Node, kinds: str = "fiub") -> bool:
    """Whether a node holds an array of numbers of one of these kinds"""
    return bool(node.dtype) and np.dtype(node.dtype).kind in kinds


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A number of a run at random settings of the parameters."""

    whole: int  # its node
    inner: set[int]  # the nodes it is made of that depend on parameters
    parameters: Sequence[int]  # the versions of parameters among them
    settings: Sequence[Values]  # the values of all nodes, at each setting
    gradients: Sequence[Mapping[int, Array]]  # of the number with respect to ``inner``, at each setting


class Search:
    """Looks for the costs that a recording states.

    Attributes:
        versions: the nodes of all parameters, before and after each update.
        owners: the parameter of each.
        dependent: all that depends on them.
        feeding: all that goes into updates.
    """

    def __init__(self, recording: Recording, program: Program, made: Sequence[int]) -> None:
        self.recording = recording
        self.program = program
        updates = recording.updates
        self.versions = {node for one in updates for node in (one.before, one.after)}
        self.versions |= {one.node for one in recording.parameters}
        self.versions |= {one.of for one in recording.gradients if one.of is not None}
        self.owners = {node: one.parameter for one in updates for node in (one.before, one.after)}
        self.dependent = program.descendants(self.versions)
        self.feeding = program.ancestors([*(one.after for one in updates), *made])

    def node(self, id: int) -> Node:
        """A node of the recording"""
        return self.recording.nodes[id]

    def costs(self) -> list[Stated]:
        """The costs, one for each line that ends in one: the last that is computed before the first update.

        Earlier ones may belong to other settings, such as the penalty of a check of the gradients.
        """
        finals: dict[Place | None, list[int]] = {}
        stops = {self.node(id).place for id in self.dependent - self.feeding if self.is_comparison(id)}
        for id in sorted(self.dependent - self.feeding):
            if self.is_final(id, stops):
                finals.setdefault(self.node(id).place, []).append(id)
        first_update = min((one.after for one in self.recording.updates), default=len(self.recording.nodes))
        found: list[Stated] = []
        for several in list(finals.values())[:MOST_COSTS]:
            chosen = next((id for id in reversed(several) if id < first_update), several[0])
            parts = self.parts(self.of_one_iteration(chosen))
            if len({one.form for one in parts}) == 1:  # -log(a) alone is a part of two costs
                found.append(parts[0])
        return found

    def of_one_iteration(self, id: int) -> int:
        """The first number of a sum over iterations; the number itself if it has one version of each parameter.

        A mean over no batch at all is not finite, as that of fewer observations than a batch has. A mean and a penalty
        may have different versions too. They are not such a sum, whose terms are computed by the same line.
        """
        while True:
            versions = self.program.ancestors([id], stop=self.versions) & self.versions
            owners = {self.owners.get(one, -one - 1) for one in versions}
            terms = sorted(one for one in self.program.parents[id] if self.is_number(one))
            is_one = len(owners) == len(versions) and bool(np.all(np.isfinite(np.asarray(self.node(id).value, float))))
            if is_one or not terms or self.node(id).operation not in SUMS_OF_COSTS:
                return id
            made = [(self.node(one).operation, self.node(one).place) for one in (*terms, id)]
            if len(terms) > 1 and made[0] not in made[1:]:
                return id
            id = terms[0]

    def is_number(self, id: int) -> bool:
        """Whether a node is one floating-point number that depends on parameters and goes into no update"""
        node = self.node(id)
        return is_numeric(node, "f") and size_of(node) == 1 and id in self.dependent and id not in self.feeding

    def is_comparison(self, id: int) -> bool:
        """Whether a number is the difference of what one line gave in two iterations, as in a rule that ends them."""
        if self.node(id).operation != "subtract" or not self.is_number(id):
            return False
        terms = [self.node(one) for one in self.program.parents[id]]
        is_of_one_line = len({(one.operation, one.place) for one in terms}) == 1 and len(terms) == 2
        return is_of_one_line and not any(one.is_leaf or one.place == self.node(id).place for one in terms)

    def is_final(self, id: int, stops: Collection[Place | None]) -> bool:
        """Whether a number goes into no other number, but for those of lines that compare, and is not another measure.

        A measure of held-out data need not be the cost that is trained.

        Args:
            id: its node.
            stops: the lines that compare the costs of two iterations.
        """
        node = self.node(id)
        if not self.is_number(id) or node.is_leaf or node.operation in ("getitem", "array") or node.place in stops:
            return False
        if any(metric in word for word in bare_words(node) for metric in METRIC_WORDS):
            return False
        if node.place is not None and HELD_OUT.search(node.place.text):
            return False
        children = [one for one in self.program.children[id] if self.node(one).place not in stops]
        return not any(map(self.is_number, children))

    def parts(self, id: int) -> list[Stated]:
        """The costs that a number is made of: beside a penalty, or one part for each observation."""
        replay = self.replayed(id)
        if replay is None:
            return []
        stack, looked_at = [id], 0
        found: list[Stated] = []
        while stack and looked_at < MOST_PARTS:
            one = stack.pop(0)
            looked_at += 1
            part = self.classify(one, replay)
            if part is not None:
                found.append(part)
            elif self.node(one).operation in SUMS_OF_COSTS:
                stack += [parent for parent in self.program.parents[one] if self.is_number(parent)]
        if len(found) == 1 and not stack:
            return [replace(found[0], decays=self.decays(found[0].output, replay))]
        # one part for each observation, or unit; with parts that were not looked at, the factor is not known
        known = not stack and len({round(one.factor or 0.0, 9) for one in found}) == 1
        observations = sum(one.observations for one in found)
        return [replace(one, factor=one.factor if known else None, observations=observations) for one in found]

    def replayed(self, whole: int) -> Replayed | None:
        """A number and its gradients at random parameters; None if that is not possible."""
        inner = self.program.ancestors([whole], stop=self.versions) & self.dependent
        parameters = sorted(inner & self.versions)
        if not parameters or len(inner) > MOST_NODES:
            return None
        try:
            settings = self.settings(whole, parameters)
            gradients = [
                self.program.gradients({whole: np.ones(np.shape(values[whole]))}, values, inner, self.versions)
                for values in settings
            ]
        except (CannotReplay, ValueError, KeyError):
            return None
        return Replayed(whole=whole, inner=inner, parameters=parameters, settings=settings, gradients=gradients)

    def classify(self, part: int, replay: Replayed) -> Stated | None:
        """What cost of the catalogue a number, or a part of it, is; None if it is another one.

        The sum of ``-y * log(a)`` has the target y, and not -y, with which it would be a cost to be made larger.
        """
        for output in self.single_ways(part, replay.inner):
            errors = [(one, self.form_of(one, replay)) for one in self.errors_of(output, part, replay.inner)]
            fitting = [(error, *found) for error, found in errors if found is not None]
            if fitting:
                error, form, factor = min(fitting, key=lambda one: one[2] < 0)
                return Stated(
                    node=replay.whole,
                    form=form,
                    factor=abs(factor),
                    observations=self.observations(output),
                    output=output,
                    target=error.target,
                    index=error.index,
                )
        return None

    def decays(self, output: int, replay: Replayed) -> dict[int, Decay]:
        """What reaches parameters from the cost on other ways than through the outputs, if it is a multiple of them."""
        through = [
            self.program.gradients({output: found[output]}, values, replay.inner, self.versions)
            for values, found in zip(replay.settings, replay.gradients)
        ]
        found: dict[int, Decay] = {}
        for id in replay.parameters:
            values = np.array([np.asarray(one[id], dtype=float) for one in replay.settings])
            nothing = np.zeros(values.shape[1:])
            whole = np.array([one.get(id, nothing) for one in replay.gradients])
            rest = whole - np.array([one.get(id, nothing) for one in through])
            elements = np.abs(rest[0]) > NEGLIGIBLE * float(np.max(np.abs(whole), initial=0.0))
            share = ratio(rest[:, elements].ravel(), values[:, elements].ravel(), 1e-6) if np.any(elements) else None
            if share is not None and id in self.owners:
                found[self.owners[id]] = Decay(share=share, elements=elements)
        return found

    def settings(self, whole: int, parameters: Sequence[int]) -> list[Values]:
        """All values at several random parameters, which are smaller if outputs would be exactly 0 or 1."""
        found: list[Values] = []
        for size in SIZES:
            found = [self.setting(whole, parameters, number, size) for number in range(SETTINGS)]
            if all(np.all(np.isfinite(np.asarray(values[whole], float))) for values in found):
                break
        return found

    def setting(self, part: int, parameters: Sequence[int], number: int, scale: float) -> Values:
        """All values at random parameters of about their own size times a scale."""
        rng = np.random.default_rng((31, number))
        base = self.program.run(parameters, {}, self.program.base)
        given: Values = {}
        for id in parameters:
            value = np.asarray(base[id], dtype=float)
            size = float(np.sqrt(np.mean(np.square(value)))) if value.size else 0.0
            given[id] = scale * (value + SPREAD * rng.normal(0, max(size, 0.1), value.shape))
        return self.program.run([part], given, None)

    def single_ways(self, part: int, inner: set[int]) -> list[int]:
        """The values through which alone a number depends on the parameters, the latest first."""
        found: list[int] = []
        ahead = {part}  # what is still to be looked into: one value alone is a single way
        while ahead:
            id = max(ahead)
            ahead.remove(id)
            if id in self.versions or len(found) >= MOST_OUTPUTS or not is_numeric(self.node(id), "f"):
                break
            if not ahead and id != part:
                found.append(id)
            ahead |= {one for one in self.program.parents[id] if one in inner}
        return found

    def errors_of(self, output: int, part: int, inner: set[int]) -> Iterator[Error]:
        """What an output may be compared with between it and the cost."""
        node = self.node(output)
        between = sorted(self.program.descendants([output], within=inner))
        # what picks items is not what they are compared with
        own = [id for id in between if self.node(id).operation != "getitem"]
        compared = [one for id in own for one in self.program.parents[id] if one not in self.dependent]
        compared += [one for id in compared for one in self.program.parents[id]]  # of -y and 1 - y
        for target in list(dict.fromkeys(compared))[:MOST_TARGETS]:
            other = self.node(target)
            if squeezed(other.shape) == squeezed(node.shape) and is_numeric(other):
                yield Error(node=part, output=output, target=target)
        for id in between:
            inside = self.node(id)
            if inside.operation == "getitem" and len(inside.arguments) == 2 and isinstance(inside.arguments[0], Ref):
                is_index = bool(list(references(inside.arguments[1]))) or isinstance(inside.arguments[1], (tuple, int))
                if is_index and self.node(inside.arguments[0].id).shape == node.shape:
                    yield Error(node=part, output=output, index=inside.arguments[1])

    def form_of(self, error: Error, replay: Replayed) -> tuple[Form, float] | None:
        """The cost of the catalogue that fits best, and by what it is multiplied.

        If an output is close to 0, two costs may fit: their gradients differ by a tiny share of the largest entry.
        """
        fits: dict[Form, tuple[float, float]] = {}
        for form in (Form.SQUARED, Form.BINARY, Form.CATEGORICAL):
            rows, wanted = [], []
            for values, found in zip(replay.settings, replay.gradients):
                if error.output not in found:
                    return None
                output = np.asarray(values[error.output], dtype=float)
                try:
                    with np.errstate(all="ignore"):
                        rows.append(np.ravel(GRADIENTS[form](output, error.target_values(values))))
                except (ValueError, IndexError, TypeError, KeyError):
                    return None
                wanted.append(np.ravel(found[error.output]))
            value, reference = np.concatenate(wanted), np.concatenate(rows)
            if value.size > 1 and np.all(np.isfinite(reference)):
                factor = ratio(value, reference, SAME)
                if factor is not None:
                    fits[form] = (float(np.max(np.abs(value - factor * reference))), factor)
        if not fits:
            return None
        best = min(fits, key=lambda form: fits[form][0])
        return best, fits[best][1]

    def observations(self, output: int) -> int:
        """How many observations an output is of, by the parameters that it is made with."""
        shape = self.node(output).shape
        above = self.program.ancestors([output], stop=self.versions) & self.versions
        sizes = {size for id in above for size in self.node(id).shape}
        if len(shape) < 2:
            size = max(1, size_of(self.node(output)))
            return 1 if size in sizes else size
        if len(shape) == 2 and shape[1] not in sizes and shape[0] in sizes:
            return shape[1]
        return size_of(self.node(output)) // max(1, shape[-1])


def stated_costs(recording: Recording, program: Program, made: Sequence[int]) -> list[Stated]:
    """The costs of the catalogue that a file computes in its run, whatever it does with them.

    Args:
        recording: the recording.
        program: its graph.
        made: nodes of steps beside the recording's updates, such as gradients that are only returned.
    """
    return Search(recording, program, made).costs()
