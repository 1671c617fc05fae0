"""Pages as files: the answer first, everything inside, and no text of the user's that becomes markup."""

import html.parser
import json
import re
from pathlib import Path

import pytest

from harness.checking import check
from harness.cli import main as cli
from harness.figures.training import sampled
from harness.grading.grade import Settings, grade
from harness.grading.hand_ins import hand_ins_in
from harness.report import comparison  # noqa: F401 - registers the page of a comparison
from harness.report.page import checks, classes, training
from harness.report.page.html import Html, element, table
from harness.report.page.network_drawing import MAX_DRAWN
from tests.page.runs import experiment_of, renamed

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "my_network.py"
EVIL = "<script>alert(1)</script>"


class Reader(html.parser.HTMLParser):
    """What a browser finds in a page: its elements with their attributes, and its texts but for scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.scripts, self.inside = [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        (self.scripts if self.inside in ("script", "style") else self.texts).append(data)

    def every(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def experiment():
    return experiment_of(3000)


@pytest.fixture(scope="module")
def page(experiment):
    return training.page_of(experiment).html()


def test_text_is_escaped_and_markup_is_not():
    assert element("p", EVIL, Html("<b>x</b>"), title='"') == (
        '<p title="&quot;">&lt;script&gt;alert(1)&lt;/script&gt;<b>x</b></p>'
    )


def test_letters_that_turn_a_name_around_are_spelt_out():
    assert element("p", "a\u202eyp.exe\tb") == "<p>a\\u202eyp.exe\tb</p>"


def test_a_table_has_a_caption_and_scoped_headers():
    read = Reader(table("What", ("name", "value"), [("a", "1")], numeric=(1,)))
    assert [th["scope"] for th in read.every("th")] == ["col", "col", "row"]
    assert read.every("caption")
    assert read.every("td") == [{"class": "number"}]


def test_the_page_loads_nothing_and_is_small(page):
    read = Reader(page)
    assert not read.every("link")
    assert not read.every("img")
    assert all("src" not in script for script in read.every("script"))
    assert not re.search(r"url\(|@import", "".join(read.scripts[:1]))
    policy = next(meta["content"] for meta in read.every("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")
    assert len(page.encode()) < 5_000_000


def test_the_answer_comes_first_and_charts_have_descriptions(page):
    read = Reader(page)
    assert len(read.every("h1")) == 1
    assert "from ones until the end" in page
    charts = [div for div in read.every("div") if div.get("role") == "img"]
    # the costs, and two hidden layers and the output layer from two initializers
    assert len(charts) == 1 + 3 * 2
    assert all(chart["aria-label"] for chart in charts)


def test_the_slider_has_every_recorded_iteration_and_the_drawing_its_weights(page, experiment):
    data = json.loads(next(text for text in Reader(page).scripts if text.startswith('{"specs"')))
    course, run = data["course"], experiment.runs[1]
    assert course["iterations"] == list(experiment.scenario.drawn)
    assert 100 < len(course["iterations"]) < 160
    network = course["networks"][1]
    # 2-3-3-2: 6 + 9 + 6 edges, and 8 biases; the first edge is from input 0 to unit 0
    assert len(network["edges"][0]) == 21
    assert len(network["biases"][0]) == 8
    assert network["edges"][-1][0] == pytest.approx(run.weights[-1][0][1, 0], rel=1e-3)
    # from ones all units of a hidden layer have one colour
    assert data["course"]["networks"][0]["colors"][-1][:6] == [0] * 6
    assert sorted(network["colors"][-1][:3]) == [0, 1, 2]


@pytest.mark.slow
def test_a_name_that_could_be_markup_stays_text(experiment):
    read = Reader(training.page_of(renamed(experiment, EVIL)).html())
    clean = Reader(training.page_of(experiment).html())
    assert [tag for tag, _ in read.elements] == [tag for tag, _ in clean.elements]
    assert any(EVIL in text for text in read.texts)


@pytest.mark.slow
def test_a_fragment_for_a_notebook_has_pictures_and_no_script(experiment):
    fragment = experiment._repr_html_()
    read = Reader(fragment)
    assert not read.every("script")
    assert len(read.every("svg")) == 7 + 2
    assert not read.every("html")


def test_the_page_of_a_check_marks_the_wrong_line():
    result = check.check_file(EXAMPLE)
    page = checks.page_of(result, EXAMPLE).html()
    line = next(
        number
        for number, text in enumerate(EXAMPLE.read_text().splitlines(), 1)
        if text.strip() == "back = slope @ self.w2.T"
    )
    assert re.search(rf'<div class="wrong"><span class="number">{line}</span>', page)
    assert page.count('class="wrong"') == 1
    assert "vegaEmbed=" not in page  # it has no chart, so it needs no script for charts


def test_code_that_could_be_markup_stays_text(tmp_path):
    file = tmp_path / "<b>net.py"
    file.write_text(EXAMPLE.read_text() + f"\nnote = '{EVIL}'\n")
    result = check.check_file(file)
    grading = grade(hand_ins_in(tmp_path), Settings(), folder=tmp_path.name)
    for page in (checks.page_of(result, file), classes.page_of(grading)):
        read = Reader(page.html())
        assert not read.every("b")
        assert len(read.every("script")) == 3  # the data, the charts' and the page's
    assert any(EVIL in text for text in Reader(checks.page_of(result, file).html()).texts)


def test_a_large_layer_is_drawn_in_part():
    assert sampled(64, MAX_DRAWN) == [0, 9, 18, 27, 36, 45, 54, 63]
    assert sampled(3, MAX_DRAWN) == [0, 1, 2]


@pytest.mark.parametrize("name", ["figure.jpg", "figure"])
def test_a_figure_of_another_kind_is_refused(name, capsys):
    assert cli.main(["compare", "--figure", name]) == 2
    told = capsys.readouterr().err
    assert "--figure" in told
    assert ".png or .svg" in told


@pytest.mark.parametrize("command", ["check net.py", "check class", "compare", "diagnose", "sweep", "inspect a.keras"])
def test_a_page_of_another_kind_is_refused_before_anything_runs(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main([*command.split(), "--report", "page.pdf"]) == 2
    assert "--report: is a page in HTML; give a file that ends in .html, got page.pdf" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--report", "--figure"])
def test_a_file_in_no_folder_is_refused_before_anything_runs(option, tmp_path, capsys):
    path = tmp_path / "none" / {"--report": "file.html", "--figure": "file.svg"}[option]
    assert cli.main(["sweep", option, str(path), "--log-dir", str(tmp_path / "logs")]) == 2
    assert "its folder does not exist" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_check_writes_its_page(tmp_path, capsys):
    report = tmp_path / "page.html"
    assert cli.main(["check", str(EXAMPLE), "--report", str(report)]) == 1
    assert "missing-hidden-activation-derivative" in report.read_text()
