"""Making a dataset of foraging paths: many files at once, each a pure function of the seed and its number."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from gridcells._common.checks import check_choice, check_count
from gridcells._common.files import atomic_path, writable_folder
from gridcells._common.locks import hold_folder
from gridcells._common.pools import check_wanted, helping_processes
from gridcells.world.arenas import Circle, Rectangle
from gridcells.world.manifests import Content, Manifest, intact_content
from gridcells.world.motion import RAUDIES_HASSELMO, MotionModel, Trajectories, simulate
from gridcells.world.tfrecords import FOOTER, HEADER, encode_records

__all__ = ["ROOMS", "DatasetSetting", "features_of", "make_dataset"]

ROOMS: dict[str, Rectangle | Circle] = {"square_room": Rectangle(2.2, 2.2), "circular_room": Circle(1.1)}
"""Arenas by name: that of the released dataset, and a circle of the same width."""

_AT_ONCE = 2500  # trajectories simulated together, which fit the processor's cache


@dataclass(frozen=True)
class DatasetSetting:
    """What a dataset follows from, and nothing else: the same setting gives the same bytes.

    Parameters
    ----------
    room : str
        One of `ROOMS`.
    trajectories, steps : int
        How many, and samples of each.
    files : int
        Over how many files they are spread; the first ones hold one more where it does not divide.
    seed : int
        Source of the walks.
    motion : MotionModel
        How the animals move.

    Raises
    ------
    ValueError
        If the room is unknown, a number is not a whole one above zero, or there are more files than trajectories.
    """

    room: str = "square_room"
    trajectories: int = 1_000_000
    steps: int = 100
    files: int = 100
    seed: int = 0
    motion: MotionModel = field(default=RAUDIES_HASSELMO)

    def __post_init__(self) -> None:
        check_choice(self.room, "room", tuple(ROOMS))
        for name in ("trajectories", "steps", "files"):
            check_count(getattr(self, name), name)
        check_count(self.seed, "seed", 0)
        if self.files > self.trajectories:
            raise ValueError(f"files: expected at most one a trajectory ({self.trajectories}), got {self.files}")

    @property
    def name(self) -> str:
        """The folder's name, after that of the released dataset."""
        width, _ = ROOMS[self.room].size
        return f"{self.room}_{self.steps}steps_{width:.2g}m_{self.trajectories}"

    def file_name(self, number: int) -> str:
        """Name one file."""
        return f"{number:04d}-of-{self.files - 1:04d}.tfrecord"

    def count(self, number: int) -> int:
        """Return how many trajectories a file holds."""
        return self.trajectories // self.files + (number < self.trajectories % self.files)


def make_dataset(
    out: str | Path,
    setting: DatasetSetting,
    *,
    workers: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Path:
    """Simulate foraging paths and write them in the released layout.

    Parameters
    ----------
    out : path_like
        The folder in which the dataset's folder is made; files of it that are there and whole are left.
    setting : DatasetSetting
        What to make.
    workers : int, optional
        Processes; as many as there are cores by default.
    progress : callable, optional
        Called with the number of trajectories in each file that is there, or was written.

    Returns
    -------
    pathlib.Path
        The dataset's folder.

    Raises
    ------
    ValueError
        If the folder holds a dataset of other settings, which are listed, or another process is at work in it.
    OSError
        If it cannot be written; files that are whole stay, and the next call goes on from them.

    Notes
    -----
    Source: Banino et al. 2018, methods, and the file names and features of the released dataset_reader. Speeds are net:
    the length of the way made in a sample over its duration, and turns those of the heading over the whole sample.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_dataset(folder, DatasetSetting(trajectories=4, files=2), workers=1)
    ...     made.name, len(list(made.glob("*.tfrecord")))
    ('square_room_100steps_2.2m_4', 2)
    """
    workers = check_count(workers or os.cpu_count() or 1, "workers")
    folder = writable_folder(Path(out) / setting.name)
    with hold_folder(folder):
        _make_files(folder, setting, workers, progress or (lambda count: None))
    return folder


def _make_files(folder: Path, setting: DatasetSetting, workers: int, progress: Callable[[int], object]) -> None:
    """Make the files that are not there or not whole, and list each in the manifest once it is finished."""
    manifest, left = _claim(folder, setting), []
    contents = dict(manifest.contents)

    def finished(number: int, content: Content) -> None:
        contents[setting.file_name(number)] = content
        Manifest(manifest.setting, contents).write(folder)
        progress(setting.count(number))

    for number in range(setting.files):
        name = setting.file_name(number)
        found = intact_content(folder / name)
        if found is None or found.records != setting.count(number) or contents.get(name, found) != found:
            left.append(number)
        elif name in contents:
            progress(setting.count(number))
        else:
            finished(number, found)
    if workers == 1 or len(left) < 2:
        for number in left:
            finished(number, _write_file(folder, setting, number))
        return
    with helping_processes(min(workers, len(left))) as pool:
        jobs = {pool.submit(_write_file, folder, setting, number): number for number in left}
        for job in as_completed(jobs):
            finished(jobs[job], job.result())


def features_of(paths: Trajectories) -> dict[str, np.ndarray]:
    """Take the released dataset's features from simulated paths, each [trajectory, value]."""
    count = len(paths.position)
    velocity = np.stack([paths.speed, np.sin(paths.turn), np.cos(paths.turn)], -1)
    return {
        "init_pos": paths.position[:, 0],
        "init_hd": paths.heading[:, :1],
        "ego_vel": velocity.reshape(count, -1),
        "target_pos": paths.position[:, 1:].reshape(count, -1),
        "target_hd": paths.heading[:, 1:],
    }


def _write_file(folder: Path, setting: DatasetSetting, number: int) -> Content:
    generator = np.random.default_rng(np.random.SeedSequence(setting.seed, spawn_key=(number,)))
    left, around = setting.count(number), hashlib.sha256()
    with atomic_path(folder / setting.file_name(number)) as temporary, open(temporary, "wb") as file:
        while left:
            check_wanted()
            some = min(left, _AT_ONCE)
            paths = simulate(setting.motion, ROOMS[setting.room], some, setting.steps, generator)
            records = encode_records(features_of(paths))
            file.write(records.data)
            around.update(np.hstack([records[:, :HEADER], records[:, -FOOTER:]]).tobytes())
            left -= some
    return Content(setting.count(number), around.hexdigest())


def _claim(folder: Path, setting: DatasetSetting) -> Manifest:
    """Return what is written down of the folder, at first what it is for, or raise if it is for something else."""
    mine = json.loads(json.dumps(asdict(setting)))
    manifest = Manifest.read(folder)
    if manifest is None:
        if any(folder.glob("*.tfrecord")):
            raise ValueError(f"out: expected a folder of this dataset or an empty one, got {folder} with other files")
        manifest = Manifest(mine)
        manifest.write(folder)
        return manifest
    theirs = manifest.setting
    differing = [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
    if differing:
        changes = ", ".join(f"{name} {theirs.get(name)!r} there, {mine.get(name)!r} here" for name in differing)
        raise ValueError(f"out: expected {folder} to hold this dataset, got one with other settings: {changes}")
    return manifest
