"""What the network of Banino et al. learns: place and head-direction cells, from a first pose, speeds and turns."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from gridcells._common.bins import BinGrid, square_bins
from gridcells._common.streams import Stream
from gridcells.networks.pose_lstm import PoseLSTM
from gridcells.presets import LSTMPreset
from gridcells.training.decoding import path_errors
from gridcells.training.optimisers import TensorFlowRMSprop, clip_elements
from gridcells.training.task import PathBatch, Task
from gridcells.world.arenas import Arena
from gridcells.world.datasets import PoseRecords, TrajectoryDataset
from gridcells.world.head_direction_cells import HeadDirectionCells
from gridcells.world.motion import Trajectories
from gridcells.world.place_cells import PlaceCells, uniform_centers

__all__ = ["PoseBatch", "PoseTask"]

_LOOKED_AT = 400  # paths of a dataset by which its room is told
_OUTSIDE = 0.02  # share of positions beyond the walls; released code lets 0.8 % pass
_SQUARES = 10  # along the longer side of a room; of them so many paths visit
_VISITED = 0.9
_REACHED = 0.95  # of either side
_SAMPLES = 4000  # paths whose inputs and codes say what to standardise by


@dataclass(frozen=True)
class PoseBatch(PathBatch):
    """Paths as the network takes them; the inputs are speed (m/s), sine and cosine of the net turn of each sample.

    Parameters
    ----------
    velocity, start, position : torch.Tensor
        See `PathBatch`.
    start_heading : torch.Tensor, [batch]
        Heading before the first sample, rad.
    heading : torch.Tensor, [batch, time]
        Heading after each sample, rad.
    """

    start_heading: torch.Tensor
    heading: torch.Tensor

    @classmethod
    def of_records(cls, records: PoseRecords) -> PoseBatch:
        """Take what a dataset holds, which is just that."""
        names = ("ego_vel", "init_pos", "target_pos", "init_hd", "target_hd")
        return cls(*(torch.as_tensor(getattr(records, name)) for name in names))

    @classmethod
    def of(cls, paths: Trajectories) -> PoseBatch:
        """Take what the network needs from simulated paths."""
        inputs = np.stack([paths.speed, np.sin(paths.turn), np.cos(paths.turn)], -1)
        velocity, position, heading = (
            torch.as_tensor(part, dtype=torch.float32) for part in (inputs, paths.position, paths.heading)
        )
        return cls(velocity, position[:, 0], position[:, 1:], heading[:, 0], heading[:, 1:])


class PoseTask(Task[LSTMPreset, PoseLSTM, PoseBatch]):
    """A preset of the LSTM and a seed made into things: the two ensembles, an untrained network and training paths.

    Parameters
    ----------
    preset : LSTMPreset
        The setting; the ensembles follow from its own seed, so that all runs predict the same cells.
    seed : int
        The run's seed: initial weights, paths and dropout follow from it.
    data : TrajectoryDataset, optional
        Where training paths come from; simulated if None.

    Raises
    ------
    ValueError
        If the dataset's paths are not as long as the preset's, or of another room.

    Notes
    -----
    Source: code released with Banino et al. 2018, train and utils.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> task = PoseTask(preset("banino2018_code"), seed=0)
    >>> len(task.place_cells), len(task.head_direction_cells), next(task.batches()).velocity.shape
    (256, 12, torch.Size([10, 100, 3]))
    """

    place_cells: PlaceCells

    def __init__(self, preset: LSTMPreset, seed: int, data: TrajectoryDataset | None = None) -> None:
        super().__init__(preset, seed)
        self.data = data
        if data is not None and data.steps != preset.training.path_steps:
            raise ValueError(
                f"data: expected paths of training.path_steps = {preset.training.path_steps} samples,"
                f" got {data.steps} in {data.folder}"
            )
        if data is not None:
            _check_room(data, preset.arena)
        setting = preset.ensembles
        centers = uniform_centers(setting.place_cells, preset.arena, np.random.RandomState(setting.seed))
        directions = np.random.RandomState(setting.seed).uniform(-np.pi, np.pi, setting.head_direction_cells)
        self.place_cells = PlaceCells(
            centers,
            setting.field_width,
            tuning=setting.tuning,
            surround_ratio=setting.surround_ratio,
            arena=preset.arena,
        )
        self.head_direction_cells = HeadDirectionCells(directions, setting.concentration)

    def network(self) -> PoseLSTM:
        """Make the untrained network, with the initial weights of this seed."""
        setting = self.preset.network
        network = PoseLSTM(
            len(self.place_cells),
            len(self.head_direction_cells),
            units=setting.units,
            linear_units=setting.linear_units,
            dropout=setting.dropout,
            rectified=setting.rectified,
            standardised=setting.standardised,
            readout_gain=setting.readout_gain,
            generator=self.weight_generator(),
        )
        if setting.standardised:
            batch = self.batch_of(self.paths(_SAMPLES, Stream.STANDARDISING))
            code = self.initial_code(batch)
            network.input_mean.copy_(batch.velocity.mean((0, 1)))
            network.input_scale.copy_(batch.velocity.std((0, 1)))
            network.code_mean.copy_(code.mean(0))
            network.code_scale.copy_(code.std(0))
        return network

    def optimiser(self, network: PoseLSTM) -> torch.optim.Optimizer:
        """Make the optimiser of the network's weights."""
        return self.optimiser_of([weight for weight in network.parameters() if weight.requires_grad])

    def optimiser_of(self, weights: list[nn.Parameter]) -> torch.optim.Optimizer:
        """Make the optimiser that the preset names, of some weights."""
        setting = self.preset.training
        if setting.optimiser == "adam":
            return torch.optim.Adam(weights, lr=setting.learning_rate, fused=True)
        return TensorFlowRMSprop(weights, setting.learning_rate, momentum=setting.momentum)

    def batch_of(self, paths: Trajectories) -> PoseBatch:
        """Take what the network needs from simulated paths."""
        return PoseBatch.of(paths)

    def batches(self, start: int = 0) -> Generator[PoseBatch, None, None]:
        """Yield training batches ``start``, ``start + 1``, … without end: of the dataset, or else simulated ahead."""
        if self.data is None:
            yield from super().batches(start)
            return
        records = self.data.batches(self.preset.training.batch, seed=self.seed, start=start)
        with ThreadPoolExecutor(1, thread_name_prefix="paths") as background:
            coming = background.submit(next, records)
            while True:
                here = coming.result()
                coming = background.submit(next, records)
                yield PoseBatch.of_records(here)

    def initial_code(self, batch: PoseBatch) -> torch.Tensor:
        """Encode the first pose of each path: place cells, then head-direction cells → [batch, cell]."""
        parts = self.place_cells.activity(batch.start), self.head_direction_cells.activity(batch.start_heading)
        return torch.cat(parts, -1)

    def kept(self, step: int, shape: tuple[int, ...]) -> np.ndarray:
        """Draw which linear units dropout keeps at one training step → bool of ``shape``, [batch, time, unit]."""
        drawn = self.generator(Stream.DROPOUT, step).integers(0, 2**16, shape, np.uint16)
        return drawn >= round(self.preset.network.dropout * 2**16)

    def mask(self, batch: PoseBatch, step: int) -> torch.Tensor | None:
        """Return 1 where dropout keeps a linear unit at one training step, else 0 → [batch, time, unit]; or None."""
        setting = self.preset.network
        if not setting.dropout:
            return None
        shape = (*batch.velocity.shape[:2], setting.linear_units)
        return torch.as_tensor(self.kept(step, shape)).to(batch.velocity)

    def loss(self, network: PoseLSTM, batch: PoseBatch, step: int = 0) -> torch.Tensor:
        """Measure the cross-entropies of predicted place and head-direction cells, summed, in nats (a scalar)."""
        places, headings = network(batch.velocity, self.initial_code(batch), self.mask(batch, step))
        place_targets = self.place_cells.targets(batch.position)
        heading_targets = self.head_direction_cells.targets(batch.heading)
        return cross_entropy(places.flatten(0, 1), place_targets.flatten(0, 1)) + cross_entropy(
            headings.flatten(0, 1), heading_targets.flatten(0, 1)
        )

    def penalty(self, network: PoseLSTM, step: int = 0) -> torch.Tensor | float:
        """Weigh half the squared weights of the read-outs, and of further layers where the preset says so."""
        setting = self.preset.training
        if not setting.weight_decay:
            return 0.0
        weights = dict(network.named_parameters())
        squares = [weights[name].square().sum() for name in self.decayed(weights)]
        return 0.5 * setting.weight_decay * torch.stack(squares).sum()

    def decayed(self, weights: Iterable[str]) -> list[str]:
        """Return the names of those weights that decay: matrices of the layers that the preset says."""
        setting = self.preset.training
        if not setting.weight_decay:
            return []
        return [name for name in _of_layers(weights, setting.decayed) if name.partition(".")[2].startswith("weight")]

    def adjust_gradients(self, network: PoseLSTM, step: int = 0) -> None:
        """Clip the gradients element by element: all of them, or those of some layers."""
        self.clip_gradients(dict(network.named_parameters()))

    def clip_gradients(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Clip the gradients of those weights that the preset says, given weights by their names in a network."""
        setting = self.preset.training
        clip_elements((weights[name] for name in _of_layers(weights, setting.clipped)), setting.clip)

    def activity(self, network: PoseLSTM, batch: PoseBatch) -> torch.Tensor:
        """Run the linear layer along paths, without dropout → [batch, time, unit]."""
        return network.linear_activity(batch.velocity, self.initial_code(batch))

    def place_logits(self, network: PoseLSTM, activity: torch.Tensor) -> torch.Tensor:
        """Read place-cell predictions [..., cell], before the softmax, out of the activity [..., unit]."""
        return network.readout(activity)[0]

    def measure(self, network: PoseLSTM) -> dict[str, float]:
        """Measure the decoding error on fresh paths: the mean over all samples, and that at the end of the paths, m."""
        errors = path_errors(network, self)
        return {"decoding_error": float(errors.mean()), "final_error": float(errors[:, -1].mean())}


def _of_layers(weights: Iterable[str], which: str) -> list[str]:
    """Return the names of weights in all layers, in the linear one and the read-outs, in the read-outs, or in none."""
    layers = {
        "all": ("start", "lstm", "linear", "readouts"),
        "linear_and_readouts": ("linear", "readouts"),
        "readouts": ("readouts",),
        "none": (),
    }
    return [name for name in weights if name.partition(".")[0] in layers[which]]


def _check_room(data: TrajectoryDataset, arena: Arena) -> None:
    """Raise a ValueError if the first paths of a dataset leave the arena, or visit only a part of it."""
    some: list[np.ndarray] = []
    for records in data.blocks(_LOOKED_AT):
        some += list(np.concatenate([records.init_pos[:, None], records.target_pos], axis=1))
        if len(some) >= _LOOKED_AT:
            break
    place = np.concatenate(some)
    grid = BinGrid(arena.bounds, square_bins(BinGrid(arena.bounds, 1).size, _SQUARES))
    inside = arena.contains(grid.centres)
    visited = np.unique(grid.index(place))
    filled = np.isin(np.flatnonzero(inside), visited).mean() >= _VISITED
    filled &= bool((np.ptp(place, axis=0) >= _REACHED * np.array(grid.size)).all())
    if (len(some) >= _LOOKED_AT and not filled) or 1 - arena.contains(place).mean() > _OUTSIDE:
        (low_x, low_y), (high_x, high_y) = place.min(0), place.max(0)
        raise ValueError(
            f"data: expected paths that fill the preset's arena, {arena}, got some from ({low_x:.2f}, {low_y:.2f}) to"
            f" ({high_x:.2f}, {high_y:.2f}) m in {data.folder}; set the arena to the room of the dataset"
        )
