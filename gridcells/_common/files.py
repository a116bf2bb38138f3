"""Files appear whole or not at all: written under a temporary name beside the target, then renamed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gridcells._common.locks import free, lock_or_none, release

__all__ = ["atomic_path", "remove_leftovers", "writable_folder", "write_json"]

_LEFT = re.compile(r"\..+\.gridcells-[0-9a-f]{12}(\.\w+)*")
_LEFT_BY_OLDER = re.compile(  # names that only versions before 0.3 gave, and only to these files
    r"\.(checkpoint-\d{8}|run|metrics|weights|summary|maps|sweep|results|dataset|\d{4,}-of-\d{4,})-[0-9a-f]{12}\.\w+"
)


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path to write; on success it is synced and renamed to ``path``, on failure removed.

    Parameters
    ----------
    path : path_like
        Where the finished file belongs. The temporary one keeps its suffix and lies in the same folder; it is locked
        as long as this process lives, so that `remove_leftovers` knows it from one that a dead process left.

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
    temporary = path.with_name(f".{path.stem}.gridcells-{secrets.token_hex(6)}{path.suffix}")
    held = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)  # less the umask, as any new file
    try:
        if os.name != "posix":  # an open file could not be renamed there
            os.close(held)
            held = -1
        else:
            lock_or_none(held)
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            reason = error.strerror or str(error) or type(error).__name__  # NumPy's tells no number
            told = f"{reason} while writing {path}"
            raise (OSError(told) if error.errno is None else OSError(error.errno, told)) from error
        raise
    finally:
        if held >= 0:
            release(held)


def _sync_folder(folder: Path) -> None:
    """Write the folder's list of names to the disk, where the system can: a power cut then loses no finished file."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_leftovers(folder: str | Path) -> list[str]:
    """Remove the temporary files that killed processes left in a folder, and none of a process that still lives.

    Parameters
    ----------
    folder : path_like
        The folder; those inside it are not looked at.

    Returns
    -------
    list of str
        The names of what was removed.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / ".run.gridcells-0123456789ab.json").write_text("ha")
    ...     with atomic_path(Path(folder) / "run.json") as temporary:
    ...         remove_leftovers(folder)
    ['.run.gridcells-0123456789ab.json']
    """
    removed = []
    for path in sorted(Path(folder).iterdir()):
        named = _LEFT.fullmatch(path.name) or _LEFT_BY_OLDER.fullmatch(path.name)
        if named and path.is_file() and not path.is_symlink() and free(path) is True:
            with contextlib.suppress(OSError):
                path.unlink()
                removed.append(path.name)
    return removed


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
    """Make ``folder`` if need be, clear away what killed processes left in it, and raise if it cannot be written.

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
    ValueError
        If its name is no text, as summaries and messages need.
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
        str(folder).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{name}: expected a folder whose name is UTF-8, got {os.fsencode(folder)!r}") from None
    if "\0" in str(folder):
        raise ValueError(f"{name}: expected a folder's name, got {str(folder)!r}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        remove_leftovers(folder)
    except OSError as error:
        raise OSError(
            error.errno, f"{name}: expected a folder that can be written, got {folder} ({error.strerror})"
        ) from error
    return folder
