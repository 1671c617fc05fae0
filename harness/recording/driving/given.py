"""Sizes and data: what the driver gives of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from .choices import Option
from .data import BATCH, HIDDEN, INPUTS, SECOND_HIDDEN, Form, Labels, pairs_text, target_text
from .numbered import STATES
from .records import layer_descriptions, unpacked_layers
from .results import producers, production, result_of_kind
from .roles import HELD_OUT, INPUT_NAME, TARGET_NAME, Role, words_of
from .slot import Slot
from .source import Argument
from .uses import is_cut_by
from .watching import ITERATIONS
from .words import BATCHES_NAME

if TYPE_CHECKING:
    from .calling import Caller


def sizes(slot: Slot) -> list[Option]:
    """Sizes of a network, or of the layer that is being made."""
    session = slot.session
    dims = session.dims

    def given(make: Callable[[], str], both: bool = True) -> Callable[[], str]:
        def option() -> str:
            session.inputs_given |= both or slot.role is Role.INPUT_SIZE
            session.outputs_given |= both or slot.role is Role.OUTPUT_SIZE
            return make()

        return option

    def out() -> int:
        return session.output_size

    def into() -> int:
        return session.input_size

    if dims is not None:  # a single layer is being made
        before, after = dims
        pair = [f"[{before}, {after}]", f"({before}, {after})"]
        if slot.role is Role.INPUT_SIZE:
            indexed = f"({before},)" if slot.uses.indexed else str(before)
            return [indexed, str(before), f"({before},)", f"({before}, 1)"]
        if slot.role is Role.SIZES:
            return [*pair, str(after), f"({before},)"]
        return [str(after), *pair]
    image = image_default(slot.argument)
    if slot.role is Role.INPUT_SIZE and image is not None:
        return [given(lambda: session.take_images(image), False)]
    if slot.uses.parts and slot.role in (Role.SIZES, Role.HIDDEN_SIZES):
        return list(unpacked_layers(slot))
    if slot.role in (Role.INPUT_SIZE, Role.OUTPUT_SIZE):
        known = into if slot.role is Role.INPUT_SIZE else out
        if slot.argument.default.startswith("["):
            return [given(lambda: f"[{known()}]", False)]
        return [given(lambda: str(known()), False), given(lambda: f"({known()},)", False),
                given(lambda: f"({known()}, 1)", False)]  # fmt: skip
    if slot.role is Role.HIDDEN_SIZE:
        size = SECOND_HIDDEN if _has_hidden_size_before(slot) else HIDDEN
        return [f"[{size}]"] if slot.argument.default.startswith("[") else [str(size), f"[{size}]"]
    if slot.role is Role.HIDDEN_SIZES:
        return [f"[{HIDDEN}]", str(HIDDEN), f"({HIDDEN},)", f"[{HIDDEN}, {SECOND_HIDDEN}]",
                given(lambda: f"[{into()}, {HIDDEN}, {out()}]")]  # fmt: skip
    if slot.role is Role.SIZES and (described := layer_descriptions(slot.caller, slot.uses)):
        return list(described)
    if slot.role is Role.SIZES and _is_beside_inputs(slot):
        return [given(lambda: f"[{HIDDEN}, {out()}]"), f"[{HIDDEN}]", given(lambda: f"({HIDDEN}, {out()})")]
    if slot.role is Role.SIZES:
        return [
            given(lambda: f"[{into()}, {HIDDEN}, {out()}]"),
            given(lambda: f"({into()}, {HIDDEN}, {out()})"),
            given(lambda: f"[{into()}, {out()}]"),
            given(lambda: f"[{into()}, {HIDDEN}, {SECOND_HIDDEN}, {out()}]"),
            f"[{HIDDEN}]",
            given(lambda: f"np.array([{into()}, {HIDDEN}, {out()}])"),
            str(HIDDEN),
            given(lambda: f"[({into()}, {HIDDEN}), ({HIDDEN}, {out()})]"),
        ]
    return [str(INPUTS), str(HIDDEN), "3", "2", "1"]


def _has_hidden_size_before(slot: Slot) -> bool:
    """Whether another argument before this one is the size of a hidden layer."""
    names = [one.name for one in slot.function.arguments]
    before = slot.function.arguments[: names.index(slot.argument.name)] if slot.argument.name in names else ()
    return any(slot.caller.role(slot.function, other)[0] is Role.HIDDEN_SIZE for other in before)


def _is_beside_inputs(slot: Slot) -> bool:
    """Whether the number of inputs is an argument of its own, beside the sizes of the layers."""
    return any(
        slot.caller.role(slot.function, other)[0] is Role.INPUT_SIZE
        for other in slot.function.arguments
        if other.name != slot.argument.name
    )


OF_MANY = re.compile(r"\b(np|numpy)\.(sum|mean|average)\(|\blen\(|\.(mean|sum)\(|\.shape\b")


class _Data:
    """Expressions for observations, each made when it is chosen.

    Args:
        slot: the argument that is given them.
    """

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.session = slot.session

    def inputs(self) -> str:
        """All inputs, or one observation's; for a loss, what the network put out."""
        session = self.session
        if self.slot.caller.in_loss and session.forward_results:
            return result_of_kind(session.forward_results, Role.OUTPUTS)
        form = session.pick_form()
        session.make_data()
        return self._held_out(session.input_text(form), form)

    def targets(self) -> str:
        """The targets, in the form of the inputs."""
        return self._held_out(targets_text(self.slot.caller), self.session.pick_form())

    def _held_out(self, text: str, form: Form) -> str:
        """Data of their own for validation, so that they are not taken for those that are trained on."""
        if form in (Form.LISTS, Form.LIST, Form.AUGMENTED, Form.NUMBERS):
            return text
        return self.session.array_text(f"np.copy({text})" if HELD_OUT.search(self.slot.argument.name) else text)

    def pairs(self) -> str:
        """A list of an input and a target for each observation."""
        session = self.session
        session.make_data()
        order = [Form.COLUMN, Form.ROWS, Form.ROW, Form.LIST]
        if self.slot.uses.unpacked and session.hints.prefers_columns < 0:
            order = [Form.ROWS, Form.COLUMN, Form.ROW, Form.LIST]
        session.form = session.choose("pairs", order)
        return pairs_text(session.pick_labels(), session.form)

    def count(self) -> str:
        """The number of observations."""
        return observations_text(self.slot.caller)

    def both(self) -> str:
        """All inputs and all targets."""
        return f"({self.inputs()}, {self.targets()})"

    def batches(self) -> str:
        """A list of three batches, the last one smaller: as many updates as are wanted, in one epoch."""
        x, y = self.inputs(), self.targets()
        cut = "[:, {}]" if self.session.form is Form.COLUMNS else "[{}]"
        parts = [cut.format(part) for part in (f":{BATCH}", f"{BATCH // 2}:{BATCH // 2 + BATCH}", f"{BATCH}:")]
        return "[" + ", ".join(f"({x}{part}, {y}{part})" for part in parts) + "]"

    def number(self) -> str:
        """One input of one observation."""
        self._give_one_output(Form.VECTOR)
        return f"X[i, {self.numbered.index(self.slot.argument.name)}]"

    def column(self) -> str:
        """One input of all observations."""
        self._give_one_output(Form.ROWS)
        return f"X[:, {self.numbered.index(self.slot.argument.name)}]"

    def _give_one_output(self, form: Form) -> None:
        """What takes its inputs one by one has one output."""
        if self.session.labels is None:
            self.session.labels = self.session.choose("labels", [Labels.FLAT, Labels.REAL])
        self.session.make_data()
        self.session.form = form

    @property
    def is_of_many(self) -> bool:
        """Whether the function, or what it calls, sums over observations or counts them."""
        return any(OF_MANY.search(part.text) for part in self.slot.caller.facts.reach(self.slot.function))

    @property
    def numbered(self) -> list[str]:
        """The inputs of a function that takes them one by one, as x1, x2; none if it does not."""
        stem = self.slot.argument.name.rstrip("0123456789")
        pattern = re.compile(rf"{re.escape(stem)}\d+")
        names = [other.name for other in self.slot.function.arguments if pattern.fullmatch(other.name)]
        inputs = self.names_of(Role.INPUTS)
        return names if len(names) > 1 and set(names) <= set(inputs) else []

    def names_of(self, role: Role) -> list[str]:
        return [
            other.name
            for other in self.slot.function.arguments
            if self.slot.caller.role(self.slot.function, other)[0] is role
        ]


