"""What can be killed: every command and phase, small enough that it ends within seconds, and what it leaves."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from outcomes import Case, command, session_of

from gridcells.presets import RNNPreset

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
EVALUATED = {**RNN, "training.steps": 1, "scoring.paths": 1000, "null_maps": 60}
FINISHED = {**RNN, "training.steps": 1, "scoring.paths": 10, "null_maps": 1}
SWEEP = """
name = "tiny"
preset = "debate"
repeats = 4
weights = true
[settings]
units = 8
place_cells.cells = 16
path_steps = 8
steps = 20
batch = 8
evaluate_every = 20
scoring.paths = 20
scoring.null_maps = 2
"""
OF_A_RUN = ("seconds", "processor_seconds", "digest", "command")  # what no two runs have alike
DATE = re.compile(rb"/CreationDate \([^)]*\)")  # of a PDF
CHAPTER = {
    "parameters": "out = None\ncount = 3",
    "drawing": "from matplotlib.figure import Figure\nfrom gridcells.book.figures import save_figure\n"
    "from gridcells._common.files import write_json\n"
    "for number in range(count):\n"
    "    figure = Figure()\n    figure.subplots().plot(range(number + 2))\n"
    "    print(save_figure(figure, f'banino2018/fig{number}', preset='laptop', seed=0, folder=out))",
    "measuring": "from pathlib import Path\n(Path(out) / 'measured').mkdir(exist_ok=True)\n"
    "write_json(Path(out) / 'measured' / 'count.json', {'count': count})\ncount",
}


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
    share : float
        How often it is chosen, beside the others; what takes long is chosen seldom.
    victims : callable
        The processes of a case of which one is killed.
    launched : bool
        Whether a program of others, such as torchrun or Python alone, says in its own words that it was stopped.
    """

    name: str
    start: Callable[[Path, bool], Case]
    result: Callable[[Path], Any]
    share: float = 1.0
    victims: Callable[[Case], list[int]] = lambda case: [case.process.pid or 0]
    launched: bool = False

    @property
    def is_led(self) -> bool:
        """Whether another process than the killed one is expected to see to it."""
        return self.victims is not Command.victims


def words_of(settings: dict[str, int]) -> list[str]:
    """The words that set settings."""
    return [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]


def without_times(value: Any) -> Any:
    """A JSON value without what no two runs have alike."""
    if isinstance(value, dict):
        return {name: without_times(one) for name, one in value.items() if name not in OF_A_RUN}
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


def stacked_result(folder: Path) -> Any:
    """All weights."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def sweep_result(folder: Path) -> Any:
    """What a sweep's folder says."""
    results = {path.parent.name: json.loads(path.read_text()) for path in sorted(folder.glob("runs/*/result.json"))}
    weights = {path.parent.name: path.read_bytes() for path in sorted(folder.glob("runs/*/weights.safetensors"))}
    return without_times(results), weights, (folder / "results.parquet").is_file()


def pictures(folder: Path) -> Any:
    """Every picture of a folder's folders, without dates; the same figure gives the same bytes."""
    paths = [path for path in folder.glob("*/*") if path.is_file()]
    return {str(path.relative_to(folder)): DATE.sub(b"", path.read_bytes()) for path in paths}


def rerun_result(folder: Path) -> Any:
    """What a rerun's folder says: pictures, claims, and what each cell printed."""
    cells = json.loads((folder / "01_tiny.ipynb").read_text())["cells"]
    outputs = [one for cell in cells for one in cell.get("outputs", [])]
    printed = "".join(line for one in outputs for line in one.get("text", ""))  # in however many pieces it came
    printed += str([one["data"] for one in outputs if "data" in one])
    return pictures(folder), printed, sorted(path.name for path in folder.iterdir())


