"""The file as it was executed: what it and the files that it imports define, and its state before each attempt."""

from __future__ import annotations

import copy
import inspect
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ..running import OWN_FOLDER
from .source import FileFacts, read_source
from .updates import UpdateLine


def collect_facts(namespace: Mapping[str, Any], source: str) -> tuple[FileFacts, dict[str, FileFacts]]:
    """The facts of the file and of the user's other files that it imports.

    Returns:
        all that the file can name, and the facts of each file by the name that its code objects have.
    """
    main = read_source(source)
    main.own_functions, main.own_classes = dict(main.functions), list(main.classes)
    main.lines = source.splitlines()
    files = {_code_name(namespace): main}
    root = os.path.dirname(os.path.abspath(str(namespace.get("__file__", "."))))
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if not isinstance(module, ModuleType) or not path or path in files or not _is_users(path, root):
            continue
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                text = stream.read()
            facts = read_source(text)
        except (OSError, SyntaxError, ValueError):
            continue
        facts.own_functions, facts.own_classes, facts.lines = (
            dict(facts.functions),
            list(facts.classes),
            text.splitlines(),
        )
        files[path] = facts
    for facts in list(files.values())[1:]:
        main.add(facts)
    return main, files


def update_table(files: Mapping[str, FileFacts]) -> dict[str, tuple[UpdateLine, ...]]:
    """The update statements of each file; those of the file itself under its path too, as a script may import it."""
    table = {name: tuple(_all_updates(facts)) for name, facts in files.items()}
    table |= {os.path.abspath(name): updates for name, updates in table.items()}
    return table


def loaded_from(name: str, files: Mapping[str, FileFacts]) -> tuple[str, Any] | None:
    """The module of the user's that defines a name, and what it stands for."""
    for module_name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        facts = files.get(path) if path else None
        if facts is not None and (name in facts.own_functions or name in facts.own_classes) and hasattr(module, name):
            return module_name, getattr(module, name)
    return None


def _all_updates(facts: FileFacts) -> list[UpdateLine]:
    functions = [
        *facts.own_functions.values(),
        *(m for name in facts.own_classes for m in facts.classes[name].methods.values()),
    ]
    return [update for function in functions for update in function.updates]


def _is_users(path: str, root: str) -> bool:
    whole = os.path.abspath(path)
    if not path.endswith(".py") or not whole.startswith((root + os.sep, os.path.dirname(root) + os.sep)):
        return False
    is_installed = re.search(r"site-packages|dist-packages|lib/python\d", path)
    return OWN_FOLDER not in Path(whole).parents and not is_installed


def _code_name(namespace: Mapping[str, Any]) -> str:
    """The file name in the code objects of the executed file."""
    module = namespace.get("__name__")
    for value in namespace.values():
        if isinstance(value, FunctionType) and value.__module__ == module:
            return value.__code__.co_filename
        if inspect.isclass(value) and value.__module__ == module:
            for item in vars(value).values():
                inner = item.__func__ if isinstance(item, (staticmethod, classmethod)) else item
                # not what dataclasses and enumerations generate
                written = (
                    isinstance(inner, FunctionType) and inner.__module__ == module and not hasattr(inner, "__wrapped__")
                )
                if written and inner.__code__.co_filename != "<string>":
                    return inner.__code__.co_filename
    return str(namespace.get("__file__", "<file>"))


class Saved:
    """The file's global variables and class attributes, so that one attempt does not change what the next one finds."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.names = set(namespace)
        self.values: dict[str, Any] = {}
        self.attributes: list[tuple[type, str, Any]] = []
        for name, value in list(namespace.items()):
            if name.startswith("__") or isinstance(value, (ModuleType, FunctionType, type)) or callable(value):
                if inspect.isclass(value) and value.__module__ == namespace.get("__name__"):
                    for key, item in list(vars(value).items()):
                        if isinstance(item, (list, dict, np.ndarray)) and not key.startswith("__"):
                            self.attributes.append((value, key, copy.deepcopy(item)))
                continue
            try:
                self.values[name] = copy.deepcopy(value)
            except Exception:  # generators, files, locks: left as they are
                continue

    def restore(self) -> None:
        """Puts everything back."""
        for name in [name for name in self.namespace if name not in self.names]:
            del self.namespace[name]
        for name, value in self.values.items():
            self.namespace[name] = copy.deepcopy(value)
        for owner, key, item in self.attributes:
            setattr(owner, key, copy.deepcopy(item))
