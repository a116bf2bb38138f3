"""Break everything at random for a while, and print what became of it.

    python tests/faults/campaign.py --minutes 60 --seed 1    # make campaign

Commands are killed, files mutated, disks filled, by as many processes as there are processors. Exit status 1 says that
an outcome was bad: something wrong accepted, a traceback, a hang, too much memory, processes or files left.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from kills import Killer
from mutations import FORMATS, Format, Mutator
from outcomes import Table
from surroundings import Surroundings

from gridcells._common.files import write_json
from gridcells.runs.sweeps.driver import processors

MUTATIONS = 10_500  # files that the first process mutates in an hour, before it kills
IN_A_ROW = 0.1  # of the kills are five in a row


def campaign(minutes: float, seed: int, scratch: Path, *, processes: int = 1, quick: bool = False) -> tuple[Table, int]:
    """Run for so long → the outcomes, and how often a process was stopped that was at work.

    Parameters
    ----------
    minutes : float
        How long.
    seed : int
        What is broken, and when, follows from it, but for the moments at which a busy machine gets to something.
    scratch : pathlib.Path
        An empty folder.
    processes : int
        How many do so at once: the first mutates and fills disks before it kills, the others kill.
    quick : bool
        Leave out what takes long.
    """
    end = time.time() + 60 * minutes
    table, stopped = Table(), 0
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        several = [pool.submit(part, number, end, seed, scratch / str(number), quick) for number in range(processes)]
        for one in as_completed(several):
            its, times = one.result()
            table.merge(its)
            stopped += times
    return table, stopped


def part(number: int, end: float, seed: int, scratch: Path, quick: bool) -> tuple[Table, int]:
    """Do what one of the processes does until ``end`` → the outcomes, and how often a process was stopped."""
    table, chosen, stopped = Table(), random.Random(f"{seed}/{number}"), 0
    if number == 0:
        wanted = MUTATIONS * (end - time.time()) / 3600
        if not quick:
            Surroundings(made(scratch / "surroundings")).run(table)
        mutator = Mutator(made(scratch / "mutations"), seed)
        for one in endlessly(chosen):
            mutator.run(one, table)
            if mutator.number >= wanted or time.time() > end:
                break
    killer = Killer(made(scratch / "kills"), chosen.randrange(2**32))
    shares = {name: one.share for name, one in killer.commands.items() if not quick or one.share >= 1}
    try:
        while time.time() < end:
            (name,) = chosen.choices(list(shares), list(shares.values()))
            row = chosen.random() < IN_A_ROW and shares[name] >= 1
            stopped += killer.run(name, table, kills=5 if row else 1)
    finally:
        killer.end()
    return table, stopped


def endlessly(chosen: random.Random) -> Iterator[Format]:
    """Give all formats, again and again, in random order."""
    while True:
        yield from chosen.sample(FORMATS, len(FORMATS))


def made(folder: Path) -> Path:
    """Make a folder."""
    folder.mkdir(parents=True)
    return folder


def summary(table: Table, stopped: int) -> dict[str, int]:
    """Return what an hour comes to: processes stopped, equal ends, files mutated, bad outcomes."""
    rows = table.counts.items()
    return {
        "kills": stopped,
        "equal": sum(row["equal"] for kind, row in rows if kind.startswith("kill")),
        "mutated": sum(sum(row.values()) for kind, row in rows if kind.startswith("mutation")),
        "bad": len(table.bad),
    }


def main() -> None:
    """Run the campaign as the words of the command line ask for it."""
    parser = argparse.ArgumentParser(description="Break everything at random for a while, and print what became of it.")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--seed", type=int, help="what is broken follows from it; a new one by default")
    parser.add_argument("--keep", type=Path, help="a new folder for what is made, which stays")
    parser.add_argument("--processes", type=int, help="how many at once (one a processor)")
    parser.add_argument("--record", type=Path, help="a JSON file of hours, to which this one is added")
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    asked = parser.parse_args()
    processes = asked.processes or processors()
    seed = int.from_bytes(os.urandom(3)) if asked.seed is None else asked.seed
    scratch = asked.keep or Path(tempfile.mkdtemp(prefix="campaign-"))
    scratch.mkdir(exist_ok=True)
    if any(scratch.iterdir()):
        parser.error(f"--keep: expected a new or empty folder, got {scratch} with files in it")
    print(f"seed {seed}, {asked.minutes:g} minutes, {processes} processes", flush=True)
    try:
        table, stopped = campaign(asked.minutes, seed, scratch, processes=processes, quick=asked.quick)
    finally:
        if asked.keep is None:
            shutil.rmtree(scratch, ignore_errors=True)
    print(table)
    told = summary(table, stopped)
    print("{kills} kills and {equal} equal ends, {mutated} files mutated, {bad} bad outcomes".format_map(told))
    if asked.record is not None:
        hours = json.loads(asked.record.read_text()) if asked.record.exists() else []
        hour = {
            "date": f"{time.strftime('%F')}",
            "seed": seed,
            "minutes": asked.minutes,
            "processes": processes,
            **told,
        }
        write_json(asked.record, [*hours, hour])
    sys.exit(1 if table.bad else 0)


if __name__ == "__main__":
    main()
