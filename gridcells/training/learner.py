"""One gradient step: what is done before a loss, how its gradient is taken, and what is done with that gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Self

import torch

from gridcells.training.distributed import Processes
from gridcells.training.task import BatchKind, NetworkKind, PresetKind, Task

__all__ = ["Learner"]


@dataclass(frozen=True)
class Learner(Generic[PresetKind, NetworkKind, BatchKind]):
    """A network with its task and the optimiser of its weights.

    Parameters
    ----------
    task : Task
        What it learns.
    network : torch.nn.Module
        The network.
    optimiser : torch.optim.Optimizer
        What changes its weights.
    """

    task: Task[PresetKind, NetworkKind, BatchKind]
    network: NetworkKind
    optimiser: torch.optim.Optimizer

    @classmethod
    def of(cls, task: Task[PresetKind, NetworkKind, BatchKind], device: torch.device) -> Self:
        """Make the untrained network of a task, on a device, and its optimiser."""
        network = task.network().to(device)
        return cls(task, network, task.optimiser(network))

    def prepare(self, step: int) -> None:
        """Set the learning rate of a step, change the network where the task says so, and forget the last gradient."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.task.learning_rate(step)
        self.task.before_step(self.network, self.optimiser, step)
        self.optimiser.zero_grad()

    def learn(self, batch: BatchKind, step: int, processes: Processes) -> torch.Tensor:
        """Take one gradient step; return the loss of the whole batch before it, nats (a scalar).

        Parameters
        ----------
        batch : PathBatch
            The paths of this process.
        step : int
            Gradient steps taken so far.
        processes : Processes
            The processes that share the batch, or the one there is.
        """
        self.prepare(step)
        loss = processes.mean_loss(self.task.loss(self.network, batch, step))
        (loss + self.task.penalty(self.network, step)).backward()
        processes.average_gradients(self.network)
        self.update(step)
        return loss.detach()

    def update(self, step: int) -> None:
        """Change the weights along the gradients, which the task adjusts first."""
        self.task.adjust_gradients(self.network, step)
        self.optimiser.step()
