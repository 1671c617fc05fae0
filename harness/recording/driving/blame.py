"""What a failed attempt says about its choices: which to change first, and sizes that a message mentions."""

from __future__ import annotations

import ast
import contextlib
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any, TypeAlias

import numpy as np

from .choices import BLAMED_COST, CLEARED_COST, COST
from .data import BATCH, CLASSES, HIDDEN, Form
from .gradients import GRADIENT_NAMED
from .roles import TARGET_NAME, words_of
from .session import LARGEST_SIZE, MAX_SIZES, SHAPE_MESSAGE, Hints, Session, numbers_in, user_line
from .source import FileFacts
from .words import PASS_BACK, STRUCTURE_WORDS

# inputs meet weights of the file's own with one row, or are to become one number
ONE_INPUT = re.compile(
    r"(\d+) \(dim \d\) != 1 \(dim 0\)|core dimension 0.*\(size 1 is different from (\d+)\)"
    r"|array of size (\d+) into shape \(1,1\)"
)
# two lengths that a matrix product found unequal
UNEQUAL = re.compile(r"(\d+) \(?(?:dim \d\) !=|is different from) (\d+)")
# rows of 0 and 1, or one such number, in the place of the number of a class
OF_CLASSES = re.compile(
    r"indexing arrays could not be broadcast|arrays used as indices must be"
    r"|float\d*' object cannot be interpreted as an integer"
)
NO_INDEX = re.compile(r"^only integers, slices")  # the same of one number, if a line asks for nothing by a key
KEY = re.compile(r"\[f?['\"]")
ASKED_WHICH = re.compile(r"truth value of an array")  # if y[i] == k, which has an answer for each item
NO_ARRAY = re.compile(r"^'(list|tuple)' object has no attribute")  # such as shape, when arrays were expected
# what is kept for one observation, and what many of them were to be added to it
ONE_KEPT = re.compile(r"output operand with shape \((\d+),(\d+)\) doesn't match the broadcast shape \((\d+),(\d+)\)")
THREE_AXES = re.compile(
    r"\((batch|n|b)\w*, ?(time|seq|step|len|t\b)\w*, ?\w+\)|\b(3|three)[ -]?(d|dim\w*|axes)\b", re.IGNORECASE
)
OWN_CHECK = re.compile(r"\s*(raise|assert)\b")  # a line of the user's that raises on purpose
THREE_UNPACKED = "not enough values to unpack (expected 3, got 2)"  # n, t, d = x.shape
SOLVED_COST = 0.05  # of a choice that the failure decides
Condition: TypeAlias = tuple[ast.expr, FrameType]  # of the user's own, and the frame that it was looked at in


def learn(session: Session, hints: Hints, error: BaseException | None, files: Mapping[str, FileFacts]) -> None:
    """Sizes that a message mentions become options for the number of inputs; a batch that cannot go back is noted."""
    hints.batch_raises = hints.batch_raises or _raised_for_batch(session, error, files)
    compared = _compared_sizes(_failed_check(error, files))
    if error is None or session.sizes is None or not (compared or SHAPE_MESSAGE.search(str(error))):
        return
    one = ONE_INPUT.search(str(error)) if not session.inputs_given else None
    if one and str(session.sizes.inputs) in one.groups() and 1 not in hints.inputs:
        hints.inputs.insert(0, 1)
        hints.labels.sort(key=lambda labels: not labels.one_output)  # one number after the other
    numbers = [number for number in (*compared, *numbers_in(str(error))) if 1 < number <= LARGEST_SIZE]
    for key, chosen, known in (
        ("inputs", session.sizes.inputs, hints.inputs),
        ("outputs", session.sizes.outputs, hints.outputs),
    ):
        used = {session.sizes.observations, chosen}
        known.extend(number for number in dict.fromkeys(numbers) if number not in used and number not in known)
        del known[MAX_SIZES:]
        if key in session.choices.taken:
            session.choices.taken[key] = (session.choices.taken[key][0], 2 + len(known))


