"""A class of students: hand-ins of every form, right ones, wrong ones, and hostile ones."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

NETWORK = """\
import numpy as np

np.random.seed({seed})
{data}
{w1} = np.random.randn({inputs}, {hidden}) * 0.5
{b1} = np.zeros((1, {hidden}))
{w2} = np.random.randn({hidden}, {outputs}) * 0.5
{b2} = np.zeros((1, {outputs}))
{squash}
for epoch in range(25):
    h = squash(inputs_ @ {w1} + {b1})
    out = squash(h @ {w2} + {b2})
    top = (out - wanted) * out * (1 - out)
    low = (top @ {w2}.T) * h * (1 - h)
    {w2} -= 0.2 * h.T @ top
    {b2} -= 0.2 * top.sum(axis=0, keepdims=True)
    {w1} -= 0.2 * inputs_.T @ low
    {b1} -= 0.2 * low.sum(axis=0, keepdims=True)
"""

COLUMNS = """\
import numpy as np

class Network:
    def __init__(self, sizes, rate=0.3):
        rng = np.random.RandomState({seed})
        self.rate = rate
        self.{w1} = rng.randn(sizes[1], sizes[0]) * 0.5
        self.{b1} = rng.randn(sizes[1], 1) * 0.1
        self.{w2} = rng.randn(sizes[2], sizes[1]) * 0.5
        self.{b2} = rng.randn(sizes[2], 1) * 0.1

    def forward(self, x):
        self.h = np.tanh(self.{w1} @ x + self.{b1})
        self.out = 1 / (1 + np.exp(-(self.{w2} @ self.h + self.{b2})))
        return self.out

    def train(self, x, y, epochs):
        for _ in range(epochs):
            out = self.forward(x)
            top = (out - y) * out * (1 - out)
            low = (self.{w2}.T @ top) * (1 - self.h ** 2)
            self.{w2} -= self.rate * top @ self.h.T
            self.{b2} -= self.rate * top.sum(axis=1, keepdims=True)
            self.{w1} -= self.rate * low @ x.T
            self.{b1} -= self.rate * low.sum(axis=1, keepdims=True)

rng = np.random.RandomState(5)
x, y = rng.randn({inputs}, {observations}), rng.rand({outputs}, {observations})
net = Network([{inputs}, {hidden}, {outputs}])
net.train(x, y, 25)
"""

# name of a mistake: what is replaced in the first and in the second program
MISTAKES: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "missing-hidden-activation-derivative": ((" * h * (1 - h)", ""), (" * (1 - self.h ** 2)", "")),
    "target-added": (("(out - wanted)", "(out + wanted)"), ("(out - y)", "(out + y)")),
    "gradient-ascent": (("-= 0.2", "+= 0.2"), ("-= self.rate", "+= self.rate")),
    "bias-gradient-averaged": ((".sum(axis=0,", ".mean(axis=0,"), (".sum(axis=1,", ".mean(axis=1,")),
}
NAMES = [("W1", "b1", "W2", "b2"), ("theta_in", "bias_in", "theta_out", "bias_out"), ("w_h", "c_h", "w_o", "c_o")]
SQUASH = "def squash(z):\n    return 1 / (1 + np.exp(-z))\n"

HOSTILE: dict[str, str] = {
    "reads the secret": "print(open({secret!r}).read())\nraise ValueError(open({secret!r}).read())",
    "writes beside": """
for path in ({folder!r} + "/new.py", "../new.py", {home!r} + "/new"):
    try:
        open(path, "w").write("x")
    except OSError:
        pass
""",
    "connects": "import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=1)",
    "forks": """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
    "traces": "import ctypes, os\nprint(ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0))\nos._exit(0)",
    "fills the disk": """
n = 0
while True:
    open(str(n), "wb").write(bytes(2**24))
    n += 1
""",
    "leaves a daemon": """
import os, sys
if os.fork() == 0:
    os.setsid()
    os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", {token!r}])
""",
    "reads another": """
import glob
print([open(path).read() for path in glob.glob({folder!r} + "/**/*.py", recursive=True)])
raise ValueError(open({folder!r} + "/000 right.py").read())
""",
    "forges": """
import os
for number in range(3, 64):
    try:
        os.write(number, bytes(64))
    except OSError:
        pass
os._exit(0)
""",
    "writes the results": "import pathlib\nfor p in pathlib.Path('/').rglob('*.csv'):\n    p.write_text('10,10')",
    "exits": "import os\nos._exit(0)",
    "aborts": "import os\nos.abort()",
    "recurses": "def f(n):\n    return f(n + 1)\nf(0)",
    "takes all memory": "x = [bytearray(2**28) for _ in range(10**6)]",
    "prints without end": "while True:\n    print('x' * 1000)",
    "ends its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "deletes everything": """
import shutil
for path in ("/", "..", ".", {folder!r}):
    shutil.rmtree(path, ignore_errors=True)
