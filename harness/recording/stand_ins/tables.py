"""Tables of pandas: made up in place of missing files, and with the methods of its earlier versions."""

from __future__ import annotations

import contextlib
import functools
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas  # type: ignore[import-untyped,unused-ignore]

from ..graph import Absorbed
from ..values import TAPE
from . import files
from .absorbed import Absorbing, noted
from .hints import TARGETS, Hints, inputs, labels
from .learning import bunch
from .paths import exists, path_of

READERS = ("read_csv", "read_table", "read_excel", "read_json", "read_feather", "read_parquet", "read_hdf")
KINDS = (pandas.DataFrame, pandas.Series)


# Missing files


class MadeUpTable(pandas.DataFrame):  # type: ignore[misc,unused-ignore]
    """A table in place of a missing file: it gets every column that is asked for by name."""

    attributes: ClassVar[frozenset[str]] = frozenset()  # names in the file that may be columns read as attributes
    targets: ClassVar[frozenset[str]] = frozenset()  # names of columns that the file takes as its targets
    has_dummies: ClassVar[bool] = False  # whether the file makes a column of each class

    @property
    def _constructor(self) -> Any:
        return type(self)

    def _make_up(self, names: Any) -> None:
        """Add the columns of these names that are not there."""
        names, rows = [names] if isinstance(names, str) else names, len(self)
        if not isinstance(names, (list, pandas.Index, np.ndarray)) or len(names) > MAX_NAMES:
            return
        absent = [name for name in names if isinstance(name, str) and name not in self.columns]
        if self._are_classes(absent):
            chosen = labels(rows, len(absent), absent[0])
            for place, name in enumerate(absent):
                self[name] = (chosen == place).astype(int)
            return
        for name in absent:
            is_target = TARGETS.search(name.lower()) or name in self.targets
            self[name] = labels(rows, 2, name) if is_target else inputs(rows, 1, name)[:, 0]

    def _are_classes(self, names: list[str]) -> bool:
        """Whether these are columns that ``get_dummies`` makes of the column "species", such as "species_setosa".

        In a made-up table it made others, which are named after made-up species.
        """
        column, *others = {name.rpartition("_")[0] for name in names} or {""}
        if len(names) < 2 or not column or others or column in self.columns:
            return False
        return self.has_dummies and any(str(one).startswith(f"{column}_") for one in self.columns)

    def __getitem__(self, key: Any) -> Any:
        self._make_up(key)
        return super().__getitem__(key)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self.attributes:
            return self[name]
        return super().__getattr__(name)

    @property
    def loc(self) -> Any:
        """By name."""
        return _Loc("loc", self)

    def drop(self, labels: Any = None, *arguments: Any, columns: Any = None, **options: Any) -> Any:
        """Without some columns or rows."""
        self._make_up(labels if columns is None else columns)
        return super().drop(labels, *arguments, columns=columns, **options)

    def sort_values(self, by: Any, *arguments: Any, **options: Any) -> Any:
        """In the order of some columns."""
        self._make_up(by)
        return super().sort_values(by, *arguments, **options)

    def groupby(self, by: Any = None, *arguments: Any, **options: Any) -> Any:
        """The rows of each value of some columns."""
        self._make_up(by)
        return super().groupby(by, *arguments, **options)

    def set_index(self, keys: Any, *arguments: Any, **options: Any) -> Any:
        """With some columns as the names of its rows."""
        self._make_up(keys)
        return super().set_index(keys, *arguments, **options)

    def drop_duplicates(self, subset: Any = None, **options: Any) -> Any:
        """Without rows that are the same in some columns."""
        self._make_up(subset)
        return super().drop_duplicates(subset, **options)

    def dropna(self, *arguments: Any, subset: Any = None, **options: Any) -> Any:
        """Without rows that lack a number in some columns."""
        self._make_up(subset)
        return super().dropna(*arguments, **options, **({} if subset is None else {"subset": subset}))


MAX_NAMES = 2_000  # of columns that are asked for at once
# y = data["price"], labels = data.species
TAKEN_AS_TARGETS = re.compile(
    r"""^\s*(?:y\w*|\w*labels?|\w*targets?)\s*=\s*\w+(?:\[{1,2}\s*["']([^"']+)["']\s*\]|\.(\w+))""",
    re.IGNORECASE | re.MULTILINE,
)


