"""Exceptions of a run: which are the file's own mistake, and which leave what was recorded before to be judged."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Container

import numpy as np

from ..recording.failures import CAST, is_misused_library, is_wrong_call
from ..recording.graph import Absorbed, Kind, Node, Place, Raised, Recording
from ..recording.literals import assigned, nodes_of
from ..recording.source import called_name
from .replay import Program
from .result import Found, Quantity
from .result import Kind as QuantityKind
from .sources import Sources
from .stage import MATRIX_PRODUCTS, PRODUCTS

UNDEFINED = ("NameError", "UnboundLocalError")
JSON_WORDS = ("true", "false", "null")
BACKWARD_WORDS = ("back", "grad", "delta", "deriv", "update")
RUN_FILE = "<run>"
# what the machine lacks: files, packages, memory, somebody at the keyboard
ENVIRONMENT = frozenset(
    {
        *("OSError", "FileNotFoundError", "FileExistsError", "PermissionError", "IsADirectoryError"),
        *("NotADirectoryError", "ConnectionError", "TimeoutError", "URLError", "HTTPError", "UnsupportedOperation"),
        *("ImportError", "ModuleNotFoundError", "MemoryError", "EOFError", "KeyboardInterrupt", "BrokenPipeError"),
        *("UnpicklingError", "BadZipFile", "UnicodeDecodeError", "ArgumentError"),
    }
)
OUTPUT = re.compile(
    r"\b(print|display|savefig|savetxt|dump|dumps|save|write|writelines|writerow|log|info|debug|warning|set_description"
    r"|set_postfix|imshow|show|plot|scatter|hist|legend|format|exit|parse_args)\s*\("
    r"|\b(plt|ax|axs|axes|fig|figure|sns|writer|logger|logging|wandb|pbar|parser|args|sys)\b"
)
# exceptions that a backward pass raises whatever numbers it is given, if the forward pass took them
OF_NO_VALUES = frozenset(
    {"AttributeError", "KeyError", "NameError", "TypeError", "UnboundLocalError", "ZeroDivisionError"}
)
# stand-ins whose shapes and values are made up
MADE_UP = (Absorbed.FILE, Absorbed.DATASET, Absorbed.DOWNLOAD, Absorbed.INPUT, Absorbed.MODULE, Absorbed.REDUCED)
MISFIT = re.compile(
    r"non-broadcastable output operand with shape \(([\d, ]*)\) doesn't match the broadcast shape \(([\d, ]*)\)"
)
MISMATCH = re.compile(r"^matmul: |^shapes \(.*\) and \(.*\) not aligned")  # of a product, the first one it may be
RESHAPE = re.compile(r"^cannot reshape array of size \d+ into shape")
GROWING = ("append", "extend", "insert")  # methods of lists
UNCLEAR_TRUTH = "The truth value of an array"
IS_NONE = re.compile(r"[!=]=\s*None\b|\bNone\s*[!=]=")  # of an array, it was one answer before NumPy 1.13
TOGETHER = re.compile(r"operands could not be broadcast together with shapes \(([\d, ]*)\) \(([\d, ]*)\)")
SQUARE = re.compile(r"shapes? .*?\((\d+), ?\1\)")  # a shape in the message
# stand-ins that may decide which branch the run takes
STEERING = (Absorbed.INPUT, Absorbed.MODULE, Absorbed.DATASET, Absorbed.REDUCED)


def is_files_own(recording: Recording, sources: Sources) -> bool:
    """Whether the exception that ended the run is a mistake of the file, and not of what was made up for it."""
    raised = recording.raised
    if raised is None or not raised.frames:
        return False
    if table_by_accident(recording) is not None:
        return True
    if raised.type in ENVIRONMENT:
        return False
    last = raised.frames[-1]
    if raised.type == "KeyError" and "environ[" in last.text:
        return False  # a variable that is set where the file belongs
    if last.file == RUN_FILE:
        return False  # the lines that were run after the file, which are not part of it
    is_beside = is_updated(recording) and is_beside_training(recording, last)
    if is_misused_library(raised.type, raised.message, last.text):
        return not is_beside  # a module cannot be called, whatever stands in for it
    if raised.involves_stand_in:
        return False
    if named_exception(recording) is not None:
        return True
    if is_beside:
        return False
    if raised.type in UNDEFINED and any(f"'{word}'" in raised.message for word in JSON_WORDS):
        return False  # the text of a notebook under the name of a Python file
    if raised.type in UNDEFINED:
        return not may_be_bound_elsewhere(recording, raised, sources)
    own_call = raised.frames[0].file != RUN_FILE
    if own_call and raised.message.startswith(UNCLEAR_TRUTH) and IS_NONE.search(last.text):
        return True  # whatever numbers are in the array
    nodes = (node for tree in sources.trees.values() for node in ast.walk(tree))
    defined = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    if is_wrong_call(raised.type, raised.message, last.text, defined):
        return True
    is_of_shapes = MISMATCH.search(raised.message) or (RESHAPE.search(raised.message) and drawn_values(recording))
    if not (has_forward(recording) or is_of_shapes):
        return False
    if raised.type == "KeyError" and is_counted_key(last, sources):
        return True
    if own_call and raised.type == "KeyError" and is_stored_key(last, raised.message, sources):
        return not any(one.what in STEERING for one in recording.stand_ins)
    if own_call:
        return not any(one.what in MADE_UP for one in recording.stand_ins)
    return is_backward(last) and raised.type in ("AttributeError", "KeyError", "ZeroDivisionError")


def is_counted_key(place: Place, sources: Sources) -> bool:
    """Whether a line looks up what a range counts in a dictionary that its function begins: no data are to blame."""
    own = sources.function_at(place)
    inside = list(ast.walk(own)) if own is not None else []
    started, counted = set(), set()
    for node in inside:
        if isinstance(node, ast.Assign):
            started |= {ast.unparse(to) for to, value in assigned(node) if ast.unparse(value) in ("{}", "dict()")}
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            counted |= {node.target.id for one in ast.walk(node.iter) if called_name(one) == "range"}
    looked_up = [one for one in inside if isinstance(one, ast.Subscript) and one.lineno == place.line]
    return any(ast.unparse(one.value) in started and ast.unparse(one.slice) in counted for one in looked_up)


def is_stored_key(place: Place, message: str, sources: Sources) -> bool:
    """Whether a line looks up a text that is missing in a dictionary, and that the file gives a value there elsewhere.

    A branch that forgets what the others keep is an example: no data are to blame.
    """
    looked_up, stored = set(), set()
    for node in ast.walk(sources.trees.get(place.file, ast.Module([], []))):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            name = ast.unparse(node.value)
            if isinstance(node.ctx, ast.Store):
                stored.add((name, repr(node.slice.value)))
            elif node.lineno == place.line:
                looked_up.add((name, repr(node.slice.value)))
    return any(key == message for _, key in looked_up & stored)


def is_backward(place: Place) -> bool:
    """Whether the name of the function says that gradients are computed in it."""
    return any(word in place.function.lower() for word in BACKWARD_WORDS)


def raised_in_backward(recording: Recording) -> bool:
    """Whether an exception ended a backward pass, or an update, after its forward pass went well.

    A statement that refuses what it is given, as an option that is not supported, is not such an exception.
    """
    raised = recording.raised
    if raised is None or raised.type in ENVIRONMENT or raised.involves_stand_in or not raised.frames:
        return False
    return not raised.is_refusal and any(is_backward(one) for one in raised.frames) and has_forward(recording)


def has_idle_weights(recording: Recording) -> bool:
    """Whether a drawn matrix is multiplied by nothing, as in a network of fixed depth that is given more sizes."""
    program = Program(recording.nodes)
    drawn = [node for node in recording.nodes if node.kind is Kind.RANDOM and len(node.shape) == 2]
    return any(
        not MATRIX_PRODUCTS & {recording.nodes[id].operation for id in program.descendants([one.id])} for one in drawn
    )


def is_updated(recording: Recording) -> bool:
    """Whether every parameter was updated, and one by more than its own mean: data are, when they are standardised."""
    if not recording.parameters or not all(one.updates for one in recording.parameters):
        return False
    program = Program(recording.nodes)
    return not all(is_standardised(program, one.before, one.after) for one in recording.updates)


def is_standardised(program: Program, before: int, after: int) -> bool:
    """Whether a value is made of one that was there, of its mean over an axis, and of nothing else but constants."""
    node, made = program.nodes[before], program.ancestors([after], stop=[before])
    leaves = [program.nodes[id] for id in made - {before} if program.nodes[id].is_leaf]
    if not node.is_leaf or any(np.unique(np.asarray(one.value)).size > 1 for one in leaves):
        return False
    means = [program.nodes[id] for id in made if program.nodes[id].operation in ("mean", "sum")]
    return any(before in one.parents for one in means)


def is_beside_training(recording: Recording, last: Place) -> bool:
    """Whether a line has no part in the updates and is not on the way to more of them.

    Args:
        last: where the exception was raised.
    """
    lines = training_lines(recording)
    if last.site in lines or is_backward(last) or writes_weights(recording, last):
        return False
    if OUTPUT.search(last.text):
        return True
    # later lines of the same function, or loop, would have trained: what failed was on the way to them
    own = [line for (file, line), function in lines.items() if file == last.file and function == bare(last.function)]
    return not own or last.line > max(own)


def training_lines(recording: Recording) -> dict[tuple[str, int], str]:
    """The lines that the updates are made of, each with its function."""
    wanted = {update.after for update in recording.updates}
    found = {}
    for node in reversed(recording.nodes):
        if node.id in wanted:
            wanted.update(node.parents)
            if node.place is not None and not node.is_leaf:
                found[node.place.file, node.place.line] = bare(node.place.function)
    return found


def drawn_values(recording: Recording) -> set[int]:
    """What was drawn or filled, and what is made of that alone, scaled or moved."""
    drawn = {node.id for node in recording.nodes if node.is_leaf and node.kind in (Kind.RANDOM, Kind.FILL)}
    for node in recording.nodes:
        if len(set(node.parents)) == 1 and drawn.issuperset(node.parents):
            drawn.add(node.id)
    return drawn


def has_forward(recording: Recording) -> bool:
    """Whether something drawn or filled was made, and arrays, or such a number and another one, were multiplied."""
    drawn = drawn_values(recording)
    return bool(drawn) and any(
        node.operation in PRODUCTS
        and (node.operation != "multiply" or (len(set(node.parents)) > 1 and bool(drawn.intersection(node.parents))))
        for node in recording.nodes
    )


def writes_weights(recording: Recording, last: Place) -> bool:
    """Whether a line writes into what was drawn or filled, and multiplied or added before: it is their update."""
    nodes, name = recording.nodes, last.variable.split("[")[0]
    named = {id for id in drawn_values(recording) if any(one.split("[")[0] == name for one in nodes[id].names)}
    named = {id for id in named if not is_at(nodes[id], last)}
    return any(node.operation in PRODUCTS | {"add"} and named.intersection(node.parents) for node in nodes)


def is_at(node: Node, place: Place) -> bool:
    """Whether a value was made on a line"""
    return node.place is not None and node.place.site == place.site


def bare(function: str) -> str:
    """A function's name without those that it is defined in."""
    return function.rpartition(".")[2]


