"""What kind of cell each unit resembles: grid, border, head-direction or conjunctive, by thresholds that are named."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy.optimize import brentq

from gridcells._common.bins import BinGrid
from gridcells._common.checks import check_choice
from gridcells._common.streams import Stream
from gridcells.scores import (
    GridScores,
    ResultantVector,
    border_scores,
    field_shuffle,
    grid_geometry,
    grid_scores,
    head_direction_tuning,
    matched_null,
    rayleigh_test,
    resultant_vector,
    significance,
)
from gridcells.scores.nulls.matched import compare_with_null
from gridcells.scores.ratemaps import RateMaps
from gridcells.training.decoding import hidden_activity
from gridcells.training.task import Task
from gridcells.world.arenas import Arena, Circle
from gridcells.world.polygons import Polygon

__all__ = [
    "PAPER_THRESHOLDS",
    "Population",
    "Thresholds",
    "UnitTypes",
    "matched_thresholds",
    "observe",
    "rayleigh_threshold",
    "shuffled_thresholds",
    "unit_types",
]

HEADINGS = 20  # bins of a directional tuning curve
_SILENT = 1e-3  # a unit whose largest map value is below this share of the population's is silent


@dataclass(frozen=True, eq=False)
class Population:
    """What every unit of a network does, by place and by heading.

    Attributes
    ----------
    rate_maps : numpy.ndarray, [unit, bin, bin]
        Mean activity at each place, the first map axis x; NaN where no path went.
    tuning : numpy.ndarray, [unit, heading]
        Mean activity at each heading, the first bin beginning at -π.
    scores : GridScores
        Grid scores of the maps.
    border_score : numpy.ndarray, [unit]
        Border scores of the maps made non-negative; NaN in an arena without straight walls.
    direction : ResultantVector
        Resultant vectors of the tuning curves made non-negative.
    spacing : numpy.ndarray, [unit]
        Distances between neighbouring fields, m; NaN for a map without six peaks around its autocorrelogram's middle.
    arena : Rectangle, Circle or Polygon
        Where the units were observed.
    form : str
        The form of the grid score.
    """

    rate_maps: np.ndarray
    tuning: np.ndarray
    scores: GridScores
    border_score: np.ndarray
    direction: ResultantVector
    spacing: np.ndarray
    arena: Arena
    form: str

    @property
    def bin_size(self) -> tuple[float, float]:
        """Sides of a bin along x and along y, m."""
        return _bin_size(self.arena, self.rate_maps)


@torch.no_grad()
def observe(network: Any, task: Task, *, signed: str = "shift") -> Population:
    """Follow a network along fresh paths, and describe each of its units.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    task : Task
        What it learnt, with the paths, bins and form of the grid score of its preset.
    signed : {"shift", "rectify"}
        How activity that can be negative becomes a rate, for border scores and resultant vectors, which ask for one:
        lift each unit until its lowest bin is 0, or cut it off at 0. The counts of border and head-direction units
        depend on the choice, and nothing in a signed layer decides it.

    Returns
    -------
    Population
        Maps, tuning curves and scores of all units that are not silent.

    Raises
    ------
    ValueError
        If ``signed`` is neither, or every unit is silent.

    Notes
    -----
    Source: Banino et al. 2018, methods (scores and bins); the released code maps 4 000 paths.

    Examples
    --------
    >>> from gridcells.training.pose_task import PoseTask
    >>> from gridcells.presets import preset
    >>> small = preset("banino2018_code").override({"linear_units": 8, "scoring.paths": 200})
    >>> task = PoseTask(small, seed=0)
    >>> population = observe(task.network(), task)
    >>> population.rate_maps.shape, population.tuning.shape
    ((8, 20, 20), (8, 20))
    """
    check_choice(signed, "signed", ("shift", "rectify"))
    setting, arena = task.preset.scoring, task.preset.arena
    maps = RateMaps(arena, setting.bins)
    total, count = 0.0, np.zeros((HEADINGS, 1))
    paths = task.paths(setting.paths, Stream.MAPS)
    heading = paths.heading[:, 1:]
    done = 0
    for part, activity in hidden_activity(network, task, task.batch_of(paths)):
        maps.add(part.position, activity)
        here = heading[done : done + len(activity)]
        done += len(activity)
        mean = head_direction_tuning(here, activity, bins=HEADINGS)  # [unit, heading]
        taken = np.histogram(here, HEADINGS, (-np.pi, np.pi))[0][:, None]
        total = total + np.where(taken > 0, mean.T, 0.0) * taken
        count += taken
    rate_maps = maps.maps()
    tuning = np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0).T
    peak = np.nanmax(np.abs(rate_maps), axis=(1, 2))
    active = peak > _SILENT * peak.max()
    if not active.any():
        raise ValueError("network: expected at least one active unit, got a silent network")
    rate_maps, tuning = rate_maps[active], tuning[active]
    size = _bin_size(arena, rate_maps)
    borders = np.full(len(rate_maps), np.nan)
    if not isinstance(arena, Circle):
        borders = border_scores(_rates(rate_maps, signed), bin_size=size, arena=_walls(arena))
    return Population(
        rate_maps=rate_maps,
        tuning=tuning,
        scores=grid_scores(rate_maps, form=setting.form),
        border_score=borders,
        direction=resultant_vector(_rates(tuning, signed)),
        spacing=grid_geometry(rate_maps, bin_size=size).spacing,
        arena=arena,
        form=setting.form,
    )


def _bin_size(arena: Arena, rate_maps: np.ndarray) -> tuple[float, float]:
    """Return the sides of a bin of maps over an arena, m."""
    return BinGrid(arena.bounds, rate_maps.shape[1:]).bin_size


def _walls(arena: Arena) -> str | Polygon:
    """Return what `border_scores` is told of an arena."""
    return arena if isinstance(arena, Polygon) else "rectangle"


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
    >>> from gridcells.training.pose_task import PoseTask
    >>> from gridcells.presets import preset
    >>> small = preset("banino2018_code").override({"linear_units": 8, "scoring.paths": 200})
    >>> task = PoseTask(small, seed=0)
    >>> 0 < shuffled_thresholds(observe(task.network(), task), shuffles=5, generator=0).grid < 1
    True
    """
    rates = _rates(population.rate_maps, "shift")
    scores = [lambda maps: grid_scores(maps, form=population.form, keep_autocorrelogram=False).score_60]
    if np.isfinite(population.border_score).any():
        scores.append(partial(border_scores, bin_size=population.bin_size, arena=_walls(population.arena)))
    parts = [
        [score(chunk.reshape(-1, *rates.shape[1:])).reshape(-1, len(rates)) for score in scores]
        for chunk in field_shuffle(rates, shuffles=shuffles, generator=generator)
    ]
    nulls = [np.concatenate(part) for part in zip(*parts, strict=True)]  # of each score, [shuffle, unit]
    found = [significance(rates, null=null, score=score) for null, score in zip(nulls, scores, strict=True)]
    grid, border = (*(one.mean_threshold for one in found), np.inf)[:2]
    return Thresholds("field shuffle", grid, border, rayleigh_threshold())


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
    >>> from gridcells.training.pose_task import PoseTask
    >>> from gridcells.presets import preset
    >>> small = preset("banino2018_code").override({"linear_units": 8, "scoring.paths": 200})
    >>> task = PoseTask(small, seed=0)
    >>> matched_thresholds(observe(task.network(), task), maps=50, generator=0).name
    'matched null'
    """
    noise = matched_null(population.rate_maps, maps=maps, generator=generator, bin_size=population.bin_size)
    scores = grid_scores(noise, form=population.form, keep_autocorrelogram=False)
    border = np.inf
    if np.isfinite(population.border_score).any():
        found = border_scores(_rates(noise, "shift"), bin_size=population.bin_size, arena=_walls(population.arena))
        border = float(np.nanquantile(found, 0.95))
    grid = compare_with_null(population.scores, scores).threshold
    return Thresholds("matched null", grid, border, rayleigh_threshold())


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


def _rates(activity: np.ndarray, signed: str) -> np.ndarray:
    """Make activity [unit, ...] non-negative: lift each unit that goes below zero, or cut it off there."""
    if signed == "rectify":
        return np.maximum(activity, 0.0)
    low = np.nanmin(activity, axis=tuple(range(1, activity.ndim)), keepdims=True)
    return activity - np.minimum(low, 0.0)
