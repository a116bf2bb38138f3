"""How far a run has come, and its folder: all that a stopped run needs to go on with the same weights, bit for bit."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec, TypeVar

import torch

from gridcells._common.files import atomic_path, writable_folder, write_json
from gridcells._common.locks import LOCK, hold_folder
from gridcells._common.reading import read_sealed, sealed
from gridcells.presets import Preset
from gridcells.training.checkpoints import Checkpoint, JSONObject, latest_checkpoint, remove_orphans, save_checkpoint
from gridcells.training.distributed import rank
from gridcells.training.learner import Learner

__all__ = ["TrainingState", "alone_in_folder", "open_folder", "own_folder"]

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


@dataclass
class TrainingState:
    """Where a training run is.

    Parameters
    ----------
    running : torch.Tensor
        Sum of the losses since the last row of metrics, nats (a scalar on the network's device).
    step : int
        Gradient steps taken.
    metrics : list of dict
        A row an evaluation.
    saved : int
        Step of the newest checkpoint.
    began : float
        When the run began on the clock `time.perf_counter`, less the pauses, s.
    """

    running: torch.Tensor
    step: int = 0
    metrics: list[dict[str, float]] = field(default_factory=list)
    saved: int = 0
    began: float = field(default_factory=time.perf_counter)

    @classmethod
    def of(cls, learner: Learner) -> TrainingState:
        """Return the state of a run that begins."""
        return cls(next(iter(learner.network.parameters())).new_zeros(()))

    @property
    def seconds(self) -> float:
        """How long the run has been computing, s."""
        return time.perf_counter() - self.began

    def count(self, loss: torch.Tensor) -> None:
        """Count a gradient step and its loss."""
        self.running += loss
        self.step += 1

    def add_row(self, measured: dict[str, float], learning_rate: float) -> dict[str, float]:
        """Add a row of metrics: the mean loss since the row before, and what was measured; return it.

        Raises
        ------
        ValueError
            If the loss is not finite; the message says that the learning rate is to blame.
        """
        mean = self.running.item() / self.steps_since_row
        if not math.isfinite(mean):
            raise ValueError(
                "training.learning_rate: expected one at which the loss stays finite,"
                f" got {learning_rate}: the loss is {mean} at step {self.step}"
            )
        self.metrics.append({"step": self.step, "loss": mean, **measured, "seconds": round(self.seconds, 2)})
        self.running.zero_()
        return dict(self.metrics[-1])

    @property
    def steps_since_row(self) -> int:
        """Steps since the last row of metrics."""
        return self.step - (int(self.metrics[-1]["step"]) if self.metrics else 0)

    def save(self, folder: Path, identity: JSONObject, learner: Learner) -> None:
        """Write a checkpoint and the metrics.

        Parameters
        ----------
        folder : pathlib.Path
            The run's folder.
        identity : dict
            Preset and seed, as the folder has them.
        learner : Learner
            Whose weights and optimiser state are kept.

        Raises
        ------
        OSError
            If the disk is full or the folder cannot be written; earlier checkpoints stay.
        """
        tensors = {f"network.{name}": weight for name, weight in learner.network.state_dict().items()}
        tensors["running"] = self.running
        for index, entries in learner.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": value for name, value in entries.items()}
        generator = {"bit_generator": "PCG64", "stream": "paths", "seed": identity["seed"], "next_batch": self.step}
        rest = {**identity, "generator": generator, "seconds": self.seconds, "metrics": self.metrics}
        save_checkpoint(folder, Checkpoint(self.step, tensors, rest))
        self.write_metrics(folder)

    def write_metrics(self, folder: Path) -> None:
        """Write the rows of metrics that the checkpoint holds; a kill between the two files leaves the rows behind."""
        with atomic_path(folder / "metrics.jsonl") as temporary:
            temporary.write_text("".join(json.dumps(row) + "\n" for row in self.metrics), encoding="utf-8")

    def restore(self, folder: Path, identity: JSONObject, learner: Learner) -> None:
        """Go on from the newest usable checkpoint of a folder; stay at the start where there is none."""
        checkpoint = latest_checkpoint(folder, expected=identity, check=lambda found: _check_fits(found, learner))
        if checkpoint is None:
            return
        entries: dict[int, dict[str, torch.Tensor]] = {}
        weights: dict[str, torch.Tensor] = {}
        for name, tensor in checkpoint.tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "network":
                weights[rest] = tensor
            elif kind == "optimiser":
                index, _, entry = rest.partition(".")
                entries.setdefault(int(index), {})[entry] = tensor
        learner.network.load_state_dict(weights)
        learner.optimiser.load_state_dict({**learner.optimiser.state_dict(), "state": entries})
        self.step = self.saved = checkpoint.step
        self.running = checkpoint.tensors["running"].to(self.running.device)
        self.metrics = list(checkpoint.state["metrics"])
        self.began = time.perf_counter() - float(checkpoint.state["seconds"])


def _check_fits(checkpoint: Checkpoint, learner: Learner) -> None:
    """Raise a ValueError unless a checkpoint has all that this network and its optimiser go on from, and no more."""
    state, steps = checkpoint.state, learner.task.preset.training.steps
    if not 0 < checkpoint.step <= steps:
        raise ValueError(f"its step is {checkpoint.step}, of a run of {steps}")
    seconds, metrics = state["seconds"], state["metrics"]
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise ValueError(f"its seconds are {seconds!r}")
    if state["generator"]["next_batch"] != checkpoint.step:
        raise ValueError(f"its next batch is {state['generator']['next_batch']!r}, at step {checkpoint.step}")
    reached = 0
    for row in metrics:
        if not isinstance(row, dict) or not {"step", "loss", "seconds"} <= row.keys():
            raise ValueError(f"its metrics have a row {str(row)[:80]}")
        if not all(type(value) in (int, float) for value in row.values()):
            raise ValueError(f"its metrics have a row {str(row)[:80]}")
        if type(row["step"]) is not int or not reached < row["step"] <= checkpoint.step:
            raise ValueError(f"its metrics have a row of step {row['step']!r} after {reached}")
        reached = row["step"]
    expected = {f"network.{name}": weight for name, weight in learner.network.state_dict().items()}
    expected |= {"running": next(iter(learner.network.parameters())).new_zeros(())} | _optimiser_tensors(learner)
    for name in sorted({*expected, *checkpoint.tensors}):
        if name not in checkpoint.tensors or name not in expected:
            raise ValueError(f"it has {'no' if name in expected else 'an unknown'} tensor {name!r}")
        tensor, like = checkpoint.tensors[name], expected[name]
        if tensor.dtype != like.dtype or tensor.shape != like.shape:
            told = f"{tensor.dtype} {list(tensor.shape)} instead of {like.dtype} {list(like.shape)}"
            raise ValueError(f"its tensor {name!r} is {told}")
        if not bool(torch.isfinite(tensor).all()) and name != "running":  # which add_row tells
            raise ValueError(f"its tensor {name!r} has numbers that are not finite")


def _optimiser_tensors(learner: Learner) -> dict[str, torch.Tensor]:
    """Return what the optimiser keeps of each weight, as a copy of it has them after a step."""
    trial = copy.deepcopy(learner.optimiser)
    for group in trial.param_groups:
        for weight in group["params"]:
            weight.grad = torch.zeros_like(weight)
    trial.step()
    return {
        f"optimiser.{index}.{name}": value
        for index, entries in trial.state_dict()["state"].items()
        for name, value in entries.items()
    }


@contextlib.contextmanager
def own_folder(out: str | Path) -> Iterator[Path]:
    """Make a run's folder and hold it; where an error comes before anything is in it, it goes again.

    Parameters
    ----------
    out : path_like
        The folder.

    Yields
    ------
    pathlib.Path
        The folder.

    Raises
    ------
    ValueError
        If another process is at work in it; the message says which.
    OSError
        If it cannot be written.
    """
    folder = Path(out)
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        with hold_folder(writable_folder(out), nested=True):
            yield folder
    except BaseException:
        for place in made:
            with contextlib.suppress(OSError):  # it is not empty, or never came to be
                place.rmdir()
        raise


def alone_in_folder(train: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Make a function that trains into the folder ``out`` hold it; of several processes, the first does."""

    @functools.wraps(train)
    def alone(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Result:
        out = named.get("out")
        if not isinstance(out, str | Path) or rank() > 0:
            return train(*arguments, **named)
        with own_folder(out):
            return train(*arguments, **named)

    return alone


def open_folder(out: str | Path, mine: JSONObject, resume: bool) -> tuple[Path, JSONObject]:
    """Return the run's folder and what its checkpoints say of the run: preset and seed, as this run or an older wrote.

    A setting that the folder's run does not list, since the version that began it had none of that name, counts as its
    default.
    """
    folder = writable_folder(out)
    described = folder / "run.json"
    if not described.exists():
        others = sorted(path.name for path in folder.iterdir() if path.name != LOCK and not path.name.startswith("."))
        if others:
            names = ", ".join(others[:3]) + (" ..." if others[3:] else "")
            raise ValueError(f"out: expected a new folder, an empty one or a run's, got {folder} with {names}")
        write_json(described, sealed(mine))
        return folder, mine
    if not resume:
        raise ValueError(f"out: expected a folder without a run, got {folder}; go on with --resume or choose another")
    remove_orphans(folder)
    held = read_sealed(described)
    if not isinstance(held.get("preset"), dict) or type(held.get("seed")) is not int:
        raise ValueError(f"{described}: expected a preset and a seed, as a run is described by, got neither or one")
    of_data: JSONObject = {name: held[name] for name in ("data", "data_used") if name in held}
    try:
        theirs = {**Preset.from_dict(held["preset"]).as_dict(), "seed": held["seed"], **of_data}
    except (ValueError, KeyError, TypeError):  # settings which this version does not know
        theirs = {**held["preset"], "seed": held["seed"], **of_data}
    ours = {**mine["preset"], "seed": mine["seed"]}
    ours |= {name: mine[name] for name in ("data", "data_used") if name in mine and (name == "data" or name in held)}
    differing = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    if differing:
        changes = ", ".join(f"{name} {theirs.get(name)!r} there, {ours.get(name)!r} here" for name in differing)
        raise ValueError(f"out: expected {folder} to hold the run to resume, got one with other settings: {changes}")
    return folder, held
