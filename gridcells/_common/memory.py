"""What becomes of memory that is freed: whether this process keeps it for the next array or gives it back each time."""

from __future__ import annotations

import contextlib
import ctypes

__all__ = ["keep_freed_memory"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt
_LARGEST = 2**25  # bytes; glibc refuses more for the second


def keep_freed_memory() -> None:
    """Have the C library keep what is freed, so that not every array of a training step is paged in anew.

    A step makes and frees the same arrays again and again. This makes steps of small networks an eighth to a fifth
    faster, and several times so in a worker of Dask, which has its workers give memory back. It holds for the whole
    process; elsewhere than on glibc nothing is done.

    Examples
    --------
    >>> keep_freed_memory()
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL("libc.so.6")
        for parameter in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
            library.mallopt(parameter, _LARGEST)
