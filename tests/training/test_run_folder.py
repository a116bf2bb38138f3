"""A run's folder: whose it is, who is at work in it, and what ends a run."""

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from gridcells._common.locks import hold_folder
from gridcells.presets import preset
from gridcells.training.loop import Stopped, train
from gridcells.world import DatasetSetting, make_dataset

TINY = preset("laptop").override(
    {"steps": 6, "units": 8, "place_cells.cells": 16, "batch": 4, "path_steps": 4, "evaluate_every": 3}
)
LSTM = preset("banino2018_code").override(
    {"steps": 2, "batch": 2, "linear_units": 4, "evaluate_every": 2, "checkpoint_every": 1, "network.units": 4}
)


def test_a_second_process_is_told_who_is_at_work(tmp_path):
    with hold_folder(tmp_path), ThreadPoolExecutor(1) as other:
        who = f"held by process {os.getpid()} on {socket.gethostname()}"
        with pytest.raises(ValueError, match=f"out: expected a folder that no other process is at, got .*{who}"):
            other.submit(train, TINY, seed=0, out=tmp_path).result()
    holder = "import sys, time; from gridcells._common.locks import hold_folder\n"
    holder += "with hold_folder(sys.argv[1]): print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", holder, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(ValueError, match=f"held by process {process.pid} on {socket.gethostname()}"):
            train(TINY, seed=0, out=tmp_path)
        process.kill()
    train(TINY, seed=0, out=tmp_path)  # the lock that it left is nobody's
    assert not (tmp_path / "lock").exists()


def test_an_error_before_the_first_step_leaves_no_folder(tmp_path):
    with pytest.raises(ValueError, match="device: expected one of"):
        train(TINY, seed=0, out=tmp_path / "a" / "b", device="quantum")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["summary.json", "maps.png", "weights.safetensors", "notes.txt"])
def test_a_folder_with_other_files_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("another's")
    with pytest.raises(ValueError, match=f"out: expected a new folder, an empty one or a run's, got .* with {name}"):
        train(TINY, seed=0, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "another's"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "run.json: expected JSON, got something else"),
        ("[]", "run.json: expected a JSON object, got list"),
        ("null", "run.json: expected a JSON object, got NoneType"),
        ('{"preset": null}', "run.json: expected a preset and a seed"),
        ("[" * 9999, "run.json: expected JSON, got lists within lists"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*carries no digest")
def test_a_description_that_is_none_is_named(tmp_path, text, told):
    train(TINY, seed=0, out=tmp_path)
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ValueError, match=told):
        train(TINY, seed=0, out=tmp_path, resume=True)


def test_a_changed_description_is_refused_and_an_older_one_taken_with_a_word(tmp_path):
    whole = train(TINY, seed=0, out=tmp_path)
    path = tmp_path / "run.json"
    described = json.loads(path.read_text())
    path.write_text(json.dumps({**described, "seed": 1}))
    with pytest.raises(ValueError, match="run.json is not what was written .its digest differs.: torn or changed"):
        train(TINY, seed=1, out=tmp_path, resume=True)
    del described["digest"]
    path.write_text(json.dumps(described))
    with pytest.warns(UserWarning, match="run.json carries no digest: an older version wrote it"):
        again = train(TINY, seed=0, out=tmp_path, resume=True)
    assert torch.equal(again.network.decoder.weight, whole.network.decoder.weight)


@pytest.mark.skipif(os.name != "posix", reason="this system has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_saves_as_ctrl_c_does(tmp_path, number):
    def ask(step, numbers):
        if step == 3:
            os.kill(os.getpid(), number)

    before = signal.signal(number, signal.SIG_DFL)  # nohup ignores a hang-up, and hands that down
    try:
        with pytest.raises(Stopped, match="interrupted at step 3: saved at step 3; go on with --resume --out"):
            train(TINY, seed=0, out=tmp_path, observer=ask)
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)
    resumed, whole = train(TINY, seed=0, out=tmp_path, resume=True), train(TINY, seed=0)
    assert torch.equal(resumed.network.decoder.weight, whole.network.decoder.weight)


def test_a_run_keeps_what_it_used_of_a_dataset_and_goes_on_with_nothing_else(tmp_path):
    data = make_dataset(tmp_path, DatasetSetting(trajectories=12, files=3), workers=1)
    train(LSTM, seed=0, out=tmp_path / "run", data=data)
    used = json.loads((tmp_path / "run" / "run.json").read_text())["data_used"]
    assert (used["paths"], used["files"], used["announced_files"], used["left_out"]) == (12, 3, 3, 0)
    other = make_dataset(tmp_path / "other", DatasetSetting(trajectories=12, files=3, seed=1), workers=1)
    with pytest.raises(ValueError, match="got one with other settings: data_used .* there, .* here"):
        train(LSTM, seed=0, out=tmp_path / "run", data=other, resume=True)
    train(LSTM, seed=0, out=tmp_path / "run", data=data, resume=True)
