"""What people read of a check: every sentence about a verdict, a mistake, a reason and a cost. Computes nothing."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..checking.exceptions import RUN_FILE
from ..checking.mistakes import UNNAMED
from ..checking.result import (
    Agreement,
    Alternative,
    AssumedCost,
    CheckResult,
    Found,
    PairResult,
    ParameterFacts,
    Quantity,
    Reason,
    Remark,
    Row,
    Unrun,
    Verdict,
)
from ..checking.result import Kind as QuantityKind
from ..errors import escape_controls
from ..recording.graph import Place, Reduction
from ..recording.source import line_words
from ..results import as_document, as_page, as_report, as_verdict, plain
from .mistakes import (
    ACTIVATIONS,
    AGREEMENTS,
    COSTS,
    COUNTED,
    INDICES,
    LATER,
    LEFT_OUT,
    LIMITS,
    MISTAKES,
    NOTES,
    PARTS,
    RULES,
    SCALES,
    SLIPS,
    STAND_INS,
    WITH_DETAIL,
    Sentences,
)
from .reasons import (
    ASK_DIAGNOSE,
    FILL_IN,
    INSTALL_MISSING,
    OTHER_THAN_COMPUTED,
    REASONS,
    REPLACE_MISSING_FILES,
    SAY_HOW,
)
from .registering import register_drawings
from .words import Json, joined, number

MAX_LINE = 110  # characters of a line of code
MAX_SHOWN_FAILURES = 3
MAX_NAMED_FILES = 4
MAX_STAND_INS = 4
MAX_OTHERS_WITH_CODE = 2
SAID_ONCE = ("Mistake", "To fix it")  # of two mistakes of one kind
MAX_SHOWN_CALLS = 5
MAX_SHOWN_UNRUN = 4
MAX_SHOWN_CALLS_OF_A_PAIR = 8  # up to its backward pass
STYLES = {Verdict.CORRECT: "bold green", Verdict.MISTAKE: "bold red", Verdict.NOT_JUDGED: "bold yellow"}


# Pieces


def where(place: Place | None) -> str:
    """net.py, line 12"""
    if place is None:
        return ""
    return "the call that was run" if place.file == RUN_FILE else f"{place.file}, {line_of(place)}"


def frame(place: Place) -> str:
    """One line of a traceback: net.py, line 12, in train:  a = b @ c"""
    inside = f", in {place.function}" if place.function != "<module>" else ""
    return f"{where(place)}{inside}:  {code(place)}"


def line_of(place: Place | Quantity) -> str:
    """line 12, or cell 2, line 7 of a notebook"""
    return line_words((place.line if place.cell is None else place.cell_line) or 0, place.cell)


def line_number(place: Place | None) -> str:
    """12, or cell 2:7 of a notebook, for a column of a table"""
    if place is None:
        return ""
    return str(place.line) if place.cell is None else f"cell {place.cell}:{place.cell_line}"


def code(place: Place | None) -> str:
    """The user's own line, shortened"""
    if place is None:
        return ""
    return place.text if len(place.text) <= MAX_LINE else place.text[: MAX_LINE - 3] + "..."


def times(factor: float | None) -> str:
    """-0.5 times, or nothing"""
    if factor is None or abs(factor - 1) < 1e-9:
        return ""
    return f"{number(factor)} times "


def quantity(value: Quantity | None) -> str:
    """-1 times dC/d(z2) (line 12)"""
    if value is None or value.kind is QuantityKind.UNKNOWN:
        return "not a gradient of the cost"
    if value.kind is QuantityKind.NOTHING:
        return "0"
    line = f" ({line_of(value)})" if value.line is not None else ""
    turned = ", transposed" if value.transposed else ""
    if value.kind is QuantityKind.DECAY:
        return f"{'-' if (value.factor or 0) < 0 else '+'} {number(abs(value.factor or 0))} {value.name}"
    return f"{times(value.factor)}dC/d({value.name}){line}{turned}"


