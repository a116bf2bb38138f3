"""Checkpoints: what was changed, torn or crafted is refused by name, and the one before it is used."""

import json
import shutil
import warnings

import numpy as np
import pytest
import safetensors.torch
import torch

from gridcells._common import unpacking
from gridcells._common.reading import sealed
from gridcells.presets import preset
from gridcells.training.checkpoints import latest_checkpoint, load_weights, save_weights
from gridcells.training.loop import train

TINY = preset("laptop").override(
    {
        "steps": 40,
        "units": 8,
        "place_cells.cells": 16,
        "batch": 4,
        "path_steps": 4,
        "evaluate_every": 15,
        "checkpoint_every": 10,
        "scoring.paths": 50,
    }
)
NEWEST = "checkpoint-00000040"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished run and its folder."""
    folder = tmp_path_factory.mktemp("run")
    return train(TINY, seed=0, out=folder), folder


@pytest.fixture
def folder(whole, tmp_path):
    """A copy of its folder."""
    return shutil.copytree(whole[1], tmp_path / "run")


def resumed(folder):
    """Go on in a folder; return the weights and the metrics without times, and what was warned of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run = train(TINY, seed=0, out=folder, resume=True)
    return run, [str(each.message) for each in told]


def same(first, second):
    pairs = zip(first.network.state_dict().items(), second.network.state_dict().values(), strict=True)
    rows = [[{k: v for k, v in row.items() if k != "seconds"} for row in run.metrics] for run in (first, second)]
    return all(torch.equal(weight, other) for (_, weight), other in pairs) and rows[0] == rows[1]


def rewrite(folder, change, *, crafted):
    """Change the newest JSON; ``crafted`` gives it the digest of what it then says."""
    path = folder / f"{NEWEST}.json"
    state = json.loads(path.read_text())
    change(state)
    path.write_text(json.dumps(sealed(state) if crafted else state))


@pytest.mark.parametrize("digit", range(12))
def test_no_changed_digit_of_the_json_is_accepted(whole, folder, digit):
    path = folder / f"{NEWEST}.json"
    text = path.read_text()
    places = [place for place, letter in enumerate(text) if letter.isdigit()]
    place = places[digit * len(places) // 12]
    path.write_text(text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :])
    run, told = resumed(folder)
    assert any(line.startswith(f"checkpoint {NEWEST}.json refused: ") for line in told), told
    assert same(run, whole[0])


