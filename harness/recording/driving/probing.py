"""What a constructor does with its arguments, seen when it is called once with probes in their place.

The text shows less: values pass through other functions, dictionaries and attributes on the way to where they are used.
"""

from __future__ import annotations

import functools
import operator
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import numpy as np

from .uses import Uses

MAX_LINES = 20_000  # that one call with probes may run
MAX_ELEMENTS = 3  # of a probe that is gone through
FIRST_SIZE = 4  # of what is made as large as a probe says; each probe says another number


class Probe:
    """Stands for an argument: a number, a list, a function or an object, whatever is made of it.

    Args:
        uses: where the uses are noted.
        number: what it is where a number is needed.
    """

    _elements: Sequence[Probe] = ()

    def __init__(self, uses: Uses, number: int) -> None:
        self._uses, self._number = uses, number

    def __index__(self) -> int:
        self._uses.counted = True
        return self._number

    __int__ = __index__

    def __float__(self) -> float:
        self._uses.arithmetic = True
        return float(self._number)

    def __bool__(self) -> bool:
        self._uses.boolean = True
        return True

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self._uses.called, self._uses.given[""] = True, len(arguments) + len(named)
        return arguments[0] if arguments else self._number

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("lower", "upper", "strip"):
            return lambda *_: self
        self._uses.attributes.add(name)
        return _Member(self._uses, self._number, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return self is other or other == self._number
        is_first = not self._uses.strings
        self._uses.strings.append(other)
        return is_first  # so that the first of several choices is made

    __hash__ = object.__hash__

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        self._uses.array |= ufunc is np.matmul
        return getattr(ufunc, method)(*map(_plain, inputs), **options)

    def _noted(self) -> Uses:
        """The uses, with those of the elements."""
        for inside in (one._uses for one in self._elements):
            self._uses.element_counted |= inside.counted
            self._uses.element_called |= inside.called
            self._uses.element_methods |= inside.methods
            self._uses.element_attributes |= inside.attributes
        return self._uses


class Several(Probe):
    """One that is found to have elements. Not all have them, because NumPy takes what has some for a shape."""

    def __init__(self, uses: Uses, number: int) -> None:
        super().__init__(uses, number)
        self._elements = [Probe(Uses(), number + place) for place in range(MAX_ELEMENTS)]

    def __len__(self) -> int:
        self._uses.measured = True
        return MAX_ELEMENTS

    def __iter__(self) -> Iterator[Any]:
        self._uses.iterated = True
        return iter(self._elements)

    def __getitem__(self, key: object) -> Any:
        if isinstance(key, str):
            self._uses.keys.add(key)
            return Probe(Uses(), self._number)
        self._uses.indexed = True
        return self._elements[key if isinstance(key, (int, slice)) else 0]


class _Member(Probe):
    """An attribute of a probe; a method if it is called."""

    def __init__(self, owner: Uses, number: int, name: str) -> None:
        super().__init__(Uses(), number)
        self._owner, self._name = owner, name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self._owner.methods.add(self._name)
        self._owner.given[self._name] = len(arguments) + len(named)
        return super().__call__(*arguments, **named)


def _plain(value: Any) -> Any:
    """A number in the place of a probe, which takes part in arithmetic."""
    if not isinstance(value, Probe):
        return value
    value._uses.arithmetic = True
    return value._number


def _arithmetic(name: str, turned: bool) -> Callable[[Any, Any], Any]:
    """The method for an operator, with the probe on the right if it is turned."""
    act = getattr(operator, name)

    def method(probe: Any, other: Any) -> Any:
        first, second = _plain(probe), _plain(other)
        return act(second, first) if turned else act(first, second)

    return method


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    setattr(Probe, f"__{_name}__", _arithmetic(_name, False))
    setattr(Probe, f"__r{_name}__", _arithmetic(_name, True))
for _name in ("lt", "le", "gt", "ge"):
    setattr(Probe, f"__{_name}__", _arithmetic(_name, False))


@functools.lru_cache(maxsize=64)
def probed_uses(make: Callable[..., Any], names: tuple[str, ...]) -> Mapping[str, Uses]:
    """What is done with the arguments of a constructor until it ends, or raises.

    A constructor that ends because an argument has no elements is called again, with some in that argument.

    Args:
        make: the class.
        names: of its arguments without a default.
    """
    several: set[str] = set()
    states = np.random.get_state(), random.getstate()  # noqa: NPY002  the user's code draws from it
    while True:
        probes = {
            name: type(f"probe_{name}", (Several if name in several else Probe,), {})(Uses(), FIRST_SIZE + number)
            for number, name in enumerate(names)
        }
        found = re.search(r"probe_(\w+)", _failure(functools.partial(make, **probes)))
        np.random.set_state(states[0])  # noqa: NPY002
        random.setstate(states[1])
        if found is None or found[1] not in {*names} - several:
            return {name: probe._noted() for name, probe in probes.items()}
        several.add(found[1])


def _failure(act: Callable[[], object]) -> str:
    """The message of the TypeError that something ends with; "" for another end."""
    previous = sys.gettrace()
    sys.settrace(_limited(MAX_LINES))
    try:
        act()
    except TypeError as error:
        return str(error)
    except (Exception, SystemExit, _TooLong):  # what was done until then counts
        pass
    finally:
        sys.settrace(previous)
    return ""


class _TooLong(BaseException):
    """Raised in the user's code when it runs for too long."""


def _limited(count: int) -> Callable[[FrameType, str, Any], Any]:
    """A trace function that ends code after so many lines."""
    left = [count]

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        left[0] -= event == "line"
        if left[0] < 0:
            raise _TooLong
        return trace

    return trace
