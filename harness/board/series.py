"""What TensorBoard shows of a run: every tag, with its description and its numbers.

Every tag holds one tensor for each recorded iteration, which is TensorBoard's step. All runs have the same tags, so
that they can be overlaid. A group is the part of the tag before the first slash:

    cost  batch_cost
    symmetry/layer1/clone_spread  symmetry/layer1/effective_width  symmetry/layer1/similarity
    units of layer1/gradient_norm  units of layer1/saturated_share  units of layer1/update_to_weight
    units of layer1/activation/neuron0  .../gradient/neuron0  .../weights/neuron0         histograms
    units of layer1/activation_mean/neuron0  .../weight_mean/neuron0                      curves
    units of layer3/output/observation0_unit0                                             curves
    weights                                                                               the weight matrices

TensorBoard sorts groups by name and opens the first two: the cost and the symmetry.

A comparison also has an answer, and the group ``unit by unit/layer1/ones/neuron0``, in which the neurons of a layer
are side by side, one row per initializer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from tensorboard.compat.proto import summary_pb2

from ..comparison.trace import Quantity, Run
from ..figures.sampling import sampled
from ..measures import saturation
from ..measures.symmetry import clone_groups, clone_spread, effective_width, fingerprints, hidden_layers, mean_cosine
from ..models.network import Array, Network
from .events import (
    BINS,
    Series,
    Setting,
    histogram_series,
    histograms,
    hparams_values,
    image_series,
    layout_value,
    scalar_series,
    text_value,
)

MAX_NEURONS = 32  # drawn per layer
MAX_OUTPUTS = 16  # curves of single outputs
MAX_SIDE_BY_SIDE = 6  # neurons of a layer in one row
HISTOGRAMS_PER_TAG = 40  # about as many lie on one another legibly; TensorBoard's axis of iterations is linear
PICTURE_WIDTH = 440  # pixels, about the width of a card
PICTURE_LAYERS = 6  # in a picture of weights: the first ones and the last

Each = Array | Sequence[Array]  # (n, units) at each recorded iteration
Shown = dict[int, int]  # the units to draw, each with the number of clones that it represents, itself included


def numbered(word: str, number: int, last: int) -> str:
    """ "neuron07" of "neuron00" to "neuron11": padded with zeros, so that every page sorts them alike"""
    return f"{word}{number:0{len(str(last))}}"


def shown_neurons(groups: Sequence[Sequence[int]], max_neurons: int) -> Shown:
    """Choose the units to draw, in order. ``groups`` holds all units in groups of clones.

    All of them if there are at most ``max_neurons``. Otherwise the first unit of each group of clones, the largest
    groups first, and an even sample of the units that have no clone.
    """
    units = sum(map(len, groups))
    if units <= max_neurons:
        return dict.fromkeys(range(units), 1)
    cloned = sorted((group for group in groups if len(group) > 1), key=len, reverse=True)[:max_neurons]
    single = [group for group in groups if len(group) == 1]
    left = max_neurons - len(cloned)
    chosen = [*cloned, *(single[place] for place in sampled(len(single), left) if left)]
    return {group[0]: len(group) for group in sorted(chosen, key=lambda group: group[0])}


def clones_note(clones: int) -> str:
    """A note for a unit that represents several clones."""
    return f" It represents {clones} clones, itself included." if clones > 1 else ""


def neurons_text(layer: str, units: int, shown: Shown, when: str) -> str:
    """Which neurons of a layer are drawn and which they represent, in Markdown; "" if all are drawn."""
    if len(shown) == units:
        return ""
    drawn = sum(shown.values())
    rows = "\n".join(
        f"| neuron {unit} | {f'{clones} clones' if clones > 1 else 'only itself'} |" for unit, clones in shown.items()
    )
    rest = f" {units - drawn} others have no clone among these and are not drawn." if drawn < units else ""
    return (
        f"**{layer}** has {units} neurons, and {len(shown)} are drawn: one of each group of clones at the "
        f"{when}, and an even sample of the others."
        f"{rest}\n\n| drawn | represents |\n| --- | --- |\n{rows}\n"
    )


def tag_of(layer: str, name: str) -> str:
    """The tag of something about the units of a layer."""
    return f"units of {layer}/{name}"


def symmetry_tag(layer: str, name: str) -> str:
    """The tag of something about how alike the units of a hidden layer are."""
    return f"symmetry/{layer}/{name}"


def spaced(iterations: Sequence[int]) -> list[int]:
    """Places of recorded iterations that are at least a ``HISTOGRAMS_PER_TAG``-th of the training apart, and the last.

    Recorded iterations lie on a logarithmic scale; on a linear one most are too close together to be distinguished.
    """
    apart = (iterations[-1] - iterations[0]) / HISTOGRAMS_PER_TAG
    places = [0]
    for place, iteration in enumerate(iterations):
        if iteration - iterations[places[-1]] >= max(apart, 1):
            places.append(place)
    return places if places[-1] == len(iterations) - 1 else [*places, len(iterations) - 1]


def offered(run: Run, quantity: Quantity) -> list[Array] | None:
    """A quantity at each recorded iteration; None if the run does not have it at all of them."""
    if any(quantity not in trace for trace in run.traces):
        return None
    return list(run.curve(quantity))


def at_each(function: Callable[[Array], Array], values: Each) -> Array:
    """Apply a function of (iterations, n, units) where n differs between iterations.

    The last batch of an epoch is smaller than the others. All iterations with the same n are computed at once.
    """
    if isinstance(values, np.ndarray):
        return function(values)
    each = list(values)
    sizes = np.array([len(v) for v in each])
    places = [np.flatnonzero(sizes == size) for size in np.unique(sizes)]
    parts = [function(np.stack([each[place] for place in same_size.tolist()])) for same_size in places]
    results: Array = np.concatenate(parts)[np.argsort(np.concatenate(places))]
    return results


def neuron_histograms(
    name: str, group: str, values: Each, shown: Shown, last: int, description: str, places: Sequence[int] | None
) -> list[Series]:
    """A histogram for each of the shown units: values (n, units of the layer) at each iteration, counted over n.

    ``places`` are those of the iterations that get one; all if None.
    """
    chosen = list(range(len(values)) if places is None else places)
    of_chosen = values[chosen] if isinstance(values, np.ndarray) else [values[place] for place in chosen]
    # (iterations, shown, BINS, 3); a histogram without counts is not written
    counted = np.zeros((len(values), len(shown), BINS, 3))
    counted[chosen] = at_each(lambda v: histograms(np.moveaxis(v[:, :, list(shown)], 1, 2)), of_chosen)
    return [
        histogram_series(
            tag_of(group, f"{name}/{numbered('neuron', unit, last)}"),
            f"{numbered('neuron', unit, last)}: {name}",
            description.format(unit=unit, group=group) + clones_note(clones),
            counted[:, place],
        )
        for place, (unit, clones) in enumerate(shown.items())
    ]


def neuron_curves(name: str, group: str, values: Each, shown: Shown, last: int, description: str) -> list[Series]:
    """A curve for each of the shown units: the mean over n of values (n, units of the layer) at each iteration."""
    means = at_each(lambda v: v[:, :, list(shown)].mean(axis=1, dtype=np.float64), values)
    return [
        scalar_series(
            tag_of(group, f"{name}/{numbered('neuron', unit, last)}"),
            description.format(unit=unit, group=group) + clones_note(clones),
            means[:, place],
        )
        for place, (unit, clones) in enumerate(shown.items())
    ]


def weight_series(group: str, weights: Array, shown: Shown, places: Sequence[int] | None = None) -> list[Series]:
    """Histograms and means of weights (iterations, inputs + 1, units), bias included."""
    _, inputs, units = weights.shape
    return [
        *neuron_histograms(
            "weights",
            group,
            weights,
            shown,
            units - 1,
            f"The {inputs} incoming weights of neuron {{unit}}, bias included. Compare it with the other neurons of "
            "`{group}`: **the same picture at every step means the same weights**. NaN and infinite weights are "
            "left out.",
            places,
        ),
        *neuron_curves(
            "weight_mean", group, weights, shown, units - 1, "The mean of the incoming weights of neuron {unit}."
        ),
    ]


def picture_series(run: Run, shown: Mapping[int, Shown]) -> list[Series]:
    """The weight matrices of all layers as one picture, at the last iteration."""
    # imported here because altair takes up to 2 s, and most of what imports this module draws no picture
    from ..figures import film, render

    def matrices_of(layer: int) -> film.Matrices:
        names = [f"{unit} x{clones}" if clones > 1 else str(unit) for unit, clones in shown[layer].items()]
        weights = np.stack([of_run[layer - 1][:, list(shown[layer])] for of_run in run.weights])
        return film.Matrices(title=groups[layer], units=names, weights=weights)

    groups = groups_of(run)
    layers = list(groups)
    drawn = layers if len(layers) <= PICTURE_LAYERS else [*layers[: PICTURE_LAYERS - 1], layers[-1]]
    every = [matrices_of(layer) for layer in drawn]
    chart = film.film_strip(every, run.recorded, ("bias", "from"), f"Weights, {run.initializer}", PICTURE_WIDTH)
    left_out = " Large layers are drawn in part." if any(m.weights.shape[1] > film.MAX_ROWS + 1 for m in every) else ""
    return [
        image_series(
            "weights",
            "weights",
            "The weights of every layer at some iterations, whose numbers are above: a column for each neuron, a row "
            "for each input, and the bias on top. **Equal columns are neurons with equal weights.** The colours mean "
            f"the same everywhere.{left_out}",
            [*[None] * (len(run.recorded) - 1), render.png(chart)],
        )
    ]


def gradient_series(group: str, gradients: Array, shown: Shown, places: Sequence[int] | None = None) -> list[Series]:
    """Histograms and norm of gradients (iterations, inputs + 1, units)."""
    wide = gradients.astype(np.float64)
    return [
        # ||dC/dw|| = sqrt(sum_ij (dC/dw_ij)^2)
        scalar_series(
            tag_of(group, "gradient_norm"),
            "The Euclidean norm of the gradient of the cost over all weights of this layer. **If it is near 0 while "
            "the cost is still high**, training is on a plateau or neurons are saturated.",
            np.sqrt(np.sum(wide * wide, axis=(1, 2))),
        ),
        *neuron_histograms(
            "gradient",
            group,
            gradients,
            shown,
            gradients.shape[2] - 1,
            "The gradient of the cost with respect to each incoming weight of neuron {unit}. **Neurons of `{group}` "
            "with the same weights and the same gradient stay the same.**",
            places,
        ),
    ]


def update_series(group: str, before: Array, after: Array) -> list[Series]:
    """||w' - w|| / ||w|| of the updates from w to w', both (iterations, inputs + 1, units)."""
    change = np.linalg.norm(after.astype(np.float64) - before, axis=(1, 2))
    size = np.linalg.norm(before.astype(np.float64), axis=(1, 2))
    return [
        scalar_series(
            tag_of(group, "update_to_weight"),
            "The norm of the update of this layer in one iteration, divided by the norm of its weights. **About 0.001 "
            "is usual; with much less, training stands still, with much more, it jumps.**",
            change / np.where(size > 0, size, np.nan),
        )
    ]


def activation_series(
    group: str, activations: Each, activation: str | None, shown: Shown, places: Sequence[int] | None = None
) -> list[Series]:
    """Histograms and means of activations (observations, units) at each iteration, and how much is saturated."""
    last = activations[0].shape[1] - 1
    all_series = [
        *neuron_histograms(
            "activation",
            group,
            activations,
            shown,
            last,
            "The activation of neuron {unit} over the observations. **At the ends of its range it is saturated; "
            "one value for all observations means that it does not distinguish them.**",
            places,
        ),
        *neuron_curves(
            "activation_mean",
            group,
            activations,
            shown,
            last,
            "The mean activation of neuron {unit} over the observations.",
        ),
    ]
    if activation is not None and saturation.is_judged(activation):
        share = at_each(lambda a: saturation.is_saturated(activation, a).mean(axis=(1, 2)), activations)
        all_series.append(
            scalar_series(
                tag_of(group, "saturated_share"),
                f"The share of activations, over all neurons and observations, at which the slope of {activation} is "
                f"under {saturation.FLAT:.0%} of its largest. **Near 1, hardly any gradient passes through.**",
                share,
            )
        )
    return all_series


def width_series(group: str, units: int, widths: Sequence[int]) -> list[Series]:
    """The effective width of a layer at each iteration."""
    return [
        scalar_series(
            symmetry_tag(group, "effective_width"),
            f"The number of distinct neurons of {group}, out of {units}. **Under {units} some are clones**, and the "
            "layer computes no more than a narrower one.",
            widths,
        )
    ]


def similarity_series(group: str, cosines: Sequence[float]) -> list[Series]:
    """The mean cosine similarity of a layer's units at each iteration."""
    return [
        scalar_series(
            symmetry_tag(group, "similarity"),
            f"The mean cosine similarity of two neurons of {group}, by all their weights. **At 1 all have the same "
            "direction**; neurons with random weights are near 0.",
            cosines,
        )
    ]


