"""What off-the-shelf learners reach on the same split: the level that a program is measured against.

A constant prediction is the lower level. scikit-learn's linear or logistic regression, gradient boosting and nearest
neighbours, with standardised inputs, are the upper one. Which of them is best is chosen on other rows than those that
judge, so that the maximum of several scores is not taken for more than it is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .scores import Reading, balanced_accuracy, constant_score, score
from .splits import Fold, Judged, Split, group_rows
from .tasks import Array, Task, TaskKind

MOST_TRAINING_ROWS = 2000  # that a reference is fitted to
MOST_FEATURES = 100  # above it, the features with the largest variance are kept
MOST_COLUMNS = 8  # targets that a reference is fitted to; above it, only linear models and neighbours
MOST_TOKENS = 2000  # distinct tokens of a text that are counted
FEW_FEATURES = 3  # of a function that is looked at by the closest observations alone
MOST_BINS = 255  # of a feature, that gradient boosting distinguishes
PERMUTATIONS = 500
BOOTSTRAP_SAMPLES = 100
LINEAR_MODELS = ("linear regression", "logistic regression")
NEARLY_BEST = 0.95  # of the way from constant to best, from which a linear model is as good as any
HALF_WAY = 0.5  # the same, up to which a linear model fails
COMPONENTS = "principal components"  # the reference of an autoencoder
LEAST_SQUARES = "least squares"
TWO_NEIGHBOURS = "two nearest neighbours"
FEWEST_LEFT_OUT = 20  # observations from which the nearest of the others say what a small table lets anybody predict
LEFT_OUT_LEVEL = 0.3  # R2 of these predictions from which they do; below, the function may vary too fast for them
ROWS_A_WEIGHT = 2  # observations for each weight of least squares, from which their fit says something
TIMES_NEARER = 20  # times less than a program that the best reference leaves unexplained, if that is far nearer
PRECISE = 0.98  # R2 from which nothing is said of a nearer reference
EXACT = 0.999  # R2 of a reference from which the targets are taken for a function of the inputs, without noise
SIGNAL_LEVEL = 0.01  # p of the permutation test below which the data carry a signal
LEAST_WAY = 0.05  # between constant and best prediction, below which a program cannot be placed
LEAST_NOISES = 2.5  # the same in standard deviations of the score


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One off-the-shelf learner and what it reaches on the judged rows."""

    name: str
    score: float


@dataclass(frozen=True, kw_only=True)
class References:
    """The levels that a program is measured against."""

    constant: float  # the score of the best constant prediction; of a single row, that of 0
    learners: tuple[Reference, ...]  # the off-the-shelf learners, best first
    best: float  # the largest score of them, at least ``constant``
    # of the permutation test that the best of them is not better than chance; None if it was not made
    p_value: float | None
    # whether such learners suit the inputs (tables and sequences of one step do; images, longer sequences and texts do
    # not): only then does a score at chance say something about the data
    apt: bool
    noise: float  # standard deviation of a score that is due to the finite number of judged rows
    is_of_one_row: bool = False  # which a constant prediction fits as well as any

    @property
    def least_way(self) -> float:
        """How far above the constant prediction a score must lie to be clearly better than it."""
        return max(LEAST_WAY, LEAST_NOISES * self.noise)

    @property
    def has_signal(self) -> bool:
        """Whether a learner finds more than chance in the data, and more than the noise of the score."""
        way = self.best - self.constant
        if self.p_value is None:
            return way > 0
        return self.p_value <= SIGNAL_LEVEL and way > self.least_way

    @property
    def line_suffices(self) -> bool:
        """Whether a linear model is as good as any: no layer and no activation is then what a network lacks."""
        way = self.best - self.constant
        linear = [learner.score for learner in self.learners if learner.name in LINEAR_MODELS]
        return way > 0 and max(linear, default=-np.inf) >= self.constant + NEARLY_BEST * way

    @property
    def line_fails(self) -> bool:
        """Whether the targets are known much better by others than by the best linear function of the inputs."""
        linear = max((one.score for one in self.learners if one.name in LINEAR_MODELS), default=np.inf)
        is_far = linear <= self.constant + HALF_WAY * (self.best - self.constant)
        return self.apt and self.has_signal and is_far and self.best - linear > self.least_way

    def much_nearer(self, value: float) -> Reference | None:
        """The learner that leaves far less of a regression unexplained than R2 ``value`` does, where nearly nothing of
        it is noise; None if there is none. If the training rows judge, it is least squares or none."""
        asked = [one for one in self.learners if self.p_value is not None or one.name == LEAST_SQUARES]
        nearest = max(asked, key=lambda learner: learner.score, default=None)
        if nearest is None or value >= PRECISE:
            return None
        return nearest if 1 - value >= TIMES_NEARER * (1 - nearest.score) else None


