"""A page of Debian's Chromium through Playwright; no browser is ever downloaded."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_SECONDS = 120.0  # for one page, on a machine with much else to do


def chromium() -> str | None:
    """The path of an installed Chromium."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextlib.contextmanager
def new_page(width: int, height: int) -> Iterator[Any]:
    """An empty page of a browser that starts with an empty profile and is closed afterwards."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium(),
            headless=True,
            viewport={"width": width, "height": height},
            args=list(FLAGS),
            timeout=1000 * PATIENCE_SECONDS,
        )
        browser.set_default_timeout(1000 * PATIENCE_SECONDS)
        try:
            yield browser.pages[0]
        finally:
            browser.close()
