"""Rooms of any shape."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from gridcells.plots.paths import plot_arena
from gridcells.scores.ratemaps import RateMaps, rate_maps
from gridcells.world.arenas import Circle, Rectangle
from gridcells.world.motion import RAUDIES_HASSELMO, SORSCHER, motion_statistics, simulate
from gridcells.world.place_cells import PlaceCells, uniform_centers
from gridcells.world.polygons import Polygon, rings_text
from gridcells.world.walls import gap_between, turning_left

SQUARE = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
ANGLES = np.arange(6) * np.pi / 3
DOOR = [(-1, -0.5), (-0.01, -0.5), (-0.01, -0.1), (0.01, -0.1), (0.01, -0.5), (1, -0.5)]  # and the same above
ROOMS = {  # each with its area, m²
    "square": (Polygon(1.1 * SQUARE), 4.84),
    "L": (Polygon([(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)]), 3.0),
    "trapezoid": (Polygon([(-0.95, -0.1), (0.95, -0.45), (0.95, 0.45), (-0.95, 0.1)]), 1.045),
    "triangle": (Polygon([(0, 0), (2, 0), (1, np.sqrt(3))]), np.sqrt(3)),
    "hexagon": (Polygon(np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1)), 1.5 * np.sqrt(3)),
    "two rooms": (Polygon([*DOOR, *((x, -y) for x, y in DOOR[::-1])]), 2 - 2 * 0.02 * 0.4),
    "pillar": (Polygon(1.1 * SQUARE, [0.2 * SQUARE + 0.3]), 4.84 - 0.16),
}
EVERY = [pytest.param(*room, id=name) for name, room in ROOMS.items()]


@pytest.mark.parametrize(("room", "area"), EVERY)
def test_area_and_uniform_samples(room, area):
    assert room.area == pytest.approx(area, rel=1e-12)
    x_min, x_max, y_min, y_max = room.bounds
    place = np.random.default_rng(0).uniform((x_min, y_min), (x_max, y_max), (100_000, 2))
    box = (x_max - x_min) * (y_max - y_min)
    assert room.contains(place).mean() == pytest.approx(area / box, abs=0.006)
    drawn = room.sample(40_000, 1)
    assert drawn.shape == (40_000, 2) and room.contains(drawn).all()
    edges = np.linspace(x_min, x_max, 9), np.linspace(y_min, y_max, 9)
    counts, _ = np.histogramdd(drawn, edges)
    expected, _ = np.histogramdd(place[room.contains(place)], edges)
    expected *= 40_000 / expected.sum()
    seen = expected > 20
    assert ((counts - expected)[seen] ** 2 / (1.6 * expected[seen])).sum() < 64 + 4 * np.sqrt(128)


@pytest.mark.parametrize(("room", "area"), EVERY)
def test_distance_is_that_to_the_nearest_of_many_places_on_the_walls(room, area):
    share = np.linspace(0, 1, 2001)[:, None]
    places = np.concatenate(
        [start + share * (end - start) for start, end in zip(room.walls.start, room.walls.end, strict=True)]
    )
    x_min, x_max, y_min, y_max = room.bounds
    place = np.random.default_rng(0).uniform((x_min - 0.5, y_min - 0.5), (x_max + 0.5, y_max + 0.5), (5000, 2))
    distance, bearing = room.nearest_wall(place)
    nearest, _ = cKDTree(places).query(place)
    np.testing.assert_allclose(np.abs(distance), nearest, atol=1.1e-3 / 2)
    np.testing.assert_array_equal(distance >= 0, room.contains(place))
    there = place + distance[:, None] * np.stack([np.cos(bearing), np.sin(bearing)], -1)
    np.testing.assert_allclose(room.wall_distance(there), 0, atol=1e-12)  # the wall is met where the bearing says
    near = np.zeros(len(place), dtype=bool)
    near[room.near_wall(place, 0.1)] = True
    assert near[distance < 0.1].all() and not near[distance > 0.1 + max(room.size) / 50].any()


def test_distances_of_known_shapes():
    pillar = Polygon(SQUARE, [0.5 * SQUARE])
    place = np.array([[0.7, 0.0], [0.8, 0.9], [-0.6, -0.6], [0.0, 0.0], [2.0, 2.0]])
    distance, bearing = pillar.nearest_wall(place)
    np.testing.assert_allclose(distance, [0.2, 0.1, 0.1 * np.sqrt(2), -0.5, -np.sqrt(2)], rtol=1e-12)
    np.testing.assert_allclose(bearing[[0, 1, 2, 4]], [np.pi, np.pi / 2, np.pi / 4, np.pi / 4], rtol=1e-12)
    hexagon, _ = ROOMS["hexagon"]
    assert hexagon.wall_distance(np.zeros(2)) == pytest.approx(np.sqrt(3) / 2, rel=1e-12)
    triangle, _ = ROOMS["triangle"]
    assert triangle.wall_distance(np.array([1.0, 1 / np.sqrt(3)])) == pytest.approx(1 / np.sqrt(3), rel=1e-12)


@pytest.mark.parametrize(("room", "area"), EVERY)
@pytest.mark.parametrize(("motion", "steps"), [(SORSCHER, 200), (RAUDIES_HASSELMO, 50)])
def test_walks_stay_inside_and_pass_no_wall(room, area, motion, steps):
    walk = simulate(motion, room, 1000, steps, np.random.default_rng(1))  # 2e5 and 5e4 samples
    assert room.contains(walk.position).all()
    share = room.free_share(walk.position[:, :-1], 0.999 * np.diff(walk.position, axis=1))
    if motion is SORSCHER:  # a sample is a straight step
        np.testing.assert_array_equal(share[walk.speed > 1e-6], 1)  # not those of animals that stand at a wall
    integrated = walk.position[:, :1] + np.cumsum(walk.velocity * walk.time_step, axis=1)
    np.testing.assert_allclose(integrated, walk.position[:, 1:], atol=1e-12)
    assert motion_statistics(walk, room).share_outside == 0


def test_walks_reach_all_of_a_room():
    for room, _ in ROOMS.values():
        walk = simulate(SORSCHER, room, 1000, 200, np.random.default_rng(2))
        maps = RateMaps(room, 10)
        maps.add(walk.position, np.ones((*walk.position.shape[:2], 1)))
        inside = room.bins_inside(10)
        assert maps.occupancy.sum() == walk.position.shape[0] * walk.position.shape[1]  # walls on bins' edges too
        assert (maps.occupancy[~inside] == 0).all() and (maps.occupancy[inside] > 0).mean() > 0.9
        assert np.isnan(maps.maps()[0][~inside]).all()


def test_both_rooms_are_visited_through_the_door():
    room, _ = ROOMS["two rooms"]
    walk = simulate(SORSCHER, room, 200, 1000, np.random.default_rng(3))
    left = walk.position[..., 0] < 0
    through = (left[:, :-1] != left[:, 1:]).any(1)
    assert 0.2 < through.mean() < 1
    passing = left[:, :-1] != left[:, 1:]
    heights = np.abs(walk.position[:, :-1][passing][:, 1])
    assert heights.max() < 0.2  # through the door, nowhere else


@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(sorted(ROOMS)))
@settings(max_examples=40)
def test_a_free_step_stays_inside_and_ends_at_the_wall(seed, name):
    room, _ = ROOMS[name]
    generator = np.random.default_rng(seed)
    here = room.sample(50, generator)
    step = generator.normal(0, 1, (50, 2))
    share = room.free_share(here, step)
    there = here + share[:, None] * step
    assert room.contains(room.clip(there)).all()
    np.testing.assert_allclose(room.clip(there), there, atol=1e-12)
    np.testing.assert_allclose(room.wall_distance(there[share < 1]), 0, atol=1e-12)
    between = here + generator.uniform(0, 1, (20, 50, 1)) * (there - here)
    assert room.contains(between).all()


def test_a_rectangle_drawn_as_a_polygon_is_the_rectangle():
    box, drawn = Rectangle(2.2, 1.4), Polygon([(1.1, 0.7), (1.1, -0.7), (-1.1, -0.7), (-1.1, 0.7)])  # clockwise
    place = box.sample(20_000, 0)
    np.testing.assert_array_equal(drawn.sample(20_000, 0), place)
    np.testing.assert_allclose(drawn.wall_distance(place), box.wall_distance(place), rtol=0, atol=1e-12)
    activity = np.random.default_rng(0).normal(size=(20_000, 3))
    np.testing.assert_array_equal(rate_maps(place, activity, drawn), rate_maps(place, activity, box))
    counts = [RateMaps(room, (20, 13)) for room in (box, drawn)]
    for one in counts:
        one.add(place, activity)
    np.testing.assert_array_equal(counts[0].occupancy, counts[1].occupancy)
    walks = [simulate(RAUDIES_HASSELMO, room, 100, 50, 5) for room in (box, drawn)]
    np.testing.assert_array_equal(walks[0].position, walks[1].position)
    outside = 3 * place[(np.abs(3 * place) > box._half).any(-1)]
    np.testing.assert_array_equal(drawn.contains(outside), box.contains(outside))


def test_place_cells_live_inside():
    room, _ = ROOMS["L"]
    centers = uniform_centers(500, room, 0)
    assert room.contains(centers).all() and (centers[:, 0] > 1.5).any() and (centers[:, 1] > 1.5).any()
    cells = PlaceCells(centers, 0.2, arena=room)
    places = np.array([[0.5, 0.5], [1.6, 0.4], [0.4, 1.7]])
    np.testing.assert_allclose(
        cells.decode_maximum_likelihood(np.log(cells.targets(places) + 1e-12)), places, atol=0.05
    )
    with pytest.raises(ValueError, match="centers: expected all inside Polygon"):
        PlaceCells([[1.5, 1.5]], 0.2, arena=room)


def test_bins_in_none_of_the_room():
    room, _ = ROOMS["L"]
    expected = np.ones((4, 4), dtype=bool)
    expected[2:, 2:] = False
    np.testing.assert_array_equal(room.bins_inside(4), expected)
    on_edge = [[1.0, 1.6], [1.6, 1.0], [1.0, 1.0]]  # walls on the edges of bins count on the inside
    maps = RateMaps(room, 4)
    maps.add(on_edge, np.ones((3, 1)))
    assert maps.occupancy[1, 3] == maps.occupancy[3, 1] == maps.occupancy[1, 1] == 1
    with pytest.raises(ValueError, match="in bins of which some lies in the room, got 1e.02 % of samples outside"):
        maps.add([[1.5, 1.5]], [[1.0]])
    ignoring = RateMaps(room, 4, outside="ignore")
    ignoring.add([[1.5, 1.5], [0.1, 0.1]], np.ones((2, 1)))
    assert ignoring.occupancy.sum() == 1 and np.isnan(ignoring.maps()[0, 3, 3])


def test_forms_of_writing_a_room_down():
    room, _ = ROOMS["pillar"]
    two = Polygon(room.vertices, [room.holes[0], 0.1 * SQUARE - 0.5])
    assert Polygon(rings_text(room.vertices), rings_text(room.holes)) == room
    assert Polygon(rings_text(two.vertices), rings_text(two.holes)) == two and two.area == pytest.approx(
        room.area - 0.04
    )
    assert Polygon(rings_text(two.vertices), rings_text(())).holes == ()
    assert Polygon(np.vstack([SQUARE, SQUARE[:1]])) == Polygon(SQUARE.tolist())  # the first corner repeated
    assert hash(Polygon(SQUARE)) == hash(Polygon(SQUARE)) and Polygon(SQUARE) != Polygon(2 * SQUARE)
    assert Polygon(SQUARE[::-1]).area == Polygon(SQUARE).area == 4
    assert turning_left(SQUARE) == -turning_left(SQUARE[::-1]) == 4
    assert gap_between(SQUARE, SQUARE + np.array([3.0, 0.0]))[0] == 1
    assert len(plot_arena(room).patches[0].get_path().vertices) == 10


THIN = [(0, 0), (1, 0), (1, 1), (0.5, 1e-7), (0, 1)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "vertices: expected .*"),
        (lambda: Polygon([(0, 0), (3, 3), (3, 0), (0, 1)]), "vertices: expected walls that do not cross or touch"),
        (lambda: Polygon([(0, 0), (1, 0), (2, 0)]), "vertices: expected corners that enclose an area, got 0 m²"),
        (lambda: Polygon([(0, 0), (2, 0), (2, 1), (2, 0), (0, 2)]), "vertices: expected walls that do not cross"),
        (lambda: Polygon(THIN), "vertices: expected walls that do not cross or touch, got walls 0 and 2"),
        (lambda: Polygon([(0, 0), (1, 0)]), "vertices: expected at least 3 corners, got 2"),
        (lambda: Polygon([(0, 0), (1, np.nan), (0, 1)]), "vertices: expected finite metres"),
        (lambda: Polygon([0, 1, 2]), r"vertices: expected shape \[vertex, 2\]"),
        (lambda: Polygon("0:0,1:0,1"), "vertices: expected shape .*"),
        (lambda: Polygon("0:0,1:0,one:1"), "vertices: expected x:y of each corner, joined by commas, got '0:0"),
        (lambda: Polygon(SQUARE, [SQUARE + 5]), r"holes\[0\]: expected a hole inside the outer walls, got one outside"),
        (lambda: Polygon(SQUARE, [SQUARE * 5]), r"holes\[0\]: expected a hole inside the outer walls, got one outside"),
        (lambda: Polygon(SQUARE, [SQUARE * [2, 0.1]]), r"holes\[0\]: expected a hole apart from the outer walls"),
        (lambda: Polygon(SQUARE, [SQUARE * [1, 0.1]]), r"holes\[0\]: expected a hole apart from the outer walls"),
        (lambda: Polygon(SQUARE, [SQUARE / 2, SQUARE / 4]), r"holes\[1\]: expected a hole apart from holes\[0\]"),
        (lambda: Polygon(SQUARE, [SQUARE / 4, SQUARE / 2]), r"holes\[1\]: expected a hole apart from holes\[0\]"),
        (
            lambda: Polygon(SQUARE, [SQUARE / 4, SQUARE / 4 + 0.1]),
            r"holes\[1\]: .* apart from holes\[0\], got its wall",
        ),
        (lambda: Polygon(SQUARE, [[(0, 0), (0.1, 0)]]), r"holes\[0\]: expected at least 3 corners, got 2"),
        (lambda: Polygon(SQUARE).sample(0, 0), "count: expected a whole number of at least 1"),
        (lambda: Polygon(SQUARE).wall_distance(np.zeros((4, 3))), r"position: expected shape \[..., 2\]"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_visits_of_the_strip_along_the_walls_are_counted_by_its_area():
    square = Polygon([[-1.1, -1.1], [1.1, -1.1], [1.1, 1.1], [-1.1, 1.1]])
    walks = simulate(SORSCHER, Rectangle(2.2, 2.2), 300, 100, np.random.default_rng(0))
    plain, drawn = (motion_statistics(walks, room).wall_occupancy for room in (Rectangle(2.2, 2.2), square))
    assert drawn == pytest.approx(plain, rel=0.005)
    rng = np.random.default_rng(1)
    for room in (square, Circle(1.1), Polygon([[0, 0], [2, 0], [2, 1], [1, 1], [1, 2], [0, 2]])):
        walks = simulate(SORSCHER, room, 2, 100, rng)
        spread = np.stack([room.sample(200_000, rng), room.sample(200_000, rng)], axis=1)
        spread = replace(walks, position=spread)
        assert motion_statistics(spread, room).wall_occupancy == pytest.approx(1, abs=0.01)
