"""One network on several processes: each takes its share of every batch, and gradients are averaged.

torchrun --nproc-per-node 4 -m gridcells train sorscher2019 --device cuda --out runs/big
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import distributed

from gridcells._common.protocols import Network
from gridcells.presets import AnyPreset
from gridcells.training.task import BatchKind

__all__ = ["Processes", "check_agreed", "first_before_others", "process_group", "rank"]


def rank() -> int:
    """Return which of several processes this is; 0 where there is one."""
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
    """Run what is within in the first of several processes, then in the others."""
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


@dataclass(frozen=True)
class Processes:
    """The processes that train one network, and what each does of the work.

    The paths are those that one process would take. Each process has an equal part of every batch; since a loss is a
    mean over paths, the mean of the processes' gradients is the gradient of the whole batch: what
    `torch.nn.parallel.DistributedDataParallel` computes, for the few matrices of these networks in one exchange.

    Parameters
    ----------
    rank : int
        Which process this is.
    count : int
        How many there are; with one, everything stays as it is.

    Notes
    -----
    Source: ours, for training one network on several processors.

    Examples
    --------
    >>> Processes.here()
    Processes(rank=0, count=1)
    """

    rank: int = 0
    count: int = 1

    @classmethod
    def here(cls) -> Processes:
        """Return this process among those that `process_group` joined."""
        return cls(distributed.get_rank(), distributed.get_world_size()) if _joined() else cls()

    def check(self, preset: AnyPreset) -> None:
        """Raise a ValueError if batches have no equal parts, or dropout and noise are drawn for whole batches."""
        if self.count == 1:
            return
        setting = preset.flat()
        for name in ("training.batch", *(["growth.core_batch"] if setting.get("growth.core_units") else [])):
            if int(setting[name]) % self.count:
                raise ValueError(f"{name}: expected a multiple of the {self.count} processes, got {setting[name]}")
        for name in ("network.dropout", "network.noise"):
            if setting.get(name):
                raise ValueError(f"{name}: expected 0 with several processes, got {setting[name]}")

    def part(self, batch: BatchKind) -> BatchKind:
        """Take this process's part of a batch."""
        return batch if self.count == 1 else batch.split(len(batch.start) // self.count)[self.rank]

    def mean_loss(self, loss: torch.Tensor) -> torch.Tensor:
        """Return the loss of the whole batch, whose gradient is that of this process's part."""
        if self.count == 1:
            return loss
        mean = loss.detach().clone()
        distributed.all_reduce(mean)
        return loss + (mean / self.count - loss.detach())

    def average_gradients(self, network: Network) -> None:
        """Replace each gradient by its mean over the processes."""
        if self.count == 1:
            return
        gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.count
        for gradient, part in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))
