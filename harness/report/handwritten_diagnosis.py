"""What people and machines read of the diagnosis of a hand-written NumPy file.

TensorFlow, which the modules of answers load, is needed only if there is an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from ..checking.result import Verdict
from ..diagnosis.handwritten.passes import Unread
from ..diagnosis.handwritten.read_file import HandwrittenDiagnosis
from ..diagnosis.handwritten.reading import Constant, Drawn, ReadNetwork, Start
from ..results import as_document, as_figure, as_page, as_report, as_verdict
from . import checking
from .words import count, joined, number, sizes_text

MOST_STARTS = 3  # layers whose start is described

UNREAD = {
    Unread.NOT_TRAINED: "it does not train a network when it is run",
    Unread.MADE_UP: "its data are missing",
    Unread.PART: "all of its data are too many to record, and a part does not show what it trains",
    Unread.STOPPED: "its recording ended before a whole update",
    Unread.ERROR: "the line that compares outputs with targets was not found",
    Unread.LAYERS: "its network is not a chain of dense layers",
    Unread.ACTIVATION: "it has an activation that is not known here",
    Unread.DATA: "the rows that its updates use are not rows of one array",
    Unread.COST: "its last layer goes with no cost that is known here",
    Unread.OPTIMIZER: "its updates are not those of a known optimizer under a known cost",
    Unread.LENGTH: "the number of its updates was not found (give it as iterations)",
}


def start_text(start: Start) -> str:
    """all 1, normal with standard deviation 0.01"""
    if isinstance(start, Constant):
        return f"all {number(start.value)}"
    if isinstance(start, Drawn):
        kind = "uniform" if start.is_uniform else "normal"
        mean = f" around {number(start.centre)}" if abs(start.centre) > 1e-6 * start.deviation else ""
        return f"{kind}{mean} with standard deviation {number(start.deviation)}"
    return "as written in the file"


def network_text(read: ReadNetwork) -> str:
    """2-2-1 (sigmoid, sigmoid)"""
    return f"{sizes_text(sizes_of(read))} ({', '.join(layer.activation for layer in read.layers)})"


def sizes_of(read: ReadNetwork) -> list[int]:
    """The inputs, and the units of each layer."""
    return [read.x.shape[1], *(layer.kernel.shape[1] for layer in read.layers)]


def read_lines(read: ReadNetwork) -> Iterator[str]:
    """What was read of a file."""
    starts = list(dict.fromkeys(start_text(layer.start) for layer in read.layers))[:MOST_STARTS]
    kind = "made-up " if read.missing else "recorded " if read.is_part else ""
    rule, rows = read.rule, count(len(read.x), f"{kind}observation")
    batches = "the full batch" if read.batch_size >= len(read.x) else f"batches of {read.batch_size:,}"
    rate = f"learning rate {number(rule.rate)} for the gradient of {rule.cost}"
    yield f"Read from the file: network {network_text(read)}, initial weights {joined(starts)};"
    yield f"  {rows}; {rule.optimizer}, {rate}, {batches}, {count(read.epochs, 'epoch')}."


def part_text(found: HandwrittenDiagnosis) -> str:
    """Why nothing was trained, if only a part of the data was recorded."""
    used = joined(checking.reduction_words(one) for one in found.check.reductions)
    return f"Nothing was trained, because all of its data are too many to record: {used} were used."


def unread_lines(found: HandwrittenDiagnosis) -> Iterator[str]:
    """Why nothing was trained."""
    if found.check.verdict is Verdict.MISTAKE:
        yield f"The math of {found.name} is wrong, and nothing was trained:"
        for one in found.check.mistakes:
            line = f"{checking.line_of(one.place)}: " if one.place is not None else ""
            yield f"  {line}{checking.named(one)}. {checking.words_of(one).what}"
        yield f"Correct it first; harness check {found.name} says how."
        return
    assert found.unread is not None
    detail = f" ({found.detail.splitlines()[0]})" if found.detail else ""
    yield f"{found.name} was not judged: {UNREAD[found.unread]}{detail}."
    if found.unread is Unread.NOT_TRAINED and found.check.exception:
        place = f" ({checking.where(found.check.traceback[-1])})" if found.check.traceback else ""
        yield f"It ended with {found.check.exception}{place}"
    yield "A file is diagnosed if running it trains a network of dense layers on data of its own."


def verdict(found: HandwrittenDiagnosis) -> list[str]:
    """The answer, line by line."""
    read, likely = found.network, found.unjudged
    if read is not None and likely is not None and found.check.verdict is not Verdict.MISTAKE:
        from . import unjudged

        part = [part_text(found)] if found.unread is Unread.PART else []
        return [*unjudged.finding_lines(likely), *read_lines(read), *part, *unjudged.reason_lines(likely)]
    if found.diagnosis is None or read is None:
        return list(unread_lines(found))
    from . import diagnosing

    first, *rest = diagnosing.verdict(found.diagnosis)
    lines = [first, *read_lines(read), *rest]
    if found.check.verdict is Verdict.MISTAKE:
        ids = joined(checking.named(one) for one in found.check.mistakes)
        lines.insert(1, f"harness check finds something in its math too: {ids}.")
    return lines


@as_verdict.register
def answer(found: HandwrittenDiagnosis) -> RenderableType:
    """The answer alone."""
    return Group(*map(Text, verdict(found)))


@as_report.register
def people(found: HandwrittenDiagnosis) -> RenderableType:
    """The table of all trainings, and the answer last."""
    lines = map(Text, verdict(found))
    if found.diagnosis is None:
        return Group(*lines)
    from . import diagnosing

    return Group(diagnosing.tried_table(found.diagnosis), Text(), *lines)


@as_document.register
def document(found: HandwrittenDiagnosis) -> dict[str, Any]:
    """The facts; see docs/json.md."""
    shared = {
        "check": found.check.verdict.value,
        "mistakes": [
            {"id": one.id, "line": None if one.place is None else one.place.line, "place": one.place}
            for one in found.check.mistakes
        ],
        "unread": found.unread,
        "read": None if found.network is None else read_document(found.network),
    }
    answer = found.diagnosis or found.unjudged
    if answer is None:
        return {"name": found.name, "outcome": "not-judged", "causes": [], "hints": [], "edits": [], **shared}
    from . import unjudged as _  # noqa: F401 - registers the documents of both answers

    return {**as_document(answer), **shared}


def read_document(read: ReadNetwork) -> dict[str, Any]:
    """What was read of a file as JSON takes it."""
    return {
        "units": sizes_of(read),
        "activations": [layer.activation for layer in read.layers],
        "starts": [start_text(layer.start) for layer in read.layers],
        "observations": len(read.x),
        "cost": read.rule.cost,
        "optimizer": str(read.rule.optimizer),
        "learning_rate": read.rule.rate,
        "batch_size": read.batch_size,
        "epochs": read.epochs,
        "updates": read.updates,
    }


@as_page.register
def page(found: HandwrittenDiagnosis) -> Any:
    """The page of the diagnosis; of a file that could not be read, that of its check."""
    return as_page(found.check if found.diagnosis is None else found.diagnosis)


@as_figure.register
def figure(found: HandwrittenDiagnosis) -> Any:
    """The figure of the diagnosis; None if nothing was trained."""
    return None if found.diagnosis is None else as_figure(found.diagnosis)
