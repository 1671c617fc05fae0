"""Functions that belong together by their names: f_forward and f_backward, and a loss that returns its gradient too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..gradients import GRADIENT_NAMED, plain_name
from ..returns import UNNAMED
from ..roles import INPUT_NAME, words_of
from ..source import Argument, FunctionFacts
from ..uses import scales_result, uses_of
from ..words import LOSS_WORDS
from .arrays import INDEX_LAYER, INDICES, LOSS_DATA, SERIES, STATE, STATES, TOKENS, same_observations
from .calls import StaticCalls
from .derivatives import DERIVATIVE, OF_VALUE
from .passes import ATTENDED, Passes, joined_outputs, without_mark
from .plan import GradientPlan, PairKind, PairOption, PairPlan
from .recurrent import RECURRENT, recurrent_array, weights_by_key

MAX_OPTIONS = 24  # of one pair of functions
WHOLE_NETWORK = ("parameters", "params", "network", "model", "layers")
OBSERVATIONS_OF_VECTORS = ("rows_", "columns_")
SETTING = re.compile(r"param|mode|activation|stride|pad|config|hparam|keep|prob|train|eps|momentum", re.IGNORECASE)
OF_INPUT = re.compile(r"^(z|x|input|pre_?act)", re.IGNORECASE)  # an argument of an activation
OF_IMAGES = re.compile(r"conv|pool|spatial", re.IGNORECASE)


def function_plans(calls: StaticCalls) -> Iterator[PairPlan]:
    """The pairs of functions, and the losses that give their gradient, of a file."""
    for name, forward in calls.facts.functions.items():
        if _takes_whole_network(calls, forward) and not _keys_of_weights(calls, forward):
            continue
        backward = _backward_of(calls.facts.functions, name) or _slope_times_gradient(calls, forward)
        if backward is not None:
            options = _function_options(calls, name, forward, backward)
            yield PairPlan(
                kind=PairKind.FUNCTIONS,
                name=f"{name} / {backward.name}",
                line=backward.node.lineno,
                options=tuple(options)[:MAX_OPTIONS],
            )
        elif _is_loss_with_gradient(name, forward):
            options = _loss_options(calls, name, forward)
            yield PairPlan(kind=PairKind.LOSS, name=name, line=forward.node.lineno, options=tuple(options))


def _backward_of(functions: Mapping[str, FunctionFacts], name: str) -> FunctionFacts | None:
    """The backward function that the name of a forward function asks for, the shortest of several."""
    stem = re.sub(r"_?(forward|fprop|fwd)", "", name, flags=re.IGNORECASE)
    found = []
    for other, function in functions.items():
        bare = re.sub(r"_?(backward|bprop|bwd|back)(?![a-z])", "", other, flags=re.IGNORECASE)
        if other not in (name, bare) and bare.lower() == stem.lower() and len(function.arguments) >= 2:
            found.append(function)
    return min(found, key=lambda function: len(function.name), default=None)


def _slope_times_gradient(calls: StaticCalls, forward: FunctionFacts) -> FunctionFacts | None:
    """The derivative of an activation that is given the gradient from above too: ``tanh_prime(x, above)``.

    The derivative is a product with that argument, or sets its items. An argument with the name of a value is not
    meant: ``a * (1 - a)``.
    """
    if len(forward.required) != 1 or LOSS_WORDS.search(forward.name):
        return None
    for function in calls.facts.functions.values():
        match = DERIVATIVE.match(function.name)
        stem = (match.group("a") or match.group("b") or "") if match is not None else ""
        if stem.strip("_").lower() != forward.name.lower() or len(function.required) != 2:
            continue
        known = {forward.required[0].name, *forward.returns}
        others = [one.name for one in function.required if one.name not in known and not OF_VALUE.match(one.name)]
        stores = [node for node in ast.walk(function.node) if isinstance(node, ast.Subscript)]
        stored = {ast.unparse(node.value) for node in stores if isinstance(node.ctx, ast.Store)}
        if any(scales_result(one, function.node) or one in stored for one in others):
            return function
    return None


def _takes_whole_network(calls: StaticCalls, forward: FunctionFacts) -> bool:
    """Whether a function is given the parameters of all layers."""
    for argument in forward.required:
        uses = calls.uses(forward, argument)
        keyed = uses.made_keys or any(re.match(r"(?i)^(w|b|weights?)_?\d", key) for key in uses.keys)
        if keyed or argument.name in WHOLE_NETWORK:
            return True
    return False


def _keys_of_weights(calls: StaticCalls, forward: FunctionFacts) -> tuple[str, set[str]] | None:
    """The argument of a recurrent layer, or of one step of it, that is a dictionary of its weights, and the keys."""
    if not RECURRENT.search(forward.name):
        return None
    for argument in forward.required[1:]:
        uses = calls.uses(forward, argument)
        if uses.keys and not uses.made_keys and weights_by_key(uses.keys, "columns_", forward.name):
            return argument.name, set(uses.keys)
    return None


def _is_loss_with_gradient(name: str, function: FunctionFacts) -> bool:
    """``softmax_loss(x, y)`` that returns the loss and the gradient with respect to x."""
    if not LOSS_WORDS.search(name) or len(function.returns) != 2 or len(function.required) != 2:
        return False
    return GRADIENT_NAMED.search(function.returns[1]) is not None


def _loss_options(calls: StaticCalls, name: str, function: FunctionFacts) -> Iterator[PairOption]:
    for data, target in LOSS_DATA:
        key = calls.new_key()
        yield PairOption(
            lines=(
                f"input{key} = {data} + 0.0",
                f"both{key} = {name}(input{key}, {target})",
                f"output{key} = both{key}[0]",
                f"gradient{key}0 = both{key}[1]",
            ),
            output=f"output{key}",
            upstream="",
            gradients=(
                GradientPlan(
                    label=function.returns[1],
                    of=function.arguments[0].name,
                    value=f"gradient{key}0",
                    of_value=f"input{key}",
                ),
            ),
        )


@dataclass(frozen=True, kw_only=True)
class ForwardCall:
    """The call of one forward function, with arrays for its arguments."""

    key: str  # what ends the names that its lines bind
    lines: tuple[str, ...]  # the statements
    names: Mapping[str, str]  # the names that arrays are bound to, by argument
    settings: Mapping[str, str]  # what the other arguments are given
    observed: tuple[str, ...]  # the names of the arrays that hold observations


def forward_calls(
    calls: StaticCalls, name: str, forward: FunctionFacts, outputs: Sequence[int] | None
) -> Iterator[ForwardCall]:
    """The ways of calling a forward function: with observations in rows or columns, or images in either layout.

    Args:
        calls: builds the calls.
        name, forward: the function.
        outputs: the places of the outputs among what it returns; None if it returns nothing else.
    """
    keyed, is_recurrent = _keys_of_weights(calls, forward), _is_recurrent(name, forward)
    for data, weights, bias in _forms(name, is_recurrent):
        key = calls.new_key()
        names: dict[str, str] = {}
        settings: dict[str, str] = {}
        observed: list[str] = []  # the arguments that hold observations
        lines = ["np.random.seed(0)"]
        for index, argument in enumerate(forward.arguments):
            if keyed is not None and argument.name == keyed[0]:
                settings[argument.name] = f"argument{key}{index}"
                bound = {one: f"argument{key}{index}_{place}" for place, one in enumerate(sorted(keyed[1]))}
                names |= bound
                lines += [f"{bound[one]} = {text}" for one, text in weights_by_key(keyed[1], data, name).items()]
                entries = ", ".join(f"{one!r}: {variable}" for one, variable in bound.items())
                lines.append(f"{settings[argument.name]} = {{{entries}}}")
                continue
            array = recurrent_array(argument.name, data, name) if is_recurrent and index else None
            array = array or _array_for(argument.name, index, data, weights, bias)
            if array is not None:
                names[argument.name] = f"argument{key}{index}"
                observed += [names[argument.name]] if array == data else []
                lines.append(f"argument{key}{index} = {array}{'' if array in INDICES else ' + 0.0'}")
            elif argument.required:
                settings[argument.name] = _setting_for(forward, argument.name)
        given = ", ".join((names | settings)[a.name] for a in forward.arguments if a.name in names | settings)
        lines.append(f"both{key} = {name}({given})")
        texts = [f"both{key}"] if outputs is None else [f"both{key}[{place}]" for place in outputs]
        lines += joined_outputs(key, texts)
        if observed:
            lines.extend(same_observations(texts[0], observed[0], data))
        yield ForwardCall(key=key, lines=tuple(lines), names=names, settings=settings, observed=tuple(observed))


def option_of(call: ForwardCall, backward: FunctionFacts, text: str) -> PairOption:
    """The option with a forward call and a backward one.

    Args:
        call: the forward one.
        backward: what is called after it.
        text: how it is called.
    """
    gradients, more = returned_gradients(call.key, backward, call.names)
    read = {gradient.of for gradient in gradients}
    return PairOption(
        lines=(*call.lines, f"back{call.key} = {text}", *more),
        output=f"output{call.key}",
        upstream=f"upstream{call.key}",
        gradients=tuple(gradients),
        unread=tuple(one for one in call.names.items() if one[0] not in read),
        observed=call.observed,
    )


def _is_recurrent(name: str, forward: FunctionFacts) -> bool:
    """Whether a function is given the state before."""
    return any(STATE.match(one.name) for one in forward.required[1:]) and RECURRENT.search(name) is not None


def _function_options(
    calls: StaticCalls, name: str, forward: FunctionFacts, backward: FunctionFacts
) -> Iterator[PairOption]:
    """The ways of calling a pair of functions."""
    passes = Passes(calls, forward, backward)
    is_recurrent, several = _is_recurrent(name, forward), len(forward.returns) > 1
    places = (passes.outputs if is_recurrent else passes.outputs[:1]) or (0,)
    ways = _ways_back(passes, is_recurrent)
    # each way has calls of its own, because a call binds names
    forms = zip(*(forward_calls(calls, name, forward, places if several else None) for _ in ways))
    for form in forms:
        for way, call in zip(ways, form):
            key = call.key
            if several:
                kept = f"both{key}[{len(forward.returns) - 1}]"
            else:
                kept = f"output{key}" if way.keeps_output else next(iter(call.names.values()), "")
            rest = _backward_arguments(backward, call.names, call.settings, kept, way, len(places))
            above = [f"upstream{key}{place}" for place in range(len(places))] if len(places) > 1 else [f"upstream{key}"]
            rest[way.place : way.place] = above
            yield option_of(call, backward, f"{backward.name}({', '.join(rest)})")


@dataclass(frozen=True)
class _WayBack:
    """How a backward function is called."""

    place: int = 0  # of the gradient from above among the arguments
    keeps_output: bool = False  # whether it is given what the forward function returned, not what that was given


def _ways_back(passes: Passes, is_recurrent: bool) -> list[_WayBack]:
    """The ways to call a backward function that the names of its arguments leave open, the likeliest first."""
    forward, required = passes.forward, [one for one in passes.backward.arguments if one.required]
    if is_recurrent or len(forward.returns) > 1:
        return [_WayBack()]
    known = {one.name for one in forward.arguments}
    unknown = [one for one in required if one.name not in known]
    above = [one for one in passes.above if one in unknown]
    places = [required.index(one) for one in above or unknown[:1]] or [0]
    others = [one.name for index, one in enumerate(required) if index not in places and one.name not in known]
    is_open = len(required) == 2 and len(others) == 1
    if is_open and not any(map(passes.is_telling, required)):
        places += [required.index(one) for one in unknown[1:]]
    takes_output = is_open and not OF_INPUT.match(others[0]) and not INPUT_NAME.match(others[0])
    return [_WayBack(place, kept) for place in places for kept in ((False, True) if takes_output else (False,))]


def _forms(name: str, is_recurrent: bool) -> list[tuple[str, str, str]]:
    """The data, weights and biases to try for the arguments of a pair of functions, by the name of the forward one."""
    if OF_IMAGES.search(name):
        return [("images_", "filters_", "filter_biases_"), ("image_rows_", "filters_last_", "filter_biases_last_")]
    if INDEX_LAYER.search(name):
        return [(data, "weights_", "biases_") for data in INDICES]
    if is_recurrent:
        return [(data, "weights_", "biases_") for data in STATES]
    return [
        ("rows_", "weights_", "biases_"),
        ("rows_", "weights_", "bias_row_"),
        ("columns_", "weights_t_", "bias_column_"),
        *((data, "weights_", "biases_") for data in (SERIES[0], *TOKENS)),
    ]


def _backward_arguments(
    backward: FunctionFacts,
    names: Mapping[str, str],
    settings: Mapping[str, str],
    kept: str,
    way: _WayBack,
    count: int,
) -> list[str]:
    """The arguments beside the upstream gradients: those of the forward call by name, what is kept of it, settings.

    Args:
        backward: the function.
        names, settings: what the forward call is given, by argument.
        kept: what is kept of the forward call for the backward call.
        way: where the upstream gradients stand.
        count: of them.
    """

    def value(index: int, argument: Argument) -> str:
        known = names.get(argument.name) or settings.get(argument.name)
        return known or (_setting_for(backward, argument.name) if index > 0 else kept)

    required = [one for one in backward.arguments if one.required]
    del required[way.place : way.place + count]
    return [value(index, one) for index, one in enumerate(required)]


def _array_for(name: str, index: int, data: str, weights: str, bias: str) -> str | None:
    """The array for an argument of a forward function; None if it is a setting."""
    plain = name.lower()
    if SETTING.search(plain):
        return None
    if re.match(r"^(w|weights?|theta|kernel|filters?)\d*$", plain):
        return weights
    if re.match(r"^(b|bias(es)?)\d*$", plain):
        return bias
    if plain in ("gamma", "scale"):
        return "scales_" if data in OBSERVATIONS_OF_VECTORS else None
    if plain in ("beta", "shift"):
        return "shifts_"
    if index > 0 and ATTENDED.match(plain):
        return f"{data}[::-1]"
    if index == 0 or re.match(r"^(x|a|a_?prev|z|inputs?|data|scores?)$", plain):
        return data
    return None


def _setting_for(function: FunctionFacts, name: str) -> str:
    """A value for an argument that is not an array."""
    uses = uses_of(name, function.node)
    if uses.strings and not uses.keys:
        return repr(uses.strings[0])
    keys = uses.keys | {
        item.args[0].value
        for item in ast.walk(function.node)
        if isinstance(item, ast.Call)
        and isinstance(item.func, ast.Attribute)
        and isinstance(item.func.value, ast.Name)
        and item.func.value.id == name
        and item.args
        and isinstance(item.args[0], ast.Constant)
    }
    known = {
        "mode": "'train'",
        "p": "0.8",
        "stride": "2" if re.search("pool", function.name) else "1",
        "pad": "1",
        "pool_height": "2",
        "pool_width": "2",
        "seed": "0",
        "f": "2",
    }
    if keys or "param" in name:
        inside = ", ".join(f"{key!r}: {known[key]}" for key in sorted(map(str, keys)) if key in known)
        return "{" + (inside or "'mode': 'train'") + "}"
    return "True" if re.search("train", name) else "1" if re.search("stride|pad", name) else "0.8"


def returned_gradients(
    key: str, backward: FunctionFacts, names: Mapping[str, str]
) -> tuple[list[GradientPlan], list[str]]:
    """The gradients that a backward function returns, each with the argument that its name speaks of.

    If the names do not show it, the order does, unless it is that of the keys of a dictionary.
    """
    gradients: list[GradientPlan] = []
    lines: list[str] = []
    arguments = list(names)
    in_dictionary = len(backward.returns) == 1 and bool(backward.return_keys)
    labels = backward.return_keys if in_dictionary else backward.returns
    several = len(labels) > 1
    taken: set[str] = set()
    for index, label in enumerate(labels):
        plain = plain_name(label)
        match = next((a for a in arguments if plain_name(a) == plain and a not in taken), None)
        match = match or next((a for a in arguments if without_mark(label) == set(words_of(a))), None)
        if match is None and (not several or (index == 0 and not in_dictionary)):
            match = arguments[0] if arguments else None
        if match is None and several and not in_dictionary and len(labels) == len(arguments):
            match = arguments[index]
            if match in taken and UNNAMED.fullmatch(label):
                match = next((one for one in arguments if one not in taken), None)
        if match is None or match in taken:
            continue
        taken.add(match)
        name = f"gradient{key}{index}"
        place = repr(label) if in_dictionary else str(index)
        lines.append(f"{name} = back{key}[{place}]" if several or in_dictionary else f"{name} = back{key}")
        gradients.append(GradientPlan(label=label, of=match, value=name, of_value=names[match]))
    return gradients, lines
