"""Many small networks at once: stacked along a leading axis, each with its own seed, targets and optimiser."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch

from gridcells._common.protocols import PlaceCode
from gridcells.networks.path_integrator import PathIntegrator
from gridcells.networks.recurrence import recurrent_states
from gridcells.presets import RNNPreset
from gridcells.training.learner import Learner
from gridcells.training.loop import resolve_device
from gridcells.training.place_task import PlaceBatch, PlaceTask
from gridcells.training.run import Run
from gridcells.training.task import Task
from gridcells.training.tasks import make_task
from gridcells.world.place_cells import PlaceCells

__all__ = ["train_together"]

_ALIKE = (
    "network.cell",
    "network.units",
    "training.batch",
    "training.path_steps",
    "training.steps",
    "training.evaluate_every",
    "training.precision",
)
_Learner: TypeAlias = Learner[RNNPreset, PathIntegrator, PlaceBatch]
_CACHED = 2**18  # predictions that a processor's cache holds: more networks in one pass would be slower there


def train_together(
    runs: Sequence[tuple[RNNPreset, int]],
    *,
    device: str = "cpu",
    observer: Callable[[int, list[float]], None] | None = None,
) -> list[Run]:
    """Train several networks of one size in one loop, as `gridcells.training.loop.train` trains each alone.

    Parameters
    ----------
    runs : sequence of (RNNPreset, int)
        A preset and a seed for each network. Units, number of place cells, cell, batch, path length, steps,
        precision and ``evaluate_every`` must agree; everything else may differ.
    device : str
        Where to compute: "cpu", "cuda", "mps".
    observer : callable, optional
        Called at every evaluation with the step and each network's mean loss since the last.

    Returns
    -------
    list of Run
        Task, network and metrics of each, in order; ``seconds`` is the time of all together.

    Raises
    ------
    ValueError
        If there is no run, settings that must agree differ, a network is none of "relu" or "tanh" units alone, or a
        loss is not finite (the message says whose).

    Notes
    -----
    The weights stay those of ordinary networks, each with its own optimiser; only the forward pass, and with it the
    backward one, runs for all at once. No number of one network enters another's. Sums are rounded in another order
    than one by one: the gradient of the recurrent weights is summed over samples and paths in one product, where
    `torch.nn.RNN` adds up samples. In double precision gradients agree to 1e-12. In single precision losses and weights
    agree to some 1e-7 at first; the difference grows with the steps as in any chaotic system, the sooner the more units
    there are, since Adam makes steps of one length even of gradients that are little more than rounding. With
    ``training.precision`` "double" it stays out of sight.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> small = preset("debate").override({"units": 8, "steps": 2, "evaluate_every": 2, "batch": 4})
    >>> [run.task.seed for run in train_together([(small, 0), (small.override({"field_width": 0.1}), 1)])]
    [0, 1]
    """
    tasks = _alike([make_task(preset, seed) for preset, seed in runs])
    where = resolve_device(device, tasks[0].preset)
    learners: list[_Learner] = [Learner.of(task, where) for task in tasks]
    networks = [learner.network for learner in learners]
    parts = _parts(tasks, where)
    metrics: list[list[dict[str, float]]] = [[] for _ in tasks]
    setting = tasks[0].preset.training
    running, since, began = networks[0].recurrent_weight.new_zeros(len(tasks)), 0, time.perf_counter()
    with contextlib.ExitStack() as stack:
        sources = [stack.enter_context(contextlib.closing(task.batches())) for task in tasks]
        for step in range(1, setting.steps + 1):
            for learner in learners:
                learner.prepare(step - 1)
                torch.as_tensor(learner.task.penalty(learner.network, step - 1)).backward()
            running += _backward(networks, parts, [next(source) for source in sources])
            for learner in learners:
                learner.update(step - 1)
            since += 1
            if step % setting.evaluate_every == 0 or step == setting.steps:
                means = (running / since).tolist()
                _check_finite(tasks, means, step)
                for task, network, rows, mean in zip(tasks, networks, metrics, means, strict=True):
                    seconds = round(time.perf_counter() - began, 2)
                    rows.append({"step": step, "loss": mean, **task.measure(network), "seconds": seconds})
                running.zero_()
                since = 0
                if observer is not None:
                    observer(step, means)
    return [Run(*found) for found in zip(tasks, networks, metrics, strict=True)]


class _AlikeCells(PlaceCells):
    """Place cells of several networks, alike but for centres and widths; positions are [network, ..., 2]."""

    def __init__(self, several: Sequence[PlaceCells]) -> None:
        first = several[0]
        self.arena, self.tuning, self.surround_ratio = first.arena, first.tuning, first.surround_ratio
        self.centers = np.stack([cells.centers.T for cells in several])[:, :, None]  # [network, axis, 1, cell]
        self.scale = np.array([-0.5 / cells.width**2 for cells in several])[:, None, None]

    def _exponent(self, position: torch.Tensor) -> torch.Tensor:
        return self._squared_distance(position).mul_(
            torch.as_tensor(self.scale, dtype=position.dtype, device=position.device)
        )

    def loss(self, logits: torch.Tensor, position: torch.Tensor) -> torch.Tensor:
        """Measure each network's mean cross-entropy, nats → [network]."""
        targets = self.targets(position)
        every = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(0, 1), reduction="none")
        return every.view(len(logits), -1).mean(1)


