"""Classes with a forward and a backward method: layers, activations and losses as objects."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..returns import DRAWS
from ..roles import INPUT_NAME, Role
from ..source import Argument, FunctionFacts
from ..updates import mangled
from ..uses import scales_result
from ..words import LAYER_CLASS, LOSS_WORDS, NETWORK_CLASS
from .arrays import (
    ATTENTION_LAYER,
    CLASSES,
    INDICES,
    INPUTS,
    LOSS_DATA,
    RECURRENT_LAYER,
    ROWS,
    SINGLE,
    STACKED,
    inputs_of,
    layer_settings,
    same_observations,
)
from .bound import Gradients
from .calls import LIMIT, NO_LIMIT, RATE, StaticCalls
from .derivatives import elementwise
from .kept import OF_GRADIENTS, Item, given_back_keys, kept_items
from .kinds import ELEMENTWISE, Kind, kinds_of
from .parts import given_layers, kept_calls
from .passes import SETTINGS, Passes, joined_outputs
from .plan import PairKind, PairOption, PairPlan

MAX_OPTIONS = 32  # of one layer
MAX_DEPTH = 3  # of layers that are made of layers
FORWARD = re.compile(
    r"^(forward(_?(pass|prop(agation|agate)?))?|fprop|feed_?forward|forw\w*|(step|cell)_?forward|__call__|compute"
    r"|calculate|call)$",
    re.IGNORECASE,
)
BACKWARD = re.compile(
    r"^(backward(_?(pass|step|cell|prop(agation|agate)?))?|bprop|back_?prop\w*|(step|cell)_?backward|back|grad(ient)?"
    r"|backwards)$",
    re.IGNORECASE,
)
# what the two may be called if no method has one of those names
RARE_FORWARD = re.compile(
    r"^(fwd|forward_\w+|fp|f|run|apply|activate|process|feed|propagate(_?forward)?|eval(uate)?|((calc(ulate)?|compute|get)_?)?outputs?)$",
    re.IGNORECASE,
)
RARE_BACKWARD = re.compile(
    r"^(bwd|backward_\w+|bp|b|propagate_?back(ward)?|((calc(ulate)?|compute|get)_?)?(gradients?|grads?|deriv(ative)?s?))$",
    re.IGNORECASE,
)
VALUE = re.compile(r"^((calc(ulate)?|compute|get)_?)?(value|loss|cost|error)$", re.IGNORECASE)  # of a loss
UPDATE = re.compile(
    r"^((params?|parameters?|weights?)_?(update|step)|(update|step|learn|optimi[sz]e|apply|adjust)"
    r"(_?(params?|parameters?|weights?|grads?|gradients?|bias(es)?|all))*)$",
    re.IGNORECASE,
)
RESET = re.compile(r"^_?(zero|reset|clear|init)_?(the_)?(all_)?grad(ient)?s?$", re.IGNORECASE)
ZEROS = re.compile(r"\.\w*(grad|d)\w*(\[.+\])?\s*=\s*\w+\.zeros")  # assigned to a gradient
OUTPUT_NAME = re.compile(r"out|pred|hat|logit|score|prob|^(a|x|z|p|y)$", re.IGNORECASE)
PARAMETER = re.compile(
    r"^_?(w|b|weights?|bias(es)?|theta|kernel|filters?|gamma|beta)\w{0,3}$", re.IGNORECASE
)  # an attribute
ITEM_KEY = re.compile(r"\['(\w+)'\]$")
NUMBERED = re.compile(r"\w\[\d+\]$")
LAST_AXES = re.compile(r"swapaxes\([^()]*\b(1, 2|2, 1|-1, -2|-2, -1)\)|transpose\(([^()]*, )?\(?0, 2, 1\)")
RESULT_NAMES = ("output", "out", "outputs", "y", "a", "activations")  # attributes that hold a layer's output
OF_A_NETWORK = (Role.OPTIMIZER, Role.OBJECT, Role.OBJECT_LIST, Role.FUNCTION)  # what a layer alone is not given


def layer_plans(calls: StaticCalls) -> Iterator[PairPlan]:
    """The layers, and the losses that are classes, of a file."""
    for name in calls.facts.classes:
        passes = _passes_of(calls, name)
        if passes is None or (_is_network(calls, name) and not _parts_of(calls, name)):
            continue
        forward, backward = passes
        roles = {calls.role(backward, argument) for argument in backward.required}
        targets_too = Role.TARGETS in roles and not _is_loss(calls, name, forward)  # a loss's derivative is in it
        if not (targets_too or roles & set(OF_A_NETWORK)):
            for kind in kinds_of(calls, name):
                yield _plan(calls, name, forward, backward, kind)


def _passes_of(calls: StaticCalls, name: str) -> tuple[FunctionFacts, FunctionFacts] | None:
    """The forward and the backward method of a class; None if it has not both."""
    methods = calls.facts.methods(name)
    names = (FORWARD, RARE_FORWARD, *([VALUE] if LOSS_WORDS.search(name) else []))
    forward = _first(methods, names, lambda method: bool(method.arguments))
    backward = _first(methods, (BACKWARD, RARE_BACKWARD), lambda method: True)
    return (forward, backward) if forward is not None and backward is not None else None


def _parts_of(calls: StaticCalls, name: str, depth: int = 0) -> list[tuple[str, _Layer]]:
    """The layers that a class keeps in attributes, and those that these keep, each after the attribute's path."""
    constructor = calls.facts.constructor(name)
    found: list[tuple[str, _Layer]] = []
    kept = [*kept_calls(constructor)] if constructor is not None and depth < MAX_DEPTH else []
    stack = _stack_of(calls, name)
    kept += [(f"{stack.attribute}[{place}]", part) for place, part in enumerate(stack.classes)] if stack else []
    for path, part in kept:
        of_part = calls.of_class(part) if part != name else None
        passes = _passes_of(of_part, part) if of_part is not None else None
        if of_part is None or passes is None:
            continue
        update = _update_method(of_part, of_part.facts.methods(part), passes[1])
        found.append((path, _Layer(of_part, part, *passes, update)))
        found += [(f"{path}.{inner}", layer) for inner, layer in _parts_of(of_part, part, depth + 1)]
    return found


