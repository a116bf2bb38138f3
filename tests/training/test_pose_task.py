"""How the LSTM of Banino et al. is shown its task, learns it, stops and goes on."""

import json
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch

from gridcells.presets import preset
from gridcells.runs.evaluation import evaluate
from gridcells.training.decoding import decoding_error, path_errors
from gridcells.training.loop import train
from gridcells.training.pose_task import PoseBatch, PoseTask
from gridcells.training.tasks import make_task
from gridcells.world.dataset_files import DatasetSetting, make_dataset
from gridcells.world.datasets import TrajectoryDataset

SMALL = preset("banino2018_code").override(
    {
        "steps": 40,
        "network.units": 16,
        "linear_units": 24,
        "ensembles.place_cells": 32,
        "field_width": 0.3,
        "path_steps": 12,
        "evaluate_every": 15,
        "checkpoint_every": 10,
        "scoring.paths": 300,
        "null_maps": 50,
    }
)
FAST = SMALL.override({"optimiser": "adam", "learning_rate": 1e-2, "final_learning_rate": 1e-2, "clipped": "none"})


def weights(run):
    return {name: weight.detach().clone() for name, weight in run.network.state_dict().items()}


def test_the_preset_says_which_task():
    assert isinstance(make_task(SMALL, 0), PoseTask)
    assert not isinstance(make_task(preset("laptop"), 0), PoseTask)


def test_inputs_are_speed_and_net_turn_and_lead_to_the_targets():
    task = PoseTask(SMALL.override({"path_steps": 60}), seed=0)
    paths = task.paths(20, "paths")
    batch = PoseBatch.of(paths)
    speed, sine, cosine = batch.velocity.double().numpy().transpose(2, 0, 1)
    np.testing.assert_allclose(speed, np.linalg.norm(np.diff(paths.position, axis=1), axis=-1) / 0.15, atol=1e-6)
    turned = batch.start_heading.double().numpy()[:, None] + np.cumsum(np.arctan2(sine, cosine), 1)
    np.testing.assert_allclose(np.cos(turned - batch.heading.double().numpy()), 1, atol=1e-6)
    assert torch.equal(batch.position[:, -1], torch.as_tensor(paths.position[:, -1], dtype=torch.float32))


def test_ensembles_do_not_depend_on_the_run_but_paths_and_weights_do():
    first, second = PoseTask(SMALL, seed=0), PoseTask(SMALL, seed=1)
    assert np.array_equal(first.place_cells.centers, second.place_cells.centers)
    assert np.array_equal(first.head_direction_cells.preferred, second.head_direction_cells.preferred)
    assert not torch.equal(first.network().linear.weight, second.network().linear.weight)
    assert not torch.equal(next(first.batches()).velocity, next(second.batches()).velocity)


def test_loss_is_the_sum_of_both_cross_entropies():
    task = PoseTask(SMALL.override({"dropout": 0}), seed=0)
    network, batch = task.network(), next(task.batches())
    places, headings = network(batch.velocity, task.initial_code(batch))
    place_targets = task.place_cells.targets(batch.position)
    heading_targets = task.head_direction_cells.targets(batch.heading)
    expected = -(place_targets * places.log_softmax(-1)).sum(-1).mean()
    expected = expected - (heading_targets * headings.log_softmax(-1)).sum(-1).mean()
    torch.testing.assert_close(task.loss(network, batch), expected)


