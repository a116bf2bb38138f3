"""The runs that ship with the library: listed, opened, and made from finished runs."""

from __future__ import annotations

import importlib.resources
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gridcells._common.checks import nearest_name
from gridcells._common.files import write_json
from gridcells._common.reading import read_sealed, sealed
from gridcells.presets import Preset, preset
from gridcells.runs.evaluation import evaluate
from gridcells.runs.own import opened
from gridcells.training.checkpoints import load_weights, save_weights
from gridcells.training.run import Run
from gridcells.training.tasks import make_task

__all__ = ["load_shipped", "ship", "shipped_runs", "shipped_summary"]


_WEIGHTS = ".safetensors.xz"  # of a shipped run


def shipped_runs(folder: Path | None = None) -> dict[str, list[int]]:
    """List the runs that ship with the library → {preset: [seed, …]}; "preset+setting=value" where one was changed.

    Examples
    --------
    >>> shipped_runs()["laptop"]
    [0, 1, 2, 3, 4]
    """
    runs: dict[str, list[int]] = {}
    for path in sorted(_shipped(folder).glob("*/seed*.json")):
        runs.setdefault(path.parent.name, []).append(int(path.stem.removeprefix("seed")))
    return {name: sorted(seeds) for name, seeds in runs.items()}


def shipped_summary(name: str, seed: int, folder: Path | None = None) -> dict[str, Any]:
    """Read what is told of a run that ships, without its weights.

    Examples
    --------
    >>> summary = shipped_summary("laptop", 0)
    >>> summary["seed"], summary["preset"]["name"]
    (0, 'laptop')
    """
    return read_sealed(_shipped(folder) / name / f"seed{seed}.json", told=False)


def load_shipped(name: str, seed: int, *, change: Mapping[str, Any] | None = None, folder: Path | None = None) -> Run:
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
    Run
        Task, trained network, metrics and summary.

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
    return opened(summary, stem.with_suffix(_WEIGHTS))


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
    summary = read_sealed(run_folder / "summary.json")
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
        sealed({**summary, "numbers": numbers, "sha256": digest, "trained_sha256": summary["sha256"]}),
    )
    return stem.with_suffix(".json")


def _shipped(folder: Path | None) -> Path:
    return Path(str(importlib.resources.files("gridcells") / "shipped")) if folder is None else folder


if __name__ == "__main__":
    if not sys.argv[1:] or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m gridcells.runs.shipped RUN_FOLDER ...  (ship finished runs with the library)")
    try:
        for argument in sys.argv[1:]:
            print(ship(Path(argument)))
    except (OSError, ValueError) as error:
        sys.exit(f"gridcells.runs.shipped: {error}")
