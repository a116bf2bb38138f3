"""Place and head-direction cells against what the two published code bases computed."""

import numpy as np
import pytest
import torch

from gridcells.world.arenas import Rectangle
from gridcells.world.ensembles import cross_entropy
from gridcells.world.head_direction_cells import HeadDirectionCells
from gridcells.world.place_cells import PlaceCells, uniform_centers

SORSCHER = {
    "dog": (0.12, {"tuning": "difference_of_softmaxes", "surround_ratio": 2.0}),
    "gaussian": (0.12, {"tuning": "gaussian"}),
    "periodic": (0.12, {"surround_ratio": 2.0, "arena": Rectangle(periodic=True)}),
    "wide": (0.20, {"surround_ratio": 4.0}),
}


@pytest.mark.parametrize("family", SORSCHER)
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_sorscher_place_cells(golden, family, kind):
    published = np.load(golden / "sorscher_place_cells.npz")
    width, options = SORSCHER[family]
    cells = PlaceCells(published["centers"], width, **options)
    position = published["position"] if kind == "numpy" else torch.tensor(published["position"])
    activity = cells.activity(position)
    assert isinstance(activity, np.ndarray if kind == "numpy" else torch.Tensor)
    np.testing.assert_allclose(np.asarray(activity), published[f"activation_{family}"], atol=1e-6)
    decoded = cells.decode(published[f"activation_{family}"].astype(np.float64), over_edge=False)
    np.testing.assert_allclose(decoded, published[f"decoded_top3_{family}"], atol=1e-6)


def test_sorscher_periodic_decoding_is_corrected_by_default(golden):
    published = np.load(golden / "sorscher_place_cells.npz")
    cells = PlaceCells(published["centers"], 0.12, arena=Rectangle(periodic=True))
    activity, position = published["activation_periodic"].astype(np.float64), published["position"]

    def error(decoded):
        return np.linalg.norm(cells.arena.displacement(decoded, position), axis=-1).mean()

    assert error(cells.decode(activity)) < 0.75 * error(published["decoded_top3_periodic"])


@pytest.mark.parametrize("kind", ["softmax", "voronoi", "normalized"])
@pytest.mark.parametrize("width", [0.01, 0.1])
def test_banino_place_cells(golden, kind, width):
    published = np.load(golden / "banino_ensembles.npz")
    centers = uniform_centers(256, Rectangle(), np.random.RandomState(8341))
    np.testing.assert_array_equal(centers, published["place_means"])
    key = f"place_{kind}_sigma_{width}"
    targets = PlaceCells(centers, width, tuning="gaussian").targets(published["position"], kind)
    np.testing.assert_allclose(targets, published[f"{key}_targets"], atol=1e-6)
    loss = cross_entropy(torch.tensor(published[f"{key}_logits"]), torch.tensor(targets), kind)
    np.testing.assert_allclose(loss.numpy(), published[f"{key}_loss"], rtol=1e-6)


@pytest.mark.parametrize("kind", ["softmax", "voronoi", "normalized"])
def test_banino_head_direction_cells(golden, kind):
    published = np.load(golden / "banino_ensembles.npz")
    heading = published["heading"][..., 0].astype(np.float64)
    cells = HeadDirectionCells(published["heading_means"], concentration=20.0)
    targets = cells.targets(heading, kind)
    # the published targets are float32 values as large as e^20, and kappa * cos loses 2e-6 of the exponential there
    np.testing.assert_allclose(targets, published[f"heading_{kind}_targets"], rtol=1e-5, atol=1e-6)
    logits = torch.tensor(published[f"heading_{kind}_logits"].astype(np.float64))
    loss = cross_entropy(logits, torch.tensor(targets), kind)
    np.testing.assert_allclose(loss.numpy(), published[f"heading_{kind}_loss"], rtol=5e-6)
