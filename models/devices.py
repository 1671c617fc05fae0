"""The device that TensorFlow computes on."""

from __future__ import annotations

import tensorflow as tf


def device_name() -> str:
    """The device on which TensorFlow places a computation here: "CPU:0", or "GPU:0" if it sees a GPU."""
    return str(tf.ones(()).device).rpartition("device:")[2]
