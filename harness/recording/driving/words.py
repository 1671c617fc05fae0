"""The words by which functions, classes and arguments are recognised."""

from __future__ import annotations

import re

from .roles import Role

ACTIVATIONS = (
    *("sigmoid", "tanh", "relu", "logistic", "leaky", "linear", "identity", "softmax", "elu", "softplus", "swish"),
    "gelu",
)
ACTIVATION_WORDS = re.compile(
    r"sigm|tanh|relu|logistic|softmax|softplus|swish|gelu|identity|linear|elu|activ|ativac|expit", re.IGNORECASE
)
LOSS_WORDS = re.compile(
    r"mse|mae|cross|entropy|loss|cost|error|squared?(?!_?root)|nll|hinge|bce|cce|quadratic|likelihood|sse"
    r"|custo|costo|perda|perdida|verlust",
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
    r"init|compile|build|use|set|config|creat|load|add|make|reset|rand|prepare|weights|param|finali[sz]e|connect",
    re.IGNORECASE,
)
MAKER_NAME = re.compile(r"init|creat|build|make|generate|random|setup|reset|rand|start|xavier|he_", re.IGNORECASE)
PARAMETERS_METHOD = re.compile(r"(get_?)?(all_?)?(trainable_?)?param", re.IGNORECASE)
PASS_FORWARD = re.compile(r"^(forward|feed_?forward|fprop|propagate_?forward|forward_\w+|forw\w*)$", re.IGNORECASE)
PASS_BACK = re.compile(r"_?(back|bprop|grad)", re.IGNORECASE)  # methods that make gradients
CLEARING_NAME = re.compile(r"(zero|clear|reset|flush)\w*_?(grad|delta)", re.IGNORECASE)
# a file that is made up, and its column of targets
TEXTS_BY_NAME = (
    (re.compile(r"(^|_)(csv|files?|path|file_?name|fname|file_?path)$", re.IGNORECASE), "'data.csv'"),
    (re.compile(r"^(target|label|class|y|output)_?(col(umn)?)(_?name)?$", re.IGNORECASE), "'target'"),
)
INDICES_NAME = re.compile(
    r"^(indices|indexes|idxs|sub_?range|(sample|batch|train)_(indices|indexes|idxs?))$", re.IGNORECASE
)
COUNT_NAME = re.compile(
    r"^([nmbt]|(n|num|no|nb|number|len|size|count|batch)_?\w*|\w*_(n|num|size|count|len))$", re.IGNORECASE
)
BATCHES_NAME = re.compile(r"loader|batches|generator|stream|iterator", re.IGNORECASE)
STRUCTURE_WORDS = {"layers", "sizes", "dims", "topology", "architecture", "structure", "shape", "shapes", "nodes"}
NUMBER_WORDS = {"n", "num", "number", "no", "count", "nb", "depth"}
UNIT_WORDS = {"size", "sizes", "units", "nodes", "neurons", "dim", "width"}
BY_HAND = "np.random.normal(0, 0.5, "  # what weights are made with that the file does not make itself
# roles that an annotation says nothing new about: what they stand for decides which objects are tried first
NAMED_ROLES = (Role.ACTIVATION, Role.ACTIVATION_LIST, Role.LOSS, Role.OPTIMIZER, Role.CHOICE)
FUNCTIONS = (Role.ACTIVATION, Role.LOSS, Role.FUNCTION)  # roles of arguments that may be functions of the file
VAGUE_ROLES = (Role.INPUTS, Role.PAIRS, Role.PARAMETERS, Role.SIZES, Role.UNKNOWN, Role.NUMBER)
# roles of arguments that are tried without and with a value if their default is None
MAYBE_NEEDED = (Role.OBJECT, Role.OPTIMIZER, Role.LOSS, Role.FUNCTION, Role.UPSTREAM, Role.RATE, Role.ACTIVATION)
OF_DATA = (Role.INPUTS, Role.TARGETS, Role.PAIRS)
OPTIONAL_ROLES = (Role.EPOCHS, Role.BATCH_SIZE, Role.QUIET)
SIZE_ROLES = (Role.SIZES, Role.HIDDEN_SIZES, Role.INPUT_SIZE, Role.HIDDEN_SIZE, Role.OUTPUT_SIZE)