def together(presets_and_seeds: list[tuple[dict[str, Any], int]], out: str) -> None:
    """Train several networks in one loop and keep their weights."""
    from gridcells._common.files import writable_folder
    from gridcells.presets import Preset
    from gridcells.training import save_weights, train_together

    writable_folder(out)
    chosen = [(Preset.from_dict(values), seed) for values, seed in presets_and_seeds]
    for run in train_together([(preset, seed) for preset, seed in chosen if isinstance(preset, RNNPreset)]):
        save_weights(Path(out) / f"{run.task.seed}.safetensors", run.network.state_dict())


def in_two_processes(folder: str, resume: bool) -> None:
    """Train one network in two processes, as torchrun starts them."""
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "gridcells"]
    words += ["train", "laptop", *words_of(RNN), "--out", folder, *(["--resume"] if resume else [])]
    os.execv(sys.executable, words)


def rerun_of(root: str, *words: str) -> None:
    """Rerun a chapter of another book than this one."""
    from gridcells.book import chapters

    listed = chapters.book_chapters(root)
    with mock.patch.object(chapters, "book_chapters", lambda: listed):
        command("rerun", *words)


def scheduler(file: str) -> None:
    """Dask's scheduler, which writes its address into a file."""
    from distributed.cli.dask_scheduler import main

    main(["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file])


def worker(file: str) -> None:
    """A worker of the scheduler that wrote the file; it ends with it."""
    import torch
    from distributed.cli.dask_worker import main

    torch.set_num_threads(1)
    where = ["--scheduler-file", file, "--host", "127.0.0.1", "--local-directory", str(Path(file).parent)]
    main([*where, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "10", "--memory-limit", "0"])


class Cluster:
    """A scheduler and two workers that stay, begun anew where one of them was killed."""

    def __init__(self, scratch: Path) -> None:
        self.scratch, self.file = scratch, scratch / "scheduler.json"
        self.scheduler: Case | None = None
        self.workers: list[Case] = []

    def address(self) -> str:
        """Where the scheduler is, once all are there."""
        if self.scheduler is None or self.scheduler.process.exitcode is not None:
            self.end()
            self.scratch.mkdir(exist_ok=True)
            self.file.unlink(missing_ok=True)
            self.scheduler = Case(scheduler, str(self.file))
            while not self.file.exists() or not self.file.read_text().endswith("}"):
                assert self.scheduler.process.exitcode is None, self.scheduler.end().text
                time.sleep(0.02)
        living = [one for one in self.workers if one.process.exitcode is None]
        for one in self.workers:
            if one not in living:
                one.end()
        self.workers = living + [Case(worker, str(self.file)) for _ in range(2 - len(living))]
        return str(json.loads(self.file.read_text())["address"])

    def pids(self) -> list[int]:
        """The workers."""
        return [one.process.pid or 0 for one in self.workers]

    def end(self) -> None:
        """End all of them."""
        for one in [*self.workers, *([self.scheduler] if self.scheduler else [])]:
            one.process.kill()
            one.end()
        self.workers, self.scheduler = [], None


def make_book(root: Path) -> Path:
    """A book of one short chapter."""
    import nbformat

    (root / "book").mkdir(parents=True)
    (root / "_toc.yml").write_text("parts: [{chapters: [{file: book/01_tiny}]}]")
    cells = [nbformat.v4.new_markdown_cell("# Tiny\n\nA chapter.")]
    cells += [nbformat.v4.new_code_cell(source, metadata={"tags": [name]}) for name, source in CHAPTER.items()]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), root / "book" / "01_tiny.ipynb")
    return root


