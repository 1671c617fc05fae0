"""What somebody's file gives: called on random networks, under the layout that fits, and read as our quantities.

The numbers are chosen so that mistakes cannot hide: layers of different sizes, several observations, biases that are
not zero, no symmetric weights, nothing saturated. Where a file raises on those, it is called once more where all sizes
are equal: there a wrong product still gives numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from ...comparison.trace import COST, Quantity
from ...models.network import Array, Network, Weights
from ...scenario.scenario import Scenario
from . import backprop, changes, foreign, layout
from .backprop import COST_FORMS, STEPS, Problem, State, Steps
from .foreign import Caller, Raised, Reply
from .layout import Layout, Reading, RowReading

ITERATIONS = 3  # that ``train`` is asked for
MOST_FITS = 24  # layouts that are looked into

Family = list[tuple[tuple[int, ...], int]]  # (sizes, observations)

# all numbers of one problem differ, and so do all numbers and 1 more
DISTINCT: dict[int, Family] = {
    1: [((5, 3), 7), ((4, 6), 9), ((7, 2), 5)],
    2: [((5, 8, 3), 11), ((4, 6, 2), 9), ((3, 9, 5), 7)],
    3: [((5, 9, 7, 3), 11), ((4, 6, 8, 2), 13), ((6, 3, 10, 8), 5)],
    4: [((5, 11, 9, 7, 3), 13), ((3, 5, 7, 9, 11), 2), ((8, 6, 4, 10, 2), 12)],
}
ONE_OUTPUT: dict[int, Family] = {
    1: [((5, 1), 7), ((4, 1), 9)],
    2: [((5, 8, 1), 11), ((4, 6, 1), 9)],
    3: [((5, 9, 7, 1), 11), ((4, 6, 8, 1), 13)],
    4: [((5, 11, 9, 7, 1), 13), ((3, 5, 7, 9, 1), 12)],
}
# where shapes that ought to differ are equal, a wrong product still gives numbers
SQUARE: dict[int, Family] = {depth: [((4,) * (depth + 1), 4), ((5,) * (depth + 1), 5)] for depth in range(1, 5)}
STAIRCASE: dict[int, Family] = {
    depth: [(tuple(range(2, depth + 3)), 7), (tuple(range(3, depth + 4)), 9)] for depth in range(1, 5)
}


EQUAL = [*SQUARE.values(), *STAIRCASE.values()]


@dataclass(frozen=True)
class Purpose:
    """What a file computes: its activations and its cost. form: a key of ``COST_FORMS``."""

    hidden: str
    output: str
    form: str

    def network(self, sizes: Sequence[int]) -> Network:
        depth = len(sizes) - 1
        return Network(tuple(sizes), (self.hidden,) * (depth - 1) + (self.output,), COST_FORMS[self.form].cost)

    @property
    def activations(self) -> str:
        if self.hidden == self.output:
            return self.hidden
        return f"{self.hidden}, {self.output} on the output layer"


@dataclass(frozen=True)
class Options:
    """What is known beforehand; None or empty is found by trying.

    Attributes:
        purposes: the activations and costs that the file may be for, the likeliest first.
        fixed: whether the cost was named, so that another one in the file is a mistake.
        words: of the layout, from layout.WORDS.
        scenario: its data are tried too.
        seed: of the random problems.
        seconds: time limit.
        megabytes: memory limit.
    """

    purposes: tuple[Purpose, ...] = (Purpose("sigmoid", "sigmoid", "sum_of_squared_errors"),)
    fixed: bool = False
    words: tuple[str, ...] = ()
    scenario: Scenario | None = None
    seed: int = 0
    seconds: float = foreign.SECONDS
    megabytes: int = foreign.MEGABYTES


# Problems


@lru_cache(maxsize=64)
def numbers_for(sizes: tuple[int, ...], observations: int, seed: int) -> tuple[tuple[Array, ...], Array, Array, Array]:
    """(weights, x, y, outputs) for such a network. y is one-hot, or 0 or 1, so that it suits every cost."""
    rng = np.random.default_rng((seed, observations, *sizes))
    weights = []
    for inputs, units in zip(sizes, sizes[1:]):
        kernel = rng.normal(0, 1.3 / np.sqrt(inputs), (inputs, units))
        weights.append(np.concatenate([rng.uniform(-0.6, 0.6, (1, units)), kernel]))
    x = rng.normal(0, 1, (observations, sizes[0]))
    if sizes[-1] == 1:
        y = (np.arange(observations)[:, None] % 2).astype(np.float64)
        rng.shuffle(y)
        outputs = rng.uniform(0.1, 0.9, y.shape)
    else:
        y = np.eye(sizes[-1])[rng.integers(0, sizes[-1], observations)]
        outputs = rng.uniform(0.2, 1, y.shape)
        outputs /= outputs.sum(axis=1, keepdims=True)
    return tuple(weights), x, y, outputs


LEARNING_RATES = (0.37, 0.23, 0.61)


@dataclass(frozen=True)
class Setting:
    """Numbers to call a file with; which network they are for is a ``Purpose``."""

    sizes: tuple[int, ...]
    weights: Weights
    x: Array
    y: Array
    outputs: Array
    learning_rate: float
    passes: dict[tuple[Purpose, bool], State] = field(default_factory=dict, compare=False)

    def forward(self, purpose: Purpose, base: Steps) -> State:
        """The correct forward pass, computed once."""
        key = (purpose, base is STEPS)
        if key not in self.passes:
            network = purpose.network(self.sizes)
            problem = Problem(network, self.weights, self.x, self.y, self.learning_rate, purpose.form, self.outputs)
            self.passes[key] = backprop.forward(base, problem)
        return self.passes[key]

    def problem(self, purpose: Purpose) -> Problem:
        return self.forward(purpose, STEPS).problem


def setting(sizes: tuple[int, ...], observations: int, number: int, options: Options, how: Layout) -> Setting:
    """The random numbers of one problem as this layout can take them."""
    if how.observations in layout.ONE_OBSERVATION:
        observations = 1
    weights, x, y, outputs = numbers_for(sizes, observations, options.seed + 1000 * number)
    rate = LEARNING_RATES[number % len(LEARNING_RATES)]
    return Setting(sizes, without_bias(how, weights), x, y, outputs, rate)


def without_bias(how: Layout, weights: Sequence[Array]) -> Weights:
    """The weights, with biases of 0 where the layout has none."""
    if how.weights != "no-bias":
        return [w.copy() for w in weights]
    return [np.concatenate([np.zeros_like(w[:1]), w[1:]]) for w in weights]


def base_steps(how: Layout) -> Steps:
    """The correct pass; without biases they stay 0 and have no gradient."""
    if how.weights != "no-bias":
        return STEPS
    return changes.kernel_and_bias(None, lambda s, layer, delta: np.zeros(1))(STEPS)


# Calling the file


def arguments_for(caller: Caller, function: str, how: Layout, at: Setting, iterations: int) -> list[Any] | None:
    """The arguments of one call; None where this layout does not fit the function's signature."""
    given = layout.roles(function, caller.functions[function])
    packed = layout.pack_weights(how, at.weights)
    if given.count("weights") > 1:
        if not isinstance(packed, (list, tuple)) or len(packed) != given.count("weights"):
            return None
        parts = iter(packed)
    else:
        parts = iter([packed])
    values = {
        "x": layout.pack_rows(how, at.x),
        "y": layout.pack_rows(how, at.y),
        "a": layout.pack_rows(how, at.outputs),
        "learning_rate": at.learning_rate,
        "iterations": iterations,
    }
    return [next(parts) if role == "weights" else values[role] for role in given]


