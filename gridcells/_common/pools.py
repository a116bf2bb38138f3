"""Processes that help: they end with the one that started them, however that ends, and clear away what they began."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from ctypes import c_byte

from gridcells._common.signals import held_back_requests

__all__ = ["Abandoned", "check_wanted", "helping_processes"]

_LOOK = 0.2  # s between looks at the parent
_GRACE = 2.0  # s that a helper has to clear away what it began once the parent is gone, or wants it no longer
_unwanted = threading.Event()  # in a helper: its parent is gone, or wants it no longer
_stop: list[c_byte] = []  # in a helper: what its parent sets to end it; no lock, one that is killed may hold it


class Abandoned(RuntimeError):
    """Raised in a helper whose work nobody wants any longer."""


def check_wanted() -> None:
    """Raise in a helper whose parent is gone or stops; elsewhere do nothing. To be called every second or so.

    Raises
    ------
    Abandoned
        If nobody wants the work.

    Examples
    --------
    >>> check_wanted()
    """
    if _unwanted.is_set() or any(stop.value for stop in _stop):
        raise Abandoned("nobody waits for this any longer")


@contextlib.contextmanager
def helping_processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Start processes for a while; an error or an interrupt within ends them at once.

    Parameters
    ----------
    count : int
        How many.

    Yields
    ------
    concurrent.futures.ProcessPoolExecutor
        Whose jobs call `check_wanted` as they go.

    Raises
    ------
    ChildProcessError
        If one of them is killed, as systems do that run out of memory.

    Examples
    --------
    >>> with helping_processes(1) as pool:
    ...     pool.submit(abs, -3).result()
    3
    """
    stop = multiprocessing.RawValue(c_byte, 0)
    with ProcessPoolExecutor(count, initializer=_begin, initargs=(stop,)) as pool:
        try:
            with held_back_requests():  # one that came in the middle of a fork would be lost
                pool.submit(check_wanted)
            yield pool
            stop.value = 1  # for one that cannot hear that the work is over: another was killed that held the queue
        except BaseException as error:
            stop.value = 1
            pool.shutdown(cancel_futures=True)
            if isinstance(error, BrokenProcessPool):
                told = f"workers: expected {count} processes that stay, got one that was killed"
                raise ChildProcessError(f"{told}; fewer need less memory") from None
            raise


def _begin(stop: c_byte) -> None:
    """Make this process a helper: deaf to Ctrl-C and hang-up, which its parent hears, watching if that one lives."""
    for name, answer in (("SIGINT", signal.SIG_IGN), ("SIGHUP", signal.SIG_IGN), ("SIGTERM", signal.SIG_DFL)):
        if hasattr(signal, name):  # a hang-up is none of Windows' signals
            signal.signal(getattr(signal, name), answer)
    _stop.append(stop)
    threading.Thread(target=_watch, args=(stop,), daemon=True).start()


def _watch(stop: c_byte) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    own = os.getppid() == parent.pid  # else a server of processes stands between
    while not stop.value and parent.is_alive() and (not own or os.getppid() == parent.pid):
        time.sleep(_LOOK)
    _unwanted.set()
    time.sleep(_GRACE)
    os._exit(1)
