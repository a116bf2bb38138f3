"""The shape of a population's activity, drawn: barcodes, and circular coordinates over the arena."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gridcells.plots.style import COLOURS, IN_TURN, WIDE, checked, new_axes, styled

__all__ = ["plot_barcode", "plot_phase_over_arena"]


@styled
def plot_barcode(
    bars: Sequence[ArrayLike], band: Sequence[float], *, shown: int = 12, title: str = "", ax: Axes | None = None
) -> Axes:
    """Draw the longest bars of each dimension, and the length that no bar of any shuffle exceeds.

    Parameters
    ----------
    bars : sequence of array_like, [bar, 2]
        For each dimension births and deaths, longest first.
    band : sequence of float
        For each dimension the longest bar of any shuffle, drawn from each bar's birth.
    shown : int
        Bars drawn of each dimension.
    title : str
        Title of the axes.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there are not as many bands as dimensions.

    Notes
    -----
    Source: Gardner et al. 2022, Fig. 2; Sorscher et al. 2023, Fig. 4C.

    Examples
    --------
    >>> plot_barcode([[[0, 1]], [[0.2, 0.9]]], [0.1, 0.1]).get_xlabel()
    'distance'
    """
    if len(bars) != len(band):
        raise ValueError(f"band: expected one for each of {len(bars)} dimensions, got {len(band)}")
    ax = new_axes(ax, WIDE)
    row, places = 0, []
    for dimension, (some, limit) in enumerate(zip(bars, band, strict=True)):
        first = row
        for birth, death in np.asarray(some, float).reshape(-1, 2)[:shown]:
            ax.plot([birth, birth + limit], [row, row], color="#CFCFCF", linewidth=4.2, solid_capstyle="butt")
            ax.plot([birth, death], [row, row], color=COLOURS[IN_TURN[dimension]], linewidth=1.8, solid_capstyle="butt")
            row += 1
        places.append((first + row - 1) / 2 if row > first else first)
        row += 2
    ax.set(xlabel="distance", yticks=places, ylim=(row - 1, -1), title=title)
    ax.set_yticklabels([f"$H_{dimension}$" for dimension in range(len(bars))])
    ax.tick_params(axis="y", length=0)
    return ax


@styled
def plot_phase_over_arena(position: ArrayLike, angles: Mapping[str, ArrayLike]) -> Figure:
    """Draw angles at places of the arena.

    Parameters
    ----------
    position : array_like, [sample, 2]
        Places, m.
    angles : dict of str to array_like, [sample]
        Angles, rad, by name.

    Returns
    -------
    matplotlib.figure.Figure
        A new figure.

    Raises
    ------
    ValueError
        If there is not one angle a place.

    Notes
    -----
    Source: Gardner et al. 2022, Fig. 3 (decoded toroidal coordinates over the arena).

    Examples
    --------
    >>> len(plot_phase_over_arena([[0.0, 0.0], [1.0, 1.0]], {"first": [0, 1]}).axes)
    2
    """
    place = checked(position, "position", ("sample", "xy"))
    figure, axes = plt.subplots(1, len(angles), figsize=(3.1 * len(angles) + 0.5, 2.9), squeeze=False)
    for ax, (name, values) in zip(axes[0], angles.items(), strict=True):
        angle = checked(values, f"angles[{name!r}]", ("sample",))
        if len(angle) != len(place):
            raise ValueError(f"angles[{name!r}]: expected one for each of {len(place)} places, got {len(angle)}")
        drawn = ax.scatter(*place.T, c=angle % (2 * np.pi), cmap="twilight", vmin=0, vmax=2 * np.pi, s=9, linewidth=0)
        ax.set(title=name, xlabel="x (m)", ylabel="y (m)", aspect="equal")
    figure.colorbar(drawn, ax=list(axes[0]), shrink=0.8, label="angle (rad)")
    return figure