def asks_for_sequences(error: BaseException | None, line: str) -> bool:
    """Whether an exception says that inputs of two axes are to have three, with steps between the others.

    Args:
        error: what an attempt ended with.
        line: the user's line that raised it.
    """
    if not isinstance(error, (ValueError, AssertionError)):
        return False
    is_own = OWN_CHECK.match(line) is not None
    is_unpacked = str(error).startswith(THREE_UNPACKED) and ".shape" in line
    return is_unpacked or (is_own and THREE_AXES.search(str(error)) is not None)


def blame(session: Session, error: BaseException | None, files: Mapping[str, FileFacts]) -> Callable[[str], float]:
    """What changing each choice costs after this failure."""
    message = "" if error is None else str(error)
    noted = bool(session.watcher.notes)
    checked = _checked_arrays(_failed_check(error, files))
    of_data = isinstance(error, (IndexError, AssertionError)) or SHAPE_MESSAGE.search(message) is not None
    of_data |= bool(checked)
    puts_out_hidden = _puts_out_hidden(session, message)
    # one observation after the other, unless the file divides by the number of all of them, and so means them at once
    is_of_one = _is_of_one(session, message) and not _divides_by_all(session, error, files)
    decides_form = _is_turned(session, message) or is_of_one
    # pairs never make one array, whatever their form is: inputs are meant
    of_pairs = "inhomogeneous" in message or NO_ARRAY.search(message)
    shapes = (noted or (error is not None and of_data)) and not of_pairs
    names = _names_at(error, files)
    words = {word for name in names for word in words_of(name) if len(word) > 2}
    nothing = error is None and not noted
    maker = _choice_of_maker(session) if error is not None else ""

    line = user_line(error, files)[1]
    compares = "==" in line and any(map(TARGET_NAME.match, re.findall(r"[A-Za-z_]\w*", line)))
    is_of_classes = (
        OF_CLASSES.search(message)
        or (NO_INDEX.search(message) and not KEY.search(line))
        or (compares and ASKED_WHICH.search(message))
    )

    def cost(key: str) -> float:
        if isinstance(error, NameError) and user_line(error, files)[0]:
            return -1
        if key.startswith("example of"):
            return BLAMED_COST
        if maker:
            return SOLVED_COST if key == maker else COST
        if decides_form:
            return SOLVED_COST if key == "form" else COST
        if is_of_classes and session.labels not in CLASSES:
            return SOLVED_COST if key == "labels" else COST
        if session.asks_for_outputs:
            return SOLVED_COST if key == "outputs" else COST
        if key in ("form", "labels", "inputs", "outputs", "pairs", "matrices"):
            if nothing:
                return CLEARED_COST
            if key == "labels" and checked and all(map(TARGET_NAME.match, checked)):
                return BLAMED_COST / 2  # the file says which targets it wants
            return BLAMED_COST if shapes else COST
        if key.startswith("writer"):
            return COST / 2
        match = re.search(r"\((\w+)\)", key)
        argument = match.group(1) if match else key
        if puts_out_hidden and set(words_of(argument)) & STRUCTURE_WORDS:
            return SOLVED_COST
        if argument in names or argument.lower() in {name.lower() for name in names}:
            return BLAMED_COST + 0.1
        if isinstance(error, (IndexError, AssertionError)) and set(words_of(argument)) & words:
            return BLAMED_COST + 0.2  # what is too short, or not as asserted, may have gone by another name until then
        return COST if not nothing else COST * 0.8

    return cost


def _choice_of_maker(session: Session) -> str:
    """The choice that led to the last call, if nothing is given to its function, as in ``load_data()``; else ""."""
    called = re.search(r"(?:^|= )(\w+)\(\)$", session.statements[-1].text) if session.statements else None
    is_function = called is not None and called[1] in session.facts.functions
    return list(session.choices.taken)[-1] if is_function and session.choices.taken else ""


def _is_turned(session: Session, message: str) -> bool:
    """Whether weights meet observations along the wrong axis, so that rows are to be columns, or columns rows."""
    if session.sizes is None or session.form not in (Form.ROWS, Form.COLUMNS):
        return False
    met = [set(map(int, pair)) for pair in UNEQUAL.findall(message)]
    return {session.sizes.observations, session.sizes.inputs} in met


