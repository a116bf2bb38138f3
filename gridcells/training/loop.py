"""How it learns: one loop, one forward pass, and runs that go on after any stop with the same weights, bit for bit."""

from __future__ import annotations

import contextlib
import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gridcells._common.files import atomic_path, writable_folder, write_json
from gridcells.presets import AnyPreset, LSTMPreset, Preset
from gridcells.training.checkpoints import Checkpoint, latest_checkpoint, save_checkpoint
from gridcells.training.distributed import check_agreed, first_before_others, rank, shared
from gridcells.training.encoding_task import EncodingTask
from gridcells.training.grown_task import GrowingTask
from gridcells.training.place_task import PlaceTask
from gridcells.training.pose_task import PoseTask
from gridcells.training.task import Task
from gridcells.world.datasets import TrajectoryDataset

__all__ = ["Run", "Stopped", "make_task", "resolve_device", "train"]

REPORT_EVERY = 20  # steps between reads of the loss, which make the program wait for the device


class Stopped(KeyboardInterrupt):
    """Raised when a run was interrupted and its checkpoint saved; the message says how to go on."""


@dataclass(frozen=True)
class Run:
    """A trained network and how it came about.

    Parameters
    ----------
    task : Task
        What was learnt, with its preset and seed.
    network : torch.nn.Module
        The trained network.
    metrics : list of dict
        A row an evaluation: step, loss (nats, mean since the row before), decoding_error (m), seconds;
        final_error (m) where the preset is one of the LSTM.
    """

    task: Task
    network: Any
    metrics: list[dict[str, float]]


def make_task(preset: AnyPreset, seed: int, data: str | Path | TrajectoryDataset | None = None) -> Task:
    """Make what a preset and a seed stand for, whichever kind of network the preset describes."""
    if isinstance(preset, LSTMPreset):
        held = TrajectoryDataset(data) if isinstance(data, str | Path) else data
        return PoseTask(preset, seed, held)
    if data is not None:
        raise ValueError(f"data: expected none for {preset.name!r}: only LSTM presets train on a dataset, got {data}")
    if preset.network.cell.startswith("one_layer"):
        return EncodingTask(preset, seed)
    return GrowingTask(preset, seed) if preset.growth.core_units else PlaceTask(preset, seed)


