"""NumPy's, random's and math's functions, wrapped so that what they make is recorded.

Only calls from the user's files give recorded arrays: libraries go on with plain ones, unless they are handed recorded
ones. The wrappers are put in place before the user's file is imported, so that ``from numpy import *`` gets them too.
"""

from __future__ import annotations

import functools
import itertools
import math
import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import Absorbed, Array, Kind, Ref
from .texts import recorded_texts
from .values import (
    NUMERIC,
    REAL_MATRIX,
    TAPE,
    RecordedArray,
    RecordedNumber,
    converted_leaf,
    holds_recorded,
    is_literal,
    leaf,
    link,
    node_of,
    plain,
    record,
    reference,
    wrap,
    wrap_number,
)

FILLS = (
    *("zeros", "ones", "empty", "eye", "identity", "arange", "linspace", "logspace", "geomspace", "tri"),
    *("zeros_like", "ones_like", "empty_like"),
)
CONVERSIONS = ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "asmatrix", "matrix", "mat")
READERS = ("loadtxt", "genfromtxt", "fromstring", "frombuffer", "fromiter", "fromfile", "fromfunction")
DRAWS = (
    *("rand", "randn", "randint", "random_integers", "random_sample", "random", "ranf", "sample", "choice"),
    *("permutation", "bytes", "uniform", "normal", "standard_normal", "lognormal", "exponential", "gamma"),
    *("beta", "binomial", "poisson", "laplace", "logistic", "multivariate_normal", "triangular"),
    *("standard_t", "gumbel", "integers", "chisquare", "dirichlet", "geometric", "multinomial", "permuted"),
    *("standard_cauchy", "standard_exponential", "vonmises", "wald", "weibull", "zipf"),
)
SAME_IN_NUMPY = ("exp", "sqrt", "tanh", "sin", "cos", "tan", "log2", "log10", "log1p", "expm1", "sinh", "cosh")
MATH = {name: name for name in SAME_IN_NUMPY} | {"fabs": "absolute", "atan": "arctan"}
UNWRITTEN = 0.5  # what memory holds that a file has not written to
RANDOM_NUMBERS = ("random", "uniform", "gauss", "normalvariate", "triangular", "betavariate", "expovariate")


def asked_by_user() -> bool:
    """Whether the wrapper was called from one of the user's files."""
    return sys._getframe(2).f_code.co_filename in TAPE.sources


