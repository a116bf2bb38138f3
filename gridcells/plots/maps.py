"""Drawing maps: a unit's activity, its autocorrelogram, the sheet of the best units, where the animal was."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Circle as CirclePatch
from numpy.typing import ArrayLike

from gridcells._common.checks import check_count
from gridcells.plots.style import CORRELATION_MAP, RATE_MAP, checked, new_axes, size_text, styled
from gridcells.world.arenas import Arena

__all__ = ["plot_autocorrelogram", "plot_occupancy", "plot_rate_map", "plot_rate_map_sheet"]

_SIZE = (4.4, 3.2)


@styled
def plot_rate_map(
    rate_map: ArrayLike,
    arena: Arena | None = None,
    *,
    score: float | None = None,
    colorbar: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw a unit's mean activity at each place; places never visited are grey.

    Parameters
    ----------
    rate_map : array_like, [bin, bin]
        Mean activity; the first axis is x.
    arena : Rectangle, Circle or Polygon, optional
        The arena, for axes in metres; bins without it.
    score : float, optional
        The grid score, for the title.
    colorbar : bool
        Whether to draw the scale of activity.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If the map is not of two dimensions.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1d; Sorscher et al. 2023, Fig. 1.

    Examples
    --------
    >>> plot_rate_map(np.eye(4), score=0.8).get_title()
    'grid score 0.80'
    """
    ax = new_axes(ax, _SIZE)
    image = _draw_map(ax, checked(rate_map, "rate_map", ("bin", "bin")), arena)
    if colorbar:
        ax.figure.colorbar(image, ax=ax, label="mean activity (a.u.)")
    return _titled(ax, score)


