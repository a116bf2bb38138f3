"""Cells that tire and learn: what tiring lets through, what a step changes, and who is whose neighbour."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.special import j0

from gridcells.scores import grid_scores
from gridcells.theory import CONNECTIONS, adaptation_gain, learn_aligned_codes
from gridcells.theory import aligned_codes as module
from gridcells.world.arenas import Rectangle

ROOM = Rectangle(1, 1)


def test_the_gain_is_the_mean_over_straight_ways():
    def left(time, wave):
        """What an input at this time ago does now, after one stage of onset and one of recovery, seen along a way."""
        slow = (np.exp(-time / 0.3) - np.exp(-time / 0.1)) / 0.2
        return (np.exp(-time / 0.1) / 0.1 - slow) * j0(wave * 0.4 * time)

    for wave in (0.5, 8.0, 30.0):
        assert adaptation_gain(wave) == pytest.approx(quad(left, 0, 6, args=(wave,), limit=400)[0], abs=1e-6)


def test_cells_that_run_through_a_wave_keep_that_much_of_it():
    wave, step, direction = 12.0, 1e-3, np.linspace(0, np.pi, 40, endpoint=False)
    phase = np.linspace(0, 2 * np.pi, 16, endpoint=False)[:, None]
    act = tired = np.zeros((16, 40))
    for time in np.arange(-2.0, 0.0, step):  # all arrive at their phases at time 0
        seen = np.cos(phase + wave * 0.4 * time * np.cos(direction))
        act = act + step / 0.1 * (seen - tired - act)
        tired = tired + step / 0.3 * (seen - tired)
    mean = act.mean(1)
    assert 2 * (mean * np.cos(phase[:, 0])).mean() == pytest.approx(float(adaptation_gain(wave)), abs=0.01)


def test_an_even_input_is_forgotten_and_a_wave_is_kept_by_its_gain():
    side, bins, wave = 3.0, 60, 2 * np.pi / 0.5
    tired = module._tired(side, bins)
    np.testing.assert_allclose(tired.sum(1), 0, atol=1e-12)
    across = np.repeat(np.cos(wave * (np.arange(bins) + 0.5) * side / bins), bins)
    kept = (tired @ across).reshape(bins, bins)[20:40, 30] / across.reshape(bins, bins)[20:40, 30]
    assert np.median(kept) == pytest.approx(float(adaptation_gain(wave)), rel=0.05)


def test_activity_keeps_its_mean():
    drive = torch.randn(3, 7, 50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    threshold = torch.zeros(3, 7, 1, dtype=torch.float64)
    for _ in range(20):
        active, threshold = module._active(drive, threshold, torch.full((3, 1, 1), 5.0))
    np.testing.assert_allclose(active.mean(-1), 0.2, atol=1e-6)
    above = np.maximum((drive - threshold).numpy(), 0)
    np.testing.assert_allclose(active, 2 / np.pi * np.arctan(5 * above), atol=1e-12)


def test_a_step_is_hebbian_and_keeps_weights_of_one_length():
    code = learn_aligned_codes([3], steps=1, units=6, connections="line", strength=0.3, reach=0.2)[0]
    source = torch.Generator().manual_seed(3)
    before = torch.rand(6, 225, generator=source).double().numpy()
    before /= np.linalg.norm(before, axis=1, keepdims=True)
    at = torch.randint(900, (20,), generator=source).numpy()
    place = module._place_fields(1.0, 30)
    drive = module._tired(1.0, 30)[at] @ place @ before.T + 0.2 * np.ones((20, 6)) @ module._wiring("line", 6, 0.3, 0.2)
    active, _ = module._active(torch.from_numpy(drive), torch.zeros(20, 1).double(), torch.tensor(10.0))
    active = active.numpy()
    mean = 0.98 * 0.2 + 0.02 * active.mean(0)
    after = np.zeros_like(before)
    for unit in range(6):
        hebb = sum(active[each, unit] * place[at[each]] for each in range(20)) / 20
        after[unit] = np.maximum(before[unit] + 4 * (hebb - mean[unit] * place.mean(0)), 0)
    after /= np.linalg.norm(after, axis=1, keepdims=True)
    np.testing.assert_allclose(code.weights, after, atol=1e-5)


@pytest.mark.parametrize("connections", CONNECTIONS)
def test_who_is_whose_neighbour(connections):
    weight = module._wiring(connections, 36, 0.4, 0.05)
    assert (np.diag(weight) == 0).all()
    np.testing.assert_allclose(weight.sum(0), 0 if connections == "none" else 0.4)
    nearest = {"none": 0, "line": 1, "ring": 2, "sheet": 4}[connections]
    assert (np.isclose(weight[:, 0], weight[:, 0].max()) & (weight[:, 0] > 0)).sum() == nearest
    if connections == "ring":
        np.testing.assert_allclose(weight, np.roll(weight, (5, 5), (0, 1)))


def test_a_sheet_has_as_many_near_as_a_ring():
    ring, sheet = (module._wiring(kind, 400, 1.0, 0.04)[:, 0] for kind in ("ring", "sheet"))
    assert 1 / sheet.max() == pytest.approx(1 / ring.max(), rel=0.1)  # the sum of all, over the nearest


def test_a_network_does_not_depend_on_those_beside_it():
    alone, beside = learn_aligned_codes([4], steps=30)[0], learn_aligned_codes([9, 4], steps=30)[1]
    np.testing.assert_allclose(alone.weights, beside.weights, atol=1e-5)
    assert alone.gain == pytest.approx(beside.gain, rel=1e-5)


def test_hexagons_grow_where_nothing_connects_the_units():
    code = learn_aligned_codes([0], steps=6000, units=64, connections="none", pace=1.0)[0]
    maps = code.maps(ROOM)
    assert maps.mean() == pytest.approx(0.2, abs=0.01) and maps.min() >= 0 and maps.max() < 1
    scores = grid_scores(maps, keep_autocorrelogram=False)
    assert np.median(scores.score_60) > 0.4 > np.median(scores.score_90) + 0.1


def test_no_step_leaves_a_unit_without_weights():
    code = learn_aligned_codes([0], steps=40, units=9, connections="none", pace=1e4)[0]
    np.testing.assert_allclose(np.linalg.norm(code.weights, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"seeds": []}, "seeds: expected at least one"),
        ({"connections": "rings"}, "connections: expected one of"),
        ({"connections": "sheet", "units": 10}, "units: expected a square number"),
        ({"reach": 0}, "reach"),
        ({"side": -1}, "side"),
    ],
)
def test_wrong_settings_are_told(settings, message):
    with pytest.raises(ValueError, match=message):
        learn_aligned_codes(**{"seeds": [0], "steps": 1, **settings})


def test_only_the_room_that_was_learnt_is_mapped():
    code = learn_aligned_codes([0], steps=1, units=4)[0]
    with pytest.raises(ValueError, match="arena: expected the room that was learnt, 1 m a side"):
        code.maps(Rectangle(2, 2))
    with pytest.raises(ValueError, match="in square bins"):
        code.maps(ROOM, (3, 4))
    with pytest.raises(ValueError, match="recovery: expected another time"):
        adaptation_gain(1.0, onset=0.2, recovery=0.2)
