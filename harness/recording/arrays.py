"""Arrays and numbers that remember how they were made: the methods and operators of what is recorded."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .graph import Ref
from .operations import METHODS, method, outcome, run_function, run_ufunc
from .tape import REAL_ASARRAY
from .values import (
    ARRAYS,
    NUMBERS,
    NUMERIC,
    REAL_MATRIX,
    TAPE,
    RecordedArray,
    RecordedNumber,
    Write,
    holds_recorded,
    link,
    node_of,
    plain,
    record,
    reference,
    wrap,
    wrap_number,
)

MAX_LISTED = 20_000  # elements that tolist() keeps the history of


def is_basic(key: Any) -> bool:
    """Whether indexing with this gives a view."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice)) for part in parts)


def _guarding(how: str, convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A method that makes a number of Python or a truth value of a recorded one: a guard."""

    def run(self: Any) -> Any:
        value = convert(plain(self))
        if TAPE.on:
            TAPE.guard(node_of(self), how, value)
        return value

    return run


class _Recorded:
    """What recorded arrays and recorded numbers have in common."""

    _node: Any

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        return run_ufunc(ufunc, method, inputs, keywords)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        return run_function(function, tuple(arguments), keywords)

    def __float__(self) -> float:
        if TAPE.on:
            TAPE.lose(node_of(self), "float")
        return float(plain(self))

    __int__ = _guarding("int", int)
    __index__ = _guarding("index", operator.index)
    __bool__ = _guarding("bool", bool)

    def __complex__(self) -> complex:
        return complex(plain(self))

    def __format__(self, spec: str) -> str:
        return format(plain(self), spec)

    def __repr__(self) -> str:
        return repr(plain(self))

    def __str__(self) -> str:
        return str(plain(self))


class _Methods(_Recorded):
    """The methods of arrays, which NumPy's numbers have too and Python's have not."""

    def transpose(self, *axes: Any) -> Any:
        """As ``np.transpose``."""
        if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
            axes = () if axes[0] is None else tuple(axes[0])
        result = plain(self).transpose(*map(plain, axes))
        return outcome("transpose", ((self, *((axes,) if axes else ())), {}), (self,), result) if TAPE.on else result

    def reshape(self, *shape: Any, **options: Any) -> Any:
        """As ``np.reshape``."""
        if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)):
            shape = tuple(shape[0])
        shape = tuple(int(plain(size)) for size in shape)
        result = plain(self).reshape(shape, **options)
        return outcome("reshape", ((self, result.shape), options), (self,), result) if TAPE.on else result

    def astype(self, dtype: Any, *rest: Any, **options: Any) -> Any:
        """As ``ndarray.astype``."""
        result = plain(self).astype(dtype, *rest, **options)
        if not TAPE.on or (isinstance(result, np.ndarray) and result.dtype.kind not in NUMERIC):
            return result
        return wrap(result, record("astype", (self, result.dtype.name), {}, result))

    def copy(self, *order: Any, **options: Any) -> Any:
        """As ``ndarray.copy``."""
        result = plain(self).copy(*order, **options)
        return wrap(result, record("copy", (self,), {}, result)) if TAPE.on else result

    def item(self, *place: Any) -> Any:
        """As ``ndarray.item``: a number of Python."""
        result = plain(self).item(*map(plain, place))
        if not TAPE.on:
            return result
        if place:
            index = place[0] if len(place) == 1 and isinstance(place[0], tuple) else place
            if len(index) == 1 and np.ndim(plain(self)) != 1:
                index = tuple(int(i) for i in np.unravel_index(plain(index[0]), np.shape(plain(self))))
            return wrap_number(result, record("getitem", (self, index), {}, result))
        return wrap_number(result, record("reshape", (self, ()), {}, result) if np.ndim(plain(self)) else node_of(self))

    def tolist(self) -> Any:
        """As ``ndarray.tolist``: numbers of Python, which remember too."""
        array = REAL_ASARRAY(plain(self))
        if not TAPE.on or array.size > MAX_LISTED:
            if TAPE.on:
                TAPE.lose(node_of(self), "tolist")
            return array.tolist()
        if array.ndim == 0:
            return self.item()
        node = Ref(node_of(self))

        def listed(part: Any, place: tuple[int, ...]) -> Any:
            if isinstance(part, list):
                return [listed(item, (*place, i)) for i, item in enumerate(part)]
            return wrap_number(part, TAPE.add("getitem", (node, place), {}, part, scalar=True))

        return listed(array.tolist(), ())


for _name, _function in METHODS.items():
    setattr(_Methods, _name, method(_name, _function))


class _Array(_Methods, RecordedArray):  # type: ignore[misc]
    """An array with its methods."""

    _stands_for: type = np.ndarray  # what its type is for the user's code
    __hash__ = None  # type: ignore[assignment]

    def __array_finalize__(self, obj: Any) -> None:
        pass

    def __getitem__(self, key: Any) -> Any:
        value = plain(self)
        result = value[plain(key)]
        if not TAPE.on:
            return result
        node = record("getitem", (self, _kept_index(key)), {}, result)
        wrapped = wrap(result, node)
        if isinstance(wrapped, RecordedArray) and is_basic(key):
            link(wrapped, self, node)
        return wrapped

    def __setitem__(self, key: Any, new: Any) -> None:
        if not TAPE.on:
            plain(self)[plain(key)] = plain(new)
            return
        index = reference(_kept_index(key))
        if isinstance(new, RecordedArray) and new._base is self and new._view == ("getitem", (index,)):
            return  # the second half of ``self[key] -= step``: the view has written itself already
        write = Write(self)
        arguments = (Ref(write.before), index, reference(new))
        plain(self)[plain(key)] = plain(new)
        write.done(TAPE.add("setitem", arguments, {}, np.ndarray.view(self, np.ndarray), in_place=True))

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[place] for place in range(len(self)))

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())

    @property
    def T(self) -> Any:
        """The transpose."""
        return self.transpose()

    @property
    def flat(self) -> Any:
        """All elements in a row."""
        return self.reshape(-1)

    @flat.setter
    def flat(self, new: Any) -> None:
        self.reshape(-1)[...] = new

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape. Setting it reshapes in place."""
        return np.ndarray.shape.__get__(self)

    @shape.setter
    def shape(self, new: Any) -> None:
        node = node_of(self)
        np.ndarray.shape.__set__(self, plain(new))  # type: ignore[attr-defined]
        self._base, self._view = None, None
        self._node = TAPE.add("reshape", (Ref(node), self.shape), {}, np.ndarray.view(self, np.ndarray), in_place=True)

    def fill(self, value: Any) -> None:
        """As ``ndarray.fill``."""
        self[...] = value

    def sort(self, *arguments: Any, **options: Any) -> None:
        """As ``ndarray.sort``, in place."""
        write = Write(self)
        plain(self).sort(*arguments, **options)
        write.done(TAPE.add("sort", (Ref(write.before),), options, np.ndarray.view(self, np.ndarray), in_place=True))

    def put(self, places: Any, values: Any, mode: str = "raise") -> None:
        """As ``ndarray.put``."""
        run_function(np.put, (self, places, values), {} if mode == "raise" else {"mode": mode})

    def resize(self, *shape: Any, **options: Any) -> None:
        """As ``ndarray.resize`` with as many items as before; memory that moves cannot be followed."""
        (new,) = shape if len(shape) == 1 else (shape,)
        if math.prod(np.atleast_1d(plain(new)).tolist()) != self.size:
            raise ValueError(
                "cannot resize an array that has been referenced or is referencing another array in this way"
            )
        self.shape = new

    def __deepcopy__(self, *_: Any) -> Any:
        return self.copy()

    __copy__ = __deepcopy__

    def __reduce__(self) -> Any:
        return plain(self).__reduce__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return plain(self).__reduce_ex__(protocol)


class _Matrix(_Array, REAL_MATRIX):  # type: ignore[misc]
    """A ``numpy.matrix`` of the user's file."""

    _stands_for = REAL_MATRIX
    _getitem = False  # numpy.matrix looks at it

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (np.ndarray, list, tuple)):
            return np.dot(self, np.asmatrix(other) if not isinstance(other, RecordedArray) else other)
        return np.multiply(self, other, order="C")  # as numpy.dot, which a matrix calls, lays out its results

    def __rmul__(self, other: Any) -> Any:
        return np.dot(other, self) if isinstance(other, np.ndarray) else np.multiply(other, self, order="C")

    @property
    def A(self) -> Any:
        """The matrix as an array."""
        result = np.ndarray.view(self, np.ndarray)
        return outcome("reshape", ((self, result.shape), {}), (self,), result)

    @property
    def A1(self) -> Any:
        """The matrix as a flat array."""
        return self.A.ravel()


