"""What the networks of Sorscher et al. learn: place-cell activity from a first place code and velocities."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import torch

from gridcells._common.protocols import Network
from gridcells._common.streams import Stream
from gridcells.networks.path_integrator import PathIntegrator
from gridcells.presets import RNNPreset
from gridcells.presets.cells import make_cells
from gridcells.training.decoding import code_error, decoding_error
from gridcells.training.muon import Muon
from gridcells.training.task import PathBatch, Task
from gridcells.world.motion import Trajectories

__all__ = ["Floors", "PlaceBatch", "PlaceCodeTask", "PlaceTask"]

_DECAY_FALLS = 0.6  # share of the steps over which the decay of the read-out falls, where it does


class PlaceBatch(PathBatch):
    """Paths as a network of Sorscher et al. takes them; the inputs are velocities (x, y), m/s."""

    @classmethod
    def of(cls, paths: Trajectories, dtype: torch.dtype = torch.float32) -> PlaceBatch:
        """Take what a network needs from simulated paths."""
        velocity, position = (torch.as_tensor(x, dtype=dtype) for x in (paths.velocity, paths.position))
        return cls(velocity, position[:, 0], position[:, 1:])


@dataclass(frozen=True)
class Floors:
    """What the targets themselves allow: no network does better than the first two; knowing nothing costs the third.

    Parameters
    ----------
    cross_entropy : float
        Mean entropy of the targets: the loss of a network that always knows the position, nats.
    decoding_error : float
        Mean distance between the position decoded from the targets and the true one, m.
    constant : float
        Loss of the best constant answer, the targets' mean over the arena, nats.
    """

    cross_entropy: float
    decoding_error: float
    constant: float


class PlaceNetwork(Network, Protocol):
    """A network that predicts a place code from its units' activity."""

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Predict place-cell activity, before the softmax, from hidden [..., unit] → [..., cell]."""
        ...


PlaceNetworkKind = TypeVar("PlaceNetworkKind", bound=PlaceNetwork)


class PlaceCodeTask(Task[RNNPreset, PlaceNetworkKind, PlaceBatch]):
    """What all networks that predict a place code share, whatever they are told: the code, the loss, the judgement.

    Parameters
    ----------
    preset : RNNPreset
        The setting.
    seed : int
        The run's seed: place field centres, initial weights and paths follow from it.
    """

    def __init__(self, preset: RNNPreset, seed: int) -> None:
        super().__init__(preset, seed)
        self.place_cells = make_cells(preset.place_cells, preset.arena, self.generator(Stream.CENTERS))

    @property
    def dtype(self) -> torch.dtype:
        """The type of the weights and of what is computed with them."""
        return torch.float64 if self.preset.training.precision == "double" else torch.float32

    def optimiser(self, network: PlaceNetworkKind) -> torch.optim.Optimizer:
        """Make the optimiser of the network's weights."""
        rate = self.preset.training.learning_rate
        if self.preset.training.optimiser == "muon":
            told = 2 * self.preset.network.animals  # columns of velocity
            matrices = [weight for weight in network.parameters() if weight.ndim == 2 and min(weight.shape) > told]
            others = [weight for weight in network.parameters() if weight.ndim == 1 or min(weight.shape) <= told]
            groups: list[dict[str, object]] = [{"params": matrices}, {"params": others, "orthogonal": False}]
            return Muon(groups, lr=rate, rows=self.preset.training.orthogonal_rows)
        if self.preset.training.optimiser == "adam":
            return torch.optim.Adam(network.parameters(), lr=rate, fused=True)
        return torch.optim.RMSprop(network.parameters(), lr=rate)

    def batch_of(self, paths: Trajectories) -> PlaceBatch:
        """Take what the network needs from simulated paths."""
        return PlaceBatch.of(paths, self.dtype)

    def loss(self, network: PlaceNetworkKind, batch: PlaceBatch, step: int = 0) -> torch.Tensor:
        """Measure the cross-entropy of predicted place-cell activity in one batch, in nats (a scalar tensor)."""
        activity, places = self.activity(network, batch), self.places(batch)  # [batch, time, unit], [batch, time, 2]
        if self.preset.training.loss_share < 1:
            samples = self.loss_samples(step, activity.shape[1]).to(activity.device)
            activity, places = activity.index_select(1, samples), [one.index_select(1, samples) for one in places]
        loss = self.place_loss(network.logits(activity), places)
        cost = self.preset.training.activity_cost
        return loss + cost * activity.square().mean() if cost else loss

    def places(self, batch: PlaceBatch) -> list[torch.Tensor]:
        """List where each animal is that the network is told of, [batch, time, 2] (m)."""
        return [batch.position]

    def place_loss(self, logits: torch.Tensor, places: list[torch.Tensor]) -> torch.Tensor:
        """Measure the cross-entropy of predictions [batch, time, cell] with these animals there, nats (a scalar)."""
        (position,) = places
        return self.place_cells.loss(logits, position)

    def loss_samples(self, step: int, path_steps: int) -> torch.Tensor:
        """Draw which samples of the paths the loss of one step looks at, in their order → [sample]."""
        count = max(1, round(self.preset.training.loss_share * path_steps))
        drawn = self.generator(Stream.LOSS_SAMPLES, step).choice(path_steps, count, replace=False)
        return torch.as_tensor(np.sort(drawn))

    def adjust_gradients(self, network: PlaceNetworkKind, step: int = 0) -> None:
        """Leave the gradients as they are."""

    def initial_code(self, batch: PlaceBatch) -> torch.Tensor:
        """Encode the first position of each path → [batch, cell]."""
        return self.place_cells.initial_code(batch.start)

    def place_logits(self, network: PlaceNetworkKind, activity: torch.Tensor) -> torch.Tensor:
        """Read place-cell predictions [..., cell], before the softmax, out of the activity [..., unit]."""
        return network.logits(activity)

    def measure(self, network: PlaceNetworkKind) -> dict[str, float]:
        """Measure the decoding error (m) on fresh paths."""
        return {"decoding_error": decoding_error(network, self)}

    def floors(self, positions: int = 20_000) -> Floors:
        """Measure what the targets allow, at uniform positions of the evaluation stream."""
        here = self.preset.arena.sample(positions, self.generator(Stream.FLOORS))
        targets = torch.as_tensor(self.place_cells.targets(here))  # [position, cell]
        mean = targets.mean(0)
        return Floors(
            cross_entropy=float(torch.special.entr(targets).sum(-1).mean()),
            decoding_error=code_error(self.place_cells, self.preset.arena, here, targets),
            constant=float(torch.special.entr(mean).sum()),
        )


