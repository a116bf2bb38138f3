"""One's own runs: what `gridcells train` left in a folder, opened again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from gridcells._common.reading import read_json, read_sealed
from gridcells.presets import Preset
from gridcells.runs.commands import changed_settings, repeating_command
from gridcells.training.checkpoints import load_weights
from gridcells.training.run import Run
from gridcells.training.tasks import make_task

__all__ = ["load_run"]

SUMMARY, WEIGHTS = "summary.json", "weights.safetensors"


def load_run(folder: str | Path) -> Run:
    """Open a finished run of one's own, as `load_shipped` opens one that ships with the library.

    Parameters
    ----------
    folder : path_like
        The run folder of `gridcells train`, or one that `finish` wrote to.

    Returns
    -------
    Run
        Task, trained network, metrics and summary. A network that learnt from a dataset comes with the task that
        simulates its paths.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or the run in it is not finished.
    ValueError
        If the summary is not as `finish` writes it, or the weights are not those of the summary.

    Examples
    --------
    >>> import tempfile
    >>> from gridcells.presets import preset
    >>> from gridcells.runs import evaluate, finish
    >>> from gridcells.training import train
    >>> small = preset("laptop").override({"steps": 2, "units": 8, "scoring.paths": 200, "null_maps": 5})
    >>> trained = train(small, seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     summary = finish(trained, evaluate(trained.network, trained.task), Path(folder), command="")
    ...     run = load_run(folder)
    >>> run.network.units, run.metrics == trained.metrics
    (8, True)
    """
    where = Path(folder)
    if not where.is_dir():
        raise FileNotFoundError(f"folder: expected the folder of a run, got {where}, where there is none")
    for name in (SUMMARY, WEIGHTS):
        if not (where / name).is_file():
            raise FileNotFoundError(
                f"folder: expected a finished run, got {where} without {name}; go on with {_going_on(where)}"
            )
    summary = read_sealed(where / SUMMARY)
    try:
        return opened(summary, where / WEIGHTS)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"folder: expected {where / SUMMARY} as `finish` writes it, got one without {error}") from None


def opened(summary: dict[str, Any], weights: Path) -> Run:
    """Make the run of a summary and the file of its weights; raise ValueError if these are another run's."""
    task = make_task(Preset.from_dict(summary["preset"]), summary["seed"])
    network = task.network()
    saved = load_weights(weights, sha256=str(summary["sha256"]))
    expected = network.state_dict()
    if {name: weight.shape for name, weight in saved.items()} != {name: one.shape for name, one in expected.items()}:
        raise ValueError(f"{weights}: expected the weights of {task.preset.label!r}, got those of others")
    for name, weight in saved.items():
        if not weight.is_floating_point() or not bool(torch.isfinite(weight).all()):
            raise ValueError(f"{weights}: expected finite real weights, got others in {name!r}")
    network.load_state_dict(saved)
    return Run(task, network, summary["metrics"], summary)


def _going_on(folder: Path) -> str:
    """Return the words that finish the run in the folder, as far as its description tells them."""
    try:
        described = read_json(folder / "run.json")
        setting = Preset.from_dict(described["preset"])
        if described.get("data") is None:  # of a dataset, only the folder's name is kept
            return repeating_command(setting.name, changed_settings(setting), described["seed"], out=folder)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return f"gridcells train ... --resume --out {folder}"
