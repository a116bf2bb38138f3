"""Where the animal lives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcells.world.arenas import Circle, Rectangle

ARENAS = [Rectangle(2.2, 2.2), Rectangle(3.0, 1.0), Rectangle(2.0, 1.0, periodic=True), Circle(1.1)]


@pytest.mark.parametrize("arena", ARENAS)
def test_samples_are_inside_and_uniform(arena):
    position = arena.sample(40_000, np.random.default_rng(0))
    assert arena.contains(position).all()
    x_min, x_max, *_ = arena.bounds
    quarter = (position[:, 0] < x_min + (x_max - x_min) / 4) & (position[:, 1] < 0)
    segment = (np.pi / 3 - np.sqrt(3) / 4) / np.pi  # of height r / 2, as a share of the circle
    expected = segment / 2 if isinstance(arena, Circle) else 1 / 8
    assert quarter.mean() == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("arena", ARENAS)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_free_step_stays_inside_and_ends_at_the_wall(arena, seed):
    generator = np.random.default_rng(seed)
    here = arena.sample(50, generator)
    step = generator.normal(0, 2, (50, 2))
    share = arena.free_share(here, step)
    there = arena.wrap(arena.clip(here + share[:, None] * step))
    assert ((share >= 0) & (share <= 1)).all()
    assert arena.contains(there).all()
    if not getattr(arena, "periodic", False):
        stopped = share < 1
        np.testing.assert_allclose(arena.wall_distance(there[stopped]), 0, atol=1e-9)
        assert arena.contains(here[~stopped] + step[~stopped]).all()


def test_nearest_wall_and_its_bearing():
    position = np.array([[1.0, 0.0], [-1.0, 0.5], [0.0, 1.05], [0.2, -0.9]])
    distance, bearing = Rectangle().nearest_wall(position)
    np.testing.assert_allclose(distance, [0.1, 0.1, 0.05, 0.2])
    np.testing.assert_allclose(bearing, [0, np.pi, np.pi / 2, -np.pi / 2])
    distance, bearing = Circle(1.0).nearest_wall(np.array([[0.0, -0.75]]))
    np.testing.assert_allclose([distance[0], bearing[0]], [0.25, -np.pi / 2])


def test_periodic_distances_go_over_the_edge():
    torus = Rectangle(2.0, 2.0, periodic=True)
    way = torus.displacement(np.array([0.9, -0.9]), np.array([-0.9, 0.9]))
    np.testing.assert_allclose(way, [0.2, -0.2])
    assert np.isinf(torus.wall_distance(np.zeros(2)))
    np.testing.assert_allclose(torus.wrap(np.array([1.25, -3.5])), [-0.75, 0.5])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rectangle(0.0, 1.0), "width: expected a number above 0 m, got 0.0"),
        (lambda: Rectangle(1.0, float("nan")), "height: expected a number above 0 m, got nan"),
        (lambda: Circle(-1.0), "radius: expected a number above 0 m, got -1.0"),
        (lambda: Rectangle().sample(0, np.random.default_rng(0)), "count: expected a whole number of at least 1"),
        (lambda: Circle().wall_distance(np.zeros((4, 3))), r"position: expected shape \[..., 2\]"),
        (lambda: Circle().wall_distance(np.array([[0.0, np.nan]])), "position: expected finite metres, got 1 NaN"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64])
def test_positions_of_any_kind_and_shape_are_clipped_to_the_walls(kind):
    position = np.random.default_rng(0).normal(0, 3, (2, 40, 2)).astype(kind)
    for here in (position, position.swapaxes(0, 1), position[0], position[0, 0]):
        clipped = Rectangle(3.0, 1.0).clip(here)
        np.testing.assert_array_equal(clipped, np.clip(here, [-1.5, -0.5], [1.5, 0.5]))
        assert clipped.dtype == np.float64