@dataclass(frozen=True)
class _Stack:
    """A container with layers of the file."""

    attribute: str  # that holds them
    classes: tuple[str, ...]  # in order
    construction: str


def _stack_of(calls: StaticCalls, name: str) -> _Stack | None:
    """A container with two layers that have weights, and an activation between them if there is one.

    None if a class is not a container that is given its layers at once, or if the file does not define layers for it.
    """
    constructor = calls.facts.constructor(name)
    given = given_layers(constructor) if constructor is not None and _passes_of(calls, name) is not None else None
    if given is None:
        return None
    layers = {one: layer for one in calls.facts.classes if (layer := _layer_of_rows(calls, one)) is not None}
    first = next((one for one, layer in layers.items() if layer._parameters()), None)
    if first is None:
        return None
    between = [one for one, layer in layers.items() if ELEMENTWISE.search(one) and not layer._parameters()][:1]
    last = INPUTS if calls.outputs == INPUTS else CLASSES  # if all are as wide, a wrong order of them fits too
    made = [calls.construction(first, (INPUTS, calls.outputs)), *(f"{one}()" for one in between)]
    made.append(calls.construction(first, (calls.outputs, last)))
    if "" in made:
        return None
    attribute, arguments = given
    return _Stack(attribute, (first, *between, first), f"{name}({arguments.format(', '.join(made))})")


