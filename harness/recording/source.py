"""The user's source text: read from files and notebooks, with what its names and statements are."""

from __future__ import annotations

import ast
import builtins
import errno
import io
import json
import re
import symtable
import tokenize
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from .fstrings import for_older_versions
from .literals import assigned, last_name, nodes_in
from .python_2 import TRUE_DIVISION, counts_by_quotients, from_python_2, is_python

MAX_BYTES = 2**26  # of a file
FUTURE = re.compile(r"^from __future__ import .*$", re.MULTILINE)  # only the first statement of a file may be one
WRITTEN_MODULE = re.compile(r"\s*%%(?:writefile|file)\s+(?:-a\s+)?(?:\S*/)?(\w+)\.py\s*$", re.MULTILINE)
OLD_NAME = re.compile(r"\b(xrange|raw_input|basestring|unicode|unichr|reload)\b")  # which only Python 2 has
OLD_MODULE = re.compile(
    r"^(?:import|from) +(?:cPickle|cStringIO|StringIO|urllib2|urlparse|httplib|ConfigParser|Tkinter)\b",
    re.MULTILINE,
)  # which only Python 2 has, imported without an alternative
OLD_INPUT = re.compile(r"\brange\(\s*input\(")  # an answer that is used as a number
EXPORTED_CELL = re.compile(r"^# In ?\[[\d ]*\]:?\s*$", re.MULTILINE)
OLD_KERNEL = re.compile(r'"name"\s*:\s*"python2"')  # of a notebook
OLD_COMMAND = re.compile(r"\A#!.*\bpython2")  # the first line of a script
MAGIC = re.compile(r"^(\s*)([%!?].*|[\w.]+\?\??\s*)$")  # a line for IPython alone
MAGIC_VALUE = re.compile(r"^(\s*[\w\s,]+=\s*)[%!].*$")  # x = !ls
OTHER_LANGUAGE = re.compile(r"\s*%%(?!(time|timeit|capture|prun)\b)")


def read_text(path: Path) -> str:
    """The Python text of a file; of a notebook, its code cells in order, without magics. Python 2 becomes Python 3.

    Raises:
        OSError: see ``written_text``.
    """
    text = written_text(path)
    return (from_python_2(text) if is_python_2(path) else None) or text


def is_python_2(path: Path) -> bool:
    """Whether a file is written for Python 2: Python 3 cannot parse it, or lacks names in it, or the file says so.

    Quotients of whole numbers where Python 3 fails with them are a sign of it too.
    """
    text = written_text(path)
    if not is_python(text):
        return from_python_2(text) is not None
    if OLD_INPUT.search(text) or OLD_MODULE.search(text) or counts_by_quotients(text):
        return True
    if OLD_NAME.search(text) and any(map(OLD_NAME.fullmatch, undefined_names(text))):
        return True
    return (OLD_KERNEL if is_notebook(path) else OLD_COMMAND).search(decoded(path.read_bytes())) is not None


def has_true_division(path: Path) -> bool:
    """Whether a file asks for the division of Python 3."""
    return TRUE_DIVISION.search(decoded(path.read_bytes())) is not None


def written_text(path: Path) -> str:
    """What ``read_text`` reads, with Python 2 left as it is.

    Raises:
        OSError: it is a pipe, a device or a folder, from which reading might never end, or larger than any program.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a regular file")
    if path.stat().st_size > MAX_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {MAX_BYTES // 2**20} MiB")
    content = path.read_bytes()
    if is_notebook(path, content):
        return notebook_text(content.decode("utf-8", errors="replace"))
    return without_magics(decoded(content))


def decoded(content: bytes) -> str:
    """The text of a file in the encoding that it declares, else in Latin-1; all line ends are Unix'."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_notebook(path: Path, content: bytes | None = None) -> bool:
    """Whether a file is a notebook: by its name, or because it was saved as one under the name of a script."""
    if path.suffix.lower() == ".ipynb":
        return True
    content = path.read_bytes() if content is None else content
    if not content.lstrip().startswith(b"{") or b'"cells"' not in content:
        return False
    try:
        cells = json.loads(content)["cells"]
    except (ValueError, TypeError, KeyError):
        return False
    return isinstance(cells, list) and all(isinstance(cell, dict) for cell in cells)


def is_exported_notebook(text: str) -> bool:
    """Whether a script was made of the cells of a notebook, whose numbers stand before them: ``# In[3]:``."""
    return EXPORTED_CELL.search(text) is not None


def imported_modules(text: str) -> list[str]:
    """The full names of the modules that a text imports, relative ones left out."""
    names: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
    return names


