"""What people read of the units of a Keras layer that are clones, or nearly so."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from ..measures.symmetry import mean_cosine
from ..programs.units import Units
from .words import count


def judged_note(outgoing_known: bool) -> str:
    """A note for a layer that is known only in part."""
    return "" if outgoing_known else " (judged by their incoming weights, because their outgoing weights are not known)"


def initializer_advice(units: Units) -> str:
    """What to change."""
    argument = "embeddings_initializer" if isinstance(units.layer, keras.layers.Embedding) else "kernel_initializer"
    return f'Give the layer a random {argument}, for example "glorot_uniform", and check the next layer too.'


def clone_advice(units: Units, width: int, updates: int, were_clones: bool) -> str:
    """What is wrong with a layer that has clones, and what to do."""
    fact = (
        f"layer '{units.layer.name}': {width} of its {units.count} units {'is' if width == 1 else 'are'} distinct "
        f"after {count(updates, 'update')}{judged_note(units.outgoing is not None)}."
    )
    if not were_clones:
        return (
            f"{fact} They became identical during training; a regularizer that takes their weights to 0 can do this. "
            "The layer computes no more than a narrower one."
        )
    return f"{fact} Units with equal weights get equal gradients and stay equal. {initializer_advice(units)}"


def near_clone_advice(units: Units, group: Sequence[int], updates: int) -> str:
    """What is wrong with a layer whose units separate too slowly, and what to do."""
    similarity = mean_cosine(units.columns[:, list(group)])
    note = judged_note(units.outgoing is not None)
    return (
        f"layer '{units.layer.name}': {len(group)} of its {units.count} units are nearly identical after "
        f"{count(updates, 'update')}, as they were before training (mean cosine similarity {similarity:.3f}){note}. "
        f"Dropout and other noise separate them only slowly. {initializer_advice(units)}"
    )