def _layer_of_rows(calls: StaticCalls, name: str) -> _Layer | None:
    """A class as a layer that takes rows and does not have layers of its own; None if it is none."""
    passes, constructor = _passes_of(calls, name), calls.facts.constructor(name)
    if passes is None or _is_network(calls, name) or _is_loss(calls, name, passes[0]):
        return None
    parts = [part for _, part in kept_calls(constructor) if calls.of_class(part) is not None] if constructor else []
    is_whole = not parts and (constructor is None or given_layers(constructor) is None)
    takes_rows = inputs_of(name)[: len(ROWS)] == ROWS and not Passes(calls, *passes).others
    return _Layer(calls, name, *passes, None) if is_whole and takes_rows else None


def _first(
    methods: Mapping[str, FunctionFacts], patterns: Iterable[re.Pattern[str]], fits: Callable[[FunctionFacts], bool]
) -> FunctionFacts | None:
    """The first method with a body whose name is of the first pattern that has one."""
    found = (
        method
        for pattern in patterns
        for name, method in methods.items()
        if pattern.match(name) and not method.abstract and fits(method)
    )
    return next(found, None)


def _is_network(calls: StaticCalls, name: str) -> bool:
    """Whether a class is a container of layers or does everything itself."""
    constructor = calls.facts.constructor(name)
    if constructor is None:
        return False
    others = [one for one in constructor.arguments if not layer_settings(name, one.name)]
    roles = {calls.role(constructor, argument) for argument in others}
    if RECURRENT_LAYER.search(name) and Role.OUTPUT_SIZE not in roles:
        roles -= {Role.HIDDEN_SIZE}  # the units of the layer itself
    if len(calls.sizes_of(constructor)) == 1:
        roles -= {Role.HIDDEN_SIZE}  # the width of what it is given, as of a normalisation
    of_networks = {Role.OBJECT_LIST, Role.HIDDEN_SIZE, Role.HIDDEN_SIZES}
    if LAYER_CLASS.search(name) is None or NETWORK_CLASS.search(name):
        of_networks.add(Role.SIZES)  # those of a layer are the shape of its weights
    return bool(roles & of_networks)


def _plan(
    calls: StaticCalls, name: str, forward: FunctionFacts, backward: FunctionFacts, kind: Kind | None
) -> PairPlan:
    names = [argument.name for argument in backward.required]
    is_given_input = any(INPUT_NAME.match(one) or re.match(r"(?i)^(z|x|a|output)", one) for one in names)
    is_slope = re.match(r"(?i)grad|deriv", backward.name) or _is_slope(forward, backward)
    if is_slope and len(names) == 1 and is_given_input:
        # an activation with its value and its derivative
        made = _Layer(calls, name, forward, backward, None, kind).constructions
        prefix = next((f"({construction})." for construction in made), "")
        call = f"{prefix}{backward.name}({{}})"
        plan = elementwise(calls, name, prefix, forward, call, backward.node.lineno, backward.name)
        return plan if kind is None else replace(plan, name=f"{plan.name} ({kind})")
    is_loss = _is_loss(calls, name, forward)
    is_local = not is_loss and not _is_given_gradient(backward)
    update = None if is_loss else _update_method(calls, calls.facts.methods(name), backward)
    layer = _Layer(calls, name, forward, backward, update, kind)
    ways = layer.loss_options() if is_loss else layer.slope_options() if is_local else layer.options()
    options = tuple(ways)[:MAX_OPTIONS]
    text = " / ".join(f"{name}.{method.name}" for method in (forward, backward, update) if method is not None)
    return PairPlan(
        kind=PairKind.LOSS if is_loss else PairKind.DERIVATIVE if is_local and options else PairKind.LAYER,
        name=text if kind is None else f"{text} ({kind})",
        line=backward.node.lineno,
        options=options,
        parts=tuple(dict.fromkeys(part.name for _, part in layer.parts)),
    )


def _is_given_gradient(backward: FunctionFacts) -> bool:
    """Whether a backward pass may be given the gradient of its output, and not a state alone that it can do without."""
    return bool(backward.required) or any(map(Passes.is_telling, backward.arguments))


