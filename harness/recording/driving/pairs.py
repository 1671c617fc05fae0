"""Pairs of a forward and a backward computation in somebody's file, and lines that call them with random arrays.

Layers, functions ``x_forward`` and ``x_backward``, activations and their derivatives, losses and theirs. The plans are
made from the text alone; each has several options, tried one after the other in one recorded run, and the names that
the lines bind say which of them worked.
"""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .calling import Caller
from .choices import Choices, Exhausted, Option
from .gradients import GRADIENT_NAMED, plain_name
from .roles import INPUT_NAME, UPSTREAM_NAME, Role
from .session import Hints, Session
from .source import Argument, ClassFacts, FileFacts, FunctionFacts, Uses, read_source, uses_of
from .watching import Watcher
from .words import ACTIVATION_WORDS, LOSS_WORDS

OBSERVATIONS, INPUTS, OUTPUTS, CLASSES = 11, 7, 5, 3
RATE = 0.1
MAX_PAIRS = 40
MAX_CONSTRUCTIONS = 6
OUTPUT_NAME = re.compile(r"out|pred|hat|logit|score|prob|^(a|x|z|p|y)$", re.IGNORECASE)
RESULT_NAMES = ("output", "out", "outputs", "y", "a", "activations")  # attributes that hold a layer's output

FORWARD = re.compile(
    r"^(forward(_?(pass|prop(agation|agate)?))?|fprop|feed_?forward|forw\w*|__call__|compute|calculate|call)$",
    re.IGNORECASE,
)
BACKWARD = re.compile(
    r"^(backward(_?(pass|prop(agation|agate)?))?|bprop|back_?prop\w*|back|grad(ient)?|backwards)$", re.IGNORECASE
)
UPDATE = re.compile(
    r"^(update|step|learn|optimi[sz]e|apply|adjust)(_?(params?|parameters?|weights?|grads?|gradients?|bias(es)?|all))*$",
    re.IGNORECASE,
)
DERIVATIVE = re.compile(
    r"^(d_?|deriv(ative)?_?(of_?)?|grad(ient)?_?(of_?)?)(?P<a>\w+)$|^(?P<b>\w+?)_?(prime|deriv(ative)?|der|grad(ient)?|derivate|back(ward)?|d)$",
    re.IGNORECASE,
)
FLAG_NAME = re.compile(r"^(is_?)?(deriv\w*|prime|grad\w*|d|back\w*)$", re.IGNORECASE)


class PairKind(enum.Enum):
    """What belongs together."""

    LAYER = "layer"  # methods of one class
    FUNCTIONS = "functions"  # f_forward and f_backward
    DERIVATIVE = "derivative"  # an elementwise function and its derivative
    LOSS = "loss"  # a loss and its gradient


@dataclass(frozen=True, kw_only=True)
class GradientPlan:
    """One gradient of an option.

    Attributes:
        label: the user's name of it ("dW", "self.dweights", "return value").
        of: the user's name of what it is the gradient of.
        value: the name the lines bind it to.
        of_value: the name they bind that to.
        after: if the backward pass updates it, the name of the updated value; ``value`` is "" then.
    """

    label: str
    of: str
    value: str
    of_value: str
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class PairOption:
    """One way of calling a pair.

    Attributes:
        lines: the statements.
        output: the name that the forward result is bound to.
        upstream: the name of the upstream gradient; "" if there is none (a loss), so that it is 1.
        gradients: what the backward pass gives.
        how: a word for the report: "of z", "of a"; "".
        single: whether there is one observation only; such options count only if no other could be called.
    """

    lines: tuple[str, ...]
    output: str
    upstream: str
    gradients: tuple[GradientPlan, ...]
    how: str = ""
    single: bool = False


@dataclass(frozen=True, kw_only=True)
class PairPlan:
    """One pair.

    Attributes:
        kind: see there.
        name: "Linear.forward / Linear.backward", "relu / relu_backward".
        line: of the definition of the backward computation.
        options: most likely first.
    """

    kind: PairKind
    name: str
    line: int
    options: tuple[PairOption, ...]


