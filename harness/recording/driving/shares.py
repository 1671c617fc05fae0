"""Outputs that are shares: what the last layer of a network has to give if every loss of the file takes shares."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .words import DERIVATIVE_WORDS, LOSS_WORDS, PLAIN_LOSS, SCORES_LOSS, SHARES_LOSS

if TYPE_CHECKING:
    from .calling import Caller


def wants_shares(caller: Caller) -> bool:
    """Whether every loss of the file takes outputs between 0 and 1."""
    names = [*caller.facts.functions, *caller.facts.classes]
    losses = [name for name in names if LOSS_WORDS.search(name) and not DERIVATIVE_WORDS.search(name)]
    general = [name for name in losses if PLAIN_LOSS.search(name) or SCORES_LOSS.search(name)]
    return not general and any(SHARES_LOSS.search(name) for name in losses)


def known_outputs(caller: Caller) -> int:
    """The number of outputs, as far as it is known."""
    return caller.session.output_size if caller.session.labels is not None else 3


def of_shares(caller: Caller) -> bool:
    """Whether the activation of the last layer is asked for, and has to give numbers between 0 and 1."""
    return caller.session.at_output and wants_shares(caller)


def share_rank(caller: Caller, name: str) -> int:
    """The lower, the more likely an activation is meant for the last layer; 0 for all others."""
    if not of_shares(caller):
        return 0
    wanted = "sigmoid" if known_outputs(caller) == 1 else "softmax"
    return 0 if wanted in name.lower() else 1 if re.search("softmax|sigmoid", name, re.IGNORECASE) else 2


def is_of_hidden_layers(activation: str) -> bool:
    """Whether an activation of this name gives other numbers than shares, and is not left out either."""
    return re.search("tanh|relu|elu|swish|softplus", activation, re.IGNORECASE) is not None
