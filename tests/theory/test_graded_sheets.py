"""Modules out of a smooth gradient."""

import numpy as np
import pytest

from gridcells.theory import GradedLine, LineState

SMALL = {"units": 1000, "finest": 7.0, "coarsest": 16.0, "distance": 150.0}


def test_a_fixed_interaction_makes_plateaus_where_theory_has_them():
    line = GradedLine(**SMALL)
    state = line.settle(5)
    modules = line.modules(state)
    assert len(modules) >= 1
    for module in modules:
        times = line.distance / np.mean(module)
        assert abs(times - round(times)) < 0.15 and round(times) in (2, 3, 4)


def test_without_it_the_period_follows_the_gradient():
    line = GradedLine(**SMALL, strength=0.0)
    state = line.settle(5)
    assert line.modules(state) == []
    predicted = np.interp(state.place, np.arange(line.units), line.predicted())
    np.testing.assert_allclose(state.period, predicted, rtol=0.12)
    assert np.corrcoef(np.log(state.period), np.log(predicted))[0, 1] > 0.98


def test_predicted_periods_are_those_that_grow_fastest():
    line = GradedLine(units=50)
    period = np.linspace(20, 390, 2000)
    best = period[line.growth(period).argmax(axis=1)]
    np.testing.assert_allclose(line.predicted(), best, rtol=0.01)
    whole = line.distance / line.predicted()
    assert np.abs(whole - np.rint(whole)).max() < 0.1


@pytest.mark.parametrize(
    ("kernel", "within"), [("hat", 0.01), ("box", 0.15)]
)  # a box of whole units is half a unit wider
def test_growth_is_what_the_weights_do_to_a_wave(kernel, within):
    line = GradedLine(units=1201, finest=10.0, coarsest=10.0001, kernel=kernel)
    period = np.array([50.0, 75.0, 110.0])
    place = np.arange(line.units) - 600
    heard = line.weights()[600] @ np.cos(2 * np.pi * place[:, None] / period)
    np.testing.assert_allclose(heard, line.growth(period)[600], atol=within)


def test_modules_are_stretches_that_stay_while_the_scale_grows():
    line = GradedLine(units=1000, finest=10.0, coarsest=40.0)
    place = np.linspace(50, 950, 19)
    scale = np.interp(place, np.arange(1000), line.scale)
    steps = np.where(place < 500, 50.0, 80.0)
    assert [len(one) for one in line.modules(LineState(np.zeros(1000), place, steps))] == [9, 10]
    assert line.modules(LineState(np.zeros(1000), place, 4 * scale)) == []
    assert line.modules(LineState(np.zeros(1000), place[:0], steps[:0])) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"units": 0}, "units: expected"),
        ({"strength": -1.0}, "strength: expected a number of at least 0, got -1.0"),
        ({"kernel": "cross"}, "kernel: expected"),
        ({"distance": np.nan}, "distance: expected"),
    ],
)
def test_bad_input(settings, message):
    with pytest.raises(ValueError, match=message):
        GradedLine(**settings)


def test_excitation_that_runs_away_is_told():
    with pytest.raises(ValueError, match="strength: expected less excitation than inhibition, got 3"):
        GradedLine(units=400, strength=3.0).settle(0)