def plainly(function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The real function on plain arguments."""
    return function(*map(plain, arguments), **{key: plain(value) for key, value in keywords.items()})


def made(real: Callable[..., Any], name: str, kind: Kind) -> Callable[..., Any]:
    """A creator whose results are leaves."""

    @functools.wraps(real)
    def create(*arguments: Any, **keywords: Any) -> Any:
        result = plainly(real, arguments, keywords)
        return recorded_texts(leaf(result, name, kind)) if TAPE.on and asked_by_user() else result

    return create


def filled(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    """``full`` and ``full_like``: a leaf, unless it is filled with a recorded value."""

    @functools.wraps(real)
    def create(*arguments: Any, **keywords: Any) -> Any:
        result = plainly(real, arguments, keywords)
        if not TAPE.on or not asked_by_user():
            return result
        value = arguments[1] if len(arguments) > 1 else keywords.get("fill_value")
        if isinstance(value, (RecordedArray, RecordedNumber)) and not is_literal(value):
            whole = record("broadcast_to", (value, result.shape), {}, result)
            if np.asarray(plain(value)).dtype != result.dtype:
                whole = TAPE.add("astype", (Ref(whole), result.dtype.name), {}, result)
            return wrap(result, whole)
        return leaf(result, name, Kind.FILL)

    return create


def converted(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    """``np.array`` and the like: of something recorded an operation, of anything else a leaf."""

    @functools.wraps(real)
    def convert(*arguments: Any, **keywords: Any) -> Any:
        if not TAPE.on:
            return plainly(real, arguments, keywords)
        value = arguments[0] if arguments else keywords.get("object", keywords.get("a"))
        if isinstance(value, RecordedArray):
            return _again(real, value, arguments, keywords)
        if isinstance(value, np.ndarray) and value.dtype == object:
            return real(*arguments, **keywords)
        if holds_recorded(value):
            return _assembled(real, value, arguments, keywords)
        result = plainly(real, arguments, keywords)
        if not asked_by_user() or not isinstance(result, np.ndarray):
            return result
        if result.dtype == object:
            return real(*arguments, **keywords)
        kind = Kind.DATA if isinstance(value, np.ndarray) else Kind.LITERAL
        return recorded_texts(converted_leaf(value, result, name, kind))

    return convert


def _again(real: Callable[..., Any], value: RecordedArray, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A recorded array converted once more. Another order of its elements in memory is a copy."""
    result = plainly(real, arguments, keywords)
    if result.dtype.kind not in NUMERIC:
        return result
    is_shared = result.dtype == value.dtype and np.may_share_memory(plain(result), plain(value))
    is_same_type = isinstance(result, REAL_MATRIX) == isinstance(value, REAL_MATRIX)
    if is_shared and is_same_type and result.shape == value.shape:
        return value
    node = node_of(value)
    if is_shared or result.shape != value.shape:
        node = TAPE.add("reshape", (Ref(node), result.shape), {}, plain(result))
    if result.dtype != value.dtype:
        node = TAPE.add("astype", (Ref(node), result.dtype.name), {}, plain(result))
    elif not is_shared:
        node = TAPE.add("copy", (Ref(node),), {}, plain(result))
    converted_ = wrap(result, node)
    if is_shared:
        link(converted_, value, node)
    return converted_


def _assembled(real: Callable[..., Any], value: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """An array put together from recorded values."""
    dtype = keywords.get("dtype", arguments[1] if len(arguments) > 1 else None)
    if dtype is object or dtype is np.object_ or dtype == "object" or dtype == "O":
        return _of_objects(value)
    result = real(plain(value), *map(plain, arguments[1:]), **keywords)
    if not isinstance(result, np.ndarray) or result.dtype.kind not in NUMERIC:
        return real(*arguments, **keywords)
    if isinstance(value, RecordedNumber):
        return wrap(result, record("array", (value,), {}, result))
    if is_literal(value):
        return converted_leaf(value, result, "array", Kind.LITERAL)
    options = {} if dtype is None else {"dtype": result.dtype.name}
    shape = np.shape(plain(value))
    if shape == result.shape:
        return wrap(result, record("array", (value,), options, result))
    # a matrix has two axes, and ``ndmin`` may ask for more than the lists have
    node = record("array", (value,), options, plain(result).reshape(shape))
    return wrap(result, TAPE.add("reshape", (Ref(node), result.shape), {}, plain(result)))


def _of_objects(value: Any) -> Array:
    """A list as a one-dimensional array of objects, which keeps recorded arrays as they are."""
    result = np.empty(len(value), object)
    for place, item in enumerate(value):
        result[place] = item
    return result


# Random numbers


def _drawn(real: Callable[..., Any], name: str, place: int = 0) -> Callable[..., Any]:
    """A function or method of a generator; ``place`` of its first argument is 1 for a method."""
    if name in ("permutation", "choice", "permuted"):
        return _rearranged(real, name, place)
    return made(real, name, Kind.RANDOM)


def _rearranged(real: Callable[..., Any], name: str, place: int) -> Callable[..., Any]:
    """``permutation`` and ``choice`` of an array: the drawn indices are the leaf, the result is taken by them."""

    @functools.wraps(real)
    def draw(*arguments: Any, **keywords: Any) -> Any:
        if not TAPE.on or not asked_by_user():
            return plainly(real, arguments, keywords)
        for key in keywords.keys() & {"a", "x"}:
            arguments = (*arguments, keywords.pop(key))
        value = arguments[place] if len(arguments) > place else None
        axis = keywords.get("axis", arguments[place + (4 if name == "choice" else 1) :])
        most = 1 if name == "permuted" else 32  # it draws an order for each column
        if not isinstance(value, RecordedArray) or not 1 <= value.ndim <= most or axis:
            return leaf(plainly(real, arguments, keywords), name, Kind.RANDOM)
        numbers = _numbers_of_rows(value)
        drawn = np.asarray(plainly(real, (*arguments[:place], numbers, *arguments[place + 1 :]), keywords))
        order = drawn.reshape(drawn.shape[: drawn.ndim - numbers.ndim + 1])
        if order.ndim != 1:  # first weights, or one number
            return leaf(plain(value)[order], name, Kind.RANDOM)
        return value[leaf(order, name, Kind.RANDOM)]

    return draw


def _numbers_of_rows(values: Array) -> Array:
    """The number of each row, to be rearranged for the rows, which may be equal to each other.

    A generator draws the same order for it, because that depends on how many rows and dimensions there are.
    """
    return np.arange(len(values)).reshape(-1, *(1,) * (values.ndim - 1))


def _shuffled(real: Callable[..., Any]) -> Callable[..., Any]:
    """``shuffle``: in place."""

    @functools.wraps(real)
    def shuffle(x: Any, *arguments: Any, **keywords: Any) -> None:
        if not TAPE.on or not isinstance(x, RecordedArray) or x.ndim == 0:
            real(x, *arguments, **keywords)
        elif arguments or keywords.get("axis"):
            real(plain(x), *arguments, **keywords)
        else:
            order = _numbers_of_rows(x)
            real(order, **keywords)
            x[...] = x[leaf(order.ravel(), "shuffle", Kind.RANDOM)]

    return shuffle


class _Seeds:
    """Seeds for generators that the file makes without one."""

    next = 0


def fresh_seed() -> int:
    """The next one."""
    _Seeds.next += 1
    return _Seeds.next


def seed_everything(seed: int) -> None:
    """Make a run repeatable, also if the file sets no seed. For runs with and without recording."""
    _Seeds.next = seed
    np.random.seed(seed)  # noqa: NPY002
    random.seed(seed)
    real_seed, real_random_seed = np.random.seed, random.seed
    real_rng, real_state = np.random.default_rng, np.random.RandomState

    def default_rng(seed: Any = None) -> Any:
        return real_rng(fresh_seed() if seed is None else seed)

    class RandomState(real_state, metaclass=_Generators):  # type: ignore[misc,valid-type]
        """With a seed of its own if it is given none."""

        def __init__(self, seed: Any = None) -> None:
            super().__init__(fresh_seed() if seed is None else seed)

    def seed_numpy(seed: Any = None) -> None:
        real_seed(fresh_seed() if seed is None else plain(seed))

    def seed_random(a: Any = None, version: int = 2) -> None:
        given = plain(a)
        is_known = isinstance(given, (int, float, str, bytes, bytearray))
        if not is_known and given is not None:  # before Python 3.11 by its hash, which for a date is another each time
            TAPE.stand_in(Absorbed.MODULE, f"random.seed({type(given).__name__})")
        real_random_seed(given if is_known else fresh_seed(), version)

    np.random.default_rng = default_rng
    np.random.RandomState = RandomState  # type: ignore[misc]
    np.random.seed = seed_numpy
    for name in ("empty", "empty_like"):
        setattr(np, name, _written(getattr(np, name)))
    random.seed = seed_random


def _written(real: Callable[..., Any]) -> Callable[..., Any]:
    """``np.empty`` and the like, with the same numbers in every run, and not zeros that a file might rely on."""

    @functools.wraps(real)
    def create(*arguments: Any, **keywords: Any) -> Any:
        result = real(*arguments, **keywords)
        if result.dtype.kind in "fc":
            result.fill(UNWRITTEN)
        return result

    return create


class _Generators(type):
    """The type of wrapped generators: NumPy's own objects count as instances."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, (_REAL_STATE, _REAL_GENERATOR))


_REAL_STATE, _REAL_GENERATOR = np.random.RandomState, np.random.Generator


def _wrap_generators() -> None:
    """The legacy functions, RandomState and Generator."""
    for name in DRAWS:
        if hasattr(np.random, name):
            setattr(np.random, name, _drawn(getattr(np.random, name), name))
    np.random.shuffle = _shuffled(np.random.shuffle)
    state, generator = np.random.RandomState, np.random.Generator

    def methods(base: type) -> dict[str, Any]:
        wrapped = {}
        for name in DRAWS:
            real = getattr(base, name, None)
            if real is not None:
                wrapped[name] = _drawn(_unbound(real), name, 1)
        if hasattr(base, "seed"):
            wrapped["seed"] = _plain_seed(base.seed)
        wrapped["shuffle"] = _method_shuffle(base.shuffle)  # type: ignore[attr-defined]
        return wrapped

    np.random.RandomState = _Generators("RandomState", (state,), methods(state))  # type: ignore[misc,assignment]
    recorded = _Generators("Generator", (generator,), methods(generator))
    np.random.Generator = recorded  # type: ignore[misc,assignment]
    real_rng = np.random.default_rng

    def default_rng(seed: Any = None) -> Any:
        made_ = real_rng(plain(seed))
        return recorded(made_.bit_generator)

    np.random.default_rng = default_rng


def _unbound(real: Any) -> Callable[..., Any]:
    """A method of a compiled class as a plain function, so that it binds to objects of a subclass."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        return real(*arguments, **keywords)

    call.__name__ = getattr(real, "__name__", "draw")
    return call


def _plain_seed(real: Any) -> Callable[..., Any]:
    def seed(self: Any, *arguments: Any) -> None:
        real(self, *map(plain, arguments))

    return seed


def _method_shuffle(real: Any) -> Callable[..., Any]:
    def shuffle(self: Any, x: Any, *arguments: Any, **keywords: Any) -> None:
        _shuffled(lambda values, *a, **k: real(self, values, *a, **k))(x, *arguments, **keywords)

    return shuffle


# math, random, numbers of Python


def _math(real: Callable[..., Any], operation: str) -> Callable[..., Any]:
    """A function of the module math, for recorded numbers."""

    @functools.wraps(real)
    def compute(x: Any) -> Any:
        result = real(plain(x) if isinstance(x, (RecordedNumber, RecordedArray)) else x)
        if TAPE.on and isinstance(x, (RecordedNumber, RecordedArray)):
            operand = x if isinstance(x, RecordedNumber) or x.ndim == 0 else x.reshape(())
            return wrap_number(result, record(operation, (operand,), {}, result))
        return result

    return compute


def _wrap_math() -> None:
    """Let the functions of the module math record what they do with recorded numbers."""
    for name, operation in MATH.items():
        setattr(math, name, _math(getattr(math, name), operation))
    real_log, real_pow, real_fsum = math.log, math.pow, math.fsum
    natural = _math(real_log, "log")

    def log(x: Any, *base: Any) -> Any:
        if not base:
            return natural(x)
        return natural(x) / natural(base[0]) if isinstance(x, RecordedNumber) else real_log(x, *base)

    def power(x: Any, y: Any) -> Any:
        result = real_pow(plain(x), plain(y))
        recorded = isinstance(x, RecordedNumber) or isinstance(y, RecordedNumber)
        return wrap_number(result, record("power", (x, y), {}, result)) if TAPE.on and recorded else result

    def fsum(values: Any) -> Any:
        values = list(values)
        result = real_fsum(plain(values))
        recorded = TAPE.on and holds_recorded(values)
        return wrap_number(result, record("sum", (values,), {}, result)) if recorded else result

    math.log, math.pow, math.fsum = log, power, fsum


def _wrap_random() -> None:
    for name in RANDOM_NUMBERS:
        setattr(random, name, made(getattr(random, name), f"random.{name}", Kind.RANDOM))
    state = random.Random

    class Random(state):  # type: ignore[misc,valid-type]
        """Its numbers are recorded."""

    for name in RANDOM_NUMBERS:
        setattr(Random, name, made(_unbound(getattr(state, name)), f"random.{name}", Kind.RANDOM))
    random.Random = Random  # type: ignore[misc]


class Vectorize:
    """``np.vectorize`` of the user's files, by a loop over recorded numbers."""

    def __init__(self, pyfunc: Callable[..., Any], otypes: Any = None, **options: Any) -> None:
        self.pyfunc, self.otypes = pyfunc, otypes
        self.real = _REAL["vectorize"](pyfunc, otypes, **options)
        self.is_simple = not options.get("signature") and not options.get("excluded")
        self.is_cached = bool(options.get("cache"))
        self.__name__ = getattr(pyfunc, "__name__", "vectorize")
        self.__doc__ = getattr(pyfunc, "__doc__", None)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """The function on every element."""
        recorded = any(isinstance(a, (RecordedArray, RecordedNumber)) for a in arguments)
        if not TAPE.on or not self.is_simple or not recorded or any(isinstance(a, str) for a in arguments):
            return self.real(*map(plain, arguments), **keywords)
        shape = np.broadcast_shapes(*(np.shape(plain(a)) for a in arguments))
        values = [a if np.shape(plain(a)) == shape else np.broadcast_to(a, shape) for a in arguments]
        picked = [[value if not shape else value[place] for value in values] for place in np.ndindex(shape)]
        if picked and not self.otypes and not self.is_cached:
            self.pyfunc(*picked[0], **keywords)  # NumPy calls once more, for the type of the result
        results = [self.pyfunc(*items, **keywords) for items in picked]
        if not results:
            return self.real(*map(plain, arguments), **keywords)
        # NumPy takes the type of the first result
        dtype = np.dtype(self.otypes[0]) if self.otypes else np.asarray(plain(results[0])).dtype
        flat = np.asarray(plain(results)).astype(dtype)
        node = TAPE.add("array", (reference(results),), {"dtype": flat.dtype.name}, flat)
        shaped = flat.reshape(shape)
        if any(isinstance(a, REAL_MATRIX) for a in arguments) and shaped.ndim == 2:
            shaped = np.ndarray.view(shaped, REAL_MATRIX)
        return wrap(shaped, node if shape == flat.shape else TAPE.add("reshape", (Ref(node), shape), {}, shaped))


def _vectorize(*arguments: Any, **options: Any) -> Any:
    """In place of the class ``np.vectorize``."""
    if not asked_by_user():
        return _REAL["vectorize"](*arguments, **options)
    if arguments or "pyfunc" in options:
        return Vectorize(*arguments, **options)
    return lambda function: Vectorize(function, **options)


def _of_python(function: Callable[..., Any], inputs: int, outputs: int, **options: Any) -> Any:
    """In place of ``np.frompyfunc``, whose ufuncs call the function on numbers without history."""
    if outputs != 1 or options or not asked_by_user():
        return _REAL["frompyfunc"](function, inputs, outputs, **options)
    return Vectorize(function)


_REAL: dict[str, Any] = {}


def _stacks() -> None:
    """``np.r_`` and ``np.c_``, which are objects with an index and would lose the history."""

    class Rows:
        def __init__(self, real: Any, join: Callable[..., Any]) -> None:
            self.real, self.join = real, join

        def __getitem__(self, key: Any) -> Any:
            parts = key if isinstance(key, tuple) else (key,)
            if not TAPE.on or not holds_recorded(parts) or any(isinstance(p, (str, slice)) for p in parts):
                result = self.real[plain(key)]
                return leaf(result, "r_", Kind.FILL) if TAPE.on and asked_by_user() else result
            return self.join(parts)

    def rows(parts: Any) -> Any:
        return np.concatenate([np.atleast_1d(part) for part in parts])

    def columns(parts: Any) -> Any:
        return np.concatenate([p if np.ndim(p) > 1 else np.reshape(p, (-1, 1)) for p in parts], axis=-1)

    np.r_, np.c_ = Rows(np.r_, rows), Rows(np.c_, columns)  # type: ignore[misc,assignment]


def install() -> None:
    """Put all wrappers in place. For the process of one recorded run."""
    for name in FILLS:
        setattr(np, name, made(getattr(np, name), name, Kind.FILL))
    for name in ("full", "full_like"):
        setattr(np, name, filled(getattr(np, name), name))
    for name in READERS:
        setattr(np, name, made(getattr(np, name), name, Kind.DATA))
    for name in CONVERSIONS:
        if name != "matrix" and name in np.__dict__:
            setattr(np, name, converted(getattr(np, name), name))
    np.fromiter = _of_items(np.fromiter)
    real_enumerate = np.ndenumerate

    def ndenumerate(array: Any) -> Any:
        if not isinstance(array, RecordedArray):
            return real_enumerate(array)
        return ((place, array[place]) for place in np.ndindex(array.shape))

    np.ndenumerate = ndenumerate  # type: ignore[misc,assignment]
    np.matrix = _matrix_class()  # type: ignore[misc,assignment]
    _REAL["vectorize"] = np.vectorize
    np.vectorize = _vectorize  # type: ignore[misc,assignment]
    _REAL["frompyfunc"] = np.frompyfunc
    np.frompyfunc = _of_python  # type: ignore[assignment]
    _stacks()
    _wrap_generators()
    _wrap_math()
    _wrap_random()


def _of_items(real: Callable[..., Any]) -> Callable[..., Any]:
    """``np.fromiter``, which would make plain numbers of recorded ones."""

    def fromiter(items: Any, dtype: Any, count: int = -1, **options: Any) -> Any:
        taken = list(itertools.islice(items, None if count < 0 else count))
        return np.array(taken, dtype) if holds_recorded(taken) else real(taken, dtype, count, **options)

    return fromiter


def _matrix_class() -> type:
    """``np.matrix``, which is a class that is called like a function."""
    real = REAL_MATRIX

    class Meta(type):
        __call__ = staticmethod(converted(real, "matrix"))  # a method of its own would stand between it and the user

        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, real)

    return Meta("matrix", (), {})
