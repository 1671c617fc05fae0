"""Rules about scalers of scikit-learn: what they scale, and whether it is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

from ...recording.source import called_name
from ..findings import Check, Finding, Rule, Severity, Subject, Value
from ..loss_names import CROSSENTROPIES
from ..source.places import argument_of, base_name, is_at, names_in, names_of
from .data_rules import scales_itself

SCALERS = re.compile(r"(?:\w+\.)*(?:(?:MinMax|Standard|Robust|MaxAbs)Scaler|(?:Power|Quantile)Transformer)\(")
TRANSFORMS = ("fit_transform", "transform")
LOOKS = ("shape", "columns", "describe", "head", "ndim")  # attributes that say nothing of the values
SHOWING = ("print", "len", "type", "display")  # functions that use no value


def scaled_target_rules(subject: Subject) -> Finding:
    """A loss and a metric for classes, for one column of targets that the script scales: they are quantities."""
    head, loss = subject.head, subject.loss_name
    if head is None or head.units != 1 or subject.targets is not None or not scales_targets(subject):
        return
    values: dict[str, Value] = {"loss": loss, "units": head.units}
    if loss in CROSSENTROPIES:
        yield subject.at(subject.loss_place, Check.REGRESSION_UNDER_CROSSENTROPY, Severity.SUSPICION, values)
    for name in [name for name in subject.metrics if name in ("accuracy", "acc", "binary_accuracy")][:1]:
        yield subject.at(
            subject.program.places.compile, Check.ACCURACY_OF_REGRESSION, Severity.SUSPICION, {"metric": name, **values}
        )


def scales_targets(subject: Subject) -> bool:
    """Whether a scaler of scikit-learn is applied to what fit is given as y, and not to a table that it is of."""
    pairs = subject.assigned
    scalers = {name for names, value in pairs if SCALERS.match(ast.unparse(value)) for name in names}
    given = [
        pair for pair in zip(subject.fitted("x", 0), subject.fitted("y", 1)) if len(set(map(ast.unparse, pair))) > 1
    ]
    wanted = {base_name(y) for _, y in given} - {None}
    wanted |= {base_name(value) for names, value in pairs if names & wanted} - {None}
    made = [
        part for names, value in pairs if names & wanted and isinstance(value, ast.Call) for part in ast.walk(value)
    ]
    transforms = [part.value for part in made if isinstance(part, ast.Attribute) and part.attr in TRANSFORMS]
    return any(ast.unparse(by) in scalers or SCALERS.match(ast.unparse(by)) for by in transforms)


def unread_scaling_rules(subject: Subject) -> Finding:
    """The result of a scaler that nothing reads, while fit is given what was scaled as it is."""
    if scales_itself(subject.program.model):
        return
    pairs = subject.assigned
    scalers = {name for names, value in pairs if SCALERS.match(ast.unparse(value)) for name in names}
    fits = [call for source, call, name in subject.calls() if is_at(source, call, subject.program.places.fit)]
    inputs, targets = (sources_of([argument_of(call, *one) for call in fits], pairs) for one in (("x", 0), ("y", 1)))
    for source, tree in subject.code:
        for node in ast.walk(tree):
            made = names_of(node.targets[0]) if isinstance(node, ast.Assign) else set()
            scaled = names_in(scaled_by(node.value, scalers)) if isinstance(node, ast.Assign) else set()
            check = Check.UNREAD_SCALING if scaled & inputs else Check.UNREAD_TARGET_SCALING
            if made.isdisjoint(inputs | targets) and scaled & (inputs | targets) and not is_read(made, subject):
                yield subject.at(source.place(node), check, Severity.SUSPICION, {"made": min(made)})


def scaled_by(value: ast.expr, scalers: set[str]) -> ast.expr | None:
    """What a call of ``transform`` scales, as it is or in a new table; None if an expression is not such a call."""
    if isinstance(value, ast.Call) and called_name(value) == "DataFrame" and value.args:
        value = value.args[0]
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in TRANSFORMS):
        return None
    by = ast.unparse(value.func.value)
    return value.args[0] if value.args and (by in scalers or SCALERS.match(by)) else None


def sources_of(given: Iterable[ast.expr | None], pairs: Sequence[tuple[set[str], ast.expr]]) -> set[str]:
    """The names that expressions use, and those that these were computed from."""
    names = set().union(*map(names_in, given))
    while more := set().union(*(names_in(value) for made, value in pairs if made & names)) - names:
        names |= more
    return names


def is_read(names: set[str], subject: Subject) -> bool:
    """Whether the values of names are read anywhere in the file: their shape is not, nor what is only printed."""
    idle = {
        part
        for _, tree in subject.code
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in LOOKS)
        or (isinstance(node, ast.Call) and called_name(node) in SHOWING)
        for part in ast.walk(node)
    }
    nodes = (node for _, tree in subject.code for node in ast.walk(tree) if node not in idle)
    return any(isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names for node in nodes)


SCALING_RULES: tuple[Rule, ...] = (unread_scaling_rules,)
