"""Callbacks that steer a training: replayed for each member with the same result as in Keras' own fit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import training_programs as programs

from harness.programs.program import Program
from harness.programs.replay import steering_callbacks
from harness.programs.training import CannotVectorise, Engine, FallbackReason, train

callbacks = keras.callbacks


class StopBelow(callbacks.Callback):
    """Stops below a loss."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Compare the loss."""
        if logs["loss"] < 0.9:
            self.model.stop_training = True


class LowerRate(callbacks.Callback):
    """Lowers the learning rate once."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Lower it after the fourth epoch."""
        if epoch == 3:
            self.model.optimizer.learning_rate = 0.1 * float(self.model.optimizer.learning_rate)


class Shrink(callbacks.Callback):
    """Changes weights in the middle of a training."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Shrink them."""
        self.model.set_weights([0.9 * w for w in self.model.get_weights()])


class StopInBatch(callbacks.Callback):
    """Stops after a batch."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Compare the loss."""
        if logs["loss"] < 0.7:
            self.model.stop_training = True


class Reporter(callbacks.Callback):
    """Only reports."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Print the logs."""
        print("epoch", epoch, logs)


def classifier(*given: Any) -> Program:
    """A program that learns within a few epochs."""
    return programs.classifier(
        optimizer=keras.optimizers.Adam(0.03),
        metrics=["accuracy"],
        validation_split=0.3,
        epochs=20,
        callbacks=given,
    )


REPLAYED = {
    "EarlyStopping": lambda: callbacks.EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True),
    "EarlyStopping, accuracy": lambda: callbacks.EarlyStopping(monitor="val_accuracy", patience=2),
    "ReduceLROnPlateau": lambda: callbacks.ReduceLROnPlateau(monitor="val_loss", patience=1, factor=0.2),
    "LearningRateScheduler": lambda: callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.8),
    "TerminateOnNaN": lambda: callbacks.TerminateOnNaN(),
    "own, stops": StopBelow,
    "own, rate": LowerRate,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REPLAYED)
def test_a_callback_acts_on_each_member_as_in_fit(name: str) -> None:
    program = classifier(REPLAYED[name]())
    ours = train(program, seeds=(1, 2))
    keras_fit = train(program, seeds=(1, 2), engine=Engine.FIT)
    assert ours.engine is Engine.VECTORISED
    assert ours.updates.tolist() == keras_fit.updates.tolist()
    np.testing.assert_allclose(ours.loss, keras_fit.loss, rtol=1e-3)
    for a, b in zip(ours.weights, keras_fit.weights):
        np.testing.assert_allclose(a, b, atol=2e-3)


@pytest.mark.slow
def test_early_stopping_stops_members_at_different_epochs() -> None:
    program = classifier(callbacks.EarlyStopping(monitor="val_loss", patience=1))
    trained = train(program, seeds=range(8))
    assert len(set(trained.updates.tolist())) > 1
    ran = trained.updates // 2  # 49 rows, two batches an epoch
    assert (np.isfinite(trained.loss).sum(axis=1) == ran).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Shrink, StopInBatch])
def test_a_callback_that_needs_the_model_is_left_to_fit(kind: Any) -> None:
    program = classifier(kind())
    assert train(program, seeds=(1,), epochs=3).engine is Engine.FIT
    with pytest.raises(CannotVectorise) as caught:
        train(program, seeds=(1,), epochs=3, engine=Engine.VECTORISED)
    assert caught.value.reason is FallbackReason.CALLBACK


@pytest.mark.slow
def test_callbacks_that_only_write_or_report_are_left_out(tmp_path: Path) -> None:
    writers = [
        callbacks.ModelCheckpoint(tmp_path / "model.keras"),
        callbacks.CSVLogger(tmp_path / "log.csv"),
        callbacks.TensorBoard(tmp_path / "logs"),
        Reporter(),
    ]
    assert steering_callbacks(writers) == []
    for engine in Engine:
        train(classifier(*writers), seeds=(1,), epochs=1, engine=engine)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_terminate_on_nan_ends_at_the_update() -> None:
    program = programs.dense(optimizer=keras.optimizers.SGD(1e4), epochs=30, callbacks=(callbacks.TerminateOnNaN(),))
    ours = train(program, seeds=(1, 2))
    keras_fit = train(program, seeds=(1, 2), engine=Engine.FIT)
    assert ours.diverged.all()
    assert ours.updates.tolist() == ours.diverged_at.tolist() == keras_fit.updates.tolist()
