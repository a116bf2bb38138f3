"""Drift, slow points and distances, on networks and maps whose answer is known."""

import numpy as np
import pytest
import torch

from gridcells.mechanism.fixed_points import distance_map, drift, grid_of_positions, slow_points
from gridcells.networks.path_integrator import PathIntegrator
from gridcells.presets import preset
from gridcells.scores.lattices import lattice_maps
from gridcells.training.place_task import PlaceTask
from gridcells.world.arenas import Rectangle

CELLS = 64
SETTINGS = {"units": CELLS, "place_cells.cells": CELLS, "tuning": "gaussian", "field_width": 0.2}
TASK = PlaceTask(preset("sorscher2019").override(SETTINGS), seed=0)


def keeper(factor=1.0, cells=CELLS):
    """A network whose units are the place cells, multiplied by a factor every step."""
    network = PathIntegrator(cells, cells)
    with torch.no_grad():
        for weight in (network.encoder.weight, network.recurrent_weight, network.decoder.weight):
            weight.copy_(torch.eye(cells))
        network.recurrent_weight.mul_(factor)
    return network


def test_a_network_that_keeps_its_state_does_not_drift():
    found = drift(keeper(), TASK, side=6, steps=30)
    assert found.error.shape == found.moved.shape == found.speed.shape == (36, 30)
    np.testing.assert_allclose(found.time, 0.02 * np.arange(1, 31))
    assert not found.moved.any()
    assert found.speed.max() < 1e-6
    here = grid_of_positions(TASK, 6)
    decoded = TASK.place_cells.decode(TASK.place_cells.activity(here))
    np.testing.assert_allclose(found.error[:, 7], np.linalg.norm(decoded - here, axis=-1), atol=1e-6)


def test_the_animal_starts_with_the_code_that_training_gives():
    """Difference-of-Gaussians cells encode the start otherwise than they are active."""
    task = PlaceTask(preset("sorscher2019").override({**SETTINGS, "tuning": "difference_of_gaussians"}), seed=0)
    here = grid_of_positions(task, 4)
    code = task.place_cells.initial_code(torch.as_tensor(here, dtype=torch.float32))
    assert (code - torch.as_tensor(task.place_cells.activity(here))).abs().max() > 0.1
    found = drift(keeper(0.5), task, side=4, steps=3)
    decoded = task.place_cells.decode(0.5 * code.relu()).numpy()  # after one step of a network that halves its state
    np.testing.assert_allclose(found.error[:, 0], np.linalg.norm(decoded - here, axis=-1), atol=1e-5)


def test_drift_of_a_network_that_is_told_coordinates():
    task = PlaceTask(preset("sorscher2019").override({"units": 2, "tuning": "cartesian"}), seed=0)
    network = keeper(0.5, 2)  # what tells it the start, from 0 at the left and lower walls to 1, halves at each step
    here = grid_of_positions(task, 3)
    told = (here / 1.1 + 1) / 2
    shown = 1.1 * told[:, None] * 0.5 ** np.arange(1, 5)[:, None]  # [position, step, 2], m
    found = drift(network, task, side=3, steps=4)
    np.testing.assert_allclose(found.error, np.linalg.norm(shown - here[:, None], axis=-1), atol=1e-6)


def test_a_state_that_halves_moves_by_its_own_length():
    np.testing.assert_allclose(drift(keeper(0.5), TASK, side=3, steps=4).speed, 1, rtol=1e-5)


def test_a_network_that_forgets_drifts():
    network = keeper()
    with torch.no_grad():  # every step, the activity goes to the next cell of the list, which lies anywhere
        network.recurrent_weight.copy_(torch.eye(CELLS).roll(1, 0))
    found = drift(network, TASK, side=6, steps=5)
    assert found.moved[:, 1:].mean() > 0.5
    assert not found.moved[:, 0].any()


def test_slow_points_of_a_line_lie_on_it():
    along = np.random.default_rng(0).uniform(0.5, 1, 16)
    along /= np.linalg.norm(along)
    network = PathIntegrator(CELLS, 16)
    with torch.no_grad():
        network.recurrent_weight.copy_(torch.tensor(np.outer(along, along)))
    start = np.random.default_rng(1).uniform(0.2, 1, (40, 16))
    found = slow_points(network, start)
    assert found.speed.max() < 0.01 < found.start_speed.min()
    np.testing.assert_allclose(found.state, np.outer(found.state @ along, along), atol=0.01)


def test_every_state_of_a_keeper_is_a_fixed_point():
    start = np.random.default_rng(0).uniform(0, 1, (5, CELLS))
    found = slow_points(keeper(), start, steps=20)
    np.testing.assert_allclose(found.state, start, atol=1e-6)
    assert found.speed.max() < 1e-6


def test_distance_is_zero_again_a_period_away():
    phase = np.random.default_rng(0).uniform(0, 0.55, (60, 2))
    bands = lattice_maps(Rectangle(2.2, 2.2), spacing=0.55, kind="band", phase=phase)
    distance = distance_map(bands, (4, 7))
    assert distance[4, 7] == 0
    assert distance.mean() == pytest.approx(1)
    np.testing.assert_allclose(distance[9, 7], 0, atol=1e-6)  # 5 bins of 0.11 m on
    assert distance[6, 7] > 0.8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: drift(PathIntegrator(CELLS, 8, cell="lstm"), TASK), "network: expected relu or tanh .* got 'lstm'"),
        (lambda: drift(keeper(), TASK, side=0), "side: expected"),
        (lambda: drift(keeper(), TASK, steps=1), "steps: expected"),
        (lambda: slow_points(keeper(), np.ones((3, 4))), r"start: expected shape \[start, 64\], got \(3, 4\)"),
        (lambda: slow_points(keeper(), np.full((1, CELLS), np.nan)), "start: expected finite numbers"),
        (lambda: slow_points(keeper(), np.ones((1, CELLS)), learning_rate=0), "learning_rate: expected"),
        (lambda: distance_map(np.ones((20, 20)), (0, 0)), r"rate_maps: expected shape \[unit, bin, bin\]"),
        (lambda: distance_map(np.ones((2, 20, 20)), (0, 20)), r"at: expected a bin of \(20, 20\), got \(0, 20\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
