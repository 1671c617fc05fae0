"""A small stand-in for pandas: enough to read a table and hand out its numbers.

Used only where pandas is not installed. Columns are arrays; what a file asks of a frame that is not here raises
AttributeError, as for any missing method.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..graph import Array
from .hints import inputs, labels

OF_ARRAYS = frozenset(
    {"mean", "std", "min", "max", "sum", "var", "median", "argmax", "argmin", "reshape", "any", "all", "cumsum", "clip"}
    | {"round", "argsort", "prod", "dot", "flatten", "nonzero", "repeat"}
)


class Column:
    """A Series: one named column."""

    def __init__(self, data: Any, name: Any = None, index: Any = None, dtype: Any = None) -> None:
        if isinstance(data, Column):
            data = data.data
        if isinstance(data, Mapping):
            index, data = list(data.keys()), list(data.values())
        self.data: Any = np.asarray(data) if dtype is None else np.asarray(data, dtype=dtype)
        self.name = name
        self._index = index

    @property
    def values(self) -> Any:
        """The numbers."""
        return self.data

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows,)."""
        return self.data.shape

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self.data.size)

    @property
    def dtype(self) -> Any:
        """Of the numbers."""
        return self.data.dtype

    @property
    def index(self) -> Any:
        """The rows' labels."""
        return np.arange(len(self.data)) if self._index is None else self._index

    @property
    def iloc(self) -> Any:
        """By position."""
        return _Located(lambda key: _column_or_item(self.data[key], self.name))

    loc = iloc

    @property
    def cat(self) -> Any:
        """Categories."""
        return _Categories(self)

    @property
    def T(self) -> Any:
        """Itself."""
        return self

    def to_numpy(self, dtype: Any = None, **_: Any) -> Any:
        """The numbers."""
        return self.data if dtype is None else self.data.astype(dtype)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.data if dtype is None else self.data.astype(dtype)

    def __len__(self) -> int:
        return len(self.data)

    def __neg__(self) -> Any:
        return Column(-self.data, self.name)

    def __invert__(self) -> Any:
        return Column(~self.data, self.name)

    def __hash__(self) -> int:
        return id(self)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.data)

    def __getitem__(self, key: Any) -> Any:
        return _column_or_item(self.data[np.asarray(key) if isinstance(key, Column) else key], self.name)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.data[np.asarray(key) if isinstance(key, Column) else key] = value

    def tolist(self) -> list[Any]:
        """As a list."""
        return list(self.data.tolist())

    to_list = tolist

    def unique(self) -> Any:
        """Different values in the order of appearance."""
        return np.array(list(dict.fromkeys(self.data.tolist())))

    def nunique(self) -> int:
        """How many there are."""
        return len(self.unique())

    def value_counts(self, **_: Any) -> Any:
        """How often each value occurs."""
        values, counts = np.unique(self.data, return_counts=True)
        return Column(counts, self.name, values)

    def astype(self, dtype: Any, **_: Any) -> Any:
        """In another type; a category stays as it is."""
        return self if dtype == "category" else Column(self.data.astype(dtype), self.name)

    def map(self, function: Any, **_: Any) -> Any:
        """Element by element, by a function or a dictionary."""
        change = function.get if isinstance(function, Mapping) else function
        return Column([change(item) for item in self.data.tolist()], self.name)

    def apply(self, function: Callable[..., Any], *_: Any, **__: Any) -> Any:
        """Element by element."""
        return self.map(function)

    def replace(self, old: Any, new: Any = None, **_: Any) -> Any:
        """Other values in place of some."""
        pairs = old if isinstance(old, Mapping) else dict(zip(_listed(old), _repeated(new, len(_listed(old)))))
        return Column([pairs.get(item, item) for item in self.data.tolist()], self.name)

    def isnull(self) -> Any:
        """Nothing is missing."""
        return Column(np.zeros(len(self.data), bool), self.name)

    isna = isnull

    def notnull(self) -> Any:
        """Nothing is missing."""
        return Column(np.ones(len(self.data), bool), self.name)

    notna = notnull

    def isin(self, values: Any) -> Any:
        """Whether each is one of some."""
        return Column(np.isin(self.data, list(values)), self.name)

    def copy(self, *_: Any, **__: Any) -> Any:
        """A copy."""
        return Column(self.data.copy(), self.name)

    def to_frame(self, *_: Any, **__: Any) -> Any:
        """As a frame of one column."""
        return Frame({self.name: self.data})

    def _same(self, *_: Any, **__: Any) -> Any:
        return self

    fillna = dropna = reset_index = sort_index = sort_values = drop_duplicates = head = tail = ravel = _same
    interpolate = rename = convert_dtypes = infer_objects = squeeze = _same

    def take(self, indices: Any, *_: Any, **__: Any) -> Any:
        """The items at some positions."""
        return Column(self.data[np.asarray(indices)], self.name)

    def sample(self, *_: Any, **__: Any) -> Any:
        """All items, in another order."""
        return Column(np.random.permutation(self.data), self.name)  # noqa: NPY002  as pandas draws them

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Labels with items."""
        return iter(list(zip(self.index, self.data)))

    iteritems = items

    def count(self) -> int:
        """Number of rows."""
        return len(self.data)

    def quantile(self, q: Any = 0.5, *_: Any, **__: Any) -> Any:
        """See NumPy."""
        return np.quantile(self.data, q)

    def mode(self, *_: Any, **__: Any) -> Any:
        """The most frequent value."""
        values, counts = np.unique(self.data, return_counts=True)
        return Column(values[[counts.argmax()]], self.name)

    def between(self, low: Any, high: Any, *_: Any, **__: Any) -> Any:
        """Whether each lies between two values."""
        return Column((self.data >= low) & (self.data <= high), self.name)

    def idxmax(self, *_: Any, **__: Any) -> Any:
        """The label of the largest."""
        return self.index[int(self.data.argmax())]

    def to_dict(self, *_: Any, **__: Any) -> dict[Any, Any]:
        """Items by label."""
        return dict(zip(list(self.index), self.data.tolist()))

    def __getattr__(self, name: str) -> Any:
        if name == "str":
            return _Texts(self)
        if name.startswith("__") or name not in OF_ARRAYS:
            raise AttributeError(f"'Series' object has no attribute {name!r}")
        if name == "median":
            return lambda **_: np.median(self.data)
        method = getattr(self.data, name)
        return lambda *a, **k: method(*a, **({"ddof": 1} if name in ("std", "var") else {}), **_without_axis(k))


def _without_axis(keywords: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in keywords.items() if key not in ("axis", "skipna", "numeric_only")}


def _column_or_item(value: Any, name: Any) -> Any:
    return Column(value, name) if isinstance(value, np.ndarray) and value.ndim else value


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]


def _repeated(value: Any, count: int) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value] * count


class _Located:
    """``iloc`` and ``loc``."""

    def __init__(self, take: Callable[[Any], Any], put: Callable[[Any, Any], None] | None = None) -> None:
        self.take, self.put = take, put

    def __getitem__(self, key: Any) -> Any:
        return self.take(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.put is not None:
            self.put(key, value)


class _Texts:
    """``Series.str``: methods of texts."""

    def __init__(self, column: Column, made: Callable[[list[Any]], Any] | None = None) -> None:
        self.column = column
        self.made = made or (lambda items: Column(items, column.name))

    def __getattr__(self, name: str) -> Any:
        methods: dict[str, Callable[..., Any]] = {
            "contains": lambda text, part, *_: re.search(part, text) is not None,
            "len": len,
            "get": lambda text, place: text[place : place + 1],
            "extract": lambda text, pattern: (re.findall(pattern, text) or [""])[0],
            "replace": lambda text, old, new, *_: text.replace(old, new),
        }
        method = methods[name] if name in methods else getattr(str, name)
        return lambda *a, **_: self.made([method(str(item), *a) for item in self.column.data.tolist()])

    def __getitem__(self, key: Any) -> Any:
        return self.made([str(item)[key] for item in self.column.data.tolist()])


class _Categories:
    """``Series.cat``."""

    def __init__(self, column: Column) -> None:
        values, codes = np.unique(column.data, return_inverse=True)
        self.categories, self.codes = values, Column(codes, column.name)


class Frame:
    """A DataFrame: columns of equal length."""

    def __init__(self, data: Any = None, columns: Any = None, index: Any = None, dtype: Any = None, **_: Any) -> None:
        self._columns: dict[Any, Array]
        self._open = False  # whether any column that is asked for is made up
        if isinstance(data, Frame):
            data = data._columns
        if data is None:
            data = {}
        if isinstance(data, Mapping):
            self._columns = {key: np.asarray(value) for key, value in data.items()}
            if columns is not None:
                self._columns = {key: self._columns[key] for key in columns}
        else:
            if isinstance(data, (list, tuple)) and data and isinstance(data[0], Mapping):
                self._columns = {key: np.asarray([row[key] for row in data]) for key in data[0]}
            else:
                table = np.asarray(data)
                table = table.reshape(len(table), -1) if table.ndim != 2 else table
                names = list(columns) if columns is not None else list(range(table.shape[1]))
                self._columns = {name: table[:, place] for place, name in enumerate(names)}

    # Shape and names

    @property
    def columns(self) -> Any:
        """The names."""
        return Names(self._columns)

    @columns.setter
    def columns(self, names: Sequence[Any]) -> None:
        self._columns = dict(zip(names, self._columns.values()))

    @property
    def index(self) -> Any:
        """The rows' labels."""
        return np.arange(len(self))

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return len(self), len(self._columns)

    @property
    def size(self) -> int:
        """Number of elements."""
        return len(self) * len(self._columns)

    @property
    def dtypes(self) -> Any:
        """Of the columns."""
        return Column([str(value.dtype) for value in self._columns.values()], index=list(self._columns))

    @property
    def empty(self) -> bool:
        """Whether there is nothing."""
        return not len(self)

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), ()))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._columns)

    def __contains__(self, key: object) -> bool:
        return key in self._columns

    def keys(self) -> Any:
        """The names."""
        return self.columns

    def items(self) -> Iterator[tuple[Any, Column]]:
        """(name, column) pairs."""
        return ((key, Column(value, key)) for key, value in self._columns.items())

    # Numbers

    @property
    def values(self) -> Any:
        """(rows, columns)."""
        columns = list(self._columns.values())
        if not columns:
            return np.zeros((0, 0))
        kinds = {column.dtype.kind for column in columns}
        if kinds <= set("iufb"):
            return np.stack(columns, axis=1)
        table = np.empty((len(self), len(columns)), object)
        for place, column in enumerate(columns):
            table[:, place] = column
        return table

    def to_numpy(self, dtype: Any = None, **_: Any) -> Any:
        """(rows, columns)."""
        return self.values if dtype is None else self.values.astype(dtype)

    as_matrix = to_numpy

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.to_numpy(dtype)

    @property
    def T(self) -> Any:
        """Transposed."""
        return Frame(self.values.T)

    transpose = property(lambda self: lambda *_: self.T)

    # Selection

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, (Column, np.ndarray)) and np.asarray(key).dtype == bool:
            return self._rows(np.asarray(key))
        if isinstance(key, slice):
            return self._rows(key)
        if isinstance(key, Frame):
            return self
        if isinstance(key, (list, np.ndarray, Names)):
            return self._like({name: self._column(name) for name in key})
        return Column(self._column(key), key)

    def _column(self, name: Any) -> Array:
        if name not in self._columns and self._open and isinstance(name, str):
            target = re.search(r"label|class|target|species|y$|type|outcome|survived|diagnosis|quality", name.lower())
            rows = len(self)
            self._columns[name] = labels(rows, 2, name) if target else inputs(rows, 1, name)[:, 0]
        return self._columns[name]

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, (list, np.ndarray, Names)):
            table = np.asarray(value)
            for place, name in enumerate(key):
                self._columns[name] = table[:, place] if table.ndim == 2 else table
            return
        array = np.asarray(value)
        self._columns[key] = np.full(len(self), value) if not array.ndim else array

    def __delitem__(self, key: Any) -> None:
        del self._columns[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._columns or (self._open and not hasattr(np.ndarray, name) and name in self._known_names):
            return Column(self._column(name), name)
        if name in ("mean", "std", "min", "max", "sum", "var", "median", "any", "all"):
            return lambda *a, **k: self._reduced(name, *a, **k)
        raise AttributeError(f"'DataFrame' object has no attribute {name!r}")

    _known_names: frozenset[str] = frozenset()

    def _reduced(self, name: str, axis: int = 0, **_: Any) -> Any:
        table = self.values.astype(float)
        options = {"ddof": 1} if name in ("std", "var") else {}
        result = getattr(np, name)(table, axis=axis, **options)
        return Column(result, index=list(self._columns))

    def _like(self, columns: dict[Any, Array]) -> Frame:
        frame = Frame(columns)
        frame._open, frame._known_names = self._open, self._known_names
        return frame

    def _rows(self, key: Any) -> Frame:
        return self._like({name: value[key] for name, value in self._columns.items()})

    @property
    def iloc(self) -> Any:
        """By position."""

        def take(key: Any) -> Any:
            rows, columns = key if isinstance(key, tuple) else (key, slice(None))
            names = list(self._columns)
            if isinstance(columns, (int, np.integer)):
                column = self._columns[names[columns]][rows]
                return _column_or_item(column, names[columns])
            chosen = [names[i] for i in columns] if isinstance(columns, (list, np.ndarray, range)) else names[columns]
            if isinstance(rows, (int, np.integer)):
                return Column([self._columns[name][rows] for name in chosen], index=chosen)
            rows = np.asarray(rows) if not isinstance(rows, slice) else rows
            return self._like({name: self._columns[name][rows] for name in chosen})

        def put(key: Any, value: Any) -> None:
            rows, columns = key if isinstance(key, tuple) else (key, slice(None))
            names = list(self._columns)
            for name in [names[columns]] if isinstance(columns, int) else names[columns]:
                self._columns[name][rows] = value

        return _Located(take, put)

    @property
    def loc(self) -> Any:
        """By name."""

        def take(key: Any) -> Any:
            rows, columns = key if isinstance(key, tuple) else (key, slice(None))
            if isinstance(rows, slice) and isinstance(rows.stop, int):
                rows = slice(rows.start, rows.stop + 1)
            rows = np.asarray(rows) if isinstance(rows, (Column, list)) else rows
            if isinstance(columns, slice):
                names = list(self._columns)
                low = names.index(columns.start) if columns.start is not None else 0
                high = names.index(columns.stop) + 1 if columns.stop is not None else len(names)
                chosen: Any = names[low:high]
            else:
                chosen = columns
            part = self[chosen]
            if isinstance(rows, np.ndarray) and rows.dtype.kind not in "iub":
                rows = rows.astype(int)
            if isinstance(part, Column):
                return _column_or_item(part.data[rows], part.name)
            return part.iloc[rows, :]

        def put(key: Any, value: Any) -> None:
            rows, columns = key if isinstance(key, tuple) else (key, slice(None))
            names = list(self._columns)[columns] if isinstance(columns, slice) else _listed(columns)
            for name in names:
                column = self._column(name)
                column[np.asarray(rows) if isinstance(rows, (Column, list)) else rows] = value

        return _Located(take, put)

    ix = loc

    # Methods

    def drop(
        self, labels_: Any = None, axis: Any = 0, columns: Any = None, inplace: bool = False, **options: Any
    ) -> Any:
        """Without some columns; rows are left out by position."""
        labels_ = options.get("labels", labels_)
        names = _listed(columns if columns is not None else labels_)
        if columns is None and axis in (0, "index", "rows"):
            kept = np.setdiff1d(np.arange(len(self)), [n for n in names if isinstance(n, (int, np.integer))])
            return self._done(self._rows(kept), inplace)
        for name in names:
            if isinstance(name, str) and self._open:
                self._column(name)
        left = {key: value for key, value in self._columns.items() if key not in names}
        return self._done(self._like(left), inplace)

    def _done(self, frame: Frame, inplace: bool) -> Any:
        if inplace:
            self._columns = frame._columns
            return None
        return frame

    def pop(self, name: Any) -> Column:
        """Take a column out."""
        column = Column(self._column(name), name)
        del self._columns[name]
        return column

    def head(self, count: int = 5) -> Any:
        """The first rows."""
        return self._rows(slice(None, count))

    def tail(self, count: int = 5) -> Any:
        """The last rows."""
        return self._rows(slice(-count, None))

    def sample(self, n: int | None = None, frac: float | None = None, random_state: Any = None, **_: Any) -> Any:
        """Rows in random order."""
        count = n if n is not None else int(len(self) * (1 if frac is None else frac))
        return self._rows(np.random.permutation(len(self))[:count])  # noqa: NPY002

    def insert(self, place: int, name: Any, value: Any, *_: Any) -> None:
        """A column at a place."""
        items = list(self._columns.items())
        array = np.asarray(value)
        items.insert(place, (name, array if array.ndim else np.full(len(self), value)))
        self._columns = dict(items)

    def rename(self, columns: Any = None, inplace: bool = False, **_: Any) -> Any:
        """With other names."""
        change = columns if isinstance(columns, Mapping) else {}
        return self._done(self._like({change.get(k, k): v for k, v in self._columns.items()}), inplace)

    def astype(self, dtype: Any, **_: Any) -> Any:
        """In other types."""
        kinds = dtype if isinstance(dtype, Mapping) else dict.fromkeys(self._columns, dtype)
        return self._like({k: v.astype(kinds[k]) if k in kinds else v for k, v in self._columns.items()})

    def groupby(self, *_: Any, **__: Any) -> Any:
        """Only looked at."""
        return self

    def count(self) -> Any:
        """Rows of each column."""
        return Column([len(self)] * len(self._columns), index=list(self._columns))

    def copy(self, *_: Any, **__: Any) -> Any:
        """A copy."""
        return self._like({key: value.copy() for key, value in self._columns.items()})

    def isnull(self) -> Any:
        """Nothing is missing."""
        return self._like({key: np.zeros(len(self), bool) for key in self._columns})

    isna = isnull

    def apply(self, function: Callable[..., Any], axis: int = 0, **_: Any) -> Any:
        """Column by column, or row by row."""
        if axis in (1, "columns"):
            return Column([function(Column(row, index=list(self._columns))) for row in self.values])
        results = {key: function(Column(value, key)) for key, value in self._columns.items()}
        return self._like({k: np.asarray(v) for k, v in results.items()}) if results else self

    def applymap(self, function: Callable[..., Any]) -> Any:
        """Element by element."""
        return self._like({k: np.asarray([function(x) for x in v.tolist()]) for k, v in self._columns.items()})

    def iterrows(self) -> Iterator[tuple[int, Column]]:
        """(number, row) pairs."""
        names = list(self._columns)
        return ((place, _Row(row, names)) for place, row in enumerate(self.values))

    def itertuples(self, index: bool = True, **_: Any) -> Iterator[Any]:
        """Rows as tuples."""
        return ((place, *row) if index else tuple(row) for place, row in enumerate(self.values.tolist()))

    def select_dtypes(self, **_: Any) -> Any:
        """The columns of numbers."""
        return self._like({k: v for k, v in self._columns.items() if v.dtype.kind in "iufb"})

    def _itself(self, *_: Any, inplace: bool = False, **__: Any) -> Any:
        return None if inplace else self

    fillna = dropna = reset_index = sort_values = sort_index = drop_duplicates = interpolate = _itself
    reindex = round = clip = _itself

    def set_index(self, name: Any, *_: Any, inplace: bool = False, **__: Any) -> Any:
        """Without the column that becomes the index."""
        return self.drop(columns=name, inplace=inplace)

    def take(self, indices: Any, axis: Any = 0, **_: Any) -> Any:
        """The rows at some positions."""
        return self._rows(np.asarray(indices)) if axis in (0, "index") else self.iloc[:, list(indices)]

    def filter(self, items: Any = None, regex: str = "", like: str = "", **_: Any) -> Any:
        """The columns whose names fit."""
        wanted = [
            name
            for name in self._columns
            if (name in items if items is not None else re.search(regex, str(name)) if regex else like in str(name))
        ]
        return self[wanted]

    def assign(self, **columns: Any) -> Any:
        """With more columns."""
        frame = self.copy()
        for name, value in columns.items():
            frame[name] = value(frame) if callable(value) else value
        return frame

    def to_dict(self, orient: str = "dict", *_: Any, **__: Any) -> Any:
        """As dictionaries or lists."""
        if orient == "records":
            return [{name: column[row] for name, column in self._columns.items()} for row in range(len(self))]
        columns = {name: column.tolist() for name, column in self._columns.items()}
        return columns if orient == "list" else {name: dict(enumerate(items)) for name, items in columns.items()}

    def nunique(self, *_: Any, **__: Any) -> Any:
        """Numbers of different values."""
        return Column([len(np.unique(column)) for column in self._columns.values()], index=list(self._columns))

    def value_counts(self, *_: Any, **__: Any) -> Any:
        """Of the first column."""
        return Column(next(iter(self._columns.values()))).value_counts()

    def join(self, other: Any, *_: Any, **__: Any) -> Any:
        """With the columns of another frame."""
        return concat([self, other], axis=1)

    def query(self, *_: Any, **__: Any) -> Any:
        """All rows."""
        return self

    replace = infer_objects = convert_dtypes = _itself

    def _nothing(self, *_: Any, **__: Any) -> Any:
        return None

    info = to_csv = hist = plot = boxplot = _nothing

    def describe(self, *_: Any, **__: Any) -> Any:
        """Itself; only shown."""
        return self

    corr = describe

    def _operated(self, other: Any, operate: Callable[[Any, Any], Any]) -> Any:
        table = self.values.astype(float)
        result = operate(table, np.asarray(other) if isinstance(other, (Column, Frame)) else other)
        return self._like({name: result[:, place] for place, name in enumerate(self._columns)})

    def dot(self, other: Any) -> Any:
        """The product with an array or a frame, as an array."""
        return np.dot(self.values, np.asarray(other) if isinstance(other, (Frame, Column)) else other)

    __matmul__ = dot

    def __rmatmul__(self, other: Any) -> Any:
        return np.dot(other, self.values)

    def __sub__(self, other: Any) -> Any:
        return self._operated(other, lambda a, b: a - b)

    def __add__(self, other: Any) -> Any:
        return self._operated(other, lambda a, b: a + b)

    def __truediv__(self, other: Any) -> Any:
        return self._operated(other, lambda a, b: a / b)

    def __mul__(self, other: Any) -> Any:
        return self._operated(other, lambda a, b: a * b)


class _Row(Column):
    """A row, which is asked for by the names of the columns."""

    def __init__(self, data: Any, names: list[Any]) -> None:
        super().__init__(data)
        self._names = names

    def __getitem__(self, key: Any) -> Any:
        return self.data[self._names.index(key)] if key in self._names else super().__getitem__(key)


class Names(list[Any]):
    """The names of columns."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, (Column, np.ndarray, list)):
            places = np.asarray(key)
            return Names(self[int(i)] for i in (np.flatnonzero(places) if places.dtype == bool else places))
        found = list.__getitem__(self, key)
        return Names(found) if isinstance(key, slice) else found

    def __eq__(self, other: object) -> Any:
        return np.array([name == other for name in self]) if isinstance(other, str) else list(self) == other

    def __ne__(self, other: object) -> Any:
        return ~self.__eq__(other) if isinstance(other, str) else list(self) != other

    __hash__ = None

    @property
    def str(self) -> Any:
        """Methods of texts, of every name."""
        return _Texts(Column(self.values), Names)

    @property
    def shape(self) -> tuple[int]:
        """(columns,)."""
        return (len(self),)

    size = property(len)

    def isin(self, names: Any) -> Any:
        """Whether each is one of some."""
        return np.array([name in list(names) for name in self])

    def get_loc(self, name: Any) -> int:
        """Where a name stands."""
        return self.index(name)

    def map(self, function: Any) -> Any:
        """One by one."""
        return Names(function(name) for name in self)

    def tolist(self) -> list[Any]:
        """As a list."""
        return list(self)

    to_list = tolist

    @property
    def values(self) -> Any:
        """As an array."""
        return np.array(self, dtype=object)

    def drop(self, names: Any) -> Names:
        """Without some."""
        return Names(name for name in self if name not in _listed(names))

    def difference(self, names: Any) -> Names:
        """Without some."""
        return self.drop(names)


def _operators() -> None:
    names = [
        "add",
        "sub",
        "mul",
        "truediv",
        "pow",
        "mod",
        "floordiv",
        "lt",
        "le",
        "gt",
        "ge",
        "eq",
        "ne",
        "and",
        "or",
        "radd",
        "rsub",
        "rmul",
        "rtruediv",
    ]

    def operator(name: str) -> Callable[[Any, Any], Any]:
        method = f"__{name}__"

        def operate(self: Any, other: Any) -> Any:
            other = other.data if isinstance(other, Column) else other
            result = getattr(self.data, method)(other)
            return Column(result, self.name)

        return operate

    for name in names:
        setattr(Column, f"__{name}__", operator(name))


_operators()


# Functions of the module


def read_text(
    text: str, sep: str | None = None, header: Any = "infer", names: Any = None, usecols: Any = None, **options: Any
) -> Frame:
    """A table from text."""
    first = text.split("\n", 1)[0]
    separator = sep if sep is not None and len(sep) == 1 else next((s for s in ",;\t" if s in first), " ")
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True) if row]
    skipped = options.get("skiprows") or 0
    rows = rows[skipped if isinstance(skipped, int) else 0 :]
    if names is not None:
        titles: list[Any] = list(names)
        rows = rows[1:] if header == 0 else rows
    elif header is None:
        titles = list(range(len(rows[0])))
    else:
        titles, rows = rows[0], rows[1:]
    limit = options.get("nrows")
    rows = rows[:limit] if limit else rows
    columns = {title: _typed([row[i] if i < len(row) else "" for row in rows]) for i, title in enumerate(titles)}
    chosen = options.get("index_col")
    if isinstance(chosen, int) and not isinstance(chosen, bool):
        columns.pop(titles[chosen], None)
    if usecols is not None:
        columns = {
            titles[c] if isinstance(c, int) else c: columns[titles[c] if isinstance(c, int) else c] for c in usecols
        }
    return Frame(columns)


def _typed(items: list[str]) -> Array:
    """Numbers if all of them are."""
    with contextlib.suppress(ValueError):
        return np.array([int(item) for item in items])
    with contextlib.suppress(ValueError):
        return np.array([float(item) if item.strip() else float("nan") for item in items])
    return np.array(items, dtype=object)


def get_dummies(data: Any, *_: Any, dtype: Any = float, **__: Any) -> Frame:
    """One column for each value."""
    if isinstance(data, Frame):
        columns: dict[Any, Array] = {}
        for name, value in data._columns.items():
            if value.dtype.kind in "iufb":
                columns[name] = value
            else:
                columns |= {f"{name}_{v}": (value == v).astype(float) for v in np.unique(value.astype(str))}
        return Frame(columns)
    values = np.asarray(data)
    return Frame({value: (values == value).astype(float) for value in np.unique(values).tolist()})


def concat(parts: Any, axis: int = 0, **_: Any) -> Any:
    """Under each other, or side by side."""
    parts = [Frame({p.name: p.data}) if isinstance(p, Column) and axis in (1, "columns") else p for p in parts]
    if all(isinstance(part, Column) for part in parts):
        return Column(np.concatenate([part.data for part in parts]))
    if axis in (1, "columns"):
        return Frame({name: value for part in parts for name, value in part._columns.items()})
    names = list(parts[0]._columns)
    return Frame({name: np.concatenate([part._columns[name] for part in parts]) for name in names})


def factorize(values: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
    """(numbers, different values)."""
    different, codes = np.unique(np.asarray(values), return_inverse=True)
    return codes, different
