"""Drawing curves and distributions: learning, scores beside their null, tuning, motion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from gridcells._common.checks import check_choice
from gridcells.plots.style import COLOURS, WIDE, checked, new_axes, styled

__all__ = [
    "plot_head_direction_tuning",
    "plot_learning_curve",
    "plot_score_histogram",
    "plot_speed_and_turn",
    "plot_tuning_curves",
]

_QUANTITIES = {"decoding_error": ("decoding error (cm)", 100.0), "loss": ("cross-entropy (nats)", 1.0)}


@styled
def plot_learning_curve(
    steps: ArrayLike,
    values: ArrayLike,
    *,
    quantity: str = "decoding_error",
    constant: float | None = None,
    floor: float | None = None,
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the decoding error or the loss against training steps, with the two lines between which it must lie.

    Parameters
    ----------
    steps : array_like, [step]
        Training steps.
    values : array_like, [step] or [run, step]
        Decoding error (m, drawn in cm) or loss (nats); with several runs each is a thin line, their median a thick one.
    quantity : {"decoding_error", "loss"}
        Which of the two.
    constant, floor : float, optional
        The same of a network that always gives the same answer, and of one that knows the position exactly.
    label : str, optional
        The name of the run or runs in the legend.
    ax : matplotlib.axes.Axes, optional
        Where to draw, several times if need be; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is not one value a step, or the quantity is neither.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1c and Sorscher et al. 2023, Fig. 1, over training.

    Examples
    --------
    >>> ax = plot_learning_curve([0, 100], [0.9, 0.05], floor=0.04)
    >>> ax.get_ylabel(), ax.lines[0].get_ydata().tolist()
    ('decoding error (cm)', [90.0, 5.0])
    """
    check_choice(quantity, "quantity", tuple(_QUANTITIES))
    step = checked(steps, "steps", ("step",))
    value = checked(values, "values", ("step",), ("run", "step"))
    if value.shape[-1] != len(step):
        raise ValueError(f"values: expected one for each of {len(step)} steps, got shape {value.shape}")
    axis, factor = _QUANTITIES[quantity]
    ax = new_axes(ax, WIDE)
    runs = factor * np.atleast_2d(value)  # [run, step]
    (line,) = ax.plot(step, np.median(runs, 0), label=label)
    if len(runs) > 1:
        ax.plot(step, runs.T, color=line.get_color(), linewidth=0.6, alpha=0.6)
    for level, style, name in ((constant, "--", "constant answer"), (floor, ":", "position known exactly")):
        if level is not None:
            ax.axhline(factor * level, color=COLOURS["grey"], linestyle=style, linewidth=1.2, label=name)
    ax.set(xlabel="training step", ylabel=axis)
    if quantity == "decoding_error":
        ax.set_ylim(0, None)
    if ax.get_legend_handles_labels()[0]:
        ax.legend()
    return ax


@styled
def plot_score_histogram(
    scores: ArrayLike,
    null_scores: ArrayLike | None = None,
    *,
    threshold: float | Mapping[str, float] | None = None,
    label: str = "trained units",
    ax: Axes | None = None,
) -> Axes:
    """Draw the histogram of grid scores, that of the null beside it.

    Parameters
    ----------
    scores : array_like, [unit]
        Grid scores; NaN (no score) is left out, and the legend counts what is drawn.
    null_scores : array_like [map] or dict of str to array_like [map], optional
        Scores of the null's maps, drawn as a black outline; of several nulls, each under its name in a colour.
    threshold : float or dict of str to float, optional
        Scores to mark, each under its name.
    label : str
        What the scores are of.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is no score at all.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 1 and Fig. S2.

    Examples
    --------
    >>> ax = plot_score_histogram([0.1, 0.9, np.nan], [0.2], threshold={"null's 95 %": 0.6})
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['trained units (n = 2)', 'matched null (n = 1)', "null's 95 % (0.60)"]
    """
    own = _finite(scores, "scores")
    nulls = (
        null_scores
        if isinstance(null_scores, Mapping)
        else {}
        if null_scores is None
        else {"matched null": null_scores}
    )
    outlines = {name: _finite(values, "null_scores") for name, values in nulls.items()}
    ax = new_axes(ax, WIDE)
    every = np.concatenate([own, *outlines.values()])
    edges = np.arange(np.floor(10 * every.min()), np.floor(10 * every.max()) + 2) / 10
    filled: dict[str, Any] = {"color": COLOURS["sky"], "edgecolor": "white", "linewidth": 0.5}
    ax.hist(own, edges.tolist(), weights=_shares(own), label=f"{label} (n = {len(own)})", **filled)
    colours = [COLOURS[name] for name in ("black", "vermillion", "green", "purple", "orange")]
    for (name, null), colour in zip(outlines.items(), colours * len(outlines), strict=False):
        outline: dict[str, Any] = {"color": colour, "histtype": "step", "linewidth": 1.5}
        ax.hist(null, edges.tolist(), weights=_shares(null), label=f"{name} (n = {len(null)})", **outline)
    marks = threshold if isinstance(threshold, Mapping) else {} if threshold is None else {"threshold": threshold}
    for (name, value), style in zip(marks.items(), ["--", ":", "-."] * len(marks), strict=False):
        ax.axvline(value, color=COLOURS["vermillion"], linestyle=style, label=f"{name} ({value:.2f})")
    ax.set(xlabel="grid score", ylabel="share of units per 0.1")
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax


