"""No setting is so large or so small that computing with it can only fail."""

import pytest

from gridcells.presets import PRESETS, preset


@pytest.mark.parametrize("name", ["laptop", "banino2018_code", "emergence_rnn_wide"])
def test_every_number_of_a_preset_has_bounds(name):
    chosen = preset(name)
    for setting, value in chosen.flat().items():
        if isinstance(value, str | bool):
            continue
        for beyond in ("1e400", "1e31", "-1e31", *([] if isinstance(value, int) else ["1e-320", "-1e-320"])):
            with pytest.raises(ValueError, match=r"^[\w.]+: expected"):
                chosen.override({setting: beyond})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("motion.sub_step", 1e-9),
        ("motion.wall_band", -0.1),
        ("motion.wall_slowdown", -0.1),
        ("place_cells.surround_ratio", -1.0),
        ("network.readout_gain", -1.0),
        ("network.readout_gain", 0.0),
    ],
)
def test_numbers_without_a_meaning_are_refused(setting, value):
    with pytest.raises(ValueError, match=f"{setting.partition('.')[2]}: expected"):
        preset("laptop").override({setting: value})


def test_the_presets_are_within_bounds():
    assert all(chosen.override(chosen.flat()) == chosen for chosen in PRESETS.values())
