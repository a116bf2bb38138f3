"""Networks that keep distances: what they are asked for, by loops, and that each learns as if it were alone."""

import numpy as np
import pytest
import torch

from gridcells.theory import DistanceCode, learn_distance_codes
from gridcells.theory.distance_codes import distance_error, network_code
from gridcells.world.arenas import Rectangle

SMALL = {"units": 24, "batch": 16}


def loss_by_loops(code, place, reach, scale):
    """The published mean over pairs: neural distance minus distance, near pairs counted most."""
    errors = []
    for one in range(len(code)):
        for other in range(one + 1, len(code)):
            distance = np.linalg.norm(place[one] - place[other])
            apart = np.linalg.norm(code[one] - code[other])
            errors.append(np.exp(-(distance**2) / (2 * reach**2)) * (apart - scale * distance) ** 2)
    return np.mean(errors)


def test_the_distance_error_is_the_mean_over_pairs():
    place = torch.from_numpy(np.random.default_rng(0).uniform(-6, 6, (2, 9, 2)))
    code = torch.nn.functional.normalize(torch.from_numpy(np.random.default_rng(1).random((2, 9, 5))), dim=-1)
    found = distance_error(code, place, 1.2, 0.8)
    for each in range(2):
        assert found[each].item() == pytest.approx(loss_by_loops(code[each].numpy(), place[each].numpy(), 1.2, 0.8))


def test_a_code_is_what_was_learnt_in_metres():
    """The network in the room of 4π a side, and the code in a room of 3 m: the same, of length 1 and not negative."""
    code = learn_distance_codes([3], steps=20, side=3.0, **SMALL)[0]
    place = np.random.default_rng(0).uniform(-1.5, 1.5, (50, 2))
    layers = [(torch.tensor(weight[None]), torch.tensor(bias[None, None])) for weight, bias in code.layers]
    expected = network_code(layers, torch.tensor(place[None] * 4 * np.pi / 3.0))[0].numpy()
    np.testing.assert_allclose(code.activity(place), expected, atol=1e-5)
    assert expected.min() >= 0
    np.testing.assert_allclose(np.linalg.norm(expected, axis=1), 1, atol=1e-5)
    maps = code.maps(Rectangle(3.0, 3.0), 6)
    np.testing.assert_allclose(maps[:, 0, 1], code.activity([-1.25, -0.75]))


def test_silent_units_make_no_nan():
    code = DistanceCode([(np.zeros((4, 2)), -np.ones(4))], 2.2)
    assert (code.activity([[0.0, 0.1]]) == 0).all()


def test_a_network_learns_as_if_it_were_alone():
    beside, alone = learn_distance_codes([4, 7], steps=30, **SMALL)[1], learn_distance_codes([7], steps=30, **SMALL)[0]
    for (one, bias), (other, other_bias) in zip(beside.layers, alone.layers, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
        np.testing.assert_allclose(bias, other_bias, atol=1e-5)


@pytest.mark.parametrize(("share", "better"), [(1.0, "distance"), (0.0, "spread")])
def test_it_learns_what_it_is_asked_for(share, better):
    """The mean of three networks: 400 steps of one ended between .056 and .064, by how the processor rounds."""
    place = np.random.default_rng(0).uniform(-6, 6, (80, 2))

    def measures(steps):
        codes = learn_distance_codes([0, 1, 2], steps=steps, distance_share=share, rate=3e-3, **SMALL)
        found = [code.activity(place * 2.2 / (4 * np.pi)) for code in codes]
        return {
            "distance": np.mean([loss_by_loops(activity, place, 1.2, 1.0) for activity in found]),
            "spread": -np.mean(found),
        }

    before, after = measures(1), measures(800)
    assert after[better] < before[better] - 0.2 * abs(before[better])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"seeds": []}, "seeds: expected at least one"),
        ({"steps": 0}, "steps"),
        ({"batch": 1}, "batch"),
        ({"side": -1.0}, "side"),
        ({"distance_share": 1.5}, "distance_share: expected a number from 0 to 1, got 1.5"),
        ({"distance_share": float("nan")}, "distance_share"),
        ({"rate": 0.0}, "rate"),
    ],
)
def test_bad_settings_are_named(settings, words):
    with pytest.raises(ValueError, match=words):
        learn_distance_codes(**{"seeds": [0], "steps": 1, **settings})


def test_bad_positions_are_named():
    code = learn_distance_codes([0], steps=1, **SMALL)[0]
    with pytest.raises(ValueError, match="position: expected shape"):
        code.activity(np.zeros((4, 3)))
    with pytest.raises(ValueError, match="NaN"):
        code.activity([0.0, np.nan])
