"""Commands that are killed, terminated and interrupted at random moments, and must end as if nothing had been."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commands import Command, commands
from outcomes import HANG, Case, Ended, Table

REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, *REQUESTS)
SPREAD = 1.1  # kills come up to so many times the duration of a whole run


class Killer:
    """Kills commands at random moments and compares how they end with a run that was left alone."""

    def __init__(self, scratch: Path, seed: int) -> None:
        self.scratch, self.random, self.number = scratch, random.Random(seed), 0
        self.commands, self.cluster = commands(scratch)
        self.whole: dict[str, tuple[Any, float]] = {}

    def reference(self, name: str) -> tuple[Any, float]:
        """What the command leaves when it is left alone, and how long it takes, s."""
        if name not in self.whole:
            folder = self.scratch / f"whole-{name.replace(' ', '-')}"
            ended = self.commands[name].start(folder, False).end(600)
            assert ended.code == 0, f"{name}: {ended.text}"
            self.whole[name] = self.commands[name].result(folder), ended.seconds
        return self.whole[name]

    def run(self, name: str, table: Table, kills: int = 1) -> int:
        """Stop a command so many times in a row, then let it end; return how often it was stopped."""
        expected, seconds = self.reference(name)
        chosen, kind, stopped = self.commands[name], f"kill: {name}", 0
        self.number += 1
        folder = self.scratch / f"killed-{self.number}"
        moments = []
        for _ in range(kills):
            case = chosen.start(folder, True)
            case.process.join(self.random.uniform(0, SPREAD * seconds))
            alive = case.process.exitcode is None
            number = self._stop(chosen, case)
            asked = time.monotonic()
            ended = case.end(max(60.0, 5 * seconds))
            moments.append(f"{signal.Signals(number).name} after {asked - case.began:.2f} s")
            stopped += alive
            took = time.monotonic() - asked if alive and not chosen.is_led else 0.0
            for outcome, what in self._of_stopped(chosen, case, ended, number if alive else 0, took):
                table.add(kind, outcome, f"{'; '.join(moments)}: {what}")
        case = chosen.start(folder, True)
        ended = case.end(max(120.0, 5 * seconds))
        outcome, what = "equal", ""
        if ended.code != 0:
            outcome, what = ("traceback" if ended.traceback else "unfinished"), ended.text[-800:]
        elif chosen.result(folder) != expected:
            outcome, what = "wrong", str(folder)
        elif left := left_files(folder):
            outcome, what = "files left", ", ".join(map(str, left))
        elif living := case.left_behind():
            outcome, what = "processes left", str(living)
        table.add(kind, outcome, f"{'; '.join(moments)}: {what}")
        if outcome == "equal":
            shutil.rmtree(folder)
        return stopped

    def end(self) -> None:
        """End what stays between kills."""
        self.cluster.end()

    def _stop(self, chosen: Command, case: Case) -> int:
        """Send a signal to the process, or to one of those that help it; these are never asked, but killed."""
        number = signal.SIGKILL if chosen.is_led else self.random.choice(SIGNALS)
        if victims := chosen.victims(case):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.random.choice(sorted(victims)), number)
        return number

    def _of_stopped(
        self, chosen: Command, case: Case, ended: Ended, number: int, took: float
    ) -> Iterator[tuple[str, str]]:
        if living := case.left_behind():
            yield "processes left", f"{living}"
        if ended.code is None or took > HANG:
            yield "hang", f"{took:.1f} s: {ended.text[-300:]}"
        elif (number in REQUESTS or chosen.is_led) and ended.traceback and not chosen.launched:
            yield "traceback", ended.text[-800:]


def left_files(folder: Path, limit: float = 5.0) -> list[Path]:
    """Return the temporary files and locks that are still in a folder after ``limit`` s."""
    end = time.monotonic() + limit
    while True:
        left = [path for path in folder.rglob("*") if path.name.startswith(".") or path.name == "lock"]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.05)
