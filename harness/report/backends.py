"""What people and machines read of the same network computed under several backends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..backends.compare import BackendComparison, Pair, Place, Problem, SetupRun
from ..backends.judge import Cause, Difference
from ..backends.outcomes import ScoreDifference
from ..backends.quantities import Kind, Quantity
from ..backends.reasons import Reason, ReasonKind
from ..backends.settings import Setting
from ..backends.setups import Setup
from ..results import as_cards, as_document, as_figure, as_page, as_report, as_verdict
from .registering import register_drawings
from .words import Json, count, joined, new_table

NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
MAX_ROWS = 30  # of the table of differences of one pair
KINDS = {
    Kind.INFERENCE_OUTPUT: "output in inference",
    Kind.TRAINING_OUTPUT: "output in training",
    Kind.LOSS: "loss",
    Kind.GRADIENT: "gradient",
    Kind.WEIGHT: "weights",
}

# Words


def setup_name(setup: Setup) -> str:
    """ "JAX", "JAX float64", "TensorFlow not compiled" """
    return setup.name.replace(setup.backend, NAMES[setup.backend], 1)


def quantity_phrase(quantity: Quantity) -> str:
    """ "the gradient of dense/kernel", "dense/kernel after 10 updates" """
    again = f" (number {quantity.number})" if quantity.number > 1 else ""
    weight = "/".join(filter(None, (quantity.layer, quantity.weight)))
    if quantity.kind is Kind.LOSS:
        return "the loss"
    if quantity.kind is Kind.GRADIENT:
        return f"the gradient of {weight}"
    if quantity.kind is Kind.WEIGHT:
        return f"{weight} after {count(quantity.updates, 'update')}"
    return f"the {KINDS[quantity.kind]} of {quantity.layer}{again}"


def place_phrase(pair: Pair, first: Difference) -> str:
    """ "layer dense", "the optimizer" """
    if pair.place is Place.OPTIMIZER:
        return "the optimizer"
    return "the loss" if pair.place is Place.LOSS else f"layer {first.quantity.layer}"


def relative_phrase(difference: Difference) -> str:
    """ "0.001 of the largest element", "6.6 times the largest element" """
    share = f"{difference.relative:.2g}"
    return f"{share} times the largest element" if float(share) > 1 else f"{share} of the largest element"


def size_phrase(difference: Difference) -> str:
    """By how much two arrays differ."""
    if difference.cause is Cause.SHAPE:
        return "has another shape"
    if difference.cause is Cause.NOT_FINITE:
        return "is NaN or infinite on one side only"
    return f"differs by up to {difference.largest:.2g} ({relative_phrase(difference)})"


def first_sentences(pair: Pair, first: Difference) -> list[str]:
    """Where two setups part, and by how much."""
    left, right = setup_name(pair.left), setup_name(pair.right)
    how = "at most" if first.is_derived else "an estimated"
    what = f"{left} and {right} part at {place_phrase(pair, first)}: {quantity_phrase(first.quantity)} "
    if first.cause is Cause.COMPUTATION:
        return [
            f"{what}{size_phrase(first)}; rounding explains {how} {first.by_rounding:.2g}.",
            f"Computed in float64 on both sides, it still differs by {first.in_float64:.2g}, and rounding explains at "
            f"most {first.allowed_in_float64:.2g}."
            + ("" if first.is_visible else " In the dtypes that were asked for, rounding hides the difference."),
        ]
    if first.cause is Cause.PRECISION:
        sides = joined(setup_name({"left": pair.left, "right": pair.right}[side]) for side in first.imprecise)
        return [
            f"{what}{size_phrase(first)}. {sides} is less precise than its dtype: its errors are larger than "
            "rounding explains. In float64 the two agree."
        ]
    return [f"{what}{size_phrase(first)}."]


def reason_sentence(reason: Reason, pair: Pair) -> str:
    """A reason, and how it was proven."""
    side = {"left": setup_name(pair.left), "right": setup_name(pair.right), "both": "both sides"}[reason.side]
    left, right = setup_name(pair.left), setup_name(pair.right)
    if reason.setting is not None:
        setting = reason.setting
        owner = setting.layer if setting.part == "layer" else f"the {setting.part}"
        return (
            f"Reason: {setting.key} of {owner} is {setting.left} in {left} and {setting.right} in {right}. With the "
            "same value, this quantity agrees."
        )
    return REASONS[reason.kind].format(side=side)


REASONS: Mapping[ReasonKind, str] = {
    ReasonKind.WEIGHTS: "Reason: the weights at the start are not the same. From the same weights, it agrees.",
    ReasonKind.SILENT_FLOAT32: "Reason: {side} computes in float32 although float64 was asked for. With float64 "
    "switched on (in JAX and in Keras' own table of dtypes), it agrees.",
    ReasonKind.LOW_PRECISION: "Reason: {side} multiplies float32 in less than float32 (TF32 or bfloat16). With full "
    "precision switched on, it agrees.",
    ReasonKind.UNSEEDED_DRAW: "Reason: {side} draws random numbers without a seed. Computed again with the same seed, "
    "this quantity changes.",
    ReasonKind.RANDOM_DRAW: "Reason: each side draws other random numbers from the same seed. With another seed, this "
    "quantity changes on {side}.",
    ReasonKind.SPARSE_GRADIENTS: "Reason: in {side}, the gradient of an embedding has one row for each use of a row, "
    "and the optimizer squares each before it adds them. With the rows added first, it agrees.",
    ReasonKind.REMEMBERED_LOGITS: "Reason: {side} computes the loss from the logits that a softmax or sigmoid had, not "
    "from its output. With the loss of the output, it agrees.",
    ReasonKind.CLIPPED_LOSS: "Reason: the loss clips probabilities on one side. With clipping switched off on {side}, "
    "it agrees.",
}


def draws_sentence(comparison: BackendComparison) -> str:
    """What became of the layers that draw random numbers."""
    drawing = joined(comparison.random_layers)
    text = f"{drawing} drew no random numbers in this comparison"
    parted = [pair for pair in comparison.pairs if pair.draws is not None]
    if not parted:
        return f"{text}."
    first = parted[0]
    assert first.draws is not None
    return (
        f"{text}: from the same seed, {setup_name(first.left)} and {setup_name(first.right)} draw different numbers, "
        f"and part at {quantity_phrase(first.draws.quantity)}."
    )


def scores_sentence(pair: Pair, scores: ScoreDifference, comparison: BackendComparison) -> str:
    """What the trainings came to."""
    is_share = all(run.scores.accuracies is not None for run in comparison.runs if run.scores is not None)
    what, form = ("accuracy", "{:.1%}") if is_share else ("loss", "{:.4g}")
    left, right, spread = (form.format(value) for value in (scores.left, scores.right, scores.of_seeds))
    size = "more than seeds explain" if scores.differs else "no more than seeds explain"
    return (
        f"After {count(comparison.training_updates, 'update')} from {count(comparison.seeds, 'seed')}, the mean {what} "
        f"is {left} in {setup_name(pair.left)} and {right} in {setup_name(pair.right)}, with a standard deviation of "
        f"{spread} between seeds: {size} (p = {scores.chance:.2g})."
    )


def problem_sentence(run: SetupRun) -> str:
    """Why a setup has no result."""
    name = setup_name(run.setup)
    if run.problem is Problem.NOT_INSTALLED:
        package = f"backprop-harness[{run.setup.backend}]"
        return f"{name} is not installed and was left out. Install it with: pip install '{package}'"
    return f"{name} could not compute this network: {run.detail}"


def interruption_sentence(comparison: BackendComparison) -> str:
    """What Ctrl-C left undone."""
    left_out = [run for run in comparison.runs if run.problem is Problem.INTERRUPTED]
    if left_out:
        return f"Interrupted: {joined(setup_name(run.setup) for run in left_out)} could not be compared."
    if comparison.seeds and any(run.scores is None for run in comparison.runs if run.problem is None):
        return "Interrupted: every setup was compared, but not every one was trained."
    return "Interrupted: every setup was compared."


def pair_line(pair: Pair) -> str:
    """The verdict on one pair, in one line, while others are compared."""
    if pair.first is None:
        return f"{pair_title(pair)} agree"
    return f"{pair_title(pair)} part at {place_phrase(pair, pair.first)}"


def agreement_sentence(comparison: BackendComparison) -> str:
    """That everything agrees, and the largest difference."""
    pairs = comparison.pairs
    quantities = sum(len(pair.differences) for pair in pairs)
    names = joined(dict.fromkeys(setup_name(side) for pair in pairs for side in (pair.left, pair.right)))
    at_start = [d for pair in pairs for d in pair.differences if d.quantity.updates == 0]
    largest = max(at_start, key=lambda difference: difference.relative)
    return (
        f"{names} compute the same: rounding explains the differences of all {quantities:,} quantities (outputs of all "
        "layers, loss, gradients, weights after up to 100 updates). Before the first update the largest is "
        f"{relative_phrase(largest)}, in {quantity_phrase(largest.quantity)}."
    )


def headline(comparison: BackendComparison) -> str:
    """The answer in one sentence."""
    differing = [pair for pair in comparison.pairs if not pair.agrees]
    if not comparison.pairs:
        return "There is nothing to compare: fewer than two setups computed the network."
    if not differing:
        return agreement_sentence(comparison)
    first = differing[0].first
    assert first is not None
    return first_sentences(differing[0], first)[0]


def verdict(comparison: BackendComparison) -> list[str]:
    """The answer, a paragraph each."""
    paragraphs = []
    differing = [pair for pair in comparison.pairs if not pair.agrees]
    if not differing:
        paragraphs.append(headline(comparison))
    for pair in differing:
        assert pair.first is not None
        sentences = first_sentences(pair, pair.first)
        if pair.reasons is None:
            sentences.append("The search for a reason was interrupted.")
        else:
            sentences += [reason_sentence(reason, pair) for reason in pair.reasons] or ["No known reason was proven."]
        paragraphs.append(" ".join(sentences))
    if comparison.random_layers:
        paragraphs.append(draws_sentence(comparison))
    shown = [pair for pair in comparison.pairs if pair.scores is not None and pair.scores.differs]
    shown = shown or [pair for pair in comparison.pairs if pair.scores is not None][:1]
    paragraphs += [scores_sentence(pair, pair.scores, comparison) for pair in shown if pair.scores is not None]
    reported = (Problem.NOT_INSTALLED, Problem.FAILED)
    paragraphs += [problem_sentence(run) for run in comparison.runs if run.problem in reported]
    return paragraphs + ([interruption_sentence(comparison)] if comparison.interrupted else [])


NOTE = (
    "by rounding: how much of the difference the rounding errors of both sides explain. Of dense layers under a "
    "squared error it is a bound; else it is an estimate, how far both sides are from their own float64 computations. "
    "relative: to the largest element; of a gradient or a weight, in its layer. in float64: how far the float64 "
    "computations are apart. allowed: how much of that rounding explains, which is what roundings of float64 in every "
    "weight, input and output of a layer change, multiplied by the number of roundings, and one rounding of the dtype, "
    "because backends keep some constants in float32. At most 50,000 elements of an array are compared, the same ones "
    "in every setup."
)

# Tables


def difference_cells(difference: Difference) -> list[str]:
    """The row of one quantity."""
    sizes = (
        difference.largest,
        difference.relative,
        difference.by_rounding,
        difference.in_float64,
        difference.allowed_in_float64,
    )
    return [quantity_phrase(difference.quantity), *(f"{size:.1e}" if size else "0" for size in sizes)]


COLUMNS = ("quantity", "largest", "relative", "by rounding", "in float64", "allowed")


def pair_title(pair: Pair) -> str:
    """ "TensorFlow and JAX" """
    return f"{setup_name(pair.left)} and {setup_name(pair.right)}"


def shown_differences(pair: Pair) -> list[Difference]:
    """The differences of a table: the first one and those around it, if there are too many."""
    differences = list(pair.differences)
    start = 0 if pair.first is None else max(0, differences.index(pair.first) - MAX_ROWS // 3)
    return differences[start : start + MAX_ROWS]


def pair_table(pair: Pair) -> Table:
    """Differences of one pair."""
    table = new_table(pair_title(pair), (COLUMNS[0], "left"), *((name, "right") for name in COLUMNS[1:]))
    table.columns[0].max_width = None
    for difference in shown_differences(pair):
        table.add_row(*difference_cells(difference), style=None if difference.agrees else "bold red")
    return table


@as_verdict.register
def people(comparison: BackendComparison) -> RenderableType:
    """The answer."""
    return Text(markdown(comparison))


@as_report.register
def tables(comparison: BackendComparison) -> RenderableType:
    """Every table, and the answer last."""
    parts: list[RenderableType] = []
    for pair in comparison.pairs:
        parts += [pair_table(pair), Text()]
    return Group(*parts, Text(NOTE, "dim"), Text(), people(comparison))


def markdown(comparison: BackendComparison) -> str:
    """The answer for TensorBoard's text page."""
    return "\n\n".join(verdict(comparison))


