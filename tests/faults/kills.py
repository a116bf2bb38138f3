"""Commands that are killed, terminated and interrupted at random moments, and must end as if nothing had been."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcomes import Case, Ended, Table, command

from gridcells.presets import RNNPreset

REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, *REQUESTS)
RNN = {
    "units": 12,
    "place_cells.cells": 32,
    "batch": 8,
    "path_steps": 8,
    "training.steps": 60,
    "evaluate_every": 20,
    "checkpoint_every": 7,
    "scoring.paths": 100,
    "null_maps": 5,
}
LSTM = {
    "network.units": 12,
    "linear_units": 12,
    "place_cells": 32,
    "batch": 4,
    "training.steps": 10,
    "evaluate_every": 10,
    "checkpoint_every": 3,
    "scoring.paths": 40,
    "null_maps": 5,
}
GROWN = {**RNN, "growth.core_units": 6, "growth.core_steps": 30, "core_batch": 8, "core_path_steps": 8}
SWEEP = """
name = "tiny"
preset = "debate"
repeats = 6
weights = true
[settings]
units = 8
steps = 20
batch = 8
evaluate_every = 20
scoring.paths = 50
scoring.null_maps = 5
"""


@dataclass(frozen=True)
class Command:
    """A command that can be called again after any stop.

    Attributes
    ----------
    name : str
        What is killed.
    start : callable
        Starts it, given its folder and whether it goes on, → the case.
    result : callable
        What the finished folder says, without times: equal results are equal.
    """

    name: str
    start: Callable[[Path, bool], Case]
    result: Callable[[Path], Any]
    spread: float = 1.1  # kills come up to so many times the duration of a whole run


def words_of(settings: dict[str, int]) -> list[str]:
    """The words that set settings."""
    return [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]


def without_times(value: Any) -> Any:
    """A JSON value without what no two runs have alike."""
    if isinstance(value, dict):
        return {name: without_times(one) for name, one in value.items() if name not in ("seconds", "digest", "command")}
    return [without_times(one) for one in value] if isinstance(value, list) else value


def run_result(folder: Path) -> Any:
    """What a run folder says."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    summary = json.loads((folder / "summary.json").read_text())
    return (folder / "weights.safetensors").read_bytes(), without_times(rows), without_times(summary)


def dataset_result(folder: Path) -> Any:
    """What a dataset's folder says."""
    return {
        path.name: path.read_bytes() for path in sorted(folder.glob("*/*")) if path.suffix in (".json", ".tfrecord")
    }


def sweep_result(folder: Path) -> Any:
    """What a sweep's folder says."""
    results = {path.parent.name: json.loads(path.read_text()) for path in sorted(folder.glob("runs/*/result.json"))}
    weights = {path.parent.name: path.read_bytes() for path in sorted(folder.glob("runs/*/weights.safetensors"))}
    return without_times(results), weights, (folder / "results.parquet").is_file()


def figures_result(folder: Path) -> Any:
    """What the figures' folder says: every picture, whole."""
    ends = {".png": b"IEND\xaeB`\x82", ".pdf": b"%%EOF\n"}
    return {path.name: path.read_bytes().endswith(ends[path.suffix]) for path in folder.glob("*/*") if path.is_file()}


def together(presets_and_seeds: list[tuple[dict[str, Any], int]], out: str) -> None:
    """Train several networks in one loop and keep their weights."""
    from gridcells.presets import Preset
    from gridcells.training import save_weights, train_together

    chosen = [(Preset.from_dict(values), seed) for values, seed in presets_and_seeds]
    for run in train_together([(preset, seed) for preset, seed in chosen if isinstance(preset, RNNPreset)]):
        save_weights(Path(out) / f"{run.task.seed}.safetensors", run.network.state_dict())


def in_two_processes(folder: str, resume: bool) -> None:
    """Train one network in two processes, as torchrun starts them."""
    import os

    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "gridcells"]
    words += ["train", "laptop", *words_of(RNN), "--out", folder, *(["--resume"] if resume else [])]
    os.execv(sys.executable, words)


