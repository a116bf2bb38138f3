"""A network that is grown: what learns when, what is held, and that a stop changes nothing."""

import itertools

import pytest
import torch

from gridcells.presets import preset
from gridcells.training.grown_task import GrowingTask
from gridcells.training.loop import train
from gridcells.training.tasks import make_task

CORE = 12
SMALL = preset("module").override(
    {
        "training.steps": 12,
        "core_steps": 6,
        "units": 20,
        "core_units": CORE,
        "place_cells.cells": 64,
        "batch": 16,
        "path_steps": 8,
        "core_batch": 10,
        "core_path_steps": 12,
        "evaluate_every": 6,
        "checkpoint_every": 4,
    }
)


def weights_at(steps, **change):
    """Weights after some of the small run's steps."""
    task = make_task(SMALL.override(change), 0)
    network = task.network()
    optimiser = task.optimiser(network)
    for step, batch in zip(range(steps), task.batches(), strict=False):
        task.before_step(network, optimiser, step)
        optimiser.zero_grad()
        (task.loss(network, batch, step) + task.penalty(network, step)).backward()
        task.adjust_gradients(network, step)
        optimiser.step()
    seen = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    return seen["encoder.weight"], seen["RNN.weight_ih_l0"], seen["RNN.weight_hh_l0"], seen["decoder.weight"]


def test_a_growing_preset_has_a_growing_task():
    assert type(make_task(SMALL, 0)) is GrowingTask
    assert type(make_task(preset("lattice"), 0)) is not GrowingTask


def test_the_core_learns_alone_and_is_held_then():
    encoder, entry, recurrent, decoder = weights_at(6)
    first = make_task(SMALL, 0).network()
    assert not torch.equal(recurrent[:CORE, :CORE], first.recurrent_weight[:CORE, :CORE])
    for silent in (encoder[CORE:], entry[CORE:], recurrent[CORE:], recurrent[:, CORE:], decoder[:, CORE:]):
        assert not silent.any()
    encoder_after, entry_after, recurrent_after, decoder_after = weights_at(12)
    for before, after in ((encoder, encoder_after), (entry, entry_after), (recurrent, recurrent_after)):
        assert torch.equal(before[:CORE], after[:CORE])
    assert recurrent_after[CORE:, :CORE].any()  # the newcomers hear the core
    assert not recurrent_after[:CORE, CORE:].any()  # and it hears nothing of them
    assert not torch.equal(decoder[:, :CORE], decoder_after[:, :CORE])
    assert decoder_after[:, CORE:].any()


def test_a_core_that_is_not_held_goes_on_learning():
    before, after = weights_at(6, core_held=False), weights_at(12, core_held=False)
    for old, new in zip(before, after, strict=True):
        assert not torch.equal(old[:CORE], new[:CORE])
    assert after[2][:CORE, CORE:].any()  # and hears the newcomers


def test_the_others_start_from_the_weights_of_the_seed():
    task = make_task(SMALL, 3)
    network = task.network()
    optimiser = task.optimiser(network)
    task.before_step(network, optimiser, 6)
    fresh = super(GrowingTask, task).network()
    assert torch.equal(network.encoder.weight, fresh.encoder.weight)
    assert torch.equal(network.recurrent_weight[CORE:, CORE:], fresh.recurrent_weight[CORE:, CORE:])
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    task.before_step(network, optimiser, 7)
    assert all(torch.equal(weight, before[name]) for name, weight in network.state_dict().items())


def test_batches_change_their_shape_when_the_others_join_and_are_the_same_after_a_stop():
    def shown(start, count):
        batches = itertools.islice(make_task(SMALL, 0).batches(start), count)
        return [batch.velocity for batch in batches]

    whole = shown(0, 10)
    assert [tuple(batch.shape[:2]) for batch in whole] == [(10, 12)] * 6 + [(16, 8)] * 4
    for start in (3, 6, 8):
        for ours, theirs in zip(whole[start:], shown(start, 10 - start), strict=True):
            assert torch.equal(ours, theirs)


def test_the_rate_is_constant_and_then_falls():
    rates = {"learning_rate": 3e-3, "final_learning_rate": 1e-3, "core_learning_rate": 5e-4}
    task = make_task(SMALL.override(rates), 0)
    rates = [task.learning_rate(step) for step in range(13)]
    assert rates[:6] == [5e-4] * 6
    assert rates[6] == 3e-3 and rates[9] == pytest.approx(2e-3) and rates[12] == pytest.approx(1e-3)


def test_the_decay_of_the_readout_falls():
    no_decay = {"recurrent_decay": 0, "core_recurrent_decay": 0}
    task = make_task(SMALL.override({"core_readout_decay": 1.0, "readout_decay": 0.5, **no_decay}), 0)
    network = task.network()
    squares = network.encoder.weight.square().sum() + network.decoder.weight.square().sum()
    torch.testing.assert_close(task.penalty(network, 5), squares)
    torch.testing.assert_close(task.penalty(network, 6), 0.5 * squares)


@pytest.mark.parametrize("stop", [4, 8])
def test_a_stop_changes_nothing(tmp_path, stop):
    whole = train(SMALL, seed=1)

    class Enough(Exception):
        pass

    def leave(step, numbers):
        if step >= stop + 2:
            raise Enough

    with pytest.raises(Enough):
        train(SMALL.override({"evaluate_every": 6}), seed=1, out=tmp_path, observer=leave)
    again = train(SMALL, seed=1, out=tmp_path, resume=True)
    for name, weight in whole.network.state_dict().items():
        assert torch.equal(weight, again.network.state_dict()[name]), name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"core_units": 21}, "growth.core_units: expected from 1 to the 20 units, got 21"),
        ({"core_units": 0}, "growth.core_units: expected from 1 to the 20 units, got 0"),
        ({"core_steps": 12}, "growth.core_steps: expected fewer than the 12 steps, got 12"),
        ({"core_steps": 0}, "growth.core_steps: expected fewer than the 12 steps, got 0"),
        ({"cell": "lstm"}, "growth.core_units: expected 0 unless the cell is relu or tanh .* got 12 with cell 'lstm'"),
        ({"core_readout_decay": -1}, "growth.core_readout_decay: expected a number of at least 0, got -1.0"),
        ({"core_learning_rate": 0}, "growth.core_learning_rate: expected"),
    ],
)
def test_bad_settings(changes, message):
    with pytest.raises(ValueError, match=message):
        SMALL.override(changes)
