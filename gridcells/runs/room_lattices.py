"""How learnt lattices lie in their rooms: bent or not, and at which angle to walls; and a table of those measured.

python -m gridcells.runs.room_lattices RUN ...   # run folders, or names of shipped runs, into the table
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from gridcells._common.checks import nearest_name
from gridcells._common.files import write_json
from gridcells._common.reading import read_sealed, sealed
from gridcells._common.streams import Stream
from gridcells.runs.evaluation import Evaluation, evaluate
from gridcells.runs.own import load_run
from gridcells.runs.shipped import load_shipped, shipped_runs
from gridcells.scores import GridGeometry, grid_geometry, halves_likeness, lattice_maps, wall_offset, wall_shear
from gridcells.training.run import Run

__all__ = ["RoomLattice", "keep_room_lattices", "load_room_lattices", "measure_room_lattice"]

TABLE = Path(__file__).parents[1] / "shipped" / "room_lattices.json"
REACH = 0.9  # greatest shift at which two halves of a room are compared, m
PERFECT = 200  # perfect lattices that are measured in the same room

_BENT = ("ellipticity", "likeness")
_HUNG = ("agreement", "offset", "shear", "offset_unsheared")


@dataclass(frozen=True)
class RoomLattice:
    """How the lattice of one network lies in its room; of units above their matched null.

    Attributes
    ----------
    label : str
        Preset and changed settings, "room_square".
    seed : int
        Its seed.
    decoding_error, period : float
        As `gridcells.runs.Evaluation` has them, m.
    median_score_60, share_above_null : float
        Of all active units.
    units : int
        How many are above the null and have a lattice.
    ellipticity, perfect_ellipticity : float
        Median over units, and over perfect lattices of the same spacing and of these units' orientations in the room.
    likeness, perfect_likeness : float
        Median likeness of the room's halves, the same two (`gridcells.scores.halves_likeness` up to 0.9 m).
    agreement : float
        Length of the mean of exp(6 i orientation) over units: 1 where all lattices have the same axes.
    offset : float
        Between their mean axes and the nearest direction of a wall, rad; means something in a rectangle.
    shear : float
        Median size of the shear along a wall that makes a lattice roundest, displacement over distance from the wall.
    offset_unsheared : float
        The offset after it, rad.
    """

    label: str
    seed: int
    decoding_error: float
    period: float
    median_score_60: float
    share_above_null: float
    units: int
    ellipticity: float
    perfect_ellipticity: float
    likeness: float
    perfect_likeness: float
    agreement: float
    offset: float
    shear: float
    offset_unsheared: float


def load_room_lattices(start: str = "", *, path: Path = TABLE) -> list[RoomLattice]:
    """List the networks whose lattices were measured and whose label begins with ``start``, by label and seed.

    Parameters
    ----------
    start : str
        The beginning of a label.
    path : pathlib.Path
        The table.

    Returns
    -------
    list of RoomLattice
        A row a network. The words that train it are "gridcells train", its label and its seed.

    Examples
    --------
    >>> [row.seed for row in load_room_lattices("room_hexagon")][:3]
    [5, 6, 7]
    """
    rows = read_sealed(path)["rows"] if path.exists() else []
    known = (row | {name: math.nan for name, value in row.items() if value is None} for row in rows)
    return [RoomLattice(**row) for row in known if row["label"].startswith(start)]


def measure_room_lattice(run: Run, evaluation: Evaluation | None = None) -> RoomLattice:
    """Measure how a network's lattice lies in its room.

    Parameters
    ----------
    run : Run
        The network and its task.
    evaluation : Evaluation, optional
        Its evaluation; computed if None.

    Returns
    -------
    RoomLattice
        Numbers to five digits; NaN where no unit is above the null.

    Notes
    -----
    Source: Krupic et al. 2015 and Stensola et al. 2015, abstracts (what they ask of recorded grids).

    Examples
    --------
    >>> from gridcells.training.place_task import PlaceTask
    >>> run = load_shipped("small", 0)
    >>> quick = PlaceTask(run.task.preset.override({"scoring.paths": 500, "null_maps": 50}), seed=0)
    >>> row = measure_room_lattice(Run(quick, run.network, []))
    >>> row.label, row.ellipticity > 1
    ('small+paths=500+null_maps=50', True)
    """
    found = evaluate(run.network, run.task) if evaluation is None else evaluation
    arena = run.task.preset.arena
    size = run.task.preset.scoring.grid(arena).bin_size
    maps = found.rate_maps[found.scores.score_60 > found.comparison.threshold]
    grid = grid_geometry(maps, bin_size=size)
    turned = grid.orientation[~np.isnan(grid.orientation)]
    numbers = dict.fromkeys((*_BENT, *(f"perfect_{name}" for name in _BENT), *_HUNG), math.nan)
    if len(turned):
        generator = run.task.generator(Stream.PERFECT)
        perfect = lattice_maps(
            arena,
            np.full(PERFECT, found.period),
            orientation=generator.choice(turned, PERFECT),
            phase=generator.uniform(-1, 1, (PERFECT, 2)),
            bins=maps.shape[1:],
        )
        perfect[:, np.isnan(maps[0])] = np.nan
        bent = {"": _bent(maps, grid, size), "perfect_": _bent(perfect, grid_geometry(perfect, bin_size=size), size)}
        numbers |= {start + name: value for start, values in bent.items() for name, value in values.items()}
        numbers |= _hung(grid.orientation, grid.peaks)
    summary = found.summary()
    numbers |= {name: summary[name] for name in ("decoding_error", "period", "median_score_60", "share_above_null")}
    told = {name: float(f"{value:.5g}") for name, value in numbers.items()}
    return RoomLattice(label=run.task.preset.label, seed=run.task.seed, units=len(turned), **told)


def keep_room_lattices(runs: Iterable[Run], *, path: Path = TABLE) -> list[RoomLattice]:
    """Put the lattices of networks into the table; one of the same label and seed is replaced.

    Parameters
    ----------
    runs : iterable of Run
        The networks.
    path : pathlib.Path
        The table.

    Returns
    -------
    list of RoomLattice
        What the table then holds.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keep_room_lattices([], path=Path(folder) / "table.json")
    []
    """
    table = {(row.label, row.seed): row for row in load_room_lattices(path=path)}
    for run in runs:
        row = measure_room_lattice(run)
        table[row.label, row.seed] = row
        rows = [asdict(table[key]) for key in sorted(table)]
        told = [{name: None if value != value else value for name, value in one.items()} for one in rows]
        write_json(path, sealed({"rows": told}))  # after each, since each takes seconds
    return load_room_lattices(path=path)


def _bent(maps: np.ndarray, grid: GridGeometry, size: tuple[float, float]) -> dict[str, float]:
    """Return the median ellipticity of some maps, by their geometry, and how alike the room's halves are."""
    values = grid.ellipticity, halves_likeness(maps, bin_size=size, reach=REACH)
    return {name: float(np.nanmedian(value)) for name, value in zip(_BENT, values, strict=True)}


def _hung(orientation: np.ndarray, peaks: np.ndarray) -> dict[str, float]:
    """Return how the axes agree, their mean offset from the walls, the shear, and the offset without it."""
    sheared = wall_shear(peaks)
    before, after = (np.nanmean(np.exp(6j * angle)) for angle in (orientation, sheared.orientation))
    offset, undone = wall_offset(np.angle([before, after]) / 6)
    return dict(zip(_HUNG, (abs(before), offset, np.nanmedian(np.abs(sheared.amount)), undone), strict=True))


def _runs(words: list[str]) -> Iterable[Run]:
    """Open the runs that words name: shipped ones, all seeds of each, or folders."""
    shipped = shipped_runs()
    for word in words:
        if word in shipped:
            yield from (load_shipped(word, seed) for seed in shipped[word])
            continue
        try:
            yield load_run(word)
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{error}{nearest_name(word, shipped)}") from None


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python -m gridcells.runs.room_lattices RUN ...  (run folders, or names of shipped runs)")
    try:
        kept = keep_room_lattices(_runs(sys.argv[1:]))
    except (OSError, ValueError) as error:
        sys.exit(f"gridcells.runs.room_lattices: {error}")
    for row in kept:
        print(row)