def pair_data(seed: int, *, square: bool = False) -> dict[str, Any]:
    """The arrays that the lines use, by name; ``square``: with as many outputs as inputs."""
    rng = np.random.default_rng(seed)
    outputs = INPUTS if square else OUTPUTS
    classes = rng.permutation(np.arange(OBSERVATIONS) % CLASSES)
    return {
        "rows_": rng.normal(size=(OBSERVATIONS, INPUTS)),
        "columns_": rng.normal(size=(INPUTS, OBSERVATIONS)),
        "images_": rng.normal(size=(2, 3, 6, 6)),
        "image_rows_": rng.normal(size=(2, 6, 6, 3)),
        "weights_": rng.normal(size=(INPUTS, outputs)),
        "weights_t_": rng.normal(size=(outputs, INPUTS)),
        "filters_": rng.normal(size=(4, 3, 3, 3)),
        "biases_": rng.normal(size=outputs),
        "bias_row_": rng.normal(size=(1, outputs)),
        "bias_column_": rng.normal(size=(outputs, 1)),
        "filter_biases_": rng.normal(size=4),
        "scales_": rng.uniform(0.5, 1.5, size=INPUTS),
        "shifts_": rng.normal(size=INPUTS),
        "scores_": rng.uniform(0.1, 0.9, size=(OBSERVATIONS, CLASSES)),
        "score_": rng.uniform(0.1, 0.9, size=(OBSERVATIONS, 1)),
        "one_hot_": np.eye(CLASSES)[classes],
        "binary_": (classes[:, None] % 2).astype(float),
        "labels_": classes,
        "row_": rng.normal(size=(1, INPUTS)),
        "column_": rng.normal(size=(INPUTS, 1)),
        "vector_": rng.normal(size=INPUTS),
    }


def find_pairs(source: str, *, square: bool = False) -> list[PairPlan]:
    """The pairs of a file; ``square``: of layers with as many outputs as inputs.

    Raises:
        SyntaxError: if it is not Python 3.
    """
    finder = _Finder(read_source(source), INPUTS if square else OUTPUTS)
    plans: list[PairPlan] = []
    for plan in finder.find():
        if plan.options and len(plans) < MAX_PAIRS:
            plans.append(plan)
    return plans


def _gives_outputs_too(forward: FunctionFacts, loss: bool) -> bool:
    """Whether the forward call of a loss returns two values, one of which is the cost."""
    return loss and len(forward.returns) == 2


def _reads_input(name: str) -> bool:
    return INPUT_NAME.match(name) is not None or re.match(r"(?i)^(z|x|a|output)", name) is not None


def program_of(plans: list[PairPlan]) -> str:
    """The text that runs all options of all pairs; an exception ends an option, not the program."""
    parts = ["import numpy as np"]
    for plan in plans:
        for option in plan.options:
            parts.append("try:")
            parts.extend("    " + line for line in option.lines)
            parts.append("except Exception:\n    pass")
    return "\n".join(parts)


class _StaticCaller(Caller):
    """Calls as text, without objects: arrays come from ``pair_data``, and nothing is made by another call."""

    def by_hand(self, function: FunctionFacts, argument: Argument, uses: Uses) -> list[Option]:
        """The arrays of ``pair_data``."""
        name = argument.name.lower()
        if re.search("conv", function.owner, re.IGNORECASE):
            return ["filter_biases_ + 0.0"] if name.startswith("b") else ["filters_ + 0.0"]
        if re.match("gamma|scale", name):
            return ["scales_ + 0.0"]
        if re.match("beta|shift", name):
            return ["shifts_ + 0.0"]
        if name.startswith("b"):
            return ["biases_ + 0.0", "bias_row_ + 0.0", "bias_column_ + 0.0"]
        return ["weights_ + 0.0", "weights_t_ + 0.0"]


class _StaticSession(Session):
    """Knows the text only: nothing is called to make an argument."""

    def functions(self) -> Iterator[tuple[FunctionFacts, str]]:
        """None."""
        return iter(())


