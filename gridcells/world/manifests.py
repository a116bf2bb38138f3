"""What a dataset's dataset.json says: the setting that it follows from, and which records each of its files holds."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gridcells._common.files import write_json
from gridcells._common.reading import NO_DIGEST, check_digest, read_json, sealed
from gridcells.world.tfrecords import frames, record_at, scan

__all__ = ["MANIFEST", "Content", "Manifest", "content_of", "intact_content"]

MANIFEST = "dataset.json"
_CONTENTS = "contents"


@dataclass(frozen=True)
class Content:
    """Which records a file holds.

    Parameters
    ----------
    records : int
        How many.
    sha256 : str
        SHA-256 of what stands around their data: lengths and checksums, in order. It tells which records are there
        without reading them; whether a record's data is what was written, its own checksum tells when it is read.
    """

    records: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What dataset.json holds.

    Parameters
    ----------
    setting : dict
        What the dataset follows from.
    contents : dict of str to Content
        By name of file, those that are finished; empty where a version before 0.3 wrote it.
    """

    setting: Mapping[str, Any]
    contents: Mapping[str, Content] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """Read the manifest of a folder; None where there is none, as in the released dataset.

        Raises
        ------
        ValueError
            If it is not what was written.

        Warns
        -----
        UserWarning
            If it carries no digest, since an older version wrote it.
        """
        path = folder / MANIFEST
        try:
            held = read_json(path)
        except FileNotFoundError:
            return None
        vouched = check_digest(held, path)
        listed = held.pop(_CONTENTS, {})
        if not vouched:
            warnings.warn(f"{path} {NO_DIGEST}", stacklevel=2)
            return cls(held)
        try:
            contents = {name: Content(int(one["records"]), str(one["sha256"])) for name, one in listed.items()}
        except (AttributeError, TypeError, KeyError, ValueError):
            raise ValueError(f"{path}: expected records and sha256 of each file, got {str(listed)[:80]}") from None
        return cls(held, contents)

    def write(self, folder: Path) -> None:
        """Write the manifest into a folder, whole or not at all."""
        listed = {name: vars(self.contents[name]) for name in sorted(self.contents)}
        write_json(folder / MANIFEST, sealed({**self.setting, _CONTENTS: listed}))

    def problem(self, name: str, found: Content) -> str | None:
        """Return how a file differs from what is listed of it; None if it does not."""
        listed = self.contents.get(name)
        if listed == found or not self.contents:
            return None
        if listed is None:
            return f"expected a file that {MANIFEST} lists, got one that it does not: `gridcells dataset make` goes on"
        if listed.records != found.records:
            return f"expected {listed.records} records, as {MANIFEST} lists, got {found.records}"
        return f"expected the records that {MANIFEST} lists, got others"


def content_of(path: Path, offsets: np.ndarray) -> Content:
    """Return which records a file holds, from what stands around their data.

    Parameters
    ----------
    path : pathlib.Path
        A TFRecord file.
    offsets : numpy.ndarray, [record]
        Where its records begin.
    """
    return Content(len(offsets), hashlib.sha256(frames(path, offsets)).hexdigest())


def intact_content(path: Path) -> Content | None:
    """Read a file and return which records it holds; None if one of them is damaged, or the file is not there.

    Parameters
    ----------
    path : pathlib.Path
        A TFRecord file.
    """
    if not path.is_file():
        return None
    offsets, broken = scan(path)
    if broken is not None or not len(offsets):
        return None
    buffer = np.memmap(path, np.uint8, "r").data
    try:
        for number, offset in enumerate(offsets):
            record_at(path, buffer, number, int(offset))
    except ValueError:
        return None
    return content_of(path, offsets)
