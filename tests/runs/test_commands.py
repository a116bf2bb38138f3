"""The words that repeat a run name every changed setting, whole."""

import itertools
import shlex
from pathlib import Path

import pytest

from gridcells.presets import preset
from gridcells.runs.commands import changed_settings, repeating_command


@pytest.mark.parametrize("rate", [1e6, 1e-7, 0.00123456789])
def test_settings_come_back_from_the_words(rate):
    changed = preset("laptop").override({"learning_rate": rate, "steps": 30})
    words = shlex.split(repeating_command("laptop", changed_settings(changed), 3, out=Path("a folder")))
    told = dict(word.split("=") for flag, word in itertools.pairwise(words) if flag == "--set")
    assert preset("laptop").override(told) == changed
    assert words[-5:] == ["--seed", "3", "--resume", "--out", "a folder"]


def test_an_unchanged_preset_needs_no_words():
    assert repeating_command("lattice", changed_settings(preset("lattice")), 0) == "gridcells train lattice"
