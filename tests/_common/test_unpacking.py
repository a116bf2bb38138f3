"""What is unpacked: nothing that its file does not hold, and no more than a bound."""

import lzma
import zipfile

import numpy as np
import pytest

from gridcells._common import unpacking
from gridcells._common.unpacking import check_archive, check_array_file, unxz


def test_xz_is_unpacked_within_bounds(tmp_path, monkeypatch):
    path, data = tmp_path / "a.xz", lzma.compress(bytes(10**6))
    assert unxz(data, path) == bytes(10**6)
    monkeypatch.setattr(unpacking, "UNPACKED", 10**6 - 1)
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


def test_what_is_said_of_a_damaged_archive_does_not_repeat_its_bytes(tmp_path):
    path = archive_of(tmp_path / "a.npz", [("a.npy", bytes(3000))])
    data = bytearray(path.read_bytes())
    data[26:28] = (2000).to_bytes(2, "little")  # how long the name in the local header is
    path.write_bytes(data)
    with pytest.raises(ValueError, match="a.npz: expected a zip archive, got one that is damaged") as refused:
        check_archive(path, arrays=True)
    assert len(str(refused.value)) < 300 + len(str(path))


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
