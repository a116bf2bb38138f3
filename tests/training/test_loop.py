"""How it learns, stops and goes on."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from gridcells.presets import preset
from gridcells.training.checkpoints import load_weights
from gridcells.training.decoding import decoding_error
from gridcells.training.loop import Stopped, resolve_device, train
from gridcells.training.place_task import PlaceBatch, PlaceTask

SMALL = preset("lattice").override(
    {
        "steps": 40,
        "units": 24,
        "place_cells.cells": 64,
        "batch": 16,
        "path_steps": 10,
        "evaluate_every": 15,
        "checkpoint_every": 10,
    }
)


def weights(run):
    return {name: weight.detach().clone() for name, weight in run.network.state_dict().items()}


def assert_same_run(first, second):
    for name, weight in weights(first).items():
        assert torch.equal(weight, weights(second)[name]), name
    strip = [[{k: v for k, v in row.items() if k != "seconds"} for row in run.metrics] for run in (first, second)]
    assert strip[0] == strip[1]


def test_learning_lowers_the_error():
    fast = {"learning_rate": 5e-3, "final_learning_rate": 5e-3, "readout_decay": 0, "recurrent_decay": 0}
    run = train(SMALL.override({"steps": 300, "evaluate_every": 300, **fast}), seed=0)
    untrained = decoding_error(run.task.network(), run.task)
    assert run.metrics[-1]["decoding_error"] < 0.75 * untrained
    assert run.metrics[-1]["loss"] < np.log(64)


def test_loss_is_the_cross_entropy_of_the_place_code():
    task = PlaceTask(SMALL, seed=3)
    network = task.network()
    batch = next(task.batches())
    logits = network(batch.velocity, task.place_cells.activity(batch.start))
    expected = -(task.place_cells.targets(batch.position) * logits.log_softmax(-1)).sum(-1).mean()
    torch.testing.assert_close(task.loss(network, batch), expected)


def test_training_is_deterministic_and_seeds_differ():
    first, again, other = (train(SMALL, seed=seed) for seed in (1, 1, 2))
    assert_same_run(first, again)
    assert not torch.equal(first.network.recurrent_weight, other.network.recurrent_weight)


def test_batches_do_not_depend_on_where_one_starts():
    task = PlaceTask(SMALL, seed=0)
    from_start, later = task.batches(), task.batches(270)  # beyond the first block that is simulated at once
    for _ in range(270):
        next(from_start)
    for _ in range(3):
        expected, got = next(from_start), next(later)
        assert torch.equal(expected.velocity, got.velocity)
        assert torch.equal(expected.position, got.position)
    from_start.close(), later.close()


def test_background_thread_ends_with_the_run():
    train(SMALL.override({"steps": 3}), seed=0)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("paths")]


SCRIPT = """
import json, sys
from gridcells.presets import Preset
from gridcells.training import train
setting = Preset.from_dict(json.loads(sys.argv[1]))
train(setting, seed=5, out=sys.argv[2], resume=True, observer=lambda step, _: print(step, flush=True))
"""


@pytest.mark.parametrize("after", [0.0, 0.35, 0.9])
def test_a_run_killed_at_any_moment_ends_with_the_same_weights(tmp_path, after):
    long = SMALL.override({"steps": 400, "checkpoint_every": 7, "evaluate_every": 90})
    whole = train(long, seed=5)
    command = [sys.executable, "-c", SCRIPT, json.dumps(long.as_dict()), str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    process.stdout.readline()  # it is training
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a checkpoint may have been torn by the kill
        resumed = train(long, seed=5, out=tmp_path, resume=True)
    assert_same_run(whole, resumed)


def test_a_torn_checkpoint_is_refused_by_name_and_the_one_before_used(tmp_path):
    whole = train(SMALL, seed=0, out=tmp_path)
    newest = tmp_path / "checkpoint-00000040.safetensors"
    newest.write_bytes(newest.read_bytes()[:1000])
    with pytest.warns(UserWarning, match=r"checkpoint-00000040.json refused: checkpoint-00000040.safetensors is not"):
        resumed = train(SMALL, seed=0, out=tmp_path, resume=True)
    assert_same_run(whole, resumed)


def test_a_foreign_checkpoint_is_refused_by_name(tmp_path):
    train(SMALL, seed=0, out=tmp_path / "mine")
    train(SMALL, seed=1, out=tmp_path / "other")
    for suffix in (".json", ".safetensors"):
        source = tmp_path / "other" / f"checkpoint-00000040{suffix}"
        (tmp_path / "mine" / f"checkpoint-00000040{suffix}").write_bytes(source.read_bytes())
    with pytest.warns(
        UserWarning, match=r"checkpoint-00000040.json refused: its seed is another run's: 1 instead of 0"
    ):
        resumed = train(SMALL, seed=0, out=tmp_path / "mine", resume=True)
    assert_same_run(train(SMALL, seed=0), resumed)
    (tmp_path / "mine" / "checkpoint-00000040.json").write_text('{"format": "something else"}')
    with pytest.warns(UserWarning, match="refused: not a 'gridcells checkpoint 2'"):
        train(SMALL, seed=0, out=tmp_path / "mine", resume=True)


def test_a_folder_that_holds_another_run_is_refused_with_the_differing_settings(tmp_path):
    train(SMALL, seed=0, out=tmp_path)
    with pytest.raises(ValueError, match="out: expected a folder without a run"):
        train(SMALL, seed=0, out=tmp_path)
    changed = SMALL.override({"learning_rate": 5e-3})
    with pytest.raises(ValueError, match="training.learning_rate 0.001 there, 0.005 here"):
        train(changed, seed=0, out=tmp_path, resume=True)


@pytest.fixture
def interruptible():
    """Python's own answer to ctrl-c, also where a background shell has these tests ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_saves_and_says_how_to_resume(tmp_path):
    def press(step, numbers):
        if step == 20:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(
        Stopped, match=rf"interrupted at step 20: saved at step 20; go on with --resume --out {tmp_path}"
    ):
        train(SMALL, seed=0, out=tmp_path, observer=press)
    assert_same_run(train(SMALL, seed=0), train(SMALL, seed=0, out=tmp_path, resume=True))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_run_folder_holds_configuration_metrics_and_weights(tmp_path):
    run = train(SMALL, seed=4, out=tmp_path)
    described = json.loads((tmp_path / "run.json").read_text())
    assert described["seed"] == 4
    assert described["preset"]["network.units"] == 24
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [15, 30, 40]
    assert rows == run.metrics
    saved = load_weights(tmp_path / "checkpoint-00000040.safetensors")
    assert torch.equal(saved["network.decoder.weight"], run.network.decoder.weight)
    assert len(list(tmp_path.glob("checkpoint-*"))) == 4  # two checkpoints of two files
    generator = json.loads((tmp_path / "checkpoint-00000040.json").read_text())["generator"]
    assert generator == {"bit_generator": "PCG64", "stream": "paths", "seed": 4, "next_batch": 40}


