"""What training leaves in memory, and what an opened run is: a network with all that is known of how it came about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic

from gridcells.training.task import BatchKind, NetworkKind, PresetKind, Task

__all__ = ["Run"]


@dataclass(frozen=True)
class Run(Generic[PresetKind, NetworkKind, BatchKind]):
    """A trained network and how it came about, whether it was just trained or is read from files.

    Parameters
    ----------
    task : Task
        What was learnt, with its preset and seed.
    network : torch.nn.Module
        The trained network.
    metrics : list of dict
        A row an evaluation: step, loss (nats, mean since the row before), decoding_error (m), seconds;
        final_error (m) where the preset is one of the LSTM.
    summary : dict
        Command, wall time, versions, hash of the weights, numbers and metrics, as `gridcells.runs.folder.finish` wrote
        them; empty for a run that was not read from files.
    """

    task: Task[PresetKind, NetworkKind, BatchKind]
    network: NetworkKind
    metrics: list[dict[str, float]]
    summary: dict[str, Any] = field(default_factory=dict)
