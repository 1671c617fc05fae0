"""TensorBoard: what it shows of a run, written as event files and opened on this machine only.

Every tag holds one tensor for each recorded iteration, which is TensorBoard's step. Tags are the same in every run,
so that runs overlay, and everything about a layer stands in one group, named by what comes before the first slash:

    cost
    layer1/clone_spread  layer1/effective_width  layer1/gradient_norm
    layer1/weights/neuron0  layer1/weights/neuron1  ...

The tensors are those that tf.summary.histogram, tf.summary.scalar and tf.summary.text would write. Here they come
straight from NumPy, all histograms of a layer at once, and nothing imports TensorFlow.
"""

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import re
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.scalar import metadata as scalar_metadata
from tensorboard.plugins.text import metadata as text_metadata

from models.network import Array, Weights

from . import BadInput
from .symmetry import clone_groups, clone_spread, effective_width, hidden_layers
from .trace import Quantity, Run

BINS = 30  # as tf.summary.histogram has by default
LARGEST = np.finfo(np.float64).max / 4  # of two weights up to here, the difference is still finite
MAX_NEURONS = 32

UNFINISHED = "UNFINISHED"  # a file of that name marks a folder that is not, or not yet, complete
NAME = re.compile(r"\w[\w.+=, -]*")  # one part of a path, on every system, and not a hidden one


class Series(NamedTuple):
    """One tag: its metadata, with a description in Markdown, and its tensor at each recorded iteration.

    values: (iterations, BINS, 3) float64 of histograms, or (iterations,) float32 of scalars.
    """

    tag: str
    metadata: summary_pb2.SummaryMetadata
    values: Array


def histograms(values: Array) -> Array:
    """(..., n) to (..., BINS, 3): left edge, right edge and count of each bin, over the last axis.

    The bins are equally wide from the smallest value to the largest and closed on the left, the last on both sides.
    Where all values are equal, every edge is that value and the last bin has the whole count. Both are
    what tf.summary.histogram gives. A value that is NaN, infinite or larger than ``LARGEST`` is in no bin.
    """
    values = values.astype(np.float64)
    counted = np.abs(values) <= LARGEST
    some = counted.any(axis=-1, keepdims=True)
    lowest = np.where(some, np.min(np.where(counted, values, np.inf), axis=-1, keepdims=True), 0)
    highest = np.where(some, np.max(np.where(counted, values, -np.inf), axis=-1, keepdims=True), 0)
    width = (highest - lowest) / BINS
    constant = width == 0
    # bin = floor((value - lowest) / width), and the largest value goes to the last bin
    offsets = (np.where(counted, values, lowest) - lowest) / np.where(constant, 1, width)
    bins = np.where(constant, BINS - 1, np.minimum(np.floor(offsets), BINS - 1)).astype(np.intp)
    groups = np.arange(some.size).reshape(some.shape)
    counts = np.bincount((groups * BINS + bins).ravel(), counted.ravel(), minlength=some.size * BINS)
    edges = lowest + width * np.arange(BINS + 1)
    edges = np.where(constant, highest, edges)
    edges[..., -1:] = highest  # exactly, where the sum rounds
    return np.stack([edges[..., :-1], edges[..., 1:], counts.reshape(*values.shape[:-1], BINS)], axis=-1)


def is_empty(values: Array) -> bool:
    """Whether this is a histogram that counts nothing. TensorBoard's Distributions page would draw it as a 0."""
    return values.ndim == 2 and not values[:, 2].any()


def scalar_series(tag: str, description: str, values: Sequence[float]) -> Series:
    """A curve; float32 is what TensorBoard keeps of a scalar."""
    return Series(tag, scalar_metadata.create_summary_metadata("", description), np.asarray(values, np.float32))


def numbered(word: str, number: int, last: int) -> str:
    """ "neuron07" of "neuron00" to "neuron11": padded with zeros, so that every page sorts them alike"""
    return f"{word}{number:0{len(str(last))}}"


def shown_neurons(weights: Weights, layer: int, max_neurons: int) -> dict[int, str]:
    """The units of ``layer`` to draw and what to add to each one's description: all, or one of each group of clones.

    More than ``max_neurons`` units: the first of each group of clones of ``weights``, at most ``max_neurons`` of them.
    """
    units = weights[layer - 1].shape[1]
    if units <= max_neurons:
        return dict.fromkeys(range(units), "")
    groups = clone_groups(weights, layer)[:max_neurons]
    left_out = f"The layer has {units} neurons; {units - len(groups)} of them are not shown."
    return {
        group[0]: f" {left_out} At the last recorded iteration this one stands for "
        + (f"{len(group)} clones, itself included." if len(group) > 1 else "itself alone: it has no clone.")
        for group in groups
    }


