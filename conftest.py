"""What holds for every test and every example in the library's docstrings."""

import signal
import sys
from collections.abc import Iterator

import pytest

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # so it is in a shell's background; tests of Ctrl-C must hear it
    signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:  # likewise of nohup
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    """Close the figures that a test or an example drew."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
