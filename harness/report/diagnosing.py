"""What people read of the diagnosis of a Keras program or a scenario. Computes nothing but its wording."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..diagnosis.answer import (
    LEAVING_PLATEAU,
    STARTS,
    Alternative,
    Cause,
    CloneBound,
    Diagnosis,
    Hint,
    Intervention,
    Level,
    Mechanism,
)
from ..diagnosis.faults import Fault
from ..diagnosis.outcomes import LEARNED_FRACTION, OutcomeKind, Share
from ..diagnosis.references import COMPONENTS, References
from ..diagnosis.splits import Judged
from ..diagnosis.tasks import TaskKind
from ..programs.findings import Check, Contradiction, Severity
from ..programs.program import Note, NoteKind
from ..programs.rules.failures import explained
from ..results import as_cards, as_figure, as_page, as_report, as_verdict
from . import diagnosis_document as _  # noqa: F401 - registers the JSON document
from .causes import FAULTS, OUTCOMES
from .findings import finding_text, worth_saying
from .registering import register_drawings
from .remedies import MOST_EDITS, as_sentence, remedy_lines
from .scenario_words import change_text, relation_text, run_lines
from .words import count, joined, new_table, number, percent_range

if TYPE_CHECKING:
    from ..diagnosis.edited_run import EditedRun
    from ..diagnosis.neighbours import Neighbours

MOST_LINES = 25
TIME_IS_OVER = "The time ran out before everything was tried. Give it more with a larger budget."
MOST_HINTS = 3
SAYING_MORE = frozenset({Check.NARROW_INPUTS, Check.OUTLYING_ROWS})  # than a hint of their fault
MOST_ALTERNATIVES = 2
MOST_OLD_NAMES = 4
FAULTS_OF_DATA = (Fault.CONTRADICTORY_TARGETS, Fault.TOO_LITTLE_DATA, Fault.WINDOW, Fault.NO_SIGNAL)

DOWNLOAD_FAILED = re.compile(r"URL fetch failure on (\S+):")  # as Keras says it
UNRELATED_COLUMNS = (
    "No column of the rows can be predicted from the others, so a code that is narrower than a row holds only a part "
    "of it."
)
UNRESTRAINED = "Nothing keeps the network from memorising its training rows."

# What is done to the initial weights, and what it is compared with.
INTERVENTIONS = {
    Intervention.NOISE: ("noise that differs from unit to unit", "with the same noise for all units of a layer"),
    Intervention.SHARED_NOISE: ("noise on the initial weights, the same for all units of a layer", "without it"),
    Intervention.RESCALED: ("the same initial weights at the usual scale", "as they are"),
    Intervention.LIFTED: ("initial biases of 0", "as they are"),
    Intervention.MIRRORED: ("all initial weights and biases negated", "as they are"),
    Intervention.REDRAWN: ("usual initial weights", "as they are"),
    Intervention.LEFT: ("the repair, which leaves the stretch where the loss hardly changes,", "without it"),
}

# What is found about the last layer, the loss and the labels is often one fault seen from three sides.
HEAD = {fault.value for fault in (Fault.OUTPUT_ACTIVATION, Fault.LOSS, Fault.LABEL_ENCODING, Fault.TARGET_OUT_OF_RANGE)}

JUDGED = {
    Judged.TRAINING: "the training rows, because there are too few others",
    Judged.VALIDATION: "the validation rows",
    Judged.HELD_OUT: "rows kept from training",
    Judged.FOLDS: "rows kept from training, by cross-validation",
}


def score_name(task: TaskKind | None) -> str:
    """The name of the score of a task; a scenario has none, and its cost is reported."""
    if task is None:
        return "cost"
    return "R2" if task is TaskKind.REGRESSION else "balanced accuracy"


def constant_name(references: References) -> str:
    """What the lower level of the scores is the score of."""
    return "a prediction of 0" if references.is_of_one_row else "constant prediction"


def score_text(task: TaskKind | None, value: float) -> str:
    """A score: R2 as a number, accuracies in percent; a cost in as many digits as any number."""
    if task is None:
        return number(value)
    return f"{value:.2f}" if task is TaskKind.REGRESSION else f"{value:.1%}"


def outcome_text(found: Diagnosis) -> str:
    """learns; a score that is low for lack of more in the data is in it, and whether only the rows are known."""
    if found.scenario is not None:
        return "learns, but late" if found.outcome is OutcomeKind.SLOW else OUTCOMES[found.outcome]
    if found.outcome is OutcomeKind.NO_SIGNAL and knows_rows(found):
        return "learns its training rows by heart, and nothing was found in them that holds for other rows"
    if found.outcome is OutcomeKind.NOT_JUDGED and found.causes and found.raised is None:
        return "cannot learn as it is"
    if not is_limited_by_rows(found) or found.user is None:
        return OUTCOMES[found.outcome]
    score = f"{score_name(found.task)} {score_text(found.task, found.user.held)}"
    most = "a code of this width holds" if has_code(found) else "any learner finds in its rows"
    return f"learns about as much as {most} ({score})"


def knows_rows(found: Diagnosis) -> bool:
    """Whether the unchanged program predicts its training rows nearly without a mistake."""
    constant = found.references.constant
    return found.user is not None and found.user.training >= constant + LEARNED_FRACTION * (1 - constant)


def has_code(found: Diagnosis) -> bool:
    """Whether it is an autoencoder, which restores as much as its narrowest layer lets through."""
    return any(learner.name == COMPONENTS for learner in found.references.learners)


def is_limited_by_rows(found: Diagnosis) -> bool:
    """Whether a program learns, and neither it nor a learner off the shelf comes near a perfect score on its table."""
    references = found.references
    if found.outcome is not OutcomeKind.LEARNS or found.user is None or not references.apt:
        return False
    levels = (found.user, found.improved or found.user)
    best = max(references.best, found.bar.best, *(level.held for level in levels))
    return best < references.constant + LEARNED_FRACTION * (1 - references.constant)


def share_text(share: Share) -> str:
    """15 of 16 seeds learn (95 % interval: 72 to 99%)"""
    if share.low == share.high:  # nothing is drawn
        return "it learns" if share.count else "it does not learn"
    return f"{share.count} of {share.of} seeds learn (95 % interval: {percent_range(share.low, share.high)})"


def outcome_lines(found: Diagnosis) -> Iterator[str]:
    """Whether it learns, with the scores that decide it."""
    yield f"{found.name} {outcome_text(found)}."
    if found.user is None:
        yield "The time was not enough to train it once. Give it more with a larger budget."
        return
    if found.user.error is not None:
        yield f"Keras refuses to train it: {found.user.error}"
        return
    if (raised := found.raised) is not None:
        at = "" if raised.place is None else f" ({raised.place.file}, line {raised.place.line})"
        first = raised.message.partition("\n")[0]
        reason = explained(raised.message, None, {})
        what = "" if reason is None else f" This means: {finding_text(reason)}"
        yield f"fit stops with {raised.kind}: {first}{at}.{what} Repair this first; then the model can be trained."
        return
    if found.scenario is not None:
        yield from run_lines(found, found.scenario, found.user)
        return
    diverged = found.user.diverged
    if diverged and found.outcome is not OutcomeKind.DIVERGES:
        yield (
            f"Its loss becomes NaN or infinite in {diverged} of {found.user.learned.of} trainings, which smaller "
            "inputs or a smaller learning rate prevent."
        )
    references = found.references
    text = f"{score_name(found.task).capitalize()} on {JUDGED[found.judged]}: "
    text += score_text(found.task, found.user.held)
    beside = [f"{constant_name(references)} {score_text(found.task, references.constant)}"]
    if references.learners:
        best = references.learners[0]
        name = "a look-up of these rows" if best.name == "memory" else best.name
        beside.append(f"{name} {score_text(found.task, best.score)}")
    if found.repaired is not None:
        beside.append(f"repaired {score_text(found.task, found.repaired.held)}")
    text += f" ({', '.join(beside)})."
    if found.judged is not Judged.TRAINING:
        text += f" On training rows: {score_text(found.task, found.user.training)}."
    yield text
    if found.known_validation > 0:
        share = f"{found.known_validation:.0%}"
        yield f"{share} of its validation rows are equal to training rows, so other rows judge here."
    if found.outcome is OutcomeKind.NOT_JUDGED and not references.has_signal:
        if not found.partial:
            shown = f"whether {'the repaired program' if found.causes else 'it'} learns"
            yield f"A constant prediction is about as good as any here, so the score does not show {shown}."
    elif found.outcome is not OutcomeKind.NO_SIGNAL:  # a few rows above chance are luck
        learned = as_it_is(found.user, found.causes).learned
        if found.outcome is not OutcomeKind.LEARNS or learned.count < learned.of:
            yield f"As it is, {share_text(learned)}."


def as_it_is(user: Level, causes: Sequence[Cause]) -> Level:
    """The trainings of the unchanged program; of one cause's evidence, which has more seeds, if there is only one."""
    return (causes[0].unrepaired if len(causes) == 1 else None) or user


