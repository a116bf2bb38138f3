"""What was measured: recorded under its preset, and judged by the rule."""

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
from gridcells._common.checks import as_numpy, check_count, nearest_name
from gridcells._common.files import writable_folder, write_json
from gridcells.book.claims.listing import Claim
from gridcells.book.claims.reading import folder_and_list
from gridcells.book.claims.rule import NOT_REPRODUCED, REPRODUCED, Assessment, assess
from gridcells.book.figures import figures_folder

__all__ = ["Verdict", "measured_verdicts", "record"]

_Entry = dict[str, Any]  # what is recorded under one preset
CHECKED = {REPRODUCED: "holds", NOT_REPRODUCED: "does not hold"}  # a check of this book has no paper to reproduce


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
    networks : int, optional
        Where the one value is a share of networks, how many these were.
    """

    claim: Claim
    preset: str
    measured: tuple[float, ...]
    null: tuple[float, ...] | None
    seeds: tuple[int, ...]
    networks: int | None = None

    @property
    def assessment(self) -> Assessment:
        """What `gridcells.book.claims.assess` says."""
        return assess(self.claim, self.measured, self.null, self.networks)

    @property
    def outcome(self) -> str:
        """One of `gridcells.book.claims.OUTCOMES`; of a check of this book "holds", "does not hold" or "undecided"."""
        outcome = self.assessment.outcome
        return CHECKED.get(outcome, outcome) if self.claim.is_check else outcome

    @property
    def status(self) -> str:
        """The outcome with its reason."""
        reason = self.assessment.reason
        return f"{self.outcome}: {reason}" if reason else self.outcome

    @property
    def summary(self) -> str:
        """The mean over seeds with its interval and, where there is one, the null, as text."""
        unit, interval = self.claim.unit, self.assessment.interval
        if self.claim.counted and len(self.measured) > 1:
            found = ", ".join(map(self._show, self.measured))
            return self._with_null(f"{found} {unit}".strip())
        text = f"{self._show(statistics.fmean(self.measured))} {unit}".strip()
        if interval is not None and not self.claim.exact:
            number = len(self.measured) if self.networks is None else self.networks
            kind = "seeds" if self.networks is None else "networks"
            text += f" ({self._show(interval[0])} to {self._show(interval[1])}, {number} {kind})"
        return self._with_null(text)

    def _show(self, value: float) -> str:
        return f"{value:.{self.claim.digits}g}"

    def _with_null(self, text: str) -> str:
        return text if self.null is None else f"{text}, null {self._show(statistics.fmean(self.null))}"

    def __repr__(self) -> str:
        words = " in words" if self.claim.in_words else ""
        return (
            f"{self.status}: {self.claim.quantity} = {self.summary} "
            f"[{self.preset}; paper{words}: {self.claim.expectation}; {self.claim.source}]"
        )


def record(
    claim_id: str,
    measured: ArrayLike,
    *,
    preset: str,
    seeds: int | Sequence[int],
    null: ArrayLike | None = None,
    networks: int | None = None,
    folder: str | Path | None = None,
) -> Verdict:
    """Write down what was measured for a claim, or for a check of this book, and judge it.

    Parameters
    ----------
    claim_id : str
        Its id in ``claims.toml``, or one under which it went before.
    measured : float or array_like [seed]
        One value a seed, or one for all seeds together, in the claim's unit. Kept to the claim's significant digits, so
        that a rerun on another machine changes no file for rounding's sake.
    preset : str
        What was measured: the preset's name.
    seeds : int or sequence of int
        The seeds.
    null : float or array_like [seed], optional
        The same quantity of the null model; without it a claim that says ``exceeds_null`` is undecided at best.
    networks : int, optional
        Where the one value is a share of networks, how many these were: gives it its binomial interval.
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
        If the id is unknown (the nearest is suggested), a value is not finite or counts differ.
    OSError
        If the folder cannot be written.

    Notes
    -----
    What is kept for the preset is replaced, except by one that says less: the same values at some of its seeds, without
    the null that is kept. Two chapters may measure one claim, one of them with its null.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record("dordek2016-ratio", [1.4, 1.38, 1.45], preset="theory", seeds=range(3), folder=folder)
    reproduced: ratio of the modules' spacings = 1.41 (1.35 to 1.47, 3 seeds) \
[theory; paper: 1.4 ± 0.15; Dordek et al. 2016, Results]
    """
    home, listed = folder_and_list(folder)
    known = {name: claim for claim in listed.values() for name in (claim.id, *claim.formerly)}
    if claim_id not in known:
        raise ValueError(f"claim_id: no claim {claim_id!r} in claims.toml{nearest_name(claim_id, known)}")
    claim = known[claim_id]
    if not isinstance(preset, str) or not re.fullmatch(r"[\w.+=-]+", preset):
        raise ValueError(f"preset: expected the name of one, got {preset!r}")
    seeds = (seeds,) if isinstance(seeds, int | np.integer) else tuple(seeds)
    seeds = tuple(check_count(seed, "seeds", 0) for seed in seeds)
    values = _values(measured, "measured", len(seeds), claim.digits)
    null_values = None if null is None else _values(null, "null", len(seeds), claim.digits)
    if networks is not None:
        networks = check_count(networks, "networks")
        if len(values) > 1 or not 0 <= values[0] <= 1:
            raise ValueError(f"measured: expected one share of {networks} networks, got {list(values)}")
    path = writable_folder(home / "measured", "folder") / f"{claim.id}.json"
    recorded, verdict = _read(path), Verdict(claim, preset, values, null_values, seeds, networks)
    entry: _Entry = {"measured": values, "null": null_values, "seeds": seeds}
    entry |= {} if networks is None else {"networks": networks}
    old = recorded.get(preset)
    same = old is not None and all(_frozen(old.get(key)) == entry.get(key) for key in (*entry, "networks"))
    if not (same or (old is not None and _says_more(old, entry))):
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
    >>> from gridcells.book.claims import load_claims
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     measured_verdicts(load_claims()["dordek2016-gridness"], folder)
    ()
    """
    folder = figures_folder() if folder is None else Path(folder)
    recorded = _read(folder / "measured" / f"{claim.id}.json")
    return tuple(
        Verdict(
            claim,
            preset,
            tuple(entry["measured"]),
            _frozen(entry["null"]),
            tuple(entry["seeds"]),
            entry.get("networks"),
        )
        for preset, entry in recorded.items()
    )


