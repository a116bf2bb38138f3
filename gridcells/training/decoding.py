"""What a network believes: its activity along paths, the positions decoded from it, and how far they are off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
import torch

from gridcells._common.protocols import Network, PlaceCode
from gridcells.training.task import BatchKind, NetworkKind, PathBatch, PresetKind, Task
from gridcells.world.arenas import Arena

Decoder: TypeAlias = Callable[[torch.Tensor], torch.Tensor]  # of predictions [..., cell] → positions [..., 2], m

__all__ = ["code_error", "decode_paths", "decoding_error", "hidden_activity", "path_errors"]


_PATHS_AT_ONCE = 100  # in a forward pass without gradients; of more an LSTM spends a third of its time on new memory


@torch.no_grad()
def hidden_activity(
    network: NetworkKind, task: Task[PresetKind, NetworkKind, BatchKind], batch: BatchKind
) -> Iterator[tuple[BatchKind, torch.Tensor]]:
    """Run a network along many paths in bounded memory.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    task : Task
        Whose cells tell the network where it starts.
    batch : PathBatch
        The paths.

    Yields
    ------
    part : PathBatch
        The next few paths, on the network's device.
    hidden : torch.Tensor, [batch, time, unit]
        Activity along them of the units that are scored: recurrent ones, or those of the LSTM's linear layer.

    Notes
    -----
    Source: ours, for paths that are too many for one forward pass.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> from gridcells.training.place_task import PlaceTask
    >>> task = PlaceTask(preset("laptop").override({"units": 8}), seed=0)
    >>> batch = task.batch_of(task.paths(3, "evaluation"))
    >>> [hidden.shape for _, hidden in hidden_activity(task.network(), task, batch)]
    [torch.Size([3, 20, 8])]
    """
    for part in batch.split(_PATHS_AT_ONCE):
        part = part.to(network.device)
        yield part, task.activity(network, part)


def decoding_error(network: Network, task: Task, batch: PathBatch | None = None) -> float:
    """Measure how far decoded positions are from true ones.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    task : Task
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

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> from gridcells.training.place_task import PlaceTask
    >>> task = PlaceTask(preset("laptop").override({"units": 8}), seed=0)
    >>> batch = task.batch_of(task.paths(3, "evaluation"))
    >>> 0 < decoding_error(task.network(), task, batch) < 3
    True
    """
    return float(path_errors(network, task, batch).mean())


def path_errors(
    network: Network,
    task: Task,
    batch: PathBatch | None = None,
    *,
    decode: Decoder | None = None,
) -> np.ndarray:
    """Measure how far decoded positions are from true ones, sample by sample.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    task : Task
        Whose place cells decode (mean centre of the three most active).
    batch : PathBatch, optional
        The paths; 1 000 fresh ones of the seed's evaluation stream if None, the same at every call.
    decode : callable, optional
        What reads positions [..., 2] out of predictions [..., cell]; the task's ``believed`` by default.

    Returns
    -------
    numpy.ndarray, [batch, time]
        Distances, m.

    Notes
    -----
    Source: code released with Sorscher et al. 2019 (Euclidean distances, top-three decoding).

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> from gridcells.training.place_task import PlaceTask
    >>> task = PlaceTask(preset("laptop").override({"units": 8}), seed=0)
    >>> batch = task.batch_of(task.paths(3, "evaluation"))
    >>> path_errors(task.network(), task, batch).shape
    (3, 20)
    """
    batch = task.judged if batch is None else batch
    away = task.preset.arena.displacement(
        batch.position.double().numpy(), decode_paths(network, task, batch, decode=decode)
    )
    return np.linalg.norm(away, axis=-1)


@torch.no_grad()
def decode_paths(network: Network, task: Task, batch: PathBatch, *, decode: Decoder | None = None) -> np.ndarray:
    """Decode where a network believes to be while it integrates paths.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    task : Task
        Whose place cells decode (mean centre of the three most active).
    batch : PathBatch
        The paths.
    decode : callable, optional
        What reads positions [..., 2] out of predictions [..., cell]; the task's ``believed`` by default.

    Returns
    -------
    numpy.ndarray, [batch, time, 2]
        Decoded positions, m.

    Notes
    -----
    Source: code released with Sorscher et al. 2019 (mean centre of the three most active place cells).

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> from gridcells.training.place_task import PlaceTask
    >>> task = PlaceTask(preset("laptop").override({"units": 8}), seed=0)
    >>> batch = task.batch_of(task.paths(3, "evaluation"))
    >>> decode_paths(task.network(), task, batch).shape
    (3, 20, 2)
    """
    parts = []
    for part, hidden in hidden_activity(network, task, batch):
        logits = task.place_logits(network, hidden)
        parts.append(decode(logits) if decode else task.believed(logits, part))
    return torch.cat(parts).cpu().double().numpy()


def code_error(place_cells: PlaceCode, arena: Arena, position: np.ndarray, targets: torch.Tensor) -> float:
    """Measure how far the true place code itself is decoded from the truth: no network can do better.

    Parameters
    ----------
    place_cells : PlaceCode
        Whose decoding it is.
    arena : Rectangle, Circle or Polygon
        Where; on a torus the shorter way counts.
    position : numpy.ndarray, [position, 2]
        True positions, m.
    targets : torch.Tensor, [position, cell]
        The place code there, at least 0.

    Returns
    -------
    float
        Mean distance, m.

    Examples
    --------
    >>> from gridcells.world import PlaceCells, Rectangle
    >>> cells, here = PlaceCells([[0.0, 0.0], [0.3, 0.0], [0.0, 0.3]], 0.2), np.array([[0.1, 0.1]])
    >>> round(code_error(cells, Rectangle(), here, torch.as_tensor(cells.targets(here))), 6)
    0.0
    """
    logits = targets.clamp_min(torch.finfo(targets.dtype).tiny).log()
    error = arena.displacement(position, place_cells.decode(logits.numpy()))
    return float(np.linalg.norm(error, axis=-1).mean())
