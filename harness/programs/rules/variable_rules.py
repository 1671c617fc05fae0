"""Rules about variables of TensorFlow in layers and models: this version of Keras does not train them."""

from __future__ import annotations

import ast
from typing import Any

import keras
import tensorflow as tf

from ...recording.source import called_name
from ..findings import Check, Finding, Rule, Severity, Subject
from ..source.places import Place


def untracked_rules(subject: Subject) -> Finding:
    """Variables that the user's own classes keep as attributes, if a usual call of ``fit`` is to train them."""
    program = subject.program
    model = program.model
    if program.is_trained_otherwise or not _has_usual_step(model):
        return
    owners = [model, *model._flatten_layers(include_self=False)]
    names = list(dict.fromkeys(name for owner in owners for name in untracked_names(owner)))
    if not names:
        return
    is_idle = not model.trainable_weights
    yield subject.at(
        _assigned_at(subject, names[0]) or program.places.fit,
        Check.UNTRACKED_VARIABLES if is_idle else Check.UNTRACKED_IN_PART,
        Severity.CONTRADICTION if is_idle else Severity.SUSPICION,
        {"names": tuple(names)},
    )


def untracked_names(owner: Any) -> list[str]:
    """The attributes of a layer that hold trainable variables of TensorFlow."""
    return [name for name, value in vars(owner).items() if isinstance(value, tf.Variable) and value.trainable]


def _has_usual_step(model: Any) -> bool:
    """Whether updates are made by Keras, and not by a ``train_step`` of the user's."""
    return getattr(type(model), "train_step", None) is keras.Model.train_step


def _assigned_at(subject: Subject, name: str) -> Place | None:
    """Where an attribute is given a variable in the user's file."""
    for source, tree in subject.code:
        for node in ast.walk(tree):
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            names = [target.attr for target in node.targets if isinstance(target, ast.Attribute)]
            if name in names and called_name(node.value) == "Variable":
                return source.place(node)
    return None


VARIABLE_RULES: tuple[Rule, ...] = (untracked_rules,)
