"""Which variables of a script hold data of one kind, so that an edit can change them all at once, before ``fit``.

Scaled inputs are needed wherever the model is used: in ``fit``, in its validation data, in later evaluations and
predictions, and in whatever else the script does with its test set. If all of these are variables that were assigned
before, one line in front of ``fit`` scales them all. If that is not certain (an expression in the call, a variable
that is assigned in another scope or again later, a loop that would scale twice), nothing is returned.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from ...recording.source import called_name
from ..source.places import argument_of, base_name
from .texts import Text

USES = ("evaluate", "predict", "predict_on_batch", "test_on_batch")
SPLITS = ("train_test_split",)
IMAGE_FLOWS = ("flow", "flow_from_directory", "flow_from_dataframe")  # methods of ImageDataGenerator


def rebound_names(text: Text, fit: ast.Call, name: str, position: int) -> list[str]:
    """The variables that hold one kind of data, that which ``fit`` is given first; none if it has to be put otherwise.

    Args:
        text: with the call of ``fit``.
        fit: the call.
        name, position: of the argument, ``x`` and 0 or ``y`` and 1.
    """
    first = base_name(argument_of(fit, name, position))
    if first is None or not _is_bound_once(text, fit, first) or text.loops(fit):
        return []
    wanted = [first, *_of_validation(fit, position), *_of_later_uses(text, fit, name, position)]
    wanted += _partners(text, fit, first)
    return [other for other in dict.fromkeys(wanted) if _is_bound_once(text, fit, other)]


def rebound_parts(text: Text, fit: ast.Call) -> list[list[str]]:
    """Of each of several inputs, which ``fit`` is given as a list, tuple or dict, the variables that hold it.

    The first of each is that of ``fit``. None are returned if any part is given otherwise than in a variable.
    """
    uses = [fit, *(call for call in _later_calls(text, fit) if called_name(call) in USES)]
    given = [_parts_of(argument_of(call, "x", 0)) for call in uses]
    validation = argument_of(fit, "validation_data")
    if validation is not None:
        is_pair = isinstance(validation, (ast.Tuple, ast.List)) and bool(validation.elts)
        given.append(_parts_of(validation.elts[0]) if is_pair else {})  # type: ignore[attr-defined]
    names = [[base_name(parts.get(key)) or "" for parts in given] for key in given[0]]
    if text.loops(fit) or any(parts.keys() != given[0].keys() for parts in given):
        return []
    found = [list(dict.fromkeys(of_part)) for of_part in names]
    every = [name for of_part in found for name in of_part]
    is_certain = all(_is_bound_once(text, fit, name) for name in every) and len(set(every)) == len(every)
    return found if is_certain else []


def rebound_datasets(text: Text, fit: ast.Call) -> list[str]:
    """The variables that hold the dataset of ``fit`` and the others that the model is used on, that of ``fit`` first.

    None are returned if any is given otherwise than in a variable, or is not certain to be a dataset of batches.
    """
    of_fit = [argument_of(fit, "x", 0), argument_of(fit, "validation_data")]
    given = [part.id if isinstance(part, ast.Name) else "" for part in _given_data(text, fit)]
    names = list(dict.fromkeys(given))
    if text.loops(fit) or not all(_is_bound_once(text, fit, name) for name in names):
        return []
    unknown = set(names) - {part.id for part in of_fit if isinstance(part, ast.Name)}
    return names if all(batch_calls(text, fit, name) for name in unknown) else []


def are_image_flows(text: Text, fit: ast.Call) -> bool:
    """Whether ``fit``, its validation data and later uses of the model are all given generators of images."""
    return all(
        any(isinstance(node, ast.Call) and called_name(node) in IMAGE_FLOWS for node in ast.walk(made))
        for part in _given_data(text, fit)
        for made in _makings(text, fit, part)
    )


def yielded_parts(text: Text, fit: ast.Call, uses: tuple[str, ...]) -> tuple[ast.expr, ast.expr] | None:
    """The inputs and the targets in the one ``yield`` of the function that makes all that ``fit`` is given.

    None is returned if they are made otherwise, or if the model is used later in one of these ways on other data.

    Args:
        text: with the call of ``fit``.
        fit: the call.
        uses: names of methods.
    """
    later = any(called_name(call) in uses for call in _later_calls(text, fit))
    first = argument_of(fit, "x", 0) or argument_of(fit, "generator")
    given = [part for part in (first, argument_of(fit, "validation_data")) if part is not None]
    made = [node for part in given for node in _makings(text, fit, part)]
    names = {node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else "" for node in made}
    body = text.tree.body if isinstance(text.scope(fit), ast.Module) else []  # else it sees no variable before fit
    functions = [node for node in body if isinstance(node, ast.FunctionDef) and {node.name} == names]
    yields = [node.value for one in functions for node in ast.walk(one) if isinstance(node, ast.Yield)]
    if later or len(yields) != 1 or not isinstance(yields[0], ast.Tuple) or len(yields[0].elts) != 2:
        return None
    inputs, targets = yields[0].elts
    return inputs, targets


def _given_data(text: Text, fit: ast.Call) -> list[ast.expr]:
    """What ``fit`` is given as data and validation data, and the data of later uses of the model."""
    later = [argument_of(call, "x", 0) for call in _later_calls(text, fit) if called_name(call) in USES]
    given = [argument_of(fit, "x", 0), argument_of(fit, "validation_data"), *later]
    return [part for part in given if part is not None]


def _makings(text: Text, fit: ast.Call, part: ast.expr) -> list[ast.AST]:
    """The expressions that make what an argument holds: those that its variable is assigned, else the argument."""
    stores = _stores(text, fit, part.id) if isinstance(part, ast.Name) else []
    return [_value_of(text.statement(store), store) for store in stores] or [part]


def batch_calls(text: Text, fit: ast.Call, name: str) -> list[ast.Call]:
    """The calls of ``batch`` in the statements that assign a variable of the scope of ``fit``."""
    nodes = [node for store in _stores(text, fit, name) for node in ast.walk(_value_of(text.statement(store), store))]
    return [node for node in nodes if isinstance(node, ast.Call) and called_name(node) == "batch"]


def _value_of(statement: ast.stmt, store: ast.Name) -> ast.AST:
    """What a statement assigns to a variable: the part in its place if both sides are written out."""
    value = getattr(statement, "value", None)
    for target in getattr(statement, "targets", ()):
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            return next((part for element, part in zip(target.elts, value.elts) if element is store), statement)
    return statement


def _parts_of(node: ast.expr | None) -> dict[str, ast.expr]:
    """The parts of a list, tuple or dict that is written out, by their keys."""
    if isinstance(node, ast.Dict):
        return {"" if key is None else ast.unparse(key): part for key, part in zip(node.keys, node.values)}
    return {str(n): part for n, part in enumerate(node.elts)} if isinstance(node, (ast.List, ast.Tuple)) else {}


def rebound_validation(text: Text, fit: ast.Call) -> str | None:
    """The variable that holds the validation inputs of ``fit``; None if an edit cannot change it before ``fit``."""
    name = next(_of_validation(fit, 0), None)
    if name is None or not _is_bound_once(text, fit, name) or text.loops(fit):
        return None
    return name if name != base_name(argument_of(fit, "x", 0)) else None


def split_names(text: Text, fit: ast.Call) -> tuple[tuple[str, str], ...] | None:
    """The variables of ``fit`` that hold training and validation inputs, and those of the targets; the same variable
    twice if both are rows of it. None if an edit cannot draw their rows anew before ``fit``."""
    if text.loops(fit):
        return None
    pairs = []
    for name, position in (("x", 0), ("y", 1)):
        train, held = base_name(argument_of(fit, name, position)), next(_of_validation(fit, position), None)
        if train is None or held is None or not all(_is_bound_once(text, fit, bound) for bound in (train, held)):
            return None
        pairs.append((train, held))
    return tuple(pairs) if len({train == held for train, held in pairs}) == 1 else None


def ordered_split(text: Text, fit: ast.Call) -> ast.Call | None:
    """The call that split the inputs of ``fit`` into training and validation rows without shuffling them."""
    pairs = split_names(text, fit)
    if pairs is None:
        return None
    for store in _stores(text, fit, pairs[0][0]):
        value = getattr(text.statement(store), "value", None)
        if isinstance(value, ast.Call) and called_name(value) in SPLITS:
            shuffle = argument_of(value, "shuffle")
            if isinstance(shuffle, ast.Constant) and shuffle.value is False:
                return value
    return None


def _nodes(text: Text, scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of functions inside it."""
    return (node for node in ast.walk(scope) if node is not scope and text.scope(node) is scope)


