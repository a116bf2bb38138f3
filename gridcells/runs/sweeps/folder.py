"""A sweep's folder: whose results it holds, which client works in it, and what failed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from gridcells._common.files import writable_folder, write_json
from gridcells.runs.sweeps.spec import Sweep
from gridcells.runs.sweeps.work import Outcome

__all__ = ["LOCK", "one_client", "record_outcome", "remove_unfinished", "sweep_folder"]

LOCK = "lock"  # the file of the client that works in the folder


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
    with one_client(root):
        _check_owner(root, mine)  # again: another client may have begun meanwhile
        if not (root / "sweep.json").exists():
            write_json(root / "sweep.json", mine)
        for name in ("runs", "failed"):
            (root / name).mkdir(exist_ok=True)
        yield root


def _check_owner(root: Path, mine: dict[str, object]) -> None:
    described = root / "sweep.json"
    if described.exists():
        theirs = json.loads(described.read_text(encoding="utf-8"))
        if theirs != mine:
            raise ValueError(f"out: expected results of {mine}, got {root} with those of {theirs}")
    elif any(path.name != LOCK for path in root.iterdir()):
        raise ValueError(f"out: expected an empty folder or one with this sweep, got {root} with other files")


@contextlib.contextmanager
def one_client(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, which the system gives back however this process ends.

    Parameters
    ----------
    folder : pathlib.Path
        The folder; its file `LOCK` stays there, and names the process while it is held.

    Raises
    ------
    ValueError
        If another process holds it.

    Notes
    -----
    On a file system without locks, and on Windows, nothing is held. Two clients at once then do some runs twice, but a
    run that is there is never replaced.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, one_client(Path(folder)):
    ...     (Path(folder) / LOCK).read_text() == f"process {os.getpid()} on {socket.gethostname()}"
    True
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with open(folder / LOCK, "a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read() or "another process"
            raise ValueError(
                f"out: expected a folder that no other client is at, got {folder}, held by {holder}"
            ) from None
        except OSError:
            pass
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


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
    ...     json.loads((root / "failed" / "a1.json").read_text())["error"]
    'ValueError: no units'
    """
    path = root / "failed" / f"{outcome.name}.json"
    if outcome.done:
        path.unlink(missing_ok=True)
    else:
        write_json(path, {"name": outcome.name, "error": outcome.error, "traceback": outcome.traceback})


def remove_unfinished(root: Path) -> None:
    """Remove what workers that were killed have left of runs.

    Parameters
    ----------
    root : pathlib.Path
        The sweep's folder.

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
        shutil.rmtree(part, ignore_errors=True)
