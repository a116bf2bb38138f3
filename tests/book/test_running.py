"""The picture at the head of the book: spikes that are the unit's own, on a path of the network's own task."""

from __future__ import annotations

import base64

import numpy as np
import pytest

import gridcells as gc
from gridcells.book.running import Firing, RunningAnimal, fire_along_path
from gridcells.presets import preset
from gridcells.training import Run, make_task
from gridcells.world import Rectangle


@pytest.fixture(scope="module")
def lattice():
    run = gc.load_shipped("lattice", 0)
    maps = gc.runs.network_rate_maps(run.network, run.task)
    return run, maps, int(np.nanargmax(gc.grid_scores(maps).score_60))


def test_spikes_fall_where_the_unit_fires(lattice):
    run, maps, unit = lattice
    firing = fire_along_path(run, unit, seconds=400, generator=0)
    assert firing.time_step == pytest.approx(0.06) and len(firing.spikes) * firing.time_step > 399
    longest = np.linalg.norm(np.diff(firing.position, axis=0), axis=1).max()
    assert longest < 0.3  # one path without a jump, also where the network is told its place
    spiked = gc.rate_maps(firing.position, firing.spikes[:, None].astype(float), firing.arena, bins=10)[0]
    expected = maps[unit].reshape(10, 2, 10, 2).mean((1, 3))
    assert np.corrcoef(spiked[~np.isnan(spiked)], expected[~np.isnan(spiked)])[0, 1] > 0.85
    peak = np.quantile(spiked[~np.isnan(spiked)], 0.99) / firing.time_step
    assert 8 < peak < 30  # Hz; fields are narrower than bins


def test_the_same_generator_draws_the_same_spikes_and_another_does_not(lattice):
    run, _, unit = lattice
    first, again, other = (fire_along_path(run, unit, seconds=5, generator=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.spikes, again.spikes)
    np.testing.assert_array_equal(first.position, other.position)
    assert np.any(first.spikes != other.spikes)


def test_the_page_holds_path_and_spikes():
    position = np.array([[-0.5, 0.5], [0.25, 0.0], [0.5, -0.5]])
    widget = RunningAnimal(Firing(Rectangle(1.0, 1.0), position, np.array([0, 3, 1]), 0.1))
    places = np.frombuffer(base64.b64decode(widget.places), "<u2").reshape(-1, 2)
    np.testing.assert_allclose(places / 65535 - 0.5, position, atol=1e-5)
    assert list(base64.b64decode(widget.counts)) == [0, 3, 1]
    assert (widget.every, repr(widget)) == (0.1, "RunningAnimal: 0 s in a box of 1 m, 4 spikes")


def test_bad_input(lattice):
    run, _, _ = lattice
    with pytest.raises(ValueError, match="unit: expected one below 256, got 256"):
        fire_along_path(run, 256, generator=0)
    with pytest.raises(ValueError, match="seconds: "):
        fire_along_path(run, 0, seconds=0, generator=0)
    with pytest.raises(ValueError, match="firing: expected a square box, got one of 1 × 2 m"):
        RunningAnimal(Firing(Rectangle(1.0, 2.0), np.zeros((1, 2)), np.zeros(1, int), 0.1))
    task = make_task(preset("quick").override({"units": 8}), seed=0)
    network = task.network()
    for weight in network.parameters():
        weight.data.zero_()
    with pytest.raises(ValueError, match="unit: expected one that is active on the path, got 3, which is silent"):
        fire_along_path(Run(task, network, []), 3, seconds=2, generator=0)
    circle = make_task(preset("banino_circle"), seed=0)
    with pytest.raises(ValueError, match="run: expected a network of a rectangle, got one of a circle"):
        fire_along_path(Run(circle, circle.network(), []), 3, seconds=2, generator=0)
