"""The public API. ``import harness`` loads none of it, and TensorFlow is imported only by what computes with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import BadInput
from .models.network import Network
from .progress import Progress, silent
from .sandbox import Limits
from .scenario.scenario import Scenario, load

if TYPE_CHECKING:
    import keras

    from .checking.result import CheckResult
    from .comparison.experiment import Experiment
    from .diagnosis.answer import Diagnosis
    from .diagnosis.handwritten.read_file import HandwrittenDiagnosis
    from .diagnosis.outputs import OutputsDiagnosis
    from .programs.inspection import Inspection
    from .programs.unjudged import Unjudged
    from .sweeps.sweep import Sweep

__all__ = ["BadInput", "Network", "Scenario", "check", "compare", "diagnose", "inspect", "load", "sweep"]


def scenario_of(scenario: str | Path | Scenario, settings: dict[str, Any]) -> Scenario:
    """The scenario itself, or the one of that name or file with settings in place of its own."""
    if isinstance(scenario, Scenario):
        if settings:
            raise BadInput(
                f"a Scenario has its own settings, got {', '.join(settings)} beside it; "
                "give the name or file, or use dataclasses.replace"
            )
        return scenario
    return load(str(scenario), settings)


def compare(scenario: str | Path | Scenario = "post", *, progress: Progress = silent, **settings: Any) -> Experiment:
    """Train a network by hand, with ``GradientTape`` and with ``keras.Sequential``, and compare every quantity.

    All start from the same weights. Every quantity of every recorded iteration is compared between the implementations
    and with numerical differentiation, within a bound on the rounding errors.

    Args:
        scenario: a built-in name ("post", "xor", "digits"), a TOML file, or a ``Scenario``.
        progress: called with (steps done, steps in all, what is running).
        settings: in place of the scenario's own: ``initializers``, ``learning_rate``, ``iterations``, ``batch_size``,
            ``hidden``, ``activations``, ``cost``, ``dtype``, ``seed``, ``record`` and the others of a TOML file.

    Returns:
        An ``Experiment``: ``agrees``, ``runs``, ``comparisons``, ``constant_cost``; ``to_dict()`` is the JSON document.

    Raises:
        BadInput: a setting, a file or the data is not usable.

    Example:
        >>> import harness
        >>> result = harness.compare("post", iterations=10, initializers=["ones"])
        >>> result.agrees
        True
    """
    from .comparison import experiment
    from .report import comparison as _  # noqa: F401 - registers how the result is shown

    return experiment.run(scenario_of(scenario, settings), progress)


def check(
    path: str | Path | Callable[[], Any],
    *,
    run: str | None = None,
    seed: int = 0,
    seconds: float = Limits.seconds,
    megabytes: int = Limits.megabytes,
    accept: Sequence[str] = (),
) -> CheckResult:
    """Judge a hand-written NumPy network as it is: are its gradients right, and if not, which line is wrong?

    The file runs in a child process, its arithmetic is recorded, and its updates are compared with true gradients.

    Args:
        path: a Python file, a notebook, or a function without arguments that trains for a few steps when it is called.
        run: lines that make it train, run after the file, with X, Y, y and labels at hand if it does not set them
            itself; detected if None.
        seed: of the random generators that the file does not seed itself.
        seconds: time limit of the run; it only aborts.
        megabytes: memory limit of the run; 0 is none.
        accept: ids of mistakes that are meant to be so. They are reported and marked as ``accepted``, as those at lines
            with the comment ``# harness: accept ID``.

    Returns:
        A ``CheckResult``: ``verdict``, ``mistakes`` (each with its id, line and variable), ``cost``, ``parameters``.

    Raises:
        BadInput: the file is missing or not Python, the function cannot be called, or a name in ``accept`` is unknown.

    Example:
        >>> import harness
        >>> harness.check("mine.py").verdict  # doctest: +SKIP
        <Verdict.CORRECT: 'correct'>
    """
    from .checking.accepting import accept_known, check_names
    from .checking.check import check_file
    from .report import checking as _  # noqa: F401 - registers how the result is shown

    check_names(accept)
    if callable(path):
        from .checking.callables import check_callable

        result = check_callable(path, run=run, seed=seed, seconds=seconds, megabytes=megabytes)
    else:
        result = check_file(path, run=run, seed=seed, seconds=seconds, megabytes=megabytes)
    return accept_known(result, accept)


def sweep(
    scenario: str | Path | Scenario = "post",
    *,
    seeds: int = 1000,
    optimizers: Sequence[str] = ("sgd",),
    learning_rates: Sequence[float] = (),
    target: float | None = None,
    progress: Progress = silent,
    **settings: Any,
) -> Sweep:
    """Train many seeds of every combination of initializer, optimizer and learning rate.

    Args:
        scenario: as for ``compare``; its ``initializers`` are the ones that are combined.
        seeds: networks of each combination, one from a constant initializer.
        optimizers: of "sgd", "momentum", "nesterov", "rmsprop", "adam", also as "adam(beta_1=0.8)".
        learning_rates: the scenario's own if empty.
        target: cost that counts as learned; by default that of ``measures.learning.target_of``.
        progress: called with (networks done, networks in all, what is running).
        settings: as for ``compare``.

    Returns:
        A ``Sweep``: one ``Group`` for each combination, with ``final_cost`` and ``reached_at`` of every seed.

    Raises:
        BadInput: a setting, a file or the data is not usable.

    Example:
        >>> import harness
        >>> result = harness.sweep("post", seeds=16, iterations=2000, initializers=["glorot_uniform"])
        >>> result.groups[0].reached_share
        1.0
    """
    from dataclasses import replace

    from .report import sweep as _  # noqa: F401 - registers how the result is shown
    from .scenario.scenario import record_of_costs
    from .sweeps import sweep as sweeps

    chosen = scenario_of(scenario, settings)
    if "record" not in settings:
        chosen = replace(chosen, record=record_of_costs(chosen))
    combinations = sweeps.combinations(chosen.initializers, optimizers, learning_rates or [chosen.learning_rate])
    return sweeps.run(sweeps.job(chosen, combinations, seeds, target), progress)


def diagnose(
    target: str | Path | keras.Model,
    x: Any = None,
    y: Any = None,
    *,
    budget: float | None = None,
    seed: int = 0,
    fit: int | None = None,
    progress: Callable[[str, int], None] | None = None,
    **fit_arguments: Any,
) -> Diagnosis | OutputsDiagnosis | HandwrittenDiagnosis | Unjudged:
    """Find out why a training does not learn: a minimal set of causes, each proven by trainings.

    Args:
        target: a compiled model, or the path of a script or notebook that calls ``fit``, or of a NumPy file that trains
            a network of its own. None is changed: a script is run in a copy of its folder, and only copies of a model
            are trained.
        x, y: what would be given to ``fit``; None for a script.
        budget: seconds for trainings, 30 by default. They are converted to a number of updates, so that the answer does
            not depend on how busy the machine is, unless that takes more than six to twelve times as long.
        seed: of everything that is drawn.
        fit: number of the script's call of ``fit`` to judge, from 1; None for the first, or for the next one on another
            model if only that one is wrong for sure.
        progress: called with (what was trained, number of trainings).
        fit_arguments: the other arguments of ``fit``: ``epochs``, ``batch_size``, ``validation_data``, ...

    Returns:
        A ``Diagnosis``: ``outcome``, ``causes`` with the evidence of each, ``edits``, ``hints``. Of a model with
        several outputs, an ``OutputsDiagnosis``: ``outputs``, one ``Diagnosis`` each. Of a NumPy file, a
        ``HandwrittenDiagnosis``: ``check``, ``network`` and ``diagnosis``, or what could not be read in ``unread``. Of
        a program that cannot learn whatever else is changed, an ``Unjudged``: nothing is trained, and ``likely`` says
        why.

    Raises:
        BadInput: the script fails or never calls ``fit``, or the model or the data cannot be used.

    Example:
        >>> import harness, keras
        >>> from sklearn.datasets import load_iris
        >>> x, y = load_iris(return_X_y=True)
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "softmax")])
        >>> model.compile("adam", "binary_crossentropy")
        >>> result = harness.diagnose(model, x[:100], y[:100], epochs=300)  # two of the three species
        >>> "output-activation" in [cause.fault.value for cause in result.causes]
        True
    """
    from .diagnosis import captured
    from .diagnosis.handwritten.diagnose import diagnose_file
    from .programs import capture, contradictions, fit_calls, unjudged
    from .programs.kinds import refuse_other_frameworks, trains_keras
    from .report import diagnosing as _  # noqa: F401 - registers how the result is shown
    from .report import handwritten_diagnosis as _handwritten  # noqa: F401 - the same of a NumPy file
    from .report import outputs_diagnosis as _several  # noqa: F401 - the same of several outputs
    from .report import unjudged as _unjudged  # noqa: F401 - the same of a program that is not trained
    from .scenario.effort import BUDGET_SECONDS

    seconds = budget or BUDGET_SECONDS
    if isinstance(target, (str, Path)):
        if x is not None or y is not None or fit_arguments:
            raise BadInput("a script has its own data and arguments of fit", hint="give the path alone, or a model")
        path = Path(target)
        if path.is_file():
            refuse_other_frameworks(path, str(target))
            if not trains_keras(path):
                return diagnose_file(path, budget=seconds, seed=seed, progress=progress)
        is_surer = contradictions.is_surer if fit is None else None
        program = capture.capture_script(target, fit=1 if fit is None else fit, seed=seed, is_surer=is_surer)
        if not captured.has_several_judged(program) and not unjudged.is_judged(program):
            read = unjudged.read_unjudged(program)
            if program.error is not None and read.is_refused:
                raise BadInput(f"{target}: Keras refuses to train it: {program.error.kind}: {program.error.message}")
            got = f"that trains with {read.own_loop}" if read.own_loop else f"with {read.outputs} outputs"
            got = f"without {', '.join(read.missing[:4])}" if read.missing else got
            raise BadInput(f"{target}: expected a script with its data that fits a model, got one {got}")
    else:
        program = fit_calls.program_of(target, x, y, **fit_arguments)
    return captured.diagnose_captured(program, budget=seconds, seed=seed, progress=progress)


def inspect(model: keras.Model, x: Any = None, *, progress: Progress = silent) -> Inspection:
    """Judge a Keras model by its weights: clones, effective width, scale; with data, dead and saturated units too.

    Args:
        model: a built model; it is not changed.
        x: its inputs, (observations, ...) or a list of one array for each input; None judges the weights alone.
        progress: called with (observations done, observations in all, what is running).

    Returns:
        An ``Inspection``: ``is_fine``, and one report for each layer.

    Raises:
        BadInput: the model has no weights yet, or ``x`` does not fit it.

    Example:
        >>> import harness, keras
        >>> layers = [keras.layers.Dense(units, kernel_initializer="ones") for units in (3, 1)]
        >>> model = keras.Sequential([keras.Input((2,)), *layers])
        >>> harness.inspect(model).layers[0].effective_width
        1
    """
    from .programs import inspection
    from .report import inspection as _  # noqa: F401 - registers how the result is shown

    return inspection.inspect(model, x, progress)
