"""Lesions of networks whose answers are known, read-outs of populations that are built, and walks beyond the wall."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gridcells.mechanism.lesions import ablation_errors, excursion_errors, pristine_activity, read_out, silenced
from gridcells.mechanism.waves import six_waves
from gridcells.networks.path_integrator import PathIntegrator
from gridcells.presets import preset
from gridcells.runs.shipped import load_shipped
from gridcells.training.place_task import PlaceTask


@pytest.fixture(scope="module")
def small():
    return load_shipped("small", 0)


def test_silenced_units_say_nothing_and_the_network_stays(small):
    before = {name: weight.clone() for name, weight in small.network.state_dict().items()}
    quiet = silenced(small.network, [3, 5])
    place = torch.full((2, 256), 1 / 256)
    velocity = torch.randn(2, 7, 2, generator=torch.Generator().manual_seed(0))
    hidden = quiet.hidden(velocity, place)
    assert not hidden[..., [3, 5]].any()
    kept = [unit for unit in range(128) if unit not in (3, 5)]
    assert hidden[..., kept].any()
    for name, weight in small.network.state_dict().items():
        assert torch.equal(weight, before[name])
    nothing_gone = silenced(small.network, np.array([], int)).hidden(velocity, place)
    assert torch.equal(nothing_gone, small.network.hidden(velocity, place))


def test_a_unit_that_does_nothing_can_go_and_all_cannot(small):
    network = silenced(small.network, range(20))
    orders = {"idle": np.arange(20), "all": np.arange(128)[::-1]}
    with pytest.raises(ValueError, match=r"orders\['idle'\]: expected at least 128 units, got 20"):
        ablation_errors(network, small.task, orders, [0, 128], paths=20)
    idle = ablation_errors(network, small.task, {"idle": np.arange(20)}, [0, 10, 20], paths=50)["idle"]
    np.testing.assert_allclose(idle, idle[0])
    everything = ablation_errors(small.network, small.task, {"all": np.arange(128)}, [0, 128], paths=50)["all"]
    assert everything[1] > 0.5 > everything[0]


def test_pristine_grids_have_their_spacing_and_equal_peaks():
    axis = (np.arange(30) + 0.5) / 30 * 2.2
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    maps = pristine_activity(grid, 20, spacing=0.6, generator=3, wave_direction=0.3).T.reshape(20, 30, 30)
    found = six_waves(maps, 2.2 / 30)
    assert found.spacing == pytest.approx(0.6, rel=0.01)
    assert found.wave_direction == pytest.approx(0.3, abs=0.02)
    assert maps.max() <= 1 and maps.max((1, 2)).min() > 0.95 and maps.min() == 0


def test_one_module_tells_less_than_place_cells_however_many_its_cells():
    task = PlaceTask(preset("small"), seed=0)
    place = task.preset.arena.sample(3000, np.random.default_rng(0))
    grids = pristine_activity(place, 200, spacing=0.8, generator=0)
    cells = np.asarray(task.place_cells.activity(place))
    from_grids = read_out(grids, place, task, [6, 50, 200], generator=0, repeats=2).error.mean(1)
    from_cells = read_out(cells, place, task, [6, 50, 200], generator=0, repeats=2).error.mean(1)
    assert from_cells[2] < 0.5 * from_grids[2]
    assert from_cells[2] < 0.5 * from_cells[0]
    assert from_grids[2] > 0.5 * from_grids[0]  # saturated


def test_who_knows_the_way_errs_neither_outside_nor_inside(small):
    """A stand-in that adds up its velocities, whose read-out is exact."""

    class Exact:
        device, dtype = torch.device("cpu"), torch.float32

    class Cells:
        @staticmethod
        def decode(logits):
            return logits

    class Stub:
        preset, place_cells = small.task.preset, Cells
        generator = small.task.generator

        @staticmethod
        def activity(network, batch):
            return batch.start[:, None] + torch.cumsum(batch.velocity, 1) * batch_step

        @staticmethod
        def place_logits(network, hidden):
            return hidden

        @staticmethod
        def believed(logits, batch):
            return Cells.decode(logits)

    batch_step = small.task.preset.motion.time_step
    for errors in excursion_errors(Exact(), Stub, [0.1, 0.5], paths=30):
        assert errors.max() < 1e-5
    outside, inside = excursion_errors(small.network, small.task, [0.1, 0.6], paths=100)
    assert outside[1] > inside[1] > 0


def test_bad_input_is_named(small):
    with pytest.raises(ValueError, match="units: expected whole numbers from 0 to 127, got"):
        silenced(small.network, [128])
    lstm = PathIntegrator(8, 4, cell="lstm", generator=torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="network: expected relu or tanh units"):
        silenced(lstm, [0])
    place = np.zeros((10, 2))
    with pytest.raises(ValueError, match="counts: expected from 1 to the 4 units there are"):
        read_out(np.ones((10, 4)), place, small.task, [5], generator=0)
    with pytest.raises(ValueError, match="activity, position: expected shapes"):
        read_out(np.ones((9, 4)), place, small.task, [2], generator=0)
    with pytest.raises(ValueError, match=r"position: expected shape \[sample, 2\]"):
        pristine_activity(np.zeros(3), 2, spacing=1, generator=0)
    with pytest.raises(ValueError, match="reach: expected at most a third"):
        excursion_errors(small.network, small.task, [1.0])
    periodic = PlaceTask(preset("small").override({"periodic": True}), 0)
    with pytest.raises(ValueError, match="task: expected an arena with walls"):
        excursion_errors(small.network, periodic, [0.1])
