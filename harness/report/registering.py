"""Says which module of page/ draws a type of results; it is imported when its first page or picture is made."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ..results import as_cards, as_figure, as_page

# of a module of page/
FUNCTIONS: dict[Callable[[Any], Any], str] = {as_page: "page_of", as_figure: "figure_of", as_cards: "cards_of"}


def register_drawings(kind: type, module: str, *ways: Callable[[Any], Any]) -> None:
    """Draw results of a type in these ways by the functions of this module of page/."""
    for way in ways:

        def draw(result: object, name: str = FUNCTIONS[way]) -> Any:
            return getattr(import_module(f".page.{module}", __package__), name)(result)

        way.register(kind, draw)  # type: ignore[attr-defined]
