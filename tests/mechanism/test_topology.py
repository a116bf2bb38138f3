"""Betti numbers of shapes that are known, and angles that the loops give back."""

from __future__ import annotations

import numpy as np
import pytest
import ripser

from gridcells.mechanism.cohomology import barcode, circular_coordinates
from gridcells.mechanism.lesions import pristine_activity
from gridcells.mechanism.topology import betti_numbers, condense, population_topology, roll
from gridcells.world.arenas import Rectangle
from gridcells.world.place_cells import PlaceCells, uniform_centers

QUICK = {"points": 300, "shuffles": 4}


def places(count=2000, seed=0):
    return np.random.default_rng(seed).uniform(0, 2.2, (count, 2))


def bands(position, units=60):
    phase = np.linspace(0, 2 * np.pi, units, endpoint=False)
    return np.maximum(np.cos(2 * np.pi * position[:, :1] / 0.6 + phase), 0)


def place_cells(position, units=100):
    arena = Rectangle(2.2, 2.2)
    centers = uniform_centers(units, arena, np.random.default_rng(1))
    cells = PlaceCells(centers, 0.3, tuning="gaussian", arena=arena)
    return cells.activity(position - 1.1)


def test_one_module_of_grids_is_a_torus():
    for seed in range(3):
        grids = pristine_activity(places(seed=seed), 80, spacing=0.8, generator=seed)
        assert population_topology(grids, generator=seed, **QUICK).betti == (1, 2, 1)


def test_bars_are_those_of_ripser():
    """They come from another library, which takes half the time; what has cocycles comes from ripser itself."""
    grids = pristine_activity(places(), 80, spacing=0.8, generator=0)
    cloud, _ = condense(grids, components=7, points=200, generator=0)
    found, bare = barcode(roll(cloud, 0)), barcode(roll(cloud, 0), cocycles=False)
    assert len(found.cocycles) == len(found.bars[1]) > 5 and bare.cocycles == []
    (*_, voids) = ripser.ripser(found.distance, 2, found.reach[2], found.prime, distance_matrix=True)["dgms"]
    assert len(voids) > 5
    assert np.sort(found.bars[2], axis=0) == pytest.approx(np.sort(np.minimum(voids, found.reach[2]), axis=0), abs=1e-6)
    for ours, theirs in zip(bare.bars, found.bars, strict=True):
        assert np.sort(ours, axis=0) == pytest.approx(np.sort(theirs, axis=0), abs=1e-6)


def test_bands_are_a_ring_and_place_cells_no_torus():
    assert population_topology(bands(places()), generator=0, components=4, **QUICK).betti == (1, 1, 0)
    found = population_topology(place_cells(places()), generator=0, **QUICK)
    assert found.betti[0] == 1
    assert found.betti[2] == 0
    assert not found.is_torus


def test_two_rings_apart_are_two_components():
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 200)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    both = np.concatenate([ring, ring + 8])
    found = barcode(both, metric="euclidean")
    flat = [np.full(1, 0.5)] * 3  # shuffles that have next to nothing
    assert betti_numbers([found.lengths(dimension) for dimension in range(3)], [flat])[0] == (2, 2, 0)


def test_a_class_counts_only_if_it_beats_the_shuffles_and_its_like():
    assert betti_numbers([[5, 1], [4, 1.9], [1]], [[[5, 0.5], [1], [2]]]) == ((1, 1, 0), (0.5, 1.0, 2.0))
    assert betti_numbers([[5], [4, 1.9], []], [[[5], [1], []]], share_of_longest=0.4)[0] == (1, 2, 0)
    with pytest.raises(ValueError, match="nulls: expected at least one shuffle, got none"):
        betti_numbers([[1]], [])


def test_the_same_seed_gives_the_same_numbers_on_any_number_of_processes():
    grids = pristine_activity(places(400), 40, spacing=0.8, generator=0)
    one, two = (population_topology(grids, generator=7, points=100, shuffles=3, workers=workers) for workers in (1, 2))
    assert one.betti == two.betti
    assert one.band == two.band
    np.testing.assert_array_equal(one.chosen, two.chosen)


def test_shuffles_keep_each_unit_and_break_the_population():
    activity = bands(places(500))
    rolled = roll(activity, 0)
    np.testing.assert_array_equal(np.sort(rolled, axis=0), np.sort(activity, axis=0))
    turn = np.flatnonzero((rolled[:, 0] == activity[0, 0]) & (np.roll(rolled[:, 0], -1) == activity[1, 0]))
    assert len(turn) == 1  # in order, from another moment on
    assert population_topology(rolled, generator=0, components=4, **QUICK).betti[1:] != (1, 0)


def test_principal_components_keep_the_leading_variance():
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(400, 2)) @ rng.normal(size=(2, 12)) + 1e-3 * rng.normal(size=(400, 12))
    cloud, chosen = condense(wide, components=2, points=400, generator=0)
    np.testing.assert_array_equal(chosen, np.arange(400))
    assert np.square(cloud).sum() == pytest.approx(np.square(wide - wide.mean(0)).sum(), rel=1e-4)


def test_angles_of_a_torus_come_back():
    """Each loop's angle winds once around one or the other way of the torus, or along both."""
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, (500, 2))
    cloud = np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
    read = circular_coordinates(barcode(cloud, metric="euclidean"))
    turns = np.array([(m, n) for m in (-1, 0, 1) for n in (-1, 0, 1) if (m, n) != (0, 0)])
    waves = np.exp(1j * angle @ turns.T)
    fit = np.abs(np.exp(-1j * read).T @ waves) / len(angle)  # [loop, turn]
    best = turns[fit.argmax(1)]
    assert fit.max(1).min() > 0.95
    assert abs(np.linalg.det(best)) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"activity": np.zeros((3, 5))}, r"activity: expected shape \[sample, unit\] of at least 4 samples"),
        ({"activity": np.full((9, 5), np.nan)}, "activity: expected finite numbers, got 45 that are not"),
        ({"activity": np.ones((9, 5))}, "components: expected no more than the 0 in which the activity varies"),
        ({"metric": "taxi"}, "metric: expected"),
        ({"shuffles": 0}, "shuffles: expected"),
        ({"points": 3}, "points: expected"),
    ],
)
def test_bad_input_is_named(change, message):
    good = {"activity": bands(places(50)), "generator": 0, "components": 2, "points": 20, "shuffles": 1}
    with pytest.raises(ValueError, match=message):
        population_topology(**{**good, **change})


def test_points_at_zero_have_no_angle():
    cloud = np.concatenate([np.zeros((1, 2)), np.random.default_rng(0).normal(size=(9, 2))])
    with pytest.raises(ValueError, match="points: expected none at zero, where no angle is, got 1"):
        barcode(cloud)


def test_no_more_angles_than_loops():
    line = np.linspace(0.1, 1, 30)[:, None] * np.array([[1.0, 0.0]])
    with pytest.raises(ValueError, match="count: expected no more than the 0 loops with cocycles, got 1"):
        circular_coordinates(barcode(line, metric="euclidean"), 1)
