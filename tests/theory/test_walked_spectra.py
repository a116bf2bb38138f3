"""How much of a wave is known ahead, and the spacing that this predicts."""

from __future__ import annotations

import numpy as np
import pytest

from gridcells.theory import coherent_annulus, path_coherence, tuning_annulus


def test_coherence_is_the_mean_of_a_wave_over_directions():
    angle = np.linspace(0, 2 * np.pi, 4000, endpoint=False)
    distance, number = np.array([0.05, 0.2, 0.4]), np.array([0.0, 3.0, 11.0])
    averaged = [np.mean([np.cos(k * d * np.cos(angle)).mean() for d in distance]) for k in number]
    assert path_coherence(number, distance) == pytest.approx(averaged, abs=1e-9)
    assert path_coherence(number, distance.reshape(1, 3)) == pytest.approx(averaged, abs=1e-9)


@pytest.mark.parametrize("ratio", [2.0, 4.0])
def test_who_stays_has_the_ring_and_who_goes_far_a_longer_wave(ratio):
    ring = tuning_annulus(0.15, surround_ratio=ratio).spacing
    assert coherent_annulus(0.15, np.zeros(4), surround_ratio=ratio).spacing == pytest.approx(ring, rel=1e-6)
    spacings = [coherent_annulus(0.15, np.full(4, far), surround_ratio=ratio).spacing for far in (0.05, 0.1, 0.2)]
    assert ring < spacings[0] < spacings[1] < spacings[2]


@pytest.mark.parametrize("distance", [[], [-0.1], [np.nan]])
def test_impossible_distances_are_refused(distance):
    with pytest.raises(ValueError, match="distance: expected finite numbers of at least 0 m"):
        path_coherence([1.0], distance)
