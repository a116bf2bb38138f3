"""What stands behind --set and -p: words of the form name=value."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["read_assignments"]


def read_assignments(words: Sequence[str], option: str, *, empty: bool = False) -> dict[str, str]:
    """Return the values that "name=value" words give, by name.

    Parameters
    ----------
    words : sequence of str
        The words.
    option : str
        What they stand behind, for the error.
    empty : bool
        Whether a value may be empty.

    Returns
    -------
    dict of str to str
        The values, in the words' order.

    Raises
    ------
    ValueError
        If a word is no such pair, or a name is given twice.

    Examples
    --------
    >>> read_assignments(["steps=5", "box=2.2"], "--set")
    {'steps': '5', 'box': '2.2'}
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals and (value or empty)):
            raise ValueError(f"{option}: expected name=value, got {word!r}")
        if name in found:
            raise ValueError(f"{option}: expected one value of {name}, got {found[name]!r} and {value!r}")
        found[name] = value
    return found
