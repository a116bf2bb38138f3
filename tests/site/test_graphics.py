"""The network that learns in a page by WebGPU: its mathematics against the library's, and who computes when.

Chromium computes WebGPU in software here, far more slowly than a graphics processor: what is right can be tested,
what is quick cannot.
"""

from __future__ import annotations

import numpy as np
import pytest
from core_in_browser import (
    GIVEN,
    KINDS,
    ONE_STEP,
    as_given,
    check_step,
    in_browser,
    learnt_a_little,
    wait_for,
)

SOFTWARE = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")


@pytest.fixture(scope="module")
def graphics(launched, served, tmp_path_factory):
    """A page of nothing at an address that may use WebGPU, in a browser that has it."""
    folder = tmp_path_factory.mktemp("graphics")
    (folder / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><title>Nothing</title>')
    page = launched(*SOFTWARE).new_page()
    page.goto(f"{served(folder)}/index.html")
    if not page.evaluate("async () => Boolean(await navigator.gpu?.requestAdapter())"):
        pytest.skip("this Chromium has no WebGPU in software")
    yield page
    page.close()


@pytest.mark.parametrize("change", KINDS, ids=str)
def test_loss_gradients_and_one_step_are_those_of_the_library(graphics, change):
    task, network = learnt_a_little(change)
    batch, given = as_given(task, network)
    check_step(task, network, batch, in_browser(graphics, GIVEN + ONE_STEP, {**given, "graphics": True}))


#: What of a training is done by whom: `m.Machines` without a worker.
MACHINES = """
    const learner = new Training(s, 3), told = [];
    const machines = await new Promise((done) => {
        const made = new m.Machines((graphics) => (told.push(Boolean(graphics)), done(made)));
    });
    machines.begin(learner);
"""


def test_steps_of_both_machines_make_one_training(graphics):
    task, _ = learnt_a_little({})
    script = f"""
        {MACHINES}
        const alone = new Training(s, 3), losses = [];
        for (const name of ["graphics", "processor", "graphics"]) {{
            machines.wanted = name;
            const done = await machines.steps(2, 1e9);
            for (let i = 0; i < done; i++) alone.step();
            losses.push([done, learner.room.total[0], alone.room.total[0]]);
        }}
        const plain = (name) => [learner, alone].map((one) => numbers(one.network.weights[name]));
        const weights = Object.keys(alone.network.weights).map(plain);
        return {{ losses, weights, steps: [learner.steps, alone.steps] }};
    """
    found = in_browser(graphics, script, task.preset.as_dict())
    assert found["steps"] == [5, 5] and [done for done, _, _ in found["losses"]] == [2, 1, 2]
    for _, ours, theirs in found["losses"]:
        assert ours == pytest.approx(theirs, abs=1e-4)  # a sum of five
    for ours, theirs in found["weights"]:
        np.testing.assert_allclose(ours, theirs, atol=2e-4)


def test_the_quicker_goes_on_and_software_is_not_tried(graphics):
    task, _ = learnt_a_little({})
    script = f"""
        {MACHINES}
        const by = [], step = async () => {{ by.push(machines.now); await machines.steps(1, 30); }};
        for (let i = 0; i < 12; i++) await step();
        const software = [...by];
        machines.graphics.software = false; // as if it were one in earnest
        for (let i = 0; i < 4; i++) await step();
        return {{ software, tried: by.slice(12), costs: machines.costs, told, steps: learner.steps }};
    """
    found = in_browser(graphics, script, task.preset.as_dict())
    assert found["told"] == [True] and set(found["software"]) == {"processor"}
    assert found["tried"] == ["graphics"] * 3 + ["processor"] and found["steps"] == 16
    assert found["costs"]["graphics"] > found["costs"]["processor"] > 0


def test_a_graphics_processor_that_is_lost_costs_no_step(graphics):
    task, _ = learnt_a_little({})
    script = f"""
        {MACHINES}
        machines.wanted = "graphics";
        await machines.steps(2, 1e9);
        const before = learner.room.total[0];
        machines.graphics.device.destroy();
        const done = await machines.steps(2, 1e9);
        return {{ done, told, steps: learner.steps, loss: learner.room.total[0] - before, first: before / 2 }};
    """
    found = in_browser(graphics, script, task.preset.as_dict())
    assert found["told"] == [True, False] and found["done"] == 1 and found["steps"] == 3
    assert found["loss"] == pytest.approx(found["first"], rel=0.01)


def test_the_page_says_who_computes(graphics, alone):
    page = graphics.context.browser.new_page()
    page.goto(f"{alone}/index.html#learning?units=64&seed=3&machine=graphics")
    choice = page.locator(".gl [data-name=machine]")
    choice.wait_for()
    assert choice.input_value() == "graphics"
    wait_for(page, "judged", lambda judged: judged == "0")
    page.get_by_role("button", name="Step").click()
    wait_for(page, "step", lambda step: step == "1")
    words = page.locator(".gl-machines .gx-numbers")
    assert words.inner_text() == "Now by WebGPU."
    choice.select_option("processor")
    page.get_by_role("button", name="Go on").click()
    wait_for(page, "step", lambda step: int(step) >= 20)
    page.get_by_role("button", name="Pause").click()
    assert words.inner_text().startswith("Now by WebAssembly. A step: WebAssembly ")
    assert "machine=processor" in page.url
    page.close()


def test_where_there_is_none_nothing_is_said_of_it(chromium, alone):
    page = chromium.new_page()
    page.goto(f"{alone}/index.html")
    wait_for(page, "final", lambda final: final == "true")
    assert not page.locator(".gl [data-name=machine]").is_visible()
    page.close()
