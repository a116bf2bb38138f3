"""Every built page with axe-core, light and dark; what scrolls sideways, by keys; what is said aloud."""

from __future__ import annotations

import itertools
from pathlib import Path

import chapters
import pytest

AXE = Path(__file__).parent / "vendor/axe.min.js"
DOCUMENTS = [*chapters.documents(), "search", "genindex"]
#: Faults, critical and serious, and where they are. The policy lets no page run this script; a browser's own tools may.
LOOK = """async (only) => (
    await axe.run(document, { resultTypes: ["violations"], ...(only && { runOnly: only }) })
).violations
    .filter((one) => ["critical", "serious"].includes(one.impact))
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}`))"""
#: All that holds more than it shows and scrolls sideways: [tag, tabindex, role, label].
WIDE = """() => [...document.querySelectorAll("article *")].filter((node) => {
    const scrolls = ["auto", "scroll"].includes(getComputedStyle(node).overflowX);
    return scrolls && node.clientWidth > 0 && node.scrollWidth > node.clientWidth + 1;
}).map((node) => [node.tagName, node.tabIndex, node.getAttribute("role"), node.getAttribute("aria-label")])"""
LISTEN = """() => {
    window.said = [];
    const kinds = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log], output";
    const live = document.querySelectorAll(kinds);
    for (const node of live) {
        let last = node.textContent;
        new MutationObserver(() => {
            if (node.textContent !== last) window.said.push([performance.now(), (last = node.textContent)]);
        }).observe(node, { childList: true, characterData: true, subtree: true });
    }
}"""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_axe_finds_no_critical_and_no_serious_fault(visit, name):
    page = visit(f"{name}.html").page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for scheme, only in (("light", None), ("dark", ["color-contrast"])):  # nothing but colours is another in the dark
        page.emulate_media(color_scheme=scheme)
        page.wait_for_selector(f"html[data-theme={scheme}]")
        page.wait_for_timeout(500)  # colours change over a moment
        assert page.evaluate(LOOK, only) == [], scheme
    page.emulate_media(color_scheme="light")


def test_axe_finds_what_is_wrong(blank):
    """The same look at a page of faults."""
    blank.set_content("<button></button><p style='color: #bbb; background: #fff'>pale</p><img src=''>")
    blank.evaluate(AXE.read_text(encoding="utf-8"))
    found = {one.partition(":")[0] for one in blank.evaluate(LOOK, None)}
    assert {"button-name", "color-contrast", "image-alt", "html-has-lang", "document-title"} <= found


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", chapters.documents())
def test_what_scrolls_sideways_scrolls_by_keys_and_says_what_it_is(visit, name, width):
    page = visit(f"{name}.html", width=width).page
    for _ in range(40):  # what is wide is looked for when a size has settled
        page.wait_for_timeout(250)
        found = page.evaluate(WIDE)
        unmarked = [one for one in found if one[1] != 0 or one[2] != "region" or not one[3]]
        if not unmarked:
            break
    assert unmarked == []
    named = [one[3] for one in found]
    assert len(set(named)) == len(named)


def test_a_wide_table_is_reached_by_tab_and_moves_by_an_arrow(visit):
    page = visit("book/21_what_we_conclude.html", width=390).page
    page.locator("article .table-frame[tabindex='0']:has(table)").first.wait_for()
    frame = page.locator("article .table-frame[tabindex='0']:has(table)").first
    assert frame.locator("table").count() == 1
    frame.evaluate("(node) => { node.scrollLeft = 0; node.previousElementSibling?.scrollIntoView(); }")
    reached = "() => document.activeElement.classList.contains('table-frame')"
    page.locator("article h1").click()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(reached):
            break
    assert page.evaluate(reached)
    page.keyboard.press("ArrowRight")
    for _ in range(40):
        page.wait_for_timeout(50)
        if moved := page.evaluate("() => document.activeElement.scrollLeft"):
            break
    assert moved > 0


def intervals(said):
    return [later - earlier for (earlier, _), (later, _) in itertools.pairwise(said)]


def test_a_network_that_learns_speaks_at_most_once_in_five_seconds(visit):
    page = visit("book/a_network_learns.html").page
    page.locator(".gl").scroll_into_view_if_needed()
    page.evaluate(LISTEN)
    page.get_by_role("button", name="Train").click()
    for _ in range(4):  # and what hands do meanwhile
        page.wait_for_timeout(2000)
        page.get_by_role("button", name="elocity").click()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Let all speak").wait_for()
    for place in (20, 60, 100):
        page.locator(".gl-maps").click(position={"x": place, "y": 20})
        page.wait_for_timeout(1500)
    page.wait_for_timeout(5500)
    said = page.evaluate("window.said")
    assert said and "silent" in said[-1][1]
    assert all(time >= 4900 for time in intervals(said)), said


@pytest.mark.parametrize("name", ["04_what_a_grid_score_measures", "11_the_explorer", "index"])
def test_what_moves_by_itself_speaks_at_most_once_in_five_seconds(visit, name):
    page = visit(f"book/{name}.html").page
    page.evaluate(LISTEN)
    moving = page.locator(".gridcells-frames button, .gx, .gridcells-running").first
    moving.scroll_into_view_if_needed()
    if "Play" in moving.inner_text():
        moving.click()
    page.wait_for_timeout(11_000)
    said = page.evaluate("window.said")
    assert all(time >= 4900 for time in intervals(said)), said
