"""One attempt at driving a file: runs statements in its namespace, and knows what they made."""

from __future__ import annotations

import builtins
import contextlib
import inspect
import io
import os
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from .choices import Choices
from .data import (
    AS_HIDDEN,
    BATCH,
    HIDDEN,
    IMAGES,
    INPUT_TEXT,
    INPUTS,
    OUTPUTS,
    SECOND_HIDDEN,
    Form,
    Labels,
    Sizes,
    make_data,
)
from .examples import Example
from .numbered import Words
from .result import Pair
from .source import FileFacts, FunctionFacts
from .watching import Targets, Watcher

FILE = "<driver>"
LARGEST_SIZE = 5_000  # of data that are tried because a message mentions it
MAX_SIZES = 6  # numbers of inputs, or of outputs, that are tried besides the usual one


@dataclass
class Hints:
    """What attempts taught that later ones use."""

    usual_outputs: int = OUTPUTS  # that are tried first
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    prefers_columns: int = 0
    prefers_lists: bool = False  # whether the names of arguments say that inputs are lists
    augmented: bool = False
    of_sequences: bool = False  # whether an exception says that inputs have an axis of steps between the others
    words: Words | None = None  # whose numbers functions are given
    # whether data and weights are ``numpy.matrix``, whose ``*`` is the matrix product; most likely first
    matrices: tuple[bool, ...] = (False,)
    is_turned: bool = False  # whether the error that goes back is targets - outputs
    labels: list[Labels] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)  # global settings that only the main block sets
    unset: set[str] = field(default_factory=set)  # attributes that were read before anything set them
    batch_raises: str = ""  # where a backward pass that divides by the number of observations raised for many of them
    probed: set[tuple[str, str, int]] = field(default_factory=set)  # calls that were made again to see what they do


@dataclass
class Statement:
    """A line that was run."""

    text: str  # the line; may use ``i``, the index of the repetition
    repeat: bool  # whether it belongs to an iteration


