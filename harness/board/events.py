"""TensorBoard's event files, straight from NumPy: histograms, scalars, images, texts, and how they are laid out.

The tensors and their metadata are those that tf.summary.histogram, tf.summary.scalar, tf.summary.image and
tf.summary.text would write, and nothing here imports TensorFlow. Histograms are counted many at once; all that is
recorded of one iteration is one event, so that its overhead is paid once per iteration and not once per neuron.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import metadata as layout_metadata
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.plugins.hparams import metadata as hparams_metadata
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.scalar import metadata as scalar_metadata
from tensorboard.plugins.text import metadata as text_metadata

from ..figures.png_files import png_size
from ..models.network import Array

BINS = 30  # as tf.summary.histogram has by default
LARGEST_COUNTED = np.finfo(np.float64).max / 4  # the difference of two such values is still finite

Setting = str | float | bool


def histograms(values: Array) -> Array:
    """(..., n) to (..., BINS, 3): left edge, right edge and count of each bin, over the last axis.

    The bins are equally wide from the smallest value to the largest and closed on the left, the last on both sides.
    If all values are equal, every edge is that value and the last bin has the whole count. Both are
    what tf.summary.histogram gives. A value that is NaN, infinite or larger than ``LARGEST_COUNTED`` is in no bin.
    """
    values = values.astype(np.float64)
    counted = np.abs(values) <= LARGEST_COUNTED
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
    edges[..., -1:] = highest  # exactly, though the sum rounds
    return np.stack([edges[..., :-1], edges[..., 1:], counts.reshape(*values.shape[:-1], BINS)], axis=-1)


class Series(NamedTuple):
    """One tag: what it shows, and its tensor at each recorded iteration.

    plugin: the metadata module of the page of TensorBoard that shows it.
    description: in Markdown.
    values: (iterations, BINS, 3) float64 of histograms, (iterations,) float32 of scalars, or for each iteration the
    strings of a string tensor, None if there is nothing.
    """

    tag: str
    plugin: ModuleType
    title: str
    description: str
    values: Array | Sequence[list[bytes] | None]


def histogram_series(tag: str, title: str, description: str, values: Array) -> Series:
    """A histogram at each iteration, counted already: (iterations, BINS, 3)."""
    return Series(tag, histogram_metadata, title, description, values)


def scalar_series(tag: str, description: str, values: Sequence[float] | Array) -> Series:
    """A curve; float32 is what TensorBoard keeps of a scalar."""
    return Series(tag, scalar_metadata, "", description, np.asarray(values, np.float32))


def image_series(tag: str, title: str, description: str, pngs: Sequence[bytes | None]) -> Series:
    """A picture at each iteration or at some: PNG files of one size, each after its width and height as digits."""
    tensors = [None if png is None else [*(str(size).encode() for size in png_size(png)), png] for png in pngs]
    return Series(tag, image_metadata, title, description, tensors)


def text_value(tag: str, description: str, markdown: str) -> summary_pb2.Summary.Value:
    """A text in Markdown."""
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING, tensor_shape=tensor_shape_pb2.TensorShapeProto(), string_val=[markdown.encode()]
    )
    return summary_pb2.Summary.Value(
        tag=tag, metadata=text_metadata.create_summary_metadata("", description), tensor=tensor
    )


def layout_value(charts: Mapping[str, Mapping[str, str]]) -> summary_pb2.Summary.Value:
    """The Custom Scalars page: {category: {title of a chart: regular expression of the tags drawn in it}}."""
    layout = layout_pb2.Layout(
        category=[
            layout_pb2.Category(
                title=category,
                chart=[
                    layout_pb2.Chart(title=title, multiline=layout_pb2.MultilineChartContent(tag=[tags]))
                    for title, tags in titles.items()
                ],
            )
            for category, titles in charts.items()
        ]
    )
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING,
        tensor_shape=tensor_shape_pb2.TensorShapeProto(),
        string_val=[layout.SerializeToString(deterministic=True)],
    )
    return summary_pb2.Summary.Value(
        tag=layout_metadata.CONFIG_SUMMARY_TAG, metadata=layout_metadata.create_summary_metadata(), tensor=tensor
    )


def setting_type(value: Setting) -> int:
    """The type of a hyperparameter in TensorBoard."""
    if isinstance(value, bool):
        return int(api_pb2.DATA_TYPE_BOOL)
    return int(api_pb2.DATA_TYPE_STRING if isinstance(value, str) else api_pb2.DATA_TYPE_FLOAT64)


def session_start(settings: Mapping[str, Setting], wall_time: float) -> plugin_data_pb2.SessionStartInfo:
    """The settings of a run. Runs of equal settings are one session group, named by them."""
    group = ", ".join(map(str, settings.values()))
    start = plugin_data_pb2.SessionStartInfo(group_name=group, start_time_secs=wall_time)
    for name, value in settings.items():
        kind = "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
        setattr(start.hparams[name], f"{kind}_value", value)
    return start


def hparams_metadata_of(data: plugin_data_pb2.HParamsPluginData) -> summary_pb2.SummaryMetadata:
    """The metadata of a value of the HParams page; the same data give the same bytes, whatever the process."""
    metadata = hparams_metadata.create_summary_metadata(data)
    content = plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content)
    metadata.plugin_data.content = content.SerializeToString(deterministic=True)
    return metadata


def hparams_values(
    settings: Mapping[str, Setting], metrics: Mapping[str, str], wall_time: float
) -> list[summary_pb2.Summary.Value]:
    """What the HParams page shows of a run: its settings, and of the scalars {tag: title} their last values.

    Runs of equal settings (the same comparison made twice) are one session group; TensorBoard shows their mean.
    """
    experiment = api_pb2.Experiment(
        hparam_infos=[api_pb2.HParamInfo(name=name, type=setting_type(value)) for name, value in settings.items()],
        metric_infos=[
            api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag), display_name=title) for tag, title in metrics.items()
        ],
        time_created_secs=wall_time,
    )
    start = session_start(settings, wall_time)
    end = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=wall_time)
    return [
        summary_pb2.Summary.Value(
            tag=tag,
            metadata=hparams_metadata_of(plugin_data_pb2.HParamsPluginData(**data)),
            tensor=hparams_metadata.NULL_TENSOR,
        )
        for tag, data in (
            (hparams_metadata.EXPERIMENT_TAG, {"experiment": experiment}),
            (hparams_metadata.SESSION_START_INFO_TAG, {"session_start_info": start}),
            (hparams_metadata.SESSION_END_INFO_TAG, {"session_end_info": end}),
        )
    ]


# Records: of a length, its checksum, a serialized event and its checksum (tensorflow/core/lib/io/record_writer.h).

CASTAGNOLI = np.uint32(0x82F63B78)  # the polynomial of CRC-32C, bits reversed
CRC_BLOCK = 256  # bytes; the table of a block (256 kB) then fits into a processor's cache
FROM_ALL_ONES = b"\x54\x64\x1f\x64"  # takes a CRC from 0 to 0xFFFFFFFF, with which CRC-32C begins


@functools.cache
def crc_tables() -> NDArray[np.uint32]:
    """(CRC_BLOCK, 256): what each value of a byte adds to the CRC-32C of a block, by the byte's place in it.

    A CRC is linear over GF(2): it is the exclusive or of what each byte gives by itself.
    """
    bytewise, one = np.arange(256, dtype=np.uint32), np.uint32(1)
    for _ in range(8):
        bytewise = (bytewise >> one) ^ (bytewise & one) * CASTAGNOLI
    tables = [bytewise]  # of the last byte first: one more byte comes after each one before it
    for _ in range(CRC_BLOCK - 1):
        tables.append(bytewise[tables[-1] & 0xFF] ^ (tables[-1] >> 8))
    return np.stack(tables[::-1])


@functools.cache
def carried_crc() -> list[list[int]]:
    """(4, 256): what the bytes of the CRC so far, lowest first, add to that of the next block."""
    return [table.tolist() for table in crc_tables()[:4]]


def masked_crc(data: bytes) -> int:
    """CRC-32C of ``data`` as event files hold it: rotated right by 15 bits, plus a constant."""
    begun = FROM_ALL_ONES + data
    padded = bytes(-len(begun) % CRC_BLOCK) + begun  # zeros in front leave a CRC that begins with 0 as it is
    blocks = np.frombuffer(padded, np.uint8).reshape(-1, CRC_BLOCK)
    given = crc_tables().ravel()[blocks + np.arange(0, CRC_BLOCK * 256, 256)]
    first, second, third, fourth = carried_crc()
    crc = 0
    for of_block in np.bitwise_xor.reduce(given, axis=1).tolist():
        crc = of_block ^ first[crc & 0xFF] ^ second[crc >> 8 & 0xFF] ^ third[crc >> 16 & 0xFF] ^ fourth[crc >> 24]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def record(event: event_pb2.Event) -> bytes:
    """The bytes of one event in an event file."""
    data = event.SerializeToString(deterministic=True)
    length = struct.pack("<Q", len(data))
    return b"".join([length, struct.pack("<I", masked_crc(length)), data, struct.pack("<I", masked_crc(data))])


def event_of(values: Sequence[summary_pb2.Summary.Value], step: int, wall_time: float) -> event_pb2.Event:
    """All values of one step."""
    return event_pb2.Event(step=step, wall_time=wall_time, summary=summary_pb2.Summary(value=values))


def file_version(wall_time: float) -> bytes:
    """The first record of an event file."""
    return record(event_pb2.Event(wall_time=wall_time, file_version="brain.Event:2"))


def value_template(series: Series) -> summary_pb2.Summary.Value:
    """The value of a series, without its numbers."""
    shape = tensor_shape_pb2.TensorShapeProto()
    dtype = types_pb2.DT_STRING
    if isinstance(series.values, np.ndarray):
        shape.dim.extend(tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in series.values.shape[1:])
        dtype = types_pb2.DT_DOUBLE if series.values.dtype == np.float64 else types_pb2.DT_FLOAT
    tensor = tensor_pb2.TensorProto(dtype=dtype, tensor_shape=shape)
    metadata = series.plugin.create_summary_metadata(series.title, series.description)
    return summary_pb2.Summary.Value(tag=series.tag, metadata=metadata, tensor=tensor)


def contents(series: Series) -> list[bytes | list[bytes] | None]:
    """The content of each iteration's tensor; None if there is nothing to draw.

    This includes a histogram without counts, which TensorBoard's Distributions page would draw as a 0.
    """
    if not isinstance(series.values, np.ndarray):
        return list(series.values)
    little_endian = series.values.astype(series.values.dtype.newbyteorder("<"), copy=False)
    data, size = little_endian.tobytes(), little_endian[:1].nbytes
    parts: list[bytes | list[bytes] | None] = [data[i * size : (i + 1) * size] for i in range(len(series.values))]
    if series.values.ndim == 3:
        counts: Array = series.values[..., 2].sum(axis=1)
        return [part if count else None for part, count in zip(parts, counts.tolist())]
    return parts


def fill(value: summary_pb2.Summary.Value, content: bytes | list[bytes]) -> None:
    """Fill one iteration's numbers or strings into the value of a series."""
    if isinstance(content, bytes):
        value.tensor.tensor_content = content
    else:
        del value.tensor.string_val[:]
        value.tensor.string_val.extend(content)
        value.tensor.tensor_shape.CopyFrom(
            tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=len(content))])
        )


Templates = dict[str, summary_pb2.Summary.Value]  # the value of each tag, with its metadata until it is written


def records_of(
    every: Sequence[Series], iterations: Sequence[int], wall_time: float, templates: Templates | None = None
) -> Iterator[bytes]:
    """One record for each iteration, with all series in it.

    Args:
        every: the series.
        iterations: of their values.
        wall_time: of the records.
        templates: of the tags that the same file has already, to which new ones are added; none by default.
    """
    templates = {} if templates is None else templates
    templates.update({series.tag: value_template(series) for series in every if series.tag not in templates})
    all_series = [(templates[series.tag], contents(series)) for series in every]
    for index, iteration in enumerate(iterations):
        present = []
        for value, content in all_series:
            recorded = content[index]
            if recorded is not None:
                fill(value, recorded)
                present.append(value)
        yield record(event_of(present, iteration, wall_time))
        for value in present:
            value.ClearField("metadata")  # TensorBoard takes a tag's metadata from its first value
