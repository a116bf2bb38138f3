"""Datasets: made the same every time, read the same after a stop, and damage is told."""

import contextlib
import dataclasses
import json
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from gridcells._common.files import remove_leftovers
from gridcells._common.locks import hold_folder
from gridcells.world.dataset_files import ROOMS, DatasetSetting, make_dataset
from gridcells.world.datasets import FEATURES, TrajectoryDataset
from gridcells.world.motion import simulate
from gridcells.world.path_statistics import dataset_statistics
from gridcells.world.tfrecords import encode_records

SMALL = DatasetSetting(trajectories=23, steps=10, files=4, seed=3)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("data"), SMALL, workers=1)


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / made.name)


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.tfrecord"))}


def everything(dataset):
    return np.concatenate([block.target_pos for block in dataset.blocks(5)])


def test_the_layout_is_the_released_one(made):
    assert made.name == "square_room_10steps_2.2m_23"
    assert DatasetSetting().name == "square_room_100steps_2.2m_1000000"
    assert sorted(bytes_of(made)) == [f"{number:04d}-of-0003.tfrecord" for number in range(4)]
    dataset = TrajectoryDataset(made)
    assert (len(dataset), dataset.steps, dataset.skipped) == (23, 10, [])
    counts = [len(dataset.read(file, np.arange(6 - (file == 3))).init_hd) for file in range(4)]
    assert counts == [6, 6, 6, 5]


def test_the_records_are_the_simulated_paths(made):
    generator = np.random.default_rng(np.random.SeedSequence(3, spawn_key=(1,)))
    paths = simulate(SMALL.motion, ROOMS["square_room"], 6, 10, generator)
    records = TrajectoryDataset(made).read(1, np.array([4, 0]))
    np.testing.assert_array_equal(records.init_pos, paths.position[[4, 0], 0].astype(np.float32))
    np.testing.assert_array_equal(records.target_hd, paths.heading[[4, 0], 1:].astype(np.float32))
    np.testing.assert_array_equal(records.ego_vel[..., 0], paths.speed[[4, 0]].astype(np.float32))
    np.testing.assert_array_equal(records.ego_vel[..., 1], np.sin(paths.turn[[4, 0]]).astype(np.float32))
    turned = records.init_hd[:, None] + np.cumsum(np.arctan2(records.ego_vel[..., 1], records.ego_vel[..., 2]), 1)
    np.testing.assert_allclose(np.cos(turned - records.target_hd), 1, atol=1e-5)  # net turns, not a sub-step's


def test_bytes_depend_on_the_seed_alone(made, tmp_path):
    assert bytes_of(make_dataset(tmp_path / "two", SMALL, workers=2)) == bytes_of(made)
    other = make_dataset(tmp_path / "other", dataclasses.replace(SMALL, seed=4), workers=1)
    assert not set(bytes_of(other).values()) & set(bytes_of(made).values())


def test_a_call_that_was_stopped_goes_on(made, folder):
    (folder / "0002-of-0003.tfrecord").unlink()
    kept = (folder / "0001-of-0003.tfrecord").stat().st_mtime_ns
    told = []
    make_dataset(folder.parent, SMALL, workers=1, progress=told.append)
    assert sum(told) == 23
    assert bytes_of(folder) == bytes_of(made)
    assert (folder / "0001-of-0003.tfrecord").stat().st_mtime_ns == kept


def test_a_folder_of_other_settings_is_refused(folder):
    with pytest.raises(ValueError, match=r"to hold this dataset, got one with other settings: seed 3 there, 9 here"):
        make_dataset(folder.parent, dataclasses.replace(SMALL, seed=9), workers=1)
    (folder / "dataset.json").unlink()
    with pytest.raises(ValueError, match=r"expected a folder of this dataset or an empty one"):
        make_dataset(folder.parent, SMALL, workers=1)


def test_a_write_that_fails_leaves_no_half_file(folder, monkeypatch):
    (folder / "0002-of-0003.tfrecord").unlink()

    def full(features):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gridcells.world.dataset_files.encode_records", full)
    with pytest.raises(OSError, match="No space left"):
        make_dataset(folder.parent, SMALL, workers=1)
    assert sorted(path.name for path in folder.iterdir()) == [
        "0000-of-0003.tfrecord", "0001-of-0003.tfrecord", "0003-of-0003.tfrecord", "dataset.json",
    ]  # fmt: skip


