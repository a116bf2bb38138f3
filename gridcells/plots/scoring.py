"""Drawing what a grid score is made of, and what it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from gridcells.plots.style import COLOURS, WIDE, checked, new_axes, styled

__all__ = ["plot_score_scatter", "plot_shares", "plot_turning_curve"]


@styled
def plot_turning_curve(angles: ArrayLike, correlations: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Draw how much a ring of the autocorrelogram resembles itself turned, and where the 60 degree score looks.

    Parameters
    ----------
    angles : array_like, [angle]
        Turns, degrees, ascending.
    correlations : array_like, [angle]
        Correlations of one map's ring with itself, from `gridcells.scores.turning_curve`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is not one correlation an angle.

    Notes
    -----
    Source: Sargolini et al. 2006, supporting text; Hafting et al. 2005, Fig. 2 (the curve).

    Examples
    --------
    >>> plot_turning_curve([0, 30, 60], [1.0, -0.5, 0.9]).get_xlabel()
    'turn (degrees)'
    """
    turn, value = checked(angles, "angles", ("angle",)), checked(correlations, "correlations", ("angle",))
    if len(turn) != len(value):
        raise ValueError(f"correlations: expected one for each of {len(turn)} angles, got {len(value)}")
    ax = new_axes(ax, WIDE)
    ax.plot(turn, value, color=COLOURS["black"])
    for places, colour, marker, name in (
        ((60, 120), "blue", "o", "counts for the score"),
        ((30, 90, 150), "vermillion", "s", "counts against it"),
    ):
        here = [place for place in places if turn[0] <= place <= turn[-1]]
        ax.plot(here, np.interp(here, turn, value), marker, color=COLOURS[colour], markersize=6, label=name)
    ax.axhline(0, color=COLOURS["grey"], linewidth=0.6)
    ax.set(xlabel="turn (degrees)", ylabel="correlation of the ring", xticks=np.arange(0, 181, 30))
    ax.set_xlim(turn[0], turn[-1])
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    return ax


@styled
def plot_shares(
    x: ArrayLike, shares: Mapping[str, ArrayLike], *, xlabel: str, ylabel: str, ax: Axes | None = None
) -> Axes:
    """Draw shares of a population against a setting of the analysis.

    Parameters
    ----------
    x : array_like, [setting]
        The setting's values.
    shares : dict of str to array_like [setting]
        Shares between 0 and 1, by the name of what they are shares of.
    xlabel, ylabel : str
        What the setting is, with its unit, and what the shares are.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is no curve, or one is not of the setting's length.

    Examples
    --------
    >>> plot_shares([20, 64], {"units": [0.2, 0.3]}, xlabel="bins", ylabel="share above .37").get_ylabel()
    'share above .37'
    """
    setting = checked(x, "x", ("setting",))
    if not shares:
        raise ValueError("shares: expected at least one curve, got none")
    ax = new_axes(ax, WIDE)
    styles = ("o-", "s--", "^:", "d-.")
    colours = ("blue", "black", "vermillion", "green")
    for number, (name, values) in enumerate(shares.items()):
        share = checked(values, f"shares[{name!r}]", ("setting",))
        if len(share) != len(setting):
            raise ValueError(f"shares[{name!r}]: expected one for each of {len(setting)} settings, got {len(share)}")
        ax.plot(setting, share, styles[number % 4], color=COLOURS[colours[number % 4]], markersize=4, label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_ylim(0, None)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


@styled
def plot_score_scatter(
    score_60: ArrayLike,
    score_90: ArrayLike,
    *,
    null_60: ArrayLike | None = None,
    null_90: ArrayLike | None = None,
    quantile: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """Draw 60 degree against 90 degree scores, the null's behind them.

    Parameters
    ----------
    score_60, score_90 : array_like, [unit]
        The units' scores; NaN, no score, is left out.
    null_60, null_90 : array_like, [map], optional
        The null's.
    quantile : float
        The null's quantile to mark on either axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If the two scores are not of one length, for units or null, or only one of the null's is given.

    Notes
    -----
    Source: Schaeffer et al. 2023 (60 and 90 degree scores side by side).

    Examples
    --------
    >>> plot_score_scatter([0.2, 1.1], [0.5, -0.1]).get_xlabel()
    '60° grid score'
    """
    ax = new_axes(ax, (3.8, 3.8))
    pairs: dict[str, tuple[ArrayLike, ArrayLike]] = {}
    if null_60 is not None and null_90 is not None:
        pairs["null"] = (null_60, null_90)
    elif null_60 is not None or null_90 is not None:
        raise ValueError("null_60, null_90: expected both or neither, got one")
    pairs["units"] = (score_60, score_90)
    for name, (first, second) in pairs.items():
        along, up = checked(first, f"{name} score_60", (name,)), checked(second, f"{name} score_90", (name,))
        if along.shape != up.shape:
            raise ValueError(
                f"{name}: expected as many 90 degree scores as 60 degree ones, got {up.shape}, {along.shape}"
            )
        style: dict[str, Any] = {"s": 6, "color": COLOURS["grey"], "alpha": 0.25, "linewidths": 0}
        if name == "units":
            style = {"s": 12, "color": COLOURS["blue"], "alpha": 0.8, "linewidths": 0}
        ax.scatter(along, up, label=f"{name} (n = {np.isfinite(along + up).sum()})", **style)
        if name == "null":
            mark: dict[str, Any] = {"color": COLOURS["vermillion"], "linestyle": "--", "linewidth": 1}
            ax.axvline(np.nanquantile(along, quantile), label=f"null's {100 * quantile:g} %", **mark)
            ax.axhline(np.nanquantile(up, quantile), **mark)
    ax.set(xlabel="60° grid score", ylabel="90° grid score", aspect="equal")
    ax.legend(loc="upper right", handletextpad=0.3)
    return ax
