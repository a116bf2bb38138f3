"""TFRecord files without TensorFlow: records whose checksums are verified, and the float features they hold.

A record is its length (8 bytes), a checksum of these, the data, and a checksum of the data; a checksum is a masked
CRC-32C. The data is a serialised ``tf.train.Example``, of which the float lists are read and written. (The one library
that is kept for this, ``tfrecord``, does not verify checksums when it reads.)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import google_crc32c
import numpy as np

__all__ = [
    "CorruptRecord",
    "Layout",
    "checksum",
    "encode_records",
    "frames",
    "parse_example",
    "record_at",
    "scan",
]

HEADER, FOOTER = 12, 4  # bytes around the data
_MASK = 0xA282EAD8


class CorruptRecord(ValueError):
    """A record that is not what was written; the message names file, record number and byte offset.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    record : int
        The record's number in the file, from 0.
    offset : int
        The byte where the record begins.
    problem : str
        What was expected and what was found.
    lost : bool
        Whether the records after it cannot be found either.
    """

    def __init__(self, path: Path, record: int, offset: int, problem: str, *, lost: bool = False) -> None:
        super().__init__(f"{path}: record {record} at byte {offset}: {problem}")
        self.lost = lost


def checksum(data: bytes | memoryview) -> int:
    """Compute the masked CRC-32C of some bytes.

    Parameters
    ----------
    data : bytes
        The bytes.

    Returns
    -------
    int
        The checksum, 32 bits.

    Notes
    -----
    Source: the TFRecord format, https://www.tensorflow.org/tutorials/load_data/tfrecord.

    Examples
    --------
    >>> hex(checksum(b"123456789"))
    '0xc78ab0e5'
    """
    crc = google_crc32c.value(bytes(data))
    return (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF


def scan(path: Path) -> tuple[np.ndarray, CorruptRecord | None]:
    """Find where the records of a file begin.

    Parameters
    ----------
    path : pathlib.Path
        A TFRecord file.

    Returns
    -------
    offsets : numpy.ndarray, [record]
        The byte at which each record begins.
    broken : CorruptRecord or None
        What is wrong with the record after these, because of which none after it can be found. Only lengths are looked
        at; the data's checksum is verified when a record is read, by `record_at`.
    """
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(HEADER)
        if len(head) == HEADER:  # records of one length, as all fixed features give: one look at the bytes of each
            stride = HEADER + struct.unpack("<Q", head[:8])[0] + FOOTER
            if size % stride == 0:
                heads = np.memmap(path, np.uint8, "r").reshape(-1, stride)[:, :HEADER]
                if struct.unpack("<I", head[8:])[0] == checksum(head[:8]) and (heads == heads[0]).all():
                    return np.arange(len(heads), dtype=np.int64) * stride, None
        buffer = np.memmap(path, np.uint8, "r").data if size else memoryview(b"")
        offsets: list[int] = []
        offset = 0
        while offset < size:
            head = bytes(buffer[offset : offset + HEADER])
            problem, length = "", struct.unpack("<Q", head[:8])[0] if len(head) == HEADER else 0
            end = offset + HEADER + length + FOOTER
            if len(head) < HEADER:
                problem = f"expected {HEADER} bytes of length and checksum, got {len(head)}: the file is cut off"
            elif struct.unpack("<I", head[8:])[0] != checksum(head[:8]):
                problem = "the checksum of its length is wrong: not a TFRecord file, or one that was damaged"
            elif end > size:
                problem = f"expected {end - offset} bytes, got {size - offset}: the file is cut off"
            if problem:
                return np.array(offsets, np.int64), CorruptRecord(path, len(offsets), offset, problem, lost=True)
            offsets.append(offset)
            offset = end
    return np.array(offsets, np.int64), None


def frames(path: Path, offsets: np.ndarray) -> bytes:
    """Return what stands around the data of each record: its length and both checksums, one record after the other.

    Parameters
    ----------
    path : pathlib.Path
        A TFRecord file.
    offsets : numpy.ndarray, [record]
        Where its records begin, as `scan` finds them.

    Returns
    -------
    bytes
        `HEADER` + `FOOTER` bytes a record. They say which records a file holds and in which order, without their data.
    """
    if not len(offsets):
        return b""
    ends = np.append(offsets[1:], 0)
    buffer = np.memmap(path, np.uint8, "r")
    last = struct.unpack("<Q", buffer[offsets[-1] : offsets[-1] + 8].tobytes())[0]
    ends[-1] = offsets[-1] + HEADER + last + FOOTER
    heads = buffer[offsets[:, None] + np.arange(HEADER)]
    return np.hstack([heads, buffer[ends[:, None] - np.arange(FOOTER, 0, -1)]]).tobytes()


def record_at(path: Path, buffer: memoryview, number: int, offset: int) -> memoryview:
    """Return the data of one record, its checksums verified.

    Parameters
    ----------
    path : pathlib.Path
        The file, for the message.
    buffer : memoryview
        Its bytes.
    number, offset : int
        The record's number and the byte where it begins.

    Returns
    -------
    memoryview
        The data.

    Raises
    ------
    CorruptRecord
        If the file is cut off or a checksum is wrong.
    """
    head = buffer[offset : offset + HEADER]
    if len(head) < HEADER:
        raise CorruptRecord(path, number, offset, "the file is cut off", lost=True)
    length, check = struct.unpack("<QI", head)
    if check != checksum(head[:8]):
        raise CorruptRecord(path, number, offset, "the checksum of its length is wrong", lost=True)
    data = buffer[offset + HEADER : offset + HEADER + length]
    foot = buffer[offset + HEADER + length : offset + HEADER + length + FOOTER]
    if len(foot) < FOOTER:
        raise CorruptRecord(path, number, offset, f"expected {length} bytes of data: the file is cut off", lost=True)
    found, told = checksum(data), struct.unpack("<I", foot)[0]
    if found != told:
        raise CorruptRecord(
            path, number, offset, f"the checksum of its data is wrong: expected {told:#010x}, got {found:#010x}"
        )
    return data


def parse_example(data: bytes | memoryview) -> dict[str, np.ndarray]:
    """Read the float features of a serialised ``tf.train.Example``.

    Parameters
    ----------
    data : bytes
        The message.

    Returns
    -------
    dict of str to numpy.ndarray
        Each float feature's values, float32; features of other types are left out.

    Raises
    ------
    ValueError
        If the bytes are no such message.

    Notes
    -----
    Source: tensorflow/core/example/example.proto and the protocol buffers' wire format.
    """
    return {name: values for name, (values, _) in _features(memoryview(data)).items()}


@dataclass(frozen=True)
class Layout:
    """Where in a record's data the features lie, for records that differ in nothing but their values.

    Parameters
    ----------
    size : int
        Bytes of the data.
    places : dict of str to (int, int)
        The byte at which each feature's values begin, and their number.
    fixed : numpy.ndarray
        The data with the values set to zero.
    outside : numpy.ndarray of bool
        Which bytes belong to no value.
    """

    size: int
    places: dict[str, tuple[int, int]]
    fixed: np.ndarray
    outside: np.ndarray

    @classmethod
    def of(cls, data: memoryview) -> Layout | None:
        """Find the layout of a record; None if a feature's values do not lie in one piece."""
        features = _features(data)
        if any(start is None for _, start in features.values()):
            return None
        places = {name: (int(start or 0), len(values)) for name, (values, start) in features.items()}
        outside = np.ones(len(data), bool)
        for start, count in places.values():
            outside[start : start + 4 * count] = False
        return cls(len(data), places, np.where(outside, np.frombuffer(data, np.uint8), np.uint8(0)), outside)

    def read(self, records: list[memoryview]) -> dict[str, np.ndarray] | None:
        """Read records of this layout at once → each feature [record, value]; None if one of them differs."""
        if any(len(record) != self.size for record in records):
            return None
        block = np.frombuffer(b"".join(records), np.uint8).reshape(len(records), self.size)
        values = {
            name: np.ascontiguousarray(block[:, start : start + 4 * count]).view("<f4")
            for name, (start, count) in self.places.items()
        }
        return values if (block[:, self.outside] == self.fixed[self.outside]).all() else None


