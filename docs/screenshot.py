"""Take the README's picture of TensorBoard, tensorboard.png beside this file: the first screen after a comparison.

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
from harness.cli import main as cli  # noqa: E402

WIDTH, HEIGHT = 1300, 900


def main() -> None:
    """Compare, serve, look."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("tensorboard.png")
    if chromium() is None:
        sys.exit("no Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as logs, new_page(WIDTH, HEIGHT) as page:
        cli.main(["compare", "post", "--log-dir", logs, "--name", "first"])
        page.goto(board.launch(Path(logs), None))
        page.locator("metrics-pinned-view card-view").nth(3).wait_for()
        page.wait_for_timeout(4000)  # the curves move into place
        page.screenshot(path=target)
    print(f"{target}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
