"""The one rule that judges a claim (`assess`): by intervals, never by a hand and never by one seed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import betaincinv, stdtrit  # scipy.stats takes as long to import as all else here

from gridcells.book.claims.listing import Claim, Range

__all__ = [
    "CANNOT_BE_TOLD",
    "CONFIDENCE",
    "NOT_REPRODUCED",
    "OUTCOMES",
    "REPRODUCED",
    "UNDECIDED",
    "UNTESTED",
    "Assessment",
    "assess",
    "seed_interval",
    "share_interval",
]

REPRODUCED, NOT_REPRODUCED, UNDECIDED = "reproduced", "not reproduced", "undecided"
CANNOT_BE_TOLD, UNTESTED = "cannot be told", "untested"
OUTCOMES = (REPRODUCED, NOT_REPRODUCED, UNDECIDED, CANNOT_BE_TOLD, UNTESTED)
CONFIDENCE = 0.9  # 5 % beyond each end


@dataclass(frozen=True)
class Assessment:
    """What the rule says of a measurement.

    Parameters
    ----------
    outcome : str
        One of `OUTCOMES`.
    reason : str
        Why, where the outcome is neither "reproduced" nor "not reproduced"; else "".
    interval : tuple of float or None
        The ends of the 90 % interval that was compared with the target, in the claim's unit; for counts of the share
        of the networks that have the number. None where there is none.
    """

    outcome: str
    reason: str = ""
    interval: tuple[float, float] | None = None


def seed_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return Student's 90 % interval of the mean of values over seeds.

    Parameters
    ----------
    values : sequence of float
        One value a seed, at least two.

    Returns
    -------
    tuple of float
        The ends.

    Raises
    ------
    ValueError
        If there are fewer than two values.

    Examples
    --------
    >>> low, high = seed_interval([0.641, 0.57, 0.492, 0.555, 0.566])
    >>> round(low, 3), round(high, 3)
    (0.514, 0.615)
    """
    if len(values) < 2:
        raise ValueError(f"values: expected at least two, one a seed, got {len(values)}")
    middle = statistics.fmean(values)
    half = stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2) * statistics.stdev(values) / math.sqrt(len(values))
    return float(middle - half), float(middle + half)


def share_interval(successes: int, networks: int) -> tuple[float, float]:
    """Return the exact 90 % binomial interval of a share.

    Parameters
    ----------
    successes, networks : int
        So many of so many networks.

    Returns
    -------
    tuple of float
        The ends, within 0 and 1.

    Raises
    ------
    ValueError
        If there is no network or the successes are not among them.

    Examples
    --------
    >>> low, high = share_interval(5, 5)
    >>> round(low, 3), high
    (0.549, 1.0)
    """
    if not 0 <= successes <= networks or networks < 1:
        raise ValueError(f"successes: expected 0 to {networks} of at least one network, got {successes}")
    tail = (1 - CONFIDENCE) / 2
    low = betaincinv(successes, networks - successes + 1, tail) if successes else 0.0
    high = betaincinv(successes + 1, networks - successes, 1 - tail) if successes < networks else 1.0
    return float(low), float(high)


