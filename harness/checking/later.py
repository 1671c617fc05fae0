"""A file that trains several networks: what it goes on with after the loops that its recording ended in."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from ..recording.graph import Kind, Loop, Place, Recording, Site, Start, Stop, sites_of
from ..recording.literals import accumulated, last_name
from ..recording.loops import Function
from .exceptions import ENVIRONMENT, MADE_UP, OF_NO_VALUES, is_backward
from .raised import exception_mistake, unjudged_exception
from .replay import Program
from .result import CheckResult, Reason, Verdict
from .sources import Sources
from .verdict import check_recording, without_verdict

FEWEST_TURNS = 2  # of a loop over networks after the first, that show that its turns go one way
MOST_LATER = 4  # trainings after the first that are recorded

LOOPS = (ast.For, ast.While)


def with_later(
    result: CheckResult,
    recording: Recording,
    sources: Sources,
    unrun: Sequence[str],
    left: Callable[[Recording, Sources], Collection[str]],
    record: Callable[[Start], Recording],
) -> tuple[CheckResult, list[str]]:
    """The verdict on a file after the trainings were judged that come after its first.

    These use functions that compute gradients and did not run, or once more those that did: with another activation,
    optimizer or depth they may go another way through the same code.

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
    unrun, doubtful = list(unrun), list[str]()
    judged, loops = updating_lines(recording), loops_of_training(recording)
    start, goes_round = None, True
    tried = set[Start]()
    for _ in range(MOST_LATER):
        found = next_turn(recording, sources, start) if goes_round else None
        if found is None or found[0] in tried:
            found = next_start(recording, sources, unrun, tried)
        if found is None:
            break
        start, needed = found
        tried.add(start)
        latest = recorded_from(start, loops, record)
        loops += loops_of_training(latest)
        is_trained = any(latest.nodes[one.leaf].kind is Kind.DATA for one in latest.parameters)
        if start.turn and is_trained:
            goes_round = False  # a loop over epochs, whose first turn makes the network
            continue
        other = check_recording(latest, sources=sources, shared_by=MOST_LATER)
        ran = set(unrun) - set(left(latest, sources))
        if other.verdict is Verdict.MISTAKE and not is_trained:  # else what its optimizer keeps may be the reason
            return other, unrun
        if raised_in_training(latest, judged):
            return (unjudged_exception if is_of_made_up_data(latest) else exception_mistake)(latest), unrun
        updating = updating_lines(latest)
        new = [place for site, place in updating.items() if site not in judged]
        goes_round = not start.turn or (other.verdict is Verdict.CORRECT and (bool(new) or start.turn < FEWEST_TURNS))
        if other.verdict is Verdict.CORRECT:
            recording = latest
            unrun = [name for name in unrun if name not in ran]
            judged |= updating
            known = {one.name for one in result.parameters}
            added = [one for one in other.parameters if not is_trained and one.name not in known]
            notes = (*result.notes, *other.notes)
            result = replace(result, parameters=(*result.parameters, *added), notes=tuple(dict.fromkeys(notes)))
            continue
        if not latest.nodes and recording.raised is not None and recording.raised.involves_stand_in:
            return without_verdict(result, Reason.NETWORKS_LEFT, f"line {start.place.line}"), unrun
        if new:
            is_named = not new[-1].function.startswith("<")
            detail = new[-1].function if is_named else f"line {new[-1].line}"
            return without_verdict(result, Reason.NETWORKS_LEFT, detail), unrun
        is_over = latest.stop in (Stop.FINISHED, Stop.EXITED) and other.reason is Reason.NO_PARAMETERS
        if ran & set(needed) or not is_over:  # else it is not called, or trains nothing
            doubtful += needed
        if not start.turn and latest.stop is not Stop.DIED:
            recording = latest
    pending = [name for name in dict.fromkeys(doubtful) if name in unrun]
    return without_verdict(result, Reason.NETWORKS_LEFT, ", ".join(pending)) if pending else result, unrun


def loops_of_training(recording: Recording) -> list[Loop]:
    """The loops that a recording ended in and that all of its updates are in, as those over epochs and batches."""
    sites = [sites_of([recording.nodes[one.after].place]) for one in recording.updates]
    return [loop for loop in recording.loops if all(any(is_in(loop, site) for site in one) for one in sites)]


def recorded_from(start: Start, loops: Sequence[Loop], record: Callable[[Start], Recording]) -> Recording:
    """The recording from a line on; the loops that earlier recordings ended in are left after a few turns."""
    passed = tuple((one.file, one.line) for one in loops if not is_in(one, start.place.site))
    found = record(replace(start, passed=passed))
    failed = not found.updates and found.stop is Stop.RAISED  # what is left of those loops may be too little for it
    return record(start) if failed and passed else found


def raised_in_training(recording: Recording, lines: Mapping[Site, Place]) -> bool:
    """Whether an exception ended a later training.

    Its line is one of an earlier training, or was called by such a line of a function.
    """
    raised = recording.raised
    if raised is None or recording.stop is not Stop.RAISED or raised.involves_stand_in or not raised.frames:
        return False
    if raised.type in ENVIRONMENT:
        return False
    calls = {one.site for place in lines.values() for one in place.trail if one.function != "<module>"}
    return raised.frames[-1].site in lines or any(one.site in calls for one in raised.frames)


def is_of_made_up_data(recording: Recording) -> bool:
    """Whether values or shapes that were made up may be to blame for an exception."""
    assert recording.raised is not None
    is_of_values = recording.raised.type not in OF_NO_VALUES or not is_backward(recording.raised.frames[-1])
    return is_of_values and any(one.what in MADE_UP for one in recording.stand_ins)


