"""Requests to end: Ctrl-C, and what schedulers and closing terminals send, which count as the same."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

__all__ = ["held_back_requests", "interrupted_by_requests", "requests_to_end"]

_AGAIN = 0.02  # s until a request that could not be heard comes again
_AFTER = 1.0  # s after a request in which any error counts as what became of it


def requests_to_end() -> list[signal.Signals]:
    """Return the signals by which a process is asked to end, less those that it was started to ignore.

    Returns
    -------
    list of signal.Signals
        Interrupt (Ctrl-C), termination, which schedulers send, and hang-up, which a closing terminal does, unless they
        are ignored, as ``nohup`` and a shell's ``&`` have it.

    Examples
    --------
    >>> signal.SIGINT in requests_to_end()
    True
    """
    known = (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP"))
    return [one for one in known if one is not None and signal.getsignal(one) != signal.SIG_IGN]


@contextlib.contextmanager
def interrupted_by_requests() -> Iterator[None]:
    """Make termination and hang-up raise KeyboardInterrupt, as Ctrl-C does, so that nothing is left half done.

    Where Python cannot let it through, in what is called at a fork or when an object goes, it comes again a moment
    later, and nothing is printed. What libraries log on their way out, tracebacks of what they could not finish, is not
    heard, and an error of theirs that comes of the interrupt is the interrupt: one that has it behind it, or one within
    a second, since compiled libraries may take it for a wrong argument and say so.

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
        logging.disable()
        asked.append(time.monotonic())
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def again(lost: sys.UnraisableHookArgs) -> None:
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            told(lost)
        elif hasattr(signal, "pthread_kill"):  # which Windows has not
            waiting.append(
                threading.Timer(_AGAIN, signal.pthread_kill, (threading.main_thread().ident, next(iter(before))))
            )
            waiting[-1].start()

    waiting: list[threading.Timer] = []  # for a request to come again; once all is over nobody would take it for one
    asked: list[float] = []  # when requests came
    told, sys.unraisablehook = sys.unraisablehook, again
    heard = logging.root.manager.disable
    before = {number: signal.signal(number, interrupt) for number in requests_to_end()}
    try:
        yield
    except Exception as error:
        request = _request_behind(error)
        if request is None and not (asked and time.monotonic() - asked[-1] < _AFTER):
            raise
        raise KeyboardInterrupt(*(request.args if request else ())) from error
    finally:
        for timer in waiting:
            timer.cancel()
        sys.unraisablehook = told
        logging.disable(heard)
        for number, handler in before.items():
            signal.signal(number, handler)


def _request_behind(error: BaseException | None) -> KeyboardInterrupt | None:
    """Return the interrupt that was on its way when an error was raised; a file half written may not close."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error


@contextlib.contextmanager
def held_back_requests() -> Iterator[None]:
    """Keep requests to end waiting until the block is over.

    A KeyboardInterrupt in the middle of a fork would come while Python calls what is to be called then, and be lost.
    Blocking the signals in this thread would not do: another thread may be the one that hears them.

    Examples
    --------
    >>> try:
    ...     with held_back_requests():
    ...         signal.raise_signal(signal.SIGINT)
    ...         print("still here")
    ... except KeyboardInterrupt:
    ...     print("asked to end")
    still here
    asked to end
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda got, _: came.append(got)) for number in requests_to_end()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for request in came[:1]:
        signal.raise_signal(request)