def without_magics(text: str) -> str:
    """The text with ``pass`` in place of the lines that are commands of a notebook, and None in place of their values.

    Lines keep their numbers. A text that is Python, or Python 2, is returned as it is, but for f-strings that this
    version of Python does not read.
    """
    if not is_python(text):
        text = for_older_versions(text)
    if is_python(text) or from_python_2(text) is not None:
        return text
    return "\n".join(MAGIC.sub(r"\1pass", MAGIC_VALUE.sub(r"\1None", line)) for line in text.split("\n"))


def code_cells(content: str) -> list[str]:
    """The texts of the code cells of a notebook.

    Raises:
        ValueError: it is not a notebook.
    """
    try:
        document = json.loads(content)
        cells = document.get("cells") or [cell for sheet in document.get("worksheets", []) for cell in sheet["cells"]]
        sources = [cell.get("source", cell.get("input", "")) for cell in cells if cell.get("cell_type") == "code"]
        return [source if isinstance(source, str) else "".join(source) for source in sources]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise ValueError("it is not a notebook; save it again in Jupyter") from None


def notebook_text(content: str) -> str:
    """The code cells of a notebook, one after the other. Lines of magics and shell commands become ``pass``."""
    return "\n".join(line for cell in _lines_of_cells(content) for line in cell) + "\n"


def cell_lengths(path: Path) -> list[int]:
    """How many lines of the text of a notebook each of its code cells has; empty for another file."""
    content = path.read_bytes()
    if not is_notebook(path, content):
        return []
    return [len(cell) for cell in _lines_of_cells(content.decode("utf-8", errors="replace"))]


def cell_of(line: int, lengths: Sequence[int]) -> tuple[int, int] | None:
    """(number of the code cell, line in it), both from 1, of a line of a notebook's text.

    Args:
        line: from 1.
        lengths: how many lines each code cell has.

    Returns:
        None if there is no such line, as in a file without cells.
    """
    ends = list(accumulate(lengths))
    number = bisect_left(ends, line)
    if line < 1 or number == len(ends):
        return None
    return number + 1, line - ends[number] + lengths[number]


def line_words(line: int, cell: int | None = None) -> str:
    """line 12; cell 2, line 7 of a notebook, whose lines are counted in the cell"""
    return f"line {line}" if cell is None else f"cell {cell}, line {line}"


def place_words(file: str, line: int, cell: int | None = None) -> str:
    """train.py:14; notes.ipynb, cell 3, line 2 of a notebook"""
    return f"{file}:{line}" if cell is None else f"{file}, {line_words(line, cell)}"


def _lines_of_cells(content: str) -> list[list[str]]:
    """The lines of each code cell of a notebook, as they are run; none of one in another language."""
    texts = code_cells(content)
    modules = {match[1] for text in texts if (match := WRITTEN_MODULE.match(text))}
    return [FUTURE.sub("pass", run).split("\n") if run else [] for run in (_run_text(one, modules) for one in texts)]


def _run_text(text: str, modules: set[str]) -> str:
    """What is run of a code cell; empty if it is in another language.

    Args:
        text: of the cell.
        modules: the names of the modules that cells of the notebook write.
    """
    if WRITTEN_MODULE.match(text):  # its definitions are run here and imported nowhere
        return without_magics("pass\n" + text.partition("\n")[2])
    if OTHER_LANGUAGE.match(text):
        return ""
    return _without_imports(without_magics(text), modules)


def _without_imports(text: str, modules: set[str]) -> str:
    """The text with what stands for imports of modules that are a part of the notebook itself."""
    if not modules:
        return text
    names = "|".join(map(re.escape, sorted(modules)))
    text = re.sub(rf"^(\s*)from ({names}) import [^(\n]*$", r"\1pass", text, flags=re.MULTILINE)
    main = "__import__('sys').modules['__main__']"
    text = re.sub(rf"^(\s*)import ({names}) as (\w+)\s*$", rf"\1\3 = {main}", text, flags=re.MULTILINE)
    return re.sub(rf"^(\s*)import ({names})\s*$", rf"\1\2 = {main}", text, flags=re.MULTILINE)


@dataclass(frozen=True)
class Statement:
    """The assignment or return statement that a line belongs to."""

    target: str  # as written; "return" for a return statement
    replaces: bool  # whether the target stands in the value too, as in ``w = w - step`` and ``w -= step``
    # "add" and "subtract", those of them that may give the value itself and not only a part of it, as the sum in ``w -
    # rate * (gradient + decay * w)`` does not
    sums: frozenset[str] = frozenset({"add", "subtract"})
    # whether the target itself is a term of the value, so that no multiple of it is the whole update
    has_own_term: bool = False
    # whether the value is a product with a 0 that stands in the file, as in ``velocity = 0 * w``
    makes_zeros: bool = False
    # those of several targets that are a term of their own value, as both are in ``w, b = w - dw, b - db``
    own_terms: frozenset[str] = frozenset()


