"""What is to be learnt, and how well it could be."""

import threading

import numpy as np
import pytest
import torch

import gridcells.training.decoding
from gridcells._common.streams import Stream
from gridcells.presets import preset
from gridcells.training.decoding import decode_paths, decoding_error, hidden_activity, path_errors
from gridcells.training.loop import train
from gridcells.training.place_task import PlaceBatch, PlaceTask

SMALL = preset("laptop").override({"units": 24, "place_cells.cells": 64, "batch": 16, "path_steps": 10})


class Oracle:
    """A network that knows where it is: its units are the position, its logits the log density of the place cells."""

    units = 2
    device = torch.device("cpu")

    def __init__(self, task, batch):
        self.task, self.position, self.seen = task, batch.position, 0

    def hidden(self, velocity, initial_place):
        assert initial_place.shape == (len(velocity), len(self.task.place_cells))
        self.seen += len(velocity)
        return self.position[self.seen - len(velocity) : self.seen]

    def logits(self, hidden):
        return self.task.place_cells.log_density(hidden)


@pytest.mark.parametrize("name", ["laptop", "sorscher2023"])
def test_floors_lie_in_order(name):
    task = PlaceTask(preset(name), seed=0)
    floors = task.floors(4000)
    assert 0 < floors.cross_entropy < floors.constant <= np.log(512) + 1e-9
    assert floors.constant > np.log(512) - 0.3  # the targets' mean is nearly uniform
    assert 0.02 < floors.decoding_error < 0.07
    assert floors == task.floors(4000) == PlaceTask(preset(name), seed=0).floors(4000)
    assert floors.decoding_error != PlaceTask(preset(name), seed=1).floors(4000).decoding_error


def test_wider_fields_say_less_about_the_position():
    gaussian = preset("laptop").override({"tuning": "gaussian"})
    narrow, wide = (PlaceTask(gaussian.override({"field_width": width}), seed=0).floors(2000) for width in (0.1, 0.3))
    assert narrow.cross_entropy < wide.cross_entropy
    assert narrow.constant - narrow.cross_entropy > wide.constant - wide.cross_entropy


def test_a_periodic_arena_has_no_worse_floor():
    walled = PlaceTask(preset("laptop"), seed=0).floors(4000)
    periodic = PlaceTask(preset("laptop").override({"arena.periodic": True}), seed=0).floors(4000)
    assert periodic.decoding_error < 1.1 * walled.decoding_error  # decoding goes over the edge, not through the middle
    assert periodic.cross_entropy == pytest.approx(walled.cross_entropy, rel=0.15)


@pytest.mark.parametrize("periodic", [False, True])
def test_decoding_an_oracle_costs_what_the_place_code_costs(periodic):
    task = PlaceTask(preset("laptop").override({"arena.periodic": periodic}), seed=0)
    batch = PlaceBatch.of(task.paths(600, "evaluation"))  # more than go through a network at once
    decoded = decode_paths(Oracle(task, batch), task, batch)
    assert decoded.shape == batch.position.shape
    assert decoded.dtype == np.float64
    assert task.preset.arena.contains(decoded).all()
    away = np.linalg.norm(task.preset.arena.displacement(batch.position.numpy(), decoded), axis=-1)
    assert away.max() < 0.35
    error = decoding_error(Oracle(task, batch), task, batch)
    assert error == pytest.approx(away.mean())
    assert error == pytest.approx(task.floors().decoding_error, rel=0.15)


def test_an_untrained_network_decodes_about_as_badly_as_chance():
    task = PlaceTask(SMALL, seed=0)
    assert 0.6 < decoding_error(task.network(), task) < 1.4  # m; two random points of the arena are 1.15 m apart
    assert decoding_error(task.network(), task) == decoding_error(task.network(), task)


def test_parts_come_in_order_and_lose_nothing(monkeypatch):
    monkeypatch.setattr(gridcells.training.decoding, "_PATHS_AT_ONCE", 7)
    task = PlaceTask(SMALL, seed=0)
    batch = PlaceBatch.of(task.paths(24, "evaluation"))
    network = task.network()
    parts = list(hidden_activity(network, task, batch))
    assert [len(part.velocity) for part, _ in parts] == [7, 7, 7, 3]
    assert torch.equal(torch.cat([part.position for part, _ in parts]), batch.position)
    with torch.no_grad():
        whole = network.hidden(batch.velocity, task.place_cells.activity(batch.start))
    torch.testing.assert_close(torch.cat([hidden for _, hidden in parts]), whole)
    assert not parts[0][1].requires_grad


