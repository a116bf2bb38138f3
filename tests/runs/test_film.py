"""A training watched frame by frame is that training."""

import numpy as np

from gridcells.presets import preset
from gridcells.runs.evaluation import network_rate_maps
from gridcells.runs.film import training_film

SMALL = preset("small").override({"steps": 4, "units": 8})


def test_frames_are_the_networks_maps_from_the_untrained_to_the_last():
    film = training_film(SMALL, seed=0, every=2, paths=50)
    np.testing.assert_array_equal(film.step, [0, 2, 4])
    last = network_rate_maps(film.run.network, film.run.task)
    np.testing.assert_array_equal(film.rate_maps[-1], last)
    assert not np.array_equal(film.rate_maps[0], film.rate_maps[-1])
    np.testing.assert_allclose(film.error[1:], [row["decoding_error"] for row in film.run.metrics])


def test_the_spectrum_of_a_frame_counts_each_map_alike():
    film = training_film(SMALL, seed=1, every=4, paths=50)
    power = film.spectrum(0, cycles=3)
    assert power.shape == (7, 7) and power[3, 3] < 1e-20
    np.testing.assert_allclose(power, power[::-1, ::-1], rtol=1e-9, atol=1e-12)  # a real map's spectrum
