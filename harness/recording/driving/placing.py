"""Roles of arguments that follow from those of the others."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..literals import last_name
from .roles import Role, words_of
from .source import FunctionFacts
from .uses import is_taken_along, sizes_of_biases
from .words import FORWARD_NAME, LAYER_CLASS, MAKER_NAME, NUMBER_WORDS, OF_DATA, UNIT_WORDS

if TYPE_CHECKING:
    from .calling import Caller


def place_data(caller: Caller, function: FunctionFacts, roles: dict[str, Role]) -> None:
    """What is taken along with the inputs, an item for each observation, is the targets, whatever its name; what is
    taken along with the targets is the inputs."""
    known = {role: name for name, role in reversed(roles.items()) if role in OF_DATA}
    inputs, targets = known.get(Role.INPUTS, known.get(Role.PAIRS)), known.get(Role.TARGETS)
    known_one = inputs if targets is None else targets if inputs is None else None
    if known_one is None or not caller.facts.trains(function):
        return
    unsure = (Role.UNKNOWN, Role.OUTPUTS)  # train(inputs, outputs)
    others = [name for name in roles if name != known_one and (roles[name] in unsure or len(name) == 1)]
    other = next((name for name in others if _are_taken_together(caller, function, name, known_one)), None)
    if other is not None:
        for name, role in ((inputs or other, Role.INPUTS), (targets or other, Role.TARGETS)):
            roles[name] = role
            caller.note_role(function, name, role)


def _are_taken_together(caller: Caller, function: FunctionFacts, name: str, other: str) -> bool:
    """Whether items of two arguments are taken together by a function, or by one that it hands both on to."""
    if is_taken_along(name, other, function.node):
        return True
    for call in ast.walk(function.node):
        called = caller.facts.functions.get(last_name(call.func)) if isinstance(call, ast.Call) else None
        if isinstance(call, ast.Call) and called is not None and called is not function:
            given = {ast.unparse(value): one.name for one, value in zip(called.arguments, call.args)}
            if {name, other} <= given.keys() and is_taken_along(given[name], given[other], called.node):
                return True
    return False


def place_outputs(caller: Caller, function: FunctionFacts, roles: dict[str, Role]) -> None:
    """Of two targets, that which a forward pass returns is its outputs: ``backward(y, target)``."""
    targets = [name for name, role in roles.items() if role is Role.TARGETS]
    if len(targets) != 2:
        return
    known = caller.facts.definitions()
    returned = {name for one in known if FORWARD_NAME.search(one.name) for name in one.returns}
    outputs = [name for name in targets if name in returned]
    if len(outputs) == 1:
        roles[outputs[0]] = Role.OUTPUTS
        caller.note_role(function, outputs[0], Role.OUTPUTS)


def place_counts(caller: Caller, function: FunctionFacts, roles: dict[str, Role]) -> None:
    """Sizes without a telling name come in the order inputs, hidden, outputs."""
    if {Role.INPUT_SIZE, Role.OUTPUT_SIZE} <= set(roles.values()):
        for argument in function.arguments:
            if roles[argument.name] is Role.SIZES:
                roles[argument.name] = Role.HIDDEN_SIZES
                caller.note_role(function, argument.name, Role.HIDDEN_SIZES)
    hidden = [argument for argument in function.arguments if roles[argument.name] is Role.HIDDEN_SIZE]
    of_units = [argument for argument in hidden if set(words_of(argument.name)) & UNIT_WORDS]
    numbers = [one for one in hidden if set(words_of(one.name)) & NUMBER_WORDS and one not in of_units]
    are_all = {Role.INPUT_SIZE, Role.HIDDEN_SIZES, Role.OUTPUT_SIZE} <= set(roles.values())
    if are_all:  # another number is not a size
        numbers = [*hidden, *(one for one in function.required if roles[one.name] is Role.COUNT)]
    if len(numbers) == 1 and (of_units or are_all):
        roles[numbers[0].name] = Role.LAYER_COUNT  # num_hidden beside hidden_size
        caller.note_role(function, numbers[0].name, Role.LAYER_COUNT)
    if not (function.name == "__init__" or MAKER_NAME.search(function.name)):
        return
    counts = [
        a
        for a in function.required
        if roles[a.name] in (Role.COUNT, Role.INPUT_SIZE, Role.HIDDEN_SIZE, Role.OUTPUT_SIZE)
    ]
    ends = {roles[argument.name] for argument in counts} & {Role.INPUT_SIZE, Role.OUTPUT_SIZE}
    # nodes_e, nodes_o, nodes_s: letters that stand for something else in another language
    stems = {a.name[:-1] for a in counts if roles[a.name] is Role.COUNT and len(a.name) > 2 and len(ends) < 2}
    roles |= {a.name: Role.COUNT for a in counts if a.name[:-1] in stems}
    unknown = [a for a in counts if roles[a.name] is Role.COUNT]
    of_biases = sizes_of_biases(function.node) & {argument.name for argument in counts}
    if len(counts) == len(unknown) == 2 and len(of_biases) == 1:  # Layer(rows, columns) with rows biases
        counts.sort(key=lambda argument: argument.name in of_biases)
    for index, argument in enumerate(counts):
        if roles[argument.name] is Role.COUNT:
            first, last = index == 0, index == len(counts) - 1 and index > 0
            units = len(counts) == 1 and LAYER_CLASS.search(function.owner) is not None
            # Dense(size, input_size)
            units |= len(counts) == 2 and Role.INPUT_SIZE in {roles[one.name] for one in counts}
            role = Role.OUTPUT_SIZE if last or units else Role.INPUT_SIZE if first else Role.HIDDEN_SIZE
            role = Role.HIDDEN_SIZE if len(ends) == 2 else role  # weights(n_a, n_x, n_y)
            roles[argument.name] = role
            caller.note_role(function, argument.name, role)
