"""Ideal rate maps whose answer is known: hexagons, squares and bands of a given spacing, orientation and phase."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.bins import BinGrid, Bins, Bounded, check_bounds
from gridcells._common.checks import as_numpy, check_choice

__all__ = ["LATTICES", "lattice_maps"]

# the directions of the plane waves, rad, and the wavelength over the distance between neighbouring fields
LATTICES = {
    "hexagonal": ((0.0, np.pi / 3, 2 * np.pi / 3), np.sqrt(3) / 2),
    "square": ((0.0, np.pi / 2), 1.0),
    "band": ((0.0,), 1.0),
}


def lattice_maps(
    arena: Bounded,
    spacing: ArrayLike,
    *,
    kind: str = "hexagonal",
    orientation: ArrayLike = 0.0,
    phase: ArrayLike = (0.0, 0.0),
    bins: Bins = 20,
    rectified: bool = True,
) -> np.ndarray:
    r"""Draw maps of perfect periodic firing, sampled at the centres of the bins.

    .. math:: f(x) = \sum_j \cos[k_j \cdot (x - x_0)], \qquad |k_j| = 2\pi / \lambda

    with the waves of "hexagonal" 60 degrees apart and :math:`\lambda = \frac{\sqrt3}{2}` times the spacing, so that
    neighbouring fields lie one spacing apart.

    Parameters
    ----------
    arena : object with ``bounds``
        What is mapped; ``bounds`` is (x_min, x_max, y_min, y_max), m.
    spacing : float or array_like [unit]
        Distance between neighbouring fields (of "band": between bands), m.
    kind : {"hexagonal", "square", "band"}
        Three waves, two or one.
    orientation : float or array_like [unit]
        Direction from a field to a neighbouring one, anticlockwise from the x axis, rad; of "band", that across the
        bands.
    phase : array_like [2] or [unit, 2]
        Where one field lies, m.
    bins : int or (int, int)
        Number of bins along x and along y.
    rectified : bool
        Cut the rates off at 0, as a ReLU would; otherwise they go as far below.

    Returns
    -------
    numpy.ndarray, [unit, bin_x, bin_y]
        The maps, largest possible value 1, first map axis x.

    Raises
    ------
    ValueError
        If a spacing is not above 0, the phase has no two coordinates, or the numbers of units differ.

    Notes
    -----
    Source: Solstad et al. 2006 (a grid as the sum of three cosines); Sorscher et al. 2023 (spacing 4π/(√3 k)).

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), [0.5, 0.7], bins=40)
    >>> maps.shape
    (2, 40, 40)
    """
    directions, ratio = LATTICES[check_choice(kind, "kind", tuple(LATTICES))]
    spacing, orientation = np.atleast_1d(as_numpy(spacing, "spacing")), as_numpy(orientation, "orientation")
    phase = as_numpy(phase, "phase")
    if spacing.ndim != 1 or not (np.isfinite(spacing) & (spacing > 0)).all():
        raise ValueError(f"spacing: expected numbers above 0 m, got {spacing.tolist()}")
    if phase.ndim not in (1, 2) or phase.shape[-1] != 2:
        raise ValueError(f"phase: expected (x, y) in m, shape [2] or [unit, 2], got {phase.shape}")
    try:
        units = np.broadcast_shapes(spacing.shape, orientation.shape, phase.shape[:-1])
    except ValueError:
        raise ValueError(
            f"spacing, orientation, phase: expected as many units each, or one,"
            f" got {spacing.shape}, {orientation.shape} and {phase.shape}"
        ) from None
    along_x, along_y = BinGrid(check_bounds(arena.bounds, "arena.bounds"), bins).axis_centres
    x = along_x - np.broadcast_to(phase[..., :1], (*units, 1))
    y = along_y - np.broadcast_to(phase[..., 1:], (*units, 1))
    turn = np.pi / 6 if kind == "hexagonal" else 0.0  # a hexagonal lattice's waves lie between its neighbours
    angle = orientation[..., None] + turn + np.array(directions)  # [unit, wave]
    number = 2 * np.pi / (ratio * spacing)[:, None]
    wave_x = np.exp(1j * (number * np.cos(angle))[..., None] * x[:, None])  # [unit, wave, bin_x]
    wave_y = np.exp(1j * (number * np.sin(angle))[..., None] * y[:, None])
    maps = np.einsum("uwx,uwy->uxy", wave_x, wave_y).real / len(directions)
    return np.maximum(maps, 0.0) if rectified else maps
