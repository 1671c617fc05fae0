"""Posted snippets made whole: names that are used and nowhere given, and statements that fail on made-up data.

A snippet is run with its usual imports supplied. In a run with made-up data, every assignment whose value cannot be
computed gets a made-up one by its name, unless the error comes from Keras' own layers and models: those are the
user's.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ...recording.source import called_name, defined_names, undefined_names
from ...recording.stand_ins.absorbed import Absorbing
from ...recording.stand_ins.hints import images, inputs, labels
from ..findings import TRAINING
from ..heads import is_shape
from ..program import VALUE, MadeUp, Note, NoteKind
from ..source.places import calls_fit
from .made_up_folders import TEXTS_MADE_UP
from .supply import ROWS, Supply
from .tolerance import ELEMENT

USUAL_NUMBER = 10  # for a name that is only ever handed on, and says nothing of its size
USUAL_ACTIVATION = "relu"
USUAL_ROWS, USUAL_WIDTH = 100, 32  # of a made-up matrix of word vectors
USUAL = {
    "np": "numpy", "numpy": "numpy", "pd": "pandas", "pandas": "pandas", "tf": "tensorflow", "keras": "keras",
    "K": "keras.backend", "plt": "matplotlib.pyplot", "os": "os", "sys": "sys", "math": "math", "random": "random",
    "time": "time", "re": "re", "sns": "seaborn", "json": "json", "csv": "csv", "pickle": "pickle",
    "datetime": "datetime", "itertools": "itertools",
    "np_utils": "keras.utils", "sequence": "keras.preprocessing.sequence", "image": "keras.preprocessing.image",
    "layers": "keras.layers", "models": "keras.models", "optimizers": "keras.optimizers", "losses": "keras.losses",
    "regularizers": "keras.regularizers", "initializers": "keras.initializers", "callbacks": "keras.callbacks",
    "datasets": "keras.datasets", "metrics": "keras.metrics", "applications": "keras.applications", "cv2": "cv2",
    "glob": "glob", "logging": "logging", "preprocessing": "keras.preprocessing", "utils": "keras.utils",
}  # fmt: skip  # names of modules as people import them
HOLDERS = (
    "keras.layers", "keras.models", "keras.optimizers", "keras.callbacks", "keras.regularizers", "keras.initializers",
    "keras.losses", "keras.metrics", "keras.utils", "keras.activations", "keras.constraints", "keras.applications",
    "keras.datasets", "keras.preprocessing.image", "keras.preprocessing.sequence", "keras.preprocessing.text",
    "tensorflow.keras.preprocessing.image", "tensorflow.keras.preprocessing.text",
    "harness.programs.old_versions.wrappers", "sklearn.model_selection", "sklearn.preprocessing", "sklearn.metrics",
    "sklearn.datasets", "sklearn.utils", "math", "random", "collections", "functools", "itertools",
)  # fmt: skip  # modules in which a name that a snippet uses without an import is looked up
NUMBERS: tuple[tuple[str, Any], ...] = (
    (r"batch", 32), (r"epoch|n_iter", 30),
    (r"num_?(of_)?class|n(b|um|_)?_?class|nclass|num_labels|n_labels|output_dim|n_outputs?", None),
    (r"vocab|num_words|max_words|top_words|max_features|nb_words", 1000),
    (r"embed\w*_?(dim|size)|dimsize", 32),
    (r"_length|^length", 100), (r"max_?len|seq\w*_?(len|size)|time_?steps?|look_?back|window|longitud|n_steps", 20),
    (r"channel|depth", 3), (r"height|width|rows|cols|img_size|image_size|img_dim", 32),
    (r"lr$|rate|alpha|momentum", 0.001),
    (r"dropout", 0.5), (r"seed|random_state", 0), (r"hidden|units|neurons|nodes|latent|encoding_dim|filters|dim$", 32),
    (r"n_?features|num_features|n_cols|input_dim|n_inputs", 8), (r"step", 10), (r"split|ratio|fraction", 0.2),
    (r"verbose", 0),
)  # fmt: skip
SIZE_ARGUMENTS = "units|input_dim|input_length|output_dim|nb_filter|filters"
SIZED_LAYERS = r"Dense|LSTM|GRU|SimpleRNN|Conv(?:olution)?[12]D|RepeatVector"
OF_TRAINING = re.compile(r"batch_?size|epoch|^verbose$", re.IGNORECASE)  # what data and model do not depend on
TARGET = re.compile(r"(^|_)(y|label|target|class|output)s?(_|\d|$)|^y[A-Z_\d]?|label|target", re.IGNORECASE)
INPUT = re.compile(
    r"(^|_)(x|data|input|feature|train|test|val|valid|image|img|sample|seq)|^x[A-Z_\d]?|data|train|test", re.IGNORECASE
)
TEXT_NAME = re.compile(r"text|sentence|tweet|review|comment|doc|corpus|word_?list", re.IGNORECASE)
INDEX_NAME = re.compile(r"(word|char|token)\w*_?(index|indices|to_\w+|dict)|vocabulary|^vocab$", re.IGNORECASE)
PATH_NAME = re.compile(r"path|dir$|file|folder|name$|date", re.IGNORECASE)
OF_KERAS = re.compile(
    r"[/\\]keras[/\\]src[/\\](layers|models|ops|backend|trainers|losses|optimizers|saving|activations|initializers)"
)
IN_KERAS = re.compile(r"[/\\]keras[/\\]src[/\\]")
OF_DATA = re.compile(r"[/\\]keras[/\\]src[/\\](utils|datasets|preprocessing)[/\\](?!traceback)")  # what prepares data
FIRST_LAYERS = (
    (re.compile(r"\b(Embedding)\("), "tokens"),
    (re.compile(r"\b(Conv(olution)?2D|VGG16|VGG19|ResNet50|InceptionV3|MobileNet\w*|Xception|DenseNet\w*)\("), "image"),
    (re.compile(r"\b(LSTM|GRU|SimpleRNN|Conv(olution)?1D|Bidirectional|TimeDistributed\w*)\("), "sequence"),
)  # which kind of input a model reads, by the first of its layers that says so
GIVEN_TO_FIT = re.compile(r"(?:\.fit|train_test_split)\(\s*(?:x\s*=\s*)?(\w+)\s*,\s*(?:y\s*=\s*)?(\w+)")
INPUT_SHAPE = re.compile(r"(?:input_shape|Input\(\s*(?:shape\s*=)?)\s*=?\s*\(\s*((?:[\w*]+\s*,?\s*)+)\)")


def functions_that_call(text: str, methods: set[str]) -> list[tuple[str, str]]:
    """(function, its class or nothing) of all functions of a program that call one of some methods, in order."""
    found = []
    for node in ast.parse(text).body:
        parts = node.body if isinstance(node, ast.ClassDef) else [node]
        owner = node.name if isinstance(node, ast.ClassDef) else ""
        for part in parts:
            if not isinstance(part, ast.FunctionDef):
                continue
            functions = [call.func for call in ast.walk(part) if isinstance(call, ast.Call)]
            attributes = [function for function in functions if isinstance(function, ast.Attribute)]
            names = {one.attr for one in attributes if ast.unparse(one.value) != "re"}
            if names & methods:
                found.append((part.name, owner))
    return found


def sample_shape(text: str) -> tuple[tuple[int, ...], str]:
    """(shape of one row of x, its kind), as far as the text of a program says it."""
    kind, first = "flat", len(text)
    for pattern, name in FIRST_LAYERS:
        match = pattern.search(text)
        if match is not None and match.start() < first:
            kind, first = name, match.start()
    numbers = {name: int(value) for name, value in re.findall(r"^\s*(\w+)\s*=\s*(\d+)\s*(?:#.*)?$", text, re.MULTILINE)}
    for pair in re.findall(r"^\s*(\w+)\s*,\s*(\w+)\s*=\s*(\d+)\s*,\s*(\d+)\s*$", text, re.MULTILINE):
        numbers |= {pair[0]: int(pair[2]), pair[1]: int(pair[3])}
    match = INPUT_SHAPE.search(text)
    if match is not None:
        parts = [part.strip() for part in match[1].split(",") if part.strip()]
        sizes = [int(part) if part.isdigit() else numbers.get(part) for part in parts]
        if all(sizes):
            return tuple(int(size) for size in sizes if size), kind
    width = re.search(r"input_dim\s*=\s*(\w+)", text)
    size = None if width is None else int(width[1]) if width[1].isdigit() else numbers.get(width[1])
    usual = {"tokens": (20,), "image": (32, 32, 3), "sequence": (20, size or 4), "flat": (size or 8,)}
    return usual[kind], kind


def names_after_training(text: str) -> frozenset[str]:
    """Names that a program reads only after its last call that trains: the training does not depend on them.

    Raises:
        SyntaxError: the text is not one of this version of Python.
    """
    statements = ast.parse(text).body
    if not calls_fit(text) and "train_on_batch" not in text:
        return frozenset()  # at most scalers are fitted, and what trains is not seen
    called = [frozenset(map(called_name, ast.walk(one))) for one in statements]
    training = [number for number, names in enumerate(called) if not names.isdisjoint(TRAINING)]
    if any(isinstance(statements[number], (ast.FunctionDef, ast.ClassDef)) for number in training):
        return frozenset()  # they may be called anywhere
    end = training[-1] + 1 if training else len(statements)
    before, after = (
        frozenset(node.id for one in part for node in ast.walk(one) if isinstance(node, ast.Name))
        for part in (statements[:end], statements[end:])
    )
    return after - before


class Completion:
    """Values for what a snippet lacks, by name.

    Attributes:
        supply: remembers what was made up.
    """

    def __init__(self, supply: Supply, text: str) -> None:
        """Values in the shapes that a text suggests."""
        self.supply = supply
        self.text = text
        self.shape, self.kind = sample_shape(text)
        self.unknown: frozenset[str] = frozenset()
        self.given_to_fit = [match.groups() for match in GIVEN_TO_FIT.finditer(text)]
        self.called = set(re.findall(r"(?<![\w.])([A-Za-z_]\w*)\s*\(", text))
        self.indexed = set(re.findall(r"(?<![\w.])([A-Za-z_]\w*)\s*(?:\.shape|\[)", text))

    def classes(self) -> int:
        """How many classes made-up labels name."""
        units = re.findall(r"Dense\((?:units\s*=\s*|output_dim\s*=\s*)?(\d+)", self.text)
        last = int(units[-1]) if units else 0
        return last if 2 <= last <= 1000 else self.supply.hints.classes

    def vocabulary_rows(self) -> int:
        """Rows of the first Embedding layer, if a name that is not known gives them."""
        match = re.search(r"Embedding\(\s*(?:input_dim\s*=\s*)?([A-Za-z_]\w*)\s*,", self.text)
        value = self.value(match[1]) if match is not None and match[1] in self.unknown else None
        return value if isinstance(value, int) else USUAL_ROWS

    def width_of_vectors(self) -> int:
        """Numbers of the vector of a word, as the first Embedding layer says."""
        match = re.search(r"Embedding\(\s*[^,()]+,\s*(?:output_dim\s*=\s*)?(\w+)\b(?!\s*[.\[(])", self.text)
        width = match[1] if match is not None else ""
        value = int(width) if width.isdigit() else self.value(width) if width in self.unknown else None
        return value if isinstance(value, int) else USUAL_WIDTH

    def rows_of_inputs(self) -> Any:
        """Made-up x."""
        if self.kind == "tokens":
            return np.random.default_rng(0).integers(1, 100, (ROWS, *self.shape))
        if self.kind == "image":
            rows = ROWS if int(np.prod(self.shape)) < 20_000 else 8
            return images(rows, self.shape).astype("float32") / 255
        return inputs(ROWS, int(np.prod(self.shape))).reshape(ROWS, *self.shape)

    def is_size(self, name: str) -> bool:
        """Whether a layer is given a name as a number of units, steps or features."""
        uses = (
            rf"\b(?:{SIZE_ARGUMENTS})\s*=\s*{name}\b(?!\s*[.\[(])",
            rf"\b(?:{SIZED_LAYERS})\(\s*{name}\b(?!\s*[.\[(])",
        )
        return name not in self.indexed and any(re.search(use, self.text) for use in uses)

    def value(self, name: str) -> Any:
        """A made-up value for a name."""
        low = name.lower()
        if self.is_size(name):
            return self.number(low)
        if any(name == pair[0] for pair in self.given_to_fit):
            return self.rows_of_inputs()
        if TEXT_NAME.search(name) and "matrix" not in low:
            return TEXTS_MADE_UP * (ROWS // len(TEXTS_MADE_UP))
        if INDEX_NAME.search(name):
            return {f"word{number}": number for number in range(1, 100)}
        if "embedding" in low and ("matrix" in low or "weights" in low):
            return np.zeros((self.vocabulary_rows(), self.width_of_vectors()))
        if re.search(rf"\.add\(\s*{name}\s*\)", self.text):
            return keras.layers.Embedding(1000, 32) if "embed" in low else keras.layers.Identity()
        if "callback" in low:
            return []
        if re.search(rf"Lambda\([^()]*\b{name}\b", self.text):
            return passed_on
        if re.search(rf"\bloss\s*=\s*{name}\b", self.text):
            return unknown_loss
        if re.search(rf"\bactivation\s*=\s*{name}\b|\bActivation\(\s*{name}\s*\)", self.text):
            return USUAL_ACTIVATION
        if name not in self.indexed and any(re.search(pattern, low) for pattern, _ in NUMBERS):
            return self.number(low)
        if TARGET.search(name) or any(name == pair[1] for pair in self.given_to_fit):
            y = labels(ROWS, self.classes())
            if not re.search(rf"\b{name}(\.shape\[1\]|\s*\[\s*:\s*,)", self.text):
                return y
            columns = (y[:, None] == np.arange(self.classes())).astype("float32")
            columns[::7] = 1  # several columns, and whether they exclude each other is not known
            return columns
        if INPUT.search(name):
            return self.rows_of_inputs()
        if PATH_NAME.search(name):
            return "data"
        if re.search(rf"\blen\(\s*{name}\s*\)", self.text):
            return [f"{name}{number}" for number in range(self.classes())]
        is_bare = re.search(rf"(?<![\w.])({name})\s*\.", self.text) is None and name not in self.indexed
        return USUAL_NUMBER if is_bare and name in self.unknown else Absorbing(name)

    def number(self, name: str) -> Any:
        """A usual number for a name in lower case."""
        for pattern, number in NUMBERS:
            if re.search(pattern, name):
                return self.classes() if number is None else number
        return USUAL_NUMBER

    def undefined(self) -> dict[str, Any]:
        """Values for all names that the text uses before it has trained and does not define; usual imports too."""
        with contextlib.suppress(SyntaxError):
            known = star_names(self.text, self.supply.is_users) | names_after_training(self.text)
            self.unknown = frozenset(undefined_names(self.text)) - known
            return {name: value for name in sorted(self.unknown) for value in self.given(name)}
        return {}

    def given(self, name: str) -> Iterator[Any]:
        """What a name stands for: what is usually imported under it, or a made-up value."""
        if name.startswith("__") or name in ("display", "get_ipython"):
            return
        parts = re.findall(rf"(?<![\w.]){name}\.(\w+)", self.text)
        found = usual_import(name, parts, is_called=name in self.called)
        if found is not None:
            note = Note(kind=NoteKind.IMPORT_SUPPLIED, detail=name)
            self.supply.notes += [] if note in self.supply.notes else [note]
            yield found
        elif name in self.called:
            self.supply.note("the function", name)
            yield Absorbing(name)
        else:
            value = self.value(name)
            if OF_TRAINING.search(name) and isinstance(value, int):
                self.supply.note(VALUE, f"{name} ({value})", MadeUp.NOTHING)
            else:
                is_setting = isinstance(value, (int, float, str))
                self.supply.note(VALUE, name, MadeUp.VALUES if is_setting else MadeUp.FORMATS)
            yield value

    def attempt(self, compute: Callable[[], Any], names: Sequence[Any]) -> Any:
        """The value of an expression; a made-up one by the names that it is assigned to if it fails."""
        try:
            value = compute()
            wanted = names[0] if names else ""
            if fits_names(value, wanted):
                return value
            self.supply.note(VALUE, ", ".join(flat(wanted)))
            return (value + (USUAL_NUMBER,) * len(wanted))[: len(wanted)] if is_shape(value) else self.made(wanted)
        except Exception as error:
            if is_of_keras(error):
                raise
            self.supply.note(VALUE, ", ".join(name for name in flat(names) if name != ELEMENT) or line_of(error))
            return self.made(names)

    def forgive(self) -> None:
        """Note that a part of a made-up value could not be assigned; raise what the user's model raised."""
        error = sys.exc_info()[1]
        if error is not None and is_of_keras(error):
            raise error
        self.supply.note(VALUE, "an element of an array")

    def call_what_trains(self, namespace: dict[str, Any]) -> None:
        """Call the functions and methods that fit, or else compile, and that nobody called, with made-up arguments."""
        fitting = functions_that_call(self.text, {"fit", "fit_generator"})
        compiling = functions_that_call(self.text, {"compile"})
        methods = methods_without_class(namespace)
        for name, owner in fitting or compiling:
            made = namespace.get(owner or name)
            if not callable(made):
                continue
            self.supply.notes.append(Note(kind=NoteKind.CALLED, detail=f"{owner}.{name}" if owner else name))
            with contextlib.suppress(Exception):
                kind = made if owner else type("Posted", (), methods) if name in methods else None
                one = None if kind is None else self.instance_of(kind)
                function = made if one is None else getattr(one, name)
                given = self.arguments_of(function)
                of_model = [parameter for parameter in given if self.is_fitted(parameter)]
                makers = [maker for maker, of in compiling if of == owner and (maker, of) not in fitting]
                if of_model and makers:
                    maker = namespace[makers[0]] if one is None else getattr(one, makers[0])
                    given[of_model[0]] = maker(**self.arguments_of(maker))
                function(**given)

    def is_fitted(self, name: str) -> bool:
        """Whether a name stands for a model that is trained."""
        return re.search(rf"(?<![\w.]){name}\.fit(_generator)?\(", self.text) is not None

    def instance_of(self, kind: Any) -> Any:
        """An instance of a class of the user's, with made-up values for attributes that it never gets."""
        made = type(kind.__name__, (kind,), {"__getattr__": lambda _, name: self.attribute(name)})
        return made(**self.arguments_of(kind))

    def attribute(self, name: str) -> Any:
        """A made-up value for an attribute.

        Raises:
            AttributeError: it is one that Python or a library asks for.
        """
        if name.startswith("_"):
            raise AttributeError(name)
        self.supply.note(VALUE, name)
        value = self.value(name)
        is_bare = re.search(rf"\.{name}\s*[.(\[]", self.text) is None
        return USUAL_NUMBER if is_bare and isinstance(value, Absorbing) else value

    def arguments_of(self, function: Any) -> dict[str, Any]:
        """Made-up arguments for those that a function needs."""
        given = {}
        for parameter in inspect.signature(function).parameters.values():
            is_needed = parameter.default is parameter.empty
            if is_needed and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                self.unknown |= {parameter.name}
                given[parameter.name] = self.value(parameter.name)
                self.supply.note(VALUE, parameter.name)
        return given

    def made(self, names: Any) -> Any:
        """Made-up values for a name or nested names."""
        if names == ELEMENT:
            return 0.0
        if isinstance(names, str):
            return self.value(names) if names else Absorbing()
        values = tuple(self.made(name) for name in names)
        return values[0] if len(values) == 1 else values

    def iterate(self, compute: Callable[[], Any]) -> Any:
        """What a loop goes through; nothing if that fails."""
        try:
            values = compute()
            iter(values)
        except Exception as error:
            if is_of_keras(error):
                raise
            self.supply.note(VALUE, "a loop")
            return ()
        return values


