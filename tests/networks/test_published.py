"""Weights in the published form: what is damaged, crafted or another thing is refused in one line, by name."""

import io
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch

from gridcells.networks.path_integrator import CELLS, PathIntegrator
from gridcells.networks.published import export_published, load_published

NAMES = ("encoder.weight", "RNN.weight_ih_l0", "RNN.weight_hh_l0", "decoder.weight")


@pytest.fixture
def state():
    network = PathIntegrator(12, 8, generator=torch.Generator().manual_seed(0))
    return {name: weight.detach().clone() for name, weight in network.state_dict().items()}


def saved(state, path):
    torch.save(state, path)
    return path


def as_list(state, path):
    held = np.empty(4, dtype=object)
    for place, name in enumerate(NAMES):
        held[place] = state[name].numpy().T
    np.save(path, held, allow_pickle=True)
    return path


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_cell_comes_back_in_single_precision(tmp_path, cell, dtype):
    network = PathIntegrator(12, 8, cell=cell, generator=torch.Generator().manual_seed(0))
    state = {name: weight.detach().to(dtype) for name, weight in network.state_dict().items()}
    for written in (saved(state, tmp_path / "a.pth"), as_list(state, tmp_path / "a.npy")):
        back = load_published(written, cell=cell)
        for name, weight in network.state_dict().items():
            assert torch.equal(weight, back.state_dict()[name]), (written, name)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."])
def test_networks_that_were_saved_inside_wrappers_come_back(tmp_path, state, prefix):
    wrapped = {prefix + name: weight for name, weight in state.items()}
    back = load_published(saved(wrapped, tmp_path / "a.pth")).state_dict()
    assert all(torch.equal(back[name], weight) for name, weight in state.items())
    half = {prefix + name if name == NAMES[0] else name: weight for name, weight in state.items()}
    with pytest.raises(ValueError, match="a.pth: expected the weights encoder.weight, "):
        load_published(saved(half, tmp_path / "a.pth"))


WRONG = {
    "NaN": (lambda weight: weight * torch.nan, "expected finite weights, got NaN or infinity in decoder.weight"),
    "infinite": (lambda weight: weight / 0, "expected finite weights, got NaN or infinity in decoder.weight"),
    "complex": (lambda weight: weight + 1j, "expected decoder.weight in single or double precision|type complex64"),
    "whole": (lambda weight: weight.long(), "expected decoder.weight in single or double precision|type int64"),
    "half": (lambda weight: weight.half(), "expected decoder.weight in single or double precision, got .*float16"),
    "a vector": (lambda weight: weight[0], "expected a matrix decoder.weight, got|expected four matrices"),
    "a cube": (lambda weight: weight[None], "expected a matrix decoder.weight, got|expected four matrices"),
    "empty": (lambda weight: weight[:0], "expected a matrix decoder.weight, got|fit together"),
    "transposed": (lambda weight: weight.T.contiguous(), "expected the matrices of a relu network that fit together"),
}


@pytest.mark.parametrize("write", [saved, as_list])
@pytest.mark.parametrize("what", WRONG)
def test_weights_that_are_none_are_refused(tmp_path, state, what, write):
    change, message = WRONG[what]
    path = write(state | {"decoder.weight": change(state["decoder.weight"])}, tmp_path / "weights.pth")
    if write is as_list:
        path = (tmp_path / "weights.pth.npy").rename(tmp_path / "weights.npy")
    with pytest.raises(ValueError, match=f"weights.(pth|npy): .*({message})"):
        load_published(path)


def test_a_matrix_of_text_is_refused(tmp_path, state):
    with pytest.raises(ValueError, match="text.pth: expected a matrix decoder.weight, got str"):
        load_published(saved(state | {"decoder.weight": "none"}, tmp_path / "text.pth"))


def test_a_view_that_stands_for_more_than_the_file_holds_is_refused(tmp_path, state):
    huge = torch.zeros(1, 1).expand(10**6, 10**6)
    with pytest.raises(ValueError, match="huge.pth: encoder.weight: expected at most 537 MB unpacked"):
        load_published(saved(state | {"encoder.weight": huge}, tmp_path / "huge.pth"))


