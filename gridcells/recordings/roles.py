"""What names in files mean: the words that labs use for positions, times, headings, spikes and maps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from gridcells._common.checks import as_numpy, nearest_name
from gridcells.recordings.measures import Known

__all__ = ["ROLES", "assigned", "known_of", "role_of"]

#: By role, the names that mean it, in lower case.
ROLES: dict[str, tuple[str, ...]] = {
    "rate_maps": ("rate_maps", "maps", "ratemaps", "rate_map", "map", "heat_map", "heatmap", "tuning_curves"),
    "position": ("position", "positions", "pos", "xy", "coords"),
    "x": ("x", "posx", "pos_x", "x_position", "x_m", "x_cm"),
    "y": ("y", "posy", "pos_y", "y_position", "y_m", "y_cm"),
    "x2": ("x2", "posx2", "pos_x2"),
    "y2": ("y2", "posy2", "pos_y2"),
    "activity": ("activity", "rates", "firing_rates"),
    "heading": ("heading", "head_direction", "hd", "head_angle", "headdirection", "hd_rad"),
    "time": ("time", "t", "times", "timestamp", "timestamps", "time_s", "post", "time stamp"),
    "spike_times": ("spike_times", "spikes", "cellts", "spiketimes", "spike_time"),
    "spike_units": ("spike_units", "spike_clusters", "clusters", "cluster_ids", "spike_unit", "cluster"),
    "occupancy": ("occupancy",),
    "bounds": ("bounds", "extent"),
    "bin_size": ("bin_size", "binsize", "bin_width", "binwidth"),
    "unit": ("unit", "units", "unit_names", "unit_name", "names", "cells", "cell_names"),
}
IGNORED: tuple[str, ...] = (
    "frame",
    "frames",
    "index",
    "sample",
    "speed",
    "velocity",
    "acceleration",
    "likelihood",
    "confidence",
    "z",
)
IGNORED += ("unnamed: 0", "trial", "lap", "")
_BY_NAME = {name: role for role, names in ROLES.items() for name in names}


def role_of(name: str) -> str:
    """Return what a name means: a role, "ignored" for what is known to be no unit, or "" for anything else.

    Examples
    --------
    >>> role_of("Timestamps"), role_of("likelihood"), role_of("t2c3")
    ('time', 'ignored', '')
    """
    word = name.strip().lower()
    return _BY_NAME.get(word) or ("ignored" if word in IGNORED or word.startswith("likelihood") else "")


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
    notes = [f"columns left out: {', '.join(left)}"] if left else []
    return roles, notes


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
    return known
