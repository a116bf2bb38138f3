"""What names in files mean: the words that labs use for positions, times, headings, spikes and maps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from gridcells._common.checks import as_numpy, nearest_name
from gridcells._common.quantities import ANGLES, LENGTHS, TIMES, factor_of
from gridcells.recordings.measures import Known

__all__ = ["ROLES", "assigned", "known_of", "measured_by", "role_of", "unit_of"]

#: By role, the names that mean it, in lower case; one of position, time or angle may end in its unit: time_ms, X [cm].
ROLES: dict[str, tuple[str, ...]] = {
    "rate_maps": ("rate_maps", "maps", "ratemaps", "rate_map", "map", "heat_map", "heatmap", "tuning_curves"),
    "position": ("position", "positions", "pos", "xy", "coords", "linear_position", "linpos", "lin_pos"),
    "x": ("x", "posx", "pos_x", "x_pos", "x_position", "position_x"),
    "y": ("y", "posy", "pos_y", "y_pos", "y_position", "position_y"),
    "x2": ("x2", "posx2", "pos_x2"),
    "y2": ("y2", "posy2", "pos_y2"),
    "activity": ("activity", "rates", "firing_rates"),
    "heading": ("heading", "head_direction", "hd", "head_angle", "headdirection", "head_dir", "heading_angle"),
    "time": ("time", "t", "times", "timestamp", "timestamps", "post", "time stamp", "time_stamp", "ts"),
    "spike_times": ("spike_times", "spikes", "cellts", "spiketimes", "spike_time"),
    "spike_units": ("spike_units", "spike_clusters", "clusters", "cluster_ids", "spike_unit", "cluster"),
    "occupancy": ("occupancy",),
    "bounds": ("bounds", "extent"),
    "bin_size": ("bin_size", "binsize", "bin_width", "binwidth"),
    "unit": ("unit", "units", "unit_names", "unit_name", "names", "cells", "cell_names"),
}
# fmt: off
#: Names of what is no unit.
IGNORED = {
    "", "unnamed: 0", "index", "sample", "samples", "date", "session", "epoch", "trial", "trial_id",
    "trial_number", "lap", "lap_number", "z", "vx", "vy", "acc", "acc_x", "acc_y", "acc_z",
    "angle", "direction", "yaw", "pitch", "roll", "theta", "phase",
    "reward", "lick", "licks", "pupil",
}
# fmt: on
#: Alone or in a longer name, such as head_speed or nose likelihood.
IGNORED_WORDS = {"frame", "frames", "speed", "velocity", "vel", "acceleration", "likelihood", "confidence"}
_BY_NAME = {name: role for role, names in ROLES.items() for name in names}
#: The roles whose names may say a unit, the argument of `Measures` that it is for, and what it may be.
_MEASURED: dict[str, tuple[str, dict[str, float], dict[float, str]]] = {
    **dict.fromkeys(("position", "x", "y", "x2", "y2"), ("position", LENGTHS, {1.0: "m", 0.01: "cm", 0.001: "mm"})),
    "time": ("time", TIMES, {1.0: "s", 1e-3: "ms", 1e-6: "us"}),
    "spike_times": ("spike_time", TIMES, {1.0: "s", 1e-3: "ms", 1e-6: "us"}),
    "heading": ("heading", ANGLES, {1.0: "rad", ANGLES["deg"]: "deg"}),
}
PIXELS = ("px", "pixel", "pixels")


def role_of(name: str) -> str:
    """Return what a name means: a role, "ignored" for what is known to be no unit, or "" for anything else.

    Examples
    --------
    >>> role_of("Timestamps"), role_of("X [cm]"), role_of("likelihood"), role_of("t2c3")
    ('time', 'x', 'ignored', '')
    """
    word = _word(name)
    if word in _BY_NAME:
        return _BY_NAME[word]
    if role := _with_unit(word)[0]:
        return role
    return "ignored" if word in IGNORED or IGNORED_WORDS & set(re.split(r"[^a-z]+", word)) else ""


def unit_of(name: str) -> tuple[str, str] | None:
    """Return which argument of `Measures` a name says something about, and what; None for a name that says nothing.

    Examples
    --------
    >>> unit_of("time_ms"), unit_of("X [cm]"), unit_of("time")
    (('time', 'ms'), ('position', 'cm'), None)
    """
    word = _word(name)
    role, unit = ("", "") if word in _BY_NAME else _with_unit(word)
    return (_MEASURED[role][0], unit) if role else None


def _word(name: str) -> str:
    """Return a name in lower case, with single blanks."""
    return " ".join(name.strip().lower().split())


def _with_unit(word: str) -> tuple[str, str]:
    """Return the role and the unit of a name that ends in a unit, or two empty words."""
    found = re.fullmatch(r"(.+?)\s*[(\[]\s*([^)\]]+?)\s*[)\]]", word) or re.fullmatch(r"(.+)[_ ]([^_ ]+)", word)
    role = _BY_NAME.get(found[1], "") if found else ""
    if found is None or role not in _MEASURED:
        return "", ""
    _, table, names = _MEASURED[role]
    unit = "px" if table is LENGTHS and found[2] in PIXELS else names.get(factor_of(found[2], table) or 0.0, "")
    return (role, unit) if unit else ("", "")


def measured_by(names: Iterable[str]) -> dict[str, str]:
    """Return the units that names say, by the argument of `Measures`.

    Raises
    ------
    ValueError
        If two names say different ones.
    """
    said: dict[str, tuple[str, str]] = {}
    for name in names:
        if (found := unit_of(name)) is None:
            continue
        measure, unit = found
        first, before = said.setdefault(measure, (name, unit))
        if before != unit:
            raise ValueError(f"{measure}_unit: expected one, got {before!r} of {first} and {unit!r} of {name}")
    return {measure: unit for measure, (_, unit) in said.items()}


def assigned(names: Iterable[str], columns: Sequence[str], ignore: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the role of every name ("unit" for a unit's activity, "ignored"), and what to say about it.

    Parameters
    ----------
    names : iterable of str
        The names in the file.
    columns : sequence of str
        What the caller says: "x=posx" gives a role; a bare name is a unit, and then no other is.
    ignore : sequence of str
        Names to leave out.

    Raises
    ------
    ValueError
        If a name that the caller gives is not in the file, or a role is unknown.
    """
    have = list(names)
    given: dict[str, str] = {}
    chosen: list[str] = []
    for entry in columns:
        role, said, name = entry.partition("=")
        if not said:
            role, name = "unit", entry
            chosen.append(name)
        if said and role not in ROLES:
            raise ValueError(
                f"columns: expected one of {', '.join(ROLES)} before '=', got {role!r}{nearest_name(role, ROLES)}"
            )
        given[name] = role
    for name, option in [*((name, "columns") for name in given), *((name, "ignore") for name in ignore)]:
        if name not in have:
            raise ValueError(f"{option}: expected names that the file has, got {name!r}{nearest_name(name, have)}")
    roles: dict[str, str] = {}
    for name in have:
        role = given.get(name) or ("ignored" if name in ignore else role_of(name) or "unit")
        taken = {each for other, each in given.items() if other != name}
        roles[name] = (
            "ignored"
            if (role in taken and name not in given) or (role == "unit" and chosen and name not in chosen)
            else role
        )
    left = [name for name, role in roles.items() if role == "ignored"]
    return roles, [f"columns left out: {', '.join(left)}"] if left else []


