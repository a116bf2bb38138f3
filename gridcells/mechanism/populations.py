"""What every unit of a network does along fresh paths: its maps, tuning curves and scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gridcells._common.bins import BinGrid, square_bins
from gridcells._common.checks import check_choice
from gridcells._common.streams import Stream
from gridcells.scores import (
    GridScores,
    ResultantVector,
    border_scores,
    grid_geometry,
    grid_scores,
    head_direction_tuning,
    resultant_vector,
)
from gridcells.scores.ratemaps import RateMaps
from gridcells.training.decoding import hidden_activity
from gridcells.training.task import Task
from gridcells.world.arenas import Arena, Circle, Rectangle
from gridcells.world.polygons import Polygon

__all__ = ["Population", "observe"]

BORDER_BINS = 20  # along the longer side of the maps of which the paper's border score is asked
HEADINGS = 20  # bins of a directional tuning curve
_SILENT = 1e-3  # a unit whose largest map value is below this share of the population's is silent


@dataclass(frozen=True, eq=False)
class Population:
    """What every unit of a network does, by place and by heading.

    Attributes
    ----------
    rate_maps : numpy.ndarray, [unit, bin_x, bin_y]
        Mean activity at each place; NaN where no path went.
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
    border_form : str
        The form of the border score.
    """

    rate_maps: np.ndarray
    tuning: np.ndarray
    scores: GridScores
    border_score: np.ndarray
    direction: ResultantVector
    spacing: np.ndarray
    arena: Arena
    form: str
    border_form: str

    @property
    def bin_size(self) -> tuple[float, float]:
        """Sides of a bin along x and along y, m."""
        return _bin_size(self.arena, self.rate_maps)


@torch.no_grad()
def observe(network: Any, task: Task, *, signed: str = "shift", border_form: str = "banino") -> Population:
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
    border_form : {"banino", "solstad", "relative"}
        Form of the border score. The paper's is asked of maps of 20 bins along the longer side, the others of those of
        the preset; its strips are 3 of 20 bins wide, so that along each wall of an oblong rectangle they take the same
        share of the way across. In a room that is no rectangle it is "solstad".

    Returns
    -------
    Population
        Maps, tuning curves and scores of all units that are not silent.

    Raises
    ------
    ValueError
        If ``signed`` or ``border_form`` is none of these, or every unit is silent.

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
    check_choice(border_form, "border_form", ("banino", "solstad", "relative"))
    setting, arena = task.preset.scoring, task.preset.arena
    border_form = border_form if isinstance(arena, Rectangle) else "solstad"
    maps = RateMaps(arena, setting.grid(arena).shape)
    apart = border_form == "banino" and setting.bins != BORDER_BINS
    walled = RateMaps(arena, square_bins(arena.size, BORDER_BINS)) if apart else maps  # for the border scores
    total, count = 0.0, np.zeros((HEADINGS, 1))
    paths = task.paths(setting.paths, Stream.MAPS)
    heading = paths.heading[:, 1:]
    done = 0
    for part, activity in hidden_activity(network, task, task.batch_of(paths)):
        maps.add(part.position, activity)
        if apart:
            walled.add(part.position, activity)
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
    size, borders = _bin_size(arena, rate_maps), np.full(len(rate_maps), np.nan)
    if not isinstance(arena, Circle):
        borders = borders_of(as_rates(walled.maps()[active], signed), arena, border_form)
    return Population(
        rate_maps=rate_maps,
        tuning=tuning,
        scores=grid_scores(rate_maps, form=setting.form, bin_size=size),
        border_score=borders,
        direction=resultant_vector(as_rates(tuning, signed)),
        spacing=grid_geometry(rate_maps, bin_size=size).spacing,
        arena=arena,
        form=setting.form,
        border_form=border_form,
    )


def _bin_size(arena: Arena, rate_maps: np.ndarray) -> tuple[float, float]:
    """Return the sides of a bin of maps over an arena, m."""
    return BinGrid(arena.bounds, rate_maps.shape[1:]).bin_size


def borders_of(rates: np.ndarray, arena: Arena, form: str) -> np.ndarray:
    """Return the border scores of maps over an arena, [unit]."""
    walls = arena if isinstance(arena, Polygon) else "rectangle"
    return border_scores(rates, bin_size=_bin_size(arena, rates), form=form, arena=walls)


def as_rates(activity: np.ndarray, signed: str) -> np.ndarray:
    """Make activity [unit, ...] non-negative: lift each unit that goes below zero, or cut it off there."""
    if signed == "rectify":
        return np.maximum(activity, 0.0)
    low = np.nanmin(activity, axis=tuple(range(1, activity.ndim)), keepdims=True)
    return activity - np.minimum(low, 0.0)
