"""Tables of pandas: missing ones are made up, those that take part in the arithmetic are followed."""

import pytest

from harness.checking.check import check_file
from harness.checking.result import Verdict
from harness.recording.graph import Kind, Recording
from harness.recording.record import record_file


def recorded(folder, text: str) -> Recording:
    path = folder / "net.py"
    path.write_text("import numpy as np\nimport pandas as pd\n" + text)
    recording = record_file(path, drive=False)
    assert recording.raised is None, recording.raised
    return recording


def test_columns_that_are_asked_for_are_made_up(tmp_path):
    text = """
df = pd.read_csv("cars.csv")
parts = [df["power"], df[["weight", "year"]], df.loc[:, "doors"], df.mpg, df.drop("colour", axis=1)]
assert set(df.columns) >= {"power", "weight", "year", "doors", "mpg", "colour"}
assert "colour" not in parts[-1].columns and len({len(part) for part in parts}) == 1
try:
    df.unheard
except AttributeError:
    print("none")
names = pd.read_csv("other.csv", names=["a", "b", "label"], usecols=["a", "label"], nrows=7)
assert names.shape == (7, 2) and set(names["label"]) == {0, 1}
"""
    # only names that stand in the file are columns that are read as attributes
    assert recorded(tmp_path, text.replace("df.unheard", "getattr(df, 'un' + 'heard')")).printed == "none\n"


def test_a_column_that_the_file_takes_as_its_targets_holds_labels(tmp_path):
    text = """
df = pd.read_csv("customers.csv")
y = df["Exited"].values
x = df.drop("Exited", axis=1).values
assert y.dtype.kind == "i" and set(y) == {0, 1} and len(set(df["Age"])) > 2, y
"""
    recorded(tmp_path, text)


def test_a_csv_file_of_labels_alone_holds_no_pictures(tmp_path):
    text = """
import csv
with open("train_image.csv") as images, open("train_label.csv") as labels:
    x = np.asarray(list(csv.reader(images)), "f")
    y = np.asarray(list(csv.reader(labels)), "int8").flatten()
assert x.shape == (len(y), 784) and x.max() > 127 and 0 <= y.min() < y.max() < 10
Y = np.eye(10)[y]
"""
    recorded(tmp_path, text)


@pytest.mark.every(2)
@pytest.mark.parametrize("reshape", ["table.values.reshape(-1, 8, 8, 1)", "np.reshape(table.to_numpy(), (-1, 8, 8))"])
def test_a_table_has_as_many_columns_as_the_pictures_that_it_becomes_beside_its_targets(reshape, tmp_path):
    text = f"""
table = pd.read_csv("letters.csv")
kinds = table.pop("letter")
X = {reshape}
assert X.shape[:3] == (len(kinds), 8, 8)
"""
    recorded(tmp_path, text)


@pytest.mark.slow
def test_a_table_for_tests_has_no_labels_if_they_are_taken_from_another_one_by_name(tmp_path):
    text = """
def load():
    test = pd.read_csv("digits/test.csv")
    train = pd.read_csv("digits/train.csv")
    # labels
    kinds = train.pop("label")
    assert len(train.columns) == 784 and len(kinds) == len(train)
    return test.to_numpy().reshape(-1, 28, 28, 1)
assert load().shape[1:] == (28, 28, 1)
"""
    recorded(tmp_path, text)


def test_what_earlier_versions_could_do(tmp_path):
    text = """
df = pd.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"]})
assert df.append({"a": 3.5, "b": "x"}, ignore_index=True).shape == (3, 2)
assert float(df.iloc[[1]]["a"]) == 2.5 and int(df.iloc[[1]]["a"]) == 2
try:
    float(df["a"])
except TypeError:
    pass
else:
    raise AssertionError("two rows are not a number")
assert [name for name, _ in df.iteritems()] == ["a", "b"]
assert df.drop("b", 1).as_matrix().shape == (2, 1)
assert df.ix[0, "a"] == 1.5
values = df[["a"]].values
values[0] = 9
assert pd.get_dummies(df).values.dtype == float
row = df.iloc[0].copy()
row[1] = "z"
assert row[0] == 1.5 and row[-1] == "z" and list(row.index) == ["a", "b"]
assert df["a"][1] == 2.5
np.set_printoptions(threshold="nan", suppress=True)
np.set_printoptions(threshold=np.nan)
np.warnings.filterwarnings("ignore")
"""
    names = {one.name for one in recorded(tmp_path, text).stand_ins}
    assert {"pandas.DataFrame.append", "pandas.DataFrame.as_matrix", "pandas.Series by position"} <= names


OPERATIONS = {
    "x.dot(w)": "dot",
    "(x @ w).sum()": "sum",
    "np.exp(x @ w)": "exp",
    "-(x @ w)": "negative",
    "(x @ w) * (x @ w)": "multiply",
    "np.where(x @ w > 0, 1, 2)": "where",
    "(x * w).sub((x @ w), axis=0)": "subtract",
    "(x @ w).mul(x @ w, axis=0)": "multiply",
    "(x @ w).T": "transpose",
    "(x @ w).values + 1": "add",
}


