"""What a file's text says about its functions and classes: arguments, results, uses, updates."""

from __future__ import annotations

import ast
import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

from ..literals import last_name, texts_of
from ..source import called_name
from .examples import Example
from .returns import are_all_of_kind, is_named, kind_of_results, part_name, result_name, unpacked_calls
from .updates import WEIGHT_NAME, UpdateLine, updates_of
from .uses import is_expression, names_in

BACKWARD_NAME = re.compile(r"^(backward|back_?prop|bprop)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One argument of a function."""

    name: str  # as written
    required: bool = True  # whether it has no default
    default: str = ""  # the default's text, "" if there is none
    annotation: str = ""  # its text, "" without one
    keyword_only: bool = False  # whether it must be passed by name


@dataclass
class FunctionFacts:
    """One function or method."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    owner: str = ""
    arguments: tuple[Argument, ...] = ()
    static: bool = False
    returns: tuple[str, ...] = ()  # names, if the function returns a tuple of them; one name otherwise
    return_keys: tuple[str, ...] = ()  # of a dictionary that is returned
    returns_something: bool = False
    yields: bool = False  # its call does nothing until what it gives is gone through
    calls: set[str] = field(default_factory=set)  # functions
    self_calls: set[str] = field(default_factory=set)
    method_calls: set[str] = field(default_factory=set)  # of anything
    reads: set[str] = field(default_factory=set)  # attributes of self, before they are written
    writes: set[str] = field(default_factory=set)
    fills: set[str] = field(default_factory=set)  # attributes of self whose items are written: self.grads["W1"] = ..
    # what an attribute of self is set to: self.step = self.adam
    keeps: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    loops: bool = False
    updates: tuple[UpdateLine, ...] = ()
    abstract: bool = False
    prefers_columns: int = 0  # how often its text says so; negative for rows
    is_property: bool = False

    @property
    def changes(self) -> set[str]:
        """The attributes of self that it writes, or whose items it writes."""
        return self.writes | self.fills

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

    node: ast.ClassDef
    bases: tuple[str, ...] = ()
    methods: dict[str, FunctionFacts] = field(default_factory=dict)
    fields: tuple[Argument, ...] = ()  # of a dataclass


@dataclass
class FileFacts:
    """All functions and classes of one file, and those of other files of the user's that it imports."""

    functions: dict[str, FunctionFacts] = field(default_factory=dict)
    classes: dict[str, ClassFacts] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)  # compared with, keys, or names that classes give themselves
    own_functions: dict[str, FunctionFacts] = field(default_factory=dict)  # defined in the file itself
    own_classes: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    examples: dict[str, list[Example]] = field(default_factory=dict)  # of instances, by class

    def add(self, other: FileFacts) -> None:
        """Adds what another file defines, except under names that are known already."""
        self.functions |= {name: one for name, one in other.functions.items() if name not in self.functions}
        self.classes |= {name: one for name, one in other.classes.items() if name not in self.classes}
        self.texts.extend(text for text in other.texts if text not in self.texts)

    def definitions(self) -> list[FunctionFacts]:
        """All functions and methods."""
        return [*self.functions.values(), *(m for one in self.classes.values() for m in one.methods.values())]

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

    def maker(self, owner: str) -> FunctionFacts | None:
        """``__init__`` of a class, or what stands for it in a dataclass; None if nothing is given to make one."""
        constructor, fields = self.constructor(owner), self.classes[owner].fields
        if constructor is not None or not fields:
            return constructor
        node = ast.parse("def __init__(self): pass").body[0]
        assert isinstance(node, ast.FunctionDef)
        return FunctionFacts(name="__init__", node=node, owner=owner, arguments=fields)

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
                if mine[name].abstract:  # what stands in its place in the classes derived from this one
                    yield from (one.methods[name] for one in self.classes.values() if name in one.methods)
                continue
            for kept in sorted({one for method in mine.values() for one in method.keeps.get(name, ())}):
                found = mine.get(kept) or self.functions.get(kept)
                if found is not None:
                    yield found
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


