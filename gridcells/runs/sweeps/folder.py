"""A sweep's folder: whose results it holds, which client works in it, and what failed."""

from __future__ import annotations

import contextlib
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

from gridcells._common.files import writable_folder, write_json
from gridcells._common.locks import LOCK, free, hold_folder
from gridcells._common.reading import check_digest, read_json
from gridcells.runs.sweeps.spec import Sweep
from gridcells.runs.sweeps.work import RESULT, Outcome

__all__ = ["record_outcome", "remove_unfinished", "sweep_folder", "take_stock"]


@contextlib.contextmanager
def sweep_folder(sweep: Sweep, folder: str | Path) -> Iterator[Path]:
    """Open a sweep's folder, made if need be, for this client alone.

    Parameters
    ----------
    sweep : Sweep
        Whose results the folder holds, or will hold.
    folder : path_like
        The folder.

    Yields
    ------
    pathlib.Path
        Its absolute path.

    Raises
    ------
    ValueError
        If it holds other results or other files, or another client is at work in it.
    OSError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with sweep_folder(Sweep("none", ()), Path(parent) / "none") as folder:
    ...         sorted(path.name for path in folder.iterdir())
    ['failed', 'lock', 'runs', 'sweep.json']
    """
    root = writable_folder(folder).resolve()
    mine: dict[str, object] = {"name": sweep.name, "presets": sorted({run.preset.name for run in sweep.runs})}
    _check_owner(root, mine)
    with hold_folder(root, "client"):
        _check_owner(root, mine)  # again: another client may have begun meanwhile
        if not (root / "sweep.json").exists():
            write_json(root / "sweep.json", mine)
        for name in ("runs", "failed"):
            (root / name).mkdir(exist_ok=True)
        remove_unfinished(root, unknown=False)
        yield root


def _check_owner(root: Path, mine: dict[str, object]) -> None:
    described = root / "sweep.json"
    if described.exists():
        theirs = read_json(described)
        if theirs != mine:
            raise ValueError(f"out: expected results of {mine}, got {root} with those of {theirs}")
    elif any(path.name != LOCK and not path.name.startswith(".") for path in root.iterdir()):
        raise ValueError(f"out: expected an empty folder or one with this sweep, got {root} with other files")


def take_stock(root: Path, sweep: Sweep) -> set[str]:
    """Return the names of the runs that are complete; a result that is not what was written is put aside.

    Parameters
    ----------
    root : pathlib.Path
        The sweep's folder.
    sweep : Sweep
        Whose runs are looked for.

    Returns
    -------
    set of str
        The names.

    Warns
    -----
    UserWarning
        For each run that is put aside, into ``damaged/``, and done again. Once for results without a digest.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, sweep_folder(Sweep("none", ()), folder) as root:
    ...     take_stock(root, Sweep("none", ()))
    set()
    """
    complete, older = set(), 0
    for name in (run.name for run in sweep.runs):
        path = root / "runs" / name / RESULT
        try:
            older += not check_digest(read_json(path), path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except ValueError as error:
            aside = root / "damaged" / name
            shutil.rmtree(aside, ignore_errors=True)
            aside.parent.mkdir(exist_ok=True)
            path.parent.rename(aside)
            warnings.warn(f"run {name} is done again, what was there lies in {aside}: {error}", stacklevel=2)
            continue
        complete.add(name)
    if older:
        warnings.warn(f"{older} results in {root} carry no digest: an older version wrote them", stacklevel=2)
    return complete


def record_outcome(root: Path, outcome: Outcome) -> None:
    """Write a failed run's error and traceback to ``failed/``, or take away what is there of one that is complete.

    Parameters
    ----------
    root : pathlib.Path
        The sweep's folder.
    outcome : Outcome
        How the run went.

    Raises
    ------
    OSError
        If the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, sweep_folder(Sweep("none", ()), folder) as root:
    ...     record_outcome(root, Outcome("a1", "ValueError: no units", "Traceback ..."))
    ...     read_json(root / "failed" / "a1.json")["error"]
    'ValueError: no units'
    """
    path = root / "failed" / f"{outcome.name}.json"
    if outcome.done:
        path.unlink(missing_ok=True)
    else:
        write_json(path, {"name": outcome.name, "error": outcome.error, "traceback": outcome.traceback})


def remove_unfinished(root: Path, *, unknown: bool = True) -> None:
    """Remove what workers that were killed have left of runs, and nothing of a worker that lives.

    Parameters
    ----------
    root : pathlib.Path
        The sweep's folder.
    unknown : bool
        Whether to remove as well what nobody can tell of, where there are no locks: once all runs are done.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, sweep_folder(Sweep("none", ()), folder) as root:
    ...     (root / "runs" / ".a1-host-7-7").mkdir()
    ...     remove_unfinished(root)
    ...     list((root / "runs").iterdir())
    []
    """
    for part in (root / "runs").glob(".*"):
        gone = free(part)
        if gone or (gone is None and unknown):
            shutil.rmtree(part, ignore_errors=True)
