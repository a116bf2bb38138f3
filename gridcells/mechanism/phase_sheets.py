"""A lattice's units laid out by phase: the sheet, the bump that moves on it, and where velocity pushes the bump."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from gridcells._common.checks import as_numpy, check_count, check_positive
from gridcells.mechanism.fixed_points import grid_of_positions
from gridcells.mechanism.waves import SixWaves
from gridcells.networks.path_integrator import PathIntegrator
from gridcells.training.place_task import PlaceTask
from gridcells.world.arenas import Rectangle

__all__ = ["VelocityPush", "bump_map", "phase_sheet", "velocity_push"]

_DIRECTIONS = 8  # of the movements that a push is averaged over


@dataclass(frozen=True)
class VelocityPush:
    """What a movement adds to the units' activity, by where each unit's nearest field lies from the animal.

    Attributes
    ----------
    ahead : numpy.ndarray, [bin]
        Distance of the field's centre ahead of the animal, along the movement, m.
    push : numpy.ndarray, [bin]
        Mean change of activity by one step of movement, less that of a step at rest.
    activity : numpy.ndarray, [bin]
        Mean activity at rest: the bump.
    leading, trailing : float
        Mean push on units whose field's centre lies ahead, and behind.
    standard_error : float
        Of leading minus trailing, over the places that the animal stood at.
    """

    ahead: np.ndarray
    push: np.ndarray
    activity: np.ndarray
    leading: float
    trailing: float
    standard_error: float


def phase_sheet(phase: Any, side: int | None = None) -> np.ndarray:
    """Assign each unit a place of its own on a square sheet, as near to its phase as the others allow.

    Parameters
    ----------
    phase : array_like, [unit, 2]
        Phases in the lattice's unit cell, rad (`gridcells.mechanism.waves.lattice_phases`).
    side : int, optional
        Places along each side of the sheet; the most that the units fill if None.

    Returns
    -------
    numpy.ndarray, [side, side]
        Which unit lies at each place; the sheet's axes are the two phases, and its opposite edges are neighbours.

    Raises
    ------
    ValueError
        If the phases are not of that shape or not finite, or the units do not fill the sheet.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 5 (4 096 units sorted to 64 × 64). The sum of squared distances on the torus is
    the least there is (linear assignment).

    Examples
    --------
    >>> phase_sheet([[0, 0], [np.pi, 0], [0, np.pi], [np.pi, np.pi]])
    array([[0, 2],
           [1, 3]])
    """
    phases = _phases(phase)
    side = int(len(phases) ** 0.5) if side is None else check_count(side, "side")
    if side * side > len(phases):
        raise ValueError(f"side: expected at most {int(len(phases) ** 0.5)} for {len(phases)} units, got {side}")
    axis = 2 * np.pi * np.arange(side) / side
    place = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    apart = np.angle(np.exp(1j * (place[:, None] - phases)))  # [place, unit, axis]
    return linear_sum_assignment(np.square(apart).sum(-1))[1].reshape(side, side)


def bump_map(activity: Any, phase: Any, waves: SixWaves, *, box: float, bins: int = 40, cell_bins: int = 12) -> Any:
    """Draw states of a population in space: at each point the activity of the units that would fire there.

    Parameters
    ----------
    activity : array_like, [state, unit]
        Activity of the units in each state.
    phase : array_like, [unit, 2]
        Their phases, rad.
    waves : SixWaves
        The lattice.
    box : float
        Side of the square to draw, m.
    bins : int
        Bins along its side.
    cell_bins : int
        Bins along each axis of the unit cell, in each of which units are averaged.

    Returns
    -------
    numpy.ndarray, [state, bin, bin]
        Bumps, once every lattice period; NaN where no unit has the phase.

    Raises
    ------
    ValueError
        If shapes do not fit.

    Notes
    -----
    Source: ours, for the states of Sorscher et al. 2023, Fig. 4, drawn as bumps in space instead of as points.

    Examples
    --------
    >>> from gridcells.mechanism.waves import SixWaves
    >>> waves = SixWaves(8.0, 0.0, np.ones((50, 3), complex), np.ones(50), np.ones(3) / 3, 1.0)
    >>> phase = np.random.default_rng(0).uniform(0, 2 * np.pi, (400, 2))
    >>> bump_map(np.exp(3 * np.cos(phase).sum(1))[None], phase, waves, box=2.2, cell_bins=8).shape
    (1, 40, 40)
    """
    phases, states = _phases(phase), as_numpy(activity, "activity")
    if states.ndim != 2 or states.shape[1] != len(phases):
        raise ValueError(f"activity: expected shape [state, {len(phases)}], got {states.shape}")
    check_positive(box, "box", "m")
    cell = np.rint(phases / (2 * np.pi) * cell_bins).astype(int) % cell_bins
    flat = cell[:, 0] * cell_bins + cell[:, 1]
    count = np.bincount(flat, minlength=cell_bins**2)
    members = np.zeros((len(phases), cell_bins**2))
    members[np.arange(len(phases)), flat] = 1
    mean = np.divide(states @ members, count, out=np.full((len(states), cell_bins**2), np.nan), where=count > 0)
    place = Rectangle(box, box).bin_centres(bins)  # [bin_x, bin_y, 2], m
    at = np.rint((place @ waves.vectors[:2].T) / (2 * np.pi) * cell_bins).astype(int) % cell_bins
    return mean[:, at[..., 0] * cell_bins + at[..., 1]]


@torch.no_grad()
def velocity_push(
    network: PathIntegrator,
    task: PlaceTask,
    phase: Any,
    waves: SixWaves,
    *,
    units: Any = None,
    speed: float = 1.0,
    side: int = 12,
    bins: int = 15,
    settle: int = 10,
) -> VelocityPush:
    """Measure on which side of the bump a movement adds activity.

    Parameters
    ----------
    network : PathIntegrator
        A network.
    task : Task
        Its task.
    phase : array_like, [unit, 2]
        Phases of the units that belong to the lattice, rad.
    waves : SixWaves
        The lattice.
    units : array_like of int, [unit], optional
        Which units of the network these are; all of them by default.
    speed : float
        Speed of the movements, m/s, in eight directions.
    side : int
        Places along each side of the arena at which the animal stands.
    bins : int
        Bins along the direction of movement, half a period of the waves to either side.
    settle : int
        Samples that the animal stands still before it moves.

    Returns
    -------
    VelocityPush
        Push and bump along the direction of movement.

    Raises
    ------
    ValueError
        If shapes do not fit or a number is not above 0.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 6F–J (velocity pushes on the leading edge of a bump).
    """
    phases = _phases(phase)
    chosen = np.arange(network.units) if units is None else np.asarray(units)
    if chosen.shape != (len(phases),):
        raise ValueError(f"units: expected {len(phases)}, one a phase, got shape {chosen.shape}")
    check_positive(speed, "speed", "m/s")
    here = grid_of_positions(task, check_count(side, "side", 2))
    place = task.place_cells.initial_code(torch.as_tensor(here, dtype=network.dtype, device=network.device))
    still = place.new_zeros(len(here), check_count(settle, "settle", 2) + 1, 2)
    rest = network.hidden(still, place)[:, -1].cpu().double().numpy()[:, chosen]
    angle = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    offset = _nearest(phases - (here @ waves.vectors[:2].T)[:, None], waves)  # [place, unit, 2], m
    width = np.pi / waves.wave_number  # half a wavelength
    edges = np.linspace(-width, width, check_count(bins, "bins", 3) + 1)
    push, bump, count = np.zeros(bins), np.zeros(bins), np.zeros(bins)
    contrast = []
    for direction in np.stack([np.cos(angle), np.sin(angle)], axis=1):
        moving = still.clone()
        moving[:, -1] = torch.as_tensor(speed * direction, dtype=network.dtype, device=network.device)
        change = network.hidden(moving, place)[:, -1].cpu().double().numpy()[:, chosen] - rest
        ahead = offset @ direction  # [place, unit]
        inside = np.abs(ahead) < width
        which = np.clip(np.digitize(ahead[inside], edges) - 1, 0, bins - 1)
        push += np.bincount(which, change[inside], bins)
        bump += np.bincount(which, rest[inside], bins)
        count += np.bincount(which, minlength=bins)
        front, back = inside & (ahead > 0), inside & (ahead < 0)
        contrast.append([(change * front).sum(1) / front.sum(1), (change * back).sum(1) / back.sum(1)])
    leading, trailing = np.mean(contrast, axis=0)  # [place] each, over directions
    known = np.maximum(count, 1)
    return VelocityPush(
        (edges[1:] + edges[:-1]) / 2,
        push / known,
        bump / known,
        float(leading.mean()),
        float(trailing.mean()),
        float((leading - trailing).std(ddof=1) / np.sqrt(len(here))),
    )


def _phases(phase: Any) -> np.ndarray:
    phases = as_numpy(phase, "phase")
    if phases.ndim != 2 or phases.shape[1] != 2 or not np.isfinite(phases).all():
        raise ValueError(f"phase: expected shape [unit, 2] of finite numbers in rad, got {phases.shape}")
    return phases.astype(float)


def _nearest(phase: np.ndarray, waves: SixWaves) -> np.ndarray:
    """Return the shortest displacement [..., 2], m, with these phases along the first two waves."""
    inverse = np.linalg.inv(waves.vectors[:2])
    turns = 2 * np.pi * np.stack(np.meshgrid((-1, 0, 1), (-1, 0, 1), indexing="ij"), axis=-1).reshape(-1, 2)
    every = (np.angle(np.exp(1j * phase))[..., None, :] + turns) @ inverse.T  # [..., turn, 2]
    nearest = np.square(every).sum(-1).argmin(-1)
    return np.take_along_axis(every, nearest[..., None, None], axis=-2)[..., 0, :]