def commands(scratch: Path) -> tuple[dict[str, Command], Cluster]:
    """All commands by name, and the cluster that some of them share; what they need lies in ``scratch``."""
    from gridcells.presets import preset
    from gridcells.world import DatasetSetting, make_dataset

    data = make_dataset(scratch / "data", DatasetSetting(trajectories=40, files=3), workers=1)
    (scratch / "tiny.toml").write_text(SWEEP)
    book, lstm, cluster = make_book(scratch / "checkout"), scratch / "lstm", Cluster(scratch / "cluster")

    def train(name: str, chosen: str, settings: dict[str, int], *more: str, share: float = 1.0) -> Command:
        words = ["train", chosen, *words_of(settings), *more]

        def start(folder: Path, resume: bool) -> Case:
            going_on = ["--resume"] if resume and (folder / "run.json").exists() else []
            return Case(command, *words, "--out", str(folder), *going_on)

        return Command(name, start, run_result, share)

    def last_phase(name: str, settings: dict[str, int]) -> Command:
        """What follows the last step: begun anew from its checkpoint."""
        words = ["train", "laptop", *words_of(settings), "--resume", "--out"]
        trained = scratch / name

        def start(folder: Path, resume: bool) -> Case:
            if not trained.exists():
                first = Case(command, *words[:-2], "--out", str(trained)).end(300)
                assert first.code == 0, first.text
                for path in [*trained.glob("summary.json"), *trained.glob("weights.*"), *trained.glob("*.png")]:
                    path.unlink()
            if not folder.exists():
                shutil.copytree(trained, folder)
            return Case(command, *words, str(folder))

        return Command(name, start, run_result)

    dataset = ["dataset", "make", "square_room", "--trajectories", "3000", "--files", "6", "--workers", "2", "--out"]
    sweep = ["sweep", str(scratch / "tiny.toml")]

    def figures(folder: Path, resume: bool) -> Case:
        if not (lstm / "weights.safetensors").exists():
            first = Case(command, "train", "banino2018_code", *words_of(LSTM), "--out", str(lstm)).end(300)
            assert first.code == 0, first.text
        return Case(command, "figures", "banino2018", "--run", str(lstm), "--out", str(folder))

    def stacked(folder: Path, resume: bool) -> Case:
        folder.mkdir(exist_ok=True)
        shorter = {name: value for name, value in RNN.items() if name != "checkpoint_every"}
        values = preset("debate").override(shorter).as_dict()
        return Case(together, [(values, 0), (values, 1)], str(folder))

    def joined(folder: Path, resume: bool) -> Case:
        return Case(command, *sweep, "--scheduler", cluster.address(), "--out", str(folder))

    def make_data(folder: Path, resume: bool) -> Case:
        return Case(command, *dataset, str(folder))

    def in_two(folder: Path, resume: bool) -> Case:
        return Case(in_two_processes, str(folder), resume and (folder / "run.json").exists())

    def below(case: Case) -> list[int]:
        return session_of(case.process.pid or 0)

    listed = [
        train("train rnn", "laptop", RNN, share=2.0),
        train("train grown", "module", GROWN, share=2.0),
        train("train lstm", "banino2018_code", LSTM, share=2.0),
        train("train on a dataset", "banino2018_code", LSTM, "--data", str(data)),
        last_phase("evaluate", EVALUATED),
        last_phase("finish", FINISHED),
        Command("train stacked", stacked, stacked_result, launched=True),
        Command("train in two processes", in_two, run_result, 0.2, launched=True),
        Command("train in two processes: one of them", in_two, run_result, 0.2, below, launched=True),
        Command("dataset make", make_data, dataset_result, 2.0),
        Command("dataset make: a worker", make_data, dataset_result, 1.0, below),
        Command("figures", figures, pictures, 0.5),
        Command("rerun", lambda folder, _: Case(rerun_of, str(book), "1", "--out", str(folder)), rerun_result, 0.5),
        Command(
            "sweep", lambda folder, _: Case(command, *sweep, "--workers", "2", "--out", str(folder)), sweep_result, 0.2
        ),
        Command("sweep: client", joined, sweep_result),
        Command("sweep: worker", joined, sweep_result, 1.0, lambda case: cluster.pids()),
        Command(
            "sweep: scheduler",
            joined,
            sweep_result,
            0.5,
            lambda case: [] if cluster.scheduler is None else [cluster.scheduler.process.pid or 0],
        ),
    ]
    return {one.name: one for one in listed}, cluster
