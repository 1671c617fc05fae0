"""What is read of a user's text before it runs."""

from __future__ import annotations

import ast
from pathlib import Path

from harness.recording import running
from harness.recording.driving.argument_uses import argument_uses
from harness.recording.driving.settings import read_settings
from harness.recording.driving.source import Argument, read_source
from harness.recording.source import function_names

TEXT = """\
class Net:
    @staticmethod
    def slope(z):
        return [[1 if one > 0 else 0 for one in row] for row in z]

    def fit(self, x):
        def step():
            return max(w * w for w in self.w), lambda: {w for w in self.w}
        return step()

masks = {name: 0 for name in "ab"}
"""


def test_a_function_has_the_name_that_python_gives_it_and_a_comprehension_that_of_its_function():
    assert function_names(ast.parse(TEXT)) == {
        (1, "Net"): "Net",
        (2, "slope"): "Net.slope",
        (4, "<listcomp>"): "Net.slope",
        (6, "fit"): "Net.fit",
        (7, "step"): "Net.fit.<locals>.step",
        (8, "<genexpr>"): "Net.fit.<locals>.step",
        (8, "<lambda>"): "Net.fit.<locals>.step.<locals>.<lambda>",
        (8, "<setcomp>"): "Net.fit.<locals>.step.<locals>.<lambda>",
        (11, "<dictcomp>"): "<module>",
    }


def test_this_package_is_not_of_the_users_files_in_a_clone() -> None:
    package = Path(running.__file__).parents[1]
    clone = package.parent
    files = running.Files(clone, clone / "docs" / "examples" / "my_network.py")
    assert files.owns(str(clone / "docs" / "examples" / "class_network.py"))
    assert not files.owns(str(package / "api.py"))
    assert running.Files(clone, package / "models" / "network.py").owns(str(package / "api.py"))


def test_a_method_does_not_need_the_attributes_that_it_assigns_before_it_reads_them() -> None:
    text = "class Net:\n def step(self, x):\n  for row in x:\n   self.z = row @ self.w\n  return self.z\n"
    facts = read_source(text).classes["Net"].methods["step"]
    assert (facts.reads, facts.writes) == ({"w"}, {"z"})


def test_the_entries_of_the_dictionaries_in_a_list_are_those_that_a_loop_over_it_asks_for() -> None:
    text = """
def build(config):
    for layer in config["layers"]:
        make(layer["units"])
    for number, cost in enumerate(config["costs"]):
        use(number, cost["factor"])
    for name in config["layers"][0]["names"]:
        print(name["text"])
"""
    facts = read_source(text)
    settings = read_settings(facts, facts.functions["build"], {"config"})
    assert {one.key: {inner.key for inner in one.elements} for one in settings} == {
        "costs": {"factor"},
        "layers": {"units", "names"},
    }


def test_what_a_method_of_the_base_class_does_with_an_argument_that_it_is_handed_on() -> None:
    text = """
class Base:
    def build(self, config):
        self.units = config["units"]

class Net(Base):
    def build(self, config):
        self.rate = config["rate"]
        super().build(config)
"""
    facts = read_source(text)
    uses = argument_uses(facts, facts.classes["Net"].methods["build"], Argument(name="config"), 2)
    assert set(uses.keys) == {"rate", "units"}
