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
from gridcells.plots import plot_rate_map_sheet
from gridcells.runs.evaluation import Evaluation
from gridcells.training.checkpoints import save_weights
from gridcells.training.run import Run

__all__ = ["finish", "table"]


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
