"""A program prepared for the diagnosis: its task, its table of rows, how they are split, and what could be reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..errors import BadInput
from ..measures.inputs import InputFacts, input_facts
from ..programs.contradictions import Check, Contradiction, contradictions
from ..programs.program import Program
from ..programs.targets import ACCURACIES, metric_names
from .head_facts import HeadFacts, read_head
from .references import SIGNAL_LEVEL, References, measure_references
from .repeats import Repeats, measure_repeats
from .splits import Split, split_apart_from_tail, split_rows, tail_is_outside
from .tasks import Array, Indices, LabelFormat, Task, TaskKind, infer_task


@dataclass(frozen=True, kw_only=True)
class Case:
    """A program with everything that the search asks of it again and again.

    Attributes:
        program: as the user wrote it
        task: what is to be learned
        head: output units, activation and loss
        inputs: one array for each input of the model: training rows, then validation rows
        targets_given: the targets of the same rows, as the program has them; numbers in the place of text
        text_targets: the targets as the program has them if they are text; None otherwise
        targets: the same in the form that scores are computed from
        rows: number of training rows, those of the program's ``validation_split`` included
        split: which rows train and judge
        facts: one for each input
        references: what constant and off-the-shelf predictions reach
        training_references: the same if the training rows judge; its best is at least that of memory
        sorted_classes: whether equal classes stand together in the training rows
        sorted_inputs: whether the rows that ``validation_split`` keeps lie outside of the range of the others, and
            nothing predicts them
        class_shares: smallest and largest share of a class; (0, 0) of regressions
        is_autoencoder: whether the targets are the inputs
        repeats: what equal inputs with different targets leave to be learned; None if there are none
        found: what contradicts itself or is suspicious without any run
        seed: of all draws
    """

    program: Program
    task: Task
    head: HeadFacts
    inputs: tuple[Array, ...]
    targets_given: Array
    text_targets: Array | None
    targets: Array
    rows: int
    split: Split
    facts: tuple[InputFacts, ...]
    references: References
    sorted_classes: bool
    sorted_inputs: bool
    class_shares: tuple[float, float]
    is_autoencoder: bool
    repeats: Repeats | None
    found: tuple[Contradiction, ...]
    seed: int

    def has(self, *checks: Check) -> bool:
        """Whether one of some contradictions or suspicions was found."""
        return any(finding.check in checks for finding in self.found)

    @property
    def has_equal_targets(self) -> bool:
        """Whether all rows have the same targets, about which R2 and accuracy say nothing; R2 of a single row does."""
        is_of_one_row = len(self.targets) == 1 and self.task.kind is TaskKind.REGRESSION
        return not is_of_one_row and bool(np.all(self.targets == self.targets[:1]))

    @property
    def has_unrelated_columns(self) -> bool:
        """Whether it is an autoencoder of rows whose columns say nothing about each other."""
        p_value = self.references.p_value
        return self.is_autoencoder and p_value is not None and p_value > SIGNAL_LEVEL

    def packed(self, inputs: Sequence[Array]) -> Any:
        """Arrays, one for each input, in the structure in which the program gives them."""
        return keras.tree.pack_sequence_as(self.program.x, list(inputs))


def prepare_case(program: Program, *, seed: int = 0) -> Case:
    """Everything that the search needs to know about a program.

    Raises:
        BadInput: the program has no targets, several outputs, or targets that cannot be read.
    """
    if program.y is None:
        raise BadInput(f"{program.name}: fit was called without targets (y); their loss cannot be judged here")
    flat_y = keras.tree.flatten(program.y)
    if len(flat_y) > 1:
        raise BadInput(
            f"{program.name}: expected targets for one output, got {len(flat_y)} arrays. Diagnose one output at a "
            "time: make a model of the same inputs and that output."
        )
    inputs, targets_given, rows = all_rows(program)
    targets_given, text_targets = numbered(targets_given)
    head = read_head(program)
    task = _task_of(program, head, targets_given, rows)
    try:
        targets = task.read_targets(targets_given)
    except (ValueError, TypeError) as error:
        raise BadInput(f"{program.name}: the targets cannot be read ({error})") from None
    tokens = token_inputs(program, len(inputs))
    per_row = targets if task.positions == 1 else targets.reshape(len(inputs[0]), -1)[:, :1]
    split = split_rows(
        inputs,
        per_row,
        task,
        validation_rows=len(inputs[0]) - rows,
        validation_split=program.validation_split if program.validation is None else 0.0,
        shuffle=program.shuffle,
        seed=seed,
        ordered_input=not program.shuffle,
    )
    is_autoencoder = (
        task.kind is TaskKind.REGRESSION
        and inputs[0].shape == targets_given.shape
        and bool(np.allclose(inputs[0], targets_given))
    )
    keeps_state = any(getattr(layer, "stateful", False) for layer in program.model._flatten_layers())
    references = measure_references(
        inputs,
        targets,
        task,
        split,
        token_inputs=tokens,
        seed=seed,
        autoencoder_width=narrowest_width(program) if is_autoencoder else None,
        keeps_state=keeps_state,
    )
    is_apart = False
    at_chance = references.p_value is not None and references.p_value > SIGNAL_LEVEL
    if at_chance and program.validation is None and program.validation_split > 0 and not is_autoencoder:
        is_apart = tail_is_outside([values[:rows] for values in inputs], program.validation_split)
    if is_apart:  # nobody predicts rows of a kind that was never seen: rows of all kinds are to judge
        split = split_apart_from_tail(inputs, per_row, task, tail=program.validation_split, seed=seed)
        references = measure_references(
            inputs, targets, task, split, token_inputs=tokens, seed=seed, keeps_state=keeps_state
        )
    return Case(
        program=program,
        task=task,
        head=head,
        inputs=inputs,
        targets_given=targets_given,
        text_targets=text_targets,
        targets=targets,
        rows=rows,
        split=split,
        facts=tuple(input_facts(values[:rows], is_tokens=is_tokens) for values, is_tokens in zip(inputs, tokens)),
        references=references,
        sorted_classes=_is_sorted(per_row[:rows], task),
        sorted_inputs=is_apart,
        class_shares=_class_shares(targets, task),
        is_autoencoder=is_autoencoder,
        repeats=measure_repeats(inputs, targets, task, rows),
        found=contradictions(program),
        seed=seed,
    )


def _task_of(program: Program, head: HeadFacts, targets: Array, rows: int) -> Task:
    """The task by the training targets, and by those of the validation rows too if these have classes of their own
    and the network has outputs for them."""

    def inferred(values: Array) -> Task:
        return infer_task(
            values,
            loss=head.loss,
            output_units=head.units,
            output_activation=head.activation,
            output_rank=head.rank,
            has_accuracy=not ACCURACIES.isdisjoint(metric_names(program.metrics)),
        )

    task, whole = inferred(targets[:rows]), inferred(targets)
    is_wider = task.format is whole.format is LabelFormat.INDICES and task.classes < whole.classes
    return whole if is_wider and whole.classes <= max(2, head.units) else task


def all_rows(program: Program) -> tuple[tuple[Array, ...], Array, int]:
    """All rows: inputs, targets, and how many of the rows are for training.

    Raises:
        BadInput: inputs and targets have different numbers of rows, or none.
    """
    inputs = [np.asarray(values) for values in keras.tree.flatten(program.x)]
    targets = np.asarray(keras.tree.flatten(program.y)[0])
    if not (targets.ndim and inputs[0].ndim):
        raise BadInput(f"{program.name}: x and y must be arrays with a row for each observation")
    if len(targets) != len(inputs[0]):
        raise BadInput(
            f"{program.name}: x has {len(inputs[0]):,} rows and y has {len(targets):,}. They must have the same number."
        )
    rows = len(targets)
    if program.validation is not None and program.validation.y is not None:
        more = [np.asarray(values) for values in keras.tree.flatten(program.validation.x)]
        more_targets = np.asarray(keras.tree.flatten(program.validation.y)[0])
        fits = len(more) == len(inputs) and all(a.shape[1:] == b.shape[1:] for a, b in zip(inputs, more))
        if fits and more_targets.shape[1:] == targets.shape[1:]:
            inputs = [np.concatenate(pair) for pair in zip(inputs, more)]
            targets = np.concatenate([targets, more_targets])
    return tuple(inputs), targets, rows


def numbered(targets: Array) -> tuple[Array, Array | None]:
    """Targets as numbers, and as they were if they are text: each distinct text has the number of its place."""
    if targets.dtype.kind not in "USO":
        return targets, None
    try:
        return targets.astype(float), None
    except (TypeError, ValueError):
        text = targets.astype(str)
        return np.unique(text, return_inverse=True)[1].reshape(targets.shape), text


def token_inputs(program: Program, count: int) -> tuple[bool, ...]:
    """For each input, whether an Embedding layer reads it."""
    model = program.model
    layers = list(model._flatten_layers(include_self=False))
    embeddings = [layer for layer in layers if isinstance(layer, keras.layers.Embedding)]
    flat = keras.tree.flatten(program.x)
    if not embeddings:
        return (False,) * count
    if count == 1:
        return (True,)
    return tuple(bool(np.all(np.asarray(v)[:100] == np.round(np.asarray(v)[:100]))) for v in flat)


def narrowest_width(program: Program) -> int:
    """Units of the narrowest layer that has units."""
    widths = [int(layer.units) for layer in program.model._flatten_layers() if hasattr(layer, "units")]
    return min(widths, default=1)


def _is_sorted(targets: Array, task: Task) -> bool:
    """Whether equal classes stand together in the rows."""
    if task.kind not in (TaskKind.BINARY, TaskKind.MULTICLASS):
        return False
    labels: Indices = np.asarray(targets).reshape(-1)
    changes = int(np.count_nonzero(np.diff(labels)))
    return len(labels) > 20 and changes < max(3 * task.classes, len(labels) // 50)


def _class_shares(targets: Array, task: Task) -> tuple[float, float]:
    """Smallest and largest share of a class."""
    if task.kind not in (TaskKind.BINARY, TaskKind.MULTICLASS):
        return 0.0, 0.0
    counts = np.bincount(np.maximum(targets, 0).astype(np.intp), minlength=task.classes)
    return float(counts.min() / counts.sum()), float(counts.max() / counts.sum())
