"""Break everything at random for a while, and print what became of it.

    python tests/faults/campaign.py --minutes 60 --seed 1    # make campaign

Commands are killed, files mutated, disks filled. Each kind has its share of the time. Exit status 1 says that an
outcome was bad: something wrong accepted, a traceback, a hang, too much memory, processes or files left.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from kills import Killer
from mutations import FORMATS, Mutator
from outcomes import Table
from surroundings import Surroundings

RARE = {"train in two processes": 0.1, "sweep": 0.1, "figures": 0.05}  # of the kills; they take long
SHARES = {"kills": 0.55, "mutations": 0.35}  # of the time; the surroundings take what they take


def campaign(minutes: float, seed: int, scratch: Path, *, quick: bool = False) -> tuple[Table, int]:
    """Run for so long → the outcomes, and how often a process was stopped that was at work.

    Parameters
    ----------
    minutes : float
        How long, less the time that the first runs take with which all others are compared.
    seed : int
        What is broken, and when, follows from it, but for the moments at which a busy machine gets to something.
    scratch : pathlib.Path
        An empty folder.
    quick : bool
        Leave out what takes long.
    """
    table, chosen, stopped = Table(), random.Random(seed), 0
    folders = {name: scratch / name for name in ("kills", "mutations", "surroundings")}
    for folder in folders.values():
        folder.mkdir()
    mutator, killer = Mutator(folders["mutations"], seed), Killer(folders["kills"], seed)
    if not quick:
        Surroundings(folders["surroundings"]).run(table)
    end = time.monotonic() + 60 * minutes * SHARES["mutations"]
    while time.monotonic() < end:
        for one in chosen.sample(FORMATS, len(FORMATS)):
            mutator.run(one, table)
            if time.monotonic() > end:
                break
    often = [name for name in killer.commands if name not in RARE]
    end = time.monotonic() + 60 * minutes * SHARES["kills"]
    while time.monotonic() < end:
        name = chosen.choice(often)
        for rare, share in RARE.items():
            if not quick and chosen.random() < share:
                name = rare
        stopped += killer.run(name, table, kills=5 if chosen.random() < 0.1 and name not in RARE else 1)
    return table, stopped


def main() -> None:
    """Run the campaign as the words of the command line ask for it."""
    parser = argparse.ArgumentParser(description="Break everything at random for a while, and print what became of it.")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--seed", type=int, help="what is broken follows from it; a new one by default")
    parser.add_argument("--keep", type=Path, help="a new folder for what is made, which stays")
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    asked = parser.parse_args()
    seed = int.from_bytes(os.urandom(3)) if asked.seed is None else asked.seed
    scratch = asked.keep or Path(tempfile.mkdtemp(prefix="campaign-"))
    scratch.mkdir(exist_ok=True)
    print(f"seed {seed}, {asked.minutes:g} minutes", flush=True)
    try:
        table, stopped = campaign(asked.minutes, seed, scratch, quick=asked.quick)
    finally:
        if asked.keep is None:
            shutil.rmtree(scratch, ignore_errors=True)
    mutated = sum(sum(row.values()) for kind, row in table.counts.items() if kind.startswith("mutation"))
    print(table)
    print(f"{stopped} processes stopped at work, {mutated} files mutated, {len(table.bad)} bad outcomes")
    sys.exit(1 if table.bad else 0)


if __name__ == "__main__":
    main()
