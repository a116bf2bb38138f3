"""A preset and a seed made into things: random streams, paths and batches, the same wherever a run is taken up."""

from __future__ import annotations

import abc
import dataclasses
import math
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from gridcells._common.checks import check_choice
from gridcells.world.motion import Trajectories, simulate
from gridcells.world.place_cells import PlaceCells

__all__ = ["Task", "PathBatch"]

_PATHS_AHEAD = 4000  # simulated at once in the background
_STREAMS = ("centers", "weights", "paths", "evaluation", "null", "dropout")


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


class Task(abc.ABC):
    """What a kind of network has to do with its preset: be made, be shown paths, be judged.

    Every random number comes from a stream of its own, named by the seed and the purpose, so that batch 700 of a run is
    the same whether the run came there at once or after a stop.

    Parameters
    ----------
    preset : Preset
        The setting.
    seed : int
        The run's seed: initial weights and paths follow from it.
    """

    place_cells: PlaceCells

    def __init__(self, preset: Any, seed: int) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ValueError(f"seed: expected a whole number of at least 0, got {seed!r}")
        self.preset, self.seed = preset, int(seed)

    def generator(self, stream: str, index: int = 0) -> np.random.Generator:
        """Give the random numbers of one purpose ("centers", "weights", "paths", "evaluation", "null", "dropout")."""
        check_choice(stream, "stream", _STREAMS)
        sequence = np.random.SeedSequence(self.seed, spawn_key=(_STREAMS.index(stream), index))
        return np.random.Generator(np.random.PCG64(sequence))

    def weight_generator(self) -> torch.Generator:
        """Give the random numbers of the initial weights."""
        return torch.Generator().manual_seed(int(self.generator("weights").integers(2**62)))

    def paths(self, count: int, stream: str, index: int = 0, *, steps: int | None = None) -> Trajectories:
        """Simulate ``count`` paths from one stream, of the preset's length unless ``steps`` says another."""
        steps = self.preset.training.path_steps if steps is None else steps
        return simulate(self.preset.motion, self.preset.arena, count, steps, self.generator(stream, index))

    def batches(self, start: int = 0) -> Generator[Any, None, None]:
        """Yield training batches ``start``, ``start + 1``, … without end, simulated ahead in a background thread."""
        yield from self.batches_of(self.preset.training.batch, self.preset.training.path_steps, start)

    def batches_of(self, size: int, steps: int, start: int = 0, *, block: int = 0) -> Generator[Any, None, None]:
        """Yield batches from ``start`` on: ``size`` paths of ``steps`` samples each; blocks count from ``block``."""
        per_block = max(1, _PATHS_AHEAD // size)
        blocks, skip = divmod(start, per_block)
        block += blocks
        with ThreadPoolExecutor(1, thread_name_prefix="paths") as background:
            coming = background.submit(self.paths, per_block * size, "paths", block, steps=steps)
            while True:
                whole = self.batch_of(coming.result())
                block += 1
                coming = background.submit(self.paths, per_block * size, "paths", block, steps=steps)
                yield from whole.split(size)[skip:]
                skip = 0

    @abc.abstractmethod
    def batch_of(self, paths: Trajectories) -> Any:
        """Take what the network needs from simulated paths."""

    @abc.abstractmethod
    def network(self) -> Any:
        """Make the untrained network, with the initial weights of this seed."""

    @abc.abstractmethod
    def optimiser(self, network: Any) -> torch.optim.Optimizer:
        """Make the optimiser of the network's weights."""

    def learning_rate(self, step: int) -> float:
        """Go from the first to the final learning rate along half a cosine."""
        return self._falling_rate(step / self.preset.training.steps)

    def _falling_rate(self, done: float) -> float:
        setting = self.preset.training
        share = 0.5 - 0.5 * math.cos(math.pi * done)
        return setting.learning_rate + (setting.final_learning_rate - setting.learning_rate) * share

    def begin(self, network: Any, optimiser: torch.optim.Optimizer, step: int) -> None:  # noqa: B027
        """Change the network before a step, where the preset says so."""

    @abc.abstractmethod
    def loss(self, network: Any, batch: Any, step: int) -> torch.Tensor:
        """Measure the cross-entropy of the predictions in one training batch, in nats (a scalar tensor)."""

    @abc.abstractmethod
    def penalty(self, network: Any, step: int = 0) -> torch.Tensor | float:
        """Weigh the network's weights, in nats."""

    @abc.abstractmethod
    def clip(self, network: Any, step: int = 0) -> None:
        """Limit the gradients, where the preset says so."""

    @abc.abstractmethod
    def activity(self, network: Any, batch: Any) -> torch.Tensor:
        """Run the network along paths → [batch, time, unit], the units whose maps are scored."""

    @abc.abstractmethod
    def place_logits(self, network: Any, activity: torch.Tensor) -> torch.Tensor:
        """Read place-cell predictions [..., cell], before the softmax, out of the activity [..., unit]."""

    @abc.abstractmethod
    def measure(self, network: nn.Module) -> dict[str, float]:
        """Judge the network in training: the decoding error on fresh paths, and what else a row of metrics holds."""