def may_be_bound_elsewhere(recording: Recording, raised: Raised, sources: Sources) -> bool:
    """Whether a name without a value is given one on a branch that a made-up answer may have kept from running."""
    if not any(one.what in STEERING for one in recording.stand_ins):
        return False
    match = re.search(r"'([^']+)'", raised.message)
    if match is None:
        return True
    last = raised.frames[-1]
    tree = sources.trees.get(last.file)
    if tree is None or "*" in {one.name for one in ast.walk(tree) if isinstance(one, ast.alias)}:
        return any(match[1] in names_bound(one) for one in sources.trees.values())
    functions = [one for one in ast.walk(tree) if isinstance(one, (ast.FunctionDef, ast.Lambda))]
    others = [one for one in functions if not one.lineno <= last.line <= (one.end_lineno or one.lineno)]
    inner = {id(node) for one in others for part in ast.iter_child_nodes(one) for node in ast.walk(part)}
    return match[1] in names_bound(tree, inner) or is_global(match[1], tree)


def is_global(name: str, tree: ast.AST) -> bool:
    """Whether a function gives a name of the whole file a value"""
    return any(name in node.names for node in ast.walk(tree) if isinstance(node, ast.Global))


def names_bound(tree: ast.AST, left_out: Container[int] = ()) -> set[str]:
    """All names that are assigned, defined or imported anywhere, but for some nodes, by their ids."""
    found = set()
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
    return found


