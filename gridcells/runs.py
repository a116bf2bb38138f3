"""What a finished run leaves: weights, numbers and a picture in its folder; and the runs that ship with the library."""

from __future__ import annotations

import importlib.resources
import json
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch

import gridcells
from gridcells.checkpoints import load_weights, save_weights
from gridcells.checks import nearest_name
from gridcells.evaluation import Evaluation, evaluate
from gridcells.experiments import Experiment
from gridcells.files import atomic_path, write_json
from gridcells.plots import plot_rate_map_sheet
from gridcells.presets import Preset, preset
from gridcells.training import Run, make_task

__all__ = ["ShippedRun", "finish", "load_shipped", "ship", "shipped_runs", "shipped_summary", "table"]


_WEIGHTS = ".safetensors.xz"  # of a shipped run


def finish(run: Run, evaluation: Evaluation, folder: Path, *, command: str) -> dict[str, Any]:
    """Write the weights, the numbers and a sheet of the best rate maps into the run's folder.

    Parameters
    ----------
    run : Run
        The finished run.
    evaluation : Evaluation
        Its evaluation.
    folder : pathlib.Path
        Where weights.safetensors, summary.json and maps.png go.
    command : str
        The words that repeat the run.

    Returns
    -------
    dict
        What summary.json holds: command, preset, seed, wall time, versions, hash of the weights and numbers.
    """
    digest = save_weights(folder / "weights.safetensors", run.network.state_dict())
    summary = {
        "command": command,
        "seed": run.task.seed,
        "preset": run.task.preset.as_dict(),
        "seconds": run.metrics[-1]["seconds"],
        "threads": torch.get_num_threads(),
        "versions": {
            "gridcells": gridcells.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "sha256": digest,
        "numbers": {name: round(value, 6) for name, value in evaluation.summary().items()},
        "metrics": run.metrics,
    }
    write_json(folder / "summary.json", summary)
    scores = evaluation.scores
    figure = plot_rate_map_sheet(evaluation.rate_maps, scores.autocorrelogram, scores.score_60, run.task.preset.arena)
    with atomic_path(folder / "maps.png") as temporary:
        figure.savefig(temporary)
    plt.close(figure)
    return summary


def table(evaluation: Evaluation) -> str:
    """Describe an evaluation in a few lines of text.

    Parameters
    ----------
    evaluation : Evaluation
        A network's evaluation.

    Returns
    -------
    str
        A line a number: decoding error, units scored, shares above .3, .8 and the null's 95 %, dominant period.
    """
    numbers = evaluation.summary()
    null = "matched null: {:.0%}"
    rows = [
        ("decoding error", f"{100 * numbers['decoding_error']:.1f} cm", ""),
        ("units scored", f"{numbers['units_scored']} of {numbers['units']}", ""),
        ("score above .3", f"{numbers['share_above_0.3']:.0%}", null.format(numbers["null_share_above_0.3"])),
        ("score above .8", f"{numbers['share_above_0.8']:.0%}", null.format(numbers["null_share_above_0.8"])),
        (
            "above the null's 95 %",
            f"{numbers['share_above_null']:.0%}",
            f"score {numbers['null_95_percent']:.2f}; chance: 5%",
        ),
        ("dominant period", f"{100 * numbers['period']:.0f} cm", ""),
    ]
    return "\n".join(f"{name:<22} {value:>10}   {beside}".rstrip() for name, value, beside in rows)


@dataclass(frozen=True)
class ShippedRun:
    """A run that was trained by this library's own command and ships with it.

    Parameters
    ----------
    task : Experiment
        What was learnt.
    network : torch.nn.Module
        The trained network.
    summary : dict
        Command, wall time, versions, hash, numbers and metrics, as `finish` wrote them.
    """

    task: Experiment
    network: Any
    summary: dict[str, Any]


def shipped_runs(folder: Path | None = None) -> dict[str, list[int]]:
    """List the runs that ship with the library → {preset: [seed, …]}; "preset+setting=value" where one was changed."""
    runs: dict[str, list[int]] = {}
    for path in sorted(_shipped(folder).glob("*/seed*.json")):
        runs.setdefault(path.parent.name, []).append(int(path.stem.removeprefix("seed")))
    return {name: sorted(seeds) for name, seeds in runs.items()}


def shipped_summary(name: str, seed: int, folder: Path | None = None) -> dict[str, Any]:
    """Read what is told of a run that ships, without its weights."""
    summary: dict[str, Any] = json.loads((_shipped(folder) / name / f"seed{seed}.json").read_text(encoding="utf-8"))
    return summary


def load_shipped(
    name: str, seed: int, *, change: Mapping[str, Any] | None = None, folder: Path | None = None
) -> ShippedRun:
    """Read a run that ships with the library.

    Parameters
    ----------
    name : str
        Its preset, with the settings that were changed if any ("square_grids+dropout=0").
    seed : int
        Its seed.
    change : dict of str to value, optional
        The settings that were changed, instead of in the name ({"dropout": 0}).
    folder : pathlib.Path, optional
        Where the runs are; the library's own by default.

    Returns
    -------
    ShippedRun
        Task, trained network and summary.

    Raises
    ------
    ValueError
        If there is no such run, or its weights are not those of its summary.

    Examples
    --------
    >>> run = load_shipped("laptop", seed=0)
    >>> run.network.units
    256
    """
    runs = shipped_runs(folder)
    if change:
        name = preset(name).override(change).label
    if name not in runs:
        raise ValueError(f"name: expected one of {', '.join(runs)}, got {name!r}{nearest_name(name, runs)}")
    if seed not in runs[name]:
        raise ValueError(f"seed: expected one of {', '.join(map(str, runs[name]))} of {name!r}, got {seed!r}")
    stem, summary = _shipped(folder) / name / f"seed{seed}", shipped_summary(name, seed, folder)
    task = make_task(Preset.from_dict(summary["preset"]), seed)
    network = task.network()
    network.load_state_dict(load_weights(stem.with_suffix(_WEIGHTS), sha256=summary["sha256"]))
    return ShippedRun(task, network, summary)


def ship(run_folder: Path, folder: Path | None = None) -> Path:
    """Copy a finished run to where shipped runs live, its weights rounded to half precision.

    Parameters
    ----------
    run_folder : pathlib.Path
        A folder with summary.json and weights.safetensors, as `finish` leaves it.
    folder : pathlib.Path, optional
        Where the runs are; the library's own by default.

    Returns
    -------
    pathlib.Path
        The summary's new path. Its numbers are measured anew on the rounded weights; the run's own hash stays in it.

    Raises
    ------
    FileNotFoundError
        If the run is not finished.
    ValueError
        If the weights are not those of the summary, or too large for half precision.
    """
    if not (run_folder / "summary.json").is_file():
        raise FileNotFoundError(f"run_folder: expected a finished run with its summary.json, got {run_folder}")
    summary = json.loads((run_folder / "summary.json").read_text(encoding="utf-8"))
    setting, seed = Preset.from_dict(summary["preset"]), summary["seed"]
    trained = load_weights(run_folder / "weights.safetensors", sha256=summary["sha256"])
    weights = {name: weight.half() for name, weight in trained.items()}
    if not all(weight.isfinite().all() for weight in weights.values()):
        raise ValueError(f"{run_folder}: expected weights that half precision holds, got some above 65504")
    task = make_task(setting, seed)
    network = task.network()
    network.load_state_dict(weights)
    numbers = {name: round(value, 6) for name, value in evaluate(network, task).summary().items()}
    stem = _shipped(folder) / setting.label / f"seed{seed}"
    stem.parent.mkdir(parents=True, exist_ok=True)
    digest = save_weights(stem.with_suffix(_WEIGHTS), weights)
    write_json(
        stem.with_suffix(".json"),
        {**summary, "numbers": numbers, "sha256": digest, "trained_sha256": summary["sha256"]},
    )
    return stem.with_suffix(".json")


def _shipped(folder: Path | None) -> Path:
    return Path(str(importlib.resources.files("gridcells") / "shipped")) if folder is None else folder


if __name__ == "__main__":
    if not sys.argv[1:] or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m gridcells.runs RUN_FOLDER ...  (ship finished runs with the library)")
    try:
        for argument in sys.argv[1:]:
            print(ship(Path(argument)))
    except (OSError, ValueError) as error:
        sys.exit(f"gridcells.runs: {error}")
