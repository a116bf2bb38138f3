"""Every built page as a reader sees it: quiet, self-contained, its headings, pictures, equations, widgets, links."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag

import captions
import chapters
import page_policy
import pytest

from gridcells.book.claims.rule import OUTCOMES

SITE = chapters.ROOT / "_build/html"
#: A script, a handler and a picture from elsewhere, put into a page as an output of a chapter might bring them.
SMUGGLE = """() => {
  window.blocked = [];
  document.addEventListener("securitypolicyviolation", (event) => window.blocked.push(event.effectiveDirective));
  const script = document.createElement("script");
  script.textContent = "window.ran = 'script'";
  document.body.append(script);
  const picture = `<img src="https://example.org/a.png" onerror="window.ran = 'handler'">`;
  document.body.insertAdjacentHTML("beforeend", picture);
}"""
PICTURES = "article .cell_output img:not(.gridcells-frames img)"  # but those that a widget shows
FIGURE = """all => all.map(picture => {
  const figure = picture.closest("figure"), caption = figure.querySelector("figcaption > p");
  return {
    alt: picture.alt, source: picture.src, link: picture.parentElement.href, pixels: picture.naturalWidth,
    drawn: picture.getBoundingClientRect().width, caption: caption.textContent,
    legend: figure.querySelector(".legend").textContent,
  };
})"""
#: How light what lies behind each cell of a table is: 0 black, 1 white.
LIGHT_BEHIND = """all => all.map(cell => {
  let color = "rgba(0, 0, 0, 0)";
  for (let at = cell; at && color.endsWith(", 0)"); at = at.parentElement) color = getComputedStyle(at).backgroundColor;
  return color.match(/[0-9.]+/g).slice(0, 3).reduce((sum, one) => sum + Number(one), 0) / 765;
})"""
DOCUMENTS = chapters.documents()
CHAPTERS = [str(path.relative_to(chapters.ROOT).with_suffix("")) for path in chapters.chapters()]
VIEW = "script[type='application/vnd.jupyter.widget-view+json']"

WITH_WIDGETS = [
    name for name in CHAPTERS if re.search(r"\b(FrameSlider|Explorer)\(", (chapters.ROOT / f"{name}.ipynb").read_text())
]

every_page = pytest.mark.parametrize("name", DOCUMENTS)
every_chapter = pytest.mark.parametrize("name", CHAPTERS)


def titles(name, level):
    """Headings of that level in the chapter's notebook, plain words only."""
    notebook = chapters.read(chapters.ROOT / f"{name}.ipynb")
    markdown = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.findall(rf"^{'#' * level} ([^$`{{\n]+)$", markdown, flags=re.MULTILINE)


# Over HTTP the pages that bring scripts or data of their own: the others hold what the theme brings to each.
@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        *((name, "file") for name in [*DOCUMENTS, "search", "genindex"]),
        *((name, "http") for name in [DOCUMENTS[0], CHAPTERS[0], *WITH_WIDGETS, "search"]),
    ],
)
def test_page_is_quiet_and_asks_nothing_of_the_outside(visit, name, scheme):
    visited = visit(f"{name}.html", scheme)
    assert visited.outside == []
    assert visited.failed == []
    assert visited.complaints == []


