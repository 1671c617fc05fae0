"""The pytest face of ``harness check``: ``pytest --backprop FILE``, and the fixture ``check_backprop``.

Nothing of the harness is imported before it is asked for, so pytest starts as quickly without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .checking.by_name.judge import Report


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("backprop", "neural-network math written by hand")
    group.addoption(
        "--backprop",
        action="append",
        default=[],
        metavar="FILE",
        help="check this file's forward and backward pass, one test for each quantity and layer; may be repeated",
    )
    group.addoption(
        "--backprop-cost", default=None, metavar="NAME", help="the cost it is for; found by trying otherwise"
    )


def asked_for(config: pytest.Config) -> list[Path]:
    return [Path(config.invocation_params.dir, name).resolve() for name in config.getoption("backprop")]


def pytest_configure(config: pytest.Config) -> None:
    files = asked_for(config)
    for path in files:
        if not path.is_file():
            raise pytest.UsageError(f"--backprop: {path.name} is no file; give a file to check")
    if not files:
        return
    named = [argument for argument in config.invocation_params.args if not str(argument).startswith("-")]
    given = {str(Path(config.invocation_params.dir, str(argument).split("::")[0]).resolve()) for argument in named}
    if config.args_source is not pytest.Config.ArgsSource.ARGS or given <= {str(path) for path in files}:
        config.args = []  # no tests were named: these files alone
    config.args += [str(path) for path in files]


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """In place of the module, which would be imported into this process."""
    if module_path.resolve() in asked_for(parent.config):
        return BackpropFile.from_parent(parent, path=module_path)
    return None


class BackpropFile(pytest.File):
    """A file that is checked once; its items are the quantities."""

    def collect(self) -> Iterable[pytest.Item]:
        from .checking import by_name as check

        report = check.check_file(self.path, check.options(cost=self.config.getoption("backprop_cost")))
        for quantity in (*report.agrees, *report.differs):
            yield BackpropItem.from_parent(self, name=str(quantity), report=report, right=quantity in report.agrees)
        yield BackpropItem.from_parent(self, name="verdict", report=report, right=report.verdict == check.CORRECT)


class BackpropItem(pytest.Item):
    """One quantity of one layer, or the verdict on the whole file."""

    def __init__(self, *, report: Report, right: bool, **of_item: Any) -> None:
        super().__init__(**of_item)
        self.report, self.right = report, right

    def runtest(self) -> None:
        if not self.right:
            raise NotRight(self.report)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, NotRight):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"


class NotRight(AssertionError):
    """The math is not right; the message is the report."""

    def __init__(self, report: Report) -> None:
        from .report import by_name as check_report

        super().__init__(check_report.text(report))
        self.report = report


@pytest.fixture
def check_backprop() -> Callable[..., Report]:
    """``check_backprop(path_or_functions, cost=None)``: fails with the report unless all is right; gives it otherwise.

    A path is checked in a child process. Functions are a dictionary of them by name ("forward", "backward", ..), a
    module, or an object that has them, and are called in this process.
    """

    def check_backprop(path_or_functions: Any, cost: str | None = None) -> Report:
        from .checking import by_name as check

        options = check.options(cost=cost)
        if isinstance(path_or_functions, (str, Path)):
            report = check.check_file(Path(path_or_functions), options)
        else:
            named = not isinstance(path_or_functions, Mapping) and getattr(path_or_functions, "__name__", None)
            report = check.check_functions(path_or_functions, options, named or "functions")
        if report.verdict != check.CORRECT:
            __tracebackhide__ = True
            raise NotRight(report)
        return report

    return check_backprop
