"""What code does with its arguments, seen when it is called with probes in their place.

The text shows less: values pass through other functions, dictionaries and attributes on the way to where they are used.
What ends a call says what the probe that ended it has to be; the call is then made once more, with that put right.
"""

from __future__ import annotations

import dis
import functools
import operator
import random
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

import numpy as np

from .uses import Uses

MAX_LINES = 20_000  # that one call with probes may run
MAX_CALLS = 12  # of one function, each with something put right that ended the one before
MAX_ELEMENTS = 3  # of a probe that is gone through
FIRST_SIZE = 4  # of what is made as large as a probe says; each probe says another number
ELEMENT = "*"  # the step from a probe to any of its elements

# The way to a probe: the argument, then ELEMENT for what it holds, and then the place in an element that is unpacked
Path = tuple[str | int, ...]


class Probe:
    """Stands for an argument: a number, a list, a function or an object, whatever is made of it.

    Args:
        probing: the probing that it belongs to.
        path: from the argument to it.
        number: what it is where a number is needed.
    """

    def __init__(self, probing: _Probing, path: Path, number: int) -> None:
        self._probing, self._path, self._number = probing, path, number
        self._uses = probing.uses.setdefault(path, Uses())

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
        return _Member(self, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return self is other or other == self._number
        is_first = not self._uses.strings
        self._uses.strings.append(other)
        return is_first  # so that the first of several choices is made

    __hash__ = object.__hash__

    def __copy__(self) -> Probe:
        return self

    def __deepcopy__(self, memo: object) -> Probe:
        return self

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        self._uses.array |= ufunc is np.matmul
        return getattr(ufunc, method)(*map(_plain, inputs), **options)

    @property
    def _elements(self) -> list[Any]:
        """What it holds; its parts if it is itself an element."""
        is_element = self._path[-1] == ELEMENT
        steps: list[str | int] = [*range(MAX_ELEMENTS)] if is_element else [ELEMENT] * MAX_ELEMENTS
        return [self._probing.value((*self._path, one), self._number + place) for place, one in enumerate(steps)]


class Several(Probe):
    """One that is found to have elements. Not all have them, because NumPy takes what has some for a shape."""

    def __len__(self) -> int:
        self._uses.measured = True
        return MAX_ELEMENTS

    def __iter__(self) -> Iterator[Any]:
        count = _unpacked_count(sys._getframe(1))
        self._uses.split_into = max(self._uses.split_into, count or 0)
        self._uses.iterated |= count is None
        return iter(self._elements if count is None else (self._elements * count)[:count])

    def __getitem__(self, key: object) -> Any:
        if isinstance(key, str):
            self._uses.keys.add(key)
            return self._probing.value((*self._path, key), self._number)
        self._uses.indexed = True
        return self._elements[key if isinstance(key, (int, slice)) else 0]

    def __setitem__(self, key: object, value: object) -> None:
        """What is put in is not asked for."""


class _Member(Probe):
    """An attribute of a probe; a method if it is called."""

    def __init__(self, owner: Probe, name: str) -> None:
        super().__init__(owner._probing, (*owner._path, f".{name}"), owner._number)
        self._owner, self._name = owner._uses, name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self._owner.methods.add(self._name)
        self._owner.given[self._name] = len(arguments) + len(named)
        if self._name == "get" and len(arguments) == 2:  # of a dictionary without the key
            return arguments[1]
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
        if name == "add" and isinstance(other, (list, tuple)):
            probe._uses.iterated = True
            first, second = probe._elements, list(other)
        else:
            first, second = _plain(probe), _plain(other)
        return act(second, first) if turned else act(first, second)

    return method


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    setattr(Probe, f"__{_name}__", _arithmetic(_name, False))
    setattr(Probe, f"__r{_name}__", _arithmetic(_name, True))
for _name in ("lt", "le", "gt", "ge"):
    setattr(Probe, f"__{_name}__", _arithmetic(_name, False))


def _unpacked_count(frame: FrameType) -> int | None:
    """Into how many names the statement that a frame is at unpacks what it goes through; None if it does not."""
    code = frame.f_code.co_code[frame.f_lasti : frame.f_lasti + 2]
    return code[1] if code and code[0] == dis.opmap["UNPACK_SEQUENCE"] else None


class _Probing:
    """Calls something with probes until nothing more can be put right.

    Args:
        names: of the arguments that are probes.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.uses: dict[Path, Uses] = {}
        self._kinds: dict[Path, type[Probe]] = {}  # of those that are found to have elements
        self._texts: dict[Path, str] = {}  # of those that are found to be texts
        self._paths: list[Path] = []  # of the probes that were made, by the number in the name of their type

    def value(self, path: Path, number: int) -> Any:
        """What stands for the argument, or the part of it, that a path leads to."""
        if path in self._texts:
            return self._texts[path]
        self._paths.append(path)
        kind = self._kinds.get(path, Probe)
        return type(f"probe_{len(self._paths) - 1}", (kind,), {})(self, path, number)

    def observe(self, call: Callable[..., object]) -> Mapping[str, Uses]:
        """What is done with the arguments until the call ends, or raises what cannot be put right."""
        states = np.random.get_state(), random.getstate()  # noqa: NPY002  the user's code draws from it
        for _ in range(MAX_CALLS):
            probes = {name: self.value((name,), FIRST_SIZE + place) for place, name in enumerate(self.names)}
            error = _failure(functools.partial(call, **probes))
            np.random.set_state(states[0])  # noqa: NPY002
            random.setstate(states[1])
            if error is None or not (self._gives_elements(error) or self._gives_text(error)):
                break
        return {name: self._noted((name,)) for name in self.names}

    def _gives_elements(self, error: Exception) -> bool:
        """Whether a probe is given elements because their absence ended the call."""
        found = re.search(r"probe_(\d+)", str(error)) if isinstance(error, TypeError) else None
        path = self._paths[int(found[1])] if found is not None else ()
        if not path or path in self._kinds:
            return False
        self._kinds[path] = Several
        return True

    def _gives_text(self, error: Exception) -> bool:
        """Whether a probe becomes a text because it was looked up in a dictionary, whose keys say which."""
        key = error.args[0] if isinstance(error, KeyError) and error.args else None
        if not isinstance(key, Probe) or key._path in self._texts:
            return False
        texts = [one for table in _tables_at(error) for one in table if isinstance(one, str)]
        key._uses.strings.extend(one for one in texts if one not in key._uses.strings)
        if texts:
            self._texts[key._path] = texts[0]
        return bool(texts)

    def _noted(self, path: Path) -> Uses:
        """The uses, with those of the elements."""
        uses = self.uses.setdefault(path, Uses())
        inside = self.uses.get((*path, ELEMENT), Uses())
        uses.element_counted |= inside.counted
        uses.element_called |= inside.called
        uses.element_methods |= inside.methods
        uses.element_attributes |= inside.attributes
        uses.element_keys |= inside.keys
        uses.element_entries = {key: self._noted((*path, ELEMENT, key)) for key in sorted(inside.keys)}
        uses.unpacked |= inside.split_into == 2
        uses.parts = tuple(self._noted((*path, ELEMENT, place)) for place in range(inside.split_into))
        return uses


def uses_in_call(call: Callable[..., object], names: tuple[str, ...]) -> Mapping[str, Uses]:
    """What is done with some of the arguments of a call until it ends, or raises.

    Args:
        call: the function, method or class, which is given these arguments by name.
        names: of the arguments.
    """
    return _Probing(names).observe(call)


probed_uses = functools.lru_cache(maxsize=64)(uses_in_call)  # of constructors, which always do the same


def _failure(act: Callable[[], object]) -> Exception | None:
    """What something ends with that may be put right."""
    previous = sys.gettrace()
    sys.settrace(_limited(MAX_LINES))
    try:
        act()
    except (TypeError, KeyError) as error:
        return error
    except (Exception, SystemExit, _TooLong):  # what was done until then counts
        pass
    finally:
        sys.settrace(previous)
    return None


def _tables_at(error: Exception) -> Iterator[dict[Any, Any]]:
    """The dictionaries that the function which raised a KeyError uses: variables, and attributes of its own object."""
    frame, _ = [*traceback.walk_tb(error.__traceback__)][-1]
    code, names = frame.f_code, {**frame.f_globals, **frame.f_locals}
    own = getattr(names.get(code.co_varnames[0]), "__dict__", {}) if code.co_varnames else {}
    for name in (*code.co_names, *code.co_varnames, *code.co_freevars):
        for table in (names.get(name), own.get(name)):
            if isinstance(table, dict):
                yield table


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
