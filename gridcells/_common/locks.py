"""Who is at work: locks that the system gives back however a process ends, and that say who holds them."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

__all__ = ["LOCK", "free", "hold_folder", "lock_or_none", "release"]

LOCK = "lock"  # the file by which a process holds a folder
_HELD: dict[Path, int] = {}  # folders that this process holds, and by which thread
_OPEN: set[int] = set()  # descriptors of locked files


def lock_or_none(descriptor: int) -> bool | None:
    """Lock an open file for this process.

    Parameters
    ----------
    descriptor : int
        The open file.

    Returns
    -------
    bool or None
        True if it is locked now, False if another process has locked it, None on a system or a file system without
        locks (Windows among them).

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryFile() as file:
    ...     lock_or_none(file.fileno()) is not False
    True
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    _OPEN.add(descriptor)
    return True


def release(descriptor: int) -> None:
    """Release the lock of an open file, if it has one, and close it.

    Parameters
    ----------
    descriptor : int
        The open file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     descriptor = os.open(file.name, os.O_RDWR)
    ...     _ = lock_or_none(descriptor)
    ...     release(descriptor)
    ...     free(Path(file.name))
    True
    """
    if descriptor in _OPEN:
        import fcntl

        _OPEN.discard(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # also for processes that were forked meanwhile
    os.close(descriptor)


def _forget() -> None:
    """Close, in a forked process, of what its parent holds: else the lock would outlive the parent."""
    for descriptor in _OPEN:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _OPEN.clear()
    _HELD.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def free(path: Path) -> bool | None:
    """Return whether no living process holds the lock of a file or folder.

    Parameters
    ----------
    path : pathlib.Path
        The file or folder.

    Returns
    -------
    bool or None
        None where there are no locks, or it cannot be opened.

    Examples
    --------
    >>> free(Path("nowhere")) is None
    True
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return lock_or_none(descriptor)
    finally:
        release(descriptor)


@contextlib.contextmanager
def hold_folder(
    folder: str | Path, what: str = "process", name: str = "out", *, nested: bool = False
) -> Iterator[None]:
    """Hold a folder for this thread alone.

    Parameters
    ----------
    folder : path_like
        The folder, which is there.
    what : str
        What must not be at work in it besides: "client", "process".
    name : str
        The argument's name, for the message.
    nested : bool
        Whether this thread may hold it already; nothing changes then.

    Raises
    ------
    ValueError
        If another process or thread holds it; the message says which, and on which machine.
    OSError
        If the folder cannot be written.

    Notes
    -----
    The lock is a file `LOCK` with the holder's name. It goes away at the end; one that a killed process left is free.
    Nothing is held on Windows, nor on a file system without locks.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with hold_folder(folder):
    ...         (Path(folder) / LOCK).read_text() == f"process {os.getpid()} on {socket.gethostname()}"
    ...     (Path(folder) / LOCK).exists()
    True
    False
    """
    place, thread = Path(folder).resolve(), threading.get_ident()
    if nested and _HELD.get(place) == thread:
        yield
        return
    if os.name != "posix":
        yield
        return
    expected = f"{name}: expected a folder that no other {what} is at, got {folder}, held by "
    if place in _HELD:
        raise ValueError(f"{expected}process {os.getpid()} on {socket.gethostname()}")
    path = place / LOCK
    descriptor, locked = _open_locked(path, expected)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
        _HELD[place] = thread
        yield
    finally:
        _HELD.pop(place, None)
        if locked:  # nobody else may be within, so that the file can go
            with contextlib.suppress(OSError):
                path.unlink()
        release(descriptor)


def _open_locked(path: Path, expected: str) -> tuple[int, bool]:
    """Open and lock the file of a folder; a holder that ends meanwhile takes the file away, so look again then."""
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        locked = lock_or_none(descriptor)
        if locked is False:
            holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace") or "another process"
            os.close(descriptor)
            raise ValueError(expected + holder)
        try:
            same = os.path.samestat(os.fstat(descriptor), os.stat(path))
        except FileNotFoundError:
            same = False
        if same:
            return descriptor, locked is True
        release(descriptor)