def cost_words(cost: AssumedCost) -> str:
    """Which cost a verdict assumes"""
    factor = f" times {number(cost.factor)}" if cost.factor is not None else ""
    if cost.form:
        weighted = f", weighted by {cost.weights}" if cost.weights else ""
        held = ", with targets that are taken as given" if cost.held else ""
        known = f"(not computed in the training step; inferred from {where(cost.place)})"
        plus = "".join(f" plus {COSTS[form]}" for form in cost.plus)
        return f"{COSTS[cost.form]}{factor}{weighted}{plus}{held} {known}"
    maximised = ", which is maximised" if cost.maximised else ""
    return f"{cost.variable}{factor}, computed at {where(cost.place)}{maximised}"


def headline(result: CheckResult) -> str:
    """The verdict in one sentence"""
    name = escape_controls(result.file)
    if result.verdict is Verdict.CORRECT and result.pairs:
        names = ", ".join(dict.fromkeys(pair.name for pair in result.pairs))
        return f"{name} is correct: {names}."
    if result.verdict is Verdict.CORRECT:
        parameters = len(result.parameters)
        subject = {1: "the update of its one parameter agrees", 2: "the updates of both parameters agree"}
        what = subject.get(parameters, f"the updates of all {parameters} parameters agree")
        return f"{name} is correct: {what} with the gradient of the cost.{not_looked_at(result)}{unrun_words(result)}"
    if result.verdict is Verdict.NOT_JUDGED:
        return f"{name} was not judged."
    mistakes = list(dict.fromkeys(f"{named(one)}{at_line(result, one)}" for one in result.mistakes))
    return f"{name} has {'a mistake' if len(mistakes) == 1 else f'{len(mistakes)} mistakes'}: {joined(mistakes)}"


def at_line(result: CheckResult, found: Found) -> str:
    """at line 12, with the file if it is another"""
    if found.place is None:
        return ""
    return f" at {line_of(found.place)}" if found.place.file == result.file else f" at {where(found.place)}"


def not_looked_at(result: CheckResult) -> str:
    """What a verdict leaves out: options and functions that did not run"""
    left = [detail for id, _, detail in result.notes if id in (Remark.DID_NOT_RUN, Remark.OPTION_NOT_JUDGED)]
    left += [f"what {detail} hands back" for id, _, detail in result.notes if id is Remark.RESULT_NOT_USED]
    return f" Not judged: {', '.join(left)}." if left else ""


def unrun_words(result: CheckResult) -> str:
    """The lines that did not run, in one sentence; empty if there are none"""
    if not result.unrun:
        return ""
    shown = result.unrun[:MAX_SHOWN_UNRUN]
    parts: list[str] = []
    for file in dict.fromkeys(one.first.file for one in shown):
        own = "" if file == result.file else f" of {escape_controls(file)}"
        parts.append(f"{joined(lines_words(one) for one in shown if one.first.file == file)}{own}")
    rest = len(result.unrun) - len(shown)
    return f" This did not run and is not judged: {joined([*parts, f'{rest} more'] if rest else parts)}."


def lines_words(one: Unrun) -> str:
    """lines 12 to 14, or line 20"""
    if one.first.line == one.last.line:
        return line_of(one.first)
    if one.first.cell is not None:
        return f"{line_of(one.first)} to {one.last.cell_line}"
    return f"lines {one.first.line} to {one.last.line}"


def named(found: Found) -> str:
    """The name of a mistake, and whether it is accepted"""
    return f"{found.id} (accepted)" if found.accepted else found.id


Lines = list[tuple[str, str]]


def other_lines(found: Found) -> list[str]:
    """The other lines of a mistake, the first with their code: line 81:  da1 = conv_grad(dz2, conv2)"""
    own = found.place
    others = {one.site: one for one in found.others if own is None or one.site != own.site}
    names = [line_of(one) if own is not None and one.file == own.file else where(one) for one in others.values()]
    lines = [f"{name}:  {code(one)}" for name, one in zip(names[:MAX_OTHERS_WITH_CODE], others.values())]
    rest = names[MAX_OTHERS_WITH_CODE:]
    return [*lines, ", ".join(rest)] if rest else lines


def named_value(found: Found) -> str:
    """back (4, 5), or a value of this line, of shape (4, 5),"""
    if found.variable:
        return f"{found.variable} {found.shape}" if found.shape else found.variable
    return f"a value of this line, of shape {found.shape}," if found.shape else "a value of this line"


