"""Distributions of one number in several groups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from gridcells.plots.style import checked, new_axes, styled

__all__ = ["plot_distributions"]


@styled
def plot_distributions(
    values: Mapping[str, ArrayLike], *, xlabel: str, ylabel: str = "units", ax: Axes | None = None
) -> Axes:
    """Draw for each group which share of it lies at or below each value.

    Parameters
    ----------
    values : dict of str to array_like [unit]
        The values of each group; NaN is left out.
    xlabel : str
        What the values are, with their unit.
    ylabel : str
        What is counted.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is no group, or one has no value.

    Examples
    --------
    >>> ax = plot_distributions({"grid": [0.8, 0.9], "other": [0.1, 0.5, 0.6]}, xlabel="correlation")
    >>> len(ax.lines)
    2
    """
    if not values:
        raise ValueError("values: expected at least one group, got none")
    ax = new_axes(ax, (5.2, 3.4))
    for name, group in values.items():
        numbers = checked(group, f"values[{name!r}]", ("unit",)).astype(np.float64)
        numbers = np.sort(numbers[~np.isnan(numbers)])
        if not numbers.size:
            raise ValueError(f"values[{name!r}]: expected at least one number that is not NaN, got none")
        ax.ecdf(numbers, label=f"{name} ({len(numbers)})")
    ax.set(xlabel=xlabel, ylabel=f"share of the {ylabel} at or below")
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.legend()
    return ax
