"""Verify the frozen bench with plain Keras: the healthy programs learn, and the faulty ones do not.

    python tests/programs/frozen/verify.py [--seeds 3] [--write] [ID ...]

Each program is executed as it is; only its `fit` is watched, to get hold of the model and the data. The score is
balanced accuracy (mean over the labels if there are several) or R2 (weighted by variance) on held-out observations. For
classes, the truth is that of the healthy program, so that planted errors in the labels do not change it. `--write` puts
the scores into `faults.toml`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn import dummy, ensemble, linear_model, metrics, multioutput, neighbors, pipeline, preprocessing

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import bench

LEARNS_FRACTION = 0.8  # of the way from the constant prediction to the healthy program
FAILS_FRACTION = 0.5
Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One execution: score on held-out and on training observations, seconds in fit, names of the program after it."""

    score: float
    training_score: float
    seconds: float
    names: dict[str, Any]


def _caller_names(frame: Any) -> dict[str, Any]:
    """All names that the callers of fit can see, the innermost ones winning."""
    names: dict[str, Any] = {}
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    for outer in reversed(frames):
        if outer.f_globals.get("__name__") == "__main__" and outer.f_globals.get("__bench__"):
            names |= outer.f_globals | outer.f_locals
    return names


class _DataSeen(Exception):
    """Ends a program of which only the data are wanted."""


@contextlib.contextmanager
def _watched_fit(seen: dict[str, Any], train: bool) -> Iterator[None]:
    """Remember model, caller's names and duration of the last call of fit; without `train`, stop the program there."""
    original = keras.Model.fit

    def fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not train:
            seen.update(model=self, seconds=0.0, names=_caller_names(sys._getframe(1)))
            raise _DataSeen
        start = time.perf_counter()
        history = original(self, *args, **kwargs)
        seen.update(model=self, seconds=time.perf_counter() - start, names=_caller_names(sys._getframe(1)))
        return history

    keras.Model.fit = fit
    try:
        yield
    finally:
        keras.Model.fit = original


def execute(source: str, seed: int, train: bool = True) -> dict[str, Any]:
    """Run a program in an empty folder with Keras' seed set first; returns model, names and seconds.

    Without `train` it is run up to its fit.

    Raises whatever the program raises.
    """
    seen: dict[str, Any] = {}
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), _watched_fit(seen, train):
        warnings.simplefilter("ignore")
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(_DataSeen):
                code = compile(source, "train.py", "exec")
                exec(code, {"__name__": "__main__", "__bench__": True, "__file__": "train.py"})
        finally:
            os.chdir(here)
    return seen


def _classes(targets: Array, program: bench.Program) -> Array:
    """Targets as class numbers, or as 0 and 1 for binary and multi-label tasks."""
    if program.one_hot:
        return np.asarray(np.argmax(targets, axis=-1))
    if program.task == "multiclass":
        return np.ravel(targets)
    flat = targets if program.task == "multilabel" else np.ravel(targets)
    return np.asarray(flat > program.threshold, dtype=int)


def _decisions(outputs: Array, program: bench.Program, source: str) -> Array:
    """Outputs as class numbers, or as 0 and 1 for binary and multi-label tasks."""
    if program.task == "multiclass" or (program.task == "binary" and outputs.shape[-1] > 1):
        return np.argmax(outputs, axis=-1) if outputs.shape[-1] > 1 else np.rint(outputs).ravel()
    # an edited program may have moved the sigmoid into the loss
    threshold = 0.0 if "from_logits=True" in source else program.threshold
    yes = (outputs > threshold).astype(int)
    return yes if program.task == "multilabel" else yes.ravel()


