"""What each NumPy operation computes, and its vector-Jacobian product: the one table that gradients are made from.

``OPERATIONS[name].forward(*args, **keywords)`` is the operation, and
``OPERATIONS[name].backward(g, output, *args, **keywords)`` returns the gradient of ``sum(g * output)`` with respect to
each argument: an array of the argument's shape, a list of gradients for a list of arrays, or None if the output does
not depend on the argument smoothly (an index, an axis, a shape).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import ELEMENTWISE
from .operation import Operation, constant
from .products import PRODUCTS
from .reductions import REDUCTIONS
from .shapes import SHAPES

CHOICE = "choice"  # what a branch of a file decided, which no operation of NumPy's is


def choose_by(name: str, left: Any, right: Any, first: Any, second: Any) -> Any:
    """One of two outcomes: the first if a comparison of this name holds, the second otherwise."""
    return np.where(getattr(np, name)(left, right), first, second)


CONSTANT: dict[str, Operation] = {
    **{
        name: constant(getattr(np, name))
        for name in (
            *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "sign", "floor", "ceil", "rint"),
            *("trunc", "fix", "logical_and", "logical_or", "logical_not", "logical_xor", "isnan", "isfinite"),
            *("isinf", "bitwise_and", "bitwise_or", "bitwise_xor", "invert", "floor_divide", "signbit", "isclose"),
            *("left_shift", "right_shift", "argmax", "argmin", "argsort", "argwhere", "nonzero", "flatnonzero"),
            *("unique", "searchsorted", "bincount", "array_equal", "allclose", "array_equiv", "unravel_index"),
            *("any", "all", "count_nonzero", "zeros_like", "ones_like", "shape", "size", "ndim", "isin", "digitize"),
        )
    },
    CHOICE: constant(choose_by),
    "full_like": constant(np.full_like),
    "empty_like": constant(np.zeros_like),
}

OPERATIONS: dict[str, Operation] = {**ELEMENTWISE, **PRODUCTS, **REDUCTIONS, **SHAPES, **CONSTANT}

# Other names of the same operations, as files and NumPy's versions write them
ALIASES = {
    "true_divide": "divide", "asarray": "array", "asanyarray": "array", "asfarray": "array", "abs": "absolute",
    "amax": "max", "amin": "min", "mod": "remainder", "around": "round", "row_stack": "vstack", "linalg.norm": "norm",
    "linalg.multi_dot": "multi_dot", "linalg.inv": "inv", "linalg.pinv": "pinv",
    "linalg.solve": "solve", "special.expit": "expit", "special.softmax": "softmax",
    "special.log_softmax": "log_softmax", "special.logsumexp": "logsumexp", "special.erf": "erf",
    "permute_dims": "transpose", "concat": "concatenate", "pow": "power", "product": "prod",
}  # fmt: skip
OPERATIONS.update({alias: OPERATIONS[name] for alias, name in ALIASES.items()})
