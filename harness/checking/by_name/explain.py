"""Which mistakes, or none, give exactly the numbers that a file gave.

How far a correct file may be off follows from rounding.bounds: a multiple of them, for a file may write the same
function in another form. A mistake has to reproduce every number that the file gave, on all settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from ...comparison import rounding
from ...comparison.trace import COST, Quantity
from ...models import numerical
from ...models.network import OUTPUT_ACTIVATION_OF_COST, Array
from . import backprop, changes, mistakes
from .backprop import COST_FORMS, STEPS, Problem, Steps
from .mistakes import Planted
from .observe import ITERATIONS, Fit, Observed, Options, Purpose

FORMS = 16  # times the rounding bound of our own form is allowed to a file's
GUARD = 1e-6  # relative; what log(a + 1e-8) and the like may move a cross-entropy by
MISTAKE_TOLERANCE = {"float64": 1e-8, "float32": 1e-4}  # of a quantity's largest element; two mistakes differ by more
MOST_LAYOUTS = 6  # that are looked into where no forward pass tells which
MOST_PURPOSES = 12  # under which mistakes are looked for
MOST_WAYS = 24  # layouts times purposes
MOST_PAIRS = 15_000  # of mistakes at once that are tried
DIVERGED = 1e6  # weights beyond this have left the numbers that a comparison can say anything about
MOST_STARTERS = 12  # mistakes that explain the first wrong number, each of which is paired with all others
MOST_SHOWN = 5  # mistakes that reproduce the same numbers

HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "linear")
OUTPUT = ("sigmoid", "linear", "softmax", "tanh", "relu", "leaky_relu")


@dataclass(frozen=True)
class Named:
    """A mistake, or several at once, that reproduces all numbers of the file."""

    ids: tuple[str, ...]
    details: tuple[str, ...]


# Comparing


def off_by(got: Array, expected: Array) -> float:
    """The largest |got - expected| as a share of the largest expected; infinity where only one is a number"""
    lost = ~np.isfinite(expected)
    if np.any(lost):
        if not np.array_equal(lost, ~np.isfinite(got)):
            return np.inf
        got, expected = got[~lost], expected[~lost]
    scale = float(np.max(np.abs(expected), initial=0.0))
    off = float(np.max(np.abs(got - expected), initial=0.0))
    if not np.isfinite(off):
        return np.inf
    return off / scale if scale > 1e-12 else off


def mismatch(
    observed: Observed, predicted: Iterator[tuple[Quantity, Array]], tolerance: float, delta_scale: float = 1.0
) -> Quantity | None:
    """The first quantity in which they differ; None where all that was observed is as predicted."""
    left = set(observed.values)
    for quantity, value in predicted:
        if quantity not in left:
            continue
        if quantity.name == "delta" and delta_scale != 1:
            value = value * delta_scale
        got = observed.values[quantity]
        allowed = max(tolerance, GUARD) if quantity == COST else tolerance
        if quantity.name == "trained" and not np.max(np.abs(got), initial=0.0) < DIVERGED:
            left.discard(quantity)
            continue
        if got.shape != value.shape or not off_by(got, value) <= allowed:
            return quantity
        left.discard(quantity)
        if not left:
            return None
    return min(left, key=lambda q: (ORDER[q.name], q.layer or 0)) if left else None


ORDER = {name: i for i, name in enumerate(("z", "a", "cost", "delta", "gradient", "weights", "trained"))}


def trained_for(observed: Observed) -> int:
    return ITERATIONS if any(q.name == "trained" for q in observed.values) else 0


def predicted(steps: Steps, observed: Observed, purpose: Purpose) -> Iterator[tuple[Quantity, Array]]:
    done = observed.at.forward(purpose, STEPS)
    return backprop.trace(steps, done.problem, trained_for(observed), done)


def reproduces(steps: Steps, seen: Sequence[Observed], purpose: Purpose, tolerance: float, scale: float = 1.0) -> bool:
    """Whether these steps give all numbers of the file, on every setting."""
    with np.errstate(all="ignore"):
        return all(
            mismatch(one, predicted(steps, one, purpose), tolerance, delta_scale(scale, one)) is None for one in seen
        )


# deltas may leave out what their gradients have: the mean's 1 / n, or the sign
DELTA_SCALES = {
    1.0: "",
    2.0: "its deltas leave out the 1/n that its gradients have",
    3.0: "its deltas leave out the mean's factor that its gradients have",
    -1.0: "its deltas are -dC/dz; its gradients have the right sign",
    -2.0: "its deltas are -dC/dz and leave out the 1/n; its gradients have both right",
    0.5: "its deltas leave out the factor 2 that its gradients have",
}


def delta_scale(kind: float, observed: Observed) -> float:
    """What deltas are multiplied by, for a key of DELTA_SCALES."""
    n, k = observed.at.y.shape
    return {1.0: 1.0, 2.0: float(n), 3.0: float(n * k), -1.0: -1.0, -2.0: -float(n), 0.5: 0.5}[kind]


def bounds(problem: Problem, trained: int) -> dict[Quantity, dict[str, Array]]:
    """For each quantity how far a correct file may be off, in float64 and in float32."""
    found: dict[Quantity, dict[str, Array]] = {}
    factor = max(1.0, problem.factor)
    y_network = problem.network
    for dtype in ("float64", "float32"):
        of = rounding.bounds(
            y_network,
            problem.weights,
            rounding.no_error(problem.weights),
            problem.x,
            problem.y,
            problem.learning_rate,
            dtype,
        )
        unit = float(np.finfo(dtype).eps)
        for quantity, bound in of.items():
            allowed = FORMS * bound * (factor if quantity.name in ("cost", "delta", "gradient", "weights") else 1)
            if quantity == COST:
                allowed = allowed + FORMS * problem.y.size * unit * factor
            found.setdefault(quantity, {})[dtype] = np.asarray(allowed)
        for layer in problem.network.layers:
            grown = FORMS * trained * factor * of[Quantity("weights", layer)]
            everywhere = np.max(grown) * np.ones_like(grown) if trained else grown
            found.setdefault(Quantity("trained", layer), {})[dtype] = everywhere
    return found


def agreement(fit: Fit, purpose: Purpose, scale: float = 1.0) -> str | None:
    """ "float64" or "float32" where every quantity agrees as closely as that allows, None where one does not."""
    level = "float64"
    for one in fit.everything:
        problem = one.at.problem(purpose)
        allowed = bounds(problem, trained_for(one))
        for quantity, value in predicted(fit.base, one, purpose):
            if quantity not in one.values:
                continue
            got = one.values[quantity]
            if got.shape != value.shape:
                return None
            if quantity.name == "delta":
                value = value * delta_scale(scale, one)
            off = np.abs(got - value)
            wider = abs(delta_scale(scale, one)) if quantity.name == "delta" else 1.0
            if np.all(off <= allowed[quantity]["float64"] * max(1.0, wider)):
                continue
            if quantity == COST and float(off) <= GUARD * abs(float(value)):
                continue
            if np.all(off <= allowed[quantity]["float32"] * max(1.0, wider)):
                level = "float32"
            else:
                return None
    return level


def referee_agrees(fit: Fit, purpose: Purpose) -> bool:
    """Whether numerical differentiation confirms the gradients that the file is compared with."""
    one = fit.everything[0]
    problem = one.at.problem(purpose)
    found = numerical.differentiate(problem.network, problem.weights, problem.x, problem.y)
    ours = backprop.backward(backprop.forward(STEPS, problem))
    return all(
        off_by(gradient, problem.factor * np.asarray(referee)) <= 1e-8
        for gradient, referee in zip(ours, found.gradients)
    )


# What the file is for


def every_purpose(options: Options) -> list[Purpose]:
    """The given ones, then all other activations and costs that go together, the usual ones first."""
    if options.fixed:
        return list(options.purposes)
    found = list(options.purposes)
    for hidden in HIDDEN:
        for output in dict.fromkeys((hidden, *OUTPUT)):
            for form, of in COST_FORMS.items():
                needed = OUTPUT_ACTIVATION_OF_COST.get(of.cost)
                if (output == "softmax") != (of.cost == "categorical_crossentropy") or needed not in (None, output):
                    continue
                found.append(Purpose(hidden, output, form))
    return list(dict.fromkeys(found))


def goes_with_outputs(purpose: Purpose, fit: Fit) -> bool:
    return purpose.output != "softmax" or fit.everything[0].at.sizes[-1] > 1


def only(observed: Observed, names: Sequence[str]) -> Observed:
    """The observation with quantities of these names alone."""
    return replace(observed, values={q: v for q, v in observed.values.items() if q.name in names})


def fits_forward(fit: Fit, purpose: Purpose) -> bool:
    """Whether z and a are right for these activations; True where none are offered."""
    return reproduces(
        fit.base, [only(one, ("z", "a")) for one in fit.everything], purpose, MISTAKE_TOLERANCE["float32"]
    )


def gives_right_outputs(fit: Fit, options: Options) -> bool:
    """Whether the forward pass of the first call is right for some activations."""
    if fit.probe is None:
        return False
    first = replace(fit, observed=[fit.probe], square=[])
    activations = {(p.hidden, p.output): p for p in every_purpose(options) if goes_with_outputs(p, first)}
    return any(fits_forward(first, purpose) for purpose in activations.values())


def fits_cost(fit: Fit, purpose: Purpose) -> bool:
    return reproduces(fit.base, [only(one, ("cost",)) for one in fit.everything], purpose, 1e-5)


def offers(fit: Fit, names: Sequence[str]) -> bool:
    return any(q.name in names for one in fit.everything for q in one.values)


@dataclass(frozen=True)
class Explained:
    """One explanation of a file's numbers."""

    fit: Fit
    purpose: Purpose
    named: list[Named]
    scale: float = 1.0
    level: str = "float64"