def commands(scratch: Path) -> dict[str, Command]:
    """All commands by name; what they need lies in ``scratch``."""
    from gridcells.world import DatasetSetting, make_dataset

    data = make_dataset(scratch / "data", DatasetSetting(trajectories=40, files=3), workers=1)
    (scratch / "tiny.toml").write_text(SWEEP)

    def train(name: str, preset: str, settings: dict[str, int], *more: str) -> Command:
        words = ["train", preset, *words_of(settings), *more]

        def start(folder: Path, resume: bool) -> Case:
            going_on = ["--resume"] if resume and (folder / "run.json").exists() else []
            return Case(command, *words, "--out", str(folder), *going_on)

        return Command(name, start, run_result)

    dataset = ["dataset", "make", "square_room", "--trajectories", "3000", "--files", "6", "--workers", "2"]
    sweep = ["sweep", str(scratch / "tiny.toml"), "--workers", "2"]
    lstm = scratch / "lstm"

    def figures(folder: Path, resume: bool) -> Case:
        if not (lstm / "weights.safetensors").exists():
            first = Case(command, "train", "banino2018_code", *words_of(LSTM), "--out", str(lstm)).end(300)
            assert first.code == 0, first.text
        return Case(command, "figures", "banino2018", "--run", str(lstm), "--out", str(folder))

    def stacked(folder: Path, resume: bool) -> Case:
        from gridcells.presets import preset

        folder.mkdir(exist_ok=True)
        values = preset("laptop").override(RNN).as_dict()
        return Case(together, [(values, 0), (values, 1)], str(folder))

    listed = [
        train("train rnn", "laptop", RNN),
        train("train grown", "module", GROWN),
        train("train lstm", "banino2018_code", LSTM),
        train("train on a dataset", "banino2018_code", LSTM, "--data", str(data)),
        Command("train stacked", stacked, lambda folder: [path.read_bytes() for path in sorted(folder.iterdir())]),
        Command(
            "train in two processes", lambda folder, resume: Case(in_two_processes, str(folder), resume), run_result
        ),
        Command("dataset make", lambda folder, _: Case(command, *dataset, "--out", str(folder)), dataset_result),
        Command("sweep", lambda folder, _: Case(command, *sweep, "--out", str(folder)), sweep_result),
        Command("figures", figures, figures_result),
    ]
    return {one.name: one for one in listed}


class Killer:
    """Kills commands at random moments and compares how they end with a run that was left alone."""

    def __init__(self, scratch: Path, seed: int) -> None:
        self.scratch, self.random, self.number = scratch, random.Random(seed), 0
        self.commands = commands(scratch)
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
            number, after = self.random.choice(SIGNALS), self.random.uniform(0, chosen.spread * seconds)
            case = chosen.start(folder, True)
            case.process.join(after)
            alive = case.process.exitcode is None
            case.signal(number)
            ended = case.end()
            moments.append(f"{signal.Signals(number).name} after {after:.2f} s")
            stopped += alive
            for outcome, what in self._of_stopped(case, ended, number, alive):
                table.add(kind, outcome, f"{'; '.join(moments)}: {what}")
        case = chosen.start(folder, True)
        ended = case.end(max(120.0, 5 * seconds))
        outcome, what = "equal", ""
        if ended.code != 0:
            outcome, what = ("traceback" if ended.traceback else "unfinished"), ended.text[-800:]
        elif chosen.result(folder) != expected:
            outcome, what = "wrong", str(folder)
        elif left := [path for path in folder.rglob("*") if path.name.startswith(".") or path.name == "lock"]:
            outcome, what = "files left", ", ".join(map(str, left))
        elif living := case.left_behind():
            outcome, what = "processes left", str(living)
        table.add(kind, outcome, f"{'; '.join(moments)}: {what}")
        if outcome == "equal":
            shutil.rmtree(folder)
        return stopped

    def _of_stopped(self, case: Case, ended: Ended, number: int, alive: bool) -> Iterator[tuple[str, str]]:
        if living := case.left_behind():
            yield "processes left", f"{living}"
        if ended.code is None:
            yield "hang", ended.text[-300:]
        elif alive and number in REQUESTS and ended.traceback:
            yield "traceback", ended.text[-800:]
