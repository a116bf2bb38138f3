"""How the animal moves."""

from dataclasses import replace

import numpy as np
import pytest

from gridcells.world.arenas import Circle, Rectangle
from gridcells.world.motion import RAUDIES_HASSELMO, SORSCHER, MotionModel, simulate, wrap_angle

ARENAS = [Rectangle(), Rectangle(1.0, 3.0), Rectangle(periodic=True), Circle(1.1)]


@pytest.mark.parametrize("arena", ARENAS)
@pytest.mark.parametrize("motion", [SORSCHER, RAUDIES_HASSELMO])
def test_velocity_integrates_to_position_inside_the_arena(arena, motion):
    walk = simulate(motion, arena, 300, 60, np.random.default_rng(1))
    assert arena.contains(walk.position).all()
    integrated = walk.position[:, :1] + np.cumsum(walk.velocity * walk.time_step, axis=1)
    gap = arena.displacement(arena.wrap(integrated), walk.position[:, 1:])
    np.testing.assert_allclose(gap, 0, atol=1e-12)


@pytest.mark.parametrize("motion", [SORSCHER, RAUDIES_HASSELMO])
def test_net_turn_integrates_to_heading(motion):
    walk = simulate(motion, Rectangle(), 200, 50, np.random.default_rng(2))
    integrated = walk.heading[:, :1] + np.cumsum(walk.turn, axis=1)
    np.testing.assert_allclose(np.exp(1j * integrated), np.exp(1j * walk.heading[:, 1:]), atol=1e-9)
    assert np.abs(walk.heading).max() <= np.pi


def test_starts_are_uniform():
    start = simulate(SORSCHER, Rectangle(), 40_000, 1, np.random.default_rng(3)).position[:, 0]
    counts, *_ = np.histogram2d(start[:, 0], start[:, 1], bins=10, range=[[-1.1, 1.1]] * 2)
    assert ((counts - 400) ** 2 / 400).sum() < 148  # chi-square, 99 degrees of freedom, p = 0.001


def test_the_same_generator_gives_the_same_walk_and_another_one_another():
    walk = simulate(SORSCHER, Rectangle(), 4, 30, np.random.default_rng(5))
    again = simulate(SORSCHER, Rectangle(), 4, 30, np.random.default_rng(5))
    other = simulate(SORSCHER, Rectangle(), 4, 30, np.random.default_rng(6))
    np.testing.assert_array_equal(walk.position, again.position)
    assert np.abs(walk.position - other.position).max() > 0.1
    # values pinned when the model was written: a change of platform or of library must not move them
    np.testing.assert_allclose(walk.position[0, [0, -1]], PINNED, rtol=0, atol=1e-9)


PINNED = [[0.67100643224, 0.67746973742], [0.249059662655, 0.269068206235]]


def test_a_sample_between_two_decisions_lies_on_the_walked_line():
    fine = replace(RAUDIES_HASSELMO, time_step=0.02)
    coarse = simulate(RAUDIES_HASSELMO, Rectangle(), 50, 20, np.random.default_rng(9))  # 7.5 sub-steps a sample
    walked = simulate(fine, Rectangle(), 50, 150, np.random.default_rng(9))
    np.testing.assert_allclose(coarse.position[:, 2::2], walked.position[:, 15::15], atol=1e-12)
    middle = (walked.position[:, 7:-1:15] + walked.position[:, 8::15]) / 2
    np.testing.assert_allclose(coarse.position[:, 1::2], middle, atol=1e-12)
    turn = np.angle(np.exp(1j * (walked.heading[:, 15] - walked.heading[:, 7])))
    np.testing.assert_allclose(np.angle(np.exp(1j * (coarse.turn[:, 1] - turn))), 0, atol=1e-9)


def test_angles_are_wrapped_as_the_remainder_wraps_them():
    generator = np.random.default_rng(0)
    edges = np.arange(-9, 10) * np.pi
    angle = np.concatenate([generator.normal(0, scale, 2000) for scale in (1e-17, 1.0, 4.0, 1e3)] + [edges])
    angle = np.concatenate([angle, np.nextafter(edges, 100), np.nextafter(edges, -100)])
    np.testing.assert_array_equal(wrap_angle(angle), (angle + np.pi) % (2 * np.pi) - np.pi)