class _Loc(type(pandas.DataFrame().loc)):  # type: ignore[misc]
    """``loc`` of a made-up table."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            self.obj._make_up(key[-1])
        return super().__getitem__(key)


def made_up_table(missing: files.Missing, path: str, options: dict[str, Any]) -> Any:
    """The table that a reader gives for a missing file.

    Args:
        missing: makes up the numbers.
        path: of the file.
        options: of the reader; names, header, usecols and nrows count.
    """
    hints = missing.hints
    names = options.get("names")
    data = missing.table(path, len(names) if names is not None else None)
    takes_first = "iloc[:, 0]" in hints.text or "[0]" in hints.text
    if hints.images and "test" in Path(path).name.lower():
        data = data if _is_labelled(hints.text.split(Path(path).name)[-1][:400], takes_first) else data[:, 1:]
    missing.note(Absorbed.FILE, Path(path).name, data.shape)
    if names is None and options.get("header", "infer") is not None:
        names = [f"column{i}" for i in range(data.shape[1])]
        if hints.images:
            pixels = [f"pixel{i}" for i in range(784)]
            names = ["label", *pixels] if data.shape[1] == 785 else pixels
        else:
            names = next((columns for columns in hints.column_names if len(columns) == len(names)), names)
    table = _open_table(hints, data, names)
    whole = [name for place, name in enumerate(table.columns) if (data[:, place] == data[:, place].round()).all()]
    table = table.astype(dict.fromkeys(whole, int))
    chosen, rows = options.get("usecols"), options.get("nrows")
    if isinstance(chosen, (list, tuple, range)):
        table = table[list(chosen)] if isinstance(chosen[0], str) else table.iloc[:, list(chosen)]
    return table if rows is None else table.head(rows)


# train.pop("label"), train[["label"]], train.label
OF_LABELS = re.compile(r"""(\w+)(?:(?:\.\w+\(|\[)[^\n"')\]]*["']label|\.label\b)""")


def _is_labelled(after: str, takes_first: bool) -> bool:
    """Whether the table that a file reads has a column of labels.

    Args:
        after: the text from its name on; if labels are taken there by their name, and only from another table, it has
            none.
        takes_first: whether the file takes the first column of tables for labels.
    """
    place = TAPE.place()
    variable = place.variable if place is not None else ""
    tables = OF_LABELS.findall(after)
    if tables and variable.isidentifier() and variable not in tables:
        return False
    return takes_first or "label" in after


def repository(hints: Hints) -> Any:
    """A data set of the UCI repository, as the package ucimlrepo gives it: tables of features and of targets."""
    x, y = inputs(hints.rows, hints.features, "features"), labels(hints.rows, hints.classes, "targets")
    features = _open_table(hints, x, [f"feature{i}" for i in range(hints.features)])
    targets = _open_table(hints, y.reshape(-1, 1), ["target"])
    data = bunch(features=features, targets=targets, original=pandas.concat([features, targets], axis=1), ids=None)
    return bunch(data=data, metadata=Absorbing("metadata"), variables=Absorbing("variables"))


def _open_table(hints: Hints, data: Any, names: Any) -> Any:
    """A table that gets the columns that the file asks for, as items or as attributes."""
    attributes = hints.strings.union(re.findall(r"\.([A-Za-z_]\w*)\b(?!\s*\()", hints.text))
    targets = frozenset(name for found in TAKEN_AS_TARGETS.findall(hints.text) for name in found)
    facts = {"attributes": attributes, "targets": targets, "has_dummies": "get_dummies" in hints.text}
    kind = type("MadeUpTable", (MadeUpTable,), facts)
    return kind(data, columns=None if names is None else list(names))


def install(note: Callable[..., None], missing: files.Missing) -> None:
    """Let pandas read made-up tables where files are missing, show nothing, and be as its earlier versions were."""
    for name in READERS:
        setattr(pandas, name, _reading(getattr(pandas, name), missing))
    real_pickle = pandas.read_pickle

    def read_pickle(source: Any, *arguments: Any, **options: Any) -> Any:
        path = path_of(source)
        if path is None or exists(path):
            return real_pickle(source if path is None else path, *arguments, **options)
        return missing.pickled(path)

    pandas.read_pickle = read_pickle
    for kind in KINDS:
        for name in ("plot", "hist", "boxplot", "to_excel", "to_hdf"):
            setattr(kind, name, Absorbing(name))
    _restore_earlier(note)


def _reading(real: Callable[..., Any], missing: files.Missing) -> Callable[..., Any]:
    """A reader that makes up missing files."""

    def read(source: Any, *arguments: Any, **options: Any) -> Any:
        path = path_of(source) or missing.made.get(id(source))  # the latter of a missing file that was opened
        if path is not None and not exists(path):
            return made_up_table(missing, path, options)
        if arguments:  # it was a positional argument before version 2
            options["sep"] = arguments[0]
        try:
            return real(source if path is None else path, **options)
        except ImportError:  # the package that reads files of this kind
            if path is None:
                raise
            return made_up_table(missing, path, options)

    return read


# Earlier versions


def _append(self: Any, other: Any, ignore_index: bool = False, **_: Any) -> Any:
    """A table with rows at its end."""
    rows = pandas.DataFrame([other]) if isinstance(other, dict) else other
    return pandas.concat([self, rows], ignore_index=ignore_index)


def _from_csv(path: Any, header: Any = 0, sep: str = ",", index_col: Any = 0, **_: Any) -> Any:
    """The table of a file, whose first column names the rows."""
    return pandas.read_csv(path, header=header, sep=sep, index_col=index_col, parse_dates=True)


OF_BOTH: dict[str, Callable[..., Any]] = {
    "append": _append,
    "as_matrix": lambda self, columns=None: (self if columns is None else self[columns]).to_numpy(),
    "get_values": lambda self: self.to_numpy(),
    "iteritems": lambda self: self.items(),
    "applymap": lambda self, function, **_: self.map(function),
}
EARLIER_METHODS = {pandas.DataFrame: {**OF_BOTH, "from_csv": _from_csv}, pandas.Series: OF_BOTH}


def _restore_earlier(note: Callable[..., None]) -> None:
    """What files use that this version of pandas no longer has."""
    with contextlib.suppress(pandas.errors.OptionError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pandas.set_option("future.infer_string", False)  # texts in arrays of NumPy, as before version 3
    for kind in KINDS:
        for name, method in EARLIER_METHODS[kind].items():
            if not hasattr(kind, name):
                note_use = functools.partial(note, Absorbed.MODULE, f"pandas.{kind.__name__}.{name}")
                setattr(kind, name, noted(method, note_use))
        if not hasattr(kind, "ix"):
            kind.ix = property(lambda self: self.loc)
        kind.values = property(_writable(kind.values.fget))
        kind.to_numpy = _writable(kind.to_numpy)
        kind.drop = _with_axis(kind.drop)
    for name, number in (("__float__", float), ("__int__", int)):
        setattr(pandas.Series, name, _of_one_row(number))
    pandas.Series.__getitem__ = _by_position(note, pandas.Series.__getitem__)
    pandas.Series.__setitem__ = _by_position(note, pandas.Series.__setitem__)
    pandas.Series.__setitem__ = _with_fractions(note, "Series", pandas.Series.__setitem__)
    for name in ("loc", "iloc", "at", "iat"):
        of_tables = type(getattr(pandas.DataFrame([[0]]), name))
        of_tables.__setitem__ = _with_fractions(note, name, of_tables.__setitem__)
    real_dummies = pandas.get_dummies
    # numbers, as before version 2: truth values beside numbers would make an array of objects
    pandas.get_dummies = lambda *a, dtype=float, **k: real_dummies(*a, dtype=dtype, **k)


WITH_NUMBERS = frozenset({"integer", "floating", "complex", "boolean", "mixed-integer", "mixed-integer-float"})


def _by_position(note: Callable[..., None], real: Callable[..., Any]) -> Callable[..., Any]:
    """Reading or setting an item of a labelled column by its position, as before version 3."""

    @functools.wraps(real)
    def access(self: Any, key: Any, *new: Any) -> Any:
        if isinstance(key, (int, np.integer)) and self.index.inferred_type not in WITH_NUMBERS and len(self):
            note(Absorbed.MODULE, "pandas.Series by position")
            if not new:
                return self.iloc[key]
            self.iloc[key] = new[0]
            return None
        return real(self, key, *new)

    return access


OF_WHOLE_NUMBERS = re.compile(r"^Invalid value [\s\S]* for dtype 'u?int\d+'$")


def _with_fractions(note: Callable[..., None], name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """Setting items, which turns columns of whole numbers to floats for a fraction, as before version 3."""

    @functools.wraps(real)
    def write(self: Any, key: Any, value: Any) -> Any:
        try:
            return real(self, key, value)
        except TypeError as error:
            if not OF_WHOLE_NUMBERS.match(str(error)):
                raise
        note(Absorbed.MODULE, f"pandas.{name} of fractions into whole numbers")
        table = self if isinstance(self, pandas.Series) else self.obj
        if isinstance(table, pandas.Series):
            table._update_inplace(table.astype(float))
        else:
            column = key[1] if isinstance(key, tuple) and len(key) > 1 else slice(None)
            picked = table.iloc[:, column] if name in ("iloc", "iat") else table.loc[:, column]
            names = [picked.name] if isinstance(picked, pandas.Series) else list(picked.columns)
            whole = [one for one in names if pandas.api.types.is_integer_dtype(table[one].dtype)]
            table._update_inplace(table.astype(dict.fromkeys(whole, float)))
        return real(self, key, value)

    return write


def _of_one_row(number: type[float]) -> Callable[[Any], float]:
    """The conversion of a column with one row to a number, as before version 3."""

    def convert(self: Any) -> float:
        if len(self) != 1:
            raise TypeError(f"cannot convert the series to {number}")
        return number(self.iloc[0])

    return convert


def _writable(real: Callable[..., Any]) -> Callable[..., Any]:
    """A method that gives an array which can be written to, as before version 3."""

    def numbers(*arguments: Any, **options: Any) -> Any:
        array = real(*arguments, **options)
        return array if not isinstance(array, np.ndarray) or array.flags.writeable else array.copy()

    return numbers


def _with_axis(real: Callable[..., Any]) -> Callable[..., Any]:
    """``drop`` with the axis as a second positional argument, as before version 2."""

    def drop(self: Any, labels: Any = None, *axis: Any, **options: Any) -> Any:
        return real(self, labels, **(options | ({"axis": axis[0]} if axis else {})))

    return drop
