"""Units whose kinds are known, for the tests of what units do and of what kinds they are."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gridcells.mechanism.populations import observe
from gridcells.presets import preset
from gridcells.training.pose_task import PoseTask


class Known(PoseTask):
    """Units that are a grid cell, a border cell, a head-direction cell, a conjunctive cell, noise; one signed, one
    silent."""

    def activity(self, network, batch):
        x, y = batch.position.double().unbind(-1)
        wave = 4 * np.pi / (np.sqrt(3) * 0.6)
        angles = np.array([0.1, 0.1 + np.pi / 3, 0.1 + 2 * np.pi / 3])
        grid = sum(torch.cos(wave * (np.cos(a) * x + np.sin(a) * y)) for a in angles).clamp(min=0)
        border = (x > 0.95).double()
        heading = torch.exp(3 * (torch.cos(batch.heading.double() - 1.0) - 1))
        noise = torch.as_tensor(np.random.default_rng(0).random(x.shape))
        return torch.stack([grid, border, heading, grid * heading, noise, heading - 0.5, 0 * x], -1).float()


@pytest.fixture(scope="session")
def known():
    """Such a task as a class, its setting, and what stands for the network."""
    setting = preset("banino2018_code").override({"scoring.paths": 1500, "null_maps": 200})
    return SimpleNamespace(task=Known, setting=setting, network=SimpleNamespace(device=torch.device("cpu")))


@pytest.fixture(scope="session")
def population(known):
    """What these units do."""
    return observe(known.network, known.task(known.setting, seed=0))
