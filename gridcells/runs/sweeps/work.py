"""One run, as a worker does it: skipped where it is complete, else computed, and written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import socket
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, cast

import numpy as np
import torch

import gridcells
from gridcells._common.locks import lock_or_none, release
from gridcells._common.memory import keep_freed_memory
from gridcells._common.reading import read_sealed, sealed
from gridcells.presets import Preset
from gridcells.runs.evaluation import evaluate
from gridcells.runs.sweeps.spec import RunConfig
from gridcells.training.checkpoints import save_weights
from gridcells.training.decoding import path_errors
from gridcells.training.loop import train
from gridcells.training.run import Run

__all__ = [
    "Outcome",
    "Work",
    "do_run",
    "keep_trained",
    "nothing",
    "read_result",
    "train_and_score",
    "trained_run",
    "versions",
]

RESULT = "result.json"


class Where(TypedDict, total=False):
    """What results of earlier versions have not: where the network computed, "cpu" or a GPU by its name."""

    device: str


class Numbers(Where):
    """What a run's work computes: numbers by name, and a row an evaluation of the training."""

    numbers: dict[str, float | None]
    metrics: list[dict[str, float]]


class WorkTime(TypedDict, total=False):
    """What results of earlier versions have not: processor time, which a busy machine does not lengthen, s."""

    processor_seconds: float


class RunResult(Numbers, WorkTime):
    """What a complete run's file holds."""

    preset: dict[str, object]
    seed: int
    versions: dict[str, str]
    seconds: float  # s of wall time
    worker: str


@dataclass(frozen=True)
class Outcome:
    """How a run went.

    Attributes
    ----------
    name : str
        The run's name.
    error : str
        The error's kind and message; "" if the run is complete.
    traceback : str
        Where it came from.
    disk : bool
        Whether it was the worker's disk that failed.
    worker : str
        The worker's address.
    """

    name: str
    error: str = ""
    traceback: str = ""
    disk: bool = False
    worker: str = ""

    @property
    def done(self) -> bool:
        """Whether the run is complete."""
        return not self.error


_KINDS: dict[str, tuple[type, ...]] = {"seed": (int,), "seconds": (int, float), "worker": (str,), "metrics": (list,)}
Work = Callable[[RunConfig, Path | None], Numbers]


def versions() -> dict[str, str]:
    """Return what computes: versions of the library and of what its numbers depend on, and the processor's vector unit.

    Returns
    -------
    dict of str to str
        Versions by name.

    Examples
    --------
    >>> sorted(versions())
    ['cpu', 'gridcells', 'numpy', 'python', 'torch']
    """
    return {
        "gridcells": gridcells.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "cpu": torch.backends.cpu.get_cpu_capability(),
    }


def train_and_score(config: RunConfig, weights: Path | None, *, device: str = "cpu") -> Numbers:
    """Train one network on one thread and score it.

    Parameters
    ----------
    config : dict
        A preset's `as_dict` and a seed, as `SweepRun.config` gives them.
    weights : pathlib.Path or None
        Where the trained weights go.
    device : str
        Where the network computes: "cpu", "cuda", "mps".

    Returns
    -------
    dict
        What `Evaluation.summary` lists, with the highest score, the share of units above the null at 90°, the error of
        maximum-likelihood decoding (m), the metrics of the training, and where it computed. A network all of whose
        units are silent has no scores.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> small = preset("debate").override({"steps": 2, "units": 8, "scoring.paths": 50, "null_maps": 5})
    >>> sorted(train_and_score({"preset": small.as_dict(), "seed": 0}, None))
    ['device', 'metrics', 'numbers']
    """
    return keep_trained(*trained_run(config, device), weights)


def trained_run(config: RunConfig, device: str = "cpu") -> tuple[Run, Numbers]:
    """Train one network on one thread and score it → the run, and what `train_and_score` gives.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> small = preset("debate").override({"steps": 2, "units": 8, "scoring.paths": 50, "null_maps": 5})
    >>> trained_run({"preset": small.as_dict(), "seed": 0})[0].network.units
    8
    """
    torch.set_num_threads(1)
    keep_freed_memory()
    run = train(Preset.from_dict(config["preset"]), seed=config["seed"], device=device)
    numbers: dict[str, float | None] = {}
    try:
        evaluation = evaluate(run.network, run.task)
    except ValueError as error:
        if "silent network" not in str(error):
            raise
        numbers |= {"decoding_error": run.metrics[-1]["decoding_error"], "units_scored": 0}
    else:
        scores, null = evaluation.scores, evaluation.null_scores
        numbers |= evaluation.summary()
        numbers["best_score_60"] = float(np.nanmax(scores.score_60, initial=-np.inf))
        level = np.nanquantile(null.score_90, 0.95)
        numbers["share_above_null_90"] = float(np.mean(scores.score_90[np.isfinite(scores.score_90)] > level))
    likeliest = path_errors(run.network, run.task, decode=run.task.place_cells.decode_maximum_likelihood)
    numbers["likelihood_error"] = float(likeliest.mean())
    return run, {"numbers": numbers, "metrics": run.metrics}