def methods_without_class(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The functions of a program that are written as methods, because their class was not posted with them."""
    functions = {name: value for name, value in namespace.items() if inspect.isfunction(value)}
    return {name: one for name, one in functions.items() if [*inspect.signature(one).parameters][:1] == ["self"]}


def line_of(error: Exception) -> str:
    """The line of the user's expression that raised an error."""
    raised = error.__traceback__ and error.__traceback__.tb_next
    return "an expression" if raised is None else f"line {raised.tb_lineno}"


def fits_names(value: Any, names: Any) -> bool:
    """Whether a value can be assigned to a name, or unpacked into nested names."""
    if isinstance(names, str) or not hasattr(value, "__len__"):
        return True
    return len(value) == len(names) and all(map(fits_names, value, names))


def passed_on(value: Any, *_: Any, **__: Any) -> Any:
    """What stands for a function that a Lambda layer is given: its first input, or the shape of it."""
    return value[0] if isinstance(value, list) else value


def unknown_loss(targets: Any, outputs: Any) -> Any:
    """What stands for a loss that is not there."""
    return keras.ops.mean(outputs)


def flat(names: Any) -> list[str]:
    """Nested names in a row."""
    return [names] if isinstance(names, str) else [name for part in names for name in flat(part)]


def is_of_keras(error: BaseException) -> bool:
    """Whether an error comes from a layer, model or training of Keras, and so belongs to the user's program."""
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    first = next((file for file in files if IN_KERAS.search(file)), "")
    return OF_DATA.search(first) is None and any(map(OF_KERAS.search, files))


def star_names(text: str, is_users: Callable[[str], bool]) -> set[str]:
    """The names that a program imports by ``from MODULE import *``, as far as the modules can be found.

    Args:
        text: of the program.
        is_users: whether a file is the user's: such a module is read and not run.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ImportFrom) or node.module is None or node.names[0].name != "*":
            continue
        with contextlib.suppress(Exception):
            spec = importlib.util.find_spec(node.module.partition(".")[0])
            if spec is not None and spec.origin is not None and is_users(spec.origin):
                found |= set() if "." in node.module else defined_names(Path(spec.origin).read_text(encoding="utf-8"))
            else:
                module = importlib.import_module(node.module)
                found |= set(getattr(module, "__all__", vars(module)))
    return found


def usual_import(name: str, parts: Sequence[str], *, is_called: bool) -> Any:
    """What people usually import under a name; None if there is no such thing.

    Of modules of the same name, it is the one that has the ``parts`` that a program takes of it.

    A name that is never called is not a function of Python or scikit-learn: ``seed`` is a number then. Functions of
    Keras are handed on, as a loss or an activation.
    """
    modules = []
    for path in ([USUAL[name]] if name in USUAL else []) + ([f"sklearn.{name}"] if parts else []):
        with contextlib.suppress(ImportError):
            modules.append(importlib.import_module(path))
    whole = [module for module in modules if all(hasattr(module, part) for part in parts)]
    if whole or name in USUAL:
        return next(iter([*whole, *modules]), Absorbing(name))
    for holder in HOLDERS:
        with contextlib.suppress(ImportError, AttributeError):
            found = getattr(importlib.import_module(holder), name)
            if name[0].isupper() or (callable(found) and is_called) or holder.startswith("keras"):
                return found
    with contextlib.suppress(AttributeError):
        return getattr(keras, name)
    return None
