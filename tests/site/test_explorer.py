"""The explorer in Chromium: its mathematics against Python's, and the pages that hold it."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

import gridcells.book.explorer
from gridcells.book.explorer import Settings, explore, seeded_noise
from gridcells.book.explorer.model import BINS
from gridcells.theory.lattice_selection import favoured_lattice
from gridcells.theory.patterns import wave_number

MODULE = Path(gridcells.book.explorer.__file__).with_name("explorer.js").read_text(encoding="utf-8")
EXPLORER, FRONT = "book/11_the_explorer.html", "book/index.html"
STEPS = 200
SETTINGS = [
    Settings(),
    Settings(width=0.1, seed=5, cells=3),
    Settings(width=0.12, walls=True, cells=4),
    Settings(nonlinearity="tanh", cells=4),
    Settings(nonlinearity="leaky", width=0.15, surround_ratio=4.0, cells=4, seed=2**32 - 1),
    Settings(nonlinearity="quadratic", width=0.1, cells=2),
    Settings(nonlinearity="linear", tuning="gaussian", width=0.2, cells=4),
    Settings(tuning="difference_of_gaussians_unit_amplitude", box=1.6, cells=5, seed=9),
]
IMPORT = "const m = await import(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));"


@pytest.fixture(scope="module")
def blank(chromium):
    page = chromium.new_page()
    page.goto("about:blank")
    yield page
    page.close()


def in_browser(page, script, settings):
    """Run a script with the module as `m` and the settings as `s`; its value comes back."""
    return page.evaluate(f"async ([code, s]) => {{ {IMPORT} {script} }}", [MODULE, dataclasses.asdict(settings)])


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_mathematics_is_that_of_python(blank, settings):
    script = f"""
        const simulation = new m.Simulation(s), cells = [...Array(s.cells).keys()];
        const start = Array.from(m.noise(s.seed, s.cells).slice(0, 50));
        for (let i = 0; i < {STEPS}; i++) simulation.step();
        const found = m.modes(s);
        return {{
            start, eigenvalues: Array.from(m.eigenvalues(s)), maps: cells.map((c) => Array.from(simulation.map(c))),
            scores: cells.map((c) => m.gridScores(simulation.map(c))), lattice: found.lattice, ring: m.ring(s),
            numbers: cells.map((c) => m.waveNumber(simulation.map(c), s.box)),
        }};
    """
    found, expected = in_browser(blank, script, settings), explore(settings, steps=STEPS)
    np.testing.assert_allclose(found["start"], seeded_noise(settings.seed, settings.cells).ravel()[:50], rtol=1e-12)
    eigenvalues = expected.kernel.eigenvalues().ravel()
    np.testing.assert_allclose(found["eigenvalues"], eigenvalues, atol=1e-6 * eigenvalues.max())
    maps = np.array(found["maps"]).reshape(-1, BINS, BINS)
    correlation = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(maps, expected.maps, strict=True)]
    assert min(correlation) >= 0.999
    np.testing.assert_allclose(np.array(found["scores"])[:, 0], expected.scores.score_60, atol=1e-3)
    np.testing.assert_allclose(np.array(found["scores"])[:, 1], expected.scores.score_90, atol=1e-3)
    np.testing.assert_allclose(found["numbers"], wave_number(expected.maps, settings.box), rtol=1e-3)
    assert found["lattice"] == expected.lattice
    assert found["ring"] == pytest.approx(expected.annulus.radius, rel=1e-6)


def test_lattices_are_those_of_python(blank):
    chosen = [
        Settings(width=width, box=box, nonlinearity=nonlinearity)
        for width, box, nonlinearity in itertools.product(
            (0.08, 0.12, 0.15, 0.2, 0.3), (1.6, 2.2, 3.0), ("relu", "tanh")
        )
    ]
    script = "return s.map((one) => m.modes(one).lattice);"
    listed = json.loads(json.dumps([dataclasses.asdict(one) for one in chosen]))
    found = blank.evaluate(f"async ([code, s]) => {{ {IMPORT} {script} }}", [MODULE, listed])
    symmetric = ("linear", "tanh")
    expected = [favoured_lattice(one.kernel(), symmetric=one.nonlinearity in symmetric) for one in chosen]
    assert found == expected and set(found) == {"square", "heterogeneous", "hexagonal"}


@pytest.mark.parametrize(("width", "box"), [(0.6, 2.2), (0.041, 3.2), (0.3, 1.0)])
def test_what_python_refuses_is_amiss(blank, width, box):
    settings = Settings(width=width, box=box)
    with pytest.raises(ValueError, match="width: expected between"):
        settings.kernel()
    assert "Place fields of" in in_browser(blank, "return m.amiss(s);", settings)
    assert in_browser(blank, "return m.amiss({ ...s, width: 0.12, box: 2.2 });", settings) == ""


# --- the pages


@pytest.fixture
def opened(chromium, site):
    """A function (address, options of the context) -> a page of its own with a ready explorer."""
    contexts = []

    def open_page(address, **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{site['http']}/{address}")
        page.wait_for_selector(".gx", timeout=20_000)
        page.locator(".gx").scroll_into_view_if_needed()
        return page

    yield open_page
    for context in contexts:
        context.close()


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
    page = opened(EXPLORER)
    slide(page, "width", 0.2)
    page.locator(".gx select[data-name=nonlinearity]").select_option("tanh")
    page.locator(".gx input[data-name=walls]").check()
    page.wait_for_function("location.hash.includes('width=0.2')")
    page.wait_for_function("location.hash.includes('walls=true')")
    shared = page.url.partition("#")[2]
    other = opened(f"{EXPLORER}#{shared}")
    assert other.locator(".gx input[data-name=width]").input_value() == "0.2"
    assert other.locator(".gx select[data-name=nonlinearity]").input_value() == "tanh"
    assert other.locator(".gx input[data-name=walls]").is_checked()
    wrong = opened(f"{EXPLORER}#explorer?width=9&tuning=%3Cb%3E&cells=x&nonsense=1")
    assert wrong.locator(".gx input[data-name=width]").input_value() == "0.12"


def test_the_small_one_leads_to_the_full_one(opened):
    page = opened(FRONT)
    slide(page, "width", 0.15)
    page.locator(".gx a", has_text="Open the full explorer").click()
    page.wait_for_selector(".gx select[data-name=cells]")
    assert page.locator(".gx input[data-name=width]").input_value() == "0.15"


def test_copy_as_python_makes_the_same_picture(opened):
    page = opened(EXPLORER)
    slide(page, "width", 0.1)
    wait_for_steps(page, 60)
    page.locator(".gx button", has_text="Pause").click()
    page.locator(".gx button", has_text="Copy").click()
    names: dict = {}
    exec(page.locator(".gx pre").inner_text(), names)
    assert names["found"].lattice == data(page, "lattice")
    assert names["found"].maps.shape == (16, BINS, BINS)


def test_notes_instead_of_a_frozen_page(opened):
    page = opened(EXPLORER)
    slide(page, "width", 0.6)
    page.wait_for_selector(".gx [role=alert]:not([hidden])")
    assert "wider than a quarter of this box" in page.locator(".gx [role=alert]").inner_text()
    slide(page, "width", 0.12)
    page.wait_for_selector(".gx [role=alert]", state="hidden")
    wait_for_steps(page, 50)


def test_play_step_reset_and_the_keyboard(opened):
    page = opened(EXPLORER)
    page.locator(".gx button", has_text="Pause").focus()
    page.keyboard.press("Enter")
    page.locator(".gx button", has_text="Play").wait_for()
    page.locator(".gx button", has_text="Reset").press("Space")
    page.locator(".gx button", has_text="Step").press("Enter")
    page.wait_for_function("document.querySelector('.gx [role=status]').textContent.startsWith('Step ')")
    before = page.locator(".gx input[data-name=width]").input_value()
    page.locator(".gx input[data-name=width]").press("ArrowRight")
    assert float(page.locator(".gx input[data-name=width]").input_value()) > float(before)
    unlabelled = page.evaluate(
        """() => [...document.querySelectorAll(".gx input, .gx select, .gx button, .gx canvas")].filter(
            (one) => !(one.labels?.length || one.getAttribute("aria-label") || one.textContent.trim())).length"""
    )
    assert unlabelled == 0


def test_it_rests_off_screen_and_where_motion_is_unwelcome(opened):
    page = opened(EXPLORER)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_function("document.querySelector('.gx').dataset.visible === 'false'")
    page.wait_for_timeout(300)
    before = data(page, "steps")
    page.wait_for_timeout(700)
    assert data(page, "steps") == before
    still = opened(EXPLORER, reduced_motion="reduce")
    wait_for_steps(still, 300)
    assert still.locator(".gx button", has_text="Play").count() == 1
    assert data(still, "steps") == "300" and float(data(still, "score")) > 0.5


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