def _is_slope(forward: FunctionFacts, backward: FunctionFacts) -> bool:
    """Whether a backward pass is given what the forward pass is, and only computes the slope there.

    It knows nothing of the forward pass then; what is handed back as it is would be the gradient from above.
    """
    given = [[one.name for one in method.required] for method in (forward, backward)]
    returned = [node.value for node in ast.walk(backward.node) if isinstance(node, ast.Return) and node.value]
    is_handed_back = any(ast.unparse(one) == given[1][0] for one in returned) if given[1] else True
    needs_more = backward.reads & forward.changes or any(map(is_weight_name, backward.reads))
    return given[0] == given[1] and not needs_more and not is_handed_back


def _is_loss(calls: StaticCalls, name: str, forward: FunctionFacts) -> bool:
    """Whether a class is a loss: by its name, or because its forward pass is given targets."""
    if ATTENTION_LAYER.search(name):  # of CrossAttention, which is given the output of an encoder
        return False
    return LOSS_WORDS.search(name) is not None or any(
        calls.role(forward, argument) is Role.TARGETS for argument in forward.arguments
    )


def is_weight_name(name: str) -> bool:
    """Whether an attribute, "self.W", has a weight's name, or is an item of one: "self.params['W']"."""
    key = ITEM_KEY.search(name)
    return PARAMETER.match(key[1] if key else name.removeprefix("self.")) is not None or bool(NUMBERED.search(name))


def _update_method(
    calls: StaticCalls, methods: Mapping[str, FunctionFacts], backward: FunctionFacts
) -> FunctionFacts | None:
    """The method that applies the gradients which the backward pass keeps, given no more than a learning rate."""
    for method in methods.values():
        if not UPDATE.match(method.name) or method is backward or method.abstract:
            continue
        roles = [calls.role(method, argument) for argument in method.required]
        if roles in ([], [Role.RATE]) and any(update.likely for update in method.updates):
            return method
    return None


def _reset_method(methods: Mapping[str, FunctionFacts]) -> FunctionFacts | None:
    """The method that makes the gradients 0 which the backward pass adds to, with arrays of its own."""
    return next(
        (one for one in methods.values() if RESET.match(one.name) and not one.required and ZEROS.search(one.text)), None
    )