def _kept_index(key: Any) -> Any:
    """An index as it is kept: recorded whole numbers stay references, lists of truth values become arrays."""
    if isinstance(key, list) and not holds_recorded(key):
        return REAL_ASARRAY(key) if key else key
    if isinstance(key, tuple):
        return tuple(_kept_index(part) for part in key)
    return key


# Numbers


# Python's operators, by the names of NumPy's functions
BINARY = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide"}
BINARY |= {"floordiv": "floor_divide", "mod": "remainder", "pow": "power"}
COMPARISONS = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}
COMPARISONS |= {"eq": "equal", "ne": "not_equal"}
UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute"}


class _Number(_Recorded, RecordedNumber):
    """A number with its methods."""

    def __hash__(self) -> int:
        return hash(self._plain)

    def __reduce__(self) -> Any:
        return self._plain.__reduce__() if isinstance(self._plain, np.generic) else (type(self._plain), (self._plain,))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.__reduce__()

    def __deepcopy__(self, *_: Any) -> Any:
        return self

    __copy__ = __deepcopy__

    def __round__(self, digits: Any = None) -> Any:
        result = round(self._plain) if digits is None else round(self._plain, plain(digits))
        if not TAPE.on:
            return result
        if isinstance(result, int):
            TAPE.guard(record("round", (self,), {}, float(result)), "int", result)
            return result
        return wrap_number(result, record("round", (self,), {} if digits is None else {"decimals": digits}, result))

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    __trunc__ = _Recorded.__int__
    __floor__ = _guarding("int", math.floor)
    __ceil__ = _guarding("int", math.ceil)