def symmetry_series(run: Run, layer: int, group: str) -> list[Series]:
    """Effective width, clone spread and similarity of a hidden layer."""
    units = run.weights[0][layer - 1].shape[1]
    return [
        *width_series(group, units, [effective_width(weights, layer) for weights in run.weights]),
        scalar_series(
            symmetry_tag(group, "clone_spread"),
            f"The largest difference between two neurons of {group} in any one weight, incoming or outgoing. "
            "**At 0 they are all clones**, and no gradient can separate them.",
            [clone_spread(weights, layer) for weights in run.weights],
        ),
        *similarity_series(group, [mean_cosine(fingerprints(weights, layer)) for weights in run.weights]),
    ]


def output_series(run: Run) -> list[Series]:
    """The outputs of the first observations, at most ``MAX_OUTPUTS`` curves."""
    if run.outputs is None:
        return []
    outputs = np.stack(run.outputs)
    _, observations, units = outputs.shape
    count = min(observations, max(1, MAX_OUTPUTS // units))
    left_out = f" Of {observations} observations, {count} are shown." if count < observations else ""
    if run.wholes:
        left_out = f" The first {count} observations are shown."
    return [
        scalar_series(
            tag_of(
                groups_of(run)[len(run.weights[0])],
                f"output/{numbered('observation', observation, count - 1)}_{numbered('unit', unit, units - 1)}",
            ),
            f"Output {unit} for observation {observation}. **If the curves of all observations "
            f"coincide**, the network does not distinguish them: a plateau.{left_out}",
            outputs[:, observation, unit],
        )
        for observation in range(count)
        for unit in range(min(units, MAX_OUTPUTS))
    ]


def batch_cost_series(run: Run) -> list[Series]:
    """The cost of each mini-batch; nothing for full batches."""
    if not run.wholes:
        return []
    return [
        scalar_series(
            "batch_cost",
            "The cost of the batch of each iteration. It scatters around **cost**, the cost of all observations.",
            run.batch_costs,
        )
    ]


def layer_series(run: Run, layer: int, group: str, activation: str | None, shown: Shown) -> list[Series]:
    """Everything that is shown of one layer."""
    weights = np.stack([w[layer - 1] for w in run.weights])
    gradients = offered(run, Quantity("gradient", layer))
    updated = offered(run, Quantity("weights", layer))
    activations = offered(run, Quantity("a", layer))
    places = spaced(run.recorded)
    return [
        *(symmetry_series(run, layer, group) if layer in hidden_layers(run.weights[0]) else []),
        *(gradient_series(group, np.stack(gradients), shown, places) if gradients is not None else []),
        *(update_series(group, weights, np.stack(updated)) if updated is not None else []),
        *(activation_series(group, activations, activation, shown, places) if activations is not None else []),
        *weight_series(group, weights, shown, places),
    ]


def groups_of(run: Run) -> dict[int, str]:
    """The name of each layer's group of tags."""
    depth = len(run.weights[0])
    return {layer: numbered("layer", layer, depth) for layer in range(1, depth + 1)}


def pinned_tags(network: Network) -> list[str]:
    """Tags of the curves that stand beside the pictures of a comparison."""
    first = numbered("layer", 1, network.depth)
    return [*([symmetry_tag(first, "effective_width")] if network.depth > 1 else []), "cost"]


def shown_of(run: Run, max_neurons: int) -> dict[int, Shown]:
    """The units to draw of each layer, by the weights at the last recorded iteration."""
    return {layer: shown_neurons(clone_groups(run.weights[-1], layer), max_neurons) for layer in groups_of(run)}


@np.errstate(over="ignore", invalid="ignore")  # a run that diverged is shown too
def series_of(run: Run, max_neurons: int, network: Network | None, *, is_finished: bool) -> list[Series]:
    """All curves and histograms of a run, and its picture if the training has come to its end."""
    all_series = [
        scalar_series(
            "cost",
            "The cost before the update of each iteration. **A flat stretch** may be a plateau. It is the end "
            "of training only if the curve stays there.",
            run.costs,
        ),
        *batch_cost_series(run),
        *output_series(run),
    ]
    shown = shown_of(run, max_neurons)
    for layer, group in groups_of(run).items():
        all_series += layer_series(
            run, layer, group, None if network is None else network.activations[layer - 1], shown[layer]
        )
    return [*all_series, *(picture_series(run, shown) if is_finished else [])]


def charts_of(groups: Sequence[str], *, activations: bool) -> dict[str, dict[str, str]]:
    """The Custom Scalars page: one chart with all neurons of a layer in it. The curves of clones lie on each other."""
    tags = {group: re.escape(tag_of(group, "")) for group in groups}
    return {
        group: {f"{group}: mean weight of each neuron": f"{tags[group]}weight_mean/.*"}
        | ({f"{group}: mean activation of each neuron": f"{tags[group]}activation_mean/.*"} if activations else {})
        for group in groups
    }


def values_without_steps(
    run: Run, wall_time: float, max_neurons: int, hparams: Mapping[str, Setting]
) -> list[summary_pb2.Summary.Value]:
    """The layout of Custom Scalars, the hyperparameters, and which neurons are drawn."""
    groups, shown, first = groups_of(run), shown_of(run, max_neurons), run.weights[0]
    charts = charts_of(list(groups.values()), activations=offered(run, Quantity("a", 1)) is not None)
    outputs = {"output": {"outputs of each observation": ".*/output/.*"}}
    settings = {"initializer": run.initializer, "implementation": run.implementation, **hparams}
    hidden = [groups[layer] for layer in hidden_layers(first)]
    widths = {symmetry_tag(group, "effective_width"): f"effective width, {group}" for group in hidden}
    texts = [
        neurons_text(group, first[layer - 1].shape[1], shown[layer], "last recorded iteration")
        for layer, group in groups.items()
    ]
    left_out = "\n".join(filter(None, texts))
    return [
        layout_value(charts | outputs if output_series(run) else charts),
        *hparams_values(settings, {"cost": "final cost"} | widths, wall_time),
        *([text_value("which_neurons", "Which neurons are drawn.", left_out)] if left_out else []),
    ]


def side_by_side(runs: Sequence[Run]) -> list[Series]:
    """The weights of the hidden neurons: a row of histograms for each initializer, from its first run.

    At most ``MAX_SIDE_BY_SIDE`` neurons of a layer.
    """
    first_runs: dict[str, Run] = {}
    for run in runs:
        first_runs.setdefault(run.initializer, run)
    all_series = []
    for layer in hidden_layers(runs[0].weights[0]) if runs else ():
        for start, run in first_runs.items():
            weights = np.stack([w[layer - 1] for w in run.weights])
            units = weights.shape[2]
            shown = dict.fromkeys(range(min(units, MAX_SIDE_BY_SIDE)), 1)
            group = f"{groups_of(run)[layer]}/{start}"
            drawn = neuron_histograms(
                "weights",
                group,
                weights,
                shown,
                units - 1,
                f"The incoming weights of neuron {{unit}} of layer {layer} from {start}, bias included "
                f"({run.implementation}). **If the pictures beside it look the same, the neurons are clones.**",
                spaced(run.recorded),
            )
            for unit, series in zip(shown, drawn):
                neuron = numbered("neuron", unit, units - 1)
                title = f"{start}: {neuron} of layer {layer}"
                all_series.append(series._replace(tag=f"unit by unit/{group}/{neuron}", title=title))
    return all_series
