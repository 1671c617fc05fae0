"""What a recording is: the nodes of the graph, and what else was seen while the file ran.

The graph is functional: a node never changes. ``W -= g`` makes a node "subtract" with ``in_place`` set, and from then
on the array ``W`` of the running file stands for that node. Writing to a view makes the node of the view and then, for
every array that shares its memory, the node that follows from it ("setitem", or the inverse of a transpose or reshape).

Operations have NumPy's public names, however they were called, and their arguments are in one form, so that
``OPERATIONS[node.operation](*arguments, **keywords)`` replays a node:

- Operands and required arguments are in ``arguments``, options in ``keywords`` under NumPy's names; options that were
  left at their default are absent. ``x.sum(1)``, ``np.sum(x, axis=1)`` and ``np.add.reduce(x, 1)`` are all
  ``sum(x, axis=1)``; ``x.T`` is ``transpose(x)``, with axes ``transpose(x, axes)``; ``x @ y`` is ``matmul(x, y)``;
  ``x / y`` is ``divide``, ``-x`` is ``negative``, ``x ** y`` is ``power``, ``abs(x)`` is ``absolute``.
- ``reshape(x, shape)``, ``ravel(x)`` (also for ``flatten``), ``astype(x, dtype name)``, ``copy(x)``,
  ``clip(x, low, high)``, ``where(condition, x, y)``, ``concatenate([x, y], axis=...)``.
- ``getitem(x, index)`` and ``setitem(x, index, value)``: the second is x with the items replaced. An index is an
  integer, slice, None, Ellipsis, Ref, list, or a tuple of them.
- ``array(nested lists of Refs and numbers)``: an array put together from recorded values; an option dtype.
- ``add_at(x, index, value)``, ``subtract_at``, .. for ``np.add.at``; ``put_along_axis`` and the like return the new x.
- ufunc methods without a name of their own: ``"multiply.outer"``, ``"maximum.accumulate"``, ...
- A call with several results (``np.split``, ``divmod``) is a node whose value is a tuple; ``item(call, i)`` picks one.
- Python's floats: the same names (``math.exp`` is "exp"; the sum of a list is ``sum([x, y])``; float(x) is
  ``astype(x, "float64")``).

Constants in arguments are None, bool, int, float, complex, str, Ellipsis, slice, np.generic (a NumPy scalar that was
not recorded), and lists and tuples of constants and Refs. Arrays are always nodes.
"""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Json: TypeAlias = Any
Site: TypeAlias = tuple[str, int]  # file, line

NUMBERS = frozenset({bool, int, float, complex})
MAX_VALUE_BYTES = 2**22  # of the value of a node that is not a leaf
MOST_REPEATED = 40_000  # operations that are repeated for each setting; an iteration of more is not judged


@dataclass(frozen=True)
class Ref:
    """Stands for the value of the node with this id in the arguments of another one."""

    id: int


Constant: TypeAlias = bool | int | float | complex | str | EllipsisType | slice | np.generic | None
Argument: TypeAlias = "Ref | Constant | Array | tuple[Argument, ...] | list[Argument]"


# Functions defined in an operator, such as those of a gradient tape, run later
OPERATOR = re.compile(r"\.__[ri]?(add|sub|mul|matmul|truediv|neg|pow)__(\.<locals>\.<\w+>)*$")


class Kind(enum.Enum):
    """What a node is. Everything but OPERATION is a leaf; its ``operation`` is its creator ("randn", "zeros")."""

    OPERATION = "operation"
    RANDOM = "random"  # drawn by a random generator, permutations and masks included
    FILL = "fill"  # zeros, ones, full, eye, arange, linspace
    LITERAL = "literal"  # numbers that stand in the file
    DATA = "data"  # read from a file, or handed over by a library
    ARGUMENT = "argument"  # given to a function or constructor that was called from outside (inputs, targets)
    LOST = "lost"  # came back from code that does not record; what it was made of is unknown


