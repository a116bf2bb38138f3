"""Networks trained together are those trained one by one."""

import numpy as np
import pytest
import torch

from gridcells.presets import preset
from gridcells.training import stacked
from gridcells.training.loop import train
from gridcells.training.stacked import train_together
from gridcells.training.tasks import make_task

SMALL = preset("debate").override({"units": 16, "cells": 32, "steps": 60, "evaluate_every": 20, "batch": 20})
RUNS = [
    (SMALL, 0),
    (SMALL.override({"field_width": 0.1, "recurrent_decay": 1e-3}), 1),
    (SMALL.override({"tuning": "gaussian", "learning_rate": 5e-4, "standardised": False}), 0),
    (SMALL.override({"optimiser": "rmsprop", "surround_ratio": 2.0}), 2),
]


@pytest.mark.parametrize("cell", ["relu", "tanh"])
def test_together_is_one_by_one(cell):
    runs = [(one.override({"cell": cell}), seed) for one, seed in RUNS]
    for together, (setting, seed) in zip(train_together(runs), runs, strict=True):
        alone = train(setting, seed=seed)
        assert [row["step"] for row in together.metrics] == [20, 40, 60]
        for ours, theirs in zip(together.metrics, alone.metrics, strict=True):
            assert ours["loss"] == pytest.approx(theirs["loss"], abs=1e-5)
            assert ours["decoding_error"] == pytest.approx(theirs["decoding_error"], abs=1e-3)
        for ours, theirs in zip(together.network.parameters(), alone.network.parameters(), strict=True):
            assert torch.allclose(ours, theirs, rtol=0, atol=1e-5)
        started = torch.stack([weight.abs().sum() for weight in alone.task.network().parameters()])
        ended = torch.stack([weight.abs().sum() for weight in alone.network.parameters()])
        assert not torch.allclose(started, ended, rtol=1e-3)  # they did learn


def test_in_double_precision_rounding_stays_out_of_sight():
    runs = [(one.override({"precision": "double", "steps": 600, "evaluate_every": 600}), seed) for one, seed in RUNS]
    for together, (setting, seed) in zip(train_together(runs), runs, strict=True):
        alone = train(setting, seed=seed)
        for ours, theirs in zip(together.network.parameters(), alone.network.parameters(), strict=True):
            assert ours.dtype == torch.float64
            assert torch.allclose(ours, theirs, rtol=0, atol=1e-9)


OTHERS = [  # from "small", at its own size; the first two are made in one pass where the cache holds them
    {},
    {"field_width": 0.1, "recurrent_decay": 1e-3},
    {"surround_ratio": 2.0},
    {"tuning": "gaussian", "standardised": False},
    {"tuning": "difference_of_gaussians"},
    {"tuning": "softmax_of_differences"},
    {"extra_fields": 3.0, "width_spread": 0.5},
    {"tuning": "random_fields"},
]


def gradients_together(tasks, networks, batches):
    where = torch.device("cpu")
    losses = stacked._backward(networks, stacked._parts(tasks, where), batches)
    return losses, [[weight.grad for weight in network.parameters()] for network in networks]


@pytest.mark.parametrize("cell", ["relu", "tanh"])
@pytest.mark.parametrize("cached", [1, 10**9])
def test_gradients_in_double_precision(cell, cached, monkeypatch):
    monkeypatch.setattr(stacked, "_CACHED", cached)
    small = preset("small").override({"batch": 5, "path_steps": 40, "cell": cell, "precision": "double"})
    tasks = [make_task(small.override(changes), seed) for seed, changes in enumerate(OTHERS)]
    assert len(stacked._parts(tasks, torch.device("cpu"))) == (len(tasks) if cached == 1 else len(tasks) - 1)
    networks = [task.network() for task in tasks]
    batches = [next(task.batches()) for task in tasks]
    losses, ours = gradients_together(tasks, networks, batches)
    for task, network, batch, loss, found in zip(tasks, networks, batches, losses, ours, strict=True):
        alone = task.loss(network, batch, 0)
        assert loss.item() == pytest.approx(alone.item(), abs=1e-12)
        theirs = torch.autograd.grad(alone, list(network.parameters()))
        for mine, other in zip(found, theirs, strict=True):
            assert (mine - other).abs().max() <= 1e-12 * other.abs().max()


def test_a_network_that_diverges_leaves_the_others_alone():
    tasks = [make_task(SMALL, seed) for seed in range(3)]
    batches = [next(task.batches()) for task in tasks]
    networks = [task.network() for task in tasks]
    losses, right = gradients_together(tasks, networks, batches)
    broken = [task.network() for task in tasks]
    with torch.no_grad():
        broken[1].recurrent_weight.fill_(float("nan"))
    others, found = gradients_together(tasks, broken, batches)
    assert torch.isfinite(others).tolist() == [True, False, True]
    for number in (0, 2):
        assert others[number] == losses[number]
        assert all(torch.equal(*pair) for pair in zip(found[number], right[number], strict=True))


@pytest.mark.parametrize("changes", [{"tuning": "cartesian"}, {"distance": "geodesic"}])
def test_other_targets_too(changes):
    split = {"vertices": "-1:-1,1:-1,1:1,-1:1", "holes": "-0.1:-0.8,0.1:-0.8,0.1:0.8,-0.1:0.8"}
    runs = [(SMALL.override({**split, **changes, "steps": 20}), seed) for seed in (0, 1)]
    for together, (setting, seed) in zip(train_together(runs), runs, strict=True):
        assert together.metrics[-1]["loss"] == pytest.approx(train(setting, seed=seed).metrics[-1]["loss"], abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": 8}, "runs: expected network.units to agree, got 8, 16"),
        ({"cells": 16}, "runs: expected as many place cells in each, got 16, 32"),
        ({"steps": 30}, "runs: expected training.steps to agree, got 30, 60"),
        ({"cell": "lstm", "recurrent_identity": 0.0}, "runs: expected networks of relu or tanh units alone"),
        ({"core_units": 4, "core_steps": 10}, "runs: expected networks of relu or tanh units alone, without growth"),
    ],
)
def test_what_cannot_be_stacked_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        train_together([(SMALL, 0), (SMALL.override(changes), 0)])


def test_nothing_is_refused():
    with pytest.raises(ValueError, match="runs: expected at least one"):
        train_together([])


def test_a_loss_that_is_not_finite_is_named():
    wild = SMALL.override({"learning_rate": 1e30, "final_learning_rate": 1e30})
    with pytest.raises(ValueError, match=r"runs\[1\]: expected a learning rate at which the loss stays finite.*seed 3"):
        train_together([(SMALL, 0), (wild, 3)])


def test_the_observer_sees_every_loss():
    seen = []
    train_together([(SMALL, 0), (SMALL, 1)], observer=lambda step, losses: seen.append((step, losses)))
    assert [step for step, _ in seen] == [20, 40, 60]
    assert np.shape([losses for _, losses in seen]) == (3, 2)
