"""NumPy's files: .npy with maps or spike times, .npz with arrays by name. Nothing is ever unpickled."""

from __future__ import annotations

import functools
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from gridcells._common.checks import nearest_name
from gridcells._common.unpacking import check_archive, check_array_file
from gridcells.recordings.measures import Known
from gridcells.recordings.roles import known_of

__all__ = ["read_npy", "read_npz"]

DAMAGE = (ValueError, TypeError, EOFError, OSError, MemoryError, RuntimeError)  # what NumPy raises over broken files
Held = TypeVar("Held")

WANTED = ("rate_maps", "position", "activity", "heading", "spike_times", "time")


def read_npy(path: Path) -> Known:
    """Read rate maps [unit, bin_x, bin_y], or one unit's spike times, that are alone in their file."""
    with path.open("rb") as file:
        if file.read(6) != b"\x93NUMPY":
            raise ValueError("expected an array as numpy.save writes it, got something else")
    check_array_file(path)
    array = _loaded(functools.partial(np.load, path, allow_pickle=False), "rate_maps")
    return {"spike_times": {path.stem: array}} if np.ndim(array) == 1 else {"rate_maps": array}


def read_npz(path: Path) -> Known:
    """Read the arrays that mean something here, by their names."""
    if not zipfile.is_zipfile(path):
        raise ValueError("expected arrays as numpy.savez writes them, got something else")
    check_archive(path, arrays=True, checksums=True)
    with _loaded(functools.partial(np.load, path, allow_pickle=False), "keys") as archive:
        have = list(archive.files)
        known = known_of({key: _loaded(functools.partial(archive.__getitem__, key), key) for key in have})
    units = known.get("unit")
    if units is not None and np.ndim(units) == 0:  # a unit of measure, not names
        known.pop("unit")
        known["notes"] = [*known["notes"], f"units: {units!s} is no list of names: left out (position_unit says units)"]
    spikes = {"position", "spike_times"} <= set(known) or ("spike_times" in known and "position" not in known)
    if not (
        "rate_maps" in known
        or {"position", "activity"} <= set(known)
        or spikes
        or ("position" in known and "time" in known)
    ):
        hints = {nearest_name(key, WANTED) for key in have} - {""} - {nearest_name(key, [key]) for key in have}
        raise ValueError(
            f"expected the key rate_maps, or position and activity, got {', '.join(have) or 'no keys'}"
            f"{hints.pop() if len(hints) == 1 else ''}"
        )
    return known


def _loaded(load: Callable[[], Held], key: str) -> Held:
    """Return what is loaded, or raise if it is damaged or holds Python objects."""
    try:
        return load()
    except (*DAMAGE, zipfile.BadZipFile, zlib.error) as error:
        if "pickle" in str(error):
            raise ValueError(f"{key}: expected numbers, got Python objects, which are never unpickled") from error
        raise ValueError(f"{key}: expected a whole array, got a damaged one ({error!s:.200})") from error
