"""What a run leaves, and the runs that ship with the library."""

import dataclasses
import hashlib
import itertools
import json
import shlex
import shutil
from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import gridcells.runs.shipped
from gridcells._common.files import write_json
from gridcells._common.reading import sealed
from gridcells.presets import PRESETS, preset
from gridcells.runs.evaluation import evaluate
from gridcells.runs.folder import finish, table
from gridcells.runs.own import load_run
from gridcells.runs.shipped import load_shipped, ship, shipped_runs
from gridcells.training.checkpoints import load_weights, save_weights
from gridcells.training.loop import train

SMALL = preset("laptop").override(
    {
        "steps": 20,
        "units": 16,
        "place_cells.cells": 64,
        "batch": 16,
        "evaluate_every": 10,
        "scoring.paths": 300,
        "null_maps": 20,
    }
)
SMALL = dataclasses.replace(SMALL, name="tiny")
SHIPPED = [(name, seed) for name, seeds in shipped_runs().items() for seed in seeds]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A small run, its folder and what `finish` returned."""
    matplotlib.use("agg")
    folder = tmp_path_factory.mktemp("run")
    run = train(SMALL, seed=2)
    open_before = plt.get_fignums()
    summary = finish(run, evaluate(run.network, run.task), folder, command="gridcells train tiny --seed 2")
    assert plt.get_fignums() == open_before
    return run, folder, summary


@pytest.fixture
def shelf(finished, tmp_path):
    """A folder of shipped runs that holds the small one."""
    assert ship(finished[1], tmp_path) == tmp_path / "tiny" / "seed2.json"
    return tmp_path


def test_finish_leaves_weights_numbers_and_a_picture(finished):
    run, folder, summary = finished
    assert sorted(path.name for path in folder.iterdir()) == ["maps.png", "summary.json", "weights.safetensors"]
    assert json.loads((folder / "summary.json").read_text()) == sealed(summary)
    assert hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest() == summary["sha256"]
    assert summary["command"] == "gridcells train tiny --seed 2"
    assert summary["seed"] == 2
    assert summary["preset"] == SMALL.as_dict()
    assert summary["seconds"] == run.metrics[-1]["seconds"] > 0
    assert summary["threads"] == torch.get_num_threads()
    assert summary["device"] == "cpu"
    assert summary["versions"]["torch"] == torch.__version__
    assert summary["metrics"] == run.metrics
    assert (folder / "maps.png").read_bytes().startswith(b"\x89PNG")


def test_a_shipped_run_comes_back_rounded_to_half_precision(finished, shelf):
    run, _, summary = finished
    assert shipped_runs(shelf) == {"tiny": [2]}
    back = load_shipped("tiny", 2, folder=shelf)
    anew = ("numbers", "sha256")
    assert {name: value for name, value in back.summary.items() if name not in (*anew, "trained_sha256")} == {
        name: value for name, value in summary.items() if name not in anew
    }
    assert back.summary["trained_sha256"] == summary["sha256"] != back.summary["sha256"]
    assert back.task.preset == SMALL
    assert back.task.seed == 2
    np.testing.assert_array_equal(back.task.place_cells.centers, run.task.place_cells.centers)
    for name, weight in run.network.state_dict().items():
        assert torch.equal(weight.half().float(), back.network.state_dict()[name]), name
    again = evaluate(back.network, back.task).summary()
    assert {name: round(value, 6) for name, value in again.items()} == back.summary["numbers"]
    assert back.summary["numbers"]["decoding_error"] == pytest.approx(summary["numbers"]["decoding_error"], abs=1e-3)


def test_a_run_of_ones_own_opens_as_it_was_trained(finished):
    run, folder, summary = finished
    for named in (folder, str(folder)):
        back = load_run(named)
        assert type(back) is type(run) is type(load_shipped("laptop", 0))
        assert back.task.preset == SMALL and back.task.seed == 2
        assert back.metrics == run.metrics and back.summary == summary
        assert run.summary == {}
        for name, weight in run.network.state_dict().items():
            assert torch.equal(weight, back.network.state_dict()[name]), name


def test_a_run_of_ones_own_in_double_precision_opens(tmp_path):
    run = train(SMALL.override({"precision": "double", "steps": 2, "evaluate_every": 2}), seed=0)
    finish(run, evaluate(run.network, run.task), tmp_path, command="none")
    back = load_run(tmp_path)
    assert back.network.dtype == torch.float64
    assert torch.equal(back.network.recurrent_weight, run.network.recurrent_weight)


def test_folders_that_hold_no_finished_run_say_what_is_missing(finished, tmp_path):
    with pytest.raises(FileNotFoundError, match="folder: expected the folder of a run, got .*nowhere, where there is"):
        load_run(tmp_path / "nowhere")
    for name in ("summary.json", "weights.safetensors"):
        folder = shutil.copytree(finished[1], tmp_path / name)
        (folder / name).unlink()
        with pytest.raises(
            FileNotFoundError, match=rf"got .* without {name}; go on with gridcells train \.\.\. --resume"
        ):
            load_run(folder)
    unfinished = preset("laptop").override({"steps": 4, "units": 8, "learning_rate": 1e-7, "checkpoint_every": 2})
    train(unfinished, seed=3, out=tmp_path / "begun")
    with pytest.raises(FileNotFoundError) as stop:
        load_run(tmp_path / "begun")
    words = shlex.split(str(stop.value).partition("go on with ")[2])
    assert words[:3] == ["gridcells", "train", "laptop"]
    assert words[-5:] == ["--seed", "3", "--resume", "--out", str(tmp_path / "begun")]
    changes = dict(word.split("=") for flag, word in itertools.pairwise(words) if flag == "--set")
    assert preset("laptop").override(changes) == unfinished


def test_weights_and_summaries_of_other_runs_are_refused(finished, tmp_path):
    folder = shutil.copytree(finished[1], tmp_path / "run")
    digest = save_weights(folder / "weights.safetensors", {"decoder.weight": torch.ones(2, 2)})
    with pytest.raises(ValueError, match="weights.safetensors is not what was written"):
        load_run(folder)
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps({**summary, "sha256": digest}))
    with pytest.raises(ValueError, match="summary.json is not what was written .its digest differs.: torn or changed"):
        load_run(folder)
    (folder / "summary.json").write_text(json.dumps(sealed({**summary, "sha256": digest})))
    with pytest.raises(ValueError, match="weights.safetensors: expected the weights of 'tiny', got those of others"):
        load_run(folder)
    for text, told in (
        (json.dumps(sealed({})), "folder: expected .*summary.json as `finish` writes it, got one without 'preset'"),
        ("[1]", "summary.json: expected a JSON object, got list"),
        ('{"torn', "summary.json: expected JSON, got something else"),
        ("[" * 5000, "summary.json: expected JSON, got lists within lists, too deep to read"),
        ('{"seed": NaN}', "summary.json: expected JSON, got something else .NaN is no number."),
    ):
        (folder / "summary.json").write_text(text)
        with pytest.raises(ValueError, match=told):
            load_run(folder)


def test_a_summary_of_an_older_version_opens_with_a_word(finished, tmp_path):
    folder = shutil.copytree(finished[1], tmp_path / "run")
    (folder / "summary.json").write_text(json.dumps(finished[2]))
    with pytest.warns(UserWarning, match="summary.json carries no digest: an older version wrote it"):
        assert load_run(folder).summary == finished[2]


def test_weights_that_no_training_left_are_refused(finished, tmp_path):
    folder = shutil.copytree(finished[1], tmp_path / "run")
    weights = load_weights(folder / "weights.safetensors")
    for changed, told in (
        (torch.full_like(weights["decoder.weight"], torch.nan), "expected finite real weights, got others in 'decoder"),
        (weights["decoder.weight"].to(torch.int64), "expected finite real weights, got others in 'decoder.weight'"),
        (weights["decoder.weight"].T, "expected the weights of 'tiny', got those of others"),
    ):
        digest = save_weights(folder / "weights.safetensors", {**weights, "decoder.weight": changed})
        write_json(folder / "summary.json", sealed({**finished[2], "sha256": digest}))
        with pytest.raises(ValueError, match=told):
            load_run(folder)


def test_runs_are_listed_by_preset_and_seeds_in_order(shelf):
    for name, seed in (("tiny", 10), ("tiny", 0), ("lattice", 1)):
        (shelf / name).mkdir(exist_ok=True)
        shutil.copy(shelf / "tiny" / "seed2.json", shelf / name / f"seed{seed}.json")
    assert shipped_runs(shelf) == {"tiny": [0, 2, 10], "lattice": [1]}
    assert shipped_runs(shelf / "nothing here") == {}


def test_torn_or_changed_weights_are_refused_by_name(shelf):
    weights = shelf / "tiny" / "seed2.safetensors.xz"
    whole = weights.read_bytes()
    for data in (whole[:-100], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
        weights.write_bytes(data)
        with pytest.raises(ValueError, match="seed2.safetensors.xz is not what was written .its SHA-256 differs"):
            load_shipped("tiny", 2, folder=shelf)


def test_torn_weights_are_not_shipped(finished, tmp_path):
    folder = shutil.copytree(finished[1], tmp_path / "run")
    (folder / "weights.safetensors").write_bytes(b"torn")
    with pytest.raises(ValueError, match="weights.safetensors is not what was written"):
        ship(folder, tmp_path / "shelf")
    assert shipped_runs(tmp_path / "shelf") == {}
    (folder / "summary.json").unlink()
    with pytest.raises(FileNotFoundError, match="summary.json"):
        ship(folder, tmp_path / "shelf")


def test_weights_too_large_for_half_precision_are_not_shipped(finished, tmp_path):
    folder = shutil.copytree(finished[1], tmp_path / "run")
    digest = save_weights(folder / "weights.safetensors", {"decoder.weight": torch.full((2, 2), 1e6)})
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps(sealed({**summary, "sha256": digest})))
    with pytest.raises(ValueError, match="expected weights that half precision holds"):
        ship(folder, tmp_path / "shelf")


def test_runs_that_are_not_there(shelf):
    with pytest.raises(ValueError, match="name: expected one of tiny, got 'tin' .did you mean 'tiny'"):
        load_shipped("tin", 2, folder=shelf)
    with pytest.raises(ValueError, match="seed: expected one of 2 of 'tiny', got 3"):
        load_shipped("tiny", 3, folder=shelf)


def test_the_table_rounds_what_it_says():
    numbers = {
        "decoding_error": 0.0523,
        "units": 256,
        "units_scored": 250,
        "share_above_0.3": 0.614,
        "share_above_0.8": 0.25,
        "share_above_null": 0.3,
        "null_95_percent": 0.6789,
        "null_share_above_0.3": 0.2,
        "null_share_above_0.8": 0.016,
        "period": 0.5549,
    }
    assert table(SimpleNamespace(summary=lambda: numbers)).splitlines() == [
        "decoding error             5.2 cm",
        "units scored           250 of 256",
        "score above .3                61%   matched null: 20%",
        "score above .8                25%   matched null: 2%",
        "above the null's 95 %         30%   score 0.68; chance: 5%",
        "dominant period             55 cm",
    ]


def test_five_seeds_of_both_presets_ship():
    runs = shipped_runs()
    assert {name.partition("+")[0] for name in runs} <= set(PRESETS)
    for name in ("laptop", "lattice"):
        assert runs.get(name) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("name", "seed"), SHIPPED)
def test_a_shipped_run_is_one_that_its_command_makes(name, seed):
    run = load_shipped(name, seed)  # compares the weights with their hash
    summary = run.summary
    words = shlex.split(summary["command"])
    assert words[:2] == ["gridcells", "train"]
    changes = [word for flag, word in itertools.pairwise(words) if flag == "--set"]
    assert words[2] == name.partition("+")[0]
    told = preset(words[2]).override(dict(word.split("=") for word in changes))
    assert run.task.preset == told  # neither the run's settings nor the preset's have changed since
    assert told.label == name
    assert run.task.seed == summary["seed"] == seed
    assert seed == 0 or words[words.index("--seed") + 1] == str(seed)
    assert summary["seconds"] > 0
    assert summary["threads"] >= 1
    assert set(summary["versions"]) == {"gridcells", "python", "torch", "numpy"}
    assert [row["step"] for row in summary["metrics"]][-1] == run.task.preset.training.steps
    assert summary["metrics"][-1]["seconds"] == summary["seconds"]
    numbers = summary["numbers"]
    mapped = getattr(run.network, "linear_units", run.network.units)
    assert numbers["units"] == mapped >= numbers["units_scored"] > 0
    assert all(0 <= value <= 1 for key, value in numbers.items() if "share" in key)
    last = summary["metrics"][-1]["decoding_error"]  # before the weights were rounded to half precision
    assert numbers["decoding_error"] == pytest.approx(last, abs=1e-3, rel=1e-2)


@pytest.mark.parametrize("name", sorted({name for name, _ in SHIPPED}))
def test_a_shipped_network_has_the_numbers_that_it_ships_with(name):
    run = load_shipped(name, min(shipped_runs()[name]))
    told, measured = run.summary["numbers"], evaluate(run.network, run.task).summary()
    assert set(told) == set(measured)
    tolerance = {"decoding_error": 1e-4, "period": 1e-3, "units": 0, "units_scored": 1}
    for key, value in measured.items():
        assert value == pytest.approx(told[key], abs=tolerance.get(key, 0.02)), key


def test_a_changed_run_is_found_by_its_name_or_by_what_was_changed():
    named = load_shipped("banino_laptop+dropout=0", 0)
    changed = load_shipped("banino_laptop", 0, change={"dropout": 0})
    assert named.summary == changed.summary
    assert changed.task.preset.network.dropout == 0
    with pytest.raises(ValueError, match=r"name: expected one of .*, got 'banino_laptop.dropout=0.25'"):
        load_shipped("banino_laptop", 0, change={"dropout": 0.25})


def test_what_ships_is_small():
    assert (
        sum(path.stat().st_size for path in gridcells.runs.shipped._shipped(None).rglob("*") if path.is_file()) < 44e6
    )


def test_the_shelf_is_inside_the_package():
    assert gridcells.runs.shipped._shipped(None).name == "shipped"
    assert (
        gridcells.runs.shipped._shipped(None).parent
        == type(gridcells.runs.shipped._shipped(None))(gridcells.__file__).parent
    )
