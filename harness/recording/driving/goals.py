"""What of a file to call so that its network trains, most likely first."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, replace
from typing import Any

from .calling import Caller
from .roles import GRADIENT_ARGUMENT, Role
from .source import FileFacts, FunctionFacts, hands_back
from .words import PASS_FORWARD

TRAIN_NAME = re.compile(
    r"^(fit|train|learn|sgd|model|run|optimi[sz]e|solve|nn|back_?prop_?train|gradient_?descent|stochastic)|train|fit|model$|sgd|descent|learning",
    re.IGNORECASE,
)
STEP_NAME = re.compile(r"step|update|backprop|back_prop|backward|propagat|batch|iterat|epoch|bprop", re.IGNORECASE)
SIDE_NAME = re.compile(
    r"test|predict|plot|check|evaluat|score|accuracy|load|save|main|demo|numerical|adam|momentum|rms|adagrad",
    re.IGNORECASE,
)
NETWORK_NAME = re.compile(
    r"net|nn$|^nn|model|mlp|perceptron|classif|regress|brain|sequential|neural|logistic", re.IGNORECASE
)
PART_NAME = re.compile(
    r"layer|dense|linear$|activation|optimi|loss|sgd|adam|neuron|conv|pool|dropout|norm|relu|sigmoid|affine",
    re.IGNORECASE,
)


GRADIENT_FUNCTION = re.compile(r"^(get|compute|calc\w*|cost)?_?grad(ient)?s?(_?func\w*)?$", re.IGNORECASE)
GRADIENT_OF = re.compile(r"_(grad(ient)?s?|derivatives?)$|[a-z]Grad(ient)?s?$")  # cross_entropy_gradient
GIVES_GRADIENTS = re.compile(r"grad|back_?prop|backward", re.IGNORECASE)  # loss_and_grads(X, y)
OF_A_PENALTY = {Role.WEIGHT, Role.PARAMETERS, Role.DECAY, Role.RATE, Role.NUMBER}  # the roles of its arguments


@dataclass(frozen=True)
class Goal:
    """A function, method or constructor to call."""

    function: FunctionFacts | None  # its facts; None for a constructor without arguments
    owner: str = ""  # class whose instance is needed; "" for a function
    constructor: bool = False  # whether making the instance is all there is to do
    gradients: bool = False  # whether it only returns gradients
    cost: float = 0.0  # the lower, the likelier

    @property
    def text(self) -> str:
        """How a message calls it."""
        name = "" if self.function is None else self.function.name
        return f"{self.owner}.{name}" if self.owner else name


def find_goals(facts: FileFacts, namespace: dict[str, Any], caller: Caller) -> list[Goal]:
    """All goals of a file, most likely first."""
    goals = [*_function_goals(facts, namespace, caller), *_class_goals(facts, namespace, caller)]
    if any(not goal.gradients and goal.cost < 2.5 for goal in goals):  # the file applies its gradients itself
        goals = [replace(goal, cost=goal.cost + 1.5) if goal.gradients else goal for goal in goals]
    goals.sort(key=lambda goal: (goal.cost, goal.text))
    return goals


def is_called_by_others(facts: FileFacts, function: FunctionFacts) -> bool:
    """Whether something else that trains calls it."""
    return any(
        other is not function
        and any(callee is function for callee in facts.callees(other))
        and not any(other is part for part in facts.reach(function))
        and not SIDE_NAME.search(other.name)
        for other in facts.definitions()
    )


def _cost(facts: FileFacts, caller: Caller, function: FunctionFacts) -> float:
    """How unlikely it is that this call is meant to train a network."""
    roles = caller.roles_of(function)
    cost = 0.0 if TRAIN_NAME.search(function.name) else 0.6 if STEP_NAME.search(function.name) else 0.8
    if SIDE_NAME.search(function.name) and not function.name.lower().startswith(("train", "fit")):
        cost += 1.5
    if not (Role.INPUTS in roles or Role.PAIRS in roles):
        cost += 0.4
    elif not (Role.TARGETS in roles or Role.PAIRS in roles):
        cost += 0.2
    if roles & {Role.GRADIENTS, Role.UPSTREAM, Role.CACHE}:
        cost += 0.3
    if is_called_by_others(facts, function):
        cost += 0.7
    if PASS_FORWARD.match(function.name):
        cost += 0.7  # what it changes is not a step: statistics, or weights that a momentum looks ahead with
    if function.name.startswith("_"):
        cost += 0.3
    return cost


def _function_goals(facts: FileFacts, namespace: dict[str, Any], caller: Caller) -> list[Goal]:
    """The functions to call: those that train, and those that return gradients."""
    goals = []
    for name, function in facts.own_functions.items():
        if not callable(namespace.get(name)):
            continue
        if facts.trains(function):
            goals.append(Goal(function=function, cost=_cost(facts, caller, function)))
        roles = caller.roles_of(function)
        of_weights = {Role.INPUTS, Role.TARGETS} <= roles and bool(roles & {Role.WEIGHT, Role.PARAMETERS})
        of_cost = of_weights and GRADIENT_OF.search(name) is not None and _returns_one_thing(function)
        if of_cost or (_returns_gradients(function) and not roles <= OF_A_PENALTY):
            cost = 1.7 if is_called_by_others(facts, function) else 1.2
            cost += 1.0 if SIDE_NAME.search(name) else 0.0
            cost += 0.0 if {Role.INPUTS, Role.TARGETS} <= roles else 0.5
            goals.append(Goal(function=function, gradients=True, cost=cost))
    return goals


def _returns_gradients(function: FunctionFacts) -> bool:
    """Whether a function returns gradients, by the names of its results or its own."""
    names = [*function.returns, *function.return_keys]
    if any(GRADIENT_ARGUMENT.match(name) for name in names):
        return True
    return _returns_one_thing(function) and GRADIENT_FUNCTION.search(function.name) is not None


def _returns_one_thing(function: FunctionFacts) -> bool:
    """Whether a function returns one value."""
    return len([*function.returns, *function.return_keys]) == 1 and function.returns_something


def _class_goals(facts: FileFacts, namespace: dict[str, Any], caller: Caller) -> list[Goal]:
    """The methods to call, and constructors that train: as for functions, with the likelier classes first."""
    goals = []
    for name in facts.own_classes:
        if not inspect.isclass(namespace.get(name)):
            continue
        part = PART_NAME.search(name) is not None and not NETWORK_NAME.search(name)
        base = 1.0 if part else 0.0 if NETWORK_NAME.search(name) else 0.3
        methods = facts.methods(name)
        constructor = methods.get("__init__")
        if constructor is not None and facts.trains(constructor):
            goals.append(Goal(function=constructor, owner=name, constructor=True, cost=base + 0.5))
        for method in methods.values():
            if method.name.startswith("__") or method.abstract or method.is_property:
                continue
            if any(methods[called].abstract for called in method.self_calls if called in methods):
                continue
            if facts.trains(method):
                goals.append(Goal(function=method, owner=name, cost=base + _cost(facts, caller, method)))
            gives = GIVES_GRADIENTS.search(method.name) is not None and method.returns_something
            gives = gives and not facts.trains(method)
            gives_all = gives and {Role.INPUTS, Role.TARGETS} <= caller.roles_of(method)
            given = constructor is not None and Role.OBJECT_LIST in caller.roles_of(constructor)
            if part and constructor is not None and not (given or gives_all or hands_back(method)):
                continue  # the gradients of a single layer are checked on their own
            backwards = re.match(r"(?i)back(ward|prop)|bprop", method.name) is not None
            holds_layers = len(method.required) == 1 and (given or add_method(facts, name) is not None)
            layered = backwards and (holds_layers or hands_back(method))
            named = backwards and any(re.match(r"(?i)d?_?[wb]", key) for key in method.return_keys)
            keeps = _stores_gradients(method) and not facts.trains(method)  # a step clears what it has applied
            if layered or named or keeps or gives_all or _returns_gradients(method):
                extra = 0.4 if is_called_by_others(facts, method) else 0.0
                extra += 1.0 if SIDE_NAME.search(method.name) else 0.0
                goals.append(Goal(function=method, owner=name, gradients=True, cost=base + 1.2 + extra))
    return goals


def add_method(facts: FileFacts, owner: str) -> FunctionFacts | None:
    """The method of a class that takes a layer."""
    methods = facts.methods(owner).items()
    return next((one for name, one in methods if re.match(r"(?i)add", name) and one.arguments), None)


def _stores_gradients(method: FunctionFacts) -> bool:
    """Whether a backward pass keeps gradients in attributes."""
    return not re.match(r"(?i)_*(clear|zero|reset|init|flush|set|load)", method.name) and any(
        re.match(r"(?i)^_?(d_?(w|b|weights?|bias)\w*|grads?\w*|(w|b|weights?|bias(es)?)_?grads?)$", name)
        for name in method.changes
    )
