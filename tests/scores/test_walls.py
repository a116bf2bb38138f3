"""What shape an arena has, and where its walls are."""

import numpy as np
import pytest

from gridcells.scores.walls import arena_shape, circular_walls, straight_walls, unreached_walls

SIZE = np.array([0.05, 0.05])


@pytest.mark.parametrize("shape", [(20, 20), (40, 40), (20, 40), (50, 12)])
def test_rectangles(shape):
    assert arena_shape(np.ones(shape, bool)) == "rectangle"
    holed = np.random.default_rng(0).random(shape) > 0.05
    assert arena_shape(holed) == "rectangle"
    holed[0] = False
    assert arena_shape(holed) == "rectangle"
    sparse = np.random.default_rng(1).random(shape) > 0.35  # a short run in small bins
    assert arena_shape(sparse) == "rectangle"


@pytest.mark.parametrize("bins", [16, 20, 41, 64])
def test_circles(bins):
    x = (np.arange(bins) + 0.5) / bins * 2 - 1
    inside = np.hypot(x[:, None], x) <= 1
    assert arena_shape(inside) == "circle"
    assert arena_shape(np.pad(inside, 3)) == "circle"
    assert arena_shape(inside & (np.random.default_rng(0).random(inside.shape) > 0.03)) == "circle"


def test_an_ellipse_in_metres_is_no_circle_and_oblong_bins_may_be():
    x, y = (np.arange(40) + 0.5) / 20 - 1, (np.arange(20) + 0.5) / 10 - 1
    inside = np.hypot(x[:, None], y) <= 1  # twice as many bins along x
    assert arena_shape(inside, bin_size=0.05) == "other"
    assert arena_shape(inside, bin_size=(0.025, 0.05)) == "circle"


def test_nothing_visited_is_no_arena():
    assert arena_shape(np.zeros((20, 20), bool)) == "other"


def test_walls_of_a_whole_map_are_its_sides():
    walls = straight_walls(np.ones((6, 8), bool), SIZE)
    flat = np.arange(48).reshape(6, 8)
    sides = (flat[:, 0], flat[:, -1], flat[0], flat[-1])
    for line, side in zip(walls.lines, sides, strict=True):
        np.testing.assert_array_equal(line, side)
    assert walls.distance[0, 0] == walls.distance[5, 3] == pytest.approx(0.025)
    assert walls.distance[2, 3] == pytest.approx(0.125)
    assert walls.half_side == pytest.approx(0.15)


def test_walls_are_looked_for_inwards_and_only_so_far():
    visited = np.ones((20, 20), bool)
    visited[:, -2:] = False
    visited[4, -3] = False
    walls = straight_walls(visited, SIZE)
    assert len(walls.lines) == 4
    np.testing.assert_array_equal(np.delete(walls.lines[1], 4), np.delete(np.arange(20) * 20 + 17, 4))
    assert walls.lines[1][4] == -1 or walls.lines[1][4] == 4 * 20 + 16
    assert walls.distance[10, 17] == pytest.approx(0.025)  # from the wall that was found
    visited[:, -5:] = False
    assert len(straight_walls(visited, SIZE).lines) == 3
    assert straight_walls(np.zeros((9, 9), bool), SIZE).lines == ()


def test_the_rim_of_a_circle_has_a_bin_in_every_direction():
    x = (np.arange(40) + 0.5) / 40 * 2 - 1
    inside = np.hypot(x[:, None], x) <= 1
    walls = circular_walls(inside, SIZE)
    [rim] = walls.lines
    assert (rim >= 0).all()
    away = np.hypot(*(x[np.array(np.unravel_index(rim, (40, 40)))]))
    assert (away > 0.92).all()
    assert walls.half_side == pytest.approx(1.0)
    assert walls.distance[20, 20] == pytest.approx(1.0, abs=0.04)


def test_walls_that_were_not_reached_are_named():
    size = np.array([0.05, 0.025])
    seen = np.ones((30, 40), dtype=bool)
    assert unreached_walls(seen, size) == []
    seen[:, :2] = False  # 5 cm
    assert unreached_walls(seen, size) == []
    seen[:, :7], seen[-5:] = False, False  # 17 cm and 25 cm
    assert unreached_walls(seen, size) == ["low y", "high x"]
    assert len(straight_walls(seen, size).lines) == 2
    assert unreached_walls(np.zeros((30, 40), dtype=bool), size) == ["low y", "high y", "low x", "high x"]
