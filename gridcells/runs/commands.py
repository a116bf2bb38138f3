"""The words that repeat a training: which settings of a preset were changed, and the command that changes them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from gridcells.presets import PRESETS, Preset
from gridcells.presets.base import SettingValue

__all__ = ["changed_settings", "repeating_command"]


def changed_settings(preset: Preset) -> dict[str, SettingValue]:
    """List the settings in which a preset differs from the one of its name, {"group.setting": value}.

    Parameters
    ----------
    preset : Preset
        The setting of a run.

    Returns
    -------
    dict of str to value
        Empty where no preset has its name, or only one of another kind of experiment.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> changed_settings(preset("laptop").override({"learning_rate": 1e6}))
    {'training.learning_rate': 1000000.0}
    """
    original = PRESETS.get(preset.name)
    if original is None or type(original) is not type(preset):
        return {}
    values = original.flat()
    return {name: value for name, value in preset.flat().items() if values.get(name) != value}


def repeating_command(name: str, changes: Mapping[str, SettingValue], seed: int, *, out: Path | None = None) -> str:
    """Write the words that train a network, or with ``out`` those that go on with the run there.

    Parameters
    ----------
    name : str
        The preset's name.
    changes : dict of str to value
        The settings that were changed.
    seed : int
        The run's seed.
    out : pathlib.Path, optional
        The folder of an unfinished run.

    Returns
    -------
    str
        A line for the shell.

    Examples
    --------
    >>> repeating_command("laptop", {"training.learning_rate": 1e22}, 2)
    'gridcells train laptop --set training.learning_rate=1e+22 --seed 2'
    """
    told = [word for setting, value in changes.items() for word in ("--set", f"{setting}={value}")]
    seeded = ["--seed", str(seed)] if seed else []
    going_on = ["--resume", "--out", str(out)] if out is not None else []
    return shlex.join(["gridcells", "train", name, *told, *seeded, *going_on])
