"""Requests to end: Ctrl-C, and what schedulers and closing terminals send, which count as the same."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["held_back_requests", "interrupted_by_requests", "let_requests_through", "requests_to_end"]


def requests_to_end() -> list[signal.Signals]:
    """Return the signals by which a process is asked to end, less those that it was started to ignore.

    Returns
    -------
    list of signal.Signals
        Interrupt (Ctrl-C) always; termination, which schedulers send, and hang-up, which a closing terminal does,
        unless they are ignored, as ``nohup`` has it.

    Examples
    --------
    >>> signal.SIGINT in requests_to_end()
    True
    """
    others = (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP"))
    return [signal.SIGINT, *(one for one in others if one is not None and signal.getsignal(one) != signal.SIG_IGN)]


@contextlib.contextmanager
def interrupted_by_requests() -> Iterator[None]:
    """Make termination and hang-up raise KeyboardInterrupt, as Ctrl-C does, so that nothing is left half done.

    Examples
    --------
    >>> with interrupted_by_requests():
    ...     try:
    ...         signal.raise_signal(signal.SIGTERM)
    ...     except KeyboardInterrupt:
    ...         print("asked to end")
    asked to end
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, interrupt) for number in requests_to_end() if number != signal.SIGINT}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def held_back_requests() -> Iterator[None]:
    """Keep requests to end waiting until the block is over; processes that are forked within keep them waiting too.

    A KeyboardInterrupt in the middle of a fork would come while Python calls what is to be called then, and be lost.

    Examples
    --------
    >>> with held_back_requests():
    ...     signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    True
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where nothing forks
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, requests_to_end())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)  # what came meanwhile comes now


def let_requests_through() -> None:
    """Make requests to end reach a process that was forked while they were held back.

    Examples
    --------
    >>> let_requests_through()
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
