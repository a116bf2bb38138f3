"""The released code's sheet: every unit of a network on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from gridcells._common.files import atomic_path
from gridcells.plots.maps import plot_rate_map_sheet
from gridcells.scores import GridScores
from gridcells.world.arenas import Arena

__all__ = ["SHEET", "sheet_of_all_units"]

SHEET = "rates_and_sac_latest_hd.pdf"
"""The released code's name for the file."""


def sheet_of_all_units(rate_maps: Any, scores: GridScores, arena: Arena, path: Path) -> Path:
    """Write the released code's sheet: all maps and autocorrelograms, ordered by grid score, with the ring drawn.

    Parameters
    ----------
    rate_maps : array_like, [unit, bin, bin]
        Mean activities; the first map axis is x.
    scores : GridScores
        Their grid scores, with rings and autocorrelograms.
    arena : Rectangle or Circle
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
    >>> import numpy as np
    >>> from gridcells.scores import grid_scores
    >>> from gridcells.world.arenas import Rectangle
    >>> maps = np.random.default_rng(0).random((3, 20, 20))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sheet = sheet_of_all_units(maps, grid_scores(maps), Rectangle(2.2, 2.2), Path(folder) / SHEET)
    ...     sheet.read_bytes()[:4]
    b'%PDF'
    """
    units, shifts, rings = len(rate_maps), scores.autocorrelogram, scores.ring_60
    figure = plot_rate_map_sheet(rate_maps, shifts, scores.score_60, arena, rings=rings, units=units, columns=16)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="pdf")
    plt.close(figure)
    return path
