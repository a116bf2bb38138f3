"""The client: hands runs to Dask's workers, sees to those that workers die of, and leaves a sweep that goes on."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from pathlib import Path

import dask.config
import distributed
from distributed.comm import CommClosedError

from gridcells._common.checks import check_count
from gridcells._common.logs import quiet
from gridcells.runs.sweeps.folder import record_outcome, remove_unfinished, sweep_folder, take_stock
from gridcells.runs.sweeps.spec import Sweep, SweepRun
from gridcells.runs.sweeps.table import collect
from gridcells.runs.sweeps.trained import train_and_score
from gridcells.runs.sweeps.work import Outcome, Work, do_run, versions

__all__ = ["SweepStopped", "processors", "run_sweep"]

WINDOW = 32  # runs handed out at a time, for each worker thread
RETRIES = 4  # of a run whose worker could not write; an idle one that cannot is soon given it again
TRIES = 3  # to reach all workers at the start
CONNECT = 15.0  # s to wait for a scheduler, and for its first worker
_LOST = "scheduler: expected one that stays, got one that went away; the same command goes on, once there is one again"
DASK = {  # of the scheduler that is started here
    "distributed.scheduler.allowed-failures": 1,  # deaths of workers that a run may be at, before it is tried alone
    "distributed.scheduler.worker-saturation": 1.0,  # runs that wait do so at the scheduler, not at a worker
}

Progress = Callable[[int, int, str], object]


class SweepStopped(KeyboardInterrupt):
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
        What computes a run; by default a network is trained and scored.
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
        If the folder holds another sweep or another client is at work in it, the scheduler cannot be reached, or a
        worker has other versions.
    OSError
        If the folder cannot be written, or the scheduler or its workers go away.
    SweepStopped
        After Ctrl-C.

    Notes
    -----
    A run is complete when its folder, named by a hash of its configuration, is there: it is written under another name
    and renamed. Dask gives each run to one worker, and to another when that one dies. A run at which workers die again
    and again is tried once more when it is the only one, so that no other is blamed for it. A run whose work raises an
    error, or of which the workers die, is recorded in ``failed/``; the others go on, and the next call tries it again.

    Examples
    --------
    >>> import tempfile
    >>> from gridcells.presets import preset
    >>> from gridcells.runs.sweeps.work import nothing
    >>> sweep = Sweep("one", (SweepRun(preset("debate"), 0),))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with sweep_folder(sweep, folder) as root:
    ...         _ = [do_run(run.name, run.config, str(root), nothing, False) for run in sweep.runs]
    ...     run_sweep(sweep, folder)  # goes on: nothing is left to do
    {'before': 1, 'complete': 1, 'failed': 0}
    """
    processes = processors() if workers is None else check_count(workers, "workers")
    with sweep_folder(sweep, folder) as root:
        before = take_stock(root, sweep)
        left = [run for run in sweep.runs if run.name not in before]
        counts = Counter(before=len(sweep.runs) - len(left), complete=len(sweep.runs) - len(left), failed=0)
        try:
            if left:
                with _client(scheduler, min(processes, len(left))) as client:
                    if announce is not None:
                        announce(client.dashboard_link)
                    for outcome in _outcomes(client, left, root, work, sweep.weights):
                        counts["complete" if outcome.done else "failed"] += 1
                        record_outcome(root, outcome)
                        if progress is not None:
                            progress(counts["complete"] + counts["failed"], len(sweep.runs), outcome.name)
            remove_unfinished(root)
        except KeyboardInterrupt:
            done = f"{counts['complete']} of {len(sweep.runs)} runs are complete"
            raise SweepStopped(f"interrupted: {done}; the same command goes on") from None
        except CommClosedError as error:
            raise ConnectionError(_LOST) from error
        finally:
            collect(sweep, root)
    return dict(counts)


