"""How far a run has come, and its folder: all that a stopped run needs to go on with the same weights, bit for bit."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch

from gridcells._common.files import atomic_path, writable_folder, write_json
from gridcells.presets import Preset
from gridcells.training.checkpoints import Checkpoint, JSONObject, latest_checkpoint, save_checkpoint
from gridcells.training.learner import Learner

__all__ = ["TrainingState", "open_folder"]


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
        with atomic_path(folder / "metrics.jsonl") as temporary:
            temporary.write_text("".join(json.dumps(row) + "\n" for row in self.metrics), encoding="utf-8")

    def restore(self, folder: Path, identity: JSONObject, learner: Learner) -> None:
        """Go on from the newest usable checkpoint of a folder; stay at the start where there is none."""
        checkpoint = latest_checkpoint(folder, expected=identity)
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


def open_folder(out: str | Path, mine: JSONObject, resume: bool) -> tuple[Path, JSONObject]:
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
