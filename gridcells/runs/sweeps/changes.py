"""What each change of a setting does: a sweep's networks by what was changed, beside the preset as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gridcells._common.checks import nearest_name
from gridcells._common.tables import Table
from gridcells.presets import preset

__all__ = ["change_table", "networks_by_change"]

Rows = Mapping[str, np.ndarray]

_NUMBERS = {  # column → header, factor, digits
    "decoding_error": ("Error (cm)", 100, 1),
    "share_above_0.3": ("Units > 0.3 (%)", 100, 0),
    "share_above_0.8": ("> 0.8 (%)", 100, 0),
    "share_above_null": ("> null's 95 % (%)", 100, 0),
    "processor_seconds": ("Processor time (s)", 1, 0),
}


def networks_by_change(table: Rows) -> dict[str, np.ndarray]:
    """Group the complete networks of a sweep by the settings in which they differ from their preset.

    Parameters
    ----------
    table : dict of str to numpy.ndarray, [run]
        A table, as `load_table` gives it.

    Returns
    -------
    dict of str to numpy.ndarray, [row]
        Rows by preset and changes, "quick" or "quick: batch=50", in the table's order. A final learning rate that
        keeps its share of the first is no change of its own.

    Raises
    ------
    ValueError
        If no network is complete.

    Examples
    --------
    >>> from gridcells.runs.sweeps import load_table
    >>> {name: len(rows) for name, rows in networks_by_change(load_table("square")).items()}
    {'square_grids: learning_rate=0.0001': 3, 'square_grids: learning_rate=0.001': 3}
    """
    groups: dict[str, list[int]] = {}
    for row in np.flatnonzero(table["status"] == "complete"):
        name = str(table["preset"][row])
        base = preset(name).flat()
        values = {setting: table[setting][row] for setting in base if setting in table}
        changed = {setting: value for setting, value in values.items() if value != base[setting]}
        first, last = "training.learning_rate", "training.final_learning_rate"
        if last in changed and np.isclose(values[last] * base[first], values[first] * base[last]):
            del changed[last]
        told = ", ".join(f"{setting.partition('.')[2]}={_written(value)}" for setting, value in changed.items())
        groups.setdefault(f"{name}: {told}" if told else name, []).append(int(row))
    if not groups:
        raise ValueError("table: expected at least one complete network, got none")
    return {name: np.array(rows) for name, rows in groups.items()}


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)


def change_table(
    table: Rows, *, by: Sequence[str] = (), numbers: Mapping[str, tuple[str, float, int]] | None = None
) -> Table:
    """Set what came of each change beside the preset as it is: medians over seeds, and from where to where they go.

    Parameters
    ----------
    table : dict of str to numpy.ndarray, [run]
        A table, as `load_table` gives it.
    by : sequence of str
        Settings by their full names: a row for each of their values, instead of for each change.
    numbers : dict of str to (str, float, int), optional
        Columns of the table that are shown, with header, factor and digits; by default decoding error (cm), shares of
        units (%), and processor time (s) where the table has it.

    Returns
    -------
    Table
        A row a change, or a value of these settings: seeds and numbers.

    Raises
    ------
    ValueError
        If no network is complete, or the table has no such setting or number.

    Examples
    --------
    >>> from gridcells.runs.sweeps import load_table
    >>> change_table(load_table("square")).header[:3]
    ('Preset and change', 'Seeds', 'Error (cm)')
    """
    columns = {name: how for name, how in _NUMBERS.items() if name in table} if numbers is None else dict(numbers)
    for name in [*by, *columns]:
        if name not in table:
            raise ValueError(f"by, numbers: expected columns of the table, got {name!r}{nearest_name(name, table)}")
    groups = _networks_by_value(table, by) if by else networks_by_change(table)
    rows = []
    for name, group in groups.items():
        seeds = sorted(int(seed) for seed in table["seed"][group])
        run = seeds == list(range(seeds[0], seeds[-1] + 1)) and len(seeds) > 1
        told = f"{seeds[0]} to {seeds[-1]}" if run else ", ".join(map(str, seeds))
        rows.append((name, told, *(_spread(table[column][group], *columns[column][1:]) for column in columns)))
    first = ", ".join(name.partition(".")[2] for name in by) if by else "Preset and change"
    return Table((first, "Seeds", *(header for header, _, _ in columns.values())), tuple(rows))


def _networks_by_value(table: Rows, by: Sequence[str]) -> dict[str, np.ndarray]:
    """Group the complete networks by the values of some settings, in the table's order."""
    groups: dict[str, list[int]] = {}
    for row in np.flatnonzero(table["status"] == "complete"):
        groups.setdefault(", ".join(_written(table[name][row]) for name in by), []).append(int(row))
    return {name: np.array(rows) for name, rows in groups.items()}


def _spread(values: np.ndarray, factor: float, digits: int) -> str:
    """Write a median and, of several values, the least and the largest."""
    numbers = factor * values[~np.isnan(values)]
    if not len(numbers):
        return "–"
    middle, least, most = (f"{number:.{digits}f}" for number in np.quantile(numbers, [0.5, 0, 1]))
    return middle if len(numbers) == 1 else f"{middle} ({least} to {most})"