# JSON


def run_json(run: SetupRun) -> Json:
    """What became of a setup"""
    return {
        "setup": run.setup,
        "version": run.version,
        "compiled": run.is_compiled,
        "problem": run.problem,
        "detail": run.detail,
        "losses": None if run.scores is None else run.scores.losses,
        "accuracies": None if run.scores is None else run.scores.accuracies,
    }


def difference_json(difference: Difference) -> Json:
    """One quantity of a pair"""
    return {
        **asdict(difference.quantity),
        "largest": difference.largest,
        "relative": difference.relative,
        "by_rounding": difference.by_rounding,
        "derived": difference.is_derived,
        "in_float64": difference.in_float64,
        "allowed_in_float64": difference.allowed_in_float64,
        "imprecise": difference.imprecise,
        "cause": difference.cause,
    }


def reason_json(reason: Reason) -> Json:
    """One proven reason"""
    no_setting = dict.fromkeys(field.name for field in fields(Setting))
    setting = no_setting if reason.setting is None else asdict(reason.setting)
    return {"kind": reason.kind, "side": reason.side, **setting}


def pair_json(pair: Pair) -> Json:
    """One pair"""
    scores = pair.scores
    return {
        "left": pair.left,
        "right": pair.right,
        "agrees": pair.agrees,
        "place": pair.place,
        "first": None if pair.first is None else difference_json(pair.first),
        "reasons": None if pair.reasons is None else [reason_json(reason) for reason in pair.reasons],
        "with_draws": None if pair.draws is None else difference_json(pair.draws),
        "scores": None if scores is None else {**asdict(scores), "differs": scores.differs},
        "differences": [difference_json(difference) for difference in pair.differences],
    }


@as_document.register
def machines(comparison: BackendComparison) -> Json:
    """Everything as one JSON document; the keys are described in docs/json.md."""
    return {
        "name": comparison.name,
        "agrees": comparison.agrees,
        "judged": comparison.is_judged,
        "interrupted": comparison.interrupted,
        "setups": [run_json(run) for run in comparison.runs],
        "layers": comparison.layers,
        "batch_rows": comparison.batch_rows,
        "seeds": comparison.seeds,
        "training_updates": comparison.training_updates,
        "random_layers": comparison.random_layers,
        "pairs": [pair_json(pair) for pair in comparison.pairs],
        "log_dir": comparison.log_dir,
    }


register_drawings(BackendComparison, "backends", as_page, as_figure, as_cards)
