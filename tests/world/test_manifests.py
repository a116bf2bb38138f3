"""What dataset.json says of a dataset."""

import json

import pytest

from gridcells.world.dataset_files import DatasetSetting, make_dataset
from gridcells.world.manifests import Content, Manifest, content_of, intact_content
from gridcells.world.tfrecords import scan


@pytest.fixture
def folder(tmp_path):
    return make_dataset(tmp_path, DatasetSetting(trajectories=7, steps=4, files=2), workers=1)


def test_a_manifest_lists_what_its_files_hold(folder):
    manifest = Manifest.read(folder)
    assert {name: content.records for name, content in manifest.contents.items()} == {
        "0000-of-0001.tfrecord": 4,
        "0001-of-0001.tfrecord": 3,
    }
    for name, content in manifest.contents.items():
        assert intact_content(folder / name) == content_of(folder / name, scan(folder / name)[0]) == content
        assert manifest.problem(name, content) is None
    assert manifest.setting["trajectories"] == 7


def test_what_differs_is_said(folder):
    manifest, name = Manifest.read(folder), "0000-of-0001.tfrecord"
    assert manifest.problem(name, Content(3, "")) == "expected 4 records, as dataset.json lists, got 3"
    assert manifest.problem(name, Content(4, "")) == "expected the records that dataset.json lists, got others"
    assert "expected a file that dataset.json lists" in manifest.problem("0002-of-0001.tfrecord", Content(4, ""))


def test_a_damaged_file_has_no_content(folder):
    path = folder / "0000-of-0001.tfrecord"
    whole = path.read_bytes()
    for damaged in (whole[:-1], b"", whole[:50] + b"\0\1" + whole[52:]):
        path.write_bytes(damaged)
        assert intact_content(path) is None
    assert intact_content(folder / "nowhere") is None


def test_a_list_that_is_none_is_named(folder):
    manifest = Manifest.read(folder)
    Manifest(manifest.setting, {}).write(folder)
    assert Manifest.read(folder).contents == {}
    held = {"contents": ["0000-of-0001.tfrecord"]}
    (folder / "dataset.json").write_text(json.dumps(held))
    with pytest.warns(UserWarning, match="carries no digest"):
        assert Manifest.read(folder).contents == {}
    from gridcells._common.reading import sealed

    (folder / "dataset.json").write_text(json.dumps(sealed(held)))
    with pytest.raises(ValueError, match="dataset.json: expected records and sha256 of each file"):
        Manifest.read(folder)
