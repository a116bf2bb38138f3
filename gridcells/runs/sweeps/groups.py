"""Reading a sweep's table: which rows belong together, and in how many networks what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from gridcells._common.checks import nearest_name
from gridcells._common.tables import Table
from gridcells.presets import preset

__all__ = ["FAMILIES", "Group", "distinct", "families", "group_of", "group_table", "rows_of", "varied"]

Rows = Mapping[str, np.ndarray]

#: Families of targets, by the tuning of the preset.
FAMILIES = {
    "cartesian": "Cartesian",
    "polar": "polar",
    "gaussian": "Gaussian",
    "difference_of_gaussians_unit_amplitude": "DoG, unit amplitude",
    "difference_of_gaussians": "DoG, normalised",
    "difference_of_softmaxes": "difference of softmaxes",
    "softmax_of_differences": "softmax of DoG",
}


@dataclass(frozen=True, eq=False)
class Group:
    """What was found in some networks.

    Attributes
    ----------
    networks : int
        How many networks there are.
    decode : float
        Share of them whose decoding error, by the three most active cells, is at most `within`.
    likelihood : float
        The same by maximum likelihood.
    grids : float
        Share with at least one unit above `level`, of those that decode by maximum likelihood; NaN if none does.
    above_null : numpy.ndarray, [network]
        Share of each network's units that score above 95 % of its matched null; 0 where no unit is active.
    within : float
        The decoding error that counts, m.
    level : float
        The grid score that counts.
    """

    networks: int
    decode: float
    likelihood: float
    grids: float
    above_null: np.ndarray
    within: float
    level: float


def rows_of(table: Rows, **settings: object) -> np.ndarray:
    """Find the complete rows with the given settings, all others as in the preset.

    Parameters
    ----------
    table : dict of str to numpy.ndarray, [run]
        A table, as `load_table` gives it.
    settings : value, list of values or None
        Settings by their short names ("field_width"); a list allows several values, None any.

    Returns
    -------
    numpy.ndarray, [row]
        Indices of these rows.

    Raises
    ------
    ValueError
        If a setting is unknown.

    Examples
    --------
    >>> from gridcells.runs.sweeps import load_table
    >>> table = load_table("targets")
    >>> sorted({float(width) for width in table["place_cells.field_width"][rows_of(table, field_width=None)]})
    [0.1, 0.12, 0.15, 0.2]
    """
    base = preset(str(table["preset"][0])).flat()
    full = {name.partition(".")[2]: name for name in base}
    for name in settings:
        if name not in full:
            raise ValueError(f"{name}: expected a setting's short name{nearest_name(name, full)}")
    chosen = {full[name]: value for name, value in settings.items()}
    keep = table["status"] == "complete"
    for name, value in (base | chosen).items():
        if value is not None and name in table:
            keep &= np.isin(table[name], np.asarray(value if isinstance(value, list) else [value]))
    return np.flatnonzero(keep)


def varied(table: Rows, setting: str, column: str, **settings: object) -> tuple[np.ndarray, list[np.ndarray]]:
    """Collect a column against one setting, all others as in the preset.

    Parameters
    ----------
    table : dict of str to numpy.ndarray, [run]
        A table.
    setting : str
        The setting's short name.
    column : str
        What is read.
    settings : value, list of values or None
        Other settings, as in `rows_of`.

    Returns
    -------
    values : numpy.ndarray, [value]
        The setting's values in order.
    numbers : list of numpy.ndarray, [seed]
        The column at each value.

    Examples
    --------
    >>> from gridcells.runs.sweeps import load_table
    >>> values, errors = varied(load_table("targets"), "field_width", "decoding_error")
    >>> [len(error) > 1 for error in errors]
    [True, True, True, True]
    """
    rows = rows_of(table, **{setting: None}, **settings)
    name = next(name for name in table if name.partition(".")[2] == setting)
    values = np.unique(table[name][rows])
    return values, [table[column][rows[table[name][rows] == value]] for value in values]


def distinct(tables: Iterable[Rows], columns: Iterable[str]) -> dict[str, np.ndarray]:
    """Collect columns of the complete networks of several tables, each network once.

    Parameters
    ----------
    tables : iterable of dict of str to numpy.ndarray, [run]
        Tables, as `load_table` gives them.
    columns : iterable of str
        What is read.

    Returns
    -------
    dict of str to numpy.ndarray, [network]
        The columns.

    Raises
    ------
    ValueError
        If a table lacks a column.

    Examples
    --------
    >>> one = {"run": np.array(["a", "b"]), "status": np.array(["complete"] * 2), "period": np.array([1.0, 1.2])}
    >>> distinct([one, one], ["period"])["period"].tolist()
    [1.0, 1.2]
    """
    tables, columns = list(tables), list(columns)
    for name in columns:
        if not all(name in table for table in tables):
            raise ValueError(f"columns: expected columns that every table has, got {name!r}")
    done = [np.flatnonzero(table["status"] == "complete") for table in tables]
    runs = np.concatenate([table["run"][rows] for table, rows in zip(tables, done, strict=True)])
    _, first = np.unique(runs, return_index=True)
    first.sort()
    both = {name: [table[name][rows] for table, rows in zip(tables, done, strict=True)] for name in columns}
    return {name: np.concatenate(parts)[first] for name, parts in both.items()}


def group_of(table: Rows, rows: np.ndarray, *, within: float = 0.1, level: float = 0.8) -> Group:
    """Count in how many networks what was found.

    Parameters
    ----------
    table : dict of str to numpy.ndarray, [run]
        A table.
    rows : numpy.ndarray, [row]
        Which of its rows.
    within : float
        The decoding error that counts, m.
    level : float
        The grid score that counts.

    Returns
    -------
    Group
        The shares.

    Raises
    ------
    ValueError
        If there is no row.

    Examples
    --------
    >>> table = {"decoding_error": np.array([0.05, 0.9]), "likelihood_error": np.array([0.04, 0.05])}
    >>> table |= {"best_score_60": np.array([0.9, 0.1]), "share_above_null": np.array([0.2, np.nan])}
    >>> found = group_of(table, np.arange(2))
    >>> found.decode, found.likelihood, found.grids
    (0.5, 1.0, 0.5)
    """
    if not len(rows):
        raise ValueError("rows: expected at least one network, got none")
    able = table["likelihood_error"][rows] <= within
    return Group(
        networks=len(rows),
        decode=float(np.mean(table["decoding_error"][rows] <= within)),
        likelihood=float(able.mean()),
        grids=float(np.mean(table["best_score_60"][rows][able] > level)) if able.any() else float("nan"),
        above_null=np.nan_to_num(table["share_above_null"][rows]),
        within=within,
        level=level,
    )


def families(table: Rows, *, within: float = 0.1, level: float = 0.8, **settings: object) -> dict[str, Group]:
    """Group a table by the family of its targets, of any width and decay by default.

    Parameters
    ----------
    table : dict of str to numpy.ndarray, [run]
        A table, as `load_table` gives it.
    within : float
        The decoding error that counts, m.
    level : float
        The grid score that counts.
    settings : value, list of values or None
        Settings, as in `rows_of`.

    Returns
    -------
    dict of str to Group
        The groups that have networks, by the family's name.

    Raises
    ------
    ValueError
        If a setting is unknown.

    Examples
    --------
    >>> from gridcells.runs.sweeps import load_table
    >>> list(families(load_table("targets"), field_width=0.12))[:2]
    ['Gaussian', 'DoG, unit amplitude']
    """
    chosen = {"field_width": None, "recurrent_decay": None, "readout_decay": None} | settings
    groups = {}
    for tuning, name in FAMILIES.items():
        rows = rows_of(table, tuning=tuning, **chosen)
        if len(rows):
            groups[name] = group_of(table, rows, within=within, level=level)
    return groups


def group_table(groups: Mapping[str, Group], published: Mapping[str, Iterable[float]] | None = None) -> Table:
    """Set groups beside each other, and beside published shares.

    Parameters
    ----------
    groups : dict of str to Group
        Groups by name, all with the same `within` and `level`.
    published : dict of str to (float, float), optional
        Published shares of each group: of networks that decode, and of these, of those with any unit above the level.

    Returns
    -------
    Table
        A row a group.

    Examples
    --------
    >>> some = Group(4, 0.5, 1.0, 0.25, np.array([0.1, 0.2, 0.1, 0.2]), 0.1, 0.8)
    >>> group_table({"Gaussian": some}).rows[0]
    ('Gaussian', '4', '50 %', '100 %', '25 %', '15 % (10 to 20)')
    """
    one = next(iter(groups.values()))
    header = ["Targets", "Networks", f"Decode to {100 * one.within:.0f} cm", "By likelihood"]
    header += [f"Of these, any unit > {one.level}", "Units above the null"]
    rows = []
    for name, group in groups.items():
        low, middle, high = (100 * share for share in np.quantile(group.above_null, [0, 0.5, 1]))
        row = [name, str(group.networks), f"{group.decode:.0%}", f"{group.likelihood:.0%}"]
        row += ["–" if np.isnan(group.grids) else f"{group.grids:.0%}", f"{middle:.0f} % ({low:.0f} to {high:.0f})"]
        row += [f"{share:.0%}" for share in published[name]] if published else []
        rows.append(tuple(cell.replace("%", " %").replace("  %", " %") for cell in row))
    if published:
        header += ["Published: decode", "Published: any unit"]
    return Table(tuple(header), tuple(rows))
