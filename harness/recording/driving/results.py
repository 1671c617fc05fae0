"""Results of the calls so far, and of those that return what an argument stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .choices import Exhausted, Option
from .preparing import call_forward_first, ensure_attributes
from .records import OF_ARRAYS
from .returns import UNNAMED
from .roles import OUTPUT_NAME, Role, words_of
from .slot import Slot
from .source import FunctionFacts
from .uses import Uses
from .words import LOSS_WORDS, MAKER_NAME, NETWORK_CLASS, PARAMETERS_METHOD, SIZE_ROLES, WRONG_NAME

if TYPE_CHECKING:
    from .calling import Caller


def producers(
    caller: Caller, function: FunctionFacts, wanted: Callable[[Sequence[str]], bool]
) -> list[tuple[FunctionFacts, str]]:
    """Functions that return it, the plainest first."""
    session = caller.session
    found = []
    for producer, text in session.functions():
        if producer is function or text in session.stack or not producer.returns_something:
            continue
        names = [name for name in (*producer.returns, *producer.return_keys) if not UNNAMED.fullmatch(name)]
        given = {argument.name for argument in producer.arguments}
        if wanted(names) and not any(wanted([name]) and name in given for name in names):
            found.append((producer, text))
    inner = {callee.name for producer, _ in found for callee in caller.facts.reach(producer)[1:]}
    found.sort(
        key=lambda item: (item[0].name in inner, _only_tests(re.sub("back", "", item[0].name)), len(item[0].required))
    )
    return found[:5]


def production(caller: Caller, producer: FunctionFacts, text: str, name: str) -> Callable[[], str]:
    """One of the results of a call, by the name it is returned under."""

    def make() -> str:
        _call_before(caller, producer, text)
        targets = caller.call(producer, text)
        if name in producer.returns and len(targets) == len(producer.returns):
            return targets[producer.returns.index(name)]
        if name not in caller.session.pool:
            raise Exhausted(text)
        return caller.session.pool[name]

    return make


def _call_before(caller: Caller, producer: FunctionFacts, text: str) -> None:
    """Calls the forward pass of a network whose backward pass is to give something, if none was called yet."""
    if producer.owner and not caller.session.forward_results:
        variable = text.rpartition(".")[0] or text
        call_forward_first(caller, producer, variable)
        ensure_attributes(caller, producer, variable)


def by_kind(slot: Slot, pattern: str, kind: Role, *, owner: str | None = None) -> list[Option]:
    """Results of functions whose name says what they do; of one class alone if an owner is named."""
    options: list[Option] = []
    if kind in (Role.OUTPUTS, Role.CACHE) and slot.session.forward_results:
        options.append(_result_for(slot, slot.session.forward_results, kind))
    for producer, text in slot.session.functions():
        if owner is not None and producer.owner != owner:
            continue
        if producer is slot.function or text in slot.session.stack or not producer.returns_something:
            continue
        wrong = _only_tests(re.sub("back", "", producer.name)) if kind is Role.GRADIENTS else _only_tests(producer.name)
        if re.search(pattern, producer.name, re.IGNORECASE) and not wrong:
            options.append(whole(slot, producer, text, kind))
    return options[:3]


def from_sizes(slot: Slot) -> list[Option]:
    """Results of functions that are given nothing but sizes: they make the parameters, whatever they are called."""
    sizes = {*SIZE_ROLES, Role.COUNT, Role.LAYER_COUNT, Role.SEED, Role.NUMBER}
    options: list[Option] = []
    for producer, text in slot.session.functions():
        roles = [slot.caller.role(producer, one)[0] for one in producer.required]
        known = producer is slot.function or text in slot.session.stack or MAKER_NAME.search(producer.name)
        if roles and not known and producer.returns_something and set(roles) <= sizes:
            options.append(whole(slot, producer, text, Role.PARAMETERS))
    return options[:2]


def parameters_of_networks(caller: Caller, uses: Uses) -> list[Option]:
    """Lists of parameters, which may be objects, that a method of a network gives."""
    if not (uses.element_attributes - OF_ARRAYS or uses.iterated) or caller.session.dims is not None:
        return []
    options: list[Option] = []
    for name in caller.facts.classes:
        for method in caller.facts.methods(name).values():
            if PARAMETERS_METHOD.match(method.name) and not method.required and method.returns_something:
                network = NETWORK_CLASS.search(name) is not None
                options.insert(0 if network else len(options), _parameters_of(caller, name, method))
    return options[:3]


def _parameters_of(caller: Caller, name: str, method: FunctionFacts) -> Callable[[], str]:
    """What the method of a network gives, of the network that exists if there is one."""

    def make() -> str:
        session = caller.session
        mine = [one for one in session.objects if type(session.names.get(one)).__name__ == name]
        variable = mine[0] if mine else caller.make_object(name)
        return f"{variable}.{method.name}" if method.is_property else f"{variable}.{method.name}()"

    return make


def _result_for(slot: Slot, results: Sequence[str], kind: Role) -> str:
    """Which of several results a function is given; all of them if it unpacks so many, and none of them is many."""
    if slot.argument.name in results:
        return slot.argument.name
    if kind is Role.PARAMETERS and len(results) > 1:
        words = set(words_of(slot.argument.name))
        return max(results, key=lambda name: len(words & set(words_of(name))))
    count = slot.caller.role(slot.function, slot.argument)[1].split_into
    taken = {other.name for other in slot.function.arguments}
    left = [name for name in results if name not in taken]  # the others go by their names
    one = left[0] if kind is Role.OUTPUTS and len(left) == 1 else result_of_kind(results, kind)
    value = slot.session.names.get(one)
    whole = len(results) == count > 1 and not (isinstance(value, (tuple, list)) and len(value) == count)
    return f"({', '.join(results)})" if whole else one


def whole(slot: Slot, producer: FunctionFacts, text: str, kind: Role) -> Callable[[], str]:
    """The result of a call that is of a kind."""

    def make() -> str:
        if kind is Role.GRADIENTS:
            _call_before(slot.caller, producer, text)
        known = slot.session.results_of(producer) if kind in (Role.GRADIENTS, Role.PARAMETERS) else []
        targets = known or slot.caller.call(producer, text)
        if not targets:
            raise Exhausted(text)
        return _result_for(slot, targets, kind)

    return make


def result_of_kind(targets: Sequence[str], kind: Role) -> str:
    """Which of several results is the output, the cache, ..."""
    cached = [t for t in targets if re.match(r"(?i)cach|mem|store|hist", t)]
    if kind is Role.OUTPUTS:
        plain = [t for t in targets if t not in cached]
        # h is the only output of some, and the hidden layer beside the output of others
        of_last = [t for t in plain if re.match(r"softmax|sigmoid", t)]  # called as the results are returned
        named = of_last or [t for t in plain if OUTPUT_NAME.match(t) and not (len(plain) > 1 and t.lower() == "h")]
        return (named or plain or list(targets))[-1]
    if kind is Role.CACHE:
        return (cached or list(targets))[-1]
    if kind is Role.GRADIENTS and len(targets) > 1:
        named = [t for t in targets if not LOSS_WORDS.search(t)]
        return (named or list(targets))[-1]
    return targets[0] if kind is Role.PARAMETERS else targets[-1]


def _only_tests(name: str) -> bool:
    """Whether a function only tests, plots or checks."""
    return WRONG_NAME.search(name) is not None


def attributes_named(caller: Caller, name: str, pattern: re.Pattern[str] | None) -> list[Option]:
    """Attributes of objects that have the name, and methods without arguments that return such things."""
    options: list[Option] = []
    for variable in caller.session.objects:
        thing = caller.session.names[variable]
        options.extend(
            f"{variable}.{attribute}"
            for attribute in sorted(getattr(thing, "__dict__", {}))
            if (attribute == name or (pattern is not None and pattern.match(attribute)))
            and getattr(thing, attribute) is not None
        )
        if pattern is not None:
            for method in caller.facts.methods(type(thing).__name__).values():
                if not method.required and method.returns_something and PARAMETERS_METHOD.match(method.name):
                    options.insert(
                        0, f"{variable}.{method.name}()" if not method.is_property else f"{variable}.{method.name}"
                    )
    return options