def _stores(text: Text, fit: ast.Call, name: str) -> list[ast.Name]:
    """Where a variable is assigned in the scope of ``fit``."""
    return [
        node
        for node in _nodes(text, text.scope(fit))
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, (ast.Store, ast.Del))
    ]


def _is_bound_once(text: Text, fit: ast.Call, name: str) -> bool:
    """Whether a variable of the scope of ``fit`` is assigned before it, and not again after it."""
    scope = text.scope(fit)
    stores = _stores(text, fit, name)
    before = text.statement(fit).lineno
    is_argument = isinstance(scope, ast.FunctionDef) and any(
        argument.arg == name for argument in [*scope.args.args, *scope.args.kwonlyargs, *scope.args.posonlyargs]
    )
    return (is_argument or bool(stores)) and all(store.lineno < before for store in stores)


def _of_validation(fit: ast.Call, position: int) -> Iterator[str]:
    """The variable in the validation data of ``fit``."""
    validation = argument_of(fit, "validation_data")
    if isinstance(validation, (ast.Tuple, ast.List)) and len(validation.elts) > position:
        name = base_name(validation.elts[position])
        if name is not None:
            yield name


def _of_later_uses(text: Text, fit: ast.Call, name: str, position: int) -> Iterator[str]:
    """The variables that the model is evaluated on, or predicts from."""
    for node in _later_calls(text, fit):
        if called_name(node) in USES and (position == 0 or called_name(node) in ("evaluate", "test_on_batch")):
            found = base_name(argument_of(node, name, position))
            if found is not None:
                yield found


