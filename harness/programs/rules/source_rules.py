"""Rules about the text of the user's file: what is done to data outside of the model."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import keras

from ...recording.source import called_name
from ..findings import Check, Finding, Rule, Severity, Subject
from ..loss_names import CATEGORICAL_CROSSENTROPIES, CROSSENTROPIES, REGRESSION_LOSSES, SPARSE_CROSSENTROPIES
from ..old_versions.arguments import hands_on_nb_epoch, unread_rates
from ..program import DATA_SET, FILE, VALUE, made_up_names, made_up_parts
from ..source.columns import assigned_pairs, number_of
from ..source.places import Place, argument_of, is_at, names_in, names_of
from .data_rules import scales_itself
from .head_rules import ONE_HOT
from .prediction_rules import PREDICTION_RULES

SCALING = re.compile(
    r"/=?\s*(?:\w+\.)*(?:float(?:32)?\()?\s*(?:25[56]|127\.5|128)|rescal|preprocess_input|normali[sz]|standardi[sz]|scaler|"
    r"scale\(|zscore|=\s*(?:\w+\.)?(?:max|amax|std)\(|featurewise_|samplewise_|\bstd\b|\.std\(|\bptp\(|/=?\s*\(?(?:\w+\.)*(?:max|amax)\b|convert_image_dtype",
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
READERS_OF_FOLDERS = {
    "flow_from_directory": ("class_mode", "categorical"),
    "image_dataset_from_directory": ("label_mode", "int"),
    "text_dataset_from_directory": ("label_mode", "int"),
}  # reader -> its argument for the form of labels, and the default
ONE_NUMBER, ONE_COLUMN_EACH = "one number for each row", "one column for each class"
FORMS_OF_LABELS = {
    "categorical": ONE_COLUMN_EACH, "binary": ONE_NUMBER, "sparse": ONE_NUMBER, "int": ONE_NUMBER,
}  # fmt: skip
MAKES_COLUMNS = re.compile(
    rf"{ONE_HOT.pattern}|\[\s*[01]\s*,\s*[01]|\bzeros\(|_from_directory\(|\bkron|Binarizer|\.append\(\["
)  # anything that may give labels a column for each class
WRITTEN_MAJORITY_SHARE = 0.8  # of rows of one class, from which on they are worth a look
CLASS_COUNTS = re.compile(r"(?:\(0,|\b0:|^\W*0\s)\s*(\d{2,})\W{1,8}(?:1,|1:|1\s)\s*(\d{2,})\b", re.MULTILINE)
EVENS_CLASSES = re.compile(r"class_weight|sample_weight|\w*Sampler\b|SMOTE|resample\(|focal", re.IGNORECASE)
RESTRAINING = (
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianDropout", "GaussianNoise", "AlphaDropout",
)  # fmt: skip  # layers without which a network learns its training rows as well
KNOWN_RAW_TABLES = re.compile(
    r"\bpima|diabetes|housing|boston|churn_?model|airline|passengers|auto-?mpg|winequality|abalone|titanic|"
    r"\badult\b|heart",
    re.IGNORECASE,
)  # files of tutorials, by their names, with columns of very different or of large numbers
RESEEDING = ("seed", "set_state", "setstate", "set_random_seed", "RandomState", "default_rng")
SEEDS = ("seed", "random_state")
FILLED = ("zeros", "ones", "full", "zeros_like", "ones_like", "full_like", "range", "arange")
REORDERING = ("shuffle", "permutation")
KEEPS_ROWS = ("astype", "reshape", "to_numpy", "copy")  # methods that leave the rows of an array where they are
ROW_WISE = ("one_hot", "to_categorical", "array", "asarray", "convert_to_tensor")  # functions that leave them there too
PAIRING = ("fit", "train_test_split", "zip", "from_tensor_slices")  # calls whose first two values have common rows
GIVES_SHAPE = re.compile(r"\binput_(?:dim|shape)\b|\bInput(?:Layer)?\(")  # of the inputs of a model
SCALED_BY_255 = re.compile(r"rescale\s*=\s*1\.?0*\s*/\s*255|/=?\s*255")


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
                yield subject.at(
                    source.place(node), Check.ROWS_SHUFFLED_WRONGLY, Severity.CONTRADICTION, {"array": node.args[0].id}
                )


def order_rules(subject: Subject) -> Finding:
    """Inputs and targets that are put into another order, each for itself."""
    for source, tree in subject.code:
        kinds = (ast.Call, ast.Assign, ast.Yield)
        nodes = [*returned_batches(tree), *(node for node in ast.walk(tree) if isinstance(node, kinds))]
        # as they are carried out: an assignment after the calls in it
        nodes.sort(key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0, isinstance(node, ast.Assign)))
        orders: dict[str, ast.Call] = {}  # of names that were shuffled alone
        made: dict[str, int] = {}  # where names got their last value
        for node in nodes:
            if isinstance(node, ast.Assign):
                parts = [(names, value, order_of(value, orders)) for names, value in assigned_pairs(node)]
                sources = (ast.unparse(list(rows_taken(value))[-1]) for _, value, _ in parts)
                lines = [made.get(source, node.lineno) for source in sources]
                for line, (names, value, order) in zip(lines, parts):
                    made |= {} if is_filled(value) else dict.fromkeys(names, line)
                    orders = {name: call for name, call in orders.items() if name not in names}
                    orders |= {} if order is None else dict.fromkeys(names, order)
                continue
            if called_name(node) in RESEEDING and orders:
                break  # the same order may be drawn again
            if isinstance(node, ast.Call) and called_name(node) == "shuffle" and order_of(node, {}) is not None:
                orders |= dict.fromkeys(names_in(node.args[0]) if node.args else (), node)
            pair = paired(node)
            both = [order_of(part, orders) for part in pair]
            drawn = [one for one in both if one is not None]
            if len(pair) != 2 or not drawn or both[0] is both[1]:
                continue
            other = pair[both.index(None)] if None in both else None
            is_known = other is None and not any(map(repeats_itself, drawn))
            if other is not None and is_filled(other):
                continue
            if is_known or any(made.get(name, node.lineno) < drawn[0].lineno for name in names_in(other)):
                yield subject.at(
                    source.place(drawn[-1]), Check.SHUFFLED_APART, Severity.CONTRADICTION,
                    {"inputs": ast.unparse(pair[0]), "targets": ast.unparse(pair[1])}
                )  # fmt: skip
                return


def order_of(value: ast.expr, orders: Mapping[str, ast.Call]) -> ast.Call | None:
    """The call that put the rows of a value alone into another order, a shuffle without a seed; None if none did."""
    *outer, last = rows_taken(value)
    for part in (*(part.slice for part in outer if isinstance(part, ast.Subscript)), last):
        by = sorted(names_in(part) & orders.keys()) if part is not last or isinstance(part, ast.Name) else []
        if by:
            return orders[by[0]]
        calls = [node for node in ast.walk(part) if isinstance(node, ast.Call) and called_name(node) in REORDERING]
        alone = [call for call in calls if len(call.args) == 1 and not any(k.arg in SEEDS for k in call.keywords)]
        if len(alone) == 1 == len(calls):
            return alone[0]
    return None


def is_filled(value: ast.expr) -> bool:
    """Whether a value is a call that makes numbers which belong to no rows: all alike, or a count."""
    return isinstance(value, ast.Call) and called_name(value) in FILLED


def repeats_itself(call: ast.Call) -> bool:
    """Whether a call makes its generator itself, so that another such call may draw the same order."""
    return any(isinstance(node, ast.Call) for node in ast.walk(call.func))


def rows_taken(value: ast.expr) -> Iterator[ast.expr]:
    """An expression, and what its rows, or some of them, are those of, as they are or scaled, to the innermost."""
    yield value
    if isinstance(value, (ast.Subscript, ast.Attribute)):
        yield from rows_taken(value.value)
    elif isinstance(value, ast.BinOp) and isinstance(value.right, ast.Constant):
        yield from rows_taken(value.left)
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in KEEPS_ROWS:
        yield from rows_taken(value.func.value)
    elif called_name(value) in ROW_WISE and isinstance(value, ast.Call) and value.args:
        yield from rows_taken(value.args[0])


def returned_batches(tree: ast.AST) -> Iterator[ast.Return]:
    """What the methods of classes return that hand on batches by their number."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name == "__getitem__":
            yield from (node for node in ast.walk(function) if isinstance(node, ast.Return))


