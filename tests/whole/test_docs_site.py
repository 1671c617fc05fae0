"""The documentation as a site: every page is in it, no link is broken, and no page loads anything from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

mkdocs_build = pytest.importorskip("mkdocs.commands.build", reason="mkdocs is in the extra docs")

ROOT = Path(__file__).resolve().parents[2]
LOADED = re.compile(r'<(?:script|img|iframe)[^>]* src="([^"]*)"|<link[^>]* rel="stylesheet"[^>]* href="([^"]*)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    from mkdocs.config import load_config

    folder = tmp_path_factory.mktemp("site")
    # strict: a page that is in no menu, or a link to what is not there, is an error
    mkdocs_build.build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), strict=True))
    return folder


def test_it_has_every_page_and_the_pictures(site):
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    names = {Path("index.html"), Path("SECURITY.html"), Path("CHANGELOG.html"), *pages}
    assert {name for name in names if not (site / name).is_file()} == set()
    assert (site / "one_look.png").is_file()
    assert (site / "examples" / "my_network.py").is_file()
    assert not list(site.glob("*.py"))


def test_no_page_loads_anything_from_elsewhere(site):
    for page in site.rglob("*.html"):
        loaded = [one or other for one, other in LOADED.findall(page.read_text())]
        assert loaded, page
        assert not [address for address in loaded if "//" in address], page


def test_every_link_in_a_page_leads_to_a_file(site):
    for page in {*site.rglob("*.html")} - {site / "404.html"}:  # whose links are for a server
        for address in re.findall(r'<a[^>]* href="([^"#]+)', page.read_text()):
            if "://" not in address:
                assert (page.parent / address).exists(), (page.name, address)