def flatten_inputs(inputs: Sequence[Array], token_inputs: Sequence[bool]) -> Array:
    """One table (observations, features) of all inputs; token inputs as counts of their tokens."""
    parts = []
    for values, is_tokens in zip(inputs, token_inputs):
        flat = np.asarray(values).reshape(len(values), -1)
        parts.append(_count_tokens(flat) if is_tokens else flat.astype(float))
    return np.nan_to_num(np.concatenate(parts, axis=1), posinf=0.0, neginf=0.0)


def _count_tokens(tokens: Array) -> Array:
    """How often each of the most frequent tokens occurs in each row, (observations, tokens); and, for short rows of
    few tokens, which token stands where."""
    values, places, counts = np.unique(tokens.astype(np.int64), return_inverse=True, return_counts=True)
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_TOKENS])
    number = np.full(len(values), -1)
    number[kept] = np.arange(len(kept))
    table = np.zeros((len(tokens), len(kept)))
    columns = number[places.reshape(tokens.shape)]
    rows = np.repeat(np.arange(len(tokens)), tokens.shape[1])
    known = columns.reshape(-1) >= 0
    np.add.at(table, (rows[known], columns.reshape(-1)[known]), 1)
    return table


def measure_references(
    inputs: Sequence[Array],
    targets: Array,
    task: Task,
    split: Split,
    *,
    token_inputs: Sequence[bool],
    seed: int,
    autoencoder_width: int | None = None,
    keeps_state: bool = False,
) -> References:
    """The scores of constant and off-the-shelf predictions on the rows that judge.

    Args:
        inputs: one array (rows, ...) for each input
        targets: as ``Task.read_targets`` gives them
        task: what is to be learned
        split: which rows train and judge
        token_inputs: for each input, whether it holds tokens (numbers that stand for words)
        seed: of the draws
        autoencoder_width: the narrowest layer, if the targets are the inputs; None otherwise
        keeps_state: whether the network knows earlier rows beside the one it is given
    """
    is_flat = all(np.prod(np.shape(values)[1:-1]) == 1 for values in inputs)
    apt = is_flat and not any(token_inputs) and not keeps_state
    judged = [fold.search if split.judged is Judged.TRAINING else _union(fold) for fold in split.folds]
    if task.positions > 1:
        constant = constant_score(task, targets)
        return References(constant=constant, learners=(), best=constant, p_value=None, apt=False, noise=0.0)
    constant = float(np.mean([constant_score(task, targets[held]) for held in judged]))
    if split.judged is Judged.TRAINING:
        return _of_memory(inputs, targets[judged[0]], task, constant, token_inputs)
    if autoencoder_width is not None:
        return _of_components(targets, task, split, constant, autoencoder_width)
    makers = make_learners(task, targets)
    features = sum(int(np.prod(np.shape(values)[1:])) for values in inputs)
    if task.kind is TaskKind.REGRESSION and features <= FEW_FEATURES and apt:
        makers[TWO_NEIGHBOURS] = _two_neighbours  # of functions that vary fast, more neighbours see nothing
    values: dict[str, list[tuple[float, float]]] = {name: [] for name in makers}
    pooled: dict[str, list[Array]] = {name: [] for name in makers}
    rng = np.random.default_rng([seed, 4])
    for fold, held in zip(split.folds, judged):
        usable = np.arange(len(inputs[0])) if split.trailing_fraction > 0 else fold.train
        kept = _thin_rows(np.setdiff1d(usable, held), MOST_TRAINING_ROWS, rng)
        used = np.concatenate([kept, held])  # of large tables, a small part
        table = flatten_inputs([np.asarray(values)[used] for values in inputs], token_inputs)
        known, asked = table[: len(kept)], table[len(kept) :]
        chosen_features = _chosen_features(known)
        train, test = _standardise(known[:, chosen_features], asked[:, chosen_features])
        inner = np.arange(len(kept)) % 4 == 0  # chooses the best learner
        inner = inner[rng.permutation(len(kept))]
        for name, make in makers.items():
            chosen = fitted_outputs(make, train[~inner], targets[kept][~inner], train[inner], task)
            outputs = fitted_outputs(make, train, targets[kept], test, task)
            selected = value_of(task, chosen, targets[kept][inner])
            values[name].append((selected, value_of(task, outputs, targets[held])))
            pooled[name].append(outputs)
    means = {name: tuple(np.mean(np.array(rows_), axis=0)) for name, rows_ in values.items()}
    names = sorted(makers, key=lambda name: -means[name][0])
    learners = tuple(Reference(name=name, score=float(means[name][1])) for name in names)
    truth = np.concatenate([targets[held] for held in judged])
    best_outputs = np.concatenate(pooled[names[0]])
    best = max(constant, learners[0].score)
    return References(
        constant=constant,
        learners=learners,
        best=best,
        p_value=permutation_p(task, [np.concatenate(pooled[name]) for name in names], truth, seed),
        apt=apt,
        noise=sampling_noise(task, best_outputs, truth, seed),
    )


