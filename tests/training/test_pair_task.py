"""One network that follows two animals: what it is told, what it is asked, and how it is judged."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gridcells.presets import preset
from gridcells.training import PairTask, PlaceTask, decode_paths, make_task, path_errors, train

SMALL = preset("laptop").override({"animals": 2, "units": 24, "place_cells.cells": 64, "batch": 8, "path_steps": 5})


def test_each_path_has_the_next_one_as_companion():
    task = make_task(SMALL, seed=0)
    assert isinstance(task, PairTask)
    paths = task.paths(6, "evaluation")
    batch = task.batch_of(paths)
    assert batch.velocity.shape == (6, 5, 4) and batch.position.shape == (6, 5, 2)
    assert np.allclose(batch.velocity[2], np.concatenate([paths.velocity[2], paths.velocity[3]], -1))
    assert np.allclose(batch.other_position[5], paths.position[0, 1:])
    assert np.allclose(batch.other_start[1], paths.position[2, 0])
    halves = batch.split(4)
    assert [len(half.velocity) for half in halves] == [4, 2] and torch.equal(
        halves[1].other_start, batch.other_start[4:]
    )
    with pytest.raises(ValueError, match="paths: expected at least two"):
        task.batch_of(task.paths(1, "evaluation"))


def test_the_loss_is_the_cross_entropy_with_the_mean_of_both_codes():
    task = make_task(SMALL.override({"loss_share": 1.0}), seed=0)
    network, batch = task.network(), next(task.batches())
    codes = torch.stack([task.place_cells.targets(place) for place in (batch.position, batch.other_position)]).mean(0)
    logits = network.logits(task.activity(network, batch))
    expected = -(codes * logits.log_softmax(-1)).sum(-1).mean()
    assert task.loss(network, batch).item() == pytest.approx(expected.item(), rel=1e-5)
    start = torch.stack([task.place_cells.initial_code(place) for place in (batch.start, batch.other_start)]).mean(0)
    assert torch.allclose(task.initial_code(batch), start)
    assert torch.allclose(start.sum(-1), torch.ones(len(start)))


class Knowing:
    """A network that knows where both animals are: its logits are the logarithm of the mean code."""

    units = 4
    device = torch.device("cpu")

    def __init__(self, task, batch):
        self.task, self.both, self.seen = task, torch.stack([batch.position, batch.other_position], -2), 0

    def hidden(self, velocity, initial_place):
        self.seen += len(velocity)
        return self.both[self.seen - len(velocity) : self.seen].flatten(-2)

    def logits(self, hidden):
        codes = self.task.place_cells.targets(hidden.unflatten(-1, (2, 2)))
        return codes.mean(-2).clamp_min(1e-30).log()


def test_a_network_that_knows_both_places_errs_as_the_code_does():
    task = make_task(SMALL.override({"place_cells.cells": 512}), seed=0)
    batch = task.batch_of(task.paths(200, "evaluation"))
    floor = task.floors(5000)
    error = path_errors(Knowing(task, batch), task, batch).mean()
    assert error == pytest.approx(floor.decoding_error, rel=0.1)
    assert floor.decoding_error < 0.03  # a lattice of 5 cm: 0.38 of a side on average
    alone = PlaceTask(SMALL.override({"animals": 1, "place_cells.cells": 512}), 0).floors(5000)
    assert alone.cross_entropy < floor.cross_entropy < floor.constant
    assert alone.constant == pytest.approx(floor.constant, abs=1e-3)
    assert floor == task.floors(5000)


def test_each_animal_is_given_the_nearer_place_and_none_twice():
    task = make_task(SMALL.override({"place_cells.cells": 512}), seed=0)
    batch = task.batch_of(task.paths(50, "evaluation"))
    knowing = Knowing(task, batch)
    swapped = type(batch)(
        batch.velocity.roll(2, -1), batch.other_start, batch.other_position, batch.start, batch.position
    )
    first = decode_paths(knowing, task, batch)
    knowing.seen = 0  # the same predictions
    second = decode_paths(knowing, task, swapped)
    apart = (batch.position - batch.other_position).norm(dim=-1).numpy() > 0.6
    assert apart.any()
    assert np.linalg.norm(first - second, axis=-1)[apart].min() > 0.3


def test_pairs_are_learnt_and_what_cannot_be_a_pair_is_refused():
    run = train(SMALL.override({"steps": 60, "warmup": 5, "evaluate_every": 30, "loss_share": 1.0}), seed=0)
    assert run.metrics[-1]["loss"] < run.metrics[0]["loss"]
    assert run.network.input_weight.shape == (24, 4)
    for changed in (
        {"animals": 3},
        {"tuning": "cartesian"},
        {"arena.periodic": True},
        {"cell": "one_layer"},
        {"core_units": 12, "core_steps": 10},
    ):
        with pytest.raises(ValueError, match=r"network\.animals: expected 1"):
            SMALL.override(changed)
    with pytest.raises(ValueError, match="batch: expected paths of two animals"):
        alone = PlaceTask(SMALL.override({"animals": 1}), seed=0)
        run.task.loss(run.network, next(alone.batches()))


def test_a_preset_of_one_animal_is_named_as_before():
    assert "network.animals" not in SMALL.override({"animals": 1}).identity()
    assert SMALL.identity()["network.animals"] == 2
