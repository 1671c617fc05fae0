"""What an argument is for, from its name, default, annotation and use."""

from __future__ import annotations

import enum
import re

from .source import Argument, FunctionFacts
from .uses import Uses, only_multiplies, scales


class Role(enum.Enum):
    """What an argument stands for."""

    INPUTS = "inputs"
    TARGETS = "targets"
    PAIRS = "pairs"  # a list of (input, target)
    OUTPUTS = "outputs"  # what the forward pass computes
    SIZES = "sizes"  # of all layers
    HIDDEN_SIZES = "hidden sizes"
    INPUT_SIZE = "input size"
    HIDDEN_SIZE = "hidden size"
    OUTPUT_SIZE = "output size"
    LAYER_COUNT = "layer count"
    OBSERVATIONS = "observations"
    RATE = "rate"
    EPOCHS = "epochs"
    START = "start"  # the number of the first epoch
    BATCH_SIZE = "batch size"
    DECAY = "decay"
    MOMENTUM = "momentum"
    KEEP = "keep"
    STEP_COUNT = "step count"
    FLAG = "flag"
    QUIET = "quiet"
    SEED = "seed"
    TOLERANCE = "tolerance"  # below which training stops
    ACTIVATION = "activation"
    ACTIVATION_LIST = "activation list"
    LOSS = "loss"
    OPTIMIZER = "optimizer"
    CHOICE = "choice"  # one of several texts
    OBJECT = "object"
    OBJECT_LIST = "object list"
    FUNCTION = "function"
    PARAMETERS = "parameters"
    WEIGHT = "weight"
    GRADIENTS = "gradients"
    CACHE = "cache"
    UPSTREAM = "upstream"
    NUMBER = "number"
    COUNT = "count"
    UNKNOWN = "unknown"