def decay_words(parameter: str, got: Quantity, expected: Quantity | None) -> str:
    """W1 is moved along dC/d(W1) - 0.001 W1, or, beside what the penalty of a stated cost comes to, its whole decay"""
    if expected is None:
        return f"{parameter} is moved along dC/d({parameter}) {quantity(got)}"
    return f"the update adds {quantity(got)} to the gradient; the penalty in the cost gives {quantity(expected)}"


def value_words(found: Found) -> str:
    """delta (4, 3) is -1 times what it should be, or what it is and should be if that is not one factor"""
    variable = named_value(found)
    if found.ratio is not None and found.expected is not None:
        return f"{variable} is {number(found.ratio)} times what it should be"
    if found.got is not None and found.got.kind is QuantityKind.DECAY:
        return decay_words(found.variable, found.got, found.expected)
    text = f"{variable} is {quantity(found.got)}"
    if found.expected is None:
        return text
    multiple = "" if found.expected.kind is QuantityKind.NOTHING else ", or that times a constant"
    is_of_another_shape = found.id == UNNAMED and found.expected.shape not in ((), found.shape)
    shape = f", of shape {found.expected.shape}" if is_of_another_shape and found.shape else ""
    return f"{text}; it should be {quantity(replace(found.expected, factor=None))}{shape}{multiple}"


def mistake_lines(found: Found) -> Lines:
    """One mistake, as (heading, text)"""
    words = words_of(found)
    entries: Lines = [("Line", f"{where(found.place)}:  {code(found.place)}" if found.place is not None else "")]
    others = other_lines(found) if found.id != "exception" else []  # its traceback has them
    entries += [("" if number else "See also", line) for number, line in enumerate(others)]
    entries.append(("Mistake", f"{named(found)}. {words.what}"))
    is_left_out = found.got is not None and found.got.kind is QuantityKind.NOTHING
    if found.id != "exception" and not is_left_out and (found.got is not None or found.expected is not None):
        entries.append(("Value", value_words(found)))
    if found.parameters:
        entries.append(("Affects", ", ".join(with_counts(found.parameters))))
    old, arrow, new = found.detail.partition(" -> ")
    fix = f"Use {new} in the place of {old}. {words.fix}" if arrow and old != new else words.fix
    if found.id == "wrong-derivative" and found.detail == "linear":
        fix = f"It is the same for every value here, as without an activation. {words.fix}"
    elif found.id == "wrong-derivative" and found.detail in ACTIVATIONS:
        fix = f"It is the derivative of {ACTIVATIONS[found.detail]}. Use that on the way forward, or: {words.fix}"
    entries.append(("To fix it", fix))
    return entries


def words_of(found: Found) -> Sentences:
    """What a mistake is; of an update, what is wrong with it; of a later iteration, that the first is right"""
    slips = dict.fromkeys(("wrong-update-rule", "kernel-not-updated", "bias-gradient-missing"), SLIPS)
    details = {"wrong-value": LATER, "wrong-index": INDICES, "activation-missing-on-output": LEFT_OUT}
    of_detail = {**slips, **details}.get(found.id, {})
    return of_detail.get(found.detail, MISTAKES[found.id])


def note(id: Remark, place: Place | None, detail: str) -> str:
    """A remark in one sentence"""
    text = NOTES[id].rstrip(".") + (f" ({where(place)})" if place else "")
    return f"{text}: {RULES.get(detail, detail)}." if id in WITH_DETAIL else f"{text}."


def alternative_line(one: Alternative) -> str:
    """Another reading in one sentence"""
    if not one.mistakes:
        return f"If the cost is meant to be {cost_words(one.cost)}, the file is correct."
    first = one.mistakes[0]
    if first.id in SCALES and first.ratio is not None:
        return (
            f"The gradients are {number(first.ratio)} times those of {cost_words(one.cost)}: {first.id} at "
            f"{line_of(first.place) if first.place else 'line ?'}, or another learning rate."
        )
    if first.id == "cost-differs":
        return f"The file computes {cost_words(one.cost)}: that is not the cost that its gradients belong to."
    names = " and ".join(f"{found.id} at {line_of(found.place)}" if found.place else found.id for found in one.mistakes)
    return f"If the cost is meant to be {cost_words(one.cost)}: {names}."


