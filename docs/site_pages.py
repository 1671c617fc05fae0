"""What mkdocs does beside its own: the pages of the repository's root become pages of the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
NAMES = {"README.md": "index.md"}  # under another name in the site


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the root."""
    for path in sorted(ROOT.glob("*.md")):
        files.append(File.generated(config, NAMES.get(path.name, path.name), content=path.read_text()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Make links lead to the places in the site: from the root into docs/, and from docs/ into the root."""
    markdown = re.sub(r"\]\(docs/", "](", markdown)
    for path in ROOT.glob("*.md"):
        name = NAMES.get(path.name, path.name)
        markdown = re.sub(rf"\]\((?:\.\./)?{re.escape(path.name)}", f"]({name}", markdown)
        markdown = markdown.replace(f"](../../{path.name}", f"](../{name}")
    return markdown
