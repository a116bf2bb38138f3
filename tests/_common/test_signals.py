"""Requests to end: heard wherever they come, unless they are ignored."""

import contextlib
import logging
import os
import signal
import time
import zlib

import numpy as np
import pytest
from matplotlib._path import affine_transform

from gridcells._common.signals import interrupted_by_requests, requests_to_end

pytestmark = pytest.mark.skipif(os.name != "posix", reason="this system has no such signals")


def test_requests_to_end_are_interrupts_unless_they_are_ignored():
    for number in (signal.SIGTERM, signal.SIGHUP):
        before = signal.signal(number, signal.SIG_DFL)  # nohup ignores a hang-up, and hands that down
        try:
            with pytest.raises(KeyboardInterrupt), interrupted_by_requests():
                signal.raise_signal(number)
            assert signal.getsignal(number) == signal.SIG_DFL
        finally:
            signal.signal(number, before)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert signal.SIGHUP not in requests_to_end()
        with interrupted_by_requests():
            signal.raise_signal(signal.SIGHUP)  # as nohup has it
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_that_python_cannot_let_through_comes_again(number, capfd):
    class Asked:
        def __del__(self):
            signal.raise_signal(number)
            time.sleep(0)  # where it would be heard

    with pytest.raises(KeyboardInterrupt), interrupted_by_requests():
        thing = Asked()
        del thing
        time.sleep(5)
        pytest.fail("the request was lost")
    assert capfd.readouterr().err == ""


def test_one_that_is_lost_as_all_ends_does_not_come_when_all_is_over():
    class Asked:
        def __del__(self):
            signal.raise_signal(signal.SIGTERM)
            time.sleep(0)

    with interrupted_by_requests():
        thing = Asked()
        del thing
    time.sleep(0.1)  # it would be the end of this process


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_other_faults_that_python_cannot_let_through_are_told_as_before():
    class Faulty:
        def __del__(self):
            raise ValueError("nothing of ours")

    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.unraisablehook", lambda lost: told.append(lost.exc_type))
        with interrupted_by_requests():
            thing = Faulty()
            del thing
    assert told == [ValueError]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_libraries_log_on_their_way_out_is_not_heard(number, capfd):
    told = logging.getLogger("some.library")
    with pytest.raises(KeyboardInterrupt), interrupted_by_requests():
        try:
            signal.raise_signal(number)
        finally:
            told.error("a traceback")
    told.error("afterwards")
    assert "a traceback" not in capfd.readouterr().err and logging.root.manager.disable == 0


def test_an_interrupt_that_the_process_was_started_to_ignore_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert signal.SIGINT not in requests_to_end()
        with interrupted_by_requests():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_error_that_comes_of_an_interrupt_is_the_interrupt(number):
    """As of Matplotlib, which closes a PDF in the middle of a stream, and cannot."""
    with pytest.raises(KeyboardInterrupt) as caught, interrupted_by_requests():
        try:
            signal.raise_signal(number)
        finally:
            raise zlib.error("inconsistent stream state")
    assert isinstance(caught.value.__cause__, zlib.error)


def test_an_error_without_a_request_stays_what_it_is():
    with pytest.raises(ZeroDivisionError), interrupted_by_requests():
        try:
            raise ValueError("first")
        except ValueError:
            _ = 1 / 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_that_a_compiled_library_takes_for_a_wrong_argument_is_one(number):
    class Asked:
        def __array__(self, *_, **__):
            signal.raise_signal(number)
            time.sleep(0)  # where it is heard
            return np.zeros((1, 2))

    with pytest.raises(KeyboardInterrupt) as caught, interrupted_by_requests():
        affine_transform(Asked(), np.eye(3))
    assert isinstance(caught.value.__cause__, TypeError)
    with pytest.raises(TypeError, match="incompatible"), interrupted_by_requests():
        affine_transform("no points", np.eye(3))


def test_an_error_long_after_a_request_that_was_answered_is_told(monkeypatch):
    monkeypatch.setattr("gridcells._common.signals._AFTER", 0.05)
    with pytest.raises(ZeroDivisionError), interrupted_by_requests():
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        time.sleep(0.1)
        print(1 / 0)
