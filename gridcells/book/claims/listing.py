"""The claims themselves: what ``figures/claims.toml`` says, checked, and when a number satisfies one."""

from __future__ import annotations

import dataclasses
import math
import re
import statistics
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridcells._common.checks import nearest_name
from gridcells.book.figures import figures_folder

__all__ = ["IN_PART", "NOT_MEASURED", "NOT_REPRODUCED", "REPRODUCED", "SOURCE_TAGS", "Claim", "Range", "load_claims"]

REPRODUCED, IN_PART, NOT_REPRODUCED, NOT_MEASURED = "reproduced", "in part", "not reproduced", "not measured yet"
SOURCE_TAGS = ("text", "code", "quoted", "recalled")
_BOUNDS = ("value", "tolerance", "relative_tolerance", "at_least", "at_most")

Entry = Mapping[str, Any]  # a table of the file, as TOML gives it


@dataclass(frozen=True)
class Range:
    """The numbers that satisfy a claim, ends included.

    Parameters
    ----------
    low, high : float
        The ends; infinite where there is no bound.
    value : float, optional
        The paper's own number, where it gives one.

    Examples
    --------
    >>> share = Range(low=0.5)
    >>> 0.52 in share, str(share)
    (True, 'at least 0.5')
    """

    low: float = -math.inf
    high: float = math.inf
    value: float | None = None

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high

    def __str__(self) -> str:
        if self.value is not None:
            width = self.high - self.value
            return f"{self.value:.6g} ± {width:.3g}" if width else f"{self.value:.6g}"
        if self.low == -math.inf:
            return f"at most {self.high:.6g}"
        return f"at least {self.low:.6g}" if self.high == math.inf else f"{self.low:.6g} to {self.high:.6g}"


@dataclass(frozen=True)
class Claim:
    """One thing that one paper claims, as a number that can be measured.

    Parameters
    ----------
    id : str
        Its name here, and that of its file in ``figures/measured``.
    paper, figure, shows : str
        The paper's key, the figure (or table, or section) and what that shows.
    citation : str
        The paper, as one cites it in a line.
    quantity, unit : str
        What is measured, in words; its unit, "" for shares, scores and counts.
    statement : str
        The claim in a sentence.
    source_tag : str
        How sure we are of the paper's value: "text" (read in the paper), "code" (read in released code), "quoted" (a
        careful replicator quotes it) or "recalled" (from memory, or it is not known how).
    target : Range
        What reproduces the claim.
    in_part : Range, optional
        A wider bound, which reproduces it in part.
    exceeds_null : bool
        Whether the measured value must exceed that of a null model besides.
    in_words : bool
        The paper says it in words or in a picture: the bound is this book's reading.
    chapter, preset : str
        The chapter that measures it, "" where none does yet; the preset that decides, "" for all.
    digits : int
        Significant digits to which measured values are kept.
    note : str
        What a reader should know besides.
    """

    id: str
    paper: str
    figure: str
    shows: str
    citation: str
    quantity: str
    statement: str
    source_tag: str
    target: Range
    in_part: Range | None = None
    unit: str = ""
    exceeds_null: bool = False
    in_words: bool = False
    chapter: str = ""
    preset: str = ""
    digits: int = 3
    note: str = ""

    @property
    def source(self) -> str:
        """Paper and figure, as one cites them."""
        return f"{self.citation}, {self.figure}"

    @property
    def expectation(self) -> str:
        """The target with its unit, as text."""
        text = f"{self.target} {self.unit}".strip()
        return f"{text} and more than the null" if self.exceeds_null else text

    def judge(self, measured: Sequence[float], null: Sequence[float] | None = None) -> str:
        """Apply the rule of `gridcells.book.claims` to the values over seeds → the outcome, in words."""
        middle = statistics.median(measured)
        if middle in self.target:
            exceeds = not self.exceeds_null or (null is not None and middle > statistics.median(null))
            return REPRODUCED if exceeds else IN_PART
        wider = self.in_part is not None and middle in self.in_part
        return IN_PART if wider or any(value in self.target for value in measured) else NOT_REPRODUCED