def usable(fit: Fit, purposes: Sequence[Purpose]) -> list[Purpose]:
    """The purposes that the file's forward pass and cost allow; all of them where it offers neither."""
    possible = [p for p in purposes if goes_with_outputs(p, fit)]
    if offers(fit, ("z", "a")):
        by_activation: dict[tuple[str, str], bool] = {}
        for p in possible:
            if (p.hidden, p.output) not in by_activation:
                by_activation[p.hidden, p.output] = fits_forward(fit, p)
        if any(by_activation.values()):
            possible = [p for p in possible if by_activation[p.hidden, p.output]]
    if offers(fit, ("cost",)):
        by_form: dict[tuple[str, str], bool] = {}
        for p in possible:
            key = (p.form, p.output)
            if key not in by_form:
                by_form[key] = fits_cost(fit, p)
        if any(by_form.values()):
            possible = [p for p in possible if by_form[p.form, p.output]]
    if fit.depth == 1:
        possible = list({(p.output, p.form): p for p in reversed(possible)}.values())[::-1]
    return possible


def explain_correct(fit: Fit, purposes: Sequence[Purpose]) -> Explained | None:
    """The first purpose for which all is right."""
    for purpose in purposes:
        for scale in DELTA_SCALES:
            if scale != 1 and not offers(fit, ("delta",)):
                break
            if scale != 1 and not offers(fit, ("gradient",)):
                break
            if not reproduces(fit.base, fit.everything[:1], purpose, 1e-3, scale):
                continue
            level = agreement(fit, purpose, scale)
            if level is not None:
                return Explained(fit, purpose, [], scale, level)
    return None


