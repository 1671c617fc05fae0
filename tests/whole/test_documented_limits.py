"""The limits and counts that the pages name are those of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.backends.computation import MIN_TERMS
from harness.backends.outcomes import FEWEST_SEEDS, SURE
from harness.backends.prepare import MAX_TRAINING_UPDATES
from harness.backends.quantities import RECORDED_UPDATES
from harness.checking.settings import SETTINGS
from harness.diagnosis.program_search import CONFIRM_SEEDS
from harness.figures.spread import MAX_POINTS
from harness.measures.baseline import NEAR_CONSTANT
from harness.measures.learning import SHARE_OF_CROSS_ENTROPY, SHARE_OF_SQUARED_ERROR
from harness.report.sweep import MAX_NAMED_COMBINATIONS
from harness.sandbox.staging import MAX_COPIED_BYTES, MAX_COPIED_FILES
from harness.scenario.effort import BUDGET_SECONDS, MAX_NUMBERS
from harness.scenario.scenario import DRAWN_ITERATIONS

ROOT = Path(__file__).resolve().parents[2]
WORDS = {8: "eight"}
*FIRST_UPDATES, LAST_UPDATE = RECORDED_UPDATES
COPIED = f"{MAX_COPIED_FILES:,} files and {MAX_COPIED_BYTES // 2**20} MiB"


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("docs/commands.md", f"every combination, up to {MAX_NAMED_COMBINATIONS} of them"),
        ("docs/commands.md", f"with more than {MAX_POINTS} in a row part of a histogram"),
        ("docs/commands.md", f"drawn at about {DRAWN_ITERATIONS} iterations"),
        (
            "docs/commands.md",
            f"more than {MAX_NUMBERS // 10**6} million numbers at once, {8 * MAX_NUMBERS // 10**9} GB",
        ),
        ("docs/commands.md", f"all but {100 * SHARE_OF_SQUARED_ERROR:g} % (with a cross-entropy, "),
        ("docs/commands.md", f"cross-entropy, {100 * SHARE_OF_CROSS_ENTROPY:g} %) of the cost"),
        ("docs/commands.md", f"the default of {BUDGET_SECONDS:g} s"),
        ("docs/tutorials/keras.md", f"the default is {BUDGET_SECONDS:g} s"),
        ("docs/tutorials/keras.md", f"{CONFIRM_SEEDS} fresh seeds each"),
        ("docs/comparison.md", f"from {CONFIRM_SEEDS} fresh seeds"),
        ("docs/method.md", f"tested on {CONFIRM_SEEDS} fresh seeds"),
        ("docs/method.md", f"at {WORDS[SETTINGS]} random settings"),
        ("docs/method.md", f"The share s is 1/{1 / SHARE_OF_SQUARED_ERROR:g} for squared errors"),
        ("docs/method.md", f"1/{1 / SHARE_OF_CROSS_ENTROPY:g} for cross-entropies"),
        ("docs/method.md", f"within {100 * NEAR_CONSTANT:g} % of C0"),
        ("docs/backends.md", f"after {', '.join(map(str, FIRST_UPDATES))} and {LAST_UPDATE} of Keras' own updates"),
        ("docs/backends.md", f"as many as a layer has inputs, at least {MIN_TERMS}"),
        ("docs/backends.md", f"{FEWEST_SEEDS} by default"),
        ("docs/backends.md", f"as the program makes, at most {MAX_TRAINING_UPDATES}"),
        ("docs/backends.md", f"in at most {100 * SURE:g} % of the cases"),
        ("docs/grading.md", COPIED),
        ("SECURITY.md", COPIED),
    ],
)
def test_a_page_names_the_limit_of_the_code(page, said):
    assert said in " ".join((ROOT / page).read_text().split())
