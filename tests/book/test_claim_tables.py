"""Verdicts in the chapters' tables get a class each, names of chapters a link, and nothing else does."""

from __future__ import annotations

import re

import chapters
import pytest
from claim_tables import with_chips, with_links

from gridcells.book.claims import measured
from gridcells.book.claims.rule import OUTCOMES

STYLES = (chapters.ROOT / "book/_static/gridcells.css").read_text(encoding="utf-8")


def chips(text, *, others=""):
    """Class and words of the chips of one cell, and the cell without them; its class has been told from its words."""
    shown = with_chips(f"<td>{text}</td>{others}").removesuffix(others).removesuffix("</td>")
    whole = re.match(rf"(\d+ )?({'|'.join([*OUTCOMES, *measured.CHECKED.values()])})\b", text) is not None
    assert shown.startswith('<td class="status">' if whole else "<td>")
    shown = shown.partition(">")[2]
    pattern = r'<span class="chip chip-([a-z -]+)">([^<]*)</span>'
    return re.findall(pattern, shown), re.sub(pattern, "*", shown)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_is_a_chip_and_has_a_colour(outcome):
    name = outcome.replace(" ", "-")
    assert chips(outcome) == ([(name, outcome)], "*")
    assert f".chip-{name} {{" in STYLES


@pytest.mark.parametrize(("outcome", "words"), measured.CHECKED.items())
def test_what_is_said_of_a_check_is_a_chip_in_the_colour_of_its_outcome(outcome, words):
    assert chips(words) == ([(outcome.replace(" ", "-"), words)], "*")


@pytest.mark.parametrize(
    ("text", "found", "rest"),
    [
        ("undecided: quoted; by it: reproduced", [("undecided", "undecided")], "* quoted; by it: reproduced"),
        (
            "2 reproduced, 1 not reproduced",
            [("reproduced", "2 reproduced"), ("not-reproduced", "1 not reproduced")],
            "* *",
        ),
        (
            "a: reproduced, 0.4 (5 seeds); b+c=1: untested, 0.7",
            [("reproduced", "reproduced"), ("untested", "untested")],
            "a: *, 0.4 (5 seeds); b+c=1: *, 0.7",
        ),
        ("yes", [], "yes"),
        ("what was reproduced", [], "what was reproduced"),
        ("", [], ""),
    ],
)
def test_chips_stand_where_a_verdict_does(text, found, rest):
    assert chips(text) == (found, rest)


def test_signs_are_chips_in_the_table_of_claims_against_networks():
    others = "<td>hold, of those measured</td>"
    assert chips("yes: 0.4", others=others) == ([("reproduced", "yes")], "* 0.4")
    assert chips("?", others=others) == ([("undecided chip-bare", "?")], "*")
    assert chips("–", others=others) == ([], "–")


def test_a_header_stays_as_it_is():
    assert with_chips("<th>reproduced</th>") == "<th>reproduced</th>"


@pytest.mark.parametrize(
    ("cell", "linked"),
    [
        ("02_the_task", "A"),
        ("02_the_task, 03_more", "A<br>B"),
        ("banino2018_code", "banino2018_code"),
        ("see 02_the_task", "see 02_the_task"),
        ("02_the_task, 04_gone", "02_the_task, 04_gone"),
        ("", ""),
    ],
)
def test_names_of_chapters_are_links_where_nothing_else_stands_in_a_cell(cell, linked):
    assert with_links(f"<td>{cell}</td>", {"02_the_task": "A", "03_more": "B"}) == f"<td>{linked}</td>"
