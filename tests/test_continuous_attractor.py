"""The hand-built attractor: its bumps form, stay, and move as they are told."""

import numpy as np
import pytest

from gridcells.continuous_attractor import AttractorSheet
from gridcells.scores import grid_scores

SHEET = AttractorSheet()


@pytest.fixture(scope="module")
def settled():
    return SHEET.settle(np.random.default_rng(0), seconds=1.5)


def shift_between(before, after):
    """Displacement of a periodic pattern, units, from the phases of its strongest waves."""
    a, b = np.fft.fft2(before), np.fft.fft2(after)
    power = np.abs(a)
    power[0, 0] = 0
    strongest = np.argsort(-power.ravel())[:6]
    number = np.stack(np.meshgrid(*[np.fft.fftfreq(len(before)) * 2 * np.pi] * 2, indexing="ij"), -1).reshape(-1, 2)
    turned = np.angle((b / a).ravel()[strongest])
    return np.linalg.lstsq(number[strongest], -turned, rcond=None)[0]


def test_weights_are_those_of_the_convolution():
    sheet = AttractorSheet(side=12)
    state = np.random.default_rng(1).uniform(0, 1, (12, 12))
    after = sheet.run(state, np.zeros((1, 2)))[0]
    drive = np.maximum(sheet.weights() @ state.ravel() + 1, 0).reshape(12, 12)
    np.testing.assert_allclose(after, state + 0.05 * (drive - state), atol=1e-12)


def test_weights_without_periodic_edges():
    sheet = AttractorSheet(side=12, periodic=False)
    state = np.random.default_rng(1).uniform(0, 1, (12, 12))
    moved = np.array([[0.3, -0.2]])
    after = sheet.run(state, moved)[0]
    drive = sheet.drive() * (1 + sheet.gain * sheet.preferred() @ moved[0])
    wanted = np.maximum((sheet.weights() @ state.ravel()).reshape(12, 12) + drive, 0)
    np.testing.assert_allclose(after, state + 0.05 * (wanted - state), atol=1e-12)


def test_bumps_form_a_hexagonal_lattice(settled):
    tiled = np.tile(settled, (2, 2))
    assert settled.max() > 0.1 and (settled < 1e-3).mean() > 0.3
    assert grid_scores(tiled[None]).score_60[0] > 0.5


def test_the_pattern_stays_while_the_animal_does(settled):
    later = SHEET.run(settled, np.zeros((1000, 2)), every=1000)[0]
    assert np.abs(shift_between(settled, later)).max() < 0.3


@pytest.mark.parametrize("velocity", [(0.5, 0.0), (0.0, -0.5), (0.4, 0.4)])
def test_the_pattern_moves_along_with_the_animal(settled, velocity):
    steps = 400
    moved = shift_between(settled, SHEET.run(settled, np.tile(velocity, (steps, 1)), every=steps)[0])
    expected = np.array(velocity) / np.linalg.norm(velocity)
    assert moved @ expected > 0.5  # units
    assert abs(moved @ expected[::-1] * [1, -1]).max() < 0.5 * (moved @ expected) + 0.3 or velocity[0] == velocity[1]


def test_twice_the_speed_moves_it_twice_as_far(settled):
    far = [shift_between(settled, SHEET.run(settled, np.tile((v, 0.0), (300, 1)), every=300)[0])[0] for v in (0.4, 0.8)]
    assert far[1] == pytest.approx(2 * far[0], rel=0.2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: AttractorSheet(side=13), "side: expected an even number of units, got 13"),
        (lambda: AttractorSheet(side=2), "side: expected"),
        (lambda: AttractorSheet(time_step=0.02), "time_step: expected less than time_constant 0.01 s, got 0.02"),
        (lambda: AttractorSheet(wavelength=0), "wavelength: expected"),
        (lambda: SHEET.run(np.zeros((3, 3)), np.zeros((1, 2))), r"state: expected shape \(40, 40\), got \(3, 3\)"),
        (
            lambda: SHEET.run(np.zeros((40, 40)), np.zeros(2)),
            r"velocity: expected shape \[time, 2\] in m/s, got \(2,\)",
        ),
        (lambda: SHEET.settle(np.random.default_rng(0), seconds=0), "seconds: expected"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
