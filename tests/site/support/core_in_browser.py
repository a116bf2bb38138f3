"""The network that learns in a page, for tests: its numerical core beside the library, and what its page tells."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

from gridcells.book.learning import learning_module
from gridcells.presets import ROOMS, preset
from gridcells.training import make_task
from gridcells.world.polygons import rings_text

MODULE = learning_module()
OPEN = """
    const m = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    const { Training, MapCounter, activeUnits, finish, judge, meanSpectrum } = m;
    const numbers = (array) => Array.from(array);
"""
SMALL = {"units": 64, "steps": 20}
SHAPED = {"vertices": rings_text(ROOMS["triangle"].vertices)}
L_SHAPED = {"vertices": "-1.2:-1.2,1.2:-1.2,1.2:0.1,0.1:0.1,0.1:1.2,-1.2:1.2"}
PILLARS = {
    "vertices": "-1.2:-1.2,1.2:-1.2,1.2:1.2,-1.2:1.2",
    "holes": "-0.6:-0.2,-0.2:-0.2,-0.2:0.4/0.3:0.0,0.7:0.1,0.7:0.5,0.4:0.3",
}
KINDS = [
    {},
    {"cell": "tanh", "surround_ratio": 2.5, "field_width": 0.12},
    {"periodic": True, "optimiser": "adam", "loss_share": 1.0},
    SHAPED,
]
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


#: One step of the page: loss and gradients at given weights, paths and samples, and the weights after it.
ONE_STEP = """
    const on = s.graphics ? await m.Graphics.find() : learner.kernels;
    if (s.graphics) on.take(learner), on.send([paths.start, paths.position, paths.velocity]);
    network.learn(learner.room, paths, learner.placeCells, s.times, on);
    learner.penalise(7, on);
    learner.optimiser.step(0.02, on);
    on.submit();
    if (s.graphics) await on.fetch([...learner.lasting, ...Object.values(network.gradients), learner.room.start]);
    const gradients = {}, after = {};
    for (const name of Object.keys(s.weights)) {
        gradients[name] = plain(name, network.gradients[name]);
        after[name] = plain(name, network.weights[name]);
    }
    return {
        loss: learner.room.total[0], gradients, after, fused: learner.kernels.fused,
        rate: [0, 5, 19].map((step) => learner.learningRate(step)),
        start: numbers(learner.room.start.slice(0, 256)),
        centers: numbers(learner.placeCells.centers),
    };
"""


def check_step(task, network, batch, found):
    """Hold what `ONE_STEP` found against the library's step; the network is changed."""
    loss = task.loss(network, batch, 0)
    (loss + task.penalty(network, 7)).backward()
    np.testing.assert_array_equal(found["centers"], task.place_cells.centers.ravel())
    code = task.initial_code(batch)[0].numpy()
    np.testing.assert_allclose(found["start"], 256 * code - 1, atol=1e-4)
    assert found["loss"] == pytest.approx(loss.item(), abs=1e-5)
    for name, theirs in NAMES.items():
        expected = network.get_parameter(theirs).grad.numpy().ravel()
        error = np.linalg.norm(found["gradients"][name] - expected) / np.linalg.norm(expected)
        assert error < 1e-4, name
    optimiser = task.optimiser(network)
    for group in optimiser.param_groups:
        group["lr"] = 0.02
    optimiser.step()
    for name, theirs in NAMES.items():
        moved = network.get_parameter(theirs).detach().numpy().ravel()
        # of steps of 0.02; the first of Adam has the gradient's sign alone, which rounding may turn where it is tiny
        assert np.mean(np.abs(found["after"][name] - moved) < 2e-4) > 0.999, name
    assert found["rate"] == pytest.approx([task.learning_rate(step) for step in (0, 5, 19)])


def told(page, name):
    return page.locator(".gl").get_attribute(f"data-{name}")


def wait_for(page, name, holds, seconds=60.0):
    """Wait until what the page tells of itself is so; the policy lets no test put functions of text into it."""
    until = time.monotonic() + seconds
    while not holds(told(page, name)):
        assert time.monotonic() < until, (name, told(page, name))
        page.wait_for_timeout(50)
