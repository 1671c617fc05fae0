"""What is odd about a file whose gradients are right, and is only remarked, because somebody may want it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import numpy as np

from ..recording.graph import Place
from ..recording.literals import last_name
from ..recording.versions import ROUNDING
from .coefficients import unread_coefficients
from .cost import Form
from .factors import are_common, before_scaling, beside_rates, by_factor, chain_of
from .matching import size_of_errors
from .reading import Array, Reading
from .result import Note, Remark
from .sources import Sources
from .stage import PRODUCTS

SCALING = ("multiply", "divide")
SQUARING = frozenset({"square", "power", "abs", "absolute", "multiply"})
TARGET_WORDS = frozenset({"y", "ys", "yi", "t", "target", "targets", "label", "labels", "truth"})


def remarks_on(reading: Reading, sources: Sources) -> Iterator[Note]:
    """All that is odd about a reading."""
    yield from added_targets(reading)
    yield from uncalled_softmax(reading, sources)
    yield from rounded_values(reading)
    yield from ignored_coefficients(reading, sources)
    yield from scaled_steps(reading)


def added_targets(reading: Reading) -> Iterator[Note]:
    """The sums of outputs and targets that the file's own cost squares."""
    stage, program = reading.stage, reading.stage.program
    if reading.cost.node is None:
        return
    inside = program.ancestors([reading.cost.node], stop=stage.parameters)
    for id in sorted(inside & stage.dependent):
        node, parents = stage.node(id), program.parents[id]
        if node.operation != "add" or len(parents) != 2 or not is_squared(reading, id):
            continue
        outputs = [one for one in parents if one in stage.dependent and is_computed(reading, one)]
        targets = [one for one in parents if one not in stage.dependent and is_target(reading, one)]
        if outputs and targets and stage.node(outputs[0]).shape == stage.node(targets[0]).shape:
            yield Remark.TARGETS_ADDED, node.place, ""
            return


def other_rates(reading: Reading) -> Iterator[Note]:
    """The lines that update with another learning rate than most, if the gradients themselves are in one proportion."""
    factors, stage = reading.factors, reading.stage
    chains = [chain_of(reading, step, factors[step.before]) for step in stage.steps if step.before in factors]
    if len(by_factor(chains)) < 2:
        return
    made = {one.step.before: one.node for one in chains}
    chains = list(before_scaling(reading, beside_rates(reading, chains)))
    if not are_common(chains):
        return
    usual, *others = sorted(by_factor(chains), key=len, reverse=True)
    known = {stage.node(one.step.after).place for one in usual}
    for group in others:
        ratio = abs(group[0].factor / usual[0].factor)
        # or the statement of its own that multiplies the gradient
        ends = [made[one.step.before] if one.node < made[one.step.before] else one.step.after for one in group]
        for place in dict.fromkeys(stage.node(one).place for one in ends):
            if place is not None and place not in known:
                yield Remark.ANOTHER_RATE, place, f"{ratio:.4g}"


def uncalled_softmax(reading: Reading, sources: Sources) -> Iterator[Note]:
    """The softmax that a file defines and nowhere names, if linear outputs learn labels by squared errors.

    The squared errors are inferred, because the file computes no cost in its training step.
    """
    if reading.cost.form is not Form.SQUARED or not reading.errors:
        return
    targets = [error.target_values(reading.stage.settings[0]) for error in reading.errors]
    layers = [one for one in reading.forward.layers if one.z in reading.forward.outputs]
    if not layers or any(one.a != one.z for one in layers) or not all(map(are_shares, targets)):
        return
    nodes = [node for tree in sources.trees.values() for node in ast.walk(tree)]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
    for file in sources.trees:
        for function in sources.functions_of(file):
            is_named = any(last_name(node) == function.name for node in nodes)
            if "softmax" in function.name.lower() and not is_named and function.name not in texts:
                yield Remark.SOFTMAX_NOT_CALLED, Place(file=file, line=function.lineno), ""
                return


def rounded_values(reading: Reading) -> Iterator[Note]:
    """The first value that is rounded to some decimals and that a step is made of."""
    stage = reading.stage
    for id in sorted(stage.needed & stage.dependent):
        node = stage.node(id)
        if node.operation not in ROUNDING:
            continue
        digits = node.keywords.get("decimals", node.arguments[1] if len(node.arguments) > 1 else 0)
        if not isinstance(digits, int) or digits > 0:
            yield Remark.VALUES_ROUNDED, node.place, ""
            return


def ignored_coefficients(reading: Reading, sources: Sources) -> Iterator[Note]:
    """The coefficients of classes and functions that steps are made in, such as a momentum, that are never read."""
    stage = reading.stage
    places = [place for id in sorted(stage.needed) if (place := stage.node(id).place) is not None]
    for one in unread_coefficients(sources, list(dict.fromkeys(places)))[:1]:
        yield Remark.COEFFICIENT_NOT_READ, one.place, one.name


def scaled_steps(reading: Reading) -> Iterator[Note]:
    """The first line that multiplies a step by a size of the errors, such as the cost."""
    stage, program = reading.stage, reading.stage.program
    gradients = {match.via for match in reading.matches.values() if match is not None and match.via is not None}
    for step in stage.steps:
        match = reading.matches[step.before]
        if match is None or match.via is None:
            continue
        chain = stage.way_on(step, match.via)
        for id in sorted(chain - {match.via}):
            others = (set(program.parents[id]) - chain - {step.before}) & stage.dependent
            is_scaled = stage.node(id).operation in SCALING and others
            if not is_scaled or any(size_of_errors(stage, one) is None for one in others):
                continue
            made_of = program.ancestors(others, stop=stage.parameters)
            if gradients.isdisjoint(made_of):  # clipping divides by the size of gradients
                yield Remark.STEP_SCALED, stage.node(id).place, ""
                return


def are_shares(targets: Array) -> bool:
    """Whether each row is made of shares of 1, as one 1 among 0s is"""
    return targets.ndim == 2 and bool(np.all(targets >= 0) and np.allclose(np.sum(targets, axis=1), 1))


def is_squared(reading: Reading, id: int) -> bool:
    """Whether a value is squared, or its size taken"""
    program = reading.stage.program
    return any(
        program.nodes[one].operation in SQUARING and set(program.parents[one]) <= {id} for one in program.children[id]
    )


def is_computed(reading: Reading, id: int) -> bool:
    """Whether a value is made by a layer, and is not a penalty of parameters alone."""
    made = reading.stage.program.ancestors([id], stop=reading.stage.parameters)
    return any(reading.stage.node(one).operation in PRODUCTS for one in made)


def is_target(reading: Reading, id: int) -> bool:
    """Whether a value goes by a name for targets"""
    names = (name.rpartition(".")[2].lower() for name in reading.stage.node(id).names)
    return any((re.findall("[a-z]+", name) or [""])[0] in TARGET_WORDS for name in names)
