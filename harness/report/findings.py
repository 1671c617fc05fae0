"""What people read of a finding that needs no training: one sentence for each, with its line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..programs.findings import Check, Contradiction, Severity
from .words import count, joined, number

MOST_LAYERS = 3  # that a sentence names
MOST_FINDINGS = 4  # that are printed before the first training

Values = Mapping[str, Any]


def shape_text(values: Values) -> str:
    """y has the shape (rows, 3) and the output (rows, 1), however many rows are there or were made up"""
    target, output = (rows_text(values[key]) for key in ("target shape", "output shape"))
    return f"y has the shape {target} and the output {output}"


def rank_text(values: Values) -> str:
    """The two shapes, and what makes one axis more or less of the output."""
    target, output = values["target shape"], values["output shape"]
    if len(output) < len(target):
        text = f"each output is compared with {target[1]:,} targets; return_sequences=True may be missing"
    else:
        text = "a Flatten, a pooling or return_sequences=False may be missing"
    return f"{shape_text(values)}; {text}"


def rows_text(shape: Sequence[Any]) -> str:
    """(rows, 3) of (200, 3)"""
    sizes = ["rows" if size is None else size for size in shape]
    if sizes and isinstance(sizes[0], int):
        sizes[0] = "rows"
    return str(tuple(sizes)).replace("'", "")


def range_text(values: Values) -> str:
    """0 to 9"""
    return f"{number(values['least target'])} to {number(values['largest target'])}"


def lost_text(values: Values) -> str:
    """What outputs between two values cannot explain of the targets."""
    share = values["unreachable share"]
    if isinstance(share, float) and share >= 1:
        return "even the best of them do worse than the mean of the targets"
    return f"at least {share:.0%} of their variance stays unexplained"


def rate_text(values: Values, size: str) -> str:
    """the learning rate 0.1 is large for SGD with a momentum of 0.9"""
    default = ", the default of Keras," if values.get("default") else ""
    momentum = f" with a momentum of {number(values['momentum'])}" if values.get("momentum") else ""
    return f"the learning rate {number(values['learning rate'])}{default} is {size} for {values['optimizer']}{momentum}"


def last_text(values: Values) -> str:
    """The number of the last class: 9 of 10 classes; vocabulary - 1 if ``vocabulary`` is their number."""
    return f"{values['written']} - 1" if values.get("written") else f"{values['units'] - 1:,}"


def unread_text(values: Values, of: str) -> str:
    """What was scaled for nothing, and what to give fit."""
    return (
        f"the scaled values are kept as {values['made']}, which nothing reads: fit is given {of} as it was before; "
        f"give it {values['made']}"
    )


def alike_text(values: Values) -> str:
    """Two matrices that both start at 0."""
    names = joined(values["weights"])
    return f"{names} both start at 0, so all units between them stay alike; start from small random numbers"


def instead_text(values: Values) -> str:
    """What to use in the place of softmax over one unit."""
    classes = values.get("classes")
    if classes is None:
        return str(values["instead"])
    if classes:
        return f"{classes:,} units, one for each class"
    return "one unit for each class, or sigmoid with binary_crossentropy if there are two"


def untracked_text(values: Values) -> str:
    """Which variables are not trained, and what to do."""
    names, several = values["names"], len(values["names"]) > 1
    return (
        f"{joined(names)} {'are tf.Variables' if several else 'is a tf.Variable'}, which this version of Keras does "
        f"not train; make {'them' if several else 'it'} with self.add_weight(...)"
    )


SENTENCES: dict[Check, Callable[[Values], str]] = {
    Check.SOFTMAX_OVER_ONE_UNIT: lambda v: (
        f"softmax over one unit is always 1, so nothing can be learned; use {instead_text(v)}"
    ),
    Check.REPEATED_ACTIVATION: lambda v: f"the output passes through {joined(v['activations'])}, one after the other",
    Check.BOUNDED_BEFORE_LOGITS: lambda v: (
        f"the loss expects logits ({v['loss'] if 'cross_entropy' in str(v['loss']) else 'from_logits=True'}), and "
        f"the output is already a {v['activation']}"
    ),
    Check.MISSING_PROBABILITIES: lambda v: (
        f"the loss {v['loss']} reads the output as {'logits' if v['from_logits'] else 'probabilities'}, and the last "
        f"activation is {v['activation']}"
    ),
    Check.MISSING_OUTPUT: lambda v: (
        f"the last layer has {v['units']:,} units with {v['activation']}, and y has {v['columns']:,} "
        f"{'column' if v['columns'] == 1 else 'columns'} under "
        f"{v['loss']}, so the output layer is missing; add Dense({v['columns']}, {v['instead']!r}) after it"
    ),
    Check.SIGMOID_FOR_CLASSES: lambda v: (
        f"{v['activation']} outputs do not add up to 1, which {v['loss']} expects; use softmax"
        + (
            ""
            if v.get("labels in a row") == "one"
            else ", or binary_crossentropy if a row can have several classes or none"
        )
    ),
    Check.SEVERAL_LABELS_UNDER_CATEGORICAL: lambda v: (
        f"{v['loss']} is for rows with exactly one class; for {v['units']} columns that are 0 or 1 on their own use "
        "binary_crossentropy"
    ),
    Check.ONE_UNIT_UNDER_CATEGORICAL: lambda v: (
        f"{v['loss']} needs one output for each class, and the last layer has one unit; use binary_crossentropy with "
        "sigmoid for two classes, and mean_squared_error for quantities"
    ),
    Check.TARGETS_OUT_OF_REACH: lambda v: (
        f"the targets go from {range_text(v)}, which {v['activation']} outputs cannot reach: {lost_text(v)}"
    ),
    Check.RECTIFIED_OUTPUT: lambda v: f"a {v['activation']} output has no gradient where it is 0",
    Check.DIVERGENCE_OF_OTHERS: lambda v: (
        "kl_divergence compares rows of shares that add up to 1, as softmax gives them for targets that do; use "
        "binary_crossentropy for values between 0 and 1, and mean_squared_error for quantities"
    ),
    Check.SOFTMAX_FOR_INDEPENDENT: lambda v: (
        "softmax outputs add up to 1, and these targets do not"
        + (f": {lost_text(v)}" if v.get("unreachable share", 0) >= 0.01 else "")
    ),
    Check.TANH_FOR_BINARY: lambda v: "tanh goes from -1 to 1, and the labels are 0 and 1",
    Check.INTEGERS_UNDER_CATEGORICAL: lambda v: (
        f"{v['loss']} needs one column for each class, and y holds one number in each row"
    ),
    Check.ONE_HOT_UNDER_SPARSE: lambda v: f"{v['loss']} needs class numbers, and y has one column for each class",
    Check.LABELS_FROM_ONE: lambda v: f"the labels go from {range_text(v)}; {v['loss']} needs them from 0",
    Check.LABELS_OUT_OF_RANGE: lambda v: f"the labels go from {range_text(v)}, which {v['loss']} cannot read",
    Check.LABELS_NOT_INTEGER: lambda v: "the labels are not whole numbers, although the loss is one for classes",
    Check.TEXT_LABELS: lambda v: f"the labels are text ({v['example']!r}); a loss needs numbers",
    Check.CLASSES_UNDER_BINARY: lambda v: (
        f"{v['loss']} needs targets between 0 and 1, and the labels go from {range_text(v)}"
        + (
            f"; use {number(v['largest target'] + 1)} units with softmax, and sparse_categorical_crossentropy"
            if v["least target"] == 0
            else ""
        )
    ),
    Check.TARGETS_NOT_PROBABILITIES: lambda v: (
        f"{v['loss']} needs targets between 0 and 1, and these go from {range_text(v)}"
    ),
    Check.BINARY_FOR_ONE_HOT: lambda v: (
        f"softmax over classes goes with categorical_crossentropy, not with {v['loss']}"
        + ("" if "target shape" in v else "; if several labels may hold at once, sigmoid units go with it")
    ),
    Check.REGRESSION_UNDER_CROSSENTROPY: lambda v: (
        f"{v['loss']} is a loss for classes, and the targets are quantities"
        + (f" from {range_text(v)}" if "least target" in v else ", which the script scales; use mean_squared_error")
    ),
    Check.SQUARED_ERROR_FOR_CLASSES: lambda v: (
        f"{v['loss']} is a loss for quantities, and the targets are classes"
        if v.get("classes") is not None
        else f"{v['loss']} is a loss for quantities, and softmax is for classes; use categorical_crossentropy"
        if v.get("activation", "softmax") == "softmax"
        else f"{v['loss']} is a loss for quantities, and {v['activation']} and accuracy are for classes; use "
        "binary_crossentropy for labels, or a linear output without accuracy for quantities"
    ),
    Check.WIDTH_MISMATCH: shape_text,
    Check.LABEL_WIDTH_MISMATCH: shape_text,
    Check.RANK_MISMATCH: rank_text,
    Check.BROADCAST_LOSS: lambda v: f"{shape_text(v)}; your loss compares every target with every output",
    Check.LOSS_OF_ALL_OUTPUTS: lambda v: (
        f"{v['loss']} compares the class number in y with each of the {v['units']:,} outputs "
        "alike, so no output stands for a class; use sparse_categorical_crossentropy with softmax"
    ),
    Check.UNKNOWN_LOSS: lambda v: f"Keras does not know the loss {v['loss']}",
    Check.LOSS_ARGUMENTS_SWAPPED: lambda v: (
        f"{v['loss']} calls {v['called']} with {v['second']} first, and this version of Keras takes the targets first"
        if v["called"]
        else f"Keras hands the targets of {v['loss']} first and the predictions second, so {v['first']} holds the "
        f"targets; write def {v['loss']}({v['second']}, {v['first']})"
    ),
    Check.LOSS_PREFERS_WRONG: lambda v: (
        f"the loss {v['loss']} is larger for right predictions than for wrong ones, so training makes them worse; "
        "turn its sign, or subtract a score from 1"
    ),
    Check.LOSS_WITHOUT_GRADIENT: lambda v: (
        f"the loss {v['loss']} does not change when the predictions change a little, so it trains nothing; use it as "
        "a metric, and no rounding, argmax or comparison in a loss"
    ),
    Check.LOSS_GRADIENT_NOT_FINITE: lambda v: (
        f"the derivative of the loss {v['loss']} is NaN or infinite where predictions and targets are equal, as that "
        "of a square root of 0 is; add a small number under the root"
    ),
    Check.LOSS_OF_MODEL_TENSOR: lambda v: (
        "the loss or a metric reads a tensor of the model itself, which has no values when fit runs; compute it from "
        "the targets and predictions that it is given, or call add_loss inside a layer"
    ),
    Check.CUT_GRADIENT: lambda v: (
        f"no gradient reaches {joined(v['layers'][:MOST_LAYERS])}"
        + (f" and {len(v['layers']) - MOST_LAYERS} more" if len(v["layers"]) > MOST_LAYERS else "")
        + ", so training does not change these weights; rounding, argmax, casts to integers and NumPy have no "
        "derivative"
    ),
    Check.DEAD_START: lambda v: (
        f"the weights of {joined(v['layers'][:MOST_LAYERS])} start at 0, and then no weight changes the output, except "
        "perhaps the last bias; leave the initializer out"
    ),
    Check.ZERO_MATRICES: alike_text,
    Check.ALIKE_MATRICES: alike_text,
    Check.GRADIENT_NOT_FINITE: lambda v: (
        "the gradient of the output is NaN or infinite before any training, as that of a square root, a logarithm or a "
        "division at 0 or of an exponential of large numbers is; keep away from these, in branches that are not taken "
        "too"
    ),
    Check.ACCURACY_OF_REGRESSION: lambda v: f"{v['metric']} counts exact matches, which says nothing about quantities",
    Check.ACCURACY_OF_EACH_OUTPUT: lambda v: (
        f"in the version of Keras that this script is written for, {v['metric']} beside {v['loss']} counts each of the "
        f"{v['units']:,} outputs; if a row has one class, outputs that are all 0 score {v['share of zeros']:.1%}"
    ),
    Check.METRIC_FOR_OTHER_LABELS: lambda v: f"{v['metric']} is not made for labels and outputs of this shape",
    Check.EXACT_MATCHES: lambda v: (
        f"the metric Accuracy() counts outputs that equal their label exactly, which outputs of {v['activation']} "
        'hardly ever do; give metrics=["accuracy"]'
    ),
    Check.OVERLAP_OF_PROBABILITIES: lambda v: (
        f"the metric {v['metric']}() expects predicted labels and drops the decimals, so nearly all outputs of "
        f"{v['activation']} count as class 0; give "
        + ("BinaryIoU(threshold=0.5)" if v["activation"] == "sigmoid" else "it sparse_y_pred=False")
    ),
    Check.NOT_FINITE_INPUTS: lambda v: f"x contains {v['count']:,} NaN or infinite values",
    Check.NOT_FINITE_TARGETS: lambda v: f"y contains {v['count']:,} NaN or infinite values",
    Check.NUMBER_OF_TARGETS: lambda v: (
        f"fit is given a list of {v['given']} targets, and the model has one output; give it the targets of the rows"
    ),
    Check.ROWS_DIFFER: lambda v: f"x and y have different numbers of rows: {joined(f'{rows:,}' for rows in v['rows'])}",
    Check.CONSTANT_TARGETS: lambda v: "all targets are equal, so there is nothing to learn",
    Check.CONSTANT_INPUTS: lambda v: f"{v['constant']:,} of {v['features']:,} features have the same value in all rows",
    Check.UNSCALED_INPUTS: lambda v: f"the inputs go from {number(v['least'])} to {number(v['largest'])}",
    Check.NARROW_INPUTS: lambda v: (
        f"the columns of x hardly vary: one lies around {number(v['mean'])}, with a standard deviation of "
        f"{number(v['deviation'])}; subtract the mean of each column, and divide by its standard deviation"
    ),
    Check.OUTLYING_ROWS: lambda v: (
        f"{count(v['outliers'], 'row')} of {v['rows']:,} in x {'lies' if v['outliers'] == 1 else 'lie'} so far away "
        f"(up to {number(v['largest'])}) that the others (up to {number(v['others'])}) are nearly equal on their scale"
    ),
    Check.UNSCALED_TARGETS: lambda v: f"the targets go from {number(v['least'])} to {number(v['largest'])}",
    Check.FROZEN_MODEL: lambda v: "every layer is frozen, so nothing is trained",
    Check.UNTRACKED_VARIABLES: lambda v: f"nothing is trained, because {untracked_text(v)}",
    Check.UNTRACKED_IN_PART: untracked_text,
    Check.FROZEN_OUTPUT: lambda v: "the last layer is frozen",
    Check.FROZEN_RANDOM: lambda v: f"the layer {v['layer']} is frozen with random weights",
    Check.DROPOUT_RATE: lambda v: f"{v['rate']:.0%} of the units are dropped in each step",
    Check.DROPOUT_ON_OUTPUT: lambda v: (
        "dropout comes after the last layer, so outputs themselves are set to 0 at random; leave it out"
    ),
    Check.IDENTICAL_UNITS: lambda v: (
        f"all {v['units']:,} units of the layer {v['layers'][0]} start with the same weights"
        + (f", and so do those of {len(v['layers']) - 1} more" if len(v["layers"]) > 1 else "")
        + ("; they stay equal whatever the data are, so each layer works like a single unit" if v["stay"] else "")
    ),
    Check.MISSING_HIDDEN_ACTIVATION: lambda v: "a hidden layer has no activation, so it adds nothing to the next one",
    Check.SOFTMAX_IN_HIDDEN: lambda v: "softmax is the activation of a hidden layer",
    Check.UNREAD_RATE: lambda v: (
        f"nothing reads {v['attribute']} in this version of Keras"
        + ("" if v["used"] is None else f", so the learning rate stays {number(v['used'])}")
        + f"; write {str(v['attribute']).removesuffix('.lr')}.learning_rate"
    ),
    Check.NUMBER_AS_STRIDES: lambda v: (
        f"the second {v['size']} is the strides, so a kernel of {v['size']} x {v['size']} moves by {v['size']}"
        + (f", in {len(v['layers'])} layers" if len(v["layers"]) > 1 else "")
        + f"; write ({v['size']}, {v['size']}) for a kernel that moves by 1"
    ),
    Check.NO_LEARNING_RATE: lambda v: f"the learning rate is {number(v['learning rate'])}",
    Check.VALIDATION_SCALE: lambda v: f"the validation {v['of']} is on another scale than the training {v['of']}",
    Check.ENCODED_APART: lambda v: (
        f"the labels for training are made by a comparison with {joined(map(repr, v['training']))}, and those for "
        f"validation by the same one with {joined(map(repr, v['validation']))}, so they do not mean the same"
    ),
    Check.VALIDATION_CLASSES: lambda v: "the validation split holds other classes than the rows for training",
    Check.SORTED_SPLIT: lambda v: (
        f"validation_split keeps the last {v['split']:.0%} of the rows apart, and "
        + (f"{v['file']} is sorted by class" if v["file"] else "the rows are gathered class by class")
        + ", so these are rows of the last classes only; shuffle the rows before fit"
    ),
    Check.SORTED_UNSHUFFLED: lambda v: "the rows are sorted by class and not shuffled",
    Check.IMBALANCED: lambda v: f"{v['share']:.0%} of the rows have the same class; class_weight evens that out",
    Check.EMBEDDING_RANGE: lambda v: (
        f"x goes from {number(v['least'])} to {number(v['largest'])}, and the Embedding layer takes whole numbers "
        f"from 0 to {v['rows'] - 1:,}"
    ),
    Check.EMBEDDING_FRACTIONS: lambda v: (
        "the Embedding layer takes whole numbers and drops what is behind the point, and x holds fractions"
    ),
    Check.CHANNELS_FIRST: lambda v: (
        f"images of shape {v['shape']} are read as {v['shape'][0]} rows with {v['shape'][-1]} channels; are the "
        "channels first?"
    ),
    Check.SOFTMAX_AXIS: lambda v: f"softmax adds up along axis {v['axis']}, not over the classes of a row",
    Check.LARGE_LEARNING_RATE: lambda v: rate_text(v, "large"),
    Check.SMALL_LEARNING_RATE: lambda v: rate_text(v, "small"),
    Check.FEW_UPDATES: lambda v: f"the training makes only {v['updates']:,} updates",
    Check.ONE_BATCH: lambda v: f"one batch holds all {v['rows']:,} rows",
    Check.SAME_BATCH: lambda v: (
        f"the generator gives the same batch of {v['rows']:,} rows again and again; advance its index outside of what "
        "it repeats"
    ),
    Check.UNSCALED_IMAGES: lambda v: (
        f"{v['reader']} reads images with values from 0 to 255, and nothing in the script scales them; divide by 255"
    ),
    Check.UNSCALED_TABLE: lambda v: (
        f"the columns that {v['reader']} reads are used as they are; scale them, as with StandardScaler"
    ),
    Check.OVERWRITTEN_LAYER: lambda v: (
        f"the output of {v['kind']} is overwritten on the next line before anything reads it, so this layer is in no "
        "model; call the next layer on it"
        if v.get("layers", 1) == 1
        else f"the outputs of {v['layers']} layers, up to line {v['last line']}, are overwritten one after the other "
        "before anything reads them, so these layers are in no model; call each layer on the one before it"
    ),
    Check.OTHER_PREPROCESSING: lambda v: (
        f"the weights of {v['model']} were trained on inputs from its own preprocess_input, and these are divided by "
        "255"
    ),
    Check.UNUSED_OPTIMIZER: lambda v: (
        f"compile is given {v['given']!r} with its default settings, and {v['made']} = {v['call']} of line {v['line']} "
        f"is never used; give optimizer={v['made']}"
    ),
    Check.UNREAD_SCALING: lambda v: unread_text(v, "x"),
    Check.UNREAD_TARGET_SCALING: lambda v: unread_text(v, "y"),
    Check.NO_OPTIMIZER: lambda v: f"compile is given no optimizer, so Keras uses {v['optimizer']} with its defaults",
    Check.FEW_EPOCHS: lambda v: f"the training has only {v['epochs']:,} {'epoch' if v['epochs'] == 1 else 'epochs'}",
    Check.SIGMOID_IN_HIDDEN: lambda v: (
        f"{'a hidden layer has' if len(v['layers']) == 1 else 'hidden layers have'} a sigmoid activation, which passes "
        "on small gradients; use relu"
    ),
    Check.REPEATED_HIDDEN_ACTIVATION: lambda v: (
        f"the outputs of a recurrent layer pass through {joined(v['activations'])}, one after the other; leave the "
        "second out"
    ),
    Check.RELU_IN_RECURRENT: lambda v: (
        f"relu lets the state of {v['kind']} grow without a limit; use its default, tanh"
    ),
    Check.STRONG_PENALTY: lambda v: (
        f"a penalty of {number(v['strength'])} on the weights outweighs the loss; use 0.001 or none"
    ),
    Check.FEW_UNITS_KEPT: lambda v: f"{v['rate']:.0%} of {v['units']:,} units are dropped in each step; drop fewer",
    Check.ONE_HIDDEN_UNIT: lambda v: "all that distinguishes the classes passes through a hidden layer of one unit",
    Check.SMALL_VOCABULARY: lambda v: (
        f"the Embedding layer takes whole numbers from 0 to {v['rows'] - 1:,} and no measured values; is input_dim the "
        "number of features?"
    ),
    Check.VOCABULARY_OF_ROWS: lambda v: (
        f"the Embedding layer has one row for each observation ({v['size']}); input_dim is the largest number in x, "
        "plus 1, and no number in x may be negative"
    ),
    Check.ONE_STEP_SEQUENCES: lambda v: (
        f"each sequence has one step, so {v['kind']} sees no order"
        if not v.get("stateful")
        else f"each sequence has one step; {v['kind']} keeps its state, but no gradient reaches an earlier step, so "
        "nothing is learned from it; give it sequences of several steps"
    ),
    Check.ARGMAX_OF_ONE: lambda v: (
        "argmax over the only output of the model is always 0; compare the prediction with 0.5"
    ),
    Check.PREDICTED_BEFORE_FIT: lambda v: (
        f"{v['model']}.predict is called before {v['model']}.fit and never after it, so the predictions are "
        "those of the initial weights"
    ),
    Check.SHUFFLED_PREDICTIONS: lambda v: (
        f"{v['batches']} gives its rows in random order, and "
        + (
            f"{v['batches']}.{v['attribute']} is in the order of the folder"
            if v["attribute"]
            else "in another one in each pass"
        )
        + ", so predictions and labels do not belong together; give it shuffle=False"
    ),
    Check.ROWS_SHUFFLED_WRONGLY: lambda v: (
        f"random.shuffle repeats some rows of the array {v['array']} and loses others; use numpy.random.shuffle"
    ),
    Check.SHUFFLED_APART: lambda v: (
        f"{v['inputs']} and {v['targets']} are shuffled apart, so that a row no longer has its own target; shuffle "
        "both with one permutation"
    ),
    Check.SWAPPED_FOLDERS: lambda v: f"{v['name']} names the folder {v['folder']}",
    Check.BOUNDED_OUTPUT: lambda v: (
        f"{v['activation']} outputs lie between {number(v['least output'])} and {number(v['largest output'])}, and "
        "nothing in the script brings the targets there; use linear"
    ),
    Check.SIGMOID_FOR_ONE_CLASS: lambda v: (
        f"sigmoid under {v['loss']} is for rows with several labels; if each row has one class, use softmax and "
        "categorical_crossentropy"
    ),
    Check.UNSCALED_UNDER_SGD: lambda v: (
        f"{v['optimizer']} under {v['loss']} diverges if x or y is not scaled, and nothing in the script scales them; "
        "scale both, as with StandardScaler"
    ),
    Check.UNADAPTED_LAYER: lambda v: (
        "the layer was never adapted, so it passes its inputs on unchanged; call its method adapt with the training "
        "inputs before fit"
    ),
    Check.IGNORED_EPOCHS: lambda v: (
        f"{v['wrapper']} does not pass nb_epoch on, so the training has one epoch; write epochs"
    ),
    Check.NOTHING_ONE_HOT: lambda v: (
        f"{v['loss']} needs one column for each class, and nothing in the script makes them from class numbers; use "
        "to_categorical or sparse_categorical_crossentropy"
    ),
    Check.CLASS_NUMBERS: lambda v: f"{v['targets']} must hold whole numbers from 0 to {last_text(v)}; others give NaN",
    Check.FOLDER_LABELS: lambda v: (
        f"{v['reader']} gives {v['given']}, and the model with the loss {v['loss']} needs {v['needed']}; use "
        f"{v['argument']}={v['mode']!r}"
    ),
    Check.FOLDER_CLASSES: lambda v: (
        f"{v['classes']} classes are read from folders, and the last layer has {v['units']} "
        f"{'unit' if v['units'] == 1 else 'units'}; use {v['classes']} units with softmax, "
        "categorical_crossentropy and class_mode='categorical'"
    ),
    Check.LAYER_INPUT_RANK: lambda v: (
        f"the layer {v['layer']} {read_by_rank(v['wanted'])} and gets the shape {shape_of(v['shape'])}"
    ),
    Check.LAYER_INPUT_WIDTH: lambda v: (
        f"the layer {v['layer']} was made for {v['wanted']:,} values and gets the shape {shape_of(v['shape'])}"
    ),
    Check.ROWS_IN_INPUT_SHAPE: lambda v: (
        f"input_shape is the shape of one row, and {shape_of(v['shape'][1:])} counts the rows too; use "
        f"{shape_of(v['shape'][2:])}"
    ),
    Check.MODEL_INPUT_SHAPE: lambda v: (
        f"the model reads rows of the shape {shape_of(v['wanted'])}, and x has the shape {shape_of(v['shape'])}"
    ),
    Check.IMAGE_TOO_SMALL: lambda v: (
        f"images of the shape {shape_of(v['shape'][1:])} are smaller than the window {shape_of(v['window'])}"
    ),
    Check.NUMBER_OF_INPUTS: lambda v: (
        f"the model has {v['wanted']} inputs and fit is given {v['given']}; give x as a list of {v['wanted']} arrays"
    ),
    Check.NOT_NUMBERS: lambda v: (
        f"x or y holds values of the kind {v['kind']} and not numbers; encode texts, give all rows the same length, "
        "and use .astype('float32')"
    ),
    Check.UNKNOWN_ARGUMENT: lambda v: (
        f"{v['called'] or 'the optimizer'} does not take {joined(v['names'])}; leave it out or write its name of this "
        "version of Keras"
    ),
    Check.ARGUMENT_VALUE: lambda v: f"{v['name']} has to be {v['wanted']}",
    Check.UNKNOWN_NAME: lambda v: (
        f"Keras does not know the {v['kind']} {v['name']}" + (f"; use {v['similar']!r}" if v["similar"] else "")
    ),
    Check.NOT_A_LAYER: lambda v: (
        f"only layers can be added to the model, and this is a {v['kind']}; call the class, and take layers and model "
        "from the same Keras"
    ),
    Check.LAYER_CALLED_ON: lambda v: (
        f"a layer is called on a {v['kind']} and not on a tensor; call the earlier layer on its own input first"
    ),
    Check.NOT_COMPILED: lambda v: "fit is called before compile; call model.compile(optimizer, loss) first",
    Check.MERGED_SHAPES: lambda v: f"the shapes of what is merged do not fit each other: {v['shapes']}",
    Check.RESHAPED_SIZE: lambda v: (
        f"rows of the shape {shape_of(v['shape'])} cannot be given the shape {shape_of(v['wanted'])}, which has "
        "another number of values"
    ),
    Check.TENSOR_FUNCTION: lambda v: (
        "a function of TensorFlow is called on a symbolic tensor of Keras; use keras.ops or a Lambda layer"
    ),
    Check.TARGETS_BESIDE_BATCHES: lambda v: f"x is a {v['kind']}, which holds the targets itself; leave out y",
    Check.NOT_CONNECTED: lambda v: (
        "an output of the model does not depend on its inputs; give Model the Input it began with"
    ),
}


def shape_of(shape: Sequence[int | None]) -> str:
    """(rows, 28, 28) of (None, 28, 28)."""
    names = ("rows", *["any"] * len(shape))
    parts = [name if size is None else str(size) for name, size in zip(names, shape)]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


RANKS = {
    2: "reads tables, (rows, features),",
    3: "reads sequences, (rows, steps, features),",
    4: "reads images, (rows, height, width, channels),",
    5: "reads volumes, (rows, depth, height, width, channels),",
}


def read_by_rank(rank: int) -> str:
    """reads sequences, (rows, steps, features),"""
    return RANKS.get(rank, f"reads arrays with {rank} axes")


def remedy_of_rank(wanted: int, shape: Sequence[int | None]) -> str:
    """What to do if a layer reads arrays with another number of axes."""
    row = tuple(shape[1:])
    if len(shape) > wanted:
        if wanted == 2:
            return "put Flatten() before it"
        if None in row:
            return "leave out an axis, or flatten it with Reshape"
        return "input_shape is the shape of one row, without the number of rows"
    if len(shape) == wanted - 1 and wanted == 3:
        return (
            "if the layer before it is recurrent, give that one return_sequences=True, else make rows of steps with "
            f"Reshape({shape_of((*row, 1)).replace('any', '-1')})"
        )
    if len(shape) == wanted - 1:
        return f"add the axis of channels: input_shape={shape_of((*row, 1))} and x[..., None]"
    return f"give rows {wanted - 1} axes with Reshape or x.reshape"


def remedy_of_shape(wanted: Sequence[int | None], shape: Sequence[int | None]) -> str:
    """What to do if x has another shape than the rows that a model reads."""
    given, row = [size or 1 for size in shape[1:]], wanted[1:]
    if None not in row and math.prod(size or 1 for size in row) == math.prod(given):
        return f"use x.reshape{shape_of((-1, *row))}"
    if len(given) == len(row) - 1:
        column = (*given, 1)
        return f"use input_shape={shape_of(column)} and x.reshape{shape_of((-1, *column))}"
    return f"use input_shape={shape_of(given)}"


def remedy_of_image(shape: Sequence[int | None]) -> str:
    """What to do if images are smaller than a window that goes over them."""
    if len(shape) == 3 and shape[0] in (1, 3) and (shape[1] or 0) > 3 and shape[1] != shape[2]:
        return (
            f"they are {shape[0]} high and {shape[1]} wide, so the channels may come first in input_shape; write it as "
            "(height, width, channels), and move that axis of x"
        )
    if len(shape) == 3 and shape[0] in (1, 3) and (shape[1] or 0) > 3:
        return (
            f"the channels are read last, so use input_shape={shape_of((*shape[1:], shape[0]))} and move that axis of x"
        )
    return "use padding='same', fewer layers of pooling, or larger images"


REMEDIES: dict[Check, Callable[[Values], str]] = {
    Check.LAYER_INPUT_RANK: lambda v: remedy_of_rank(v["wanted"], v["shape"]),
    Check.MODEL_INPUT_SHAPE: lambda v: remedy_of_shape(v["wanted"], v["shape"]),
    Check.IMAGE_TOO_SMALL: lambda v: remedy_of_image(v["shape"][1:]),
}  # what to do, if it depends on the numbers


def finding_text(finding: Contradiction) -> str:
    """train.py:14: softmax over one unit is always 1, ..."""
    remedy = REMEDIES.get(finding.check)
    text = SENTENCES[finding.check](finding.values) + ("" if remedy is None else f"; {remedy(finding.values)}")
    sentence = text if text.endswith("?") else f"{text}."
    return sentence if finding.place is None else f"{finding.place}: {sentence}"


def worth_saying(found: Sequence[Contradiction]) -> Iterator[Contradiction]:
    """What is wrong without any doubt first, then what is suspicious; not what is only worth knowing."""
    for severity in (Severity.CONTRADICTION, Severity.SUSPICION):
        yield from (finding for finding in found if finding.severity is severity)


def worth_checking(found: Sequence[Contradiction]) -> Iterator[Contradiction]:
    """What is often right and sometimes the cause."""
    yield from (finding for finding in found if finding.severity is Severity.HINT)


def first_lines(found: Sequence[Contradiction]) -> list[str]:
    """What can be said before anything is trained."""
    words = {Severity.CONTRADICTION: "Wrong", Severity.SUSPICION: "Suspicious"}
    return [f"{words[one.severity]}: {finding_text(one)}" for one in worth_saying(found)][:MOST_FINDINGS]


def finding_document(finding: Contradiction) -> dict[str, Any]:
    """A finding as JSON takes it."""
    place = finding.place
    return {
        "id": finding.id,
        "check": finding.check.value,
        "severity": finding.severity.value,
        "layer": finding.layer,
        "file": None if place is None else place.file,
        "line": None if place is None else place.line,
    }
