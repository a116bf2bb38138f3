"""The explorer in Chromium, alone on a page and on the pages that hold it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

import gridcells.book.explorer
from gridcells.book.explorer import Explorer
from gridcells.book.explorer.bundle import join_modules
from gridcells.book.explorer.model import BINS

MODULE = join_modules(Path(gridcells.book.explorer.__file__).with_name("page") / "explorer.js")
EXPLORER, FRONT = "book/11_the_explorer.html", "book/index.html"
ALONE = "alone.html"
ALONE_TEXT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>The explorer alone</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="explorer.css">
<style>body {{ max-width: 720px; margin: auto }}</style><div id="here"></div><div style="height: 2000px"></div>
<script type="module">
import explorer from "./explorer.js";
const traits = {traits}, heard = [];
const model = {{
  get: (name) => traits[name],
  set: (name, value) => {{
    if (Object.is(traits[name], value)) return;
    traits[name] = value;
    heard.filter(([event]) => event === `change:${{name}}`).forEach(([, handler]) => handler());
  }},
  save_changes: () => {{}}, on: (event, handler) => heard.push([event, handler]), off: () => {{}},
}};
explorer.render({{ model, el: document.getElementById("here") }});
</script></html>"""


@pytest.fixture(scope="module")
def shared_context(chromium):
    context = chromium.new_context(viewport={"width": 1280, "height": 900})  # scripts are read and compiled once
    yield context
    context.close()


@pytest.fixture(scope="module")
def alone(served, tmp_path_factory):
    """The address of a page with the explorer and nothing else, which opens and runs in a part of a chapter's time."""
    folder = tmp_path_factory.mktemp("alone")
    widget = Explorer(speed=8)
    traits = {name: getattr(widget, name) for name in Explorer.class_own_traits(sync=True)}
    (folder / ALONE).write_text(ALONE_TEXT.format(traits=json.dumps(traits)), encoding="utf-8")
    (folder / "explorer.js").write_text(MODULE, encoding="utf-8")
    (folder / "explorer.css").write_text(widget._css, encoding="utf-8")
    return served(folder)


@pytest.fixture
def opened(chromium, site, alone, shared_context):
    """A function (address, options of the context) -> a page with a ready explorer; the page before it is closed."""
    pages = []

    def close():
        for page, own in pages:
            page.close()
            if own:
                page.context.close()
        pages.clear()

    def open_page(address, **options):
        close()
        context = chromium.new_context(**options) if options else shared_context
        page = context.new_page()
        pages.append((page, bool(options)))
        page.goto(f"{alone if address.startswith(ALONE) else site['http']}/{address}")
        page.wait_for_selector(".gx", timeout=20_000)
        page.locator(".gx").scroll_into_view_if_needed()
        return page

    yield open_page
    close()


def data(page, name):
    return page.evaluate("(name) => document.querySelector('.gx').dataset[name]", name)


def slide(page, name, value):
    page.evaluate(
        """([name, value]) => {
            const input = document.querySelector(`.gx input[data-name=${name}]`);
            input.value = value;
            input.dispatchEvent(new Event("input"));
        }""",
        [name, value],
    )


def wait_for_steps(page, count):
    page.wait_for_function("(n) => Number(document.querySelector('.gx').dataset.steps) >= n", arg=count, timeout=60_000)


@pytest.mark.parametrize("address", [EXPLORER, FRONT])
def test_hexagons_form_before_anyone_touches_anything(opened, address):
    page = opened(address)
    wait_for_steps(page, 150)
    assert data(page, "lattice") == "hexagonal"
    assert float(data(page, "score")) > 0.5