def tolerances(fit: Fit) -> list[float]:
    """How closely a mistake has to reproduce the numbers: first as float64 allows."""
    single = any(dtype in ("float32", "float16") for one in fit.everything for dtype in one.dtypes)
    return [MISTAKE_TOLERANCE["float32"]] if single else list(MISTAKE_TOLERANCE.values())


def possible_mistakes(fit: Fit, purpose: Purpose) -> list[Planted]:
    """The mistakes that the forward pass leaves possible."""
    network = purpose.network(fit.everything[0].at.sizes)
    found = list(mistakes.planted(network))
    if not offers(fit, ("z", "a")):
        return found
    right = fits_forward(fit, purpose)
    return [entry for entry in found if entry.forward != right]


def explain_single(fit: Fit, purpose: Purpose, tolerance: float) -> list[Planted]:
    """The mistakes each of which alone reproduces all numbers."""
    first = fit.everything[-1:]
    found = []
    for entry in possible_mistakes(fit, purpose):
        steps = entry.change(fit.base)
        if reproduces(steps, first, purpose, tolerance) and reproduces(steps, fit.everything, purpose, tolerance):
            found.append(entry)
    return found


def split_at(fit: Fit, names: Sequence[str]) -> Fit:
    """The fit with quantities of these names alone."""
    cut = replace(
        fit, observed=[only(one, names) for one in fit.observed], square=[only(one, names) for one in fit.square]
    )
    cut.observed = [one for one in cut.observed if one.values]
    cut.square = [one for one in cut.square if one.values]
    return cut


