"""What is unusual in a program without a proof that it matters."""

from __future__ import annotations

from collections.abc import Sequence

from ..programs.changes import Change, ChangeKind
from ..programs.contradictions import Severity
from .answer import Hint
from .case import Case
from .faults import Fault
from .head_choices import CCE
from .outcomes import Share
from .program_search import FAR_FROM_PRACTICE
from .repair import Repair
from .repairs import order_of
from .tasks import LabelFormat, TaskKind

OF_CURVES = frozenset({Fault.TOO_NARROW, Fault.MISSING_LAYER, Fault.TOO_FEW_EPOCHS})  # what a curved border may take


def unproven_choices(
    case: Case,
    repairs: Sequence[Repair],
    minimal: Sequence[Repair],
    known: set[Fault],
    *,
    settled: set[str],
    fitting: frozenset[str] = frozenset(),
) -> list[Hint]:
    """Questioned choices that are not among the causes; those of a minimal set that was not confirmed first.

    A last layer or loss that does not suit the classes stays among them, even if the program learns without a
    repair of it: it is the commonest fault, and whoever reads the answer asks for it.

    Args:
        case: the program
        repairs: all that it may need
        minimal: the smallest set of them that learned
        known: what is among the causes and alternatives
        settled: blocks of repairs that the causes answer for
        fitting: keys of repairs with which the training rows, and no others, are learned
    """
    needed = {repair.key for repair in minimal}
    unproven = [
        repair
        for repair in sorted(repairs, key=order_of)
        if repair.fault not in known
        and repair.block not in settled
        and (repair.doubt >= 2 or repair.key in needed | fitting or is_unfit_head(case, repair))
    ]
    unproven.sort(
        key=lambda repair: (
            repair.key not in needed,
            repair.key not in fitting,
            not is_unfit_head(case, repair),
            not is_likely(case, repair),
        )
    )
    hints = [Hint(fault=repair.fault, changes=repair.changes, is_needed=repair.key in needed) for repair in unproven]
    is_said = Fault.OUTPUT_ACTIVATION in known | {hint.fault for hint in hints}
    return hints if is_said else [*hints, *usual_head(case)]


def settled_blocks(minimal: Sequence[Repair], repaired: Share) -> set[str]:
    """Blocks of repairs that the causes answer for.

    Args:
        minimal: the smallest set of repairs that learned
        repaired: the share of fresh seeds that learn with it; if all do, the steps are not to blame either
    """
    steps = {"rate", "optimizer"} if repaired.value == 1 else set()
    return {repair.block for repair in minimal} - {"", "layers", "head"} | steps


def usual_head(case: Case) -> list[Hint]:
    """Softmax and its cross-entropy, for a sigmoid over exclusive classes: it can learn, but is seldom meant."""
    task, head = case.task, case.head
    is_exclusive = task.kind is TaskKind.MULTICLASS and task.format is LabelFormat.ONE_HOT
    if not (is_exclusive and head.activation == "sigmoid" and head.is_certain):
        return []
    changes = [Change(kind=ChangeKind.ACTIVATION, layer=head.activation_layers[-1], old="sigmoid", new="softmax")]
    if head.loss != CCE:
        changes.append(Change(kind=ChangeKind.LOSS, old=head.loss, new=CCE))
    return [Hint(fault=Fault.OUTPUT_ACTIVATION, changes=tuple(changes))]


def is_likely(case: Case, repair: Repair) -> bool:
    """Whether a choice is far from practice, or keeps a network from what a straight line cannot do and others can."""
    return repair.doubt >= FAR_FROM_PRACTICE or (repair.fault in OF_CURVES and case.references.line_fails)


def is_unfit_head(case: Case, repair: Repair) -> bool:
    """Whether a repair is of a last layer or loss that can learn the task, and is not made for it."""
    suspected = any(
        finding.id == repair.fault.value and finding.severity is not Severity.FACT for finding in case.found
    )
    return repair.block == "head" and repair.doubt >= 1 and (case.task.is_classification or suspected)