""",
    "closes everything": "import os\nos.closerange(0, 4096)",
    "spoils the terminal": "raise ValueError('\\x1b]0;owned\\x07\\x1b[2J\\u202e')",
    "spoils the table": "raise ValueError('=HYPERLINK(\"http://192.0.2.1\")\\n,,correct,10,10')",
}


@dataclass(frozen=True)
class Expected:
    """What a hand-in was made to be.

    Attributes:
        verdict: "correct", "mistake" or "not judged"; "" if any but a false "correct" is as good.
        mistake: its name; "" if there is none.
        hostile: what it tries, or "".
    """

    verdict: str
    mistake: str = ""
    hostile: str = ""


def network(number: int, mistake: str = "") -> str:
    """The text of a program, another one for each number."""
    names = dict(zip(("w1", "b1", "w2", "b2"), NAMES[number % 3]))
    inputs, hidden, outputs, observations = 2 + number % 3, 3 + number % 4, 1 + number % 2, 6 + number % 5
    data = f"inputs_ = np.random.randn({observations}, {inputs})\nwanted = np.random.rand({observations}, {outputs})"
    sizes = {"inputs": inputs, "hidden": hidden, "outputs": outputs, "observations": observations}
    form = number // 2 % 2
    text = (NETWORK, COLUMNS)[form].format(seed=number, data=data, squash=SQUASH, **names, **sizes)
    if mistake:
        old, new = MISTAKES[mistake][form]
        assert old in text
        text = text.replace(old, new)
    return text


# Forms


def as_file(folder: Path, name: str, text: str) -> str:
    (folder / f"{name}.py").write_text(text)
    return f"{name}.py"


def as_folder(folder: Path, name: str, text: str) -> str:
    (folder / name).mkdir()
    (folder / name / "my network.py").write_text(text, newline="\r\n")
    (folder / name / "notes.txt").write_text("it works")
    return name


def as_folder_with_helper(folder: Path, name: str, text: str) -> str:
    (folder / name / "src").mkdir(parents=True)
    helper = SQUASH if SQUASH in text else "def unused():\n    pass\n"
    (folder / name / "src" / "helpers.py").write_text(f"import numpy as np\n\n{helper}")
    main = text.replace(SQUASH, "").replace("import numpy as np\n", "import numpy as np\nfrom helpers import *\n", 1)
    (folder / name / "src" / "main.py").write_text(main)
    return name


def as_notebook(folder: Path, name: str, text: str) -> str:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Homework"]},
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": ["%matplotlib inline\n"],
        },
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": text.splitlines(True)},
    ]
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (folder / f"{name}.ipynb").write_text(json.dumps(document))
    return f"{name}.ipynb"


def as_archive(folder: Path, name: str, text: str) -> str:
    with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("homework/net.py", text)
        archive.writestr("__MACOSX/homework/._net.py", "\x00\x01")
    return f"{name}.zip"


def as_archive_in_folder(folder: Path, name: str, text: str) -> str:
    (folder / name).mkdir()
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("../../net.py", text)
    (folder / name / "abgabe.zip").write_bytes(inner.getvalue())
    return name


def as_latin_1(folder: Path, name: str, text: str) -> str:
    (folder / f"{name}.py").write_bytes(f"# -*- coding: latin-1 -*-\n# Übung für Jörg\n{text}".encode("latin-1"))
    return f"{name}.py"


def as_utf_8_with_mark(folder: Path, name: str, text: str) -> str:
    (folder / f"{name}.py").write_bytes(f"# Übung\n{text}".encode("utf-8-sig"))
    return f"{name}.py"


def under_a_strange_name(folder: Path, name: str, text: str) -> str:
    strange = f"{name} Ünï çødé, 日本 (final) [2]\u202e"
    (folder / f"{strange}.py").write_text(text)
    return f"{strange}.py"


def under_bytes(folder: Path, name: str, text: str) -> str:
    path = os.path.join(os.fsencode(folder), os.fsencode(name) + b" \xff\xfe.py")
    with open(path, "w") as file:
        file.write(text)
    return os.path.basename(os.fsdecode(path))


FORMS: list[Callable[[Path, str, str], str]] = [
    as_file,
    as_folder,
    as_folder_with_helper,
    as_notebook,
    as_archive,
    as_archive_in_folder,
    as_latin_1,
    as_utf_8_with_mark,
    under_a_strange_name,
    under_bytes,
]


def make_class(folder: Path, *, honest: int, hostile: int, secret: Path, port: int, token: str) -> dict[str, Expected]:
    """Fill a folder with hand-ins.

    Args:
        folder: to fill; it exists.
        honest: number of hand-ins that are right, or have a mistake.
        hostile: number of those that try something.
        secret: a file that nobody may read.
        port: of a server that nobody may connect to.
        token: a word in the command line of what they leave behind.

    Returns:
        What each hand-in is, by its name.
    """
    found: dict[str, Expected] = {}
    mistakes = ["", *MISTAKES, ""]
    for number in range(honest):
        mistake = mistakes[number % len(mistakes)]
        form = FORMS[number * 7 % len(FORMS)] if number else as_file
        name = form(folder, f"{number:03} {mistake or 'right'}", network(number, mistake))
        found[name] = Expected("mistake" if mistake else "correct", mistake)
    given = {"secret": str(secret), "folder": str(folder), "home": str(Path.home()), "port": port, "token": token}
    deeds = list(HOSTILE)
    for number in range(hostile):
        deed = deeds[number % len(deeds)]
        text = HOSTILE[deed].format(**given)
        form = (as_file, as_folder, as_archive, as_notebook)[number // len(deeds) % 4]
        name = form(folder, f"h{number:02} {deed}", f"import numpy as np\n{text}\n")
        found[name] = Expected("not judged", hostile=deed)
    return found
