"""Repairs of the training: learning rate, optimizer, epochs, batch size, callbacks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from ..programs.changes import Change, ChangeKind
from ..programs.program import Program
from .case import Case
from .faults import Fault
from .rates import ADAM_RATE, OptimizerFacts
from .repair import CERTAIN, Apply, Repair, configured
from .trials import Plan
from .variants import Variant

USUAL_BATCH = 32
FEW_UPDATES = 400
VERY_FEW_UPDATES = FEW_UPDATES / 4
ENOUGH_UPDATES = 2000
ENOUGH_AFTER_VERY_FEW = 3000  # updates of a longer training if there are very few now: they are cheap
FEWEST_EPOCH_FACTOR = 4
SHAPERS = ("EarlyStopping", "ReduceLROnPlateau", "LearningRateScheduler", "LambdaCallback")


def optimizer_repairs(facts: OptimizerFacts, meant: float | None = None) -> Iterator[Repair]:
    """The learning rate alone, clipping, and Adam at its usual rate.

    Args:
        facts: about the program's own optimizer.
        meant: the rate that the program sets and that nothing reads, if it does; it is the one that is tried.
    """
    distance = facts.distance
    off = max(distance, 1 / distance) if distance > 0 else np.inf
    doubt = 0 if off == 1 else (1 if off < 4 else (2 if off < 20 else 2.75))
    yield rate_repair(facts, facts.usual[1], doubt) if meant is None else rate_repair(facts, meant, CERTAIN)
    if facts.clip is not None:
        yield Repair(
            key="clipping",
            fault=Fault.OPTIMIZER,
            doubt=2 if facts.clip < 0.05 else (1 if facts.clip < 0.5 else 0),
            apply=_reconfigured(clipnorm=None, clipvalue=None, global_clipnorm=None),
            changes=(Change(kind=ChangeKind.CLIPPING, old=facts.clip, new=None),),
            block="clipping",
        )
    if facts.weight_decay > 0.05:
        yield Repair(
            key="weight-decay",
            fault=Fault.REGULARIZATION,
            doubt=2 if facts.weight_decay > 0.5 else 1,
            apply=_reconfigured(weight_decay=0.0 if facts.name == "AdamW" else None),
            changes=(Change(kind=ChangeKind.REGULARIZER, old=facts.weight_decay, new=None),),
            block="clipping",
        )
    if facts.name == "Adam" and not facts.odd and facts.clip is None:
        return  # only its rate can be questioned
    weak = facts.name in ("Adagrad", "Adadelta", "Ftrl")
    plain = facts.name == "SGD"
    doubt = 2 if facts.odd else (1.5 if weak else (1 if plain or doubt else 0))
    yield _adam(
        "optimizer", facts, ADAM_RATE, doubt, Change(kind=ChangeKind.LEARNING_RATE, old=facts.rate, new=ADAM_RATE)
    )


def rate_repair(facts: OptimizerFacts, new: float, doubt: float) -> Repair:
    """Another constant learning rate."""
    return Repair(
        key="learning-rate",
        fault=Fault.RATE_TOO_SMALL if new > facts.last_rate else Fault.RATE_TOO_LARGE,
        doubt=doubt,
        apply=_reconfigured(learning_rate=float(new)),
        changes=(Change(kind=ChangeKind.LEARNING_RATE, old=facts.rate, new=new),),
        block="rate",
    )


def rates_to_try(facts: OptimizerFacts, *, diverges: bool) -> tuple[float, ...]:
    """Four other rates than the program's own, nearest first: lower ones if it diverges or is high, higher ones if it
    is low, both if neither."""
    low, _, high = facts.usual
    if diverges or facts.rate > high:
        factors = (0.1, 0.01, 1e-3, 1e-4)
    elif facts.rate < low:
        factors = (10.0, 100.0, 1e3, 1e4)
    else:
        factors = (10.0, 0.1, 100.0, 0.01)
    return tuple(float(f"{facts.rate * factor:.3g}") for factor in factors)


def other_optimizer(facts: OptimizerFacts) -> Repair:
    """Adam at the program's own rate: it shows whether the rate matters beside the optimizer."""
    return _adam("optimizer-at-own-rate", facts, facts.rate, 0)


