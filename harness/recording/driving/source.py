"""What a file's text says about its functions and classes: arguments, results, uses, updates."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..source import last_name
from .examples import Example

RATE_NAME = re.compile(
    r"(^|[_\s])(lr|eta|alpha|rate|learning|learn_?rate|epsilon|step_?size|gamma)|(?-i:[a-z]Rate\b)", re.IGNORECASE
)
WEIGHT_NAME = re.compile(
    r"(weight|bias|theta|synapse|\bsyn_?\d|kernel|param|coef|(?<![a-z])[wb](?![a-z])|(?<![a-z])[wb]_?[a-z]?[a-z]?\d*$)",
    re.IGNORECASE,
)
GRADIENT_NAME = re.compile(
    r"((?-i:^d_?[A-Z])|^d_?[wb]\d*$|^_?d_?(weight|bias|theta)|grad|nabla|delta|deriv|loss|cost|err|acc|total|count|sum"
    r"|correct|score|decay|penalty|regular|reg_|(?-i:^v[A-Z_])|velocity|moment|running|^z\d*$|^a\d*$|^out|^res)",
    re.IGNORECASE,
)
SAME_VALUES = ("copy", "flatten", "ravel", "reshape", "squeeze", "transpose")  # methods that give the same numbers
STEPS = re.compile(
    r"updat|step|optim|descent|apply|sgd|adam|adjust", re.IGNORECASE
)  # functions that return new weights
STEP_WORDS = re.compile(r"(grad|delta|nabla|\bd[A-Zwb]|adjust|change|correction|velocity|update|(?<![a-z])d_?[wb])")


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One argument of a function.

    Attributes:
        name: as written.
        required: whether it has no default.
        default: the default's text, "" without one.
        annotation: its text, "" without one.
        keyword_only: whether it must be passed by name.
    """

    name: str
    required: bool = True
    default: str = ""
    annotation: str = ""
    keyword_only: bool = False


@dataclass(frozen=True, kw_only=True)
class UpdateLine:
    """A statement that replaces something by itself plus or minus something.

    Attributes:
        first, last: its lines.
        target: the expression that is replaced, as text.
        likely: whether names say that it is the step of a parameter.
    """

    first: int
    last: int
    target: str
    likely: bool


@dataclass
class Uses:
    """How a name is used in a piece of code."""

    called: bool = False
    iterated: bool = False
    unpacked: bool = False  # iterated in pairs
    part_multiplied: bool = False  # name[i][0] @ .., np.dot(name[i][0], ..), name[i][0].T
    split: bool = False  # x, y = name
    split_into: int = 0  # number of names that it is unpacked to as a whole
    measured: bool = False  # len(name)
    indexed: bool = False  # name[i], name[:-1]
    boolean: bool = False
    counted: bool = False  # range(name), np.zeros(name)
    array: bool = False  # name.shape, name.T, name @ .., np.dot(name, ..)
    arithmetic: bool = False
    keys: set[str] = field(default_factory=set)  # name["W1"]
    made_keys: bool = False  # name["W" + str(i)]
    strings: list[str] = field(default_factory=list)  # name == "relu"
    methods: set[str] = field(default_factory=set)  # name.forward(..)
    given: dict[str, int] = field(default_factory=dict)  # number of arguments that its methods are called with
    attributes: set[str] = field(default_factory=set)
    element_methods: set[str] = field(default_factory=set)  # name[i].forward(..), for layer in name: layer.forward(..)
    element_attributes: set[str] = field(default_factory=set)
    element_counted: bool = False  # np.zeros(name[i])
    element_called: bool = False
    element_keys: set[str] = field(default_factory=set)  # name[i]["units"], for one in name: one["units"]
    pair_methods: set[str] = field(default_factory=set)  # for layer, activation in name: layer.forward(..)
    pair_called: bool = False  # for layer, activation in name: activation(..)
    spread: set[str] = field(default_factory=set)  # Layer(**name)
    element_spread: set[str] = field(default_factory=set)  # Layer(**name[i])
    attribute_of: set[str] = field(default_factory=set)  # getattr(Losses, name)

    @property
    def is_of_something(self) -> bool:
        """Whether more than its truth is asked for."""
        parts = (self.array, self.arithmetic, self.indexed, self.iterated, self.called, self.measured)
        return any(parts) or bool(self.methods or self.keys or self.attributes)

    def merge(self, other: Uses) -> None:
        """Adds what another piece of code does with it."""
        for name, value in vars(other).items():
            if isinstance(value, bool):
                setattr(self, name, getattr(self, name) or value)
            elif isinstance(value, int):
                setattr(self, name, max(getattr(self, name), value))
            elif isinstance(value, (set, dict)):
                getattr(self, name).update(value)
            else:
                mine = getattr(self, name)
                mine.extend(item for item in value if item not in mine)


