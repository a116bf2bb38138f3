"""LSTMs trained together are those trained one by one."""

import json
import os
import signal

import pytest
import torch

from gridcells.presets import preset
from gridcells.training import stacked_poses
from gridcells.training.loop import Stopped, train
from gridcells.training.stacked_poses import train_poses_together

SMALL = preset("banino2018_paper").override(
    {
        "steps": 420,  # more than the 400 whose paths are simulated at once
        "path_steps": 4,
        "network.units": 8,
        "linear_units": 12,  # whose dropout does not fill whole bytes
        "place_cells": 16,
        "learning_rate": 1e-3,
        "final_learning_rate": 1e-3,
        "weight_decay": 1e-2,
        "clip": 1e-2,
        "evaluate_every": 210,
        "checkpoint_every": 210,
    }
)
RIGHT_ANGLE = SMALL.override({"motion.walls": "right_angle"})
RUNS = [(SMALL, 3), (RIGHT_ANGLE, 3), (SMALL, 4)]


def weights_of(run):
    return {name: weight.detach().clone() for name, weight in run.network.named_parameters()}


def check_alike(run, other, within):
    for name, weight in weights_of(run).items():
        torch.testing.assert_close(weight, weights_of(other)[name], rtol=0, atol=within)


@pytest.mark.parametrize("change", [{}, {"clipped": "all", "rectified": True}, {"dropout": 0.0, "decayed": "all"}])
def test_together_is_one_by_one(change):
    runs = [(one.override({"steps": 60, "evaluate_every": 30} | change), seed) for one, seed in RUNS]
    for together, (setting, seed) in zip(train_poses_together(runs), runs, strict=True):
        alone = train(setting, seed=seed)
        check_alike(together, alone, 1e-4)
        assert max((weight - alone.task.network().get_parameter(name)).abs().max() for name, weight in
                   weights_of(alone).items()) > 0.02  # they did learn  # fmt: skip
        assert [row["step"] for row in together.metrics] == [30, 60]
        for ours, theirs in zip(together.metrics, alone.metrics, strict=True):
            for name in ("loss", "decoding_error", "final_error"):
                assert ours[name] == pytest.approx(theirs[name], abs=2e-3)


def test_each_network_sees_paths_of_its_own():
    same, other, seed = train_poses_together([(one.override({"steps": 5}), seed) for one, seed in RUNS])
    assert not torch.equal(same.network.linear.weight, other.network.linear.weight)  # as their walls differ
    assert not torch.equal(same.network.linear.weight, seed.network.linear.weight)


def test_a_stopped_run_goes_on_bit_for_bit_together_and_alone(tmp_path):
    places = [tmp_path / "a", tmp_path / "b", tmp_path / "c"]
    whole = train_poses_together(RUNS)

    def stop(step, rows):
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Stopped, match="interrupted at step 210: saved"):
        train_poses_together(RUNS, out=places, observer=stop)
    halfway = [json.loads((place / "checkpoint-00000210.json").read_text()) for place in places]
    assert [one["step"] for one in halfway] == [210, 210, 210]
    alone = train(RIGHT_ANGLE, seed=3, out=places[1], resume=True)  # an ordinary run's folder
    check_alike(alone, whole[1], 1e-3)
    for file in places[1].glob("checkpoint-00000420.*"):
        file.unlink()
    for run, other in zip(train_poses_together(RUNS, out=places, resume=True, workers=1), whole, strict=True):
        check_alike(run, other, 0.0)
        for ours, theirs in zip(run.metrics, other.metrics, strict=True):
            assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}


def test_runs_that_stand_at_different_steps_are_not_taken_up(tmp_path):
    runs = [(SMALL.override({"steps": 4, "checkpoint_every": 2}), seed) for seed in (0, 1)]
    train_poses_together(runs, out=[tmp_path / "a", tmp_path / "b"])
    for file in (tmp_path / "b").glob("checkpoint-00000004.*"):
        file.unlink()
    with pytest.raises(ValueError, match="resume: expected checkpoints of one step, got those of a 4, b 2"):
        train_poses_together(runs, out=[tmp_path / "a", tmp_path / "b"], resume=True)


@pytest.mark.parametrize(
    "runs, words",
    [
        ([], "runs: expected at least one, got none"),
        (
            [(SMALL, 0), (SMALL.override({"linear_units": 8}), 0)],
            "expected network.linear_units to agree, got 12 and 8",
        ),
        ([(preset("banino_laptop"), 0)], "expected training.optimiser = tensorflow_rmsprop, got adam"),
        ([(SMALL.override({"standardised": True}), 0)], "expected network.standardised = False, got True"),
        ([(SMALL.override({"final_learning_rate": 1e-6}), 0)], "expected a constant learning rate"),
        ([(preset("laptop"), 0)], "runs: expected presets of an LSTM, got 'laptop'"),
    ],
)
def test_what_cannot_be_trained_together_is_refused(runs, words):
    with pytest.raises(ValueError, match=words):
        train_poses_together(runs)


def test_there_is_a_folder_for_each(tmp_path):
    with pytest.raises(ValueError, match="out: expected a folder for each of 3 runs, got 1"):
        train_poses_together(RUNS, out=[tmp_path])
    with pytest.raises(ValueError, match="out: expected a folder of its own for each run"):
        train_poses_together(RUNS[:2], out=[tmp_path, tmp_path / "a" / ".."])


def test_a_loss_that_is_not_finite_is_told():
    runs = [(SMALL.override({"learning_rate": 1e30, "final_learning_rate": 1e30, "steps": 4, "clipped": "none"}), 0)]
    with pytest.raises(ValueError, match="training.learning_rate: expected one at which the loss stays finite"):
        train_poses_together(runs)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_recorded_step_is_the_step_itself():
    runs = [(one.override({"steps": 20, "evaluate_every": 10}), seed) for one, seed in RUNS]
    assert stacked_poses._WARM < 10
    for ours, theirs in zip(train_poses_together(runs, device="cuda"), train_poses_together(runs), strict=True):
        for name, weight in weights_of(theirs).items():
            torch.testing.assert_close(weights_of(ours)[name].cpu(), weight, rtol=0, atol=1e-4)
