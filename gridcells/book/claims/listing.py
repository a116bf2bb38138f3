"""The claims themselves: what ``figures/claims.toml`` says of each, and what satisfies it."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["READ_TAGS", "SOURCE_TAGS", "Claim", "Range", "Source"]

READ_TAGS = ("text", "code")  # somebody of this project has read the value where it stands
SOURCE_TAGS = (*READ_TAGS, "quoted", "recalled")


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
        one_sided = math.inf in (-self.low, self.high)
        if self.value is not None and not one_sided:
            width = self.high - self.value
            return f"{self.value:.6g} ± {width:.3g}" if width else f"{self.value:.6g}"
        if not one_sided:
            return f"{self.low:.6g} to {self.high:.6g}"
        bound = f"at most {self.high:.3g}" if self.low == -math.inf else f"at least {self.low:.3g}"
        return bound if self.value is None else f"{bound} (published {self.value:.6g})"


@dataclass(frozen=True)
class Source:
    """A place where a claim stands.

    Parameters
    ----------
    paper, figure, citation : str
        The paper's key, its figure (or section), and the paper as one cites it in a line.
    tag : str
        One of `SOURCE_TAGS`, see `Claim`.
    place : str
        The page, section, equation or file, "" where it is not known.
    shows : str
        What the figure shows.
    """

    paper: str
    figure: str
    citation: str
    tag: str
    place: str = ""
    shows: str = ""

    def __str__(self) -> str:
        return f"{self.citation}, {self.figure}"


@dataclass(frozen=True)
class Claim:
    """One thing that papers claim, as a number that can be measured; or a check of this project on itself.

    Parameters
    ----------
    id : str
        Its name here, and that of its file in ``figures/measured``.
    sources : tuple of Source
        Where it stands, the first foremost. The tag says how sure we are of the value: "text" (read in the paper),
        "code" (read in released code or in what was released with it), "quoted" (others quote it) or "recalled" (from
        memory).
    quantity, unit : str
        What is measured, in words; its unit, "" for shares, scores and counts.
    statement : str
        The claim in a sentence.
    target : Range
        What reproduces it.
    because : str
        Why the target has these ends, "" where the paper gives them itself.
    unread : str
        Why nobody has read the value where it stands, for what is quoted or recalled.
    quoted_by : tuple of str
        Who quotes it.
    exceeds_null : bool
        Whether the measured value must exceed that of a null model besides.
    in_words : bool
        The paper says it in words or in a picture: the bound is this book's reading.
    counted : bool
        Each network has the number or has it not (see `gridcells.book.claims.assess`).
    exact : bool
        Nothing random enters: one value is enough.
    unidentifiable, untested : str
        Why it cannot be told, or why what is measured is no test; "" where it can, and is.
    chapter, preset : str
        The chapter that measures it, "" where none does yet; the preset that decides, "" for all.
    digits : int
        Significant digits to which measured values are kept.
    note : str
        What a reader should know besides.
    formerly : tuple of str
        Ids under which it was recorded before.
    is_check : bool
        No paper claims it: the project checks itself.
    """

    id: str
    sources: tuple[Source, ...]
    quantity: str
    statement: str
    target: Range
    because: str = ""
    unread: str = ""
    quoted_by: tuple[str, ...] = ()
    unit: str = ""
    exceeds_null: bool = False
    in_words: bool = False
    counted: bool = False
    exact: bool = False
    unidentifiable: str = ""
    untested: str = ""
    chapter: str = ""
    preset: str = ""
    digits: int = 3
    note: str = ""
    formerly: tuple[str, ...] = ()
    is_check: bool = False

    @property
    def paper(self) -> str:
        """The key of the paper that claims it first; "" for a check."""
        return self.sources[0].paper if self.sources else ""

    @property
    def papers(self) -> tuple[str, ...]:
        """The keys of all papers that claim it."""
        return tuple(dict.fromkeys(source.paper for source in self.sources))

    @property
    def source(self) -> str:
        """Papers and figures, as one cites them."""
        return "; ".join(map(str, self.sources)) or "a check of this book"

    @property
    def source_tag(self) -> str:
        """The tag of the best source."""
        return min((source.tag for source in self.sources), key=SOURCE_TAGS.index, default="")

    @property
    def is_read(self) -> bool:
        """Whether the value can decide: it was read where it stands, or two quote it independently."""
        return self.is_check or self.source_tag in READ_TAGS or len(self.quoted_by) > 1

    @property
    def expectation(self) -> str:
        """The target with its unit, as text."""
        text = f"{self.target} {self.unit}".strip()
        return f"{text} and more than the null" if self.exceeds_null else text
