"""Ideal maps are what they say: fields one spacing apart, where the phase says, in the direction of the orientation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcells.scores.lattices import LATTICES, lattice_maps
from gridcells.world.arenas import Rectangle

BOX = Rectangle(2.2, 2.2)
BINS = 220  # a bin a centimetre


def at(rate_map, x, y):
    return rate_map[int((x + 1.1) * 100), int((y + 1.1) * 100)]


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(sorted(LATTICES)),
    spacing=st.floats(0.3, 0.8),
    orientation=st.floats(0, np.pi / 3),
    x=st.floats(-0.2, 0.2),
    y=st.floats(-0.2, 0.2),
)
def test_a_field_at_the_phase_and_its_neighbour_one_spacing_along_the_orientation(kind, spacing, orientation, x, y):
    (rate_map,) = lattice_maps(BOX, spacing, kind=kind, orientation=orientation, phase=(x, y), bins=BINS)
    assert at(rate_map, x, y) > 0.98
    along = spacing * np.cos(orientation), spacing * np.sin(orientation)
    assert at(rate_map, x + along[0], y + along[1]) > 0.98
    assert at(rate_map, x + along[0] / 2, y + along[1] / 2) < 0.35  # between two fields of a hexagonal lattice: 0
    assert rate_map.min() == 0
    assert rate_map.max() <= 1


def test_hexagons_have_six_neighbours_and_squares_four():
    for kind, number in (("hexagonal", 6), ("square", 4)):
        (rate_map,) = lattice_maps(BOX, 0.5, kind=kind, bins=BINS)
        angles = 2 * np.pi * np.arange(number) / number
        assert min(at(rate_map, 0.5 * np.cos(a), 0.5 * np.sin(a)) for a in angles) > 0.99
        assert max(at(rate_map, 0.5 * np.cos(a), 0.5 * np.sin(a)) for a in angles + np.pi / number) < 0.5


def test_units_differ_and_bins_may_too():
    maps = lattice_maps(Rectangle(2.2, 1.1), [0.4, 0.6], phase=[[0, 0], [0.1, 0.2]], bins=(40, 10), rectified=False)
    assert maps.shape == (2, 40, 10)
    assert maps.min() < 0
    np.testing.assert_allclose(
        maps[1], lattice_maps(Rectangle(2.2, 1.1), 0.6, phase=(0.1, 0.2), bins=(40, 10), rectified=False)[0]
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spacing": 0.0}, "spacing: expected numbers above 0 m, got"),
        ({"spacing": [0.5, np.nan]}, "spacing: expected numbers above 0 m, got"),
        ({"phase": 0.5}, "phase: expected .x, y. in m, shape .2. or .unit, 2., got"),
        (
            {"spacing": [0.5, 0.6], "orientation": [0.0, 0.1, 0.2]},
            "expected as many units each, or one, got .2,., .3,.",
        ),
        ({"kind": "hexagon"}, "kind: .*did you mean 'hexagonal'"),
        ({"bins": 0}, "bins: expected a whole number of at least 1, got 0"),
    ],
)
def test_bad_input(options, message):
    with pytest.raises(ValueError, match=message):
        lattice_maps(BOX, **{"spacing": 0.5, **options})
