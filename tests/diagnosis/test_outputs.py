"""Models with several outputs: each is trained with its own loss and targets, without the others."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
from programs import program

import harness
from harness.diagnosis import outputs
from harness.diagnosis.outcomes import OutcomeKind
from harness.diagnosis.outputs import diagnose_outputs
from harness.programs.program import Program, Validation
from harness.report.outputs_diagnosis import verdict


def two_outputs() -> Program:
    """A class that is learned, and a number that is squeezed between 0 and 1."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 4)).astype("float32")
    kind, size = (x[:, 0] > 0).astype(int), 3 * x[:, 1] + x[:, 2]
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(16, "relu")(inputs)
    heads = [keras.layers.Dense(1, "sigmoid", name=name)(hidden) for name in ("kind", "size")]
    return program(
        keras.Model(inputs, heads), x, {"kind": kind, "size": size},
        loss={"kind": "binary_crossentropy", "size": "mse"}, optimizer=keras.optimizers.Adam(0.01), epochs=30,
    )  # fmt: skip


def test_each_output_has_its_own_loss_targets_and_losses() -> None:
    made = two_outputs()
    made = replace(
        made,
        validation=Validation(x=made.x[:5], y={name: values[:5] for name, values in made.y.items()}),
        history={"loss": (3.0,), "kind_loss": (1.0,), "size_loss": (2.0,)},
    )
    kind, size = made.of_outputs()
    assert (kind.loss, size.loss) == ("binary_crossentropy", "mse")
    assert np.array_equal(size.y, made.y["size"])
    assert size.validation is not None
    assert np.array_equal(size.validation.y, made.y["size"][:5])
    assert (kind.history, size.history) == ({"loss": (1.0,)}, {"loss": (2.0,)})


def test_the_python_function_takes_several_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    made, asked = two_outputs(), []
    made.model.compile(made.optimizer, made.loss)
    monkeypatch.setattr(outputs, "diagnose_outputs", lambda program, **options: asked.append((program, options)))
    harness.diagnose(made.model, made.x, made.y, epochs=30, budget=5, seed=3)
    ((program_of_fit, options),) = asked
    assert (program_of_fit.outputs, program_of_fit.epochs) == (2, 30)
    assert (options["budget"], options["seed"]) == (5, 3)


@pytest.mark.slow
def test_the_output_that_does_not_learn_is_reported_with_its_cause() -> None:
    found = diagnose_outputs(two_outputs())
    kind, size = found.outputs
    assert kind.outcome is OutcomeKind.LEARNS
    assert "output-activation" in [cause.fault.value for cause in size.causes]
    text = "\n".join(verdict(found))
    assert text.index("\noutput size") < text.index("\noutput kind learns")
    assert found.to_dict()["outputs"][0]["outcome"] == "learns"
