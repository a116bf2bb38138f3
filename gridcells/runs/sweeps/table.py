"""What came out: one tidy row a run, as Parquet; and the tables that ship with the library."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet

from gridcells._common.checks import nearest_name
from gridcells._common.files import atomic_path
from gridcells._common.reading import read_json
from gridcells._common.unpacking import check_unpacked
from gridcells.runs.sweeps.spec import Sweep
from gridcells.runs.sweeps.work import read_result

__all__ = ["TABLE", "collect", "load_table", "shipped_tables"]

TABLE = "results.parquet"


def collect(sweep: Sweep, folder: str | Path) -> Path:
    """Write one row a run, complete or not, into the folder's table.

    Parameters
    ----------
    sweep : Sweep
        The runs.
    folder : path_like
        Where their results are.

    Returns
    -------
    pathlib.Path
        The table: run, preset, seed, every setting by its full name, numbers, status ("complete", "failed" or
        "missing"), error, wall time and processor time (s), worker and versions. Settings that a run does not have
        are null.

    Raises
    ------
    OSError
        If the table cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from gridcells.presets import preset
    >>> from gridcells.runs.sweeps.spec import SweepRun
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = load_table(collect(Sweep("one", (SweepRun(preset("debate"), 0),)), folder))
    >>> str(table["status"][0]), int(table["seed"][0])
    ('missing', 0)
    """
    folder, rows = Path(folder), []
    for run in sweep.runs:
        result = read_result(folder, run.name)
        row: dict[str, object] = {"run": run.name, "preset": run.preset.name, "seed": run.seed, **run.preset.flat()}
        failure = folder / "failed" / f"{run.name}.json"
        row["status"] = "complete" if result else "failed" if failure.exists() else "missing"
        if result:
            row |= result["numbers"] | {"seconds": result["seconds"], "worker": result["worker"]}
            added = ("processor_seconds", "device")  # since results of earlier versions
            row |= {name: value for name, value in result.items() if name in added}
            row |= {f"version.{name}": version for name, version in result["versions"].items()}
        elif failure.exists():
            row["error"] = str(read_json(failure).get("error"))
        rows.append(row)
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    path = folder / TABLE
    with atomic_path(path) as temporary:
        pyarrow.parquet.write_table(pyarrow.table(columns), temporary, compression="zstd")
    return path


def load_table(path: str | Path) -> dict[str, np.ndarray]:
    """Read a sweep's table, or one that ships with the library.

    Parameters
    ----------
    path : path_like
        The Parquet file, a sweep's folder, or the name of a table that ships ("targets").

    Returns
    -------
    dict of str to numpy.ndarray, [run]
        The columns; a missing number is NaN, a missing text None.

    Raises
    ------
    ValueError
        If there is no such table.

    Examples
    --------
    >>> table = load_table("targets")
    >>> len(table["seed"])
    300
    """
    known = shipped_tables()
    file = known.get(str(path), Path(path))
    file = file / TABLE if file.is_dir() else file
    if not file.is_file():
        hint = nearest_name(str(path), known)
        raise ValueError(
            f"path: expected a Parquet table, a sweep's folder or one of {', '.join(known)}, got {str(path)!r}{hint}"
        )
    try:
        with pyarrow.parquet.ParquetFile(file) as table:
            footer = table.metadata
            groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
            check_unpacked(
                file, max(8 * footer.num_rows * footer.num_columns, *(one.total_byte_size for one in groups))
            )
            columns = table.read().to_pydict()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        if isinstance(error, PermissionError) or str(error).startswith(str(file)):
            raise
        reason = str(error).splitlines()[0]
        raise ValueError(f"{file}: expected a Parquet table, got something else ({reason})") from None
    return {name: _array(values) for name, values in columns.items()}


def shipped_tables() -> dict[str, Path]:
    """List the tables that ship with the library; beside each lies the TOML file that made it.

    Returns
    -------
    dict of str to pathlib.Path
        The tables' files by name.

    Examples
    --------
    >>> "targets" in shipped_tables()
    True
    """
    folder = Path(str(importlib.resources.files("gridcells") / "shipped" / "sweeps"))
    return {path.stem: path for path in sorted(folder.glob("*.parquet"))}


def _array(values: list[object]) -> np.ndarray:
    if all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values):
        whole = all(isinstance(value, int) for value in values)
        return np.array([np.nan if value is None else value for value in values], dtype=int if whole else float)
    return np.array(values)
