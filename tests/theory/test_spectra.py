"""Covariance of place cells, its spectrum, and the spacing that it predicts."""

import numpy as np
import pytest
import torch

from gridcells.theory.covariance import (
    Kernel,
    covariance_eigenvectors,
    place_cell_covariance,
    translation_invariance,
    tuning_covariance,
)
from gridcells.theory.spectra import grid_spacing, tuning_annulus, tuning_spectrum
from gridcells.world.arenas import Circle, Rectangle
from gridcells.world.place_cells import PlaceCells, uniform_centers


def cells(width, *, count=1500, periodic=True, seed=0, **options):
    arena = Rectangle(periodic=periodic)
    return PlaceCells(uniform_centers(count, arena, np.random.default_rng(seed)), width, arena=arena, **options)


@pytest.mark.parametrize(
    ("tuning", "ratio", "width"),
    [
        ("gaussian", 2.0, 0.12),
        ("difference_of_gaussians", 2.0, 0.12),
        ("difference_of_gaussians", 4.0, 0.2),
        ("difference_of_gaussians_unit_amplitude", 2.0, 0.12),
        ("difference_of_softmaxes", 2.0, 0.12),
        ("difference_of_softmaxes", 4.0, 0.15),
    ],
)
def test_closed_form_is_what_dense_cells_have(tuning, ratio, width):
    measured = place_cell_covariance(cells(width, count=6000, tuning=tuning, surround_ratio=ratio), bins=44)
    closed = tuning_covariance(width, tuning=tuning, surround_ratio=ratio, bins=44)
    first, second = measured.eigenvalues(), closed.eigenvalues()
    # the six thousand centres are uniform draws, not a lattice, so that the spectrum is noisy by a few per cent
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.98
    assert measured.annulus().radius == pytest.approx(closed.annulus().radius, rel=0.08)


@pytest.mark.parametrize(("width", "ratio"), [(0.12, 2.0), (0.12, 4.0), (0.2, 4.0), (0.3, 1.5)])
def test_ring_of_the_difference_of_gaussians(width, ratio):
    ring = tuning_annulus(width, tuning="difference_of_gaussians", surround_ratio=ratio)
    assert ring.radius == pytest.approx(np.sqrt(2 * np.log(ratio) / (ratio - 1)) / width, rel=1e-6)
    number = np.linspace(0, 10 / width, 200_001)
    power = tuning_spectrum(number, width, tuning="difference_of_gaussians", surround_ratio=ratio)
    above = number[power > power.max() / 2]
    assert ring.width == pytest.approx(above[-1] - above[0], rel=1e-3)
    assert ring.spacing == pytest.approx(4 * np.pi / np.sqrt(3) / ring.radius)


@pytest.mark.parametrize("tuning", ["gaussian", "difference_of_gaussians_unit_amplitude"])
def test_no_ring_without_a_normalised_surround(tuning):
    ring = tuning_annulus(0.12, tuning=tuning)
    assert ring.radius == 0 and ring.spacing == np.inf
    assert tuning_spectrum(ring.width, 0.12, tuning=tuning) == pytest.approx(
        tuning_spectrum(0.0, 0.12, tuning=tuning) / 2, rel=1e-3
    )
    assert tuning_covariance(0.12, tuning=tuning).annulus().radius == 0


def test_the_ring_scales_with_the_width_alone():
    near, far = tuning_annulus(0.1), tuning_annulus(0.2)
    assert near.radius == pytest.approx(2 * far.radius) and near.width == pytest.approx(2 * far.width)


def test_spectrum_keeps_a_gradient():
    number = torch.tensor([3.0, 9.0], dtype=torch.float64, requires_grad=True)
    power = tuning_spectrum(number, 0.12)
    np.testing.assert_allclose(power.detach(), tuning_spectrum(number.detach().numpy(), 0.12))
    (gradient,) = torch.autograd.grad(power.sum(), number)
    step = 1e-6
    nearby = (tuning_spectrum(np.array([3.0, 9.0]) + step, 0.12) - power.detach().numpy()) / step
    np.testing.assert_allclose(gradient, nearby, rtol=1e-4)


