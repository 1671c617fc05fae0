"""The pytest face of ``harness check``: ``pytest --backprop FILE``, and the fixture ``check_backprop``.

Nothing of the harness is imported before it is asked for, so pytest starts as quickly without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .checking.result import CheckResult

NUMBERS = "backprop"  # the property of a test that has its numbers


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("backprop", "neural-network math written by hand")
    group.addoption(
        "--backprop",
        action="append",
        default=[],
        metavar="FILE",
        help="file whose gradients are checked, one test for each of its parameters; may be repeated",
    )
    group.addoption(
        "--backprop-run",
        default=None,
        metavar="LINES",
        help="Python lines that make the file train (default: detected)",
    )


def asked_for(config: pytest.Config) -> list[Path]:
    return [Path(config.invocation_params.dir, name).resolve() for name in config.getoption("backprop")]


def pytest_configure(config: pytest.Config) -> None:
    files = asked_for(config)
    for path in files:
        if not path.is_file():
            raise pytest.UsageError(f"--backprop: {path.name} is not a file; give a file to check")
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


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each quantity that was compared, with its numbers."""
    reports = [one for reports in terminalreporter.stats.values() for one in reports]
    lines = {
        (one.nodeid, value) for one in reports for name, value in getattr(one, "user_properties", ()) if name == NUMBERS
    }
    if lines:
        terminalreporter.section("backprop")
        for _, line in sorted(lines):
            terminalreporter.write_line(line)


class BackpropFile(pytest.File):
    """A file that is checked once; its items are the quantities that were compared, and the verdict."""

    def collect(self) -> Iterable[pytest.Item]:
        from .checking.accepting import accept_known
        from .checking.check import check_file
        from .checking.pair_verdicts import wrong_gradients
        from .checking.result import Agreement
        from .report.quantities import gradient_line, parameter_line, parameter_text

        result = accept_known(check_file(self.path, run=self.config.getoption("backprop_run")))
        spoiled = {name for mistake in result.mistakes for name in mistake.parameters if not mistake.accepted}
        accepted = {name for mistake in result.mistakes for name in mistake.parameters if mistake.accepted} - spoiled
        for one in result.parameters:
            yield QuantityItem.from_parent(
                self,
                name=f"update of {one.name}",
                result=result,
                right=one.name in accepted or (one.aligned and one.name not in spoiled),
                line=parameter_line(one),
                failure=parameter_text(result, one),
            )
        for pair in result.pairs:
            wrong = list(wrong_gradients(pair))
            for gradient in pair.gradients:
                line = gradient_line(pair, gradient)
                yield QuantityItem.from_parent(
                    self,
                    name=f"{pair.name}: {gradient.name}",
                    result=result,
                    right=None if gradient.agreement is Agreement.NOT_JUDGED else gradient not in wrong,
                    line=line,
                    failure=line,
                )
        yield VerdictItem.from_parent(self, name="verdict", result=result)


class CheckItem(pytest.Item):
    """A part of the check of a file."""

    def __init__(self, *, result: CheckResult, **of_item: Any) -> None:
        super().__init__(**of_item)
        self.result = result

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, NotRight):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"


class QuantityItem(CheckItem):
    """One quantity; it shows its own numbers, and the report is shown by the verdict."""

    def __init__(self, *, right: bool | None, line: str, failure: str, **of_item: Any) -> None:
        super().__init__(**of_item)
        self.right, self.failure = right, failure
        self.user_properties.append((NUMBERS, line))

    def runtest(self) -> None:
        if self.right is None:
            pytest.skip(self.failure)
        if not self.right:
            raise NotRight(self.failure)


class VerdictItem(CheckItem):
    """The verdict on the whole file, with the report."""

    def runtest(self) -> None:
        from .checking.result import Verdict
        from .report.checking import text

        if self.result.verdict is Verdict.NOT_JUDGED:
            pytest.skip(text(self.result))
        if self.result.verdict is not Verdict.CORRECT and not self.result.is_accepted:
            raise NotRight(text(self.result))


class NotRight(AssertionError):
    """The math is not right; the message is the report."""


@pytest.fixture
def check_backprop() -> Callable[..., CheckResult]:
    """``check_backprop(path_or_module, run=None)``: fails with the report unless all is right.

    The file is recorded in a child process; ``run`` has the lines that make it train, if they are not detected.
    """

    def check_backprop(path_or_module: str | Path | ModuleType, run: str | None = None) -> CheckResult:
        __tracebackhide__ = True
        path = path_or_module.__file__ if isinstance(path_or_module, ModuleType) else path_or_module
        return check_path(Path(path or ""), run)

    return check_backprop


def check_path(path: Path, run: str | None) -> CheckResult:
    """Check a file; raises NotRight unless it is correct, or its mistakes are accepted at their lines."""
    from .checking.accepting import accept_known
    from .checking.check import check_file
    from .checking.result import Verdict
    from .report.checking import text

    __tracebackhide__ = True
    result = accept_known(check_file(path, run=run))
    if result.verdict is not Verdict.CORRECT and not result.is_accepted:
        raise NotRight(text(result))
    return result