def _puts_out_hidden(session: Session, message: str) -> bool:
    """Whether outputs met targets and were as many as hidden units: the network has one layer, not the sizes of two."""
    met = re.search(r"together with shapes \(([\d,]+)\) \(([\d,]+)\)", message)
    if met is None or session.sizes is None or not session.outputs_given:
        return False
    first, second = (set(map(int, re.findall(r"\d+", shape))) for shape in met.groups())
    given = f"{session.sizes.inputs}, {HIDDEN}, {session.sizes.outputs}"
    return first ^ second == {HIDDEN, session.sizes.outputs} and any(given in line for line in session.lines)


def _is_of_one(session: Session, message: str) -> bool:
    """Whether gradients of many observations were added in place to those of one, so that each goes on its own."""
    kept = ONE_KEPT.search(message)
    if kept is None or session.sizes is None or session.form is None or session.form.single:
        return False
    rows, columns, all_rows, all_columns = map(int, kept.groups())
    many = {session.sizes.observations, BATCH}
    return (rows == 1 and columns == all_columns and all_rows in many) or (
        columns == 1 and rows == all_rows and all_columns in many
    )


def _raised_for_batch(session: Session, error: BaseException | None, files: Mapping[str, FileFacts]) -> str:
    """Where a backward pass that was given many observations, and divides by their number, raised for a shape.

    Such a file is not meant for one observation a call, with which its mistake may fit.

    Returns:
        the line's number and what it raised; "" if the attempt ended otherwise.
    """
    if session.sizes is None or session.form is None or session.form.single:
        return ""
    if not isinstance(error, (ValueError, IndexError)) or not SHAPE_MESSAGE.search(str(error)):
        return ""
    counts = {session.sizes.observations, BATCH}
    for function, frame, line in _functions_running(error, files):
        if _is_backward(function, line) and counts & _divisors(function, frame):
            return f"line {line} raises {type(error).__name__}"
    return ""


def _divides_by_all(session: Session, error: BaseException | None, files: Mapping[str, FileFacts]) -> bool:
    """Whether a function that was running divides by the number of observations, or of all outputs of them."""
    if error is None or session.sizes is None:
        return False
    counts = {session.sizes.observations, BATCH}
    divisors = [one for function, frame, _ in _functions_running(error, files) for one in _divisors(function, frame)]
    return any(one and not one % count for one in divisors for count in counts)


def _functions_running(
    error: BaseException, files: Mapping[str, FileFacts]
) -> Iterator[tuple[ast.AST, FrameType, int]]:
    """Each function of the files that an exception went through, with its frame and the line."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        facts = files.get(frame.f_code.co_filename)
        function = _function_at(facts, line) if facts is not None else None
        if function is not None:
            yield function, frame, line


def _function_at(facts: FileFacts, line: int) -> ast.AST | None:
    """The innermost function of a file with this line."""
    around = [one.node for one in facts.definitions() if one.node.lineno <= line <= (one.node.end_lineno or 0)]
    return max(around, key=lambda node: node.lineno, default=None)


def _is_backward(function: ast.AST, line: int) -> bool:
    """Whether the function, by its name, or the statement at the line, by its target, makes gradients."""
    names = [
        name.id if isinstance(name, ast.Name) else name.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and node.lineno <= line <= (node.end_lineno or 0)
        for target in node.targets
        for name in ast.walk(target)
        if isinstance(name, (ast.Name, ast.Attribute))
    ]
    return bool(PASS_BACK.match(getattr(function, "name", ""))) or any(map(GRADIENT_NAMED.search, names))


def _divisors(function: ast.AST, frame: FrameType) -> set[int]:
    """The whole numbers that a function which is running divides by."""
    found: set[int] = set()
    for node in ast.walk(function):
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div):
            divisor = node.right if isinstance(node, ast.BinOp) else node.value
            for part in ast.walk(divisor):
                # m, X.shape[1], y.size and len(X)
                is_size = isinstance(part, ast.Attribute) and part.attr == "size"
                if is_size or isinstance(part, (ast.Name, ast.Subscript)) or ast.unparse(part).startswith("len("):
                    with contextlib.suppress(Exception):
                        value = eval(ast.unparse(part), frame.f_globals, dict(frame.f_locals))
                        found |= {int(value)} if isinstance(value, (int, np.integer)) else set()
    return found


def _names_at(error: BaseException | None, files: Mapping[str, FileFacts]) -> set[str]:
    """The names in the user's lines of a traceback."""
    names: set[str] = set()
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        facts = files.get(trace.tb_frame.f_code.co_filename)
        lines = facts.lines if facts is not None else []
        if trace.tb_lineno <= len(lines):
            names |= set(re.findall(r"[A-Za-z_]\w*", lines[trace.tb_lineno - 1]))
        trace = trace.tb_next
    if isinstance(error, TypeError):
        names |= set(re.findall(r"'(\w+)'", str(error)))
    return names