def _adam(key: str, facts: OptimizerFacts, rate: float, doubt: float, *others: Change) -> Repair:
    """Adam at a rate in the place of an optimizer; ``others`` are further changes of the edit."""
    return Repair(
        key=key,
        fault=Fault.OPTIMIZER,
        doubt=doubt,
        apply=lambda variant: variant.with_program(optimizer=keras.optimizers.Adam(rate)),
        changes=(Change(kind=ChangeKind.OPTIMIZER, old=facts.name, new="Adam"), *others),
        block="optimizer",
        replaces=("learning-rate", "clipping", "weight-decay"),
    )


def _reconfigured(**settings: Any) -> Apply:
    """A repair that replaces settings of the optimizer."""
    return lambda variant: variant.with_program(optimizer=configured(variant.program.optimizer, **settings))


def length_repairs(case: Case, rows: int, updates: int, plan: Plan) -> Iterator[Repair]:
    """Epochs, batch size, callbacks."""
    program = case.program
    epochs = max(1, program.epochs - program.initial_epoch)
    enough = ENOUGH_AFTER_VERY_FEW if updates < VERY_FEW_UPDATES else ENOUGH_UPDATES
    factor = min(max(FEWEST_EPOCH_FACTOR, -(-enough // updates)), plan.most_updates // updates)
    usual = max(updates, epochs * -(-rows // USUAL_BATCH))  # updates that as many epochs of usual batches make
    doubt = 2 if epochs == 1 or usual < VERY_FEW_UPDATES else (1 if updates < FEW_UPDATES or epochs <= 3 else 0)
    if factor >= 2 and plan.prefix_updates is None and not program.never_ends:
        yield epochs_repair(program, factor, doubt, key="too-few-epochs")
    size = program.batch_size
    if (size > 2 * USUAL_BATCH and rows > 2 * USUAL_BATCH) or (size <= 2 and rows > 200):
        large = size >= rows / 3
        doubt = (2 if large and updates < FEW_UPDATES else 1 if large or size > rows / 8 else 0) if size > 2 else 1
        yield Repair(
            key="batch-size",
            fault=Fault.BATCH_SIZE,
            doubt=doubt,
            apply=lambda variant: variant.with_program(batch_size=USUAL_BATCH, steps_per_epoch=None),
            changes=(Change(kind=ChangeKind.BATCH_SIZE, old=size, new=USUAL_BATCH),),
            block="batch",
        )
    shapers = [type(callback).__name__ for callback in program.callbacks if is_shaping(callback)]
    if shapers:
        history = program.history or {}
        done = len(next(iter(history.values()), ())) if history else program.epochs
        yield Repair(
            key="callbacks",
            fault=Fault.TOO_FEW_EPOCHS if "EarlyStopping" in shapers else Fault.RATE_TOO_SMALL,
            doubt=2 if done <= program.epochs // 4 and done <= 5 else 1,
            apply=lambda variant: variant.with_program(callbacks=()),
            changes=(Change(kind=ChangeKind.CALLBACKS, old=", ".join(shapers), new=None),),
            block="epochs",
        )


def epochs_repair(program: Program, factor: int, doubt: float, *, key: str) -> Repair:
    """So many times the epochs."""
    return Repair(
        key=key,
        fault=Fault.TOO_FEW_EPOCHS,
        doubt=doubt,
        apply=lambda variant: _longer(variant, factor),
        changes=(Change(kind=ChangeKind.EPOCHS, old=program.epochs, new=program.epochs * factor),),
        block="epochs",
    )


def fewer_rows(case: Case, share: float, key: str) -> Repair:
    """A part of the training rows with as many updates; no repair, but the question whether more rows would help."""
    epochs = max(1, round((case.program.epochs - case.program.initial_epoch) / share))

    def apply(variant: Variant) -> Variant:
        changed = variant.with_program(epochs=variant.program.initial_epoch + epochs)
        return dataclasses.replace(changed, rows_share=share)

    return Repair(key=key, fault=Fault.TOO_LITTLE_DATA, doubt=0, apply=apply, changes=(), block="rows")


def is_shaping(callback: Any) -> bool:
    """Whether a callback changes the training."""
    name = type(callback).__name__
    return name in SHAPERS or not str(type(callback).__module__).startswith("keras")


def _longer(variant: Variant, factor: int) -> Variant:
    """The variant trained for more epochs."""
    program = variant.program
    return variant.with_program(epochs=program.initial_epoch + (program.epochs - program.initial_epoch) * factor)