def test_an_epoch_holds_every_trajectory_once(made):
    dataset = TrajectoryDataset(made)
    batches = dataset.batches(5, seed=0, buffer=7)
    two_epochs = np.concatenate([next(batches).target_pos for _ in range(9)] + [next(batches).target_pos[:1]])
    ordered = everything(dataset)

    def as_set(paths):
        return sorted(map(bytes, paths))

    assert as_set(two_epochs[:23]) == as_set(two_epochs[23:]) == as_set(ordered)
    assert not np.array_equal(two_epochs[:23], ordered)  # shuffled
    assert not np.array_equal(two_epochs[:23], two_epochs[23:])  # anew for each epoch


@pytest.mark.parametrize("start", [0, 1, 3, 4, 5, 11])
@pytest.mark.parametrize("buffer", [1, 7, 1000])
def test_batches_do_not_depend_on_where_one_starts(made, start, buffer):
    dataset = TrajectoryDataset(made)
    from_start = dataset.batches(5, seed=1, buffer=buffer)
    for _ in range(start):
        next(from_start)
    later = TrajectoryDataset(made).batches(5, seed=1, start=start, buffer=buffer)
    for _ in range(6):
        expected, got = next(from_start), next(later)
        for name in FEATURES:
            np.testing.assert_array_equal(getattr(expected, name), getattr(got, name))
    other = next(dataset.batches(5, seed=2, buffer=buffer))
    assert not np.array_equal(next(dataset.batches(5, seed=1, buffer=buffer)).init_pos, other.init_pos)


def test_statistics(made):
    dataset = TrajectoryDataset(made)
    found = dataset_statistics(dataset)
    blocks = list(dataset.blocks(100))
    speed = np.concatenate([block.ego_vel[..., 0].ravel() for block in blocks])
    assert (found.trajectories, found.steps) == (23, 10)
    assert found.mean_speed == pytest.approx(speed.mean(), rel=1e-5)
    assert found.speed_sd == pytest.approx(speed.std(), rel=1e-4)
    assert found.speed.sum() == pytest.approx(1)
    assert found.occupancy.sum() == 230
    assert found.half_side <= 1.1 + 1e-6


def rewritten(path, **changes):
    """Write the file's records again with features changed, None dropping one."""
    dataset = TrajectoryDataset(path.parent)
    records = dataset.read(dataset.files.index(path), np.arange(6))
    features = {name: getattr(records, name).reshape(6, -1) for name in FEATURES} | changes
    (path.parent / "dataset.json").unlink(missing_ok=True)  # which lists what was there before
    encode_records({name: values for name, values in features.items() if values is not None}).tofile(path)


def test_damage_is_told_with_file_record_and_byte(folder):
    path = folder / "0001-of-0003.tfrecord"
    whole = bytearray(path.read_bytes())
    length = len(whole) // 6
    damaged = whole.copy()
    damaged[2 * length + 60] ^= 1
    path.write_bytes(damaged)
    dataset = TrajectoryDataset(folder)
    with pytest.raises(ValueError, match=rf"0001-of-0003.tfrecord: record 2 at byte {2 * length}: the checksum"):
        everything(dataset)
    lenient = TrajectoryDataset(folder, skip_corrupt=True)
    assert len(lenient) == 22
    assert len(lenient.skipped) == 1
    assert f"record 2 at byte {2 * length}: the checksum of its data is wrong" in lenient.skipped[0]
    assert len(everything(lenient)) == 22

    path.write_bytes(whole[: 3 * length + 7])
    with pytest.raises(ValueError, match=rf"record 3 at byte {3 * length}: .*the file is cut off"):
        TrajectoryDataset(folder)
    lenient = TrajectoryDataset(folder, skip_corrupt=True)
    assert (len(lenient), len(lenient.skipped)) == (20, 1)


def test_features_that_are_missing_or_of_another_length(folder):
    path = folder / "0001-of-0003.tfrecord"
    rewritten(path, init_hd=None)
    message = r"record 0 at byte 0: expected a float feature 'init_hd', found ego_vel, init_pos, target_hd, target_pos"
    with pytest.raises(ValueError, match=message):
        TrajectoryDataset(folder)
    shutil.copy(folder / "0000-of-0003.tfrecord", path)
    rewritten(path, target_hd=np.zeros((6, 9)))
    with pytest.raises(ValueError, match=r"'target_hd': expected 10 values .10 samples., got 9"):
        TrajectoryDataset(folder)


def test_sequences_of_another_length_are_a_mixed_dataset(folder, tmp_path):
    longer = make_dataset(tmp_path / "long", dataclasses.replace(SMALL, steps=12), workers=1)
    shutil.copy(longer / "0002-of-0003.tfrecord", folder)
    with pytest.raises(ValueError, match=r"0002-of-0003.tfrecord: record 0 at byte 0: feature .*expected .*10 samples"):
        TrajectoryDataset(folder)