@pytest.mark.parametrize("name", [*DOCUMENTS, "search", "genindex"])
def test_page_carries_the_policy_of_what_it_holds(name, site):
    page = (SITE / f"{name}.html").read_text(encoding="utf-8")
    (found,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    assert found == page_policy.policy_of(page)
    assert page.index(found) < page.index("<script") and "'unsafe-eval'" not in found
    assert "'unsafe-inline'" not in found.partition("script-src ")[2].partition(";")[0]


def test_every_page_has_the_icon_that_browsers_ask_for(visit):
    link = visit(f"{DOCUMENTS[0]}.html", "http").page.locator("link[rel~=icon]").get_attribute("href")
    assert (SITE / DOCUMENTS[0]).parent.joinpath(link).resolve().is_file()


@pytest.mark.parametrize("scheme", ["file", "http"])
def test_what_is_smuggled_into_a_page_neither_runs_nor_asks_the_outside(visit, site, scheme):
    page = visit(f"{DOCUMENTS[0]}.html", scheme).page.context.new_page()
    page.goto(f"{site[scheme]}/{DOCUMENTS[0]}.html")
    page.evaluate(SMUGGLE)
    page.wait_for_function("window.blocked.length >= 3")
    assert set(page.evaluate("window.blocked")) == {"script-src-elem", "script-src-attr", "img-src"}
    assert page.evaluate("window.ran") is None
    page.close()


def test_front_page_leads_to_the_first_document(visit, site):
    page = visit(f"{DOCUMENTS[0]}.html").page.context.new_page()
    page.goto(f"{site['file']}/index.html")
    page.wait_for_url(f"**/{DOCUMENTS[0]}.html")
    assert page.locator("article h1").count() == 1
    page.close()


def test_contents_name_every_chapter_with_its_number(visit):
    entries = visit(f"{DOCUMENTS[0]}.html").page.locator(".bd-sidebar-primary .toctree-l1 > a").all_inner_texts()
    expected = [f"{number}. {titles(name, 1)[0]}" for number, name in enumerate(CHAPTERS, start=1)]
    shown = [" ".join(entry.split()) for entry in entries]
    assert shown[1] == "Grid cells in ten minutes"  # after the front page
    assert shown[2 : 2 + len(expected)] == expected


@every_chapter
def test_headings(visit, name):
    page = visit(f"{name}.html").page
    (title,) = page.locator("article h1").all_inner_texts()
    assert titles(name, 1)[0] in title
    shown = " | ".join(page.locator("article h2").all_inner_texts())
    assert all(text.strip() in shown for text in titles(name, 2)), shown


@every_page
def test_images_are_rendered(visit, name):
    page = visit(f"{name}.html").page
    sizes = page.eval_on_selector_all(
        "article img", "all => all.map(i => i.complete * i.naturalWidth * i.naturalHeight)"
    )
    assert all(size > 1000 for size in sizes), sizes


@every_chapter
def test_every_picture_is_a_figure_with_number_caption_description_and_command(visit, name):
    figures = visit(f"{name}.html").page.eval_on_selector_all(PICTURES, FIGURE)
    known = list(captions.read_captions().get(Path(name).name, {}).values())
    assert [one["alt"] for one in figures] == [said.description for said in known]
    for number, (one, said) in enumerate(zip(figures, known, strict=True), start=1):
        shown = one["caption"].replace("’", "'")  # as Sphinx sets it
        assert shown.startswith(f"Figure {CHAPTERS.index(name) + 1}.{number} {said.caption}")
        assert captions.command_of(Path(name).name) in one["legend"]
        assert one["link"] == one["source"]  # the picture alone
        assert one["pixels"] > 1.9 * one["drawn"]  # sharp on screens of twice the density


@every_chapter
def test_code_is_folded_but_the_parameters_and_printed(visit, name):
    page = visit(f"{name}.html").page
    code, parameters = (
        page.locator("article .folded-code .cell_input"),
        page.locator("article .tag_parameters .cell_input"),
    )
    assert code.count() + parameters.count() == page.locator("article .cell_input").count()
    assert all(one.is_visible() for one in parameters.all()) and not any(one.is_visible() for one in code.all())
    first = page.locator("article .folded-code summary").first
    for seen in (True, False):
        first.press("Enter")
        assert code.first.is_visible() == seen
    page.emulate_media(media="print")
    assert all(one.is_visible() for one in code.all())
    page.emulate_media(media="screen")


@every_chapter
def test_printed_results_fit_their_column_or_are_set_as_small_as_may_be(visit, name):
    cut = (
        """all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => getComputedStyle(one).fontSize)"""
    )
    assert set(visit(f"{name}.html").page.eval_on_selector_all("article .cell_output pre", cut)) <= {"9px"}


@every_chapter
def test_verdicts_in_tables_are_chips(visit, name):
    bare = """all => all.filter(cell => !cell.querySelector(".chip")).map(cell => cell.innerText)"""
    cells = visit(f"{name}.html").page.eval_on_selector_all("article td", bare)
    assert [text for text in cells if re.match(rf"(\d+ )?({'|'.join(OUTCOMES)}|holds|does not hold)\b", text)] == []


@every_chapter
def test_tables_are_dark_in_the_dark(visit, name):
    page = visit(f"{name}.html").page
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-theme=dark]")
    assert [light for light in page.eval_on_selector_all("article td", LIGHT_BEHIND) if light > 0.3] == []
    page.emulate_media(color_scheme="light")