def weights_after(caller: Caller, function: str, reply: Reply) -> Any:
    """The argument or arguments that the weights came in, after the call."""
    given = layout.roles(function, caller.functions[function])
    parts = [value for role, value in zip(given, reply.arguments) if role == "weights"]
    return parts[0] if len(parts) == 1 else parts


@dataclass
class Readings:
    """Where things are in what the functions return; learned where shapes tell, used everywhere.

    loose: whether weights or gradients were found somewhere, but not whole or in other shapes than wanted.
    """

    rows: dict[str, RowReading] = field(default_factory=dict)
    weights: dict[str, Reading] = field(default_factory=dict)
    loose: bool = False


@dataclass
class Observed:
    """What a file gave for one setting.

    Attributes:
        values: by quantity, as ours.
        raised: by function, what it raised.
        unread: by function, what it returned in which nothing could be found, in words.
        changed: by function, the roles of the arguments that it wrote to.
        unsteady: the functions whose second call gave something else.
        accumulates: whether the second call's gradients were the sum of both.
        dtypes: of everything that was read.
    """

    at: Setting
    values: dict[Quantity, Array] = field(default_factory=dict)
    raised: dict[str, Raised] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    in_place: list[str] = field(default_factory=list)
    unsteady: list[str] = field(default_factory=list)
    accumulates: bool = False
    dtypes: set[str] = field(default_factory=set)


