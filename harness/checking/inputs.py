"""Inputs that are single whole numbers, as the rows of a truth table are.

They stay what they are at random settings of the parameters, and rows such as (1, 1) hide a step that is made with
another input. So they are drawn like arrays of data, if that cannot part them from what was not recorded.
"""

from __future__ import annotations

from collections.abc import Set

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
