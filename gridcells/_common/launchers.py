"""Processes that a launcher started, such as torchrun, and that must not outlive it."""

from __future__ import annotations

import os
import signal
import threading
import time

__all__ = ["end_with_launcher"]

_LOOK = 0.2  # s between two looks for the launcher
_PATIENCE = 5.0  # s to end in good order, once it is gone


def end_with_launcher() -> None:
    """Watch the launcher from now on, if torchrun is one, and end this process as a request would once it is gone.

    A process that hears no request, since it waits for another one, is stopped a moment later.

    Examples
    --------
    >>> end_with_launcher()  # nothing, without torchrun
    """
    if "TORCHELASTIC_RUN_ID" in os.environ and os.name == "posix":
        threading.Thread(target=_watch, args=(_launcher(),), daemon=True).start()


def _launcher() -> int | None:
    """Return the number of the launcher, a Python program; None if it is gone already: who adopts orphans is none."""
    parent = os.getppid()
    try:
        with open(f"/proc/{parent}/cmdline", "rb") as words:
            return parent if b"py" in words.read() else None
    except OSError:  # it went away just now, or this system does not list its processes so
        return parent if parent != 1 else None


def _watch(launcher: int | None) -> None:
    while os.getppid() == launcher:
        time.sleep(_LOOK)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE)
    os._exit(1)
