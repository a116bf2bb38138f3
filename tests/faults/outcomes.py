"""What became of a case: run in a process of its own, within bounds of time and memory, and counted in a table."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from unittest import mock

FOR_CASES = {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}  # the environment of cases, not that of tests beside them
HANG = 10.0  # s that reading a file may take
MEMORY = 2000.0  # MB that a process may take beyond what it began with
ADDRESSES = 8 * 2**30  # bytes: a case that runs wild must not take the machine along
MARK = "GRIDCELLS_CASE"  # in the environment of a case: its number
BAD = ("wrong", "traceback", "hang", "memory", "executed", "processes left", "files left", "unfinished", "late")
PRELOADED = [
    "distributed.cli.dask_scheduler",
    "distributed.cli.dask_worker",
    "gridcells.book.banino2018_figures",
    "gridcells.book.reruns",
    "gridcells.cli.main",
    "gridcells.mechanism.banino2018",
    "gridcells.networks.published",
    "gridcells.recordings.readers",
    "gridcells.runs.evaluation",
    "gridcells.runs.folder",
    "gridcells.runs.own",
    "gridcells.runs.sweeps.driver",
    "gridcells.training.loop",
    "gridcells.world.dataset_files",
    "gridcells.world.path_statistics",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
    "matplotlib.pyplot",
    "nbclient.exceptions",
    "papermill.exceptions",
    "torch._dynamo",  # what an optimiser imports when it is made
    "torch.fx.experimental.symbolic_shapes",
]

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(PRELOADED)


@dataclass
class Table:
    """How often each outcome came, by kind of case, and what the bad ones were."""

    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter[str]))
    bad: list[str] = field(default_factory=list)

    def add(self, kind: str, outcome: str, what: str = "") -> None:
        """Count an outcome; what a bad one was is kept."""
        self.counts[kind][outcome] += 1
        if outcome in BAD:
            self.bad.append(f"{kind}: {outcome}: {what}")

    def merge(self, other: Table) -> None:
        """Add what another counted."""
        for kind, row in other.counts.items():
            self.counts[kind].update(row)
        self.bad += other.bad

    def total(self, *outcomes: str) -> int:
        """Count cases of some outcomes, or of all."""
        return sum(count for row in self.counts.values() for name, count in row.items() if name in (outcomes or row))

    def __str__(self) -> str:
        names = sorted({name for row in self.counts.values() for name in row}, key=lambda name: (name in BAD, name))
        lines = [("kind", "cases", *names)]
        lines += [
            (kind, str(sum(row.values())), *(str(row[name] or "") for name in names))
            for kind, row in sorted(self.counts.items())
        ]
        totals = ("all", str(self.total()), *(str(self.total(name)) for name in names))
        widths = [max(map(len, column)) for column in zip(*lines, totals, strict=True)]
        rows = ["  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)) for line in lines]
        rows = [*rows, "  ".join(word.ljust(width) for word, width in zip(totals, widths, strict=True))]
        return "\n".join([*(row.rstrip() for row in rows), *self.bad[:200]])


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes
    ----------
    code : int or None
        Exit status; negative: the signal; None: it had to be stopped, since it took too long.
    text : str
        What it printed.
    seconds : float
        How long it ran.
    """

    code: int | None
    text: str
    seconds: float

    @property
    def traceback(self) -> bool:
        """Whether it printed one."""
        return "Traceback (most recent call last)" in self.text

    @property
    def last_line(self) -> str:
        """The last line that it printed, without progress bars."""
        return (self.text.replace("\r", "\n").strip().splitlines() or [""])[-1]


class Case:
    """A process that is at work, the first of a session of its own."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        descriptor, log = tempfile.mkstemp()
        os.write(descriptor, b"not begun")
        os.close(descriptor)
        self.log = Path(log)
        with mock.patch.dict(os.environ, FOR_CASES):  # the server of processes, started once, hands it on
            forkserver.ensure_running()
        self.process: ForkServerProcess = _context.Process(target=_begin, args=(log, function, arguments))
        self.process.start()
        while self.log.stat().st_size and self.process.is_alive():  # until it has emptied the log it is not at work
            time.sleep(0.001)
        self.began = time.monotonic()

    def signal(self, number: int) -> None:
        """Send it a signal, if it still is there."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid or 0, number)

    def end(self, limit: float = 120.0) -> Ended:
        """Wait until it has ended; stop it after ``limit`` s."""
        self.process.join(limit)
        code = self.process.exitcode
        if code is None:
            self.process.kill()
            self.process.join()
        text = self.log.read_text(errors="replace")
        self.log.unlink()
        return Ended(code, text, time.monotonic() - self.began)

    def left_behind(self, limit: float = 10.0) -> list[int]:
        """Return the processes of its session that still live after ``limit`` s, and end them."""
        end = time.monotonic() + limit
        while (living := session_of(self.process.pid or 0)) and time.monotonic() < end:
            time.sleep(0.05)
        for number in living:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        return living


def session_of(leader: int) -> list[int]:
    """List the living processes that a case started, in its session or one of their own, but for itself."""
    found, mark = [], f"{MARK}={leader}".encode()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = path.read_text().rpartition(")")[2].split()[:4]
            its = int(session) == leader or mark in (path.parent / "environ").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        if its and state != "Z" and int(path.parent.name) != leader:
            found.append(int(path.parent.name))
    return found


def _begin(log: str, function: Callable[..., object], arguments: Iterable[object]) -> None:
    os.setsid()
    os.environ[MARK] = str(os.getpid())  # by which programs that it starts are known, also in other sessions
    multiprocessing.set_start_method("fork", force=True)  # as outside of this server of processes
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    written = os.open(log, os.O_WRONLY | os.O_TRUNC)
    os.dup2(written, 1)
    os.dup2(written, 2)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1) for number in (1, 2))
    function(*arguments)


def bounded_memory() -> None:
    """Let this process ask for no more addresses than a machine can spare."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))


def memory_peak() -> float:
    """Return the most memory that this process has had so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def command(*words: str) -> None:
    """Run the command line in this process, as it is typed."""
    import torch

    from gridcells.cli.main import main

    torch.set_num_threads(1)
    main(list(words))
