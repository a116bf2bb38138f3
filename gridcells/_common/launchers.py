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
        threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(launcher: int) -> None:
    while os.getppid() == launcher:
        time.sleep(_LOOK)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE)
    os._exit(1)