@pytest.mark.quiet
def test_thirty_frames_a_second_and_no_long_frame_while_a_slider_moves(opened):
    """The best of several tries: another process on the machine may take any one of them away."""
    page = opened(EXPLORER)
    wait_for_steps(page, 100)
    assert page.locator(".gx select[data-name=cells]").input_value() == "16"
    rates, slowest = [], []
    for attempt in range(6):
        slide(page, "width", 0.11 + 0.01 * attempt)
        page.wait_for_timeout(2500)
        rates.append(float(data(page, "rate")))
        slowest.append(_slowest_frame(page))
        if rates[-1] >= 30 and slowest[-1] <= 100:
            break
    assert max(rates) >= 30 and min(slowest) <= 100, (rates, slowest)


def _slowest_frame(page):
    """Move the width through 60 values, one a frame; return the longest time between two frames, ms."""
    return page.evaluate(
        """async () => {
            const input = document.querySelector(".gx input[data-name=width]"), gaps = [];
            let last = performance.now();
            for (let i = 0; i < 60; i++) {
                input.value = 0.08 + 0.003 * i;
                input.dispatchEvent(new Event("input"));
                await new Promise(requestAnimationFrame);
                gaps.push(performance.now() - last);
                last = performance.now();
            }
            return Math.max(...gaps);
        }"""
    )


def test_the_address_holds_the_state(opened):
    page = opened(ALONE)
    slide(page, "width", 0.2)
    page.locator(".gx select[data-name=nonlinearity]").select_option("tanh")
    page.locator(".gx input[data-name=walls]").check()
    page.wait_for_function("location.hash.includes('width=0.2')")
    page.wait_for_function("location.hash.includes('walls=true')")
    shared = page.url.partition("#")[2]
    other = opened(f"{ALONE}#{shared}")
    assert other.locator(".gx input[data-name=width]").input_value() == "0.2"
    assert other.locator(".gx select[data-name=nonlinearity]").input_value() == "tanh"
    assert other.locator(".gx input[data-name=walls]").is_checked()
    other.locator(".gx select[data-name=room]").select_option("hexagon")  # which has walls whatever is ticked
    other.wait_for_function("location.hash.includes('room=hexagon')")
    assert other.locator(".gx input[data-name=walls]").is_disabled()
    drawn = "-1.2:-1.2,1.2:-1.2,1.2:0.1,0.1:0.1,0.1:1.2,-1.2:1.2"
    other.locator(".gx select[data-name=room]").select_option(label="your own")
    other.wait_for_function("location.hash.includes('room=-1.2')")
    again = opened(f"{ALONE}#{other.url.partition('#')[2]}")
    assert again.locator(".gx .gx-own input").input_value() == drawn
    assert again.locator(".gx select[data-name=room]").input_value() == drawn
    wrong = opened(f"{ALONE}#explorer?width=9&tuning=%3Cb%3E&cells=x&nonsense=1&room=circle")
    assert wrong.locator(".gx input[data-name=width]").input_value() == "0.12"


def test_the_small_one_leads_to_the_full_one(opened):
    page = opened(FRONT)
    slide(page, "width", 0.15)
    page.locator(".gx a", has_text="Open the full explorer").click()
    page.wait_for_selector(".gx select[data-name=cells]")
    assert page.locator(".gx input[data-name=width]").input_value() == "0.15"


def maps_of(page):
    """The maps that the page shows, told by the link it gives, computed anew by a fresh page and by Python."""
    page.locator(".gx button", has_text="Copy link").click()
    link = page.locator(".gx pre").inner_text()
    page.locator(".gx button", has_text="Copy as Python").click()
    names: dict = {}
    exec(page.locator(".gx pre").inner_text(), names)
    return link, names["found"]


def picture(page):
    """What the maps' canvas shows, grey values."""
    return np.array(
        page.evaluate(
            """() => {
                const canvas = document.querySelector(".gx-maps"), { width, height } = canvas;
                const { data } = canvas.getContext("2d").getImageData(0, 0, width, height), grey = [];
                for (let i = 0; i < data.length; i += 16) grey.push(data[i] + data[i + 1] + data[i + 2]);
                return grey;
            }"""
        ),
        float,
    )


