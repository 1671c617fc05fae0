"""A file that trains several networks: what it goes on with after the loops that its recording ended in."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from ..recording.graph import Place, Recording, Stop, sites_of
from ..recording.source import called_name, last_name
from .result import CheckResult, Reason, Verdict
from .sources import Sources
from .verdict import check_recording, without_verdict

MOST_LATER = 3  # trainings after the first that are recorded

Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def with_later(
    result: CheckResult,
    recording: Recording,
    sources: Sources,
    unrun: Sequence[str],
    left: Callable[[Recording, Sources], Collection[str]],
    record: Callable[[Place], Recording],
) -> tuple[CheckResult, list[str]]:
    """The verdict on a file after the trainings were judged that come after its first, by other code or options.

    Args:
        result: of the first, which is correct.
        recording: of the first.
        sources: the user's files.
        unrun: the classes and functions that compute gradients and did not run in it.
        left: finds these for another recording.
        record: records the file from a line on.

    Returns:
        the verdict, and what ran in none of the recordings.
    """
    known, unrun, doubtful = set(unrun), list(unrun), list[str]()
    taken: list[str] = []
    for _ in range(MOST_LATER):
        found = next_start(recording, sources, unrun) or next_option(recording, sources, taken)
        if found is None:
            break
        start, needed = found
        taken += needed
        recording = record(start)
        other = check_recording(recording, sources=sources)
        ran = set(unrun) - set(left(recording, sources))
        if other.verdict is Verdict.MISTAKE:
            return other, unrun
        if other.verdict is Verdict.CORRECT:
            unrun = [name for name in unrun if name not in ran]
            parameters, notes = (*result.parameters, *other.parameters), (*result.notes, *other.notes)
            result = replace(result, parameters=parameters, notes=tuple(dict.fromkeys(notes)))
            continue
        is_over = recording.stop in (Stop.FINISHED, Stop.EXITED) and other.reason is Reason.NO_PARAMETERS
        if ran & set(needed) or not is_over:  # else it is not called, or trains nothing
            doubtful += needed
    judged = known - set(unrun)
    pending = [name for name in dict.fromkeys(doubtful) if name not in judged]
    return without_verdict(result, Reason.NETWORKS_LEFT, ", ".join(pending)) if pending else result, unrun


def next_start(recording: Recording, sources: Sources, left: Collection[str]) -> tuple[Place, list[str]] | None:
    """Where a run goes on, after the loops that its recording ended in, to what did not run.

    Args:
        recording: of the run.
        sources: the user's files.
        left: the names of what did not run.

    Returns:
        the first line after the loops, and those of the names that are used from there on; None if none are.
    """
    lines = sites_of(node.place for node in recording.nodes)
    bodies: dict[str, list[ast.AST]] = {}
    for file, tree in sources.trees.items():
        for part in ast.walk(tree):
            if isinstance(part, Function):
                inner = range(part.body[0].lineno, (part.end_lineno or part.lineno) + 1)
                if not any((file, line) in lines for line in inner):  # what ran is not looked at twice
                    bodies.setdefault(part.name, []).append(part)
            elif isinstance(part, ast.ClassDef):
                bodies.setdefault(part.name, []).append(part)
    for place in places_of_end(recording) if left else ():
        for rest in rests(sources.trees.get(place.file), place.line):
            used = [names_from([one], bodies) for one in rest]
            number = next((number for number, names in enumerate(used) if names & set(left)), None)
            if number is not None:
                first = rest[first_needed(rest[: number + 1])]
                needed = [name for name in left if any(name in names for names in used)]
                return Place(file=place.file, line=first.lineno), needed
    return None


def next_option(recording: Recording, sources: Sources, taken: Collection[str]) -> tuple[Place, list[str]] | None:
    """Where a run goes on to train by the same functions with another option, such as ``activation="relu"``.

    An option is a text that something of the file which compares texts is given there, and not before.

    Args:
        recording: of the run.
        sources: the user's files.
        taken: the options with which a run was recorded.

    Returns:
        the first line of what is made with it, and the option; None if there is none.
    """
    places = [recording.nodes[update.after].place for update in recording.updates]
    training = {part for place in places if place for one in place.trail for part in one.function.split(".")}
    choosing = {
        part.name
        for tree in sources.trees.values()
        for part in ast.walk(tree)
        if isinstance(part, (*Function, ast.ClassDef)) and compares_texts(part)
    }
    for place in places_of_end(recording):
        tree = sources.trees.get(place.file)
        for rest in rests(tree, place.line):
            if tree is None or not any(last_name(node) in training for one in rest for node in ast.walk(one)):
                continue
            before = {text for text, line in options_in(tree, choosing) if line < rest[0].lineno}
            for number, statement in enumerate(rest):
                new = {text for text, _ in options_in(statement, choosing)} - before - set(taken)
                if new and not isinstance(statement, (*Function, ast.ClassDef)):
                    first = rest[first_needed(rest[: number + 1])]
                    return Place(file=place.file, line=first.lineno), sorted(new)
    return None


def compares_texts(part: ast.AST) -> bool:
    """Whether a class or a function compares something with a text."""
    compared = [side for node in ast.walk(part) if isinstance(node, ast.Compare) for side in node.comparators]
    return any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in compared)


def options_in(tree: ast.AST, choosing: Collection[str]) -> Iterator[tuple[str, int]]:
    """The texts that calls of some names are given, each with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called_name(node) in choosing:
            for one in (*node.args, *(word.value for word in node.keywords)):
                texts = one.elts if isinstance(one, (ast.List, ast.Tuple)) else [one]
                yield from ((i.value, i.lineno) for i in texts if isinstance(i, ast.Constant) and type(i.value) is str)


