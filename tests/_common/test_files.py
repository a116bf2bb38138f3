"""Files that are whole or not there."""

import json
import os
import stat
import threading

import pytest

from gridcells._common.files import atomic_path, writable_folder, write_json


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole_under_its_name(tmp_path):
    with atomic_path(tmp_path / "run.json") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".json"
        temporary.write_text("half")
        assert not (tmp_path / "run.json").exists()
        temporary.write_text("whole")
    assert names(tmp_path) == ["run.json"]
    assert (tmp_path / "run.json").read_text() == "whole"


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_file_and_no_other(tmp_path, error):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"old")
    with pytest.raises(error), atomic_path(path) as temporary:
        temporary.write_bytes(b"new but to")
        raise error
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["weights.bin"]


def test_an_error_without_a_name_is_told_the_file(tmp_path):
    path = tmp_path / "weights.bin"
    with pytest.raises(OSError, match=f"No space left on device while writing {path}") as full, atomic_path(path):
        raise OSError(28, "No space left on device")
    assert full.value.errno == 28
    with pytest.raises(FileNotFoundError, match="elsewhere"), atomic_path(path):
        (tmp_path / "elsewhere").read_text()  # its own name is the better one


def test_an_error_without_a_number_keeps_its_words(tmp_path):
    told = f"^4000 requested and 120 written while writing {tmp_path}/a.bin$"  # NumPy's words
    with pytest.raises(OSError, match=told), atomic_path(tmp_path / "a.bin"):
        raise OSError("4000 requested and 120 written")
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["a\udcffb", "a\0b"])
def test_a_folder_whose_name_is_no_text_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="out: expected a folder"):
        writable_folder(f"{tmp_path}/{name}")
    assert names(tmp_path) == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{tmp_path}/none/"), atomic_path(tmp_path / "none" / "a.json"):
        pytest.fail("nothing can be written there")


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_are_those_of_any_new_file(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_json(tmp_path / "a.json", [])
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == mode


def test_writers_at_the_same_time_leave_one_whole_file(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, [])
    stop, seen = threading.Event(), []

    def write(number):
        for _ in range(20):
            write_json(path, [number] * 5000)

    def read():
        while not stop.is_set():
            seen.append(set(json.loads(path.read_text())))  # a torn file would not parse

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert seen
    assert all(len(numbers) <= 1 for numbers in seen)
    assert json.loads(path.read_text())[0] in range(4)
    assert names(tmp_path) == ["a.json"]


def test_json_is_exact_and_refuses_what_json_has_not(tmp_path):
    path = tmp_path / "a.json"
    value = {"error": 0.1 + 0.2, "σ": [1, None, True]}
    write_json(path, value)
    assert json.loads(path.read_text(encoding="utf-8")) == value
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"error": float("nan")})
    with pytest.raises(TypeError, match="JSON"):
        write_json(path, {1, 2})
    assert json.loads(path.read_text(encoding="utf-8")) == value
    assert names(tmp_path) == ["a.json"]


def test_a_writable_folder_is_made_and_left_empty(tmp_path):
    folder = writable_folder(str(tmp_path / "a" / "b"))
    assert folder == tmp_path / "a" / "b"
    assert names(folder) == []
    assert writable_folder(folder) == folder  # again, now that it is there


def test_an_unwritable_folder_is_named_with_its_argument(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(
        NotADirectoryError, match="figures: expected a folder that can be written, got .*file/a .Not a dir"
    ):
        writable_folder(tmp_path / "file" / "a", "figures")
    with pytest.raises(FileExistsError, match="out: expected a folder that can be written, got .*file"):
        writable_folder(tmp_path / "file")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError, match="out: expected a folder that can be written"):
            writable_folder(tmp_path)
    finally:
        tmp_path.chmod(0o700)
