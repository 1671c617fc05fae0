"""Other ways of making a driven file train: a hidden layer more, its own defaults, other activations, losses or steps.

A file that only defines things is called with the simplest arguments that work. Code that only runs with others (a
loop over hidden layers, a branch for relu) is then not looked at. The calls are changed so that it runs as well.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..recording.driving.data import Labels, Sizes, make_data
from ..recording.graph import Array, Driven, Recording
from ..recording.literals import defaults_of, keys_of_tables, texts_of

Value: TypeAlias = str | bool | float
Record: TypeAlias = Callable[[str, Mapping[str, Array]], Recording]  # how to record a file with other calls and data
MOST_OPTIONS = 5
FEWEST_UNITS, MOST_UNITS = 2, 64  # of a hidden layer that is put in
OF_LOSS = re.compile(r"loss|cost|criterion|objective|error", re.IGNORECASE)
OF_STEP = re.compile(r"optim|solver|updat|method|algorithm", re.IGNORECASE)
OF_OUTPUT = re.compile(r"out|last|final", re.IGNORECASE)
OUTPUT_ACTIVATIONS = re.compile(r"^_?(softmax|sigmoid|sigm|logistic|tanh|linear|identity)$", re.IGNORECASE)
LOSSES = re.compile(
    r"^_?(mse|mae|bce|cce|sse|nll|hinge|huber|l[12]|(binary_?|categorical_?)?cross_?entropy|log_?loss"
    r"|mean_?(squared|absolute)(_?error)?|quadratic|squared?(_?error)?)(_?loss|_?cost)?$",
    re.IGNORECASE,
)
HIDDEN_ACTIVATIONS = re.compile(
    r"^_?(relu|sigmoid|sigm|logistic|tanh|l(eaky)?_?relu|[egs]elu|softplus|swish|silu|mish)$", re.IGNORECASE
)
STEPS = re.compile(r"^_?(sgd|gd|momentum|nesterov|nag|ada(m|grad|delta|max)|n?adam|rms_?prop)$", re.IGNORECASE)
# what is set by defaults so that nothing happens, and what it becomes
SWITCHED_OFF: tuple[tuple[re.Pattern[str], tuple[Value | None, ...], Value], ...] = (
    (re.compile(r"batch_?norm|^(use_)?bn$|nesterov|drop_?out", re.IGNORECASE), (False,), True),
    (re.compile(r"^(mu|momentum)$", re.IGNORECASE), (0, 0.0), 0.9),
    (re.compile(r"keep", re.IGNORECASE), (1, 1.0), 0.8),
    (re.compile(r"drop_?(out)?_?(rate|prob|p)?$", re.IGNORECASE), (0, 0.0), 0.2),
    (re.compile(r"clip|thresh", re.IGNORECASE), (None,), 0.01),  # to which gradients are cut
)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Calls that run more of a file."""

    lines: tuple[str, ...]  # to be run after the file
    # what is different, in the file's own words ("activation='relu'"); "" for a hidden layer more or its own defaults
    what: str
    # the same without a hidden layer more, for a network that cannot have one; empty if there is none
    shallow: tuple[str, ...] = ()
    fits_data: bool = True  # the file's own default number of outputs may not


def data_of(driven: Driven, seed: int) -> dict[str, NDArray[Any]] | None:
    """The data that driven calls use, None if it is not known."""
    try:
        names = {"observations", "inputs", "hidden", "outputs"}
        sizes = Sizes(**{name: size for name, size in driven.sizes.items() if name in names})
        labels = Labels(driven.labels) if driven.labels else Labels.ONE_HOT
    except (TypeError, ValueError):
        return None
    return {name: np.asarray(value) for name, value in make_data(sizes, labels, seed).items()}


