"""A method that cuts the data into batches and hands them on to the one that was called: it is called as well.

If such a function was tried and failed, nothing is said of a file whose parts are right if they are called alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace

from ..recording.driving.data import Sizes
from ..recording.graph import Place, Recording
from ..recording.literals import assigned, last_name, nodes_of
from ..recording.source import called_name
from .facts import not_judged
from .raised import exception_mistake, exception_text
from .result import CheckResult, Reason, Verdict
from .sources import Sources
from .unrun import callers_left, trainers_left
from .variants import Record, data_of
from .verdict import check_recording

# values of the arguments other than data, by their names; a batch is all rows: a last one that is smaller may not fit
NUMBERS = (
    (re.compile(r"epoch|iter|steps", re.IGNORECASE), "3"),
    (re.compile(r"batch", re.IGNORECASE), str(Sizes().observations)),
    (re.compile(r"rate|lr|eta|alpha", re.IGNORECASE), "0.1"),
)


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """A method that hands parts of its own arguments on."""

    function: ast.FunctionDef
    inner: str  # the method that is given them
    handed: tuple[str, ...]  # the arguments that it gets parts of, in order


def with_trainers(
    result: CheckResult,
    recording: Recording,
    sources: Sources,
    ran: list[Recording],
    record: Record,
) -> tuple[CheckResult, list[Recording]]:
    """The verdict on a driven file after the methods were called that call the one that was driven.

    What that one was given whole fits it, so their parts must fit it too.

    Args:
        result: of the calls so far, which is correct.
        recording: of the first calls.
        sources: the user's files.
        ran: the recordings that the verdict rests on so far.
        record: how to record the file with other calls and data.

    Returns:
        the verdict, and the recordings that are judged by it.
    """
    data, ran = data_of(recording.driven, recording.seed), list(ran)
    if data is None:
        return result, ran
    for name in trainers_left(ran, sources):
        trainer = trainer_of(name, sources)
        lines = lines_with(trainer, recording.driven.calls) if trainer is not None else None
        if trainer is None or lines is None:
            continue
        latest = record("\n".join(lines), data)
        other = check_recording(latest, sources=sources)
        place = place_of_parts(latest, trainer)
        if place is not None:
            raised = exception_mistake(latest)
            found = replace(raised.mistakes[0], place=place, others=())
            return replace(raised, mistakes=(found,), calls=lines), [latest]
        if other.verdict is Verdict.MISTAKE and not other.exception:
            return replace(other, calls=lines), [latest]
        if other.verdict is Verdict.CORRECT and latest.raised is None:
            ran.append(latest)
    for lines in failed_callers(recording, ran, sources, data):
        latest = record("\n".join(lines), data)
        if latest.raised is not None and latest.raised.type == "ValueError":
            detail = f"{lines[-1]} fails, though what it calls works alone: {exception_text(latest)}"
            return not_judged(recording, Reason.DOUBTFUL_CALLS, detail), [recording]
    return result, ran


def failed_callers(
    recording: Recording, ran: Sequence[Recording], sources: Sources, names: Container[str]
) -> list[tuple[str, ...]]:
    """The calls with one of a function that calls the same ones in their place, if that was tried and failed.

    It is given the data that fit those, so that it fails all the same may be a mistake of its own.

    Args:
        recording: of the calls that work.
        ran: the recordings that the verdict rests on.
        sources: the user's files.
        names: of the data.
    """
    statements = ast.parse("\n".join(recording.driven.calls)).body
    callers = {function.name: function for function in callers_left(ran, sources).values()}
    found = []
    for line, _ in recording.driven.failures:
        for failed in (node for node in nodes_of(line) if called_name(node) in callers):
            inner = {called_name(node) for node in ast.walk(callers[called_name(failed)])} - {""}
            calling = (any(called_name(node) in inner for node in ast.walk(one)) for one in statements)
            first = next((place for place, one in enumerate(calling) if one), len(statements))
            replaced = [node for one in statements[first:] for node in ast.walk(one)]
            if data_given(replaced, names) == data_given([failed], names):
                found.append((*map(ast.unparse, statements[:first]), line))
    return list(dict.fromkeys(found))


def data_given(nodes: Iterable[ast.AST], names: Container[str]) -> set[str]:
    """The arguments of calls that are made of data of some names, as they are written."""
    given = [one for node in nodes if isinstance(node, ast.Call) for one in (*node.args, *node.keywords)]
    values = [one.value if isinstance(one, ast.keyword) else one for one in given]
    of_data = [one for one in values if any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(one))]
    return set(map(ast.unparse, of_data))


def trainer_of(name: str, sources: Sources) -> Trainer | None:
    """The method of a name, ``Network.fit``, if all that it gives another one are parts of its arguments."""
    owner, _, method = name.rpartition(".")
    owners = [one for one in sources.classes if one.name == owner]
    functions = [one for part in owners for one in part.body if isinstance(one, ast.FunctionDef) and one.name == method]
    for function in functions[:1]:
        own = [one.arg for one in function.args.args[1:]]
        parts = {one: one for one in own}  # the argument that each name has a part of
        for node in ast.walk(function):
            for target, value in assigned(node) if isinstance(node, ast.Assign) else ():
                cut = value.value if isinstance(value, ast.Subscript) else value
                name, origin = ast.unparse(target), parts.get(ast.unparse(cut))
                if name in parts and origin != parts[name]:
                    return None  # it has become something else
                if origin is not None:
                    parts[name] = origin
        methods = {one.name for part in owners for one in part.body if isinstance(one, ast.FunctionDef)}
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            cuts = [one.value if isinstance(one, ast.Subscript) else one for one in call.args]
            handed = [parts.get(ast.unparse(one)) for one in cuts]
            known = [one for one in handed if one is not None]
            is_of_self = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "self"
            if is_of_self and last_name(call.func) in methods and len(set(known)) == len(call.args) > 1:
                return Trainer(function=function, inner=last_name(call.func), handed=tuple(known))
    return None


def lines_with(trainer: Trainer, calls: Sequence[str]) -> tuple[str, ...] | None:
    """The calls with one of a method in the place of that of the inner one; None if its arguments are not known."""
    nodes = ast.walk(ast.parse("\n".join(calls)))
    inner = [node for node in nodes if isinstance(node, ast.Call) and last_name(node.func) == trainer.inner]
    if len(inner) != 1 or not isinstance(inner[0].func, ast.Attribute) or len(inner[0].args) < len(trainer.handed):
        return None
    given = dict(zip(trainer.handed, map(ast.unparse, inner[0].args)))
    arguments = trainer.function.args.args[1:]
    required = len(arguments) - len(trainer.function.args.defaults)
    for place, argument in enumerate(one.arg for one in arguments):
        value = next((value for pattern, value in NUMBERS if pattern.search(argument)), None)
        if argument not in given and value is not None:
            given[argument] = value
        elif argument not in given and place < required:
            return None
    before = [one for one in calls if not one.startswith((" ", "for ")) and f".{trainer.inner}(" not in one]
    named = ", ".join(f"{name}={value}" for name, value in given.items())
    return (*before, f"{ast.unparse(inner[0].func.value)}.{trainer.function.name}({named})")


def place_of_parts(recording: Recording, trainer: Trainer) -> Place | None:
    """The line that hands on parts whose shapes do not fit each other; None if they do."""
    raised = recording.raised
    if raised is None or raised.type != "ValueError":
        return None
    frames = {one.function.rpartition(".")[2]: one for one in raised.frames}
    return frames.get(trainer.function.name) if trainer.inner in frames else None
