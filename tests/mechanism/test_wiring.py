"""Connectivity by phase and velocity biases, on weights whose answer is known."""

import numpy as np
import pytest

from gridcells.mechanism.waves import SixWaves
from gridcells.mechanism.wiring import (
    outgoing_connectivity,
    unit_connectivity,
    velocity_bias,
    wave_eigenvectors,
    wave_gain,
)

PHASE = np.random.default_rng(0).uniform(0, 2 * np.pi, (400, 2))


def difference(axis):
    return PHASE[:, None, axis] - PHASE[None, :, axis]


def test_a_function_of_the_phase_difference_comes_back():
    def kernel(a, b):
        return np.cos(a) + 0.5 * np.cos(b) + np.cos(b - a)

    found = outgoing_connectivity(kernel(difference(0), difference(1)), PHASE, bins=16)
    centre = 2 * np.pi * (np.arange(16) - 8) / 16
    expected = kernel(*np.meshgrid(centre, centre, indexing="ij"))
    assert np.abs(found.mean - expected).max() < 0.15  # a bin is 22.5° wide
    assert found.pairs.sum() == 400 * 399
    assert np.unravel_index(found.mean.argmax(), (16, 16)) == (8, 8)


def test_structure_that_is_the_same_in_no_two_units_averages_away():
    weight = np.random.default_rng(1).normal(size=(400, 400))
    found = outgoing_connectivity(weight, PHASE, bins=8)
    assert np.abs(found.mean).max() < 5 / np.sqrt(found.pairs.min())


def test_the_direction_is_from_the_second_unit_to_the_first():
    weight = np.sin(difference(0))  # units excite those whose phase is a quarter of a turn further on
    found = outgoing_connectivity(weight, PHASE, bins=8)
    assert found.mean[6].mean() > 0.8
    assert found.mean[2].mean() < -0.8


def test_a_units_weight_to_itself_does_not_count():
    found = outgoing_connectivity(np.eye(400), PHASE, bins=4)
    assert not found.mean.any()


def test_profile_falls_with_distance():
    kernel = np.cos(difference(0)) + np.cos(difference(1)) + np.cos(difference(1) - difference(0))
    distance, weight = outgoing_connectivity(kernel, PHASE, bins=24).profile()
    assert distance[0] == 0 and weight[0] == pytest.approx(3, abs=0.15)
    assert weight.argmin() == len(weight) - 1
    assert distance[-1] == pytest.approx(1 / np.sqrt(3), abs=0.05)  # the corner of the hexagonal cell
    assert weight[-1] == pytest.approx(-1.5, abs=0.15)


def test_empty_bins_are_nan():
    found = outgoing_connectivity(np.ones((2, 2)), [[0, 0], [0, 0.1]], bins=4)
    assert found.pairs.sum() == 2
    assert np.isnan(found.mean).sum() == 15


