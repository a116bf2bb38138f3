"""Files appear whole or not at all: written under a temporary name beside the target, then renamed."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["atomic_path", "writable_folder", "write_json"]


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path to write; on success it is synced and renamed to ``path``, on failure removed.

    Parameters
    ----------
    path : path_like
        Where the finished file belongs. The temporary one keeps its suffix and lies in the same folder.

    Yields
    ------
    pathlib.Path
        The temporary path.

    Raises
    ------
    OSError
        If the folder cannot be written or the disk is full; an older file at ``path`` is left as it was.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_path(Path(folder) / "note.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     (Path(folder) / "note.txt").read_text()
    'whole'
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(6)}{path.suffix}")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))  # less the umask, as any new file
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            raise OSError(error.errno, f"{error.strerror} while writing {path}") from error
        raise


def write_json(path: str | Path, value: Any) -> None:
    """Write ``value`` as indented JSON, atomically.

    Parameters
    ----------
    path : path_like
        The file.
    value : JSON-serialisable
        What to write; NaN is refused, since JSON has none.

    Raises
    ------
    OSError
        If it cannot be written; an older file at ``path`` is left as it was.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(Path(folder) / "a.json", {"steps": 3})
    ...     json.loads((Path(folder) / "a.json").read_text())
    {'steps': 3}
    """
    text = json.dumps(value, indent=2, allow_nan=False) + "\n"
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def writable_folder(folder: str | Path, name: str = "out") -> Path:
    """Make ``folder`` if need be and raise at once if nothing can be written there.

    Parameters
    ----------
    folder : path_like
        The folder.
    name : str
        The argument's name, for the message.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    OSError
        If it cannot be made or written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     writable_folder(Path(parent) / "run").is_dir()
    True
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(
            error.errno, f"{name}: expected a folder that can be written, got {folder} ({error.strerror})"
        ) from error
    return folder
