"""Plain gradient steps in place of SciPy's minimisers, whose own arithmetic would hide what the file's gradient is."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph import Absorbed, Kind
from ..values import TAPE, leaf

STEPS, RATE = 5, 0.01
# name: what the function returns of the result, before more if it is asked for
RETURNED: dict[str, tuple[str, ...]] = {
    "minimize": (),
    "fmin_cg": ("x",),
    "fmin_bfgs": ("x",),
    "fmin_ncg": ("x",),
    "fmin_tnc": ("x", "nfev", "status"),
    "fmin_l_bfgs_b": ("x", "fun", "details"),
}
WITH_COST = ("fmin_tnc", "fmin_l_bfgs_b")  # take a function of (cost, gradient) if they are given no gradient
FULL: dict[str, tuple[str, ...]] = {
    "fmin_cg": ("fun", "nfev", "njev", "status"),
    "fmin_bfgs": ("fun", "jac", "hess_inv", "nfev", "njev", "status"),
    "fmin_ncg": ("fun", "nfev", "njev", "nhev", "status"),
}


def install(optimize: Any, note: Callable[..., None]) -> None:
    """Replace the minimisers of ``scipy.optimize`` that take a gradient.

    Args:
        optimize: the module.
        note: called with each one that is used.
    """
    for name in RETURNED:
        setattr(optimize, name, _descending(getattr(optimize, name), name, note))


def _descending(real: Callable[..., Any], name: str, note: Callable[..., None]) -> Callable[..., Any]:
    """A minimiser that takes a few steps along the gradient; the real one if the file gives no gradient."""
    signature = inspect.signature(real)

    @functools.wraps(real)
    def minimise(*arguments: Any, **options: Any) -> Any:
        given = signature.bind(*arguments, **options).arguments
        function, start = given.get("fun", given.get("func", given.get("f"))), given["x0"]
        gradient = given.get("jac", given.get("fprime"))
        gives_both = gradient is True or (gradient is None and name in WITH_COST and not given.get("approx_grad"))
        if function is None or not (callable(gradient) or gives_both):
            return real(*arguments, **options)
        note(Absorbed.OPTIMIZER, f"scipy.optimize.{name}")
        extra = given.get("args", ())
        extra = extra if isinstance(extra, tuple) else (extra,)
        result = _descend(function, None if gives_both else gradient, start, extra, given.get("callback"))
        wanted = RETURNED[name] + (FULL.get(name, ()) if given.get("full_output") else ())
        if not wanted:
            return result
        return result[wanted[0]] if len(wanted) == 1 else tuple(result[key] for key in wanted)

    return minimise


def _descend(function: Any, gradient: Any, start: Any, extra: tuple[Any, ...], callback: Any) -> Any:
    """Some steps, as SciPy describes the result of a minimisation.

    Args:
        function: gives the cost, or (cost, gradient) if there is no function for the gradient.
        start: the first point, which becomes an array of one dimension.
        extra: further arguments of both.
        callback: called with each point.
    """
    from scipy.optimize import OptimizeResult  # type: ignore[import-untyped,unused-ignore]

    x = np.asarray(start, dtype=float)
    x = leaf(x, "array", Kind.LITERAL) if TAPE.on else x
    x = x.ravel() if x.ndim != 1 else x
    for _ in range(STEPS):
        if gradient is None:
            cost, slope = function(x, *extra)
        else:
            cost, slope = function(x, *extra), gradient(x, *extra)
        slope = np.asarray(slope)
        x = x - RATE * (slope if slope.shape == x.shape else slope.reshape(x.shape))
        if callback is not None:
            callback(x)
    hessian = np.eye(len(x))
    return OptimizeResult(
        x=x, fun=cost, jac=slope, hess_inv=hessian, nit=STEPS, nfev=STEPS, njev=STEPS, nhev=0, status=0,
        success=True, message="", details={"grad": slope, "task": "", "funcalls": STEPS, "nit": STEPS, "warnflag": 0},
    )  # fmt: skip
