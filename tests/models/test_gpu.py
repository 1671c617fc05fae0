"""The compiled loops where TensorFlow sees a GPU, held to the same training in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from harness.models import ensemble, handwritten, initializers, tape
from harness.models.training import Training
from tests.benchmarks import training_speed as bench

ITERATIONS = 20
GPUS = tf.config.list_physical_devices("GPU")


@pytest.mark.slow
@pytest.mark.skipif(not GPUS, reason="TensorFlow sees no GPU on this machine")
def test_the_compiled_loops_train_on_a_gpu_as_numpy_does():
    start = initializers.draw_members(
        bench.NETWORK, initializers.parse("glorot_uniform"), None, 0, range(4), np.float32
    )
    training = Training(bench.LEARNING_RATE, recorded=[ITERATIONS])
    expected = bench.numpy_loop([w[..., 0] for w in start], ITERATIONS)
    together = ensemble.outcome(bench.NETWORK, start, bench.X, bench.Y, training).weights
    trained = [[w[..., 0] for w in together]]
    for implementation in (handwritten, tape):
        trained += implementation.train(bench.NETWORK, [w[..., 0] for w in start], bench.X, bench.Y, training)
    for weights in trained:
        assert bench.distance(weights, expected) < bench.TOLERANCE
    assert "GPU" in tf.matmul(tf.ones((2, 2)), tf.ones((2, 2))).device