def in_words(tree: Any, depth: int = 0) -> str:
    """What was returned, by its types and shapes."""
    if isinstance(tree, np.ndarray):
        return f"array{tree.shape}" if tree.shape else "a number"
    if isinstance(tree, (list, tuple)):
        inside = ", ".join(in_words(item, depth + 1) for item in tree[:6]) if depth < 2 else ".."
        return f"{type(tree).__name__}({inside}{', ..' if len(tree) > 6 else ''})"
    if isinstance(tree, dict):
        return "dict(" + ", ".join(f"{key}: {in_words(item, depth + 1)}" for key, item in list(tree.items())[:6]) + ")"
    return "None" if tree is None else str(tree)


def read_reply(caller: Caller, function: str, how: Layout, found: Observed, reply: Reply, known: Readings) -> None:
    """Put what a call gave into ``found``."""
    sizes, observations = found.at.sizes, len(found.at.x)
    units, shapes = sizes[1:], [(w.shape[0], w.shape[1]) for w in found.at.weights]
    result = reply.result
    values: dict[Quantity, Array] = {}
    given = layout.roles(function, caller.functions[function])
    changed = sorted({given[place] for place in reply.changed})
    if function == "cost":
        arrays = [leaf for _, leaf in layout.leaves(result) if leaf.size == 1 and leaf.dtype.kind in "fiu"]
        if arrays:
            values[COST] = np.asarray(arrays[0]).reshape(())
    elif function == "forward":
        if function not in known.rows:
            known.rows[function] = layout.find_forward(how, result, units, observations)
        values = layout.read_rows(how, result, known.rows[function], units)
    else:
        if result is None and "weights" in changed:
            result = weights_after(caller, function, reply)
            found.in_place.append(function)
            changed.remove("weights")
        if function not in known.weights:
            reading = layout.find_weights(how, result, shapes, observations)
            if reading is not None:
                known.weights[function] = reading[0]
                known.loose = known.loose or not reading[1]
        if function in known.weights:
            read = layout.read_weights(how, result, known.weights[function], shapes)
            name = {"step": "weights", "train": "trained"}.get(function, "gradient")
            values = {Quantity(name, layer): w for layer, w in enumerate(read or [], start=1)}
        if function in ("backward", "gradients"):
            if function not in known.rows:
                used = known.weights.get(function, [])
                known.rows[function] = layout.find_deltas(how, result, units, observations, used)
            values |= layout.read_rows(how, result, known.rows[function], units)
    if not values:
        found.unread[function] = in_words(result)
    if changed:
        found.changed[function] = changed
    found.dtypes |= {str(value.dtype) for value in values.values()}
    for quantity, value in values.items():
        found.values.setdefault(quantity, np.asarray(value, np.float64))
    if reply.again is not None:
        compare_calls(function, found, reply)


def compare_calls(function: str, found: Observed, reply: Reply) -> None:
    """Note whether two calls with the same arguments gave different results, and whether the second gave double."""
    first = [leaf for _, leaf in layout.leaves(reply.result) if leaf.dtype.kind in "fiu"]
    second = [leaf for _, leaf in layout.leaves(reply.again) if leaf.dtype.kind in "fiu"]
    if len(first) != len(second) or any(a.shape != b.shape for a, b in zip(first, second)):
        found.unsteady.append(function)
        return
    if all(np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True) for a, b in zip(first, second)):
        return
    found.unsteady.append(function)
    doubled = [
        np.allclose(2 * a, b, rtol=1e-5, atol=1e-9) or np.allclose(a, b, rtol=1e-5, atol=1e-9)
        for a, b in zip(first, second)
    ]
    found.accumulates = found.accumulates or all(doubled)


def observe(
    caller: Caller, functions: Sequence[str], how: Layout, at: Setting, known: Readings, twice: bool = False
) -> Observed:
    """Call the functions with one setting and read what they give."""
    found = Observed(at)
    for function in functions:
        inferring = function == "train" and "step" not in caller.functions
        for iterations in (1, ITERATIONS) if inferring else (ITERATIONS,):
            given = arguments_for(caller, function, how, at, iterations)
            if given is None:
                found.unread[function] = "its arguments do not fit this layout"
                continue
            reply = caller.call(function, given, plain=how.numbers == "plain", twice=twice)
            if reply.raised is not None:
                found.raised[function] = reply.raised
                continue
            read_reply(caller, function, how, found, reply, known)
            if inferring and iterations == 1:
                for quantity in [q for q in found.values if q.name == "trained"]:
                    found.values[Quantity("weights", quantity.layer)] = found.values.pop(quantity)
    return found


