"""How units are wired, drawn by phase: weights, eigenvalues, biases, the push of velocity."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gridcells.plots.style import COLOURS, CORRELATION_MAP, WIDE, checked, new_axes, styled

__all__ = ["plot_biases", "plot_connectivity", "plot_push", "plot_recurrent_eigenvalues"]

_SQUARE = (3.2, 3.0)


@styled
def plot_connectivity(
    mean: ArrayLike, single: ArrayLike, *, profile: tuple[ArrayLike, ArrayLike] | None = None
) -> Figure:
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
def plot_recurrent_eigenvalues(
    value: ArrayLike, *, leading: ArrayLike, share: ArrayLike, ax: Axes | None = None
) -> Axes:
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
    values = np.sort_complex(np.asarray(value))  # a solver gives them in any order
    first = np.asarray(leading)
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
def plot_biases(weights: Mapping[str, ArrayLike]) -> Figure:
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
def plot_push(
    ahead: ArrayLike, push: ArrayLike, activity: ArrayLike, *, xlabel: str = "", ax: Axes | None = None
) -> Axes:
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
    ax = new_axes(ax, WIDE)
    x = x if xlabel else 100 * x
    ax.fill_between(x, bump / bump.max(), color=COLOURS["sky"], alpha=0.35, linewidth=0, label="the bump at rest")
    ax.plot(x, pushes / np.abs(pushes).max(), "o-", color=COLOURS["vermillion"], markersize=4, label="added by a step")
    ax.axvline(0, color=COLOURS["grey"], linewidth=0.6)
    ax.axhline(0, color=COLOURS["grey"], linewidth=0.6)
    ax.set(xlabel=xlabel or "field's centre ahead of the animal (cm)", ylabel="share of the greatest")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax
