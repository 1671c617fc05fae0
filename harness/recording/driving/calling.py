"""Calls somebody's functions and constructors: an expression for every argument, most likely first."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from .data import BATCH, HIDDEN, INPUTS, SECOND_HIDDEN, Form, pairs_text, target_text
from .records import (
    OF_ARRAYS,
    annotated_class,
    are_settings,
    is_list,
    kinds_of,
    layer_descriptions,
    members,
    records,
    samples,
    unnamed_samples,
)
from .roles import (
    CACHE_NAME,
    GRADIENT_ARGUMENT,
    HELD_OUT,
    INPUT_NAME,
    OUTPUT_NAME,
    PARAMETERS_NAME,
    Role,
    argument_uses,
    role_of,
    words_of,
)
from .session import Exhausted, Session
from .source import Argument, FunctionFacts, Uses

Option: TypeAlias = str | Callable[[], str]

MAX_DEPTH = 7
ACTIVATIONS = (
    "sigmoid",
    "tanh",
    "relu",
    "logistic",
    "leaky",
    "linear",
    "identity",
    "softmax",
    "elu",
    "softplus",
    "swish",
    "gelu",
)
ACTIVATION_WORDS = re.compile(
    r"sigm|tanh|relu|logistic|softmax|softplus|swish|gelu|identity|linear|elu|activ|expit", re.IGNORECASE
)
LOSS_WORDS = re.compile(
    r"mse|mae|cross|entropy|loss|cost|error|squared?(?!_?root)|nll|hinge|bce|cce|quadratic|likelihood|sse",
    re.IGNORECASE,
)
DERIVATIVE_WORDS = re.compile(r"prime|deriv|grad|backward|_d$|^d_|_back|(?-i:^d[A-Z])|der$|_der|diff", re.IGNORECASE)
OPTIMIZER_WORDS = re.compile(
    r"sgd|adam|momentum|optim|rmsprop|adagrad|gradientdescent|gradient_descent|nesterov", re.IGNORECASE
)
PLAIN_OPTIMIZER = re.compile(r"sgd|gradient_?descent|^gd$", re.IGNORECASE)
PLAIN_LOSS = re.compile(r"mse|mean_?sq|squared|quadratic|(?<!cro)sse|l2_?loss", re.IGNORECASE)
# a cross-entropy of shares, not of scores
SHARES_LOSS = re.compile(r"cross|entropy|bce|cce|nll|likelihood", re.IGNORECASE)
SCORES_LOSS = re.compile(r"soft_?max|logit|sigmoid", re.IGNORECASE)
FORWARD_NAME = re.compile(r"forward|feed|fprop|propag|hypothesis", re.IGNORECASE)
WRONG_NAME = re.compile(r"test|check|plot|numeric|predict|accuracy|load|save|draw|show|eval|case|back", re.IGNORECASE)
NETWORK_CLASS = re.compile(r"net|nn$|^nn|model|mlp|perceptron|classif|sequential|neural", re.IGNORECASE)
LAYER_CLASS = re.compile(r"layer|dense|linear|fully|affine", re.IGNORECASE)
SETUP_NAME = re.compile(
    r"init|compile|build|use|set|config|creat|load|add|make|reset|rand|prepare|weights|param", re.IGNORECASE
)
MAKER_NAME = re.compile(r"init|creat|build|make|generate|random|setup|reset|rand|start|xavier|he_", re.IGNORECASE)
PARAMETERS_METHOD = re.compile(r"(get_?)?(all_?)?(trainable_?)?param", re.IGNORECASE)
BACKWARD_NAME = re.compile(r"^(backward|back_?prop|bprop)", re.IGNORECASE)
CLEARING_NAME = re.compile(r"(zero|clear|reset|flush)\w*_?(grad|delta)", re.IGNORECASE)
UNNAMED = re.compile(r"result\d*")  # what stands for a result that has no name
INDICES_NAME = re.compile(
    r"^(indices|indexes|idxs|sub_?range|(sample|batch|train)_(indices|indexes|idxs?))$", re.IGNORECASE
)
BATCHES_NAME = re.compile(r"loader|batches|generator|stream|iterator", re.IGNORECASE)
STRUCTURE_WORDS = {"layers", "sizes", "dims", "topology", "architecture", "structure", "shape", "shapes", "nodes"}
NUMBER_WORDS = {"n", "num", "number", "no", "count", "nb", "depth"}
UNIT_WORDS = {"size", "sizes", "units", "nodes", "neurons", "dim", "width"}
BY_HAND = "np.random.normal(0, 0.5, "  # what weights are made with that the file does not make itself
# roles that an annotation says nothing new about: what they stand for decides which objects are tried first
NAMED_ROLES = (Role.ACTIVATION, Role.ACTIVATION_LIST, Role.LOSS, Role.OPTIMIZER, Role.CHOICE)
VAGUE_ROLES = (Role.INPUTS, Role.PAIRS, Role.PARAMETERS, Role.SIZES, Role.UNKNOWN, Role.NUMBER)
OPTIONAL_OBJECTS = (Role.OBJECT, Role.OPTIMIZER, Role.LOSS, Role.FUNCTION)
OPTIONAL_ROLES = (Role.EPOCHS, Role.BATCH_SIZE, Role.QUIET)
SIZE_ROLES = (Role.SIZES, Role.HIDDEN_SIZES, Role.INPUT_SIZE, Role.HIDDEN_SIZE, Role.OUTPUT_SIZE)


class Caller:
    """Builds calls in a session."""

    def __init__(self, session: Session, roles: dict[tuple[str, str, str], tuple[Role, Uses]]) -> None:
        self.session = session
        self.facts = session.facts
        self._roles = roles  # shared between attempts: they depend on the file alone
        self._bound: dict[str, str] = {}
        self._in_loss = False  # what a loss is given as inputs is what the network put out

    def role(self, function: FunctionFacts, argument: Argument) -> tuple[Role, Uses]:
        """Role and uses of an argument."""
        key = (function.owner, function.name, argument.name)
        if key not in self._roles:
            uses = argument_uses(self.facts, function, argument)
            role = role_of(argument, uses, function)
            if role is Role.ACTIVATION_LIST and any(argument.name in f.returns for f in self.facts.functions.values()):
                role = Role.CACHE  # values of a forward pass, not functions
            self._roles[key] = (self._refined(function, argument, role, uses), uses)
        return self._roles[key]

    def _refined(self, function: FunctionFacts, argument: Argument, role: Role, uses: Uses) -> Role:
        """The role, unless an annotation, or what the argument is asked for, says that it is an object."""
        if role in NAMED_ROLES:
            return role
        if annotated_class(self, argument):
            return Role.OBJECT_LIST if is_list(argument) else Role.OBJECT
        asked = uses.attributes - OF_ARRAYS
        if role in VAGUE_ROLES and not uses.array and are_settings(asked, function):
            return Role.OBJECT
        of_elements = uses.element_attributes - OF_ARRAYS
        if role in VAGUE_ROLES and (are_settings(of_elements, function) or self._classes_that_set(of_elements)):
            return Role.OBJECT_LIST
        return role

    # Calls

    def arguments(self, function: FunctionFacts) -> str:
        """The text of the arguments of a call."""
        roles = {argument.name: self.role(function, argument)[0] for argument in function.arguments}
        self._place_counts(function, roles)
        sized = [a for a in function.arguments if roles[a.name] in SIZE_ROLES]
        parts: list[str] = []
        by_name = False
        star = function.node.args.vararg
        if star is not None and not function.required:
            parts.extend(self._variable_arguments(function, star.arg))
        for argument in function.arguments:
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
            named = by_name or argument.keyword_only or (not argument.required and role in OPTIONAL_ROLES)
            parts.append(f"{argument.name}={text}" if named else text)
        return ", ".join(parts)

    def _place_counts(self, function: FunctionFacts, roles: dict[str, Role]) -> None:
        """Sizes without a telling name come in the order inputs, hidden, outputs."""
        if {Role.INPUT_SIZE, Role.OUTPUT_SIZE} <= set(roles.values()):
            for argument in function.arguments:
                if roles[argument.name] is Role.SIZES:
                    roles[argument.name] = Role.HIDDEN_SIZES
                    key = (function.owner, function.name, argument.name)
                    self._roles[key] = (Role.HIDDEN_SIZES, self._roles[key][1])
        hidden = [argument for argument in function.arguments if roles[argument.name] is Role.HIDDEN_SIZE]
        numbers = [argument for argument in hidden if set(words_of(argument.name)) & NUMBER_WORDS]
        if len(numbers) == 1 and any(set(words_of(argument.name)) & UNIT_WORDS for argument in hidden):
            roles[numbers[0].name] = Role.LAYER_COUNT  # num_hidden beside hidden_size
            key = (function.owner, function.name, numbers[0].name)
            self._roles[key] = (Role.LAYER_COUNT, self._roles[key][1])
        counts = [
            a
            for a in function.required
            if roles[a.name] in (Role.COUNT, Role.INPUT_SIZE, Role.HIDDEN_SIZE, Role.OUTPUT_SIZE)
        ]
        unknown = [a for a in counts if roles[a.name] is Role.COUNT]
        if not unknown or not (function.name == "__init__" or MAKER_NAME.search(function.name)):
            return
        for index, argument in enumerate(counts):
            if roles[argument.name] is Role.COUNT:
                first, last = index == 0, index == len(counts) - 1 and index > 0
                units = len(counts) == 1 and LAYER_CLASS.search(function.owner) is not None
                role = Role.OUTPUT_SIZE if last or units else Role.INPUT_SIZE if first else Role.HIDDEN_SIZE
                roles[argument.name] = role
                key = (function.owner, function.name, argument.name)
                self._roles[key] = (role, self._roles[key][1])

    def _needed_although_optional(
        self, function: FunctionFacts, argument: Argument, role: Role, sized: Sequence[Argument]
    ) -> bool:
        if role in (Role.INPUTS, Role.TARGETS, Role.PAIRS) and argument.default in ("None", "[]", "()"):
            return not re.search(r"val|test|valid|eval", argument.name, re.IGNORECASE)
        if role in SIZE_ROLES:
            return bool(sized)
        if role is Role.DECAY:
            return argument.default in ("0", "0.0")  # a penalty of 0 shows nothing of how it is computed
        if role in OPTIONAL_OBJECTS and argument.default == "None":
            key = f"whether {function.owner}.{function.name} is given ({argument.name})"
            return bool(self.session.choose(key, [False, True]))
        return role is Role.OBJECT_LIST and argument.default == "None"

    def _variable_arguments(self, function: FunctionFacts, name: str) -> list[str]:
        """Of a function that takes any number: layers or sizes."""
        argument = Argument(name=name)
        role, _ = self.role(function, argument)
        if role in (Role.OBJECT_LIST, Role.OBJECT):
            return [self.value_for(function, argument).strip("[]")]
        if role not in (Role.SIZES, Role.HIDDEN_SIZES, Role.UNKNOWN, Role.COUNT):
            return []
        from .containers import layer_lists

        def sizes() -> str:
            self.session.give_sizes()
            return f"{self.session.input_size}, {HIDDEN}, {self.session.output_size}"

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
        if place in self._bound and role not in (
            Role.CACHE,
            Role.OUTPUTS,
            Role.GRADIENTS,
            Role.PARAMETERS,
            Role.WEIGHT,
        ):
            return self._bound[place]
        options = self.options(function, argument, role, uses)
        option = self.session.choose(place, options)
        text = option() if callable(option) else option
        if role is Role.OBJECT_LIST and function.name != "__init__" and text.startswith("["):
            name = self.session.new_name(argument.name)  # the same objects whenever it is called
            self.session.run(f"{name} = {text}")
            text = self.session.pool[argument.name] = name
        self._bound[place] = text
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
        targets = self.targets(function, text)
        statement = f"{expression}({text})" if not targets else f"{', '.join(targets)} = {expression}({text})"
        session.run(statement, repeat)
        self._keep(function, targets)
        if FORWARD_NAME.search(function.name) and targets and not WRONG_NAME.search(function.name):
            session.forward_results = targets
        return targets

    def _makes_things(self, function: FunctionFacts, arguments: str) -> bool:
        """Whether a call belongs before the iterations: it sees neither data nor parameters."""
        used = set(re.findall(r"[A-Za-z_]\w*", arguments))
        made = {re.split(r"[^\w]", text)[0] for text in self.session.pool.values()}
        if MAKER_NAME.search(function.name) and not used & {"Y", "i"}:
            return True
        return not used & ({"X", "Y", "labels", "i"} | made) and not function.owner

    def targets(self, function: FunctionFacts, arguments: str) -> list[str]:
        """Variables for what a function returns: those of the parameters, if it returns them changed."""
        session = self.session
        if not function.returns_something:
            return []
        updating = any(update.likely for part in self.facts.reach(function) for update in part.updates)
        if updating and not MAKER_NAME.search(function.name):
            mine = [
                text
                for argument in function.arguments
                if self.role(function, argument)[0] in (Role.PARAMETERS, Role.WEIGHT)
                and (text := self._bound.get(f"{function.owner}.{function.name}({argument.name})", ""))
            ]
            names = [text for text in function.returns if text in session.pool]
            if len(names) == len(function.returns):
                return [session.pool[name] for name in names]
            if len(mine) == len(function.returns) and all(re.fullmatch(r"\w+", text) for text in mine):
                return mine
        return [
            session.new_name(name if name != "result" else f"{words_of(function.name)[-1]}_result")
            for name in function.returns
        ]

    def _keep(self, function: FunctionFacts, targets: Sequence[str]) -> None:
        """Puts results in the pool, the entries of dictionaries too."""
        session = self.session
        for name, target in zip(function.returns, targets):
            session.pool[name if name != "result" else target] = target
            value = session.names.get(target)
            if isinstance(value, tuple) and len(targets) == 1 and len(value) <= 12:
                for index in range(len(value)):
                    session.pool.setdefault(f"{target}_{index}", f"{target}[{index}]")
            if isinstance(value, dict):
                for key in list(value)[:60]:
                    if isinstance(key, str):
                        session.pool.setdefault(key, f"{target}[{key!r}]")

    def ensure_attributes(self, function: FunctionFacts, variable: str, called: frozenset[str] = frozenset()) -> None:
        """Calls the methods that set attributes which a method reads and nothing set so far."""
        session = self.session
        thing = session.names[variable]
        owner = type(thing).__name__
        methods = self.facts.methods(owner)
        mine = [part for part in self.facts.reach(function) if part.owner and part.name in methods]
        written = {name for part in mine for name in part.writes}
        for name in self._missing(thing, mine, written, function):
            if getattr(thing, _mangled(owner, name), None) is not None:
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
            if not outside and name in written:
                continue
            outside = outside or writers
            outside.sort(
                key=lambda m: (_loads(m.name), m.name.startswith("__") and m.name != "__call__", len(m.required))
            )
            if not outside:
                continue
            empty = hasattr(thing, _mangled(owner, name))
            unneeded = empty and self._asked_whether_none(owner, name)
            options = [None, *outside] if unneeded else [*outside, None] if empty else outside
            method = session.choose(f"writer {name}", options)
            if method is None:
                continue
            called |= {method.name}
            self.ensure_attributes(method, variable, called)
            text = variable if method.name == "__call__" else f"{variable}.{method.name}"
            self.call(method, text, repeat=SETUP_NAME.search(method.name) is None)

    def _missing(
        self, thing: Any, parts: Sequence[FunctionFacts], written: set[str], function: FunctionFacts
    ) -> list[str]:
        """Attributes that the parts of a method read, and that are absent or None."""
        owner = type(thing).__name__
        methods = self.facts.methods(owner)
        missing: list[str] = []
        for part in parts:
            for name in sorted(part.reads):
                if name in methods or name in missing:
                    continue
                full = _mangled(owner, name)
                empty = hasattr(thing, full) and getattr(thing, full) is None
                sets_itself = name in written and name not in function.reads and not empty
                if (not hasattr(thing, full) or empty) and not sets_itself:
                    missing.append(name)
        return missing

    def _asked_whether_none(self, owner: str, name: str) -> bool:
        """Whether the class looks whether an attribute is set before it uses it."""
        pattern = re.compile(rf"self\.{name} is (not )?None|if (not )?self\.{name}\b")
        return any(pattern.search(method.text) for method in self.facts.methods(owner).values())

    def call_forward_first(self, function: FunctionFacts, variable: str) -> None:
        """Calls the forward pass before a backward pass that does not call it itself."""
        if not re.search(r"back|bprop|grad", function.name, re.IGNORECASE):
            return
        methods = self.facts.methods(type(self.session.names[variable]).__name__)
        reached = {part.name for part in self.facts.reach(function)}
        for name, method in methods.items():
            if (
                re.search(
                    r"^(forward|feed_?forward|fprop|propagate_?forward|forward_\w+|forw\w*)$", name, re.IGNORECASE
                )
                and name not in reached
            ):
                self.call(method, f"{variable}.{name}", repeat=True)
                return

    def call_networks(self, function: FunctionFacts) -> None:
        """Calls the passes of the networks made so far, if a function, such as an optimizer's step, does not do so."""
        reached = self.facts.reach(function)
        for variable in list(self.session.objects):
            methods = self.facts.methods(type(self.session.names[variable]).__name__)
            backward = next((one for name, one in methods.items() if BACKWARD_NAME.match(name)), None)
            if backward is None or backward.abstract or any(part is backward for part in reached):
                continue
            self.call_forward_first(backward, variable)
            self.ensure_attributes(backward, variable)
            self.call(backward, f"{variable}.{backward.name}", repeat=True)

    def clear_gradients(self) -> bool:
        """Calls what sets gradients back to 0; whether there is such a method."""
        cleared = False
        for variable in self.session.objects:
            for name, method in self.facts.methods(type(self.session.names[variable]).__name__).items():
                if CLEARING_NAME.search(name) and not method.required and not method.abstract:
                    self.session.run(f"{variable}.{name}()", repeat=True)
                    cleared = True
        return cleared

    # Options

    def options(self, function: FunctionFacts, argument: Argument, role: Role, uses: Uses) -> list[Option]:
        """Expressions for an argument, most likely first."""
        session = self.session
        options: list[Option] = []
        data = role in (Role.INPUTS, Role.TARGETS, Role.PAIRS, Role.RATE, Role.EPOCHS)
        if argument.name in session.pool and not (data and argument.name in ("X", "Y", "x", "y")):
            options.append(session.pool[argument.name])
        options.extend(self._by_role(function, argument, role, uses))
        if not data and self._is_global_value(argument.name):
            options.insert(0, argument.name)  # what the file itself calls by this name
        note = argument.annotation.lower()
        if "bool" in note:
            options.extend(["True", "False"])
        if note == "range" or INDICES_NAME.match(argument.name):
            options.insert(0, self._indices)
        unique: list[Option] = []
        for option in options:
            if option not in unique:
                unique.append(option)
        computed = (Role.UPSTREAM, Role.GRADIENTS, Role.CACHE, Role.OUTPUTS, Role.PARAMETERS, Role.WEIGHT)
        if not unique and role not in computed:
            return ["0.1", "3", self._inputs_text, "None", "[]", "{}"]
        return unique

    def _is_global_value(self, name: str) -> bool:
        """Whether the file has a global variable of this name that holds a value: a number, a list, an object, ..."""
        session = self.session
        value = session.names.get(name) if name in session.own else None
        return value is not None and not (callable(value) or inspect.ismodule(value))

    def _by_role(self, function: FunctionFacts, argument: Argument, role: Role, uses: Uses) -> list[Option]:
        simple: dict[Role, list[Option]] = {
            Role.RATE: ["0.1"],
            Role.EPOCHS: ["3", "20"],
            Role.BATCH_SIZE: [str(BATCH)],
            Role.DECAY: ["0.1", "0"],
            Role.MOMENTUM: ["0.9"],
            Role.KEEP: ["0.8", "1.0", "0"],
            Role.STEP_COUNT: ["i + 1"],
            Role.SEED: ["0", "np.random.default_rng(0)", "np.random.RandomState(0)"],
            Role.LAYER_COUNT: ["1", "2", "3"] if "hidden" in words_of(argument.name) else ["2", "1", "3"],
        }
        if role in simple:
            return simple[role]
        if role in (Role.FLAG, Role.QUIET):
            numeric = argument.default not in ("True", "False", "None", "") or (not uses.boolean and uses.arithmetic)
            if role is Role.QUIET:
                return ["" if not argument.required and numeric else "False", "False", "1"]
            return ["True", "False"]
        if role in SIZE_ROLES or role is Role.COUNT:
            return self._sizes(function, argument, role, uses)
        if role in (Role.INPUTS, Role.TARGETS, Role.PAIRS, Role.OBSERVATIONS):
            return self._data(function, argument, role, uses)
        if role in (Role.ACTIVATION, Role.LOSS, Role.OPTIMIZER, Role.CHOICE, Role.FUNCTION, Role.ACTIVATION_LIST):
            return self._functions(function, argument, role, uses)
        if role in (Role.OBJECT, Role.OBJECT_LIST):
            return self._objects(function, argument, role, uses)
        if role is Role.NUMBER:
            return ["0.1", "1", "3"]
        return self._made(function, argument, role, uses)

    def _sizes(self, function: FunctionFacts, argument: Argument, role: Role, uses: Uses) -> list[Option]:
        session = self.session
        dims = session.dims

        def given(make: Callable[[], str], both: bool = True) -> Callable[[], str]:
            def option() -> str:
                session.inputs_given |= both or role is Role.INPUT_SIZE
                session.outputs_given |= both or role is Role.OUTPUT_SIZE
                return make()

            return option

        def out() -> int:
            return session.output_size

        def into() -> int:
            return session.input_size

        if dims is not None:  # a single layer is being made
            before, after = dims
            pair = [f"[{before}, {after}]", f"({before}, {after})"]
            if role is Role.INPUT_SIZE:
                return [f"({before},)" if uses.indexed else str(before), str(before), f"({before},)"]
            if role is Role.SIZES:
                return [*pair, str(after), f"({before},)"]
            return [str(after), *pair]
        image = image_default(argument)
        if role is Role.INPUT_SIZE and image is not None:
            return [given(lambda: session.take_images(image), False)]
        if role is Role.INPUT_SIZE:
            return [given(lambda: str(into()), False), given(lambda: f"({into()},)", False)]
        if role is Role.OUTPUT_SIZE:
            return [given(lambda: str(out()), False), given(lambda: f"({out()},)", False)]
        if role is Role.HIDDEN_SIZE:
            size = SECOND_HIDDEN if self._has_hidden_size_before(function, argument) else HIDDEN
            return [str(size), f"[{size}]"]
        if role is Role.HIDDEN_SIZES:
            return [f"[{HIDDEN}]", str(HIDDEN), f"({HIDDEN},)", f"[{HIDDEN}, {SECOND_HIDDEN}]",
                    given(lambda: f"[{into()}, {HIDDEN}, {out()}]")]  # fmt: skip
        if role is Role.SIZES and (described := layer_descriptions(self, uses)):
            return list(described)
        if role is Role.SIZES:
            return [
                given(lambda: f"[{into()}, {HIDDEN}, {out()}]"),
                given(lambda: f"({into()}, {HIDDEN}, {out()})"),
                given(lambda: f"[{into()}, {HIDDEN}, {SECOND_HIDDEN}, {out()}]"),
                f"[{HIDDEN}]",
                given(lambda: f"np.array([{into()}, {HIDDEN}, {out()}])"),
                str(HIDDEN),
                given(lambda: f"[{into()}, {out()}]"),
                given(lambda: f"[({into()}, {HIDDEN}), ({HIDDEN}, {out()})]"),
            ]
        return [str(INPUTS), str(HIDDEN), "3", "2", "1"]

    def _has_hidden_size_before(self, function: FunctionFacts, argument: Argument) -> bool:
        """Whether another argument before this one is the size of a hidden layer."""
        names = [one.name for one in function.arguments]
        before = function.arguments[: names.index(argument.name)] if argument.name in names else ()
        return any(self.role(function, other)[0] is Role.HIDDEN_SIZE for other in before)

    def _data(self, function: FunctionFacts, argument: Argument, role: Role, uses: Uses) -> list[Option]:
        session = self.session

        def inputs() -> str:
            if self._in_loss and session.forward_results:
                return _result_of_kind(session.forward_results, Role.OUTPUTS)
            form = session.pick_form()
            session.make_data()
            return separate(session.input_text(form), form)

        def targets() -> str:
            form = session.pick_form()
            session.make_data()
            return separate(target_text(session.pick_labels(), form), form)

        def separate(text: str, form: Form) -> str:
            """Data of their own for validation, so that they are not taken for those that are trained on."""
            is_list = form in (Form.LISTS, Form.LIST, Form.AUGMENTED)
            return text if is_list or not HELD_OUT.search(argument.name) else f"np.copy({text})"

        def pairs() -> str:
            session.make_data()
            order = [Form.COLUMN, Form.ROWS, Form.ROW, Form.LIST]
            if uses.unpacked and session.hints.prefers_columns < 0:
                order = [Form.ROWS, Form.COLUMN, Form.ROW, Form.LIST]
            session.form = session.choose("pairs", order)
            return pairs_text(session.pick_labels(), session.form)

        def count() -> str:
            session.make_data()
            return "len(X)"

        def both() -> str:
            return f"({inputs()}, {targets()})"

        def batches() -> str:
            x, y = inputs(), targets()
            cut = "[:, {}]" if session.form is Form.COLUMNS else "[{}]"
            parts = [cut.format(f":{BATCH}"), cut.format(f"{BATCH}:")]
            return "[" + ", ".join(f"({x}{part}, {y}{part})" for part in parts) + "]"

        if role is Role.OBSERVATIONS:
            return [count]
        if role is Role.TARGETS:
            return [targets]
        if role is Role.PAIRS and uses.split and not uses.iterated:
            return [both, pairs, inputs]
        if role is Role.PAIRS and BATCHES_NAME.search(argument.name):
            return [batches, pairs, inputs, both]
        if role is Role.PAIRS:
            return [pairs, inputs, both, batches]
        if role is Role.INPUTS and not INPUT_NAME.match(argument.name):
            producers = self._producers(function, lambda names: argument.name in names)
            made = [self._production(producer, text, argument.name) for producer, text in producers]
            if made:
                return [*made, inputs]
        if uses.unpacked or (role is Role.INPUTS and re.search(r"data|batch", argument.name, re.IGNORECASE)):
            alone = not any(self.role(function, other)[0] is Role.TARGETS for other in function.arguments)
            return (
                [pairs, inputs, both]
                if alone and (uses.unpacked or not uses.array)
                else [inputs, pairs, both]
                if alone
                else [inputs, pairs]
            )
        return [inputs]

    # Functions, texts and objects

    def _functions(self, function: FunctionFacts, argument: Argument, role: Role, uses: Uses) -> list[Option]:
        """Names of activations, losses and optimizers: as texts, functions or classes, whatever the use asks for."""
        strings = [repr(text) for text in self._ordered_strings(argument, role, uses)]
        functions = list(self._matching_functions(argument, role))
        objects: list[Option] = []
        if (
            uses.methods - {"lower", "strip", "upper", "items", "keys", "get"}
            or role is Role.OPTIMIZER
            or uses.attributes
        ):
            objects = self._objects(function, argument, role, uses)
        classes = self._matching_classes(argument, role)
        annotated = annotated_class(self, argument)
        if annotated and (of_enumeration := members(self, annotated)):
            words = ACTIVATION_WORDS if role is Role.ACTIVATION else LOSS_WORDS
            return [*(one for one in of_enumeration if words.search(one)), *of_enumeration]
        if role is Role.ACTIVATION_LIST:
            return self._activation_lists(strings, functions, objects)
        options: list[Option] = []
        if uses.strings or uses.attribute_of:
            options.extend([*strings, *functions, *objects])
        elif objects and uses.methods:
            options.extend([*objects, *functions, *strings])
        elif uses.called or "callable" in argument.annotation.lower():
            callables = [self._instance(name) for name in classes if "__call__" in self.facts.methods(name)]
            options.extend([*functions, *callables, *classes, *objects, *strings])
        else:
            options.extend(
                [*strings, *functions, *objects] if "str" in argument.annotation else [*functions, *objects, *strings]
            )
        if role is Role.LOSS and not uses.called and not uses.methods and not uses.strings:
            options.extend(self._made(function, argument, Role.UNKNOWN, uses))
        options.extend([*classes, "None"])
        return options

    def _ordered_strings(self, argument: Argument, role: Role, uses: Uses) -> list[str]:
        """Texts that the file compares the argument with; else the usual ones."""
        texts = list(uses.strings)
        for owner in sorted(uses.attribute_of):
            texts.extend(
                name
                for name in self.facts.methods(owner)
                if not DERIVATIVE_WORDS.search(name) and not name.startswith("__")
            )
        if role in (Role.ACTIVATION, Role.ACTIVATION_LIST):
            texts = texts or self._keys_like(ACTIVATION_WORDS) or ["sigmoid", "tanh", "relu"]
            last = bool({"output", "last", "final", "out"} & set(words_of(argument.name))) or self._of_shares()
            order = (
                ("softmax", "sigmoid", "linear") if last and self._known_outputs() != 1 else ("sigmoid", "tanh", "relu")
            )
            return sorted(
                texts, key=lambda t: next((i for i, name in enumerate(order) if name in t.lower()), len(order))
            )
        if role is Role.LOSS:
            return texts or self._keys_like(LOSS_WORDS) or ["mse", "cross_entropy", "categorical_crossentropy"]
        if role is Role.OPTIMIZER:
            texts = texts or self._keys_like(OPTIMIZER_WORDS) or ["sgd", "adam", "SGD"]
            return sorted(texts, key=lambda t: 0 if t.lower() in ("sgd", "gd", "gradient_descent") else 1)
        return texts

    def _known_outputs(self) -> int:
        return self.session.output_size if self.session.labels is not None else 3

    def wants_shares(self) -> bool:
        """Whether every loss of the file takes outputs between 0 and 1."""
        names = [*self.facts.functions, *self.facts.classes]
        losses = [name for name in names if LOSS_WORDS.search(name) and not DERIVATIVE_WORDS.search(name)]
        general = [name for name in losses if PLAIN_LOSS.search(name) or SCORES_LOSS.search(name)]
        return not general and any(SHARES_LOSS.search(name) for name in losses)

    def _of_shares(self) -> bool:
        """Whether the activation of the last layer is asked for, and has to give numbers between 0 and 1."""
        return self.session.at_output and self.wants_shares()

    def _share_rank(self, name: str) -> int:
        """The lower, the more likely an activation is meant for the last layer; 0 for all others."""
        if not self._of_shares():
            return 0
        wanted = "sigmoid" if self._known_outputs() == 1 else "softmax"
        return 0 if wanted in name.lower() else 1 if re.search("softmax|sigmoid", name, re.IGNORECASE) else 2

    def _keys_like(self, pattern: re.Pattern[str]) -> list[str]:
        """Texts of this kind that are keys of dictionaries, or compared with, anywhere in the file."""
        texts = [text for text in self.facts.texts if pattern.search(text) and len(text) < 30 and " " not in text]
        static = [
            name
            for owner, facts in self.facts.classes.items()
            if pattern.search(owner)
            for name, method in facts.methods.items()
            if method.static and not DERIVATIVE_WORDS.search(name)
        ]
        return [*texts, *static]

    def _matching_functions(self, argument: Argument, role: Role) -> list[str]:
        """Functions of the file that the argument's name describes; the derivative of the function chosen before."""
        words = argument.name
        derivative = DERIVATIVE_WORDS.search(words) is not None
        kind = (
            LOSS_WORDS
            if role is Role.LOSS or (LOSS_WORDS.search(words) and not ACTIVATION_WORDS.search(words))
            else ACTIVATION_WORDS
        )
        if role is Role.OPTIMIZER:
            kind = OPTIMIZER_WORDS
        found = []
        for name, function in self.facts.functions.items():
            if (
                callable(self.session.names.get(name))
                and kind.search(name)
                and (DERIVATIVE_WORDS.search(name) is not None) == derivative
            ):
                found.append((name, function))
        topic = "loss" if kind is LOSS_WORDS else "activation"
        stem = self.session.stems.get(topic)

        def rank(item: tuple[str, FunctionFacts]) -> tuple[int, int, int]:
            name = item[0].lower()
            usual = next(
                (i for i, usual in enumerate((*ACTIVATIONS, "mse", "mean_sq", "squared")) if usual in name), 50
            )
            return (0 if stem and stem in name else 1, self._share_rank(name) if topic == "activation" else 0, usual)

        found.sort(key=rank)
        names = [name for name, _ in found]
        if role is Role.FUNCTION and not names:
            names = [name for name in self.facts.functions if callable(self.session.names.get(name)) and len(name) > 1]
        if names and not derivative:
            self.session.stems.setdefault(topic, names[0].lower())
        return names

    def _matching_classes(self, argument: Argument, role: Role) -> list[str]:
        pattern = {Role.LOSS: LOSS_WORDS, Role.OPTIMIZER: OPTIMIZER_WORDS}.get(role, ACTIVATION_WORDS)
        return [
            name
            for name in self.facts.classes
            if inspect.isclass(self.session.names.get(name)) and pattern.search(name)
        ]

    def _activation_lists(self, strings: list[str], functions: list[str], objects: list[Option]) -> list[Option]:
        last = next((text for text in strings if "softmax" in text), None) if self._known_outputs() != 1 else None
        options: list[Option] = []
        for names in (strings, functions):
            if names:
                options.append(f"[{names[0]}, {last if names is strings and last else names[0]}]")
                options.append(f"[{names[0]}, {names[0]}]")
                options.append(f"[{names[0]}]")
                options.append(f"[{names[0]}, {names[0]}, {names[0]}]")
        return [*options, *objects]

    def _objects(self, function: FunctionFacts, argument: Argument, role: Role, uses: Uses) -> list[Option]:
        """Instances of the file's classes that have the methods that the code calls."""
        listed = role is Role.OBJECT_LIST
        wanted = uses.element_methods if listed else uses.methods
        attributes = uses.element_attributes if listed else uses.attributes
        annotated = annotated_class(self, argument)
        if listed:
            return self._object_lists(function, argument, annotated, wanted, uses)
        if annotated and (listed_members := members(self, annotated)):
            return list(listed_members)
        names = kinds_of(self, annotated) if annotated else self._with_arguments(self.classes_with(wanted), uses)
        given = records(self, function, argument, uses)
        if not names and given:
            return list(given)
        if not names and attributes:
            names = self._classes_that_set(attributes)
            if names:
                dims = self._dims_of_part(function, argument)
                parts = [
                    self._instance(name) if NETWORK_CLASS.search(name) else self._part(name, dims) for name in names[:4]
                ]
                return [*self._networks_made(names), *parts]
        pattern = {Role.LOSS: LOSS_WORDS, Role.OPTIMIZER: OPTIMIZER_WORDS, Role.ACTIVATION: ACTIVATION_WORDS}.get(role)
        words = argument.name
        if pattern is None:
            pattern = next((p for p in (LOSS_WORDS, OPTIMIZER_WORDS, ACTIVATION_WORDS) if p.search(words)), None)
        if pattern is not None:
            matched = [name for name in names if pattern.search(name)]
            names = matched or names
        stem = words.lower().rstrip("s0123456789_")
        network = bool({"model", "net", "network", "nn", "mlp"} & set(words_of(words)))
        names = sorted(
            names,
            key=lambda name: (
                0 if stem and stem in name.lower() else 1,
                0 if network and NETWORK_CLASS.search(name) else 1,
                self._share_rank(name) if pattern is ACTIVATION_WORDS else 0,
                # a plain step and an error that any output is good for work with whatever else is chosen
                0 if PLAIN_OPTIMIZER.search(name) or PLAIN_LOSS.search(name) else 1,
            ),
        )
        return [*self._networks_made(names), *(self._instance(name) for name in names[:6]), *given]

    def _networks_made(self, names: Sequence[str]) -> list[str]:
        """The networks of these classes that exist: an optimizer is given the one that is trained."""
        made = [(one, type(self.session.names.get(one)).__name__) for one in self.session.objects]
        return [one for one, owner in made if owner in names and NETWORK_CLASS.search(owner)]

    def _object_lists(
        self, function: FunctionFacts, argument: Argument, annotated: str, wanted: set[str], uses: Uses
    ) -> list[Option]:
        """Lists of samples, of layers, or of descriptions of layers."""
        from .containers import layer_lists

        asked = uses.element_attributes - OF_ARRAYS
        names = [annotated] if annotated else self.classes_with(wanted) or self._classes_that_set(asked)
        of_samples = [made for name in names if (made := samples(self, name)) is not None]
        if of_samples:
            return list(of_samples)
        if not names and (unnamed := unnamed_samples(self, asked)) is not None:
            return [unnamed]
        if of_networks := self._parameters_of_networks(uses):
            return of_networks
        paired = bool(uses.pair_methods or uses.pair_called)
        lists: list[Option] = [*layer_descriptions(self, uses), *layer_lists(self, wanted, paired=paired)]
        if wanted or not asked:
            return lists
        return [*self._by_kind(function, argument, MAKER_NAME.pattern, Role.PARAMETERS), *lists]

    def _classes_that_set(self, attributes: set[str]) -> list[str]:
        """Classes whose methods set all those of the attributes that any class sets."""
        sets = {
            name: {attribute for method in self.facts.methods(name).values() for attribute in method.writes}
            | {one.name for one in self.facts.classes[name].fields}
            for name in self.facts.classes
            if inspect.isclass(self.session.names.get(name))
        }
        wanted = attributes & {attribute for own in sets.values() for attribute in own}
        return [name for name, own in sets.items() if wanted and wanted <= own]

    def _dims_of_part(self, function: FunctionFacts, argument: Argument) -> tuple[int, int]:
        """Sizes of one of several layers that are arguments of their own: layer1, layer2."""
        session = self.session
        session.give_sizes()
        stem = re.sub(r"\d+$", "", argument.name)
        parts = [other.name for other in function.required if re.sub(r"\d+$", "", other.name) == stem]
        sizes = [session.input_size, *[HIDDEN, SECOND_HIDDEN][: max(len(parts) - 1, 0)], session.output_size]
        index = parts.index(argument.name) if argument.name in parts else 0
        return sizes[min(index, len(sizes) - 2)], sizes[min(index, len(sizes) - 2) + 1]

    def _part(self, name: str, dims: tuple[int, int]) -> Callable[[], str]:
        def make() -> str:
            return self.construction(name, dims)

        return make

    def _with_arguments(self, names: list[str], uses: Uses) -> list[str]:
        """The classes whose methods take as many arguments as they are called with; all if there are none."""

        def fits(name: str) -> bool:
            mine = self.facts.methods(name)
            called = [(mine[method], count) for method, count in uses.given.items() if method in mine]
            return all(
                len(method.required) <= count <= len(method.arguments) or _takes_any_number(method)
                for method, count in called
            )

        return [name for name in names if fits(name)] or names

    def classes_with(self, methods: set[str]) -> list[str]:
        """Classes of the file, not abstract ones, with all those of the methods that any class has."""
        known = {m for c in self.facts.classes for m in self.facts.methods(c)}
        wanted = methods & known
        names = []
        for name in self.facts.classes:
            mine = self.facts.methods(name)
            usable = inspect.isclass(self.session.names.get(name)) and wanted <= set(mine)
            if usable and not any(mine[m].abstract and not _trivial(mine[m]) for m in wanted):
                names.append(name)
        return names if wanted else []

    def _instance(self, name: str) -> Callable[[], str]:
        def make() -> str:
            return self.construction(name) if self.session.dims is not None else self.make_object(name)

        return make

    def make_object(self, name: str) -> str:
        """Makes an instance in a variable of its own, with layers if it has to be given them.

        Returns:
            the variable.
        """
        from .containers import add_layers

        session = self.session
        examples = self.facts.examples.get(name, [])
        example = session.choose(f"example of {name}", [None, *examples]) if examples else None
        text = self.construction(name) if example is None else ""
        variable = session.new_name(_variable_for(name))
        while variable in session.objects:
            variable += "2"
        session.objects.append(variable)
        if example is not None:
            session.follow(example, variable)
            return variable
        session.run(f"{variable} = {text}")
        add_layers(self, variable, name)
        return variable

    def construction(self, name: str, dims: tuple[int, int] | None = None) -> str:
        """The expression that makes an instance."""
        session = self.session
        if len(session.stack) > MAX_DEPTH or name in session.stack:
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
            if constructor is not None:
                return f"{name}({self.arguments(constructor)})"
            fields = self.facts.classes[name].fields
            if fields:
                function = self.facts.dataclass_constructor(name)
                return f"{name}({self.arguments(function)})"
            return f"{name}()"
        finally:
            session.stack.pop()
            session.dims = before

    def _takes_parts(self, constructor: FunctionFacts) -> bool:
        """Whether a constructor is given layers."""
        roles = {self.role(constructor, argument)[0] for argument in constructor.arguments}
        return constructor.node.args.vararg is not None or Role.OBJECT_LIST in roles

    # Things that other functions make

    def _made(self, function: FunctionFacts, argument: Argument, role: Role, uses: Uses) -> list[Option]:
        """What was returned before under this name or one like it, or what makes it; by hand at last."""
        session = self.session
        options: list[Option] = []
        pattern = {
            Role.PARAMETERS: PARAMETERS_NAME,
            Role.GRADIENTS: GRADIENT_ARGUMENT,
            Role.CACHE: CACHE_NAME,
            Role.OUTPUTS: OUTPUT_NAME,
        }.get(role)
        if argument.name in session.pool:
            options.append(session.pool[argument.name])
        producers = self._producers(function, lambda names: argument.name in names)
        options.extend(self._production(producer, text, argument.name) for producer, text in producers)
        if pattern is not None:
            similar = [text for name, text in reversed(session.pool.items()) if pattern.match(name) and "[" not in text]
            options.extend(similar)
            others = self._producers(function, lambda names: any(pattern.match(name) for name in names))
            for producer, text in others:
                name = next(name for name in producer.returns if pattern.match(name))
                options.append(self._production(producer, text, name))
        options.extend(self._attributes(argument.name, pattern if role is Role.PARAMETERS else None))
        if role is Role.OUTPUTS:
            options.extend(
                self._by_kind(function, argument, r"forward|predict|feed|fprop|propag|hypothesis", Role.OUTPUTS)
            )
        if role is Role.CACHE:
            options.extend(self._by_kind(function, argument, r"forward|feed|fprop|propag", Role.CACHE))
        if role is Role.GRADIENTS:
            options.extend(self._by_kind(function, argument, r"back|grad|bprop|nabla|deriv|delta", Role.GRADIENTS))
        if role in (Role.PARAMETERS, Role.WEIGHT):
            options.extend(self._parameters_of_networks(uses))
            options.extend(self._by_kind(function, argument, MAKER_NAME.pattern, Role.PARAMETERS))
            options.extend(self._from_sizes(function, argument))
            options.extend(self._by_hand(function, argument, uses))
        if role is Role.UPSTREAM:
            options.extend(self._loss_gradients())
        if role is Role.UNKNOWN and uses.attributes - OF_ARRAYS and not uses.array:
            options.extend(self._objects(function, argument, Role.OBJECT, uses))
        if role is Role.UNKNOWN and (uses.indexed or uses.iterated or uses.measured) and not uses.array:
            options.extend(self._sizes(function, argument, Role.SIZES, uses)[:4])
        compared = any(self.role(function, other)[0] is Role.TARGETS for other in function.arguments)
        if role is Role.UNKNOWN and uses.arithmetic and compared:
            forward = r"forward|predict|feed|fprop|propag|hypothesis"
            options.extend(self._by_kind(function, argument, forward, Role.OUTPUTS))
        if role is Role.UNKNOWN:
            options.extend([*layer_descriptions(self, uses), *records(self, function, argument, uses)])
            structure = set(words_of(argument.name)) & STRUCTURE_WORDS
            lists = self._sizes(function, argument, Role.SIZES, uses)[:4] if structure else []
            options.extend([*lists, "0.1", "3", self._inputs_text, "None", "[]", "{}"])
        if uses.methods or uses.attributes - OF_ARRAYS:
            objects = self._objects(function, argument, Role.OBJECT, uses)
            # arrays and dictionaries have no such attributes
            return [*objects, *options] if uses.attributes - OF_ARRAYS - uses.methods else [*options, *objects]
        return options

    def _loss_gradients(self) -> list[Option]:
        """Gradients of the file's own loss with respect to the network's output."""
        options: list[Option] = []
        for name, function in self.facts.functions.items():
            if not callable(self.session.names.get(name)):
                continue
            both = len(function.returns) == 2 and re.match(r"d[a-zA-Z_]|grad|result", function.returns[1]) is not None
            if LOSS_WORDS.search(name) and (DERIVATIVE_WORDS.search(name) or both) and name not in self.session.stack:
                options.append(self._loss_function(function, name))
        for name in self._matching_classes(Argument(name="loss"), Role.LOSS):
            for method in self.facts.methods(name).values():
                named = re.search(r"back|grad|bprop|deriv|prime|diff|delta", method.name)
                if named and method.returns_something and not method.abstract:
                    options.append(self._loss_object(name, method))
        return options[:6]

    def _loss_function(self, function: FunctionFacts, name: str) -> Callable[[], str]:
        def make() -> str:
            if not self.session.forward_results:
                raise Exhausted(name)
            self._in_loss = True
            try:
                targets = self.call(function, name, repeat=True)
            finally:
                self._in_loss = False
            if not targets:
                raise Exhausted(name)
            return targets[-1]

        return make

    def _loss_object(self, name: str, method: FunctionFacts) -> Callable[[], str]:
        def make() -> str:
            if not self.session.forward_results:
                raise Exhausted(name)
            variable = self.make_object(name)
            self._in_loss = True
            try:
                self.ensure_attributes(method, variable)
                targets = self.call(method, f"{variable}.{method.name}", repeat=True)
            finally:
                self._in_loss = False
            if not targets:
                raise Exhausted(name)
            return targets[0]

        return make

    def _attributes(self, name: str, pattern: re.Pattern[str] | None) -> list[Option]:
        """Attributes of objects that have the name, and methods without arguments that return such things."""
        options: list[Option] = []
        for variable in self.session.objects:
            thing = self.session.names[variable]
            options.extend(
                f"{variable}.{attribute}"
                for attribute in sorted(getattr(thing, "__dict__", {}))
                if (attribute == name or (pattern is not None and pattern.match(attribute)))
                and getattr(thing, attribute) is not None
            )
            if pattern is not None:
                for method in self.facts.methods(type(thing).__name__).values():
                    if not method.required and method.returns_something and PARAMETERS_METHOD.match(method.name):
                        options.insert(
                            0, f"{variable}.{method.name}()" if not method.is_property else f"{variable}.{method.name}"
                        )
        return options

    def _inputs_text(self) -> str:
        self.session.make_data()
        return self.session.input_text(self.session.pick_form())

    def _indices(self) -> str:
        self.session.make_data()
        return "range(len(X))"

    def _producers(
        self, function: FunctionFacts, wanted: Callable[[Sequence[str]], bool]
    ) -> list[tuple[FunctionFacts, str]]:
        """Functions that return it, the plainest first."""
        session = self.session
        found = []
        for producer, text in session.functions():
            if producer is function or text in session.stack or not producer.returns_something:
                continue
            names = [name for name in (*producer.returns, *producer.return_keys) if not UNNAMED.fullmatch(name)]
            given = {argument.name for argument in producer.arguments}
            if wanted(names) and not any(wanted([name]) and name in given for name in names):
                found.append((producer, text))
        inner = {callee.name for producer, _ in found for callee in self.facts.reach(producer)[1:]}
        found.sort(
            key=lambda item: (
                item[0].name in inner,
                _wrong_kind(re.sub("back", "", item[0].name)),
                len(item[0].required),
            )
        )
        return found[:5]

    def _production(self, producer: FunctionFacts, text: str, name: str) -> Callable[[], str]:
        def make() -> str:
            targets = self.call(producer, text)
            if name in producer.returns and len(targets) == len(producer.returns):
                return targets[producer.returns.index(name)]
            if name not in self.session.pool:
                raise Exhausted(text)
            return self.session.pool[name]

        return make

    def _by_kind(self, function: FunctionFacts, argument: Argument, pattern: str, kind: Role) -> list[Option]:
        """Results of functions whose name says what they do."""
        options: list[Option] = []
        if kind in (Role.OUTPUTS, Role.CACHE) and self.session.forward_results:
            options.append(self._result_for(function, argument, self.session.forward_results, kind))
        for producer, text in self.session.functions():
            if producer is function or text in self.session.stack or not producer.returns_something:
                continue
            wrong = (
                _wrong_kind(re.sub("back", "", producer.name)) if kind is Role.GRADIENTS else _wrong_kind(producer.name)
            )
            if re.search(pattern, producer.name, re.IGNORECASE) and not wrong:
                options.append(self._whole(producer, text, kind, function, argument))
        return options[:3]

    def _from_sizes(self, function: FunctionFacts, argument: Argument) -> list[Option]:
        """Results of functions that are given nothing but sizes: they make the parameters, whatever they are called."""
        sizes = {*SIZE_ROLES, Role.COUNT, Role.LAYER_COUNT, Role.SEED, Role.NUMBER}
        options: list[Option] = []
        for producer, text in self.session.functions():
            roles = [self.role(producer, one)[0] for one in producer.required]
            known = producer is function or text in self.session.stack or MAKER_NAME.search(producer.name)
            if roles and not known and producer.returns_something and set(roles) <= sizes:
                options.append(self._whole(producer, text, Role.PARAMETERS, function, argument))
        return options[:2]

    def _parameters_of_networks(self, uses: Uses) -> list[Option]:
        """Lists of parameter objects that a method of a network gives."""
        if not uses.element_attributes - OF_ARRAYS:
            return []
        options: list[Option] = []
        for name in self.facts.classes:
            for method in self.facts.methods(name).values():
                if PARAMETERS_METHOD.match(method.name) and not method.required and method.returns_something:
                    network = NETWORK_CLASS.search(name) is not None
                    options.insert(0 if network else len(options), self._parameters_of(name, method))
        return options[:3]

    def _parameters_of(self, name: str, method: FunctionFacts) -> Callable[[], str]:
        def make() -> str:
            session = self.session
            mine = [one for one in session.objects if type(session.names.get(one)).__name__ == name]
            variable = mine[0] if mine else self.make_object(name)
            return f"{variable}.{method.name}" if method.is_property else f"{variable}.{method.name}()"

        return make

    def _result_for(self, function: FunctionFacts, argument: Argument, results: Sequence[str], kind: Role) -> str:
        """Which of several results a function is given; all of them if it unpacks so many, and none of them is many."""
        count = self.role(function, argument)[1].split_into
        one = _result_of_kind(results, kind)
        value = self.session.names.get(one)
        whole = len(results) == count > 1 and not (isinstance(value, (tuple, list)) and len(value) == count)
        return f"({', '.join(results)})" if whole else one

    def _whole(
        self, producer: FunctionFacts, text: str, kind: Role, function: FunctionFacts, argument: Argument
    ) -> Callable[[], str]:
        def make() -> str:
            targets = self.call(producer, text)
            if not targets:
                raise Exhausted(text)
            return self._result_for(function, argument, targets, kind)

        return make

    def _by_hand(self, function: FunctionFacts, argument: Argument, uses: Uses) -> list[Option]:
        """Random weights of the shapes that a network of one hidden layer has."""
        session = self.session

        def array(*shape: int) -> Callable[[], str]:
            def make() -> str:
                session.give_sizes()
                name = session.new_name(argument.name)
                session.run(f"{name} = {BY_HAND}size={shape if len(shape) != 1 else shape[0]})")
                session.pool[argument.name] = name
                return name

            return make

        def dictionary() -> str:
            session.give_sizes()
            name = session.new_name(argument.name)
            session.run(f"{name} = {self._weights_by_key(function, sorted(uses.keys))}")
            session.pool[argument.name] = name
            return name

        def dictionaries() -> str:
            session.give_sizes()
            name = session.new_name(argument.name)
            columns = session.hints.prefers_columns > 0
            layers = []
            for into, outof in ((session.input_size, HIDDEN), (HIDDEN, session.output_size)):
                bias, kernel = ((outof, 1), (outof, into)) if columns else ((1, outof), (into, outof))
                texts = [
                    f"{key!r}: {BY_HAND}size={bias if _is_bias(key) else kernel})" for key in sorted(uses.element_keys)
                ]
                layers.append("{" + ", ".join(texts) + "}")
            session.run(f"{name} = [{', '.join(layers)}]")
            session.pool[argument.name] = name
            return name

        def layers_of(columns: bool) -> Callable[[], str]:
            """The arrays of a network with one hidden layer in a list, as the code goes through them by layer."""

            def make() -> str:
                session.give_sizes()
                name = session.new_name(argument.name)
                pairs = [(session.input_size, HIDDEN), (HIDDEN, session.output_size)]
                if _is_bias(argument.name):
                    shapes = [(after, 1) if columns else (1, after) for _, after in pairs]
                else:
                    shapes = [pair[::-1] if columns else pair for pair in pairs]
                session.run(f"{name} = [{', '.join(f'{BY_HAND}size={shape})' for shape in shapes)}]")
                session.pool[argument.name] = name
                return name

            return make

        if uses.keys:
            return [*records(self, function, argument, uses), dictionary]
        if uses.element_keys:
            return [dictionaries]
        by_layer = uses.measured or uses.iterated or uses.element_counted or (uses.indexed and _is_bias(argument.name))
        if by_layer and not uses.array:
            columns = session.hints.prefers_columns >= 0
            return [layers_of(columns), layers_of(not columns)]
        out = session.output_size if session.labels is not None else 3
        weights = [a for a in function.arguments if self.role(function, a)[0] is Role.WEIGHT and not _is_bias(a.name)]
        layers = max(1, len(weights))
        sizes = [*[INPUTS, HIDDEN, SECOND_HIDDEN][:layers], out]
        numbers = [int(d) for d in re.findall(r"\d+", argument.name)]
        index = min(
            max((numbers[0] if numbers else weights.index(argument) + 1 if argument in weights else 1) - 1, 0),
            layers - 1,
        )
        into, outof = sizes[index], sizes[index + 1]
        if _is_bias(argument.name):
            shapes: list[tuple[int, ...]] = [(outof,), (1, outof), (outof, 1), ()]
        else:
            shapes = [(into, outof), (outof, into), (into,), (into, 1), (outof, into + 1), (into + 1, outof)]
            flat = HIDDEN * (INPUTS + 1) + out * (HIDDEN + 1)
            if re.search(r"nn_param|initial|flat|vec|theta$|params?$", argument.name, re.IGNORECASE):
                shapes = [(flat,), (INPUTS,), (INPUTS, 1), (INPUTS, out), *shapes]
        if session.hints.prefers_columns > 0 and not _is_bias(argument.name):
            shapes[0], shapes[1] = shapes[1], shapes[0]
        return [array(*shape) for shape in shapes]

    def _weights_by_key(self, function: FunctionFacts, keys: list[str]) -> str:
        out = self.session.output_size
        numbered = sorted({int(d) for key in keys for d in re.findall(r"\d+", key)})
        layers = max(1, len(numbered))
        sizes = [*[INPUTS, HIDDEN, SECOND_HIDDEN][:layers], out]
        columns = self.session.hints.prefers_columns > 0
        parts = []
        for key in keys:
            number = [int(d) for d in re.findall(r"\d+", key)]
            index = numbered.index(number[0]) if number else 0
            into, outof = sizes[min(index, layers - 1)], sizes[min(index, layers - 1) + 1]
            if _is_bias(key):
                parts.append(f"{key!r}: np.zeros({(outof, 1) if columns else (1, outof)})")
            else:
                parts.append(f"{key!r}: {BY_HAND}size={(outof, into) if columns else (into, outof)})")
        return "{" + ", ".join(parts) + "}"