def explains(found: Mechanism, cause: Cause) -> bool:
    """Whether a mechanism is how this cause hurts, and says more than the cause itself."""
    if found.fault is Fault.PLATEAU:
        return cause.fault in LEAVING_PLATEAU
    return cause.fault in STARTS and found.intervention is not Intervention.REDRAWN


def level_text(found: Diagnosis, level: Level) -> str:
    """16 of 16 seeds learn (81 to 100%), median R2 0.98"""
    share = level.learned
    score = f"{score_name(found.task)} {score_text(found.task, level.held)}"
    if share.low == share.high:
        return f"{share_text(share)} ({score})"
    return f"{share.count} of {share.of} seeds learn ({percent_range(share.low, share.high)}), median {score}"


def meaning_of(found: Diagnosis, cause: Cause) -> str:
    """What a cause means for the training."""
    if cause.fault is Fault.NO_SIGNAL and has_code(found):
        return UNRELATED_COLUMNS
    adds = any(change.new is not None for change in cause.changes)
    return UNRESTRAINED if cause.fault is Fault.REGULARIZATION and adds else FAULTS[cause.fault].meaning


def data_lines(found: Diagnosis, fault: Fault) -> Iterator[str]:
    """The figures that prove a cause in the data."""
    if fault is Fault.CONTRADICTORY_TARGETS and found.scenario is not None:
        yield f"  No function of the inputs comes under a cost of {number(found.bar.best)}."
    if fault is Fault.CONTRADICTORY_TARGETS and found.repeats is not None:
        repeats = found.repeats
        best = score_text(found.task, repeats.best)
        yield (
            f"  {repeats.contradicted:,} of {repeats.rows:,} training rows have the inputs of another row and another "
            f"target. No function of the inputs reaches more than {score_name(found.task)} {best} on them."
        )
    if fault in (Fault.WINDOW, Fault.NO_SIGNAL) and found.neighbours is not None:
        yield from neighbour_lines(found, found.neighbours)
    if fault is Fault.NO_SIGNAL and found.by_heart is not None:
        by_heart = found.by_heart
        score, constant = (score_text(found.task, value) for value in (by_heart.score, by_heart.constant))
        yield (
            f"  Evidence: on its {by_heart.rows:,} validation rows it reaches {score_name(found.task)} {score} "
            f"(constant prediction {constant}), and it learns its training rows as well with their targets shuffled "
            f"({by_heart.shuffled.count} of {by_heart.shuffled.of} seeds)."
        )
    if fault is Fault.TOO_LITTLE_DATA and found.curve:
        points = [f"{score_text(found.task, point.level.held)} from {point.rows:,} rows" for point in found.curve]
        yield f"  Evidence: with as many updates, the median {score_name(found.task)} is {joined(points)}."


