"""Settings that a person or a service would give: of experiments, pages with widgets, and commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..graph import Absorbed
from .absorbed import Absorbing, Settings

Note = Callable[..., None]
ANSWERS = (
    (r"\by(es)?\s*[/|]\s*no?\b", "y"),
    (r"epoch|iteration|hidden|neuron|units|nodes", "5"),
    (r"learning|\brate\b|alpha|momentum", "0.1"),
    (r"\bfile|path", "data.csv"),
)
TRAINS = re.compile(r"-*(train(ing)?|fit|learn|mlp|a?nn|neural[_ -]?net\w*|network)", re.IGNORECASE)
SMALL = ("xor", "toy", "and", "or", "simple", "random", "synthetic", "moons", "spiral", "iris")


def answer_to(question: str) -> str:
    """What a person might type."""
    return next((text for pattern, text in ANSWERS if re.search(pattern, question, re.IGNORECASE)), "1")


def number_named(name: str) -> float | int | None:
    """A usual value of a setting of this name; None if the name says nothing."""
    text = next((text for pattern, text in ANSWERS[1:3] if re.search(pattern, name, re.IGNORECASE)), None)
    return None if text is None else float(text) if "." in text else int(text)


def smallest(choices: Iterable[Any]) -> Any:
    """The choice that names the smallest data, else the first."""
    choices = list(choices)
    return next((one for word in SMALL for one in choices if str(one).lower() == word), choices[0])


def training(choices: Iterable[Any]) -> Any:
    """The choice that trains a network, as far as its name says so; else the smallest."""
    choices = list(choices)
    return next((one for one in choices if TRAINS.fullmatch(str(one))), None) or smallest(choices)


def guessed(kind: Any, choices: Iterable[Any] | None) -> Any:
    """A value of a required argument of a command.

    Args:
        kind: the type that it is converted to.
        choices: that are allowed, if not all are.
    """
    return smallest(choices) if choices else {int: 3, float: 0.1}.get(kind, "data.csv")


def of_modules(note: Note) -> dict[str, dict[str, Any]]:
    """What absorbed modules give by name, by module."""
    return {
        "wandb": experiments(note),
        "streamlit": widgets(note),
        # a decorator of a function that gets the settings of a file
        "hydra": {"main": lambda *_, **__: lambda function: lambda: function(Settings("config"))},
        # where a data set would be: in files that are missing
        "kagglehub": {"dataset_download": lambda name, *_, **__: str(name).rsplit("/", 1)[-1]},
    }


# Experiments


def experiments(note: Note) -> dict[str, Any]:
    """The settings of Weights & Biases: those of the file, or the first of each that it would try."""
    config = Settings("config")
    run = Absorbing("run")
    run.__dict__["config"] = config
    swept: dict[str, Any] = {}

    def initialise(*_: Any, config: Any = None, **__: Any) -> Any:
        values = config if isinstance(config, Mapping) else vars(config) if hasattr(config, "__dict__") else {}
        run.config.update(values)
        run.config.update(swept)
        return run

    def sweep(plan: Any = None, *_: Any, **__: Any) -> str:
        note(Absorbed.INPUT, "wandb.sweep")
        for name, choice in (plan or {}).get("parameters", {}).items():
            values = choice.get("values") or [choice.get("value", choice.get("min"))]
            swept[name] = values[0]
        return "sweep"

    def agent(_: Any = None, function: Any = None, *__: Any, **___: Any) -> None:
        if function is not None:
            function()

    return {"init": initialise, "config": config, "run": run, "sweep": sweep, "agent": agent}


# Widgets


class _State(dict[str, Any]):
    """A dictionary whose items are attributes."""

    __setattr__ = dict.__setitem__

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]


def widgets(note: Note) -> dict[str, Any]:
    """The widgets of a page of Streamlit, as they are before anybody touches them; every button is pressed."""

    def number(label: str = "", low: Any = None, high: Any = None, value: Any = None, *_: Any, **options: Any) -> Any:
        note(Absorbed.INPUT, str(label))
        low = options.get("min_value", low)
        known = value if value is not None else low if low is not None else number_named(str(label))
        return 0 if known is None else known

    def text(label: str = "", value: Any = None, *_: Any, **__: Any) -> str:
        note(Absorbed.INPUT, str(label))
        return answer_to(str(label)) if value is None else str(value)

    def choice(label: str = "", options: Any = (), index: Any = 0, *_: Any, **__: Any) -> Any:
        note(Absorbed.INPUT, str(label))
        return list(options)[index or 0]

    def several(label: str = "", options: Any = (), default: Any = None, *_: Any, **__: Any) -> Any:
        note(Absorbed.INPUT, str(label))
        return list(options)[:1] if default is None else default

    def switch(_: str = "", value: bool = False, *__: Any, **___: Any) -> bool:
        return value

    def parts(count: Any, *_: Any, **__: Any) -> list[Any]:
        return [page for _ in range(count if isinstance(count, int) else len(count))]

    found: dict[str, Any] = {
        **dict.fromkeys(("number_input", "slider"), number),
        **dict.fromkeys(("text_input", "text_area"), text),
        **dict.fromkeys(("selectbox", "radio", "select_slider"), choice),
        **dict.fromkeys(("checkbox", "toggle"), switch),
        **dict.fromkeys(("button", "form_submit_button"), lambda *_, **__: True),
        **dict.fromkeys(("columns", "tabs"), parts),
        "multiselect": several,
        "file_uploader": lambda *_, **__: None,
        "session_state": _State(),
    }
    page = Absorbing("page")
    page.__dict__.update(found)
    return found | {"sidebar": page}


# Commands


def install_commands(click: Any, note: Note) -> None:
    """Let commands of click run without what would be typed."""
    real = click.core.BaseCommand.main if hasattr(click.core, "BaseCommand") else click.Command.main
    kinds = {"integer": int, "float": float}

    def main(self: Any, args: Any = None, *_: Any, **__: Any) -> Any:
        commands = getattr(self, "commands", {})
        if commands:
            note(Absorbed.INPUT, "command-line arguments")
            args = [next((name for name in commands if "train" in name), next(iter(commands)))]
        for parameter in [one for command in (self, *commands.values()) for one in command.params]:
            if parameter.required:
                note(Absorbed.INPUT, "command-line arguments")
                kind = parameter.type
                parameter.required = False
                parameter.default = guessed(kinds.get(kind.name), getattr(kind, "choices", None))
        return real(self, args or [], standalone_mode=False)

    click.Command.main = main
