"""A test bench for neural-network math written by hand and for Keras programs that do not learn.

The names in ``__all__`` are the public API, with ``harness.callbacks`` and the pytest plugin. They are loaded when they
are first used; everything else is private to this package and may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import BadInput
from .version import __version__

if TYPE_CHECKING:
    from .api import Network, Scenario, check, compare, diagnose, inspect, load, sweep


__all__ = ["BadInput", "Network", "Scenario", "__version__", "check", "compare", "diagnose", "inspect", "load", "sweep"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from . import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
