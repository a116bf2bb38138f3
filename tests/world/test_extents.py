"""What all arenas share."""

import numpy as np
import pytest

from gridcells.world.arenas import Circle, Rectangle
from gridcells.world.extents import HARDLY, as_source
from gridcells.world.polygons import Polygon


def test_a_source_is_a_generator_a_seed_or_the_legacy_generator():
    legacy, generator = np.random.RandomState(0), np.random.default_rng(0)
    assert as_source(legacy) is legacy and as_source(generator) is generator
    assert as_source(3).uniform() == np.random.default_rng(3).uniform()
    with pytest.raises(TypeError, match="generator"):
        as_source("seed")


@pytest.mark.parametrize(
    "arena",
    [Rectangle(3.0, 1.0), Circle(1.1), Polygon([(0, 0), (2, 0), (0, 1)])],
    ids=["rectangle", "circle", "polygon"],
)
def test_size_and_bins_follow_from_the_bounds(arena):
    x_min, x_max, y_min, y_max = arena.bounds
    assert arena.size == (x_max - x_min, y_max - y_min)
    centres = arena.bin_centres((2, 1))
    np.testing.assert_allclose(centres[:, 0, 0], x_min + np.array([0.25, 0.75]) * arena.size[0])
    np.testing.assert_allclose(centres[..., 1], (y_min + y_max) / 2)


@pytest.mark.parametrize("arena", [Rectangle(), Circle(1.1), Polygon()], ids=["rectangle", "circle", "polygon"])
def test_steps_that_may_cross_a_wall(arena):
    start = np.array([[0.9, 0.0], [0.0, 0.0], [1.0, 0.0]])
    end = np.array([[1.2, 0.0], [0.5, 0.1], [1.1 - HARDLY / 2, 0.0]])
    listed = arena.may_cross(start, end).tolist()
    assert 0 in listed and 1 not in listed
