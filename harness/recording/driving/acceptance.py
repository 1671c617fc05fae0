"""Whether calls that train are meant so: all layers take part, weights are shared, gradients start at 0."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from ..literals import last_name, nodes_of
from .pairs.find import find_pairs
from .pairs.plan import PairKind, PairPlan
from .result import Driven, runs_script
from .roles import INPUT_NAME, is_given_first
from .session import Session
from .source import FileFacts, FunctionFacts
from .words import BY_HAND

# gradients that are added up: self.dW += .., grads["W1"] += .., p.grad += ..
ACCUMULATES = re.compile(r"\b\w*(grad|nabla|delta|d_?[WwBb]\d*\b)\w*(\[[^\]=]+\])* \+= ", re.IGNORECASE)
CLEARS = re.compile(
    r"(zero|clear|reset|flush)\w*_?(grad|delta)|(grad|nabla|delta)\w*(\[[^\]=]+\])* = (np\.zeros|0\b|\{\}|\[\])"
    r"|grad\w*\.fill\(0",
    re.IGNORECASE,
)
STARTS = re.compile(r"init|setup|create|build|^make", re.IGNORECASE)


def layers_left(facts: FileFacts, source: str, driven: Driven) -> list[str]:
    """The layers of the file that the lines do not name, nor one in their place; none of a script, which uses its own.

    One of several activations is chosen, and the others are called apart from the network.
    """
    if runs_script(driven.lines):
        return []
    made = _made_by(facts, set(re.findall(r"[A-Za-z_]\w*", "\n".join(driven.lines))))
    kinds = {methods for name in made if (methods := _methods_without_settings(facts, name))}
    return sorted(name for name in _layers_of(source) - made if _methods_without_settings(facts, name) not in kinds)


def _methods_without_settings(facts: FileFacts, name: str) -> frozenset[str]:
    """The methods of a class that is made without arguments; none of another."""
    constructor = facts.constructor(name)
    is_plain = name in facts.classes and not (constructor and constructor.required)
    return frozenset(facts.methods(name)) - {"__init__"} if is_plain else frozenset()


def _made_by(facts: FileFacts, names: set[str]) -> set[str]:
    """The names, and those that their classes and functions mention, such as the layers of a network."""
    known = {*facts.functions, *facts.classes}
    found: set[str] = set()
    waiting = sorted(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            parts = [facts.functions[name]] if name in facts.functions else []
            parts += facts.methods(name).values()
            mentioned = {word for part in parts for word in re.findall(r"[A-Za-z_]\w*", part.text)}
            waiting += sorted((mentioned & known) - found)
    return found


def _layers_of(source: str) -> set[str]:
    """The classes of a file that are layers."""
    return {plan.name.partition(".")[0] for plan in pairs_of(source) if plan.kind is PairKind.LAYER}


def pairs_of(source: str) -> list[PairPlan]:
    """The pairs of a file that can be called."""
    try:
        return [plan for plan in find_pairs(source) if plan.options]
    except Exception:  # what cannot be read has none
        return []


def excuse_square_weights(session: Session) -> None:
    """Hidden layers of equal size have square weights, which are not a sign of an accident."""
    shapes = {str(matrix.shape) for matrix in session.matrices()}
    session.watcher.notes[:] = [
        note for note in session.watcher.notes if not any(f"of shape {shape} in" in note for shape in shapes)
    ]


def unused_by_hand(session: Session) -> list[str]:
    """Weights of the driver's that a call without data updates and no other call is given."""
    texts = [statement.text for statement in session.statements]
    calls = [text.split(" = ", 1)[-1] for text in texts if BY_HAND not in text]
    found = []
    for text in texts:
        name = text.split(" = ", 1)[0]
        if BY_HAND not in text or not name.isidentifier():
            continue
        using = {call for call in calls if re.search(rf"\b{name}\b", call)}
        if len(using) == 1 and len(set(calls)) > 1 and not re.search(r"\b(X|Y|labels)\b", min(using)):
            found.append(name)
    return found


def inputs_from_above(session: Session) -> list[str]:
    """The arguments of backward passes that the inputs were given for, though a gradient goes there by its place."""
    made = {text.split(" = ", 1)[0]: text for text in (statement.text for statement in session.statements)}
    found = []
    for call in nodes_of("\n".join(statement.text for statement in session.statements)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
            continue
        owner = type(session.names.get(ast.unparse(call.func.value))).__name__
        method = session.facts.methods(owner).get(call.func.attr)
        first = method.required[0].name if method is not None and method.required else ""
        given = ast.unparse(call.args[0])
        text = made.get(given, given)
        is_of_inputs = re.search(r"\bX\b", text) and not re.search(r"\b(Y|labels)\b", f"{text} {ast.unparse(call)}")
        if method is not None and is_of_inputs and is_given_first(first, method) and not INPUT_NAME.match(first):
            found.append(f"{first} of {owner}.{method.name}")
    return found


def picks_one_of_each_row(parts: Iterable[FunctionFacts]) -> bool:
    """Whether labels are used as indices beside a range, ``t[np.arange(n), y] = 1``, so that they need one axis."""
    for part in parts:
        for node in ast.walk(part.node):
            indices = node.slice.elts if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) else []
            if len(indices) == 2 and isinstance(indices[0], ast.Call) and isinstance(indices[1], ast.Name):
                is_range = last_name(indices[0].func) in ("arange", "range")
                flat = rf"{indices[1].id}\.(ravel|flatten|squeeze|reshape)|(ravel|squeeze)\({indices[1].id}"
                if is_range and not re.search(flat, part.text):
                    return True
    return False


def accumulates(parts: Iterable[FunctionFacts]) -> bool:
    """Whether gradients are added to those of the iteration before, not to what the function has made itself."""
    return any(
        part.text[max(0, found.start() - 1)] == "." or found[0].split("[")[0].split(" ")[0] not in _made_in(part)
        for part in parts
        for found in ACCUMULATES.finditer(part.text)
    )


def _made_in(function: FunctionFacts) -> set[str]:
    """The names that a function assigns as a whole."""
    nodes = [node for node in ast.walk(function.node) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    augmented = {node.target for node in ast.walk(function.node) if isinstance(node, ast.AugAssign)}
    outer = {
        name for node in ast.walk(function.node) if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names
    }
    return {node.id for node in nodes if node not in augmented} - outer


def clears(source: str) -> bool:
    """Whether a file sets gradients back to 0, and not only at the start."""
    bodies = [node for node in nodes_of(source) if isinstance(node, ast.FunctionDef) and not STARTS.search(node.name)]
    return any(CLEARS.search(ast.unparse(body)) for body in bodies)
