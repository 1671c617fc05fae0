"""The same question asked of a Keras model that Keras has to train: keras_case.py says which those are.

Its copies are initialised again (``keras.models.clone_model``) and trained one after the other, for as long as the
budget lasts and on a sample of the data.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from ...measures import baseline, symptoms
from ...measures.learning import target_of
from ...measures.symptoms import Course, Symptom
from ...models.network import Array
from ...models.optimizers import Optimizer
from ...models.sequential import LOSSES, keras_optimizer
from ...programs.units import groups_of, units_of
from ...scenario.effort import BUDGET_SECONDS
from .case import Case
from .changes import ENOUGH, NO_CHANGE, Change, Result
from .hypotheses import is_unlearnable
from .judge import BY_ID, Cause, Diagnosis, row_of
from .judge import diagnose as diagnose_case
from .keras_case import KerasCase, reinitialised
from .runs import Clock, Progress

RUNS = 3  # of one change, where Keras trains
STEPS = 50  # updates in one execution


class Trainer:
    """One copy of the model and its compiled training step, used again and again from other weights."""

    def __init__(self, case: KerasCase, optimizer: Optimizer) -> None:
        self.case = case
        self.model = keras.models.clone_model(case.model)
        self.model.compile(
            optimizer=keras_optimizer(optimizer, "float32"),
            loss=LOSSES[case.cost](),
            steps_per_execution=STEPS,
            jit_compile=False,
        )
        self.fresh: list[Array] | None = None

    def cost(self, x: Any) -> float:
        """Of the model as it is; regularisation is no part of it"""
        outputs = np.asarray(self.model(x, training=False), np.float64)
        return baseline.cost_of_outputs(self.case.cost, outputs, self.case.y)

    def run(self, weights: Sequence[Array], rate: float, x: Any, iterations: int) -> tuple[float, Array]:
        """The last cost and the outputs, after so many full-batch updates from those weights"""
        import tensorflow as tf

        self.model.set_weights(list(weights))
        if self.fresh is not None:
            for variable, value in zip(self.model.optimizer.variables, self.fresh):
                variable.assign(value)
        elif self.model.optimizer.built is False:
            self.model.optimizer.build(self.model.trainable_variables)
            self.fresh = [variable.numpy() for variable in self.model.optimizer.variables]
        self.model.optimizer.learning_rate = rate
        inputs = tuple(x) if isinstance(x, list) else x
        batch = tf.data.Dataset.from_tensors((inputs, self.case.y)).repeat(iterations)
        if iterations:
            self.model.fit(batch, shuffle=False, verbose=0)
        return self.cost(x), np.asarray(self.model(x, training=False), np.float64)


def standard(x: Any) -> Any:
    """Each input standardised over the observations"""
    if isinstance(x, list):
        return [standard(part) for part in x]
    values = np.asarray(x, np.float64)
    deviation = np.std(values, axis=0)
    return ((values - np.mean(values, axis=0)) / np.where(deviation > 0, deviation, 1)).astype(np.float32)


def with_noise(weights: Sequence[Array], stddev: float, seed: int) -> list[Array]:
    """N(0, stddev^2) on every weight"""
    rng = np.random.default_rng(seed)
    return [w + stddev * rng.normal(size=w.shape).astype(w.dtype) for w in weights]


def glorot(model: keras.Model, seed: int) -> list[Array]:
    """Kernels (all that has two axes or more) drawn by Glorot's rule, the other weights as the model has them"""
    drawn = []
    for number, w in enumerate(reinitialised(model, seed)):
        rule = keras.initializers.GlorotUniform(seed=seed + 1000 * number)
        drawn.append(np.asarray(rule(w.shape)) if w.ndim >= 2 else w)
    return drawn


class Retraining(NamedTuple):
    """A change, and how a run with it is made, from its seed to its last cost, in so many times the iterations."""

    family: str
    sentence: str
    run: Callable[[int], float]
    longer: int = 1