def places_of_end(recording: Recording) -> Sequence[Place]:
    """The lines that a recording ended in, or the exception that ended it, the innermost first."""
    raised = recording.raised
    return (*(recording.ended_at or (() if raised is None else raised.frames)),)[::-1]


def first_needed(statements: Sequence[ast.stmt]) -> int:
    """The number of the first statement that makes something that the last one is made with."""
    names, first = bare_names(statements[-1], ast.Load), len(statements) - 1
    for number in range(first - 1, -1, -1):
        if bare_names(statements[number], ast.Store) & names:
            names |= bare_names(statements[number], ast.Load)
            first = number
    return first


def bare_names(statement: ast.stmt, use: type[ast.expr_context]) -> set[str]:
    """The names that a statement reads, or binds, but for those that its loops count with."""
    nodes = list(ast.walk(statement))
    loops = [one.target for one in nodes if isinstance(one, (ast.For, ast.comprehension))]
    counted = {one.id for target in loops for one in ast.walk(target) if isinstance(one, ast.Name)}
    return {one.id for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, use)} - counted


def rests(tree: ast.Module | None, line: int) -> Iterator[Sequence[ast.stmt]]:
    """What comes after a line and the loops around it in its function, or at the top level; the nearest first."""
    found: list[Sequence[ast.stmt]] = []
    body: Sequence[ast.stmt] = tree.body if tree is not None else ()
    in_loop = False
    while body:
        number = next((n for n, one in enumerate(body) if one.lineno <= line <= (one.end_lineno or 0)), None)
        if number is None:
            break
        statement = body[number]
        if isinstance(statement, (*Function, ast.ClassDef)):
            found, in_loop = [], False
        elif not in_loop:
            found.append(body[number + 1 :])
        in_loop = in_loop or isinstance(statement, (ast.For, ast.While))
        blocks = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        body = next((one for one in blocks if one and one[0].lineno <= line <= (one[-1].end_lineno or 0)), ())
    yield from reversed(found)


def names_from(statements: Sequence[ast.stmt], bodies: Mapping[str, Sequence[ast.AST]]) -> set[str]:
    """The names that statements use when they run, and those that the functions of these names use in turn."""
    found: set[str] = set()
    waiting: list[ast.AST] = [one for one in statements if not isinstance(one, (*Function, ast.ClassDef))]
    while waiting:
        for node in ast.walk(waiting.pop()):
            name = last_name(node)
            if name and name not in found:
                found.add(name)
                waiting += bodies.get(name, ())
    return found
