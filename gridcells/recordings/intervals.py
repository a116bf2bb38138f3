"""Intervals of time that count: put together, shared by several, and what of each sample's time lies in them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gridcells._common.checks import as_numpy

__all__ = ["by_reason", "clipped_halves", "intervals_of", "shared_intervals", "support_of", "within_intervals"]


def intervals_of(value: object, name: str = "intervals") -> np.ndarray:
    """Return intervals in order, those that touch put together, [interval, 2].

    Parameters
    ----------
    value : array_like, [interval, 2], or pynapple.IntervalSet
        Where each begins and ends, in any unit of time.
    name : str
        The argument's name, for messages.

    Raises
    ------
    ValueError
        If there is none, or one ends before it begins.

    Examples
    --------
    >>> intervals_of([[5, 7], [0, 2], [1, 3]])
    array([[0., 3.],
           [5., 7.]])
    """
    ends = as_numpy(getattr(value, "values", value), name)  # type: ignore[arg-type]
    if ends.shape == (2,):
        ends = ends[None]
    expected = f"{name}: expected where each begins and ends, [interval, 2]"
    if ends.ndim != 2 or ends.shape[1] != 2 or not len(ends):
        raise ValueError(f"{expected}, got shape {ends.shape}")
    wrong = ends[~(ends[:, 0] <= ends[:, 1])]  # backwards, or not a number
    if len(wrong):
        raise ValueError(f"{expected}, got one from {wrong[0, 0]:g} to {wrong[0, 1]:g}")
    ends = ends[np.argsort(ends[:, 0], kind="stable")].astype(np.float64)
    latest = np.maximum.accumulate(ends[:, 1])
    new = np.r_[True, ends[1:, 0] > latest[:-1]]
    last = np.r_[np.flatnonzero(new)[1:] - 1, len(ends) - 1]
    return np.stack([ends[new, 0], latest[last]], axis=1)


def shared_intervals(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the time that lies in both of two lists of intervals, [interval, 2].

    Examples
    --------
    >>> shared_intervals(np.array([[0.0, 10.0]]), np.array([[-1.0, 2.0], [8.0, 12.0]]))
    array([[ 0.,  2.],
           [ 8., 10.]])
    """
    start = np.maximum(first[:, None, 0], second[:, 0]).ravel()
    stop = np.minimum(first[:, None, 1], second[:, 1]).ravel()
    kept = start <= stop
    return np.stack([start[kept], stop[kept]], axis=1)


def within_intervals(time: np.ndarray, intervals: np.ndarray) -> np.ndarray:
    """Return which moments lie in an interval, its ends included, [moment].

    Examples
    --------
    >>> within_intervals(np.array([-1.0, 0.0, 2.5, 5.0]), np.array([[0.0, 2.0], [4.0, 5.0]]))
    array([False,  True, False,  True])
    """
    place = np.searchsorted(intervals[:, 0], time, side="right") - 1
    return (place >= 0) & (time <= intervals[place.clip(0), 1])


def clipped_halves(
    time: np.ndarray, halves: tuple[np.ndarray, np.ndarray], intervals: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the time before and after each sample that it stands for, no further than its interval reaches.

    Parameters
    ----------
    time : numpy.ndarray, [sample]
        Time stamps, each inside an interval, s.
    halves : (numpy.ndarray, numpy.ndarray), [sample]
        See `sample_halves`, s.
    intervals : numpy.ndarray, [interval, 2]
        In order, without overlap, s.

    Examples
    --------
    >>> before, after = clipped_halves(np.array([1.0, 2.0]), (np.ones(2) / 2, np.ones(2) / 2), np.array([[0.9, 2.0]]))
    >>> before.round(2), after.round(2)
    (array([0.1, 0.5]), array([0.5, 0. ]))
    """
    place = np.searchsorted(intervals[:, 0], time, side="right") - 1
    start, stop = intervals[place].T
    return np.minimum(halves[0], time - start), np.minimum(halves[1], stop - time)


def support_of(value: object) -> np.ndarray | None:
    """Return the intervals in which an object of pynapple was recorded, [interval, 2] s; None without, or for one."""
    support = getattr(getattr(value, "time_support", None), "values", None)
    return None if support is None or len(support) < 2 else intervals_of(support, "time_support")


def by_reason(value: object) -> Mapping[str, np.ndarray]:
    """Return intervals by the reason for which what lies outside them is left out."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {f"outside {name}": intervals_of(each, name) for name, each in value.items()}
    return {"outside the intervals": intervals_of(value)}
