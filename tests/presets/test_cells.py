"""The targets that a preset describes."""

import numpy as np
import pytest

from gridcells.presets import PlaceCellSetting, make_cells
from gridcells.world.arenas import Rectangle
from gridcells.world.place_cells import PlaceCells
from gridcells.world.targets import Coordinates, MixedCells, NearestFieldCells


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, PlaceCells),
        ({"tuning": "gaussian"}, PlaceCells),
        ({"extra_fields": 3.0}, MixedCells),
        ({"width_spread": 0.5}, MixedCells),
        ({"tuning": "random_fields"}, MixedCells),
        ({"tuning": "nearest_field", "extra_fields": 3.0, "width_spread": 0.8}, NearestFieldCells),
        ({"tuning": "nearest_field"}, NearestFieldCells),
        ({"tuning": "polar"}, Coordinates),
        ({"repeated": 1.1, "field_width": 0.3}, MixedCells),
        ({"repeated": 1.1, "field_width": 0.3, "repeated_until": 0.5}, PlaceCells),
    ],
)
def test_the_family_decides_the_kind(change, kind):
    made = make_cells(PlaceCellSetting(cells=16, **change), Rectangle(), np.random.default_rng(0))
    assert type(made) is kind


def test_further_fields_move_no_centre():
    """The centres are drawn first: cells of several fields have the first where others have their only one."""
    one, several = (
        make_cells(PlaceCellSetting(cells=16, extra_fields=extra), Rectangle(), np.random.default_rng(4))
        for extra in (0.0, 3.0)
    )
    fields = several.centers if hasattr(several, "centers") else several.fields.centers
    np.testing.assert_array_equal(fields[:16], one.centers)
    assert 16 + 20 < len(fields) < 16 + 80  # 3 more a cell, on average


def test_rooms_look_alike_where_fields_are_repeated():
    """A place and the same place of the other half; without copies, and with others, they differ."""
    alike, apart = (
        make_cells(PlaceCellSetting(cells=64, repeated=there), Rectangle(2.2, 1.0), np.random.default_rng(4))
        for there in (1.1, 0.0)
    )
    np.testing.assert_array_equal(alike.centers[:64], apart.centers)
    np.testing.assert_allclose(np.abs(alike.centers[64:] - alike.centers[:64]), np.full((64, 2), [1.1, 0]))
    place = np.random.default_rng(0).uniform((0, -0.5), (1.1, 0.5), (50, 2))
    inner = place[np.abs(place[:, 0] - 0.55) < 0.2]  # away from where the halves meet

    def likeness(cells):
        here, there = (cells.targets(inner - [way, 0]).ravel() for way in (0, 1.1))
        return np.corrcoef(here, there)[0, 1]

    assert likeness(alike) > 0.99 and likeness(apart) < 0.5


def test_copies_that_would_be_elsewhere_are_refused():
    setting = PlaceCellSetting(cells=64, repeated=2.0)
    with pytest.raises(ValueError, match=r"place_cells.repeated: expected a distance .* got 2 m: \d+ of 64"):
        make_cells(setting, Rectangle(2.2, 1.0), np.random.default_rng(4))
