"""Take the README's pictures: check.png, the page of a check, and tensorboard.png, the first screen after a comparison.

    python docs/screenshot.py [check.png] [tensorboard.png]

Needs the ``browser`` extra and an installed Chromium. Without a name it takes both.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from browser import chromium, new_page  # noqa: E402

from harness import board  # noqa: E402
from harness.cli import main as cli  # noqa: E402


def take_tensorboard(target: Path) -> None:
    """Compare, serve, look."""
    with tempfile.TemporaryDirectory() as logs, new_page(1300, 900) as page:
        cli.main(["compare", "post", "--log-dir", logs, "--name", "first"])
        page.goto(board.launch(Path(logs), None))
        page.locator("metrics-pinned-view card-view").nth(3).wait_for()
        page.wait_for_timeout(4000)  # the curves move into place
        page.screenshot(path=target)


def take_check(target: Path) -> None:
    """Check the example, which a reader has in a folder of its own, and look at the page."""
    with tempfile.TemporaryDirectory() as folder, new_page(1040, 860) as page:
        file = shutil.copy(ROOT / "docs" / "examples" / "my_network.py", folder)
        report = Path(folder) / "page.html"
        cli.main(["check", file, "--report", str(report)])
        page.goto(report.as_uri())
        page.screenshot(path=target)


PICTURES: dict[str, Callable[[Path], None]] = {"check.png": take_check, "tensorboard.png": take_tensorboard}


def main() -> None:
    """Take the pictures that are asked for."""
    if chromium() is None:
        sys.exit("no Chromium: apt-get install chromium")
    for name in sys.argv[1:] or PICTURES:
        target = Path(__file__).resolve().with_name(name)
        PICTURES[name](target)
        print(f"{target}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
