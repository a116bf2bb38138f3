"""Band scores, and networks some of whose units do not hear the velocity."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gridcells.mechanism import ablation_errors, band_scores, deafened, matched_order
from gridcells.runs import load_shipped
from gridcells.scores import lattice_maps
from gridcells.world import Rectangle


def test_bands_squares_and_hexagons_are_told_apart():
    hexagons = lattice_maps(Rectangle(2.2, 2.2), spacing=np.full(4, 0.55), phase=np.zeros((4, 2)))
    x = np.arange(20) / 20
    bands = np.cos(2 * np.pi * 4 * x + np.arange(4)[:, None])[..., None] * np.ones(20)
    assert band_scores(bands).min() > 0.9
    assert band_scores((bands + bands.transpose(0, 2, 1)) / 2).max() < 0.7
    assert band_scores(hexagons).max() < 0.5
    assert band_scores(np.ones((1, 20, 20)))[0] == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match="rate_maps: expected finite numbers"):
        band_scores(np.full((1, 4, 4), np.nan))


def test_a_deaf_network_stays_where_it_is_and_a_part_of_it_errs_between():
    run = load_shipped("laptop", 0)
    everyone = np.arange(run.network.units)
    errors = ablation_errors(run.network, run.task, {"all": everyone}, [0, 128, 256], paths=40, lesion=deafened)["all"]
    assert errors[0] < 0.1 < errors[1] < errors[2]
    deaf = deafened(run.network, everyone)
    assert not deaf.input_weight.any() and run.network.input_weight.any()  # the network stays as it is
    assert torch.equal(deaf.recurrent_weight, run.network.recurrent_weight)
    with pytest.raises(ValueError, match="units: expected whole numbers from 0 to 255"):
        deafened(run.network, [256])


def test_matched_controls_are_of_the_other_half_and_as_like_as_can_be():
    rng = np.random.default_rng(0)
    trait, order = rng.normal(size=40), rng.permutation(40)
    control = matched_order(order, trait)
    assert set(control) == set(order[20:]) and len(control) == 20
    near, far = (
        np.abs(trait[control[:5]] - trait[order[:5]]).mean(),
        np.abs(trait[order[20:25]] - trait[order[:5]]).mean(),
    )
    assert near < far
    with pytest.raises(ValueError, match="order: expected at least two units"):
        matched_order([0], [1.0])