def test_a_record_in_the_middle_that_differs_is_found(folder):
    path = folder / "0001-of-0003.tfrecord"
    whole = path.read_bytes()
    short = encode_records({name: np.zeros((1, size)) for name, size in FEATURES.items()}).tobytes()
    path.write_bytes(whole + short)
    with pytest.raises(ValueError, match=r"0001-of-0003.tfrecord: expected 6 records, as dataset.json lists, got 7; "):
        TrajectoryDataset(folder)
    (folder / "dataset.json").unlink()
    with pytest.raises(ValueError, match=rf"record 6 at byte {len(whole)}: feature 'ego_vel': expected 30 values"):
        everything(TrajectoryDataset(folder))


def test_folders_that_are_no_dataset(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere: expected a folder of TFRecord files, found none of"):
        TrajectoryDataset(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"empty: expected files such as 0000-of-0099.tfrecord, found none"):
        TrajectoryDataset(tmp_path / "empty")
    shutil.copy(folder / "0001-of-0003.tfrecord", folder / "0001-of-0007.tfrecord")
    with pytest.raises(ValueError, match=r"expected one dataset, got files of several: last numbers .3, 7."):
        TrajectoryDataset(folder)
    (folder / "0001-of-0007.tfrecord").unlink()
    (folder / "0001-of-0003.tfrecord").unlink()
    missing = "expected 4 files, got 3: 0001-of-0003.tfrecord is not there"
    with pytest.raises(ValueError, match=f"{missing}; --skip-corrupt, or skip_corrupt=True, takes what is there"):
        TrajectoryDataset(folder)
    part = TrajectoryDataset(folder, skip_corrupt=True)
    assert (len(part), len(part.files), part.announced, part.skipped) == (17, 3, 4, [f"{folder}: {missing}"])
    for path in folder.glob("*.tfrecord"):
        path.write_bytes(b"")
    (folder / "0001-of-0003.tfrecord").write_bytes(b"")
    with pytest.raises(ValueError, match="expected at least one whole record, got none"):
        TrajectoryDataset(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"room": "round_room"}, "room: expected one of 'square_room', 'circular_room'"),
        ({"trajectories": 0}, "trajectories: expected a whole number of at least 1"),
        ({"files": 24}, "files: expected at most one a trajectory .23., got 24"),
        ({"seed": -1}, "seed: expected a whole number of at least 0"),
    ],
)
def test_bad_settings(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **change)


def test_the_manifest_says_everything(made):
    held = json.loads((made / "dataset.json").read_text())
    assert held["seed"] == 3
    assert held["motion"]["speed_scale"] == 0.13


def test_a_circular_room(tmp_path):
    made = make_dataset(tmp_path, DatasetSetting(room="circular_room", trajectories=4, steps=5, files=1), workers=1)
    assert made.name == "circular_room_5steps_2.2m_4"
    assert np.hypot(*everything(TrajectoryDataset(made)).reshape(-1, 2).T).max() <= 1.1 + 1e-6


# --- what was lost, and what was put in its place


def test_a_file_that_lost_whole_records_is_refused_and_made_again(made, folder):
    path = folder / "0001-of-0003.tfrecord"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 6 * 4])
    with pytest.raises(ValueError, match=r"0001-of-0003.tfrecord: expected 6 records, as dataset.json lists, got 4; "):
        TrajectoryDataset(folder)
    lenient = TrajectoryDataset(folder, skip_corrupt=True)
    assert (len(lenient), len(lenient.skipped)) == (21, 1)
    assert make_dataset(folder.parent, SMALL, workers=1) == folder
    assert bytes_of(folder) == bytes_of(made)
    assert len(TrajectoryDataset(folder)) == 23


def test_a_file_of_another_seed_in_its_place_is_refused_and_made_again(made, folder, tmp_path):
    other = make_dataset(tmp_path / "other", dataclasses.replace(SMALL, seed=4), workers=1)
    shutil.copy(other / "0001-of-0003.tfrecord", folder)
    with pytest.raises(ValueError, match=r"0001-of-0003.tfrecord: expected the records that dataset.json lists, got"):
        TrajectoryDataset(folder)
    make_dataset(folder.parent, SMALL, workers=1)
    assert bytes_of(folder) == bytes_of(made)


def test_a_damaged_byte_is_found_when_the_dataset_is_made_again(made, folder):
    path = folder / "0002-of-0003.tfrecord"
    damaged = bytearray(path.read_bytes())
    damaged[70] ^= 4
    path.write_bytes(damaged)
    make_dataset(folder.parent, SMALL, workers=1)
    assert bytes_of(folder) == bytes_of(made)


