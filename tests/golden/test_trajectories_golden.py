"""The motion model against the statistics of the published generator: within 3 %, but never outside the walls."""

import json
from dataclasses import replace

import numpy as np
import pytest

from gridcells.world.arenas import Rectangle
from gridcells.world.motion import SORSCHER, motion_statistics, simulate


@pytest.mark.parametrize("kind", ["walls", "periodic"])
def test_statistics(golden, kind):
    published = json.loads((golden / "sorscher_trajectory_statistics.json").read_text())[kind]
    arena = Rectangle(periodic=kind == "periodic")
    walk = simulate(SORSCHER, arena, 8000, 100, np.random.default_rng(7))
    ours = motion_statistics(walk, arena)
    assert ours.share_outside == 0
    assert ours.mean_speed == pytest.approx(published["mean_speed_m_per_s"], rel=0.03)
    assert ours.speed_sd == pytest.approx(published["std_speed_m_per_s"], rel=0.03)
    assert ours.speed_percentiles == pytest.approx(published["speed_percentiles_5_50_95"], rel=0.03)
    assert ours.turn_sd == pytest.approx(published["std_turn_rad_per_step"], rel=0.03)
    assert ours.wall_occupancy == pytest.approx(published["border_ring_occupancy_over_uniform"], rel=0.03)
    if kind == "walls":
        displacement = np.linalg.norm(walk.position[:, 21] - walk.position[:, 1], axis=-1).mean()
        assert displacement == pytest.approx(published["mean_displacement_20_steps_m"], rel=0.03)


def test_faithful_mode_leaves_the_box_as_often_as_published(golden):
    published = json.loads((golden / "sorscher_trajectory_statistics.json").read_text())["walls"]
    arena = Rectangle()
    walk = simulate(replace(SORSCHER, walls="pass"), arena, 20000, 100, np.random.default_rng(8))
    assert motion_statistics(walk, arena).share_outside == pytest.approx(
        published["fraction_outside_box"], rel=0.15
    )  # rare: 0.8 %
