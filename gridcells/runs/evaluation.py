"""What a trained network can do and what its units are: decoding error, rate maps, scores and the matched null."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.fft
import torch

from gridcells._common.streams import Stream
from gridcells.scores import GridScores, NullComparison, compare_with_null, grid_scores, matched_null
from gridcells.scores.ratemaps import RateMaps
from gridcells.training.decoding import hidden_activity, path_errors
from gridcells.training.task import Task

__all__ = ["Evaluation", "active_units", "dominant_period", "evaluate", "network_rate_maps"]

_SILENT = 1e-3  # a unit whose peak is below this share of the population's is silent


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A network's numbers.

    Parameters
    ----------
    decoding_error : float
        Mean distance of the decoded from the true position over all samples of fresh paths, m.
    final_error : float
        The same at the end of the paths, m.
    rate_maps : numpy.ndarray, [unit, bin_x, bin_y]
        Mean activity of each active unit at each place.
    scores : GridScores
        Grid scores of these units.
    null_maps : numpy.ndarray, [map, bin_x, bin_y]
        Draws of the matched null.
    null_scores : GridScores
        Grid scores of these draws.
    comparison : NullComparison
        The units' 60° scores against the null's.
    units : int
        Units of the network, silent ones included.
    active : numpy.ndarray, [unit]
        Which units of the network are active: the one that each rate map belongs to.
    period : float
        Wavelength at the peak of the active units' mean power spectrum times 2/√3: the distance between neighbouring
        fields of the hexagonal lattice with that wavelength, m.
    """

    decoding_error: float
    final_error: float
    rate_maps: np.ndarray
    scores: GridScores
    null_maps: np.ndarray
    null_scores: GridScores
    comparison: NullComparison
    units: int
    active: np.ndarray
    period: float

    def summary(self) -> dict[str, float]:
        """List the numbers by which runs are compared; shares are of the active units."""
        null = self.comparison
        return {
            "decoding_error": self.decoding_error,
            "final_error": self.final_error,
            "units": self.units,
            "units_scored": null.units,
            "share_above_0.3": null.share_above_levels[0],
            "share_above_0.8": null.share_above_levels[1],
            "share_above_null": null.share_above,
            "null_95_percent": null.threshold,
            "null_share_above_0.3": null.null_share_above_levels[0],
            "null_share_above_0.8": null.null_share_above_levels[1],
            "median_score_60": float(np.nanmedian(self.scores.score_60)),
            "median_score_90": float(np.nanmedian(self.scores.score_90)),
            "period": self.period,
        }


def evaluate(network: Any, task: Task) -> Evaluation:
    """Score a network: how well it decodes, which of its units are grid-like, and what filtered noise would score.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    task : Task
        What it learnt; the paths and the null come from streams of its seed that training does not use.

    Returns
    -------
    Evaluation
        Decoding error, rate maps, scores and the matched null.

    Raises
    ------
    ValueError
        If no unit is active.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. S2 (scores of all units), and the rate-map and score code released with it.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> from gridcells.training.place_task import PlaceTask
    >>> setting = preset("laptop").override({"units": 16, "scoring.paths": 500, "null_maps": 20})
    >>> task = PlaceTask(setting, seed=0)
    >>> evaluate(task.network(), task).units
    16
    """
    maps = network_rate_maps(network, task)
    units, active = len(maps), active_units(maps)
    maps, setting, grid = maps[active], task.preset.scoring, task.preset.scoring.grid(task.preset.arena)
    score = partial(grid_scores, form=setting.form, bin_size=grid.bin_size)
    scores = score(maps)
    null_maps = matched_null(
        maps, maps=setting.null_maps, generator=task.generator(Stream.NULL), bin_size=grid.bin_size
    )
    null_scores = score(null_maps)
    errors = path_errors(network, task)
    return Evaluation(
        decoding_error=float(errors.mean()),
        final_error=float(errors[:, -1].mean()),
        rate_maps=maps,
        scores=scores,
        null_maps=null_maps,
        null_scores=null_scores,
        comparison=compare_with_null(scores, null_scores),
        units=units,
        active=active,
        period=dominant_period(maps, grid.size),
    )


