"""The same question asked of a Keras model.

A Sequential model of Dense layers with the activations of models/network.py becomes a ``Case``: hundreds of runs at
once, by hand, from its own initializers. Any other model is trained by Keras itself, in copies that are initialised
again (``keras.models.clone_model``), one after the other for as long as the budget lasts and on a sample of the data.
"""

from __future__ import annotations

import json
import math
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models import initializers
from models.network import ACTIVATION_NAMES, COST_NAMES, Array, Network, Weights, from_keras
from models.optimizers import DEFAULTS, Optimizer

from .. import BadInput, baseline, symptoms
from ..keras_models import source
from ..keras_models.units import groups_of, units_of
from ..symptoms import Course, Symptom
from .case import Case, target_of
from .changes import ENOUGH, NO_CHANGE, Change, Result
from .hypotheses import is_unlearnable
from .judge import BUDGET, BY_ID, Cause, Diagnosis, row_of
from .judge import diagnose as diagnose_case
from .runs import Progress

ITERATIONS = 1000  # full-batch updates, where the user does not say how many
SAMPLE = 256  # observations that a model of other layers than Dense is trained on
RUNS = 3  # of one change, where Keras trains
STEPS = 50  # updates in one execution
LOSSES = {
    "mse": "mean_squared_error",
    "mean_squared_error": "mean_squared_error",
    "MeanSquaredError": "mean_squared_error",
    "binary_crossentropy": "binary_crossentropy",
    "BinaryCrossentropy": "binary_crossentropy",
    "categorical_crossentropy": "categorical_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "sparse_categorical_crossentropy": "sparse_categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
}
OF_OUTPUT = {"sigmoid": "binary_crossentropy", "softmax": "categorical_crossentropy"}


@dataclass(frozen=True, eq=False)
class KerasCase:
    """A model that Keras has to train itself.

    Attributes:
        model: as it was given; only copies are trained.
        x: its inputs, an array or one for each input; the first axis is the observations.
        y: (observations, outputs), one-hot under a categorical cross-entropy.
        cost: from ``COST_NAMES``.
        of: how many observations there were before the sample was taken.
    """

    name: str
    model: keras.Model
    x: Any
    y: Array
    cost: str
    of: int
    optimizer: Optimizer
    learning_rate: float
    iterations: int
    seed: int
    start_name: str = "its own initializers"
    mistake: str | None = None


# Reading the model


def compile_config(name: str, model: keras.Model) -> dict[str, Any]:
    """Loss and optimizer as the model was compiled with, {} if it was not; of a file they are read, nothing is run."""
    if getattr(model, "optimizer", None) is not None:
        found = model.get_compile_config() or {}
    elif Path(name).is_file():
        with zipfile.ZipFile(name) as archive:
            found = json.loads(archive.read("config.json")).get("compile_config") or {}
    else:
        found = {}
    return dict(found)


def class_and_config(value: Any) -> tuple[str, dict[str, Any]]:
    """A serialised object's class and settings; a string is a class without settings"""
    if isinstance(value, str):
        return value, {}
    if isinstance(value, dict):
        return str(value.get("class_name", "")), dict(value.get("config") or {})
    return "", {}


def cost_of(compiled: Mapping[str, Any], given: Mapping[str, object], output: str | None, y: Array) -> str:
    """The cost by its Keras name: given, compiled, or the one that the output activation goes with."""
    loss, _ = class_and_config(compiled.get("loss"))
    name = str(given.get("cost") or LOSSES.get(loss) or loss or OF_OUTPUT.get(output or "", "mean_squared_error"))
    if name == "categorical_crossentropy" and y.shape[1] == 1:
        name = "sparse_categorical_crossentropy"
    if name not in (*COST_NAMES, "sparse_categorical_crossentropy"):
        raise BadInput(f"the loss {name} is not known here; known are {', '.join(COST_NAMES)}: choose one with --cost")
    return name


def optimizer_of(compiled: Mapping[str, Any], given: Mapping[str, object]) -> tuple[Optimizer, float]:
    """The optimizer and its learning rate; SGD with 0.01, Keras' own, where the model has none.

    Raises:
        BadInput: an optimizer that is not known here, or a rate that changes by a schedule.
    """
    name, config = class_and_config(compiled.get("optimizer") or "SGD")
    kind = {"adamw": "adam"}.get(name.lower(), name.lower())
    if kind == "sgd" and config.get("momentum"):
        kind = "nesterov" if config.get("nesterov") else "momentum"
    if kind not in DEFAULTS:
        raise BadInput(f"the optimizer {name} is not known here; known are SGD, RMSprop, Adam and AdamW")
    rate = given.get("learning_rate") or config.get("learning_rate", 0.01)
    if not isinstance(rate, (int, float)):
        raise BadInput("the model's learning rate follows a schedule; give one number with --learning-rate")
    settings = tuple((key, float(config[key])) for key in DEFAULTS[kind] if config.get(key) is not None)
    return Optimizer(kind, settings), float(rate)


