"""Every chapter says what it is for and where to go on, and the terms that readers meet are explained."""

import importlib.util
import re

import chapters
import pytest

guide = importlib.import_module("guide")
GUIDES, MEANINGS = guide.read_guide(), guide.meanings()
PAGES = [name.removeprefix("book/") for name in chapters.documents()]


def test_every_chapter_has_aims_and_ways_on_and_no_other_page():
    assert set(GUIDES) == {path.stem for path in chapters.chapters()} | {"a_network_learns"}


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_is_short_and_leads_to_other_pages(name):
    told = GUIDES[name]
    assert 1 <= len(told.aims) <= 3 and 1 <= len(told.next) <= 3
    for aim in told.aims:
        assert re.fullmatch(r"[a-z].*[^.]", aim) and len(aim) < 160, aim  # it goes on from "After this chapter you can"
    for page, reason in told.next:
        assert page in PAGES and page != name
        assert re.fullmatch(r"[a-z].*[^.]", reason)


def test_aims_are_not_repeated():
    aims = [aim for told in GUIDES.values() for aim in told.aims]
    assert len(set(aims)) == len(aims)


def test_terms_are_in_order_and_explained_in_plain_text():
    assert list(MEANINGS) == sorted(MEANINGS, key=str.lower)
    for term, meaning in MEANINGS.items():
        assert meaning.endswith(".") and 20 < len(meaning) < 400, term
        assert "{" not in meaning, term  # it is shown under the pointer as it stands


def test_every_term_is_used_in_a_chapter():
    text = " ".join(
        cell.source
        for path in chapters.chapters()
        for cell in chapters.read(path).cells
        if cell.cell_type == "markdown"
    )
    text += (chapters.ROOT / "book" / "primer.md").read_text()
    unused = [term for term in MEANINGS if not guide._pattern(term).search(text)]
    assert not unused


def test_pages_that_draw_say_themselves_what_is_seen():
    """Pictures of chapters have captions (`book/captions.toml`); other pages that execute code describe their own."""
    for page in (chapters.ROOT / "book").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        for cell in re.findall(r"```\{code-cell\}.*?```", text, re.S):
            if "plt." in cell:
                alt = re.search(r'alt: "(.*?)"', cell, re.S)
                assert alt and len(alt[1]) > 40, page.name
