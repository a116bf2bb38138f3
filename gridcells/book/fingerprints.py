"""What a figure shows, in numbers: few enough to commit, and enough to see that something moved.

Points are given in ten-thousandths of the sides of their axes, colours in ten-thousandths of their range, so that one
tolerance holds for all: a line that moves by more than a thousandth of the axes is another line. Long arrays are
averaged over blocks of equal length.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import Collection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.transforms import Transform
from numpy.typing import ArrayLike

__all__ = ["TOLERANCE", "describe", "differences"]

TOLERANCE = 1e-3  # of the side of the axes, or of the range of colours
_UNIT = 1e-4
_POINTS = 16  # blocks of a line, of a cloud of points or of an outline
_PIXELS = 5  # blocks along each side of an image
_BEYOND = 1.0  # sides beyond the axes to which a point is followed

AxesDrawing = dict[str, Any]  # as JSON holds it: words, and lists of numbers, by kind
Drawing = list[AxesDrawing]


def describe(figure: Figure) -> Drawing:
    """Describe what a figure shows.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.

    Returns
    -------
    list of dict
        For each axes its words, its limits and those of its colours, and the arrays drawn, as JSON takes them.

    Examples
    --------
    >>> figure = Figure()
    >>> _ = figure.subplots().plot([0, 1, 4], [5, 5, 9])
    >>> describe(figure)[0]["limits"], describe(figure)[0]["lines"]
    ([-0.2, 4.2, 4.8, 9.2], [[[455, 2727, 9545], [455, 455, 9545]]])
    """
    return [_describe_axes(ax) for ax in figure.axes]


def differences(found: Mapping[str, Drawing], expected: Mapping[str, Drawing]) -> list[str]:
    """List in what figures differ beyond the tolerance.

    Parameters
    ----------
    found, expected : mapping of str to list of dict
        What `describe` returned, by the name of the figure.

    Returns
    -------
    list of str
        A line for each thing that differs, a figure that only one of the two has among them.

    Examples
    --------
    >>> def line(*y):
    ...     figure = Figure()
    ...     _ = figure.subplots().plot(y, marker="o")
    ...     figure.axes[0].set(ylim=(0, 10))
    ...     return {"paper/figure": describe(figure)}
    >>> differences(line(1, 2, 3), line(1, 2, 3.005))
    []
    >>> differences(line(1, 2, 3), line(1, 2, 3.5))
    ['paper/figure, axes 1, lines 1: moved by 0.05']
    """
    lines = [f"{name}: not drawn" for name in expected.keys() - found.keys()]
    lines += [f"{name}: not expected" for name in found.keys() - expected.keys()]
    for name in found.keys() & expected.keys():
        if len(found[name]) != len(expected[name]):
            lines.append(f"{name}: {len(found[name])} axes, expected {len(expected[name])}")
            continue
        for number, pair in enumerate(zip(found[name], expected[name], strict=True), start=1):
            lines += [f"{name}, axes {number}, {words}" for words in _axes_differences(*pair)]
    return sorted(lines)


def _describe_axes(ax: Axes) -> AxesDrawing:
    limits = [*ax.get_xlim(), *ax.get_ylim()]  # asking settles them, and the transforms with them
    legend = ax.get_legend()
    words = [ax.get_xlabel(), ax.get_ylabel(), ax.get_title(), *(text.get_text() for text in ax.texts)]
    words += [text.get_text() for text in legend.get_texts()] if legend else []
    coloured = [artist for artist in [*ax.images, *ax.collections] if artist.get_array() is not None]
    arrays = {
        "lines": [_points(ax, line, line.get_xydata()) for line in ax.lines],
        "patches": [_points(ax, patch, _corners(patch)) for patch in ax.patches],
        "points": [_collection(ax, one) for one in ax.collections if not isinstance(one, QuadMesh)],
        "colours": [_colours(one) for one in coloured],
    }
    described = {
        "words": [word for word in words if word],
        "limits": _rounded(limits),
        "colour limits": [_rounded(one.get_clim()) for one in coloured if None not in one.get_clim()],
    }
    return {name: value for name, value in {**described, **arrays}.items() if value}


def _collection(ax: Axes, collection: Collection) -> list[list[int | None]]:
    """Return the places of markers, or the outline of what is filled or joined."""
    offsets = np.ma.getdata(collection.get_offsets())
    if len(offsets) > 1 or collection.get_offset_transform().contains_branch(ax.transData):
        return _blocks(ax, collection.get_offset_transform(), offsets)
    return _points(ax, collection, np.concatenate([path.vertices for path in collection.get_paths()] or [offsets[:0]]))


def _corners(patch: Patch) -> np.ndarray:
    """Return the corners of an outline; of a bar two opposite ones, which tell all."""
    vertices = np.asarray(patch.get_path().vertices)
    return vertices[[0, 2]] if isinstance(patch, Rectangle) else vertices


def _points(ax: Axes, artist: Artist, vertices: ArrayLike) -> list[list[int | None]]:
    return _blocks(ax, artist.get_transform(), vertices)


def _blocks(ax: Axes, transform: Transform, vertices: ArrayLike) -> list[list[int | None]]:
    """Average x and y of points [n, 2], each over at most `_POINTS` blocks, in ten-thousandths of the axes' sides."""
    with np.errstate(divide="ignore", invalid="ignore"):  # a logarithmic axis has no place for 0
        places = (transform + ax.transAxes.inverted()).transform(np.asarray(vertices, dtype=float).reshape(-1, 2))
    places = np.clip(places, -_BEYOND, 1 + _BEYOND)
    return [_thinned(column, (_POINTS,)) for column in places.T]


