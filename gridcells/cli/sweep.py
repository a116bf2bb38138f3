"""`gridcells sweep`: many networks from one file, here or on a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro
from tqdm import tqdm

from gridcells._common.tables import Table

if TYPE_CHECKING:
    import numpy as np

    from gridcells.runs.sweeps import Sweep
    from gridcells.runs.sweeps.plan import Plan

__all__ = ["sweep_command"]

_SHOWN = 12  # runs of a dry run


def sweep_command(
    spec: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SPEC")],
    /,
    out: Path | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    device: str = "cpu",
    attractor: bool = False,
    dry_run: bool = False,
) -> None:
    """Train and score every network that a TOML file describes; run again to go on after any stop.

    Each run is named by a hash of its configuration, written whole and skipped when it is there. A run whose worker
    dies goes to another. A failure, also that of a run which its workers die of, is recorded in failed/ while the rest
    goes on, and tried again by the next call. One client at a time works in a folder. Exit status 1 says that runs
    failed.

    Args:
        spec: What to run: preset, seeds or repeats, and [grid], [[list]] or [draw] of settings.
        out: The sweep's folder, seen by all workers under this path; runs/NAME by default.
        scheduler: Address of a running Dask scheduler to join, such as tcp://host:8786; otherwise one is started here.
        workers: Processes to start here, of one thread each; one a processor by default.
        device: Where the networks compute: cpu, cuda or mps. Several workers share a GPU.
        attractor: Take each network apart as well: rings, waves, topology, ablations.
        dry_run: Print the runs, the estimated hours and the disk they need, and stop.
    """
    from gridcells.runs.sweeps import load_sweep, run_sweep  # dask, which other commands need not wait for
    from gridcells.runs.sweeps.driver import processors
    from gridcells.runs.sweeps.table import TABLE, load_table
    from gridcells.runs.sweeps.trained import train_and_score

    sweep, where = load_sweep(spec), device
    if device != "cpu":
        from gridcells.training.loop import resolve_device

        where = str(resolve_device(device))
    folder = out or Path("runs") / sweep.name
    if dry_run:
        from gridcells.runs.sweeps.plan import plan_sweep  # torch, which a client need not wait for

        print(_table(sweep, plan_sweep(sweep, folder), workers or processors()))
        return
    work = train_and_score
    if attractor:  # needs what only the extra for topology brings
        from gridcells.mechanism.attractor_runs import train_and_take_apart as work
    with tqdm(total=len(sweep.runs), unit=" runs", dynamic_ncols=True) as bar:

        def show(done: int, total: int, name: str) -> None:
            bar.set_postfix_str(name, False)
            bar.update(done - bar.n)

        counts = run_sweep(
            sweep,
            folder,
            scheduler=scheduler,
            workers=workers,
            work=partial(work, device=where),
            progress=show,
            announce=lambda address: bar.write(f"dashboard: {address}"),
        )
        bar.update(counts["complete"] + counts["failed"] - bar.n)
    print(f"{counts['complete']} runs complete ({counts['before']} before), {counts['failed']} failed")
    print(f"table: {folder / TABLE}")
    if attractor and (without := _not_taken_apart(load_table(folder))):
        print(f"{without} of these have no numbers of an attractor: done before without --attractor, or too few units")
    if counts["failed"]:
        raise SystemExit(1)


def _not_taken_apart(table: Mapping[str, np.ndarray]) -> int:
    """Count the complete runs without the numbers that --attractor adds."""
    import numpy as np  # which --help need not wait for

    complete = table["status"] == "complete"
    return int((complete & np.isnan(table.get("attractor.rings", np.full(len(complete), np.nan)))).sum())


def _table(sweep: Sweep, planned: Plan, workers: int) -> str:
    names = [*sweep.varied(), "seed"]
    rows = [tuple(str({**run.preset.flat(), "seed": run.seed}.get(name, "")) for name in names) for run in planned.left]
    lines = [repr(Table(("run", *names), tuple((run.name, *row) for run, row in zip(planned.left, rows, strict=True))))]
    if len(rows) > _SHOWN:
        lines = [*lines[0].splitlines()[: _SHOWN + 2], f"... and {len(rows) - _SHOWN} more"]
    hours = planned.seconds / 3600
    return "\n".join(
        [
            *lines,
            f"{len(sweep.runs)} runs, {len(sweep.runs) - len(planned.left)} complete, {len(planned.left)} to do",
            f"estimated: {hours:.2f} h on one thread, {hours / workers:.2f} h on {workers} ({planned.source})",
            f"disk: {planned.size / 1e6:.1f} MB",
        ]
    )
