"""Bad inputs without end: hypothesis strategies, one for each kind, of files and a command line that must end with 2.

Every strategy makes inputs that are certainly bad, so that a test need not ask whether one is good by chance. A fault
names files relative to the folder that the command is run in.
"""

from __future__ import annotations

import io
import json
import os
import socket
import string
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st


def as_folder(path: Path) -> None:
    path.mkdir()


def as_pipe(path: Path) -> None:
    os.mkfifo(path)  # with nobody at its other end


def as_loop(path: Path) -> None:
    path.symlink_to(path.name)


def as_link_to_nowhere(path: Path) -> None:
    path.symlink_to("nowhere/at/all")


def as_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))


def as_sparse(path: Path) -> None:
    """A terabyte that takes no room."""
    with path.open("wb") as file:
        file.truncate(2**40)


NO_FILES: list[Callable[[Path], None]] = [as_folder, as_pipe, as_loop, as_link_to_nowhere, as_socket, as_sparse]
Content = bytes | Callable[[Path], None]


@dataclass(frozen=True)
class Fault:
    """A command line that must end with 2, and the files that it is run beside."""

    argv: tuple[str, ...]
    files: Mapping[str, Content] = field(default_factory=dict)

    def with_json(self, as_json: bool) -> Fault:
        """The same command, perhaps with --json."""
        return replace(self, argv=(*self.argv, "--json")) if as_json else self

    def put(self, folder: Path) -> None:
        """Make the files."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                content(path)


# Values

NAMES = string.ascii_lowercase + string.digits
# what a clumsy or a hostile user may give where a word is wanted: never a word that is known
STRANGE = st.sampled_from(
    ["", " ", "\x1b[31m", "a\nb", "\u202e", "ü" * 200, "x" * 10_000, "../../x", "'", '"', "%s", "{0}", "--", "\u0000x"]
)
WORDS = st.text("abcdefghij(),=.-_/ ", min_size=1, max_size=20).map(lambda text: f"zz{text}")
NO_WORD = st.one_of(WORDS, STRANGE)
NO_NUMBER = st.one_of(
    st.text("abcxyz_", min_size=1, max_size=8).map(lambda text: f"q{text}"), STRANGE, st.just("1" * 10_000 + "q")
)
NO_RATE = st.one_of(
    st.floats(max_value=0).map(repr),
    st.sampled_from(["nan", "inf", "-inf", "1e400", "0", "-0.0", "1e-320"]),
)
TOO_LARGE = st.integers(2**31, 2**80)
BELOW_0 = st.integers(-(2**70), -1)


def of_toml(value: object) -> str:
    """A Python value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and not isinstance(value, Raw):
        return json.dumps(value)
    if isinstance(value, list):
        return f"[{', '.join(map(of_toml, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {of_toml(v)}' for key, v in value.items())}}}"
    return repr(value)