def encode_records(features: Mapping[str, np.ndarray]) -> np.ndarray:
    """Serialise many examples of the same features, with lengths and checksums.

    Parameters
    ----------
    features : dict of str to array_like [record, value]
        Values of each feature, written as float32.

    Returns
    -------
    numpy.ndarray of uint8, [record, byte]
        The records, to be written one after the other.

    Examples
    --------
    >>> records = encode_records({"speed": np.array([[0.1, 0.2], [0.3, 0.4]])})
    >>> [name for name in parse_example(records[0].tobytes()[12:-4])]
    ['speed']
    """
    arrays = {name: np.asarray(features[name], "<f4") for name in sorted(features)}
    template = b"".join(_field(1, _entry(name, 4 * values.shape[1])) for name, values in arrays.items())
    template = _field(1, template)
    size = len(template)
    layout = Layout.of(memoryview(template))
    assert layout is not None
    count = len(next(iter(arrays.values())))
    records = np.empty((count, HEADER + size + FOOTER), np.uint8)
    length = struct.pack("<Q", size)
    records[:, :HEADER] = np.frombuffer(length + struct.pack("<I", checksum(length)), np.uint8)
    data = records[:, HEADER:-FOOTER]
    data[:] = layout.fixed
    for name, values in arrays.items():
        start, number = layout.places[name]
        data[:, start : start + 4 * number] = np.ascontiguousarray(values).view(np.uint8).reshape(count, -1)
    checks = np.array([checksum(record) for record in map(bytes, data)], "<u4")
    records[:, -FOOTER:] = checks.view(np.uint8).reshape(count, FOOTER)
    return records


