"""Sheets of growing inhibition that excite each other."""

import numpy as np
import pytest

from gridcells.theory import CoupledSheets, SheetsState, plateaus
from gridcells.theory.coupled_sheets import _lattice

SMALL = {"sheets": 3, "side": 56, "finest": 3.0, "coarsest": 4.0}


def waves(spacing, orientation, side=160):
    x, y = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    number = 4 * np.pi / np.sqrt(3) / spacing
    angles = orientation + np.pi / 3 * np.arange(3)
    return sum(np.cos(number * (x * np.cos(angle) + y * np.sin(angle))) for angle in angles)


@pytest.mark.parametrize(("spacing", "orientation"), [(9.0, 0.1), (18.0, 0.9), (31.0, 0.5)])
def test_spacing_and_orientation_are_those_of_the_lattice(spacing, orientation):
    x = np.linspace(-1, 1, 160)
    patch = np.exp(-4 * (x[:, None] ** 2 + x**2)) * (3 + waves(spacing, orientation))
    found, turned, coherence = _lattice(patch)
    assert found == pytest.approx(spacing, rel=0.03)
    assert turned == pytest.approx(orientation, abs=0.05)
    assert coherence > 0.7
    assert np.isnan(_lattice(np.zeros((20, 20)))[0])


def test_a_transform_hears_what_the_kernels_say():
    sheets = CoupledSheets(**SMALL)
    inhibition, excitation = sheets._transforms()
    size = len(excitation)
    heard = np.fft.irfft2(inhibition, (size, size))
    for sheet, reach in enumerate(sheets.scale):
        for x, y in ((0, 0), (2, 1), (3, 4), (8, 0)):
            away = np.hypot(x, y)
            kernel = -2.4 * (1 - np.cos(np.pi * away / reach)) / (2 * reach**2) if away < 2 * reach else 0
            assert heard[sheet, x, y] == pytest.approx(kernel, abs=1e-6)
            assert heard[sheet, -x, -y] == pytest.approx(kernel, abs=1e-6)
    assert np.fft.irfft2(excitation, (size, size)).sum() == pytest.approx(2.6, rel=0.02)  # one over what it reaches
    assert size >= sheets.side + 2 * sheets.coarsest


def test_a_step_is_the_released_codes_equation():
    sheets = CoupledSheets(**SMALL, coupling=1.5)
    noise = 1e-3 * np.random.default_rng(4).random((3, 56, 56), dtype=np.float32)
    inhibition, excitation = sheets._transforms()
    kernels, size = [np.fft.irfft2(one, (len(excitation),) * 2) for one in (*inhibition, excitation)], len(excitation)
    drive = sheets._drive()
    away = np.arange(56)[:, None] - np.arange(56)
    x, y, sheet = 20, 31, 1
    rows, columns = away[x][:, None] % size, away[y][None] % size
    field = (kernels[sheet][rows, columns] * noise[sheet]).sum() + (kernels[3][rows, columns] * noise[2]).sum()
    after = sheets.settle(4, steps=1, step=0.2).activity[sheet, x, y]
    now = noise[sheet, x, y]
    assert after == pytest.approx(now + 0.2 * (max(0.0, field + drive[x, y]) - now), rel=1e-4)


def test_without_coupling_the_spacing_follows_the_inhibition():
    sheets = CoupledSheets(coupling=0.0)
    state = sheets.settle(5, steps=200)
    assert sheets.modules(state) == []
    assert np.ptp(state.spacing / sheets.scale) < 0.1 * np.median(state.spacing / sheets.scale)


def test_coupled_sheets_share_spacings_that_are_the_root_of_three_apart_and_turned():
    sheets = CoupledSheets()
    state = sheets.settle(5)
    modules = sheets.modules(state)
    assert len(modules) >= 2
    for module in modules:
        turned = np.angle(np.exp(6j * (state.orientation[module] - state.orientation[module[0]]))) / 6
        assert np.abs(turned).max() < np.radians(5)
    fine, coarse = modules[-2][-1], modules[-1][0]
    assert coarse == fine + 1
    assert state.spacing[coarse] / state.spacing[fine] == pytest.approx(np.sqrt(3), rel=0.04)
    apart = np.degrees(state.orientation[coarse] - state.orientation[fine]) % 60
    assert apart == pytest.approx(30, abs=4)


@pytest.mark.parametrize(("coupling", "modules"), [(0.65, []), (5.2, [5, 6])])
def test_what_the_chapters_exercise_says_of_weaker_and_stronger_coupling(coupling, modules):
    sheets = CoupledSheets(coupling=coupling)
    assert [len(module) for module in sheets.modules(sheets.settle(5))] == modules


def test_the_noise_decides_and_a_seed_repeats_it():
    sheets = CoupledSheets(**SMALL)
    first, again, other = (sheets.settle(seed, steps=30).activity for seed in (1, np.random.default_rng(1), 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_stretches_end_where_the_period_moves_and_count_where_the_scale_grows():
    scale = np.array([1.0, 1.2, 1.4, 1.6, 1.8])
    assert [one.tolist() for one in plateaus([5, 5.1, 5.2, 8, 8.1], scale)] == [[0, 1, 2]]  # 1.6 to 1.8 is an eighth
    assert plateaus(5 * scale, scale) == [] == plateaus([], [])
    state = SheetsState(np.zeros((3, 4, 4)), np.array([9.0, 9.1, 9.2]), np.zeros(3), np.zeros(3))
    assert [one.tolist() for one in CoupledSheets(sheets=3).modules(state)] == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"sheets": 1}, "sheets: expected"),
        ({"side": 0}, "side: expected"),
        ({"finest": 0.0}, "finest: expected"),
        ({"coupling": -1.0}, "coupling: expected a number of at least 0, got -1.0"),
        ({"coupling": float("inf")}, "coupling: expected"),
    ],
)
def test_impossible_sheets_are_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        CoupledSheets(**arguments)


@pytest.mark.parametrize(("name", "value"), [("steps", 0), ("step", 0.0), ("step", 1.5), ("step", float("nan"))])
def test_impossible_steps_are_refused(name, value):
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        CoupledSheets(**SMALL).settle(0, **{name: value})