def neighbour_lines(found: Diagnosis, neighbours: Neighbours) -> Iterator[str]:
    """Which other rows hold what a row does not, the proof, and what to do."""
    far = max(abs(distance) for distance in neighbours.rows)
    side = "before" if neighbours.rows[0] < 0 else "after"
    scores = [score_text(found.task, value) for value in (neighbours.score, neighbours.own)]
    evidence = f"reaches {score_name(found.task)} {scores[0]}, and {scores[1]} from the row's own inputs alone."
    if neighbours.is_shift:
        yield f"  x and y are {count(far, 'row')} apart: the inputs of a target stand {count(far, 'row')} {side} it."
        yield "  Pair them anew, or give each row its neighbours too."
        yield f"  Evidence: from the inputs of that row {neighbours.learner} {evidence}"
    else:
        before = "the row before it" if far == 1 else f"the {far} rows before it"
        yield f"  Give each row the inputs of {before} too; a recurrent layer reads them as {far + 1} time steps."
        yield f"  Evidence: with them {neighbours.learner} {evidence}"


def mechanism_text(found: Mechanism) -> str:
    """How a cause hurts, and what shows it."""
    what, control = INTERVENTIONS[found.intervention]
    shares = [f"{level.learned.count} of {level.learned.of}" for level in (found.repaired, found.unrepaired)]
    return f"  How it hurts: {FAULTS[found.fault].name}. With {what} {shares[0]} seeds learn, {control} {shares[1]}."