def assess(
    claim: Claim, measured: Sequence[float], null: Sequence[float] | None = None, networks: int | None = None
) -> Assessment:
    """Return what the rule says of one preset's measurement.

    Parameters
    ----------
    claim : Claim
        The claim.
    measured : sequence of float
        One value a seed, or one for all together; empty where nothing was measured.
    null : sequence of float, optional
        The same of the null model: one value a seed, or one for all.
    networks : int, optional
        Where the one measured value is a share of networks, how many these were.

    Returns
    -------
    Assessment
        The outcome, with a reason where it is not plain.

    Notes
    -----
    Fixed before the numbers are looked at, for both sides of the debate alike:

    1. *The sample is the network.* Values over seeds are independent trainings. Units, weights, places and paths of
       one network are not: they share its weights, and a standard error over them shrinks without any further network.
    2. *The interval.* Values over at least two seeds have Student's interval of their mean; a share of so many
       networks has the exact binomial interval (Clopper and Pearson). Both hold 90 %, 5 % beyond each end, so that a
       verdict errs in one case of twenty to either side: whole inside the target is *reproduced*, whole outside is
       *not reproduced* (two one-sided tests at 5 %, as for equivalence), and what straddles a bound is *undecided*.
       More seeds narrow the interval; they never make a claim easier.
    3. *One seed decides nothing*, however far off it lies, and a number pooled over seeds counts as one. Excepted are
       quantities in which nothing random enters (``exact``).
    4. *Counts* (Betti numbers, modules, clusters; ``counted``) are each network's own: reproduced where more than half
       of all networks have the claimed number, by the binomial interval. Five of five decide, four of four do not.
    5. *A null model*, where there is one, must be exceeded besides: the interval of measured minus null, seed by seed,
       lies above zero. A claim that has a null but whose null was not recorded is undecided.
    6. *A published value that nobody here has read* decides nothing alone: quoted by one replicator or recalled, the
       claim is undecided, and the verdict that the value would give is said beside it. Two who quote it independently
       are believed.
    7. *Cannot be told*: the quantity is not identifiable from what the paper states (``unidentifiable``). *Untested*:
       the contrast, or the paper's quantity, was not measured, whatever stands beside it (``untested``), or nothing
       was.

    Examples
    --------
    >>> from gridcells.book.claims import load_claims
    >>> score = load_claims()["sorscher2023-1-decoding-error"]
    >>> assess(score, [0.0494, 0.0494, 0.0488]).outcome, assess(score, [0.05]).reason
    ('reproduced', 'one seed')
    """
    if not measured and not claim.unidentifiable:
        return Assessment(UNTESTED, claim.untested or "nothing is recorded")
    found = _compared(claim, measured, null, networks) if measured else Assessment(UNDECIDED)
    if claim.unidentifiable:
        return Assessment(CANNOT_BE_TOLD, claim.unidentifiable, found.interval)
    if claim.untested:
        return Assessment(UNTESTED, claim.untested, found.interval)
    if claim.is_read:
        return found
    by_it = f"; by it: {found.outcome}" if found.outcome != UNDECIDED else f"; {found.reason}"
    return Assessment(UNDECIDED, f"the published value is {claim.source_tag}, not read{by_it}", found.interval)


def _compared(
    claim: Claim, measured: Sequence[float], null: Sequence[float] | None, networks: int | None
) -> Assessment:
    interval, target, why = _interval(claim, measured, networks)
    if interval is None:
        return Assessment(UNDECIDED, why)
    answers = [_inside(interval, target)]
    if claim.exceeds_null:
        if null is None:
            if answers == [NOT_REPRODUCED]:
                return Assessment(NOT_REPRODUCED, interval=interval)
            return Assessment(UNDECIDED, "no null is recorded", interval)
        differences = [value - other for value, other in _paired(measured, null)]
        if len(differences) < 2:
            return Assessment(UNDECIDED, "one seed", interval)
        above = seed_interval(differences)
        answers.append(REPRODUCED if above[0] > 0 else NOT_REPRODUCED if above[1] <= 0 else UNDECIDED)
    if NOT_REPRODUCED in answers:
        return Assessment(NOT_REPRODUCED, interval=interval)
    if answers[0] == UNDECIDED:
        return Assessment(UNDECIDED, "the interval straddles the bound", interval)
    if UNDECIDED in answers:
        return Assessment(UNDECIDED, "the interval straddles the null", interval)
    return Assessment(REPRODUCED, interval=interval)


def _interval(
    claim: Claim, measured: Sequence[float], networks: int | None
) -> tuple[tuple[float, float] | None, Range, str]:
    """Return the interval, what it is compared with, and why there is none."""
    if claim.exact:
        return (min(measured), max(measured)), claim.target, ""
    if claim.counted:
        if len(measured) == 1:
            return None, claim.target, "one seed"
        return share_interval(sum(value in claim.target for value in measured), len(measured)), Range(low=0.5), ""
    if networks is not None:
        return share_interval(round(measured[0] * networks), networks), claim.target, ""
    if len(measured) == 1:
        return None, claim.target, "one seed"
    return seed_interval(measured), claim.target, ""


def _inside(interval: tuple[float, float], target: Range) -> str:
    low, high = interval
    slack = 1e-12 * max(1.0, abs(low), abs(high))  # an end that rounding has moved
    if target.low - slack <= low and high <= target.high + slack:
        return REPRODUCED
    return NOT_REPRODUCED if high < target.low - slack or low > target.high + slack else UNDECIDED


def _paired(measured: Sequence[float], null: Sequence[float]) -> list[tuple[float, float]]:
    """Return measured and null seed by seed; one null for all seeds stands beside each."""
    others = list(null) * len(measured) if len(null) == 1 else list(null)
    return list(zip(measured, others, strict=True))
