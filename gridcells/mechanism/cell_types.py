"""What kind of cell each unit resembles: grid, border, head-direction or conjunctive, by thresholds that are named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import brentq

from gridcells.mechanism.populations import HEADINGS, Population, as_rates, borders_of
from gridcells.scores import field_shuffle, matched_null, rayleigh_test, significance
from gridcells.scores.grid import hexagonal_scores

__all__ = [
    "PAPER_THRESHOLDS",
    "Thresholds",
    "UnitTypes",
    "matched_thresholds",
    "rayleigh_threshold",
    "shares_by_chance",
    "shuffled_thresholds",
    "unit_types",
]


@dataclass(frozen=True)
class Thresholds:
    """What a unit must exceed to count as one of a kind.

    Parameters
    ----------
    name : str
        Where the thresholds come from.
    grid, border, resultant : float
        Grid score, border score, length of the resultant vector.
    """

    name: str
    grid: float
    border: float
    resultant: float


PAPER_THRESHOLDS = Thresholds("paper", 0.37, 0.50, 0.47)
"""As quoted from Banino et al. 2018: 95th percentiles over shuffled fields, and the Rayleigh test at 0.01."""


def rayleigh_threshold(bins: int = HEADINGS, probability: float = 0.01) -> float:
    """Return the resultant length that as many directions as there are bins exceed with this probability by chance.

    Parameters
    ----------
    bins : int
        Bins of the tuning curve, each counted as one direction.
    probability : float
        The test's level.

    Returns
    -------
    float
        The length, 0 to 1.

    Notes
    -----
    Source: Banino et al. 2018 test with 20 bins at 0.01 and state a threshold of 0.47; this is where it comes from.

    Examples
    --------
    >>> round(rayleigh_threshold(), 2)
    0.47
    """
    return float(brentq(lambda length: rayleigh_test([length], bins)[0] - probability, 0.0, 1.0))


def shuffled_thresholds(
    population: Population, *, shuffles: int = 100, generator: np.random.Generator | int
) -> Thresholds:
    """Recompute the thresholds on these very units, as the paper describes it.

    Parameters
    ----------
    population : Population
        The units.
    shuffles : int
        Field shuffles of each unit.
    generator : numpy.random.Generator or int
        Source of the shuffles, or a seed for one.

    Returns
    -------
    Thresholds
        95th percentiles over the field shuffles of each unit, averaged over units (both scores have the same shuffles);
        the Rayleigh test's length.

    Notes
    -----
    Source: Banino et al. 2018, methods. Where there are no straight walls, no unit is a border unit.

    Examples
    --------
    >>> from gridcells.mechanism import observe
    >>> from gridcells.training.pose_task import PoseTask
    >>> from gridcells.presets import preset
    >>> small = preset("banino2018_code").override({"linear_units": 8, "scoring.paths": 200})
    >>> task = PoseTask(small, seed=0)
    >>> 0 < shuffled_thresholds(observe(task.network(), task), shuffles=5, generator=0).grid < 1
    True
    """
    rates, scores = as_rates(population.rate_maps, "shift"), _scores_of(population)
    parts = [
        [score(chunk.reshape(-1, *rates.shape[1:])).reshape(-1, len(rates)) for score in scores.values()]
        for chunk in field_shuffle(rates, shuffles=shuffles, generator=generator)
    ]
    nulls = [np.concatenate(part) for part in zip(*parts, strict=True)]  # of each score, [shuffle, unit]
    levels = {
        name: significance(rates, null=null, score=score).mean_threshold
        for null, (name, score) in zip(nulls, scores.items(), strict=True)
    }
    return Thresholds("field shuffle", levels["grid"], levels.get("border", np.inf), rayleigh_threshold())


def matched_thresholds(population: Population, *, maps: int = 2000, generator: np.random.Generator | int) -> Thresholds:
    """Compute the thresholds that noise of the same spectrum rarely exceeds.

    Parameters
    ----------
    population : Population
        The units.
    maps : int
        Draws of the matched null.
    generator : numpy.random.Generator or int
        Source of the noise, or a seed for one.

    Returns
    -------
    Thresholds
        The null's 95th percentiles of grid and border score; the Rayleigh test's length.

    Notes
    -----
    Source: see `matched_null`.

    Examples
    --------
    >>> from gridcells.mechanism import observe
    >>> from gridcells.training.pose_task import PoseTask
    >>> from gridcells.presets import preset
    >>> small = preset("banino2018_code").override({"linear_units": 8, "scoring.paths": 200})
    >>> task = PoseTask(small, seed=0)
    >>> matched_thresholds(observe(task.network(), task), maps=50, generator=0).name
    'matched null'
    """
    levels = {
        name: float(np.nanquantile(null, 0.95)) for name, null in _noise_scores(population, maps, generator).items()
    }
    return Thresholds("matched null", levels["grid"], levels.get("border", np.inf), rayleigh_threshold())


def shares_by_chance(
    population: Population,
    thresholds: Thresholds = PAPER_THRESHOLDS,
    *,
    maps: int = 500,
    generator: np.random.Generator | int,
) -> dict[str, float]:
    """Return the shares of maps of noise with the units' spectrum that exceed thresholds of grid and border score.

    Parameters
    ----------
    population : Population
        The units.
    thresholds : Thresholds
        What to exceed.
    maps : int
        Null maps.
    generator : numpy.random.Generator or int
        Source of the noise, or a seed for one.

    Returns
    -------
    dict of str to float
        Shares "grid" and "border"; the latter is NaN where units have no border score.

    Notes
    -----
    Source: see `matched_null`; the share that stands beside each of `UnitTypes.shares`.

    Examples
    --------
    >>> from gridcells.mechanism import observe
    >>> from gridcells.training.pose_task import PoseTask
    >>> from gridcells.presets import preset
    >>> small = preset("banino2018_code").override({"linear_units": 8, "scoring.paths": 200})
    >>> task = PoseTask(small, seed=0)
    >>> sorted(shares_by_chance(observe(task.network(), task), maps=20, generator=0))
    ['border', 'grid']
    """
    found = _noise_scores(population, maps, generator)
    shares = {name: float(np.mean(null > getattr(thresholds, name))) for name, null in found.items()}
    return {"grid": shares["grid"], "border": shares.get("border", np.nan)}


def _scores_of(population: Population) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Return how maps are scored as the units were: "grid", and "border" where units have a border score."""
    score = partial(hexagonal_scores, form=population.form, bin_size=population.bin_size)
    scores: dict[str, Callable[[np.ndarray], np.ndarray]] = {"grid": score}
    if np.isfinite(population.border_score).any():
        scores["border"] = lambda maps: borders_of(as_rates(maps, "shift"), population.arena, population.border_form)
    return scores