def test_batches_are_what_a_network_takes():
    with_block = PlaceTask(SMALL, seed=0).batches()
    batch = next(with_block)
    with_block.close()
    assert batch.velocity.shape == (16, 10, 2)
    assert batch.start.shape == (16, 2)
    assert batch.position.shape == (16, 10, 2)
    assert {part.dtype for part in (batch.velocity, batch.start, batch.position)} == {torch.float32}
    walked = batch.start[:, None] + (batch.velocity * SMALL.motion.time_step).cumsum(1)
    torch.testing.assert_close(walked, batch.position, atol=1e-5, rtol=0)
    assert batch.position.abs().max() <= 1.1 + 1e-6  # the wall itself, in float32
    assert torch.equal(batch.to("cpu").position, batch.position)


def test_batches_on_a_periodic_arena_walk_over_its_edge():
    task = PlaceTask(SMALL.override({"arena.periodic": True}), seed=0)
    batch = PlaceBatch.of(task.paths(200, "evaluation"))
    assert batch.position.abs().max() <= 1.1 + 1e-6  # the edge itself, in float32
    unwrapped = batch.start[:, None] + (batch.velocity * SMALL.motion.time_step).cumsum(1)
    assert not task.preset.arena.contains(unwrapped.numpy()).all()
    np.testing.assert_allclose(task.preset.arena.wrap(unwrapped.double().numpy()), batch.position, atol=1e-5)


def test_a_batch_larger_than_a_block_is_whole():
    batches = PlaceTask(SMALL.override({"batch": 4500}), seed=0).batches()
    assert next(batches).velocity.shape == (4500, 10, 2)
    batches.close()


def test_every_stream_is_its_own():
    task = PlaceTask(SMALL, seed=0)
    draws = [task.generator(stream).random() for stream in Stream]
    assert len(set(draws)) == len(draws) - 2  # two pairs share theirs, as the shipped runs have them
    blocks = [task.generator(stream, index).random() for stream in ("paths", "dropout") for index in (1, 2)]
    assert len({*draws, *blocks}) == len(set(draws)) + 4
    assert blocks[0] == PlaceTask(SMALL, seed=0).generator(Stream.PATHS, 1).random()
    assert blocks[0] != PlaceTask(SMALL, seed=1).generator(Stream.PATHS, 1).random()
    with pytest.raises(ValueError, match="stream: expected one of .*, got 'elsewhere'"):
        task.generator("elsewhere")
    trained_on = task.paths(500, "paths", 0).position[:, 0]
    for stream in ("evaluation", "maps"):
        evaluated_on = task.paths(500, stream).position[:, 0]
        assert np.abs(trained_on[:, None] - evaluated_on).max(-1).min() > 0
    correlation = np.corrcoef(trained_on.T, task.paths(500, "paths", 1).position[:, 0].T)
    assert np.abs(correlation[:2, 2:]).max() < 0.2


def test_a_seed_makes_place_cells_weights_and_paths_and_leaves_global_generators_alone():
    numpy_state, torch_state = np.random.get_state()[1].copy(), torch.get_rng_state()
    first, again, other = (PlaceTask(SMALL, seed=seed) for seed in (3, np.int64(3), 4))
    np.testing.assert_array_equal(first.place_cells.centers, again.place_cells.centers)
    assert torch.equal(first.network().encoder.weight, again.network().encoder.weight)
    assert np.abs(first.place_cells.centers - other.place_cells.centers).min() > 0
    assert not torch.equal(first.network().encoder.weight, other.network().encoder.weight)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    assert torch.equal(torch.get_rng_state(), torch_state)


def test_longer_paths_on_request():
    paths = PlaceTask(SMALL, seed=0).paths(3, "evaluation", steps=50)
    assert paths.position.shape == (3, 51, 2)


