"""The pages in a real Chromium. Skipped if there is none."""

import numpy as np
import pytest

from harness.checking import check
from harness.checking.result import Verdict
from harness.grading.grade import Settings, grade
from harness.grading.hand_ins import hand_ins_in
from harness.grading.result import Award, Grading, HandInKind, HandInResult, Status
from harness.report.page import checks, classes, sweeps, training
from harness.sweeps.sweep import Combination, Group, Sweep
from tests.browser import chromium, new_page
from tests.page.runs import experiment_of
from tests.page.test_page import EXAMPLE

pytest.importorskip("playwright.sync_api", reason="no playwright: pip install '.[browser]'")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium: apt-get install chromium"),
]

DRAWN = "[...document.querySelectorAll('.chart')].filter(c => c.querySelector('svg')).length"
ALL_DRAWN = "[...document.querySelectorAll('.chart')].every(c => c.querySelector('svg'))"


def sweep_of(experiment):
    """400 networks of two combinations, of which the first learns."""
    groups = [
        Group(
            combination=Combination(name, "sgd", 0.5),
            seeds=range(200),
            final_cost=np.geomspace(low, 10 * low, 200),
            reached_at=np.full(200, reached),
            stuck=np.full(200, False),
            clones=np.full(200, False),
            accuracy=np.full(200, np.nan),
        )
        for name, low, reached in (("glorot_uniform", 1e-4, 700.0), ("constant(0.5)", 0.1, np.nan))
    ]
    return Sweep(
        scenario=experiment.scenario,
        target=0.01,
        constant_cost=0.4,
        groups=groups,
        device="CPU:0",
        asked=400,
        interrupted=False,
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A file of each kind of page."""
    folder = tmp_path_factory.mktemp("pages")
    experiment = experiment_of(10_000)
    result = check.check_file(EXAMPLE)
    made = {
        "compare": training.page_of(experiment),
        "sweep": sweeps.page_of(sweep_of(experiment)),
        "check": checks.page_of(result, EXAMPLE),
        "folder": classes.page_of(grade(hand_ins_in(EXAMPLE.parent), Settings(), folder="f")),
    }
    for name, page in made.items():
        (folder / f"{name}.html").write_text(page.html())
    return folder


@pytest.fixture(scope="module")
def browser():
    """A browser's page with what it said and asked for."""
    with new_page(1600, 1000) as page:
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        yield page


def opened(browser, pages, name, width=1600, scheme="light"):
    """Open a page and wait for the charts of its first screen."""
    browser.said.clear()
    browser.asked.clear()
    browser.set_viewport_size({"width": width, "height": 1000})
    browser.emulate_media(color_scheme=scheme)
    browser.goto((pages / f"{name}.html").as_uri())
    browser.wait_for_function(f"{DRAWN} > 0 || !document.querySelector('.chart')")
    return browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1600, 700])
