"""The page that the book opens with: what runs, the small explorer, and what leads on."""

from __future__ import annotations

import re

import chapters
import pytest

FRONT = "book/index.html"
COLOURS = """(canvas) => new Set(new Uint32Array(canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""


@pytest.fixture
def opened(chromium, site):
    """A function (options of the context) -> the front page; it is closed in the end."""
    contexts = []

    def open_page(**options):
        contexts.append(chromium.new_context(**options))
        page = contexts[-1].new_page()
        page.goto(f"{site['http']}/{FRONT}")
        page.wait_for_selector(".gridcells-running")
        return page

    yield open_page
    for context in contexts:
        context.close()


def fired(page):
    return int(page.locator(".gridcells-running").get_attribute("data-fired"))


def test_an_animal_runs_and_can_be_paused(opened):
    page = opened(viewport={"width": 1280, "height": 900})
    root, canvas = page.locator(".gridcells-running"), page.locator(".gridcells-running canvas")
    page.wait_for_function("() => document.querySelector('.gridcells-running').dataset.playing === 'true'")
    first = fired(page)
    page.wait_for_function("(n) => Number(document.querySelector('.gridcells-running').dataset.fired) > n", arg=first)
    assert canvas.evaluate(COLOURS) > 3 and canvas.bounding_box()["y"] + canvas.bounding_box()["height"] < 900
    assert canvas.get_attribute("role") == "img" and "lattice" in canvas.get_attribute("aria-label")
    root.get_by_role("button", name="Pause").press("Enter")
    root.get_by_role("button", name="Go on").wait_for()
    still = canvas.screenshot()
    page.wait_for_timeout(500)
    assert canvas.screenshot() == still
    root.get_by_role("button", name="Go on").click()
    root.get_by_role("button", name="Pause").wait_for()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(300)
    before = fired(page)
    page.wait_for_timeout(700)
    assert fired(page) == before  # it rests off screen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_stands_still_and_whole_for_those_who_want_no_motion(opened, scheme):
    page = opened(reduced_motion="reduce", color_scheme=scheme, viewport={"width": 1280, "height": 900})
    page.wait_for_selector(".gridcells-running[data-playing=false]")
    words = page.locator(".gridcells-running canvas").get_attribute("aria-label")
    assert fired(page) == int(re.search(r"(\d+) dots", words)[1]) > 100
    still = page.locator(".gridcells-running canvas").screenshot()
    page.wait_for_timeout(500)
    assert page.locator(".gridcells-running canvas").screenshot() == still
    page.get_by_role("button", name="Run again").click()
    page.get_by_role("button", name="Pause").wait_for()
    assert fired(page) < 100


def test_the_slider_and_its_maps_lie_in_the_first_view_of_their_section(opened):
    page = opened(viewport={"width": 1280, "height": 900})
    page.wait_for_selector(".gx-maps")
    top = page.locator("section#why-hexagons").bounding_box()["y"]
    slider, maps = page.locator(".gx input[data-name=width]").bounding_box(), page.locator(".gx-maps").bounding_box()
    assert slider["y"] + slider["height"] <= maps["y"] and maps["y"] + maps["height"] - top <= 720


def test_what_a_reader_comes_for_is_there(opened):
    page = opened()
    assert page.locator("article img").count() == 1 and len(page.locator("article img").get_attribute("alt")) > 100
    button = page.get_by_role("link", name="Watch a network learn")
    assert button.get_attribute("href").startswith("a_network_learns.html")
    assert page.locator("article table").count() >= 2
    told = page.locator("#cite-run-rerun").inner_text()
    citation = (chapters.ROOT / "CITATION.cff").read_text(encoding="utf-8")
    title, version = (re.search(rf'^{name}: "?([^"\n]*)', citation, re.M)[1] for name in ("title", "version"))
    assert title in told and f"version {version}" in " ".join(told.split())
    for command in ("make book", "make test", "gridcells rerun 3"):
        assert command in told