@pytest.mark.every(2)
@pytest.mark.parametrize("expression", OPERATIONS)
def test_what_is_done_with_tables_is_recorded(expression, tmp_path):
    text = f"x = pd.DataFrame(np.arange(6.0).reshape(3, 2) / 7)\nw = np.random.rand(2)\nz = {expression}\nz = z + 0\n"
    recording = recorded(tmp_path, text)
    (drawn,) = [node for node in recording.nodes if node.kind is Kind.RANDOM]
    reached = {drawn.id}
    for node in recording.nodes:
        if any(parent in reached for parent in node.parents):
            reached.add(node.id)
    last = recording.nodes[-1]
    assert last.id in reached
    assert OPERATIONS[expression] in {recording.nodes[id].operation for id in reached}


def test_what_pandas_alone_computes_is_lost_and_said_so(tmp_path):
    text = """
x = pd.DataFrame(np.arange(6.0).reshape(3, 2) / 7)
w = np.random.rand(2)
z = x.dot(w)
print(z.cumsum().clip(0) + w[0])
"""
    recording = recorded(tmp_path, text)
    assert [one.how for one in recording.losses] == ["pandas"]
    assert Kind.LOST in {node.kind for node in recording.nodes}


FLOWERS = """\
import numpy as np
import pandas as pd

table = pd.read_csv("flowers.csv").drop(["Id"], axis=1)
table["Kind"] = table["Kind"].map({"a": 0, "b": 1})
X, y = table.drop(["Kind"], axis=1).values, table["Kind"].values
W = np.random.default_rng(0).normal(size=(1, 4))
for x, target in zip(X, y):
    W -= 0.01 * np.outer(np.dot(W, x) - target, x)
"""


def test_a_row_of_a_missing_table_has_as_many_columns_as_the_weights_that_come_before_it(tmp_path):
    path = tmp_path / "rows.py"
    path.write_text(FLOWERS)
    recording = record_file(path)
    assert recording.raised is None
    assert recording.updates


def test_a_missing_table_that_is_opened_first_has_the_columns_that_are_asked_for(tmp_path):
    text = """
with open("train.csv") as rows:
    table = pd.read_csv(rows)
assert set(table[["label"]].values.ravel()) == {0, 1}
assert "label" not in table.drop(["label"], axis=1).columns
"""
    recorded(tmp_path, text)


@pytest.mark.every(4)
@pytest.mark.parametrize("write", ["table.loc[:, name] =", "table.iloc[:, list(table).index(name)] ="])
@pytest.mark.parametrize("sign", ["-", "+"])
def test_fractions_go_into_columns_of_whole_numbers(write, sign, tmp_path):
    lines = ["height,width,price", *(f"{3 * i % 7},{5 * i % 11},{2 * i % 9}" for i in range(20))]
    (tmp_path / "houses.csv").write_text("\n".join(lines))
    path = tmp_path / "net.py"
    path.write_text(f"""
import numpy as np
import pandas as pd
table = pd.read_csv("houses.csv")
for name in list(table):
    {write} (table[name] - table[name].mean()) / table[name].std()
X, y = table[["height", "width"]].values, table[["price"]].values
np.random.seed(2)
W = np.random.randn(2, 1)
for i in range(30):
    error = X @ W - y
    cost = 0.5 * np.mean(error ** 2)
    W = W {sign} 0.1 * X.T @ error / len(X)
""")
    result = check_file(path)
    assert result.verdict is (Verdict.CORRECT if sign == "-" else Verdict.MISTAKE), result
    assert any(name.startswith("pandas.") and "whole numbers" in name for _, name in result.stand_ins)


def test_texts_are_arrays_that_can_be_reshaped(tmp_path):
    (tmp_path / "flowers.csv").write_text("size,kind\n1.5,a\n2.5,b\n")
    text = """
df = pd.read_csv("flowers.csv")
kinds = df["kind"].values.reshape(-1, 1)
print(kinds.shape, sorted(np.unique(kinds)))
"""
    assert recorded(tmp_path, text).printed == "(2, 1) ['a', 'b']\n"


def test_columns_by_which_a_table_is_sorted_or_grouped_are_made_up(tmp_path):
    text = """
df = pd.read_csv("sales.csv")
df.sort_values("day", inplace=True)
assert "day" in df.columns and list(df["day"]) == sorted(df["day"])
df = df.drop_duplicates(subset=["shop"]).dropna(subset=["price"])
assert {"shop", "price"} <= set(df.columns)
assert len(df.groupby("town").mean()) > 1 and df.set_index("number").index.name == "number"
"""
    recorded(tmp_path, text)