class PlaceTask(PlaceCodeTask[PathIntegrator]):
    """A preset and a seed made into things: place cells, an untrained network and training paths.

    Parameters
    ----------
    preset : RNNPreset
        The setting.
    seed : int
        The run's seed: place field centres, initial weights and paths follow from it.

    Notes
    -----
    Source: Sorscher et al. 2023, Methods, and the code released with Sorscher et al. 2019 (path integration, the loss
    and its penalty).

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> task = PlaceTask(preset("sorscher2019"), seed=0)
    >>> len(task.place_cells), next(task.batches()).velocity.shape
    (512, torch.Size([200, 20, 2]))
    """

    def network(self) -> PathIntegrator:
        """Make the untrained network, with the initial weights of this seed."""
        return self._network_of(self.preset.network.units)

    def _network_of(self, units: int) -> PathIntegrator:
        setting = self.preset.network
        return PathIntegrator(
            len(self.place_cells),
            units,
            cell=setting.cell,
            standardised=setting.standardised,
            time_step=self.preset.motion.time_step,
            readout_gain=setting.readout_gain,
            recurrent_identity=setting.recurrent_identity,
            linear_units=setting.linear_units,
            rectified=setting.rectified,
            leak=setting.leak,
            bias=setting.bias,
            animals=setting.animals,
            generator=self.weight_generator(),
        ).to(self.dtype)

    def penalty(self, network: PathIntegrator, step: int = 0) -> torch.Tensor:
        """Weigh the squared recurrent weights, and those of encoder and decoder (a scalar tensor)."""
        setting = self.preset.training
        fallen = min(1.0, step / (_DECAY_FALLS * setting.steps))
        left = 1 - (1 - setting.readout_decay_left) * fallen
        return self._weigh(network, setting.recurrent_decay, left * setting.readout_decay)

    def _weigh(self, network: PathIntegrator, recurrent_decay: float, readout_decay: float) -> torch.Tensor:
        total = recurrent_decay * network.recurrent_weight.square().sum()
        if readout_decay:
            readout = network.encoder.weight.square().sum() + network.decoder.weight.square().sum()
            total = total + readout_decay * readout
        return total

    def activity(self, network: PathIntegrator, batch: PlaceBatch) -> torch.Tensor:
        """Run the recurrent units along paths → [batch, time, unit]; their noise follows from where the paths begin."""
        spread = self.preset.network.noise
        if not spread:
            return network.hidden(batch.velocity, self.initial_code(batch))
        shape = batch.velocity.shape[1], len(batch.velocity), network.RNN.hidden_size
        drawn = self.generator(Stream.NOISE, zlib.crc32(batch.start.cpu().numpy().tobytes()))
        noise = torch.as_tensor(spread * drawn.standard_normal(shape, np.float32)).to(batch.velocity)
        return network.hidden(batch.velocity, self.initial_code(batch), noise)
