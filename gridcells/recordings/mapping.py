"""From a path and what units did on it to their rate maps: how large a bin is, where the arena ends."""

from __future__ import annotations

import dataclasses

from gridcells._common.bins import check_bins
from gridcells._common.checks import check_count
from gridcells.recordings.measures import about
from gridcells.recordings.objects import from_object
from gridcells.recordings.recording import Recording
from gridcells.scores.ratemaps import RateMaps
from gridcells.world.arenas import Box

__all__ = ["map_recording"]

BINS = 20  # along the longer side, unless said
MOST = 1000  # along a side: more is a mistaken unit


def map_recording(
    recording: Recording,
    *,
    bins: int | tuple[int, int] | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    outside: str = "raise",
) -> Recording:
    """Add rate maps to a recording that has none.

    Parameters
    ----------
    recording : Recording
        Positions and activity; one with maps keeps them.
    bins : int or (int, int), optional
        Number of bins along x and along y, or along the longer side, in which case bins are as nearly square as whole
        numbers allow. By default bins of the recording's ``bin_size``, or 20 along the longer side.
    bounds : (float, float, float, float), optional
        Where the arena ends, x_min, x_max, y_min, y_max, m; by default the recording's, or the smallest box around all
        positions.
    outside : {"raise", "ignore"}
        What to do with positions outside the bounds.

    Returns
    -------
    Recording
        The recording with its rate maps, occupancy (number of samples), bounds and bin size.

    Raises
    ------
    ValueError
        If positions lie outside the bounds or all on one line, there would be more than 1000 bins a side, or a number
        of bins is given for a recording whose maps have another.

    Examples
    --------
    >>> import numpy as np
    >>> position = np.random.default_rng(0).uniform(-1, 1, (5000, 2))
    >>> recording = Recording.of(position=position, activity=position + 1, bounds=(-1, 1, -1, 1))
    >>> map_recording(recording, bins=10).rate_maps.shape
    (2, 10, 10)
    """
    if bounds is not None:
        recording = from_object(recording, bounds=bounds)
    if recording.rate_maps is not None:
        have = recording.rate_maps.shape[1:]
        if bins is not None and have != (tuple(bins) if isinstance(bins, tuple | list) else (bins, bins)):
            raise ValueError(f"bins: expected none for rate maps, which have {have[0]} x {have[1]} bins, got {bins!r}")
        return recording
    position, activity = recording.position, recording.activity
    assert position is not None and activity is not None  # as Recording.of makes sure
    with about(recording.source):
        box = recording.box
        if box is None:
            low, high = position.min(axis=0), position.max(axis=0)
            if not (low < high).all():
                raise ValueError("position: expected a path that spans an area, got positions on one line")
            box = Box((float(low[0]), float(high[0]), float(low[1]), float(high[1])))
        number = _bins_of(box.size, bins, recording.bin_size)
        maps = RateMaps(box, number, outside=outside)
        maps.add(position, activity)
        if not maps.occupancy.any():
            raise ValueError(f"bounds: expected some of the positions inside {box.bounds}, got none")
        known = {field.name: getattr(recording, field.name) for field in dataclasses.fields(recording)}
        mapped = {"rate_maps": maps.maps(), "occupancy": maps.occupancy, "bounds": box.bounds, "bin_size": None}
        return Recording.of(**known | mapped)


def _bins_of(
    sides: tuple[float, float], bins: int | tuple[int, int] | None, size: tuple[float, float] | None
) -> tuple[int, int]:
    """Return the number of bins along x and along y, of the size or as nearly square as whole numbers allow."""
    if isinstance(bins, tuple | list):
        return check_bins(bins)
    if bins is not None or size is None:
        number = check_count(BINS if bins is None else bins, "bins")
        size = (max(sides) / number, max(sides) / number)
    number_x, number_y = (max(1, round(side / each)) for side, each in zip(sides, size, strict=True))
    if max(number_x, number_y) > MOST:
        raise ValueError(
            f"bin_size: expected a length that makes at most {MOST} bins a side of {sides[0]:g} m x {sides[1]:g} m, "
            f"got {number_x} x {number_y}; are lengths in metres?"
        )
    return number_x, number_y