def observations(slot: Slot) -> list[Option]:
    """Inputs, targets or both."""
    data = _Data(slot)
    if slot.role is Role.OBSERVATIONS:
        return [data.count]
    if slot.role is Role.TARGETS:
        return [data.targets]
    if slot.role is Role.PAIRS and slot.uses.split and not slot.uses.iterated:
        return [data.both, data.pairs, data.inputs]
    if slot.role is Role.PAIRS and BATCHES_NAME.search(slot.argument.name):
        return [data.batches, data.pairs, data.inputs, data.both]
    if slot.role is Role.PAIRS:
        return [data.pairs, data.inputs, data.both, data.batches]
    words = slot.session.words
    if words is not None and slot.argument.name not in words.names:
        return list(STATES)  # a_prev, beside the numbers of words
    if data.numbered:
        return [data.column, data.number] if data.is_of_many else [data.number, data.column]
    if not INPUT_NAME.match(slot.argument.name):
        named = producers(slot.caller, slot.function, lambda names: slot.argument.name in names)
        if named:
            return [
                *(production(slot.caller, producer, text, slot.argument.name) for producer, text in named),
                data.inputs,
            ]
    if slot.uses.unpacked or re.search(r"data|batch", slot.argument.name, re.IGNORECASE):
        if data.names_of(Role.TARGETS):
            return [data.inputs, data.pairs]
        likely_pairs = slot.uses.unpacked or not (slot.uses.array or words_of(slot.argument.name)[0] == "x")
        likely_pairs = likely_pairs and not slot.session.hints.augmented
        return [data.pairs, data.inputs, data.both] if likely_pairs else [data.inputs, data.pairs, data.both]
    return [data.inputs]


