"""Pattern formation: one cell, several cells, and the nonlinearities that decide."""

import numpy as np
import pytest
import torch

from gridcells.scores import grid_scores
from gridcells.theory.covariance import Kernel, tuning_covariance
from gridcells.theory.nonlinearity import NONLINEARITIES, apply_nonlinearity
from gridcells.theory.patterns import initial_maps, multi_cell, single_cell

KERNEL = tuning_covariance(0.12, bins=40)


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_nonlinearities_are_the_same_for_numpy_and_torch(name):
    u = np.linspace(-2, 2, 9)
    given = apply_nonlinearity(u, name, 0.7)
    tensor = torch.tensor(u, requires_grad=True)
    answer = apply_nonlinearity(tensor, name, 0.7)
    np.testing.assert_allclose(answer.detach(), given)
    (slope,) = torch.autograd.grad(answer.sum(), tensor)
    away = np.abs(u) > 0.1  # the two rectifiers have no slope at 0
    nearby = [apply_nonlinearity(u + side, name, 0.7) for side in (1e-6, -1e-6)]
    np.testing.assert_allclose(slope.numpy()[away], ((nearby[0] - nearby[1]) / 2e-6)[away], atol=1e-8)
    formula = {
        "linear": u,
        "tanh": np.tanh(0.7 * u) / 0.7,
        "relu": np.where(u > 0, u, 0),
        "leaky": np.where(u > 0, u, 0.3 * u),
        "quadratic": u + 0.7 * u**2,
    }
    np.testing.assert_allclose(given, formula[name], atol=1e-15)


def test_linear_maps_become_leading_eigenvectors():
    patterns = single_cell(KERNEL, 6, nonlinearity="linear", steps=6000, generator=0)
    power = np.abs(np.fft.fft2(patterns.maps)) ** 2
    eigenvalues = KERNEL.eigenvalues()
    top = eigenvalues > 0.999 * eigenvalues.max()
    assert (power[:, top].sum(1) / power.sum((1, 2)) > 0.999).all()
    assert patterns.change.max() < 1e-3
    np.testing.assert_allclose(np.square(patterns.maps).mean((1, 2)), 1)


def test_normalised_relu_conserves_amplitude_and_makes_hexagons():
    patterns = single_cell(KERNEL, 16, steps=600, generator=1)
    np.testing.assert_allclose(np.square(patterns.maps).mean((1, 2)), 1)
    assert (patterns.maps >= 0).all()
    hexagons = grid_scores(patterns.maps).score_60
    heterogeneous = grid_scores(single_cell(KERNEL, 16, nonlinearity="linear", steps=600, generator=1).maps).score_60
    assert np.median(hexagons) > 0.6 > 0.4 > np.median(heterogeneous)


def test_growth_is_that_of_the_eigenvalue():
    x = np.arange(16) - 8
    kernel = Kernel(np.cos(2 * np.pi * 2 * x[:, None] / 16) + np.cos(2 * np.pi * 2 * x / 16), 1.0)
    wave = np.cos(2 * np.pi * 2 * x[:, None] / 16 + 0.3) + 0 * x
    published = single_cell(
        kernel, nonlinearity="linear", schedule="published", rate=1e-3, steps=50, initial=wave[None]
    )
    eigenvalue = kernel.eigenvalues().max()
    assert published.growth[0] == pytest.approx(50 * np.log(1 + 1e-3 * (eigenvalue - 1)))
    normalised = single_cell(kernel, nonlinearity="linear", rate=0.5, steps=50, initial=wave[None])
    assert normalised.growth[0] == pytest.approx(0, abs=1e-9)  # the largest eigenvalue is scaled to one


def test_single_precision_walks_with_double():
    start = initial_maps(4, 40, 0)
    double = single_cell(KERNEL, steps=50, initial=start)
    single = single_cell(KERNEL, steps=50, initial=start, dtype=np.float32)
    assert single.maps.dtype == np.float32
    np.testing.assert_allclose(single.maps, double.maps, atol=1e-3)


def test_walls_let_nothing_in_over_the_edge():
    start = np.zeros((1, 40, 40))
    start[0, 1, 20] = 1.0
    local = Kernel(np.where(np.hypot(*np.mgrid[-20:20, -20:20]) < 6, 1.0, 0.0), 2.2)
    options = {"steps": 1, "nonlinearity": "linear", "schedule": "published", "rate": 0.1, "initial": start}
    joined, walled = (single_cell(local, walls=walls, **options).maps[0] for walls in (False, True))
    mean = local.eigenvalues(mean=True)[0, 0] / 40**2  # which the step takes off the kernel
    np.testing.assert_allclose(joined[-2, 20], 0.1 * (1 - mean))
    np.testing.assert_allclose(walled[-2, 20], 0, atol=1e-12)


def test_first_cells_of_the_hierarchy_are_the_leading_waves():
    patterns = multi_cell(KERNEL, 6, nonlinearity="linear", steps=8000, rate=1.0, generator=0)
    flat = patterns.maps.reshape(6, -1)
    overlap = flat @ flat.T / 1600
    np.testing.assert_allclose(overlap, np.eye(6), atol=0.05)
    eigenvalues = np.sort(KERNEL.eigenvalues().ravel())[::-1]
    heard = np.fft.ifft2(np.fft.fft2(patterns.maps) * KERNEL.eigenvalues()).real.reshape(6, -1)
    np.testing.assert_allclose((flat * heard).mean(1), eigenvalues[:6], rtol=0.01)