@dataclass
class FunctionFacts:
    """One function or method."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    owner: str = ""
    arguments: tuple[Argument, ...] = ()
    static: bool = False
    returns: tuple[str, ...] = ()  # names, where the function returns a tuple of them; one name otherwise
    return_keys: tuple[str, ...] = ()  # of a dictionary that is returned
    returns_something: bool = False
    calls: set[str] = field(default_factory=set)  # functions
    self_calls: set[str] = field(default_factory=set)
    method_calls: set[str] = field(default_factory=set)  # of anything
    reads: set[str] = field(default_factory=set)  # attributes of self, before they are written
    writes: set[str] = field(default_factory=set)
    fills: set[str] = field(default_factory=set)  # attributes of self of which items are written: self.grads["W1"] = ..
    loops: bool = False
    updates: tuple[UpdateLine, ...] = ()
    abstract: bool = False
    prefers_columns: int = 0  # how often its text says so; negative for rows
    is_property: bool = False

    @functools.cached_property
    def text(self) -> str:
        """Its source without comments."""
        return ast.unparse(self.node)

    @property
    def required(self) -> tuple[Argument, ...]:
        """The arguments without a default."""
        return tuple(argument for argument in self.arguments if argument.required)


@dataclass
class ClassFacts:
    """One class."""

    name: str
    node: ast.ClassDef
    bases: tuple[str, ...] = ()
    methods: dict[str, FunctionFacts] = field(default_factory=dict)
    fields: tuple[Argument, ...] = ()  # of a dataclass


@dataclass
class FileFacts:
    """All functions and classes of one file, and those of other files of the user's that it imports."""

    functions: dict[str, FunctionFacts] = field(default_factory=dict)
    classes: dict[str, ClassFacts] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)  # compared with, or keys of dictionaries
    own_functions: dict[str, FunctionFacts] = field(default_factory=dict)  # defined in the file itself
    own_classes: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    examples: dict[str, list[Example]] = field(default_factory=dict)  # of instances, by class

    def dataclass_constructor(self, owner: str) -> FunctionFacts:
        """What stands for ``__init__`` in a dataclass."""
        facts = self.classes[owner]
        node = ast.parse("def __init__(self): pass").body[0]
        assert isinstance(node, ast.FunctionDef)
        return FunctionFacts(name="__init__", node=node, owner=owner, arguments=facts.fields)

    def methods(self, owner: str) -> dict[str, FunctionFacts]:
        """All methods of a class, the inherited ones included."""
        facts = self.classes.get(owner)
        if facts is None:
            return {}
        inherited: dict[str, FunctionFacts] = {}
        for base in reversed(facts.bases):
            if base != owner:
                inherited |= self.methods(base)
        return inherited | facts.methods

    def constructor(self, owner: str) -> FunctionFacts | None:
        """``__init__`` of a class, possibly inherited."""
        return self.methods(owner).get("__init__")

    def callees(self, function: FunctionFacts) -> Iterator[FunctionFacts]:
        """The functions and methods of the user's that it may call."""
        for name in sorted(function.calls):
            if name in self.functions:
                yield self.functions[name]
            elif name in self.classes and (made := self.constructor(name)):
                yield made
        mine = self.methods(function.owner) if function.owner else {}
        for name in sorted(function.self_calls):
            if name in mine:
                yield mine[name]
        for name in sorted(function.method_calls - function.self_calls):
            for owner in self.classes.values():
                if name in owner.methods:
                    yield owner.methods[name]

    def reach(self, function: FunctionFacts) -> list[FunctionFacts]:
        """It and everything that it may call, directly or not."""
        seen: dict[int, FunctionFacts] = {id(function): function}
        waiting = [function]
        while waiting:
            for callee in self.callees(waiting.pop()):
                if id(callee) not in seen:
                    seen[id(callee)] = callee
                    waiting.append(callee)
        return list(seen.values())

    def trains(self, function: FunctionFacts) -> bool:
        """Whether it, or something that it calls, has the update of a parameter."""
        return any(update.likely for part in self.reach(function) for update in part.updates)

    def loops(self, function: FunctionFacts) -> bool:
        """Whether it repeats something that trains."""
        return (function.loops and self.trains(function)) or any(
            part.loops and part is not function and self.trains(part) for part in self.reach(function)
        )