def load_claims(path: str | Path | None = None) -> dict[str, Claim]:
    """Read the list of claims.

    Parameters
    ----------
    path : path_like, optional
        The TOML file; by default ``figures/claims.toml`` of the project that holds the current folder.

    Returns
    -------
    dict of str to Claim
        The claims by id, in the order of the file.

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
    ... [[figure]]
    ... paper = "dordek2016"
    ... figure = "text"
    ... shows = "maps by non-negative PCA"
    ... [[figure.claim]]
    ... id = "dordek2016-gridness"
    ... quantity = "mean grid score"
    ... statement = "Non-negative PCA of place inputs gives grids."
    ... source_tag = "recalled"
    ... value = 1.07
    ... tolerance = 0.2
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "claims.toml")
    ...     _ = path.write_text(text)
    ...     load_claims(path)["dordek2016-gridness"].expectation
    '1.07 ± 0.2'
    """
    path = figures_folder() / "claims.toml" if path is None else Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: not TOML: {error}") from error
    _check_keys(content, ("papers", "figure"), (), str(path))
    papers = content.get("papers", {})
    claims: dict[str, Claim] = {}
    for figure in content.get("figure", []):
        where = f"{path}: figure {figure.get('paper')} {figure.get('figure')}"
        _check_keys(figure, ("paper", "figure", "shows", "claim"), ("paper", "figure", "shows", "claim"), where)
        _check_choice(figure["paper"], papers, f"{where}: paper")
        common = {"paper": figure["paper"], "figure": figure["figure"], "shows": figure["shows"]}
        for entry in figure["claim"]:
            claim = _claim(entry, {**common, "citation": papers[figure["paper"]]}, f"{path}: claim {entry.get('id')}")
            if claim.id in claims:
                raise ValueError(f"{path}: claim {claim.id}: this id is taken already")
            claims[claim.id] = claim
    return claims


def _claim(entry: Entry, common: Mapping[str, str], where: str) -> Claim:
    own = {f.name: f for f in dataclasses.fields(Claim) if f.name not in (*common, "target")}
    needed = [name for name, f in own.items() if f.default is dataclasses.MISSING]
    _check_keys(entry, (*own, *_BOUNDS), needed, where)
    for name, value in entry.items():
        wanted = {"exceeds_null": bool, "in_words": bool, "digits": int, "in_part": dict}.get(name, str)
        if name not in _BOUNDS and type(value) is not wanted:
            raise ValueError(f"{where}: {name}: expected {wanted.__name__}, got {value!r}")
    _check_choice(entry["source_tag"], SOURCE_TAGS, f"{where}: source_tag")
    if not re.fullmatch(r"[a-z0-9.-]+", entry["id"]):
        raise ValueError(f"{where}: id: expected lower-case letters, digits, '.' and '-', got {entry['id']!r}")
    bounds = {name: entry[name] for name in _BOUNDS if name in entry}
    target, wider = _range(bounds, where), None
    if "in_part" in entry:
        inherited = {"value": entry["value"]} if "value" in entry else {}
        wider = _range({**inherited, **entry["in_part"]}, f"{where}: in_part")
        if not (wider.low <= target.low and target.high <= wider.high and wider != target):
            raise ValueError(f"{where}: in_part: expected a bound wider than {target}, got {wider}")
    rest = {name: value for name, value in entry.items() if name not in (*_BOUNDS, "in_part")}
    fields: Entry = {**common, **rest, "target": target, "in_part": wider}
    return Claim(**fields)


def _range(bounds: Entry, where: str) -> Range:
    """Read a target: "value" with one tolerance, or "at_least", "at_most", or both of these."""
    for name, number in bounds.items():
        if name not in _BOUNDS or type(number) not in (int, float) or not math.isfinite(number):
            raise ValueError(f"{where}: expected finite numbers under {', '.join(_BOUNDS)}, got {name} = {number!r}")
    keys = set(bounds)
    if keys in ({"value", "tolerance"}, {"value", "relative_tolerance"}):
        value = float(bounds["value"])
        width = bounds["tolerance"] if "tolerance" in bounds else bounds["relative_tolerance"] * abs(value)
        if width >= 0:
            return Range(value - width, value + width, value)
    elif keys and keys <= {"at_least", "at_most"}:
        low, high = float(bounds.get("at_least", -math.inf)), float(bounds.get("at_most", math.inf))
        if low <= high:
            return Range(low, high)
    raise ValueError(
        f"{where}: expected value with tolerance or relative_tolerance of at least 0, or at_least, at_most or both "
        f"in order, got {dict(bounds)}"
    )


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
