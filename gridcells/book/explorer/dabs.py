"""Dabs of paint on a map: what a pointer, or a key, does to the pattern of one cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridcells._common.checks import check_choice, check_count

__all__ = ["BRUSHES", "Dab", "add_dab"]

BRUSHES = ("paint", "erase")
STROKE = 3.0  # what a dab of paint adds at its middle, in units of the map's root mean square
WIDE = 2.0  # an eraser's standard deviation, in place field widths


@dataclass(frozen=True)
class Dab:
    """One touch of a brush.

    Parameters
    ----------
    step : int
        After how many steps of the simulation.
    cell : int
        On which map.
    x, y : int
        On which bin.
    brush : {"paint", "erase"}
        "paint" adds a bump as wide as a place field; "erase" fades the map out, over twice that width.

    Raises
    ------
    ValueError
        If a number is below 0, or the brush is none of these.

    Examples
    --------
    >>> Dab(step=300, cell=0, x=20, y=40, brush="erase").brush
    'erase'
    """

    step: int
    cell: int
    x: int
    y: int
    brush: str = "paint"

    def __post_init__(self) -> None:
        for name in ("step", "cell", "x", "y"):
            check_count(getattr(self, name), name, 0)
        check_choice(self.brush, "brush", BRUSHES)


def add_dab(maps: np.ndarray, dab: Dab, *, sigma: float, walls: bool = False) -> np.ndarray:
    r"""Return maps after one dab, of mean square 1.

    .. math:: g \leftarrow g + 3\,e^{-d^2/2\sigma^2} \quad\text{or}\quad g \leftarrow g\,(1 - e^{-d^2/2(2\sigma)^2})

    Parameters
    ----------
    maps : numpy.ndarray, [cell, bin, bin]
        Maps of any length; the result is scaled to mean square 1, as the simulation does.
    dab : Dab
        Which map, where, and which brush; its step is not looked at.
    sigma : float
        Place field width, bins.
    walls : bool
        False: the dab goes on at the other side, as the box does.

    Returns
    -------
    numpy.ndarray, [cell, bin, bin]
        New maps.

    Raises
    ------
    ValueError
        If the dab is on none of the maps.

    Examples
    --------
    >>> touched = add_dab(np.ones((2, 8, 8)), Dab(0, cell=1, x=2, y=2, brush="erase"), sigma=1.0)
    >>> float(touched[0, 2, 2]), float(touched[1, 2, 2])
    (1.0, 0.0)
    """
    bins = maps.shape[1]
    if dab.cell >= len(maps) or max(dab.x, dab.y) >= bins:
        raise ValueError(f"dabs: expected a bin of {bins} x {bins} on one of {len(maps)} maps, got {dab}")
    away = np.abs(np.arange(bins) - np.array([[dab.x], [dab.y]]))  # [axis, bin]
    if not walls:
        away = np.minimum(away, bins - away)
    square = (away[0] ** 2)[:, None] + away[1] ** 2
    maps = maps / np.sqrt((maps**2).mean((1, 2), keepdims=True))
    if dab.brush == "paint":
        maps[dab.cell] += STROKE * np.exp(-square / (2 * sigma**2))
    else:
        maps[dab.cell] *= 1 - np.exp(-square / (2 * (WIDE * sigma) ** 2))
    maps[dab.cell] /= np.sqrt((maps[dab.cell] ** 2).mean())
    return maps
