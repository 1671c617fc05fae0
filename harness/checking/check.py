"""A file in, its verdict out: recorded and judged, or its layers one by one."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..alarm import Alarm
from ..errors import BadInput
from ..recording.driving.data import AS_HIDDEN, Sizes
from ..recording.driving.pairs.plan import PairKind
from ..recording.driving.result import runs_script
from ..recording.graph import Array, Recording, Start, Stop
from ..recording.literals import last_name, nodes_of
from ..recording.project import root_of
from ..recording.record import record_file
from ..recording.source import called_name, read_text
from ..recording.stand_ins.ragged import OLDER_NUMPY
from ..sandbox import Limits, own_patience
from .cells import as_written
from .chosen_pairs import without_chosen_pair
from .decisions import is_decided_by_sides
from .exceptions import UNDEFINED, has_idle_weights, raised_in_backward
from .facts import not_judged
from .kinds import with_kinds
from .later import with_later
from .mistakes import BY_ID, OF_LAYERS
from .pair_verdicts import is_named, of_layers, peers_of, with_pairs
from .raised import exception_mistake, with_own_exception
from .result import Agreement, CheckResult, PairResult, Reason, Remark, Verdict
from .sources import Sources, read_texts
from .stage import MATRIX_PRODUCTS
from .template import follows_template, programs_of
from .trainers import with_trainers
from .unrun import (
    GRADIENT_WORDS,
    does_arithmetic,
    ending_layers,
    gradient_functions,
    methods_left,
    named_functions,
    parts_left,
    passing_on,
    trainers_left,
    unrun_branches,
)
from .variants import Record, data_of, other_networks, variants_of
from .verdict import check_recording

UPDATES_OF_SIDES = 12  # until every branch that leads to one has probably been taken
MAX_IMPORTED = 8  # files whose layers are compared alone
MOST_WAITING = 6  # how many times the limit of a run all that is done with a file may take
MISFIT = "non-broadcastable output operand"  # NumPy's words for an update that does not fit
OF_SEVERAL = ("rows", "columns")  # layouts of data
OF_BIAS = re.compile(r"with shape \((?:1,)?\d+(?:,1|,)?\) doesn't match the broadcast shape \(\d+,\d+\)")
DATA = re.compile(r"(X|Y|y|labels)(\.\w+|\[[^()]*\])*")  # an argument that is data, transposed or cut perhaps
# with these there is not a network to judge, so pairs of functions are looked for
WITHOUT_NETWORK = (
    *(Reason.NO_PARAMETERS, Reason.NOT_DRIVEN, Reason.RAISED, Reason.MISSING_MODULE, Reason.NO_NUMPY),
    *(Reason.NO_COST, Reason.DOUBTFUL_CALLS),
)


class OutOfTime(BaseException):
    """Ends the judging of a file that takes too long."""


def check_file(
    path: str | Path,
    *,
    run: str | None = None,
    seed: int = 0,
    seconds: float = Limits.seconds,
    megabytes: int = Limits.megabytes,
) -> CheckResult:
    """Judge somebody's file: record it as it runs, and compare its gradients with true ones.

    A file without a network, such as one of layers, is judged pair by pair: ``forward`` against ``backward``. The
    same is done with what a right network leaves unused of its file.

    Args:
        path: a Python file or a notebook.
        run: lines to run after the file, which make it train; X, Y, y and labels are at hand.
        seed: of the random generators that the file does not seed itself, and of the data.
        seconds: time limit of each run. All runs and their judging together may take ``MOST_WAITING`` times as long.
            It only aborts, and on a machine that is busy with other work, it counts the time that they compute.
        megabytes: memory limit of the run; 0 is none.

    Raises:
        BadInput: there is no such file, or it is not Python.
    """
    alarm, limit = Alarm(OutOfTime), MOST_WAITING * seconds
    try:
        with alarm.running(limit, own_patience(limit).left) if alarm.is_free else contextlib.nullcontext():
            result = _judge_file(path, run, seed, seconds, megabytes)
    except OutOfTime:
        too_long = CheckResult(file=Path(path).name, verdict=Verdict.NOT_JUDGED, reason=Reason.TOO_MANY)
        return replace(too_long, detail=Stop.SECONDS.value)
    return as_written(result, Path(path))


def _judge_file(path: str | Path, run: str | None, seed: int, seconds: float, megabytes: int) -> CheckResult:
    """See ``check_file``; the lines of a notebook are counted in all cells."""

    layers_left: list[str] = []  # by the calls that made the file train
    files: list[str] = []  # the user's own that ran

    def recorded(lines: str | None, in_networks: bool = False) -> CheckResult:
        once = partial(
            record_file, path, run=lines, seed=seed, seconds=seconds, megabytes=megabytes, in_networks=in_networks
        )
        recording = once()
        if is_decided_by_sides(recording):
            recording = once(updates=UPDATES_OF_SIDES)
        files.extend(recording.files)
        sources = Sources(read_texts(Path(path), recording.files))
        result = check_recording(recording, sources=sources)
        if recording.driven.raised_alone and not result.exception:
            # other calls may go well where the file's own do not
            alone = record_file(path, seed=seed, seconds=seconds, megabytes=megabytes, drive=False)
            result = with_own_exception(result, alone, Sources(read_texts(Path(path), alone.files)))
            if result.exception:
                return result
        doubt = doubt_about(recording) if lines is None else ""
        if doubt and result.verdict is not Verdict.NOT_JUDGED and not result.exception:
            certain = with_observations(recording, sources, changed) or with_unequal_sizes(result, recording, changed)
            return certain or not_judged(recording, Reason.DOUBTFUL_CALLS, doubt)
        if result.verdict is not Verdict.MISTAKE and any(one.name == OLDER_NUMPY for one in recording.stand_ins):
            return not_judged(recording, Reason.RAISED, f"ValueError since NumPy 1.24: {OLDER_NUMPY}; use dtype=object")
        if result.verdict is Verdict.MISTAKE and recording.driven.calls:
            result, recording = without_chosen_pair(result, recording, sources, changed)
        left, ran = recording.driven.left, [recording]
        if result.verdict is Verdict.CORRECT and recording.driven.calls:
            result, ran = with_variants(result, recording, sources, changed)
        if result.verdict is Verdict.CORRECT and recording.driven.calls:
            result, ran = with_kinds(result, recording, sources, ran, changed)
        if result.verdict is Verdict.CORRECT and recording.driven.calls:
            result, ran = with_trainers(result, recording, sources, ran, changed)
        if result.verdict is Verdict.CORRECT:
            unrun = parts_left(recording, sources)
            if lines is None and (not recording.driven.calls or runs_script(recording.driven.calls)):
                script = "\n".join(recording.driven.calls)

                def onwards(start: Start) -> Recording:
                    ran.append(from_line(start, script))
                    return ran[-1]

                result, unrun = with_later(result, recording, sources, unrun, parts_left, onwards)
        if result.verdict is Verdict.CORRECT and unrun and recording.driven.calls:
            result, unrun = with_other_networks(result, recording, sources, unrun, changed)
        if result.verdict is Verdict.CORRECT:
            unused = [*unrun, *(methods_left(ran, sources) if recording.driven.calls else ())]
            unused += [name for name in trainers_left(ran, sources) if name not in unused]
            note = (Remark.DID_NOT_RUN, None, ", ".join(unused))
            result = replace(result, notes=(*result.notes, note)) if unused else result
            result = replace(result, unrun=unrun_branches(ran, sources))
            idle, is_driven = ending_layers(ran, sources), bool(recording.driven.calls)
            needed = dict.fromkeys([*left, *(peers_of(recording, sources, unrun) if is_driven else ())])
            if lines is None or is_driven:
                pairs = partial(layers_of, Path(path), seed, seconds, definitions_only=not is_driven)
                result = with_pairs(result, unrun, list(needed), idle, source_of(Path(path)), pairs)
        layers_left.extend(left)
        return result

    def from_line(start: Start, script: str) -> Recording:
        data: dict[str, Array] | None = {} if script else None
        return record_file(
            path,
            run=script or None,
            data=data,
            start=start,
            seed=seed,
            seconds=seconds,
            megabytes=megabytes,
            drive=False,
        )

    def changed(lines: str, data: Mapping[str, Array]) -> Recording:
        return record_file(path, run=lines, data=data, seed=seed, seconds=seconds, megabytes=megabytes)

    is_template = run is None and follows_template(Path(path))
    result = (check_template(Path(path), recorded) if is_template else None) or recorded(run)
    if run is None and runs_script(result.calls) and result.verdict is Verdict.MISTAKE:
        return with_own_layers(result, Path(path), layers_of(Path(path), seed, seconds))
    is_partial = result.reason in WITHOUT_NETWORK or layers_left
    if result.verdict is Verdict.NOT_JUDGED and is_partial and run is None:
        of_functions = None if is_template else check_template(Path(path), recorded)
        if of_functions is not None:
            return of_functions
        pairs = layers_of(Path(path), seed, seconds)
        if pairs:
            result = of_layers(result, pairs, source_of(Path(path)), uncalled_functions(Path(path), pairs))
        if result.verdict is Verdict.NOT_JUDGED:  # what cannot be called alone may be called by the project's network
            in_network = recorded(None, in_networks=True)
            if in_network.verdict is not Verdict.NOT_JUDGED and not (pairs and is_wrong_elsewhere(in_network)):
                return in_network
            result = with_imported_layers(result, Path(path), [*dict.fromkeys(files)], seed, seconds)
    return result


def with_variants(
    result: CheckResult,
    recording: Recording,
    sources: Sources,
    record: Record,
) -> tuple[CheckResult, list[Recording]]:
    """The verdict on a driven file after code was run that the first calls did not reach.

    Args:
        result: of the first calls, which is correct.
        recording: of the first calls.
        sources: the user's files.
        record: how to record the file with other calls and data.

    Returns:
        the verdict, and the recordings that are judged by it.
    """
    ran = [recording]
    data = data_of(recording.driven, recording.seed)
    text = sources.texts.get(recording.file, "")
    notes = list(result.notes)
    for variant in variants_of(recording.driven, text, sources.trees.values()) if data is not None else ():
        assert data is not None
        lines = variant.lines
        latest = record("\n".join(lines), data)
        other = check_recording(latest, sources=sources)
        is_open = other.verdict is Verdict.NOT_JUDGED
        if is_open and variant.fits_data and raised_in_backward(latest) and not has_idle_weights(latest):
            return replace(exception_mistake(latest), calls=lines), [latest]
        if other.verdict is Verdict.NOT_JUDGED and variant.shallow:
            lines = variant.shallow
            latest = record("\n".join(lines), data)
            other = check_recording(latest, sources=sources)
        of_layers = [one for one in other.mistakes if BY_ID[one.id].stage in OF_LAYERS]
        if other.verdict is Verdict.MISTAKE and of_layers and not other.exception:
            return replace(other, mistakes=tuple(of_layers), calls=lines), [latest]
        judged = other.verdict is Verdict.CORRECT
        if judged:
            ran.append(latest)
        if variant.what:
            notes.append((Remark.OPTION_JUDGED if judged else Remark.OPTION_NOT_JUDGED, None, variant.what))
    return replace(result, notes=tuple(notes)), ran


def with_other_networks(
    result: CheckResult,
    recording: Recording,
    sources: Sources,
    unrun: Sequence[str],
    record: Record,
) -> tuple[CheckResult, list[str]]:
    """The verdict on a driven file after its other networks were judged by the calls of the first.

    Args:
        result: of the first, which is correct.
        recording: of the first.
        sources: the user's files.
        unrun: the names of the classes and functions that did not run.
        record: how to record the file with other calls and data.

    Returns:
        the verdict, and the names of what ran in none of the recordings.
    """
    data, tree = data_of(recording.driven, recording.seed), sources.trees.get(recording.file)
    left = list(unrun)
    if data is None or tree is None:
        return result, left
    for name, lines in other_networks(recording.driven, tree, unrun):
        other = check_recording(record("\n".join(lines), data), sources=sources)
        if other.verdict is Verdict.MISTAKE and not other.exception:
            return replace(other, calls=lines), left
        if other.verdict is Verdict.CORRECT:
            left.remove(name)
    return result, left


def doubt_about(recording: Recording) -> str:
    """Why the calls that were found to make a file train may be wrong; empty if there is no reason to think so.

    An update that does not fit its parameter's shape with many observations may fit with one: the calls that work then
    hide the mistake.
    """
    if recording.driven.doubts:
        return recording.driven.doubts[0]
    for line in recording.driven.calls:
        if repeats_an_argument(line):
            return f"the same data for two arguments: {line}"
    return next((reason for _, reason in misfits(recording)), "")


def misfits(recording: Recording) -> list[tuple[str, str]]:
    """The calls that failed with several observations because an update did not fit, as (line, reason)."""
    observations = recording.driven.sizes.get("observations", 0)
    if recording.driven.layout in OF_SEVERAL:
        return []  # the calls that work have several observations too
    found = []
    for line, reason in recording.driven.failures:
        before, _, after = reason.partition(MISFIT)[2].rpartition("shape")
        operand, whole = (re.findall(r"\d+", part) for part in (before, after))
        # what has a place for each observation is not a parameter
        if str(observations) in whole and str(observations) not in operand:
            found.append((line, reason))
    return found


def with_observations(recording: Recording, sources: Sources, record: Record) -> CheckResult | None:
    """The mistake of a file that works with one observation alone, though it sums over observations.

    Args:
        recording: of calls with one observation.
        sources: the user's files.
        record: how to record the file with other calls and data.
    """
    data = data_of(recording.driven, recording.seed)
    wide = [parameter.shape for parameter in recording.parameters]
    sums = any(node.operation in ("sum", "mean") and node.shape in wide for node in recording.nodes)
    failed = [one for one in misfits(recording) if OF_BIAS.search(one[1])]
    if data is None or not sums or not failed or not recording.driven.calls:
        return None
    lines = [line for line in recording.driven.calls[:-1] if not line.startswith(("i =", "for "))]
    result = check_recording(record("\n".join([*lines, failed[0][0].strip()]), data), sources=sources)
    named = [one for one in result.mistakes if one.id in ("bias-gradient-not-summed", "sum-over-wrong-axis")]
    return replace(result, calls=(*lines, failed[0][0].strip())) if named else None


def with_unequal_sizes(result: CheckResult, recording: Recording, record: Record) -> CheckResult | None:
    """The mistakes of a file that works with as many outputs as hidden units alone, if one of them is the reason.

    Args:
        result: of the calls with equal sizes.
        recording: of these calls.
        record: how to record the file with other calls and data.
    """
    driven = recording.driven
    of_sizes = bool(driven.doubts) and all(doubt.endswith(AS_HIDDEN) for doubt in driven.doubts)
    if result.verdict is not Verdict.MISTAKE or not of_sizes:
        return None
    hidden, outputs = driven.sizes.get("outputs", 0), Sizes().outputs
    data = data_of(replace(driven, sizes={**driven.sizes, "outputs": outputs}), recording.seed)
    if data is None:
        return None
    lines = re.sub(rf"\b{hidden}, {hidden}\b", f"{hidden}, {outputs}", "\n".join(driven.calls), count=1)
    raised = record(lines, data).raised
    place = raised.frames[-1] if raised is not None and raised.frames else None
    at_fault = [one.place for one in result.mistakes if one.place is not None]
    return result if place and any((one.file, one.line) == (place.file, place.line) for one in at_fault) else None


def repeats_an_argument(line: str) -> bool:
    """Whether a call is given the same data twice, as ``train(net, X, X, Y)`` is for x1 and x2."""
    calls = [node for node in nodes_of(line.strip()) if isinstance(node, ast.Call)]
    given = [[text for arg in call.args if DATA.fullmatch(text := ast.unparse(arg))] for call in calls]
    return any(len(set(texts)) < len(texts) for texts in given)


# The template of "harness new"


def check_template(path: Path, recorded: Callable[[str], CheckResult]) -> CheckResult | None:
    """Judge a file with functions as those of the template: they train the weights that they are given.

    Returns:
        None if the file does not have such functions, or cannot be judged in this way.
    """
    results = [recorded(lines) for lines in programs_of(path)]
    for one in results:
        raised = [mistake for mistake in one.mistakes if mistake.id == "exception"]
        undefined = one.exception.startswith(UNDEFINED)
        if one.verdict is Verdict.MISTAKE and (not raised or undefined):
            return replace(one, calls=())
    if not results or any(one.verdict is not Verdict.CORRECT for one in results):
        return None
    return replace(results[0], calls=())


# Layers


def layers_of(path: Path, seed: int, seconds: float, *, definitions_only: bool = False) -> tuple[PairResult, ...]:
    """The pairs of a file; none if none of them could be called. See ``check_layers``."""
    from .layers import check_layers  # with the words of driving, which take as long as the check of a small file

    found = check_layers(path, seed=seed, seconds=seconds, definitions_only=definitions_only)
    return found if any(one.agreement is not Agreement.NOT_JUDGED for one in found) else ()


def is_wrong_elsewhere(result: CheckResult) -> bool:
    """Whether all mistakes that were found are in other files than the one that is judged."""
    places = [one.place for one in result.mistakes]
    return bool(places) and all(place is not None and place.file != result.file for place in places)


def is_wrong_beside(result: CheckResult, path: Path, pairs: Sequence[PairResult]) -> bool:
    """Whether a mistake is in a function of the file that neither belongs to a pair nor is called by one."""
    called, reached = functions_of(ast.parse(source_of(path)), pairs)
    own = [one.place for one in result.mistakes if one.place is not None and one.place.file == result.file]
    names = {place.function.removesuffix(".__init__").rpartition(".")[2] for place in own}
    return not names <= called | reached


def with_own_layers(result: CheckResult, path: Path, pairs: Sequence[PairResult]) -> CheckResult:
    """The verdict on the layers of a file by themselves, after a script of the project that uses it was wrong.

    A mistake that is in the file stays the answer if not all layers can be compared, or if it is in something else than
    the layers, as in an optimizer.

    Args:
        result: of the script.
        path: of the file.
        pairs: its layers.
    """
    if not pairs:
        return result
    found = of_layers(result, pairs, source_of(path), uncalled_functions(path, pairs))
    if found.verdict is Verdict.NOT_JUDGED and not is_wrong_elsewhere(result):
        return result
    if found.verdict is Verdict.CORRECT and is_wrong_beside(result, path, pairs):
        return result
    notes = ((Remark.USE_WRONG, result.mistakes[0].place, ""),) if found.verdict is Verdict.CORRECT else ()
    return replace(found, notes=notes)


def with_imported_layers(
    result: CheckResult, path: Path, files: Sequence[str], seed: int, seconds: float
) -> CheckResult:
    """The result of a network that was not judged, after the layers of the files that it imports were compared alone.

    A mistake in one of them is the answer. If all agree, that does not judge the network, but it is reported.

    Args:
        result: of the file.
        path: of the file.
        files: that ran, relative to the project's folder.
        seed, seconds: see ``check_file``.
    """
    root = root_of(path.resolve())
    imported = [name for name in files if root / name != path.resolve() and root_of(root / name) == root]
    for name in imported[:MAX_IMPORTED]:
        pairs = tuple(replace(pair, file=name) for pair in layers_of(root / name, seed, seconds))
        found = of_layers(replace(result, file=name), pairs, source_of(root / name))
        if found.verdict is Verdict.MISTAKE:
            return replace(found, file=result.file)
        result = replace(result, pairs=(*result.pairs, *found.pairs))
    return result


def source_of(path: Path) -> str:
    """The text of a file, empty if it cannot be read"""
    try:
        return read_text(path)
    except (OSError, ValueError, BadInput):
        return ""


def uncalled_functions(path: Path, pairs: Sequence[PairResult]) -> list[str]:
    """The functions of a file that compute or apply gradients, by their names, and belong to none of its pairs."""
    tree = ast.parse(source_of(path))  # which was parsed before to find the pairs
    known = [pair.name for pair in pairs]
    called, reached = functions_of(tree, pairs)
    names = [
        function.name if function is part else f"{part.name}.{function.name}"
        for part, function in gradient_functions(tree, GRADIENT_WORDS)
        if function.name not in reached - called
    ]
    names += [name for name in passing_on(tree) if name not in names]
    names += [name for name in using_derivatives(tree, pairs) if name not in names and name not in reached]
    return [*(name for name in names if not is_named(name, known)), *products_left(tree)]


def using_derivatives(tree: ast.Module, pairs: Sequence[PairResult]) -> list[str]:
    """The functions that compute something with the backward side of a pair, as a network that calls its layers."""
    kinds = (PairKind.FUNCTIONS, PairKind.DERIVATIVE)
    sides = {pair.name.rpartition(" / ")[2] for pair in pairs if pair.kind in kinds}
    return [
        name
        for name, function in named_functions(tree)
        if does_arithmetic(function) and any(called_name(node) in sides for node in ast.walk(function))
    ]


def functions_of(tree: ast.Module, pairs: Sequence[PairResult]) -> tuple[set[str], set[str]]:
    """The names that pairs have of classes and functions, and those of the functions that they call."""
    called = set(re.findall(r"[A-Za-z_]\w*", " ".join(pair.name for pair in pairs)))
    reached = {
        called_name(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name in called
        for node in ast.walk(function)
    }
    return called, reached


def products_left(tree: ast.Module) -> list[str]:
    """What a file computes outside of functions that is named as gradients are and made by a product of matrices."""
    from ..recording.driving.gradients import GRADIENT_NAMED
    from ..recording.driving.roles import UPSTREAM_NAME

    found: list[str] = []
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Assign):
            names = [last_name(target) for target in node.targets]
            inner = list(ast.walk(node.value))
            products = any(isinstance(one, ast.MatMult) or called_name(one) in MATRIX_PRODUCTS for one in inner)
            found += [one for one in names if products and (GRADIENT_NAMED.search(one) or UPSTREAM_NAME.match(one))]
    return list(dict.fromkeys(found))
