"""Somebody's own file against the references: is its math right, and if not, what is the mistake?

What the file gives (observe.py) is compared, in float64, with the correct pass of backprop.py, whose gradients the
referee (models/numerical.py) must confirm each time; that pass agrees with models/handwritten.py and models/tape.py in
this project's tests. If it differs, the mistakes of the catalogue are tried (explain.py). So nothing here needs
TensorFlow, and a check takes less time than importing it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from ...comparison.trace import COST, Quantity
from ...errors import BadInput, on_the_terminal, shown, shown_path
from ...models.network import Array
from ...scenario.data import read_bytes
from . import backprop, foreign, layout
from .backprop import COST_FORMS
from .explain import (
    DELTA_SCALES,
    GUARD,
    MISTAKE_TOLERANCE,
    MOST_LAYOUTS,
    Explained,
    Named,
    bounds,
    delta_scale,
    every_purpose,
    explain,
    explain_together,
    gives_right_outputs,
    off_by,
    offers,
    place_of,
    predicted,
    referee_agrees,
    reproduces,
    same_family,
    trained_for,
    usable,
)
from .foreign import Caller, Gone, Raised, Reply
from .layout import Layout
from .mistakes import BY_ID
from .observe import (
    DISTINCT,
    Fit,
    Observed,
    Options,
    Purpose,
    Setting,
    arguments_for,
    attempts,
    find_fits,
    leading,
    observe,
    observe_fits,
    setting,
    whole,
    without_bias,
)

FUNCTIONS = ("forward", "backward", "gradients", "step", "train", "cost")
ALIASES = {"update": "step"}
MOST_SOURCE = 2**24  # bytes of a file

CORRECT, MISTAKE, DIFFERS, ERROR = "correct", "mistake", "differs", "error"


@dataclass(frozen=True)
class FirstDifference:
    """The first quantity that is not what it should be. index: of the worst element; None where the shapes differ."""

    quantity: Quantity
    index: tuple[int, ...] | None
    got: float | None
    expected: float | None
    got_shape: tuple[int, ...]
    expected_shape: tuple[int, ...]
    inferred: bool = False


@dataclass
class Report:
    """What ``check`` found.

    Attributes:
        name: of the file.
        verdict: "correct", "mistake" (named), "differs" (no known mistake) or "error" (it cannot be compared).
        named: the mistakes, best first; each alone reproduces the numbers.
        explanations: of the best, in plain sentences; or the most specific truth there is; or the error.
        first_difference: None where all agrees.
        layout: how the file lays things out.
        purpose: its activations and cost.
        agrees, differs: the quantities that do and do not agree, in the order of computation.
        notes: what else was noticed.
        functions: those that the file offers.
        output: what it printed.
        seconds: how long the check took.
    """

    name: str
    verdict: str = ERROR
    named: list[Named] = field(default_factory=list)
    explanations: list[str] = field(default_factory=list)
    first_difference: FirstDifference | None = None
    layout: Layout | None = None
    purpose: Purpose | None = None
    agrees: list[Quantity] = field(default_factory=list)
    differs: list[Quantity] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    output: str = ""
    seconds: float = 0.0

    @property
    def mistakes(self) -> list[str]:
        """The ids, best first."""
        return list(dict.fromkeys(id for named in self.named for id in named.ids))


# The whole check


def truths(fit: Fit, purpose: Purpose) -> list[str]:
    """The most specific true things about numbers that no known mistake reproduces."""
    one = fit.everything[0]
    values = dict(predicted(fit.base, one, purpose))
    pairs = {q: (got, values[q]) for q, got in one.values.items() if q in values}
    found = []
    for name in ("gradient", "delta", "a", "weights"):
        wrong = {
            q: pair
            for q, pair in pairs.items()
            if q.name == name and (pair[0].shape != pair[1].shape or off_by(*pair) > 1e-6)
        }
        if not wrong:
            continue
        factors = []
        for q, (got, expected) in sorted(wrong.items()):
            if got.shape != expected.shape:
                swapped = got.shape == expected.shape[::-1] and off_by(got.T, expected) < 1e-6
                found.append(
                    f"{q} has shape {got.shape}, wanted is {expected.shape}"
                    + ("; its transpose is right" if swapped else "")
                )
                continue
            with np.errstate(all="ignore"):
                ratio = float(np.sum(got * expected) / np.sum(expected * expected))
            if np.isfinite(ratio) and ratio != 0 and off_by(got, ratio * expected) < 1e-6:
                factors.append((q, ratio))
            elif off_by(np.sort(got.ravel()), np.sort(expected.ravel())) < 1e-6:
                found.append(f"{q} has the right numbers in the wrong places")
            elif got.shape[0] == got.shape[1] and off_by(got.T, expected) < 1e-6:
                found.append(f"{q} is the transpose of what it should be")
            elif name in ("gradient", "weights") and off_by(got[1:], expected[1:]) < 1e-6:
                found.append(f"in {q} the kernel is right and only the bias is wrong")
            elif name in ("gradient", "weights") and off_by(got[:1], expected[:1]) < 1e-6:
                found.append(f"in {q} the bias is right and only the kernel is wrong")
            elif name == "gradient":
                found += missing_term(one, fit, purpose, q, got)
        for q, ratio in factors:
            found.append(f"{q} is {ratio:.6g} times what it should be, in every element")
        right = [str(q) for q in sorted(pairs) if q.name == name and q not in wrong]
        if right:
            found.append(f"{', '.join(right)} {'is' if len(right) == 1 else 'are'} right")
        break
    return found


def missing_term(one: Observed, fit: Fit, purpose: Purpose, quantity: Quantity, got: Array) -> list[str]:
    """Whether the gradient is right but for one observation."""
    s = backprop.forward(fit.base, one.at.problem(purpose))
    full = backprop.backward(s)
    layer = quantity.layer or 1
    for i in range(len(one.at.x)):
        term = backprop.joined(s.deltas[layer][i], s.a[layer - 1][i][:, None] * s.deltas[layer][i])
        if off_by(full[layer - 1] - term, got) < 1e-6:
            return [f"{quantity} lacks the term of observation {i}"]
    return []


def first_difference(fit: Fit, purpose: Purpose, scale: float = 1.0) -> tuple[FirstDifference | None, set[Quantity]]:
    """The first wrong quantity in the order of computation, and all that are wrong on some setting."""
    wrong: dict[Quantity, FirstDifference] = {}
    for one in fit.everything:
        problem = one.at.problem(purpose)
        allowed = bounds(problem, trained_for(one))
        values = dict(predicted(fit.base, one, purpose))
        inferred = not any(q.name == "gradient" for q in one.values) and any(q.name == "weights" for q in one.values)
        observed = dict(one.values)
        if inferred:
            for layer, w in enumerate(one.at.weights, start=1):
                updated = observed.get(Quantity("weights", layer))
                if updated is not None and updated.shape == w.shape:
                    quantity = Quantity("gradient", layer)
                    observed[quantity] = (w - updated) / problem.learning_rate
                    wider = {k: v / problem.learning_rate for k, v in allowed[Quantity("weights", layer)].items()}
                    allowed[quantity] = wider
        for quantity, got in observed.items():
            if quantity not in values or quantity in wrong:
                continue
            expected = values[quantity] * (delta_scale(scale, one) if quantity.name == "delta" else 1)
            if got.shape != expected.shape:
                wrong[quantity] = FirstDifference(quantity, None, None, None, got.shape, expected.shape)
                continue
            off = np.abs(got - expected)
            limit = allowed[quantity]["float32"] * max(1.0, abs(delta_scale(scale, one)))
            if quantity == COST:
                limit = limit + GUARD * np.abs(expected)
            share = np.where(np.isfinite(off), off / np.maximum(limit, 1e-300), np.inf)
            if np.max(share) > 1:
                index = tuple(int(i) for i in np.unravel_index(int(np.argmax(share)), share.shape))
                wrong[quantity] = FirstDifference(
                    quantity,
                    index,
                    float(got[index]),
                    float(expected[index]),
                    got.shape,
                    expected.shape,
                    inferred and quantity.name == "gradient",
                )
    if not wrong:
        return None, set()
    return wrong[min(wrong, key=lambda q: place_of(q, fit.depth))], set(wrong)


def closest(fits: Sequence[Fit], options: Options) -> tuple[Fit, Purpose]:
    """The layout and purpose under which most quantities agree, for a file that nothing explains."""
    best: tuple[int, Fit, Purpose] | None = None
    for fit in fits[:MOST_LAYOUTS]:
        for purpose in usable(fit, every_purpose(options))[:60]:
            values = dict(predicted(fit.base, fit.everything[0], purpose))
            agree = sum(
                got.shape == values[q].shape and off_by(got, values[q]) < 1e-5
                for q, got in fit.everything[0].values.items()
                if q in values
            )
            if best is None or agree > best[0]:
                best = (agree, fit, purpose)
    assert best is not None
    return best[1], best[2]


def sentences(named: Named) -> list[str]:
    """What the mistake does and how to fix it, for each of those at once."""
    told = []
    for id, detail in zip(named.ids, named.details):
        way = f" ({detail})" if detail else ""
        told.append(f"{id}{way}: {BY_ID[id].does} {BY_ID[id].fix}")
    return told


def conduct(report: Report, fit: Fit) -> list[str]:
    """The ids of what is wrong with how the file behaves, whatever its numbers; notes go into the report."""
    found = []
    changed = {f: roles for one in fit.observed for f, roles in one.changed.items()}
    for function, roles in changed.items():
        report.notes.append(f"{function} writes into its argument{'s' * (len(roles) > 1)} {', '.join(roles)}")
        found.append("arguments-modified")
    for function in dict.fromkeys(f for one in fit.observed for f in one.in_place):
        report.notes.append(f"{function} returns nothing and changes the weights that it is given")
    unsteady = list(dict.fromkeys(f for one in fit.observed for f in one.unsteady))
    if unsteady:
        report.notes.append(f"{', '.join(unsteady)}: two calls with the same arguments give different results")
        accumulates = any(one.accumulates for one in fit.observed)
        found.append("gradient-accumulated-over-iterations" if accumulates else "different-each-call")
    whole = [d for one in fit.observed for d in one.dtypes if d.startswith(("int", "uint"))]
    if whole:
        report.notes.append(f"it returns whole numbers ({whole[0]}) where real ones belong")
    return list(dict.fromkeys(found))


def fill(report: Report, fit: Fit, purpose: Purpose, scale: float) -> None:
    """What agrees and what does not."""
    report.layout, report.purpose = fit.layout, purpose
    with np.errstate(all="ignore"):
        report.first_difference, wrong = first_difference(fit, purpose, scale)
    offered = {q for one in fit.everything for q in one.values} | {q for q in wrong if q.name == "gradient"}
    ordered = sorted(offered, key=lambda q: place_of(q, fit.depth))
    report.agrees = [q for q in ordered if q not in wrong]
    report.differs = [q for q in ordered if q in wrong]
    if scale != 1:
        report.notes.append(DELTA_SCALES[scale])


def judge(report: Report, found: Explained | None, fits: Sequence[Fit], options: Options) -> None:
    """Put the verdict and its reasons into the report."""
    if found is None:
        fit, purpose = closest(fits, options)
        fill(report, fit, purpose, 1.0)
        behaviour = conduct(report, fit)
        raised = {f: r for one in fit.observed for f, r in one.raised.items()}
        report.verdict = DIFFERS
        report.explanations = truths(fit, purpose) or ["No known mistake, nor two of them, gives these numbers."]
        for quantity, got in (item for one in fit.everything for item in one.values.items()):
            if not np.all(np.isfinite(got)):
                report.explanations.insert(0, f"{quantity} is not a number (NaN or infinite) in places")
                break
        report.explanations += [f"{function} raises {error}" for function, error in raised.items()]
        if behaviour:
            report.verdict = MISTAKE
            report.named = [Named((id,), ("",)) for id in behaviour]
            report.explanations = [s for named in report.named for s in sentences(named)]
        return
    fit, purpose = found.fit, found.purpose
    fill(report, fit, purpose, found.scale)
    if not referee_agrees(fit, purpose):
        report.notes.append("numerical differentiation does not confirm our own gradients here; please tell us")
    behaviour = conduct(report, fit)
    unread = {f: what for one in fit.observed for f, what in one.unread.items()}
    raised = {f: r for one in fit.observed for f, r in one.raised.items()}
    if found.named:
        report.verdict, report.named = MISTAKE, found.named
        report.explanations = sentences(found.named[0])
        others = [" and ".join(named.ids) for named in found.named[1:]]
        if others:
            report.notes.append(f"the same numbers would come of {' or '.join(others)}")
        if found.level == "float32":
            report.notes.append("computed in single precision")
        if not offers(fit, ("cost",)) and not options.fixed:
            report.notes += right_for_another(fit, purpose)
    elif raised and fit.square:
        report.verdict = ERROR
        report.explanations = [f"{function} raises {error}" for function, error in raised.items()]
        report.explanations.append("Where all sizes are equal its numbers are right.")
    elif raised:
        report.verdict = ERROR
        report.explanations = [f"{function} raises {error}" for function, error in raised.items()]
    elif unread:
        report.verdict = DIFFERS
        report.explanations = [
            f"{function} returns {what}, in which nothing of the right shape was found"
            for function, what in unread.items()
        ]
    else:
        report.verdict = CORRECT
        if found.level == "float32":
            report.verdict = MISTAKE
            report.named = [Named(("float32-precision-only",), ("",))]
            report.explanations = sentences(report.named[0])
            report.first_difference = None
    if behaviour and not found.named:
        report.verdict = MISTAKE
        report.named = [Named((id,), ("",)) for id in behaviour] + report.named
        report.explanations = [s for named in report.named for s in sentences(named)]


def right_for_another(fit: Fit, purpose: Purpose) -> list[str]:
    """The note that the numbers are right for another factor of the cost."""
    for form in COST_FORMS:
        other = replace(purpose, form=form)
        if form == purpose.form or not same_family(form, purpose.form):
            continue
        if reproduces(fit.base, fit.everything, other, MISTAKE_TOLERANCE["float32"]):
            return [f"all is right if the cost is {COST_FORMS[form].formula}: if so, say --cost {form}"]
    return []


def own_scenario(caller: Caller, functions: Sequence[str], fit: Fit, purpose: Purpose, options: Options) -> None:
    """One more setting, the scenario's own data, where the file is for networks of its kind."""
    own = options.scenario
    if own is None or fit.layout.observations in layout.ONE_OBSERVATION or own.network.depth != fit.depth:
        return
    if (
        own.network.cost != COST_FORMS[purpose.form].cost
        or own.network.activations != purpose.network(own.network.sizes).activations
    ):
        return
    rng = np.random.default_rng(options.seed)
    weights = without_bias(fit.layout, [rng.uniform(-1, 1, shape) for shape in own.network.shapes])
    x, y = own.x.astype(np.float64), own.y.astype(np.float64)
    at = Setting(own.network.sizes, weights, x, y, rng.uniform(0.1, 0.9, y.shape), own.learning_rate)
    offered = [f for f in functions if f in fit.known.rows or f in fit.known.weights or f == "cost"]
    seen = observe(caller, offered, fit.layout, at, fit.known)
    if not seen.raised:
        fit.observed.append(seen)