def _two_neighbours() -> Any:
    """The mean of the two nearest observations."""
    from sklearn.neighbors import KNeighborsRegressor

    return KNeighborsRegressor(n_neighbors=2)


def _union(fold: Fold) -> Array:
    """All judged rows of a fold."""
    return np.union1d(fold.search, fold.confirm)


def value_of(task: Task, outputs: Array, targets: Array) -> float:
    """The score of a reference: class indices (rows, 1) of classes, else values."""
    if task.kind in (TaskKind.BINARY, TaskKind.MULTICLASS):
        return balanced_accuracy(outputs[:, 0].astype(np.intp), targets)
    return score(task, outputs, targets, Reading(threshold=0.5, column_classes=np.arange(outputs.shape[1]))).value


def _thin_rows(rows: Array, most: int, rng: np.random.Generator) -> Array:
    """At most ``most`` of the rows, drawn at random."""
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def _chosen_features(table: Array) -> Array:
    """The columns that vary; if they are many, those that vary most beyond their unit (their share of variance)."""
    spread = table.std(axis=0)
    varied = np.flatnonzero(spread > 1e-12)
    if len(varied) == 0:
        return np.array([0])
    if len(varied) <= MOST_FEATURES:
        return varied
    return np.sort(varied[np.argsort(-spread[varied], kind="stable")[:MOST_FEATURES]])


def _standardise(train: Array, test: Array) -> tuple[Array, Array]:
    """Both tables with the training rows' mean and spread taken out."""
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread = np.where(spread > 1e-12, spread, 1.0)
    return (train - mean) / spread, np.clip((test - mean) / spread, -1e3, 1e3)


