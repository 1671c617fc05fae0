"""The arrays that functions of one recurrent layer, or of one step of it, are given beside their inputs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .arrays import CLASSES, COLUMNS, INPUTS, OUTPUTS, STATE, STATES

RECURRENT = re.compile(r"rnn|lstm|gru|recurren|cell|step", re.IGNORECASE)
GATES = (("lstm", 4), ("gru", 3))  # that the matrices of a layer hold side by side, by its name
OF_INPUT = re.compile(r"^(w|weights?|u)_?(x|xh?|ax|i|ih|hx|in|input)$", re.IGNORECASE)
OF_STATE = re.compile(r"^(w|weights?|u|v)_?(h|hh|aa|a|s|ss|rec|hidden|recurrent)$", re.IGNORECASE)
OF_BOTH = re.compile(r"^(w|weights?)$", re.IGNORECASE)
OF_BIAS = re.compile(r"^(b|bias(es)?)(_?(h|hh|a|s|hidden))?$", re.IGNORECASE)
OF_GATE = re.compile(r"^(w|weights?|u)_?([fiucogzr])$", re.IGNORECASE)
BIAS_OF_GATE = re.compile(r"^(b|bias)_?([fiucogzr])$", re.IGNORECASE)
OF_OUTPUT = re.compile(r"^(w|weights?|v)_?(y|ya|ay|hy|yh|out(put)?)$", re.IGNORECASE)
BIAS_OF_OUTPUT = re.compile(r"^(b|bias)_?(y|out(put)?)$", re.IGNORECASE)


def weights_by_key(keys: Iterable[str], data: str, function: str) -> dict[str, str]:
    """The expressions for the weights of a recurrent layer that a function takes from a dictionary.

    Args:
        keys: of the dictionary.
        data: what is given as the inputs.
        function: its name.

    Returns:
        the expressions by key; none if one of the keys says nothing.
    """
    names = sorted(keys)
    has_gates = sum(OF_GATE.match(name) is not None for name in names) > 2
    in_columns = data in COLUMNS
    found: dict[str, str] = {}
    for name in names:
        if has_gates and OF_GATE.match(name):
            shape: tuple[int, ...] = (INPUTS + OUTPUTS, OUTPUTS)
        elif has_gates and BIAS_OF_GATE.match(name):
            shape = (1, OUTPUTS)
        elif OF_OUTPUT.match(name):
            shape = (OUTPUTS, CLASSES)
        elif BIAS_OF_OUTPUT.match(name):
            shape = (1, CLASSES)
        else:
            known = recurrent_array(name, data, function)
            if known is None or STATE.match(name):
                return {}
            found[name] = known
            continue
        found[name] = f"np.random.normal(size={shape[::-1] if in_columns else shape})"
    return found


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
        shape = (units, 1) if data in COLUMNS else (units,)
    else:
        known = next((shape for pattern, shape in shapes if pattern.match(name)), None)
        if known is None:
            return None
        shape = known[::-1] if data in COLUMNS else known
    return f"np.random.normal(size={shape})"
