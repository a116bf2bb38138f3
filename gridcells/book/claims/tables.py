"""Tables of claims: what was just measured, where each figure stands, how many came out how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from gridcells._common.checks import check_choice
from gridcells._common.tables import Table
from gridcells.book.claims.listing import Claim
from gridcells.book.claims.measured import Verdict, measured_verdicts
from gridcells.book.claims.reading import load_checks, load_claims
from gridcells.book.claims.rule import OUTCOMES, UNDECIDED, assess
from gridcells.book.figures import figures_folder

__all__ = ["check_table", "preset_table", "status_table", "tally", "verdict_table"]

_NOTHING = "–"


def verdict_table(verdicts: Sequence[Verdict]) -> Table:
    """Show what was just measured beside what the papers say, a row a claim and preset.

    Parameters
    ----------
    verdicts : sequence of Verdict
        What `record` returned.

    Returns
    -------
    Table
        The table; it prints itself.

    Examples
    --------
    >>> import tempfile
    >>> from gridcells.book.claims import record
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     verdict = record("dordek2016-ratio", [1.41, 1.38], preset="theory", seeds=range(2), folder=folder)
    >>> verdict_table([verdict]).rows[0][2:]
    ('1.4 ± 0.15', '1.4 (1.3 to 1.49, 2 seeds)', 'reproduced')
    """
    rows = [
        (
            f"{verdict.claim.quantity} ({verdict.claim.source})",
            verdict.preset,
            verdict.claim.expectation + (" (in words)" if verdict.claim.in_words else ""),
            verdict.summary,
            verdict.status,
        )
        for verdict in dict.fromkeys(verdicts)  # two names of one claim give one row
    ]
    return Table(("What is measured", "Preset", "Paper", "Measured", "Status"), tuple(rows))


def status_table(
    by: str = "figure", *, paper: str | None = None, chapter: str | None = None, folder: str | Path | None = None
) -> Table:
    """Show where each figure (or each claim) is measured and what came of it.

    Parameters
    ----------
    by : str
        "figure": one row a figure, what it shows, its chapters, and how many of its claims came out how. "claim": one
        row a claim, the paper's value, how sure we are of that (the tags of `Claim`), where it stands, every value
        measured and the status.
    paper, chapter : str, optional
        Only figures or claims of one paper (its key, "sorscher2023"), or of one chapter.
    folder : path_like, optional
        The folder with ``claims.toml`` and ``measured``; by default the project's ``figures``.

    Returns
    -------
    Table
        The table; it prints itself.

    Raises
    ------
    ValueError
        If ``by``, ``paper`` or ``chapter`` is none that there is.

    Examples
    --------
    >>> status_table(paper="gardner2022").header
    ('Figure', 'What it shows', 'Chapter', 'Status')
    """
    check_choice(by, "by", ("figure", "claim"))
    home = figures_folder(folder)
    claims = list(load_claims(home / "claims.toml").values())
    known = {
        "paper": sorted({key for claim in claims for key in claim.papers}),
        "chapter": sorted({claim.chapter for claim in claims} - {""}),
    }
    for name, wanted in (("paper", paper), ("chapter", chapter)):
        if wanted is not None:
            check_choice(wanted, name, known[name])
    chosen = [c for c in claims if (paper is None or paper in c.papers) and chapter in (None, c.chapter)]
    if by == "claim":
        return Table(
            ("Figure", "What is measured", "Paper", "Where", "Measured", "Status", "Note"),
            tuple(_claim_row(claim, home) for claim in chosen),
        )
    outcomes = {claim.id: _outcome(claim, home)[0] for claim in claims}
    figures = dict.fromkeys(
        (source.paper, str(source), source.shows)
        for c in chosen
        for source in c.sources
        if paper in (None, source.paper)
    )
    order = list(dict.fromkeys(key for claim in claims for key in claim.papers))
    rows = []
    for _, cited, shows in sorted(figures, key=lambda figure: order.index(figure[0])):
        members = [claim for claim in claims if cited in map(str, claim.sources)]
        chapters = ", ".join(sorted({claim.chapter for claim in members} - {""})) or _NOTHING
        rows.append((cited, shows, chapters, _counted([outcomes[claim.id] for claim in members])))
    return Table(("Figure", "What it shows", "Chapter", "Status"), tuple(rows))


def check_table(folder: str | Path | None = None) -> Table:
    """Show the project's checks on itself: numbers that no paper claims.

    Parameters
    ----------
    folder : path_like, optional
        As for `status_table`.

    Returns
    -------
    Table
        One row a check and preset.

    Examples
    --------
    >>> check_table().header
    ('What is checked', 'Preset', 'Expected', 'Measured', 'Status')
    """
    home = figures_folder(folder)
    rows = [
        (check.quantity, verdict.preset, check.expectation, verdict.summary, verdict.status)
        for check in load_checks(home / "claims.toml").values()
        for verdict in measured_verdicts(check, home)
    ]
    return Table(("What is checked", "Preset", "Expected", "Measured", "Status"), tuple(rows))


def tally(folder: str | Path | None = None) -> Table:
    """Count how the claims of each paper came out.

    Parameters
    ----------
    folder : path_like, optional
        As for `status_table`.

    Returns
    -------
    Table
        One row a paper and one for all; a claim of two papers counts for each, and once among all.

    Examples
    --------
    >>> tally().header
    ('Paper', 'reproduced', 'not reproduced', 'undecided', 'cannot be told', 'untested')
    """
    home = figures_folder(folder)
    claims = load_claims(home / "claims.toml").values()
    outcomes = {claim.id: _outcome(claim, home)[0] for claim in claims}
    papers = dict.fromkeys((source.paper, source.citation) for claim in claims for source in claim.sources)
    groups = {cited: [claim for claim in claims if key in claim.papers] for key, cited in papers}
    rows = []
    for cited, members in {**groups, "all": list(claims)}.items():
        found = Counter(outcomes[claim.id] for claim in members)
        rows.append((cited, *(str(found[outcome]) for outcome in OUTCOMES)))
    return Table(("Paper", *OUTCOMES), tuple(rows))


def preset_table(*, paper: str | None = None, folder: str | Path | None = None) -> Table:
    """Show each claim that more than one preset was measured for, with the outcome under each.

    Parameters
    ----------
    paper, folder
        As for `status_table`.

    Returns
    -------
    Table
        One row a claim, one column a preset.

    Raises
    ------
    ValueError
        If ``paper`` is none that there is.

    Examples
    --------
    >>> preset_table(paper="sorscher2023").header[:2]
    ('What is measured', 'Paper')
    """
    home = figures_folder(folder)
    claims = load_claims(home / "claims.toml").values()
    if paper is not None:
        check_choice(paper, "paper", sorted({key for claim in claims for key in claim.papers}))
    found = {c: measured_verdicts(c, home) for c in claims if paper is None or paper in c.papers}
    several = {claim: verdicts for claim, verdicts in found.items() if len(verdicts) > 1}
    presets = sorted({verdict.preset for verdicts in several.values() for verdict in verdicts})
    rows = []
    for claim, verdicts in several.items():
        cells = {verdict.preset: f"{verdict.summary}: {verdict.outcome}" for verdict in verdicts}
        rows.append((claim.quantity, claim.expectation, *(cells.get(preset, _NOTHING) for preset in presets)))
    return Table(("What is measured", "Paper", *presets), tuple(rows))


def _outcome(claim: Claim, home: Path) -> tuple[str, str]:
    """Return outcome and reason by the preset that decides, or by all that are recorded where none is named."""
    verdicts = [v for v in measured_verdicts(claim, home) if claim.preset in ("", v.preset)]
    found = [verdict.assessment for verdict in verdicts] or [assess(claim, ())]
    if len({each.outcome for each in found}) == 1:
        return found[0].outcome, found[0].reason
    return UNDECIDED, "it depends on the preset"


def _claim_row(claim: Claim, home: Path) -> tuple[str, ...]:
    outcome, reason = _outcome(claim, home)
    said = f"{claim.expectation} [{claim.source_tag}{', in words' if claim.in_words else ''}]"
    where = "; ".join(f"{source.figure}: {source.place}" for source in claim.sources if source.place) or claim.unread
    found = "; ".join(f"{verdict.preset}: {verdict.summary}" for verdict in measured_verdicts(claim, home)) or _NOTHING
    status = f"{outcome}: {reason}" if reason else outcome
    return claim.source, claim.quantity, said, where, found, status, claim.note


def _counted(outcomes: Sequence[str]) -> str:
    found = Counter(outcomes)
    return ", ".join(f"{found[outcome]} {outcome}" for outcome in OUTCOMES if found[outcome])
