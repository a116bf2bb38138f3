"""Drawings of what the units of a network are: kinds, directions, scales, and the error that they serve to lower."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from gridcells.plots.style import COLOURS, checked, new_axes, styled

__all__ = [
    "plot_directions",
    "plot_error_over_time",
    "plot_scales",
    "plot_unit_scatter",
    "plot_unit_shares",
]

_WIDE = (5.2, 3.4)
_ORDER = ("grey", "blue", "vermillion", "green", "purple")


@styled
def plot_error_over_time(
    time: ArrayLike, errors: Mapping[str, ArrayLike], *, floor: float | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how the distance between decoded and true position grows along a path.

    Parameters
    ----------
    time : array_like, [time]
        Time since the start, s.
    errors : dict of str to array_like [path, time]
        Distances, m (drawn in cm), by the name of the network; the median is a line, the middle half of the paths a
        band.
    floor : float, optional
        Error that no network can be below, m: a dotted line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is nothing to draw, or errors are not [path, time].

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1c.

    Examples
    --------
    >>> ax = plot_error_over_time([0.15, 0.3], {"trained": [[0.02, 0.03], [0.04, 0.05]]})
    >>> ax.lines[0].get_ydata().round(6).tolist()
    [3.0, 4.0]
    """
    seconds = checked(time, "time", ("time",))
    if not errors:
        raise ValueError("errors: expected at least one network, got none")
    ax = new_axes(ax, _WIDE)
    for number, (name, values) in enumerate(errors.items()):
        distance = 100 * checked(values, f"errors[{name!r}]", ("path", "time"))
        if distance.shape[1] != len(seconds):
            raise ValueError(
                f"errors[{name!r}]: expected one for each of {len(seconds)} times, got shape {distance.shape}"
            )
        low, middle, high = np.percentile(distance, [25, 50, 75], axis=0)
        colour = COLOURS[_ORDER[number % len(_ORDER)]]
        ax.plot(seconds, middle, color=colour, label=name)
        ax.fill_between(seconds, low, high, color=colour, alpha=0.2, linewidth=0)
    if floor is not None:
        ax.axhline(100 * floor, color=COLOURS["grey"], linestyle=":", label="floor: the true place code")
    ax.set(xlabel="time along the path (s)", ylabel="decoding error (cm)\nmedian and middle half of the paths")
    ax.set_xlim(0, None)
    ax.set_ylim(0, None)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return ax


