"""Train the network that the page of the learning network shows first, in Chromium, as the page would.

    python book/tools/demonstration.py --seed 0

It writes gridcells/book/learning/demonstration.json: preset, seed, curves and weights in half precision.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil

import numpy as np
from chapters import ROOT
from playwright.sync_api import sync_playwright

from gridcells._common.files import atomic_path
from gridcells.book.learning import learning_module
from gridcells.book.learning.script import PRESETS
from gridcells.presets import preset

__all__ = ["train_in_chromium"]

_EVERY = 20  # steps between two rows of the curves
_SCRIPT = """async ([code, preset, seed, every]) => {
    const m = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    const training = new m.Training(preset, seed), history = [], chance = () => m.draws(seed, "null");
    let loss = 0, seconds = 0;
    while (!training.done) {
        const begun = performance.now();
        loss += training.step() / every;
        seconds += (performance.now() - begun) / 1000;
        if (training.steps % every) continue;
        const decoding_error = training.decodingError(training.done ? 1000 : 200);
        const row = { step: training.steps, loss, decoding_error, seconds };
        if (training.done || training.steps % (2 * every) === 0) {
            const [paths, nulls] = training.done ? [2000, 1000] : [500, 100];
            row.share = m.finish(m.judge(training.rateMaps(paths), chance(), nulls)).share;
        }
        history.push(row);
        loss = 0;
    }
    const weights = Object.entries(m.namedWeights(training.network));
    return { history, weights: Object.fromEntries(weights.map(([name, one]) => [name, Array.from(one.values)])) };
}"""


def train_in_chromium(seed: int) -> dict[str, object]:
    """Train the page's preset and return what the page holds of it."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    given = preset(PRESETS[0]).as_dict()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-gpu"], chromium_sandbox=False)
        page = browser.new_page()
        page.goto("about:blank")
        found = page.evaluate(_SCRIPT, [learning_module(), given, seed, _EVERY])
        browser.close()
    weights = {
        name: base64.b64encode(np.array(values, dtype="<f2").tobytes()).decode()
        for name, values in found["weights"].items()
    }
    history = [{name: round(value, 5) for name, value in row.items()} for row in found["history"]]
    return {"preset": given, "seed": seed, "history": history, "weights": weights}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    demonstration = train_in_chromium(parser.parse_args().seed)
    out = ROOT / "gridcells/book/learning/demonstration.json"
    with atomic_path(out) as path:
        path.write_text(json.dumps(demonstration) + "\n", encoding="utf-8")
    print(json.dumps(demonstration["history"][-1]))  # type: ignore[index]
