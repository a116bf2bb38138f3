"""The three waves of one lattice, and the units' phases, on maps whose answer is known."""

import dataclasses

import numpy as np
import pytest

from gridcells.mechanism.waves import lattice_phases, six_waves
from gridcells.scores.lattices import lattice_maps
from gridcells.world.arenas import Rectangle

BIN = 0.11
AXIS = (np.arange(20) - 9.5) * BIN
X, Y = np.meshgrid(AXIS, AXIS, indexing="ij")


def waves_of(number, angle, phases, amplitudes=(1.0, 1.0, 1.0)):
    """Maps that are sums of three plane waves: [unit, bin, bin]."""
    maps = 0
    for wave in range(3):
        turned = angle + wave * np.pi / 3
        along = number * (np.cos(turned) * X + np.sin(turned) * Y)
        maps = maps + amplitudes[wave] * np.cos(along + phases[:, wave, None, None])
    return maps


@pytest.mark.parametrize("number", [5.0, 8.3, 11.0])
@pytest.mark.parametrize("angle", [0.0, 0.3, 1.04])
def test_pure_waves_are_found_whole(number, angle):
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, (12, 3))
    found = six_waves(waves_of(number, angle, phases), BIN)
    assert found.wave_number == pytest.approx(number, rel=0.01)
    assert abs(np.angle(np.exp(6j * (found.wave_direction - angle)))) / 6 < 0.01
    assert found.share > 0.999
    assert found.unit_share.min() > 0.99
    assert found.spacing == pytest.approx(4 * np.pi / (np.sqrt(3) * number), rel=0.01)
    np.testing.assert_allclose(np.abs(found.amplitude), 1, atol=0.05)


def test_amplitudes_rebuild_the_maps():
    maps = waves_of(8.0, 0.2, np.random.default_rng(1).uniform(0, 6, (4, 3)), (1.0, 0.5, 0.25))
    found = six_waves(maps, BIN)
    phase = np.einsum("wd,dxy->wxy", found.vectors, np.stack([X, Y]))
    rebuilt = np.einsum("uw,wxy->uxy", found.amplitude, np.exp(1j * phase)).real
    np.testing.assert_allclose(
        rebuilt - rebuilt.mean((1, 2), keepdims=True), maps - maps.mean((1, 2), keepdims=True), atol=0.05
    )
    assert np.argsort(-found.ring_share).tolist() == [0, 1, 2]


def test_bands_lie_on_one_ring_and_noise_on_none():
    band = waves_of(8.0, 0.2, np.random.default_rng(2).uniform(0, 6, (30, 3)), (1.0, 0.0, 0.0))
    found = six_waves(band, BIN)
    assert found.ring_share.max() > 0.99
    noise = np.random.default_rng(3).normal(size=(200, 20, 20))
    assert six_waves(noise, BIN).share < 0.03  # six of 400 dimensions hold 0.015


def test_lattices_of_two_orientations_share_no_triad():
    generator = np.random.default_rng(4)
    one, other = (
        lattice_maps(Rectangle(2.2, 2.2), spacing=0.7, orientation=turn, phase=generator.uniform(0, 0.7, (40, 2)))
        for turn in (0.0, np.pi / 6)
    )
    assert six_waves(one, BIN).share > 0.8
    assert six_waves(np.concatenate([one, other]), BIN).share < 0.6


def test_phases_follow_the_peaks():
    generator = np.random.default_rng(5)
    shift = generator.uniform(-0.3, 0.3, (25, 2))
    maps = lattice_maps(Rectangle(2.2, 2.2), spacing=0.7, orientation=0.1, phase=shift)
    found = six_waves(maps, BIN)
    away = np.exp(1j * lattice_phases(found)) / np.exp(1j * shift @ found.vectors[:2].T)
    centre = away.mean(0)  # where the lattice's origin lies
    assert np.abs(np.angle(away / centre)).max() < 0.15


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (
            np.zeros((3, 20, 19)),
            r"maps: expected shape \[unit, bin, bin\] of at least 8 bins a side, got \(3, 20, 19\)",
        ),
        (np.zeros((3, 6, 6)), "at least 8 bins"),
        (np.ones((3, 20, 20)), "maps: expected maps that vary, got flat ones"),
        (np.full((1, 20, 20), np.nan), "maps: expected finite numbers, got 400 that are not"),
    ],
)
def test_bad_input(maps, message):
    with pytest.raises(ValueError, match=message):
        six_waves(maps, BIN)
    with pytest.raises(ValueError, match="bin_size: expected"):
        six_waves(np.zeros((1, 20, 20)), 0)


def test_phases_follow_the_maps_without_steps():
    """A change in a map's last digits moves a phase by as little, not by a step of the grid that begins the search."""
    maps = waves_of(8.0, 0.2, np.random.default_rng(2).uniform(0, 2 * np.pi, (40, 3)), (1.0, 0.8, 0.6))
    found = six_waves(maps, BIN)
    other = dataclasses.replace(found, amplitude=found.amplitude * (1 + 1e-7 * np.random.default_rng(3).normal(size=3)))
    moved = np.angle(np.exp(1j * (lattice_phases(other) - lattice_phases(found))))
    assert np.abs(moved).max() < 1e-6


def test_a_phase_is_the_peak_itself():
    """On a fine grid of angles no other place is higher."""
    phases = np.random.default_rng(4).uniform(0, 2 * np.pi, (6, 3))
    found = six_waves(waves_of(8.0, 0.2, phases, (1.0, 0.5, 0.7)), BIN)
    alpha, beta = lattice_phases(found).T

    def height(a, b):
        turned = np.exp(1j * np.stack([a, b, b - a], axis=-1))
        return (found.amplitude[:, None] * turned).real.sum(-1)

    fine = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    a, b = (side.ravel()[None] for side in np.meshgrid(fine, fine))
    assert (height(alpha[:, None], beta[:, None])[:, 0] >= height(a, b).max(1) - 1e-12).all()