def _takes_any_number(function: FunctionFacts) -> bool:
    return function.node.args.vararg is not None or function.node.args.kwarg is not None


def _variable_for(name: str) -> str:
    """A variable for an instance of a class."""
    words = [word for word in words_of(name) if word.isalpha()]
    return (
        "net"
        if set(words) & {"network", "net", "nn", "neural", "model", "mlp", "perceptron"}
        else "_".join(words) or "thing"
    )


def image_default(argument: Argument) -> tuple[int, int, int] | None:
    """The default of an argument that is the shape of an image, as in ``input_dim=(1, 28, 28)``."""
    match = re.fullmatch(r"[(\[](\d+), (\d+), (\d+)[)\]]", argument.default)
    return (int(match.group(1)), int(match.group(2)), int(match.group(3))) if match else None


def _result_of_kind(targets: Sequence[str], kind: Role) -> str:
    """Which of several results is the output, the cache, ..."""
    cached = [t for t in targets if re.match(r"(?i)cach|mem|store|hist", t)]
    if kind is Role.OUTPUTS:
        plain = [t for t in targets if t not in cached]
        named = [t for t in plain if OUTPUT_NAME.match(t)]
        return (named or plain or list(targets))[-1]
    if kind is Role.CACHE:
        return (cached or list(targets))[-1]
    if kind is Role.GRADIENTS and len(targets) > 1:
        named = [t for t in targets if not LOSS_WORDS.search(t)]
        return (named or list(targets))[-1]
    return targets[0] if kind is Role.PARAMETERS else targets[-1]


def _mangled(owner: str, name: str) -> str:
    """The attribute that ``self.name`` stands for in a class."""
    return f"_{owner.lstrip('_')}{name}" if name.startswith("__") and not name.endswith("__") else name


def _loads(name: str) -> bool:
    return re.search(r"load|test|predict|set_weights|restore", name) is not None


def _trivial(function: FunctionFacts) -> bool:
    """Whether a method without a body is meant to do nothing."""
    return re.search(r"update|step|param|zero", function.name) is not None


def _is_bias(name: str) -> bool:
    return re.match(r"(?i)^_?(b|bias|beta)", name) is not None


def _wrong_kind(name: str) -> bool:
    """Whether a function only tests, plots or checks."""
    return WRONG_NAME.search(name) is not None