def make_learners(task: Task, targets: Array) -> dict[str, Callable[[], Any]]:
    """Unfitted learners by name."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.preprocessing import StandardScaler

    boosting = {"max_iter": 60, "max_leaf_nodes": 15, "min_samples_leaf": 5, "random_state": 0, "early_stopping": False}
    columns = targets.shape[1] if targets.ndim > 1 else 1
    if task.kind is TaskKind.REGRESSION:
        made: dict[str, Callable[[], Any]] = {
            "linear regression": lambda: Ridge(alpha=1.0),
            "nearest neighbours": lambda: KNeighborsRegressor(n_neighbors=5),
        }
        if columns <= MOST_COLUMNS:
            one = HistGradientBoostingRegressor(**boosting)
            # whose settings then suit any unit
            made["gradient boosting"] = lambda: TransformedTargetRegressor(
                MultiOutputRegressor(one) if columns > 1 else one, transformer=StandardScaler(), check_inverse=False
            )
        return made

    def logistic() -> Any:
        return LogisticRegression(max_iter=200, class_weight="balanced")

    def boosted() -> Any:
        return HistGradientBoostingClassifier(class_weight="balanced", **boosting)

    if task.kind is TaskKind.MULTILABEL:
        made = {
            "logistic regression": lambda: MultiOutputClassifier(logistic()),
            "nearest neighbours": lambda: KNeighborsClassifier(n_neighbors=5),
        }
        if columns <= MOST_COLUMNS:
            made["gradient boosting"] = lambda: _Coded(MultiOutputClassifier(boosted()))
        return made
    made = {"logistic regression": logistic, "nearest neighbours": lambda: KNeighborsClassifier(n_neighbors=5)}
    if task.classes <= MOST_COLUMNS + 2:
        made["gradient boosting"] = lambda: _Coded(boosted())
    return made


class _Coded:
    """A classifier that is given the bin of each value instead of the value.

    Boosting makes the same bins itself, but one quantile after another where classes are weighted, which takes longer
    than the fit.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def fit(self, x: Array, y: Array) -> _Coded:
        """Fit to the bins that the quantiles of x make."""
        self.edges = np.quantile(x, np.linspace(0, 1, MOST_BINS + 1)[1:-1], axis=0)
        self.inner.fit(self.coded(x), y)
        return self

    def coded(self, x: Array) -> Array:
        """The bins of values, (rows, features)."""
        return np.stack([np.searchsorted(*pair) for pair in zip(self.edges.T, x.T)], axis=1).astype(float)

    def predict(self, x: Array) -> Array:
        """Classes."""
        return np.asarray(self.inner.predict(self.coded(x)))


