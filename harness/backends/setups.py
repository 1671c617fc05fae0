"""Ways to compute the same network: a backend, a dtype, compiled or not."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

BACKENDS = ("tensorflow", "jax", "torch")

# unit roundoff of what each dtype policy computes in
UNIT_ROUNDOFFS = {
    "float64": 2.0**-53,
    "float32": 2.0**-24,
    "float16": 2.0**-11,
    "mixed_float16": 2.0**-11,
    "bfloat16": 2.0**-8,
    "mixed_bfloat16": 2.0**-8,
}
DTYPES = tuple(UNIT_ROUNDOFFS)


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One way to compute a network."""

    backend: str  # of Keras, one of ``BACKENDS``
    dtype: str = "float32"  # name of the dtype policy of every layer, one of ``DTYPES``
    jit: bool | None = None  # Keras' ``jit_compile``; None leaves the choice to Keras

    @property
    def name(self) -> str:
        """ "jax", "jax float64", "jax float64 not compiled": without what is the default."""
        words = [self.backend, *([self.dtype] if self.dtype != "float32" else [])]
        if self.jit is not None:
            words.append("compiled" if self.jit else "not compiled")
        return " ".join(words)


def setups_of(backends: Sequence[str], dtypes: Sequence[str], jits: Sequence[bool | None]) -> list[Setup]:
    """Every combination, without doubles."""
    combinations = itertools.product(backends, dtypes, jits)
    return list(dict.fromkeys(Setup(backend=backend, dtype=dtype, jit=jit) for backend, dtype, jit in combinations))


def is_installed(backend: str) -> bool:
    """Whether a backend can be imported; it is not imported."""
    return importlib.util.find_spec(backend) is not None