@styled
def plot_tuning_curves(
    distance: ArrayLike, curves: Mapping[str, ArrayLike], *, ylabel: str = "activity (a.u.)", ax: Axes | None = None
) -> Axes:
    """Draw place cells' activity against the distance from their field's centre.

    Parameters
    ----------
    distance : array_like, [distance]
        Distances from the centre, m.
    curves : dict of str to array_like [distance]
        Activities, by the name of the tuning.
    ylabel : str
        What the activity is, with its unit.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is no curve, or one is not of the distances' length.

    Notes
    -----
    Source: Sorscher et al. 2019, Fig. 1 (the target of each column).

    Examples
    --------
    >>> plot_tuning_curves([0.0, 0.1], {"Gaussian": [1.0, 0.7]}).get_xlabel()
    "distance from the field's centre (m)"
    """
    away = checked(distance, "distance", ("distance",))
    if not curves:
        raise ValueError("curves: expected at least one, got none")
    ax = new_axes(ax, WIDE)
    for (name, curve), style in zip(curves.items(), ["-", "--", "-.", ":"] * len(curves), strict=False):
        values = checked(curve, f"curves[{name!r}]", ("distance",))
        if len(values) != len(away):
            raise ValueError(
                f"curves[{name!r}]: expected one value for each of {len(away)} distances, got {values.shape}"
            )
        ax.plot(away, values, style, label=name)
    ax.axhline(0, color=COLOURS["grey"], linewidth=0.8, zorder=0)
    ax.set(xlabel="distance from the field's centre (m)", ylabel=ylabel)
    ax.legend()
    return ax


@styled
def plot_head_direction_tuning(heading: ArrayLike, activity: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Draw activity against heading on a circle, one curve a cell.

    Parameters
    ----------
    heading : array_like, [heading]
        Headings, rad, anticlockwise from the x axis.
    activity : array_like, [heading] or [cell, heading]
        Activities at these.
    ax : matplotlib.axes.Axes, optional
        Polar axes to draw in; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The polar axes.

    Raises
    ------
    ValueError
        If there is not one activity a heading, or the axes are not polar.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1f.

    Examples
    --------
    >>> len(plot_head_direction_tuning([0.0, 2.0, 4.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).lines)
    2
    """
    angle = checked(heading, "heading", ("heading",))
    value = checked(activity, "activity", ("heading",), ("cell", "heading"))
    if value.shape[-1] != len(angle):
        raise ValueError(f"activity: expected one for each of {len(angle)} headings, got shape {value.shape}")
    ax = new_axes(ax, (3.4, 3.4), "polar")
    closed = np.concatenate([np.atleast_2d(value), np.atleast_2d(value)[:, :1]], 1)  # [cell, heading + 1]
    ax.plot(np.append(angle, angle[0]), closed.T, linewidth=1.2)
    ax.set_xticks(np.arange(4) * np.pi / 2, ["0", "π/2", "π", "3π/2"])
    ax.set_xlabel("heading (rad); activity outwards (a.u.)")
    cast(PolarAxes, ax).set_rlabel_position(-45)
    ax.grid(alpha=0.4)
    return ax


@styled
def plot_speed_and_turn(speed: ArrayLike, turn: ArrayLike, *, axes: Sequence[Axes] | None = None) -> np.ndarray:
    """Draw how fast the animal runs and how far it turns from step to step, as two histograms.

    Parameters
    ----------
    speed : array_like, [...]
        Speeds, m/s.
    turn : array_like, [...]
        Turns from one step to the next, rad.
    axes : two matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, [2]
        The axes: speed, turn.

    Raises
    ------
    ValueError
        If there is no finite value, or there are not two axes.

    Notes
    -----
    Source: Raudies and Hasselmo 2012, the motion model that both papers took up.

    Examples
    --------
    >>> [ax.get_xlabel() for ax in plot_speed_and_turn([0.5, 1.0], [-0.1, 0.2])]
    ['speed (m/s)', 'turn per step (rad)']
    """
    samples = _finite(speed, "speed"), _finite(turn, "turn")
    pair = np.ravel(plt.figure(figsize=(6.4, 2.6)).subplots(1, 2) if axes is None else list(axes))
    if len(pair) != 2:
        raise ValueError(f"axes: expected two, got {len(pair)}")
    for ax, values, name in zip(pair, samples, ("speed (m/s)", "turn per step (rad)"), strict=True):
        new_axes(ax, WIDE)
        ax.hist(values, bins=50, weights=_shares(values), color=COLOURS["sky"])
        ax.set(xlabel=name, ylabel="share of steps")
        ax.yaxis.set_major_formatter(PercentFormatter(1))
    return pair


def _shares(values: np.ndarray) -> np.ndarray:
    return np.full(len(values), 1 / len(values))


def _finite(value: ArrayLike, name: str) -> np.ndarray:
    """Return all values that are not NaN, flat; there must be one, and none infinite."""
    array = np.ravel(checked(value, name, *(("...",) * n for n in range(1, 5))))
    array = array[~np.isnan(array)]
    if not array.size or not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got {'infinite ones' if array.size else 'none'}")
    return array
