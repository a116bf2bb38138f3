"""Is a score more than chance? Each unit beside a null, in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_choice, check_count, check_generator
from gridcells.scores.autocorrelogram import check_rate_maps
from gridcells.scores.grid import GridScores, grid_scores
from gridcells.scores.nulls.low_pass import low_pass_noise
from gridcells.scores.nulls.matched import NullComparison, check_quantile, compare_with_null, matched_null
from gridcells.scores.nulls.shuffles import field_shuffle

__all__ = ["NULLS", "Significance", "significance"]

NULLS = {"field_shuffle": 100, "matched": 1000, "low_pass": 1000}  # and how many shuffles or maps, unless said
PART = 2**20  # bins of null maps scored between two reports of progress
TIE = 1e-9  # null scores this small a share below a unit's are as high: the rest is rounding

Score = Callable[[np.ndarray], ArrayLike | GridScores]
Progress = Callable[[int, int | None], object]


@dataclass(frozen=True, eq=False)
class Significance:
    """The scores of a population beside those of a null. A unit without a score has NaN throughout.

    Attributes
    ----------
    score : numpy.ndarray, [unit]
        The units' scores.
    null_quantile : numpy.ndarray, [unit]
        Share of the null's scores that are lower than the unit's.
    p_value : numpy.ndarray, [unit]
        Probability that chance scores as high: (1 + number of null scores at least as high) / (1 + their number).
    threshold : numpy.ndarray, [unit]
        The null's score at ``quantile``; one for all units, if they share their null.
    quantile : float
        The null's quantile to exceed.
    mean_threshold : float
        The thresholds' mean over units.
    share_above : float
        Share of the scored units that score above their own threshold; chance alone gives 1 - ``quantile``.
    share_above_mean : float
        Share of the scored units that score above the mean threshold.
    null_scores : numpy.ndarray, [null, unit] or [null]
        What the null scored, for each unit or for all. NaN, no score, does not count.
    """

    score: np.ndarray
    null_quantile: np.ndarray
    p_value: np.ndarray
    threshold: np.ndarray
    quantile: float
    mean_threshold: float
    share_above: float
    share_above_mean: float
    null_scores: np.ndarray

    @property
    def comparison(self) -> NullComparison:
        """The population beside all null scores together, also at fixed levels, see `compare_with_null`."""
        return compare_with_null(self.score, self.null_scores.ravel(), self.quantile)


def significance(
    rate_maps: ArrayLike,
    *,
    null: str | ArrayLike | Iterator[np.ndarray] = "field_shuffle",
    shuffles: int | None = None,
    generator: np.random.Generator | int | None = None,
    score: Score | None = None,
    quantile: float = 0.95,
    bin_size: float | tuple[float, float] = 1.0,
    progress: Progress | None = None,
) -> Significance:
    """Score each map, and say how probable its score is by chance.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps; NaN marks an unvisited bin.
    null : {"field_shuffle", "matched", "low_pass"}, array_like, or iterator over arrays
        What chance is. By name: `field_shuffle`, which gives every unit a null of its own, or `matched_null` or
        `low_pass_noise`, which give the population one, all with their defaults. Otherwise null maps
        [shuffle, unit, bin_x, bin_y] of each unit or [map, bin_x, bin_y] for all, whole or in chunks, such as
        `time_shuffle` and `field_shuffle` hand over; or null scores [shuffle, unit] or [map].
    shuffles : int, optional
        Of a null by name, the number of null maps of each unit (100 by default) or for all (1000).
    generator : numpy.random.Generator or int, optional
        Source of a null by name, or a seed for one.
    score : callable, optional
        Takes maps [map, bin_x, bin_y] and returns their scores [map], NaN for none, or `GridScores`, of which the
        60 degree ones count. By default `grid_scores` with its defaults.
    quantile : float
        The null's quantile to exceed, between 0 and 1.
    bin_size : float or (float, float)
        Length of a bin's sides along x and y, m; where they differ, the default score and a null of noise need to know.
    progress : callable, optional
        Called with the number of null maps scored so far and their number in all (None for an iterator).

    Returns
    -------
    Significance
        Scores, quantiles, p-values and thresholds by unit, and the population's share above the null.

    Raises
    ------
    TypeError
        If the maps are not real numbers, or a null by name comes without a generator or seed.
    ValueError
        If shapes do not fit, ``shuffles`` comes with a null that is not a name, the null holds nothing, or the
        quantile is not between 0 and 1.

    Notes
    -----
    Source: Banino et al. 2018 (methods) for the 95th percentile of 100 field shuffles of each unit, averaged over
    units (here ``mean_threshold``); North et al. 2002 for the ones added in the p-value, without which chance would
    sometimes have the probability 0. With n null maps no p-value is below 1 / (1 + n). No p-value knows of the other
    units: of a population of noise one in twenty lies below 0.05.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.scores.lattices import lattice_maps
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), [0.5, 0.6, 0.7])
    >>> result = significance(maps, null="matched", shuffles=99, generator=0)
    >>> result.p_value
    array([0.01, 0.01, 0.01])
    >>> result.share_above
    1.0
    """
    rates = check_rate_maps(rate_maps)
    quantile = check_quantile(quantile)
    if shuffles is not None and not isinstance(null, str):
        raise ValueError("shuffles: expected none beside a null of maps or scores, which has the number it has")
    score = partial(grid_scores, keep_autocorrelogram=False, bin_size=bin_size) if score is None else score
    if isinstance(null, str):
        chunks, total = _named_null(null, rates, shuffles, generator, bin_size)
    elif isinstance(null, Iterator):
        chunks, total = null, None
    else:
        null = as_numpy(null, "null")
        if null.ndim < 3:
            return _beside(_scores(score, rates), _check_null_scores(null, len(rates)), quantile)
        chunks, total = [null], int(np.prod(null.shape[:-2]))
    return _beside(_scores(score, rates), _null_scores(chunks, total, rates.shape, score, progress), quantile)


def _named_null(
    name: str,
    rates: np.ndarray,
    shuffles: int | None,
    generator: np.random.Generator | int | None,
    bin_size: float | tuple[float, float],
) -> tuple[Iterable[np.ndarray], int]:
    """Return the null's maps in chunks, and their number."""
    check_choice(name, "null", tuple(NULLS))
    source = check_generator(generator)
    count = NULLS[name] if shuffles is None else check_count(shuffles, "shuffles")
    if name == "field_shuffle":
        return field_shuffle(rates, shuffles=count, generator=source), count * len(rates)
    draw = matched_null if name == "matched" else low_pass_noise
    return [draw(rates, maps=count, generator=source, bin_size=bin_size)], count


def _null_scores(
    chunks: Iterable[np.ndarray], total: int | None, shape: tuple[int, ...], score: Score, progress: Progress | None
) -> np.ndarray:
    """Score null maps that come in chunks, [null] or [null, unit] for units of this shape [unit, bin_x, bin_y]."""
    units, *bins = shape
    step = max(1, PART // int(np.prod(bins)))
    parts: list[np.ndarray] = []
    done = 0
    for given in chunks:
        chunk = as_numpy(given, "null")
        fits = chunk.ndim == 3 or (chunk.ndim == 4 and chunk.shape[1] == units)
        if not fits or list(chunk.shape[-2:]) != bins or (parts and parts[0].ndim != chunk.ndim - 2):
            raise ValueError(
                f"null: expected maps [shuffle, {units}, {bins[0]}, {bins[1]}] or [map, {bins[0]}, {bins[1]}], "
                f"got shape {chunk.shape}"
            )
        maps = chunk.reshape(-1, *bins)
        scores = np.empty(len(maps))
        for start in range(0, len(maps), step):
            part = slice(start, start + step)
            scores[part] = _scores(score, maps[part])
            done += len(maps[part])
            if progress is not None:
                progress(done, total)
        parts.append(scores.reshape(chunk.shape[:-2]))
    return _check_null_scores(np.concatenate(parts) if parts else np.empty(0), units)


def _scores(score: Score, maps: np.ndarray) -> np.ndarray:
    """Return one score a map, [map], or raise unless that is what the callable gives."""
    result = score(maps)
    values = as_numpy(result.score_60 if isinstance(result, GridScores) else result, "score")
    if values.shape != (len(maps),):
        raise ValueError(f"score: expected a callable that returns one score a map, ({len(maps)},), got {values.shape}")
    return values.astype(np.float64)


def _check_null_scores(null: np.ndarray, units: int) -> np.ndarray:
    """Return null scores, or raise unless they are [null] or [null, unit] and at least one."""
    if null.ndim not in (1, 2) or (null.ndim == 2 and null.shape[1] != units):
        raise ValueError(f"null: expected scores [null] or [null, {units}] or maps, got shape {null.shape}")
    if not len(null):
        raise ValueError("null: expected at least one map or score, got none")
    return null.astype(np.float64)


def _beside(own: np.ndarray, null: np.ndarray, quantile: float) -> Significance:
    """Compare scores [unit] with null scores [null, unit], or [null] for all."""
    columns = null if null.ndim == 2 else null[:, None]
    number = (~np.isnan(columns)).sum(axis=0)  # [unit], or [1]
    bar = np.full(number.shape, np.nan)
    bar[number > 0] = np.nanquantile(columns[:, number > 0], quantile, axis=0)
    valid = ~np.isnan(own) & (number > 0)
    tied = own - TIE * np.abs(own)
    if null.ndim == 2:
        reached = (null >= tied).sum(axis=0)
    else:  # by looking them up, since there may be many of both
        reached = number - np.searchsorted(np.sort(null[~np.isnan(null)]), tied)
    threshold = np.where(valid, bar, np.nan)
    above, above_mean, mean = np.nan, np.nan, np.nan
    if valid.any():
        mean = threshold[valid].mean()
        above, above_mean = np.mean(own[valid] > threshold[valid]), np.mean(own[valid] > mean)
    return Significance(
        score=own,
        null_quantile=np.where(valid, 1 - reached / np.maximum(number, 1), np.nan),
        p_value=np.where(valid, (1 + reached) / (1 + number), np.nan),
        threshold=threshold,
        quantile=quantile,
        mean_threshold=float(mean),
        share_above=float(above),
        share_above_mean=float(above_mean),
        null_scores=null,
    )
