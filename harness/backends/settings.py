"""Settings by which the cases of two sides differ, and a case with one of them taken from the other side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..errors import shown
from .case import Case
from .configs import Config, changed, layer_configs

IGNORED = ("name", "dtype", "shared_object_id", "trainable", "build_config", "registered_name", "module")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A setting that two sides have different values of."""

    layer: str  # path of the layer; "" of the optimizer and the loss
    part: str  # "layer", "optimizer" or "loss"
    key: str  # name of the setting, "class" for the class itself
    # left, right: the values, as texts for reports
    left: str
    right: str


def value_text(value: Any) -> str:
    """A value of a configuration in a few characters: an object by its class."""
    return str(value["class_name"]) if isinstance(value, dict) and "class_name" in value else shown(value)


def differing(part: str, layer: str, left: Config, right: Config) -> Iterator[Setting]:
    """The settings of one layer, optimizer or loss that differ."""
    if isinstance(left, str) or isinstance(right, str):
        if left != right:
            yield Setting(layer=layer, part=part, key="class", left=value_text(left), right=value_text(right))
        return
    if left["class_name"] != right["class_name"]:
        yield Setting(layer=layer, part=part, key="class", left=left["class_name"], right=right["class_name"])
        return
    ours, theirs = left["config"], right["config"]
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        if ours != theirs:
            yield Setting(layer=layer, part=part, key="class", left=value_text(ours), right=value_text(theirs))
        return
    for key in ours:
        if key not in IGNORED and key in theirs and ours[key] != theirs[key]:
            yield Setting(layer=layer, part=part, key=key, left=value_text(ours[key]), right=value_text(theirs[key]))


def differing_settings(left: Case, right: Case) -> list[Setting]:
    """Every setting in which the configurations of two cases differ, in the order of the layers."""
    theirs = dict(layer_configs(right.model))
    settings = [
        setting
        for path, config in layer_configs(left.model)
        if path in theirs
        for setting in differing("layer", path, config, theirs[path])
    ]
    settings += differing("loss", "", left.loss, right.loss)
    settings += differing("optimizer", "", left.optimizer, right.optimizer)
    return settings


def with_setting_of(case: Case, other: Case, setting: Setting) -> Case:
    """The case with one setting of another case."""
    if setting.part == "loss":
        return replace(case, loss=_taken(case.loss, other.loss, setting.key))
    if setting.part == "optimizer":
        return replace(case, optimizer=_taken(case.optimizer, other.optimizer, setting.key))
    theirs = dict(layer_configs(other.model))[setting.layer]
    ours = dict(layer_configs(case.model))[setting.layer]

    def change(key: str, value: Any) -> Any:
        return _taken(value, theirs, setting.key) if value == ours else value

    return replace(case, model=changed(case.model, change))


def _taken(ours: Config, theirs: Config, key: str) -> Config:
    """A configuration with one setting of another one."""
    if key == "class":
        kept = {name: ours[name] for name in ("name", "inbound_nodes") if isinstance(ours, dict) and name in ours}
        return {**theirs, **kept} if isinstance(theirs, dict) else theirs
    return ours | {"config": ours["config"] | {key: theirs["config"][key]}}
