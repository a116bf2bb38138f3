"""One network on two processes is the network of one process."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import torch

from gridcells.presets import preset
from gridcells.training.checkpoints import load_weights
from gridcells.training.distributed import Processes, process_group, rank
from gridcells.training.tasks import make_task

CHANGES = (
    *("units=16", "cells=32", "steps=24", "batch=20", "null_maps=20", "scoring.paths=100"),
    *("evaluate_every=8", "checkpoint_every=8"),
)
TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "gridcells")
WORDS = [word for change in CHANGES for word in ("--set", change)]


def run(words, out, *more):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-m", *words, "train", "debate", *WORDS, "--out", str(out), *more]
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=240)


def check_same(two, one):
    rows = {}
    for name, folder in (("one", one), ("two", two)):
        rows[name] = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows["two"]] == [8, 16, 24]
    for ours, theirs in zip(rows["two"], rows["one"], strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], abs=1e-5)
        assert ours["decoding_error"] == pytest.approx(theirs["decoding_error"], abs=1e-3)
    weights = {name: load_weights(folder / "weights.safetensors") for name, folder in (("one", one), ("two", two))}
    for name, weight in weights["one"].items():
        assert torch.allclose(weights["two"][name], weight, rtol=0, atol=1e-5), name


@pytest.mark.slow
def test_two_processes_end_with_the_weights_of_one(tmp_path):
    alone = run(["gridcells"], tmp_path / "one")
    assert alone.returncode == 0, alone.stderr
    both = run(TORCHRUN, tmp_path / "two")
    assert both.returncode == 0, both.stderr
    check_same(tmp_path / "two", tmp_path / "one")
    assert both.stdout.count("decoding error") == 1  # the first process speaks, alone

    shutil.copytree(tmp_path / "one", tmp_path / "resumed")  # as one process left it after step 16
    for last in (tmp_path / "resumed").glob("checkpoint-00000024*"):
        last.unlink()
    (tmp_path / "resumed" / "weights.safetensors").unlink()
    resumed = run(TORCHRUN, tmp_path / "resumed", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    check_same(tmp_path / "resumed", tmp_path / "one")


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("debate", {}, "training.batch: expected a multiple of the 3 processes, got 100"),
        ("module", {"batch": 300}, "growth.core_batch: expected a multiple of the 3 processes, got 100"),
        ("banino2018_code", {"batch": 12}, "network.dropout: expected 0 with several processes, got 0.5"),
    ],
)
def test_what_cannot_be_shared_is_refused(name, changes, message):
    with pytest.raises(ValueError, match=message):
        Processes(0, 3).check(preset(name).override(changes))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("debate", {"batch": 6}),
        ("module", {"batch": 6, "core_batch": 12}),  # the core alone sees other batches than the whole
        ("banino2018_code", {"batch": 6, "dropout": 0.0}),
        ("emergence_one_layer_wide", {"batch": 6}),
    ],
)
def test_parts_make_up_the_batch(name, changes):
    task = make_task(preset(name).override(changes), 0)
    network, whole = task.network(), next(task.batches(5))
    parts = [Processes(part, 3).part(whole) for part in range(3)]
    assert torch.equal(torch.cat([part.velocity for part in parts]), whole.velocity)
    assert torch.equal(torch.cat([part.position for part in parts]), whole.position)
    mean = torch.stack([task.loss(network, part, 5) for part in parts]).mean()
    assert mean.item() == pytest.approx(task.loss(network, whole, 5).item(), abs=1e-5)


def test_a_gpu_for_each_process(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ValueError, match="device: expected a GPU for each process, got 1"), process_group("cuda"):
        pass


def test_one_process_is_left_alone():
    task, alone = make_task(preset("debate").override({"batch": 5}), 0), Processes.here()
    alone.check(task.preset)
    batch, loss = next(task.batches()), torch.ones((), requires_grad=True)
    assert alone.part(batch) is batch and alone.mean_loss(loss) is loss
    assert alone == Processes(0, 1) and rank() == 0