def train(
    preset: AnyPreset,
    *,
    seed: int,
    out: str | Path | None = None,
    data: str | Path | TrajectoryDataset | None = None,
    device: str = "cpu",
    resume: bool = False,
    observer: Callable[[int, dict[str, float]], None] | None = None,
    watcher: Callable[[int, Any], None] | None = None,
) -> Run:
    """Train a network from random weights.

    Parameters
    ----------
    preset : RNNPreset or LSTMPreset
        The setting.
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
        If the device is not there, or ``out`` holds another run, or one and ``resume`` is false.
    OSError
        If ``out`` cannot be written.
    Stopped
        After an interrupt (Ctrl-C), once the checkpoint is saved.

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
    setting = preset.training
    where = resolve_device(device, preset)
    whole = make_task(preset, seed, data)
    task = shared(whole)
    network = task.network().to(where)
    optimiser = task.optimiser(network)
    identity: dict[str, Any] = {"preset": preset.as_dict(), "seed": task.seed}
    if data is not None:
        folder_of = data.folder if isinstance(data, TrajectoryDataset) else Path(data)
        identity["data"] = folder_of.resolve().name
    folder = None
    if out is not None:
        with first_before_others():
            folder, identity = _open_folder(out, identity, resume or rank() > 0)
    step, running, spent = 0, next(network.parameters()).new_zeros(()), 0.0
    metrics: list[dict[str, float]] = []
    if folder is not None and resume:
        checkpoint = latest_checkpoint(folder, expected=identity)
        if checkpoint is not None:
            step, metrics, running, spent = _restore(checkpoint, network, optimiser, where)
    check_agreed(step, where)

    began = time.perf_counter() - spent
    numbers: dict[str, float] = dict(metrics[-1]) if metrics else {}
    saved = step
    if observer is not None:
        observer(step, numbers)
    if watcher is not None:
        watcher(step, network)
    with contextlib.closing(task.batches(step)) as batches, _interrupts() as interrupted:
        while step < setting.steps:
            for group in optimiser.param_groups:
                group["lr"] = task.learning_rate(step)
            task.begin(network, optimiser, step)
            batch = next(batches).to(where)
            loss = task.loss(network, batch, step)
            optimiser.zero_grad()
            (loss + task.penalty(network, step)).backward()
            task.clip(network, step)
            optimiser.step()
            running += loss.detach()
            step += 1

            if observer is not None and step % REPORT_EVERY == 0:
                numbers["loss"] = loss.item()
                observer(step, numbers)
            if step % setting.evaluate_every == 0 or step == setting.steps:
                since = step - (int(metrics[-1]["step"]) if metrics else 0)
                mean_loss = running.item() / since
                if not math.isfinite(mean_loss):
                    raise ValueError(
                        "training.learning_rate: expected one at which the loss stays finite,"
                        f" got {setting.learning_rate}: the loss is {mean_loss} at step {step}"
                    )
                metrics.append(
                    {
                        "step": step,
                        "loss": mean_loss,
                        **task.measure(network),
                        "seconds": round(time.perf_counter() - began, 2),
                    }
                )
                running.zero_()
                numbers = dict(metrics[-1])
                if observer is not None:
                    observer(step, numbers)
                if watcher is not None:
                    watcher(step, network)
            stopping = interrupted()
            due = step % setting.checkpoint_every == 0 or step == setting.steps or stopping
            if folder is not None and due:
                if rank() == 0:
                    _save(folder, identity, network, optimiser, step, metrics, running, time.perf_counter() - began)
                saved = step
            if stopping and step < setting.steps:
                kept = f"saved at step {saved}; go on with --resume --out {folder}" if folder else "nothing was saved"
                raise Stopped(f"interrupted at step {step}: {kept}")
    return Run(whole, network, metrics)


def resolve_device(device: str, preset: AnyPreset | None = None) -> torch.device:
    """Return the device, or raise a ValueError that says which ones this machine has, or what it cannot compute."""
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


def _open_folder(out: str | Path, mine: dict[str, Any], resume: bool) -> tuple[Path, dict[str, Any]]:
    """Return the run's folder and what its checkpoints say of the run: preset and seed, as this run or an older wrote.

    A setting that the folder's run does not list, since the version that began it had none of that name, counts as its
    default.
    """
    folder = writable_folder(out)
    described = folder / "run.json"
    if not described.exists():
        write_json(described, mine)
        return folder, mine
    if not resume:
        raise ValueError(f"out: expected a folder without a run, got {folder}; go on with --resume or choose another")
    held = json.loads(described.read_text(encoding="utf-8"))
    try:
        theirs = {**Preset.from_dict(held["preset"]).as_dict(), "seed": held["seed"], "data": held.get("data")}
    except (ValueError, KeyError, TypeError):  # settings which this version does not know
        theirs = {**held.get("preset", {}), "seed": held.get("seed"), "data": held.get("data")}
    ours = {**mine["preset"], "seed": mine["seed"], "data": mine.get("data")}
    names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    if names:
        changes = ", ".join(f"{name} {theirs.get(name)!r} there, {ours.get(name)!r} here" for name in names)
        raise ValueError(f"out: expected {folder} to hold the run to resume, got one with other settings: {changes}")
    return folder, held


def _save(
    folder: Path,
    identity: dict[str, Any],
    network: Any,
    optimiser: torch.optim.Optimizer,
    step: int,
    metrics: list[dict[str, float]],
    running: torch.Tensor,
    seconds: float,
) -> None:
    tensors = {f"network.{name}": weight for name, weight in network.state_dict().items()}
    tensors["running"] = running
    for index, entries in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": value for name, value in entries.items()}
    generator = {"bit_generator": "PCG64", "stream": "paths", "seed": identity["seed"], "next_batch": step}
    state = {**identity, "generator": generator, "seconds": seconds, "metrics": metrics}
    save_checkpoint(folder, Checkpoint(step, tensors, state))
    with atomic_path(folder / "metrics.jsonl") as temporary:
        temporary.write_text("".join(json.dumps(row) + "\n" for row in metrics), encoding="utf-8")


def _restore(
    checkpoint: Checkpoint, network: Any, optimiser: torch.optim.Optimizer, where: torch.device
) -> tuple[int, list[dict[str, float]], torch.Tensor, float]:
    entries: dict[int, dict[str, torch.Tensor]] = {}
    weights: dict[str, torch.Tensor] = {}
    for name, tensor in checkpoint.tensors.items():
        kind, _, rest = name.partition(".")
        if kind == "network":
            weights[rest] = tensor
        elif kind == "optimiser":
            index, _, entry = rest.partition(".")
            entries.setdefault(int(index), {})[entry] = tensor
    network.load_state_dict(weights)
    optimiser.load_state_dict({**optimiser.state_dict(), "state": entries})
    running = checkpoint.tensors["running"].to(where)
    return checkpoint.step, list(checkpoint.state["metrics"]), running, float(checkpoint.state["seconds"])


@contextlib.contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a flag that is read between steps; a second one stops at once."""
    pressed = False

    def remember(number: int, frame: Any) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, remember)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