def bound_text(bound: CloneBound, fault: Fault) -> str:
    """Under which loss identical units, or single ones, cannot come."""
    total = "" if bound.total is None else f" ({number(bound.total)} as a sum over all observations)"
    when = "As long as the units stay equal" if fault is Fault.CLONES else "With one unit in each hidden layer"
    return (
        f"{when}, no training brings {bound.loss} under {number(bound.least)}{total}: each output is then a monotone "
        "function of the sum of the inputs."
    )


def cause_lines(found: Diagnosis, number_: int, cause: Cause, most_edits: int = MOST_EDITS) -> Iterator[str]:
    """One cause: what, why, what to do, and the proof."""
    yield f"Cause {number_}: {FAULTS[cause.fault].name}. {meaning_of(found, cause)}"
    for finding in found.contradictions:
        if finding.check is Check.IGNORED_EPOCHS and finding.id == cause.fault.value:
            yield f"  {finding_text(finding)}"
    for line in remedy_lines(cause.changes, cause.edits, most_edits):
        yield f"  {line}"
    if found.scenario is not None:
        yield f"  {as_sentence(FAULTS[cause.fault].remedy)}"
    if cause.repaired is not None and cause.unrepaired is not None:
        repaired, unrepaired = (level_text(found, level) for level in (cause.repaired, cause.unrepaired))
        what = "this repair" if cause.change is None else change_text(cause.change)
        if len(found.causes) > 1:
            yield f"  Evidence: without {what} and with the others, {unrepaired}."
        elif cause.change is not None:
            yield f"  Evidence: with {what}, and nothing else changed, {repaired};"
            yield f"  without it, {unrepaired}."
        else:
            companions = "" if not any(hint.is_needed for hint in found.hints) else " and the unproven repairs below"
            yield f"  Evidence: with this{companions} {repaired};"
            yield f"  without it {unrepaired}."
        yield from (mechanism_text(one) for one in found.mechanisms if explains(one, cause))
        if cause.fault in (Fault.CLONES, Fault.TOO_NARROW) and found.clone_bound is not None:
            yield f"  {bound_text(found.clone_bound, cause.fault)}"
    elif cause.fault in FAULTS_OF_DATA:
        yield from data_lines(found, cause.fault)
    else:
        reasons = [finding for finding in worth_saying(found.contradictions) if finding.id == cause.fault.value]
        yield from (f"  This needs no run: {finding_text(finding)}" for finding in reasons[:1])


def alternative_text(found: Diagnosis, other: Alternative) -> str:
    """One alternative."""
    what = next(iter(remedy_lines(other.changes, ())), "")
    if other.change is not None:
        what = as_sentence(change_text(other.change))
    places = {cause.fault: number_ for number_, cause in enumerate(found.causes, start=1)}
    return f"In place of the repair of cause {places[other.instead_of]}: {what} Then {share_text(other.level.learned)}."


