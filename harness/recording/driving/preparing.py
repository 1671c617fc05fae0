"""What is called before a method: what sets the attributes that it reads, and the passes that it follows."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .records import namespace
from .roles import Role
from .slot import Slot
from .source import BACKWARD_NAME, Argument, FunctionFacts, hands_back
from .updates import mangled
from .uses import Uses, uses_of
from .words import CLEARING_NAME, LOSS_WORDS, OF_DATA, PASS_BACK, PASS_FORWARD, SETUP_NAME, SIZE_ROLES, WRONG_NAME

if TYPE_CHECKING:
    from .calling import Caller

# the roles of the arguments of a method that applies gradients which are kept in attributes
OF_A_STEP = frozenset({Role.RATE, Role.DECAY, Role.MOMENTUM, Role.BATCH_SIZE, Role.OBSERVATIONS, Role.STEP_COUNT})


def ensure_attributes(
    caller: Caller, function: FunctionFacts, variable: str, called: frozenset[str] = frozenset()
) -> None:
    """Calls the methods that set attributes which a method reads and nothing set so far."""
    session = caller.session
    thing = session.names[variable]
    owner = type(thing).__name__
    methods = caller.facts.methods(owner)
    mine = [part for part in caller.facts.reach(function) if part.owner and part.name in methods]
    written = {name for part in mine for name in part.writes}
    called |= _fill_containers(caller, thing, variable, mine, called)
    for name in _missing(caller, thing, mine, written, function):
        if getattr(thing, mangled(owner, name), None) is not None:
            continue
        writers = [
            method
            for method in methods.values()
            if name in method.writes
            and method is not function
            and method.name not in ("__init__", *called)
            and not method.is_property
        ]
        outside = [method for method in writers if not any(method is part for part in mine)]
        if not writers and name not in written:
            _set_by_hand(caller, function, variable, name)
            continue
        if not outside and name in written and name not in session.hints.unset:
            continue
        outside = outside or writers
        outside.sort(
            key=lambda m: (
                re.search("load|test|predict|set_weights|restore", m.name) is not None,
                m.name.startswith("__") and m.name != "__call__",
                len(m.required),
            )
        )
        if not outside:
            continue
        empty = hasattr(thing, mangled(owner, name))
        unneeded = empty and _asked_whether_none(caller, owner, name)
        options = [None, *outside] if unneeded else [*outside, None] if empty else outside
        method = session.choose(f"writer {name}", options)
        if method is None:
            continue
        called |= {method.name}
        _call_before(caller, method, variable, called)
    makers = _makers_of_parts(caller, function, methods, called)
    maker = session.choose("writer of parts", [*makers, None]) if makers else None
    if maker is None:
        return
    for argument in maker.required:
        role, uses = caller.role(maker, argument)
        if role is Role.INPUTS and SETUP_NAME.search(maker.name) and not uses.is_of_something:
            caller.note_role(maker, argument.name, Role.INPUT_SIZE)  # build(input): no data are looked at
    _call_before(caller, maker, variable, called | {maker.name})


def _fill_containers(
    caller: Caller, thing: Any, variable: str, parts: Sequence[FunctionFacts], called: frozenset[str]
) -> frozenset[str]:
    """Calls methods that are given sizes and fill lists and dictionaries which are empty so far, as ``make_layers``.

    Returns:
        their names.
    """
    owner, found = type(thing).__name__, set[str]()
    for name in sorted({name for part in parts for name in part.reads}):
        value = getattr(thing, mangled(owner, name), None)
        if not isinstance(value, (list, dict)) or value:
            continue
        fillers = [
            method
            for method in caller.facts.methods(owner).values()
            if (name in method.fills or re.search(rf"self\.{name}\.(append|extend|insert)\(", method.text))
            and method.name not in ("__init__", *called, *found)
            and not any(method is part for part in parts)
            and {caller.role(method, one)[0] for one in method.required} & {*SIZE_ROLES}
            and not caller.roles_of(method) & {*OF_DATA}
        ]
        method = caller.session.choose(f"filler {name}", [*fillers, None]) if fillers else None
        if method is not None:
            found.add(method.name)
            _call_before(caller, method, variable, called | found)
    return frozenset(found)


def _set_by_hand(caller: Caller, function: FunctionFacts, variable: str, name: str) -> None:
    """Gives an object to an attribute that no method sets, so that callers have to: ``net.loss = CrossEntropy()``."""
    owner, uses = type(caller.session.names[variable]).__name__, Uses()
    constructor = caller.facts.constructor(owner)
    is_given = constructor is not None and any(one.name == name.lstrip("_") for one in constructor.arguments)
    if is_given or _asked_whether_none(caller, owner, name):
        return  # the constructor takes it, or the network does without
    for method in caller.facts.methods(owner).values():
        uses.merge(uses_of(f"self.{name}", method.node))
    argument = Argument(name=name)
    slot = Slot(caller=caller, function=function, argument=argument, role=Role.OBJECT, uses=uses)
    if caller.classes_with(uses.methods):
        option = caller.session.choose(f"{variable}.{name} ({name})", caller.options(slot))
        text = option() if callable(option) else option
    elif _gives_pairs(caller, slot):
        data = [
            Slot(caller=caller, function=function, argument=Argument(name=letter), role=role, uses=Uses())
            for letter, role in (("X", Role.INPUTS), ("Y", Role.TARGETS))
        ]
        inputs, targets = (caller.by_role(one)[0] for one in data)
        texts = ", ".join(make() if callable(make) else make for make in (inputs, targets))
        text = namespace(caller, [(method, f"lambda: ({texts})") for method in uses.methods])
    else:
        return
    caller.session.run(f"{variable}.{name} = {text}")


def _gives_pairs(caller: Caller, slot: Slot) -> bool:
    """Whether an attribute is asked for two values at a time and for nothing else: ``x, y = self.data.next()``."""
    return len(slot.uses.methods) == 1 and any(
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Tuple)
        and len(node.targets[0].elts) == 2
        and ast.unparse(node.value) == f"self.{slot.argument.name}.{min(slot.uses.methods)}()"
        for method in caller.facts.methods(slot.function.owner).values()
        for node in ast.walk(method.node)
    )


def _call_before(caller: Caller, method: FunctionFacts, variable: str, called: frozenset[str]) -> None:
    ensure_attributes(caller, method, variable, called)
    text = variable if method.name == "__call__" else f"{variable}.{method.name}"
    caller.call(method, text, repeat=SETUP_NAME.search(method.name) is None)


def _makers_of_parts(
    caller: Caller, function: FunctionFacts, methods: Mapping[str, FunctionFacts], called: frozenset[str]
) -> list[FunctionFacts]:
    """Methods that have layers set what attempts found unset in them, as ``build`` does with weights."""
    unset, reached = caller.session.hints.unset, caller.facts.reach(function)
    missing = unset - {name for part in reached if part.owner in methods for name in part.writes}
    return sorted(
        (
            method
            for method in methods.values()
            if method.name not in ("__init__", *called)
            and not any(method is part for part in reached)
            and not caller.facts.trains(method)
            and any(part.owner != method.owner and part.writes & missing for part in caller.facts.reach(method))
        ),
        key=lambda method: len(method.required),
    )


def _missing(
    caller: Caller, thing: Any, parts: Sequence[FunctionFacts], written: set[str], function: FunctionFacts
) -> list[str]:
    """Attributes that the parts of a method read, and that are absent or None."""
    owner = type(thing).__name__
    methods = caller.facts.methods(owner)
    missing: list[str] = []
    for part in parts:
        for name in sorted(part.reads):
            if name in methods or name in missing:
                continue
            full = mangled(owner, name)
            empty = hasattr(thing, full) and getattr(thing, full) is None
            sets_itself = name in written and name not in function.reads and not empty
            sets_itself &= name not in caller.session.hints.unset
            if (not hasattr(thing, full) or empty) and not sets_itself:
                missing.append(name)
    return missing


def _asked_whether_none(caller: Caller, owner: str, name: str) -> bool:
    """Whether the class looks whether an attribute is set before it uses it."""
    pattern = re.compile(rf"self\.{name} is (not )?None|if (not )?self\.{name}\b")
    return any(pattern.search(method.text) for method in caller.facts.methods(owner).values())


def call_forward_first(caller: Caller, function: FunctionFacts, variable: str) -> None:
    """Calls the forward pass before a backward pass, or what is given its gradient, that does not call it itself."""
    is_given_gradient = any(caller.role(function, one)[0] is Role.UPSTREAM for one in function.required)
    if not (is_given_gradient or re.search(r"back|bprop|grad", function.name, re.IGNORECASE)):
        return
    forward = _forward_pass(caller, variable, function)
    if forward is not None:
        caller.call(*forward, repeat=True)


def _forward_pass(caller: Caller, variable: str, function: FunctionFacts) -> tuple[FunctionFacts, str] | None:
    """The forward pass of an object, and the expression that calls it; None if a method of the object calls it."""
    methods = caller.facts.methods(type(caller.session.names[variable]).__name__)
    called, waiting = set[str](), [function]
    while waiting:
        names = waiting.pop().self_calls - called
        called |= names
        waiting.extend(methods[name] for name in names if name in methods)
    passes = [name for name in methods if PASS_FORWARD.match(name)]
    forward = next((name for name in passes if name not in called), None)
    if forward is not None:
        return methods[forward], f"{variable}.{forward}"
    return (methods["__call__"], variable) if "__call__" in methods and not passes else None


def call_passes_first(caller: Caller, function: FunctionFacts, variable: str) -> bool:
    """Calls the passes whose gradients a method applies that is given no data; whether there are such passes."""
    required = {caller.role(function, argument)[0] for argument in function.required}
    if required - OF_A_STEP or caller.roles_of(function) & {*OF_DATA}:
        return False
    methods = caller.facts.methods(type(caller.session.names[variable]).__name__)
    mine = caller.facts.reach(function)
    others = [one for one in methods.values() if not (one.abstract or any(one is part for part in mine))]
    read = {name for part in mine for name in part.reads}
    backward = next(
        (
            one
            for one in others
            if PASS_BACK.match(one.name) and (not one.required or read & one.changes or hands_back(one))
        ),
        None,
    )
    if backward is None:
        return False
    costs = [
        one
        for one in others
        if {caller.role(one, argument)[0] for argument in one.required} == {Role.INPUTS, Role.TARGETS}
        and not (one is backward or WRONG_NAME.search(one.name) or caller.facts.trains(one))
    ]
    if costs and not backward.required and not any(part is costs[0] for part in caller.facts.reach(backward)):
        forward = _forward_pass(caller, variable, costs[0]) if LOSS_WORDS.search(costs[0].name) else None
        if forward is not None:
            caller.call(*forward, repeat=True)
        with caller.loss_of_outputs() if forward is not None else contextlib.nullcontext():
            caller.call(costs[0], f"{variable}.{costs[0].name}", repeat=True)
    else:
        call_forward_first(caller, backward, variable)
        ensure_attributes(caller, backward, variable)
    caller.call(backward, f"{variable}.{backward.name}", repeat=True)
    return True


def call_networks(caller: Caller, function: FunctionFacts) -> None:
    """Calls the passes of the networks made so far, if a function, such as an optimizer's step, does not do so."""
    reached = caller.facts.reach(function)
    for variable in list(caller.session.objects):
        methods = caller.facts.methods(type(caller.session.names[variable]).__name__)
        backward = next((one for name, one in methods.items() if BACKWARD_NAME.match(name)), None)
        if backward is None or backward.abstract or any(part is backward for part in reached):
            continue
        call_forward_first(caller, backward, variable)
        ensure_attributes(caller, backward, variable)
        caller.call(backward, f"{variable}.{backward.name}", repeat=True)


def clear_gradients(caller: Caller) -> bool:
    """Calls what sets gradients back to 0; whether there is such a method."""
    cleared = False
    for variable in caller.session.objects:
        for name, method in caller.facts.methods(type(caller.session.names[variable]).__name__).items():
            if CLEARING_NAME.search(name) and not method.required and not method.abstract:
                caller.session.run(f"{variable}.{name}()", repeat=True)
                cleared = True
    return cleared