@pytest.mark.parametrize("name", ["compare", "sweep", "check", "folder"])
def test_a_page_shows_its_charts_in_silence_and_asks_for_nothing(browser, pages, name, width, scheme):
    page = opened(browser, pages, name, width, scheme)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function(ALL_DRAWN)
    assert page.said == []
    assert page.asked == [(pages / f"{name}.html").as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light == (scheme == "light")


def test_charts_keep_the_width_of_a_narrow_page(browser, pages):
    page = opened(browser, pages, "compare", width=700)
    width = page.evaluate("document.querySelector('.chart svg').getBoundingClientRect().width")
    plot = page.evaluate("document.querySelector('.chart svg .background').getBoundingClientRect().width")
    assert width > 600
    assert plot > 500


def test_the_page_of_10_000_iterations_opens_within_two_seconds(browser, pages):
    page = opened(browser, pages, "compare")  # the browser is warm
    opening = [opened(browser, pages, "compare").evaluate("performance.now()") for _ in range(3)]
    assert min(opening) < 2000
    assert (pages / "compare.html").stat().st_size < 5_000_000
    assert page.evaluate("document.querySelector('h1').getBoundingClientRect().bottom") < 200


def test_the_slider_moves_the_cursors_and_the_drawing_by_keyboard(browser, pages):
    page = opened(browser, pages, "compare")
    page.focus("#iteration")
    at_end = page.evaluate("document.querySelector('svg.network line').getAttribute('stroke-width')")
    page.keyboard.press("Home")
    page.wait_for_function("document.getElementById('readout').textContent.startsWith('iteration 0:')")
    assert "ones 1.908" in page.evaluate("document.getElementById('readout').textContent")
    assert "1.908" in page.evaluate("document.getElementById('iteration').getAttribute('aria-valuetext')")
    # from ones all edges are equal at the start
    lines = "[...document.querySelector('svg.network').querySelectorAll('line')]"
    widths = page.evaluate(f"{lines}.map(line => line.getAttribute('stroke-width'))")
    assert len(set(widths)) == 1
    assert widths[0] != at_end


def test_pointing_at_a_chart_chooses_the_iteration(browser, pages):
    page = opened(browser, pages, "compare")
    box = page.evaluate(
        "(r => [r.left, r.top, r.width, r.height])"
        "(document.querySelector('.chart svg .background').getBoundingClientRect())"
    )
    left, top, width, height = box
    # the axis goes from 0.5 to 10,000 in log; half way is sqrt(0.5 * 10,000) = 71
    page.mouse.move(left + width / 2, top + height / 2)
    page.wait_for_function("/^iteration [67]\\d:/.test(document.getElementById('readout').textContent)")


def test_every_control_has_a_name_and_can_be_focused(browser, pages):
    page = opened(browser, pages, "compare")
    assert page.evaluate("document.querySelector('label[for=iteration]').textContent") == "Iteration"
    assert page.evaluate("[...document.querySelectorAll('h1')].length") == 1
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
    assert all(later <= earlier + 1 for earlier, later in zip(levels, levels[1:]))
    unnamed = "[...document.querySelectorAll('[role=img],[role=region]')].filter(e => !e.getAttribute('aria-label'))"
    assert page.evaluate(f"{unnamed}.filter(e => !e.querySelector('title')).length") == 0


def test_points_are_sorted_as_numbers_and_reports_are_unfolded(browser, tmp_path):
    def hand_in(id, points):
        status = Status.NOT_JUDGED if points is None else Status.PARTIAL
        award = Award(criterion="all", status=status, points=points, max_points=10.0)
        return HandInResult(id=id, kind=HandInKind.FILE, verdict=Verdict.CORRECT, awards=(award,))

    given = {"ann": 7.5, "bob": 10.0, "carl": None, "dora": 7.25, "<b>eve": 0.0}
    grading = Grading(folder="f", hand_ins=tuple(hand_in(id, points) for id, points in given.items()))
    (tmp_path / "points.html").write_text(classes.page_of(grading).html())
    page = opened(browser, tmp_path, "points")
    page.click("thead button:has-text('points')")
    assert page.evaluate("[...document.querySelectorAll('tbody th')].map(c => c.textContent)") == [
        *("carl", "<b>eve", "dora", "ann", "bob")
    ]
    assert not page.is_visible("text=Points: 7.25 / 10")
    page.click("summary:has-text('dora')")
    assert page.is_visible("text=Points: 7.25 / 10")
    assert page.said == []


def test_a_table_is_sorted_by_its_headings(browser, pages):
    page = opened(browser, pages, "folder")
    files = "[...document.querySelectorAll('tbody th')].map(c => c.textContent)"
    first = page.evaluate(files)
    assert len(first) == 4  # three scripts and a notebook
    for sort, expected in (("ascending", sorted(first)), ("descending", sorted(first, reverse=True))):
        page.focus("thead button")
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector('thead th').getAttribute('aria-sort')") == sort
        assert page.evaluate(files) == expected
