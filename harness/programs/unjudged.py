"""What can be said of a program that cannot be trained: what contradicts itself, what is likely, what is missing."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from ..results import Result
from .contradictions import Check, Contradiction, Severity, constant_output, contradictions, hopeless, quiet
from .edits import Edit
from .kinds import count_updated_models
from .program import Note, NoteKind, Program, made_up_parts
from .remedies import edits_against
from .rules.failures import OF_INPUTS, explained
from .rules.function_rules import function_findings
from .source.scripts import read_pieces

MOST_LIKELY = 4  # causes that are named
OF_CALLS = (Check.NOT_COMPILED, Check.UNKNOWN_ARGUMENT)  # refused beside layers and data that may be wrong themselves
LIKELIEST = (
    "zero-gradient", "clones", "output-activation", "loss", "label-encoding", "input-out-of-range",
    "target-out-of-range", "prediction", Check.SORTED_SPLIT.value, "too-little-data", "frozen-layer", "unscaled-inputs",
    Check.SIGMOID_FOR_CLASSES.value, "hidden-activation", "validation-mismatch", "optimizer", "learning-rate-too-large",
    "regularization", "learning-rate-too-small", "too-narrow", "dropout", "metric", "unshuffled", "input-layout",
    "too-few-epochs",
)  # fmt: skip  # ids of faults, and checks with a rank of their own, the likeliest to do harm first


@dataclass(frozen=True, kw_only=True)
class LikelyCause:
    """Something that is wrong or suspicious, and the edits that remove it, as far as they are obvious."""

    finding: Contradiction
    edits: tuple[Edit, ...]


@dataclass(frozen=True, kw_only=True)
class Unjudged(Result):
    """A program that was read and not trained.

    Its data are missing, it trains without fit, its model has several outputs, it is too slow, or Keras refuses it.

    Attributes:
        name: of the program.
        missing: what had to be made up, such as ``the file train.csv``.
        own_loop: how it trains without fit, such as ``train_on_batch()``; empty if it calls fit.
        updated_models: how many models it trains in turn without fit; 0 if it calls fit.
        is_never_fit: whether it compiles a model and does not train it.
        outputs: of its model; 0 if it has no model of Keras.
        likely: what is wrong or suspicious without any data, the surest and likeliest first.
        contradictions: all that was found without any data, hints and facts too.
        notes: what the capture changed or could not keep.
        needed_budget: seconds that trainings would take that prove something, if the budget was too small for them.
        is_refused: whether Keras raises an error before or in fit, so that it cannot be trained by anybody.
        is_hopeless: whether what is found first keeps it from learning whatever else is changed.
        is_partial: whether Ctrl-C came before the trainings that were to follow.
    """

    name: str
    missing: tuple[str, ...]
    own_loop: str
    outputs: int
    likely: tuple[LikelyCause, ...]
    contradictions: tuple[Contradiction, ...]
    notes: tuple[Note, ...]
    needed_budget: float | None = None
    updated_models: int = 0
    is_never_fit: bool = False
    is_refused: bool = False
    is_hopeless: bool = False
    is_partial: bool = False


def is_judged(program: Program) -> bool:
    """Whether trainings of a captured program say something."""
    return program.can_be_trained and refusal(program) is None


def refusal(program: Program) -> Contradiction | None:
    """Why Keras refuses to train a program, if no other setting can remove it; None if it does not refuse."""
    if program.error is None:
        return None
    finding = explained(program.error.message, program.error.place, program.places.layers)
    if finding is not None and finding.check is Check.TENSOR_FUNCTION:  # the layers were called before fit
        place = program.places.loss or program.places.compile
        return dataclasses.replace(finding, check=Check.LOSS_OF_MODEL_TENSOR, place=place)
    return finding if finding is not None and finding.check in OF_INPUTS else None


@quiet()
def read_unjudged(program: Program, *, needed_budget: float | None = None) -> Unjudged:
    """What can be said of a program that is not trained; ``needed_budget`` as in ``Unjudged``."""
    reason, first = refusal(program), hopeless(program)
    constant = () if first else constant_output(program)
    found = contradictions(program, is_too_slow=needed_budget is not None)
    if reason is not None:
        found = (reason, *(finding for finding in found if finding.check is not reason.check))
    named = list(first) or [*constant, *(one for one in likeliest(found) if one not in constant)]
    if reason is not None:
        certain = [finding for finding in likeliest(found[1:]) if finding.severity is Severity.CONTRADICTION]
        named = [reason, *(certain if reason.check in OF_CALLS else ())]
    own_loop = next((note.detail for note in program.notes if note.kind is NoteKind.OWN_LOOP), "")
    return Unjudged(
        name=program.name,
        missing=made_up_parts(program.notes),
        own_loop=own_loop,
        updated_models=count_updated_models(program.path) if own_loop and program.path is not None else 0,
        outputs=program.outputs,
        likely=tuple(LikelyCause(finding=finding, edits=edits_against(program, finding)) for finding in named),
        contradictions=found,
        notes=program.notes,
        needed_budget=needed_budget,
        is_never_fit=any(note.kind is NoteKind.NEVER_FIT for note in program.notes),
        is_refused=reason is not None,
        is_hopeless=reason is None and bool(first or constant),
    )


def read_refused(name: str, finding: Contradiction, missing: tuple[str, ...]) -> Unjudged:
    """What can be said of a script that Keras refuses before it calls fit."""
    return Unjudged(
        name=name,
        missing=missing,
        own_loop="",
        outputs=1,
        likely=(LikelyCause(finding=finding, edits=()),),
        contradictions=(finding,),
        notes=(),
        is_refused=True,
    )


def read_functions(path: Path, how: str) -> Unjudged:
    """What the text says of a program that trains without a model of Keras.

    Args:
        path: the user's file
        how: it trains, such as ``tf.GradientTape``
    """
    found = function_findings([piece.source for piece in read_pieces(path, path.name, str(path))])
    return Unjudged(
        name=path.name,
        missing=(),
        own_loop=how,
        outputs=0,
        likely=tuple(LikelyCause(finding=finding, edits=()) for finding in likeliest(found)),
        contradictions=found,
        notes=(),
    )


def likeliest(found: tuple[Contradiction, ...]) -> list[Contradiction]:
    """What is wrong without any doubt first, then what is suspicious, each by how often it is the cause."""
    ranks = {name: rank for rank, name in enumerate(LIKELIEST)}
    sure = [Severity.CONTRADICTION, Severity.SUSPICION]
    named = [finding for finding in found if finding.severity in sure]
    named.sort(
        key=lambda finding: (
            sure.index(finding.severity),
            ranks.get(finding.check.value, ranks.get(finding.id, len(ranks))),
        )
    )
    return named[:MOST_LIKELY]
