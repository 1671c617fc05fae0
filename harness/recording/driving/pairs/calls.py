"""Calls as text, made without running anything: instances of classes, and arguments by their roles."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ..calling import Caller
from ..choices import Choices, Exhausted, Option
from ..roles import Role
from ..session import Hints, Session
from ..slot import Slot
from ..source import Argument, FileFacts, FunctionFacts
from ..uses import Uses, is_bias
from ..watching import Watcher
from ..words import ACTIVATION_WORDS, DERIVATIVE_WORDS, SIZE_ROLES
from .arrays import ATTENTION_LAYER, IMAGE_LAYER, INPUTS, OBSERVATIONS, RECURRENT_LAYER, ROWS, WIDTH, layer_settings
from .recurrent import recurrent_array

RATE = 0.1
DROPPED = "0.8"  # the share that a dropout keeps, or leaves out
MAX_CONSTRUCTIONS = 6
LIMIT = re.compile(
    r"^(grad(ient)?_?)?clip(ping)?(_?(value|norm|threshold|limit))?$|^max_?(grad(ient)?_?)?norm$", re.IGNORECASE
)
NO_LIMIT = "1e6"  # of gradients, which are to be compared as they are
ACTIVATION = "np.tanh"
SLOPES = ("lambda z: 1 - np.tanh(z) ** 2", "lambda a: 1 - a**2")  # of its input, of its output
ARRAY_ROLES = (Role.PARAMETERS, Role.WEIGHT)
MAX_WAITING = 20  # choices of a construction that are still to be tried


class _StaticCaller(Caller):
    """Calls as text, without objects: arrays come from ``pair_data``, and nothing is made by another call."""

    def options(self, slot: Slot) -> list[Option]:
        """Those of some layers by the names of their arguments, arrays for weights, all others by their roles."""
        if slot.role is Role.KEEP:  # with 0 or 1, a dropout does nothing, and every backward pass of it is right
            return [DROPPED]
        image = IMAGE_LAYER.search(slot.function.owner) is not None
        settings = layer_settings(slot.function.owner, slot.argument.name)
        arrays = _arrays(slot.argument.name.lower(), image) if slot.role in ARRAY_ROLES else ()
        is_array = slot.role in (*ARRAY_ROLES, Role.UNKNOWN)
        if is_array and RECURRENT_LAYER.search(slot.function.owner):  # with the weights of its states apart
            own = recurrent_array(slot.argument.name, ROWS[0], slot.function.owner)
            arrays = (own, *arrays) if own is not None else arrays
        return [*settings, *arrays] or self._functions(slot) or super().options(slot)

    def _functions(self, slot: Slot) -> list[Option]:
        """An activation, or its slope, for a layer that is given both and whose file defines none."""
        given = [a for a in slot.function.arguments if self.role(slot.function, a)[1].called]
        slopes = [a for a in given if DERIVATIVE_WORDS.search(a.name)]
        is_of_both = slot.role is Role.ACTIVATION and len(given) == 2 and len(slopes) == 1 and slot.argument in given
        if not is_of_both or any(map(ACTIVATION_WORDS.search, self.facts.functions)):
            return []
        return [*SLOPES] if slot.argument in slopes else [ACTIVATION]


def _arrays(name: str, image: bool) -> tuple[str, ...]:
    """The arrays of ``pair_data`` for weights of this name."""
    if image:
        return ("filter_biases_ + 0.0",) if is_bias(name) else ("filters_ + 0.0",)
    if re.match("gamma|scale", name):
        return ("scales_ + 0.0",)
    if re.match("beta|shift", name):
        return ("shifts_ + 0.0",)
    if is_bias(name):
        return "biases_ + 0.0", "bias_row_ + 0.0", "bias_column_ + 0.0"
    return "weights_ + 0.0", "weights_t_ + 0.0"


class _StaticSession(Session):
    """Knows the text only: nothing is called to make an argument."""

    def functions(self) -> Iterator[tuple[FunctionFacts, str]]:
        """None."""
        return iter(())


class StaticCalls:
    """Builds the text of calls of one file.

    Args:
        facts: of the file.
        outputs: of the layers that are made.
        imported: the facts of the files that define the classes which it imports, by class.
    """

    def __init__(self, facts: FileFacts, outputs: int, imported: Mapping[str, FileFacts] | None = None) -> None:
        self.facts = facts
        self.outputs = outputs
        self.imported = imported or {}
        self._known = FileFacts(dict(facts.functions), dict(facts.classes), list(facts.texts))
        for one in {id(file): file for file in self.imported.values()}.values():
            self._known.add(one)  # what an argument is for may only show in the file that it is handed to
        self._names: dict[str, Any] = {name: type(name, (), {}) for name in facts.classes}
        self._names |= {name: (lambda *arguments: None) for name in facts.functions}
        self._count = 0
        self._caller = self._caller_with({})

    def of_class(self, name: str) -> StaticCalls | None:
        """The calls of the file that defines a class; None if no file of the project does."""
        if name in self.facts.classes:
            return self
        facts = self.imported.get(name)
        return StaticCalls(facts, self.outputs, self.imported) if facts is not None else None

    def new_key(self) -> str:
        """What ends the names that the lines of an option bind."""
        self._count += 1
        return f"{self._count}_"

    def role(self, function: FunctionFacts, argument: Argument) -> Role:
        """What an argument is for."""
        return self._caller.role(function, argument)[0]

    def uses(self, function: FunctionFacts, argument: Argument) -> Uses:
        """What is done with an argument."""
        return self._caller.role(function, argument)[1]

    def _caller_with(self, fixed: Mapping[str, int]) -> Caller:
        session = _StaticSession(self._known, self._names, Choices(fixed), Hints(), Watcher({}), 0)
        return _StaticCaller(session, {})

    def constructions(self, name: str) -> list[str]:
        """Expressions that make an instance of a class, most likely first."""
        attends = ATTENTION_LAYER.search(name) is not None
        found = [self._constructions(name, (WIDTH, WIDTH) if attends else (INPUTS, self.outputs))]
        if self._takes_one_size(name):  # which may be that of its inputs, as of a normalisation
            found.append(self._constructions(name, (INPUTS, INPUTS)))
        merged = [text for texts in itertools.zip_longest(*found) for text in texts if text is not None]
        return list(dict.fromkeys(merged))[:MAX_CONSTRUCTIONS]

    def construction(self, name: str, sizes: tuple[int, int]) -> str:
        """The most likely expression that makes a layer with so many inputs and outputs; "" if there is none."""
        return next(iter(self._constructions(name, sizes)), "")

    def _constructions(self, name: str, sizes: tuple[int, int]) -> list[str]:
        """Those of a layer with so many inputs and outputs."""
        found: dict[str, None] = {}
        waiting: list[dict[str, int]] = [{}]
        while waiting and len(found) < MAX_CONSTRUCTIONS:
            fixed = waiting.pop(0)
            caller = self._caller_with(fixed)
            try:
                found[caller.construction(name, sizes)] = None
            except (Exhausted, KeyError, ValueError):
                continue
            for key, (index, count) in caller.session.choices.taken.items():
                if index + 1 < count and len(waiting) < MAX_WAITING:
                    waiting.append({**fixed, key: index + 1})
        return list(found)

    def _takes_one_size(self, name: str) -> bool:
        """Whether the constructor of a class is given one size only."""
        constructor = self.facts.constructor(name)
        if constructor is None or IMAGE_LAYER.search(name) or ATTENTION_LAYER.search(name):
            return False
        return len(self.sizes_of(constructor)) == 1

    def sizes_of(self, constructor: FunctionFacts) -> list[Argument]:
        """The arguments of a constructor that are sizes and must be given."""
        return [one for one in constructor.required if self.role(constructor, one) in (*SIZE_ROLES, Role.COUNT)]

    def arguments(
        self, function: FunctionFacts, first: str, target: str, known: Mapping[str, str] = MappingProxyType({})
    ) -> str:
        """The arguments of a call: the array first, targets and settings by their roles, if they are not known."""
        parts: list[str] = []
        given = False
        for argument in function.arguments:
            role = self.role(function, argument)
            if argument.name in known:
                parts.append(known[argument.name])
            elif role is Role.TARGETS and target:
                parts.append(target)
            elif not given and first and role not in (Role.FLAG, Role.RATE, Role.QUIET, Role.CHOICE):
                given = True
                parts.append(first)
            elif argument.required:
                parts.append(NO_LIMIT if LIMIT.search(argument.name) else self._setting(role, target))
        return ", ".join(parts)

    @staticmethod
    def _setting(role: Role, target: str) -> str:
        """A value for an argument that is not the array."""
        if role is Role.RATE:
            return str(RATE)
        if role is Role.FLAG:
            return "True"
        if role in (Role.OBSERVATIONS, Role.COUNT):
            return str(OBSERVATIONS)
        return target or ("True" if role is Role.QUIET else "1")
