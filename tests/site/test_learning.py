"""The network that learns in a page: its mathematics against the library's, and the page that holds it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gridcells.book.learning import learning_module
from gridcells.presets import preset
from gridcells.scores import compare_with_null, grid_scores, matched_null
from gridcells.scores.ratemaps import RateMaps
from gridcells.training import make_task
from gridcells.training.muon import Muon
from gridcells.world.motion import Trajectories, motion_statistics

MODULE = learning_module()
OPEN = """
    const m = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    const { Training, MapCounter, activeUnits, finish, judge, meanSpectrum } = m;
    const numbers = (array) => Array.from(array);
"""
SMALL = {"units": 64, "steps": 20}
KINDS = [{}, {"cell": "tanh", "surround_ratio": 2.5, "field_width": 0.12}, {"periodic": True}]
NAMES = {
    "encoder": "encoder.weight",
    "input": "RNN.weight_ih_l0",
    "recurrent": "RNN.weight_hh_l0",
    "decoder": "decoder.weight",
}
#: The weights and the paths of the library, put in place of the page's own.
GIVEN = """
    const learner = new Training(s.preset, s.seed, { fused: s.fused });
    const { network, paths } = learner, { units } = network;
    for (const [name, values] of Object.entries(s.weights))
        if (name === "input") values.forEach((value, i) => (network.weights.input[8 * (i >> 1) + (i & 1)] = value));
        else network.weights[name].set(values);
    network.changed();
    paths.start.set(s.start);
    paths.position.set(s.position);
    for (let i = 0; 2 * i < s.velocity.length; i++) paths.velocity.set(s.velocity.slice(2 * i, 2 * i + 2), 8 * i);
    const plain = (name, values) => numbers(name === "input" ? values.filter((_, i) => i % 8 < 2) : values);
"""


@pytest.fixture(scope="module")
def blank(chromium):
    page = chromium.new_page()
    page.goto("about:blank")
    yield page
    page.close()


def in_browser(page, script, given):
    """Run a script with what the module exports and the given things as `s`; its value comes back."""
    return page.evaluate(f"async ([code, s]) => {{ {OPEN} {script} }}", [MODULE, given])


def listed(values):
    return np.asarray(values, dtype=np.float64).ravel().tolist()


def learnt_a_little(change):
    """A task, and its network with weights of some size: after a few steps at random, nothing is small by chance."""
    task = make_task(preset("quick").override({**SMALL, **change}), seed=5)
    network = task.network()
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weight in network.parameters():
            weight += 0.05 * torch.randn(weight.shape, generator=generator)
    return task, network


def as_given(task, network, *, fused=True):
    """A task, its network and its first batch, as the page takes them."""
    batch = next(task.batches())
    return batch, {
        "preset": task.preset.as_dict(),
        "seed": task.seed,
        "fused": fused,
        "weights": {name: listed(network.get_parameter(theirs).detach()) for name, theirs in NAMES.items()},
        "start": listed(batch.start),
        "position": listed(batch.position.transpose(0, 1)),
        "velocity": listed(batch.velocity.transpose(0, 1)),
        "times": task.loss_samples(0, batch.position.shape[1]).tolist(),
    }


@pytest.mark.parametrize(("change", "fused"), [*((kind, True) for kind in KINDS), ({}, False)], ids=str)
def test_loss_gradients_and_one_step_are_those_of_the_library(blank, change, fused):
    task, network = learnt_a_little(change)
    batch, given = as_given(task, network, fused=fused)
    script = f"""
        {GIVEN}
        const loss = network.learn(learner.room, paths, learner.placeCells, s.times), gradients = {{}}, after = {{}};
        learner.penalise(7);
        for (const name of Object.keys(s.weights)) gradients[name] = plain(name, network.gradients[name]);
        learner.optimiser.step(0.02);
        for (const name of Object.keys(s.weights)) after[name] = plain(name, network.weights[name]);
        return {{
            loss, gradients, after, fused: learner.kernels.fused, rate: [0, 5, 19].map((step) => learner.learningRate(step)),
            start: numbers(learner.room.start.slice(0, 256)), centers: numbers(learner.placeCells.centers),
        }};
    """
    found = in_browser(blank, script, given)
    loss = task.loss(network, batch, 0)
    (loss + task.penalty(network, 7)).backward()
    np.testing.assert_array_equal(found["centers"], task.place_cells.centers.ravel())
    code = task.initial_code(batch)[0].numpy()
    np.testing.assert_allclose(found["start"], 256 * code - 1, atol=1e-4)
    assert found["fused"] == fused
    assert found["loss"] == pytest.approx(loss.item(), abs=1e-5)
    for name, theirs in NAMES.items():
        expected = network.get_parameter(theirs).grad.numpy().ravel()
        error = np.linalg.norm(found["gradients"][name] - expected) / np.linalg.norm(expected)
        assert error < 1e-4, name
    optimiser = task.optimiser(network)
    assert isinstance(optimiser, Muon)
    for group in optimiser.param_groups:
        group["lr"] = 0.02
    optimiser.step()
    for name, theirs in NAMES.items():
        moved = network.get_parameter(theirs).detach().numpy().ravel()
        np.testing.assert_allclose(found["after"][name], moved, atol=2e-4)  # of steps of 0.02
    assert found["rate"] == pytest.approx([task.learning_rate(step) for step in (0, 5, 19)])


@pytest.mark.parametrize("change", [{}, {"periodic": True}], ids=str)
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
    assert np.abs(path).max() < 1.1 + 1e-6
    path = path.clip(-1.1, 1.1)  # single precision rounds 1.1 up
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
    np.testing.assert_allclose(ours.speed_percentiles, library.speed_percentiles, rtol=0.05)
    np.testing.assert_allclose(ours.turn_sd, library.turn_sd, rtol=0.04)
    np.testing.assert_allclose(ours.wall_occupancy, library.wall_occupancy, atol=0.12)


def test_rate_maps_scores_floors_and_decoded_places_are_those_of_the_library(blank):
    task, network = learnt_a_little({})
    batch, given = as_given(task, network)
    script = f"""
        {GIVEN}
        const counter = new MapCounter(units, 6, learner.arena.width), samples = paths.count * paths.steps;
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
