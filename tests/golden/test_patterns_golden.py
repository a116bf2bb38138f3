"""Covariances and pattern formation against what the released code computed."""

from collections.abc import Callable

import numpy as np
import pytest

from gridcells.theory.covariance import Kernel, place_cell_covariance
from gridcells.theory.patterns import Patterns, multi_cell, single_cell
from gridcells.world.arenas import Rectangle
from gridcells.world.place_cells import PlaceCells

pytestmark = pytest.mark.golden

FAMILIES = {
    "dog": (0.12, {}),
    "gaussian": (0.12, {"tuning": "gaussian"}),
    "periodic": (0.12, {"arena": Rectangle(periodic=True)}),
    "wide": (0.20, {"surround_ratio": 4.0}),
}
RUNS: dict[str, tuple[Callable[..., Patterns], int, dict[str, object]]] = {  # the released notebook's four simulations
    "tanh_200_iterations": (single_cell, 200, {"nonlinearity": "tanh", "rate": 1e-4}),
    "tanh_1000_iterations": (single_cell, 1000, {"nonlinearity": "tanh", "rate": 1e-4}),
    "relu_200_iterations": (single_cell, 200, {"nonlinearity": "relu", "rate": 5e-3}),
    "relu_1000_iterations": (single_cell, 1000, {"nonlinearity": "relu", "rate": 5e-3}),
    "multi_tanh_200_iterations": (multi_cell, 200, {"nonlinearity": "tanh", "rate": 8e-3, "mean": True}),
    "multi_relu30_200_iterations": (
        multi_cell,
        200,
        {"nonlinearity": "relu", "strength": 30.0, "rate": 8e-3, "mean": True},
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_covariance(golden, family):
    published = np.load(golden / "sorscher_place_cells.npz")
    width, options = FAMILIES[family]
    kernel = place_cell_covariance(PlaceCells(published["centers"], width, **options), bins=30, published=True)
    expected = published[f"covariance_{family}"]
    np.testing.assert_allclose(kernel.values, expected, atol=1e-6 * expected.max())


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_pattern_formation(golden, name, dtype):
    published = np.load(golden / "pattern_formation.npz")
    simulate, steps, options = RUNS[name]
    if dtype == np.float32 and name == "relu_1000_iterations":
        with pytest.raises(FloatingPointError, match="but they overflowed at step"):  # 1e74 is no float32
            simulate(
                _kernel(published, simulate),
                steps=steps,
                schedule="published",
                initial=published["initial"],
                dtype=dtype,
            )
        return
    made = simulate(
        _kernel(published, simulate),
        steps=steps,
        schedule="published",
        initial=published["initial"],
        dtype=dtype,
        **options,
    ).maps
    expected = published[name]
    correlation = [
        np.corrcoef(a.ravel() / np.abs(a).max(), b.ravel() / np.abs(b).max())[0, 1]
        for a, b in zip(made, expected, strict=True)
    ]
    assert min(correlation) >= 0.9999
    np.testing.assert_allclose(np.abs(made).max(), np.abs(expected).max(), rtol=1e-2 if dtype == np.float32 else 1e-6)


def _kernel(published, simulate):
    return Kernel(published["kernel_covariance" if simulate is single_cell else "kernel_gaussian"], 2.2)