def check(caller: Caller, name: str, source: str, options: Options) -> Report:
    """Judge the functions that a caller offers.

    Args:
        caller: a ``foreign.Child`` or ``foreign.Here``.
        name: what to call it in the report.
        source: its text, in which names of dictionary keys are looked for; may be empty.
    """
    report = Report(name)
    if options.scenario is not None and options.scenario.batches is not None:
        report.notes.append(f"checked in full batches: the batch_size of {options.scenario.name} is for training")
    functions = [f for f in FUNCTIONS if f in caller.functions]
    report.functions = functions
    if leading(functions) is None:
        only_cost = " Its cost alone is not enough." if functions else ""
        report.explanations = [
            f"{name} offers none of forward, backward, gradients, step, train.{only_cost} Put your math into functions "
            "of these names; 'harness new FILE' writes a file that shows how."
        ]
        return report
    unfilled = unfinished(caller, functions, options)
    functions = [f for f in functions if f not in unfilled]
    if unfilled:
        report.notes.append(f"not filled in yet: {', '.join(unfilled)}")
        report.functions = functions
    if leading(functions) is None:
        report.notes = []
        report.explanations = [f"Nothing is filled in yet. Fill in one or more of {', '.join(unfilled)}."]
        return report
    best: list[Fit] = []
    best_spare: list[Fit] = []
    found: Explained | None = None
    raised: list[Raised] = []
    unread: list[str] = []
    for tried, settings, needed in attempts(source, options):
        if not needed(best):
            continue
        fits, more_raised, more_unread = find_fits(
            caller, functions, tried, settings, options, lambda fit: gives_right_outputs(fit, options)
        )
        raised, unread = raised or more_raised, unread or more_unread
        fits, spare = observe_fits(caller, functions, fits, options)
        explained = explain(fits, spare, options) if fits else None
        if explained is not None and (not best or whole(explained.fit, functions)):
            found = explained
        if not best:
            best, best_spare = fits, spare
        if found is not None:
            break
    if not best:
        report.explanations = nowhere(leading(functions) or "", raised, unread)
        return report
    if found is None:
        found = explain_together(best, best_spare, options)
    if found is not None:
        own_scenario(caller, functions, found.fit, found.purpose, options)
    judge(report, found, best, options)
    return report


