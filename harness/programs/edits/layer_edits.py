"""The edits that change one layer: its activation, units, start, dropout, penalty, or whether it is there at all."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import keras

from ..changes import Change, ChangeKind
from ..source.places import Place, argument_of
from .script_texts import ScriptTexts, only_call
from .texts import Edit, Text, Unplaced, is_add, positions_of, unplaced, written

ADDED_UNITS = 64  # of a layer that is added without a number of units
OF_ONE_ACTIVATION = (
    keras.layers.Softmax, keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU, keras.layers.PReLU,
)  # fmt: skip  # layers that have no argument for another one


class LayerEdits:
    """Finds the edits of the layers of one program."""

    def __init__(self, script: ScriptTexts) -> None:
        """Look up which call made which layers."""
        self.script, self.program = script, script.program
        self.made_at: dict[Place, set[str]] = defaultdict(set)
        for name, place in self.program.places.layers.items():
            self.made_at[place].add(name)
        self.layers = {layer.name: layer for layer in self.program.model._flatten_layers(include_self=False)}

    def edits(self, change: Change, changes: Sequence[Change]) -> list[Edit]:
        """The edits of one layer."""
        kind, name = change.kind, str(change.layer)
        if kind is ChangeKind.TRAINABLE:
            return [self._trainable(name, changes)]
        if kind in (ChangeKind.ADD_LAYER, ChangeKind.ADD_OUTPUT, ChangeKind.REMOVE_LAYER):
            text, call, _ = self._layer_call(name)
            if kind is ChangeKind.ADD_OUTPUT:
                return [self._after(text, call, str(change.new))]
            if kind is ChangeKind.ADD_LAYER:
                return self._added(text, call, str(change.new))
            return [self._removed(text, call)]
        alike = {
            str(other.layer) for other in changes if other.kind is kind and other.new == change.new and other.layer
        }
        text, call, layer_kind = self._layer_call(name, alike)
        positions = positions_of(layer_kind.__init__)
        if kind is ChangeKind.ACTIVATION:
            return [self._activation(text, call, layer_kind, str(change.new))]
        if kind is ChangeKind.UNITS:
            argument = "filters" if "filters" in positions else "units"
            return [text.set_argument(call, argument, written(change.new), positions.get(argument))]
        if kind in (ChangeKind.KERNEL_INITIALIZER, ChangeKind.BIAS_INITIALIZER):
            argument = "embeddings_initializer" if layer_kind is keras.layers.Embedding else kind.value
            old = argument_of(call, argument)
            return [text.set_argument(call, argument, text.quoted(str(change.new), old))]
        if kind is ChangeKind.DROPOUT:
            if "rate" in positions:
                return [text.set_argument(call, "rate", written(change.new), positions["rate"])]
            given = [arg for arg in ("dropout", "recurrent_dropout") if argument_of(call, arg) is not None]
            return [text.set_argument(call, argument, written(change.new)) for argument in given] or unplaced()
        if kind is ChangeKind.REGULARIZER and change.new is not None:
            return [text.set_argument(call, "kernel_regularizer", text.quoted(str(change.new)))]
        if kind is ChangeKind.REGULARIZER:
            names = ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "recurrent_regularizer")
            removed = [text.remove_keyword(call, argument) for argument in names]
            return [edit for edit in removed if edit is not None] or unplaced()
        raise Unplaced

    def _activation(self, text: Text, call: ast.Call, layer_kind: Any, new: str) -> Edit:
        """Another activation in the call of a layer."""
        if issubclass(layer_kind, OF_ONE_ACTIVATION):
            function = self.script.keras_name(text, "layers.Activation")
            value = f"{function}({text.quoted(new)})"
            return text.replace(call, value, call, value)
        position = positions_of(layer_kind.__init__).get("activation")
        old = argument_of(call, "activation", position)
        return text.set_argument(call, "activation", text.quoted(new, old), position)

    def _trainable(self, name: str, changes: Sequence[Change]) -> Edit:
        """A layer that is trained, if its call or a single statement freezes it."""
        place = self.program.places.layers.get(name)
        text, call = self.script.call(place)
        if argument_of(call, "trainable") is not None:
            text, call, _ = self._layer_call(name)
            return text.set_argument(call, "trainable", "True")
        frozen = [
            (other, node)
            for other in self.script.all_texts(place)
            for node in ast.walk(other.tree)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Attribute)
            and node.targets[0].attr == "trainable"
            and isinstance(node.value, ast.Constant)
            and node.value.value is False
        ]
        thawed = {str(change.layer) for change in changes if change.kind is ChangeKind.TRAINABLE}
        all_frozen = {layer.name for layer in self.layers.values() if layer.weights and not layer.trainable}
        if len(frozen) != 1 or not all_frozen <= thawed:
            raise Unplaced
        other, node = frozen[0]
        return other.replace(node.value, "True", node, "trainable = True")

    def _added(self, text: Text, call: ast.Call, described: str) -> list[Edit]:
        """A layer before the layer that a call makes: ``Dropout`` or ``Flatten`` as described, else a hidden layer.

        The first number in ``described`` is the units of a hidden layer. Before the first layer of a model, it takes
        over the shape of the inputs.
        """
        units = re.search(r"\d+", described)
        is_dense = self.script.makes(text, call, keras.layers.Dense)
        function = text.text(call.func) if is_dense else self.script.keras_name(text, "layers.Dense")
        new = f"{function}({units.group() if units else ADDED_UNITS}, activation={text.quoted('relu')})"
        if described.startswith(("Dropout", "Flatten")):
            name, arguments = described.split("(", 1)
            new = f"{self.script.keras_name(text, f'layers.{name}')}({arguments}"
        shape = shape_of_inputs(call)
        taken = None if shape is None else text.remove_keyword(call, str(shape.arg))
        if shape is not None:
            new = f"{new[:-1]}{'' if new.endswith('()') else ', '}{shape.arg}={text.text(shape.value)})"
        return [self._before(text, call, new), *([taken] if taken is not None else [])]

    def _before(self, text: Text, call: ast.Call, new: str) -> Edit:
        """A layer put before the one that a call makes, in whatever way a model is put together."""
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

    def _after(self, text: Text, call: ast.Call, described: str) -> Edit:
        """A dense layer after the one that a call makes, described by its units and its activation."""
        units, activation = described.removeprefix("Dense(").removesuffix(")").split(", ")
        is_dense = self.script.makes(text, call, keras.layers.Dense)
        function = text.text(call.func) if is_dense else self.script.keras_name(text, "layers.Dense")
        new = f"{function}({units}, activation={text.quoted(activation)})"
        parent = text.parents[call]
        if isinstance(parent, ast.List):
            end = text.span(call)[1]
            return text.edit(end, end, f", {new}", "", new)
        if is_add(parent):
            return text.insert_after(text.statement(parent), f"{text.text(parent.func)}({new})")  # type: ignore[attr-defined]
        if isinstance(parent, ast.Call) and parent.func is call:
            return text.replace(parent, f"{new}({text.text(parent)})", parent, new)
        raise Unplaced

    def _removed(self, text: Text, call: ast.Call) -> Edit:
        """The layer that a call makes taken out."""
        if shape_of_inputs(call) is not None:
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

    def _layer_call(self, name: str, alike: Iterable[str] = ()) -> tuple[Text, ast.Call, Any]:
        """The call that made a layer, and the layer's class; the call must have made no layer outside ``alike``."""
        place = self.program.places.layers.get(name)
        text, call = self.script.call(place)
        assert place is not None
        others = {
            other
            for other in self.made_at[place]
            if other in self.layers and not isinstance(self.layers[other], keras.layers.InputLayer)
        }
        kind = type(self.layers[name])
        if not others <= {name, *alike}:
            raise Unplaced
        return text, only_call(call, lambda inner: self.script.makes(text, inner, kind)), kind


def shape_of_inputs(call: ast.Call) -> ast.keyword | None:
    """The argument of a layer that says what the model is given; None if it has none"""
    return next((one for one in call.keywords if one.arg in ("input_shape", "input_dim")), None)
