"""Rate maps against what the published code computed."""

import numpy as np
import pytest
import torch

from gridcells.scores.ratemaps import RateMaps, rate_maps
from gridcells.world.arenas import Rectangle


@pytest.mark.parametrize("convert", [np.asarray, torch.as_tensor])
def test_rate_maps_are_the_published_ones(golden, convert):
    published = np.load(golden / "rate_maps_20.npz")
    position = convert(np.stack([published["x"], published["y"]], axis=-1))
    maps = rate_maps(position, convert(published["activations"]), Rectangle(2.2, 2.2), bins=20)
    np.testing.assert_allclose(maps, published["rate_maps"], rtol=0, atol=1e-12)


def test_streamed_maps_are_the_published_ones(golden):
    published = np.load(golden / "rate_maps_20.npz")
    position = np.stack([published["x"], published["y"]], axis=-1)
    maps = RateMaps(Rectangle(2.2, 2.2), bins=20)
    for part in np.array_split(np.arange(len(position)), 7):
        maps.add(position[part], published["activations"][part])
    np.testing.assert_allclose(maps.maps(), published["rate_maps"], rtol=0, atol=1e-12)


def test_first_map_axis_is_x(golden):
    published = np.load(golden / "rate_maps_20.npz")
    position = np.stack([published["x"], published["y"]], axis=-1)
    x_map, y_map = rate_maps(position, position, Rectangle(2.2, 2.2), bins=20)
    assert (np.diff(x_map, axis=0) > 0).all()
    assert (np.diff(y_map, axis=1) > 0).all()