def rate(truth: Array, guess: Array, task: str) -> float:
    """Balanced accuracy, its mean over the labels, or R2; NaN if a guess is not finite."""
    if not np.all(np.isfinite(guess)):
        return float("nan")
    if task == "regression":
        truth, guess = truth.reshape(len(truth), -1), guess.reshape(len(guess), -1)
        return float(metrics.r2_score(truth, guess, multioutput="variance_weighted"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if task == "multilabel":
            pairs = zip(truth.T, guess.T)
            return float(np.mean([metrics.balanced_accuracy_score(one, other) for one, other in pairs]))
        return float(metrics.balanced_accuracy_score(truth, guess))


@cache
def _healthy_names(name: str) -> dict[str, Any]:
    return dict(execute(bench.programs()[name].source, seed=0, train=False)["names"])


def run(source: str, program: bench.Program, seed: int, own_truth: bool = False) -> Run:
    """Execute a program and score it; `own_truth` if its held-out rows are not those of the healthy program."""
    seen = execute(source, seed)
    own = seen["names"]
    scores = []
    for inputs, targets in (program.test, program.train):
        outputs = np.asarray(seen["model"](np.asarray(eval(inputs, own)), training=False))
        if program.task == "regression":
            truth, guess = np.asarray(eval(targets, own)), outputs
        elif not np.all(np.isfinite(outputs)):
            truth, guess = outputs, outputs
        else:
            truth = _classes(np.asarray(eval(targets, own if own_truth else _healthy_names(program.name))), program)
            guess = _decisions(outputs, program, source)
        same = len(truth) == len(guess)  # a fault may change the number of training rows
        scores.append(rate(truth, guess, program.task) if same else float("nan"))
    return Run(score=scores[0], training_score=scores[1], seconds=seen["seconds"], names=own)


def reference_scores(program: bench.Program, names: dict[str, Any]) -> tuple[float, float]:
    """Score of the best constant prediction, and the best of linear, nearest-neighbour and boosting learners."""
    x_train, x_test = (np.asarray(eval(text, names)) for text in (program.train[0], program.test[0]))
    y_train, y_test = (np.asarray(eval(text, names)) for text in (program.train[1], program.test[1]))
    x_train, x_test = x_train.reshape(len(x_train), -1), x_test.reshape(len(x_test), -1)
    if program.task == "regression":
        y_train, y_test = y_train.reshape(len(y_train), -1), y_test.reshape(len(y_test), -1)
        learners = [linear_model.RidgeCV(), neighbors.KNeighborsRegressor(min(5, len(x_train)))]
        boosting: Any = ensemble.HistGradientBoostingRegressor(random_state=0)
        if y_train.shape[1] == 1:
            learners.append(multioutput.MultiOutputRegressor(boosting))
        constant: Any = dummy.DummyRegressor()
    else:
        y_train, y_test = _classes(y_train, program), _classes(y_test, program)
        boosting = ensemble.HistGradientBoostingClassifier(random_state=0)
        linear: Any = linear_model.LogisticRegression(max_iter=1000)
        if program.task == "multilabel":
            boosting, linear = (multioutput.MultiOutputClassifier(each) for each in (boosting, linear))
        learners = [linear, neighbors.KNeighborsClassifier(min(5, len(x_train))), boosting]
        constant = dummy.DummyClassifier()
    scores = []
    for learner in (constant, *learners):
        fitted = pipeline.make_pipeline(preprocessing.StandardScaler(), learner).fit(x_train, y_train)
        guess = fitted.predict(x_test)
        scores.append(rate(y_test, guess.astype(float), program.task))
    return scores[0], max(scores[1:])


def fraction(score: float, program: bench.Program) -> float:
    """How far a score is from the constant prediction (0) to the healthy program (1); a score of NaN is 0."""
    top = float(np.mean(program.measured))
    return 0.0 if np.isnan(score) else (score - program.constant) / (top - program.constant)


def is_as_it_should_be(case: bench.Case, score: float) -> bool:
    """Whether a faulty program fails, or learns if its fault does not hinder it. A healthy one is judged elsewhere."""
    if not case.size:
        return True
    reached = fraction(score, case.program)
    return reached >= LEARNS_FRACTION if case.trains else reached <= FAILS_FRACTION


def learns(case: bench.Case, source: str, seeds: int = 3) -> bool:
    """Whether an edited program reaches the healthy one in most seeds. An error in it counts as failing."""
    good = 0
    for seed in range(seeds):
        # whatever an edit breaks counts against it
        with contextlib.suppress(Exception):
            good += fraction(run(source, case.program, seed, case.own_truth).score, case.program) >= LEARNS_FRACTION
    return good > seeds / 2


def _record(text: str, key: str, values: dict[str, str]) -> str:
    """Replace or insert `name = value` lines in the entry of `faults.toml` that starts with the line `key`."""
    start = text.index(f"\n{key}\n") + 1
    end = text.find("\n[[", start)
    end = len(text) if end < 0 else end
    entry = text[start:end].rstrip("\n")
    for name, value in values.items():
        entry = re.sub(rf"\n{name} = .*", "", entry) + f"\n{name} = {value}"
    return text[:start] + entry + "\n" + text[end:]


def _numbers(scores: list[float]) -> str:
    return "[" + ", ".join(f"{score:.3f}" for score in scores) + "]"


def main() -> int:
    """Verify the programs named on the command line, or all. Returns 1 if one is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", help="cases to verify (default: all)")
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds (default: 3)")
    parser.add_argument("--write", action="store_true", help="write the scores into faults.toml")
    arguments = parser.parse_args()
    path = bench.FROZEN / "faults.toml"
    failed = 0
    for case in (*bench.healthy(), *bench.faulty()):
        if arguments.ids and case.id not in arguments.ids:
            continue
        try:
            runs = [run(case.source, case.program, 0, case.own_truth)]
            if is_as_it_should_be(case, runs[0].score):
                runs += [run(case.source, case.program, seed, case.own_truth) for seed in range(1, arguments.seeds)]
        except Exception as error:
            print(f"{case.id:44} ERROR {type(error).__name__}: {str(error)[:300]}", flush=True)
            failed += 1
            continue
        scores = [each.score for each in runs]
        values = {"measured": _numbers(scores)}
        note = ""
        if not case.size:
            constant, reference = reference_scores(case.program, runs[0].names)
            values |= {"constant": f"{constant:.3f}", "reference": f"{reference:.3f}"}
            fractions = [(score - constant) / (max(reference, max(scores)) - constant) for score in scores]
            good = min(fractions) >= LEARNS_FRACTION
            note = f"constant {constant:.3f} reference {reference:.3f}"
        else:
            fractions = [fraction(score, case.program) for score in scores]
            good = all(is_as_it_should_be(case, score) for score in scores)
            note = " + ".join("/".join(sorted(ids)) for ids in case.accept)
        failed += not good
        print(
            f"{case.id:44} {'ok ' if good else 'BAD'} {_numbers(scores)} training "
            f"{_numbers([each.training_score for each in runs])} fractions {_numbers(fractions)} "
            f"fit {max(each.seconds for each in runs):.1f} s  {note}",
            flush=True,
        )
        if arguments.write and good:
            key = f'{"id" if case.size else "name"} = "{case.id}"'
            path.write_text(_record(path.read_text(encoding="utf-8"), key, values), encoding="utf-8")
    print(f"{failed} not as they should be")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
