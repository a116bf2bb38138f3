"""One network on several processes: each takes its share of every batch, and gradients are averaged.

torchrun --nproc-per-node 4 -m gridcells train sorscher2019 --device cuda --out runs/big
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator
from typing import Any

import torch
from torch import distributed

__all__ = ["Share", "check_agreed", "first_before_others", "process_group", "rank", "shared"]


def rank() -> int:
    """Say which of several processes this is; 0 where there is one."""
    return distributed.get_rank() if _joined() else 0


def _joined() -> bool:
    return distributed.is_available() and distributed.is_initialized()


@contextlib.contextmanager
def process_group(device: str = "cpu") -> Iterator[str]:
    """Join the processes that torchrun started, if it did.

    Parameters
    ----------
    device : str
        Where to compute: on "cpu" the processes talk through gloo, on "cuda" through NCCL.

    Yields
    ------
    str
        The device of this process: "cuda:1" for the second on a machine.

    Raises
    ------
    ValueError
        If the device is "cuda" and this machine has fewer GPUs than processes.

    Examples
    --------
    >>> with process_group() as device:
    ...     device, rank()
    ('cpu', 0)
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    if device == "cuda":
        number, count = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
        if number >= count:
            raise ValueError(f"device: expected a GPU for each process, got {count} on this machine")
        device = f"cuda:{number}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    try:
        yield device
    finally:
        distributed.destroy_process_group()


@contextlib.contextmanager
def first_before_others() -> Iterator[None]:
    """Let the first of several processes do what is within; then the others may."""
    if rank() > 0:
        distributed.barrier()
    yield
    if rank() == 0 and _joined():
        distributed.barrier()


def check_agreed(step: int, device: torch.device) -> None:
    """Raise a ValueError unless all processes go on from one step: they must read the same checkpoint."""
    if not _joined():
        return
    ends = torch.tensor([step, -step], device=device)
    distributed.all_reduce(ends, distributed.ReduceOp.MAX)
    last, first = ends[0].item(), -ends[1].item()
    if first != last:
        raise ValueError(f"out: expected a folder that all processes read, got checkpoints of steps {first} and {last}")


def shared(task: Any) -> Any:
    """Give a task its share of the work where there are several processes; otherwise as it is."""
    if not _joined():
        return task
    return Share(task, distributed.get_rank(), distributed.get_world_size())


class Share:
    """A task as one of several processes does it; whatever is not here is the task's own.

    The paths are those that one process would take. Each process has an equal part of every batch; since a loss is a
    mean over paths, the mean of the processes' gradients is the gradient of the whole batch: what
    `torch.nn.parallel.DistributedDataParallel` computes, for the few matrices of these networks in one exchange.

    Parameters
    ----------
    task : Task
        The task.
    rank, world : int
        Which process this is, and of how many.

    Raises
    ------
    ValueError
        If a batch cannot be cut into equal parts, or the network has dropout, whose masks are drawn for whole batches.
    """

    def __init__(self, task: Any, rank: int, world: int) -> None:
        setting = task.preset.flat()
        for name in ("training.batch", *(["growth.core_batch"] if setting.get("growth.core_units") else [])):
            if setting[name] % world:
                raise ValueError(f"{name}: expected a multiple of the {world} processes, got {setting[name]}")
        if setting.get("network.dropout"):
            raise ValueError(f"network.dropout: expected 0 with several processes, got {setting['network.dropout']}")
        self.task, self.rank, self.world = task, rank, world

    def __getattr__(self, name: str) -> Any:
        return getattr(self.task, name)

    def batches(self, start: int = 0) -> Generator[Any, None, None]:
        """Yield this process's part of every batch."""
        with contextlib.closing(self.task.batches(start)) as whole:
            for batch in whole:
                yield batch.split(len(batch.start) // self.world)[self.rank]

    def loss(self, network: Any, batch: Any, step: int) -> torch.Tensor:
        """Measure the loss of the whole batch; its gradient is that of this process's part."""
        mine = self.task.loss(network, batch, step)
        mean = mine.detach().clone()
        distributed.all_reduce(mean)
        return mine + (mean / self.world - mine.detach())

    def clip(self, network: Any, step: int = 0) -> None:
        """Average the gradients, then do as the task does."""
        weights = [weight for weight in network.parameters() if weight.grad is not None]
        flat = torch.cat([weight.grad.flatten() for weight in weights])
        distributed.all_reduce(flat)
        flat /= self.world
        for weight, part in zip(weights, flat.split([weight.numel() for weight in weights]), strict=True):
            weight.grad.copy_(part.view_as(weight))
        self.task.clip(network, step)

    def measure(self, network: Any) -> dict[str, float]:
        """Judge the network, in the first process alone."""
        return self.task.measure(network) if self.rank == 0 else {}