@dataclass(frozen=True, kw_only=True)
class Place:
    """A line of the user's code."""

    file: str  # relative to the folder that was recorded, with forward slashes
    line: int  # from 1; for a notebook, counted within the code cells one after the other
    function: str = "<module>"  # its qualified name if known, "<module>" outside of any
    # the target of the assignment that the line belongs to, as written ("self.W1", "params['W1']"); "" if there is
    # none, "return" in a return statement
    variable: str = ""
    text: str = ""  # the line, stripped
    # cell, cell_line: of a notebook in a result, the number of the code cell and the line in it, from 1
    cell: int | None = None
    cell_line: int | None = None
    # of an operation's line in a function, the line of the user's that called it; None if it is not known. Not
    # compared: a line is one place whoever calls it
    caller: Place | None = field(default=None, compare=False, repr=False)

    @property
    def site(self) -> Site:
        """The file and the number of the line, without what is on it."""
        return self.file, self.line

    @property
    def callers(self) -> Iterator[Place]:
        """The lines that led to this one, the innermost first."""
        caller = self.caller
        while caller is not None:
            yield caller
            caller = caller.caller

    @property
    def trail(self) -> tuple[Place, ...]:
        """The line and those that led to it, the innermost first."""
        return (self, *self.callers)

    @property
    def outside_operators(self) -> Place:
        """The line that uses an operator of a user's class, such as ``__mul__``, if it led here; else this one."""
        operators = [one for one in self.trail if OPERATOR.search(one.function)]
        return self if not operators or operators[-1].caller is None else operators[-1].caller


def names_every_item(index: object) -> bool:
    """Whether an index means every item of an array, as those of ``w[:]`` and ``w[...]`` do."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(one is Ellipsis or (isinstance(one, slice) and one == slice(None)) for one in parts)


def sites_of(places: Iterable[Place | None]) -> set[Site]:
    """The lines of places, and those that led to them."""
    return {one.site for place in set(places) if place is not None for one in place.trail}


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where in a run its recording begins."""

    place: Place  # the line; what is before its statement runs without being recorded
    turn: int = 0  # how often the run comes to the line before
    passed: tuple[Site, ...] = ()  # the first lines of loops that are left after a few turns until then


@dataclass(frozen=True, kw_only=True)
class Node:
    """One operation, or one leaf."""

    id: int  # its index in ``Recording.nodes``; arguments have smaller ids
    operation: str  # NumPy's name; of a leaf, the creator's name
    # arguments, keywords: see the module's docstring. Empty for leaves
    arguments: tuple[Argument, ...] = ()
    keywords: Mapping[str, Argument] = field(default_factory=dict)
    # as it was in the user's run, dtype included; 0-d for scalars; a tuple for calls with several results; None if it
    # is larger than ``MAX_VALUE_BYTES`` and can be replayed (leaves always have it)
    value: Array | tuple[Array, ...] | None = None
    # shape, dtype: of the value, also if that is absent. () and "" for a tuple
    shape: tuple[int, ...] = ()
    dtype: str = ""
    place: Place | None = None  # the line of the user's file that asked for it; None outside of the user's files
    kind: Kind = Kind.OPERATION  # OPERATION or a kind of leaf
    in_place: bool = False  # whether the operation wrote into its first operand
    scalar: bool = False  # whether the value was a number (a Python float or int, or a NumPy scalar), not an array
    names: tuple[str, ...] = ()  # what the value was bound to, in order: ("W1", "params['W1']")

    @property
    def is_leaf(self) -> bool:
        """Whether nothing recorded went into it."""
        return self.kind is not Kind.OPERATION

    @functools.cached_property
    def parents(self) -> tuple[int, ...]:
        """The ids of all nodes in its arguments and keywords, in order, with repetitions."""
        return (*references(self.arguments), *references(list(self.keywords.values())))


@dataclass(frozen=True, kw_only=True)
class Guard:
    """A recorded value that left the graph and steered the run: a replay holds only while it stays the same."""

    node: int  # whose value was looked at
    how: str  # "bool" (also every comparison of two numbers), "int", "index" (used as an index or a count) or "text"
    value: bool | int | float | str  # what it was
    place: Place | None = None  # where


