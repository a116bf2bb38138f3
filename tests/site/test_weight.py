"""What a page weighs on its way to a reader: every file that it asks for, compressed as static hosts do."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path

import chapters
import pytest

SITE = chapters.ROOT / "_build/html"
PACKED = {".png", ".woff2", ".jpg"}  # which no host compresses again
WIDGETS = 1.2e6  # bytes, before mathematics, of a page with widgets of our own
MOST = 3.0e6  # of any page
OPENING = 30_000  # of the picture that runs at the head of the book


@cache
def weight(path: Path) -> int:
    """Bytes of a file on the way."""
    held = path.read_bytes()
    return len(held) if path.suffix in PACKED else len(gzip.compress(held, 6, mtime=0))


@pytest.fixture
def weigh(visit, site):
    """A function name of a page -> its weight by file, in bytes; all that the page asks for from end to end."""

    def by_file(name: str) -> dict[str, int]:
        page = visit(f"{name}.html", "http").page
        page.evaluate("() => window.scrollTo(0, document.body.scrollHeight)")
        page.wait_for_load_state("networkidle")
        asked = page.evaluate(
            "() => [location.href, ...performance.getEntriesByType('resource').map((one) => one.name)]"
        )
        below = {address.split("?")[0].split("#")[0].removeprefix(site["http"] + "/") for address in asked}
        return {one: weight(SITE / one) for one in below if (SITE / one).is_file()}

    return by_file


@pytest.mark.parametrize("name", [*chapters.documents(), "search", "genindex"])
def test_no_page_is_heavy(weigh, name):
    held = weigh(name)
    before = sum(size for one, size in held.items() if "/mathjax/" not in one)
    whole = sum(held.values())
    text = (SITE / f"{name}.html").read_text(encoding="utf-8")
    ours = "jupyter.widget-view" in text or 'id="learning"' in text
    print(f"{name:50} {before / 1e6:.2f} MB before mathematics, {whole / 1e6:.2f} MB{', with widgets' if ours else ''}")
    assert f"{name}.html" in held and len(held) > 8
    assert whole <= MOST and (not ours or before <= WIDGETS), sorted(held.items(), key=lambda one: -one[1])[:5]


def test_pictures_of_widgets_are_files_that_come_when_they_are_shown(weigh, visit):
    name = "book/04_what_a_grid_score_measures"
    text = (SITE / f"{name}.html").read_text(encoding="utf-8")
    (state,) = re.findall(r'widget-state\+json">(.*?)</script>', text, re.DOTALL)
    assert "data:image/png" not in state
    frames = set(re.findall(r'"\.\./(_images/[0-9a-f]{64}\.png)"', state))
    assert len(frames) > 5 and all((SITE / one).is_file() for one in frames)
    page = visit(f"{name}.html", "http").page
    page.reload()
    page.wait_for_selector(".gridcells-frames img")
    page.wait_for_load_state("networkidle")
    assert len(frames & set(weigh(name))) == 1


def test_no_page_brings_the_script_of_icons_that_its_style_sheet_draws(site, visit):
    pages = [path for path in SITE.rglob("*.html") if "_static" not in path.parts]
    assert not [path for path in pages if "fontawesome.js" in path.read_text(encoding="utf-8")]
    page = visit(f"{chapters.documents()[0]}.html").page
    drawn = "(icon) => getComputedStyle(icon, '::before').content"
    assert page.locator(".fa-magnifying-glass").first.evaluate(drawn) not in ("none", "normal", '""')


def test_the_picture_at_the_head_is_light():
    text = (SITE / f"{chapters.documents()[0]}.html").read_text(encoding="utf-8")
    states = re.findall(r'widget-state\+json">(.*?)</script>', text, re.DOTALL)
    models = [one["state"] for state in states for one in json.loads(state)["state"].values()]
    (running,) = [one for one in models if one.get("_anywidget_id", "").endswith("RunningAnimal")]
    assert len(json.dumps(running)) <= OPENING
