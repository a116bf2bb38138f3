"""Who learns."""

import pickle

import numpy as np
import pytest
import torch

from gridcells.networks.path_integrator import CELLS, PathIntegrator
from gridcells.networks.published import export_published, load_published


def inputs(cells=48, seed=0):
    generator = torch.Generator().manual_seed(seed)
    place = torch.rand(6, cells, generator=generator).square()
    return torch.randn(6, 15, 2, generator=generator), place / place.sum(-1, keepdim=True)


def network(cell="relu", **options):
    return PathIntegrator(48, 32, cell=cell, generator=torch.Generator().manual_seed(1), **options)


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_runs_and_learns(cell):
    model = network(cell, standardised=True)
    velocity, place = inputs()
    logits = model(velocity, place)
    assert logits.shape == (6, 15, 48)
    assert model.hidden(velocity, place).shape == (6, 15, 32)
    logits.logsumexp(-1).mean().backward()
    assert all(weight.grad.abs().max() > 0 for weight in model.parameters())


def test_recurrence_is_the_published_equation():
    model = network("relu")
    velocity, place = inputs()
    hidden = model.encoder(place)
    for step in range(15):
        drive = velocity[:, step] * 0.02 @ model.RNN.weight_ih_l0.T + hidden @ model.recurrent_weight.T
        hidden = drive.clamp_min(0)
        torch.testing.assert_close(model.hidden(velocity, place)[:, step], hidden)


@pytest.mark.parametrize("cell", ["relu", "tanh"])
def test_a_leak_a_bias_and_noise_enter_as_in_a_rate_model(cell):
    model = network(cell, leak=0.25, bias=True)
    assert not model.bias.any()  # where it starts
    with torch.no_grad():
        model.bias.uniform_(-1, 1, generator=torch.Generator().manual_seed(2))
    velocity, place = inputs()
    noise = torch.randn(15, 6, 32, generator=torch.Generator().manual_seed(3))
    hidden, found = model.encoder(place), model.hidden(velocity, place, noise)
    for step in range(15):
        drive = velocity[:, step] * 0.02 @ model.input_weight.T + hidden @ model.recurrent_weight.T
        drive = drive + model.bias + noise[step]
        hidden = 0.75 * hidden + 0.25 * (drive.relu() if cell == "relu" else drive.tanh())
        torch.testing.assert_close(found[:, step], hidden)


@pytest.mark.parametrize("cell", ["relu", "tanh"])
def test_export_folds_the_standardisation_into_published_weights(tmp_path, cell):
    model = network(cell, standardised=True)
    path = tmp_path / "most_recent_model.pth"
    export_published(model, path)
    published = load_published(path, cell=cell)
    assert not published.standardised
    velocity, place = inputs()
    torch.testing.assert_close(published(velocity, place), model(velocity, place), rtol=0, atol=1e-5)
    state = torch.load(path, weights_only=True)
    assert set(state) == {"encoder.weight", "RNN.weight_ih_l0", "RNN.weight_hh_l0", "decoder.weight"}


def test_old_list_of_arrays(tmp_path):
    model = network("tanh")
    weights = [
        weight.detach().numpy().T
        for weight in (model.encoder.weight, model.RNN.weight_ih_l0, model.recurrent_weight, model.decoder.weight)
    ]
    held = np.empty(4, dtype=object)
    for index, matrix in enumerate(weights):
        held[index] = matrix
    for protocol in (2, 4):
        path = tmp_path / f"weights{protocol}.npy"
        with open(path, "wb") as file:
            np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(held))
            pickle.dump(held, file, protocol=protocol)
        loaded = load_published(path, cell="tanh")
        velocity, place = inputs()
        torch.testing.assert_close(loaded(velocity, place), model(velocity, place))
    np.save(tmp_path / "saved.npy", held, allow_pickle=True)
    torch.testing.assert_close(load_published(tmp_path / "saved.npy").recurrent_weight, model.recurrent_weight)


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_nothing_in_a_file_is_executed(tmp_path):
    witness = tmp_path / "witness"
    held = np.empty(1, dtype=object)
    held[0] = Bomb(witness)
    np.save(tmp_path / "evil.npy", held, allow_pickle=True)
    with pytest.raises(ValueError, match="evil.npy: expected a list of weight matrices.*io.open"):
        load_published(tmp_path / "evil.npy")
    torch.save({"encoder.weight": Bomb(witness)}, tmp_path / "evil.pth")
    with pytest.raises(ValueError, match="evil.pth: expected a PyTorch state dict"):
        load_published(tmp_path / "evil.pth")
    assert not witness.exists()


def test_foreign_files_are_refused_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.pth"):
        load_published(tmp_path / "nowhere.pth")
    (tmp_path / "text.pth").write_text("not weights")
    with pytest.raises(ValueError, match=r"text.pth: expected a PyTorch state dict"):
        load_published(tmp_path / "text.pth")
    (tmp_path / "text.npy").write_text("not weights")
    with pytest.raises(ValueError, match=r"text.npy: expected a list of weight matrices"):
        load_published(tmp_path / "text.npy")
    np.save(tmp_path / "plain.npy", np.zeros((3, 3)))
    with pytest.raises(ValueError, match=r"plain.npy.*an array of float64"):
        load_published(tmp_path / "plain.npy")
    torch.save({"other": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=r"other.pth: expected the weights encoder.weight.*got \['other'\]"):
        load_published(tmp_path / "other.pth")
    state = network().state_dict()
    state["RNN.weight_hh_l0"] = torch.zeros(5, 5)
    torch.save(state, tmp_path / "torn.pth")
    with pytest.raises(ValueError, match=r"torn.pth: expected the matrices of a relu network that fit together"):
        load_published(tmp_path / "torn.pth")


def test_initial_weights_come_from_the_generator_alone():
    before = torch.random.get_rng_state()
    first, again = network(), network()
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.testing.assert_close(first.state_dict(), again.state_dict(), rtol=0, atol=0)
    small = network(readout_gain=0.02, recurrent_identity=0.5)
    torch.testing.assert_close(small.recurrent_weight.detach(), 0.5 * torch.eye(32))
    assert small.encoder.weight.abs().max() <= 0.02 * 48**-0.5
    assert first.encoder.weight.abs().max() > 0.9 * 48**-0.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PathIntegrator(48, 32, cell="elu"), "cell: expected one of 'relu', 'tanh', 'gru', 'lstm', got 'elu'"),
        (lambda: PathIntegrator(48, 0), "units: expected a whole number of at least 1, got 0"),
        (lambda: network("gru", recurrent_identity=0.5), "recurrent_identity: expected 0 for cell 'gru', got 0.5"),
        (lambda: network(leak=0.0), "leak: expected a"),
        (lambda: network(leak=1.5), "leak: expected at most 1, and 1 without bias for cell 'relu', got 1.5"),
        (lambda: network("lstm", bias=True), "leak: expected at most 1, and 1 without bias for cell 'lstm', got 1.0"),
        (lambda: export_published(network(leak=0.5), "x.pth"), "network: expected no leak and no bias, got 0.5"),
        (lambda: network()(torch.zeros(2, 3), torch.zeros(2, 48)), r"velocity: expected shape \[batch, time, 2\]"),
        (lambda: network()(torch.zeros(2, 3, 2), torch.zeros(2, 47)), r"initial_place: expected shape \(2, 48\)"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=message):
        make()