@dataclass(frozen=True, kw_only=True)
class Update:
    """One update of a parameter, which replaces ``before`` by ``after``."""

    parameter: int  # index in ``Recording.parameters``
    iteration: int  # from 0, counted for this parameter
    # before, after: nodes; ``before`` is the version that the forward pass used last
    before: int
    after: int
    parts: tuple[int, ...]  # the nodes that replaced the parameter, in order; the last is ``after``
    # whether ``after``, or the result of an earlier update at this place, went where ``before`` had gone: it feeds a
    # later forward pass in the same role
    confirmed: bool
    place: Place | None  # the statement of the last part


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A value that is replaced by itself plus or minus something that depends on it."""

    name: str  # the user's own, as it was first bound ("W1", "self.weights1", "params['W1']"); "" if unknown
    node: int  # its first version, which a leaf went into, possibly scaled or reshaped
    leaf: int  # that leaf; the first one if there are several
    shape: tuple[int, ...]  # of the first version
    updates: tuple[int, ...] = ()  # indices in ``Recording.updates``, in order


@dataclass(frozen=True, kw_only=True)
class Gradient:
    """A value that the file returned as the gradient of a parameter, and that nothing applied."""

    node: int  # the gradient
    of: int | None  # the node of the parameter; None if only its name is known
    name: str  # what it was called ("dW1", "grads['W1']")


class Absorbed(enum.Enum):
    """What kind of thing was replaced in the run."""

    MODULE = "module"  # an import that is not installed, absorbed
    FILE = "file"  # a file that does not exist, made up
    DATASET = "dataset"  # a data set of a library, made up
    DOWNLOAD = "download"
    SAVED = "saved"  # weights that a file would load in the place of a training, taken as missing
    INPUT = "input"  # input(), sys.argv
    DISPLAY = "display"  # plots and windows
    OPTIMIZER = "optimizer"  # scipy.optimize, replaced by plain gradient steps
    REDUCED = "reduced"  # fewer observations, or smaller sizes, than the file asks for


class Counted(enum.Enum):
    """What is made smaller."""

    OBSERVATIONS = "observations"
    SIZES = "sizes"  # units, steps or observations: the file does not show which
    CHARACTERS = "characters"  # of a text


@dataclass(frozen=True, kw_only=True)
class Reduction:
    """What a run uses less of than the file asks for, because the whole would take too long to record."""

    what: Counted  # see there
    number: int | None  # in the file; None if it uses all that it reads
    made: int  # in the run


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """One thing that was replaced."""

    what: Absorbed  # its kind
    name: str  # of the module, file or data set
    shapes: tuple[tuple[int, ...], ...] = ()  # of the arrays that were made up, if any
    reduction: Reduction | None = None  # of what is reduced


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Recorded values that went through something that does not record: what came out has no history."""

    node: int  # the last node before it
    how: str  # what they went through ("float", "tolist", "pickle", "numpy.lib...")


@dataclass(frozen=True, kw_only=True)
class Raised:
    """An exception, with the frames of the traceback in the user's own files, outermost first."""

    type: str
    message: str
    frames: tuple[Place, ...] = ()
    involves_stand_in: bool = False  # whether a stand-in has a part in it, so that it says nothing of the file

    @property
    def is_refusal(self) -> bool:
        """Whether a statement of the user's raises it, to refuse what it is given."""
        return bool(self.frames) and re.match(r"\s*(raise|assert)\b", self.frames[-1].text) is not None


class Stop(enum.Enum):
    """Why the recording ended."""

    ENOUGH = "enough"  # every parameter had its updates
    FINISHED = "finished"  # the file ended
    RAISED = "raised"  # an exception; see ``Recording.raised``
    EXITED = "exited"  # sys.exit or the like
    NODES = "nodes"  # too many operations
    BYTES = "bytes"  # too much data
    SECONDS = "seconds"  # time limit: nothing that was recorded so far names anything new
    DIED = "died"  # the process was killed or crashed


