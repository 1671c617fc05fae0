"""The edits of the data that ``fit`` is given: scaled, filled, shuffled, split anew, or labels written in another way.

What is to be done is noted first, change by change; the edits put it into one place, before ``fit`` or around its
arguments, and into the later evaluations and predictions of the same scope.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from ...recording.source import called_name
from ..changes import Change, ChangeKind
from ..data_sources import HELD_AS_A_WHOLE
from ..old_versions.lists import OF_LISTS
from ..source.places import argument_of, base_name, names_in
from ..targets import describe_targets
from .rebinding import (
    USES,
    are_image_flows,
    next_fit_line,
    ordered_split,
    rebound_datasets,
    rebound_names,
    rebound_parts,
    rebound_validation,
    split_names,
    yielded_parts,
)
from .script_texts import ScriptTexts
from .texts import Edit, Text, Unplaced

DATASET_SCALINGS = (ChangeKind.SCALE_INPUTS, ChangeKind.SCALE_TARGETS)  # also of a tf.data.Dataset
OF_TARGETS = (ChangeKind.SCALE_TARGETS, ChangeKind.LABELS, ChangeKind.SHAPE)  # which leave the inputs as they are
MAX_LABELS = 20  # distinct labels that are written out in an edit
SCALES = ("{} / 255", "({} - input_mean) / input_std", "({} - target_mean) / target_std")  # of data


class DataEdits:
    """What is to be done to the data of one program, and the edits that do it.

    Attributes:
        wrappers: expressions to put around values, ``{}`` for the value, by what the value is.
        statements: lines to run before ``fit``.
    """

    def __init__(self, script: ScriptTexts) -> None:
        """Nothing is to be done yet."""
        self.script, self.program = script, script.program
        self.wrappers: dict[str, list[str]] = defaultdict(list)
        self.statements: list[str] = []

    def noted(self) -> tuple[dict[str, list[str]], list[str]]:
        """A copy of what is to be done so far."""
        return {name: list(wrapped) for name, wrapped in self.wrappers.items()}, list(self.statements)

    def put_back(self, noted: tuple[dict[str, list[str]], list[str]]) -> None:
        """Forget what was noted after a copy was made."""
        wrappers, self.statements = noted
        self.wrappers = defaultdict(list, wrappers)

    def resplit(self, text: Text, fit: ast.Call) -> list[Edit]:
        """Training and validation rows drawn anew: by the call that split them in order, else before ``fit``."""
        ordered = ordered_split(text, fit)
        if ordered is not None:
            return [text.set_argument(ordered, "shuffle", "True")]
        pairs = split_names(text, fit)
        if pairs is None or self.program.sample_weight is not None:
            raise Unplaced
        numpy, (first, other) = self.script.numpy_name(text), pairs[0]
        count = f"len({first})" if first == other else f"len({first}) + len({other})"
        self.statements.append(f"order = {numpy}.random.default_rng(0).permutation({count})")
        self.statements += [
            f"{train} = {numpy}.asarray({train})[order]"
            if train == held
            else f"{train}, {held} = {numpy}.split({numpy}.concatenate([{train}, {held}])[order], [len({train})])"
            for train, held in pairs
        ]
        return []

    @property
    def has_several_inputs(self) -> bool:
        """Whether fit is given a list or tuple of inputs, or a dictionary."""
        x = self.program.x
        return isinstance(x, dict) or (isinstance(x, (list, tuple)) and len(x) > 1)

    def check_plain(self, kind: ChangeKind, call: ast.Call) -> None:
        """Raise Unplaced unless fit is given one y as an array, and one x if that is not left as it is or scaled.

        The inputs and the targets of a dataset can be scaled too.
        """
        if kind in DATASET_SCALINGS and self.program.source == "tf.data" and not self.has_several_inputs:
            return
        is_left_out = self.has_several_inputs and kind not in (*OF_TARGETS, ChangeKind.SCALE_INPUTS)
        if self.program.source not in HELD_AS_A_WHOLE or is_left_out:
            raise Unplaced
        if argument_of(call, "x", 0) is None or argument_of(call, "y", 1) is None:
            raise Unplaced

    def note(self, change: Change, text: Text, call: ast.Call) -> None:
        """Note what is to be done to the data that fit is given."""
        given = (self._array(argument_of(call, "x", 0)), self._array(argument_of(call, "y", 1)))
        x, y = ("" if part is None else text.text(part) for part in given)  # a dataset comes without y
        kind = change.kind
        if kind is ChangeKind.SCALE_INPUTS:
            if self.has_several_inputs:
                self._scale_parts(text, call, change)
            elif self.program.source == "tf.data" and change.layer is None:
                self._scale_datasets(text, call, change)
            elif change.layer is not None:
                x += ".map(lambda x, y: x)" * (self.program.source == "tf.data")
                number = [layer.name for layer in self.program.model.layers].index(change.layer)
                model = text.text(call.func).rpartition(".")[0]
                self.statements.append(f"{model}.layers[{number}].adapt({x})")
            elif "255" in str(change.new):
                self.wrappers["x"].append("{} / 255")
            else:
                mean, std = self._moments(x, text)
                self.statements.append(f"input_mean, input_std = {mean}, {std} + 1e-7")
                self.wrappers["x"].append("({} - input_mean) / input_std")
        elif kind is ChangeKind.SCALE_TARGETS and self.program.source == "tf.data":
            self._scale_dataset_targets(text, call)
        elif kind is ChangeKind.SCALE_TARGETS:
            mean, std = self._moments(y, text)
            self.statements.append(f"target_mean, target_std = {mean}, {std}")
            self.wrappers["y"].append("({} - target_mean) / target_std")
            self.wrappers["prediction"].append("{} * target_std + target_mean")
        elif kind is ChangeKind.FILL_INPUTS:
            numpy = self.script.numpy_name(text)
            self.statements.append(
                f"input_fill = {numpy}.nanmean({numpy}.where({numpy}.isfinite({x}), {x}, {numpy}.nan), axis=0)"
            )
            self.wrappers["x"].append(f"{numpy}.where({numpy}.isfinite({{0}}), {{0}}, input_fill)")
        elif kind is ChangeKind.SHAPE:
            self.wrappers["y"].append(f"{self.script.numpy_name(text)}.reshape({{}}, (-1, 1))")
        elif kind is ChangeKind.SCALE_VALIDATION:
            validation = argument_of(call, "validation_data")
            if not isinstance(validation, (ast.Tuple, ast.List)) or len(validation.elts) < 2:
                raise Unplaced
            self.wrappers["validation x"].append(self._scaling(text, argument_of(call, "x", 0)))
        elif kind is ChangeKind.LABELS:
            self.wrappers["y"].append(self._labels(str(change.new), text))
        elif kind is ChangeKind.SHUFFLE:
            if self.program.sample_weight is not None:
                raise Unplaced
            numpy = self.script.numpy_name(text)
            self.statements.append(f"order = {numpy}.random.default_rng(0).permutation(len({x}))")
            for name in ("x", "y"):
                self.wrappers[f"fit {name}"].append(f"{numpy}.asarray({{}})[order]")
        else:
            raise Unplaced

    def _scale_parts(self, text: Text, call: ast.Call, change: Change) -> None:
        """Note that each of several inputs is to be scaled before fit, with the variables that hold others of it.

        Raises:
            Unplaced: they are not all variables, or one may hold the numbers of words.
        """
        parts = rebound_parts(text, call)
        layers = self.program.model._flatten_layers()
        has_words = any(isinstance(layer, keras.layers.Embedding) for layer in layers)
        others = names_in(argument_of(call, "y", 1)) | names_in(argument_of(call, "sample_weight"))
        if not parts or has_words or change.layer is not None or others & {name for names in parts for name in names}:
            raise Unplaced
        is_image = "255" in str(change.new)
        for names in parts:
            if not is_image:
                mean, std = self._moments(names[0], text)
                self.statements.append(f"input_mean, input_std = {mean}, {std} + 1e-7")
            self.statements.append(f"{', '.join(names)} = {', '.join(map(SCALES[not is_image].format, names))}")

    def _scale_datasets(self, text: Text, call: ast.Call, change: Change) -> None:
        """Note that the inputs of the dataset of fit are to be scaled before fit, and those of all others in use.

        Raises:
            Unplaced: they are not all variables, or not all rows are pairs of inputs and targets.
        """
        names = rebound_datasets(text, call)
        if not names or self.program.sample_weight is not None:
            raise Unplaced
        scaled = "x / 255"
        if "255" not in str(change.new):
            scaled = "scaling(x)"
            self.statements.append(f"scaling = {self.script.keras_name(text, 'layers.Normalization')}()")
            self.statements.append(f"scaling.adapt({names[0]}.map(lambda x, y: x))")
        self.statements += [f"{name} = {name}.map(lambda x, y: ({scaled}, y))" for name in names]

    def _scale_dataset_targets(self, text: Text, call: ast.Call) -> None:
        """Note that the targets of the dataset of fit are to be scaled before fit, and those of all others in use.

        Raises:
            Unplaced: they are not all variables, not all rows are pairs, or the targets are whole numbers, whose type
                cannot hold a mean.
        """
        names, steps = rebound_datasets(text, call), self.program.steps_per_epoch
        is_whole = np.issubdtype(np.asarray(self.program.y).dtype, np.integer)
        if not names or is_whole or self.program.sample_weight is not None:
            raise Unplaced
        rows = names[0] if steps is None else f"{names[0]}.take({steps})"
        self.statements.append(f"targets = {self.script.numpy_name(text)}.concatenate([y for x, y in {rows}])")
        self.statements.append("target_mean, target_std = targets.mean(axis=0), targets.std(axis=0)")
        scaled = SCALES[-1].format("y")
        self.statements += [f"{name} = {name}.map(lambda x, y: (x, {scaled}))" for name in names]
        self.wrappers["prediction"].append("{} * target_std + target_mean")

    def rescale_images(self, text: Text, call: ast.Call) -> list[Edit]:
        """The edits that let every ImageDataGenerator divide its images by 255.

        Raises:
            Unplaced: one scales already, or the model is given other data too.
        """
        made = [
            (other, node)
            for other in self.script.all_texts(self.program.places.fit)
            for node in ast.walk(other.tree)
            if isinstance(node, ast.Call) and called_name(node) == "ImageDataGenerator"
        ]
        if not made or any(argument_of(node, "rescale") for _, node in made) or not are_image_flows(text, call):
            raise Unplaced
        return [other.set_argument(node, "rescale", "1 / 255") for other, node in made]

    def scale_yielded(self, change: Change, text: Text, call: ast.Call) -> list[Edit]:
        """The edit that scales inputs or targets where a generator function of the user's yields them.

        Raises:
            Unplaced: they are yielded elsewhere, or their moments are too many numbers to write down.
        """
        is_input = change.kind is ChangeKind.SCALE_INPUTS
        parts = yielded_parts(text, call, USES if is_input else ("evaluate", "test_on_batch"))
        if parts is None or self.has_several_inputs:
            raise Unplaced
        part, name = (parts[0], "input") if is_input else (parts[1], "target")
        array = f"{self.script.numpy_name(text)}.asarray({text.text(part)})"
        new = f"{array} / 255"
        if "255" not in str(change.new):
            values = np.asarray(self.program.x if is_input else self.program.y, float)
            numbers = [values.mean(axis=0), values.std(axis=0) + 1e-7 * is_input]
            if numbers[0].size > MAX_LABELS:
                raise Unplaced
            written_numbers = ", ".join(self._literal(each, text) for each in numbers)
            self.statements.append(f"{name}_mean, {name}_std = {written_numbers}")
            new = SCALES[1 if is_input else 2].format(array)
        if not is_input:
            self.wrappers["prediction"].append("{} * target_std + target_mean")
        return [text.replace(part, new, part, new)]

    def _literal(self, values: Any, text: Text) -> str:
        """The expression of an array of numbers; one number is written as such."""
        numbers = [float(f"{value:.6g}") for value in values.ravel()]
        return str(numbers[0]) if len(numbers) == 1 else f"{self.script.numpy_name(text)}.array({numbers})"

    def _array(self, argument: ast.expr | None) -> ast.expr | None:
        """What stands for the only array of a list, as the only input of a model may be given; else the argument.

        A list in a list is a row of numbers.
        """
        if self.has_several_inputs or self.program.rows <= 1 or not isinstance(argument, (ast.List, ast.Tuple)):
            return argument
        is_array = len(argument.elts) == 1 and not isinstance(argument.elts[0], (ast.List, ast.Tuple))
        return argument.elts[0] if is_array else argument

    def _moments(self, data: str, text: Text) -> tuple[str, str]:
        """The expressions of the mean and the standard deviation of the columns.

        Lists and tensors have no methods for them.
        """
        if self.program.source == "tensors" or any(note.detail == OF_LISTS for note in self.program.notes):
            numpy = self.script.numpy_name(text)
            return f"{numpy}.mean({data}, axis=0)", f"{numpy}.std({data}, axis=0)"
        return f"{bare(data)}.mean(axis=0)", f"{bare(data)}.std(axis=0)"

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
                indices = f"{self.script.numpy_name(text)}.searchsorted({classes}, {{}})"
            else:
                raise Unplaced
        if coding == "one_hot":
            return f"{self.script.keras_name(text, 'utils.to_categorical')}({outer_stripped(indices)})"
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
                continue  # targets that are made of the inputs must not change with them
            if not found:
                continue
            names[name] = found
            self.wrappers.pop(name)
            lines += [f"{', '.join(found)} = {', '.join(scale.format(one) for one in found)}" for scale in scales]
        held = rebound_validation(text, call)
        if held is not None:  # what is done to the validation inputs alone is needed wherever they are used
            lines += [f"{held} = {wrapper.format(held)}" for wrapper in self.wrappers.pop("validation x", [])]
        return names, lines

    def edits(self) -> Iterator[Edit]:
        """The edits that put the data of fit, and of later evaluations in the same scope, in order."""
        if not self.wrappers and not self.statements:
            return
        text, call = self.script.call(self.program.places.fit)
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
        later = [
            other for other in self.script.all_texts(self.program.places.fit) if other.source.cell != text.source.cell
        ]
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
        argument = self._array(argument)
        if argument is None or not wrappers:
            return
        new = text.text(argument)
        simple = isinstance(argument, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.List, ast.Tuple))
        for number, wrapper in enumerate(wrappers):
            is_inside = wrapper.startswith(("{}", "(", "2 *")) and not (simple and number == 0)
            new = wrapper.format(f"({new})" if is_inside and wrapper != "{}" else new)
        if new != text.text(argument):
            yield text.replace(argument, new, argument, new)


def bare(expression: str) -> str:
    """An expression that an attribute can follow."""
    return expression if expression.isidentifier() else f"({expression})"


def outer_stripped(expression: str) -> str:
    """An expression without the parentheses around it."""
    return expression[1:-1] if expression.startswith("(") and expression.endswith(")") else expression
