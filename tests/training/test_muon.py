"""Muon: what it does to singular values and vectors, which weights it leaves to Adam, and exact resumption."""

import numpy as np
import pytest
import torch

from gridcells.presets import preset
from gridcells.training import Muon, PlaceTask, orthogonalised, train


def _polynomial(value: float, iterations: int) -> float:
    for _ in range(iterations):
        value = 3.4445 * value - 4.7750 * value**3 + 2.0315 * value**5
    return value


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
@pytest.mark.parametrize("iterations", [1, 3, 5])
def test_singular_values_follow_the_polynomial_and_vectors_stay(shape, iterations):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    shrunk = (values / values.norm()).tolist()
    brought = torch.tensor([_polynomial(value, iterations) for value in shrunk], dtype=torch.float64)
    expected = left @ torch.diag(brought) @ right
    torch.testing.assert_close(orthogonalised(matrix, iterations), expected, rtol=1e-10, atol=1e-12)


def test_a_matrix_of_zeros_stays_zero():
    assert orthogonalised(torch.zeros(3, 2)).eq(0).all()


@pytest.mark.parametrize("shape", [(6, 9), (9, 6)])
def test_parts_are_made_orthogonal_each_for_itself(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    parts = matrix.split(4, dim=shape.index(6))  # four rows of the shorter side and two
    expected = torch.cat([orthogonalised(part, 5) for part in parts], dim=shape.index(6))
    torch.testing.assert_close(orthogonalised(matrix, 5, rows=4), expected, rtol=1e-12, atol=1e-12)
    assert torch.equal(orthogonalised(matrix, 5, rows=6), orthogonalised(matrix, 5))
    assert not torch.allclose(expected, orthogonalised(matrix, 5), atol=0.05)


def test_the_preset_says_how_many_rows_at_a_time():
    rows = [
        group["rows"]
        for name in ("laptop", "full_size")
        for group in PlaceTask(preset(name).override({"units": 8, "cells": 16}), seed=0)
        .optimiser(torch.nn.Linear(8, 8))
        .param_groups
    ]
    assert rows == [0, 0, 256, 256]


def test_the_update_has_its_size_whatever_the_gradient_and_momentum_adds_up():
    weight = torch.zeros(8, 4, dtype=torch.float64, requires_grad=True)
    optimiser, source = Muon([weight], lr=0.1, momentum=0.5), torch.Generator().manual_seed(3)
    first, second = (torch.randn(8, 4, generator=source, dtype=torch.float64) for _ in range(2))
    weight.grad = 1e6 * first
    optimiser.step()
    torch.testing.assert_close(-weight.detach(), 0.1 * 2**0.5 * orthogonalised(first))
    before, weight.grad = weight.detach().clone(), 1e6 * second
    optimiser.step()
    held = 0.5 * first + second
    torch.testing.assert_close(before - weight.detach(), 0.1 * 2**0.5 * orthogonalised(second + 0.5 * held))


def test_weights_that_are_not_orthogonalised_learn_as_by_adam():
    source = torch.Generator().manual_seed(4)
    mine, theirs = (torch.ones(5, 2, requires_grad=True) for _ in range(2))
    ours = Muon([{"params": [mine], "orthogonal": False}], lr=0.01)
    adam = torch.optim.Adam([theirs], lr=0.01)
    for _ in range(5):
        mine.grad = torch.randn(5, 2, generator=source)
        theirs.grad = mine.grad.clone()
        ours.step()
        adam.step()
    torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"lr": 0}, "lr"),
        ({"lr": 1, "momentum": 1}, "momentum"),
        ({"lr": 1, "iterations": 0}, "it"),
        ({"lr": 1, "rows": -1}, "rows"),
    ],
)
def test_wrong_settings_are_named(arguments, name):
    with pytest.raises(ValueError, match=f"^{name}"):
        Muon([torch.zeros(2, 2, requires_grad=True)], **arguments)


FAST = preset("laptop").override(
    {
        "units": 12,
        "cells": 16,
        "path_steps": 8,
        "batch": 6,
        "steps": 6,
        "optimiser": "muon",
        "loss_share": 0.4,
        "warmup": 3,
        "readout_decay_left": 0.2,
        "evaluate_every": 3,
        "checkpoint_every": 3,
    }
)


def test_a_run_stopped_half_way_goes_on_bit_for_bit(tmp_path):
    whole = train(FAST, seed=0)

    train(FAST, seed=0, out=tmp_path / "run")
    for late in (tmp_path / "run").glob("checkpoint-*6.*"):
        late.unlink()
    again = train(FAST, seed=0, out=tmp_path / "run", resume=True)
    for name, weight in whole.network.state_dict().items():
        assert torch.equal(weight, again.network.state_dict()[name]), name


def test_the_loss_looks_at_its_share_of_the_samples():
    task = PlaceTask(FAST, seed=0)
    network, batch = task.network(), next(task.batches())
    samples = task.loss_samples(4, 8)
    assert samples.tolist() == sorted(set(samples.tolist())) and len(samples) == round(0.4 * 8)
    assert samples.tolist() == task.loss_samples(4, 8).tolist() != task.loss_samples(5, 8).tolist()
    logits = network.logits(task.activity(network, batch))[:, samples]
    expected = task.place_cells.loss(logits, batch.position[:, samples])
    torch.testing.assert_close(task.loss(network, batch, 4), expected)


def test_the_learning_rate_rises_and_the_decay_falls():
    task = PlaceTask(
        FAST.override({"steps": 100, "warmup": 10, "learning_rate": 1e-3, "final_learning_rate": 1e-3}), seed=0
    )
    rates = [task.learning_rate(step) for step in range(100)]
    np.testing.assert_allclose(rates[:12], np.minimum(1, np.arange(1, 13) / 10) * 1e-3)
    network, setting = task.network(), task.preset.training
    recurrent = setting.recurrent_decay * network.recurrent_weight.square().sum()
    readout = network.encoder.weight.square().sum() + network.decoder.weight.square().sum()
    for step, left in ((0, 1), (30, 0.6), (60, 0.2), (99, 0.2)):
        expected = recurrent + left * setting.readout_decay * readout
        torch.testing.assert_close(task.penalty(network, step), expected)
