"""Which lattice wins: modes of the box, energies, and what simulations say of both."""

import numpy as np
import pytest

from gridcells.scores import grid_scores
from gridcells.theory.covariance import Kernel, tuning_covariance
from gridcells.theory.lattice_selection import (
    STATES,
    box_modes,
    favoured_lattice,
    lattice_energy,
    symmetry_breaking,
    triad_flow,
)
from gridcells.theory.patterns import single_cell


def test_modes_are_one_of_each_pair_and_sorted():
    modes = box_modes(tuning_covariance(0.12))
    assert (np.diff(modes.eigenvalue) <= 1e-9).all() and modes.eigenvalue[0] == pytest.approx(1)
    pairs = {tuple(wave) for wave in modes.cycles.tolist()}
    assert not any((-x, -y) in pairs for x, y in pairs)
    np.testing.assert_array_equal(modes.triad.sum(0), 0)
    angle = np.arctan2(modes.triad[:, 1], modes.triad[:, 0])
    apart = np.abs((angle[:, None] - angle + np.pi) % (2 * np.pi) - np.pi)[np.triu_indices(3, 1)]
    assert (np.abs(np.rad2deg(apart) - 120) <= 15).all()


def test_a_box_without_triads():
    x = np.arange(16) - 8
    kernel = Kernel(np.cos(2 * np.pi * 2 * x[:, None] / 16) + np.cos(2 * np.pi * 2 * x / 16), 1.0)
    modes = box_modes(kernel)
    assert modes.triad_eigenvalue == 0 and np.isnan(modes.triad).all()
    assert modes.cycles.tolist() == [[2, 0], [0, 2]]
    assert favoured_lattice(kernel, symmetric=False) == "square"


@pytest.mark.parametrize("width", [0.08, 0.1, 0.12, 0.15, 0.18, 0.24, 0.36])
def test_simulations_form_what_the_modes_favour(width):
    kernel = tuning_covariance(width, bins=40)
    scores = grid_scores(single_cell(kernel, 16, nonlinearity="leaky", strength=0.25, steps=400, generator=1).maps)
    median_60, median_90 = np.median(scores.score_60), np.median(scores.score_90)
    found = "hexagonal" if median_60 > 0.6 else "square" if median_90 > 0.8 else "heterogeneous"
    assert found == favoured_lattice(kernel, symmetric=False)


def test_energies_of_pure_states():
    assert lattice_energy("stripes", 0.0) == pytest.approx(-1 / 6)  # eps² / (4 · 3/2)
    assert lattice_energy("squares", 0.0) == pytest.approx(-1 / 9)
    assert lattice_energy("hexagons", 0.0) == pytest.approx(-1 / 10)
    gamma = np.linspace(0, 2, 41)
    energy = np.stack([lattice_energy(state, gamma) for state in STATES])
    winner = energy.argmin(0)
    assert winner[0] == 0 and winner[-1] == 2 and (np.diff(winner) >= 0).all()
    np.testing.assert_allclose(lattice_energy("hexagons", -gamma), energy[2])


@pytest.mark.parametrize(("cubic", "coupling", "growth"), [(0.0, 1.0, 1.0), (0.3, 1.0, 0.7), (-0.6, 2.0, 1.0)])
def test_three_waves_move_downhill_in_the_energy_of_their_sum(cubic, coupling, growth):
    x = np.stack(np.meshgrid(*[np.arange(48) / 48 * 2 * np.pi] * 2, indexing="ij"), -1)
    waves = np.sqrt(2) * np.cos(x @ np.array([[1, 0, -1], [0, 1, -1]]))  # three vectors that add up to zero

    def energy(amplitude):
        fourth = amplitude**4 @ np.ones(3) + coupling * sum(
            amplitude[i] ** 2 * amplitude[j] ** 2 for i in range(3) for j in range(3) if i != j
        )
        third = np.mean((waves @ amplitude) ** 3)
        return -growth / 2 * (amplitude**2).sum() - abs(cubic) / 3 * third + 1.5 / 4 * fourth

    here, step = np.array([0.5, 0.2, 0.9]), 1e-5
    slope = [(energy(here + step * unit) - energy(here - step * unit)) / (2 * step) for unit in np.eye(3)]
    np.testing.assert_allclose(triad_flow(here, cubic, coupling=coupling, growth=growth), -np.array(slope), atol=1e-8)
    resting = np.linspace(0.01, 1.5, 20_000)
    speed = triad_flow(np.stack([resting] * 3, -1), cubic, coupling=coupling, growth=growth)[:, 0]
    lattice = resting[np.flatnonzero(np.diff(np.sign(speed)))[-1]]
    assert energy(np.full(3, lattice)) == pytest.approx(
        lattice_energy("hexagons", cubic, coupling=coupling, growth=growth), abs=1e-6
    )


def test_energy_is_the_least_over_amplitudes():
    rng = np.random.default_rng(0)
    waves = {
        "stripes": [[1, 0]],
        "squares": [[1, 0], [0, 1]],
        "hexagons": [[1, 0], [-0.5, 0.75**0.5], [-0.5, -(0.75**0.5)]],
    }
    x = np.stack(np.meshgrid(*[np.arange(240) / 240 * 2 * np.pi] * 2, indexing="ij"), -1)
    for state, directions in waves.items():
        gamma, growth = rng.uniform(0, 1, 2)
        periods = [2.0, 2 / 0.75**0.5 if state == "hexagons" else 2.0]  # a whole number of each wave
        u = sum(np.cos(x * periods @ np.array(direction)) for direction in directions)
        u = u / np.sqrt((u**2).mean())
        a = np.linspace(0, 5, 20_001)
        energy = -growth / 2 * a**2 - gamma / 3 * (u**3).mean() * a**3 + (u**4).mean() / 4 * a**4
        assert lattice_energy(state, gamma, growth=growth) == pytest.approx(energy.min(), abs=1e-6)


def test_symmetry_breaking():
    for odd in ("linear", "tanh"):
        assert symmetry_breaking(odd) == pytest.approx(0, abs=1e-12)
    assert symmetry_breaking("relu") == pytest.approx(1 / np.sqrt(2 * np.pi), rel=1e-3)
    assert symmetry_breaking("quadratic", 0.3) == pytest.approx(0.3, rel=1e-6)
    by_degrees = [symmetry_breaking("leaky", strength) for strength in (0.0, 0.3, 0.6, 1.0)]
    assert (np.diff(by_degrees) > 0).all() and by_degrees[-1] == pytest.approx(symmetry_breaking("relu"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lattice_energy("rhombs", 0.1), "state: expected"),
        (lambda: lattice_energy("squares", 0.1, coupling=0), "coupling: expected"),
        (lambda: lattice_energy("squares", 0.1, growth=-1), "growth: expected numbers of at least 0, got -1"),
        (lambda: triad_flow([0.1, 0.2], 0.1), "amplitudes: expected numbers of at least 0 of shape"),
        (lambda: triad_flow([0.1, 0.2, -0.1], 0.1), "amplitudes: expected numbers of at least 0 of shape"),
        (lambda: triad_flow([0.1, 0.2, 0.1], 0.1, growth=-1), "growth: expected a number of at least 0, got -1"),
        (lambda: symmetry_breaking("relux"), "nonlinearity: expected"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