def explain_part(fit: Fit, purpose: Purpose, tolerance: float) -> tuple[list[Planted], str]:
    """Mistakes in a part of the file that computes the gradients for itself: step and train, or train alone."""
    for names, where in (
        (("weights", "trained"), "in step alone"),
        (("trained",), "in train alone"),
        (("delta", "gradient"), "in what is returned alone"),
    ):
        rest = split_at(fit, [name for name in ORDER if name not in names])
        part = split_at(fit, names)
        if not rest.everything or not part.everything:
            continue
        if not reproduces(fit.base, rest.everything, purpose, tolerance):
            continue
        found = explain_single(part, purpose, tolerance)
        if found:
            return found, where
    return [], ""


@dataclass
class PairsLeft:
    """How many pairs of mistakes may still be tried: a count, so that a loaded machine finds the same."""

    count: int = MOST_PAIRS

    def take(self) -> bool:
        """Whether one more may be tried, which is counted."""
        if not self.count:
            return False
        self.count -= 1
        return True


def explain_pair(
    fit: Fit, purpose: Purpose, tolerance: float, left: PairsLeft, given: Sequence[Planted] = ()
) -> list[tuple[Planted, Planted]]:
    """The pairs of mistakes that reproduce all numbers together.

    Of such a pair either one mistake alone explains the first number that is wrong, or both change it. So the ones that
    explain it are paired with all others, and those that change it with one another.

    Args:
        left: how many pairs may be tried.
        given: look for pairs with one of these only.
    """
    entries = possible_mistakes(fit, purpose)
    if given or (offers(fit, ("z", "a")) and not fits_forward(fit, purpose)):
        entries = list(mistakes.planted(purpose.network(fit.everything[0].at.sizes)))
    one = max(fit.everything, key=lambda of: len(of.values))
    quantity, part = first_wrong(fit.base, one, purpose, tolerance)
    if quantity is None:
        return []
    wanted = one.values[quantity][part]
    right = value_of(fit.base, one, purpose, quantity, part)
    found: list[tuple[Planted, Planted]] = []
    tried: set[tuple[int, int]] = set()

    def attempt(a: Planted, b: Planted, at: Quantity | None, part: Any) -> None:
        """Note the pair if it gives all numbers; to begin with, that part of the quantity."""
        key = (min(a.rank, b.rank), max(a.rank, b.rank))
        if a.id == b.id or key in tried or not left.take():
            return
        tried.add(key)
        for first, second in ((a, b), (b, a)):
            steps = second.change(first.change(fit.base))
            if at is not None and not close(value_of(steps, one, purpose, at, part), one.values[at][part], tolerance):
                continue
            if reproduces(steps, [one], purpose, tolerance) and reproduces(steps, fit.everything, purpose, tolerance):
                found.append((a, b))
                return

    with np.errstate(all="ignore"):
        values = [(entry, value_of(entry.change(fit.base), one, purpose, quantity, part)) for entry in entries]
        starters = [entry for entry, value in values if close(value, wanted, tolerance)]
        touching = [entry for entry, value in values if right is None or not close(value, right, 1e-12)]
        if right is not None and right.shape != wanted.shape:
            starters += [entry for entry in entries if entry.id == "layer-order-reversed"]
        if given:
            starters, touching = list(given), []
        for starter in starters[:MOST_STARTERS]:
            next_wrong = first_wrong(starter.change(fit.base), one, purpose, tolerance)
            for other in entries:
                attempt(starter, other, *next_wrong)
        if not found:
            wide_first = sorted(touching, key=lambda e: (e.narrow, e.rank))
            for a, b in combinations(wide_first, 2):
                attempt(a, b, quantity, part)
                if found and left.count < MOST_PAIRS // 2:
                    break
    return sorted(found, key=lambda pair: (pair[0].narrow + pair[1].narrow, pair[0].rank + pair[1].rank))


