"""Several LSTMs at once: their weights along a leading axis, and on a GPU each step as one recorded graph."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from gridcells._common.streams import Stream
from gridcells.networks.lstm_recurrence import lstm_states
from gridcells.networks.pose_lstm import PoseLSTM
from gridcells.presets import LSTMPreset
from gridcells.training.checkpoints import JSONObject
from gridcells.training.learner import Learner
from gridcells.training.loop import Stopped, interrupts, resolve_device
from gridcells.training.optimisers import TensorFlowRMSprop
from gridcells.training.pose_task import PoseBatch, PoseTask
from gridcells.training.run import Run
from gridcells.training.state import TrainingState, open_folder, own_folder
from gridcells.training.task import batches_a_block
from gridcells.world.ensembles import cross_entropy

__all__ = ["train_poses_together"]

_Learner: TypeAlias = Learner[LSTMPreset, PoseLSTM, PoseBatch]
_AHEAD = 50  # steps whose targets are made at once
_WARM = 3  # steps before one is recorded
_MAY_DIFFER = ("motion.", "arena.", "scoring.")  # settings by whose names begin with these


def train_poses_together(
    runs: Sequence[tuple[LSTMPreset, int]],
    *,
    device: str = "cpu",
    out: Sequence[str | Path] | None = None,
    resume: bool = False,
    workers: int = 0,
    observer: Callable[[int, list[dict[str, float]]], None] | None = None,
) -> list[Run]:
    """Train several LSTMs in one loop, as `gridcells.training.loop.train` trains each alone.

    Parameters
    ----------
    runs : sequence of (LSTMPreset, int)
        A preset and a seed for each network. Only motion, arena and scoring may differ; the rate of learning is
        constant and the optimiser TensorFlow's RMSProp.
    device : str
        Where to compute: "cpu", "cuda", "mps".
    out : sequence of path_like, optional
        A folder for each run, as `train` leaves it; `train` goes on in it too. None keeps everything in memory.
    resume : bool
        Go on from the newest checkpoints in ``out``.
    workers : int
        Processes that simulate paths ahead; 0 simulates them here, between steps.
    observer : callable, optional
        Called at every evaluation with the step and each network's row of metrics.

    Returns
    -------
    list of Run
        Task, network and metrics of each, in order; ``seconds`` is the time of all together.

    Raises
    ------
    ValueError
        If there is no run, settings that must agree differ or are none of those that train together, or a loss is not
        finite.
    Stopped
        After an interrupt, once the checkpoints are saved.

    Notes
    -----
    Every network sees the paths and the dropout that it sees alone, and no number of one enters another's; sums are
    rounded in another order. On a GPU a step is recorded once as a CUDA graph and then replayed; since a path of 100
    samples is a chain of small kernels, more networks cost little: on an NVIDIA H200 a step of six took 3.2 ms, of
    eight 3.5 ms, where a step of one takes 21 ms on one thread of a processor.

    Source: Banino et al. 2018, Methods (the training of `PoseLSTM`).

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> small = preset("banino2018_paper").override({"steps": 2, "linear_units": 8, "path_steps": 3})
    >>> [run.task.seed for run in train_poses_together([(small, 0), (small, 1)])]
    [0, 1]
    """
    tasks = _alike(runs)
    if out is not None and len(out) != len(tasks):
        raise ValueError(f"out: expected a folder for each of {len(tasks)} runs, got {len(out)}")
    if len({Path(place).resolve() for place in out or ()}) < len(out or ()):
        raise ValueError(f"out: expected a folder of its own for each run, got {', '.join(map(str, out or ()))}")
    setting, where = tasks[0].preset.training, resolve_device(device, tasks[0].preset)
    stack = _Stack(tasks, [Learner.of(task, where) for task in tasks])
    running = torch.zeros(len(tasks), device=where)
    states = [TrainingState(part) for part in running.unbind()]
    with contextlib.ExitStack() as held:
        folders = [held.enter_context(own_folder(place)) for place in out or ()]
        opened = [
            open_folder(place, {"preset": task.preset.as_dict(), "seed": task.seed}, resume)
            for place, task in zip(folders, tasks, strict=False)
        ]
        if resume:
            _restore(states, opened, stack, running)
        step, take = states[0].step, _Recorded(stack, where)
        interrupted = held.enter_context(interrupts())
        batches = held.enter_context(contextlib.closing(_batches(tasks, step, setting.steps, where, workers)))
        for batch in batches:
            running += take(batch)
            step += 1
            done = step == setting.steps
            if step % setting.evaluate_every == 0 or done:
                rows = []
                for state, learner in zip(states, stack.learners, strict=True):
                    state.step = step
                    rows.append(state.add_row(_measured(learner), setting.learning_rate))
                if observer is not None:
                    observer(step, rows)
            stopping = interrupted()
            if opened and (step % setting.checkpoint_every == 0 or done or stopping):
                for state, (folder, identity), learner in zip(states, opened, stack.learners, strict=True):
                    state.step = step
                    state.save(folder, identity, learner)
            if stopping and not done:
                raise Stopped(f"interrupted at step {step}: {'saved' if opened else 'nothing was saved'}")
    trained = zip(tasks, stack.networks, states, strict=True)
    return [Run(task, network, state.metrics) for task, network, state in trained]


def _measured(learner: _Learner) -> dict[str, float]:
    with warnings.catch_warnings():  # cuDNN takes an LSTM whose weights lie beside another's, and says that it copies
        warnings.filterwarnings("ignore", "RNN module weights")
        return learner.task.measure(learner.network)


class _Stack:
    """The networks' weights, stacked [network, ...]; the networks and their optimisers hold views of them."""

    def __init__(self, tasks: Sequence[PoseTask], learners: Sequence[_Learner]) -> None:
        self.learners, self.networks = learners, [learner.network for learner in learners]
        self.weights: dict[str, torch.nn.Parameter] = {}
        self._task, self._forget = tasks[0], learners[0].network.lstm.get_parameter("bias_hh_l0")
        for name, weight in self.networks[0].named_parameters():
            if weight.requires_grad:
                own = [network.get_parameter(name) for network in self.networks]
                self.weights[name] = torch.nn.Parameter(torch.stack([one.detach() for one in own]))
                for one, view in zip(own, self.weights[name].detach(), strict=True):
                    one.data = view
        optimiser = self._task.optimiser_of(list(self.weights.values()))
        assert isinstance(optimiser, TensorFlowRMSprop)
        self.optimiser = optimiser
        self.share_state()

    def share_state(self) -> None:
        """Make what a network's optimiser keeps a view of what the common one keeps, which takes over its values."""
        for name, weight in self.weights.items():
            common = self.optimiser.begin(weight)
            for number, learner in enumerate(self.learners):
                kept = learner.optimiser.state[learner.network.get_parameter(name)]
                for entry, values in common.items():
                    if entry in kept:
                        values[number].copy_(kept[entry])
                    kept[entry] = values[number]

    def step(self, batch: Sequence[torch.Tensor]) -> torch.Tensor:
        """Take one gradient step of every network, given inputs and targets; return the losses [network], nats."""
        self.optimiser.zero_grad()
        losses = self._losses(*batch)
        losses.sum().backward()
        for name in self._task.decayed(self.weights):
            weight = self.weights[name]
            assert weight.grad is not None
            weight.grad += self._task.preset.training.weight_decay * weight.detach()
        self._task.clip_gradients(self.weights)
        self.optimiser.step()
        return losses.detach()

    def _losses(
        self,
        velocity: torch.Tensor,
        code: torch.Tensor,
        places: torch.Tensor,
        headings: torch.Tensor,
        kept: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Measure each network's mean cross-entropy, as `PoseTask.loss` does → [network], nats."""
        setting, held = self._task.preset.network, self.weights
        start = torch.baddbmm(held["start.bias"][:, None], code, held["start.weight"].mT)
        bias = (held["lstm.bias_ih_l0"] + self._forget)[:, None, None]
        drive = torch.matmul(velocity, held["lstm.weight_ih_l0"].mT[:, None]) + bias
        states = lstm_states(
            drive.permute(2, 0, 1, 3).contiguous(),  # [time, network, batch, gate]
            start[..., : setting.units].contiguous(),
            start[..., setting.units :].contiguous(),
            held["lstm.weight_hh_l0"],
        )
        hidden = states.permute(1, 2, 0, 3).flatten(1, 2)  # [network, sample, unit]
        activity = torch.bmm(hidden, held["linear.weight"].mT)
        if setting.rectified:
            activity = activity.relu()
        if kept is not None:
            activity = activity * kept.flatten(1, 2) / (1 - setting.dropout)
        logits = torch.baddbmm(held["readouts.bias"][:, None], activity, held["readouts.weight"].mT)
        of_places, of_headings = logits.split([places.shape[-1], headings.shape[-1]], -1)
        wrong = cross_entropy(of_places, places.flatten(1, 2)) + cross_entropy(of_headings, headings.flatten(1, 2))
        return wrong.mean(1)


class _Recorded:
    """A step that a GPU records once, after a few as they come, and then replays."""

    def __init__(self, stack: _Stack, where: torch.device) -> None:
        self._stack, self._records, self._taken = stack, where.type == "cuda", 0
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, batch: Sequence[torch.Tensor]) -> torch.Tensor:
        """Take a step; return the losses [network]."""
        if not self._records:
            return self._stack.step(batch)
        if self._taken < _WARM:
            self._taken += 1
            aside = torch.cuda.Stream()
            aside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(aside):
                losses = self._stack.step(batch)
            torch.cuda.current_stream().wait_stream(aside)
            return losses
        if self._graph is None:
            self._graph, self._batch = torch.cuda.CUDAGraph(), [part.clone() for part in batch]
            with torch.cuda.graph(self._graph):
                self._losses = self._stack.step(self._batch)
        for held, part in zip(self._batch, batch, strict=True):
            held.copy_(part)
        self._graph.replay()
        return self._losses