def known_of(found: dict[str, object]) -> Known:
    """Return what arrays by their names in a file say, by the names of `Recording.of`, with a note of what is left out.

    Raises
    ------
    ValueError
        If two names mean the same.
    """
    known: Known = {}
    named: dict[str, str] = {}
    left = []
    for name, value in found.items():
        role = role_of(name)
        if role in ("", "ignored"):
            left.append(name)
            continue
        if role in named:
            raise ValueError(f"{role}: expected it once, got {named[role]} and {name}")
        named[role] = name
        known[role] = as_numpy(value, name) if role == "rate_maps" else value  # type: ignore[arg-type]
    for first, second, whole in (("x", "y", "position"), ("x2", "y2", "second_led")):
        along, across = known.pop(first, None), known.pop(second, None)
        if along is not None and across is not None and np.size(along) and whole not in known:
            pair = [as_numpy(each, name).reshape(-1) for each, name in ((along, first), (across, second))]
            if len(pair[0]) != len(pair[1]):
                raise ValueError(f"{whole}: expected as many x as y, got {len(pair[0])} and {len(pair[1])}")
            known[whole] = np.stack(pair, axis=1)
    position = known.get("position")
    if position is not None and "time" not in known and np.ndim(position) == 2 and np.shape(position)[1] == 3:
        table = as_numpy(position, "position")
        if (np.diff(table[np.isfinite(table[:, 0]), 0]) > 0).all():
            known["time"], known["position"] = table[:, 0], table[:, 1:]  # t, x, y
    known["notes"] = [f"left out, since it means nothing here: {', '.join(left)}"] if left else []
    return known | {"measured": measured_by(named.values())}