def further_lines(found: Diagnosis, most_edits: int) -> Iterator[str]:
    """What raises the score of the repaired program."""
    known = found.repaired or found.user
    if found.improved is None or known is None:
        return
    before, after = (score_text(found.task, level.held) for level in (known, found.improved))
    if before == after or found.improved.held < known.held:  # fewer seeds fail
        yield f"Further, not needed to learn: with this {level_text(found, found.improved)}."
    else:
        yield f"Further, not needed to learn: this raises the median {score_name(found.task)} from {before} to {after}."
    for one in found.further:
        yield from (f"  {line}" for line in remedy_lines(one.changes, one.edits, most_edits))


def hint_text(hint: Hint) -> str:
    """One hint."""
    what = next(iter(remedy_lines(hint.changes, ())), "")
    return f"{FAULTS[hint.fault].name}: {what}"


def edited_text(found: Diagnosis, edited: EditedRun) -> str:
    """What the user's script reaches with the edits made."""
    if edited.error is not None:
        return f"The edited program could not be run: {edited.error}"
    stopped = " (its training in the script was stopped by the time limit)" if edited.is_stopped else ""
    if edited.held is None:
        return f"The edited program runs{stopped}; its score could not be compared."
    named = {cause.fault for cause in found.causes} | {one.fault for one in found.further}
    if named & set(STARTS):
        named |= set(STARTS)  # other initial weights repair all that is wrong with a start
    other = ""
    if not set(found.remedy) <= named:
        other = f", with repairs of {joined(FAULTS[fault].name for fault in found.remedy)},"
    how = "trained by Keras' own fit" if edited.is_plain else "trained from fresh seeds"
    return (
        f"The edited program ({how}){other} reaches {score_name(found.task)} "
        f"{score_text(found.task, edited.held)}{stopped}: {edited.learned.count} of {edited.learned.of} seeds learn."
    )


def note_text(note: Note) -> str | None:
    """What reading the program changed or could not keep; None for what does not bear on the answer."""
    number_, where = note.count or 0, f" ({note.detail})" if note.detail else ""
    if note.kind is NoteKind.FAILS_BEFORE_FIT and (download := DOWNLOAD_FAILED.search(note.detail)):
        return f"{download[1]} could not be downloaded here."
    texts = {
        NoteKind.TRUNCATED: f"Only the first {number_:,} rows of the {note.detail or 'data'} were read.",
        NoteKind.FITS_MERGED: f"The {number_:,} calls of fit on this model were taken for one training.",
        NoteKind.MORE_FITS: f"The script calls fit again{where}; --fit {max(number_, 2)} judges that call.",
        NoteKind.EARLIER_FIT: f"The script calls fit before this too{where}; --fit 1 judges that call.",
        NoteKind.STOPPED: f"The time limit stopped the training in the script after {count(number_, 'epoch')}.",
        NoteKind.SCRIPT_FAILED: f"After fit, the script fails: {note.detail}",
        NoteKind.FAILS_BEFORE_FIT: f"As it is, the script fails before fit: {note.detail}",
        NoteKind.NOT_COPIED: f"The model cannot be copied ({note.detail}), so few seeds could be trained.",
        NoteKind.CALLED: f"The script never calls {note.detail}, which trains, so it was called.",
        NoteKind.IMPORT_SUPPLIED: f"The script lacks an import that was supplied{where}.",
        NoteKind.FILE_FOUND: f"{note.detail} was read: the script names this file by a path that does not exist.",
        NoteKind.MADE_UP: f"The script lacks {note.detail}, so this was assumed.",
        NoteKind.LOOP_AS_FIT: f"Its own loop with {note.detail} was repeated by fit: {count(number_, 'epoch')}.",
        NoteKind.ENDLESS: f"That loop never ends; its first {number_:,} updates were repeated.",
        NoteKind.BREAKS_OFF: "That loop can end earlier, by a break or return. All its passes were repeated.",
        NoteKind.STEP_OF_KERAS: f"Its own {note.detail} makes the updates of Keras, which were made in these runs.",
        NoteKind.WEIGHTS_SET: f"Weights that the script set itself ({number_:,}) are kept in every training.",
    }
    return texts.get(note.kind)