def _noise_scores(population: Population, maps: int, generator: np.random.Generator | int) -> dict[str, np.ndarray]:
    """Score maps of noise with the units' spectrum as the units were, by name, [map]."""
    noise = matched_null(population.rate_maps, maps=maps, generator=generator, bin_size=population.bin_size)
    return {name: score(noise) for name, score in _scores_of(population).items()}


@dataclass(frozen=True, eq=False)
class UnitTypes:
    """Which units exceed which threshold; NaN, no score, exceeds none.

    Attributes
    ----------
    thresholds : Thresholds
        What was asked for.
    grid, border, head_direction : numpy.ndarray of bool, [unit]
        Whether the unit exceeds the threshold of that kind.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1d and g (shares of grid, border, head-direction and conjunctive units).
    """

    thresholds: Thresholds
    grid: np.ndarray
    border: np.ndarray
    head_direction: np.ndarray

    @property
    def conjunctive(self) -> np.ndarray:
        """Grid units that are head-direction units as well, bool [unit]."""
        return self.grid & self.head_direction

    def shares(self) -> dict[str, float]:
        """List the share of all units that is of each kind, and of the grid units that is conjunctive (NaN of none)."""
        grids = int(self.grid.sum())
        return {
            "grid": float(self.grid.mean()),
            "border": float(self.border.mean()),
            "head_direction": float(self.head_direction.mean()),
            "conjunctive": float(self.conjunctive.sum() / grids) if grids else float("nan"),
        }


def unit_types(population: Population, thresholds: Thresholds = PAPER_THRESHOLDS) -> UnitTypes:
    """Return for each unit which thresholds it exceeds.

    Parameters
    ----------
    population : Population
        The units.
    thresholds : Thresholds
        What to ask for.

    Returns
    -------
    UnitTypes
        A flag a unit and kind.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1d and g.

    Examples
    --------
    >>> from gridcells.mechanism import observe
    >>> from gridcells.training.pose_task import PoseTask
    >>> from gridcells.presets import preset
    >>> small = preset("banino2018_code").override({"linear_units": 8, "scoring.paths": 200})
    >>> task = PoseTask(small, seed=0)
    >>> unit_types(observe(task.network(), task)).grid.shape
    (8,)
    """
    return UnitTypes(
        thresholds,
        grid=_above(population.scores.score_60, thresholds.grid),
        border=_above(population.border_score, thresholds.border),
        head_direction=_above(population.direction.length, thresholds.resultant),
    )


def _above(values: np.ndarray, threshold: float) -> np.ndarray:
    return np.nan_to_num(values, nan=-np.inf) > threshold