def keras_optimizer(optimizer: Optimizer) -> keras.optimizers.Optimizer:
    """The same as an object of Keras."""
    kinds = {"rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam}
    settings = dict(optimizer.settings)
    if optimizer.name in kinds:
        return kinds[optimizer.name](**settings)
    return keras.optimizers.SGD(nesterov=optimizer.name == "nesterov", **settings)


def arrays_of(path: Path, model: keras.Model) -> tuple[Any, Array]:
    """x as the model takes it, and y (observations, outputs)

    Raises:
        BadInput: an array is missing or does not fit.
    """
    x = source.load_data(path, model)
    arrays = source.read_arrays(path)
    if "y" not in arrays:
        raise BadInput(f"{path} has no array y, the targets, (observations, outputs)")
    y = np.asarray(arrays["y"])
    y = y[:, None] if y.ndim == 1 else y
    observations = len(x[0] if isinstance(x, list) else x)
    if y.ndim != 2 or len(y) != observations or not np.issubdtype(y.dtype, np.number) or not np.isfinite(y).all():
        raise BadInput(
            f"{path}: y has shape {y.shape}; wanted finite numbers ({observations}, outputs), one row for each x"
        )
    return x, y.astype(np.float64)


def as_targets(y: Array, cost: str, outputs: int) -> tuple[Array, str]:
    """Targets one-hot where they are labels, and the cost's name without "sparse"

    Raises:
        BadInput: labels or targets that the outputs do not fit.
    """
    if cost == "sparse_categorical_crossentropy":
        labels = y[:, 0].astype(int)
        if y.shape[1] != 1 or np.any(labels != y[:, 0]) or labels.min() < 0 or labels.max() >= outputs:
            raise BadInput(f"y must be class labels from 0 to {outputs - 1}, one a row")
        return np.eye(outputs)[labels], "categorical_crossentropy"
    if y.shape[1] != outputs:
        raise BadInput(f"y has {y.shape[1]} columns, the model {outputs} outputs")
    return y, cost


def dense_network(model: keras.Model, cost: str) -> Network | None:
    """The model as a ``Network``; None where it is no chain of Dense layers with activations that are known there."""
    if not isinstance(model, keras.Sequential) or not model.built:
        return None
    sizes: list[int] = []
    activations: list[str] = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        if isinstance(layer, keras.layers.Activation) and activations and activations[-1] == "linear":
            activations[-1] = layer.activation.__name__
            continue
        if type(layer) is not keras.layers.Dense or not layer.use_bias or not layer.trainable:
            return None
        if layer.kernel_regularizer or layer.bias_regularizer or layer.kernel_constraint or layer.bias_constraint:
            return None
        sizes = sizes or [int(layer.kernel.shape[0])]
        sizes.append(int(layer.units))
        activations.append(layer.activation.__name__)
    if not sizes or not set(activations) <= set(ACTIVATION_NAMES):
        return None
    try:
        return Network(tuple(sizes), tuple(activations), cost)
    except ValueError:
        return None


# The case


def reinitialised(model: keras.Model, seed: int) -> list[Array]:
    """The weights of a copy of the model, drawn anew by its own initializers, in Keras' order"""
    keras.utils.set_random_seed(seed)
    copy: list[Array] = keras.models.clone_model(model).get_weights()
    return copy


def initializer_of(model: keras.Model) -> tuple[initializers.Initializer, initializers.Initializer] | None:
    """(kernel's, bias') of all Dense layers alike, by our names; None where they differ or are not known."""
    found = set()
    for layer in model.layers:
        if not isinstance(layer, keras.layers.Dense):
            continue
        pair = []
        for each in (layer.kernel_initializer, layer.bias_initializer):
            name = {"Orthogonal": "orthogonal"}.get(
                type(each).__name__, keras.src.utils.naming.to_snake_case(type(each).__name__)
            )
            config = each.get_config()
            if name not in initializers.ARGUMENTS or config.get("mean"):
                return None
            pair.append(
                initializers.Initializer(name, tuple(float(config[key]) for key in initializers.ARGUMENTS[name]))
            )
        found.add(tuple(pair))
    return found.pop() if len(found) == 1 else None  # type: ignore[return-value]


def dense_case(name: str, model: keras.Model, network: Network, x: Array, y: Array, rate: float, iterations: int,
               optimizer: Optimizer, seed: int) -> Case:  # fmt: skip
    """The case of a chain of Dense layers, started by its own initializers, in float64."""
    pair = initializer_of(model)
    if pair is None:  # draws by Keras itself, one by one
        start: Weights = [np.asarray(w, np.float64) for w in from_keras(reinitialised(model, seed))]
        again = from_keras(reinitialised(model, seed + 1))
        random = any(not np.array_equal(a, b) for a, b in zip(start, again))

        def by_keras(members: range) -> Weights:
            drawn = [from_keras(reinitialised(model, seed + member)) for member in members]
            return [np.stack(layer, axis=-1).astype(np.float64) for layer in zip(*drawn)]

        return Case(name, network, x, y, start, "its own initializers", by_keras if random else None, None, rate,
                    iterations, optimizer, seed)  # fmt: skip
    kernel, bias = pair

    def on(network: Network, members: range) -> Weights:
        return initializers.draw_members(network, kernel, bias, seed, members)

    random = kernel.constant is None or bias.constant is None
    first: Weights = [w[..., 0] for w in on(network, range(1))]
    return Case(name, network, x, y, first, str(kernel), (lambda members: on(network, members)) if random else None,
                on if random else None, rate, iterations, optimizer, seed)  # fmt: skip


def case_of_model(name: str, data: Path, given: Mapping[str, object]) -> Case | KerasCase:
    """The case of ``MODEL.keras`` or ``module:function`` on the arrays x and y of a .npz file.

    Args:
        given: learning_rate, iterations, cost and seed in place of the model's own.

    Raises:
        BadInput: the model or the data cannot be read, or do not fit.
    """
    model = source.load(name)
    x, y = arrays_of(data, model)
    if not model.built or len(getattr(model, "outputs", None) or []) != 1:
        raise BadInput(f"{name} must be built and have one output")
    compiled = compile_config(name, model)
    last = [layer for layer in model.layers if hasattr(layer, "activation")]
    output = getattr(last[-1].activation, "__name__", None) if last else None
    y, cost = as_targets(y, cost_of(compiled, given, output, y), int(model.outputs[0].shape[-1]))
    optimizer, rate = optimizer_of(compiled, given)
    iterations, seed = int(given.get("iterations") or ITERATIONS), int(given.get("seed") or 0)  # type: ignore[call-overload]
    title = Path(name).stem if name.endswith(".keras") else name
    network = dense_network(model, cost)
    if network is not None and isinstance(x, np.ndarray) and x.ndim == 2:
        return dense_case(title, model, network, x.astype(np.float64), y, rate, iterations, optimizer, seed)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(y))[:SAMPLE])
    few = [part[chosen] for part in x] if isinstance(x, list) else x[chosen]
    return KerasCase(title, model, few, y[chosen], cost, len(y), optimizer, rate, iterations, seed)


