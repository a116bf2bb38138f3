"""Loggers of other libraries that are kept from writing for a while."""

import logging

import pytest

from gridcells._common.logs import quiet


def test_a_logger_is_quiet_for_a_while_and_no_other_is(caplog):
    noisy, other = logging.getLogger("noisy"), logging.getLogger("other")
    with pytest.raises(KeyboardInterrupt), quiet("noisy"):
        noisy.error("a traceback")
        other.error("a word")
        raise KeyboardInterrupt
    noisy.error("heard again")
    assert [record.message for record in caplog.records] == ["a word", "heard again"]


def test_a_logger_that_was_quiet_stays_so():
    logger = logging.getLogger("disabled")
    logger.disabled = True
    with quiet("disabled"):
        assert logger.disabled
    assert logger.disabled