class _Blocks(Dataset[list[torch.Tensor]]):
    """Blocks of training paths of several tasks, network after network: what a worker simulates at once."""

    def __init__(self, tasks: Sequence[PoseTask], first: int, last: int) -> None:
        self._tasks, self._first, self._last = tasks, first, last

    def __len__(self) -> int:
        return len(self._tasks) * (self._last - self._first)

    def __getitem__(self, number: int) -> list[torch.Tensor]:
        """Return inputs, starts, positions, start headings and headings [step, path, ...], and dropout as bits."""
        after, network = divmod(number, len(self._tasks))
        task, block = self._tasks[network], self._first + after
        size, units = task.preset.training.batch, task.preset.network.linear_units
        steps = batches_a_block(size)
        batch = PoseBatch.of(task.paths(steps * size, Stream.PATHS, block))
        parts = (batch.velocity, batch.start, batch.position, batch.start_heading, batch.heading)
        found = [part.unflatten(0, (steps, size)).contiguous() for part in parts]
        if task.preset.network.dropout:
            shape = (size, batch.velocity.shape[1], units)
            kept = [np.packbits(task.kept(block * steps + step, shape), axis=-1) for step in range(steps)]
            found.append(torch.as_tensor(np.stack(kept)))
        return found


def _batches(
    tasks: Sequence[PoseTask], start: int, end: int, where: torch.device, workers: int
) -> Generator[list[torch.Tensor], None, None]:
    """Yield what each step takes: inputs [network, batch, time, 3], code, two kinds of targets, and what is kept."""
    task, steps = tasks[0], batches_a_block(tasks[0].preset.training.batch)
    first, units = start // steps, tasks[0].preset.network.linear_units
    blocks = iter(
        DataLoader(
            _Blocks(tasks, first, -(-end // steps)),
            batch_size=None,
            num_workers=workers,
            pin_memory=where.type == "cuda",
            prefetch_factor=2 if workers else None,
            multiprocessing_context="spawn" if workers else None,
        )
    )
    shifts = torch.arange(7, -1, -1, dtype=torch.uint8, device=where)
    for step in range(first * steps, end, _AHEAD):
        if step % steps == 0:
            every = [[part.to(where, non_blocking=True) for part in next(blocks)] for _ in tasks]
        inside = slice(step % steps, step % steps + _AHEAD)
        parts = [torch.stack([part[inside] for part in kind], 1) for kind in zip(*every, strict=True)]
        velocity, origin, position, faced, heading, *bits = parts
        code = torch.cat([task.place_cells.activity(origin), task.head_direction_cells.activity(faced)], -1)
        taken = [velocity, code, task.place_cells.targets(position), task.head_direction_cells.targets(heading)]
        taken += [(part[..., None] >> shifts).bitwise_and_(1).flatten(-2)[..., :units] for part in bits]
        for now, batch in enumerate(zip(*taken, strict=True), step):
            if start <= now < end:
                yield list(batch)


def _restore(
    states: Sequence[TrainingState], opened: Sequence[tuple[Path, JSONObject]], stack: _Stack, running: torch.Tensor
) -> None:
    """Go on from the newest checkpoints, which must be of one step."""
    for number, (state, (folder, identity), learner) in enumerate(zip(states, opened, stack.learners, strict=True)):
        state.restore(folder, identity, learner)
        if state.step:
            state.write_metrics(folder)
        running[number] = state.running
        state.running = running[number]
    stack.share_state()
    if len({state.step for state in states}) > 1:
        found = ", ".join(f"{folder.name} {state.step}" for state, (folder, _) in zip(states, opened, strict=True))
        raise ValueError(f"resume: expected checkpoints of one step, got those of {found}; each can go on alone")


def _alike(runs: Sequence[tuple[LSTMPreset, int]]) -> list[PoseTask]:
    """Return the tasks, or raise a ValueError that says which of them cannot go with the others."""
    if not runs:
        raise ValueError("runs: expected at least one, got none")
    for other, _ in runs:
        if not isinstance(other, LSTMPreset):
            raise ValueError(f"runs: expected presets of an LSTM, got {other.name!r}")
    first = runs[0][0]
    for setting, wanted in (("training.optimiser", "tensorflow_rmsprop"), ("network.standardised", False)):
        if first.flat()[setting] != wanted:
            raise ValueError(f"runs: expected {setting} = {wanted}, got {first.flat()[setting]}")
    if first.training.learning_rate != first.training.final_learning_rate:
        raise ValueError("runs: expected a constant learning rate, got a final_learning_rate of its own")
    for other, _ in runs[1:]:
        for name, value in first.flat().items():
            if not name.startswith(_MAY_DIFFER) and other.flat().get(name) != value:
                raise ValueError(f"runs: expected {name} to agree, got {value} and {other.flat().get(name)}")
    return [PoseTask(preset, seed) for preset, seed in runs]
