"""What was measured: recorded under its preset, judged by the rule, shown as a table."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import gridcells
from gridcells._common.checks import as_numpy, check_choice, check_count, nearest_name
from gridcells._common.files import writable_folder, write_json
from gridcells._common.tables import Table
from gridcells.book.claims.listing import IN_PART, NOT_MEASURED, NOT_REPRODUCED, REPRODUCED, Claim, load_claims
from gridcells.book.figures import figures_folder

__all__ = ["Verdict", "measured_verdicts", "record", "status_table", "verdict_table"]


@dataclass(frozen=True, repr=False)
class Verdict:
    """What was measured for one claim under one preset, and the outcome by the rule; prints as a line of text.

    Parameters
    ----------
    claim : Claim
        The claim.
    preset : str
        The preset under which it was measured.
    measured : tuple of float
        The values, one a seed, or one for all seeds together, in the claim's unit.
    null : tuple of float or None
        The same of the null model, where there is one.
    seeds : tuple of int
        The seeds.
    """

    claim: Claim
    preset: str
    measured: tuple[float, ...]
    null: tuple[float, ...] | None
    seeds: tuple[int, ...]

    @property
    def outcome(self) -> str:
        """One of "reproduced", "in part" and "not reproduced"."""
        return self.claim.judge(self.measured, self.null)

    @property
    def summary(self) -> str:
        """The median with its range over seeds and, where there is one, the null, as text."""

        def show(value: float) -> str:
            return f"{value:.{self.claim.digits}g}"

        text = f"{show(statistics.median(self.measured))} {self.claim.unit}".strip()
        if len(self.measured) > 1:
            text += f" (median of {len(self.measured)}; {show(min(self.measured))} to {show(max(self.measured))})"
        return text if self.null is None else f"{text}, null {show(statistics.median(self.null))}"

    def __repr__(self) -> str:
        words = " in words" if self.claim.in_words else ""
        return (
            f"{self.outcome}: {self.claim.quantity} = {self.summary} "
            f"[{self.preset}; paper{words}: {self.claim.expectation}; {self.claim.source}]"
        )


def record(
    claim_id: str,
    measured: ArrayLike,
    *,
    preset: str,
    seeds: int | Sequence[int],
    null: ArrayLike | None = None,
    folder: str | Path | None = None,
) -> Verdict:
    """Write down what was measured for a claim, and judge it.

    Parameters
    ----------
    claim_id : str
        The claim's id in ``claims.toml``.
    measured : float or array_like [seed]
        One value a seed, or one for all seeds together, in the claim's unit. Kept to the claim's significant digits, so
        that a rerun on another machine changes no file for rounding's sake.
    preset : str
        What was measured: the preset's name.
    seeds : int or sequence of int
        The seeds.
    null : float or array_like [seed], optional
        The same quantity of the null model; needed where the claim says ``exceeds_null``.
    folder : path_like, optional
        Where ``measured/<claim_id>.json`` goes, by default the project's ``figures``. The claims are those of that
        folder's ``claims.toml``, or the project's where it holds none.

    Returns
    -------
    Verdict
        The claim, the values and the outcome.

    Raises
    ------
    ValueError
        If the id is unknown (the nearest is suggested), a value is not finite, counts differ or the null is missing.
    OSError
        If the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record("dordek2016-gridness", [1.1, 1.0, 1.05], preset="dordek2016", seeds=range(3), folder=folder)
    reproduced: median grid score, non-negative PCA = 1.05 (median of 3; 1 to 1.1) \
