"""One-layer networks and the linear layer of recurrent ones."""

import dataclasses

import pytest
import torch

from gridcells.networks.path_integrator import PathIntegrator
from gridcells.networks.position_encoder import PositionEncoder
from gridcells.presets import ARCHITECTURES, TARGETS, preset
from gridcells.training.encoding_task import EncodingTask
from gridcells.training.loop import train
from gridcells.training.tasks import make_task
from gridcells.world.arenas import Rectangle


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_hidden_activity_is_the_table_of_the_bin():
    network = PositionEncoder(16, 5, Rectangle(2.0, 2.0), bins=4, generator=seeded())
    table = network.encoder.weight.T.reshape(4, 4, 5)
    position = torch.tensor([[-0.9, -0.9], [0.1, 0.9], [1.0, -1.0]])
    expected = torch.stack([table[0, 0], table[2, 3], table[3, 0]])
    torch.testing.assert_close(network.hidden(position), expected)
    torch.testing.assert_close(network.logits(expected), expected @ network.decoder.weight.T)


def test_bins_are_those_of_an_oblong_room():
    network = PositionEncoder(16, 5, Rectangle(2.0, 1.0), bins=(4, 2), generator=seeded())
    table = network.encoder.weight.T.reshape(4, 2, 5)
    position = torch.tensor([[-0.9, -0.4], [0.1, 0.4], [1.0, -0.5]])
    torch.testing.assert_close(network.hidden(position), torch.stack([table[0, 0], table[2, 1], table[3, 0]]))
    room = preset("emergence_one_layer_wide").override({"arena.width": 1.0, "arena.height": 1.5})
    assert make_task(room, 0).network().bins == (13, 20)


def test_rectified_units_start_alive():
    network = PositionEncoder(16, 5, Rectangle(2.0, 2.0), bins=4, rectified=True, generator=seeded())
    hidden = network.hidden(torch.zeros(1, 2))
    assert (network.encoder.weight > 0).all() and (hidden >= 0).all()
    with torch.no_grad():
        network.encoder.weight[:] = -1
    assert not network.hidden(torch.zeros(1, 2)).any()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("target", TARGETS)
def test_networks_of_the_emergence_table_learn(architecture, target):
    setting = preset(f"emergence_{architecture}_{target}")
    small = setting.override({"steps": 25, "batch": 40, "evaluate_every": 5, "checkpoint_every": 25, "cells": 64})
    run = train(small, seed=0)
    task = run.task
    assert isinstance(task, EncodingTask) == (architecture == "one_layer")
    losses = [row["loss"] for row in run.metrics if "loss" in row]
    assert losses[-1] < losses[0]
    batch = next(task.batches())
    hidden = task.activity(run.network, batch)
    assert hidden.shape == (40, small.training.path_steps, 128)
    assert bool((hidden >= 0).all()) == (target == "nonnegative")


def test_penalty_weighs_activity_and_decoder():
    setting = preset("emergence_one_layer_surround").override({"recurrent_decay": 2.0, "readout_decay": 3.0})
    task = make_task(setting, 0)
    network = task.network()
    expected = 2 * network.encoder.weight.square().mean(1).sum() + 3 * network.decoder.weight.square().sum()
    torch.testing.assert_close(task.penalty(network), expected)


def test_linear_layer_lies_between_lstm_and_decoder():
    network = PathIntegrator(16, 6, cell="lstm", linear_units=4, rectified=True, generator=seeded())
    velocity, code = torch.randn(2, 3, 2, generator=seeded(1)), torch.full((2, 16), 1 / 16)
    plain = PathIntegrator(16, 6, cell="lstm", generator=seeded())
    plain.encoder.weight.data, plain.RNN = network.encoder.weight.data, network.RNN
    hidden = network.hidden(velocity, code)
    torch.testing.assert_close(hidden, network.linear(plain.hidden(velocity, code)).relu())
    assert network.units == 4 and network.logits(hidden).shape == (2, 3, 16)


def test_bad_input():
    with pytest.raises(ValueError, match="linear_units"):
        PathIntegrator(16, 6, linear_units=-1)
    with pytest.raises(ValueError, match="linear_units"):
        preset("small").override({"linear_units": -1})
    with pytest.raises(ValueError, match="bins"):
        PositionEncoder(16, 5, Rectangle(), bins=0)
    assert dataclasses.replace(preset("small").network, linear_units=0).linear_units == 0
