"""Repairs of a network that learns its training rows and not the task: less training, a penalty, fewer units."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from ..programs.changes import Change, ChangeKind
from .case import Case
from .faults import Fault
from .layers import CONVOLUTION, DENSE, RECURRENT, WIDTHS, LayerFacts, read_layers
from .repair import Repair, added_layer, layers_repair

PENALTY = "l2"  # Keras' own strength: 0.01
DROPOUT_RATE = 0.5
EPOCH_DIVISORS = (4, 16)
FEWEST_EPOCHS = 8  # of a training that may be too long
NARROWER = 4  # by which units are divided
FEWEST_UNITS = 4


def restraints(case: Case, *, whole: bool) -> Iterator[Repair]:
    """Remedies of overfitting, the one that is nearest to the user's design first.

    Args:
        whole: whether the trainings are as long as the program's own, so that they can be made shorter
    """
    layers = read_layers(case.program, case.head)
    epochs = case.program.epochs - case.program.initial_epoch
    for divisor in EPOCH_DIVISORS if whole else ():
        if epochs >= FEWEST_EPOCHS * divisor // EPOCH_DIVISORS[0]:
            yield _shorter(case, max(1, epochs // divisor), key=f"fewer-epochs:{divisor}")
    hidden = [layer for layer in layers if layer.kind in (DENSE, CONVOLUTION, RECURRENT) and not layer.is_output]
    if case.head.layer is not None and hidden and all(layer.dropout == 0 for layer in layers):
        yield Repair(
            key="more-dropout",
            fault=Fault.REGULARIZATION,
            doubt=1,
            apply=added_layer(case.head.layer, lambda: keras.layers.Dropout(DROPOUT_RATE, name="added_dropout")),
            changes=(
                Change(kind=ChangeKind.ADD_LAYER, layer=case.head.layer, old=None, new=f"Dropout({DROPOUT_RATE})"),
            ),
            block="layers",
        )
    plain = [layer for layer in hidden if layer.l1 == 0 and layer.l2 == 0]
    if plain:
        yield layers_repair(
            key="weight-penalty",
            fault=Fault.REGULARIZATION,
            doubt=1,
            kind=ChangeKind.REGULARIZER,
            layers=((layer.name, None, PENALTY) for layer in plain),
            settings=("kernel_regularizer",),
        )
    yield from _narrower(hidden)


def _shorter(case: Case, epochs: int, *, key: str) -> Repair:
    """Fewer epochs."""
    last = case.program.initial_epoch + epochs
    return Repair(
        key=key,
        fault=Fault.TOO_MANY_EPOCHS,
        doubt=1,
        apply=lambda variant: variant.with_program(epochs=last),
        changes=(Change(kind=ChangeKind.EPOCHS, old=case.program.epochs, new=last),),
        block="epochs",
    )


def _narrower(hidden: list[LayerFacts]) -> Iterator[Repair]:
    """Fewer hidden units."""
    wide = [layer for layer in hidden if layer.units > 2 * FEWEST_UNITS]
    if wide:
        yield layers_repair(
            key="too-wide",
            fault=Fault.TOO_WIDE,
            doubt=1,
            kind=ChangeKind.UNITS,
            layers=((layer.name, layer.units, max(FEWEST_UNITS, layer.units // NARROWER)) for layer in wide),
            settings=WIDTHS,
        )