class Raw(str):
    """TOML as it stands."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


DATES = st.sampled_from([Raw("1979-05-27"), Raw("07:32:00"), Raw("1979-05-27T07:32:00Z")])
GIANTS = st.sampled_from([Raw("0x" + "f" * 6000), Raw("9" * 5000), Raw("-" + "9" * 5000), Raw("1e999")])
OTHER = st.one_of(
    st.booleans(), DATES, GIANTS, st.just([]), st.just({}), st.just([[]]), st.just({"a": 1}), st.just([{"b": []}])
)
FLOATS = st.floats(allow_nan=True).map(lambda x: Raw(repr(x)))
NO_INTEGER = st.one_of(OTHER, FLOATS, NO_WORD, BELOW_0, TOO_LARGE)
NO_TEXT = st.one_of(OTHER, FLOATS, st.integers())

BAD_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "learning_rate": st.one_of(OTHER, NO_WORD, NO_RATE.map(Raw), BELOW_0),
    "iterations": NO_INTEGER,
    "seed": NO_INTEGER,
    "dtype": st.one_of(NO_TEXT, NO_WORD),
    "record": st.one_of(NO_TEXT, NO_WORD, st.sampled_from(["every", "every 0", "log -1", "all 3", "every 1.5"])),
    "hidden": st.one_of(
        st.booleans(),
        DATES,
        st.integers(),
        NO_WORD,
        st.lists(st.one_of(st.integers(max_value=0), FLOATS, NO_WORD, st.booleans()), min_size=1, max_size=4),
        st.lists(st.integers(10**8, 10**20), min_size=1, max_size=3),
        st.just([1] * 101),
    ),
    "activations": st.one_of(NO_TEXT, NO_WORD, st.just(["sigmoid"] * 7), st.lists(NO_WORD, min_size=1, max_size=3)),
    "cost": st.one_of(NO_TEXT, NO_WORD),
    "initializers": st.one_of(
        NO_TEXT,
        NO_WORD,
        st.lists(NO_WORD, min_size=1, max_size=3),
        st.just(["ones", "ones"]),
        st.just([f"constant({n})" for n in range(500)]),
        st.sampled_from(["constant", "constant(nan)", "ones(1)", "random_normal(-1)", "random_uniform(1,-1)"]),
    ),
    "bias_initializer": st.one_of(NO_TEXT, NO_WORD, st.just("orthogonal"), st.just("constant(inf)")),
    "name": st.one_of(
        NO_TEXT,
        st.sampled_from(["", ".", "..", "../x", "/etc/x", "a/b", "a\\b", "a b", "x" * 61, "a\nb", "\u0000", ".hidden"]),
    ),
}
TABLE_OF = {
    "name": "",
    **dict.fromkeys(("hidden", "activations", "cost"), "network"),
    **dict.fromkeys(
        ("learning_rate", "iterations", "seed", "dtype", "record", "initializers", "bias_initializer"), "training"
    ),
}
COMMANDS = ("compare", "sweep", "diagnose")


def toml(parts: Mapping[str, str]) -> bytes:
    """A scenario with some of its parts replaced: "", "data", "network" and "training"."""
    of = {"": "", "data": "x = [[0.0], [1.0]]\ny = [1.0, 0.0]", "network": "hidden = [2]", "training": "", **parts}
    text = of[""] + "".join(f"\n[{table}]\n{content}" for table, content in of.items() if table)
    return text.encode("utf-8", "surrogatepass")


@st.composite
def bad_toml(draw: st.DrawFn) -> Fault:
    """A scenario with one bad value, in a file."""
    key = draw(st.sampled_from(sorted(BAD_VALUES)))
    line = f"{key} = {of_toml(draw(BAD_VALUES[key]))}"
    table = TABLE_OF[key]
    # a sweep records in its own way, and does not look at what the file says of it
    argv = (draw(st.sampled_from(COMMANDS if key != "record" else ("compare", "diagnose"))), "mine.toml")
    return Fault(argv, {"mine.toml": toml({table: line})})


TANGLES = st.sampled_from(
    [
        b"x = " + b"[" * 100_000,
        b"x = " + b"{a=" * 50_000,
        b".".join([b"a"] * 100_000) + b" = 1",
        b"[" + b" . ".join([b'"a b"'] * 50_000) + b"]",
        b"".join(b"k%d = 1\n" % n for n in range(50_000)),
        b"".join(b"[t%d]\n" % n for n in range(20_000)),
        b"# " + b"x" * (2**22),
        b"\x00" * 1000,
        b"\xff\xfe\x00",
        b"",
        b"[data]\n[data]\n",
        b"a = 1\na = 1\n",
        b"PK\x03\x04" + b"\0" * 100,
        "\ufeffname = 3".encode(),
    ]
)


@st.composite
def bad_document(draw: st.DrawFn) -> Fault:
    """A scenario's file that is not TOML, or not a file at all, or has unknown keys."""
    good = toml({})
    content: Content = draw(
        st.one_of(
            TANGLES,
            st.sampled_from(NO_FILES),
            st.binary(min_size=1, max_size=200).map(lambda junk: b"\x80" + junk),
            st.integers(1, len(good) - 20).map(lambda n: good[:n] + b"= ="),
            WORDS.map(lambda word: toml({"training": f"{json.dumps(word)} = 1"})),
            WORDS.map(lambda word: toml({"": f"{json.dumps(word)} = 1"})),
            st.sampled_from(["data = 3", "network = []", "training = 1.5"]).map(str.encode),
        )
    )
    name = draw(st.sampled_from(["mine.toml", "ü ö.toml", "a\nb.toml", "\x1b[31m.toml", "no-ending", "-x.toml"]))
    given = name if not name.startswith("-") else f"./{name}"
    return Fault((draw(st.sampled_from(COMMANDS)), given), {name: content})


