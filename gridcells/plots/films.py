"""A frame of a training film."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gridcells.plots.style import COLOURS, RATE_MAP, checked, styled

__all__ = ["plot_film_frame"]


@styled
def plot_film_frame(maps: ArrayLike, spectrum: ArrayLike, step: ArrayLike, error: ArrayLike, frame: int) -> Figure:
    """Draw a few units' maps, the population's spectrum and the error so far.

    Parameters
    ----------
    maps : array_like, [unit, bin, bin]
        The frame's rate maps of a few units, drawn four a row.
    spectrum : array_like, [cycle, cycle]
        The frame's mean power spectrum over cycles a box, the middle zero.
    step, error : array_like, [frame]
        Gradient steps, and decoding error, m, of all frames.
    frame : int
        Which frame it is.

    Returns
    -------
    matplotlib.figure.Figure
        A new figure.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> figure = plot_film_frame(np.ones((4, 5, 5)), np.eye(3), [0, 10], [1.0, 0.5], 1)
    >>> len(figure.axes)
    6
    """
    values, power = checked(maps, "maps", ("unit", "bin", "bin")), checked(spectrum, "spectrum", ("cycle", "cycle"))
    steps, errors = checked(step, "step", ("frame",)), checked(error, "error", ("frame",))
    if len(steps) != len(errors) or not 0 <= frame < len(steps):
        raise ValueError(f"frame: expected one of {len(steps)} steps and {len(errors)} errors, got {frame}")
    rows = -(-len(values) // 4)
    figure = plt.figure(figsize=(9.0, 2.9))
    parts: Any = figure.subfigures(1, 3, width_ratios=(1.1, 1, 1.1))
    left, middle, right = parts
    for ax, one in zip(left.subplots(rows, 4, squeeze=False).ravel(), values, strict=False):
        ax.imshow(one.T, origin="lower", cmap=RATE_MAP)
        ax.set(xticks=[], yticks=[])
    for ax in left.axes[len(values) :]:
        ax.remove()
    reach = power.shape[0] // 2 + 0.5
    ax = middle.subplots()
    ax.imshow(power.T, origin="lower", cmap="cividis", extent=(-reach, reach, -reach, reach), vmin=0)
    ax.set(xlabel="cycles a box along x", ylabel="along y", title="spectrum of all units")
    ax = right.subplots()
    ax.plot(steps, 100 * errors, color=COLOURS["grey"], linewidth=1)
    ax.plot(steps[: frame + 1], 100 * errors[: frame + 1], color=COLOURS["blue"])
    ax.plot(steps[frame], 100 * errors[frame], "o", color=COLOURS["vermillion"])
    ax.set(xlabel="gradient steps", ylabel="decoding error (cm)", ylim=(0, None), title=f"step {steps[frame]:.0f}")
    return figure