def words_of(name: str) -> list[str]:
    """The words of an identifier: "inputLayerSize1" and "input_layer_size_1" are input, layer, size, 1."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name.replace("_", " "))
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    spaced = re.sub(r"([a-zA-Z]{2,})(\d+)", r"\1 \2", spaced)
    words = spaced.lower().split()
    return [part for word in words for part in (JOINED.sub(r"\1 \2", word) if JOINED.match(word) else word).split()]


JOINED = re.compile(
    r"^(input|hidden|output|learning|batch|layer|num|in|out|hid)(nodes?|size|sizes|units?|neurons?|layers?|dims?|features?|rate|dim|num|count"
    r"|inputs?|outputs?|hidden|classes|epochs|iterations|iters)$"
)


# words of other languages that arguments are named by, in English
IN_ENGLISH = {
    **dict.fromkeys(("custo", "costo", "coste", "cout", "kosten"), "cost"),
    **dict.fromkeys(("perda", "perdida", "perte", "verlust"), "loss"),
    **dict.fromkeys(("ativacao", "activacion", "attivazione", "aktivierung"), "activation"),
    **dict.fromkeys(("ativacoes", "activaciones", "attivazioni"), "activations"),
    **dict.fromkeys(("entrada", "entradas", "entree", "entrees", "eingabe", "ingresso"), "input"),
    **dict.fromkeys(("oculta", "ocultas", "escondida", "escondidas", "cachee", "nascosti"), "hidden"),
    **dict.fromkeys(("saida", "saidas", "salida", "salidas", "sortie", "sorties", "ausgabe", "uscita"), "output"),
    **dict.fromkeys(("camada", "capa", "couche", "schicht", "strato"), "layer"),
    **dict.fromkeys(("camadas", "capas", "couches", "schichten", "strati"), "layers"),
    **dict.fromkeys(("neuronio", "neuronios", "neurona", "neuronas", "neurones", "neuronen", "neuroni"), "neurons"),
    **dict.fromkeys(("tamanho", "tamano", "taille", "groesse", "dimensione"), "size"),
    **dict.fromkeys(("lote", "lotes", "lotto"), "batch"),
    **dict.fromkeys(("derivada", "derivee", "ableitung", "derivata"), "derivative"),
}
INPUT_WORDS = {"input", "inputs", "in", "x", "features", "feature", "visible", "inp", "ip", "i"}
HIDDEN_WORDS = {"hidden", "h", "hid", "hiddens", "middle", "inner", "hdim", "fc"}
OUTPUT_WORDS = {"output", "outputs", "out", "y", "classes", "class", "labels", "categories", "targets", "o", "op"}
SIZE_WORDS = {
    "size", "sizes", "dim", "dims", "n", "num", "nodes", "units", "neurons", "count", "number", "nb", "len", "length",
    "layer", "layers", "features", "classes", "width", "dimension", "dimensions", "labels", "no", "shape", "node",
    "neuron", "hdim",
}  # fmt: skip
TARGET_NAME = re.compile(
    r"^(_?y|_?t|ys|(val\w+_)?(e[sx]perad|deseja?d|attendu)\w+|etiquetas?|y_?(true|train|tr|batch|data|target|expected|actual|real|label|i|j|hot|onehot|one_hot|k|vec|vector|mini|b)\w*"
    r"|y_(?!hat|pred|out|cap|est|prob|score|logit|grad|delta|err|lin|prev)\w+"
    r"|y_?targ\w*|all_y_trues|(train|training)_?(set_?)?(y|labels?|targets?|outputs?)\w*|targets?(_?\w*)?|labels?(_?\w*)?|expected\w*"
    r"|desired\w*|truth|ground_?truth|gt|actual\w*|true\w*|answers?|t_?(train|batch)|out_?data|teacher\w*|one_?hot\w*|correct\w*"
    r"|yd|wanted\w*|goals?|d_?output|training_outputs?|output_data|data_?(outputs?|results?|targets?|labels?)|train_?set_y"
    r"|class_?labels|real\w*|x?_?labels)$",
    re.IGNORECASE,
)
INPUT_NAME = re.compile(
    r"^(_?x\d?|xs|x_?(train|tr|batch|data|in|input|i|j|mini|b|vec|vector|sample)\w*|(train|training)_?(set_?)?(x|data|inputs?|examples?"
    r"|features?|images?|samples?|set)\w*|inputs?(_?\w*)?|entradas?|in_?data|data(_?(x|in|inputs?|set|instance|point|batch))?|dataset|features?\w*"
    r"|images?|imgs?|img_?batch|datas|samples?|observations?|examples?|a_?0|a_?prev|activations?_?prev|batch(_?x)?|image_data|points?|design_matrix"
    r"|train|rows|trainset|vector|signal|row|x_vector|train_?set_x|patterns?|instance|value|x_bias|inp|ip|batch_?data|records?)$",
    re.IGNORECASE,
)
OUTPUT_NAME = re.compile(
    r"^(a_?l|al|y_?hat\w*|yhat|y_?pred\w*|pred\w*|outputs?|out|o|y_?out\w*|probs?|probabilities|scores?|a_?out|a_?last|hypothesis|h_?x"
    r"|a_?final|final_?outputs?|network_?output|yp|y_?cap|p|forward_?output|logits|result|a[2-9]|y_?output|net_?output|guess\w*|estimates?|h)$",
    re.IGNORECASE,
)
PARAMETERS_NAME = re.compile(
    r"^(param\w*|model|weights?(_?(and_?bias\w*|dict|list|s))?|thetas?|w|ws|network|nn_?params?|net|nn|wb|initial_?\w*theta\w*|variables"
    r"|all_?weights|weights_biases|params_values|initial_?params|theta_?vec\w*|coeffs?)$",
    re.IGNORECASE,
)
WEIGHT_ARRAY = re.compile(
    r"^(((flat|unrolled|all)_?(weights?|params?|thetas?)\w*|w|b|theta|weights?|bias(es)?|wh|bh|wo|bo|wx|wy|syn|synapse|v|u|beta|gamma|k|kernel|wout|bout|w_?\w{1,6}|b_?\w{1,6}"
    r"|(hidden|output|input)_?(weights?|bias(es)?)|(weights?|bias(es)?)_?\w*|(hid|hidden|out|output|in|input)_[wb])_?\d*)$",
    re.IGNORECASE,
)
GRADIENT_ARGUMENT = re.compile(
    r"^(grads?\w*|gradients?\w*|nabla\w*|d_?w\w*|d_?b\w*|d_?theta\w*|dweights?\w*|dbias\w*|deltas?_?(w|b|weights?|bias\w*)?\d*"
    r"|derivatives?|w_?grads?|b_?grads?|grad\w*|weights?_?(grad\w*|delta\w*)|bias_?(grad\w*|delta\w*)|del_?\w*|updates?|d_?params?"
    r"|gradient_?\w*|grads_values|(w|b)\d?_?(delta|grad)\w*)$",
    re.IGNORECASE,
)
UPSTREAM_NAME = re.compile(
    r"^(d_?out\w*|d_?values|upstream\w*|grad_?out\w*|output_?(grad\w*|error)|d_?[azy](_?\d|_?l|_?prev\w*|_\w+)?|(?-i:dE\w*|dL\w*)|prev_?delta|delta|error|errors"
    r"|d_?(scores?|logits|probs?|pred\w*|outputs?|inputs?|next\w*|cost\w*)|accum_grad|grad_?output|next_?grad|d_?loss\w*|output_gradient|top_?diff|err|dnext|back_?grad|dh_?\w*)$",
    re.IGNORECASE,
)
CACHE_NAME = re.compile(
    r"^(cach\w*|memory|store\w*|activations?|zs?|z_?s|a_?s|forward_?\w*|history|intermediate\w*|state|z_?\d|a_?\d|linear_cache"
    r"|hidden(_?(layer)?_?(outputs?|activations?|out|values?|states?))?|layer_?outputs?|h\d?|outs|nets?|a_?h\w*|z_?h\w*|hs|net_?\w*|z_?l|a_?hid\w*)$",
    re.IGNORECASE,
)


PLACES = {"first": Role.INPUT_SIZE, "between": Role.HIDDEN_SIZES, "last": Role.OUTPUT_SIZE}  # in a list of sizes
SIZES = (Role.SIZES, Role.HIDDEN_SIZES, Role.INPUT_SIZE, Role.HIDDEN_SIZE, Role.OUTPUT_SIZE, Role.COUNT)
ACTIVATION_TEXT = re.compile(r"sigm|tanh|relu|logistic|softmax|softplus|linear|identity", re.IGNORECASE)
DERIVATIVES_NAME = re.compile(r"deriv|prime|slope|grad")
MAKES_NETWORK = re.compile(r"init|creat|build|make|generat|setup|compile|add", re.IGNORECASE)
OF_NUMBERS = frozenset(
    {"append", "copy", "reshape", "dot", "transpose", "sum", "flatten", "astype", "shape", "items", "mean", "max"}
)  # methods of arrays and lists
OF_VALUES = OF_NUMBERS | {"ravel", "lower", "upper", "strip", "get"}  # those of texts and dictionaries too
STEP_FUNCTION = re.compile(r"updat|^step|descend|descent|apply|optimi", re.IGNORECASE)
BACK_NAME = re.compile(r"back|bprop", re.IGNORECASE)
TOLERANCE_NAME = re.compile(
    r"^_?eps(ilon)?$|tol|thres|precision|converg|stop|_(goal|limit)$|m(in|ax)_?(err|loss|cost)", re.IGNORECASE
)
HELD_OUT = re.compile(
    r"_?(val|valid|validation|test|testing|tst|dev|eval|cv)\d?$|^(validation|valid|val(?!ues?)|testing|test|dev(?!iat)|eval(?!uat))_?",
    re.IGNORECASE,
)

KIND_OF_VALUE = re.compile(r"^(list|array|arr|vector|vec|matrix|mat)_", re.IGNORECASE)  # list_input


# what is called like data and annotated as a whole number: ``outputs: int``
COUNTED = {Role.INPUTS: Role.INPUT_SIZE, Role.OUTPUTS: Role.OUTPUT_SIZE}


def role_of(argument: Argument, uses: Uses, function: FunctionFacts) -> Role:
    """The role that name, default, annotation and use suggest."""
    role = _role_of_value(argument, uses, function)
    return COUNTED.get(role, role) if argument.annotation == "int" else role


def _role_of_value(argument: Argument, uses: Uses, function: FunctionFacts) -> Role:
    """The role of an argument that may be an array."""
    name, words = argument.name, [IN_ENGLISH.get(word, word) for word in words_of(argument.name)]
    if uses.pair_called or uses.pair_methods - OF_NUMBERS:
        return Role.OBJECT_LIST  # pairs of a layer and its activation
    if uses.split and (INPUT_NAME.match(name) or HELD_OUT.search(name) or set(words) & {"data", "batch", "set"}):
        return Role.PAIRS
    if {"train", "training"} & set(words) and TARGET_NAME.match(name) and not uses.counted:
        return Role.TARGETS
    bare = HELD_OUT.sub("", KIND_OF_VALUE.sub("", name))
    if bare != name:
        if TARGET_NAME.match(bare):
            return Role.TARGETS
        if INPUT_NAME.match(bare):
            return Role.PAIRS if uses.unpacked else Role.INPUTS
    if name.endswith("_epoch") and TARGET_NAME.match(name.removesuffix("_epoch")):
        return Role.TARGETS  # of one epoch
    is_compared = uses.ordered and not uses.arithmetic and TOLERANCE_NAME.search(name)
    if is_compared or re.match(r"_?tol(eran\w+)?$", name, re.IGNORECASE):
        return Role.TOLERANCE
    if uses.sizes:
        return next(role for place, role in PLACES.items() if place in uses.sizes)
    if not set(words) & SIZE_WORDS and _is_named_like_targets(name, function):
        return Role.INPUTS if name[0] in "xX" else Role.TARGETS
    by_name = _by_words(name, words, argument, uses)
    texts = [argument.default] if argument.default[:1] in ("'", '"') else uses.strings
    if by_name in SIZES and (texts or argument.annotation == "str"):
        return Role.ACTIVATION if any(map(ACTIVATION_TEXT.search, texts)) else Role.CHOICE
    if by_name is Role.SIZES and (uses.unpacked or uses.part_multiplied) and not MAKES_NETWORK.search(function.name):
        return Role.PARAMETERS  # a list of (weights, bias) that goes by the name of layers
    if by_name is Role.MOMENTUM and any(re.match("gamma|scale", other.name) for other in function.arguments):
        return Role.WEIGHT  # beta: it shifts what gamma scales
    if by_name is Role.RATE and _is_gradient_by_use(name, uses, function):
        return Role.UPSTREAM
    if by_name is not None:
        return _checked(by_name, uses, function)
    if TARGET_NAME.match(name):
        return Role.TARGETS
    if uses.boolean and not uses.is_of_something:
        return Role.FLAG
    if uses.element_counted and not (uses.array or uses.keys or uses.unpacked):
        return Role.SIZES
    if len(name) < 3 and STEP_FUNCTION.search(function.name) and scales(name, GRADIENT_ARGUMENT, function.node):
        return Role.RATE
    known = _by_pattern(name, uses, function)
    return known or (Role.UPSTREAM if _is_from_above(name, function) else _by_use(argument, uses, function))


RATE_TEXTS = frozenset({"lr", "eta", "alpha", "learnrate", "stepsize", "l_r", "n_rate", "mu_lr"})
RATE_WORDS = frozenset({"rate", "tasa", "taxa", "taux", "lernrate"})
EPOCH_WORDS = frozenset(
    {"epoch", "epochs", "epocas", "épocas", "epoques", "epochen", "iter", "iters", "iterations", "iteration", "itr"}
    | {"itrs", "passes", "nepochs", "loops", "repeats"}
)
EPOCH_TEXTS = frozenset(
    {"niter", "n_iter", "max_iter", "maxiter", "num_steps", "n_steps", "steps", "cycles", "generations", "times"}
)
START_WORDS = frozenset({"start", "starting", "initial", "first", "begin", "last", "resume"})  # of a count of epochs
DECAY_TEXTS = frozenset(
    {"lambd", "lmbda", "lambda_", "lam", "lamb", "lambda_reg", "lambda1", "reg", "l2", "l1", "wd", "c_lambda", "lamda"}
)
DECAY_WORDS = frozenset({"regularization", "regularisation", "decay", "reg", "lambda", "lambd", "lmbda", "penalty"})
QUIET_WORDS = frozenset(
    {"verbose", "print", "show", "plot", "debug", "log", "display", "save", "draw", "animate", "interval"}
)
FLAG_TEXTS = frozenset({"training", "is_train", "istrain", "train_flg"})
OPTIMIZER_TEXTS = frozenset({"opt", "optim", "solver", "updater"})
ACTIVATION_NAMES = frozenset(
    {"activation", "activations", "nonlinearity", "act", "actfn", "func", "function", "fn", "transfer", "squash"}
)
OBSERVATIONS_TEXTS = frozenset(
    {"m", "n_samples", "num_samples", "n_examples", "num_examples", "samples_count", "number_of_examples"}
)


def _by_words(name: str, words: list[str], argument: Argument, uses: Uses) -> Role | None:
    """Roles that single words of the name give away."""
    text, have = name.lower(), set(words)
    setting = _setting_role(text, have, argument, uses)
    if setting is not None:
        return setting
    if have & {"loss", "cost", "objective", "criterion"} and not have & {"layer", "grad"}:
        return Role.LOSS
    listed = uses.element_called or uses.element_named or "list" in have
    listed |= uses.indexed and not uses.strings and not uses.called
    listed |= uses.iterated and (uses.indexes or "str" in argument.annotation)  # functions[name] for name in ..
    of_activations = have & {"activation", "activations", "act", "acts", "activ"} and listed
    if (of_activations or (uses.element_called and DERIVATIVES_NAME.search(text))) and not uses.array:
        return Role.ACTIVATION_LIST
    if {"activations"} & have and not (uses.array or uses.arithmetic) and (uses.iterated or uses.indexed):
        return Role.ACTIVATION_LIST if not CACHE_NAME.match(text) or uses.strings or argument.annotation else None
    if have & ACTIVATION_NAMES and not uses.array:
        return Role.ACTIVATION
    return _size_role(name, words, uses) or (Role.OBSERVATIONS if text in OBSERVATIONS_TEXTS else None)


def _setting_role(text: str, have: set[str], argument: Argument, uses: Uses) -> Role | None:
    """Whether it is a number or a choice that says how a network is trained.

    Args:
        text: the name in lower case.
        have: its words.
    """
    is_rate = have & RATE_WORDS and not have & {"drop", "dropout", "decay"}
    if text in RATE_TEXTS or have & {"learning", "lr", "eta", "learn"} or is_rate or {"step", "size"} <= have:
        return Role.RATE
    if text in ("alpha", "epsilon") and argument.required:
        return Role.RATE
    if (have & EPOCH_WORDS or text in EPOCH_TEXTS) and not uses.array:
        return Role.START if have & START_WORDS else Role.EPOCHS
    of_size = have & {"size", "sizes", "n", "num", "length"} or text.endswith(("batchsize", "batch_sz"))
    if "batch" in text and (of_size or uses.counted or uses.bounds):
        return Role.BATCH_SIZE
    if text in DECAY_TEXTS:
        return Role.DECAY
    if have & DECAY_WORDS and not uses.called:
        return Role.CHOICE if uses.strings or uses.attribute_of else Role.DECAY
    if have & {"momentum", "mu", "beta"} and text != "mu" and not uses.array:
        return Role.MOMENTUM
    if have & {"keep", "dropout", "drop"} and not uses.iterated:
        return Role.KEEP
    if have & QUIET_WORDS:
        return Role.QUIET
    if have & {"seed", "random_state"} or text in ("random_state", "rng", "seed"):
        return Role.SEED
    if text in FLAG_TEXTS or (have & {"training", "train"} and have & {"is", "mode"}):
        return Role.FLAG
    if have & {"optimizer", "optimiser"} or text in OPTIMIZER_TEXTS:
        return Role.OPTIMIZER
    return None


# the sizes of networks by the names that courses give them
SHORT_SIZES = {
    **dict.fromkeys(("n_x", "nin", "n_in", "d", "n_i", "ni", "fan_in", "nx"), Role.INPUT_SIZE),
    **dict.fromkeys(("n_h", "h", "nh", "n_hid", "nn_hdim"), Role.HIDDEN_SIZE),
    **dict.fromkeys(("n_y", "nout", "n_out", "c", "n_o", "no", "fan_out", "k", "ny"), Role.OUTPUT_SIZE),
}
SIZES_WORDS = frozenset(
    {"sizes", "layers", "dims", "topology", "architecture", "structure", "layout", "layerdims", "shape", "shapes",
     "layersizes", "nodes", "units", "neurons", "dimensions", "config", "arch", "dim", "layer", "size"}
)  # fmt: skip


def _size_role(name: str, words: list[str], uses: Uses) -> Role | None:
    """Whether it is the size of something."""
    text, have = name.lower(), set(words)
    listed = uses.iterated or uses.indexed or uses.measured or uses.element_counted
    plain = not uses.array and not uses.keys and not uses.made_keys
    if text in SHORT_SIZES and (len(text) > 1 or (plain and not (listed or uses.arithmetic or uses.called))):
        return SHORT_SIZES[text]
    if uses.element_methods or uses.element_called or uses.methods - {"append", "copy", "insert", "pop"}:
        return None
    known = have & INPUT_WORDS | have & HIDDEN_WORDS | have & OUTPUT_WORDS
    of_inputs = have & {"x", "input", "inputs"} and have & {"size", "dim", "shape"}
    if have & SIZES_WORDS and listed and plain and not have & {"hidden", "batch"} and not of_inputs:
        return Role.SIZES
    of_layers = have & {"layers"} and have & {"dims", "dim", "sizes", "size", "structure", "shape"}
    of_network = have & {"sizes", "dims", "topology", "architecture"} or of_layers
    if of_network and not have & HIDDEN_WORDS and not uses.counted:
        return Role.SIZES
    is_number = have & {"n", "num", "number", "count", "amount", "depth", "nb"}
    if have & {"layers"} and is_number and not have & {"nodes", "units", "neurons", "dims"}:
        return Role.LAYER_COUNT
    if have & {"previous", "prev", "incoming"} and have & SIZE_WORDS - {"layer", "layers"} and plain and not listed:
        return Role.INPUT_SIZE
    if have & SIZE_WORDS and known and plain and (len(words) > 1 or uses.counted):
        if have & {"hidden", "hid", "middle", "inner", "hdim"} or text in ("h", "h1", "h2"):
            return Role.HIDDEN_SIZES if listed and not uses.counted else Role.HIDDEN_SIZE
        if have & {"output", "outputs", "out", "o"} and not have & {"input", "inputs", "in"}:
            return Role.OUTPUT_SIZE
        is_single = uses.counted or not uses.iterated
        if have & {"input", "inputs", "in", "x", "features", "feature", "inp"} and is_single:
            return Role.INPUT_SIZE
        if have & {"output", "outputs", "out", "y", "classes", "class", "labels", "categories", "o"}:
            return Role.OUTPUT_SIZE
    if have & {"neurons", "units", "nodes", "neuron"} and (uses.counted or not listed) and plain:
        return Role.OUTPUT_SIZE
    is_counted = words[-1:] == ["layers"] and uses.counted and not listed and plain  # added_layers
    if is_counted or (have & {"layers", "layer"} and have & {"n", "num", "number", "count", "depth", "no"}):
        return Role.LAYER_COUNT
    if text in ("hidden", "h1", "h2", "hidden1", "hidden2") and plain and not uses.arithmetic:
        return Role.HIDDEN_SIZES if listed else Role.HIDDEN_SIZE
    if uses.counted and plain and not (listed or uses.called):  # arrays are made as large as it says
        kinds = ((INPUT_WORDS, Role.INPUT_SIZE), (HIDDEN_WORDS, Role.HIDDEN_SIZE), (OUTPUT_WORDS, Role.OUTPUT_SIZE))
        return next((role for names, role in kinds if have & names), None)
    return None


def _checked(role: Role, uses: Uses, function: FunctionFacts) -> Role:
    """The role, unless the use contradicts it."""
    handed_on = BACK_NAME.search(function.name) is not None and not (uses.called or uses.strings)
    if role is Role.LOSS and (uses.array or handed_on) and not uses.methods:
        return Role.UPSTREAM
    methods = uses.methods - {"lower", "strip", "upper", "get", "append"}
    if role in (Role.ACTIVATION, Role.LOSS, Role.OPTIMIZER) and methods:
        return Role.OBJECT
    is_function = uses.called or uses.strings or "__name__" in uses.attributes
    if role is Role.ACTIVATION and uses.attributes - OF_VALUES and not is_function:
        return Role.OBJECT if not uses.array else Role.CACHE
    return role


def _by_pattern(name: str, uses: Uses, function: FunctionFacts) -> Role | None:
    """Roles that the whole name gives away."""
    back = re.search(r"back|bprop|grad|deriv|update|optim|step|learn", function.name, re.IGNORECASE) is not None
    if BACK_NAME.search(function.name) and re.fullmatch(
        r"(?i)_?(grads?(_\w+)?|gradients?|g|dout|delta|err|error|loss_grad|dy|v)", name
    ):
        return Role.UPSTREAM
    if STEP_FUNCTION.search(function.name) and re.fullmatch(r"gs?|dp|dparams?", name):
        return Role.GRADIENTS
    if uses.element_methods - OF_NUMBERS:
        return Role.OBJECT_LIST
    if uses.unpacked and (INPUT_NAME.match(name) or "batch" in name.lower() or "data" in name.lower()):
        return Role.PAIRS
    if name.lower() in ("training_data", "mini_batch", "minibatch") and not uses.array:
        return Role.PAIRS
    is_upstream = UPSTREAM_NAME.match(name) and not name.lower().startswith(("dw", "db", "grads"))
    if GRADIENT_ARGUMENT.match(name) and not name.lower().startswith(("deltas", "deriv")) and not is_upstream:
        return Role.GRADIENTS
    if UPSTREAM_NAME.match(name):
        return Role.UPSTREAM
    if uses.keys and all(map(WEIGHT_ARRAY.match, uses.keys)) and not CACHE_NAME.match(name):
        return Role.PARAMETERS
    beside_targets = any(TARGET_NAME.match(one.name) for one in function.required)
    if back and (OUTPUT_NAME.match(name) or (name in ("a", "A") and beside_targets)):
        return Role.OUTPUTS
    if PARAMETERS_NAME.match(name) and not INPUT_NAME.match(name) and not uses.methods - OF_VALUES - {"keys", "values"}:
        return Role.PARAMETERS if not (uses.array and re.fullmatch(r"(?i)w|weights?|thetas?", name)) else Role.WEIGHT
    if OUTPUT_NAME.match(name) and not uses.counted:
        return Role.OUTPUTS
    is_array = not uses.called and not uses.methods - OF_VALUES
    is_array &= uses.is_of_something or function.name != "__init__"  # not a window that is handed on
    if WEIGHT_ARRAY.match(name) and not INPUT_NAME.match(name) and is_array:
        return Role.WEIGHT
    if uses.methods - OF_VALUES and not (uses.array or uses.keys):
        return Role.OBJECT
    if INPUT_NAME.match(name):
        return Role.INPUTS
    if CACHE_NAME.match(name) and not uses.counted and not uses.called:
        return Role.CACHE
    return None


def _is_named_like_targets(name: str, function: FunctionFacts) -> bool:
    """Whether there are inputs and targets of one name but for the letter: ``x_list`` beside ``y_list``."""
    both = {letter + name[1:] for letter in ("xy" if name[:1] in "xy" else "XY")}
    return len(name) > 1 and name in both <= {one.name for one in function.arguments}


def _is_from_above(name: str, function: FunctionFacts) -> bool:
    """Whether it is what the backward pass of a layer is given first, whatever its name, and is not given targets."""
    return is_given_first(name, function) and only_multiplies(name, function.node)


def _is_gradient_by_use(name: str, uses: Uses, function: FunctionFacts) -> bool:
    """Whether a backward pass that updates nothing is given a gradient by the name of a rate: ``backward(eta)``."""
    if not is_given_first(name, function) or any(update.likely for update in function.updates):
        return False
    return uses.array or uses.indexed or only_multiplies(name, function.node)


def is_given_first(name: str, function: FunctionFacts) -> bool:
    """Whether it is the first argument of the backward pass of a layer, which is given no targets."""
    required = [one.name for one in function.required]
    is_backward = bool(function.owner) and BACK_NAME.search(function.name) is not None
    return is_backward and required[:1] == [name] and not any(map(TARGET_NAME.match, required))


def _by_use(argument: Argument, uses: Uses, function: FunctionFacts) -> Role:
    """The role that the use alone suggests."""
    note = argument.annotation.lower()
    if uses.unpacked and not uses.array and not uses.keys:
        return Role.PAIRS
    if uses.strings or uses.attribute_of or argument.annotation == "str":
        return Role.CHOICE
    if uses.called or "callable" in note:
        return Role.FUNCTION
    if uses.keys or uses.made_keys:
        return Role.PARAMETERS
    is_tested = uses.boolean and not (uses.array or uses.arithmetic)
    if "bool" in note or argument.default in ("True", "False") or is_tested:
        return Role.FLAG
    if uses.counted or note == "int":
        return Role.COUNT
    if uses.array or "ndarray" in note or "array" in note:
        return Role.INPUTS
    if "list[int]" in note or "tuple[int" in note or "sequence[int" in note:
        return Role.SIZES
    if note == "float":
        return Role.NUMBER
    if uses.methods:  # derivatives.copy()
        is_value = uses.methods <= OF_VALUES and BACK_NAME.search(function.name) is not None
        return Role.UPSTREAM if is_value else Role.OBJECT
    return Role.UNKNOWN