# a gradient is looked at in two parts, for its kernel may be right and its bias wrong
PARTS: tuple[Any, ...] = (slice(1, None), slice(0, 1))


def close(got: Array | None, wanted: Array, tolerance: float) -> bool:
    return got is not None and got.shape == wanted.shape and off_by(got, wanted) <= tolerance


def first_wrong(steps: Steps, one: Observed, purpose: Purpose, tolerance: float) -> tuple[Quantity | None, Any]:
    """The first quantity that is not right, and the part of it."""
    with np.errstate(all="ignore"):
        quantity = mismatch(one, predicted(steps, one, purpose), tolerance)
    if quantity is None or quantity.name not in ("gradient", "weights", "trained"):
        return quantity, ...
    got, value = one.values[quantity], value_of(steps, one, purpose, quantity, ...)
    if value is None or got.shape != value.shape:
        return quantity, ...
    return quantity, next((part for part in PARTS if not close(got[part], value[part], tolerance)), ...)


def value_of(steps: Steps, one: Observed, purpose: Purpose, quantity: Quantity, part: Any) -> Array | None:
    """What these steps give for that part of the quantity; None where they come to nothing."""
    for found, value in predicted(steps, one, purpose):
        if found == quantity:
            return value[part]
    return None


def place_of(quantity: Quantity, depth: int) -> tuple[int, int, int]:
    """For sorting in the order of computation: forward, cost, backward from layer L, weights, trained weights."""
    layer, name = quantity.layer or 0, quantity.name
    if name in ("z", "a"):
        return (0, layer, int(name == "a"))
    if name == "cost":
        return (1, 0, 0)
    if name in ("delta", "gradient"):
        return (2, depth - layer, int(name == "gradient"))
    return (3 if name == "weights" else 4, depth - layer, 0)


def to_named(entries: Sequence[Planted], where: str = "") -> list[Named]:
    """One for each id, the first way of making it."""
    by_id: dict[str, Named] = {}
    for entry in sorted(entries, key=lambda e: (e.narrow, e.rank)):
        detail = " ".join(part for part in (entry.detail, where) if part)
        by_id.setdefault(entry.id, Named((entry.id,), (detail,)))
    return list(by_id.values())[:MOST_SHOWN]


def pairs_to_named(pairs: Sequence[tuple[Planted, Planted]]) -> list[Named]:
    by_ids: dict[frozenset[str], Named] = {}
    for pair in pairs:
        a, b = sorted(pair, key=lambda e: e.rank)
        by_ids.setdefault(frozenset((a.id, b.id)), Named((a.id, b.id), (a.detail, b.detail)))
    return list(by_ids.values())[:MOST_SHOWN]


def same_family(form: str, other: str) -> bool:
    squares = [COST_FORMS[f].cost in changes.SQUARED for f in (form, other)]
    return all(squares) or COST_FORMS[form].cost == COST_FORMS[other].cost


def strictly(fit: Fit, possible: Sequence[Purpose], options: Options) -> list[Purpose]:
    """Those held against a file first.

    Without a cost function, a gradient that is off by a factor is a mistake under the scenario's cost before it is
    right under another.
    """
    own = options.purposes[0]
    if options.fixed or offers(fit, ("cost",)):
        return list(possible)
    return [p for p in possible if p.form == own.form or not same_family(p.form, own.form)]


