"""What TensorBoard shows first: of the newest answer its picture and some curves, in the order of what they say.

Each folder with an answer, and each folder of a callback, has a file ``first_page.json`` with its pins. The address of
TensorBoard's page names the pinned cards, so that the first screen is the answer and not the first of many cards.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

ANSWER = "answer"  # the run with the answer, and the tag of its text
PICTURES = "answer in pictures"  # the group of its pictures
FILE_NAME = "first_page.json"
EXPERIMENT = "defaultExperimentId"  # TensorBoard's name for the folder that it shows
SETTINGS_KEY = "_tb_global_settings"  # in the browser's storage
SETTINGS = json.dumps({"timeSeriesSettingsPaneOpened": False, "timeSeriesCardMinWidth": 440})
MAX_VISITED = 100_000  # files and folders in which the newest answer is searched


@dataclass(frozen=True, kw_only=True)
class Pin:
    """A card: the picture of a tag in the folder of the file, or the curves of a tag in all runs."""

    plugin: str
    tag: str


def write_pins(folder: Path, pins: Sequence[Pin]) -> None:
    """Write the pins of a folder; an OSError if it cannot be written."""
    (folder / FILE_NAME).write_text(json.dumps([asdict(pin) for pin in pins]) + "\n")


def read_pins(file: Path) -> list[Pin]:
    """The pins in a file; none if it is not such a file."""
    try:
        return [Pin(plugin=str(entry["plugin"]), tag=str(entry["tag"])) for entry in json.loads(file.read_text())]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def folders_below(folder: Path, most: int) -> Iterator[tuple[Path, list[str]]]:
    """A folder and each one below it, with the names of its files, until ``most`` files and folders were visited."""
    visited = 0
    for place, folders, files in os.walk(folder):
        yield Path(place), files
        visited += 1 + len(folders) + len(files)
        if visited > most:
            return


def age(file: Path) -> float:
    """When a file was written; 0 if it is gone."""
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def address_of_first_page(folder: Path) -> str:
    """The address of the first page of TensorBoard on ``folder``, beginning with "/".

    Without smoothing, on every page: by default TensorBoard draws a cost of 0.0003 as 0.25. With several answers in
    the folder, only the runs of the newest are shown until the filter is cleared.
    """
    query = {"smoothing": "0"}
    written = [place / FILE_NAME for place, names in folders_below(folder, MAX_VISITED) if FILE_NAME in names]
    files = sorted(written, key=lambda file: (age(file), str(file)))
    if files:
        run = files[-1].parent.relative_to(folder).as_posix()
        cards = [
            asdict(pin) | ({"runId": f"{EXPERIMENT}/{run}", "sample": 0} if pin.plugin == "images" else {})
            for pin in read_pins(files[-1])
        ]
        if cards:
            query["pinnedCards"] = json.dumps(cards, separators=(",", ":"))
        around = files[-1].parent.parent.relative_to(folder).as_posix() if run != "." else "."
        if len(files) > 1 and around != ".":
            query["runFilter"] = f"^{re.escape(around)}/"
    return f"/?{urlencode(query, quote_via=quote)}#timeseries&_smoothingWeight=0"


def opening_page(folder: Path) -> bytes:
    """A page that leads to the first page.

    Whoever has not chosen TensorBoard's settings yet gets wide cards, and the pane of settings closed: otherwise it
    covers a fifth of the page, on a narrow one half of it.
    """
    address, settings = (json.dumps(text).replace("<", "\\u003c") for text in (address_of_first_page(folder), SETTINGS))
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>TensorBoard</title>
<script>
try {{
  if (!localStorage.getItem("{SETTINGS_KEY}")) localStorage.setItem("{SETTINGS_KEY}", {settings});
}} catch (error) {{}}  // a browser that stores nothing
location.replace({address});
</script>
<noscript>TensorBoard needs JavaScript.</noscript>
""".encode()
