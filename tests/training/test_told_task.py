"""Rooms that are told apart in the middle of learning: what is asked before and after, judged, resumed and refused."""

import numpy as np
import pytest
import torch

from gridcells.presets import preset
from gridcells.training import PlaceTask, ToldApartTask, make_task, train

TOLD = preset("quick").override({"cells": 64, "units": 16, "steps": 4, "repeated": 1.1, "field_width": 0.3})
TOLD = TOLD.override({"repeated_until": 0.5, "evaluate_every": 2, "checkpoint_every": 2, "batch": 8})


def test_the_code_changes_at_its_step_and_what_is_judged_is_the_last():
    task = make_task(TOLD, seed=3)
    assert isinstance(task, ToldApartTask) and task.until == 2
    network, batch = task.network(), next(task.batches())
    always = TOLD.override({"repeated_until": 1.0})
    alike, apart = (PlaceTask(setting, seed=3) for setting in (always, always.override({"repeated": 0.0})))
    for step, other in ((0, alike), (1, alike), (2, apart), (3, apart)):
        assert task.loss(network, batch, step).item() == other.loss(network, batch, step).item()
    assert task.loss(network, batch, 1).item() != task.loss(network, batch, 2).item()
    np.testing.assert_array_equal(task.place_cells.centers, apart.place_cells.centers)
    assert task.measure(network) == apart.measure(network)


def test_before_that_step_it_learns_as_if_rooms_stayed_alike():
    weights = []
    for change in ({}, {"repeated_until": 1.0}):
        task = make_task(TOLD.override(change), seed=3)
        network, loss = task.network(), []
        batches = task.batches()
        for step in range(2):
            loss.append(task.loss(network, next(batches), step))
        weights.append(torch.stack(loss).tolist())
    assert weights[0] == weights[1]


def test_it_goes_on_after_a_stop(tmp_path):
    def stop(step, _):
        if step == 2:
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        train(TOLD, seed=3, out=tmp_path, watcher=stop)
    resumed, whole = train(TOLD, seed=3, out=tmp_path, resume=True), train(TOLD, seed=3)
    for one, other in zip(whole.network.parameters(), resumed.network.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"repeated_until": 0.0}, "repeated_until: expected above 0, at most 1"),
        ({"repeated_until": 1.5}, "repeated_until: expected above 0, at most 1"),
        ({"repeated": 0.0}, "repeated_until: expected 1 unless fields are repeated"),
        ({"animals": 2}, "repeated_until: expected 1 unless fields are repeated and one animal"),
        ({"repeated": -1.0}, "repeated: expected a number of at least 0"),
        ({"tuning": "cartesian"}, "tuning: expected gaussian, difference_of_softmaxes or nearest_field with"),
    ],
)
def test_what_is_wrong_is_told(change, message):
    with pytest.raises(ValueError, match=message):
        TOLD.override(change)
