"""The hand-built attractor: its bumps form, stay, and move as they are told."""

import numpy as np
import pytest

from gridcells.mechanism.burak_fiete import AttractorSheet
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
    assert settled.max() > 0.1 and (settled < 1e-3).mean() > 0.3
    assert grid_scores(settled[None]).score_60[0] > 0.8


def test_the_pattern_stays_while_the_animal_does(settled):
    later = SHEET.run(settled, np.zeros((1000, 2)), every=1000)[0]
    assert np.abs(shift_between(settled, later)).max() < 0.3


def travel(start, velocity, seconds):
    """Where the pattern has gone, units, followed in pieces so short that no bump reaches its neighbour's place."""
    state, gone = start, np.zeros(2)
    for _ in range(round(seconds / 0.05)):
        after = SHEET.run(state, np.tile(velocity, (100, 1)), every=100)[0]
        state, gone = after, gone + shift_between(state, after)
    return gone


@pytest.mark.parametrize("velocity", [(0.5, 0.0), (0.0, -0.5), (0.4, 0.4)])
def test_the_pattern_moves_along_with_the_animal(settled, velocity):
    gone = travel(settled, velocity, 0.2)
    speed = np.linalg.norm(velocity)
    ahead = gone @ velocity / speed
    assert ahead > 3  # units
    assert np.linalg.norm(gone - ahead * np.array(velocity) / speed) < 0.2 * ahead


def test_twice_the_speed_moves_it_twice_as_far(settled):
    slow, fast = (travel(settled, (speed, 0.0), 0.2)[0] for speed in (0.4, 0.8))
    assert fast == pytest.approx(2 * slow, rel=0.1)


def test_weights_of_one_print_no_pattern():
    """Under the strength that the paper prints, the uniform state is stable."""
    state = AttractorSheet(strength=1.0).settle(np.random.default_rng(0), seconds=3.0)
    assert np.ptp(state) < 0.01 * state.mean()


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
