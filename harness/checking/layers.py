"""Layer mode: pairs of a forward and a backward computation without a network around them.

``affine_forward`` / ``affine_backward``, ``Dense.forward`` / ``Dense.backward``, ``sigmoid`` / ``sigmoid_prime``, a
loss and its gradient: each pair is called once with random arrays in a recorded run. Then both sides are replayed at
several random settings, and what the backward side gives is compared with the vector-Jacobian product of the forward
side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..recording.driving.pairs.arrays import pair_data
from ..recording.driving.pairs.calls import RATE
from ..recording.driving.pairs.find import find_pairs
from ..recording.driving.pairs.layers import is_weight_name
from ..recording.driving.pairs.parts import imported_classes
from ..recording.driving.pairs.plan import GradientPlan, PairKind, PairOption, PairPlan, program_of
from ..recording.graph import Kind, Node, Place, Recording
from ..recording.record import record_file
from ..recording.source import read_text
from .alignment import Samples, align, are_alike, ratio, samples
from .cost import Cost
from .edits import EditBench
from .exceptions import RUN_FILE
from .explaining import locate
from .judging import departure
from .labels import quantity
from .locating import replaced_upstream
from .matching import read
from .mistakes import UNNAMED
from .naming.names import name_edit, name_faults
from .overwriting import without_overwritten
from .pair_conventions import (
    BEFORE_ACTIVATION,
    before_activation,
    is_behind_cross_entropy,
    is_usual_scale,
    of_layer_before,
    with_penalty,
)
from .pair_options import are_in_proportion, by_shape, without_idle
from .reading import Reading
from .replay import CannotReplay, Program, Values, size_of
from .result import Agreement, Found, GradientResult, PairResult, merge_by_line
from .settings import SETTINGS
from .sources import Sources
from .stage import Stage, Step

Array = NDArray[Any]

MAX_DRAWS = 24  # of settings of each kind; those at which a recorded branch would change are not used
TOLERANCE = 1e-6  # relative, of a factor
NEAR = 1e-3  # share of free values that is added to the recorded ones, if others would change a branch
ROUNDING = 1e-12  # relative to the largest gradient, of one that is 0
NUMERICAL_TOLERANCE = 1e-4  # relative, of central differences
NUMERICAL_STEP = 1e-6
PROBED = 3  # elements, and settings, at which a Jacobian is looked at
# the name of the gradient of what an activation is given
OF_SUM = re.compile(r"(?i)(\w*_)?deltas?(_\w+)?$|d_?z\w*$")
MAX_INNER = 8  # values before the output that are looked at
MAX_OPTIONS = 8  # of one pair that are compared


def check_layers(
    path: str | Path, *, seed: int = 0, seconds: float = 30.0, definitions_only: bool = False
) -> tuple[PairResult, ...]:
    """Checks the layers, activations and losses that a file defines.

    Args:
        path: a Python file.
        seed: of all random numbers.
        seconds: time limit of the recorded run; it only aborts.
        definitions_only: whether the file's own training is left out, after which nothing else would be recorded.

    Returns:
        the results of its pairs, in the order of the file.

    Raises:
        BadInput: if there is no such file, or it is not Python.
    """
    file = Path(path)
    try:
        text = read_text(file)
        imported = imported_classes(file, text)
        plans = find_pairs(text, imported=imported)
    except (OSError, SyntaxError, ValueError):
        return ()
    if not plans:
        return ()
    sources = Sources({file.name: text})

    def judged(of: Sequence[PairPlan], square: bool) -> tuple[PairResult, ...]:
        data = pair_data(seed, square=square)
        recording = record_file(
            file,
            run=program_of(list(of)),
            data=data,
            seed=seed,
            seconds=seconds,
            drive=False,
            definitions_only=definitions_only,
        )
        judge = _Judge(without_overwritten(recording), seed, sources)
        return tuple(sorted((judge.pair(plan) for plan in of), key=lambda result: result.line))

    found = judged(plans, square=False)
    uncalled = {one.name for one in found if not one.is_called}
    if uncalled:
        # a transposed matrix fits if a layer has as many outputs as inputs
        again = [plan for plan in find_pairs(text, square=True, imported=imported) if plan.name in uncalled]
        results = {one.name: one for one in judged(again, square=True)}
        # that it agrees with as many outputs as inputs does not show that it works otherwise
        wrong = {name: one for name, one in results.items() if one.agreement is Agreement.DIFFERS}
        found = tuple(wrong.get(one.name, one) for one in found)
    return without_wrong_parts(found, plans)


def _are_rounding(gradients: Sequence[Any], truths: Sequence[Mapping[int, Array]]) -> bool:
    """Whether a gradient at each setting is not larger than the rounding errors of the true ones there."""
    largest = (max(np.max(np.abs(one), initial=0.0) for one in truth.values()) for truth in truths)
    return all(np.max(np.abs(one), initial=0.0) <= ROUNDING * most for one, most in zip(gradients, largest))


def without_wrong_parts(found: Sequence[PairResult], plans: Sequence[PairPlan]) -> tuple[PairResult, ...]:
    """The results, without those of layers that are made of wrong ones, whose gradients are wrong for that reason."""
    wrong = {one.owner for one in found if one.agreement is Agreement.DIFFERS or not one.consistent}
    of_wrong = {plan.name for plan in plans if wrong & set(plan.parts)}
    return tuple(
        PairResult(kind=one.kind, name=one.name, line=one.line) if one.name in of_wrong else one for one in found
    )


class _Judge:
    def __init__(self, recording: Recording, seed: int, sources: Sources) -> None:
        self.recording = recording
        self.sources = sources
        self.program = Program(recording.nodes)
        self.seed = seed
        self.by_name: dict[str, int] = {}
        for node in recording.nodes:
            for name in node.names:
                self.by_name[name] = node.id

    def pair(self, plan: PairPlan) -> PairResult:
        """The best of the ways of calling a pair that worked: a right pair is right under one of them."""
        best: PairResult | None = None
        worked = [without_idle(option, self._node) for option in plan.options if self._worked(option)]
        called = [by_shape(option, self._node) for option in worked]
        several = [option for option in called if not option.single]
        single = [option for option in called if option.single]
        for options in (several, single):
            # of a derivative, one observation may show what several do not: a Jacobian
            is_open = best is None or (plan.kind is PairKind.DERIVATIVE and best.agreement is Agreement.NOT_JUDGED)
            for option in options[:MAX_OPTIONS] if is_open else ():
                result = self._option(plan, option)
                if best is None or _rank(result) < _rank(best):
                    best = result
                if best.agreement is Agreement.AGREES:
                    break
        if best is None:
            return PairResult(kind=plan.kind, name=plan.name, line=plan.line, is_called=False)
        return best

    def _worked(self, option: PairOption) -> bool:
        names = [option.output, *(gradient.value or gradient.after for gradient in option.gradients)]
        return bool(option.gradients) and all(name in self.by_name for name in names)

    def _node(self, name: str) -> Node | None:
        id = self.by_name.get(name)
        return self.recording.nodes[id] if id is not None else None

    def _option(self, plan: PairPlan, option: PairOption) -> PairResult:
        """What one way of calling a pair shows of its gradients."""
        try:
            settings = list(self._settings(option))
        except CannotReplay:
            return self._not_judged(plan, option)
        if len(settings) < SETTINGS or not self._confirmed(option, settings[0]):
            return self._not_judged(plan, option)
        gradients = tuple(self._gradient(plan, option, gradient, settings) for gradient in option.gradients)
        is_wrong = any(one.agreement is Agreement.DIFFERS for one in gradients)
        if is_wrong and option.upstream and self._is_given_inner_gradient(plan, option, settings):
            gradients = tuple(replace(one, agreement=Agreement.NOT_JUDGED) for one in gradients)
        return PairResult(
            kind=plan.kind,
            name=plan.name,
            line=plan.line,
            how=option.how,
            gradients=gradients,
            consistent=are_in_proportion(plan.kind, option, gradients),
            unread=self._unread(option),
            calls=option.lines,
            mistakes=self._mistakes(plan, option, gradients, settings),
        )

    def _unread(self, option: PairOption) -> tuple[str, ...]:
        """The parameters that the output is made of and that no gradient was found for."""
        used = self.program.ancestors([self.by_name[option.output]])
        nodes = [(name, self.by_name[bound]) for name, bound in option.unread if self.by_name.get(bound) in used]
        named = tuple(name for name, id in nodes if is_weight_name(name) or self._is_drawn(id))
        return named or self._drawn_before(option)

    def _drawn_before(self, option: PairOption) -> tuple[str, ...]:
        """The arrays that were drawn before the input was given, as weights are, and that no gradient is compared of.

        A constructor may keep them in objects of a dictionary.
        """
        observed = {self.by_name[name] for name in option.observed if name in self.by_name}
        used = self.program.ancestors([self.by_name[option.output]], stop=self._given(option) | observed)
        nodes = [self.recording.nodes[id] for id in sorted(used) if observed and id < min(observed)]
        drawn = [one for one in nodes if one.kind is Kind.RANDOM and one.shape and one.id not in self._given(option)]
        return tuple(dict.fromkeys(one.names[0] if one.names else "its weights" for one in drawn))

    def _is_drawn(self, id: int) -> bool:
        """Whether a value is made of random numbers, as weights are and settings are not."""
        return any(self.recording.nodes[one].kind is Kind.RANDOM for one in self.program.ancestors([id]))

    def _wider_beginning(self, end: int) -> Place | None:
        """Where a sum begins with an array that is larger than what is added to it, as zeros of the shape of another
        parameter; None if the fill has the shape of the rest."""
        node = self.recording.nodes[end]
        parents = [self.recording.nodes[id] for id in node.parents]
        filled = [one for one in parents if one.kind is Kind.FILL and one.shape == node.shape and one.place is not None]
        others = [one for one in parents if one not in filled]
        is_wider = node.operation == "add" and len(filled) == 1 and all(size_of(one) < size_of(node) for one in others)
        return filled[0].place if is_wider and others else None

    def _mistakes(
        self, plan: PairPlan, option: PairOption, gradients: Sequence[GradientResult], settings: Sequence[Values]
    ) -> tuple[Found, ...]:
        """Where the wrong gradients of a layer go wrong: the same search as in a network, with the layer's upstream."""
        wrong = {one.name for one in gradients if one.agreement is Agreement.DIFFERS and one.factor is None}
        wrong -= {one.name for one in option.gradients if self._wider_beginning(self.by_name[one.value or one.after])}
        if plan.kind not in (PairKind.LAYER, PairKind.FUNCTIONS) or not wrong or not option.upstream:
            return ()
        steps = tuple(self._step(one) for one in option.gradients if one.of_value in self.by_name)
        judged = {one.of for one in gradients if one.agreement is not Agreement.NOT_JUDGED}
        steps = tuple(one for one in steps if one.name in judged)
        upstream, output = self.by_name[option.upstream], self.by_name[option.output]
        ends = [step.after for step in steps]
        given = [*(step.before for step in steps), upstream]
        dependent = self.program.descendants(given, within=self.program.ancestors([output, *ends]))
        needed = self.program.ancestors(ends, stop=given)
        stage = Stage(self.recording, self.program, steps, max(ends), dependent, needed, last=max(*ends, output))
        stage.settings = [dict(values) for values in settings]
        reading = read(stage, Cost(node=output, form=None, upstream=upstream))
        if reading is None:
            return ()
        broken = [step for step in reading.unexplained if step.before in reading.forward.nodes]
        located = locate(reading, broken)
        if len(located.faults) + len(located.left) > 1:
            target = replaced_upstream(reading, broken)
            if target is not None:
                return (self._left_out(plan, reading, target, broken),)
        found = name_faults(reading, located.faults, self.sources)
        is_plain = len(found) == 1 and found[0].id != UNNAMED and not located.left
        edit = None if is_plain else name_edit(EditBench(reading, broken), self.sources)
        if edit is not None:
            return (edit,)
        departed = [departure(reading, step) for step in located.left]
        return tuple(merge_by_line([*found, *(one for one in departed if one is not None)]))

    def _left_out(self, plan: PairPlan, reading: Reading, target: int, broken: Sequence[Step]) -> Found:
        """A part of a layer that the backward side leaves out."""
        return Found(
            id="missing-hidden-activation-derivative",
            place=self.sources.passing_on(self.recording.file, plan.line),
            expected=quantity(reading, target, 1.0),
            parameters=tuple(step.name for step in broken),
        )

    def _step(self, gradient: GradientPlan) -> Step:
        """A gradient as a step that is not applied, or an update of the backward pass as one that is."""
        before, after = self.by_name[gradient.of_value], self.by_name[gradient.value or gradient.after]
        return Step(
            parameter=-1,
            name=gradient.of,
            before=before,
            after=after,
            returned=bool(gradient.value),
            shape=self.recording.nodes[before].shape,
        )

    def _not_judged(self, plan: PairPlan, option: PairOption) -> PairResult:
        return PairResult(kind=plan.kind, name=plan.name, line=plan.line, how=option.how, calls=option.lines)

    def _settings(self, option: PairOption) -> Iterator[dict[int, Any]]:
        """Values of all nodes of both sides at random settings of inputs, parameters and upstream gradients.

        If a recorded branch would change at nearly all of them, as in the loops of a pooling that look for the
        largest value, inputs and parameters stay near the recorded ones.

        Raises:
            CannotReplay: an operation is unknown.
        """
        output = self.by_name[option.output]
        ends = [self.by_name[g.value or g.after] for g in option.gradients]
        given = self._given(option)
        upstream = {self.by_name[option.upstream]} if option.upstream else set()
        nodes = range(min(given | upstream), max(output, *ends) + 1)
        steered = self.program.descendants(given | upstream, within=set(nodes))
        guards = [guard for guard in self.recording.guards if guard.node in steered]
        asked = {guard.node for guard in guards}
        count = 0
        for draw in range(2 * MAX_DRAWS):
            is_near = draw >= MAX_DRAWS
            rng = np.random.default_rng([self.seed, draw])
            values = {}
            for id in sorted(given | upstream):
                free = self._like(self.recording.nodes[id], rng)
                recorded = np.asarray(self.recording.nodes[id].value, dtype=float)
                values[id] = recorded + NEAR * free if is_near and id not in upstream else free
            values = self.program.run([output, *ends, *asked], values)
            if self.program.guards_hold(guards, values):
                count += 1
                yield values
            if count == SETTINGS:
                return

    @staticmethod
    def _like(node: Node, rng: np.random.Generator) -> Array:
        """Random values of the shape of a node; between 0 and 1 if its values are."""
        value = np.asarray(node.value, dtype=float)
        if value.size and value.min() > 0 and value.max() < 1:
            return rng.uniform(0.05, 0.95, size=value.shape)
        return rng.normal(size=value.shape)

    def _given(self, option: PairOption) -> set[int]:
        """The inputs and parameters whose gradients are judged."""
        return {self.by_name[one.of_value] for one in option.gradients if one.of_value in self.by_name}

    def _true(self, option: PairOption, values: Mapping[int, Any]) -> dict[int, Array]:
        """The gradient with respect to all that was given and what depends on it, at one setting."""
        output = self.by_name[option.output]
        given = self._given(option)
        within = self.program.ancestors([output])
        through = self.program.descendants(given & within, within)
        shape = np.shape(values[output])
        seed = np.ones(shape) if not option.upstream else np.asarray(values[self.by_name[option.upstream]], dtype=float)
        return self.program.gradients({output: seed.reshape(shape)}, dict(values), through)

    def _confirmed(self, option: PairOption, values: Mapping[int, Any]) -> bool:
        """Whether central differences of the replayed forward side confirm its gradients."""
        output = self.by_name[option.output]
        gradients = self._true(option, values)
        rng = np.random.default_rng([self.seed, MAX_DRAWS])
        upstream = np.asarray(values[self.by_name[option.upstream]], dtype=float) if option.upstream else 1.0
        given = self._given(option)
        for id in sorted(given & set(gradients)):
            direction = rng.normal(size=np.shape(values[id]))
            found = []
            for sign in (1, -1):
                point = {one: values[one] for one in given if one in values}
                point[id] = values[id] + sign * NUMERICAL_STEP * direction
                moved = self.program.run([output], point)[output]
                found.append(float(np.sum(np.asarray(moved, dtype=float) * upstream)))
            slope = (found[0] - found[1]) / (2 * NUMERICAL_STEP)
            expected = float(np.sum(gradients[id] * direction))
            size = float(np.sum(np.abs(gradients[id] * direction))) + 1e-12
            if not abs(slope - expected) <= NUMERICAL_TOLERANCE * size + 1e-7:
                return False
        return True

    def _gradient(
        self, plan: PairPlan, option: PairOption, gradient: GradientPlan, settings: Sequence[Values]
    ) -> GradientResult:
        """How one gradient of a way of calling compares with the true one."""
        of = self.by_name.get(gradient.of_value)
        end = self.by_name[gradient.value or gradient.after]
        node = self.recording.nodes[end]
        own = node.place is not None and node.place.file != RUN_FILE
        line, text = (node.place.line, node.place.text) if node.place is not None and own else (0, "")
        common: dict[str, Any] = {"name": gradient.name, "of": gradient.of, "line": line, "text": text}
        began = self._wider_beginning(end)
        if began is not None:
            common |= {"line": began.line, "text": began.text}
        truths = [self._true(option, values) for values in settings]
        if of is None or any(of not in truth for truth in truths):
            return GradientResult(agreement=Agreement.NOT_JUDGED, **common)
        got = [self._value(gradient, values) for values in settings]
        true = [np.asarray(truth[of], dtype=float) for truth in truths]
        if plan.kind is PairKind.DERIVATIVE and self._is_coupled(option, of, settings[0]):
            return self._diagonal(option, of, got, settings, common)
        common |= {"shape": np.shape(got[0]), "true_shape": true[0].shape}
        if gradient.after and np.shape(settings[0][of]) != np.shape(settings[0][end]):
            # a number that becomes an array at the first update: one for every unit is meant
            return GradientResult(agreement=Agreement.NOT_JUDGED, **common)
        outputs = [values[self.by_name[option.output]] for values in settings]
        upstreams = [values[self.by_name[option.upstream]] for values in settings] if option.upstream else []
        leaves_to_loss = gradient.of == "input" and (
            self._is_passed_on(option, end) or is_behind_cross_entropy(outputs, upstreams, got)
        )
        if leaves_to_loss and self._is_coupled(option, of, settings[0]):
            return GradientResult(agreement=Agreement.NOT_JUDGED, **common)  # the loss has its derivative
        if gradient.of_value not in option.observed and _are_rounding(got, truths) and _are_rounding(true, truths):
            return GradientResult(agreement=Agreement.AGREES, **common)  # it is 0, as that of a bias of the keys
        mine, reference = samples(got), samples(true)
        alignment = align(mine, reference) or with_penalty(gradient, mine, reference, of, settings)
        if plan.kind is PairKind.LOSS and mine.flat.shape != reference.flat.shape:
            return GradientResult(agreement=Agreement.NOT_JUDGED, **common)
        if plan.kind is PairKind.LOSS and alignment is None:
            outputs = [np.asarray(values[of], dtype=float) for values in settings]
            if any(align(mine, samples(rows)) for rows in zip(*map(before_activation, outputs, true))):
                # whether the layer below leaves its derivative out is not in the pair, nor whether it adds or subtracts
                return GradientResult(agreement=Agreement.NOT_JUDGED, aligned_with=BEFORE_ACTIVATION, **common)
        if alignment is None or alignment.transposed:
            if gradient.after and self._has_rule(end, of, reference, settings):
                return GradientResult(agreement=Agreement.AGREES, **common)
            return GradientResult(
                agreement=Agreement.DIFFERS,
                largest_difference=_difference(mine, reference),
                aligned_with=self._other(mine, truths, of) or of_layer_before(gradient, mine, true, of, settings),
                is_passed_on=self._is_passed_on(option, end),
                **common,
            )
        factor = alignment.factor / (RATE if gradient.after else 1.0)
        may_differ = factor > 0 or bool(gradient.after)  # an update may add what was computed from target minus output
        if plan.kind is PairKind.LOSS:
            may_differ &= is_usual_scale(factor, np.shape(settings[0][of]), together=" / " not in plan.name)
        elif plan.kind is PairKind.DERIVATIVE or (option.upstream and gradient.of_value in option.observed):
            may_differ = False  # of observations, it is the upstream of another layer, which no cost averages
        scaled = Agreement.SCALED if may_differ else Agreement.DIFFERS
        agreement = Agreement.AGREES if abs(factor - 1) < TOLERANCE else scaled
        return GradientResult(
            agreement=agreement, factor=factor, largest_difference=_difference(mine, reference), **common
        )

    def _is_given_inner_gradient(self, plan: PairPlan, option: PairOption, settings: Sequence[Values]) -> bool:
        """Whether all gradients are right if the layer is given the gradient of what its activation is given.

        The loss has the derivative of a softmax at the end of the layer then, or the layer above has that of its
        activation, which cannot be seen in the layer alone.
        """
        output = self.by_name[option.output]
        within = self.program.ancestors([output])
        through = self.program.descendants(self._given(option) & within, within)
        shape = self.recording.nodes[output].shape
        inner = [one for one in sorted(through - {output}, reverse=True) if self.recording.nodes[one].shape == shape]
        given = self.sources.arguments_at(self.recording.file, plan.line)
        is_delta = any(map(OF_SUM.match, given))
        return any(
            self._all_are_of(option, one, settings, any_slope=is_delta or self._is_coupled(option, one, settings[0]))
            for one in inner[:MAX_INNER]
        )

    def _all_are_of(self, option: PairOption, inner: int, settings: Sequence[Values], *, any_slope: bool) -> bool:
        """Whether all gradients are the true ones if what comes from above is the gradient of an inner value.

        Args:
            option: the way of calling.
            inner: the value.
            settings: values at random settings.
            any_slope: whether what is handed back may lack the slope of the activation in the layer before.
        """
        within = self.program.ancestors([inner])
        given = self._given(option) & within
        through = self.program.descendants(given, within)
        seeds = [np.asarray(values[self.by_name[option.upstream]], dtype=float) for values in settings]
        truths = [
            self.program.gradients({inner: seed.reshape(np.shape(values[inner]))}, dict(values), through)
            for seed, values in zip(seeds, settings)
        ]
        slopes = 0
        for gradient in option.gradients:
            of = self.by_name.get(gradient.of_value)
            if of is None or any(of not in truth for truth in truths):
                return False
            got = samples([self._value(gradient, values) for values in settings])
            true = [np.asarray(truth[of], dtype=float) for truth in truths]
            if of_layer_before(gradient, got, true, of, settings):
                slopes += 1
                continue
            found = align(got, samples(true))
            if found is None or found.transposed:
                return False
        # a slope alone is the layer's own, taken at its input: nothing else shows the convention
        return slopes < len(option.gradients) and (any_slope or slopes > 0)

    def _is_passed_on(self, option: PairOption, end: int) -> bool:
        """Whether the gradient from above is given back as it is."""
        return bool(option.upstream) and end == self.by_name.get(option.upstream)

    def _has_rule(self, end: int, of: int, reference: Samples, settings: Sequence[Values]) -> bool:
        """Whether an update is made of the true gradient by a rule (Adam), which is not judged here."""
        for id in self.program.ancestors([end], stop=[of]) - {end, of}:
            rows = [values.get(id) for values in settings]
            if are_alike(rows):
                value = samples(rows)
                is_array = value.flat.size > len(rows)
                if is_array and value.shape == reference.shape and ratio(value.flat, reference.flat) is not None:
                    return True
        return False

    def _jacobian_rows(self, option: PairOption, of: int, values: Values, count: int) -> Iterator[tuple[int, Array]]:
        """The gradients of the first elements of an output with respect to a value of the same size."""
        output = self.by_name[option.output]
        within = self.program.ancestors([output])
        through = self.program.descendants({of} & within, within)
        shape = np.shape(values[output])
        for element in range(min(count, int(np.prod(shape)))):
            seed = np.zeros(shape)
            seed.flat[element] = 1
            found = self.program.gradients({output: seed}, dict(values), through)
            yield element, np.asarray(found.get(of, np.zeros(np.shape(values[of]))), dtype=float)

    def _is_coupled(self, option: PairOption, of: int, values: Values) -> bool:
        """Whether an element of the output depends on other elements of the input, as those of a softmax do."""
        if np.shape(values[of]) != np.shape(values[self.by_name[option.output]]):
            return False
        return any(
            np.count_nonzero(row) > np.count_nonzero(row.flat[element])
            for element, row in self._jacobian_rows(option, of, values, PROBED)
        )

    def _diagonal(
        self, option: PairOption, of: int, got: Sequence[Array], settings: Sequence[Values], common: dict[str, Any]
    ) -> GradientResult:
        """A derivative of such a function: the diagonal of its Jacobian, or the Jacobian of one observation."""
        size, shape = np.size(settings[0][of]), np.shape(settings[0][of])
        is_jacobian = np.shape(got[0]) == (size, size) and sum(one > 1 for one in shape) == 1
        for value, values in zip(got[:PROBED], settings):
            rows = [row.ravel() for _, row in self._jacobian_rows(option, of, values, size)]
            if is_jacobian:
                meant = [np.array(rows), np.array(rows).T]
                if not any(np.allclose(value, one, rtol=1e-6, atol=1e-12) for one in meant):
                    common |= {"shape": (size, size), "true_shape": (size, size)}
                    return GradientResult(agreement=Agreement.DIFFERS, **common)
            elif np.size(value) != size or not np.allclose(np.ravel(value), np.diag(rows), rtol=1e-6, atol=1e-12):
                return GradientResult(agreement=Agreement.NOT_JUDGED, **common)
        return GradientResult(agreement=Agreement.AGREES, factor=1.0, **common)

    def _value(self, gradient: GradientPlan, values: Mapping[int, Any]) -> Array:
        """The gradient at one setting; of an update, what was subtracted."""
        if gradient.value:
            return np.asarray(values[self.by_name[gradient.value]], dtype=float)
        before, after = values[self.by_name[gradient.of_value]], values[self.by_name[gradient.after]]
        return np.asarray(before, dtype=float) - np.asarray(after, dtype=float)

    def _other(self, mine: Samples, truths: Sequence[Mapping[int, Array]], of: int) -> str:
        """The name of another quantity of the forward side whose gradient it is a multiple of."""
        for id in sorted(truths[0], reverse=True):
            if id == of or any(id not in truth for truth in truths):
                continue
            if align(mine, samples([truth[id] for truth in truths])) is not None:
                node = self.recording.nodes[id]
                place = f" in line {node.place.line}" if node.place is not None and node.place.line else ""
                return (node.names[0] if node.names else node.operation) + place
        return ""


def _rank(result: PairResult) -> int:
    """The place of a result among those of one pair: one that is right under an activation is not wrong."""
    if any(one.aligned_with == BEFORE_ACTIVATION for one in result.gradients):
        return 2
    return {Agreement.AGREES: 0, Agreement.SCALED: 1, Agreement.DIFFERS: 3, Agreement.NOT_JUDGED: 4}[result.agreement]


def _difference(mine: Samples, reference: Samples) -> float | None:
    """The largest difference over the largest true entry; None if the shapes differ."""
    if mine.flat.shape != reference.flat.shape or not reference.flat.size:
        return None
    largest = float(np.max(np.abs(reference.flat)))
    return float(np.max(np.abs(mine.flat - reference.flat))) / largest if largest else None