def pause(page):
    page.locator(".gx button", has_text="Pause").click()
    page.locator(".gx button", has_text="Play").wait_for()
    page.wait_for_timeout(700)  # the last scores


def test_link_and_python_make_the_same_maps_after_any_moves(opened):
    page = opened(ALONE)
    page.locator(".gx select[data-name=cells]").select_option("4")
    for width in (0.2, 0.08, 0.14):
        slide(page, "width", width)
        wait_for_steps(page, 20)
    page.locator(".gx input[data-name=walls]").check()
    page.locator(".gx input[data-name=walls]").uncheck()
    slide(page, "width", 0.1)
    page.locator(".gx button", has_text="Tear a hole").click()
    wait_for_steps(page, 60)
    pause(page)
    page.locator(".gx button", has_text="Tear a hole").click()
    page.locator(".gx button", has_text="Step").click()
    page.wait_for_timeout(700)
    link, found = maps_of(page)
    steps, shown, score = int(data(page, "steps")), picture(page), float(data(page, "score"))
    assert found.maps.shape == (4, BINS, BINS) and found.lattice == data(page, "lattice")
    other = opened(f"{ALONE}#{link.partition('#')[2]}")
    other.wait_for_function(
        "(n) => Number(document.querySelector('.gx').dataset.steps) === n", arg=steps, timeout=60_000
    )
    other.locator(".gx button", has_text="Play").wait_for()
    other.wait_for_timeout(700)
    assert np.corrcoef(shown, picture(other))[0, 1] >= 0.999
    scores = other.evaluate("() => document.querySelector('.gx').dataset.score")
    assert float(scores) == pytest.approx(np.median(found.scores.score_60), abs=1e-2)
    assert float(scores) == pytest.approx(score, abs=1e-6)


def wait_until_formed(page, form):
    page.wait_for_function("(form) => document.querySelector('.gx').dataset.formed === form", arg=form, timeout=90_000)


@pytest.mark.parametrize(
    ("set_up", "formed", "says"),
    [
        ("width=0.16", "square", "Theory favours a hexagonal lattice: they differ"),
        ("width=0.21", "hexagonal", "Theory favours a square lattice: they differ"),
        ("width=0.08", "hexagonal", "Theory favours a hexagonal lattice: they agree"),
        ("width=0.12&walls=true&cells=4", "hexagonal", "nothing that is known"),
        ("width=0.1&room=triangle&cells=4", "hexagonal", "nothing that is known"),
    ],
)
def test_headline_is_what_formed(opened, set_up, formed, says):
    """Fault 1: it was a rule on eigenvalues."""
    page = opened(f"{ALONE}#explorer?cells=9&{set_up}")
    wait_until_formed(page, formed)
    words = "hexagonal lattice" if formed == "hexagonal" else "square lattice"
    assert page.locator(".gx-label").inner_text() == f"Formed: a {words}"
    assert says in page.locator(".gx-head").inner_text()


def test_nothing_is_named_before_it_formed(opened):
    """Faults 5 and 8: an old picture under a new prediction; a score of noise as a lesson; maps that never settle."""
    page = opened(ALONE)
    wait_for_steps(page, 5)
    assert page.locator(".gx-label").inner_text().startswith(("Forming", "Settled", "Formed"))
    pause(page) if data(page, "formed") == "" else None
    slide(page, "width", 0.2)
    assert data(page, "steps") == "0" and data(page, "formed") == ""
    assert "Paused at step 0" in page.locator(".gx-label").inner_text()
    assert "measured" not in page.locator(".gx-numbers").first.inner_text()
    page.locator(".gx button", has_text="Play").click()
    wait_until_formed(page, "hexagonal")
    assert int(data(page, "steps")) <= 500
    before = data(page, "steps")
    page.wait_for_timeout(700)
    assert data(page, "steps") == before
    page.locator(".gx button", has_text="Go on").wait_for()


