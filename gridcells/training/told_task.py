"""Rooms that look alike at first, and are told apart later: what is to be predicted changes while a network learns."""

from __future__ import annotations

import dataclasses

import torch

from gridcells.networks.path_integrator import PathIntegrator
from gridcells.presets import RNNPreset
from gridcells.training.place_task import PlaceBatch, PlaceTask

__all__ = ["ToldApartTask"]


class ToldApartTask(PlaceTask):
    """`Task` for a network whose place cells have their fields twice at first, and once from a step on.

    It is judged by what it learns last.

    Notes
    -----
    Source: ours, after the two rooms of Carpenter et al. 2015 that look alike.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> changes = {"repeated": 1.1, "repeated_until": 0.5, "field_width": 0.2, "units": 8}
    >>> task = ToldApartTask(preset("laptop").override(changes), seed=0)
    >>> task.until
    250
    """

    def __init__(self, preset: RNNPreset, seed: int) -> None:
        super().__init__(preset, seed)
        self.until = round(preset.place_cells.repeated_until * preset.training.steps)
        alike = dataclasses.replace(preset.place_cells, repeated_until=1.0)
        self.before = PlaceTask(dataclasses.replace(preset, place_cells=alike), seed)

    def loss(self, network: PathIntegrator, batch: PlaceBatch, step: int = 0) -> torch.Tensor:
        """Measure the cross-entropy with the place code of this step, nats (a scalar tensor)."""
        return self.before.loss(network, batch, step) if step < self.until else super().loss(network, batch, step)