def named_exception(recording: Recording) -> Found | None:
    """An exception that shows what is wrong: whole numbers, a gradient of another shape, a table of all pairs."""
    raised = recording.raised
    if raised is None or not raised.frames:
        return None
    table = table_by_accident(recording)
    if table is not None:
        return table
    last = raised.frames[-1]
    text = f"{raised.type}: {raised.message}"
    if CAST.search(raised.message) and is_made_by_file(recording, last.variable):
        return Found(id="integer-weights", place=last, others=raised.frames[:-1], variable=last.variable, detail=text)
    misfit = MISFIT.search(raised.message) or TOGETHER.search(raised.message)
    if misfit is None:
        return None
    shape, wide = (tuple(int(one) for one in part.split(",") if one.strip()) for part in misfit.groups())
    bare = last.variable.split("[")[0]
    leaves = [one for one in recording.nodes if one.is_leaf and one.kind in (Kind.RANDOM, Kind.FILL)]
    names = {name.split("[")[0] for one in leaves if one.shape == shape for name in one.names}
    if not bare or bare not in names:
        return None  # not the update of a parameter
    drawn = drawn_values(recording)
    for node in reversed(recording.nodes):
        # the operand whose shape makes the result as wide, before it was scaled on the line of the update
        if node.id in drawn or node.is_leaf or node.place is None or node.shape == shape:
            continue
        if node.place.site == last.site:
            continue
        if node.shape != wide and broadcast(node.shape, shape) != wide:
            continue
        id = "sum-over-wrong-axis" if node.operation in ("sum", "mean") else "bias-gradient-not-summed"
        places = (node.place, last)
        if any(one.is_leaf and one.shape == node.shape and is_sibling(one, last.variable) for one in recording.nodes):
            id, places = "gradient-of-another-parameter", (last, node.place)
        elif math.prod(node.shape) == math.prod(shape) or is_multiplied(recording, shape, bare):
            id = "exception"  # it has all items of the parameter, in another shape, or this is not a bias
        return Found(
            id=id,
            place=places[0],
            others=places[1:],
            variable=node.names[0] if node.names else node.place.variable,
            shape=node.shape,
            got=Quantity(kind=QuantityKind.UNKNOWN),
            detail=text,
        )
    return None


