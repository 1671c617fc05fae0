"""What a failure says of the sizes that made-up data should have had."""

from __future__ import annotations

import pytest

from harness.recording.sizes import number_of_observations, part_of_observations, table_width_blamed, with_parts


@pytest.mark.parametrize(("name", "is_table"), [("birds.csv", True), ("X_train.csv", False), ("birds.npy", False)])
def test_only_the_width_of_a_table_with_its_targets_is_blamed(name: str, is_table: bool) -> None:
    made_up = [{"what": "file", "name": name, "shapes": {"tuple": [{"tuple": [40, 7]}]}}]
    assert table_width_blamed("shapes (40,7) and (6,3) not aligned", made_up) is is_table
    assert not table_width_blamed("shapes (40,8) and (6,3) not aligned", made_up)


@pytest.mark.parametrize(
    ("shape", "meant"),
    [("(1000,784)", [1000, 60]), ("(2,784)", None), ("(1000,700)", None)],
    ids=["a written number of rows", "two of something", "rows of another width"],
)
def test_a_written_number_of_rows_stands_for_those_that_were_made_up(shape: str, meant: list[int] | None) -> None:
    """60 rows of 784 numbers, which make 47,040."""
    message = f"cannot reshape array of size 47040 into shape {shape}"
    assert number_of_observations(message, []) == meant


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ("index 54 is out of bounds for axis 0 with size 54", [45_000, 54]),
        ("operands could not be broadcast together with shapes (54,10) (45000,10) ", [45_000, 54]),
        ("index 30 is out of bounds for axis 0 with size 30", None),
        ("index 54 is out of bounds for axis 1 with size 54", None),
    ],
)
def test_a_written_number_of_a_part_of_the_rows_is_made_smaller_with_that_of_all(
    message: str, part: list[int] | None
) -> None:
    """A tenth of the rows is held out; the file writes 50,000, and 60 were made up."""
    assert part_of_observations(message, [[50_000, 60]], {10, 45_000, 50_000}) == part


def test_all_numbers_of_rows_are_made_smaller_in_proportion() -> None:
    text = "rows = rows.reshape(50000, 1)[:45000]\nfor epoch in range(9000): pass\n"
    assert with_parts(text, [[50_000, 60]]) == [[50_000, 60], [45_000, 54]]
    assert with_parts(text, [[45_000, 54]]) == []
    assert with_parts(text, []) == []
