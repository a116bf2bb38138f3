"""Reading what others wrote: texts of bounded length, and JSON files that vouch for themselves."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

__all__ = [
    "DIGEST",
    "NO_DIGEST",
    "check_digest",
    "digest_of",
    "read_json",
    "read_sealed",
    "read_text",
    "sealed",
]

DIGEST = "digest"  # the entry by which a JSON file vouches for the rest of itself
NO_DIGEST = "carries no digest: an older version wrote it, and a change would not show"


def read_text(path: Path, *, limit: int = 2**24) -> str:
    """Return the text of a UTF-8 file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    limit : int
        Bytes that it may have.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is longer, or not UTF-8.

    Examples
    --------
    >>> read_text(Path(__file__))[:3] == '"' * 3
    True
    """
    with open(path, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"{path}: expected a text of at most {limit / 1e6:.0f} MB, got more")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8, got something else at byte {error.start}") from None


def read_json(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is not JSON, has NaN or infinity, is nested too deep, or is no object.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.json").write_text('{"steps": 3}')
    ...     read_json(Path(folder) / "a.json")
    {'steps': 3}
    """

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no number")

    try:
        value = json.loads(read_text(path), parse_constant=refuse)
    except RecursionError:
        raise ValueError(f"{path}: expected JSON, got lists within lists, too deep to read") from None
    except ValueError as error:
        if str(error).startswith(str(path)):
            raise
        raise ValueError(f"{path}: expected JSON, got something else ({str(error)[:200]})") from None
    if not isinstance(value, dict):
        raise ValueError(f"{path}: expected a JSON object, got {type(value).__name__}")
    if not _plain(value):
        raise ValueError(f"{path}: expected finite numbers, got one beyond what a double holds")
    return value


def _plain(value: object) -> bool:
    """Check that all numbers within are finite, so that they can be written again."""
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    if isinstance(value, list):
        return all(map(_plain, value))
    return not isinstance(value, float) or math.isfinite(value)


def digest_of(value: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an object's content, whatever the order of its entries, but for its `DIGEST`.

    Parameters
    ----------
    value : dict
        What JSON can hold.

    Examples
    --------
    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "digest": "of something", "a": 1})
    True
    """
    rest = {name: entry for name, entry in value.items() if name != DIGEST}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, allow_nan=False).encode()).hexdigest()


def check_digest(value: dict[str, Any], path: Path) -> bool:
    """Take the digest out of an object that was read and return whether there was one; it must be right.

    Parameters
    ----------
    value : dict
        What the file holds; afterwards without its digest.
    path : pathlib.Path
        The file, for the message.

    Raises
    ------
    ValueError
        If the digest is that of something else.

    Examples
    --------
    >>> check_digest({"seed": 0}, Path("run.json")), check_digest(sealed({"seed": 0}), Path("run.json"))
    (False, True)
    """
    if DIGEST in value:
        digest = value.pop(DIGEST)
        if digest != digest_of(value):
            raise ValueError(f"{path} is not what was written (its digest differs): torn or changed")
        return True
    for name in [key for key, entry in value.items() if isinstance(entry, str) and len(entry) == 64]:
        if value[name] == digest_of({key: entry for key, entry in value.items() if key != name}):
            raise ValueError(f"{path} is not what was written (its digest is called {name!r:.40}): torn or changed")
    return False


def sealed(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with the digest of its content as the last entry, as `read_sealed` wants it.

    Parameters
    ----------
    value : dict
        What JSON can hold.

    Examples
    --------
    >>> sorted(sealed({"seed": 0}))
    ['digest', 'seed']
    """
    rest = {name: entry for name, entry in value.items() if name != DIGEST}
    return {**rest, DIGEST: digest_of(rest)}


def read_sealed(path: Path, *, told: bool = True) -> dict[str, Any]:
    """Return the object of a JSON file, without its digest, which must be right.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    told : bool
        Warn of a file without a digest, such as versions before 0.3 wrote; otherwise it is taken without a word.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no such object, or not what was written.

    Warns
    -----
    UserWarning
        If it carries no digest.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.json").write_text(json.dumps(sealed({"steps": 3})))
    ...     read_sealed(Path(folder) / "a.json")
    {'steps': 3}
    """
    value = read_json(path)
    if not check_digest(value, path) and told:
        warnings.warn(f"{path} {NO_DIGEST}", stacklevel=2)
    return value