def paired(node: ast.Call | ast.Yield | ast.Return) -> Sequence[ast.expr]:
    """The two values whose rows belong together: inputs and targets; nothing if a node has no such pair."""
    if not isinstance(node, ast.Call):
        parts = node.value.elts[:2] if isinstance(node.value, ast.Tuple) else []
        return [] if any(isinstance(part, (ast.List, ast.Tuple, ast.Dict)) for part in parts) else parts
    name, given = called_name(node), node.args
    if name in ("zip", "from_tensor_slices") and given and isinstance(given[0], ast.Tuple):
        given = given[0].elts
    return given[:2] if name in PAIRING and len(given) >= 2 else ()


def image_rules(subject: Subject) -> Finding:
    """Images and tables that are read from files and that nothing scales."""
    text = subject.text
    if scales_itself(subject.program.model) or SCALING.search(text):
        yield from pretrained_rules(subject)
        return
    layers = list(subject.program.model._flatten_layers(include_self=False))
    shapes = [tensor.shape for tensor in getattr(subject.program.model, "inputs", None) or []]
    are_images = any(isinstance(layer, keras.layers.Conv2D) for layer in layers) or any(len(one) == 4 for one in shapes)
    reads_images = are_images and IMAGES.search(text)
    match = reads_images or TABLES.search(text)
    if not match or any(isinstance(layer, keras.layers.Embedding) for layer in layers):
        return
    is_raw = reads_images or any(map(KNOWN_RAW_TABLES.search, made_up_parts(subject.program.notes)))
    yield subject.at(
        subject.inputs_place if not reads_images else place_of_text(subject, match) or subject.inputs_place,
        Check.UNSCALED_IMAGES if reads_images else Check.UNSCALED_TABLE,
        Severity.SUSPICION if is_raw else Severity.HINT, {"reader": match[0].rstrip("(")}
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
            yield subject.at(source.place(call), Check.OTHER_PREPROCESSING, Severity.HINT, {"model": name})
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
    is_overridden = bool(calls) and ast.unparse(calls[0].func).startswith("super(")  # which keeps it elsewhere
    is_whole = len(calls) == 1 and not is_overridden and not any(keyword.arg is None for keyword in calls[0].keywords)
    if is_whole and given is None:
        yield subject.at(
            compiled, Check.NO_OPTIMIZER, Severity.HINT, {"optimizer": type(subject.program.optimizer).__name__}
        )
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
                is_same_kind = given.value.lower() == called_name(node.value).lower()  # another one may be meant
                yield subject.at(
                    compiled, Check.UNUSED_OPTIMIZER, Severity.SUSPICION if is_same_kind else Severity.HINT,
                    {"made": names[0], "call": ast.unparse(node.value), "given": given.value,
                     "line": source.place(node).line}
                )  # fmt: skip
                return


def vocabulary_rules(subject: Subject) -> Finding:
    """An Embedding layer with as many rows as x has observations."""
    for source, call, name in subject.calls():
        size = argument_of(call, "input_dim", 0) if name == "Embedding" else None
        if size is None:
            continue
        written = ast.unparse(size)
        inputs = {ast.unparse(x) for x in subject.fitted("x", 0)}
        if any(written in (f"{x}.shape[0]", f"len({x})") for x in inputs):
            yield subject.at(source.place(call), Check.VOCABULARY_OF_ROWS, Severity.SUSPICION, {"size": written})


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
                yield subject.at(
                    source.place(node), Check.SWAPPED_FOLDERS, Severity.SUSPICION,
                    {"name": names[0], "folder": parts[-1]}
                )  # fmt: skip


def folder_label_rules(subject: Subject) -> Finding:
    """Labels in the form that a reader of folders gives by its arguments, against the output and the loss."""
    head, loss = subject.head, subject.loss_name
    has_labels = any(name == "fit" and argument_of(call, "y", 1) is not None for _, call, name in subject.calls())
    if head is None or head.units is None or has_labels:
        return  # fit is not given the folder's own labels
    for source, call, name in subject.calls():
        if name not in READERS_OF_FOLDERS:
            continue
        if len(head.shape) > 2 and loss in CROSSENTROPIES:
            yield subject.at(
                subject.output_place, Check.RANK_MISMATCH, Severity.CONTRADICTION,
                {"target shape": (None, head.units), "output shape": head.shape, "loss": loss}, layer=head.layer
            )  # fmt: skip
            return
        classes = classes_named(call)
        if classes is not None and classes != (2 if head.units == 1 else head.units):
            yield subject.at(
                subject.output_place, Check.FOLDER_CLASSES, Severity.CONTRADICTION,
                {"classes": classes, "units": head.units}, layer=head.layer
            )  # fmt: skip
            return
        argument, default = READERS_OF_FOLDERS[name]
        written = argument_of(call, argument, None)
        if written is not None and not isinstance(written, ast.Constant):
            return
        given = FORMS_OF_LABELS.get(default if written is None else str(written.value))
        needed = (
            ONE_NUMBER if head.units == 1 or loss in SPARSE_CROSSENTROPIES
            else ONE_COLUMN_EACH if loss in CATEGORICAL_CROSSENTROPIES
            else None
        )  # fmt: skip
        if given is not None and needed is not None and given != needed:
            number = "binary" if head.units == 1 else "sparse" if argument == "class_mode" else "int"
            yield subject.at(
                source.place(call), Check.FOLDER_LABELS, Severity.CONTRADICTION,
                {"reader": name, "given": given, "needed": needed, "loss": loss, "argument": argument,
                 "mode": "categorical" if needed == ONE_COLUMN_EACH else number}
            )  # fmt: skip
        return


def classes_named(call: ast.Call) -> int | None:
    """How many classes a reader of folders is given by name; None if it finds them itself."""
    names = argument_of(call, "classes") or argument_of(call, "class_names")
    return len(names.elts) if isinstance(names, (ast.List, ast.Tuple)) and names.elts else None


def unknown_units(subject: Subject) -> str | None:
    """How the script writes the units of the last layer, if they may come from made-up data; None if not."""
    calls = () if subject.head is None else subject.layer_calls(subject.head.layer)
    written = [units for call in calls if (units := argument_of(call, "units", 0)) is not None]
    if len(written) != 1 or number_of(written[0], subject.assigned) is not None:
        return None
    return ast.unparse(written[0])


def name_of_targets(subject: Subject) -> str:
    """The name of the targets in the call of fit; y if they are not a single name."""
    written = {ast.unparse(y) for y in subject.fitted("y", 1)}
    return written.pop() if len(written) == 1 and min(written).isidentifier() else "y"


def one_hot_rules(subject: Subject) -> Finding:
    """Labels that are read from a file and that nothing makes one-hot, under a categorical cross-entropy."""
    head = subject.head
    if subject.targets is not None or head is None or (head.units or 0) < 2:
        return
    is_numbered = any(name in READERS_OF_FOLDERS for _, _, name in subject.calls()) or made_up_names(
        subject.program.notes, DATA_SET
    )
    if subject.loss_name in SPARSE_CROSSENTROPIES and not is_numbered:
        yield subject.at(
            subject.targets_place, Check.CLASS_NUMBERS, Severity.HINT,
            {"units": head.units, "written": unknown_units(subject), "targets": name_of_targets(subject)}
        )  # fmt: skip
    is_given = made_up_names(subject.program.notes, VALUE) & {ast.unparse(y) for y in subject.fitted("y", 1)}
    is_innocent = (
        not made_up_names(subject.program.notes, FILE) or is_given or MAKES_COLUMNS.search(subject.text) is not None
    )
    if subject.loss_name not in CATEGORICAL_CROSSENTROPIES or is_innocent:
        return
    yield subject.at(
        subject.targets_place, Check.NOTHING_ONE_HOT, Severity.SUSPICION,
        {"loss": subject.loss_name, "units": head.units}
    )  # fmt: skip


def width_rules(subject: Subject) -> Finding:
    """A number of classes that is written beside ``to_categorical`` and is not that of the outputs."""
    head, losses = subject.head, CROSSENTROPIES | REGRESSION_LOSSES
    if head is None or head.units is None or subject.targets is not None or subject.loss_name not in losses:
        return
    given = {ast.unparse(y) for y in subject.fitted("y", 1)}
    for source, tree in subject.code:
        for node in ast.walk(tree):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            count = argument_of(node.value, "num_classes", 1)
            is_given = called_name(node.value) == "to_categorical" and {ast.unparse(t) for t in node.targets} & given
            written = number_of(count, subject.assigned)
            if is_given and written and written != head.units:  # 0 leaves the number to Keras
                yield subject.at(
                    source.place(node), Check.LABEL_WIDTH_MISMATCH, Severity.CONTRADICTION,
                    {"target shape": (None, written), "output shape": head.shape}, layer=head.layer
                )  # fmt: skip
                return


def target_list_rules(subject: Subject) -> Finding:
    """A list of several targets beside one of as many inputs as the model has, which has one output."""
    model = subject.program.model
    inputs, outputs = (getattr(model, name, None) or () for name in ("inputs", "outputs"))
    for source, call, _ in subject.calls():
        x, y = argument_of(call, "x", 0), argument_of(call, "y", 1)
        if not is_at(source, call, subject.program.places.fit):
            continue
        if not isinstance(x, ast.List) or not isinstance(y, ast.List):
            continue
        is_of_names = not any(isinstance(part, ast.Constant) for part in y.elts)
        if len(x.elts) == len(inputs) > 1 and len(y.elts) > len(outputs) == 1 and is_of_names:
            yield subject.at(
                source.place(call), Check.NUMBER_OF_TARGETS, Severity.CONTRADICTION, {"given": len(y.elts)}
            )


def column_rules(subject: Subject) -> Finding:
    """Another number of columns of a table, as they are written for x, than the model is made for."""
    row, model = subject.row_given("x", 0), subject.program.model
    shapes = [tensor.shape for tensor in getattr(model, "inputs", None) or []]
    if row in (None, (None,)) or len(shapes) != 1 or len(shapes[0]) != 2 or not GIVES_SHAPE.search(subject.text):
        return
    wanted, columns = shapes[0][1], row[0] if row else 1
    if wanted is not None and columns != wanted:
        is_sure = columns is not None and columns < wanted  # a table can have fewer columns than a slice asks for
        yield subject.about(
            model.layers[0].name, Check.MODEL_INPUT_SHAPE, Severity.CONTRADICTION if is_sure else Severity.SUSPICION,
            {"wanted": (None, wanted), "shape": (None, *row)}
        )  # fmt: skip


def imbalance_rules(subject: Subject) -> Finding:
    """Most rows belong to one of two classes by the counts in the script, and nothing makes up for that."""
    counts = CLASS_COUNTS.search(subject.text)
    if counts is None or subject.targets is not None or EVENS_CLASSES.search(subject.text):
        return
    rows = [int(counts[1]), int(counts[2])]
    share = max(rows) / sum(rows)
    if share >= WRITTEN_MAJORITY_SHARE:
        yield subject.at(subject.program.places.fit, Check.IMBALANCED, Severity.HINT, {"share": share})


def wrapper_rules(subject: Subject) -> Finding:
    """``nb_epoch`` for a wrapper of scikit-learn, which has not passed it on since the second version of Keras."""
    if hands_on_nb_epoch(subject.text):
        return
    for source, call, name in subject.calls():
        if name in ("KerasClassifier", "KerasRegressor") and any(key.arg == "nb_epoch" for key in call.keywords):
            yield subject.at(source.place(call), Check.IGNORED_EPOCHS, Severity.CONTRADICTION, {"wrapper": name})
            return


def unread_rate_rules(subject: Subject) -> Finding:
    """A learning rate that is assigned to an attribute which this version of Keras does not read."""
    optimizer = subject.program.optimizer
    used = None if optimizer is None else optimizer.get_config().get("learning_rate")
    for source, tree in subject.code:
        for node in unread_rates(tree):
            written = node.value.value if isinstance(node.value, ast.Constant) else None
            rate = float(written) if isinstance(written, (int, float)) else None
            if not isinstance(used, float) or rate != used:
                yield subject.at(
                    source.place(node), Check.UNREAD_RATE, Severity.CONTRADICTION,
                    {"attribute": ast.unparse(node.targets[0]), "rate": rate,
                     "used": used if isinstance(used, float) else None}
                )  # fmt: skip


def layer_called(statement: ast.stmt) -> str | None:
    """The kind of the layer whose output a statement assigns to one name, as in ``x = Dense(9)(x)``; None of others."""
    value = statement.value if isinstance(statement, ast.Assign) else None
    made = value.func if isinstance(value, ast.Call) else None
    if not isinstance(statement, ast.Assign) or not isinstance(made, ast.Call):
        return None
    is_of_one_name = len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name)
    kind = getattr(keras.layers, called_name(made), None)
    return kind.__name__ if is_of_one_name and isinstance(kind, type) and issubclass(kind, keras.Layer) else None


