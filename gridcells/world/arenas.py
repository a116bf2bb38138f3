"""Where the animal lives: a rectangle with walls, a periodic rectangle or a circle, centred on the origin; any box.

A room of any other shape is a `gridcells.world.Polygon`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridcells._common.bins import Bounds, check_bounds
from gridcells._common.checks import check_count, check_positions, check_positive
from gridcells.world.extents import HARDLY, Extent, Source, as_source
from gridcells.world.polygons import Polygon

__all__ = ["Arena", "Box", "Circle", "Rectangle"]


@dataclass(frozen=True)
class Rectangle(Extent):
    """A rectangle centred on the origin, with walls or with opposite sides joined (a torus).

    Parameters
    ----------
    width, height : float
        Side lengths along x and y, m.
    periodic : bool
        Join opposite sides instead of walling them.

    Raises
    ------
    ValueError
        If a side is not above zero.

    Notes
    -----
    Source: the 2.2 m square box of Banino et al. 2018 (Methods) and Sorscher et al. 2023 (Methods); the periodic box is
    an option of the code released with Sorscher et al. 2019.

    Examples
    --------
    >>> box = Rectangle(2.2, 2.2)
    >>> box.contains(np.array([[0.0, 1.0], [0.0, 1.2]]))
    array([ True, False])
    """

    width: float = 2.2
    height: float = 2.2
    periodic: bool = False

    def __post_init__(self) -> None:
        check_positive(self.width, "width", "m")
        check_positive(self.height, "height", "m")

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The smallest enclosing box: x_min, x_max, y_min, y_max, m."""
        return -self.width / 2, self.width / 2, -self.height / 2, self.height / 2

    @property
    def period(self) -> tuple[float, float] | None:
        """The side lengths after which space repeats, m; None where there are walls."""
        return (self.width, self.height) if self.periodic else None

    def contains(self, position: np.ndarray) -> np.ndarray:
        """Return for each position [..., 2] (m) whether it lies in the arena, walls included → bool [...]."""
        return (np.abs(position) <= self._half).all(-1)

    def sample(self, count: int, generator: Source | int) -> np.ndarray:
        """Draw ``count`` positions uniformly over the area → [count, 2], m."""
        return as_source(generator).uniform(-self._half, self._half, (check_count(count, "count"), 2))

    def wall_distance(self, position: np.ndarray) -> np.ndarray:
        """Measure the distance from each position [..., 2] to the nearest wall → [...], m; negative outside."""
        return self.nearest_wall(position)[0]

    def nearest_wall(self, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find the nearest wall: its distance [...] (m) and the bearing [...] (rad) at which it is met head-on.

        On a periodic rectangle there is none: the distance is infinite.
        """
        check_positions(position)
        if self.periodic:
            return np.full(position.shape[:-1], np.inf), np.zeros(position.shape[:-1])
        half_x, half_y = self._half
        gap_x, gap_y = half_x - np.abs(position[..., 0]), half_y - np.abs(position[..., 1])
        x_bearing = np.where(position[..., 0] < 0, np.pi, 0.0)
        y_bearing = np.where(position[..., 1] < 0, -np.pi / 2, np.pi / 2)
        return np.minimum(gap_x, gap_y), np.where(gap_y < gap_x, y_bearing, x_bearing)

    def near_wall(self, position: np.ndarray, margin: float) -> np.ndarray:
        """List which positions [batch, 2] (m) lie within ``margin`` (m) of a wall, or outside → indices."""
        if self.periodic:
            return np.empty(0, dtype=np.intp)
        limit_x, limit_y = self._half - margin * (1 + 1e-9)
        return ((np.abs(position[:, 0]) > limit_x) | (np.abs(position[:, 1]) > limit_y)).nonzero()[0]

    def may_cross(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """List which straight ways from ``start`` to ``end`` [batch, 2] (m) may meet a wall → indices."""
        return self.near_wall(end, HARDLY)

    def wrap(self, position: np.ndarray) -> np.ndarray:
        """Bring positions [..., 2] (m) that walked over a periodic edge back; with walls, change nothing."""
        if not self.periodic:
            return position
        size = 2 * self._half
        return position - size * np.floor(position / size + 0.5)

    def displacement(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return the shortest way from ``start`` to ``end`` [..., 2], m; over the edge where the arena is periodic."""
        return self.wrap(np.asarray(end) - np.asarray(start))

    def free_share(self, position: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return the share (0 to 1) of each straight step [..., 2] (m) that can be made before a wall → [...]."""
        if self.periodic:
            return np.ones(position.shape[:-1])
        room = np.maximum(self._half - np.sign(step) * position, 0.0)
        length = np.abs(step)
        share = np.divide(room, length, out=np.ones_like(room), where=length > room)
        return np.minimum(share[..., 0], share[..., 1])

    def clip(self, position: np.ndarray) -> np.ndarray:
        """Move positions [..., 2] (m) that rounding put outside a wall onto it."""
        if self.periodic:
            return position
        clipped = np.empty_like(position, dtype=np.float64)
        for axis, half in enumerate(self._half):  # an axis at a time: long loops, plain bounds
            np.minimum(np.maximum(position[..., axis], -half), half, out=clipped[..., axis])
        return clipped

    @property
    def _half(self) -> np.ndarray:
        return np.array([self.width / 2, self.height / 2])


@dataclass(frozen=True)
class Box(Extent):
    """A rectangle anywhere in the plane, which says where a map ends and nothing of walls: that of a recording.

    Parameters
    ----------
    bounds : (float, float, float, float)
        Where it ends, x_min, x_max, y_min, y_max, m.

    Raises
    ------
    ValueError
        If the bounds are not four finite numbers in order.

    Examples
    --------
    >>> box = Box((0.0, 1.5, 0.0, 1.0))
    >>> box.size, box.bin_centres((3, 2))[0].tolist()
    ((1.5, 1.0), [[0.25, 0.25], [0.25, 0.75]])
    """

    bounds: Bounds

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", check_bounds(self.bounds))


@dataclass(frozen=True)
class Circle(Extent):
    """A walled circle centred on the origin.

    Parameters
    ----------
    radius : float
        Radius, m.

    Raises
    ------
    ValueError
        If the radius is not above zero.

    Notes
    -----
    Source: Banino et al. 2018, Extended Data Fig. 3d (a circle of 2.2 m diameter).

    Examples
    --------
    >>> Circle(1.1).wall_distance(np.array([[0.0, 1.0]])).round(6)
    array([0.1])
    """

    radius: float = 1.1

    def __post_init__(self) -> None:
        check_positive(self.radius, "radius", "m")

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The smallest enclosing box: x_min, x_max, y_min, y_max, m."""
        return -self.radius, self.radius, -self.radius, self.radius

    @property
    def period(self) -> None:
        """A circle never repeats: always None."""
        return None

    def contains(self, position: np.ndarray) -> np.ndarray:
        """Return for each position [..., 2] (m) whether it lies in the arena, walls included → bool [...]."""
        return np.hypot(position[..., 0], position[..., 1]) <= self.radius * (1 + 1e-12)

    def sample(self, count: int, generator: Source | int) -> np.ndarray:
        """Draw ``count`` positions uniformly over the area → [count, 2], m."""
        generator = as_source(generator)
        radius = self.radius * np.sqrt(generator.uniform(size=check_count(count, "count")))
        angle = generator.uniform(0, 2 * np.pi, count)
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)

    def wall_distance(self, position: np.ndarray) -> np.ndarray:
        """Measure the distance from each position [..., 2] to the wall → [...], m; negative outside."""
        return self.nearest_wall(position)[0]

    def nearest_wall(self, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find the wall: its distance [...] (m) and the bearing [...] (rad) at which it is met head-on."""
        check_positions(position)
        x, y = position[..., 0], position[..., 1]
        return self.radius - np.hypot(x, y), np.arctan2(y, x)

    def near_wall(self, position: np.ndarray, margin: float) -> np.ndarray:
        """List which positions [batch, 2] (m) lie within ``margin`` (m) of the wall, or outside → indices."""
        limit = max(0.0, self.radius - margin * (1 + 1e-9))
        return np.flatnonzero(position[:, 0] ** 2 + position[:, 1] ** 2 > limit**2)

    def may_cross(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """List which straight ways from ``start`` to ``end`` [batch, 2] (m) may meet the wall → indices."""
        return self.near_wall(end, HARDLY)

    def wrap(self, position: np.ndarray) -> np.ndarray:
        """Return the positions unchanged: a circle has no edge to walk over."""
        return position

    def displacement(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return the straight way from ``start`` to ``end`` [..., 2], m."""
        return np.asarray(end) - np.asarray(start)

    def free_share(self, position: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return the share (0 to 1) of each straight step [..., 2] (m) that can be made before the wall → [...]."""
        # |position + share · step|² = radius², solved for the larger root
        across = (position * step).sum(-1)
        length = (step * step).sum(-1)
        room = np.maximum(self.radius**2 - (position * position).sum(-1), 0.0)
        root = -across + np.sqrt(across**2 + length * room)
        return np.divide(root, length, out=np.ones_like(root), where=root < length)

    def clip(self, position: np.ndarray) -> np.ndarray:
        """Move positions [..., 2] (m) that rounding put outside the wall onto it."""
        distance = np.hypot(position[..., 0], position[..., 1])[..., None]
        return position * np.minimum(1.0, self.radius / np.maximum(distance, np.finfo(float).tiny))


Arena = Rectangle | Circle | Polygon
"""Where an animal can run."""