def fitted_outputs(make: Callable[[], Any], x: Array, y: Array, test: Array, task: Task) -> Array:
    """Predictions (rows, columns) of a learner fitted to (x, y); those of the most frequent class if it cannot fit."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    shaped = y[:, 0] if task.kind is TaskKind.REGRESSION and y.shape[1] == 1 else y
    if task.kind is TaskKind.MULTILABEL:
        shaped = shaped.astype(np.intp)
        kept = [column for column in range(y.shape[1]) if 0 < y[:, column].sum() < len(y)]
        outputs = np.broadcast_to(y.mean(axis=0) > 0.5, (len(test), y.shape[1])).astype(float)
        if not kept:
            return outputs
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            outputs[:, kept] = np.asarray(make().fit(x, shaped[:, kept]).predict(test)).reshape(len(test), -1)
        return outputs
    if task.is_classification and len(np.unique(shaped)) < 2:
        return np.full((len(test), 1), shaped[0] if len(shaped) else 0, dtype=float)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # a logistic regression that is stopped early is good enough here
        predicted = np.asarray(make().fit(x, shaped).predict(test), dtype=float)
    return predicted.reshape(len(test), -1)


def _of_memory(
    inputs: Sequence[Array], truth: Array, task: Task, constant: float, token_inputs: Sequence[bool]
) -> References:
    """If the training rows judge, the best that any function reaches: equal inputs get the best equal answer; beside
    it, what a linear model reaches.

    In a regression on few features, the nearest of the other rows show how much of the targets is not noise.
    """
    rows = len(truth)
    groups = group_rows(inputs)[:rows]
    outputs = np.empty((rows, truth.shape[1] if truth.ndim > 1 else 1))
    for group in np.unique(groups):
        members = groups == group
        if task.kind in (TaskKind.BINARY, TaskKind.MULTICLASS):
            outputs[members] = np.bincount(np.maximum(truth[members], 0)).argmax()
        else:
            outputs[members] = truth[members].mean(axis=0)
    value = value_of(task, outputs, truth)
    learners = {"memory": value}
    table = flatten_inputs([np.asarray(values)[:rows] for values in inputs], token_inputs)
    table = table[:, _chosen_features(table)]
    table, _ = _standardise(table, table)
    learners |= {
        name: value_of(task, fitted_outputs(make, table, truth, table, task), truth)
        for name, make in make_learners(task, truth).items()
        if name in LINEAR_MODELS
    }
    if task.kind is TaskKind.REGRESSION and rows >= ROWS_A_WEIGHT * (table.shape[1] + 1):
        terms = np.column_stack([np.ones(rows), table])
        learners[LEAST_SQUARES] = value_of(task, terms @ np.linalg.lstsq(terms, truth, rcond=None)[0], truth)
    if task.kind is TaskKind.REGRESSION and rows >= FEWEST_LEFT_OUT and table.shape[1] <= FEW_FEATURES:
        near = value_of(task, _left_out_outputs(table, truth), truth)
        if near >= LEFT_OUT_LEVEL:  # what memory knows beyond that is the noise of these rows
            others = {name: reached for name, reached in learners.items() if name != "memory"}
            learners = dict(sorted({TWO_NEIGHBOURS: near, **others}.items(), key=lambda pair: -pair[1]))
    return References(
        constant=constant,
        learners=tuple(Reference(name=name, score=reached) for name, reached in learners.items()),
        best=max(constant, next(iter(learners.values()))),
        p_value=None,
        apt=True,
        noise=0.0,
        is_of_one_row=rows == 1,
    )


def _left_out_outputs(table: Array, truth: Array) -> Array:
    """For each observation, what the two nearest of the others predict, (rows, columns)."""
    outputs = [_two_neighbours().fit(np.delete(table, row, 0), np.delete(truth, row, 0)) for row in range(len(table))]
    return np.stack([fitted.predict(table[[row]])[0] for row, fitted in enumerate(outputs)]).reshape(len(table), -1)


def _of_components(targets: Array, task: Task, split: Split, constant: float, width: int) -> References:
    """If the targets are the inputs (an autoencoder), what as many principal components as its narrowest layer has
    units restore."""
    from sklearn.decomposition import PCA

    values = []
    for fold in split.folds:
        train = targets[fold.train[:MOST_TRAINING_ROWS]]
        held = targets[_union(fold)]
        fitted = PCA(n_components=min(width, *train.shape), random_state=0).fit(train)
        values.append(value_of(task, fitted.inverse_transform(fitted.transform(held)), held))
    value = float(np.mean(values))
    first = split.folds[0]
    is_known = width >= targets.shape[1] or is_any_column_known(targets[first.train], targets[_union(first)], task)
    return References(
        constant=constant,
        learners=(Reference(name=COMPONENTS, score=value),),
        best=max(constant, value),
        p_value=0.0 if is_known else 1.0,
        apt=True,
        noise=0.0,
    )


def is_any_column_known(train: Array, held: Array, task: Task) -> bool:
    """Whether a learner predicts a column of a table from the others better than by its mean."""
    train, held = train[:MOST_TRAINING_ROWS], held[:MOST_TRAINING_ROWS]
    columns = np.argsort(-train.std(axis=0), kind="stable")[:MOST_COLUMNS]
    makers = make_learners(task, train[:, :1])
    if train.shape[1] > MOST_FEATURES:
        makers.pop("gradient boosting")
    for make in makers.values():  # the fastest first
        for column in columns:
            known, asked = _standardise(np.delete(train, column, 1), np.delete(held, column, 1))
            outputs = fitted_outputs(make, known, train[:, [column]], asked, task)
            if value_of(task, outputs, held[:, [column]]) > LEAST_WAY:
                return True
    return False


def permutation_p(task: Task, predictions: Sequence[Array], targets: Array, seed: int) -> float:
    """How often the best of several predictions scores as well against shuffled targets as against the true ones."""
    rng = np.random.default_rng([seed, 5])
    true_value = max(value_of(task, outputs, targets) for outputs in predictions)
    reached = 0
    for _ in range(PERMUTATIONS):
        shuffled = targets[rng.permutation(len(targets))]
        reached += max(value_of(task, outputs, shuffled) for outputs in predictions) >= true_value - 1e-12
    return (reached + 1) / (PERMUTATIONS + 1)


def sampling_noise(task: Task, outputs: Array, targets: Array, seed: int) -> float:
    """Standard deviation of the score over bootstrap samples of the judged rows."""
    rng = np.random.default_rng([seed, 6])
    values = []
    for _ in range(BOOTSTRAP_SAMPLES):
        rows = rng.integers(0, len(targets), len(targets))
        values.append(value_of(task, outputs[rows], targets[rows]))
    return float(np.std(values))