def _values(value: ArrayLike, name: str, seeds: int, digits: int) -> tuple[float, ...]:
    array = as_numpy(value, name)
    if array.ndim > 1 or (array.ndim == 1 and array.size != seeds) or not seeds:
        raise ValueError(f"{name}: expected one number, or one for each of {seeds} seeds, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got {array.tolist()}")
    return tuple(float(f"{number:.{digits}g}") for number in np.atleast_1d(array))


def _says_more(old: _Entry, entry: _Entry) -> bool:
    """Return whether the recorded `old` has the values of `entry`, at its seeds, and a null where `entry` has none."""
    if old["null"] is None or entry["null"] is not None or len(old["measured"]) != len(old["seeds"]):
        return False
    kept = dict(zip(old["seeds"], old["measured"], strict=True))
    if len(entry["measured"]) != len(entry["seeds"]):
        return False
    return all(kept.get(seed) == value for seed, value in zip(entry["seeds"], entry["measured"], strict=True))


def _frozen(values: Any) -> Any:
    return tuple(values) if isinstance(values, list) else values


def _read(path: Path) -> dict[str, _Entry]:
    if not path.is_file():
        return {}
    try:
        recorded = json.loads(path.read_text(encoding="utf-8"))
        if all({"measured", "null", "seeds"} <= set(entry) for entry in recorded.values()):
            return recorded
    except (ValueError, AttributeError, TypeError):
        pass
    raise ValueError(f"{path}: not a file of recorded values; delete it and run its chapter again")