def nowhere(lead: str, raised: Sequence[Raised], unread: Sequence[str]) -> list[str]:
    """Why no layout fits."""
    if raised:
        why = f"{lead} runs with no layout that was tried; with the likeliest it raises {deepest(raised)}"
    else:
        what = max(set(unread), key=unread.count) if unread else "nothing"
        why = f"{lead} returns {what}, in which nothing of the right shape was found."
    return [why, "Name the layout with --layout, or see 'harness new FILE' for a file that fits."]


def unfinished(caller: Caller, functions: Sequence[str], options: Options) -> list[str]:
    """The functions that are still those of an unfilled template."""
    found = []
    how = Layout()
    at = setting(*DISTINCT[3][0], 0, options, how)
    for function in functions:
        given = arguments_for(caller, function, how, at, 1)
        if given is not None:
            raised = caller.call(function, given).raised
            if raised is not None and raised.type == "NotImplementedError":
                found.append(function)
    return found


def deepest(raised: Sequence[Raised]) -> Raised:
    """The error of the attempt that got farthest in the file."""
    return max(raised, key=lambda r: max((at["line"] or 0 for at in r.lines), default=0))


def options(
    scenario: str | None = None,
    cost: str | None = None,
    words: str | None = None,
    seed: int = 0,
    seconds: float = foreign.SECONDS,
    megabytes: int = foreign.MEGABYTES,
) -> Options:
    """The options of the command line; without a scenario or cost the post's are tried first.

    Raises:
        BadInput: a scenario, cost or layout that there is not, or a scenario with several hidden activations.
    """
    from ...scenario import scenario as scenarios

    chosen = scenarios.load("post" if scenario is None else scenario)
    network = chosen.network
    hidden = set(network.activations[:-1]) or {network.activations[-1]}
    if len(hidden) > 1:
        raise BadInput(
            f"{chosen.name}: a file is checked with one activation for all hidden layers, not {len(hidden)}; "
            "give it one"
        )
    purposes: tuple[Purpose, ...] = (Purpose(hidden.pop(), network.activations[-1], network.cost),)
    if cost is not None:
        if cost not in COST_FORMS:
            raise BadInput(f"command line: --cost: unknown {shown(cost)}; known are {', '.join(COST_FORMS)}")
        fitting = [p for p in every_purpose(Options()) if p.form == cost]
        purposes = tuple(
            p for p in fitting if scenario is None or (p.hidden, p.output) == (purposes[0].hidden, purposes[0].output)
        )
        if not purposes:
            raise BadInput(
                f"command line: --cost {cost} does not go with the output of {chosen.name}; leave one of them out"
            )
    known = () if words is None else tuple(layout.parse(words))
    return Options(purposes, bool(scenario or cost), known, chosen, seed, seconds, megabytes)


