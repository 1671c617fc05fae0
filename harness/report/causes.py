"""What people read of an outcome and of a cause, under its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..diagnosis.faults import Fault
from ..diagnosis.outcomes import OutcomeKind

if TYPE_CHECKING:
    from ..diagnosis.answer import Cause

OUTCOMES = {
    OutcomeKind.LEARNS: "learns",
    OutcomeKind.UNDERFITS: "learns too little (it underfits)",
    OutcomeKind.OVERFITS: "learns its training rows and not the task (it overfits)",
    OutcomeKind.DOES_NOT_TRAIN: "does not learn",
    OutcomeKind.DIVERGES: "diverges (the loss becomes NaN or infinite)",
    OutcomeKind.LUCKY: "learns from some seeds only",
    OutcomeKind.SLOW: "learns, but too slowly for its number of epochs",
    OutcomeKind.NO_SIGNAL: "cannot learn from these data",
    OutcomeKind.NOT_JUDGED: "could not be judged",
}


class About(NamedTuple):
    """What is said of a fault."""

    name: str
    meaning: str  # for the training
    remedy: str = ""  # if it does not depend on the program, whose own edit says more


FAULTS: dict[Fault, About] = {
    Fault.OUTPUT_ACTIVATION: About(
        "output activation",
        "The activation of the last layer cannot give the outputs that the targets and the loss need.",
    ),
    Fault.LOSS: About("loss", "The loss does not fit the targets and the last layer."),
    Fault.LABEL_ENCODING: About("label encoding", "The labels are not written in the way that the loss reads them."),
    Fault.TARGET_OUT_OF_RANGE: About(
        "targets out of range",
        "The targets lie outside of what the last activation can give.",
        "use a linear output layer, or map the targets into the activation's range",
    ),
    Fault.UNSCALED_INPUTS: About(
        "unscaled inputs",
        "The inputs are far from a mean of 0 and a standard deviation of 1.",
        "standardise the inputs: mean 0 and standard deviation 1 each",
    ),
    Fault.UNSCALED_TARGETS: About(
        "unscaled targets", "The targets are far from a mean of 0 and a standard deviation of 1."
    ),
    Fault.VALIDATION_MISMATCH: About(
        "validation data scaled differently",
        "The validation inputs are not on the scale of the training inputs.",
    ),
    Fault.RATE_TOO_LARGE: About("learning rate too large", "The updates overshoot.", "lower the learning rate"),
    Fault.RATE_TOO_SMALL: About(
        "learning rate too small", "The updates are too small for a training of this length.", "raise the learning rate"
    ),
    Fault.OPTIMIZER: About("optimizer", "The optimizer does not get there in this number of updates."),
    Fault.TOO_FEW_EPOCHS: About(
        "too few epochs", "The training ends while the network is still learning.", "train for longer"
    ),
    Fault.TOO_MANY_EPOCHS: About("too many epochs", "The training goes on after the network has learned what it can."),
    Fault.BATCH_SIZE: About("batch size", "The batch size leaves too few updates, or too noisy ones."),
    Fault.CLONES: About(
        "identical units",
        "The units of a layer start with equal weights, so they get equal gradients and stay equal.",
        "start from random weights (glorot_uniform), so that no two units are the same",
    ),
    Fault.ZERO_GRADIENT: About(
        "weights of zero",
        "With these initial weights, gradients are zero and nothing is learned.",
        "start from random weights (glorot_uniform)",
    ),
    Fault.PLATEAU: About(
        "plateau",
        "Training starts on a plateau, where the gradient is close to zero, and ends before it has left it.",
        "use a different initializer (glorot_uniform), or train longer, or raise the learning rate",
    ),
    Fault.SATURATION: About(
        "saturated units",
        "The initial weights are so large that activations are saturated.",
        "start with smaller weights (glorot_uniform)",
    ),
    Fault.EXPLODING_GRADIENT: About(
        "exploding gradients",
        "The initial weights are so large that gradients explode.",
        "start with smaller weights (glorot_uniform, for relu he_uniform)",
    ),
    Fault.VANISHING_GRADIENT: About(
        "vanishing gradients",
        "The gradient becomes almost zero on its way back to the first layers.",
        "use tanh or relu in the hidden layers with an initializer made for it, or fewer layers",
    ),
    Fault.DEAD_RELU: About(
        "dead relu units",
        "Relu units are 0 on every observation from the start, so they get no gradient.",
        "start with biases of 0 and he_uniform weights, or use leaky_relu",
    ),
    Fault.HIDDEN_ACTIVATION: About(
        "hidden activation",
        "The activations of hidden layers are missing, or slow the training down.",
    ),
    Fault.TOO_NARROW: About(
        "too few units", "A hidden layer is too narrow for this task.", "give the hidden layers more units"
    ),
    Fault.TOO_WIDE: About("too many units", "The network has enough units to memorise its training rows."),
    Fault.MISSING_LAYER: About("missing layer", "The network lacks a layer."),
    Fault.SUPERFLUOUS_LAYER: About("superfluous layers", "The network is too deep to be trained as it is."),
    Fault.DROPOUT: About("dropout", "Too many units are dropped during training."),
    Fault.REGULARIZATION: About("regularization", "The penalty on the weights outweighs the loss."),
    Fault.FROZEN_LAYER: About("frozen layers", "Layers with random weights are not trained."),
    Fault.CLASS_IMBALANCE: About("class imbalance", "The rare classes count too little in the loss."),
    Fault.UNSHUFFLED: About(
        "rows not shuffled",
        "The rows are sorted, so batches or the validation rows hold other cases than the rest.",
    ),
    Fault.TOO_LITTLE_DATA: About("too little data", "There are too few observations for this task."),
    Fault.MISSING_VALUES: About("missing values", "The inputs contain NaN or infinity, which make every weight NaN."),
    Fault.CONTRADICTORY_TARGETS: About(
        "contradictory targets",
        "Equal inputs have different targets.",
        "give inputs that differ for these observations, or correct the targets",
    ),
    Fault.NO_SIGNAL: About(
        "no signal in the data",
        "Off-the-shelf learners do not predict these targets better than chance: the rows are too few to show how, or "
        "x and y were paired wrongly, or nothing in x says anything about y.",
    ),
    Fault.WINDOW: About(
        "rows without those before them",
        "The target of a row depends on the rows before it, which the network is not given.",
    ),
    Fault.LEAKING_VALIDATION: About(
        "validation rows that are training rows",
        "The validation score does not show that the network memorises. Keep equal rows on one side of the split, and "
        "repeat rows only after it.",
    ),
}


def cause_name(cause: Cause) -> str:
    """ "learning rate too large" """
    return FAULTS[cause.fault].name
