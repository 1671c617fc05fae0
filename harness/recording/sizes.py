"""Sizes and kinds of made-up data, from what the failures of a run say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from . import source
from .counts import cuts_in, size_numbers
from .failures import CAST
from .graph import Json
from .run import Answer, Task
from .stand_ins.files import ONE_ARRAY
from .stand_ins.hints import MANY, batch_size, input_counts, read_hints, scaled_counts

MAX_ROWS = 70_000
MOST_VALUES = 10_000_000  # of a made-up table
MORE_ROWS = 10  # times as many
MOST_CLASSES = 20
MOST_INPUTS = 500  # of a made-up table
EMPTY = re.compile(
    r"at least one array to (concatenate|stack)|zero-size array|is an empty sequence|empty range|^division by zero"
)

MULTIPLIED = (
    (re.compile(r"shapes? \((\d+),(\d+)\) and \((\d+),(\d+)\) not aligned"), ((2, 3), (3, 2), (4, 1))),
    (re.compile(r"shapes? \((\d+),\) and \((\d+),(\d+)\) not aligned"), ((1, 2),)),
    (re.compile(r"shapes? \((\d+),(\d+)\) and \((\d+),\) not aligned"), ((1, 3), (2, 3), (3, 2))),
    (re.compile(r"size (\d+) is different from (\d+)"), ((2, 1), (1, 2))),
)
ONE_DIMENSIONAL = ("array is 1-dimensional, but 2 were indexed", "axis 1 is out of bounds for array of dimension 1")
RESHAPED = re.compile(r"cannot reshape array of size (\d+) into shape \(((?:\d+,?)+)\)")
ROWS_RESHAPED = re.compile(r"cannot reshape array of size (\d+) into shape \((\d+),(?:newaxis|-1)\)")
OF_ANY_ROWS = re.compile(r"reshape\((?:.*,)?\s*[(\[]?\s*-1\s*,")
BEYOND = re.compile(r"index (\d+) is out of bounds for (?:axis (\d) with )?size (\d+)")
FRACTION_READ = re.compile(r"invalid literal for int\(\) with base 10: '-?\d+\.\d+'")
NAME_READ = re.compile(r"could not convert string to float: 'column\d+'|invalid literal for int\(\) .*: 'column\d+'")
LINE_READ = re.compile(r"could not convert string to float: '([-\d.e]+(?:(?:,|;| |\||\\t)[-\d.e]+)+)(?:\\n)?'")
ROWS_TOGETHER = re.compile(r"could not be broadcast together with shapes \((\d+),\) \((\d+),\)")
COLLIDED = re.compile(r"could not be broadcast together(?: with)?(?: remapped)? shapes ([()\d, ]+)")
ITEM_BEYOND = re.compile(r"(list|tuple) index out of range")
HELD_OUT = re.compile(r"(?:test|train)_size=(\d+) should be .* number of samples (\d+)")


def resized(task: Task, answer: Answer | None) -> Task | None:
    """The task with the sizes or kind of made-up data that a failure names; None if it names none."""
    if answer is None:
        return None
    recording = answer[0]["recording"]
    raised = recording.get("raised")
    made_up = [
        s["shapes"]["tuple"] for s in recording["stand_ins"]["tuple"] if s["what"] in ("file", "dataset", "download")
    ]
    sizes = [size for shapes in made_up for shape in shapes for size in shape["tuple"]]
    if raised is None or not sizes or recording["updates"]["tuple"]:
        return None
    known = task.get("sizes", [])
    number = number_of_observations(raised["message"], known) or first_rows(raised["message"], made_up)
    if number is not None:
        others = [one for one in known if one[0] != number[0]]
        return task | {"sizes": [*others, number]} if number not in known else None
    inputs = number_of_inputs(raised["message"], recording["stand_ins"]["tuple"], input_counts(task["text"]))
    if inputs is not None and [inputs, None] not in task.get("tried", []):
        return task | {"features": inputs, "tried": [*task.get("tried", []), [inputs, None]]}
    classes = number_of_classes(raised["message"], set(sizes))
    if classes is not None and not task.get("classes"):
        return task | {"classes": classes}
    if FRACTION_READ.search(raised["message"]) and not task.get("whole"):
        return task | {"whole": True}
    if CAST.search(raised["message"]) and not task.get("fractions"):
        return task | {"fractions": True}
    if NAME_READ.search(raised["message"]) and not task.get("nameless"):
        return task | {"nameless": True}
    single = file_of_single_numbers(raised["message"], recording["stand_ins"]["tuple"])
    if single and single not in task.get("single", []):
        return task | {"single": [*task.get("single", []), single]}
    part = part_of_observations(raised["message"], known, size_numbers(task["text"]))
    if part is not None:
        return task | {"sizes": [*known, part]}
    beyond = loop_beyond(raised["message"], sizes, task)
    if beyond is not None:
        return task | {"sizes": [*known, beyond]}
    fewer = counts_beyond(raised["message"], made_up, task)
    if fewer:
        return task | {"sizes": fewer}
    held_out = HELD_OUT.search(raised["message"])
    if held_out is not None and int(held_out[2]) in sizes and not known:
        return task | {"sizes": [[int(held_out[1]), max(int(held_out[2]) // 6, 1)]]}
    frames = raised["frames"]["tuple"]
    features, rows = wanted_sizes(raised["message"], set(sizes), frames[-1]["text"] if frames else "")
    texts = [frame["text"] for frame in frames]
    filled = filled_batches(raised["message"], texts, task)
    if filled is not None and [None, filled] not in task.get("tried", []):
        counts = [[one, filled if made == max(sizes) else made] for one, made in known]
        return task | {"rows": filled, "sizes": counts, "tried": [*task.get("tried", []), [None, filled]]}
    whole = whole_batches(raised["message"], sizes) or (more_rows(raised["message"], sizes) if rows is None else None)
    if whole is not None and [None, whole] not in task.get("tried", []):
        features, rows = None, whole
    if features is not None and table_width_blamed(raised["message"], recording["stand_ins"]["tuple"]):
        features -= 1  # the last column of a table is the target
    tried = task.get("tried", [])
    columns = wider_table(raised["message"], recording["stand_ins"]["tuple"], size_numbers(task["text"]))
    if columns is not None:
        features, rows = columns - 1, None  # the last column is made beside the features
    # the number of columns is asked of labels, which have one axis
    is_measured = ITEM_BEYOND.fullmatch(raised["message"]) and ".shape[1]" in "".join(texts[-1:])
    if (is_measured or wants_one_hot(raised["message"], set(sizes))) and not task.get("one_hot"):
        return task | {"one_hot": True}
    wanted = [features, rows]
    if wanted == [None, None] or wanted in tried:
        return None
    return task | {
        "features": features or task.get("features"),
        "rows": rows or task.get("rows"),
        "tried": [*tried, wanted],
    }


def with_columns(task: Task, answer: Answer) -> Task | None:
    """The task with each observation as a column, if a bias that is one was added to a vector of made-up data.

    Their sum is a table with every pair of items, which is not a step of any network.
    """
    recording = answer[0]["recording"]
    made_up = [one["name"] for one in recording["stand_ins"]["tuple"] if one["what"] == "file"]
    nodes = recording["nodes"] if any(name.endswith(ARRAY_FILES) for name in made_up) else []
    for operation, arguments, *_ in nodes:
        if operation == "add" and all(isinstance(one, dict) and "ref" in one for one in arguments):
            first, second = sorted((nodes[one["ref"]][SHAPE] for one in arguments), key=len)
            if len(first) == 1 and first[0] > 1 and second == [first[0], 1]:
                return task | {"as_columns": True}
    return None


def with_one_hot(task: Task, answer: Answer) -> Task | None:
    """The task with one-hot labels, if a softmax of one output was computed, which is 1 whatever the weights are."""
    recording = answer[0]["recording"]
    made_up = any(one["what"] == "file" and holds_one_array(one["name"]) for one in recording["stand_ins"]["tuple"])
    nodes = recording["nodes"] if made_up and not task.get("one_hot") else []
    for operation, arguments, *_ in nodes:
        ids = [one["ref"] for one in arguments if isinstance(one, dict) and "ref" in one]
        if operation == "divide" and len(ids) == 2:
            one, total = nodes[ids[0]], nodes[ids[1]]
            is_softmax = one[0] == "exp" and total[0] == "sum" and {"ref": ids[0]} in total[1]
            if is_softmax and np.prod(one[SHAPE]) == np.prod(total[SHAPE]):
                return task | {"one_hot": True}
    return None


def file_of_single_numbers(message: str, stand_ins: list[Json]) -> str:
    """The made-up file with several numbers a line of which a whole line was read as one; empty if there is none."""
    match = LINE_READ.search(message)
    if match is None:
        return ""
    columns = len(re.split(r"[,; |]|\\t", match[1]))
    for one in reversed(stand_ins):  # the one that was opened last
        if one["what"] == "file" and any(shape["tuple"][1:] == [columns] for shape in one["shapes"]["tuple"]):
            return str(one["name"])
    return ""


def whole_batches(message: str, sizes: list[int]) -> int | None:
    """The number of observations with which a last batch that was too small has the size of the others."""
    match = RESHAPED.search(message)
    parts = [int(part) for part in match[2].split(",") if part] if match else []
    if match is None or len(parts) < 2:
        return None
    batch, inner = parts[0], int(np.prod(parts[1:]))
    is_smaller = int(match[1]) % max(inner, 1) == 0 and 0 < int(match[1]) // max(inner, 1) < batch < MANY
    return -(-max(sizes) // batch) * batch if is_smaller and max(sizes) % batch else None


def filled_batches(message: str, lines: list[str], task: Task) -> int | None:
    """The number of observations with which the last batch is full, if a line took items of one beyond its end.

    Args:
        message: of the exception.
        lines: of the user's that led to it, the outermost first.
        task: of the run that failed.
    """
    if not ITEM_BEYOND.fullmatch(message) or not any("batch" in line.lower() for line in lines):
        return None
    batch, rows = batch_size(task["text"]), task.get("rows") or read_hints(task["text"]).rows
    return -(-rows // batch) * batch if rows % batch else None


def more_rows(message: str, sizes: list[int]) -> int | None:
    """More observations, if there were too few of them for every part to have some."""
    return min(MORE_ROWS * max(sizes), MAX_ROWS) if EMPTY.search(message) else None


def wants_one_hot(message: str, made_up: set[int]) -> bool:
    """Whether a failure says that made-up labels should have one column for every class."""
    if any(one in message for one in ONE_DIMENSIONAL):
        return True
    reshaped = RESHAPED.search(message)
    if reshaped is not None and re.fullmatch(rf"{reshaped[1]},\d+", reshaped[2]):
        return 1 < int(reshaped[2].rpartition(",")[2]) <= MOST_CLASSES
    shapes = re.search(r"could not be broadcast together with shapes \((\d+),(\d+)\) \((\d+),\)", message)
    return shapes is not None and shapes[1] == shapes[3] and shapes[2] != "1" and int(shapes[1]) in made_up


def number_of_classes(message: str, made_up: set[int]) -> int | None:
    """The number of classes that a file counts on, if labels of more classes were made up: ``np.eye(2)[labels]``."""
    match = BEYOND.search(message)
    if match is None or int(match[3]) in made_up:
        return None
    index, size = int(match[1]), int(match[3])
    return size if 2 <= size <= index < MOST_CLASSES else None


def number_of_inputs(message: str, made_up: list[Json], numbers: set[int]) -> int | None:
    """The number of inputs that a file says it has, if a loop through them went past those of a made-up table.

    Args:
        message: of the exception.
        made_up: the data that were made up.
        numbers: that the texts call a number of inputs.
    """
    match = BEYOND.search(message)
    if match is None or match[1] != match[3] or int(match[3]) + 1 not in table_widths(made_up):
        return None
    wanted = [number for number in numbers if int(match[3]) < number <= MOST_INPUTS]
    return wanted[0] if len(wanted) == 1 else None


def wider_table(message: str, made_up: list[Json], numbers: set[int]) -> int | None:
    """The columns of a made-up table whose first ones, as many as the text says, are inputs and whose rest are targets.

    Args:
        message: of the exception, for as many targets as outputs.
        made_up: the data that were made up.
        numbers: that are sizes in the texts.
    """
    match = ROWS_TOGETHER.search(message)
    if match is None or match[1] == match[2]:
        return None
    one, other = int(match[1]), int(match[2])
    for rest, outputs in ((one, other), (other, one)):
        inputs = {width - rest for width in table_widths(made_up)} & numbers
        if len(inputs) == 1 and min(inputs) > 1 and outputs > 1:
            return min(inputs) + outputs
    return None


SHAPE = 4  # the place of the shape in the row of a node
ARRAY_FILES = (".npy", ".npz", ".mat", ".h5", ".hdf5", ".pkl")


def table_width_blamed(message: str, made_up: list[Json]) -> bool:
    """Whether the failure names the whole width of a made-up table, its column of targets included."""
    return any(re.search(rf"\b{width}\b", message) for width in table_widths(made_up))


def table_widths(made_up: list[Json]) -> list[int]:
    """How many columns each made-up table has."""
    return [
        shape["tuple"][-1]
        for stand_in in made_up
        if stand_in["what"] in ("file", "download") and not holds_one_array(stand_in["name"])
        for shape in stand_in["shapes"]["tuple"]
        if len(shape["tuple"]) == 2
    ]


def holds_one_array(name: str) -> bool:
    """Whether a file of this name holds inputs or targets alone, not a table of both."""
    return name.endswith(ARRAY_FILES) or ONE_ARRAY.match(Path(name).stem.lower()) is not None


def number_of_observations(message: str, known: list[list[int]]) -> list[int] | None:
    """[a number that stands in the file, what it is in the made-up data] if a reshape failed for it.

    Args:
        message: of the exception.
        known: the same, of the run that failed.
    """
    of_made = {made: number for number, made in known}
    match = RESHAPED.search(message)
    if match is None:
        return None
    size, parts = int(match[1]), [int(part) for part in match[2].split(",") if part]
    for place, part in enumerate(parts):
        others = int(np.prod(parts[:place] + parts[place + 1 :]))
        number = of_made.get(part, part)
        if number >= MANY and others and size % others == 0 and size // others not in (0, part):
            return [number, size // others]
    return None


def first_rows(message: str, made_up: list[Json]) -> list[int] | None:
    """[a number that stands in the file, all observations] if ``x[:1000].reshape(1000, -1)`` failed for it."""
    match = ROWS_RESHAPED.search(message)
    if match is None or int(match[2]) < MANY:
        return None
    shapes = [shape["tuple"] for shapes in made_up for shape in shapes]
    rows = [shape[0] for shape in shapes if shape and int(np.prod(shape)) == int(match[1]) and shape[0] < int(match[2])]
    return [int(match[2]), rows[0]] if rows else None


def part_of_observations(message: str, known: list[list[int]], numbers: set[int]) -> list[int] | None:
    """[a number that stands in the file, what it is in made-up data] if it counts a part of observations made fewer.

    A file that reads 50,000 lines and holds out a tenth may say 45,000 elsewhere: of 60 lines, that is 54.

    Args:
        message: of the exception, which has the length of the part.
        known: [number, smaller number] of the run that failed.
        numbers: that are sizes in the texts.
    """
    match = BEYOND.search(message)
    lengths = {int(match[3])} if match is not None and match[2] in (None, "0") else set()
    match = COLLIDED.search(message)
    lengths |= {int(one) for one in re.findall(r"\d+", match[1])} if match is not None else set()
    for number in sorted(numbers - {one for one, _ in known}):
        for whole, made in known:
            expected = number * made / whole
            if MANY <= number < whole and any(abs(length - expected) < 1 for length in lengths):
                return [number, min(lengths, key=lambda length: abs(length - expected))]
    return None


def with_parts(text: str, known: list[list[int]]) -> list[list[int]]:
    """[number, smaller number] of a run with those that count a part of the observations in proportion; empty if none.

    Args:
        text: of the file.
        known: the same, of the run, whose largest number counts all observations.
    """
    number, made = max(known, default=(0, 0))
    if number < MANY:
        return []
    parts = [one for one in scaled_counts(text, made) if one[0] not in [number for number, _ in known]]
    return [*known, *parts] if parts and max(parts)[0] < number else []


def loop_beyond(message: str, sizes: list[int], task: Task) -> list[int] | None:
    """[a number that stands in the file, what it is in made-up data] if a loop went past the last observation."""
    match = BEYOND.search(message)
    if match is None or match[2] not in (None, "0") or match[1] != match[3]:
        return None
    rows, known = int(match[3]), dict(task.get("sizes", []))
    too_large = [number for number, made in known.items() if made > rows]
    if too_large:  # what was taken for a part of the observations counts those of another, smaller part
        return [min(too_large), rows]
    if rows not in sizes:
        return None
    text = source.read_text(Path(task["path"]))
    wanted = sorted(n for n in size_numbers(text) - set(known) if n >= MANY and n > rows)
    # the largest number counts all observations, a smaller one and one that cuts them those of a part
    is_part = len(wanted) > 1 or not cuts_in(text).isdisjoint(wanted)
    return [wanted[0], rows * 5 // 6 if is_part else rows] if wanted else None


def counts_beyond(message: str, made_up: list[Json], task: Task) -> list[list[int]]:
    """[number, smaller number] for the counts in a text, if one goes beyond a table with too many columns to be longer.

    Args:
        message: of the exception.
        made_up: the shapes of the made-up data.
        task: of the run that failed; none of its numbers was replaced.
    """
    match = BEYOND.search(message)
    if match is None or match[2] == "1" or task.get("sizes"):
        return []
    index, rows = int(match[1]), int(match[3])
    text = source.read_text(Path(task["path"]))
    columns = [int(np.prod(shape["tuple"][1:])) for shapes in made_up for shape in shapes if shape["tuple"][0] == rows]
    if not columns or index * max(columns) <= MOST_VALUES or index not in size_numbers(text):
        return []
    return scaled_counts(text, rows * 5 // 6)  # a smaller one counts those that are held out


def wanted_sizes(message: str, made_up: set[int], line: str) -> tuple[int | None, int | None]:
    """(features, rows) that a failure asks for.

    Args:
        message: of the exception.
        made_up: sizes of the made-up data, with which the message must have to do.
        line: the text of the line that failed.
    """
    near = made_up | {size - 1 for size in made_up}
    for pattern, pairs in MULTIPLIED:
        match = pattern.search(message)
        if match:
            found = [(int(match[of_data]), int(match[of_network])) for of_data, of_network in pairs]
            for sizes in (made_up, near):  # a table as it is goes before one without its column of targets
                wanted = next((wanted for size, wanted in found if size in sizes and size != wanted), None)
                if wanted is not None:
                    return wanted, None
    match = RESHAPED.search(message)
    if match:
        parts = [int(part) for part in match[2].split(",") if part]
        inner = [int(np.prod(parts[1:])), int(np.prod(parts))]
        if OF_ANY_ROWS.search(line):  # the message leaves the -1 out
            inner = inner[1:]
        features = next((n for n in inner if 1 < n < int(match[1]) or n > int(match[1])), None)
        if features is not None and features not in near:
            return features, None
        if features is not None and features + 1 in made_up and inner == [features]:
            return features - 1, None  # the column of targets stayed, and one by another name was taken out
    match = BEYOND.search(message)
    if match:
        index, length = int(match[1]), int(match[3])
        if match[2] == "1" and length in near:
            return index + 1, None
        if match[2] in (None, "0"):
            return None, min((index + 1) * max(made_up) // max(length, 1) + length, MAX_ROWS)
    return None, None
