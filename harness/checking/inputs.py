"""Inputs that are single numbers.

Whole ones, as the rows of a truth table are, stay what they are at random settings of the parameters, and rows such as
(1, 1) hide a step that is made with another input. So they are drawn like arrays of data, if that cannot part them from
what was not recorded. Numbers of a list that is an array elsewhere are what the array is at that setting.
"""

from __future__ import annotations

from collections.abc import Collection, Set

import numpy as np

from ..recording.graph import Kind, Node
from .replay import Program
from .written import factors_in


def plain_inputs(program: Program, needed: Set[int]) -> list[int]:
    """The whole numbers of the data that something is multiplied by, and that are used for nothing else.

    There are none if a product has a number that its line does not show, or if anything is an array: it may be made of
    the same inputs.
    """
    if any(program.nodes[id].shape != () for id in needed):
        return []
    products = [program.nodes[id] for id in needed if program.nodes[id].operation == "multiply"]
    if any(has_hidden_number(one) for one in products):
        return []
    factors = {parent for one in products for parent in one.parents}
    return sorted(id for id in factors if is_input(program, program.nodes[id], needed))


def has_hidden_number(product: Node) -> bool:
    """Whether a product is made with a whole number that its line does not show, so that it came by a variable."""
    numbers = [float(one) for one in product.arguments if type(one) is int]
    return not factors_in(product.place).issuperset(numbers)


def is_input(program: Program, leaf: Node, needed: Set[int]) -> bool:
    """Whether it is a whole number of the data that is a factor alone."""
    if leaf.kind is not Kind.DATA or leaf.shape != () or leaf.dtype[1:2] not in ("i", "u"):
        return False
    return all(program.nodes[one].operation == "multiply" for one in program.children[leaf.id] if one in needed)


def listed_numbers(program: Program, leaf: Node, needed: Collection[int]) -> dict[int, int]:
    """The numbers of a list of the file that are used one by one, if the list is used as an array besides.

    Args:
        program: the graph.
        leaf: what the list became as an array.
        needed: the nodes among which its numbers are looked up.

    Returns:
        The place in the array, by the node of the number. Numbers of one list have been recorded one after the other.
    """
    found: dict[int, int] = {}
    if leaf.kind is not Kind.LITERAL or leaf.shape == ():
        return found
    values = np.asarray(leaf.value).ravel().tolist()
    for id in needed:
        number = value_of(program.nodes[id]) if id < leaf.id else None
        for place in [place for place, one in enumerate(values) if one == number]:
            first = id - place
            if first >= 0 and [value_of(one) for one in program.nodes[first : first + len(values)]] == values:
                found[id] = place
    return found


def value_of(node: Node) -> float | None:
    """A number that stands in the file; None for another node."""
    is_number = node.kind is Kind.LITERAL and node.shape == () and node.value is not None
    return float(np.asarray(node.value)) if is_number else None
