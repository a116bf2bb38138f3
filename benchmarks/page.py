"""How long does a gradient step take in the page of the network that learns, by which arithmetic?

The preset "quick" (128 units, 256 place cells, 100 paths of 20 samples, 7 of which the loss looks at) in headless
Chromium, by

- plain JavaScript on typed arrays (the products; place code and entropy stay WebAssembly),
- our WebAssembly with four numbers at once, and with fused products as well, where Chromium has them,
- WebGPU, where there is a graphics processor (or, to see that it runs, in software: ``--adapter swiftshader``),
- @jax-js/jax with its WebAssembly, if its folder is given (``npm install @jax-js/jax``): loss and gradients alone,

beside the library's step in PyTorch on one thread; the least of several turns, milliseconds::

    OMP_NUM_THREADS=1 python benchmarks/page.py [--jax node_modules/@jax-js/jax/dist] [--turns 5] [--adapter NAME]
"""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

import torch
from playwright.sync_api import sync_playwright

from gridcells.book.learning import learning_module
from gridcells.presets import preset
from gridcells.training import make_task
from gridcells.training.distributed import Processes
from gridcells.training.learner import Learner

STEPS = 10  # in a turn
OURS = """async ([preset, turns, steps]) => {
    const { Graphics, Training } = await import("./module.js"), least = {};
    const product = (training) => (a, b, c, height, width, depth, rowA, columnA, rowB, rowC, alpha, beta) => {
        const m = new Float32Array(training.kernels.memory.buffer), row = new Float32Array(width);
        [a, b, c, rowA, columnA, rowB, rowC] = [a, b, c, rowA, columnA, rowB, rowC].map((bytes) => bytes / 4);
        for (let i = 0; i < height; i++) {
            row.fill(0);
            for (let k = 0; k < depth; k++) {
                const factor = m[a + i * rowA + k * columnA], from = b + k * rowB;
                if (factor !== 0) for (let j = 0; j < width; j++) row[j] += factor * m[from + j];
            }
            for (let j = 0, to = c + i * rowC; j < width; j++, to++) m[to] = alpha * row[j] + (beta ? beta * m[to] : 0);
        }
    };
    for (const [name, fused, own] of [["fused", true], ["four at once", false], ["plain", false, true]]) {
        const training = new Training(preset, 0, { fused });
        if (fused && !training.kernels.fused) continue;
        if (own) training.kernels.compiled = { ...training.kernels.compiled, product: product(training) };
        for (let i = 0; i < 5 * steps; i++) if (!own || i < 3) training.step();
        least[name] = Infinity;
        for (let turn = 0; turn < turns; turn++) {
            const begun = performance.now(), count = own ? 2 : steps;
            for (let i = 0; i < count; i++) training.step();
            least[name] = Math.min(least[name], (performance.now() - begun) / count);
        }
    }
    const graphics = await Graphics.find();
    if (graphics) {
        const training = new Training(preset, 0), name = graphics.software ? "WebGPU, soft" : "WebGPU";
        graphics.take(training);
        for (let turn = 0; turn <= turns; turn++) {
            const begun = performance.now();
            for (let i = 0; i < steps; i++) training.step(graphics);
            await graphics.fetch();
            if (turn) least[name] = Math.min(least[name] ?? Infinity, (performance.now() - begun) / steps);
        }
    }
    return least;
}"""
JAX = """async ([turns, steps]) => {
    const { init, defaultDevice, numpy: np, nn, random, valueAndGrad, jit } = await import("./jax/index.js");
    await init("wasm");
    defaultDevice("wasm");
    const [batch, samples, looked, units, cells] = [100, 20, 7, 128, 256];
    let key = 0;
    const drawn = (shape, by) => random.normal(random.key(key++), shape).mul(by);
    const loss = ({ encoder, input, recurrent, decoder }, code, velocity, targets) => {
        let state = np.matmul(code, encoder);
        const kept = [], parts = np.split(velocity, samples);
        for (let t = 0; t < samples; t++) {
            state = nn.relu(np.matmul(state, recurrent.ref).add(np.matmul(parts[t], input.ref)));
            if (t % 3 === 1) kept.push(state.ref);
        }
        recurrent.dispose(), input.dispose(), state.dispose();
        const logits = np.matmul(np.concatenate(kept), decoder);
        return np.sum(nn.logSoftmax(logits).mul(targets)).mul(-1 / (batch * looked));
    };
    const step = jit(valueAndGrad(loss));
    const weights = () => ({
        encoder: drawn([cells, units], 0.02), input: drawn([2, units], 0.05),
        recurrent: np.eye(units).mul(0.5), decoder: drawn([units, cells], 0.02),
    });
    let least = Infinity;
    for (let turn = 0; turn <= turns; turn++) {
        const given = Array.from({ length: steps }, () => [
            weights(), drawn([batch, cells], 1), drawn([batch * samples, 2], 1),
            np.full([batch * looked, cells], 1 / cells),
        ]);
        for (const [own, ...others] of given)
            for (const one of [...Object.values(own), ...others]) await one.ref.data();
        const begun = performance.now();
        for (const one of given) {
            const [value, gradients] = step(...one);
            for (const gradient of Object.values(gradients)) await gradient.data();
            await value.data();
        }
        if (turn) least = Math.min(least, (performance.now() - begun) / steps);
    }
    return least;
}"""


def library(turns: int) -> float:
    """Return the least milliseconds of a step of the library."""
    task = make_task(preset("quick"), seed=0)
    learner, processes, batches, least = Learner.of(task, torch.device("cpu")), Processes.here(), task.batches(), 1e9
    for turn in range(turns + 1):
        began = time.perf_counter()
        for step in range(STEPS):
            learner.learn(next(batches), turn * STEPS + step, processes)
        least = min(least, (time.perf_counter() - began) / STEPS)
    return 1000 * least


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def in_chromium(jax: Path | None, turns: int, adapter: str | None) -> dict[str, float]:
    """Return the least milliseconds of a step in the page by arithmetic."""
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        (Path(folder) / "module.js").write_text(learning_module(), encoding="utf-8")
        (Path(folder) / "index.html").write_text("<!doctype html><title>steps</title>", encoding="utf-8")
        if jax is not None:
            shutil.copytree(jax, Path(folder) / "jax")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        flags = ["--enable-unsafe-webgpu", *([f"--use-webgpu-adapter={adapter}"] if adapter else [])]
        options = {"executable_path": browser_path, "args": flags, "chromium_sandbox": False}
        browser = playwright.chromium.launch(**options)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        least: dict[str, float] = page.evaluate(OURS, [preset("quick").as_dict(), turns, STEPS])
        if jax is not None:
            least["@jax-js/jax"] = page.evaluate(JAX, [turns, STEPS])
        browser.close()
        server.shutdown()
    return least


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jax", type=Path)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--adapter")
    told = parser.parse_args()
    torch.set_num_threads(1)
    for name, milliseconds in {
        **in_chromium(told.jax, told.turns, told.adapter),
        "library": library(told.turns),
    }.items():
        print(f"{name:<14} {milliseconds:7.1f} ms a step")
