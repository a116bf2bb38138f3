"""How a network works, drawn: wiring by phase, eigenvalues, biases, the push of velocity, barcodes, lesions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gridcells.plots.style import COLOURS, CORRELATION_MAP, checked, new_axes, styled

__all__ = [
    "plot_barcode",
    "plot_biases",
    "plot_connectivity",
    "plot_frontier",
    "plot_lines",
    "plot_phase_over_arena",
    "plot_push",
    "plot_recurrent_eigenvalues",
]

_WIDE = (4.6, 3.0)
_SQUARE = (3.2, 3.0)
_LINES = ("o-", "s--", "^:", "d-.", "v-", "P--")
_NAMES = ("blue", "vermillion", "green", "black", "purple", "orange")


@styled
def plot_lines(
    x: Any, lines: Mapping[str, Any], *, xlabel: str, ylabel: str, log: bool = False, ax: Axes | None = None
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
    ax = new_axes(ax, _WIDE)
    for number, (name, values) in enumerate(lines.items()):
        value = checked(values, f"lines[{name!r}]", ("setting",), ("setting", "repeat"))
        if len(value) != len(setting):
            raise ValueError(f"lines[{name!r}]: expected one for each of {len(setting)} settings, got {len(value)}")
        value = value.reshape(len(value), -1)
        colour = COLOURS[_NAMES[number % len(_NAMES)]]
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
    points: Mapping[str, tuple[Any, Any]], *, marks: Mapping[str, tuple[float, float | None]], ax: Axes | None = None
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
        colour = COLOURS[_NAMES[number % len(_NAMES)]]
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


@styled
def plot_connectivity(mean: Any, single: Any, *, profile: tuple[Any, Any] | None = None) -> Figure:
    """Draw mean outgoing weights over the lattice's unit cell, beside those of one unit, and their profile.

    Parameters
    ----------
    mean, single : array_like, [bin, bin]
        Weights over the difference of two phases, a unit's own in the middle; NaN where there are none.
    profile : (array_like [ring], array_like [ring]), optional
        Phase distance in periods, and mean weight at that distance.

    Returns
    -------
    matplotlib.figure.Figure
        A new figure.

    Raises
    ------
    ValueError
        If the weights are not of that shape.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 5.

    Examples
    --------
    >>> len(plot_connectivity(np.eye(4), np.eye(4)).axes)
    4
    """
    panels = {
        "one unit": checked(single, "single", ("bin", "bin")),
        "mean of all": checked(mean, "mean", ("bin", "bin")),
    }
    figure, axes = plt.subplots(1, 3 if profile else 2, figsize=(8.4 if profile else 5.4, 2.7))
    for ax, (name, weight) in zip(axes, panels.items(), strict=False):
        limit = float(np.nanmax(np.abs(weight))) or 1.0
        image = ax.imshow(
            weight.T, origin="lower", cmap=CORRELATION_MAP, vmin=-limit, vmax=limit, extent=(-0.5, 0.5, -0.5, 0.5)
        )
        figure.colorbar(image, ax=ax, shrink=0.8)
        ax.set(title=name, xlabel="phase difference along wave 1 (turns)", ylabel="along wave 2 (turns)")
    if profile:
        distance, weight = (checked(part, "profile", ("ring",)) for part in profile)
        axes[2].plot(distance, weight, "o-", color=COLOURS["blue"], markersize=4)
        axes[2].axhline(0, color=COLOURS["grey"], linewidth=0.6)
        axes[2].set(xlabel="phase distance (periods)", ylabel="mean weight")
    return figure


@styled
def plot_recurrent_eigenvalues(value: Any, *, leading: Any, share: Any, ax: Axes | None = None) -> Axes:
    """Draw the eigenvalues of recurrent weights, the leading ones by how much of each is one of six waves.

    Parameters
    ----------
    value : array_like, [unit], complex
        All eigenvalues.
    leading : array_like, [vector], complex
        The leading ones.
    share : array_like, [vector]
        Share of each leading eigenvector that the six waves span.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is not one share a leading eigenvalue.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 5.

    Examples
    --------
    >>> plot_recurrent_eigenvalues([1, 0.5j], leading=[1], share=[0.9]).get_xlabel()
    'real part'
    """
    values, first = np.asarray(value), np.asarray(leading)
    shares = checked(share, "share", ("vector",))
    if first.shape != shares.shape:
        raise ValueError(f"share: expected one for each of {first.size} eigenvalues, got {shares.size}")
    ax = new_axes(ax, _SQUARE)
    turn = np.linspace(0, 2 * np.pi, 200)
    ax.plot(np.cos(turn), np.sin(turn), color=COLOURS["grey"], linewidth=0.8)
    ax.plot(values.real, values.imag, ".", color=COLOURS["grey"], markersize=3)
    drawn = ax.scatter(
        first.real, first.imag, c=shares, vmin=0, vmax=1, cmap="cividis", s=28, edgecolor="black", zorder=3
    )
    ax.figure.colorbar(drawn, ax=ax, shrink=0.8, label="share in six waves")
    ax.set(xlabel="real part", ylabel="imaginary part", aspect="equal")
    return ax


@styled
def plot_biases(weights: Mapping[str, Any]) -> Figure:
    """Draw the units' velocity weights, each population in axes of its own.

    Parameters
    ----------
    weights : dict of str to array_like, [unit, 2]
        Weights of the velocity (x, y), by the population's name.

    Returns
    -------
    matplotlib.figure.Figure
        A new figure.

    Raises
    ------
    ValueError
        If weights are not of that shape.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 6.

    Examples
    --------
    >>> len(plot_biases({"trained": [[0.1, 0.2]], "by hand": [[1, 0]]}).axes)
    2
    """
    figure, axes = plt.subplots(1, len(weights), figsize=(3.0 * len(weights), 3.0), squeeze=False)
    for ax, (name, values) in zip(axes[0], weights.items(), strict=True):
        weight = checked(values, f"weights[{name!r}]", ("unit", "xy"))
        limit = 1.1 * float(np.abs(weight).max()) or 1.0
        ax.plot(weight[:, 0], weight[:, 1], ".", color=COLOURS["blue"], markersize=4, alpha=0.6)
        ax.set(title=name, xlabel="weight of velocity along x (s/m)", ylabel="along y (s/m)", aspect="equal")
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit))
        for line in (ax.axhline, ax.axvline):
            line(0, color=COLOURS["grey"], linewidth=0.6)
    return figure


@styled
def plot_push(ahead: Any, push: Any, activity: Any, *, xlabel: str = "", ax: Axes | None = None) -> Axes:
    """Draw what a movement adds to the bump, and the bump, along the direction of movement.

    Parameters
    ----------
    ahead : array_like, [bin]
        Distance of a unit's field ahead of the animal, m.
    push : array_like, [bin]
        Change of activity by the movement.
    activity : array_like, [bin]
        Activity at rest.
    xlabel : str
        What ``ahead`` is where it is not in metres: it is then drawn as it is, otherwise in centimetres.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If the three are not of one length.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 6F–J.

    Examples
    --------
    >>> plot_push([-0.1, 0, 0.1], [0, 1, 2], [0.1, 1, 0.1]).get_ylabel()
    'share of the greatest'
    """
    x, pushes, bump = (
        checked(part, name, ("bin",)) for part, name in ((ahead, "ahead"), (push, "push"), (activity, "activity"))
    )
    if not len(x) == len(pushes) == len(bump):
        raise ValueError(f"push, activity: expected one for each of {len(x)} bins, got {len(pushes)} and {len(bump)}")
    ax = new_axes(ax, _WIDE)
    x = x if xlabel else 100 * x
    ax.fill_between(x, bump / bump.max(), color=COLOURS["sky"], alpha=0.35, linewidth=0, label="the bump at rest")
    ax.plot(x, pushes / np.abs(pushes).max(), "o-", color=COLOURS["vermillion"], markersize=4, label="added by a step")
    ax.axvline(0, color=COLOURS["grey"], linewidth=0.6)
    ax.axhline(0, color=COLOURS["grey"], linewidth=0.6)
    ax.set(xlabel=xlabel or "field's centre ahead of the animal (cm)", ylabel="share of the greatest")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


@styled
def plot_barcode(
    bars: Sequence[Any], band: Sequence[float], *, shown: int = 12, title: str = "", ax: Axes | None = None
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
    ax = new_axes(ax, _WIDE)
    row, places = 0, []
    for dimension, (some, limit) in enumerate(zip(bars, band, strict=True)):
        first = row
        for birth, death in np.asarray(some, float).reshape(-1, 2)[:shown]:
            ax.plot([birth, birth + limit], [row, row], color="#CFCFCF", linewidth=4.2, solid_capstyle="butt")
            ax.plot([birth, death], [row, row], color=COLOURS[_NAMES[dimension]], linewidth=1.8, solid_capstyle="butt")
            row += 1
        places.append((first + row - 1) / 2 if row > first else first)
        row += 2
    ax.set(xlabel="distance", yticks=places, ylim=(row - 1, -1), title=title)
    ax.set_yticklabels([f"$H_{dimension}$" for dimension in range(len(bars))])
    ax.tick_params(axis="y", length=0)
    return ax


@styled
def plot_phase_over_arena(position: Any, angles: Mapping[str, Any]) -> Figure:
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
