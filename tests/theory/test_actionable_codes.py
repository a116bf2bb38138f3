"""Codes whose waves are chosen: what they are asked for, by loops, and that a step means the same everywhere."""

import numpy as np
import pytest
import torch

from gridcells.theory import ActionableCode, learn_actionable_codes
from gridcells.theory import actionable_codes as module
from gridcells.world.arenas import Rectangle

PLACES, ROOMS = module._PLACES, module._ROOMS


@pytest.fixture(scope="module")
def activity():
    """Of two codes at places of the room and of the rooms around it [code, place, unit]."""
    source = torch.Generator().manual_seed(0)
    return torch.randn(2, PLACES * (ROOMS + 1), 4, generator=source, dtype=torch.float64)


def test_what_is_confused_is_a_mean_over_pairs(activity):
    apart = torch.rand(2, PLACES, PLACES, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = module._confused(activity, apart, 0.3)
    room = activity[1, :PLACES].numpy()
    room = room / np.linalg.norm(room, axis=0)
    total = sum(
        np.exp(-((room[one] - room[other]) ** 2).sum() / 0.6) * apart[1, one, other].item()
        for one in range(PLACES)
        for other in range(PLACES)
    )
    assert found[1].item() == pytest.approx(total / (2 * PLACES) ** 2)


def test_what_falls_below_zero_is_counted_everywhere(activity):
    values = activity[0].numpy()
    of_one_length = values / np.linalg.norm(values, axis=0) * (ROOMS + 1)
    expected = -np.minimum(of_one_length, 0).mean()
    assert module._below(activity)[0].item() == pytest.approx(expected)


@pytest.mark.parametrize("published", [False, True])
def test_loudness_is_that_of_other_rooms(activity, published):
    values = activity[1].numpy()
    inside = 1 if published else np.linalg.norm(values[:PLACES], axis=0)
    miss = [
        ((values[PLACES * (room + 1) : PLACES * (room + 2)] / inside) ** 2).sum(0) - 1 for room in range(ROOMS)
    ]  # the released code divides too, and then takes what was not divided
    expected = np.sqrt(np.square(miss).sum()) / np.size(miss)
    assert module._loudness(activity, published)[1].item() == pytest.approx(expected)


def test_places_and_the_rooms_around_them():
    places, apart = module._draw([torch.Generator().manual_seed(seed) for seed in range(3)], 0.5)
    assert places.shape == (3, PLACES * (ROOMS + 1), 2)
    for room in range(ROOMS):  # the same places, all moved alike
        moved = places[:, PLACES * (room + 1) : PLACES * (room + 2)] - places[:, :PLACES]
        assert moved.std(1).max() < 1e-5
    one, other = places[2, 4], places[2, 9]
    assert apart[2, 4, 9].item() == pytest.approx(1 - np.exp(-((one - other) ** 2).sum().item() / 0.5), abs=1e-5)


def test_a_step_means_the_same_everywhere():
    """One matrix takes the code at any place to the code a step further."""
    code = learn_actionable_codes([1], units=9, steps=5)[0]
    place = np.random.default_rng(0).normal(0, 1, (40, 2))

    def at(places):
        phase = places @ code.waves.T
        return np.concatenate([np.ones((len(phase), 1)), np.cos(phase), np.sin(phase)], 1) @ code.weights.T

    before, after = at(place), at(place + np.array([0.07, -0.2]))
    matrix = np.linalg.lstsq(before[:20], after[:20], rcond=None)[0]
    np.testing.assert_allclose(before[20:] @ matrix, after[20:], atol=1e-6)
    maps = code.maps(Rectangle(2.0, 1.0), (4, 2))
    np.testing.assert_allclose(maps[:, 3, 0], at(np.array([[0.75, -0.25]]))[0])


def test_a_code_learns_as_if_it_were_alone():
    beside, alone = (
        learn_actionable_codes([2, 8], units=9, steps=12)[1],
        learn_actionable_codes([8], units=9, steps=12)[0],
    )
    np.testing.assert_allclose(beside.waves, alone.waves, atol=1e-4)
    np.testing.assert_allclose(beside.weights, alone.weights, atol=1e-4)


def test_the_first_step_has_the_size_of_the_rate():
    """Adam's first step, the small number below its root: the rate where the gradient is not tiny."""
    tensor = torch.tensor([1.0, 1.0])
    module._Adam([tensor]).step([torch.tensor([5.0, 1e-4])])
    np.testing.assert_allclose(tensor, [1 - 0.1, 1 - 0.1 * 2**-0.5], rtol=1e-5)


def test_places_are_told_apart_and_then_little_falls_below_zero():
    """With slow bounds precision comes first; once the bounds weigh enough they are kept."""
    places, apart = module._draw([torch.Generator().manual_seed(9)], 0.5)

    def measures(steps, pace):
        code = learn_actionable_codes([0], units=16, steps=steps, pace=pace)[0]
        weights, waves = (torch.tensor(one[None], dtype=torch.float32) for one in (code.weights, code.waves * 0.25))
        values = module._activity(weights, waves, places)
        return module._confused(values, apart, 0.4).item(), module._below(values).item()

    (start, below), (confused, _), (_, bounded) = measures(1, 4e-4), measures(300, 4e-4), measures(600, 1e-2)
    assert confused < start - 0.004 and bounded < 0.1 * below


def test_modules_are_units_that_share_waves():
    waves = np.array([[9.0, 0], [0, 9.0], [20.0, 0], [0, 20.0], [0.1, 0.1]])
    weights = np.zeros((12, 11))
    weights[:5, [1, 2]] = weights[5:9, [8, 9]] = 1.0  # cosines of the first two waves; sines of the next
    weights[9:, 5] = 1.0  # a wave too long to turn once
    found = ActionableCode(waves, weights, 0.25).modules()
    assert [one.tolist() for one in found] == [[0, 1, 2, 3, 4], [5, 6, 7, 8]]
    assert len(ActionableCode(waves, weights, 0.25).modules(least=5)) == 1
    for units, length in zip(found, (9, 20), strict=True):
        weights[units[0], 5] = 0.01  # a little of the long wave
        assert ActionableCode(waves, weights, 0.25).wave_number(units) == pytest.approx(length, rel=0.01)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"seeds": ()}, "seeds: expected at least one"),
        ({"units": 2}, "units"),
        ({"spread": 0.0}, "spread"),
        ({"near": -1.0}, "near"),
        ({"confusion": float("inf")}, "confusion"),
        ({"pace": 0.0}, "pace"),
    ],
)
def test_bad_settings_are_named(settings, words):
    with pytest.raises(ValueError, match=words):
        learn_actionable_codes(**{"seeds": [0], "steps": 1, "units": 5, **settings})
