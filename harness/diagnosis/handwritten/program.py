"""A hand-written network as a Keras program, which every tool of the diagnosis can train and change."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from ...models import handwritten
from ...models.batches import Batches
from ...models.network import Network
from ...models.optimizers import OPTIMIZERS
from ...models.training import Training
from ...programs.fit_calls import program_of
from ...programs.program import MadeUp, Note, NoteKind, Program
from .passes import Array
from .reading import Constant, Drawn, Given, ReadLayer, ReadNetwork, Start

MOST_OPERATIONS = 5e9  # multiplications of a training that is repeated for its losses
LOSSES = 100  # at most, at equal distances


def keras_program(read: ReadNetwork, name: str) -> Program:
    """The same network, start, data and training in Keras.

    Args:
        read: what the file trains.
        name: of the file.
    """
    model = keras.Sequential([keras.Input((read.x.shape[1],)), *layers_of(read)])
    model.set_weights([values for layer in read.layers for values in (layer.kernel, layer.bias) if values is not None])
    optimizer = OPTIMIZERS[read.rule.optimizer.name].keras_optimizer(keras)
    model.compile(
        optimizer=optimizer(learning_rate=read.rule.rate, **dict(read.rule.optimizer.settings)), loss=read.rule.cost
    )
    program = program_of(model, read.x, read.y, name=name, epochs=read.epochs, batch_size=read.batch_size)
    kept = frozenset(
        weight.path
        for layer, made in zip(read.layers, program.model.layers)
        if isinstance(layer.start, Given)
        for weight in made.weights
    )
    losses = tuple(losses_of(read)) if read.has_all_data else ()
    return dataclasses.replace(
        program,
        set_weights=kept,
        history={"loss": losses} if losses else None,
        notes=(
            *program.notes,
            Note(kind=NoteKind.HAND_WRITTEN),
            *(Note(kind=NoteKind.MADE_UP, detail=missing) for missing in read.missing),
        ),
        made_up=MadeUp.NOTHING if read.has_all_data else MadeUp.FORMATS,
    )


def layers_of(read: ReadNetwork) -> Iterator[Any]:
    """Keras' layers, named by their place."""
    for number, layer in enumerate(read.layers, start=1):
        yield keras.layers.Dense(
            layer.kernel.shape[1],
            activation=layer.activation,
            use_bias=layer.bias is not None,
            kernel_initializer=initializer_of(layer.start),
            bias_initializer=bias_initializer_of(layer),
            name="output" if number == len(read.layers) else f"hidden_{number}",
        )


def initializer_of(start: Start) -> Any:
    """Keras' initializer that draws such weights; of given ones, which are set, its usual one."""
    if isinstance(start, Constant):
        return keras.initializers.Constant(start.value)
    if isinstance(start, Drawn):
        if start.is_uniform:
            half = np.sqrt(3) * start.deviation
            return keras.initializers.RandomUniform(start.centre - half, start.centre + half)
        return keras.initializers.RandomNormal(start.centre, start.deviation)
    return "glorot_uniform"


def bias_initializer_of(layer: ReadLayer) -> Any:
    """The initializer that biases seem to come from: one number for all, or normal numbers."""
    if layer.bias is None:
        return "zeros"
    if np.ptp(layer.bias) == 0:
        return keras.initializers.Constant(float(layer.bias[0]))
    return keras.initializers.RandomNormal(float(layer.bias.mean()), float(layer.bias.std()))


def losses_of(read: ReadNetwork) -> Iterator[float]:
    """The loss at the end of each epoch of the file's own training, which is repeated; of the nearest epoch before it
    that was looked at. None if that would take long, or a layer has no bias."""
    weights = [np.vstack([layer.bias[None, :], layer.kernel]) for layer in read.layers if layer.bias is not None]
    size = sum(w.size for w in weights)
    if len(weights) < len(read.layers) or 6.0 * size * read.batch_size * read.updates > MOST_OPERATIONS:
        return
    network = Network(
        (read.x.shape[1], *(layer.kernel.shape[1] for layer in read.layers)),
        tuple(layer.activation for layer in read.layers),
        read.rule.cost,
    )
    every = max(1, -(-read.epochs // LOSSES))
    steps = max(1, -(-len(read.x) // read.batch_size))
    epochs = list(range(every, read.epochs + 1, every))
    batches = None if read.batch_size >= len(read.x) else Batches(read.batch_size)
    training = Training(
        read.rule.rate, optimizer=read.rule.optimizer, recorded=[steps * epoch for epoch in epochs], batches=batches
    )
    before = loss_of(network, weights, read)
    for number, found in enumerate(handwritten.train(network, weights, read.x, read.y, training)):
        yield from (before for _ in range(every - 1))
        before = loss_of(network, found, read)
        yield before
        if number == len(epochs) - 1:
            yield from (before for _ in range(read.epochs - epochs[-1]))


def loss_of(network: Network, weights: list[Array], read: ReadNetwork) -> float:
    """The cost over all observations."""
    return float(handwritten.forward(network, weights, read.x, read.y).cost)
