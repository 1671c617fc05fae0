"""The kinds that a driven file chooses from by a text, as of the task or of a penalty: each is run and judged.

The calls that were found take one kind. What the file does for the others is run by the same calls with their texts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..recording.driving.data import Labels, Sizes
from ..recording.failures import NO_ATTRIBUTE, is_never_set
from ..recording.graph import Array, Driven, Recording
from ..recording.literals import last_name, texts_of
from .exceptions import has_forward
from .mistakes import BY_ID, OF_LAYERS, UNNAMED
from .raised import exception_mistake
from .replay import Program
from .result import CheckResult, Remark, Verdict
from .sources import Sources
from .unrun import unrun_branches
from .variants import (
    HIDDEN_ACTIVATIONS,
    LOSSES,
    OF_LOSS,
    OF_STEP,
    OUTPUT_ACTIVATIONS,
    STEPS,
    Record,
    data_of,
    functions_of,
    is_constructor,
    kind_of,
    with_option,
)
from .verdict import check_recording

MOST_KINDS = 6
# texts with which nothing is trained
WITHOUT_TRAINING = re.compile(
    r"(test(ing)?|eval(uat\w+)?|infer(ence)?|predict(ion)?|val(id(ation)?)?|none|off|)$", re.IGNORECASE
)
OF_NO_KIND = re.compile(r"path|file|folder|save|plot|verb|name$", re.IGNORECASE)  # arguments
OF_START = re.compile(r"init", re.IGNORECASE)
PENALTIES = re.compile(r"l[12]$", re.IGNORECASE)  # by the same names as losses
KNOWN_TEXTS = (HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS, LOSSES, STEPS)
ONE_NUMBER = re.compile(r"only (length-1|size-1|0-dimensional) arrays can be converted")
# mistakes of targets, which the calls were given for another kind
OF_TARGETS = frozenset({"broadcast-by-accident", "targets-not-one-hot", "labels-off-by-one", "observations-not-paired"})


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Calls that choose another kind than those that were found."""

    what: str  # in the file's own words: "task='regression'"
    lines: tuple[str, ...]  # to be run after the file
    decides_alone: bool  # whether the file chooses by no other text, so that its output and its cost belong together


def with_kinds(
    result: CheckResult,
    recording: Recording,
    sources: Sources,
    ran: list[Recording],
    record: Record,
) -> tuple[CheckResult, list[Recording]]:
    """The verdict on a driven file after the branches of its other kinds were run too.

    Args:
        result: of the calls so far, which is correct.
        recording: of the first calls.
        sources: the user's files.
        ran: the recordings that the verdict rests on so far.
        record: how to record the file with other calls and data.

    Returns:
        the verdict, and the recordings that are judged by it.
    """
    data = data_of(recording.driven, recording.seed)
    if data is None or not unrun_branches(ran, sources):
        return result, ran
    ran, notes = list(ran), list(result.notes)
    for kind in [*kinds_of(recording.driven, sources)][:MOST_KINDS]:
        wrong: list[CheckResult] = []
        runs = [(kind.lines, data), *with_classes(recording.driven, kind.lines, recording.seed)]
        for lines, given in runs:
            latest = record("\n".join(lines), given)
            other = check_recording(latest, sources=sources)
            if other.verdict is Verdict.CORRECT:
                ran.append(latest)
                break
            found = mistake_of(kind, latest, other, given, sources)
            wrong += [replace(found, calls=lines)] if found is not None else []
        else:
            raised = [one for one in wrong if one.exception]
            if wrong and (not raised or len(raised) == len(runs)):
                return wrong[0], [latest]
            notes.append((Remark.OPTION_NOT_JUDGED, None, kind.what))
            continue
        notes.append((Remark.OPTION_JUDGED, None, kind.what))
    return replace(result, notes=tuple(notes)), ran


def mistake_of(
    kind: Kind, recording: Recording, result: CheckResult, data: Mapping[str, Array], sources: Sources
) -> CheckResult | None:
    """What is wrong with a kind whatever its targets are; None if nothing is, or the data may be the reason.

    Args:
        kind: the kind.
        recording: of its calls.
        result: of the recording, which is not correct.
        data: that the calls are given.
        sources: the user's files.
    """
    program = Program(recording.nodes)
    if result.exception:
        is_own = is_own_exception(recording, result, sources) or needs_one_number(recording, program, data)
        return exception_mistake(recording) if is_own else None
    if result.verdict is not Verdict.MISTAKE or has_constant_output(recording, program):
        return None
    found = [one for one in result.mistakes if one.id not in OF_TARGETS]
    if not kind.decides_alone:  # an output and a cost may not belong together
        found = [one for one in found if BY_ID[one.id].stage in OF_LAYERS and one.id != UNNAMED]
    return replace(result, mistakes=tuple(found)) if found else None


def is_own_exception(recording: Recording, result: CheckResult, sources: Sources) -> bool:
    """Whether an exception is the file's own, and no attribute is missing that a method sets which was not called."""
    raised = recording.raised
    if raised is None or not NO_ATTRIBUTE.match(raised.message):
        return result.verdict is Verdict.MISTAKE
    classes = {one.name: one for one in sources.classes}
    return is_never_set(raised.type, raised.message, classes, sources.texts.values())


