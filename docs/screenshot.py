"""Take the README's picture, histograms.png beside this file: TensorBoard's Histograms page of the post's network.

    python docs/screenshot.py [FILE]

Needs the ``browser`` extra and an installed Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser import chromium, new_page  # noqa: E402

from harness import board  # noqa: E402
from harness.comparison import experiment  # noqa: E402
from harness.scenario import scenario  # noqa: E402


def log_runs(folder: Path) -> None:
    """What ``harness`` logs of the post, of one implementation."""
    post = scenario.load("post", {})
    runs = [experiment.train_run("handwritten", post, start, lambda run: None) for start in post.initializers]
    for run in runs:
        board.write(run, folder / run.name, network=post.network)
    board.write_verdict(folder, "", runs=runs)


def main() -> None:
    """Log, serve, look, cut out the hidden neurons of the first layer."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("histograms.png")
    if chromium() is None:
        sys.exit("no Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as name, new_page(1500, 1180) as page:
        # no path of this machine in the picture
        folder = Path(name) / "post"
        log_runs(folder)
        page.goto(f"{board.launch(folder, None)}#histograms")
        page.locator("tf-histogram-loader g.histogram").nth(11).wait_for()
        page.wait_for_timeout(3000)  # the curves move into place
        page.screenshot(path=target, clip={"x": 359, "y": 126, "width": 1030, "height": 1040})
    print(f"{target}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