class Check(enum.Enum):
    """What running the file once more without recording showed."""

    SAME = "same"  # all updates equal bit by bit
    DIFFERENT = "different"  # recording changed the run, or the file is not deterministic
    NOT_RUN = "not run"


@dataclass(frozen=True, kw_only=True)
class Loop:
    """A loop that the run was inside of when its recording ended."""

    file: str  # as in ``Place``
    # line, end_line: its first and last line
    line: int
    end_line: int
    count: int | None = None  # how often it goes round; None if that is not known


@dataclass(frozen=True, kw_only=True)
class Driven:
    """How a file that only defines things was made to train."""

    # the lines that were run after the file, in the user's own names; empty if the file trained by itself
    calls: tuple[str, ...] = ()
    failures: tuple[tuple[str, str], ...] = ()  # what was tried before and why it did not work, as (line, reason)
    suggestion: str = ""  # a line for ``run`` if nothing worked
    # the sizes that were chosen, by name ("observations", "inputs", "hidden", "outputs")
    sizes: Mapping[str, int] = field(default_factory=dict)
    layout: str = ""  # of the observations ("rows", "columns", "one at a time", ...); "" if no data was needed
    labels: str = ""  # kind of targets ("one-hot", "integers", "binary", ...); "" if there were none
    applied_by_driver: bool = False  # whether the calls, not the file, apply the gradients
    doubts: tuple[str, ...] = ()  # why shapes may only fit by accident. No verdict should rest on such calls alone
    left: tuple[str, ...] = ()  # the file's layers that the calls do not use
    raised_alone: bool = False  # whether an exception ended the file's own run, before any call was tried


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What running somebody's file showed."""

    file: str  # the name of the file, relative to the folder that was recorded
    nodes: tuple[Node, ...] = ()  # the graph, in the order of execution
    # parameters, updates: see there
    parameters: tuple[Parameter, ...] = ()
    updates: tuple[Update, ...] = ()
    gradients: tuple[Gradient, ...] = ()  # those that were returned and not applied
    # guards, losses, stand_ins: see there
    guards: tuple[Guard, ...] = ()
    losses: tuple[Loss, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()
    files: tuple[str, ...] = ()  # the user's own files that ran, relative
    printed: str = ""  # the beginning of what the file printed
    stop: Stop = Stop.FINISHED  # why the recording ended
    raised: Raised | None = None  # the exception, if one ended the run
    check: Check = Check.NOT_RUN  # whether recording changed the run
    changed_at: Place | None = None  # if it did, the first update's place at which the runs differ
    driven: Driven = field(default_factory=Driven)  # how the file was made to train
    seed: int = 0  # of the generators, if the file does not set it
    uses_numpy: bool = True  # whether the file made any array; False for pure Python
    loops: tuple[Loop, ...] = ()  # those that the recording ended in, outermost first
    ended_at: tuple[Place, ...] = ()  # the lines that the recording ended in, the outermost first
    # the first lines of loops within an iteration, as over the steps of a sequence, that went round only once in each
    # iteration
    single_turns: tuple[Place, ...] = ()
    assigned: tuple[Site, ...] = ()  # the lines that assigned or returned numbers
    passed_over: tuple[Raised, ...] = ()  # the exceptions that statements of a notebook ended with before the training


def holds_numbers_alone(items: Sequence[Any]) -> bool:
    """Whether no item refers to a node, as in the index of each of many observations; said without a loop over them"""
    return NUMBERS.issuperset(map(type, items))


def references(tree: Any) -> Iterator[int]:
    """The ids of all Refs in an argument."""
    if isinstance(tree, Ref):
        yield tree.id
    elif isinstance(tree, (list, tuple)) and not holds_numbers_alone(tree):
        for item in tree:
            yield from references(item)
    elif isinstance(tree, slice):
        yield from references((tree.start, tree.stop, tree.step))
