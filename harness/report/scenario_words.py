"""What people read of a scenario's hypotheses, changes and symptoms: one sentence or phrase for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..diagnosis.scenarios.changes import Act, What
from ..diagnosis.scenarios.judge import Cause, ClonesRelation
from ..measures.symptoms import Symptom
from .causes import HYPOTHESES


def remedy_text(causes: Sequence[Cause]) -> str | None:
    """What to do about all causes; None if there are none."""
    return "; ".join(dict.fromkeys(HYPOTHESES[cause.id][1] for cause in causes)) or None


def healthy_text(what: What) -> str:
    """glorot_uniform starts multiplied by 0.1, each layer's units cloned"""
    text = f"{what.name} starts"
    if what.amount is not None and what.amount != 1:
        text += f" multiplied by {what.amount:g}"
    return text + (", each layer's units cloned" if what.clones else "")


def noise_text(what: What) -> str:
    """noise N(0, 0.1²) on every weight: no clones any more"""
    if what.clones:
        return (
            f"the same noise N(0, {what.amount:g}²) for all units of a layer: it moves the start, but the clones stay"
        )
    return f"noise N(0, {what.amount:g}²) on every weight: no clones any more"


def long_look_text(what: What) -> str:
    """Many starts and rates of clones."""
    return (
        f"{what.name} starts multiplied by 0.1 to 10, each layer's units cloned, rate multiplied by 0.1 to 10, "
        f"{what.amount:,.0f} iterations"
    )


def wider_text(what: What) -> str:
    """12 and 12 hidden units, healthy starts"""
    return f"{' and '.join(map(str, what.units))} hidden units" + (", healthy starts" if what.name else "")


CHANGES: dict[Act, Callable[[What], str]] = {
    Act.NOTHING: lambda what: "nothing changed",
    Act.NOISE: noise_text,
    Act.SCALE: lambda what: f"the same initial weights multiplied by {what.amount:g}",
    Act.HEALTHY: healthy_text,
    Act.RATE: lambda what: f"learning rate multiplied by {what.amount:g}",
    Act.ITERATIONS: lambda what: f"iterations multiplied by {what.amount:g}",
    Act.LONG_LOOK: long_look_text,
    Act.OPTIMIZER: lambda what: f"{what.name} with a rate of {what.amount:g}",
    Act.ACTIVATION: lambda what: f"{what.name} in the hidden layers",
    Act.INPUTS: lambda what: "inputs standardised",
    Act.LINEAR_OUTPUT: lambda what: "a linear output layer",
    Act.TARGETS: lambda what: f"targets mapped into {what.bounds[0]:g} to {what.bounds[1]:g}",
    Act.WIDER: wider_text,
    Act.LIFTED: lambda what: "hidden biases raised until every unit is active on half of the observations",
    Act.ANY_FUNCTION: lambda what: "any function of the inputs",
    Act.BOTH: lambda what: ", and ".join(change_text(part) for part in what.parts),
}


def change_text(what: What) -> str:
    """What was done in a change."""
    return CHANGES[what.act](what)


def progress_text(what: What | None) -> str:
    """What is running."""
    return "the run itself" if what is None else change_text(what)


def relation_text(found: ClonesRelation) -> str:
    """Whether identical units are necessary for a failure, and whether they are sufficient for it, in sentences"""
    if found.loosened is not None:
        change, share = change_text(found.loosened.change.what), found.loosened.share
        sentences = [f"Identical hidden units are needed for this failure: without them {share:.1%} learn ({change})."]
    elif found.failing_apart is not None:
        change, share = change_text(found.failing_apart.change.what), found.failing_apart.share
        sentences = [
            "Identical hidden units are not needed for this failure.",
            f"Networks without them fail too ({change}: {share:.0%} learn).",
        ]
    else:
        best = found.best_noise
        beside = "" if best is None else f" ({change_text(best.change.what)}: {best.share:.0%} learn)"
        sentences = [f"Identical hidden units are not needed for this failure: parting them does not help{beside}."]
    if found.learning_together is not None:
        change, share = change_text(found.learning_together.change.what), found.learning_together.share
        sentences.append(f"Networks with them can learn ({change}: {share:.0%}).")
    else:
        sentences.append("They are enough for it: no change that keeps them helped.")
    if found.harder is not None:
        apart, cloned = found.harder
        sentences.append(
            f"They do make learning harder: {apart.share:.1%} of {apart.change.what.name} seeds learn, and "
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
