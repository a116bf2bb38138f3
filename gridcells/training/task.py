"""A preset and a seed made into things: random streams, paths and batches, the same wherever a run is taken up."""

from __future__ import annotations

import abc
import dataclasses
import functools
import math
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Self, TypeVar

import numpy as np
import torch

from gridcells._common.protocols import Network, PlaceCode
from gridcells._common.streams import Stream
from gridcells.presets import LSTMPreset, RNNPreset
from gridcells.world.motion import Trajectories, simulate

__all__ = ["PathBatch", "Task", "batches_a_block"]

_PATHS_AHEAD = 4000  # simulated at once in the background
_JUDGED = 1000  # paths on which decoding errors are measured

PresetKind = TypeVar("PresetKind", RNNPreset, LSTMPreset)
NetworkKind = TypeVar("NetworkKind", bound=Network)
BatchKind = TypeVar("BatchKind", bound="PathBatch")


@dataclasses.dataclass(frozen=True)
class PathBatch:
    """Paths as a network takes them, in the precision of its weights; a kind of network adds what else it is told.

    Parameters
    ----------
    velocity : torch.Tensor, [batch, time, input]
        How the animal moved over each sample.
    start : torch.Tensor, [batch, 2]
        Position before the first sample, m.
    position : torch.Tensor, [batch, time, 2]
        Position after each sample, m.
    """

    velocity: torch.Tensor
    start: torch.Tensor
    position: torch.Tensor

    def split(self, size: int) -> list[Self]:
        """Cut into batches of at most ``size`` paths."""
        parts = (getattr(self, entry.name).split(size) for entry in dataclasses.fields(self))
        return [type(self)(*part) for part in zip(*parts, strict=True)]

    def to(self, device: torch.device | str) -> Self:
        """Copy to a device."""
        return type(self)(*(getattr(self, entry.name).to(device) for entry in dataclasses.fields(self)))


class Task(abc.ABC, Generic[PresetKind, NetworkKind, BatchKind]):
    """A preset and a seed made into things: an untrained network, the paths it is shown, its loss, how it is judged.

    A kind of experiment is a subclass, which says what kinds of preset, network and batch it has to do with.

    Every random number comes from a stream of its own, named by the seed and the purpose, so that batch 700 of a run is
    the same whether the run came there at once or after a stop.

    Parameters
    ----------
    preset : Preset
        The setting.
    seed : int
        The run's seed: initial weights and paths follow from it.
    """

    preset: PresetKind
    place_cells: PlaceCode

    def __init__(self, preset: PresetKind, seed: int) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ValueError(f"seed: expected a whole number of at least 0, got {seed!r}")
        self.preset = preset
        self.seed = int(seed)

    def generator(self, stream: Stream | str, index: int = 0) -> np.random.Generator:
        """Return the random numbers of one purpose: a `Stream` or its name, such as "weights", "paths" or "maps"."""
        return Stream.of(stream).generator(self.seed, index)

    def weight_generator(self) -> torch.Generator:
        """Return the random numbers of the initial weights."""
        return torch.Generator().manual_seed(int(self.generator(Stream.WEIGHTS).integers(2**62)))

    def paths(self, count: int, stream: Stream | str, index: int = 0, *, steps: int | None = None) -> Trajectories:
        """Simulate ``count`` paths from one stream, of the preset's length unless ``steps`` says another."""
        steps = self.preset.training.path_steps if steps is None else steps
        return simulate(self.preset.motion, self.preset.arena, count, steps, self.generator(stream, index))

    def batches(self, start: int = 0) -> Generator[BatchKind, None, None]:
        """Yield training batches ``start``, ``start + 1``, … without end, simulated ahead in a background thread."""
        yield from self.batches_of(self.preset.training.batch, self.preset.training.path_steps, start)

    def batches_of(self, size: int, steps: int, start: int = 0, *, block: int = 0) -> Generator[BatchKind, None, None]:
        """Yield batches from ``start`` on: ``size`` paths of ``steps`` samples each; blocks count from ``block``."""
        per_block = batches_a_block(size)
        blocks, skip = divmod(start, per_block)
        block += blocks
        with ThreadPoolExecutor(1, thread_name_prefix="paths") as background:
            coming = background.submit(self.paths, per_block * size, Stream.PATHS, block, steps=steps)
            while True:
                whole = self.batch_of(coming.result())
                block += 1
                coming = background.submit(self.paths, per_block * size, Stream.PATHS, block, steps=steps)
                yield from whole.split(size)[skip:]
                skip = 0

    @functools.cached_property
    def judged(self) -> BatchKind:
        """Fresh paths on which decoding errors are measured, the same at every call."""
        return self.batch_of(self.paths(_JUDGED, Stream.EVALUATION))

    @abc.abstractmethod
    def batch_of(self, paths: Trajectories) -> BatchKind:
        """Take what the network needs from simulated paths."""

    @abc.abstractmethod
    def network(self) -> NetworkKind:
        """Make the untrained network, with the initial weights of this seed."""

    @abc.abstractmethod
    def optimiser(self, network: NetworkKind) -> torch.optim.Optimizer:
        """Make the optimiser of the network's weights."""

    def learning_rate(self, step: int) -> float:
        """Go from the first to the final learning rate along half a cosine, after a linear rise where one is set."""
        rise = getattr(self.preset.training, "warmup", 0)
        return min(1.0, (step + 1) / max(1, rise)) * self._falling_rate(step / self.preset.training.steps)

    def _falling_rate(self, done: float) -> float:
        setting = self.preset.training
        share = 0.5 - 0.5 * math.cos(math.pi * done)
        return setting.learning_rate + (setting.final_learning_rate - setting.learning_rate) * share

    def before_step(self, network: NetworkKind, optimiser: torch.optim.Optimizer, step: int) -> None:
        """Change the network before a step, where the preset says so."""

    @abc.abstractmethod
    def loss(self, network: NetworkKind, batch: BatchKind, step: int) -> torch.Tensor:
        """Measure the cross-entropy of the predictions in one training batch, in nats (a scalar tensor)."""

    @abc.abstractmethod
    def penalty(self, network: NetworkKind, step: int = 0) -> torch.Tensor | float:
        """Weigh the network's weights, in nats."""

    @abc.abstractmethod
    def adjust_gradients(self, network: NetworkKind, step: int = 0) -> None:
        """Change the gradients before the optimiser sees them: clip them, or hold some weights still."""

    @abc.abstractmethod
    def initial_code(self, batch: BatchKind) -> torch.Tensor:
        """Encode where each path begins, as the network is told it → [batch, cell]."""

    @abc.abstractmethod
    def activity(self, network: NetworkKind, batch: BatchKind) -> torch.Tensor:
        """Run the network along paths → [batch, time, unit], the units whose maps are scored."""

    @abc.abstractmethod
    def place_logits(self, network: NetworkKind, activity: torch.Tensor) -> torch.Tensor:
        """Read place-cell predictions [..., cell], before the softmax, out of the activity [..., unit]."""

    def believed(self, logits: torch.Tensor, batch: BatchKind) -> torch.Tensor:
        """Read out of place-cell predictions [batch, time, cell] where the animal is → [batch, time, 2], m."""
        return self.place_cells.decode(logits)

    @abc.abstractmethod
    def measure(self, network: NetworkKind) -> dict[str, float]:
        """Judge the network in training: the decoding error on fresh paths, and what else a row of metrics holds."""


def batches_a_block(size: int) -> int:
    """Return how many training batches of ``size`` paths are simulated at once."""
    return max(1, _PATHS_AHEAD // size)
