"""Series of numbers in time, whatever library holds them, brought onto one clock."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridcells._common.checks import as_numpy, is_tensor
from gridcells._common.quantities import without_unit

__all__ = ["is_labelled", "on_times", "series_of"]


def series_of(value: Any, name: str = "activity") -> tuple[Any, np.ndarray | None, Any]:
    """Return an object's numbers, its times (s) if it has some, and the names of its columns.

    Parameters
    ----------
    value : object
        An array, tensor or list; an xarray ``DataArray`` with the axis ``time``; or an object with ``t`` and
        ``values``, such as a pynapple ``Tsd`` or ``TsdFrame``.
    name : str
        What it holds, for messages and for its unit.

    Returns
    -------
    tuple
        Numbers, times or None, names or None.
    """
    if is_tensor(value) or isinstance(value, np.ndarray) or not hasattr(value, "values"):
        return value, None, None
    if is_labelled(value):
        axes = [str(dim) for dim in value.dims]
        time = None
        if axes[:1] == ["time"] and "time" in value.coords:
            time = as_numpy(value.coords["time"], "time")
        names = value.coords[axes[-1]].values if len(axes) > 1 and axes[-1] in value.coords else None
        numbers: Any = without_unit(value, name)
        return numbers if numbers is not value else value.values, time, names
    return value.values, getattr(value, "t", None), getattr(value, "columns", None)


def is_labelled(value: object) -> bool:
    """Return whether an object has named axes, as an xarray ``DataArray`` does."""
    return all(hasattr(value, name) for name in ("dims", "coords", "attrs", "values"))


def on_times(
    values: np.ndarray, time: np.ndarray, wanted: np.ndarray, *, circular: bool, longest_gap: float
) -> np.ndarray:
    """Interpolate values [sample] or [sample, axis] onto other times, NaN where none is near.

    Parameters
    ----------
    values : numpy.ndarray, [sample] or [sample, axis]
        What was measured; NaN where lost.
    time, wanted : numpy.ndarray
        When it was measured, ascending, and when it is wanted, s.
    circular : bool
        Whether values are angles, rad, to be interpolated on the circle.
    longest_gap : float
        Further from the nearest value than half of this (or one and a half steps, if more) there is none, s.

    Returns
    -------
    numpy.ndarray
        Values at the wanted times.

    Examples
    --------
    >>> on_times(np.array([3.1, -3.1]), np.array([0.0, 1.0]), np.array([0.5]), circular=True, longest_gap=2.0).round(2)
    array([3.14])
    """
    columns = as_numpy(values, "values").astype(np.float64).reshape(len(time), -1)
    result = np.full((len(wanted), columns.shape[1]), np.nan)
    for place, column in enumerate(columns.T):
        known = np.isfinite(column)
        if not known.any():
            continue
        clock, some = time[known], column[known]
        if circular:
            turn = np.exp(1j * some)
            found = np.angle(np.interp(wanted, clock, turn.real) + 1j * np.interp(wanted, clock, turn.imag))
        else:
            found = np.interp(wanted, clock, some)
        right = np.searchsorted(clock, wanted).clip(0, len(clock) - 1)
        apart = np.minimum(np.abs(clock[right] - wanted), np.abs(clock[np.maximum(right - 1, 0)] - wanted))
        usual = float(np.median(np.diff(time))) if len(time) > 1 else 0.0
        result[:, place] = np.where(apart <= max(longest_gap / 2, 1.5 * usual), found, np.nan)
    return result.reshape(len(wanted), *np.shape(values)[1:])
