"""The gradients of one way of calling a layer, and the lines that bind them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..gradients import GRADIENT_NAMED, plain_name
from ..source import FunctionFacts
from ..updates import mangled
from .kept import OF_GRADIENTS, kept_items
from .plan import GradientPlan

INPUT_GRADIENT = re.compile(r"^_?d_?(x|inputs?|in|prev\w*)$", re.IGNORECASE)
FIRST_GRADIENT = re.compile(r"^_?d_?(x|a|inputs?|in|prev)", re.IGNORECASE)  # as the backward pass returns it


def _is_named_after(gradient: str, parameter: str) -> bool:
    """Whether a name is that of a parameter after a d: ``dbrx`` of ``brx``."""
    return re.fullmatch(rf"_?d_?{re.escape(parameter)}", gradient) is not None


def _is_of(name: str, parameter: str) -> bool:
    """Whether an attribute has the usual name of a gradient, or that of the parameter after a d."""
    return GRADIENT_NAMED.search(name) is not None or _is_named_after(name, parameter)


def _is_handed_on(backward: FunctionFacts, attribute: str, parameters: Sequence[str], weights: Sequence[str]) -> bool:
    """Whether an attribute is what a backward pass that returns nothing hands on.

    It has the name of what the pass is given, or it is the only one of a layer without parameters. In a layer with
    weights, one that is made without them is the gradient of what its activation is given.
    """
    is_given = attribute in [one.name for one in backward.required]
    is_only = backward.changes == {attribute} and not parameters
    copied = re.search(rf"self\.{attribute} = \w+$", backward.text, re.MULTILINE)
    made = re.findall(rf"self\.{attribute} \W?= (.*)$", backward.text, re.MULTILINE)
    passes_weights = not weights or any(f"self.{weight}" in value for value in made for weight in weights)
    return (is_given or is_only) and not backward.returns_something and copied is None and passes_weights


class Gradients:
    """The gradients of one option, and the lines that bind them.

    Args:
        key: of the option.
        thing: the variable of the instance.
        parameters: the attributes that are weights, or the items of one that holds several.
        names: what each of them is called.
        path: of the attribute that holds the instance, if it is part of another layer, whose input it is not given.
        of_indices: whether its input is whole numbers, which have no gradient.
    """

    def __init__(
        self,
        key: str,
        thing: str,
        parameters: list[str],
        names: list[str],
        path: str = "",
        *,
        of_indices: bool = False,
    ) -> None:
        self.key = key
        self.thing = thing
        self.parameters = parameters
        self.names = names
        self.owner = f"self.{path}" if path else "self"
        self.has_input = not (path or of_indices)
        self.plans: list[GradientPlan] = []
        self.lines: list[str] = []

    def before(self, index: int) -> str:
        """The name of a parameter's value before the backward pass."""
        return f"before{self.key}{index}"

    def unread(self) -> tuple[tuple[str, str], ...]:
        """The parameters without a gradient, and the names of their values before the backward pass."""
        read = {plan.of_value for plan in self.plans}
        named = [(f"{self.owner}.{attribute}", self.before(index)) for index, attribute in enumerate(self.parameters)]
        return tuple((name, before) for name, before in named if before not in read)

    def add(self, label: str, expression: str, of: str, of_value: str) -> None:
        """Adds one that an expression gives."""
        if label in {plan.label for plan in self.plans}:
            return
        name = f"gradient{self.key}{len(self.plans)}"
        self.lines.append(f"{name} = {expression}")
        self.plans.append(GradientPlan(label=label, of=of, value=name, of_value=of_value))

    def add_returned(self, names: tuple[str, ...]) -> None:
        """Adds those that the backward pass returns under these names."""
        back, input_value = f"back{self.key}", f"input{self.key}"
        if len(names) == 1 and self.has_input:
            self.add("return value", back, "input", input_value)
            return
        # without names they come in the order in which the weights stand in their dictionary or list
        are_in_order = len(names) == len(self.parameters) + 1 and all("[" in one for one in self.parameters)
        for index, name in enumerate(names):
            place = self._place_of(name)
            if place is None and index > 0 and are_in_order and not GRADIENT_NAMED.search(name):
                place = index - 1
            if place is not None:
                value = f"{back}[{index}]" if len(names) > 1 else back
                self.add(name, value, self.parameters[place], self.before(place))
            elif not self.has_input:
                continue
            elif index == 0 or FIRST_GRADIENT.match(name):
                self.add(name, f"{back}[{index}]", "input", input_value)

    def add_stored(self, method: FunctionFacts, weights: Sequence[str]) -> None:
        """Adds those that a method keeps in attributes; ``weights``: the parameters that are named as weights are."""
        for attribute in sorted(method.changes):
            place = self._place_of(attribute)
            value = f"{self.thing}.{mangled(method.owner, attribute)}"
            if INPUT_GRADIENT.match(attribute) or _is_handed_on(method, attribute, self.parameters, weights):
                if self.has_input:
                    self.add(f"self.{attribute}", value, "input", f"input{self.key}")
            elif place is not None and _is_of(attribute, self.names[place]):
                of = f"{self.owner}.{self.parameters[place]}"
                self.add(f"{self.owner}.{attribute}", value, of, self.before(place))

    def add_keyed(self, pick: str, keys: Sequence[str]) -> None:
        """Adds those in a dictionary that the backward pass returns; ``pick`` picks it out of several values."""
        for key in keys:
            place = self._place_of(key)
            value = f"back{self.key}{pick}[{key!r}]"
            if place is not None:
                self.add(key, value, f"self.{self.parameters[place]}", self.before(place))
            elif INPUT_GRADIENT.match(key) and self.has_input:
                self.add(key, value, "input", f"input{self.key}")

    def add_items(self, method: FunctionFacts) -> None:
        """Adds those that a method keeps in dictionaries and lists."""
        for attribute, items in kept_items([method]).items():
            for item in items if OF_GRADIENTS.search(attribute) else ():
                index = item.path.removeprefix(attribute)
                same = [place for place, one in enumerate(self.parameters) if one.endswith(index)]
                place = same[0] if len(same) == 1 else self._place_of(item.name)
                if place is not None:
                    of = f"{self.owner}.{self.parameters[place]}"
                    self.add(f"{self.owner}.{item.path}", f"{self.thing}.{item.path}", of, self.before(place))

    def add_updates(self, method: FunctionFacts) -> None:
        """Adds the parameters that a method updates."""
        for index, attribute in enumerate(self.parameters):
            same = rf"self\.{re.escape(attribute)}"
            if re.search(rf"{same}\s*(-=|\+=)|{same}\s*=\s*{same}\s*[-+]", method.text):
                name = f"after{self.key}{index}"
                self.lines.append(f"{name} = {self.thing}.{mangled(method.owner, attribute)}")
                self.plans.append(
                    GradientPlan(
                        label=f"update of {self.owner}.{attribute}",
                        of=f"{self.owner}.{attribute}",
                        value="",
                        of_value=self.before(index),
                        after=name,
                    )
                )

    def _place_of(self, name: str) -> int | None:
        """The index of the parameter that a gradient's name speaks of."""
        own = [place for place, one in enumerate(self.names) if _is_named_after(name, one)]
        if own:
            return own[0]
        plain = plain_name(name)
        if not plain and len(self.parameters) == 1:
            return 0  # "grad" of the only one
        places = (index for index, one in enumerate(self.names) if plain and plain == plain_name(one))
        return next(places, None)
