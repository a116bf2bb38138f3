"""Sheets, bumps and pushes of populations that are built by hand, so that their answers are known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gridcells.mechanism.fixed_points import grid_of_positions
from gridcells.mechanism.phase_sheets import bump_map, phase_sheet, velocity_push
from gridcells.mechanism.waves import SixWaves
from gridcells.presets import preset
from gridcells.scores import grid_scores
from gridcells.training.place_task import PlaceBatch, PlaceTask


def lattice(units=200, number=8.0, seed=0):
    """Pure six waves with phases drawn at random, and these phases."""
    phase = np.random.default_rng(seed).uniform(0, 2 * np.pi, (units, 2))
    third = phase[:, 1] - phase[:, 0]
    amplitude = np.exp(-1j * np.stack([phase[:, 0], phase[:, 1], third], axis=1))
    return SixWaves(number, 0.1, amplitude, np.ones(units), np.ones(3) / 3, 1.0), phase


def rates(position, waves, phase):
    """Rectified activity of the lattice's units at places."""
    turn = (position @ waves.vectors.T)[:, None] - np.stack([phase[:, 0], phase[:, 1], phase[:, 1] - phase[:, 0]], 1)
    return np.maximum(np.cos(turn).sum(-1), 0)


def test_a_full_sheet_has_every_unit_once_and_where_it_belongs():
    axis = 2 * np.pi * np.arange(6) / 6
    exact = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    order = np.random.default_rng(0).permutation(36)
    sheet = phase_sheet(exact[order] + 0.01)
    np.testing.assert_array_equal(order[sheet].ravel(), np.arange(36))
    assert phase_sheet(exact[order], side=4).shape == (4, 4)


def test_bumps_of_one_state_are_a_hexagonal_lattice():
    waves, phase = lattice(800)
    states = rates(np.random.default_rng(1).uniform(-1, 1, (5, 2)), waves, phase)
    maps = bump_map(states, phase, waves, box=2.2)
    assert np.nanmin(grid_scores(maps).score_60) > 0.8
    assert maps.shape == (5, 40, 40)
    centre = (np.arange(40) + 0.5) / 40 * 2.2 - 1.1
    highest = centre[np.argwhere(maps[0] > 0.95 * np.nanmax(maps[0]))]  # [bin, 2], m
    apart = np.linalg.norm(highest[:, None] - highest, axis=-1)
    assert apart[apart > waves.spacing / 2].min() == pytest.approx(waves.spacing, rel=0.15)  # from bump to bump


def test_a_bump_lies_where_the_animal_is():
    waves, phase = lattice(3000)
    here = np.array([[0.35, -0.2]])
    drawn = bump_map(rates(here, waves, phase), phase, waves, box=2.2, bins=44)[0]
    axis = (np.arange(44) + 0.5) / 44 * 2.2 - 1.1
    at = np.abs(axis - here[0, 0]).argmin(), np.abs(axis - here[0, 1]).argmin()
    assert drawn[at] > 0.9 * np.nanmax(drawn)


class Shifting:
    """A stand-in for a network whose activity is a lattice's at the place where it is told to be."""

    def __init__(self, task, waves, phase):
        self.task, self.waves, self.phase, self.units = task, waves, phase, len(phase)
        self.dtype, self.device = torch.float32, torch.device("cpu")

    def hidden(self, velocity, place):
        start = grid_of_positions(self.task, 6)
        moved = start[:, None] + np.cumsum(velocity.numpy(), axis=1) * 0.02
        flat = rates(moved.reshape(-1, 2), self.waves, self.phase)
        return torch.as_tensor(flat.reshape(*moved.shape[:2], -1))


def test_velocity_pushes_on_the_leading_edge_of_what_moves():
    task = PlaceTask(preset("small"), seed=0)
    waves, phase = lattice()
    found = velocity_push(Shifting(task, waves, phase), task, phase, waves, side=6)
    assert found.leading - found.trailing > 10 * found.standard_error > 0
    assert found.leading > 0 > found.trailing  # it moves: what is gained ahead is lost behind
    far = np.abs(found.ahead)
    near = (far > 0.05) & (far < 0.2)
    assert found.push[near & (found.ahead > 0)].min() > 0 > found.push[near & (found.ahead < 0)].max()
    assert abs(found.ahead[found.activity.argmax()]) < 0.06


class Elsewhere(Shifting):
    """The same on another device than the processor's memory, to which its activity comes back."""

    def __init__(self, *given):
        super().__init__(*given)
        self.device, self.asked = torch.device("meta"), []

    def hidden(self, velocity, place):
        self.asked += [velocity.device.type, place.device.type]
        return super().hidden(torch.zeros(velocity.shape), place)


def test_a_network_is_asked_on_its_own_device():
    task = PlaceTask(preset("small"), seed=0)
    waves, phase = lattice()
    network = Elsewhere(task, waves, phase)
    cells = SimpleNamespace(initial_code=lambda position: position.new_zeros(len(position), 64))
    velocity_push(network, SimpleNamespace(preset=task.preset, place_cells=cells), phase, waves, side=6)
    assert set(network.asked) == {"meta"}


@pytest.mark.parametrize("tuning", ["difference_of_gaussians", "cartesian"])
def test_a_push_begins_where_training_does(tuning):
    task = PlaceTask(preset("small").override({"tuning": tuning}), seed=0)
    waves, phase = lattice()
    seen = []

    class Watched(Shifting):
        def hidden(self, velocity, place):
            seen.append(place)
            return super().hidden(velocity, place)

    velocity_push(Watched(task, waves, phase), task, phase, waves, side=6)
    start = torch.as_tensor(grid_of_positions(task, 6), dtype=torch.float32)
    expected = task.initial_code(PlaceBatch(start[:, None], start, start[:, None]))
    assert all(torch.equal(place, expected) for place in seen)


def test_what_does_not_move_is_not_pushed():
    task = PlaceTask(preset("small"), seed=0)
    waves, phase = lattice()
    found = velocity_push(Shifting(task, waves, phase), task, phase, waves, side=6, speed=1e-9)
    assert np.abs(found.push).max() < 1e-6


def test_bad_input_is_named():
    waves, phase = lattice(20)
    task = PlaceTask(preset("small"), seed=0)
    with pytest.raises(ValueError, match=r"phase: expected shape \[unit, 2\]"):
        phase_sheet(phase.T)
    with pytest.raises(ValueError, match="side: expected at most 4 for 20 units, got 5"):
        phase_sheet(phase, 5)
    with pytest.raises(ValueError, match=r"activity: expected shape \[state, 20\], got \(1, 19\)"):
        bump_map(np.ones((1, 19)), phase, waves, box=2.2)
    with pytest.raises(ValueError, match="units: expected 20, one a phase"):
        velocity_push(task.network(), task, phase, waves, units=[1, 2])
