"""Calls somebody's functions and constructors: an expression for every argument, most likely first."""

from __future__ import annotations

import ast
import contextlib
import copy
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from ..literals import nodes_of
from .argument_uses import argument_uses
from .choices import Exhausted, Option
from .containers import add_layers, adder, element_uses, layer_lists
from .data import HIDDEN, Sizes
from .examples import Example
from .functions import is_derivative_beside, named_functions, note_function
from .given import batch_sizes, indices, inputs_text, keyed_data, observations, row_numbers, sizes
from .making import made
from .objects import classes_that_set, objects
from .placing import place_counts, place_data, place_outputs
from .probing import probed_uses
from .records import OF_ARRAYS, annotated_class, are_settings, is_list
from .roles import Role, role_of, words_of
from .session import Session, matrices_in
from .shares import is_of_hidden_layers, of_shares
from .slot import Slot
from .source import Argument, FunctionFacts
from .uses import Uses, is_handed_on, only_divides
from .words import (
    COUNT_NAME,
    FORWARD_NAME,
    FUNCTIONS,
    INDICES_NAME,
    MAKER_NAME,
    MAYBE_NEEDED,
    NAMED_ROLES,
    NETWORK_CLASS,
    NUMBER_WORDS,
    OF_DATA,
    OPTIONAL_ROLES,
    SIZE_ROLES,
    TEXTS_BY_NAME,
    UNIT_WORDS,
    VAGUE_ROLES,
    WRONG_NAME,
)
from .wrapped import wrapped

MAX_DEPTH = 7
LARGE = 5_000  # weights of an object of the file