@pytest.mark.parametrize("place", range(0, 100, 7))
def test_a_changed_byte_of_the_numbers_is_found(tmp_path, state, place):
    path = saved(state, tmp_path / "weights.pth")
    data = bytearray(path.read_bytes())
    begin = bytes(data).index(state["encoder.weight"].numpy().tobytes())
    data[begin + place] ^= 1 << place % 8
    path.write_bytes(data)
    with pytest.raises(ValueError, match="weights.pth: expected the checksum of .*data/0 to be right, got another"):
        load_published(path)


@pytest.mark.parametrize("form", ["pth", "npy"])
def test_no_mutation_ends_in_anything_but_one_line(tmp_path, state, form):
    """Seeded: cuts, flipped bits, zeros and doubled stretches; what is taken all the same holds the same numbers."""
    whole = (saved(state, tmp_path / "a.pth") if form == "pth" else as_list(state, tmp_path / "a.npy")).read_bytes()
    generator, path = np.random.default_rng(0), tmp_path / f"mutated.{form}"
    for number in range(200):
        data = bytearray(whole)
        place = int(generator.integers(len(data)))
        if number % 4 == 0:
            del data[place:]
        elif number % 4 == 1:
            data[place] ^= 1 << int(generator.integers(8))
        elif number % 4 == 2:
            data[place : place + 16] = bytes(16)
        else:
            data[place:place] = data[place : place + 9]
        path.write_bytes(data)
        try:
            back = load_published(path)
        except ValueError as error:
            assert str(error).startswith(str(path)) and "\n" not in str(error), error
            assert "weights_only" not in str(error)
        else:
            assert form == "npy" or all(torch.equal(state[name], back.state_dict()[name]) for name in NAMES)


def test_an_archive_of_several_disks_is_refused(tmp_path, state):
    path = saved(state, tmp_path / "weights.pth")
    data = bytearray(path.read_bytes())
    locator = bytes(data).rindex(b"PK\x06\x07")  # of an archive's end in 64 bits, with the number of disks at its end
    data[locator + 16] = 9
    path.write_bytes(data)
    with pytest.raises(ValueError, match="weights.pth: expected a"):
        load_published(path)


def test_packed_zeros_are_not_unpacked(tmp_path):
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("archive/data/0", "w") as member:
        for _ in range(600):
            member.write(bytes(10**6))
    assert path.stat().st_size < 10**6
    with pytest.raises(ValueError, match="bomb.pth: expected at most 537 MB unpacked from a file of its size, got 600"):
        load_published(path)


def crafted_npy(path, pickled):
    held = np.empty(4, dtype=object)
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(held))
        file.write(pickled)
    return path


@pytest.mark.parametrize(
    "pickled",
    [
        b"\x80\x04]r\xff\xff\xff\x7f.",  # remembers under a number that would take 32 GB
        b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.",  # bytes of a length that is not there
        b"\x80\x04" + b"(" * 20_000 + b".",
        b"\x80\x04\x95" + struct.pack("<Q", 2**40) + b"]." + b" ",
        pickle.dumps([1, 2, 3, 4]),
        pickle.dumps([]),
        b"",
    ],
)
def test_crafted_pickles_take_neither_memory_nor_time(tmp_path, pickled):
    with pytest.raises(ValueError, match="crafted.npy: expected (a list of weight|four) matrices"):
        load_published(crafted_npy(tmp_path / "crafted.npy", pickled))


def test_what_older_versions_of_pytorch_wrote_is_read(tmp_path, state):
    torch.save(state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert torch.equal(load_published(tmp_path / "old.pth").decoder.weight, state["decoder.weight"])
    marks = io.BytesIO((tmp_path / "old.pth").read_bytes()[:60] + b"(" * 20_000)
    (tmp_path / "old.pth").write_bytes(marks.getvalue())
    with pytest.raises(ValueError, match="old.pth: expected a PyTorch state dict, got a file that is none"):
        load_published(tmp_path / "old.pth")


def test_what_is_exported_is_read(tmp_path, state):
    network = PathIntegrator(12, 8, generator=torch.Generator().manual_seed(0))
    export_published(network, tmp_path / "most_recent_model.pth")
    assert torch.equal(load_published(tmp_path / "most_recent_model.pth").decoder.weight, state["decoder.weight"])