def test_velocity_bias():
    found = velocity_bias([[1, 0], [0, -2], [3, 3]])
    np.testing.assert_allclose(found.direction, [0, -np.pi / 2, np.pi / 4])
    np.testing.assert_allclose(found.strength, [1, 2, np.sqrt(18)])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: outgoing_connectivity(np.ones((3, 3)), np.ones((3, 1))), r"phase: expected shape \[unit, 2\]"),
        (
            lambda: outgoing_connectivity(np.ones((3, 2)), np.ones((3, 2))),
            r"weight: expected shape \(3, 3\), got \(3, 2\)",
        ),
        (lambda: outgoing_connectivity(np.full((1, 1), np.nan), np.ones((1, 2))), "expected finite numbers"),
        (lambda: outgoing_connectivity(np.ones((1, 1)), np.ones((1, 2)), bins=1), "bins: expected"),
        (lambda: velocity_bias(np.ones(3)), r"weight: expected shape \[unit, 2\], got \(3,\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def six_waves_of(units, rng):
    """Waves of a population whose units have random phases on one lattice, and these phases."""
    phase = rng.uniform(0, 2 * np.pi, (units, 2))
    amplitude = np.exp(-1j * np.stack([phase[:, 0], phase[:, 1], phase[:, 1] - phase[:, 0]], axis=1))
    return SixWaves(8.0, 0.0, amplitude, np.ones(units), np.ones(3) / 3, 1.0), phase


def test_biases_by_hand_form_clusters_and_a_cloud_forms_one():
    rng = np.random.default_rng(0)
    four = np.repeat([[1, 0], [-1, 0], [0, 1], [0, -1]], 50, axis=0)
    assert velocity_bias(four).clusters == 4
    assert velocity_bias(four + 0.1 * rng.normal(size=four.shape)).clusters == 4
    assert velocity_bias(rng.normal(size=(300, 2))).clusters == 1
    assert velocity_bias(rng.laplace(size=(300, 2))).clusters == 1  # dense at zero, with long tails


def test_six_waves_are_found_among_eigenvectors_and_none_in_noise():
    rng = np.random.default_rng(1)
    waves, phase = six_waves_of(150, rng)
    noise = rng.normal(size=(150, 150)) / np.sqrt(150) * 0.3
    lattice = np.cos(phase[:, None, 0] - phase[None, :, 0]) + np.cos(phase[:, None, 1] - phase[None, :, 1])
    third = phase[:, 1] - phase[:, 0]
    lattice = (lattice + np.cos(third[:, None] - third)) * 2 / 150
    found = wave_eigenvectors(lattice + noise, waves)
    assert found.waves == 6
    assert np.all(np.diff(np.abs(found.value)) <= 1e-12)
    assert found.share[:6].min() > 0.8 > 0.3 > found.share[6:].max()
    assert wave_eigenvectors(noise, waves).waves == 0
    bands = 2 / 150 * np.cos(phase[:, None, 0] - phase[None, :, 0])
    assert wave_eigenvectors(bands + 0.01 * noise, waves).waves == 2


def test_the_gain_of_a_wave_is_its_eigenvalue():
    _, phase = six_waves_of(4000, np.random.default_rng(2))
    weight = (3 * np.cos(phase[:, None, 1] - phase[None, :, 1]) - 1) / 4000
    gain = wave_gain(weight, phase, harmonics=2)
    assert gain.shape == (5, 5)
    assert gain[2, 1] == pytest.approx(1.5, abs=0.1) and gain[2, 3] == pytest.approx(1.5, abs=0.1)
    assert gain[2, 2] == pytest.approx(-1, abs=0.1)
    rest = gain.copy()
    rest[2, 1:4] = 0
    assert np.abs(rest).max() < 0.1


def test_waves_and_weights_must_fit():
    waves, phase = six_waves_of(10, np.random.default_rng(0))
    with pytest.raises(
        ValueError, match=r"weight: expected shape \(10, 10\), one row a unit of the waves, got \(9, 9\)"
    ):
        wave_eigenvectors(np.eye(9), waves)
    with pytest.raises(ValueError, match="weight: expected finite numbers"):
        wave_eigenvectors(np.full((10, 10), np.inf), waves)
    with pytest.raises(ValueError, match=r"weight, phase: expected shapes \[unit, unit\] and \[unit, 2\]"):
        wave_gain(np.eye(9), phase)


def test_single_units_add_up_to_the_mean():
    rng = np.random.default_rng(3)
    phase, weight = rng.uniform(0, 2 * np.pi, (60, 2)), rng.normal(size=(60, 60))
    together, single = (
        outgoing_connectivity(weight, phase, bins=6),
        unit_connectivity(weight, phase, np.arange(60), bins=6),
    )
    assert np.allclose(single.sum(0), np.nan_to_num(together.mean) * together.pairs)
    assert np.array_equal(unit_connectivity(weight, phase, [7, 3], bins=6), single[[7, 3]])
    with pytest.raises(ValueError, match="units: expected a list of units from 0 to 59"):
        unit_connectivity(weight, phase, [60])


def test_many_units_have_the_leading_eigenvectors_that_few_have(monkeypatch):
    rng = np.random.default_rng(4)
    amplitude = np.exp(1j * rng.uniform(0, 2 * np.pi, (120, 3)))
    waves = SixWaves(8.0, 0.0, amplitude, np.ones(120), np.ones(3) / 3, 1.0)
    weight = (amplitude @ amplitude.conj().T).real / 30 + rng.normal(size=(120, 120)) / 40
    dense = wave_eigenvectors(weight, waves)
    monkeypatch.setattr("gridcells.mechanism.wiring._DENSE", 100)
    few = wave_eigenvectors(weight, waves)
    assert np.allclose(few.value, dense.value) and np.allclose(few.share, dense.share) and few.waves == dense.waves