def test_the_manifest_vouches_for_itself(folder):
    path = folder / "dataset.json"
    text = path.read_text()
    path.write_text(text.replace('"records": 6', '"records": 5', 1))
    for opened in (TrajectoryDataset, lambda place: make_dataset(place.parent, SMALL, workers=1)):
        with pytest.raises(ValueError, match="dataset.json is not what was written .its digest differs.: torn or"):
            opened(folder)


def test_a_dataset_of_an_older_version_opens_with_a_word_and_its_counts_are_checked(folder):
    path = folder / "dataset.json"
    older = {name: value for name, value in json.loads(path.read_text()).items() if name not in ("contents", "digest")}
    path.write_text(json.dumps(older))
    with pytest.warns(UserWarning, match="dataset.json carries no digest: an older version wrote it"):
        assert len(TrajectoryDataset(folder)) == 23
    shard = folder / "0003-of-0003.tfrecord"
    shard.write_bytes(shard.read_bytes()[: shard.stat().st_size // 5 * 3])
    with (
        pytest.warns(UserWarning, match="carries no digest"),
        pytest.raises(ValueError, match="expected 23 trajectories, as dataset.json says, got 21; "),
    ):
        TrajectoryDataset(folder)
    with pytest.warns(UserWarning, match="carries no digest"):
        make_dataset(folder.parent, SMALL, workers=1)
    assert len(TrajectoryDataset(folder)) == 23  # and now it carries one


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("0007-of-0003.tfrecord", "expected numbers up to 3, got 0007-of-0003.tfrecord"),
        ("00001-of-0003.tfrecord", "expected file 1 once, got 0000?1-of-0003.tfrecord"),
        ("٠٠٠٢-of-0003.tfrecord", None),
    ],
)
def test_names_are_numbers_each_once(folder, name, message):
    shutil.copy(folder / "0001-of-0003.tfrecord", folder / name)
    if message is None:  # a file of another kind
        assert len(TrajectoryDataset(folder)) == 23
    else:
        with pytest.raises(ValueError, match=message):
            TrajectoryDataset(folder, skip_corrupt=True)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_numbers_that_are_no_place_are_told_with_file_and_record(folder, value):
    path = folder / "0001-of-0003.tfrecord"
    positions = np.zeros((6, 20))
    positions[4, 7] = value
    rewritten(path, target_pos=positions)
    dataset = TrajectoryDataset(folder)
    with pytest.raises(ValueError, match="0001-of-0003.tfrecord: record 4 at byte .* expected the features of a path"):
        everything(dataset)
    lenient = TrajectoryDataset(folder, skip_corrupt=True)
    assert len(lenient) == 22
    assert "record 4 at byte" in lenient.skipped[0]
    assert np.isfinite(everything(lenient)).all()


def test_a_run_is_told_what_is_used(folder):
    whole = TrajectoryDataset(folder).used
    assert (whole["paths"], whole["files"], whole["announced_files"], whole["left_out"]) == (23, 4, 4, 0)
    (folder / "0002-of-0003.tfrecord").unlink()
    part = TrajectoryDataset(folder, skip_corrupt=True).used
    assert (part["paths"], part["files"], part["announced_files"], part["left_out"]) == (17, 3, 4, 1)
    assert part["sha256"] != whole["sha256"]


def test_two_makers_at_once_are_kept_apart(folder):
    told = "out: expected a folder that no other process is at, got .*, held by"
    with hold_folder(folder), ThreadPoolExecutor(1) as other, pytest.raises(ValueError, match=told):
        other.submit(make_dataset, folder.parent, SMALL, workers=1).result()


MAKE = """
import sys
from gridcells.world import DatasetSetting, make_dataset
if __name__ == "__main__":
    make_dataset(sys.argv[1], DatasetSetting(trajectories=400_000, files=80), workers=2, progress=print)
"""


def workers_of(process):
    """The processes whose parent it is."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == process.pid:
                found.append(int(path.parent.name))
    return found


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not list its processes in /proc")
def test_workers_end_with_the_process_that_started_them(tmp_path):
    with subprocess.Popen([sys.executable, "-c", MAKE, str(tmp_path)], stdout=subprocess.PIPE) as process:
        process.stdout.readline()  # a file is finished
        helpers = workers_of(process)
        process.kill()
    assert len(helpers) == 2
    end = time.monotonic() + 10
    while any(map(alive, helpers)):
        assert time.monotonic() < end, "they outlive it"
        time.sleep(0.05)
    (folder,) = tmp_path.iterdir()
    assert 1 <= len(bytes_of(folder)) < 80
    remove_leftovers(folder)
    assert not list(folder.glob(".*"))
