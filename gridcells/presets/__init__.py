"""Every setting as data: published ones and our own, each value with its unit and its source."""

from gridcells.checks import nearest_name
from gridcells.presets.banino import EnsembleSetting, LSTMPreset, LSTMSetting, LSTMTrainingSetting
from gridcells.presets.base import Preset, ScoringSetting
from gridcells.presets.sorscher import NetworkSetting, PlaceCellSetting, RNNPreset, TrainingSetting

__all__ = [
    "PRESETS",
    "AnyPreset",
    "EnsembleSetting",
    "LSTMPreset",
    "LSTMSetting",
    "LSTMTrainingSetting",
    "NetworkSetting",
    "PlaceCellSetting",
    "Preset",
    "RNNPreset",
    "ScoringSetting",
    "TrainingSetting",
    "preset",
]

AnyPreset = RNNPreset | LSTMPreset
PRESETS: dict[str, AnyPreset] = Preset.published  # type: ignore[assignment]
"""Settings by name, the published ones and ours; `gridcells presets` prints them with units and sources."""


def preset(name: str) -> AnyPreset:
    """Look a preset up by name.

    Parameters
    ----------
    name : str
        One of `PRESETS`.

    Returns
    -------
    RNNPreset or LSTMPreset
        The frozen setting.

    Raises
    ------
    ValueError
        If there is none of that name; the nearest is suggested.

    Examples
    --------
    >>> preset("laptop").network.units
    256
    """
    if name not in PRESETS:
        raise ValueError(f"preset: expected one of {', '.join(PRESETS)}, got {name!r}{nearest_name(name, PRESETS)}")
    return PRESETS[name]