@pytest.mark.parametrize("steps", [40, 30])
def test_a_kill_between_the_checkpoint_and_the_metrics_loses_no_row(tmp_path, steps):
    run = train(SMALL, seed=4, out=tmp_path)
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in run.metrics[:-1]))
    if steps < 40:
        for path in tmp_path.glob("checkpoint-00000040.*"):
            path.unlink()
    resumed = train(SMALL, seed=4, out=tmp_path, resume=True)
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert rows == resumed.metrics and [row["step"] for row in rows] == [15, 30, 40]


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    written = Path.write_bytes

    def full(self, data):
        if "00000030" in self.name:
            written(self, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return written(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left on device while writing .*checkpoint-00000030.safetensors"):
        train(SMALL, seed=0, out=tmp_path)
    monkeypatch.undo()
    assert sorted(path.name for path in tmp_path.glob("checkpoint-*.json")) == [
        "checkpoint-00000010.json",
        "checkpoint-00000020.json",
    ]
    assert not list(tmp_path.glob(".*"))
    assert_same_run(train(SMALL, seed=0), train(SMALL, seed=0, out=tmp_path, resume=True))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_truly_full_device_is_named():
    with pytest.raises(OSError, match="out: expected a folder that can be written, got /dev/full"):
        train(SMALL, seed=0, out="/dev/full/run")


def test_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="out: expected a folder that can be written, got .*file/run"):
        train(SMALL, seed=0, out=tmp_path / "file" / "run")


def test_a_device_that_is_not_there():
    assert resolve_device("cpu").type == "cpu"
    with pytest.raises(ValueError, match="device: expected one of cpu.* on this machine, got 'quantum'"):
        resolve_device("quantum")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="device: expected one of cpu.* on this machine, got 'cuda'"):
            train(SMALL, seed=0, device="cuda")


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True])
def test_bad_seed(seed):
    with pytest.raises(ValueError, match="seed: expected a whole number of at least 0"):
        PlaceTask(SMALL, seed)


def test_decoding_error_of_an_oracle_is_the_floor_of_the_targets():
    task = PlaceTask(preset("laptop"), seed=0)
    batch = PlaceBatch.of(task.paths(200, "evaluation"))
    decoded = task.place_cells.decode(task.place_cells.targets(batch.position))
    assert 0.03 < (decoded - batch.position).norm(dim=-1).mean() < 0.06


def test_learning_rate_goes_from_the_first_to_the_final_value():
    task = PlaceTask(SMALL.override({"learning_rate": 1e-3, "final_learning_rate": 1e-4, "steps": 100}), seed=0)
    rates = [task.learning_rate(step) for step in range(101)]
    assert rates[0] == 1e-3
    assert rates[50] == pytest.approx(5.5e-4)
    assert rates[100] == pytest.approx(1e-4)
    assert all(np.diff(rates) < 0)


def test_decay_weighs_squared_weights():
    task = PlaceTask(SMALL, seed=0)
    network = task.network()
    squares = {name: weight.detach().square().sum() for name, weight in network.named_parameters()}
    expected = SMALL.training.recurrent_decay * squares["RNN.weight_hh_l0"] + SMALL.training.readout_decay * (
        squares["encoder.weight"] + squares["decoder.weight"]
    )
    torch.testing.assert_close(task.penalty(network).detach(), expected)


def test_a_diverged_run_says_so_and_names_the_setting():
    wild = SMALL.override({"learning_rate": 1e18, "final_learning_rate": 1e18})
    with pytest.raises(ValueError, match="expected one at which the loss .* got 1e.18: the loss is nan at step 15"):
        train(wild, seed=0)


def test_double_precision_is_refused_where_there_is_none(monkeypatch):
    monkeypatch.setattr(torch.mps, "is_available", lambda: True)
    with pytest.raises(ValueError, match=r"training\.precision: expected single on mps"):
        train(preset("debate").override({"precision": "double"}), seed=0, device="mps")
