"""What a network's evaluation says of networks whose answer is known."""

import numpy as np
import pytest
import torch

import gridcells.training.decoding
from gridcells._common.bins import BinGrid, square_bins
from gridcells.networks.path_integrator import PathIntegrator
from gridcells.presets import preset
from gridcells.runs.evaluation import dominant_period, evaluate, network_rate_maps
from gridcells.training.decoding import decoding_error
from gridcells.training.place_task import PlaceBatch, PlaceTask

# Gaussian fields so wide that the first place code tells the exact start
KNOWN = preset("laptop").override(
    {
        "place_cells.cells": 128,
        "tuning": "gaussian",
        "field_width": 0.4,
        "scoring.paths": 1500,
        "null_maps": 100,
        "units": 24,
        "batch": 16,
    }
)
QUICK = preset("laptop").override(
    {"units": 16, "place_cells.cells": 64, "scoring.paths": 400, "null_maps": 30, "batch": 16}
)


def hexagonal(position, spacing, orientation, phase):
    """Three plane waves 60 degrees apart, from -1.5 to 3, at positions [..., 2] → [..., unit]."""
    wave_number = 4 * np.pi / (np.sqrt(3) * spacing)
    total = 0
    for third in range(3):
        angle = orientation + third * np.pi / 3
        along = position @ np.stack([np.cos(angle), np.sin(angle)]) - (
            phase * np.stack([np.cos(angle), np.sin(angle)])
        ).sum(0)
        total = total + np.cos(wave_number * along)
    return total


def lattices(units, spacing, seed=0):
    generator = np.random.default_rng(seed)
    return spacing, generator.uniform(0, np.pi / 3, units), generator.uniform(-1, 1, (2, units))


class GridNetwork:
    """Integrates exactly; its units are 20 grid cells, one that tells x, one of stripes, a silent and a faint one."""

    units = 24
    device = torch.device("cpu")

    def __init__(self, task, spacing=0.5):
        self.task, self.lattice = task, lattices(20, spacing)

    def start(self, activity):
        """Solve log p_i = (x · c_i - |c_i|²/2) / σ² + constant for the position x."""
        centers, width = self.task.place_cells.centers, self.task.place_cells.width
        system = np.column_stack([centers, np.ones(len(centers))])
        values = width**2 * np.log(activity.double().numpy().T) + (centers**2).sum(1)[:, None] / 2
        return np.linalg.lstsq(system, values, rcond=None)[0][:2].T

    def hidden(self, velocity, initial_place):
        walked = velocity.double().numpy().cumsum(1) * self.task.preset.motion.time_step
        self.position = self.start(initial_place)[:, None] + walked
        grids = np.maximum(hexagonal(self.position, *self.lattice), 0)
        x = self.position[..., :1]
        others = [x + 2, np.cos(4 * np.pi * x / 1.1) + 1, 0 * x, 1e-5 * (x + 2)]
        return torch.as_tensor(np.concatenate([grids, *others], -1), dtype=torch.float32)

    def logits(self, hidden):
        return self.task.place_cells.log_density(torch.as_tensor(self.position))


@pytest.fixture(scope="module")
def known():
    task = PlaceTask(KNOWN, seed=0)
    return task, evaluate(GridNetwork(task), task)


def test_a_network_of_grid_cells_scores_as_one(known):
    _, evaluation = known
    assert evaluation.units == 24
    assert evaluation.rate_maps.shape == (22, 20, 20)  # without the silent and the faint unit
    assert (evaluation.scores.score_60[:20] > 0.8).all()
    assert (evaluation.scores.score_60[20:] < 0.3).all()
    summary = evaluation.summary()
    assert summary["units_scored"] == 22
    assert summary["share_above_0.3"] == summary["share_above_0.8"] == pytest.approx(20 / 22)
    assert summary["share_above_null"] == pytest.approx(20 / 22)
    assert summary["null_share_above_0.8"] < 0.1
    assert summary["period"] == pytest.approx(0.5, rel=0.05)
    assert summary["median_score_60"] > 0.8


def test_its_decoding_error_is_the_floor_of_the_place_code(known):
    task, evaluation = known
    batch = PlaceBatch.of(task.paths(1000, "evaluation"))
    decoded = task.place_cells.decode(task.place_cells.targets(batch.position))
    assert evaluation.decoding_error == pytest.approx(float((decoded - batch.position).norm(dim=-1).mean()), abs=5e-4)


def test_its_rate_maps_are_its_activity_at_each_place_x_first(known):
    _, evaluation = known
    middle = (np.arange(20) + 0.5) * 0.11 - 1.1
    position = np.stack(np.meshgrid(middle, middle, indexing="ij"), -1)
    expected = np.maximum(hexagonal(position, *lattices(20, 0.5)), 0)  # [bin, bin, unit]
    for unit in range(20):
        assert np.corrcoef(evaluation.rate_maps[unit].ravel(), expected[..., unit].ravel())[0, 1] > 0.96
    np.testing.assert_allclose(evaluation.rate_maps[20], np.repeat(middle[:, None] + 2, 20, 1), atol=0.06)


def test_the_null_knows_the_spectrum_but_not_the_grid(known):
    _, evaluation = known
    assert evaluation.null_maps.shape == (100, 20, 20)
    assert np.median(evaluation.null_scores.score_60) < 0.4
    assert evaluation.comparison.null_maps == 100