def test_stage_is_in_one_view(opened):
    page = opened(EXPLORER)
    wait_for_steps(page, 5)
    assert page.evaluate("document.querySelector('.gx-stage').getBoundingClientRect().height") <= 720
    phone = opened(EXPLORER, viewport={"width": 390, "height": 844})
    wait_for_steps(phone, 5)
    span = """() => {
        const box = (name) => document.querySelector(name).getBoundingClientRect();
        const seen = [".gx-maps", ".gx-square", ".gx-ruler", ".gx-strip"].map((name) => box(name).bottom);
        return Math.max(...seen) - box(".gx-stage").top;
    }"""
    assert phone.evaluate(span) <= 720
    small = opened(FRONT)
    slider, maps = small.locator(".gx input[data-name=width]").bounding_box(), small.locator(".gx-maps").bounding_box()
    assert slider["y"] + slider["height"] <= maps["y"]
    assert small.evaluate("document.querySelector('.gx-stage').getBoundingClientRect().height") <= 720


@pytest.mark.parametrize("width", [390, 1280])
def test_no_word_of_a_picture_is_cut_off(opened, width):
    """Fault 6: all that is written on a canvas lies inside it."""
    page = opened(EXPLORER, viewport={"width": width, "height": 900})
    wait_for_steps(page, 20)
    page.evaluate(
        """() => {
            window.cut = [], window.written = 0;
            const { fillText } = CanvasRenderingContext2D.prototype;
            CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
                const length = this.measureText(text).width, ratio = this.getTransform().a;
                const width = this.canvas.width / ratio, height = this.canvas.height / ratio;
                const left = this.textAlign === "center" ? x - length / 2 : this.textAlign === "right" ? x - length : x;
                window.written += 1;
                const outside = left < -0.5 || left + length > width + 0.5 || y < 5 || y > height + 0.5;
                if (outside) window.cut.push([text, left, y]);
                return fillText.apply(this, arguments);
            };
        }"""
    )
    for value in (0.04, 0.13, 0.55):
        slide(page, "width", value)
        wait_for_steps(page, 5)
        page.wait_for_timeout(500)
    assert page.evaluate("window.written") > 50
    assert page.evaluate("window.cut") == []


def test_it_speaks_at_most_once_in_five_seconds(opened):
    """Fault 7."""
    page = opened(f"{ALONE}#explorer?cells=1&width=0.2")
    page.evaluate(
        """() => {
            window.said = [];
            new MutationObserver(() => window.said.push(performance.now())).observe(
                document.querySelector(".gx [role=status]"), { childList: true, characterData: true, subtree: true });
        }"""
    )
    for width in (0.2, 0.19, 0.2, 0.19):
        slide(page, "width", width)
        page.wait_for_timeout(2500)
    page.wait_for_function("window.said.length")  # what formed, once it has
    before = page.evaluate("window.said.length")
    slide(page, "width", 0.1)  # of which nothing has been said yet, whichever of the others it was
    page.wait_for_function(f"window.said.length > {before}")
    said = page.evaluate("window.said")
    assert all(later - earlier >= 4900 for earlier, later in itertools.pairwise(said))
    assert page.locator(".gx [aria-live]").count() == 1


def test_strip_shows_and_scrubs(opened):
    page = opened(ALONE)
    assert "square from" in page.locator(".gx-strip").get_attribute("aria-label")
    box = page.locator(".gx-strip").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 20)
    page.mouse.up()
    assert float(page.locator(".gx input[data-name=width]").input_value()) == pytest.approx(0.32, abs=0.02)


def test_three_waves_sum(opened):
    page = opened(f"{ALONE}#explorer?cells=4&width=0.2")
    wait_until_formed(page, "hexagonal")
    told = []
    for count in ("1 wave", "2 waves", "3 waves"):
        page.get_by_role("button", name=count, exact=True).click()
        told.append(page.locator(".gx .gx-side > .gx-numbers").inner_text())
    assert told[0].startswith("One wave: stripes") and told[2].startswith("Three waves, ")
    fits = [float(text.rstrip(".").rpartition(" ")[2]) for text in told]
    assert fits == sorted(fits) and fits[2] > 0.8 > fits[0]