def called_name(node: ast.AST) -> str:
    """The last part of the name of what is called; "" for what is not a call."""
    return last_name(node.func) if isinstance(node, ast.Call) else ""


def undefined_names(text: str) -> list[str]:
    """Global names that a file uses and nowhere defines: what a snippet lacks, or its star imports must give."""
    known, used = _names(text)
    return sorted((used - known) | (_read_before(ast.parse(text)) - set(dir(builtins))))


def _read_before(tree: ast.Module) -> set[str]:
    """Names whose first assignment at the top level reads them, as ``Adam`` in ``Adam = Adam(0.01)``."""
    found: set[str] = set()
    given: set[str] = set()
    for statement in tree.body:
        nodes = list(ast.walk(statement))
        names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        if isinstance(statement, ast.Assign):
            parts = list(ast.walk(statement.value))
            read = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
            inner = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
            inner |= {part.arg for part in parts if isinstance(part, ast.arg)}
            found |= (names & read) - given - inner
        given |= names | {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        given |= {(node.asname or node.name).partition(".")[0] for node in nodes if isinstance(node, ast.alias)}
    return found


def defined_names(text: str) -> set[str]:
    """Names that a file assigns, defines or imports at its top level, or as global ones, and those of Python."""
    return _names(text)[0]


def _names(text: str) -> tuple[set[str], set[str]]:
    """(global names that a file defines, those that it uses); names of Python are defined."""
    known, used = set(dir(builtins)), set()

    def look(table: symtable.SymbolTable) -> None:
        is_module = table.get_type() == "module"
        for symbol in table.get_symbols():
            is_given = symbol.is_assigned() or symbol.is_imported()
            if is_given and (is_module or symbol.is_declared_global()):
                known.add(symbol.get_name())
            if symbol.is_referenced() and (is_module or symbol.is_global()):
                used.add(symbol.get_name())
        for child in table.get_children():
            look(child)

    look(symtable.symtable(text, "file", "exec"))
    return known, used


def placed_statements(tree: ast.AST) -> list[tuple[ast.stmt, Statement]]:
    """Each assignment and return statement as a node, which has its place, with its facts."""
    statements = [node for node in nodes_in(tree) if isinstance(node, ast.stmt)]
    return [(node, facts) for node in statements if (facts := _statement(node)) is not None]


def statements_of_lines(placed: list[tuple[ast.stmt, Statement]]) -> dict[int, Statement]:
    """The assignment or return statement of each line, the last one if a line has several."""
    found: dict[int, Statement] = {}
    for node, statement in placed:
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            found[line] = statement
    return found


def crowded_lines(placed: list[tuple[ast.stmt, Statement]]) -> dict[int, list[tuple[int, int, Statement]]]:
    """(first column, column after the last, statement) of lines with several, as ``w -= dw; b -= db``."""
    found: dict[int, list[tuple[int, int, Statement]]] = {}
    for node, statement in placed:
        if node.lineno == node.end_lineno:
            found.setdefault(node.lineno, []).append((node.col_offset, node.end_col_offset or 0, statement))
    return {line: several for line, several in found.items() if len(several) > 1}


# their frames: of list comprehensions only before Python 3.12
COMPREHENSIONS: dict[type[ast.AST], str] = {
    ast.ListComp: "<listcomp>",
    ast.SetComp: "<setcomp>",
    ast.DictComp: "<dictcomp>",
    ast.GeneratorExp: "<genexpr>",
}


def function_names(tree: ast.AST) -> dict[tuple[int, str], str]:
    """The qualified name of each code object's function, by its first line and its own name.

    Python has it from version 3.11 on. A comprehension is a part of its function.
    """
    found: dict[tuple[int, str], str] = {}
    # what is to be read, with the function around it and what the names of functions in it begin with
    rest: list[tuple[ast.AST, str, str]] = [(tree, "<module>", "")]
    while rest:
        node, function, prefix = rest.pop()
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
            decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
            function = f"{prefix}{name}"
            found[min(one.lineno for one in (node, *decorators)), name] = function
            prefix = f"{function}." if isinstance(node, ast.ClassDef) else f"{function}.<locals>."
        elif type(node) in COMPREHENSIONS and isinstance(node, ast.expr):
            found[node.lineno, COMPREHENSIONS[type(node)]] = function
        rest += [(child, function, prefix) for child in ast.iter_child_nodes(node)]
    return found


# what ``w -= x`` gives; sums in x are parts of it
OWN_SUMS: dict[type[ast.operator], frozenset[str]] = {ast.Add: frozenset({"add"}), ast.Sub: frozenset({"subtract"})}


def _statement(node: ast.AST) -> Statement | None:
    """The facts of an assignment or a return statement, as which a function in one line is read."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
        return Statement("return", False)
    if isinstance(node, ast.Assign):
        text = " = ".join(ast.unparse(target) for target in node.targets)
        kinds = (ast.Name, ast.Attribute, ast.Subscript)
        parts = [part for part in ast.walk(node.value) if isinstance(part, kinds)]
        read = {part.id if isinstance(part, ast.Name) else ast.unparse(part) for part in parts}
        targets = {ast.unparse(target) for target in node.targets}
        return Statement(
            text,
            replaces=bool(targets & read),
            sums=_outer_sums(node.value),
            has_own_term=bool(targets & set(_terms(node.value))),
            makes_zeros=_makes_zeros(node.value),
            own_terms=_own_terms(node),
        )
    if isinstance(node, ast.AugAssign):
        sums = OWN_SUMS.get(type(node.op), frozenset())
        return Statement(ast.unparse(node.target), True, sums, bool(sums))
    if isinstance(node, ast.AnnAssign):
        return Statement(ast.unparse(node.target), False)
    return Statement("return", False) if isinstance(node, ast.Return) else None


def _outer_sums(value: ast.expr) -> frozenset[str]:
    """The kinds of sums that may give the value itself: see ``Statement.sums``."""
    if isinstance(value, ast.ListComp):
        return _outer_sums(value.elt)
    if isinstance(value, (ast.Tuple, ast.List)) and value.elts:
        return frozenset().union(*map(_outer_sums, value.elts))
    if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Add, ast.Sub)):
        own = {"add"} if isinstance(value.op, ast.Add) else {"subtract"}
        sides = [value.left, value.right] if isinstance(value.op, ast.Add) else [value.left]
        return frozenset(own).union(*(_outer_sums(side) for side in sides if is_sum(side)))
    return frozenset({"add", "subtract"})


def _terms(value: ast.expr) -> list[str]:
    """The terms of a sum, and the arguments of a call, which may be added, as written."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Add, ast.Sub)):
        return [*_terms(value.left), *_terms(value.right)]
    arguments = value.args if isinstance(value, ast.Call) else []
    return [ast.unparse(one) for one in (value, *arguments)]


def _own_terms(node: ast.Assign) -> frozenset[str]:
    """See ``Statement.own_terms``."""
    pairs = assigned(node) if isinstance(node.value, ast.Tuple) else ()
    return frozenset(name for target, value in pairs if (name := ast.unparse(target)) in _terms(value))


def _makes_zeros(value: ast.expr) -> bool:
    """Whether a value, or one in the list or dictionary that it is, is a product with a 0."""
    if isinstance(value, ast.ListComp):
        return _makes_zeros(value.elt)
    if isinstance(value, ast.DictComp):
        return _makes_zeros(value.value)
    if isinstance(value, (ast.Tuple, ast.List)):
        return any(map(_makes_zeros, value.elts))
    if isinstance(value, ast.Dict):
        return any(map(_makes_zeros, value.values))
    factors = [value.left, value.right] if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult) else []
    return any(isinstance(one, ast.Constant) and one.value == 0 for one in factors)