def unset_at(error: BaseException | None, files: Mapping[str, FileFacts]) -> set[str]:
    """The attributes that the innermost statement of the user's reads and that are absent or None."""
    if not isinstance(error, (AttributeError, TypeError)) or "NoneType" not in str(error):
        return {error.name or ""} if isinstance(error, AttributeError) and error.obj is not None else set()
    around, frame = _statements_around(error, files)
    if not around or frame is None:
        return set()
    reads = [node for node in ast.walk(around[-1]) if isinstance(node, ast.Attribute)]
    names = {**frame.f_globals, **frame.f_locals}
    return {node.attr for node in reads if isinstance(node.ctx, ast.Load) and _is_none(node, names)}


def _statements_around(error: BaseException, files: Mapping[str, FileFacts]) -> tuple[list[ast.stmt], FrameType | None]:
    """The statements with the innermost line of the user's that an exception went through, in order, and the frame."""
    frame, line, facts = None, 0, None
    for one, number in traceback.walk_tb(error.__traceback__):
        if one.f_code.co_filename in files:
            frame, line, facts = one, number, files[one.f_code.co_filename]
    nodes = ast.walk(ast.parse("\n".join(facts.lines))) if facts is not None else ()
    around = [
        node for node in nodes if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return sorted(around, key=lambda node: node.lineno), frame


def _failed_check(error: BaseException | None, files: Mapping[str, FileFacts]) -> Condition | None:
    """The condition of the ``assert`` that an attempt failed at, or of the ``if`` around the ``raise``."""
    if error is None or not OWN_CHECK.match(user_line(error, files)[1]):
        return None
    around, frame = _statements_around(error, files)
    tests = [
        node.test
        for node in around
        if isinstance(node, ast.Assert) or (isinstance(node, ast.If) and around[-1] not in node.orelse)
    ]
    return (tests[-1], frame) if tests and frame is not None else None


def _checked_arrays(failed: Condition | None) -> set[str]:
    """The names of a function's array arguments that a failed condition is about.

    Those of a backward pass are not data, and may not fit because of a mistake.
    """
    if failed is None or PASS_BACK.match(failed[1].f_code.co_name):
        return set()
    test, frame = failed
    given = frame.f_code.co_varnames[: frame.f_code.co_argcount]
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name) and node.id in given}
    return {name for name in names if isinstance(frame.f_locals.get(name), (np.ndarray, list))}


def _compared_sizes(failed: Condition | None) -> list[int]:
    """The lengths that a failed condition about array arguments compares."""
    if failed is None or not _checked_arrays(failed):
        return []
    test, frame = failed
    found: list[int] = []
    for node in ast.walk(test):
        if isinstance(node, ast.Compare):
            for part in (node.left, *node.comparators):
                calls = {ast.unparse(one.func) for one in ast.walk(part) if isinstance(one, ast.Call)}
                if calls <= {"len"}:
                    with contextlib.suppress(Exception):
                        value = eval(ast.unparse(part), frame.f_globals, dict(frame.f_locals))
                        sizes = value if isinstance(value, tuple) else (value,)
                        found += [one for one in sizes if type(one) is int]
    return found


def _is_none(node: ast.Attribute, names: dict[str, Any]) -> bool:
    """Whether an attribute that is read without a call is None."""
    if any(isinstance(part, ast.Call) for part in ast.walk(node)):
        return False
    try:
        return eval(compile(ast.Expression(node), "<attribute>", "eval"), names) is None
    except Exception:  # names of a comprehension, or what the statement itself makes
        return False
