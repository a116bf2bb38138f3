"""Maps cut along the outlines of their fields, and put together with the fields elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

__all__ = ["Jigsaw"]

WINDOW = 64  # bins around a field's new place that are searched first for free ones


@dataclass(frozen=True, eq=False)
class Jigsaw:
    """Maps cut into fields. Bins are flat; a bin's slot is its place in a frame three maps wide, which no move leaves.

    A "piece" is a bin of some field; the pieces of a unit are sorted by their distance from the peak of their field.
    """

    shape: tuple[int, int]
    rates: np.ndarray  # [unit, bin]
    background: np.ndarray  # [unit, bin], visited and in no field
    visits: np.ndarray  # [unit], number of visited bins, at least 1
    visited_bins: np.ndarray  # [unit, bin], they come first
    peak: np.ndarray  # [unit, field], the bin of its peak
    piece: np.ndarray  # [unit, piece], its bin
    field: np.ndarray  # [unit, piece], its field, -1 where a unit has fewer pieces than another
    slot_of: np.ndarray  # [bin]
    bin_in: np.ndarray  # [slot], the bin there; one beyond the last bin where there is none
    nearest: np.ndarray  # [slot], how much further on the slots around a slot are, nearest first

    @classmethod
    def of(cls, rates: np.ndarray, labels: np.ndarray, generator: np.random.Generator) -> Jigsaw:
        """Cut maps [unit, bin_x, bin_y] along their labels; equally close bins are sorted at random."""
        units, bins_x, bins_y = rates.shape
        bins = bins_x * bins_y
        rates, labels = rates.reshape(units, bins), labels.reshape(units, bins)
        visited = ~np.isnan(rates)
        peak = _peaks(rates, labels)  # [unit, field]

        along_x, along_y = np.divmod(np.arange(bins), bins_y)
        own = np.take_along_axis(peak, np.maximum(labels - 1, 0), axis=1) if peak.size else np.zeros_like(labels)
        distance = (along_x - along_x[own]) ** 2 + (along_y - along_y[own]) ** 2 + generator.random(bins)
        order = np.argsort(np.where(labels > 0, distance, np.inf), axis=1)
        order = order[:, : (labels > 0).sum(axis=1).max(initial=0)]

        away_x, away_y = np.divmod(np.arange(4 * bins), 2 * bins_y)
        away_x, away_y = away_x - bins_x, away_y - bins_y
        near = np.argsort(away_x**2 + away_y**2 + generator.random(4 * bins))
        bin_in = np.full((3 * bins_x, 3 * bins_y), bins)
        bin_in[bins_x : 2 * bins_x, bins_y : 2 * bins_y] = np.arange(bins).reshape(bins_x, bins_y)
        return cls(
            shape=(bins_x, bins_y),
            rates=rates,
            background=visited & (labels == 0),
            visits=np.maximum(visited.sum(axis=1), 1),
            visited_bins=np.argsort(~visited, axis=1, kind="stable"),
            peak=peak,
            piece=order,
            field=np.take_along_axis(labels, order, axis=1) - 1,
            slot_of=(bins_x + along_x) * 3 * bins_y + bins_y + along_y,
            bin_in=bin_in.ravel(),
            nearest=(away_x * 3 * bins_y + away_y)[near],
        )

    def assembled(self, unit: np.ndarray, centre: np.ndarray) -> np.ndarray:
        """Return maps [row, bin] of these units [row] with the peaks of their fields at these bins [row, field]."""
        rows, bins = len(unit), self.rates.shape[1]
        row = np.arange(rows)[:, None]
        free = np.zeros((rows, bins + 1), dtype=bool)  # the bin beyond the last, where what left the map goes, never is
        free[:, :bins] = ~np.isnan(self.rates[unit])
        owner = np.full((rows, bins + 1), -1)  # the bin whose rate comes here

        # all pieces at once move as their fields do; the closest is written last, and stays
        piece, field = self.piece[unit], self.field[unit]
        move = self.slot_of[centre] - self.slot_of[self.peak[unit]]
        target = self.bin_in[self.slot_of[piece] + np.take_along_axis(move, np.maximum(field, 0), axis=1)]
        target[(field < 0) | ~free[row, target]] = bins
        place = row * (bins + 1) + target
        owner.reshape(-1)[place[:, ::-1].ravel()] = piece[:, ::-1].ravel()  # flat, as only then the order is certain
        owner[:, bins] = -1
        free &= owner < 0

        left = np.nonzero((owner[row, target] != piece) & (field >= 0))
        order = np.argsort(field[left], kind="stable")  # by field, then by row, then nearest first
        left_row, left_piece = left[0][order], piece[left][order]
        ends = np.searchsorted(field[left][order], np.arange(centre.shape[1] + 1))
        for k, (start, end) in enumerate(pairwise(ends)):
            self._fill(owner, free, left_row[start:end], left_piece[start:end], centre[:, k])

        background, here = self.background[unit], np.broadcast_to(np.arange(bins), (rows, bins))
        stays = background & free[:, :bins]
        owner[:, :bins][stays] = here[stays]
        free[:, :bins] &= ~stays
        owner[free] = here[background & ~stays]  # as many in each row
        null = np.take_along_axis(self.rates[unit], np.maximum(owner[:, :bins], 0), axis=1)
        null[owner[:, :bins] < 0] = np.nan
        return null

    def _fill(
        self, owner: np.ndarray, free: np.ndarray, row: np.ndarray, piece: np.ndarray, centre: np.ndarray
    ) -> None:
        """Put what is left of one field, pieces [left] in rows [left], on free bins nearest to its centre [row]."""
        rows, need = np.unique(row, return_counts=True)
        window = WINDOW
        while rows.size:
            around = self.bin_in[self.slot_of[centre[rows]][:, None] + self.nearest[:window]]  # [row, bin]
            found = free[rows[:, None], around]
            found &= np.cumsum(found, axis=1) <= need[:, None]
            enough = found.sum(axis=1) == need
            ready = np.repeat(enough, need)
            target = row[ready], around[enough][found[enough]]
            owner[target] = piece[ready]
            free[target] = False
            rows, need, row, piece = rows[~enough], need[~enough], row[~ready], piece[~ready]
            window *= 4


def _peaks(rates: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the bin with the largest rate of each field, [unit, field]; 0 where a unit has fewer fields."""
    units, most = len(labels), int(labels.max(initial=0))
    peak = np.zeros((units, most), dtype=np.int64)
    unit, place = np.nonzero(labels)
    field = labels[unit, place] - 1
    rising = np.argsort(rates[unit, place], kind="stable")  # the last to be written is the largest
    peak[unit[rising], field[rising]] = place[rising]
    return peak
