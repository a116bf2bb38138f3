"""Tracking as it comes from a camera, and what of it counts: lost points, jumps, doubled stamps, gaps, speed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridcells._common.bins import Bounds

__all__ = [
    "LONGEST_GAP",
    "MAX_JUMP_SPEED",
    "Cleaned",
    "clean_tracking",
    "heading_of_leds",
    "heading_of_movement",
    "lost_samples",
    "robust_box",
    "running_speed",
    "sample_halves",
]

MAX_JUMP_SPEED = 3.0  # m/s: no rat or mouse runs faster
JITTER = 0.05  # m that a tracked point may be off besides
LONGEST_GAP = 0.5  # s that the samples on both sides of a gap stand for together
JUMPY = 0.1  # share of the steps: with more jumps it is no path
MOST_JUMPED = 0.25  # share of the samples that jumps may lead to
BACKWARDS = 0.05  # share of the steps that may lead back in time
LOOK_BACK = 50  # stretches between jumps
RARE = 1e-3  # share of the time on each side that may lie outside the box
FAR = 0.03  # of the box's side, beyond which the rare is outside
FARTHER = 10.0  # times the median step: how far a marker of a lost sample lies away
REPEATED = 5  # times that a position must occur to the last digit, to be looked at as a marker
MARKERS = 3  # of such positions, the most frequent
RUNS = 3  # times at least that tracking jumped to one
FAR_OFF = 0.05  # of the path's span, from which on such a position lies away from where the animal was
MOSTLY = 0.9  # share of the runs of it that do
SMOOTHED = 0.2  # s, over which a running speed is taken
MOVING = 0.05  # m/s, from which on movement has a direction


@dataclass(frozen=True, eq=False)
class Cleaned:
    """Which samples count, in the order of time, and why the others do not.

    Attributes
    ----------
    kept : numpy.ndarray of int, [kept]
        The samples that count, by their place in what came.
    left_out : dict of str to int
        How many do not, by reason.
    notes : tuple of str
        What else there is to say.
    """

    kept: np.ndarray
    left_out: dict[str, int]
    notes: tuple[str, ...]


def lost_samples(position: np.ndarray) -> np.ndarray:
    """Find samples in which tracking had lost the animal: NaN, or a marker that stands for nothing.

    (0, 0), (-1, -1) and a coordinate of -1 among positive ones are markers where the way to them and back is ten times
    as long as the median step; a run of them is lost as a whole. So is any other position, (1023, 1023) or that of a
    reflection, to which tracking jumps again and again to the last digit, from a twentieth of the path's span away.

    Parameters
    ----------
    position : numpy.ndarray, [sample, 2]
        Positions, in any unit.

    Returns
    -------
    numpy.ndarray of bool, [sample]
        Which are lost.
    """
    lost = np.isnan(position).any(axis=1)
    known = _markers(position, lost)
    for place, marked in enumerate([*known, *_repeated(position, lost)]):
        usual = ~lost & ~marked
        if not marked.any() or not usual.any():
            continue
        own = place >= len(known)  # a marker of this recording alone
        at = np.flatnonzero(usual)
        step = np.hypot(*np.diff(position[usual], axis=0).T)
        step = step[step > 0]
        least = FARTHER * (np.median(step) if len(step) else 0.0)
        if own:
            low, high = np.quantile(position[usual], [0.01, 0.99], axis=0)
            least = max(least, FAR_OFF * float((high - low).max()))
        starts = np.flatnonzero(marked & ~np.r_[False, marked[:-1]])
        ends = np.flatnonzero(marked & ~np.r_[marked[1:], False])
        before = np.searchsorted(at, starts) - 1
        after = np.searchsorted(at, ends)
        into = np.where(before >= 0, np.hypot(*(position[at[before]] - position[starts]).T), np.inf)
        next_at = at[after.clip(max=len(at) - 1)]
        back = np.where(after < len(at), np.hypot(*(position[next_at] - position[ends]).T), np.inf)
        far = (into > least) & (back > least)
        if (len(far) >= RUNS and far.mean() >= MOSTLY) if own else far.mean() >= 0.5:
            lost = lost | marked  # so they mark nothing, be a few of them near the path
    return lost


def _markers(position: np.ndarray, lost: np.ndarray) -> list[np.ndarray]:
    """Return which samples hold which marker of a lost point."""
    zero, minus = (position == 0).all(axis=1), (position == -1).any(axis=1)
    rest = position[~lost & ~minus & ~zero]
    both = (position == -1).all(axis=1)
    return [zero, minus if rest.size and (rest >= 0).all() else both]


def _repeated(position: np.ndarray, lost: np.ndarray) -> list[np.ndarray]:
    """Return which samples hold which of the positions that occur most often to the last digit."""
    whole = np.ascontiguousarray(position[~lost], dtype=np.float64).view(np.complex128).ravel()
    values, number = np.unique(whole, return_counts=True)
    often = values[np.argsort(-number, kind="stable")[:MARKERS]]
    return [
        (position == [value.real, value.imag]).all(axis=1)
        for value in often[np.sort(number)[::-1][: len(often)] >= REPEATED]
    ]


def clean_tracking(
    position: np.ndarray,
    time: np.ndarray | None,
    *,
    lost: np.ndarray | None = None,
    max_jump_speed: float = MAX_JUMP_SPEED,
    strict: bool = True,
) -> Cleaned:
    """Decide which samples of a path count.

    Left out, in this order: samples whose stamp is NaN; all but the first of equal stamps; lost ones, see
    `lost_samples`; and the stretches that only jumps faster than ``max_jump_speed`` (and 5 cm) lead to: of all ways to
    leave stretches out so that no such jump remains, the one that keeps the most samples. What steps back in time is
    put in order.

    Parameters
    ----------
    position : numpy.ndarray, [sample, 2]
        Positions, m.
    time : numpy.ndarray or None, [sample]
        Time stamps, s.
    lost : numpy.ndarray of bool, [sample], optional
        Which samples are lost, where it is known already.
    max_jump_speed : float
        Faster than any animal, m/s; infinite to leave jumps alone.
    strict : bool
        Raise where more than a tenth of the steps are jumps; otherwise say that this is no path.

    Returns
    -------
    Cleaned
        Which samples count.

    Raises
    ------
    ValueError
        If none counts, time runs backwards or stands still too often, or most of the path jumps.
    """
    left_out: dict[str, int] = {}
    notes: list[str] = []
    lost = lost_samples(position) if lost is None else lost
    kept = np.arange(len(position))

    def leave_out(which: np.ndarray, reason: str) -> None:
        nonlocal kept
        if which.any():
            left_out[reason] = int(which.sum())
            kept = kept[~which]

    if time is not None:
        leave_out(~np.isfinite(time), "without a time stamp")
        step = np.diff(time[kept])
        back = np.flatnonzero(step < 0)
        if len(back) > max(1, BACKWARDS * len(step)):
            raise ValueError(
                f"time: expected ascending time stamps, got {len(back)} of {len(step)} steps back in time, the first "
                f"at sample {back[0] + 1}"
            )
        if len(back):
            kept = kept[np.argsort(time[kept], kind="stable")]
            notes.append(f"time: {len(back)} steps back in time, the first at sample {back[0] + 1}: put in order")
        twice = np.r_[False, np.diff(time[kept]) == 0] & (len(kept) > 1)
        if twice.mean() > 0.5:
            raise ValueError(
                f"time: expected ascending time stamps, got {twice.sum()} of {len(twice)} equal to the one before: "
                "stamps are rounded too far"
            )
        leave_out(twice, "time stamp twice")
    leave_out(lost[kept], "lost")
    if not len(kept):
        raise ValueError(f"position: expected samples with a position, got none in shape {position.shape}")
    if time is not None and np.isfinite(max_jump_speed) and len(kept) > 2:
        jump = _jumps(position[kept], time[kept], max_jump_speed)
        said = f"{jump.sum()} of {len(jump)} steps" if jump.mean() > JUMPY else ""
        if not said:
            away = ~_longest_way(position[kept], time[kept], jump, max_jump_speed)
            said = f"{away.sum()} of {len(away)} samples beyond steps" if away.mean() > MOST_JUMPED else ""
        if not said:
            leave_out(away, "jump")
        else:
            said += f" faster than {max_jump_speed:g} m/s, which no animal is (unit of positions or of time?)"
            if strict:
                raise ValueError(f"position: expected a path, got {said}; max_jump_speed=inf takes it as it is")
            notes.append(f"position: {said}: taken as it is")
    return Cleaned(kept, left_out, tuple(notes))


def _jumps(position: np.ndarray, time: np.ndarray, fastest: float) -> np.ndarray:
    """Find the steps [sample - 1] that are too long for the time they take."""
    return np.hypot(*np.diff(position, axis=0).T) > fastest * np.diff(time) + JITTER


def _longest_way(position: np.ndarray, time: np.ndarray, jump: np.ndarray, fastest: float) -> np.ndarray:
    """Choose stretches between jumps so that none is left and the most samples are kept, [sample]."""
    starts = np.r_[0, np.flatnonzero(jump) + 1]
    ends = np.r_[starts[1:], len(position)]  # [stretch]
    total, parent = (ends - starts).astype(np.int64), np.full(len(starts), -1)
    for here in range(1, len(starts)):
        first = max(0, here - LOOK_BACK)
        last = ends[first:here] - 1
        apart = np.hypot(*(position[starts[here]] - position[last]).T)
        reached = apart <= fastest * (time[starts[here]] - time[last]) + JITTER
        if reached.any():
            best = int(np.argmax(np.where(reached, total[first:here], -1)))
            total[here] += total[first + best]
            parent[here] = first + best
    kept = np.zeros(len(position), dtype=bool)
    here = int(np.argmax(total))
    while here >= 0:
        kept[starts[here] : ends[here]] = True
        here = int(parent[here])
    return kept


def sample_halves(time: np.ndarray, longest_gap: float = LONGEST_GAP) -> tuple[np.ndarray, np.ndarray]:
    """Return the time before and after each sample that it stands for, s.

    Half way to the neighbours, in a gap half of ``longest_gap`` at most (of twice the median step, where that is more);
    at the ends half of the median step. Their sum is the time that the sample counts.

    Parameters
    ----------
    time : numpy.ndarray, [sample]
        Ascending time stamps, s.
    longest_gap : float
        The longest time between two samples that counts in full, s.

    Returns
    -------
    before, after : numpy.ndarray, [sample]
        Times, s.

    Examples
    --------
    >>> before, after = sample_halves(np.array([0.0, 0.1, 0.2, 5.0]))
    >>> (before + after).round(3)
    array([0.1, 0.1, 0.3, 0.3])
    """
    if len(time) < 2:
        return np.full(len(time), 0.5), np.full(len(time), 0.5)
    step = np.diff(time)
    usual = float(np.median(step))
    half = np.minimum(step, max(longest_gap, 2 * usual)) / 2
    end = min(usual, max(longest_gap, 2 * usual)) / 2
    return np.r_[end, half], np.r_[half, end]


def robust_box(position: np.ndarray, duration: np.ndarray | None = None) -> Bounds | None:
    """Return the box that a path fills, without what lies far outside and is rare; None for a path on one spot.

    A side ends at the outermost position, unless the outer thousandth of the time reaches further than 3 % of the side
    beyond the rest: then where that 3 % ends.

    Parameters
    ----------
    position : numpy.ndarray, [sample, 2]
        Positions, m.
    duration : numpy.ndarray, [sample], optional
        Time that each sample counts, s.

    Returns
    -------
    (float, float, float, float) or None
        x_min, x_max, y_min, y_max, m.
    """
    weight = np.ones(len(position)) if duration is None else duration
    ends: list[float] = []
    for along in position.T.astype(np.float64):
        order = np.argsort(along, kind="stable")
        value = along[order]
        share = np.cumsum(weight[order]) / weight.sum()
        low, high = value[np.searchsorted(share, RARE)], value[min(np.searchsorted(share, 1 - RARE), len(value) - 1)]
        slack = FAR * (high - low)
        ends += [float(value[value >= low - slack][0]), float(value[value <= high + slack][-1])]
    return (ends[0], ends[1], ends[2], ends[3]) if ends[0] < ends[1] or ends[2] < ends[3] else None


def running_speed(position: np.ndarray, time: np.ndarray, longest_gap: float = LONGEST_GAP) -> np.ndarray:
    """Return the running speed at each sample, m/s, over 0.2 s around it; NaN beside a gap on both sides.

    Parameters
    ----------
    position : numpy.ndarray, [sample, 2]
        Positions, m.
    time : numpy.ndarray, [sample]
        Ascending time stamps, s.
    longest_gap : float
        Longest time that a speed is taken over, s.

    Returns
    -------
    numpy.ndarray, [sample]
        Speeds, m/s.
    """
    first, last, _ = _window(time, longest_gap)
    passed = time[last] - time[first]
    way = np.hypot(*(position[last] - position[first]).T)
    return np.divide(way, passed, out=np.full(len(time), np.nan), where=passed > 0)


def heading_of_movement(position: np.ndarray, time: np.ndarray, longest_gap: float = LONGEST_GAP) -> np.ndarray:
    """Return the direction in which an animal moves, [sample] rad, NaN where it is slower than 5 cm/s."""
    first, last, _ = _window(time, longest_gap)
    way = position[last] - position[first]
    moving = running_speed(position, time, longest_gap) >= MOVING
    return np.where(moving, np.arctan2(way[:, 1], way[:, 0]), np.nan)


def _window(time: np.ndarray, longest_gap: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the first and last sample within half of the smoothing time, across no gap."""
    step = float(np.median(np.diff(time))) if len(time) > 1 else 1.0
    half = max(SMOOTHED / 2, step) * (1 + 1e-6)
    index = np.arange(len(time))
    block = np.r_[0, np.cumsum(np.diff(time) > max(longest_gap, 2 * step))]
    block_first = np.searchsorted(block, block)
    block_last = np.searchsorted(block, block, side="right") - 1
    first = np.maximum(np.searchsorted(time, time - half), block_first)
    last = np.minimum(np.searchsorted(time, time + half, side="right") - 1, block_last)
    return np.minimum(first, index), np.maximum(last, index), half


def heading_of_leds(front: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Return the direction from one light on the head to the other, [sample] rad, NaN where either is lost.

    Parameters
    ----------
    front, back : numpy.ndarray, [sample, 2]
        Positions of the two lights.

    Returns
    -------
    numpy.ndarray, [sample]
        Angles, rad.

    Examples
    --------
    >>> heading_of_leds(np.array([[0.0, 1.0]]), np.array([[0.0, 0.0]])).round(2)
    array([1.57])
    """
    way = front - back
    return np.where((way == 0).all(axis=1), np.nan, np.arctan2(way[:, 1], way[:, 0]))
