"""What is read: bounded before it is unpacked, and JSON that vouches for itself."""

import json
import lzma
import zipfile

import numpy as np
import pytest

from gridcells._common import reading
from gridcells._common.reading import check_archive, check_array_file, read_json, read_sealed, read_text, sealed, unxz


def test_a_sealed_object_comes_back_without_its_digest(tmp_path):
    path = tmp_path / "a.json"
    value = {"error": 0.1 + 0.2, "σ": [1, None, True], "rows": [{"step": 3}]}
    path.write_text(json.dumps(sealed(value)), encoding="utf-8")
    assert read_sealed(path) == value
    path.write_text(json.dumps(dict(reversed(sealed(value).items())), indent=7), encoding="utf-8")  # the same content
    assert read_sealed(path) == value


@pytest.mark.parametrize("change", [("3", "4"), ("true", "false"), ('"step"', '"stop"'), ("null", "0")])
def test_a_change_is_found(tmp_path, change):
    path = tmp_path / "a.json"
    text = json.dumps(sealed({"a": [1, None, True], "rows": [{"step": 3}]}))
    path.write_text(text.replace(*change, 1))
    with pytest.raises(ValueError, match="a.json is not what was written .its digest differs.: torn or changed"):
        read_sealed(path)


def test_an_object_without_a_digest_is_taken_with_a_word(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"seed": 1}')
    with pytest.warns(UserWarning, match="a.json carries no digest: an older version wrote it"):
        assert read_sealed(path) == {"seed": 1}
    assert read_sealed(path, told=False) == {"seed": 1}  # without a warning, which would be an error here


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "expected JSON, got something else"),
        (b"[]", "expected a JSON object, got list"),
        (b"[" * 10_000, "expected JSON, got lists within lists, too deep to read"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b'{"a": 1e400}', "expected finite numbers"),
        (b'{"a": ' + b"9" * 5000 + b"}", "expected JSON, got something else"),
        (b"\xff{}", "expected UTF-8, got something else at byte 0"),
    ],
)
def test_json_that_is_none_is_named(tmp_path, data, told):
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(ValueError, match=f"{tmp_path}/a.json: .*{told}") as error:
        read_json(tmp_path / "a.json")
    assert len(str(error.value)) < 400 and "\n" not in str(error.value)


def test_a_long_text_is_not_read(tmp_path):
    (tmp_path / "a.txt").write_text("x" * 100)
    assert len(read_text(tmp_path / "a.txt", limit=100)) == 100
    with pytest.raises(ValueError, match="a.txt: expected a text of at most 0 MB, got more"):
        read_text(tmp_path / "a.txt", limit=99)


def test_xz_is_unpacked_within_bounds(tmp_path, monkeypatch):
    path, data = tmp_path / "a.xz", lzma.compress(bytes(10**6))
    assert unxz(data, path) == bytes(10**6)
    monkeypatch.setattr(reading, "UNPACKED", 10**6 - 1)
    path.write_bytes(data)
    with pytest.raises(ValueError, match="a.xz: expected at most 1 MB unpacked from a file of its size, got 1 MB"):
        unxz(data, path)


@pytest.mark.parametrize(
    "change", [lambda data: data[:-5], lambda data: data + b"x", lambda data: b"x" + data, lambda data: data[:0]]
)
def test_xz_that_is_damaged_is_named(tmp_path, change):
    with pytest.raises(ValueError, match="a.xz: expected a file packed by xz, got one that is"):
        unxz(change(lzma.compress(b"weights" * 100)), tmp_path / "a.xz")


def archive_of(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_that_are_not_what_they_say_are_refused(tmp_path):
    twice = archive_of(tmp_path / "twice.npz", [("a.npy", b"1"), ("a.npy", b"2")])
    with pytest.raises(ValueError, match="twice.npz: expected each name once, got 'a.npy' twice"):
        check_archive(twice)
    bomb = archive_of(tmp_path / "bomb.npz", [(f"{number}.npy", bytes(10**8)) for number in range(6)])
    with pytest.raises(ValueError, match="bomb.npz: expected at most 537 MB unpacked from a file of its size, got 600"):
        check_archive(bomb)
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(ValueError, match="text.npz: expected a zip archive, got one that is damaged"):
        check_archive(tmp_path / "text.npz")
    damaged = archive_of(tmp_path / "damaged.npz", [("a.npy", bytes(range(200)))], zipfile.ZIP_STORED)
    data = bytearray(damaged.read_bytes())
    data[100] ^= 1
    damaged.write_bytes(data)
    check_archive(damaged)
    with pytest.raises(ValueError, match="damaged.npz: expected the checksum of a.npy to be right, got another"):
        check_archive(damaged, checksums=True)
    with pytest.raises(FileNotFoundError):
        check_archive(tmp_path / "nowhere.npz")


def test_an_array_whose_header_asks_for_more_than_there_is_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", rate_maps=np.zeros((3, 4, 4)))
    check_archive(tmp_path / "a.npz", arrays=True, checksums=True)
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        header = archive.read("rate_maps.npy")
    huge = archive_of(tmp_path / "huge.npz", [("rate_maps.npy", header.replace(b"(3, 4, 4)", b"(9**9, 4)"))])
    with pytest.raises(ValueError, match="huge.npz: rate_maps: expected an array as NumPy saves it, got something"):
        check_archive(huge, arrays=True)
    huge = archive_of(tmp_path / "huge.npz", [("rate_maps.npy", header.replace(b"(3, 4, 4), }", b"(999999,4),}"))])
    with pytest.raises(ValueError, match="huge.npz: rate_maps: expected the 31999968 bytes of shape .999999, 4., got"):
        check_archive(huge, arrays=True)
    small = np.zeros((9000, 9000), np.uint8)
    np.savez_compressed(tmp_path / "bytes.npz", rate_maps=small)  # 81 MB of bytes are 648 MB in double precision
    with pytest.raises(ValueError, match="bytes.npz: rate_maps: expected at most 537 MB unpacked"):
        check_archive(tmp_path / "bytes.npz", arrays=True)


@pytest.mark.parametrize("place", range(8, 128, 6))
def test_a_damaged_header_of_an_array_is_told_in_one_line(tmp_path, place):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((3, 4, 4)))
    check_array_file(path)
    data = path.read_bytes()
    for changed in (data[:place] + data[place + 8 :], data[:place] + b"[(\xff" + data[place + 4 :], data[:place]):
        path.write_bytes(changed)
        try:
            check_array_file(path)
        except ValueError as error:
            assert str(error).startswith(f"{path}: expected") and "\n" not in str(error)
        else:
            assert np.load(path).size <= 48
    path.write_bytes(data[:-1])
    with pytest.raises(ValueError, match="a.npy: expected the 384 bytes of shape .3, 4, 4., got 383"):
        check_array_file(path)