CELLS = st.one_of(
    st.sampled_from(["", "nan", "inf", "1_0", "0x1", "1e999", "x" * 1000, "\x1b[1m", "1;2", '"1', "=1+1", "ü"]), NO_WORD
).filter(lambda cell: not set(cell) & set(',"\n\r'))


@st.composite
def bad_csv(draw: st.DrawFn) -> Fault:
    """A scenario whose CSV file is bad in one cell, its header, its rows, or altogether."""
    rows = [["a", "b", "t"], *([f"{n}", f"{n}.5", f"{n % 2}"] for n in range(draw(st.integers(1, 5))))]
    how = draw(st.sampled_from(["cell", "short", "long", "header", "twice", "bytes", "none", "semicolons", "field"]))
    row = draw(st.integers(1, len(rows) - 1))
    columns = 'inputs = ["a", "b"]\ntargets = ["t"]'
    if how == "cell":
        rows[row][draw(st.integers(0, 2))] = draw(CELLS)
    elif how == "short":
        rows[row].pop()
    elif how == "long":
        rows[row].append("1")
    elif how == "header":
        columns = f'inputs = ["a", {json.dumps(draw(NO_WORD))}]\ntargets = ["t"]'
    elif how == "twice":
        rows[0] = draw(st.sampled_from([["a", "a", "t"], ["a", "t", "t"], ["t"] * 3, [f"c{n}" for n in range(3)]]))
    elif how == "field":
        rows[row][1] = "1" * draw(st.integers(131_073, 200_000))
    content: Content = "\n".join(",".join(cells) for cells in rows).encode("utf-8", "surrogatepass")
    if how == "bytes":
        content = draw(st.one_of(st.binary(max_size=100).map(lambda junk: b"\xff" + junk), st.sampled_from(NO_FILES)))
    elif how == "none":
        content = draw(st.sampled_from([b"", b"\n\n\n", b"a,b,t\n", b"a,b,t", "\ufeff".encode()]))
    elif how == "semicolons":
        content = content.replace(b",", draw(st.sampled_from([b";", b"\t", b"|"])))  # type: ignore[union-attr]
    files: dict[str, Content] = {"mine.toml": toml({"data": f'csv = "d.csv"\n{columns}'}), "d.csv": content}
    return Fault((draw(st.sampled_from(COMMANDS)), "mine.toml"), files)


