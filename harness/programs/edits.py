"""The edit in the user's file that makes a change: which text of which line is replaced by what.

An edit is made only if the place of a change is unambiguous: the call that made a layer made no other, the argument is
known to be the one that counts. What cannot be placed is returned as such. The user's file is never written.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..recording.source import called_name
from .changes import Change
from .edited import Key, edited_files, edited_sources, unified_diff, without_overlaps
from .places import argument_of, call_at
from .program import NoteKind, Place, Program
from .rebinding import (
    base_name,
    names_in,
    next_fit_line,
    ordered_split,
    rebound_names,
    rebound_validation,
    split_names,
)
from .scripts import read_pieces
from .targets import describe_targets
from .texts import Edit, Text, Unplaced, is_add, is_docstring, is_future

__all__ = ["Edit", "Edits", "edited_files", "edited_sources", "edits_for", "unified_diff"]

ADDED_UNITS = 64  # of a layer that is added without a number of units
MAX_LABELS = 20  # distinct labels that are written out in an edit
POSITIONS = {
    "Dense": {"units": 0, "activation": 1},
    "LSTM": {"units": 0, "activation": 1},
    "GRU": {"units": 0, "activation": 1},
    "SimpleRNN": {"units": 0, "activation": 1},
    "Conv1D": {"filters": 0, "kernel_size": 1},
    "Conv2D": {"filters": 0, "kernel_size": 1},
    "Conv3D": {"filters": 0, "kernel_size": 1},
    "Embedding": {"input_dim": 0, "output_dim": 1},
    "Dropout": {"rate": 0},
    "SpatialDropout1D": {"rate": 0},
    "SpatialDropout2D": {"rate": 0},
    "Activation": {"activation": 0},
}  # of the arguments of layers that are often given by position
SCALES = ("{} / 255", "({} - input_mean) / input_std", "({} - target_mean) / target_std")  # of data
FIT_POSITIONS = {"x": 0, "y": 1, "batch_size": 2, "epochs": 3}
CLASSES = {
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
}
DEFAULT_RATES = {"Adam": 0.001, "SGD": 0.01, "RMSprop": 0.001, "Nadam": 0.001, "Adamax": 0.001, "Adagrad": 0.001}


@dataclass(frozen=True, kw_only=True)
class Edits:
    """The edits for some changes.

    Attributes:
        edits: in the order of the text.
        unplaced: changes whose place is not known or not unambiguous.
    """

    edits: tuple[Edit, ...]
    unplaced: tuple[Change, ...]


def edits_for(program: Program, changes: Sequence[Change]) -> Edits:
    """The edits in the user's files that make changes to a program.

    Args:
        program: as captured, with its places.
        changes: what is to be changed; several changes of one call are combined.
    """
    return _Editor(program).edits(changes)


class _Editor:
    """Finds the edits for changes to one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.texts: dict[Key, Text] = {}
        self.made_at: dict[Place, set[str]] = defaultdict(set)
        for name, place in program.places.layers.items():
            self.made_at[place].add(name)
        self.layers = {layer.name: layer for layer in program.model._flatten_layers(include_self=False)}
        self.imports: dict[tuple[Key, str], Edit] = {}
        self.wrappers: dict[str, list[str]] = defaultdict(list)
        self.statements: list[str] = []

    def edits(self, changes: Sequence[Change]) -> Edits:
        """The edits for all changes."""
        found: list[Edit] = []
        unplaced: list[Change] = []
        groups = combined(changes)
        for group in groups:
            before = {name: list(wrapped) for name, wrapped in self.wrappers.items()}, list(self.statements)
            try:
                found += self._group(group, changes)
            except (Unplaced, KeyError, SyntaxError, OSError):
                wrappers, self.statements = before
                self.wrappers = defaultdict(list, wrappers)
                unplaced += group
        if self.wrappers or self.statements:
            found += self._data_edits()
        found += self.imports.values()
        return Edits(edits=tuple(without_overlaps(found)), unplaced=tuple(unplaced))

    def _group(self, group: Sequence[Change], changes: Sequence[Change]) -> list[Edit]:
        """The edits for changes that are made together."""
        by_kind = {str(change.kind.value): change for change in group}
        first = group[0]
        kind = str(first.kind.value)
        if kind in ("loss", "from_logits"):
            return self._loss(by_kind)
        if kind in ("optimizer", "learning_rate"):
            return self._optimizer(by_kind)
        if first.layer is not None and kind not in ("labels", "scale_inputs"):
            return [edit for change in group for edit in self._layer(change, changes)]
        return [edit for change in group for edit in self._program(change, changes)]

    # Reading the user's files

    def _text(self, place: Place | None) -> Text:
        """The text that a place is in."""
        if place is None:
            raise Unplaced
        key = (place.file, place.cell)
        if key not in self.texts:
            for piece in read_pieces(Path(place.file), place.file, place.file):
                self.texts[place.file, piece.source.cell] = Text(piece.source)
        return self.texts[key]

    def _call(self, place: Place | None) -> tuple[Text, ast.Call]:
        """The call at a place, as a node of its text's tree."""
        text = self._text(place)
        wanted = call_at(text.source.text, place)
        if wanted is None:
            raise Unplaced
        for node in ast.walk(text.tree):
            if isinstance(node, ast.Call) and text.span(node) == text.span(wanted):
                return text, node
        raise Unplaced

    def _layer_call(self, name: str, alike: Iterable[str] = ()) -> tuple[Text, ast.Call, str]:
        """The call that made a layer, and the layer's class; the call must have made no layer outside ``alike``."""
        place = self.program.places.layers.get(name)
        text, call = self._call(place)
        assert place is not None
        others = {
            other
            for other in self.made_at[place]
            if other in self.layers and not isinstance(self.layers[other], keras.layers.InputLayer)
        }
        kind = type(self.layers[name])
        if not others <= {name, *alike}:
            raise Unplaced
        return text, only_call(call, lambda inner: self._makes(text, inner, kind)), kind.__name__

    def _makes(self, text: Text, call: ast.Call, kind: type) -> bool:
        """Whether a call is that of a class, by its name or an alias of it."""
        name = called_name(call)
        dotted = dict(text.imported()).get(name, name)
        name = dotted.rsplit(".", 1)[-1]
        return name == kind.__name__ or getattr(keras.layers, name, None) is kind

    def _keras(self, text: Text, name: str) -> str:
        """How to write ``keras.NAME`` in a text; an import is added if Keras is not imported whole."""
        for known, dotted in text.imported():
            if dotted in ("keras", "tensorflow.keras"):
                return f"{known}.{name}"
            if dotted == "tensorflow":
                return f"{known}.keras.{name}"
            if dotted in (f"keras.{name.rsplit('.', 1)[0]}", f"tensorflow.keras.{name.rsplit('.', 1)[0]}"):
                return f"{known}.{name.rsplit('.', 1)[1]}"
            if dotted in (f"keras.{name}", f"tensorflow.keras.{name}"):
                return known
        self._import(text, "import keras")
        return f"keras.{name}"

    def _numpy(self, text: Text) -> str:
        """How to write ``numpy`` in a text."""
        for known, dotted in text.imported():
            if dotted == "numpy":
                return known
        self._import(text, "import numpy as np")
        return "np"

    def _import(self, text: Text, line: str) -> None:
        """Add an import before the first import of a text, or at its top."""
        key = (text.source.file, text.source.cell), line
        body = [node for node in text.tree.body if not is_docstring(node) and not is_future(node)]
        first = next((node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))), body[0])
        self.imports[key] = text.insert_before(first, line)

    # Layers

    def _layer(self, change: Change, changes: Sequence[Change]) -> list[Edit]:
        """The edits of one layer."""
        kind, name = str(change.kind.value), str(change.layer)
        if kind == "trainable":
            return [self._trainable(name, changes)]
        if kind in ("add_layer", "remove_layer"):
            text, call, _ = self._layer_call(name)
            return [self._added(text, call, str(change.new))] if kind == "add_layer" else [self._removed(text, call)]
        alike = {
            str(other.layer)
            for other in changes
            if other.kind.value == kind and other.new == change.new and other.layer
        }
        text, call, layer_kind = self._layer_call(name, alike)
        positions = POSITIONS.get(layer_kind, {})
        if kind == "activation":
            return [self._activation(text, call, layer_kind, str(change.new))]
        if kind == "units":
            argument = "filters" if "filters" in positions else "units"
            return [text.set_argument(call, argument, written(change.new), positions.get(argument))]
        if kind in ("kernel_initializer", "bias_initializer"):
            argument = "embeddings_initializer" if layer_kind == "Embedding" else kind
            old = argument_of(call, argument)
            return [text.set_argument(call, argument, text.quoted(str(change.new), old))]
        if kind == "dropout":
            if "rate" in positions:
                return [text.set_argument(call, "rate", written(change.new), 0)]
            given = [arg for arg in ("dropout", "recurrent_dropout") if argument_of(call, arg) is not None]
            return [text.set_argument(call, argument, written(change.new)) for argument in given] or unplaced()
        if kind == "regularizer" and change.new is not None:
            return [text.set_argument(call, "kernel_regularizer", text.quoted(str(change.new)))]
        if kind == "regularizer":
            names = ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "recurrent_regularizer")
            removed = [text.remove_keyword(call, argument) for argument in names]
            return [edit for edit in removed if edit is not None] or unplaced()
        raise Unplaced

    def _activation(self, text: Text, call: ast.Call, layer_kind: str, new: str) -> Edit:
        """Another activation in the call of a layer."""
        if layer_kind in ("Softmax", "ReLU", "LeakyReLU", "ELU", "PReLU"):
            function = self._keras(text, "layers.Activation")
            value = f"{function}({text.quoted(new)})"
            return text.replace(call, value, call, value)
        position = POSITIONS.get(layer_kind, {}).get("activation")
        old = argument_of(call, "activation", position)
        return text.set_argument(call, "activation", text.quoted(new, old), position)

    def _trainable(self, name: str, changes: Sequence[Change]) -> Edit:
        """A layer that is trained, if its call or a single statement freezes it."""
        place = self.program.places.layers.get(name)
        text, call = self._call(place)
        if argument_of(call, "trainable") is not None:
            text, call, _ = self._layer_call(name)
            return text.set_argument(call, "trainable", "True")
        frozen = [
            (other, node)
            for other in self._all_texts(place)
            for node in ast.walk(other.tree)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Attribute)
            and node.targets[0].attr == "trainable"
            and isinstance(node.value, ast.Constant)
            and node.value.value is False
        ]
        thawed = {str(change.layer) for change in changes if change.kind.value == "trainable"}
        all_frozen = {layer.name for layer in self.layers.values() if layer.weights and not layer.trainable}
        if len(frozen) != 1 or not all_frozen <= thawed:
            raise Unplaced
        other, node = frozen[0]
        return other.replace(node.value, "True", node, "trainable = True")

    def _all_texts(self, place: Place | None) -> list[Text]:
        """All cells of the notebook that a place is in, or its file."""
        file = self._text(place).source.file
        return [text for (name, _), text in self.texts.items() if name == file]

    def _added(self, text: Text, call: ast.Call, described: str) -> Edit:
        """A layer before the layer that a call makes: ``Dropout`` or ``Flatten`` as described, else a hidden layer.

        The first number in ``described`` is the units of a hidden layer.
        """
        units = re.search(r"\d+", described)
        is_dense = self._makes(text, call, keras.layers.Dense)
        function = text.text(call.func) if is_dense else self._keras(text, "layers.Dense")
        new = f"{function}({units.group() if units else ADDED_UNITS}, activation={text.quoted('relu')})"
        if described.startswith(("Dropout", "Flatten")):
            name, arguments = described.split("(", 1)
            new = f"{self._keras(text, f'layers.{name}')}({arguments}"
        parent = text.parents[call]
        start = text.span(call)[0]
        if isinstance(parent, ast.List):
            before = text.source.text[: text.span(call)[0]]
            indent = before[before.rfind("\n") + 1 :]
            return text.edit(start, start, f"{new},\n{indent}" if not indent.strip() else f"{new}, ", "", new)
        if is_add(parent):
            statement = text.statement(parent)
            return text.insert_before(statement, f"{text.text(parent.func)}({new})")  # type: ignore[attr-defined]
        if isinstance(parent, ast.Call) and parent.func is call and len(parent.args) == 1:
            argument = parent.args[0]
            return text.replace(argument, f"{new}({text.text(argument)})", parent, new)
        raise Unplaced

    def _removed(self, text: Text, call: ast.Call) -> Edit:
        """The layer that a call makes taken out."""
        if argument_of(call, "input_shape") is not None or argument_of(call, "input_dim") is not None:
            raise Unplaced  # the next layer would need it
        parent = text.parents[call]
        if isinstance(parent, ast.List):
            number = parent.elts.index(call)
            start, end = text.span(call)
            if number + 1 < len(parent.elts):
                end = text.span(parent.elts[number + 1])[0]
            elif number:
                start = text.span(parent.elts[number - 1])[1]
            return text.edit(start, end, "", text.text(call), "removed")
        statement = text.statement(call)
        is_assigned_again = (
            isinstance(statement, ast.Assign)
            and isinstance(parent, ast.Call)
            and parent is statement.value
            and len(parent.args) == 1
            and ast.dump(ast.parse(text.text(statement.targets[0]))) == ast.dump(ast.parse(text.text(parent.args[0])))
        )
        if (is_add(parent) and isinstance(statement, ast.Expr) and statement.value is parent) or is_assigned_again:
            start, end = text.span(statement)
            line = text.source.text[text.starts[statement.lineno - 1] : start]
            if line.strip() == "" and text.source.text[end : end + 1] in ("\n", ""):
                return text.edit(start - len(line), min(end + 1, len(text.source.text)), "", text.text(call), "removed")
        raise Unplaced

    # compile

    def _loss(self, by_kind: Mapping[str, Change]) -> list[Edit]:
        """Another loss, or another ``from_logits``."""
        text, call = self._call(self.program.places.compile)
        given = argument_of(call, "loss", 1)
        from_logits = by_kind.get("from_logits")
        if "loss" not in by_kind:
            return [self._from_logits(text, call, given, bool(from_logits.new))] if from_logits else []
        name = str(by_kind["loss"].new)
        if from_logits is not None and from_logits.new:
            new = f"{self._keras(text, f'losses.{CLASSES[name]}')}(from_logits=True)"
        else:
            new = text.quoted(name, given)
        return [text.set_argument(call, "loss", new, 1)]

    def _from_logits(self, text: Text, call: ast.Call, given: ast.expr | None, new: bool) -> Edit:
        """Another ``from_logits`` of the same loss."""
        if self.program.places.loss is not None:
            text, made = self._call(self.program.places.loss)
            return text.set_argument(made, "from_logits", str(new))
        if isinstance(given, ast.Constant) and new:
            name = getattr(keras.losses.get(given.value), "__name__", "")
            return text.set_argument(
                call, "loss", f"{self._keras(text, f'losses.{CLASSES[name]}')}(from_logits=True)", 1
            )
        raise Unplaced

    def _optimizer(self, by_kind: Mapping[str, Change]) -> list[Edit]:
        """Another optimizer or learning rate."""
        places = self.program.places
        rate = by_kind.get("learning_rate")
        if "optimizer" not in by_kind and places.optimizer is not None:
            text, made = self._optimizer_call()
            new = written(rate.new) if rate is not None else ""
            return [text.set_argument(made, "learning_rate", new, 0, "lr")]
        text, call = self._call(places.compile)
        given = argument_of(call, "optimizer", 0)
        name = str(by_kind["optimizer"].new) if "optimizer" in by_kind else type(self.program.optimizer).__name__
        if "optimizer" in by_kind and places.optimizer is not None:
            text, made = self._optimizer_call()
            new = self._new_optimizer(text, name, rate, made)
            return [text.replace(made, new, made, new)]
        is_default = rate is None or (name in DEFAULT_RATES and np.isclose(float(str(rate.new)), DEFAULT_RATES[name]))
        new = text.quoted(name.lower(), given) if is_default else self._new_optimizer(text, name, rate, None)
        return [text.set_argument(call, "optimizer", new, 0)]

    def _optimizer_call(self) -> tuple[Text, ast.Call]:
        """The call that made the optimizer."""
        text, call = self._call(self.program.places.optimizer)
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
        return f"{self._keras(text, f'optimizers.{name}')}({arguments})"

    # fit and the data

    def _program(self, change: Change, changes: Sequence[Change]) -> list[Edit]:
        """The edits of a change that concerns no layer."""
        kind = str(change.kind.value)
        places = self.program.places
        if kind in ("clipping", "regularizer"):
            text, made = self._optimizer_call()
            names = ("clipnorm", "clipvalue", "global_clipnorm") if kind == "clipping" else ("weight_decay",)
            removed = [text.remove_keyword(made, name) for name in names]
            return [edit for edit in removed if edit is not None] or unplaced()
        if kind == "metric":
            return [self._metric(change)]
        text, call = self._call(places.fit)
        if kind == "epochs":
            assert change.new is not None
            merged = [note.count for note in self.program.notes if note.kind is NoteKind.FITS_MERGED and note.count]
            epochs = -(-int(change.new) // (merged[0] if merged else 1)) + self.program.initial_epoch
            return [text.set_argument(call, "epochs", written(epochs), FIT_POSITIONS["epochs"], "nb_epoch")]
        if kind == "batch_size":
            if self.program.source not in ("arrays", "dataframe"):
                return [self._dataset_batch(change)]
            return [text.set_argument(call, "batch_size", written(change.new), FIT_POSITIONS["batch_size"])]
        if kind == "callbacks":
            edit = text.remove_keyword(call, "callbacks")
            return [edit] if edit is not None else unplaced()
        if kind == "class_weight":
            return [self._class_weight(text, call, change, any(other.kind.value == "labels" for other in changes))]
        if kind == "shuffle" and argument_of(call, "shuffle") is not None and not self.program.shuffle:
            return [text.set_argument(call, "shuffle", "True")]
        self._check_plain_data(call)
        if kind == "resplit":
            return self._resplit(text, call)
        self._wrap(kind, change, text, call)
        return []

    def _resplit(self, text: Text, fit: ast.Call) -> list[Edit]:
        """Training and validation rows drawn anew: by the call that split them in order, else before ``fit``."""
        ordered = ordered_split(text, fit)
        if ordered is not None:
            return [text.set_argument(ordered, "shuffle", "True")]
        pairs = split_names(text, fit)
        if pairs is None or self.program.sample_weight is not None:
            raise Unplaced
        numpy, (first, other) = self._numpy(text), pairs[0]
        count = f"len({first})" if first == other else f"len({first}) + len({other})"
        self.statements.append(f"order = {numpy}.random.default_rng(0).permutation({count})")
        self.statements += [
            f"{train} = {numpy}.asarray({train})[order]"
            if train == held
            else f"{train}, {held} = {numpy}.split({numpy}.concatenate([{train}, {held}])[order], [len({train})])"
            for train, held in pairs
        ]
        return []

    def _metric(self, change: Change) -> Edit:
        """Another metric in the list that compile is given."""
        text, call = self._call(self.program.places.compile)
        given = argument_of(call, "metrics", 3)
        for node in ast.walk(given) if given is not None else []:
            if isinstance(node, ast.Constant) and node.value == change.old:
                return text.replace(node, text.quoted(str(change.new), node), call, text.quoted(str(change.new), node))
        raise Unplaced

    def _dataset_batch(self, change: Change) -> Edit:
        """Another batch size where the dataset is batched, if that is in one place."""
        found = [
            (text, node)
            for text in self._all_texts(self.program.places.fit)
            for node in ast.walk(text.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "batch"
        ]
        if len(found) != 1:
            raise Unplaced
        text, node = found[0]
        return text.set_argument(node, "batch_size", written(change.new), 0)

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

    def _check_plain_data(self, call: ast.Call) -> None:
        """Raise Unplaced unless fit is given one x and one y as arrays."""
        if self.program.source not in ("arrays", "dataframe") or isinstance(self.program.x, (list, tuple, dict)):
            raise Unplaced
        if argument_of(call, "x", 0) is None or argument_of(call, "y", 1) is None:
            raise Unplaced

    def _wrap(self, kind: str, change: Change, text: Text, call: ast.Call) -> None:
        """Note what is to be done to the data that fit is given."""
        x, y = (text.text(argument_of(call, name, position)) for name, position in (("x", 0), ("y", 1)))
        if kind == "scale_inputs":
            if "255" in str(change.new):
                self.wrappers["x"].append("{} / 255")
            else:
                plain = bare(x)
                self.statements.append(f"input_mean, input_std = {plain}.mean(axis=0), {plain}.std(axis=0) + 1e-7")
                self.wrappers["x"].append("({} - input_mean) / input_std")
        elif kind == "scale_targets":
            plain = bare(y)
            self.statements.append(f"target_mean, target_std = {plain}.mean(axis=0), {plain}.std(axis=0)")
            self.wrappers["y"].append("({} - target_mean) / target_std")
            self.wrappers["prediction"].append("{} * target_std + target_mean")
        elif kind == "fill_inputs":
            numpy = self._numpy(text)
            self.statements.append(
                f"input_fill = {numpy}.nanmean({numpy}.where({numpy}.isfinite({x}), {x}, {numpy}.nan), axis=0)"
            )
            self.wrappers["x"].append(f"{numpy}.where({numpy}.isfinite({{0}}), {{0}}, input_fill)")
        elif kind == "shape":
            self.wrappers["y"].append(f"{self._numpy(text)}.reshape({{}}, (-1, 1))")
        elif kind == "scale_validation":
            validation = argument_of(call, "validation_data")
            if not isinstance(validation, (ast.Tuple, ast.List)) or len(validation.elts) < 2:
                raise Unplaced
            self.wrappers["validation x"].append(self._scaling(text, argument_of(call, "x", 0)))
        elif kind == "labels":
            self.wrappers["y"].append(self._labels(str(change.new), text))
        elif kind == "shuffle":
            if self.program.sample_weight is not None:
                raise Unplaced
            numpy = self._numpy(text)
            self.statements.append(f"order = {numpy}.random.default_rng(0).permutation(len({x}))")
            for name in ("x", "y"):
                self.wrappers[f"fit {name}"].append(f"{numpy}.asarray({{}})[order]")
        else:
            raise Unplaced

    def _scaling(self, text: Text, x: ast.expr | None) -> str:
        """The expression that scales other inputs as those of the training were, with ``{}`` for the inputs.

        Raises:
            Unplaced: no line that scales the training inputs by known numbers or a fitted scaler is found.
        """
        lines = {place.line for place in self.program.places.x}
        if not isinstance(x, ast.Name):
            raise Unplaced
        for node in sorted(ast.walk(text.tree), key=lambda node: -getattr(node, "lineno", 0)):
            if not isinstance(node, (ast.Assign, ast.AugAssign)) or node.lineno not in lines:
                continue
            for part in ast.walk(node.value):
                is_fitted = isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute)
                if is_fitted and part.func.attr == "fit_transform":  # type: ignore[attr-defined]
                    return f"{text.text(part.func.value)}.transform({{}})"  # type: ignore[attr-defined]
            divisor = node.value if isinstance(node, ast.AugAssign) else getattr(node.value, "right", None)
            operator = node.op if isinstance(node, ast.AugAssign) else getattr(node.value, "op", None)
            if isinstance(operator, ast.Div) and isinstance(divisor, ast.Constant):
                return f"{{}} / {text.text(divisor)}"
        raise Unplaced

    def _labels(self, coding: str, text: Text) -> str:
        """The expression that writes labels in another way, with ``{}`` for the labels."""
        targets = describe_targets(self.program.y)
        if targets is None or targets.distinct is None:
            raise Unplaced
        indices = "{}"
        if targets.width > 1:
            if coding not in ("indices", "signed"):
                raise Unplaced
            indices = "{}.argmax(axis=-1)"
            classes = list(range(targets.width))
        else:
            classes = [int(v) if float(v).is_integer() else v for v in targets.distinct]  # type: ignore[misc]
            low = classes[0]
            if classes == list(range(int(low), int(low) + len(classes))):
                indices = "{}" if low == 0 else f"({{}} - {low})" if low > 0 else f"({{}} + {-low})"
            elif len(classes) <= MAX_LABELS:
                indices = f"{self._numpy(text)}.searchsorted({classes}, {{}})"
            else:
                raise Unplaced
        if coding == "one_hot":
            return f"{self._keras(text, 'utils.to_categorical')}({outer_stripped(indices)})"
        if coding == "signed":
            return f"2 * {indices} - 1"
        return indices

    def _rebound(self, text: Text, call: ast.Call) -> tuple[dict[str, list[str]], list[str]]:
        """The variables that are scaled before fit, by the argument that they are for, and the lines that do it.

        What is put around their values in the calls is then not needed any more.
        """
        names: dict[str, list[str]] = {}
        lines = []
        for name, position in (("x", 0), ("y", 1)):
            scales = self.wrappers.get(name, [])
            found = rebound_names(text, call, name, position)
            other = argument_of(call, "y" if name == "x" else "x", 1 - position)
            if not scales or not set(scales) <= set(SCALES) or set(found) & names_in(other):
                continue  # if the targets are made of the inputs, they are not to change with them
            if not found:
                continue
            names[name] = found
            self.wrappers.pop(name)
            lines += [f"{', '.join(found)} = {', '.join(scale.format(one) for one in found)}" for scale in scales]
        held = rebound_validation(text, call)
        if held is not None:  # what is done to the validation inputs alone is needed wherever they are used
            lines += [f"{held} = {wrapper.format(held)}" for wrapper in self.wrappers.pop("validation x", [])]
        return names, lines

    def _data_edits(self) -> Iterator[Edit]:
        """The edits that put the data of fit, and of later evaluations in the same scope, in order."""
        text, call = self._call(self.program.places.fit)
        statement, scope = text.statement(call), text.scope(call)
        wrapped = {name: list(wrappers) for name, wrappers in self.wrappers.items()}
        rebound, lines = self._rebound(text, call)
        inputs, last = rebound_names(text, call, "x", 0), next_fit_line(text, call)
        if self.statements or lines:
            yield text.insert_before(statement, self._joined_lines(text, statement, [*self.statements, *lines]))
        yield from self._wrapped(text, "x", argument_of(call, "x", 0), in_fit=True)
        yield from self._wrapped(text, "y", argument_of(call, "y", 1), in_fit=True)
        validation = argument_of(call, "validation_data")
        if isinstance(validation, (ast.Tuple, ast.List)) and len(validation.elts) >= 2:
            yield from self._wrapped(text, "validation x" if self.wrappers["validation x"] else "x", validation.elts[0])
            yield from self._wrapped(text, "y", validation.elts[1])
        later = [other for other in self._all_texts(self.program.places.fit) if other.source.cell != text.source.cell]
        for other in [text, *later]:
            for node in ast.walk(other.tree):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                after = (
                    node.lineno > call.lineno if other is text else (other.source.cell or 0) > (text.source.cell or 0)
                )
                same = text.scope(node) is scope if other is text else isinstance(scope, ast.Module)
                same = same and not (other is text and node.lineno >= last)  # what is behind another fit is its own
                if not after or not same or node.func.attr not in ("evaluate", "predict"):
                    continue
                base = base_name(argument_of(node, "x", 0)) if other is text else None
                if "x" in rebound and base not in rebound["x"]:
                    yield from self._wrapped_by(other, wrapped["x"], argument_of(node, "x", 0))
                yield from self._wrapped(other, "x", argument_of(node, "x", 0))
                if node.func.attr == "evaluate":
                    yield from self._wrapped(other, "y", argument_of(node, "y", 1))
                elif self.wrappers["prediction"] and not ("y" in rebound and base in inputs):
                    start, end = other.span(node)
                    opened, closed = ("(" + self.wrappers["prediction"][0] + ")").split("{}")
                    yield other.edit(start, start, opened, other.text(node), "")
                    yield other.edit(end, end, closed, other.text(node), closed.strip(" )"))

    def _joined_lines(self, text: Text, statement: ast.stmt, lines: Sequence[str]) -> str:
        """Lines that stand before a statement, as one piece of text."""
        start = text.offset(statement.lineno, statement.col_offset)
        before = text.source.text[text.starts[statement.lineno - 1] : start]
        return "; ".join(lines) if before.strip() else f"\n{before}".join(lines)

    def _wrapped(self, text: Text, name: str, argument: ast.expr | None, in_fit: bool = False) -> Iterator[Edit]:
        """The edit of one argument that is data."""
        yield from self._wrapped_by(
            text, [*self.wrappers.get(name, ()), *(self.wrappers.get(f"fit {name}", ()) if in_fit else ())], argument
        )

    def _wrapped_by(self, text: Text, wrappers: Sequence[str], argument: ast.expr | None) -> Iterator[Edit]:
        """The edit that puts expressions around an argument."""
        if argument is None or not wrappers:
            return
        new = text.text(argument)
        simple = isinstance(argument, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.List, ast.Tuple))
        for number, wrapper in enumerate(wrappers):
            is_inside = wrapper.startswith(("{}", "(", "2 *")) and not (simple and number == 0)
            new = wrapper.format(f"({new})" if is_inside and wrapper != "{}" else new)
        if new != text.text(argument):
            yield text.replace(argument, new, argument, new)


