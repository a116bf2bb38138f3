"""Where an arena ends in its maps: its shape, the bins along each wall, and how far every bin is from the nearest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import ndimage

from gridcells._common.bins import BinGrid, Bounded
from gridcells._common.checks import as_numpy
from gridcells.scores.autocorrelogram import check_bin_size

__all__ = ["Room", "Walls", "arena_shape", "circular_walls", "room_walls", "straight_walls", "unreached_walls"]

FILLED = 0.82  # share of the box that a rectangle visits, more than the 0.785 of a circle
ALIKE = 0.9  # overlap with the box's ellipse, over the union of both
CLOSED = 15.0  # a side over the width of the gaps that are closed before the shape is looked at
ROUND = 1.2  # longer over shorter side of a circle's box, at most
SEEN = 0.5  # share of a wall that must have been visited
REACH = 0.12  # m from the edge within which the first visited bin is the wall
ANGLES = 72  # parts of a circle's rim
FINE = 4  # steps a bin's side, along a room's walls and away from them


class Room(Bounded, Protocol):
    """An arena whose walls are drawn, such as a `Polygon`."""

    @property
    def rings(self) -> list[np.ndarray]:
        """Return the corners [vertex, 2] of each closed line of walls, m, the inside to their left."""
        ...

    def wall_distance(self, position: np.ndarray) -> np.ndarray:
        """Return the distance from each position [..., 2] to the nearest wall, m; negative outside."""
        ...


@dataclass(frozen=True, eq=False)
class Walls:
    """The bins along the walls of one arena.

    Attributes
    ----------
    lines : tuple of numpy.ndarray of int, each [line]
        For each wall its bins, flat in the map: the first visited bin of every line that leads away from it. Of a
        circle one array, by angle; -1 where there is none.
    distance : numpy.ndarray, [bin_x, bin_y]
        From a bin's centre to the nearest wall, m.
    half_side : float
        The distance of the middle, m.
    """

    lines: tuple[np.ndarray, ...]
    distance: np.ndarray
    half_side: float


def arena_shape(visited: np.ndarray, *, bin_size: float | tuple[float, float] = 1.0) -> str:
    """Return the shape of the part of a map that was visited.

    Parameters
    ----------
    visited : array_like of bool, [bin_x, bin_y]
        Which bins were.
    bin_size : float or (float, float)
        Side of a bin, or its sides along x and along y, m.

    Returns
    -------
    {"rectangle", "circle", "other"}
        A rectangle has its walls along the map's sides and fills 0.82 of its box, gaps closed; a circle
        overlaps with the box's ellipse by nine tenths. "other" is whatever else: turned, L-shaped, with arms.

    Notes
    -----
    Source: ours; it decides how `border_scores` looks for walls.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 40)
    >>> arena_shape(np.ones((20, 20), bool)), arena_shape(np.hypot(x[:, None], x) < 1)
    ('rectangle', 'circle')
    """
    seen = as_numpy(visited, "visited") != 0
    width = max(1, round(min(seen.shape) / CLOSED))  # bins over which unvisited gaps are closed: few runs leave many
    closed = ndimage.binary_closing(np.pad(seen, width), np.ones((3, 3)), iterations=width)
    mask = ndimage.binary_fill_holes(closed)[width:-width, width:-width]
    size = check_bin_size(bin_size)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return "other"
    box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    sides = np.array(box.shape) * size
    x, y = (2 * (np.arange(count) + 0.5) / count - 1 for count in box.shape)
    ellipse = np.hypot(x[:, None], y) <= 1
    overlap = np.sum(box & ellipse) / np.sum(box | ellipse)
    if box.mean() >= FILLED and overlap < box.mean():
        return "rectangle"
    return "circle" if overlap >= ALIKE and sides.max() <= ROUND * sides.min() else "other"


def straight_walls(visited: np.ndarray, size: np.ndarray, reach: float = REACH) -> Walls:
    """Return the walls of a rectangle: the first visited bin within ``reach`` of each side of the map.

    A wall counts if half of its lines have one. Distances are measured from where most of a wall's bins lie; where a
    wall does not count, from the map's side.

    Parameters
    ----------
    visited : numpy.ndarray of bool, [bin_x, bin_y]
        Which bins were visited.
    size : numpy.ndarray, [2]
        Sides of a bin, m.
    reach : float
        How far from the edge to look, m; two bins at least.

    Returns
    -------
    Walls
        Of up to four walls.
    """
    sides = list(_sides(visited, size, reach))
    lines = [line for _, line, _ in sides if line is not None]
    depths = [depth for _, _, depth in sides]
    along = []
    for axis, (low, high) in ((0, depths[2:]), (1, depths[:2])):
        steps = np.arange(visited.shape[axis]) + 0.5
        from_low, from_high = steps - low, (visited.shape[axis] - high) - steps
        along.append(np.maximum(np.minimum(from_low, from_high), 0.5) * size[axis])
    inner = [
        (visited.shape[0] - depths[2] - depths[3]) * size[0],
        (visited.shape[1] - depths[0] - depths[1]) * size[1],
    ]
    return Walls(tuple(lines), np.minimum(along[0][:, None], along[1]), float(min(inner)) / 2)


def unreached_walls(visited: np.ndarray, size: np.ndarray, reach: float = REACH) -> list[str]:
    """Return which of a rectangle's walls do not count, because less than half of each was reached.

    Parameters
    ----------
    visited, size, reach
        As for `straight_walls`.

    Returns
    -------
    list of str
        Some of "low y", "high y", "low x", "high x".

    Examples
    --------
    >>> seen = np.ones((20, 20), bool)
    >>> seen[15:] = False
    >>> unreached_walls(seen, np.array([0.05, 0.05]))
    ['high x']
    """
    return [name for name, line, _ in _sides(visited, size, reach) if line is None]


def _sides(visited: np.ndarray, size: np.ndarray, reach: float) -> Iterator[tuple[str, np.ndarray | None, int]]:
    """Yield each side of a map, the bins along its wall (None for one that does not count), and how deep they lie."""
    flat = np.arange(visited.size).reshape(visited.shape)
    for axis, name in ((1, "y"), (0, "x")):
        for end, seen, index in (("low", visited, flat), ("high", np.flip(visited, axis), np.flip(flat, axis))):
            depth = seen.argmax(axis=axis)
            most = max(2, round(reach / size[axis]))
            found = seen.any(axis=axis) & (depth <= most)
            bins = np.take_along_axis(index, np.expand_dims(depth, axis), axis).squeeze(axis)
            counts = found.mean() >= SEEN
            line = np.where(found, bins, -1) if counts else None
            yield f"{end} {name}", line, int(np.median(depth[found])) if counts else 0


def circular_walls(visited: np.ndarray, size: np.ndarray) -> Walls:
    """Return the rim of a circle by angle: in each of 72 directions from the middle the outermost visited bin.

    Parameters
    ----------
    visited : numpy.ndarray of bool, [bin_x, bin_y]
        Which bins were visited.
    size : numpy.ndarray, [2]
        Sides of a bin, m.

    Returns
    -------
    Walls
        One line of bins, by angle.
    """
    rows, columns = np.flatnonzero(visited.any(axis=1)), np.flatnonzero(visited.any(axis=0))
    middle = (rows[0] + rows[-1]) / 2, (columns[0] + columns[-1]) / 2
    radius = float(((rows[-1] - rows[0] + 1) * size[0] + (columns[-1] - columns[0] + 1) * size[1]) / 4)
    x, y = ((np.arange(count) - centre) * side for count, centre, side in zip(visited.shape, middle, size, strict=True))
    distance = np.maximum(radius - np.hypot(x[:, None], y), min(size) / 2)
    turn = 2 * np.pi * (np.arange(ANGLES) + 0.5) / ANGLES
    steps = np.arange(0.0, radius + max(size), min(size) / 4)
    at_x = np.rint(middle[0] + steps[:, None] * np.cos(turn) / size[0]).astype(int)
    at_y = np.rint(middle[1] + steps[:, None] * np.sin(turn) / size[1]).astype(int)
    within = (at_x >= 0) & (at_x < visited.shape[0]) & (at_y >= 0) & (at_y < visited.shape[1])
    at_x, at_y = at_x.clip(0, visited.shape[0] - 1), at_y.clip(0, visited.shape[1] - 1)
    seen = within & visited[at_x, at_y] & (steps[:, None] >= radius / 2)
    last = len(steps) - 1 - seen[::-1].argmax(axis=0)
    column = np.arange(ANGLES)
    rim = np.where(seen.any(axis=0), np.ravel_multi_index((at_x[last, column], at_y[last, column]), visited.shape), -1)
    return Walls((rim,), distance, radius)


def room_walls(visited: np.ndarray, size: np.ndarray, room: Room, reach: float = REACH) -> Walls:
    """Return the walls of a room: the first visited bin within ``reach`` of each place along each straight wall.

    A wall counts if half of its places have one. A wall is what lies between two corners, each side of an inner wall
    one of its own; distances are those from the walls themselves.

    Parameters
    ----------
    visited : numpy.ndarray of bool, [bin_x, bin_y]
        Which bins were visited, of a map that covers the room's bounds.
    size : numpy.ndarray, [2]
        Sides of a bin, m.
    room : Polygon
        The room, or any object with ``rings``, ``bounds`` and ``wall_distance``.
    reach : float
        How far from a wall to look, m; two bins at least.

    Returns
    -------
    Walls
        Of as many walls as count.

    Raises
    ------
    ValueError
        If the map does not cover the room's bounds.
    """
    grid = BinGrid(room.bounds, visited.shape)
    if not np.allclose(size, grid.bin_size, rtol=1e-3):
        raise ValueError(
            f"bin_size: expected that of a map over the room's bounds, {grid.bin_size} m, got {tuple(size.tolist())}"
        )
    step = size.min() / FINE
    away = (np.arange(max(2, round(reach / size.min())) * FINE) + 0.5) * step
    lines = []
    for start, end in (ends for ring in room.rings for ends in zip(ring, np.roll(ring, -1, axis=0), strict=True)):
        way, number = end - start, max(1, round(np.hypot(*(end - start)) / step))
        inward = np.array([-way[1], way[0]]) / np.hypot(*way)
        places = start + ((np.arange(number) + 0.5) / number)[:, None] * way
        bins = grid.index(places[:, None] + away[:, None] * inward)  # [place, step]
        seen = (bins >= 0) & visited.ravel()[bins]
        found = seen.any(axis=1)
        if found.mean() >= SEEN:
            lines.append(np.unique(bins[found, seen[found].argmax(axis=1)]))
    distance = np.maximum(room.wall_distance(grid.centres), size.min() / 2)
    between = BinGrid(room.bounds, tuple(2 * bins + 1 for bins in visited.shape))  # also on the middle lines
    return Walls(tuple(lines), distance, float(room.wall_distance(between.centres).max()))