def weight_series(run: Run, layer: int, group: str, max_neurons: int) -> list[Series]:
    """A histogram of each unit's incoming weights, bias included, at each recorded iteration."""
    shown = shown_neurons(run.weights[-1], layer, max_neurons)
    incoming = np.stack([weights[layer - 1][:, list(shown)].T for weights in run.weights])
    values = histograms(incoming)  # (iterations, shown, inputs + 1) to (iterations, shown, BINS, 3)
    last = run.weights[-1][layer - 1].shape[1] - 1
    return [
        Series(
            f"{group}/weights/{numbered('neuron', unit, last)}",
            histogram_metadata.create_summary_metadata(
                "",
                f"The {incoming.shape[2]} incoming weights of neuron {unit}, bias included. Compare it with the other "
                f"neurons of `{group}`: **the same picture at every step means the same weights**. "
                f"NaN and infinite weights are left out.{addition}",
            ),
            values[:, index],
        )
        for index, (unit, addition) in enumerate(shown.items())
    ]


def symmetry_series(run: Run, layer: int, group: str) -> list[Series]:
    """Clone spread and effective width of a hidden layer."""
    units = run.weights[0][layer - 1].shape[1]
    return [
        scalar_series(
            f"{group}/clone_spread",
            "The largest difference between two neurons of this layer in any one weight, incoming or outgoing. "
            "**At 0 they are all clones** and no gradient can part them.",
            [clone_spread(weights, layer) for weights in run.weights],
        ),
        scalar_series(
            f"{group}/effective_width",
            f"How many of this layer's {units} neurons are distinct. **Under {units} some are clones**, and the "
            "network computes no more than a narrower one would.",
            [effective_width(weights, layer) for weights in run.weights],
        ),
    ]


def gradient_series(run: Run, layer: int, group: str) -> list[Series]:
    """The norm of a layer's gradient; nothing where the run does not offer gradients."""
    gradient = Quantity("gradient", layer)
    if any(gradient not in trace for trace in run.traces):
        return []
    # ||dC/dw|| = sqrt(sum_ij (dC/dw_ij)^2)
    norms = [float(np.linalg.norm(value.astype(np.float64))) for value in run.curve(gradient)]
    return [
        scalar_series(
            f"{group}/gradient_norm",
            "The Euclidean norm of the gradient of the cost over all weights of this layer. **Near 0 while the cost is "
            "still high** it means a plateau or saturated neurons.",
            norms,
        )
    ]


@np.errstate(over="ignore", invalid="ignore")  # a run that diverged is shown as well
def series_of(run: Run, max_neurons: int = MAX_NEURONS) -> list[Series]:
    """All that TensorBoard shows of a run."""
    found = [
        scalar_series(
            "cost",
            "The cost before the update of each iteration. **A flat stretch** may be a plateau: it is the end of "
            "training only if the curve stays there.",
            run.costs,
        )
    ]
    depth = len(run.weights[0])
    for layer in range(1, depth + 1):
        group = numbered("layer", layer, depth)
        if layer in hidden_layers(run.weights[0]):
            found += symmetry_series(run, layer, group)
        found += gradient_series(run, layer, group)
        found += weight_series(run, layer, group, max_neurons)
    return found


# Event files: records of a length, its checksum, a serialized event and its checksum
# (tensorflow/core/lib/io/record_writer.h).

CASTAGNOLI = np.uint32(0x82F63B78)  # the polynomial of CRC-32C, bits reversed
CRC_BLOCK = 2048  # bytes; most events here are shorter


@functools.cache
def crc_tables() -> NDArray[np.uint32]:
    """(CRC_BLOCK, 256): what a byte adds to a CRC-32C when so many bytes come after it

    A CRC is linear over GF(2): it is the exclusive or of what each byte gives by itself.
    """
    bytewise, one = np.arange(256, dtype=np.uint32), np.uint32(1)
    for _ in range(8):
        bytewise = (bytewise >> one) ^ (bytewise & one) * CASTAGNOLI
    tables = np.empty((CRC_BLOCK, 256), np.uint32)
    tables[0] = bytewise
    for after in range(1, CRC_BLOCK):
        tables[after] = bytewise[tables[after - 1] & 0xFF] ^ (tables[after - 1] >> 8)
    return tables


