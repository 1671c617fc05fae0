"""Why a check gives no verdict, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from ..checking.result import Reason

SAY_HOW = "Say how it trains: with --run, give the calls that you would write at the end of the file."
REASONS: Mapping[Reason, tuple[str, str]] = {
    Reason.NO_PARAMETERS: (
        "Nothing was trained while the file ran: no array or number was replaced by itself plus or minus something "
        "that was computed from it.",
        f"If the updates are not written yet, write them. {SAY_HOW}",
    ),
    Reason.NOT_DRIVEN: (
        "The file only defines things, and no call that was tried makes it train.",
        f"If a function is not written yet, write it. {SAY_HOW}",
    ),
    Reason.NO_GRADIENT: (
        "Its parameters are changed by random numbers alone, as in a random search, so there is nothing to compare.",
        "Nothing, if that is meant; only what changes parameters by gradients can be checked.",
    ),
    Reason.RAISED: (
        "It ended with an exception before it trained.",
        "Repair it, or run the part that trains with --run.",
    ),
    Reason.MISSING_MODULE: (
        "It ended with an exception before it trained, because a module is missing.",
        "Install it, or run the part that trains with --run.",
    ),
    Reason.NO_NUMPY: (
        "It makes no arrays and no recorded numbers.",
        "Only code that computes with numbers can be checked.",
    ),
    Reason.NO_COST: (
        "Neither a cost nor a comparison of outputs with targets was found.",
        "Compute the cost in the file, or call the training step with targets in --run.",
    ),
    Reason.NO_COST_FITS: (
        "The updates belong to none of the costs that were tried, so it is open which one is meant.",
        "Compute the cost in the file (a variable named cost or loss), so that the gradients can be compared with it.",
    ),
    Reason.RECORDING_CHANGED_THE_RUN: (
        "Two runs with the same seed differ, so what was recorded is not what the file does.",
        "Seed every random generator that the file uses.",
    ),
    Reason.HISTORY_LOST: (
        "Values went through code that cannot be recorded on the way to an update.",
        "Write the training step with NumPy's functions or plain Python numbers.",
    ),
    Reason.CANNOT_REPLAY: ("An operation of the file cannot be repeated with other numbers.", "Report this as a bug."),
    Reason.UNSTABLE_BRANCHES: (
        "The file takes other branches when its numbers change a little, so it cannot be tried with other numbers.",
        "Move the branch out of the training step, or use np.where.",
    ),
    Reason.UNCLASSIFIED: (
        "The output depends on random values that are neither updated nor named like data, so they may be weights "
        "that should be trained.",
        "Give them a name that says what they are (X, W, mask).",
    ),
    Reason.STOPPED: ("The run ended before one iteration was complete.", "Use less data, or raise --seconds."),
    Reason.SEVERAL_COSTS: (
        "The same weights are updated at several places, with a forward pass between them, as when two networks are "
        "trained against each other, or a word vector by one neighbour at a time. One cost does not explain that.",
        "Judge one part at a time, with --run and the calls that train it.",
    ),
    Reason.TOO_MANY: (
        "One iteration consists of too many operations to be repeated with other numbers.",
        "Use fewer observations or smaller layers, or the array operations in place of loops.",
    ),
    Reason.REFUSED: ("The file cannot be run.", "Repair it first."),
    Reason.DOUBTFUL_CALLS: (
        "It only defines things, and the calls that make it train may fit it by accident only.",
        SAY_HOW,
    ),
    Reason.LAYERS_LEFT: (
        "It has no network. Some of its layers agree with true gradients, but not all could be compared.",
        "Train a small network of them in a file of its own, and check that file.",
    ),
    Reason.NETWORKS_LEFT: (
        "The first network that it trains agrees with true gradients, but it goes on with others that were not judged.",
        "Judge them in a file of their own.",
    ),
    Reason.RULE: (
        "No gradient that was compared is wrong, but the updates follow no rule that is known.",
        "Compare the update with the published equations of its optimizer.",
    ),
}
# in place of those of NO_COST_FITS, if the file computes a cost
OTHER_THAN_COMPUTED = (
    "The updates belong neither to the cost that the file computes nor to any other that was tried.",
    "Derive the gradients again from that cost, or compute the cost that they belong to.",
)
# added to the advice of NO_COST, if the file imports Keras or TensorFlow
ASK_DIAGNOSE = "{} If Keras trains the model, run harness diagnose {} instead."
# in place of the advice of RAISED, if data of missing files were made up
REPLACE_MISSING_FILES = (
    "Put {0} in {1} place: {1} data were made up. If the file still fails, repair it, or run the part that trains "
    "with --run."
)
# in place of the advice of MISSING_MODULE, if it is known which modules were missing
INSTALL_MISSING = "Install {0}, or run the part that trains with --run."
# after a proposed line
FILL_IN = " Put a value in place of the dots for {0}; the rest of the line can stay."
