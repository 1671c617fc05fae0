"""The arrays that functions of one recurrent layer, or of one step of it, are given beside their inputs."""

from __future__ import annotations

import re

from .arrays import INPUTS, OUTPUTS, STATE, STATES

RECURRENT = re.compile(r"rnn|lstm|gru|recurren|cell|step", re.IGNORECASE)
GATES = (("lstm", 4), ("gru", 3))  # that the matrices of a layer hold side by side, by its name
OF_INPUT = re.compile(r"^(w|weights?|u)_?(x|xh?|ax|i|ih|hx|in|input)$", re.IGNORECASE)
OF_STATE = re.compile(r"^(w|weights?|u|v)_?(h|hh|aa|a|s|ss|rec|hidden|recurrent)$", re.IGNORECASE)
OF_BOTH = re.compile(r"^(w|weights?)$", re.IGNORECASE)
OF_BIAS = re.compile(r"^(b|bias(es)?)(_?(h|hh|a|s|hidden))?$", re.IGNORECASE)


def recurrent_array(name: str, data: str, function: str) -> str | None:
    """The expression for an argument of a function of a recurrent layer; None if it is neither a state nor a weight.

    Args:
        name: of the argument.
        data: what is given as the inputs.
        function: its name, which says how many gates it has.
    """
    units = OUTPUTS * next((count for word, count in GATES if word in function.lower()), 1)
    shapes = ((OF_INPUT, (INPUTS, units)), (OF_STATE, (OUTPUTS, units)), (OF_BOTH, (INPUTS + OUTPUTS, units)))
    if STATE.match(name):
        return STATES[data]
    if OF_BIAS.match(name):
        shape = (units, 1) if data == "columns_" else (units,)
    else:
        known = next((shape for pattern, shape in shapes if pattern.match(name)), None)
        if known is None:
            return None
        shape = known[::-1] if data == "columns_" else known
    return f"np.random.normal(size={shape})"