def retrainings(case: KerasCase, trainer: Trainer, is_random: bool) -> list[Retraining]:
    """Every change that is tried, the mildest first; ``is_random`` is whether the model's starts differ."""
    model, rate = case.model, case.learning_rate

    @functools.cache
    def adam() -> Trainer:
        return Trainer(case, Optimizer("adam"))  # compiled where there is time for it

    def again(seed: int) -> Sequence[Array]:
        return reinitialised(model, seed)

    def noisy(stddev: float) -> Callable[[int], Sequence[Array]]:
        return lambda seed: with_noise(again(seed), stddev, seed)

    def trained(
        start: Callable[[int], Sequence[Array]] = again, factor: float = 1.0, x: Any = case.x, longer: int = 1
    ) -> Callable[[int], float]:
        return lambda seed: trainer.run(start(seed), rate * factor, x, longer * case.iterations)[0]

    def by_adam(seed: int) -> float:
        return adam().run(again(seed), 0.001, case.x, case.iterations)[0]

    return [
        *([Retraining("seed", "another draw of its own initializers", trained())] if is_random else []),
        Retraining("healthy", "kernels by glorot_uniform", trained(lambda seed: glorot(model, seed))),
        Retraining("inputs", "inputs standardised", trained(x=standard(case.x))),
        *(Retraining("rate-up", f"learning rate x {f:g}", trained(factor=f)) for f in (10.0, 100.0, 1000.0, 10000.0)),
        *(Retraining("rate-down", f"learning rate x {f:g}", trained(factor=f)) for f in (0.1, 0.01)),
        *(Retraining("noise", f"noise N(0, {v:g}²) on every weight", trained(noisy(v))) for v in (0.01, 0.1)),
        Retraining("optimizer", "adam with a rate of 0.001", by_adam),
        Retraining("iterations", "iterations x 10", trained(longer=10), 10),
    ]


def tried(case: KerasCase, every: Sequence[Retraining], target: float, a_run: float, clock: Clock) -> list[Result]:
    """Make ``RUNS`` runs of each change, as far as the clock allows; what it does not is put by.

    Args:
        a_run: seconds of a run of the case's own iterations, as far as is known before the first.
    """
    results = []
    for done, change in enumerate(every):
        needed = a_run * change.longer
        if clock.left < needed:
            clock.skipped.append(Change(change.family, change.sentence, float(done), lambda trial: trial))
            continue
        clock.progress(done, len(every), change.sentence)
        costs: list[float] = []
        for seed in range(case.seed + 1, case.seed + 1 + RUNS):
            if clock.left < needed and costs:
                break
            before = time.monotonic()
            costs.append(change.run(seed))
            needed = time.monotonic() - before
            if not costs[-1] <= target:  # one of so few that does not learn settles it
                break
        a_run = min(a_run, needed / change.longer)
        made = Change(change.family, change.sentence, float(done), lambda trial: trial, change.family != "noise")
        results.append(Result(made, np.array(costs), sum(cost <= target for cost in costs), case.iterations, True))
        clock.trials, clock.members = clock.trials + 1, clock.members + len(costs)
    return results


def diagnose(
    case: Case | KerasCase, budget: float = BUDGET_SECONDS, progress: Progress = lambda done, total, what: None
) -> Diagnosis:
    """Find out why the model does not learn; as ``judge.diagnose``, whichever kind of case it is."""
    if isinstance(case, Case):
        return diagnose_case(case, budget, progress)
    clock = Clock(budget, progress)
    target, constant, floor = target_of(case.cost, flat(case.x), case.y)
    progress(0, 1, "the run itself")
    trainer, start = Trainer(case, case.optimizer), reinitialised(case.model, case.seed)
    first, _ = trainer.run(start, case.learning_rate, case.x, 0)
    before = time.monotonic()
    final, outputs = trainer.run(start, case.learning_rate, case.x, case.iterations)
    a_run = time.monotonic() - before  # the compilation is in it: later runs take less
    is_random = any(not np.array_equal(a, b) for a, b in zip(start, reinitialised(case.model, case.seed + 1)))
    own = Result(NO_CHANGE, np.array([final]), int(final <= target), case.iterations, False)
    found = measured(case, final, constant, outputs)
    every = [] if own.reached else retrainings(case, trainer, is_random)
    results = tried(case, every, target, a_run, clock)
    causes = named(results, own, found, floor, constant)
    used = {row.change for cause in causes for row in cause.evidence}
    rows = [row_of(r, own, FAMILIES.get(r.change.family, "plateau"), r.enough) for r in results]
    left_out = [f"{case.of - len(case.y)} of {case.of} observations"] if len(case.y) < case.of else []
    return Diagnosis(
        case=case,
        judged_at=case.iterations,
        learns=bool(own.reached) and not is_unlearnable(floor, constant),
        learned_at=case.iterations if own.reached else None,
        target=target,
        constant=constant,
        floor=floor,
        course=Course(iterations=[0, case.iterations], costs=np.array([first, final]), weights=[]),
        own=own,
        found=found,
        causes=causes,
        refuted=[row for row in rows if not row.helps],
        helpful=[row for row in rows if row.helps and row.change not in used],
        clones=[],
        bound=None,
        relation=None,
        lucky=False,
        late=None,
        math_error=None,
        wrong=False,
        skipped=[change.sentence for change in clock.skipped],
        budget=budget,
        seconds=time.monotonic() - clock.started,
        trials=clock.trials,
        members=clock.members,
        left_out=left_out,
    )


