"""Foraging paths on disk, in the layout released with Banino et al. 2018: made in parallel, read in constant memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gridcells._common.checks import check_count
from gridcells._common.streams import DatasetStream
from gridcells.world.tfrecords import CorruptRecord, Layout, parse_example, record_at, scan

__all__ = ["FEATURES", "PoseRecords", "TrajectoryDataset", "dataset_statistics"]

FEATURES = {"init_pos": 2, "init_hd": 1, "ego_vel": 3, "target_pos": 2, "target_hd": 1}  # values a sample
_STARTS = ("init_pos", "init_hd")  # one sample; the others have one a time step
_NAME = re.compile(r"(\d{4,})-of-(\d{4,})\.tfrecord")
_BUFFER = 10_000  # records shuffled together


@dataclass(frozen=True)
class PoseRecords:
    """Trajectories as they lie on disk, float32.

    Attributes
    ----------
    init_pos : numpy.ndarray, [batch, 2]
        Position at the start, m.
    init_hd : numpy.ndarray, [batch]
        Heading at the start, rad.
    ego_vel : numpy.ndarray, [batch, time, 3]
        Speed (m/s), sine and cosine of the net turn over each sample.
    target_pos : numpy.ndarray, [batch, time, 2]
        Position after each sample, m.
    target_hd : numpy.ndarray, [batch, time]
        Heading after each sample, rad.
    """

    init_pos: np.ndarray
    init_hd: np.ndarray
    ego_vel: np.ndarray
    target_pos: np.ndarray
    target_hd: np.ndarray


class TrajectoryDataset:
    """The trajectories of a folder of TFRecord files, such as ``square_room_100steps_2.2m_1000000``.

    Parameters
    ----------
    folder : path_like
        The folder; its files are called ``0000-of-0099.tfrecord`` and so on.
    skip_corrupt : bool
        Leave out records whose checksum is wrong, and what follows a damaged length; `skipped` lists them. This reads
        every record once. Otherwise the first of them raises an error when it is read.

    Attributes
    ----------
    folder : pathlib.Path
        The folder.
    files : list of pathlib.Path
        The files in order; a part of a dataset is one too.
    announced : int
        How many files there should be, by their names.
    steps : int
        Samples of a trajectory.
    skipped : list of str
        What was left out, and why: file, record number, byte offset.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no such file in it.
    ValueError
        If two datasets are mixed, a record is cut off or damaged, or a feature is
        missing or of the wrong length.

    Notes
    -----
    Source: code released with Banino et al. 2018, dataset_reader (file names and features).
    """

    def __init__(self, folder: str | Path, *, skip_corrupt: bool = False) -> None:
        self.folder = Path(folder)
        self.files = _numbered_files(self.folder)
        self.announced = int(_NAME.fullmatch(self.files[0].name)[2]) + 1  # type: ignore[index]
        self.skipped: list[str] = []
        self._offsets: list[np.ndarray] = []
        self._layout: Layout | None = None
        self.steps = 0
        for path in self.files:
            offsets, broken = scan(path)
            if broken is not None:
                if not skip_corrupt:
                    raise broken
                self.skipped.append(str(broken))
            if skip_corrupt:
                offsets = self._intact(path, offsets)
            self._offsets.append(offsets)
            if len(offsets):
                self._check_first(path, offsets[0])
        self._counts = np.array([len(offsets) for offsets in self._offsets])
        if not self._counts.sum():
            raise ValueError(f"{self.folder}: expected at least one whole record, got none")

    def __len__(self) -> int:
        return int(self._counts.sum())

    def read(self, file: int, records: np.ndarray) -> PoseRecords:
        """Read some trajectories of one file.

        Parameters
        ----------
        file : int
            The file's place in `files`.
        records : numpy.ndarray of int
            Numbers of records that were not left out, in that file.

        Returns
        -------
        PoseRecords
            The trajectories, in the order asked for.

        Raises
        ------
        CorruptRecord, ValueError
            If a record is not what was written, or not of this dataset.
        """
        path, offsets = self.files[file], self._offsets[file]
        buffer = np.memmap(path, np.uint8, "r").data
        data = [record_at(path, buffer, int(record), int(offsets[record])) for record in records]
        values = self._layout.read(data) if self._layout is not None else None
        if values is None:  # a layout of its own
            parsed = [
                _checked(path, int(record), int(offsets[record]), entry, self.steps)
                for record, entry in zip(records, data, strict=True)
            ]
            values = {name: np.stack([example[name] for example in parsed]) for name in FEATURES}
        shaped = {
            name: values[name].reshape(len(data), *(() if name in _STARTS else (self.steps,)), size)
            for name, size in FEATURES.items()
        }
        headings = {name: shaped[name][..., 0] for name in ("init_hd", "target_hd")}
        return PoseRecords(**{**shaped, **headings})

    def blocks(self, size: int) -> Iterator[PoseRecords]:
        """Yield all trajectories in order, at most ``size`` at a time, each file by itself."""
        for file, count in enumerate(self._counts):
            for start in range(0, int(count), size):
                yield self.read(file, np.arange(start, min(start + size, int(count))))

    def batches(self, size: int, *, seed: int, start: int = 0, buffer: int = _BUFFER) -> Iterator[PoseRecords]:
        """Yield batches ``start``, ``start + 1``, … without end, epoch after epoch in a new order.

        The files follow each other in an order drawn for each epoch; the records of ``buffer`` successive places are
        shuffled together. So batch 700 is the same whether it was reached at once or after a stop.

        Parameters
        ----------
        size : int
            Trajectories a batch.
        seed : int
            What the order follows from.
        start : int
            The first batch.
        buffer : int
            Records that are shuffled together, and held in memory.

        Yields
        ------
        PoseRecords
            The next batch.

        Raises
        ------
        CorruptRecord, ValueError
            If a record is not what was written, or not of this dataset.
        """
        check_count(size, "size")
        check_count(buffer, "buffer")
        check_count(start, "start", 0)
        epoch, first = divmod(start * size, len(self))
        held: list[PoseRecords] = []
        ready = 0
        while True:
            for block in range(first // buffer, -(-len(self) // buffer)):
                records = self._block(seed, epoch, block, buffer, skip=max(0, first - block * buffer))
                held.append(records)
                ready += len(records.init_hd)
                if ready >= size:
                    whole = _joined(held)
                    for left in range(0, ready - size + 1, size):
                        yield _part(whole, slice(left, left + size))
                    held = [_part(whole, slice(ready - ready % size, ready))]
                    ready %= size
            epoch, first = epoch + 1, 0

    def _block(self, seed: int, epoch: int, block: int, buffer: int, skip: int) -> PoseRecords:
        """Read one buffer of an epoch in its shuffled order, but for the first ``skip`` records."""
        order = DatasetStream.FILES.generator(seed, epoch).permutation(len(self.files))
        ends = np.cumsum(self._counts[order])
        places = np.arange(block * buffer, min((block + 1) * buffer, len(self)))
        places = DatasetStream.RECORDS.generator(seed, epoch, block).permutation(places)[skip:]
        turn = np.searchsorted(ends, places, side="right")  # which file in this epoch's order
        record = places - (ends - self._counts[order])[turn]
        parts, origin = [], []
        for chosen in np.unique(turn):
            here = np.flatnonzero(turn == chosen)
            here = here[np.argsort(record[here])]  # the disk likes one direction
            parts.append(self.read(int(order[chosen]), record[here]))
            origin.append(here)
        back = np.argsort(np.concatenate(origin))
        return _part(_joined(parts), back)

    def _check_first(self, path: Path, offset: int) -> None:
        buffer = np.memmap(path, np.uint8, "r").data
        data = record_at(path, buffer, 0, int(offset))
        try:
            steps = len(parse_example(data).get("target_pos", ())) // FEATURES["target_pos"]
        except ValueError as error:
            raise CorruptRecord(path, 0, int(offset), str(error)) from error
        self.steps = self.steps or steps
        _checked(path, 0, int(offset), data, self.steps)
        self._layout = self._layout or Layout.of(data)

    def _intact(self, path: Path, offsets: np.ndarray) -> np.ndarray:
        """Return the offsets of the records whose checksums are right."""
        buffer = np.memmap(path, np.uint8, "r").data if path.stat().st_size else memoryview(b"")
        kept = []
        for number, offset in enumerate(offsets):
            try:
                record_at(path, buffer, number, int(offset))
            except CorruptRecord as error:
                self.skipped.append(str(error))
            else:
                kept.append(offset)
        return np.array(kept, np.int64)


@dataclass(frozen=True, eq=False)
class DatasetStatistics:
    """How the trajectories of a dataset look on the whole.

    Attributes
    ----------
    trajectories, steps : int
        How many there are, and samples of each.
    speed : numpy.ndarray, [bin]
        Share of the samples in each bin of speed, m/s, between `speed_edges`.
    turn : numpy.ndarray, [bin]
        Share of the samples in each bin of net turn, rad, between `turn_edges`.
    occupancy : numpy.ndarray, [bin_x, bin_y]
        Samples at each place of the square between -`half_side` and `half_side`.
    mean_speed, speed_sd, turn_sd : float
        m/s, m/s, rad.
    half_side : float
        Largest coordinate of any position, m.
    """

    trajectories: int
    steps: int
    speed: np.ndarray
    speed_edges: np.ndarray
    turn: np.ndarray
    turn_edges: np.ndarray
    occupancy: np.ndarray
    mean_speed: float
    speed_sd: float
    turn_sd: float
    half_side: float


def dataset_statistics(dataset: TrajectoryDataset, *, bins: int = 44) -> DatasetStatistics:
    """Read a dataset once and summarise it.

    Parameters
    ----------
    dataset : TrajectoryDataset
        The trajectories.
    bins : int
        Bins a side of the occupancy map.

    Returns
    -------
    DatasetStatistics
        Counts and distributions.

    Raises
    ------
    CorruptRecord, ValueError
        If a record is not what was written, or not of this dataset.

    Examples
    --------
    >>> import tempfile
    >>> from gridcells.world.dataset_files import DatasetSetting, make_dataset
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_dataset(folder, DatasetSetting(trajectories=4, files=2), workers=1)
    ...     statistics = dataset_statistics(TrajectoryDataset(made))
    >>> statistics.trajectories, statistics.steps, statistics.occupancy.shape
    (4, 100, (44, 44))
    """
    check_count(bins, "bins")
    speed_edges, turn_edges = np.linspace(0, 1, 101), np.linspace(-np.pi, np.pi, 91)
    speeds, turns = np.zeros(100), np.zeros(90)
    sums, half, samples = np.zeros(4), 0.0, 0
    for block in dataset.blocks(_BUFFER):
        half = max(half, float(np.abs(block.target_pos).max()), float(np.abs(block.init_pos).max()))
    occupancy = np.zeros((bins, bins))
    for block in dataset.blocks(_BUFFER):
        speed = block.ego_vel[..., 0].ravel().astype(np.float64)
        turn = np.arctan2(block.ego_vel[..., 1], block.ego_vel[..., 2]).ravel().astype(np.float64)
        speeds += np.histogram(np.minimum(speed, 1.0), speed_edges)[0]
        turns += np.histogram(turn, turn_edges)[0]
        position = block.target_pos.reshape(-1, 2)
        occupancy += np.histogram2d(position[:, 0], position[:, 1], bins, [(-half, half)] * 2)[0]
        sums += speed.sum(), (speed**2).sum(), turn.sum(), (turn**2).sum()
        samples += speed.size
    mean_speed, square_speed, mean_turn, square_turn = sums / samples
    return DatasetStatistics(
        trajectories=len(dataset),
        steps=dataset.steps,
        speed=speeds / samples,
        speed_edges=speed_edges,
        turn=turns / samples,
        turn_edges=turn_edges,
        occupancy=occupancy,
        mean_speed=float(mean_speed),
        speed_sd=float(np.sqrt(max(0.0, square_speed - mean_speed**2))),
        turn_sd=float(np.sqrt(max(0.0, square_turn - mean_turn**2))),
        half_side=half,
    )


def _numbered_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected a folder of TFRecord files, found none of that name")
    matches = {path: match for path in sorted(folder.iterdir()) if (match := _NAME.fullmatch(path.name))}
    if not matches:
        raise FileNotFoundError(f"{folder}: expected files such as 0000-of-0099.tfrecord, found none")
    lasts = sorted({int(match[2]) for match in matches.values()})
    if len(lasts) > 1:
        raise ValueError(f"{folder}: expected one dataset, got files of several: last numbers {lasts}")
    return sorted(matches, key=lambda path: int(matches[path][1]))


def _checked(path: Path, record: int, offset: int, data: memoryview, steps: int) -> dict[str, np.ndarray]:
    """Parse a record and raise unless it holds every feature at its length."""
    try:
        example = parse_example(data)
    except ValueError as error:
        raise CorruptRecord(path, record, offset, str(error)) from error
    for name, size in FEATURES.items():
        expected = size if name in _STARTS else steps * size
        if name not in example:
            found = ", ".join(sorted(example)) or "none"
            raise CorruptRecord(path, record, offset, f"expected a float feature {name!r}, found {found}")
        if len(example[name]) != expected or not expected:
            problem = f"feature {name!r}: expected {expected} values ({steps} samples), got {len(example[name])}"
            raise CorruptRecord(path, record, offset, problem)
    return example


def _joined(parts: list[PoseRecords]) -> PoseRecords:
    return PoseRecords(*(np.concatenate([getattr(part, name) for part in parts]) for name in FEATURES))


def _part(records: PoseRecords, chosen: slice | np.ndarray) -> PoseRecords:
    return PoseRecords(*(getattr(records, name)[chosen] for name in FEATURES))
