"""A room of any shape: a polygon with walls, which may have holes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.bins import BinGrid, Bins, Bounds
from gridcells._common.checks import as_numpy, check_count, check_positions
from gridcells.world.extents import HARDLY, Extent, Source, as_source
from gridcells.world.walls import Walls, gap_between, turning_left

__all__ = ["Corner", "Polygon", "Ring", "rings_text"]

Corner = tuple[float, float]
"""x and y of a corner, m."""

Ring = tuple[Corner, ...]
"""The corners of a closed line of walls."""


@dataclass(frozen=True)
class Polygon(Extent):
    """A room with straight walls of any number, anywhere in the plane: any simple polygon, which may have holes.

    Parameters
    ----------
    vertices : array_like, [vertex, 2], or str
        Corners of the outer walls in order, either way round, m; the last may repeat the first. As text, "x:y" of each
        corner, joined by commas.
    holes : sequence of array_like, [vertex, 2], or str
        Corners of what stands in the room: pillars, inner walls. As text, rings joined by slashes.

    Raises
    ------
    ValueError
        If a ring has fewer than three corners, an infinite one or no area, walls cross, touch or come nearer than a
        millionth of a metre to each other, a hole lies outside or within another one.

    Notes
    -----
    Source: ours. Rooms of other shapes are those of Krupic et al. 2015 (a trapezoid), and of Cueva and Wei 2018, Fig. 2
    (a triangle and a hexagon beside the square). Since walls may not touch, the inside always hangs together.

    Walks, maps and place cells take it wherever they take a `Rectangle` or a `Circle`; the bins of a map divide its
    smallest enclosing box.

    Examples
    --------
    >>> trapezoid = Polygon([[-0.95, -0.1], [0.95, -0.45], [0.95, 0.45], [-0.95, 0.1]])
    >>> round(trapezoid.area, 3), trapezoid.size
    (1.045, (1.9, 0.9))
    >>> trapezoid.contains(np.array([[0.9, 0.4], [-0.9, 0.4]]))
    array([ True, False])
    >>> with_pillar = Polygon("-1:-1,1:-1,1:1,-1:1", "-0.1:-0.1,0.1:-0.1,0.1:0.1,-0.1:0.1")
    >>> with_pillar.wall_distance(np.array([[0.3, 0.0]])).round(6)
    array([0.2])
    """

    vertices: Ring = ((-1.1, -1.1), (1.1, -1.1), (1.1, 1.1), (-1.1, 1.1))
    holes: tuple[Ring, ...] = ()

    def __post_init__(self) -> None:
        outer = _ring(self.vertices, "vertices")
        written = cast(Sequence[ArrayLike] | str, self.holes)  # before they are read
        given = [one for one in written.split("/") if one] if isinstance(written, str) else written
        holes = [_ring(one, f"holes[{place}]") for place, one in enumerate(given)]
        object.__setattr__(self, "vertices", _corners(outer))
        object.__setattr__(self, "holes", tuple(_corners(hole) for hole in holes))
        _check_apart(outer, holes)

    @property
    def bounds(self) -> Bounds:
        """The smallest enclosing box: x_min, x_max, y_min, y_max, m."""
        x, y = zip(*self.vertices, strict=True)
        return min(x), max(x), min(y), max(y)

    @property
    def area(self) -> float:
        """The area inside, holes left out, m²."""
        outer, *holes = (abs(turning_left(np.array(ring))) for ring in (self.vertices, *self.holes))
        return outer - sum(holes)

    @property
    def period(self) -> None:
        """A room with walls never repeats: always None."""
        return None

    @property
    def rings(self) -> list[np.ndarray]:
        """The corners [vertex, 2] of the outer walls and of each hole, m, the inside of the room to their left."""
        rings = [np.array(ring) for ring in (self.vertices, *self.holes)]
        leftward = [turning_left(ring) > 0 for ring in rings]
        return [
            ring if left == (place == 0) else ring[::-1]
            for place, (ring, left) in enumerate(zip(rings, leftward, strict=True))
        ]

    @cached_property
    def walls(self) -> Walls:
        """The straight walls, and which of them are near where."""
        return Walls(self.rings, self.bounds)

    def contains(self, position: np.ndarray) -> np.ndarray:
        """Return for each position [..., 2] (m) whether it lies in the room, walls included → bool [...]."""
        position = np.asarray(position)
        clearance = self.walls.clearance[self.walls.square_of(position)]
        inside = np.atleast_1d(clearance > 0)
        unsure = np.atleast_1d(np.abs(clearance) <= self.walls.reach)
        if unsure.any():
            near = np.atleast_2d(position)[unsure]
            inside[unsure] = self.walls.nearest(near)[0] >= -1e-12 * max(self.size)
        return inside.reshape(position.shape[:-1])

    def sample(self, count: int, generator: Source | int) -> np.ndarray:
        """Draw ``count`` positions uniformly over the area → [count, 2], m."""
        generator, count = as_source(generator), check_count(count, "count")
        x_min, x_max, y_min, y_max = self.bounds
        drawn, found = [], 0
        while found < count:
            place = generator.uniform((x_min, y_min), (x_max, y_max), (count - found, 2))
            drawn.append(place[self.contains(place)])
            found += len(drawn[-1])
        return np.concatenate(drawn)

    def wall_distance(self, position: np.ndarray) -> np.ndarray:
        """Measure the distance from each position [..., 2] to the nearest wall → [...], m; negative outside."""
        return self.nearest_wall(position)[0]

    def nearest_wall(self, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find the nearest wall: its distance [...] (m) and the bearing [...] (rad) at which it is met head-on."""
        check_positions(position)
        distance, bearing, _ = self.walls.nearest(position)
        return distance, bearing

    def near_wall(self, position: np.ndarray, margin: float) -> np.ndarray:
        """List which positions [batch, 2] (m) lie within ``margin`` (m) of a wall, or outside, and some more → indices.

        Those more are nearer to a wall than ``margin`` and a fiftieth of the room's longer side.
        """
        walls = self.walls
        return np.flatnonzero(walls.clearance[walls.square_of(position)] <= margin * (1 + 1e-9) + walls.reach)

    def may_cross(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """List which straight ways from ``start`` to ``end`` [batch, 2] (m) meet a wall → indices.

        A way that ends inside can, too: it cuts a corner or passes a thin wall.
        """
        walls, step = self.walls, end - start
        clear = walls.clearance[walls.square_of(start)] - (walls.reach + HARDLY)
        length = np.sqrt(step[:, 0] * step[:, 0] + step[:, 1] * step[:, 1])
        near = np.flatnonzero(length > clear)
        # a way by a wall is at least as long as the distances of its two ends from it together
        clear_at_end = walls.clearance[walls.square_of(end[near])] - walls.reach
        near = near[length[near] > np.maximum(clear[near], 0) + clear_at_end]
        return near[walls.free_share(start[near], step[near]) < 1] if near.size else near

    def wrap(self, position: np.ndarray) -> np.ndarray:
        """Return the positions unchanged: a room with walls has no edge to walk over."""
        return position

    def displacement(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return the straight way from ``start`` to ``end`` [..., 2], m, walls or not."""
        return np.asarray(end) - np.asarray(start)

    def free_share(self, position: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return the share (0 to 1) of each straight step [..., 2] (m) that can be made before a wall → [...]."""
        share = self.walls.free_share(position.reshape(-1, 2), step.reshape(-1, 2))
        return share.reshape(position.shape[:-1])

    def clip(self, position: np.ndarray) -> np.ndarray:
        """Move positions [..., 2] (m) that rounding put outside a wall onto it."""
        clipped = np.array(position, dtype=np.float64)
        flat = clipped.reshape(-1, 2)
        unsure = np.flatnonzero(self.walls.clearance[self.walls.square_of(flat)] <= self.walls.reach)
        if unsure.size:
            distance, _, place = self.walls.nearest(flat[unsure])
            flat[unsure[distance < 0]] = place[distance < 0]
        return flat.reshape(clipped.shape)

    def bins_inside(self, bins: Bins) -> np.ndarray:
        """Return for each bin of a map whether some of it lies in the room → bool [bin_x, bin_y].

        Parameters
        ----------
        bins : int or (int, int)
            Number of bins along x and along y of the smallest enclosing box; one number serves for both.

        Examples
        --------
        >>> Polygon([[0, 0], [1, 0], [0, 1]]).bins_inside(3)
        array([[ True,  True,  True],
               [ True,  True, False],
               [ True, False, False]])
        """
        grid = BinGrid(self.bounds, bins)
        return self.contains(grid.centres) | self.walls.cross(grid)


def rings_text(rings: Ring | tuple[Ring, ...]) -> str:
    """Return the corners of a ring, or of several, as text that `Polygon` reads back to the last bit.

    Parameters
    ----------
    rings : tuple
        Corners (x, y) of a ring, m, or such rings.

    Returns
    -------
    str
        "x:y" of each corner, joined by commas; rings joined by slashes.

    Examples
    --------
    >>> rings_text(Polygon([[0, 0], [1, 0], [0, 1]]).vertices)
    '0.0:0.0,1.0:0.0,0.0:1.0'
    """
    if rings and isinstance(rings[0][0], tuple):
        return "/".join(rings_text(ring) for ring in rings)
    return ",".join(f"{x!r}:{y!r}" for x, y in cast(Ring, rings))


def _corners(ring: np.ndarray) -> Ring:
    """Return an array of corners [vertex, 2] as plain numbers."""
    return tuple((x, y) for x, y in ring.tolist())


def _ring(given: ArrayLike | str, name: str) -> np.ndarray:
    """Return the corners of a ring, [vertex, 2] float64, m, or raise unless it has an area."""
    if isinstance(given, str):
        try:
            given = [[float(part) for part in corner.split(":")] for corner in given.split(",")]
        except ValueError:
            raise ValueError(f"{name}: expected x:y of each corner, joined by commas, got {given!r}") from None
    try:
        ring = as_numpy(given, name).astype(np.float64)
    except ValueError:  # corners of unequal length
        raise ValueError(f"{name}: expected shape [vertex, 2] (x, y in metres), got {given!r}") from None
    if ring.ndim != 2:
        raise ValueError(f"{name}: expected shape [vertex, 2] (x, y in metres), got {ring.shape}")
    check_positions(ring, name)
    ring = ring[:-1] if len(ring) > 1 and (ring[0] == ring[-1]).all() else ring
    if len(ring) < 3:
        raise ValueError(f"{name}: expected at least 3 corners, got {len(ring)}")
    gap, wall, other = gap_between(ring)
    if not abs(turning_left(ring)) > HARDLY * np.ptp(ring, axis=0).max():
        raise ValueError(f"{name}: expected corners that enclose an area, got {abs(turning_left(ring)):.3g} m²")
    if gap <= HARDLY:
        raise ValueError(f"{name}: expected walls that do not cross or touch, got walls {wall} and {other} that do")
    return ring


def _check_apart(outer: np.ndarray, holes: Iterable[np.ndarray]) -> None:
    """Raise unless holes lie inside the outer walls, and apart from these and from each other."""
    before: list[np.ndarray] = []
    for place, hole in enumerate(holes):
        for word, other in [("the outer walls", outer), *((f"holes[{one}]", ring) for one, ring in enumerate(before))]:
            gap, wall, second = gap_between(hole, other)
            if gap <= HARDLY:
                raise ValueError(
                    f"holes[{place}]: expected a hole apart from {word}, got its wall {wall} that crosses or touches"
                    f" their wall {second}"
                )
        if not _encloses(outer, hole):
            raise ValueError(f"holes[{place}]: expected a hole inside the outer walls, got one outside")
        for one, ring in enumerate(before):
            if _encloses(ring, hole) or _encloses(hole, ring):
                raise ValueError(f"holes[{place}]: expected a hole apart from holes[{one}], got one within the other")
        before.append(hole)


def _encloses(ring: np.ndarray, other: np.ndarray) -> bool:
    """Return whether a ring that does not meet another one encloses it: a ray from a corner leaves it once more."""
    (x, y), start, end = other[0], ring, np.roll(ring, -1, axis=0)
    spans = (start[:, 1] > y) != (end[:, 1] > y)
    start, end = start[spans], end[spans]
    crossing = start[:, 0] + (y - start[:, 1]) / (end[:, 1] - start[:, 1]) * (end[:, 0] - start[:, 0])
    return bool((crossing > x).sum() % 2)