def _features(data: memoryview) -> dict[str, tuple[np.ndarray, int | None]]:
    """Return each float feature's values and the byte where they begin (None: not in one piece)."""
    found: dict[str, tuple[np.ndarray, int | None]] = {}
    for number, start, end in _fields(data, 0, len(data)):
        if number != 1:
            continue
        for inner, first, last in _fields(data, start, end):
            if inner != 1:
                continue
            name, place = "", (0, 0)
            for key, left, right in _fields(data, first, last):
                if key == 1:
                    name = bytes(data[left:right]).decode("utf-8")
                elif key == 2:
                    place = (left, right)
            for kind, left, right in _fields(data, *place):
                if kind == 2:  # a list of floats
                    found[name] = _floats(data, left, right)
    return found


def _floats(data: memoryview, start: int, end: int) -> tuple[np.ndarray, int | None]:
    """Read a FloatList, packed or value by value."""
    parts = [(left, right) for number, left, right in _fields(data, start, end) if number == 1]
    if any((right - left) % 4 for left, right in parts):
        raise ValueError("expected float values of four bytes each")
    values = np.frombuffer(b"".join(data[left:right] for left, right in parts), "<f4")
    return values, parts[0][0] if len(parts) == 1 else None


def _fields(data: memoryview, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, first and last byte of each field of a message; values of fixed width count as bytes."""
    while start < end:
        tag, start = _varint(data, start, end)
        kind = tag & 7
        if kind == 0:
            first = start
            _, start = _varint(data, start, end)
            yield tag >> 3, first, start
            continue
        if kind == 2:
            length, start = _varint(data, start, end)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"expected a tf.train.Example, got a field of wire type {kind}")
        if start + length > end:
            raise ValueError("expected a tf.train.Example, got a field that ends after its message")
        yield tag >> 3, start, start + length
        start += length


def _varint(data: memoryview, start: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while start < end and shift < 64:
        byte = data[start]
        value |= (byte & 0x7F) << shift
        start, shift = start + 1, shift + 7
        if byte < 0x80:
            return value, start
    raise ValueError("expected a tf.train.Example, got a number that does not end")


def _field(number: int, content: bytes) -> bytes:
    """Serialise a field that holds bytes."""
    size, length = len(content), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes([number << 3 | 2]) + bytes(length) + content


def _entry(name: str, size: int) -> bytes:
    """Serialise an entry of the features' map, its values zero."""
    return _field(1, name.encode()) + _field(2, _field(2, _field(1, bytes(size))))
