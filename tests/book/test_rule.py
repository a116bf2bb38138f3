"""The rule that judges the claims: what decides, what does not, and that every claim can fail."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from gridcells.book.claims import OUTCOMES, Claim, Range, assess, load_checks, load_claims
from gridcells.book.claims.listing import Source
from gridcells.book.claims.rule import seed_interval, share_interval

LIST = Path(__file__).parents[2] / "figures" / "claims.toml"
LISTED = {**load_claims(LIST), **load_checks(LIST)}


def claim(tag: str = "text", **changes) -> Claim:
    common = dict.fromkeys(("id", "quantity", "statement"), "x")
    sources = (Source("one", "Fig. 1", "One et al. 2001", tag, "p. 1"),)
    return Claim(**{**common, "sources": sources, "target": Range(low=0.5), **changes})


@pytest.mark.parametrize(
    ("measured", "outcome", "reason"),
    [
        ([0.6, 0.62, 0.61], "reproduced", ""),
        ([0.3, 0.32, 0.31], "not reproduced", ""),
        ([0.6, 0.45, 0.55], "undecided", "the interval straddles the bound"),
        ([0.5, 0.5], "reproduced", ""),  # ends included
        ([0.9], "undecided", "one seed"),
        ([0.1], "undecided", "one seed"),
        ([], "untested", "nothing is recorded"),
    ],
)
def test_the_interval_over_seeds_decides(measured, outcome, reason):
    found = assess(claim(), measured)
    assert (found.outcome, found.reason) == (outcome, reason) and found.outcome in OUTCOMES


def test_one_good_seed_of_many_helps_no_claim():
    """Before, any one seed within the target made it "in part": more seeds made a claim easier."""
    assert assess(claim(), [0.1, 0.12, 0.11, 0.13, 0.6]).outcome != "reproduced"
    assert assess(claim(), [*[0.1, 0.12, 0.11, 0.13] * 5, 0.6]).outcome == "not reproduced"


def test_the_interval_holds_the_mean_of_nine_samples_in_ten():
    generator = np.random.default_rng(0)
    samples = generator.normal(0.3, 0.1, (4000, 5))
    held = [low <= 0.3 <= high for low, high in map(seed_interval, samples.tolist())]
    assert np.mean(held) == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize(("successes", "networks"), [(0, 6), (3, 6), (6, 6), (17, 214)])
def test_the_binomial_interval_leaves_five_per_cent_beyond_each_end(successes, networks):
    low, high = share_interval(successes, networks)
    assert low == 0 if successes == 0 else binom.sf(successes - 1, networks, low) == pytest.approx(0.05)
    assert high == 1 if successes == networks else binom.cdf(successes, networks, high) == pytest.approx(0.05)


def test_intervals_refuse_what_has_none():
    with pytest.raises(ValueError, match="values: expected at least two, one a seed, got 1"):
        seed_interval([0.5])
    with pytest.raises(ValueError, match="successes: expected 0 to 3 of at least one network, got 4"):
        share_interval(4, 3)


def test_a_share_of_networks_is_judged_by_their_number():
    assert assess(claim(), [1.0], networks=3).outcome == "undecided"
    assert assess(claim(), [1.0], networks=6).outcome == "reproduced"
    assert assess(claim(), [0.0], networks=6).outcome == "not reproduced"


def test_a_count_needs_five_networks_of_five():
    torus = claim(target=Range(2, 2, 2.0), counted=True)
    assert assess(torus, [2, 2, 2, 2, 2]).outcome == "reproduced"
    assert assess(torus, [2, 2, 2, 2]).outcome == "undecided"
    assert assess(torus, [2, 2, 2, 2, 1]).outcome == "undecided"
    assert assess(torus, [1, 3, 0, 1, 1]).outcome == "not reproduced"
    assert assess(torus, [2]).reason == "one seed"


def test_a_null_must_be_exceeded_seed_by_seed():
    demanding = claim(exceeds_null=True)
    assert assess(demanding, [0.6, 0.7, 0.8], [0.3, 0.4, 0.5]).outcome == "reproduced"
    assert assess(demanding, [0.6, 0.61, 0.6], [0.65, 0.66, 0.67]).outcome == "not reproduced"
    assert assess(demanding, [0.6, 0.7, 0.65], [0.6, 0.68, 0.66]).reason == "the interval straddles the null"
    assert assess(demanding, [0.6, 0.61, 0.6]).reason == "no null is recorded"
    assert assess(demanding, [0.2, 0.21], [0.1]).outcome == "not reproduced"  # the null is no substitute for the target
    assert assess(demanding, [0.2, 0.21]).outcome == "not reproduced"  # what misses the target needs no null
    assert assess(claim(), [0.6, 0.61], [0.9, 0.9]).outcome == "reproduced"  # a null that is not asked for


def test_a_value_that_nobody_read_decides_nothing_alone():
    found = assess(claim("quoted", quoted_by=("Two",)), [0.6, 0.61, 0.6])
    assert (found.outcome, found.reason) == (
        "undecided", "the published value is quoted, not read; by it: reproduced"
    )  # fmt: skip
    assert assess(claim("recalled"), [0.1, 0.1]).reason.endswith("by it: not reproduced")
    assert assess(claim("quoted", quoted_by=("Two", "Three")), [0.6, 0.61, 0.6]).outcome == "reproduced"
    assert assess(claim("code"), [0.6, 0.61, 0.6]).outcome == "reproduced"


def test_what_cannot_be_told_and_what_is_no_test_say_so_whatever_is_measured():
    blurred = claim(unidentifiable="it hangs on a shift")
    assert assess(blurred, [0.6, 0.61]).outcome == assess(blurred, []).outcome == "cannot be told"
    other = assess(claim(untested="another quantity"), [0.6, 0.61])
    assert (other.outcome, other.reason) == ("untested", "another quantity") and other.interval is not None


def test_an_exact_quantity_needs_one_value():
    formula = claim(exact=True, target=Range(0.471, 0.473, 0.472))
    assert assess(formula, [0.472]).outcome == "reproduced" and assess(formula, [0.48]).outcome == "not reproduced"


# ---- every claim of the list ----------------------------------------------------------------------------------------


def seeds_around(value: float, count: int = 5) -> list[float]:
    """Values over seeds with an interval as narrow as one likes."""
    return [value] * count


@pytest.mark.parametrize("name", LISTED)
def test_every_claim_has_a_value_that_passes_and_one_that_fails(name):
    """Judged as if it were read, tested and identifiable: by its bound and its null alone."""
    entry = LISTED[name]
    bare = dataclasses.replace(
        entry,
        untested="",
        unidentifiable="",
        sources=entry.sources and (dataclasses.replace(entry.sources[0], tag="text"),),
    )
    low, high = entry.target.low, entry.target.high
    inside = entry.target.value if entry.target.value is not None else low if np.isfinite(low) else high
    step = max(1e-3, 0.1 * abs(inside), 0.0 if np.isinf(high - low) else high - low)
    outside = low - step if np.isfinite(low) else high + step
    null = [inside - 2 * step] if entry.exceeds_null else None
    assert assess(bare, seeds_around(inside), null).outcome == "reproduced"
    assert assess(bare, seeds_around(outside), null).outcome == "not reproduced"
    if entry.exceeds_null:
        assert assess(bare, seeds_around(inside), [inside + step]).outcome == "not reproduced"
    if not entry.exact:
        assert assess(bare, [outside]).reason == "one seed"


@pytest.mark.parametrize("name", LISTED)
def test_no_share_has_a_bound_that_every_share_meets(name):
    entry = LISTED[name]
    if entry.quantity.startswith("share") and not entry.unit:
        assert entry.target.low > 0 or entry.target.high < 1, "any share would do"
