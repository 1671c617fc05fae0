"""Pairs of options that only the calls have that were found for a file, such as softmax with a squared error.

A class lets every output go with every cost. If the file is right about each of two with another partner, it does not
say that the two belong together.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from ..recording.graph import Recording
from ..recording.literals import defaults_of, last_name, texts_of
from .contradictions import MISSING_DERIVATIVE
from .facts import not_judged
from .kinds import choices_of
from .mistakes import BY_ID, OF_LAYERS
from .result import CheckResult, Reason, Remark, Verdict
from .sources import Sources
from .variants import OF_LOSS, OF_OUTPUT, OUTPUT_ACTIVATIONS, Record, compared_in, data_of, is_activation, with_option
from .verdict import check_recording

MOST_PARTNERS = 3  # of an output or a cost that are tried
PROBABILITIES = re.compile(r"_?(softmax|sigmoid|sigm|logistic)$", re.IGNORECASE)


def without_chosen_pair(
    result: CheckResult,
    recording: Recording,
    sources: Sources,
    record: Record,
) -> tuple[CheckResult, Recording]:
    """The verdict on a driven file, without a mistake at its output that only a pair of options has.

    Args:
        result: of the calls, with a mistake.
        recording: of the calls.
        sources: the user's files.
        record: how to record the file with other calls and data.

    Returns:
        the verdict, and the recording with the calls that it rests on. A pair whose output is wrong with other
        mistakes under the same cost is left without a verdict.
    """
    data = data_of(recording.driven, recording.seed)
    is_of_layers = result.exception or any(BY_ID[one.id].stage in OF_LAYERS for one in result.mistakes)
    if is_of_layers or data is None:
        return result, recording
    calls = ast.parse("\n".join(recording.driven.calls))
    chosen = output_of(calls)
    if chosen is None:
        for name, lines in with_probabilities(calls, sources) if needs_other_output(result) else ():
            if check_recording(record("\n".join(lines), data), sources=sources).verdict is Verdict.CORRECT:
                detail = f"an output that the calls leave at its default; with {name!r}, the file is right"
                return not_judged(recording, Reason.DOUBTFUL_CALLS, detail), recording
        return result, recording

    def judged(ways: Iterator[tuple[str, ...]]) -> Iterator[tuple[CheckResult, Recording]]:
        for lines, _ in zip(ways, range(MOST_PARTNERS)):
            latest = record("\n".join(lines), data)
            other = check_recording(latest, sources=sources)
            yield replace(other, calls=lines), replace(latest, driven=replace(recording.driven, calls=lines))

    names = {one.id for one in result.mistakes}
    for choice in choices_of(calls, sources):
        if not OF_LOSS.search(choice.argument):
            continue
        ways = (with_option(calls, choice.tree, choice.owner, choice.argument, one) for one in choice.texts)
        right = next((one for one in judged(way for way in ways if way) if one[0].verdict is Verdict.CORRECT), None)
        if right is None:
            continue
        others = [one for one, _ in judged(with_other_outputs(calls, chosen, sources))]
        if any(one.verdict is Verdict.CORRECT for one in others):
            note = (Remark.OPTION_NOT_JUDGED, None, f"{chosen.value!r} with another {choice.argument}")
            return replace(right[0], notes=(*right[0].notes, note)), right[1]
        found = [{mistake.id for mistake in one.mistakes} for one in others if one.verdict is Verdict.MISTAKE]
        if found and all(names.isdisjoint(one) for one in found):
            detail = f"{chosen.value!r} with a {choice.argument} that may not belong to it"
            return not_judged(recording, Reason.DOUBTFUL_CALLS, detail), recording
    return result, recording


def needs_other_output(result: CheckResult) -> bool:
    """Whether nothing but the derivative of the output is wrong, under a cost that the file does not compute."""
    is_assumed = result.cost is not None and result.cost.form is not None
    return is_assumed and [one.id for one in result.mistakes] == [MISSING_DERIVATIVE]


def with_probabilities(calls: ast.Module, sources: Sources) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The calls whose last layer is given an activation whose delta is ``a - y``, if it has the default of its class.

    Yields:
        the name of the activation, and the calls.
    """
    known = {one for tree in sources.trees.values() for one in texts_of(ast.walk(tree)) if PROBABILITIES.match(one)}
    arguments = dict(filter(None, map(default_activation, sources.classes)))
    layers = [node for node in ast.walk(calls) if isinstance(node, ast.Call) and last_name(node.func) in arguments]
    if not layers:
        return
    last = max(layers, key=lambda one: (one.lineno, one.col_offset))
    place, argument = arguments[last_name(last.func)]
    if len(last.args) > place or any(one.arg == argument for one in last.keywords):
        return
    for name in sorted(known):
        last.keywords.append(ast.keyword(arg=argument, value=ast.Constant(name)))
        lines = tuple(ast.unparse(calls).split("\n"))
        last.keywords.pop()
        yield name, lines


def default_activation(owner: ast.ClassDef) -> tuple[str, tuple[int, str]] | None:
    """The name of a class, and the place and name of its constructor's argument whose default is an activation."""
    for function in owner.body:
        if isinstance(function, ast.FunctionDef) and function.name == "__init__":
            own = [one.arg for one in function.args.args[1:]]
            for argument, default in defaults_of(function.args):
                if argument.arg in own and is_activation(default):
                    return owner.name, (own.index(argument.arg), argument.arg)
    return None


def output_of(calls: ast.Module) -> ast.Constant | None:
    """The name of the output's activation in calls: the last one of a list of such names, or an argument of its own."""
    for node in ast.walk(calls):
        if isinstance(node, (ast.List, ast.Tuple)) and len(texts_of(node.elts)) == len(node.elts) > 0:
            name = node.elts[-1]
        elif isinstance(node, ast.keyword) and OF_OUTPUT.search(node.arg or ""):
            name = node.value
        else:
            continue
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and OUTPUT_ACTIVATIONS.match(name.value):
            return name
    return None


def with_other_outputs(calls: ast.Module, chosen: ast.Constant, sources: Sources) -> Iterator[tuple[str, ...]]:
    """The calls with each other activation of the output that the files compare something with."""
    before = chosen.value
    texts = dict.fromkeys(one for tree in sources.trees.values() for one in compared_in(tree))
    for text in texts:
        if text != before and OUTPUT_ACTIVATIONS.match(text):
            chosen.value = text
            lines = tuple(ast.unparse(calls).split("\n"))
            chosen.value = before
            yield lines
