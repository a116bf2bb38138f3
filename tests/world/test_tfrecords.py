"""TFRecords: what is written comes back, and what is damaged is told by file, record and byte."""

import struct

import numpy as np
import pytest

from gridcells.world.tfrecords import CorruptRecord, Layout, checksum, encode_records, parse_example, record_at, scan

VALUES = {"a": np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), "long": np.arange(300.0).reshape(3, 100)}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "0000-of-0000.tfrecord"
    encode_records(VALUES).tofile(path)
    return path


def data_of(path, number):
    offsets, _ = scan(path)
    return record_at(path, memoryview(path.read_bytes()), number, int(offsets[number]))


def test_checksum_is_the_masked_crc_32c():
    crc = 0xE3069283  # of "123456789", the polynomial's check value
    assert checksum(b"123456789") == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) % 2**32


def test_what_is_written_comes_back(file):
    offsets, broken = scan(file)
    assert (len(offsets), broken) == (3, None)
    for number in range(3):
        example = parse_example(data_of(file, number))
        assert list(example) == ["a", "long"]
        for name, values in VALUES.items():
            np.testing.assert_array_equal(example[name], values[number].astype(np.float32))


def test_records_of_one_layout_are_read_at_once(file):
    records = [data_of(file, number) for number in (2, 0)]
    layout = Layout.of(records[0])
    values = layout.read(records)
    np.testing.assert_array_equal(values["long"], VALUES["long"][[2, 0]])
    changed = bytearray(records[1])
    changed[changed.index(b"long")] ^= 1  # another name
    assert layout.read([records[0], memoryview(bytes(changed))]) is None
    assert layout.read([records[0], records[1][:-1]]) is None


def test_unpacked_floats_in_any_order_and_other_features_are_read():
    def field(number, kind, content):
        return bytes([number << 3 | kind]) + (bytes([len(content)]) if kind == 2 else b"") + content

    floats = b"".join(field(1, 5, struct.pack("<f", value)) for value in (1.5, -2.0))
    first = field(2, 2, field(2, 2, floats)) + field(1, 2, b"late")  # the name after the value
    integers = field(1, 2, b"int") + field(2, 2, field(3, 2, field(1, 2, b"\x05")))
    example = field(1, 2, field(1, 2, integers) + field(1, 2, first))
    parsed = parse_example(example)
    assert list(parsed) == ["late"]
    np.testing.assert_array_equal(parsed["late"], np.float32([1.5, -2.0]))
    assert Layout.of(memoryview(example)) is None


def test_records_of_several_lengths_are_found(tmp_path):
    path = tmp_path / "mixed.tfrecord"
    parts = [encode_records({"a": np.ones((1, size))}).tobytes() for size in (3, 50, 7)]
    path.write_bytes(b"".join(parts))
    offsets, broken = scan(path)
    assert broken is None
    assert offsets.tolist() == np.cumsum([0, len(parts[0]), len(parts[1])]).tolist()
    assert len(parse_example(data_of(path, 1))["a"]) == 50


def test_a_file_that_is_cut_off(file):
    whole = file.read_bytes()
    length = len(whole) // 3
    for cut, message in (
        (2 * length + 100, rf"record 2 at byte {2 * length}: expected {length} bytes, got 100: the file is cut off"),
        (2 * length + 5, rf"record 2 at byte {2 * length}: expected 12 bytes of length and checksum, got 5"),
    ):
        file.write_bytes(whole[:cut])
        offsets, broken = scan(file)
        assert len(offsets) == 2
        assert broken.lost
        with pytest.raises(CorruptRecord, match=r"0000-of-0000.tfrecord: " + message):
            raise broken


def test_wrong_checksums(file):
    whole = bytearray(file.read_bytes())
    length = len(whole) // 3
    damaged = whole.copy()
    damaged[length + 30] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(CorruptRecord, match=rf"record 1 at byte {length}: the checksum of its data is wrong: exp"):
        data_of(file, 1)
    assert len(data_of(file, 0))
    damaged = whole.copy()
    damaged[length] ^= 1  # a length
    file.write_bytes(damaged)
    offsets, broken = scan(file)
    assert len(offsets) == 1
    with pytest.raises(CorruptRecord, match=rf"record 1 at byte {length}: the checksum of its length is wrong"):
        raise broken
    with pytest.raises(CorruptRecord, match="the checksum of its length is wrong"):
        record_at(file, memoryview(bytes(damaged)), 1, length)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x0a\x05abc", "a field that ends after its message"),
        (b"\x0b", "a field of wire type 3"),
        (b"\x0a\xff\xff", "a number that does not end"),
    ],
)
def test_data_that_is_no_example(data, message):
    with pytest.raises(ValueError, match=message):
        parse_example(data)
