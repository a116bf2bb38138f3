"""The list of presets: looked up by name, and set beside each other."""

import gridcells.presets.emergence
import gridcells.presets.rooms  # noqa: F401  # these two list their presets
from gridcells._common.checks import nearest_name
from gridcells._common.tables import Table
from gridcells.presets.banino import LSTMPreset
from gridcells.presets.base import Preset
from gridcells.presets.sorscher import RNNPreset

__all__ = ["PRESETS", "AnyPreset", "differences", "preset"]

AnyPreset = RNNPreset | LSTMPreset
PRESETS: dict[str, AnyPreset] = Preset.published  # type: ignore[assignment]
"""Settings by name, the published ones and ours; `gridcells presets` prints them with units and sources."""

for _name in sorted(PRESETS, key=lambda name: type(PRESETS[name]).__name__):  # whichever module was imported first
    PRESETS[_name] = PRESETS.pop(_name)


def preset(name: str) -> AnyPreset:
    """Return a preset by name.

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


def differences(*names: str) -> Table:
    """Set presets of one kind beside each other, setting by setting, where they differ.

    Parameters
    ----------
    names : str
        Presets of one kind of network.

    Returns
    -------
    Table
        A row a setting: its unit, and its value in each preset.

    Raises
    ------
    ValueError
        If a preset is unknown, or they are of different kinds.

    Examples
    --------
    >>> differences("laptop", "lattice").rows[0]
    ('place_cells.field_width', 'm', '0.15', '0.12')
    """
    chosen = [preset(name) for name in names]
    if len({type(one) for one in chosen}) != 1:
        raise ValueError(f"names: expected presets of one kind of network, got {', '.join(names) or 'none'}")
    listed = [one.flat() for one in chosen]
    rows = [
        (name, chosen[0].unit(name), *(_shown(values.get(name)) for values in listed))
        for name in listed[0]
        if len({values.get(name) for values in listed}) > 1
    ]
    return Table(("Setting", "Unit", *names), tuple(rows))


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
