"""Shortest ways around corners: beside straight ones, by hand, and beside ways over a fine lattice."""

import numpy as np
import pytest
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from gridcells.world import Polygon
from gridcells.world.geodesics import Geodesics

SQUARE = "-1:-1,1:-1,1:1,-1:1"
SPLIT = Polygon(SQUARE, "-0.1:-0.9,0.1:-0.9,0.1:0.9,-0.1:0.9")
L_SHAPED = Polygon("0:0,2:0,2:1,1:1,1:2,0:2")
PILLAR = Polygon(SQUARE, "-0.3:-0.3,0.3:-0.3,0.3:0.3,-0.3:0.3")
TWO_ROOMS = Polygon(
    "-1:-0.5,-0.05:-0.5,-0.05:-0.1,0.05:-0.1,0.05:-0.5,1:-0.5,1:0.5,0.05:0.5,0.05:0.1,-0.05:0.1,-0.05:0.5,-1:0.5"
)


def lattice_ways(room, places, step=0.02):
    """Shortest ways over a lattice with moves to 16 neighbours: at most 2.8 % longer than they are."""
    x_min, x_max, y_min, y_max = room.bounds
    x, y = np.arange(x_min + step / 2, x_max, step), np.arange(y_min + step / 2, y_max, step)
    points = np.stack(np.meshgrid(x, y, indexing="ij"), -1)
    inside, number = room.contains(points), np.arange(points[..., 0].size).reshape(points.shape[:2])
    rows, columns, lengths = [], [], []
    for move in ((1, 0), (0, 1), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1)):
        here = tuple(slice(max(0, -one), min(size, size - one)) for one, size in zip(move, number.shape, strict=True))
        there = tuple(slice(max(0, one), min(size, size + one)) for one, size in zip(move, number.shape, strict=True))
        open_way = inside[here] & inside[there] & room.contains((points[here] + points[there]) / 2)
        rows.append(number[here][open_way])
        columns.append(number[there][open_way])
        lengths.append(np.full(open_way.sum(), step * np.hypot(*move)))
    graph = coo_matrix((np.concatenate(lengths), (np.concatenate(rows), np.concatenate(columns))), (number.size,) * 2)
    nearest = [np.abs(points[inside] - place).sum(1).argmin() for place in places]
    return points[inside], dijkstra(graph, directed=False, indices=number[inside][nearest])[:, number[inside]]


@pytest.mark.parametrize("room", [SPLIT, L_SHAPED, PILLAR, TWO_ROOMS], ids=["split", "l_shaped", "pillar", "two_rooms"])
def test_ways_are_those_over_a_fine_lattice(room):
    places = room.sample(4, 0)
    points, expected = lattice_ways(room, places)
    found = Geodesics(room, places).distances(points).T
    assert (expected > found - 0.03).all()
    assert (expected < 1.03 * found + 0.06).all()


def test_ways_around_a_corner_by_hand():
    ways = Geodesics(L_SHAPED, np.array([[0.5, 1.9], [1.5, 0.5]]))
    found = ways.distances(np.array([1.9, 0.5]))
    assert found[0] == pytest.approx(np.hypot(0.9, 0.5) + np.hypot(0.5, 0.9), abs=1e-12)
    assert found[1] == pytest.approx(0.4)


def test_in_a_convex_room_ways_are_straight():
    room = Polygon([[0, 0], [2, 0.2], [1.4, 1.5], [0.3, 1.2]])
    places, position = room.sample(20, 1), room.sample(50, 2)
    expected = np.linalg.norm(position[:, None] - places, axis=-1)
    np.testing.assert_allclose(Geodesics(room, places).distances(position), expected, atol=1e-12)


@pytest.mark.parametrize("room", [SPLIT, L_SHAPED, PILLAR, TWO_ROOMS], ids=["split", "l_shaped", "pillar", "two_rooms"])
def test_ways_are_a_metric(room):
    points = room.sample(30, 3)
    ways = Geodesics(room, points).distances(points)
    straight = np.linalg.norm(points[:, None] - points, axis=-1)
    np.testing.assert_allclose(ways, ways.T, atol=1e-12)
    assert (ways >= straight - 1e-12).all() and (np.diag(ways) == 0).all()
    assert (ways[:, :, None] <= ways[:, None] + ways.T[None] + 1e-12).all()


def test_it_does_not_matter_which_way_round_corners_are_told():
    other = Polygon([*reversed(L_SHAPED.vertices)])
    points = L_SHAPED.sample(10, 0)
    np.testing.assert_allclose(
        Geodesics(other, points).distances(points), Geodesics(L_SHAPED, points).distances(points), atol=1e-9
    )


def test_walls_are_no_hindrance_to_those_who_stand_at_them():
    """Corners and places on walls, along which a way may go."""
    corners = np.array(L_SHAPED.vertices)
    found = Geodesics(L_SHAPED, corners).distances(corners)
    assert found[0, 1] == pytest.approx(2, abs=1e-12) and found[1, 5] == pytest.approx(2 * np.sqrt(2), abs=1e-12)
    assert found[2, 3] == pytest.approx(1, abs=1e-12) and np.isfinite(found).all()
    assert found[2, 4] == pytest.approx(2, abs=1e-12)  # not straight, which leads outside


def test_rounding_puts_nobody_behind_a_wall():
    place = np.array([[0.5, 0.5]])
    beyond = np.array([[1.5, 1 + 1e-12], [1 + 1e-12, 1.5], [-1e-12, 0.3]])
    expected = np.linalg.norm(beyond - place, axis=1)
    np.testing.assert_allclose(Geodesics(L_SHAPED, place).distances(beyond)[:, 0], expected, atol=1e-6)


def test_an_animal_at_a_wall_in_single_precision_sees_the_room():
    """0.05 and 2.2 are no numbers of single precision: walls there lie before or behind who stands at them."""
    corners = "-2.2:-1.1,-0.05:-1.1,-0.05:-0.25,0.05:-0.25,0.05:-1.1,2.2:-1.1,2.2:1.1,0.05:1.1,0.05:0.25,-0.05:0.25"
    room = Polygon(corners + ",-0.05:1.1,-2.2:1.1")
    ends = np.array(room.vertices)
    at = np.concatenate([ends + share * (np.roll(ends, -1, axis=0) - ends) for share in np.linspace(0, 1, 50)])
    places = room.sample(20, 0)
    ways = Geodesics(room, places)
    single = ways.distances(torch.from_numpy(at).float())
    np.testing.assert_allclose(single, ways.distances(at), atol=2e-6)


def test_a_position_outside_is_refused():
    with pytest.raises(ValueError, match=r"position: expected all in the room, got 1 of 2 outside, .* \(3, 3\) m"):
        Geodesics(L_SHAPED, np.array([[0.5, 0.5]])).distances(np.array([[0.1, 0.1], [3.0, 3.0]]))


def test_tensors_come_back_as_they_went_in():
    ways = Geodesics(SPLIT, np.array([[0.5, 0.0]]))
    found = ways.distances(torch.zeros(3, 4, 2) - 0.5)
    assert found.shape == (3, 4, 1) and found.dtype == torch.float32
    with pytest.raises(ValueError, match="position"):
        ways.distances(np.zeros((2, 3)))