class Session:
    """The state of one attempt.

    Args:
        facts: of the file.
        namespace: of the file; statements run in a copy.
        choices: of this attempt.
        hints: shared between attempts.
        watcher: sees updates.
        seed: of the generators and the data.
    """

    def __init__(
        self, facts: FileFacts, namespace: dict[str, Any], choices: Choices, hints: Hints, watcher: Watcher, seed: int
    ) -> None:
        self.facts = facts
        self.names: dict[str, Any] = dict(namespace)
        self.names["np"] = np
        self.own = set(namespace)
        self.choices = choices
        self.hints = hints
        self.watcher = watcher
        self.seed = seed
        self.statements: list[Statement] = []
        self.pool: dict[str, str] = {}  # what was made, by the name it was returned under -> expression
        self.ran: dict[str, tuple[int, int]] = {}  # the choices for the statements that ran to their end
        self.stack: list[str] = []  # functions that are being prepared
        self.form: Form | None = None
        self.labels: Labels | None = None
        self.sizes: Sizes | None = None
        self.data: dict[str, Any] = {}
        self._input_size: int | None = None
        self._output_size: int | None = None
        self.image: tuple[int, int, int] | None = None
        self.example_outputs: list[int] = []  # the last size in the example that was followed
        self.inputs_given = False
        self.outputs_given = False
        self.dims: tuple[int, int] | None = None  # of the layer being made
        self.at_output = False  # whether that is the last one
        self.stems: dict[str, str] = {}
        self.objects: list[str] = []  # variables that hold instances
        self.gradients: list[Pair] = []
        self.assumes_loss = False  # whether the gradient of a loss is the driver's
        self.asks_for_outputs = False  # whether it ran, but its network has another number of outputs
        self.forward_results: list[str] = []  # variables
        self._returned_by: dict[str, FunctionFacts] = {}
        self.names["i"] = 0
        for name, text in hints.missing.items():
            self.statements.append(Statement(f"{name} = {text}", False))

    # What was made

    def new_name(self, wanted: str) -> str:
        """A variable that neither the file nor this session uses."""
        name = wanted if wanted.isidentifier() else "value"
        while name in self.own or name in ("X", "Y", "labels", "np", "i"):
            name += "_"
        return name

    def result_name(self, wanted: str, function: FunctionFacts) -> str:
        """A variable for a result, which no result of another function has."""
        name = self.new_name(wanted)
        while self._returned_by.setdefault(name, function) is not function:
            name += "_"
        return name

    def results_of(self, function: FunctionFacts) -> list[str]:
        """The variables of what a call of a function has returned, none without one."""
        return [name for name, one in self._returned_by.items() if one is function and name in self.names]

    def run(self, text: str, repeat: bool = False) -> Any:
        """Runs a statement and notes it.

        Returns:
            the value of its target, if it is an assignment.
        """
        self.statements.append(Statement(text, repeat))
        self._execute(text)
        self.ran = dict(self.choices.taken)
        target = text.split(" = ")[0] if " = " in text and "(" not in text.split(" = ")[0] else ""
        return self.names.get(target)

    def follow(self, example: Example, variable: str) -> None:
        """Makes an instance as a file of the project does."""
        self.example_outputs = example.sizes[-1:]
        self.hints.inputs.extend(size for size in example.sizes if size not in self.hints.inputs)
        del self.hints.inputs[MAX_SIZES:]
        image = example.image
        if image is not None and self.choose(f"images for {variable}", [False, True]):
            self.take_images(image)
        for text in example.statements(variable):
            self.run(text)

    def _execute(self, text: str) -> None:
        code = compile(text, FILE, "exec")

        def act() -> None:
            exec(code, self.names)

        with quiet():
            self.watcher.run(act)

    def run_again(self, index: int) -> None:
        """Repeats the statements of an iteration."""
        self.names["i"] = index
        for statement in self.statements:
            if statement.repeat:
                self._execute(statement.text)

    @property
    def lines(self) -> tuple[str, ...]:
        """The statements so far as a program."""
        once = _needed([statement.text for statement in self.statements if not statement.repeat])
        repeated = [statement.text for statement in self.statements if statement.repeat]
        if any(re.search(r"\bi\b", text) for text in once):
            once.insert(0, "i = 0")
        if not repeated:
            return tuple(once)
        return (*once, "for i in range(3):", *("    " + text.replace("\n", "\n    ") for text in repeated))

    def value(self, text: str) -> Any:
        """The value of an expression."""
        return eval(text, self.names)

    # Choices

    def choose(self, key: str, options: Sequence[Any]) -> Any:
        """See ``Choices.choose``."""
        return self.choices.choose(key, options)

    # Data

    def pick_labels(self) -> Labels:
        """The kind of targets, chosen when it first matters."""
        if self.labels is None and self.words is not None:
            self.labels = Labels.INTEGERS
        if self.labels is None:
            known = self.discovered()
            options = list(dict.fromkeys([*self.hints.labels, *Labels]))
            if self.are_matrices:  # which do not notice that they are broadcast
                options = [label for label in options if label in (Labels.BINARY, Labels.REAL)]
            if known is not None and known[1] == 1:
                options = [label for label in options if label.one_output]
            elif known is not None:
                options = [label for label in options if not label.one_output]
            self.labels = self.choose("labels", options)
        return self.labels

    @property
    def are_matrices(self) -> bool:
        """Whether data and weights are made ``numpy.matrix``, chosen when it first matters."""
        return len(self.hints.matrices) > 1 and bool(self.choose("matrices", self.hints.matrices))

    def array_text(self, text: str) -> str:
        """The expression for an array of the driver's: as it is, or as a matrix."""
        return f"np.asmatrix({text})" if self.are_matrices else text

    @property
    def words(self) -> Words | None:
        """The words, if inputs are sequences of their numbers; chosen when it first matters."""
        if self.hints.words is None or not self.choose("numbers of words", [True, False]):
            return None
        return self.hints.words

    def give_sizes(self) -> None:
        """Notes that the driver, not the file, says how many inputs and outputs there are."""
        self.inputs_given = self.outputs_given = True

    @property
    def input_size(self) -> int:
        """How many inputs the network has; chosen when it first matters."""
        if self._input_size is None and self.words is not None:
            self._input_size = self.words.count
        if self._input_size is None:
            known = self.discovered() if not self.inputs_given else None
            options = [*(known[:1] if known else ()), INPUTS, *self.hints.inputs]
            self._input_size = int(self.choose("inputs", list(dict.fromkeys(options))))
        return self._input_size

    @property
    def output_size(self) -> int:
        """How many outputs the network has; chosen when it first matters."""
        if self._output_size is None and self.words is not None:
            self._output_size = self.words.count
        if self._output_size is None:
            if self.pick_labels().one_output:
                self._output_size = 1
            else:
                known = self.discovered() if not self.outputs_given else None
                options = [
                    *(known[1:] if known and known[1] > 1 else ()),
                    *self.example_outputs,
                    self.hints.usual_outputs,
                    OUTPUTS,
                    *(k for k in self.hints.outputs if k > 1),
                ]
                self._output_size = int(self.choose("outputs", list(dict.fromkeys(options))))
        return self._output_size

    def pick_form(self) -> Form:
        """How observations are handed over, chosen when it first matters."""
        if self.form is None and self.words is not None:
            self.form = Form.NUMBERS
        if self.form is None:
            main = [Form.ROWS, Form.COLUMNS] if self.hints.prefers_columns <= 0 else [Form.COLUMNS, Form.ROWS]
            if self.hints.prefers_lists:
                main = [Form.LIST, Form.LISTS, *main]
            if self.hints.augmented:
                main = [Form.AUGMENTED, *main]
            if self.hints.of_sequences:
                main = [Form.SEQUENCES, *main]
            others = [form for form in Form if form not in (Form.NUMBERS, Form.SEQUENCES)]
            self.form = self.choose("form", list(dict.fromkeys([*main, *others])))
        return self.form

    def make_data(self) -> None:
        """Makes X, Y and labels, once, in sizes that fit what exists already."""
        if self.data:
            return
        labels = self.pick_labels()
        observations = IMAGES if self.image is not None else Sizes().observations
        self.sizes = Sizes(inputs=self.input_size, outputs=self.output_size, observations=observations)
        others = (HIDDEN, SECOND_HIDDEN, *([] if self.words else [self.sizes.outputs]))
        if self.inputs_given and self.sizes.inputs in others:
            self.watcher.notes.append(f"it only runs with {self.sizes.inputs} inputs, as many as units elsewhere")
        elif self.outputs_given and self.sizes.outputs in (HIDDEN, SECOND_HIDDEN):
            self.watcher.notes.append(f"it only runs with {self.sizes.outputs} {AS_HIDDEN}")
        self.data = dict(make_data(self.sizes, labels, self.seed))
        self.names["X"], self.names["labels"] = self.data["X"].copy(), self.data["labels"].copy()
        self.names["Y"] = self.data["Y"].copy().view(Targets)
        self.names["Y"].notes = self.watcher.notes
        if not labels.one_output:
            self.names["labels"] = self.names["labels"].view(Targets)
            self.names["labels"].notes, self.names["labels"].whole = self.watcher.notes, True
        self.watcher.squares |= {observations, BATCH, Sizes().observations - BATCH} if self.image is None else set()
        if self.inputs_given and self.outputs_given:
            self.watcher.squares |= {HIDDEN, SECOND_HIDDEN}

    def take_images(self, shape: tuple[int, int, int]) -> str:
        """Notes that observations are images of this shape.

        Returns:
            the shape as an expression.
        """
        self.image = shape
        self._input_size = int(np.prod(shape))
        return str(shape)

    def input_text(self, form: Form) -> str:
        """The expression for the inputs."""
        if form is Form.NUMBERS and self.words is not None:
            return self.words.text
        if self.image is not None and form is Form.ROWS:
            return f"X.reshape(-1, {', '.join(map(str, self.image))})"
        return INPUT_TEXT[form]

    def discovered(self) -> tuple[int, int] | None:
        """Numbers of inputs and outputs that the weights made so far suggest, and which way round they are used."""
        return dimensions(self.matrices())

    def matrices(self) -> list[np.ndarray[Any, Any]]:
        """The floating arrays with two axes in all that was made so far."""
        matrices: list[np.ndarray[Any, Any]] = []
        for name in [*self.objects, *self.pool.values()]:
            with contextlib.suppress(Exception):
                matrices.extend(_matrices(self.value(name), set()))
        return matrices

    def has_one_unit(self) -> bool:
        """Whether the network made so far is one unit: a weight for each input, and nothing else."""
        sizes = [
            np.shape(value)
            for name in self.objects
            for value in vars(self.names[name]).values()
            if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 1
        ]
        return bool(sizes) and all(shape in ((self.input_size,), (self.input_size + 1,)) for shape in sizes)

    # Functions of the file

    def functions(self) -> Iterator[tuple[FunctionFacts, str]]:
        """The functions that can be called, with the expressions that name them: those of the file, then of objects."""
        for name, function in self.facts.functions.items():
            if callable(self.names.get(name)):
                yield function, name
        for variable in self.objects:
            owner = type(self.names.get(variable)).__name__
            for name, method in self.facts.methods(owner).items():
                if name == "__call__":
                    yield method, variable
                elif not name.startswith("__") and not method.is_property:
                    yield method, f"{variable}.{name}"


