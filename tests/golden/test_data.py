"""The folder of published values is whole, small, described and free of code."""

import re
import zipfile

import numpy as np


def test_every_file_is_described_and_every_file_described_is_there(golden):
    names = {path.name for path in golden.iterdir() if path.name != "README.md"}
    table = re.findall(r"^\| (`.*?) \|", (golden / "README.md").read_text(encoding="utf-8"), re.M)
    assert names == {name.rstrip("/") for cell in table for name in re.findall(r"`([^`]+)`", cell)}


def test_arrays_open_without_pickles_and_are_compressed(golden):
    paths = sorted(golden.glob("*.npz"))
    assert paths
    for path in paths:
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype.kind in "fU" for name in arrays), path.name
        with zipfile.ZipFile(path) as members:
            assert all(member.compress_type != zipfile.ZIP_STORED for member in members.infolist()), path.name


def test_the_folder_stays_small(golden):
    assert sum(path.stat().st_size for path in golden.rglob("*") if path.is_file()) <= 3_500_000
