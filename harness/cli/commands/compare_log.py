"""What ``harness compare`` writes for TensorBoard.

A module of its own, because the libraries that draw take long to load, and a comparison without a log needs none.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from ... import board
from ...board.events import Setting
from ...board.series import pinned_tags
from ...comparison.experiment import DRAWN, Experiment
from ...comparison.trace import Run
from ...report import comparison
from ...report.words import sizes_text
from ...results import as_cards
from ...scenario.scenario import Scenario


class RunLog:
    """The folder of a comparison's runs."""

    def __init__(self, folder: Path, scenario: Scenario, max_neurons: int) -> None:
        self.folder, self.scenario, self.max_neurons = folder, scenario, max_neurons
        self.wall_time = time.time()
        self.settings: dict[str, Setting] = {
            "learning_rate": scenario.learning_rate,
            "network": f"{scenario.name} {sizes_text(scenario.network.sizes)}",
        }
        if scenario.batches is not None:
            self.settings["batch_size"] = scenario.batches.size

    def write_run(self, run: Run, name: str) -> None:
        """Write what was recorded of a run into the folder of that name."""
        if run.recorded:
            board.write(
                run,
                self.folder / name,
                self.wall_time,
                self.max_neurons,
                self.scenario.network,
                self.settings,
                is_finished=run.recorded[-1] == self.scenario.iterations,
            )

    def write_drawn(self, run: Run) -> None:
        """Write a run of the implementation that is recorded most often."""
        if run.implementation == DRAWN:
            self.write_run(run, run.initializer)

    def write_answer(self, result: Experiment) -> Experiment:
        """Write the runs that differ from those drawn, and what was found; the result with its folder."""
        result = replace(result, log_dir=str(self.folder))
        for run in filter(lambda run: run.recorded, result.runs):
            name = result.folder_of(run)
            if run.implementation == DRAWN:
                sentences = comparison.training_sentences(run, result)
                board.write_text(self.folder / name, sentences, self.wall_time)
            elif name != run.initializer:
                self.write_run(run, name)
        board.write_answer(
            self.folder,
            comparison.markdown(result),
            self.wall_time,
            result.runs,
            as_cards(result),
            pinned_tags(self.scenario.network),
        )
        return result
