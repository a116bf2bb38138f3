"""How far it is to walk: the shortest ways around corners in a room of any shape."""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse.csgraph import shortest_path

from gridcells._common.checks import check_positions
from gridcells._common.protocols import Array
from gridcells.world.ensembles import as_tensor
from gridcells.world.polygons import Polygon

__all__ = ["Geodesics"]

# Of the greatest coordinate of the room: how far from a corner a way bends around it, and how far behind a wall a point
# may seem to be that is at it, as one of single precision is.
_CLEAR, _ROUNDING = 1e-6, 2e-7


class Geodesics:
    """The shortest ways in a room to given places.

    A shortest way is straight, or bends around corners that stand out into the room: those of pillars and inner walls,
    and where the outer walls turn back.

    Parameters
    ----------
    room : Polygon
        The room.
    places : numpy.ndarray, [place, 2]
        Where the ways lead, m.

    Raises
    ------
    ValueError
        If a place is not finite.

    Notes
    -----
    Source: ours. For rooms with inner walls, where places on both sides of one are near each other and far to walk.

    Examples
    --------
    >>> split = Polygon("-1:-1,1:-1,1:1,-1:1", "-0.1:-0.9,0.1:-0.9,0.1:0.9,-0.1:0.9")
    >>> ways = Geodesics(split, np.array([[0.5, 0.0], [-0.5, 0.3]]))
    >>> ways.distances(np.array([[-0.5, 0.0]])).round(2)
    array([[2.17, 0.3 ]])
    """

    def __init__(self, room: Polygon, places: np.ndarray) -> None:
        check_positions(places, "places")
        rings = room.rings
        self.starts = torch.from_numpy(np.concatenate(rings))  # of the walls [wall, 2]
        self.ends = torch.from_numpy(np.concatenate([np.roll(ring, -1, axis=0) for ring in rings]))
        scale = float(self.starts.abs().max())
        self.rounding = _ROUNDING * scale  # m
        corners, bends = (
            np.concatenate(kind) for kind in zip(*(_bends(ring, _CLEAR * scale) for ring in rings), strict=True)
        )
        self.corners, self.bends = torch.from_numpy(corners), torch.from_numpy(bends)
        self.places = torch.from_numpy(np.float64(places))
        self.onward = self._from_bends()

    def distances(self, position: Array) -> Array:
        """Return the length of the shortest way from each position to each place.

        Parameters
        ----------
        position : array_like or torch.Tensor, [..., 2]
            Positions in the room, m.

        Returns
        -------
        numpy.ndarray or torch.Tensor, [..., place]
            Lengths, m, of the kind of array that came in.

        Raises
        ------
        ValueError
            If a position is not finite or not [..., 2], or not in the room.
        """
        given, give_back = as_tensor(position, "position")
        check_positions(given)
        point = given.reshape(-1, 2).to(self.places)
        length = _apart(point, self.places).masked_fill(~self._sees(point, self.places), torch.inf)
        for corner, bend, onward in zip(self.corners, self.bends, self.onward, strict=True):
            way = _apart(point, corner[None]).masked_fill(~self._sees(point, bend[None]), torch.inf)
            length = torch.minimum(length, way + onward)
        if (outside := length.amin(-1).isinf()).any():  # no way leads anywhere
            x, y = point[outside][0]
            raise ValueError(
                f"position: expected all in the room, got {int(outside.sum())} of {len(outside)} outside, the first at"
                f" ({x:g}, {y:g}) m"
            )
        return give_back(length.reshape(*given.shape[:-1], -1).to(given))

    def _from_bends(self) -> torch.Tensor:
        """Return the shortest ways from bends to places [bend, place]."""
        if not len(self.bends):
            return torch.empty(0, len(self.places), dtype=torch.float64)
        between = torch.where(self._sees(self.bends, self.bends), _apart(self.corners, self.corners), 0)
        among = torch.from_numpy(shortest_path(between.numpy()))
        last = _apart(self.corners, self.places).masked_fill(~self._sees(self.bends, self.places), torch.inf)
        return (among[:, :, None] + last).amin(1)

    def _sees(self, point: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
        """Return whether no wall is between points and places → [point, place]."""
        away = place - point[:, None]
        seen = torch.ones(away.shape[:-1], dtype=torch.bool)
        for start, end in zip(self.starts, self.ends, strict=True):
            parted = self._within(start, end, point)[:, None] != self._within(start, end, place)
            passed = _cross(away, start - point[:, None]) * _cross(away, end - point[:, None]) <= 0
            seen &= ~(parted & passed)
        return seen

    def _within(self, start: torch.Tensor, end: torch.Tensor, point: torch.Tensor) -> torch.Tensor:
        """Return whether points lie to the left of a wall, where the room is, or on it up to rounding."""
        wall = end - start
        return _cross(wall, point - start) >= -self.rounding * wall.square().sum().sqrt()


def _apart(point: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
    """Return the length of straight ways → [point, place]."""
    return (place - point[:, None]).square().sum(-1).sqrt()


def _bends(ring: np.ndarray, clear: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a ring around which a way can bend, and each moved a little into the room [bend, 2]."""
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    first, second = (wall / np.linalg.norm(wall, axis=1, keepdims=True) for wall in (before, after))
    inward = np.stack([-(first + second)[:, 1], (first + second)[:, 0]], 1)  # the room is to the left of its walls
    length = np.linalg.norm(inward, axis=1, keepdims=True)
    out = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] < 0
    return ring[out], (ring + clear * inward / np.maximum(length, 1e-12))[out]


def _cross(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