def note_lines(notes: Sequence[Note]) -> Iterator[str]:
    """The notes in a few lines: names of older versions together."""
    old = [note.detail for note in notes if note.kind is NoteKind.OLD_NAME]
    yield from (text for note in notes if note.kind is not NoteKind.OLD_NAME and (text := note_text(note)))
    if old:
        more = f" and {len(old) - MOST_OLD_NAMES} more" if len(old) > MOST_OLD_NAMES else ""
        shown = joined(old[:MOST_OLD_NAMES]) if not more else ", ".join(old[:MOST_OLD_NAMES]) + more
        yield f"Not in this version of Keras, and replaced here: {shown}."


def hints_heading(found: Diagnosis) -> str:
    """What the hints are worth."""
    if found.unconfirmed is None:
        return "Not proven, but worth a look:"
    share = found.unconfirmed.learned
    known = "these and the above" if found.causes else "these"
    return (
        f"Found, but not confirmed for lack of time: with {known}, {share.count} of {share.of} seeds learn (median "
        f"{score_name(found.task)} {score_text(found.task, found.unconfirmed.held)})."
    )


def unexplained_lines(found: Diagnosis, severity: Severity, heading: str) -> Iterator[str]:
    """What is wrong or suspicious without any run, and neither a cause, an alternative nor, if in doubt, a hint."""
    faults = [cause.fault for cause in found.causes]
    faults += [other.fault for other in found.alternatives[:MOST_ALTERNATIVES]]
    hinted = [] if severity is Severity.CONTRADICTION else [hint.fault for hint in found.hints[:MOST_HINTS]]
    said = {fault.value for fault in (*faults, *hinted)}
    more = {fault.value for fault in hinted if fault not in faults}
    for same in (HEAD, {fault.value for fault in STARTS}):
        if said & same:
            said |= same  # one repair answers for all that was found about the last layer, or about the start
    lines = []
    for finding in worth_saying(found.contradictions):
        is_said = finding.id in said and not (finding.check in SAYING_MORE and finding.id in more)
        if finding.severity is severity and not is_said and not is_replaced(found, finding):
            lines.append(f"  {finding_text(finding)}")
        said.add(finding.id)
    yield from [heading, *lines[:MOST_HINTS]] if lines else []


def is_replaced(found: Diagnosis, finding: Contradiction) -> bool:
    """Whether an edit of a cause writes the whole line of a finding anew, so that both are the same mistake."""
    edits = [edit for cause in found.causes for edit in cause.edits if edit.old]
    place = finding.place
    return place is not None and any(
        (edit.file, edit.cell, edit.line) == (place.file, place.cell, place.line) and place.text.startswith(edit.old)
        for edit in edits
    )


def verdict(found: Diagnosis) -> list[str]:
    """The whole answer, at most ``MOST_LINES`` lines: outcome, causes and edit first, then what else fits."""
    for most_edits in (MOST_EDITS, 1):
        lines = [*outcome_lines(found), *all_cause_lines(found, most_edits), *limit_lines(found)]
        lines += further_lines(found, most_edits)
        if found.edited is not None:
            lines.append(edited_text(found, found.edited))
        if len(lines) <= MOST_LINES:
            break
    if found.scenario is not None and found.scenario.relation is not None:
        lines.append(relation_text(found.scenario.relation))
    lines += [alternative_text(found, other) for other in found.alternatives[:MOST_ALTERNATIVES]]
    lines += hint_lines(found)
    lines += note_lines(found.notes)
    ending = [TIME_IS_OVER] if found.partial else []
    fitting = lines[: MOST_LINES - len(ending)]
    if len(lines) > len(fitting) and fitting[-1].endswith(":"):
        fitting = fitting[:-1]  # no heading of nothing
    return [*fitting, *ending]


