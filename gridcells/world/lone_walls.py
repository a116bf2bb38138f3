"""The walls of a polygon in plain numbers, for one animal that walks for long."""

from __future__ import annotations

import math

import numpy as np

from gridcells.world.walls import TOUCH, Walls

__all__ = ["LoneWalls"]


class LoneWalls:
    """What `Walls` tells of many positions, told of one, to the last bit.

    Parameters
    ----------
    walls : Walls
        The walls.
    """

    def __init__(self, walls: Walls) -> None:
        self._walls = walls
        self._each = list(
            zip(
                *walls.start.T.tolist(),
                *walls.along.T.tolist(),
                *walls.outward.T.tolist(),
                walls.length.tolist(),
                strict=True,
            )
        )
        self._bearing, self._after = walls.bearing.tolist(), walls.after.tolist()
        self._corner_outward = walls.corner_outward.tolist()
        self._candidates: dict[int, list[int]] = {}  # of squares that were visited

    def nearest(self, x: float, y: float) -> tuple[float, float, float, float]:
        """Find the nearest wall to a place (m).

        Parameters
        ----------
        x, y : float
            The place, m.

        Returns
        -------
        (float, float, float, float)
            Its distance, m, below zero outside, its bearing, rad, and x and y of the nearest place on it, m.
        """
        best, wall, along, out = math.inf, 0, 0.0, 0.0
        for one in self._near(x, y):
            start_x, start_y, along_x, along_y, out_x, out_y, length = self._each[one]
            from_x, from_y = x - start_x, y - start_y
            this_along, this_out = from_x * along_x + from_y * along_y, from_x * out_x + from_y * out_y
            past = max(max(-this_along, this_along - length), 0.0)
            squared = past * past + this_out * this_out
            if squared < best:
                best, wall, along, out = squared, one, this_along, this_out
        *_, out_x, out_y, length = self._each[wall]
        if 0 <= along <= length:
            return math.copysign(math.sqrt(best), -out), self._bearing[wall], x - out * out_x, y - out * out_y
        corner = wall if along < 0 else self._after[wall]
        corner_x, corner_y, *_ = self._each[corner]
        away_x, away_y = x - corner_x, y - corner_y
        out_x, out_y = self._corner_outward[corner]
        sign = 1.0 if away_x * out_x + away_y * out_y > 0 else -1.0
        return -sign * math.sqrt(best), float(np.arctan2(sign * away_y, sign * away_x)), corner_x, corner_y

    def free_share(self, x: float, y: float, step_x: float, step_y: float) -> float:
        """Return the share (0 to 1) of a straight step (m) that can be made before a wall."""
        share = 1.0
        for start_x, start_y, along_x, along_y, out_x, out_y, length in self._each:
            from_x, from_y = x - start_x, y - start_y
            speed = step_x * out_x + step_y * out_y
            room = -(from_x * out_x + from_y * out_y)
            if speed > room > -TOUCH and speed > 0:
                part = max(room, 0.0) / speed
                where = from_x * along_x + from_y * along_y + part * (step_x * along_x + step_y * along_y)
                if part < share and -TOUCH <= where <= length + TOUCH:
                    share = part
        return share

    def stopped(self, x: float, y: float, step_x: float, step_y: float) -> tuple[float, float, float, float]:
        """Return the part of a straight step (m) that no wall forbids, and x and y of where it ends, m."""
        new_x, new_y = x + step_x, y + step_y
        if self.free_share(x, y, new_x - x, new_y - y) < 1:
            share = self.free_share(x, y, step_x, step_y)
            step_x, step_y = step_x * share, step_y * share
            new_x, new_y = x + step_x, y + step_y
            distance, _, wall_x, wall_y = self.nearest(new_x, new_y)
            if distance < 0:
                new_x, new_y = wall_x, wall_y
        return step_x, step_y, new_x, new_y

    def _near(self, x: float, y: float) -> list[int]:
        """List the walls that can be the nearest to a place."""
        (low_x, low_y), per_metre, (columns, rows) = self._walls.low, self._walls.per_metre, self._walls.shape
        along_x, along_y = (x - low_x) * per_metre, (y - low_y) * per_metre
        if not (0 <= along_x < columns and 0 <= along_y < rows):
            return list(range(len(self._each)))
        square = int(along_x) * rows + int(along_y)
        if square not in self._candidates:
            first = self._walls.first[square]
            self._candidates[square] = self._walls.candidate[first : first + self._walls.candidates[square]].tolist()
        return self._candidates[square]