def test_chunks_do_not_matter(monkeypatch):
    task = PlaceTask(QUICK, seed=0)
    network = task.network()
    maps, error = network_rate_maps(network, task), decoding_error(network, task)
    monkeypatch.setattr(gridcells.training.decoding, "_PATHS_AT_ONCE", 33)
    np.testing.assert_allclose(network_rate_maps(network, task), maps, rtol=1e-4, atol=1e-7)
    assert decoding_error(network, task) == pytest.approx(error, rel=1e-3)


def test_an_evaluation_repeats_and_does_not_touch_training():
    task, fresh = PlaceTask(QUICK, seed=0), PlaceTask(QUICK, seed=0)
    network = task.network()
    weights = network.recurrent_weight.clone()
    torch_state = torch.get_rng_state()
    first = evaluate(network, task).summary()
    batches, untouched = task.batches(), fresh.batches()
    for _ in range(3):
        assert torch.equal(next(batches).velocity, next(untouched).velocity)  # evaluated before or not
    batches.close(), untouched.close()
    assert evaluate(network, task).summary() == first  # trained on or not
    assert torch.equal(network.recurrent_weight, weights)
    assert network.recurrent_weight.grad is None
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert evaluate(network, PlaceTask(QUICK, seed=1)).summary() != first


def test_an_evaluation_draws_only_from_streams_that_training_does_not_use(monkeypatch):
    task, drawn = PlaceTask(QUICK, seed=0), set()
    network, generator = task.network(), PlaceTask.generator

    def noted(self, stream, index=0):
        drawn.add((stream, index))
        return generator(self, stream, index)

    monkeypatch.setattr(PlaceTask, "generator", noted)
    evaluate(network, task)
    assert drawn == {("evaluation", 0), ("maps", 0), ("null", 0)}


def test_every_number_is_one_that_json_knows():
    summary = evaluate(PlaceTask(QUICK, seed=0).network(), PlaceTask(QUICK, seed=0)).summary()
    assert all(np.isfinite(value) and isinstance(value, int | float) for value in summary.values())
    assert summary["units"] == summary["units_scored"] == 16
    assert 0.5 < summary["decoding_error"] < 1.5


def test_unvisited_bins_are_left_out():
    task = PlaceTask(QUICK.override({"scoring.paths": 30}), seed=0)
    evaluation = evaluate(task.network(), task)
    unvisited = np.isnan(evaluation.rate_maps)
    assert 0.05 < unvisited.mean() < 0.9
    assert (unvisited == unvisited[0]).all()
    assert all(np.isfinite(value) for value in evaluation.summary().values())


def test_a_silent_network_is_refused():
    task = PlaceTask(QUICK, seed=0)
    with pytest.raises(ValueError, match="network: expected at least one active unit, got a silent network"):
        evaluate(PathIntegrator(64, 16), task)  # all weights zero


@pytest.mark.parametrize("bins", [20, 40])
@pytest.mark.parametrize("spacing", [0.3, 0.5, 0.7, 1.0])
@pytest.mark.parametrize("kind", ["plain", "rectified", "unvisited"])
def test_the_period_of_hexagonal_lattices(bins, spacing, kind):
    middle = (np.arange(bins) + 0.5) / bins * 2.2 - 1.1
    position = np.stack(np.meshgrid(middle, middle, indexing="ij"), -1)
    maps = np.moveaxis(hexagonal(position, *lattices(30, spacing, seed=bins)), -1, 0) + 5
    if kind == "rectified":
        maps = np.maximum(maps - 5, 0)
    if kind == "unvisited":
        maps[:, ::7, ::5] = np.nan
    assert dominant_period(maps, 2.2) == pytest.approx(spacing, rel=0.05)
    assert dominant_period(maps, 4.4) == pytest.approx(2 * spacing, rel=0.05)


@pytest.mark.parametrize("bins", [20, 40])
@pytest.mark.parametrize("size", [(1.5, 1.0), (1.0, 1.5), (3.0, 1.0)])
@pytest.mark.parametrize("spacing", [0.4, 0.5, 0.7])
def test_the_period_in_rooms_of_other_sides(size, bins, spacing):
    grid = BinGrid((0, size[0], 0, size[1]), square_bins(size, bins))
    maps = np.moveaxis(hexagonal(grid.centres, *lattices(30, spacing, seed=bins)), -1, 0)
    assert dominant_period(maps, size) == pytest.approx(spacing, rel=0.06)
    assert dominant_period(maps.swapaxes(1, 2), size[::-1]) == pytest.approx(dominant_period(maps, size), rel=1e-12)


@pytest.mark.parametrize("bins", [20, 21])
def test_the_period_is_where_the_mean_spectrum_of_the_padded_maps_peaks(bins):
    generator = np.random.default_rng(bins)
    maps = generator.random((7, bins, bins))
    maps[0, 3, 4] = np.nan
    centred = np.nan_to_num(maps - np.nanmean(maps, axis=(1, 2), keepdims=True))
    window = np.hanning(bins + 2)[1:-1]
    power = (np.abs(np.fft.fft2(centred * window[:, None] * window, s=(8 * bins, 8 * bins))) ** 2).mean(0)
    eighths = np.abs(np.fft.fftfreq(8 * bins, 1 / (8 * bins)))  # of a cycle per width
    ring = np.rint(np.hypot(eighths[:, None], eighths)).astype(int)
    profile = [power[ring == number].mean() for number in range(8, 4 * bins)]
    assert dominant_period(maps, 1.0) == pytest.approx(2 / 3**0.5 / (1 + np.argmax(profile) / 8), rel=1e-12)
