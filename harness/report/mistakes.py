"""What people read of a mistake, under its id, and of all else that a check names: costs, rules, remarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..checking.result import Agreement, Remark
from ..recording.graph import Counted


@dataclass(frozen=True)
class Sentences:
    """What a mistake is, and how to repair it."""

    what: str
    fix: str


MISTAKES: dict[str, Sentences] = {
    "missing-factor-two": Sentences(
        "The gradient is half of that of the cost: a 2 is missing, such as that of the derivative of a square.",
        "The derivative of (a - y)^2 is 2 (a - y). Or halve the cost.",
    ),
    "extra-factor-two": Sentences(
        "The gradient is twice that of the cost.", "Remove the 2, or use the cost without its factor 1/2."
    ),
    "mean-instead-of-sum": Sentences(
        "The gradient is divided by a number of terms once too often.",
        "Divide by the number of observations once, in the same way for every parameter and in the cost.",
    ),
    "sum-instead-of-mean": Sentences(
        "The gradient is not divided by the number of terms that the cost, or the other gradients, are divided by.",
        "Divide by the number of observations, in the same way for every parameter and in the cost.",
    ),
    "mean-over-features": Sentences(
        "The gradient is divided by the number of features instead of the number of observations.",
        "Use the other axis of the data's shape.",
    ),
    "bias-gradient-averaged": Sentences(
        "The gradient of the bias is a mean over observations, while that of the kernel is a sum.",
        "Sum the delta over the observations, so that both gradients have the same factor.",
    ),
    "kernel-gradient-averaged": Sentences(
        "The gradient of the kernel is a mean over observations, while that of the bias is a sum.",
        "Give both gradients the same factor: they come from the same delta.",
    ),
    "gradient-scaled-differently": Sentences(
        "The gradients of different parameters have different factors, so they are not the gradient of any cost.",
        "Give every gradient the same factor.",
    ),
    "wrong-sign": Sentences(
        "The gradient has the wrong sign, so the update climbs the cost.",
        "Use output - target for the error if the update subtracts, target - output if it adds.",
    ),
    "missing-output-activation-derivative": Sentences(
        "The output's delta lacks the derivative of the output activation.",
        "Multiply the error by f'(z), element by element; for the sigmoid, f' = a (1 - a). For the softmax with the "
        "categorical cross-entropy, send a - y back in its place.",
    ),
    "cross-entropy-gradient-with-extra-derivative": Sentences(
        "The output's delta of a cross-entropy is multiplied by the activation's derivative once more.",
        "With a sigmoid or softmax output the derivative cancels: the delta is a - y and nothing else.",
    ),
    "softmax-jacobian-diagonal-only": Sentences(
        "The derivative of the softmax is taken as if its outputs did not depend on one another.",
        "Use da_i/dz_j = a_i (1[i = j] - a_j), or the cross-entropy, whose delta is a - y.",
    ),
    "binary-crossentropy-one-sided": Sentences(
        "The gradient belongs to y log a alone; the part of (1 - y) log(1 - a) is missing.",
        "With both parts the output's delta is a - y.",
    ),
    "cost-used-as-gradient": Sentences(
        "The error goes back squared (or as an absolute value), in place of the derivative of the cost.",
        "Send 2 (a - y) back, not (a - y)^2.",
    ),
    "cost-gradient-at-pre-activation": Sentences(
        "The target is compared with the pre-activation z instead of the output a.", "Use a - y."
    ),
    "cost-differs": Sentences(
        "The cost that the file computes is not the one that its gradients belong to.",
        "Compute the cost that is trained, or the gradients of the cost that is computed.",
    ),
    "target-added": Sentences("The target is added to the output instead of subtracted.", "Use a - y."),
    "target-scaled": Sentences(
        "The target is multiplied or divided by a number in the gradient, and not in the cost.",
        "Put the difference into parentheses: (a - y) / n.",
    ),
    "labels-off-by-one": Sentences(
        "The labels pick the wrong column of the outputs.", "Count the classes from 0, or subtract the first label."
    ),
    "targets-not-one-hot": Sentences(
        "The targets of an observation are not one 1 among 0s, so a - y is not the gradient under softmax.",
        "Set one class for each observation: y[np.arange(n), labels] = 1.",
    ),
    "observations-not-paired": Sentences(
        "Inputs and targets are not taken by the same rows, so that they do not belong together.",
        "Use one order, or one slice, for inputs and targets.",
    ),
    "broadcast-by-accident": Sentences(
        "Output and target have different shapes, so their difference is a table of all pairs.",
        "Reshape the target to the shape of the output before you subtract.",
    ),
    "missing-hidden-activation-derivative": Sentences(
        "A hidden layer's delta lacks the derivative of its activation.",
        "Multiply what comes back through the weights by f'(z) of that layer, element by element.",
    ),
    "derivative-twice": Sentences(
        "The derivative of an activation is multiplied in twice.", "Multiply by f'(z) once for each layer."
    ),
    "derivative-of-activation": Sentences(
        "A derivative that is written in terms of the pre-activation, such as sigmoid(z) (1 - sigmoid(z)), is given "
        "the activation.",
        "Give it the pre-activation, or write it in terms of the activation: a (1 - a) for the sigmoid.",
    ),
    "activation-form-at-pre-activation": Sentences(
        "A derivative that is written in terms of a, such as a (1 - a), is given z.",
        "Give it the activation, or compute a = f(z) inside.",
    ),
    "wrong-derivative": Sentences(
        "This is not the derivative of the layer's activation or normalisation.",
        "sigmoid' = a (1 - a); tanh' = 1 - a^2; relu' = 1 where z > 0 and 0 elsewhere.",
    ),
    "derivative-of-wrong-layer": Sentences(
        "The derivative belongs to another layer (or unit).", "Use z, or a, of the layer whose delta this is."
    ),
    "relu-mask-of-wrong-array": Sentences(
        "The mask of the relu is taken from the wrong array.", "Use z > 0 with the z of the same layer."
    ),
    "relu-mask-inverted": Sentences(
        "The mask of the relu is inverted: gradients pass where the unit is off.",
        "Let gradients through where z > 0, and set them to 0 where z <= 0.",
    ),
    "matmul-for-elementwise": Sentences(
        "A matrix product stands where the derivative is multiplied in element by element.",
        "Use * instead of @ or dot.",
    ),
    "delta-not-multiplied-through": Sentences(
        "What goes back through the weights is the error of the layer above, not its delta.",
        "Send the delta back, which has the derivative of the activation in it.",
    ),
    "gradient-summed-too-early": Sentences(
        "The gradient is summed before it goes back, so all observations or units get the same one.",
        "Send back one gradient for each of them, and sum over the observations for the parameters only.",
    ),
    "upstream-gradient-dropped": Sentences(
        "The gradient that comes from the layers above is left out: the value does not depend on the error.",
        "Multiply by the gradient that comes from above.",
    ),
    "bias-gradient-sent-back": Sentences(
        "The gradient of a bias, which is a sum over the observations, goes back in the place of their deltas.",
        "Send the delta back, one row for each observation.",
    ),
    "output-delta-reused": Sentences(
        "The delta of another layer is used.",
        "Use the delta of the same layer: (delta of the layer above @ kernel^T) * f'(z).",
    ),
    "transposed-weights": Sentences(
        "The weights are transposed on the way back where they should not be, or not where they should.",
        "If z = x @ W, then dC/dx = delta @ W.T.",
    ),
    "weights-of-wrong-layer": Sentences(
        "The delta goes back through the weights of another layer (or unit).",
        "Go back through the weights that the activation was multiplied by on the way forward.",
    ),
    "updated-weights-in-backward": Sentences(
        "The delta goes back through weights that have been updated already.",
        "Compute all gradients first, and update the weights after that.",
    ),
    "bias-row-not-dropped": Sentences(
        "The wrong row or column is left out for the bias on the way back.",
        "Leave out the one that belongs to the column of ones.",
    ),
    "elementwise-for-matmul": Sentences(
        "An elementwise product stands where a matrix product belongs.", "Use @ or dot instead of *."
    ),
    "wrong-operation": Sentences(
        "Another operation of the same values gives the gradient.", "Derive the line again from the forward pass."
    ),
    "forward-factor-missing": Sentences(
        "The forward pass multiplies by a value, such as a dropout mask, the weights of classes or the adjacency "
        "matrix of a graph, that is left out on the way back.",
        "Multiply what comes back by the same value, transposed if the forward pass has a matrix product.",
    ),
    "wrong-index": Sentences(
        "Another item or part of the same array gives the gradient.", "Check the index against the forward pass."
    ),
    "sum-not-accumulated": Sentences(
        "Each term of a sum overwrites the one before, so only the last one counts.",
        "Add the terms up: start from 0 and use += instead of =.",
    ),
    "repeated-index": Sentences(
        "An array of indices names some items several times. Of these, `x[i] += y` counts only the last term.",
        "Use np.add.at(x, i, y), or np.subtract.at for -=, which count every term.",
    ),
    "gradient-of-one-use": Sentences(
        "The forward pass uses this value several times, and its gradient is that of one use.",
        "Compute the gradient of each use as if it had a value of its own, and add them up.",
    ),
    "values-of-another-forward-pass": Sentences(
        "This call overwrites what the layers stored for the backward pass, which then mixes values of two forward "
        "passes.",
        "Call it after the update, or run the training rows through the network again before the backward pass.",
    ),
    "shared-memory": Sentences(
        "This array was written into, under this or another name, after the value that is needed here was in it.",
        "Keep a copy, old = W.copy(), or write into one.",
    ),
    "wrong-layer-activation": Sentences(
        "The gradient of the kernel is made with the wrong activations.",
        "Multiply the delta by what went into the layer: the activations of the layer below, or x.",
    ),
    "pre-activation-in-gradient": Sentences(
        "The gradient of the kernel is made with z of the layer below instead of its activation a.",
        "Multiply the delta by a, which is what went into the layer.",
    ),
    "transposed-gradient": Sentences(
        "The gradient is the transpose of what it should be.", "Transpose it, or swap the factors of the product."
    ),
    "gradient-of-another-parameter": Sentences(
        "The update uses the gradient of another parameter.",
        "Use the parameter's own gradient; that of a bias is the sum of its delta over the observations.",
    ),
    "bias-gradient-missing": Sentences(
        "The bias is used in the forward pass but never updated.",
        "Subtract the learning rate times the sum of the delta over the observations.",
    ),
    "bias-gradient-summed-over-units": Sentences(
        "The gradient of the bias is one number for all units of the layer.",
        "Sum over the observations only: axis=0 if they are the rows, axis=1 if they are the columns.",
    ),
    "bias-gradient-not-summed": Sentences(
        "The gradient of the bias still has one row for every observation, so it does not fit the bias.",
        "Sum the delta over the observations.",
    ),
    "sum-over-wrong-axis": Sentences(
        "The sum or mean is taken over the wrong axis.", "Sum over the observations, so that one number a unit is left."
    ),
    "last-observation-only": Sentences(
        "Only one observation counts: the gradients of the others are overwritten.",
        "Add up the gradients of all observations: += instead of =.",
    ),
    "kernel-not-updated": Sentences(
        "These weights are used in the forward pass but never updated.", "Update them as the other parameters."
    ),
    "layer-not-updated": Sentences(
        "A layer is used in the forward pass but never updated.",
        "Update the weights and the bias of every layer; check the range of the loop.",
    ),
    "gradient-ascent": Sentences(
        "The update adds the gradient, so it climbs the cost.", "Subtract it: w -= learning_rate * gradient."
    ),
    "learning-rate-missing": Sentences(
        "The update uses the whole gradient, without the learning rate.", "Multiply by the learning rate once."
    ),
    "learning-rate-twice": Sentences(
        "The learning rate is multiplied in twice.", "Multiply by it once, in the gradient or in the update."
    ),
    "gradient-accumulated-over-iterations": Sentences(
        "The gradients of earlier iterations are still in it: it is never set back to 0.",
        "Start every iteration with gradients of 0.",
    ),
    "momentum-sign": Sentences(
        "The velocity of the last iteration is subtracted, so the momentum brakes instead of carrying on.",
        "Use v = momentum * v - learning_rate * gradient and w += v.",
    ),
    "momentum-overwritten": Sentences(
        "The velocity, or the running mean, of another parameter is used.",
        "Keep a velocity, and each running mean, for each parameter.",
    ),
    "weight-decay-sign": Sentences(
        "The weight decay has the wrong sign: it makes the weights grow.", "Add lambda * w to the gradient."
    ),
    "weight-decay-differs": Sentences(
        "The weight decay of the update is not the derivative of the penalty in the cost.",
        "The derivative of lambda * sum(w^2) is 2 lambda w, that of lambda / 2 * sum(w^2) is lambda w, for the same "
        "parameters and with the same divisor as in the cost.",
    ),
    "wrong-update-rule": Sentences(
        "The update is not that of the optimizer.", "Compare it with the published equations."
    ),
    "update-not-repeated": Sentences(
        "The update stands after the loop, which repeats the same forward pass, so there is one step in all.",
        "Move the backward pass and the update into the loop.",
    ),
    "forward-pass-not-repeated": Sentences(
        "The outputs are computed once, before the loop of the updates, so every update repeats the same step.",
        "Compute the outputs inside the loop, from the weights of the last update.",
    ),
    "bias-missing-in-forward": Sentences(
        "The bias is updated but not used in the forward pass.", "Add it: z = x @ W + b."
    ),
    "layer-missing-in-forward": Sentences(
        "The forward pass leaves out a layer that the gradients go back through.",
        "Use the output of that layer in this line.",
    ),
    "activation-missing-on-output": Sentences(
        "The output layer has no activation, but its derivative is multiplied in.", "Apply it: a = f(z)."
    ),
    "activation-missing-on-hidden": Sentences(
        "A hidden layer has no activation, but its derivative is multiplied in.", "Apply it: a = f(z)."
    ),
    "extra-activation-on-output": Sentences(
        "The output goes through an activation once too often.", "Apply the activation once."
    ),
    "softmax-over-wrong-axis": Sentences(
        "softmax is not taken over the units of each observation, so a - y is not its gradient.",
        "Sum over the axis of the units, with keepdims=True.",
    ),
    "exception": Sentences("The training step raises an exception.", "See the traceback of your code below."),
    "integer-weights": Sentences(
        "Values are cut off to whole numbers because the array they are written to has an integer type.",
        "Create the array with floats: dtype=float.",
    ),
    "numerical-overflow": Sentences(
        "A value becomes inf or nan here, and the parameters with it.",
        "Subtract the largest value before exp, keep log away from 0, or lower the learning rate or the weights.",
    ),
    "wrong-value": Sentences(
        "This value is not the gradient that it is used as, and no known mistake explains it.",
        "Derive this line again from the forward pass.",
    ),
}

# What is wrong with an update, under the names of checking/formulas.py and checking/unused.py
SLIPS: Mapping[str, Sentences] = {
    "differs": Sentences(
        "This parameter is updated by another rule than the others.",
        "Write the same equations for every parameter, with its own velocity.",
    ),
    "overwritten": Sentences(
        "The parameter is replaced by a multiple of its gradient, and what it was before is lost.",
        "Subtract the step from it: w = w - learning_rate * gradient, or w -= ...",
    ),
    "lost": Sentences(
        "The new value is computed and then lost: it has another name, or none, and the parameter stays as it was.",
        "Give it the name of the parameter, w = w - learning_rate * gradient, and store or return it.",
    ),
    "not-kept": Sentences(
        "The line speaks of a state, but every step is made of its own gradient alone: nothing is kept.",
        "Keep it from one iteration to the next: velocity = mu * velocity - rate * gradient, cache += gradient ** 2",
    ),
    "shares": Sentences(
        "The shares of the running mean do not add up to 1, so it is not a mean.",
        "m = beta1 * m + (1 - beta1) * gradient, v = beta2 * v + (1 - beta2) * gradient ** 2",
    ),
    "late": Sentences(
        "The step is that of the iteration before: it is added before it is computed from the new gradient.",
        "Compute the step, velocity = mu * velocity - rate * gradient, and then add it to the parameter.",
    ),
    "kept-above-one": Sentences(
        "The velocity grows from iteration to iteration.", "Keep less than all of it, e.g. 0.9."
    ),
    "not-squared": Sentences(
        "The running mean that the step is divided by is not one of squared gradients.",
        "v = beta2 * v + (1 - beta2) * gradient ** 2",
    ),
    "first-moment-squared": Sentences(
        "The second moment is a running mean of squares of the first moment, not of the gradient.",
        "v = beta2 * v + (1 - beta2) * gradient ** 2",
    ),
    "no-root": Sentences("The root of the second moment is missing.", "Divide by sqrt(v) + epsilon."),
    "betas-swapped": Sentences(
        "The two coefficients are swapped: the first moment is kept longer than the second.",
        "Usual values are 0.9 for the first moment and 0.999 for the second.",
    ),
    "second-correction-with-first-beta": Sentences(
        "The bias correction of the second moment uses the coefficient of the first.", "Divide v by 1 - beta2 ** t."
    ),
    "first-correction-with-second-beta": Sentences(
        "The bias correction of the first moment uses the coefficient of the second.", "Divide m by 1 - beta1 ** t."
    ),
    "correction-not-a-power": Sentences(
        "The bias correction multiplies beta by the step counter instead of raising it to that power.",
        "Divide by 1 - beta ** t.",
    ),
    "only-first-corrected": Sentences(
        "Only the first moment has a bias correction.", "Divide v by 1 - beta2 ** t as well."
    ),
    "only-second-corrected": Sentences(
        "Only the second moment has a bias correction.", "Divide m by 1 - beta1 ** t as well."
    ),
    "gradient-for-first-moment": Sentences(
        "The step goes along the gradient itself; its running mean is left out.", "Use m in the place of the gradient."
    ),
    "shared-coefficient": Sentences(
        "Both running means keep the same share, that of the first moment. That of the second is never read.",
        "v = beta2 * v + (1 - beta2) * gradient ** 2",
    ),
    "counter-not-counted": Sentences(
        "The step counter of the bias correction stays 1.",
        "Divide by 1 - beta ** t, and count t up once an iteration.",
    ),
    "counter-per-parameter": Sentences(
        "The step counter of the bias correction is counted up for every parameter.", "Count it up once an iteration."
    ),
}

# What is wrong with an index, under the names of checking/judging.py
INDICES: Mapping[str, Sentences] = {
    "one-item": Sentences(
        "Every unit is given the same item of this array, but its items are updated as if each unit had its own.",
        "Use the index of the unit: b[j] in the place of b[0].",
    ),
}

# What is wrong with an activation, under the names of checking/unread.py
LEFT_OUT: Mapping[str, Sentences] = {
    "unused": Sentences(
        "This line computes the activation of the output layer, but nothing uses it: the outputs that are compared "
        "with the targets are the values before it.",
        "Return and compare the result of this line.",
    ),
}

# What is wrong with a value that is right in the first iteration
LATER: Mapping[str, Sentences] = {
    "later": Sentences(
        "The first update is right. From a later one on, this value is not the gradient that it is used as.",
        "Look for an array of an earlier iteration that is used once more.",
    ),
    "stale": Sentences(
        "The first update is right. From a later one on, this line computes with a value of an earlier forward pass, "
        "although there is a new one.",
        "Empty the list that outputs are collected in before each forward pass.",
    ),
    "longer": Sentences(
        "The first update is right. In an iteration of more steps, such as a longer sequence, this value is not the "
        "gradient that it is used as.",
        "Look at what one step hands back to the step before it: the error that comes through the carried state.",
    ),
}

RULES: Mapping[str, str] = {
    "momentum": "momentum",
    "momentum-of-last-gradient": "momentum of the last gradient alone",
    "nesterov": "Nesterov momentum",
    "adagrad": "Adagrad",
    "adagrad-late": "Adagrad with the squares of earlier gradients only",
    "rmsprop": "RMSprop",
    "rmsprop-momentum": "RMSprop with momentum",
    "adam": "Adam",
    "adamax": "Adamax",
    "amsgrad": "AMSGrad",
    "adabelief": "AdaBelief",
    "nadam": "Nadam",
    "adadelta": "Adadelta",
    "sign": "steps by the sign of the gradient or of its running mean",
}

COSTS: Mapping[str, str] = {
    "sum_of_squared_errors": "squared errors, (a - y)^2",
    "binary_crossentropy": "binary cross-entropy, -(y log a + (1 - y) log(1 - a))",
    "categorical_crossentropy": "categorical cross-entropy, -sum of y log a",
    "sum_of_absolute_errors": "absolute errors, |a - y|",
    "hinge": "hinge loss, max(0, 1 - y a)",
    "perceptron_criterion": "perceptron criterion, (out - y) z, with the output of the threshold as given",
    "logistic_loss_of_margins": "logistic loss of margins, log(1 + e^(-y z))",
}

NOTES: Mapping[Remark, str] = {
    Remark.UPDATE_RULE: "The update rule was recognised",
    Remark.UPDATE_RULE_UNKNOWN: "This update follows from its gradient by a rule that is not known",
    Remark.OPTION_JUDGED: "This option was tried as well, and agrees",
    Remark.OPTION_NOT_JUDGED: "This option was not judged",
    Remark.UPDATE_PROJECTED: "After its update, this line changes the parameter by itself, which is not judged",
    Remark.LATER_ITERATION_NOT_READ: "Only the first update was judged; a later one could not be replayed.",
    Remark.LATER_ITERATION_DIFFERS: "A later update at this line is not explained by its gradient.",
    Remark.OVERFLOW_AT_LARGE_VALUES: "With large weights this line overflows and the outputs become nan or inf; "
    "subtract the largest value before exp",
    Remark.BIASES_NOT_TRAINED: "These biases are used and never trained, which the gradients of the others allow for",
    Remark.IDENTITY_NOT_TRAINED: "This identity matrix carries values past a layer and is never trained",
    Remark.TRAINED_IN_TURN: "The other parameters have a turn of their own, under another cost",
    Remark.TARGETS_OF_OTHER_ROWS: "Each target is taken this many rows after the inputs that it is used with, which is "
    "meant only if later values are forecast",
    Remark.TARGETS_ADDED: "The cost squares the sum of outputs and targets, not their difference, so the outputs learn "
    "the negative targets",
    Remark.SOFTMAX_NOT_CALLED: "This function is never called, so the outputs are linear, and a - y is the gradient of "
    "squared errors, not of a cross-entropy",
    Remark.ANOTHER_RATE: "The learning rate at this line is not that of the other parameters. It is this many times as "
    "large",
    Remark.STEP_SCALED: "This line multiplies the step by a number that is made of the errors. The directions of "
    "the steps are right, but their sizes change with the errors; unless that is meant, leave that number out",
    Remark.COEFFICIENT_NOT_READ: "This coefficient is stored or passed, but it is never read, so its value changes "
    "nothing",
    Remark.VALUES_ROUNDED: "This line rounds values to a few digits. The gradients were compared without the rounding",
    Remark.LOOP_WENT_ROUND_ONCE: "In every iteration that was recorded, this loop went round only once. What it "
    "carries from one turn to the next is not judged; use longer sequences",
    Remark.DID_NOT_RUN: "These parts of the file did not run, so nothing is said about them",
    Remark.RESULT_NOT_USED: "No update is made of what the backward pass of these returns, so it is not judged",
    Remark.NETWORK_CORRECT: "The updates of the file's own network agree with the gradient of its cost; they do not "
    "use what is wrong here",
    Remark.USE_WRONG: "Only the layers of this file are judged. A script of the project that trains with them is wrong "
    "for a reason that is not in them",
    Remark.CANNOT_REPLAY: "This operation cannot be repeated",
    Remark.RAISED_ALONE: "Judged by other calls than the file's own, which end in an exception",
    Remark.RAISED_LATER: "Judged by what ran before an exception, which came after the updates that were judged",
    Remark.RAISED_BEFORE: "An exception ended this statement, and later cells use what it left unfinished",
    Remark.CHANGED_AT: "The runs differ first at this line.",
    Remark.PYTHON_2: "Read as Python 2, in which whole numbers are divided without a remainder (7 / 2 is 3)",
}

# What ended a run (recording/graph.py: Stop)
LIMITS: Mapping[str, str] = {
    "seconds": "the time limit was reached",
    "nodes": "too many operations to record",
    "bytes": "too much memory to record",
    "exited": "the file ended the run itself",
    "died": "its process died",
}

STAND_INS: Mapping[str, str] = {
    "module": "an import that was not loaded",
    "file": "a missing file",
    "dataset": "a data set",
    "download": "a download",
    "saved": "saved weights, taken as missing",
    "input": "input",
    "display": "plots",
    "optimizer": "an optimizer",
}

# What a run uses less of than the file asks for, if its number is known, and if not
COUNTED: Mapping[Counted, str] = {
    Counted.OBSERVATIONS: "observations",
    Counted.SIZES: "units, steps or observations",
    Counted.CHARACTERS: "characters",
}
PARTS: Mapping[Counted, str] = {
    Counted.OBSERVATIONS: "of the observations",
    Counted.SIZES: "units, steps or observations",
    Counted.CHARACTERS: "characters of a text",
}

# Under the names of checking/naming/derivatives.py
ACTIVATIONS = {"sigmoid": "the sigmoid", "tanh": "tanh", "relu": "relu"}

WITH_DETAIL = frozenset(
    {
        Remark.UPDATE_RULE,
        Remark.UPDATE_PROJECTED,
        Remark.OPTION_JUDGED,
        Remark.OPTION_NOT_JUDGED,
        Remark.DID_NOT_RUN,
        Remark.BIASES_NOT_TRAINED,
        Remark.IDENTITY_NOT_TRAINED,
        Remark.PYTHON_2,
        Remark.RAISED_BEFORE,
        Remark.TRAINED_IN_TURN,
        Remark.TARGETS_OF_OTHER_ROWS,
        Remark.ANOTHER_RATE,
        Remark.RESULT_NOT_USED,
        Remark.COEFFICIENT_NOT_READ,
    }
)

# Mistakes that another learning rate would make right
SCALES = frozenset({"missing-factor-two", "extra-factor-two", "mean-instead-of-sum", "sum-instead-of-mean"})

AGREEMENTS: Mapping[Agreement, str] = {
    Agreement.AGREES: "agrees",
    Agreement.SCALED: "is a constant times the true one",
    Agreement.DIFFERS: "differs",
    Agreement.NOT_JUDGED: "was not judged",
}