# Finding the layout


@dataclass
class Fit:
    """A layout under which the file runs on a family of settings."""

    layout: Layout
    family: Family
    depth: int
    exact: bool
    known: Readings = field(default_factory=Readings)
    probe: Observed | None = None
    observed: list[Observed] = field(default_factory=list)
    square: list[Observed] = field(default_factory=list)

    @property
    def base(self) -> Steps:
        return base_steps(self.layout)

    @property
    def everything(self) -> list[Observed]:
        return self.observed + self.square


def families(options: Options) -> list[tuple[int, Family]]:
    """(depth, settings) to try, the most revealing first."""
    own = options.scenario
    first = own.network.depth if own is not None and own.network.depth in DISTINCT else 3
    order = [first, *(depth for depth in (3, 2, 4) if depth != first)]
    found: list[tuple[int, Family]] = [(depth, of[depth]) for of in (DISTINCT, ONE_OUTPUT) for depth in order]
    if own is not None:
        n = len(own.x)
        found.append((own.network.depth, [(own.network.sizes, n + 5), (own.network.sizes, n + 2)]))
        found.append((own.network.depth, [(own.network.sizes, n), (own.network.sizes, n)]))
    return found + [(depth, of[depth]) for of in (SQUARE, STAIRCASE) for depth in (3, 2)]


SINGLE_LAYERS: list[tuple[int, Family]] = [(1, of[1]) for of in (DISTINCT, ONE_OUTPUT, SQUARE)]


def whole(fit: Fit, functions: Sequence[str]) -> bool:
    """Whether every function gave something somewhere."""
    return all(any(f not in one.raised and f not in one.unread for one in fit.everything) for f in functions)


def always(fits: Sequence[Fit]) -> bool:
    return True


def ran_nowhere(fits: Sequence[Fit]) -> bool:
    return not fits


def not_of_the_right_shape(fits: Sequence[Fit]) -> bool:
    """Whether the file ran nowhere, or gave weights or gradients of other shapes than it should for a batch.

    Where it runs for a batch at least if all sizes are equal, it is judged by that: one observation hides more.
    """
    if not fits or any(not one.raised and not one.unread for one in fits[0].square):
        return not fits
    if not fits[0].observed:
        return False
    one = fits[0].observed[0]
    shapes = [w.shape for w in one.at.weights]
    whole = not one.raised and not one.unread
    return (
        not whole
        or fits[0].known.loose
        or any(
            value.shape != shapes[(q.layer or 1) - 1]
            for q, value in one.values.items()
            if q.name in ("gradient", "weights")
        )
    )


Attempt = tuple[list[Layout], list[tuple[int, Family]], Callable[[Sequence[Fit]], bool]]


def attempts(source: str, options: Options) -> Iterator[Attempt]:
    """Layouts and settings to try together, and whether to, given the fits so far and that nothing explains them.

    First several layers and observations. One layer alone, or one observation a call, hides most mistakes: a file that
    takes more is never judged by those.
    """
    every = list(layout.candidates(options.words, source))
    usual = [how for how in every if how.observations not in layout.ONE_OBSERVATION]
    single = [how for how in every if how.observations in layout.ONE_OBSERVATION]
    if usual:
        yield usual, families(options), always
        yield usual, SINGLE_LAYERS, ran_nowhere
    if single:
        yield single, families(options), not_of_the_right_shape
        yield single, SINGLE_LAYERS, ran_nowhere


def leading(functions: Sequence[str]) -> str | None:
    """The function that tells most about the layout."""
    return next((f for f in ("forward", "gradients", "backward", "step", "train") if f in functions), None)


