"""What people read of the changes and symptoms of a scenario: one sentence or phrase for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..diagnosis.scenarios.changes import Change, Family
from ..diagnosis.scenarios.judge import ClonesRelation
from ..measures.symptoms import Symptoms
from .words import Json, number

AT_START = "-at-start"  # ends the names of what was measured before the first update
SAME = 0.05  # of the spread of the targets: outputs that have less of it are the same for every input
FEW = 0.05  # share of a layer's activations: fewer saturated ones are not reported
MOST_OUTPUTS, MOST_PLATEAUS = 6, 3  # that are reported


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
    Family.NOISE: "noise N(0, {amounts[0]:g}²) on every weight: no clones any more",
    Family.NOISE_CLONED: (
        "the same noise N(0, {amounts[0]:g}²) for all units of a layer: it moves the start, but the clones stay"
    ),
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
    Family.ANY_FUNCTION: "any function of the inputs",
    Family.TOGETHER: lambda change: ", and ".join(map(change_text, change.parts)),
}


def change_text(change: Change) -> str:
    """What was done in a change."""
    text = CHANGES[change.family]
    return text.format(name=change.name, amounts=change.amounts) if isinstance(text, str) else text(change)


def progress_text(change: Change | None) -> str:
    """What is running."""
    return "the run itself" if change is None else change_text(change)


def relation_text(found: ClonesRelation) -> str:
    """Whether identical units are necessary for a failure, and whether they are sufficient for it, in sentences"""
    if found.loosened is not None:
        change, share = change_text(found.loosened.change), found.loosened.share
        sentences = [f"Identical hidden units are needed for this failure: without them {share:.1%} learn ({change})."]
    elif found.failing_apart is not None:
        change, share = change_text(found.failing_apart.change), found.failing_apart.share
        sentences = [
            "Identical hidden units are not needed for this failure.",
            f"Networks without them fail too ({change}: {share:.0%} learn).",
        ]
    else:
        best = found.best_noise
        beside = "" if best is None else f" ({change_text(best.change)}: {best.share:.0%} learn)"
        sentences = [f"Identical hidden units are not needed for this failure: parting them does not help{beside}."]
    if found.learning_together is not None:
        change, share = change_text(found.learning_together.change), found.learning_together.share
        sentences.append(f"Networks with them can learn ({change}: {share:.0%}).")
    else:
        sentences.append("They are enough for it: no change that keeps them helped.")
    if found.harder is not None:
        apart, cloned = found.harder
        sentences.append(
            f"They do make learning harder: {apart.share:.1%} of {apart.change.name} seeds learn, and "
            f"{cloned.share:.1%} of the same seeds with identical units."
        )
    return " ".join(sentences)


def symptom_rows(found: Symptoms) -> Iterator[tuple[str, int | None, Json | float, str]]:
    """What was measured: its name, the layer or None of the whole run, the value, and the same in words."""
    scale = found.input_scale
    deviations = f"standard deviations from {scale['smallest']:.3g} to {scale['largest']:.3g}"
    yield "input-scale", None, scale, f"inputs have {deviations}, and means of up to {scale['offset']:.3g} in size"
    if found.spread < SAME:
        mean = " ".join(f"{value:.4g}" for value in found.mean_outputs[:MOST_OUTPUTS])
        yield "constant-prediction", len(found.end), found.spread, f"it predicts one thing, whatever the input: {mean}"
    for flat in found.plateaus[:MOST_PLATEAUS]:
        text = f"flat from iteration {flat.first:,} to {flat.last:,} at a cost of {number(flat.cost)}"
        yield "plateau", None, {"from": flat.first, "to": flat.last, "cost": flat.cost}, text
    for id, layers in (("", found.end), (AT_START, found.start)):
        when = ", at the start" if id else ""
        for place, layer in enumerate(layers, start=1):
            if layer.width < layer.units:
                yield f"clones{id}", place, layer.width, f"effective width {layer.width} of {layer.units}{when}"
            if layer.saturated > FEW:
                yield (
                    f"saturated{id}",
                    place,
                    layer.saturated,
                    f"{layer.saturated:.0%} of activations saturated{when}",
                )
            if layer.dead > 0:
                yield f"dead{id}", place, layer.dead, f"{layer.dead:.0%} of the units give 0 on every observation{when}"
            yield f"gradient{id}", place, layer.gradient, f"{layer.gradient:.2g} (root mean square){when}"