@every_page
def test_equations_are_typeset(visit, name):
    page = visit(f"{name}.html").page
    formulas = page.locator("article .math")
    assert formulas.count() == page.locator("article .math:has(mjx-container)").count()
    wrong = page.locator("mjx-merror, [data-mjx-error], mjx-mtext[style*='red']")  # red: unknown commands
    assert wrong.all_inner_texts() == []


@every_chapter
def test_widgets_are_drawn_without_a_kernel(visit, name):
    page = visit(f"{name}.html").page
    views = page.locator(VIEW).count()
    assert (views > 0) == (name in WITH_WIDGETS)
    for number in range(views):
        page.wait_for_function(
            "([view, n]) => document.querySelectorAll(view)[n].parentElement.querySelector('.jupyter-widgets, button')",
            arg=[VIEW, number],
        )


def test_the_ring_slider_leafs_through_its_pictures(visit):
    page = visit("book/04_what_a_grid_score_measures.html").page
    root = page.locator(".gridcells-frames")
    root.wait_for()
    seen = {}
    for _ in range(3):
        seen[root.locator(".gridcells-frame-label").inner_text()] = root.locator("img").get_attribute("src")
        root.locator("input").press("ArrowRight")
    assert list(seen) == ["20%", "25%", "30%"]
    assert len(set(seen.values())) == 3
    root.locator("button").click()
    page.locator(".gridcells-frame-label", has_not_text="35%").wait_for()  # the policy lets no text be run
    root.locator("button").click()
    assert root.locator("button").inner_text() == "Play"


@every_chapter
def test_no_output_is_an_error(visit, name):
    assert visit(f"{name}.html").page.locator("article .output.stderr, article .output.traceback").count() == 0


@every_chapter
def test_solutions_are_hidden_until_asked_for(visit, name):
    """The last solution of the chapter: nothing of it shows until a click, and then all of it."""
    solution = (
        visit(f"{name}.html").page.locator("#exercises details.sd-dropdown, #exercises .admonition.dropdown").last
    )
    text = solution.locator("p:not(.admonition-title)").last
    assert not text.is_visible()
    solution.locator("summary, .admonition-title").first.click()
    text.wait_for(state="visible", timeout=5000)


@cache
def places_in(path):
    """The fragments that a page of the site has."""
    return set(re.findall(r'id="([^"]*)"', path.read_text(encoding="utf-8")))


# A link in a drawing holds its address in an object of its own.
_ADDRESSES = "all => all.map(a => a.href.baseVal === undefined ? a.href : new URL(a.href.baseVal, a.baseURI).href)"


@every_page
def test_links_inside_the_book_lead_somewhere(visit, site, name):
    page = visit(f"{name}.html").page
    links = page.eval_on_selector_all("a[href]", _ADDRESSES)
    for link in {link for link in links if link.startswith(site["file"])}:
        address, fragment = urldefrag(unquote(link.removeprefix(site["file"] + "/")))
        target = chapters.ROOT / "_build/html" / address
        assert target.is_file(), link
        holds_state = fragment.startswith("explorer?")
        assert not fragment or holds_state or fragment in places_in(target), link


@every_page
def test_page_fits_a_telephone(visit, name):
    page = visit(f"{name}.html", width=390).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_search_finds_a_chapter(visit):
    page = visit("search.html?q=grid").page
    page.wait_for_selector("#search-results li a")
    assert any("Grid cells" in text for text in page.locator("#search-results li a").all_inner_texts())


def test_citations_lead_to_the_references(visit):
    page = visit("book/references.html").page
    entries = page.locator(".citation").all_inner_texts()
    assert any("Banino" in entry for entry in entries)
    assert any("Sorscher" in entry for entry in entries)
