"""What people read of a scenario's diagnosis alone: its run, what is changed in it, and what identical units are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..diagnosis.answer import ClonesRelation, Diagnosis, Level, ScenarioFacts
from ..diagnosis.outcomes import OutcomeKind
from ..diagnosis.scenario_changes import Change, Family, Result
from .words import count, number, percent_range


def healthy_text(change: Change) -> str:
    """glorot_uniform starts multiplied by 0.1, each layer's units cloned"""
    factor = "" if change.amounts == (1.0,) else f" multiplied by {change.amounts[0]:g}"
    return f"{change.name} starts{factor}" + (", each layer's units cloned" if change.symmetric else "")


def outputs_text(change: Change) -> str:
    """targets mapped into 0.1 to 0.9"""
    return "targets mapped into {:g} to {:g}".format(*change.amounts) if change.amounts else "a linear output layer"


def wider_text(change: Change) -> str:
    """12 and 12 hidden units, healthy starts"""
    return f"{' and '.join(map(str, change.amounts))} hidden units" + (", healthy starts" if change.name else "")


SCALED = "the same initial weights multiplied by {amounts[0]:g}"
RATE = "learning rate multiplied by {amounts[0]:g}"
CHANGES: dict[Family, str | Callable[[Change], str]] = {
    Family.NOTHING: "nothing changed",
    Family.NOISE: "noise N(0, {amounts[0]:g}²) on every weight",
    Family.NOISE_CLONED: "noise N(0, {amounts[0]:g}²) that is the same for all units of a layer",
    Family.MIRRORED: SCALED,
    Family.SCALE_DOWN: SCALED,
    Family.SCALE_UP: SCALED,
    Family.HEALTHY: healthy_text,
    Family.HEALTHY_CLONED: healthy_text,
    Family.HEALTHY_SCALED: healthy_text,
    Family.HEALTHY_SCALED_CLONED: healthy_text,
    Family.RATE_UP: RATE,
    Family.RATE_DOWN: RATE,
    Family.ITERATIONS: "iterations multiplied by {amounts[0]:g}",
    Family.LONG_LOOK: (
        "{name} starts multiplied by 0.1 to 10, each layer's units cloned, rate multiplied by 0.1 to 10, "
        "{amounts[0]:,.0f} iterations"
    ),
    Family.OPTIMIZER: "{name} with a rate of {amounts[0]:g}",
    Family.ACTIVATION: "{name} in the hidden layers",
    Family.INPUTS: "inputs standardised",
    Family.OUTPUTS: outputs_text,
    Family.WIDER: wider_text,
    Family.LIFT: "hidden biases raised until every unit is active on half of the observations",
    Family.TOGETHER: lambda change: ", and ".join(map(change_text, change.parts)),
}


def change_text(change: Change) -> str:
    """What was done in a change."""
    text = CHANGES[change.family]
    return text.format(name=change.name, amounts=change.amounts) if isinstance(text, str) else text(change)


def progress_text(change: Change | None) -> str:
    """What is running."""
    return "the run itself" if change is None else change_text(change)


def run_lines(diagnosis: Diagnosis, facts: ScenarioFacts, user: Level) -> Iterator[str]:
    """What became of the run that was asked about, and of others like it."""
    course, bar = facts.course, diagnosis.bar
    after = f"{count(course.iterations[-1], 'iteration')} at a learning rate of {facts.learning_rate:g}"
    right = "" if facts.accuracy is None else f", accuracy {facts.accuracy:.1%}"
    floor = f", the best function of the inputs {number(bar.best)}" if bar.best > 0 else ""
    levels = f"learned from {number(bar.learned)}, constant prediction {number(bar.constant)}{floor}"
    yield f"Cost after {after}: {number(course.costs[-1])}{right} ({levels})."
    if facts.in_time is not None:
        share, soon = facts.in_time.learned, f"iteration {facts.in_time.updates:,}"
        yield (
            f"It has learned from iteration {facts.learned_at:,} on. Of healthy starts, {share.value:.0%} have learned "
            f"by {soon}, when its cost is {number(user.held)}."
        )
    elif diagnosis.outcome is OutcomeKind.LUCKY or (diagnosis.outcome is not OutcomeKind.LEARNS and user.learned.count):
        share = user.learned
        yield f"Of other starts, {share.value:.0%} learn (95 % interval: {percent_range(share.low, share.high)})."
    elif diagnosis.outcome is OutcomeKind.LEARNS and course.costs[-1] > bar.learned:
        yield "Nothing that was tried does much better: it learns what there is to learn."
    if facts.sampled is not None and diagnosis.outcome is not OutcomeKind.LEARNS:
        used, observations = facts.sampled
        yield f"For lack of time, causes were searched for with {used:,} of its {observations:,} observations."
    yield f"The math is right: its gradients are within {facts.math_error:.0e} of numerical ones."


def tried_text(result: Result, digits: int = 0) -> str:
    """glorot_uniform starts: 97.7% learn"""
    return f"{change_text(result.change)}: {result.share:.{digits}%} learn"


def relation_text(relation: ClonesRelation) -> str:
    """Whether identical units are necessary for a failure, and whether they are sufficient for it, in sentences"""
    needed = "Identical hidden units are not needed for this failure"
    if relation.loosened is not None:
        needed = f"Identical hidden units are needed for this failure ({tried_text(relation.loosened, 1)})."
    elif relation.failing_apart is not None:
        needed += f". Networks without them fail too ({tried_text(relation.failing_apart)})."
    else:
        needed += f": parting them does not help ({tried_text(relation.best_noise)})."
    enough = "They are enough for it: no change that keeps them helped."
    if relation.learning_together is not None:
        enough = f"Networks with them can learn ({tried_text(relation.learning_together)})."
    harder = ""
    if relation.harder is not None:
        apart, cloned = relation.harder
        harder = (
            f" They do make learning harder: {apart.share:.1%} of {apart.change.name} seeds learn, and "
            f"{cloned.share:.1%} of the same seeds with identical units."
        )
    return f"{needed} {enough}{harder}"
