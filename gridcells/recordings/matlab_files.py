"""MATLAB files: positions, time stamps and spike times as labs name them, of versions 5 to 7.3."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import numpy as np

from gridcells.recordings.measures import Known
from gridcells.recordings.roles import known_of, measured_by, role_of

__all__ = ["read_matlab"]

SIGNATURE = b"\x89HDF"  # at byte 512 of version 7.3
NUMBER = re.compile(r"_?\d+$")
CELL = re.compile(r"((t|tt|tet|tetrode|ch|sh|shank)_?\d+_?)?(c|cl|clu|cluster|cell|neuron|u|unit)_?\d+", re.I)
EVEN = 1e-3  # share by which the steps of a clock differ


def read_matlab(path: Path) -> Known:
    """Read what a MATLAB file holds.

    ``posx posy [posx2 posy2] post cellTS`` and the other names of `ROLES`, on the top level or in a structure; spike
    times of several cells as a cell array, or as variables of their own (``cellTS1``, ``T2C3``), which are the units'
    names; or ``rate_maps`` and the like. Only where no name is that of a cell, every vector that ascends unevenly is
    taken for one's spike times, and that is said.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If it is no MATLAB file or holds nothing that is known.
    """
    with path.open("rb") as file:
        head = file.read(516)
    variables = _of_hdf(path) if SIGNATURE in (head[512:516], head[:4]) else _of_scipy(path)
    found: dict[str, object] = {}
    for name, value in variables.items():
        found |= value if isinstance(value, dict) else {name: value}
    known = known_of({name: value for name, value in found.items() if role_of(name) not in ("", "spike_times")})
    trains = {name: value for name, value in found.items() if role_of(name) == "spike_times" or not role_of(name)}
    named = {name: value for name, value in trains.items() if _names_a_cell(name)}
    spikes = _trains(named or trains, path.stem)
    known["measured"] |= measured_by(name for name in named)
    if spikes:
        known["spike_times"] = spikes
        if not named:
            known["notes"].append(f"spike times: every vector that ascends, {', '.join(spikes)}")
    if known.get("rate_maps") is not None and np.ndim(known["rate_maps"]) == 2:
        known["rate_maps"] = np.asarray(known["rate_maps"])[None]
    left = [name for name in trains if not (name in named or name in spikes or (not named and _several(trains[name])))]
    known["notes"] = [*known["notes"], *([f"left out, since it means nothing here: {', '.join(left)}"] if left else [])]
    if not ({"position", "rate_maps", "spike_times"} & set(known)):
        raise ValueError(
            f"expected the variables posx, posy, post and cellTS, or rate_maps, got {', '.join(variables) or 'none'}"
        )
    return known


def _names_a_cell(name: str) -> bool:
    """Return whether a variable is named as spike times are: cellTS, spikes2, T2C3, TT1_c4, unit7."""
    return "spike_times" in (role_of(name), role_of(NUMBER.sub("", name))) or bool(CELL.fullmatch(name))


def _trains(variables: dict[str, object], stem: str) -> dict[str, np.ndarray]:
    """Return the spike times of every cell by name: vectors that ascend, or cell arrays of them."""
    found: dict[str, np.ndarray] = {}
    for name, value in variables.items():
        if _several(value):
            for place, each in enumerate(np.asarray(value, dtype=object).ravel(), start=1):
                found[f"{name}{place}" if role_of(name) != "spike_times" else str(place)] = np.ravel(each).astype(float)
        elif (_names_a_cell(name) and _is_vector(value)) or _is_train(value):
            alone = role_of(name) == "spike_times" and len(variables) == 1
            found[stem if alone else name] = np.ravel(np.asarray(value, dtype=float))
    return found


def _several(value: object) -> bool:
    """Return whether a value is a cell array of vectors."""
    cells = isinstance(value, list) or (isinstance(value, np.ndarray) and value.dtype == object)
    return cells and all(np.asarray(each).dtype.kind in "fiu" for each in np.asarray(value, dtype=object).ravel())


def _is_vector(value: object) -> bool:
    """Return whether a value is a vector of numbers, even of none or one: the times of a cell that was hardly heard."""
    array = np.asarray(value)
    return array.dtype.kind in "fiu" and (array.size <= 1 or max(array.shape) == array.size)


def _is_train(value: object) -> bool:
    """Return whether a value is a vector of ascending numbers, more than one, and not the same step all along."""
    array = np.asarray(value)
    if not (array.dtype.kind in "fiu" and array.size > 1 and max(array.shape) == array.size):
        return False
    step = np.diff(array.ravel().astype(np.float64))
    even = len(step) > 1 and np.ptp(step) <= EVEN * max(float(step.max()), 1e-300)
    return bool(np.isfinite(array).all() and (step >= 0).all() and not even)


def _of_scipy(path: Path) -> dict[str, object]:
    """Return the variables of a file of version 5 to 7."""
    from scipy import io

    try:
        content = io.loadmat(path, simplify_cells=True)
    except (ValueError, TypeError, OSError, NotImplementedError, io.matlab.MatReadError) as error:
        raise ValueError(f"expected a MATLAB file, got something else ({error})") from error
    return {name: value for name, value in content.items() if not name.startswith("__")}


def _of_hdf(path: Path) -> dict[str, object]:
    """Return the variables of a file of version 7.3, whose axes stand the other way round."""
    try:
        h5py = importlib.import_module("h5py")
    except ImportError as error:
        raise ValueError(
            "expected the optional package h5py for MATLAB files of version 7.3: pip install "
            "'gridcells-companion[matlab]' (or save it with -v7)"
        ) from error

    def value_of(file: object, item: object) -> object:
        if hasattr(item, "keys"):
            return {name: value_of(file, item[name]) for name in item if not name.startswith("#")}  # type: ignore
        if item.attrs.get("MATLAB_empty"):  # type: ignore[attr-defined]
            return np.empty(0)
        array = item[()]  # type: ignore[index]
        if item.attrs.get("MATLAB_class") in (b"char", "char"):  # type: ignore[attr-defined]
            return "".join(map(chr, np.ravel(array).tolist()))
        if array.dtype == object:  # references to cells
            cells = [np.asarray(value_of(file, file[each])).squeeze() for each in array.ravel()]  # type: ignore[index]
            held = np.empty(len(cells), dtype=object)
            held[:] = cells
            return held
        return np.squeeze(array.T)

    try:
        with h5py.File(path, "r") as file:
            return {name: value_of(file, file[name]) for name in file if not name.startswith("#")}
    except OSError as error:
        raise ValueError(f"expected a MATLAB file, got something else ({error})") from error
