"""Lattices of two rooms: those that go on, those that do not, and what is refused."""

import numpy as np
import pytest

from gridcells.scores import lattice_continuation, lattice_maps
from gridcells.world.arenas import Box

WAY, SIDE = (1.6, 0.0), 0.05
LEFT, RIGHT = (-1.55, -0.05, -0.75, 0.75), (0.05, 1.55, -0.75, 0.75)


def rooms(bounds, **changes):
    """Maps of 60 lattices in a room, of all phases and orientations, not quite of one spacing."""
    generator = np.random.default_rng(0)
    spacing, orientation = generator.uniform(1.0, 1.3, 60), generator.uniform(0, np.pi, 60)
    told = {"orientation": orientation, "phase": generator.uniform(-1, 1, (60, 2)), "bins": (30, 30), **changes}
    return lattice_maps(Box(bounds), spacing, **told)


def test_a_lattice_that_goes_on_is_continued():
    found = lattice_continuation(rooms(LEFT), rooms(RIGHT), apart=WAY, bin_size=SIDE)
    assert found.explained.min() > 0.8  # what a rectified lattice leaves to its three waves
    assert found.p.max() < 0.1 and found.agreement > 0.95


def test_with_noise_more_than_chance_is_left():
    generator = np.random.default_rng(2)
    maps = [rooms(bounds) + generator.normal(0, 0.5, (60, 30, 30)) for bounds in (LEFT, RIGHT)]
    found = lattice_continuation(*maps, apart=WAY, bin_size=SIDE)
    assert found.explained.max() < 0.5 and found.agreement > 0.8


def test_how_lattices_lie_in_the_rooms_is_chance_where_they_have_nothing_to_do_with_each_other():
    """Of one spacing and orientation; and where both maps are the same."""
    agreement = []
    for seed in range(4):
        other = np.random.default_rng(seed).uniform(-1, 1, (60, 2))
        found = lattice_continuation(rooms(LEFT), rooms(RIGHT, phase=other), apart=WAY, bin_size=SIDE)
        agreement.append(found.agreement)
    assert abs(np.mean(agreement)) < 0.1 and np.mean(found.p <= 0.05) < 0.1
    assert lattice_continuation(rooms(LEFT), rooms(LEFT), apart=WAY, bin_size=SIDE).agreement < 0.1


def test_the_way_may_lead_along_y_and_bins_may_be_oblong():
    low, high = (-0.75, 0.75, -1.55, -0.05), (-0.75, 0.75, 0.05, 1.55)
    maps = [rooms(bounds, bins=(30, 20)) for bounds in (low, high)]
    assert lattice_continuation(*maps, apart=(0.0, 1.6), bin_size=(0.05, 0.075)).agreement > 0.95
    assert lattice_continuation(*maps, apart=(0.0, 1.2), bin_size=(0.05, 0.075)).agreement < 0.3


def test_it_is_a_least_squares_fit():
    """Of one spacing: as NumPy's own solution, the best of the directions."""
    one, other = rooms(LEFT), rooms(RIGHT)
    found = lattice_continuation(one[:3], other[:3], apart=WAY, bin_size=SIDE, spacings=[1.1])
    x, y = np.meshgrid(SIDE * np.arange(62), SIDE * np.arange(30), indexing="ij")
    maps = np.concatenate([one[:3], other[:3]], axis=1).reshape(3, -1)
    x, y = (np.concatenate([axis[:30], axis[32:]]).ravel() for axis in (x, y))
    left = np.full(3, np.inf)
    for degrees in range(0, 60, 3):
        waves = [
            4 * np.pi / np.sqrt(3) / 1.1 * (x * np.cos(angle) + y * np.sin(angle))
            for angle in np.radians([degrees + 30, degrees + 90, degrees + 150])
        ]
        design = np.stack([np.ones_like(x), *map(np.cos, waves), *map(np.sin, waves)], axis=1)
        rest = maps.T - design @ np.linalg.lstsq(design, maps.T, rcond=None)[0]
        left = np.minimum(left, (rest**2).sum(axis=0))
    np.testing.assert_allclose(found.explained, 1 - left / (maps.shape[1] * maps.var(axis=1)), rtol=1e-9)


def test_unvisited_bins_and_flat_maps():
    one, other = rooms(LEFT), rooms(RIGHT)
    one[:, :2, :3] = np.nan
    other[4] = 2.0
    found = lattice_continuation(one, other, apart=WAY, bin_size=SIDE)
    assert np.isnan(found.explained[4]) and np.isnan(found.p[4]) and np.isnan(found.p).sum() == 1
    assert found.agreement > 0.9
    silent = np.zeros((2, 30, 30))
    assert np.isnan(lattice_continuation(silent, silent, apart=WAY, bin_size=SIDE).agreement)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"second": np.ones((60, 30, 29))}, "second: expected the shape of first"),
        ({"apart": (1.6,)}, "apart: expected two finite numbers"),
        ({"apart": (np.nan, 0)}, "apart: expected two finite numbers"),
        ({"bin_size": 0.0}, "bin_size: expected one length above 0 m"),
        ({"displacements": 0}, "displacements: expected a whole number"),
        ({"spacings": []}, "spacings: expected lengths above 0 m, one at least"),
        ({"spacings": [-1.0]}, "spacings: expected lengths above 0 m"),
    ],
)
def test_what_is_wrong_is_told(change, message):
    given = {"first": rooms(LEFT), "second": rooms(RIGHT), "apart": WAY, "bin_size": SIDE, **change}
    with pytest.raises(ValueError, match=message):
        lattice_continuation(given.pop("first"), given.pop("second"), **given)


@pytest.mark.parametrize(("kept", "got"), [((1, 6), "6 in 1 columns"), ((3, 2), "6 in 3 columns"), ((2, 9), "18 in 2")])
def test_too_few_bins_for_a_lattice_are_refused(kept, got):
    one, other = rooms(LEFT), rooms(RIGHT)
    other[3, kept[0] :] = other[5, :, kept[1] :] = np.nan
    with pytest.raises(ValueError, match=f"second: expected 7 bins or more that are visited in all maps.* got {got}"):
        lattice_continuation(one, other, apart=WAY, bin_size=SIDE)