def is_sum(node: ast.expr) -> bool:
    """Whether an expression is a sum or a difference."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))


# what a file may call to set itself up: it makes a logger, a generator, a type or a path, or changes how NumPy prints
SETS_UP = re.compile(
    r"\w*logg(er|ing)\w*|default_rng|RandomState|seed|TypeVar|NewType|namedtuple|Path|set_printoptions|seterr"
    r"|(filter|simplefilter)warnings|basicConfig",
    re.IGNORECASE,
)
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is a text alone, such as a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def is_main_guard(node: ast.stmt) -> bool:
    """Whether what a statement holds runs only if the file is run, and not if it is imported."""
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def classes_in(body: Iterable[ast.stmt]) -> set[str]:
    """The names of the classes that statements define."""
    return {node.name for node in body if isinstance(node, ast.ClassDef)}


def only_defines(node: ast.stmt, classes: Collection[str]) -> bool:
    """Whether a statement is a definition or a constant, or something that a file sets itself up with.

    Args:
        node: the statement.
        classes: of its file, of which it may make instances.
    """
    if isinstance(node, DEFINITIONS) or is_text(node):
        return True
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    return isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)) and all(
        last_name(call.func) in classes
        or SETS_UP.fullmatch(last_name(call.func)) is not None
        or ast.unparse(call).startswith("sys.path.")
        for call in calls
    )