def keyed_data(slot: Slot) -> Option | None:
    """Inputs and targets in a dictionary, if both are asked for by the names of keys and nothing else is."""
    data = _Data(slot)
    bare = {key: HELD_OUT.sub("", key) or key for key in sorted(slot.uses.keys)}
    targets = {key for key, name in bare.items() if TARGET_NAME.match(name)}
    inputs = {key for key, name in bare.items() if INPUT_NAME.match(name)} - targets
    if not (targets and inputs) or targets | inputs != set(bare):
        return None
    return lambda: (
        "{" + ", ".join(f"{key!r}: {data.targets() if key in targets else data.inputs()}" for key in bare) + "}"
    )


def batch_sizes(slot: Slot) -> list[Option]:
    """The size of a batch: of all observations, if a function is given one batch and does not cut it into some."""
    has_data = bool({Role.INPUTS, Role.TARGETS, Role.OUTPUTS} & slot.caller.roles_of(slot.function))
    is_given_one = has_data and not slot.function.loops and not is_cut_by(slot.argument.name, slot.function.node)
    if is_given_one and slot.function.name != "__init__":
        return [lambda: observations_text(slot.caller)]
    return [str(BATCH), lambda: observations_text(slot.caller), "1"]  # some ask for batches of one size


def observations_text(caller: Caller) -> str:
    """The number of all observations."""
    caller.session.make_data()
    return "len(X)"


def inputs_text(caller: Caller) -> str:
    """The expression for the inputs."""
    caller.session.make_data()
    return caller.session.input_text(caller.session.pick_form())


def targets_text(caller: Caller) -> str:
    """The expression for the targets, in the form of the inputs."""
    form = caller.session.pick_form()
    caller.session.make_data()
    return target_text(caller.session.pick_labels(), form)


def indices(caller: Caller) -> str:
    """The indices of all observations."""
    caller.session.make_data()
    return "range(len(X))"


ROWS = 7  # of the smallest matrix whose rows are numbered


def row_numbers(slot: Slot) -> list[Option]:
    """Numbers of rows, if the object has a matrix that is indexed by the argument: words of a vocabulary.

    All arguments of one call get different ones, because a row that is there twice is updated once.
    """
    session, caller = slot.session, slot.caller
    mine = [
        session.names[name] for name in session.objects if type(session.names[name]).__name__ == slot.function.owner
    ]

    def numbers_rows(argument: Argument) -> bool:
        names = caller.role(slot.function, argument)[1].rows_of
        tables = [getattr(thing, name, None) for thing in mine for name in names]
        return any(isinstance(one, np.ndarray) and one.ndim == 2 and len(one) >= ROWS for one in tables)

    numbering = [one.name for one in slot.function.arguments if numbers_rows(one)]
    if slot.argument.name not in numbering:
        return []
    place = numbering.index(slot.argument.name)
    last = ROWS - ITERATIONS + 1  # the first row that is not given in any iteration
    one, several = f"i + {place}" if place else "i", f"np.arange(i + {place}, i + {last})"
    is_several = re.search(r"s$|neg|list|array|samples", slot.argument.name.lower()) is not None
    session.make_data()  # which says that the call is not one without data
    return [several, one] if is_several else [one, several]


def image_default(argument: Argument) -> tuple[int, int, int] | None:
    """The default of an argument that is the shape of an image, as in ``input_dim=(1, 28, 28)``."""
    match = re.fullmatch(r"[(\[](\d+), (\d+), (\d+)[)\]]", argument.default)
    return (int(match.group(1)), int(match.group(2)), int(match.group(3))) if match else None
