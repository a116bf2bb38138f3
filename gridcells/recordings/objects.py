"""Recordings out of what other libraries hold: NumPy, torch, xarray and pynapple, the last two known by what they have.

An object is known by what it has: names of its axes, time stamps, or nothing but its numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.bins import Bounds
from gridcells._common.checks import as_numpy
from gridcells.recordings.measures import Known, Measures, box_around, in_metres, overruled
from gridcells.recordings.recording import Recording
from gridcells.recordings.series import is_labelled, series_of
from gridcells.recordings.tracking import LONGEST_GAP, MAX_JUMP_SPEED

__all__ = ["from_object"]

ACROSS = "across"  # the axis that curves along a track lack


def from_object(
    value: Any,
    *,
    position: object = None,
    heading: object = None,
    occupancy: ArrayLike | None = None,
    bounds: Sequence[float] | None = None,
    bin_size: float | Sequence[float] | None = None,
    unit: ArrayLike | None = None,
    position_unit: str | None = None,
    pixels_per_metre: float | None = None,
    heading_unit: str | None = None,
    max_jump_speed: float = MAX_JUMP_SPEED,
    longest_gap: float = LONGEST_GAP,
) -> Recording:
    """Take rate maps, spikes on a path, or activity at positions, out of what other libraries keep them in.

    Parameters
    ----------
    value : object
        Without ``position``, rate maps [unit, bin_x, bin_y]: an array or tensor, an xarray ``DataArray`` such as the
        tuning curves of pynapple ([unit, bin] along a track), its older pair of a dictionary of maps and a list of bin
        centres, or a ``TsdTensor`` with one map each time. With ``position``, activity [..., unit] (an array, tensor,
        ``DataArray`` or ``TsdFrame``), or spike times (a ``TsGroup`` or ``Ts``). Axes named x and y are put in that
        order; otherwise the first axis is the units', then x, then y.
    position : object, optional
        Positions [..., 2], m, in any of these forms; if activity has times too, the same ones. Spikes need a
        ``TsdFrame``, which has times.
    heading : object, optional
        Head directions [...], rad; beside spikes at any times.
    occupancy, bounds, bin_size, unit : optional
        As in `Recording`; by default what the object knows: bin edges or centres, in m unless their attribute
        ``units`` says cm or mm, its occupancy, and its units' names.
    position_unit, pixels_per_metre, heading_unit : optional
        Units of what the object says, see `Measures`.
    max_jump_speed, longest_gap : float
        Of a path with times, see `Recording.from_spikes`.

    Returns
    -------
    Recording
        The recording.

    Raises
    ------
    TypeError
        If what should be real numbers is something else.
    ValueError
        If shapes do not fit, a value is infinite, bins are not even, or times differ.

    Examples
    --------
    >>> from_object(np.ones((5, 20, 20)), bin_size=0.11).rate_maps.shape
    (5, 20, 20)
    >>> from_object(np.ones((100, 5)), position=np.random.default_rng(0).random((100, 2))).activity.shape
    (100, 5)
    """
    if isinstance(value, Recording):
        known: Known = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return Recording.of(**overruled(known, occupancy=occupancy, bounds=bounds, bin_size=bin_size, unit=unit))
    measures = Measures(position=position_unit, pixels_per_metre=pixels_per_metre, heading=heading_unit)
    if position is not None and _has_spikes(value):
        return Recording.from_spikes(
            position,
            None,
            value,
            heading=heading,
            unit=unit,
            bounds=None if bounds is None else np.asarray(bounds) / measures.metres,
            bin_size=None if bin_size is None else np.asarray(bin_size) / measures.metres,
            position_unit=position_unit,
            pixels_per_metre=pixels_per_metre,
            heading_unit=heading_unit,
            max_jump_speed=max_jump_speed,
            longest_gap=longest_gap,
        )
    if position is None:
        known = _maps(value)
    else:
        activity, time, names = series_of(value)
        place, at, _ = series_of(position, "position")
        direction, towards, _ = (None, None, None) if heading is None else series_of(heading, "heading")
        for name, other in (("position", at), ("heading", towards)):
            if time is not None and other is not None and not (time.shape == other.shape and np.allclose(time, other)):
                raise ValueError(
                    f"{name}: expected the times of the activity, got others; interpolate or restrict one to the other"
                )
        known = {"position": place, "activity": activity, "heading": direction, "unit": names}
        known["time"] = at if time is None else time
    known = measures.converted(known)
    return Recording.of(
        **overruled(known, occupancy=occupancy, bounds=bounds, bin_size=bin_size, unit=unit),
        trusted=measures.trusted,
        max_jump_speed=max_jump_speed,
        longest_gap=longest_gap,
    )


def _has_spikes(value: object) -> bool:
    """Return whether an object holds times alone: trains by name, as a ``TsGroup`` does, or one train, a ``Ts``."""
    if isinstance(value, Mapping) or (hasattr(value, "keys") and not is_labelled(value)):
        return not isinstance(value, np.ndarray)
    return hasattr(value, "t") and not hasattr(value, "values")


def _maps(value: Any) -> Known:
    """Return what an object that holds rate maps knows of them."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], Mapping):
        maps, centres = value
        return {
            "rate_maps": np.stack([as_numpy(each, "rate_maps") for each in maps.values()]),
            "bounds": box_around([as_numpy(each, "bin centres") for each in centres]),
            "unit": list(maps),
        }
    if not is_labelled(value):
        values, time, _ = series_of(value)
        return {"rate_maps": values} | ({} if time is None else {"unit": [f"{moment:g} s" for moment in time]})
    dims = [str(dim) for dim in value.dims]
    rates = as_numpy(value.values, "rate_maps")
    if rates.ndim == 2 and not {"x", "y"} <= set(dims):  # along a track: one bin across
        rates, dims = rates[:, :, None], [*dims, ACROSS]
    if rates.ndim != 3:
        raise ValueError(f"rate_maps: expected three axes, unit, x and y, or two, unit and a place, got {dims}")
    order = [0, 1, 2]
    if {"x", "y"} <= set(dims):
        x, y = dims.index("x"), dims.index("y")
        order = [3 - x - y, x, y]
    known: Known = {"rate_maps": rates.transpose(order)}
    name, *axes = (dims[place] for place in order)
    coords, swapped = value.coords, order[1] > order[2]
    if name in coords:
        known["unit"] = coords[name].values
    edges = value.attrs.get("bin_edges")
    if axes[1] == ACROSS:
        if axes[0] in coords:
            by = in_metres(coords[axes[0]].attrs.get("units", "m"), axes[0])
            known["bounds"] = _along(as_numpy(coords[axes[0]].values, axes[0]) * by)
    elif edges is not None:
        said = [
            in_metres(coords[axis].attrs["units"], axis) if axis in coords and "units" in coords[axis].attrs else 1.0
            for axis in axes
        ]
        sides = [
            as_numpy(each, "bin_edges") * by for each, by in zip(edges, said[:: -1 if swapped else 1], strict=True)
        ]
        known["bounds"] = box_around([(side[1:] + side[:-1]) / 2 for side in sides[:: -1 if swapped else 1]])
    elif all(axis in coords for axis in axes):
        scale = [in_metres(coords[axis].attrs.get("units", "m"), axis) for axis in axes]
        known["bounds"] = box_around(
            [as_numpy(coords[axis].values, axis) * by for axis, by in zip(axes, scale, strict=True)]
        )
    visits = value.attrs.get("occupancy")
    if visits is not None:
        time = as_numpy(visits, "occupancy")
        known["occupancy"] = time.T if swapped else time.reshape(*time.shape[:1], -1)
    return known


def _along(centres: np.ndarray) -> Bounds | None:
    """Return the bounds of bins along a track, as wide as one is long; None for a single one."""
    side = float(np.median(np.diff(centres))) if len(centres) > 1 else 1.0
    box = box_around([centres, np.array([-side, side])])
    return None if box is None else (*box[:2], -side / 2, side / 2)
