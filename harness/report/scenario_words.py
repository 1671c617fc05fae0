"""What people read of the changes and symptoms of a scenario: one sentence or phrase for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..diagnosis.scenarios.changes import Change, Family
from ..diagnosis.scenarios.judge import ClonesRelation
from ..measures.symptoms import Symptom


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


def prediction_text(symptom: Symptom) -> str:
    """it predicts the mean of the targets, whatever the input: 0.599 0.401"""
    mean: Any = symptom.facts["mean"]
    what = "it predicts the mean of the targets" if symptom.facts["is_mean_of_targets"] else "it predicts one thing"
    return f"{what}, whatever the input: {' '.join(f'{value:.4g}' for value in mean)}"


def plateau_text(symptom: Symptom) -> str:
    """flat from iteration 10 to 1,000 at a cost of 0.4, that of a constant prediction"""
    value: Any = symptom.value
    constant = ", that of a constant prediction" if symptom.facts["is_constant_prediction"] else ""
    return f"flat from iteration {value['from']:,.0f} to {value['to']:,.0f} at a cost of {value['cost']:.4g}{constant}"


def target_range_text(symptom: Symptom) -> str:
    """targets go from 0 to 40, sigmoid outputs from 0 to 1: no cost under 760 is possible"""
    value: Any = symptom.value
    facts = symptom.facts
    return (
        f"targets go from {value['low']:.3g} to {value['high']:.3g}, {facts['activation']} outputs from "
        f"{facts['least']:g} to {facts['most']:g}: no cost under {facts['cost']:.4g} is possible"
    )


def scale_text(symptom: Symptom) -> str:
    """inputs have standard deviations from 1 to 20, and means of up to 5 in size"""
    value: Any = symptom.value
    return (
        f"inputs have standard deviations from {value['smallest']:.3g} to {value['largest']:.3g}, and means of up to "
        f"{value['offset']:.3g} in size"
    )


def output_range_text(symptom: Symptom) -> str:
    """outputs from 0.1 to 0.9, targets from 0 to 1"""
    value: Any = symptom.value
    facts = symptom.facts
    return (
        f"outputs from {value['low']:.4g} to {value['high']:.4g}, targets from {facts['least']:.4g} to "
        f"{facts['most']:.4g}"
    )


SYMPTOMS: Mapping[str, Callable[[Symptom], str]] = {
    "input-scale": scale_text,
    "target-range": target_range_text,
    "contradictory-targets": lambda s: (
        f"{s.facts['same']} of {s.facts['observations']} observations repeat the inputs of another; no function of x "
        f"comes under a cost of {s.value:.4g}"
    ),
    "final-cost": lambda s: (
        f"cost {s.value:.6g} after {s.facts['iterations']:,} iterations; the best constant prediction has "
        f"{s.facts['constant']:.6g}"
    ),
    "constant-prediction": prediction_text,
    "constant-output": lambda s: (
        f"output {s.value:.0f} of {s.facts['outputs']} is the same whatever the input, the others are not"
    ),
    "diverged": lambda s: f"the cost was not a number any more at iteration {s.value:,.0f}",
    "oscillates": lambda s: f"the cost went up in {s.value:.0%} of the later steps",
    "plateau": plateau_text,
    "output-range": output_range_text,
    "clones": lambda s: (
        f"effective width {s.value:.0f} of {s.facts['units']}, "
        f"{'exact clones all the while' if s.facts['is_exact'] else 'clones'}"
    ),
    "saturated": lambda s: f"{s.value:.0%} of the activations saturated",
    "dead": lambda s: f"{s.value:.0%} of the units give 0 on every observation",
    "gradient": lambda s: f"gradient of {s.value:.2g} (root mean square)",
    "gradient-decay": lambda s: (
        f"layer 1 gets {s.value:.2g} of the last layer's gradient, a factor of {s.facts['each_layer']:.2g} a layer"
    ),
    "unmoved-weights": lambda s: f"{s.value:.0%} of the weights never moved",
}


def symptom_text(symptom: Symptom) -> str:
    """What was measured."""
    at_start = symptom.id.endswith("-at-start")
    text = SYMPTOMS[symptom.id.removesuffix("-at-start")](symptom)
    return f"{text}, at the start" if at_start else text
