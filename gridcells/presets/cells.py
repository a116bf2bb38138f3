"""The place cells, or other targets, that a preset describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridcells._common.protocols import PlaceCode
from gridcells.world.arenas import Arena
from gridcells.world.place_cells import PlaceCells, uniform_centers

if TYPE_CHECKING:
    from gridcells.presets import PlaceCellSetting
from gridcells.world.targets import Coordinates, MixedCells, NearestFieldCells

__all__ = ["SURROUND_SCALES", "make_cells"]

SURROUND_SCALES = (1.25, 4.5)  # σ of a surround over σ of its centre, for "nearest_field": Schaeffer et al. 2022, code


def make_cells(setting: PlaceCellSetting, arena: Arena, generator: np.random.Generator) -> PlaceCode:
    """Make the targets that a preset describes.

    Parameters
    ----------
    setting : PlaceCellSetting
        Family, number of cells, widths, fields a cell.
    arena : Rectangle, Circle or Polygon
        Where.
    generator : numpy.random.Generator
        Draws centres first, then numbers of fields, further centres, widths, and mixtures or surrounds.

    Returns
    -------
    PlaceCells, MixedCells, NearestFieldCells or Coordinates
        An ensemble with ``initial_code``, ``targets``, ``loss`` and ``decode``.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.presets import PlaceCellSetting
    >>> several = PlaceCellSetting(cells=8, extra_fields=3.0)
    >>> len(make_cells(several, Rectangle(), np.random.default_rng(0)))
    8
    """
    if setting.tuning in ("cartesian", "polar"):
        return Coordinates(setting.tuning, arena)
    centers = uniform_centers(setting.cells, arena, generator)
    ratio, distance = setting.surround_ratio, setting.distance
    if setting.tuning == "random_fields":
        mixing = generator.normal(size=(setting.cells, setting.cells)) / np.sqrt(setting.cells)
        widths = np.full(setting.cells, setting.field_width)
        return MixedCells(centers, widths, mixing, surround_ratio=ratio, arena=arena, distance=distance)
    nearest = setting.tuning == "nearest_field"
    if not setting.extra_fields and not setting.width_spread and not setting.copied and not nearest:
        return PlaceCells(
            centers, setting.field_width, tuning=setting.tuning, surround_ratio=ratio, arena=arena, distance=distance
        )
    extra = generator.poisson(setting.extra_fields, setting.cells)
    owner = np.concatenate([np.arange(setting.cells), np.repeat(np.arange(setting.cells), extra)])
    if extra.sum():
        centers = np.concatenate([centers, uniform_centers(int(extra.sum()), arena, generator)])
    if setting.copied:
        copies = _copies(centers, setting.repeated, setting.field_width, arena)
        centers, owner = np.concatenate([centers, copies]), np.tile(owner, 2)
    spread = generator.uniform(-1, 1, len(owner)) * setting.width_spread
    widths = setting.field_width * (1 + spread)
    if nearest:
        scales = generator.uniform(*SURROUND_SCALES, len(owner))
        return NearestFieldCells(centers, widths, owner, scales**2, arena=arena, distance=distance)
    mixing = np.zeros((setting.cells, len(owner)))
    mixing[owner, np.arange(len(owner))] = 1
    return MixedCells(
        centers, widths, mixing, tuning=setting.tuning, surround_ratio=ratio, arena=arena, distance=distance
    )


def _copies(centers: np.ndarray, apart: float, width: float, arena: Arena) -> np.ndarray:
    """Return where fields are in the other half of a room [field, 2], m; in it by a field's width at most."""
    middle = (arena.bounds[0] + arena.bounds[1]) / 2
    copies = centers - np.sign(centers[:, :1] - middle) * [apart, 0]
    inside = arena.clip(copies)
    if outside := int((np.linalg.norm(copies - inside, axis=1) > width).sum()):
        raise ValueError(
            "place_cells.repeated: expected a distance at which copies of all fields are in the room, or less than a"
            f" field's width out of it, got {apart:g} m: {outside} of {len(copies)} are further away"
        )
    return inside