FAMILIES = {
    "inputs": "unscaled-inputs",
    "noise": "clones",
    "healthy": "plateau",
    "seed": "plateau",
    "rate-up": "learning-rate-too-small",
    "rate-down": "learning-rate-too-large",
    "optimizer": "learning-rate-too-small",
    "iterations": "too-few-iterations",
}


def flat(x: Any) -> Array:
    """All inputs in one row for each observation"""
    parts = x if isinstance(x, list) else [x]
    return np.concatenate([np.asarray(part, np.float64).reshape(len(part), -1) for part in parts], axis=1)


def measured(case: KerasCase, final: float, constant: float, outputs: Array) -> list[Symptom]:
    """Symptoms, as far as a model of any layers has them."""
    scale = symptoms.input_scale(flat(case.x))
    told = f"inputs have standard deviations from {scale['smallest']:.3g} to {scale['largest']:.3g}"
    found = [
        Symptom(
            id="input-scale",
            layer=None,
            value=scale,
            sentence=f"{told}, and means of up to {scale['offset']:.3g} in size",
        ),
        Symptom(
            id="final-cost",
            layer=None,
            value=final,
            sentence=f"cost {final:.6g}; the best constant prediction has {constant:.6g}",
        ),
    ]
    if not math.isfinite(final):
        return [
            *found,
            Symptom(id="diverged", layer=None, value=float(case.iterations), sentence="the cost is no number any more"),
        ]
    spread = symptoms.predicts_mean(outputs, case.y)
    if spread < 0.05:
        found.append(
            Symptom(
                id="constant-prediction", layer=None, value=spread, sentence="it predicts one thing, whatever the input"
            )
        )
    fresh = keras.models.clone_model(case.model)
    for number, units in enumerate(units_of(fresh), start=1):
        width = len(groups_of(units))
        if width < units.count:
            told = f"{units.layer.name} has an effective width of {width} of {units.count}: clones from the start"
            found.append(Symptom(id="clones-at-start", layer=number, value=float(width), sentence=told))
    return found


def named(
    results: Sequence[Result], own: Result, found: Sequence[Symptom], floor: float, constant: float
) -> list[Cause]:
    """The causes: as in judge.py, with fewer runs, so that the intervals are wide and say so."""
    if is_unlearnable(floor, constant):
        hypothesis = BY_ID["unlearnable"]
        return [Cause("unlearnable", hypothesis.sentence, 1.0, [], hypothesis.remedy, True)]
    enough = {family: [r for r in results if r.change.family == family and r.share >= ENOUGH] for family in FAMILIES}
    scale = next(s.value for s in found if s.id == "input-scale" and isinstance(s.value, dict))
    has_clones = any(s.id == "clones-at-start" for s in found)
    order = [
        ("unscaled-inputs", symptoms.is_unscaled(scale), "inputs"),
        ("clones", has_clones, "noise"),
        ("plateau", True, "healthy"),
        ("learning-rate-too-large", not enough["healthy"], "rate-down"),
        ("learning-rate-too-small", not enough["healthy"], "rate-up"),
        ("too-few-iterations", not enough["healthy"], "iterations"),
    ]
    for id, present, family in order:
        if present and enough[family] and not own.reached:
            hypothesis = BY_ID[id]
            rows = [row_of(r, own, id, True) for r in enough[family]]
            return [Cause(id, hypothesis.sentence, rows[0].interval[0], rows, hypothesis.remedy, True)]
    return []