class Caller:
    """Builds calls in a session."""

    def __init__(self, session: Session, roles: dict[tuple[str, str, str], tuple[Role, Uses]]) -> None:
        self.session = session
        self.facts = session.facts
        self._roles = roles  # shared between attempts: they depend on the file alone
        self.bound: dict[str, str] = {}
        self.in_loss = False  # see ``loss_of_outputs``

    @contextlib.contextmanager
    def loss_of_outputs(self) -> Iterator[None]:
        """While it lasts, what a loss is given as inputs is what the network put out."""
        self.in_loss = True
        try:
            yield
        finally:
            self.in_loss = False

    def role(self, function: FunctionFacts, argument: Argument) -> tuple[Role, Uses]:
        """Role and uses of an argument."""
        key = (function.owner, function.name, argument.name)
        if key not in self._roles:
            uses = argument_uses(self.facts, function, argument)
            role = role_of(argument, uses, function)
            constructor = function.name == "__init__" and self.session.names.get(function.owner)
            if role is Role.UNKNOWN and constructor and argument in function.required:
                probed = probed_uses(constructor, tuple(one.name for one in function.required))
                uses.merge(probed[argument.name])
                role = role_of(argument, uses, function)
            if role is Role.ACTIVATION_LIST and any(argument.name in f.returns for f in self.facts.functions.values()):
                role = Role.CACHE  # values of a forward pass, not functions
            if role in (Role.INPUTS, Role.UNKNOWN) and self._is_put_out(function, argument.name):
                role = Role.OUTPUTS
            self._roles[key] = (self._refined(function, argument, role, uses), uses)
        return self._roles[key]

    def _is_put_out(self, function: FunctionFacts, name: str) -> bool:
        """Whether the forward pass of the same object returns something by this name, which it is not given itself."""
        methods = self.facts.methods(function.owner).values() if function.owner else ()
        return any(
            name in one.returns and name not in {argument.name for argument in one.arguments}
            for one in methods
            if one is not function and (one.name == "__call__" or FORWARD_NAME.search(one.name))
        )

    def roles_of(self, function: FunctionFacts) -> set[Role]:
        """The roles of all arguments."""
        return {self.role(function, argument)[0] for argument in function.arguments}

    def _refined(self, function: FunctionFacts, argument: Argument, role: Role, uses: Uses) -> Role:
        """The role, unless an annotation, or what the argument is asked for, says that it is an object."""
        if role in NAMED_ROLES:
            return role
        of_network = NETWORK_CLASS.search(function.owner) or (not function.owner and self.facts.trains(function))
        if role is Role.OUTPUT_SIZE and of_network and set(words_of(argument.name)) <= UNIT_WORDS | NUMBER_WORDS:
            return Role.HIDDEN_SIZE  # n_neurons: of its layers, not of its outputs
        if only_divides(argument.name, function.node):
            return Role.OBSERVATIONS if role is Role.OBSERVATIONS or COUNT_NAME.match(argument.name) else Role.NUMBER
        if annotated_class(self, argument):
            return Role.OBJECT_LIST if is_list(argument) else Role.OBJECT
        asked = uses.attributes - OF_ARRAYS
        if role in VAGUE_ROLES and not (uses.array or uses.unpacked) and are_settings(asked, function):
            return Role.OBJECT
        of_elements = uses.element_attributes - OF_ARRAYS
        if role in VAGUE_ROLES and (are_settings(of_elements, function) or classes_that_set(self, of_elements)):
            return Role.OBJECT_LIST
        return role

    def note_role(self, function: FunctionFacts, name: str, role: Role) -> None:
        """Gives an argument the role that follows from those of the others."""
        key = (function.owner, function.name, name)
        self._roles[key] = (role, self._roles[key][1])

    def note_uses(self, function: FunctionFacts, name: str, seen: Uses) -> bool:
        """Adds what a call was seen to do with an argument; whether that says something new."""
        argument = next(one for one in function.arguments if one.name == name)
        role, uses = self.role(function, argument)
        known = copy.deepcopy(uses)
        uses.merge(seen)
        self.note_role(function, name, self._refined(function, argument, role_of(argument, uses, function), uses))
        return uses != known

    # Calls

    def arguments(self, function: FunctionFacts) -> str:
        """The text of the arguments of a call."""
        roles = {argument.name: self.role(function, argument)[0] for argument in function.arguments}
        place_data(self, function, roles)
        place_outputs(self, function, roles)
        place_counts(self, function, roles)
        sized = [a for a in function.arguments if roles[a.name] in SIZE_ROLES]
        parts: list[str] = []
        by_name = False
        star = function.node.args.vararg
        for argument in (*function.arguments, None):
            if star is not None and (argument is None or not argument.required):
                parts.extend(self._variable_arguments(function, star.arg))
                star, by_name = None, True
            if argument is None:
                break
            role = roles[argument.name]
            wanted = (
                argument.required
                or role in OPTIONAL_ROLES
                or self._needed_although_optional(function, argument, role, sized)
            )
            if not wanted:
                by_name = True
                continue
            text = self.value_for(function, argument)
            if text == "":
                by_name = True
                continue
            by_name = by_name or argument.keyword_only or (not argument.required and role in OPTIONAL_ROLES)
            parts.append(f"{argument.name}={text}" if by_name else text)
        return ", ".join(parts)

    def _needed_although_optional(
        self, function: FunctionFacts, argument: Argument, role: Role, sized: Sequence[Argument]
    ) -> bool:
        """Whether an argument is given a value although it has a default: data, sizes beside others, empty lists."""
        if role in OF_DATA and argument.default in ("None", "[]", "()", "0"):
            return not re.search(r"val|test|valid|eval", argument.name, re.IGNORECASE)
        if role in OF_DATA and "(" in argument.default:  # np.zeros(1)
            return True
        if role in SIZE_ROLES:
            return bool(sized)
        if role is Role.FLAG:  # what is kept for the backward pass is often kept in training only
            return argument.default == "False" and bool({"train", "training"} & set(words_of(argument.name)))
        if role is Role.DECAY:
            return argument.default in ("0", "0.0")  # a penalty of 0 shows nothing of how it is computed
        if role in FUNCTIONS and argument.default == "None" and is_derivative_beside(function, argument):
            return True
        if role is Role.ACTIVATION and of_shares(self) and is_of_hidden_layers(argument.default):
            return True
        is_empty = argument.default in ("{}", "dict()") and self.role(function, argument)[1].keys
        if is_empty or (role in MAYBE_NEEDED and argument.default == "None"):
            key = f"whether {function.owner}.{function.name} is given ({argument.name})"
            return bool(self.session.choose(key, [False, True]))
        return role is Role.OBJECT_LIST and argument.default in ("None", "[]", "()")

    def _variable_arguments(self, function: FunctionFacts, name: str) -> list[str]:
        """Of a function that takes any number: layers, or the sizes that are not arguments of their own."""
        argument = Argument(name=name)
        role, _ = self.role(function, argument)
        if role in (Role.OBJECT_LIST, Role.OBJECT):
            return [self.value_for(function, argument).strip("[]")]
        kept = re.search(rf"self\.(\w+)(?:: [^=]+)? = (?:list\()?{name}\b", function.text)
        methods = element_uses(self, function.owner, kept[1])[0] if kept else set()
        if methods:  # of layers that are kept in an attribute
            key = f"{function.owner}.{function.name}(*{name})"
            return [self.session.choose(key, layer_lists(self, methods))().strip("[]")]
        if role is Role.UNKNOWN and is_handed_on(name, function.node):
            return []  # super().__init__(*args)
        if role not in (Role.SIZES, Role.HIDDEN_SIZES, Role.HIDDEN_SIZE, Role.UNKNOWN, Role.COUNT):
            return []
        apart = {self.role(function, one)[0] for one in function.required}
        if function.required and not apart & {*SIZE_ROLES}:
            return []

        def sizes() -> str:
            session = self.session
            session.inputs_given = session.outputs_given = True
            first = [] if Role.INPUT_SIZE in apart else [session.input_size]
            last = [] if Role.OUTPUT_SIZE in apart else [session.output_size]
            return ", ".join(map(str, [*first, HIDDEN, *last]))

        options: list[Callable[[], str]] = [sizes]
        if "layer" in name.lower() or "module" in name.lower():
            options += layer_lists(self, set())
        make = self.session.choose(f"{function.owner}.{function.name}(*{name})", options)
        return [make().strip("[]")]

    def value_for(self, function: FunctionFacts, argument: Argument) -> str:
        """The expression for one argument."""
        key = f"{function.owner}.{function.name}({argument.name})"
        dims = self.session.dims
        place = f"{key} {dims}" if dims else key
        role, uses = self.role(function, argument)
        if place in self.bound and role not in (Role.CACHE, Role.OUTPUTS, Role.GRADIENTS, Role.PARAMETERS, Role.WEIGHT):
            return self.bound[place]
        slot = Slot(caller=self, function=function, argument=argument, role=role, uses=uses)
        # all layers want sizes alike
        option = self.session.choose(key if role in SIZE_ROLES else place, self.options(slot))
        text = option() if callable(option) else option
        note_function(slot, text)
        if function.name == "__init__" and {"input", "first"} & set(uses.strings):  # one may have to do nothing
            self.session.watcher.notes.append(f"{argument.name} says which layer is the first: {text}")
        if role is Role.OBJECT_LIST and function.name != "__init__" and text.startswith("["):
            name = self.session.new_name(argument.name)  # the same objects whenever it is called
            self.session.run(f"{name} = {text}")
            text = self.session.pool[argument.name] = name
        self.bound[place] = text
        return text

    def call(self, function: FunctionFacts, expression: str, *, repeat: bool | None = None) -> list[str]:
        """Runs a call and keeps what it returns under the names it is returned as.

        Returns:
            the variables of what it returned.
        """
        session = self.session
        if len(session.stack) > MAX_DEPTH or expression in session.stack:
            raise Exhausted(expression)
        session.stack.append(expression)
        try:
            text = self.arguments(function)
        finally:
            session.stack.pop()
        if repeat is None:
            repeat = not self._makes_things(function, text)
        targets = self.targets(function)
        head = "for _ in " if function.yields else f"{', '.join(targets)} = " if targets else ""
        session.run(f"{head}{expression}({text}){': pass' if function.yields else ''}", repeat)
        self._keep(function, targets)
        is_forward = FORWARD_NAME.search(function.name) is not None or function.name == "__call__"
        if is_forward and targets and not WRONG_NAME.search(function.name):
            session.forward_results = targets
        return targets

    def _makes_things(self, function: FunctionFacts, arguments: str) -> bool:
        """Whether a call belongs before the iterations: it sees neither data nor parameters."""
        used = set(re.findall(r"[A-Za-z_]\w*", arguments))
        made = {re.split(r"[^\w]", text)[0] for text in self.session.pool.values()}
        if MAKER_NAME.search(function.name) and not used & {"Y", "i"}:
            return True
        return not used & ({"X", "Y", "labels", "i"} | made) and not function.owner

    def targets(self, function: FunctionFacts) -> list[str]:
        """Variables for what a function returns: those of the parameters, if it returns them changed."""
        session = self.session
        gives_itself = function.owner != "" and function.returns == ("self",)  # so that calls can follow each other
        if function.yields or not function.returns_something or gives_itself:
            return []
        updating = any(update.likely for part in self.facts.reach(function) for update in part.updates)
        if updating and not MAKER_NAME.search(function.name):
            mine = [
                text
                for argument in function.arguments
                if self.role(function, argument)[0] in (Role.PARAMETERS, Role.WEIGHT)
                and (text := self.bound.get(f"{function.owner}.{function.name}({argument.name})", ""))
            ]
            names = [text for text in function.returns if text in session.pool]
            if len(names) == len(function.returns):
                return [session.pool[name] for name in names]
            if len(mine) == len(function.returns) and all(re.fullmatch(r"\w+", text) for text in mine):
                return mine
        return [
            session.result_name(name if name != "result" else f"{words_of(function.name)[-1]}_result", function)
            for name in function.returns
        ]

    def _keep(self, function: FunctionFacts, targets: Sequence[str]) -> None:
        """Puts results in the pool, the entries of dictionaries too."""
        session = self.session
        inputs = {one.name for one in function.arguments if self.role(function, one)[0] is Role.INPUTS}
        for name, target in zip(function.returns, targets):
            if name in inputs:
                continue  # the argument goes by the name of what was made of it
            session.pool[name if name != "result" else target] = target
            value = session.names.get(target)
            if isinstance(value, tuple) and len(targets) == 1 and len(value) <= 12:
                for index in range(len(value)):
                    session.pool.setdefault(f"{target}_{index}", f"{target}[{index}]")
            if isinstance(value, dict):
                for key in list(value)[:60]:
                    if isinstance(key, str):
                        session.pool.setdefault(key, f"{target}[{key!r}]")

    # Options

    def options(self, slot: Slot) -> list[Option]:
        """Expressions for an argument, most likely first."""
        session = self.session
        options: list[Option] = []
        data = slot.role in (Role.INPUTS, Role.TARGETS, Role.PAIRS, Role.RATE, Role.EPOCHS)
        if slot.argument.name in session.pool and not (data and slot.argument.name in ("X", "Y", "x", "y")):
            options.append(session.pool[slot.argument.name])
        options.extend([*(row_numbers(slot) if slot.uses.rows_of else ()), *self.by_role(slot)])
        if not data and self._is_global_value(slot.argument.name):  # what the file itself calls by this name
            is_last = self._is_large(slot.argument.name) or self.is_batch_beyond_data(slot.argument.name, slot.role)
            at = len(options) if is_last else 0
            options.insert(at, partial(self._global_value, slot.argument.name))
        elif slot.role is Role.PAIRS and self._is_global_value(slot.argument.name):
            options.append(slot.argument.name)
        keyed = keyed_data(slot) if slot.uses.keys else None
        if keyed is not None:
            options.insert(0, keyed)
        note = slot.argument.annotation.lower()
        if "bool" in note:
            options.extend(["True", "False"])
        if note == "range" or INDICES_NAME.match(slot.argument.name):
            options.insert(0, partial(indices, self))
        options[:0] = [text for pattern, text in TEXTS_BY_NAME if pattern.search(slot.argument.name)]
        if slot.argument.required and slot.role in (Role.KEEP, Role.NUMBER, Role.DECAY, Role.MOMENTUM):
            options[:0] = self._same_settings(slot)
        unique: list[Option] = []
        for option in options:
            if option not in unique:
                unique.append(option)
        computed = (Role.UPSTREAM, Role.GRADIENTS, Role.CACHE, Role.OUTPUTS, Role.PARAMETERS, Role.WEIGHT)
        if not unique and slot.role not in computed:
            return ["0.1", "3", partial(inputs_text, self), "None", "[]", "{}"]
        return unique

    def _same_settings(self, slot: Slot) -> list[str]:
        """What other calls so far have by the name of a setting: the dropout that a forward pass kept units with."""
        found = []
        for other, text in self.session.functions():
            argument = next((one for one in other.arguments if one.name == slot.argument.name), None)
            is_called = any(f"{text}(" in statement.text for statement in self.session.statements)
            if argument is not None and other is not slot.function and is_called:
                found.append(self.bound.get(f"{other.owner}.{other.name}({argument.name})", argument.default))
        return [text for text in found if re.fullmatch(r"[\d.]+(e-?\d+)?", text)]

    def _is_global_value(self, name: str) -> bool:
        """Whether the file has a global variable of this name that holds a value: a number, a list, an object, ..."""
        session = self.session
        value = session.names.get(name) if name in session.own else None
        return value is not None and not (callable(value) or inspect.ismodule(value))

    def _is_large(self, name: str) -> bool:
        """Whether a global variable is an instance of the file's with more weights than can be recorded quickly."""
        value = self.session.names[name]
        return type(value).__name__ in self.facts.classes and sum(m.size for m in matrices_in([value])) > LARGE

    def is_batch_beyond_data(self, name: str, role: Role) -> bool:
        """Whether a global variable of the file is the size of a batch, and larger than the number of observations.

        A loop over whole batches would not run once.
        """
        value = self.session.names.get(name)
        return role is Role.BATCH_SIZE and isinstance(value, (int, float)) and value > Sizes().observations

    def _global_value(self, name: str) -> str:
        """A global variable of the file, noted as an object if it is an instance of a class of the file."""
        session = self.session
        if type(session.names[name]).__name__ in self.facts.classes and name not in session.objects:
            session.objects.append(name)
        return name

    def by_role(self, slot: Slot) -> list[Option]:
        """The values for an argument that its role alone decides, most likely first."""
        simple: dict[Role, list[Option]] = {
            Role.RATE: ["0.1"],
            Role.EPOCHS: ["3", "20"],
            Role.TOLERANCE: ["1e-9", "0"],
            Role.START: ["0", "1"],
            Role.DECAY: ["0.1", "0"],
            Role.MOMENTUM: ["0.9"],
            Role.KEEP: ["0.8", "1.0", "0"],
            Role.STEP_COUNT: ["i + 1"],
            Role.SEED: [*([] if slot.uses.methods else ["0"]), "np.random.default_rng(0)", "np.random.RandomState(0)"],
            Role.LAYER_COUNT: ["1", "2", "3"]
            if "hidden" in words_of(slot.argument.name) or Role.HIDDEN_SIZES in self.roles_of(slot.function)
            else ["2", "1", "3"],
        }
        if slot.role in simple and slot.uses.iterated and not slot.uses.counted:  # a search goes through several
            return [f"[{text}]" for text in simple[slot.role] if isinstance(text, str)]
        if slot.role in simple:
            return simple[slot.role]
        if slot.role is Role.BATCH_SIZE:
            return batch_sizes(slot)
        if slot.role in (Role.FLAG, Role.QUIET):
            is_number = slot.uses.arithmetic and not slot.uses.boolean
            numeric = slot.argument.default not in ("True", "False", "None", "") or is_number
            if slot.role is Role.QUIET:
                return ["" if not slot.argument.required and numeric else "False", "False", "1"]
            return ["True", "False"]
        if slot.role in SIZE_ROLES or slot.role is Role.COUNT:
            return sizes(slot)
        if slot.role in (Role.INPUTS, Role.TARGETS, Role.PAIRS, Role.OBSERVATIONS):
            return observations(slot)
        if slot.role in (Role.ACTIVATION, Role.LOSS, Role.OPTIMIZER, Role.CHOICE, Role.FUNCTION, Role.ACTIVATION_LIST):
            return named_functions(slot)
        if slot.role in (Role.OBJECT, Role.OBJECT_LIST):
            return (wrapped(slot) if slot.role is Role.OBJECT else []) or objects(slot)
        if slot.role is Role.NUMBER:
            return ["0.1", "1", "3"]
        return made(slot)

    # Functions, texts and objects

    def classes_with(self, methods: set[str]) -> list[str]:
        """Classes of the file, not abstract ones, with all those of the methods that any class has."""
        known = {m for c in self.facts.classes for m in self.facts.methods(c)}
        wanted = methods & known
        if not wanted:
            return []
        names = [
            name
            for name in self.facts.classes
            if inspect.isclass(self.session.names.get(name)) and wanted <= set(self.facts.methods(name))
        ]
        concrete = [
            name
            for name in names
            if not any(
                one.abstract and not re.search("update|step|param|zero", one.name)
                for one in map(self.facts.methods(name).__getitem__, wanted)
            )
        ]
        return concrete or [name for name in names if self._does_nothing_on_purpose(name, wanted)]

    def _does_nothing_on_purpose(self, name: str, methods: set[str]) -> bool:
        """Whether methods of a class that have no statements are meant so: nothing is derived from it, or raised."""
        mine = self.facts.methods(name)
        is_base = any(name in one.bases for one in self.facts.classes.values())
        raises = any(isinstance(part, ast.Raise) for one in methods for part in mine[one].node.body)
        return not (is_base or raises or inspect.isabstract(self.session.names[name]))

    def make_object(self, name: str) -> str:
        """Makes an instance in a variable of its own, with layers if it has to be given them.

        Returns:
            the variable.
        """
        session = self.session
        examples = sorted(self.facts.examples.get(name, []), key=self._has_one_layer)
        example = session.choose(f"example of {name}", [None, *examples]) if examples else None
        text = self.construction(name) if example is None else ""
        variable = session.new_name(_variable_for(name))
        while variable in session.objects:
            variable += "2"
        session.objects.append(variable)
        if example is not None:
            session.follow(example, variable)
        else:
            session.run(f"{variable} = {text}")
        if example is None or adder(self, name) is not None:  # the example may end before its layers
            add_layers(self, variable, name)
        return variable

    def _has_one_layer(self, example: Example) -> bool:
        """Whether the lists that an instance is given have one item at most: no gradient goes back through a layer."""
        names = re.findall(r"[A-Za-z_]\w*", example.construction)
        given = [value for name in names if isinstance(value := self.session.names.get(name), list)]
        lists = [node.elts for node in nodes_of(example.construction) if isinstance(node, ast.List)]
        counts = [len(one) for one in (*given, *lists)]
        return bool(counts) and max(counts) < 2

    def construction(self, name: str, dims: tuple[int, int] | None = None) -> str:
        """The expression that makes an instance."""
        session = self.session
        if len(session.stack) > MAX_DEPTH or name in session.stack or inspect.isabstract(session.names.get(name)):
            raise Exhausted(name)
        constructor = self.facts.constructor(name)
        plain = [one.construction for one in self.facts.examples.get(name, []) if not one.calls]
        if plain and constructor is not None and self._takes_parts(constructor):
            example = session.choose(f"example of {name} in an argument", [None, *plain])
            if example is not None:
                return str(example)
        before, session.dims = session.dims, dims if dims is not None else session.dims
        session.stack.append(name)
        try:
            maker = self.facts.maker(name)
            return f"{name}({self.arguments(maker) if maker is not None else ''})"
        finally:
            session.stack.pop()
            session.dims = before

    def _takes_parts(self, constructor: FunctionFacts) -> bool:
        """Whether a constructor is given layers."""
        roles = self.roles_of(constructor)
        return constructor.node.args.vararg is not None or Role.OBJECT_LIST in roles


def _variable_for(name: str) -> str:
    """A variable for an instance of a class."""
    words = [word for word in words_of(name) if word.isalpha()]
    return (
        "net"
        if set(words) & {"network", "net", "nn", "neural", "model", "mlp", "perceptron"}
        else "_".join(words) or "thing"
    )
