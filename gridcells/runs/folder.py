"""What a finished run leaves: weights, numbers and a picture in its folder; and the runs that ship with the library."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch

import gridcells
from gridcells._common.files import atomic_path, write_json
from gridcells._common.protocols import Network
from gridcells._common.reading import sealed
from gridcells.plots import SHEET, plot_rate_map_sheet, sheet_of_all_units
from gridcells.runs.evaluation import Evaluation, active_units, network_rate_maps
from gridcells.scores import grid_scores
from gridcells.training.checkpoints import save_weights
from gridcells.training.loop import device_name
from gridcells.training.run import Run
from gridcells.training.task import Task

__all__ = ["finish", "table", "write_unit_sheet"]


def finish(
    run: Run, evaluation: Evaluation, folder: Path, *, command: str, device: str | None = None
) -> dict[str, Any]:
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
    device : str, optional
        What it was trained on, in words; by default what the network is on now.

    Returns
    -------
    dict
        What summary.json holds: command, preset, seed, wall time, device, versions, hash of the weights and numbers.
    """
    digest = save_weights(folder / "weights.safetensors", run.network.state_dict())
    summary = {
        "command": command,
        "seed": run.task.seed,
        "preset": run.task.preset.as_dict(),
        "seconds": run.metrics[-1]["seconds"],
        "threads": torch.get_num_threads(),
        "device": device or device_name(run.network.device),
        "versions": versions(),
        "sha256": digest,
        "numbers": {name: round(value, 6) for name, value in evaluation.summary().items()},
        "metrics": run.metrics,
    }
    write_json(folder / "summary.json", sealed(summary))
    scores = evaluation.scores
    figure = plot_rate_map_sheet(evaluation.rate_maps, scores.autocorrelogram, scores.score_60, run.task.preset.arena)
    with atomic_path(folder / "maps.png") as temporary:
        figure.savefig(temporary)
    plt.close(figure)
    return summary


def write_unit_sheet(network: Network, task: Task, folder: Path) -> Path:
    """Write the released code's sheet of an LSTM's units, as its training does at each evaluation.

    Parameters
    ----------
    network : torch.nn.Module
        The network, which stays as it is.
    task : Task
        What it learns.
    folder : pathlib.Path
        Where rates_and_sac_latest_hd.pdf goes, in place of an earlier one.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If no unit is active or has a score.

    Notes
    -----
    Source: code released with Banino et al. 2018, train (the call of ``get_scores_and_plot`` at each evaluation).

    Examples
    --------
    >>> import tempfile
    >>> from gridcells.presets import preset
    >>> from gridcells.training import make_task
    >>> task = make_task(preset("banino2018_code").override({"linear_units": 4, "scoring.paths": 200}), seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_unit_sheet(task.network(), task, Path(folder)).name
    'rates_and_sac_latest_hd.pdf'
    """
    setting, arena = task.preset.scoring, task.preset.arena
    maps = network_rate_maps(network, task)
    maps = maps[active_units(maps)]
    scores = grid_scores(maps, form=setting.form, bin_size=setting.grid(arena).bin_size)
    return sheet_of_all_units(maps, scores, arena, folder / SHEET)


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


def versions() -> dict[str, str]:
    """Return the versions of what computes: this library, Python, PyTorch and NumPy."""
    return {
        "gridcells": gridcells.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