def is_in(loop: Loop, site: Site) -> bool:
    """Whether a line is one of a loop's."""
    return site[0] == loop.file and loop.line <= site[1] <= loop.end_line


def updating_lines(recording: Recording) -> dict[Site, Place]:
    """The lines that compute something with a parameter on the way to an update."""
    return {place.site: place for place in updating_places(recording)}


def updating_places(recording: Recording) -> list[Place]:
    """Where something is computed with a parameter on the way to an update, in the order of execution."""
    program = Program(recording.nodes)
    versions = {node for one in recording.updates for node in (one.before, one.after)}
    on_the_way = program.descendants(versions) & program.ancestors([one.after for one in recording.updates])
    places = (recording.nodes[id].place for id in sorted(on_the_way))
    return [place for place in places if place is not None]


def next_turn(recording: Recording, sources: Sources, start: Start | None) -> tuple[Start, list[str]] | None:
    """Where the next turn begins of a loop that makes a network anew in each turn and trains it.

    Args:
        recording: of one of its turns.
        sources: the user's files.
        start: where that recording began; None if with the file.
    """
    made = sites_of(recording.nodes[one.leaf].place for one in recording.parameters)
    for loop, _ in pairwise(recording.loops):  # the innermost is the training's own
        if loop.count == 1 or not any(is_in(loop, site) for site in made):
            continue
        tree = sources.trees.get(loop.file, ast.Module([], []))
        body = next((one.body for one in ast.walk(tree) if isinstance(one, LOOPS) and one.lineno == loop.line), None)
        if body:
            first = Place(file=loop.file, line=body[0].lineno)
            turn = start.turn if start is not None and start.place == first else 0
            return Start(place=first, turn=turn + 1), []
    return None


def next_start(
    recording: Recording, sources: Sources, left: Collection[str], tried: Collection[Start]
) -> tuple[Start, list[str]] | None:
    """Where a run goes on, after the loops that its recording ended in, to what did not run, or trains once more.

    Args:
        recording: of the run.
        sources: the user's files.
        left: the names of what did not run.
        tried: where recordings have begun already.

    Returns:
        the first line after the loops, and those of the names that are used from there on; None if nothing trains.
    """
    lines = sites_of(node.place for node in recording.nodes)
    updates = [recording.nodes[one.after].place for one in recording.updates]
    trainers = {
        name for place in updates if place is not None for one in place.trail for name in one.function.split(".")
    }
    bodies: dict[str, list[ast.AST]] = {}  # of what did not run
    functions: dict[str, list[ast.AST]] = {}
    for file, tree in sources.trees.items():
        for part in ast.walk(tree):
            if isinstance(part, Function):
                inner = range(part.body[0].lineno, (part.end_lineno or part.lineno) + 1)
                functions.setdefault(part.name, []).append(part)
                if not any((file, line) in lines for line in inner):  # what ran is not looked at twice
                    bodies.setdefault(part.name, []).append(part)
            elif isinstance(part, ast.ClassDef):
                bodies.setdefault(part.name, []).append(part)
    for place in reversed(recording.ended_at):
        for rest in rests(sources.trees.get(place.file), place.line):
            used = [names_from([one], bodies) & set(left) for one in rest]
            again = [
                not has_run(one, place.file, lines) and (names_from([one], functions) & trainers or updates_itself(one))
                for one in rest
            ]
            number = next((number for number, pair in enumerate(zip(used, again)) if any(pair)), None)
            if number is not None:
                first = rest[first_needed(rest[: number + 1])]
                needed = [name for name in left if any(name in names for names in used)]
                start = Start(place=Place(file=place.file, line=first.lineno))
                if start not in tried:
                    return start, needed
    return None


def has_run(part: ast.stmt, file: str, lines: Collection[Site]) -> bool:
    """Whether a line of a statement, such as one of a class or function, was recorded."""
    return any((file, line) in lines for line in range(part.lineno, (part.end_lineno or part.lineno) + 1))


def updates_itself(statement: ast.stmt) -> bool:
    """Whether a loop in a statement adds to a name, or subtracts from it, and uses it besides, as it does weights."""
    for loop in ast.walk(statement) if not isinstance(statement, Function | ast.ClassDef) else ():
        if isinstance(loop, LOOPS):
            used = Counter(last_name(one) for one in ast.walk(loop) if isinstance(getattr(one, "ctx", None), ast.Load))
            if any(used[name] > count for name, count in accumulated(loop).items()):
                return True
    return False


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
        if isinstance(statement, Function | ast.ClassDef):
            found, in_loop = [], False
        elif not in_loop:
            found.append(body[number + 1 :])
        in_loop = in_loop or isinstance(statement, LOOPS)
        blocks = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        body = next((one for one in blocks if one and one[0].lineno <= line <= (one[-1].end_lineno or 0)), ())
    yield from reversed(found)


def names_from(statements: Sequence[ast.stmt], bodies: Mapping[str, Sequence[ast.AST]]) -> set[str]:
    """The names that statements use when they run, and those that the functions of these names use in turn."""
    found: set[str] = set()
    waiting: list[ast.AST] = [one for one in statements if not isinstance(one, Function | ast.ClassDef)]
    while waiting:
        for node in ast.walk(waiting.pop()):
            name = last_name(node)
            if name and name not in found:
                found.add(name)
                waiting += bodies.get(name, ())
    return found