def _needed(lines: list[str]) -> list[str]:
    """The lines without assignments that a later one replaces before anything uses them."""
    kept: list[str] = []
    for index, line in enumerate(lines):
        name = line.split(" = ")[0] if re.match(r"\w+ = ", line) else ""
        later = lines[index + 1 :]
        again = next((i for i, text in enumerate(later) if text.startswith(f"{name} = ")), None) if name else None
        if again is not None:
            between = [*later[:again], later[again].split(" = ", 1)[1]]
            if not any(re.search(rf"\b{name}\b", text) for text in between):
                continue
        kept.append(line)
    return kept


def matrices_in(values: Sequence[Any]) -> list[np.ndarray[Any, Any]]:
    """The floating arrays with two axes in all of the values."""
    seen: set[int] = set()
    return [matrix for value in values for matrix in _matrices(value, seen)]


def _matrices(value: Any, seen: set[int], depth: int = 4) -> list[np.ndarray[Any, Any]]:
    """The floating arrays with two axes in a value, in order."""
    if id(value) in seen or depth < 0:
        return []
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        return [value] if value.ndim == 2 and value.dtype.kind == "f" and not isinstance(value, Targets) else []
    if isinstance(value, dict):
        items: list[Any] = list(value.values())
    elif isinstance(value, (list, tuple)):
        items = list(value)
    elif hasattr(value, "__dict__") and not isinstance(value, type) and not inspect.isroutine(value):
        items = list(vars(value).values())
    else:
        return []
    found = [matrix for item in items[:50] for matrix in _matrices(item, seen, depth - 1)]
    weights = {matrix.shape for matrix in found if matrix.any()}
    # zeros of the shape of weights are their gradients or velocities
    return [matrix for matrix in found if matrix.any() or matrix.shape not in weights]


