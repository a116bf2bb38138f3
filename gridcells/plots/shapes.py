"""Shapes of clouds of points, explained: points joined at growing distances, and a torus glued from a unit cell."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gridcells.plots.style import COLOURS, checked, styled

__all__ = ["plot_gluing", "plot_joined_points"]

_FINE = 49  # lines along each side of a drawn surface
_THIN = 0.35  # the tube's radius over the ring's


@styled
def plot_joined_points(points: ArrayLike, distances: Sequence[float]) -> Figure:
    """Draw points of a plane, joined where they are nearer to each other than each of several distances.

    Parameters
    ----------
    points : array_like, [point, 2]
        The points.
    distances : sequence of float
        One panel for each, in the unit of the points.

    Returns
    -------
    matplotlib.figure.Figure
        A new figure.

    Raises
    ------
    ValueError
        If the points are none of a plane.

    Notes
    -----
    Source: the Vietoris-Rips complex behind a barcode, as Gardner et al. 2022 use it; its triangles are not drawn.

    Examples
    --------
    >>> figure = plot_joined_points([[0, 0], [1, 0], [0, 1]], [0.5, 1.2])
    >>> [len(ax.collections[0].get_segments()) for ax in figure.axes]
    [0, 2]
    """
    cloud = checked(points, "points", ("point", "xy"))
    if cloud.shape[1] != 2:
        raise ValueError(f"points: expected shape [point, 2], got {cloud.shape}")
    first, second = np.triu_indices(len(cloud), 1)
    apart = np.linalg.norm(cloud[first] - cloud[second], axis=1)
    figure, axes = plt.subplots(1, len(distances), figsize=(2.3 * len(distances), 2.5), squeeze=False)
    for ax, limit in zip(axes[0], distances, strict=True):
        near = apart < limit
        lines = np.stack([cloud[first[near]], cloud[second[near]]], 1)
        ax.add_collection(LineCollection(list(lines), colors=COLOURS["sky"], linewidths=0.5, alpha=0.7))
        ax.plot(*cloud.T, ".", color=COLOURS["blue"], markersize=4)
        ax.set(title=f"joined below {limit:g}", aspect="equal")
        ax.axis("off")
    return figure


@styled
def plot_gluing() -> Figure:
    """Draw how the unit cell of a lattice becomes a torus: opposite sides are one place, so they are glued.

    Returns
    -------
    matplotlib.figure.Figure
        A new figure: the cell with its sides in two colours, the tube, the torus.

    Notes
    -----
    Source: Gardner et al. 2022 and Sorscher et al. 2023, Fig. 4 (the unit cell's phases lie on a torus).

    Examples
    --------
    >>> len(plot_gluing().axes)
    3
    """
    figure = plt.figure(figsize=(7.6, 2.7))
    first, second = np.meshgrid(np.linspace(0, 1, _FINE), np.linspace(0, 1, _FINE))
    one, other = COLOURS["vermillion"], COLOURS["blue"]
    flat = figure.add_subplot(1, 3, 1)
    corners = np.array([[0, 0], [1, 0], [1.5, np.sqrt(0.75)], [0.5, np.sqrt(0.75)], [0, 0]])
    flat.fill(*corners.T, color=COLOURS["grey"], alpha=0.15, linewidth=0)
    for number, colour in enumerate((one, other, one, other)):
        flat.plot(*corners[number : number + 2].T, color=colour, linewidth=3)
    flat.text(0.75, 0.43, "a place in the cell:\ntwo phases", ha="center", va="center", fontsize=8)
    flat.set(aspect="equal", title="the unit cell of a lattice")
    flat.axis("off")
    for place, closed in ((2, False), (3, True)):
        ax = figure.add_subplot(1, 3, place, projection="3d")
        surface = _bent(first, second, closed)
        ax.plot_surface(*surface, color=COLOURS["grey"], alpha=0.25, linewidth=0, rstride=2, cstride=2)
        along = np.linspace(0, 1, _FINE)
        ax.plot(*_bent(along, 0 * along, closed), color=one, linewidth=2.5)
        for end in (0.0,) if closed else (0.0, 1.0):
            ax.plot(*_bent(end + 0 * along, along, closed), color=other, linewidth=2.5)
        ax.set(title="both red sides glued: a tube" if not closed else "the tube's ends glued: a torus")
        ax.set_box_aspect(np.ptp(np.reshape(surface, (3, -1)), axis=1) + 0.01, zoom=1.25 if closed else 1.05)
        ax.view_init(elev=35, azim=-60)
        ax.axis("off")
    return figure


def _bent(first: np.ndarray, second: np.ndarray, closed: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where places of the unit cell come to lie on a tube, or on the torus that it is closed to."""
    around = 2 * np.pi * second
    if not closed:
        return 4.5 * (first - 0.5), np.cos(around) * _THIN * 2, np.sin(around) * _THIN * 2
    along = 2 * np.pi * first
    radius = 1 + _THIN * np.cos(around)
    return radius * np.cos(along), radius * np.sin(along), _THIN * np.sin(around)
