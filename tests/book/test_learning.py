"""The script of the network that learns in a page: whole, light, and made of what the library holds."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

import gridcells.book.learning
from gridcells.book.learning import LearningNetwork, learning_module, learning_script, learning_style
from gridcells.presets import preset

FOLDER = Path(gridcells.book.learning.__file__).parent
DEMONSTRATION = json.loads((FOLDER / "demonstration.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def script():
    return learning_script()


def test_it_is_one_plain_script_without_addresses(script):
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    worker = json.loads(re.search(r"^const WORKER = (.*);$", script, re.MULTILINE)[1])
    assert not re.search(r"^(import|export)\b", worker, re.MULTILINE) and "onmessage = " in worker
    assert "</" not in re.sub(r"<\\/", "", script) and not re.search(r"https?://", script)


def test_it_weighs_little(script):
    whole = gzip.compress((script + learning_style()).encode())
    assert len(whole) <= 250_000
    assert (
        len(gzip.compress(learning_module().encode())) <= 36_000
    )  # the numerical core with its WebAssembly and WebGPU


def test_the_presets_are_the_librarys(script):
    told = json.loads(re.search(r"^const PRESETS = (.*);$", script, re.MULTILINE)[1])
    assert told == {name: preset(name).as_dict() for name in ("quick", "lattice")}
    assert DEMONSTRATION["preset"] == told["quick"]


def test_the_demonstration_is_a_network_that_has_learnt():
    setting, last = preset("quick"), DEMONSTRATION["history"][-1]
    assert last["step"] == setting.training.steps
    assert last["decoding_error"] < 0.1 and last["share"] >= 0.2
    units, cells = setting.network.units, setting.place_cells.cells
    counts = {
        "encoder.weight": units * cells,
        "RNN.weight_ih_l0": 2 * units,
        "RNN.weight_hh_l0": units**2,
        "decoder.weight": units * cells,
    }
    held = {name: np.frombuffer(base64.b64decode(text), "<f2") for name, text in DEMONSTRATION["weights"].items()}
    assert {name: len(values) for name, values in held.items()} == counts
    assert all(np.isfinite(values).all() for values in held.values())


def test_the_widget_begins_with_its_preset_and_refuses_what_is_no_setting():
    for name in ("quick", "lattice"):
        widget, setting = LearningNetwork(recipe=name), preset(name)
        chosen = (widget.width, widget.ratio, widget.units, widget.cell)
        cells, network = setting.place_cells, setting.network
        assert chosen == (cells.field_width, cells.surround_ratio, network.units, network.cell)
    for wrong in ({"width": 3.0}, {"units": 5}, {"recipe": "slow"}, {"height": 1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            LearningNetwork(**wrong)
    with pytest.raises(ValueError, match="expected a network that has learnt to the end, got one at step 0"):
        LearningNetwork().run()


def test_an_archive_that_is_damaged_is_refused():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("run/summary.json", "{}")
    whole, widget = held.getvalue(), LearningNetwork()
    widget.archive = whole[:40]
    with pytest.raises(ValueError, match="expected a zip archive, got one that is damaged"):
        widget.run()
    widget.archive = whole.replace(b"{}", b"[]")
    with pytest.raises(ValueError, match="expected the checksum of run/summary.json to be right"):
        widget.run()
