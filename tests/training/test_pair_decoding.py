"""Two places out of one place code: the published way and the nearest mixture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from gridcells.training import matched_places, nearest_mixture, two_means, two_peaks
from gridcells.world import PlaceCells, Rectangle, uniform_centers

ROOM = Rectangle()


@pytest.fixture(scope="module")
def cells():
    return PlaceCells(uniform_centers(512, ROOM, np.random.default_rng(0)), 0.15, surround_ratio=4.0, arena=ROOM)


def errors(decode, cells, first, second):
    """How far both decoded places are off, [pair]."""
    code = torch.stack([cells.targets(place) for place in (first, second)]).mean(0)
    found = decode(cells, code.clamp_min(1e-30).log())
    return (matched_places(found, first, second) - first).norm(dim=-1)


def test_the_nearest_mixture_is_exact_to_its_lattice_and_the_peaks_are_not(cells):
    first, second = torch.as_tensor(ROOM.sample(600, np.random.default_rng(1))).chunk(2)
    ours, published = (errors(decode, cells, first, second) for decode in (nearest_mixture, two_peaks))
    far = (first - second).norm(dim=-1) > 0.5
    assert ours[far].max() < 0.04 and far.any()  # half the diagonal of 5 cm is 3.5 cm
    assert ours.max() < 0.2  # nearby animals lean on each other
    assert ours.mean() < 0.025
    assert published.mean() > 3 * ours.mean()  # six cells near one animal say nothing of the other
    assert published.median() < 0.1


def test_animals_at_one_place_are_found_there(cells):
    place = torch.as_tensor(ROOM.sample(50, np.random.default_rng(2)))
    assert errors(nearest_mixture, cells, place, place).max() < 0.12
    assert errors(two_peaks, cells, place, place).mean() < 0.2


def test_leading_axes_and_types_stay(cells):
    logits = torch.randn(3, 4, 512, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = nearest_mixture(cells, logits)
    assert found.shape == (3, 4, 2, 2) and found.dtype == torch.float64
    assert torch.equal(found[1, 2], nearest_mixture(cells, logits[1, 2]))
    assert ROOM.contains(found.numpy().reshape(-1, 2)).all()
    assert two_peaks(cells, logits).shape == (3, 4, 2, 2)


def test_places_go_to_the_animals_so_that_the_sum_is_smallest():
    found = torch.tensor([[[0.0, 0.0], [1.0, 0.0]]]).expand(2, 2, 2)
    first, second = torch.tensor([[0.4, 0.0], [0.9, 0.0]]), torch.tensor([[0.1, 0.0], [2.0, 0.0]])
    assert matched_places(found, first, second)[:, 0].tolist() == [1.0, 0.0]  # though 0 is nearer to 0.4, and 1 to 0.9


def test_two_means_are_the_best_cut():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(50, 6, 2)) + rng.integers(0, 2, (50, 6, 1))
    found = two_means(torch.as_tensor(points)).numpy()

    def within(group):
        return ((group - group.mean(0)) ** 2).sum()

    for six, means in zip(points, found, strict=True):
        sides = [np.array(side) for side in itertools.product((False, True), repeat=6) if 0 < sum(side) < 6]
        best = min(sides, key=lambda side: within(six[side]) + within(six[~side]))
        expected = sorted([tuple(six[best].mean(0)), tuple(six[~best].mean(0))])
        assert np.allclose(sorted(map(tuple, means)), expected)
    with pytest.raises(ValueError, match="points: expected at most 10"):
        two_means(torch.zeros(11, 2))
    with pytest.raises(ValueError, match="points"):
        two_means(torch.zeros(1, 2))
