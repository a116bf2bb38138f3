"""How many grid cells of one module make a flat and isotropic metric of space, and with which phases.

A module's cells have one hexagonal map and differ in phase alone. Where the animal moves, their rates change; how much
they do together, by place and direction, is the metric tensor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize

from gridcells._common.checks import as_numpy, check_count, check_generator
from gridcells.scores.lattices import LATTICES

__all__ = ["FLAT", "ModulePhases", "conformal_phases", "metric_error", "phase_distances"]

FLAT = 1e-6  # a metric error below this is rounding and the optimiser's tolerance

# three unit wave vectors that add up to zero, and their cycles along the lattice's two periods
_WAVES = np.stack([[np.cos(2 * turn), np.sin(2 * turn)] for turn in LATTICES["hexagonal"][0]])
_CYCLES = np.array([[1, 0], [0, 1], [-1, -1]])
_PERIODS = 2 * np.pi * np.linalg.inv(_WAVES[:2])  # [axis, period]: the lattice, in radians of a wave of length 1
_BINS = 12  # a side of the unit cell: its metric has no wave beyond two cycles


@dataclass(frozen=True, eq=False)
class ModulePhases:
    """The phases of a module's cells.

    Attributes
    ----------
    phases : numpy.ndarray, [cell, 2]
        Shares of the lattice's two periods, 0 to 1.
    error : float
        The metric's deviation from a flat and isotropic one, see `metric_error`.
    """

    phases: np.ndarray
    error: float


def metric_error(phases: ArrayLike) -> float:
    r"""Measure how far a module's metric is from being the same everywhere and in all directions.

    .. math:: g_{ij}(x) = \sum_n \partial_i r_n \, \partial_j r_n, \qquad
              r_n(x) = \sum_a \cos k_a \cdot (x - \phi_n)

    Parameters
    ----------
    phases : array_like, [cell, 2]
        Shares of the lattice's two periods.

    Returns
    -------
    float
        Root mean square, over the unit cell, of g minus its flat and isotropic mean, over the same of that mean; 0
        for a conformal isometry.

    Raises
    ------
    ValueError
        If phases are not of that shape.

    Notes
    -----
    Source: Schøyen et al. 2025, the metric tensor of a module of grid cells (Fig. 2). The form of the error is ours.

    Examples
    --------
    Seven phases along a line that winds through the cell:

    >>> winding = np.arange(7)[:, None] * np.array([1, 2]) / 7
    >>> metric_error(winding) < FLAT, round(metric_error(winding[:6]), 2)
    (True, 0.24)
    """
    values = as_numpy(phases, "phases").astype(float)
    if values.ndim != 2 or values.shape[1] != 2 or not len(values):
        raise ValueError(f"phases: expected shape [cell, 2], got {values.shape}")
    return float(np.sqrt(_loss(values)[0]))


def conformal_phases(cells: int, *, starts: int = 4, generator: np.random.Generator | int) -> ModulePhases:
    """Choose the phases of a number of cells so that their metric is as flat and isotropic as can be.

    Parameters
    ----------
    cells : int
        Number of cells.
    starts : int
        From how many random sets of phases to begin; the best is returned.
    generator : numpy.random.Generator or int
        Their source, or a seed for one.

    Returns
    -------
    ModulePhases
        The phases.

    Raises
    ------
    ValueError
        If there is no cell or no start.

    Notes
    -----
    Source: Schøyen et al. 2025, Fig. 4: seven cells suffice. Why: nine waves have to vanish from the metric, the
    products of the three with each other, and phases on a lattice of index seven are the first that cancel all.

    Examples
    --------
    >>> [bool(conformal_phases(cells, generator=0).error < FLAT) for cells in (6, 7)]
    [False, True]
    """
    check_count(cells, "cells")
    source = check_generator(generator)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = _loss(flat.reshape(cells, 2))
        return value, gradient.ravel()

    options = {"maxiter": 500, "ftol": 1e-16, "gtol": 1e-9}
    found = [
        minimize(loss, source.random(2 * cells), jac=True, method="L-BFGS-B", options=options)
        for _ in range(check_count(starts, "starts"))
    ]
    best = min(found, key=lambda one: one.fun)
    return ModulePhases(best.x.reshape(cells, 2) % 1, float(np.sqrt(best.fun)))


def phase_distances(phases: ArrayLike) -> np.ndarray:
    """Return how far each cell's phase is from the nearest other one, over the distance between fields.

    Parameters
    ----------
    phases : array_like, [cell, 2]
        Shares of the lattice's two periods, of at least two cells.

    Returns
    -------
    numpy.ndarray, [cell]
        Distances on the torus; of seven phases on a hexagonal lattice all are one over the root of seven.

    Raises
    ------
    ValueError
        If there are fewer than two phases.

    Notes
    -----
    Source: Schøyen et al. 2025, Fig. 4 (the order of phases; there by Ripley's H, which a module of hundreds needs).

    Examples
    --------
    >>> (phase_distances(np.arange(7)[:, None] * np.array([1, 2]) / 7) * 7**0.5).round(3)
    array([1., 1., 1., 1., 1., 1., 1.])
    """
    values = as_numpy(phases, "phases").astype(float)
    if values.ndim != 2 or values.shape[1] != 2 or len(values) < 2:
        raise ValueError(f"phases: expected shape [cell, 2] with at least two cells, got {values.shape}")
    apart = (values[:, None] - values + 0.5) % 1 - 0.5
    copies = apart[:, :, None] + np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), -1).reshape(9, 2)
    length = np.linalg.norm(copies @ _PERIODS.T, axis=-1).min(-1) / np.linalg.norm(_PERIODS[:, 0])
    np.fill_diagonal(length, np.inf)
    return length.min(1)


def _loss(phases: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the squared error of the metric and its slope by the phases [cell, 2]."""
    side = np.arange(_BINS) / _BINS
    place = np.stack(np.meshgrid(side, side, indexing="ij"), -1).reshape(-1, 1, 2)  # [place, 1, 2]
    angle = 2 * np.pi * (place - phases) @ _CYCLES.T  # [place, cell, wave]
    change = -np.sin(angle) @ _WAVES  # [place, cell, 2]
    mean = 0.75 * len(phases)  # of either diagonal component, over the unit cell
    miss = np.einsum("xni,xnj->xij", change, change) - mean * np.eye(2)
    of_change = 4 * np.einsum("xij,xnj->xni", miss, change)
    of_angle = of_change @ _WAVES.T * -np.cos(angle)
    slope = np.einsum("xna,ab->nb", of_angle, -2 * np.pi * _CYCLES)
    size = 2 * mean**2 * len(place)
    return float((miss**2).sum() / size), slope / size
