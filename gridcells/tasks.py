"""What is to be learnt: the arena, motion and place cells of a preset, and its batches, a pure function of the seed."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from gridcells.checks import check_choice
from gridcells.ensembles import PlaceCells, uniform_centers
from gridcells.networks import PathIntegrator
from gridcells.presets import Preset
from gridcells.trajectories import Trajectories, simulate

__all__ = ["Batch", "Floors", "Task", "decode_paths", "decoding_error", "hidden_activity"]

_PATHS_AHEAD = 4000  # simulated at once in the background
_PATHS_AT_ONCE = 250  # in a forward pass without gradients, which bounds memory
_ERROR_PATHS = 1000
_STREAMS = ("centers", "weights", "paths", "evaluation", "null")


@dataclass(frozen=True)
class Batch:
    """Paths as a network takes them, float32.

    Parameters
    ----------
    velocity : torch.Tensor, [batch, time, 2]
        Velocity, m/s.
    start : torch.Tensor, [batch, 2]
        Position before the first sample, m.
    position : torch.Tensor, [batch, time, 2]
        Position after each sample, m.
    """

    velocity: torch.Tensor
    start: torch.Tensor
    position: torch.Tensor

    @classmethod
    def of(cls, paths: Trajectories) -> Batch:
        """Take what a network needs from simulated paths."""
        velocity, position = (torch.as_tensor(x, dtype=torch.float32) for x in (paths.velocity, paths.position))
        return cls(velocity, position[:, 0], position[:, 1:])

    def split(self, size: int) -> list[Batch]:
        """Cut into batches of at most ``size`` paths."""
        parts = (part.split(size) for part in (self.velocity, self.start, self.position))
        return [Batch(*part) for part in zip(*parts, strict=True)]

    def to(self, device: torch.device | str) -> Batch:
        """Copy to a device."""
        return Batch(self.velocity.to(device), self.start.to(device), self.position.to(device))


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


class Task:
    """A preset and a seed made into things: place cells, an untrained network and training paths.

    Every random number comes from a stream of its own, named by the seed and the purpose, so that batch 700 of a run is
    the same whether the run came there at once or after a stop.

    Parameters
    ----------
    preset : Preset
        The setting.
    seed : int
        The run's seed: place field centres, initial weights and paths follow from it.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> task = Task(preset("sorscher2019"), seed=0)
    >>> len(task.place_cells), next(task.batches()).velocity.shape
    (512, torch.Size([200, 20, 2]))
    """

    def __init__(self, preset: Preset, seed: int) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ValueError(f"seed: expected a whole number of at least 0, got {seed!r}")
        self.preset, self.seed = preset, int(seed)
        setting = preset.place_cells
        self.place_cells = PlaceCells(
            uniform_centers(setting.cells, preset.arena, self.generator("centers")),
            setting.field_width,
            tuning=setting.tuning,
            surround_ratio=setting.surround_ratio,
            arena=preset.arena,
        )

    def generator(self, stream: str, index: int = 0) -> np.random.Generator:
        """Give the random numbers of one purpose ("centers", "weights", "paths", "evaluation", "null")."""
        check_choice(stream, "stream", _STREAMS)
        sequence = np.random.SeedSequence(self.seed, spawn_key=(_STREAMS.index(stream), index))
        return np.random.Generator(np.random.PCG64(sequence))

    def network(self) -> PathIntegrator:
        """Make the untrained network, with the initial weights of this seed."""
        setting = self.preset.network
        return PathIntegrator(
            self.preset.place_cells.cells,
            setting.units,
            cell=setting.cell,
            standardised=setting.standardised,
            time_step=self.preset.motion.time_step,
            readout_gain=setting.readout_gain,
            recurrent_identity=setting.recurrent_identity,
            generator=torch.Generator().manual_seed(int(self.generator("weights").integers(2**62))),
        )

    def paths(self, count: int, stream: str, index: int = 0, *, steps: int | None = None) -> Trajectories:
        """Simulate ``count`` paths from one stream, of the preset's length unless ``steps`` says another."""
        steps = self.preset.training.path_steps if steps is None else steps
        return simulate(self.preset.motion, self.preset.arena, count, steps, self.generator(stream, index))

    def floors(self, positions: int = 20_000) -> Floors:
        """Measure what the targets allow, at uniform positions of the evaluation stream."""
        here = self.preset.arena.sample(positions, self.generator("evaluation", 2))
        targets = torch.as_tensor(self.place_cells.targets(here))  # [position, cell]
        mean = targets.mean(0)
        error = self.preset.arena.displacement(here, self.place_cells.decode(targets.numpy()))
        return Floors(
            cross_entropy=float(torch.special.entr(targets).sum(-1).mean()),
            decoding_error=float(np.linalg.norm(error, axis=-1).mean()),
            constant=float(torch.special.entr(mean).sum()),
        )

    def batches(self, start: int = 0) -> Generator[Batch, None, None]:
        """Yield training batches ``start``, ``start + 1``, … without end, simulated ahead in a background thread."""
        size = self.preset.training.batch
        per_block = max(1, _PATHS_AHEAD // size)
        block, skip = divmod(start, per_block)
        with ThreadPoolExecutor(1, thread_name_prefix="paths") as background:
            coming = background.submit(self.paths, per_block * size, "paths", block)
            while True:
                whole = Batch.of(coming.result())
                block += 1
                coming = background.submit(self.paths, per_block * size, "paths", block)
                yield from whole.split(size)[skip:]
                skip = 0


@torch.no_grad()
def hidden_activity(network: PathIntegrator, task: Task, batch: Batch) -> Iterator[tuple[Batch, torch.Tensor]]:
    """Run a network along many paths in bounded memory.

    Parameters
    ----------
    network : PathIntegrator
        The network.
    task : Task
        Whose place cells tell the network where it starts.
    batch : Batch
        The paths.

    Yields
    ------
    part : Batch
        The next few paths, on the network's device.
    hidden : torch.Tensor, [batch, time, unit]
        Activity of the recurrent units along them.
    """
    for part in batch.split(_PATHS_AT_ONCE):
        part = part.to(network.recurrent_weight.device)
        yield part, network.hidden(part.velocity, task.place_cells.activity(part.start))


def decoding_error(network: PathIntegrator, task: Task, batch: Batch | None = None) -> float:
    """Measure how far decoded positions are from true ones.

    Parameters
    ----------
    network : PathIntegrator
        The network.
    task : Task
        Whose place cells decode (mean centre of the three most active).
    batch : Batch, optional
        The paths; 1 000 fresh ones of the seed's evaluation stream if None, the same at every call.

    Returns
    -------
    float
        Mean distance over all samples, m.

    Notes
    -----
    Source: Sorscher et al. 2019, released code (mean over all samples of Euclidean distances, top-three decoding).
    """
    if batch is None:
        batch = Batch.of(task.paths(_ERROR_PATHS, "evaluation"))
    away = task.preset.arena.displacement(batch.position.double().numpy(), decode_paths(network, task, batch))
    return float(np.linalg.norm(away, axis=-1).mean())


@torch.no_grad()
def decode_paths(network: PathIntegrator, task: Task, batch: Batch) -> np.ndarray:
    """Let a network integrate paths and read out where it believes to be.

    Parameters
    ----------
    network : PathIntegrator
        The network.
    task : Task
        Whose place cells decode (mean centre of the three most active).
    batch : Batch
        The paths.

    Returns
    -------
    numpy.ndarray, [batch, time, 2]
        Decoded positions, m.
    """
    parts = [task.place_cells.decode(network.logits(hidden)) for _, hidden in hidden_activity(network, task, batch)]
    return torch.cat(parts).cpu().double().numpy()
