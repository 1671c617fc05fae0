"""The edit in the user's file that makes a change: which text is replaced, in which line, and by what.

An edit is made only if the place of a change is unambiguous: the call that made a layer made no other, the argument is
known to be the one that counts. What cannot be placed is returned as such. The user's file is never written.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from ...recording.source import called_name
from ..changes import Change, ChangeKind
from ..data_sources import HELD_AS_A_WHOLE
from ..old_versions.arguments import unread_rates
from ..program import NoteKind, Program
from ..source.places import argument_of, base_name
from ..targets import class_of_loss
from .data_edits import DataEdits
from .edited import without_overlaps
from .layer_edits import LayerEdits
from .rebinding import batch_calls
from .script_texts import ScriptTexts, only_call
from .texts import Edit, Text, Unplaced, positions_of, unplaced, written

FIT_POSITIONS = positions_of(keras.Model.fit)
WRAPPERS = ("KerasClassifier", "KerasRegressor")


@dataclass(frozen=True, kw_only=True)
class Edits:
    """The edits for some changes."""

    edits: tuple[Edit, ...]  # in the order of the text
    unplaced: tuple[Change, ...]  # changes whose place is not known or not unambiguous


def edits_for(program: Program, changes: Sequence[Change]) -> Edits:
    """The edits in the user's files that make changes to a program.

    Args:
        program: as captured, with its places.
        changes: what is to be changed; several changes of one call are combined.
    """
    return _Editor(program).edits(changes)


class _Editor:
    """Finds the edits for changes to one program: what is given to compile and fit here, layers and data by others."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.script = ScriptTexts(program)
        self.layers = LayerEdits(self.script)
        self.data = DataEdits(self.script)

    def edits(self, changes: Sequence[Change]) -> Edits:
        """The edits for all changes."""
        found: list[Edit] = []
        unplaced: list[Change] = []
        for group in combined(changes):
            before = self.data.noted()
            try:
                found += self._group(group, changes)
            except (Unplaced, KeyError, SyntaxError, OSError):
                self.data.put_back(before)
                unplaced += group
        found += self.data.edits()
        found += self.script.imports.values()
        return Edits(edits=tuple(without_overlaps(found)), unplaced=tuple(unplaced))

    def _group(self, group: Sequence[Change], changes: Sequence[Change]) -> list[Edit]:
        """The edits for changes that are made together."""
        by_kind = {change.kind: change for change in group}
        first = group[0]
        kind = first.kind
        if kind in (ChangeKind.LOSS, ChangeKind.FROM_LOGITS):
            return self._loss(by_kind)
        if kind in (ChangeKind.OPTIMIZER, ChangeKind.LEARNING_RATE):
            return self._optimizer(by_kind)
        if first.layer is not None and kind not in (ChangeKind.LABELS, ChangeKind.SCALE_INPUTS):
            return [edit for change in group for edit in self.layers.edits(change, changes)]
        return [edit for change in group for edit in self._program(change, changes)]

    # compile

    def _loss(self, by_kind: Mapping[ChangeKind, Change]) -> list[Edit]:
        """Another loss, or another ``from_logits``."""
        places, from_logits = self.program.places, by_kind.get(ChangeKind.FROM_LOGITS)
        if ChangeKind.LOSS not in by_kind:
            return [self._from_logits(bool(from_logits.new))] if from_logits else []
        name, is_of_logits = str(by_kind[ChangeKind.LOSS].new), from_logits is not None and bool(from_logits.new)
        if places.compile is None:  # a loop of the user's own
            text, made = self._loss_call()
            new = self._new_loss(text, name, is_of_logits)
            return [text.replace(made, new, made, new)] if not (made.args or made.keywords) else unplaced()
        text, call = self.script.call(places.compile)
        quoted = text.quoted(name, argument_of(call, "loss", 1))
        return [text.set_argument(call, "loss", self._new_loss(text, name, True) if is_of_logits else quoted, 1)]

    def _new_loss(self, text: Text, name: str, is_of_logits: bool) -> str:
        """The call that makes a loss."""
        made = self.script.keras_name(text, f"losses.{class_of_loss(name).__name__}")
        return f"{made}({'from_logits=True' if is_of_logits else ''})"

    def _loss_call(self) -> tuple[Text, ast.Call]:
        """The call that made the loss; an expression in a loop of the user's own is none."""
        text, made = self.script.call(self.program.places.loss)
        if self.program.places.compile is None and not hasattr(keras.losses, called_name(made)):
            raise Unplaced
        return text, made

    def _from_logits(self, new: bool) -> Edit:
        """Another ``from_logits`` of the same loss."""
        if self.program.places.loss is not None:
            text, made = self._loss_call()
            return text.set_argument(made, "from_logits", str(new))
        text, call = self.script.call(self.program.places.compile)
        given = argument_of(call, "loss", 1)
        if isinstance(given, ast.Constant) and new:
            name = getattr(keras.losses.get(given.value), "__name__", "")
            return text.set_argument(call, "loss", self._new_loss(text, name, True), 1)
        raise Unplaced

    def _optimizer(self, by_kind: Mapping[ChangeKind, Change]) -> list[Edit]:
        """Another optimizer or learning rate."""
        places = self.program.places
        rate = by_kind.get(ChangeKind.LEARNING_RATE)
        unread = self._unread_rate() if rate is not None and ChangeKind.OPTIMIZER not in by_kind else None
        if unread is not None and rate is not None:
            return [self._read_rate(*unread, rate)]
        if ChangeKind.OPTIMIZER not in by_kind and places.optimizer is not None:
            text, made = self._optimizer_call()
            new = written(rate.new) if rate is not None else ""
            return [text.set_argument(made, "learning_rate", new, 0, "lr")]
        name = (
            str(by_kind[ChangeKind.OPTIMIZER].new)
            if ChangeKind.OPTIMIZER in by_kind
            else type(self.program.optimizer).__name__
        )
        if places.optimizer is not None:
            text, made = self._optimizer_call()
            new = self._new_optimizer(text, name, rate, made)
            return [text.replace(made, new, made, new)]
        text, call = self.script.call(places.compile)
        given = argument_of(call, "optimizer", 0)
        is_default = rate is None or np.isclose(float(str(rate.new)), default_rate(name))
        new = text.quoted(name.lower(), given) if is_default else self._new_optimizer(text, name, rate, None)
        return [text.set_argument(call, "optimizer", new, 0)]

    def _unread_rate(self) -> tuple[Text, ast.Assign] | None:
        """The one statement that sets the rate under a name which nothing reads; None if there is none, or several."""
        texts = self.script.all_texts(self.program.places.optimizer or self.program.places.compile)
        found = [(text, node) for text in texts for node in unread_rates(text.tree)]
        return found[0] if len(found) == 1 else None

    def _read_rate(self, text: Text, node: ast.Assign, rate: Change) -> Edit:
        """The same statement with the attribute that is read."""
        target = node.targets[0]
        assert isinstance(target, ast.Attribute)
        new = f"{text.text(target.value)}.learning_rate = {written(rate.new)}"
        return text.replace(node, new, node, new)

    def _optimizer_call(self) -> tuple[Text, ast.Call]:
        """The call that made the optimizer."""
        text, call = self.script.call(self.program.places.optimizer)
        return text, only_call(call, lambda inner: self._is_optimizer(text, inner))

    def _is_optimizer(self, text: Text, call: ast.Call) -> bool:
        """Whether a call makes the optimizer itself."""
        name = called_name(call)
        return (
            dict(text.imported()).get(name, name).rsplit(".", 1)[-1].lower()
            == type(self.program.optimizer).__name__.lower()
        )

    def _new_optimizer(self, text: Text, name: str, rate: Change | None, made: ast.Call | None) -> str:
        """The call that makes an optimizer."""
        arguments = "" if rate is None else f"learning_rate={written(rate.new)}"
        if made is not None and isinstance(made.func, ast.Attribute):
            return f"{text.text(made.func.value)}.{name}({arguments})"
        return f"{self.script.keras_name(text, f'optimizers.{name}')}({arguments})"

    # fit

    def _program(self, change: Change, changes: Sequence[Change]) -> list[Edit]:
        """The edits of a change that concerns no layer."""
        kind = change.kind
        places = self.program.places
        if kind in (ChangeKind.CLIPPING, ChangeKind.REGULARIZER):
            text, made = self._optimizer_call()
            names = ("clipnorm", "clipvalue", "global_clipnorm") if kind is ChangeKind.CLIPPING else ("weight_decay",)
            removed = [text.remove_keyword(made, name) for name in names]
            return [edit for edit in removed if edit is not None] or unplaced()
        if kind is ChangeKind.METRIC:
            return [self._metric(change)]
        text, call = self.script.call(places.fit)
        if kind is ChangeKind.EPOCHS:
            assert change.new is not None
            merged = [note.count for note in self.program.notes if note.kind is NoteKind.FITS_MERGED and note.count]
            epochs = -(-int(change.new) // (merged[0] if merged else 1)) + self.program.initial_epoch
            of_wrapper = self._epochs_of_wrapper(epochs) if argument_of(call, "epochs") is None else None
            if of_wrapper is not None:
                return [of_wrapper]
            return [text.set_argument(call, "epochs", written(epochs), FIT_POSITIONS["epochs"], "nb_epoch")]
        if kind is ChangeKind.BATCH_SIZE:
            if self.program.source not in HELD_AS_A_WHOLE:
                return [self._dataset_batch(change)]
            return [text.set_argument(call, "batch_size", written(change.new), FIT_POSITIONS["batch_size"])]
        if kind is ChangeKind.CALLBACKS:
            edit = text.remove_keyword(call, "callbacks")
            return [edit] if edit is not None else unplaced()
        if kind is ChangeKind.CLASS_WEIGHT:
            return [self._class_weight(text, call, change, any(other.kind is ChangeKind.LABELS for other in changes))]
        if kind is ChangeKind.SHUFFLE and argument_of(call, "shuffle") is not None and not self.program.shuffle:
            return [text.set_argument(call, "shuffle", "True")]
        if kind is ChangeKind.SHUFFLE and self.program.source == "tf.data":
            return [self._dataset_order()]
        if kind is ChangeKind.SCALE_INPUTS and self.program.source == "PyDataset" and "255" in str(change.new):
            return self.data.rescale_images(text, call)
        if kind in (ChangeKind.SCALE_INPUTS, ChangeKind.SCALE_TARGETS) and self.program.source == "generator":
            return self.data.scale_yielded(change, text, call)
        self.data.check_plain(kind, call)
        if kind is ChangeKind.RESPLIT:
            return self.data.resplit(text, call)
        self.data.note(change, text, call)
        return []

    def _epochs_of_wrapper(self, epochs: int) -> Edit | None:
        """More epochs if a wrapper for scikit-learn hands them to fit; None if there is no wrapper."""
        for text in self.script.all_texts(self.program.places.fit):
            for call in ast.walk(text.tree):
                if not isinstance(call, ast.Call) or called_name(call) not in WRAPPERS:
                    continue
                for keyword in call.keywords:
                    if keyword.arg == "nb_epoch":  # which is not handed on
                        return text.replace(keyword, f"epochs={epochs}", call, f"epochs={epochs}")
                return text.set_argument(call, "epochs", written(epochs))
        return None

    def _metric(self, change: Change) -> Edit:
        """Another metric in the list that compile is given."""
        text, call = self.script.call(self.program.places.compile)
        given = argument_of(call, "metrics", 3)
        for node in ast.walk(given) if given is not None else []:
            if isinstance(node, ast.Constant) and node.value == change.old:
                return text.replace(node, text.quoted(str(change.new), node), node, text.quoted(str(change.new), node))
        raise Unplaced

    def _dataset_batch(self, change: Change) -> Edit:
        """Another batch size where the dataset is batched."""
        text, node = self._batch_call()
        return text.set_argument(node, "batch_size", written(change.new), 0)

    def _dataset_order(self) -> Edit:
        """All rows of the dataset in random order before they are batched."""
        text, node = self._batch_call()
        assert isinstance(node.func, ast.Attribute)
        end, new = text.span(node.func.value)[1], f".shuffle({self.program.split_rows()})"
        return text.edit(end, end, new, text.text(node), new)

    def _batch_call(self) -> tuple[Text, ast.Call]:
        """The call that batches the dataset of fit: the only one of all, or of those in the making of its variable."""
        text, fit = self.script.call(self.program.places.fit)
        every = [
            (other, node)
            for other in self.script.all_texts(self.program.places.fit)
            for node in ast.walk(other.tree)
            if called_name(node) == "batch" and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        ]
        own = batch_calls(text, fit, base_name(argument_of(fit, "x", 0)) or "")
        for found in (every, [(text, node) for node in own]):
            if len(found) == 1:
                return found[0]
        raise Unplaced

    def _class_weight(self, text: Text, call: ast.Call, change: Change, is_renumbered: bool) -> Edit:
        """Class weights that make all classes count the same, or none; classes may be numbered anew from 0."""
        if change.new == "equal":
            edit = text.remove_keyword(call, "class_weight")
            if edit is None:
                raise Unplaced
            return edit
        y = np.asarray(self.program.training_data()[1])
        labels = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else np.round(y.ravel()).astype(int)
        classes, counts = np.unique(labels, return_counts=True)
        numbers = range(len(classes)) if is_renumbered else map(int, classes)
        weights = {c: round(len(labels) / (len(classes) * int(n)), 3) for c, n in zip(numbers, counts)}
        return text.set_argument(call, "class_weight", repr(weights))


def default_rate(optimizer: str) -> float:
    """The learning rate that an optimizer of Keras has if it is given none; NaN for another's class."""
    made = getattr(keras.optimizers, optimizer, None)
    return float("nan") if made is None else float(inspect.signature(made).parameters["learning_rate"].default)


def combined(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes in groups that one edit makes: a loss with its ``from_logits``, an optimizer with its learning rate."""
    pairs = {ChangeKind.FROM_LOGITS: ChangeKind.LOSS, ChangeKind.LEARNING_RATE: ChangeKind.OPTIMIZER}
    groups: dict[tuple[ChangeKind, int], list[Change]] = {}
    for number, change in enumerate(changes):
        kind = pairs.get(change.kind, change.kind)
        groups.setdefault((kind, 0 if kind in pairs.values() else number), []).append(change)
    return list(groups.values())
