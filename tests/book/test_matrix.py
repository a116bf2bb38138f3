"""The matrix of claims against networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridcells.book.claims import NETWORKS, claim_matrix, load_claims, measured_verdicts, record, scorecard, strength
from gridcells.runs import shipped_runs

LIST = """
[papers]
one = "One et al. 2001"

[bounds]
most = { at_least = 0.5, reason = "Half." }

[[figure]]
paper = "one"
figure = "Fig. 1"
shows = "scores"
[[figure.claim]]
id = "one-share"
quantity = "share of units"
statement = "More than half, and more than noise."
source_tag = "text"
place = "p. 3"
at_least = 0.5
exceeds_null = true
[[figure.claim]]
id = "one-untested"
quantity = "another share"
statement = "More than half."
source_tag = "text"
place = "p. 4"
at_least = 0.5
untested = "another quantity was measured"
[[figure.claim]]
id = "one-alone"
quantity = "a third share"
statement = "More than half."
source_tag = "text"
place = "p. 5"
at_least = 0.5

[[check]]
id = "check-one"
quantity = "a fourth share"
statement = "More than half."
bound = "most"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "claims.toml").write_text(LIST)
    here = {"seeds": range(3), "folder": tmp_path}
    record("one-share", [0.8, 0.81, 0.82], preset="good", null=[0.2, 0.2, 0.2], **here)
    record("one-share", [0.1, 0.11, 0.12], preset="bad", null=[0.2, 0.2, 0.2], **here)
    record("one-share", [0.8, 0.81, 0.82], preset="unsure", **here)
    record("one-untested", [0.8, 0.81, 0.82], preset="good", **here)
    record("one-untested", [0.8, 0.81, 0.82], preset="bad", **here)
    record("one-alone", [0.8, 0.81, 0.82], preset="good", **here)
    record("check-one", [0.8, 0.81, 0.82], preset="good", **here)
    record("check-one", [0.2, 0.21, 0.22], preset="bad", **here)
    return tmp_path


def test_a_row_a_claim_a_column_a_network_and_a_count(folder):
    found = claim_matrix(["good", "bad", "unsure"], numbers=False, folder=folder)
    assert found.header == ("What is measured", "Paper", "good", "bad", "unsure")
    assert found.rows == (
        ("share of units", "at least 0.5 and more than the null", "yes", "no", "?"),
        ("hold, of those measured", "", "1 of 1", "0 of 1", "0 of 1"),
    )


def test_numbers_stand_beside_their_null(folder):
    ((*_, good, bad), _) = claim_matrix(["good", "bad"], folder=folder).rows
    assert good == "yes: 0.81 (0.793 to 0.827, 3 seeds), null 0.2"
    assert bad.startswith("no: 0.11 (") and bad.endswith("null 0.2")


def test_a_claim_of_one_network_has_a_row_where_it_is_asked_for(folder):
    found = claim_matrix(["good", "bad"], numbers=False, least=1, folder=folder)
    assert found.rows[1] == ("a third share", "at least 0.5", "yes", "–")
    assert found.rows[-1][2:] == ("2 of 2", "0 of 1")


def test_a_scorecard_takes_the_first_claim_that_was_measured_of_a_model(folder):
    demands = {"shares": ["one-share", "one-alone"], "alone": ["one-alone"], "untested": ["one-untested"]}
    found = scorecard({"a model": "good", "another": "bad", "a third": "nothing"}, demands, folder=folder)
    assert found.header == ("Model", "shares", "alone", "untested")
    assert found.rows[0] == (
        "a model", "yes: 0.81 (0.793 to 0.827, 3 seeds), null 0.2", "yes: 0.81 (0.793 to 0.827, 3 seeds)", "–"
    )  # fmt: skip
    alone = scorecard({"a model": "good", "another": "bad"}, {"a check": ["check-one"]}, numbers=False, folder=folder)
    assert alone.rows == (("a model", "yes"), ("another", "no"))
    assert found.rows[1][1].startswith("no: 0.11") and found.rows[1][2:] == ("–", "–")
    assert found.rows[2] == ("a third", "–", "–", "–")
    with pytest.raises(ValueError, match="demands: shares: expected"):
        scorecard({"a model": "good"}, {"shares": ["one-shar"]}, folder=folder)


def test_impossible_presets_are_refused(folder):
    with pytest.raises(ValueError, match="presets: expected names, each once"):
        claim_matrix(["good", "good"], folder=folder)
    with pytest.raises(ValueError, match="presets: expected names, each once"):
        claim_matrix([], folder=folder)
    with pytest.raises(ValueError, match="presets"):
        claim_matrix(["good", "gooood"], folder=folder)


def test_the_networks_ship_with_five_seeds_and_no_share_lacks_its_null():
    assert all(len(shipped_runs()[preset]) == 5 for preset in NETWORKS)
    lacking = [
        (claim.id, verdict.preset)
        for claim in load_claims().values()
        for verdict in measured_verdicts(claim)
        if claim.exceeds_null and not claim.untested and verdict.preset in NETWORKS and verdict.null is None
    ]
    assert lacking == []


def test_strength_follows_from_what_the_networks_decide(folder):
    listed = load_claims(folder / "claims.toml")
    assert strength(listed["one-share"], folder) == "it depends on the network"
    assert strength(listed["one-untested"], folder) == "none"
    assert strength(listed["one-alone"], folder) == "moderate"
    record("one-alone", [0.7, 0.71, 0.72], preset="other", seeds=range(3), folder=folder)
    assert strength(listed["one-alone"], folder) == "strong"
    record("one-alone", 0.7, preset="third", seeds=0, folder=folder)  # one seed does not decide
    assert strength(listed["one-alone"], folder) == "moderate"
    (folder / "measured" / "one-alone.json").unlink()
    assert strength(listed["one-alone"], folder) == "none"
    record("one-alone", 0.7, preset="third", seeds=0, folder=folder)
    assert strength(listed["one-alone"], folder) == "open"
