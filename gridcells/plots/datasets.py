"""A drawing of a dataset of paths: how fast, how curved and where."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gridcells.plots.style import COLOURS, RATE_MAP, checked, styled

__all__ = ["plot_dataset"]


@styled
def plot_dataset(
    speed: ArrayLike,
    speed_edges: ArrayLike,
    turn: ArrayLike,
    turn_edges: ArrayLike,
    occupancy: ArrayLike,
    half_side: float,
    *,
    title: str = "",
) -> Figure:
    """Draw the distributions of speed and turn and the occupancy of a dataset.

    Parameters
    ----------
    speed, turn : array_like, [bin]
        Shares of the samples in each bin.
    speed_edges, turn_edges : array_like, [bin + 1]
        Edges of the bins, m/s and rad (drawn in degrees).
    occupancy : array_like, [bin_x, bin_y]
        Samples at each place.
    half_side : float
        Half the side of the square that the occupancy covers, m.
    title : str
        What to write above.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ValueError
        If there is not one more edge than bins.

    Examples
    --------
    >>> figure = plot_dataset([0.5, 0.5], [0, 0.1, 0.2], [1.0], [-1, 1], np.ones((2, 2)), 1.1)
    >>> [ax.get_xlabel() for ax in figure.axes[:3]]
    ['speed (m/s)', 'net turn a sample (degrees)', 'x (m)']
    """
    figure, axes = plt.subplots(1, 3, figsize=(9.6, 2.9))
    panels: tuple[Any, ...] = (
        ("speed", speed, speed_edges, 1.0, "speed (m/s)"),
        ("turn", turn, turn_edges, 180 / np.pi, "net turn a sample (degrees)"),
    )
    for ax, (name, shares, edges, factor, label) in zip(axes, panels, strict=False):
        share, edge = checked(shares, name, ("bin",)), factor * checked(edges, f"{name}_edges", ("edge",))
        if len(edge) != len(share) + 1:
            raise ValueError(f"{name}_edges: expected {len(share) + 1} edges, got {len(edge)}")
        ax.stairs(share / np.diff(edge), edge, fill=True, color=COLOURS["sky"])
        filled = np.flatnonzero(share)
        if filled.size:
            ax.set_xlim(edge[filled[0]], edge[filled[-1] + 1])
        ax.set(xlabel=label, ylabel="density of the samples")
    counts = checked(occupancy, "occupancy", ("bin_x", "bin_y"))
    extent = (-half_side, half_side, -half_side, half_side)
    image = axes[2].imshow(np.where(counts > 0, counts, np.nan).T, origin="lower", extent=extent, cmap=RATE_MAP, vmin=0)
    axes[2].set(xlabel="x (m)", ylabel="y (m)")
    figure.colorbar(image, ax=axes[2], label="samples")
    if title:
        figure.suptitle(title)
    return figure
