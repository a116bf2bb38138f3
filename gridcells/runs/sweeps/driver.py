"""The client: hands runs to workers, a window at a time, survives their deaths, and leaves a sweep that goes on."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import distributed

from gridcells._common.files import writable_folder, write_json
from gridcells.runs.sweeps.spec import Sweep, SweepRun
from gridcells.runs.sweeps.table import collect
from gridcells.runs.sweeps.work import RESULT, Work, do_run, train_and_score, versions
from gridcells.training.loop import Stopped

__all__ = ["SweepStopped", "processors", "run_sweep"]

WINDOW = 32  # runs handed out at a time, for each worker thread
RETRIES = 2  # of a run whose worker could not write
DEATHS = 3  # of workers, after which a run is given up
CONNECT = 15.0  # s to wait for a scheduler, and for its first worker

Progress = Callable[[int, int, str], object]


class SweepStopped(Stopped):
    """Raised after Ctrl-C, once the table of what is complete is written; the message says how to go on."""


def run_sweep(
    sweep: Sweep,
    folder: str | Path,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    work: Work = train_and_score,
    progress: Progress | None = None,
    announce: Callable[[str], object] | None = None,
) -> dict[str, int]:
    """Do every run of a sweep that is not complete yet, and write the table.

    Parameters
    ----------
    sweep : Sweep
        What to run.
    folder : path_like
        Where the results are; all workers must see it under this path.
    scheduler : str, optional
        Address of a Dask scheduler to join ("tcp://host:8786"); None starts one here, with its workers.
    workers : int, optional
        Processes to start here, of one thread each; the processors that this process may use by default.
    work : callable
        What computes a run.
    progress : callable, optional
        Called with the runs that are done, all runs, and the last one's name.
    announce : callable, optional
        Called with the address of Dask's dashboard.

    Returns
    -------
    dict of str to int
        How many runs are "complete", "failed", and how many were complete "before".

    Raises
    ------
    ValueError
        If the folder holds another sweep, the scheduler cannot be reached, or a worker has other versions.
    OSError
        If the folder cannot be written.
    SweepStopped
        After Ctrl-C.

    Notes
    -----
    A run is complete when its folder, named by a hash of its configuration, is there: it is written under another name
    and renamed. A worker claims a run before it begins, so that none is computed twice even when a new client meets
    the workers of one that was killed. A run whose worker dies is done by another; one whose work raises an error is
    recorded in ``failed/`` with its traceback, the others go on, and the next call tries it again.
    """
    root = _open(sweep, folder)
    before = {path.name for path in (root / "runs").iterdir() if (path / RESULT).exists()}
    left = [run for run in sweep.runs if run.name not in before]
    counts = Counter(before=len(sweep.runs) - len(left), complete=len(sweep.runs) - len(left), failed=0)
    if left:
        with _client(scheduler, min(workers or processors(), len(left))) as client:
            if announce is not None:
                announce(client.dashboard_link)
            try:
                for name, failure in _outcomes(client, left, root, work, sweep.weights):
                    counts["failed" if failure else "complete"] += 1
                    _record(root, name, failure)
                    if progress is not None:
                        progress(counts["complete"] + counts["failed"], len(sweep.runs), name)
            except KeyboardInterrupt:
                collect(sweep, root)
                done = f"{counts['complete']} of {len(sweep.runs)} runs are complete"
                raise SweepStopped(f"interrupted: {done}; the same command goes on") from None
    collect(sweep, root)
    return dict(counts)


def _open(sweep: Sweep, folder: str | Path) -> Path:
    root = writable_folder(folder).resolve()
    described = root / "sweep.json"
    mine = {"name": sweep.name, "presets": sorted({run.preset.name for run in sweep.runs})}
    if described.exists():
        theirs = json.loads(described.read_text(encoding="utf-8"))
        if theirs != mine:
            raise ValueError(f"out: expected results of {mine}, got {root} with those of {theirs}")
    elif any(root.iterdir()):
        raise ValueError(f"out: expected an empty folder or one with this sweep, got {root} with other files")
    else:
        write_json(described, mine)
    for name in ("runs", "claims", "failed"):
        (root / name).mkdir(exist_ok=True)
    return root


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[distributed.Client]:
    """Join a scheduler, or start one with its workers, and see to it that all workers compute alike."""
    with contextlib.ExitStack() as stack:
        if scheduler is None:
            with _interrupts_held_back():
                cluster = distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    memory_limit=0,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    silence_logs="ERROR",
                )
            stack.enter_context(cluster)
            client = stack.enter_context(distributed.Client(cluster))
        else:
            try:
                client = stack.enter_context(distributed.Client(scheduler, timeout=CONNECT))
                client.wait_for_workers(1, timeout=CONNECT)
            except (OSError, TimeoutError, ValueError) as error:
                raise ValueError(
                    f"scheduler: expected a Dask scheduler with workers at {scheduler!r}, got none within"
                    f" {CONNECT:g} s ({type(error).__name__})"
                ) from error
        mine = versions()
        for address, theirs in client.run(_their_versions).items():
            other = [name for name in ("gridcells", "torch", "numpy") if theirs.get(name) != mine[name]]
            if other:
                told = ", ".join(f"{name} {theirs.get(name)} there, {mine[name]} here" for name in other)
                raise ValueError(f"scheduler: expected workers with this version, got {address} with {told}")
        yield client


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Keep a terminal's Ctrl-C, which goes to every process, from the workers: it is the client that ends them.

    What is blocked here stays so in Dask's thread, which starts now, and in all the workers that it will ever start.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # its start, if left to Dask's thread, would unblock the signal there
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)  # a Ctrl-C meanwhile comes now


def _their_versions() -> dict[str, str]:
    try:
        from gridcells.runs.sweeps.work import versions
    except ImportError as error:
        return {"gridcells": f"none ({error})"}
    return versions()


def _outcomes(
    client: distributed.Client, runs: list[SweepRun], root: Path, work: Work, weights: bool
) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Hand out runs and yield each one's name with None, or with what went wrong."""
    waiting, by_name, tries = iter(runs), {run.name: run for run in runs}, Counter[str]()
    names: dict[str, str] = {}  # of futures, by key

    def submit(run: SweepRun, **where: Any) -> distributed.Future:
        future = client.submit(do_run, run.name, run.config, str(root), work, weights, pure=False, retries=0, **where)
        names[str(future.key)] = run.name
        return future

    threads = max(1, sum(client.nthreads().values()))
    first = [submit(run) for _, run in zip(range(WINDOW * threads), waiting, strict=False)]
    coming = distributed.as_completed(first)
    for future in coming:
        name = names.pop(str(future.key))
        outcome = _outcome(future, name)
        if outcome is not None and outcome.get("disk") and tries[name] < RETRIES:
            tries[name] += 1
            others = [address for address in client.nthreads() if address != outcome["worker"]]
            coming.add(submit(by_name[name], **({"workers": others} if others else {})))
            continue
        following = next(waiting, None)
        if following is not None:
            coming.add(submit(following))
        yield name, outcome


def _outcome(future: distributed.Future, name: str) -> dict[str, Any] | None:
    if future.status == "finished":
        result: dict[str, Any] = future.result()
        return None if result["done"] else result
    error = future.exception()
    return {"name": name, "done": False, "error": f"{type(error).__name__}: {error}", "traceback": str(error)}


def _record(root: Path, name: str, failure: dict[str, Any] | None) -> None:
    path = root / "failed" / f"{name}.json"
    if failure is not None:
        write_json(path, {key: failure[key] for key in ("name", "error", "traceback")})
    else:
        path.unlink(missing_ok=True)