def is_multiplied(recording: Recording, shape: tuple[int, ...], name: str) -> bool:
    """Whether a parameter of this name is an operand of a matrix product, as a kernel is and a bias is not."""
    operands = {id for node in recording.nodes if node.operation in MATRIX_PRODUCTS for id in node.parents}
    named = [recording.nodes[id].names for id in operands if recording.nodes[id].shape == shape]
    return any(one.split("[")[0] == name for names in named for one in names)


def is_made_by_file(recording: Recording, variable: str) -> bool:
    """Whether the file gave an array its type: it makes the array, or no data were made up for the file."""
    assert recording.raised is not None
    is_given = recording.raised.frames[0].file == RUN_FILE or any(one.what in MADE_UP for one in recording.stand_ins)
    drawn = drawn_values(recording) if is_given else set()
    names = {name.split("[")[0] for id in drawn for name in recording.nodes[id].names}
    return not is_given or variable.split("[")[0] in names


def table_by_accident(recording: Recording) -> Found | None:
    """Outputs less targets in a table of all pairs, for which the memory is too small, or that fits nothing later.

    Its data must be the file's own: lines that were made up for it may give targets of another shape.
    """
    raised = recording.raised
    if raised is None or not raised.frames or raised.frames[0].file == RUN_FILE or raised.involves_stand_in:
        return None
    match = SQUARE.search(raised.message)
    if match is None or match[1] == "1" or any(one.what in MADE_UP for one in recording.stand_ins):
        return None
    rows, last = int(match[1]), raised.frames[-1]
    sides = {(rows, 1), (rows,)}
    computed = set[int]()  # by way of a product of arrays, as outputs are
    for node in recording.nodes:
        is_product = node.operation in MATRIX_PRODUCTS
        if is_product or not computed.isdisjoint(node.parents):
            computed.add(node.id)
    place, operands = last, operands_on(recording, last)
    for node in recording.nodes:
        if node.operation == "subtract" and node.shape == (rows, rows) and node.place is not None:
            place, operands = node.place, [recording.nodes[one] for one in node.parents]
            break
    is_table = len(operands) == 2 and {one.shape for one in operands} == sides
    if not is_table or len(computed.intersection(one.id for one in operands)) != 1:
        return None
    text = f"{raised.type}: {raised.message}"
    others = () if place.site == last.site else (last,)
    shape = (rows, rows)
    return Found(
        id="broadcast-by-accident", place=place, others=others, variable=place.variable, shape=shape, detail=text
    )