class _Finder:
    def __init__(self, facts: FileFacts, outputs: int) -> None:
        self.facts = facts
        self.outputs = outputs
        names: dict[str, Any] = {name: type(name, (), {}) for name in facts.classes}
        names |= {name: (lambda *arguments: None) for name in facts.functions}
        self.names = names
        self.count = 0

    def find(self) -> Iterator[PairPlan]:
        """All pairs, in the order of kinds."""
        for name, facts in self.facts.classes.items():
            yield from self._layer(name, facts)
        for name, function in self.facts.functions.items():
            yield from self._function_pair(name, function)
        for owner, functions in [("", self.facts.functions), *((c, f.methods) for c, f in self.facts.classes.items())]:
            for name, function in functions.items():
                yield from self._derivative(owner, functions, name, function)
                yield from self._flagged(owner, name, function)

    def _key(self) -> str:
        self.count += 1
        return f"{self.count}_"

    def _caller(self, fixed: Mapping[str, int]) -> Caller:
        session = _StaticSession(self.facts, self.names, Choices(fixed), Hints(), Watcher({}, set()), 0)
        return _StaticCaller(session, {})

    def _constructions(self, name: str) -> list[str]:
        """Expressions that make an instance of a class, most likely first."""
        found: dict[str, None] = {}
        waiting: list[dict[str, int]] = [{}]
        while waiting and len(found) < MAX_CONSTRUCTIONS:
            fixed = waiting.pop(0)
            caller = self._caller(fixed)
            try:
                found[caller.construction(name, (INPUTS, self.outputs))] = None
            except (Exhausted, KeyError, ValueError):
                continue
            for key, (index, count) in caller.session.choices.taken.items():
                if index + 1 < count and len(waiting) < 20:
                    waiting.append({**fixed, key: index + 1})
        return list(found)

    # Classes

    def _layer(self, name: str, facts: ClassFacts) -> Iterator[PairPlan]:
        methods = self.facts.methods(name)
        forward = next((m for key, m in methods.items() if FORWARD.match(key) and not m.abstract and m.arguments), None)
        backward = next((m for key, m in methods.items() if BACKWARD.match(key) and not m.abstract), None)
        if forward is None or backward is None or self._is_network(name, forward):
            return
        caller = self._caller({})
        required = backward.required
        if re.match(r"(?i)grad|deriv", backward.name) and len(required) == 1 and _reads_input(required[0].name):
            yield from self._method_derivative(name, forward, backward)
            return
        loss = (
            any(caller.role(forward, a)[0] is Role.TARGETS for a in forward.arguments)
            or LOSS_WORDS.search(name) is not None
        )
        options: list[PairOption] = []
        update = None if loss else self._update_method(methods, backward)
        for construction in self._constructions(name):
            options.extend(self._layer_options(construction, name, forward, backward, loss=loss, update=update))
        kind = PairKind.LOSS if loss else PairKind.LAYER
        text = " / ".join(f"{name}.{method.name}" for method in (forward, backward, update) if method is not None)
        yield PairPlan(kind=kind, name=text, line=backward.node.lineno, options=tuple(options[:32]))

    def _update_method(self, methods: Mapping[str, FunctionFacts], backward: FunctionFacts) -> FunctionFacts | None:
        """The method that applies the gradients which the backward pass keeps, given no more than a learning rate."""
        caller = self._caller({})
        for method in methods.values():
            if not UPDATE.match(method.name) or method is backward or method.abstract:
                continue
            roles = [caller.role(method, argument)[0] for argument in method.required]
            if roles in ([], [Role.RATE]) and any(update.likely for update in method.updates):
                return method
        return None

    def _method_derivative(self, name: str, forward: FunctionFacts, backward: FunctionFacts) -> Iterator[PairPlan]:
        """A class of an activation with its value and its derivative."""
        for construction in self._constructions(name)[:1]:
            plan = self._elementwise(
                name,
                f"({construction}).",
                forward,
                f"({construction}).{backward.name}({{}})",
                backward.node.lineno,
                backward.name,
            )
            yield plan

    def _is_network(self, name: str, forward: FunctionFacts) -> bool:
        """Whether a class is a container of layers or does everything itself."""
        constructor = self.facts.constructor(name)
        caller = self._caller({})
        roles = {caller.role(constructor, a)[0] for a in constructor.arguments} if constructor else set()
        return bool(roles & {Role.OBJECT_LIST, Role.SIZES, Role.HIDDEN_SIZE, Role.HIDDEN_SIZES})

    def _layer_options(
        self,
        construction: str,
        name: str,
        forward: FunctionFacts,
        backward: FunctionFacts,
        *,
        loss: bool,
        update: FunctionFacts | None,
    ) -> Iterator[PairOption]:
        caller = self._caller({})
        conv = re.search(r"conv|pool", name, re.IGNORECASE) is not None
        inputs = (
            ["scores_", "score_"]
            if loss
            else ["images_", "image_rows_"]
            if conv
            else ["rows_", "columns_", "row_", "column_"]
        )
        result = self._result_of(forward, loss)
        if result is None:
            return
        with_outputs = _gives_outputs_too(forward, loss)
        for data in inputs:
            targets = ["one_hot_", "labels_"] if data == "scores_" else ["binary_"]
            for target in targets if loss else [""]:
                for pattern in self._backward_patterns(caller, backward, loss, target, with_outputs):
                    key = self._key()
                    thing = f"layer{key}"
                    forward_arguments = self._arguments(caller, forward, f"input{key}", target)
                    backward_arguments = pattern.format(k=key)
                    parameters = self._parameters(name, backward)
                    called = thing if forward.name == "__call__" else f"{thing}.{forward.name}"
                    lines = [
                        "np.random.seed(0)",
                        f"{thing} = {construction}",
                        f"input{key} = {data} + 0.0",
                        f"result{key} = {called}({forward_arguments})",
                        f"output{key} = {result.format(result=f'result{key}', thing=thing)}",
                    ]
                    if not loss:
                        lines.append(f"upstream{key} = np.random.normal(size=np.shape(output{key}))")
                    for index, attribute in enumerate(parameters):
                        inner = ".data" if re.search(rf"self\.{attribute}\.grad\b", backward.text) else ""
                        lines.append(f"before{key}{index} = {thing}.{attribute}{inner}")
                    lines.append(f"back{key} = {thing}.{backward.name}({backward_arguments})")
                    gradients, more = self._layer_gradients(key, thing, backward, parameters)
                    if update is not None:
                        more.append(f"{thing}.{update.name}({RATE if update.required else ''})")
                        self._add_updates(key, thing, update, parameters, gradients, more)
                    yield PairOption(
                        lines=(*lines, *more),
                        output=f"output{key}",
                        upstream="" if loss else f"upstream{key}",
                        gradients=tuple(gradients),
                        single=data in ("row_", "column_"),
                    )

    @staticmethod
    def _result_of(forward: FunctionFacts, loss: bool) -> str | None:
        """The result of a forward call: what it returns, an attribute, or the cost beside outputs; None without one."""
        if not forward.returns_something:
            written = next((name for name in RESULT_NAMES if name in forward.writes), None)
            return None if written is None else f"{{thing}}.{written}"
        if _gives_outputs_too(forward, loss):
            named = [index for index, name in enumerate(forward.returns) if LOSS_WORDS.search(name)]
            if len(named) == 1:
                return f"{{result}}[{named[0]}]"
            return "next(part for part in {result} if np.size(part) == 1)"
        return "{result}"

    def _backward_patterns(
        self, caller: Caller, backward: FunctionFacts, loss: bool, target: str, with_outputs: bool
    ) -> list[str]:
        """The arguments of the backward call, "{k}" standing for the option: those that their names suggest first.

        Args:
            target: the targets of a loss.
            with_outputs: whether the forward call of the loss gives the outputs as well.
        """
        if loss:
            first = ["input{k}", "layer{k}.output"] if backward.required else [""]
            if with_outputs and len(backward.required) == 1 and not OUTPUT_NAME.search(backward.required[0].name):
                first = ["1.0"]  # the derivative of the cost with respect to itself
            return [self._arguments(caller, backward, text, target) for text in first]
        arrays = [
            a
            for a in backward.required
            if caller.role(backward, a)[0]
            not in (Role.RATE, Role.FLAG, Role.QUIET, Role.CHOICE, Role.EPOCHS, Role.OBSERVATIONS)
        ]
        if len(arrays) != 2:
            return [self._arguments(caller, backward, "upstream{k}", target)]
        telling = [
            bool(UPSTREAM_NAME.match(a.name) or re.search(r"diff|grad|delta|err|^d[a-zA-Z]?_?", a.name)) for a in arrays
        ]
        orders = [("upstream{k}", "input{k}"), ("input{k}", "upstream{k}")]
        if telling == [False, True]:
            orders.reverse()
        orders = orders[:1] if telling[0] != telling[1] else orders
        others = ["output{k}", "layer{k}.output"]
        found = []
        for order in [*orders, *([(o if text == "input{k}" else text) for text in orders[0]] for o in others)]:
            texts = dict(zip((a.name for a in arrays), order))
            parts = [
                texts.get(a.name) or (str(RATE) if caller.role(backward, a)[0] is Role.RATE else "True")
                for a in backward.required
            ]
            found.append(", ".join(parts))
        return found

    def _arguments(self, caller: Caller, function: FunctionFacts, first: str, target: str) -> str:
        """The arguments of a call: the array first, targets and settings by their roles."""
        parts: list[str] = []
        given = False
        for argument in function.arguments:
            role, _ = caller.role(function, argument)
            if role is Role.TARGETS and target:
                parts.append(target)
            elif not given and first and role not in (Role.FLAG, Role.RATE, Role.QUIET, Role.CHOICE):
                given = True
                parts.append(first)
            elif not argument.required:
                continue
            elif role is Role.RATE:
                parts.append(str(RATE))
            elif role in (Role.FLAG,):
                parts.append("True")
            elif role in (Role.OBSERVATIONS, Role.COUNT):
                parts.append(str(OBSERVATIONS))
            elif target:
                parts.append(target)
            else:
                parts.append("True" if role is Role.QUIET else "1")
        return ", ".join(parts)

    def _parameters(self, name: str, backward: FunctionFacts) -> list[str]:
        """Attributes that the constructor or the forward pass sets and that have a weight's name."""
        found: dict[str, None] = {}
        for method in self.facts.methods(name).values():
            if method.name == backward.name:
                continue
            for attribute in sorted(method.writes):
                if re.match(r"(?i)^_?(w|b|weights?|bias(es)?|theta|kernel|filters?|gamma|beta)\w{0,3}$", attribute):
                    found[attribute] = None
        return list(found)

    def _layer_gradients(
        self, key: str, thing: str, backward: FunctionFacts, parameters: list[str]
    ) -> tuple[list[GradientPlan], list[str]]:
        """What the backward pass returns, stores and updates."""
        gradients: list[GradientPlan] = []
        lines: list[str] = []

        def add(label: str, expression: str, of: str, of_value: str) -> None:
            name = f"gradient{key}{len(gradients)}"
            lines.append(f"{name} = {expression}")
            gradients.append(GradientPlan(label=label, of=of, value=name, of_value=of_value))

        if backward.returns_something:
            if len(backward.returns) == 1:
                add("return value", f"back{key}", "input", f"input{key}")
            else:
                for index, name in enumerate(backward.returns):
                    place = self._place_of(name, parameters)
                    if place is not None:
                        add(name, f"back{key}[{index}]", parameters[place], f"before{key}{place}")
                    elif index == 0 or re.match(r"(?i)^_?d_?(x|a|inputs?|in|prev)", name):
                        add(name, f"back{key}[{index}]", "input", f"input{key}")
        for attribute in sorted(backward.writes):
            place = self._place_of(attribute, parameters)
            if re.match(r"(?i)^_?d_?(x|inputs?|in|prev\w*)$", attribute):
                add(f"self.{attribute}", f"{thing}.{attribute}", "input", f"input{key}")
            elif place is not None and GRADIENT_NAMED.search(attribute):
                add(f"self.{attribute}", f"{thing}.{attribute}", f"self.{parameters[place]}", f"before{key}{place}")
        text = backward.text
        self._add_updates(key, thing, backward, parameters, gradients, lines)
        for index, attribute in enumerate(parameters):
            if re.search(rf"self\.{attribute}\.grad\b", text):
                add(
                    f"self.{attribute}.grad",
                    f"{thing}.{attribute}.grad",
                    f"self.{attribute}.data",
                    f"before{key}{index}",
                )
        return gradients, lines

    @staticmethod
    def _add_updates(
        key: str,
        thing: str,
        method: FunctionFacts,
        parameters: list[str],
        gradients: list[GradientPlan],
        lines: list[str],
    ) -> None:
        """Adds the parameters that a method updates."""
        for index, attribute in enumerate(parameters):
            same = rf"self\.{attribute}"
            if re.search(rf"{same}\s*(-=|\+=)|{same}\s*=\s*{same}\s*[-+]", method.text):
                name = f"after{key}{index}"
                lines.append(f"{name} = {thing}.{attribute}")
                gradients.append(
                    GradientPlan(
                        label=f"update of self.{attribute}",
                        of=f"self.{attribute}",
                        value="",
                        of_value=f"before{key}{index}",
                        after=name,
                    )
                )

    @staticmethod
    def _place_of(name: str, parameters: list[str]) -> int | None:
        plain = plain_name(name)
        for index, attribute in enumerate(parameters):
            if plain and plain == plain_name(attribute):
                return index
        return None

    # Functions

    def _function_pair(self, name: str, forward: FunctionFacts) -> Iterator[PairPlan]:
        """f_forward and f_backward; relu and relu_backward with a cache; a loss that returns its gradient too."""
        stem = re.sub(r"_?(forward|fprop|fwd)", "", name, flags=re.IGNORECASE)
        partner = None
        for other, function in self.facts.functions.items():
            bare = re.sub(r"_?(backward|bprop|bwd|back)(?![a-z])", "", other, flags=re.IGNORECASE)
            belongs = other != name and bare != other and bare.lower() == stem.lower()
            shorter = partner is None or len(other) < len(partner.name)
            if belongs and shorter and len(function.arguments) >= 2:
                partner = function
        if self._takes_whole_network(forward):
            return
        if partner is not None:
            options = list(self._function_options(name, forward, partner))
            yield PairPlan(
                kind=PairKind.FUNCTIONS,
                name=f"{name} / {partner.name}",
                line=partner.node.lineno,
                options=tuple(options[:24]),
            )
        elif self._is_loss_with_gradient(name, forward):
            options = list(self._loss_options(name, forward))
            yield PairPlan(kind=PairKind.LOSS, name=name, line=forward.node.lineno, options=tuple(options))

    def _takes_whole_network(self, forward: FunctionFacts) -> bool:
        """Whether a function is given the parameters of all layers."""
        caller = self._caller({})
        for argument in forward.required:
            _, uses = caller.role(forward, argument)
            keyed = uses.made_keys or any(re.match(r"(?i)^(w|b|weights?)_?\d", key) for key in uses.keys)
            if keyed or argument.name in ("parameters", "params", "network", "model", "layers"):
                return True
        return False

    def _is_loss_with_gradient(self, name: str, function: FunctionFacts) -> bool:
        """``softmax_loss(x, y)`` that returns the loss and the gradient with respect to x."""
        if not LOSS_WORDS.search(name) or len(function.returns) != 2 or len(function.required) != 2:
            return False
        return GRADIENT_NAMED.search(function.returns[1]) is not None

    def _loss_options(self, name: str, function: FunctionFacts) -> Iterator[PairOption]:
        for data, target in (("scores_", "labels_"), ("scores_", "one_hot_"), ("score_", "binary_")):
            key = self._key()
            yield PairOption(
                lines=(
                    f"input{key} = {data} + 0.0",
                    f"both{key} = {name}(input{key}, {target})",
                    f"output{key} = both{key}[0]",
                    f"gradient{key}0 = both{key}[1]",
                ),
                output=f"output{key}",
                upstream="",
                gradients=(
                    GradientPlan(
                        label=function.returns[1],
                        of=function.arguments[0].name,
                        value=f"gradient{key}0",
                        of_value=f"input{key}",
                    ),
                ),
            )

    def _function_options(self, name: str, forward: FunctionFacts, backward: FunctionFacts) -> Iterator[PairOption]:
        conv = re.search(r"conv|pool|spatial", name, re.IGNORECASE) is not None
        for orientation in ("rows", "columns"):
            if conv and orientation == "columns":
                continue
            for bias in ("biases_", "bias_row_") if orientation == "rows" else ("bias_column_",):
                key = self._key()
                names: dict[str, str] = {}
                lines = ["np.random.seed(0)"]
                texts: list[str] = []
                given: list[Argument] = []
                for index, argument in enumerate(forward.arguments):
                    data = self._array_for(argument.name, index, conv, orientation, bias)
                    if data is None:
                        if not argument.required:
                            continue
                        given.append(argument)
                        texts.append(self._setting_for(forward, argument.name))
                        continue
                    given.append(argument)
                    names[argument.name] = f"argument{key}{index}"
                    lines.append(f"argument{key}{index} = {data} + 0.0")
                    texts.append(f"argument{key}{index}")
                settings = {a.name: text for a, text in zip(given, texts) if a.name not in names}
                several = len(forward.returns) > 1
                lines.append(f"both{key} = {name}({', '.join(texts)})")
                lines.append(f"output{key} = both{key}[0]" if several else f"output{key} = both{key}")
                lines.append(f"upstream{key} = np.random.normal(size=np.shape(output{key}))")
                cache = f"both{key}[1]" if several else next(iter(names.values()), "")
                rest = [
                    names.get(a.name)
                    or settings.get(a.name)
                    or (self._setting_for(backward, a.name) if index > 0 else cache)
                    for index, a in enumerate([b for b in backward.arguments[1:] if b.required])
                ]
                lines.append(f"back{key} = {backward.name}({', '.join([f'upstream{key}', *rest])})")
                gradients, more = self._returned_gradients(key, backward, names)
                yield PairOption(
                    lines=(*lines, *more), output=f"output{key}", upstream=f"upstream{key}", gradients=tuple(gradients)
                )

    def _array_for(self, name: str, index: int, conv: bool, orientation: str, bias: str) -> str | None:
        """The data for an argument of a forward function; None if it is a setting."""
        plain = name.lower()
        if re.search(r"param|mode|activation|stride|pad|config|hparam|keep|prob|train|eps|momentum", plain):
            return None
        if re.match(r"^(w|weights?|theta|kernel|filters?)\d*$", plain):
            return "filters_" if conv else "weights_" if orientation == "rows" else "weights_t_"
        if re.match(r"^(b|bias(es)?)\d*$", plain):
            return "filter_biases_" if conv else bias
        if plain in ("gamma", "scale"):
            return "scales_" if not conv else None
        if plain in ("beta", "shift"):
            return "shifts_"
        if index == 0 or re.match(r"^(x|a|a_?prev|z|inputs?|data|scores?)$", plain):
            return "images_" if conv else f"{orientation}_"
        return None

    def _setting_for(self, function: FunctionFacts, name: str) -> str:
        """A value for an argument that is not an array."""
        uses = uses_of(name, function.node)
        if uses.strings and not uses.keys:
            return repr(uses.strings[0])
        keys = uses.keys | {
            item.args[0].value
            for item in ast.walk(function.node)
            if isinstance(item, ast.Call)
            and isinstance(item.func, ast.Attribute)
            and isinstance(item.func.value, ast.Name)
            and item.func.value.id == name
            and item.args
            and isinstance(item.args[0], ast.Constant)
        }
        known = {
            "mode": "'train'",
            "p": "0.8",
            "stride": "1",
            "pad": "1",
            "pool_height": "2",
            "pool_width": "2",
            "seed": "0",
            "f": "2",
        }
        if re.search("pool", function.name):
            known["stride"] = "2"
        inside = ", ".join(
            f"{key!r}: {known.get(str(key), '0.1')}" for key in sorted(map(str, keys)) if str(key) in known
        )
        if keys or "param" in name:
            return "{" + (inside or "'mode': 'train'") + "}"
        return "True" if re.search("train", name) else "1" if re.search("stride|pad", name) else "0.8"

    def _returned_gradients(
        self, key: str, backward: FunctionFacts, names: Mapping[str, str]
    ) -> tuple[list[GradientPlan], list[str]]:
        gradients: list[GradientPlan] = []
        lines: list[str] = []
        arguments = list(names)
        several = len(backward.returns) > 1
        taken: set[str] = set()
        for index, label in enumerate(backward.returns):
            plain = plain_name(label)
            match = next((a for a in arguments if plain_name(a) == plain and a not in taken), None)
            if match is None and (index == 0 or not several):
                match = arguments[0] if arguments else None
            if match is None and several and len(backward.returns) == len(arguments):
                match = arguments[index]
            if match is None or match in taken:
                continue
            taken.add(match)
            name = f"gradient{key}{index}"
            lines.append(f"{name} = back{key}[{index}]" if several else f"{name} = back{key}")
            gradients.append(GradientPlan(label=label, of=match, value=name, of_value=names[match]))
        return gradients, lines

    # Derivatives

    def _derivative(
        self, owner: str, functions: Mapping[str, FunctionFacts], name: str, derivative: FunctionFacts
    ) -> Iterator[PairPlan]:
        """sigmoid and sigmoid_prime, mse and mse_derivative."""
        match = DERIVATIVE.match(name)
        if match is None:
            return
        stem = (match.group("a") or match.group("b") or "").strip("_")
        forward = functions.get(stem) or next(
            (f for key, f in functions.items() if key.lower() == stem.lower() and key != name), None
        )
        if forward is None or forward is derivative or not forward.returns_something:
            return
        count = len(derivative.required)
        if len(forward.returns) > 1 or len(derivative.returns) > 1:
            return
        prefix = self._prefix(owner, forward)
        if prefix is None:
            return
        if count == 1 and len(forward.required) == 1:
            yield self._elementwise(
                owner, prefix, forward, f"{prefix}{derivative.name}({{}})", derivative.node.lineno, derivative.name
            )
        elif count == 2 and len(forward.required) == 2 and LOSS_WORDS.search(stem):
            yield self._loss_pair(owner, prefix, forward, derivative)

    def _flagged(self, owner: str, name: str, function: FunctionFacts) -> Iterator[PairPlan]:
        """sigmoid(x, derivative=True)."""
        flags = [a for a in function.arguments if FLAG_NAME.match(a.name) and a.default in ("False", "0", "")]
        if len(function.arguments) != 2 or len(flags) != 1 or function.arguments[0] is flags[0]:
            return
        if not ACTIVATION_WORDS.search(name) and not re.search(r"nonlin|act", name, re.IGNORECASE):
            return
        prefix = self._prefix(owner, function)
        if prefix is None:
            return
        off = "" if flags[0].default else ", False"
        yield self._elementwise(
            owner,
            prefix,
            function,
            f"{prefix}{name}({{}}, True)",
            function.node.lineno,
            f"{name}(.., {flags[0].name}=True)",
            off,
        )

    def _prefix(self, owner: str, function: FunctionFacts) -> str | None:
        """What goes before the name of a function or method in a call; the instance is made without its constructor."""
        if not owner:
            return ""
        if function.name.startswith("__") or function.reads - set(self.facts.methods(owner)):
            return None
        return f"{owner}." if function.static else f"object.__new__({owner})."

    def _elementwise(
        self, owner: str, prefix: str, forward: FunctionFacts, call: str, line: int, label: str, off: str = ""
    ) -> PairPlan:
        options: list[PairOption] = []
        for how, argument in (("of z", "input{k}"), ("of a", "output{k}")):
            for data in ("rows_", "columns_", "vector_"):
                key = self._key()
                lines = (
                    f"input{key} = {data} + 0.0",
                    f"output{key} = {prefix}{forward.name}(input{key}{off})",
                    f"gradient{key}0 = {call.format(argument.format(k=key))}",
                )
                gradient = GradientPlan(label=label, of=forward.name, value=f"gradient{key}0", of_value=f"input{key}")
                options.append(
                    PairOption(lines=lines, output=f"output{key}", upstream="", gradients=(gradient,), how=how)
                )
        where = f"{owner}." if owner else ""
        name = f"{where}{label}" if label.startswith(f"{forward.name}(") else f"{where}{forward.name} / {where}{label}"
        return PairPlan(kind=PairKind.DERIVATIVE, name=name, line=line, options=tuple(options))

    def _loss_pair(self, owner: str, prefix: str, forward: FunctionFacts, derivative: FunctionFacts) -> PairPlan:
        caller = self._caller({})
        options: list[PairOption] = []
        for data, target in (("scores_", "one_hot_"), ("score_", "binary_"), ("scores_", "labels_")):
            orders = self._loss_orders(caller, forward, derivative)
            for first_forward, first_derivative in orders:
                key = self._key()
                pair = (f"input{key}", target)
                forward_text = ", ".join(pair if first_forward else pair[::-1])
                derivative_text = ", ".join(pair if first_derivative else pair[::-1])
                lines = (
                    f"input{key} = {data} + 0.0",
                    f"output{key} = {prefix}{forward.name}({forward_text})",
                    f"gradient{key}0 = {prefix}{derivative.name}({derivative_text})",
                )
                gradient = GradientPlan(
                    label=derivative.name, of="output", value=f"gradient{key}0", of_value=f"input{key}"
                )
                options.append(PairOption(lines=lines, output=f"output{key}", upstream="", gradients=(gradient,)))
        where = f"{owner}." if owner else ""
        return PairPlan(
            kind=PairKind.LOSS,
            name=f"{where}{forward.name} / {where}{derivative.name}",
            line=derivative.node.lineno,
            options=tuple(options),
        )

    def _loss_orders(
        self, caller: Caller, forward: FunctionFacts, derivative: FunctionFacts
    ) -> list[tuple[bool, bool]]:
        """Whether the outputs come first in each of the two; both are tried if the names do not say."""

        def known(function: FunctionFacts) -> list[bool]:
            roles = [caller.role(function, argument)[0] for argument in function.required[:2]]
            if (roles[0] is Role.TARGETS) != (roles[1] is Role.TARGETS):
                return [roles[1] is Role.TARGETS]
            return [True, False]

        return [(a, b) for a in known(forward) for b in known(derivative)]