def test_an_error_in_the_background_reaches_the_loop(monkeypatch):
    simulated = PlaceTask.paths

    def broken(self, count, stream, index=0, **options):
        if stream == "paths" and index == 2:
            raise MemoryError("no room for more paths")
        return simulated(self, count, stream, index, **options)

    monkeypatch.setattr(PlaceTask, "paths", broken)
    monkeypatch.setattr(gridcells.training.task, "_PATHS_AHEAD", 32)  # two batches
    batches = PlaceTask(SMALL, seed=0).batches()
    for _ in range(4):
        next(batches)
    with pytest.raises(MemoryError, match="no room for more paths"):
        next(batches)
    with pytest.raises(MemoryError, match="no room for more paths"):
        train(SMALL.override({"steps": 6}), seed=0)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("paths")]


def test_another_decoder_is_judged_on_the_same_paths_and_around_the_edges():
    task = PlaceTask(preset("laptop").override({"units": 8, "arena.periodic": True}), seed=0)
    batch = task.batch_of(task.paths(5, "evaluation"))
    around = torch.tensor([2.2, -2.2])  # m, once around the arena
    assert path_errors(task.network(), task, batch, decode=lambda _: batch.position + around).max() < 1e-5
    likeliest = path_errors(task.network(), task, batch, decode=task.place_cells.decode_maximum_likelihood)
    assert likeliest.shape == batch.position.shape[:2]
    assert not np.array_equal(likeliest, path_errors(task.network(), task, batch))


RATES = {"network.noise": 0.3, "leak": 0.5, "bias": True, "activity_cost": 0.1, "steps": 3, "evaluate_every": 3}


def test_noise_follows_from_the_paths_and_is_in_every_run_of_them():
    task = PlaceTask(SMALL.override(RATES), 0)
    network, batch = task.network(), next(task.batches())
    with torch.no_grad():
        first, again = task.activity(network, batch), task.activity(network, batch)
        quiet = network.hidden(batch.velocity, task.initial_code(batch))
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    away = (first - quiet)[:, 0] / (0.5 * 0.3)  # one sample in: what was heard, where the unit is not cut off
    heard = away[(first[:, 0] > 0.1) & (quiet[:, 0] > 0.1)]
    assert abs(float(heard.std()) - 1) < 0.3
    moved = PlaceBatch(batch.velocity, batch.start + 1e-6, batch.position)
    with torch.no_grad():
        assert (task.activity(network, moved) - first).abs().max() > 0.01


def test_the_cost_of_activity_is_its_mean_square():
    dear, free = (PlaceTask(SMALL.override(RATES | {"activity_cost": cost, "loss_share": 1}), 0) for cost in (0.1, 0.0))
    network, batch = dear.network(), next(dear.batches())
    spent = 0.1 * dear.activity(network, batch).square().mean()
    torch.testing.assert_close(dear.loss(network, batch), free.loss(network, batch) + spent)


@pytest.mark.parametrize("optimiser", ["adam", "muon"])
def test_a_rate_model_learns_its_biases(optimiser):
    run = train(SMALL.override(RATES | {"optimiser": optimiser}), seed=0)
    assert run.network.bias.detach().abs().max() > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"leak": 0.0}, "network.leak: expected above 0, at most 1 .*, got 0.0"),
        ({"leak": 1.5}, "network.leak: expected above 0, at most 1 .*, got 1.5"),
        ({"cell": "gru", "recurrent_identity": 0, "leak": 0.5}, "network.leak: expected units of relu or tanh .*'gru'"),
        ({"cell": "one_layer", "bias": True}, "network.bias: expected units of relu or tanh .*'one_layer'"),
        ({"core_units": 4, "core_steps": 5, "network.noise": 0.1}, "network.noise: expected .* grown in two parts"),
        ({"network.noise": -1.0}, "network.noise: expected a number of at least 0, got -1.0"),
        ({"activity_cost": -1.0}, "training.activity_cost: expected a number of at least 0, got -1.0"),
    ],
)
def test_settings_of_a_rate_model_that_cannot_be(changes, message):
    with pytest.raises(ValueError, match=message):
        PlaceTask(SMALL.override(changes), 0).network()