# Training by Keras


class Trainer:
    """One copy of the model and its compiled training step, used again and again from other weights."""

    def __init__(self, case: KerasCase, optimizer: Optimizer) -> None:
        self.case = case
        self.model = keras.models.clone_model(case.model)
        self.model.compile(
            optimizer=keras_optimizer(optimizer),
            loss=case.cost,
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


def diagnose(
    case: Case | KerasCase, budget: float = BUDGET, progress: Progress = lambda done, total, what: None
) -> Diagnosis:
    """Find out why the model does not learn; as ``diagnose.diagnose``, whichever kind of case it is."""
    if isinstance(case, Case):
        return diagnose_case(case, budget, progress)
    started = time.monotonic()

    def left() -> float:
        return budget - (time.monotonic() - started)

    target, constant, floor = target_of(case.cost, flat(case.x), case.y)
    model, seed, rate = case.model, case.seed, case.learning_rate
    progress(0, 1, "the run itself")
    trainer = Trainer(case, case.optimizer)
    own_start = reinitialised(model, seed)
    first, _ = trainer.run(own_start, rate, case.x, 0)
    before = time.monotonic()
    final, outputs = trainer.run(own_start, rate, case.x, case.iterations)
    each = time.monotonic() - before  # the compilation is in it: later runs take less
    is_random = any(not np.array_equal(a, b) for a, b in zip(own_start, reinitialised(model, seed + 1)))
    own = Result(NO_CHANGE, np.array([final]), int(final <= target), case.iterations, False)
    course = Course([0, case.iterations], np.array([first, final]), [])
    found = measured(case, final, constant, outputs)
    results: list[Result] = []
    skipped: list[str] = []

    def runs(count: int) -> range:
        return range(seed + 1, seed + 1 + count)

    adam: list[Trainer] = []

    def by_adam(s: int) -> float:
        adam[:] = adam or [Trainer(case, Optimizer("adam"))]
        return adam[0].run(reinitialised(model, s), 0.001, case.x, case.iterations)[0]

    def retrained(start: Callable[[int], Sequence[Array]], factor: float = 1.0, x: Any = None, longer: int = 1) -> Any:
        return lambda s: trainer.run(start(s), rate * factor, case.x if x is None else x, longer * case.iterations)[0]

    def again(s: int) -> list[Array]:
        return reinitialised(model, s)

    def noisy(stddev: float) -> Callable[[int], Sequence[Array]]:
        return lambda s: with_noise(again(s), stddev, s)

    changes: list[tuple[str, str, Callable[[int], float]]] = [
        ("healthy", "kernels by glorot_uniform", retrained(lambda s: glorot(model, s))),
        ("inputs", "inputs standardised", retrained(again, x=standard(case.x))),
        *(("rate-up", f"learning rate x {f:g}", retrained(again, f)) for f in (10.0, 100.0, 1000.0, 10000.0)),
        *(("rate-down", f"learning rate x {f:g}", retrained(again, f)) for f in (0.1, 0.01)),
        *(("noise", f"noise N(0, {v:g}²) on every weight", retrained(noisy(v))) for v in (0.01, 0.1)),
        ("optimizer", "adam with a rate of 0.001", by_adam),
        ("iterations", "iterations x 10", retrained(again, longer=10)),
    ]  # fmt: skip
    if is_random:
        changes.insert(0, ("seed", "another draw of its own initializers", retrained(again)))
    for done, (family, sentence, run) in enumerate([] if own.reached else changes):
        needed = each * (10 if family == "iterations" else 1)
        if left() < needed:
            skipped.append(sentence)
            continue
        progress(done, len(changes), sentence)
        costs: list[float] = []
        for s in runs(RUNS):
            if left() < needed and costs:
                break
            before = time.monotonic()
            costs.append(run(s))
            needed = time.monotonic() - before
            if not costs[-1] <= target:  # one of so few that does not learn settles it
                break
        each = min(each, needed / (10 if family == "iterations" else 1))
        change = Change(family, sentence, float(done), lambda trial: trial, family != "noise")
        reached = sum(cost <= target for cost in costs)
        results.append(Result(change, np.array(costs), reached, case.iterations, True))
    causes = named(case, results, own, found, floor, constant)
    used = {row.change for cause in causes for row in cause.evidence}
    rows = [row_of(r, own, FAMILIES.get(r.change.family, "plateau"), r.enough) for r in results]
    if len(case.y) < case.of:
        skipped.append(f"{case.of - len(case.y)} of {case.of} observations")
    return Diagnosis(
        case=case,
        judged_at=case.iterations,
        learns=bool(own.reached) and not is_unlearnable(floor, constant),
        learned_at=case.iterations if own.reached else None,
        target=target,
        constant=constant,
        floor=floor,
        course=course,
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
        skipped=skipped,
        budget=budget,
        seconds=time.monotonic() - started,
        trials=len(results),
        members=sum(result.members for result in results),
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
        Symptom("input-scale", None, scale, f"{told}, and means of up to {scale['offset']:.3g} in size"),
        Symptom("final-cost", None, final, f"cost {final:.6g}; the best constant prediction has {constant:.6g}"),
    ]
    if not math.isfinite(final):
        return [*found, Symptom("diverged", None, float(case.iterations), "the cost is no number any more")]
    spread = symptoms.predicts_mean(outputs, case.y)
    if spread < 0.05:
        found.append(Symptom("constant-prediction", None, spread, "it predicts one thing, whatever the input"))
    fresh = keras.models.clone_model(case.model)
    for number, units in enumerate(units_of(fresh), start=1):
        width = len(groups_of(units))
        if width < units.count:
            told = f"{units.layer.name} has an effective width of {width} of {units.count}: clones from the start"
            found.append(Symptom("clones-at-start", number, float(width), told))
    return found


def named(
    case: KerasCase, results: Sequence[Result], own: Result, found: Sequence[Symptom], floor: float, constant: float
) -> list[Cause]:
    """The causes: as in diagnose.py, with fewer runs, so that the intervals are wide and say so."""
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