def _colours(artist: ScalarMappable) -> list[int | None]:
    """Return colours of an image, a mesh or points, in ten-thousandths of their range: means of blocks, the spread."""
    array: np.ndarray = np.ma.filled(np.ma.asarray(artist.get_array(), dtype=float), np.nan)
    low, high = (0.0, 1.0) if array.ndim == 3 else artist.get_clim()
    shares = (array - low) / ((high - low) or 1.0)
    return [*_thinned(shares, (_PIXELS, _PIXELS)[: array.ndim]), *_thinned(_spread(shares), (1,))]


def _spread(array: np.ndarray) -> np.ndarray:
    """Return the standard deviation of all numbers in ``array``, as an array of one."""
    finite = array[np.isfinite(array)]
    return np.array([finite.std() if finite.size else np.nan])


def _thinned(array: np.ndarray, blocks: tuple[int, ...]) -> list[int | None]:
    """Average blocks along the first axes of ``array``, in whole ten-thousandths; None where there is no number."""
    pieces = [array]
    for axis, most in enumerate(blocks):
        pieces = [part for one in pieces for part in np.array_split(one, min(most, max(array.shape[axis], 1)), axis)]
    means = [float(np.mean(piece[np.isfinite(piece)])) if np.isfinite(piece).any() else math.nan for piece in pieces]
    return [None if math.isnan(mean) else round(mean / _UNIT) for mean in means]


def _rounded(numbers: Iterable[float]) -> list[float]:
    return [float(f"{number:.6g}") for number in numbers]


def _axes_differences(found: AxesDrawing, expected: AxesDrawing) -> list[str]:
    lines = []
    for kind in sorted(found.keys() | expected.keys()):
        mine, theirs = found.get(kind, []), expected.get(kind, [])
        if kind == "words":
            lines += [f"words: {mine!r}, expected {theirs!r}"] if mine != theirs else []
        elif len(mine) != len(theirs):
            lines.append(f"{kind}: {len(mine)}, expected {len(theirs)}")
        elif kind == "limits":
            moved = max(_moved_limits(mine[i : i + 2], theirs[i : i + 2]) for i in (0, 2))
            lines += [f"limits: {mine}, expected {theirs}"] if moved > TOLERANCE else []
        elif kind == "colour limits":
            moved = max(_moved_limits(*pair) for pair in zip(mine, theirs, strict=True))
            lines += [f"colour limits: {mine}, expected {theirs}"] if moved > TOLERANCE else []
        else:
            for number, pair in enumerate(zip(mine, theirs, strict=True), start=1):
                moved = _moved(*(np.array(one, dtype=float) for one in pair))
                lines += [f"{kind} {number}: moved by {moved:.2g}"] if moved > TOLERANCE else []
    return lines


def _moved_limits(found: list[float], expected: list[float]) -> float:
    span = abs(expected[1] - expected[0]) or 1.0
    return max(abs(one - other) for one, other in zip(found, expected, strict=True)) / span


def _moved(found: np.ndarray, expected: np.ndarray) -> float:
    """Measure how far the furthest block moved; infinitely far where there is a number in one only."""
    if found.shape != expected.shape or (np.isnan(found) != np.isnan(expected)).any():
        return math.inf
    return float(np.nanmax(np.abs(found - expected), initial=0.0)) * _UNIT