def other_networks(driven: Driven, tree: ast.Module, names: Collection[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Classes that can stand in the place of the one that the calls use, with the calls that use them.

    They are made with the same arguments, and have all methods of the other.

    Args:
        driven: the calls.
        tree: of the file.
        names: of the classes that come into question.
    """
    classes = {one.name: one for one in tree.body if isinstance(one, ast.ClassDef)}
    text = "\n".join(driven.calls)
    for used in (one for name, one in classes.items() if re.search(rf"\b{name}\(", text)):
        known = arguments_of_methods(used)
        for name in names:
            other = arguments_of_methods(classes[name]) if name in classes else {}
            if name != used.name and known.items() <= other.items():
                yield name, tuple(re.sub(rf"\b{used.name}\(", f"{name}(", line) for line in driven.calls)


def arguments_of_methods(node: ast.ClassDef) -> dict[str, tuple[str, ...]]:
    """The names of the arguments of each method."""
    methods = (one for one in node.body if isinstance(one, ast.FunctionDef))
    return {one.name: tuple(argument.arg for argument in one.args.args) for one in methods}


def variants_of(driven: Driven, source: str, trees: Collection[ast.Module] = ()) -> Iterator[Variant]:
    """Changed calls: deeper, and with each option that a constructor has for activations and losses.

    Not deeper if the calls apply the gradients: they would not update the layer that is put in.

    Args:
        driven: the calls.
        source: the file's text.
        trees: of all files of the project that ran, in which the names of activations may be keys of dictionaries.
    """
    try:
        tree = ast.parse(source)
        calls = ast.parse("\n".join(driven.calls))
    except SyntaxError:
        return
    deeper = _deeper(driven, driven.calls)
    if deeper is not None:
        yield Variant(lines=deeper, what="")
    usual = with_defaults(calls, tree)
    if usual is not None:
        yield Variant(lines=usual, what="", fits_data=False)
    for key, listed in with_other_keys(calls, trees):
        yield Variant(lines=listed, what=f"activation={key!r}")
    options = [
        (place, owner, parameter, value)
        for owner, of_owner in options_of(tree).items()
        for parameter, values in of_owner.items()
        for place, value in enumerate(values)
    ]
    options.sort(key=lambda option: option[0])  # each argument in turn
    changes = [(one[2:], with_option(calls, tree, *one[1:])) for one in options]
    for (parameter, value), changed in [one for one in changes if one[1] is not None][:MOST_OPTIONS]:
        assert changed is not None
        lines = _deeper(driven, changed)
        yield Variant(lines=lines or changed, what=f"{parameter}={value!r}", shallow=changed if lines else ())


# A hidden layer more


def _deeper(driven: Driven, lines: tuple[str, ...]) -> tuple[str, ...] | None:
    return None if driven.applied_by_driver else with_hidden_layer(lines)


def with_hidden_layer(lines: tuple[str, ...]) -> tuple[str, ...] | None:
    """The calls with one hidden layer more, None if they do not name the sizes of layers.

    Sizes are given before the loop. A list that stands in it alone may be numbers of rows.
    """
    for line in lines:
        match = None if line.startswith(" ") else re.search(r"\[(\d+), (\d+), (\d+)\]", line)
        if match is not None:
            first, hidden, last = (int(one) for one in match.groups())
            if FEWEST_UNITS <= hidden <= MOST_UNITS:
                deeper = f"[{first}, {hidden}, {hidden - 1}, {last}]"
                return tuple(one.replace(match[0], deeper) for one in lines)
    pattern = re.compile(r"^(?P<head>.*\()(?P<inputs>\d+), (?P<outputs>\d+)(?P<tail>.*)$")
    for number, (line, following) in enumerate(zip(lines, lines[1:])):
        one, other = pattern.match(line), pattern.match(following)
        if one is None or other is None or one["head"] != other["head"] or one["outputs"] != other["inputs"]:
            continue
        if "=" in one["head"].split("(")[0]:
            continue
        size = one["outputs"]
        return (*lines[: number + 1], f"{one['head']}{size}, {size}{one['tail']}", *lines[number + 1 :])
    return None


# The author's own defaults


def with_defaults(calls: ast.Module, tree: ast.Module) -> tuple[str, ...] | None:
    """The calls without the numbers that are given in the place of a constructor's defaults; None if there are none."""
    constructors = {name: one for name, one, _ in functions_of(tree) if is_constructor(one)}
    required = {name: len(_by_position(one)) - len(one.args.defaults) for name, one in constructors.items()}
    changed = ast.parse(ast.unparse(calls))
    for node in ast.walk(changed):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in required:
            continue
        given = node.args[required[node.func.id] :]
        if all(isinstance(one, ast.Constant) and isinstance(one.value, (int, float)) for one in given):
            node.args = node.args[: required[node.func.id]]
    after = ast.unparse(changed)
    return None if after == ast.unparse(calls) else tuple(after.split("\n"))


# Options


def options_of(tree: ast.Module) -> Mapping[str, Mapping[str, tuple[Value, ...]]]:
    """What the arguments of each class, method and function choose from, by the names of the class and the argument.

    Those are the names of activations, losses and steps that an argument is compared with, and what is switched off by
    default. Activations of an output are judged as well, but only their hidden layers: an output and a loss may not
    belong together.
    """
    tables = keys_of_tables(tree)
    found: dict[str, dict[str, tuple[Value, ...]]] = {}
    for name, function, owner in functions_of(tree):
        scope: ast.Module | ast.ClassDef | ast.FunctionDef = owner if is_constructor(function) else function
        defaults = _defaults(function)
        for argument in _arguments(function):
            texts = _texts(scope, argument, defaults.get(argument), tables, is_constructor=is_constructor(function))
            values: list[Value] = [one for one in texts if kind_of(argument).match(one)]
            values += switched_on(argument, defaults.get(argument))
            if values:
                found.setdefault(name, {})[argument] = tuple(dict.fromkeys(values))
    return found


def functions_of(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef, ast.Module | ast.ClassDef]]:
    """The functions of a file, with the name that calls go by (a constructor's is that of its class) and the owner."""
    for owner in ast.walk(tree):
        if isinstance(owner, (ast.Module, ast.ClassDef)):
            for function in [one for one in owner.body if isinstance(one, ast.FunctionDef)]:
                is_made = isinstance(owner, ast.ClassDef) and is_constructor(function)
                yield getattr(owner, "name", "") if is_made else function.name, function, owner


def is_constructor(function: ast.FunctionDef) -> bool:
    """Whether a function makes the instances of its class."""
    return function.name == "__init__"


def _by_position(function: ast.FunctionDef) -> list[str]:
    """The arguments that a call may give by position."""
    return [one.arg for one in function.args.args if one.arg != "self"]


def _arguments(function: ast.FunctionDef) -> list[str]:
    """All arguments of a function that have a name."""
    return [*_by_position(function), *(one.arg for one in function.args.kwonlyargs)]


def _defaults(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """The defaults of arguments, by their names."""
    return {one.arg: value for one, value in defaults_of(function.args)}


def _texts(
    scope: ast.ClassDef | ast.FunctionDef | ast.Module,
    argument: str,
    default: ast.expr | None,
    tables: Mapping[str, list[str]],
    *,
    is_constructor: bool,
) -> list[str]:
    """The strings that an argument chooses from; those of activations and losses are arguments of constructors."""
    if not (is_constructor or OF_STEP.search(argument)):
        return []
    texts = compared_with(scope, argument, tables)
    if not texts and is_activation(default) and not OF_OUTPUT.search(argument):
        texts = compared_in(scope)  # it is handed on to a method that compares it under another name
    if isinstance(default, ast.Constant) and set(texts) == {default.value}:  # others take the other branch
        texts = [*texts, *(one.name for one in scope.body if isinstance(one, ast.FunctionDef))]
    return texts


def switched_on(argument: str, default: ast.expr | None) -> list[Value]:
    """The value with which an argument does something that its default leaves out; empty if there is none."""
    if not isinstance(default, ast.Constant):
        return []
    value = default.value
    kinds = (type(value), value)
    return [on for name, off, on in SWITCHED_OFF if name.search(argument) and kinds in [(type(o), o) for o in off]][:1]


def kind_of(argument: str) -> re.Pattern[str]:
    """What an argument of this name chooses from"""
    if OF_LOSS.search(argument):
        return LOSSES
    if OF_STEP.search(argument):
        return STEPS
    return OUTPUT_ACTIVATIONS if OF_OUTPUT.search(argument) else HIDDEN_ACTIVATIONS


def is_activation(default: ast.expr | None) -> bool:
    """Whether the default of an argument is the name of an activation."""
    if not isinstance(default, ast.Constant) or not isinstance(default.value, str):
        return False
    return HIDDEN_ACTIVATIONS.match(default.value) is not None


def compared_in(owner: ast.AST) -> list[str]:
    """All strings that a class compares something with."""
    return texts_of(one for node in ast.walk(owner) if isinstance(node, ast.Compare) for one in node.comparators)


def with_other_keys(calls: ast.Module, trees: Collection[ast.Module]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The calls with another activation in a list of their names, for all layers but the last, each with its name.

    The names are keys of a dictionary of the project.
    """
    for keys in (keys for tree in trees for keys in keys_of_tables(tree).values()):
        for value in [key for key in keys if HIDDEN_ACTIVATIONS.match(key)][:MOST_OPTIONS]:
            changed = ast.parse(ast.unparse(calls))
            hidden = [one for names in lists_of_names(changed, keys) for one in names]
            if hidden and not any(one.value == value for one in hidden):
                for one in hidden:
                    one.value = value
                yield value, tuple(ast.unparse(changed).split("\n"))


def lists_of_names(calls: ast.Module, keys: Collection[str]) -> Iterator[list[ast.Constant]]:
    """The names of hidden layers' activations in each list of such names, which may have that of the output at its end.

    It does not if it has as many as a list of sizes in the same call has between the first and the last.
    """
    of_hidden = set[int]()
    for call in (node for node in ast.walk(calls) if isinstance(node, ast.Call)):
        given = [one for one in (*call.args, *(one.value for one in call.keywords)) if isinstance(one, ast.List)]
        counts = {len(one.elts) - 2 for one in given if all(map(is_size, one.elts))}
        of_hidden |= {id(one) for one in given if len(one.elts) in counts}
    for items in (node for node in ast.walk(calls) if isinstance(node, ast.List)):
        names = [one for one in items.elts if isinstance(one, ast.Constant) and one.value in keys]
        if len(names) == len(items.elts):
            yield names if id(items) in of_hidden else names[:-1]


def is_size(node: ast.expr) -> bool:
    """Whether an item of a list is a whole number, as the size of a layer is."""
    return isinstance(node, ast.Constant) and type(node.value) is int


def compared_with(owner: ast.AST, argument: str, tables: Mapping[str, list[str]]) -> list[str]:
    """The strings that an argument, kept as an attribute or not, is compared with or looked up in"""

    def is_argument(node: ast.AST) -> bool:
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        return name.strip("_") == argument.strip("_")

    found: list[str] = []
    for node in ast.walk(owner):
        if isinstance(node, ast.Compare) and is_argument(node.left):
            for other in node.comparators:
                found += texts_of(other.elts if isinstance(other, (ast.List, ast.Tuple, ast.Set)) else [other])
        elif isinstance(node, ast.Subscript) and is_argument(node.slice):
            found += tables.get(ast.unparse(node.value).rsplit(".", 1)[-1], [])
    return found


def with_option(
    calls: ast.Module, file: ast.Module, owner: str, parameter: str, value: Value
) -> tuple[str, ...] | None:
    """The calls with an option of a constructor for all layers but the last, or of a function; None if none differs."""
    tree = ast.parse(ast.unparse(calls))
    called = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and owner == (node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", ""))
    ]
    called.sort(key=lambda node: (node.lineno, node.col_offset))
    before = ast.unparse(tree)
    functions = [one for name, one, _ in functions_of(file) if name == owner]
    names, defaults = next((_by_position(one), _defaults(one)) for one in functions if parameter in _arguments(one))
    for node in called[:-1] if len(called) > 1 else called:
        given = dict(zip(names, node.args)) | {one.arg: one.value for one in node.keywords}
        current = given.get(parameter, defaults.get(parameter))
        if isinstance(current, ast.Constant) and (type(current.value), current.value) == (type(value), value):
            continue
        chosen = ast.Constant(value)
        if parameter in names[: len(node.args)]:
            node.args[names.index(parameter)] = chosen
        else:
            node.keywords = [one for one in node.keywords if one.arg != parameter]
            node.keywords.append(ast.keyword(arg=parameter, value=chosen))
    after = ast.unparse(tree)
    return None if after == before else tuple(after.split("\n"))
