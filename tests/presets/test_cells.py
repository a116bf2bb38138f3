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