def masked_crc(data: bytes) -> int:
    """CRC-32C of ``data`` as event files hold it: rotated right by 15 bits, plus a constant."""
    tables, crc = crc_tables(), 0xFFFFFFFF
    for start in range(0, len(data), CRC_BLOCK):
        block = np.frombuffer(data, np.uint8, min(CRC_BLOCK, len(data) - start), start).copy()
        # the checksum so far goes in as if it were added to the next four bytes
        block[:4] ^= np.frombuffer(struct.pack("<I", crc), np.uint8)[: block.size]
        given = tables[np.arange(block.size - 1, -1, -1), block]
        crc = (crc >> 8 * block.size) ^ int(np.bitwise_xor.reduce(given))
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(event: event_pb2.Event) -> bytes:
    """One event as it stands in an event file."""
    data = event.SerializeToString(deterministic=True)
    length = struct.pack("<Q", len(data))
    return b"".join([length, struct.pack("<I", masked_crc(length)), data, struct.pack("<I", masked_crc(data))])


def event_of(
    tag: str, metadata: summary_pb2.SummaryMetadata, tensor: tensor_pb2.TensorProto, wall_time: float
) -> event_pb2.Event:
    """An event that holds one tensor under one tag, at step 0."""
    value = summary_pb2.Summary.Value(tag=tag, metadata=metadata, tensor=tensor)
    return event_pb2.Event(wall_time=wall_time, summary=summary_pb2.Summary(value=[value]))


def event_template(series: Series, wall_time: float) -> event_pb2.Event:
    """The event of a series, still without its step and its numbers."""
    dtype = types_pb2.DT_DOUBLE if series.values.dtype == np.float64 else types_pb2.DT_FLOAT
    shape = tensor_shape_pb2.TensorShapeProto(
        dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in series.values.shape[1:]]
    )
    return event_of(series.tag, series.metadata, tensor_pb2.TensorProto(dtype=dtype, tensor_shape=shape), wall_time)


def records_of(run: Run, wall_time: float, max_neurons: int) -> Iterator[bytes]:
    """The records of a run, iteration by iteration; none for a histogram that counts nothing."""
    every = [(event_template(series, wall_time), series.values) for series in series_of(run, max_neurons)]
    for index, iteration in enumerate(run.recorded):
        for event, values in every:
            if is_empty(values[index]):
                continue
            value = event.summary.value[0]
            event.step = iteration
            value.tensor.tensor_content = values[index].astype(values.dtype.newbyteorder("<")).tobytes()
            yield record(event)
            value.ClearField("metadata")  # TensorBoard takes a tag's metadata from its first event


def write_records(folder: Path, wall_time: float, records: Iterator[bytes]) -> None:
    """An event file in ``folder``. Interrupted, it stays readable up to the last whole record."""
    version = event_pb2.Event(wall_time=wall_time, file_version="brain.Event:2")
    with open(folder / f"events.out.tfevents.{int(wall_time):010}.harness", "xb") as file:
        file.write(record(version))
        for one in records:
            file.write(one)


@contextlib.contextmanager
def plain_errors(folder: Path) -> Iterator[None]:
    """Tell in plain words what kept us from writing into ``folder``."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileExistsError) and folder.is_dir():
            advice = f"{folder} exists and is not overwritten: choose another name with --name, or remove it"
        else:
            advice = f"cannot write into {folder}: {error.strerror}; choose another log folder with --log-dir"
        raise BadInput(advice) from None


def check_name(what: str, name: str) -> None:
    """Raise BadInput unless ``name`` can be that of one folder."""
    if not NAME.fullmatch(name):
        raise BadInput(
            f"{what} {name!r} cannot name a folder: use letters, digits and any of _ . + = , - and spaces, "
            "starting with a letter or digit, without / or \\"
        )


def make_timestamped(parent: Path) -> Path:
    """Make a folder named by the time; those that fall into the same second get a number after it."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for number in itertools.count(1):
        folder = parent / (stamp if number == 1 else f"{stamp}-{number}")
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            break
    return folder


