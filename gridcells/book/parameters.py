"""The parameters of a chapter: read from its cell of parameters, and set from text.

A chapter says its parameters in one cell, a literal a line with a comment. What is typed for one of them is read by the
type of its default, so that a misspelt name or a wrong type is refused before anything runs.
"""

from __future__ import annotations

import ast
import io
import math
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Parameter", "parse_value", "read_parameters"]


@dataclass(frozen=True)
class Parameter:
    """One line of a chapter's cell of parameters.

    Parameters
    ----------
    name : str
        Its name.
    default : object
        Its value in the book: a literal.
    comment : str
        What the line says of it, "" where it says nothing.
    """

    name: str
    default: object
    comment: str = ""


def parse_value(name: str, text: str, default: object) -> object:
    """Read ``text`` as a value of the type of ``default``.

    Parameters
    ----------
    name : str
        The parameter's name, for the message.
    text : str
        What was typed: a literal, or plain text where the default is text or None.
    default : object
        A value of the right type. Elements of a list, tuple or dictionary must be of the type of one of its elements,
        where it has any.

    Returns
    -------
    object
        The value.

    Raises
    ------
    ValueError
        If the text is not of that type.

    Examples
    --------
    >>> parse_value("steps", "800", 500), parse_value("width", "1", 0.12), parse_value("seeds", "0,1", [0, 1, 2])
    (800, 1.0, [0, 1])
    >>> parse_value("steps", "many", 500)
    Traceback (most recent call last):
    ValueError: steps: expected int, such as 500, got 'many'
    """
    if isinstance(default, str):
        return text
    if default is None:
        return None if text == "None" else text
    try:
        words = {"true": True, "false": False} if isinstance(default, bool) else {}
        value = words[text.lower()] if text.lower() in words else ast.literal_eval(text.strip())
        if isinstance(default, list) and isinstance(value, tuple):  # 0,1,2 without its brackets
            value = list(value)
        return _as(value, default)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(f"{name}: expected {type(default).__name__}, such as {default!r}, got {text!r:.80}") from None


def _as(value: object, default: object) -> object:
    """Return ``value`` if it is of the type of ``default`` (a whole number passes for a float), or raise."""
    if (
        isinstance(default, float)
        and isinstance(value, int | float)
        and type(value) is not bool
        and math.isfinite(value)
    ):
        return float(value)
    if type(value) is not type(default):
        raise ValueError(value)
    if isinstance(default, dict) and isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ValueError(value)
        return {key: _as_one_of(element, tuple(default.values())) for key, element in value.items()}
    if isinstance(default, list | tuple) and isinstance(value, list | tuple):
        return type(default)(_as_one_of(element, default) for element in value)
    if isinstance(value, float):  # and not finite
        raise ValueError(value)
    return value


def _as_one_of(value: object, defaults: Sequence[object]) -> object:
    for default in defaults:
        try:
            return _as(value, default)
        except ValueError:
            continue
    if defaults:
        raise ValueError(value)
    return value


def read_parameters(source: str) -> dict[str, Parameter]:
    """Read a cell of parameters: a line for each, ``name = literal  # comment``.

    Parameters
    ----------
    source : str
        The cell.

    Returns
    -------
    dict of str to Parameter
        By name, in the order of the cell.

    Raises
    ------
    ValueError
        If a statement is anything else.

    Examples
    --------
    >>> read_parameters("seed = 0; box = 2.2  # side, m")["box"]
    Parameter(name='box', default=2.2, comment='side, m')
    """
    comments = {
        token.end[0]: token.string.removeprefix("#").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found = {}
    for node in ast.parse(source).body:
        try:
            if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
                raise ValueError(node)
            name, value = node.targets[0].id, ast.literal_eval(node.value)
        except ValueError:
            raise ValueError(f"line {node.lineno}: expected name = literal, got {ast.unparse(node)}") from None
        found[name] = Parameter(name, value, comments.get(node.end_lineno or 0, ""))
    return found
