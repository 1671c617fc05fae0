"""The arrays of this package, and how their shapes are written.

Shapes stand in the annotations of public functions, in jaxtyping's notation: ``Float[Array, "observations inputs"]``.
Names with an underscore in front may differ from array to array. jaxtyping is read by type checkers and by the tests,
which check every shape; a program that uses this package does not load it. Nothing here imports TensorFlow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Weights = list[Array]  # "_rows _units": of each layer (inputs + 1, units), the bias as row 0
MemberWeights = list[Array]  # "_rows _units members": of each layer (inputs + 1, units, members)
