"""Verdicts from pairs of functions: of a file of layers, and of what the network of a file leaves over."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from ..recording.driving.pairs.layers import is_weight_name
from ..recording.driving.pairs.plan import PairKind
from ..recording.graph import Place, Recording
from .exceptions import RUN_FILE
from .factors import is_same
from .mistakes import UNNAMED
from .result import (
    Agreement,
    CheckResult,
    Found,
    GradientResult,
    Kind,
    Note,
    PairResult,
    Quantity,
    Reason,
    Remark,
    Verdict,
)
from .scales import HALVES
from .sources import Sources
from .unrun import OF_DERIVATIVES, gradient_functions

OF_BIAS = re.compile(r"(?i)(^|[._])b(\d|ias|$)")  # the name of a bias
# the name of an argument that is a gradient, as "error" and "delta" need not be, and "data" is not
OF_GRADIENT = re.compile(r"(?i)\w*grad|(?-i:d[A-Z])|d_?(out|val|next|y|z|a(?!ta)|l|h|x)|\w*diff|deriv")


def with_pairs(
    result: CheckResult,
    unrun: Sequence[str],
    needed: Sequence[str],
    idle: Sequence[str],
    source: str,
    compared: Callable[[], tuple[PairResult, ...]],
) -> CheckResult:
    """The verdict on a file, after the pairs of functions that its network does not run were compared too.

    Args:
        result: of the network, which is correct.
        unrun: the names of the classes and functions that did not run.
        needed: the layers without which the file is not correct.
        idle: the layers whose gradient of the input is used nowhere.
        source: the text of the file.
        compared: gives all pairs of the file.
    """
    names = {*unrun, *needed}
    known = compared() if names or idle else ()
    pairs = tuple(
        pair
        for pair in known
        if names & (words := set(re.findall(r"\w+", pair.name))) or (words & {*idle} and hands_back_wrong(pair))
    )
    pairs = without_open_signs(pairs, source, is_unused=True)
    judged = [pair.name for pair in pairs if pair.agreement is not Agreement.NOT_JUDGED]
    judged += [detail for id, _, detail in result.notes if id == Remark.OPTION_JUDGED]
    left = [name for name in needed if not is_named(name, judged)]
    found = of_layers(result, pairs, source, left)
    if found.verdict is Verdict.MISTAKE:
        return replace(found, notes=((Remark.NETWORK_CORRECT, None, ""),))
    if left:
        return found
    seen = [pair.name for pair in known if any(is_compared_back(one) for one in pair.gradients)]
    unseen = [name for name in idle if not is_named(name, seen)]
    notes = [one for note in result.notes if (one := without_names(note, judged)) is not None]
    notes += [(Remark.RESULT_NOT_USED, None, ", ".join(unseen))] if unseen else []
    return replace(result, notes=tuple(notes))


def is_compared_back(one: GradientResult) -> bool:
    """Whether it is the gradient of a layer's input, and was compared"""
    return one.of == "input" and one.agreement is not Agreement.NOT_JUDGED


def without_names(note: Note, judged: Sequence[str]) -> Note | None:
    """The remark on what did not run, without what was judged alone; None if nothing else is in it."""
    id, place, detail = note
    if id is not Remark.DID_NOT_RUN:
        return note
    left = [name for name in detail.split(", ") if not is_named(name, judged)]
    return (id, place, ", ".join(left)) if left else None


def peers_of(recording: Recording, sources: Sources, left: Sequence[str]) -> list[str]:
    """The layers of those left that stand beside one that ran: a method of the same name is given a gradient."""
    from ..recording.driving.roles import GRADIENT_ARGUMENT, TARGET_NAME, UPSTREAM_NAME

    tree = sources.trees.get(recording.file)
    methods: dict[str, set[str]] = {}
    for part, function in gradient_functions(tree, OF_DERIVATIVES):
        names = [one.arg for one in function.args.args]
        passes_back = any(UPSTREAM_NAME.match(one) or GRADIENT_ARGUMENT.match(one) for one in names)
        if isinstance(part, ast.ClassDef) and passes_back and not any(map(TARGET_NAME.match, names)):
            methods.setdefault(part.name, set()).add(function.name)
    ran = {name for part, names in methods.items() if part not in left for name in names}
    return [name for name in left if methods.get(name, set()) & ran]