def explain(fits: Sequence[Fit], spare: Sequence[Fit], options: Options) -> Explained | None:
    """The simplest explanation of all numbers: right, one mistake, right for another cost, a mistake in a part.

    Args:
        fits: the layouts that fit.
        spare: those that fit only where all sizes are equal; a mistake may be the reason.
    """
    purposes = every_purpose(options)
    possible = [(fit, usable(fit, purposes)) for fit in fits]
    for fit, of_fit in possible:
        found = explain_correct(fit, strictly(fit, of_fit, options))
        if found is not None:
            return found
    ways = ways_to_err(fits, spare, purposes, options)
    levels = tolerances(fits[0])
    for tolerance in levels:
        for fit, purpose in ways:
            for scale in DELTA_SCALES if offers(fit, ("delta",)) else (1.0,):
                scaled = rescaled(fit, scale)
                missing = activation_missing(scaled, purpose, purposes, tolerance)
                singles = explain_single(scaled, purpose, tolerance)
                if missing or singles:
                    meant, entries = missing or (purpose, [])
                    named = to_named(entries) + to_named(singles)
                    return Explained(fit, meant, named[:MOST_SHOWN], scale, level_of(tolerance))
    for fit, of_fit in possible:
        found = explain_correct(fit, of_fit)
        if found is not None:
            return found
    for tolerance in levels:
        for fit, purpose in ways:
            part, where = explain_part(fit, purpose, tolerance)
            if part:
                return Explained(fit, purpose, to_named(part, where), 1.0, level_of(tolerance))
    return None


def explain_together(fits: Sequence[Fit], spare: Sequence[Fit], options: Options) -> Explained | None:
    """Two mistakes at once, for numbers that ``explain`` has no explanation for.

    Where the file offers no cost, then as a last resort under another factor of the cost.
    """
    purposes = every_purpose(options)
    ways = ways_to_err(fits, spare, purposes, options)
    tolerance = tolerances(fits[0])[0]
    found = explain_by_two(ways, purposes, tolerance)
    if found is None and not options.fixed and ways and not offers(ways[0][0], ("cost",)):
        likely, own = ways[0]
        others = [replace(own, form=form) for form in COST_FORMS if form != own.form and same_family(form, own.form)]
        found = explain_by_two([(likely, p) for p in others if p in purposes], purposes, tolerance)
    return found


def explain_by_two(
    ways: Sequence[tuple[Fit, Purpose]], purposes: Sequence[Purpose], tolerance: float
) -> Explained | None:
    """The first of the layouts and purposes under which two mistakes together give all numbers."""
    left = PairsLeft()
    for fit, purpose in ways:
        if not left.count:
            break
        for meant, entries in meant_with_activation(fit, purpose, purposes, tolerance):
            pairs = explain_pair(fit, meant, tolerance, left, entries)
            if pairs:
                return Explained(fit, meant, pairs_to_named(pairs), 1.0, level_of(tolerance))
        pairs = explain_pair(fit, purpose, tolerance, left)
        if pairs:
            return Explained(fit, purpose, pairs_to_named(pairs), 1.0, level_of(tolerance))
    return None


def ways_to_err(
    fits: Sequence[Fit], spare: Sequence[Fit], purposes: Sequence[Purpose], options: Options
) -> list[tuple[Fit, Purpose]]:
    """The layouts and purposes under which mistakes are looked for.

    A layout whose forward pass is right is the one. Where none is, those for which a mistake in the forward pass
    explains z and a; failing that, the first few.
    """
    plausible = [(fit, p) for fit in fits for p in likely_purposes(fit, purposes, options)]
    if not any(offers(fit, ("z", "a")) for fit in fits):
        return [(fit, p) for fit, p in plausible if any(fit is of for of in fits[:MOST_LAYOUTS])]
    right = [(fit, p) for fit, p in plausible if fits_forward(fit, p)]
    if not right:
        for fit, purpose in plausible[: 2 * MOST_WAYS]:
            if activations_possible(fit, purpose) and explain_single(
                split_at(fit, ("z", "a")), purpose, MISTAKE_TOLERANCE["float32"]
            ):
                right.append((fit, purpose))
    turned = [(fit, p) for fit in spare for p in likely_purposes(fit, purposes, options)]
    return (right or plausible)[:MOST_WAYS] + turned[:MOST_WAYS]