def processors() -> int:
    """Count the processors that this process may use.

    Returns
    -------
    int
        How many there are.

    Examples
    --------
    >>> processors() >= 1
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[distributed.Client]:
    """Join a scheduler, or start one with its workers, and see to it that all workers compute alike."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(quiet("distributed.client"))  # of a scheduler that went away it writes a traceback
        if scheduler is None:
            with _interrupts_held_back(), dask.config.set(DASK):
                try:
                    cluster = distributed.LocalCluster(
                        n_workers=workers,
                        threads_per_worker=1,
                        processes=True,
                        memory_limit=0,
                        host="127.0.0.1",
                        dashboard_address="127.0.0.1:0",
                        silence_logs="CRITICAL",  # of what goes away with an interrupt they write tracebacks
                    )
                except (OSError, RuntimeError, TimeoutError) as error:  # as Dask tells of a worker that does not start
                    reason = (str(error).splitlines() or [type(error).__name__])[0]
                    raise ConnectionError(
                        f"workers: expected {workers} processes that start here, got none that do ({reason})"
                    ) from error
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
        _check_workers(client)
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


def _check_workers(client: distributed.Client) -> None:
    """Raise unless all workers answer and have this version; ask again where one dies meanwhile, as another comes."""
    mine, gone = versions(), {}
    for _ in range(TRIES):
        try:
            answers = client.run(versions, on_error="return")
        except CommClosedError:  # one of them was just going
            answers = {}
        gone = {address: answer for address, answer in answers.items() if isinstance(answer, OSError)}
        for address in answers.keys() - gone.keys():
            theirs = answers[address]
            if isinstance(theirs, Exception):
                raise ValueError(f"scheduler: expected workers with this version, got {address} with none ({theirs})")
            other = [name for name in ("gridcells", "torch", "numpy") if theirs.get(name) != mine[name]]
            if other:
                told = ", ".join(f"{name} {theirs.get(name)} there, {mine[name]} here" for name in other)
                raise ValueError(f"scheduler: expected workers with this version, got {address} with {told}")
        if answers and not gone:
            return
        with contextlib.suppress(TimeoutError):
            client.wait_for_workers(1, timeout=CONNECT)
    told = ", ".join(sorted(gone)) or "none"
    raise ConnectionError(
        f"scheduler: expected workers that stay, got {told} gone at the start, {TRIES} times in a row"
    )


def _outcomes(
    client: distributed.Client, runs: list[SweepRun], root: Path, work: Work, weights: bool
) -> Iterator[Outcome]:
    """Submit runs, a window at a time, and yield how each went."""
    waiting, tries = iter(runs), Counter[str]()
    handed_out: dict[str, SweepRun] = {}  # by the key of the future
    suspects: list[SweepRun] = []

    def submit(run: SweepRun, workers: list[str] | None = None) -> distributed.Future:
        where = {"workers": workers, "allow_other_workers": True} if workers else {}
        future = client.submit(do_run, run.name, run.config, str(root), work, weights, pure=False, **where)
        handed_out[str(future.key)] = run
        return future

    threads = max(1, sum(client.nthreads().values()))
    first = [submit(run) for _, run in zip(range(WINDOW * threads), waiting, strict=False)]
    coming = distributed.as_completed(first)
    for future in coming:
        run = handed_out.pop(str(future.key))
        outcome = _outcome(future, run)
        if outcome is not None and outcome.disk and tries[run.name] < RETRIES:
            tries[run.name] += 1
            coming.add(submit(run, [address for address in client.nthreads() if address != outcome.worker]))
            continue
        following = next(waiting, None)
        if following is not None:
            coming.add(submit(following))
        if outcome is None:  # Dask blames all that a worker had been given when it died
            suspects.append(run)
        else:
            yield outcome
    for run in suspects:
        future = submit(run)
        distributed.wait(future)
        error = "KilledWorker: each worker that was given this run died, also when it was the only run"
        yield _outcome(future, run) or Outcome(run.name, error, str(future.exception()))


def _outcome(future: distributed.Future, run: SweepRun) -> Outcome | None:
    """Return how a run went, None where its workers died."""
    if future.status == "finished":
        outcome: Outcome = future.result()
        return outcome
    if future.cancelled() or future.status == "lost":
        raise ConnectionError(_LOST)
    error = future.exception()
    if isinstance(error, distributed.KilledWorker):
        return None
    return Outcome(run.name, f"{type(error).__name__}: {error}", str(error))