def needs_one_number(recording: Recording, program: Program, data: Mapping[str, Array]) -> bool:
    """Whether a forward pass takes an array with something for each observation as one number: ``float(np.sum(..))``.

    It does so whatever the targets are, and with several observations, which the calls have.
    """
    raised, observations = recording.raised, recording.driven.sizes.get("observations", 0) or len(data["X"])
    if raised is None or not ONE_NUMBER.match(raised.message) or raised.involves_stand_in or not raised.frames:
        return False
    made = [node for node in recording.nodes if node.place is not None and node.place.site == raised.frames[-1].site]
    targets = [node.id for node in recording.nodes if node.is_leaf and is_target(node.value, data)]
    if not made or not has_forward(recording) or made[-1].id in program.descendants(targets):
        return False
    return made[-1].shape == (observations,)


def is_target(value: object, data: Mapping[str, Array]) -> bool:
    """Whether a value is one of the targets that the calls are given."""
    return isinstance(value, np.ndarray) and any(np.array_equal(value, data[name]) for name in ("Y", "labels"))


def has_constant_output(recording: Recording, program: Program) -> bool:
    """Whether something that is made of the parameters is 1 for every observation, as softmax of one unit is."""
    parameters = [one.node for one in recording.parameters]
    nodes = [recording.nodes[one] for one in program.descendants(parameters)]
    quotients = [node.value for node in nodes if node.operation in ("divide", "true_divide")]
    return any(isinstance(one, np.ndarray) and one.size > 1 and bool(np.all(one == 1)) for one in quotients)


def with_classes(
    driven: Driven, lines: tuple[str, ...], seed: int
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Array]]]:
    """The calls of a network with one output and the same ones with several outputs, and data of as many classes."""
    hidden, classes = driven.sizes.get("hidden", Sizes().hidden), Sizes().outputs
    other = replace(driven, labels=Labels.ONE_HOT.value, sizes={**driven.sizes, "outputs": classes})
    data = data_of(other, seed)
    changed = re.sub(rf"(\b{hidden}, )1\b", rf"\g<1>{classes}", "\n".join(lines), count=1)
    if driven.labels == Labels.BINARY.value and data is not None and changed != "\n".join(lines):
        yield tuple(changed.split("\n")), data


# The calls


def kinds_of(driven: Driven, sources: Sources) -> Iterator[Kind]:
    """The calls with each other text that the file compares an argument of theirs with.

    The names of activations, losses and steps that a constructor chooses from are judged as variants.
    """
    calls = ast.parse("\n".join(driven.calls))
    choices = choices_of(calls, sources)
    deciding = [one for one in choices if not OF_START.search(one.argument) and len(one.texts) > 1]
    for choice in choices:
        for text in choice.texts:
            if not choice.is_judged_elsewhere(text):
                lines = with_option(calls, choice.tree, choice.owner, choice.argument, text)
                if lines is not None:
                    what = f"{choice.argument}={text!r}"
                    yield Kind(what=what, lines=lines, decides_alone=len(deciding) == 1)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An argument of calls that is one of several texts."""

    tree: ast.Module  # of the file that it is defined in
    owner: str  # the function, or the class that it makes
    argument: str  # its name
    texts: tuple[str, ...]  # that it is compared with, and its default
    constructs: bool  # whether it is given to a constructor

    def is_judged_elsewhere(self, text: str) -> bool:
        """Whether a text names an activation, a loss or a step that variants choose, or that belongs to one layer."""
        if PENALTIES.match(text) and not OF_LOSS.search(self.argument):
            return False
        is_known = any(one.match(text) for one in KNOWN_TEXTS)
        is_of_function = not self.constructs and not OF_STEP.search(self.argument)
        return is_known and not (is_of_function and kind_of(self.argument).match(text))


def choices_of(calls: ast.Module, sources: Sources) -> list[Choice]:
    """The arguments of functions that the calls call once, and that are texts there.

    Of what is called several times, as a layer is, the texts depend on each other.
    """
    from ..recording.driving.argument_uses import argument_uses  # not for every file
    from ..recording.driving.source import FileFacts, read_source

    facts = FileFacts()
    for name in sources.trees:
        facts.add(read_source(sources.texts[name]))
    nodes = [node for node in ast.walk(calls) if isinstance(node, ast.Call)]
    found = []
    for node in nodes:
        owner = last_name(node.func)
        if [last_name(one.func) for one in nodes].count(owner) > 1:
            continue
        defined = [
            (tree, one) for tree in sources.trees.values() for name, one, _ in functions_of(tree) if name == owner
        ]
        function = facts.constructor(owner) if owner in facts.classes else None
        function = function or next((one for one in facts.definitions() if one.name == owner), None)
        if len(defined) != 1 or function is None:
            continue
        given = dict(zip([one.name for one in function.arguments], node.args))
        given |= {one.arg: one.value for one in node.keywords if one.arg is not None}
        for argument in function.arguments:
            default = ast.parse(argument.default).body if argument.default else []
            value = given.get(argument.name, default[0].value if default and isinstance(default[0], ast.Expr) else None)
            if OF_NO_KIND.search(argument.name) or not is_text(value):
                continue
            texts = [*argument_uses(facts, function, argument).strings, *texts_of([value])]
            kept = tuple(dict.fromkeys(one for one in texts if not WITHOUT_TRAINING.match(one)))
            constructs = is_constructor(defined[0][1])
            found.append(
                Choice(tree=defined[0][0], owner=owner, argument=argument.name, texts=kept, constructs=constructs)
            )
    return found


def is_text(node: ast.expr | None) -> bool:
    """Whether an argument is a text, or stands for none: it is ``None``."""
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, str))