MALFORMED = {
    "another step": lambda state: state.update(step=10),
    "no step": lambda state: state.update(step=None),
    "an endless step": lambda state: state.update(step=10**400),
    "no seconds": lambda state: state.update(seconds=None),
    "no metrics": lambda state: state.pop("metrics"),
    "metrics of text": lambda state: state.update(metrics=["row"]),
    "metrics out of order": lambda state: state["metrics"].reverse(),
    "a row of text": lambda state: state["metrics"][0].update(loss="low"),
    "no hash": lambda state: state.pop("sha256"),
    "no generator": lambda state: state.pop("generator"),
    "another batch": lambda state: state["generator"].update(next_batch=3),
    "another format": lambda state: state.update(format="gridcells checkpoint 9"),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_crafted_json_falls_back_to_the_one_before(whole, folder, what):
    rewrite(folder, MALFORMED[what], crafted=True)
    run, told = resumed(folder)
    assert len(told) == 1 and told[0].startswith(f"checkpoint {NEWEST}.json refused: ")
    assert same(run, whole[0])


@pytest.mark.parametrize("text", ["", "[]", "null", '{"step": ', "[" * 5000, '{"step": Infinity}', "9" * 5000, "\xff"])
def test_json_that_is_none_falls_back_to_the_one_before(whole, folder, text):
    (folder / f"{NEWEST}.json").write_bytes(text.encode("latin1"))
    run, told = resumed(folder)
    assert len(told) == 1 and told[0].startswith(f"checkpoint {NEWEST}.json refused: ")
    assert same(run, whole[0])


TENSORS = {
    "half precision": lambda tensors: {name: tensor.half() for name, tensor in tensors.items()},
    "whole numbers": lambda tensors: tensors | {"network.decoder.weight": tensors["network.decoder.weight"].long()},
    "NaN": lambda tensors: tensors | {"network.decoder.weight": tensors["network.decoder.weight"] * torch.nan},
    "one missing": lambda tensors: {name: tensors[name] for name in tensors if name != "network.decoder.weight"},
    "no momentum": lambda tensors: {
        name: tensors[name] for name in tensors if not {"exp_avg", "momentum"} & set(name.split("."))
    },
    "one too many": lambda tensors: tensors | {"optimiser.9.step": torch.ones(())},
    "a name without a number": lambda tensors: tensors | {"optimiser.x.step": torch.ones(())},
    "transposed": lambda tensors: tensors | {"network.decoder.weight": tensors["network.decoder.weight"].T},
    "longer": lambda tensors: tensors | {"running": torch.ones(2)},
}


@pytest.mark.parametrize("what", TENSORS)
def test_tensors_that_do_not_fit_fall_back_to_the_one_before(whole, folder, what):
    tensors = TENSORS[what](load_weights(folder / f"{NEWEST}.safetensors"))
    digest = save_weights(folder / f"{NEWEST}.safetensors", tensors)
    rewrite(folder, lambda state: state.update(sha256=digest), crafted=True)
    run, told = resumed(folder)
    assert len(told) == 1 and told[0].startswith(f"checkpoint {NEWEST}.json refused: it") and "tensor" in told[0]
    assert same(run, whole[0])


def test_where_none_is_usable_the_run_begins_again(whole, folder):
    for path in folder.glob("checkpoint-*.json"):
        path.write_text("{}")
    run, told = resumed(folder)
    assert len(told) == 2
    assert same(run, whole[0])


def test_a_checkpoint_of_an_older_version_is_used_with_a_word(whole, folder):
    for path in folder.glob("checkpoint-*.json"):
        state = json.loads(path.read_text())
        del state["digest"]
        path.write_text(json.dumps({**state, "format": "gridcells checkpoint 1"}))
    (folder / f"{NEWEST}.json").unlink()
    run, told = resumed(folder)
    assert told == ["checkpoint checkpoint-00000030.json carries no digest: an older version wrote it"]
    assert same(run, whole[0])


def test_a_new_checkpoint_without_its_digest_is_refused(folder):
    rewrite(folder, lambda state: state.pop("digest"), crafted=False)
    with pytest.warns(UserWarning, match="refused: it carries no digest"):
        assert latest_checkpoint(folder, expected={}).step == 30


def test_tensors_without_their_json_go_when_the_run_goes_on(whole, folder):
    (folder / f"{NEWEST}.json").unlink()
    (folder / ".checkpoint-00000040.gridcells-0123456789ab.json").write_text("{")
    (folder / ".checkpoint-00000040-0123456789ab.json").write_text("{")  # as older versions called it
    orphan = folder / "checkpoint-00000035.safetensors"
    orphan.write_bytes(b"torn")
    run, told = resumed(folder)
    assert told == [] and same(run, whole[0])
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in whole[1].iterdir())


def test_weights_that_unpack_to_more_than_their_file_may_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "weights.safetensors.xz"
    save_weights(path, {"weight": torch.zeros(10**6)})
    assert path.stat().st_size < 2000
    assert load_weights(path)["weight"].shape == (10**6,)
    monkeypatch.setattr(unpacking, "UNPACKED", 10**6)
    with pytest.raises(ValueError, match="weights.safetensors.xz: expected at most 1 MB unpacked from a file of its"):
        load_weights(path)


@pytest.mark.parametrize("place", [0, 6, 40, 200, -40, -1])
def test_damaged_weights_are_named_without_a_hash_too(tmp_path, place):
    path = tmp_path / "weights.safetensors.xz"
    save_weights(path, {"weight": torch.as_tensor(np.random.default_rng(0).normal(size=100))})
    data = bytearray(path.read_bytes())
    data[place] ^= 64
    path.write_bytes(data)
    with pytest.raises(ValueError, match="weights.safetensors.xz: expected a file packed by xz, got one that is"):
        load_weights(path)
    plain = tmp_path / "plain.safetensors"
    plain.write_bytes(safetensors.torch.save({"weight": torch.ones(4)})[:-3])
    with pytest.raises(ValueError, match="plain.safetensors: expected weights as safetensors, got something else"):
        load_weights(plain)