@contextlib.contextmanager
def run_folder(root: Path, scenario: str, name: str | None = None) -> Iterator[Path]:
    """A new folder ``root/scenario/name`` for what is written in a ``with``; ``name`` is the time unless given.

    A file ``UNFINISHED`` stands in it until the ``with`` ends. After an error or an interrupt the file stays, beside
    what was written; where nothing was, the folder goes, and its name is free again.

    Raises:
        BadInput: the folder exists already, cannot be made, or a name is not that of one folder.
    """
    check_name("scenario", scenario)
    if name is not None:
        check_name("name", name)
    parent = root / scenario
    with plain_errors(parent):
        parent.mkdir(parents=True, exist_ok=True)
        folder = make_timestamped(parent) if name is None else parent / name
    with plain_errors(folder):
        if name is not None:
            folder.mkdir()  # of two processes at once, one succeeds
        marker = folder / UNFINISHED
        marker.write_text("Not finished, or still being written. What is here can be read; it is not all.\n")
    try:
        yield folder
    except BaseException:
        if list(folder.iterdir()) == [marker]:
            marker.unlink()
            folder.rmdir()
        raise
    marker.unlink()


def write(run: Run, folder: Path, wall_time: float | None = None, max_neurons: int = MAX_NEURONS) -> None:
    """Write the event file of one run into a new ``folder``.

    Args:
        run: what was recorded.
        folder: logs/<scenario>/<name>/<implementation>-<initializer>; TensorBoard names the run after it.
        wall_time: seconds since 1970, when the run was written: that of every event. Now, unless given. The same run
            with the same wall time gives the same bytes.
        max_neurons: how many neurons of a layer are drawn, see ``shown_neurons``.

    Raises:
        BadInput: ``folder`` exists already or cannot be written.
    """
    wall_time = time.time() if wall_time is None else wall_time
    with plain_errors(folder):
        folder.mkdir(parents=True)
        write_records(folder, wall_time, records_of(run, wall_time, max_neurons))


def write_verdict(folder: Path, markdown: str, wall_time: float | None = None) -> None:
    """Write ``markdown`` into ``folder`` as the text "verdict" of a whole comparison.

    Raises:
        BadInput: ``folder`` cannot be written.
    """
    wall_time = time.time() if wall_time is None else wall_time
    metadata = text_metadata.create_summary_metadata("", "What the comparison found.")
    text = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING, tensor_shape=tensor_shape_pb2.TensorShapeProto(), string_val=[markdown.encode()]
    )
    with plain_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_records(folder, wall_time, iter([record(event_of("verdict", metadata, text, wall_time))]))


def launch(folder: Path, port: int | None) -> str:
    """Start TensorBoard on 127.0.0.1 in a thread of this process; its address."""
    # 0.3 s to load, and of no use before this
    from tensorboard import default, program
    from tensorboard.plugins.debugger_v2.debugger_v2_plugin import DebuggerV2Plugin

    # The debugger, and plugins that other packages bring (the projector), import TensorFlow and show nothing of ours.
    board = program.TensorBoard(plugins=[p for p in default.get_static_plugins() if p is not DebuggerV2Plugin])
    board.configure(logdir=str(folder), host="127.0.0.1", port=port or None)
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # its advice is about options that are not ours
            return str(board.launch())
    except program.TensorBoardPortInUseError:
        raise BadInput(f"port {port} is in use: choose another with --port, or none to get a free one") from None
    except program.TensorBoardServerException as error:
        raise BadInput(f"TensorBoard did not start: {error.msg}") from None


def view(folder: Path, port: int | None = None) -> None:
    """Show ``folder`` in TensorBoard, on 127.0.0.1 only, until Ctrl-C.

    Args:
        folder: that of a run, of a comparison or of all logs.
        port: where to serve; the first free one from 6006 on where it is 0 or None.

    Raises:
        BadInput: nothing was written in ``folder``, or the port cannot be had.
    """
    if not folder.is_dir():
        raise BadInput(f"no folder {folder}: give one in which a run was written")
    if next(folder.rglob("*tfevents*"), None) is None:
        raise BadInput(f"no run in {folder}: write one first, or give another folder")
    if port is not None and not 0 <= port < 2**16:
        raise BadInput(f"no port {port}: give --port a number from 1 to {2**16 - 1}, or none to get a free one")
    with contextlib.suppress(KeyboardInterrupt):
        print(f"TensorBoard shows {folder} at {launch(folder, port)} (Ctrl-C ends it)", flush=True)
        threading.Event().wait()
