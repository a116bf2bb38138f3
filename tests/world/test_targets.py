"""Targets beyond one field a cell: mixtures of fields, and position itself."""

import numpy as np
import pytest
import torch

from gridcells.world.arenas import Rectangle
from gridcells.world.place_cells import PlaceCells
from gridcells.world.targets import Coordinates, MixedCells

CENTERS = np.random.default_rng(0).uniform(-1, 1, (12, 2))
PLACES = np.random.default_rng(1).uniform(-1, 1, (30, 2))


@pytest.mark.parametrize("tuning", ["gaussian", "difference_of_softmaxes"])
def test_one_field_each_is_a_place_cell(tuning):
    mixed = MixedCells(CENTERS, np.full(12, 0.2), np.eye(12), tuning=tuning, surround_ratio=2.0, arena=Rectangle())
    plain = PlaceCells(CENTERS, 0.2, tuning=tuning, surround_ratio=2.0, arena=Rectangle())
    np.testing.assert_allclose(mixed.targets(PLACES), plain.targets(PLACES), atol=1e-12)


def test_a_cell_of_two_fields_has_the_sum_of_both():
    owner = np.repeat(np.eye(6), 2, axis=1)  # [cell, field]
    two = MixedCells(CENTERS, np.full(12, 0.2), owner, tuning="gaussian", arena=Rectangle())
    one = PlaceCells(CENTERS, 0.2, tuning="gaussian", arena=Rectangle())
    np.testing.assert_allclose(two.targets(PLACES), one.targets(PLACES).reshape(30, 6, 2).sum(-1), atol=1e-12)


@pytest.mark.parametrize("tuning", ["cartesian", "polar"])
def test_coordinates_are_read_back(tuning):
    cells, places = Coordinates(tuning, Rectangle()), torch.as_tensor(PLACES)
    targets = cells.targets(places)
    assert targets.shape == (30, len(cells)) and float(targets.abs().max()) < 1.5
    np.testing.assert_allclose(cells.decode(targets).numpy(), PLACES, atol=1e-9)
    np.testing.assert_allclose((len(cells) * cells.initial_code(places) - 1).numpy(), targets.numpy(), atol=1e-12)
    assert float(cells.loss(targets, places)) == pytest.approx(0, abs=1e-15)