def npz(**arrays: object) -> bytes:
    """The bytes of an NPZ file."""
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def npy_that_lies(shape: tuple[int, ...], descr: str = "<f8", fortran: bool = False) -> bytes:
    """An array's file whose header promises that shape, and four numbers."""
    header = repr({"descr": descr, "fortran_order": fortran, "shape": shape}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(32)


def zipped(files: Mapping[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The bytes of a ZIP file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


GOOD_X, GOOD_Y = np.zeros((3, 2)), np.arange(3.0)
NO_ARRAY = st.one_of(
    st.sampled_from(
        [
            np.zeros((3, 2), complex),
            np.zeros((3, 2), bool),
            np.zeros((3, 2), "datetime64[s]"),
            np.zeros((3, 2), "S3"),
            np.zeros((3, 2), "U3"),
            np.zeros((3, 2), [("a", float), ("b", int)]),
            np.zeros((3, 2), "V8"),
            np.array([[object()] * 2] * 3),
            np.zeros((0, 2)),
            np.zeros((3, 0)),
            np.zeros(()),
            np.zeros((3, 2, 1)),
            np.asfortranarray(np.full((3, 2), np.nan)),
            np.full((3, 2), np.inf, np.float16),
            np.full((3, 2), np.longdouble("1e4000")),
        ]
    ),
    st.integers(1, 20).filter(lambda n: n != 3).map(lambda n: np.zeros((n, 2))),
    st.integers(1, 20).map(lambda n: np.zeros((3, 2, n))),
    st.lists(st.sampled_from([0.0, np.nan, -np.inf, 1.0]), min_size=3, max_size=3)
    .filter(lambda column: not np.all(np.isfinite(column)))
    .map(lambda column: np.array([column, [0.0] * 3]).T),
)
LIES = st.one_of(
    st.tuples(st.integers(2**20, 2**62), st.integers(1, 4)),
    st.tuples(st.integers(5, 10_000), st.integers(5, 10_000)),
    st.just((-4, -1)),
).map(npy_that_lies)
BOMB = zipped({"x.npy": npy_that_lies((2**27, 1)) + bytes(2**27), "y.npy": npy_that_lies((4,))})


@st.composite
def bad_npz(draw: st.DrawFn) -> bytes | Callable[[Path], None]:
    """The content of an NPZ file in which x, y, or everything is bad."""
    good = npz(x=GOOD_X, y=GOOD_Y)
    how = draw(st.sampled_from(["array", "array", "y", "lie", "cut", "names", "junk", "bomb", "no file"]))
    if how == "array":
        return npz(x=draw(NO_ARRAY), y=GOOD_Y)
    if how == "y":
        return npz(x=GOOD_X, y=draw(NO_ARRAY))
    if how == "lie":
        return zipped({"x.npy": draw(LIES), "y.npy": npy_that_lies((4,))}, draw(st.sampled_from([0, 8])))
    if how == "cut":
        return good[: draw(st.integers(0, len(good) - 1))]
    if how == "names":
        other = draw(st.one_of(WORDS, st.sampled_from(["../x", "/x", "X", "x.npy.npy", "x ", "x/y"])))
        return zipped({f"{other}.npy": npy_that_lies((2, 2)), "y.npy": npy_that_lies((4,))})
    if how == "bomb":
        return BOMB
    if how == "no file":
        return draw(st.sampled_from(NO_FILES))
    return draw(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda junk: b"PK\x03\x04" + junk)))


@st.composite
def bad_arrays(draw: st.DrawFn) -> Fault:
    """A scenario whose NPZ file is bad."""
    files = {"mine.toml": toml({"data": 'npz = "d.npz"'}), "d.npz": draw(bad_npz())}
    return Fault((draw(st.sampled_from(COMMANDS)), "mine.toml"), files)


@st.composite
def bad_data_of_lists(draw: st.DrawFn) -> Fault:
    """A scenario whose own x or y is bad."""
    x: list[Any] = [[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]
    y: list[Any] = [[0.0], [1.0], [0.0]]
    table = draw(st.sampled_from([x, y]))
    row = draw(st.integers(0, 2))
    bad = st.one_of(st.booleans(), NO_WORD, DATES, GIANTS, st.just([]), st.just({}), st.just(Raw("nan")))
    how = draw(st.sampled_from(["number", "row", "missing", "ragged", "key", "paths"]))
    if how == "number":
        table[row][0] = draw(bad)
    elif how == "row":
        table[row] = draw(st.one_of(bad, st.just([[[1.0]]]), st.integers()))
    elif how == "missing":
        del table[row]
    elif how == "ragged":
        table[row].append(1.0)
    data = f"x = {of_toml(x)}\ny = {of_toml(y)}"
    if how == "key":
        data += draw(st.sampled_from(['\ncsv = "a.csv"', '\nnpz = "b"', '\ninputs = "a"', "\nz = 1", "\nx = 2"]))
    elif how == "paths":
        place = draw(
            st.one_of(NO_TEXT, NO_WORD, st.sampled_from(["/dev/zero", "/", "/proc/self/mem", "~", "x" * 5000]))
        )
        data = f"npz = {of_toml(place)}"
    return Fault((draw(st.sampled_from(COMMANDS)), "mine.toml"), {"mine.toml": toml({"data": data})})


# Arguments

NO_COUNT = st.one_of(NO_NUMBER, st.integers(max_value=0).map(str), FLOATS.map(str))
A_SCENARIO: dict[str, st.SearchStrategy[str]] = {
    "--init": st.one_of(NO_WORD, st.sampled_from(["ones,ones", "constant", "ones,", "orthogonal(1,2)"])),
    "--bias-init": st.one_of(NO_WORD, st.just("orthogonal")),
    "--iterations": st.one_of(NO_NUMBER, BELOW_0.map(str), TOO_LARGE.map(str)),
    "--hidden": st.one_of(
        NO_WORD.filter(str.strip), st.sampled_from(["0", "-1", "1.5", "1000000000", "9" * 5000, "3,,x"])
    ),
    "--activations": st.one_of(NO_WORD, st.just("sigmoid,tanh"), st.just("sigmoid," * 50)),
    "--cost": NO_WORD,
    "--dtype": NO_WORD,
    "--seed": st.one_of(NO_NUMBER, BELOW_0.map(str), TOO_LARGE.map(str)),
    "--record": st.one_of(NO_WORD, st.sampled_from(["every 0", "log 0", "all all", "every 99999999999999"])),
    "--learning-rate": st.one_of(NO_NUMBER, NO_RATE),
}
A_LOG = {
    "--name": st.sampled_from(
        ["", ".", "..", "../x", "a/b", "/x", "a\nb", "\x1b", "x" * 300, "-", " a", "a\\b", "\u202e"]
    )
}
NO_PLACE = st.sampled_from(["no/such/x.csv", ".", "/", "loop", "file/x.csv", "y" * 5000, "/proc/x"])
NO_PAGE = WORDS.map(lambda word: f"{word.replace('.', '')}.pdf")
HUGE = st.integers(10**13, 10**30).map(str)
OPTIONS: dict[str, dict[str, st.SearchStrategy[str]]] = {
    "compare": {**A_SCENARIO, **A_LOG, "--max-neurons": NO_COUNT},
    "sweep": {
        **A_SCENARIO,
        **A_LOG,
        "--seeds": st.one_of(NO_COUNT, HUGE),
        "--target": st.one_of(NO_NUMBER, st.sampled_from(["nan", "inf", "-inf", "1e400"])),
        "--csv": NO_PLACE,
    },
    "diagnose": {
        **A_SCENARIO,
        **A_LOG,
        "--budget": st.one_of(NO_NUMBER, st.sampled_from(["inf", "nan", "0", "-1", "1h", "9" * 400, "0.0s", "1e3"])),
        "--data": st.just("d.npz"),
        "--iterations": st.one_of(st.just("0"), NO_NUMBER, BELOW_0.map(str), TOO_LARGE.map(str)),
    },
    "check": {
        "--seed": st.one_of(NO_NUMBER, BELOW_0.map(str)),
        "--seconds": st.one_of(NO_NUMBER, NO_RATE.filter(lambda text: not 0 < float(text) <= 1e5), HUGE),
        "--memory": st.one_of(NO_NUMBER, BELOW_0.map(str), HUGE, st.integers(1, 100).map(str)),
        "--jobs": st.one_of(NO_COUNT, HUGE),
        **dict.fromkeys(("--csv", "--gradescope"), NO_PLACE),
        "--report": st.one_of(NO_PLACE, NO_PAGE),
        "--results": st.sampled_from(["loop", "file", "file/x", "y" * 5000, "/proc/x"]),
        "--tests": st.sampled_from(["good.py", "loop", "no/such", "y" * 5000]),
    },
    "view": {
        "--port": st.one_of(NO_NUMBER, st.integers(max_value=-1).map(str), st.integers(2**16, 10**30).map(str)),
        "--host": st.one_of(st.sampled_from(["", " ", "a b", "\x1b", "[::]"])),
    },
}
SUBJECT = {"check": "good.py", "view": "logs"}
BESIDE: dict[str, Content] = {
    "good.py": b"def forward(weights, x):\n    return 1\n",
    "file": b"",
    "loop": as_loop,
    "pipe": as_pipe,
    "logs/run/events.out.tfevents.1.x": b"",
}


@st.composite
def bad_option(draw: st.DrawFn) -> Fault:
    """A command with one bad option."""
    command = draw(st.sampled_from(sorted(OPTIONS)))
    option = draw(st.sampled_from(sorted(OPTIONS[command])))
    # what begins with - is an option to argparse, unless it is given with =; a process gets no zero byte
    value = draw(OPTIONS[command][option]).replace("\0", "")
    argv = [command, f"{option}={value}"]
    if command in SUBJECT:
        argv.insert(1, SUBJECT[command])
    return Fault(tuple(argv), BESIDE)


@st.composite
def bad_command(draw: st.DrawFn) -> Fault:
    """What no command or option is, or a subject that there is not."""
    word = draw(NO_WORD).replace("\0", "")
    word = word if word.strip("- ") else "zz"  # -- alone ends the options, and is not a mistake
    subject = st.sampled_from(["check", "compare", "diagnose", "inspect", "view", "sweep", "new"])
    argv = draw(
        st.one_of(
            st.just((word,)),
            st.tuples(subject, st.just(word)),
            st.tuples(st.sampled_from(["compare", "new"]), st.just(f"--{word}")),
            st.tuples(subject, st.just("a"), st.just("b"), st.just("c")),
            st.tuples(st.sampled_from(["check", "new", "inspect"])),
            st.tuples(st.sampled_from(["inspect", "diagnose"]), st.just("m.h5"), st.just("--data=d.npz")),
            st.tuples(st.just("diagnose"), st.just("m.keras")),
            st.tuples(st.just("diagnose"), st.just("m.py")),
        )
    )
    if argv[0].startswith("-"):  # that would be an option of compare
        argv = ("compare", f"zz{argv[0]}")
    return Fault(tuple(argv))


@st.composite
def bad_place(draw: st.DrawFn) -> Fault:
    """Somewhere that nothing can be read from or written to."""
    name = draw(st.sampled_from(["x", "ü", "a b", "a\nb", "\x1b[2J"]))
    made = draw(st.sampled_from([as_folder, as_pipe, as_loop, as_link_to_nowhere, as_socket]))
    ending = draw(st.sampled_from([".py", ".keras", ".toml", ".npz", ".h5"]))
    argv: tuple[str, ...] = draw(
        st.sampled_from(
            [
                ("check", f"{name}{ending}"),
                ("inspect", f"{name}{ending}"),
                ("view", f"{name}{ending}"),
                ("new", f"{name}{ending}"),
                ("diagnose", f"{name}{ending}"),
                ("diagnose", "m.keras", f"--data={name}{ending}"),
                ("inspect", "mine:build", f"--data={name}{ending}"),
                ("compare", f"{name}{ending}"),
                ("compare", f"--log-dir=file/{name}"),
                ("sweep", "--log-dir=loop"),
                ("sweep", "--log-dir=file"),
                ("compare", "--log-dir=logs", "--name=run", "--iterations=1"),
                ("diagnose", "--log-dir=" + "y" * 5000),
            ]
        )
    )
    files: dict[str, Content] = {f"{name}{ending}": made, "file": b"", "loop": as_loop, "logs/post/run/x": b""}
    return Fault(argv, files)


# Files that are refused as Keras models without Keras

CONFIG = b'{"module": "keras", "class_name": "Sequential", "config": {}}'

GOOD_KERAS = zipped({"config.json": CONFIG, "metadata.json": b"{}", "model.weights.h5": b""})
NO_CONFIG = [zipped({"config.json": content}) for content in (b"[" * 100_000, b" " * (2**26 + 1), b"", b"nan,")]


@st.composite
def bad_keras(draw: st.DrawFn) -> Fault:
    """A file that is not a .keras file, or data that are not arrays."""
    content: Content = draw(
        st.one_of(
            st.binary(max_size=300),
            st.integers(0, len(GOOD_KERAS) - 1).map(lambda n: GOOD_KERAS[:n]),
            st.binary(max_size=100).map(lambda junk: zipped({"config.json": b"\x80" + junk})),
            WORDS.map(lambda word: zipped({word: CONFIG})),
            st.sampled_from(NO_CONFIG),
            st.sampled_from(NO_FILES),
            st.sampled_from([b"\x80\x04N.", b"\x89HDF\r\n\x1a\n" + bytes(100)]),
        )
    )
    if draw(st.booleans()):
        data = draw(bad_npz().filter(lambda found: callable(found) or found[:4] != b"PK\x03\x04"))
        return Fault(("inspect", "m.keras", "--data=d.npz"), {"m.keras": GOOD_KERAS, "d.npz": data})
    argv = draw(st.sampled_from([("inspect", "m.keras"), ("diagnose", "m.keras", "--data=d.npz")]))
    return Fault(argv, {"m.keras": content, "d.npz": npz(x=GOOD_X, y=GOOD_Y)})


# Programs and rubrics

GOOD_SCRIPT = b"""import numpy as np

x = np.ones((4, 2))
w = np.ones((2, 1))
for _ in range(3):
    w -= 0.1 * x.T @ (x @ w - 1)
model.fit(x, w)
"""
NO_PYTHON = st.sampled_from(
    [
        *(b"(", b"def f(:", b"'" * 3, b"\tif", b"x = = 1", b"return)", b"\x00", b"\x80", b"print 1 2", b"x = 08"),
        *(b"[" * 300, b"x = " + b"-" * 100_000 + b"1"),  # deeper than the parser's stack
    ]
)
NO_SCRIPT = st.one_of(
    st.tuples(st.integers(0, 8), NO_PYTHON).map(
        lambda drawn: b"\n".join([*GOOD_SCRIPT.split(b"\n")[: drawn[0]], drawn[1]])
    ),
    st.binary(max_size=200).map(lambda junk: b"\x80" + junk),
)


@st.composite
def bad_script(draw: st.DrawFn) -> Fault:
    """A Python file that is none."""
    name = draw(st.sampled_from(["net.py", "ü ö.py", "a\nb.py", "./-x.py"]))
    options = draw(st.sampled_from([(), ("--run=f()",), ("--seed=3",), ("--sandbox=off",)]))
    content = draw(st.one_of(NO_SCRIPT, st.sampled_from(NO_FILES)))
    return Fault(("check", name, *options), {name: content})


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text("abc{}[]", max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
NO_SOURCE = st.one_of(st.none(), st.booleans(), st.integers(), st.lists(st.integers(), min_size=1, max_size=3))
NO_CELL = st.one_of(JSON.filter(lambda value: not isinstance(value, dict)), st.just({}).map(lambda _: [[]]))


def notebook(cells: Any) -> bytes:
    """A notebook with these cells."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def code_cell(source: Any) -> dict[str, Any]:
    """A cell of code."""
    return {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}


NO_NOTEBOOK = st.one_of(
    JSON.filter(lambda value: not isinstance(value, dict)).map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=100).map(lambda junk: b"\x80" + junk),
    st.integers(1, 40).map(lambda end: notebook([code_cell("x = 1")])[:end]),
    st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b"", b"nan,"]),
    NO_CELL.map(lambda cell: notebook([code_cell("x = 1"), cell])),
    st.one_of(st.integers(1, 9), st.just(True), st.just("abc")).map(notebook),
    NO_SOURCE.map(lambda source: notebook([code_cell(source)])),
)
NO_CODE = st.sampled_from(["def f(:", "x = = 1", "("]).map(lambda source: notebook([code_cell(source)]))


def bad_notebook() -> st.SearchStrategy[Fault]:
    """A notebook that is none."""
    contents = st.one_of(NO_NOTEBOOK, NO_CODE, st.sampled_from(NO_FILES))
    return contents.map(lambda content: Fault(("check", "hw.ipynb"), {"hw.ipynb": content}))


def bad_program() -> st.SearchStrategy[Fault]:
    """A notebook that is none, for diagnose."""
    return NO_NOTEBOOK.map(lambda content: Fault(("diagnose", "t.ipynb", "--no-log"), {"t.ipynb": content}))


NO_AMOUNT = st.one_of(OTHER, NO_WORD, BELOW_0, st.sampled_from([Raw("nan"), Raw("inf"), Raw("-1e-9")]))
CRITERION = "[[criteria]]\npoints = 1\n"
NO_RUBRIC = st.one_of(
    NO_AMOUNT.map(lambda value: f"[[criteria]]\npoints = {of_toml(value)}"),
    NO_AMOUNT.map(lambda value: f"{CRITERION}partial = {of_toml(value)}"),
    st.sampled_from(["1.01", "2"]).map(lambda value: f"{CRITERION}partial = {value}"),
    st.one_of(DATES, st.integers(), st.lists(st.integers(), max_size=2)).map(
        lambda value: f"{CRITERION}quantities = {of_toml(value)}"
    ),
    NO_TEXT.map(lambda value: f"run = {of_toml(value)}\n{CRITERION}"),
    NO_TEXT.map(lambda value: f"file = {of_toml(value)}\n{CRITERION}"),
    WORDS.map(lambda word: f"{CRITERION}{json.dumps(word)} = 1"),
    WORDS.map(lambda word: f"{CRITERION}[mistakes]\n{json.dumps(word)} = 0.5"),
    NO_AMOUNT.map(lambda value: f"[tests]\npoints = {of_toml(value)}"),
    st.sampled_from(["", "criteria = 3", "criteria = [1]", "tests = 1", "mistakes = []", "[[criteria]]"]),
)


@st.composite
def bad_rubric(draw: st.DrawFn) -> Fault:
    """A rubric that is none."""
    texts = NO_RUBRIC.map(lambda text: text.encode("utf-8", "surrogatepass"))
    content = draw(st.one_of(texts, TANGLES, st.sampled_from(NO_FILES)))
    argv = draw(st.sampled_from([("check", "net.py"), ("check", "class"), ("check", "class", "--hand-in")]))
    argv = (*argv, "--rubric=r.toml", "--sandbox=off")
    files = {"r.toml": content, "net.py": GOOD_SCRIPT, "class/net.py": GOOD_SCRIPT}
    return Fault(argv, files)


def perhaps_as_json(kinds: Mapping[str, st.SearchStrategy[Fault]]) -> dict[str, st.SearchStrategy[Fault]]:
    """The faults of every kind, with --json and without."""
    return {name: st.builds(Fault.with_json, faults, st.booleans()) for name, faults in kinds.items()}


KINDS = perhaps_as_json(
    {
        "a value in a TOML file": bad_toml(),
        "a TOML file": bad_document(),
        "data in a TOML file": bad_data_of_lists(),
        "a CSV file": bad_csv(),
        "an NPZ file": bad_arrays(),
        "an option": bad_option(),
        "a command": bad_command(),
        "a place": bad_place(),
        "a .keras file": bad_keras(),
        "a script": bad_script(),
        "a notebook": bad_notebook(),
        "a rubric": bad_rubric(),
    }
)

# the same, for which TensorFlow is loaded
SLOW_KINDS = perhaps_as_json({"a program for diagnose": bad_program()})