def hands_back_wrong(pair: PairResult) -> bool:
    """Whether a layer's own gradients are right, and what it gives back is not the gradient of anything it was given.

    A layer may be meant to give back that of another value, as of what the layer before gave its activation.
    """
    own = [one for one in pair.gradients if one.of != "input"]
    back = [one for one in pair.gradients if one.of == "input" and one.agreement is Agreement.DIFFERS]
    is_its_own = bool(own) and all(one.agreement is Agreement.AGREES for one in own) and pair.kind is PairKind.LAYER
    return is_its_own and any(one.shape == one.true_shape and not one.aligned_with for one in back)


def is_named(name: str, texts: Iterable[str]) -> bool:
    """Whether a text has a name as a whole: ``leaky_relu_backward`` does not name ``relu_backward``."""
    return any(re.search(rf"\b{re.escape(name)}\b", text) for text in texts)


def of_layers(
    result: CheckResult, pairs: Sequence[PairResult], source: str, uncalled: Sequence[str] = ()
) -> CheckResult:
    """The verdict on the pairs of a file without a network: correct only if every gradient could be compared."""
    pairs = without_open_signs(pairs, source)
    left = [pair.name for pair in pairs if pair.agreement is Agreement.NOT_JUDGED]
    left += [name for name in uncalled if not is_named(name, left)]
    left += [f"the gradient of {name} in {pair.name}" for pair in pairs for name in pair.unread]
    judged = tuple(pair for pair in pairs if pair.agreement is not Agreement.NOT_JUDGED)
    mistakes = [found for pair in pairs for found in pair_mistakes(result.file, source, pair)]
    calls = tuple(dict.fromkeys(call for pair in judged for call in pair.calls))
    verdict = Verdict.MISTAKE if mistakes else Verdict.NOT_JUDGED if left else Verdict.CORRECT
    return CheckResult(
        file=result.file,
        verdict=verdict,
        reason=Reason.LAYERS_LEFT if verdict is Verdict.NOT_JUDGED else None,
        detail=", ".join(left) if verdict is Verdict.NOT_JUDGED else "",
        mistakes=tuple(mistakes),
        pairs=judged,
        stand_ins=result.stand_ins,
        reductions=result.reductions,
        calls=calls,
    )


def without_open_signs(pairs: Sequence[PairResult], source: str, *, is_unused: bool = False) -> tuple[PairResult, ...]:
    """The pairs, without a verdict on those that only have the sign of a convention: of target - output.

    A layer that is given such errors adds what it computes. It is wrong beside a loss of the other sign. A loss is
    wrong beside layers that subtract, but not in a file whose network does not use it.

    Args:
        pairs: of a file.
        source: its text.
        is_unused: whether the network of the file trains without them.
    """
    losses = [pair for pair in pairs if pair.kind is PairKind.LOSS and has_factors(pair.gradients)]
    opposite = [pair for pair in losses if has_factors(pair.gradients, -1)]
    adding = [pair for pair in pairs if adds_errors(pair, source)]
    is_settled = len(opposite) < len(losses)  # a loss of the file has the usual sign
    is_open = {pair.name for pair in (*opposite, *adding)} if adding and not is_settled else set()
    is_open |= {pair.name for pair in opposite if is_unused}
    return tuple(
        PairResult(kind=pair.kind, name=pair.name, line=pair.line, file=pair.file, calls=pair.calls)
        if pair.name in is_open
        else pair
        for pair in pairs
    )


def has_factors(gradients: Iterable[GradientResult], sign: int = 0) -> bool:
    """Whether all gradients are multiples of the true ones; ``sign``: whether by this sign alone."""
    factors = [one.factor for one in gradients]
    return bool(factors) and all(one is not None and (not sign or one * sign > 0) for one in factors)


def adds_errors(pair: PairResult, source: str) -> bool:
    """Whether all that a layer does to its parameters is negated, and what it is given is not called a gradient."""
    own = [one for one in pair.gradients if one.of != "input"]
    is_right_below = all(one.agreement is Agreement.AGREES for one in pair.gradients if one not in own)
    if pair.kind is not PairKind.LAYER or not has_factors(own, -1) or not is_right_below:
        return False
    return not any(map(OF_GRADIENT.match, Sources({pair.file: source}).arguments_at(pair.file, pair.line)))