def test_a_torn_lattice_heals(opened):
    page = opened(f"{ALONE}#explorer?cells=4&width=0.1")
    page.locator(".gx button", has_text="Does a torn lattice heal?").click()
    page.wait_for_function("document.querySelector('.gx-healed').textContent.includes('After')", timeout=120_000)
    wait_until_formed(page, "hexagonal")
    assert float(page.locator(".gx-healed").inner_text().rstrip(".").rpartition(" ")[2]) > 0.9
    maps = page.locator(".gx-maps")
    page.locator(".gx button", has_text="Paint").click()
    maps.press("ArrowRight")
    maps.press("Enter")
    page.wait_for_function("location.hash.includes('.p')")


def test_notes_instead_of_a_frozen_page(opened):
    page = opened(ALONE)
    slide(page, "width", 0.6)
    page.wait_for_selector(".gx [role=alert]:not([hidden])")
    assert "wider than a quarter of this box" in page.locator(".gx [role=alert]").inner_text()
    assert page.locator(".gx-label").inner_text() == "Nothing forms with these settings"  # fault 4: old maps stood here
    assert page.locator(".gx-numbers").first.inner_text() == "" and not picture(page).any()
    for text in ("Start again", "Step", "Tear a hole"):  # fault 3: a TypeError
        assert page.locator(".gx button", has_text=text).is_disabled()
    slide(page, "width", 0.12)
    page.wait_for_selector(".gx [role=alert]", state="hidden")
    wait_for_steps(page, 50)


def test_play_step_reset_and_the_keyboard(opened):
    page = opened(ALONE)
    page.locator(".gx button", has_text="Pause").focus()
    page.keyboard.press("Enter")
    page.locator(".gx button", has_text="Play").wait_for()
    page.locator(".gx button", has_text="Start again").press("Space")
    page.locator(".gx button", has_text="Step").press("Enter")
    page.wait_for_function("document.querySelector('.gx').dataset.steps === '1'")
    before = page.locator(".gx input[data-name=width]").input_value()
    page.locator(".gx input[data-name=width]").press("ArrowRight")
    assert float(page.locator(".gx input[data-name=width]").input_value()) > float(before)
    unlabelled = page.evaluate(
        """() => [...document.querySelectorAll(".gx input, .gx select, .gx button, .gx canvas")].filter(
            (one) => !one.closest("[aria-hidden=true]") && !one.labels?.length && !one.getAttribute("aria-label")
                && !one.textContent.trim()).length"""
    )
    assert unlabelled == 0


def test_it_rests_off_screen_and_where_motion_is_unwelcome(opened):
    page = opened(ALONE)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("document.querySelector('.gx').dataset.visible === 'false'")
    page.wait_for_timeout(300)
    before = data(page, "steps")
    page.wait_for_timeout(700)
    assert data(page, "steps") == before
    still = opened(ALONE, reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    wait_until_formed(still, "hexagonal")
    assert still.locator(".gx button", has_text="Go on").count() == 1
    assert float(data(still, "score")) > 0.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_readable_on_a_telephone_and_in_the_dark(opened, scheme, width):
    page = opened(EXPLORER, viewport={"width": width, "height": 844}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ink, paper = page.evaluate(
        """() => {
            const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0) / 765;
            let node = document.querySelector(".gx"), ink = light(getComputedStyle(node).color);
            for (; node; node = node.parentElement) {
                const colour = getComputedStyle(node).backgroundColor;
                if (!/, 0\\)$/.test(colour) && colour !== "transparent") return [ink, light(colour)];
            }
            return [ink, 1];
        }"""
    )
    assert (ink > 0.6 > 0.4 > paper) if scheme == "dark" else (paper > 0.6 > 0.4 > ink)
