"""Words of the form name=value."""

import pytest

from gridcells.cli.assignments import read_assignments


def test_values_are_kept_as_they_stand():
    assert read_assignments(["a=1", "b.c=x=y", "d= "], "-p") == {"a": "1", "b.c": "x=y", "d": " "}
    assert read_assignments([], "-p") == {}
    assert read_assignments(["a="], "-p", empty=True) == {"a": ""}


@pytest.mark.parametrize("word", ["a", "=1", "a=", ""])
def test_a_word_that_is_no_pair_is_quoted(word):
    with pytest.raises(ValueError, match=f"^--set: expected name=value, got '{word}'$"):
        read_assignments(["b=1", word], "--set")


def test_a_name_stands_once():
    with pytest.raises(ValueError, match="^-p: expected one value of a, got '1' and '1'$"):
        read_assignments(["a=1", "b=2", "a=1"], "-p")
