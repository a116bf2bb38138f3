"""What chance scores, asked of the units themselves: their firing fields moved about, their activity shifted in time.

Both shuffles are made in chunks [shuffle, unit, bin, bin], one after another, so that any number of them needs the
memory of one chunk. Each unit gets null maps of its own, and so a threshold of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from gridcells._common.bins import Bounded
from gridcells._common.checks import as_numpy, check_count, check_generator, check_positive
from gridcells.scores.autocorrelogram import check_rate_maps
from gridcells.scores.fields import find_fields
from gridcells.scores.nulls.jigsaw import Jigsaw
from gridcells.scores.ratemaps import RateMaps

__all__ = ["field_shuffle", "time_shuffle"]

CHUNK = 2**20  # bins of null maps handed over at a time, 8 MB, but at least one shuffle of all units
BLOCK = 2**17  # bins of null maps that fields are moved in at a time


def field_shuffle(
    rate_maps: ArrayLike,
    *,
    shuffles: int = 100,
    generator: np.random.Generator | int,
    threshold: float = 0.2,
    labels: ArrayLike | None = None,
) -> Iterator[np.ndarray]:
    """Move each unit's firing fields to random places, again and again.

    The peak of every field goes to a visited bin drawn at random, and its other bins go with it. Where two bins would
    land on one, the one closer to its field's peak gets it; what lands on another field, on an unvisited bin or outside
    the map takes the free bins nearest to its field's new peak, the strongest field first. Bins outside all fields stay
    where no field landed, and fill what is left otherwise. So each null map holds exactly the unit's rates, each once:
    the fields' number, sizes and rates are the unit's, only their arrangement is chance.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps; NaN marks an unvisited bin, which is unvisited in the unit's null maps too.
    shuffles : int
        Number of null maps of each unit.
    generator : numpy.random.Generator or int
        Source of the places, or a seed for one. The same seed gives the same maps whatever the size of the chunks.
    threshold : float
        Share of a unit's peak above its floor that a bin needs to belong to a field, see `find_fields`; 0 leaves
        nothing outside the fields.
    labels : array_like of int, [unit, bin_x, bin_y], optional
        The field of each bin, 0 for none, instead of those that `find_fields` finds.

    Yields
    ------
    numpy.ndarray, [shuffle, unit, bin_x, bin_y]
        The next null maps, float64. A unit without a field stays as it is.

    Raises
    ------
    TypeError
        If the maps are not real numbers, or the generator is neither a NumPy generator nor a seed.
    ValueError
        If the shape is not [unit, bin, bin], a value is infinite, ``shuffles`` is not positive, or the labels are
        not whole numbers from 0 on in the maps' shape.

    Notes
    -----
    Source: Banino et al. 2018 (methods: fields found by watershed and moved at random, 100 times; the 95th percentile
    of the scores, averaged over units, is the threshold) after Barry & Burgess 2017 (bins closest to a field's centre
    are replaced first, each as close to where it belongs as is free). They replace one bin of each field in turn, we
    move whole fields and then what did not fit. How their maps were smoothed before the watershed is not known here:
    where maps are noisy, smooth them first, or the noise is cut into many small fields.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 20)
    >>> field = np.exp(-((x[:, None] - 0.5) ** 2 + x**2) / 0.02)
    >>> null = np.concatenate(list(field_shuffle(field[None], shuffles=30, generator=0)))
    >>> null.shape
    (30, 1, 20, 20)
    >>> np.allclose(np.sort(null.reshape(30, -1)), np.sort(field.ravel()))
    True
    """
    rates = check_rate_maps(rate_maps).astype(np.float64)
    check_count(shuffles, "shuffles")
    generator = check_generator(generator)
    if labels is None:
        labels = find_fields(rates, threshold=threshold).labels
    else:
        labels = as_numpy(labels, "labels")
        if labels.shape != rates.shape:
            raise ValueError(f"labels: expected the shape of rate_maps {rates.shape}, got {labels.shape}")
        wrong = ~np.isin(labels, np.arange(rates[0].size + 1))
        if wrong.any():
            raise ValueError(
                f"labels: expected whole numbers from 0 to the {rates[0].size} bins of a map, got {labels[wrong][0]:g}"
            )
    labels = np.where(np.isnan(rates), 0, labels).astype(np.int64)
    return _field_shuffles(Jigsaw.of(rates, labels, generator), shuffles, generator)


def _field_shuffles(jigsaw: Jigsaw, shuffles: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield null maps [shuffle, unit, bin_x, bin_y], chunk by chunk."""
    units, bins = jigsaw.rates.shape
    most = jigsaw.peak.shape[1]
    for count in _chunks(shuffles, units * bins):
        draw = np.floor(generator.random((count, units, most)) * jigsaw.visits[:, None]).astype(np.int64)
        centre = np.take_along_axis(jigsaw.visited_bins[None], draw, axis=2).reshape(count * units, most)
        unit = np.tile(np.arange(units), count)
        null = np.empty((count * units, bins))
        step = max(1, BLOCK // bins)
        for start in range(0, len(null), step):
            rows = slice(start, start + step)
            null[rows] = jigsaw.assembled(unit[rows], centre[rows])
        yield null.reshape(count, units, *jigsaw.shape)


def _chunks(shuffles: int, size: int) -> Iterator[int]:
    """Split shuffles of so many numbers each into numbers of them to make at a time."""
    step = max(1, CHUNK // max(size, 1))
    for start in range(0, shuffles, step):
        yield min(step, shuffles - start)


def time_shuffle(
    position: ArrayLike,
    activity: ArrayLike,
    arena: Bounded,
    *,
    time_step: float,
    bins: int | tuple[int, int] = 20,
    shuffles: int = 100,
    generator: np.random.Generator | int,
    smallest_shift: float = 20.0,
    outside: str = "raise",
) -> Iterator[np.ndarray]:
    """Shift the activity against the path by a random time, again and again, and map it.

    Time is closed to a circle: what leaves the end comes in at the start. One shift serves all units, so that units
    which fire together do so in every shuffle; each unit's own null maps are the same as if it were shifted alone.
    Several trajectories are laid end to end and shifted as one, so that activity also meets the path of another.

    Parameters
    ----------
    position : array_like or torch.Tensor, [time, 2] or [batch, time, 2]
        Positions, m.
    activity : array_like or torch.Tensor, [time, unit] or [batch, time, unit]
        Activity at those positions; float32 is summed as such.
    arena : object with ``bounds``
        Where the positions lie; ``bounds`` is (x_min, x_max, y_min, y_max), m.
    time_step : float
        Time from one sample to the next, s. With 1, ``smallest_shift`` is a number of samples.
    bins : int or (int, int)
        Number of bins along x and along y; one number serves for both.
    shuffles : int
        Number of null maps of each unit.
    generator : numpy.random.Generator or int
        Source of the shifts, or a seed for one.
    smallest_shift : float
        The shortest shift, forwards or backwards around the circle, s.
    outside : {"raise", "ignore"}
        What to do with positions outside the bounds.

    Yields
    ------
    numpy.ndarray, [shuffle, unit, bin_x, bin_y]
        The next null maps, float64; NaN in bins without a sample.

    Raises
    ------
    TypeError
        If positions or activities are not real numbers, or the generator is neither a NumPy generator nor a seed.
    ValueError
        If shapes differ, values are not finite, positions lie outside the arena (unless they are ignored), or the
        recording is shorter than twice the smallest shift.

    Notes
    -----
    Source: the time shuffle of the animal literature, Langston et al. 2010 and Wills et al. 2010: at least 20 s, at
    most the recording's length less 20 s, and the 95th percentile of the scores. It asks whether a unit is tied to
    places at all; maps with any fields pass more easily than by `field_shuffle` (Barry & Burgess 2017).

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> box, generator = Rectangle(1.0, 1.0), np.random.default_rng(0)
    >>> position = np.sin(0.1 * np.arange(3000)[:, None] * [1.0, np.sqrt(2)]) / 2
    >>> activity = np.exp(-(position**2).sum(axis=1, keepdims=True) / 0.02)  # a field in the middle
    >>> [null] = time_shuffle(position, activity, box, time_step=0.1, bins=5, shuffles=50, generator=0)
    >>> null.shape
    (50, 1, 5, 5)
    """
    position, activity = as_numpy(position, "position"), as_numpy(activity, "activity")
    check_count(shuffles, "shuffles")
    step, shortest = check_positive(time_step, "time_step", "s"), check_positive(smallest_shift, "smallest_shift", "s")
    generator = check_generator(generator)
    unshifted = RateMaps(arena, bins, outside=outside)
    unshifted.add(position, activity)  # which looks at shapes and values
    samples = position.size // 2
    least = int(np.ceil(shortest / step - 1e-9))
    if 2 * least > samples:
        raise ValueError(
            f"smallest_shift: expected at most half of the recording's {samples * step:g} s, got {shortest:g} s"
        )
    activity = activity.reshape(samples, -1)
    activity = activity.astype(np.float32 if activity.itemsize <= 4 else np.float64, copy=False)
    shifts = generator.integers(least, samples - least, shuffles, endpoint=True)
    return _time_shuffles(unshifted, unshifted._bin(position.reshape(-1, 2)), activity, shifts)


def _time_shuffles(
    unshifted: RateMaps, bin_of: np.ndarray, activity: np.ndarray, shifts: np.ndarray
) -> Iterator[np.ndarray]:
    """Yield the maps [shuffle, unit, bin_x, bin_y] of activity [sample, unit] laid over the bins [sample] later on."""
    count = unshifted.occupancy.ravel()  # no shift changes it
    samples, units = activity.shape
    bin_of = np.where(bin_of < 0, count.size, bin_of).astype(np.int32)  # samples outside have a bin of their own
    twice = np.concatenate([bin_of, bin_of])  # so that each shift is a window
    ones, ends = np.ones(samples, dtype=activity.dtype), np.arange(samples + 1, dtype=np.int32)
    first = 0
    for size in _chunks(len(shifts), units * count.size):
        null = np.full((size, count.size, units), np.nan)
        for sums, shift in zip(null, shifts[first : first + size], strict=True):
            here = sparse.csc_array((ones, twice[shift : shift + samples], ends), shape=(count.size + 1, samples))
            np.divide((here @ activity)[:-1], count[:, None], out=sums, where=count[:, None] > 0)
        first += size
        yield np.ascontiguousarray(null.transpose(0, 2, 1)).reshape(size, units, *unshifted.bins)