def _later_calls(text: Text, fit: ast.Call) -> Iterator[ast.Call]:
    """The other calls of methods of the model in the scope of ``fit``, before the next ``fit``, which may have data of
    another scale."""
    last = next_fit_line(text, fit)
    for node in _nodes(text, text.scope(fit)):
        if isinstance(node, ast.Call) and node is not fit and _is_same_model(text, node, fit) and node.lineno < last:
            yield node


def next_fit_line(text: Text, fit: ast.Call) -> float:
    """The line of the next call of ``fit`` in the same scope, infinite if there is none."""
    lines = [
        node.lineno
        for node in _nodes(text, text.scope(fit))
        if isinstance(node, ast.Call) and called_name(node) == "fit" and node.lineno > fit.lineno
    ]
    return min(lines, default=math.inf)


def _is_same_model(text: Text, call: ast.Call, fit: ast.Call) -> bool:
    """Whether a method is called on what ``fit`` is called on."""
    owners = [node.func.value for node in (call, fit) if isinstance(node.func, ast.Attribute)]
    return len(owners) == 2 and text.text(owners[0]) == text.text(owners[1])


def _partners(text: Text, fit: ast.Call, first: str) -> Iterator[str]:
    """The variables that were split from the same data: of a call of a known split, or rows of the same array."""
    for store in _stores(text, fit, first):
        statement = text.statement(store)
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target, value = statement.targets[0], statement.value
        if isinstance(target, (ast.Tuple, ast.List)):
            names = [element.id if isinstance(element, ast.Name) else "" for element in target.elts]
            if called_name(value) in SPLITS and first in names:
                yield from (names[names.index(first) ^ 1 : (names.index(first) ^ 1) + 1])
            pairs = [element for element in target.elts if isinstance(element, (ast.Tuple, ast.List))]
            for pair in pairs:
                inner = [element.id if isinstance(element, ast.Name) else "" for element in pair.elts]
                if first in inner:
                    number = inner.index(first)
                    others = [other.elts[number] for other in pairs if other is not pair and len(other.elts) > number]
                    yield from (other.id for other in others if isinstance(other, ast.Name))
            if isinstance(value, (ast.Tuple, ast.List)) and first in names:
                source = base_name(value.elts[names.index(first)])
                yield from (
                    other
                    for other, part in zip(names, value.elts)
                    if other and source is not None and isinstance(part, ast.Subscript) and base_name(part) == source
                )
        elif isinstance(value, ast.Subscript):
            yield from _rows_of(text, fit, base_name(value))


def _rows_of(text: Text, fit: ast.Call, source: str | None) -> Iterator[str]:
    """The variables that hold rows of an array."""
    for node in _nodes(text, text.scope(fit)):
        if source is None or not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Subscript):
            continue
        if base_name(node.value) == source and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id
