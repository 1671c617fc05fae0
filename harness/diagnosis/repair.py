"""One repair: what it replaces, how far the program's own choice is from usual practice, and how it is made."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..programs.changes import Change, ChangeKind, Value
from ..programs.copies import copied_model
from .faults import Fault
from .variants import Variant

Apply = Callable[[Variant], Variant]
CERTAIN = 3.0  # doubt of a contradiction: nothing else is asked in its place


@dataclass(frozen=True, kw_only=True)
class Repair:
    """One repair."""

    key: str  # unique among the repairs of a program
    fault: Fault  # what it repairs
    doubt: float  # 0 to 3, see the module
    apply: Apply  # from a variant to the repaired one
    changes: tuple[Change, ...]  # what an edit replaces in the user's program
    block: str = ""  # repairs of one block are taken back together first
    replaces: tuple[str, ...] = ()  # keys of repairs that have no effect beside this one


def layers_repair(
    *,
    key: str,
    fault: Fault,
    doubt: float,
    kind: ChangeKind,
    layers: Iterable[tuple[str, Value, Value]],
    settings: tuple[str, ...],
) -> Repair:
    """A repair that gives some layers another value of a setting.

    Args:
        layers: the name of each, the value that it has and the one that it gets
        settings: the arguments of layers that are given the value, if a layer has them
    """
    layers = tuple(layers)
    return Repair(
        key=key,
        fault=fault,
        doubt=doubt,
        apply=_with_settings({name: dict.fromkeys(settings, new) for name, _, new in layers}),
        changes=tuple(Change(kind=kind, layer=name, old=old, new=new) for name, old, new in layers),
        block="layers",
    )


def added_layer(before: str, make: Callable[[], Any]) -> Apply:
    """A repair that puts a new layer before a named one."""
    return lambda variant: change_layers(variant, lambda layer: [make(), layer] if layer.name == before else layer)


def step(value: float, *levels: tuple[float, float]) -> float:
    """The doubt of the first level, in descending order, that a value reaches; 0 below all."""
    return next((doubt for level, doubt in levels if value >= level), 0.0)


def change_layers(variant: Variant, change: Callable[[Any], Any]) -> Variant:
    """The variant with ``change`` applied to a fresh copy of each layer of its network."""
    program = variant.program
    model = copied_model(program.model, 0, change=change, sample=program.sample)
    return dataclasses.replace(variant, program=program.with_model(model))


def configured(thing: Any, **settings: Any) -> Any:
    """A layer or an optimizer of the same kind, with those settings replaced that it has."""
    config = thing.get_config()
    return type(thing).from_config(config | {name: value for name, value in settings.items() if name in config})


def _with_settings(names: dict[str, dict[str, Any]]) -> Callable[[Variant], Variant]:
    """A repair that replaces settings of named layers."""

    def change(layer: Any) -> Any:
        settings = names.get(layer.name)
        return configured(layer, **settings) if settings else layer

    return lambda variant: change_layers(variant, change)