@dataclass(frozen=True)
class _Part:
    """Networks whose targets are made in one pass: those at these places in the order of all."""

    members: tuple[int, ...]
    cells: PlaceCode
    where: torch.device

    def of(self, batches: Sequence[PlaceBatch]) -> PlaceBatch:
        """Put their paths side by side → [network, time, batch, 2], starts [network, batch, 2]."""
        own = [batches[member] for member in self.members]
        velocity, start, position = (
            torch.stack([getattr(batch, name) for batch in own]) for name in ("velocity", "start", "position")
        )
        return PlaceBatch(velocity.transpose(1, 2), start, position.transpose(1, 2)).to(self.where)


def _parts(tasks: Sequence[PlaceTask], where: torch.device) -> list[_Part]:
    """Return which targets are made in one pass; on a CPU as many as its cache holds."""
    setting = tasks[0].preset.training
    most = _CACHED // (setting.batch * setting.path_steps * len(tasks[0].place_cells))
    most = max(1, most) if where.type == "cpu" else len(tasks)
    alike: dict[Hashable, list[int]] = {}
    for member, task in enumerate(tasks):
        cells, network = task.place_cells, task.preset.network
        key: Hashable = member  # by itself
        if type(cells) is PlaceCells and cells.distance == "straight":
            key = cells.tuning, cells.surround_ratio, cells.arena, network.standardised, task.preset.motion.time_step
        alike.setdefault(key, []).append(member)
    parts = []
    for members in alike.values():
        for first in range(0, len(members), most):
            some = tuple(members[first : first + most])
            own = [cells for cells in (tasks[member].place_cells for member in some) if isinstance(cells, PlaceCells)]
            parts.append(_Part(some, _AlikeCells(own) if len(own) > 1 else tasks[some[0]].place_cells, where))
    return parts


def _backward(
    networks: Sequence[PathIntegrator], parts: Sequence[_Part], batches: Sequence[PlaceBatch]
) -> torch.Tensor:
    """Add the gradient of each network's loss to its weights; return the losses [network].

    A part's gradient goes back to its units' activity at once, so that the predictions of one part are held at a time.
    """
    inputs, positions = [], []
    for part in parts:
        batch = part.of(batches)
        inputs.append(networks[part.members[0]].inputs(batch.velocity, part.cells.initial_code(batch.start)))
        positions.append(batch.position.flatten(1, 2))
    velocity, code = (torch.cat(kind) for kind in zip(*inputs, strict=True))
    order = [member for part in parts for member in part.members]
    encoder, incoming, recurrent = (
        torch.stack([networks[member].get_parameter(name) for member in order])
        for name in ("encoder.weight", "RNN.weight_ih_l0", "RNN.weight_hh_l0")
    )
    drive = torch.bmm(velocity.flatten(1, 2), incoming.mT).unflatten(1, velocity.shape[1:3])
    states = recurrent_states(drive, torch.bmm(code, encoder.mT), recurrent, networks[0].cell)
    hidden = states.flatten(1, 2)  # [network, sample, unit]

    losses, gradients = hidden.new_empty(len(networks)), []
    activity = hidden.detach().split([len(part.members) for part in parts])
    for part, own, position in zip(parts, activity, positions, strict=True):
        own.requires_grad_()
        decoder = torch.stack([networks[member].decoder.weight for member in part.members])
        loss = part.cells.loss(torch.bmm(own, decoder.mT), position)
        loss.sum().backward()
        losses[list(part.members)] = loss.detach()
        gradients.append(own.grad)
    hidden.backward(torch.cat(gradients))
    return losses


def _alike(tasks: Sequence[Task]) -> list[PlaceTask]:
    """Return the tasks, or raise a ValueError that says which of them cannot go with the others."""
    if not tasks:
        raise ValueError("runs: expected at least one, got none")
    found = [task for task in tasks if isinstance(task, PlaceTask) and _is_plain(task)]
    for task in tasks:
        if task not in found:
            raise ValueError(
                "runs: expected networks of relu or tanh units alone, without growth, leak, bias, noise or cost of"
                f" activity, got {task.preset.label!r}"
            )
    for task in found:
        if task.preset.training.loss_share != 1:
            raise ValueError(f"runs: expected a loss_share of 1, got {task.preset.training.loss_share}")
    for name in _ALIKE:
        values = {task.preset.flat()[name] for task in found}
        if len(values) > 1:
            raise ValueError(f"runs: expected {name} to agree, got {', '.join(map(str, sorted(values)))}")
    cells = {len(task.place_cells) for task in found}
    if len(cells) > 1:
        raise ValueError(f"runs: expected as many place cells in each, got {', '.join(map(str, sorted(cells)))}")
    return found


def _is_plain(task: PlaceTask) -> bool:
    network = task.preset.network
    kept = network.leak < 1 or network.bias or network.noise or task.preset.training.activity_cost
    plain = network.cell in ("relu", "tanh") and not network.linear_units
    return task.preset.kind == "place" and plain and not kept


def _check_finite(tasks: Sequence[PlaceTask], means: Sequence[float], step: int) -> None:
    for number, (task, mean) in enumerate(zip(tasks, means, strict=True)):
        if not math.isfinite(mean):
            raise ValueError(
                f"runs[{number}]: expected a learning rate at which the loss stays finite, got"
                f" {task.preset.training.learning_rate} (seed {task.seed}): the loss is {mean} at step {step}"
            )
