"""Causes that follow from a program alone, so that no run has to prove them."""

from __future__ import annotations

from collections.abc import Sequence

from ..programs.changes import Change
from ..programs.contradictions import Check, Contradiction, Severity
from .answer import Cause
from .case import Case
from .faults import Fault
from .layers import computes_line
from .outcomes import LEARNED_FRACTION, OutcomeKind
from .references import EXACT, LINEAR_MODELS
from .repair import CERTAIN, Repair
from .tasks import TaskKind

IMPOSSIBLE = (Check.SOFTMAX_OVER_ONE_UNIT, Check.FROZEN_MODEL, Check.NO_LEARNING_RATE)
BOUNDING = (Check.TARGETS_OUT_OF_REACH, Check.SOFTMAX_FOR_INDEPENDENT)  # what no output reaches of the targets
IN_REACH = (Fault.OUTPUT_ACTIVATION, Fault.TARGET_OUT_OF_RANGE)  # faults whose repair brings all targets into reach
SAYS_ENOUGH = (OutcomeKind.LEARNS, OutcomeKind.NO_SIGNAL)  # outcomes beside which nothing impossible is looked for


def causes_without_run(case: Case, repairs: Sequence[Repair], outcome: OutcomeKind, proven: set[Fault]) -> list[Cause]:
    """What follows from the program alone: no run is needed to know it.

    Args:
        case: the program
        repairs: all that it may need
        outcome: what became of its training
        proven: what the search has proven already
    """
    impossible = impossible_causes(case, repairs, proven) if outcome not in SAYS_ENOUGH else []
    known = proven | {cause.fault for cause in impossible}
    bounding = bounding_causes(case, repairs, known) if outcome is not OutcomeKind.LEARNS else []
    linear = linear_causes(case, repairs) if outcome not in SAYS_ENOUGH and not known else []
    contradictory = [] if Fault.WINDOW in proven else contradictory_causes(case, outcome)  # explained by other rows
    return [*impossible, *bounding, *linear, *contradictory, *leaking_causes(case, outcome)]


def refused_causes(repairs: Sequence[Repair]) -> list[Cause]:
    """What contradicts itself in a program that Keras refuses to train: that needs no further proof."""
    return [evident_cause(repair.fault, repair.changes) for repair in repairs if repair.doubt >= CERTAIN]


def evident_cause(fault: Fault, changes: tuple[Change, ...]) -> Cause:
    """A cause that needs no run."""
    return Cause(fault=fault, changes=changes, repaired=None, unrepaired=None, needs_no_run=True)


def contradictory_causes(case: Case, outcome: OutcomeKind) -> list[Cause]:
    """Equal inputs with different targets, if they keep every function of the inputs from being good."""
    if case.repeats is None or outcome in (OutcomeKind.LEARNS, OutcomeKind.NOT_JUDGED):
        return []
    return [] if case.repeats.learnable >= LEARNED_FRACTION else [evident_cause(Fault.CONTRADICTORY_TARGETS, ())]


def leaking_causes(case: Case, outcome: OutcomeKind) -> list[Cause]:
    """Validation rows that are training rows too, if they hide that the network memorises."""
    is_hidden = outcome is OutcomeKind.OVERFITS and case.split.known_share > 0
    return [evident_cause(Fault.LEAKING_VALIDATION, ())] if is_hidden else []


def impossible_causes(case: Case, repairs: Sequence[Repair], proven: set[Fault]) -> list[Cause]:
    """What keeps every training from learning whatever the weights are, if the search has not come to prove it.

    Softmax over one unit is 1 for every input; without trainable weights or a learning rate nothing changes.
    """
    return certain_causes([finding for finding in case.found if finding.check in IMPOSSIBLE], repairs, proven)


def bounding_causes(case: Case, repairs: Sequence[Repair], known: set[Fault]) -> list[Cause]:
    """An output that keeps a regression from learning, because too much of its targets is out of its reach.

    Outputs between two values, and those that add up to 1, leave at least the unreachable share of the variance
    unexplained, so R2 stays under the level from which a network has learned, even one that is otherwise perfect.
    """
    if case.task.is_classification or not known.isdisjoint(IN_REACH):
        return []
    return certain_causes([finding for finding in case.found if bounds_score(finding)], repairs, known)


def linear_causes(case: Case, repairs: Sequence[Repair]) -> list[Cause]:
    """Missing activations, or a missing layer, that leave a network a linear function, which these targets are not.

    They are another function without noise, or others than linear models know them much better.
    """
    references = case.references
    if case.task.kind is not TaskKind.REGRESSION or not computes_line(case.program.model):
        return []
    lines = [learner.score for learner in references.learners if learner.name in LINEAR_MODELS]
    nearest = references.much_nearer(max(lines)) if lines else None
    is_exact = nearest is not None and nearest.score >= EXACT
    if not (is_exact or references.line_fails):
        return []
    keys = ["hidden-activation", "missing-layer"] if references.line_fails else ["hidden-activation"]
    named = [repair for key in keys for repair in repairs if repair.key == key]
    return [evident_cause(one.fault, one.changes) for one in named[:1]]


def bounds_score(finding: Contradiction) -> bool:
    """Whether a finding keeps R2 under the level from which a network has learned."""
    share = finding.values.get("unreachable share")
    is_certain = finding.check in BOUNDING and finding.severity is Severity.CONTRADICTION
    return is_certain and isinstance(share, float) and share > 1 - LEARNED_FRACTION


def certain_causes(findings: Sequence[Contradiction], repairs: Sequence[Repair], proven: set[Fault]) -> list[Cause]:
    """The causes that some findings stand for, by the repairs that are certain and not proven already."""
    ids = {finding.id for finding in findings}
    certain = [repair for repair in repairs if repair.doubt >= CERTAIN and repair.fault not in proven]
    chosen = {repair.key: repair for repair in certain if repair.fault.value in ids}
    if any(repair.block == "head" for repair in chosen.values()):  # labels, loss and units change with it
        chosen |= {repair.key: repair for repair in certain if repair.block == "head"}
    return [evident_cause(repair.fault, repair.changes) for repair in chosen.values()]
