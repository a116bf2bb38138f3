"""What a sweep would do and cost, before anything runs."""

from __future__ import annotations

import contextlib
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from gridcells.presets import AnyPreset
from gridcells.runs.sweeps.spec import Sweep, SweepRun
from gridcells.runs.sweeps.work import RunResult, read_result
from gridcells.training.distributed import Processes
from gridcells.training.learner import Learner
from gridcells.training.tasks import make_task

__all__ = ["Plan", "plan_sweep"]

_RESULT_BYTES = 8192  # of a run without weights, on disk
_STEPS, _ENOUGH = 20, 5.0  # steps that are timed at most, and seconds after which fewer will do


@dataclass(frozen=True)
class Plan:
    """What is left to do.

    Attributes
    ----------
    left : tuple of SweepRun
        Runs that are not complete.
    seconds : float
        Estimated time of these on one thread, s.
    source : str
        Where the estimate comes from.
    size : int
        Bytes on disk that they will take.
    """

    left: tuple[SweepRun, ...]
    seconds: float
    source: str
    size: int


def plan_sweep(sweep: Sweep, folder: str | Path) -> Plan:
    """Return what is left of a sweep and what it will cost.

    Parameters
    ----------
    sweep : Sweep
        The runs.
    folder : path_like
        Where its results are, or will be.

    Returns
    -------
    Plan
        The time is that of the runs that are complete, or else of a few steps of each kind of network, timed here.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> tiny = preset("debate").override({"units": 4, "cells": 4, "batch": 2, "path_steps": 2, "steps": 20})
    >>> plan_sweep(Sweep("tiny", (SweepRun(tiny, 0), SweepRun(tiny, 1))), "nowhere").size > 10_000
    True
    """
    results = {run.name: _result(Path(folder), run.name) for run in sweep.runs}
    left = tuple(run for run in sweep.runs if results[run.name] is None)
    known = [result["seconds"] for result in results.values() if result is not None]
    kinds = {_kind(run.preset): run for run in left}
    weights = {kind: _weight_bytes(run) if sweep.weights else 0 for kind, run in kinds.items()}
    size = sum(_RESULT_BYTES + weights[_kind(run.preset)] for run in left)
    if known:
        return Plan(left, statistics.mean(known) * len(left), f"{len(known)} complete runs", size)
    steps = {kind: _step_seconds(run) for kind, run in kinds.items()}
    seconds = sum(steps[_kind(run.preset)] * run.preset.training.steps for run in left)
    return Plan(left, seconds, "training steps timed on this machine, without scoring", size)


def _result(folder: Path, name: str) -> RunResult | None:
    """Read a result; one that is not what was written counts as none, since it would be done again."""
    try:
        return read_result(folder, name)
    except ValueError:
        return None


def _kind(preset: AnyPreset) -> tuple[object, ...]:
    """Return what the time of a step depends on."""
    training, cells = preset.training, getattr(preset, "place_cells", None)
    return (
        type(preset),
        preset.network,
        cells and (cells.cells, cells.extra_fields, cells.repeated, cells.distance),
        training.batch,
        training.path_steps,
        training.optimiser,
        getattr(training, "loss_share", None),
    )


def _step_seconds(run: SweepRun) -> float:
    """Time a few steps on one thread, after one that warms up → s a step."""
    plain = {"training.steps": _STEPS + 1}
    if "growth.core_units" in run.preset.flat():
        plain |= {"growth.core_units": 0, "growth.core_steps": 0}
    task, threads = make_task(run.preset.override(plain), run.seed), torch.get_num_threads()
    times: list[float] = []
    torch.set_num_threads(1)
    try:
        learner, processes = Learner.of(task, torch.device("cpu")), Processes.here()
        with contextlib.closing(task.batches(0)) as batches:
            while len(times) < 2 or (len(times) <= _STEPS and sum(times) < _ENOUGH):
                began = time.perf_counter()
                learner.learn(next(batches), len(times), processes)
                times.append(time.perf_counter() - began)
    finally:
        torch.set_num_threads(threads)
    return statistics.mean(times[1:])


def _weight_bytes(run: SweepRun) -> int:
    network = make_task(run.preset, run.seed).network()
    return sum(weight.numel() * weight.element_size() for weight in network.parameters())
