"""How it learns: one loop, one forward pass, and runs that go on after any stop with the same weights, bit for bit."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import torch

from gridcells._common.signals import requests_to_end
from gridcells.presets.catalogue import AnyPreset
from gridcells.presets.catalogue import preset as named_preset
from gridcells.training.checkpoints import JSONObject
from gridcells.training.distributed import Processes, check_agreed, first_before_others
from gridcells.training.learner import Learner
from gridcells.training.pose_task import PoseTask
from gridcells.training.run import Run
from gridcells.training.state import TrainingState, alone_in_folder, open_folder
from gridcells.training.task import NetworkKind, Task
from gridcells.training.tasks import make_task
from gridcells.world.datasets import TrajectoryDataset

__all__ = ["Stopped", "device_name", "interrupts", "resolve_device", "train"]

REPORT_EVERY = 20  # steps between reads of the loss, which make the program wait for the device


class Stopped(KeyboardInterrupt):
    """Raised when a run was interrupted and its checkpoint saved; the message says how to go on."""


@alone_in_folder
def train(
    preset: AnyPreset | str,
    *,
    seed: int = 0,
    out: str | Path | None = None,
    data: str | Path | TrajectoryDataset | None = None,
    device: str = "cpu",
    resume: bool = False,
    observer: Callable[[int, dict[str, float]], None] | None = None,
    watcher: Callable[[int, NetworkKind], None] | None = None,
) -> Run:
    """Train a network from random weights.

    Parameters
    ----------
    preset : RNNPreset, LSTMPreset or str
        The setting, or its name ("lattice").
    seed : int
        Place field centres, initial weights and paths follow from it.
    out : path_like, optional
        The run's folder: configuration, metrics and checkpoints go there. None keeps everything in memory.
    data : path_like or TrajectoryDataset, optional
        A dataset, or its folder, from which an LSTM's training paths are read; None simulates them.
    device : str
        Where to compute: "cpu", "cuda", "mps".
    resume : bool
        Go on from the newest usable checkpoint in ``out``; from the start where there is none yet.
    observer : callable, optional
        Called with the step and the newest numbers every few steps.
    watcher : callable, optional
        Called with the step and the network at the start and at every evaluation; it must leave the network as it is.

    Returns
    -------
    Run
        The task, the trained network and the metrics.

    Raises
    ------
    ValueError
        If there is no preset of that name, the device is not there, or ``out`` holds another run, or one and
        ``resume`` is false.
    OSError
        If ``out`` cannot be written.
    Stopped
        After an interrupt (Ctrl-C, or the system's request to end), once the checkpoint is saved.

    Notes
    -----
    Source: Sorscher et al. 2023, Methods, and code released with Sorscher et al. 2019 (loss and its penalty). Under
    torchrun, within `gridcells.training.process_group`, several processes share every batch; the first one writes.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> small = preset("laptop").override({"steps": 2, "units": 8, "evaluate_every": 2})
    >>> train(small, seed=0).metrics[-1]["step"]
    2
    """
    chosen = named_preset(preset) if isinstance(preset, str) else preset
    setting, where = chosen.training, resolve_device(device, chosen)
    task, processes = make_task(chosen, seed, data), Processes.here()
    processes.check(chosen)
    learner = Learner.of(task, where)
    state = TrainingState.of(learner)
    identity = _identity(task, data)
    folder = None
    if out is not None:
        with first_before_others():
            folder, identity = open_folder(out, identity, resume or processes.rank > 0)
        if resume:
            state.restore(folder, identity, learner)
            if state.step and processes.rank == 0:
                state.write_metrics(folder)
    check_agreed(state.step, where)

    numbers: dict[str, float] = dict(state.metrics[-1]) if state.metrics else {}
    if observer is not None:
        observer(state.step, numbers)
    if watcher is not None:
        watcher(state.step, learner.network)
    with contextlib.closing(task.batches(state.step)) as batches, interrupts() as interrupted, _products(chosen):
        while state.step < setting.steps:
            batch = processes.part(next(batches)).to(where)
            loss = learner.learn(batch, state.step, processes)
            state.count(loss)
            done = state.step == setting.steps

            if observer is not None and state.step % REPORT_EVERY == 0:
                numbers["loss"] = loss.item()
                observer(state.step, numbers)
            if state.step % setting.evaluate_every == 0 or done:
                measured = task.measure(learner.network) if processes.rank == 0 else {}
                numbers = state.add_row(measured, setting.learning_rate)
                if observer is not None:
                    observer(state.step, numbers)
                if watcher is not None:
                    watcher(state.step, learner.network)

            stopping = interrupted()
            if folder is not None and (state.step % setting.checkpoint_every == 0 or done or stopping):
                if processes.rank == 0:
                    state.save(folder, identity, learner)
                state.saved = state.step
            if stopping and not done:
                how = f"saved at step {state.saved}; go on with --resume --out {folder}"
                kept = how if folder else "nothing was saved"
                raise Stopped(f"interrupted at step {state.step}: {kept}")
    return Run(task, learner.network, state.metrics)


def _identity(task: Task, data: str | Path | TrajectoryDataset | None) -> JSONObject:
    """Return what makes the run this one and no other: preset, seed and data."""
    identity: JSONObject = {"preset": task.preset.as_dict(), "seed": task.seed}
    if data is not None:
        folder = data.folder if isinstance(data, TrajectoryDataset) else Path(data)
        identity["data"] = folder.resolve().name
    if isinstance(task, PoseTask) and task.data is not None:
        identity["data_used"] = task.data.used
    return identity


def resolve_device(device: str, preset: AnyPreset | None = None) -> torch.device:
    """Return the device, or raise a ValueError that says which ones this machine has, or what it cannot compute.

    Examples
    --------
    >>> resolve_device("cpu")
    device(type='cpu')
    """
    here = ["cpu", *(["cuda"] if torch.cuda.is_available() else []), *(["mps"] if torch.mps.is_available() else [])]
    try:
        wanted = torch.device(device)
    except RuntimeError:
        wanted = None
    if wanted is None or wanted.type not in here or (wanted.index or 0) >= max(1, torch.cuda.device_count()):
        raise ValueError(f"device: expected one of {', '.join(here)} on this machine, got {device!r}")
    if wanted.type == "mps" and preset is not None and preset.flat().get("training.precision") == "double":
        raise ValueError("training.precision: expected single on mps, which has no other, got double")
    return wanted


def device_name(device: torch.device) -> str:
    """Return the name of a GPU, or the kind of another device.

    Examples
    --------
    >>> device_name(torch.device("cpu"))
    'cpu'
    """
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


@contextlib.contextmanager
def _products(preset: AnyPreset) -> Iterator[None]:
    """Make a GPU multiply in the precision that the preset asks for."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = preset.flat().get("training.precision") == "tf32"
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


@contextlib.contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C, or request to end, into a flag that is read between steps; a second one stops at once.

    Examples
    --------
    >>> with interrupts() as interrupted:
    ...     interrupted()
    False
    """
    pressed = False

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {number: signal.signal(number, remember) for number in requests_to_end()}
    try:
        yield lambda: pressed
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