def wrong_gradients(pair: PairResult) -> Iterator[GradientResult]:
    """The gradients of a pair that are not the true ones, or not all in one proportion."""
    for one in pair.gradients:
        if one.agreement is Agreement.DIFFERS or (one.factor is not None and one.factor < 0):
            yield one
    if not pair.consistent and mixed(pair) is None:
        scaled = [one for one in pair.gradients if one.agreement is Agreement.SCALED]
        yield from (one for one in scaled[:1] if one.factor is None or one.factor > 0)


def mixed(pair: PairResult) -> tuple[GradientResult, float] | None:
    """The gradient of a bias that is a mean beside sums, or a sum beside means, and its factor over that of the others.

    None if the gradients are in proportion, or not in that way.
    """
    factors: dict[str, tuple[GradientResult, float]] = {}
    for one in pair.gradients:
        if one.of != "input" and one.factor is not None and one.factor > 0 and is_weight_name(one.of):
            factors[one.of] = one, one.factor  # an update comes after what is kept
    biases = [one for name, one in factors.items() if OF_BIAS.search(name)]
    kernels = {round(factor, 9) for name, (_, factor) in factors.items() if not OF_BIAS.search(name)}
    if pair.consistent or len(biases) != 1 or len(kernels) != 1:
        return None
    ratio = biases[0][1] / kernels.pop()
    return (biases[0][0], ratio) if is_same(max(ratio, 1 / ratio), pair.observations) else None


def pair_mistakes(file: str, source: str, pair: PairResult) -> list[Found]:
    """The mistakes of a pair: where they were found, else at the line that each wrong gradient was made in."""
    located = []
    for one in pair.mistakes:
        places = [place for place in (one.place, *one.others) if place is not None and place.file != RUN_FILE]
        own = [place for place in places if place.file == file and place.function.startswith(f"{pair.owner}.")]
        places = own + [place for place in places if place not in own]
        if places:
            located.append(replace(one, place=places[0], others=tuple(places[1:])))
    wrong = [one for one in wrong_gradients(pair) if not located or one.factor is not None]
    odd = mixed(pair)
    counted = [pair_mistake(file, source, pair, *odd)] if odd is not None else []
    return [*located, *(pair_mistake(file, source, pair, one) for one in wrong), *counted]


def pair_mistake(file: str, source: str, pair: PairResult, one: GradientResult, ratio: float | None = None) -> Found:
    """One wrong gradient of a pair; ``ratio``: see ``mixed``."""
    if ratio is not None:
        id = "bias-gradient-averaged" if ratio < 1 else "sum-instead-of-mean"
    elif one.factor is not None:
        id = "wrong-sign" if one.factor < 0 else "gradient-scaled-differently"
        sizes = [size for size in one.shape if size > 1]
        of_loss = pair.kind is PairKind.LOSS and one.factor > 0
        ratios = [half * first / second for half in HALVES for first in sizes for second in sizes if first != second]
        if of_loss and any(is_same(one.factor, ratio) for ratio in ratios):
            id = "mean-over-features"
    else:
        id = "gradient-of-another-parameter" if one.aligned_with else UNNAMED
        id = "wrong-derivative" if pair.kind is PairKind.DERIVATIVE else id
        if one.of == "input" and one.is_passed_on:
            id = "missing-hidden-activation-derivative"
    got = Quantity(kind=Kind.UNKNOWN)
    if one.aligned_with:
        got = Quantity(kind=Kind.GRADIENT, name=one.aligned_with)
    lines = source.splitlines()
    text = one.text or (lines[pair.line - 1].strip() if 0 < pair.line <= len(lines) else "")
    return Found(
        id=id,
        place=Place(file=file, line=one.line or pair.line, function=pair.name, variable=one.name, text=text),
        variable=one.name,
        shape=one.shape,
        got=got,
        expected=Quantity(kind=Kind.GRADIENT, name=one.of, shape=one.true_shape),
        parameters=(one.of,),
        ratio=ratio or one.factor,
    )
