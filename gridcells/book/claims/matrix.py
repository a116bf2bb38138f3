"""Claims against networks: which of what the papers say holds in which network, and which model meets what is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gridcells._common.checks import check_choice
from gridcells._common.tables import Table
from gridcells.book.claims.listing import Claim
from gridcells.book.claims.measured import CHECKED, Verdict, measured_verdicts
from gridcells.book.claims.reading import folder_and_list
from gridcells.book.claims.rule import NOT_REPRODUCED, REPRODUCED

__all__ = ["NETWORKS", "claim_matrix", "scorecard", "strength"]

NETWORKS = ("laptop", "integrator", "lattice", "module")
"""Presets of path integrators that ship with five seeds each."""

_SIGNS = {REPRODUCED: "yes", NOT_REPRODUCED: "no", CHECKED[REPRODUCED]: "yes", CHECKED[NOT_REPRODUCED]: "no"}
_NOTHING = "–"


def claim_matrix(
    presets: Sequence[str] = NETWORKS, *, numbers: bool = True, least: int = 2, folder: str | Path | None = None
) -> Table:
    """Show which claims hold in which networks, each by the one rule, with the null beside each number.

    Parameters
    ----------
    presets : sequence of str
        The presets, a column each.
    numbers : bool
        Whether what was measured stands beside the outcome; without it a cell is "yes", "no", or "?" for undecided.
    least : int
        Presets among these for which a claim must have been measured to have a row.
    folder : path_like, optional
        The folder with ``measured``, by default the project's ``figures``. The claims are those of its ``claims.toml``,
        or the project's where it holds none.

    Returns
    -------
    Table
        A row a claim, in the order of the list, and one that counts how many claims hold in each network.

    Raises
    ------
    ValueError
        If no preset is named, one twice, or one of which nothing was measured.

    Notes
    -----
    Claims that are untested or cannot be told have no row, whatever was measured beside them.

    Examples
    --------
    >>> claim_matrix(numbers=False).header
    ('What is measured', 'Paper', 'laptop', 'integrator', 'lattice', 'module')
    """
    if not presets or len(set(presets)) < len(presets):
        raise ValueError(f"presets: expected names, each once, got {list(presets)}")
    home, listed = folder_and_list(folder)
    rows: list[tuple[str, ...]] = []
    held, asked = dict.fromkeys(presets, 0), dict.fromkeys(presets, 0)
    known: set[str] = set()
    for claim in (one for one in listed.values() if not one.is_check):
        found = {verdict.preset: verdict for verdict in measured_verdicts(claim, home)}
        known |= set(found)
        if claim.untested or claim.unidentifiable or len(set(found) & set(presets)) < least:
            continue
        for preset in presets:
            if preset in found:
                asked[preset] += 1
                held[preset] += found[preset].outcome == REPRODUCED
        rows.append(_row(claim, [found.get(preset) for preset in presets], numbers))
    for preset in presets:
        check_choice(preset, "presets", sorted(known))
    rows.append(("hold, of those measured", "", *(f"{held[preset]} of {asked[preset]}" for preset in presets)))
    return Table(("What is measured", "Paper", *presets), tuple(rows))


def scorecard(
    models: Mapping[str, str],
    demands: Mapping[str, Sequence[str]],
    *,
    numbers: bool = True,
    folder: str | Path | None = None,
) -> Table:
    """Show which models meet which demands, each decided by a claim or a check.

    Parameters
    ----------
    models : mapping of str to str
        What was measured of each model, a preset for instance, by the model's name: a row each.
    demands : mapping of str to sequence of str
        Ids of claims or checks by demand, a column each; the first that was measured of a model decides.
    numbers : bool
        Whether what was measured stands beside the outcome.
    folder : path_like, optional
        As for `claim_matrix`.

    Returns
    -------
    Table
        "yes", "no" or "?" (undecided); "–" where none of the ids was measured of the model.

    Raises
    ------
    ValueError
        If there is no such claim or check.

    Examples
    --------
    >>> scorecard({"one objective": "laptop"}, {"integrates": ["sorscher2023-1-decoding-error"]}).header
    ('Model', 'integrates')
    """
    home, listed = folder_and_list(folder)
    ids = {one: name for name, each in demands.items() for one in each}
    for one, name in ids.items():
        check_choice(one, f"demands: {name}", tuple(listed))
    found = {one: {verdict.preset: verdict for verdict in measured_verdicts(listed[one], home)} for one in ids}

    def cell(measured: str, those: Sequence[str]) -> str:
        verdicts = (found[one].get(measured) for one in those if not listed[one].untested)
        return _cell(next((one for one in verdicts if one is not None), None), numbers)

    rows = [(name, *(cell(measured, those) for those in demands.values())) for name, measured in models.items()]
    return Table(("Model", *demands), tuple(rows))


def _row(claim: Claim, verdicts: Sequence[Verdict | None], numbers: bool) -> tuple[str, ...]:
    return claim.quantity, claim.expectation, *(_cell(verdict, numbers) for verdict in verdicts)


def _cell(verdict: Verdict | None, numbers: bool) -> str:
    if verdict is None:
        return _NOTHING
    sign = _SIGNS.get(verdict.outcome, "?")
    return f"{sign}: {verdict.summary}" if numbers else sign


def strength(claim: Claim, folder: str | Path | None = None) -> str:
    """Judge how strong the evidence of this book on a claim is, by a rule.

    Parameters
    ----------
    claim : Claim
        The claim.
    folder : path_like, optional
        As for `claim_matrix`.

    Returns
    -------
    str
        "strong" where every kind of network or recipe that was measured decides, all the same way, and there are at
        least two; "moderate" where one alone was measured, or some decide and none the other way; "it depends on the
        network" where they decide both ways; "open" where none decides; "none" where the claim is untested or cannot be
        told.

    Examples
    --------
    >>> from gridcells.book.claims import load_claims
    >>> strength(load_claims()["schaeffer2023b-invariance"])
    'none'
    """
    outcomes = [verdict.outcome for verdict in measured_verdicts(claim, folder)]
    if claim.untested or claim.unidentifiable or not outcomes:
        return "none"
    decided = [outcome for outcome in outcomes if outcome in _SIGNS]
    if len(set(decided)) > 1:
        return "it depends on the network"
    if not decided:
        return "open"
    return "strong" if len(decided) == len(outcomes) > 1 else "moderate"
