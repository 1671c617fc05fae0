"""Costs in which observations count differently, of several kinds, or whose targets are 0 or made by the network.

A file that trains with class weights, a mask of padding or advantages multiplies its errors by numbers that do not
depend on the parameters. One that learns from its own predictions (Q-learning) takes these as given, so that no
gradient flows through them (a semi-gradient: Sutton and Barto, Reinforcement Learning, 2nd edition, section 9.3).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..recording.graph import Node, Ref
from .alignment import squeezed
from .cost import Error, Form
from .output_errors import by_line, is_parameter, latest_outputs
from .reading import targets_of
from .replay import size_of
from .stage import Stage, argument_ids

MOST_KINDS = 2  # of costs that one network is trained with; each pair of kinds is tried


def with_weights(stage: Stage, errors: Sequence[Error]) -> tuple[Error, ...]:
    """The errors with what each observation counts; nothing if all count the same."""
    forward = stage.program.ancestors([error.output for error in errors], stop=stage.parameters)
    found = tuple(replace(error, weights=weights_of(stage, error, forward)) for error in errors)
    nodes = [one for error in found for one in error.weights]
    if not nodes or not stage.extend([*nodes, *targets_of(errors)]):
        return ()
    values = [np.ravel(np.asarray(stage.settings[0][one], dtype=float)) for one in nodes]
    differ = np.ptp(np.concatenate(values)) > 0
    return found if differ and not any(is_weighted_by_target(stage, error) for error in found) else ()


def weights_of(stage: Stage, error: Error, forward: set[int]) -> tuple[int, ...]:
    """What an error is multiplied by on the way to the steps, one after the other.

    Args:
        stage: the iteration.
        error: where output and target are compared.
        forward: what the outputs are made of: an error times an input of the network is a gradient.
    """
    products = [node for node in scaled_by(stage, error) if node.operation == "multiply"]
    return tuple(id for node in products for id in argument_ids(node) if id not in forward)


def scaled_by(stage: Stage, error: Error) -> Iterator[Node]:
    """The products and quotients that an error goes through first, with what does not depend on the parameters."""
    made: int | None = error.node
    while made is not None:
        id, made = made, None
        for child in sorted(set(stage.program.children[id]) & stage.needed):
            node = stage.node(child)
            others = [one for one in argument_ids(node) if one != id]
            is_divided = node.operation == "divide" and node.arguments[0] == Ref(id=id)
            is_as_large = size_of(node) == size_of(stage.node(id))
            if (node.operation == "multiply" or is_divided) and is_as_large and not stage.dependent & set(others):
                yield replace(node, arguments=tuple(one for one in node.arguments if one != Ref(id=id)))
                made = child
                break


def is_weighted_by_target(stage: Stage, error: Error) -> bool:
    """Whether an error is multiplied by its target or by 1 - target, as one half of a cross-entropy is"""
    if error.target is None:
        return False
    target = np.ravel(np.asarray(stage.settings[0][error.target], dtype=float))
    shares = [np.ravel(np.asarray(stage.settings[0][one], dtype=float)) for one in error.weights]
    return any(np.array_equal(one, other) for one in shares for other in (target, 1 - target))


def of_several_kinds(stage: Stage, errors: Sequence[Error]) -> Iterator[tuple[Error, ...]]:
    """The errors as a sum of costs, each output of a kind of its own, with the numbers that the file gives each.

    A file that has two outputs on one network, such as a number and a class, adds up two costs. Outputs of one
    activation have one: of these, a second kind of cost would be a derivative that one of them lacks.
    """
    lines = by_line(stage, errors)
    activations = {stage.node(error.output).operation for error in errors}
    if not 1 < len(lines) <= MOST_KINDS or len(activations) < len(lines):
        return
    factors = {error.node: factor_of(stage, error) for error in errors}
    for forms in itertools.permutations((Form.SQUARED, Form.BINARY, Form.CATEGORICAL), len(lines)):
        yield tuple(
            replace(error, form=form, factor=factors[error.node] / (2 if form is Form.SQUARED else 1))
            for form, group in zip(forms, lines)
            for error in group
        )


def factor_of(stage: Stage, error: Error) -> float:
    """The number that an error is multiplied by on the way to the steps"""
    factor = 1.0
    for node in scaled_by(stage, error):
        for one in node.arguments:
            if isinstance(one, Ref) and (size_of(stage.node(one.id)) != 1 or not stage.extend([one.id])):
                continue
            value = float(np.ravel(np.asarray(stage.settings[0][one.id] if isinstance(one, Ref) else one, float))[0])
            factor = factor / value if node.operation == "divide" else factor * value
    return factor


def with_zeros(stage: Stage, errors: Sequence[Error]) -> tuple[Error, ...]:
    """The errors with outputs that are errors as they are, because their target is 0, as those of negative samples.

    The file compares outputs of the same line with 1, and these neither go into one of those nor are made of one.
    """
    if any(error.constant != 1.0 for error in errors):
        return ()
    program, needed = stage.program, stage.needed
    outputs = {error.output for error in errors}
    lines = {(node.operation, node.place.site) for node in map(stage.node, outputs) if node.place is not None}
    apart = needed & stage.dependent - program.ancestors(outputs, stop=stage.parameters)
    apart -= program.descendants([error.node for error in errors], within=needed)
    nodes = [stage.node(id) for id in sorted(apart)]
    found = [node.id for node in nodes if node.place is not None and (node.operation, node.place.site) in lines]
    return (*errors, *(Error(node=id, output=id, constant=0.0) for id in found)) if found else ()


def held_targets(stage: Stage) -> tuple[Error, ...]:
    """Where a file compares an output with a target that the network made too, which is taken as given."""
    dependent, needed = stage.dependent, stage.needed
    afters = {step.after for step in stage.steps}
    found: list[Error] = []
    for id in sorted(needed & dependent - afters):
        node = stage.node(id)
        operands = [one.id for one in node.arguments if isinstance(one, Ref)]
        if node.operation != "subtract" or len(operands) != 2 or not set(operands) <= dependent:
            continue
        one, other = operands
        is_alike = squeezed(stage.node(one).shape) == squeezed(stage.node(other).shape)
        is_open = is_alike and not is_parameter(stage, one) and not is_parameter(stage, other)
        if is_open and is_held(stage, one, other) and afters <= stage.program.descendants([id], within=needed):
            found.append(Error(node=id, output=one, target=other))
    return latest_outputs(stage, found, needed)


def is_held(stage: Stage, output: int, target: int) -> bool:
    """Whether a target is another pass of the network with something added, as a reward is to what is expected next.

    A value of the output's own pass, or a second input that is compared with the first, is not such a target.
    """
    program = stage.program
    above = program.ancestors([target], stop=stage.parameters)
    if output in above or target in program.ancestors([output], stop=stage.parameters):
        return False
    return any(
        stage.node(id).operation == "add" and sum(one in stage.dependent for one in argument_ids(stage.node(id))) == 1
        for id in above & stage.dependent - set(stage.parameters)
    )
