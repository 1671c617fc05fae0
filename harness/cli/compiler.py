"""Which flags XLA, TensorFlow's compiler, gets for a scenario. Their effect is measured in docs/speed.md."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from ..cluster import THREADS, XLA_FLAGS
from ..models.network import BROADCAST_AT_MOST, SMALL_PRODUCT, Network, is_small

WIDE_VECTORS = "--xla_cpu_prefer_vector_width=512"  # if the processor has them
ONE_THREAD = "--xla_cpu_multi_thread_eigen=false"  # for a matrix product; THREADS is for all else
# The loop of a training as one function, in place of a call for each step; its matrix products would be slow.
ONE_FUNCTION = "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=1000000000"

MOST_LAYERS = 16  # of a loop as one function: with 48 layers it takes three times as long to compile


def flags_of_ensemble(network: Network, observations: int) -> str:
    """For many networks at once, trained on so many observations."""
    is_one_function = is_small(network, observations) and network.depth <= MOST_LAYERS
    return f"{WIDE_VECTORS} {ONE_FUNCTION}" if is_one_function else WIDE_VECTORS


def flags_of_single(network: Network, observations: int) -> str:
    """For one network, with so many observations in an iteration; with threads if its products are worth them."""
    if network.largest_product(observations) > SMALL_PRODUCT:
        return WIDE_VECTORS
    largest = observations * max(rows * units for rows, units in network.shapes)  # handwritten.py has biases in it
    is_one_function = largest <= BROADCAST_AT_MOST and network.depth <= MOST_LAYERS
    return f"{ONE_THREAD} {WIDE_VECTORS} {ONE_FUNCTION}" if is_one_function else f"{ONE_THREAD} {WIDE_VECTORS}"


def environment_of(flags: str) -> dict[str, str]:
    """Environment variables that give XLA these flags, and TensorFlow one thread if the products have one."""
    return {XLA_FLAGS: flags} | ({THREADS: "1"} if ONE_THREAD in flags.split() else {})


@contextlib.contextmanager
def compiler_flags(flags: str) -> Iterator[None]:
    """Give XLA flags in the block, unless the user has set flags for it.

    XLA reads its flags once, before it compiles its first program. So nothing is set if TensorFlow is loaded already.
    """
    if not flags or XLA_FLAGS in os.environ or "tensorflow" in sys.modules:
        yield
        return
    given = {name: value for name, value in environment_of(flags).items() if name not in os.environ}
    os.environ.update(given)
    try:
        yield
    finally:
        for name in given:
            os.environ.pop(name, None)
