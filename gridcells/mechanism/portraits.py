"""What the papers' figures of an attractor show, as numbers of one network, each beside its null."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import map_coordinates

from gridcells._common.checks import check_count, check_generator
from gridcells.mechanism.fixed_points import grid_of_positions
from gridcells.mechanism.lattice_study import MechanismStudy
from gridcells.mechanism.phase_sheets import bump_map
from gridcells.mechanism.waves import SixWaves, six_waves
from gridcells.mechanism.wiring import outgoing_connectivity, unit_connectivity, wave_eigenvectors
from gridcells.scores import grid_scores, matched_null

__all__ = ["Portrait", "best_scores", "centre_surround", "lattice_return", "portrait", "unit_likeness"]

_BINS = 12  # of the sheet of phases, a side
_NEAR, _FAR = np.s_[5:8, 5:8], np.s_[:2, :2]  # blocks of it around a unit's own phase, and farthest from it
_EVERY = 5  # one unit in so many is looked at alone
_CELL = 8  # bins of the unit cell in which a state is drawn
_SIDE, _STATES, _STEPS = 40, 30, 5  # states: so many of a grid of places, after so many steps at rest


@dataclass(frozen=True)
class Portrait:
    """One network's numbers for the claims on attractors, with what chance has.

    Attributes
    ----------
    best_score, best_score_null : float
        Median grid score of the 25 best units, and of the 25 best of as many maps of the matched null.
    rings, rings_null : float
        Share of all active units' variance over space that the three waves hold which hold most of it; and of as many
        maps of the matched null.
    rings_alike : float
        The same share with every unit's map at unit variance.
    waves : int
        Waves among the ten leading eigenvectors of the recurrent weights.
    contrast, contrast_null : float
        Mean outgoing weight near a unit's own phase on the sheet minus that far from it; and with phases shuffled.
    likeness : float
        Median correlation of single units' outgoing weights on the sheet with their mean over units.
    bump_score, bump_score_null : float
        Median grid score of states drawn in space on the unit cell; and with phases shuffled.
    distance, distance_null : float
        What `lattice_return` measures; and with the lattice turned by 30°, where no field follows.
    """

    best_score: float
    best_score_null: float
    rings: float
    rings_null: float
    rings_alike: float
    waves: int
    contrast: float
    contrast_null: float
    likeness: float
    bump_score: float
    bump_score_null: float
    distance: float
    distance_null: float


def portrait(found: MechanismStudy, *, generator: np.random.Generator | int, best: int = 25) -> Portrait:
    """Measure what the papers' figures of an attractor show, for one network.

    Parameters
    ----------
    found : MechanismStudy
        The network and its lattice, from `study`.
    generator : numpy.random.Generator or int
        Draws the nulls and the states that are drawn as bumps.
    best : int
        How many of the best units count as these.

    Returns
    -------
    Portrait
        The numbers.

    Raises
    ------
    ValueError
        If the network has fewer active units than that.

    Notes
    -----
    Source: Sorscher et al. 2023, Figs 1C (best units), 4B (rings), 4D (distance) and 5F to 5H (bumps, connectivity,
    eigenvectors). The nulls are ours. Bumps are folded onto the fitted unit cell, so that any activity looks regular:
    only what shuffled phases do not have counts.

    Examples
    --------
    >>> from gridcells.mechanism import study
    >>> from gridcells.runs import load_shipped
    >>> run = load_shipped("lattice", 0)
    >>> numbers = portrait(study(run.network, run.task), generator=0)
    >>> numbers.bump_score > numbers.bump_score_null, numbers.rings > 0.7
    (True, True)
    """
    rng = check_generator(generator)
    activity = _resting(found, rng)
    nulls, shuffles = rng.spawn(2)
    bin_size = found.box / found.maps.shape[-1]
    spread = found.maps.std((1, 2), keepdims=True)
    alike = np.divide(found.maps, spread, out=np.zeros_like(found.maps), where=spread > 0)
    noise = matched_null(found.maps, maps=2 * len(found.maps), generator=nulls)
    shuffled = found.phase[shuffles.permutation(len(found.phase))]
    return Portrait(
        best_score=best_scores(found.score, best),
        best_score_null=float(np.mean([best_scores(part, best) for part in _scores_of(found, noise)])),
        rings=found.all_waves.share,
        rings_null=six_waves(noise[: len(found.maps)], bin_size).share,
        rings_alike=six_waves(alike, bin_size).share,
        waves=wave_eigenvectors(found.recurrent_weight, found.waves, count=10).waves,
        contrast=centre_surround(found.recurrent_weight, found.phase),
        contrast_null=centre_surround(found.recurrent_weight, shuffled),
        likeness=unit_likeness(found.recurrent_weight, found.phase),
        bump_score=_bump_score(activity, found.phase, found.waves, found.box),
        bump_score_null=_bump_score(activity, shuffled, found.waves, found.box),
        distance=lattice_return(found.maps, found.waves, bin_size=bin_size),
        distance_null=lattice_return(found.maps, found.waves, bin_size=bin_size, turned=np.pi / 6),
    )


def best_scores(scores: np.ndarray, best: int = 25) -> float:
    """Return the median score of the best units.

    Parameters
    ----------
    scores : numpy.ndarray, [unit]
        Grid scores; NaN counts as the lowest.
    best : int
        How many.

    Returns
    -------
    float
        The median.

    Raises
    ------
    ValueError
        If there are fewer units.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 1C (the 25 units with the highest scores).

    Examples
    --------
    >>> best_scores(np.array([0.1, np.nan, 1.2, 0.8, 1.0]), 3)
    1.0
    """
    if len(scores) < check_count(best, "best"):
        raise ValueError(f"scores: expected at least {best}, one a unit, got {len(scores)}")
    return float(np.median(np.sort(np.nan_to_num(scores, nan=-2.0))[-best:]))


def lattice_return(rate_maps: np.ndarray, waves: SixWaves, *, bin_size: float, turned: float = 0.0) -> float:
    """Measure how near a population's pattern comes to where it was when the animal has walked one lattice period.

    Parameters
    ----------
    rate_maps : numpy.ndarray, [unit, bin, bin]
        Rate maps.
    waves : SixWaves
        The lattice: its spacing and direction.
    bin_size : float
        Side of a bin, m.
    turned : float
        Angle by which the walk's directions are turned away from the lattice's axes, rad.

    Returns
    -------
    float
        Median distance between the patterns of two places one period apart along the lattice's three axes, over the
        greatest distance between the patterns of any two places: 0 for a lattice alone, 1 for a code without any; NaN
        where no walk of one period fits into the maps.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 4D (distance along 0°, 60° and 120° in the space of all units). Patterns between
    bins are interpolated.

    Examples
    --------
    >>> from gridcells.scores.lattices import lattice_maps
    >>> from gridcells.world.arenas import Rectangle
    >>> phase = np.random.default_rng(0).uniform(0, 2 * np.pi, (40, 2))
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), spacing=np.full(40, 0.6), phase=phase, bins=40)
    >>> waves = six_waves(maps, 0.055)
    >>> aside = lattice_return(maps, waves, bin_size=0.055, turned=np.pi / 6)
    >>> lattice_return(maps, waves, bin_size=0.055) < 0.2 < aside
    True
    """
    bins = rate_maps.shape[-1]
    flat = rate_maps.reshape(len(rate_maps), -1).T  # [place, unit]
    squared = np.square(flat).sum(1)
    greatest = np.sqrt(max((squared[:, None] + squared - 2 * flat @ flat.T).max(), 0.0))
    place = np.stack(np.meshgrid(np.arange(bins), np.arange(bins), indexing="ij")).reshape(2, 1, -1)
    angle = waves.wave_direction + np.pi / 6 + np.pi / 3 * np.arange(3) + turned
    there = (
        place + waves.spacing / bin_size * np.stack([np.cos(angle), np.sin(angle)])[..., None]
    )  # [axis, walk, place]
    inside = ((there >= 0) & (there <= bins - 1)).all(0)  # [walk, place]
    if not inside.any():
        return float("nan")
    moved = np.stack([map_coordinates(one, there[:, inside], order=1) for one in rate_maps.astype(float)], axis=1)
    start = flat[np.nonzero(inside)[1]]
    return float(np.median(np.linalg.norm(moved - start, axis=1)) / greatest)


def centre_surround(recurrent_weight: np.ndarray, phase: np.ndarray) -> float:
    """Measure how much stronger units drive their neighbours on the sheet of phases than units far from them.

    Parameters
    ----------
    recurrent_weight : numpy.ndarray, [unit, unit]
        Weights, into row from column.
    phase : numpy.ndarray, [unit, 2]
        Phases of the units, rad.

    Returns
    -------
    float
        Mean outgoing weight near a unit's own phase minus that far from it; above 0 for a centre-surround. NaN where no
        two units are as near, or as far, as that.

    Raises
    ------
    ValueError
        As `outgoing_connectivity`.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 5G (mean outgoing weights on the sheet).

    Examples
    --------
    >>> phase = np.random.default_rng(0).uniform(0, 2 * np.pi, (400, 2))
    >>> apart = phase[:, None] - phase
    >>> centre_surround(np.cos(apart).sum(-1), phase) > 1
    True
    """
    sheet = outgoing_connectivity(recurrent_weight, phase, bins=_BINS)
    total = np.nan_to_num(sheet.mean) * sheet.pairs
    near, far = (total[block].sum() / (sheet.pairs[block].sum() or np.nan) for block in (_NEAR, _FAR))
    return float(near - far)


def unit_likeness(recurrent_weight: np.ndarray, phase: np.ndarray) -> float:
    """Measure how alike the outgoing weights of single units are to their mean.

    Parameters
    ----------
    recurrent_weight : numpy.ndarray, [unit, unit]
        Weights, into row from column.
    phase : numpy.ndarray, [unit, 2]
        Phases of the units, rad.

    Returns
    -------
    float
        Median correlation, over every fifth unit, of its outgoing weights on the sheet with the mean of all.

    Raises
    ------
    ValueError
        As `outgoing_connectivity`.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 5G (single units look structureless).

    Examples
    --------
    >>> phase = np.random.default_rng(0).uniform(0, 2 * np.pi, (400, 2))
    >>> apart = phase[:, None] - phase
    >>> unit_likeness(np.cos(apart).sum(-1), phase) > 0.8
    True
    """
    sheet = outgoing_connectivity(recurrent_weight, phase, bins=_BINS)
    single = unit_connectivity(recurrent_weight, phase, np.arange(0, len(recurrent_weight), _EVERY), bins=_BINS)
    known = sheet.pairs > 0
    mean, alone = sheet.mean[known], single[:, known] / sheet.pairs[known]
    return float(np.median([np.corrcoef(mean, one)[0, 1] for one in alone]))


def _scores_of(found: MechanismStudy, noise: np.ndarray) -> np.ndarray:
    """Score null maps, in populations as large as the units' → [population, unit]."""
    scores = grid_scores(noise, form=found.task.preset.scoring.form, keep_autocorrelogram=False).score_60
    return scores.reshape(-1, len(found.maps))


@torch.no_grad()
def _resting(found: MechanismStudy, generator: np.random.Generator) -> np.ndarray:
    """Return states of the lattice's units after a rest at places drawn from a grid → [state, unit]."""
    start = grid_of_positions(found.task, _SIDE)
    chosen = start[generator.choice(len(start), _STATES, replace=False)]
    network = found.network
    place = torch.as_tensor(chosen, dtype=network.dtype, device=network.device)
    code = found.task.place_cells.initial_code(place)
    still = code.new_zeros(len(chosen), _STEPS, 2)
    return network.hidden(still, code)[:, -1].cpu().double().numpy()[:, found.units]


def _bump_score(activity: np.ndarray, phase: np.ndarray, waves: SixWaves, box: float) -> float:
    drawn = bump_map(activity, phase, waves, box=box, cell_bins=_CELL)
    return float(np.nanmedian(grid_scores(drawn, keep_autocorrelogram=False).score_60))
