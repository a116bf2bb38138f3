"""Printed results get the class by which the style sheet has them fit their column."""

from __future__ import annotations

import chapters
import pytest
from printed_results import FIT, STEP, WIDEST, class_of

STYLES = (chapters.ROOT / "book/_static/gridcells.css").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", ""),
        ("a" * FIT, ""),
        ("word " * 20, "wraps"),
        ("  indented, and no table: " + "word " * 20, "wraps"),
        ("one  two\n" + "a" * 71, "columns-80"),
        ("one  two\n" + "a" * 80 + "\nb", "columns-80"),
        ("one  " * 60, f"columns-{WIDEST}"),
    ],
)
def test_words_wrap_and_tables_are_set_by_their_longest_line(text, name):
    assert class_of(text) == name


def test_every_class_has_its_size():
    for columns in range(FIT + STEP, WIDEST + 1, STEP):
        assert f".columns-{columns} {{ --columns: {columns}; }}" in STYLES