def lines(result: CheckResult) -> Lines:
    """The report as (heading, text), at most 20 lines"""
    entries: Lines = []
    for found in result.mistakes[:2]:
        entries += [line for line in mistake_lines(found) if line[0] not in SAID_ONCE or line not in entries]
    if len(result.mistakes) > 2:
        entries.append(("and", ", ".join(f"{one.id} ({where(one.place)})" for one in result.mistakes[2:])))
    if result.reason is not None:
        entries += reason_lines(result, result.reason)
    if result.exception:
        entries.append(("Exception", result.exception))
        entries += [("", frame(place)) for place in result.traceback[-4:]]
    if result.cost is not None:
        entries.append(("Cost", cost_words(result.cost)))
    entries += [("Or", alternative_line(one)) for one in result.alternatives[:1]]
    if result.pairs:
        entries.append(("Compared", "; ".join(pair_words(pair) for pair in result.pairs[:6])))
    if result.sizes:
        entries.append(("Shapes", ", ".join(f"{name} {shape}" for name, shape in result.sizes.items())))
    if result.stand_ins or result.reductions:
        replaced = [*map(reduction_words, result.reductions), *(stand_in_words(*one) for one in result.stand_ins)]
        entries.append(("Stand-ins", ", ".join(replaced[:MAX_STAND_INS])))
    entries += [("" if place else "Run as", line) for place, line in enumerate(shown_calls(result))]
    entries += [("Note", note(*one)) for one in result.notes[:3]]
    return entries[:20]


def reason_lines(result: CheckResult, reason: Reason) -> Lines:
    """Why a file was not judged, what to do, and the calls that failed, as (heading, text)"""
    is_computed = result.cost is not None and not result.cost.form
    what, hint = OTHER_THAN_COMPUTED if reason is Reason.NO_COST_FITS and is_computed else REASONS[reason]
    missing = [name for kind, name in result.stand_ins if kind == "file" and name]
    if reason is Reason.RAISED and missing:
        names = missing if len(missing) <= MAX_NAMED_FILES else [*missing[: MAX_NAMED_FILES - 1], "others"]
        hint = REPLACE_MISSING_FILES.format(joined(names), "their" if missing[1:] else "its")
    modules = {name.split(".")[0] for kind, name in result.stand_ins if kind == "module" and name}
    absorbed = sorted(modules - VERSIONED.keys())
    if reason is Reason.MISSING_MODULE and absorbed:
        hint = INSTALL_MISSING.format(joined(absorbed))
    is_of_limit = reason in (Reason.STOPPED, Reason.TOO_MANY)
    detail = LIMITS.get(result.detail, result.detail) if is_of_limit else result.detail
    if result.suggestion and "--run" in hint:
        hint = f'{hint.replace(SAY_HOW, "Say how it trains").rstrip(".")}: --run "{result.suggestion}"'
        names = left_to_fill_in(result.suggestion)
        hint += FILL_IN.format(joined(names)) if names else ""
    if reason is Reason.NO_COST and {"keras", "tensorflow"} & set(absorbed):
        hint = ASK_DIAGNOSE.format(hint, result.file)
    return [
        ("Why", f"{what.rstrip('.')} ({detail.rstrip()})." if detail else what),
        ("What to do", hint),
        *(("Tried", failure) for failure in failed_calls(result)),
    ]


def left_to_fill_in(line: str) -> list[str]:
    """The arguments that a proposed line gives as ``name=...``."""
    calls = [node for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Call)]
    given = [keyword for call in calls for keyword in call.keywords]
    return list(dict.fromkeys(one.arg for one in given if one.arg and ast.unparse(one.value) == "..."))


def failed_calls(result: CheckResult) -> list[str]:
    """One call of each exception that ended a call, and whether all calls ended in the same one"""
    calls: dict[str, list[str]] = {}
    for line, reason in result.failures:
        if reason:
            calls.setdefault(" ".join(reason.split()), []).append(line.strip())
    shown = [f"{lines[0]}  ->  {reason}" for reason, lines in list(calls.items())[:MAX_SHOWN_FAILURES]]
    is_shared = len(calls) == 1 and len(set(*calls.values())) > 1
    return [f"{shown[0]} (so did all other calls)"] if is_shared else shown


def shown_calls(result: CheckResult) -> Sequence[str]:
    """The first calls of the run, or those of the layer that is wrong"""
    wrong = (Agreement.DIFFERS, Agreement.SCALED)
    for pair in result.pairs:
        if pair.calls and any(one.agreement in wrong for one in pair.gradients):
            return pair.calls[:MAX_SHOWN_CALLS_OF_A_PAIR]
    return result.calls[:MAX_SHOWN_CALLS]