def find_fits(
    caller: Caller,
    functions: Sequence[str],
    tried: Sequence[Layout],
    families: Sequence[tuple[int, Family]],
    options: Options,
    is_right: Callable[[Fit], bool],
) -> tuple[list[Fit], list[Raised], list[str]]:
    """The layouts under which the leading function runs and gives what can be read, and what others raised or gave.

    Args:
        is_right: whether the forward pass under a layout gives right numbers. A layout that is wrong may fit the
            shapes of one family of settings; so where none is right, the other families are asked too.
    """
    lead = leading(functions)
    raised: list[Raised] = []
    unread: list[str] = []
    first: list[Fit] = []
    loose: list[Fit] = []
    assert lead is not None
    for depth, family in families:
        if first and family in EQUAL:
            break
        fits: list[Fit] = []
        for how in tried:
            if how.numbers == "plain" and any(fit.exact for fit in fits):
                break
            fit = try_layout(caller, lead, how, depth, family, options, raised, unread)
            if fit is not None:
                fits.append(fit)
        exact = [fit for fit in fits if fit.exact]
        if exact and (lead != "forward" or any(is_right(fit) for fit in exact)):
            return exact[:MOST_FITS], raised, unread
        first, loose = first or exact, loose or fits
    return (first or loose)[:MOST_FITS], raised, unread


def try_layout(
    caller: Caller,
    lead: str,
    how: Layout,
    depth: int,
    family: list[tuple[tuple[int, ...], int]],
    options: Options,
    raised: list[Raised],
    unread: list[str],
) -> Fit | None:
    """The fit of one layout on the first setting of a family; None where the leading function does not run."""
    sizes, observations = family[0]
    known = Readings()
    found = observe(caller, [lead], how, setting(sizes, observations, 0, options, how), known)
    if lead in found.raised:
        raised.append(found.raised[lead])
        return None
    if not found.values:
        if lead in found.unread and "do not fit" not in found.unread[lead]:
            unread.append(found.unread[lead])
        return None
    if lead == "forward":
        output = [Quantity(name, depth) for name in ("a", "z")]
        exact = any(q in found.values and found.values[q].shape == (len(found.at.x), sizes[-1]) for q in output)
    else:
        name = {"step": "weights", "train": "weights" if "step" not in caller.functions else "trained"}.get(
            lead, "gradient"
        )
        exact = all(
            found.values.get(Quantity(name, layer), np.empty(0)).shape == w.shape
            for layer, w in enumerate(found.at.weights, start=1)
        )
    return Fit(how, family, depth, exact, known, found)


def observe_fit(caller: Caller, functions: Sequence[str], fit: Fit, options: Options) -> None:
    """Call every function on the settings of the fit; those that raise, on settings where they may not."""
    for number, (sizes, observations) in enumerate(fit.family):
        at = setting(sizes, observations, number, options, fit.layout)
        fit.observed.append(observe(caller, functions, fit.layout, at, fit.known, twice=number == 0))
    failing = [f for f in functions if f in fit.observed[0].raised]
    if not failing or any(not raised.lines for raised in fit.observed[0].raised.values()):
        return
    for depth in dict.fromkeys((fit.depth, 2, 1)):
        families_left = [SQUARE, STAIRCASE] if depth == fit.depth else [DISTINCT, SQUARE, STAIRCASE]
        for family_of in families_left:
            tried = []
            known = fit.known if depth == fit.depth else Readings()
            for number, (sizes, observations) in enumerate(family_of[depth]):
                at = setting(sizes, observations, number, options, fit.layout)
                seen = observe(caller, failing if depth == fit.depth else functions, fit.layout, at, known)
                if all(f in seen.raised for f in failing):
                    break
                if depth == fit.depth and "forward" in known.rows:
                    seen.values |= observe(caller, ["forward"], fit.layout, at, known).values
                tried.append(seen)
            if tried:
                fit.square = tried
                if depth != fit.depth:
                    fit.observed, fit.depth = [], depth
                return


def observe_fits(
    caller: Caller, functions: Sequence[str], fits: Sequence[Fit], options: Options
) -> tuple[list[Fit], list[Fit]]:
    """The fits with what the file gave, those in which nothing raises if any; and spare ones, of equal sizes only."""
    for fit in fits:
        observe_fit(caller, functions, fit, options)
    fits = [fit for fit in fits if any(one.values for one in fit.everything)]
    complete = [fit for fit in fits if fit.observed and not fit.observed[0].raised]
    spare = []
    for fit in [] if complete else fits[:MOST_FITS]:
        turned = "units-inputs" if fit.layout.kernel == "inputs-units" else "inputs-units"
        if fit.layout.kernel in options.words or any(other.layout.kernel == turned for other in fits):
            continue
        other = Fit(replace(fit.layout, kernel=turned), SQUARE[fit.depth], fit.depth, False)
        observe_fit(caller, functions, other, options)
        if any(one.values for one in other.observed) and not other.observed[0].raised:
            spare.append(other)
    return complete or [fit for fit in fits if whole(fit, functions)] or fits, spare
