"""What people read of a cause, under its id: why a Keras program does not learn, and why a scenario does not."""

from __future__ import annotations

from ..diagnosis.faults import Fault

# Each fault: its name, and what it means for the training.
FAULTS: dict[Fault, tuple[str, str]] = {
    Fault.OUTPUT_ACTIVATION: (
        "output activation",
        "The activation of the last layer cannot give the outputs that the targets and the loss need.",
    ),
    Fault.LOSS: ("loss", "The loss does not fit the targets and the last layer."),
    Fault.LABEL_ENCODING: ("label encoding", "The labels are not written in the way that the loss reads them."),
    Fault.TARGET_OUT_OF_RANGE: (
        "targets out of range",
        "The targets lie outside of what the last activation can give.",
    ),
    Fault.UNSCALED_INPUTS: ("unscaled inputs", "The inputs are far from a mean of 0 and a standard deviation of 1."),
    Fault.UNSCALED_TARGETS: ("unscaled targets", "The targets are far from a mean of 0 and a standard deviation of 1."),
    Fault.VALIDATION_MISMATCH: (
        "validation data scaled differently",
        "The validation inputs are not on the scale of the training inputs.",
    ),
    Fault.RATE_TOO_LARGE: ("learning rate too large", "The updates overshoot."),
    Fault.RATE_TOO_SMALL: ("learning rate too small", "The updates are too small for this number of epochs."),
    Fault.OPTIMIZER: ("optimizer", "The optimizer does not get there in this number of updates."),
    Fault.TOO_FEW_EPOCHS: ("too few epochs", "The training ends while the network is still learning."),
    Fault.TOO_MANY_EPOCHS: ("too many epochs", "The training goes on after the network has learned what it can."),
    Fault.BATCH_SIZE: ("batch size", "The batch size leaves too few updates, or too noisy ones."),
    Fault.CLONES: (
        "identical units",
        "The units of a layer start with equal weights, so they get equal gradients and stay equal.",
    ),
    Fault.ZERO_GRADIENT: ("weights of zero", "With these initial weights, gradients are zero and nothing is learned."),
    Fault.PLATEAU: ("plateau", "Training starts where the gradient is close to zero."),
    Fault.SATURATION: ("saturated units", "The initial weights are so large that activations are saturated."),
    Fault.EXPLODING_GRADIENT: ("exploding gradients", "The initial weights are so large that gradients explode."),
    Fault.VANISHING_GRADIENT: ("vanishing gradients", "The initial weights are so small that gradients vanish."),
    Fault.DEAD_RELU: ("dead relu units", "The initial biases are so low that relu units never become active."),
    Fault.HIDDEN_ACTIVATION: (
        "hidden activation",
        "The activations of hidden layers are missing, or slow the training down.",
    ),
    Fault.TOO_NARROW: ("too few units", "A hidden layer is too narrow for this task."),
    Fault.TOO_WIDE: ("too many units", "The network has enough units to memorise its training rows."),
    Fault.MISSING_LAYER: ("missing layer", "The network lacks a layer."),
    Fault.SUPERFLUOUS_LAYER: ("superfluous layers", "The network is too deep to be trained as it is."),
    Fault.DROPOUT: ("dropout", "Too many units are dropped during training."),
    Fault.REGULARIZATION: ("regularization", "The penalty on the weights outweighs the loss."),
    Fault.FROZEN_LAYER: ("frozen layers", "Layers with random weights are not trained."),
    Fault.CLASS_IMBALANCE: ("class imbalance", "The rare classes count too little in the loss."),
    Fault.UNSHUFFLED: (
        "rows not shuffled",
        "The rows are sorted, so batches or the validation rows hold other cases than the rest.",
    ),
    Fault.TOO_LITTLE_DATA: ("too little data", "There are too few observations for this task."),
    Fault.MISSING_VALUES: ("missing values", "The inputs contain NaN or infinity, which make every weight NaN."),
    Fault.CONTRADICTORY_TARGETS: ("contradictory targets", "Equal inputs have different targets."),
    Fault.NO_SIGNAL: (
        "no signal in the data",
        "Off-the-shelf learners do not predict these targets better than chance: check how x and y were paired.",
    ),
    Fault.WINDOW: (
        "rows without those before them",
        "The target of a row depends on the rows before it, which the network is not given.",
    ),
    Fault.LEAKING_VALIDATION: (
        "validation rows that are training rows",
        "The validation score does not show that the network memorises. Keep equal rows on one side of the split, and "
        "repeat rows only after it.",
    ),
}

# Each cause of a scenario: what it says, and what to do.
HYPOTHESES: dict[str, tuple[str, str]] = {
    "unlearnable": (
        "the same inputs come with different targets, so no function of the inputs fits",
        "give inputs that tell these observations apart, or correct the targets",
    ),
    "target-out-of-range": (
        "targets lie outside the range of the output activation",
        "use a linear output layer, or map the targets into the activation's range",
    ),
    "unscaled-inputs": (
        "the inputs are far from a mean of 0 and a standard deviation of 1",
        "standardise the inputs: mean 0 and standard deviation 1 each",
    ),
    "saturation": (
        "the initial weights are so large that the activations are saturated",
        "start with smaller weights (glorot_uniform)",
    ),
    "exploding-gradient": (
        "the gradient at the initial weights is too large for the learning rate",
        "start with smaller weights (glorot_uniform, for relu he_uniform)",
    ),
    "dead-relu": (
        "relu units that are 0 on every observation get no gradient",
        "start with biases of 0 and he_uniform weights, or use leaky_relu",
    ),
    "zero-gradient": (
        "whole layers get a gradient of exactly 0, so they cannot move",
        "start from random weights (glorot_uniform)",
    ),
    "clones": (
        "the units of a layer are equal and stay equal, so the network is narrower than it looks",
        "start from random weights (glorot_uniform), so that no two units are the same",
    ),
    "vanishing-gradient": (
        "the gradient shrinks from layer to layer until the first layers get none",
        "use tanh or relu in the hidden layers with an initializer made for it, or fewer layers",
    ),
    "plateau": (
        "training starts on a plateau, where the gradient is close to zero, and the run is too short to leave it",
        "use a different initializer (glorot_uniform), or train longer, or raise the learning rate",
    ),
    "learning-rate-too-large": ("the steps are too large", "lower the learning rate"),
    "learning-rate-too-small": ("the steps are too small for so many iterations", "raise the learning rate"),
    "too-few-iterations": (
        "it would learn with more iterations, and a larger learning rate does not help",
        "train for longer",
    ),
    "too-narrow": ("the hidden layers have too few units for this function", "give the hidden layers more units"),
}