def read_source(text: str) -> FileFacts:
    """The facts of one file.

    Raises:
        SyntaxError: if it is not Python 3.
    """
    facts = FileFacts()
    tree = ast.parse(text)
    modules = _imported(tree)
    for node in _statements(tree.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            facts.functions[node.name] = read_function(node, modules=modules)
        elif isinstance(node, ast.ClassDef):
            facts.classes[node.name] = _read_class(node, modules)
    facts.texts = list(dict.fromkeys(_texts(tree)))
    _name_results(facts, tree)
    for function in facts.definitions():
        _follow_returned_call(function, facts)
    return facts


def _imported(tree: ast.AST) -> frozenset[str]:
    """The names that imports bind, which may be modules of the project: all but NumPy's."""
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = [one for node in imports for one in node.names]
    return frozenset(one.asname or one.name for one in names if not one.name.startswith("numpy"))


def _texts(tree: ast.AST) -> Iterator[str]:
    """The texts that a file may look things up by: keys, what is compared with, and what class attributes hold."""
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
        elif isinstance(item, ast.ClassDef):  # by which it may be looked up
            parts = [one.value for one in item.body if isinstance(one, ast.Assign)]
        yield from texts_of(parts)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Those of a module, also under ``if`` and ``try``."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _statements(node.body)
            yield from _statements(getattr(node, "orelse", []))


def _read_class(node: ast.ClassDef, modules: frozenset[str]) -> ClassFacts:
    """The facts of one class; of a dataclass, its fields too."""
    facts = ClassFacts(node=node, bases=tuple(last_name(base) for base in node.bases))
    for item in node.body:
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            facts.methods[item.name] = read_function(item, node.name, modules)
    if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
        facts.fields = tuple(
            Argument(
                name=item.target.id,
                required=not (default := _default_of_field(item.value)),
                default=default,
                annotation=ast.unparse(item.annotation),
            )
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and not _is_made_later(item.value)
        )
    return facts


def _is_made_later(value: ast.expr | None) -> bool:
    """Whether a field of a dataclass is not among the arguments: ``field(init=False)``."""
    return _settings_of_field(value).get("init") == "False"


def _default_of_field(value: ast.expr | None) -> str:
    """The text of a field's default, "" if it has none: an empty list if one is made for each instance."""
    if value is None or not _is_field(value):
        return "" if value is None else ast.unparse(value)
    settings = _settings_of_field(value)
    factory = settings.get("default_factory", "")
    return settings.get("default") or {"list": "[]", "dict": "{}"}.get(factory, factory and ast.unparse(value))


def _is_field(value: ast.expr | None) -> TypeGuard[ast.Call]:
    return isinstance(value, ast.Call) and last_name(value.func) == "field"


def _settings_of_field(value: ast.expr | None) -> dict[str, str]:
    """The keyword arguments of ``field``, empty if the value is another one."""
    return {one.arg: ast.unparse(one.value) for one in value.keywords if one.arg} if _is_field(value) else {}


def read_function(
    node: ast.FunctionDef | ast.AsyncFunctionDef, owner: str = "", modules: frozenset[str] = frozenset()
) -> FunctionFacts:
    """The facts of one function.

    Args:
        node: its definition.
        owner: class of a method, "" for a function.
        modules: names that the file imports.
    """
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    static = "staticmethod" in decorators
    facts = FunctionFacts(name=node.name, node=node, owner=owner, static=static)
    facts.is_property = any(text == "property" or text.endswith((".setter", "cached_property")) for text in decorators)
    arguments = _arguments(node.args)
    facts.arguments = arguments[1:] if owner and not static and arguments else arguments
    myself = arguments[0].name if owner and not static and arguments else ""
    for item in walk_own(node):
        if isinstance(item, (ast.Assign, ast.Return)):
            _note_functions(facts, [item.value], modules)  # step = optimizers.sgd
        if isinstance(item, (ast.For, ast.While)):
            facts.loops = True
        elif isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Attribute):
            if is_expression(item.targets[0], f"{myself}.{item.targets[0].attr}"):
                facts.keeps[item.targets[0].attr].update(names_in(item.value).split())
        elif isinstance(item, ast.Call):
            _note_call(facts, item, myself, modules)
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
    facts.updates = tuple(updates_of(node, owner))
    facts.abstract = _is_abstract(node, decorators)
    facts.prefers_columns = _orientation(node)
    return facts


def walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes in a function, in the order of the text."""
    for child in ast.iter_child_nodes(node):
        yield child
        yield from walk_own(child)


def _arguments(node: ast.arguments) -> tuple[Argument, ...]:
    """The arguments of a function in order, without those of any number."""
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


def _note_call(facts: FunctionFacts, call: ast.Call, myself: str, modules: frozenset[str]) -> None:
    if isinstance(call.func, ast.Name):
        facts.calls.add(call.func.id)
    elif isinstance(call.func, ast.Attribute):
        if ast.unparse(call.func.value) in modules:
            facts.calls.add(call.func.attr)
        owner = call.func.value
        if (isinstance(owner, ast.Name) and owner.id == myself) or called_name(owner) == "super":
            facts.self_calls.add(call.func.attr)
        facts.method_calls.add(call.func.attr)
    elif isinstance(call.func, ast.Subscript):  # self.layers[i](..)
        facts.method_calls.add("__call__")
    _note_functions(facts, [*call.args, *(keyword.value for keyword in call.keywords)], modules)


def _note_functions(facts: FunctionFacts, values: Iterable[ast.expr | None], modules: frozenset[str]) -> None:
    """Values that may be functions, which are called elsewhere."""
    for value in values:
        if isinstance(value, ast.Name):
            facts.calls.add(value.id)
        elif isinstance(value, ast.Attribute) and ast.unparse(value.value) in modules:
            facts.calls.add(value.attr)


def hands_back(method: FunctionFacts) -> bool:
    """Whether a backward pass goes through several layers of the class's own: in a loop, or one after the other."""
    passes = [
        {receiver for node in ast.walk(part) if (receiver := _receiver_of_backward(node))}
        for part in ast.walk(method.node)
        if part is method.node or isinstance(part, (ast.For, ast.While))
    ]
    return len(passes[0]) > 1 or any(passes[1:])


