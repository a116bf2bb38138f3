"""The metric of a module: against finite differences, and how many cells make it flat."""

import numpy as np
import pytest

from gridcells.theory import phase_metric
from gridcells.theory.phase_metric import FLAT, conformal_phases, metric_error, phase_distances

WINDING = np.arange(7)[:, None] * np.array([1, 2]) / 7


def metric_by_differences(phases, position, step=1e-5):
    """The metric tensor of maps drawn afresh, with waves of length 1 whose periods are those of the module."""
    angles = np.deg2rad([0, 120, 240])
    waves = np.stack([np.cos(angles), np.sin(angles)], -1)
    places = phases @ (2 * np.pi * np.linalg.inv(waves[:2])).T

    def rates(at):
        return np.cos((at - places) @ waves.T).sum(1)

    slope = np.stack([(rates(position + way) - rates(position - way)) / (2 * step) for way in step * np.eye(2)], -1)
    return slope.T @ slope


@pytest.mark.parametrize("position", [(0.0, 0.0), (1.3, -0.4), (2.2, 3.1)])
def test_seven_phases_have_the_same_metric_everywhere(position):
    metric = metric_by_differences(WINDING, np.array(position))
    np.testing.assert_allclose(metric, 7 * 0.75 * np.eye(2), atol=1e-6)


def test_the_error_is_the_metrics_spread():
    phases = np.random.default_rng(0).random((3, 2))
    side = 2 * np.pi * np.arange(24) / 24
    angles = np.deg2rad([0, 120])
    waves = np.stack([np.cos(angles), np.sin(angles)], -1)
    places = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2) @ np.linalg.inv(waves).T
    miss = np.array([metric_by_differences(phases, place) - 3 * 0.75 * np.eye(2) for place in places])
    expected = np.sqrt((miss**2).sum((1, 2)).mean() / (2 * (3 * 0.75) ** 2))
    assert metric_error(phases) == pytest.approx(expected, rel=1e-4)


def test_the_slope_is_that_of_the_loss():
    phases = np.random.default_rng(1).random((5, 2))
    slope = phase_metric._loss(phases)[1]
    for at in np.ndindex(5, 2):
        step = np.zeros((5, 2))
        step[at] = 1e-6
        change = (phase_metric._loss(phases + step)[0] - phase_metric._loss(phases - step)[0]) / 2e-6
        assert slope[at] == pytest.approx(change, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_seven_cells_suffice_and_six_do_not(seed):
    six, seven = (conformal_phases(cells, generator=seed) for cells in (6, 7))
    assert six.error > 0.1 and seven.error < FLAT
    assert seven.error == pytest.approx(metric_error(seven.phases), abs=1e-9)
    np.testing.assert_allclose(phase_distances(seven.phases) * np.sqrt(7), 1, atol=1e-3)


def test_a_shift_of_all_phases_changes_nothing():
    phases = np.random.default_rng(2).random((4, 2))
    shifted = phases + np.array([0.3, 0.7])
    assert metric_error(shifted) == pytest.approx(metric_error(phases))
    np.testing.assert_allclose(phase_distances(shifted), phase_distances(phases))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metric_error([0.1, 0.2]), r"phases: expected shape \[cell, 2\], got \(2,\)"),
        (lambda: phase_distances([[0.1, 0.2]]), "at least two cells"),
        (lambda: conformal_phases(0, generator=0), "cells: expected"),
        (lambda: conformal_phases(3, starts=0, generator=0), "starts: expected"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
