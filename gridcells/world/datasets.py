"""Foraging paths on disk, in the layout released with Banino et al. 2018: made in parallel, read in constant memory."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gridcells._common.checks import check_count
from gridcells._common.streams import DatasetStream
from gridcells.world.manifests import Content, Manifest, content_of
from gridcells.world.tfrecords import CorruptRecord, Layout, parse_example, record_at, scan

__all__ = ["FEATURES", "PoseRecords", "TrajectoryDataset"]

FEATURES = {"init_pos": 2, "init_hd": 1, "ego_vel": 3, "target_pos": 2, "target_hd": 1}  # values a sample
_STARTS = ("init_pos", "init_hd")  # one sample; the others have one a time step
_NAME = re.compile(r"([0-9]{4,9})-of-([0-9]{4,9})\.tfrecord")
_BUFFER = 10_000  # records shuffled together
_LARGEST = 1e4  # m, m/s and rad: beyond this, a number is no place, speed or heading


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
        Leave out records whose checksum is wrong or whose values are none of a path, and what follows a damaged length,
        and do without files that are missing; `skipped` lists them. This reads every record once. Otherwise what is
        missing raises an error here, and a damaged record when it is read.

    Attributes
    ----------
    folder : pathlib.Path
        The folder.
    files : list of pathlib.Path
        The files in order.
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
        If two datasets are mixed, a file or records are missing, a record is cut off or damaged, or a feature is
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
        self._contents: list[Content] = []
        self._layout: Layout | None = None
        self.steps = 0
        manifest, problems = Manifest.read(self.folder), []
        for path in self.files:
            offsets, broken = scan(path)
            told = len(self.skipped)
            if broken is not None:
                if not skip_corrupt:
                    raise broken
                self.skipped.append(str(broken))
            content = content_of(path, offsets)
            if skip_corrupt:
                offsets = self._intact(path, offsets)
            if len(offsets):
                self._check_first(path, offsets[0])
            if skip_corrupt:
                offsets = self._plausible(path, offsets)
            self._offsets.append(offsets)
            self._contents.append(content)
            problem = manifest.problem(path.name, content) if manifest is not None else None
            if problem and len(self.skipped) == told:  # not yet told what is damaged there
                problems.append(f"{path}: {problem}")
        self._counts = np.array([len(offsets) for offsets in self._offsets])
        if not self._counts.sum():
            raise ValueError(f"{self.folder}: expected at least one whole record, got none")
        problems = [*self._missing(manifest), *problems]
        if problems and not skip_corrupt:
            more = f" (and {len(problems) - 1} more like it)" if problems[1:] else ""
            raise ValueError(f"{problems[0]}{more}; --skip-corrupt, or skip_corrupt=True, takes what is there")
        self.skipped += problems

    def _missing(self, manifest: Manifest | None) -> list[str]:
        """Return which files are not there, by the names of the others, and whether paths are, by an older manifest."""
        last, found = self.announced - 1, {path.name for path in self.files}
        lost, there = 0, [int(name.partition("-")[0]) for name in found]
        problems = []
        if len(there) < self.announced:
            lost = next(number for number, have in enumerate([*sorted(there), -1]) if number != have)
            absent = f"{lost:04d}-of-{last:04d}.tfrecord"
            problems.append(f"{self.folder}: expected {self.announced} files, got {len(there)}: {absent} is not there")
        if manifest is not None and not manifest.contents and not problems:  # an older version's
            listed = {name: manifest.setting.get(name) for name in ("files", "trajectories")}
            got = {"files": len(there), "trajectories": sum(content.records for content in self._contents)}
            problems += [
                f"{self.folder}: expected {listed[name]} {name}, as dataset.json says, got {got[name]}"
                for name in listed
                if listed[name] != got[name]
            ]
        return problems

    @property
    def used(self) -> dict[str, int | str]:
        """What is read of the dataset, as a run's description keeps it: counts, and a SHA-256 of which records."""
        listed = "".join(f"{path.name} {one.sha256}\n" for path, one in zip(self.files, self._contents, strict=True))
        return {
            "paths": len(self),
            "files": len(self.files),
            "announced_files": self.announced,
            "left_out": len(self.skipped),
            "sha256": hashlib.sha256(listed.encode()).hexdigest(),
        }

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
        values = self._values(path, records, offsets[records])
        wrong = np.flatnonzero(~_sound(values))
        if len(wrong):
            record = int(records[wrong[0]])
            raise CorruptRecord(path, record, int(offsets[record]), _UNSOUND)
        shaped = {
            name: values[name].reshape(len(records), *(() if name in _STARTS else (self.steps,)), size)
            for name, size in FEATURES.items()
        }
        headings = {name: shaped[name][..., 0] for name in ("init_hd", "target_hd")}
        return PoseRecords(**{**shaped, **headings})

    def _values(self, path: Path, records: np.ndarray, offsets: np.ndarray) -> dict[str, np.ndarray]:
        """Read the features of some records of one file, each [record, value], their checksums and lengths verified."""
        buffer = np.memmap(path, np.uint8, "r").data
        places = [(int(record), int(offset)) for record, offset in zip(records, offsets, strict=True)]
        data = [record_at(path, buffer, *place) for place in places]
        values = self._layout.read(data) if self._layout is not None else None
        if values is None:  # a layout of its own
            parsed = [_checked(path, *place, entry, self.steps) for place, entry in zip(places, data, strict=True)]
            values = {name: np.stack([example[name] for example in parsed]) for name in FEATURES}
        return values

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

    def _plausible(self, path: Path, offsets: np.ndarray) -> np.ndarray:
        """Return the offsets of the records whose features are all there, and their values those of a path."""
        kept = []
        for start in range(0, len(offsets), _BUFFER):
            some = offsets[start : start + _BUFFER]
            records = np.arange(start, start + len(some))
            try:
                sound = _sound(self._values(path, records, some))
            except ValueError:  # one of them is none: look at each
                sound = np.array([self._is_sound(path, records[[one]], some[[one]]) for one in range(len(some))], bool)
            for record, offset in zip(records[~sound], some[~sound], strict=True):
                self.skipped.append(str(CorruptRecord(path, int(record), int(offset), _UNSOUND)))
            kept.append(some[sound])
        return np.concatenate(kept) if kept else offsets

    def _is_sound(self, path: Path, record: np.ndarray, offset: np.ndarray) -> bool:
        try:
            return bool(_sound(self._values(path, record, offset)).all())
        except ValueError:
            return False