@styled
def plot_occupancy(occupancy: ArrayLike, arena: Arena | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw how many samples fell into each bin; bins without any are grey.

    Parameters
    ----------
    occupancy : array_like, [bin, bin]
        Samples in each bin; the first axis is x.
    arena : Rectangle, Circle or Polygon, optional
        The arena, for axes in metres; bins without it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If the map is not of two dimensions.

    Notes
    -----
    Source: none; a check of the motion model.

    Examples
    --------
    >>> plot_occupancy([[0, 2], [1, 3]]).images[0].get_array().tolist()
    [[None, 1.0], [2.0, 3.0]]
    """
    ax = new_axes(ax, _SIZE)
    count = checked(occupancy, "occupancy", ("bin", "bin"))
    image = _draw_map(ax, np.where(count > 0, count, np.nan), arena)
    image.set_clim(0, None)
    ax.figure.colorbar(image, ax=ax, label="samples per bin")
    return ax


@styled
def plot_autocorrelogram(
    autocorrelogram: ArrayLike,
    arena: Arena | None = None,
    *,
    ring: Sequence[float] | None = None,
    score: float | None = None,
    colorbar: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw a map's correlation with itself at every shift.

    Parameters
    ----------
    autocorrelogram : array_like, [2 bin - 1, 2 bin - 1]
        Correlations from -1 to 1; the first axis is the shift along x, no shift in the middle.
    arena : Rectangle, Circle or Polygon, optional
        The arena, for shifts in metres; bins without it.
    ring : (float, float), optional
        Inner and outer radius of the ring that was scored, as shares of the shorter side (``GridScores.ring_60``);
        drawn as two circles. NaN, the ring of a map without score, draws none.
    score : float, optional
        The grid score, for the title.
    colorbar : bool
        Whether to draw the scale of correlation.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If a side of the array is not odd, or the ring is not two radii in order.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1d; the ring as in the figures of the code released with it.

    Examples
    --------
    >>> ax = plot_autocorrelogram(np.eye(9), ring=(0.2, 0.4))
    >>> [f"{circle.radius:.1f}" for circle in ax.patches]
    ['1.0', '2.0']
    """
    ax = new_axes(ax, _SIZE)
    image = _draw_shifts(ax, checked(autocorrelogram, "autocorrelogram", ("shift", "shift")), arena, ring)
    if colorbar:
        ax.figure.colorbar(image, ax=ax, label="correlation")
    return _titled(ax, score)


@styled
def plot_rate_map_sheet(
    rate_maps: ArrayLike,
    autocorrelograms: ArrayLike | None,
    scores: ArrayLike,
    arena: Arena | None = None,
    *,
    rings: ArrayLike | None = None,
    units: int = 32,
    columns: int = 8,
    figure: Figure | None = None,
) -> Figure:
    """Draw the units of highest score, best first: each rate map above its autocorrelogram, its score above both.

    Parameters
    ----------
    rate_maps : array_like, [unit, bin_x, bin_y]
        Mean activities.
    autocorrelograms : array_like, [unit, 2 bin_x - 1, 2 bin_y - 1]
        Their autocorrelograms.
    scores : array_like, [unit]
        Their scores; units without one (NaN) are left out.
    arena : Rectangle, Circle or Polygon, optional
        The arena, whose size the caption tells.
    rings : array_like, [unit, 2], optional
        Inner and outer radius of the ring that gave each score, in shares of the shorter side, drawn dashed.
    units, columns : int
        How many units to draw at most, and how many beside each other.
    figure : matplotlib.figure.Figure, optional
        An empty figure to draw in; a new one of fitting size by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    ValueError
        If counts differ, no unit has a score, or there are no autocorrelograms.

    Notes
    -----
    Source: Banino et al. 2018, Extended Data Fig. 2; Sorscher et al. 2023, Fig. 1.

    Examples
    --------
    >>> figure = plot_rate_map_sheet(np.ones((3, 4, 4)), np.ones((3, 7, 7)), [0.1, np.nan, 0.7])
    >>> [ax.get_title() for ax in figure.axes[::2]]
    ['0.70', '0.10']
    """
    if autocorrelograms is None:
        raise ValueError("autocorrelograms: expected one of each unit, got None, as scores have that did not keep them")
    maps, score = checked(rate_maps, "rate_maps", ("unit", "bin", "bin")), checked(scores, "scores", ("unit",))
    shifts = checked(autocorrelograms, "autocorrelograms", ("unit", "shift", "shift"))
    if not len(maps) == len(shifts) == len(score):
        counts = f"{len(maps)} rate maps, {len(shifts)} autocorrelograms and {len(score)} scores"
        raise ValueError(f"scores: expected as many units in each, got {counts}")
    drawn = None if rings is None else checked(rings, "rings", ("unit", "2"))
    if drawn is not None and drawn.shape != (len(maps), 2):
        raise ValueError(f"rings: expected two radii for each of {len(maps)} units, got shape {drawn.shape}")
    order = np.argsort(-score, kind="stable")  # NaN last
    order = order[np.isfinite(score[order])][: check_count(units, "units")]
    if not len(order):
        raise ValueError(f"scores: expected at least one unit with a score, got {len(score)} without")
    columns = min(check_count(columns, "columns"), len(order))
    rows = -(-len(order) // columns)
    if figure is None:
        sides = np.array(arena.size if arena else maps.shape[1:], dtype=float)
        wide, tall = np.maximum(sides / sides.max(), 0.4)  # no narrower than a score
        size = max(0.95 * wide * columns, 3.6) + 0.2, (0.25 + 1.9 * tall) * rows + 0.8
        figure = plt.figure(figsize=size, layout="constrained")
        figure.set_layout_engine("none")  # a figure made without one would be given the style's by each savefig
    width, height = figure.get_size_inches()
    wide = f", {size_text(arena)}" if arena else ""
    caption = (
        f"The {len(order)} best of {len(score)} units, with their grid scores. Above: activity (dark: least, bright: "
        f"most){wide}. Below: autocorrelogram (blue: -1, red: 1)."
    )
    lines = textwrap.wrap(caption, int(14 * width))  # characters an inch
    figure.text(0.1 / width, 1 - 0.08 / height, "\n".join(lines), va="top", fontsize=9)
    top = 1 - (0.35 + 0.16 * len(lines)) / height
    margins = {"left": 0.1 / width, "right": 1 - 0.1 / width, "bottom": 0.08 / height, "top": top}
    grid = figure.add_gridspec(rows, columns, **margins, wspace=0.08, hspace=0.14)
    for place, unit in enumerate(order):
        pair: Any = grid[divmod(place, columns)].subgridspec(2, 1, hspace=0.04).subplots()
        above, below = pair
        _draw_map(above, maps[unit], arena)
        _draw_shifts(below, shifts[unit], arena, None if drawn is None else drawn[unit])
        above.set_title(f"{score[unit]:.2f}", fontsize=8, pad=2)
        for ax in (above, below):
            ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
            ax.spines[:].set_visible(False)
    return figure


def _draw_map(ax: Axes, rate_map: np.ndarray, arena: Arena | None) -> AxesImage:
    bins = rate_map.shape
    extent = arena.bounds if arena else (0, bins[0], 0, bins[1])
    unit = "m" if arena else "bin"
    image = ax.imshow(rate_map.T, origin="lower", extent=extent, cmap=RATE_MAP)
    ax.set(xlabel=f"x ({unit})", ylabel=f"y ({unit})")
    ax.locator_params(nbins=5)
    return image


def _draw_shifts(ax: Axes, shifts: np.ndarray, arena: Arena | None, ring: Sequence[float] | None) -> AxesImage:
    if shifts.shape[0] % 2 == 0 or shifts.shape[1] % 2 == 0:
        raise ValueError(f"autocorrelogram: expected odd sides, 2 bin - 1, got {shifts.shape}")
    bins = (np.array(shifts.shape) + 1) // 2
    size = np.array(arena.size if arena else bins)
    half = (1 - 0.5 / bins) * size  # to the edge of the outermost shift
    extent = (-half[0], half[0], -half[1], half[1])
    image = ax.imshow(shifts.T, origin="lower", extent=extent, cmap=CORRELATION_MAP, vmin=-1, vmax=1)
    unit = "m" if arena else "bin"
    ax.set(xlabel=f"shift in x ({unit})", ylabel=f"shift in y ({unit})")
    ax.locator_params(nbins=5)
    if ring is not None:
        radii = checked(ring, "ring", ("2",))
        if len(radii) != 2 or radii[0] >= radii[1] or radii[0] < 0:
            raise ValueError(f"ring: expected an inner and a greater outer radius, got {radii.tolist()}")
        for radius in radii[np.isfinite(radii)]:
            side = size.min()
            ax.add_patch(CirclePatch((0, 0), radius * side, fill=False, edgecolor="black", linestyle="--"))
    return image


def _titled(ax: Axes, score: float | None) -> Axes:
    if score is not None:
        ax.set_title(f"grid score {score:.2f}" if np.isfinite(score) else "no grid score")
    return ax
