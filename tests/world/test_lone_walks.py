"""A few animals that walk one by one: the same walks, to the last bit, as those of animals that step together."""

from dataclasses import replace

import numpy as np
import pytest

import gridcells.world.motion as motion_module
from gridcells.world.arenas import Rectangle
from gridcells.world.lone_walks import draw, walk_one_by_one
from gridcells.world.lone_walls import LoneWalls
from gridcells.world.motion import RAUDIES_HASSELMO, SORSCHER, MotionModel, simulate
from gridcells.world.polygons import Polygon

MOTIONS = {
    "sorscher": SORSCHER,
    "raudies_hasselmo": RAUDIES_HASSELMO,  # 7.5 sub-steps a sample
    "through the walls": replace(RAUDIES_HASSELMO, walls="pass"),
    "at right angles": replace(RAUDIES_HASSELMO, walls="right_angle"),
    "many turns": MotionModel(turn_sd=200.0),
    "wide band": MotionModel(wall_band=0.3, time_step=0.05),
    "no band": MotionModel(wall_band=0.0, wall_slowdown=0.0),
}
ARENAS = {
    "box": Rectangle(),
    "corridor": Rectangle(0.2, 3.0),
    "torus": Rectangle(periodic=True),
    "cage": Rectangle(0.05, 0.05),  # every position is beside two walls
    "corner": Polygon([(0, 0), (1, 0), (1, 0.4), (0.4, 0.4), (0.4, 1), (0, 1)]),
    "triangle with a pillar": Polygon([(0, 0), (0.7, 0.1), (0.2, 0.8)], [[(0.25, 0.3), (0.35, 0.3), (0.3, 0.4)]]),
}


@pytest.mark.parametrize("arena", ARENAS.values(), ids=ARENAS)
@pytest.mark.parametrize("motion", MOTIONS.values(), ids=MOTIONS)
@pytest.mark.parametrize(("animals", "steps"), [(1, 250), (5, 60)])
def test_one_by_one_and_together_are_the_same_walks(monkeypatch, arena, motion, animals, steps):
    first, second = np.random.default_rng(3), np.random.default_rng(3)
    alone = simulate(motion, arena, animals, steps, first)
    monkeypatch.setattr(motion_module, "FEW", 0)
    together = simulate(motion, arena, animals, steps, second)
    for name in ("position", "velocity", "heading", "turn"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(together, name), err_msg=name)
    assert first.random() == second.random()  # as many numbers were drawn


def test_positions_come_in_the_order_of_time_and_start_at_the_start():
    start, heading = np.array([[0.1, 0.2], [-0.3, 0.0]]), np.array([0.0, 2.0])
    position, faced = walk_one_by_one(
        SORSCHER, Rectangle(), start, heading, np.ones(2), np.arange(1.0, 11.0), np.random.default_rng(0)
    )
    assert position.shape == (11, 2, 2) and faced.shape == (11, 2)
    np.testing.assert_array_equal(position[0], start)
    np.testing.assert_array_equal(faced[0], heading)
    direction = np.arctan2(*(position[1] - start).T[::-1])
    np.testing.assert_allclose(np.cos(direction - heading), 1, atol=1e-12)


@pytest.mark.parametrize("animals", [1, 7])
def test_draws_are_those_of_the_distributions_called_in_turns(animals):
    speed, turn = draw(SORSCHER, 400, np.ones(animals), np.random.default_rng(2))
    generator = np.random.default_rng(2)
    for speeds, turns in zip(speed, turn, strict=True):
        np.testing.assert_array_equal(speeds, generator.rayleigh(SORSCHER.speed_scale, animals))
        np.testing.assert_array_equal(turns, generator.normal(0.0, SORSCHER.turn_sd * SORSCHER.sub_step, animals))


def test_walls_in_plain_numbers_are_those_of_arrays():
    room = ARENAS["triangle with a pillar"]
    alone, generator = LoneWalls(room.walls), np.random.default_rng(4)
    place, step = generator.uniform(-0.5, 1.2, (500, 2)), generator.normal(0, 0.1, (500, 2))
    distance, bearing, wall = room.walls.nearest(place)
    told = np.array([alone.nearest(*one) for one in place.tolist()])
    np.testing.assert_array_equal(told[:, 0], distance)
    np.testing.assert_allclose(told[:, 1], bearing, rtol=1e-15)
    np.testing.assert_array_equal(told[:, 2:], wall)
    share = [alone.free_share(*here, *way) for here, way in zip(place.tolist(), step.tolist(), strict=True)]
    np.testing.assert_array_equal(share, room.free_share(place, step))