class _NumpyNumber(_Number, _Methods):
    """A number of NumPy's."""

    @property
    def T(self) -> Any:
        """Itself."""
        return self


for _name in ("dtype", "shape", "ndim", "size"):
    setattr(_NumpyNumber, _name, property(operator.attrgetter(f"_plain.{_name}")))


def is_number(value: Any) -> bool:
    """Whether Python's operators take it as a number."""
    return isinstance(value, (int, float, complex, np.number, np.bool_))


def _operator(name: str, operation: str, is_reflected: bool = False) -> Callable[..., Any]:
    """An operator of recorded numbers.

    A truth value is a guard; a whole number made of two numbers has no history, unless one is an item of a list.
    """
    compute = getattr(operator, name)

    def with_sequence(self: Any, operands: tuple[Any, ...]) -> Any:
        """A list is an array for NumPy's numbers; but a product repeats it, which only whole numbers can."""
        if name == "mul":
            return NotImplemented if isinstance(self, (int, np.integer)) else compute(*map(plain, operands))
        return getattr(np, operation)(*operands) if isinstance(self, np.generic) else NotImplemented

    def run(self: Any, *others: Any) -> Any:
        operands = (*others, self) if is_reflected else (self, *others)
        if not all(map(is_number, others)):
            return with_sequence(self, operands) if isinstance(others[0], (list, tuple)) else NotImplemented
        result = compute(*map(plain, operands))
        if not TAPE.on:
            return result
        if not others or type(result) is not int:
            return wrap_number(result, record(operation, operands, {}, result))
        if TAPE.whole_items.isdisjoint(one._node for one in operands if isinstance(one, RecordedNumber)):
            return result
        found = wrap_number(result, record(operation, operands, {}, result))
        TAPE.whole_items.add(found._node)
        return found

    return run


for _name, _operation in (BINARY | COMPARISONS | UNARY).items():
    setattr(_Number, f"__{_name}__", _operator(_name, _operation))
for _name, _operation in BINARY.items():
    setattr(_Number, f"__r{_name}__", _operator(_name, _operation, is_reflected=True))


def _number_types() -> dict[type, Any]:
    """The recorded class for every type of number that can be subclassed."""
    kinds: list[type] = [float, int, *np.sctypeDict.values()]
    classes: dict[type, Any] = {}
    for kind in dict.fromkeys(kinds):
        base = _Number if kind in (float, int) else _NumpyNumber
        if kind is not np.timedelta64 and issubclass(kind, (float, int, np.integer, np.floating)):
            classes[kind] = type(kind.__name__, (base, kind), {})
    return classes


ARRAYS.update({np.ndarray: _Array, REAL_MATRIX: _Matrix})
NUMBERS.update(_number_types())
for _kind, _recorded in (ARRAYS | NUMBERS).items():  # messages of exceptions name what it would have been
    _recorded.__name__ = _kind.__name__ if _kind in (float, int, REAL_MATRIX) else f"numpy.{_kind.__name__}"