def is_overwritten(statement: ast.stmt, following: ast.stmt) -> bool:
    """Whether a statement assigns the output of a layer to a name that the next one gives that of another layer."""
    if layer_called(statement) is None or layer_called(following) is None:
        return False
    names = names_of(statement.targets[0])  # type: ignore[attr-defined]
    return names == names_of(following.targets[0]) and not names & names_in(following.value)  # type: ignore[attr-defined]


def overwritten_rules(subject: Subject) -> Finding:
    """Layers whose outputs get another value on the next line, before anything reads them: they are in no model."""
    for source, tree in subject.code:
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            pairs = itertools.pairwise(body if isinstance(body, list) else [])
            for is_lost, group in itertools.groupby(pairs, lambda pair: is_overwritten(*pair)):
                lost = [one for one, _ in group] if is_lost else []
                learning = [one for one in lost if layer_called(one) not in RESTRAINING]
                for one in (learning or lost)[:1]:
                    yield subject.at(
                        source.place(one), Check.OVERWRITTEN_LAYER,
                        Severity.SUSPICION if learning else Severity.HINT,
                        {"kind": layer_called(one), "layers": len(lost), "last line": lost[-1].lineno}
                    )  # fmt: skip


SOURCE_RULES: tuple[Rule, ...] = (
    *PREDICTION_RULES, shuffle_rules, order_rules, wrapper_rules, unread_rate_rules, overwritten_rules,
)  # fmt: skip
LIKELY_SOURCE_RULES: tuple[Rule, ...] = (
    vocabulary_rules, image_rules, optimizer_rules, folder_rules, folder_label_rules, one_hot_rules, width_rules,
    column_rules, imbalance_rules, target_list_rules,
)  # fmt: skip  # for programs that cannot be trained, because their data are missing
