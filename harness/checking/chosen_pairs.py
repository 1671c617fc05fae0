"""Pairs of options that only the calls have that were found for a file, such as softmax with a squared error.

A class lets every output go with every cost. If the file is right about each of two with another partner, it does not
say that the two belong together.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from ..recording.graph import Recording
from ..recording.literals import texts_of
from .facts import not_judged
from .kinds import choices_of
from .mistakes import BY_ID, OF_LAYERS
from .result import CheckResult, Reason, Remark, Verdict
from .sources import Sources
from .variants import OF_LOSS, OF_OUTPUT, OUTPUT_ACTIVATIONS, Record, compared_in, data_of, with_option
from .verdict import check_recording

MOST_PARTNERS = 3  # of an output or a cost that are tried


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
