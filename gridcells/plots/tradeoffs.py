"""What a network gives up for what, drawn: one number against another, over runs and settings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from gridcells.plots.style import COLOURS, IN_TURN, WIDE, checked, new_axes, styled

__all__ = ["plot_frontier", "plot_lines"]

_LINES = ("o-", "s--", "^:", "d-.", "v-", "P--")


@styled
def plot_lines(
    x: ArrayLike, lines: Mapping[str, ArrayLike], *, xlabel: str, ylabel: str, log: bool = False, ax: Axes | None = None
) -> Axes:
    """Draw what was measured several times, as medians with the range from least to greatest.

    Parameters
    ----------
    x : array_like, [setting]
        The setting's values.
    lines : dict of str to array_like, [setting] or [setting, repeat]
        What was measured, by name.
    xlabel, ylabel : str
        What they are, with units.
    log : bool
        Both axes logarithmic.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is no line, or one does not have a value a setting.

    Examples
    --------
    >>> plot_lines([1, 2], {"random": [[3, 4], [5, 6]]}, xlabel="units", ylabel="error (cm)").get_ylabel()
    'error (cm)'
    """
    setting = checked(x, "x", ("setting",))
    if not lines:
        raise ValueError("lines: expected at least one, got none")
    ax = new_axes(ax, WIDE)
    for number, (name, values) in enumerate(lines.items()):
        value = checked(values, f"lines[{name!r}]", ("setting",), ("setting", "repeat"))
        if len(value) != len(setting):
            raise ValueError(f"lines[{name!r}]: expected one for each of {len(setting)} settings, got {len(value)}")
        value = value.reshape(len(value), -1)
        colour = COLOURS[IN_TURN[number % len(IN_TURN)]]
        ax.plot(setting, np.median(value, 1), _LINES[number % len(_LINES)], color=colour, markersize=4, label=name)
        if value.shape[1] > 1:
            ax.fill_between(setting, value.min(1), value.max(1), color=colour, alpha=0.18, linewidth=0)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if log:
        ax.set(xscale="log", yscale="log")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


@styled
def plot_frontier(
    points: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    marks: Mapping[str, tuple[float, float | None]],
    ax: Axes | None = None,
) -> Axes:
    """Draw networks by how well they know where they are and how many of their units are grid-like.

    Parameters
    ----------
    points : dict of str to (array_like [run], array_like [run])
        For each kind of network its runs' decoding errors, m, and shares of units above the matched null.
    marks : dict of str to (float, float or None)
        Points to name in the picture, such as aims or published numbers: error, m, and share; a line without a share.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If a kind has not as many shares as errors.

    Examples
    --------
    >>> plot_frontier({"a": ([0.05], [0.5])}, marks={"aim": (0.06, 0.5)}).get_xlabel()
    'decoding error (cm)'
    """
    ax = new_axes(ax, (6.0, 3.8))
    markers = "os^dvPX<>*hp"
    for number, (name, (errors, shares)) in enumerate(points.items()):
        error, share = checked(errors, "points", ("run",)), checked(shares, "points", ("run",))
        if error.shape != share.shape:
            raise ValueError(f"points[{name!r}]: expected as many shares as errors, got {len(share)} and {len(error)}")
        colour = COLOURS[IN_TURN[number % len(IN_TURN)]]
        ax.plot(100 * error, share, markers[number % len(markers)], color=colour, markersize=5, alpha=0.8, label=name)
    for name, (x, y) in marks.items():
        if y is None:
            ax.axvline(100 * x, color=COLOURS["grey"], linewidth=0.8, linestyle="--")
            ax.annotate(name, (100 * x, 0.98), rotation=90, ha="right", va="top", fontsize=7.5, color=COLOURS["grey"])
            continue
        ax.plot(100 * x, y, "+", color=COLOURS["black"], markersize=10, markeredgewidth=1.6)
        ax.annotate(name, (100 * x, y), xytext=(5, 5), textcoords="offset points", fontsize=7.5)
    ax.axhline(0.05, color=COLOURS["grey"], linewidth=0.8, linestyle=":")
    ax.annotate("chance", (ax.get_xlim()[1], 0.05), ha="right", va="bottom", fontsize=7.5, color=COLOURS["grey"])
    ax.set(xlabel="decoding error (cm)", ylabel="share of units above the null's 95 %", xscale="log")
    ax.set_ylim(0, 1)
    ticks = [tick for tick in (4, 6, 10, 20, 40, 80) if ax.get_xlim()[0] <= tick <= ax.get_xlim()[1]]
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.set_xticks([], minor=True)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax
