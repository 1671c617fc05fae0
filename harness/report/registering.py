"""Says which module of page/ draws a type of results; it is imported when its first page or figure is made."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..results import as_figure, as_page


def register_page(kind: type, module: str) -> None:
    """Show results of a type on the page that ``page_of`` of this module makes."""

    def page(result: object) -> Any:
        return import_module(f".page.{module}", __package__).page_of(result)

    as_page.register(kind, page)


def register_figure(kind: type, module: str) -> None:
    """Show results of a type at one look by the chart that ``figure_of`` of this module makes."""

    def figure(result: object) -> Any:
        return import_module(f".page.{module}", __package__).figure_of(result)

    as_figure.register(kind, figure)
