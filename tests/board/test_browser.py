"""What is drawn: a real TensorBoard on 127.0.0.1, read with an installed Chromium. Skipped if there is none."""

import re
import time

import altair as alt
import pytest

from harness import board
from harness.comparison.trace import Run, take
from harness.models import handwritten
from harness.models.training import Training
from harness.report import cards
from tests.browser import PATIENCE_SECONDS, chromium, new_page
from tests.networks import post_problem

pytest.importorskip("playwright.sync_api", reason="no playwright: pip install '.[browser]'")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium: apt-get install chromium"),
]

RECORDED = [0, 1, 10, 100, 1000, 3000, 6000, 10000]
NEURONS = [
    f"units of layer{layer}/weights/neuron{unit}" for layer, units in ((1, 3), (2, 3), (3, 2)) for unit in range(units)
]

# TensorBoard's pages are nested shadow trees: every element under a root, by selector, and by what it shows.
DEEP = """
window.deep = (root, selector) => {
  const found = [];
  const walk = node => {
    if (node.shadowRoot) walk(node.shadowRoot);
    for (const element of node.querySelectorAll('*')) {
      if (element.matches(selector)) found.push(element);
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(root);
  return found;
};
"""


def run_of(implementation: str, start: str) -> Run:
    """The post's network trained by hand, under the name of one implementation."""
    problem = post_problem(start)
    weights = list(handwritten.train(*problem, Training(0.5, recorded=RECORDED)))
    traces = [take(handwritten, problem.network, w, problem.x, problem.y, 0.5) for w in weights]
    return Run(implementation=implementation, initializer=start, recorded=RECORDED, weights=weights, traces=traces)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two starts, and the answer, in a folder beside an older one."""
    logs = tmp_path_factory.mktemp("logs")
    board.write_answer(logs / "old", "Something older.", pinned=["cost"])
    time.sleep(0.01)
    folder = logs / "new"
    runs = [run_of("handwritten", start) for start in ("ones", "glorot_uniform")]
    for run in runs:
        board.write(run, folder / run.initializer, network=post_problem().network, hparams={"learning_rate": 0.5})
        board.write_text(folder / run.initializer, "It learns.", 1e9)
    data = alt.Data(values=[{"a": number} for number in range(9)])

    def build(width, height):
        return alt.Chart(data).mark_line().encode(x="a:Q", y="a:Q").properties(width=width, height=height)

    picture = cards.card(
        "The math is right, and training stands still on a plateau for a while, so it says here.", build
    )
    text = "The math is **right**.\n\n| cost |\n| --- |\n| 0.000342 |\n"
    pinned = ["symmetry/layer1/effective_width", "cost"]
    board.write_answer(folder, text, runs=runs, pictures={"cost": picture}, pinned=pinned)
    return logs


@pytest.fixture(scope="module")
def page(folder):
    """A browser's page that knows ``deep``, with TensorBoard's address, and what went wrong in it."""
    address = board.launch(folder, None)
    with new_page(1600, 1000) as page:
        page.add_init_script(DEEP)
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        yield page, address, errors


def wait_for(page, script, wanted=bool):
    """What ``script`` finds, as soon as it is what is wanted, or else in the end."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = page.evaluate(script)
        if wanted(found) or time.monotonic() > give_up:
            return found
        page.wait_for_timeout(100)


@pytest.fixture(scope="module")
def show(page):
    """show(hash, script): what ``script`` finds on a page of TensorBoard, as soon as it finds something."""
    page, address, _ = page

    def show(place, script, wanted=bool):
        page.set_viewport_size({"width": 1600, "height": 1000})
        page.goto("about:blank")
        page.goto(f"{address}?smoothing=0#{place}&_smoothingWeight=0")
        return wait_for(page, script, wanted)

    return show


PINNED = """() => [...document.querySelectorAll('metrics-pinned-view card-view')].map(card => {
  const image = card.querySelector('img'), name = card.querySelector('tb-truncated-path');
  return [name ? name.textContent.trim() : '', Math.round(card.getBoundingClientRect().bottom),
    image && image.naturalWidth ? Math.min(image.getBoundingClientRect().width / image.naturalWidth,
      image.getBoundingClientRect().height / image.naturalHeight) : null];
})"""
RUNS = (
    "() => [...document.querySelectorAll('runs-data-table tb-data-table-content-row')].map(r => r.textContent.trim())"
)


@pytest.mark.parametrize(("width", "scheme"), [(1600, "light"), (1600, "dark"), (700, "light"), (700, "dark")])
def test_the_first_screen_is_the_newest_answer(page, width, scheme):
    page, address, errors = page
    page.set_viewport_size({"width": width, "height": 1000})
    page.emulate_media(color_scheme=scheme)
    page.goto("about:blank")
    errors.clear()
    page.goto(address)  # as the command prints it
    pinned = wait_for(page, PINNED, lambda found: len(found) == 3 and found[0][2])
    assert [name for name, *_ in pinned] == ["answer in pictures/cost", "symmetry/layer1/effective_width", "cost"]
    assert pinned[0][2] == 1  # drawn pixel by pixel, or its words cannot be read
    assert pinned[1][1] <= 1000  # both are on the first screen
    runs = wait_for(page, RUNS)
    assert len(runs) == 3
    assert all("new/" in run for run in runs)
    assert "smoothing=0" in page.url
    assert errors == []


