"""What a diagnosis says: facts alone; report/ puts them into words."""

from __future__ import annotations

from dataclasses import dataclass

from ..programs.changes import Change
from ..programs.contradictions import Contradiction
from ..programs.edits import Edit
from ..programs.program import Note
from ..results import Result
from .clone_bounds import CloneBound
from .edited_run import EditedRun
from .faults import Fault
from .mechanisms import Intervention
from .neighbours import Neighbours
from .outcomes import Bar, OutcomeKind, Share
from .references import References
from .repeats import Repeats
from .splits import Judged
from .tasks import TaskKind

STARTS = (
    Fault.CLONES,
    Fault.ZERO_GRADIENT,
    Fault.PLATEAU,
    Fault.SATURATION,
    Fault.EXPLODING_GRADIENT,
    Fault.VANISHING_GRADIENT,
    Fault.DEAD_RELU,
)
LEAVING_PLATEAU = (Fault.TOO_FEW_EPOCHS, Fault.HIDDEN_ACTIVATION, Fault.VANISHING_GRADIENT)  # at the same rate


@dataclass(frozen=True, kw_only=True)
class Level:
    """What one training reaches."""

    held: float  # median score on the rows that judge
    training: float  # median score on training rows
    learned: Share  # the share of the seeds that learn
    auc: float | None  # median area under the curve, None if it has no meaning
    updates: int  # that each seed was trained for
    error: str | None  # what Keras raised instead, None if it trained
    scores: tuple[float, ...] = ()  # of each seed on the rows that judge
    diverged: int = 0  # how many of the seeds end with a cost or weights that are NaN or infinite


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A fault that is proven by runs with and without its repair."""

    fault: Fault  # what is wrong
    changes: tuple[Change, ...]  # what an edit replaces
    repaired: Level | None  # the program with all repairs of the minimal set
    unrepaired: Level | None  # the same without the repair of this fault
    edits: tuple[Edit, ...] = ()  # the replacements of text in the user's files, if their lines are known
    needs_no_run: bool = False  # whether it follows from the program alone


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A repair that does in place of a cause."""

    fault: Fault  # what it repairs
    changes: tuple[Change, ...]  # what an edit replaces
    instead_of: Fault  # the cause whose repair it replaces
    level: Level  # what the program reaches with it


@dataclass(frozen=True, kw_only=True)
class Further:
    """A repair that is not needed to learn, and raises the score of the repaired program clearly."""

    fault: Fault  # what it repairs
    changes: tuple[Change, ...]  # what an edit replaces
    edits: tuple[Edit, ...] = ()  # the replacements of text in the user's files, if their lines are known


@dataclass(frozen=True, kw_only=True)
class Mechanism:
    """How a cause hurts, proven by an intervention that removes this and nothing else."""

    fault: Fault  # what it is called
    intervention: Intervention  # what removes it
    # repaired, unrepaired: the level with and without the intervention
    repaired: Level
    unrepaired: Level


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """What the program reaches from so many training rows."""

    rows: int
    level: Level


@dataclass(frozen=True, kw_only=True)
class Hint:
    """Something unusual without a proof that it matters."""

    fault: Fault  # what it may be
    changes: tuple[Change, ...]  # what an edit replaces
    is_needed: bool = False  # whether it is of the smallest set of repairs that learned


@dataclass(frozen=True, kw_only=True)
class TriedSet:
    """One training of the search, for a detailed report."""

    repairs: tuple[str, ...]
    level: Level
    fresh: bool


@dataclass(frozen=True, kw_only=True)
class Diagnosis(Result):
    """What became of a program's training, and why.

    Attributes:
        name: of the program
        outcome: what became of it
        task: what is to be learned
        judged: which rows decided
        user: what the program reaches as it is
        repaired: what it reaches with all causes repaired; None if it learns or nothing was found
        improved: what it reaches with the repairs of ``further`` beside them; None if there are none
        bar: the scores between which it was placed
        references: what constant and off-the-shelf predictions reach
        causes: proven faults, a minimal set, the likeliest first
        further: repairs that raise the score of the repaired program, or of a regression that learns, but is far
            behind a reference
        hints: unusual choices without a proof
        alternatives: repairs that do in place of a cause
        mechanisms: how causes hurt, each proven by an intervention of its own
        curve: what the program reaches from fewer rows, the fewest first; none if that was not asked
        repeats: what equal inputs with different targets leave to be learned; None if all inputs differ
        neighbours: other rows that hold what a row itself does not; None if there are none, or that was not asked
        known_validation: share of the program's validation rows that are training rows too, if that is most of them
        clone_bound: under which loss it cannot come while its units stay equal; None if they are not a cause, or if no
            such bound is known
        contradictions: facts that need no run, as ``programs.contradictions`` finds them
        edits: the edits of all causes and of ``further`` together, or others that were found to do better
        remedy: the repairs that these edits make
        edited: what the user's script reaches with these edits; None if there are none, or it is not from a script
        unconfirmed: what the smallest set of repairs that learned reaches, if the time ended before it was confirmed;
            the repairs are those of ``causes`` without a run and the first ``hints``
        notes: what reading the program changed or could not keep
        tried: all trainings
        device: that TensorFlow trained on
        partial: whether the clock ended the search
        seconds: that the diagnosis took
    """

    name: str
    outcome: OutcomeKind
    task: TaskKind
    judged: Judged
    user: Level | None
    repaired: Level | None
    improved: Level | None
    bar: Bar
    references: References
    causes: tuple[Cause, ...]
    further: tuple[Further, ...]
    hints: tuple[Hint, ...]
    alternatives: tuple[Alternative, ...]
    mechanisms: tuple[Mechanism, ...]
    curve: tuple[CurvePoint, ...]
    repeats: Repeats | None
    neighbours: Neighbours | None
    known_validation: float
    clone_bound: CloneBound | None
    contradictions: tuple[Contradiction, ...]
    edits: tuple[Edit, ...]
    remedy: tuple[Fault, ...]
    edited: EditedRun | None
    unconfirmed: Level | None
    notes: tuple[Note, ...]
    tried: tuple[TriedSet, ...]
    device: str
    partial: bool
    seconds: float