@torch.no_grad()
def network_rate_maps(network: Any, task: Task) -> np.ndarray:
    """Map the mean activity of every unit over the arena, from fresh paths → [unit, bin_x, bin_y].

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> from gridcells.training.place_task import PlaceTask
    >>> task = PlaceTask(preset("laptop").override({"units": 8, "scoring.paths": 20}), seed=0)
    >>> network_rate_maps(task.network(), task).shape
    (8, 20, 20)
    """
    setting, arena = task.preset.scoring, task.preset.arena
    maps = RateMaps(arena, setting.grid(arena).shape)
    paths = task.batch_of(task.paths(setting.paths, Stream.MAPS))
    for part, hidden in hidden_activity(network, task, paths):
        maps.add(part.position, hidden)
    return maps.maps()


def active_units(rate_maps: np.ndarray) -> np.ndarray:
    """Find the units whose peak lies above a thousandth of the population's.

    Parameters
    ----------
    rate_maps : numpy.ndarray, [unit, bin_x, bin_y]
        Rate maps of all units.

    Returns
    -------
    numpy.ndarray, [active unit]
        Which units these are.

    Raises
    ------
    ValueError
        If all are silent.

    Examples
    --------
    >>> active_units(np.array([1.0, 0.0, 0.5])[:, None, None] * np.ones((3, 4, 4)))
    array([0, 2])
    """
    peak = np.nanmax(np.abs(rate_maps), axis=(1, 2))
    if not peak.max() > 0:
        raise ValueError("network: expected at least one active unit, got a silent network")
    return np.flatnonzero(peak > _SILENT * peak.max())


def dominant_period(rate_maps: np.ndarray, size: float | tuple[float, float]) -> float:
    """Find the lattice period at which a population's mean power spectrum peaks.

    Parameters
    ----------
    rate_maps : numpy.ndarray, [unit, bin_x, bin_y]
        Rate maps; unvisited (NaN) bins count as each map's mean.
    size : float or (float, float)
        Width and height of what is mapped, m; one number is the side of a square.

    Returns
    -------
    float
        Distance between neighbouring fields of the hexagonal lattice whose plane waves have the dominant wavelength, m:
        that wavelength times 2/√3. Wavelengths are looked for up to the longer side.

    Notes
    -----
    Source: Sorscher et al. 2023, the spacing 4π/(√3 k) of a lattice of plane waves of wave number k.

    Examples
    --------
    >>> x = (np.arange(40) + 0.5) / 40 * 2.2  # bin centres
    >>> stripes = np.cos(2 * np.pi * x / 0.55)[None, :, None] * np.ones((1, 40, 40))
    >>> round(dominant_period(stripes, 2.2) * 3**0.5 / 2, 2)
    0.55
    """
    bins, sides = rate_maps.shape[1:], np.broadcast_to(size, 2)
    longer = float(sides.max())
    padded, twice = ([by * count for count in bins] for by in (8, 2))
    centred = np.nan_to_num(rate_maps - np.nanmean(rate_maps, axis=(1, 2), keepdims=True))
    fade_x, fade_y = (np.hanning(count + 2)[1:-1] for count in bins)
    # in twice the bins no shift of a map comes round to itself: the mean spectrum is that of the mean overlap
    waves = scipy.fft.rfft2(centred * fade_x[:, None] * fade_y, s=twice)
    overlap = scipy.fft.irfft2((waves.real**2 + waves.imag**2).mean(0), s=twice)  # [shift, shift], 0 first
    shifts = [np.arange(count) - count * (2 * np.arange(count) >= count) for count in twice]
    spread = np.zeros(padded)
    spread[np.ix_(*shifts)] = overlap
    power = scipy.fft.fft2(spread).real
    cycles_x, cycles_y = (np.fft.fftfreq(8 * count, d=side / count) for count, side in zip(bins, sides, strict=True))
    radius = np.hypot(cycles_x[:, None], cycles_y)  # 1/m
    ring = np.rint(radius * longer * 8).astype(int)  # eighths of a cycle per longer side
    profile = np.bincount(ring.ravel(), power.ravel()) / np.bincount(ring.ravel())
    finest = min(round(4 * count * (longer / side)) for count, side in zip(bins, sides, strict=True))
    profile = profile[8:finest]  # from one cycle per longer side to half a cycle per bin
    return float(2 / np.sqrt(3) * longer / (1 + profile.argmax() / 8))
