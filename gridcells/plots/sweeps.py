"""Figures of the debate: families of targets side by side, and one setting against another."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from gridcells.plots.style import COLOURS, new_axes, styled

__all__ = ["plot_against_null", "plot_families", "plot_settings"]

Numbers = Sequence[float] | np.ndarray


@styled
def plot_families(
    shares: Mapping[str, Mapping[str, float]], spread: Mapping[str, ArrayLike], *, spread_label: str, chance: float
) -> Figure:
    """Draw shares of networks by family, and beside them a number of each network.

    Parameters
    ----------
    shares : dict of str to dict of str to float
        For each kind of share its value in each family; NaN where there is none.
    spread : dict of str to array_like, [network]
        A share of units in each network, by family.
    spread_label : str
        What that is.
    chance : float
        What chance gives, drawn as a line.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels with the families in rows.

    Raises
    ------
    ValueError
        If there is no family, or a share lacks one.

    Examples
    --------
    >>> figure = plot_families({"decode": {"polar": 0.5}}, {"polar": [0.1, 0.2]}, spread_label="units", chance=0.05)
    >>> len(figure.axes)
    2
    """
    if not spread:
        raise ValueError("spread: expected at least one family, got none")
    names = list(spread)
    figure = plt.figure(figsize=(8.2, 0.42 * len(names) + 1.6))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.1, 1))
    markers, colours = ("o", "D", "^", "s"), ("blue", "vermillion", "black", "green")
    rows = np.arange(len(names))
    for number, (kind, values) in enumerate(shares.items()):
        missing = [name for name in names if name not in values]
        if missing:
            raise ValueError(f"shares[{kind!r}]: expected a value for {', '.join(missing)}, got none")
        height = rows + 0.16 * (number - (len(shares) - 1) / 2)
        share = [values[name] for name in names]
        left.plot(share, height, markers[number % 4], color=COLOURS[colours[number % 4]], markersize=5, label=kind)
    for row, name in enumerate(names):
        value = np.sort(np.asarray(spread[name], dtype=float))
        offset = 0.3 * np.linspace(-1, 1, len(value)) if len(value) > 1 else np.zeros(1)
        right.plot(value, row + offset, "o", color=COLOURS["sky"], markersize=2.5)
        right.plot(np.median(value), row, "|", color=COLOURS["black"], markersize=14, markeredgewidth=2)
    right.axvline(chance, color=COLOURS["grey"], linestyle="--", linewidth=1)
    right.annotate("chance", (chance, 1), (3, 2), xycoords=("data", "axes fraction"), textcoords="offset points")
    left.set(yticks=rows, yticklabels=names, xlabel="share of the networks", xlim=(-0.03, 1.03))
    left.invert_yaxis()
    left.grid(axis="y", linewidth=0.4)
    right.grid(axis="y", linewidth=0.4)
    right.set(xlabel=spread_label)
    right.set_xlim(min(0, *(float(np.min(value)) for value in spread.values())) - 0.01, None)
    for ax in (left, right):
        ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    left.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return figure


@styled
def plot_settings(
    panels: Mapping[str, Mapping[str, tuple[Numbers, Sequence[Numbers]]]], *, ylabel: str, logs: Collection[str] = ()
) -> Figure:
    """Draw numbers of networks against one setting a panel: a dot a network, a line through the medians.

    Parameters
    ----------
    panels : dict of str to dict of str to (array_like, list of array_like)
        For each panel, named by its setting with the unit, curves by name: values and the numbers at each value.
    ylabel : str
        What the numbers are.
    logs : collection of str
        Panels whose setting is drawn on a logarithmic axis, with a tick at each value.

    Returns
    -------
    matplotlib.figure.Figure
        The panels, three a row.

    Raises
    ------
    ValueError
        If there is no panel.

    Examples
    --------
    >>> panels = {"width (cm)": {"units": ([10, 20], [[0.1, 0.2], [0.3]])}}
    >>> len(plot_settings(panels, ylabel="share").axes)
    1
    """
    if not panels:
        raise ValueError("panels: expected at least one, got none")
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    figure = plt.figure(figsize=(2 * columns + 2.6, 2.5 * lines + 0.4))
    axes = figure.subplots(lines, columns, sharey=True, squeeze=False).ravel()
    styles, colours = ("o-", "s--", "^:"), ("blue", "vermillion", "black")
    for ax, (xlabel, curves) in zip(axes, panels.items(), strict=False):
        for number, (name, (values, numbers)) in enumerate(curves.items()):
            colour = COLOURS[colours[number % 3]]
            middle = [np.nanmedian(np.asarray(some, dtype=float)) for some in numbers]
            ax.plot(values, middle, styles[number % 3], color=colour, markersize=4, label=name)
            for value, some in zip(values, numbers, strict=True):
                ax.plot([value] * len(some), some, ".", color=colour, markersize=3, alpha=0.5)
        ax.set(xlabel=xlabel)
        if xlabel in logs:
            given = np.unique(np.concatenate([np.asarray(values, dtype=float) for values, _ in curves.values()]))
            ax.set_xscale("log")
            ax.set_xticks(given, [f"{value:g}" for value in given])
            ax.minorticks_off()
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    for ax in axes[::columns]:
        ax.set(ylabel=ylabel)
    axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3 if columns > 1 else 1)
    return figure


@styled
def plot_against_null(points: Mapping[str, tuple[ArrayLike, ArrayLike]], *, label: str, ax: Axes | None = None) -> Axes:
    """Draw a share of each network's units against that of its null, with the line on which they are equal.

    Parameters
    ----------
    points : dict of str to (array_like [network], array_like [network])
        For each group of networks the null's shares and the units'.
    label : str
        What the shares are.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is no group.

    Examples
    --------
    >>> plot_against_null({"laptop": ([0.3, 0.4], [0.5, 0.5])}, label="above 0.3").get_xlabel()
    'matched null: above 0.3'
    """
    if not points:
        raise ValueError("points: expected at least one group, got none")
    ax = new_axes(ax, (4.6, 4.2))
    markers, colours = (".", "o", "s", "^"), ("sky", "blue", "vermillion", "black")
    for number, (name, (null, units)) in enumerate(points.items()):
        ax.plot(null, units, markers[number % 4], color=COLOURS[colours[number % 4]], markersize=5, label=name)
    top = 1.05 * max(float(np.nanmax(share)) for pair in points.values() for share in pair)
    ax.plot([0, top], [0, top], "--", color=COLOURS["grey"], linewidth=1, label="as the null")
    ax.set(xlabel=f"matched null: {label}", ylabel=f"units: {label}", xlim=(-0.02, top), ylim=(-0.02, top))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.legend()
    return ax
