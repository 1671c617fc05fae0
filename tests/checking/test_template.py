"""Files with the functions of ``harness new``, in any layout of their weights."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from harness import BadInput
from harness.checking import template
from harness.checking.check import check_file
from harness.checking.result import Verdict
from tests.network_files import FILES, text_of

NOT_FILES = {"bench.py"}
# each number of the first two is recorded by itself; the others add a feature that tests of its own are about
SLOW_FILES = {"loops", "softmax_loops", "softmax_rows", "network_class"}


def is_slow(path: Path) -> bool:
    """Whether a file takes seconds, or differs from a quick one in its layout only."""
    return path.stem in SLOW_FILES or "columns" in path.stem


JUDGED_FILES = [
    pytest.param(path, marks=pytest.mark.slow if is_slow(path) else (), id=path.stem)
    for path in sorted(FILES.glob("*.py"))
    if path.name not in NOT_FILES
]


@pytest.mark.every(2)
@pytest.mark.parametrize("path", JUDGED_FILES)
def test_a_right_file_is_right_in_its_own_layout(path: Path, tmp_path: Path) -> None:
    """The file lies alone, because those beside it that seem to use it would be run as well."""
    result = check_file(shutil.copy(path, tmp_path))
    assert result.verdict is Verdict.CORRECT
    assert all(parameter.aligned for parameter in result.parameters)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "right", "wrong", "id"),
    [
        ("columns", "np.sum(dZ, axis=1", "np.mean(dZ, axis=1", "bias-gradient-averaged"),
        ("softmax_rows", " * (below > 0)", "", "missing-hidden-activation-derivative"),
        ("softmax_columns", "(1 - activations[level] ** 2)", "(1 - activations[level])", "wrong-derivative"),
    ],
)
def test_the_line_of_a_mistake_is_found(tmp_path: Path, file: str, right: str, wrong: str, id: str) -> None:
    text = text_of(file)
    assert text.count(right) == 1
    (tmp_path / "mine.py").write_text(text.replace(right, wrong))
    result = check_file(tmp_path / "mine.py")
    assert [found.id for found in result.mistakes[:1]] == [id]
    place = result.mistakes[0].place
    assert place is not None
    assert place.line == 1 + text[: text.index(right)].count("\n")


@pytest.mark.slow
def test_a_step_that_climbs_is_wrong_though_its_gradients_are_right(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(text_of("matrix").replace("w - learning_rate * g", "w + learning_rate * g"))
    assert [found.id for found in check_file(tmp_path / "mine.py").mistakes] == ["gradient-ascent"]


@pytest.mark.parametrize(
    "text",
    [
        "def forward(weights, x):\n    return x\n",
        "def forward(cache, x):\n    return x\ndef backward(weights, x, y):\n    return x\n",
        "def backward(weights, x, y):\n    return x\n",
        "def forward(",
    ],
)
def test_other_files_do_not_follow_the_template(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.py").write_text(text)
    assert template.programs_of(tmp_path / "mine.py") == []


def test_the_template_is_written_once_and_not_judged_before_it_is_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    template.write(path)
    assert check_file(path).verdict is Verdict.NOT_JUDGED
    with pytest.raises(BadInput, match="exists already"):
        template.write(path)
    with pytest.raises(BadInput, match=r"ends in \.py"):
        template.write(tmp_path / "mine.txt")


def test_a_full_disk_is_reported_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(BadInput, match=r"mine\.py: .* \(No space .*\); make room, or give another name$"):
        template.write(tmp_path / "mine.py")


@pytest.mark.slow
def test_the_filled_template_is_right(tmp_path: Path) -> None:
    """Each function of the template gets the body of the same function in a file that is right."""
    path = tmp_path / "mine.py"
    template.write(path)
    bodies = {part.split("(")[0]: part.split(":\n", 1)[1] for part in text_of("matrix").split("\ndef ")[1:]}
    head, *parts = path.read_text().split("\ndef ")
    filled = [head, *(p.replace("    raise NotImplementedError\n", bodies[p.split("(")[0]]) for p in parts)]
    helpers = "".join(
        f"\n\ndef {name}({'z' if name == 'sigmoid' else 'a'}):\n{bodies[name]}" for name in ("sigmoid", "ones_before")
    )
    path.write_text("\ndef ".join(filled) + helpers)
    assert check_file(path).verdict is Verdict.CORRECT