def keep_trained(run: Run, result: Numbers, weights: Path | None) -> Numbers:
    """Write a run's weights where they are wanted → its result, numbers that are not finite as None.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> small = preset("debate").override({"steps": 1, "units": 8})
    >>> keep_trained(train(small), {"numbers": {"share": float("nan")}, "metrics": []}, None)["numbers"]
    {'share': None}
    """
    if weights is not None:
        save_weights(weights, run.network.state_dict())
    finite = {
        name: None if value is None or not np.isfinite(value) else value for name, value in result["numbers"].items()
    }
    device = run.network.device
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return {"numbers": finite, "metrics": result["metrics"], "device": where}


def nothing(config: RunConfig, weights: Path | None) -> Numbers:
    """Compute nothing: what a sweep costs beside its runs.

    Parameters
    ----------
    config : dict
        A run's configuration.
    weights : pathlib.Path or None
        Not written.

    Returns
    -------
    dict
        No numbers.

    Examples
    --------
    >>> nothing({"preset": {}, "seed": 0}, None)
    {'numbers': {}, 'metrics': []}
    """
    return {"numbers": {}, "metrics": []}


def read_result(folder: Path, name: str) -> RunResult | None:
    """Read what a run left.

    Parameters
    ----------
    folder : pathlib.Path
        The sweep's folder.
    name : str
        The run's name.

    Returns
    -------
    dict or None
        The configuration, numbers, metrics, versions, device, seconds and worker; None if the run is not complete.

    Raises
    ------
    ValueError
        If it is not what was written.

    Examples
    --------
    >>> read_result(Path("nowhere"), "a1") is None
    True
    """
    path = folder / "runs" / name / RESULT
    try:
        held = read_sealed(path, told=False)
    except (FileNotFoundError, NotADirectoryError):
        return None
    for key in sorted(RunResult.__required_keys__):
        if not isinstance(held.get(key), _KINDS.get(key, (dict,))):
            raise ValueError(f"{path}: expected the result of a run with {key}, got {held.get(key)!r:.80}")
    return cast(RunResult, held)


def do_run(name: str, config: RunConfig, folder: str, work: Work, keep_weights: bool) -> Outcome:
    """Do one run of a sweep unless it is complete.

    Parameters
    ----------
    name : str
        The run's name, that of its folder.
    config : dict
        Its configuration.
    folder : str
        The sweep's folder, which all workers share.
    work : callable
        What computes: `train_and_score`, of the configuration and of the path for weights.
    keep_weights : bool
        Whether the weights are kept.

    Returns
    -------
    Outcome
        That it is complete, or what went wrong.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     outcome = do_run("a1", {"preset": {}, "seed": 0}, folder, nothing, False)
    ...     outcome.done, read_result(Path(folder), "a1")["numbers"]
    (True, {})
    """
    final = Path(folder) / "runs" / name
    try:
        if not (final / RESULT).exists():
            _compute(final, config, work, keep_weights)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        return Outcome(name, told, traceback.format_exc(), isinstance(error, OSError), _worker_address())
    return Outcome(name)


def _compute(final: Path, config: RunConfig, work: Work, keep_weights: bool) -> None:
    part = final.with_name(f".{final.name}-{socket.gethostname()}-{os.getpid()}-{threading.get_ident()}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    held = os.open(part, os.O_RDONLY) if os.name == "posix" else None
    try:
        if held is not None:
            lock_or_none(held)  # by which a client knows it from one that a dead worker left
        began, worked = time.perf_counter(), time.process_time()
        numbers = work(config, part / "weights.safetensors" if keep_weights else None)
        spent = {
            "seconds": round(time.perf_counter() - began, 3),
            "processor_seconds": round(time.process_time() - worked, 3),
        }
        whole = {**config, "versions": versions(), **spent, "worker": socket.gethostname(), **numbers}
        if keep_weights and (part / "weights.safetensors").is_file():
            whole["sha256"] = hashlib.sha256((part / "weights.safetensors").read_bytes()).hexdigest()
        text = json.dumps(sealed(whole), indent=1, allow_nan=False) + "\n"
        with open(part / RESULT, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.rename(part, final)
        except OSError:
            if not (final / RESULT).exists():
                raise
            # another worker was faster: the scheduler had lost sight of one of the two; what is there stays
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if held is not None:
            release(held)


def _worker_address() -> str:
    from distributed import get_worker

    try:
        return str(get_worker().address)
    except ValueError:
        return ""
