"""The strip over all widths: what formed at each place field width, computed once by the library and shipped.

python -m gridcells.book.explorer.strip    # compute it anew, some ten minutes
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TypedDict

import numpy as np

from gridcells.book.explorer.model import Settings, explore

__all__ = ["Strip", "Swept", "load_strip", "sweep_widths"]

FILE = Path(__file__).with_name("strip.json")
WIDTHS = tuple(round(0.01 * cm, 2) for cm in (*range(4, 31), *range(32, 55, 2)))  # m, in a box of 2.2 m
CELLS, STEPS = 9, 500
SWEPT = (
    ("relu", False),
    ("leaky", False),
    ("quadratic", False),
    ("tanh", False),
    ("linear", False),
    ("relu", True),
    ("tanh", True),
    ("linear", True),
)


class Swept(TypedDict):
    """What formed under one nonlinearity, with walls or without; a list holds one value a width."""

    nonlinearity: str
    walls: bool
    spacing: list[float | None]  # m, median over the maps; None where a map has no wave
    score_60: list[float]  # medians
    score_90: list[float]
    formed: list[str]


class Strip(TypedDict):
    """All that is shipped; widths and spacings may be scaled with the box."""

    box: float  # m
    surround_ratio: float
    cells: int
    steps: int
    width: list[float]  # m
    swept: list[Swept]


def sweep_widths(widths: tuple[float, ...], nonlinearity: str, walls: bool) -> Swept:
    """Compute what forms at each of some widths.

    Parameters
    ----------
    widths : tuple of float
        Place field widths, m.
    nonlinearity, walls
        As in `Settings`, whose other defaults hold, but for nine cells.

    Returns
    -------
    dict
        Median spacing (m) and scores after 500 steps, and what formed, for each width.

    Raises
    ------
    ValueError
        If a width does not fit the box.

    Examples
    --------
    >>> sweep_widths((0.25,), "relu", False)["formed"]
    ['square']
    """
    found = [
        explore(Settings(width=width, nonlinearity=nonlinearity, walls=walls, cells=CELLS), steps=STEPS)
        for width in widths
    ]
    medians = [float(np.median(one.spacing)) for one in found]
    return Swept(
        nonlinearity=nonlinearity,
        walls=walls,
        spacing=[round(value, 4) if np.isfinite(value) else None for value in medians],
        score_60=[round(float(np.nanmedian(one.scores.score_60)), 3) for one in found],
        score_90=[round(float(np.nanmedian(one.scores.score_90)), 3) for one in found],
        formed=[one.formed.lattice for one in found],
    )


@functools.cache
def load_strip() -> Strip:
    """Read the shipped strip.

    Returns
    -------
    dict
        Its settings, its widths, and one sweep for each nonlinearity with walls or without.

    Examples
    --------
    >>> strip = load_strip()
    >>> first = strip["swept"][0]
    >>> first["nonlinearity"], first["formed"][strip["width"].index(0.12)]
    ('relu', 'hexagonal')
    """
    strip: Strip = json.loads(FILE.read_text(encoding="utf-8"))
    return strip


def write_strip() -> None:
    """Compute the strip and write its file."""
    settings = Settings()
    strip = Strip(
        box=settings.box,
        surround_ratio=settings.surround_ratio,
        cells=CELLS,
        steps=STEPS,
        width=list(WIDTHS),
        swept=[sweep_widths(WIDTHS, *one) for one in SWEPT],
    )
    lines = json.dumps(strip, indent=1).replace("\n    ", " ").replace("\n   ]", " ]")
    FILE.write_text(lines + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_strip()