def test_kernel_of_one_wave_has_one_pair_of_eigenvalues():
    x = np.arange(20) - 10
    eigenvalues = Kernel(np.cos(2 * np.pi * 3 * x[:, None] / 20) + 0 * x, 1.0).eigenvalues()
    expected = np.zeros((20, 20))
    expected[3, 0] = expected[-3, 0] = 200
    np.testing.assert_allclose(eigenvalues, expected, atol=1e-9)


def test_walled_covariance_counts_pairs_within_the_walls_alone():
    ensemble = cells(0.2, count=40, periodic=False)
    kernel = place_cell_covariance(ensemble, bins=8)
    x = -1.1 + (np.arange(8) + 0.5) / 8 * 2.2
    activity = ensemble.activity(np.stack(np.meshgrid(x, x, indexing="ij"), -1))
    activity = activity - activity.mean((0, 1))
    direct = np.mean([(activity[i, j] @ activity[i + 2, j - 3]) for i in range(6) for j in range(3, 8)])
    assert kernel.values[4 + 2, 4 - 3] == pytest.approx(direct)
    assert kernel.values[4, 4] == pytest.approx(np.mean(np.square(activity).sum(-1)))


def test_eigenvectors_are_orthonormal_and_reconstruct_the_variance():
    ensemble = cells(0.15, count=120, periodic=False)
    share, vectors = covariance_eigenvectors(ensemble, 120, bins=16)
    assert share.sum() == pytest.approx(1) and (np.diff(share) <= 1e-12).all()
    gram = vectors[:40].reshape(40, -1) @ vectors[:40].reshape(40, -1).T / 256
    np.testing.assert_allclose(gram, np.eye(40), atol=1e-8)


def test_invariance_of_a_torus_and_of_random_codes():
    assert translation_invariance(cells(0.2, count=4000), bins=14) > 0.95
    few = translation_invariance(cells(0.2, count=10), bins=14)
    assert few < 0.8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tuning_covariance(0.6), "width: expected between one bin .* and a quarter of the box .* got 0.6 m"),
        (lambda: tuning_covariance(0.01), "width: expected between one bin"),
        (lambda: tuning_covariance(0.12, box=-1), "box: expected"),
        (lambda: tuning_covariance(0.12, surround_ratio=1.0), "surround_ratio: expected a ratio of variances above 1"),
        (
            lambda: tuning_covariance(0.12, tuning="difference_of_gausians"),
            "tuning: expected .*difference_of_gaussians",
        ),
        (lambda: tuning_annulus(float("nan")), "width: expected"),
        (lambda: Kernel(np.full((8, 8), np.nan), 1.0), "values: expected finite covariances, got 64 that are not"),
        (lambda: Kernel(np.ones((8, 8)), 1.0), "values: expected covariances that depend on displacement"),
        (lambda: Kernel(np.ones((8, 7)), 1.0), "values: expected shape"),
        (lambda: grid_spacing(-1.0), "wave_number: expected a finite number of at least 0"),
        (
            lambda: place_cell_covariance(PlaceCells([[0.0, 0.0]], 0.1, arena=Rectangle(2.0, 1.0))),
            "cells: expected a square arena",
        ),
        (lambda: covariance_eigenvectors(cells(0.2, count=5), 6), "count: expected at most 5 eigenvectors, got 6"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_circle_counts_as_square():
    arena = Circle(1.1)
    ensemble = PlaceCells(uniform_centers(50, arena, np.random.default_rng(0)), 0.2, arena=arena)
    assert place_cell_covariance(ensemble, bins=10).box == pytest.approx(2.2)


@pytest.mark.parametrize("width", [0.12, 0.2])
def test_the_ring_of_a_softmax_of_differences_is_that_of_the_difference_but_wider(width):
    arena = Rectangle(periodic=True)
    centers = uniform_centers(2048, arena, np.random.default_rng(0))
    ensemble = PlaceCells(centers, width, tuning="softmax_of_differences", arena=arena)
    measured, closed = (
        place_cell_covariance(ensemble, bins=40).annulus(),
        tuning_annulus(width, tuning="softmax_of_differences"),
    )
    assert measured.radius == pytest.approx(closed.radius, rel=0.04)
    assert closed.width / measured.width == pytest.approx(6 / 7, abs=0.02)
