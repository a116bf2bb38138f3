"""A preset and a seed made into things: random streams, paths and batches, the same wherever a run is taken up."""

from __future__ import annotations

import abc
import dataclasses
import math
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from gridcells.checks import check_choice
from gridcells.ensembles import PlaceCells
from gridcells.trajectories import Trajectories, simulate

__all__ = ["Experiment", "PathBatch", "decode_paths", "decoding_error", "hidden_activity", "path_errors"]

_PATHS_AHEAD = 4000  # simulated at once in the background
_PATHS_AT_ONCE = 250  # in a forward pass without gradients, which bounds memory
_ERROR_PATHS = 1000
_STREAMS = ("centers", "weights", "paths", "evaluation", "null", "dropout")


@dataclasses.dataclass(frozen=True)
class PathBatch:
    """Paths as a network takes them, float32; a kind of network adds what else it is told.

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


class Experiment(abc.ABC):
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


@torch.no_grad()
def hidden_activity(network: Any, task: Experiment, batch: Any) -> Iterator[tuple[Any, torch.Tensor]]:
    """Run a network along many paths in bounded memory.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    task : Experiment
        Whose cells tell the network where it starts.
    batch : PathBatch
        The paths.

    Yields
    ------
    part : PathBatch
        The next few paths, on the network's device.
    hidden : torch.Tensor, [batch, time, unit]
        Activity along them of the units that are scored: recurrent ones, or those of the LSTM's linear layer.
    """
    for part in batch.split(_PATHS_AT_ONCE):
        part = part.to(network.device)
        yield part, task.activity(network, part)


def decoding_error(network: Any, task: Experiment, batch: Any | None = None) -> float:
    """Measure how far decoded positions are from true ones.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    task : Experiment
        Whose place cells decode (mean centre of the three most active).
    batch : PathBatch, optional
        The paths; 1 000 fresh ones of the seed's evaluation stream if None, the same at every call.

    Returns
    -------
    float
        Mean distance over all samples, m.

    Notes
    -----
    Source: Sorscher et al. 2019, released code (mean over all samples of Euclidean distances, top-three decoding).
    """
    return float(path_errors(network, task, batch).mean())


def path_errors(
    network: Any, task: Experiment, batch: Any | None = None, *, decode: Callable[[Any], Any] | None = None
) -> np.ndarray:
    """Measure how far decoded positions are from true ones, sample by sample.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    task : Experiment
        Whose place cells decode (mean centre of the three most active).
    batch : PathBatch, optional
        The paths; 1 000 fresh ones of the seed's evaluation stream if None, the same at every call.
    decode : callable, optional
        What reads positions [..., 2] out of predictions [..., cell]; the place cells' ``decode`` by default.

    Returns
    -------
    numpy.ndarray, [batch, time]
        Distances, m.
    """
    if batch is None:
        batch = task.batch_of(task.paths(_ERROR_PATHS, "evaluation"))
    away = task.preset.arena.displacement(
        batch.position.double().numpy(), decode_paths(network, task, batch, decode=decode)
    )
    return np.linalg.norm(away, axis=-1)


@torch.no_grad()
def decode_paths(
    network: Any, task: Experiment, batch: Any, *, decode: Callable[[Any], Any] | None = None
) -> np.ndarray:
    """Let a network integrate paths and read out where it believes to be.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    task : Experiment
        Whose place cells decode (mean centre of the three most active).
    batch : PathBatch
        The paths.
    decode : callable, optional
        What reads positions [..., 2] out of predictions [..., cell]; the place cells' ``decode`` by default.

    Returns
    -------
    numpy.ndarray, [batch, time, 2]
        Decoded positions, m.
    """
    decode = decode or task.place_cells.decode
    parts = [decode(task.place_logits(network, hidden)) for _, hidden in hidden_activity(network, task, batch)]
    return torch.cat(parts).cpu().double().numpy()