def read_source(text: str) -> FileFacts:
    """The facts of one file.

    Raises:
        SyntaxError: if it is not Python 3.
    """
    facts = FileFacts()
    tree = ast.parse(text)
    for node in _statements(tree.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            facts.functions[node.name] = read_function(node)
        elif isinstance(node, ast.ClassDef):
            facts.classes[node.name] = _read_class(node)
    facts.texts = list(dict.fromkeys(_texts(tree)))
    for function in [*facts.functions.values(), *(m for c in facts.classes.values() for m in c.methods.values())]:
        _follow_returned_call(function, facts)
    return facts


def _texts(tree: ast.AST) -> Iterator[str]:
    for item in ast.walk(tree):
        parts: list[ast.expr | None] = []
        if isinstance(item, ast.Dict):
            parts = list(item.keys)
        elif isinstance(item, ast.Compare):
            parts = [
                *item.comparators,
                *(p for c in item.comparators if isinstance(c, (ast.List, ast.Tuple)) for p in c.elts),
            ]
        elif isinstance(item, ast.MatchValue):
            parts = [item.value]
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Those of a module, also under ``if`` and ``try``."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _statements(node.body)
            yield from _statements(getattr(node, "orelse", []))


def _read_class(node: ast.ClassDef) -> ClassFacts:
    facts = ClassFacts(name=node.name, node=node, bases=tuple(last_name(base) for base in node.bases))
    for item in node.body:
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            facts.methods[item.name] = read_function(item, node.name)
    if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
        facts.fields = tuple(
            Argument(
                name=item.target.id,
                required=item.value is None,
                default="" if item.value is None else ast.unparse(item.value),
                annotation=ast.unparse(item.annotation),
            )
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        )
    return facts


def read_function(node: ast.FunctionDef | ast.AsyncFunctionDef, owner: str = "") -> FunctionFacts:
    """The facts of one function; ``owner`` is the class of a method."""
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    static = "staticmethod" in decorators
    facts = FunctionFacts(name=node.name, node=node, owner=owner, static=static)
    facts.is_property = any(text == "property" or text.endswith((".setter", "cached_property")) for text in decorators)
    arguments = _arguments(node.args)
    facts.arguments = arguments[1:] if owner and not static and arguments else arguments
    myself = arguments[0].name if owner and not static and arguments else ""
    for item in walk_own(node):
        if isinstance(item, (ast.For, ast.While)):
            facts.loops = True
        elif isinstance(item, ast.Call):
            _note_call(facts, item, myself)
        elif isinstance(item, ast.Attribute) and isinstance(item.value, ast.Name) and item.value.id == myself:
            if isinstance(item.ctx, ast.Store):
                facts.writes.add(item.attr)
            elif item.attr not in facts.writes:
                facts.reads.add(item.attr)
        elif isinstance(item, ast.Subscript) and isinstance(item.ctx, ast.Store):
            filled = item.value
            if isinstance(filled, ast.Attribute) and isinstance(filled.value, ast.Name) and filled.value.id == myself:
                facts.fills.add(filled.attr)
    facts.reads = {name for name in facts.reads if name not in _written_first(node, myself)}
    _note_returns(facts, node)
    facts.updates = tuple(_updates(node))
    facts.abstract = _is_abstract(node, decorators)
    facts.prefers_columns = _orientation(node)
    return facts


def walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes in a function, in the order of the text."""
    for child in ast.iter_child_nodes(node):
        yield child
        yield from walk_own(child)


def _arguments(node: ast.arguments) -> tuple[Argument, ...]:
    positional = [*node.posonlyargs, *node.args]
    defaults: list[ast.expr | None] = [*[None] * (len(positional) - len(node.defaults)), *node.defaults]

    def argument(item: ast.arg, default: ast.expr | None, keyword_only: bool) -> Argument:
        return Argument(
            name=item.arg,
            required=default is None,
            default="" if default is None else ast.unparse(default),
            annotation="" if item.annotation is None else ast.unparse(item.annotation),
            keyword_only=keyword_only,
        )

    return (
        *(argument(item, default, False) for item, default in zip(positional, defaults)),
        *(argument(item, default, True) for item, default in zip(node.kwonlyargs, node.kw_defaults)),
    )


def _note_call(facts: FunctionFacts, call: ast.Call, myself: str) -> None:
    if isinstance(call.func, ast.Name):
        facts.calls.add(call.func.id)
    elif isinstance(call.func, ast.Attribute):
        if (isinstance(call.func.value, ast.Name) and call.func.value.id == myself) or (
            isinstance(call.func.value, ast.Call) and last_name(call.func.value.func) == "super"
        ):
            facts.self_calls.add(call.func.attr)
        facts.method_calls.add(call.func.attr)
    for value in [*call.args, *(keyword.value for keyword in call.keywords)]:
        if isinstance(value, ast.Name):
            facts.calls.add(value.id)  # handed over as a function, possibly


def _written_first(node: ast.AST, myself: str) -> set[str]:
    """Attributes of self whose first mention in the text is an assignment."""
    first: dict[str, tuple[int, int, bool]] = {}
    for item in ast.walk(node):
        if isinstance(item, ast.Attribute) and isinstance(item.value, ast.Name) and item.value.id == myself:
            store = isinstance(item.ctx, ast.Store)
            place = (item.lineno, 1 if store else 0, store)
            if item.attr not in first or place[:2] < first[item.attr][:2]:
                first[item.attr] = place
    augmented = {
        item.target.attr
        for item in ast.walk(node)
        if isinstance(item, ast.AugAssign) and isinstance(item.target, ast.Attribute)
    }
    return {name for name, (_, _, store) in first.items() if store and name not in augmented}


def _note_returns(facts: FunctionFacts, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """The names that are returned; of several statements, the one with the most."""
    own: list[ast.Return] = []
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.Return) and item.value is not None:
            own.append(item)
        elif not isinstance(item, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(item))
    for item in sorted(own, key=lambda statement: statement.lineno):
        value = item.value
        assert value is not None
        facts.returns_something = True
        if isinstance(value, (ast.Tuple, ast.List)) and isinstance(value, ast.Tuple):
            names = tuple(_result_name(part, index) for index, part in enumerate(value.elts))
        else:
            names = (_result_name(value, 0),)
        if len(names) >= len(facts.returns):
            facts.returns = names
        if isinstance(value, ast.Dict):
            facts.return_keys = tuple(
                k.value for k in value.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)
            )
    for item in ast.walk(node):
        if not (isinstance(item, ast.Assign) and isinstance(item.value, ast.Dict)):
            continue
        target = item.targets[0]
        if isinstance(target, ast.Name) and target.id in facts.returns:
            keys = (key.value for key in item.value.keys if isinstance(key, ast.Constant))
            facts.return_keys = facts.return_keys or tuple(key for key in keys if isinstance(key, str))


def _result_name(node: ast.expr, index: int) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return _result_name(node.value, index) if node.attr == "T" else node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):  # grads[::-1] is still grads
        return _result_name(node.value, index)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAME_VALUES:
        return _result_name(node.func.value, index)
    if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
        return "call " + last_name(node.func)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):  # dscores / m is still dscores
        return _result_name(node.left, index)
    return f"result{index + 1}"


def _follow_returned_call(function: FunctionFacts, facts: FileFacts) -> None:
    """``return g(...)`` returns what g returns."""
    if len(function.returns) == 1 and function.returns[0].startswith("call "):
        name = function.returns[0].removeprefix("call ")
        mine = facts.classes[function.owner].methods if function.owner in facts.classes else {}
        called = facts.functions.get(name) or mine.get(name)
        if called is not None and called is not function and not any(r.startswith("call ") for r in called.returns):
            function.returns = called.returns
            function.return_keys = called.return_keys
    names = [name.removeprefix("call ") for name in function.returns]
    several = len(names) > 1 and len(set(names)) == len(names)
    function.returns = tuple(
        (name if several else f"result{index}" if len(names) > 1 else "result") if given.startswith("call ") else given
        for index, (given, name) in enumerate(zip(function.returns, names), 1)
    )


def _updates(node: ast.AST) -> Iterator[UpdateLine]:
    """The statements that replace a value by itself plus or minus something."""
    for item in ast.walk(node):
        if isinstance(item, ast.AugAssign) and isinstance(item.op, (ast.Add, ast.Sub)):
            yield _update(item, item.target, item.value, isinstance(item.op, ast.Sub))
        elif isinstance(item, ast.Assign):
            for target in item.targets:
                pairs = [(target, item.value)]
                if isinstance(target, ast.Tuple) and isinstance(item.value, ast.Tuple):
                    pairs = list(zip(target.elts, item.value.elts))
                for one, value in pairs:
                    if _replaces(one, value):
                        yield _update(item, one, value, _subtracts(value))
        elif isinstance(item, ast.Return) and _is_stepped(item.value):
            yield UpdateLine(first=item.lineno, last=item.end_lineno or item.lineno, target="", likely=True)
        elif isinstance(item, ast.Call) and last_name(item.func) in ("append", "setattr", "subtract", "add"):
            last = item.args[-1] if item.args else None
            if isinstance(last, ast.BinOp) and isinstance(last.op, ast.Sub) and RATE_NAME.search(_names(last.right)):
                yield UpdateLine(first=item.lineno, last=item.end_lineno or item.lineno, target="", likely=True)


def _is_stepped(value: ast.expr | None) -> bool:
    """``w - lr * g``, ``[w - lr * g for w, g in ...]``, ``{k: p[k] - lr * g[k] for k in p}`` and several of them."""
    if isinstance(value, ast.DictComp):
        element = value.value
    elif isinstance(value, (ast.ListComp, ast.GeneratorExp)):
        element = value.elt
    elif isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords:  # tuple(..), Parameters(*..)
        inside = value.args[0]
        inside = inside.value if isinstance(inside, ast.Starred) else inside
        return isinstance(inside, (ast.ListComp, ast.GeneratorExp)) and _is_stepped(inside)
    elif isinstance(value, (ast.BinOp, ast.Tuple)):
        element = value
    else:
        return False
    if isinstance(element, (ast.Tuple, ast.List)):
        return bool(element.elts) and all(map(_is_stepped, element.elts))
    if isinstance(element, ast.BinOp):
        is_product = isinstance(element.right, ast.BinOp)  # 2 * epsilon * u - epsilon is a random start
        return isinstance(element.op, ast.Sub) and is_product and RATE_NAME.search(_names(element.right)) is not None
    return False


def _update(statement: ast.stmt, target: ast.expr, value: ast.expr, subtracts: bool) -> UpdateLine:
    text, used = ast.unparse(target), _names(value)
    name = text.split("[")[0].split(".")[-1]
    weight = bool(WEIGHT_NAME.search(text)) and not GRADIENT_NAME.search(name)
    step = bool(RATE_NAME.search(used)) or bool(STEP_WORDS.search(ast.unparse(value)))
    constant = isinstance(value, ast.Constant)
    # a local sum such as "params += layer.size" is none
    summed = isinstance(statement, ast.AugAssign) and not subtracts and isinstance(target, ast.Name) and not step
    likely = not constant and not summed and (weight or (step and subtracts and not GRADIENT_NAME.search(name)))
    plain = re.fullmatch(r"[\w.]+(\[[^()]*\])*", text) is not None or "str(" in text
    return UpdateLine(
        first=statement.lineno,
        last=statement.end_lineno or statement.lineno,
        target=text if plain else "",
        likely=likely,
    )


def _names(node: ast.AST) -> str:
    """All names in an expression, with spaces between."""
    return " ".join(
        item.id if isinstance(item, ast.Name) else item.attr
        for item in ast.walk(node)
        if isinstance(item, (ast.Name, ast.Attribute))
    )


def _replaces(target: ast.expr, value: ast.expr) -> bool:
    """Whether the value is made of the target and something added to it or subtracted."""
    if isinstance(value, (ast.ListComp, ast.GeneratorExp)):
        element: ast.expr = value.elt
        source = " ".join(ast.unparse(generator.iter) for generator in value.generators)
        return _is_sum(element) and ast.unparse(target) in source
    if isinstance(value, ast.DictComp):
        return _is_sum(value.value)
    if isinstance(value, ast.Call) and last_name(value.func) in (
        "array",
        "asarray",
        "list",
        "subtract",
        "add",
        "clip",
    ):
        if last_name(value.func) in ("subtract", "add"):
            return any(ast.unparse(target) == ast.unparse(argument) for argument in value.args)
        return bool(value.args) and _replaces(target, value.args[0])
    if isinstance(value, ast.Call) and STEPS.search(last_name(value.func)):
        return any(ast.unparse(target) == ast.unparse(argument) for argument in value.args)
    if not _is_sum(value):
        return False
    wanted = ast.unparse(target)
    if any(ast.unparse(item) == wanted for item in ast.walk(value) if isinstance(item, type(target))):
        return True
    assert isinstance(value, ast.BinOp)
    return isinstance(value.op, ast.Sub) and bool(RATE_NAME.search(_names(value.right)))


def _is_sum(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))


def _subtracts(node: ast.expr) -> bool:
    """Whether something is subtracted, or added with its sign turned."""
    return any(
        (isinstance(item, ast.BinOp) and isinstance(item.op, ast.Sub))
        or (
            isinstance(item, ast.UnaryOp)
            and isinstance(item.op, ast.USub)
            and not isinstance(item.operand, ast.Constant)
        )
        for item in ast.walk(node)
    )


def _is_abstract(node: ast.FunctionDef | ast.AsyncFunctionDef, decorators: Iterable[str]) -> bool:
    if any("abstractmethod" in text for text in decorators):
        return True
    body = [item for item in node.body if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))]
    return not body or (len(body) == 1 and isinstance(body[0], (ast.Pass, ast.Raise)))


def _orientation(node: ast.AST) -> int:
    """How strongly the text suggests observations in columns; negative for rows."""
    votes = 0
    for item in ast.walk(node):
        first = second = None
        if isinstance(item, ast.BinOp) and isinstance(item.op, ast.MatMult):
            first, second = item.left, item.right
        elif isinstance(item, ast.Call) and last_name(item.func) in ("dot", "matmul"):
            if len(item.args) == 2:
                first, second = item.args
            elif len(item.args) == 1 and isinstance(item.func, ast.Attribute):
                first, second = item.func.value, item.args[0]
        if first is not None and second is not None:
            left, right = (bool(WEIGHT_NAME.search(ast.unparse(side).split("[")[0])) for side in (first, second))
            if left != right and ".T" not in ast.unparse(first) + ast.unparse(second):
                votes += 1 if left else -1
        if (
            isinstance(item, ast.Assign)
            and isinstance(item.targets[0], ast.Name)
            and item.targets[0].id in ("m", "n_samples", "N")
        ):
            text = ast.unparse(item.value)
            votes += 2 if "shape[1]" in text else -2 if "shape[0]" in text or "len(" in text else 0
    return votes


def uses_of(name: str, node: ast.AST) -> Uses:
    """How code uses a name; a dotted name ("self.layers") is an attribute."""
    uses = Uses()
    elements: set[str] = set()
    parts: set[str] = set()
    for item in ast.walk(node):
        loops: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(item, ast.For):
            loops = [(item.target, item.iter)]
        elif isinstance(item, (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)):
            loops = [(generator.target, generator.iter) for generator in item.generators]
        for target, source in loops:
            _note_loop(uses, elements, name, target, source)
            parts |= _parts_of_elements(name, target, source)
        if (
            isinstance(item, ast.Assign)
            and isinstance(item.value, ast.Subscript)
            and is_expression(item.value.value, name)
        ):
            parts |= {one for target in item.targets if _is_pair(target) for one in _names(target).split()}
    for item in ast.walk(node):
        _note_use(uses, elements, name, item)
        if parts and isinstance(item, ast.Call):
            _note_call_of_part(uses, parts, item.func)
    return uses


def _parts_of_elements(name: str, target: ast.expr, source: ast.expr) -> set[str]:
    """The names of what is in each element: ``for layer, activation in name``, ``for i, (layer, activation) in ..``."""
    if not any(is_expression(item, name) for item in ast.walk(source)):
        return set()
    counted = isinstance(source, ast.Call) and last_name(source.func) in ("enumerate", "zip")
    inner = target.elts if isinstance(target, ast.Tuple) and counted else [target]
    return {one for part in inner if _is_pair(part) for one in _names(part).split()}


def _note_call_of_part(uses: Uses, parts: set[str], function: ast.expr) -> None:
    """A call of one part of an element, or of a method of it."""
    if isinstance(function, ast.Name) and function.id in parts:
        uses.pair_called = True
    elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id in parts:
        uses.pair_methods.add(function.attr)


def is_expression(node: ast.AST | None, text: str) -> bool:
    """Whether a node is a name, an attribute or an entry of a dictionary that is written so: x, self.x, x['key']."""
    if isinstance(node, ast.Name):
        return node.id == text
    if isinstance(node, ast.Subscript):
        return text.endswith("]") and ast.unparse(node) == text
    return (
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and f"{node.value.id}.{node.attr}" == text
    )


def _note_loop(uses: Uses, elements: set[str], name: str, target: ast.expr, source: ast.expr) -> None:
    wrapped = source
    inner_target = target
    while isinstance(wrapped, ast.Call) and last_name(wrapped.func) in (
        "enumerate",
        "reversed",
        "zip",
        "list",
        "tqdm",
    ):
        if not wrapped.args:
            return
        if (
            last_name(wrapped.func) == "enumerate"
            and isinstance(inner_target, ast.Tuple)
            and len(inner_target.elts) == 2
        ):
            inner_target = inner_target.elts[1]
        if last_name(wrapped.func) == "zip":
            places = [i for i, argument in enumerate(wrapped.args) if _is_base(argument, name)]
            if not places:
                return
            uses.iterated = True
            if isinstance(inner_target, ast.Tuple) and len(inner_target.elts) == len(wrapped.args):
                elements.update(t.id for i in places if isinstance(t := inner_target.elts[i], ast.Name))
                uses.unpacked |= any(_is_pair(inner_target.elts[i]) for i in places)
            return
        wrapped = wrapped.args[0]
    if _is_base(wrapped, name):
        uses.iterated = True
        if _is_pair(inner_target):
            uses.unpacked = True
        elif isinstance(inner_target, ast.Name):
            elements.add(inner_target.id)


def _is_pair(target: ast.expr) -> bool:
    """Whether two values are unpacked."""
    return isinstance(target, ast.Tuple) and len(target.elts) == 2


def _is_part_of_element(node: ast.expr, name: str) -> bool:
    """``name[i][0]``, perhaps transposed."""
    inner = node.value if isinstance(node, ast.Attribute) and node.attr == "T" else node
    is_part = isinstance(inner, ast.Subscript) and isinstance(inner.slice, ast.Constant)
    element = inner.value if is_part and isinstance(inner, ast.Subscript) else None
    return isinstance(element, ast.Subscript) and is_expression(element.value, name)


def _multiplied(item: ast.AST) -> list[ast.expr]:
    """The operands of a matrix product."""
    if isinstance(item, ast.BinOp) and isinstance(item.op, ast.MatMult):
        return [item.left, item.right]
    if isinstance(item, ast.Call) and last_name(item.func) in ("dot", "matmul"):
        return [*item.args, *([item.func.value] if isinstance(item.func, ast.Attribute) else [])]
    return []


def _is_base(node: ast.expr, name: str) -> bool:
    """The name, or a slice of it."""
    return is_expression(node, name) or (isinstance(node, ast.Subscript) and is_expression(node.value, name))


def _note_use(uses: Uses, elements: set[str], name: str, item: ast.AST) -> None:
    def element(node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            return node.id in elements
        if not (isinstance(node, ast.Subscript) and is_expression(node.value, name)):
            return False
        return not isinstance(node.slice, ast.Slice) and not _is_text(node.slice)

    if any(_is_part_of_element(one, name) for one in _multiplied(item)):
        uses.part_multiplied = True
    if isinstance(item, ast.Call):
        function = last_name(item.func)
        for keyword in item.keywords:
            if keyword.arg is None and is_expression(keyword.value, name):
                uses.spread.add(function)
            elif keyword.arg is None and element(keyword.value):
                uses.element_spread.add(function)
        if is_expression(item.func, name):
            uses.called = True
        if element(item.func):
            uses.element_called = True
        if isinstance(item.func, ast.Attribute):
            if is_expression(item.func.value, name):
                uses.methods.add(item.func.attr)
                uses.given[item.func.attr] = len(item.args) + len(item.keywords)
                if item.func.attr in ("dot", "reshape", "sum", "mean", "flatten", "ravel", "astype", "transpose"):
                    uses.array = True
            elif element(item.func.value):
                uses.element_methods.add(item.func.attr)
        for argument in [*item.args, *(k.value for k in item.keywords if k.arg in ("size", "shape"))]:
            inside = argument.elts if isinstance(argument, ast.Tuple) else [argument]
            for one in inside:
                maker = function in (
                    "zeros",
                    "ones",
                    "full",
                    "randn",
                    "rand",
                    "range",
                    "arange",
                    "empty",
                    "eye",
                    "normal",
                    "uniform",
                )
                maker = maker or function in ("random", "randint", "standard_normal", "random_sample")
                if maker and any(is_expression(part, name) for part in ast.walk(one)):
                    direct = [
                        part
                        for part in ast.walk(one)
                        if isinstance(part, ast.Subscript) and is_expression(part.value, name)
                    ]
                    measured = [
                        p
                        for p in ast.walk(one)
                        if isinstance(p, ast.Call) and any(is_expression(a, name) for a in p.args)
                    ]
                    shaped = [p for p in ast.walk(one) if isinstance(p, ast.Attribute) and is_expression(p.value, name)]
                    if direct:
                        uses.element_counted = True
                    elif not measured and not shaped:
                        uses.counted = True
                if maker and isinstance(one, ast.Name) and one.id in elements:
                    uses.element_counted = True
        if (
            function == "getattr"
            and len(item.args) > 1
            and any(is_expression(part, name) for part in ast.walk(item.args[1]))
        ):
            uses.attribute_of.add(last_name(item.args[0]))
        if any(is_expression(argument, name) for argument in item.args):
            if function == "len":
                uses.measured = True
            elif function in ("dot", "matmul", "sum", "mean", "exp", "maximum", "log", "argmax", "multiply"):
                uses.array = True
            elif function in ("shuffle",):
                uses.iterated = True
    elif isinstance(item, ast.Attribute) and not is_expression(item, name):
        if is_expression(item.value, name):
            uses.attributes.add(item.attr)
            if item.attr in ("shape", "T", "size", "ndim"):
                uses.array = True
        elif element(item.value):
            uses.element_attributes.add(item.attr)
    elif isinstance(item, ast.Subscript) and is_expression(item.value, name):
        if _is_text(item.slice):
            uses.keys.add(ast.literal_eval(item.slice))
        elif isinstance(item.slice, (ast.JoinedStr,)) or (
            isinstance(item.slice, ast.BinOp)
            and any(isinstance(p, ast.Constant) and isinstance(p.value, str) for p in ast.walk(item.slice))
        ):
            uses.made_keys = True
        else:
            uses.indexed = True
    elif isinstance(item, ast.Subscript) and element(item.value):
        if _is_text(item.slice):
            uses.element_keys.add(ast.literal_eval(item.slice))
    elif isinstance(item, ast.Assign) and is_expression(item.value, name):
        counts = [len(target.elts) for target in item.targets if isinstance(target, (ast.Tuple, ast.List))]
        uses.split |= 2 in counts
        uses.split_into = max([uses.split_into, *counts])
    elif isinstance(item, ast.Compare):
        _note_comparison(uses, name, item)
    elif isinstance(item, (ast.If, ast.IfExp, ast.While)) and (
        is_expression(item.test, name)
        or (isinstance(item.test, ast.UnaryOp) and is_expression(item.test.operand, name))
    ):
        uses.boolean = True
    elif isinstance(item, ast.BinOp) and (is_expression(item.left, name) or is_expression(item.right, name)):
        if isinstance(item.op, ast.MatMult):
            uses.array = True
        else:
            uses.arithmetic = True
    elif isinstance(item, ast.Match) and is_expression(item.subject, name):
        for case in item.cases:
            for part in ast.walk(case.pattern):
                if (
                    isinstance(part, ast.MatchValue)
                    and isinstance(part.value, ast.Constant)
                    and isinstance(part.value.value, str)
                ):
                    uses.strings.append(part.value.value)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _note_comparison(uses: Uses, name: str, item: ast.Compare) -> None:
    left: ast.expr = item.left
    if (
        isinstance(left, ast.Call)
        and isinstance(left.func, ast.Attribute)
        and left.func.attr in ("lower", "strip", "upper")
    ):
        left = left.func.value
    if isinstance(left, ast.Subscript):
        left = left.value
    if not is_expression(left, name):
        return
    for other in item.comparators:
        parts = other.elts if isinstance(other, (ast.Tuple, ast.List, ast.Set)) else [other]
        uses.strings.extend(
            p.value
            for p in parts
            if isinstance(p, ast.Constant) and isinstance(p.value, str) and p.value not in uses.strings
        )
        if isinstance(other, ast.Dict):
            uses.strings.extend(k.value for k in other.keys if isinstance(k, ast.Constant) and isinstance(k.value, str))
