"""The list of claims, read from ``figures/claims.toml`` and checked."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from gridcells._common.checks import nearest_name
from gridcells.book.claims.listing import READ_TAGS, SOURCE_TAGS, Claim, Range, Source
from gridcells.book.figures import figures_folder

__all__ = ["folder_and_list", "load_checks", "load_claims", "load_list"]

Entry = Mapping[str, Any]  # a table of the file, as TOML gives it

_ENDS = ("at_least", "at_most")
_TOLERANCES = ("tolerance", "relative_tolerance", "at_least_times", "at_most_times")
_PLACES = ("paper", "figure", "source_tag", "place")
_TARGETS = ("value", *_ENDS, "bound")
_TYPES = {
    **dict.fromkeys(("exceeds_null", "in_words", "counted", "exact"), bool),
    **dict.fromkeys(("quoted_by", "also", "formerly"), list),
    "digits": int,
}
_OWN = ("id", "quantity", "statement", "unread", "quoted_by", "unit", "exceeds_null", "in_words", "counted", "exact",
        "unidentifiable", "untested", "chapter", "preset", "digits", "note", "formerly")  # fmt: skip


def load_list(path: str | Path | None = None) -> dict[str, Claim]:
    """Read the list of claims and of the project's checks on itself.

    Parameters
    ----------
    path : path_like, optional
        The TOML file; by default ``figures/claims.toml`` of the project that holds the current folder.

    Returns
    -------
    dict of str to Claim
        Claims and checks by id, in the order of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If an entry is not as it should be; the message names the claim and the key.

    Examples
    --------
    >>> import tempfile
    >>> text = '''
    ... papers.dordek2016 = "Dordek et al. 2016, eLife"
    ... bounds.score = { tolerance = 0.15, reason = "a third of what constraint and none are apart" }
    ... [[figure]]
    ... paper = "dordek2016"
    ... figure = "Fig. 7"
    ... shows = "maps by non-negative PCA"
    ... [[figure.claim]]
    ... id = "dordek2016-gridness"
    ... quantity = "mean grid score"
    ... statement = "Non-negative PCA of place inputs gives grids."
    ... source_tag = "text"
    ... place = "Results"
    ... value = 1.07
    ... bound = "score"
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "claims.toml")
    ...     _ = path.write_text(text)
    ...     load_list(path)["dordek2016-gridness"].expectation
    '1.07 ± 0.15'
    """
    path = figures_folder() / "claims.toml" if path is None else Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: not TOML: {error}") from error
    _check_keys(content, ("papers", "bounds", "figure", "check"), (), str(path))
    papers, bounds = content.get("papers", {}), content.get("bounds", {})
    shown = {(each.get("paper"), each.get("figure")): each.get("shows", "") for each in content.get("figure", [])}
    read: dict[str, Claim] = {}
    for figure in content.get("figure", []):
        where = f"{path}: figure {figure.get('paper')} {figure.get('figure')}"
        _check_keys(figure, ("paper", "figure", "shows", "claim"), ("paper", "figure", "shows"), where)
        _check_choice(figure["paper"], papers, f"{where}: paper")
        for entry in figure.get("claim", []):
            where = f"{path}: claim {entry.get('id')}"
            _check_keys(entry, (*_OWN, "also", *_PLACES[2:], *_TARGETS), (*_OWN[:3], "source_tag"), where)
            places = [{**figure, **entry}, *entry.get("also", [])]
            sources = tuple(_source(place, papers, shown, where) for place in places)
            _add(read, _claim(entry, sources, bounds, where), where)
    for entry in content.get("check", []):
        where = f"{path}: check {entry.get('id')}"
        _check_keys(entry, (*_OWN, *_TARGETS), _OWN[:3], where)
        _add(read, _claim(entry, (), bounds, where), where)
    return read


def folder_and_list(folder: str | Path | None) -> tuple[Path, dict[str, Claim]]:
    """Return where measured values lie, by default the project's ``figures``, and which claims and checks hold there.

    Parameters
    ----------
    folder : path_like or None
        A folder, perhaps a rerun's; where it holds no ``claims.toml``, the list is the project's.

    Returns
    -------
    folder : pathlib.Path
        The folder.
    listed : dict of str to Claim
        As `load_list`.

    Raises
    ------
    FileNotFoundError, ValueError
        As `load_list`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     "dordek2016-gridness" in folder_and_list(folder)[1]
    True
    """
    home = figures_folder() if folder is None else Path(folder)
    own = home / "claims.toml"
    return home, load_list(own if own.is_file() else None)


def load_claims(path: str | Path | None = None) -> dict[str, Claim]:
    """Read what the papers claim: `load_list` without the project's checks on itself.

    Parameters
    ----------
    path : path_like, optional
        As for `load_list`.

    Returns
    -------
    dict of str to Claim
        The claims by id, in the order of the file.

    Raises
    ------
    FileNotFoundError, ValueError
        As `load_list`.

    Examples
    --------
    >>> claim = load_claims()["sorscher2023-s2-above-0.3"]
    >>> claim.expectation, claim.source_tag
    ('at least 0.5 and more than the null', 'text')
    """
    return {name: claim for name, claim in load_list(path).items() if not claim.is_check}


def load_checks(path: str | Path | None = None) -> dict[str, Claim]:
    """Read the project's checks on itself: numbers that no paper claims.

    Parameters
    ----------
    path : path_like, optional
        As for `load_list`.

    Returns
    -------
    dict of str to Claim
        The checks by id, in the order of the file.

    Raises
    ------
    FileNotFoundError, ValueError
        As `load_list`.

    Examples
    --------
    >>> load_checks()["check-floor-constant"].expectation
    '6.238 ± 0.001 nats'
    """
    return {name: claim for name, claim in load_list(path).items() if claim.is_check}


def _add(read: dict[str, Claim], claim: Claim, where: str) -> None:
    taken = {name for other in read.values() for name in (other.id, *other.formerly)}
    for name in (claim.id, *claim.formerly):
        if name in taken:
            raise ValueError(f"{where}: the id {name!r} is taken already")
    read[claim.id] = claim


def _source(place: Entry, papers: Entry, shown: Mapping[Any, str], where: str) -> Source:
    given = {name: place[name] for name in _PLACES if name in place}
    _check_keys(given, _PLACES, _PLACES[:3], where)
    _check_choice(given["paper"], papers, f"{where}: paper")
    _check_choice(given["source_tag"], SOURCE_TAGS, f"{where}: source_tag")
    if given["source_tag"] in READ_TAGS and not given.get("place"):
        raise ValueError(f"{where}: place: expected where in {given['paper']} the value was read")
    key = given["paper"], given["figure"]
    if key not in shown:
        raise ValueError(f"{where}: also: no figure {key[1]!r} of {key[0]!r} in the list")
    return Source(*key, papers[key[0]], given["source_tag"], given.get("place", ""), shown[key])


def _claim(entry: Entry, sources: tuple[Source, ...], bounds: Entry, where: str) -> Claim:
    for name, value in entry.items():
        wanted = _TYPES.get(name, str)
        if name not in ("value", *_ENDS) and type(value) is not wanted:
            raise ValueError(f"{where}: {name}: expected {wanted.__name__}, got {value!r}")
    if not re.fullmatch(r"[a-z0-9.-]+", entry["id"]):
        raise ValueError(f"{where}: id: expected lower-case letters, digits, '.' and '-', got {entry['id']!r}")
    target, because = _target(entry, bounds, where)
    kept = {name: entry[name] for name in _OWN if name in entry}
    kept |= {name: tuple(entry[name]) for name in ("quoted_by", "formerly") if name in entry}
    claim = Claim(**kept, sources=sources, target=target, because=because, is_check=not sources)
    if sources and claim.source_tag not in READ_TAGS and not claim.unread:
        raise ValueError(f"{where}: unread: expected why a value that is {claim.source_tag} was not read")
    if claim.source_tag == "quoted" and not claim.quoted_by:
        raise ValueError(f"{where}: quoted_by: expected who quotes the value")
    if (claim.in_words or claim.is_check) and not because:
        raise ValueError(f"{where}: bound: expected one of [bounds] where no paper states the bound")
    return claim


def _target(entry: Entry, bounds: Entry, where: str) -> tuple[Range, str]:
    """Read a target: the paper's "value" or its ends, and the named bound that says how near is near enough."""
    numbers = {name: entry[name] for name in ("value", *_ENDS) if name in entry}
    for name, number in numbers.items():
        if type(number) not in (int, float) or not math.isfinite(number):
            raise ValueError(f"{where}: expected a finite number, got {name} = {number!r}")
    bound: Entry = {}
    if "bound" in entry:
        _check_choice(entry["bound"], bounds, f"{where}: bound")
        bound = bounds[entry["bound"]]
        _check_keys(bound, (*_ENDS, *_TOLERANCES, "reason"), ("reason",), f"{where}: bound {entry['bound']}")
    rule = {name: bound[name] for name in bound if name != "reason"}
    if "value" in numbers and len(numbers) == 1 and len(rule) == 1 and set(rule) <= set(_TOLERANCES):
        return _around(float(numbers["value"]), *next(iter(rule.items())), where), bound["reason"]
    ends = {**rule, **numbers}
    if ends and set(ends) <= set(_ENDS) and not set(rule) & set(numbers):
        low, high = float(ends.get("at_least", -math.inf)), float(ends.get("at_most", math.inf))
        if low <= high:
            return Range(low, high), bound.get("reason", "")
    raise ValueError(
        f"{where}: expected value with a bound that has a tolerance, or at_least, at_most or both in order, "
        f"or a bound that has these, got {numbers} and {rule}"
    )


def _around(value: float, name: str, width: float, where: str) -> Range:
    if width < 0 or (name.endswith("times") and value < 0):
        raise ValueError(f"{where}: {name}: expected a bound of at least 0, got {width} for {value}")
    if name == "at_most_times":
        return Range(high=value * width, value=value)
    if name == "at_least_times":
        return Range(low=value * width, value=value)
    width = width if name == "tolerance" else width * abs(value)
    return Range(value - width, value + width, value)


def _check_keys(entry: Entry, allowed: Collection[str], needed: Collection[str], where: str) -> None:
    for name in entry:
        if name not in allowed:
            raise ValueError(f"{where}: unknown key {name!r}{nearest_name(name, allowed)}")
    missing = [name for name in needed if name not in entry]
    if missing:
        raise ValueError(f"{where}: missing {', '.join(missing)}")


def _check_choice(value: str, choices: Collection[str], where: str) -> None:
    if value not in choices:
        raise ValueError(f"{where}: expected one of {', '.join(choices)}, got {value!r}{nearest_name(value, choices)}")