def _receiver_of_backward(node: ast.AST) -> str:
    """What a call of a backward pass is a method of; "" for other nodes, and for the class itself."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return ""
    receiver = ast.unparse(node.func.value)
    return receiver if BACKWARD_NAME.match(node.func.attr) and receiver not in ("self", "super()") else ""


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
        facts.yields |= isinstance(item, (ast.Yield, ast.YieldFrom))
        if isinstance(item, ast.Return):
            if item.value is not None and not (isinstance(item.value, ast.Constant) and item.value.value is None):
                own.append(item)
        elif not isinstance(item, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(item))
    for item in sorted(own, key=lambda statement: statement.lineno):
        value = item.value
        assert value is not None
        facts.returns_something = True
        if isinstance(value, (ast.Tuple, ast.List)) and isinstance(value, ast.Tuple):
            given = {argument.name for argument in facts.arguments}
            names = tuple(part_name(part, index, given) for index, part in enumerate(value.elts))
        else:
            names = (result_name(value, 0),)
        if len(names) >= len(facts.returns):
            facts.returns = names
        if isinstance(value, ast.Dict):
            facts.return_keys = tuple(texts_of(value.keys))
    for item in ast.walk(node):
        if not (isinstance(item, ast.Assign) and isinstance(item.value, ast.Dict)):
            continue
        target = item.targets[0]
        if isinstance(target, ast.Name) and target.id in facts.returns:
            keys = (key.value for key in item.value.keys if isinstance(key, ast.Constant))
            facts.return_keys = facts.return_keys or tuple(key for key in keys if isinstance(key, str))


def _follow_returned_call(function: FunctionFacts, facts: FileFacts) -> None:
    """``return g(...)`` returns what g returns."""
    if len(function.returns) == 1 and function.returns[0].startswith("call "):
        name = function.returns[0].removeprefix("call ")
        mine = facts.classes[function.owner].methods if function.owner in facts.classes else {}
        called = facts.functions.get(name) or mine.get(name)
        known = called is not None and called is not function and called.returns  # a method to be overridden has none
        if called is not None and known and not any(r.startswith("call ") for r in called.returns):
            function.returns = called.returns
            function.return_keys = called.return_keys
    names = [name.removeprefix("call ") for name in function.returns]
    several = len(names) > 1 and len(set(names)) == len(names)
    function.returns = tuple(
        (name if several else f"result{index}" if len(names) > 1 else "result") if given.startswith("call ") else given
        for index, (given, name) in enumerate(zip(function.returns, names), 1)
    )


def _name_results(facts: FileFacts, tree: ast.AST) -> None:
    """Names results that a function returns without a name.

    The names are those that a call of it is unpacked into, or those that another function takes side by side.
    """
    functions = facts.definitions()
    taken = [[argument.name for argument in function.arguments] for function in functions]
    known = {name for names in taken for name in names}
    unpacked = list(unpacked_calls(tree))
    for function in functions:
        named = [name if is_named(name) else "" for name in function.returns]
        if len(named) < 2 or all(named):
            continue
        windows = [[*names[i : i + len(named)]] for names in taken for i in range(len(names) - len(named) + 1)]
        given = {argument.name for argument in function.arguments}
        kind = kind_of_results(function.name, function.text)
        fitting = [names for called, names in unpacked if called == function.name]
        fitting += [names for names in windows if any(named) or (kind and are_all_of_kind(names, kind, taken))]
        for names in fitting:
            agree = all(one in ("", other) for one, other in zip(named, names))
            is_new = given.isdisjoint(other for one, other in zip(named, names) if not one)
            if len(names) == len(named) == len(set(names)) and agree and is_new and known.issuperset(names):
                function.returns = tuple(names)
                break


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
        named = item.targets[0] if isinstance(item, ast.Assign) else None
        if isinstance(item, ast.Assign) and isinstance(named, ast.Name) and named.id in ("m", "n_samples", "N"):
            text = ast.unparse(item.value)
            votes += 2 if "shape[1]" in text else -2 if "shape[0]" in text or "len(" in text else 0
    return votes
