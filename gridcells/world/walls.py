"""Straight walls: how far they are from many positions at once, which of them a step meets, which bins they enclose."""

from __future__ import annotations

import numpy as np

from gridcells._common.bins import ROUNDING, BinGrid, Bounds

__all__ = ["TOUCH", "Walls", "gap_between", "turning_left"]

_CELLS = 256  # along the longer side: in each of these squares it is known which walls can be the nearest
TOUCH = 1e-9  # m: so near a wall, or past its end, a step still meets it


class Walls:
    """The straight walls around a part of the plane.

    Parameters
    ----------
    rings : list of numpy.ndarray, [vertex, 2]
        Corners of each closed line of walls, m, in the order in which the inside lies to the left.
    bounds : (float, float, float, float)
        The smallest enclosing box, x_min, x_max, y_min, y_max, m.

    Notes
    -----
    The box is cut into squares, and for each it is noted how far its centre is from a wall (below zero outside), and
    which walls can be the nearest to a place in it. So most positions are known to be far from all walls by a look at
    their square, and the others are compared with few.

    On which side of a corner a position lies is told by the sum of the two walls' normals (Bærentzen and Aanæs 2005).
    """

    def __init__(self, rings: list[np.ndarray], bounds: Bounds) -> None:
        self.start = np.concatenate(rings)  # [wall, 2]
        self.end = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
        way = self.end - self.start
        self.length = np.hypot(*way.T)  # [wall]
        self.along = way / self.length[:, None]  # unit vectors
        self.outward = np.stack([self.along[:, 1], -self.along[:, 0]], -1) + 0.0  # no negative zeros
        self.bearing = np.arctan2(self.outward[:, 1], self.outward[:, 0])
        corner = [np.roll(np.arange(len(ring)), 1) for ring in rings]
        first = np.cumsum([0, *(len(ring) for ring in rings[:-1])])
        before = np.concatenate([one + begin for one, begin in zip(corner, first, strict=True)])
        self.corner_outward = self.outward + self.outward[before]  # [wall, 2], of the corner where each starts
        after = np.empty_like(before)
        after[before] = np.arange(len(before))
        self.after = after  # the wall that starts where each ends
        self._cut(bounds)

    def _cut(self, bounds: Bounds) -> None:
        """Cut the box, and a margin one square wide, into squares; note what is near each."""
        x_min, x_max, y_min, y_max = bounds
        side = max(x_max - x_min, y_max - y_min) / _CELLS
        self.low, self.per_metre = (x_min - side, y_min - side), 1 / side
        columns, rows = (int(np.ceil(extent / side - 1e-9)) + 2 for extent in (x_max - x_min, y_max - y_min))
        self.shape = columns, rows
        self.reach = side * np.sqrt(0.5) * (1 + 1e-9)  # from a square's centre to its corner
        x = np.repeat(self.low[0] + (np.arange(columns) + 0.5) * side, rows)
        y = np.tile(self.low[1] + (np.arange(rows) + 0.5) * side, columns)
        wall = np.arange(len(self.start))
        nearest = np.full(x.size, np.inf)
        for one in wall:
            np.minimum(nearest, self._squared(one, x, y)[0], out=nearest)
        limit = (np.sqrt(nearest) + 2 * self.reach) ** 2 * (1 + 1e-9)
        near = [np.flatnonzero(self._squared(one, x, y)[0] <= limit) for one in wall]
        squares, walls = np.concatenate(near), np.repeat(wall, [len(one) for one in near])
        self.candidate = walls[np.argsort(squares, kind="stable")]
        self.candidates = np.bincount(squares, minlength=x.size)  # how many, [square]
        self.first = np.cumsum(self.candidates) - self.candidates
        self.clearance = self._nearest(x, y, np.arange(x.size))[0]  # of the centre of each square, m

    def square_of(self, position: np.ndarray) -> np.ndarray:
        """Return the square [...] of each position [..., 2] (m), the nearest one of the margin if it is beyond."""
        rows = self.shape[1]
        along = []
        for axis, count in enumerate(self.shape):
            cut = np.asarray((position[..., axis] - self.low[axis]) * self.per_metre)
            np.minimum(np.maximum(cut, 0, out=cut), count - 1, out=cut)
            along.append(cut.astype(np.int64))
        along[0] *= rows
        along[0] += along[1]
        return along[0]

    def nearest(self, position: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Find the nearest wall to each position [..., 2] (m).

        Parameters
        ----------
        position : numpy.ndarray, [..., 2]
            Positions, m.

        Returns
        -------
        distance : numpy.ndarray, [...]
            To the wall, m, below zero outside.
        bearing : numpy.ndarray, [...]
            Of the wall, rad; outside, that of the way farther out.
        place : numpy.ndarray, [..., 2]
            The nearest place on it, m.
        """
        flat = np.asarray(position, dtype=np.float64).reshape(-1, 2)
        square = self.square_of(flat)
        x, y = flat[:, 0], flat[:, 1]
        high = np.array(self.low) + np.array(self.shape) / self.per_metre
        if (beyond := (x < self.low[0]) | (x > high[0]) | (y < self.low[1]) | (y > high[1])).any():
            square = np.where(beyond, -1, square)  # all walls are asked
        distance, bearing, place = self._nearest(x, y, square)
        shape = position.shape[:-1]
        return distance.reshape(shape), bearing.reshape(shape), place.reshape(*shape, 2)

    def _squared(
        self, wall: np.ndarray | np.integer, x: np.ndarray, y: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the squared distance of places to walls, how far along each they lie and how far out of it, m."""
        from_x, from_y = x - self.start[wall, 0], y - self.start[wall, 1]
        along = from_x * self.along[wall, 0] + from_y * self.along[wall, 1]
        out = from_x * self.outward[wall, 0] + from_y * self.outward[wall, 1]
        past = np.maximum(np.maximum(-along, along - self.length[wall]), 0.0)
        return past * past + out * out, along, out

    def _nearest(self, x: np.ndarray, y: np.ndarray, square: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Find the nearest wall to places [place] in squares [place]; in square -1 all walls are asked."""
        everywhere = np.flatnonzero(square < 0)
        count, first = self.candidates[square], self.first[square]
        wall = self.candidate[first]
        best, along, out = self._squared(wall, x, y)
        left, turn = np.flatnonzero(count > 1), 1
        while left.size:
            self._nearer(self.candidate[first[left] + turn], left, x, y, best, wall, along, out)
            turn += 1
            left = left[count[left] > turn]
        for one in range(len(self.start)) if everywhere.size else ():
            self._nearer(np.full(everywhere.shape, one), everywhere, x, y, best, wall, along, out)
        distance, bearing = np.where(out > 0, -1.0, 1.0) * np.sqrt(best), self.bearing[wall]
        place = np.stack([x - out * self.outward[wall, 0], y - out * self.outward[wall, 1]], -1)
        at_corner = np.flatnonzero((along < 0) | (along > self.length[wall]))
        if at_corner.size:
            corner = np.where(along[at_corner] < 0, wall[at_corner], self.after[wall[at_corner]])
            away = np.stack([x[at_corner], y[at_corner]], -1) - self.start[corner]
            outside = (away * self.corner_outward[corner]).sum(-1) > 0
            towards = np.where(outside, 1.0, -1.0)[:, None] * away
            distance[at_corner] = np.where(outside, -1.0, 1.0) * np.sqrt(best[at_corner])
            bearing[at_corner] = np.arctan2(towards[:, 1], towards[:, 0])
            place[at_corner] = self.start[corner]
        return distance, bearing, place

    def _nearer(
        self,
        asked: np.ndarray,
        which: np.ndarray,
        x: np.ndarray,
        y: np.ndarray,
        best: np.ndarray,
        wall: np.ndarray,
        along: np.ndarray,
        out: np.ndarray,
    ) -> None:
        """Note, of some places, the wall that is asked, where it is nearer than the nearest so far."""
        squared, asked_along, asked_out = self._squared(asked, x[which], y[which])
        nearer = squared < best[which]
        which = which[nearer]
        best[which], wall[which] = squared[nearer], asked[nearer]
        along[which], out[which] = asked_along[nearer], asked_out[nearer]

    def free_share(self, position: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return the share (0 to 1) of each straight step [step, 2] (m) that can be made before a wall → [step]."""
        share = np.ones(len(position))
        (start_x, start_y), (out_x, out_y), (along_x, along_y) = self.start.T, self.outward.T, self.along.T
        x, y, step_x, step_y = position[:, :1], position[:, 1:], step[:, :1], step[:, 1:]
        speed = step_x * out_x + step_y * out_y  # towards each wall [step, wall]
        room = -((x - start_x) * out_x + (y - start_y) * out_y)
        which, wall = np.nonzero((speed > np.maximum(room, 0.0)) & (room > -TOUCH))
        if which.size:
            part = np.maximum(room[which, wall], 0.0) / speed[which, wall]
            x, y, step_x, step_y = (*position[which].T, *step[which].T)
            where = (x - start_x[wall]) * along_x[wall] + (y - start_y[wall]) * along_y[wall]
            where += part * (step_x * along_x[wall] + step_y * along_y[wall])
            meets = (where >= -TOUCH) & (where <= self.length[wall] + TOUCH)
            np.minimum.at(share, which[meets], part[meets])
        return share

    def cross(self, grid: BinGrid) -> np.ndarray:
        """Return for each bin of a map whether a wall passes through it, not only along its edge → [bin_x, bin_y]."""
        crossed = np.zeros(grid.shape, dtype=bool)
        half = np.array(grid.bin_size) * (0.5 - ROUNDING)
        for start, end in zip(self.start, self.end, strict=True):
            enters, leaves = np.zeros(grid.shape), np.ones(grid.shape)
            for axis in range(2):
                near, far = (grid.centres[..., axis] + sign * half[axis] - start[axis] for sign in (-1, 1))
                way = end[axis] - start[axis]
                if way == 0:
                    leaves = np.where((near < 0) & (far > 0), leaves, -1.0)
                    continue
                one, other = near / way, far / way
                enters, leaves = np.maximum(enters, np.minimum(one, other)), np.minimum(leaves, np.maximum(one, other))
            crossed |= enters < leaves
        return crossed


def turning_left(ring: np.ndarray) -> float:
    """Return the area within a ring of corners [vertex, 2], m²; below zero where they follow each other clockwise."""
    x, y = (ring - ring.mean(0)).T
    return float(0.5 * (x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def gap_between(ring: np.ndarray, other: np.ndarray | None = None) -> tuple[float, int, int]:
    """Return how near two rings of walls come, m, 0 where they cross, and which walls of the two do.

    Parameters
    ----------
    ring : numpy.ndarray, [vertex, 2]
        Corners, m; wall i leads from corner i to the next.
    other : numpy.ndarray, [vertex, 2], optional
        Those of the other ring; by default the ring itself, of which walls that share a corner are compared by how near
        the far end of one comes to the other.

    Returns
    -------
    (float, int, int)
        The least distance, and the wall of each ring.
    """
    second = ring if other is None else other
    start, end = ring[:, None], np.roll(ring, -1, axis=0)[:, None]
    other_start, other_end = second[None], np.roll(second, -1, axis=0)[None]
    ends = np.stack(
        [
            _from_segment(other_start, start, end),
            _from_segment(other_end, start, end),
            _from_segment(start, other_start, other_end),
            _from_segment(end, other_start, other_end),
        ]
    )  # [4, wall, wall of the other]
    crossing = (_side(start, end, other_start) * _side(start, end, other_end) < 0) & (
        _side(other_start, other_end, start) * _side(other_start, other_end, end) < 0
    )
    if other is None:
        here = np.arange(len(ring))
        after = (here + 1) % len(ring)
        ends[:, here, here] = np.inf
        ends[0, here, after] = ends[3, here, after] = np.inf  # the shared corner
        ends[1, after, here] = ends[2, after, here] = np.inf
    gap = np.where(crossing, 0.0, ends.min(0))
    first, last = np.unravel_index(gap.argmin(), gap.shape)
    return float(gap[first, last]), int(first), int(last)


def _side(start: np.ndarray, end: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return on which side of the line from start to end a place lies: above zero to the left."""
    way, away = end - start, place - start
    return way[..., 0] * away[..., 1] - way[..., 1] * away[..., 0]


def _from_segment(place: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the distance of places [..., 2] to the segments between start and end, m."""
    way = end - start
    squared = (way * way).sum(-1)
    share = ((place - start) * way).sum(-1) / np.where(squared > 0, squared, 1)
    return np.linalg.norm(place - start - np.clip(share, 0, 1)[..., None] * way, axis=-1)
