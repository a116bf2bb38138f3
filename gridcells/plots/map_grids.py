"""Many small maps side by side: in rows, or in a table with names for its rows and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gridcells.plots.style import CORRELATION_MAP, RATE_MAP, checked, styled

__all__ = ["plot_map_grid", "plot_map_table"]


@styled
def plot_map_grid(
    maps: ArrayLike, *, titles: Sequence[str] | None = None, columns: int = 8, signed: bool = False, side: float = 0.95
) -> Figure:
    """Draw maps side by side, each on its own scale.

    Parameters
    ----------
    maps : array_like or torch.Tensor, [map, bin, bin]
        The maps, first axis x.
    titles : sequence of str, optional
        A short line above each.
    columns : int
        Maps a row.
    signed : bool
        Colours from blue through white at zero to red; otherwise from the least to the largest value.
    side : float
        Size of a map, inches.

    Returns
    -------
    matplotlib.figure.Figure
        A new figure.

    Raises
    ------
    ValueError
        If the maps are not of that shape, or there are not as many titles.

    Examples
    --------
    >>> figure = plot_map_grid(np.random.default_rng(0).random((3, 8, 8)), titles=["1", "2", "3"])
    >>> len(figure.axes)
    3
    """
    values = checked(maps, "maps", ("map", "bin", "bin"))
    if titles is not None and len(titles) != len(values):
        raise ValueError(f"titles: expected {len(values)}, one a map, got {len(titles)}")
    columns = min(columns, len(values))
    rows = -(-len(values) // columns)
    figure = plt.figure(figsize=(columns * side, rows * (side + (0.22 if titles else 0.0))))
    for number, one in enumerate(values):
        ax = figure.add_subplot(rows, columns, number + 1)
        limit = float(np.nanmax(np.abs(one))) or 1.0
        scale: dict[str, Any] = (
            {"cmap": CORRELATION_MAP, "vmin": -limit, "vmax": limit} if signed else {"cmap": RATE_MAP}
        )
        ax.imshow(one.T, origin="lower", **scale)
        ax.set(xticks=[], yticks=[])
        if titles is not None:
            ax.set_title(titles[number], fontsize=7.5, pad=2)
    return figure


@styled
def plot_map_table(
    table: Mapping[str, Mapping[str, ArrayLike]],
    *,
    titles: Mapping[str, Mapping[str, str]] | None = None,
    side: float = 0.5,
) -> Figure:
    """Draw sets of maps as a table, a few maps in each of its cells.

    Parameters
    ----------
    table : dict of str to dict of str to array_like [map, bin, bin]
        For each row its columns, and in each the maps; all rows have the same columns.
    titles : dict of str to dict of str to str, optional
        A line above each cell.
    side : float
        Size of a map, inches.

    Returns
    -------
    matplotlib.figure.Figure
        A new figure.

    Raises
    ------
    ValueError
        If there is nothing to draw, or rows have different columns.

    Notes
    -----
    Source: Sorscher et al. 2019, Fig. 1; 2023, Fig. 2.

    Examples
    --------
    >>> maps = np.random.default_rng(0).random((4, 8, 8))
    >>> figure = plot_map_table({"row": {"a": maps, "b": maps}})
    >>> len(figure.axes)
    8
    """
    if not table:
        raise ValueError("table: expected at least one row, got none")
    names = list(next(iter(table.values())))
    across = 4
    down = max(-(-np.shape(maps)[0] // across) for row in table.values() for maps in row.values())
    width, height = len(names) * across * side + 1.0, len(table) * (down * side + 0.35)
    figure = plt.figure(figsize=(width, height))
    cells = figure.subfigures(len(table), len(names), squeeze=False)
    for row, (row_name, columns) in enumerate(table.items()):
        if list(columns) != names:
            raise ValueError(f"table[{row_name!r}]: expected the columns {', '.join(names)}, got {', '.join(columns)}")
        for column, name in enumerate(names):
            cell = cells[row, column]
            line = titles[row_name][name] if titles else ""
            cell.suptitle(f"{row_name}, {name}" + (f"\n{line}" if line else ""), fontsize=7.5)
            maps = checked(columns[name], f"table[{row_name!r}][{name!r}]", ("map", "bin", "bin"))
            for number, one in enumerate(maps):
                ax = cell.add_subplot(down, across, number + 1)
                ax.imshow(one.T, origin="lower", cmap=RATE_MAP)
                ax.set(xticks=[], yticks=[])
    return figure