def dimensions(matrices: Sequence[np.ndarray[Any, Any]]) -> tuple[int, int] | None:
    """Numbers of inputs and outputs of a chain of weight matrices; None if they are not one."""
    weights = [matrix for matrix in matrices if min(matrix.shape) > 1]
    edges = [matrix for matrix in matrices if min(matrix.shape) == 1]
    if not weights:
        vectors = [matrix for matrix in edges if max(matrix.shape) > 1]
        return (max(vectors[0].shape), 1) if vectors else None
    # A last layer with one output looks like a bias; it follows the weights if its length fits them.
    chain = [
        m
        for m in matrices
        if min(m.shape) > 1 or m.shape == (weights[-1].shape[1], 1) or m.shape == (1, weights[-1].shape[0])
    ]
    first_index = next(i for i, m in enumerate(chain) if m is weights[0])
    for linked in (chain[first_index:], weights):
        if all(a.shape[1] == b.shape[0] for a, b in pairwise(linked)):
            return linked[0].shape[0], linked[-1].shape[1]
        if all(a.shape[0] == b.shape[1] for a, b in pairwise(linked)):
            return linked[0].shape[1], linked[-1].shape[0]
    return None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing that runs here prints, or opens a file by its number, which may be one of the harness."""
    opened = builtins.open

    def open_by_name(file: Any, *arguments: Any, **options: Any) -> Any:
        if not isinstance(file, (str, bytes, os.PathLike)):
            raise FileNotFoundError(file)
        return opened(file, *arguments, **options)

    builtins.open = open_by_name
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        builtins.open = opened


def reset_generators(seed: int) -> None:
    """Let every attempt draw the same random numbers."""
    np.random.seed(seed)  # noqa: NPY002  the user's code draws from it
    random.seed(seed)


def user_line(error: BaseException | None, files: Mapping[str, FileFacts]) -> tuple[int, str]:
    """Number and text of the innermost line of the user's in a traceback; (0, "") without one."""
    found = (0, "")
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        facts = files.get(trace.tb_frame.f_code.co_filename)
        if facts is not None:
            found = (trace.tb_lineno, "".join(facts.lines[trace.tb_lineno - 1 : trace.tb_lineno]))
        trace = trace.tb_next
    return found


SHAPE_MESSAGE = re.compile(
    r"shape|align|broadcast|dimension|size|mismatch|axis|axes|inhomogeneous|ambiguous|truth value|out of bounds|scalar"
    r"|sequence|unpack|index|object too deep|length|0-d|arrays used as ind|iterat|sample|at least",
    re.IGNORECASE,
)


def numbers_in(message: str) -> list[int]:
    """The sizes that a message mentions."""
    return [int(text) for text in re.findall(r"(?<![\w.])\d+(?![\w.])", message) if 0 < int(text) <= LARGEST_SIZE]