def test_the_animal_turns_along_a_wall_that_it_faces():
    still = MotionModel(speed_scale=1e-9, turn_sd=1e-9)
    walk = simulate(still, Rectangle(0.05, 0.05), 500, 1, np.random.default_rng(4))  # all within 0.03 m of a wall
    _, bearing = Rectangle(0.05, 0.05).nearest_wall(walk.position[:, 0])
    before = np.cos(walk.heading[:, 0] - bearing)
    after = np.cos(walk.heading[:, 1] - bearing)
    assert (before > 0).any()
    np.testing.assert_allclose(after[before > 0], 0, atol=1e-6)
    np.testing.assert_allclose(after[before <= 0], before[before <= 0], atol=1e-6)


@pytest.mark.parametrize("animals", [20, 500])  # one by one, and together
def test_the_animal_turns_by_a_right_angle_away_from_a_wall_as_banino_et_al_write(animals):
    still = MotionModel(speed_scale=1e-9, turn_sd=1e-9, walls="right_angle")
    walk = simulate(still, Rectangle(0.05, 0.05), animals, 1, np.random.default_rng(4))
    _, bearing = Rectangle(0.05, 0.05).nearest_wall(walk.position[:, 0])
    facing = wrap_angle(walk.heading[:, 0] - bearing)
    towards = np.abs(facing) < np.pi / 2
    assert 0 < towards.sum() < animals
    np.testing.assert_allclose(walk.turn[towards, 0], np.copysign(np.pi / 2, facing[towards]), atol=1e-6)
    np.testing.assert_allclose(walk.turn[~towards, 0], 0, atol=1e-6)
    assert Rectangle(0.05, 0.05).contains(walk.position).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MotionModel(speed_scale=0), "speed_scale: expected a number above 0 m/s, got 0"),
        (lambda: MotionModel(time_step=0.01), "time_step: expected at least sub_step = 0.02 s, got 0.01 s"),
        (lambda: MotionModel(wall_band=-0.1), "wall_band: expected a number of at least 0 m, got -0.1"),
        (lambda: MotionModel(wall_band=np.inf), "wall_band: expected a number of at least 0 m, got inf"),
        (lambda: MotionModel(wall_slowdown=1.5), "wall_slowdown: expected a number of 0 to 1, got 1.5"),
        (lambda: MotionModel(wall_slowdown="slow"), "wall_slowdown: expected a number of 0 to 1, got 'slow'"),
        (lambda: MotionModel(turn_sd=np.nan), "turn_sd: expected a number above 0 rad/s, got nan"),
        (
            lambda: MotionModel(walls="stpo"),
            "walls: expected one of 'stop', 'pass', 'right_angle', got 'stpo' .did you mean 'stop'",
        ),
        (lambda: simulate(SORSCHER, Rectangle(), 0, 5, np.random.default_rng(0)), "trajectories: expected a whole"),
        (lambda: simulate(SORSCHER, Rectangle(), 5, 2.5, np.random.default_rng(0)), "steps: expected a whole number"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("animals", [3, 4000])
def test_animals_of_several_paces_keep_their_own(animals):
    motion = replace(SORSCHER, speed_scale=0.2, speed_spread=4.0, wall_band=0.0)
    torus = Rectangle(2.2, 2.2, periodic=True)
    walks = simulate(motion, torus, animals, 300, 3)
    own = walks.speed.mean(axis=1) / (0.2 * np.sqrt(np.pi / 2))  # mean of a Rayleigh distribution
    halves = [walks.speed[:, part].mean(axis=1) for part in (slice(150), slice(150, None))]
    assert np.abs(np.log(halves[0] / halves[1])).max() < 0.3  # each has one pace throughout
    assert own.min() > 0.2 and own.max() < 5
    if animals > 100:
        logs = np.log(own) / np.log(4)
        assert abs(logs.mean()) < 0.05 and abs(logs.std() - np.sqrt(1 / 3)) < 0.02  # uniform between -1 and 1


def test_a_spread_of_one_draws_nothing_more():
    alone = simulate(SORSCHER, Rectangle(), 40, 30, 5)
    ones = simulate(replace(SORSCHER, speed_spread=1.0), Rectangle(), 40, 30, 5)
    np.testing.assert_array_equal(alone.position, ones.position)
    with pytest.raises(ValueError, match="speed_spread: expected a number of 1 to 100, got 0.5"):
        replace(SORSCHER, speed_spread=0.5)
