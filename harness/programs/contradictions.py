"""What contradicts itself in a program before anything is trained: last layer, loss, labels, metrics and data.

A *contradiction* cannot be meant: its values prove that the program cannot reach what it is written for. A
*suspicion* is unusual and often a mistake. A *fact* is what the search for causes wants to know, and is not a defect.
Of a program whose data are missing, *hints* are what is worth a look and often right.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import io
import warnings
from collections.abc import Iterator

import keras
import numpy as np

from ..errors import BadInput
from .findings import Check, Contradiction, Severity, Subject
from .heads import as_tensors, head_in_wrapper
from .loss_names import CROSSENTROPIES, HINGE_LOSSES
from .program import MadeUp, Program
from .rules.cut_gradients import CUT_GRADIENT_RULES
from .rules.data_rules import DATA_RULES, batch_rules, data_rules, embedding_rules, rate_rules
from .rules.failures import OF_INPUTS, explained
from .rules.head_rules import HEAD_RULES, output_rules
from .rules.layer_rules import LAYER_RULES
from .rules.likely_rules import LIKELY_RULES
from .rules.own_losses import OWN_LOSS_RULES
from .rules.scaling_rules import SCALING_RULES
from .rules.source_rules import SOURCE_RULES
from .rules.split_rules import encoding_rules
from .rules.variable_rules import VARIABLE_RULES
from .source.places import Source, argument_of
from .source.scripts import read_pieces
from .targets import are_counting, describe_loss, describe_targets, metric_names

__all__ = ["Check", "Contradiction", "Severity", "contradictions"]

OF_GRADIENTS = (*OWN_LOSS_RULES, *CUT_GRADIENT_RULES)
OF_TEXT = (*SOURCE_RULES, *SCALING_RULES, encoding_rules)
RULES = (*HEAD_RULES, *OF_GRADIENTS, *DATA_RULES, *LAYER_RULES, *VARIABLE_RULES, *OF_TEXT)
RULES_OF_MODELS = (
    *HEAD_RULES, *OF_GRADIENTS, rate_rules, batch_rules, *LAYER_RULES, *VARIABLE_RULES, *OF_TEXT,
)  # fmt: skip  # without a look at the values of x and y

HOPELESS = frozenset(
    {
        Check.LOSS_ARGUMENTS_SWAPPED,
        Check.LOSS_PREFERS_WRONG,
        Check.LOSS_WITHOUT_GRADIENT,
        Check.GRADIENT_NOT_FINITE,
        Check.SAME_BATCH,
        Check.UNTRACKED_VARIABLES,
        Check.CONSTANT_TARGETS,
        Check.EMBEDDING_RANGE,
    }
)  # what no other setting makes good: trainings would say nothing about the rest of the program
OF_VALUES = frozenset(
    {
        Check.VALIDATION_CLASSES,
        Check.SORTED_UNSHUFFLED,
        Check.IMBALANCED,
        Check.VALIDATION_SCALE,
        Check.CONSTANT_INPUTS,
        Check.NARROW_INPUTS,
        Check.OUTLYING_ROWS,
        Check.CONSTANT_TARGETS,
        Check.FEW_UPDATES,
        Check.ONE_BATCH,
    }
)  # what made-up values of a known data set do not show
UNCERTAIN = frozenset(
    {Check.LARGE_LEARNING_RATE, Check.SMALL_LEARNING_RATE, Check.UNSCALED_UNDER_SGD}
)  # what is seldom the cause if something is wrong for sure; docs/accuracy.md has the counts
OF_STARTS = frozenset({Check.DEAD_START, Check.IDENTICAL_UNITS})
BESIDE_STARTS = frozenset({Check.SIGMOID_IN_HIDDEN})  # whose repair, relu units, would not leave such a start at all
BESIDE_NOTHING = frozenset({Check.FEW_EPOCHS})  # what is seldom the cause beside any other finding


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing is printed inside the block: Keras warns about what is found here, and code of the user's may print."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


@quiet()
def contradictions(program: Program, *, is_too_slow: bool = False) -> tuple[Contradiction, ...]:
    """All that contradicts itself in a program, is suspicious or worth knowing; the surest first.

    Nothing is trained. Rules that cannot be judged (a loss or an activation of the user's own) stay silent.

    Args:
        program: as captured.
        is_too_slow: whether no training of it will decide about what is only likely, as if its data were missing.
    """
    return _found(program, is_trained=program.can_be_trained and not is_too_slow)


def is_surer(later: Program, first: Program) -> bool:
    """Whether a call of fit contradicts itself, and one before it does not: the later one is then what is asked about.

    Metrics are only read, and do not count.
    """

    def count(program: Program) -> int:
        found = contradictions(program)
        return sum(one.severity is Severity.CONTRADICTION and one.id != "metric" for one in found)

    return count(later) > 0 == count(first)


@quiet()
def hopeless(program: Program) -> tuple[Contradiction, ...]:
    """What keeps a program from learning whatever else is repaired."""
    subject = _subject(program)
    is_of_classes = subject.loss_name in CROSSENTROPIES | HINGE_LOSSES or are_counting(subject.metrics)
    is_known = is_of_classes and program.made_up is MadeUp.NOTHING
    rules = (*OF_GRADIENTS, batch_rules, *VARIABLE_RULES, *((data_rules,) if is_known else ()))
    if program.error is not None:  # some devices read a row of zeros in the place of one that is not there
        rules += (embedding_rules,)
    found = [finding for rule in rules for finding in rule(subject)]
    return tuple(one for one in found if one.check in HOPELESS and one.severity is Severity.CONTRADICTION)


@quiet()
def constant_output(program: Program) -> tuple[Contradiction, ...]:
    """A softmax over one unit, which no training can change, unless made-up data may be why there is one unit."""
    subject = _subject(program)
    if subject.head is None or not subject.head.is_certain:
        return ()
    if program.made_up is MadeUp.FORMATS and not writes_one_unit(subject):
        return ()
    return tuple(one for one in output_rules(subject) if one.check is Check.SOFTMAX_OVER_ONE_UNIT)


def writes_one_unit(subject: Subject) -> bool:
    """Whether the user's file gives the last layer with weights one unit by a number."""
    calls = () if subject.head is None else subject.layer_calls(subject.head.layer)
    units = [argument_of(call, "units", 0) for call in calls]
    return any(isinstance(one, ast.Constant) and one.value == 1 for one in units)


def _found(program: Program, *, is_trained: bool) -> tuple[Contradiction, ...]:
    """What all rules find."""
    subject = _subject(program)
    rules = RULES if program.made_up is not MadeUp.FORMATS else RULES_OF_MODELS
    found = [finding for rule in rules for finding in rule(subject)]
    for part in program.of_outputs():
        found += [finding for rule in HEAD_RULES for finding in rule(_subject(part))]
    if program.made_up is MadeUp.VALUES:
        found = [finding for finding in found if finding.check not in OF_VALUES]
    if program.made_up is MadeUp.VALUES:
        found += unreadable_inputs(program)
    if not is_trained:
        known = {finding.check for finding in found if finding.severity is not Severity.FACT}
        found += [finding for rule in LIKELY_RULES for finding in rule(subject) if finding.check not in known]
        found = weakened(found)
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def weakened(found: list[Contradiction]) -> list[Contradiction]:
    """Findings of a program that is not trained; those that are seldom the cause beside stronger ones become hints."""
    strong = {one.check for one in found if one.severity is Severity.CONTRADICTION}
    named = strong | {one.check for one in found if one.severity is Severity.SUSPICION}
    hints = (BESIDE_NOTHING if named - BESIDE_NOTHING else frozenset()) | (UNCERTAIN if strong else frozenset())
    hints |= BESIDE_STARTS if named & OF_STARTS else frozenset()
    return [
        dataclasses.replace(one, severity=Severity.HINT)
        if one.check in hints and one.severity is Severity.SUSPICION
        else one
        for one in found
    ]


def unreadable_inputs(program: Program) -> Iterator[Contradiction]:
    """Rows of a known data set that the model cannot read: on made-up values ``fit`` itself is not run."""
    wanted = [tuple(tensor.shape[1:]) for tensor in getattr(program.model, "inputs", None) or []]
    if wanted and wanted == [tuple(np.shape(part)[1:]) for part in keras.tree.flatten(program.sample)]:
        return
    try:
        program.model(as_tensors(program.sample), training=False)
    except Exception as error:
        reason = explained(str(error), program.places.fit, program.places.layers)
        if reason is not None and reason.check in OF_INPUTS:
            yield reason


def _subject(program: Program) -> Subject:
    """A program with what rules look up in it."""
    head = None
    with contextlib.suppress(Exception):  # a model that cannot be built has no output
        head = head_in_wrapper(program.model, program.sample)
    return Subject(
        program=program,
        head=head,
        targets=describe_targets(program.y),
        loss=describe_loss(program.loss),
        metrics=metric_names(program.metrics) + metric_names(program.weighted_metrics),
        code=tuple(_code(program)),
    )


def _code(program: Program) -> Iterator[tuple[Source, ast.Module]]:
    """The user's file, in pieces that can be parsed."""
    if program.path is None:
        return
    place = program.places.fit or program.places.compile
    with contextlib.suppress(BadInput):
        for piece in read_pieces(program.path, program.path.name if place is None else place.file, ""):
            with contextlib.suppress(SyntaxError, ValueError):
                yield piece.source, ast.parse(piece.source.text)
