"""One run, as a worker does it: skipped where it is complete, else computed, and written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict, cast

import numpy as np

import gridcells
from gridcells._common.locks import lock_or_none, release
from gridcells._common.reading import read_sealed, sealed
from gridcells.runs.sweeps.spec import RunConfig

__all__ = [
    "Outcome",
    "Work",
    "do_run",
    "nothing",
    "read_result",
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
        Versions by name; "cpu", the vector unit, only once the work has loaded torch.

    Examples
    --------
    >>> sorted(versions().keys() - {"cpu"})
    ['gridcells', 'numpy', 'python', 'torch']
    """
    found = {
        "gridcells": gridcells.__version__,
        "python": platform.python_version(),
        "torch": version("torch"),
        "numpy": np.__version__,
    }
    if torch := sys.modules.get("torch"):
        found["cpu"] = torch.backends.cpu.get_cpu_capability()
    return found


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
        What computes, of the configuration and of the path for weights.
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