def test_dropout_silences_its_share_while_training_and_nothing_afterwards():
    task = PoseTask(SMALL.override({"dropout": 0.25, "batch": 100}), seed=0)
    network, batch = task.network(), next(task.batches())
    first, again, other = (task.mask(batch, step) for step in (7, 7, 8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert set(first.unique().tolist()) == {0.0, 1.0}
    assert first.mean().item() == pytest.approx(0.75, abs=0.01)
    masked, plain = (
        network(batch.velocity, task.initial_code(batch), first),
        network(batch.velocity, task.initial_code(batch)),
    )
    assert not torch.equal(masked[0], plain[0])
    linear = task.activity(network, batch)
    torch.testing.assert_close(network.readout(linear * first / 0.75)[0], masked[0])
    torch.testing.assert_close(task.place_logits(network, linear), plain[0])  # as in every evaluation
    assert PoseTask(SMALL.override({"dropout": 0}), seed=0).mask(batch, 0) is None


@pytest.mark.parametrize(
    ("clipped", "layers"),
    [
        ("all", {"start", "lstm", "linear", "readouts"}),
        ("linear_and_readouts", {"linear", "readouts"}),
        ("readouts", {"readouts"}),
        ("none", set()),
    ],
)
def test_gradients_are_clipped_where_the_preset_says(clipped, layers):
    task = PoseTask(SMALL.override({"clipped": clipped}), seed=0)
    network = task.network()
    (1e3 * task.loss(network, next(task.batches()))).backward()
    task.adjust_gradients(network)
    for name, weight in network.named_parameters():
        if weight.requires_grad:
            largest = weight.grad.abs().max().item()
            assert (largest <= 1e-5 * (1 + 1e-6)) == (name.partition(".")[0] in layers), name


def test_decay_weighs_the_readouts_alone_or_the_linear_layer_too():
    both = {"weight_decay": 1e-2, "decayed": "linear_and_readouts"}
    tasks = [PoseTask(SMALL.override(change), seed=0) for change in ({}, {"weight_decay": 1e-2}, both)]
    network = tasks[0].network()
    linear, readouts = (layer.weight.square().sum().item() for layer in (network.linear, network.readouts))
    penalties = [float(torch.as_tensor(task.penalty(network)).detach()) for task in tasks]
    assert penalties == pytest.approx([0, 5e-3 * readouts, 5e-3 * (readouts + linear)], rel=1e-5)


def test_standardised_inputs_have_mean_zero_and_variance_one_and_compute_the_same_functions():
    task = PoseTask(SMALL.override({"standardised": True, "batch": 500}), seed=0)
    network, batch = task.network(), next(task.batches())
    inputs = (batch.velocity - network.input_mean) / network.input_scale
    assert inputs.mean((0, 1)).abs().max() < 0.05
    assert (inputs.std((0, 1)) - 1).abs().max() < 0.05
    plain = PoseTask(SMALL, seed=0).network()
    plain.load_state_dict({name: value for name, value in network.state_dict().items() if "_mean" not in name
                           and "_scale" not in name})  # fmt: skip
    with torch.no_grad():  # fold the shift and the scale into the weights
        gates, scale = plain.lstm.weight_ih_l0, network.input_scale
        plain.lstm.bias_ih_l0 -= (gates / scale) @ network.input_mean
        gates /= scale
        plain.start.bias -= (plain.start.weight / network.code_scale) @ network.code_mean
        plain.start.weight /= network.code_scale
        torch.testing.assert_close(
            plain.hidden(batch.velocity, task.initial_code(batch)),
            network.hidden(batch.velocity, task.initial_code(batch)),
            atol=1e-4,
            rtol=1e-4,
        )


def test_learning_lowers_the_error():
    run = train(FAST.override({"steps": 400, "evaluate_every": 400, "dropout": 0}), seed=0)
    untrained = decoding_error(run.task.network(), run.task)
    assert run.metrics[-1]["decoding_error"] < 0.75 * untrained
    errors = path_errors(run.network, run.task)
    assert run.metrics[-1]["final_error"] == pytest.approx(errors[:, -1].mean())


def test_the_forget_bias_is_not_learnt():
    run = train(FAST, seed=0)
    units = run.network.units
    fixed = run.network.lstm.bias_hh_l0
    assert fixed.tolist() == [0.0] * units + [1.0] * units + [0.0] * (2 * units)


SCRIPT = """
import json, sys
from gridcells.presets import Preset
from gridcells.training import train
setting = Preset.from_dict(json.loads(sys.argv[1]))
train(setting, seed=5, out=sys.argv[2], resume=True, observer=lambda step, _: print(step, flush=True))
"""


def test_a_killed_run_ends_with_the_same_weights(tmp_path):
    long = SMALL.override({"steps": 200, "checkpoint_every": 7, "evaluate_every": 90})
    whole = train(long, seed=5)
    command = [sys.executable, "-c", SCRIPT, json.dumps(long.as_dict()), str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    for _ in range(4):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a checkpoint may have been torn by the kill
        resumed = train(long, seed=5, out=tmp_path, resume=True)
    for name, weight in weights(whole).items():
        assert torch.equal(weight, weights(resumed)[name]), name
    with pytest.raises(ValueError, match=r"network.dropout 0.5 there, 0.25 here"):
        train(long.override({"dropout": 0.25}), seed=5, out=tmp_path, resume=True)


def test_a_run_that_an_older_version_began_goes_on(tmp_path):
    whole = train(SMALL, seed=5)
    train(SMALL, seed=5, out=tmp_path)
    for path in [tmp_path / "run.json", *tmp_path.glob("checkpoint-*.json")]:
        held = json.loads(path.read_text())
        del held["preset"]["ensembles.tuning"]
        held["preset"]["training.optimiser"] = "rmsprop"  # which was TensorFlow's there, and torch's elsewhere
        del held["digest"]
        if "format" in held:
            held["format"] = "gridcells checkpoint 1"
        path.write_text(json.dumps(held))
    for name in ("checkpoint-00000040.json", "checkpoint-00000040.safetensors"):
        (tmp_path / name).unlink()
    with pytest.warns(UserWarning, match="carries no digest"):
        resumed = train(SMALL, seed=5, out=tmp_path, resume=True)
    assert [row["step"] for row in resumed.metrics] == [15, 30, 40]
    for name, weight in weights(whole).items():
        assert torch.equal(weight, weights(resumed)[name]), name
    refused = pytest.raises(ValueError, match=r"ensembles.tuning 'gaussian' there, 'difference_of_softmaxes' here")
    with pytest.warns(UserWarning, match="carries no digest"), refused:
        train(SMALL.override({"tuning": "difference_of_softmaxes"}), seed=5, out=tmp_path, resume=True)


def test_training_on_a_dataset_goes_on_after_a_stop_and_knows_its_data(tmp_path):
    folder = make_dataset(tmp_path, DatasetSetting(trajectories=70, steps=12, files=3), workers=1)
    task = make_task(SMALL, 0, folder)
    records = task.data.batches(10, seed=0, start=8)  # beyond one epoch
    batch = next(task.batches(8))
    assert torch.equal(batch.position, torch.as_tensor(next(records).target_pos))
    whole = train(SMALL, seed=0, data=folder)
    part = tmp_path / "run"
    train(SMALL, seed=0, out=part, data=folder)
    for name in ("checkpoint-00000040.json", "checkpoint-00000040.safetensors"):
        (part / name).unlink()
    resumed = train(SMALL, seed=0, out=part, data=folder, resume=True)
    for name, weight in weights(whole).items():
        assert torch.equal(weight, weights(resumed)[name]), name
    assert not torch.equal(weights(whole)["linear.weight"], weights(train(SMALL, seed=0))["linear.weight"])
    with pytest.raises(ValueError, match=r"data 'square_room_12steps_2.2m_70' there, None here"):
        train(SMALL, seed=0, out=part, resume=True)
    with pytest.raises(ValueError, match=r"data: expected paths of training.path_steps = 20 samples, got 12 in"):
        make_task(SMALL.override({"path_steps": 20}), 0, folder)
    with pytest.raises(ValueError, match=r"data: expected none for 'laptop': only LSTM presets"):
        make_task(preset("laptop"), 0, folder)


def test_evaluation_scores_the_linear_layer():
    run = train(FAST, seed=0)
    evaluation = evaluate(run.network, run.task)
    assert evaluation.rate_maps.shape == (24, 20, 20)
    assert evaluation.units == 24
    errors = path_errors(run.network, run.task)
    assert evaluation.summary()["decoding_error"] == pytest.approx(errors.mean())
    assert evaluation.summary()["final_error"] == pytest.approx(errors[:, -1].mean())
    assert errors[:, -1].mean() > errors[:, 0].mean()  # errors add up along a path


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dropout": 1}, "network.dropout: expected a number from 0 to below 1, got 1.0"),
        ({"momentum": -0.1}, "training.momentum: expected a number from 0 to below 1, got -0.1"),
        ({"clip": 0}, "training.clip: expected a number above 0"),
        ({"field_width": 0}, "ensembles.field_width: expected a number above 0 m, got 0.0"),
        ({"weight_decay": -1}, "training.weight_decay: expected a number of at least 0, got -1.0"),
        ({"clipped": "some"}, "training.clipped: expected one of all, linear_and_readouts, readouts, none"),
        ({"ensembles.place_cells": 2}, "ensembles.place_cells: expected a whole number of at least 3, got 2"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        SMALL.override(settings)


def test_bad_shapes():
    network = PoseTask(SMALL, seed=0).network()
    with pytest.raises(ValueError, match=r"velocity: expected shape .batch, time, 3. .speed, sine, cosine., got"):
        network.hidden(torch.zeros(2, 5, 2), torch.zeros(2, 44))
    with pytest.raises(ValueError, match=r"code: expected shape .2, 44., got .2, 40."):
        network.hidden(torch.zeros(2, 5, 3), torch.zeros(2, 40))


@pytest.mark.parametrize(
    ("room", "arena", "fits"),
    [
        ("square_room", {}, True),
        ("square_room", {"arena.width": 1.5, "arena.height": 1.5}, False),  # they leave it
        ("square_room", {"arena.height": 2.6}, False),  # they fill a part of it
        ("circular_room", {}, False),  # nobody comes into the corners
    ],
)
def test_a_dataset_is_of_the_presets_room(room, arena, fits, tmp_path):
    setting = DatasetSetting(room=room, trajectories=500, steps=20, files=2)
    data = TrajectoryDataset(make_dataset(tmp_path, setting, workers=1))
    chosen = SMALL.override({"path_steps": 20} | arena)
    if fits:
        assert PoseTask(chosen, 0, data).data is data
    else:
        with pytest.raises(
            ValueError, match="data: expected paths that fill the preset's arena, Rectangle.* got some from"
        ):
            PoseTask(chosen, 0, data)
