"""What is drawn: a real TensorBoard on 127.0.0.1, read with an installed Chromium. Skipped where there is none."""

import time

import numpy as np
import pytest

from harness import board
from harness.comparison.trace import Run, take
from harness.models import handwritten
from harness.models.training import Training
from tests.browser import chromium, new_page
from tests.networks import post_problem

pytest.importorskip("playwright.sync_api", reason="no playwright: pip install '.[browser]'")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium: apt-get install chromium"),
]

RECORDED = [0, 1, 10, 100, 1000, 3000, 6000, 10000]
NEURONS = [f"layer{layer}/weights/neuron{unit}" for layer, units in ((1, 3), (2, 3), (3, 2)) for unit in range(units)]

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
    """Two starts under two names, and a verdict."""
    folder = tmp_path_factory.mktemp("logs")
    runs = [run_of(name, start) for start in ("ones", "glorot_uniform") for name in ("handwritten", "tape")]
    for run in runs:
        board.write(run, folder / run.name, network=post_problem().network, hparams={"learning_rate": 0.5})
    board.write_verdict(folder, "The math is **right**.\n\n| cost |\n| --- |\n| 0.000342 |\n", runs=runs)
    return folder


@pytest.fixture(scope="module")
def show(folder):
    """show(hash, script): what ``script`` finds on a page of TensorBoard, as soon as it finds something."""
    address = board.launch(folder, None)
    with new_page(1500, 1000) as page:
        page.add_init_script(DEEP)

        def show(place, script, wanted=bool):
            page.goto("about:blank")
            page.goto(f"{address}?smoothing=0#{place}")
            give_up = time.monotonic() + 30
            while True:
                found = page.evaluate(script)
                if wanted(found) or time.monotonic() > give_up:
                    return found
                page.wait_for_timeout(100)

        yield show


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
    assert {key.split()[0] for key in cards} == {run}
    return {key.split()[1]: paths for key, paths in cards.items() if "/weights/" in key}


def test_a_run_has_eight_neuron_cards_and_clones_are_drawn_alike(show):
    for start in ("ones", "glorot_uniform"):
        cards = drawn_histograms(show, f"handwritten-{start}")
        assert sorted(cards) == NEURONS
        assert all(len([path for path in paths if path]) >= len(RECORDED) for paths in cards.values())
        for layer in (1, 2):
            first, second, third = (cards[f"layer{layer}/weights/neuron{unit}"] for unit in range(3))
            assert (first == second == third) == (start == "ones")


def test_histograms_page_opens_with_the_hidden_neurons_side_by_side(show):
    script = "() => deep(document, 'tf-histogram-loader').map(card => [card.tag, card.getBoundingClientRect().y])"
    cards = show("histograms", script, lambda found: len(found) >= 12)
    row = {tag: y for tag, y in cards if tag.startswith("hidden_neurons/layer1/")}
    for start in ("ones", "glorot_uniform"):
        assert len({round(row[f"hidden_neurons/layer1/{start}/neuron{unit}"]) for unit in range(3)}) == 1
    assert cards[0][0] == "hidden_neurons/layer1/glorot_uniform/neuron0"


OVERLAY = """() => deep(document, 'tf-custom-scalar-multi-line-chart-card').map(card => [
  card.title, deep(card, 'path.line').map(path => path.getAttribute('d')).filter(Boolean)])"""


def test_the_neurons_of_a_layer_overlay_in_one_chart(show):
    for start, curves in (("ones", 1), ("glorot_uniform", 3)):
        charts = dict(
            show(
                f"custom_scalars&regexInput=handwritten-{start}",
                OVERLAY,
                lambda found: found and len(found[0][1]) == 2 * 3,  # each curve also smoothed
            )
        )
        assert len(set(charts["layer1: mean weight of each neuron"])) == 2 * curves


def test_runs_overlay_in_the_chart_of_the_cost(show):
    script = """() => deep(document, 'tf-scalar-card').filter(card => card.tag == 'cost').map(card =>
      deep(card, 'path.line').map(path => path.getAttribute('d')).filter(Boolean))"""
    lines = show("scalars&tagFilter=^cost$", script, lambda found: found and len(found[0]) == 2 * 4)[0]
    assert len(set(lines)) == 2 * 2  # two starts, each under two names; each curve also smoothed


PIXELS = """() => deep(document, 'tf-image-loader').filter(card => card.tag == 'layer1/heat_map').map(card => {
  const image = deep(card, 'img')[0];
  if (!image || !image.naturalWidth) return null;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  return [canvas.width, ...context.getImageData(0, 0, canvas.width, canvas.height).data];
})"""


def test_clones_are_equal_columns_of_the_heat_map(show):
    from harness.board.heatmap import CELL, LINE, MARGIN

    for start in ("ones", "glorot_uniform"):
        ((width, *pixels), *_) = show(
            f"images&regexInput=handwritten-{start}", PIXELS, lambda found: found and all(found)
        )
        picture = np.reshape(pixels, (-1, width, 4))
        columns = [picture[LINE : LINE + 3 * CELL, MARGIN + CELL * unit + 5] for unit in range(3)]
        assert (np.array_equal(columns[0], columns[1]) and np.array_equal(columns[1], columns[2])) == (start == "ones")
        assert len(np.unique(columns[0], axis=0)) >= 3


def test_the_verdict_is_readable(show):
    script = (
        "() => deep(document, 'tf-text-loader').flatMap(card => deep(card, 'p, td, strong').map(e => e.textContent))"
    )
    told = show("text", script, lambda found: "0.000342" in found)
    assert {"The math is right.", "right", "0.000342"} <= set(told)


def test_hparams_table_has_every_run_with_its_settings_and_final_figures(show):
    script = """() => deep(document, 'tf-hparams-table-view').flatMap(table =>
      deep(table, 'vaadin-grid-cell-content').map(cell => cell.textContent.trim())).filter(Boolean)"""
    cells = show("hparams", script, lambda found: found.count("0.50000") >= 4)
    assert {"implementation", "initializer", "learning_rate", "final cost", "effective width, layer1"} <= set(cells)
    assert cells.count("handwritten") == cells.count("tape") == cells.count("ones") == 2
    assert cells.count("0.00034250") == 2  # from ones
    assert cells.count("1.0000") == 4  # the width of two layers from ones, of two runs
    assert cells.count("3.0000") == 4
