"""The arrays that layers and functions are called with, and which of their axes counts observations."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

OBSERVATIONS, INPUTS, OUTPUTS, CLASSES = 11, 7, 5, 3
IMAGES, CHANNELS, FILTERS, SIDE, WINDOW = 2, 3, 4, 6, 3  # of a convolution
SEQUENCES, STEPS, WIDTH, HEADS = 3, 4, 6, 2  # of a layer over sequences; an attention keeps the width of its input

ROWS = ("rows_", "columns_", "row_", "column_")  # what a layer may be given, most likely first
PICTURES = ("images_", "image_rows_", "image_", "image_row_", "plane_")  # what a convolution or a pooling may be given
STACKED = "stacked_columns_"  # observations that are columns each, one after the other on the first axis
SIGNALS = ("signals_", "signal_rows_")  # the same in one dimension
SERIES = ("sequences_", "steps_")  # what a layer over sequences may be given: their steps on the second or first axis
COLUMNS = ("columns_", "series_last_")  # what weights are multiplied with from the left; the second has steps last
TOKENS = ("tokens_", "token_rows_")  # what an attention may be given: sequences, or one
STATES = {  # the states of a recurrent cell, by its inputs
    "rows_": "states_",
    "columns_": "states_t_",
    **dict.fromkeys(SERIES, "first_states_"),
    "vector_": "state_",
    "series_last_": "first_states_t_",
}
INDICES = ("indices_", "labels_")  # what an embedding may be given
SINGLE = frozenset({"row_", "column_", "vector_", "image_", "image_row_", "plane_"})  # one observation
LOSS_DATA = (  # the outputs and targets that a loss may be given, most likely first
    ("scores_", "one_hot_"),
    ("scores_t_", "one_hot_t_"),
    ("scores_", "labels_"),
    ("score_", "binary_"),
    ("score_t_", "binary_t_"),
)
# the axis of the observations: a forward pass that does not keep its length has used the array in another way
OBSERVATION_AXIS = {"rows_": 0, "row_": 0, "columns_": -1, "column_": -1, "images_": 0, "image_rows_": 0, STACKED: 0}
INDEX_LAYER = re.compile(r"embed", re.IGNORECASE)
IMAGE_LAYER = re.compile(r"conv|pool|norm\w*2_?d|spatial\w*norm", re.IGNORECASE)
SHAPE_LAYER = re.compile(r"flatten|reshape", re.IGNORECASE)
SIGNAL_LAYER = re.compile(r"(conv|pool)\w*1_?d|1_?d_?(conv|\w*pool)", re.IGNORECASE)
RECURRENT_LAYER = re.compile(r"rnn|lstm|gru|recurren|cell", re.IGNORECASE)
ATTENTION_LAYER = re.compile(r"(?<!fl)atten|attn|_?heads?$", re.IGNORECASE)
# the name of the state before, of a recurrent cell
UNIT = r"(h|c|s|a|hidden|cell|(hidden|cell)_?state|state)"
BEFORE = r"(prev(ious)?|last|old|tm1|t_?1|t_?minus_?1|0|in|init(ial)?|t)"
STATE = re.compile(rf"^_?({UNIT}(_?{BEFORE})*|({BEFORE}_?)+{UNIT}(_?t)?)$", re.IGNORECASE)
# the arguments of a constructor of a convolution or a pooling, by name
IMAGE_SETTINGS = (
    (r"(in|input|image)s?_?(shape|dims?|size)", (f"({CHANNELS}, {SIDE}, {SIDE})", f"({SIDE}, {SIDE}, {CHANNELS})")),
    (r"(in|input)s?_?(channels?|depth|c|ch|maps|features|filters)|c_?in|(n_|num_)?channels?"
     r"|(n_|num_)features", (str(CHANNELS),)),
    (r"pool\w*|window\w*", ("2", "(2, 2)")),
    (r"(kernel|filter|k|f|field)_?(size|shape|dims?|width|height|w|h)?", (str(WINDOW), f"({WINDOW}, {WINDOW})")),
    (r"strides?|s|step", ("1", "2", "(1, 1)")),
    (r"pad(ding)?|p", ("0", "1", "'valid'", "'same'")),
    (r"(out|output)s?_?(channels?|depth|c|ch|maps|features|filters)|c_?out|(n|num|no|number)?_?(of_)?(filters|kernels|depth|maps)"
     r"|n_?f|filters_?(num|count|number)", (str(FILTERS),)),
)  # fmt: skip
# the same of an attention
ATTENTION_SETTINGS = (
    (r"(n|num|no|number)?_?(of_)?(attention_)?heads?|h", (str(HEADS), "1")),
    (r"(d|dim)_?(k|v|q|head|key|value|query)|(head|key|value|query|qkv?)_?(dims?|size)|d_?out",
     (str(WIDTH), str(WIDTH // HEADS))),
    (r"d|c|d_?(model|in|emb\w*|hidden)|dims?|(model|emb\w*|input|in|hidden|feature|output|out|n)_?(dims?|size|features|emb\w*)"
     r"|features", (str(WIDTH),)),
    (r"\w*(seq|block|context|sequence)\w*|(max|n)_?(len|length|steps|positions|tokens)|t", (str(STEPS),)),
    (r"\w*drop\w*", ("0.0",)),
)  # fmt: skip
# the same of a layer that gives its input another shape
SHAPE_SETTINGS = (
    (r"(in|input|old|from)s?_?(shape|dims?|size)", (f"({CHANNELS}, {SIDE}, {SIDE})",)),
    (r"((out|output|new|target|to)s?_?)?(shape|dims?|size)",
     (f"({CHANNELS * SIDE * SIDE},)", f"({CHANNELS * SIDE * SIDE}, 1)")),
)  # fmt: skip

LAYER_SETTINGS: tuple[tuple[re.Pattern[str], tuple[tuple[str, tuple[str, ...]], ...]], ...] = (
    (SHAPE_LAYER, SHAPE_SETTINGS),
    (IMAGE_LAYER, IMAGE_SETTINGS),
    (ATTENTION_LAYER, ATTENTION_SETTINGS),
)


def layer_settings(owner: str, name: str) -> tuple[str, ...]:
    """The values to try for an argument of a convolution, a pooling or an attention, most likely first.

    Args:
        owner: the name of the class.
        name: of the argument of its constructor.

    Returns:
        none if it is another layer, or the name says nothing.
    """
    settings = next((some for pattern, some in LAYER_SETTINGS if pattern.search(owner)), ())
    known = (values for pattern, values in settings if re.fullmatch(pattern, name, re.IGNORECASE))
    return next(known, ())


def inputs_of(owner: str) -> tuple[str, ...]:
    """The arrays to try as the input of a layer of this name, most likely first."""
    if IMAGE_LAYER.search(owner):
        return (*SIGNALS, *PICTURES) if SIGNAL_LAYER.search(owner) else PICTURES
    if ATTENTION_LAYER.search(owner):
        return TOKENS
    if INDEX_LAYER.search(owner):
        return INDICES
    if SHAPE_LAYER.search(owner):
        return (*ROWS, *PICTURES)
    return (*SERIES, *ROWS) if RECURRENT_LAYER.search(owner) else (*ROWS, *SERIES[:1])


def same_observations(output: str, given: str, data: str) -> list[str]:
    """The line that ends an option whose output has not the observations of its input: its shapes fit by accident.

    Args:
        output, given: the names of both.
        data: the array that the input is made of.
    """
    axis = OBSERVATION_AXIS.get(data)
    return [] if axis is None else [f"assert np.shape({output})[{axis}] == np.shape({given})[{axis}]"]


def pair_data(seed: int, *, square: bool = False) -> dict[str, Any]:
    """The arrays that the lines use, by name; ``square``: with as many outputs as inputs."""
    rng = np.random.default_rng(seed)
    outputs = INPUTS if square else OUTPUTS
    classes = rng.permutation(np.arange(OBSERVATIONS) % CLASSES)
    data = {
        "rows_": rng.normal(size=(OBSERVATIONS, INPUTS)),
        "columns_": rng.normal(size=(INPUTS, OBSERVATIONS)),
        "images_": rng.normal(size=(IMAGES, CHANNELS, SIDE, SIDE)),
        "image_rows_": rng.normal(size=(IMAGES, SIDE, SIDE, CHANNELS)),
        "weights_": rng.normal(size=(INPUTS, outputs)),
        "weights_t_": rng.normal(size=(outputs, INPUTS)),
        "filters_": rng.normal(size=(FILTERS, CHANNELS, WINDOW, WINDOW)),
        "filters_last_": rng.normal(size=(WINDOW, WINDOW, CHANNELS, FILTERS)),
        "filter_biases_last_": rng.normal(size=(1, 1, 1, FILTERS)),
        "biases_": rng.normal(size=outputs),
        "bias_row_": rng.normal(size=(1, outputs)),
        "bias_column_": rng.normal(size=(outputs, 1)),
        "filter_biases_": rng.normal(size=FILTERS),
        "scales_": rng.uniform(0.5, 1.5, size=INPUTS),
        "shifts_": rng.normal(size=INPUTS),
        "scores_": rng.uniform(0.1, 0.9, size=(OBSERVATIONS, CLASSES)),
        "score_": rng.uniform(0.1, 0.9, size=(OBSERVATIONS, 1)),
        "one_hot_": np.eye(CLASSES)[classes],
        "binary_": (classes[:, None] % 2).astype(float),
        "labels_": classes,
        "row_": rng.normal(size=(1, INPUTS)),
        "column_": rng.normal(size=(INPUTS, 1)),
        STACKED: np.random.default_rng((seed, 1)).normal(size=(OBSERVATIONS, INPUTS, 1)),
        "vector_": rng.normal(size=INPUTS),
        "image_": rng.normal(size=(CHANNELS, SIDE, SIDE)),
        "image_row_": rng.normal(size=(SIDE, SIDE, CHANNELS)),
        "plane_": rng.normal(size=(SIDE, SIDE)),
        "signals_": rng.normal(size=(IMAGES, CHANNELS, SIDE)),
        "signal_rows_": rng.normal(size=(IMAGES, SIDE, CHANNELS)),
        "sequences_": rng.normal(size=(SEQUENCES, STEPS, INPUTS)),
        "steps_": rng.normal(size=(STEPS, SEQUENCES, INPUTS)),
        "series_last_": rng.normal(size=(INPUTS, SEQUENCES, STEPS)),
        "tokens_": rng.normal(size=(SEQUENCES, STEPS, WIDTH)),
        "token_rows_": rng.normal(size=(STEPS, WIDTH)),
        "indices_": rng.integers(0, CLASSES, size=(OBSERVATIONS, CLASSES)),
    }
    data["states_"] = rng.normal(size=(OBSERVATIONS, outputs))
    data["first_states_"] = rng.normal(size=(SEQUENCES, outputs))
    data["state_"] = rng.normal(size=outputs)
    names = ("scores_", "one_hot_", "score_", "binary_", "states_", "first_states_")
    transposed = {f"{name}t_": data[name].T.copy() for name in names}
    return data | transposed
