"""What other libraries say of their own accord, where one line of ours says it better."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

__all__ = ["quiet"]


@contextlib.contextmanager
def quiet(name: str) -> Iterator[None]:
    """Keep a logger from writing for a while.

    Parameters
    ----------
    name : str
        The logger's name; those below it are not touched.

    Examples
    --------
    >>> with quiet("distributed.client"):
    ...     logging.getLogger("distributed.client").error("a traceback")
    """
    logger = logging.getLogger(name)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