@styled
def plot_unit_shares(
    shares: Mapping[str, Mapping[str, float]], *, paper: Mapping[str, float] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw which share of the units is of each kind, under several criteria.

    Parameters
    ----------
    shares : dict of str to dict of str to float
        For each criterion, the share of each kind of unit.
    paper : dict of str to float, optional
        The published shares, drawn as lines.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is nothing to draw, or the criteria name different kinds.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1d.

    Examples
    --------
    >>> ax = plot_unit_shares({"paper": {"grid": 0.2}, "null": {"grid": 0.1}}, paper={"grid": 0.252})
    >>> len(ax.patches)
    2
    """
    if not shares:
        raise ValueError("shares: expected at least one criterion, got none")
    kinds = list(next(iter(shares.values())))
    ax = new_axes(ax, _WIDE)
    width = 0.8 / len(shares)
    for number, (name, values) in enumerate(shares.items()):
        if list(values) != kinds:
            raise ValueError(f"shares[{name!r}]: expected the kinds {', '.join(kinds)}, got {', '.join(values)}")
        left = np.arange(len(kinds)) - 0.4 + number * width
        colour = COLOURS[("blue", "orange", "green", "purple")[number % 4]]
        heights = [values[kind] for kind in kinds]
        bars = ax.bar(left, heights, width * 0.92, align="edge", color=colour, label=name)
        ax.bar_label(bars, [f"{100 * height:.0f}" for height in heights], fontsize=7, padding=1)
    for number, kind in enumerate(kinds):
        if paper and kind in paper:
            label: Any = {"label": "published"} if kind == next(iter(paper)) else {}
            ax.plot([number - 0.42, number + 0.42], [paper[kind]] * 2, color=COLOURS["black"], linestyle="--", **label)
    ax.set_xticks(range(len(kinds)), [kind.replace("_", "-") for kind in kinds])
    ax.tick_params(axis="x", length=0)
    ax.set_ylabel("share of the units")
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


@styled
def plot_unit_scatter(
    score: ArrayLike, resultant: ArrayLike, *, grid: float, direction: float, ax: Axes | None = None
) -> Axes:
    """Draw each unit's grid score against the length of its resultant vector, with the thresholds of both.

    Parameters
    ----------
    score, resultant : array_like, [unit]
        Grid scores, and lengths of the resultant vectors; units without one of them (NaN) are left out.
    grid, direction : float
        The thresholds.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is not one of both for each unit.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1g.

    Examples
    --------
    >>> plot_unit_scatter([0.1, 0.9], [0.2, 0.6], grid=0.37, direction=0.47).get_xlabel()
    'grid score'
    """
    along, up = checked(score, "score", ("unit",)), checked(resultant, "resultant", ("unit",))
    if along.shape != up.shape:
        raise ValueError(f"resultant: expected one for each of {len(along)} scores, got {len(up)}")
    ax = new_axes(ax, (4.2, 3.4))
    known = np.isfinite(along) & np.isfinite(up)
    along, up = along[known], up[known]
    is_grid, is_direction = along > grid, up > direction
    kinds = {
        "neither": (~is_grid & ~is_direction, "grey", "."),
        "grid": (is_grid & ~is_direction, "blue", "o"),
        "head direction": (~is_grid & is_direction, "orange", "s"),
        "both": (is_grid & is_direction, "vermillion", "D"),
    }
    for name, (chosen, colour, marker) in kinds.items():
        ax.scatter(
            along[chosen], up[chosen], s=14, marker=marker, color=COLOURS[colour], linewidths=0,
            label=f"{name} ({int(chosen.sum())})",
        )  # fmt: skip
    ax.axvline(grid, color=COLOURS["grey"], linestyle="--", linewidth=1)
    ax.axhline(direction, color=COLOURS["grey"], linestyle="--", linewidth=1)
    ax.set(xlabel="grid score", ylabel="resultant vector length")
    ax.set_ylim(0, None)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, handletextpad=0.3)
    return ax


@styled
def plot_directions(
    angle: ArrayLike, length: ArrayLike, *, targets: ArrayLike | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the preferred headings of directional units as needles, as long as their resultant vectors.

    Parameters
    ----------
    angle : array_like, [unit]
        Preferred headings, rad, anticlockwise from the x axis.
    length : array_like, [unit]
        Lengths of the resultant vectors.
    targets : array_like, [cell], optional
        Preferred headings of the cells that the network predicts, rad, marked on the rim.
    ax : matplotlib.axes.Axes, optional
        Polar axes to draw in; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is not one of both for each unit.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1f.

    Examples
    --------
    >>> plot_directions([0.0, 1.0], [0.5, 0.6]).name
    'polar'
    """
    heading, size = checked(angle, "angle", ("unit",)), checked(length, "length", ("unit",))
    if heading.shape != size.shape:
        raise ValueError(f"length: expected one for each of {len(heading)} angles, got {len(size)}")
    ax = new_axes(ax, (3.4, 3.4), "polar")
    ax.vlines(heading, 0, size, color=COLOURS["blue"], linewidth=1)
    ax.plot(heading, size, "o", color=COLOURS["blue"], markersize=3)
    if targets is not None:
        rim = checked(targets, "targets", ("cell",))
        ax.plot(rim, np.ones(len(rim)), "v", color=COLOURS["vermillion"], clip_on=False, label="predicted cells")
        ax.legend(loc="lower left", bbox_to_anchor=(-0.2, -0.2))
    ax.set_ylim(0, 1)
    ax.set_yticks([0.5])
    ax.set_title(f"preferred headings of {len(heading)} units\n(radius: resultant vector length)")
    return ax


@styled
def plot_scales(spacing: ArrayLike, *, means: ArrayLike = (), bins: int = 13, ax: Axes | None = None) -> Axes:
    """Draw the histogram of grid spacings, and the means of the clusters that were found among them.

    Parameters
    ----------
    spacing : array_like, [unit]
        Distances between neighbouring fields, m (drawn in cm); NaN, no spacing, is left out.
    means : array_like, [cluster]
        Means of the clusters, m.
    bins : int
        Bins of the histogram.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If no unit has a spacing.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1e.

    Examples
    --------
    >>> plot_scales([0.5, 0.52, 0.9], means=[0.51, 0.9]).get_xlabel()
    'grid spacing (cm)'
    """
    values = 100 * checked(spacing, "spacing", ("unit",))
    values = values[np.isfinite(values)]
    if not len(values):
        raise ValueError("spacing: expected at least one unit with a spacing, got none")
    ax = new_axes(ax, _WIDE)
    ax.hist(values, bins, color=COLOURS["sky"], edgecolor="white", label=f"grid units (n = {len(values)})")
    for number, mean in enumerate(np.asarray(means, dtype=float)):
        label: Any = {"label": "cluster means (BIC)"} if not number else {}
        ax.axvline(100 * mean, color=COLOURS["vermillion"], linestyle="--", **label)
    ax.set(xlabel="grid spacing (cm)", ylabel="units")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax
