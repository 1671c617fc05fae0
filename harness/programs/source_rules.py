"""Rules about the text of the user's file: what is done to data and predictions outside of the model."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import keras

from .data_rules import scales_itself
from .findings import Check, Contradiction, Finding, Rule, Severity, Subject, called_name
from .places import Source, argument_of
from .program import Place

SCALING = re.compile(
    r"/=?\s*(?:\w+\.)*(?:float(?:32)?\()?\s*(?:25[56]|127\.5|128)|rescal|preprocess_input|normali[sz]|standardi[sz]|scaler|"
    r"scale\(|zscore|featurewise_|samplewise_|\bstd\b|\.std\(|\bptp\(|/=?\s*\(?(?:\w+\.)*(?:max|amax)\b|convert_image_dtype",
    re.IGNORECASE,
)  # anything that brings data to the order of 1
IMAGES = re.compile(
    r"\bimread\(|\bload_img\(|\bImage\.open\(|\bImageDataGenerator\(|\bimage_dataset_from_directory\(|"
    r"\bdecode_(?:image|jpeg|png)\("
)
TABLES = re.compile(r"\bread_(?:csv|table|excel)\(|\bloadtxt\(|\bgenfromtxt\(")
OF_TESTING = re.compile(r"^(?:test|valid|validation|val|eval)$", re.IGNORECASE)
PRETRAINED = (
    "VGG16", "VGG19", "ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "InceptionV3", "InceptionResNetV2",
    "Xception", "MobileNet", "MobileNetV2", "DenseNet121", "NASNetMobile",
)  # fmt: skip  # of keras.applications, that have a preprocess_input which is not a division by 255
SCALED_BY_255 = re.compile(r"rescale\s*=\s*1\.?0*\s*/\s*255|/=?\s*255")


def prediction_rules(subject: Subject) -> Finding:
    """The largest of the outputs of a model that has one output."""
    if subject.head is None or subject.head.units != 1 or len(subject.head.shape) != 2:
        return
    for source, call, name in subject.calls():
        if name != "argmax" or not call.args or not is_last_axis(call):
            continue
        argument = call.args[0]
        if is_prediction(argument) or (isinstance(argument, ast.Name) and is_predicted(source, argument.id)):
            yield Contradiction(
                id="prediction", check=Check.ARGMAX_OF_ONE, severity=Severity.CONTRADICTION, place=source.place(call),
                layer=subject.head.layer, values={"units": 1},
            )  # fmt: skip
            return


def is_last_axis(call: ast.Call) -> bool:
    """Whether a call of argmax looks along the outputs of each row."""
    axis = argument_of(call, "axis", 1)
    return axis is not None and ast.unparse(axis) in ("1", "-1")


def is_prediction(value: ast.expr) -> bool:
    """Whether an expression is a call of ``predict``."""
    return isinstance(value, ast.Call) and called_name(value) in ("predict", "predict_on_batch", "predict_proba")


def is_predicted(source: Source, name: str) -> bool:
    """Whether a name is only ever assigned predictions."""
    values = [
        node.value
        for node in ast.walk(ast.parse(source.text))
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
    ]
    return bool(values) and all(map(is_prediction, values))


def shuffle_rules(subject: Subject) -> Finding:
    """Python's ``random.shuffle`` of an array with several columns: it swaps views, and so repeats and loses rows."""
    for source, tree in subject.code:
        names = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "random"
            for alias in node.names
            if alias.name == "shuffle"
        }
        arrays = {
            target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
            and ast.unparse(node.value.func) in ("np.array", "numpy.array", "np.asarray", "numpy.asarray")
            for target in node.targets
            if isinstance(target, ast.Name)
        }  # fmt: skip
        columns = set(re.findall(r"(\w+)\s*\[\s*:?[^\],]*,", source.text))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or len(node.args) != 1 or not isinstance(node.args[0], ast.Name):
                continue
            is_pythons = ast.unparse(node.func) in (*names, "random.shuffle")
            if is_pythons and node.args[0].id in arrays & columns:
                yield Contradiction(
                    id="label-encoding", check=Check.ROWS_SHUFFLED_WRONGLY, severity=Severity.CONTRADICTION,
                    place=source.place(node), values={"array": node.args[0].id},
                )  # fmt: skip


def image_rules(subject: Subject) -> Finding:
    """Images and tables that are read from files and that nothing scales."""
    text = subject.text
    if scales_itself(subject.program.model) or SCALING.search(text):
        yield from pretrained_rules(subject)
        return
    layers = list(subject.program.model._flatten_layers(include_self=False))
    reads_images = any(isinstance(layer, keras.layers.Conv2D) for layer in layers) and IMAGES.search(text)
    match = reads_images or TABLES.search(text)
    if not match or any(isinstance(layer, keras.layers.Embedding) for layer in layers):
        return
    yield Contradiction(
        id="unscaled-inputs", check=Check.UNSCALED_IMAGES if reads_images else Check.UNSCALED_TABLE,
        severity=Severity.SUSPICION if reads_images else Severity.HINT,
        place=subject.inputs_place if not reads_images else place_of_text(subject, match) or subject.inputs_place,
        values={"reader": match[0].rstrip("(")},
    )  # fmt: skip


