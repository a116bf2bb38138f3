"""Targets beyond one field a cell: mixtures of fields, and position itself."""

import numpy as np
import pytest
import torch

from gridcells.world.arenas import Rectangle
from gridcells.world.place_cells import PlaceCells
from gridcells.world.targets import Coordinates, MixedCells, NearestFieldCells

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


def test_nearest_fields_of_one_width_and_surround_are_place_cells():
    nearest = NearestFieldCells(CENTERS, np.full(12, 0.2), np.arange(12), np.full(12, 2.0), arena=Rectangle())
    plain = PlaceCells(CENTERS, 0.2, surround_ratio=2.0, arena=Rectangle())
    np.testing.assert_allclose(nearest.targets(PLACES), plain.targets(PLACES), atol=1e-12)


def test_of_several_fields_the_nearest_in_its_own_width_counts():
    """The released rule, written out cell by cell."""
    rng = np.random.default_rng(2)
    owner, widths, ratios = np.array([0, 1, 2, 0, 1, 0]), rng.uniform(0.06, 1, 6), rng.uniform(1.25, 4.5, 6) ** 2
    cells = NearestFieldCells(CENTERS[:6], widths, owner, ratios, arena=Rectangle())
    expected = []
    for place in PLACES:
        away = ((place - CENTERS[:6]) ** 2).sum(1) / (2 * widths**2)
        chosen = [min(np.flatnonzero(owner == cell), key=lambda field: away[field]) for cell in range(3)]
        centre, surround = np.exp(-away[chosen]), np.exp(-away[chosen] / ratios[chosen])
        difference = centre / centre.sum() - surround / surround.sum()
        difference = difference + abs(difference.min())
        expected.append(difference / difference.sum())
    assert len(cells) == 3
    np.testing.assert_allclose(cells.targets(PLACES), expected, atol=1e-12)
    batched = cells.targets(torch.as_tensor(PLACES).reshape(5, 6, 2))
    np.testing.assert_allclose(batched.reshape(30, 3).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("owner", "ratios", "words"),
    [([0, 2, 2], [4.0] * 3, "owner: expected a cell for each field"), ([0, 1, 1], [1.0] * 3, "surround_ratios: expec")],
)
def test_fields_without_cells_and_surrounds_no_wider_than_centres_are_refused(owner, ratios, words):
    with pytest.raises(ValueError, match=words):
        NearestFieldCells(CENTERS[:3], [0.2] * 3, owner, ratios, arena=Rectangle())