def only_call(call: ast.Call, is_wanted: Callable[[ast.Call], bool]) -> ast.Call:
    """The call itself if it is the wanted one, else the only wanted call inside it (Python 3.10 knows just the line).

    Raises:
        Unplaced: there is none, or several.
    """
    if is_wanted(call):
        return call
    inner = [node for node in ast.walk(call) if isinstance(node, ast.Call) and is_wanted(node)]
    if len(inner) != 1:
        raise Unplaced
    return inner[0]


def unplaced() -> list[Edit]:
    """Raise Unplaced if an expression is needed."""
    raise Unplaced


def bare(expression: str) -> str:
    """An expression that an attribute can follow."""
    return expression if expression.isidentifier() else f"({expression})"


def outer_stripped(expression: str) -> str:
    """An expression without the parentheses around it."""
    return expression[1:-1] if expression.startswith("(") and expression.endswith(")") else expression


def written(value: Any) -> str:
    """A number as people write it; a float stays one, because Keras takes no integer for a learning rate."""
    if not isinstance(value, float):
        return str(value)
    if value == 0:
        return "0"
    text = f"{value:.6g}"
    return text if set(text) & set(".en") else f"{text}.0"


def combined(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes in groups that one edit makes: a loss with its ``from_logits``, an optimizer with its learning rate."""
    groups: dict[str, list[Change]] = {}
    for number, change in enumerate(changes):
        kind = str(change.kind.value)
        pairs = {"from_logits": "loss", "learning_rate": "optimizer", "loss": "loss", "optimizer": "optimizer"}
        groups.setdefault(pairs.get(kind, f"{number}"), []).append(change)
    return list(groups.values())
