"""What the one change of an operation that makes everything right says of the mistake, and on which lines it is."""

from __future__ import annotations

from collections.abc import Callable

from ...recording.graph import Place
from ..alignment import ratio
from ..labels import expression
from ..repairs import SYMBOLS, Bench, Change, Repair
from ..stage import argument_ids
from ..structure import Role
from ..value_repairs import ValueBench
from .arrays import name_of_array, name_of_mask
from .case import Case, Name, naming_places, unique

LINES_OF_HELPER = 4  # that are shown of a function that is handed the wrong array


def by_change(case: Case) -> Name | None:
    """The name of the one change of an operation that makes the value right"""
    fault = case.fault
    expected = [case.reading.gradient_at(number, fault.target, 0) for number in range(len(case.settings))]
    for opened in (0, 1):
        bench = ValueBench(case.reading, fault.bundle[0], expected, case.settings, fault.factor, opened=opened)
        repair = bench.repair()
        if repair is not None:
            return name_change(case, bench, repair)
    return None


def name_change(case: Case, bench: Bench, repair: Repair) -> Name | None:
    """The name, lines and detail of a change; None if other tests name it better"""
    id = NAMES[repair.change](case, bench, repair)
    return None if id is None else Name(id, places_of(case, bench, repair), detail_of(case, repair))


# Names


def of_sign(case: Case, bench: Bench, repair: Repair) -> str:
    """A sum for a difference, or a difference turned round"""
    in_errors = repair.node in case.reading.errors_below
    is_sum = case.stage.node(repair.node).operation == "add"
    if in_errors and is_sum and any(error.node == repair.node for error in case.stage.errors):
        return "target-added"
    # in a layer without a network, everything between the gradient from above and what is returned counts
    is_sign = in_errors or case.reading.given or is_right_derivative(case, repair.node)
    return "wrong-sign" if is_sign else "wrong-derivative"


def is_right_derivative(case: Case, id: int) -> bool:
    """Whether a value is the derivative of the activation, so that the sign of something else is wrong"""
    derivative = None if case.layer is None else case.local_derivative(case.layer)
    value = case.value(id)
    share = None if derivative is None or value is None else ratio(value.flat, derivative.flat)
    return share is not None and share > 0


def of_operation(case: Case, bench: Bench, repair: Repair) -> str:
    """Another operation of the same operands"""
    if repair.operation == "matmul":
        return "elementwise-for-matmul"
    if case.stage.node(repair.node).operation in ("matmul", "dot"):
        return "matmul-for-elementwise"
    # what does not depend on the errors is a derivative, or goes into one
    return "wrong-operation" if repair.node in case.reading.errors_below else "wrong-derivative"


def of_power(case: Case, bench: Bench, repair: Repair) -> str | None:
    """A square too many, or left out"""
    if repair.node not in case.reading.errors_below:
        return "wrong-derivative"
    is_square = case.stage.node(repair.node).operation in ("square", "power")
    return "cost-used-as-gradient" if is_square else None


def of_transpose(case: Case, bench: Bench, repair: Repair) -> str:
    """An operand that should be transposed"""
    is_weight = case.origin(repair.old) in case.stage.parameters
    return "transposed-weights" if is_weight else "transposed-gradient"


def of_inserted(case: Case, bench: Bench, repair: Repair) -> str:
    """A factor that is left out"""
    is_constant = repair.new not in case.stage.dependent
    return "forward-factor-missing" if is_constant else "delta-not-multiplied-through"


def of_derivative(case: Case, bench: Bench, repair: Repair) -> str:
    """A derivative that is left out"""
    if not any(repair.old == error.node for error in case.stage.errors):
        return "missing-hidden-activation-derivative"
    return "delta-not-multiplied-through" if is_partial(case) else "missing-output-activation-derivative"


def is_partial(case: Case) -> bool:
    """Whether the output's own parameters have its derivative, which is left out on the way back to the others"""
    own = {one for layer in case.reading.forward.layers if case.is_output(layer) for one in layer.parameters}
    return not own & set(case.fault.mends)


