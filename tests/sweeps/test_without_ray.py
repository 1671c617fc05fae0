"""The extra ray is asked for in one line if it is not installed."""

from __future__ import annotations

import sys

from harness.cli import main as cli


def test_without_ray_one_line_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "ray", None)  # importing it fails, as if it were not installed
    line = ["sweep", "--ray", "--no-log", "--seeds", "2", "--iterations", "2", "--init", "ones"]
    assert cli.main(line) == 2
    assert capsys.readouterr().err == "harness: Ray is not installed; pip install 'backprop-harness[ray]'\n"
