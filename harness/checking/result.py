"""What a check found: facts, no sentences."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from ..recording.driving.pairs.arrays import OBSERVATIONS
from ..recording.driving.pairs.plan import PairKind
from ..recording.graph import Place, Reduction
from ..results import Result
from .mistakes import UNNAMED


class Verdict(enum.Enum):
    """The answer."""

    CORRECT = "correct"
    MISTAKE = "mistake"
    NOT_JUDGED = "not judged"


class Reason(enum.Enum):
    """Why there is no verdict."""

    NO_PARAMETERS = "no-parameters"  # nothing was updated while the file ran
    NOT_DRIVEN = "not-driven"  # it only defines things, and no call of them trains anything
    NO_GRADIENT = "no-gradient"  # its parameters are changed by random numbers alone
    RAISED = "raised"  # it ended with an exception before it trained
    MISSING_MODULE = "missing-module"  # the same, because of what a missing module would give
    NO_NUMPY = "no-numpy"
    NO_COST = "no-cost"  # neither a cost nor a comparison of outputs with targets was found
    SEVERAL_COSTS = "several-costs"  # the same parameters are updated at places that answer to different costs
    NO_COST_FITS = "no-cost-fits"  # no parameter's update belongs to any cost that was tried
    RECORDING_CHANGED_THE_RUN = "recording-changed-the-run"
    HISTORY_LOST = "history-lost"  # values went through code that does not record
    CANNOT_REPLAY = "cannot-replay"  # an operation is unknown
    UNSTABLE_BRANCHES = "unstable-branches"  # random settings change its branches
    UNCLASSIFIED = "unclassified"  # something that the cost depends on is neither data nor updated
    STOPPED = "stopped"  # the recording ended before an iteration was complete
    TOO_MANY = "too-many-operations"  # in one iteration
    REFUSED = "refused"  # bad input: Python 2, not Python at all
    DOUBTFUL_CALLS = "doubtful-calls"  # the calls that make it train may fit its shapes by accident only
    LAYERS_LEFT = "layers-left"  # some pairs of its layers agree, others or some gradients could not be compared
    NETWORKS_LEFT = "networks-left"  # the first network is right, but others of the file could not be judged
    RULE = "rule"  # the gradients are right, but the update rule is not understood


class Remark(str, enum.Enum):
    """What is said beside a verdict. The values are the ids of JSON."""

    UPDATE_RULE = "update-rule"
    UPDATE_RULE_UNKNOWN = "update-rule-unknown"
    OPTION_JUDGED = "option-judged"
    OPTION_NOT_JUDGED = "option-not-judged"
    UPDATE_PROJECTED = "update-projected"
    LATER_ITERATION_NOT_READ = "later-iteration-not-read"
    LATER_ITERATION_DIFFERS = "later-iteration-differs"
    OVERFLOW_AT_LARGE_VALUES = "overflow-at-large-values"
    BIASES_NOT_TRAINED = "biases-not-trained"
    IDENTITY_NOT_TRAINED = "identity-not-trained"
    TRAINED_IN_TURN = "trained-in-turn"
    TARGETS_OF_OTHER_ROWS = "targets-of-other-rows"
    TARGETS_ADDED = "targets-added"
    SOFTMAX_NOT_CALLED = "softmax-not-called"
    ANOTHER_RATE = "another-rate"
    STEP_SCALED = "step-scaled"
    COEFFICIENT_NOT_READ = "coefficient-not-read"
    VALUES_ROUNDED = "values-rounded"
    LOOP_WENT_ROUND_ONCE = "loop-went-round-once"
    DID_NOT_RUN = "did-not-run"
    RESULT_NOT_USED = "result-not-used"
    NETWORK_CORRECT = "network-correct"
    USE_WRONG = "use-wrong"
    CANNOT_REPLAY = "cannot-replay"
    RAISED_ALONE = "raised-alone"
    RAISED_LATER = "raised-later"
    RAISED_BEFORE = "raised-before"
    CHANGED_AT = "changed-at"
    PYTHON_2 = "python-2"


Note = tuple[Remark, Place | None, str]  # a remark, its line, and what it is about


class Kind(enum.Enum):
    """What a quantity is."""

    GRADIENT = "gradient"  # dC/d(name)
    DECAY = "decay"  # a multiple of name, a parameter, that is added to its gradient
    NOTHING = "nothing"  # 0, or no update at all
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """What a value is, or should be: ``factor`` times a gradient, or times a parameter that decays."""

    kind: Kind  # of what
    name: str = ""  # the user's name of the forward value
    line: int | None = None  # where that is computed
    # cell, cell_line: as in ``Place``
    cell: int | None = None
    cell_line: int | None = None
    factor: float | None = None  # None if it is not known
    transposed: bool = False  # whether it is the transpose
    shape: tuple[int, ...] = ()  # of the gradient; () if that is not known, or of one number


UNKNOWN = Quantity(kind=Kind.UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class Found:
    """One mistake."""

    id: str  # of the catalogue
    place: Place | None  # the line; None if there is none (something is missing)
    # further lines that belong to it (the definition of a wrong derivative, each layer's line)
    others: tuple[Place, ...] = ()
    variable: str = ""  # the user's name of the wrong value; "" if it has none
    shape: tuple[int, ...] = ()  # of the wrong value
    got: Quantity | None = None  # what it is
    expected: Quantity | None = None  # what it should be
    parameters: tuple[str, ...] = ()  # the names of those whose updates it spoils
    ratio: float | None = None  # of what it is to what it should be, if that is one factor
    detail: str = ""  # more, under names that ``report/mistakes.py`` knows
    accepted: bool = False  # whether the author of the file knows of it and accepts it (``accepting``)


def join_mistakes(first: Found, second: Found) -> Found:
    """One mistake of two, with the lines and parameters of both."""
    places: tuple[Place | None, ...] = (*first.others, second.place, *second.others)
    others = tuple(dict.fromkeys(place for place in places if place is not None and place != first.place))
    return replace(first, parameters=tuple(dict.fromkeys((*first.parameters, *second.parameters))), others=others)


def merge_by_line(found: Iterable[Found]) -> list[Found]:
    """One mistake for each id and line."""
    return _merged(found, lambda one: (one.id, one.place))


def merge_by_id(found: Iterable[Found]) -> list[Found]:
    """One mistake for each id: for what is written once for all parameters, as an update rule is."""
    return _merged(found, lambda one: one.id)


def merge_by_place(found: Iterable[Found]) -> list[Found]:
    """One mistake for each line."""
    return _merged(found, lambda one: one.place)


def _merged(found: Iterable[Found], key_of: Callable[[Found], Hashable]) -> list[Found]:
    """One mistake for each key, in the order of the first of each."""
    kept: dict[Hashable, Found] = {}
    for one in found:
        key = key_of(one)
        kept[key] = join_mistakes(kept[key], one) if key in kept else one
    return list(kept.values())


@dataclass(frozen=True, kw_only=True)
class AssumedCost:
    """The cost that a reading assumes."""

    form: str  # of the catalogue; "" for one that the file computes
    place: Place | None  # where the file computes it; where it compares outputs with targets for one of the catalogue
    variable: str = ""  # the user's name of it
    # what the catalogue's cost is multiplied by, if the rate is known to be apart; None otherwise
    factor: float | None = None
    maximised: bool = False  # whether the updates climb it (a log-likelihood)
    weights: str = ""  # the user's name of what observations count, if they count differently
    plus: tuple[str, ...] = ()  # of the catalogue: the costs of other outputs, which are added to it
    held: bool = False  # whether the network makes its own targets, which are taken as given


@dataclass(frozen=True, kw_only=True)
class ParameterFacts:
    """One parameter."""

    name: str  # the user's
    shape: tuple[int, ...]  # of it
    place: Place | None  # of its update
    factor: float | None  # ``step = factor * gradient``; None if it is not a multiple of it
    decay: float  # of weight decay, 0 without
    adaptive: bool  # whether the step is another function of the gradient (Adam, clipping)
    aligned: bool  # whether its update is accounted for


@dataclass(frozen=True, kw_only=True)
class Row:
    """One operation of the backward pass."""

    place: Place | None  # its line
    operation: str  # NumPy's name
    shape: tuple[int, ...]  # of its value
    aligned: tuple[Quantity, ...]  # the gradients that it is a multiple of


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """Another reading of the file, under another cost."""

    cost: AssumedCost
    mistakes: tuple[Found, ...]


class Agreement(enum.Enum):
    """How a gradient compares with the true one."""

    AGREES = "agrees"
    SCALED = "scaled"  # a positive constant times the true one, such as 1 over the number of observations
    DIFFERS = "differs"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True, kw_only=True)
class GradientResult:
    """One gradient of a pair."""

    name: str  # the user's ("dW", "self.dweights", "return value", "update of self.W")
    of: str  # what it should be the gradient of
    agreement: Agreement  # the answer
    factor: float | None = None  # ``name = factor * true gradient``; None if there is no such factor
    largest_difference: float | None = None  # relative to the largest entry of the true gradient, over all settings
    aligned_with: str = ""  # what it is a multiple of instead, if that is another gradient of the pair; "" otherwise
    # shape, true_shape: of the gradient, and as it should be
    shape: tuple[int, ...] = ()
    true_shape: tuple[int, ...] = ()
    line: int = 0  # of the operation that made it; 0 if unknown
    text: str = ""  # that line
    is_passed_on: bool = False  # whether it is the gradient from above, unchanged


@dataclass(frozen=True, kw_only=True)
class PairResult:
    """One pair."""

    kind: PairKind  # of the pair
    name: str  # the user's names of both sides
    line: int  # of the definition of the backward side
    file: str = ""  # that it is defined in, relative to the project's folder; "" for the one that is checked
    how: str = ""  # "of z" or "of a" for a derivative that is given as a function of the output; "" otherwise
    gradients: tuple[GradientResult, ...] = ()  # all that could be read
    consistent: bool = True  # whether all parameters' gradients have the same factor
    unread: tuple[str, ...] = ()  # parameters that the forward side uses and that no gradient was found for
    observations: int = OBSERVATIONS  # number of observations in the run, which factors may refer to
    calls: tuple[str, ...] = ()  # the lines that called the pair
    is_called: bool = True  # whether a way of calling it worked
    mistakes: tuple[Found, ...] = ()  # where wrong gradients go wrong, if that was found

    @property
    def owner(self) -> str:
        """The class of a layer, or the function that is called forwards."""
        return re.split(r"[. ]", self.name)[0]

    @property
    def agreement(self) -> Agreement:
        """The worst of its gradients."""
        order = [Agreement.DIFFERS, Agreement.NOT_JUDGED, Agreement.SCALED, Agreement.AGREES]
        found = [gradient.agreement for gradient in self.gradients]
        return next((one for one in order if one in found), Agreement.NOT_JUDGED)


@dataclass(frozen=True, kw_only=True)
class Unrun:
    """Lines that did not run."""

    # first, last: where they begin and end
    first: Place
    last: Place


@dataclass(frozen=True, kw_only=True)
class CheckResult(Result):
    """The verdict on one file.

    Attributes:
        file: its name.
        verdict: the answer.
        mistakes: those that were found, in the order of execution.
        reason: why there is no verdict.
        detail: of the reason: an exception's message, an operation, a name.
        cost: what the verdict assumes.
        alternatives: other readings of the same file.
        parameters: all of them.
        rows: the backward pass, one row an operation.
        sizes: shapes of the run: names and shapes of inputs, targets and outputs.
        stand_ins: what was replaced in the run, as (kind, name).
        reductions: what the run used less of than the file asks for.
        calls: the lines that made the file train; empty if it trains by itself.
        failures: calls that were tried in vain, as (line, reason).
        suggestion: a line for ``run`` if the file could not be driven.
        traceback: the frames of an exception in the user's files.
        exception: its type and message.
        notes: remarks, as (id, place, detail).
        pairs: of a file without a network, its layers and the like, each forward side against its backward side.
        unrun: lines on the way to the updates of other settings, which a verdict says nothing about.
        judged_iterations: how many updates of every parameter were looked at.
    """

    file: str
    verdict: Verdict
    mistakes: tuple[Found, ...] = ()
    reason: Reason | None = None
    detail: str = ""
    cost: AssumedCost | None = None
    alternatives: tuple[Alternative, ...] = ()
    parameters: tuple[ParameterFacts, ...] = ()
    rows: tuple[Row, ...] = ()
    sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    stand_ins: tuple[tuple[str, str], ...] = ()
    reductions: tuple[Reduction, ...] = ()
    calls: tuple[str, ...] = ()
    failures: tuple[tuple[str, str], ...] = ()
    suggestion: str = ""
    traceback: tuple[Place, ...] = ()
    exception: str = ""
    notes: tuple[Note, ...] = ()
    unrun: tuple[Unrun, ...] = ()
    judged_iterations: int = 0
    pairs: tuple[PairResult, ...] = ()

    @property
    def is_accepted(self) -> bool:
        """Whether there are mistakes, and the author of the file accepts all of them."""
        return self.verdict is Verdict.MISTAKE and all(found.accepted for found in self.mistakes)


def with_files(value: Any, rename: Callable[[str], str]) -> Any:
    """A result, or a part of it, with other names of the files that its lines are in.

    Args:
        value: the result, or what it holds.
        rename: gives a file's name for its path from the folder that was recorded.
    """
    if isinstance(value, (tuple, list)):
        return type(value)(with_files(one, rename) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed = {one.name: with_files(getattr(value, one.name), rename) for one in fields(value) if one.compare}
    if isinstance(value, (Place, CheckResult)):
        changed["file"] = rename(value.file)
    return replace(value, **changed)


def without_echoes(found: Sequence[Found]) -> list[Found]:
    """The mistakes, but for wrong values without a name on the line of one with a name: that spoils them as well."""
    named = {one.place.site: one for one in found if one.id != UNNAMED and one.place is not None}
    echoes = {id(one): named.get(one.place.site) for one in found if one.id == UNNAMED and one.place is not None}
    kept: list[Found] = []
    for one in found:
        if echoes.get(id(one)) is None:
            of_one = [other for other in found if echoes.get(id(other)) is one]
            names = [name for mistake in (one, *of_one) for name in mistake.parameters]
            kept.append(replace(one, parameters=tuple(dict.fromkeys(names))))
    return kept
