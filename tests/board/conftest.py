"""What the tests of TensorBoard share."""

import pytest

from tests.board.runs import run_of


@pytest.fixture(scope="session")
def runs():
    """By the initializer that they begin from."""
    return {start: run_of(start) for start in ("ones", "glorot_uniform")}
