"""Codes that ship: read as they were written, by the words that repeat them, and hexagonal where the book says so."""

import numpy as np
import pytest

from gridcells.runs import CODE_SETS, codes, learn_codes, load_codes, ship_codes
from gridcells.runs.codes import _SHIPPED
from gridcells.scores import grid_scores
from gridcells.world.arenas import Rectangle


def room_of(name):
    return Rectangle(1, 1) if name.startswith("aligned") else Rectangle(2.2, 2.2)


@pytest.mark.parametrize("name", ["distance", "integrating", "actionable", "aligned_sheet"])
def test_codes_are_read_as_written(name, tmp_path):
    learnt = learn_codes(name, [3, 1], steps=2)
    path = ship_codes(name, learnt, 1.26, tmp_path)
    read = load_codes(name, tmp_path)
    assert list(read) == [3, 1]
    for seed, code in learnt.items():
        maps = code.maps(room_of(name), 5)
        np.testing.assert_allclose(read[seed].maps(room_of(name), 5), maps, atol=3e-3)
    assert f"gridcells.runs.codes {name} 3 1" in path.read_text()


@pytest.mark.parametrize("name", list(CODE_SETS))
def test_what_ships_is_what_the_set_says(name):
    read = load_codes(name)
    assert tuple(read) == CODE_SETS[name].seeds
    assert all(np.isfinite(code.maps(room_of(name), 4)).all() for code in read.values())


@pytest.mark.parametrize("name", ["distance", "integrating", "actionable", "aligned_none"])
def test_the_shipped_codes_are_hexagonal(name):
    for code in load_codes(name).values():
        scores = grid_scores(code.maps(room_of(name), 32), keep_autocorrelogram=False)
        assert np.nanmedian(scores.score_60) > 0.8 > np.nanmedian(scores.score_90) + 0.3


def test_a_torn_set_and_an_unknown_one_are_refused(tmp_path):
    ship_codes("actionable", learn_codes("actionable", [0], steps=1), 0.1, tmp_path)
    weights = tmp_path / "actionable.safetensors.xz"
    weights.write_bytes(weights.read_bytes()[:-3])
    with pytest.raises(ValueError, match="torn or changed"):
        load_codes("actionable", tmp_path)
    with pytest.raises(ValueError, match="'actionable'"):
        load_codes("actionabel")
    with pytest.raises(FileNotFoundError):
        load_codes("distance", tmp_path)


def test_the_sets_are_small():
    assert sum(path.stat().st_size for path in _SHIPPED.iterdir()) < 2.5e6


@pytest.mark.parametrize("name", ["distance", "integrating", "actionable", "aligned_ring"])
def test_a_stopped_training_goes_on_to_the_last_bit(name, tmp_path, monkeypatch):
    monkeypatch.setattr(codes, "_KEPT_EVERY", 3)
    whole = learn_codes(name, [2, 0], steps=8, folder=tmp_path)
    assert [path.stem for path in sorted(tmp_path.glob("*.json"))] == ["checkpoint-00000003", "checkpoint-00000006"]
    taken = []
    monkeypatch.setattr(codes._Kept, "after", lambda _, step, tensors: taken.append(step))
    again = learn_codes(name, [2, 0], steps=8, folder=tmp_path)
    assert taken == [7, 8]
    for seed, code in whole.items():
        for part, expected in codes._parts(code).items():
            np.testing.assert_array_equal(codes._parts(again[seed])[part], expected, err_msg=part)
    with pytest.warns(UserWarning, match="another run's"):
        learn_codes(name, [2, 1], steps=1, folder=tmp_path)
    assert taken == [7, 8, 1]


def test_what_has_diverged_does_not_ship(tmp_path):
    learnt = learn_codes("aligned_none", [0, 1], steps=1)
    learnt[1].weights[3, 4] = np.nan
    with pytest.raises(ValueError, match=r"got others in those of seeds \[1\]: learning has diverged"):
        ship_codes("aligned_none", learnt, 1.0, tmp_path)
    assert not any(tmp_path.iterdir())