def place_of_text(subject: Subject, match: re.Match[str]) -> Place | None:
    """The call that a match in the text of the user's file begins, if it is one."""
    wanted = match[0].rstrip("(").rsplit(".", 1)[-1]
    for source, call, name in subject.calls():
        if name == wanted:
            return source.place(call)
    return None


def pretrained_rules(subject: Subject) -> Finding:
    """A pretrained model whose inputs are divided by 255, although it was trained on others."""
    if not SCALED_BY_255.search(subject.text) or re.search(r"preprocess_input\(|preprocessing_function", subject.text):
        return
    for source, call, name in subject.calls():
        weights = argument_of(call, "weights", 1)
        is_trained = name in PRETRAINED and (weights is None or ast.unparse(weights) in ("'imagenet'", '"imagenet"'))
        if is_trained:
            yield Contradiction(
                id="unscaled-inputs", check=Check.OTHER_PREPROCESSING, severity=Severity.HINT,
                place=source.place(call), values={"model": name},
            )  # fmt: skip
            return


def given_keywords(subject: Subject) -> set[str]:
    """The names of all arguments that calls of compile and fit are given by name, as they are written."""
    calls = [call for _, call, name in subject.calls() if name in ("compile", "fit", "fit_generator")]
    return {str(keyword.arg) for call in calls for keyword in call.keywords}


def optimizer_rules(subject: Subject) -> Finding:
    """An optimizer that is made and not given to compile, and a compile without any."""
    compiled = subject.program.places.compile
    calls = [call for source, call, name in subject.calls() if name == "compile" and is_at(source, call, compiled)]
    given = argument_of(calls[0], "optimizer", 0) if len(calls) == 1 else None
    if len(calls) == 1 and given is None and not any(keyword.arg is None for keyword in calls[0].keywords):
        yield Contradiction(
            id="optimizer", check=Check.NO_OPTIMIZER, severity=Severity.HINT, place=compiled,
            values={"optimizer": type(subject.program.optimizer).__name__},
        )  # fmt: skip
    if not isinstance(given, ast.Constant) or not isinstance(given.value, str):
        return
    for source, tree in subject.code:
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            kind = getattr(keras.optimizers, called_name(node.value), None)
            is_optimizer = isinstance(kind, type) and issubclass(kind, keras.optimizers.Optimizer)
            if is_optimizer and names and not set(names) & used:
                yield Contradiction(
                    id="optimizer", check=Check.UNUSED_OPTIMIZER, severity=Severity.SUSPICION, place=compiled,
                    values={"made": names[0], "call": ast.unparse(node.value), "given": given.value,
                            "line": source.place(node).line},
                )  # fmt: skip
                return


def is_at(source: Source, node: ast.AST, place: Place | None) -> bool:
    """Whether a node begins where a place does."""
    at = source.place(node)
    return place is not None and (at.file, at.line, at.cell) == (place.file, place.line, place.cell)


def is_in_loop(subject: Subject, place: Place | None) -> bool:
    """Whether a call is written inside a loop."""
    loops = [
        (source, loop)
        for source, tree in subject.code
        for loop in ast.walk(tree)
        if isinstance(loop, (ast.For, ast.While))
    ]
    return any(
        isinstance(node, ast.Call) and is_at(source, node, place) for source, loop in loops for node in ast.walk(loop)
    )


def vocabulary_rules(subject: Subject) -> Finding:
    """An Embedding layer with as many rows as x has observations."""
    for source, call, name in subject.calls():
        size = argument_of(call, "input_dim", 0) if name == "Embedding" else None
        if size is None:
            continue
        written = ast.unparse(size)
        inputs = {ast.unparse(x) for x in fitted_inputs(subject)}
        if any(written in (f"{x}.shape[0]", f"len({x})") for x in inputs):
            yield Contradiction(
                id="input-out-of-range", check=Check.VOCABULARY_OF_ROWS, severity=Severity.SUSPICION,
                place=source.place(call), values={"size": written},
            )  # fmt: skip


def fitted_inputs(subject: Subject) -> Iterator[ast.expr]:
    """What the calls of fit are given as x."""
    for _, call, name in subject.calls():
        x = argument_of(call, "x", 0) if name == "fit" else None
        if x is not None:
            yield x


def folder_rules(subject: Subject) -> Finding:
    """A name of training data that is given the path of a folder for testing."""
    for source, tree in subject.code:
        for node in ast.walk(tree):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
                continue
            path = node.value.value
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if not isinstance(path, str) or not any("train" in name.lower() for name in names) or "/" not in path:
                continue
            parts = PurePosixPath(path).parts
            if parts and OF_TESTING.match(parts[-1]):
                yield Contradiction(
                    id="validation-mismatch", check=Check.SWAPPED_FOLDERS, severity=Severity.SUSPICION,
                    place=source.place(node), values={"name": names[0], "folder": parts[-1]},
                )  # fmt: skip


SOURCE_RULES: tuple[Rule, ...] = (prediction_rules, shuffle_rules)
LIKELY_SOURCE_RULES: tuple[Rule, ...] = (
    vocabulary_rules,
    image_rules,
    optimizer_rules,
    folder_rules,
)  # for programs that cannot be trained, because their data are missing
