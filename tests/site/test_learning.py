"""The network that learns in a page: its mathematics against the library's, and the page that holds it."""

from __future__ import annotations

import base64
import json
import time
import zipfile
from pathlib import Path

import learning_page
import numpy as np
import pytest
import torch
from core_in_browser import (
    GIVEN,
    KINDS,
    L_SHAPED,
    ONE_STEP,
    PILLARS,
    SHAPED,
    as_given,
    check_step,
    in_browser,
    learnt_a_little,
    listed,
    told,
    wait_for,
)

import gridcells as gc
import gridcells.book.learning
from gridcells.book.learning import LearningNetwork
from gridcells.presets import ROOMS, preset, room_of
from gridcells.scores import compare_with_null, grid_scores, matched_null
from gridcells.scores.ratemaps import RateMaps
from gridcells.world.arenas import Box
from gridcells.world.motion import Trajectories, motion_statistics

DEMONSTRATION = json.loads(
    Path(gridcells.book.learning.__file__).with_name("demonstration.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(("change", "fused"), [*((kind, True) for kind in KINDS), ({}, False)], ids=str)
def test_loss_gradients_and_one_step_are_those_of_the_library(blank, change, fused):
    task, network = learnt_a_little(change)
    batch, given = as_given(task, network, fused=fused)
    found = in_browser(blank, GIVEN + ONE_STEP, given)
    assert found["fused"] == fused
    check_step(task, network, batch, found)


@pytest.mark.parametrize("change", [{}, {"periodic": True}, SHAPED, L_SHAPED, PILLARS], ids=str)
def test_walks_are_those_of_the_library_on_the_whole(blank, change):
    task, _ = learnt_a_little(change)
    script = """
        const learner = new Training(s, 5), start = [], position = [], velocity = [];
        learner.along("maps", 1500, (paths) => {
            start.push(...paths.start);
            position.push(...paths.position);
            for (let i = 0; i < paths.velocity.length; i += 8) velocity.push(paths.velocity[i], paths.velocity[i + 1]);
        });
        return { start, position, velocity };
    """
    found = in_browser(blank, script, task.preset.as_dict())
    start = np.array(found["start"]).reshape(-1, 2)
    position, velocity = (
        np.array(found[name]).reshape(15, 20, 100, 2).transpose(0, 2, 1, 3).reshape(1500, 20, 2)
        for name in ("position", "velocity")
    )
    path = np.concatenate([start[:, None], position], axis=1)
    inside = task.preset.arena.clip(path)
    assert np.abs(path - inside).max() < 1e-6
    path = inside  # single precision rounds 1.1 up
    gone = task.preset.arena.displacement(path[:, :-1], path[:, 1:])
    np.testing.assert_allclose(gone, 0.02 * velocity, atol=1e-5)
    heading = np.arctan2(velocity[..., 1], velocity[..., 0])
    turn = (np.diff(heading, axis=1) + np.pi) % (2 * np.pi) - np.pi
    walks = Trajectories(path, velocity, np.zeros((1500, 21)), turn, 0.02)
    expected = task.paths(1500, "maps")
    heading = np.arctan2(expected.velocity[..., 1], expected.velocity[..., 0])
    turned = (np.diff(heading, axis=1) + np.pi) % (2 * np.pi) - np.pi
    theirs = Trajectories(expected.position, expected.velocity, expected.heading, turned, 0.02)
    ours, library = (motion_statistics(one, task.preset.arena) for one in (walks, theirs))
    assert ours.share_outside == library.share_outside == 0
    np.testing.assert_allclose(ours.mean_speed, library.mean_speed, rtol=0.02)
    np.testing.assert_allclose(ours.speed_sd, library.speed_sd, rtol=0.02)
    varies = (
        0.1 if "vertices" in change else 0.05
    )  # in a triangle's corners walks are slow for long: 0.196 to 0.209 by seed
    np.testing.assert_allclose(ours.speed_percentiles, library.speed_percentiles, rtol=varies)
    np.testing.assert_allclose(ours.turn_sd, library.turn_sd, rtol=0.04)
    np.testing.assert_allclose(ours.wall_occupancy, library.wall_occupancy, atol=0.12)


def test_rate_maps_scores_floors_and_decoded_places_are_those_of_the_library(blank):
    task, network = learnt_a_little({})
    batch, given = as_given(task, network)
    script = f"""
        {GIVEN}
        const counter = new MapCounter(units, 6, learner.home), samples = paths.count * paths.steps;
        const states = network.run(learner.room, paths, learner.placeCells).subarray(paths.count * units);
        counter.add(paths.position, states);
        const logits = network.predict(states, learner.kernels.room(samples * 256), samples);
        const maps = counter.maps(), found = finish(judge(maps, {{ normal: () => 1 }}, 2));
        return {{ maps: maps.map(numbers), scores: numbers(found.scores), active: found.active, floors: learner.floors,
                  decoded: Array.from({{ length: samples }}, (_, i) => learner.placeCells.decode(logits, i)) }};
    """
    found = in_browser(blank, script, given)
    with torch.no_grad():
        hidden = task.activity(network, batch)
        decoded = task.place_cells.decode(network.logits(hidden)).transpose(0, 1).reshape(-1, 2)
    counter = RateMaps(task.preset.arena, 6)
    counter.add(batch.position, hidden)
    maps = counter.maps()
    assert not np.isnan(maps).any()
    np.testing.assert_allclose(np.array(found["maps"]).reshape(maps.shape), maps, atol=1e-3 * np.abs(maps).max())
    scores = grid_scores(maps).score_60
    np.testing.assert_allclose(np.array(found["scores"])[found["active"]], scores[found["active"]], atol=1e-3)
    same = np.linalg.norm(np.array(found["decoded"]) - decoded.numpy(), axis=1) < 1e-3
    assert same.mean() > 0.99  # where two cells are as active to rounding, either may be the third
    expected = task.floors()
    assert found["floors"]["loss"] == pytest.approx(expected.cross_entropy, abs=0.02)
    assert found["floors"]["constant"] == pytest.approx(expected.constant, abs=0.01)
    assert found["floors"]["error"] == pytest.approx(expected.decoding_error, abs=0.003)


def test_a_triangle_is_mapped_and_scored_as_the_library_does(blank):
    task, network = learnt_a_little(SHAPED)
    batch, given = as_given(task, network)
    script = f"""
        {GIVEN}
        const counter = new MapCounter(units, 12, learner.home);
        const states = network.run(learner.room, paths, learner.placeCells).subarray(paths.count * units);
        counter.add(paths.position, states);
        const maps = counter.maps(), found = finish(judge(maps, m.draws(7, "null"), 300));
        return {{ ...found, maps: maps.map(numbers), scores: numbers(found.scores),
                  finite: meanSpectrum(maps).every(Number.isFinite) }};
    """
    found = in_browser(blank, script, given)
    with torch.no_grad():
        hidden = task.activity(network, batch)
    x_min, x_max, y_min, y_max = task.preset.arena.bounds
    assert x_max - x_min > y_max - y_min
    middle, half = (y_min + y_max) / 2, (x_max - x_min) / 2  # the page maps the square around a room
    counter = RateMaps(Box((x_min, x_max, middle - half, middle + half)), 12)
    counter.add(batch.position, hidden)
    maps, shown = counter.maps(), np.array(found["maps"], dtype=float)
    assert np.isnan(maps[0]).any()
    np.testing.assert_allclose(shown.reshape(maps.shape), maps, atol=1e-3 * np.nanmax(np.abs(maps)))
    scores = grid_scores(maps).score_60
    np.testing.assert_allclose(np.array(found["scores"])[found["active"]], scores[found["active"]], atol=2e-3)
    null = grid_scores(matched_null(maps[found["active"]], maps=600, generator=0)).score_60
    assert found["threshold"] == pytest.approx(np.nanquantile(null, 0.95), abs=0.15)
    assert found["finite"]


def test_the_matched_null_is_that_of_the_library(blank):
    bins, generator = 20, np.random.default_rng(0)
    x, y = np.meshgrid(np.arange(bins), np.arange(bins), indexing="ij")
    angles, phases = generator.uniform(0, np.pi, (40, 3)), generator.uniform(0, 2 * np.pi, (40, 3))
    waves = np.cos(
        1.1 * (x * np.cos(angles)[..., None, None] + y * np.sin(angles)[..., None, None]) + phases[..., None, None]
    )
    maps = np.maximum(waves.sum(1), 0)
    script = """
        const maps = s.map((map) => Float64Array.from(map)), found = finish(judge(maps, m.draws(7, "null"), 400));
        return { ...found, scores: numbers(found.scores), spectrum: numbers(meanSpectrum(maps)) };
    """
    found = in_browser(blank, script, maps.reshape(40, -1).tolist())
    scores, null = grid_scores(maps), grid_scores(matched_null(maps, maps=1000, generator=0))
    expected = compare_with_null(scores, null)
    np.testing.assert_allclose(found["scores"], scores.score_60, atol=1e-3)
    assert found["threshold"] == pytest.approx(expected.threshold, abs=0.12)
    assert found["share"] == pytest.approx(expected.share_above, abs=0.1)
    spectrum = np.array(found["spectrum"]).reshape(33, 33)
    window = np.hanning(bins + 2)[1:-1]
    centred = (maps - maps.mean((1, 2), keepdims=True)) / maps.std((1, 2), keepdims=True) * window[:, None] * window
    cycles = 5 * (np.arange(33) - 16) / 16
    waves = np.exp(-2j * np.pi * cycles[:, None] * np.arange(bins) / bins)
    power = (np.abs(waves @ centred @ waves.T) ** 2).mean(0)
    np.testing.assert_allclose(spectrum, power / power.max(), atol=1e-9)


def test_a_new_network_in_the_memory_of_an_old_one_learns_the_same(blank):
    task, _ = learnt_a_little({})
    script = """
        const fresh = new Training(s, 3), losses = [fresh.step(), fresh.step()];
        const other = new Training({ ...s, "network.units": 128 }, 4, { kernels: fresh.kernels });
        other.step();
        const again = new Training(s, 3, { kernels: other.kernels });
        return { losses, again: [again.step(), again.step()], same: again.kernels === fresh.kernels };
    """
    found = in_browser(blank, script, task.preset.as_dict())
    assert found["same"] and found["losses"] == found["again"]


def test_the_wiring_of_a_lattice_is_read_from_its_phases_and_that_of_noise_is_not(blank):
    bins, units, generator = 20, 120, np.random.default_rng(2)
    centres = (np.arange(bins) + 0.5) / bins
    first = np.array([2.6, 0.5])  # cycles a box
    turn = np.array([[0.5, -np.sqrt(0.75)], [np.sqrt(0.75), 0.5]])
    waves = np.stack([first, turn @ first, turn @ turn @ first])
    places = generator.uniform(0, 1, (units, 2))

    def lattice(away):
        return np.cos(2 * np.pi * away @ waves.T).sum(-1)

    grid = np.stack(np.meshgrid(centres, centres, indexing="ij"), -1)
    maps = np.maximum(lattice(grid[None] - places[:, None, None]), 0)
    weight = lattice(places[:, None] - places[None])
    noise = generator.normal(size=(units, bins, bins))
    script = """
        const taken = s.maps.map((map) => Float64Array.from(map)), active = taken.map((_, unit) => unit);
        const found = m.wiring(taken, active, Float32Array.from(s.weight), meanSpectrum(taken));
        return found && { waves: found.waves, picture: numbers(found.picture) };
    """
    given = {"maps": maps.reshape(units, -1).tolist(), "weight": listed(weight)}
    found = in_browser(blank, script, given)
    for wave in found["waves"]:
        assert min(np.linalg.norm(sign * np.array(wave) - one) for one in waves for sign in (1, -1)) < 0.1
    away = np.linspace(-0.5, 0.5, 33)
    expected = lattice(np.stack(np.meshgrid(away, away, indexing="ij"), -1))
    assert np.corrcoef(found["picture"], expected.ravel())[0, 1] > 0.95
    assert in_browser(blank, script, {**given, "maps": noise.reshape(units, -1).tolist()}) is None


def test_a_trained_network_follows_the_animal_and_stands_still_without_velocity(blank):
    script = """
        const learner = new Training(s.preset, s.seed), walks = {};
        m.setWeights(learner.network, m.weightsIn(s));
        for (const deaf of [false, true]) {
            const follower = new m.Follower(learner);
            follower.deaf = deaf;
            walks[deaf] = Array.from({ length: 400 }, () => follower.step().map(Number));
        }
        return walks;
    """
    found = in_browser(blank, script, DEMONSTRATION)
    hearing, deaf = (np.array(found[kind]).reshape(20, 20, 5) for kind in ("false", "true"))
    np.testing.assert_array_equal(hearing[..., :2], deaf[..., :2])
    assert np.all(hearing[:, 0, 4] == 1) and np.all(hearing[:, 1:, 4] == 0)  # told the place every twenty steps
    error, lost = (np.linalg.norm(walk[..., 2:4] - walk[..., :2], axis=-1) for walk in (hearing, deaf))
    assert error.mean() < 0.1 < lost[:, -1].mean()
    believed = np.linalg.norm(deaf[:, -1, 2:4] - deaf[:, 0, 2:4], axis=-1)
    gone = np.linalg.norm(deaf[:, -1, :2] - deaf[:, 0, :2], axis=-1)
    assert np.median(believed) < np.median(gone) / 3


# --- the page


PAGE = f"{learning_page.PAGE}.html"


@pytest.fixture(scope="module")
def opened(chromium, alone):
    """A page that is opened once for the tests of this module: (page, what went wrong on it)."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True)
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type in ("error", "warning") else None)
    page.on("request", lambda request: request.url.startswith((alone, "blob:")) or wrong.append(request.url))
    page.goto(f"{alone}/index.html")
    yield page, wrong
    context.close()


def picture_of(page, kind):
    """How many colours a canvas shows."""
    script = """(canvas) => new Set(new Uint32Array(canvas.getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"""
    return page.locator(f".gl-{kind}").evaluate(script)


def test_a_settled_network_shows_at_once(opened):
    page, wrong = opened
    wait_for(page, "final", lambda final: final == "true")
    assert told(page, "step") == "500" and wrong == []
    assert float(told(page, "error")) < 0.1 and float(told(page, "share")) >= 0.2
    assert "A network that has learnt: 7 cm off" in page.locator(".gx-label").inner_text()
    stage = "(node) => node.querySelector('.gl-maps').getBoundingClientRect().bottom - node.getBoundingClientRect().top"
    assert page.locator(".gl").evaluate(stage) <= 720
    page.wait_for_timeout(300)  # some steps of the animal
    colours = {kind: picture_of(page, kind) for kind in ("animal", "curves", "spectrum", "maps")}
    assert min(colours.values()) > 3, colours
    shown = page.locator(".gl figure:not([hidden]) canvas")
    labels = shown.evaluate_all("(all) => all.map((one) => one.getAttribute('aria-label'))")
    assert len(set(labels)) == 4 and min(map(len, labels)) >= 30


def test_what_is_downloaded_opens_in_the_library_and_scores_the_same(opened, tmp_path):
    page, _ = opened
    wait_for(page, "final", lambda final: final == "true")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    name = download.value.suggested_filename
    assert name == "quick-relu128-15cm-4-walls-seed0.zip"
    download.value.save_as(tmp_path / name)
    with zipfile.ZipFile(tmp_path / name) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    run = gc.load_run(tmp_path / name.removesuffix(".zip"))
    assert run.task.preset == preset("quick") and run.task.seed == 0
    held = np.frombuffer(base64.b64decode(DEMONSTRATION["weights"]["decoder.weight"]), "<f2").astype(np.float32)
    np.testing.assert_array_equal(run.network.decoder.weight.detach().numpy().ravel(), held)
    numbers, page_says = gc.evaluate(run.network, run.task).summary(), run.summary["numbers"]
    assert page_says["decoding_error"] == pytest.approx(numbers["decoding_error"], abs=0.002)
    assert page_says["units_scored"] == numbers["units_scored"]
    for share in ("share_above_0.3", "share_above_0.8", "share_above_null"):
        assert page_says[share] == pytest.approx(numbers[share], abs=0.06), share
    assert page_says["null_95_percent"] == pytest.approx(numbers["null_95_percent"], abs=0.06)


def test_units_are_silenced_by_click_by_key_and_by_score(opened):
    page, _ = opened
    wait_for(page, "final", lambda final: final == "true")
    maps, whole = page.locator(".gl-maps"), float(told(page, "error"))
    maps.click(position={"x": 20, "y": 20})
    wait_for(page, "without", lambda error: error and float(error) > whole)
    assert told(page, "silent") == "1" and "1 unit silent" in page.locator(".gl-told").inner_text()
    maps.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    wait_for(page, "silent", lambda count: count == "2")
    assert "now at unit" in maps.get_attribute("aria-label")
    page.get_by_role("button", name="Silence those above the null").click()
    wait_for(page, "silent", lambda count: int(count) == round(128 * float(told(page, "share"))))
    wait_for(page, "without", lambda error: error and float(error) > 3 * whole)
    page.get_by_role("button", name="Let all speak").click()
    wait_for(page, "silent", lambda count: count == "0")


def test_the_animal_follows_a_hand_and_its_velocity_can_be_cut(opened):
    page, _ = opened
    box = page.locator(".gl-animal").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    wait_for(page, "place", lambda place: place and np.hypot(*np.subtract(json.loads(place)[:2], (-1, 1))) < 0.2)
    page.mouse.up()
    cut = page.get_by_role("button", name="velocity")
    cut.click()
    assert cut.get_attribute("aria-pressed") == "true"
    cut.click()
    assert cut.get_attribute("aria-pressed") == "false"


def test_another_box_is_told_beside_the_one_it_learnt_in(opened):
    page, _ = opened
    wait_for(page, "final", lambda final: final == "true")
    box, whole = page.get_by_label("Box of the animal"), float(told(page, "error"))
    assert box.input_value() == "2.2" and box.get_attribute("aria-valuetext") == "2.2 m"
    box.fill("3.4")
    wait_for(page, "away", lambda error: error and float(error) > 3 * whole)  # lost beyond its walls
    words, home = page.locator(".gl-told").inner_text(), told(page, "home")
    assert words.startswith("In a box of 3.4 m: ") and f"{100 * float(told(page, 'away')):.1f} cm off" in words
    wait_for(page, "place", lambda place: max(map(abs, json.loads(place)[:2])) > 1.2)
    box.fill("1.4")
    wait_for(page, "away", lambda error: error and float(error) < 2 * whole)  # every place is an old one
    wait_for(page, "place", lambda place: max(map(abs, json.loads(place)[:2])) <= 0.7)
    box.fill("2.2")
    wait_for(page, "away", lambda error: float(error) == pytest.approx(float(home), abs=1e-9))
    page.get_by_text("By hand: drag the animal").wait_for()


def test_training_begins_pauses_steps_and_is_reset(opened):
    page, wrong = opened
    page.get_by_role("button", name="Train").click()
    wait_for(page, "step", lambda step: 3 <= int(step) < 500)
    page.get_by_role("button", name="Pause").click()
    wait_for(page, "running", lambda running: running == "false")
    page.wait_for_timeout(300)
    step = int(told(page, "step"))
    page.get_by_role("button", name="Step").click()
    wait_for(page, "step", lambda now: int(now) == step + 1)
    page.get_by_role("button", name="Go on").click()
    wait_for(page, "step", lambda now: int(now) > step + 1)
    page.get_by_role("button", name="Reset").click()
    wait_for(page, "step", lambda now: now == "0")
    wait_for(page, "judged", lambda judged: judged == "0")
    assert "Random weights" in page.locator(".gx-label").inner_text()
    assert float(told(page, "share")) < 0.2 and wrong == []


def test_the_run_before_stands_beside_what_it_is_apart_in(opened):
    page, wrong = opened
    page.goto(page.url.partition("#")[0])
    page.reload()
    wait_for(page, "final", lambda final: final == "true")
    beside = page.locator(".gl-earlier")
    assert beside.is_hidden()
    page.locator(".gl [data-name=cell]").select_option("tanh")
    wait_for(page, "judged", lambda judged: judged == "0")
    assert beside.is_visible()
    words = beside.locator("p").inner_text()
    assert words.startswith("The run before (nonlinearity ReLU). A network that has learnt: 7 cm off, "), words
    page.locator(".gl [data-name=width]").fill("0.2")
    wait_for(page, "judged", lambda judged: judged == "")
    wait_for(page, "judged", lambda judged: judged == "0")
    words = beside.locator("p").inner_text()  # the network that was never trained is no run to stand beside
    assert words.startswith("The run before (field width σ 15 cm, nonlinearity ReLU). A network that has learnt"), words
    assert min(picture_of(page, kind) for kind in ("old-maps", "old-spectrum")) > 3
    labels = page.locator(".gl-earlier canvas").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('aria-label'))"
    )
    assert "of the run before" in labels[0] and len(set(labels)) == 2 and wrong == []


def test_the_address_holds_what_was_chosen(opened):
    page, _ = opened

    def control(name):
        return page.locator(f".gl [data-name={name}]")

    control("cell").select_option("tanh")
    control("units").select_option("64")
    control("room").select_option("triangle")
    control("width").fill("0.2")
    control("seed").fill("7")
    control("seed").blur()
    page.wait_for_timeout(400)
    address = page.url.partition("#")[2]
    assert address.endswith("&cell=tanh&units=64&room=triangle&seed=7&pace=0&machine=quicker")
    page.reload()
    wait_for(page, "judged", lambda judged: judged == "0")
    assert page.locator(".gl-animal").get_attribute("aria-label").startswith("A triangular room.")
    assert control("box").is_disabled()
    assert control("cell").input_value() == "tanh"
    assert control("seed").input_value() == "7" and control("room").input_value() == "triangle"
    page.goto(page.url.partition("#")[0] + "#learning?width=9&cell=%3Cb%3E&units=3&nonsense=1&room=0:0")
    page.reload()
    wait_for(page, "step", lambda step: step == "500")
    assert control("width").input_value() == "0.15" and control("room").input_value() == "square"
    page.goto(page.url.partition("#")[0] + "#learning?walls=false")  # as addresses were before there were rooms
    page.reload()
    wait_for(page, "judged", lambda judged: judged == "0")
    assert control("room").input_value() == "torus"


def after_a_step(page, room, folder):
    """The run that the page saves after one step, opened by the library, which decodes as well as the page says."""
    page.get_by_role("button", name="Step").click()
    wait_for(page, "step", lambda step: step == "1")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == f"quick-relu64-15cm-4-{room}-seed3.zip"
    download.value.save_as(folder / "run.zip")
    with zipfile.ZipFile(folder / "run.zip") as archive:
        archive.extractall(folder)
    run = gc.load_run(folder / f"quick-relu64-15cm-4-{room}-seed3")
    decoded = gc.evaluate(run.network, run.task).decoding_error
    assert run.summary["numbers"]["decoding_error"] == pytest.approx(decoded, rel=0.1)
    return run


def test_a_room_of_ones_own_is_drawn_shared_learnt_in_and_opened(opened, tmp_path):
    page, wrong = opened
    page.goto(page.url.partition("#")[0] + "#learning?units=64&seed=3")
    page.reload()
    room, sketch = page.locator(".gl [data-name=room]"), page.locator(".gl .gx-sketch")
    text = page.locator(".gl .gx-own input")
    assert not sketch.is_visible()
    room.select_option(label="your own")
    assert text.input_value() == L_SHAPED["vertices"] and sketch.is_visible()
    box = sketch.bounding_box()

    def at(x, y):
        return box["x"] + box["width"] * (0.5 + x / 4.4), box["y"] + box["height"] * (0.5 - y / 4.4)

    def drag(start, end):
        page.mouse.move(*at(*start))
        page.mouse.down()
        page.mouse.move(*at(*end), steps=4)
        page.mouse.up()

    drag((1.2, 0.1), (1.4, 0.3))  # a corner
    assert text.input_value() == "-1.2:-1.2,1.2:-1.2,1.4:0.3,0.1:0.1,0.1:1.2,-1.2:1.2"
    drag((-1.2, 0), (-1.5, 0))  # a new one, out of a wall
    drawn = "-1.2:-1.2,1.2:-1.2,1.4:0.3,0.1:0.1,0.1:1.2,-1.2:1.2,-1.5:0"
    assert text.input_value() == drawn
    drag((0.1, 1.2), (-1.7, -0.2))  # walls would cross
    assert text.input_value() == drawn
    assert (
        "The room stays as it was: expected walls that do not cross"
        in page.locator(".gl .gx-own .gx-note").inner_text()
    )
    page.mouse.dblclick(*at(-1.5, 0))
    assert text.input_value() == drawn.removesuffix(",-1.5:0")
    page.wait_for_url(lambda url: "-1.5" not in url)
    page.locator(".gl .gx-own button", has_text="Put in a pillar").click()
    outer, square = text.input_value().split("/")
    assert outer == drawn.removesuffix(",-1.5:0")
    corners = [tuple(map(float, corner.split(":"))) for corner in square.split(",")]
    for x, y in corners[:2]:
        assert text.input_value().count("/") == 1
        page.mouse.dblclick(*at(x, y))  # the second leaves two, and takes the pillar away
    assert text.input_value() == outer
    drawn += "/" + square
    text.fill(drawn)
    text.blur()
    page.wait_for_url(lambda url: "-1.5" in url)
    page.reload()  # all of it is in the address
    wait_for(page, "judged", lambda judged: judged == "0")
    assert text.input_value() == drawn == room.input_value()
    assert page.locator(".gl-animal").get_attribute("aria-label").startswith("A room of your own.")
    assert after_a_step(page, "own", tmp_path).task.preset.arena == room_of(drawn)
    assert wrong == []


def test_what_learnt_in_a_hexagon_opens_in_the_library(opened, tmp_path):
    page, wrong = opened
    page.goto(page.url.partition("#")[0] + "#learning?room=hexagon&units=64&seed=3")
    page.reload()
    setting = after_a_step(page, "hexagon", tmp_path).task.preset
    assert setting.arena == ROOMS["hexagon"] and setting.network.units == 64
    assert wrong == []


def test_two_steps_at_once_are_two(opened):
    page, wrong = opened
    page.goto(page.url.partition("#")[0] + "#learning?units=64&seed=3")
    page.reload()
    wait_for(page, "judged", lambda judged: judged == "0")
    page.get_by_role("button", name="Step").evaluate("(step) => (step.click(), step.click())")
    wait_for(page, "step", lambda step: step == "2")
    assert wrong == []


def test_what_goes_wrong_while_it_learns_is_said(chromium, alone):
    page = chromium.new_page()
    broken = "Machines.prototype.steps = () => { throw new Error('out of order'); };"
    page.add_init_script(
        f"const Whole = Blob; Blob = class extends Whole {{ constructor(parts, kind) {{ "
        f"super([...parts, {json.dumps(broken)}], kind); }} }};"
    )
    page.goto(f"{alone}/index.html#learning?units=64&seed=3")
    wait_for(page, "judged", lambda judged: judged == "0")
    page.get_by_role("button", name="Train").click()
    wait_for(page, "failed", lambda failed: failed == "true", 10)
    assert "out of order" in page.get_by_role("alert").inner_text()
    page.close()


def test_nothing_moves_by_itself_for_those_who_want_it_still(opened):
    page, wrong = opened
    page.goto(page.url.partition("#")[0])
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    wait_for(page, "step", lambda step: step == "500")
    page.wait_for_timeout(200)
    still = page.locator(".gl-animal").screenshot()
    assert picture_of(page, "animal") > 3  # a path that was walked, not an empty box
    page.wait_for_timeout(500)
    assert page.locator(".gl-animal").screenshot() == still and wrong == []
    page.emulate_media(reduced_motion="no-preference")


def test_the_widget_hands_its_network_to_the_kernel(chromium):
    widget, page = LearningNetwork(), chromium.new_page()
    traits = {name: getattr(widget, name) for name in LearningNetwork.class_own_traits(sync=True) if name != "archive"}
    page.goto("about:blank")
    page.add_style_tag(content=widget._css)
    page.evaluate(
        """async ([code, traits]) => {
            const heard = window.heard = [];
            window.traits = traits;
            window.set = (name, value) => {
                if (Object.is(traits[name], value)) return;
                traits[name] = value;
                heard.filter(([event]) => event === `change:${name}`).forEach(([, handler]) => handler());
            };
            const m = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
            const model = {
                get: (name) => traits[name], set: window.set, save_changes: () => {},
                on: (event, handler) => heard.push([event, handler]),
                off: (event, handler) => heard.splice(heard.findIndex(([, one]) => one === handler), 1),
            };
            window.end = m.default.render({ model, el: document.body });
        }""",
        [widget._esm, traits],
    )
    page.wait_for_function("window.traits.archive?.byteLength > 0")
    text = "Array.from(new Uint8Array(window.traits.archive.buffer), (byte) => String.fromCharCode(byte)).join('')"
    widget.archive = base64.b64decode(page.evaluate(f"btoa({text})"))
    assert page.evaluate("window.traits.metrics.at(-1).step") == page.evaluate("window.traits.step") == 500
    assert page.evaluate("window.traits.share_above_null") >= 0.2
    run = widget.run()
    assert run.task.preset == preset("quick") and run.metrics[-1]["step"] == 500
    page.evaluate("window.set('units', 64)")
    page.evaluate("window.set('running', true)")
    page.wait_for_function("window.traits.step >= 20")
    assert page.evaluate("window.traits.archive.byteLength") == 0 and page.evaluate("window.traits.running")
    page.evaluate("window.set('running', false)")
    page.get_by_role("button", name="Go on").wait_for()
    page.evaluate("window.end()")
    assert page.evaluate("window.heard.length") == 0
    page.close()


def test_the_page_of_the_book_trains_from_a_file(visit):
    page = visit(PAGE).page
    page.reload()  # whatever another test did on it
    page.locator(".gl").scroll_into_view_if_needed()
    page.get_by_role("button", name="Train").click()
    wait_for(page, "step", lambda step: 2 <= int(step) < 500)
    page.get_by_role("button", name="Pause").click()


@pytest.mark.quiet
def test_in_a_minute_of_one_thread_random_weights_become_grids_at_thirty_frames_a_second(opened):
    page, wrong = opened
    page.goto(page.url.partition("#")[0])
    page.reload()
    wait_for(page, "final", lambda final: final == "true")
    page.get_by_role("button", name="Train").click()
    begun, rates = time.monotonic(), []
    while float(told(page, "error") or 1) > 0.1 or float(told(page, "share") or 0) < 0.2:
        assert time.monotonic() - begun < 60
        page.wait_for_timeout(500)
        rates.append(float(told(page, "rate")))
    assert np.median(rates) >= 30 and wrong == []