[dordek2016; paper: 1.07 ± 0.15; Dordek et al. 2016, text]
    """
    home = figures_folder() if folder is None else Path(folder)
    claims = load_claims(home / "claims.toml" if (home / "claims.toml").is_file() else None)
    if claim_id not in claims:
        raise ValueError(f"claim_id: no claim {claim_id!r} in claims.toml{nearest_name(claim_id, claims)}")
    claim = claims[claim_id]
    if not isinstance(preset, str) or not re.fullmatch(r"[\w.+=-]+", preset):
        raise ValueError(f"preset: expected the name of one, got {preset!r}")
    seeds = (seeds,) if isinstance(seeds, int | np.integer) else tuple(seeds)
    seeds = tuple(check_count(seed, "seeds", 0) for seed in seeds)
    values = _values(measured, "measured", len(seeds), claim.digits)
    null_values = None if null is None else _values(null, "null", len(seeds), claim.digits)
    if claim.exceeds_null and null_values is None:
        raise ValueError(f"null: claim {claim_id!r} asks for more than a null model gives: pass what that gave")
    path = writable_folder(home / "measured", "folder") / f"{claim_id}.json"
    recorded, verdict = _read(path), Verdict(claim, preset, values, null_values, seeds)
    entry = {"measured": values, "null": null_values, "seeds": seeds}
    old = recorded.get(preset)
    if old is None or any(_tuple(old[key]) != entry[key] for key in entry):
        recorded[preset] = {**entry, "gridcells": gridcells.__version__}
        write_json(path, dict(sorted(recorded.items())))
    return verdict


def measured_verdicts(claim: Claim, folder: str | Path | None = None) -> tuple[Verdict, ...]:
    """Read what is recorded for a claim.

    Parameters
    ----------
    claim : Claim
        The claim.
    folder : path_like, optional
        The folder that holds ``measured``; by default the project's ``figures``.

    Returns
    -------
    tuple of Verdict
        One a preset; empty where nothing is recorded.

    Raises
    ------
    ValueError
        If the file is not one that `record` wrote.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     measured_verdicts(load_claims()["dordek2016-gridness"], folder)
    ()
    """
    folder = figures_folder() if folder is None else Path(folder)
    recorded = _read(folder / "measured" / f"{claim.id}.json")
    return tuple(
        Verdict(claim, preset, tuple(entry["measured"]), _tuple(entry["null"]), tuple(entry["seeds"]))
        for preset, entry in recorded.items()
    )


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
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     verdict = record("dordek2016-gridness", 1.05, preset="dordek2016", seeds=0, folder=folder)
    >>> verdict_table([verdict])
    What is measured                                                Preset      Paper        Measured  Status
    --------------------------------------------------------------  ----------  -----------  --------  ----------
    median grid score, non-negative PCA (Dordek et al. 2016, text)  dordek2016  1.07 ± 0.15  1.05      reproduced
    """
    rows = [
        (
            f"{verdict.claim.quantity} ({verdict.claim.source})",
            verdict.preset,
            verdict.claim.expectation + (" (in words)" if verdict.claim.in_words else ""),
            verdict.summary,
            verdict.outcome,
        )
        for verdict in verdicts
    ]
    return Table(("What is measured", "Preset", "Paper", "Measured", "Status"), tuple(rows))


def status_table(
    by: str = "figure", *, paper: str | None = None, chapter: str | None = None, folder: str | Path | None = None
) -> Table:
    """Show where each figure (or each claim) is measured and what came of it.

    Parameters
    ----------
    by : str
        "figure": one row a figure, what it shows, its chapters and its status, from all its claims. "claim": one row a
        claim, the paper's value, how sure we are of that (the tags of `Claim`), every value measured and the status.
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
    for name, wanted in (("paper", paper), ("chapter", chapter)):
        if wanted is not None:
            check_choice(wanted, name, sorted({getattr(claim, name) for claim in claims} - {""}))
    chosen = [claim for claim in claims if paper in (None, claim.paper) and chapter in (None, claim.chapter)]
    verdicts = {claim.id: measured_verdicts(claim, home) for claim in claims}
    status = {claim.id: _claim_status(claim, verdicts[claim.id]) for claim in claims}
    rows: list[tuple[str, ...]] = []
    if by == "claim":
        for claim in chosen:
            paper_says = f"{claim.expectation} [{claim.source_tag}{', in words' if claim.in_words else ''}]"
            found = "; ".join(f"{verdict.preset}: {verdict.summary}" for verdict in verdicts[claim.id]) or "–"
            rows.append((claim.source, claim.quantity, paper_says, found, status[claim.id], claim.note))
        return Table(("Figure", "What is measured", "Paper", "Measured", "Status", "Note"), tuple(rows))
    for source in dict.fromkeys(claim.source for claim in chosen):
        members = [claim for claim in claims if claim.source == source]
        chapters = ", ".join(sorted({claim.chapter for claim in members} - {""})) or "–"
        rows.append((source, members[0].shows, chapters, _figure_status([status[claim.id] for claim in members])))
    return Table(("Figure", "What it shows", "Chapter", "Status"), tuple(rows))


def _claim_status(claim: Claim, verdicts: Sequence[Verdict]) -> str:
    deciding = [verdict.outcome for verdict in verdicts if claim.preset in ("", verdict.preset)]
    return _combined(deciding) if deciding else NOT_MEASURED


def _figure_status(statuses: Sequence[str]) -> str:
    known = [status for status in statuses if status != NOT_MEASURED]
    if not known:
        return NOT_MEASURED
    count = "" if len(known) == len(statuses) else f" ({len(known)} of {len(statuses)} claims measured)"
    return _combined(known) + count


def _combined(outcomes: Sequence[str]) -> str:
    distinct = set(outcomes)
    return distinct.pop() if distinct in ({REPRODUCED}, {NOT_REPRODUCED}) else IN_PART


def _values(value: ArrayLike, name: str, seeds: int, digits: int) -> tuple[float, ...]:
    array = as_numpy(value, name)
    if array.ndim > 1 or (array.ndim == 1 and array.size != seeds) or not seeds:
        raise ValueError(f"{name}: expected one number, or one for each of {seeds} seeds, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got {array.tolist()}")
    return tuple(float(f"{number:.{digits}g}") for number in np.atleast_1d(array))


def _tuple(values: list | None) -> tuple | None:
    return None if values is None else tuple(values)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    if not path.is_file():
        return {}
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))
        if all({"measured", "null", "seeds"} <= set(entry) for entry in recorded.values()):
            return recorded
    except (ValueError, AttributeError, TypeError):
        pass
    raise ValueError(f"{path}: not a file of recorded values; delete it and run its chapter again")