def names_left_unfinished(raised: Raised, sources: Sources) -> list[str]:
    """What a statement of a notebook was writing into when it raised, as a loop that fills an array, and is used later.

    Args:
        raised: the exception, after which the notebook went on.
        sources: the user's files.
    """
    first = raised.frames[0] if raised.frames else Place(file="", line=0)
    body = sources.trees[first.file].body if first.file in sources.trees else []
    number = next((i for i, one in enumerate(body) if one.lineno <= first.line <= (one.end_lineno or 0)), len(body))
    written = set()
    for node in ast.walk(body[number]) if number < len(body) else ():
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            written.add(ast.unparse(node.value))
        elif isinstance(node, ast.AugAssign):
            written.add(ast.unparse(node.target))
        elif isinstance(node, ast.Attribute) and node.attr in GROWING:
            written.add(ast.unparse(node.value))
    found = []
    for statement in body[number + 1 :]:
        named = [node for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id in written]
        found += [node.id for node in named if isinstance(node.ctx, ast.Load)]
        written -= {node.id for node in named}  # used, or made anew
    return list(dict.fromkeys(found))


def operands_on(recording: Recording, place: Place) -> list[Node]:
    """The values that the only difference on a line is of, by their names; one without is the last that was made."""
    found = [one for one in nodes_of(place.text) if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Sub)]
    names = [ast.unparse(side) for one in found for side in (one.left, one.right)]
    latest = {name: node for node in recording.nodes for name in node.names}
    made = next((node for node in reversed(recording.nodes) if is_at(node, place)), None)
    return [node for name in names if (node := latest.get(name, made)) is not None]


def is_sibling(node: Node, variable: str) -> bool:
    """Whether a value is another item of the same list: self.b[1] of self.b[0]"""
    base = variable.split("[")[0]
    return "[" in variable and any(name.split("[")[0] == base and name != variable for name in node.names)


def broadcast(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...] | None:
    """The common shape of two, None if there is none"""
    try:
        return np.broadcast_shapes(first, second)
    except ValueError:
        return None
