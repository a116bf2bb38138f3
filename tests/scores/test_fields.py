"""Fields of hills drawn by hand, and a flood written out as the reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from gridcells.scores import find_fields


def hills(*places, bins=30, width=2.5):
    """A map with a Gaussian hill (x, y, height in bins) at each place."""
    x, y = np.mgrid[:bins, :bins]
    return np.max([h * np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * width**2)) for a, b, h in places], axis=0)


def climbed(rate_map, threshold):
    """The peak that each bin of one map climbs to, one step at a time; None outside fields."""
    level = np.nanmin(rate_map) + threshold * (np.nanmax(rate_map) - np.nanmin(rate_map))
    peaks = {}
    for start in zip(*np.nonzero(rate_map > level), strict=True):
        here = start
        while True:
            around = [
                (here[0] + a, here[1] + b)
                for a in (-1, 0, 1)
                for b in (-1, 0, 1)
                if 0 <= here[0] + a < rate_map.shape[0] and 0 <= here[1] + b < rate_map.shape[1]
            ]
            best = max((place for place in around if rate_map[place] > level), key=lambda place: rate_map[place])
            if best == here:
                break
            here = best
        peaks[tuple(map(int, start))] = here
    return peaks


@pytest.mark.parametrize("seed", range(4))
def test_labels_are_those_of_a_flood(seed):
    rng = np.random.default_rng(seed)
    rate_map = ndimage.gaussian_filter(rng.random((14, 17)), 1)
    rate_map[rng.random(rate_map.shape) < 0.05] = np.nan
    fields, expected = find_fields(rate_map[None], threshold=0.3), climbed(rate_map, 0.3)
    labels = fields.labels[0]
    assert {tuple(map(int, place)) for place in np.argwhere(labels)} == set(expected)
    same = {}
    for place, peak in expected.items():
        assert same.setdefault(peak, labels[place]) == labels[place]
    assert len(same) == len(set(same.values())) == fields.count[0] == labels.max()


def test_hills_are_found_measured_and_ordered():
    maps = np.stack([hills((8, 8, 1), (20, 22, 3)), hills((15, 15, 2)), np.zeros((30, 30))])
    fields = find_fields(maps, bin_size=0.1)
    assert fields.count.tolist() == [2, 1, 0]
    assert fields.unit.tolist() == [0, 0, 1]
    np.testing.assert_allclose(fields.peak_rate, [3, 1, 2])
    np.testing.assert_allclose(fields.peak, (np.array([[20, 22], [8, 8], [15, 15]]) - 14.5) * 0.1)
    np.testing.assert_allclose(fields.centre[2], fields.peak[2], atol=1e-9)  # a symmetric hill
    assert fields.labels[0, 20, 22] == 1
    assert fields.labels[0, 8, 8] == 2
    for unit, label, area, mean in zip([0, 0, 1], [1, 2, 1], fields.area, fields.mean_rate, strict=True):
        member = fields.labels[unit] == label
        assert area == pytest.approx(member.sum() * 0.01)
        assert mean == pytest.approx(maps[unit][member].mean())


def test_small_fields_and_low_bins_are_left_out():
    maps = hills((8, 8, 1), (20, 22, 3))[None]
    assert find_fields(maps, threshold=0.5).count.tolist() == [1]
    both = find_fields(maps)
    assert find_fields(maps, min_area=both.area.min() + 0.5).count.tolist() == [1]


def test_a_plateau_is_one_field():
    plateau = np.zeros((1, 10, 10))
    plateau[0, 3:7, 2:8] = 1
    assert find_fields(plateau).count.tolist() == [1]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 100))
def test_invariants(seed, scale):
    maps = ndimage.gaussian_filter(np.random.default_rng(seed).random((3, 15, 15)), (0, 1.5, 1.5))
    fields = find_fields(maps)
    np.testing.assert_array_equal(find_fields(scale * maps).labels, fields.labels)
    np.testing.assert_array_equal(find_fields(np.rot90(maps, axes=(1, 2))).labels, np.rot90(fields.labels, axes=(1, 2)))
    np.testing.assert_array_equal(find_fields(maps[::-1]).labels, fields.labels[::-1])
    np.testing.assert_array_equal(
        find_fields(np.pad(maps, ((0, 0), (2, 0), (0, 3)), constant_values=np.nan)).count, fields.count
    )


def test_maps_without_fields():
    fields = find_fields(np.stack([np.zeros((6, 6)), np.full((6, 6), np.nan), np.full((6, 6), 2.0)]))
    assert fields.count.tolist() == [0, 0, 0]
    assert not fields.labels.any()
    assert fields.centre.shape == (0, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 1.0}, "threshold: expected a share in .0, 1. of the peak rate, got 1.0"),
        ({"threshold": np.nan}, "threshold: expected a share"),
        ({"min_area": -1.0}, "min_area: expected an area of at least 0 m², got -1.0"),
        ({"bin_size": 0}, "bin_size: expected one length above 0 m"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        find_fields(np.zeros((1, 5, 5)), **options)