@dataclass(frozen=True)
class _Layer:
    """One class, and the ways of calling it."""

    calls: StaticCalls  # of its file
    name: str  # of the class
    # forward, backward: its methods
    forward: FunctionFacts
    backward: FunctionFacts
    update: FunctionFacts | None  # that applies the gradients, if it is another one than ``backward``
    kind: Kind | None = None  # None is the only one

    @functools.cached_property
    def constructions(self) -> list[str]:
        """Expressions that make an instance of this kind, most likely first."""
        found = self.calls.constructions(self.name)
        return found if self.kind is None else list(dict.fromkeys(map(self.kind.construction, found)))

    @functools.cached_property
    def parts(self) -> list[tuple[str, _Layer]]:
        """See ``_parts_of``."""
        return _parts_of(self.calls, self.name)

    @functools.cached_property
    def passes(self) -> Passes:
        """What both passes are given."""
        return Passes(self.calls, self.forward, self.backward)

    def options(self) -> Iterator[PairOption]:
        """Those of a layer, which is given the gradient of its output."""
        outputs = self._outputs() if self.passes.are_known and not self._chooses_elsewhere else ()
        stack = _stack_of(self.calls, self.name) if outputs else None
        constructions = [stack.construction] if stack is not None else self.constructions
        for construction in constructions if outputs else ():
            for data in self.passes.inputs((*inputs_of(self.name), *self._stacked())):
                for pattern in self._backward_patterns():
                    if "upstream{k}" in pattern:  # without it, nothing that comes back can be compared
                        yield self._option(construction, data, "", outputs, pattern)

    @property
    def _chooses_elsewhere(self) -> bool:
        """Whether it is given the name of an activation that a class of another file, which it extends, looks up.

        What it is with one of them says nothing about the others.
        """
        constructor = self.calls.facts.constructor(self.name)
        roles = [self.calls.role(constructor, one) for one in constructor.arguments] if constructor is not None else []
        bases = self.calls.facts.classes[self.name].bases
        return Role.ACTIVATION in roles and any(one in self.calls.imported for one in bases)

    def _stacked(self) -> tuple[str, ...]:
        """What a layer may be given besides if its methods turn the last two of three axes."""
        texts = [one.text for one in self.calls.facts.methods(self.name).values()]
        return (STACKED,) if any(LAST_AXES.search(text) for text in texts) else ()

    def slope_options(self) -> Iterator[PairOption]:
        """Those of an activation whose backward pass gives its derivative, which the network multiplies with.

        There are none if it has parameters, whose gradients it cannot know.
        """
        if not self._parameters() and not self.passes.others:
            for construction in self.constructions if self._result() else ():
                for data in ROWS:
                    yield self._option(construction, data, "", (self._result(),), "", is_local=True)

    def loss_options(self) -> Iterator[PairOption]:
        """Those of a loss, which is given outputs and targets."""
        result = self._loss_result()
        for construction in self.constructions if result else ():
            for data, target in LOSS_DATA:
                for pattern in self._loss_patterns(target):
                    yield self._option(construction, data, target, (result,), pattern)

    def _option(
        self,
        construction: str,
        data: str,
        target: str,
        outputs: Sequence[str],
        pattern: str,
        *,
        is_local: bool = False,
    ) -> PairOption:
        """One way of calling it; ``target`` is "" for a layer, and a local one is not given a gradient."""
        key = self.calls.new_key()
        thing = f"layer{key}"
        others = {} if target else {name: f"given{key}{place}" for place, name in enumerate(self.passes.others)}
        values = self.passes.values(data)
        given = self.calls.arguments(self.forward, f"input{key}", target, others)
        called = thing if self.forward.name == "__call__" else f"{thing}.{self.forward.name}"
        lines = [
            "np.random.seed(0)",
            f"{thing} = {construction}",
            f"input{key} = {data}{'' if data in INDICES else ' + 0.0'}",
            *(f"{variable} = {values[name]}" for name, variable in others.items()),
            f"result{key} = {called}({given})",
        ]
        texts = [text.format(result=f"result{key}", thing=thing) for text in outputs]
        lines += [f"output{key} = {texts[0]}"] if target or is_local else joined_outputs(key, texts)
        if not target:
            lines.extend(same_observations(texts[0], f"input{key}", data))
        gradients = self._gradients(key, thing, of_indices=data in INDICES)
        parts = [] if target else self._parts(key, thing)
        for layer, found in [(self, gradients), *parts]:
            lines.extend(layer._lines_before(found))
        reset = _reset_method(self.calls.facts.methods(self.name))
        lines += [f"{thing}.{reset.name}()"] if reset is not None else []  # as the loop does before each backward pass
        lines.append(f"back{key} = {thing}.{self.backward.name}({pattern.format(k=key)})")
        for name, variable in others.items():
            place = self.passes.places[name]
            gradients.add(self.backward.returns[place], f"back{key}[{place}]", name, variable)
        self._add_gradients(gradients)
        if self.update is not None:
            rates = [one.name for one in self.update.arguments if self.calls.role(self.update, one) is Role.RATE]
            gradients.lines.append(f"{thing}.{self.update.name}({', '.join(f'{one}={RATE}' for one in rates)})")
            gradients.add_updates(self.update)
        for layer, found in parts:
            layer._add_kept(found)
        of_all = [gradients, *(found for _, found in parts)]
        return PairOption(
            lines=(*lines, *(line for one in of_all for line in one.lines)),
            output=f"output{key}",
            upstream="" if target or is_local else f"upstream{key}",
            gradients=tuple(plan for one in of_all for plan in one.plans),
            unread=tuple(name for one in of_all for name in one.unread()),
            observed=(f"input{key}", *others.values()),
            single=data in SINGLE,
        )

    def _parts(self, key: str, thing: str) -> list[tuple[_Layer, Gradients]]:
        """The layers that an instance keeps, each with what is to be bound of its gradients."""
        return [
            (part, part._gradients(f"{key}{place}_", f"{thing}.{path}", path))
            for place, (path, part) in enumerate(self.parts)
        ]

    def _gradients(self, key: str, thing: str, path: str = "", *, of_indices: bool = False) -> Gradients:
        """What is to be bound of the gradients of an instance; see there for the arguments."""
        names = {one.path: one.name for items in self._kept.values() for one in items}
        parameters = self._parameters()
        shown = [names.get(one, one) for one in parameters]
        return Gradients(key, thing, parameters, shown, path, of_indices=of_indices)

    def _lines_before(self, gradients: Gradients) -> Iterator[str]:
        """The lines that bind the parameters before the backward pass."""
        for index, attribute in enumerate(gradients.parameters):
            inner = self._inner(attribute) if self._keeps_gradient_in(attribute) else ""
            yield f"{gradients.before(index)} = {gradients.thing}.{mangled(self.name, attribute)}{inner}"

    def _outputs(self) -> tuple[str, ...]:
        """What a layer puts out, one for each gradient that comes back to it."""
        if self.passes.outputs:
            return tuple(f"{{result}}[{place}]" for place in self.passes.outputs)
        return (self._result(),) if self._result() else ()

    def _result(self) -> str:
        """The result of the forward call: what it returns, or an attribute; "" if it has neither."""
        if self.forward.returns_something:
            return "{result}"
        written = next((name for name in RESULT_NAMES if name in self.forward.writes), "")
        return f"{{thing}}.{written}" if written else ""

    def _loss_result(self) -> str:
        """That of a loss: of two values that it returns, the cost."""
        if not self._gives_outputs_too:
            return self._result()
        named = [index for index, name in enumerate(self.forward.returns) if LOSS_WORDS.search(name)]
        if len(named) == 1:
            return f"{{result}}[{named[0]}]"
        return "next(part for part in {result} if np.size(part) == 1)"

    @property
    def _gives_outputs_too(self) -> bool:
        """Whether the forward call of a loss returns the cost and another value."""
        return len(self.forward.returns) == 2

    def _loss_patterns(self, target: str) -> list[str]:
        """The arguments of the backward call of a loss, "{k}" standing for the option."""
        required = self.backward.required
        first = ["input{k}", "layer{k}.output"] if required else [""]
        others = [one.name for one in required if self.calls.role(self.backward, one) is not Role.TARGETS]
        upstream = [name for name in others if scales_result(name, self.backward.node)]
        if self._gives_outputs_too and len(required) == 1 and not OUTPUT_NAME.search(required[0].name):
            upstream = [required[0].name]
        ones = dict.fromkeys(upstream, "1.0")  # the derivative of the cost with respect to itself
        return [self.calls.arguments(self.backward, text, target, ones) for text in first]

    def _backward_patterns(self) -> list[str]:
        """Those of a layer: what the names of the arguments suggest first."""
        if self.passes.pattern and (self.passes.others or self.passes.outputs):
            return [self.passes.pattern]
        others = [a for a in self.backward.required if not LIMIT.search(a.name)]
        arrays = [a for a in others if self.calls.role(self.backward, a) not in SETTINGS]
        if len(arrays) != 2:
            return [self.calls.arguments(self.backward, "upstream{k}", "")]
        telling = [self.passes.is_telling(one) for one in arrays]
        orders = [("upstream{k}", "input{k}"), ("input{k}", "upstream{k}")]
        if telling == [False, True]:
            orders.reverse()
        orders = orders[:1] if telling[0] != telling[1] else orders
        outputs = ["output{k}", "layer{k}.output"]
        found = []
        for order in [*orders, *([(o if text == "input{k}" else text) for text in orders[0]] for o in outputs)]:
            texts = dict(zip((a.name for a in arrays), order))
            parts = [texts.get(a.name) or self._setting(a) for a in self.backward.required]
            found.append(", ".join(parts))
        return found

    def _setting(self, argument: Argument) -> str:
        """A value for an argument of the backward pass that is not an array."""
        if LIMIT.search(argument.name):
            return NO_LIMIT
        return str(RATE) if self.calls.role(self.backward, argument) is Role.RATE else "True"

    def _parameters(self) -> list[str]:
        """Attributes with a weight's name, and those of the constructor that the forward pass only reads."""
        methods = self.calls.facts.methods(self.name)
        named = [name for method in self._makers for name in sorted(method.writes) if is_weight_name(name)]
        reached = [part for part in self.calls.facts.reach(self.forward) if part.owner == self.name]
        read = {name for part in reached for name in part.reads - part.writes}
        made = methods["__init__"].writes & read if "__init__" in methods else set()
        names = dict.fromkeys([*named, *sorted(made)])
        kept = {attribute: [one.path for one in items] for attribute, items in self._kept.items() if attribute in read}
        return [path for name in dict.fromkeys([*names, *kept]) for path in kept.get(name, [name])]

    @property
    def _makers(self) -> list[FunctionFacts]:
        """The methods that may make weights: not the passes, unless the forward pass draws them at first."""
        passes = {self.backward.name} if DRAWS.search(self.forward.text) else {self.backward.name, self.forward.name}
        return [one for name, one in self.calls.facts.methods(self.name).items() if name not in passes]

    @functools.cached_property
    def _kept(self) -> dict[str, tuple[Item, ...]]:
        """The items of the attributes that hold several arrays, but for gradients and what a pass keeps."""
        kept = kept_items(self._makers)
        return {name: items for name, items in kept.items() if not OF_GRADIENTS.search(name)}

    def _keeps_gradient_in(self, attribute: str) -> bool:
        """Whether a parameter is an object that has its gradient in an attribute."""
        return re.search(rf"self\.{attribute}\.grad\b", self.backward.text) is not None

    def _inner(self, attribute: str) -> str:
        """Where such an object has its numbers, as the forward pass reads them: ``.data``, ``.value``."""
        read = re.findall(rf"self\.{attribute}(\.\w+)\b(?!\()", self.forward.text)
        return next((one for one in read if one not in (".grad", ".shape", ".T")), ".data")

    def _add_gradients(self, gradients: Gradients) -> None:
        """Adds what the backward pass returns, stores and updates."""
        keys = given_back_keys(self.backward)
        if self.backward.returns_something and "" not in keys:
            gradients.add_returned(self.backward.returns)
        for pick, texts in keys.items():
            gradients.add_keyed(pick, texts)
        self._add_kept(gradients)

    def _add_kept(self, gradients: Gradients) -> None:
        """Adds what the backward pass stores and updates."""
        weights = [one for one in gradients.parameters if is_weight_name(one)]
        for part in self.calls.facts.reach(self.backward):  # methods that it calls may keep the gradients for it
            if part is self.backward or part.owner == self.name:
                gradients.add_stored(part, weights)
                gradients.add_items(part)
                gradients.add_updates(part)
        for index, attribute in enumerate(gradients.parameters):
            if self._keeps_gradient_in(attribute):
                value = f"{gradients.thing}.{attribute}.grad"
                name = f"{gradients.owner}.{attribute}"
                gradients.add(f"{name}.grad", value, f"{name}{self._inner(attribute)}", gradients.before(index))
