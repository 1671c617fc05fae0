"""Rules about the text of the user's file: how predictions are made and read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from ...recording.source import called_name
from ..findings import Check, Finding, Rule, Severity, Subject
from ..source.columns import assigned_pairs
from ..source.places import Source, argument_of, names_from_outside, names_in, names_of

LOADS_WEIGHTS = re.compile(r"load_weights\(|load_model\(|set_weights\(|model_from_|train_on_batch\(")
PREDICTING = ("predict", "predict_on_batch", "predict_proba", "predict_generator")
OF_FOLDERS = (
    "flow_from_directory", "flow_from_dataframe", "image_dataset_from_directory", "text_dataset_from_directory",
    "audio_dataset_from_directory",
)  # fmt: skip  # shuffle their rows, datasets anew in each pass, unless they are asked not to
FURTHER_STEPS = ("map", "prefetch", "batch", "unbatch", "as_numpy_iterator")  # of a dataset, which keep the order
ORDERING = ("shuffle", "index_array")  # attributes by which a script sets the order of the rows, or asks for it
IN_ORDER = ("classes", "labels", "filenames", "filepaths")  # attributes of such batches, in the order of the folder


def prediction_rules(subject: Subject) -> Finding:
    """The largest of the outputs of a model that has one output."""
    if subject.head is None or subject.head.units != 1 or len(subject.head.shape) != 2:
        return
    for source, call, name in subject.calls():
        if name != "argmax" or not call.args or not is_last_axis(call):
            continue
        argument = call.args[0]
        if is_prediction(argument) or (isinstance(argument, ast.Name) and is_predicted(source, argument.id)):
            yield subject.at(
                source.place(call), Check.ARGMAX_OF_ONE, Severity.CONTRADICTION, {"units": 1}, layer=subject.head.layer
            )
            return


def early_prediction_rules(subject: Subject) -> Finding:
    """Predictions of a model that is trained after them, and not used again.

    A model is left out if it has weights from elsewhere, or if a function reads it, which may be called later.
    """
    if len(subject.code) != 1 or subject.program.set_weights or LOADS_WEIGHTS.search(subject.text):
        return
    source, tree = subject.code[0]
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Lambda))]
    read = set().union(*map(names_from_outside, functions))
    predicted: dict[str, ast.Call] = {}
    trained: set[str] = set()  # of these
    for statement in tree.body:
        names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        for name in trained & names:
            del predicted[name]
        trained -= names
        value = getattr(statement, "value", None)  # a loop or a function may run in another order
        for call in [] if value is None else [node for node in ast.walk(value) if isinstance(node, ast.Call)]:
            method = call.func
            if not isinstance(method, ast.Attribute) or not isinstance(method.value, ast.Name):
                continue
            model = method.value.id
            if is_prediction(call) and call.args:
                predicted.setdefault(model, call)
            elif method.attr == "fit" and model in predicted and model not in read:
                trained.add(model)
    for model in sorted(trained):
        yield subject.at(
            source.place(predicted[model]), Check.PREDICTED_BEFORE_FIT, Severity.SUSPICION, {"model": model}
        )  # fmt: skip


def is_last_axis(call: ast.Call) -> bool:
    """Whether a call of argmax looks along the outputs of each row."""
    axis = argument_of(call, "axis", 1)
    return axis is not None and ast.unparse(axis) in ("1", "-1")


def is_prediction(value: ast.expr) -> bool:
    """Whether an expression is a call of ``predict``."""
    return called_name(value) in PREDICTING


def is_predicted(source: Source, name: str) -> bool:
    """Whether a name is only ever assigned predictions."""
    values = [
        node.value
        for node in ast.walk(ast.parse(source.text))
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
    ]
    return bool(values) and all(map(is_prediction, values))


def shuffled_prediction_rules(subject: Subject) -> Finding:
    """Predictions for shuffled batches of a folder, beside its labels, which are in the order of the folder."""
    for source, tree in subject.code:
        shuffled = only_shuffled(assigned_pairs(tree))
        nodes = [*ast.walk(tree)]
        attributes = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
        ordered = {ast.unparse(node.value) for node in attributes if node.attr in ORDERING}
        counted = [part for node in nodes if asks_number(node) for part in ast.walk(node)]
        in_order = [node for node in attributes if node.attr in IN_ORDER and node not in counted]
        read = {ast.unparse(node.value): node for node in in_order}
        for call in (node for node in nodes if isinstance(node, ast.Call) and is_prediction(node)):
            batches = argument_of(call, "x", 0)
            name = batches.id if isinstance(batches, ast.Name) else ""
            if name in shuffled - ordered and name in read and read[name].lineno >= call.lineno:
                yield subject.at(
                    source.place(call), Check.SHUFFLED_PREDICTIONS, Severity.CONTRADICTION,
                    {"batches": name, "attribute": read[name].attr}
                )  # fmt: skip
                return


def second_pass_rules(subject: Subject) -> Finding:
    """Predictions for a dataset of a folder that is shuffled anew in each pass, beside the labels of another pass."""
    for source, tree in subject.code:
        made = [(names, without_steps(value)) for names, value in assigned_pairs(tree)]
        shuffled = only_shuffled(
            (names, first) for names, first in made if not (isinstance(first, ast.Name) and first.id in names)
        )
        nodes = [*ast.walk(tree)]
        gathered = {ast.unparse(dataset) for dataset in map(gathers_labels, nodes) if dataset is not None}
        for call in (node for node in nodes if isinstance(node, ast.Call) and is_prediction(node)):
            rows = argument_of(call, "x", 0)
            name = "" if rows is None else ast.unparse(without_steps(rows))
            if name in gathered & shuffled:
                yield subject.at(
                    source.place(call), Check.SHUFFLED_PREDICTIONS, Severity.SUSPICION,
                    {"batches": name, "attribute": None}
                )  # fmt: skip
                return


def without_steps(value: ast.expr) -> ast.expr:
    """What a dataset is made of by further steps."""
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and called_name(value) in FURTHER_STEPS:
        value = value.func.value
    return value


def gathers_labels(node: ast.AST) -> ast.expr | None:
    """The dataset that a loop or comprehension goes through for its labels alone; None if it does something else."""
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)) and len(node.generators) == 1:
        target, rows, values = node.generators[0].target, node.generators[0].iter, [node.elt]
    elif isinstance(node, ast.For):
        calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
        added = [call for call in calls if called_name(call) in ("append", "extend", "concatenate", "concat")]
        target, rows, values = node.target, node.iter, [argument for call in added for argument in call.args]
    else:
        return None
    if not isinstance(target, ast.Tuple) or len(target.elts) != 2:
        return None
    inputs, labels = map(names_of, target.elts)
    read = set().union(*map(names_in, node.body if isinstance(node, ast.For) else values))
    return without_steps(rows) if labels & set().union(*map(names_in, values)) and not inputs & read else None


def asks_number(node: ast.AST) -> bool:
    """Whether it reads only how many values there are, or which."""
    is_length = isinstance(node, ast.Call) and called_name(node) in ("len", "unique", "bincount", "Counter", "set")
    return is_length or (isinstance(node, ast.Attribute) and node.attr in ("shape", "size"))


def only_shuffled(assigned: Iterable[tuple[set[str], ast.expr]]) -> set[str]:
    """The names that are given shuffled batches of a folder, and nothing else, of names with their values."""
    made = {True: set[str](), False: set[str]()}
    for names, value in assigned:
        made[is_shuffled(value)] |= names
    return made[True] - made[False]


def is_shuffled(value: ast.expr) -> bool:
    """Whether an expression makes shuffled batches of a folder, which is the default."""
    if not isinstance(value, ast.Call) or called_name(value) not in OF_FOLDERS:
        return False
    given = argument_of(value, "shuffle")
    return given is None or (isinstance(given, ast.Constant) and bool(given.value))


PREDICTION_RULES: tuple[Rule, ...] = (
    prediction_rules,
    early_prediction_rules,
    shuffled_prediction_rules,
    second_pass_rules,
)
