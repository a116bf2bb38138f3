"""Error and gain at other speeds than those of training."""

from __future__ import annotations

import numpy as np
import pytest

from gridcells.mechanism import speed_curve
from gridcells.presets import preset
from gridcells.runs import load_shipped
from gridcells.training.place_task import PlaceTask


def test_a_trained_network_integrates_at_its_own_speed():
    run = load_shipped("module", 0)
    curve = speed_curve(run.network, run.task, [0.5, 1.0], steps=20, paths=60)
    assert curve.error[1] < 0.1 and abs(curve.gain[1] - 1) < 0.1
    assert curve.lost[1] > 1.5 * curve.lost[0] > 0  # twice as fast, farther
    assert np.array_equal(curve.factor, [0.5, 1.0])


def test_an_untrained_network_does_not():
    task = PlaceTask(preset("module"), seed=0)
    curve = speed_curve(task.network(), task, [1.0], steps=20, paths=60)
    assert curve.error[0] > 0.4 and not 0.7 < curve.gain[0] < 1.3


def test_impossible_speeds_are_refused():
    task = PlaceTask(preset("small").override({"units": 8}), seed=0)
    with pytest.raises(ValueError, match="factors: expected"):
        speed_curve(task.network(), task, [0.0], steps=5, paths=4)