def activations_possible(fit: Fit, purpose: Purpose) -> bool:
    """Whether z and a of the same layer, where both are offered, go together by the activations of that purpose."""
    one = fit.everything[0]
    for layer in range(1, fit.depth):
        z, a = one.values.get(Quantity("z", layer)), one.values.get(Quantity("a", layer))
        if z is None or a is None or np.array_equal(z, a):
            continue
        with np.errstate(all="ignore"):
            if not off_by(a, backprop.ACTIVATE[purpose.hidden](z)) < MISTAKE_TOLERANCE["float32"]:
                return False
    return True


def meant_with_activation(
    fit: Fit, purpose: Purpose, purposes: Sequence[Purpose], tolerance: float
) -> Iterator[tuple[Purpose, list[Planted]]]:
    """Where a layer is linear going forward, what the file may have been meant for, had it not been forgotten.

    Yields:
        The purpose, and the mistakes in the activations that give the file's z and a.
    """
    if "linear" not in (purpose.hidden, purpose.output) or not offers(fit, ("z", "a")):
        return
    forward_only = split_at(fit, ("z", "a"))
    for meant in purposes:
        same_hidden = meant.hidden == purpose.hidden or purpose.hidden == "linear" or fit.depth == 1
        same_output = meant.output == purpose.output or purpose.output == "linear"
        linear = "linear" in (meant.hidden if fit.depth > 1 else "", meant.output)
        if not same_hidden or not same_output or linear or not goes_with_outputs(meant, fit):
            continue
        if offers(fit, ("cost",)) and not fits_cost(fit, meant):
            continue
        entries = [
            entry
            for entry in mistakes.planted(meant.network(fit.everything[0].at.sizes))
            if entry.id.startswith("activation-missing")
            and reproduces(entry.change(fit.base), forward_only.everything, meant, tolerance)
        ]
        if entries:
            yield meant, entries


def activation_missing(
    fit: Fit, purpose: Purpose, purposes: Sequence[Purpose], tolerance: float
) -> tuple[Purpose, list[Planted]] | None:
    """An activation that was forgotten going forward, though not going back, as the only mistake; see above."""
    for meant, entries in meant_with_activation(fit, purpose, purposes, tolerance):
        alone = [entry for entry in entries if reproduces(entry.change(fit.base), fit.everything, meant, tolerance)]
        if alone:
            return meant, alone
    return None


def rescaled(fit: Fit, kind: float) -> Fit:
    """The fit with the deltas as dC/dz, where the file's are scaled."""
    if kind == 1:
        return fit

    def undo(one: Observed) -> Observed:
        scale = delta_scale(kind, one)
        return replace(one, values={q: v / scale if q.name == "delta" else v for q, v in one.values.items()})

    return replace(fit, observed=[undo(one) for one in fit.observed], square=[undo(one) for one in fit.square])


def level_of(tolerance: float) -> str:
    return "float64" if tolerance == MISTAKE_TOLERANCE["float64"] else "float32"


def likely_purposes(fit: Fit, purposes: Sequence[Purpose], options: Options) -> list[Purpose]:
    """The purposes under which mistakes are looked for: those that the file allows, one cost of each family."""
    allowed = usable(fit, purposes)
    if not any(fits_forward(fit, p) for p in allowed[:1]) or not offers(fit, ("z", "a")):
        plain = [p for p in allowed if p.hidden != "linear" and p.output in (p.hidden, "sigmoid", "softmax", "linear")]
        allowed = plain or allowed
    by_key: dict[tuple[str, ...], Purpose] = {}
    for p in strictly(fit, allowed, options) or allowed:
        family = "squares" if COST_FORMS[p.form].cost in changes.SQUARED else COST_FORMS[p.form].cost
        by_key.setdefault((p.hidden, p.output, family), p)
    return list(by_key.values())[:MOST_PURPOSES]
