"""A file in, its verdict out: recorded and judged, or its layers one by one, or by the names of the template."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from ..errors import BadInput
from ..recording.graph import Place, Recording
from ..recording.record import SECONDS, record_file, root_of
from ..recording.source import read_text
from .layers import Agreement, GradientResult, LayersResult, PairResult, check_layers
from .result import CheckResult, Found, Kind, Quantity, Reason, Verdict
from .sources import Sources
from .verdict import check_recording

MEGABYTES = 8192
# with these there is no network to judge, so that pairs of functions are looked for
WITHOUT_NETWORK = (Reason.NO_PARAMETERS, Reason.NOT_DRIVEN, Reason.RAISED, Reason.NO_NUMPY)


def check_file(
    path: str | Path, *, run: str | None = None, seed: int = 0, seconds: float = SECONDS, megabytes: int = MEGABYTES
) -> CheckResult:
    """Judge somebody's file: record it as it runs, and compare its gradients with true ones.

    A file without a network, such as one of layers, is judged pair by pair: ``forward`` against ``backward``.

    Args:
        path: a Python file or a notebook.
        run: lines to run after the file, which make it train; X, Y, y and labels are at hand.
        seed: of the random generators that the file does not seed itself, and of the data.
        seconds: time limit of the run. It only aborts.
        megabytes: memory limit of the run; 0 is none.

    Raises:
        BadInput: there is no such file, or it is not Python 3.
    """
    recording = record_file(path, run=run, seed=seed, seconds=seconds, megabytes=megabytes)
    result = check_recording(recording, sources=read_sources(Path(path), recording))
    if result.verdict is Verdict.NOT_JUDGED and result.reason in WITHOUT_NETWORK and run is None:
        layers = layers_of(Path(path), seed, seconds)
        if layers is not None:
            return of_layers(result, layers)
    return result


def read_sources(path: Path, recording: Recording) -> Sources:
    """The texts of the user's files."""
    root = root_of(path.resolve())
    texts = {}
    for name in recording.files:
        try:
            texts[name] = read_text(root / name)
        except (OSError, ValueError, BadInput):
            continue
    return Sources(texts)


# Layers


def layers_of(path: Path, seed: int, seconds: float) -> LayersResult | None:
    """The pairs of a file; None if there are none, or none of them could be called."""
    found = check_layers(path, seed=seed, seconds=seconds)
    judged = [one for one in found.pairs if one.agreement is not Agreement.NOT_JUDGED]
    return replace(found, pairs=tuple(judged)) if judged else None


def of_layers(result: CheckResult, layers: LayersResult) -> CheckResult:
    """The verdict on the pairs of a file that has no network."""
    mistakes = [pair_mistake(result.file, pair, one) for pair in layers.pairs for one in wrong_gradients(pair)]
    calls = tuple(dict.fromkeys(call for pair in layers.pairs for call in pair.calls))
    return CheckResult(
        file=result.file,
        verdict=Verdict.MISTAKE if mistakes else Verdict.CORRECT,
        mistakes=tuple(mistakes),
        pairs=layers.pairs,
        stand_ins=result.stand_ins,
        calls=calls,
    )


def wrong_gradients(pair: PairResult) -> Iterator[GradientResult]:
    """The gradients of a pair that are not the true ones, or not all in one proportion."""
    for one in pair.gradients:
        if one.agreement is Agreement.DIFFERS or (one.factor is not None and one.factor < 0):
            yield one
    if not pair.consistent:
        scaled = [one for one in pair.gradients if one.agreement is Agreement.SCALED]
        yield from scaled[:1]


def pair_mistake(file: str, pair: PairResult, one: GradientResult) -> Found:
    """One wrong gradient of a pair"""
    if one.factor is not None:
        id = "wrong-sign" if one.factor < 0 else "gradient-scaled-differently"
    else:
        id = "gradient-of-another-parameter" if one.aligned_with else "wrong-value"
    got = Quantity(kind=Kind.UNKNOWN)
    if one.aligned_with:
        got = Quantity(kind=Kind.GRADIENT, name=one.aligned_with)
    return Found(
        id=id,
        place=Place(file=file, line=one.line or pair.line, function=pair.name, variable=one.name, text=one.text),
        variable=one.name,
        shape=one.shape,
        got=got,
        expected=Quantity(kind=Kind.GRADIENT, name=one.of),
        parameters=(one.of,),
        ratio=one.factor,
    )


# Folders


def files_in(path: Path) -> list[Path]:
    """The file itself, or the Python files of a folder.

    Raises:
        BadInput: there is no such file, or no Python file in the folder.
    """
    if path.is_dir():
        found = sorted(one for one in path.iterdir() if one.suffix in (".py", ".ipynb") and one.name != "__init__.py")
        if not found:
            raise BadInput(f"{path}: expected a folder with Python files, got one without any")
        return found
    return [path]


def check_or_refuse(path: Path, seed: int, seconds: float, megabytes: int) -> CheckResult:
    """Judge one file of a folder; a file that is bad input is not judged, and the others are."""
    try:
        return check_file(path, seed=seed, seconds=seconds, megabytes=megabytes)
    except BadInput as error:
        return CheckResult(file=path.name, verdict=Verdict.NOT_JUDGED, reason=Reason.REFUSED, detail=str(error))


def check_files(
    paths: Sequence[Path],
    *,
    seed: int = 0,
    seconds: float = SECONDS,
    megabytes: int = MEGABYTES,
    jobs: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[CheckResult]:
    """Judge several files, ``jobs`` at once; in the order of the paths."""
    found = []
    if jobs > 1 and len(paths) > 1:
        with ProcessPoolExecutor(min(jobs, len(paths))) as pool:
            waiting = [pool.submit(check_or_refuse, path, seed, seconds, megabytes) for path in paths]
            for number, one in enumerate(waiting):
                found.append(one.result())
                if progress is not None:
                    progress(number + 1, len(paths), paths[number].name)
        return found
    for number, path in enumerate(paths):
        found.append(check_or_refuse(path, seed, seconds, megabytes))
        if progress is not None:
            progress(number + 1, len(paths), path.name)
    return found
