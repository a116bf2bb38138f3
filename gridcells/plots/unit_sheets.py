"""The released code's sheet: every unit of a network on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from gridcells._common.checks import check_count
from gridcells._common.files import atomic_path
from gridcells.plots.style import CORRELATION_MAP, RATE_MAP, checked, size_text, styled
from gridcells.scores import GridScores
from gridcells.world.arenas import Arena

__all__ = ["SHEET", "plot_all_units", "sheet_of_all_units"]

SHEET = "rates_and_sac_latest_hd.pdf"
"""The released code's name for the file."""

_INCH = 0.95  # the longer side of a map, and the space to the next one
_SHARE = 0.92  # of that, which the map fills
_LABEL, _TITLE = 0.4, 0.3  # width and height of a score, in the same distance


@styled
def plot_all_units(rate_maps: ArrayLike, scores: GridScores, arena: Arena, *, columns: int = 16) -> Figure:
    """Draw every unit that has a score, best first: its map above its autocorrelogram with the score's ring.

    `plot_rate_map_sheet` draws the same of a few units. Here all stand in one pair of axes, which takes a
    fraction of the time that a pair for each picture does.

    Parameters
    ----------
    rate_maps : array_like, [unit, bin_x, bin_y]
        Mean activities.
    scores : GridScores
        Their grid scores, with rings and autocorrelograms.
    arena : Rectangle, Circle or Polygon
        The arena, in whose proportions maps are drawn, and whose size the caption tells.
    columns : int
        How many units stand beside each other.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, whose only axes hold the pictures, map and autocorrelogram in turn, and the scores.

    Raises
    ------
    ValueError
        If counts differ, no unit has a score, or there are no autocorrelograms.

    Notes
    -----
    Source: code released with Banino et al. 2018, utils (``get_scores_and_plot``); Extended Data Fig. 2.

    Examples
    --------
    >>> from gridcells.scores import grid_scores
    >>> from gridcells.world.arenas import Rectangle
    >>> maps = np.random.default_rng(0).random((3, 20, 20))
    >>> scores = grid_scores(maps)
    >>> figure = plot_all_units(maps, scores, Rectangle(2.2, 2.2))
    >>> [text.get_text() for text in figure.axes[0].texts] == [f"{one:.2f}" for one in sorted(scores.score_60)[::-1]]
    True
    """
    if scores.autocorrelogram is None:
        raise ValueError("scores: expected autocorrelograms, got scores that did not keep them")
    maps, score = checked(rate_maps, "rate_maps", ("unit", "bin", "bin")), scores.score_60
    if len(maps) != len(score):
        raise ValueError(f"scores: expected one of each of {len(maps)} rate maps, got {len(score)}")
    order = np.argsort(-score, kind="stable")  # NaN last
    order = order[np.isfinite(score[order])]
    if not len(order):
        raise ValueError(f"scores: expected at least one unit with a score, got {len(score)} without")
    columns = min(check_count(columns, "columns"), len(order))
    rows = -(-len(order) // columns)
    side = np.array(arena.size) / max(arena.size)  # of a map on the page, the longer one being 1
    wide, tall = max(side[0], _LABEL), _TITLE + 2 * side[1]  # of a unit: the score, the map, its autocorrelogram
    caption = (
        f"{len(order)} of {len(score)} units, with their grid scores, {size_text(arena)}.\n"
        "Above: activity (dark: least, bright: most). Below: autocorrelogram (blue: -1, red: 1)."
    )
    size = np.array([max(_INCH * wide * columns, 4.6) + 0.2, _INCH * tall * rows + 0.6])
    figure = plt.figure(figsize=tuple(size), layout="constrained")
    figure.set_layout_engine("none")  # a figure made without one would be given the style's by each savefig
    figure.text(0.1 / size[0], 1 - 0.08 / size[1], caption, va="top", fontsize=9)
    page = _INCH * np.array([wide * columns, tall * rows]) / size
    ax = figure.add_axes((0.1 / size[0], 0.08 / size[1], page[0], page[1]))
    # no autoscaling: each picture would search all before it
    ax.set(xlim=(0, wide * columns), ylim=(-tall * rows, 0), autoscale_on=False)
    ax.set_axis_off()

    place = np.arange(len(order))
    left, top = wide * (place % columns), -tall * (place // columns)
    options: dict[str, Any] = {
        "origin": "lower",
        "aspect": "auto",
        "interpolation": "none",
    }  # a PDF then holds the bins themselves
    width, height = _SHARE * side  # of a map
    reach = 2 - 1 / np.array(maps.shape[1:])  # sides of an autocorrelogram, in those of its map
    across, high = _SHARE * side * (reach / reach.max())  # as they are drawn: in proportion, no larger than a map
    for unit, x, y in zip(order, left.tolist(), top.tolist(), strict=True):
        bottom = y - tall + side[1]
        aside, under = x + (width - across) / 2, bottom - side[1] + (height - high) / 2
        above, below = (x, x + width, bottom, bottom + height), (aside, aside + across, under, under + high)
        ax.imshow(maps[unit].T, extent=above, cmap=RATE_MAP, **options)
        ax.imshow(scores.autocorrelogram[unit].T, extent=below, cmap=CORRELATION_MAP, vmin=-1, vmax=1, **options)
        ax.text(x + width / 2, bottom + height + 0.02, f"{score[unit]:.2f}", ha="center", va="bottom", fontsize=8)

    centres = np.stack([left + width / 2, top - tall + height / 2], -1)
    rings = 2 * scores.ring_60[order] * min(width, height) / reach.max()  # diameters
    for diameter in rings.T:
        found = np.isfinite(diameter)
        ax.add_collection(
            EllipseCollection(
                diameter[found],
                diameter[found],
                np.zeros(found.sum()),
                units="xy",
                offsets=centres[found],
                offset_transform=ax.transData,
                facecolors="none",
                edgecolors="black",
                linestyles="--",
                linewidths=1.0,
            )
        )
    return figure


def sheet_of_all_units(rate_maps: ArrayLike, scores: GridScores, arena: Arena, path: Path) -> Path:
    """Write the released code's sheet: all maps and autocorrelograms, ordered by grid score, with the ring drawn.

    Parameters
    ----------
    rate_maps : array_like, [unit, bin_x, bin_y]
        Mean activities.
    scores : GridScores
        Their grid scores, with rings and autocorrelograms.
    arena : Rectangle, Circle or Polygon
        The arena.
    path : pathlib.Path
        The PDF.

    Returns
    -------
    pathlib.Path
        The same.

    Raises
    ------
    ValueError
        If counts differ, or no unit has a score.

    Notes
    -----
    Source: code released with Banino et al. 2018, utils (``get_scores_and_plot``); Extended Data Fig. 2. Each map
    stands above its autocorrelogram here, and the palette is one that can be read without colour vision.

    Examples
    --------
    >>> import tempfile
    >>> from gridcells.scores import grid_scores
    >>> from gridcells.world.arenas import Rectangle
    >>> maps = np.random.default_rng(0).random((3, 20, 20))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sheet = sheet_of_all_units(maps, grid_scores(maps), Rectangle(2.2, 2.2), Path(folder) / SHEET)
    ...     sheet.read_bytes()[:4]
    b'%PDF'
    """
    figure = plot_all_units(rate_maps, scores, arena)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="pdf")
    plt.close(figure)
    return path