@pytest.mark.parametrize(("name", "drive"), [("tanh", np.tanh), ("relu", lambda u: np.maximum(u, 0))])
def test_a_published_step_is_the_formula_with_the_drive_times_its_strength(name, drive):
    x = np.arange(12) - 6
    kernel = Kernel(np.exp(-(x[:, None] ** 2 + x**2) / 4), 1.0)
    start = np.random.default_rng(0).normal(size=(3, 12, 12))
    options = {"schedule": "published", "steps": 1, "rate": 0.01, "mean": True, "initial": start}
    found = multi_cell(kernel, nonlinearity=name, strength=3.0, **options).maps.reshape(3, -1)
    flat = start.reshape(3, -1)
    offset = (x[:, None] - x + 6) % 12  # the kernel, at each pair of bins along one side
    side = np.exp(-(x**2) / 4)[offset]
    filtered = np.einsum("xy,cyz,zw->cxw", side, start, side).reshape(3, -1)
    expected = flat + 0.01 * (filtered - np.triu(flat @ filtered.T) @ flat + 3.0 * drive(flat))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_initial_maps_ask_for_their_randomness():
    np.testing.assert_array_equal(initial_maps(2, 6, 3), initial_maps(2, 6, np.random.default_rng(3)))
    assert initial_maps(40, 40, 0, scale=2.0).std() == pytest.approx(2.0, rel=0.01)
    with pytest.raises(TypeError, match="generator: expected a numpy.random.Generator or a seed, got NoneType"):
        initial_maps(2, 6, None)


def test_published_hierarchy_begins_with_the_last_cell():
    gaussian = tuning_covariance(0.2, tuning="gaussian", bins=24)
    rate = 0.5 / gaussian.eigenvalues(mean=True).max()
    options = {"nonlinearity": "linear", "steps": 3000, "mean": True, "generator": 0}
    published = multi_cell(gaussian, 5, schedule="published", rate=rate, **options).maps
    ours = multi_cell(gaussian, 5, **options).maps
    uniform = [np.square(maps.mean((1, 2))) / np.square(maps).mean((1, 2)) for maps in (published, ours)]
    assert uniform[0].argmax() == 4 and uniform[1].argmax() == 0  # the uniform state has the largest eigenvalue
    assert uniform[0][4] > 0.99 and uniform[1][0] > 0.99


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"generator": None}, ValueError, "generator: expected a numpy.random.Generator or a seed"),
        ({"nonlinearity": "rely"}, ValueError, "nonlinearity: expected .*relu"),
        ({"schedule": "fast"}, ValueError, "schedule: expected"),
        ({"rate": 0}, ValueError, "rate: expected"),
        ({"steps": 0}, ValueError, "steps: expected"),
        ({"nonlinearity": "leaky", "strength": 1.5}, ValueError, "strength: expected a number from 0 .* got 1.5"),
        ({"initial": np.ones((2, 5, 5))}, ValueError, r"initial: expected shape \[cell, 40, 40\], got \(2, 5, 5\)"),
        ({"initial": np.full((1, 40, 40), np.nan)}, ValueError, "initial: expected finite maps"),
        ({"dtype": np.int32}, ValueError, "dtype: expected numpy.float32 or numpy.float64, got int32"),
        (
            {"schedule": "published", "rate": 1e6, "steps": 500, "nonlinearity": "relu"},
            FloatingPointError,
            "but they overflowed at step [0-9]+ of 500; try the normalised schedule",
        ),
    ],
)
def test_bad_input(options, kind, message):
    with pytest.raises(kind, match=message):
        single_cell(KERNEL, 2, **{"generator": 0, **options})


def test_a_room_within_the_box_is_that_part_of_the_box_and_nothing_else():
    inside = np.zeros((40, 40), bool)
    inside[5:35, 8:30] = True
    noise = initial_maps(2, 40, 0)
    found = single_cell(KERNEL, steps=3, walls=True, inside=inside, initial=noise).maps
    assert not found[:, ~inside].any() and found[:, inside].any(axis=1).all()
    silent_outside = single_cell(KERNEL, steps=1, walls=True, initial=np.where(inside, noise, 0)).maps
    once = single_cell(KERNEL, steps=1, walls=True, inside=inside, initial=noise).maps
    ratio = once[:, inside] / np.where(silent_outside[:, inside] > 0, silent_outside[:, inside], np.nan)
    assert np.nanstd(ratio, axis=1).max() < 1e-9  # the same but for the scale
    whole = single_cell(KERNEL, steps=3, walls=True, inside=np.ones((40, 40)), initial=noise).maps
    np.testing.assert_array_equal(whole, single_cell(KERNEL, steps=3, walls=True, initial=noise).maps)
    with pytest.raises(ValueError, match=r"inside: expected shape \(40, 40\) and a bin or more"):
        single_cell(KERNEL, steps=1, inside=np.zeros((40, 40)), initial=noise)
