"""What a diagnosis says: facts alone; report/ puts them into words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ..measures.symptoms import Course
from ..results import Result
from .faults import Fault
from .outcomes import Bar, CostBar, OutcomeKind, Share
from .references import References
from .repeats import Repeats
from .scenario_changes import Change as ScenarioChange
from .scenario_changes import Result as ChangeResult
from .splits import Judged
from .tasks import TaskKind

if TYPE_CHECKING:  # what takes long to import, and no answer about a scenario has
    from ..programs.changes import Change
    from ..programs.edits import Edit
    from ..programs.findings import Contradiction
    from ..programs.program import FitError, Note
    from .by_heart import ByHeart
    from .edited_run import EditedRun
    from .neighbours import Neighbours

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


class Intervention(Enum):
    """What is done to the initial weights of a program; of the last two, nothing is done to them."""

    # of the first two, kernels of an unusual scale are brought to the usual one, with the control too
    NOISE = "noise"  # normal noise of Glorot's standard deviation, another for every weight
    SHARED_NOISE = "shared-noise"  # the same noise for all units of a layer: identical units stay identical
    RESCALED = "rescaled"  # kernels brought to Glorot's standard deviation, their pattern kept
    LIFTED = "lifted"  # biases of hidden layers set to 0
    MIRRORED = "mirrored"  # all weights and biases, those of the output layer too, negated
    REDRAWN = "redrawn"  # usual initializers, the repair itself
    LEFT = "left"  # the repair of the cause gets the training off the plateau


@dataclass(frozen=True, kw_only=True)
class Level:
    """What one training reaches."""

    # held, training: median score on the rows that judge and on training rows; of a scenario, the median cost
    held: float
    training: float
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
    change: ScenarioChange | None = None  # of a scenario, what removes it and nothing else


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A repair that does in place of a cause."""

    fault: Fault  # what it repairs
    changes: tuple[Change, ...]  # what an edit replaces
    instead_of: Fault  # the cause whose repair it replaces
    level: Level  # what the program reaches with it
    change: ScenarioChange | None = None  # of a scenario, what is changed


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
class CloneBound:
    """The least loss of a network whose units stay equal."""

    loss: str  # name of the program's loss
    least: float  # of the loss
    # the same as a sum over all observations and outputs; None of a loss that is not a mean of squares
    total: float | None


@dataclass(frozen=True, kw_only=True)
class ClonesRelation:
    """What identical units are for a failure."""

    loosened: ChangeResult | None  # the change that parts them and helps; None if parting them does not
    failing_apart: ChangeResult | None  # the worst of healthy starts without them that fail too; None if none does
    best_noise: ChangeResult  # the noise that helps most, enough or not
    learning_together: ChangeResult | None  # the best change that keeps them and learns; None if none does
    # healthy starts and the same with their units made identical, where the second learn less often
    harder: tuple[ChangeResult, ChangeResult] | None

    @property
    def are_necessary(self) -> bool:
        """Whether the network learns without them."""
        return self.loosened is not None

    @property
    def are_sufficient(self) -> bool:
        """Whether nothing that keeps them helps."""
        return self.learning_together is None


@dataclass(frozen=True, kw_only=True, eq=False)
class ScenarioFacts:
    """What is known of a scenario alone."""

    learning_rate: float
    course: Course  # the whole run that was asked about
    learned_at: int | None  # since when that run is at the target, None if never
    in_time: Level | None  # what healthy starts reach long before a run that learns late; None if it is not late
    accuracy: float | None  # of the run; None for targets that are not classes
    math_error: float  # the largest relative difference of its gradients from numerical ones
    relation: ClonesRelation | None  # what identical units are for the failure; None if there are none
    sampled: tuple[int, int] | None  # the number of observations that trained, of how many; None if all did


@dataclass(frozen=True, kw_only=True)
class Diagnosis(Result):
    """What became of a training, and why.

    Attributes:
        name: of the program or scenario
        outcome: what became of it
        task: what is to be learned, and with it the score; None of a scenario, which is judged by its cost
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
        by_heart: that nothing it has learned holds for its validation rows; None if that is not shown
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
        raised: what fit raised in the script, if a training alone does not; nothing is then judged
        seconds: that the diagnosis took
        scenario: what is known of a scenario alone; None of a program
    """

    name: str
    outcome: OutcomeKind
    task: TaskKind | None
    judged: Judged
    user: Level | None
    bar: Bar | CostBar
    references: References
    causes: tuple[Cause, ...]
    tried: tuple[TriedSet, ...]
    device: str
    partial: bool
    seconds: float
    repaired: Level | None = None
    improved: Level | None = None
    further: tuple[Further, ...] = ()
    hints: tuple[Hint, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    mechanisms: tuple[Mechanism, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    repeats: Repeats | None = None
    neighbours: Neighbours | None = None
    by_heart: ByHeart | None = None
    known_validation: float = 0.0
    clone_bound: CloneBound | None = None
    contradictions: tuple[Contradiction, ...] = ()
    edits: tuple[Edit, ...] = ()
    remedy: tuple[Fault, ...] = ()
    edited: EditedRun | None = None
    unconfirmed: Level | None = None
    notes: tuple[Note, ...] = ()
    raised: FitError | None = None
    scenario: ScenarioFacts | None = None