def files_in(path: Path) -> list[Path]:
    """The file, or the Python files of the folder, but for tests and those whose name begins with _.

    Raises:
        BadInput: there is none.
    """
    told = shown_path(path)
    if os.path.isdir(path):
        found = [f for f in sorted(path.glob("*.py")) if not f.name.startswith(("_", "test_", "conftest"))]
        found = [f for f in found if os.path.isfile(f)]  # no folder, pipe or link to nowhere that is called so
        if not found:
            raise BadInput(f"{told} has no Python file to check; give a folder that has")
        return found
    if not os.path.isfile(path):
        raise BadInput(f"{told} is neither a file nor a folder; give a Python file ('harness new' writes one)")
    if path.suffix != ".py":
        raise BadInput(f"{told} is no Python file; give one whose name ends in .py")
    return [path]


def check_files(
    paths: Sequence[Path],
    options: Options,
    jobs: int = 1,
    progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> list[Report]:
    """Check files, so many at once, each in a child process of its own.

    progress: of several, is told how many are done, and which is next.
    """
    reports: list[Report] = []
    with contextlib.ExitStack() as stack:
        checked: Iterator[Report] = map(check_file, paths, [options] * len(paths))
        if len(paths) > 1 and jobs > 1:
            pool = ProcessPoolExecutor(min(jobs, len(paths)), get_context("spawn"))
            checked = stack.enter_context(pool).map(check_file, paths, [options] * len(paths))
        for path in paths:
            if len(paths) > 1:
                progress(len(reports), len(paths), path.name)
            try:
                reports.append(next(checked))
            except BrokenProcessPool:
                raise BadInput("a file has ended a process that was to check it; check them one by one") from None
    return reports


def check_file(path: Path, options: Options | None = None) -> Report:
    """Check one Python file, in a child process."""
    started = time.monotonic()
    names = (*FUNCTIONS, *ALIASES)
    options = options or Options()
    child = foreign.Child(path, names, options.seconds, options.megabytes)
    name = on_the_terminal(path.name)
    report = Report(name)
    try:
        source = read_bytes(path, name, MOST_SOURCE, "it cannot be somebody's own").decode(errors="replace")
        with child:
            if child.raised is not None:
                report.explanations = [f"{name} cannot be loaded: {child.raised}"]
            else:
                report = check(Renamed(child), name, source, options)
    except Gone as gone:
        report.explanations = [f"{name}: {gone}"]
    except BadInput as unreadable:
        report.explanations = [str(unreadable)]
    report.output = child.output
    report.seconds = time.monotonic() - started
    return report


@dataclass
class Renamed:
    """A caller whose functions may have another name too."""

    caller: Caller

    @property
    def functions(self) -> Mapping[str, Sequence[foreign.Parameter]]:
        offered = dict(self.caller.functions)
        return offered | {to: offered[of] for of, to in ALIASES.items() if of in offered and to not in offered}

    def call(self, name: str, arguments: Sequence[Any], plain: bool = False, twice: bool = False) -> Reply:
        """See ``foreign.Caller``."""
        if name not in self.caller.functions:
            name = next(of for of, to in ALIASES.items() if to == name)
        return self.caller.call(name, arguments, plain, twice)


def check_functions(functions: Any, options: Options | None = None, name: str = "functions") -> Report:
    """Check functions of this process: a dictionary of them by name, a module, or any object that has them."""
    started = time.monotonic()
    get = functions.get if isinstance(functions, Mapping) else lambda key: getattr(functions, key, None)
    given = {key: function for key in (*FUNCTIONS, *ALIASES) if callable(function := get(key))}
    report = check(Renamed(foreign.Here(given)), name, "", options or Options())
    report.seconds = time.monotonic() - started
    return report
