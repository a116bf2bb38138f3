"""Disks and surroundings that fail: an error in one line, nothing half written, and the same result once it is well."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from commands import LSTM, RNN, run_result, words_of
from outcomes import Case, Ended, Table, command

TRAIN = ["train", "laptop", *words_of(RNN)]
MAKE = ["dataset", "make", "square_room", "--trajectories", "2000", "--files", "4"]


def with_small_files(*words: str) -> None:
    """No file may grow beyond 20 kB, as on a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    sys.dont_write_bytecode = True  # byte code that is cut off stays, for all others
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    command(*words)


def with_few_files(*words: str) -> None:
    """Hardly a file may be opened."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (14, 14))
    command(*words)


def without_home(*words: str) -> None:
    """No home, no locale, no search path."""
    for name in ("HOME", "LANG", "LC_ALL", "PATH", "USER", "LOGNAME", "XDG_CACHE_HOME"):
        os.environ.pop(name, None)
    os.environ["LC_ALL"] = "C"
    command(*words)


def with_the_clock_set_back(*words: str) -> None:
    """Each look at the clock is an hour before the last."""
    now = time.time()

    def earlier() -> float:
        nonlocal now
        now -= 3600
        return now

    time.time = earlier
    command(*words)


def as_another_user(*words: str) -> None:
    """Nobody, who may not write here."""
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    command(*words)


def into_a_full_pipe(*words: str) -> None:
    """What is printed goes to a full device."""
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, 1)
    command(*words)


def to_nobody(*words: str) -> None:
    """Nobody reads what is printed."""
    reading, writing = os.pipe()
    os.close(reading)
    os.dup2(writing, 1)
    command(*words)


class Surroundings:
    """Commands in surroundings that fail."""

    def __init__(self, scratch: Path) -> None:
        self.scratch, self.number = scratch, 0
        whole = Case(command, *TRAIN, "--out", str(scratch / "whole")).end()
        assert whole.code == 0, whole.text
        self.expected = run_result(scratch / "whole")

    def folder(self) -> Path:
        """A new folder's path."""
        self.number += 1
        return self.scratch / f"surroundings-{self.number}"

    def run(self, table: Table) -> None:
        """Try each once, and count."""
        superuser = os.geteuid() == 0
        self.refused(table, "a limit of file sizes", with_small_files, TRAIN)
        self.refused(table, "a limit of file sizes", with_small_files, MAKE, mended=False)
        self.refused(table, "no descriptors", with_few_files, TRAIN)
        self.whole(table, "no home, C locale", without_home)
        self.whole(table, "a clock set back", with_the_clock_set_back)
        if superuser:
            self.refused(table, "another user", as_another_user, TRAIN, mended=False)
            self.on_a_small_disk(table, TRAIN, 30)
            self.on_a_small_disk(table, ["train", "banino2018_code", *words_of(LSTM)], 60)
            self.on_a_small_disk(table, MAKE, 1500)
        self.removed(table)
        self.names(table)
        for function in (into_a_full_pipe, to_nobody):
            ended = Case(function, "presets").end()
            fine = not ended.traceback and ended.code in (0, 2)
            table.add("surroundings: nobody reads", "one line" if fine else "traceback", ended.text[-500:])

    def _told(self, table: Table, kind: str, ended: Ended) -> bool:
        """Count how a command ended that could not do its work."""
        if ended.code is None:
            outcome = "hang"
        elif ended.traceback:
            outcome = "traceback"
        elif ended.code == 2 and ended.last_line.startswith("gridcells: error: ") and "None" not in ended.last_line:
            outcome = "one line"
        else:
            outcome = "unfinished"
        table.add(kind, outcome, f"exit {ended.code}: {ended.text[-800:]}")
        return outcome == "one line"

    def _mended(self, table: Table, kind: str, words: list[str], folder: Path) -> None:
        """Go on once all is well, and compare."""
        if left := [str(path) for path in folder.glob("**/.*")]:
            table.add(kind, "files left", ", ".join(left))
        going_on = ["--resume"] if (folder / "run.json").exists() else []
        ended = Case(command, *words, "--out", str(folder), *going_on).end()
        fine = ended.code == 0 and (words != TRAIN or run_result(folder) == self.expected)
        table.add(kind, "equal" if fine else "wrong", ended.text[-500:])

    def refused(
        self, table: Table, what: str, function: Callable[..., None], words: list[str], *, mended: bool = True
    ) -> None:
        """A command that cannot do its work, and then can."""
        kind, folder = f"surroundings: {what}", self.folder()
        ended = Case(function, *words, "--out", str(folder)).end()
        if ended.code == 0 and words == TRAIN and run_result(folder) == self.expected:
            table.add(kind, "equal")  # it did with less
            return
        self._told(table, kind, ended)
        if mended:
            self._mended(table, kind, words, folder)

    def whole(self, table: Table, what: str, function: Callable[..., None]) -> None:
        """A command that can do its work all the same."""
        kind, folder = f"surroundings: {what}", self.folder()
        ended = Case(function, *TRAIN, "--out", str(folder)).end()
        if ended.code != 0:
            table.add(kind, "traceback" if ended.traceback else "unfinished", ended.text[-800:])
        else:
            table.add(kind, "equal" if run_result(folder) == self.expected else "wrong", str(folder))

    def on_a_small_disk(self, table: Table, words: list[str], kilobytes: int) -> None:
        """A disk that is full after so many kilobytes, and then larger."""
        kind, folder = "surroundings: a full disk", self.folder()
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(folder)]
        if subprocess.run(mount, capture_output=True).returncode:
            table.add(kind, "no such disk here")
            return
        try:
            ended = Case(command, *words, "--out", str(folder / "out")).end()
            if self._told(table, kind, ended):
                subprocess.run(["mount", "-o", "remount,size=200m", str(folder)], check=True, capture_output=True)
                self._mended(table, kind, words, folder / "out")
        finally:
            subprocess.run(["umount", str(folder)], check=False, capture_output=True)

    def removed(self, table: Table) -> None:
        """A folder that is removed while a run is written into it."""
        kind, folder = "surroundings: the folder is removed", self.folder()
        words = words_of({**RNN, "training.steps": 40_000, "evaluate_every": 40_000})
        case = Case(command, "train", "laptop", *words, "--out", str(folder))
        end = time.monotonic() + 60
        while not list(folder.glob("checkpoint-*.json")):
            time.sleep(0.01)
            if time.monotonic() > end or case.process.exitcode is not None:
                table.add(kind, "unfinished", case.end(1.0).text[-500:])
                return
        while folder.exists() and time.monotonic() < end:  # a file that is written meanwhile keeps it
            shutil.rmtree(folder, ignore_errors=True)
        self._told(table, kind, case.end())

    def names(self, table: Table) -> None:
        """Folders whose names are none, told before the work begins."""
        kind = "surroundings: names that are none"
        for name in (b"a\xffb", b"x" * 300, b"a\nb/" + b"y" * 300):
            out = os.fsdecode(os.fsencode(self.scratch) + b"/" + name)
            ended = Case(command, *TRAIN, "--out", out).end()
            if self._told(table, kind, ended) and "loss" in ended.text:  # which the progress bar shows
                table.add(kind, "late", out)