NAMES: dict[Change, Callable[[Case, Bench, Repair], str | None]] = {
    Change.SIGN: of_sign,
    Change.OPERATION: of_operation,
    Change.POWER: of_power,
    Change.INDEX: lambda case, bench, repair: "wrong-index",
    Change.LABELS: lambda case, bench, repair: "labels-off-by-one",
    Change.MASK: lambda case, bench, repair: name_of_mask(case, repair, "relu-mask-inverted"),
    Change.TRANSPOSE: of_transpose,
    Change.AXIS: lambda case, bench, repair: None if case.role is Role.BIAS else "sum-over-wrong-axis",
    Change.TOTAL: lambda case, bench, repair: None if case.role is Role.BIAS else "gradient-summed-too-early",
    Change.ARRAY: name_of_array,
    Change.DROPPED: lambda case, bench, repair: None,
    Change.INSERTED: of_inserted,
    Change.DERIVATIVE: of_derivative,
    Change.ACCUMULATED: lambda case, bench, repair: "sum-not-accumulated",
    Change.REPEATED: lambda case, bench, repair: "repeated-index",
}


# Lines


def places_of(case: Case, bench: Bench, repair: Repair) -> list[Place]:
    """The lines of a change, most likely first"""
    node, own = case.stage.node(repair.node).place, case.node.place
    if repair.change is Change.DERIVATIVE and repair.old >= 0:
        errors = places_of_error(case, repair.old)
        return case.lines_after(*((node, *errors) if is_partial(case) else (*errors, node)))
    if repair.change is Change.INSERTED:
        # what is left out may be left out where the value that comes in was made
        above = [case.stage.node(one).place for one in case.operands() if one in case.reading.errors_below]
        return unique([*case.lines(), *(one for one in (*above, node) if one is not None)])
    if repair.change is Change.ARRAY and own is not None and node is not None and node.function != own.function:
        # the line of a helper function is right; the one that calls it hands over the wrong array
        inside = case.stage.program.descendants([repair.node], within=set(bench.local))
        made = [case.stage.node(one).place for one in sorted(inside - {case.node.id})]
        helpers = unique([one for one in made if one is not None and one.function != own.function])
        calls = [one for one in node.callers if one.function == own.function]
        return unique([*calls[:1], *case.lines(), node, *helpers[:LINES_OF_HELPER]])
    if node is not None and repair.node in case.into_right_steps:  # it is right, and used in the wrong place
        return unique([*case.lines(), node])
    return case.lines_after(node)


def places_of_error(case: Case, id: int) -> list[Place]:
    """Where the difference of outputs and targets is named, and where it is made if the cost does not use it"""
    error = case.stage.node(id)
    found = naming_places(case.sources, error)
    if error.place is not None and id not in case.reading.forward.nodes:
        found.append(error.place)  # it is not a part of the cost, so the derivative may be missing there
    return found


def detail_of(case: Case, repair: Repair) -> str:
    """What should stand in the place of what, if both are in the file: "- -> *", "h -> h ** 2"; empty otherwise."""
    node = case.stage.node(repair.node)
    if repair.change is Change.OPERATION:
        # a number that does nothing under the other operation, as in "- 1" and "* 1", is rather one too many
        is_of_arrays = len(argument_ids(node)) == len(node.arguments)
        return f"{SYMBOLS[node.operation]} -> {SYMBOLS[repair.operation]}" if is_of_arrays else ""
    old = written(case, repair.old)
    if repair.change is Change.POWER and old:
        return f"{old} -> {old} ** 2"
    new = written(case, repair.new) if repair.change is Change.ARRAY else ""
    return f"{old} -> {new}" if old and new else ""


def written(case: Case, id: int) -> str:
    """A value as the user writes it; empty if it is only known by its operation or by the line that it goes into."""
    if id < 0:
        return ""
    found = expression(case.stage, id)
    is_name = found in case.stage.node(id).names or id in case.stage.parameters
    return found if is_name or " " in found else ""
