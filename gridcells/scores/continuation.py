"""Does a lattice go on from one room to the next? A fit to both, beside fits where the second room is elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_count, check_generator
from gridcells._common.maps import is_flat
from gridcells.scores.autocorrelogram import check_bin_size, check_rate_maps

__all__ = ["Continuation", "lattice_continuation"]

_SPACINGS, _TURNS = 28, np.radians(np.arange(0, 60, 3))  # of the lattices that are tried
_NUMBERS = 7  # of a lattice: a constant, and two for each of three waves


@dataclass(frozen=True, eq=False)
class Continuation:
    """Whether each unit's lattice goes on from one room to the other.

    Attributes
    ----------
    explained : numpy.ndarray, [unit]
        Share of the variance of both maps that the best lattice explains which goes on.
    p : numpy.ndarray, [unit]
        How often a lattice explains as much if the second room is put elsewhere.
    """

    explained: np.ndarray
    p: np.ndarray

    @property
    def agreement(self) -> float:
        """Mean over units of 1 - 2 p: 1 where all lattices go on, 0 where it is chance how they lie in the rooms."""
        known = self.p[~np.isnan(self.p)]
        return float(1 - 2 * known.mean()) if len(known) else float("nan")


def lattice_continuation(
    first: ArrayLike,
    second: ArrayLike,
    *,
    apart: tuple[float, float],
    bin_size: float | tuple[float, float],
    spacings: ArrayLike | None = None,
    displacements: int = 99,
    generator: np.random.Generator | int | None = 0,
) -> Continuation:
    """Fit to each unit's maps of two rooms one lattice that goes on from the one to the other.

    Parameters
    ----------
    first, second : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps of the same units in the two rooms; NaN marks an unvisited bin.
    apart : (float, float)
        The way from a place in the first room to the same place in the second along x and y, m.
    bin_size : float or (float, float)
        Side of a bin, or its sides along x and along y, m.
    spacings : array_like, [spacing], optional
        Of the lattices that are tried, m; 28 from a third to one and a half of the rooms' shorter side if None.
    displacements : int
        To how many other places the second room is put, for the p-values.
    generator : numpy.random.Generator or int, optional
        Draws these places.

    Returns
    -------
    Continuation
        Shares of variance and p-values; NaN for a unit with a flat map.

    Raises
    ------
    TypeError
        If the maps are not real numbers.
    ValueError
        If the shapes differ, a number is below one, a bin's side or a spacing is not above zero, ``apart`` is not
        two finite numbers, or the bins that were visited in all maps of a room are too few for a lattice.

    Notes
    -----
    Source: ours, after Carpenter et al. 2015, who ask it of recorded cells. A lattice is a constant and three waves
    60° apart, each of any amplitude and phase, of every spacing and of every third degree, over the bins that were
    visited in all maps. Seven numbers fit part of any map, so each fit is compared with fits in
    which the second room is displaced by up to its shorter side, drawn uniformly: what is lost is where the fields are,
    and nothing else. A displacement by a way of the lattice loses nothing, nor does one that is short beside a field:
    few p-values are very small, and it is their mean that tells.

    Examples
    --------
    >>> from gridcells.scores import lattice_maps
    >>> from gridcells.world.arenas import Box
    >>> told = {"spacing": [0.6, 0.7], "phase": [(0, 0), (0.1, 0.2)], "orientation": 0.2, "bins": (20, 20)}
    >>> left, right = (lattice_maps(Box((x, x + 1, 0, 1)), **told) for x in (-1.1, 0.1))
    >>> found = lattice_continuation(left, right, apart=(1.2, 0), bin_size=0.05)
    >>> bool((found.explained > 0.8).all()), found.agreement > 0.9
    (True, True)
    """
    one, other = (
        check_rate_maps(maps, name).astype(np.float64) for maps, name in ((first, "first"), (second, "second"))
    )
    if one.shape != other.shape:
        raise ValueError(f"second: expected the shape of first {one.shape}, got {other.shape}")
    way, sides = np.asarray(apart, dtype=np.float64), check_bin_size(bin_size)
    if way.shape != (2,) or not np.isfinite(way).all():
        raise ValueError(f"apart: expected two finite numbers, the way along x and y in m, got {apart!r}")
    check_count(displacements, "displacements")
    shorter = (np.array(one.shape[1:]) * sides).min()
    tried = np.geomspace(shorter / 3, 1.5 * shorter, _SPACINGS) if spacings is None else as_numpy(spacings, "spacings")
    if tried.ndim != 1 or not len(tried) or not (np.isfinite(tried) & (tried > 0)).all():
        raise ValueError(f"spacings: expected lengths above 0 m, one at least, got {spacings!r}")
    fits, random = _Fits(one, other, sides, tried), check_generator(generator)
    far, angle = shorter * np.sqrt(random.uniform(size=displacements)), random.uniform(0, 2 * np.pi, displacements)
    explained = fits.explained(way)
    as_much = sum(fits.explained(way + moved) >= explained for moved in far[:, None] * _unit_vectors(angle))
    flat = is_flat(one) | is_flat(other)
    return Continuation(np.where(flat, np.nan, explained), np.where(flat, np.nan, (1 + as_much) / (1 + displacements)))


class _Fits:
    """Least squares of all lattices to maps of two rooms, wherever the second is put: its waves are turned on."""

    def __init__(self, one: np.ndarray, other: np.ndarray, sides: np.ndarray, spacings: np.ndarray) -> None:
        angles = _TURNS[:, None] + np.radians([30, 90, 150])  # of the waves, from the way to a neighbouring field
        lengths = 4 * np.pi / (np.sqrt(3) * spacings)
        self.waves = (lengths[:, None, None, None] * _unit_vectors(angles)).reshape(-1, 3, 2)  # rad/m, of each lattice
        x, y = (side * np.arange(count) for side, count in zip(sides, one.shape[1:], strict=True))
        place = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
        known = [_visited(maps, name).ravel() for maps, name in ((one, "first"), (other, "second"))]
        values = [maps.reshape(len(maps), -1)[:, bins] for maps, bins in zip((one, other), known, strict=True)]
        mean = np.concatenate(values, axis=1).mean(axis=1, keepdims=True)
        self.whole = sum(((part - mean) ** 2).sum(axis=1) for part in values)
        sums = [self._sums(place[bins], part - mean) for bins, part in zip(known, values, strict=True)]
        (self.first_gram, self.first_part), (self.second_gram, self.second_part) = sums

    def _sums(self, place: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return products of a lattice's seven functions [lattice, 7, 7], and of these and maps [lattice, 7, unit]."""
        grams, parts = [], []
        for waves in self.waves:
            phase = place @ waves.T
            functions = np.concatenate([np.ones((len(place), 1)), np.cos(phase), np.sin(phase)], axis=1)
            grams.append(functions.T @ functions)
            parts.append(functions.T @ values.T)
        return np.array(grams), np.array(parts)

    def explained(self, way: np.ndarray) -> np.ndarray:
        """Return the share of each map's variance that its best lattice explains, the second room so far away."""
        phase = self.waves @ way  # [lattice, wave]
        turn = np.zeros((len(phase), 7, 7))
        turn[:, 0, 0] = 1
        wave = np.arange(3)
        turn[:, 1 + wave, 1 + wave] = turn[:, 4 + wave, 4 + wave] = np.cos(phase)
        turn[:, 4 + wave, 1 + wave] = -np.sin(phase)
        turn[:, 1 + wave, 4 + wave] = np.sin(phase)
        back = turn.swapaxes(1, 2)
        gram, part = self.first_gram + back @ self.second_gram @ turn, self.first_part + back @ self.second_part
        share = (part * np.linalg.solve(gram, part)).sum(axis=1).max(axis=0)
        return share / np.where(self.whole, self.whole, np.nan)


def _visited(maps: np.ndarray, name: str) -> np.ndarray:
    """Return which bins were visited in all maps [bin_x, bin_y], if a lattice's seven numbers can be told from them."""
    known = ~np.isnan(maps).any(axis=0)
    columns, rows = (int(known.any(axis=axis).sum()) for axis in (1, 0))
    if known.sum() < _NUMBERS or min(columns, rows) < 3:
        raise ValueError(
            f"{name}: expected {_NUMBERS} bins or more that are visited in all maps, in three columns and rows or more,"
            f" got {known.sum()} in {columns} columns and {rows} rows"
        )
    return known


def _unit_vectors(angle: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)