def _numbered_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected a folder of TFRecord files, found none of that name")
    matches = {path: match for path in sorted(folder.iterdir()) if (match := _NAME.fullmatch(path.name))}
    if not matches:
        raise FileNotFoundError(f"{folder}: expected files such as 0000-of-0099.tfrecord, found none")
    lasts = sorted({int(match[2]) for match in matches.values()})
    if len(lasts) > 1:
        raise ValueError(f"{folder}: expected one dataset, got files of several: last numbers {lasts}")
    files = sorted(matches, key=lambda path: int(matches[path][1]))
    numbers = [int(matches[path][1]) for path in files]
    for path, number, following in zip(files, numbers, [*numbers[1:], -1], strict=True):
        if number > lasts[0] or number == following:
            which = f"numbers up to {lasts[0]}" if number > lasts[0] else f"file {number} once"
            raise ValueError(f"{folder}: expected {which}, got {path.name}")
    return files


_UNSOUND = f"expected the features of a path, finite numbers of at most {_LARGEST:g}, got others"


def _sound(values: dict[str, np.ndarray]) -> np.ndarray:
    """Return which records, of features [record, value], hold numbers that can be those of a path → [record]."""
    return np.logical_and.reduce([(np.abs(values[name]) <= _LARGEST).all(1) for name in FEATURES])


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