@pytest.mark.parametrize("tab", ["Scalars", "Custom Scalars"])
def test_no_page_that_is_opened_from_there_is_smoothed(page, tab):
    page, address, _ = page
    page.set_viewport_size({"width": 1600, "height": 1000})
    page.goto("about:blank")
    page.goto(address)
    page.locator("div[role=tab]", has_text=re.compile(f"^\\s*{tab}\\s*$", re.I)).click()
    script = "() => deep(document, 'tf-smoothing-input').map(input => input.weight)"
    assert wait_for(page, script, bool) == [0]


HISTOGRAMS = """() => Object.fromEntries(deep(document, 'tf-histogram-loader').map(card => [
  card.run + ' ' + card.tag,
  deep(card, 'g.histogram path').map(path => path.getAttribute('d'))]))"""


def drawn_histograms(show, run):
    """{tag: [the outline of each iteration's histogram]} of the weights of one run"""
    cards = show(
        f"histograms&regexInput={run}&tagFilter=/weights/",
        HISTOGRAMS,
        lambda found: sum(any(paths) for key, paths in found.items() if "/weights/" in key) >= len(NEURONS),
    )
    assert {key.split(" ", 1)[0] for key in cards} == {run}
    return {key.split(" ", 1)[1]: paths for key, paths in cards.items() if "/weights/" in key}


def test_a_run_has_eight_neuron_cards_and_clones_are_drawn_alike(show):
    for start in ("ones", "glorot_uniform"):
        cards = drawn_histograms(show, f"new/{start}")
        assert sorted(cards) == NEURONS
        assert all(len([path for path in paths if path]) >= 5 for paths in cards.values())
        for layer in (1, 2):
            first, second, third = (cards[f"units of layer{layer}/weights/neuron{unit}"] for unit in range(3))
            assert (first == second == third) == (start == "ones")


def test_histograms_page_opens_with_the_hidden_neurons_side_by_side(show):
    script = "() => deep(document, 'tf-histogram-loader').map(card => [card.tag, card.getBoundingClientRect().y])"
    cards = show("histograms", script, lambda found: len(found) >= 12)
    row = {tag: y for tag, y in cards if tag.startswith("unit by unit/layer1/")}
    for start in ("ones", "glorot_uniform"):
        assert len({round(row[f"unit by unit/layer1/{start}/neuron{unit}"]) for unit in range(3)}) == 1
    assert cards[0][0] == "unit by unit/layer1/glorot_uniform/neuron0"


OVERLAY = """() => deep(document, 'tf-custom-scalar-multi-line-chart-card').map(card => [
  card.title, deep(card, 'path.line').map(path => path.getAttribute('d')).filter(Boolean)])"""


def test_the_neurons_of_a_layer_overlay_in_one_chart(show):
    for start, curves in (("ones", 1), ("glorot_uniform", 3)):
        charts = dict(
            show(
                f"custom_scalars&regexInput=new/{start}",
                OVERLAY,
                lambda found: found and len(found[0][1]) == 3,
            )
        )
        assert len(set(charts["layer1: mean weight of each neuron"])) == curves


def test_runs_overlay_in_the_chart_of_the_cost(show):
    script = """() => deep(document, 'tf-scalar-card').filter(card => card.tag == 'cost').map(card =>
      deep(card, 'path.line').map(path => path.getAttribute('d')).filter(Boolean))"""
    lines = show("scalars&tagFilter=^cost$", script, lambda found: found and len(found[0]) == 2)[0]
    assert len(set(lines)) == 2


def test_the_weights_are_a_picture_of_each_run(show):
    script = """() => deep(document, 'tf-image-loader').filter(card => card.tag == 'weights').map(card =>
      [card.run, ...deep(card, 'img').map(image => image.naturalWidth)])"""
    pictures = show("images", script, lambda found: len(found) == 2 and all(len(p) == 2 and p[1] for p in found))
    assert {run for run, *_ in pictures} == {"new/ones", "new/glorot_uniform"}


def test_the_answer_is_readable(show):
    script = (
        "() => deep(document, 'tf-text-loader').flatMap(card => deep(card, 'p, td, strong').map(e => e.textContent))"
    )
    expected = {"The math is right.", "right", "0.000342", "It learns."}
    shown = show("text", script, expected.issubset)  # the cards are loaded one by one
    assert expected <= set(shown)


def test_hparams_table_has_every_run_with_its_settings_and_final_figures(show):
    script = """() => deep(document, 'tf-hparams-table-view').flatMap(table =>
      deep(table, 'vaadin-grid-cell-content').map(cell => cell.textContent.trim())).filter(Boolean)"""
    cells = show("hparams", script, lambda found: found.count("0.50000") >= 2)
    assert {"implementation", "initializer", "learning_rate", "final cost", "effective width, layer1"} <= set(cells)
    assert cells.count("handwritten") == 2
    assert cells.count("0.00034250") == 1  # from ones
    assert cells.count("1.0000") == 2  # the width of two layers from ones
    assert cells.count("3.0000") == 2