def all_cause_lines(found: Diagnosis, most_edits: int) -> Iterator[str]:
    """All causes, or that none is proven; nothing of a program that was not judged because fit raises."""
    if found.raised is not None:
        return
    for place, cause in enumerate(found.causes, start=1):
        yield from cause_lines(found, place, cause, most_edits)
    proven = {id(cause.repaired): cause.repaired for cause in found.causes if cause.repaired is not None}
    if len(found.causes) > 1 and proven:
        level = next(iter(proven.values()))
        yield f"With all these repairs, {level_text(found, level)}."
    if not found.causes and found.outcome not in (OutcomeKind.LEARNS, OutcomeKind.NO_SIGNAL):
        repaired = sum(bool(tried.repairs) for tried in found.tried)
        failed = f"{count(repaired, 'training')} of repaired versions did not show one"
        why = failed if repaired and found.unconfirmed is None else "the time ran out"
        yield f"No cause is proven: {why}."


def limit_lines(found: Diagnosis) -> Iterator[str]:
    """What keeps a program that learns from doing better."""
    if found.outcome is not OutcomeKind.LEARNS or found.user is None:
        return
    if found.repeats is not None and found.repeats.learnable < LEARNED_FRACTION:
        yield "That is near what can be reached with these data."
        yield from (line.strip() for line in data_lines(found, Fault.CONTRADICTORY_TARGETS))
    elif is_limited_by_rows(found) and has_code(found):
        yield "If more is expected, give the narrowest layer more units."
    elif is_limited_by_rows(found):
        yield "If more is expected, check that a row holds all that its target depends on, such as earlier values."
    nearer = found.references.much_nearer(found.user.held) if found.task is TaskKind.REGRESSION else None
    if nearer is not None:
        yield (
            f"It leaves {1 - found.user.held:.1%} of the variance unexplained, and {nearer.name} "
            f"{1 - nearer.score:.2%} (R2 {found.user.held:.4f} against {nearer.score:.4f})."
        )


def hint_lines(found: Diagnosis) -> Iterator[str]:
    """What is not proven, and what was seen without a run: what is wrong for certain first."""
    certain = "Wrong for certain:" if found.unconfirmed else "Wrong for certain, but not shown to matter here:"
    yield from unexplained_lines(found, Severity.CONTRADICTION, certain)
    if found.hints:
        yield hints_heading(found)
        needed = [hint for hint in found.hints if hint.is_needed]
        shown = found.hints if found.unconfirmed is None else needed or found.hints
        yield from (f"  {hint_text(hint)}" for hint in shown[:MOST_HINTS])
    yield from unexplained_lines(found, Severity.SUSPICION, "Seen without a run, and not shown to matter here:")


def tried_table(found: Diagnosis) -> Table:
    """All trainings of the search."""
    first, *others = tried_header(found)
    table = new_table("Trainings", (first, "left"), *((name, "right") for name in others))
    for row in tried_rows(found):
        table.add_row(*map(Text, row))
    return table


def tried_header(found: Diagnosis) -> tuple[str, ...]:
    """The columns of all trainings; all observations of a scenario are training rows."""
    what, beside = ("changes", ()) if found.scenario is not None else ("repairs", ("on training rows",))
    return (what, score_name(found.task), *beside, "learns", "updates")


def tried_rows(found: Diagnosis) -> list[tuple[str, ...]]:
    """The cells of all trainings of the search: repairs, scores, how many seeds learn, updates."""
    return [
        (
            (joined(tried.repairs) if tried.repairs else "none (as it is)") + (", fresh seeds" if tried.fresh else ""),
            score_text(found.task, tried.level.held),
            *([] if found.scenario is not None else [score_text(found.task, tried.level.training)]),
            f"{tried.level.learned.count} of {tried.level.learned.of}",
            f"{tried.level.updates:,}",
        )
        for tried in found.tried
    ]


@as_verdict.register
def answer(found: Diagnosis) -> RenderableType:
    """The answer alone."""
    return Group(*(Text(line) for line in verdict(found)))


@as_report.register
def people(found: Diagnosis) -> RenderableType:
    """The table of all trainings, and the answer last."""
    return Group(tried_table(found), Text(), *(Text(line) for line in verdict(found)))


register_drawings(Diagnosis, "diagnoses", as_page, as_figure, as_cards)