def with_counts(names: Sequence[str]) -> list[str]:
    """self.weights (2 of this name), self.b"""
    return [name if count == 1 else f"{name} ({count} of this name)" for name, count in Counter(names).items()]


VERSIONED = {"numpy": "NumPy", "pandas": "pandas", "random": "Python"}


def stand_in_words(kind: str, name: str) -> str:
    """What was replaced, and why."""
    return f"{name} ({stand_in_reason(kind, name)})"


def reduction_words(one: Reduction) -> str:
    """50 in place of 50,000 observations; or 12 of the observations if the number is not known."""
    if one.number is None:
        return f"{one.made:,} {PARTS[one.what]}"
    return f"{one.made:,} in place of {one.number:,} {COUNTED[one.what]}"


def stand_in_reason(kind: str, name: str) -> str:
    """Why it was replaced. What is installed lacks only what is from another version."""
    package = VERSIONED.get(name.partition(".")[0]) if kind == "module" and "." in name else None
    if package is not None:
        return f"not in this version of {package}"
    return STAND_INS.get(kind, kind)


def pair_words(pair: PairResult) -> str:
    """One pair: its names, and how each gradient compares"""
    gradients = ", ".join(f"{one.name} {AGREEMENTS[one.agreement]}" for one in pair.gradients)
    where = f"line {pair.line} of {pair.file}" if pair.file else f"line {pair.line}"
    return f"{pair.name} ({where}): {gradients}"


def text(result: CheckResult) -> str:
    """The report as plain text, for an assertion message or a log"""
    return "\n".join([headline(result), *(entry_line(heading, words) for heading, words in lines(result))])


def entry_line(heading: str, words: str) -> str:
    """One line of the report as plain text; without a heading it goes on with the line before"""
    return f"  {heading + ':' if heading else '':<12}{words}".rstrip()


@as_verdict.register
def people(result: CheckResult) -> RenderableType:
    """The report of one file: at most 20 lines"""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for heading, words in lines(result):
        grid.add_row(heading, Text(escape_controls(words)))
    style = "bold" if result.is_accepted else STYLES[result.verdict]
    return Group(Text(headline(result), style=style), Text(), grid)


@as_report.register
def all_people(result: CheckResult) -> RenderableType:
    """The parameters, the backward pass with what each line is, and the report"""
    tables: list[RenderableType] = [parameter_table(result.parameters), chain_table(result.rows)] if result.rows else []
    return Group(*tables, people(result))


def update_words(one: ParameterFacts) -> str:
    """How an update is made of its gradient"""
    if not one.aligned:
        return "does not agree with its gradient"
    if one.adaptive:
        return "a function of its gradient (Adam, clipping, ...)"
    if one.factor is None:
        return "its gradient is 0"
    return f"{number(one.factor)} times its gradient" + (f", {number(one.decay)} times itself" if one.decay else "")


def parameter_table(parameters: Sequence[ParameterFacts]) -> Table:
    """One row a parameter"""
    table = Table("parameter", "shape", "line", "update", box=None, header_style="dim")
    for one in parameters:
        words = update_words(one)
        table.add_row(one.name, str(one.shape), line_number(one.place), words)
    return table


def last_of_lines(rows: Sequence[Row]) -> list[Row]:
    """The last operation of each line that runs, and those that are a gradient"""
    found = []
    for place, row in enumerate(rows):
        following = rows[place + 1] if place + 1 < len(rows) else None
        if row.aligned or following is None or following.place != row.place:
            found.append(row)
    return found


def chain_table(rows: Sequence[Row]) -> Table:
    """The backward pass, one row for each line that runs"""
    table = Table("line", "operation", "shape", "is", box=None, header_style="dim")
    for row in last_of_lines(rows):
        words = quantity(row.aligned[0]) if row.aligned else ""
        table.add_row(line_number(row.place), row.operation, str(row.shape), words)
    return table


@as_document.register
def machines(result: CheckResult) -> Json:
    """The facts as JSON, no sentence among them"""
    document: Json = plain(result)
    return document


register_drawings(CheckResult, "checks", as_page)
